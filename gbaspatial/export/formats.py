"""The other files that GIS programs, spreadsheets and the web ask for."""

from __future__ import annotations

import errno
import io
import os
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pandas as pd

from gbaspatial.errors import FileFormatError, UnknownNameError, import_extra, nearest_names
from gbaspatial.export.descriptions import describe
from gbaspatial.export.frames import days_as_dates, flat
from gbaspatial.export.geopackages import geopackage
from gbaspatial.export.kml import kml_text
from gbaspatial.export.shapefiles import shapefile
from gbaspatial.export.styles import (
    Style,
    default_column,
    style_files,
    styled,
    tell_shared_style,
    with_whole_numbers,
    write_styles,
)
from gbaspatial.export.workbooks import write_workbook
from gbaspatial.filenames import file_of
from gbaspatial.geography.date_line import in_degrees
from gbaspatial.options import public, word
from gbaspatial.sheets import guarded
from gbaspatial.writing import replace_file, replace_text

if TYPE_CHECKING:
    import geopandas as gpd

ENDINGS = (".gpkg", ".shp", ".geojson", ".json", ".parquet", ".fgb", ".kml", ".csv", ".xlsx")

SHEETS = (".csv", ".xlsx")  # no layer, so no style beside


@public
def geojson(path: str | os.PathLike[str], frame: gpd.GeoDataFrame) -> Path:
    """Write `frame` as GeoJSON by RFC 7946: longitude and latitude, seven decimals, no `crs` member.

    Shapes that cross 180 degrees are cut there.

    Parameters
    ----------
    path : path
        Where to write; what stands there is kept until the new file is whole.
    frame : GeoDataFrame
        Units with a CRS, indexed by unit.

    Returns
    -------
    pathlib.Path
        Of the file.

    Examples
    --------
    >>> import tempfile, gbaspatial as gba
    >>> made = gba.export.geojson(tempfile.mkdtemp() + "/bay.geojson", gba.load_cities())
    >>> "crs" in made.read_text(encoding="utf-8")[:300]
    False
    """
    import pyogrio

    table = in_degrees(days_as_dates(flat(frame)))
    layer = Path(path).stem

    def _write(half: Path) -> None:
        buffer = io.BytesIO()  # the driver would not say that the disk is full
        pyogrio.write_dataframe(table, buffer, driver="GeoJSON", layer=layer, RFC7946="YES")
        half.write_bytes(buffer.getvalue())

    return replace_file(path, _write)


@public
def geoparquet(path: str | os.PathLike[str], frame: gpd.GeoDataFrame) -> Path:
    """Write `frame` as GeoParquet, index and types kept; needs the extra `parquet`.

    Parameters
    ----------
    path : path
        Where to write; what stands there is kept until the new file is whole.
    frame : GeoDataFrame
        Units with a CRS, indexed by unit.

    Returns
    -------
    pathlib.Path
        Of the file.

    Examples
    --------
    >>> import tempfile, gbaspatial as gba
    >>> made = gba.export.geoparquet(tempfile.mkdtemp() + "/bay.parquet", gba.load_cities())
    >>> made.stat().st_size > 1000
    True
    """
    import_extra("pyarrow", extra="parquet")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        flat(frame)  # the same checks as for every file, but this one keeps every name
    kept = frame.rename(columns=str)
    kept.attrs = {}
    return replace_file(path, lambda half: kept.to_parquet(half))


