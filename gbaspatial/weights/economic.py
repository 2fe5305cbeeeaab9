"""Nearness that is not on the map: minutes of travel, economic size and gaps, common groups."""

from __future__ import annotations

import warnings
from typing import Any, Literal

import numpy as np
import pandas as pd
from scipy import sparse

from gbaspatial.alignment import align, align_labels, check_units
from gbaspatial.errors import (
    DataError,
    EndogeneityWarning,
    LabelTypeError,
    OptionError,
    UnknownNameError,
    WeightsError,
    check_option,
    nearest_names,
    some,
)
from gbaspatial.weights.algebra import Symmetry, symmetric
from gbaspatial.weights.core import Weights
from gbaspatial.weights.distance import pairs_within, positive, refuse_coincident, where_of
from gbaspatial.weights.places import Metric, Places, places_of
from gbaspatial.weights.recipe import Recipe

_ENDS = (("origin", "destination"), ("focal", "neighbor"), ("city_a", "city_b"))


def travel_time(
    table: pd.DataFrame,
    *,
    threshold_minutes: float | None = None,
    decay: Literal["inverse", "exponential", "binary"] = "inverse",
    power: float = 1.0,
    scale_minutes: float | None = None,
    symmetrize: Symmetry | None = None,
    ids: Any = None,
) -> Weights:
    """Weights from a table of travel times in minutes.

    Parameters
    ----------
    table : pandas.DataFrame
        Square (units as index and as columns, from row to column; the diagonal is not
        read, NaN means no connection), or one row a pair with columns
        ``origin, destination, minutes`` (pairs that are absent are no links).
    threshold_minutes : float, optional
        No link beyond (inclusive).
    decay : {"inverse", "exponential", "binary"}
        minutes^-power, exp(-minutes / scale_minutes), or 1.
    power : float
        Exponent of ``"inverse"``.
    scale_minutes : float, optional
        Of ``"exponential"``.
    symmetrize : {"max", "mean", "min", "sum"}, optional
        Put both directions together, on the weights; by default W stays asymmetric.
    ids : iterable, optional
        All units in the wanted order, for a table of pairs.

    Returns
    -------
    Weights

    Raises
    ------
    DataError
        If minutes are negative, infinite, or zero under ``"inverse"``.

    Examples
    --------
    >>> minutes = pd.DataFrame([[0, 14], [18, 0]], index=["HK", "SZ"], columns=["HK", "SZ"])
    >>> travel_time(minutes, decay="exponential", scale_minutes=30).to_frame().round(2).values.tolist()
    [['HK', 'SZ', 0.63], ['SZ', 'HK', 0.55]]
    """
    check_option(decay, ("inverse", "exponential", "binary"), "decay")
    if (scale_minutes is None) == (decay == "exponential"):
        raise OptionError("decay='exponential' needs scale_minutes, and only it takes scale_minutes.")
    units, i, j, minutes = _minutes(table, ids)
    wrong = ~np.isfinite(minutes) | (minutes < 0) | ((minutes == 0) if decay == "inverse" else False)
    if wrong.any():
        told = [f"{units[a]} to {units[b]} ({m:g})" for a, b, m in zip(i[wrong], j[wrong], minutes[wrong], strict=True)]
        raise DataError(f"travel times must be positive and finite, but are not for {some(told)}; correct these.")
    if threshold_minutes is not None:
        near = minutes <= positive(threshold_minutes, "threshold_minutes")
        i, j, minutes = i[near], j[near], minutes[near]
    if decay == "inverse":
        weight = minutes ** -positive(power, "power")
    elif decay == "exponential":
        weight = np.exp(-minutes / positive(scale_minutes or 0.0, "scale_minutes"))
    else:
        weight = np.ones(len(minutes))
    matrix = sparse.csr_array((weight, (i, j)), shape=(len(units), len(units)))
    if symmetrize is not None:
        matrix = symmetric(matrix, symmetrize)
    recipe = Recipe().then(
        "travel_time",
        threshold_minutes=threshold_minutes,
        decay=decay,
        power=power if decay == "inverse" else None,
        scale_minutes=scale_minutes,
        symmetrize=symmetrize,
    )
    return Weights(matrix, units, recipe=recipe)


