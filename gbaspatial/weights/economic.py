"""Nearness that is not on the map: minutes of travel, economic size and gaps, common groups."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd
from scipy import sparse

from gbaspatial.alignment import align, align_labels
from gbaspatial.errors import (
    DataError,
    EndogeneityWarning,
    LabelTypeError,
    OptionError,
    WeightsError,
    outside,
    some,
)
from gbaspatial.geography.places import Metric, Places, places_of
from gbaspatial.geography.search import pairs_within, refuse_too_many
from gbaspatial.options import public, word
from gbaspatial.weights.algebra import Symmetry, symmetric
from gbaspatial.weights.core import Weights
from gbaspatial.weights.distance import (
    from_band,
    in_range,
    inverse_power,
    positive,
    refuse_coincident,
    where_of,
)
from gbaspatial.weights.isolation import ISLANDS, Islands
from gbaspatial.weights.minutes import connections_within, minutes_of
from gbaspatial.weights.recipe import Recipe

if TYPE_CHECKING:
    from gbaspatial.alignment import Label
    from gbaspatial.geography.places import Units


@public
def travel_time(
    table: pd.DataFrame,
    *,
    threshold_minutes: float | None = None,
    decay: Literal["inverse", "exponential", "binary"] = "inverse",
    power: float = 1.0,
    scale_minutes: float | None = None,
    symmetrize: Symmetry | None = None,
    ids: Iterable[Label] | None = None,
    islands: Islands = "keep",
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
        Exponent of ``"inverse"``; the others take none.
    scale_minutes : float, optional
        Of ``"exponential"``.
    symmetrize : {"max", "mean", "min", "sum"}, optional
        Put both directions together, on the weights; by default W stays asymmetric.
    ids : iterable, optional
        The units in the wanted order: all those of a table of pairs, and others without
        pairs; or all or some of those of a square table.
    islands : {"keep", "error", "nearest"}
        What becomes of units without neighbors: kept (with an `IslandWarning`), refused,
        or linked by their quickest connection, however long, in the directions that the
        table has.

    Returns
    -------
    Weights

    Raises
    ------
    DataError
        If minutes are text, negative, infinite, or zero under ``"inverse"``.
    UnknownNameError
        If `ids` and the table do not agree.
    WeightsError
        If units have no neighbors under ``islands="error"``.

    Examples
    --------
    >>> minutes = pd.DataFrame([[0, 14], [18, 0]], index=["HK", "SZ"], columns=["HK", "SZ"])
    >>> travel_time(minutes, decay="exponential", scale_minutes=30).to_frame().round(2).values.tolist()
    [['HK', 'SZ', 0.63], ['SZ', 'HK', 0.55]]
    """
    word(decay, ("inverse", "exponential", "binary"), "decay")
    if (scale_minutes is None) == (decay == "exponential"):
        raise OptionError("decay='exponential' needs scale_minutes, and only it takes scale_minutes.")
    if decay != "inverse" and power != 1.0:
        raise OptionError(f"power={power!r} is of decay='inverse' only; drop it.")
    word(islands, ISLANDS, "islands")
    threshold = np.inf if threshold_minutes is None else positive(threshold_minutes, "threshold_minutes")
    units, i, j, minutes = minutes_of(table, ids)
    wrong = ~np.isfinite(minutes) | (minutes < 0) | ((minutes == 0) if decay == "inverse" else False)
    if wrong.any():
        told = [f"{units[a]} to {units[b]} ({m:g})" for a, b, m in zip(i[wrong], j[wrong], minutes[wrong], strict=True)]
        raise DataError(f"travel times must be positive and finite, but are not for {some(told)}; correct these.")
    near = connections_within(threshold, units, i, j, minutes, symmetrize, islands)
    i, j, minutes = i[near], j[near], minutes[near]
    if decay == "inverse":
        weight = inverse_power(minutes, positive(power, "power"), "minutes")
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
    return Weights(matrix, units, recipe=recipe if islands == "keep" else recipe.then("islands", policy=islands))


