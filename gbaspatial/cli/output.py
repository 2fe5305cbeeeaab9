"""Results on the screen or in a file, in the form asked for."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gbaspatial.errors import FileFormatError, OptionError

if TYPE_CHECKING:
    from gbaspatial.results import Result

# Forms by the ending of a file; the first of each form is the one that is suggested.
ENDINGS = {
    ".txt": "table", ".csv": "csv", ".json": "json", ".tex": "latex", ".md": "markdown", ".html": "html",
    ".htm": "html", ".xlsx": "xlsx", ".docx": "docx",
}  # fmt: skip
FORMS = tuple(dict.fromkeys(ENDINGS.values()))
_OF_FILES = ("xlsx", "docx")  # forms that no screen shows


def table_of(frame: Any, title: str) -> Any:
    """`frame` as a table; large amounts in full, as statistics print them, where there is room."""
    from gbaspatial.results import Table

    numbers = frame.select_dtypes("number")
    large = [column for column in numbers if numbers[column].abs().max() >= 1e6 and len(numbers.columns) < 10]
    return Table(frame, title, formats=dict.fromkeys(large, ",.0f"))


def form_of(form: str | None, out: Path | None) -> str:
    """The form that ``--format`` names or the ending of ``--out`` says; both must agree.

    Examples
    --------
    >>> form_of(None, Path("a.xlsx")), form_of("csv", None), form_of(None, None)
    ('xlsx', 'csv', 'table')
    """
    if out is None:
        if form in _OF_FILES:
            raise OptionError(f"--format {form} is a file; name it with --out, such as table.{form}.")
        return form or "table"
    said = ENDINGS.get(out.suffix.lower())
    if said is None:
        raise FileFormatError(f"--out {out.name} does not say its form; end it in one of {', '.join(ENDINGS)}.")
    if form is not None and form != said:
        ending = next(ending for ending, known in ENDINGS.items() if known == form)
        raise OptionError(f"--out {out.name} would hold {form}; end it in {ending}, or leave --format out.")
    return said


def write(result: Result | list[Any] | Any, form: str | None, out: Path | None) -> None:
    """Print `result`, or several, in the form asked for; or write it to a file."""
    from gbaspatial.results import Table, Together
    from gbaspatial.sheets import guarded
    from gbaspatial.writing import replace_text

    form = form_of(form, out)
    width = shutil.get_terminal_size((160, 40)).columns if out is None else None
    results = result if isinstance(result, list) else [result]
    if form in _OF_FILES and out is not None:
        one = Together(tuple(results)) if len(results) > 1 or isinstance(results[0], Table) else results[0]
        one.to_excel(out) if form == "xlsx" else one.to_docx(out)
        click.echo(out)
        return
    texts = {
        "table": lambda r: r.to_text(width) if isinstance(r, Table) else str(r),
        "csv": lambda r: guarded(r.to_frame()).to_csv(),
        "latex": lambda r: r.to_latex(),
        "markdown": lambda r: r.to_markdown(),
        "html": lambda r: r.to_html(),
    }
    if form == "json":
        text = Together(tuple(results)).to_json()
    else:
        text = "\n\n".join(texts[form](one).rstrip("\n") for one in results)
    if out is None:
        click.echo(text)
    else:
        replace_text(out, text + "\n")
        click.echo(out)
