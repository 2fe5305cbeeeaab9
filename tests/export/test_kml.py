"""KML is well-formed whatever it holds, keeps missing values missing, and says when it could not be written."""

from xml.etree import ElementTree as ET

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st
from shapely import GeometryCollection, LineString, MultiPoint, MultiPolygon, Point, box

import gbaspatial as gba
from gbaspatial.export.legend_rules import holds

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


def test_every_placemark_has_the_color_of_its_class_in_the_file(tmp_path):
    frame = layer(x=[1.0, 2.0, np.nan, 9.0, 9.5])
    made = gba.export.style(frame, "x", k=2)
    root = ET.parse(gba.export.kml(tmp_path / "x.kml", frame, style=made)).getroot()
    colors = {f"#{e.get('id')}": e.find(f"{KML}PolyStyle/{KML}color").text for e in root.iter(f"{KML}Style")}
    assert len(colors) == len(made.rules) == 3
    told = [colors[p.find(f"{KML}styleUrl").text] for p in root.iter(f"{KML}Placemark")]
    for value, color in zip(frame["x"], told, strict=True):
        (rule,) = [rule for rule in made.rules if holds(rule, value)]
        assert color == f"cc{rule.color[5:7]}{rule.color[3:5]}{rule.color[1:3]}".lower()


def test_fields_are_typed_named_in_both_languages_and_owned(tmp_path):
    root = ET.parse(gba.export.kml(tmp_path / "x.kml", gba.load_cities(year=2019))).getroot()
    fields = {e.get("name"): e for e in root.iter(f"{KML}SimpleField")}
    assert fields["gdp_pc_cny"].get("type") == "double"
    assert fields["adcode"].get("type") == "string"
    assert fields["gdp_pc_cny"].find(f"{KML}displayName").text == "GDP per capita 人均地区生产总值 (yuan per person)"
    assert "Tianditu" in root.find(f"{KML}Document/{KML}description").text
