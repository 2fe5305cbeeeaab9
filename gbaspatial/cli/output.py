"""Results on the screen or in a file, in the form asked for."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gbaspatial.errors import FileFormatError, OptionError

if TYPE_CHECKING:
    import pandas as pd

    from gbaspatial.results import Result, Table

# Forms by the ending of a file; the first of each form is the one that is suggested.
ENDINGS = {
    ".txt": "table", ".csv": "csv", ".json": "json", ".tex": "latex", ".md": "markdown", ".html": "html",
    ".htm": "html", ".xlsx": "xlsx", ".docx": "docx",
}  # fmt: skip
FORMS = tuple(dict.fromkeys(ENDINGS.values()))
_OF_FILES = ("xlsx", "docx")  # forms that no screen shows


def table_of(frame: pd.DataFrame, title: str) -> Table:
    """`frame` as a table; large amounts in full, as statistics print them, where there is room."""
    from gbaspatial.results import Table

    numbers = frame.select_dtypes("number")
    large = [column for column in numbers if numbers[column].abs().max() >= 1e6 and len(numbers.columns) < 10]
    return Table(frame, title, formats=dict.fromkeys(large, ",.0f"))


def form_of(form: str | None, out: Path | None, option: str = "--out") -> str:
    """The form that ``--format`` names or the ending of the file of `option` says; both must agree.

    Examples
    --------
    >>> form_of(None, Path("a.xlsx")), form_of("csv", None), form_of(None, None)
    ('xlsx', 'csv', 'table')
    """
    if out is None:
        if form in _OF_FILES:
            raise OptionError(f"--format {form} is a file; name it with {option}, such as table.{form}.")
        return form or "table"
    said = ENDINGS.get(out.suffix.lower())
    if said is None:
        raise FileFormatError(f"{option} {out.name} does not say its form; end it in one of {', '.join(ENDINGS)}.")
    if form is not None and form != said:
        ending = next(ending for ending, known in ENDINGS.items() if known == form)
        raise OptionError(f"{option} {out.name} would hold {form}; end it in {ending}, or leave --format out.")
    return said


def write(result: Result | Table | Sequence[Result | Table], form: str | None, out: Path | None) -> None:
    """Print `result`, or several, in the form asked for; or write it to a file."""
    form = form_of(form, out)
    results = list(result) if isinstance(result, Sequence) else [result]
    if out is None:
        click.echo(_text(results, form, shutil.get_terminal_size((160, 40)).columns))
    else:
        click.echo(written(results, out))


def written(results: Sequence[Result | Table], out: Path) -> Path:
    """Write results to a file in the form that its ending says."""
    from gbaspatial.results import Table, Together
    from gbaspatial.writing import replace_text

    form = form_of(None, out)
    one = Together(tuple(results)) if len(results) > 1 or isinstance(results[0], Table) else results[0]
    if form == "xlsx":
        one.to_excel(out)
    elif form == "docx":
        one.to_docx(out)
    else:
        replace_text(out, _text(results, form, None) + "\n")
    return out


def _text(results: Sequence[Any], form: str, width: int | None) -> str:
    from gbaspatial.results import Table, Together
    from gbaspatial.sheets import guarded

    if form == "json":
        alone = len(results) == 1 and not isinstance(results[0], Table)
        return (results[0] if alone else Together(tuple(results))).to_json()
    texts = {
        "table": lambda r: r.to_text(width) if isinstance(r, Table) else str(r),
        "csv": lambda r: guarded(r.to_frame()).to_csv(),
        "latex": lambda r: r.to_latex(),
        "markdown": lambda r: r.to_markdown(),
        "html": lambda r: r.to_html(),
    }
    return "\n\n".join(texts[form](one).rstrip("\n") for one in results)
