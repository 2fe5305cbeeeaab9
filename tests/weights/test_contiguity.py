"""Contiguity of real and of badly drawn layers."""

import warnings

import geopandas as gpd
import layers
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely.affinity import translate
from shapely.geometry import MultiPolygon, Point, Polygon, box

import gbaspatial as gba
from gbaspatial import weights as gw
from gbaspatial.errors import (
    AlignmentError,
    CRSError,
    GeometryError,
    GeometryWarning,
    IslandWarning,
    LabelTypeError,
    OptionError,
    UnknownNameError,
    WeightsError,
)
from gbaspatial.weights.touch import grouping

CITIES = gba.load_cities(year=2019)
HK = 2326  # meters
EDGES = (
    "Guangzhou-Foshan Guangzhou-Huizhou Guangzhou-Dongguan Guangzhou-Zhongshan Shenzhen-Huizhou Shenzhen-Dongguan "
    "Zhuhai-Jiangmen Zhuhai-Zhongshan Zhuhai-Macao Foshan-Jiangmen Foshan-Zhaoqing Foshan-Zhongshan "
    "Jiangmen-Zhongshan Huizhou-Dongguan"
)


def series(**shapes):
    return gpd.GeoSeries(shapes, crs=HK)


def test_the_fifteen_edges_of_the_eleven_cities():
    w = gw.contiguity(CITIES)
    assert w.n_links == 30
    assert w.n_components == 1
    assert gw.contiguity(CITIES, criterion="rook").n_links == 30
    found = {frozenset(pair) for pair in layers.links(w)}
    assert found == {frozenset(pair.split("-")) for pair in EDGES.split()} | {frozenset(("Shenzhen", "Hong Kong"))}


def test_districts_and_prefectures():
    districts = gw.contiguity(gba.data.load_districts())
    assert districts.n_links == 2 * 149
    assert districts.n_components == 2  # Hong Kong Island
    assert gw.contiguity(gba.data.load_districts(), links=2024).n_components == 1
    assert gw.contiguity(gba.data.load_prefectures()).n_links == 2 * 41


def test_border_lengths_of_the_cities():
    table = gw.borders(CITIES).set_index(["focal", "neighbor"])
    km = {frozenset(pair): length for pair, length in table["border_km"].items()}
    assert km[frozenset(("Shenzhen", "Hong Kong"))] == pytest.approx(22.9, abs=0.05)
    assert km[frozenset(("Zhuhai", "Macao"))] == pytest.approx(2.4, abs=0.05)
    assert set(table["contact"]) == {"border"}
    w = gw.contiguity(CITIES, weight="shared_border")
    assert w.is_symmetric
    assert w.s0 == pytest.approx(2 * table["border_km"].sum())
    in_meters = CITIES.to_crs(gba.geography.metric_crs(CITIES))
    assert gw.contiguity(in_meters, weight="shared_border").s0 == pytest.approx(w.s0, rel=1e-3)


def test_a_border_without_shared_vertices_is_found():
    # Queen and Graph.build_contiguity(strict=False) find no link here, because they look for shared vertices
    two = series(a=box(0, 0, 2, 2), b=box(2, 0.5, 4, 1.5))
    assert gw.contiguity(two).n_links == 2
    assert gw.contiguity(two, criterion="rook").n_links == 2
    assert gw.borders(two)["border_km"].tolist() == pytest.approx([0.001])


def test_the_peer_misses_it():
    from libpysal.graph import Graph

    two = series(a=box(0, 0, 2, 2), b=box(2, 0.5, 4, 1.5))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert len(Graph.build_contiguity(two, rook=False).isolates) == 2


def test_sloped_borders_without_shared_vertices():
    # a vertex on a sloped line is off it by round-off, so an exact geometric test misses it
    layer = series(below=Polygon([(0, 0), (3, 0), (3, 1)]), left=Polygon([(0, 0), (0.9, 0.3), (0, 1)]))
    layer["right"] = Polygon([(0.9, 0.3), (3, 1), (1, 1)])
    layer = layer.set_crs(HK, allow_override=True)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # and it is no overlap either
        w = gw.contiguity(layer, criterion="rook")
    assert layers.links(w) >= {("below", "left"), ("below", "right")}


