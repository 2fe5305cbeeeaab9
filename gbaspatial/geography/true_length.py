"""In which CRS lengths are lengths on the ground, and the one in which those of these units are.

One rule decides: `length_error`, which measures it where the units are. Everything that measures
in the plane asks `require_metric`. Areas are never measured in the CRS of a layer, but in an
equal-area one: see `metric_crs`.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from gbaspatial.errors import CRSError, GeometryError, some
from gbaspatial.geography.crs import describe_crs, metres_per_unit, require_crs, to_degrees
from gbaspatial.options import public

if TYPE_CHECKING:
    import geopandas as gpd
    import numpy as np
    import pyproj

TRUE_WITHIN = 0.02  # national grids keep lengths within a per cent or two; Mercator is 8.7 per cent off at 23 degrees
_POINTS = 256  # at which lengths are compared


@public
def require_metric(
    units: gpd.GeoDataFrame | gpd.GeoSeries, what: str = "layer", *, instead: str = "use metric='geodesic'"
) -> pyproj.CRS:
    """The projected CRS of `units` if it is true to length where they are, or an error that prints it.

    Lengths are true within 2 per cent in national grids, UTM zones and the like. They are
    not in degrees, in Mercator maps of the web, in world maps, and far outside the zone of a
    grid; that is measured where the units are (`length_error`).

    Parameters
    ----------
    units : GeoDataFrame or GeoSeries
        The layer that is to be measured.
    what : str
        How an error calls them.
    instead : str
        What else the caller can do, for the error.

    Returns
    -------
    pyproj.CRS

    Raises
    ------
    CRSError
        If the CRS is not set, geographic, geocentric or not true to length.

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
            f"a planar distance needs metres, but the {what} is in {describe_crs(crs)}; {_cure(units, instead)}."
        )
    if _is_mercator(crs):
        web = "Web " if "Pseudo" in crs.to_wkt() else ""
        raise CRSError(
            f"meters of {web}Mercator, {describe_crs(crs)}, are not meters on the ground; {_cure(units, instead)}."
        )
    error = length_error(units)
    if error > TRUE_WITHIN:
        raise CRSError(
            f"lengths in {describe_crs(crs)} are up to {100 * error:.2g} % off where the {what} lies; "
            f"{_cure(units, instead)}."
        )
    return crs


def _cure(units: gpd.GeoDataFrame | gpd.GeoSeries, instead: str) -> str:
    """What to do; `to_metric` only where it leads to lengths that are true, and not back to this error."""
    local = to_metric(units)
    if length_error(local) <= TRUE_WITHIN:
        return f"{instead}, or project the units first: gba.geography.to_metric(units)"
    return f"{instead}; the units lie so far apart that no map is true to all lengths between them"


def is_true_to_length(units: gpd.GeoDataFrame | gpd.GeoSeries) -> bool:
    """Whether lengths in the CRS of `units` are lengths on the ground, within 2 per cent: the one rule.

    Examples
    --------
    >>> import gbaspatial as gba
    >>> cities = gba.load_cities(year=2019)
    >>> [is_true_to_length(cities.to_crs(code)) for code in (32649, 4547, 3857, 4087, 4326)]
    [True, True, False, False, False]
    """
    crs = require_crs(units)
    return bool(crs.is_projected and not _is_mercator(crs) and length_error(units) <= TRUE_WITHIN)


def _is_mercator(crs: pyproj.CRS) -> bool:
    """Whether `crs` is a Mercator map along the equator; transverse and oblique ones are grids of their own."""
    flat = crs.sub_crs_list[0] if crs.is_compound else crs.source_crs if crs.is_bound else crs
    operation = flat.coordinate_operation if flat is not None else None
    method = "" if operation is None else operation.method_name
    return method.startswith("Mercator") or "Pseudo Mercator" in method


def length_error(units: gpd.GeoDataFrame | gpd.GeoSeries) -> float:
    """By what share a short length in the projected CRS of `units` is off, at worst, where they are.

    A short way in four directions from points of the units is measured in the plane and
    along the ellipsoid. Infinite where the coordinates are no places of that CRS.

    Examples
    --------
    >>> import gbaspatial as gba
    >>> round(length_error(gba.load_cities(year=2019).to_crs("EPSG:3857")), 3)
    0.104
    """
    import numpy as np

    xy = _sample(units)
    if not len(xy):
        return 0.0
    crs = units.crs
    step = 500.0 / metres_per_unit(crs)
    ways = step * np.array([[1, 0], [0, 1], [1, 1], [1, -1]]) / 2
    start, end = (np.concatenate([xy + sign * way for way in ways]) for sign in (-1, 1))
    degrees = [np.column_stack(to_degrees(crs).transform(*ends.T)) for ends in (start, end)]
    if not all(np.isfinite(ends).all() for ends in degrees):
        return float("inf")
    true = _geod().inv(*degrees[0].T, *degrees[1].T)[2]
    planar = np.linalg.norm(end - start, axis=1) * metres_per_unit(crs)
    with np.errstate(divide="ignore"):
        return float(np.abs(planar / true - 1).max())


def _sample(units: gpd.GeoDataFrame | gpd.GeoSeries) -> np.ndarray:
    """Some corners (m, 2) of `units`, the same ones whatever the order of rows, the outermost among them."""
    import numpy as np
    import shapely

    geometries = units.geometry.to_numpy()
    geometries = geometries[~(shapely.is_missing(geometries) | shapely.is_empty(geometries))]
    xy = shapely.get_coordinates(geometries)
    if len(xy) <= _POINTS:
        return xy
    order = np.lexsort(xy.T)
    spread = order[np.linspace(0, len(xy) - 1, _POINTS).astype(np.int64)]
    outer = [
        f(axis) for axis in (xy[:, 0], xy[:, 1], xy.sum(axis=1), xy[:, 0] - xy[:, 1]) for f in (np.argmin, np.argmax)
    ]
    return xy[np.union1d(spread, outer)]


