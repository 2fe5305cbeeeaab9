"""GeoPackages that open styled: several layers and their styles in one file."""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from gbaspatial.errors import DataError, UnknownNameError, nearest_names, some
from gbaspatial.export.descriptions import Description
from gbaspatial.export.frames import flat
from gbaspatial.export.layer_metadata import descriptions_of, write_descriptions
from gbaspatial.export.names import layer_names
from gbaspatial.export.styles import Style, default_column, plain_style, styled
from gbaspatial.options import public
from gbaspatial.writing import replace_file

if TYPE_CHECKING:
    import geopandas as gpd

Styles: TypeAlias = "Mapping[str, str | Style | None]"

# As QGIS makes it, but TEXT throughout: with VARCHAR(256) drivers warn at every opening.
_TABLE = """
CREATE TABLE layer_styles (
    id INTEGER PRIMARY KEY AUTOINCREMENT, f_table_catalog TEXT, f_table_schema TEXT, f_table_name TEXT,
    f_geometry_column TEXT, styleName TEXT, styleQML TEXT, styleSLD TEXT, useAsDefault BOOLEAN, description TEXT,
    owner TEXT, ui TEXT, update_time DATETIME DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now'))
)
"""
_ROW = """
INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, f_geometry_column, styleName, styleQML,
    styleSLD, useAsDefault, description, owner) VALUES ('', '', ?, ?, ?, ?, ?, 1, ?, '')
"""
_SHAPES = "SELECT column_name FROM gpkg_geometry_columns WHERE table_name = ?"


@public
def geopackage(
    path: str | os.PathLike[str],
    layers: Mapping[str, gpd.GeoDataFrame],
    *,
    styles: Styles | None = None,
    descriptions: Mapping[str, Description] | None = None,
) -> Path:
    """Write `layers` into one GeoPackage, with styles that QGIS applies when it opens them.

    Parameters
    ----------
    path : path
        A file that exists is replaced when the new one is whole.
    layers : mapping of str to GeoDataFrame
        The unit ids become a column. Names, Chinese ones too, and leading zeros stay as they are; a name that the
        format keeps for itself (``fid``, ``geom``) or cannot tell from another is changed, and a warning says so.
    styles : mapping of str to str or Style, optional
        By layer: the column to color by, or what `style` made; None for none. A layer with a column `cluster`
        of a local test gets the colors of GeoDa unless something else is said, any other is drawn in one color.
    descriptions : mapping of str to Description, optional
        By layer: title, abstract, attribution and names of fields, made by `describe`. By default those that
        columns of gbaspatial have, and the attribution that the layer carries.

    Returns
    -------
    pathlib.Path

    Raises
    ------
    WritingError
        If the file cannot be written, or another program has it open; what was there is as it was.

    Examples
    --------
    >>> import tempfile, gbaspatial as gba
    >>> cities = gba.load_cities(year=2019)
    >>> path = tempfile.mkdtemp() + "/bay.gpkg"
    >>> made = gba.export.geopackage(path, {"cities": cities}, styles={"cities": "gdp_pc_cny"})
    >>> gba.read_units(made, id="city").loc["Macao", "adcode"]
    '820000'
    """
    if not isinstance(layers, Mapping):
        raise DataError('give the layers by name, such as {"cities": cities}, or use gba.export.write for one.')
    if not layers:
        raise DataError("there is no layer to write; give at least one, as {'name': frame}.")
    by_layer = styles_by_layer(styles, layers)
    written = dict(zip(layers, layer_names(layers), strict=True))
    wanted = {written[name]: choice for name, choice in by_layer.items()}
    tables = {written[name]: flat(frame, f"layer {name!r}") for name, frame in layers.items()}
    made = {name: style_of(table, wanted, name) for name, table in tables.items()}
    told = descriptions_of(layers, tables, written, descriptions)

    def _write(half: Path) -> None:
        for name, table in tables.items():
            # Version 1.2 holds all that is needed here, and older programs open it without a warning.
            words = told[name]
            title = {"IDENTIFIER": words.title, "DESCRIPTION": words.abstract}
            table.to_file(half, layer=name, driver="GPKG", engine="pyogrio", VERSION="1.2", **title)
        _write_styles(half, {name: each for name, each in made.items() if each is not None}, told)
        write_descriptions(half, told, {name: table.crs for name, table in tables.items()})
        _check_whole(half, {name: len(table) for name, table in tables.items()})

    return replace_file(path, _write)


def styles_by_layer(styles: Styles | None, layers: Mapping[str, gpd.GeoDataFrame]) -> dict[str, str | Style | None]:
    """What was asked for by layer, if there are such layers."""
    wanted = dict(styles or {})
    unknown = [name for name in wanted if name not in layers]
    if unknown:
        raise UnknownNameError(f"there is no layer {some(unknown)} to style. {nearest_names(unknown[0], layers)}")
    return wanted


def style_of(table: gpd.GeoDataFrame, wanted: Mapping[str, str | Style | None], name: str) -> Style | None:
    """What was asked for; else the classes of a local test, else all units alike, with their names."""
    if name in wanted:
        return styled(table, wanted[name])
    column = default_column(table)
    return plain_style(table) if column is None else styled(table, column)


def _check_whole(path: Path, sizes: Mapping[str, int]) -> None:
    """Count what is in the file: drivers do not always say that the disk is full."""
    with closing(sqlite3.connect(path)) as file:
        sound = file.execute("PRAGMA quick_check").fetchone() == ("ok",)
        for name, size in sizes.items():
            quoted = '"' + name.replace('"', '""') + '"'
            if not sound or file.execute(f"SELECT count(*) FROM {quoted}").fetchone() != (size,):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), path.name)


def _write_styles(path: Path, styles: Mapping[str, Style], descriptions: Mapping[str, Description]) -> None:
    if not styles:
        return
    with closing(sqlite3.connect(path)) as file, file:
        file.execute(_TABLE)
        for name, each in styles.items():
            words = f"colored by {each.column}" if each.column else "all alike"
            (where,) = file.execute(_SHAPES, (name,)).fetchone()
            told = each.to_qml(descriptions[name])
            file.execute(_ROW, (name, where, each.column or name, told, each.to_sld(name), words))
        file.execute(
            "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, last_change) "
            "VALUES ('layer_styles', 'attributes', 'layer_styles', '', strftime('%Y-%m-%dT%H:%M:%fZ','now'))"
        )
