"""The compiled loop over all orders of eleven and twelve units; imported only when so many are asked for."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit


@njit(nogil=True, cache=True)
def tally_orders(
    A: Any, B: Any, chosen: Any, front: Any, back: Any, second: Any, limits: Any, counts: Any, tails: Any, sums: Any
) -> None:
    """Add the orders that put each row of `chosen` first to the histogram `counts`, the `tails` and the `sums`.

    Parameters
    ----------
    A, B : numpy.ndarray, shape (n, n)
        Weights and comparisons of values, without a diagonal.
    chosen : numpy.ndarray of int, shape (c, r)
        The values that go to the first r positions.
    front, back : numpy.ndarray of int, shapes (r!, r) and (720, 6)
        Orders of the first positions and, in lexicographic order, of the six others.
    second : numpy.ndarray of int, shape (720,)
        For each row of `back` the number of its last three among the 120 ordered triples of six.
    limits : numpy.ndarray, shape (4,)
        The observed value, its tolerance, the lower end of the histogram and its bins by unit of the value.
    counts : numpy.ndarray of int, shape (bins,)
    tails : numpy.ndarray of int, shape (2,)
        Orders at least, and at most, as large as the observed one.
    sums : numpy.ndarray, shape (2,)
        Sum and sum of squares of the values less the observed one.
    """
    n, r, last = len(A), chosen.shape[1], len(counts) - 1
    observed, tie, low, scale = limits
    shift = (observed - low) * scale
    link, value = np.zeros((6, 6)), np.empty((6, 6))
    early, late, within = np.empty(120), np.empty(120), np.empty(720)
    rest, first = np.empty(6, np.int64), np.empty(r, np.int64)
    for row in range(len(chosen)):
        here, there = 0, 0
        for v in range(n):
            if here < r and chosen[row, here] == v:
                here += 1
            else:
                rest[there] = v
                there += 1
        for q in range(6):
            for t in range(6):
                link[q, t], value[q, t] = A[r + q, r + t], B[rest[q], rest[t]]
        for k in range(720):
            total = 0.0
            for q in range(6):
                for t in range(6):
                    total += link[q, t] * value[back[k, q], back[k, t]]
            within[k] = total - observed
        for order in range(len(front)):
            base = 0.0
            for p in range(r):
                first[p] = chosen[row, front[order, p]]
            for p in range(r):
                for q in range(r):
                    base += A[p, q] * B[first[p], first[q]]
            for q in range(6):
                for t in range(6):
                    total = 0.0
                    for p in range(r):
                        total += A[p, r + q] * B[first[p], rest[t]] + A[r + q, p] * B[rest[t], first[p]]
                    link[q, t] = total
            for triple in range(120):
                one, two, three = back[6 * triple, 0], back[6 * triple, 1], back[6 * triple, 2]
                early[triple] = link[0, one] + link[1, two] + link[2, three] + base
                late[triple] = link[3, one] + link[4, two] + link[5, three]
            # in locals, which stay in registers
            upper, lower, total, squares = 0, 0, 0.0, 0.0
            for triple in range(120):
                for k in range(6 * triple, 6 * triple + 6):
                    away = early[triple] + late[second[k]] + within[k]
                    upper += away >= -tie
                    lower += away <= tie
                    total += away
                    squares += away * away
                    counts[min(max(int(away * scale + shift), 0), last)] += 1
            tails[0] += upper
            tails[1] += lower
            sums[0] += total
            sums[1] += squares
