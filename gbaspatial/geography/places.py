"""Where units are: checked geometry, one point a unit, and distances between pairs of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np
import pandas as pd
import shapely

from gbaspatial import options
from gbaspatial.alignment import check_units
from gbaspatial.errors import GeometryError, LabelTypeError, some
from gbaspatial.geography.crs import metres_per_unit, require_crs
from gbaspatial.geography.geodesy import geodesic_between_km, lonlat, representative_points
from gbaspatial.geography.true_length import require_metric

if TYPE_CHECKING:
    import geopandas as gpd
    import pyproj
    from scipy.spatial import cKDTree

Metric = Literal["geodesic", "planar"]
Units: TypeAlias = "gpd.GeoDataFrame | gpd.GeoSeries"  # shapes, indexed by unit; `shapes_of` checks them
METRICS = ("geodesic", "planar")

_A, _F = 6378.137, 1 / 298.257223563  # WGS84 in km
_B = _A * (1 - _F)
_ROUND, _FLAT = _B * _B / _A, _A * _A / _B  # smallest and largest radius of curvature of the ellipsoid
_HALF_MERIDIAN = 20_003.9315  # from pole to pole: no distance on the ellipsoid is longer
_FAR_CHORD = 12_600.0  # up to here a distance is less than half a circle of the smallest radius, as `longest` needs
_SLACK = 1e-12


def shapes_of(units: Units) -> gpd.GeoSeries:
    """The geometries of `units`, labelled, none of them missing, empty or with coordinates that are no numbers.

    Raises
    ------
    LabelTypeError
        If `units` is not a GeoDataFrame or GeoSeries.
    GeometryError
        If a geometry is missing or empty, or a coordinate is missing or infinite.
    AlignmentError
        If a label is missing or occurs twice.
    """
    import geopandas as gpd

    if not isinstance(units, (gpd.GeoDataFrame, gpd.GeoSeries)):
        raise LabelTypeError(
            f"the units are a {type(units).__name__}; give a GeoDataFrame or GeoSeries whose index holds the unit ids."
        )
    check_units(units.index, "units")
    if len(units) == 0:
        raise GeometryError("there are no units; give at least one.")
    shapes = units.geometry if isinstance(units, gpd.GeoDataFrame) else units
    geometries = shapes.to_numpy()
    absent = shapely.is_missing(geometries) | shapely.is_empty(geometries)
    if absent.any():
        raise GeometryError(f"the geometry is missing or empty for {some(shapes.index[absent])}; repair or drop these.")
    # boxes tell of points, lengths of corners inside a polygon; neither makes a copy of the coordinates
    with np.errstate(invalid="ignore"):
        wrong = ~np.isfinite(shapely.bounds(geometries).sum(axis=1) + shapely.length(geometries))
    if wrong.any():
        raise GeometryError(
            f"coordinates are missing or infinite for {some(shapes.index[wrong])}; repair or drop these."
        )
    return shapes


@dataclass(frozen=True, slots=True, eq=False)
class Places:
    """One point for each of n units, and the space in which near ones are looked for.

    Attributes
    ----------
    ids : pandas.Index, length n
    xy : numpy.ndarray, shape (n, 2)
        Longitude and latitude (geodesic), or kilometers (planar).
    space : numpy.ndarray, shape (n, 2) or (n, 3)
        Kilometers: earth-centered for geodesic distances, `xy` itself for planar ones.
    metric : str
    crs : str
        For the recipe.
    """

    ids: pd.Index
    xy: np.ndarray
    space: np.ndarray
    metric: Metric
    crs: str

    @property
    def n(self) -> int:
        """Number of units."""
        return len(self.ids)

    def tree(self) -> cKDTree:
        """A search tree of the points."""
        from scipy.spatial import cKDTree  # a tenth of what a first W of polygons takes, and no part of it

        return cKDTree(self.space)

    def distance_km(self, i: np.ndarray, j: np.ndarray) -> np.ndarray:
        """Distance in km from units `i` (m,) to units `j` (m,), by place."""
        if self.metric == "planar":
            return np.hypot(*(self.xy[i] - self.xy[j]).T)
        return geodesic_between_km(self.xy[i], self.xy[j])

    def longest(self, chord: np.ndarray) -> np.ndarray:
        """The longest distance that a straight line of `chord` km can stand for."""
        if self.metric == "planar":
            return chord
        return np.where(np.asarray(chord) > _FAR_CHORD, _HALF_MERIDIAN, _arc(chord, _ROUND)) * (1 + _SLACK)

    def shortest(self, chord: np.ndarray) -> np.ndarray:
        """The shortest distance that a straight line of `chord` km can stand for."""
        return chord if self.metric == "planar" else _arc(chord, _FLAT) * (1 - _SLACK)

    def ranks(self) -> np.ndarray:
        """The rank of each label (n,), which settles ties whatever the order of rows."""
        try:
            order = np.argsort(self.ids.to_numpy(), kind="stable")
        except TypeError:
            order = np.argsort(self.ids.astype(str).to_numpy(), kind="stable")
        ranks = np.empty(self.n, dtype=np.int64)
        ranks[order] = np.arange(self.n)
        return ranks


def _arc(chord: np.ndarray, radius: float) -> np.ndarray:
    return 2 * radius * np.arcsin(np.minimum(np.asarray(chord) / (2 * radius), 1.0))


def earth_centered_km(lonlat: np.ndarray) -> np.ndarray:
    """Earth-centered WGS84 coordinates (n, 3) in km of longitudes and latitudes (n, 2)."""
    lon, lat = np.radians(lonlat).T
    square = _F * (2 - _F)
    radius = _A / np.sqrt(1 - square * np.sin(lat) ** 2)
    return np.column_stack(
        [
            radius * np.cos(lat) * np.cos(lon),
            radius * np.cos(lat) * np.sin(lon),
            radius * (1 - square) * np.sin(lat),
        ]
    )


def crs_name(crs: pyproj.CRS | None) -> str | None:
    """The authority code of a CRS, or its name where it has none."""
    if crs is None:
        return None
    authority = crs.to_authority()
    return ":".join(authority) if authority else str(crs.name)


def places_of(units: Units, metric: Metric = "geodesic") -> Places:
    """The representative points of `units`, ready for distances in `metric`.

    Raises
    ------
    CRSError
        If there is no CRS, or a latitude beyond 90 degrees, or if `metric` is planar and the CRS is in
        degrees or not true to length where the units are (see `geography.require_metric`).
    """
    options.word(metric, METRICS, "metric")
    shapes = shapes_of(units)
    crs = require_crs(shapes, "layer of units")
    if metric == "planar":
        require_metric(shapes, "layer of units")
        points = shapely.get_coordinates(representative_points(shapes).to_numpy()) * (metres_per_unit(crs) / 1000)
        return Places(shapes.index, points, points, metric, str(crs_name(crs)))
    degrees = lonlat(shapes)
    return Places(shapes.index, degrees, earth_centered_km(degrees), metric, str(crs_name(crs)))
