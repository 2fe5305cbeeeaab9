"""One region beside others of more cities: connected sets of as many cities, and differences with both errors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from gbaspatial.randomness import AS_ELSEWHERE, REGIONS, stream

if TYPE_CHECKING:
    from collections.abc import Callable

_TRIES = 20  # starts for each set that is wanted, where a part of W is too small to grow in


def connected_sets(links: np.ndarray, size: int, count: int, seed: int) -> list[np.ndarray]:
    """Up to `count` connected sets of `size` units, each grown from a random unit by one random neighbor at a time.

    Parameters
    ----------
    links : numpy.ndarray of bool, shape (n, n)
    size, count, seed : int

    Returns
    -------
    list of numpy.ndarray
        Places of units; fewer, or none, where no part of W holds so many.

    Examples
    --------
    >>> ring = np.roll(np.eye(6, dtype=bool), 1, axis=1)
    >>> [sorted((each - each.min()).tolist()) for each in connected_sets(ring | ring.T, 6, 1, seed=0)]
    [[0, 1, 2, 3, 4, 5]]
    """
    rng = stream(seed, REGIONS)
    found: list[np.ndarray] = []
    for _ in range(_TRIES * count):
        if len(found) == count:
            break
        inside = np.zeros(len(links), dtype=bool)
        inside[rng.integers(len(links))] = True
        while inside.sum() < size:
            near = np.flatnonzero(links[inside].any(axis=0) & ~inside)
            if not len(near):
                break
            inside[rng.choice(near)] = True
        if inside.sum() == size:
            found.append(np.flatnonzero(inside))
    return found


def moran_as_elsewhere(W: np.ndarray, elsewhere: tuple[float, float], count: int, seed: int) -> np.ndarray:
    """Moran's I of cities with rows of `W`, were they clustered as those of another region are.

    Normal values whose lambda is drawn from the estimate elsewhere, (value, error): so many cities as `W` has show what
    such a clustering would look like among them.

    Examples
    --------
    >>> ring = (np.roll(np.eye(9), 1, axis=1) + np.roll(np.eye(9), -1, axis=1)) / 2
    >>> weak, strong = (moran_as_elsewhere(ring, (value, 0.1), 199, seed=0) for value in (0.0, 0.8))
    >>> bool(np.median(weak) < 0 < np.median(strong))
    True
    """
    rng, n = stream(seed, REGIONS, AS_ELSEWHERE), len(W)
    low = 1 / float(np.linalg.eigvals(W).real.min())
    drawn = np.clip(rng.normal(*elsewhere, count), 0.99 * low, 0.99)
    systems = np.eye(n) - drawn[:, None, None] * W
    values = np.linalg.solve(systems, rng.normal(size=(count, n, 1)))[:, :, 0]
    z = values - values.mean(axis=1, keepdims=True)
    return np.asarray(np.einsum("mi,ij,mj->m", z, W, z) / (z**2).sum(axis=1) * n / W.sum())


def place_of(own: float, others: np.ndarray) -> float:
    """Two-sided p-value, twice (r + 1) / (m + 1), of `own` among simulated values.

    Examples
    --------
    >>> place_of(5.0, np.arange(19.0)), place_of(30.0, np.arange(19.0))
    (0.7, 0.1)
    """
    tails = ((others >= own).sum(), (others <= own).sum())
    return float(min(1.0, 2 * (min(tails) + 1) / (len(others) + 1)))


def of_sets(measure: Callable[[np.ndarray], float], sets: list[np.ndarray]) -> np.ndarray:
    """A measure of each set."""
    return np.array([measure(each) for each in sets])


def difference_of(first: tuple[float, float, int], second: tuple[float, float, int]) -> tuple[float, float, float]:
    """Difference, standard error and two-sided p-value of two estimates (value, error, cities), by Welch's t.

    Few cities make an error itself uncertain: each counts by its number of cities less one.

    Examples
    --------
    >>> [round(each, 3) for each in difference_of((0.5, 0.1, 9), (0.1, 0.1, 40))]
    [0.4, 0.141, 0.009]
    """
    (one, s, n), (two, t, m) = first, second
    error = float(np.hypot(s, t))
    df = error**4 / (s**4 / (n - 1) + t**4 / (m - 1))
    return one - two, error, float(2 * special.stdtr(df, -abs(one - two) / error))
