"""Which coordinates a layer is in, and which it needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gbaspatial.errors import CRSError, GeometryError, LabelTypeError, some

if TYPE_CHECKING:
    import geopandas as gpd
    import pyproj


def describe_crs(crs: Any) -> str:
    """A CRS in words: authority code and name.

    Examples
    --------
    >>> describe_crs("EPSG:4326")
    'EPSG:4326 (WGS 84, degree)'
    """
    import pyproj

    if crs is None:
        return "none"
    crs = pyproj.CRS.from_user_input(crs)
    unit = crs.axis_info[0].unit_name if crs.axis_info else "unknown unit"
    authority = crs.to_authority()
    code = ":".join(authority) if authority else "custom"
    return f"{code} ({crs.name}, {unit})"


def require_crs(units: gpd.GeoDataFrame | gpd.GeoSeries, what: str = "layer") -> pyproj.CRS:
    """The CRS of `units`, or an error: coordinates without a CRS cannot be measured.

    Raises
    ------
    LabelTypeError
        If `units` has no geometry.
    CRSError
        If the CRS is not set.

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
    return units.crs


def require_metric(units: gpd.GeoDataFrame | gpd.GeoSeries, what: str = "layer") -> pyproj.CRS:
    """The projected CRS of `units`, or an error that prints a CRS in degrees: planar distances need metres.

    Raises
    ------
    CRSError
        If the CRS is not set or geographic.

    Examples
    --------
    >>> import gbaspatial as gba
    >>> require_metric(gba.load_cities(year=2019))
    Traceback (most recent call last):
    gbaspatial.errors.CRSError: a planar distance needs metres, but the layer is in EPSG:4326 (WGS 84, degree); ...
    """
    crs = require_crs(units, what)
    if not crs.is_projected:
        raise CRSError(
            f"a planar distance needs metres, but the {what} is in {describe_crs(crs)}; use metric='geodesic', "
            f"or project it first: gba.geography.to_metric(units)."
        )
    return crs


def metres_per_unit(crs: pyproj.CRS) -> float:
    """How many metres one coordinate unit of the projected `crs` has (0.3048 for feet)."""
    return float(crs.axis_info[0].unit_conversion_factor)


def metric_crs(units: gpd.GeoDataFrame | gpd.GeoSeries) -> pyproj.CRS:
    """A Lambert azimuthal equal-area CRS in metres, centered on `units`.

    Over the bay area its areas are exact and its distances within 0.005 per cent;
    Web Mercator is 9 per cent off there.

    Examples
    --------
    >>> import gbaspatial as gba
    >>> crs = metric_crs(gba.load_cities(year=2019))
    >>> crs.is_projected, crs.axis_info[0].unit_name
    (True, 'metre')
    """
    import numpy as np
    import pyproj

    require_crs(units)
    if len(units) == 0:
        raise GeometryError("the layer has no rows, so there is nothing to center a projection on.")
    bounds = units.to_crs("EPSG:4326").total_bounds
    if not np.isfinite(bounds).all():
        raise GeometryError(f"every geometry is missing or empty (e.g. {some(units.index[:5])}).")
    west, south, east, north = (float(value) for value in bounds)
    # two decimals: the same layer in another order, or with one vertex moved, gets the same CRS
    lon, lat = round((west + east) / 2, 2), round((south + north) / 2, 2)
    return pyproj.CRS.from_proj4(f"+proj=laea +lat_0={lat} +lon_0={lon} +datum=WGS84 +units=m +no_defs")


def to_metric(units: gpd.GeoDataFrame | gpd.GeoSeries) -> gpd.GeoDataFrame | gpd.GeoSeries:
    """`units` in metres: as they are if their CRS is projected in metres, else in their `metric_crs`.

    Web Mercator counts as degrees here: its metres are not metres.

    Examples
    --------
    >>> import gbaspatial as gba
    >>> to_metric(gba.load_cities(year=2019)).crs.is_projected
    True
    """
    crs = require_crs(units)
    if crs.is_projected and metres_per_unit(crs) == 1.0 and crs.to_epsg() != 3857:
        return units
    return units.to_crs(metric_crs(units))
