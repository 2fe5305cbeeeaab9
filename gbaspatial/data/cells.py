"""The cells of a table file as they stand in it: CSV, Excel, Stata, Parquet."""

from __future__ import annotations

import codecs
import csv
import io
import warnings
import zipfile
from pathlib import Path
from types import ModuleType
from typing import Any

import pandas as pd

from gbaspatial.data.door import MOST_CELLS, MOST_COLUMNS, no_rows
from gbaspatial.data.encodings import decode, guess, tell
from gbaspatial.data.in_memory import with_index
from gbaspatial.data.parquet import check_parquet
from gbaspatial.data.signatures import check_archive
from gbaspatial.errors import (
    FileFormatError,
    MissingPackageError,
    OptionError,
    ReadingWarning,
    UnknownNameError,
    import_extra,
    nearest_names,
    outside,
    some,
)
from gbaspatial.options import brief
from gbaspatial.sheets import unguard

SHEETS = (".xlsx", ".xlsm")
_OLE = b"\xd0\xcf\x11\xe0"  # the container of .xls, and of a workbook with a password


def text_cells(file: Path, encoding: str | None) -> tuple[pd.DataFrame, list[int]]:
    """The cells of a CSV file, as text; empty ones are missing. With them, how many cells each row has."""
    text = _text(file, encoding)
    if not text.strip():
        raise no_rows(file.name)
    if "\0" in text:
        raise FileFormatError(f"{file.name} holds NUL characters, so it is no text table; is it damaged, or UTF-16?")
    first = next((line for line in text.split("\n", 50) if line.strip()), "")
    separator = max(",;\t", key=first.count)
    if first.count(separator) >= MOST_COLUMNS:
        raise FileFormatError(f"{file.name} has more than {MOST_COLUMNS} columns; was it turned round?")
    # texts first: a code such as 0755 must not become the number 755
    options: dict[str, object] = {
        "header": None, "dtype": str, "keep_default_na": False, "na_values": [""], "sep": separator,
        "skip_blank_lines": False,
    }  # fmt: skip
    width = _width(text, separator)
    if width > MOST_COLUMNS:
        raise FileFormatError(f"{file.name} has more than {MOST_COLUMNS} columns in a row; is it damaged?")
    try:
        cells = pd.read_csv(io.StringIO(text), **options, names=range(width))
    except pd.errors.ParserError as error:
        if "EOF inside string" not in str(error):
            raise
        raise FileFormatError(f"{file.name} opens a quote that never ends; close it, or take it out.") from error
    return _without_apostrophes(cells, file.name), _lengths(text, separator, len(cells))


def _lengths(text: str, separator: str, rows: int) -> list[int]:
    """How many cells each row has; nothing where the rows cannot be told apart as pandas does."""
    try:
        found = [len(row) for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator)]
    except csv.Error:
        return []
    return found if len(found) == rows else []


def _width(text: str, separator: str) -> int:
    """The most cells of the first lines; where a title stands above the table, it is narrower than what follows."""
    lines = text.split("\n", 50)[:50]
    try:
        return max((len(row) for row in csv.reader(lines, delimiter=separator)), default=1) or 1
    except csv.Error:
        return max(line.count(separator) for line in lines) + 1


def _text(file: Path, encoding: str | None) -> str:
    content = file.read_bytes()
    if encoding is None:
        text = decode(content, file.name)
        if text is None:
            raise FileFormatError(
                f"{file.name} is neither UTF-8 nor usual text in GB18030, Big5 or Latin-1; say its encoding with "
                f"encoding=."
            )
        return text
    try:
        wide = codecs.lookup(encoding).name in ("utf-16", "utf-32")
        if wide and not content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_BE)):
            raise UnicodeError("without a byte-order mark any bytes would do")
        return content.decode(encoding).removeprefix("\ufeff")
    except UnicodeError:
        raise FileFormatError(
            f"{file.name} is no text in the encoding {encoding!r}; leave it out, or name another with encoding=."
        ) from None


def _without_apostrophes(cells: pd.DataFrame, name: str) -> pd.DataFrame:
    """Cells such as '=x without the apostrophe that keeps a spreadsheet from running them."""
    marked = cells.map(lambda value: unguard(value) is not value)
    if not marked.to_numpy().any():
        return cells
    shown = some(cells.to_numpy()[marked.to_numpy()], 2)
    warnings.warn(
        f"{name} marks texts that a spreadsheet would run with an apostrophe ({shown}); it was taken off.",
        ReadingWarning,
        stacklevel=outside(),
    )
    return cells.mask(marked, cells.map(unguard))


def sheet_cells(file: Path, sheet: str | int) -> pd.DataFrame:
    """The cells of one sheet of a workbook: numbers, texts, dates, flags; empty ones are missing."""
    openpyxl = import_extra("openpyxl", extra="excel")
    _check_workbook(file)
    book = openpyxl.load_workbook(file, read_only=True, data_only=True, keep_links=False)
    try:
        names = [page.title for page in book.worksheets]
        page = book.worksheets[_place(names, sheet, file.name)]
        page.reset_dimensions()  # what the file says of its size may be wrong
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # of a date that is none: #VALUE! is in its cell, and told
            cells = pd.DataFrame(_rows(page, file.name), dtype=object)
        if cells.isna().to_numpy().any():
            _tell_uncalculated(openpyxl, file, page.title, cells)
        return cells
    finally:
        book.close()


