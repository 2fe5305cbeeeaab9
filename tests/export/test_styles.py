"""The rules of a style hold every unit exactly once, in words that QGIS and OGR both understand."""

import re
from xml.etree import ElementTree as ET

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
from hypothesis import given, settings, strategies as st
from shapely import Point

import gbaspatial as gba
from gbaspatial.errors import OptionError
from gbaspatial.export.styles import Rule, Style

# What both parse: a name in quotes, alone or with NOT or IS NULL, or compared with a decimal, a text or a date.
NAME, NUMBER, TEXT = r'"(?:[^"]|"")+"', r"-?\d+(?:\.\d+)?(?:e[+-]\d+)?", r"'(?:[^']|'')*'"
DATE = rf"to_datetime\({NAME}\) = to_datetime\('\d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?'\)"
ONE = rf"(?:{NAME} (?:=|<=|>) {NUMBER}|{NAME} = {TEXT}|{DATE}|(?:NOT )?{NAME}|{NAME} IS (?:NOT )?NULL)"
BOTH_UNDERSTAND = re.compile(rf"{ONE}(?: AND {ONE})?")


def filters(style):
    root = ET.fromstring(style.to_qml().split("\n", 1)[1])
    return [rule.get("filter") for rule in root.iter("rule")]


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
    assert sizes[-1] == frame[column].isna().sum()
    assert sizes[:-1] == [int((frame[column] == rule.value).sum()) if rule.value is not None else size
                          for rule, size in zip(style.rules[:-1], sizes[:-1], strict=True)]  # fmt: skip


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
