"""How near the edges of different polygons come to each other, and along what length: arrays only."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from gbaspatial.weights.touch import grouping
from gbaspatial.weights.touch.box_pairs import meeting
from gbaspatial.weights.touch.corners import Corners
from gbaspatial.weights.touch.nearby import Nearby, boxes_near
from gbaspatial.weights.touch.round_off import RUN

METERS_PER_DEGREE = 111_194.93
_BLOCK = 200_000
_PAIRS = 10  # that a probe has with edges near it, about: they are what takes time
_LOADED = (
    20_000  # edges and pairs, where the compiler is loaded: its loops take seconds once, more than 69 districts need
)
_CELLS = 6  # that an edge covers of a raster, on average: more, and a tree is quicker


@dataclass(frozen=True, slots=True, eq=False)
class Meters:
    """Turns coordinate differences into meters: degrees by latitude, other units by a factor."""

    degrees: bool
    factor: float = 1.0

    def scale(self, y: np.ndarray) -> np.ndarray:
        """Meters per unit of x and y (m, 2) at the heights `y` (m,)."""
        if not self.degrees:
            return np.full((len(y), 2), self.factor)
        east = np.maximum(np.cos(np.radians(y)), 1e-6)
        return METERS_PER_DEGREE * np.column_stack([east, np.ones(len(y))])

    def round_off(self, coords: np.ndarray) -> float:
        """The distance in meters that round-off in `coords` (v, 2) can feign: about a millimeter for degrees."""
        largest = np.maximum(coords.max(initial=1.0), -coords.min(initial=-1.0))
        return 1e-10 * float(largest) * (METERS_PER_DEGREE if self.degrees else self.factor)

    def room(self, y: np.ndarray, reach: float) -> np.ndarray:
        """What x and y (m, 2) must be widened by at the heights `y` (m,), to be sure of `reach` meters."""
        return 1.01 * reach / self.scale(y)


@dataclass(frozen=True, slots=True, eq=False)
class Approach:
    """Pairs of edges of different polygons that come near each other (m,).

    Attributes
    ----------
    probe, other : numpy.ndarray of int
        The edges, by place in `Corners.first`.
    distance : numpy.ndarray
        Meters between them.
    length : numpy.ndarray
        Meters of the probe that lie beside the other edge within reach.
    crossing : numpy.ndarray of bool
        Whether they cross, so that the polygons overlap.
    """

    probe: np.ndarray
    other: np.ndarray
    distance: np.ndarray
    length: np.ndarray
    crossing: np.ndarray


def approaches(
    polygons: Nearby, corners: Corners, probes: np.ndarray, meters: Meters, reaches: tuple[float, ...], tiny: float
) -> list[Approach]:
    """Edges of other `polygons` within each of `reaches`, in meters, of the edges numbered `probes` (p,).

    Edges cross if their ends lie farther than `tiny` meters on both sides of each other.
    """
    parts = [
        _measured(corners, probe, other, meters, reaches, tiny)
        for probe, other in _pairs_near(polygons, corners, probes, meters, max(reaches))
    ]
    if len(parts) == 1:
        return parts[0]
    names = ("probe", "other", "distance", "length", "crossing")
    return [
        Approach(*(np.concatenate([getattr(part, name) for part in by_part]) for name in names))
        for by_part in zip(*parts, strict=True)
    ]


def _are_many(corners: Corners, probes: np.ndarray) -> bool:
    """Whether edges and pairs of them, about, are worth compiled loops."""
    return grouping.are_many(len(corners.first) + _PAIRS * len(probes), _LOADED)


def _pairs_near(
    polygons: Nearby, corners: Corners, probes: np.ndarray, meters: Meters, reach: float
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The `probes` and the edges of other `polygons` whose boxes are within `reach` meters, some probes at a time."""
    around, prepared = _bounds(corners, probes, meters, reach), None
    for start in range(0, len(probes), _BLOCK):
        some, boxes = probes[start : start + _BLOCK], around[start : start + _BLOCK]
        pairs = _by_loops(polygons, corners, some, boxes) if _are_many(corners, probes) else None
        if pairs is None:
            if prepared is None:
                candidates = _edges_near(polygons, corners, probes, meters, reach)
                prepared = candidates, _bounds(corners, candidates, meters, 0.0)
            hit, met = meeting(boxes, prepared[1])
            probe, other = some[hit], prepared[0][met]
            differ = corners.edge_owner[probe] != corners.edge_owner[other]
            pairs = probe[differ], other[differ]
        yield pairs


def _by_loops(
    polygons: Nearby, corners: Corners, probes: np.ndarray, around: np.ndarray
) -> tuple[np.ndarray, np.ndarray] | None:
    """Pairs of `probes` and edges that meet the boxes `around` them; None where these are too unlike for a raster."""
    from gbaspatial.weights.touch.edge_loops import edges_meeting

    wanted = np.zeros(corners.n, dtype=bool)
    wanted[polygons.number] = True
    most = _CELLS * (len(probes) + len(corners.first))
    room, count = 0, _PAIRS * len(probes)  # memory that is not needed is never touched
    while count > room:
        pairs, room = np.empty((2, count), dtype=np.int64), count
        count = edges_meeting(around, probes, corners.coords, corners.first, corners.edge_owner, wanted, most, pairs)
    return None if count < 0 else (pairs[0, :count], pairs[1, :count])


