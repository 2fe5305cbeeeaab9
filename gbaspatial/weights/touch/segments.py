"""How near the edges of different polygons come to each other, and along what length: arrays only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from gbaspatial.weights.touch.box_pairs import meeting
from gbaspatial.weights.touch.corners import Corners
from gbaspatial.weights.touch.nearby import Nearby, boxes_near

METERS_PER_DEGREE = 111_194.93
_BLOCK = 200_000
_RUN = 5.0  # edges closer than round-off run along each other if they do so for more than this many times as far


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
    polygons: Nearby, corners: Corners, probes: np.ndarray, meters: Meters, reaches: tuple[float, ...]
) -> list[Approach]:
    """Edges of other `polygons` within each of `reaches`, in meters, of the edges numbered `probes` (p,)."""
    farthest = max(reaches)
    around = _bounds(corners, probes, meters, farthest)
    candidates = _edges_near(polygons, corners, probes, meters, farthest)
    bounds = _bounds(corners, candidates, meters, 0.0)
    tiny = meters.round_off(corners.coords)
    parts = [_measured(corners, _NONE, _NONE, meters, reaches, tiny)]
    for start in range(0, len(probes), _BLOCK):
        hit, met = meeting(around[start : start + _BLOCK], bounds)
        probe, other = probes[start + hit], candidates[met]
        differ = corners.edge_owner[probe] != corners.edge_owner[other]
        parts.append(_measured(corners, probe[differ], other[differ], meters, reaches, tiny))
    names = ("probe", "other", "distance", "length", "crossing")
    return [
        Approach(*(np.concatenate([getattr(part, name) for part in by_part]) for name in names))
        for by_part in zip(*parts, strict=True)
    ]


_NONE = np.empty(0, dtype=np.int64)


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
    s, t = _ends(corners, probe), _ends(corners, other)
    scale = meters.scale((s[:, 0, 1] + t[:, 0, 1]) / 2)[:, None, :]
    origin = t[:, :1, :]
    s, t = (s - origin) * scale, (t - origin) * scale
    along_s, off_s = _relative(s, t)
    along_t, off_t = _relative(t, s)
    crossing = _apart(off_s, tiny) & _apart(off_t, tiny)
    gaps = np.column_stack([_gap(s, t, along_s, off_s), _gap(t, s, along_t, off_t)])
    distance = np.where(crossing, 0.0, gaps.min(axis=1, initial=np.inf))
    size = np.linalg.norm(s[:, 1] - s[:, 0], axis=1)
    found = []
    for reach in reaches:
        near = np.flatnonzero(distance <= reach)
        length = _beside(along_s[near], off_s[near], reach) * size[near]
        found.append(Approach(probe[near], other[near], distance[near], length, crossing[near]))
    return found


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
    s, t = _ends(corners, found.probe[rows]), _ends(corners, found.other[rows])
    scale = meters.scale((s[:, 0, 1] + t[:, 0, 1]) / 2)[:, None, :]
    origin = t[:, :1, :]
    s, t = (s - origin) * scale, (t - origin) * scale
    beside, inner = np.zeros(len(rows), dtype=bool), np.zeros((2, len(rows)))
    for place, (line, other) in enumerate(((s, t), (t, s))):
        along, off = _relative(other, line)
        size = np.linalg.norm(line[:, 1] - line[:, 0], axis=1)
        beside |= _beside(along, off, tiny) * size > _RUN * tiny
        margin = (tiny / size)[:, None]
        on = (np.abs(off) <= tiny) & (along > margin) & (along < 1 - margin)
        inner[place] = np.where(on[:, ::-1] & (np.abs(off) > tiny), off, 0.0).sum(axis=1)  # how far in the other end is
    few = np.flatnonzero(beside | inner.any(axis=0))
    if len(few) == 0:
        return enters
    edge_s, edge_t = found.probe[rows[few]], found.other[rows[few]]
    side = sides(corners.edge_owner[np.concatenate([edge_s, edge_t])])
    of_s, of_t = side[corners.first[edge_s]], side[corners.first[edge_t]]
    same_way = ((s[few, 1] - s[few, 0]) * (t[few, 1] - t[few, 0])).sum(axis=1) > 0
    together = beside[few] & (np.where(same_way, of_t, -of_t) == of_s)
    enters[rows[few]] = together | (inner[0, few] * of_s > 0) | (inner[1, few] * of_t > 0)
    return enters


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
