"""Elimination of I - rho W by a plan, W sparse: compiled loops, imported only for a large W.

I - rho W = L D U without pivoting. One front after the other is assembled from the matrix
and from the updates of the supernodes below it (Duff and Reid 1983), so that a
log-determinant needs the pivots and the waiting updates only: at a million units tens of
megabytes, not the gigabyte of the factors. Loops run over slices, whose bounds the compiler
knows, and so become vector instructions.

Matrices are held by their upper triangles, row by row: one of them (a side) where the matrix
is symmetric, else a second one for its transpose. What is below the diagonal of a side is in
the other side, `sides - 1 - side`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from gbaspatial.models.solve.supernodes import Plan


@njit(cache=True, fastmath=True, nogil=True)
def eliminate(plan: Plan, data: np.ndarray, rho: float, factors: np.ndarray) -> np.ndarray:
    """The pivots D (n,) of I - rho W, W in `data` (sides, nnz).

    `factors` (sides, plan.block[-1]) is filled with U, and L', front by front, unless it is empty.
    """
    sides = data.shape[0]
    n, s = plan.indptr.size - 1, plan.first.size - 1
    pivots, place = np.empty(n), np.empty(n, np.uint32)
    space, stack, waiting = np.empty(sides * plan.front), np.empty(sides * plan.stack), np.empty(s, np.int32)
    top = end = 0
    for k in range(s):
        rows, column = plan.rows[plan.start[k] : plan.start[k + 1]], plan.first[k]
        width = plan.first[k + 1] - column
        space[: sides * rows.size * rows.size] = 0.0
        fronts = space[: sides * rows.size * rows.size].reshape(sides, rows.size, rows.size)
        for i in range(rows.size):
            place[rows[i]] = i
        for j in range(width):
            for side in range(sides):
                line = fronts[side, j]
                line[j] = 1.0
                for p in range(plan.indptr[column + j], plan.indptr[column + j + 1]):
                    if plan.indices[p] > column + j:
                        line[place[plan.indices[p]]] = -rho * data[side, p]
        for _ in range(plan.children[k]):
            top -= 1
            child = waiting[top]
            below = plan.rows[plan.start[child] + plan.first[child + 1] - plan.first[child] : plan.start[child + 1]]
            size = sides * below.size * below.size
            end -= size
            _add(fronts, place, below, stack[end : end + size].reshape(sides, below.size, below.size))
        _reduce(fronts, pivots[column : column + width])
        if factors.size:
            _keep(fronts, pivots[column : column + width], factors[:, plan.block[k] : plan.block[k + 1]])
        left = rows.size - width
        if left:
            _put(fronts, width, stack[end : end + sides * left * left].reshape(sides, left, left))
            end += sides * left * left
            waiting[top] = k
            top += 1
    return pivots


@njit(inline="always")
def _add(fronts: np.ndarray, place: np.ndarray, below: np.ndarray, update: np.ndarray) -> None:
    """Add the triangles `update` (sides, b, b) of the rows `below` (b,) where they stand in `fronts`."""
    to = np.empty(below.size, np.uint32)
    for i in range(below.size):
        to[i] = place[below[i]]
    for side in range(fronts.shape[0]):
        for j in range(below.size):
            line, part = fronts[side, to[j]], update[side, j]
            for i in range(j, below.size):
                line[to[i]] += part[i]


@njit(inline="always")
def _reduce(fronts: np.ndarray, pivots: np.ndarray) -> None:
    """Eliminate the first columns of `fronts` (sides, m, m), as many as there are `pivots` to fill."""
    for j in range(fronts.shape[1]):
        done = min(j, pivots.size)
        for side in range(fronts.shape[0]):
            _eliminated(fronts[side], fronts[fronts.shape[0] - 1 - side], pivots, j, done)
        if j < pivots.size:
            pivots[j] = fronts[0, j, j]


@njit(inline="always")
def _eliminated(front: np.ndarray, other: np.ndarray, pivots: np.ndarray, j: int, done: int) -> None:
    """Take the first `done` rows of `front` out of its row `j`."""
    line = front[j, j:]
    for p in range(0, done - 3, 4):  # four at a time: the line is read and written once for them
        r0, r1, r2, r3 = front[p, j:], front[p + 1, j:], front[p + 2, j:], front[p + 3, j:]
        l0, l1 = other[p, j] / pivots[p], other[p + 1, j] / pivots[p + 1]
        l2, l3 = other[p + 2, j] / pivots[p + 2], other[p + 3, j] / pivots[p + 3]
        for i in range(line.size):
            line[i] -= l0 * r0[i] + l1 * r1[i] + l2 * r2[i] + l3 * r3[i]
    for p in range(done - done % 4, done):
        row, share = front[p, j:], other[p, j] / pivots[p]
        for i in range(line.size):
            line[i] -= share * row[i]


@njit(inline="always")
def _put(fronts: np.ndarray, width: int, update: np.ndarray) -> None:
    """Copy what is left of reduced fronts to `update` (sides, b, b)."""
    for side in range(fronts.shape[0]):
        for j in range(update.shape[1]):
            part, line = update[side, j, j:], fronts[side, width + j, width + j :]
            for i in range(part.size):
                part[i] = line[i]


@njit(inline="always")
def _keep(fronts: np.ndarray, pivots: np.ndarray, blocks: np.ndarray) -> None:
    """Copy the rows of U, and of L', right of their unit diagonal from reduced fronts."""
    height = fronts.shape[1]
    for side in range(fronts.shape[0]):
        for j in range(pivots.size):
            for i in range(j + 1, height):
                blocks[side, j * height + i] = fronts[side, j, i] / pivots[j]


@njit(cache=True, fastmath=True, nogil=True)
def solve(plan: Plan, lower: np.ndarray, upper: np.ndarray, pivots: np.ndarray, X: np.ndarray) -> None:
    """Put (L D U)^-1 X in the place of X (n, m); `lower` holds L' and `upper` U, (plan.block[-1],) each."""
    s, m = plan.first.size - 1, X.shape[1]
    for k in range(s):
        rows, width = plan.rows[plan.start[k] : plan.start[k + 1]], plan.first[k + 1] - plan.first[k]
        columns = lower[plan.block[k] : plan.block[k + 1]].reshape(width, rows.size)
        for j in range(width):
            known = X[rows[j]]
            for i in range(j + 1, rows.size):
                target, share = X[rows[i]], columns[j, i]
                for q in range(m):
                    target[q] -= share * known[q]
    for k in range(s - 1, -1, -1):
        rows, width = plan.rows[plan.start[k] : plan.start[k + 1]], plan.first[k + 1] - plan.first[k]
        columns = upper[plan.block[k] : plan.block[k + 1]].reshape(width, rows.size)
        for j in range(width - 1, -1, -1):
            target = X[rows[j]]
            for q in range(m):
                target[q] /= pivots[rows[j]]
            for i in range(j + 1, rows.size):
                known, share = X[rows[i]], columns[j, i]
                for q in range(m):
                    target[q] -= share * known[q]
