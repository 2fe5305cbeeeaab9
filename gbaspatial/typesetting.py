"""How a table of cells is set: numbers under each other by their points, names as a reader calls them, mathematics.

A `Grid` is a table after every cell has become text; what it looks like in HTML, LaTeX or Markdown is written here,
in Word and Excel in `documents`.
"""

from __future__ import annotations

import datetime as dt
import html
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from gbaspatial.errors import OptionError, door_of, own_names, some
from gbaspatial.options import text, whole

# Parameters of models in mathematics: in LaTeX, and in other documents.
SYMBOLS = {
    "rho": (r"$\rho$", "ρ"), "lambda": (r"$\lambda$", "λ"), "alpha": (r"$\alpha$", "α"), "tau": (r"$\tau$", "τ"),
    "sigma2": (r"$\sigma^2$", "σ²"), "R2": ("$R^2$", "R²"),
}  # fmt: skip
HEADERS = {"std_error": "std. error", "p_value": "p"}
OF_PARAMETERS = ("term", "parameter", "measure", "coefficient")  # names of indexes whose labels are parameters
_IN_HEADERS = ("rho", "lambda")  # other names of columns may be variables of somebody

_LATEX = str.maketrans(
    {
        "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}",
        "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "\\": r"\textbackslash{}",
        "<": r"\textless{}", ">": r"\textgreater{}",
    }
)  # fmt: skip
# A number as a table shows it: a sign or bracket, digits, a fraction, a power of ten, stars or a closing bracket.
_NUMBER = re.compile(r"^(?P<whole>\(?<?-?\d[\d,]*)(?P<rest>(?:\.\d+)?(?:e[+-]?\d+)?%?\*{0,3}\)?)$")
_LATEX_MINUS = re.compile(r"^([(]?)-(?=\d)")
_FIGURE_SPACE, _PUNCTUATION_SPACE = "\u2007", "\u2008"
_TABLE_STYLE = (
    "border-collapse:collapse;border-top:2px solid;border-bottom:2px solid;margin:0 0 4px 0;"
    "font-variant-numeric:tabular-nums"
)


@dataclass(frozen=True, slots=True)
class Look:
    """How somebody wants a table: `decimals` of its numbers, `labels` of its names, `caption`, LaTeX `label`."""

    decimals: int | None = None
    labels: Mapping[str, str] | None = None
    caption: str | None = None
    label: str | None = None

    @classmethod
    def of(
        cls, decimals: int | None, labels: Mapping[str, str] | None, caption: str | None, label: str | None = None
    ) -> Look:
        """The options of a table, checked.

        Raises
        ------
        OptionError
            If `decimals` is not a whole number from 0 to 15, or the rest is no text.
        """
        if decimals is not None:
            whole(decimals, "decimals", most=15)
        if labels is not None and not (
            isinstance(labels, Mapping) and all(isinstance(part, str) for pair in labels.items() for part in pair)
        ):
            raise OptionError('labels is not a mapping of names to words, such as {"gdp_pc_cny": "GDP per head"}.')
        for value, name in ((caption, "caption"), (label, "label")):
            if value is not None:
                text(value, name)
        return cls(decimals, labels, caption, label)


@dataclass(frozen=True, slots=True)
class Grid:
    """A table as text: `right` says which columns are numbers; `names` how many columns are labels of the rows."""

    title: str
    header: list[str]
    rows: list[list[str]]
    right: list[bool]
    notes: tuple[str, ...]
    names: int
    parameters: bool = False

    def column(self, place: int) -> list[str]:
        """The cells of one column."""
        return [row[place] for row in self.rows]


def relabelled(grids: Iterable[Grid], look: Look) -> list[Grid]:
    """`grids` with names replaced as `look.labels` says, the first one with the caption asked for.

    Raises
    ------
    OptionError
        If a name of `labels` stands nowhere.
    """
    made = list(grids)
    if look.labels:
        rename = _renaming(look.labels)
        found: set[str] = set()
        made = [_renamed(grid, lambda cell: rename(cell, found)) for grid in made]
        if missing := [name for name in look.labels if name not in found]:
            raise OptionError(f"labels of {some(missing)}: no row or column of the table is called so.")
    if look.caption is not None and made:
        first = made[0]
        made[0] = Grid(look.caption, *(getattr(first, name) for name in list(Grid.__dataclass_fields__)[1:]))
    return made


def _renaming(labels: Mapping[str, str]) -> Callable[[str, set[str]], str]:
    """A function that replaces whole names in a text, the longest first, and notes which it met."""
    names = sorted(labels, key=len, reverse=True)
    edge = {name: (r"(?<!\w)" if re.match(r"\w", name) else "", r"(?!\w)" if re.search(r"\w$", name) else "")
            for name in names}  # fmt: skip
    pattern = re.compile("|".join(f"{edge[name][0]}{re.escape(name)}{edge[name][1]}" for name in names if name))

    def _rename(cell: str, found: set[str]) -> str:
        def _word(match: re.Match[str]) -> str:
            found.add(match[0])
            return labels[match[0]]

        return pattern.sub(_word, cell)

    return _rename


