"""How far two groupings of the same units agree (arrays only)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import numpy as np


def adjusted_rand(first: np.ndarray, second: np.ndarray) -> float:
    """Hubert and Arabie's adjusted Rand index of two groupings (n,): one if alike, zero on average by chance.

    Examples
    --------
    >>> adjusted_rand(np.array(["a", "a", "b"]), np.array([2, 2, 1]))
    1.0
    """
    _, a = np.unique(first, return_inverse=True)
    _, b = np.unique(second, return_inverse=True)
    table = np.zeros((a.max() + 1, b.max() + 1))
    np.add.at(table, (a, b), 1)
    both, rows, columns = (_pairs(counts) for counts in (table, table.sum(axis=1), table.sum(axis=0)))
    expected = rows * columns / max(_pairs(np.array([len(a)])), 1.0)
    most = (rows + columns) / 2
    return 1.0 if most == expected else float((both - expected) / (most - expected))


def _pairs(counts: np.ndarray) -> float:
    """Pairs inside the groups of these sizes."""
    return float((counts * (counts - 1) / 2).sum())


def ways_to_give_out(sizes: list[int], n: int) -> np.ndarray:
    """Every different way (m, n) to give groups of these sizes to n units."""

    def _fill(group: int, free: tuple[int, ...], way: np.ndarray) -> Iterator[np.ndarray]:
        if group == len(sizes) - 1:
            yield np.where(way < 0, group, way)
            return
        for chosen in combinations(free, sizes[group]):
            next_way = way.copy()
            next_way[list(chosen)] = group
            yield from _fill(group + 1, tuple(place for place in free if place not in chosen), next_way)

    return np.array(list(_fill(0, tuple(range(n)), np.full(n, -1))))
