"""The rules of a style hold every unit exactly once, in words that QGIS and OGR both understand."""

import datetime as dt
import re
import sqlite3
import warnings
from xml.etree import ElementTree as ET

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
from hypothesis import given, settings, strategies as st
from shapely import Point

import gbaspatial as gba
from gbaspatial.errors import GbaWarning, OptionError
from gbaspatial.export.legend_rules import Rule, expression
from gbaspatial.export.qgis_styles import ranges_of, renderer_of
from gbaspatial.export.styles import Style

# What both parse: a name in quotes, alone or with NOT or IS NULL, or compared with a decimal, a text or a date.
NAME, NUMBER, TEXT = r'"(?:[^"]|"")+"', r"-?\d+(?:\.\d+)?(?:e[+-]\d+)?", r"'(?:[^']|'')*'"
DATE = rf"to_datetime\({NAME}\) = to_datetime\('\d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?'\)"
ONE = rf"(?:{NAME} (?:=|<=|>) {NUMBER}|{NAME} = {TEXT}|{DATE}|(?:NOT )?{NAME}|{NAME} IS (?:NOT )?NULL)"
BOTH_UNDERSTAND = re.compile(rf"{ONE}(?: AND {ONE})?")


def filters(style):
    """Each class as an expression; where they are rules, as the style file tells them."""
    root = ET.fromstring(style.to_qml().split("\n", 1)[1])
    told = [expression(style.column, rule) for rule in style.rules]
    if root.find("renderer-v2").get("type") == "RuleRenderer":
        assert [rule.get("filter") for rule in root.find("renderer-v2").iter("rule")] == told
    return told


def layer(**columns):
    size = len(next(iter(columns.values())))
    return gpd.GeoDataFrame(columns, geometry=[Point(i, 0) for i in range(size)], crs=4326)


def test_whole_numbers_and_flags_are_plain():
    frame = layer(n=[1, 2], b=[True, False])
    assert filters(gba.export.style(frame, "n", scheme="categorical"))[:2] == ['"n" = 1', '"n" = 2']
    assert sorted(filters(gba.export.style(frame, "b"))[:2]) == ['"b"', 'NOT "b"']


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (np.int64(1), '"c" = 1'), (np.uint8(7), '"c" = 7'), (1 / 3, '"c" = 0.3333333333333333'),
        (np.float32(0.5), '"c" = 0.5'), (2.0, '"c" = 2'), (-1e-7, '"c" = -1e-07'), (1e300, '"c" = 1e+300'),
        (True, '"c"'), (np.False_, 'NOT "c"'), ("it's", "\"c\" = 'it''s'"),
        (pd.Timestamp("2018-10-24"), "to_datetime(\"c\") = to_datetime('2018-10-24T00:00:00')"),
        (np.datetime64("2018-10-24T06:30"), "to_datetime(\"c\") = to_datetime('2018-10-24T06:30:00')"),
    ],
)  # fmt: skip
def test_every_kind_of_value_is_told_as_both_read_it(value, told):
    (rule,) = filters(Style("c", (Rule("x", "#FF0000", value=value),), "point"))
    assert rule == told
    assert BOTH_UNDERSTAND.fullmatch(rule)


@pytest.mark.parametrize("ending", ["gpkg", "geojson", "shp"])
@pytest.mark.parametrize(
    ("column", "options"),
    [("flag", {}), ("open", {}), ("count", {"scheme": "categorical"}), ("value", {"k": 3}), ("tiny", {"k": 4}),
     ("name", {}), ("kind", {})],
)  # fmt: skip
def test_the_rules_hold_every_unit_once_in_every_format(tmp_path, ending, column, options):
    frame = layer(
        flag=[True, False, True, False], open=[True, None, False, True], count=np.array([3, 1, 2, 2], dtype="int64"),
        value=[1 / 3, np.nan, 2 / 3, 1e-9], tiny=[1.1e-9, 1.2e-9, 1.3e-9, 7.0], name=["it's", '"q"', None, "广州"],
        kind=pd.Categorical(["b", "a", "b", None]),
    )  # fmt: skip
    path = gba.export.write(tmp_path / f"x.{ending}", frame)
    style = gba.export.style(frame, column, **options)
    rules = filters(style)
    assert all(BOTH_UNDERSTAND.fullmatch(rule) for rule in rules)
    sizes = [len(pyogrio.read_dataframe(path, where=rule, layer=0)) for rule in rules]
    assert sum(sizes) == 4
    missing = int(frame[column].isna().sum())
    assert (style.rules[-1][2:] == (None, None, None)) == bool(missing)
    assert min(sizes) > 0  # only classes that occur
    assert not missing or sizes[-1] == missing
    assert [size for size, rule in zip(sizes, style.rules, strict=True) if rule.value is not None] == [
        int((frame[column] == rule.value).sum()) for rule in style.rules if rule.value is not None
    ]


