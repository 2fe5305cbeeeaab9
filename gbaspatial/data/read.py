"""A user's own layers: spatial units read from a file, checked, indexed by id."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from gbaspatial.data.columns import as_ids, check_unique
from gbaspatial.data.databases import is_database, read_database
from gbaspatial.data.dbf import RAW, check_asked, encoding_of, recoded
from gbaspatial.data.door import reading
from gbaspatial.data.encodings import check_encoding
from gbaspatial.data.files import existing
from gbaspatial.data.in_memory import as_frame, parquet_files, put_together, with_index, with_shapes
from gbaspatial.data.packages import check_package
from gbaspatial.data.parquet import check_parquet
from gbaspatial.data.polygons import checked_geometry, with_crs
from gbaspatial.data.signatures import DRIVERS, READ, beside, check_content, kind_of, unpacked
from gbaspatial.errors import (
    FileFormatError,
    OptionError,
    UnknownNameError,
    import_extra,
    nearest_names,
    some,
)
from gbaspatial.options import brief, public, unused, word
from gbaspatial.sheets import unguarded

if TYPE_CHECKING:
    import geopandas as gpd

    from gbaspatial.geography.crs import CrsLike

_KML_FIELD = re.compile(rb"""<(?:\w+:)?(?:SimpleField|SimpleData|Data)\b[^>]*?\bname\s*=\s*["']([^"']+)""")
# Fields that the driver makes of every placemark.
_KML_OWN = frozenset({
    "id", "name", "description", "timestamp", "begin", "end", "altitudemode", "tessellate", "extrude", "visibility",
    "draworder", "icon", "snippet",
})  # fmt: skip


@public
def read_units(
    path: Any,
    *,
    id: str,
    crs: CrsLike | None = None,
    layer: str | None = None,
    table: str | None = None,
    repair: Literal["make_valid"] | None = None,
    encoding: str | None = None,
) -> gpd.GeoDataFrame:
    """Spatial units from a GeoPackage, shapefile (zipped too), GeoJSON, GeoParquet, FlatGeobuf, KML or .gdb folder.

    The format is told from the content of the file, and only these are opened: a file that makes GDAL read other
    files or ask a server is refused, and so is an address, but for that of a database.

    Parameters
    ----------
    path : str, Path or frame
        The file; or a folder of GeoParquet files of the same columns; or a frame of GeoPandas, or of pandas or DuckDB
        with shapes as WKB; or the address of a PostGIS database
        (``"postgresql://user:password@host:port/database"``, extra ``postgis``), of which no error tells the password.
    id : str
        The column that names the units; it becomes the index, as text (codes such as
        "0755" keep their zeros, 440100 becomes "440100").
    crs : optional
        The CRS of the coordinates where the file does not say (``"EPSG:4326"``), or
        ``"gcj02"`` or ``"bd09"`` for coordinates of online maps in mainland China, which
        are moved to WGS 84.
    layer : str, optional
        The layer of a file that has several.
    table : str, optional
        Of a database: the table (``"name"`` or ``"schema.name"``), or a query that begins with SELECT or WITH.
    repair : {"make_valid"}, optional
        Repair invalid geometries; without it they are an error. Polygons stay polygons.
    encoding : str, optional
        Of a shapefile's texts; by default what its .cpg file says if that fits, else UTF-8, GB18030, Big5 or
        Latin-1, whichever fits best.

    Returns
    -------
    geopandas.GeoDataFrame
        Index named `id`. A shapefile that `gba.export.shapefile` wrote gets its full names back from
        the ``_fields.csv`` beside it.

    Raises
    ------
    MissingFileError, FileFormatError
        If the file is not there or cannot be read.
    UnknownNameError
        If the id column or the layer does not exist.
    AlignmentError
        If an id is missing or occurs twice.
    CRSError
        If no CRS is known, or two are, or the coordinates cannot be degrees (latitudes beyond 90).
    GeometryError
        If a geometry is missing, empty or invalid.

    Examples
    --------
    >>> import tempfile
    >>> from gbaspatial.data import load_cities
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     load_cities()[["adcode", "geometry"]].to_file(f"{folder}/cities.geojson")
    ...     read_units(f"{folder}/cities.geojson", id="adcode").index[-1]
    '820000'
    """
    word(repair, (None, "make_valid"), "repair")
    check_encoding(encoding)
    for name, text in (("id", id), ("layer", layer)):
        if not isinstance(text, str) and not (name == "layer" and text is None):
            raise OptionError(f"{name}={brief(text)} must be a name, as text.")
    if is_database(path):
        unused({"layer": layer, "encoding": encoding}, "a database has tables: say which with table=")
        found, where = read_database(path, table)
        return _as_units(with_shapes(found, where), id, crs, repair, where)
    unused({"table": table}, "it is of databases")
    frame = as_frame(path)
    if frame is not None:
        unused({"layer": layer, "encoding": encoding}, "it is of files, and a frame was given")
        return _as_units(with_shapes(frame, "the frame"), id, crs, repair, "the frame")
    file = existing(path, folders=".parquet")
    with reading(file, "spatial units"):
        if file.is_dir() and file.suffix != ".gdb":
            unused({"layer": layer, "encoding": encoding}, "it is of files, and a folder was given")
            units = put_together({each: _read_parquet(each) for each in parquet_files(file)}, file)
        else:
            units = _read(file, layer, encoding)
            units = units.rename(columns=_full_names(file, units.columns))
        return _as_units(units, id, crs, repair, file.name)


def _as_units(
    units: gpd.GeoDataFrame, id: str, crs: CrsLike | None, repair: str | None, where: str
) -> gpd.GeoDataFrame:
    """The layer as read, indexed by id, in a CRS, with shapes that are checked."""
    if units.empty:
        raise FileFormatError(f"{where} holds no units; is it the layer that you mean?")
    if id not in units.columns or id == units.geometry.name:
        hint = nearest_names(id, [c for c in units.columns if c != units.geometry.name])
        raise UnknownNameError(f"{where} has no column {id!r} to take ids from. {hint}")
    units.index = as_ids(units[id], f"column {id!r} of {where}", first_row=1)
    check_unique(units.index, f"column {id!r} of {where}", "choose another id column or dissolve the parts")
    units = with_crs(units.drop(columns=id), crs, where)
    return checked_geometry(units, repair, where)


def _read(file: Path, layer: str | None, encoding: str | None) -> gpd.GeoDataFrame:
    """The layer of `file` as its format is read."""
    kind = kind_of(file)
    if kind == "zip":
        with unpacked(file) as inner, reading(file, "spatial units"):
            return _read(inner, layer, encoding)
    if kind == "GeoParquet":
        if layer is not None:
            raise OptionError(f"a GeoParquet file has one layer; leave layer={layer!r} out.")
        return _read_parquet(file)
    check_content(file, kind)
    if kind == "GeoPackage":
        check_package(file)
    return _read_by_gdal(file, kind, layer, encoding)


def _read_by_gdal(file: Path, kind: str, layer: str | None, encoding: str | None) -> gpd.GeoDataFrame:
    import geopandas as gpd
    import pyogrio

    names = [str(name) for name, shape in pyogrio.list_layers(file) if shape is not None]
    if layer is not None and layer not in names:
        raise UnknownNameError(f"{file.name} has no layer {layer!r}. {nearest_names(layer, names)}")
    if layer is None and len(names) > 1:
        raise OptionError(f"{file.name} has {len(names)} layers; choose one with layer=: {some(names, 12)}.")
    chosen = layer or (names[0] if names else None)
    # byte by byte: names of fields that are not in the encoding that a .cpg says would end the reading here
    raw = {"encoding": RAW} if kind == "shapefile" else {}
    driver = pyogrio.read_info(file, layer=chosen, force_feature_count=False, force_total_bounds=False, **raw)["driver"]
    if driver not in DRIVERS[kind]:
        raise FileFormatError(f"{file.name} is no {kind} file, but one for {driver}; give {READ}.")
    if kind != "shapefile":
        units = _require_geometry(gpd.read_file(file, layer=chosen), file)
        return _own_names(units, file) if driver == "LIBKML" else units
    return _decoded(_require_geometry(gpd.read_file(file, layer=chosen, encoding=RAW), file), file, encoding)


def _own_names(units: gpd.GeoDataFrame, file: Path) -> gpd.GeoDataFrame:
    """Fields of a KML file by their names: the driver calls `id` of the file `id2`, beside an empty `id` of its own."""
    said = {name.decode("utf-8", "replace") for name in _KML_FIELD.findall(file.read_bytes())}
    names = {
        column: column[:-1]
        for column in map(str, units.columns)
        if column.endswith("2") and column[:-1].casefold() in _KML_OWN and column not in said and column[:-1] in said
    }
    return units.drop(columns=[name for name in names.values() if name in units.columns]).rename(columns=names)


def _decoded(units: gpd.GeoDataFrame, file: Path, encoding: str | None) -> gpd.GeoDataFrame:
    """The texts and names of a shapefile that was read byte by byte, in their encoding."""
    table = beside(file, ".dbf")
    if table is None:
        raise FileFormatError(f"{file.with_suffix('.dbf').name} is not beside {file.name}; copy them all.")
    if encoding is not None:
        check_asked(table, encoding)
    known = encoding or encoding_of(table, beside(file, ".cpg"))
    for column in units.columns.drop(units.geometry.name):
        if pd.api.types.is_string_dtype(units[column]) or units[column].dtype == object:
            units[column] = units[column].map(lambda value: recoded(value, known))
    return units.rename(columns=lambda name: recoded(name, known))


def _read_parquet(file: Path) -> gpd.GeoDataFrame:
    """A GeoParquet file, or a Parquet file with a column of WKB that nobody described."""
    import geopandas as gpd

    parquet = import_extra("pyarrow.parquet", extra="parquet")
    check_parquet(file)
    if b"geo" in (parquet.read_schema(file).metadata or {}):
        return _require_geometry(with_index(gpd.read_parquet(file)), file)
    return with_shapes(with_index(pd.read_parquet(file)), file.name)


def _full_names(file: Path, columns: Iterable[str]) -> dict[str, str]:
    """The names that the fields of a shapefile stand for, where `gba.export.shapefile` wrote them beside it."""
    dictionary = file.with_name(f"{file.stem}_fields.csv")
    if file.suffix.lower() != ".shp" or not dictionary.is_file():
        return {}
    with reading(dictionary, "the full names of a shapefile's fields"):
        names = unguarded(pd.read_csv(dictionary, dtype=str, encoding="utf-8-sig", keep_default_na=False))
    if not {"field", "column"} <= set(names.columns) or not set(names["field"]) <= set(columns):
        return {}  # of another file
    return dict(zip(names["field"], names["column"], strict=True))


def _require_geometry(frame: gpd.GeoDataFrame, file: Path) -> gpd.GeoDataFrame:
    import geopandas as gpd

    return frame if isinstance(frame, gpd.GeoDataFrame) else with_shapes(frame, file.name)
