"""Rings, corners and edges of polygons, with and without compiled loops."""

import subprocess
import sys
import warnings

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings, strategies as st
from shapely.geometry import MultiPolygon, Polygon, box

import gbaspatial as gba
from gbaspatial import weights as gw
from gbaspatial.errors import GeometryError
from gbaspatial.weights.touch import grouping
from gbaspatial.weights.touch.corner_loops import star_shaped
from gbaspatial.weights.touch.corners import corners_of, rings_of, stars_by_arrays

HK = 2326
HOLE = Polygon(box(0, 0, 9, 9).exterior, [box(3, 3, 6, 6).exterior])
BOW = Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])
STAR = Polygon([(2, 0), (0.5, 0.5), (0, 2), (-0.5, 0.5), (-2, 0), (-0.5, -0.5), (0, -2), (0.5, -0.5)])
TWICE_AROUND = Polygon(np.column_stack([f(np.arange(5) * 4 * np.pi / 5) for f in (np.cos, np.sin)]))
EMPTY_PART = shapely.from_wkt("MULTIPOLYGON (((0 0, 1 0, 1 1, 0 1, 0 0)), EMPTY)")


@pytest.fixture(params=["sorting", "compiled"])
def way(request, monkeypatch):
    monkeypatch.setattr(grouping, "are_many", lambda count, loaded=0: request.param == "compiled" and count > 0)
    return request.param


def stars(*shapes):
    coords, polygon = shapely.get_coordinates(list(shapes), return_index=True)
    found = np.zeros(len(shapes), dtype=bool)
    star_shaped(coords, np.searchsorted(polygon, np.arange(len(shapes) + 1)), found)
    assert stars_by_arrays(coords, np.bincount(polygon, minlength=len(shapes))).tolist() == found.tolist()
    return found.tolist()


def test_rings_of_parts_and_holes(way):
    shapes = np.array([box(0, 0, 1, 1), MultiPolygon([HOLE, box(20, 0, 21, 1)]), EMPTY_PART, HOLE, BOW])
    rings = rings_of(shapes)
    assert rings.owner.tolist() == [0, 1, 1, 1, 2, 3, 3, 4]
    assert rings.size.tolist() == [5] * 8
    assert len(rings.coords) == 40
    assert rings.surely_valid.tolist() == [True, False, True, False, False]


def test_edges_that_are_shared_and_alone(way):
    repeated = Polygon([(1, 0), (2, 0), (2, 0), (2, 1), (1, 1)])
    corners = corners_of(rings_of(np.array([box(-0.0, 0, 1, 1), repeated])))
    assert corners.owner.tolist() == [0] * 5 + [1] * 6
    assert len(np.unique(corners.place)) == 6
    assert corners.edge_owner.tolist() == [0] * 4 + [1] * 4
    ends = corners.coords[corners.first], corners.coords[corners.first + 1]
    shared = [sorted([a, b]) for a, b in zip(*(e[~corners.alone].tolist() for e in ends), strict=True)]
    assert shared == [[[1, 0], [1, 1]]] * 2


def test_what_is_surely_valid():
    assert stars(box(0, 0, 1, 1), STAR, box(0, 0, 1, 1).reverse(), EMPTY_PART) == [True] * 4
    assert stars(BOW, TWICE_AROUND, HOLE, HOLE.normalize()) == [False] * 4
    flat = Polygon([(0, 0), (1, 0), (2, 0), (1, 0)])
    spike = Polygon([(0, 0), (4, 0), (4, 4), (9, 9), (4, 4), (0, 4)])
    both_ways = MultiPolygon([box(0, 0, 4, 4), box(1, 1, 2, 2)])  # one inside the other
    endless = Polygon([(0, 0), (1, 0), (np.inf, 1), (0, 1)])
    assert stars(flat, spike, both_ways, endless) == [False] * 4


POINTS = st.lists(st.tuples(st.integers(-4, 4), st.integers(-4, 4)), min_size=3, max_size=8)


@settings(deadline=None)  # the first example may compile
@given(points=POINTS, holes=st.lists(POINTS, max_size=1), step=st.sampled_from([1.0, 0.1, 1e-17, 1e9]))
def test_nothing_invalid_is_taken_as_valid(points, holes, step):
    around = [113 + np.array(ring) * step for ring in (points, *holes)]
    shape = Polygon(around[0], around[1:])
    assert shapely.is_valid(shape) or not stars(shape)[0]
    centered = Polygon(sorted(points, key=lambda p: np.arctan2(p[1], p[0])))
    assert shapely.is_valid(centered) or not stars(centered)[0]


def invalid_pairs_and_gaps():
    """Cells, some of which were moved, grown, shrunk, cut from their neighbors, twisted or hollowed."""
    rng = np.random.default_rng(3)
    cells = np.asarray(shapely.get_parts(shapely.voronoi_polygons(shapely.multipoints(rng.random((120, 2)) * 1e5))))
    for k in range(0, 24, 4):
        middle = cells[k].centroid
        cells[k] = shapely.affinity.scale(cells[k], *rng.uniform(0.9, 1.1, 2))
        cells[k + 1] = shapely.segmentize(cells[k + 1], 1_000)
        cells[k + 2] = Polygon(cells[k + 2].exterior, [cells[k + 2].representative_point().buffer(100).exterior])
        cells[k + 3] = MultiPolygon([cells[k + 3], shapely.transform(middle.buffer(50), lambda p: p + 3e5)])
    twisted = shapely.get_coordinates(cells[30])[:-1]
    twisted[[0, 2]] = twisted[[2, 0]]
    cells[30] = Polygon(twisted)
    return gpd.GeoSeries(cells, crs=HK)


@pytest.mark.parametrize("options", [{}, {"criterion": "rook"}, {"weight": "shared_border"}, {"tolerance_m": 30.0}])
@pytest.mark.parametrize("layer", [gba.data.load_districts().geometry, invalid_pairs_and_gaps()], ids=["real", "bad"])
def test_both_ways_give_the_same_weights_and_warnings(monkeypatch, layer, options):
    results = []
    for many in (0, 10**9):
        monkeypatch.setattr(grouping, "are_many", lambda count, loaded=0, many=many: count > many)
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            try:
                matrix = gw.contiguity(layer, **options).sparse
            except GeometryError as error:  # shared borders of units that overlap
                matrix = str(error)
        results.append((matrix, [str(warning.message) for warning in told]))
    (one, told_one), (two, told_two) = results
    assert told_one == told_two
    assert one == two if isinstance(one, str) else (one != two).nnz == 0  # to the last bit


def test_order_of_rows_does_not_matter(way):
    layer = gba.data.load_districts().geometry
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        w = gw.contiguity(layer, weight="shared_border")
        again = gw.contiguity(layer.sample(frac=1, random_state=4), weight="shared_border").subset(layer.index)
    assert (w.sparse != again.sparse).nnz == 0


def test_small_layers_load_no_compiler():
    script = (
        "import sys, warnings, gbaspatial as gba; warnings.simplefilter('ignore');"
        "gba.weights.contiguity(gba.load_cities()); print('numba' in sys.modules)"
    )
    shown = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "False"
