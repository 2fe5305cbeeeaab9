"""The plan of a sparse symmetric elimination: compiled loops on the pattern of a matrix, no numbers.

The matrix is n x n, symmetric, both triangles stored by rows (CSR). Its elimination tree says
which column needs which (Liu 1990). Columns in postorder with the same pattern below them
form a supernode and are eliminated together, as one dense front (Duff and Reid 1983); small
supernodes are merged with their parents where that stores few zeros.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

_FEW = 8  # columns that are merged whatever zeros this stores
_ZEROS = 0.1  # share of zeros in larger merged supernodes


class Plan(NamedTuple):
    """How to eliminate a symmetric matrix whose units stand in postorder; s supernodes.

    Attributes
    ----------
    indptr, indices : numpy.ndarray of int32, shape (n + 1,), (nnz,)
        The pattern of the matrix.
    first : numpy.ndarray of int32, shape (s + 1,)
        The first column of each supernode.
    start : numpy.ndarray of int64, shape (s + 1,)
    rows : numpy.ndarray of int32
        The rows of supernode k are rows[start[k] : start[k + 1]]: its own columns, then those below.
    children : numpy.ndarray of int32, shape (s,)
        How many supernodes hand their update to each.
    block : numpy.ndarray of int64, shape (s + 1,)
        Where the columns of each supernode start in stored factors.
    front, stack : int
        Entries of the largest front, and of the updates that wait at most.
    """

    indptr: np.ndarray
    indices: np.ndarray
    first: np.ndarray
    start: np.ndarray
    rows: np.ndarray
    children: np.ndarray
    block: np.ndarray
    front: int
    stack: int


def planned(indptr: np.ndarray, indices: np.ndarray) -> Plan:
    """The plan for a matrix whose units stand in a postorder of its elimination tree."""
    parent, count = ancestry(indptr, indices)
    first = supernodes(parent, count, _FEW, _ZEROS)
    start, rows, above = structure(indptr, indices, parent, count, first)
    children, block, front, stack = room(first, start, above)
    return Plan(indptr, indices, first, start, rows, children, block, front, stack)


@njit(cache=True)
def ancestry(indptr: np.ndarray, indices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Parents in the elimination tree, -1 at a root (n,), and entries in each column of the factor (n,)."""
    n = indptr.size - 1
    parent, seen = np.full(n, -1, np.int32), np.full(n, -1, np.int32)
    count = np.ones(n, np.int64)
    for k in range(n):
        seen[k] = k
        for p in range(indptr[k], indptr[k + 1]):
            i = indices[p]
            while i < k and seen[i] != k:
                if parent[i] == -1:
                    parent[i] = k
                count[i] += 1
                seen[i] = k
                i = parent[i]
    return parent, count


@njit(cache=True)
def postorder(parent: np.ndarray) -> np.ndarray:
    """The nodes of a forest (n,), every subtree in one piece and before its root."""
    n = parent.size
    child, sibling = np.full(n + 1, -1, np.int32), np.full(n, -1, np.int32)
    for j in range(n - 1, -1, -1):
        above = parent[j] if parent[j] >= 0 else n
        sibling[j] = child[above]
        child[above] = j
    order, path = np.empty(n, np.int32), np.empty(n + 1, np.int32)
    path[0], top, done = n, 0, 0
    while top >= 0:
        node = path[top]
        if child[node] == -1:
            if node < n:
                order[done] = node
                done += 1
            top -= 1
        else:
            top += 1
            path[top] = child[node]
            child[node] = sibling[child[node]]
    return order


@njit(cache=True)
def supernodes(parent: np.ndarray, count: np.ndarray, few: int, share: float) -> np.ndarray:
    """The first column of each supernode, and n."""
    n = parent.size
    first, zeros = np.empty(n + 1, np.int32), np.zeros(n, np.int64)
    top = -1
    for j in range(n):
        if top < 0 or parent[j - 1] != j or count[j - 1] != count[j] + 1:
            top += 1
            first[top], zeros[top] = j, 0
        first[top + 1] = j + 1
        if j + 1 < n and parent[j] == j + 1 and count[j] == count[j + 1] + 1:
            continue  # goes on with the next column
        while top > 0 and first[top] <= parent[first[top] - 1] <= j:  # the one before is a child
            one, two, below = first[top] - first[top - 1], j + 1 - first[top], count[j] - 1
            wide = one + two
            more = zeros[top - 1] + zeros[top] + one * (two + below - count[first[top] - 1] + 1)
            if wide > few and more > share * (wide * (wide + below) - wide * (wide - 1) // 2):
                break
            top -= 1
            zeros[top] = more
            first[top + 1] = j + 1
    return first[: top + 2].copy()


@njit(cache=True)
def structure(
    indptr: np.ndarray, indices: np.ndarray, parent: np.ndarray, count: np.ndarray, first: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Where the rows of each supernode start (s + 1,), the rows, and its parent, -1 at a root (s,)."""
    n, s = parent.size, first.size - 1
    owner, above = np.empty(n, np.int32), np.full(s, -1, np.int32)
    start = np.zeros(s + 1, np.int64)
    for k in range(s):
        start[k + 1] = start[k] + first[k + 1] - first[k] + count[first[k + 1] - 1] - 1
        owner[first[k] : first[k + 1]] = k
    rows, end = np.empty(start[s], np.int32), start[:s].copy()
    for k in range(s):
        last = first[k + 1] - 1
        if parent[last] >= 0:
            above[k] = owner[parent[last]]
        for j in range(first[k], first[k + 1]):
            rows[end[k]] = j
            end[k] += 1
    seen = np.full(n, -1, np.int32)
    for k in range(n):
        seen[k] = k
        for p in range(indptr[k], indptr[k + 1]):
            i = indices[p]
            while i < k and seen[i] != k:
                seen[i] = k
                if i == first[owner[i] + 1] - 1:  # the last column has the rows of all below it
                    rows[end[owner[i]]] = k
                    end[owner[i]] += 1
                i = parent[i]
    return start, rows, above


@njit(cache=True)
def room(first: np.ndarray, start: np.ndarray, above: np.ndarray) -> tuple[np.ndarray, np.ndarray, int, int]:
    """Children of each supernode (s,), where its columns are stored (s + 1,), the largest front, the highest stack."""
    s = first.size - 1
    children, block, waiting = np.zeros(s, np.int32), np.zeros(s + 1, np.int64), np.zeros(s, np.int64)
    front = highest = stack = 0
    for k in range(s):
        height, width = start[k + 1] - start[k], first[k + 1] - first[k]
        block[k + 1] = block[k] + height * width
        front = max(front, height * height)
        stack += (height - width) ** 2 - waiting[k]
        highest = max(highest, stack)
        if above[k] >= 0:
            children[above[k]] += 1
            waiting[above[k]] += (height - width) ** 2
    return children, block, front, highest