@pytest.mark.parametrize("angle", [0, 17, 90, 201])
def test_a_corner_is_queen_and_not_rook(angle):
    squares = series(a=box(0, 0, 1, 1), b=box(1, 1, 2, 2), c=box(1, 0, 2, 1), far=box(5, 5, 6, 6))
    turned = squares.rotate(angle, origin=(0, 0)).scale(1000, 1000, origin=(0, 0))
    with pytest.warns(IslandWarning, match="1 of 4 units have no neighbors: far"):
        queen = gw.contiguity(turned)
    with pytest.warns(IslandWarning):
        rook = gw.contiguity(turned, criterion="rook")
    assert layers.links(queen) - layers.links(rook) == {("a", "b"), ("b", "a")}


def test_a_corner_on_the_middle_of_an_edge():
    pair = series(flat=box(0, 0, 4, 1), tip=Polygon([(2, 1), (3, 3), (1, 3)]))
    assert gw.contiguity(pair).n_links == 2
    with pytest.warns(IslandWarning):
        assert gw.contiguity(pair, criterion="rook").n_links == 0


def test_parts_holes_and_enclaves():
    ring = Polygon(box(0, 0, 9, 9).exterior, [box(3, 3, 6, 6).exterior])
    layer = series(ring=ring, inside=box(3, 3, 6, 6), parts=MultiPolygon([box(9, 0, 10, 1), box(20, 20, 21, 21)]))
    assert layers.links(gw.contiguity(layer)) == {
        ("ring", "inside"),
        ("inside", "ring"),
        ("ring", "parts"),
        ("parts", "ring"),
    }


def test_gaps_are_told_and_closed_by_a_tolerance():
    apart = series(a=box(0, 0, 9_000, 9_000), b=box(9_020, 0, 18_000, 9_000))
    with pytest.warns(GeometryWarning, match="a and b"), pytest.warns(IslandWarning):
        assert gw.contiguity(apart).n_links == 0
    with pytest.warns(GeometryWarning, match="joined across a gap"):
        assert gw.contiguity(apart, tolerance_m=20, criterion="rook").n_links == 2
    with pytest.warns(IslandWarning):
        assert gw.contiguity(apart, tolerance_m=19).n_links == 0
    assert gw.borders(apart)["contact"].tolist() == ["near"]
    assert gw.borders(apart, tolerance_m=25)["contact"].tolist() == ["gap"]
    assert gw.borders(apart, tolerance_m=25)["border_km"].tolist() == pytest.approx([9.0], rel=2e-3)


def test_a_tolerance_in_degrees_is_meters():
    east = 0.001  # degrees at 22.5 N: 102.8 m
    layer = gpd.GeoSeries({"a": box(113, 22, 113.5, 22.5), "b": box(113.5 + east, 22, 114, 22.5)}, crs=4326)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert gw.contiguity(layer, tolerance_m=104).n_links == 2
        assert gw.contiguity(layer, tolerance_m=102).n_links == 0


def test_overlaps_and_slivers_are_told_and_linked():
    layer = series(a=box(0, 0, 10, 10), b=box(9, -1, 20, 11), inner=box(2, 2, 3, 3))
    with pytest.warns(GeometryWarning, match=r"overlapping pairs of units \(2\): a and b, a and inner"):
        w = gw.contiguity(layer)
    assert layers.links(w) == {("a", "b"), ("b", "a"), ("a", "inner"), ("inner", "a")}
    assert set(gw.borders(layer)["contact"]) == {"overlap"}


