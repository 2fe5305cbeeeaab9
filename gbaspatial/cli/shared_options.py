"""Options that several commands share."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import wraps
from pathlib import Path
from typing import Any, TypeAlias

import click

from gbaspatial.cli.output import FORMS
from gbaspatial.errors import FileFormatError, OptionError
from gbaspatial.filenames import file_of

Command: TypeAlias = "Callable[..., Any]"  # what click makes a command of: it says no type


class Place(click.Path):
    """A path that is not empty, as ``--out "$name"`` is where no name was set.

    Parameters
    ----------
    to_write : bool
        Whether it is a file that will be written, so no folder.
    file_okay : bool
        Whether a file may be there; else it is a folder.
    """

    def __init__(self, *, to_write: bool = False, file_okay: bool = True) -> None:
        super().__init__(path_type=Path, file_okay=file_okay)
        self.to_write = to_write

    def convert(
        self, value: str | os.PathLike[str], param: click.Parameter | None, ctx: click.Context | None
    ) -> str | bytes | os.PathLike[str]:
        """The path, or one sentence that begins with the option."""
        option = param.opts[0] if param is not None else "the path"
        if not str(value).strip():
            cure = f"name a {'file' if self.file_okay else 'folder'}"
            raise OptionError(f"{option} is empty; {cure}{'' if param and param.required else ', or leave it out'}.")
        if "://" in str(value):
            raise OptionError(f"{option} takes a file; a database is named as DATA, and its table by --layer.")
        if self.to_write and isinstance(value, str):
            try:
                file_of(value)
            except FileFormatError as error:
                raise FileFormatError(f"{option} {error}") from None
        return super().convert(value, param, ctx)


def data_options(command: Command) -> Command:
    """DATA and the options that say what of it is meant."""
    options = [
        click.argument("data", default="cities"),
        click.option("--id", "unit", help="Column of DATA that identifies a unit (of your own file)."),
        click.option("--layer", help="Layer of a GeoPackage with more than one; of a database its table, or a query."),
        click.option("--lon", help="DATA is a table of points: its column of longitudes."),
        click.option("--lat", help="DATA is a table of points: its column of latitudes."),
        click.option("--crs", help="CRS of DATA where the file does not say, such as EPSG:4547; or gcj02, bd09."),
        click.option("--repair", type=click.Choice(["make_valid"]), help="Repair invalid geometries of DATA."),
        click.option("--table", type=Place(), help="CSV, Excel, Stata or Parquet joined by its id."),
        click.option("--table-id", help="Column of the table that holds the id (default: the same as --id)."),
        click.option("--table-time", help="Column of the table that holds the year; choose one with --year."),
        click.option("--sheet", help="Sheet of an Excel table (default: the first)."),
        click.option("--missing", multiple=True, help="Text of the table that stands for a missing value; repeatable."),
        click.option("--header", type=int, help="Row of the table with the names, if titles stand above it."),
        click.option("--fill-down", multiple=True, help="Column of the table whose blanks of merged cells are filled."),
        click.option("--decimal", type=click.Choice([".", ","]), help="Decimal mark of numbers written as text."),
        click.option("--thousands", help="Mark between thousands in the table, such as a comma."),
        click.option("--percent", type=click.Choice(["points", "share"]), help="12% of the table is 12, or 0.12."),
        click.option("--encoding", help="Of the CSV table, or else of the shapefile (default: UTF-8 or GB18030)."),
        click.option("--year", type=int, help="Year of the built-in statistics (default: the newest) or of the table."),
        click.option("--without", multiple=True, help="Id of a unit to leave out; give it again for more."),
    ]
    return _with(options, _apart(command))


def weights_options(command: Command) -> Command:
    """How W is built."""
    options = [
        click.option(
            "--weights",
            default="queen",
            show_default=True,
            help="queen, rook, nearest:K, band:KM, inverse:POWER, or a file of weights (.gal, .gwt, .csv, ...).",
        ),
        click.option("--links", type=int, help="Built-in cities: add the bridges and tunnels open by this year."),
        click.option(
            "--style", type=click.Choice(["row", "binary", "none"]), default="row", show_default=True,
            help="Standardization of W.",
        ),
    ]  # fmt: skip
    return _with(options, command)


def panel_options(command: Command) -> Command:
    """What makes a model one of a panel."""
    options = [
        click.option("--panel", "time", help="Fit a panel over this column of time, such as year."),
        click.option("--years", help="Of a panel: only these years, such as 2010-2021."),
        click.option(
            "--effects", help="Of a panel: unit (default), time, twoway, pooled, or such as 'unit + side:year'."
        ),
        click.option(
            "--unbalanced", type=click.Choice(["error", "common", "keep"]),
            help="Of a panel with gaps: refuse (default), units that are whole, or all rows.",
        ),
    ]  # fmt: skip
    for option in reversed(options):
        command = option(command)
    return command


def inference_option(command: Command) -> Command:
    """Where p-values and intervals come from."""
    return click.option(
        "--inference",
        type=click.Choice(["recommended", "asymptotic"]),
        default="recommended",
        show_default=True,
        help="Where p-values and intervals come from (below 50 units the recommended one is not asymptotic).",
    )(command)


def output_options(command: Command) -> Command:
    """In which form, and where to."""
    options = [
        click.option(
            "--format", "form", type=click.Choice(FORMS),
            help="Form of what is printed (default: table), or of the file of --out, whose ending says it too.",
        ),
        click.option(
            "--out", type=Place(to_write=True),
            help="Write to this file instead: .txt, .csv, .json, .tex, .md, .html, .xlsx, .docx.",
        ),
    ]  # fmt: skip
    return _with(options, command)


def seed_option(command: Command) -> Command:
    """The seed of every random draw."""
    return click.option(
        "--seed", type=click.IntRange(min=0), default=1, show_default=True, help="Seed of the random draws."
    )(command)


def _apart(command: Command) -> Command:
    """`command`, which refuses before it reads anything to write over what it reads."""

    @wraps(command)
    def _checked(**given: Any) -> Any:
        if not given["data"].strip():
            raise OptionError("DATA is empty; name a file, or one of cities, districts, prefectures.")
        sources = {"DATA": given["data"], "--table": given["table"], "--weights": given.get("weights")}
        for option, name in (("--out", "out"), ("--tables", "tables"), ("--map", "map_file")):
            file = given.get(name)
            for source, read in sources.items():
                if file and read and file.is_file() and Path(read).is_file() and file.samefile(read):
                    raise OptionError(
                        f"{option} {file.name} is {source} itself, which would be lost; name another file."
                    )
        return command(**given)

    return _checked


def _with(options: Sequence[Callable[[Command], Command]], command: Command) -> Command:
    """`command` with `options`, which its help lists in this order."""
    for option in reversed(options):
        command = option(command)
    return command