def _tell_uncalculated(openpyxl: ModuleType, file: Path, sheet: str, cells: pd.DataFrame) -> None:
    """Warn of formulas that no program has calculated: their cells would be missing values without a word."""
    book = openpyxl.load_workbook(file, read_only=True, keep_links=False)
    try:
        page = book[sheet]
        page.reset_dimensions()
        empty, found = cells.isna().to_numpy(), []
        for cell in (cell for row in page.iter_rows(max_row=len(cells)) for cell in row):
            inside = getattr(cell, "data_type", "") == "f" and cell.column <= cells.shape[1]
            if inside and empty[cell.row - 1, cell.column - 1]:
                found.append(cell.coordinate)
    finally:
        book.close()
    if found:
        warnings.warn(
            f"{file.name} has formulas without results in {some(found)}, which are read as missing; open and save it "
            f"in a spreadsheet program, which calculates them.",
            ReadingWarning,
            stacklevel=outside(),
        )


def _rows(page: Any, name: str) -> list[list[object]]:
    """The rows of a sheet, equally long, without the empty ones at the end."""
    rows: list[list[object]] = []
    width = filled = 0
    for number, row in enumerate(page.iter_rows(values_only=True), start=1):
        cells = list(row)
        while cells and (cells[-1] is None or cells[-1] == ""):
            cells.pop()
        width, filled = max(width, len(cells)), number if cells else filled
        if number * max(width, 1) > MOST_CELLS:
            raise FileFormatError(
                f"{name} has cells in far corners of the sheet (more than {MOST_CELLS:,} cells); save the table as CSV."
            )
        rows.append([None if cell == "" else cell for cell in cells])
    return [row + [None] * (width - len(row)) for row in rows[:filled]]


def _place(names: list[str], sheet: str | int, name: str) -> int:
    if not names:
        raise FileFormatError(f"{name} holds no sheet with cells.")
    if isinstance(sheet, str):
        if sheet not in names:
            raise UnknownNameError(f"{name} has no sheet {sheet!r}. {nearest_names(sheet, names)}")
        return names.index(sheet)
    if isinstance(sheet, bool) or not hasattr(sheet, "__index__"):
        raise OptionError(f"sheet={brief(sheet)} must be the name of a sheet, or its place (0 is the first).")
    if not 0 <= int(sheet) < len(names):
        raise OptionError(f"sheet={sheet} does not exist: {name} has {len(names)} sheets, 0 is the first.")
    return int(sheet)


def _check_workbook(file: Path) -> None:
    """Refuse a workbook with a password, an old one, and one that unfolds to more than can be held."""
    with file.open("rb") as stream:
        head = stream.read(8)
    if head.startswith(_OLE):
        raise FileFormatError(
            f"{file.name} is locked with a password, or an old .xls under another ending; "
            f"open it and save it as .xlsx without a password."
        )
    if not zipfile.is_zipfile(file):
        raise FileFormatError(f"{file.name} is no Excel workbook; save it as .xlsx or CSV again.")
    with zipfile.ZipFile(file) as archive:
        members = archive.infolist()
        check_archive(archive, members, file.name)
        for member in members:
            if member.filename.endswith((".xml", ".rels")):
                _check_xml(archive, member, file.name)


def _check_xml(archive: zipfile.ZipFile, member: zipfile.ZipInfo, name: str) -> None:
    """Refuse entities, which unfold without end; no workbook has them."""
    with archive.open(member) as stream:
        if b"<!DOCTYPE" in stream.read(4096).upper():
            raise FileFormatError(f"{name} declares a document type in {member.filename}, which no workbook does.")


def old_sheet_cells(file: Path, sheet: str | int) -> pd.DataFrame:
    """The cells of a sheet of an old .xls workbook, for which xlrd must be there."""
    try:
        import xlrd  # noqa: F401
    except ImportError as error:
        raise MissingPackageError(
            f"{file.name} is an old Excel file (.xls): save it as .xlsx, or install its reader with: pip install xlrd"
        ) from error
    with pd.ExcelFile(file, engine="xlrd") as book:
        place = _place([str(name) for name in book.sheet_names], sheet, file.name)
        return pd.read_excel(book, sheet_name=place, dtype=object, header=None)


def stata_table(file: Path) -> pd.DataFrame:
    """A Stata file; texts of versions before 14, which have no encoding of their own, as they fit best."""
    table = pd.read_stata(file)
    head = file.read_bytes()[:64]
    old = head[:1] in (b"\x69", b"\x6c", b"\x6f", b"\x71", b"\x72", b"\x73") or b"<release>117<" in head
    if not old:
        return table
    columns = [c for c in table.columns if table[c].dtype == object or pd.api.types.is_string_dtype(table[c])]
    texts = [text for c in columns for text in table[c].dropna().unique() if isinstance(text, str)]
    strange = [text.encode("latin-1", "ignore") for text in texts if not text.isascii()]
    encoding = guess(strange) if strange else None
    if encoding is None or encoding == "cp1252":
        return table
    again = {c: table[c].map(lambda v: _again(v, encoding)) for c in columns}
    tell(encoding, " ".join(piece.decode(encoding, "replace") for piece in strange[:5]), file.name)
    return table.assign(**again)


def _again(value: object, encoding: str) -> object:
    try:
        return value.encode("latin-1").decode(encoding) if isinstance(value, str) else value
    except UnicodeError:
        return value


def parquet_table(file: Path) -> pd.DataFrame:
    """A Parquet file as a frame."""
    import_extra("pyarrow", extra="parquet")
    check_parquet(file)
    return with_index(pd.read_parquet(file))