def test_overlaps_whose_edges_meet_without_crossing():
    beside = series(a=box(0, 0, 2000, 2000), b=box(1900, 0, 4000, 2000), c=box(4000, 0, 6000, 2000))
    half = series(a=box(0, 0, 2000, 2000), b=box(1000, 0, 3000, 2000))
    hole = Polygon(box(0, 0, 9000, 9000).exterior, [box(3000, 3000, 6000, 6000).exterior])
    in_hole = series(a=hole, b=box(3000, 2900, 6000, 6000))
    for layer in (beside, half, in_hole):
        with pytest.warns(GeometryWarning, match=r"overlapping pairs of units \(1\): a and b\."):
            gw.contiguity(layer)
        degrees = layer.set_crs(HK, allow_override=True).to_crs(4326)
        for each in (layer, degrees.reverse(), degrees[::-1]):
            assert (gw.borders(each)["contact"] == "overlap").sum() == 1
    assert gw.borders(beside)["contact"].tolist() == ["overlap", "border"]


@pytest.mark.filterwarnings("ignore::gbaspatial.errors.IslandWarning")
def test_overlaps_are_those_of_exact_geometry():
    rng = np.random.default_rng(1)
    tried = 0
    while tried < 300:  # corners on few places, so that edges meet in every way
        pair = [Polygon(rng.integers(0, 5, (rng.integers(3, 7), 2)) * 1000.0) for _ in "ab"]
        if all(shape.is_valid and shape.area for shape in pair) and not pair[0].equals(pair[1]):
            tried += 1
            contact = gw.borders(series(a=pair[0], b=pair[1]))["contact"]
            assert (contact == "overlap").any() == (pair[0].intersection(pair[1]).area > 1), pair


@pytest.mark.filterwarnings("ignore::gbaspatial.errors.GeometryWarning")
def test_a_layer_whose_units_were_moved_one_by_one():
    # no vertex is shared any more; every border is a gap of up to 45 m, an overlap, or both
    rng = np.random.default_rng(0)
    shapes = [translate(shape, *rng.uniform(-1.5e-4, 1.5e-4, 2)) for shape in CITIES.geometry]
    moved = gpd.GeoSeries(shapes, index=CITIES.index, crs=4326)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert gw.contiguity(moved).n_links < 30
    for criterion in ("queen", "rook"):
        w = gw.contiguity(moved, criterion=criterion, tolerance_m=60)
        assert layers.links(w) == layers.links(gw.contiguity(CITIES))
    km = gw.borders(moved, tolerance_m=60).set_index(["focal", "neighbor"])["border_km"]
    assert km["Shenzhen", "Hong Kong"] == pytest.approx(22.9, rel=0.1)


def test_invalid_shapes_are_told():
    layer = series(bow=Polygon([(0, 0), (2, 2), (2, 0), (0, 2)]), b=box(2, 0, 3, 2))
    with pytest.warns(GeometryWarning, match=r"invalid shapes \(1\): bow"):
        assert gw.contiguity(layer).n_links == 2


def test_random_coverages_agree_with_exact_geometry():
    rng = np.random.default_rng(5)
    points = rng.random((60, 2)) * 1e5
    cells = shapely.get_parts(shapely.voronoi_polygons(shapely.multipoints(points)))
    layer = gpd.GeoSeries(cells, crs=HK)
    rook = gw.contiguity(layer, criterion="rook")
    # cut one cell in two by a line that the others do not know: its neighbors are found by geometry
    west, south, east, north = cells[0].bounds
    middle = (west + east) / 2
    halves = [cells[0].intersection(box(west - 1, south - 1, middle, north + 1))]
    halves.append(cells[0].intersection(box(middle, south - 1, east + 1, north + 1)))
    cut = gpd.GeoSeries([*halves, *cells[1:]], crs=HK)
    w = gw.contiguity(cut, criterion="rook")
    assert w.n_components == 1
    exact = {
        (i, j)
        for i in range(len(cut))
        for j in range(len(cut))
        if i != j and cut.iloc[i].buffer(1e-4).intersection(cut.iloc[j].buffer(1e-4)).area > 1e-3
    }
    assert layers.links(w) == exact
    assert rook.n_links < w.n_links


