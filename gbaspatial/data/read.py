"""A user's own layers: spatial units read from a file, checked, indexed by id."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from gbaspatial.data.columns import as_ids, check_unique
from gbaspatial.data.files import check_encoding, existing, first_line
from gbaspatial.errors import (
    CRSError,
    FileFormatError,
    GbaError,
    GeometryError,
    MissingFileError,
    OptionError,
    UnknownNameError,
    check_option,
    import_extra,
    nearest_names,
    some,
)

if TYPE_CHECKING:
    import geopandas as gpd

_SHIFTED = ("gcj02", "bd09")


def read_units(
    path: str | Path,
    *,
    id: str,
    crs: Any = None,
    layer: str | None = None,
    repair: Literal["make_valid"] | None = None,
    encoding: str | None = None,
) -> gpd.GeoDataFrame:
    """Spatial units from a GeoPackage, shapefile, GeoJSON, GeoParquet or whatever GDAL reads.

    Parameters
    ----------
    path : str or Path
    id : str
        The column that names the units; it becomes the index, as text (codes such as
        "0755" keep their zeros, 440100 becomes "440100").
    crs : optional
        The CRS of the coordinates where the file does not say (``"EPSG:4326"``), or
        ``"gcj02"`` or ``"bd09"`` for coordinates of online maps in mainland China, which
        are moved to WGS 84.
    layer : str, optional
        The layer of a file that has several.
    repair : {"make_valid"}, optional
        Repair invalid geometries; without it they are an error.
    encoding : str, optional
        Of a shapefile's texts; by default its .cpg file, else UTF-8 or GB18030, whichever fits.

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
        If no CRS is known, or two are.
    GeometryError
        If a geometry is missing, empty or invalid.

    Examples
    --------
    >>> from gbaspatial.data.files import layer_path
    >>> read_units(layer_path("gba_cities"), id="adcode").loc["820000", "name_en"]
    'Macao'
    """
    check_option(repair, (None, "make_valid"), "repair")
    check_encoding(encoding)
    file = existing(path)
    _check_kind(file)
    units = _read_geometry(file, layer, encoding)
    units = units.rename(columns=_full_names(file, units.columns))
    if units.empty:
        raise FileFormatError(f"{file.name} holds no units; is it the layer that you mean?")
    if id not in units.columns:
        hint = nearest_names(id, [c for c in units.columns if c != units.geometry.name])
        raise UnknownNameError(f"{file.name} has no column {id!r} to take ids from. {hint}")
    units.index = as_ids(units[id], f"column {id!r} of {file.name}", first_row=1)
    check_unique(units.index, f"column {id!r} of {file.name}", "choose another id column or dissolve the parts")
    units = _with_crs(units.drop(columns=id), crs, file.name)
    return _checked_geometry(units, repair, file.name)


def _check_kind(file: Path) -> None:
    """Refuse a table, and a shapefile of which a part was left behind."""
    ending = file.suffix.lower()
    if ending in (".csv", ".tsv", ".txt", ".xlsx", ".xls", ".dta"):
        raise FileFormatError(
            f"{file.name} is a table, not a layer with shapes; read it with gba.read_panel (on the command line "
            f"--table) and join it to your layer."
        )
    if ending == ".shp":
        lost = [end for end in (".shx", ".dbf") if not any(file.with_suffix(e).is_file() for e in (end, end.upper()))]
        if lost:
            names = some(file.with_suffix(end).name for end in lost)
            raise MissingFileError(
                f"{names} is not beside {file.name}: a shapefile is several files (.shp, .shx, .dbf, .prj); "
                f"copy them all."
            )


def _read_geometry(file: Path, layer: str | None, encoding: str | None) -> gpd.GeoDataFrame:
    import geopandas as gpd

    try:
        if file.suffix.lower() in (".parquet", ".geoparquet"):
            import_extra("pyarrow", extra="parquet")
            return gpd.read_parquet(file)
        import pyogrio

        names = [str(name) for name, kind in pyogrio.list_layers(file) if kind is not None]
        if layer is not None and layer not in names:
            raise UnknownNameError(f"{file.name} has no layer {layer!r}. {nearest_names(layer, names)}")
        if layer is None and len(names) > 1:
            raise OptionError(f"{file.name} has {len(names)} layers; choose one with layer=: {some(names, 12)}.")
        chosen = layer or (names[0] if names else None)
        return _require_geometry(gpd.read_file(file, layer=chosen, encoding=encoding or _dbf_encoding(file)), file)
    except GbaError:
        raise
    except (ValueError, OSError, RuntimeError, LookupError) as error:
        if "not recognized" in str(error):
            raise FileFormatError(
                f"{file.name} is no layer that can be read; give a GeoPackage, shapefile, GeoJSON or GeoParquet file."
            ) from error
        raise FileFormatError(f"{file.name} cannot be read as spatial units ({first_line(error)}).") from error


def _full_names(file: Path, columns: Iterable[str]) -> dict[str, str]:
    """The names that the fields of a shapefile stand for, where `gba.export.shapefile` wrote them beside it."""
    beside = file.with_name(f"{file.stem}_fields.csv")
    if file.suffix.lower() != ".shp" or not beside.is_file():
        return {}
    names = pd.read_csv(beside, dtype=str, encoding="utf-8-sig")
    if not {"field", "column"} <= set(names.columns) or not set(names["field"]) <= set(columns):
        return {}  # of another file
    return dict(zip(names["field"], names["column"], strict=True))


def _require_geometry(frame: Any, file: Path) -> gpd.GeoDataFrame:
    import geopandas as gpd

    if not isinstance(frame, gpd.GeoDataFrame):
        raise FileFormatError(f"{file.name} holds a table without geometry; read it with gba.read_panel.")
    return frame


def _dbf_encoding(file: Path) -> str | None:
    """The encoding of a shapefile without .cpg: GDAL would read Chinese as Latin-1 and say nothing."""
    if file.suffix.lower() != ".shp":
        return None
    if any(file.with_suffix(end).is_file() for end in (".cpg", ".CPG")):
        return None
    table = next((file.with_suffix(end) for end in (".dbf", ".DBF") if file.with_suffix(end).is_file()), None)
    if table is None:
        return None
    content = table.read_bytes()
    body = content[32:].replace(b"\x00", b" ")  # the 32 bytes of the header are numbers
    for encoding in ("utf-8", "gb18030"):
        try:
            body.decode(encoding)
        except UnicodeDecodeError:
            continue
        return encoding
    return None


def _with_crs(units: gpd.GeoDataFrame, crs: Any, name: str) -> gpd.GeoDataFrame:
    import pyproj

    from gbaspatial.geography import describe_crs, shift_layer

    if units.crs is not None and units.crs.name.startswith("Undefined "):
        units = units.set_crs(None, allow_override=True)  # what a GeoPackage says where nobody said a CRS
    if isinstance(crs, str) and crs.lower() in _SHIFTED:
        degrees = units.set_crs("EPSG:4326") if units.crs is None else units
        return shift_layer(degrees, source=crs.lower())  # type: ignore[arg-type]
    if crs is not None:
        try:
            said = pyproj.CRS.from_user_input(crs)
        except pyproj.exceptions.CRSError as error:
            raise CRSError(f"crs={crs!r} is no known CRS; use e.g. 'EPSG:4326', 'gcj02' or 'bd09'.") from error
        if units.crs is not None and not said.equals(units.crs, ignore_axis_order=True):
            raise CRSError(
                f"{name} says it is in {describe_crs(units.crs)}, but crs= says {describe_crs(said)}; "
                f"leave crs= out, and use units.to_crs(...) to change it."
            )
        units = units.set_crs(said, allow_override=True)
    if units.crs is None:
        raise CRSError(f"{name} does not say its CRS; say it with crs=, e.g. crs='EPSG:4326' for degrees of WGS 84.")
    if units.crs.equals("EPSG:4326", ignore_axis_order=True):
        units = units.set_crs("EPSG:4326", allow_override=True)  # GeoParquet and GeoJSON call it OGC:CRS84
    bounds = units.total_bounds
    if units.crs.is_geographic and np.isfinite(bounds).all() and (np.abs(bounds) > 360).any():
        raise CRSError(
            f"{name} is said to be in {describe_crs(units.crs)}, but its coordinates reach "
            f"{bounds[np.abs(bounds).argmax()]:.0f}; they are not degrees, so another CRS must be meant."
        )
    return units


def _checked_geometry(units: gpd.GeoDataFrame, repair: str | None, name: str) -> gpd.GeoDataFrame:
    import shapely

    shapes = units.geometry
    empty = shapes.isna() | shapes.is_empty
    if empty.any():
        raise GeometryError(
            f"{name} has no geometry for {some(units.index[empty])}; give these units one or remove them from the file."
        )
    bad = ~shapes.is_valid
    if not bad.any():
        return units
    if repair is None:
        reasons = (f"{label} ({shapely.is_valid_reason(shape)})" for label, shape in shapes[bad].items())
        raise GeometryError(
            f"{name} has invalid geometry for {some(reasons)}; repair it in a GIS, or read it with repair='make_valid'."
        )
    repaired = shapes.copy()
    repaired[bad] = shapes[bad].make_valid()
    return units.set_geometry(repaired)
