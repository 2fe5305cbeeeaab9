"""Text that a spreadsheet would take for a formula: kept as text in workbooks, guarded in CSV.

A cell that begins with ``=``, ``+``, ``-`` or ``@`` runs as a formula in every spreadsheet that opens the CSV. In CSV
such text gets an apostrophe in front, which `unguarded` takes off again; in a workbook it is a cell of text.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING

import pandas as pd

from gbaspatial.errors import GbaWarning, outside, some

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

_FORMULA = re.compile(r"'*[=+\-@\t\r]")  # an apostrophe that is there already counts: else two texts would become one
_GUARDED = re.compile(r"'+[=+\-@\t\r]")


def guard(value: object) -> object:
    """`value` with an apostrophe in front, if it is text that a spreadsheet would run.

    Examples
    --------
    >>> guard("=1+1"), guard("-"), guard(-1.5)
    ("'=1+1", "'-", -1.5)
    """
    return f"'{value}" if isinstance(value, str) and _FORMULA.match(value) else value


def unguard(value: object) -> object:
    """What `guard` was given.

    Examples
    --------
    >>> unguard("'=1+1"), unguard("'s-Gravenhage")
    ('=1+1', "'s-Gravenhage")
    """
    return value[1:] if isinstance(value, str) and _GUARDED.match(value) else value


def guarded(frame: pd.DataFrame) -> pd.DataFrame:
    """`frame` as it goes into CSV; a warning names the columns where text was guarded.

    Examples
    --------
    >>> frame = pd.DataFrame({"name": ["Macao", "Zhuhai"], "x": [-1.0, 2.0]})
    >>> guarded(frame) is frame
    True
    """
    made, changed = _changed(frame, guard)
    if changed:
        warnings.warn(
            f"text that begins with =, +, - or @ would run as a formula in a spreadsheet, so it has an apostrophe in "
            f"front in this CSV: {some(changed)}. The readers of gbaspatial take it off again.",
            GbaWarning,
            stacklevel=outside(),
        )
    return made


def unguarded(frame: pd.DataFrame) -> pd.DataFrame:
    """`frame` as it was before `guarded`.

    Examples
    --------
    >>> unguarded(pd.DataFrame({"name": ["'=1+1"]}))["name"].tolist()
    ['=1+1']
    """
    return _changed(frame, unguard)[0]


def keep_texts(sheet: Worksheet) -> None:
    """Make cells of text of what openpyxl took for formulas or errors because of how it begins.

    Examples
    --------
    >>> import openpyxl
    >>> sheet = openpyxl.Workbook().active
    >>> sheet["A1"] = "=1+1"
    >>> keep_texts(sheet)
    >>> sheet["A1"].data_type, sheet["A1"].value
    ('s', '=1+1')
    """
    for row in sheet.iter_rows():
        for cell in row:
            if isinstance(cell.value, str) and cell.data_type != "s":
                cell.data_type = "s"


def _changed(frame: pd.DataFrame, change: Callable[[object], object]) -> tuple[pd.DataFrame, list[str]]:
    """`frame` with every text changed, also of its labels and names, and where that made a difference."""
    columns = [_texts(frame.iloc[:, place], change) for place in range(frame.shape[1])]
    told = [str(old) for old, new in zip(frame.columns, columns, strict=True) if new is not None]
    index, names = _labels(frame.index, change), _labels(frame.columns, change)
    told += ["the labels of the rows"] * (index is not None) + ["the names of the columns"] * (names is not None)
    if not told:
        return frame, told
    kept = [frame.iloc[:, place] if new is None else new for place, new in enumerate(columns)]
    made = pd.concat(kept, axis=1) if kept else frame.copy()
    made.columns = frame.columns if names is None else names
    made.index = frame.index if index is None else index
    return made, told


def _texts(column: pd.Series, change: Callable[[object], object]) -> pd.Series | None:
    """`column` with its texts changed, or None where none is."""
    if pd.api.types.is_numeric_dtype(column.dtype) or pd.api.types.is_datetime64_any_dtype(column.dtype):
        return None
    values = column.astype(object)
    new = values.map(change)
    return new if any(isinstance(b, str) and a != b for a, b in zip(values, new, strict=True)) else None


def _labels(labels: pd.Index, change: Callable[[object], object]) -> pd.Index | None:
    """`labels` and their names changed, or None where none is."""
    old_names = list(labels.names)
    names = [change(name) for name in old_names]
    if isinstance(labels, pd.MultiIndex):
        made = pd.MultiIndex.from_tuples([tuple(map(change, label)) for label in labels], names=names)
    else:
        made = pd.Index([change(label) for label in labels], name=names[0], dtype=labels.dtype)
    same = len(made) == 0 or made.equals(labels)
    return None if same and names == old_names else made