def _renamed(grid: Grid, rename: Callable[[str], str]) -> Grid:
    rows = [[rename(cell) if place < grid.names else cell for place, cell in enumerate(row)] for row in grid.rows]
    header = [rename(cell) for cell in grid.header]
    return Grid(rename(grid.title), header, rows, grid.right, grid.notes, grid.names, grid.parameters)


def aligned(cells: Sequence[str]) -> list[str]:
    """What follows each number so that the points of a column of numbers stand under each other.

    Examples
    --------
    >>> aligned(["0.25***", "(0.1)", "11", ""])
    ['', '***', '.25***', '']
    """
    rests = [match["rest"] if (match := _NUMBER.match(cell)) else None for cell in cells]
    longest = max((rest for rest in rests if rest is not None), key=len, default="")
    return ["" if rest is None else longest[len(rest) :] for rest in rests]


def set_right(grid: Grid) -> list[bool]:
    """Which columns are set to the right: those of numbers, and of texts that are all numbers with stars or brackets.

    Examples
    --------
    >>> grid = Grid("", ["term", "Lag"], [["x", "0.2*"], ["", "(0.1)"], ["z", ""]], [False, False], (), 1)
    >>> set_right(grid)
    [False, True]
    """

    def _numbers(place: int) -> bool:
        cells = [cell for cell in grid.column(place) if cell not in ("", "-")]
        return bool(cells) and all(_NUMBER.match(cell) for cell in cells)

    return [is_right or (place >= grid.names and _numbers(place)) for place, is_right in enumerate(grid.right)]


def latex_of(grid: Grid, label: str | None = None) -> str:
    """A LaTeX `tabular` with booktabs rules inside a `table`; numbers stand under each other by their points."""
    right = set_right(grid)
    columns = "".join("r" if r else "l" for r in right)
    header = [SYMBOLS[cell][0] if cell in _IN_HEADERS else _escaped(_heading(grid, cell)) for cell in grid.header]
    cells = [
        _latex_numbers(column) if is_right else [_latex_name(grid, place, cell) for cell in column]
        for place, (column, is_right) in enumerate(zip(map(grid.column, range(len(right))), right, strict=True))
    ]
    top = ["\\begin{table}", "\\centering"]
    if grid.title:
        top.append(f"\\caption{{{_escaped(grid.title)}}}")
    if label:
        top.append(f"\\label{{{label}}}")
    rows = [" & ".join(row) + r" \\" for row in zip(*cells, strict=True)] if grid.rows else []
    body = [f"\\begin{{tabular}}{{{columns}}}", "\\toprule", " & ".join(header) + r" \\", "\\midrule", *rows]
    notes = [f"\\par\\footnotesize {_escaped(note)}" for note in grid.notes]
    return "\n".join([*top, *body, "\\bottomrule", "\\end{tabular}", *notes, "\\end{table}"]) + "\n"


def _heading(grid: Grid, cell: str) -> str:
    return HEADERS.get(cell, cell) if grid.parameters else cell


def _latex_numbers(cells: list[str]) -> list[str]:
    made = []
    for cell, filler in zip(cells, aligned(cells), strict=True):
        number = _LATEX_MINUS.sub(r"\1$-$", _escaped(cell)) if _NUMBER.match(cell) else _escaped(cell)
        made.append(number + (f"\\phantom{{{filler}}}" if filler else ""))
    return made


def _latex_name(grid: Grid, place: int, cell: str) -> str:
    if grid.parameters and place < grid.names:
        if cell in SYMBOLS:
            return SYMBOLS[cell][0]
        if cell.startswith("W("):
            return f"$W$({_escaped(cell[2:])}"
    return _escaped(cell)


def _escaped(words: str) -> str:
    return words.translate(_LATEX)


def shown(grid: Grid) -> Grid:
    """`grid` with its parameters and headings as a document shows them, and its numbers filled to stand aligned."""
    right = set_right(grid)

    def _name(place: int, cell: str) -> str:
        return SYMBOLS[cell][1] if grid.parameters and place < grid.names and cell in SYMBOLS else cell

    columns = []
    for place, is_right in enumerate(right):
        cells = grid.column(place)
        fillers = aligned(cells) if is_right else [""] * len(cells)
        columns.append([_name(place, cell) + _blank(fill) for cell, fill in zip(cells, fillers, strict=True)])
    header = [SYMBOLS[cell][1] if cell in _IN_HEADERS else _heading(grid, cell) for cell in grid.header]
    rows = [list(row) for row in zip(*columns, strict=True)] if grid.rows else []
    return Grid(grid.title, header, rows, right, grid.notes, grid.names, grid.parameters)


