"""Shapes across 180 degrees: cut there for a file, run on across it for a map."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely
from shapely.geometry import box

if TYPE_CHECKING:
    import geopandas as gpd

_WHOLE = 360.0 - 1e-6  # degrees: an edge as long as this goes around the earth; a shorter one may cross an islet
_OPEN = 60.0  # degrees without any unit, from which on a map is turned; a map of the world keeps its usual middle
_TOUCH = 1e-6


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


def shorter_way(turned: gpd.GeoDataFrame, *, projected: bool = False) -> gpd.GeoDataFrame:
    """`turned`, in longitude and latitude of WGS 84, placed on the shorter way around the earth.

    Units on both sides of 180 degrees get longitudes that run on across it (181 for -179), and parts of a unit that
    were cut there are joined. What lies within 180 degrees, or all around the earth, stays as it is.

    Parameters
    ----------
    turned : GeoDataFrame
        In EPSG:4326.
    projected : bool
        Whether it was in a projection before: there a shape that crosses 180 degrees was whole.

    Examples
    --------
    >>> import geopandas as gpd
    >>> islands = gpd.GeoDataFrame(geometry=[box(177, -19, 180, -16), box(-180, -18, -179, -17)], crs=4326)
    >>> shorter_way(islands).total_bounds.tolist()
    [177.0, -19.0, 181.0, -16.0]
    """
    shapes = np.asarray(turned.geometry.array, dtype=object)
    jumping = np.flatnonzero(projected & (np.ptp(shapely.bounds(shapes)[:, [0, 2]], axis=1) > 180.0))
    if len(jumping):
        shapes = shapes.copy()
        shapes[jumping] = [_unwrapped(shape) for shape in shapes[jumping]]
    west, _, east, _ = shapely.bounds(shapely.get_parts(shapes)).T
    middle = _middle(west, east) if np.ptp([west.min(), east.max()]) > 180.0 else None
    if middle is not None:
        shapes = _around(shapes, middle)
    return turned.set_geometry(shapes, crs="EPSG:4326") if middle is not None or len(jumping) else turned


def move_beside(frame: gpd.GeoDataFrame, first: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """`frame`, placed by `shorter_way`, moved by whole circles to where it lies beside `first`.

    Examples
    --------
    >>> import geopandas as gpd
    >>> islands = gpd.GeoDataFrame(geometry=[box(177, 0, 181, 1)], crs=4326)
    >>> town = gpd.GeoDataFrame(geometry=[box(-180, 0, -179, 1)], crs=4326)
    >>> move_beside(town, islands).total_bounds.tolist()
    [180.0, 0.0, 181.0, 1.0]
    """
    (west, _, east, _), (first_west, _, first_east, _) = frame.total_bounds, first.total_bounds
    middle = (first_west + first_east) / 2.0
    shapes = np.asarray(frame.geometry.array, dtype=object)
    if first_west < -180.0 or first_east > 180.0:
        return frame.set_geometry(_around(shapes, middle), crs=frame.crs)
    turn = 360.0 * np.round((middle - (west + east) / 2.0) / 360.0) if east - west <= 180.0 else 0.0
    if turn == 0.0:
        return frame
    return frame.set_geometry(shapely.transform(shapes, lambda xy: xy + np.array([turn, 0.0])), crs=frame.crs)


def span_of_circle(west: np.ndarray, east: np.ndarray) -> tuple[float, float]:
    """First and last longitude of the shortest span that holds all from `west` to `east` (m,), the first in 0 to 360.

    Examples
    --------
    >>> span_of_circle(np.array([177.0, -180.0]), np.array([180.0, -178.0]))
    (177.0, 182.0)
    """
    order = np.argsort(np.mod(west, 360.0), kind="stable")
    start = np.mod(west, 360.0)[order]
    end = np.maximum.accumulate(start + (east - west)[order])
    end = np.maximum(end, end[-1] - 360.0)  # what runs over the end of the circle covers its beginning
    gaps = np.append(start[1:], start[0] + 360.0) - end
    widest = int(np.argmax(gaps))
    first = float(start[(widest + 1) % len(start)])
    return first, first + 360.0 - max(float(gaps[widest]), 0.0)


def _middle(west: np.ndarray, east: np.ndarray) -> float | None:
    """The middle of the shorter way around; None where there is none, or the units lie all around the earth."""
    first, last = span_of_circle(west, east)
    if last - first > 360.0 - _OPEN or last - first > np.ptp([west.min(), east.max()]) - _TOUCH:
        return None
    return (first + last) / 2.0


def _around(shapes: np.ndarray, middle: float) -> np.ndarray:
    """`shapes` (n,) whose parts are moved by whole circles to the half circle on either side of `middle`."""
    parts, owner = shapely.get_parts(shapes, return_index=True)
    west, _, east, _ = shapely.bounds(parts).T
    turns = 360.0 * np.round((middle - (west + east) / 2.0) / 360.0)
    places, part = shapely.get_coordinates(parts, return_index=True)
    places[:, 0] += turns[part]
    moved, made = shapely.set_coordinates(parts.copy(), places), shapes.copy()
    for place in np.unique(owner[turns != 0.0]):
        own = slice(*np.searchsorted(owner, [place, place + 1]))
        made[place] = moved[own][0] if own.stop - own.start == 1 else shapely.union_all(moved[own])
    return made


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
