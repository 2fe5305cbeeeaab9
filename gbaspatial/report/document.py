"""The report as one self-contained HTML page in one language: every picture and the map are inside the file."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gbaspatial.report.languages import Language, Words
from gbaspatial.report.page_tables import for_people, has_much_text, html_of, width_of
from gbaspatial.report.plain import for_readers
from gbaspatial.report.section import Section
from gbaspatial.results import Table

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FILES: dict[Language, str] = {"en": "report.html", "zh": "report.zh.html"}
_PORTRAIT = 130  # letters that fit on a line of the short side of the paper

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
    "swipe": Words("\u2194 swipe: the table goes on to the side", "\u2194 左右滑动：表格向旁延伸"),
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
    environment.filters["shown"] = html_of
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
        "tables": [_shown(t, language) for name, t in section.tables_in(language).items() if name not in section.aside],
    }


def _shown(table: Table, language: Language) -> Table:
    return for_people(for_readers(table) if language == "en" else table)


def _too_wide(sections: Sequence[Section], cover: Cover, language: Language) -> set[str]:
    """The titles of tables that, printed, need the long side of the paper."""
    tables = [t for s in sections for name, t in s.tables_in(language).items() if name not in s.aside]
    tables += [pair[language == "zh"] for pair in cover.tables]
    shown = [_shown(table, language) for table in tables]
    return {table.title for table in shown if not has_much_text(table) and width_of(table) > _PORTRAIT}


def _laid_out(ax: Axes) -> Any:
    """The edge of a picture, in inches, once all has found its place; there it stays for every file."""
    figure = _figure_of(ax)
    engine = figure.get_layout_engine()
    if engine is not None:
        engine.execute(figure)  # without a drawing that nobody sees
    edge = figure.get_tightbbox().padded(0.1)
    with _settled():
        figure.set_layout_engine(None)  # "none" would leave one that lays out nothing, and draws before each file
    return edge


def _settled() -> AbstractContextManager[None]:
    """Settings under which no layout engine of the user's comes back, and names in a file hang on its content."""
    import matplotlib as mpl

    return mpl.rc_context(
        {"svg.hashsalt": "gbaspatial", "figure.autolayout": False, "figure.constrained_layout.use": False}
    )


def _file_of(ax: Axes, edge: Any, **how: Any) -> bytes:
    buffer = io.BytesIO()
    with _settled():
        _figure_of(ax).savefig(buffer, bbox_inches=edge, **how)
    return buffer.getvalue()


def _figure_of(ax: Axes) -> Figure:
    figure = ax.get_figure(root=True)
    assert figure is not None
    return figure
