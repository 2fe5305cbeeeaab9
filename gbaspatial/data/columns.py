"""Columns as read become ids, years, numbers or text; what does not fit is named by row and column."""

from __future__ import annotations

import datetime as dt
import math
import re
from typing import Any

import numpy as np
import pandas as pd

from gbaspatial.data.headers import year_of
from gbaspatial.data.number_texts import AS_COMPUTERS, NumberTexts, plain, tell_columns, way_of
from gbaspatial.errors import AlignmentError, DataError, MissingDataError, some
from gbaspatial.options import brief

_MISSING = ("NA", "N/A", "n/a", "NaN", "nan", "NULL", "null", "None", "#N/A")
_SHORTENED = re.compile(r"\d(?:[.,]\d+)?E\+\d\d")  # what a spreadsheet saves as CSV of a number of twelve digits
_NO_NUMBERS = (dt.date, dt.time, dt.timedelta, bytes, np.timedelta64, np.datetime64, pd.Period, pd.Interval)
_FIRST_INEXACT = 2**53  # the next whole number is no double, and becomes this one


def _rows(where: np.ndarray, first_row: int) -> str:
    return some(np.flatnonzero(where) + first_row)


def _id_text(value: object) -> str:
    if isinstance(value, (float, np.floating)) and float(value).is_integer():
        return str(int(value))
    text = str(value).strip()
    whole, dot, rest = text.partition(".")  # what spreadsheets make of a code: "440100.0"
    return whole if dot and rest == "0" and whole.isdigit() else text


def _has_lost_digits(value: Any) -> bool:
    """Whether `value` is a number whose last digit a double does not hold for sure, or one shortened to 4.4E+17."""
    if isinstance(value, str):
        return bool(_SHORTENED.fullmatch(value.strip()))
    number = isinstance(value, (int, float, np.floating)) and not isinstance(value, bool)
    return number and math.isfinite(value) and abs(value) >= _FIRST_INEXACT


def as_ids(column: pd.Series, where: str, first_row: int, *, fillable: bool = False) -> pd.Index:
    """Unit ids as text; numbers lose a trailing ".0", codes keep leading zeros.

    Numbers of a spreadsheet and floats beyond 2^53 have lost their last digits already, and are refused. With
    `fillable`, the reader can fill the blanks of merged cells.

    Examples
    --------
    >>> as_ids(pd.Series([440100.0, 440300.0], name="code"), "column 'code'", 2).tolist()
    ['440100', '440300']
    """
    missing = column.isna().to_numpy() | (column.astype(str).str.strip() == "").to_numpy()
    if missing.any():
        cure = "give every row one"
        if fillable and not missing[0] and column.name is not None:
            cure += f"; where merged cells leave blanks, say fill_down=[{str(column.name)!r}]"
        raise AlignmentError(f"{where} has no id in row {_rows(missing, first_row)}; {cure}.")
    cut = np.array([_has_lost_digits(value) for value in column], dtype=bool)
    if cut.any() and not pd.api.types.is_integer_dtype(column.dtype):  # columns of integers hold all their digits
        raise DataError(
            f"{where} holds numbers that have lost their last digits in row {_rows(cut, first_row)}, such as "
            f"{_id_text(column.to_numpy(dtype=object)[cut][0])}: spreadsheets keep 15; give these ids as text."
        )
    return pd.Index([_id_text(value) for value in column], name=column.name, dtype=object)


def as_years(column: pd.Series, where: str, first_row: int) -> np.ndarray:
    """Years as integers (n,), from numbers, texts ("2019", "2019年") or dates.

    Examples
    --------
    >>> as_years(pd.Series(["2019", "2020年"]), "column 'year'", 2).tolist()
    [2019, 2020]
    """
    if pd.api.types.is_datetime64_any_dtype(column):
        column = column.dt.year
    years = column.map(lambda value: value.year if isinstance(value, dt.date) else year_of(value) or value)
    numbers = pd.to_numeric(years, errors="coerce").to_numpy(dtype=float)
    bad = ~np.isfinite(numbers) | (np.floor(numbers) != numbers) | (np.abs(numbers) > 1e6)
    if bad.any():
        shown = column.to_numpy(dtype=object)[bad][0]
        raise DataError(
            f"{where} is not a whole number in row {_rows(bad, first_row)} ({brief(shown)}); write years as 2019."
        )
    return numbers.astype(int)


