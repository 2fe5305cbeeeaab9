"""Compiled loops for large Monte Carlo work; imported only when that work is asked for.

Each draw has a generator of its own (SplitMix64 with its own increment, Steele, Lea and
Flood 2014), keyed by (seed, draw). The loops take a range of draws and release the
interpreter lock, so any split over threads or machines gives the same bits.
"""

from __future__ import annotations

import numpy as np
from numba import njit, uint64

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX1, _MIX2 = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_MUR1, _MUR2 = np.uint64(0xFF51AFD7ED558CCD), np.uint64(0xC4CEB9FE1A85EC53)


@njit(inline="always")
def _mix(z: np.uint64) -> np.uint64:
    z = (z ^ (z >> uint64(30))) * _MIX1
    z = (z ^ (z >> uint64(27))) * _MIX2
    return z ^ (z >> uint64(31))


@njit(inline="always")
def _increment(z: np.uint64) -> np.uint64:
    """An odd increment; few bit transitions, which would weaken the generator, are broken up."""
    z = (z ^ (z >> uint64(33))) * _MUR1
    z = (z ^ (z >> uint64(33))) * _MUR2
    z = (z ^ (z >> uint64(33))) | uint64(1)
    flips = z ^ (z >> uint64(1))
    ones = uint64(0)
    while flips:
        flips &= flips - uint64(1)
        ones += uint64(1)
    return z ^ uint64(0xAAAAAAAAAAAAAAAA) if ones < uint64(24) else z


@njit(inline="always")
def _shuffle(x: np.ndarray, key: np.uint64, draw: int) -> None:
    """Put `x` in a random order (Fisher-Yates; unbiased bounded integers by Lemire 2019)."""
    state = _mix(key + uint64(draw + 1) * _GOLDEN)
    step = _increment(state + _GOLDEN)
    state = _mix(state ^ key)
    word = uint64(0)
    half = False
    for i in range(x.size - 1, 0, -1):
        bound = uint64(i + 1)
        if half:  # one 64-bit number serves two places
            product = (word & uint64(0xFFFFFFFF)) * bound
        else:
            state += step
            word = _mix(state)
            product = (word >> uint64(32)) * bound
        half = not half
        low = product & uint64(0xFFFFFFFF)
        if low < bound:
            least = (uint64(0x100000000) - bound) % bound
            while low < least:
                state += step
                product = (_mix(state) >> uint64(32)) * bound
                low = product & uint64(0xFFFFFFFF)
        j = product >> uint64(32)
        held = x[uint64(i)]
        x[uint64(i)] = x[j]
        x[j] = held


@njit(nogil=True, cache=True)
def product_draws(
    rows: np.ndarray,
    columns: np.ndarray,
    data: np.ndarray,
    x: np.ndarray,
    a: np.ndarray,
    key: np.uint64,
    start: int,
    stop: int,
    out: np.ndarray,
) -> None:
    """For draws `start` to `stop`: sum s_ij x_i x_j over the links listed and sum_i a_i x_i^2, into `out` (m, 2)."""
    n, links = x.size, data.size
    whole = links // 4 * 4
    y = np.empty(n)
    for draw in range(start, stop):
        for i in range(n):
            y[i] = x[i]
        _shuffle(y, key, draw)
        # four sums: a list of links without inner loops, whose additions do not wait for each other
        one, two, three, four = 0.0, 0.0, 0.0, 0.0
        for p in range(0, whole, 4):
            one += data[p] * y[uint64(rows[p])] * y[uint64(columns[p])]
            two += data[p + 1] * y[uint64(rows[p + 1])] * y[uint64(columns[p + 1])]
            three += data[p + 2] * y[uint64(rows[p + 2])] * y[uint64(columns[p + 2])]
            four += data[p + 3] * y[uint64(rows[p + 3])] * y[uint64(columns[p + 3])]
        for p in range(whole, links):
            one += data[p] * y[uint64(rows[p])] * y[uint64(columns[p])]
        alone = 0.0
        if a.size:
            for i in range(n):
                alone += a[i] * y[i] * y[i]
        out[draw - start, 0] = (one + two) + (three + four)
        out[draw - start, 1] = alone


