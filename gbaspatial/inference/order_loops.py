"""The compiled loop over all orders of eleven and twelve units; imported only when so many are asked for."""

from __future__ import annotations

import numpy as np
from numba import njit

# sums may be taken in another order, so that several orders go through the processor at once; NaN keeps its meaning
_LOOSE = {"reassoc", "contract", "nsz"}


@njit(nogil=True, cache=True, fastmath=_LOOSE)
def tally_orders(
    A: np.ndarray,
    B: np.ndarray,
    chosen: np.ndarray,
    front: np.ndarray,
    back: np.ndarray,
    limits: np.ndarray,
    counts: np.ndarray,
    tails: np.ndarray,
    sums: np.ndarray,
) -> None:
    """Add the orders that put each row of `chosen` first to the histogram `counts`, the `tails` and the `sums`.

    Parameters
    ----------
    A, B : numpy.ndarray, shape (n, n)
        Weights and comparisons of values, without a diagonal.
    chosen : numpy.ndarray of int, shape (c, r)
        The values that go to the first r positions.
    front, back : numpy.ndarray of int, shapes (r!, r) and (720, 6)
        Orders of the first positions, and of the six others: for each of 20 sets of three, in lexicographic order, the
        6 orders of its members with the 6 orders of the rest.
    limits : numpy.ndarray, shape (4,)
        The observed value, its tolerance, the lower end of the histogram and its bins by unit of the value.
    counts : numpy.ndarray of int, shape (bins,)
        Empty where no histogram is wanted.
    tails : numpy.ndarray of int, shape (2,)
        Orders at least, and at most, as large as the observed one.
    sums : numpy.ndarray, shape (2,)
        Sum and sum of squares of the values less the observed one.
    """
    n, r, last = len(A), chosen.shape[1], len(counts) - 1
    observed, tie, low, scale = limits
    shift = (observed - low) * scale
    link, pair = np.empty(36), np.empty((r, r, 36))
    early, late = np.empty(120), np.empty(120)
    within, away = np.empty(720), np.empty(720)
    rest = np.empty(6, np.int64)
    for row in range(len(chosen)):
        here, there = 0, 0
        for v in range(n):
            if here < r and chosen[row, here] == v:
                here += 1
            else:
                rest[there] = v
                there += 1
        for p in range(r):  # what position p adds to each place behind it if it holds the v-th value
            for v in range(r):
                one = chosen[row, v]
                for q in range(6):
                    for t in range(6):
                        other = rest[t]
                        pair[p, v, 6 * q + t] = A[p, r + q] * B[one, other] + A[r + q, p] * B[other, one]
        for k in range(720):
            total = 0.0
            for q in range(6):
                for t in range(6):
                    total += A[r + q, r + t] * B[rest[back[k, q]], rest[back[k, t]]]
            within[k] = total - observed
        for order in range(len(front)):
            base = 0.0
            for p in range(r):
                one = chosen[row, front[order, p]]
                for q in range(r):
                    base += A[p, q] * B[one, chosen[row, front[order, q]]]
            link[:] = 0.0
            for p in range(r):
                v = front[order, p]
                for c in range(36):
                    link[c] += pair[p, v, c]
            for half in range(20):
                for i in range(6):
                    k, m = 36 * half + 6 * i, 36 * half + i
                    early[6 * half + i] = link[back[k, 0]] + link[6 + back[k, 1]] + link[12 + back[k, 2]] + base
                    late[6 * half + i] = link[18 + back[m, 3]] + link[24 + back[m, 4]] + link[30 + back[m, 5]]
            for half in range(20):
                e = 6 * half
                for i in range(6):
                    k = 36 * half + 6 * i
                    for j in range(6):
                        away[k + j] = early[e + i] + late[e + j] + within[k + j]
            # in locals, which stay in registers
            upper, lower, total, squares = 0, 0, 0.0, 0.0
            for k in range(720):
                upper += away[k] >= -tie
                lower += away[k] <= tie
                total += away[k]
                squares += away[k] * away[k]
            tails[0] += upper
            tails[1] += lower
            sums[0] += total
            sums[1] += squares
            if last >= 0:
                for k in range(720):
                    counts[min(max(int(away[k] * scale + shift), 0), last)] += 1
