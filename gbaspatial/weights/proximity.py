"""Weights from the shape of a cloud of points: Delaunay triangles, Gabriel and relative neighbors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import sparse

from gbaspatial.errors import GeometryError, some
from gbaspatial.geography.places import Metric, Places, places_of
from gbaspatial.geography.search import check_two
from gbaspatial.options import public
from gbaspatial.weights.core import Weights
from gbaspatial.weights.distance import where_of
from gbaspatial.weights.recipe import Recipe

if TYPE_CHECKING:
    from gbaspatial.geography.places import Units

_SLACK = 1e-9
_ROUND_OFF = 2e-15  # of coordinates, as a share of the largest


@public
def delaunay(units: Units, *, metric: Metric = "geodesic") -> Weights:
    """Units whose Voronoi cells touch (corners of a common Delaunay triangle).

    Parameters
    ----------
    units : GeoDataFrame or GeoSeries, n rows
        At least three points (or polygons: their representative points), not all in a
        line and none twice, indexed by unit id.
    metric : {"geodesic", "planar"}
        Circles on the globe (a stereographic projection centered on the units keeps
        circles), or in a projected CRS.

    Returns
    -------
    Weights
        Symmetric, weight 1.

    Raises
    ------
    GeometryError
        If points coincide or lie in a line.

    Notes
    -----
    Of four or more points on one circle with none inside, as on a grid, any diagonals serve; those
    taken are arbitrary, but fixed by the coordinates, whatever the order of rows.

    Examples
    --------
    >>> import geopandas as gpd
    >>> corners = gpd.GeoSeries.from_xy([0, 1, 0, 1.1], [0, 0, 1, 1.1], index=list("abcd"), crs="EPSG:4326")
    >>> delaunay(corners).cardinalities.to_dict()
    {'a': 2, 'b': 3, 'c': 3, 'd': 2}
    """
    places = places_of(units, metric)
    flat = _flat(places)
    pairs = _triangle_pairs(places, flat)
    if pairs is None:
        raise GeometryError(
            f"{places.n} points that are fewer than three or lie in a line have no triangles; use gabriel, "
            f"relative_neighbors or nearest instead."
        )
    return _from_pairs(places, *pairs, "delaunay")


@public
def gabriel(units: Units, *, metric: Metric = "geodesic") -> Weights:
    """Pairs whose circle (the pair its diameter) holds no third unit, neither inside nor upon it.

    Parameters
    ----------
    units : GeoDataFrame or GeoSeries, n rows
        At least two points (or polygons: their representative points), none twice; they may lie in a line.
    metric : {"geodesic", "planar"}
        Distances on the ellipsoid, or in a projected CRS.

    Returns
    -------
    Weights
        Symmetric, weight 1; a part of the Delaunay weights.

    Notes
    -----
    A third unit upon the circle parts a pair, as in Matula and Sokal: the square of a distance is less
    than the sum of the squares of the distances to any third. On a grid this leaves the sides of
    its cells and no diagonal. spdep lets a pair be unless the third lies inside, and so keeps
    diagonals of a grid, as round-off has it.

    References
    ----------
    Gabriel, K. R. and Sokal, R. R. (1969). A new statistical approach to geographic
    variation analysis. Systematic Zoology, 18, 259-278.
    Matula, D. W. and Sokal, R. R. (1980). Properties of Gabriel graphs relevant to geographic
    variation research and the clustering of points in the plane. Geographical Analysis, 12, 205-222.

    Examples
    --------
    >>> import geopandas as gpd
    >>> row = gpd.GeoSeries.from_xy([0, 1, 2], [0, 0.1, 0], index=list("abc"), crs="EPSG:4326")
    >>> gabriel(row).to_frame()[["focal", "neighbor"]].values.tolist()
    [['a', 'b'], ['b', 'a'], ['b', 'c'], ['c', 'b']]
    """
    places = places_of(units, metric)
    i, j = gabriel_pairs(places)
    return _from_pairs(places, i, j, "gabriel")


@public
def relative_neighbors(units: Units, *, metric: Metric = "geodesic") -> Weights:
    """Pairs to which no third unit is nearer than they are to each other (Toussaint 1980).

    A third unit parts a pair if it is nearer to both; one that is just as far does not.

    Parameters
    ----------
    units : GeoDataFrame or GeoSeries, n rows
        At least two points (or polygons: their representative points), none twice.
    metric : {"geodesic", "planar"}
        Distances on the ellipsoid, or in a projected CRS.

    Returns
    -------
    Weights
        Symmetric, weight 1; a part of the Gabriel weights, always in one component.

    References
    ----------
    Toussaint, G. T. (1980). The relative neighbourhood graph of a finite planar set.
    Pattern Recognition, 12, 261-268.

    Examples
    --------
    >>> import geopandas as gpd
    >>> row = gpd.GeoSeries.from_xy([0, 1, 2], [0, 0.1, 0], index=list("abc"), crs="EPSG:4326")
    >>> relative_neighbors(row).n_links
    4
    """
    places = places_of(units, metric)
    i, j = gabriel_pairs(places)
    space = places.space
    length = np.linalg.norm(space[i] - space[j], axis=1)
    tree = places.tree()
    keep = np.ones(len(i), dtype=bool)
    for start in range(0, len(i), 50_000):
        part = slice(start, start + 50_000)
        found = tree.query_ball_point(space[i[part]], length[part] * (1 - _SLACK))
        edge = np.repeat(np.arange(start, start + len(found)), [len(f) for f in found])
        third = np.concatenate([np.asarray(f, dtype=np.int64) for f in found])
        inside = np.linalg.norm(space[third] - space[j[edge]], axis=1) < length[edge] * (1 - _SLACK)
        keep[edge[inside & (third != i[edge])]] = False
    return _from_pairs(places, i[keep], j[keep], "relative_neighbors")


def gabriel_pairs(places: Places) -> tuple[np.ndarray, np.ndarray]:
    """Pairs i < j (m,) whose circle holds no other point, inside or upon it.

    Such a pair is a side in every Delaunay triangulation, whichever diagonals of points on one
    circle it took. The ball over the straight line through the earth meets the globe in the circle.
    """
    check_two(places)
    flat = _flat(places)
    pairs = _triangle_pairs(places, flat)
    i, j = _next_on_the_line(flat) if pairs is None else pairs
    middle = (places.space[i] + places.space[j]) / 2
    radius = np.linalg.norm(places.space[i] - places.space[j], axis=1) / 2
    third = places.tree().query(middle, k=3)[0][:, 2]  # the first two are the pair; infinite where there is no third
    keep = third > radius * (1 + _SLACK) + _ROUND_OFF * np.abs(places.space).max()
    return i[keep], j[keep]


def _flat(places: Places) -> np.ndarray:
    """Coordinates (n, 2) on a map that keeps circles.

    Raises
    ------
    GeometryError
        If points coincide.
    """
    flat = places.xy if places.metric == "planar" else _stereographic(places.space)
    if len(np.unique(flat, axis=0)) < places.n:
        _, where, counts = np.unique(flat, axis=0, return_inverse=True, return_counts=True)
        _refuse_coincident(places.ids[counts[where.ravel()] > 1])
    return flat


def _triangle_pairs(places: Places, flat: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """Pairs i < j (m,) that are sides of Delaunay triangles; None for points on a line, which have none."""
    from scipy.spatial import Delaunay, QhullError

    order = np.lexsort(places.xy.T)  # of points on one circle the first ones given have a say in the diagonals
    ordered = flat[order]
    try:
        found = Delaunay(ordered - ordered.mean(axis=0))
    except (QhullError, ValueError):
        return None
    if len(found.coplanar):  # left out by qhull as the same as another point, up to round-off
        _refuse_coincident(places.ids[order[np.unique(found.coplanar[:, [0, 2]])]])
    corners = order[found.simplices]
    pairs = np.sort(np.vstack([corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [2, 0]]]), axis=1)
    pairs = np.unique(pairs, axis=0)
    return pairs[:, 0], pairs[:, 1]


def _next_on_the_line(flat: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pairs i < j (m,) that follow each other on a line, and its two ends: on the globe it may be most of a circle."""
    away = flat - flat.mean(axis=0)
    order = np.argsort(away @ np.linalg.svd(away, full_matrices=False)[2][0])
    pairs = np.sort(np.column_stack([order, np.roll(order, -1)]), axis=1)
    pairs = np.unique(pairs, axis=0)
    return pairs[:, 0], pairs[:, 1]


def _refuse_coincident(twice: pd.Index) -> None:
    raise GeometryError(f"points coincide: {some(twice)}; keep one of each.")


def _stereographic(space: np.ndarray) -> np.ndarray:
    """Earth-centered points (n, 3) projected from the point opposite to their middle, which keeps circles (n, 2)."""
    sphere = space / np.linalg.norm(space, axis=1, keepdims=True)
    middle = sphere[np.lexsort(sphere.T)].mean(axis=0)  # a sum in another order differs by round-off
    size = np.linalg.norm(middle)
    axis = middle / size if size > 1e-9 else np.array([1.0, 0.0, 0.0])
    east = np.cross([0.0, 0.0, 1.0] if abs(axis[2]) < 0.9 else [1.0, 0.0, 0.0], axis)
    east /= np.linalg.norm(east)
    north = np.cross(axis, east)
    return 2 * np.column_stack([sphere @ east, sphere @ north]) / (1 + sphere @ axis)[:, None]


def _from_pairs(places: Places, i: np.ndarray, j: np.ndarray, step: str) -> Weights:
    half = sparse.csr_array((np.ones(len(i)), (i, j)), shape=(places.n, places.n))
    return Weights(half + half.T, places.ids, recipe=Recipe().then(step, **where_of(places)))
