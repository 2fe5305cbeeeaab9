"""Which polygons touch: by shared corners where a layer is clean, by the nearness of edges where it is not."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import shapely

from gbaspatial.weights.touch.corners import Corners, Rings, corners_of, rings_of
from gbaspatial.weights.touch.grouping import distinct, shared_pairs, sums
from gbaspatial.weights.touch.nearby import Nearby, boxes_near
from gbaspatial.weights.touch.segments import Approach, Meters, approaches, entering

CORNER = 5.0  # contact along fewer tolerances than this is a point, not a border
LOOK_M, LOOK_SHARE = 50.0, 0.005  # how far a suspected gap is looked for: meters, and share of a usual unit's width


@dataclass(frozen=True, slots=True, eq=False)
class Contacts:
    """Pairs of touching polygons among n, each as the code i * n + j with i < j, sorted.

    Attributes
    ----------
    corners : Corners
    valid : numpy.ndarray of bool, shape (n,)
        Whether each shape is valid.
    touch : numpy.ndarray
        Pairs that share at least a point, within the tolerance.
    overlap, apart : numpy.ndarray
        Touching pairs whose shapes overlap; pairs joined only by the tolerance.
    near_miss : numpy.ndarray
        Pairs that run along each other nearby and do not touch.
    unshared : dict
        Meters of common border that is drawn differently on its two sides, by pair.
    """

    n: int
    corners: Corners
    valid: np.ndarray
    touch: np.ndarray
    overlap: np.ndarray
    apart: np.ndarray
    near_miss: np.ndarray
    unshared: dict[int, float]

    def border(self) -> np.ndarray:
        """Pairs that share more than points: a line, or an area where they overlap."""
        corners = self.corners
        shared = shared_pairs(corners.edge, corners.edge_owner, self.n)
        return distinct(np.concatenate([shared, np.array(list(self.unshared), dtype=np.int64), self.overlap]))


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
    rings = rings_of(shapes)
    n = len(shapes)
    if rings.surely_valid.all():
        corners, valid = corners_of(rings), rings.surely_valid
        shared = shared_pairs(corners.place, corners.owner, n)
    else:
        with ThreadPoolExecutor(1) as pool:  # as long as hashing, and as independent of it
            validity = pool.submit(_validity, shapes, rings.surely_valid)
            corners = corners_of(rings)
            shared = shared_pairs(corners.place, corners.owner, n)
            valid = validity.result()
    alone = np.flatnonzero(corners.alone)
    bounds = shapely.bounds(shapes)
    tiny = meters.round_off(corners.coords)
    reach = tiny if tolerance_m is None else max(tolerance_m, tiny)
    look = _look(bounds, meters) if tolerance_m is None and known_units else 0.0
    probes = alone if tolerance_m is None else np.arange(len(corners.first))
    polygons = _nearby(shapes, valid, bounds, np.unique(corners.edge_owner[probes]), meters, max(reach, look))
    found, *beside = approaches(polygons, corners, probes, meters, (reach, look) if look else (reach,), tiny)
    code = _codes(corners, found)
    inside = _contained(polygons, corners, alone)
    lengths = _lengths(corners, found, code, CORNER * reach)
    overlap = distinct(np.concatenate([code[found.crossing], inside]))
    enters = entering(corners, found, meters, tiny, lambda chosen: interior_sides(shapes, rings, chosen))
    doubtful = _without(distinct(code[enters]), overlap)
    overlap = distinct(np.concatenate([overlap, doubtful[_overlie(polygons, doubtful, n, meters, tiny)]]))
    joined = _farther(code, found.distance, tiny)
    touch = _with(shared, np.concatenate([code, inside]))
    return Contacts(
        n=n,
        corners=corners,
        valid=valid,
        touch=touch,
        overlap=overlap,
        apart=_without(_without(joined, shared), overlap),
        near_miss=_near_misses(corners, beside[0], look, touch) if beside else touch[:0],
        unshared=dict(zip(*(part.tolist() for part in lengths), strict=True)),
    )


def _validity(shapes: np.ndarray, surely: np.ndarray) -> np.ndarray:
    valid = surely.copy()
    valid[~surely] = shapely.is_valid(shapes[~surely])
    return valid


def _nearby(
    shapes: np.ndarray, valid: np.ndarray, bounds: np.ndarray, chosen: np.ndarray, meters: Meters, reach: float
) -> Nearby:
    """A tree of the polygons, made valid, that may come within `reach` meters of the `chosen` ones."""
    number = boxes_near(bounds, chosen, lambda boxes: meters.room(np.abs(boxes[:, 1::2]).max(axis=1), reach))
    near, bad = shapes[number], ~valid[number]
    near[bad] = shapely.make_valid(near[bad])
    return Nearby(number, shapely.STRtree(near))


def _with(codes: np.ndarray, more: np.ndarray) -> np.ndarray:
    """The sorted `codes` and those of `more`, few, that are not among them."""
    new = _without(distinct(more), codes)
    return np.insert(codes, np.searchsorted(codes, new), new)


def _without(codes: np.ndarray, others: np.ndarray) -> np.ndarray:
    """`codes` that are not among the sorted `others`."""
    if len(codes) == 0 or len(others) == 0:
        return codes
    return codes[others[np.searchsorted(others, codes) % len(others)] != codes]


def _codes(corners: Corners, found: Approach) -> np.ndarray:
    a, b = corners.edge_owner[found.probe].astype(np.int64), corners.edge_owner[found.other].astype(np.int64)
    return np.minimum(a, b) * corners.n + np.maximum(a, b)


def _lengths(corners: Corners, found: Approach, code: np.ndarray, least: float) -> tuple[np.ndarray, np.ndarray]:
    """Pairs, sorted, that lie beside each other along more than `least` meters, and how many.

    By edges that no other polygon shares exactly; of the two sides of a border the longer counts.
    """
    use = np.flatnonzero(corners.alone[found.probe] & (found.length > 0))
    forward = corners.edge_owner[found.probe[use]] < corners.edge_owner[found.other[use]]
    pairs, place = np.unique(code[use], return_inverse=True)
    longer = sums(2 * place + forward, found.length[use], 2 * len(pairs)).reshape(-1, 2).max(axis=1)
    return pairs[longer > least], longer[longer > least]


def _farther(code: np.ndarray, distance: np.ndarray, least: float) -> np.ndarray:
    """Pairs, sorted, of which no two edges are closer than `least` meters."""
    return _without(distinct(code), distinct(code[distance <= least]))


def _contained(polygons: Nearby, corners: Corners, alone: np.ndarray) -> np.ndarray:
    """Pairs where one polygon holds the middle of a part of the other: it encloses it, if no borders cross.

    A corner would not do: round-off can put it on the wrong side of a border it lies on.
    """
    suspects = np.unique(corners.edge_owner[alone])
    shapes = polygons.tree.geometries[np.searchsorted(polygons.number, suspects)]
    parts, owner = shapely.get_parts(shapes, return_index=True)
    areas = shapely.get_type_id(parts) == 3  # an invalid shape may have fallen into lines, too
    inner, outer = polygons.query(shapely.point_on_surface(parts[areas]), predicate="within")
    a, b = suspects[owner[areas][inner]].astype(np.int64), outer.astype(np.int64)
    code = np.minimum(a, b) * corners.n + np.maximum(a, b)
    return code[a != b]


def interior_sides(shapes: np.ndarray, rings: Rings, chosen: np.ndarray) -> np.ndarray:
    """On which side of the line from each corner to the next (v,) the `chosen` polygons lie: 1 left, -1 right."""
    of_chosen = np.zeros(len(shapes), dtype=bool)
    of_chosen[chosen] = True
    kept = of_chosen[rings.owner]
    corner, size = np.repeat(kept, rings.size), rings.size[kept]
    start = np.cumsum(size) - size
    coords = rings.coords[corner]
    away = coords - np.repeat(coords[start], size, axis=0)  # far from the origin areas are inexact
    turn = np.zeros(len(away))
    turn[:-1] = away[:-1, 0] * away[1:, 1] - away[1:, 0] * away[:-1, 1]
    turn[start[1:] - 1] = 0.0  # from one ring to the next
    side = np.where(np.add.reduceat(turn, start) >= 0, 1, -1)
    parts = shapely.get_parts(shapes[of_chosen])
    holes = shapely.get_num_interior_rings(parts[~shapely.is_empty(parts)])
    outer = np.zeros(len(size), dtype=bool)
    outer[np.cumsum(holes + 1) - holes - 1] = True
    sides = np.zeros(len(rings.coords), dtype=np.int64)
    sides[corner] = np.repeat(np.where(outer, side, -side), size)
    return sides


def _overlie(polygons: Nearby, codes: np.ndarray, n: int, meters: Meters, tiny: float) -> np.ndarray:
    """Whether the two polygons of each pair both cover some area wider than `tiny` meters (m,)."""
    first, second = (polygons.tree.geometries[np.searchsorted(polygons.number, k)] for k in (codes // n, codes % n))
    parts, pair = shapely.get_parts(shapely.intersection(first, second), return_index=True)
    around = shapely.length(parts)
    east = meters.scale(shapely.bounds(parts)[:, 1])[:, 0]  # the shorter unit
    # twice the area by the length around it is the width of a sliver, and less than that of other shapes
    width = 2 * shapely.area(parts) * east / np.where(around > 0, around, 1.0)
    found = np.zeros(len(codes), dtype=bool)
    found[pair[width > tiny]] = True
    return found


def _look(bounds: np.ndarray, meters: Meters) -> float:
    """How many meters away a suspected gap is looked for: streets between houses are not gaps."""
    low_x, low_y, high_x, high_y = bounds.T
    scale = meters.scale(low_y)
    widths = np.hypot((high_x - low_x) * scale[:, 0], (high_y - low_y) * scale[:, 1])
    return min(LOOK_M, LOOK_SHARE * float(np.median(widths)))


def _near_misses(corners: Corners, found: Approach, look: float, touch: np.ndarray) -> np.ndarray:
    """Pairs of which edges that no other polygon shares run along each other, and that do not `touch`."""
    own = corners.alone[found.other]
    found = Approach(found.probe[own], found.other[own], found.distance[own], found.length[own], found.crossing[own])
    return _without(_lengths(corners, found, _codes(corners, found), CORNER * look)[0], touch)
