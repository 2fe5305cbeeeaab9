"""Names on printed maps: inside the frame, none on another, short names whole and long ones told as cut."""

from __future__ import annotations

import geopandas as gpd
import pytest
from hypothesis import given, settings, strategies as st
from shapely.geometry import Point, box

import gbaspatial as gba
from gbaspatial.figures.written_places import name_on_map

ODD = [
    "O'Brien", "</script><script>alert(1)</script>", "a, b; c", "x" * 90,
    "新疆维吾尔自治区伊犁哈萨克自治州察布查尔锡伯自治县",
    "Ili Kazakh Autonomous Prefecture of Xinjiang", "tab\there", "  padded", "007", "NaN", "佛山市", "Ñandú – é",
]  # fmt: skip


def _grid(names: list[str], *, points: bool = False) -> gpd.GeoDataFrame:
    cells = [box(110 + i % 4, 20 + i // 4, 111 + i % 4, 21 + i // 4) for i in range(len(names))]
    shapes = [Point(cell.centroid) for cell in cells] if points else cells
    return gpd.GeoDataFrame({"x": range(len(names))}, index=names, geometry=shapes, crs=4326)


def _written(ax):
    ax.figure.canvas.draw()
    return [text for text in ax.texts if text.get_text() not in {"N", ""} and " km" not in text.get_text()]


def _lies_well(ax) -> None:
    boxes = [text.get_window_extent() for text in _written(ax)]
    frame = ax.get_window_extent().padded(1)
    assert all(frame.x0 <= b.x0 and b.x1 <= frame.x1 and frame.y0 <= b.y0 and b.y1 <= frame.y1 for b in boxes)
    assert not any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[i + 1 :])


@pytest.mark.parametrize("points", [False, True])
def test_long_and_odd_names_stay_inside_the_frame(points):
    ax = gba.figures.map_of(_grid(ODD, points=points), "x", label="odd")
    _lies_well(ax)
    assert len(_written(ax)) >= len(ODD) - 1
    assert ax.get_tightbbox().width < 1.05 * ax.get_window_extent().width  # nothing shrinks the map


@settings(max_examples=8, deadline=None)
@given(st.lists(st.text("ab 湾é-", min_size=1, max_size=60).filter(str.strip), min_size=5, max_size=9, unique=True))
def test_no_name_leaves_the_frame_or_lies_on_another(names):
    _lies_well(gba.figures.map_of(_grid(names), "x", names="en"))


@given(st.text(min_size=1, max_size=120))
def test_a_name_has_at_most_three_lines_and_says_where_it_is_cut(name):
    lines = name_on_map(name).split("\n")
    whole = "".join(name.split())
    assert len(lines) <= 3
    kept = "".join("".join(lines).split())
    assert kept == whole or (kept.endswith("…") and whole.startswith(kept[:-1]))


def test_the_name_of_a_small_unit_stands_beside_it():
    cities = gba.load_cities(year=2019)
    ax = gba.figures.map_of(cities, "gdp_pc_cny")
    macao = next(text for text in _written(ax) if text.get_text() == "Macao")
    bounds = cities.geometry.to_crs(4326)["Macao"].bounds
    edge = ax.transData.transform((bounds[2], bounds[3]))[0]
    assert edge - 8 <= macao.get_window_extent().x0 <= edge + 25
    assert {text.get_text() for text in _written(ax)} == set(cities.index)


@pytest.mark.parametrize("shape", [(1, 12), (12, 1), (3, 4)])
def test_the_sources_are_as_wide_as_the_map(shape):
    wide, high = shape
    cells = [box(110 + i % wide, 18 + i // wide, 111 + i % wide, 19 + i // wide) for i in range(wide * high)]
    ax = gba.figures.map_of(gpd.GeoDataFrame({"x": range(wide * high)}, geometry=cells, crs=4326), "x")
    ax.figure.canvas.draw()
    label, frame = ax.xaxis.label.get_window_extent(), ax.get_window_extent()
    assert label.x0 >= frame.x0 - 2
    assert label.x1 <= max(frame.x1, frame.x0 + 200) + 2
