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
    place_order, edge_order : numpy.ndarray of int
        What sorts `place` and `edge`.
    edge_owner : numpy.ndarray of int, shape (e,)
        The polygon of each edge.
    """

    n: int
    coords: np.ndarray
    owner: np.ndarray
    place: np.ndarray
    first: np.ndarray
    edge: np.ndarray
    alone: np.ndarray
    place_order: np.ndarray
    edge_order: np.ndarray
    edge_owner: np.ndarray


def corners_of(shapes: np.ndarray) -> Corners:
    """The corners and edges of the polygons `shapes` (n,)."""
    coords, ring, owner = _rings(shapes)
    place, place_order = _places(coords)
    first = np.flatnonzero((ring[1:] == ring[:-1]) & (place[1:] != place[:-1]))  # a repeated corner makes no edge
    start, end = place[first], place[first + 1]
    count = int(place.max(initial=0)) + 1
    code = np.minimum(start, end).astype(np.int64) * count + np.maximum(start, end)
    edge, edge_order, alone = _numbered(code)
    return Corners(len(shapes), coords, owner, place, first, edge, alone, place_order, edge_order, owner[first])


def _rings(shapes: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Coordinates (v, 2) ring by ring, and the ring and the polygon of each (v,)."""
    simple = (shapely.get_type_id(shapes) == 3) & (shapely.get_num_interior_rings(shapes) == 0)
    if simple.all():
        coords, owner = shapely.get_coordinates(shapes, return_index=True)
        return coords, owner, owner
    parts, part_owner = shapely.get_parts(shapes, return_index=True)
    rings, ring_part = shapely.get_rings(parts, return_index=True)
    coords, ring = shapely.get_coordinates(rings, return_index=True)
    return coords, ring, part_owner[ring_part][ring]


def _places(coords: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A number for each distinct pair of coordinates (v,), and what sorts the numbers (v,)."""
    x, y = np.ascontiguousarray(coords.T + 0.0)  # + 0.0 makes -0.0 equal to 0.0
    mixed = _mixed(x.view(np.uint64), y.view(np.uint64))
    order = _order(mixed)
    new = _steps(x[order]) | _steps(y[order])
    if _scattered(mixed, order, new):
        order = np.argsort(mixed)
        new = _steps(x[order]) | _steps(y[order])
    return _numbers(new, order), order


def _numbered(code: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A number for each distinct code (e,), what sorts the numbers (e,), and whether a code occurs once (e,)."""
    mixed = code.view(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    order = _order(mixed)
    new = _steps(code[order])
    if _scattered(mixed, order, new):
        order = np.argsort(code)
        new = _steps(code[order])
    last = np.ones(len(order), dtype=bool)
    last[:-1] = new[1:]
    alone = np.empty(len(order), dtype=bool)
    alone[order] = new & last
    return _numbers(new, order), order, alone


def _order(mixed: np.ndarray) -> np.ndarray:
    """What brings equal hashes (v,) together.

    The place is packed into the low bits of its hash, because sorting numbers is several
    times faster than finding the order that sorts them.
    """
    bits = np.uint64(len(mixed).bit_length())
    if bits > 24:
        return np.argsort(mixed)
    packed = (mixed >> bits << bits) | np.arange(len(mixed), dtype=np.uint64)
    packed.sort()
    return (packed & ((np.uint64(1) << bits) - np.uint64(1))).astype(np.intp)


def _scattered(mixed: np.ndarray, order: np.ndarray, new: np.ndarray) -> bool:
    """Whether different keys with one shortened hash may lie mixed with each other."""
    bits = np.uint64(len(mixed).bit_length())
    return bool((new[1:] & ~_steps(mixed[order] >> bits)[1:]).any())


def _steps(ordered: np.ndarray) -> np.ndarray:
    """Whether each value differs from the one before it; the first one does."""
    new = np.ones(len(ordered), dtype=bool)
    new[1:] = ordered[1:] != ordered[:-1]
    return new


def _numbers(new: np.ndarray, order: np.ndarray) -> np.ndarray:
    number = np.empty(len(order), dtype=np.int32)
    number[order] = np.cumsum(new, dtype=np.int32) - np.int32(1)
    return number


def _mixed(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """A 64-bit hash of pairs; equal pairs are then confirmed by comparison."""
    mixed = a * np.uint64(0x9E3779B97F4A7C15)
    mixed ^= mixed >> np.uint64(32)
    mixed += b * np.uint64(0xC2B2AE3D27D4EB4F)
    mixed ^= mixed >> np.uint64(29)
    mixed *= np.uint64(0x9E3779B97F4A7C15)
    return mixed


def distinct(codes: np.ndarray) -> np.ndarray:
    """The different `codes`, sorted (sorting beats the hash table of numpy.unique several times here)."""
    if len(codes) < 2:
        return codes
    ordered = np.sort(codes)
    return ordered[_steps(ordered)]


def pairs_in_groups(group: np.ndarray, order: np.ndarray, member: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of different members in a common group, with repetitions.

    Parameters
    ----------
    group : numpy.ndarray of int, shape (v,)
    order : numpy.ndarray of int, shape (v,)
        What sorts `group`.
    member : numpy.ndarray of int, shape (v,)
    n : int
        Members are below n.

    Returns
    -------
    numpy.ndarray, numpy.ndarray
        The pairs as codes i * n + j with i < j, and where in `group` each was found.

    Examples
    --------
    >>> group = np.array([0, 0, 1, 1])
    >>> pairs_in_groups(group, np.argsort(group), np.array([2, 0, 0, 1]), 3)[0].tolist()
    [2, 1]
    """
    group, member = group[order], member[order].astype(np.int64)
    codes, found = [_NO_PAIRS], [_NO_PAIRS]
    left = np.arange(max(len(group) - 1, 0))
    step = 1
    while len(left):
        left = left[: np.searchsorted(left, len(group) - step)]
        left = left[group[left] == group[left + step]]
        a, b = member[left], member[left + step]
        differ = a != b
        codes.append((np.minimum(a, b) * n + np.maximum(a, b))[differ])
        found.append(order[left[differ]])
        step += 1
    return np.concatenate(codes), np.concatenate(found)
