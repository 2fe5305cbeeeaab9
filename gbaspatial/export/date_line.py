"""Shapes across 180 degrees, cut there: as longitudes run on, a small island would otherwise circle the earth."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely
from shapely.geometry import box

if TYPE_CHECKING:
    import geopandas as gpd

_WHOLE = 359.0  # degrees: an edge as long as this goes around the earth and crosses nothing


def in_degrees(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """`frame` in longitude and latitude of WGS 84, with shapes that cross 180 degrees as parts on either side.

    In coordinates of a projection a shape is whole; turned into degrees its longitudes jump from 180 to -180. In
    degrees nothing tells a jump from an edge around the earth, so there only what reaches beyond 180 is cut.
    """
    turned = frame.to_crs("EPSG:4326")
    shapes = np.asarray(turned.geometry.array, dtype=object)
    bounds = shapely.bounds(shapes)
    beyond = (bounds[:, 0] < -180.0) | (bounds[:, 2] > 180.0)
    jumping = (bounds[:, 2] - bounds[:, 0] > 180.0) & (not frame.crs.is_geographic)
    places = np.flatnonzero(beyond | jumping)
    if not len(places):
        return turned
    made = shapes.copy()
    for place in places:
        made[place] = _cut(_unwrapped(shapes[place]) if jumping[place] else shapes[place])
    return turned.set_geometry(made, crs="EPSG:4326")


def _unwrapped(shape: shapely.Geometry) -> shapely.Geometry:
    """`shape` with longitudes that run on across 180 degrees."""
    if shape.geom_type.startswith("Multi") or shape.geom_type == "GeometryCollection":
        return type(shape)([_unwrapped(part) for part in shape.geoms])
    if shape.geom_type != "Polygon":
        return shape if shape.geom_type == "Point" else type(shape)(_run_on(shape))
    shell = _run_on(shape.exterior)
    middle = shell[:, 0].mean()
    holes = [_run_on(ring) for ring in shape.interiors]
    for hole in holes:  # beside the shell that they are in
        hole[:, 0] += 360.0 * np.round((middle - hole[:, 0].mean()) / 360.0)
    return shapely.Polygon(shell, holes)


def _run_on(ring: shapely.LinearRing) -> np.ndarray:
    numbers = shapely.get_coordinates(ring, include_z=bool(ring.has_z))
    steps = np.diff(numbers[:, 0])
    turns = np.where(np.abs(steps) < _WHOLE, np.round(steps / 360.0), 0.0)
    numbers[1:, 0] -= 360.0 * np.cumsum(turns)
    return numbers


def _cut(shape: shapely.Geometry) -> shapely.Geometry:
    """The parts of `shape` between -180 and 180 degrees, those beyond moved there."""
    west, _, east, _ = shape.bounds
    parts = []
    for turn in range(int(np.floor((west + 180.0) / 360.0)), int(np.ceil((east - 180.0) / 360.0)) + 1):
        window = box(360.0 * turn - 180.0, -91.0, 360.0 * turn + 180.0, 91.0)
        inside = shapely.intersection(shape, window)
        if inside.is_empty or shapely.get_dimensions(inside) < shapely.get_dimensions(shape):
            continue
        parts += shapely.get_parts(shapely.transform(inside, lambda xy, turn=turn: xy - [360.0 * turn, 0.0])).tolist()
    kept = [part for part in parts if shapely.get_dimensions(part) == shapely.get_dimensions(shape)]
    return kept[0] if len(kept) == 1 else shapely.union_all(kept) if kept else shape
