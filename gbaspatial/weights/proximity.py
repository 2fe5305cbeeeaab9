"""Weights from the shape of a cloud of points: Delaunay triangles, Gabriel and relative neighbors."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse
from scipy.spatial import Delaunay, QhullError

from gbaspatial.errors import GeometryError, some
from gbaspatial.weights.core import Weights
from gbaspatial.weights.distance import where_of
from gbaspatial.weights.places import Metric, Places, places_of
from gbaspatial.weights.recipe import Recipe

_SLACK = 1e-9


def delaunay(units: Any, *, metric: Metric = "geodesic") -> Weights:
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

    Examples
    --------
    >>> import geopandas as gpd
    >>> corners = gpd.GeoSeries.from_xy([0, 1, 0, 1.1], [0, 0, 1, 1.1], index=list("abcd"), crs="EPSG:4326")
    >>> delaunay(corners).cardinalities.to_dict()
    {'a': 2, 'b': 3, 'c': 3, 'd': 2}
    """
    places = places_of(units, metric)
    i, j = triangle_pairs(places)
    return _from_pairs(places, i, j, "delaunay")


def gabriel(units: Any, *, metric: Metric = "geodesic") -> Weights:
    """Pairs whose circle (the pair its diameter) holds no third unit.

    Parameters
    ----------
    units : GeoDataFrame or GeoSeries, n rows
        As for `delaunay`.
    metric : {"geodesic", "planar"}
        As for `delaunay`.

    Returns
    -------
    Weights
        Symmetric, weight 1; a part of the Delaunay weights.

    References
    ----------
    Gabriel, K. R. and Sokal, R. R. (1969). A new statistical approach to geographic
    variation analysis. Systematic Zoology, 18, 259-278.

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


def relative_neighbors(units: Any, *, metric: Metric = "geodesic") -> Weights:
    """Pairs to which no third unit is nearer than they are to each other (Toussaint 1980).

    Parameters
    ----------
    units : GeoDataFrame or GeoSeries, n rows
        As for `delaunay`.
    metric : {"geodesic", "planar"}
        As for `delaunay`.

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


def triangle_pairs(places: Places) -> tuple[np.ndarray, np.ndarray]:
    """Pairs i < j (m,) that are sides of Delaunay triangles."""
    flat = places.xy if places.metric == "planar" else _stereographic(places.space)
    if len(np.unique(flat, axis=0)) < places.n:
        _, where, counts = np.unique(flat, axis=0, return_inverse=True, return_counts=True)
        raise GeometryError(f"points coincide: {some(places.ids[counts[where.ravel()] > 1])}; keep one of each.")
    try:
        corners = Delaunay(flat - flat.mean(axis=0)).simplices
    except (QhullError, ValueError) as error:
        raise GeometryError(
            f"{places.n} points that are fewer than three or lie in a line have no triangles; use nearest instead."
        ) from error
    pairs = np.sort(np.vstack([corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [2, 0]]]), axis=1)
    pairs = np.unique(pairs, axis=0)
    return pairs[:, 0], pairs[:, 1]


def gabriel_pairs(places: Places) -> tuple[np.ndarray, np.ndarray]:
    """Pairs i < j (m,) whose circle holds no other point.

    The ball over the straight line through the earth meets the globe in that circle.
    """
    i, j = triangle_pairs(places)
    middle = (places.space[i] + places.space[j]) / 2
    radius = np.linalg.norm(places.space[i] - places.space[j], axis=1) / 2
    nearest = places.tree().query(middle, k=1)[0]
    keep = nearest >= radius * (1 - _SLACK)
    return i[keep], j[keep]


def _stereographic(space: np.ndarray) -> np.ndarray:
    """Earth-centered points (n, 3) projected from the point opposite to their middle, which keeps circles (n, 2)."""
    sphere = space / np.linalg.norm(space, axis=1, keepdims=True)
    middle = sphere.mean(axis=0)
    size = np.linalg.norm(middle)
    axis = middle / size if size > 1e-9 else np.array([1.0, 0.0, 0.0])
    east = np.cross([0.0, 0.0, 1.0] if abs(axis[2]) < 0.9 else [1.0, 0.0, 0.0], axis)
    east /= np.linalg.norm(east)
    north = np.cross(axis, east)
    return 2 * np.column_stack([sphere @ east, sphere @ north]) / (1 + sphere @ axis)[:, None]


def _from_pairs(places: Places, i: np.ndarray, j: np.ndarray, step: str) -> Weights:
    half = sparse.csr_array((np.ones(len(i)), (i, j)), shape=(places.n, places.n))
    return Weights(half + half.T, places.ids, recipe=Recipe().then(step, **where_of(places)))
