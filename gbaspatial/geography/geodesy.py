"""Distances and areas on the ellipsoid, and the point that stands for a unit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from gbaspatial import options
from gbaspatial.alignment import check_same_units, check_units
from gbaspatial.errors import GeometryError, some
from gbaspatial.geography.crs import metres_per_unit, require_crs
from gbaspatial.geography.true_length import densified, in_degrees, metric_crs, require_metric
from gbaspatial.options import public

if TYPE_CHECKING:
    import geopandas as gpd

    from gbaspatial.geography.places import Units


def _check_geometry(shapes: gpd.GeoSeries) -> None:
    missing = shapes.isna() | shapes.is_empty
    if missing.any():
        raise GeometryError(
            f"the geometry is missing or empty for {some(shapes.index[missing])}; give these units one, "
            f"or drop them from layer and data yourself."
        )


@public
def representative_points(units: gpd.GeoDataFrame | gpd.GeoSeries) -> gpd.GeoSeries:
    """One point inside each unit, in the CRS of the layer; a point stands for itself.

    Of a unit in several parts (islands) it lies in the part with the largest area in km2. A
    centroid may fall into the sea or into a neighbor; this point never does.

    Parameters
    ----------
    units : GeoDataFrame or GeoSeries, n rows
        Indexed by unit, with a CRS.

    Returns
    -------
    GeoSeries
        A point inside each unit.

    Raises
    ------
    GeometryError
        If a geometry is missing or empty.

    Examples
    --------
    >>> import gbaspatial as gba
    >>> cities = gba.load_cities(year=2019)
    >>> bool(representative_points(cities).within(cities.geometry).all())
    True
    """
    require_crs(units)
    shapes = units.geometry
    _check_geometry(shapes)
    return largest_parts(shapes).representative_point()


def largest_parts(shapes: gpd.GeoSeries) -> gpd.GeoSeries:
    """`shapes` with the part of the largest area (in km2, whatever the CRS) in place of polygons in several parts.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> north, south = shapely.box(0, 60, 1.5, 61), shapely.box(0, 0, 1, 1)  # wider in degrees, on the ground
    >>> two = gpd.GeoSeries([shapely.MultiPolygon([north, south])], crs="EPSG:4326")
    >>> largest_parts(two).iloc[0].equals(south)
    True
    """
    import shapely

    multi = (shapes.geom_type == "MultiPolygon").to_numpy()
    if not multi.any():
        return shapes
    parts, owner = shapely.get_parts(shapes.to_numpy()[multi], return_index=True)
    km2 = area_km2(type(shapes)(parts, crs=shapes.crs)).to_numpy()
    order = np.lexsort((shapely.bounds(parts)[:, 0], np.round(km2, 9), owner))  # of equal ones always the same
    last = np.append(np.flatnonzero(np.diff(owner[order])), len(order) - 1)
    largest = shapes.copy()
    largest[multi] = parts[order[last]]
    return largest


@public
def lonlat(units: gpd.GeoDataFrame | gpd.GeoSeries, points: gpd.GeoSeries | None = None) -> np.ndarray:
    """Longitude and latitude (WGS 84) of the representative points of `units`, shape (n, 2).

    Parameters
    ----------
    units : GeoDataFrame or GeoSeries, n rows
        Indexed by unit, with a CRS.
    points : GeoSeries, optional
        Their representative points, where these are known already.

    Returns
    -------
    numpy.ndarray, shape (n, 2)
        Degrees.

    Examples
    --------
    >>> import gbaspatial as gba
    >>> lonlat(gba.load_cities(year=2019)).shape
    (11, 2)
    """
    chosen = representative_points(units) if points is None else _given_points(units, points)
    chosen = in_degrees(chosen)
    return np.column_stack([chosen.x.to_numpy(), chosen.y.to_numpy().clip(-90, 90)])


def _given_points(units: gpd.GeoDataFrame | gpd.GeoSeries, points: Units) -> gpd.GeoSeries:
    require_crs(points, "points")
    check_same_units(points.index, units.index, "points", "units")
    chosen = points.geometry.reindex(units.index)
    _check_geometry(chosen)
    other = chosen.geom_type != "Point"
    if other.any():
        raise GeometryError(
            f"points= must hold points, but {some(chosen.index[other])} are {chosen.geom_type[other].iloc[0]}s."
        )
    return chosen


@public
def distance_km(
    units: gpd.GeoDataFrame | gpd.GeoSeries,
    *,
    points: gpd.GeoSeries | gpd.GeoDataFrame | None = None,
    metric: Literal["geodesic", "planar"] = "geodesic",
) -> pd.DataFrame:
    """Distances between all pairs of units, in kilometers.

    Parameters
    ----------
    units : GeoDataFrame or GeoSeries
        n units with a CRS. Polygons are stood for by their representative points.
    points : GeoSeries of points, optional
        Other points to measure between, e.g. ``gba.data.load_points()``, matched by label.
    metric : {"geodesic", "planar"}
        Along the ellipsoid WGS 84, or straight in the plane of a projected CRS. A planar
        distance in degrees, or in a CRS that is not true to length where the units are (Mercator
        and other maps of the world), is an error.

    Returns
    -------
    pandas.DataFrame, shape (n, n)
        Symmetric, zero diagonal; rows and columns are the unit labels.

    Raises
    ------
    CRSError
        If the CRS is not set, or a latitude is beyond 90 degrees; with ``metric="planar"`` also
        if the CRS is geographic or not true to length: see `require_metric`.
    GeometryError
        If a geometry is missing or empty.
    AlignmentError
        If labels are not unique or `points` has others.

    References
    ----------
    Karney, C. F. F. (2013). Algorithms for geodesics. Journal of Geodesy, 87, 43-55.

    Examples
    --------
    >>> import gbaspatial as gba
    >>> cities = gba.load_cities(year=2019)
    >>> km = distance_km(cities, points=gba.data.load_points())
    >>> round(float(km.loc["Guangzhou", "Shenzhen"]), 1)
    105.1
    """
    options.word(metric, ("geodesic", "planar"), "metric")
    require_crs(units)
    check_units(units.index, "units")
    if metric == "geodesic":
        square = geodesic_km(lonlat(units, points))
    else:
        chosen = representative_points(units) if points is None else _given_points(units, points)
        crs = require_metric(chosen)
        xy = np.column_stack([chosen.x.to_numpy(), chosen.y.to_numpy()]) * (metres_per_unit(crs) / 1000)
        square = np.sqrt(((xy[:, None, :] - xy[None, :, :]) ** 2).sum(axis=2))
    return pd.DataFrame(square, index=units.index, columns=units.index)


def geodesic_km(coordinates: np.ndarray) -> np.ndarray:
    """Geodesic distances (n, n) in km between points of longitude and latitude `coordinates` (n, 2)."""
    n = len(coordinates)
    rows, columns = np.triu_indices(n, k=1)
    square = np.zeros((n, n))
    square[rows, columns] = square[columns, rows] = geodesic_between_km(coordinates[rows], coordinates[columns])
    return square


def geodesic_between_km(start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Geodesic distances (m,) in km from `start` (m, 2) to `end` (m, 2), longitudes and latitudes in pairs.

    Examples
    --------
    >>> geodesic_between_km(np.array([[113.25, 23.11667]]), np.array([[114.0683, 22.54554]])).round(1).tolist()
    [105.1]
    """
    import pyproj

    # from the point that comes first by coordinates, so that the order of rows leaves every bit alone
    swap = ((start[:, 0] > end[:, 0]) | ((start[:, 0] == end[:, 0]) & (start[:, 1] > end[:, 1])))[:, None]
    first, last = np.where(swap, end, start), np.where(swap, start, end)
    _, _, metres = pyproj.Geod(ellps="WGS84").inv(first[:, 0], first[:, 1], last[:, 0], last[:, 1])
    return np.asarray(metres) / 1000


@public
def area_km2(units: gpd.GeoDataFrame | gpd.GeoSeries) -> pd.Series:
    """Area of each unit in square kilometers, measured in an equal-area projection centered on the layer.

    Edges run straight in the CRS of the layer, as it is drawn, however long they are.

    Parameters
    ----------
    units : GeoDataFrame or GeoSeries, n rows
        Indexed by unit, with a CRS.

    Returns
    -------
    pandas.Series, length n
        Square kilometers on the ellipsoid.

    Examples
    --------
    >>> import gbaspatial as gba
    >>> round(float(area_km2(gba.load_cities(year=2019))["Guangzhou"]))
    7277
    """
    require_crs(units)
    shapes = units.geometry
    _check_geometry(shapes)
    return (densified(shapes).to_crs(metric_crs(shapes)).area / 1e6).rename("area_km2")
