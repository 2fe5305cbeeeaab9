"""Compiled loops for contiguity of large layers; imported only for those."""

from __future__ import annotations

import numpy as np
from numba import njit, uint64

from gbaspatial.weights.touch.round_off import ROUND_OFF

_MIX1, _MIX2 = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F)


@njit(nogil=True, cache=True)
def number_keys(keys: np.ndarray, slots: np.ndarray, shift: np.uint64, number: np.ndarray) -> None:
    """Number the distinct `keys` (m, 2) as they come, into `number` (m,).

    `slots` is a hash table of 2^(64 - shift) places, more than m of them, filled with -1.
    """
    mask = uint64(slots.size - 1)
    distinct = np.empty((number.size, 2), dtype=np.uint64)  # beside each other they are read sooner than in `keys`
    count = 0
    for c in range(number.size):
        a, b = keys[c, 0], keys[c, 1]
        slot = a * _MIX1
        slot ^= slot >> uint64(32)
        slot += b * _MIX2
        slot ^= slot >> uint64(29)
        slot = (slot * _MIX1) >> shift
        known = slots[slot]
        while known >= 0 and (distinct[uint64(known), 0] != a or distinct[uint64(known), 1] != b):
            slot = (slot + uint64(1)) & mask
            known = slots[slot]
        if known < 0:
            known = count
            slots[slot] = count
            distinct[count, 0], distinct[count, 1] = a, b
            count += 1
        number[c] = known


@njit(nogil=True, cache=True)
def smaller_partners(
    group: np.ndarray,
    member: np.ndarray,
    start: np.ndarray,
    members: np.ndarray,
    seen: np.ndarray,
    end: np.ndarray,
    out: np.ndarray,
) -> None:
    """For each member, the smaller members of its groups, once, into `out`; where they end, into `end` (n,).

    `member` (v,) ascends. `members` are the members group by group, beginning at `start`;
    `seen` (n,) is filled with -1.
    """
    stop = start.copy()
    found = 0
    for c in range(group.size):
        own = member[c]
        shared = uint64(group[c])
        for place in range(uint64(start[shared]), uint64(stop[shared])):
            other = members[place]
            if other != own and seen[uint64(other)] != own:
                seen[uint64(other)] = own
                out[found] = other
                found += 1
        stop[shared] += 1
        end[own] = found


@njit(nogil=True, cache=True)
def star_shaped(coords: np.ndarray, start: np.ndarray, out: np.ndarray) -> None:
    """Whether `coords` (v, 2) from each `start` (n + 1,) to the next surely are a ring around a point that sees it all.

    The point is the mean of the corners. Every edge turns the same way around it, beyond
    what round-off can feign, and all together once: no edge can meet another one.
    """
    for i in range(out.size):
        first, last = start[i], start[i + 1] - 1
        edges = last - first
        x, y = 0.0, 0.0
        for c in range(first, last):
            x += coords[c, 0]
            y += coords[c, 1]
        x /= max(edges, 1)
        y /= max(edges, 1)
        left, right, changes = 0, 0, 0
        east, north = coords[first, 0] - x, coords[first, 1] - y
        for c in range(first + 1, last + 1):
            next_east, next_north = coords[c, 0] - x, coords[c, 1] - y
            one, two = east * next_north, north * next_east
            room = ROUND_OFF * (abs(one) + abs(two)) + 1e-300
            left += one - two > room
            right += two - one > room
            changes += (north < 0) != (next_north < 0)
            east, north = next_east, next_north
        closed = coords[first, 0] == coords[last, 0] and coords[first, 1] == coords[last, 1]
        out[i] = closed and (left == edges or right == edges) and changes == 2
