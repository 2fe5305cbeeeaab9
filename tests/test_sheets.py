"""Text that a spreadsheet would run goes into CSV guarded and comes back as it was; in a workbook it is text."""

import warnings

import geopandas as gpd
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st
from shapely import Point

import gbaspatial as gba
from gbaspatial.errors import GbaWarning
from gbaspatial.sheets import guard, guarded, unguard, unguarded

TEXTS = st.text(st.sampled_from("'=+-@ab \t\r1"), max_size=5) | st.text(max_size=5)


@given(TEXTS)
def test_what_is_guarded_begins_with_no_formula_and_comes_back(text):
    assert not guard(text).startswith(("=", "+", "-", "@", "\t", "\r"))
    assert unguard(guard(text)) == text


@given(st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=4))
@settings(deadline=None)
def test_frames_come_back_with_labels_and_names(rows):
    frame = pd.DataFrame({"=a": [row[0] for row in rows], "b": range(len(rows))}, index=[row[1] for row in rows])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        back = unguarded(guarded(frame))
    assert back.columns.tolist() == ["=a", "b"]
    assert back.index.tolist() == frame.index.tolist()
    assert back["=a"].tolist() == frame["=a"].tolist()


def test_what_needs_no_guard_is_not_touched():
    frame = pd.DataFrame({"x": [-1.5, 2], "when": pd.to_datetime(["2019", None]), "kind": pd.Categorical(["a", None])})
    assert guarded(frame) is frame
    names = frame.set_axis(pd.MultiIndex.from_tuples([("a", "b"), ("a", "c"), ("d", "e")]), axis=1)
    assert guarded(names) is names


@pytest.mark.parametrize("text", ["=1+1", "+86 755", "-", "@SUM(A1)", "'=kept", "\t=x"])
def test_csv_is_safe_in_spreadsheets_and_our_reader_gives_the_text_back(tmp_path, text):
    units = gpd.GeoDataFrame({"note": [text, "x"]}, index=pd.Index(["a", "-b"], name="city"),
                             geometry=[Point(0, 0), Point(1, 1)], crs=4326)  # fmt: skip
    with pytest.warns(GbaWarning, match="apostrophe in front in this CSV: city, note") as told:
        path = gba.export.csv(tmp_path / "x.csv", units)
    assert len(told) == 1
    plain = pd.read_csv(path, dtype=str, encoding="utf-8-sig")
    assert plain.iloc[0, 1] == f"'{text}"
    back = gba.read_panel(path, unit="city")
    assert back.index.tolist() == ["a", "-b"]
    assert back.loc["a", "note"] == text.strip() or back.loc["a", "note"] == text


def test_weights_in_csv_keep_labels_that_look_like_formulas(tmp_path):
    w = gba.weights.Weights([[0, 1.0], [0.5, 0]], ["=a", "-b"])
    with pytest.warns(GbaWarning, match="focal, neighbor"):
        path = gba.weights.write(w, tmp_path / "w.csv")
    assert gba.weights.read(path).ids.tolist() == ["=a", "-b"]


def test_a_workbook_holds_text_not_formulas(tmp_path):
    openpyxl = pytest.importorskip("openpyxl")
    cities = gba.load_cities(year=2019)
    fit = gba.models.ols("log(gdp_pc_cny) ~ C(tier)", cities)
    table = gba.tables.compare({"=HYPERLINK(1)": fit, "@b": fit, "-c": fit})
    table.to_excel(tmp_path / "x.xlsx")
    sheets = openpyxl.load_workbook(tmp_path / "x.xlsx").worksheets
    cells = [cell for sheet in sheets for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} <= {"s", "n"}
    assert {"=HYPERLINK(1)", "@b", "-c"} <= {cell.value for cell in cells}
