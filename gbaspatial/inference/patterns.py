"""All distinct ways to lay classes on units: far fewer than n! where classes are few."""

from __future__ import annotations

from collections.abc import Iterator
from math import comb

import numpy as np
from scipy import sparse

from gbaspatial.inference.local_exact import subsets

_CHUNK = 20_000


def count_patterns(sizes: np.ndarray) -> int:
    """Number of distinct patterns of classes with these sizes.

    Examples
    --------
    >>> count_patterns(np.array([2, 2]))
    6
    """
    left, total = int(np.sum(sizes)), 1
    for size in map(int, sizes):
        total *= comb(left, size)
        left -= size
    return total


def class_patterns(sizes: np.ndarray) -> Iterator[np.ndarray]:
    """All distinct patterns of class codes, in chunks (m, n) with m about 20,000 or less.

    Examples
    --------
    >>> [part.tolist() for part in class_patterns(np.array([1, 2]))]
    [[[0, 1, 1], [1, 0, 1], [1, 1, 0]]]
    """
    n = int(np.sum(sizes))
    patterns, free = np.full((1, n), len(sizes) - 1), np.arange(n)[None, :]
    yield from _filled(patterns, free, [int(size) for size in sizes], 0)


def _filled(patterns: np.ndarray, free: np.ndarray, sizes: list[int], code: int) -> Iterator[np.ndarray]:
    """Lay class `code` and the following on the free places (m, f) of `patterns` (m, n)."""
    if code == len(sizes) - 1:
        yield patterns
        return
    every = subsets(free.shape[1], sizes[code])
    step = max(1, _CHUNK // len(patterns))
    for start in range(0, len(every), step):
        chosen = every[start : start + step]
        laid = np.repeat(patterns, len(chosen), axis=0)
        picks = np.tile(chosen, (len(patterns), 1))
        places = np.repeat(free, len(chosen), axis=0)
        rows = np.arange(len(laid))[:, None]
        laid[rows, places[rows, picks]] = code
        kept = np.ones(places.shape, dtype=bool)
        kept[rows, picks] = False
        yield from _filled(laid, places[kept].reshape(len(laid), -1), sizes, code + 1)


def joined_weights(upper: sparse.csr_array, codes: np.ndarray, classes: int) -> np.ndarray:
    """Weights of links by class of i and of j (m, classes, classes), for patterns `codes` (m, n) on `upper` (n, n)."""
    links = upper.tocoo()
    rows, columns = links.coords
    pair = codes[:, rows] * classes + codes[:, columns] + np.arange(len(codes))[:, None] * classes**2
    weights = np.broadcast_to(links.data, pair.shape)
    return np.bincount(pair.ravel(), weights.ravel(), len(codes) * classes**2).reshape(-1, classes, classes)
