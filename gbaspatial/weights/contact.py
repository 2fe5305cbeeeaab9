"""Which polygons touch: by shared corners where a layer is clean, by the nearness of edges where it is not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from gbaspatial.weights.corners import Corners, corners_of, pairs_in_groups
from gbaspatial.weights.segments import Approach, Meters, approaches

CORNER = 5.0  # contact along fewer tolerances than this is a point, not a border
LOOK_M = 50.0  # how far a suspected gap is looked for


@dataclass(frozen=True, slots=True, eq=False)
class Contacts:
    """Pairs of touching polygons among n, each as the code i * n + j with i < j, sorted.

    Attributes
    ----------
    touch : numpy.ndarray
        Pairs that share at least a point, within the tolerance.
    border : numpy.ndarray
        Pairs that share a line.
    overlap, apart : numpy.ndarray
        Touching pairs whose shapes overlap; pairs joined only by the tolerance.
    near_miss : numpy.ndarray
        Pairs that run along each other within 50 m and do not touch.
    """

    n: int
    corners: Corners
    touch: np.ndarray
    border: np.ndarray
    overlap: np.ndarray
    apart: np.ndarray
    near_miss: np.ndarray
    unshared: dict[int, float]


def contacts_of(shapes: np.ndarray, meters: Meters, *, tolerance_m: float | None, known_units: bool) -> Contacts:
    """All touching pairs of the polygons `shapes` (n,).

    Parameters
    ----------
    shapes : numpy.ndarray of shapely geometries, shape (n,)
    meters : Meters
    tolerance_m : float or None
        Polygons so far apart still touch; None allows for round-off only.
    known_units : bool
        Whether the coordinates have a known unit, so that near misses can be looked for.
    """
    corners = corners_of(shapes)
    n = len(shapes)
    touch = np.unique(pairs_in_groups(corners.place, corners.owner, n)[0])
    border = np.unique(pairs_in_groups(corners.edge, corners.edge_owner, n)[0])
    alone = np.flatnonzero(corners.alone)
    tiny = meters.round_off(corners.coords)
    reach = tiny if tolerance_m is None else max(tolerance_m, tiny)
    probes = alone if tolerance_m is None else np.arange(len(corners.first))
    found = approaches(shapes, corners, probes, meters, reach)
    code = _codes(corners, found)
    met = np.unique(code)
    inside = _contained(shapes, corners, alone)
    lengths = _lengths(corners, found, code)
    lined = np.array([c for c, length in lengths.items() if length > CORNER * reach], dtype=np.int64)
    crossed = np.union1d(np.unique(code[found.crossing]), inside)
    closest = _closest(code, found.distance)
    joined = np.array([c for c, d in closest.items() if d > tiny], dtype=np.int64)
    all_touch = np.union1d(np.union1d(touch, met), inside)
    return Contacts(
        n,
        corners,
        all_touch,
        np.union1d(border, lined),
        crossed,
        np.setdiff1d(joined, np.union1d(touch, crossed)),
        _near_misses(shapes, corners, alone, meters, all_touch) if tolerance_m is None and known_units else met[:0],
        {c: length for c, length in lengths.items() if length > CORNER * reach},
    )


def _codes(corners: Corners, found: Approach) -> np.ndarray:
    a, b = corners.edge_owner[found.probe].astype(np.int64), corners.edge_owner[found.other].astype(np.int64)
    return np.minimum(a, b) * corners.n + np.maximum(a, b)


def _lengths(corners: Corners, found: Approach, code: np.ndarray) -> dict[int, float]:
    """Meters along which each pair lies beside each other, by edges that no other polygon shares exactly."""
    use = corners.alone[found.probe] & (found.length > 0)
    forward = corners.edge_owner[found.probe] < corners.edge_owner[found.other]
    total: dict[int, float] = {}
    for way in (use & forward, use & ~forward):
        pairs, place = np.unique(code[way], return_inverse=True)
        for pair, length in zip(pairs.tolist(), np.bincount(place, found.length[way]).tolist(), strict=True):
            total[pair] = max(total.get(pair, 0.0), length)
    return total


def _closest(code: np.ndarray, distance: np.ndarray) -> dict[int, float]:
    pairs, place = np.unique(code, return_inverse=True)
    least = np.full(len(pairs), np.inf)
    np.minimum.at(least, place, distance)
    return dict(zip(pairs.tolist(), least.tolist(), strict=True))


def _contained(shapes: np.ndarray, corners: Corners, alone: np.ndarray) -> np.ndarray:
    """Pairs where one polygon holds a corner of the other strictly inside itself."""
    owners, where = np.unique(corners.edge_owner[alone], return_index=True)
    points = shapely.points(corners.coords[corners.first[alone[where]]])
    sound = shapely.make_valid(shapes) if len(points) and not shapely.is_valid(shapes).all() else shapes
    inner, outer = shapely.STRtree(sound).query(points, predicate="within")
    a, b = owners[inner].astype(np.int64), outer.astype(np.int64)
    code = np.minimum(a, b) * corners.n + np.maximum(a, b)
    return np.unique(code[a != b])


def _near_misses(
    shapes: np.ndarray, corners: Corners, alone: np.ndarray, meters: Meters, touch: np.ndarray
) -> np.ndarray:
    found = approaches(shapes, corners, alone, meters, LOOK_M)
    own = corners.alone[found.other]
    found = Approach(found.probe[own], found.other[own], found.distance[own], found.length[own], found.crossing[own])
    lengths = _lengths(corners, found, _codes(corners, found))
    long = np.array([pair for pair, length in lengths.items() if length > CORNER * LOOK_M], dtype=np.int64)
    return np.setdiff1d(long, touch)
