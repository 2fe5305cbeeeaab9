"""Weights from distance: nearest neighbors, bands, decay with distance; geodesic unless said otherwise."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse

from gbaspatial.errors import OptionError, WeightsError, some
from gbaspatial.weights.core import Recipe, Weights
from gbaspatial.weights.isolation import Islands, settle
from gbaspatial.weights.places import Metric, Places, places_of

_TIE = 1e-9


def nearest(units: Any, *, k: int, metric: Metric = "geodesic") -> Weights:
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


def distance_band(
    units: Any, *, threshold_km: float | None = None, metric: Metric = "geodesic", islands: Islands = "keep"
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
    return from_band(places, i, j, np.ones(len(i)), recipe, islands, 1.0)


def inverse_distance(
    units: Any,
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
        What becomes of units without neighbors within the threshold.

    Returns
    -------
    Weights

    Raises
    ------
    WeightsError
        If points coincide and no floor is given; the error names them.

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
    return _decayed(places, lambda km: km**-exponent, threshold_km, floor_km, recipe, islands, needs_floor=True)


def exponential_decay(
    units: Any,
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
        What becomes of units without neighbors within the threshold.

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
    decay: Any,
    threshold_km: float | None,
    floor_km: float | None,
    recipe: Recipe,
    islands: Islands,
    needs_floor: bool = False,
) -> Weights:
    threshold = np.inf if threshold_km is None else positive(threshold_km, "threshold_km")
    i, j, distance = pairs_within(places, threshold)
    if floor_km is not None:
        distance = np.maximum(distance, positive(floor_km, "floor_km"))
    elif needs_floor:
        refuse_coincident(places, i, j, distance)
    far = decay(smallest_threshold(places)) if places.n > 1 and islands == "nearest" else 1.0
    return from_band(places, i, j, decay(distance), recipe, islands, float(far))


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


def where_of(places: Places) -> dict[str, str]:
    """Metric and CRS, for a recipe."""
    return {"metric": places.metric, "crs": places.crs}


def positive(value: float, name: str) -> float:
    """`value` as a float, or an `OptionError` if it is not a positive number."""
    number = float(value) if isinstance(value, (int, float, np.number)) and not isinstance(value, bool) else np.nan
    if not (np.isfinite(number) and number > 0):
        raise OptionError(f"{name}={value!r} must be a positive number.")
    return number


def nearest_places(places: Places, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Places (n, k) of the k nearest neighbors of each unit, and their chords in km (n, k).

    The search is by straight lines through the earth, which order short distances as the
    geodesic does to about one part in 10^9; where the order at k could differ, or is a
    tie, geodesic distances and then labels decide.
    """
    n = places.n
    if not isinstance(k, (int, np.integer)) or isinstance(k, bool) or not 1 <= k < n:
        raise OptionError(f"k={k!r} neighbors cannot be had from {n} units; use 1 <= k <= {n - 1}.")
    tree = places.tree()
    more = min(k + 2, n)  # the unit itself, and one beyond to see whether k is decided
    columns = np.empty((n, k), dtype=np.int32)
    chords = np.empty((n, k))
    block = max(1, 2_000_000 // more)
    unsettled: list[np.ndarray] = []
    for start in range(0, n, block):
        rows = np.arange(start, min(start + block, n))
        chord, near = tree.query(places.space[rows], k=more, workers=-1 if n > 20_000 else 1)
        own = near == rows[:, None]
        own[~own.any(axis=1), -1] = True  # pushed out by coincident points
        keep = ~own
        near, chord = near[keep].reshape(len(rows), more - 1), chord[keep].reshape(len(rows), more - 1)
        columns[rows], chords[rows] = near[:, :k], chord[:, :k]
        if more - 1 > k:
            close = places.shortest(chord[:, k]) <= places.longest(chord[:, k - 1]) * (1 + _TIE)
            unsettled.append(rows[close])
    if unsettled:
        _settle_ties(places, tree, np.concatenate(unsettled), columns, chords)
    return columns, chords


def _settle_ties(places: Places, tree: Any, rows: np.ndarray, columns: np.ndarray, chords: np.ndarray) -> None:
    k = columns.shape[1]
    ranks = places.ranks()
    for start in range(0, len(rows), 20_000):
        part = rows[start : start + 20_000]
        reach = places.longest(chords[part, -1]) * (1 + 2 * _TIE) + 1e-12
        found = tree.query_ball_point(places.space[part], reach)
        focal = np.repeat(part, [len(f) for f in found])
        near = np.concatenate([np.asarray(f, dtype=np.int64) for f in found])
        focal, near = focal[near != focal], near[near != focal]
        distance = places.distance_km(focal, near)
        rounded = _rounded(distance)
        order = np.lexsort((ranks[near], rounded, focal))
        focal, near = focal[order], near[order]
        first = np.searchsorted(focal, part)
        chosen = near[first[:, None] + np.arange(k)]
        columns[part] = chosen
        chords[part] = np.linalg.norm(places.space[chosen] - places.space[part][:, None, :], axis=2)


def _rounded(distance: np.ndarray) -> np.ndarray:
    """Distances to nine significant digits, so that ties are equal."""
    size = np.floor(np.log10(np.maximum(distance, 1e-300)))
    unit = 10.0 ** (size - 8)
    return np.where(distance <= 0, 0.0, np.round(distance / unit) * unit)


def smallest_threshold(places: Places) -> float:
    """The largest distance in km from a unit to its nearest neighbor."""
    if places.n < 2:
        raise WeightsError("one unit has no neighbors at any distance.")
    columns, chords = nearest_places(places, 1)
    far = np.flatnonzero(places.longest(chords[:, 0]) >= places.shortest(chords.max()))
    return float(places.distance_km(far, columns[far, 0]).max())


def pairs_within(places: Places, threshold: float, measured: bool = True) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pairs i < j (m,) within `threshold` km (inclusive), and their distances (m,) if `measured`."""
    if np.isinf(threshold):
        i, j = np.triu_indices(places.n, 1)
    else:
        reach = threshold * (1 + _SLACK_OF_BAND)
        pairs = places.tree().query_pairs(reach, output_type="ndarray")
        i, j = pairs[:, 0], pairs[:, 1]
    if measured:
        distance = places.distance_km(i, j)
        inside = distance <= threshold * (1 + _SLACK_OF_BAND)
        return i[inside], j[inside], distance[inside]
    chord = np.linalg.norm(places.space[i] - places.space[j], axis=1)
    inside = places.longest(chord) <= threshold
    doubtful = np.flatnonzero(~inside & (places.shortest(chord) <= threshold * (1 + _SLACK_OF_BAND)))
    inside[doubtful] = places.distance_km(i[doubtful], j[doubtful]) <= threshold * (1 + _SLACK_OF_BAND)
    return i[inside], j[inside], chord[inside]


_SLACK_OF_BAND = 1e-12  # a threshold that was measured as a distance includes that distance


def from_band(
    places: Places,
    i: np.ndarray,
    j: np.ndarray,
    weight: np.ndarray,
    recipe: Recipe,
    islands: Islands,
    attach: float,
) -> Weights:
    """Symmetric weights of the pairs (i, j); a link that `islands` adds weighs `attach`."""
    shape = (places.n, places.n)
    half = sparse.csr_array((weight, (i, j)), shape=shape)
    matrix = settle(sparse.csr_array(half + half.T), places.ids, lambda: places, islands, attach)
    return Weights(matrix, places.ids, recipe=recipe if islands == "keep" else recipe.then("islands", policy=islands))


def _rows_of_k(places: Places, columns: np.ndarray, weight: np.ndarray, recipe: Recipe) -> Weights:
    n, k = columns.shape
    columns = np.sort(columns, axis=1)
    starts = np.arange(0, n * k + 1, k, dtype=np.int32 if n * k < 2**31 else np.int64)
    matrix = sparse.csr_array((weight, columns.ravel(), starts), shape=(n, n))
    return Weights(matrix, places.ids, recipe=recipe)
