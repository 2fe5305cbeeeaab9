"""Corners and edges of polygons, and which of them are shared: arrays only.

A clean layer is settled by hashing corners and edges, in time linear in corners. Edges
that occur once are its outline, and wherever a border is drawn differently on its two
sides, a gap or an overlap.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

_NO_PAIRS = np.empty(0, dtype=np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class Corners:
    """The corners and edges of n polygons.

    Attributes
    ----------
    n : int
    coords : numpy.ndarray, shape (v, 2)
    owner : numpy.ndarray of int, shape (v,)
        The polygon of each corner.
    place : numpy.ndarray of int, shape (v,)
        The same number for corners at the same coordinates.
    first : numpy.ndarray of int, shape (e,)
        The corner where an edge starts; it ends at the next one.
    edge : numpy.ndarray of int, shape (e,)
        The same number for edges between the same two places, in either direction.
    alone : numpy.ndarray of bool, shape (e,)
        Whether no other edge has the number.
    """

    n: int
    coords: np.ndarray
    owner: np.ndarray
    place: np.ndarray
    first: np.ndarray
    edge: np.ndarray
    alone: np.ndarray

    @property
    def edge_owner(self) -> np.ndarray:
        """The polygon of each edge (e,)."""
        return self.owner[self.first]


def corners_of(shapes: np.ndarray) -> Corners:
    """The corners and edges of the polygons `shapes` (n,)."""
    parts, part_owner = shapely.get_parts(shapes, return_index=True)
    rings, ring_part = shapely.get_rings(parts, return_index=True)
    coords, ring = shapely.get_coordinates(rings, return_index=True)
    place = _places(coords)
    first = np.flatnonzero(ring[1:] == ring[:-1])
    first = first[place[first] != place[first + 1]]  # a repeated corner makes no edge
    low = np.minimum(place[first], place[first + 1]).astype(np.int64)
    code = low * (int(place.max(initial=0)) + 1) + np.maximum(place[first], place[first + 1])
    edge, alone = _numbered(code)
    return Corners(len(shapes), coords, part_owner[ring_part][ring], place, first, edge, alone)


def _places(coords: np.ndarray) -> np.ndarray:
    """A number for each distinct pair of coordinates (v,)."""
    bits = np.ascontiguousarray(coords + 0.0).view(np.uint64)  # + 0.0 makes -0.0 equal to 0.0
    order = np.argsort(_mixed(bits[:, 0], bits[:, 1]))
    there = coords[order]
    new = np.zeros(len(order), dtype=bool)
    new[1:] = (there[1:, 0] != there[:-1, 0]) | (there[1:, 1] != there[:-1, 1])
    place = np.empty(len(order), dtype=np.int32)
    place[order] = np.cumsum(new, dtype=np.int32)
    return place


def _mixed(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """A 64-bit hash of pairs; equal pairs are then confirmed by comparison."""
    mixed = a * np.uint64(0x9E3779B97F4A7C15)
    mixed ^= mixed >> np.uint64(32)
    mixed += b * np.uint64(0xC2B2AE3D27D4EB4F)
    mixed ^= mixed >> np.uint64(29)
    mixed *= np.uint64(0x9E3779B97F4A7C15)
    return mixed


def _numbered(code: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A number for each distinct code (e,), and whether it occurs once (e,)."""
    order = np.argsort(code)
    ordered = code[order]
    new = np.ones(len(order), dtype=bool)
    new[1:] = ordered[1:] != ordered[:-1]
    last = np.ones(len(order), dtype=bool)
    last[:-1] = new[1:]
    number = np.empty(len(order), dtype=np.int32)
    number[order] = np.cumsum(new, dtype=np.int32) - 1
    alone = np.empty(len(order), dtype=bool)
    alone[order] = new & last
    return number, alone


def pairs_in_groups(group: np.ndarray, member: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of different members in a common group: codes i * n + j with i < j, and where in `group` each was found.

    Examples
    --------
    >>> pairs_in_groups(np.array([0, 0, 1, 1]), np.array([2, 0, 0, 1]), 3)[0].tolist()
    [2, 1]
    """
    order = np.argsort(group)
    group, member = group[order], member[order].astype(np.int64)
    codes, found = [_NO_PAIRS], [_NO_PAIRS]
    left = np.arange(max(len(group) - 1, 0))
    step = 1
    while len(left):
        left = left[: np.searchsorted(left, len(group) - step)]
        left = left[group[left] == group[left + step]]
        a, b = member[left], member[left + step]
        codes.append((np.minimum(a, b) * n + np.maximum(a, b))[a != b])
        found.append(order[left[a != b]])
        step += 1
    return np.concatenate(codes), np.concatenate(found)
