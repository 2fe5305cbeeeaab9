"""Weights from distance: nearest neighbors, bands, decay with distance; geodesic unless said otherwise."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from gbaspatial.errors import OptionError, WeightsError, some
from gbaspatial.geography.places import Metric, Places, places_of
from gbaspatial.geography.search import nearest_places, pairs_within, smallest_threshold
from gbaspatial.options import public, word
from gbaspatial.weights.core import Weights
from gbaspatial.weights.isolation import ISLANDS, Islands, settle
from gbaspatial.weights.recipe import Recipe

if TYPE_CHECKING:
    from gbaspatial.geography.places import Units

Attach = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]  # the weights of pairs (i, j) at their distances


@public
def nearest(units: Units, *, k: int, metric: Metric = "geodesic") -> Weights:
    """Each unit's `k` nearest neighbors (weight 1; asymmetric in general).

    Parameters
    ----------
    units : GeoDataFrame or GeoSeries, n rows
        Points, or polygons (then their representative points), indexed by unit id.
    k : int
        Number of neighbors, 1 <= k < n.
    metric : {"geodesic", "planar"}
        Distances on the ellipsoid, or in a projected CRS.

    Returns
    -------
    Weights

    Raises
    ------
    OptionError
        If k is not between 1 and n - 1.
    CRSError
        If there is no CRS, or `metric` is planar and the CRS is in degrees.

    Notes
    -----
    Distances that differ by less than one part in 10^9 are ties; a tie is settled by the
    order of the labels, so that the order of rows never matters.

    Examples
    --------
    >>> import geopandas as gpd
    >>> towns = gpd.GeoSeries.from_xy([113.25, 114.07, 114.17], [23.12, 22.55, 22.28], index=["GZ", "SZ", "HK"],
    ...                               crs="EPSG:4326")
    >>> nearest(towns, k=1).to_frame()[["focal", "neighbor"]].values.tolist()
    [['GZ', 'SZ'], ['SZ', 'HK'], ['HK', 'SZ']]
    """
    places = places_of(units, metric)
    columns, _ = nearest_places(places, k)
    return _rows_of_k(places, columns, np.ones(columns.size), Recipe().then("nearest", k=k, **where_of(places)))


@public
def distance_band(
    units: Units, *, threshold_km: float | None = None, metric: Metric = "geodesic", islands: Islands = "keep"
) -> Weights:
    """All neighbors within `threshold_km` (inclusive), with weight 1.

    Parameters
    ----------
    units : GeoDataFrame or GeoSeries, n rows
        Points, or polygons (then their representative points), indexed by unit id.
    threshold_km : float, optional
        By default the smallest threshold that leaves no unit without a neighbor.
    metric : {"geodesic", "planar"}
        Distances on the ellipsoid, or in a projected CRS.
    islands : {"keep", "error", "nearest"}
        What becomes of units without neighbors: kept (with an `IslandWarning`), refused,
        or linked with their nearest unit both ways.

    Returns
    -------
    Weights

    Examples
    --------
    >>> import geopandas as gpd
    >>> towns = gpd.GeoSeries.from_xy([113.25, 114.07, 114.17], [23.12, 22.55, 22.28], index=["GZ", "SZ", "HK"],
    ...                               crs="EPSG:4326")
    >>> distance_band(towns, threshold_km=120).n_links
    4
    """
    places = places_of(units, metric)
    threshold = smallest_threshold(places) if threshold_km is None else positive(threshold_km, "threshold_km")
    i, j, _ = pairs_within(places, threshold, measured=False)
    recipe = Recipe().then("distance_band", threshold_km=threshold, **where_of(places))
    return from_band(places, i, j, np.ones(len(i)), recipe, islands, lambda a, b, km: np.ones(len(a)))


@public
def inverse_distance(
    units: Units,
    *,
    power: float = 1.0,
    threshold_km: float | None = None,
    floor_km: float | None = None,
    metric: Metric = "geodesic",
    islands: Islands = "keep",
) -> Weights:
    """Weights 1 / distance^power, with distance in km.

    Parameters
    ----------
    units : GeoDataFrame or GeoSeries, n rows
        Points, or polygons (then their representative points), indexed by unit id.
    power : float
        Positive exponent.
    threshold_km : float, optional
        No link beyond (inclusive); by default all n (n - 1) links.
    floor_km : float, optional
        Smaller distances count as this; needed where points coincide.
    metric : {"geodesic", "planar"}
        Distances on the ellipsoid, or in a projected CRS.
    islands : {"keep", "error", "nearest"}
        What becomes of units without neighbors within the threshold; a link that is
        added weighs as its distance says.

    Returns
    -------
    Weights

    Raises
    ------
    WeightsError
        If points coincide and no floor is given (the error names them), if a weight is
        beyond the range of numbers, or if W would have more than 200 million links.

    Examples
    --------
    >>> import geopandas as gpd
    >>> towns = gpd.GeoSeries.from_xy([113.25, 114.07], [23.12, 22.55], index=["GZ", "SZ"], crs="EPSG:4326")
    >>> float(round(1 / inverse_distance(towns).sparse[0, 1], 1))
    105.2
    """
    exponent = positive(power, "power")
    places = places_of(units, metric)
    recipe = Recipe().then(
        "inverse_distance", power=power, threshold_km=threshold_km, floor_km=floor_km, **where_of(places)
    )
    return _decayed(
        places,
        lambda km: inverse_power(km, exponent, "distance"),
        threshold_km,
        floor_km,
        recipe,
        islands,
        needs_floor=True,
    )


@public
def exponential_decay(
    units: Units,
    *,
    scale_km: float,
    threshold_km: float | None = None,
    metric: Metric = "geodesic",
    islands: Islands = "keep",
) -> Weights:
    """Weights exp(-distance / scale_km).

    Parameters
    ----------
    units : GeoDataFrame or GeoSeries, n rows
        Points, or polygons (then their representative points), indexed by unit id.
    scale_km : float
        Distance over which a weight falls to 1/e.
    threshold_km : float, optional
        No link beyond (inclusive); by default all n (n - 1) links.
    metric : {"geodesic", "planar"}
        Distances on the ellipsoid, or in a projected CRS.
    islands : {"keep", "error", "nearest"}
        What becomes of units without neighbors within the threshold; a link that is
        added weighs as its distance says.

    Returns
    -------
    Weights

    Examples
    --------
    >>> import geopandas as gpd
    >>> towns = gpd.GeoSeries.from_xy([113.25, 114.07], [23.12, 22.55], index=["GZ", "SZ"], crs="EPSG:4326")
    >>> float(round(exponential_decay(towns, scale_km=105.2).sparse[0, 1], 3))
    0.368
    """
    scale = positive(scale_km, "scale_km")
    places = places_of(units, metric)
    recipe = Recipe().then("exponential_decay", scale_km=scale_km, threshold_km=threshold_km, **where_of(places))
    return _decayed(places, lambda km: np.exp(-km / scale), threshold_km, None, recipe, islands)


def _decayed(
    places: Places,
    decay: Callable[[np.ndarray], np.ndarray],
    threshold_km: float | None,
    floor_km: float | None,
    recipe: Recipe,
    islands: Islands,
    needs_floor: bool = False,
) -> Weights:
    threshold = np.inf if threshold_km is None else positive(threshold_km, "threshold_km")
    least = 0.0 if floor_km is None else positive(floor_km, "floor_km")

    def _weight(i: np.ndarray, j: np.ndarray, distance: np.ndarray) -> np.ndarray:
        if needs_floor and floor_km is None:
            refuse_coincident(places, i, j, distance)
        return decay(np.maximum(distance, least))

    i, j, distance = pairs_within(places, threshold)
    return from_band(places, i, j, _weight(i, j, distance), recipe, islands, _weight)


def refuse_coincident(places: Places, i: np.ndarray, j: np.ndarray, distance: np.ndarray) -> None:
    """Raise `WeightsError` naming the pairs at distance zero."""
    same = np.flatnonzero(distance <= 0)
    if len(same):
        told = [f"{places.ids[i[p]]} and {places.ids[j[p]]}" for p in same[:6]]
        listed = some(told) if len(same) <= 5 else f"{', '.join(told[:5])} and {len(same) - 5} more pairs"
        raise WeightsError(
            f"1 / distance is infinite because points coincide: {listed}; "
            f"give floor_km, the distance below which no pair is taken to be closer."
        )


def inverse_power(values: np.ndarray, power: float, what: str) -> np.ndarray:
    """`values`^-power, or a `WeightsError` that names the power if it is beyond the range of numbers."""
    with np.errstate(over="ignore", divide="ignore"):
        return in_range(values**-power, power, what, values)


def in_range(weight: np.ndarray, power: float, what: str, values: np.ndarray) -> np.ndarray:
    """`weight`, made of `values`^-power, or a `WeightsError` that names the power if it is not finite."""
    if not np.isfinite(weight).all():
        raise WeightsError(
            f"1 / {what}^power is beyond the range of numbers with power={power:g} (the smallest {what} is "
            f"{values.min():.6g}); use a smaller power."
        )
    return weight


def where_of(places: Places) -> dict[str, str]:
    """Metric and CRS, for a recipe."""
    return {"metric": places.metric, "crs": places.crs}


def positive(value: float, name: str) -> float:
    """`value` as a float, or an `OptionError` if it is not a positive number."""
    number = float(value) if isinstance(value, (int, float, np.number)) and not isinstance(value, bool) else np.nan
    if not (np.isfinite(number) and number > 0):
        raise OptionError(f"{name}={value!r} must be a positive number.")
    return number


def from_band(
    places: Places,
    i: np.ndarray,
    j: np.ndarray,
    weight: np.ndarray,
    recipe: Recipe,
    islands: Islands,
    attach: Attach,
) -> Weights:
    """Symmetric weights of the pairs (i, j); a link that `islands` adds weighs what `attach` says."""
    word(islands, ISLANDS, "islands")
    there = weight != 0  # a decay can underflow
    if not there.all():
        i, j, weight = i[there], j[there], weight[there]
    linked = np.zeros(places.n, dtype=bool)
    linked[i] = linked[j] = True
    alone = np.flatnonzero(~linked)
    if islands == "nearest" and places.n > 1 and len(alone):
        a, b = np.unique(np.sort(np.column_stack([alone, nearest_places(places, 1)[0][alone, 0]]), axis=1), axis=0).T
        weight = np.append(weight, attach(a, b, places.distance_km(a, b)))
        i, j = np.append(i, a), np.append(j, b)
    shape = (places.n, places.n)
    half = sparse.csr_array((weight, (i, j)), shape=shape)
    matrix = settle(sparse.csr_array(half + half.T), places.ids, lambda: places, islands)
    return Weights(matrix, places.ids, recipe=recipe if islands == "keep" else recipe.then("islands", policy=islands))


def _rows_of_k(places: Places, columns: np.ndarray, weight: np.ndarray, recipe: Recipe) -> Weights:
    n, k = columns.shape
    columns = np.sort(columns, axis=1)
    starts = np.arange(0, n * k + 1, k, dtype=np.int32 if n * k < 2**31 else np.int64)
    matrix = sparse.csr_array((weight, columns.ravel(), starts), shape=(n, n))
    return Weights(matrix, places.ids, recipe=recipe)