def _blank(filler: str) -> str:
    return "".join(_PUNCTUATION_SPACE if sign in ".,)" else _FIGURE_SPACE for sign in filler)


def html_of(grid: Grid, inline: bool = True) -> str:
    """An HTML table; every text is escaped; `inline` styles make it look the same in mails, Word and notebooks."""
    grid = shown(grid)

    def _line(tag: str, row: list[str]) -> str:
        rule = ";border-bottom:1px solid" if tag == "th" else ""
        more = f";padding:2px 8px{rule}" if inline else ""
        cells = [
            f'<{tag} style="text-align:{"right" if is_right else "left"}{more}">{html.escape(cell)}</{tag}>'
            for cell, is_right in zip(row, grid.right, strict=True)
        ]
        return "<tr>" + "".join(cells) + "</tr>"

    def _styled(style: str) -> str:
        return f' style="{style}"' if inline else ""

    above = _styled("text-align:left;font-weight:bold;padding:4px 0")
    caption = f"<caption{above}>{html.escape(grid.title)}</caption>" if grid.title else ""
    small = _styled("font-size:smaller;margin:2px 0")
    notes = "".join(f'<p class="note"{small}>{html.escape(note)}</p>' for note in grid.notes)
    body = "".join(_line("td", row) for row in grid.rows)
    head = f"<thead>{_line('th', grid.header)}</thead>"
    return f'<table class="gba"{_styled(_TABLE_STYLE)}>{caption}{head}<tbody>{body}</tbody></table>{notes}'


def markdown_of(grid: Grid) -> str:
    """A GitHub-flavored Markdown table."""

    def _line(row: list[str]) -> str:
        return "| " + " | ".join(map(markdown_words, row)) + " |"

    rule = "|" + "|".join(" ---: " if r else " --- " for r in set_right(grid)) + "|"
    top = [f"**{markdown_words(grid.title)}**", ""] if grid.title else []
    notes = ["", *map(markdown_words, grid.notes)] if grid.notes else []
    return "\n".join([*top, _line(grid.header), rule, *map(_line, grid.rows), *notes]) + "\n"


def markdown_words(words: str) -> str:
    r"""`words` as one line of Markdown: no cell ends, no code, no tag begins in it.

    Examples
    --------
    >>> print(markdown_words("a|b"))
    a\|b
    """
    return re.sub(r"([|`\\]|<(?=[A-Za-z/!?]))", r"\\\1", " ".join(words.splitlines()))


def plain(value: object) -> object:
    """A value of a cell as any writer takes it: numpy's numbers become Python's."""
    return value.item() if hasattr(value, "item") and getattr(value, "ndim", 1) == 0 else value


def moments(values: Sequence[dt.date]) -> list[str]:
    """Moments as readers write them: days alone where none has a time, else all with one, fractions where there are.

    The one place that decides it, for maps, layers, figures, documents and the command line.

    Examples
    --------
    >>> moments([dt.datetime(2018, 10, 24), dt.date(2018, 10, 25)])
    ['2018-10-24', '2018-10-25']
    >>> moments([dt.datetime(2018, 10, 24), dt.datetime(2018, 10, 24, 9, 30)])
    ['2018-10-24 00:00:00', '2018-10-24 09:30:00']
    """
    if all(is_day(value) for value in values):
        days = [f"{value:%Y-%m-%d}" if value.year > 999 else value.isoformat()[:10] for value in values]
        if len(set(days)) == len(set(values)):  # midnights of two zones may share a day
            return days
    return [str(value) for value in values]


def is_day(value: dt.date) -> bool:
    """Whether a date or moment tells a day and no time.

    Examples
    --------
    >>> is_day(dt.datetime(2018, 10, 24)), is_day(dt.datetime(2018, 10, 24, 9))
    (True, False)
    """
    if not isinstance(value, dt.datetime):
        return True
    return value.time() == dt.time() and not getattr(value, "nanosecond", 0)


__getattr__, __dir__ = door_of(__name__, own_names(globals()))


WIDEST = 56  # a longer text is folded, so that tables with notes stay readable on a terminal


def fold_to(width: int, header: list[str], rows: list[list[str]], numeric: list[bool]) -> int:
    """The longest folding, of 16 to 56 characters, that keeps a table within `width` where one does."""
    longest = [max(map(display_width, column)) for column in zip(header, *rows, strict=True)]
    names = [display_width(name) for name in header]

    def _total(fold: int) -> int:
        parts = [
            max(name, cell if is_number else min(cell, fold))
            for name, cell, is_number in zip(names, longest, numeric, strict=True)
        ]
        return sum(parts) + 2 * (len(parts) - 1)

    return next((fold for fold in range(WIDEST, 16, -4) if _total(fold) <= width), 16)


def depth_of(row: list[list[str]]) -> int:
    """How many lines the cells of a row take."""
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