@public
def flatgeobuf(path: str | os.PathLike[str], frame: gpd.GeoDataFrame) -> Path:
    """Write `frame` as FlatGeobuf, of which programs read a part without the whole; its index orders the rows anew.

    Parameters
    ----------
    path : path
        Where to write; what stands there is kept until the new file is whole.
    frame : GeoDataFrame
        Units with a CRS, indexed by unit: by the ids they are matched, not by the order of rows.

    Returns
    -------
    pathlib.Path
        Of the file.

    Raises
    ------
    FileFormatError, DataError, CRSError
        If the path does not end in .fgb, the frame holds no units, or it has no CRS.
    WritingError
        If the file cannot be written.

    Examples
    --------
    >>> import tempfile, gbaspatial as gba
    >>> made = gba.export.flatgeobuf(tempfile.mkdtemp() + "/bay.fgb", gba.load_cities())
    >>> gba.read_units(made, id="city").loc["Macao", "adcode"]
    '820000'
    """
    import pyogrio

    table = flat(frame)

    def _write(half: Path) -> None:
        pyogrio.write_dataframe(table, half, driver="FlatGeobuf", layer=Path(path).stem, SPATIAL_INDEX="YES")
        if pyogrio.read_info(half, force_feature_count=True)["features"] != len(table):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), half.name)

    return replace_file(path, _write)


@public
def xlsx(path: str | os.PathLike[str], frame: gpd.GeoDataFrame) -> Path:
    """Write the table of `frame` as an Excel workbook (extra ``excel``), with a sheet that tells its fields.

    Ids stay what they are: texts are cells of text, and so are whole numbers of more than fifteen digits.

    Parameters
    ----------
    path : path
        Where to write; what stands there is kept until the new file is whole.
    frame : GeoDataFrame
        Units with a CRS, indexed by unit.

    Returns
    -------
    pathlib.Path
        Of the file.

    Examples
    --------
    >>> import tempfile, gbaspatial as gba
    >>> made = gba.export.xlsx(tempfile.mkdtemp() + "/bay.xlsx", gba.load_cities())
    >>> gba.read_panel(made, unit="city").loc["Macao", "name_zh"]
    '澳门特别行政区'
    """
    table = flat(frame)
    told = describe(frame).renamed(table.attrs["written_as"])
    return replace_file(path, lambda half: write_workbook(half, pd.DataFrame(table.drop(columns="geometry")), told))


@public
def kml(
    path: str | os.PathLike[str],
    frame: gpd.GeoDataFrame,
    *,
    name: str | None = None,
    style: str | Style | None = None,
) -> Path:
    """Write `frame` as KML for Google Earth, colored, with typed fields; a missing value is left out.

    Parameters
    ----------
    path : path
        Where to write; what stands there is kept until the new file is whole.
    frame : GeoDataFrame
        Units with a CRS, indexed by unit.
    name : str, optional
        The column that names a placemark; by default the id.
    style : str or Style, optional
        The column to color by, or what `style` made; by default the classes of a local test, if there are.

    Returns
    -------
    pathlib.Path
        Of the file.

    Raises
    ------
    UnknownNameError
        If `name` is no column.
    WritingError
        If the file cannot be written; what stood there is kept.

    Examples
    --------
    >>> import tempfile, gbaspatial as gba
    >>> made = gba.export.kml(tempfile.mkdtemp() + "/bay.kml", gba.load_cities(), name="name_zh")
    >>> "广州市" in made.read_text(encoding="utf-8")
    True
    """
    given = days_as_dates(flat(frame))
    written_as = given.attrs["written_as"]
    field = written_as.get(name, name) or str(given.columns[0])
    made = styled(given, style)
    if made is None and (column := default_column(given)) is not None:
        made = styled(given, column)
    table = in_degrees(given)
    if field not in table.columns:
        raise UnknownNameError(f"the layer has no column {field!r}. {nearest_names(field, table.columns)}")
    return replace_text(path, kml_text(table, field, Path(path).stem, made, describe(frame).renamed(written_as)))


