"""Compiled loops for edges that come near each other; imported only where they are many.

They do what `segments` does with arrays, product by product, so that both give the same numbers to the last bit.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit, uint64

from gbaspatial.weights.touch.round_off import RUN

_FINEST, _CELLS_A_BOX = 4096.0, 6.0  # of a raster: cells along a side, and cells for each box drawn on it


@njit(nogil=True, cache=True, error_model="numpy")
def _cells(low: float, high: float, begin: float, scale: float, side: int) -> tuple[int, int]:
    """The first and the last cell between two coordinates; the last is -1 where they are outside."""
    one, two = (low - begin) * scale, (high - begin) * scale
    if not (two >= 0.0 and one <= side):
        return 0, -1
    return min(int(max(one, 0.0)), side - 1), min(int(two), side - 1)


@njit(nogil=True, cache=True, error_model="numpy")
def _raster(boxes: np.ndarray) -> tuple[float, int, float, float, int, float]:
    """Where a raster begins, its number of cells, and cells a unit, in x and y: some two by two cells a usual box."""
    low_x, low_y, high_x, high_y = boxes[0, 0], boxes[0, 1], boxes[0, 2], boxes[0, 3]
    wide, tall = 0.0, 0.0
    for k in range(boxes.shape[0]):
        low_x, low_y = min(low_x, boxes[k, 0]), min(low_y, boxes[k, 1])
        high_x, high_y = max(high_x, boxes[k, 2]), max(high_y, boxes[k, 3])
        wide += boxes[k, 2] - boxes[k, 0]
        tall += boxes[k, 3] - boxes[k, 1]
    width, height, many = max(high_x - low_x, 1e-100), max(high_y - low_y, 1e-100), float(boxes.shape[0])
    columns = min(max(2.0 * width * many / max(wide, 1e-100), 1.0), _FINEST)
    rows = min(max(2.0 * height * many / max(tall, 1e-100), 1.0), _FINEST)
    fewer = min(1.0, math.sqrt(_CELLS_A_BOX * many / (columns * rows)))
    columns, rows = max(math.floor(columns * fewer), 1.0), max(math.floor(rows * fewer), 1.0)
    return low_x, int(columns), columns / width, low_y, int(rows), rows / height


@njit(nogil=True, cache=True, error_model="numpy")
def edges_meeting(
    around: np.ndarray,
    probes: np.ndarray,
    coords: np.ndarray,
    first: np.ndarray,
    owner: np.ndarray,
    wanted: np.ndarray,
    most: int,
    pairs: np.ndarray,
) -> int:
    """Each of the `probes` (p,) and the edges of other polygons that are `wanted` (n,) whose boxes meet its own.

    The boxes `around` (p, 4) the probes are drawn on a raster, in which every edge looks for them. The `pairs` (2, m)
    are written as far as there is room; the answer is how many there are. It is -1 where boxes cover more than `most`
    cells, being much larger than most others.
    """
    low_x, columns, scale_x, low_y, rows, scale_y = _raster(around)
    start = np.zeros(columns * rows + 1, dtype=np.int64)
    drawn = np.empty((probes.size, 4), dtype=np.int64)
    covered = 0
    for k in range(probes.size):
        drawn[k, 0], drawn[k, 2] = _cells(around[k, 0], around[k, 2], low_x, scale_x, columns)
        drawn[k, 1], drawn[k, 3] = _cells(around[k, 1], around[k, 3], low_y, scale_y, rows)
        covered += (drawn[k, 2] - drawn[k, 0] + 1) * (drawn[k, 3] - drawn[k, 1] + 1)
        if covered > most:
            return -1
        for column in range(drawn[k, 0], drawn[k, 2] + 1):
            for row in range(drawn[k, 1], drawn[k, 3] + 1):
                start[column * rows + row + 1] += 1
    for cell in range(columns * rows):
        start[cell + 1] += start[cell]
    stop = start.copy()
    inside = np.empty(covered, dtype=np.int64)
    for k in range(probes.size):
        for column in range(drawn[k, 0], drawn[k, 2] + 1):
            for row in range(drawn[k, 1], drawn[k, 3] + 1):
                inside[stop[column * rows + row]] = k
                stop[column * rows + row] += 1
    count, looked = 0, 0
    for edge in range(first.size):
        own = owner[edge]
        if not wanted[own]:
            continue
        here, there = uint64(first[edge]), uint64(first[edge] + 1)
        x0, y0, x1, y1 = coords[here, 0], coords[here, 1], coords[there, 0], coords[there, 1]
        west, east, south, north = min(x0, x1), max(x0, x1), min(y0, y1), max(y0, y1)
        west_cell, east_cell = _cells(west, east, low_x, scale_x, columns)
        south_cell, north_cell = _cells(south, north, low_y, scale_y, rows)
        looked += (east_cell - west_cell + 1) * (north_cell - south_cell + 1)
        if looked > most:
            return -1
        for column in range(west_cell, east_cell + 1):
            for row in range(south_cell, north_cell + 1):
                drawn_on = uint64(column * rows + row)
                for place in range(start[drawn_on], start[drawn_on + uint64(1)]):
                    k = inside[uint64(place)]
                    # of the cells that both cover, the first one tells of the pair
                    if column != max(west_cell, drawn[k, 0]) or row != max(south_cell, drawn[k, 1]):
                        continue
                    if west > around[k, 2] or east < around[k, 0] or south > around[k, 3] or north < around[k, 1]:
                        continue
                    if owner[probes[k]] == own:
                        continue
                    if count < pairs.shape[1]:
                        pairs[0, count], pairs[1, count] = probes[k], edge
                    count += 1
    return count


@njit(nogil=True, cache=True, error_model="numpy")
def _ends(coords: np.ndarray, corner: int, x: float, y: float, east: float, north: float) -> tuple[float, ...]:
    """The two ends of the edge from `corner` on, in meters from (x, y), and its length."""
    x0, y0 = (coords[corner, 0] - x) * east, (coords[corner, 1] - y) * north
    x1, y1 = (coords[corner + 1, 0] - x) * east, (coords[corner + 1, 1] - y) * north
    return x0, y0, x1, y1, math.sqrt((x1 - x0) * (x1 - x0) + (y1 - y0) * (y1 - y0))


@njit(nogil=True, cache=True, error_model="numpy")
def _relative(x: float, y: float, line: tuple[float, ...]) -> tuple[float, float, float]:
    """Where a point falls along `line` (0 at its start, 1 at its end), how far off it, and how far from it."""
    x0, y0, x1, y1, size = line
    east, north = x1 - x0, y1 - y0
    away_east, away_north = x - x0, y - y0
    along = (away_east * east + away_north * north) / (size * size)
    off = (east * away_north - north * away_east) / size
    if along >= 0.0 and along <= 1.0:
        return along, off, abs(off)
    to_start = math.sqrt(away_east * away_east + away_north * away_north)
    to_end = math.sqrt((x - x1) * (x - x1) + (y - y1) * (y - y1))
    return along, off, min(to_start, to_end)


@njit(nogil=True, cache=True, error_model="numpy")
def _clipped(one: float, two: float, least: float, most: float, low: float, high: float) -> tuple[float, float]:
    """The part of [low, high] along which a value that goes from `one` to `two` lies between `least` and `most`."""
    change = two - one
    if change == 0.0:
        return (max(low, 0.0), high) if least <= one <= most else (max(low, 2.0), high)
    a, b = (least - one) / change, (most - one) / change
    return max(low, min(a, b)), min(high, max(a, b))


@njit(nogil=True, cache=True, error_model="numpy")
def _beside(along0: float, along1: float, off0: float, off1: float, reach: float) -> float:
    """Share of a segment that lies beside another one, no farther than `reach` from it."""
    low, high = _clipped(along0, along1, 0.0, 1.0, 0.0, 1.0)
    low, high = _clipped(off0, off1, -reach, reach, low, high)
    return max(high - low, 0.0)


@njit(nogil=True, cache=True, error_model="numpy")
def measure(
    coords: np.ndarray,
    first: np.ndarray,
    probe: np.ndarray,
    other: np.ndarray,
    scale: np.ndarray,
    reaches: np.ndarray,
    tiny: float,
    distance: np.ndarray,
    crossing: np.ndarray,
    length: np.ndarray,
) -> None:
    """Of each pair of edges the `distance` (m,), whether they are `crossing` (m,), and within each of `reaches` (k,)
    the `length` (k, m) of the probe beside the other; `scale` (m, 2) is meters a unit of x and y.
    """
    for pair in range(probe.size):
        corner, there = first[probe[pair]], first[other[pair]]
        x, y, east, north = coords[there, 0], coords[there, 1], scale[pair, 0], scale[pair, 1]
        s, t = _ends(coords, corner, x, y, east, north), _ends(coords, there, x, y, east, north)
        along0, off0, gap0 = _relative(s[0], s[1], t)
        along1, off1, gap1 = _relative(s[2], s[3], t)
        _, away0, gap2 = _relative(t[0], t[1], s)
        _, away1, gap3 = _relative(t[2], t[3], s)
        crossing[pair] = (
            off0 * off1 < 0 and min(abs(off0), abs(off1)) > tiny
            and away0 * away1 < 0 and min(abs(away0), abs(away1)) > tiny
        )  # fmt: skip
        distance[pair] = 0.0 if crossing[pair] else min(min(gap0, gap1), min(gap2, gap3))
        for k in range(reaches.size):
            if distance[pair] <= reaches[k]:
                length[k, pair] = _beside(along0, along1, off0, off1, reaches[k]) * s[4]


@njit(nogil=True, cache=True, error_model="numpy")
def _seen_from(line: tuple[float, ...], other: tuple[float, ...], tiny: float) -> tuple[bool, float]:
    """Whether `other` runs along `line`, and how far off that it goes from an end in the middle of it."""
    along0, off0, _ = _relative(other[0], other[1], line)
    along1, off1, _ = _relative(other[2], other[3], line)
    beside = _beside(along0, along1, off0, off1, tiny) * other[4] > RUN * tiny
    margin = tiny / line[4]
    on0 = abs(off0) <= tiny and along0 > margin and along0 < 1 - margin
    on1 = abs(off1) <= tiny and along1 > margin and along1 < 1 - margin
    inner = (off0 if on1 and abs(off0) > tiny else 0.0) + (off1 if on0 and abs(off1) > tiny else 0.0)
    return beside, inner


@njit(nogil=True, cache=True, error_model="numpy")
def meet_closely(
    coords: np.ndarray,
    first: np.ndarray,
    probe: np.ndarray,
    other: np.ndarray,
    scale: np.ndarray,
    tiny: float,
    beside: np.ndarray,
    same_way: np.ndarray,
    inner: np.ndarray,
) -> None:
    """Of each pair of edges whether they run along each other, `beside` (m,), and the `same_way` (m,), and how far
    `inner` (2, m) from either the other one comes that ends in its middle; `scale` (m, 2) is meters a unit.
    """
    for pair in range(probe.size):
        corner, there = first[probe[pair]], first[other[pair]]
        x, y, east, north = coords[there, 0], coords[there, 1], scale[pair, 0], scale[pair, 1]
        s, t = _ends(coords, corner, x, y, east, north), _ends(coords, there, x, y, east, north)
        of_s, inner[0, pair] = _seen_from(s, t, tiny)
        of_t, inner[1, pair] = _seen_from(t, s, tiny)
        beside[pair] = of_s or of_t
        same_way[pair] = (s[2] - s[0]) * (t[2] - t[0]) + (s[3] - s[1]) * (t[3] - t[1]) > 0
