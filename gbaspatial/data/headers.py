"""Where the header of a table stands, what merged cells leave blank, and years that stand as columns."""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from gbaspatial.data.door import no_rows
from gbaspatial.data.number_texts import plain
from gbaspatial.errors import (
    FileFormatError,
    OptionError,
    ReadingWarning,
    UnknownNameError,
    nearest_names,
    outside,
    some,
)
from gbaspatial.options import brief, public, whole

TEXT_ENDINGS = (".csv", ".tsv", ".txt")
_YEAR = re.compile(r"(?:FY|CY)?\s*((?:1[89]|20|21)\d\d)(?:\.0)?\s*(?:年度|年末|年底|年)?", re.IGNORECASE)
_YEAR_AT_END = re.compile(r"(.*\D)((?:1[89]|20|21)\d\d)")


def year_of(value: object) -> int | None:
    """The year that a cell says, or None: 2019, 2019.0, "2019", "2019年", "2019年度".

    Examples
    --------
    >>> year_of("２０１０年"), year_of("2010 (revised)")
    (2010, None)
    """
    if isinstance(value, bool) or value is None:
        return None
    found = _YEAR.fullmatch(plain(str(value)))
    return int(found[1]) if found else None


def check_header(header: object) -> int | None:
    """`header` as the number of a row, the first being 1, or None."""
    return None if header is None else whole(header, "header", least=1)


def with_header(
    cells: pd.DataFrame, header: int | None, wanted: Sequence[str], file: Path, lengths: Sequence[int] = ()
) -> tuple[pd.DataFrame, int]:
    """`cells` with the row `header` (the first is 1) as names, and the number of the first row below it.

    pandas itself would rename a second "x" to "x.1" and say nothing.
    """
    name = file.name
    filled = cells.notna().any(axis=1).to_numpy()
    cells = cells.iloc[: filled.nonzero()[0].max(initial=-1) + 1]  # empty lines at the end are no rows
    if cells.empty:
        raise no_rows(name)
    place = (header or 1) - 1
    if place >= len(cells) - 1:
        if header is not None and place >= len(cells):
            raise OptionError(f"header={header} is beyond the {len(cells)} rows of {name}.")
        raise FileFormatError(f"{name} has a header but no rows; it needs a header and rows.")
    if header is None:
        _refuse_title(cells, wanted, name)
    names, body = cells.iloc[place], cells.iloc[place + 1 :].reset_index(drop=True)
    if file.suffix.lower() in TEXT_ENDINGS:
        _refuse_longer_rows(names, body, place + 2, name)
        _tell_shorter_rows(lengths[place : len(cells)], place + 1, name)
    named = (names.notna() | body.notna().any()).to_numpy()
    body = body.loc[:, named]
    texts = [_name(text, number) for number, text in enumerate(names)]
    body.columns = pd.Index([text for text, kept in zip(texts, named, strict=True) if kept], dtype=object)
    return body, place + 2


def _name(cell: object, number: int) -> str:
    if pd.isna(cell):
        return f"column {number + 1}"
    if isinstance(cell, (float, np.floating)) and float(cell).is_integer():
        return str(int(cell))
    return str(cell).strip()


def _refuse_title(cells: pd.DataFrame, wanted: Sequence[str], name: str) -> None:
    """Tell the row of the header where titles stand above it."""
    for place in range(1, min(len(cells) - 1, 30)):
        row = {_name(cell, -1) for cell in cells.iloc[place]}
        if set(wanted) <= row and not set(wanted) & {_name(cell, -1) for cell in cells.iloc[0]}:
            title = next((str(cell) for cell in cells.iloc[0] if pd.notna(cell)), "")
            first = f"row 1 is a title ({brief(title)})" if title else "row 1 is empty"
            raise FileFormatError(
                f"{name}: {first}, and the names of the columns are in row {place + 1}; say header={place + 1}."
            )


def _refuse_longer_rows(names: pd.Series, body: pd.DataFrame, first_row: int, name: str) -> None:
    """Refuse rows of a text file that are longer than its header: a mark within a text shifts all that follows."""
    width = int(np.flatnonzero(names.notna().to_numpy()).max(initial=-1)) + 1
    longer = body.iloc[:, width:].notna().any(axis=1).to_numpy()
    if longer.any():
        row = int(longer.argmax())
        cells = int(np.flatnonzero(body.iloc[row].notna().to_numpy()).max()) + 1
        raise FileFormatError(
            f"row {row + first_row} of {name} has {cells} cells, but the header names {width} columns; put texts with "
            f"commas into quotes, or name every column."
        )


