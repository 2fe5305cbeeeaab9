"""A table with two columns of coordinates becomes a layer of points."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from gbaspatial.alignment import columns_of
from gbaspatial.data.columns import check_unique
from gbaspatial.data.polygons import checked_geometry, with_crs
from gbaspatial.errors import DataError, MissingDataError, OptionError, some
from gbaspatial.options import public

if TYPE_CHECKING:
    import geopandas as gpd

    from gbaspatial.geography.crs import CrsLike


@public
def points_from(table: pd.DataFrame, *, lon: str, lat: str, crs: CrsLike | None = "EPSG:4326") -> gpd.GeoDataFrame:
    """Points at the coordinates of a table, a row a unit.

    Parameters
    ----------
    table : pandas.DataFrame
        Indexed by unit, as `read_panel` gives it without `time`.
    lon, lat : str
        The columns of longitude and latitude in degrees; of east and north in meters with such a `crs`.
    crs : optional
        The CRS of the coordinates, or ``"gcj02"``, ``"bd09"`` for coordinates of online maps in mainland China,
        which are moved to WGS 84.

    Returns
    -------
    geopandas.GeoDataFrame
        The columns of `table` and the points.

    Raises
    ------
    UnknownNameError
        If there is no such column.
    MissingDataError, DataError
        If a coordinate is missing, or is no number.
    AlignmentError
        If a unit occurs twice.
    CRSError
        If latitudes are beyond the poles, or the CRS is not known.

    Examples
    --------
    >>> shops = pd.DataFrame({"x": [113.54, 114.17], "y": [22.19, 22.32]}, index=["Macao", "Hong Kong"])
    >>> points_from(shops, lon="x", lat="y").geometry["Macao"].wkt
    'POINT (113.54 22.19)'
    """
    import geopandas as gpd

    if not isinstance(table, pd.DataFrame) or table.index.nlevels > 1:
        raise OptionError("points are made of a table with one row a unit; choose a year of a panel first.")
    if lon == lat:
        raise OptionError(f"lon and lat are both {lon!r}; name two columns.")
    check_unique(table.index, "the index of the table", "keep one row a unit")
    columns_of(table, [lon, lat], "table")
    for name in (lon, lat):
        _check_numbers(table[name], name)
    shapes = gpd.points_from_xy(table[lon].astype(float), table[lat].astype(float))
    found = gpd.GeoDataFrame(table.copy(), geometry=shapes, crs=None)
    return checked_geometry(with_crs(found, crs, "the table"), None, "the table")


def _check_numbers(column: pd.Series, name: str) -> None:
    empty = column.isna()
    if empty.any():
        raise MissingDataError(
            f"{name} is missing for {some(column.index[empty])}; give these units coordinates, or leave them out."
        )
    if not pd.api.types.is_numeric_dtype(column.dtype) or pd.api.types.is_bool_dtype(column.dtype):
        odd = pd.to_numeric(column, errors="coerce").isna()
        units = column.index[odd] if odd.any() else column.index
        raise DataError(f"{name} is no number for {some(units)}; write degrees as decimals, such as 113.54.")
