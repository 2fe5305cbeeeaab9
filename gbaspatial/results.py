"""What every result can do: print, tabulate and show itself.

A result is a frozen dataclass that says *what* its tables are (`tables()`); how a table
becomes text, HTML, LaTeX or Markdown is written here, once.
"""

from __future__ import annotations

import hashlib
import platform
import textwrap
import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from gbaspatial import records, typesetting
from gbaspatial.documents import write_word, write_workbook
from gbaspatial.errors import door_of, own_names
from gbaspatial.options import flag, public_methods
from gbaspatial.typesetting import WIDEST, Grid, Look, depth_of, display_width, fold_to, pad, relabelled
from gbaspatial.writing import replace_text

Formats = Mapping[str, str | Callable[[Any], str]]

_MOST_ROWS, _ROWS_AT_AN_END = 60, 15  # that a table shows by itself: of a longer one, those at both ends


def number(value: object, digits: int = 4) -> str:
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
    if isinstance(value, date):
        return typesetting.moments([value])[0]
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


def data_hash(*parts: object) -> str:
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


def _label_text(label: object, decimals: int | None) -> str:
    """The label of a row; a long fraction, such as a value of rho tried, as a number of the table."""
    if isinstance(label, (float, np.floating)) and np.isfinite(label) and len(repr(float(label))) > 8:
        return number(float(label)) if decimals is None else f"{label:.{decimals}f}"
    return typesetting.moments([label])[0] if isinstance(label, date) else str(label)


