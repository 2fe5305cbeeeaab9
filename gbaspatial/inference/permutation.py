"""Monte Carlo over orders of the values: p = (r + 1) / (m + 1), with an interval, stopping early if asked.

Draws are keyed by their number, so the answer is the same for any number of threads, and
the first 999 of 9,999 draws are those of a run of 999. Few units are plain NumPy, so
that a first call never waits for compilation; from `COMPILED_FROM` units on, compiled
loops run in threads. The number of units alone decides, and never that of the draws, for
the two ways draw otherwise.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import numpy as np
from scipy import sparse

from gbaspatial.inference.local_exact import TIE
from gbaspatial.inference.null import Null, check_draws, monte_carlo_p
from gbaspatial.progress import track
from gbaspatial.randomness import stream
from gbaspatial.repeated.blocks import map_blocks, spans
from gbaspatial.sizes import COMPILED_FROM, LISTED_FROM, SHUFFLED_FROM

T = TypeVar("T")

_AT_ONCE = 50_000  # values drawn between two looks at the clock
_BLOCK = 1_000
_WORTH_A_THREAD = 500_000
_CELLS = 4_000_000  # of orders that are held at once
_TOLD_THREADS = ("NUMBA_NUM_THREADS", "OMP_NUM_THREADS")


def key_of(seed: int) -> np.uint64:
    """The 64-bit key of the compiled generators for any non-negative `seed`."""
    return np.random.SeedSequence(seed).generate_state(1, np.uint64)[0]


def threads() -> int:
    """Processors at hand, or fewer where NUMBA_NUM_THREADS (or else OMP_NUM_THREADS) says so."""
    there = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1)
    wanted = next((value for name in _TOLD_THREADS if (value := os.environ.get(name, "")).isdecimal()), str(there))
    return max(1, min(there, int(wanted)))


def in_parts(work: Callable[[int, int], None], total: int, parts: int | None = None) -> None:
    """Run `work(start, stop)` over `total` items in `parts` threads (all processors by default)."""
    parts = min(threads() if parts is None else parts, total)
    if parts <= 1:
        work(0, total)
        return
    cuts = [total * part // parts for part in range(parts + 1)]
    with ThreadPoolExecutor(parts) as pool:
        list(pool.map(work, cuts[:-1], cuts[1:]))


def orders(n: int, draws: int, seed: int, first: int = 0) -> np.ndarray:
    """Random orders (draws, n) of n units, for the draws numbered from `first`, a multiple of 1,000.

    Examples
    --------
    >>> sorted(orders(4, 1, seed=7)[0].tolist())
    [0, 1, 2, 3]
    >>> bool((orders(5, 3, seed=7) == orders(5, 9, seed=7)[:3]).all())
    True
    """
    parts = list(orders_in_parts(n, draws, seed, first))
    return np.concatenate(parts) if len(parts) != 1 else parts[0]


def orders_in_parts(n: int, draws: int, seed: int, first: int = 0) -> Iterator[np.ndarray]:
    """The same orders in parts (m, n) of at most four million places, so that few are held at once."""
    if n >= SHUFFLED_FROM:
        yield from _shuffled(n, first, first + draws, seed)
        return
    bits = np.uint64(max(n - 1, 1).bit_length())
    for start, stop in spans(0, draws, _BLOCK):
        rng = stream(seed, (first + start) // _BLOCK)
        for low, high in spans(start, stop, max(1, _CELLS // n)):
            keys = rng.integers(0, 2**64, size=(high - low, n), dtype=np.uint64)
            # the place rides in the low bits of its random key: sorting is quicker than argsort
            keys = (keys >> bits << bits) | np.arange(n, dtype=np.uint64)
            keys.sort(axis=1)
            yield (keys & ((np.uint64(1) << bits) - np.uint64(1))).view(np.int64)


def _shuffled(n: int, start: int, stop: int, seed: int) -> Iterator[np.ndarray]:
    from gbaspatial.inference import loops

    key = key_of(seed)
    for low, high in spans(start, stop, max(1, _CELLS // n)):
        out = np.empty((high - low, n), dtype=np.int64)

        def _work(first: int, last: int, out: np.ndarray = out, low: int = low) -> None:
            loops.orders_drawn(key, low + first, low + last, out[first:last])

        in_parts(_work, high - low)
        yield out


def over_orders(statistic: Callable[[np.ndarray], T], n: int, draws: int, seed: int) -> list[T]:
    """`statistic` of each of `draws` random orders (n,), which are made a few at a time.

    Examples
    --------
    >>> over_orders(lambda order: int(order[0]), 3, 2, seed=1) == orders(3, 2, seed=1)[:, 0].tolist()
    True
    """
    work = partial(_each_of, statistic, n, seed)
    parts = map_blocks(work, spans(0, draws, _BLOCK), "permutations", told_inside=True)
    return [value for part in parts for value in part]


def _each_of(statistic: Callable[[np.ndarray], T], n: int, seed: int, span: tuple[int, int]) -> list[T]:
    start, stop = span
    every = (order for part in orders_in_parts(n, stop - start, seed, start) for order in part)
    return [statistic(order) for order in track(every, "permutations", total=stop - start)]


@dataclass(frozen=True, slots=True, eq=False)
class PairSampler:
    """Draws of sum_ij s_ij x_i x_j over links i < j and of sum_i a_i x_i^2, for random orders of x.

    Parameters
    ----------
    upper : scipy.sparse.csr_array, shape (n, n)
        Strict upper triangle of W + W'.
    x : numpy.ndarray, shape (n,)
    a : numpy.ndarray, shape (n,), optional
    """

    upper: sparse.csr_array
    x: np.ndarray
    a: np.ndarray | None = None

    def draw(self, start: int, stop: int, seed: int, parts: int | None = None, compiled: bool = True) -> np.ndarray:
        """Both sums (stop - start, 2) for draws `start` to `stop`; without loops compiled, by blocks of 1,000."""
        if not compiled:
            return self._by_numpy(orders(len(self.x), stop - start, seed, start))
        from gbaspatial.inference import loops

        out = np.empty((stop - start, 2))
        a = np.empty(0) if self.a is None else self.a
        key, U = key_of(seed), self.upper
        rows, columns = np.repeat(np.arange(len(self.x), dtype=np.int32), np.diff(U.indptr)), U.indices.astype(np.int32)

        def _work(first: int, last: int) -> None:
            part = out[first:last]
            loops.product_draws(rows, columns, U.data, self.x, a, key, start + first, start + last, part)

        alone = parts is None and (stop - start) * len(self.x) < _WORTH_A_THREAD
        in_parts(_work, stop - start, 1 if alone else parts)
        return out

    def _by_numpy(self, order: np.ndarray) -> np.ndarray:
        X = self.x[order]
        near = X @ self.upper.toarray().T if len(self.x) < LISTED_FROM else (self.upper @ X.T).T
        pairs = np.einsum("ij,ij->i", near, X)
        alone = np.zeros(len(X)) if self.a is None else (X * X) @ self.a
        return np.column_stack([pairs, alone])


def class_draws(
    upper: sparse.csr_array, codes: np.ndarray, classes: int, draws: int, seed: int, parts: int | None = None
) -> np.ndarray:
    """Weights summed by pair of classes (draws, classes, classes) over links i < j, for random orders of `codes`."""
    n = len(codes)
    if n < COMPILED_FROM:
        work: Callable[[tuple[int, int]], np.ndarray] = partial(_joins_by_numpy, upper, codes, classes, seed)
        step = _BLOCK
    else:
        work = partial(_joins_compiled, upper, codes.astype(np.int32), classes, seed, parts)
        step = max(_BLOCK, _AT_ONCE // n)  # draws are keyed by their number, so that steps change nothing
    return np.concatenate(list(map_blocks(work, spans(0, draws, step), "permutations")))


def _joins_by_numpy(
    upper: sparse.csr_array, codes: np.ndarray, classes: int, seed: int, span: tuple[int, int]
) -> np.ndarray:
    links, (start, stop) = upper.tocoo(), span
    rows, columns = links.coords
    order = codes[orders(len(codes), stop - start, seed, start)]
    pair = order[:, rows] * classes + order[:, columns] + np.arange(stop - start)[:, None] * classes**2
    weights = np.broadcast_to(links.data, pair.shape).ravel()
    size = (stop - start) * classes**2
    return np.bincount(pair.ravel(), weights, size).reshape(-1, classes, classes).astype(float)


def _joins_compiled(
    upper: sparse.csr_array, codes: np.ndarray, classes: int, seed: int, parts: int | None, span: tuple[int, int]
) -> np.ndarray:
    from gbaspatial.inference import loops

    key, (start, stop) = key_of(seed), span
    out = np.zeros((stop - start, classes, classes))

    def _work(first: int, last: int) -> None:
        loops.class_draws(
            upper.indptr, upper.indices, upper.data, codes, classes, key, start + first, start + last, out[first:last]
        )

    in_parts(_work, stop - start, parts)
    return out


def sampled_null(
    draw: Callable[[int, int], np.ndarray],
    observed: float,
    *,
    draws: int,
    seed: int,
    moments: tuple[float, float] | None = None,
    stop_after: int | None = None,
    alternative: str = "two-sided",
) -> Null:
    """The null distribution of a statistic from its values for random orders.

    Parameters
    ----------
    draw : callable
        ``draw(start, stop)`` gives the statistic (stop - start,) of these draws.
    observed : float
    draws : int
        The most draws made.
    seed : int
        Recorded.
    moments : (float, float), optional
        Mean and variance over all orders, where known; else those of the sample.
    stop_after : int, optional
        Stop at the draw l with which the tail that `alternative` looks at holds this many
        draws h (both tails, if two-sided); its probability is then h / l.
    alternative : str

    References
    ----------
    Besag, J. and Clifford, P. (1991). Biometrika 78, 301-304.
    """
    draws = check_draws(draws)
    step = draws if stop_after is None else _BLOCK
    sample = np.empty(0)
    while len(sample) < draws:
        sample = np.concatenate([sample, draw(len(sample), min(len(sample) + step, draws))])
        center, spread = (sample.mean(), sample.std()) if moments is None else (moments[0], np.sqrt(moments[1]))
        tie = TIE * max(abs(observed), abs(center) + spread, 1e-300)
        above, below = sample >= observed - tie, sample <= observed + tie
        if stop_after is not None:
            made = _stopping_draw(above, below, stop_after, alternative)
            if made <= len(sample):
                above, below, sample = above[:made], below[:made], sample[:made]
                tails = above.mean(), below.mean()
                break
    else:
        tails = monte_carlo_p(above.sum(), draws), monte_carlo_p(below.sum(), draws)
    stopped = len(sample) < draws
    mean, variance = moments or (float(sample.mean()), float(sample.var(ddof=1)) if len(sample) > 1 else np.nan)
    if variance <= tie**2:  # the same for every order, to rounding
        variance = 0.0
    upper, lower = map(float, tails)
    return Null("permutation", observed, mean, variance, upper, lower, len(sample), seed, stopped, sample)


def _stopping_draw(above: np.ndarray, below: np.ndarray, h: int, alternative: str) -> int:
    """The draw, counted from one, with which the tails looked at hold `h` draws; beyond the last if never."""
    looked_at = {"greater": [above], "less": [below]}.get(alternative, [above, below])
    places = [np.flatnonzero(hits) for hits in looked_at]
    return max(int(found[h - 1]) + 1 if len(found) >= h else len(above) + 1 for found in places)


def permutation_null(
    statistic: Callable[[np.ndarray], np.ndarray],
    n: int,
    observed: float,
    *,
    draws: int,
    seed: int,
    moments: tuple[float, float] | None = None,
    stop_after: int | None = None,
    alternative: str = "two-sided",
) -> Null:
    """`sampled_null` of any statistic that takes orders (m, n) and gives values (m,).

    Examples
    --------
    >>> x = np.arange(6.0)
    >>> null = permutation_null(lambda order: x[order] @ x, 6, float(x @ x), draws=99, seed=1)
    >>> null.upper
    0.01
    """

    work = partial(_of_orders, statistic, n, seed)
    step = max(1, 2_000_000 // max(n, 1) // _BLOCK) * _BLOCK

    def _draw(start: int, stop: int) -> np.ndarray:
        return np.concatenate(list(map_blocks(work, spans(start, stop, step), "permutations")))

    return sampled_null(
        _draw, observed, draws=draws, seed=seed, moments=moments, stop_after=stop_after, alternative=alternative
    )


def _of_orders(statistic: Callable[[np.ndarray], np.ndarray], n: int, seed: int, span: tuple[int, int]) -> np.ndarray:
    start, stop = span
    return np.concatenate([statistic(part) for part in orders_in_parts(n, stop - start, seed, start)])
