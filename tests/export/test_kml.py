"""KML is well-formed whatever it holds, keeps missing values missing, and says when it could not be written."""

from xml.etree import ElementTree as ET

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st
from shapely import GeometryCollection, LineString, MultiPoint, MultiPolygon, Point, box

import gbaspatial as gba

KML = "{http://www.opengis.net/kml/2.2}"
HOLE = box(113, 22, 114, 23).difference(box(113.4, 22.4, 113.6, 22.6))
SHAPES = [Point(113.5, 22.5), Point(1, 2, 3), LineString([(0, 0), (1, 1)]), HOLE, MultiPolygon([HOLE, box(1, 1, 2, 2)]),
          MultiPoint([(0, 0), (1, 1)])]  # fmt: skip


def layer(**columns):
    size = len(next(iter(columns.values())))
    return gpd.GeoDataFrame(columns, geometry=[Point(i, 0) for i in range(size)], crs=4326)


def test_missing_values_stay_missing_and_values_keep_their_kind(tmp_path):
    frame = layer(
        text=["", None, "x"], number=[1.5, np.nan, -1 / 3], count=pd.array([1, None, 3], dtype="Int64"),
        open=[True, None, False], code=["007", "0755", None],
    )  # fmt: skip
    read = gpd.read_file(gba.export.kml(tmp_path / "x.kml", frame))
    assert read["text"].fillna("missing").tolist()[1:] == ["missing", "x"]
    assert read["code"].tolist()[:2] == ["007", "0755"]
    for column in ("number", "count"):
        expected = frame[column].astype(float)
        np.testing.assert_array_equal(pd.to_numeric(read[column]).astype(float), expected)
    root = ET.parse(tmp_path / "x.kml").getroot()
    told = [{e.get("name"): e.text for e in p.iter(f"{KML}SimpleData")} for p in root.iter(f"{KML}Placemark")]
    assert told[1] == {"unit": "1", "code": "0755"}
    assert told[0]["text"] in (None, "")  # an empty text is a value
    assert told[0]["open"] == "1"


@pytest.mark.parametrize("shape", SHAPES)
def test_shapes_come_back(tmp_path, shape):
    frame = gpd.GeoDataFrame({"a": [1]}, geometry=[shape], crs=4326)
    read = gpd.read_file(gba.export.kml(tmp_path / "x.kml", frame))
    assert read.geometry.iloc[0].equals(shape)
    assert read.geometry.iloc[0].has_z == shape.has_z
    assert read.crs.to_epsg() == 4326


def test_collections_and_missing_shapes_are_held(tmp_path):
    frame = gpd.GeoDataFrame({"a": [1, 2]}, geometry=[GeometryCollection([Point(0, 0), HOLE]), None], crs=4326)
    root = ET.parse(gba.export.kml(tmp_path / "x.kml", frame)).getroot()
    assert [len(list(p.iter(f"{KML}MultiGeometry"))) for p in root.iter(f"{KML}Placemark")] == [1, 0]


@given(st.lists(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])), min_size=1, max_size=3))
@settings(max_examples=60, deadline=None)
def test_any_text_makes_a_well_formed_file(tmp_path_factory, texts):
    folder = tmp_path_factory.mktemp("kml")
    path = gba.export.kml(folder / "x.kml", layer(t=texts), name="t")
    root = ET.fromstring(path.read_bytes())
    names = [e.text or "" for p in root.iter(f"{KML}Placemark") for e in p.findall(f"{KML}name")]
    assert len(names) == len(texts)
    for name, text in zip(names, texts, strict=True):
        if text.isprintable():
            assert name == text


@pytest.mark.parametrize("stem", ["<b>&", "]]>", "广州", "a\x01b", "'\"", "x" * 200])
def test_any_name_of_the_file_makes_a_well_formed_file(tmp_path, stem):
    path = gba.export.kml(tmp_path / f"{stem}.kml", layer(a=[1]))
    assert len(gpd.read_file(path)) == 1
