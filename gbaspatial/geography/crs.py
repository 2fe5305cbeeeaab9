"""Which coordinates a layer is in, whether they can be degrees, and how long a unit of them is."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, TypeAlias

from gbaspatial.errors import CRSError, GeometryError, LabelTypeError, some
from gbaspatial.options import public

if TYPE_CHECKING:
    import geopandas as gpd
    import pyproj

CrsLike: TypeAlias = "pyproj.CRS | str | int"  # anything that names a CRS

_ROUND_OFF = 1e-9  # degrees beyond the pole that are taken for the pole


@public
def describe_crs(crs: CrsLike | None) -> str:
    """A CRS in words: authority code and name.

    Parameters
    ----------
    crs : pyproj.CRS, str or int
        Anything that names a CRS.

    Returns
    -------
    str
        Its name and what it measures in.

    Raises
    ------
    CRSError
        If `crs` is none.

    Examples
    --------
    >>> describe_crs("EPSG:4326")
    'EPSG:4326 (WGS 84, degree)'
    """
    import pyproj

    if crs is None:
        return "none"
    try:
        crs = pyproj.CRS.from_user_input(crs)
    except (pyproj.exceptions.CRSError, TypeError, ValueError) as error:
        raise CRSError(f"crs={crs!r} is no known CRS; use e.g. 'EPSG:4326'.") from error
    unit = crs.axis_info[0].unit_name if crs.axis_info else "unknown unit"
    authority = crs.to_authority()
    code = ":".join(authority) if authority else "custom"
    return f"{code} ({crs.name}, {unit})"


@public
def require_crs(units: gpd.GeoDataFrame | gpd.GeoSeries, what: str = "layer") -> pyproj.CRS:
    """The CRS of `units`, or an error: coordinates without a CRS, or beyond its range, cannot be measured.

    Parameters
    ----------
    units : GeoDataFrame or GeoSeries
        The layer that is to be measured.
    what : str
        How an error calls it.

    Returns
    -------
    pyproj.CRS

    Raises
    ------
    LabelTypeError
        If `units` has no geometry.
    GeometryError
        If `units` is a table whose geometry column is gone.
    CRSError
        If the CRS is not set, is geocentric, or says degrees which the coordinates are not.

    Examples
    --------
    >>> import gbaspatial as gba
    >>> require_crs(gba.load_cities(year=2019)).to_epsg()
    4326
    """
    import geopandas as gpd

    if not isinstance(units, (gpd.GeoDataFrame, gpd.GeoSeries)):
        raise LabelTypeError(
            f"the {what} is a {type(units).__name__} without geometry; "
            f"pass a GeoDataFrame (gba.read_units, gba.load_cities)."
        )
    if isinstance(units, gpd.GeoDataFrame) and units._geometry_column_name not in units.columns:
        raise GeometryError(f"the {what} has no geometry column; set one with set_geometry(column).")
    if units.crs is None:
        raise CRSError(f"the {what} has no CRS; say which one its coordinates are in, e.g. units.set_crs('EPSG:4326').")
    if units.crs.is_geocentric:
        raise CRSError(
            f"the {what} is in {describe_crs(units.crs)}, which counts from the center of the earth; x and y of it are "
            f"no place on a map. Give longitude and latitude, or a projected CRS."
        )
    check_degrees(units, f"the {what}")
    return units.crs


def check_degrees(units: gpd.GeoDataFrame | gpd.GeoSeries, what: str = "the layer") -> None:
    """Raise `CRSError` if the CRS of `units` is in degrees and a coordinate is beyond the poles, or no degree at all.

    Parameters
    ----------
    units : GeoDataFrame or GeoSeries
    what : str
        How the error calls them, such as ``"the layer"`` or the name of a file.

    Examples
    --------
    >>> import geopandas as gpd
    >>> check_degrees(gpd.GeoSeries.from_xy([22.5], [113.2], index=["Zhuhai"], crs="EPSG:4326"))
    Traceback (most recent call last):
    gbaspatial.errors.CRSError: the layer is said to be in EPSG:4326 (WGS 84, degree), but has latitude 113.2 ...
    """
    import numpy as np

    crs = units.crs
    if crs is None or not crs.is_geographic or not len(units):
        return
    most = 90 + _ROUND_OFF
    west, south, east, north = units.total_bounds
    if not (max(-south, north) > most or max(-west, east) > 360):  # missing geometry is told elsewhere
        return
    shapes = units.geometry
    bounds = np.nan_to_num(np.abs(shapes.bounds.to_numpy()))
    wrong = (bounds[:, [1, 3]].max(axis=1) > most) | (bounds[:, [0, 2]].max(axis=1) > 360)
    named = some(shapes.index[wrong])
    if bounds.max() > 360:
        raise CRSError(
            f"{what} is said to be in {describe_crs(crs)}, but its coordinates reach {bounds.max():.0f} in {named}; "
            f"they are not degrees but out of range, so another CRS must be meant."
        )
    farthest = max(-south, north)
    swapped = " Are x and y swapped? x is the longitude, y the latitude." if max(-west, east) <= 90 else ""
    raise CRSError(
        f"{what} is said to be in {describe_crs(crs)}, but has latitude {farthest:.6g} in {named}, and no place is "
        f"beyond 90.{swapped}"
    )


@functools.lru_cache(maxsize=32)
def to_degrees(crs: pyproj.CRS) -> pyproj.Transformer:
    """Into longitude and latitude of the datum of `crs` itself, so that no shift between datums counts as length."""
    import pyproj

    return pyproj.Transformer.from_crs(crs, crs.geodetic_crs or "EPSG:4326", always_xy=True)


def metres_per_unit(crs: pyproj.CRS) -> float:
    """How many metres one coordinate unit of the projected `crs` has (0.3048 for feet)."""
    return float(crs.axis_info[0].unit_conversion_factor)
