"""What every result can do: print, tabulate and show itself.

A result is a frozen dataclass that says *what* its tables are (`tables()`); how a table
becomes text, HTML, LaTeX or Markdown is written here, once.
"""

from __future__ import annotations

import hashlib
import html
import re
import textwrap
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from gbaspatial.errors import door_of, own_names
from gbaspatial.options import public_methods

Formats = Mapping[str, str | Callable[[Any], str]]

_WIDEST = 56  # a longer text is folded, so that tables with notes stay readable on a terminal

_LATEX = str.maketrans(
    {
        "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}",
        "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "\\": r"\textbackslash{}",
        "<": r"\textless{}", ">": r"\textgreater{}",
    }
)  # fmt: skip


def number(value: Any, digits: int = 4) -> str:
    """A value as a reader of tables expects it: up to `digits` significant decimals.

    Examples
    --------
    >>> number(0.123456), number(12345.678), number(3), number(float("nan")), number(2e-7)
    ('0.1235', '12345.68', '3', '-', '2.000e-07')
    """
    if value is None or value is pd.NA or value is pd.NaT:
        return "-"
    if isinstance(value, (bool, np.bool_, str)):
        return str(value)
    if isinstance(value, (int, np.integer)):
        return str(int(value))
    if isinstance(value, (float, np.floating)):
        size = abs(float(value))
        if np.isnan(size):
            return "-"
        if np.isinf(size):
            return "inf" if value > 0 else "-inf"
        if size != 0 and (size < 1e-4 or size >= 1e9):
            return f"{value:.{digits - 1}e}"
        return f"{value:.2f}" if size >= 1000 else f"{value:.{digits}f}"
    return str(value)


def p_text(p: float) -> str:
    """A p-value without a pretence of precision.

    Examples
    --------
    >>> p_text(0.0321), p_text(0.00002), p_text(float("nan"))
    ('0.0321', '<0.0001', '-')
    """
    if p is None or np.isnan(p):
        return "-"
    return "<0.0001" if p < 0.0001 else f"{p:.4f}"


def data_hash(*parts: Any) -> str:
    """A short fingerprint (16 hexadecimal digits) of labelled data, the same for any order of rows.

    Examples
    --------
    >>> a = pd.Series([1.0, 2.0], index=["x", "y"])
    >>> data_hash(a) == data_hash(a.iloc[::-1])
    True
    """
    digest = hashlib.sha256()
    for part in parts:
        if isinstance(part, (pd.Series, pd.DataFrame)):
            hashes = pd.util.hash_pandas_object(part, index=True).to_numpy()
            digest.update(np.sort(hashes).tobytes())
        else:
            digest.update(repr(part).encode())
    return digest.hexdigest()[:16]


@public_methods
@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """A titled data frame with notes that renders itself.

    Parameters
    ----------
    frame : pandas.DataFrame
        The numbers; the index is the first column of the table.
    title : str
    notes : tuple of str
        Sentences below the table.
    formats : mapping
        By column: a format specification such as ``".3f"``, or a function to text.
    """

    frame: pd.DataFrame
    title: str = ""
    notes: tuple[str, ...] = ()
    formats: Formats = field(default_factory=dict)

    def _text_of(self, column: Any, value: Any) -> str:
        how = self.formats.get(column)
        if callable(how):
            return how(value)
        if how is not None and isinstance(value, (int, float, np.number)) and np.isfinite(value):
            return format(value, how)
        if how is None and str(column).startswith("p_") and isinstance(value, (float, np.floating)):
            return p_text(float(value))
        return number(value)

    def cells(self) -> tuple[list[str], list[list[str]]]:
        """The header and the rows as text."""
        names = [str(n) if n is not None else "" for n in self.frame.index.names] if self._labelled else []
        header = names + [str(c) for c in self.frame.columns]
        rows = []
        for label, values in zip(self.frame.index, self.frame.itertuples(index=False, name=None), strict=True):
            # a unit may be called by a tuple: it is one label unless the index has levels
            labels = () if not self._labelled else label if self.frame.index.nlevels > 1 else (label,)
            cells = [self._text_of(c, v) for c, v in zip(self.frame.columns, values, strict=True)]
            rows.append([str(part) for part in labels] + cells)
        return header, rows

    def _alignments(self) -> list[bool]:
        """For each column whether it is set to the right (numbers)."""
        numeric = [pd.api.types.is_numeric_dtype(dtype) for dtype in self.frame.dtypes]
        return [False] * (self.frame.index.nlevels if self._labelled else 0) + numeric

    @property
    def _labelled(self) -> bool:
        """Whether the index says something: running numbers without a name do not."""
        return not (isinstance(self.frame.index, pd.RangeIndex) and self.frame.index.name is None)

    def to_frame(self) -> pd.DataFrame:
        """A copy of the numbers."""
        return self.frame.copy()

    def to_text(self, width: int | None = None) -> str:
        """Plain text with aligned columns; long texts are folded further where `width` characters ask for it."""
        header, rows = self.cells()
        right = self._alignments()
        fold = _WIDEST if width is None else _fold_to(width, header, rows, right)
        folded = [
            [[cell] if r else textwrap.wrap(cell, fold) or [""] for cell, r in zip(row, right, strict=True)]
            for row in rows
        ]
        lines = [[part[i] if i < len(part) else "" for part in row] for row in folded for i in range(_depth(row))]
        widths = [max(display_width(row[i]) for row in [header, *lines]) for i in range(len(header))]

        def _line(row: list[str]) -> str:
            return "  ".join(pad(c, w, r) for c, w, r in zip(row, widths, right, strict=True)).rstrip()

        rule = "-" * (sum(widths) + 2 * (len(widths) - 1))
        top = [self.title] if self.title else []
        return "\n".join([*top, rule, _line(header), rule, *map(_line, lines), rule, *self.notes])

    def to_html(self) -> str:
        """An HTML table; every text is escaped."""
        header, rows = self.cells()
        right = self._alignments()

        def _cell(tag: str, text: str, is_right: bool) -> str:
            style = ' style="text-align:right"' if is_right else ' style="text-align:left"'
            return f"<{tag}{style}>{html.escape(text)}</{tag}>"

        def _line(tag: str, row: list[str]) -> str:
            return "<tr>" + "".join(_cell(tag, c, r) for c, r in zip(row, right, strict=True)) + "</tr>"

        caption = f"<caption>{html.escape(self.title)}</caption>" if self.title else ""
        notes = "".join(f"<p class='note'>{html.escape(note)}</p>" for note in self.notes)
        body = "".join(_line("td", row) for row in rows)
        return f"<table class='gba'>{caption}<thead>{_line('th', header)}</thead><tbody>{body}</tbody></table>{notes}"

    def to_latex(self) -> str:
        """A LaTeX `tabular` with booktabs rules inside a `table`."""
        header, rows = self.cells()
        columns = "".join("r" if r else "l" for r in self._alignments())

        def _line(row: list[str]) -> str:
            return " & ".join(c.translate(_LATEX) for c in row) + r" \\"

        top = ["\\begin{table}", "\\centering"]
        if self.title:
            top.append(f"\\caption{{{self.title.translate(_LATEX)}}}")
        body = [f"\\begin{{tabular}}{{{columns}}}", "\\toprule", _line(header), "\\midrule", *map(_line, rows)]
        notes = [f"\\par\\footnotesize {note.translate(_LATEX)}" for note in self.notes]
        return "\n".join([*top, *body, "\\bottomrule", "\\end{tabular}", *notes, "\\end{table}"]) + "\n"

    def to_markdown(self) -> str:
        """A GitHub-flavored Markdown table."""
        header, rows = self.cells()

        def _line(row: list[str]) -> str:
            return "| " + " | ".join(map(_markdown, row)) + " |"

        rule = "|" + "|".join(" ---: " if r else " --- " for r in self._alignments()) + "|"
        top = [f"**{_markdown(self.title)}**", ""] if self.title else []
        notes = ["", *map(_markdown, self.notes)] if self.notes else []
        return "\n".join([*top, _line(header), rule, *map(_line, rows), *notes]) + "\n"

    def __str__(self) -> str:
        return self.to_text()

    def __repr__(self) -> str:
        return self.to_text()

    def _repr_html_(self) -> str:
        return self.to_html()


