"""The report as one self-contained HTML page in one language: every picture and the map are inside the file."""

from __future__ import annotations

import base64
import html
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gbaspatial.report.languages import Language, Words
from gbaspatial.report.plain import for_readers
from gbaspatial.report.section import Section
from gbaspatial.results import Table

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FILES: dict[Language, str] = {"en": "report.html", "zh": "report.zh.html"}
_LONG = 40  # letters of a cell that needs a wide column
_BRIEF = 14  # letters of a cell that is not broken
_PORTRAIT = 120  # letters that fit on a line of the short side of the paper

_SAY = {
    "contents": Words("Contents", "目录"),
    "first": Words("In short", "概要"),
    "asked": Words("What was asked", "问题"),
    "found": Words("What the data say", "数据所示"),
    "advice": Words("What to do", "怎么办"),
    "unknown": Words("What we do not know", "我们不知道的"),
    "map": Words("Map", "地图"),
    "map_of": Words("Interactive map", "交互地图"),
    "same_map": Words("The same map is in ", "同一地图见 "),
    "one_file": Words(", one file that opens anywhere.", "，单个文件，随处可开。"),
    "methods": Words("Methods", "方法"),
    "sources": Words("Sources and caveats", "数据来源与说明"),
    "rows": Words("rows", "行"),
    "seed": Words("seed", "随机种子"),
    "data": Words("data", "数据指纹"),
    "run": Words(
        "What was run, with which packages and weights, is in run.json.", "所用软件包、权重等运行记录见 run.json。"
    ),
}


@dataclass(frozen=True, slots=True, eq=False)
class Cover:
    """What stands around the chapters of a page: titles, the question, methods, sources."""

    title: Words
    lead: Words
    asked: Words
    methods: tuple[Words, ...]
    attribution: Words
    version: str
    seed: int
    fingerprint: str
    tables: tuple[tuple[Table, Table], ...] = ()


class Pictures:
    """The pictures of a report: each is laid out and drawn once, for the pages in both languages and for its files."""

    def __init__(self) -> None:
        self._drawn: dict[Axes, tuple[bytes, Any]] = {}

    def _of(self, ax: Axes) -> tuple[bytes, Any]:
        if ax not in self._drawn:
            edge = _laid_out(ax)
            self._drawn[ax] = _file_of(ax, edge, format="svg", metadata={"Date": None}), edge
        return self._drawn[ax]

    def svg(self, ax: Axes) -> bytes:
        """A picture as SVG, the same bytes for the same picture."""
        return self._of(ax)[0]

    def png(self, ax: Axes) -> bytes:
        """The same picture in dots, enough of them for a slide or a printed page."""
        return _file_of(ax, self._of(ax)[1], format="png", dpi=150, metadata={"Software": None})

    def uri(self, ax: Axes) -> str:
        """A picture as an SVG inside a URI."""
        return "data:image/svg+xml;base64," + base64.b64encode(self.svg(ax)).decode()


def render(
    sections: Sequence[Section],
    cover: Cover,
    language: Language,
    *,
    atlas: str = "",
    both: bool = True,
    drawn: Pictures | None = None,
) -> str:
    """The page as text.

    Parameters
    ----------
    sections : sequence of Section
    cover : Cover
    language : {"en", "zh"}
    atlas : str
        The map as a whole HTML page; it is put into a frame of its own.
    both : bool
        Whether the page in the other language stands beside this one.
    drawn : Pictures, optional
        Those that were drawn for another page.
    """
    import jinja2

    # autoescape: names and sentences come from data; only tables, which escape themselves, pass as they are
    loader = jinja2.PackageLoader("gbaspatial.report", package_path="")
    environment = jinja2.Environment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.filters["shown"] = lambda table: html_of(table, environment)
    other: Language = "en" if language == "zh" else "zh"
    figures = {name: ax for s in sections for name, ax in s.figures_in(language).items()}
    captions = {name: words.of(language) for s in sections for name, words in s.captions.items()}
    return environment.get_template("page.html.j2").render(
        language=language,
        say={name: words.of(language) for name, words in _SAY.items()},
        other={"file": FILES[other], "language": other, "name": {"en": "English", "zh": "中文"}[other]} if both else None,
        title=cover.title.of(language),
        lead=cover.lead.of(language),
        asked=cover.asked.of(language),
        methods=[words.of(language) for words in cover.methods],
        attribution=cover.attribution.of(language),
        version=cover.version,
        seed=cover.seed,
        fingerprint=cover.fingerprint,
        tables=[_shown(pair[language == "zh"], language) for pair in cover.tables],
        turned=_too_wide(sections, cover, language),
        sections=[_in_language(s, language) for s in sections],
        pictures={name: (drawn or Pictures()).uri(ax) for name, ax in figures.items()},
        captions={name: captions.get(name, name) for name in figures},
        front=[name for s in sections for name in s.front],
        **{kind: [words.of(language) for s in sections for words in getattr(s, kind)]
           for kind in ("brief", "advice", "unknown")},
        atlas=atlas,
    )  # fmt: skip


