"""Ids survive a workbook; FlatGeobuf keeps everything but the order of rows."""

import shutil
import subprocess

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest
from shapely import Point, box

import gbaspatial as gba
from gbaspatial.errors import DataError

IDS = ["0755", "1E5", "123456789012345678", "=1+1", "00", "'x", "2019-01-01", "广州"]


def units():
    return gpd.GeoDataFrame(
        {
            "code": IDS, "long": [2**60 + i for i in range(8)], "n": range(8), "x": [0.1, None, *range(6)],
            "open": [True, False] * 4, "day": pd.to_datetime(["2018-10-24T06:30"] * 8),
        },
        index=pd.Index(IDS, name="unit"), geometry=[Point(i, 0) for i in range(8)], crs=4326,
    )  # fmt: skip


def test_ids_are_cells_of_text_and_numbers_are_numbers(tmp_path):
    path = gba.export.write(tmp_path / "x.xlsx", units())
    sheet = openpyxl.load_workbook(path)["data"]
    rows = list(sheet.iter_rows(min_row=2))
    assert [row[0].value for row in rows] == IDS
    assert {cell.data_type for row in rows for cell in row[:3]} == {"s"}
    assert {cell.number_format for row in rows for cell in row[:2]} == {"@"}
    assert [row[2].value for row in rows] == [str(2**60 + i) for i in range(8)]
    assert {row[3].data_type for row in rows} == {"n"}
    assert rows[1][4].value is None
    assert rows[0][5].value is True
    back = gba.read_panel(path, unit="unit")
    assert back.index.tolist() == IDS
    assert back["x"].iloc[0] == 0.1


def test_the_fields_are_told_in_a_sheet_of_their_own(tmp_path):
    path = gba.export.xlsx(tmp_path / "x.xlsx", gba.load_cities(year=2019))
    told = pd.read_excel(path, sheet_name="fields").set_index("column")
    assert told.loc["gdp_pc_cny"].tolist() == ["GDP per capita", "人均地区生产总值", "yuan per person"]


def test_texts_that_no_cell_holds_are_refused(tmp_path):
    with pytest.raises(DataError, match="'code' has a text of 40,000 letters"):
        gba.export.xlsx(tmp_path / "x.xlsx", units().assign(code="x" * 40_000))
    assert not list(tmp_path.iterdir())


def test_flatgeobuf_comes_back_by_id(tmp_path):
    given = units().drop(columns="day")
    back = gba.read_units(gba.export.write(tmp_path / "x.fgb", given), id="unit").loc[IDS]
    assert back["code"].tolist() == IDS
    assert back["long"].tolist() == given["long"].tolist()
    assert back.geometry.geom_equals(given.geometry).all()
    assert back.crs == given.crs


def test_libreoffice_shows_ids_as_they_are(tmp_path):
    office = shutil.which("soffice")
    if office is None:
        pytest.skip("LibreOffice is not installed (on Debian: apt install libreoffice-calc)")
    ids = ["0755", "1E5", "123456789012345678", "=1+1", "00", "2019-01-02", "1/2", "TRUE"]
    shapes = [box(i, 0, i + 1, 1) for i in range(len(ids))]
    frame = gpd.GeoDataFrame({"x": 0.0569}, index=pd.Index(ids, name="id"), geometry=shapes, crs=4326)
    path = gba.export.xlsx(tmp_path / "ids.xlsx", frame)
    words = ["--headless", "--convert-to", "csv:Text - txt - csv (StarCalc):44,34,76,1", "--outdir", tmp_path, path]
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "LANG": "C.UTF-8"}
    subprocess.run([office, *words], check=True, capture_output=True, timeout=180, env=environment)
    shown = pd.read_csv(tmp_path / "ids.csv", dtype=str)
    assert shown["id"].tolist() == ids
    assert set(shown["x"]) == {"0.0569"}


def test_days_are_cells_without_a_time_and_read_back_as_days(tmp_path):
    days = pd.to_datetime(["2018-10-24", None] * 4)
    path = gba.export.write(tmp_path / "x.xlsx", units().assign(opened=days))
    sheet = openpyxl.load_workbook(path)["data"]
    formats = {cell.value: sheet.cell(2, cell.column).number_format for cell in sheet[1]}
    assert ("h" in formats["opened"], "h" in formats["day"]) == (False, True)
    assert pd.read_excel(path)["opened"].tolist()[0] == days[0]
