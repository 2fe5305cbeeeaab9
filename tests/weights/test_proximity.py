"""Graphs of a cloud of points: by their definition and whatever the order of rows, also where points are regular."""

import geopandas as gpd
import layers
import numpy as np
import pytest

from gbaspatial import weights as gw
from gbaspatial.errors import GeometryError, WeightsError

RNG = np.random.default_rng(4)
BUILDERS = (gw.delaunay, gw.gabriel, gw.relative_neighbors)


def plane(x, y, labels=None):
    return gpd.GeoSeries.from_xy(np.asarray(x) * 1000.0, np.asarray(y) * 1000.0, index=labels, crs=2326)


def grid(across, down):
    x, y = np.meshgrid(np.arange(across), np.arange(down))
    return plane(x.ravel(), y.ravel())


def by_definition(points, parts):
    """Pairs that no third point parts, by the squared distances of all."""
    xy = np.column_stack([points.x, points.y]) / 1000
    square = ((xy[:, None] - xy[None]) ** 2).sum(axis=2)
    n = len(points)
    return {
        (points.index[i], points.index[j])
        for i in range(n)
        for j in range(n)
        if i != j and not any(parts(square[i, j], square[i, t], square[j, t]) for t in range(n) if t not in (i, j))
    }


LAWS = {
    gw.gabriel: lambda ab, ac, bc: ac + bc <= ab * (1 + 1e-9),
    gw.relative_neighbors: lambda ab, ac, bc: max(ac, bc) < ab * (1 - 1e-9),
}
CLOUDS = {
    "grid": grid(4, 3),
    "random": plane(RNG.uniform(0, 9, 60), RNG.uniform(0, 9, 60)),
    "hexagon and its center": plane(
        [*np.cos(np.arange(6) * np.pi / 3), 0], [*np.sin(np.arange(6) * np.pi / 3), 0], list("gfedcba")
    ),
    "twelve on a circle": plane(np.cos(np.arange(12) * np.pi / 6), np.sin(np.arange(12) * np.pi / 6)),
    "a line": plane([3, 0, 1, 7, 2], [3, 0, 1, 7, 2], list("edcba")),
    "two": plane([0, 1], [0, 1]),
}


@pytest.mark.parametrize("name", CLOUDS)
@pytest.mark.parametrize("build", LAWS)
def test_graphs_are_those_of_their_definition(name, build):
    assert layers.links(build(CLOUDS[name], metric="planar")) == by_definition(CLOUDS[name], LAWS[build])


def test_a_grid_has_the_sides_of_its_cells():
    assert gw.gabriel(grid(3, 3), metric="planar").n_links == 24  # 12 sides, no diagonal
    assert gw.relative_neighbors(grid(3, 3), metric="planar").n_links == 24
    assert gw.delaunay(grid(3, 3), metric="planar").n_links == 32  # and one diagonal of each of four cells


@pytest.mark.parametrize("build", BUILDERS)
@pytest.mark.parametrize("metric", ["planar", "geodesic"])
def test_the_order_of_rows_and_labels_change_nothing_on_regular_points(build, metric):
    points = grid(4, 4)
    if metric == "geodesic":  # meridians and parallels: the corners of every cell lie on one circle
        x, y = np.meshgrid(np.arange(4) + 113.0, np.arange(4) + 22.0)
        points = gpd.GeoSeries.from_xy(x.ravel(), y.ravel(), crs=4326)
    want = layers.links(build(points, metric=metric))
    for _ in range(30):
        order = RNG.permutation(16)
        assert layers.links(build(points.iloc[order], metric=metric)) == want
    renamed = points.set_axis([f"u{15 - label}" for label in points.index])
    assert layers.links(build(renamed, metric=metric)) == {(f"u{15 - a}", f"u{15 - b}") for a, b in want}


def test_points_in_a_line():
    equator = gpd.GeoSeries.from_xy([0, 20, 10], [0, 0, 0], index=list("acb"), crs=4326)
    for build in (gw.gabriel, gw.relative_neighbors):
        assert layers.links(build(equator)) == {("a", "b"), ("b", "a"), ("b", "c"), ("c", "b")}
        around = gpd.GeoSeries.from_xy([0, 100, 200, 290], [0, 0, 0, 0], index=list("abcd"), crs=4326)
        assert build(around).n_links == 8  # also the two ends, which meet beyond the date line
        with pytest.raises(WeightsError, match="one unit"):
            build(equator.iloc[:1])
    with pytest.raises(GeometryError, match="lie in a line have no triangles; use gabriel"):
        gw.delaunay(equator)


def test_points_that_coincide_up_to_round_off_are_named():
    points = plane([0, 1, 1, 0, 1 + 1e-15], [0, 0, 1, 1, 1], list("abcde"))
    for build in BUILDERS:
        with pytest.raises(GeometryError, match="coincide: c, e"):
            build(points, metric="planar")
