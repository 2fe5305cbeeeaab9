"""Shapes as the page carries them: WGS84, simplified together, quantized, packed into text.

Only the picture is simplified, never the data: an analysis sees the layer as it came. A
coverage is simplified as a whole, so that neighbors keep one common border.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import shapely

from gbaspatial.errors import GeometryError, some

if TYPE_CHECKING:
    import geopandas as gpd

    from gbaspatial.maps.escape import Payload

# 64 letters that are safe inside HTML, JSON and JavaScript.
ALPHABET = np.frombuffer(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", dtype=np.uint8)
_DIGITS = np.zeros(128, dtype=np.int64)
_DIGITS[ALPHABET] = np.arange(64)
VERTICES_DRAWN_AS_THEY_ARE = 30_000
CORNERS_OF_A_PLAIN_SHAPE = 12
VERTICES_WRITTEN_FINELY = 10_000
VERTICES_DRAWN_WHOLE = 4_000  # a browser draws these at any zoom; beyond, wide views leave detail out


class Shapes(NamedTuple):
    """Polygons or points of n units, in degrees, ready to be packed."""

    kind: str
    geometry: np.ndarray
    anchors: np.ndarray


def display_shapes(units: gpd.GeoDataFrame, tolerance_m: float | None = None, what: str = "units") -> Shapes:
    """The shapes of WGS84 `units` as they are drawn.

    Parameters
    ----------
    units : GeoDataFrame
        In WGS84.
    tolerance_m : float, optional
        Detail smaller than this many metres goes; by default small layers stay as they are and
        large ones lose what a screen cannot show.
    """
    geometry = np.asarray(units.geometry.array, dtype=object)
    kinds = set(np.unique(shapely.get_type_id(geometry)).tolist())
    if kinds <= {0}:
        return Shapes("point", geometry, shapely.get_coordinates(geometry))
    if not kinds <= {3, 6}:
        other = ~np.isin(shapely.get_type_id(geometry), [3, 6])
        raise GeometryError(
            f"the {what} {some(units.index[other])} are not polygons; a map layer holds polygons or points, not both."
        )
    anchors = shapely.get_coordinates(shapely.point_on_surface(_largest_part(geometry)))
    return Shapes("polygon", simplified(geometry, tolerance_m), anchors)


def _largest_part(geometry: np.ndarray) -> np.ndarray:
    """The polygon of each unit with the largest area on the ground: a popup must not open on an islet."""
    parts, owner = shapely.get_parts(geometry, return_index=True)
    latitude = shapely.get_y(shapely.centroid(parts))
    order = np.lexsort((shapely.area(parts) * np.cos(np.radians(latitude)), owner))
    last = np.append(np.flatnonzero(np.diff(owner[order])), len(order) - 1)
    return parts[order[last]]


def simplified(geometry: np.ndarray, tolerance_m: float | None) -> np.ndarray:
    """The polygons with less detail and the same neighbors; a polygon that would vanish stays as it was."""
    vertices = int(shapely.get_num_coordinates(geometry).sum())
    if tolerance_m is None:
        plain = CORNERS_OF_A_PLAIN_SHAPE * int(shapely.get_num_geometries(geometry).sum())
        if vertices <= max(VERTICES_DRAWN_AS_THEY_ARE, plain):  # nothing to leave out of cells and squares
            return geometry
        west, south, east, north = shapely.total_bounds(geometry)
        tolerance = max(east - west, north - south) / 4000  # about a third of a pixel when the whole is in view
    elif tolerance_m == 0:
        return geometry
    else:
        tolerance = tolerance_m / 111_320
    made = shapely.coverage_simplify(geometry, tolerance)
    gone = shapely.is_empty(made) | shapely.is_missing(made)
    return np.where(gone, geometry, made)


def pack_shapes(shapes: Shapes) -> Payload:
    """The shapes as a small JSON object; `decode.js` is its other half."""
    scale = _steps_per_degree(shapes)
    packed: Payload = {"kind": shapes.kind, "scale": scale, "at": pack_points(shapes.anchors, scale)}
    if shapes.kind == "point":
        return packed
    polygons, owner = shapely.get_parts(shapes.geometry, return_index=True)
    rings, polygon = shapely.get_rings(polygons, return_index=True)
    points, ring = shapely.get_coordinates(rings, return_index=True)
    grid = np.rint(points * scale).astype(np.int64)
    keep = _distinct(grid, ring)
    packed["polygons"] = _pack_counts(np.bincount(owner, minlength=len(shapes.geometry)))
    packed["rings"] = _pack_counts(np.bincount(polygon, minlength=len(polygons)))
    packed["points"] = pack_integers(np.bincount(ring[keep], minlength=len(rings)))
    packed["xy"] = _pack_steps(grid[keep])
    tolerances = _tolerances(shapes.geometry)
    if tolerances:
        packed["tolerances"] = tolerances
        packed["levels"] = pack_levels(_levels(shapes.geometry, points, grid, tolerances)[keep])
    return packed


def _tolerances(geometry: np.ndarray) -> list[float]:
    """Detail, in degrees, that may go in ever wider views; none where there is nothing to leave out."""
    vertices, parts = shapely.get_num_coordinates(geometry).sum(), shapely.get_num_geometries(geometry).sum()
    if vertices <= max(VERTICES_DRAWN_WHOLE, CORNERS_OF_A_PLAIN_SHAPE * parts):
        return []
    west, south, east, north = shapely.total_bounds(geometry)
    return [float(f"{max(east - west, north - south) / share:.4g}") for share in (1500, 700, 250)]


def _levels(geometry: np.ndarray, points: np.ndarray, grid: np.ndarray, tolerances: list[float]) -> np.ndarray:
    """For each of the `points` how many of the tolerances it outlives.

    The coverage is simplified as a whole, each time from the last, so that a vertex that two units share has one
    level, and their common border stays common at every zoom.
    """
    level = np.zeros(len(points), dtype=np.int64)
    places = points[:, 0] + 1j * points[:, 1]
    for tolerance in tolerances:
        geometry = shapely.coverage_simplify(geometry, tolerance)
        kept = shapely.get_coordinates(geometry)
        level += np.isin(places, kept[:, 0] + 1j * kept[:, 1])
    _, slot = np.unique(grid[:, 0] + 1j * grid[:, 1], return_inverse=True)
    highest = np.zeros(slot.max() + 1, dtype=np.int64)
    np.maximum.at(highest, slot, level)  # vertices that fall onto one step of the grid go together
    return highest[slot]


def pack_levels(levels: np.ndarray) -> str:
    """Levels 0 to 3 as text, three in a letter.

    Examples
    --------
    >>> pack_levels(np.array([0, 1, 2, 3]))
    'kD'
    """
    full = np.pad(levels, (0, -len(levels) % 3)).reshape(-1, 3)
    return ALPHABET[full @ np.array([1, 4, 16])].tobytes().decode("ascii")


def _pack_counts(counts: np.ndarray) -> str:
    """Counts as text; nothing where all are one."""
    return "" if (counts == 1).all() else pack_integers(counts)


def _steps_per_degree(shapes: Shapes) -> float:
    """Precision: 200,000 steps across a small layer, 500 across the small units of a large one."""
    bounds = shapely.bounds(shapes.geometry)
    span = max(np.ptp(bounds[:, [0, 2]]), np.ptp(bounds[:, [1, 3]]), 1e-9)
    fine = 10.0 ** np.clip(np.ceil(np.log10(200_000 / span)), 2, 7)
    if int(shapely.get_num_coordinates(shapes.geometry).sum()) <= VERTICES_WRITTEN_FINELY:
        return float(fine)
    sides = np.maximum(bounds[:, 2] - bounds[:, 0], bounds[:, 3] - bounds[:, 1])
    enough = 500 / max(np.quantile(sides, 0.1), 1e-9)
    return float(np.round(min(max(enough, 20_000 / span), fine)))


def _distinct(grid: np.ndarray, ring: np.ndarray) -> np.ndarray:
    """Which points to write: not the closing one, and none that fell onto the one before it."""
    last = np.append(ring[1:] != ring[:-1], True)
    same = np.append(False, (ring[1:] == ring[:-1]) & (grid[1:] == grid[:-1]).all(axis=1))
    keep = ~last & ~same
    too_small = np.bincount(ring[keep], minlength=int(ring[-1]) + 1) < 3
    return np.where(too_small[ring], ~last, keep)


def pack_points(points: np.ndarray, scale: float) -> str:
    """Places (n, 2) in degrees as text, to the nearest 1 / `scale` degree."""
    return _pack_steps(np.rint(points * scale).astype(np.int64))


def _pack_steps(grid: np.ndarray) -> str:
    return pack_integers(np.diff(grid, axis=0, prepend=np.zeros((1, 2), dtype=np.int64)).ravel())


def unpack_integers(text: str) -> np.ndarray:
    """The integers that `pack_integers` wrote.

    Examples
    --------
    >>> unpack_integers("ACBgBw-B").tolist()
    [0, 1, -1, 16, 1000]
    """
    if not text:
        return np.zeros(0, dtype=np.int64)
    digit = _DIGITS[np.frombuffer(text.encode("ascii"), dtype=np.uint8)]
    starts = np.flatnonzero(np.append(True, digit[:-1] < 32))
    place = np.arange(len(digit)) - np.repeat(starts, np.diff(np.append(starts, len(digit))))
    code = np.add.reduceat((digit & 31) << (5 * place), starts)
    return np.where(code % 2, -(code + 1) // 2, code // 2)


def pack_integers(numbers: np.ndarray) -> str:
    """Integers as text: small ones take one letter, five bits a letter and one bit for "more follows".

    Examples
    --------
    >>> pack_integers(np.array([0, 1, -1, 16, 1000]))
    'ACBgBw-B'
    """
    signed = np.asarray(numbers, dtype=np.int64)
    code = np.where(signed < 0, -2 * signed - 1, 2 * signed).astype(np.uint64)
    widths = np.ones(len(code), dtype=np.int64)
    rest = code >> np.uint64(5)
    while rest.any():
        widths += rest > 0
        rest >>= np.uint64(5)
    starts = np.cumsum(widths) - widths
    place = np.arange(widths.sum()) - np.repeat(starts, widths)
    digits = (np.repeat(code, widths) >> (np.uint64(5) * place.astype(np.uint64))) & np.uint64(31)
    more = place + 1 < np.repeat(widths, widths)
    return ALPHABET[digits.astype(np.int64) + 32 * more].tobytes().decode("ascii")