def holds(rule, value):
    return (rule.above is None or value > rule.above) and (rule.upto is None or value <= rule.upto)


@given(
    st.lists(st.floats(-1e6, 1e6) | st.floats(-1e-6, 1e-6), min_size=2, max_size=30),
    st.sampled_from(["quantiles", "equal_interval"]),
)
@settings(deadline=None, max_examples=60)
def test_shortened_bounds_part_the_same_values(values, scheme):
    frame = layer(x=values)
    classes = gba.figures.classes.classify(frame["x"], scheme=scheme, k=4)
    rules = [
        rule
        for rule in gba.export.style(frame, "x", scheme=scheme, k=4).rules
        if (rule.upto, rule.above) != (None, None)
    ]
    found = [[place for place, rule in enumerate(rules) if holds(rule, value)] for value in values]
    if len(rules) > 1 and all(rule.value is None for rule in rules) and len(rules) == classes.k:
        assert [place for (place,) in found] == classes.codes(frame["x"]).tolist()


def test_bounds_of_thirds_survive_six_digits():
    """A reader that keeps six digits of a literal puts 1/3 above a bound of 0.333333."""
    style = gba.export.style(layer(x=[0.1, 1 / 3, 0.5, 2 / 3, 0.9]), "x", scheme=[1 / 3, 2 / 3, 1.0])
    bounds = [rule.upto for rule in style.rules if rule.upto is not None]
    assert [float(f"{bound:.6g}") for bound in bounds] == bounds
    assert 1 / 3 <= bounds[0] < 0.5
    assert 2 / 3 <= bounds[1] < 0.9


@pytest.mark.parametrize("style", [5, True, ["n"], {"column": "n"}])
def test_what_is_no_style_is_refused_before_anything_is_written(tmp_path, style):
    with pytest.raises(OptionError, match="is neither the name of a column nor a style"):
        gba.export.write(tmp_path / "l.gpkg", layer(n=[1.0, 2.0, 3.0]), style=style)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("values", "options", "kind"),
    [
        ([1.5, 2.5, 9.0], {"k": 2}, "graduated"), ([1.5, np.nan, 9.0], {"k": 2}, "rules"),
        (["a", "b", "b"], {}, "categorized"), (["a", None, "b"], {}, "categorized"), (["a", "", "b"], {}, "rules"),
        ([1, 2, 2], {}, "categorized"), ([True, False, True], {}, "rules"),
        (pd.to_datetime(["2018-10-24", "2018-10-25", "2018-10-24"]), {}, "rules"),
        ([1 / 3, 0.5, 0.5], {"scheme": "categorical"}, "rules"), ([4.5, 4.5, 4.5], {"scheme": [5.0]}, "graduated"),
    ],
)  # fmt: skip
def test_renderers_can_be_classified_anew_where_they_hold_all_classes(values, options, kind):
    assert renderer_of(gba.export.style(layer(x=values), "x", **options)) == kind


@given(
    st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=20),
    st.lists(st.integers(-9, 9), min_size=1, max_size=4, unique=True).map(sorted),
)
@settings(deadline=None, max_examples=80)
def test_ranges_hold_every_value_in_the_class_that_its_rule_does(values, breaks):
    made = gba.export.style(layer(x=values), "x", scheme=breaks)
    ranges = ranges_of(made)
    for value in values:
        first = next(place for place, (low, high) in enumerate(ranges) if low <= value <= high)
        assert holds(made.rules[first], value)


def test_a_style_made_of_another_year_holds_all_of_this_one(tmp_path):
    """Its outer classes are open, and what is missing gets the color of no data."""
    before = layer(x=[1.0, 2.0, 3.0, 4.0])
    made = gba.export.style(before, "x", k=2)
    now = layer(x=[-5.0, 2.0, 99.0, 2.0])
    path = gba.export.geopackage(tmp_path / "x.gpkg", {"now": now}, styles={"now": made})
    (text,) = sqlite3.connect(path).execute("SELECT styleQML FROM layer_styles").fetchone()
    ranges = [each.attrib for each in ET.fromstring(text.split("\n", 1)[1]).iter("range")]
    assert (ranges[0]["lower"], ranges[-1]["upper"]) == ("-5", "99")
    path = gba.export.geopackage(tmp_path / "x.gpkg", {"now": layer(x=[1.0, None, 3.0, 4.0])}, styles={"now": made})
    (text,) = sqlite3.connect(path).execute("SELECT styleQML FROM layer_styles").fetchone()
    assert [rule.get("filter") for rule in ET.fromstring(text.split("\n", 1)[1]).iter("rule")][2] == '"x" IS NULL'


