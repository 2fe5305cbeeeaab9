"""Tables of travel times: read by label, cut at a threshold, and the units that it leaves without connections."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gbaspatial.alignment import check_units
from gbaspatial.errors import (
    DataError,
    IslandWarning,
    LabelTypeError,
    UnknownNameError,
    WeightsError,
    nearest_names,
    outside,
    some,
)
from gbaspatial.weights.algebra import Symmetry
from gbaspatial.weights.isolation import Islands
from gbaspatial.weights.recipe import rounded_up

if TYPE_CHECKING:
    from gbaspatial.alignment import Label


_ENDS = (("origin", "destination"), ("focal", "neighbor"), ("city_a", "city_b"))

Connections = tuple[pd.Index, np.ndarray, np.ndarray, np.ndarray]


def minutes_of(table: pd.DataFrame, ids: Iterable[Label] | None = None) -> Connections:
    """The units (n,) of a square table or a table of pairs, and from, to and minutes (m,) of its connections."""
    if not isinstance(table, pd.DataFrame):
        raise LabelTypeError(f"the travel times are a {type(table).__name__}; give a labelled DataFrame.")
    return _of_pairs(table, ids) if "minutes" in table.columns else _of_square(table, ids)


def _of_square(table: pd.DataFrame, ids: Iterable[Label] | None) -> Connections:
    check_units(table.index, "travel times")
    if len(table.index) != len(table.columns) or set(table.index) != set(table.columns):
        raise WeightsError(
            "the table of travel times is neither square (the same units as index and columns) nor one row a pair "
            "(columns origin, destination, minutes)."
        )
    units = table.index if ids is None else pd.Index(list(ids))
    check_units(units, "ids")
    unknown = units.difference(table.index, sort=False)
    if len(unknown):
        raise UnknownNameError(
            f"the ids name units that the travel times do not have: {some(unknown)}. "
            f"{nearest_names(unknown[0], table.index)}"
        )
    square = table.loc[list(units), list(units)]
    names = [f"{a} to {b}" for a in units for b in units] if _any_text(square) else []
    minutes = _numbers(square, names).reshape(len(units), len(units))
    there = ~np.isnan(minutes)
    np.fill_diagonal(there, False)
    i, j = np.nonzero(there)
    return units, i, j, minutes[i, j]


def _of_pairs(table: pd.DataFrame, ids: Iterable[Label] | None) -> Connections:
    ends = next((pair for pair in _ENDS if set(pair) <= set(table.columns)), None)
    if ends is None:
        raise UnknownNameError(f"the travel times have no columns origin and destination. There are: {some(table)}.")
    first, second = ends
    occurring = pd.Index(pd.concat([table[first], table[second]]).unique())
    units = _sorted(occurring) if ids is None else pd.Index(list(ids))
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
    minutes = table[["minutes"]]
    names = [f"{units[a]} to {units[b]}" for a, b in zip(i, j, strict=True)] if _any_text(minutes) else []
    return units, i, j, _numbers(minutes, names)


def _sorted(units: pd.Index) -> pd.Index:
    try:
        return units.sort_values()
    except TypeError:
        kinds = sorted({type(label).__name__ for label in units})
        raise LabelTypeError(
            f"the travel times name their units by labels of several types ({some(kinds)}), e.g. "
            f"{some(repr(label) for label in units[:3])}; use one type, or give ids."
        ) from None


def _any_text(cells: pd.DataFrame) -> bool:
    return any(not pd.api.types.is_numeric_dtype(dtype) for dtype in cells.dtypes)


def _numbers(cells: pd.DataFrame, names: list[str]) -> np.ndarray:
    """All `cells` as floats, row by row; `names` tell which one is text."""
    try:
        return cells.to_numpy(dtype=float, na_value=np.nan).ravel()
    except (TypeError, ValueError):
        flat = pd.Series(cells.to_numpy(dtype=object).ravel(), index=names)
        text = flat[pd.to_numeric(flat, errors="coerce").isna() & flat.notna()]
        told = [f"{name} ({value!r})" for name, value in text.items()]
        raise DataError(f"travel times are not numbers for {some(told)}; correct these, or leave them empty.") from None


def connections_within(
    threshold: float,
    units: pd.Index,
    i: np.ndarray,
    j: np.ndarray,
    minutes: np.ndarray,
    symmetrize: Symmetry | None,
    islands: Islands,
) -> np.ndarray:
    """Which connections (m,) take at most `threshold` minutes, or are added for a unit that has none so near.

    Raises
    ------
    WeightsError
        If units have no connection under ``islands="error"``.
    """
    n = len(units)
    least, partner = _quickest(n, i, j, minutes, symmetrize)
    near = minutes <= threshold
    alone = np.flatnonzero(np.isinf(least) | (least > threshold))
    if islands == "nearest":
        to = partner[alone[np.isfinite(least[alone])]]
        focal = alone[np.isfinite(least[alone])]
        near |= np.isin(i * n + j, np.concatenate([focal * n + to, to * n + focal]))
        alone = alone[np.isinf(least[alone])]
    if len(alone) == 0:
        return near
    told = f"{len(alone)} of {n} units have no neighbors: {some(units[alone])}."
    never = np.isinf(least[alone])
    if never.any():
        told += f" There is no travel time for {some(units[alone[never]])}, whatever the threshold."
    else:
        told += f" The smallest threshold_minutes that leaves none is {rounded_up(least.max())}."
    if islands == "error":
        raise WeightsError(f"{told} Complete the table, use a wider threshold, or islands='keep' or 'nearest'.")
    if not never.all():
        told += " islands='nearest' links them by their quickest connection."
    warnings.warn(told, IslandWarning, stacklevel=outside())
    return near


def _quickest(
    n: int, i: np.ndarray, j: np.ndarray, minutes: np.ndarray, symmetrize: Symmetry | None
) -> tuple[np.ndarray, np.ndarray]:
    """The minutes at which each unit gets its first neighbor (n,), infinite for none, and which one that is (n,)."""
    if symmetrize is not None:
        both = pd.DataFrame(
            {"pair": np.minimum(i, j) * n + np.maximum(i, j), "minutes": minutes},
        ).groupby("pair")["minutes"]
        # the smaller weight of both directions is zero where one is absent; the others take either direction
        joint = both.max()[both.size() == 2] if symmetrize == "min" else both.min()
        a, b, minutes = joint.index.to_numpy() // n, joint.index.to_numpy() % n, joint.to_numpy()
        i, j, minutes = np.append(a, b), np.append(b, a), np.append(minutes, minutes)
    least, partner = np.full(n, np.inf), np.full(n, -1)
    order = np.lexsort((j, minutes, i))
    first = order[np.append(True, np.diff(i[order]) != 0)] if len(order) else order
    least[i[first]], partner[i[first]] = minutes[first], j[first]
    return least, partner
