"""Kernel weights: they fall with distance and end at a bandwidth, fixed or of each unit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import numpy as np
from scipy import sparse

from gbaspatial.errors import OptionError, check_option
from gbaspatial.weights.core import Weights
from gbaspatial.weights.distance import (
    from_band,
    nearest_places,
    pairs_within,
    positive,
    smallest_threshold,
    where_of,
)
from gbaspatial.weights.isolation import Islands
from gbaspatial.weights.places import Metric, Places, places_of
from gbaspatial.weights.recipe import Recipe

Kernel = Literal["uniform", "triangular", "epanechnikov", "quadratic", "quartic", "gaussian"]

KERNELS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "uniform": lambda z: np.full_like(z, 0.5),
    "triangular": lambda z: 1 - z,
    "epanechnikov": lambda z: 0.75 * (1 - z**2),
    "quadratic": lambda z: 0.75 * (1 - z**2),
    "quartic": lambda z: 15 / 16 * (1 - z**2) ** 2,
    "gaussian": lambda z: np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi),
}


def kernel(
    units: Any,
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
        nearest neighbor, so that its k nearest have positive weights (asymmetric).
    metric : {"geodesic", "planar"}
        Distances on the ellipsoid, or in a projected CRS.
    islands : {"keep", "error", "nearest"}
        What becomes of units without neighbors within the bandwidth; a link that is
        added weighs K(1/2).

    Returns
    -------
    Weights
        The diagonal is zero: a unit is not its own neighbor.

    Raises
    ------
    OptionError
        If both bandwidth and k are given, or k >= n - 1.

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
    check_option(function, KERNELS, "function")
    if bandwidth_km is not None and k is not None:
        raise OptionError("give bandwidth_km (one for all) or k (a bandwidth for each unit), not both.")
    places = places_of(units, metric)
    shape = KERNELS[function]
    recipe = Recipe().then("kernel", function=function, bandwidth_km=bandwidth_km, k=k, **where_of(places))
    if k is not None:
        return Weights(_adaptive(places, k, shape), places.ids, recipe=recipe)
    reach = smallest_threshold(places) * (1 + 1e-7) if bandwidth_km is None else positive(bandwidth_km, "bandwidth_km")
    i, j, distance = pairs_within(places, reach)
    weight = shape(np.minimum(distance / reach, 1.0))
    there = weight != 0
    attach = float(shape(np.array([0.5]))[0])
    return from_band(places, i[there], j[there], weight[there], recipe, islands, attach)


def _adaptive(places: Places, k: int, shape: Callable[[np.ndarray], np.ndarray]) -> sparse.csr_array:
    n = places.n
    if not isinstance(k, (int, np.integer)) or isinstance(k, bool) or not 1 <= k < n - 1:
        raise OptionError(f"k={k!r}: an adaptive kernel needs a neighbor beyond the k nearest; use 1 <= k <= {n - 2}.")
    columns, _ = nearest_places(places, k + 1)
    distance = places.distance_km(np.repeat(np.arange(n), k + 1), columns.ravel()).reshape(n, k + 1)
    order = np.argsort(distance, axis=1)
    distance, columns = np.take_along_axis(distance, order, 1), np.take_along_axis(columns, order, 1)
    bandwidth = distance[:, -1:]
    z = np.divide(distance[:, :k], bandwidth, out=np.zeros((n, k)), where=bandwidth > 0)
    rows = np.repeat(np.arange(n), k)
    return sparse.csr_array((shape(z).ravel(), (rows, columns[:, :k].ravel())), shape=(n, n))