@public
def economic(
    values: pd.Series,
    *,
    kind: Literal["inverse_gap", "gravity"] = "inverse_gap",
    units: Units | None = None,
    power: float = 1.0,
    floor: float | None = None,
    threshold_km: float | None = None,
    metric: Metric = "geodesic",
    islands: Islands = "keep",
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
    islands : {"keep", "error", "nearest"}
        What becomes of units without neighbors within the threshold; a link that is
        added weighs as its gap, or its masses and distance, say.

    Returns
    -------
    Weights
        Symmetric.

    Raises
    ------
    WeightsError
        If two units have the same value (or place) and no floor is given, or if W would have more than
        200 million links.
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
    word(kind, ("inverse_gap", "gravity"), "kind")
    word(islands, ISLANDS, "islands")
    exponent = positive(power, "power")
    least = None if floor is None else positive(floor, "floor")
    if not isinstance(values, pd.Series):
        raise LabelTypeError(f"the values are a {type(values).__name__}; give a Series indexed by unit id.")
    if units is None and (kind == "gravity" or threshold_km is not None):
        raise OptionError(f"kind={kind!r} with these options needs distances; give units, a GeoDataFrame.")
    variable = None if values.name is None else str(values.name)
    recipe = Recipe().then(
        "economic", kind=kind, variable=variable, power=power, floor=floor, threshold_km=threshold_km
    )
    places = None if units is None else places_of(units, metric)
    ids = values.index if places is None else places.ids
    numbers = align(values, ids)

    def _weight(i: np.ndarray, j: np.ndarray, distance: np.ndarray) -> np.ndarray:
        if places is None or kind == "inverse_gap":
            return _inverse_gap(ids, numbers, i, j, exponent, least)
        if least is None:
            refuse_coincident(places, i, j, distance)
        return _gravity(ids, numbers, i, j, distance, exponent, least)

    i, j, distance = _pairs(len(ids), places, threshold_km)
    weight = _weight(i, j, distance)
    warnings.warn(
        f"these weights are made of {variable or 'a variable'}; if it enters the model, or answers to what the model "
        f"explains, W is endogenous, and estimates that take it as given are biased.",
        EndogeneityWarning,
        stacklevel=outside(),
    )
    if places is not None:
        return from_band(places, i, j, weight, recipe.then("places", **where_of(places)), islands, _weight)
    half = sparse.csr_array((weight, (i, j)), shape=(len(ids), len(ids)))
    return Weights(half + half.T, ids, recipe=recipe)


def _pairs(n: int, places: Places | None, threshold_km: float | None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pairs i < j (m,) and their distances in km (m,): those of `places` within reach, or all, at distance one."""
    if places is None:
        refuse_too_many(n * (n - 1.0), "give units and threshold_km")
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
    return inverse_power(gap, exponent, "gap")


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
    with np.errstate(over="ignore", divide="ignore", under="ignore"):
        return in_range(mass[i] * mass[j] / distance**exponent, exponent, "distance", distance)


@public
def block(groups: pd.Series) -> Weights:
    """Units of the same group are neighbors (weight 1): the same tier, the same side of a border.

    Parameters
    ----------
    groups : pandas.Series, length n
        The group of each unit.

    Returns
    -------
    Weights

    Raises
    ------
    WeightsError
        If W would have more than 200 million links.

    Examples
    --------
    >>> block(pd.Series({"Guangzhou": 1, "Shenzhen": 1, "Foshan": 2})).to_frame()[["focal", "neighbor"]].values.tolist()
    [['Guangzhou', 'Shenzhen'], ['Shenzhen', 'Guangzhou']]
    """
    if not isinstance(groups, pd.Series):
        raise LabelTypeError(f"the groups are a {type(groups).__name__}; give a Series indexed by unit id.")
    codes, _ = pd.factorize(align_labels(groups, groups.index))
    sizes = np.bincount(codes).astype(float)
    refuse_too_many(
        (sizes * (sizes - 1)).sum(), f"the largest group has {sizes.max(initial=0):,.0f} units; use smaller ones"
    )
    members = sparse.csr_array(
        (np.ones(len(codes)), (np.arange(len(codes)), codes)), shape=(len(codes), codes.max(initial=-1) + 1)
    )
    same = (members @ members.T).tocoo()
    off = same.coords[0] != same.coords[1]
    matrix = sparse.coo_array((same.data[off], (same.coords[0][off], same.coords[1][off])), shape=same.shape)
    name = str(groups.name) if groups.name is not None else "groups"
    return Weights(matrix, groups.index, recipe=Recipe().then("block", by=name))