def test_order_of_rows_does_not_matter():
    for order in (CITIES.index[::-1], CITIES.sample(frac=1, random_state=1).index):
        again = gw.contiguity(CITIES.loc[order], weight="shared_border").subset(CITIES.index)
        assert (again.sparse != gw.contiguity(CITIES, weight="shared_border").sparse).nnz == 0


def test_equal_hashes_do_not_join_places(monkeypatch):
    layer = gba.data.load_districts()
    right = gw.contiguity(layer)
    # a hash with many collisions: places that lie mixed with each other are found out and sorted by more
    monkeypatch.setattr(grouping, "_mixed", lambda a, b: a ^ (b >> np.uint64(50)))
    assert (gw.contiguity(layer).sparse != right.sparse).nnz == 0


def test_islands_are_kept_refused_or_linked():
    layer = series(a=box(0, 0, 1_000, 1_000), b=box(1_000, 0, 2_000, 1_000), sea=box(9_000, 0, 9_500, 500))
    with pytest.warns(IslandWarning, match=r"sea\. tolerance_m= closes gaps, links=.*islands='nearest'"):
        w = gw.contiguity(layer)
    assert w.islands.tolist() == ["sea"]
    with pytest.raises(WeightsError, match="1 of 3 units have no neighbors: sea"):
        gw.contiguity(layer, islands="error")
    near = gw.contiguity(layer, islands="nearest")
    assert "islands(policy=nearest)" in str(near.recipe)
    assert layers.links(near) - layers.links(w) == {("sea", "b"), ("b", "sea")}
    with pytest.raises(OptionError, match="islands"):
        gw.contiguity(layer, islands="drop")


def test_the_policy_for_islands_is_carried_into_subsets():
    three = ["Zhaoqing", "Foshan", "Macao"]
    with pytest.warns(IslandWarning, match="1 units of the subset have no neighbors in it: Macao"):
        assert gw.contiguity(CITIES).row_standardized().subset(three).islands.tolist() == ["Macao"]
    strict = gw.contiguity(CITIES, islands="error").row_standardized()
    with pytest.raises(WeightsError, match="built with islands='error'"):
        strict.subset(three)


def test_islands_that_nothing_can_be_done_about():
    one = series(a=box(0, 0, 1_000, 1_000))
    with pytest.warns(IslandWarning, match=r"have no neighbors: a\. There is no other unit\.$"):
        gw.contiguity(one)
    with pytest.raises(WeightsError, match="islands='keep'"):
        gw.contiguity(one, islands="nearest")
    with pytest.raises(OptionError, match="islands='oops'"):  # although no unit is one
        gw.contiguity(CITIES, islands="oops")
    with pytest.raises(OptionError, match="share no border"):
        gw.contiguity(CITIES, weight="shared_border", islands="nearest")
    globe = gpd.GeoSeries({"east": box(179, 0, 180, 1), "west": box(-180, 0, -179, 1)}, crs=4326)
    with pytest.warns(IslandWarning, match="180th meridian meet in a projected CRS"):
        gw.contiguity(globe)


def test_the_length_of_a_border_that_overlaps():
    parts = series(a=box(0, 0, 2_000, 2_000), b=box(1_400, 100, 3_000, 1_900))
    with pytest.warns(GeometryWarning), pytest.raises(GeometryError, match="overlap.*: a and b. Mend the layer"):
        gw.contiguity(parts, weight="shared_border")
    some = series(a=box(0, 0, 2_000, 2_000), b=Polygon([(2_000, 0), (3_000, 0), (3_000, 2_000), (1_900, 2_000)]))
    half = some.union(gpd.GeoSeries({"a": box(0, 0, 1, 1), "b": box(2_000, 0, 2_500, 900)}, crs=HK))
    with pytest.warns(GeometryWarning, match="overlapping"):
        assert gw.contiguity(half, weight="shared_border").to_frame()["weight"].tolist() == pytest.approx([0.1, 0.1])