@njit(nogil=True, cache=True)
def class_draws(
    indptr: np.ndarray,
    indices: np.ndarray,
    data: np.ndarray,
    codes: np.ndarray,
    classes: int,
    key: np.uint64,
    start: int,
    stop: int,
    out: np.ndarray,
) -> None:
    """For draws `start` to `stop`: sum of s_ij by class of i and of j, into `out` (m, classes, classes)."""
    n = codes.size
    y = np.empty(n, dtype=codes.dtype)
    for draw in range(start, stop):
        for i in range(n):
            y[i] = codes[i]
        _shuffle(y, key, draw)
        out[draw - start] = 0.0
        for i in range(n):
            mine = y[i]
            for place in range(indptr[i], indptr[i + 1]):
                out[draw - start, mine, y[uint64(indices[place])]] += data[place]


@njit(nogil=True, cache=True)
def orders_drawn(key: np.uint64, start: int, stop: int, out: np.ndarray) -> None:
    """Random orders for draws `start` to `stop`, into `out` (m, n)."""
    for draw in range(start, stop):
        row = out[draw - start]
        for i in range(row.size):
            row[i] = i
        _shuffle(row, key, draw)


@njit(nogil=True, cache=True)
def paired_draws(
    rows: np.ndarray,
    columns: np.ndarray,
    data: np.ndarray,
    x: np.ndarray,
    y: np.ndarray,
    key: np.uint64,
    start: int,
    stop: int,
    out: np.ndarray,
) -> None:
    """For draws `start` to `stop`: sum p_ij x_i y_j over the links listed, of pairs in random orders, into `out`."""
    n = x.size
    order = np.empty(n, dtype=np.int64)
    a = np.empty(n)
    b = np.empty(n)
    for draw in range(start, stop):
        for i in range(n):
            order[i] = i
        _shuffle(order, key, draw)
        for i in range(n):
            a[i] = x[order[i]]
            b[i] = y[order[i]]
        one, two = 0.0, 0.0
        for p in range(0, data.size - 1, 2):
            one += data[p] * a[uint64(rows[p])] * b[uint64(columns[p])]
            two += data[p + 1] * a[uint64(rows[p + 1])] * b[uint64(columns[p + 1])]
        if data.size % 2:
            p = data.size - 1
            one += data[p] * a[uint64(rows[p])] * b[uint64(columns[p])]
        out[draw - start] = one + two


@njit(nogil=True, cache=True)
def linear_draws(c: np.ndarray, y: np.ndarray, key: np.uint64, start: int, stop: int, out: np.ndarray) -> None:
    """For draws `start` to `stop`: sum c_i y_i of `y` in random orders, into `out`."""
    n = y.size
    z = np.empty(n)
    for draw in range(start, stop):
        for i in range(n):
            z[i] = y[i]
        _shuffle(z, key, draw)
        one, two = 0.0, 0.0
        for i in range(0, n - 1, 2):
            one += c[i] * z[i]
            two += c[i + 1] * z[i + 1]
        if n % 2:
            one += c[n - 1] * z[n - 1]
        out[draw - start] = one + two


