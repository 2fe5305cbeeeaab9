"""Tables in Word and Excel: numbers are numbers, alone in their cells; identifiers stay text."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from gbaspatial.errors import FileFormatError, door_of, import_extra, own_names
from gbaspatial.filenames import file_of
from gbaspatial.sheets import keep_texts
from gbaspatial.typesetting import Grid, is_day, plain, shown
from gbaspatial.writing import replace_file

if TYPE_CHECKING:
    from docx.document import Document

_SHEET_NAME = 31  # characters, the limit of Excel
_WIDE = 8  # columns; a wider table turns the page
_ODD = re.compile(r"[\[\]:*?/\\]")


def write_word(path: str | Path, grids: list[Grid]) -> None:
    """Write tables as a Word document (extra ``word``) with captions, rules and notes; wide ones turn the pages.

    Raises
    ------
    FileFormatError
        If the path does not end in .docx.
    MissingPackageError
        If python-docx is not installed.
    """
    docx = import_extra("docx", extra="word")
    target = _with_ending(path, ".docx")
    document = docx.Document()
    document.core_properties.author = ""
    document.core_properties.title = grids[0].title if grids else ""
    if any(len(grid.header) > _WIDE for grid in grids):
        section = document.sections[0]
        section.page_width, section.page_height = section.page_height, section.page_width
        section.orientation = docx.enum.section.WD_ORIENT.LANDSCAPE
    for grid in grids:
        _add(document, shown(grid))
    replace_file(target, lambda half: document.save(str(half)))


def write_workbook(path: str | Path, sheets: Mapping[str, pd.DataFrame], notes: tuple[str, ...] = ()) -> None:
    """Write frames as the sheets of a workbook (extra ``excel``), with a last sheet of notes.

    Raises
    ------
    FileFormatError
        If the path does not end in .xlsx.
    MissingPackageError
        If openpyxl is not installed.
    """
    openpyxl = import_extra("openpyxl", extra="excel")
    target = _with_ending(path, ".xlsx")
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, frame in sheets.items():
        sheet = book.create_sheet(_sheet_name(title, book.sheetnames))
        for row in _rows(frame):
            sheet.append(row)
        keep_texts(sheet)
        sheet.freeze_panes = "A2"
        _shape(sheet)
    if notes:
        sheet = book.create_sheet(_sheet_name("notes", book.sheetnames))
        for note in notes:
            sheet.append([note])
        keep_texts(sheet)
        sheet.column_dimensions["A"].width = 120
    replace_file(target, lambda half: book.save(half))


def _with_ending(path: str | Path, ending: str) -> Path:
    target = file_of(path)
    if target.suffix.lower() != ending:
        raise FileFormatError(f"{target.name} does not end in {ending}; name the file so.")
    return target


def _add(document: Document, grid: Grid) -> None:
    """One table with its caption above and its notes below."""
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Pt

    if grid.title:
        caption = document.add_paragraph()
        caption.add_run(grid.title).bold = True
        caption.paragraph_format.keep_with_next = True
    table = document.add_table(rows=0, cols=len(grid.header))
    for row in (grid.header, *grid.rows):
        for cell, words, is_right in zip(table.add_row().cells, row, grid.right, strict=True):
            paragraph = cell.paragraphs[0]
            paragraph.add_run(words).font.size = Pt(9)
            paragraph.paragraph_format.space_after = Pt(0)
            if is_right:
                paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    _rule(table.rows[0], "top", 12)
    _rule(table.rows[0], "bottom", 6)
    _rule(table.rows[-1], "bottom", 12)
    _repeat(table.rows[0])
    for note in grid.notes:
        below = document.add_paragraph()
        below.add_run(note).font.size = Pt(8)
        below.paragraph_format.space_after = Pt(0)
    document.add_paragraph()


def _rule(row: Any, edge: str, eighths: int) -> None:
    """A rule of some eighths of a point above or below a row."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    for cell in row.cells:
        properties = cell._tc.get_or_add_tcPr()
        borders = properties.find(qn("w:tcBorders"))
        if borders is None:
            borders = OxmlElement("w:tcBorders")
            properties.append(borders)
        border = OxmlElement(f"w:{edge}")
        for name, value in (("val", "single"), ("sz", str(eighths)), ("space", "0"), ("color", "auto")):
            border.set(qn(f"w:{name}"), value)
        borders.append(border)


def _repeat(row: Any) -> None:
    """The row stands again at the top of every page."""
    from docx.oxml import OxmlElement

    row._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))


def _sheet_name(title: str, taken: list[str]) -> str:
    """A title as Excel takes it: short, without the signs of references, none twice."""
    bare = _ODD.sub(" ", title).strip("' ") or "table"
    name, count = bare[:_SHEET_NAME].strip(), 1
    while name.lower() in {other.lower() for other in taken}:
        count += 1
        name = f"{bare[: _SHEET_NAME - 4].strip()} {count}"
    return name


def _rows(frame: pd.DataFrame) -> list[list[object]]:
    """The header and the rows of a frame, its labels first; what a cell cannot hold is empty or text."""
    plain_index = isinstance(frame.index, pd.RangeIndex) and frame.index.name is None
    whole = frame if plain_index else frame.set_axis(_flat(frame), axis=1).reset_index(allow_duplicates=True)
    return [[str(name) for name in whole.columns], *([_cell(v) for v in row] for row in whole.itertuples(index=False))]


def _flat(frame: pd.DataFrame) -> list[str]:
    return [" ".join(map(str, name)) if isinstance(name, tuple) else str(name) for name in frame.columns]


def _cell(value: object) -> object:
    value = plain(value)
    if value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, float) and math.isinf(value):
        return "inf" if value > 0 else "-inf"
    if isinstance(value, int) and abs(value) >= 10**15:
        return str(value)  # Excel keeps fifteen digits of a number
    if isinstance(value, dt.datetime) and is_day(value):
        return value.date()  # a cell of a day, which spreadsheets show without a time
    return value if isinstance(value, (bool, int, float, str)) or hasattr(value, "isoformat") else str(value)


def _shape(sheet: Any) -> None:
    """Columns as wide as what stands in them; numbers with four decimals, small ones as powers of ten."""
    for column in sheet.columns:
        longest = max(len(str(cell.value)) if isinstance(cell.value, str) else 10 for cell in column)
        sheet.column_dimensions[column[0].column_letter].width = min(60, max(8, longest + 2))
        for cell in column:
            if isinstance(cell.value, float):
                cell.number_format = _number_format(abs(cell.value))


def _number_format(size: float) -> str:
    if 0 < size < 1e-4 or size >= 1e9:
        return "0.000E+00"
    return "0.0000" if size < 1e3 else "0.00"


__getattr__, __dir__ = door_of(__name__, own_names(globals()))
