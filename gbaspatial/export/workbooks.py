"""Excel workbooks in which ids stay what they are: texts as texts, long numbers without loss."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gbaspatial.errors import DataError, import_extra
from gbaspatial.sheets import keep_texts
from gbaspatial.typesetting import is_day

if TYPE_CHECKING:
    from gbaspatial.export.descriptions import Description

MOST_ROWS, MOST_COLUMNS, MOST_LETTERS = 1_048_575, 16_384, 32_767
"""What a sheet holds: rows below its header, columns, and letters of a cell."""
_EXACT = 10**15  # a spreadsheet keeps fifteen digits of a number


def write_workbook(path: Path, table: pd.DataFrame, told: Description) -> None:
    """A sheet ``data`` with the table and a sheet ``fields`` with what its columns are, into `path`.

    Texts are cells of text, so that ``0755``, ``1E5``, eighteen digits and ``=1+1`` stay as they are; whole numbers of
    more than fifteen digits become texts too. Missing values are empty cells.
    """
    openpyxl = import_extra("openpyxl", extra="excel")
    _check_size(table)
    book = openpyxl.Workbook(write_only=False)
    sheet = book.active
    sheet.title = "data"
    sheet.append([str(column) for column in table.columns])
    for row in zip(*[_cells(table[column]) for column in table.columns], strict=True):
        sheet.append(row)
    keep_texts(sheet)
    for row in sheet.iter_rows(min_row=2):
        for cell in row:
            if cell.data_type == "s":
                cell.number_format = "@"  # text, also when somebody edits the cell
    sheet.freeze_panes = "B2"
    fields = book.create_sheet("fields")
    fields.append(["column", "name", "name_zh", "unit"])
    for column in table.columns:
        field = told.fields.get(str(column))
        fields.append([str(column), *(field if field is not None else (str(column), "", ""))])
    keep_texts(fields)
    book.save(path)


def _check_size(table: pd.DataFrame) -> None:
    if len(table) > MOST_ROWS or table.shape[1] > MOST_COLUMNS:
        raise DataError(
            f"the table of {len(table):,} rows and {table.shape[1]:,} columns is larger than a sheet, which holds "
            f"{MOST_ROWS:,} and {MOST_COLUMNS:,}; write .csv or .parquet."
        )


def _cells(column: pd.Series) -> list[object]:
    values = column.astype(object).tolist()
    moments = [value for value in values if isinstance(value, datetime) and not pd.isna(value)]
    if moments and all(map(is_day, moments)):  # cells of days, which spreadsheets show without a time
        values = [value.date() if isinstance(value, datetime) and not pd.isna(value) else value for value in values]
    return [_cell(value, str(column.name)) for value in values]


def _cell(value: object, name: str) -> object:
    if pd.isna(value):
        return None
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= _EXACT:
        return str(value)
    if isinstance(value, pd.Timestamp):
        return value.tz_localize(None).to_pydatetime() if value.tz is None else value.isoformat()
    if isinstance(value, str) and len(value) > MOST_LETTERS:
        raise DataError(f"the column {name!r} has a text of {len(value):,} letters; a cell holds {MOST_LETTERS:,}.")
    return value
