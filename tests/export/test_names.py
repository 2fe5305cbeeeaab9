"""Names of layers and columns that a format cannot hold are changed, told, and lead to the same values."""

import sqlite3
import warnings
from contextlib import closing

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
from hypothesis import given, settings, strategies as st
from shapely import Point

import gbaspatial as gba
from gbaspatial.errors import DataError, GbaWarning
from gbaspatial.export.names import column_names, layer_names

HARD = ["fid", "FID", "geom", "Geom", "ogc_fid", "geometry", "a\x00b", "a\x01b", "a\ud800b", " ", "", "CON", "nul",
        "x" * 300, "value", "Value", "VALUE_2", "a'b\"c", "<b>&", "]]>", "名称", "\ufffe", "-- x"]  # fmt: skip
LAYERS = ["gpkg_x", "sqlite_x", "rtree_x", "layer_styles", "Cities", "cities", "CON", "a\x00b", "", "x" * 300, "名 称",
          "a'b\"", "select", "layer_Styles"]  # fmt: skip
NAMES = st.sampled_from(HARD + LAYERS) | st.text(max_size=6)


def units(names):
    values = {f"c{number}": [f"v{number}", "x"] for number in range(len(names))}
    frame = gpd.GeoDataFrame(
        values, geometry=[Point(0, 0), Point(1, 1)], crs=4326, index=pd.Index(["a", "b"], name="u")
    )
    frame.columns = [*names, "shape"]
    return frame.set_geometry("shape")


@pytest.mark.parametrize("rename", [column_names, lambda names, _: layer_names(names)])
@given(names=st.lists(NAMES, max_size=8, unique=True))
@settings(deadline=None)
def test_names_become_valid_and_differ_and_good_ones_stay(rename, names):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made = rename(names, "layer")
        assert len(made) == len(names)
        assert len({name.casefold() for name in made}) == len(names)
        assert rename(made, "layer") == made  # what was made needs no change
        for name in made:
            assert name.strip()
            name.encode("utf-8")


@pytest.mark.parametrize("ending", ["gpkg", "geojson", "kml", "csv", "shp"])
def test_hard_names_are_written_told_and_read_back(tmp_path, ending):
    names = [name for name in HARD if name not in ("geometry", "a\ud800b")]  # pandas holds no half characters
    frame = units(names)
    with pytest.warns(GbaWarning, match="'fid' as 'fid_2'"):
        path = gba.export.write(tmp_path / f"x.{ending}", frame)
    read = pd.read_csv(path) if ending == "csv" else gpd.read_file(path)
    if ending == "shp":
        full = pd.read_csv(tmp_path / "x_fields.csv", encoding="utf-8-sig", keep_default_na=False)
        read = read.rename(columns=dict(zip(full["field"], full["column"], strict=True)))
    found = {read.loc[0, column] for column in read.columns if column != "geometry"}
    assert {f"v{number}" for number in range(len(names))} <= found
    for number, name in enumerate(names):
        if name in ("CON", "value", "名称", "<b>&", "a'b\"c"):
            assert read.loc[0, name] == f"v{number}"


def test_hard_layer_names_are_written_told_and_styled(tmp_path):
    frame = units(["fid"]).assign(n=[1, 2])
    with pytest.warns(GbaWarning, match="'gpkg_x' as 'x_gpkg_x'"):
        path = gba.export.geopackage(
            tmp_path / "x.gpkg", dict.fromkeys(LAYERS, frame), styles={"gpkg_x": "fid", "cities": "n"}
        )
    listed = pyogrio.list_layers(path)[:, 0].tolist()
    assert len(listed) == len(LAYERS) + 1  # and the styles
    assert {"Cities", "cities_2", "名 称", "CON", "a'b\"", "select"} <= set(listed)
    for name in listed[:-1]:
        assert len(gpd.read_file(path, layer=name)) == 2
    with closing(sqlite3.connect(path)) as file:
        rows = file.execute("SELECT f_table_name, styleName FROM layer_styles").fetchall()
    assert [row[0] for row in rows] == listed[:-1]
    assert {("x_gpkg_x", "fid_2"), ("cities_2", "n"), ("select", "select")} <= set(rows)


def test_names_are_told_once(tmp_path):
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        gba.export.write(tmp_path / "x.geojson", units(["fid", "a"]), style="fid")
    assert len([each for each in told if "'fid' as 'fid_2'" in str(each.message)]) == 1
    assert '"fid_2"' in (tmp_path / "x.qml").read_text(encoding="utf-8").replace("&quot;", '"')


@pytest.mark.parametrize("text", ["a\x00b", "\x00", "a\ud800"])
@pytest.mark.parametrize("ending", ["gpkg", "geojson", "kml", "csv", "shp", "parquet"])
def test_texts_that_a_file_would_cut_are_refused(tmp_path, ending, text):
    texts = pd.Series(["fine", text], index=["a", "b"], dtype=object)
    with pytest.raises(DataError, match=r"column 't' .* in row 2"):
        gba.export.write(tmp_path / f"x.{ending}", units([]).assign(t=texts))
    if text.isascii():
        with pytest.raises(DataError, match="column 't'"):
            gba.export.write(tmp_path / f"x.{ending}", units([]).assign(t=texts.astype("category")))


@pytest.mark.parametrize("ending", ["gpkg", "geojson", "csv", "parquet"])
def test_control_characters_and_quotes_in_texts_come_back(tmp_path, ending):
    texts = ["a\x01\x07b", "]]> <b>&amp;</b> \"'` ${x}"]
    frame = units([]).assign(t=texts)
    path = gba.export.write(tmp_path / f"x.{ending}", frame)
    read = {"csv": pd.read_csv, "parquet": gpd.read_parquet}.get(ending, gpd.read_file)(path)
    assert read["t"].tolist() == texts


@pytest.mark.parametrize("first", list("`~!@#$%^&*()+-={}|[]\\:\";'<>?,./_"))
def test_a_layer_may_begin_with_any_sign(tmp_path, first):
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        path = gba.export.geopackage(tmp_path / "x.gpkg", {f"{first}gdp": units([])})
    made = pyogrio.list_layers(path)[0, 0]
    assert (made == f"{first}gdp") == (first == "_") == (not told)
    assert len(gpd.read_file(path, layer=made)) == len(units([]))