@njit(nogil=True, cache=True)
def matrix_draws(
    indptr: np.ndarray, indices: np.ndarray, data: np.ndarray, Z: np.ndarray, key: np.uint64, start: int, stop: int,
    out: np.ndarray,
) -> None:  # fmt: skip
    """For draws `start` to `stop`: sum w_ij z_ui z_vj for all u and v, the columns of `Z` (V, n) in random orders.

    Into `out` (m, V, V). Variables are put in order once a draw, and lagged once each.
    """
    variables, n = Z.shape
    order = np.empty(n, dtype=np.int64)
    moved = np.empty((variables, n))
    lagged = np.empty(n)
    for draw in range(start, stop):
        for i in range(n):
            order[i] = i
        _shuffle(order, key, draw)
        for v in range(variables):
            for i in range(n):
                moved[v, i] = Z[v, uint64(order[i])]
        for v in range(variables):
            mine = moved[v]
            for i in range(n):
                total = 0.0
                for place in range(indptr[i], indptr[i + 1]):
                    total += data[place] * mine[uint64(indices[place])]
                lagged[i] = total
            for u in range(variables):
                one, two = 0.0, 0.0
                for i in range(0, n - 1, 2):
                    one += moved[u, i] * lagged[i]
                    two += moved[u, i + 1] * lagged[i + 1]
                if n % 2:
                    one += moved[u, n - 1] * lagged[n - 1]
                out[draw - start, u, v] = one + two


@njit(nogil=True, cache=True)
def lagged_draws(
    indptr: np.ndarray, indices: np.ndarray, data: np.ndarray, Z: np.ndarray, key: np.uint64, start: int, stop: int,
    out: np.ndarray,
) -> None:  # fmt: skip
    """For draws `start` to `stop`: sum x_i (W y)_i and sum (W x)_i (W y)_i, x and y first and last row of `Z`.

    Into `out` (m, 2); the columns of `Z` (1 or 2, n) are put in random orders.
    """
    last, n = Z.shape[0] - 1, Z.shape[1]
    order = np.empty(n, dtype=np.int64)
    moved = np.empty((n, 2))  # both values of a unit lie together: one look at memory for each link
    for draw in range(start, stop):
        for i in range(n):
            order[i] = i
        _shuffle(order, key, draw)
        for i in range(n):
            moved[i, 0] = Z[0, uint64(order[i])]
            moved[i, 1] = Z[last, uint64(order[i])]
        once, twice = 0.0, 0.0
        for i in range(n):
            near, other = 0.0, 0.0
            for place in range(indptr[i], indptr[i + 1]):
                j = uint64(indices[place])
                near += data[place] * moved[j, 0]
                other += data[place] * moved[j, 1]
            once += moved[i, 0] * other
            twice += near * other
        out[draw - start, 0] = once
        out[draw - start, 1] = twice


@njit(nogil=True, cache=True)
def local_products(
    lists: np.ndarray, weights: np.ndarray, unit: int, x: np.ndarray, y: np.ndarray, out: np.ndarray
) -> None:
    """sum_j w_j x_j times sum_j w_j y_j into `out` (draws,), of the first units of each list that are not `unit`."""
    k = weights.size
    for p in range(out.size):
        near, other, place = 0.0, 0.0, 0
        for c in range(k):
            if lists[p, place] == unit:
                place += 1
            j = uint64(lists[p, place])
            near += weights[c] * x[j]
            other += weights[c] * y[j]
            place += 1
        out[p] = near * other


@njit(nogil=True, cache=True)
def linear_counts(
    features: np.ndarray,
    coefficients: np.ndarray,
    target: np.ndarray,
    tie: np.ndarray,
    greater: np.ndarray,
    less: np.ndarray,
) -> None:
    """Count, for each unit, draws with sum_c coefficients[u, c] features[c, p] >= and <= target[u]."""
    channels, draws = features.shape
    for unit in range(target.size):
        high, low = target[unit] + tie[unit], target[unit] - tie[unit]
        above = 0
        below = 0
        if channels == 2:
            a, b = coefficients[unit, 0], coefficients[unit, 1]
            for p in range(draws):
                value = a * features[0, p] + b * features[1, p]
                above += value >= low
                below += value <= high
        else:
            for p in range(draws):
                value = 0.0
                for c in range(channels):
                    value += coefficients[unit, c] * features[c, p]
                above += value >= low
                below += value <= high
        greater[unit] = above
        less[unit] = below