@public
def csv(
    path: str | os.PathLike[str], frame: gpd.GeoDataFrame, *, geometry: Literal["none", "wkt", "point"] = "none"
) -> Path:
    """Write the table of `frame` as CSV in UTF-8 with a mark, so that spreadsheets show Chinese names.

    CSV has no types: read ids back as text (``dtype={"adcode": str}``), or leading zeros go. Text that a spreadsheet
    would run as a formula (it begins with ``=``, ``+``, ``-`` or ``@``) gets an apostrophe in front, which
    `gbaspatial.read_panel` takes off; a warning says so.

    Parameters
    ----------
    path : path
        Where to write; what stands there is kept until the new file is whole.
    frame : GeoDataFrame
        Units with a CRS, indexed by unit.
    geometry : {"none", "wkt", "point"}
        Leave the shapes out, write them as text, or write longitude and latitude of a point inside.

    Returns
    -------
    pathlib.Path
        Of the file.

    Examples
    --------
    >>> import tempfile, gbaspatial as gba
    >>> made = gba.export.csv(tempfile.mkdtemp() + "/bay.csv", gba.load_cities(), geometry="point")
    >>> made.read_text(encoding="utf-8-sig").splitlines()[0].split(",")[-2:]
    ['longitude', 'latitude']
    """
    word(geometry, ("none", "wkt", "point"), "geometry")
    table = flat(frame)
    shapes = table.geometry
    plain = table.drop(columns="geometry")
    if geometry == "wkt":
        plain["geometry"] = shapes.to_wkt()
    elif geometry == "point":
        inside = shapes.to_crs("EPSG:4326").representative_point()
        plain["longitude"], plain["latitude"] = inside.x.round(7), inside.y.round(7)
    return replace_file(path, lambda half: guarded(plain).to_csv(half, index=False, encoding="utf-8-sig"))


@public
def write(path: str | os.PathLike[str], frame: gpd.GeoDataFrame, *, style: str | Style | None = None) -> Path:
    """Write `frame` in the format that the ending of `path` names, with its style inside or beside.

    Parameters
    ----------
    path : path
        Ends in ``.gpkg``, ``.shp``, ``.geojson``, ``.json``, ``.parquet``, ``.fgb``, ``.kml``, ``.csv`` or
        ``.xlsx``.
    frame : GeoDataFrame
        Units with a CRS, indexed by unit.
    style : str or Style, optional
        The column to color by. A GeoPackage carries the style; other formats get ``.qml`` and ``.sld`` beside.

    Returns
    -------
    pathlib.Path
        Of the file.

    Raises
    ------
    FileFormatError
        If no format has this ending.
    WritingError
        If the file cannot be written; what stood there is kept.

    Examples
    --------
    >>> import tempfile, gbaspatial as gba
    >>> write(tempfile.mkdtemp() + "/bay.gpkg", gba.load_cities(year=2019), style="gdp_pc_cny").name
    'bay.gpkg'
    """
    target = file_of(path)
    ending = target.suffix.lower()
    if ending not in ENDINGS:
        raise FileFormatError(f"{target.name} ends in none of {', '.join(ENDINGS)}; the ending names the format.")
    if ending == ".gpkg":
        return geopackage(target, {target.stem: frame}, styles={} if style is None else {target.stem: style})
    if ending == ".shp":
        return shapefile(target, frame, style=style)
    writers: dict[str, Callable[[Path, gpd.GeoDataFrame], Path]] = {
        ".geojson": geojson, ".json": geojson, ".parquet": geoparquet, ".fgb": flatgeobuf, ".csv": csv, ".xlsx": xlsx,
        ".kml": partial(kml, style=style),
    }  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the writer tells the same
        table = flat(frame)
        if ending in (".geojson", ".json", ".kml"):  # as these write them
            table = days_as_dates(table)
        chosen = None if style is None else styled(table, style)
        if chosen is not None and ending == ".kml":
            chosen = with_whole_numbers(chosen)
        told = describe(frame, title=target.stem).renamed(table.attrs["written_as"])
    if chosen is not None and ending not in SHEETS:
        tell_shared_style(target)

    def _write(half: Path) -> None:
        writers[ending](half, frame)
        if chosen is not None and ending not in SHEETS:
            write_styles(chosen, half, told)

    return replace_file(target, _write, companions={} if ending in SHEETS else style_files(target))
