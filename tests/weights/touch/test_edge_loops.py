"""Edges that come near each other: compiled loops and arrays give the same, to the last bit."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings, strategies as st

from gbaspatial import weights as gw
from gbaspatial.weights.touch import contact, grouping, segments
from gbaspatial.weights.touch.contact import contacts_of
from gbaspatial.weights.touch.corners import _edges, _edges_by_loops, corners_of, rings_of
from gbaspatial.weights.touch.nearby import Nearby
from gbaspatial.weights.touch.segments import Meters

FIELDS = ("valid", "touch", "overlap", "apart", "near_miss")
unhurried = settings(deadline=None, max_examples=40)  # the first example may compile


def layer(seed, units, moved, between):
    """Cells whose corners are moved by up to `moved`, some of them drawn with more corners, some turned or grown."""
    rng = np.random.default_rng(seed)
    cells = np.asarray(shapely.get_parts(shapely.voronoi_polygons(shapely.multipoints(rng.random((units, 2)) * 1e4))))
    if moved:
        rings = [shapely.get_coordinates(cell)[:-1] for cell in cells]
        cells = shapely.make_valid([shapely.Polygon(ring + rng.uniform(-moved, moved, ring.shape)) for ring in rings])
    some = rng.random(len(cells)) < 0.3
    cells[some] = shapely.segmentize(cells[some], between)
    few = np.flatnonzero(rng.random(len(cells)) < 0.1)
    for k in few:
        cells[k] = shapely.affinity.scale(cells[k], *rng.uniform(0.9, 1.2, 2))
    return cells[shapely.get_type_id(cells) == 3]


def both_ways(work):
    found = []
    with pytest.MonkeyPatch.context() as patch:
        for many in (True, False):
            patch.setattr(grouping, "are_many", lambda count, loaded=0, many=many: many and count > 0)
            found.append(work())
    return found


@unhurried
@given(
    seed=st.integers(0, 10_000),
    units=st.integers(3, 40),
    moved=st.sampled_from([0.0, 1e-7, 1e-5, 0.5, 20.0]),
    between=st.sampled_from([30.0, 700.0]),
    tolerance=st.sampled_from([None, 0.0, 5.0]),
    degrees=st.booleans(),
)
def test_contacts_do_not_depend_on_the_way(seed, units, moved, between, tolerance, degrees):
    shapes = layer(seed, units, moved, between)
    if degrees:
        shapes = shapely.transform(shapes, lambda xy: xy * 1e-5 + [113.0, 22.0])
    meters = Meters(degrees)
    one, two = both_ways(lambda: contacts_of(shapes, meters, tolerance_m=tolerance, known_units=True))
    for name in FIELDS:
        assert getattr(one, name).tolist() == getattr(two, name).tolist(), name
    assert one.unshared == two.unshared
    assert one.border().tolist() == two.border().tolist()


@unhurried
@given(seed=st.integers(0, 10_000), units=st.integers(3, 40), reach=st.sampled_from([1e-6, 10.0, 3_000.0]))
def test_pairs_of_edges_are_those_of_the_boxes(seed, units, reach):
    shapes, meters = layer(seed, units, 1e-5, 300.0), Meters(degrees=False)
    corners = corners_of(rings_of(shapes))
    probes = np.flatnonzero(np.random.default_rng(seed).random(len(corners.first)) < 0.5)
    polygons = Nearby(np.arange(len(shapes)), shapely.STRtree(shapes))

    def _found():
        pairs = list(segments._pairs_near(polygons, corners, probes, meters, reach))
        return sorted(zip(*(np.concatenate(side).tolist() for side in zip(*pairs, strict=True)), strict=True))

    one, two = both_ways(_found) if len(probes) else ([], [])
    assert one == two
    assert len(set(one)) == len(one)


def test_boxes_much_larger_than_others_are_left_to_a_tree():
    east, north = (side.ravel() for side in np.meshgrid(np.arange(30.0), np.arange(30.0)))
    giants = [shapely.Polygon([(-1, -1), (31, 31), (31 + k, 31.5)]) for k in range(1, 31)]
    shapes = np.array([*shapely.box(east, north, east + 1, north + 1), *giants])
    corners = corners_of(rings_of(shapes))
    probes, meters = np.arange(len(corners.first)), Meters(degrees=False)
    around = segments._bounds(corners, probes, meters, 0.1)
    polygons = Nearby(np.arange(len(shapes)), shapely.STRtree(shapes))
    assert segments._by_loops(polygons, corners, probes, around) is None
    one, two = both_ways(lambda: contacts_of(shapes, meters, tolerance_m=None, known_units=True))
    assert one.touch.tolist() == two.touch.tolist()


@unhurried
@given(st.lists(st.lists(st.integers(0, 5), min_size=1, max_size=8), min_size=1, max_size=6))
def test_edges_are_numbered_alike(rings):
    size = np.array([len(ring) for ring in rings])
    place = np.array([corner for ring in rings for corner in ring], dtype=np.int32)
    (first, edge, alone), (start, number, single) = (
        both_ways(lambda: _edges(place, size))[0],
        _edges_by_loops(place, size),
    )
    assert first.tolist() == start.tolist()
    assert alone.tolist() == single.tolist()
    assert (
        len(set(zip(edge.tolist(), number.tolist(), strict=True)))
        == len(set(edge.tolist()))
        == len(set(number.tolist()))
    )


def test_narrow_corners_are_no_overlap(monkeypatch):
    """Two neighbors of a common corner, one edge of them long: nothing about them has to be cut out to be compared."""
    asked = []
    monkeypatch.setattr(contact, "_overlie", lambda polygons, codes, *rest: asked.extend(codes) or codes < 0)
    narrow = shapely.Polygon([(0, 0), (600, 600), (0, 600)])
    wide = shapely.Polygon([(0, 0), (60_000, 0), (60_000, 600), (600, 600)])
    for moved in (0.0, 1e-8):
        shapes = gpd.GeoSeries([narrow, shapely.affinity.translate(wide, moved, moved)], crs=2326)
        assert gw.contiguity(shapes).n_links == 2
    assert asked == []
