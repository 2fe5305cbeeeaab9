"""What a chapter of the report is: sentences, tables and pictures, all computed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gbaspatial.results import Table

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes


@dataclass(frozen=True, slots=True, eq=False)
class Section:
    """A chapter: `text` leads, then pictures and tables; `findings` go to the first page.

    Tables and figures are keyed by the name of the file they are also written to; `numbers` are all digits of a
    table whose cells are text.
    """

    key: str
    title: str
    title_zh: str
    text: tuple[str, ...] = ()
    findings: tuple[str, ...] = ()
    tables: dict[str, Table] = field(default_factory=dict)
    numbers: dict[str, pd.DataFrame] = field(default_factory=dict)
    figures: dict[str, Axes] = field(default_factory=dict)
