"""What a chapter of the report is: sentences in two languages, tables and pictures, all computed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gbaspatial.report.languages import Language, Words
from gbaspatial.results import Table

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes


@dataclass(frozen=True, slots=True, eq=False)
class Section:
    """A chapter: `text` leads, then `findings`, pictures and tables.

    Tables and figures are keyed by the name of the file they are also written to; `numbers` are all digits of a
    table whose cells are text; tables named in `aside` are files alone and not on the page. `tables_zh` are the same tables with Chinese titles, headings and notes, `figures_zh`
    the pictures that were drawn with Chinese words. `captions` say in a line what a picture shows. The first page
    takes `brief` (what was found), `advice` (what to do), `unknown` (what the data do not tell) and the pictures named
    in `front`.
    """

    key: str
    title: Words
    text: tuple[Words, ...] = ()
    findings: tuple[Words, ...] = ()
    tables: dict[str, Table] = field(default_factory=dict)
    tables_zh: dict[str, Table] = field(default_factory=dict)
    numbers: dict[str, pd.DataFrame] = field(default_factory=dict)
    figures: dict[str, Axes] = field(default_factory=dict)
    figures_zh: dict[str, Axes] = field(default_factory=dict)
    captions: dict[str, Words] = field(default_factory=dict)
    brief: tuple[Words, ...] = ()
    advice: tuple[Words, ...] = ()
    unknown: tuple[Words, ...] = ()
    front: tuple[str, ...] = ()
    aside: tuple[str, ...] = ()

    def tables_in(self, language: Language) -> dict[str, Table]:
        """The tables with words in one language."""
        return {**self.tables, **self.tables_zh} if language == "zh" else self.tables

    def figures_in(self, language: Language) -> dict[str, Axes]:
        """The pictures with words in one language, as far as they were drawn in it."""
        return {**self.figures, **self.figures_zh} if language == "zh" else self.figures
