"""Corners and edges of polygons, and which of them are shared: arrays only.

A clean layer is settled by hashing corners and edges, in time linear in corners. Edges
that occur once are its outline, and wherever a border is drawn differently on its two
sides, a gap or an overlap.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from gbaspatial.weights.touch import grouping
from gbaspatial.weights.touch.round_off import ROUND_OFF


@dataclass(frozen=True, slots=True, eq=False)
class Rings:
    """The rings of n polygons, one after the other.

    Attributes
    ----------
    coords : numpy.ndarray, shape (v, 2)
    size : numpy.ndarray of int, shape (r,)
        The number of coordinates of each ring.
    owner : numpy.ndarray of int32, shape (r,)
        The polygon of each ring, ascending.
    surely_valid : numpy.ndarray of bool, shape (n,)
        Whether a look at the coordinates proved the polygon valid.
    """

    coords: np.ndarray
    size: np.ndarray
    owner: np.ndarray
    surely_valid: np.ndarray


@dataclass(frozen=True, slots=True, eq=False)
class Corners:
    """The corners and edges of n polygons.

    Attributes
    ----------
    n : int
    coords : numpy.ndarray, shape (v, 2)
    owner : numpy.ndarray of int32, shape (v,)
        The polygon of each corner.
    place : numpy.ndarray of int32, shape (v,)
        The same number for corners at the same coordinates.
    first : numpy.ndarray of int, shape (e,)
        The corner where an edge starts; it ends at the next one.
    edge : numpy.ndarray of int32, shape (e,)
        The same number for edges between the same two places, in either direction.
    alone : numpy.ndarray of bool, shape (e,)
        Whether no other edge has the number.
    edge_owner : numpy.ndarray of int32, shape (e,)
        The polygon of each edge.
    """

    n: int
    coords: np.ndarray
    owner: np.ndarray
    place: np.ndarray
    first: np.ndarray
    edge: np.ndarray
    alone: np.ndarray
    edge_owner: np.ndarray


def corners_of(rings: Rings) -> Corners:
    """The corners and edges of polygons with these `rings`."""
    owner = np.repeat(rings.owner, rings.size)
    place = grouping.numbered(rings.coords.view(np.uint64))
    first, edge, alone = (_edges_by_loops if grouping.are_many(len(place)) else _edges)(place, rings.size)
    return Corners(len(rings.surely_valid), rings.coords, owner, place, first, edge, alone, owner[first])


def _edges(place: np.ndarray, size: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Where edges start, their numbers, and which are alone, of rings of `size` (r,) corners at each `place` (v,)."""
    is_edge = np.ones(len(place), dtype=bool)
    is_edge[np.cumsum(size) - 1] = False
    is_edge[:-1] &= place[1:] != place[:-1]  # a repeated corner makes no edge
    first = np.flatnonzero(is_edge)
    start, end = place[first], place[first + 1]
    ends = np.empty((len(first), 2), dtype=np.uint64)
    ends[:, 0], ends[:, 1] = np.minimum(start, end), np.maximum(start, end)
    edge = grouping.numbered(ends)
    return first, edge, (np.bincount(edge) == 1)[edge]


def _edges_by_loops(place: np.ndarray, size: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    from gbaspatial.weights.touch.corner_loops import number_edges

    first, edge, often = (np.empty(len(place), dtype=kind) for kind in (np.int64, np.int32, np.int32))
    latest = np.full(int(place.max(initial=-1)) + 1, -1, dtype=np.int32)
    found = number_edges(place, size, first, edge, latest, often)
    return first[:found], edge[:found], (often == 1)[edge[:found]]


def rings_of(shapes: np.ndarray) -> Rings:
    """The rings of the polygons `shapes` (n,)."""
    coords = shapely.get_coordinates(shapes)
    coords += 0.0  # makes -0.0 equal to 0.0, bit by bit
    size = shapely.get_num_coordinates(shapes)
    stars = _stars(coords, size)
    single = stars.copy()
    other = np.flatnonzero(~stars)
    single[other] = (shapely.get_type_id(shapes[other]) == 3) & (shapely.get_num_interior_rings(shapes[other]) == 0)
    owner = np.arange(len(shapes), dtype=np.int32)
    if not single.all():
        more = np.flatnonzero(~single)
        parts, part_owner = shapely.get_parts(shapes[more], return_index=True)
        rings, ring_part = shapely.get_rings(parts, return_index=True)
        owner = np.concatenate([owner[single], owner[more][part_owner[ring_part]]])
        size = np.concatenate([size[single], shapely.get_num_coordinates(rings)])
        order = np.argsort(owner, kind="stable")
        order = order[size[order] > 0]  # a part may be empty
        owner, size = owner[order], size[order]
    return Rings(coords, size, owner, stars)


def _stars(coords: np.ndarray, size: np.ndarray) -> np.ndarray:
    """Polygons (n,) that surely are a single ring that does not meet itself."""
    if not grouping.are_many(len(coords)):
        return stars_by_arrays(coords, size)
    from gbaspatial.weights.touch.corner_loops import star_shaped

    stars = np.zeros(len(size), dtype=bool)
    star_shaped(coords, np.concatenate([[0], np.cumsum(size, dtype=np.int64)]), stars)
    return stars


def stars_by_arrays(coords: np.ndarray, size: np.ndarray) -> np.ndarray:
    """`corner_loops.star_shaped` for few polygons (n,) of `size` corners each, without a compiler.

    >>> square = np.array([[0.0, 0], [1, 0], [1, 1], [0, 1], [0, 0]])
    >>> stars_by_arrays(np.concatenate([square, square[[0, 2, 1, 3, 0]]]), np.array([5, 5])).tolist()
    [True, False]
    """
    stars = np.zeros(len(size), dtype=bool)
    rings = np.flatnonzero(size > 3)
    if len(rings) == 0:
        return stars
    size, coords = size[rings], coords[np.repeat(size > 3, size)]
    last = np.cumsum(size) - 1
    first = last - size + 1
    east, north = coords.T
    with np.errstate(invalid="ignore", over="ignore"):  # an endless coordinate proves nothing
        middle = (np.add.reduceat(coords, first) - coords[last]) / (size - 1)[:, None]
        away_east, away_north = east - np.repeat(middle[:, 0], size), north - np.repeat(middle[:, 1], size)
    turn = np.zeros((len(coords), 3), dtype=np.int64)  # of the edge from each corner: to the left, the right, past it
    with np.errstate(invalid="ignore", over="ignore"):
        one, two = away_east[:-1] * away_north[1:], away_north[:-1] * away_east[1:]
        room = ROUND_OFF * (np.abs(one) + np.abs(two)) + 1e-300
        turn[:-1, 0], turn[:-1, 1] = one - two > room, two - one > room
    below = away_north < 0
    turn[:-1, 2] = below[:-1] != below[1:]
    turn[last] = 0
    left, right, past = np.add.reduceat(turn, first).T
    closed = (coords[first] == coords[last]).all(axis=1)
    stars[rings] = closed & ((left == size - 1) | (right == size - 1)) & (past == 2)
    return stars