@functools.lru_cache(maxsize=1)
def _geod() -> pyproj.Geod:
    import pyproj

    return pyproj.Geod(ellps="WGS84")


@public
def metric_crs(units: gpd.GeoDataFrame | gpd.GeoSeries) -> pyproj.CRS:
    """A Lambert azimuthal equal-area CRS in metres, centered on `units`, on whichever side of 180 degrees they are.

    Over the bay area its areas are exact and its distances within 0.005 per cent;
    Web Mercator is 9 per cent off there.

    Parameters
    ----------
    units : GeoDataFrame or GeoSeries, n rows
        Indexed by unit, with a CRS.

    Returns
    -------
    pyproj.CRS
        One whose lengths are true near the units.

    Raises
    ------
    GeometryError
        If there is nothing to center on.
    CRSError
        If the CRS is not set, or the coordinates are no places of it.

    Examples
    --------
    >>> import gbaspatial as gba
    >>> crs = metric_crs(gba.load_cities(year=2019))
    >>> crs.is_projected, crs.axis_info[0].unit_name
    (True, 'metre')
    """
    import pyproj

    require_crs(units)
    if len(units) == 0:
        raise GeometryError("the layer has no rows, so there is nothing to center a projection on.")
    lon, lat = _middle(units)
    return pyproj.CRS.from_proj4(f"+proj=laea +lat_0={lat} +lon_0={lon} +datum=WGS84 +units=m +no_defs")


def in_degrees(units: gpd.GeoDataFrame | gpd.GeoSeries) -> gpd.GeoSeries:
    """The shapes of `units` in EPSG:4326, or an error that names those whose coordinates are no places of their CRS."""
    import numpy as np

    shapes = units.geometry
    moved = shapes.to_crs("EPSG:4326")
    if units.crs.is_geographic:
        return moved
    bounds = moved.bounds.to_numpy()
    lost = ~np.isfinite(bounds).all(axis=1) & ~(shapes.isna() | shapes.is_empty).to_numpy()
    if lost.any():
        raise CRSError(
            f"coordinates of {some(shapes.index[lost])} are no places of {describe_crs(units.crs)}; set the CRS in "
            f"which they are with units.set_crs(..., allow_override=True)."
        )
    return moved


def _middle(units: gpd.GeoDataFrame | gpd.GeoSeries) -> tuple[float, float]:
    """Longitude and latitude of the middle of `units`, in two decimals.

    So few, that the same layer in another order, or with one vertex moved, has the same middle.
    """
    import numpy as np
    import shapely

    shapes = in_degrees(units)
    parts = shapely.get_parts(shapes.to_numpy()[~(shapes.isna() | shapes.is_empty).to_numpy()])
    if not len(parts):
        raise GeometryError(f"every geometry is missing or empty (e.g. {some(shapes.index[:5])}).")
    west, south, east, north = shapely.bounds(parts).T
    lat = round((float(south.min()) + float(north.max())) / 2, 2)
    if east.max() - west.min() <= 180:
        return round((float(west.min()) + float(east.max())) / 2, 2), lat
    if not units.crs.is_geographic:  # there a shape may lie on both sides of 180 degrees in one part
        west = east = np.unique(shapely.get_coordinates(in_degrees(densified(units.geometry)).to_numpy())[:, 0])
    return round(_middle_of_circle(west, east), 2), lat


def _middle_of_circle(west: np.ndarray, east: np.ndarray) -> float:
    """The middle of the shortest span of longitudes that holds all from `west` to `east` (m,); 0 for the whole circle.

    Examples
    --------
    >>> import numpy as np
    >>> _middle_of_circle(np.array([177.0, -180.0]), np.array([180.0, -178.0]))
    179.5
    """
    from gbaspatial.geography.date_line import span_of_circle

    first, last = span_of_circle(west, east)
    return 0.0 if last - first >= 360 else ((first + last) / 2 + 180) % 360 - 180


@public
def to_metric(units: gpd.GeoDataFrame | gpd.GeoSeries) -> gpd.GeoDataFrame | gpd.GeoSeries:
    """`units` in metres: as they are if their CRS is in metres that are true to length there, else in `metric_crs`.

    Parameters
    ----------
    units : GeoDataFrame or GeoSeries, n rows
        Indexed by unit, with a CRS.

    Returns
    -------
    GeoDataFrame or GeoSeries
        In a CRS whose lengths are true near the units.

    Examples
    --------
    >>> import gbaspatial as gba
    >>> to_metric(gba.load_cities(year=2019)).crs.is_projected
    True
    """
    crs = require_crs(units)
    if crs.is_projected and metres_per_unit(crs) == 1.0 and is_true_to_length(units):
        return units
    return units.to_crs(metric_crs(units))


def densified(shapes: gpd.GeoSeries) -> gpd.GeoSeries:
    """`shapes` with corners along their long edges, so that another projection bends these as it must.

    No edge is left longer than a two-hundredth of its shape: areas are then right to a part in a million.
    """
    import geopandas as gpd
    import numpy as np
    import shapely

    geometries = shapes.to_numpy()
    west, south, east, north = shapely.bounds(geometries).T
    size = np.nan_to_num(np.maximum(east - west, north - south), nan=1.0)
    step = np.where(size > 0, size / 200, 1.0)
    return gpd.GeoSeries(shapely.segmentize(geometries, step), index=shapes.index, crs=shapes.crs)