def test_names_are_told_in_both_languages_with_a_halo_where_they_have_room():
    cities = gba.load_cities(year=2019)
    made = gba.export.style(cities, "gdp_pc_cny")
    assert made.labels == ("city", "name_zh")
    assert 30e3 < made.width_m < 150e3
    root = ET.fromstring(made.to_qml().split("\n", 1)[1])
    near, far = root.find("labeling").iter("rule")
    assert {'"city"', '"name_zh"'} <= set(re.findall(NAME, near.find("settings/text-style").get("fieldName")))
    assert near.find("settings/text-style/text-buffer").get("bufferDraw") == "1"
    assert float(near.get("scalemaxdenom")) == float(far.get("scalemindenom")) < float(far.get("scalemaxdenom"))
    sld = ET.fromstring(made.to_sld().split("\n", 1)[1])
    halos = list(sld.iter("{http://www.opengis.net/se}Halo"))
    assert len(halos) == 2
    in_metres = gba.export.style(cities.to_crs("EPSG:4547"), "gdp_pc_cny").width_m
    assert in_metres == pytest.approx(made.width_m, rel=0.05)


def test_a_date_without_a_time_is_a_literal_without_one():
    day = Style("c", (Rule("x", "#FF0000", value=dt.date(2018, 10, 24)),), "point")
    assert "Literal>2018-10-24<" in day.to_sld()
    noon = Style("c", (Rule("x", "#FF0000", value=pd.Timestamp("2018-10-24T12:00")),), "point")
    assert "Literal>2018-10-24T12:00:00.000<" in noon.to_sld()


def test_an_empty_shape_has_no_width_and_is_not_warned_of():
    frame = layer(value=[1.0, 2.0])
    frame.geometry = [Point(), frame.geometry.iloc[1]]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert gba.export.style(frame, "value").shape == "point"


def test_a_neighbor_of_the_same_name_that_loses_its_style_is_told(tmp_path):
    frame = layer(a_long_name_of_a_column=[1.0, 2.0])
    gba.export.write(tmp_path / "bay.shp", frame, style="a_long_name_of_a_column")
    with pytest.warns(GbaWarning, match=r"bay\.qml styles bay\.geojson now and bay\.shp no longer"):
        gba.export.write(tmp_path / "bay.geojson", frame, style="a_long_name_of_a_column")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        gba.export.write(tmp_path / "bay.geojson", frame, style="a_long_name_of_a_column")
        gba.export.write(tmp_path / "bay.gpkg", frame, style="a_long_name_of_a_column")
        gba.export.write(tmp_path / "coast.shp", frame, style="a_long_name_of_a_column")


ENDINGS = ["gpkg", "shp", "geojson", "kml", "fgb"]


def labels_in(path):
    """What the classes of a file are called, by its QML and, where one is beside, its SLD."""
    if path.suffix == ".gpkg":
        with sqlite3.connect(path) as base:
            return [re.findall(r' label="([^"]*)"', base.execute("SELECT styleQML FROM layer_styles").fetchone()[0])]
    found = re.findall(r' label="([^"]*)"', path.with_suffix(".qml").read_text(encoding="utf-8"))
    titles = [title.text for title in ET.parse(path.with_suffix(".sld")).iter("{http://www.opengis.net/se}Title")]
    return [found, titles[-len(found) :] if titles else found]


def three(**columns):
    points = [Point(i, 0) for i in range(3)]
    return gpd.GeoDataFrame(columns, index=pd.Index(list("abc"), name="code"), geometry=points, crs=4326)


@pytest.mark.parametrize("ending", ENDINGS)
def test_files_list_categories_in_their_order_and_days_without_a_time(tmp_path, ending):
    size = pd.Categorical(["high", "low", "mid"], ["low", "mid", "high"], ordered=True)
    frame = three(size=size, day=pd.to_datetime(["2018-10-24", "2018-10-25", "2018-10-26"]))
    days = ["2018-10-24", "2018-10-25", "2018-10-26"]
    for column, told in {"size": ["low", "mid", "high"], "day": days}.items():
        made = gba.export.style(frame, column)
        for choice in (column, made):
            path = gba.export.write(tmp_path / f"{column}.{ending}", frame, style=choice)
            assert labels_in(path)[0][: len(told)] == told
            assert "00:00:00" not in labels_in(path)[-1]


@pytest.mark.parametrize("ending", ["shp", "kml", "geojson"])
def test_formats_of_texts_hold_days_as_days_and_their_style_asks_for_them(tmp_path, ending):
    frame = three(day=pd.to_datetime(["2018-10-24", "2018-10-25", None]))
    path = gba.export.write(tmp_path / f"day.{ending}", frame, style=gba.export.style(frame, "day"))
    literals = [each.text for each in ET.parse(path.with_suffix(".sld")).iter("{http://www.opengis.net/ogc}Literal")]
    assert literals[:2] == ["2018-10-24", "2018-10-25"]
    back = pyogrio.read_dataframe(path)["day"]
    assert [str(value)[:10] for value in back[:2]] == literals[:2]
    assert back.isna().tolist() == [False, False, True]
