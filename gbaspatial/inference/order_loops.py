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
    pair, three = np.empty(36), np.empty((r, r, 240))
    both = np.empty(240)  # what the first three places, and the last three, add by order
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
        for p in range(r):  # what position p adds to each order of three places behind it if it holds the v-th value
            for v in range(r):
                one = chosen[row, v]
                for q in range(6):
                    for t in range(6):
                        other = rest[t]
                        pair[6 * q + t] = A[p, r + q] * B[one, other] + A[r + q, p] * B[other, one]
                for half in range(20):
                    for i in range(6):
                        k, m = 36 * half + 6 * i, 36 * half + i
                        three[p, v, 20 * i + half] = pair[back[k, 0]] + pair[6 + back[k, 1]] + pair[12 + back[k, 2]]
                        late = pair[18 + back[m, 3]] + pair[24 + back[m, 4]] + pair[30 + back[m, 5]]
                        three[p, v, 120 + 20 * i + half] = late
        within[:] = -observed
        for q in range(1, 6):
            for t in range(q):
                for u in range(6):
                    for v in range(6):
                        one, other = rest[u], rest[v]
                        pair[6 * u + v] = A[r + q, r + t] * B[one, other] + A[r + t, r + q] * B[other, one]
                for half in range(20):
                    for i in range(36):
                        k = 36 * half + i
                        within[20 * i + half] += pair[6 * back[k, q] + back[k, t]]
        for order in range(len(front)):
            base = 0.0
            for p in range(r):
                one = chosen[row, front[order, p]]
                for q in range(r):
                    base += A[p, q] * B[one, chosen[row, front[order, q]]]
            both[:120], both[120:] = base, 0.0
            for p in range(r):
                v = front[order, p]
                for c in range(240):
                    both[c] += three[p, v, c]
            for i in range(6):
                for j in range(6):
                    k = 120 * i + 20 * j
                    for half in range(20):
                        away[k + half] = both[20 * i + half] + both[120 + 20 * j + half] + within[k + half]
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
