"""A user's own files, read into labelled frames, and joined by id."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from gbaspatial.data.columns import as_columns, as_ids, as_years, require_complete
from gbaspatial.errors import (
    AlignmentError,
    CRSError,
    FileFormatError,
    GeometryError,
    LabelTypeError,
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


def _existing(path: str | Path) -> Path:
    found = Path(path).expanduser()
    if found.is_file() or (found.is_dir() and found.suffix == ".gdb"):
        return found
    if found.is_dir():
        raise MissingFileError(f"{found} is a folder, not a file; name the file in it.")
    if not found.parent.is_dir():
        raise MissingFileError(f"there is no file {found}: the folder {found.parent} does not exist.")
    names = [p.name for p in found.parent.iterdir() if p.is_file()]
    raise MissingFileError(f"there is no file {found}. {nearest_names(found.name, names)}")


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
        Index named `id`.

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
    file = _existing(path)
    units = _read_geometry(file, layer, encoding)
    if id not in units.columns:
        hint = nearest_names(id, [c for c in units.columns if c != units.geometry.name])
        raise UnknownNameError(f"{file.name} has no column {id!r} to take ids from. {hint}")
    units.index = as_ids(units[id], f"column {id!r} of {file.name}", first_row=1)
    _check_unique(units.index, f"column {id!r} of {file.name}", "choose another id column or dissolve the parts")
    units = _with_crs(units.drop(columns=id), crs, file.name)
    return _checked_geometry(units, repair, file.name)


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
    except (UnknownNameError, OptionError, FileFormatError):
        raise
    except (ValueError, OSError, RuntimeError, UnicodeDecodeError) as error:
        raise FileFormatError(f"{file.name} cannot be read as spatial units ({_first_line(error)}).") from error


def _require_geometry(frame: Any, file: Path) -> gpd.GeoDataFrame:
    import geopandas as gpd

    if not isinstance(frame, gpd.GeoDataFrame):
        raise FileFormatError(f"{file.name} holds a table without geometry; read it with gba.read_panel.")
    return frame


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")


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


def _check_unique(index: pd.Index, where: str, cure: str) -> None:
    twice = index[index.duplicated()].unique()
    if len(twice):
        raise AlignmentError(f"{where} has more than one row for {some(twice)}; {cure}.")


def _with_crs(units: gpd.GeoDataFrame, crs: Any, name: str) -> gpd.GeoDataFrame:
    import pyproj

    from gbaspatial.geography import describe_crs, shift_layer

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


def read_panel(
    path: str | Path,
    *,
    unit: str,
    time: str | None = None,
    numeric: Sequence[str] | None = None,
    missing: Sequence[str] = (),
    sheet: str | int = 0,
    encoding: str | None = None,
) -> pd.DataFrame:
    """A table of units, or of units by year, from CSV, Excel, Stata or Parquet.

    Parameters
    ----------
    path : str or Path
        ``.csv``, ``.tsv``, ``.txt`` (UTF-8 with or without byte-order mark, or GB18030),
        ``.xlsx``, ``.dta``, ``.parquet``.
    unit : str
        The column that names the units; text, so that codes keep their zeros.
    time : str, optional
        The column of years; the index is then (`unit`, `time`).
    numeric : list of str, optional
        Columns that must hold a number in every row.
    missing : list of str
        Texts that stand for a missing value, such as ``".."``; empty cells and NA always do.
    sheet : str or int
        Of an Excel file.
    encoding : str, optional
        Of a CSV file; by default UTF-8, or GB18030 where that does not fit.

    Returns
    -------
    pandas.DataFrame
        Columns of numbers as numbers; text columns, and codes with leading zeros, as text.

    Raises
    ------
    MissingFileError, FileFormatError
        If the file is not there or cannot be read.
    UnknownNameError
        If a column does not exist.
    AlignmentError
        If an id is missing, or a unit (in a year) has two rows.
    DataError
        If a column of numbers contains text; row, column and text are named.
    MissingDataError
        If a column in `numeric` has a gap.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> file = pathlib.Path(tempfile.mkdtemp()) / "panel.csv"
    >>> _ = file.write_text("code,year,x\\n0755,2019,1.5\\n0755,2020,2.5\\n")
    >>> read_panel(file, unit="code", time="year")["x"].to_dict()
    {('0755', 2019): 1.5, ('0755', 2020): 2.5}
    """
    file = _existing(path)
    raw = _read_table(file, sheet, encoding)
    raw.columns = [str(column).strip() for column in raw.columns]
    twice = raw.columns[raw.columns.duplicated()]
    if len(twice):
        raise FileFormatError(f"{file.name} has two columns called {some(twice)}; rename one.")
    keys = [unit] if time is None else [unit, time]
    for column in [*keys, *(numeric or ())]:
        if column not in raw.columns:
            raise UnknownNameError(f"{file.name} has no column {column!r}. {nearest_names(column, raw.columns)}")
    first_row = 2 if file.suffix.lower() not in (".dta", ".parquet") else 1
    ids = as_ids(raw[unit], f"column {unit!r} of {file.name}", first_row)
    body = as_columns(raw.drop(columns=keys), tuple(missing), file.name, first_row)
    require_complete(body, list(numeric or ()), file.name, first_row)
    if time is None:
        body.index = ids
        _check_unique(ids, f"column {unit!r} of {file.name}", "give one row per unit, or say which column is the time=")
        return body
    years = as_years(raw[time], f"column {time!r} of {file.name}", first_row)
    body.index = pd.MultiIndex.from_arrays([ids, years], names=keys)
    _check_unique(body.index, f"{file.name}", "keep one row per unit and year")
    return body


def _read_table(file: Path, sheet: str | int, encoding: str | None) -> pd.DataFrame:
    ending = file.suffix.lower()
    try:
        if ending in (".csv", ".tsv", ".txt"):
            return _read_csv(file, encoding)
        if ending in (".xlsx", ".xlsm", ".xls"):
            import_extra("openpyxl", extra="excel")
            return pd.read_excel(file, sheet_name=sheet, dtype=object)
        if ending == ".dta":
            return pd.read_stata(file)
        if ending == ".parquet":
            import_extra("pyarrow", extra="parquet")
            return pd.read_parquet(file)
    except (ValueError, OSError, KeyError, pd.errors.ParserError, ArithmeticError) as error:
        raise FileFormatError(f"{file.name} cannot be read as a table ({_first_line(error)}).") from error
    raise FileFormatError(
        f"{file.name} ends in {ending!r}; tables are read from .csv, .tsv, .txt, .xlsx, .dta and .parquet."
    )


def _read_csv(file: Path, encoding: str | None) -> pd.DataFrame:
    for tried in [encoding] if encoding else ["utf-8-sig", "gb18030"]:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error", pd.errors.ParserWarning)
                # texts first: a code such as 0755 must not become the number 755
                return pd.read_csv(
                    file, dtype=str, keep_default_na=False, na_values=[""], encoding=tried,
                    sep="\t" if file.suffix.lower() == ".tsv" else None, engine="python", index_col=False,
                )  # fmt: skip
        except (UnicodeDecodeError, LookupError):
            continue
        except pd.errors.ParserWarning as error:
            raise FileFormatError(f"{file.name} has rows longer than its header ({_first_line(error)}).") from error
    raise FileFormatError(f"{file.name} is neither UTF-8 nor GB18030 text; say its encoding=.")


def join(
    units: gpd.GeoDataFrame, table: pd.DataFrame, *, by: str | None = None, time: int | None = None
) -> gpd.GeoDataFrame:
    """The columns of `table` added to `units`, row by row of the same id.

    Parameters
    ----------
    units : GeoDataFrame
        Indexed by unit.
    table : DataFrame
        Indexed by unit, or by (unit, year) together with `time`.
    by : str, optional
        A column of `units` whose values are the ids of `table` (e.g. ``"adcode"``).
    time : int, optional
        The year to take from a panel.

    Returns
    -------
    GeoDataFrame
        In the order and with the index of `units`.

    Raises
    ------
    AlignmentError
        If the ids are not the same set; up to five of each side are named.
    UnknownNameError
        If the year or the column `by` does not exist.

    Examples
    --------
    >>> import gbaspatial as gba
    >>> cities = gba.load_cities(year=2019, variables="population")
    >>> extra = pd.DataFrame({"x": range(11)}, index=cities["adcode"].sort_values())
    >>> int(gba.data.join(cities, extra, by="adcode").loc["Macao", "x"])
    10
    """
    if not isinstance(table, pd.DataFrame):
        raise LabelTypeError(f"the table is a {type(table).__name__}; pass a DataFrame indexed by unit id.")
    table = _one_year(table, time)
    if by is not None and by not in units.columns:
        raise UnknownNameError(f"the units have no column {by!r}. {nearest_names(by, units.columns)}")
    keys = units.index if by is None else pd.Index(units[by])
    for index, what in ((keys, "units"), (table.index, "table")):
        _check_unique(index, f"the {what}", "keep one row per unit")
    absent, extra = keys.difference(table.index, sort=False), table.index.difference(keys, sort=False)
    if len(absent) or len(extra):
        raise AlignmentError(_mismatch(keys, table.index, absent, extra))
    both = [c for c in table.columns if c in units.columns]
    if both:
        raise AlignmentError(f"units and table both have the columns {some(both)}; rename or drop them on one side.")
    added = table.reindex(keys).set_axis(units.index)
    geometry = units.geometry.name
    joined = pd.concat([units.drop(columns=geometry), added], axis=1)
    joined[geometry] = units.geometry
    return units.iloc[:0].__class__(joined, geometry=geometry, crs=units.crs)


def _one_year(table: pd.DataFrame, time: int | None) -> pd.DataFrame:
    if table.index.nlevels == 1:
        if time is not None:
            raise OptionError(f"time={time} was given, but the table has one row per unit and no years.")
        return table
    years = sorted(table.index.get_level_values(1).unique())
    if time is None:
        raise OptionError(f"the table is a panel of the years {some(years)}; say which one with time=.")
    if time not in years:
        raise UnknownNameError(f"the table has no year {time}; there are {some(years, 12)}.")
    return table.xs(time, level=1)


def _mismatch(keys: pd.Index, index: pd.Index, absent: pd.Index, extra: pd.Index) -> str:
    parts = []
    if len(absent):
        parts.append(f"without a row in the table: {some(absent)}")
    if len(extra):
        parts.append(f"only in the table: {some(extra)}")
    cure = "Correct the ids, or choose the common rows yourself."
    if len(absent) == len(keys):
        cure = (
            f"No id is shared (e.g. {keys[0]!r} against {index[0]!r}): name the id column with by=."
            if len(index)
            else cure
        )
    return f"units and table do not match ({'; '.join(parts)}). {cure}"
