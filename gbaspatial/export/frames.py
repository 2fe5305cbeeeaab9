"""A labelled frame as the flat table of a file: the id a column, every type one that files know."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gbaspatial.errors import CRSError, DataError, GeometryError, some
from gbaspatial.export.names import column_names
from gbaspatial.typesetting import is_day

if TYPE_CHECKING:
    import geopandas as gpd

    from gbaspatial.alignment import Label


def flat(frame: pd.DataFrame, what: str = "layer") -> gpd.GeoDataFrame:
    """`frame` with its index as leading columns, names that files take and plain types; `frame` itself stays.

    The attribute ``written_as`` of the table tells the name that each column has there, ``categories`` the kind of
    those that were categories.

    Raises
    ------
    GeometryError, CRSError
        If it is no layer, or nobody could say where it lies.
    DataError
        If the index and a column of one name differ, or a cell holds what no file can.
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
    place = list(table.columns).index(table.geometry.name)
    values = pd.DataFrame(table.drop(columns=table.geometry.name))
    told = [str(column) for column in values.columns]
    values.columns = pd.Index(column_names(told, what))
    written_as = dict(zip(told, values.columns, strict=True))
    kinds = {
        column: kind for column, kind in values.dtypes.items() if isinstance(kind, pd.CategoricalDtype)
    }  # what a legend lists in this order
    values = pd.DataFrame({column: _plain(values[column], what) for column in values.columns}, index=table.index)
    values.insert(place, "geometry", table.geometry)
    layer = gpd.GeoDataFrame(values, geometry="geometry", crs=frame.crs)
    layer.attrs = {"written_as": written_as, "categories": kinds}
    return layer


def days_as_dates(table: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """`table` with moments that have no time as dates, for formats that write moments as texts with a time."""
    made = table.copy()
    for column in table.columns.drop("geometry"):
        values = table[column]
        if pd.api.types.is_datetime64_any_dtype(values.dtype) and all(map(is_day, values.dropna())):
            days = [None if pd.isna(value) else value.date() for value in values]
            made[column] = pd.Series(days, index=table.index, dtype=object)
    return made


def _same(frame: pd.DataFrame, name: Label) -> bool:
    return bool((frame.index.get_level_values(name).to_numpy() == frame[name].to_numpy()).all())


def _plain(column: pd.Series, what: str) -> pd.Series:
    """Categories become their values, other objects are an error."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        column = column.astype(column.cat.categories.dtype if not column.isna().any() else object)
    if isinstance(column.dtype, pd.PeriodDtype):
        return column.astype(str)
    if column.dtype == object or isinstance(column.dtype, pd.StringDtype):
        known = column.dropna()
        _check_texts(known, what)
        if len(known) and known.map(lambda v: isinstance(v, (bool, np.bool_))).all():
            return column.astype("boolean")  # as objects, drivers would write them as text
        strange = ~known.map(lambda v: isinstance(v, (str, int, float, bool, np.generic, date)))
        if strange.any():
            kind = type(known[strange].iloc[0]).__name__
            raise DataError(
                f"the column {column.name!r} of the {what} holds a {kind}, which no file can; turn it to text."
            )
    return column


def _check_texts(known: pd.Series, what: str) -> None:
    """Refuse texts that a file would cut or cannot hold: a NUL ends a text in most programs."""
    bad = known.map(lambda v: isinstance(v, str) and ("\0" in v or any("\ud800" <= ch <= "\udfff" for ch in v)))
    if bad.any():
        raise DataError(
            f"the column {known.name!r} of the {what} holds texts that no file can, with a NUL or half a character, "
            f"in row {some(known.index[bad.astype(bool)] + 1)}; clean them first."
        )