def _tell_shorter_rows(lengths: Sequence[int], first_row: int, name: str) -> None:
    """Warn of rows with fewer cells than the header, whose last values would be missing without a word."""
    shorter = [first_row + number for number, cells in enumerate(lengths) if 0 < cells < lengths[0]]
    if shorter:
        warnings.warn(
            f"{name} has fewer cells than the header in row {some(shorter)}; what lacks at their ends is read as "
            f"missing. Is a separator lost, or a line broken in two?",
            ReadingWarning,
            stacklevel=outside(),
        )


def filled_down(table: pd.DataFrame, columns: Sequence[str], name: str) -> pd.DataFrame:
    """`table` with the blanks that merged cells leave in `columns` filled by the value above."""
    for column in columns:
        if column not in table.columns:
            raise UnknownNameError(
                f"{name} has no column {column!r} to fill down. {nearest_names(column, table.columns)}"
            )
    return table.assign(**{column: table[column].ffill() for column in columns}) if columns else table


def years_among(columns: pd.Index) -> list[int]:
    """The years that stand as columns of a wide table.

    Examples
    --------
    >>> years_among(pd.Index(["code", "2010年", "2011年"]))
    [2010, 2011]
    """
    found = [year_of(column) for column in columns]
    return [year for year in found if year is not None]


def refuse_wide(table: pd.DataFrame, time: str, name: str) -> None:
    """Tell how to turn a table whose years stand as columns."""
    if time in table.columns:
        return
    years = years_among(table.columns)
    if len(years) < 2:
        _refuse_prefixed(table.columns, time, name)
        return
    raise UnknownNameError(
        f"{name} has no column {time!r}: its years stand as columns ({some(years)}). Read it without time=, and turn "
        f"what is read: gba.data.long(table, 'value')."
    )


def _refuse_prefixed(columns: pd.Index, time: str, name: str) -> None:
    """The same for columns such as gdp_2010, gdp_2011."""
    beginnings: dict[str, list[str]] = {}
    for column in map(str, columns):
        if (found := _YEAR_AT_END.fullmatch(column)) is not None:
            beginnings.setdefault(found[1], []).append(column)
    for begins, wide in beginnings.items():
        if len(wide) > 1:
            chosen = (
                f"table[[c for c in table if c.startswith({begins!r})]].rename(columns=lambda c: c[{len(begins)}:])"
            )
            raise UnknownNameError(
                f"{name} has no column {time!r}: its years stand in the names of columns ({some(wide)}). Read it "
                f"without time=, and turn what is read: gba.data.long({chosen}, 'value')."
            )


@public
def long(table: pd.DataFrame, name: str, *, time: str = "year") -> pd.DataFrame:
    """A table with a column for each year, turned into one row for each unit and year.

    Parameters
    ----------
    table : DataFrame
        Indexed by unit; columns that are years ("2010", 2010, "2010年") and no others.
    name : str
        What the numbers are, the name of the one column of the answer.
    time : str
        The name of the level of years.

    Returns
    -------
    pandas.DataFrame
        Index (unit, `time`), one column `name`.

    Raises
    ------
    UnknownNameError
        If no column is a year.
    OptionError
        If some columns are years and others are not: choose them first.

    Examples
    --------
    >>> wide = pd.DataFrame({"2010年": [1.0, 2.0], "2011年": [3.0, 4.0]}, index=pd.Index(["a", "b"], name="code"))
    >>> long(wide, "gdp")["gdp"].to_dict()
    {('a', 2010): 1.0, ('a', 2011): 3.0, ('b', 2010): 2.0, ('b', 2011): 4.0}
    """
    if not isinstance(table, pd.DataFrame):
        raise OptionError(f"the table is a {type(table).__name__}; pass a DataFrame with a column for each year.")
    years = {column: year_of(column) for column in table.columns}
    others = [column for column, year in years.items() if year is None]
    if len(others) == len(years):
        raise UnknownNameError(f"no column of the table is a year such as 2010. {nearest_names('2010', table.columns)}")
    if others:
        raise OptionError(f"{some(others)} are no years; drop them first: table.drop(columns=[...]).")
    if len(set(years.values())) < len(years):
        raise OptionError(f"two columns are the same year ({some(table.columns)}); drop one first.")
    stacked = table.set_axis(pd.Index(list(years.values()), name=time), axis=1).stack(future_stack=True)
    return stacked.rename(str(name)).to_frame()
