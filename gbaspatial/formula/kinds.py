"""What a column holds: numbers or classes. Told once, when a model is fitted, and kept for all data that come later."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from numbers import Real
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gbaspatial.alignment import as_numbers
from gbaspatial.errors import DataError, FormulaError, GbaWarning, outside, some
from gbaspatial.options import brief

if TYPE_CHECKING:
    from gbaspatial.alignment import Label


CROWDED = 0.5  # levels by unit, from which on a column of text is taken for an accident


def plain(frame: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """The columns `names` as doubles, whole numbers, truth values, text or categories, and nothing else.

    Levels of a category that no unit has are dropped, as in R, with a warning.

    Raises
    ------
    DataError
        For dates, mixtures, infinite values and whatever else is no number and no class.

    Examples
    --------
    >>> from decimal import Decimal
    >>> plain(pd.DataFrame({"x": [Decimal("1.5"), 2]}), ["x"])["x"].tolist()
    [1.5, 2.0]
    """
    return pd.DataFrame({name: _plain(frame[name], name) for name in names}, index=frame.index)


def _plain(column: pd.Series, name: str) -> pd.Series:
    dtype = column.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        return _used_levels(column, name)
    if pd.api.types.is_bool_dtype(dtype):
        return column.astype(bool)
    if pd.api.types.is_complex_dtype(dtype):
        raise DataError(f"{name!r} holds complex numbers, which no model takes; use their real part or their size.")
    if pd.api.types.is_numeric_dtype(dtype):
        return _counted(column, name)
    if pd.api.types.is_object_dtype(dtype) or isinstance(dtype, pd.StringDtype):
        return _of_objects(column.astype(object), name)
    times = any(word in str(dtype) for word in ("date", "period", "time"))
    cure = "make it a number, such as data[name].dt.year" if times else "make it a number or text"
    raise DataError(f"{name!r} is of the type {dtype}, which is neither number nor class; {cure}.")


def _counted(column: pd.Series, name: str) -> pd.Series:
    """Numbers as whole numbers of 64 bits, or as doubles."""
    as_numbers(column.rename(name))  # tells infinite values
    whole = pd.api.types.is_integer_dtype(column.dtype) and (not len(column) or int(column.max()) < 2**63)
    values = column.to_numpy(dtype=np.int64 if whole else np.float64)
    return pd.Series(values, index=column.index, name=column.name)


def _used_levels(column: pd.Series, name: str) -> pd.Series:
    found = column.cat.remove_unused_categories()
    gone = [level for level in column.cat.categories if level not in set(found.cat.categories)]
    if gone:
        warnings.warn(
            f"{name!r} has no unit of the level {some(gone)}: it is left out, and the levels are "
            f"{some(found.cat.categories)}.",
            GbaWarning,
            stacklevel=outside(),
        )
    return found


def _of_objects(column: pd.Series, name: str) -> pd.Series:
    """A column of Python objects: text, truth values or numbers, and no mixture of them."""
    kinds = column.map(_kind_of)
    there = set(kinds)
    if there == {"text"}:
        return column
    if there == {"truth"}:
        return column.astype(bool)
    if there == {"number"}:
        whole = all(isinstance(value, (int, np.integer)) for value in column)
        small = whole and all(abs(int(value)) < 2**63 for value in column)
        numbers = pd.Series([int(v) if small else float(v) for v in column], index=column.index, name=column.name)
        return _counted(numbers.astype(np.int64 if small else float), name)
    odd = column.index[kinds != kinds.mode().iloc[0]] if len(there) > 1 else column.index
    values = some([brief(value) for value in column.reindex(odd)[:3]]) if column.index.is_unique else "several kinds"
    told = "mixes kinds of values" if len(there) > 1 else "holds neither numbers nor text"
    raise DataError(
        f"{name!r} {told}: {values} for {some(odd)}; make it all numbers with pd.to_numeric or all text with "
        f"astype(str)."
    )


def _kind_of(value: object) -> str:
    if isinstance(value, str):
        return "text"
    if isinstance(value, (bool, np.bool_)):
        return "truth"
    return "number" if isinstance(value, (Real, Decimal, Fraction, np.number)) else type(value).__name__


def check_crowded(frame: pd.DataFrame, names: Sequence[str]) -> None:
    """Raise `FormulaError` for a column of text that has nearly as many levels as there are units."""
    for name in names:
        column = frame[name]
        classes = isinstance(column.dtype, pd.CategoricalDtype)  # as Stata and Parquet give a column of text
        if column.dtype != object and not (classes and all(isinstance(v, str) for v in column.cat.categories)):
            continue
        levels = pd.unique(column.astype(object))
        decorated = _reads_as_numbers(levels)
        if classes and not decorated:
            continue
        if len(levels) <= 2 or len(levels) <= (CROWDED / 2 if decorated else CROWDED) * len(column):
            continue
        if decorated:
            cure = "it reads as numbers, so turn it into numbers first"
        else:
            cure = "it looks like a name, or like numbers that were read as text"
        raise FormulaError(
            f"{name!r} is text with {len(levels)} levels for {len(column)} units ({some(levels, 3)}), and would become "
            f"{len(levels) - 1} dummies: {cure}; if dummies are meant, write C({name})."
        )


def _reads_as_numbers(levels: Sequence[Label]) -> bool:
    """Whether nearly all of some texts are numbers with a sign of percent, of thousands or of a decimal comma."""
    text = pd.Series([str(level) for level in levels]).str.strip()
    bare = pd.to_numeric(text.str.replace(r"[%％,\s]", "", regex=True), errors="coerce")
    return bool((bare.notna() & text.str.contains(r"[%％,\s]")).mean() > 0.5 and bare.notna().mean() > 0.9)


def like(frame: pd.DataFrame, learned: pd.DataFrame, classes: Sequence[str]) -> pd.DataFrame:
    """The columns of `learned` in new data, in the kind that they had there, whatever dtype they come in.

    Parameters
    ----------
    frame : pandas.DataFrame
        New data, with all columns of `learned`.
    learned : pandas.DataFrame
        Those of the fit.
    classes : sequence of str
        Columns whose values are levels: another level is an error.

    Raises
    ------
    DataError
        If a value is no level, or text stands where numbers were.

    Examples
    --------
    >>> old = pd.DataFrame({"flag": [True, False]})
    >>> like(pd.DataFrame({"flag": [0, 1]}), old, ["flag"])["flag"].tolist()
    [False, True]
    """
    found = {name: _like(frame[name], learned[name], str(name), name in classes) for name in learned.columns}
    return pd.DataFrame(found, index=frame.index)


def _like(column: pd.Series, old: pd.Series, name: str, classes: bool) -> pd.Series:
    numbers = pd.api.types.is_numeric_dtype(old) and not pd.api.types.is_bool_dtype(old)
    if numbers and not classes:
        return _as_numbers_again(column, old, name)
    levels = list(old.cat.categories) if isinstance(old.dtype, pd.CategoricalDtype) else list(pd.unique(old))
    if pd.api.types.is_bool_dtype(old):
        levels = [True, False]
    known = {level: level for level in levels}
    values = list(column)
    strange = [not _hashable(value) or value not in known for value in values]
    if any(strange):
        if not classes and old.dtype == object and all(isinstance(value, str) for value in values):
            return column.astype(object)  # text that is only compared may be anything
        texts = all(isinstance(level, str) for level in levels)
        odd_ones = [_shown(v, texts) for v, odd in zip(values, strange, strict=True) if odd]
        raise DataError(
            f"{name} is {some(dict.fromkeys(odd_ones))} "
            f"for {some(column.index[strange])}, a level that the model does not know; it knows "
            f"{some(_shown(level, texts) for level in sorted(levels, key=str))}."
        )
    again = pd.Series([known[value] for value in values], index=column.index, name=column.name, dtype=object)
    return again.astype(old.dtype)


def _as_numbers_again(column: pd.Series, old: pd.Series, name: str) -> pd.Series:
    if isinstance(column.dtype, pd.CategoricalDtype):
        column = column.astype(object)
    if pd.api.types.is_bool_dtype(column):
        column = column.astype(int)
    if column.dtype == object:
        values = [int(value) if isinstance(value, (bool, np.bool_)) else value for value in column]
        column = pd.Series(values, index=column.index, name=column.name, dtype=object)
    again = _plain(column, name)
    if again.dtype == object or not pd.api.types.is_numeric_dtype(again):
        raise DataError(f"{name!r} is text such as {brief(again.iloc[0])}, and was a number when the model was fitted.")
    whole = again.astype(float) == np.rint(again.astype(float))
    return again.astype(old.dtype) if old.dtype.kind == "f" or whole.all() else again


def _shown(value: object, texts: bool) -> str:
    """A level in words: text among numbers in quotes, so that '1' is told from 1."""
    return str(value) if texts or not isinstance(value, str) else repr(value)


def _hashable(value: object) -> bool:
    try:
        hash(value)
    except TypeError:
        return False
    return True
