"""Shapefiles that can be read back: short ASCII names, a dictionary of them beside, UTF-8 said aloud."""

from __future__ import annotations

import errno
import os
import re
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from gbaspatial.errors import DataError, FileFormatError, GbaWarning, WritingError, outside, some
from gbaspatial.export.descriptions import describe
from gbaspatial.export.frames import days_as_dates, flat
from gbaspatial.export.styles import Style, style_files, styled, tell_shared_style, with_whole_numbers, write_styles
from gbaspatial.filenames import file_of
from gbaspatial.options import public
from gbaspatial.sheets import guarded
from gbaspatial.writing import Companion, replace_file

if TYPE_CHECKING:
    import geopandas as gpd

NAME_BYTES, TEXT_BYTES = 10, 254
_HUGE, _TINY = 1e23, 1e-9  # a field of numbers has 24 characters, and at most 15 decimals
PARTS = (".shx", ".dbf", ".prj", ".cpg")
# Of shapes and of fields; QGIS, GDAL and ArcGIS make them.
INDEXES = (".qix", ".sbn", ".sbx", ".fbn", ".fbx", ".idm", ".ind")


@public
def shapefile(path: str | os.PathLike[str], frame: gpd.GeoDataFrame, *, style: str | Style | None = None) -> Path:
    """Write `frame` as a shapefile for programs that need one; a GeoPackage keeps more.

    A shapefile cuts names after 10 bytes, in the middle of a Chinese character, and can then not be read.
    So fields get short ASCII names, and ``<name>_fields.csv`` beside tells which column each one was.

    Parameters
    ----------
    path : path
        Ends in ``.shp``.
    frame : GeoDataFrame
        The layer, with a CRS.
    style : str or Style, optional
        The column to color by; writes ``.qml`` and ``.sld`` beside.

    Returns
    -------
    pathlib.Path
        Of the ``.shp`` file.

    Raises
    ------
    FileFormatError
        If `path` does not end in ``.shp``, or a column holds what a shapefile cannot.
    CRSError, GeometryError
        If the layer has no CRS, or its shapes are not of one kind.
    WritingError
        If the files cannot be written; what was there before has not changed then.

    Examples
    --------
    >>> short_names(["innovation_output_total", "innovation_output_share", "城市名称"])
    {'innovation_output_total': 'in_ou_tota', 'innovation_output_share': 'in_ou_shar', '城市名称': 'field_3'}
    """
    target = file_of(path)
    if target.suffix.lower() != ".shp":
        raise FileFormatError(f"{target.name} does not end in .shp; name the file so, or write a GeoPackage.")
    table = days_as_dates(flat(frame, "layer"))
    _check_texts(table)
    _check_numbers(table, target.name)
    table = _without_blanks(table)
    chosen = styled(table, style)
    table = _without_flags_and_times(table)
    columns = list(table.columns.drop("geometry"))
    names = short_names(columns)
    if chosen is not None:
        chosen = with_whole_numbers(chosen).renamed(names)
        tell_shared_style(target)
    told = describe(frame, title=target.stem).renamed(table.attrs["written_as"]).renamed(names)
    _check_neighbors(target)

    def _write(half: Path) -> None:
        short = table.rename(columns=names)
        short.to_file(half, driver="ESRI Shapefile", engine="pyogrio", encoding="UTF-8")
        _check_whole(half, len(table))
        fields = pd.DataFrame(
            {"field": [names[c] for c in columns], "column": columns, "type": [str(table[c].dtype) for c in columns]}
        )
        # The mark at the beginning lets spreadsheets see that the file is UTF-8.
        guarded(fields).to_csv(_fields_file(half), index=False, encoding="utf-8-sig")
        if chosen is not None:
            write_styles(chosen, half, told)

    dictionary = {_fields_file(target).name: Companion(_is_dictionary, _is_dictionary)}
    return replace_file(target, _write, companions={**style_files(target), **dictionary})


def _without_blanks(table: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Texts as readers give them back, so that a style finds them: no blanks around, an empty one is missing."""
    made = table.copy()
    for column in table.columns.drop("geometry"):
        if table[column].map(lambda value: isinstance(value, str)).any():
            made[column] = table[column].map(
                lambda value: value.strip(" ") or None if isinstance(value, str) else value
            )
    return made


def _without_flags_and_times(table: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Flags as 0 and 1 and times as ISO texts: the format has neither."""
    made = table.copy()
    for column in table.columns.drop("geometry"):
        values = table[column]
        if pd.api.types.is_bool_dtype(values.dtype):
            made[column] = values.astype("Int32" if values.isna().any() else "int32")
        elif pd.api.types.is_datetime64_any_dtype(values.dtype):
            told = [None if pd.isna(time) else time.isoformat(timespec="milliseconds") for time in values]
            made[column] = pd.Series(told, index=table.index, dtype=object)  # NaT would be written as a text
    return made


def _fields_file(target: Path) -> Path:
    return target.with_name(f"{target.stem}_fields.csv")


def _is_dictionary(path: Path) -> bool:
    try:
        return path.read_bytes().startswith(b"\xef\xbb\xbffield,column,type")
    except OSError:
        return False


def _check_neighbors(target: Path) -> None:
    """Refuse to take the parts of another file, or to leave an index that would mislead."""
    parts = [target.with_suffix(ending) for ending in PARTS]
    if not target.exists() and any(part.exists() for part in parts):
        raise WritingError(
            f"{some(part.name for part in parts if part.exists())} would be overwritten although there is no "
            f"{target.name} that it belongs to; write to another name."
        )
    stale = [part.name for ending in INDEXES if (part := target.with_suffix(ending)).exists()]
    if stale:
        raise WritingError(
            f"{some(stale)} is an index that another program made of the {target.name} that is there; it would not "
            f"fit the new one and hide units: delete it, or write to another name."
        )


def _check_whole(shp: Path, n: int) -> None:
    """Compare each part with the size that its header tells: the driver does not say when the disk is full."""
    for part in (shp, shp.with_suffix(".shx")):
        content = part.read_bytes()
        if len(content) < 100 or int.from_bytes(content[24:28], "big") * 2 != len(content):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), part.name)
    table = shp.with_suffix(".dbf").read_bytes()
    rows, head, width = (int.from_bytes(table[a:b], "little") for a, b in ((4, 8), (8, 10), (10, 12)))
    if rows != n or len(table) < head + rows * width or shp.with_suffix(".shx").stat().st_size != 100 + 8 * n:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), shp.with_suffix(".dbf").name)


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


def _check_numbers(table: pd.DataFrame, name: str) -> None:
    """Refuse numbers that have more digits than the field has room for, and tell those that it rounds away."""
    tiny = []
    for column in table.columns.drop("geometry"):
        if not pd.api.types.is_float_dtype(table[column]):
            continue
        sizes = table[column].abs()
        huge = sizes.index[((sizes >= _HUGE) & (sizes != float("inf"))).fillna(False)]
        if len(huge):
            raise DataError(
                f"the column {column!r} has numbers of more than 23 digits, for which a shapefile has no room, in row "
                f"{some(huge + 1)}; bring it to another unit, or write a GeoPackage."
            )
        tiny += [column] if ((sizes > 0) & (sizes < _TINY)).any() else []
    if tiny:
        warnings.warn(
            f"a shapefile keeps 15 decimals, so {name} has fewer than six digits of the smallest numbers of "
            f"{some(tiny)}; a GeoPackage keeps all.",
            GbaWarning,
            stacklevel=outside(),
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