def test_a_policy_for_islands_is_carried_into_every_w():
    w = gw.contiguity(CITIES)
    with pytest.warns(IslandWarning, match="3 units of the W made by with_friction have no neighbors|Hong Kong"):
        slowed = w.with_friction(CITIES["side"], 0.0)
    strict, nearest = gw.contiguity(CITIES, islands="error"), gw.contiguity(CITIES, islands="nearest")
    for made in (
        lambda w: w.with_friction(CITIES["side"], 0.0),
        lambda w: w.difference(w),
        lambda w: w.higher_order(9),
        lambda w: w.intersection(slowed),
    ):
        with pytest.raises(WeightsError, match="built with islands='error'"):
            made(strict)
        with pytest.warns(IslandWarning, match="cannot be applied again without the shapes"):
            made(nearest)
        with pytest.warns(IslandWarning, match="have no neighbors in it"):
            made(w)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        slowed.binary().row_standardized().symmetrized()  # islands that were told before


def test_links_by_table_and_year():
    table = pd.DataFrame({"city_a": ["Macao"], "city_b": ["Hong Kong"]})
    w = gw.contiguity(CITIES, links=table)
    assert w.n_links == 32
    assert "links(which=1 given, added=1)" in str(w.recipe)
    for kind in ("rail", "ferry", None):  # a table is used whole
        assert gw.contiguity(CITIES, links=table.assign(kind=kind)).n_links == 32
    assert gw.contiguity(CITIES, links=2017).n_links == 30
    assert gw.contiguity(CITIES, links=2018).n_links == 34
    with pytest.raises(UnknownNameError, match="Macau"):
        gw.contiguity(CITIES, links=table.replace("Macao", "Macau"))
    with pytest.raises(WeightsError, match="itself: Macao"):
        gw.contiguity(CITIES, links=table.assign(city_b="Macao"))
    with pytest.raises(OptionError, match="other labels"):
        gw.contiguity(CITIES.set_index("adcode"), links=2019)
    with pytest.raises(OptionError, match="year such as"):
        gw.contiguity(CITIES, links="all")
    with pytest.raises(UnknownNameError, match="no two columns"):
        gw.contiguity(CITIES, links=table.rename(columns={"city_a": "x"}))
    with pytest.raises(OptionError, match="no shared border"):
        gw.contiguity(CITIES, links=2019, weight="shared_border")


def test_bad_layers():
    with pytest.raises(LabelTypeError, match="GeoDataFrame"):
        gw.contiguity(pd.DataFrame({"x": [1]}))
    with pytest.raises(GeometryError, match="needs polygons"):
        gw.contiguity(gpd.GeoSeries({"a": Point(0, 0), "b": Point(1, 1)}, crs=HK))
    with pytest.raises(GeometryError, match="missing or empty for b"):
        gw.contiguity(series(a=box(0, 0, 1, 1), b=Polygon()))
    twice = gpd.GeoSeries([box(0, 0, 1, 1), box(1, 0, 2, 1)], index=["a", "a"], crs=HK)
    with pytest.raises(AlignmentError, match="more than one row for a"):
        gw.contiguity(twice)
    bare = gpd.GeoSeries({"a": box(0, 0, 1, 1), "b": box(1, 0, 2, 1)})
    assert gw.contiguity(bare).n_links == 2  # topology needs no CRS
    with pytest.raises(CRSError, match="meters need a CRS"):
        gw.contiguity(bare, tolerance_m=1)
    with pytest.raises(CRSError, match="need a CRS"):
        gw.borders(bare)
    mercator = CITIES.to_crs(3857)
    assert gw.contiguity(mercator).n_links == 30
    for options in ({"tolerance_m": 5}, {"weight": "shared_border"}):
        with pytest.raises(CRSError, match="Web Mercator"):
            gw.contiguity(mercator, **options)
    with pytest.raises(OptionError, match="criterion"):
        gw.contiguity(bare, criterion="bishop")
    with pytest.raises(OptionError, match="tolerance_m"):
        gw.contiguity(CITIES, tolerance_m=-1)
    for wrong in (True, "50", float("nan")):
        with pytest.raises(OptionError, match="tolerance_m=.* must be a number"):
            gw.contiguity(CITIES, tolerance_m=wrong)
