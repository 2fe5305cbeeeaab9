"""Shapes on the page: what is packed comes back, and neighbors stay neighbors."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings, strategies as st
from shapely import LineString, MultiPolygon, Point, Polygon, box
from small_world import grid_of

import gbaspatial as gba
from gbaspatial.errors import AlignmentError, CRSError, DataError, GeometryError
from gbaspatial.figures.surroundings import check_layer
from gbaspatial.maps.geometry import ALPHABET, display_shapes, pack_integers, pack_shapes, simplified

UNDEFINED = 'LOCAL_CS["Undefined Cartesian SRS",UNIT["Meter",1],AXIS["Easting",EAST],AXIS["Northing",NORTH]]'
DIGIT = {letter: value for value, letter in enumerate(ALPHABET.tobytes().decode())}


def unpack(text):
    """A second hand's reading of the packed integers."""
    numbers, value, place = [], 0, 0
    for letter in text:
        digit = DIGIT[letter]
        value |= (digit & 31) << place
        place += 5
        if not digit & 32:
            numbers.append(-(value + 1) // 2 if value & 1 else value // 2)
            value = place = 0
    return numbers


def unpack_rings(packed):
    places = np.cumsum(np.array(unpack(packed["xy"])).reshape(-1, 2), axis=0) / packed["scale"]
    return np.split(places, np.cumsum(unpack(packed["points"]))[:-1])


@given(st.lists(st.integers(-(2**50), 2**50), max_size=30))
@settings(max_examples=60, deadline=None)
def test_integers_come_back(numbers):
    assert unpack(pack_integers(np.array(numbers, dtype=np.int64))) == numbers


def test_shapes_come_back_to_a_few_meters_holes_and_islands_included():
    cities = gba.load_cities()
    shapes = display_shapes(check_layer(cities))
    packed = pack_shapes(shapes)
    rings = unpack_rings(packed)
    given_rings = shapely.get_rings(shapely.get_parts(shapes.geometry))
    assert unpack(packed["polygons"]) == shapely.get_num_geometries(shapes.geometry).tolist()
    assert len(rings) == len(given_rings)
    for ring, other in zip(rings, given_rings, strict=True):
        assert Polygon(ring).hausdorff_distance(Polygon(other)) < 1.0 / packed["scale"]


def test_a_hole_stays_a_hole():
    ring = Polygon(box(0, 0, 3, 3).exterior, [box(1, 1, 2, 2).exterior.coords])
    packed = pack_shapes(display_shapes(gpd.GeoDataFrame(index=["a"], geometry=[ring], crs=4326)))
    assert (unpack(packed["polygons"]), unpack(packed["rings"]), unpack(packed["points"])) == ([], [2], [4, 4])


def test_simplifying_together_keeps_borders_common():
    """Polygon by polygon it opens gaps: Shenzhen, Zhaoqing and Hong Kong became islands that way."""
    geometry = np.asarray(gba.load_districts().geometry.array, dtype=object)
    tolerance_m = 1500
    made = simplified(geometry, tolerance_m)
    alone = shapely.simplify(geometry, tolerance_m / 111_320)
    assert shapely.get_num_coordinates(made).sum() < 0.6 * shapely.get_num_coordinates(geometry).sum()

    def borders(shapes):
        pairs = shapely.STRtree(shapes).query(shapes, predicate="intersects")
        return {(i, j) for i, j in pairs.T if i < j and shapely.intersection(shapes[i], shapes[j]).length > 1e-9}

    before, together, apart = borders(geometry), borders(made), borders(alone)
    assert shapely.coverage_is_valid(made)
    assert together == before
    assert apart != before
    assert (~shapely.is_empty(made)).all()


def test_small_layers_are_drawn_as_they_are():
    geometry = np.asarray(gba.load_cities().geometry.array, dtype=object)
    assert simplified(geometry, None) is geometry


def test_the_anchor_lies_on_the_largest_part_and_not_on_an_islet():
    units = gpd.GeoDataFrame(
        index=["a"], geometry=[MultiPolygon([box(9, 9, 9.1, 9.1), box(0, 0, 4, 4), box(8, 0, 8.1, 0.1)])], crs=4326
    )
    assert box(0, 0, 4, 4).contains(Point(display_shapes(units).anchors[0]))


def test_any_projection_lands_in_degrees():
    plain, projected = grid_of(2, 2), grid_of(2, 2, crs="EPSG:3857")
    assert np.allclose(check_layer(projected).total_bounds, plain.total_bounds, atol=1e-9)


def test_shapes_do_not_depend_on_the_order_of_rows():
    units = grid_of(3, 3)
    there = dict(zip(units.index, display_shapes(units).anchors.tolist(), strict=True))
    back = units.iloc[::-1]
    assert dict(zip(back.index, display_shapes(back).anchors.tolist(), strict=True)) == there


@pytest.mark.parametrize(
    ("units", "error", "words"),
    [
        (grid_of(1, 2).set_crs(None, allow_override=True), CRSError, "set_crs"),
        (grid_of(1, 2).set_crs(UNDEFINED, allow_override=True), CRSError, "have no coordinate reference system"),
        (grid_of(1, 2, crs=3857).set_crs(4326, allow_override=True), CRSError, "u0, u1 fall outside"),
        (grid_of(1, 2, index=["a", "a"]), AlignmentError, "more than one row for a"),
        (
            gpd.GeoDataFrame(index=["a", "b"], geometry=[box(0, 0, 1, 1), None], crs=4326),
            GeometryError,
            "of b is missing",
        ),
        (gpd.GeoDataFrame(index=["a"], geometry=[Polygon()], crs=4326), GeometryError, "of a is missing or empty"),
        (grid_of(1, 2, index=pd.MultiIndex.from_tuples([("a", 1), ("a", 2)])), AlignmentError, "has 2 levels"),
        (grid_of(1, 2).iloc[:0], DataError, "no rows"),
        (grid_of(1, 2)[["x"]], GeometryError, "without geometry"),
    ],
)
def test_what_cannot_be_placed_is_said(units, error, words):
    with pytest.raises(error, match=words):
        check_layer(units)


def test_lines_are_not_units():
    lines = gpd.GeoDataFrame(index=["a", "b"], geometry=[LineString([(0, 0), (1, 1)]), box(0, 0, 1, 1)], crs=4326)
    with pytest.raises(GeometryError, match="units a are not polygons"):
        display_shapes(lines)


def test_a_vertex_has_one_level_and_wide_views_keep_common_borders():
    """Drawn at any level, two neighbors still share their border, as they leave out the same vertices."""
    layer = gba.load_prefectures(area="china").cx[100:120, 20:40]
    shapes = display_shapes(check_layer(layer))
    packed = pack_shapes(shapes)
    rings, scale = unpack_rings(packed), packed["scale"]
    letters = [DIGIT[letter] for letter in packed["levels"]]
    levels = np.array([letter >> 2 * k & 3 for letter in letters for k in range(3)])[: sum(map(len, rings))]
    per_ring = np.split(levels, np.cumsum([len(ring) for ring in rings])[:-1])
    seen = {}
    for ring, own in zip(rings, per_ring, strict=True):
        for place, level in zip(map(tuple, np.rint(ring * scale).astype(int)), own, strict=True):
            assert seen.setdefault(place, level) == level
    kept = [(levels >= k).sum() for k in range(4)]
    assert kept[0] > 1.5 * kept[1]
    assert kept[1] > 1.3 * kept[2] > 1.3 * kept[3] > 0
    assert packed["tolerances"] == sorted(packed["tolerances"])
    assert sum(len(v) for v in packed.values() if isinstance(v, str)) <= 40 * len(levels)  # bytes a vertex


def test_small_layers_have_no_levels():
    assert "levels" not in pack_shapes(display_shapes(grid_of(80, 80)))