def _in_language(section: Section, language: Language) -> dict[str, object]:
    return {
        "key": section.key,
        "title": section.title.of(language),
        "text": [words.of(language) for words in section.text],
        "findings": [words.of(language) for words in section.findings],
        "figures": list(section.figures),
        "tables": [_shown(table, language) for table in section.tables_in(language).values()],
    }


def _shown(table: Table, language: Language) -> Table:
    return for_people(for_readers(table) if language == "en" else table)


def _too_wide(sections: Sequence[Section], cover: Cover, language: Language) -> set[str]:
    """The titles of tables that, printed, need the long side of the paper."""
    tables = [table for s in sections for table in s.tables_in(language).values()]
    tables += [pair[language == "zh"] for pair in cover.tables]
    shown = [_shown(table, language) for table in tables]
    return {table.title for table in shown if not _has_much_text(table) and _width(table) > _PORTRAIT}


def _width(table: Table) -> int:
    """About how many letters wide a table is, with the space between its columns; a Chinese sign takes two."""
    frame = table.frame.reset_index()
    columns = zip(frame.columns, (frame.iloc[:, place] for place in range(frame.shape[1])), strict=True)
    return sum(max([_letters(name), *map(_letters, _short(column))]) + 2 for name, column in columns)


def _short(column: pd.Series) -> Sequence[object]:
    """The cells of a column as wide as they are printed: numbers are rounded."""
    return ["0" * 8] if pd.api.types.is_numeric_dtype(column) else column.tolist()


def _letters(text: object) -> int:
    return sum(2 if ord(sign) > 0x2E80 else 1 for sign in str(text))


def _has_much_text(table: Table) -> bool:
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


def html_of(table: Table, environment: Environment | None = None) -> Markup:
    """The table as safe markup; cells of long texts are marked, so that a column of them keeps a readable width."""
    from markupsafe import Markup

    def _marked(cell: re.Match[str]) -> str:
        size = _letters(html.unescape(cell[2]))
        kind = "long" if size > _LONG else "brief" if size <= _BRIEF else ""
        return f'<td class="{kind}"{cell[1]}>{cell[2]}</td>' if kind else cell[0]

    text = re.sub(r"<td( style=[^>]*)>(.*?)</td>", _marked, table.to_html(inline=False), flags=re.DOTALL)
    return Markup(_labelled(text, table) if _has_much_text(table) else text)


def _labelled(text: str, table: Table) -> str:
    """The markup with its heading in every cell: on a phone such a row stands below itself, cell by cell."""
    headings = [str(name) for name in table.frame.columns]

    def _row(row: re.Match[str]) -> str:
        names = iter(headings)
        return re.sub(r"<td", lambda _: f'<td data-label="{html.escape(next(names, ""))}"', row[0])

    rows = re.sub(r"<tr>.*?</tr>", _row, text, flags=re.DOTALL)
    return rows.replace('class="gba"', 'class="gba labelled"', 1)


def _laid_out(ax: Axes) -> Any:
    """The edge of a picture, in inches, once all has found its place; there it stays for every file."""
    figure = _figure_of(ax)
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    return figure.get_tightbbox().padded(0.1)


def _file_of(ax: Axes, edge: Any, **how: Any) -> bytes:
    import matplotlib as mpl

    buffer = io.BytesIO()
    with mpl.rc_context({"svg.hashsalt": "gbaspatial"}):
        _figure_of(ax).savefig(buffer, bbox_inches=edge, **how)
    return buffer.getvalue()


def _figure_of(ax: Axes) -> Figure:
    figure = ax.get_figure(root=True)
    assert figure is not None
    return figure
