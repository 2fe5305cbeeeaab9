"""Kernel weights: they fall with distance and end at a bandwidth, fixed or of each unit."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

import numpy as np
from scipy import sparse

from gbaspatial.errors import OptionError, WeightsError, some
from gbaspatial.geography.places import Metric, Places, places_of
from gbaspatial.geography.search import TIE, check_whole, nearest_places, pairs_within, rounded, smallest_threshold
from gbaspatial.options import public, word
from gbaspatial.weights.core import Weights
from gbaspatial.weights.distance import from_band, positive, where_of
from gbaspatial.weights.isolation import ISLANDS, Islands
from gbaspatial.weights.recipe import Recipe

if TYPE_CHECKING:
    from gbaspatial.geography.places import Units

Kernel = Literal["uniform", "triangular", "epanechnikov", "quadratic", "quartic", "gaussian"]

KERNELS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "uniform": lambda z: np.full_like(z, 0.5),
    "triangular": lambda z: 1 - z,
    "epanechnikov": lambda z: 0.75 * (1 - z**2),
    "quadratic": lambda z: 0.75 * (1 - z**2),
    "quartic": lambda z: 15 / 16 * (1 - z**2) ** 2,
    "gaussian": lambda z: np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi),
}


@public
def kernel(
    units: Units,
    *,
    function: Kernel = "triangular",
    bandwidth_km: float | None = None,
    k: int | None = None,
    metric: Metric = "geodesic",
    islands: Islands = "keep",
) -> Weights:
    """Weights K(distance / bandwidth), zero beyond the bandwidth.

    Parameters
    ----------
    units : GeoDataFrame or GeoSeries, n rows
        Points, or polygons (then their representative points), indexed by unit id.
    function : str
        With z = distance / bandwidth <= 1: ``"uniform"`` 1/2, ``"triangular"`` 1 - z,
        ``"epanechnikov"`` (also called ``"quadratic"``) 3/4 (1 - z^2), ``"quartic"``
        15/16 (1 - z^2)^2, ``"gaussian"`` exp(-z^2 / 2) / sqrt(2 pi), cut at z = 1.
    bandwidth_km : float, optional
        One bandwidth for all. With neither this nor `k`, the smallest one within which
        every unit has another one.
    k : int, optional
        Adaptive instead: the bandwidth of each unit is the distance to its (k + 1)-th
        nearest neighbor, so that its k nearest have positive weights (asymmetric). If that
        one is as far as the k-th, the bandwidth is the next larger distance to a unit, or
        twice the distance where there is none; which of the tied ones are among the k is
        settled by label, as by `nearest`.
    metric : {"geodesic", "planar"}
        Distances on the ellipsoid, or in a projected CRS.
    islands : {"keep", "error", "nearest"}
        What becomes of units without neighbors within a given bandwidth; a link that is
        added weighs K(1/2). With `k` there are none.

    Returns
    -------
    Weights
        The diagonal is zero: a unit is not its own neighbor.

    Raises
    ------
    OptionError
        If both bandwidth and k are given, or k >= n - 1.
    WeightsError
        If neither is given and every unit coincides with another, so that there is no bandwidth.

    References
    ----------
    Silverman, B. W. (1986). Density Estimation for Statistics and Data Analysis.

    Examples
    --------
    >>> import geopandas as gpd
    >>> towns = gpd.GeoSeries.from_xy([113.25, 114.07, 114.17], [23.12, 22.55, 22.28], index=["GZ", "SZ", "HK"],
    ...                               crs="EPSG:4326")
    >>> kernel(towns, bandwidth_km=120).to_frame().round(3).values.tolist()
    [['GZ', 'SZ', 0.123], ['SZ', 'GZ', 0.123], ['SZ', 'HK', 0.736], ['HK', 'SZ', 0.736]]
    """
    word(function, KERNELS, "function")
    word(islands, ISLANDS, "islands")
    if bandwidth_km is not None and k is not None:
        raise OptionError("give bandwidth_km (one for all) or k (a bandwidth for each unit), not both.")
    places = places_of(units, metric)
    shape = KERNELS[function]
    recipe = Recipe().then("kernel", function=function, bandwidth_km=bandwidth_km, k=k, **where_of(places))
    if k is not None:
        return Weights(_adaptive(places, k, shape), places.ids, recipe=recipe)
    reach = _least_bandwidth(places) if bandwidth_km is None else positive(bandwidth_km, "bandwidth_km")
    i, j, distance = pairs_within(places, reach)
    weight = shape(np.minimum(distance / reach, 1.0))
    there = weight != 0
    return from_band(
        places, i[there], j[there], weight[there], recipe, islands, lambda a, b, km: shape(np.full(len(a), 0.5))
    )


def _least_bandwidth(places: Places) -> float:
    """A hair more than the smallest distance within which every unit has another one."""
    least = smallest_threshold(places)
    if least <= 0:
        raise WeightsError(
            f"every unit coincides with another one ({some(places.ids)}), so that the smallest bandwidth is zero; "
            f"give bandwidth_km, or keep one unit of each place."
        )
    return least * (1 + 1e-7)


def _adaptive(places: Places, k: int, shape: Callable[[np.ndarray], np.ndarray]) -> sparse.csr_array:
    n = places.n
    check_whole(k)
    if not 1 <= k < n - 1:
        room = f"use 1 <= k <= {n - 2}" if n > 2 else f"{n} units have none"
        raise OptionError(f"k={k!r}: an adaptive kernel needs a neighbor beyond the k nearest; {room}.")
    columns, _ = nearest_places(places, k + 1)
    rows = np.repeat(np.arange(n), k + 1)
    distance = places.distance_km(rows, columns.ravel())
    order = np.lexsort((places.ranks()[columns.ravel()], rounded(distance), rows))
    distance, columns = distance[order].reshape(n, k + 1), columns.ravel()[order].reshape(n, k + 1)
    bandwidth, farthest = distance[:, k].copy(), distance[:, :k].max(axis=1)
    tied = np.flatnonzero(bandwidth <= farthest * (1 + TIE))
    if len(tied):
        bandwidth[tied] = _next_distance(places, tied, farthest[tied] * (1 + TIE), k + 2)
    reach = bandwidth[:, None]
    z = np.divide(distance[:, :k], reach, out=np.zeros((n, k)), where=reach > 0)
    return sparse.csr_array((shape(z).ravel(), (np.repeat(np.arange(n), k), columns[:, :k].ravel())), shape=(n, n))


def _next_distance(places: Places, rows: np.ndarray, beyond: np.ndarray, first: int) -> np.ndarray:
    """The least distance in km (m,) from units `rows` (m,) to one farther than `beyond`; twice that if there is none.

    Sought among the `first` nearest places to begin with, then among twice as many, until one is found.
    """
    from scipy.spatial import cKDTree

    spots, one = np.unique(places.space, axis=0, return_index=True)  # a crowd in one place is one distance
    tree, found = cKDTree(spots), np.empty(len(rows))
    todo, asked = np.arange(len(rows)), min(first, len(spots))
    while len(todo):
        open_ = []
        for part in np.array_split(todo, len(todo) * asked // 2_000_000 + 1):
            chord, near = tree.query(places.space[rows[part]], k=np.arange(1, asked + 1))
            km = places.distance_km(np.repeat(rows[part], asked), one[near.ravel()]).reshape(near.shape)
            least = np.where(km > beyond[part, None], km, np.inf).min(axis=1)
            sure = least <= places.shortest(chord[:, -1])  # none of the others can be nearer
            found[part] = np.where(np.isfinite(least), least, 2 * beyond[part])
            open_.append(part[~sure])
        todo, asked = (np.concatenate(open_) if asked < len(spots) else todo[:0]), min(2 * asked, len(spots))
    return found
