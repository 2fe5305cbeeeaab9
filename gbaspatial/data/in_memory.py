"""Units and tables that are no single file: frames of pandas, GeoPandas and DuckDB, and folders of Parquet files."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias, TypeVar

import pandas as pd

from gbaspatial.data.door import no_rows
from gbaspatial.errors import CRSError, DataError, FileFormatError, some

if TYPE_CHECKING:
    import geopandas as gpd

Source: TypeAlias = "str | Path | pd.DataFrame"  # a file, a folder, the address of a database, or a frame

Frame = TypeVar("Frame", bound=pd.DataFrame)

_SHAPE_NAMES = ("geometry", "geom", "wkb_geometry", "wkb", "the_geom", "shape")
_PARTITION = re.compile(r"([^=/]+)=([^=/]*)")


def as_frame(source: object) -> pd.DataFrame | None:
    """`source` as a frame with its index among the columns, if it is one of pandas, GeoPandas or DuckDB; else None.

    Examples
    --------
    >>> as_frame(pd.DataFrame({"x": [1]}, index=pd.Index(["a"], name="id"))).columns.tolist()
    ['id', 'x']
    >>> as_frame("bay.gpkg") is None
    True
    """
    if isinstance(source, pd.DataFrame):
        named = [name for name in source.index.names if name is not None]
        both = [str(name) for name in named if name in source.columns]
        if both:
            raise DataError(f"the frame has an index and a column that are both called {some(both)}; rename one.")
        return source.reset_index(named) if named else source.copy()
    if type(source).__module__.split(".")[0] in ("duckdb", "_duckdb") and hasattr(source, "df"):
        return source.df()
    return None


def with_index(table: Frame) -> Frame:
    """`table` with the named levels of its index among its columns, as Parquet files keep them.

    Examples
    --------
    >>> with_index(pd.DataFrame({"x": [1]}, index=pd.Index(["0755"], name="code"))).columns.tolist()
    ['code', 'x']
    """
    named = [name for name in table.index.names if name is not None and name not in table.columns]
    return table.reset_index(named) if named else table


def with_shapes(table: pd.DataFrame, where: str) -> gpd.GeoDataFrame:
    """A plain table with a column of shapes as WKB as a layer; its CRS is not known."""
    import geopandas as gpd
    import shapely

    if isinstance(table, gpd.GeoDataFrame):
        return table
    shapes = [column for column in table.columns if str(column).lower() in _SHAPE_NAMES and _is_wkb(table[column])]
    if not shapes:
        raise FileFormatError(f"{where} holds a table without geometry; read it with gba.read_panel.")
    raw = [None if value is None else bytes(value) for value in table[shapes[0]]]
    frame = gpd.GeoDataFrame(table.drop(columns=shapes[0]), geometry=shapely.from_wkb(raw))
    return frame if shapes[0] == "geometry" else frame.rename_geometry(str(shapes[0]))


def _is_wkb(column: pd.Series) -> bool:
    return bool(column.dropna().map(lambda value: isinstance(value, (bytes, bytearray))).all()) and bool(
        column.notna().any()
    )


def parquet_files(folder: Path) -> list[Path]:
    """The Parquet files in `folder` and the folders in it, in the order of their names."""
    found = sorted(path for path in folder.rglob("*") if path.suffix.lower() in (".parquet", ".geoparquet"))
    return [path for path in found if path.is_file() and not path.name.startswith((".", "_"))]


def put_together(parts: dict[Path, pd.DataFrame], folder: Path) -> pd.DataFrame:
    """The tables of a folder as one, with what the names of its folders say (``year=2019``) as columns of text."""
    tables = []
    for path, table in parts.items():
        found = [_PARTITION.fullmatch(part) for part in path.relative_to(folder).parts[:-1]]
        said = {match[1]: match[2] for match in found if match is not None}
        tables.append(table.assign(**{name: value for name, value in said.items() if name not in table.columns}))
    first = tables[0]
    names = {path.name: sorted(map(str, table.columns)) for path, table in zip(parts, tables, strict=True)}
    strange = [name for name, columns in names.items() if columns != sorted(map(str, first.columns))]
    if strange:
        raise FileFormatError(f"the files in {folder.name} have different columns, such as {some(strange)}.")
    if len({str(getattr(table, "crs", None)) for table in tables}) > 1:
        raise CRSError(f"the files in {folder.name} are in several coordinate reference systems; bring them into one.")
    made = pd.concat(tables, ignore_index=True)
    if not len(made):
        raise no_rows(folder.name)
    return made
