"""Exact tails of sums of weighted draws without replacement, by meeting in the middle.

With equal weights the n - 1 other values are cut into two halves, the sums of all subsets
of each half are sorted, and pairs above a threshold are counted by searching. With
unequal weights the k places are cut instead, and all ordered assignments are counted.
Neither lists all sets, so that 10! assignments take milliseconds.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import combinations, permutations
from math import comb, perm

import numpy as np
from scipy import sparse

from gbaspatial.errors import OptionError
from gbaspatial.progress import track

MOST_SETS = 1_000_000
MOST_ORDERS = 4_000_000  # 10! is below: every unit of eleven is exact for any weights
_MOST_WORK = 20_000_000
_MOST_SUMS = 2_000_000
TIE = 1e-10


@lru_cache(maxsize=64)
def subsets(n: int, k: int) -> np.ndarray:
    """All k-subsets of range(n), shape (C(n, k), k)."""
    flat = np.fromiter((i for c in combinations(range(n), k) for i in c), dtype=np.intp, count=comb(n, k) * k)
    return flat.reshape(comb(n, k), k)


@lru_cache(maxsize=64)
def arrangements(n: int, k: int) -> np.ndarray:
    """All ordered choices of k of range(n), shape (n! / (n - k)!, k)."""
    flat = np.fromiter((i for c in permutations(range(n), k) for i in c), dtype=np.intp, count=perm(n, k) * k)
    return flat.reshape(perm(n, k), k)


def count_subsets(values: np.ndarray, k: int, target: float, tie: float) -> tuple[int, int]:
    """How many k-subsets of `values` (m,) have a sum >= and <= `target`, sums within `tie` being equal.

    Examples
    --------
    >>> count_subsets(np.array([1.0, 2.0, 3.0, 4.0]), 2, 5.0, 1e-9)
    (4, 4)
    """
    half = len(values) // 2
    left, right = values[:half], values[half:]
    at_least = at_most = 0
    for j in range(max(0, k - len(right)), min(k, half) + 1):
        one = left[subsets(half, j)].sum(axis=1)
        two = right[subsets(len(right), k - j)].sum(axis=1)
        one, two = (one, two) if len(one) >= len(two) else (two, one)
        one = np.sort(one)
        at_least += one.size * two.size - int(np.searchsorted(one, target - tie - two, side="left").sum())
        at_most += int(np.searchsorted(one, target + tie - two, side="right").sum())
    return at_least, at_most


def count_assignments(weights: np.ndarray, values: np.ndarray, target: float, tie: float) -> tuple[int, int]:
    """How many ordered choices of `values` (m,) for `weights` (k,) have a weighted sum >= and <= `target`.

    Examples
    --------
    >>> count_assignments(np.array([1.0, 2.0]), np.array([0.0, 1.0, 2.0]), 4.0, 1e-9)
    (3, 5)
    """
    m, k = len(values), len(weights)
    half = k // 2
    inner = arrangements(half, half)
    outer = arrangements(m - half, k - half)
    at_least = at_most = 0
    for chosen in subsets(m, half):
        one = np.sort(values[chosen][inner] @ weights[:half])
        two = np.delete(values, chosen)[outer] @ weights[half:]
        at_least += one.size * two.size - int(np.searchsorted(one, target - tie - two, side="left").sum())
        at_most += int(np.searchsorted(one, target + tie - two, side="right").sum())
    return at_least, at_most


def equal_rows(W: sparse.csr_array) -> np.ndarray:
    """Whether all weights of a row are equal (n,); rows without links count as equal."""
    counts = np.diff(W.indptr)
    equal = np.ones(W.shape[0], dtype=bool)
    linked = counts > 0
    if linked.any():
        starts = W.indptr[:-1][linked]
        high, low = np.maximum.reduceat(W.data, starts), np.minimum.reduceat(W.data, starts)
        equal[linked] = high - low <= 1e-12 * high
    return equal


def _kinds_of_rows(W: sparse.csr_array, tested: np.ndarray) -> list[tuple[int, bool, int]]:
    """Number of neighbors, whether weights are equal, and how many `tested` units are so."""
    repeats = np.bincount((2 * np.diff(W.indptr) + equal_rows(W))[tested])
    return [(int(code) // 2, bool(code % 2), int(repeats[code])) for code in np.flatnonzero(repeats)]


def is_affordable(W: sparse.csr_array, tested: np.ndarray, everyone: bool = False) -> bool:
    """Whether no tested unit has more than a million sets (four million ordered assignments) and all are quick."""
    m = W.shape[0] - (0 if everyone else 1)
    work = 0
    for k, equal, units in _kinds_of_rows(W, tested):
        if equal:
            if comb(m, k) > MOST_SETS:
                return False
            half = m // 2
            work += units * sum(comb(half, j) + comb(m - half, k - j) for j in range(k + 1))
        else:
            if perm(m, k) > MOST_ORDERS:
                return False
            work += units * comb(m, k // 2) * perm(m - k // 2, k - k // 2)
    return work <= _MOST_WORK


def too_many(m: int, k: int, equal: bool) -> bool:
    """Whether counting the sets of `k` of `m` others needs more than memory and minutes allow."""
    if equal:
        half = m // 2
        places = range(max(0, k - (m - half)), min(k, half) + 1)
        return sum(comb(half, j) + comb(m - half, k - j) for j in places) > _MOST_SUMS
    half = k // 2
    inner = perm(m - half, k - half)
    return inner > _MOST_SUMS or comb(m, half) * inner > 100 * _MOST_WORK


def tails(
    W: sparse.csr_array,
    channels: np.ndarray,
    coefficients: np.ndarray,
    tested: np.ndarray,
    everyone: bool = False,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """P(T_i >= observed), P(T_i <= observed) and the number of sets (n,), NaN and 0 where not `tested`."""
    n = W.shape[0]
    upper, lower, size = np.full(n, np.nan), np.full(n, np.nan), np.zeros(n, dtype=np.int64)
    equal = equal_rows(W)
    others_of = n if everyone else n - 1
    for k, alike, _ in _kinds_of_rows(W, tested):
        if too_many(others_of, k, alike):
            raise OptionError(
                f"inference='exact' counts all sets of neighbors, but a unit with {k} of {others_of} others "
                f"{'has' if alike else 'with unequal weights has'} too many; use inference='permutation'."
            )
    for i in track(np.flatnonzero(tested), "units"):
        places = slice(W.indptr[i], W.indptr[i + 1])
        brought = coefficients[:, i] @ channels
        weights = W.data[places]
        others = brought if everyone else np.delete(brought, i)
        target = float(weights @ brought[W.indices[places]])
        tie = TIE * float(np.abs(weights).sum() * np.abs(others).max())
        if equal[i]:
            scale = float(weights[0])
            counted = count_subsets(others, len(weights), target / scale, tie / scale)
            size[i] = comb(len(others), len(weights))
        else:
            counted = count_assignments(weights, others, target, tie)
            size[i] = perm(len(others), len(weights))
        upper[i], lower[i] = counted[0] / size[i], counted[1] / size[i]
    return upper, lower, size
