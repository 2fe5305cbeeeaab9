"""Shapefiles that can be read back: short ASCII names, a dictionary of them beside, UTF-8 said aloud."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from gbaspatial.errors import DataError, FileFormatError, some
from gbaspatial.export.frames import flat
from gbaspatial.export.styles import Style, qml, sld, style as made_style

if TYPE_CHECKING:
    import geopandas as gpd

NAME_BYTES, TEXT_BYTES = 10, 254


def shapefile(path: str | os.PathLike[str], frame: gpd.GeoDataFrame, *, style: str | Style | None = None) -> Path:
    """Write `frame` as a shapefile for programs that need one; a GeoPackage keeps more.

    A shapefile cuts names after 10 bytes, in the middle of a Chinese character, and can then not be read.
    So fields get short ASCII names, and ``<name>_fields.csv`` beside tells which column each one was.

    Parameters
    ----------
    path : path
        Ends in ``.shp``.
    frame : GeoDataFrame
    style : str or Style, optional
        The column to color by; writes ``.qml`` and ``.sld`` beside.

    Returns
    -------
    pathlib.Path
        Of the ``.shp`` file.

    Examples
    --------
    >>> short_names(["innovation_output_total", "innovation_output_share", "城市名称"])
    {'innovation_output_total': 'in_ou_tota', 'innovation_output_share': 'in_ou_shar', '城市名称': 'field_3'}
    """
    target = Path(path)
    if target.suffix.lower() != ".shp":
        raise FileFormatError(f"{target.name} does not end in .shp; name the file so, or write a GeoPackage.")
    table = flat(frame, "layer")
    _check_texts(table)
    for column in table.select_dtypes(bool).columns:
        table[column] = table[column].astype("int32")  # the format has no booleans
    columns = list(table.columns.drop("geometry"))
    names = short_names(columns)
    target.parent.mkdir(parents=True, exist_ok=True)
    for ending in (".shp", ".shx", ".dbf", ".prj", ".cpg", ".qml", ".sld"):
        target.with_suffix(ending).unlink(missing_ok=True)
    short = table.rename(columns=names)
    short.to_file(target, driver="ESRI Shapefile", engine="pyogrio", encoding="UTF-8")
    fields = pd.DataFrame(
        {"field": [names[c] for c in columns], "column": columns, "type": [str(table[c].dtype) for c in columns]}
    )
    # The mark at the beginning lets spreadsheets see that the file is UTF-8.
    fields.to_csv(target.with_name(f"{target.stem}_fields.csv"), index=False, encoding="utf-8-sig")
    if style is not None:
        chosen = made_style(table, style) if isinstance(style, str) else style
        chosen = chosen.renamed(names.get(chosen.column, chosen.column))
        qml(target.with_suffix(".qml"), chosen)
        sld(target.with_suffix(".sld"), chosen)
    return target


def _check_texts(table: pd.DataFrame) -> None:
    for column in table.columns.drop("geometry"):
        if pd.api.types.is_numeric_dtype(table[column]):
            continue
        sizes = table[column].dropna().astype(str).map(lambda text: len(text.encode("utf-8")))
        long = sizes[sizes > TEXT_BYTES]
        if len(long):
            raise DataError(
                f"the column {column!r} has texts longer than the {TEXT_BYTES} bytes of a shapefile in row "
                f"{some(long.index + 1)}; shorten them, or write a GeoPackage."
            )


def short_names(columns: Iterable[str]) -> dict[str, str]:
    """An ASCII name of at most 10 bytes for each column, no two alike in any case.

    Examples
    --------
    >>> short_names(["gdp_pc_cny", "population_year", "population_urban"])
    {'gdp_pc_cny': 'gdp_pc_cny', 'population_year': 'popu_year', 'population_urban': 'popu_urban'}
    """
    listed = list(columns)
    plain = {c: c for c in listed if re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,9}", c)}
    taken = {name.casefold() for name in plain.values()}
    names = {}
    for number, column in enumerate(listed, start=1):
        name = plain.get(column)
        if name is None:
            name = _unique(_shortened(column) or f"field_{number}", taken)
            taken.add(name.casefold())
        names[column] = name
    return names


def _shortened(column: str) -> str:
    """The beginnings of the words of `column`, or nothing where it has no ASCII words."""
    words = re.findall(r"[A-Za-z0-9]+", column) if column.isascii() else []
    if not words or not words[0][0].isalpha():
        return ""
    room = NAME_BYTES - (len(words) - 1)
    if room < len(words):
        return "".join(words)[:NAME_BYTES]
    share = room // len(words)
    kept = [word[:share] for word in words[:-1]]
    return "_".join([*kept, words[-1][: room - len("".join(kept))]])


def _unique(name: str, taken: set[str]) -> str:
    number, made = 1, name
    while made.casefold() in taken:
        number += 1
        made = f"{name[: NAME_BYTES - len(str(number)) - 1]}_{number}"
    return made
