"""The one door where labelled data meet unit labels.

Every public function that combines values with weights passes through here: values are
matched to the weights by label, never by position, and what comes back carries the
index and the order of what was given.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Hashable, Iterable, Sequence
from fractions import Fraction
from typing import TypeAlias

import numpy as np
import pandas as pd

from gbaspatial.errors import (
    AlignmentError,
    DataError,
    LabelTypeError,
    MissingDataError,
    UnknownNameError,
    door_of,
    nearest_names,
    own_names,
    some,
)

Label: TypeAlias = "Hashable"  # of a unit or a period: text, a number, a date


def check_units(index: pd.Index, what: str = "values") -> None:
    """Raise `AlignmentError` unless the labels of `index` are unique and not missing.

    Examples
    --------
    >>> check_units(pd.Index(["Macao", "Foshan"]))
    """
    if index.nlevels > 1:
        raise AlignmentError(
            f"the index of the {what} has {index.nlevels} levels ({some(index.names)}) where one unit id is "
            f"needed; of a panel take one year, e.g. panel.xs(2019, level='year')."
        )
    if index.hasnans:
        rows = np.flatnonzero(np.asarray(index.isna())) + 1
        raise AlignmentError(f"the index of the {what} has missing labels in row {some(rows)}; give every unit an id.")
    if not index.is_unique:
        twice = index[index.duplicated()].unique()
        raise AlignmentError(
            f"the {what} have more than one row for {some(twice)}; keep one row per unit "
            f"(of a panel, take one year, or use a function that takes panels)."
        )


def check_same_units(index: pd.Index, ids: pd.Index, what: str = "values", against: str = "weights") -> None:
    """Raise `AlignmentError` unless `index` and `ids`, the labels of `against`, are the same in any order."""
    check_units(index, what)
    if index is ids or (len(index) == len(ids) and index.isin(ids).all()):
        return
    absent, extra = ids.difference(index, sort=False), index.difference(ids, sort=False)
    parts = []
    if len(absent):
        parts.append(f"absent from the {what}: {some(absent)}")
    if len(extra):
        parts.append(f"absent from the {against}: {some(extra)}")
    if len(absent) == len(ids) and index.inferred_type != ids.inferred_type:
        parts.append(f"the labels are {index.inferred_type} on one side, {ids.inferred_type} on the other")
    elif len(absent) == len(ids):
        parts.append("no label is shared: is the id column set as the index?")
    cure = "Use w.subset(values.index) or values.loc[w.ids]" if against == "weights" else "Give both the same units"
    raise AlignmentError(f"the {what} and the {against} cover different units ({'; '.join(parts)}). {cure}.")


def as_numbers(values: pd.Series, what: str | None = None) -> pd.Series:
    """`values` as floats, or an error that names the units whose value is not a finite number.

    Raises
    ------
    MissingDataError
        If a value is missing.
    DataError
        If a value is text, infinite, complex or a time.

    Examples
    --------
    >>> as_numbers(pd.Series([1, 2], index=["a", "b"])).tolist()
    [1.0, 2.0]
    """
    if values.dtype == np.float64 and np.isfinite(values.to_numpy()).all():
        return values.copy(deep=False)  # the usual case, without a look at each kind of fault
    name = what or (f"'{values.name}'" if values.name is not None else "a value")
    if str(values.dtype) == "geometry":
        raise DataError(f"{name} holds the shapes of the units; choose a column of numbers.")
    _check_kind(values, name)
    missing = values.isna()
    if missing.any():
        raise missing_values(name, values.index[missing])
    numbers = pd.to_numeric(_without_fractions(values), errors="coerce")
    text = numbers.isna()
    if text.any():
        shown = [f"{label} ({_brief(value)})" for label, value in values[text].head(5).items()]
        more = f" and {int(text.sum()) - 5} more" if text.sum() > 5 else ""
        raise DataError(f"{name} is not a number for {', '.join(shown)}{more}; correct these values.")
    numbers = numbers.astype(float)
    infinite = ~np.isfinite(numbers)
    if infinite.any():
        raise DataError(
            f"{name} is infinite for {some(told_labels(numbers.index[infinite]))}; a logarithm of zero is the usual "
            f"cause."
        )
    return numbers


_TIMES = (dt.date, dt.timedelta, np.datetime64, np.timedelta64, pd.Period)


def told_labels(labels: Iterable[object]) -> Iterable[object]:
    """Labels as sentences have them: of a panel ``u03 (2004)``.

    Examples
    --------
    >>> told_labels(pd.MultiIndex.from_tuples([("u03", 2004)]))
    ['u03 (2004)']
    """
    if not isinstance(labels, pd.MultiIndex) or labels.nlevels != 2:
        return labels
    return [f"{unit} ({time})" for unit, time in labels]


def missing_values(name: str, units: Iterable[object], cure: str | None = None) -> MissingDataError:
    """The error of a column that some `units`, or rows of a panel, lack, with the `cure` if the usual one is wrong."""
    if cure is not None:
        return MissingDataError(f"{name} is missing for {some(told_labels(units))}; {cure}.")
    if isinstance(units, pd.MultiIndex):
        return MissingDataError(
            f"{name} is missing for {some(told_labels(units))}; fill it in, or drop these rows (an estimator then asks "
            f"for unbalanced='common' or 'keep')."
        )
    return MissingDataError(
        f"{name} is missing for {some(units)}; fill it in, or drop these units "
        f"from the data and from the weights (w.subset) yourself."
    )


def _check_kind(values: pd.Series, name: str) -> None:
    """Raise `DataError` for complex numbers and times, which pandas would turn into floats without a word."""
    cures = {"complex": "take its real part or its modulus", "times": "make it a number of years or days first"}
    dtype = values.dtype
    if isinstance(dtype, pd.PeriodDtype) or getattr(dtype, "kind", "O") in "mM":
        raise DataError(f"{name} holds times ({dtype}), not numbers; {cures['times']}.")
    if getattr(dtype, "kind", "O") == "c":
        raise DataError(f"{name} holds complex numbers ({dtype}); {cures['complex']}.")
    if not pd.api.types.is_object_dtype(dtype):
        return
    for kind, classes in (("complex", (complex, np.complexfloating)), ("times", _TIMES)):
        odd = np.array([isinstance(value, classes) and not pd.isna(value) for value in values], dtype=bool)
        if odd.any():
            what = "complex" if kind == "complex" else "a time"
            shown = [f"{label} ({_brief(value)})" for label, value in values[odd].items()]
            raise DataError(f"{name} is {what} for {some(shown)} (dtype object); {cures[kind]}.")


def _without_fractions(values: pd.Series) -> pd.Series:
    """Fractions as floats: pandas reads a Decimal as a number, but not these."""
    if not pd.api.types.is_object_dtype(values.dtype):
        return values
    return values.map(lambda value: float(value) if isinstance(value, Fraction) else value)


def _brief(value: object) -> str:
    shown = repr(value)
    return shown if len(shown) <= 40 else f"{shown[:37]}..."


def _series(values: object, what: str) -> pd.Series:
    if isinstance(values, pd.Series):
        return values
    if isinstance(values, pd.DataFrame):
        raise LabelTypeError(f"the {what} are a table; choose one column, e.g. data[{values.columns[0]!r}].")
    raise LabelTypeError(
        f"the {what} are a bare {type(values).__name__} without unit labels; pass a pandas Series "
        f"whose index holds the unit ids (values are matched by label, never by position)."
    )


def align(values: pd.Series, ids: pd.Index, what: str = "values", against: str = "weights") -> np.ndarray:
    """The numbers of `values` in the order of `ids`.

    Parameters
    ----------
    values : pandas.Series
        Numbers by unit, in any order.
    ids : pandas.Index
        The n unit labels that are wanted.
    what, against : str
        How an error calls the values, and what has the units `ids`.

    Returns
    -------
    numpy.ndarray of float, shape (n,)

    Raises
    ------
    LabelTypeError
        If `values` has no labels.
    AlignmentError
        If the labels are not the same set, or one occurs twice.
    MissingDataError, DataError
        If a value is missing, text or infinite.

    Examples
    --------
    >>> align(pd.Series([1.0, 2.0], index=["b", "a"]), pd.Index(["a", "b"])).tolist()
    [2.0, 1.0]
    """
    series = _series(values, what)
    check_same_units(series.index, ids, what, against)
    numbers = as_numbers(series)
    if series.index is ids:
        return np.array(numbers, dtype=float)
    return numbers.reindex(ids).to_numpy(dtype=float)


def align_labels(values: pd.Series, ids: pd.Index, what: str = "groups", against: str = "weights") -> np.ndarray:
    """The classes of `values` (text, categories, integers) in the order of `ids`, as objects (n,)."""
    series = _series(values, what)
    check_same_units(series.index, ids, what, against)
    if series.isna().any():
        raise MissingDataError(f"the {what} are missing for {some(series.index[series.isna()])}; give each unit one.")
    return series.reindex(ids).to_numpy(dtype=object)


def align_frame(frame: pd.DataFrame, ids: pd.Index, what: str = "data", against: str = "weights") -> pd.DataFrame:
    """The rows of `frame` in the order of `ids`; values are not looked at."""
    check_frame(frame, what)
    check_same_units(frame.index, ids, what, against)
    return frame.reindex(ids)


def labelled(numbers: float | np.ndarray, ids: pd.Index, index: pd.Index, name: object = None) -> pd.Series:
    """`numbers` in the order of `ids`, as a Series in the order of `index` (the inverse of `align`)."""
    return pd.Series(numbers, index=ids, name=name).reindex(index)


def columns_of(frame: pd.DataFrame, names: Sequence[str] | str, what: str = "data") -> list[str]:
    """`names` as a list, or an error that says which column does not exist and what does."""
    wanted: Iterable[str] = [names] if isinstance(names, str) else list(names)
    for name in wanted:
        if name not in frame.columns:
            raise no_column(name, frame, what)
    return list(wanted)


def no_column(name: object, frame: pd.DataFrame, what: str = "data") -> UnknownNameError:
    """The error of a column that `frame` does not have, with those whose names are near."""
    hint = nearest_names(name, [c for c in frame.columns if c != "geometry"])
    verb = "has" if what in ("layer", "panel", "table") else "have"
    return UnknownNameError(f"the {what} {verb} no column {name!r}. {hint}")


def check_frame(data: object, what: str = "data") -> None:
    """Raise `LabelTypeError` unless `data` is a DataFrame."""
    if not isinstance(data, pd.DataFrame):
        raise LabelTypeError(f"the {what} are a {type(data).__name__}; pass a DataFrame indexed by unit id.")


def places_in(labels: pd.Index, index: pd.Index, what: str) -> np.ndarray:
    """Where each label (m,) stands in `index`, the units of a map, or `AlignmentError` with those that it lacks."""
    labels = pd.Index(labels)
    places = index.get_indexer(labels)
    if (places < 0).any():
        lost = labels[places < 0].unique()
        raise AlignmentError(f"the {what} name units that the map does not have: {some(lost)}; keep the map's units.")
    return places


def check_unit(unit: Label, units: pd.Index) -> None:
    """Raise unless `unit` is one of the `units` of a model."""
    if unit not in units:
        raise UnknownNameError(f"the model has no unit {unit!r}. {nearest_names(str(unit), map(str, units))}")


def check_periods(periods: pd.Index) -> None:
    """Raise unless there are two periods, between which units can move."""
    if len(periods) < 2:
        raise DataError(f"transitions need at least two periods; the panel has {some(periods)} only.")


def check_steps(periods: pd.Index) -> None:
    """Raise where periods that are numbers are not equally far apart, so that moves are over different times.

    Examples
    --------
    >>> check_steps(pd.Index([2000, 2005, 2010]))
    >>> check_steps(pd.Index([2000, 2001, 2003]))
    Traceback (most recent call last):
    gbaspatial.errors.MissingDataError: periods are missing after 2001: moves over 1 and 2 would count alike; ...
    """
    if len(periods) < 3 or not pd.api.types.is_numeric_dtype(periods):
        return
    steps = np.diff(periods.to_numpy(dtype=float))
    if np.allclose(steps, steps[0]):
        return
    long = periods[:-1][~np.isclose(steps, steps.min())]
    each = [f"{step:g}" for step in np.unique(steps)]
    over = " and ".join([", ".join(each[:-1]), each[-1]])
    raise MissingDataError(
        f"periods are missing after {some(long)}: moves over {over} would count alike; fill them in, or keep periods "
        f"that are equally far apart."
    )


def periods_of(panel: pd.Series, what: str = "panel") -> pd.Index:
    """The sorted periods (second index level) of `panel`, or `LabelTypeError`."""
    if isinstance(panel, pd.DataFrame) and panel.index.nlevels == 1:
        raise LabelTypeError(f"the {what} is a table of units by period; make it one column by table.stack().")
    series = _series(panel, what)
    if series.index.nlevels != 2:
        raise LabelTypeError(
            f"the {what} has {series.index.nlevels} index level; index it by unit and period, "
            f"e.g. data.set_index(['city', 'year'])['gdp_cny']."
        )
    if not len(series):
        raise DataError(f"the {what} has no rows; give it at least one period.")
    _check_order_of_levels(series.index, what)
    return series.index.unique(1).sort_values()


def _check_order_of_levels(index: pd.MultiIndex, what: str) -> None:
    """Raise where numbers or times stand first and names, which are no periods, second."""
    first, second = index.levels[0], index.levels[1]
    times = pd.api.types.is_numeric_dtype(first) or isinstance(first, (pd.DatetimeIndex, pd.PeriodIndex))
    names = all(isinstance(label, str) and not any(letter.isdigit() for letter in label) for label in second)
    if times and names:
        raise LabelTypeError(
            f"the {what} has {some(first, 3)} as units and {some(second, 3)} as periods; index it by unit and then by "
            f"period, such as panel.swaplevel()."
        )


def align_panel(panel: pd.Series, ids: pd.Index | None = None, what: str = "panel") -> tuple[np.ndarray, pd.Index]:
    """The numbers of a balanced panel, one row a period, in the order of `ids`.

    Parameters
    ----------
    panel : pandas.Series
        Numbers by unit and period, in any order; the first level of the index holds
        the units, the second one the periods.
    ids : pandas.Index, optional
        The n unit labels of the weights; by default the sorted units of the panel.
    what : str
        How an error calls the values.

    Returns
    -------
    numbers : numpy.ndarray of float, shape (T, n)
    periods : pandas.Index, length T, ascending

    Raises
    ------
    LabelTypeError
        If `panel` is no Series with two index levels.
    AlignmentError
        If a unit has two rows in a period, or the units are not those of `ids`.
    MissingDataError, DataError
        If a period lacks a unit, or a value is missing, text or infinite.

    Examples
    --------
    >>> index = pd.MultiIndex.from_product([["a", "b"], [2000, 2001]], names=["city", "year"])
    >>> numbers, years = align_panel(pd.Series([1.0, 2.0, 3.0, 4.0], index=index), pd.Index(["b", "a"]))
    >>> numbers.tolist(), years.tolist()
    ([[3.0, 1.0], [4.0, 2.0]], [2000, 2001])
    """
    periods = periods_of(panel, what)
    series = panel
    twice = series.index[series.index.duplicated()].unique()
    if len(twice):
        raise AlignmentError(f"the {what} has more than one row for {some(twice)}; keep one row per unit and period.")
    numbers = as_numbers(series)
    units = series.index.unique(0)
    if ids is None:
        ids = units.sort_values()
    elif not units.isin(ids).any() and periods.isin(ids).all():
        raise AlignmentError(f"the {what} is indexed by period first; use swaplevel() to have the units first.")
    check_same_units(units, ids, what)
    full = pd.MultiIndex.from_product([periods, ids])
    by_period = numbers.swaplevel()
    absent = full.difference(by_period.index, sort=False)
    if len(absent):
        told = [f"{unit} ({period})" for period, unit in absent]
        raise MissingDataError(
            f"the {what} has no row for {some(told)}; every period needs the same units: "
            f"fill these in, or drop the units or periods yourself."
        )
    return by_period.reindex(full).to_numpy(float).reshape(len(periods), len(ids)), periods


__getattr__, __dir__ = door_of(__name__, own_names(globals()))