def _minutes(table: pd.DataFrame, ids: Any) -> tuple[pd.Index, np.ndarray, np.ndarray, np.ndarray]:
    if not isinstance(table, pd.DataFrame):
        raise LabelTypeError(f"the travel times are a {type(table).__name__}; give a labelled DataFrame.")
    if "minutes" in table.columns:
        return _minutes_of_pairs(table, ids)
    check_units(table.index, "travel times")
    if set(table.index) != set(table.columns):
        raise WeightsError(
            "the table of travel times is neither square (the same units as index and columns) nor one row a pair "
            "(columns origin, destination, minutes)."
        )
    square = table.loc[:, list(table.index)].to_numpy(dtype=float)
    there = ~np.isnan(square)
    np.fill_diagonal(there, False)
    i, j = np.nonzero(there)
    return table.index, i, j, square[i, j]


def _minutes_of_pairs(table: pd.DataFrame, ids: Any) -> tuple[pd.Index, np.ndarray, np.ndarray, np.ndarray]:
    ends = next((pair for pair in _ENDS if set(pair) <= set(table.columns)), None)
    if ends is None:
        raise UnknownNameError(f"the travel times have no columns origin and destination. There are: {some(table)}.")
    first, second = ends
    occurring = pd.Index(pd.concat([table[first], table[second]]).unique())
    units = occurring.sort_values() if ids is None else pd.Index(list(ids))
    check_units(units, "ids")
    unknown = occurring.difference(units, sort=False)
    if len(unknown):
        raise UnknownNameError(
            f"the travel times name units that are not among the ids: {some(unknown)}. "
            f"{nearest_names(unknown[0], units)}"
        )
    twice = table.duplicated([first, second])
    if twice.any():
        told = [f"{a} to {b}" for a, b in table.loc[twice, [first, second]].itertuples(index=False)]
        raise WeightsError(f"these pairs occur more than once: {some(told)}; keep one row a pair and direction.")
    i, j = units.get_indexer(table[first]), units.get_indexer(table[second])
    if (i == j).any():
        raise WeightsError(f"a unit has a travel time to itself: {some(units[i[i == j]])}; drop these rows.")
    return units, i, j, table["minutes"].to_numpy(dtype=float)


def economic(
    values: pd.Series,
    *,
    kind: Literal["inverse_gap", "gravity"] = "inverse_gap",
    units: Any = None,
    power: float = 1.0,
    floor: float | None = None,
    threshold_km: float | None = None,
    metric: Metric = "geodesic",
) -> Weights:
    """Weights from a variable: the inverse of its gap, or gravity m_i m_j / distance^power.

    Always gives an `EndogeneityWarning`: a W made of a variable that is also explained,
    or that answers to what is explained, is not exogenous, and estimates that take it as
    given are biased (use values of an earlier year, or a model of the weights).

    Parameters
    ----------
    values : pandas.Series, length n
        The variable (GDP, population, ...) by unit.
    kind : {"inverse_gap", "gravity"}
        |x_i - x_j|^-power, or x_i x_j / km^power.
    units : GeoDataFrame or GeoSeries, optional
        Where the units are; needed for gravity and for a threshold.
    power : float
        Positive exponent.
    floor : float, optional
        Smaller gaps (in the units of `values`) or distances (km) count as this; needed
        where two units are alike or coincide.
    threshold_km : float, optional
        No link beyond (inclusive); by default all n (n - 1) links.
    metric : {"geodesic", "planar"}
        Distances on the ellipsoid, or in a projected CRS.

    Returns
    -------
    Weights
        Symmetric.

    Raises
    ------
    WeightsError
        If two units have the same value (or place) and no floor is given.
    DataError
        If a mass is not positive.

    References
    ----------
    Case, A., Rosen, H. and Hines, J. (1993). Budget spillovers and fiscal policy
    interdependence. Journal of Public Economics, 52, 285-307.
    Qu, X. and Lee, L. (2015). Estimating a spatial autoregressive model with an
    endogenous spatial weight matrix. Journal of Econometrics, 184, 209-232.

    Examples
    --------
    >>> gdp = pd.Series({"Guangzhou": 2.0, "Shenzhen": 2.5, "Macao": 0.5})
    >>> import warnings
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("ignore")
    ...     economic(gdp).to_frame()["weight"].round(3).tolist()
    [2.0, 0.667, 2.0, 0.5, 0.667, 0.5]
    """
    check_option(kind, ("inverse_gap", "gravity"), "kind")
    exponent = positive(power, "power")
    least = None if floor is None else positive(floor, "floor")
    if not isinstance(values, pd.Series):
        raise LabelTypeError(f"the values are a {type(values).__name__}; give a Series indexed by unit id.")
    if units is None and (kind == "gravity" or threshold_km is not None):
        raise OptionError(f"kind={kind!r} with these options needs distances; give units, a GeoDataFrame.")
    recipe = Recipe().then(
        "economic", kind=kind, variable=values.name, power=power, floor=floor, threshold_km=threshold_km
    )
    places = None if units is None else places_of(units, metric)
    ids = values.index if places is None else places.ids
    numbers = align(values, ids)
    i, j, distance = _pairs(len(ids), places, threshold_km)
    if places is not None:
        recipe = recipe.then("places", **where_of(places))
        if kind == "gravity" and least is None:
            refuse_coincident(places, i, j, distance)
    if kind == "gravity":
        weight = _gravity(ids, numbers, i, j, distance, exponent, least)
    else:
        weight = _inverse_gap(ids, numbers, i, j, exponent, least)
    warnings.warn(
        f"these weights are made of {values.name if values.name is not None else 'a variable'!s}; if it enters the "
        f"model, or answers to what the model explains, W is endogenous, and estimates that take it as given are "
        f"biased.",
        EndogeneityWarning,
        stacklevel=2,
    )
    half = sparse.csr_array((weight, (i, j)), shape=(len(ids), len(ids)))
    return Weights(half + half.T, ids, recipe=recipe)


