"""Tables as the page shows them: numbers rounded for people, and cells that know what they are on a narrow screen."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gbaspatial.results import Table

if TYPE_CHECKING:
    from markupsafe import Markup

_LONG = 40  # letters of a cell that needs a wide column
_LONGEST = 160  # letters of a cell that needs the widest
_BRIEF = 14  # letters of a cell that is not broken
_PHONE = 44  # letters, with the space between columns, that fit on a phone held upright
_STACKED = 16  # rows up to which a wide table stands row below row on a phone
# what the files have, and a phone does without
_MINOR = frozenset(
    {
        "expected", "variance", "z", "standard error", "log-likelihood", "AIC", "net, standard error", "best rank",
        "worst rank", "quadrant", "components", "neighbors, least", "期望值", "方差", "标准误", "对数似然",
        "净额标准误", "最好名次", "最差名次", "象限", "连通分量", "最少邻居数",
    }
)  # fmt: skip


def width_of(table: Table) -> int:
    """About how many letters wide a table is at least, with the space between its columns.

    A heading breaks between its words, and a long text anywhere; a Chinese sign takes two letters.
    """
    return _width(table.frame)


def _width(frame: pd.DataFrame) -> int:
    shown = frame.reset_index() if _heads(frame.index) else frame
    columns = zip(shown.columns, (shown.iloc[:, place] for place in range(shown.shape[1])), strict=True)
    return sum(max([*_words(name), *_least(column)]) + 2 for name, column in columns)


def _short(column: pd.Series) -> Sequence[object]:
    """The cells of a column as wide as they are printed: numbers are rounded."""
    return ["0" * 8] if pd.api.types.is_numeric_dtype(column) else column.tolist()


def _letters(text: object) -> int:
    return sum(2 if ord(sign) > 0x2E80 else 1 for sign in str(text))


def has_much_text(table: Table) -> bool:
    """Whether several columns of a table are texts that need room."""
    return sum(_is_long(column) for _, column in table.frame.items()) > 1


def _is_long(column: pd.Series) -> bool:
    if pd.api.types.is_numeric_dtype(column):
        return False
    return max(map(_letters, column), default=0) > _LONG


def for_people(table: Table) -> Table:
    """`table` with as many digits as a person reads: three decimals of small numbers, none of thousands."""
    formats = dict(table.formats)
    for name, column in table.frame.items():
        if name in formats or str(name).startswith("p_") or not pd.api.types.is_float_dtype(column):
            continue
        finite = column[np.isfinite(column)]
        size = finite.abs().max() if len(finite) else 0.0
        how = ",.0f" if size >= 1000 else ".1f" if size >= 100 else ".2f" if size >= 10 else ".3f"
        formats[name] = how if np.isfinite(column.dropna()).all() else partial(_endless, how=how)
    return Table(table.frame, table.title, table.notes, formats, table.parameters)


def _endless(value: float, how: str) -> str:
    """A number, or the sign of one without end."""
    return format(value, how) if np.isfinite(value) else "\u221e" if value > 0 else "-\u221e"


def html_of(table: Table) -> Markup:
    """The table as safe markup, its cells marked.

    Cells of long texts keep a readable width. On a phone a table of texts, or a wide one of few rows, stands row below
    row, so that every cell has its heading; columns that a phone does without are marked.
    """
    from markupsafe import Markup

    headings = [*_heads(table.frame.index), *map(str, table.frame.columns)]
    first = max(len(headings) - table.frame.shape[1], 1)
    kind = _stacked(table)

    def _row(row: re.Match[str]) -> str:
        places = iter(range(len(headings)))
        return re.sub(
            r"<t([hd])( style=[^>]*)>(.*?)</t[hd]>",
            lambda cell: _marked(cell, headings, next(places, 0), first, bool(kind)),
            row[0],
            flags=re.DOTALL,
        )

    text = re.sub(r"<tr>.*?</tr>", _row, table.to_html(inline=False), flags=re.DOTALL)
    return Markup(text.replace('class="gba"', f'class="gba{kind}"', 1))


def _heads(index: pd.Index) -> list[str]:
    """The headings of the columns that an index makes."""
    if isinstance(index, pd.RangeIndex) and index.name is None:
        return []
    return ["" if name is None else str(name) for name in index.names]


def _marked(cell: re.Match[str], headings: list[str], place: int, first: int, stacked: bool) -> str:
    """A cell of the table at `place` of its row, with its classes and, where rows are stacked, its heading."""
    tag, style, inner = cell[1], cell[2], cell[3]
    size = _letters(html.unescape(inner))
    kinds = [_room(size)] if tag == "d" else []
    kinds += ["key"] if place < first else ["minor"] if headings[place] in _MINOR else []
    told = " ".join(filter(None, kinds))
    label = f' data-label="{html.escape(headings[place])}"' if stacked and tag == "d" else ""
    return f"<t{tag}{label}{f' class={chr(34)}{told}{chr(34)}' if told else ''}{style}>{inner}</t{tag}>"


def _room(size: int) -> str:
    """The classes of a cell of a text of `size` letters."""
    if size > _LONGEST:
        return "long longest"
    return "long" if size > _LONG else "brief" if size <= _BRIEF else ""


def _stacked(table: Table) -> str:
    """How the rows of a table stand on a phone: texts below each other, numbers side by side, or as they are."""
    if has_much_text(table):
        return " labelled"
    if table.parameters or not _is_wide(table):
        return ""
    if len(table.frame) <= _STACKED:
        return " cards"
    return " labelled" if any(_is_long(column) for _, column in table.frame.items()) else ""


def _is_wide(table: Table) -> bool:
    """Whether a table is too wide for a phone, its least columns left out."""
    return _width(table.frame.drop(columns=[name for name in table.frame if str(name) in _MINOR])) > _PHONE


def _words(text: object) -> list[int]:
    """The letters of each word: a heading breaks between them, and a Chinese one anywhere."""
    return [1 if _letters(word) > len(word) else len(word) for word in str(text).split()] or [0]


def _least(column: pd.Series) -> list[int]:
    """The letters of each cell that stay on one line."""
    cells = [str(cell) for cell in _short(column)]
    return [_letters(cell) if _letters(cell) <= _BRIEF else max(map(len, cell.split())) for cell in cells]
