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
        # along a border that was met before, the next corner is the one beside the last one, mostly
        guess = number[c - 1] if c else count
        if guess > 0 and distinct[uint64(guess - 1), 0] == a and distinct[uint64(guess - 1), 1] == b:
            number[c] = guess - 1
            continue
        if guess + 1 < count and distinct[uint64(guess + 1), 0] == a and distinct[uint64(guess + 1), 1] == b:
            number[c] = guess + 1
            continue
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
def number_edges(
    place: np.ndarray, size: np.ndarray, first: np.ndarray, edge: np.ndarray, latest: np.ndarray, often: np.ndarray
) -> int:
    """The corner where each edge starts, into `first`, and its number, as they come, into `edge` (v,); how many.

    `place` (v,) numbers the corners, `size` (r,) counts those of each ring. `latest` (one for each place) is filled
    with -1; `often` (v,) counts the edges of each number.
    """
    other_end, before = np.empty(place.size, dtype=np.int32), np.empty(place.size, dtype=np.int32)
    found, numbers, corner = 0, 0, 0
    for ring in range(size.size):
        for c in range(corner, corner + size[ring] - 1):
            one, two = place[uint64(c)], place[uint64(c + 1)]
            if one == two:  # a repeated corner makes no edge
                continue
            low, high = uint64(min(one, two)), max(one, two)
            known = latest[low]  # of the edges from here to later places, the one numbered last
            while known >= 0 and other_end[uint64(known)] != high:
                known = before[uint64(known)]
            if known < 0:
                known = numbers
                other_end[known], before[known], often[known] = high, latest[low], 0
                latest[low] = known
                numbers += 1
            often[uint64(known)] += 1
            first[found], edge[found] = c, known
            found += 1
        corner += size[ring]
    return found


@njit(nogil=True, cache=True)
def smaller_partners(
    group: np.ndarray,
    member: np.ndarray,
    latest: np.ndarray,
    before: np.ndarray,
    seen: np.ndarray,
    end: np.ndarray,
    out: np.ndarray,
) -> int:
    """For each member, the smaller members of its groups, once, into `out`; where they end, into `end` (n,); how many.

    `member` (v,) ascends. `latest` (one for each group) and `seen` (n,) are filled with -1.
    """
    found = 0
    for c in range(group.size):
        own, shared = member[c], uint64(group[c])
        place = latest[shared]
        before[c], latest[shared] = place, c
        while place >= 0:
            other = member[uint64(place)]
            if other != own and seen[uint64(other)] != own:
                seen[uint64(other)] = own
                out[found] = other
                found += 1
            place = before[uint64(place)]
        end[own] = found
    return found


@njit(nogil=True, cache=True)
def turned(out: np.ndarray, end: np.ndarray, start: np.ndarray, code: np.ndarray) -> None:
    """Pairs of `out` (m,) and the member whose it is, as sorted codes out * n + member; `start` (n + 1,) is zero.

    The members' own end at `end` (n,) and ascend.
    """
    n = end.size
    for k in range(out.size):
        start[out[k] + 1] += 1
    for i in range(n):
        start[i + 1] += start[i]
    k = 0
    for own in range(n):
        while k < end[own]:
            code[start[out[k]]] = np.int64(out[k]) * n + own
            start[out[k]] += 1
            k += 1


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