def _pairs(n: int, places: Places | None, threshold_km: float | None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pairs i < j (m,) and their distances in km (m,): those of `places` within reach, or all, at distance one."""
    if places is None:
        i, j = np.triu_indices(n, 1)
        return i, j, np.ones(len(i))
    return pairs_within(places, np.inf if threshold_km is None else positive(threshold_km, "threshold_km"))


def _inverse_gap(
    ids: pd.Index, x: np.ndarray, i: np.ndarray, j: np.ndarray, exponent: float, floor: float | None
) -> np.ndarray:
    gap = np.abs(x[i] - x[j])
    if floor is not None:
        gap = np.maximum(gap, floor)
    alike = gap == 0
    if alike.any():
        told = [f"{ids[a]} and {ids[b]}" for a, b in zip(i[alike], j[alike], strict=True)]
        raise WeightsError(f"1 / gap is infinite because the values are equal for {some(told)}; give floor.")
    return gap**-exponent


def _gravity(
    ids: pd.Index,
    mass: np.ndarray,
    i: np.ndarray,
    j: np.ndarray,
    distance: np.ndarray,
    exponent: float,
    floor: float | None,
) -> np.ndarray:
    if (mass <= 0).any():
        raise DataError(f"gravity needs positive masses, but they are not for {some(ids[mass <= 0])}.")
    if floor is not None:
        distance = np.maximum(distance, floor)
    return mass[i] * mass[j] / distance**exponent


def block(groups: pd.Series) -> Weights:
    """Units of the same group are neighbors (weight 1): the same tier, the same side of a border.

    Parameters
    ----------
    groups : pandas.Series, length n
        The group of each unit.

    Returns
    -------
    Weights

    Examples
    --------
    >>> block(pd.Series({"Guangzhou": 1, "Shenzhen": 1, "Foshan": 2})).to_frame()[["focal", "neighbor"]].values.tolist()
    [['Guangzhou', 'Shenzhen'], ['Shenzhen', 'Guangzhou']]
    """
    if not isinstance(groups, pd.Series):
        raise LabelTypeError(f"the groups are a {type(groups).__name__}; give a Series indexed by unit id.")
    codes, _ = pd.factorize(align_labels(groups, groups.index))
    members = sparse.csr_array(
        (np.ones(len(codes)), (np.arange(len(codes)), codes)), shape=(len(codes), codes.max(initial=-1) + 1)
    )
    same = (members @ members.T).tocoo()
    off = same.coords[0] != same.coords[1]
    matrix = sparse.coo_array((same.data[off], (same.coords[0][off], same.coords[1][off])), shape=same.shape)
    name = groups.name if groups.name is not None else "groups"
    return Weights(matrix, groups.index, recipe=Recipe().then("block", by=name))
