"""What a chapter of the report is: sentences, tables and pictures, all computed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gbaspatial.results import Result, Table

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True, slots=True, eq=False)
class Section:
    """A chapter: `text` leads, then pictures and tables; `findings` go to the first page.

    Tables and figures are keyed by the name of the file they are also written to.
    """

    key: str
    title: str
    title_zh: str
    text: tuple[str, ...] = ()
    findings: tuple[str, ...] = ()
    tables: dict[str, Table] = field(default_factory=dict)
    figures: dict[str, Figure] = field(default_factory=dict)


def large_sample(result: Result) -> Table:
    """The main table of `result` with a warning that its p-values come from large-sample theory."""
    table = result.tables()[0]
    note = "These p-values rest on large-sample theory and are too small here; read those of the bootstrap."
    return Table(table.frame, table.title, (*table.notes, note), table.formats)