class Summary(tuple[Table, ...]):
    """The tables of a result; prints as text, shows as HTML in a notebook."""

    def __new__(cls, tables: Iterable[Table]) -> Summary:
        return super().__new__(cls, tables)

    def __str__(self) -> str:
        return "\n\n".join(table.to_text() for table in self)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return "".join(table.to_html() for table in self)


@public_methods
class Result:
    """Base of every result: subclasses give `tables()` and, where one exists, a `plot()`.

    What people call on a result is checked as `options.public` does.
    """

    __slots__ = ()

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if "__repr__" not in cls.__dict__:  # else a dataclass would list every number that it holds
            cls.__repr__ = Result.__repr__  # type: ignore[method-assign]
        public_methods(cls)

    def tables(self) -> tuple[Table, ...]:
        """The tables that make up the summary; the first one is the main table."""
        raise TypeError(f"{type(self).__name__} does not define its tables")

    def summary(self) -> Summary:
        """All tables, printable."""
        return Summary(self.tables())

    def to_frame(self) -> pd.DataFrame:
        """The main table as a data frame."""
        return self.tables()[0].to_frame()

    def to_latex(self) -> str:
        """All tables in LaTeX (booktabs)."""
        return "\n".join(table.to_latex() for table in self.tables())

    def to_markdown(self) -> str:
        """All tables in Markdown."""
        return "\n".join(table.to_markdown() for table in self.tables())

    def to_html(self) -> str:
        """All tables in HTML."""
        return "".join(table.to_html() for table in self.tables())

    def __str__(self) -> str:
        return str(self.summary())

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        return self.to_html()


def _markdown(text: str) -> str:
    """`text` as words of one line: no cell ends, no code, no tag begins in it."""
    return re.sub(r"([|`\\]|<(?=[A-Za-z/!?]))", r"\\\1", " ".join(text.splitlines()))


def _fold_to(width: int, header: list[str], rows: list[list[str]], numeric: list[bool]) -> int:
    """The longest folding, of 16 to 56 characters, that keeps a table within `width` where one does."""
    longest = [max(map(display_width, column)) for column in zip(header, *rows, strict=True)]
    names = [display_width(name) for name in header]

    def _total(fold: int) -> int:
        parts = [
            max(name, cell if is_number else min(cell, fold))
            for name, cell, is_number in zip(names, longest, numeric, strict=True)
        ]
        return sum(parts) + 2 * (len(parts) - 1)

    return next((fold for fold in range(_WIDEST, 16, -4) if _total(fold) <= width), 16)


def _depth(row: list[list[str]]) -> int:
    return max(len(cell) for cell in row)


def display_width(text: str) -> int:
    """Columns that `text` takes in a terminal: Chinese characters take two.

    Examples
    --------
    >>> display_width("Macao"), display_width("澳门")
    (5, 4)
    """
    import unicodedata

    return sum(2 if unicodedata.east_asian_width(ch) in "WF" else 1 for ch in text)


def pad(text: str, width: int, right: bool = False) -> str:
    """`text` filled with spaces to `width` terminal columns."""
    fill = " " * max(0, width - display_width(text))
    return fill + text if right else text + fill


__getattr__, __dir__ = door_of(__name__, own_names(globals()))