def as_columns(
    raw: pd.DataFrame, missing: tuple[str, ...], name: str, first_row: int, written: NumberTexts = AS_COMPUTERS
) -> pd.DataFrame:
    """`raw` with columns of numbers as numbers, of dates as dates, and others as they are.

    A column is taken for numbers when at least half of its values are; a text in it is
    an error that names row, column and text. A column with a code such as 0755 stays text.

    Warns
    -----
    ReadingWarning
        If a column stays text although nearly all of its texts are numbers in another way of writing.
    """
    columns = {c: _as_column(raw[c], missing, name, first_row, written) for c in raw.columns}
    ways = {}
    for column, values in columns.items():
        if not _is_text(values):
            continue
        texts = values[values.map(lambda value: isinstance(value, str)).astype(bool)]
        way = None if any(_is_code(text) for text in texts) else way_of(texts)
        if way:
            ways[str(column)] = (way, str(texts.iloc[0]))
    tell_columns(ways, name)
    return pd.DataFrame(columns, index=raw.index)


def _is_text(column: pd.Series) -> bool:
    return column.dtype == object or pd.api.types.is_string_dtype(column)


def _is_code(value: object) -> bool:
    """Whether a text is a code: digits after a zero, or more of them than a number keeps."""
    return isinstance(value, str) and value.isdigit() and (len(value) > 18 or (len(value) > 1 and value[0] == "0"))


def _as_column(
    column: pd.Series, missing: tuple[str, ...], name: str, first_row: int, written: NumberTexts
) -> pd.Series:
    if pd.api.types.is_numeric_dtype(column) or pd.api.types.is_datetime64_any_dtype(column):
        return column
    if isinstance(column.dtype, pd.CategoricalDtype):
        return column.astype(object)
    texts = column.astype(object).map(lambda value: value.strip() if isinstance(value, str) else value)
    texts = texts.mask(texts.map(lambda value: isinstance(value, str) and value in {*_MISSING, *missing, ""}))
    present = texts.notna()
    if not present.any():
        return texts.astype(float)
    if texts[present].map(_is_code).any():
        return texts
    is_date = texts.map(lambda value: isinstance(value, dt.date)) & present
    kind = "dates" if is_date.sum() * 2 >= present.sum() else "numbers"
    values = _dates(texts, is_date) if kind == "dates" else _numbers(texts, written)
    bad = (present & values.isna()).to_numpy()
    if not bad.any():
        return values
    if bad.sum() > present.sum() / 2:
        return texts
    shown = [f"{brief(value)} in row {row + first_row}" for row, value in enumerate(texts) if bad[row]]
    way = way_of(texts[bad], share=1.0) if kind == "numbers" else None
    raise DataError(
        f"column {column.name!r} of {name} holds {kind} but has {some(shown)}; correct it, "
        + (f"read it with {way}, " if way else "")
        + "or name the texts that stand for a missing value with missing=."
    )


def _dates(values: pd.Series, is_date: pd.Series) -> pd.Series:
    return pd.to_datetime(values.where(is_date), errors="coerce")


def _numbers(texts: pd.Series, written: NumberTexts) -> pd.Series:
    """The numbers that `texts` stand for; NaN where they stand for none."""
    if written.plain:
        bare = texts.map(lambda value: plain(value) if isinstance(value, str) and not value.isascii() else value)
    else:
        bare = texts.map(lambda value: written.value(value) if isinstance(value, str) else value)
    if written.percent:  # "12" beside "12%" may be either
        signed = texts.map(lambda value: isinstance(value, str) and plain(value).endswith("%"))
        if signed.any():
            bare = bare.where(signed)
    # as objects: pandas gives durations and periods their own type back, and numbers to it that mean nothing
    bare = bare.astype(object)
    no_numbers = bare.map(lambda value: isinstance(value, _NO_NUMBERS)).astype(bool)
    return pd.to_numeric(bare.mask(no_numbers, np.nan), errors="coerce")


def require_complete(frame: pd.DataFrame, columns: list[str], name: str, first_row: int) -> None:
    """Raise unless every one of `columns` holds a finite number in each row."""
    for column in columns:
        values = frame[column]
        gaps = values.isna().to_numpy()
        if gaps.any():
            raise MissingDataError(
                f"column {column!r} of {name} is empty in row {_rows(gaps, first_row)}; "
                f"fill it in, or drop these rows yourself."
            )
        numbers = pd.to_numeric(values, errors="coerce").to_numpy(dtype=float)
        bad = ~np.isfinite(numbers)
        if bad.any():
            first = values.to_numpy(dtype=object)[bad][0]
            raise DataError(
                f"column {column!r} of {name} is not a number in row {_rows(bad, first_row)} ({first!r}); correct it."
            )


def check_unique(index: pd.Index, where: str, cure: str) -> None:
    """Raise if a label of `index` occurs twice."""
    twice = index[index.duplicated()].unique()
    if len(twice):
        raise AlignmentError(f"{where} has more than one row for {some(twice)}; {cure}.")
