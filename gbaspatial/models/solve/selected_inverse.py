"""Entries of (I - rho W)^-1 where W has links, from the factors of I - rho W: arrays only, W sparse.

The inverse Z of L D U obeys Z = U^-1 D^-1 L^-1, and so, for a column j and the rows R of its
factors below it (Takahashi, Fagan and Chin 1973; Erisman and Tinney 1975)::

    Z_jR = -U_jR Z_RR,   Z_Rj = -Z_RR L_Rj,   Z_jj = 1 / d_j - Z_jR L_Rj

Taken from the last column to the first, Z_RR is known by then, so that the inverse is known
wherever the factors have entries, at the price of a few more factorizations. Traces such as
tr(W' (I - rho W)^-1) need no other entries.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from scipy import sparse

from gbaspatial.models.solve.factor import Eliminated
from gbaspatial.models.solve.supernodes import Plan


def inverse_on_links(factor: Eliminated) -> sparse.csr_array:
    """The entries (n, n) of (I - rho W)^-1 on the diagonal and where W or its transpose has links."""
    pencil = factor.pencil
    upper, lower, diagonal = _entries(pencil.plan, factor.factors[0], factor.factors[-1], factor.pivots)
    plan, n = pencil.plan, len(diagonal)
    row = np.repeat(np.arange(n), np.diff(plan.indptr))
    above = plan.indices > row
    i, j = row[above], plan.indices[above]
    rows, columns = np.concatenate([i, j, np.arange(n)]), np.concatenate([j, i, np.arange(n)])
    values = np.concatenate([upper[above], lower[above], diagonal])
    values = values * pencil.root[columns] / pencil.root[rows]
    return sparse.csr_array((values, (pencil.order[rows], pencil.order[columns])), shape=(n, n))


def inverse_trace(factor: Eliminated) -> float:
    """tr((I - rho W)^-1)."""
    return float(diagonal_of_inverse(factor.pencil.plan, factor.factors[0], factor.factors[-1], factor.pivots).sum())


def diagonal_of_inverse(plan: Plan, upper: np.ndarray, lower: np.ndarray, pivots: np.ndarray) -> np.ndarray:
    """The diagonal (n,) of the inverse, in the order of `plan`; `upper` holds U and `lower` L' by supernodes."""
    return np.asarray(_entries(plan, upper, lower, pivots)[2])


@njit(cache=True, nogil=True)
def _entries(
    plan: Plan, upper: np.ndarray, lower: np.ndarray, pivots: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """By stored entry (i, j) with i < j of the pattern: Z_ij and Z_ji (nnz,); and the diagonal of Z (n,).

    `over` and `under` hold Z_JR and Z_RJ' of every supernode as the factors hold U_JR and L_RJ'.
    """
    n, s = pivots.size, plan.first.size - 1
    owner, over, under = np.empty(n, np.int32), np.empty(plan.block[s]), np.empty(plan.block[s])
    above, below, diagonal = np.zeros(plan.indices.size), np.zeros(plan.indices.size), np.empty(n)
    for k in range(s):
        owner[plan.first[k] : plan.first[k + 1]] = k
    for k in range(s - 1, -1, -1):
        rows, column = plan.rows[plan.start[k] : plan.start[k + 1]], plan.first[k]
        width, height, block = plan.first[k + 1] - column, rows.size, slice(plan.block[k], plan.block[k + 1])
        front = np.empty((height, height))
        _gather(front, plan, owner, over, under, rows, width)
        U, L = upper[block].reshape(width, height), lower[block].reshape(width, height)
        for j in range(width - 1, -1, -1):
            _extend(front, U[j], L[j], pivots[column + j], j)
        over[block] = front[:width].copy().reshape(-1)
        under[block] = front[:, :width].T.copy().reshape(-1)
        for j in range(width):
            diagonal[column + j] = front[j, j]
            to = j
            for p in range(plan.indptr[column + j], plan.indptr[column + j + 1]):
                if plan.indices[p] > column + j:
                    to = np.searchsorted(rows, plan.indices[p])
                    above[p], below[p] = front[j, to], front[to, j]
    return above, below, diagonal


@njit(inline="always")
def _gather(
    front: np.ndarray, plan: Plan, owner: np.ndarray, over: np.ndarray, under: np.ndarray, rows: np.ndarray, width: int
) -> None:
    """Put Z of the rows below a supernode into its `front`: they are among the rows of the owner of each of them."""
    for i in range(width, rows.size):
        k = owner[rows[i]]
        theirs = plan.rows[plan.start[k] : plan.start[k + 1]]
        line = plan.block[k] + (rows[i] - plan.first[k]) * theirs.size
        place = 0
        for j in range(i, rows.size):
            while theirs[place] < rows[j]:
                place += 1
            front[i, j], front[j, i] = over[line + place], under[line + place]


@njit(inline="always")
def _extend(front: np.ndarray, u: np.ndarray, low: np.ndarray, pivot: float, j: int) -> None:
    """Row and column `j` of Z from those after it: Z_jR = -u Z_RR, Z_Rj = -Z_RR l, Z_jj = 1 / d - Z_jR l."""
    m = front.shape[0]
    front[j, j + 1 :] = 0.0
    for i in range(j + 1, m):
        share, total, line = u[i], 0.0, front[i]
        for q in range(j + 1, m):
            front[j, q] -= share * line[q]
            total += line[q] * low[q]
        front[i, j] = -total
    corner = 1 / pivot
    for q in range(j + 1, m):
        corner -= front[j, q] * low[q]
    front[j, j] = corner
