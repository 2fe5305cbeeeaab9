"""A user's own tables: units, or units by year, from CSV, Excel, Stata or Parquet."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from gbaspatial.data.columns import as_columns, as_ids, as_years, check_unique, require_complete
from gbaspatial.data.files import check_encoding, existing, first_line
from gbaspatial.errors import FileFormatError, GbaError, UnknownNameError, import_extra, nearest_names, some


def read_panel(
    path: str | Path,
    *,
    unit: str,
    time: str | None = None,
    numeric: Sequence[str] | None = None,
    missing: Sequence[str] = (),
    sheet: str | int = 0,
    encoding: str | None = None,
) -> pd.DataFrame:
    """A table of units, or of units by year, from CSV, Excel, Stata or Parquet.

    Parameters
    ----------
    path : str or Path
        ``.csv``, ``.tsv``, ``.txt`` (UTF-8 with or without byte-order mark, or GB18030),
        ``.xlsx``, ``.dta``, ``.parquet``.
    unit : str
        The column that names the units; text, so that codes keep their zeros.
    time : str, optional
        The column of years; the index is then (`unit`, `time`).
    numeric : list of str, optional
        Columns that must hold a number in every row.
    missing : list of str
        Texts that stand for a missing value, such as ``".."``; empty cells and NA always do.
    sheet : str or int
        Of an Excel file.
    encoding : str, optional
        Of a CSV file; by default UTF-8, or GB18030 where that does not fit.

    Returns
    -------
    pandas.DataFrame
        Columns of numbers as numbers; text columns, and codes with leading zeros, as text.

    Raises
    ------
    MissingFileError, FileFormatError
        If the file is not there or cannot be read.
    UnknownNameError
        If a column does not exist.
    AlignmentError
        If an id is missing, or a unit (in a year) has two rows.
    DataError
        If a column of numbers contains text; row, column and text are named.
    MissingDataError
        If a column in `numeric` has a gap.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> file = pathlib.Path(tempfile.mkdtemp()) / "panel.csv"
    >>> _ = file.write_text("code,year,x\\n0755,2019,1.5\\n0755,2020,2.5\\n")
    >>> read_panel(file, unit="code", time="year")["x"].to_dict()
    {('0755', 2019): 1.5, ('0755', 2020): 2.5}
    """
    check_encoding(encoding)
    file = existing(path)
    raw = _read_table(file, sheet, encoding)
    twice = raw.columns[raw.columns.duplicated()]
    if len(twice):
        raise FileFormatError(f"{file.name} has two columns called {some(twice)}; rename one.")
    keys = [unit] if time is None else [unit, time]
    for column in [*keys, *(numeric or ())]:
        if column not in list(raw.columns):
            raise UnknownNameError(f"{file.name} has no column {column!r}. {nearest_names(column, raw.columns)}")
    first_row = 2 if file.suffix.lower() not in (".dta", ".parquet") else 1
    ids = as_ids(raw[unit], f"column {unit!r} of {file.name}", first_row)
    body = as_columns(raw.drop(columns=keys), tuple(missing), file.name, first_row)
    require_complete(body, list(numeric or ()), file.name, first_row)
    if time is None:
        body.index = ids
        check_unique(ids, f"column {unit!r} of {file.name}", "give one row per unit, or say which column is the time=")
        return body
    years = as_years(raw[time], f"column {time!r} of {file.name}", first_row)
    body.index = pd.MultiIndex.from_arrays([ids, years], names=keys)
    check_unique(body.index, f"{file.name}", "keep one row per unit and year")
    return body


def _read_table(file: Path, sheet: str | int, encoding: str | None) -> pd.DataFrame:
    ending = file.suffix.lower()
    try:
        if ending in (".csv", ".tsv", ".txt"):
            return _with_header(_read_csv(file, encoding), file)
        if ending in (".xlsx", ".xlsm", ".xls"):
            import_extra("openpyxl", extra="excel")
            with pd.ExcelFile(file) as book:
                if isinstance(sheet, str) and sheet not in book.sheet_names:
                    hint = nearest_names(sheet, book.sheet_names)
                    raise UnknownNameError(f"{file.name} has no sheet {sheet!r}. {hint}")
                return _with_header(pd.read_excel(book, sheet_name=sheet, dtype=object, header=None), file)
        if ending == ".dta":
            return pd.read_stata(file)
        if ending == ".parquet":
            import_extra("pyarrow", extra="parquet")
            return pd.read_parquet(file)
    except GbaError:
        raise
    except (ValueError, OSError, KeyError, ArithmeticError) as error:
        raise FileFormatError(f"{file.name} cannot be read as a table ({first_line(error)}).") from error
    raise FileFormatError(
        f"{file.name} ends in {ending!r}; tables are read from .csv, .tsv, .txt, .xlsx, .dta and .parquet."
    )


def _with_header(cells: pd.DataFrame, file: Path) -> pd.DataFrame:
    """`cells` with their first row as names; pandas itself would rename a second "x" to "x.1" and say nothing."""
    if cells.empty or len(cells) == 1:
        lack = "is empty" if cells.empty else "has a header but no rows"
        raise FileFormatError(f"{file.name} {lack}; it needs a header and rows.")
    filled = cells.notna().any(axis=1).to_numpy()
    cells = cells.iloc[: filled.nonzero()[0].max(initial=0) + 1]  # empty lines at the end are no rows
    header, body = cells.iloc[0], cells.iloc[1:].reset_index(drop=True)
    named = (header.notna() | body.notna().any()).to_numpy()
    body = body.loc[:, named]
    texts = [str(name).strip() if pd.notna(name) else f"column {number + 1}" for number, name in enumerate(header)]
    body.columns = pd.Index([text for text, kept in zip(texts, named, strict=True) if kept])
    return body


def _read_csv(file: Path, encoding: str | None) -> pd.DataFrame:
    for tried in [encoding] if encoding else ["utf-8-sig", "gb18030"]:
        try:
            text = file.read_text(encoding=tried)
        except UnicodeError:
            continue
        if not text.strip():
            raise FileFormatError(f"{file.name} is empty; it needs a header and rows.")
        first = text.partition("\n")[0]
        separator = max(",;\t", key=first.count)
        # texts first: a code such as 0755 must not become the number 755
        return pd.read_csv(
            io.StringIO(text), header=None, dtype=str, keep_default_na=False, na_values=[""], sep=separator,
            skip_blank_lines=False,
        )  # fmt: skip
    if encoding is not None:
        raise FileFormatError(f"{file.name} is no text in the encoding {encoding!r}; leave it out, or name another.")
    raise FileFormatError(f"{file.name} is neither UTF-8 nor GB18030 text; say its encoding with encoding=.")