def _ends(corners: Corners, edges: np.ndarray) -> np.ndarray:
    first = corners.first[edges]
    return np.stack([corners.coords[first], corners.coords[first + 1]], axis=1)


def _bounds(corners: Corners, edges: np.ndarray, meters: Meters, reach: float) -> np.ndarray:
    """Boxes (m, 4) around `edges`, with room for `reach` meters."""
    ends = _ends(corners, edges)
    low, high = np.minimum(ends[:, 0], ends[:, 1]), np.maximum(ends[:, 0], ends[:, 1])
    room = meters.room(np.maximum(np.abs(low[:, 1]), np.abs(high[:, 1])), reach)
    return np.concatenate([low - room, high + room], axis=1)


def _edges_near(polygons: Nearby, corners: Corners, probes: np.ndarray, meters: Meters, reach: float) -> np.ndarray:
    """Edges that may come near a probe: in a clean layer few of those of the `polygons` beside its outline."""
    if 2 * len(probes) > len(corners.first):
        return np.arange(len(corners.first))
    chosen = np.zeros(corners.n, dtype=bool)
    chosen[polygons.number] = True
    edges = np.flatnonzero(chosen[corners.edge_owner])
    is_probe = np.zeros(len(corners.first), dtype=bool)
    is_probe[probes] = True
    bounds = _bounds(corners, edges, meters, 0.0)
    room = lambda boxes: meters.room(np.abs(boxes[:, 1::2]).max(axis=1), reach)  # noqa: E731
    return edges[boxes_near(bounds, np.flatnonzero(is_probe[edges]), room)]


def _measured(
    corners: Corners, probe: np.ndarray, other: np.ndarray, meters: Meters, reaches: tuple[float, ...], tiny: float
) -> list[Approach]:
    distance, crossing, lengths = (_compared_by_loops if _are_many(corners, probe) else _compared)(
        corners, probe, other, meters, reaches, tiny
    )
    found = []
    for reach, length in zip(reaches, lengths, strict=True):
        near = np.flatnonzero(distance <= reach)
        found.append(Approach(probe[near], other[near], distance[near], length[near], crossing[near]))
    return found


def _scale(corners: Corners, probe: np.ndarray, other: np.ndarray, meters: Meters) -> np.ndarray:
    """Meters per unit of x and y (m, 2) where two edges are."""
    y = corners.coords[:, 1]
    return meters.scale((y[corners.first[probe]] + y[corners.first[other]]) / 2)


def _compared(
    corners: Corners, probe: np.ndarray, other: np.ndarray, meters: Meters, reaches: tuple[float, ...], tiny: float
) -> tuple[np.ndarray, np.ndarray, list[np.ndarray]]:
    """Distance of two edges, whether they cross, and within each reach the length along which they run together."""
    s, t = _in_meters(corners, probe, other, meters)
    along_s, off_s = _relative(s, t)
    along_t, off_t = _relative(t, s)
    crossing = _apart(off_s, tiny) & _apart(off_t, tiny)
    gaps = np.column_stack([_gap(s, t, along_s, off_s), _gap(t, s, along_t, off_t)])
    distance = np.where(crossing, 0.0, gaps.min(axis=1, initial=np.inf))
    size = np.linalg.norm(s[:, 1] - s[:, 0], axis=1)
    return distance, crossing, [_beside(along_s, off_s, reach) * size for reach in reaches]


