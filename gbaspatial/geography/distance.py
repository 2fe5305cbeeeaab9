"""Distances and areas on the ellipsoid, and the point that stands for a unit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from gbaspatial.alignment import check_same_units, check_units
from gbaspatial.errors import GeometryError, check_option, some
from gbaspatial.geography.crs import metres_per_unit, metric_crs, require_crs, require_metric

if TYPE_CHECKING:
    import geopandas as gpd


def _check_geometry(shapes: Any) -> None:
    missing = shapes.isna() | shapes.is_empty
    if missing.any():
        raise GeometryError(
            f"the geometry is missing or empty for {some(shapes.index[missing])}; give these units one, "
            f"or drop them from layer and data yourself."
        )


def representative_points(units: gpd.GeoDataFrame | gpd.GeoSeries) -> gpd.GeoSeries:
    """One point inside each unit, in the CRS of the layer; a point stands for itself.

    Of a unit in several parts (islands) it lies in the part with the largest area. A
    centroid may fall into the sea or into a neighbor; this point never does.

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
    multi = shapes.geom_type == "MultiPolygon"
    if multi.any():
        largest = [max(g.geoms, key=lambda part: part.area) for g in shapes[multi]]
        shapes = shapes.copy()
        shapes[multi] = largest
    return shapes.representative_point()


def lonlat(units: gpd.GeoDataFrame | gpd.GeoSeries, points: gpd.GeoSeries | None = None) -> np.ndarray:
    """Longitude and latitude (WGS 84) of the representative points of `units`, shape (n, 2)."""
    chosen = representative_points(units) if points is None else _given_points(units, points)
    chosen = chosen.to_crs("EPSG:4326")
    return np.column_stack([chosen.x.to_numpy(), chosen.y.to_numpy()])


def _given_points(units: gpd.GeoDataFrame | gpd.GeoSeries, points: Any) -> gpd.GeoSeries:
    require_crs(points, "points")
    check_same_units(points.index, units.index, "points")
    chosen = points.geometry.reindex(units.index)
    _check_geometry(chosen)
    other = chosen.geom_type != "Point"
    if other.any():
        raise GeometryError(
            f"points= must hold points, but {some(chosen.index[other])} are {chosen.geom_type[other].iloc[0]}s."
        )
    return chosen


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
        distance in degrees is an error.

    Returns
    -------
    pandas.DataFrame, shape (n, n)
        Symmetric, zero diagonal; rows and columns are the unit labels.

    Raises
    ------
    CRSError
        If the CRS is not set, or geographic with ``metric="planar"``.
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
    check_option(metric, ("geodesic", "planar"), "metric")
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


def area_km2(units: gpd.GeoDataFrame | gpd.GeoSeries) -> pd.Series:
    """Area of each unit in square kilometers, measured in an equal-area projection centered on the layer.

    Examples
    --------
    >>> import gbaspatial as gba
    >>> round(float(area_km2(gba.load_cities(year=2019))["Guangzhou"]))
    7277
    """
    require_crs(units)
    shapes = units.geometry
    _check_geometry(shapes)
    return (shapes.to_crs(metric_crs(shapes)).area / 1e6).rename("area_km2")
