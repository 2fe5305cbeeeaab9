"""A user's own tables: units, or units by year, from CSV, Excel, Stata or Parquet."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from gbaspatial.data.cells import (
    SHEETS,
    old_sheet_cells,
    parquet_table,
    sheet_cells,
    stata_table,
    text_cells,
)
from gbaspatial.data.columns import as_columns, as_ids, as_years, check_unique, require_complete
from gbaspatial.data.databases import is_database, read_database
from gbaspatial.data.door import reading
from gbaspatial.data.encodings import check_encoding
from gbaspatial.data.files import existing
from gbaspatial.data.headers import TEXT_ENDINGS, check_header, filled_down, refuse_wide, with_header
from gbaspatial.data.in_memory import as_frame, parquet_files, put_together
from gbaspatial.data.number_texts import NumberTexts, number_texts
from gbaspatial.errors import FileFormatError, OptionError, UnknownNameError, nearest_names, some
from gbaspatial.options import brief, public, unused

if TYPE_CHECKING:
    from gbaspatial.data.in_memory import Source


@public
def read_panel(
    path: Any,
    *,
    unit: str,
    time: str | None = None,
    table: str | None = None,
    numeric: Sequence[str] | None = None,
    missing: Sequence[str] = (),
    sheet: str | int = 0,
    header: int | None = None,
    fill_down: Sequence[str] = (),
    decimal: Literal[".", ","] = ".",
    thousands: str | None = None,
    percent: Literal["points", "share"] | None = None,
    encoding: str | None = None,
) -> pd.DataFrame:
    """A table of units, or of units by year, from CSV, Excel, Stata or Parquet.

    Parameters
    ----------
    path : str, Path or frame
        ``.csv``, ``.tsv``, ``.txt`` (UTF-8 with or without byte-order mark, UTF-16, GB18030, Big5 or Latin-1),
        ``.xlsx``, ``.dta``, ``.parquet``; ``.xls`` where xlrd is installed; a folder of Parquet files; a frame of
        pandas or DuckDB; or the address of a PostgreSQL database (extra ``postgis``), whose password no error tells.
    unit : str
        The column that names the units; text, so that codes keep their zeros.
    time : str, optional
        The column of years (2019, "2019年", a date); the index is then (`unit`, `time`).
    table : str, optional
        Of a database: the table (``"name"`` or ``"schema.name"``), or a query that begins with SELECT or WITH.
    numeric : list of str, optional
        Columns that must hold a number in every row.
    missing : list of str
        Texts that stand for a missing value, such as ``".."``; empty cells and NA always do.
    sheet : str or int
        Of an Excel file: its name, or its place (0 is the first).
    header : int, optional
        The row with the names of the columns, where titles stand above it; the first row is 1.
    fill_down : list of str
        Columns in which merged cells leave blanks, to be filled by the value above.
    decimal : {".", ","}
        The decimal mark of numbers written as text.
    thousands : {",", ".", " ", "'"}, optional
        What stands between thousands: with ``","`` the text "1,234" is 1234.
    percent : {"points", "share"}, optional
        What "12%" is: 12 or 0.12. By default it is text.
    encoding : str, optional
        Of a CSV file; by default UTF-8, else GB18030, Big5 or Latin-1, whichever fits best.

    Returns
    -------
    pandas.DataFrame
        Columns of numbers as numbers, of dates as dates; text columns, and codes with leading zeros, as text.

    Raises
    ------
    MissingFileError, FileFormatError
        If the file is not there or cannot be read.
    UnknownNameError
        If a column does not exist; where the years stand as columns, the error says how to turn the table.
    AlignmentError
        If an id is missing, or a unit (in a year) has two rows.
    DataError
        If a column of numbers contains text; row, column and text are named.
    MissingDataError
        If a column in `numeric` has a gap.

    Warns
    -----
    ReadingWarning
        If the encoding was guessed, or a column of text is nearly all numbers ("1,234", "12%").

    Examples
    --------
    >>> import tempfile, pathlib
    >>> file = pathlib.Path(tempfile.mkdtemp()) / "panel.csv"
    >>> _ = file.write_text("code,year,x\\n0755,2019,1.5\\n0755,2020,2.5\\n")
    >>> read_panel(file, unit="code", time="year")["x"].to_dict()
    {('0755', 2019): 1.5, ('0755', 2020): 2.5}
    """
    check_encoding(encoding)
    written = number_texts(decimal, thousands, percent)
    row = check_header(header)
    required = _names(numeric, "numeric")
    keys = _keys(unit, time)
    if (given := _without_file(path, table)) is not None:
        of_files = {"sheet": sheet or None, "header": header, "encoding": encoding}
        unused(of_files, "it is of files, and no file was given")
        raw, where = given
        return _checked(raw, keys, required, fill_down, missing, written, where, 1)
    file = existing(path, folders=".parquet")
    with reading(file, "a table"):
        raw, first_row = _read_table(file, sheet, encoding, row, keys)
        return _checked(raw, keys, required, fill_down, missing, written, file.name, first_row)


def _without_file(source: Source, table: str | None) -> tuple[pd.DataFrame, str] | None:
    """The raw table of a database or of a frame, and what to call it; None where `source` is to be a file."""
    if is_database(source):
        found, where = read_database(source, table)
    else:
        unused({"table": table}, "a table is named in databases only")
        found, where = as_frame(source), "the frame"
    return None if found is None else (_without_shapes(found), where)


def _without_shapes(frame: pd.DataFrame) -> pd.DataFrame:
    """The plain table of a layer."""
    shapes = getattr(frame, "_geometry_column_name", None)
    plain = pd.DataFrame(frame.drop(columns=[shapes] if shapes in frame.columns else []))
    plain.attrs = {}
    return plain


def _checked(
    raw: pd.DataFrame, keys: list[str], required: list[str], fill_down: Sequence[str], missing: Sequence[str],
    written: NumberTexts, where: str, first_row: int,
) -> pd.DataFrame:  # fmt: skip
    _check_names(raw, keys, required, where)
    raw = filled_down(raw, _names(fill_down, "fill_down"), where)
    return _panel(raw, keys, required, _names(missing, "missing"), written, where, first_row)


def _keys(unit: str, time: str | None) -> list[str]:
    """The columns of ids and years, which must be two names."""
    keys = [unit] if time is None else [unit, time]
    for name, key in zip(("unit", "time"), keys, strict=False):
        if not isinstance(key, str):
            raise OptionError(f"{name}={brief(key)} must be the name of one column, as text.")
    if len(set(keys)) < len(keys):
        raise OptionError(f"unit={unit!r} and time={time!r} are the same column; name two.")
    return keys


def _names(value: object, name: str) -> list[str]:
    """A list of texts, also where one alone was given."""
    texts = [value] if isinstance(value, str) else value
    if texts is None:
        return []
    if not isinstance(texts, (list, tuple, set, pd.Index)) or not all(isinstance(text, str) for text in texts):
        raise OptionError(f"{name}={brief(value)} must be a list of texts.")
    return list(texts)


def _check_names(raw: pd.DataFrame, keys: list[str], required: list[str], name: str) -> None:
    twice = raw.columns[raw.columns.duplicated()]
    if len(twice):
        raise FileFormatError(f"{name} has two columns called {some(twice)}; rename one.")
    if len(keys) == 2 and keys[0] in raw.columns:
        refuse_wide(raw, keys[1], name)
    for column in [*keys, *required]:
        if column not in list(raw.columns):
            raise UnknownNameError(f"{name} has no column {column!r}. {nearest_names(column, raw.columns)}")


def _panel(
    raw: pd.DataFrame,
    keys: list[str],
    required: list[str],
    missing: list[str],
    written: NumberTexts,
    name: str,
    first_row: int,
) -> pd.DataFrame:
    """The raw table with ids and years as its index and its columns as what they are."""
    where = f"column {keys[0]!r} of {name}"
    ids = as_ids(raw[keys[0]], where, first_row, fillable=True)
    body = as_columns(raw.drop(columns=keys), tuple(missing), name, first_row, written)
    require_complete(body, required, name, first_row)
    if len(keys) == 1:
        body.index = ids
        check_unique(ids, where, "give one row per unit, or say which column is the time=")
        return body
    years = as_years(raw[keys[1]], f"column {keys[1]!r} of {name}", first_row)
    body.index = pd.MultiIndex.from_arrays([ids, years], names=keys)
    check_unique(body.index, name, "keep one row per unit and year")
    return body


def _read_table(
    file: Path, sheet: str | int, encoding: str | None, header: int | None, keys: list[str]
) -> tuple[pd.DataFrame, int]:
    """The table as it stands in the file, and the number of its first row as a reader counts."""
    ending = ".parquet" if file.is_dir() else file.suffix.lower()
    if encoding is not None and ending not in TEXT_ENDINGS:
        raise OptionError(f"encoding= is of text files such as .csv; leave it out for {file.name}.")
    if sheet != 0 and ending not in (*SHEETS, ".xls"):
        raise OptionError(f"sheet= is of Excel files; leave it out for {file.name}.")
    if ending in TEXT_ENDINGS:
        cells, lengths = text_cells(file, encoding)
        return with_header(cells, header, keys, file, lengths)
    if ending in SHEETS:
        return with_header(sheet_cells(file, sheet), header, keys, file)
    if ending == ".xls":
        return with_header(old_sheet_cells(file, sheet), header, keys, file)
    if ending in (".dta", ".parquet"):
        if header is not None:
            raise OptionError(f"{file.name} has its names apart from its rows; leave header= out.")
        if file.is_dir():
            parts = {each: _without_shapes(parquet_table(each)) for each in parquet_files(file)}
            return put_together(parts, file), 1
        return (stata_table(file) if ending == ".dta" else parquet_table(file)), 1
    raise FileFormatError(
        f"{file.name} ends in {ending!r}; tables are read from .csv, .tsv, .txt, .xlsx, .dta and .parquet."
    )
