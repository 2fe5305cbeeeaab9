"""The rows of a panel: whose they are and of when, in the order of the arrays, and which are missing."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd

from gbaspatial.errors import (
    AlignmentError,
    DataError,
    GbaWarning,
    LabelTypeError,
    MissingDataError,
    some,
)
from gbaspatial.models.panel.stack import Stack


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """The rows of a frame in the order of the arrays: `places` in it, codes of unit and period, times as numbers."""

    places: np.ndarray
    stack: Stack
    units: pd.Index
    periods: pd.Index
    times: np.ndarray
    notes: tuple[str, ...]

    def kept(self, inside: np.ndarray) -> Rows:
        """The rows that are `inside` (m,), with the periods and units that are left."""
        period, unit = self.stack.period[inside], self.stack.unit[inside]
        left, period = np.unique(period, return_inverse=True)
        there, unit = np.unique(unit, return_inverse=True)
        stack = Stack(unit, period, len(there), len(left))
        return Rows(self.places[inside], stack, self.units[there], self.periods[left], self.times[left], self.notes)


def time_numbers(times: pd.Index, what: str = "the time of the panel") -> np.ndarray:
    """Times as whole numbers, one apart for neighboring periods; `what` is how an error calls them.

    Raises
    ------
    LabelTypeError
        For text, dates and whatever else has no next period.

    Examples
    --------
    >>> time_numbers(pd.Index([2019, 2021])).tolist()
    [2019, 2021]
    """
    if isinstance(times, pd.PeriodIndex):
        return np.asarray(times.asi8)
    kind = times.inferred_type
    if kind == "integer":
        return times.to_numpy(dtype=np.int64)
    if kind == "floating" and bool(np.all(np.isfinite(times)) and np.all(times == np.rint(times))):
        return times.to_numpy(dtype=float).astype(np.int64)
    cure = (
        "give its years as whole numbers (index.year), or pandas periods (to_period), so that there is a period before"
        if kind.startswith("date")
        else "make it whole numbers, such as years, so that there is a period before"
    )
    raise LabelTypeError(f"{what} ({some(times[:3])}) is {kind}, which has no order in steps; {cure}.")


def checked_index(data: object) -> pd.MultiIndex:
    """The index of a long frame, by unit and time.

    Raises
    ------
    LabelTypeError, AlignmentError, DataError
        If it is none, has gaps, names a row twice, or has no row.
    """
    if not isinstance(data, pd.DataFrame):
        raise LabelTypeError(f"the data are a {type(data).__name__}; pass a DataFrame indexed by unit and time.")
    index = data.index
    if not isinstance(index, pd.MultiIndex) or index.nlevels != 2:
        raise LabelTypeError(
            f"the data have {index.nlevels} index level{'s' * (index.nlevels > 1)}; index them by unit and time, "
            f"e.g. data.set_index(['city', 'year'])."
        )
    empty = np.logical_or(*(np.asarray(codes) < 0 for codes in index.codes))
    if empty.any():
        raise AlignmentError(f"the index of the data has missing labels in row {some(np.flatnonzero(empty) + 1)}.")
    twice = index[index.duplicated()].unique()
    if len(twice):
        raise AlignmentError(
            f"the data have more than one row for {some(told_pairs(twice))}; keep one row per unit and period."
        )
    if len(index) == 0:
        raise DataError("the data have no row.")
    return index


def told_pairs(pairs: pd.Index) -> list[str]:
    """Rows in words: the unit, and when."""
    return [f"{unit} ({time})" for unit, time in pairs]


def _coded(index: pd.MultiIndex, level: int) -> tuple[np.ndarray, pd.Index]:
    """The place of each row (m,) among the labels that a level of the index uses, and these labels."""
    codes, labels = np.asarray(index.codes[level], dtype=np.intp), index.levels[level]
    used = np.bincount(codes, minlength=len(labels)) > 0
    if used.all():
        return codes, labels
    return (np.cumsum(used) - 1)[codes], labels[used]


def ordered_rows(index: pd.MultiIndex, ids: pd.Index | None, unbalanced: str) -> Rows:
    """Rows by period and unit; what is missing is refused, left out or kept."""
    unit, there = _coded(index, 0)
    time, times = _coded(index, 1)
    if ids is not None and not there.isin(ids).any() and times.isin(ids).all():
        raise AlignmentError("the panel is indexed by time first; use data.swaplevel() to have the units first.")
    numbers = time_numbers(times)
    if ids is None:
        try:
            order = there.sort_values()
        except TypeError:
            order = pd.Index(index.get_level_values(0)).unique()
    else:
        _check_units_of(there, ids)
        order = ids
    by_time = np.argsort(numbers)
    labels, values = times[by_time].rename(index.names[1]), numbers[by_time]
    unit, period = order.get_indexer(there)[unit], np.argsort(by_time)[time]
    places = np.argsort(period * len(order) + unit, kind="stable")  # at once for rows that come by period
    stack = Stack(unit[places], period[places], len(order), len(values))
    rows = Rows(places, stack, order.rename(index.names[0]), labels, values, ())
    return rows if stack.balanced else _balanced(rows, unbalanced)


def _check_units_of(there: pd.Index, ids: pd.Index) -> None:
    absent, extra = ids.difference(there, sort=False), there.difference(ids, sort=False)
    if not len(absent) and not len(extra):
        return
    parts = []
    if len(absent):
        parts.append(f"absent from the data: {some(absent)}")
    if len(extra):
        parts.append(f"absent from the weights: {some(extra)}")
    raise AlignmentError(
        f"the data and the weights cover different units ({'; '.join(parts)}). Use w.subset(units), or leave these "
        f"units out of the data."
    )


def _balanced(rows: Rows, unbalanced: str) -> Rows:
    s = rows.stack
    seen = np.zeros((s.periods, s.n), dtype=bool)
    seen[s.period, s.unit] = True
    missing = [f"{rows.units[i]} ({rows.periods[t]})" for t, i in np.argwhere(~seen)]
    if unbalanced == "keep":
        note = (
            f"Unbalanced: {len(missing)} of {seen.size} rows are not there ({some(missing, 3)}); W of each period is "
        )
        note += "restricted to the units seen in it and, where it was standardized, standardized anew."
        return Rows(rows.places, s, rows.units, rows.periods, rows.times, (note,))
    complete_units = np.asarray(seen.all(axis=0))
    if unbalanced == "error":
        raise MissingDataError(
            f"the panel has no row for {some(missing)}; fill these in, or use unbalanced='common' (the "
            f"{complete_units.sum()} of {s.n} units that are there in all {s.periods} periods) or unbalanced='keep' "
            f"(all rows, W restricted to the units of each period)."
        )
    if complete_units.sum() < 2:
        raise MissingDataError(
            f"only {complete_units.sum()} units are there in all {s.periods} periods, so unbalanced='common' leaves "
            f"nothing to estimate; leave out periods, or use unbalanced='keep'."
        )
    out = rows.units[~complete_units]
    note = f"Left out, because they lack periods: {some(out, 8)} ({len(out)} of {s.n} units)."
    warnings.warn(note, GbaWarning, stacklevel=6)
    kept = rows.kept(complete_units[s.unit])
    return Rows(kept.places, kept.stack, kept.units, kept.periods, kept.times, (note,))