def _compared_by_loops(
    corners: Corners, probe: np.ndarray, other: np.ndarray, meters: Meters, reaches: tuple[float, ...], tiny: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    from gbaspatial.weights.touch.edge_loops import measure

    distance, crossing, lengths = np.empty(len(probe)), np.empty(len(probe), bool), np.zeros((len(reaches), len(probe)))
    scale = _scale(corners, probe, other, meters)
    measure(
        corners.coords, corners.first, probe, other, scale, np.array(reaches), tiny, distance, crossing, lengths
    )  # fmt: skip
    return distance, crossing, lengths


def _in_meters(corners: Corners, probe: np.ndarray, other: np.ndarray, meters: Meters) -> tuple[np.ndarray, np.ndarray]:
    """The ends of both edges (m, 2, 2) in meters from where the other one starts."""
    s, t = _ends(corners, probe), _ends(corners, other)
    scale = _scale(corners, probe, other, meters)[:, None, :]
    origin = t[:, :1, :]
    return (s - origin) * scale, (t - origin) * scale


def entering(
    corners: Corners, found: Approach, meters: Meters, tiny: float, sides: Callable[[np.ndarray], np.ndarray]
) -> np.ndarray:
    """Which of the pairs `found` may be where one polygon enters another although no edges cross (m,).

    Two edges run along each other with both polygons on the same side, or one ends on the
    middle of the other and comes from the inside.

    Parameters
    ----------
    corners : Corners
    found : Approach
    meters : Meters
    tiny : float
        What round-off can feign, in meters.
    sides : callable
        Gives, for some of the polygons, the side on which they lie of the edges from their corners (v,):
        1 left, -1 right.
    """
    enters = np.zeros(len(found.probe), dtype=bool)
    rows = np.flatnonzero((found.distance <= tiny) & ~found.crossing & corners.alone[found.probe])
    look = _closely_by_loops if _are_many(corners, rows) else _closely
    beside, same_way, inner = look(corners, found.probe[rows], found.other[rows], meters, tiny)
    few = np.flatnonzero(beside | inner.any(axis=0))
    if len(few) == 0:
        return enters
    edge_s, edge_t = found.probe[rows[few]], found.other[rows[few]]
    side = sides(corners.edge_owner[np.concatenate([edge_s, edge_t])])
    of_s, of_t = side[corners.first[edge_s]], side[corners.first[edge_t]]
    together = beside[few] & (np.where(same_way[few], of_t, -of_t) == of_s)
    enters[rows[few]] = together | (inner[0, few] * of_s > 0) | (inner[1, few] * of_t > 0)
    return enters


def _closely(
    corners: Corners, probe: np.ndarray, other: np.ndarray, meters: Meters, tiny: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Whether two edges run along each other, and the same way; how far off one goes that ends in the other (2, m)."""
    s, t = _in_meters(corners, probe, other, meters)
    beside, inner = np.zeros(len(probe), dtype=bool), np.zeros((2, len(probe)))
    for place, (line, second) in enumerate(((s, t), (t, s))):
        along, off = _relative(second, line)
        size, length = (np.linalg.norm(edge[:, 1] - edge[:, 0], axis=1) for edge in (line, second))
        beside |= _beside(along, off, tiny) * length > RUN * tiny
        margin = (tiny / size)[:, None]
        on = (np.abs(off) <= tiny) & (along > margin) & (along < 1 - margin)
        inner[place] = np.where(on[:, ::-1] & (np.abs(off) > tiny), off, 0.0).sum(axis=1)
    return beside, ((s[:, 1] - s[:, 0]) * (t[:, 1] - t[:, 0])).sum(axis=1) > 0, inner


def _closely_by_loops(
    corners: Corners, probe: np.ndarray, other: np.ndarray, meters: Meters, tiny: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    from gbaspatial.weights.touch.edge_loops import meet_closely

    beside, same_way, inner = np.empty(len(probe), bool), np.empty(len(probe), bool), np.empty((2, len(probe)))
    scale = _scale(corners, probe, other, meters)
    meet_closely(corners.coords, corners.first, probe, other, scale, tiny, beside, same_way, inner)
    return beside, same_way, inner


def _relative(points: np.ndarray, line: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where `points` (m, 2, 2) fall along `line` (0 at its start, 1 at its end) and how far off it (m, 2)."""
    direction = line[:, 1] - line[:, 0]
    size = np.linalg.norm(direction, axis=1)
    away = points - line[:, :1]
    along = (away * direction[:, None, :]).sum(axis=2) / (size**2)[:, None]
    off = (direction[:, None, 0] * away[:, :, 1] - direction[:, None, 1] * away[:, :, 0]) / size[:, None]
    return along, off


def _apart(off: np.ndarray, tiny: float) -> np.ndarray:
    """Whether the two ends lie on different sides, each farther than `tiny`."""
    return (off[:, 0] * off[:, 1] < 0) & (np.abs(off).min(axis=1) > tiny)


def _gap(points: np.ndarray, line: np.ndarray, along: np.ndarray, off: np.ndarray) -> np.ndarray:
    """Distance of the points (m, 2, 2) from the segments `line` (m, 2)."""
    start = np.linalg.norm(points - line[:, :1], axis=2)
    end = np.linalg.norm(points - line[:, 1:], axis=2)
    return np.where((along >= 0) & (along <= 1), np.abs(off), np.minimum(start, end))


def _beside(along: np.ndarray, off: np.ndarray, reach: float) -> np.ndarray:
    """Share of the segment that lies beside the other one, no farther than `reach` from it (m,)."""
    low, high = np.zeros(len(along)), np.ones(len(along))
    for value, least, most in ((along, 0.0, 1.0), (off, -reach, reach)):
        change = value[:, 1] - value[:, 0]
        with np.errstate(divide="ignore", invalid="ignore"):
            one, two = (least - value[:, 0]) / change, (most - value[:, 0]) / change
        level = change == 0
        inside = (value[:, 0] >= least) & (value[:, 0] <= most)
        low = np.maximum(low, np.where(level, np.where(inside, 0.0, 2.0), np.minimum(one, two)))
        high = np.minimum(high, np.where(level, 1.0, np.maximum(one, two)))
    return np.maximum(high - low, 0.0)
