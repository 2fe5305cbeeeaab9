"""Columns as read become ids, years, numbers or text; what does not fit is named by row and column."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from gbaspatial.errors import AlignmentError, DataError, MissingDataError, some

_MISSING = ("NA", "N/A", "n/a", "NaN", "nan", "NULL", "null", "None", "#N/A")


def _rows(where: np.ndarray, first_row: int) -> str:
    return some(np.flatnonzero(where) + first_row)


def _id_text(value: Any) -> str:
    if isinstance(value, (float, np.floating)) and float(value).is_integer():
        return str(int(value))
    text = str(value).strip()
    whole, dot, rest = text.partition(".")  # what spreadsheets make of a code: "440100.0"
    return whole if dot and rest == "0" and whole.isdigit() else text


def as_ids(column: pd.Series, where: str, first_row: int) -> pd.Index:
    """Unit ids as text; numbers lose a trailing ".0", codes keep leading zeros.

    Examples
    --------
    >>> as_ids(pd.Series([440100.0, 440300.0], name="code"), "column 'code'", 2).tolist()
    ['440100', '440300']
    """
    missing = column.isna().to_numpy() | (column.astype(str).str.strip() == "").to_numpy()
    if missing.any():
        raise AlignmentError(f"{where} has no id in row {_rows(missing, first_row)}; give every row one.")
    return pd.Index([_id_text(value) for value in column], name=column.name, dtype=object)


def as_years(column: pd.Series, where: str, first_row: int) -> np.ndarray:
    """Years as integers (n,), from numbers, texts or dates.

    Examples
    --------
    >>> as_years(pd.Series(["2019", "2020"]), "column 'year'", 2).tolist()
    [2019, 2020]
    """
    if pd.api.types.is_datetime64_any_dtype(column):
        column = column.dt.year
    numbers = pd.to_numeric(column, errors="coerce").to_numpy(dtype=float)
    bad = ~np.isfinite(numbers) | (np.floor(numbers) != numbers)
    if bad.any():
        shown = column.to_numpy(dtype=object)[bad][0]
        raise DataError(
            f"{where} is not a whole number in row {_rows(bad, first_row)} ({shown!r}); write years as 2019."
        )
    return numbers.astype(int)


def as_columns(raw: pd.DataFrame, missing: tuple[str, ...], name: str, first_row: int) -> pd.DataFrame:
    """`raw` with columns of numbers as numbers and others as they are.

    A column is taken for numbers when at least half of its values are; a text in it is
    an error that names row, column and text. A column with a code such as 0755 stays text.
    """
    return pd.DataFrame({c: _as_column(raw[c], missing, name, first_row) for c in raw.columns}, index=raw.index)


def _as_column(column: pd.Series, missing: tuple[str, ...], name: str, first_row: int) -> pd.Series:
    if pd.api.types.is_numeric_dtype(column) or pd.api.types.is_datetime64_any_dtype(column):
        return column
    if isinstance(column.dtype, pd.CategoricalDtype):
        return column.astype(object)
    texts = column.astype(object).map(lambda value: value.strip() if isinstance(value, str) else value)
    texts = texts.mask(texts.isin([*_MISSING, *missing, ""]))
    present = texts.notna()
    if not present.any():
        return texts.astype(float)
    numbers = pd.to_numeric(texts, errors="coerce")
    is_code = texts[present].map(lambda v: isinstance(v, str) and len(v) > 1 and v[0] == "0" and v.isdigit())
    if is_code.any():
        return texts
    bad = (present & numbers.isna()).to_numpy()
    if not bad.any():
        return numbers
    if bad.sum() > present.sum() / 2:
        return texts
    shown = [f"{value!r} in row {row + first_row}" for row, value in enumerate(texts) if bad[row]]
    raise DataError(
        f"column {column.name!r} of {name} holds numbers but has {some(shown)}; correct it, "
        f"or name the texts that stand for a missing value with missing=."
    )


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
