"""Results on the screen or in a file, in the form asked for."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gbaspatial.writing import replace_text

if TYPE_CHECKING:
    from gbaspatial.results import Result


def table_of(frame: Any, title: str) -> Any:
    """`frame` as a table; large amounts in full, as statistics print them, where there is room."""
    from gbaspatial.results import Table

    numbers = frame.select_dtypes("number")
    large = [column for column in numbers if numbers[column].abs().max() >= 1e6 and len(numbers.columns) < 10]
    return Table(frame, title, formats=dict.fromkeys(large, ",.0f"))


def write(result: Result | list[Any] | Any, form: str, out: Path | None) -> None:
    """Print `result`, or several, in the form asked for; or write it to a file."""
    from gbaspatial.results import Table
    from gbaspatial.sheets import guarded

    width = shutil.get_terminal_size((160, 40)).columns if out is None else None
    results = result if isinstance(result, list) else [result]
    texts = {
        "text": lambda r: r.to_text(width) if isinstance(r, Table) else str(r),
        "csv": lambda r: guarded(r.to_frame()).to_csv(),
        "latex": lambda r: r.to_latex(),
        "markdown": lambda r: r.to_markdown(),
        "html": lambda r: r.to_html(),
    }
    text = "\n\n".join(texts[form](one).rstrip("\n") for one in results)
    if out is None:
        click.echo(text)
    else:
        replace_text(out, text + "\n")
        click.echo(out)