def _moments(values: pd.Series | pd.Index) -> pd.Series | pd.Index | list[str | None]:
    """`values`, a column of moments as texts of one kind: days alone, or all with their times."""
    if isinstance(values, pd.MultiIndex) or not pd.api.types.is_datetime64_any_dtype(values.dtype):
        return values
    texts = iter(typesetting.moments(list(values.dropna())))
    return [None if value is pd.NaT else next(texts) for value in values]


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
    parameters : bool
        Whether the rows are parameters of models, whose names documents set in mathematics.
    gap : int, optional
        The row before which others are left out, as a line of dots tells.
    """

    frame: pd.DataFrame
    title: str = ""
    notes: tuple[str, ...] = ()
    formats: Formats = field(default_factory=dict)
    parameters: bool = False
    gap: int | None = None

    def _text_of(self, column: str, value: object, decimals: int | None) -> str:
        how = self.formats.get(column)
        if (
            decimals is not None
            and isinstance(value, (float, np.floating))
            and np.isfinite(value)
            and not callable(how)
        ):
            small = 10.0**-decimals
            is_p = str(column).startswith("p_")
            return f"<{small:.{decimals}f}" if is_p and value < small else f"{value:.{decimals}f}"
        if callable(how):
            return how(value)
        if how is not None and isinstance(value, (int, float, np.number)) and np.isfinite(value):
            return format(value, how)
        if how is None and str(column).startswith("p_") and isinstance(value, (float, np.floating)):
            return p_text(float(value))
        return number(value)

    def cells(self) -> tuple[list[str], list[list[str]]]:
        """The header and the rows as text."""
        return self._cells(None)

    def _cells(self, decimals: int | None) -> tuple[list[str], list[list[str]]]:
        names = [str(n) if n is not None else "" for n in self.frame.index.names] if self._labelled else []
        header = names + [str(c) for c in self.frame.columns]
        rows, columns = [], [_moments(self.frame.iloc[:, place]) for place in range(self.frame.shape[1])]
        of_rows = zip(*columns, strict=True) if columns else [()] * len(self.frame)
        for label, values in zip(_moments(self.frame.index), of_rows, strict=True):
            # a unit may be called by a tuple: it is one label unless the index has levels
            labels = () if not self._labelled else label if self.frame.index.nlevels > 1 else (label,)
            cells = [self._text_of(c, v, decimals) for c, v in zip(self.frame.columns, values, strict=True)]
            rows.append([_label_text(part, decimals) for part in labels] + cells)
        if self.gap is not None:
            rows.insert(self.gap, ["..."] * len(header))
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

    def preview(self) -> Table:
        """What a console or a notebook shows unasked: of more than 60 rows the first and the last ones."""
        n, kept = len(self.frame), _ROWS_AT_AN_END
        if n <= _MOST_ROWS:
            return self
        ends = pd.concat([self.frame.iloc[:kept], self.frame.iloc[n - kept :]])
        told = f"Shown are {2 * kept} of {n:,} rows; to_frame(), print and to_html() have all."
        return replace(self, frame=ends, notes=(told, *self.notes), gap=kept)

    def to_text(self, width: int | None = None) -> str:
        """Plain text with aligned columns; long texts are folded further where `width` characters ask for it."""
        header, rows = self.cells()
        right = self._alignments()
        fold = WIDEST if width is None else fold_to(width, header, rows, right)
        folded = [
            [[cell] if r else textwrap.wrap(cell, fold) or [""] for cell, r in zip(row, right, strict=True)]
            for row in rows
        ]
        lines = [[part[i] if i < len(part) else "" for part in row] for row in folded for i in range(depth_of(row))]
        widths = [max(display_width(row[i]) for row in [header, *lines]) for i in range(len(header))]

        def _line(row: list[str]) -> str:
            return "  ".join(pad(c, w, r) for c, w, r in zip(row, widths, right, strict=True)).rstrip()

        rule = "-" * (sum(widths) + 2 * (len(widths) - 1))
        top = [self.title] if self.title else []
        return "\n".join([*top, rule, _line(header), rule, *map(_line, lines), rule, *self.notes])

    def grid(self, decimals: int | None = None) -> Grid:
        """The table as cells of text, with `decimals` of every number where they are given."""
        header, rows = self._cells(decimals)
        names = self.frame.index.nlevels if self._labelled else 0
        of_parameters = self.parameters or any(name in typesetting.OF_PARAMETERS for name in self.frame.index.names)
        return Grid(self.title, header, rows, self._alignments(), self.notes, names, of_parameters)

    def to_html(
        self,
        *,
        decimals: int | None = None,
        labels: Mapping[str, str] | None = None,
        caption: str | None = None,
        inline: bool = True,
    ) -> str:
        """An HTML table; every text is escaped.

        Parameters
        ----------
        decimals : int, optional
            Decimals of every number; as many as its size needs if not given.
        labels : mapping of str to str, optional
            Words for names of rows and columns, also inside terms such as ``log(gdp)``.
        caption : str, optional
            The caption, instead of the title.
        inline : bool
            Put the styles into the tags, as mails, Word and notebooks need them; else a page styles class ``gba``.
        """
        look = Look.of(decimals, labels, caption)
        return typesetting.html_of(relabelled([self.grid(look.decimals)], look)[0], flag(inline, "inline"))

    def to_latex(
        self,
        *,
        decimals: int | None = None,
        labels: Mapping[str, str] | None = None,
        caption: str | None = None,
        label: str | None = None,
    ) -> str:
        """A LaTeX `tabular` with booktabs rules in a `table`; options as of `to_html`, `label` is its ``\\label``."""
        look = Look.of(decimals, labels, caption, label)
        return typesetting.latex_of(relabelled([self.grid(look.decimals)], look)[0], look.label)

    def to_markdown(
        self, *, decimals: int | None = None, labels: Mapping[str, str] | None = None, caption: str | None = None
    ) -> str:
        """A GitHub-flavored Markdown table; options as of `to_html`."""
        look = Look.of(decimals, labels, caption)
        return typesetting.markdown_of(relabelled([self.grid(look.decimals)], look)[0])

    def __str__(self) -> str:
        return self.to_text()

    def __repr__(self) -> str:
        return self.preview().to_text()

    def _repr_html_(self) -> str:
        return self.preview().to_html()


class Summary(tuple[Table, ...]):
    """The tables of a result; prints as text, shows as HTML in a notebook."""

    def __new__(cls, tables: Iterable[Table]) -> Summary:
        return super().__new__(cls, tables)

    def __str__(self) -> str:
        return "\n\n".join(table.to_text() for table in self)

    def __repr__(self) -> str:
        return "\n\n".join(repr(table) for table in self)

    def _repr_html_(self) -> str:
        return "".join(table._repr_html_() for table in self)


@public_methods
class Result:
    """Base of every result: subclasses give `tables()` and, where one exists, a `plot()`.

    What people call on a result is checked as `options.public` does.
    """

    __slots__ = ()
    _older: ClassVar[Mapping[str, str]] = {}  # names that fields had before, which warn, and their names of today

    def __init_subclass__(cls, **options: object) -> None:
        super().__init_subclass__(**options)
        if "__repr__" not in cls.__dict__:  # else a dataclass would list every number that it holds
            cls.__repr__ = Result.__repr__  # type: ignore[method-assign]
        public_methods(cls)

    if not TYPE_CHECKING:  # a type checker knows what is there

        def __getattr__(self, name):
            """Only for names that are not there: what had this name before, with a warning, or why there is none."""
            newer = type(self)._older.get(name)
            if newer is None or not hasattr(type(self), newer):
                raise AttributeError(type(self)._absent(name), name=name, obj=self)
            warnings.warn(
                f"{name} of a {type(self).__name__} is its inside and not shown any more; the older name goes.",
                DeprecationWarning,
                stacklevel=2,
            )
            return getattr(self, newer)

    @classmethod
    def _absent(cls, name: str) -> str:
        """The sentence for a name that is not there."""
        if name in ("second_opinion", "code"):
            return f"a {cls.__name__} has no {name}(): no other program that can be asked has a counterpart of it."
        return f"{cls.__name__!r} object has no attribute {name!r}"

    def tables(self) -> tuple[Table, ...]:
        """The tables that make up the summary; the first one is the main table."""
        raise TypeError(f"{type(self).__name__} does not define its tables")

    def summary(self) -> Summary:
        """All tables, printable."""
        return Summary(self.tables())

    def to_frame(self) -> pd.DataFrame:
        """The main table as a data frame."""
        return self.tables()[0].to_frame()

    def _tables_with(self, decimals: int | None) -> tuple[Table, ...]:
        """The tables whose numbers will be set with `decimals`; a result whose cells are text sets them itself."""
        return self.tables()

    def _grids(self, look: Look) -> list[Grid]:
        return relabelled([table.grid(look.decimals) for table in self._tables_with(look.decimals)], look)

    def to_latex(
        self,
        *,
        decimals: int | None = None,
        labels: Mapping[str, str] | None = None,
        caption: str | None = None,
        label: str | None = None,
    ) -> str:
        r"""All tables in LaTeX (booktabs).

        Parameters
        ----------
        decimals : int, optional
            Decimals of every number; as many as its size needs if not given.
        labels : mapping of str to str, optional
            Words for names of rows and columns, also inside terms such as ``log(gdp)``.
        caption, label : str, optional
            Caption and ``\label`` of the first table.

        Raises
        ------
        OptionError
            If a name of `labels` stands in no table.
        """
        look = Look.of(decimals, labels, caption, label)
        grids = self._grids(look)
        return "\n".join(typesetting.latex_of(grid, look.label if i == 0 else None) for i, grid in enumerate(grids))

    def to_markdown(
        self, *, decimals: int | None = None, labels: Mapping[str, str] | None = None, caption: str | None = None
    ) -> str:
        """All tables in Markdown; options as of `to_latex`."""
        return "\n".join(map(typesetting.markdown_of, self._grids(Look.of(decimals, labels, caption))))

    def to_html(
        self, *, decimals: int | None = None, labels: Mapping[str, str] | None = None, caption: str | None = None
    ) -> str:
        """All tables in HTML that looks the same in a mail, in Word and in a notebook; options as of `to_latex`."""
        return "".join(map(typesetting.html_of, self._grids(Look.of(decimals, labels, caption))))

    def to_docx(
        self,
        path: str | Path,
        *,
        decimals: int | None = None,
        labels: Mapping[str, str] | None = None,
        caption: str | None = None,
    ) -> None:
        """Write all tables as a Word document (extra ``word``); the path ends in .docx, options as of `to_latex`."""
        write_word(path, self._grids(Look.of(decimals, labels, caption)))

    def to_excel(self, path: str | Path) -> None:
        """Write all tables as sheets of a workbook (extra ``excel``); the path ends in .xlsx.

        Every number stands alone in its cell, in full; identifiers stay text.
        """
        notes = tuple(dict.fromkeys(note for table in self.tables() for note in table.notes))
        write_workbook(path, self._sheets(), notes)

    def to_json(self, path: str | Path | None = None) -> str:
        """All tables as JSON with full numbers, and where they come from; `gbaspatial.read_result` reads them back.

        Kept beside the tables are the fingerprint of the data, recipe and fingerprint of the weights, the seed and
        the versions. The data themselves are not kept.

        Parameters
        ----------
        path : path, optional
            A file to write, too; it ends in .json.

        Returns
        -------
        str

        Raises
        ------
        FileFormatError
            If the path does not end in .json.
        """
        tables = [
            {"title": table.title, "notes": list(table.notes), "parameters": table.parameters}
            | records.rows_of(table.frame, table._labelled, table.formats)
            for table in self.tables()
        ]
        text = records.text_of({"format": records.FORMAT, **self._head(), "tables": tables})
        if path is not None:
            replace_text(records.place(path), text + "\n")
        return text

    def _head(self) -> dict[str, Any]:
        return {"kind": type(self).__name__, "origin": self._origin(), "made_by": _versions()}

    def _origin(self) -> dict[str, Any]:
        """What the result keeps of where it comes from: fingerprints of data and weights, and the seed."""
        design, weights = getattr(self, "design", None), getattr(self, "weights", getattr(self, "w", None))
        return {
            "data": getattr(self, "data_hash", getattr(design, "fingerprint", None)),
            "weights": _links_of(weights) if hasattr(weights, "recipe") else None,
            "seed": getattr(self, "seed", None),
        }

    def _sheets(self) -> dict[str, pd.DataFrame]:
        """The frames that a workbook holds, by the names of its sheets."""
        found: dict[str, pd.DataFrame] = {}
        for place, table in enumerate(self.tables(), start=1):
            name = table.title.split(":")[0] or "table"
            found[f"{name} {place}" if name in found else name] = table.to_frame()
        return found

    def __str__(self) -> str:
        return str(self.summary())

    def __repr__(self) -> str:
        return repr(self.summary())

    def _repr_html_(self) -> str:
        return self.summary()._repr_html_()


@dataclass(frozen=True, slots=True, eq=False)
class Together(Result):
    """Several results or tables as one, to be written into one document.

    Attributes
    ----------
    parts : tuple of Result or Table
    """

    parts: tuple[Result | Table, ...]

    def tables(self) -> tuple[Table, ...]:
        """The tables of all parts, in their order."""
        found = [(part,) if isinstance(part, Table) else part.tables() for part in self.parts]
        return tuple(table for tables in found for table in tables)

    def _origin(self) -> dict[str, Any]:
        return {"parts": [part._origin() for part in self.parts if isinstance(part, Result)]}


def _links_of(weights: Any) -> dict[str, Any]:
    """Recipe, size and fingerprint of weights; the fingerprint is the same for any order of units."""
    links = weights.sparse.tocoo()
    names = [weights.ids[ends] for ends in (links.row, links.col)]
    told = pd.DataFrame({"focal": names[0], "neighbor": names[1], "weight": links.data})
    return {
        "recipe": str(weights.recipe),
        "units": weights.n,
        "links": int(links.nnz),
        "fingerprint": data_hash(told.set_index(["focal", "neighbor"])["weight"], sorted(map(str, weights.ids))),
    }


def _versions() -> dict[str, str]:
    packages = ("gbaspatial", "numpy", "pandas", "scipy")
    return {"python": platform.python_version()} | {name: metadata.version(name) for name in packages}


__getattr__, __dir__ = door_of(__name__, own_names(globals()))
