"""A labelled frame as the flat table of a file: the id a column, every type one that files know."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from gbaspatial.errors import CRSError, DataError, GeometryError, some

if TYPE_CHECKING:
    import geopandas as gpd


def flat(frame: Any, what: str = "layer") -> gpd.GeoDataFrame:
    """`frame` with its index as leading columns and with plain types; the frame given stays as it is.

    Raises
    ------
    GeometryError, CRSError
        If it is no layer, or nobody could say where it lies.
    DataError
        If two columns would get one name, or a cell holds what no file can.
    """
    import geopandas as gpd

    if not isinstance(frame, gpd.GeoDataFrame):
        raise GeometryError(f"the {what} is a {type(frame).__name__} without geometry; pass a GeoDataFrame.")
    if frame.crs is None:
        raise CRSError(
            f"the {what} has no coordinate reference system, so no program could place it; say it with set_crs(...)."
        )
    names = [name if name is not None else ("unit" if frame.index.nlevels == 1 else f"unit_{level + 1}")
             for level, name in enumerate(frame.index.names)]  # fmt: skip
    table = frame.rename_axis(index=names)
    own = [str(name) for name in names if name in frame.columns and _same(frame, name)]
    table = table.drop(columns=own)
    twice = [name for name in names if name in table.columns]
    if twice:
        raise DataError(
            f"the {what} has an index and a column that are both called {some(twice)} and differ; rename one."
        )
    table = table.reset_index()
    table.columns = [str(column) for column in table.columns]
    _check_names(table.columns, what)
    for column in table.columns.drop(table.geometry.name):
        table[column] = _plain(table[column], what)
    return table.rename_geometry("geometry") if table.geometry.name != "geometry" else table


def _same(frame: pd.DataFrame, name: Any) -> bool:
    return bool((frame.index.get_level_values(name).to_numpy() == frame[name].to_numpy()).all())


def _check_names(columns: pd.Index, what: str) -> None:
    folded = columns.str.casefold()
    if folded.has_duplicates:
        raise DataError(
            f"the {what} has columns that differ only in capitals or not at all: "
            f"{some(columns[folded.duplicated(keep=False)])}; files do not tell them apart, rename them."
        )
    if "fid" in set(folded):
        raise DataError(f"the {what} has a column 'fid', a name that files keep for themselves; rename it.")


def _plain(column: pd.Series, what: str) -> pd.Series:
    """Categories become their values, other objects are an error."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        return column.astype(column.cat.categories.dtype if not column.isna().any() else object)
    if isinstance(column.dtype, pd.PeriodDtype):
        return column.astype(str)
    if column.dtype == object:
        known = column.dropna()
        strange = ~known.map(lambda v: isinstance(v, (str, int, float, bool)))
        if strange.any():
            kind = type(known[strange].iloc[0]).__name__
            raise DataError(
                f"the column {column.name!r} of the {what} holds a {kind}, which no file can; turn it to text."
            )
    return column
