"""Conditional tests of local statistics: the unit keeps its value, its neighbors are drawn from all others.

A local statistic is here a sum over neighbors, T_i = sum_j w_ij sum_c a_ci x_cj: a few
*channels* x_c of values (Moran and G have one, Geary has z and z^2), combined by
coefficients a_c of the unit. What a term adds that does not depend on the draw is left
out, on both sides.

All units share the draws: draw p is a list of distinct units, of which unit i takes the
first k_i other than itself. Each unit's sample is then exactly a conditional one, while
sums over the first k values of every draw are formed once for all units with k neighbors.
The Monte Carlo errors of different units are therefore correlated; each p-value is valid
on its own.

References
----------
Anselin, L. (1995). Geographical Analysis 27, 93-115.
Sokal, R. R., Oden, N. L. and Thomson, B. A. (1998). Geographical Analysis 30, 331-354.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np
from scipy import sparse

from gbaspatial.inference import local_exact
from gbaspatial.inference.counting import DrawCounter
from gbaspatial.inference.local_exact import TIE
from gbaspatial.inference.moments import without_noise
from gbaspatial.inference.null import LocalNull, check_draws, monte_carlo_p
from gbaspatial.inference.permutation import orders_in_parts
from gbaspatial.randomness import stream
from gbaspatial.repeated.blocks import in_pieces, map_blocks, spans


@dataclass(frozen=True, slots=True, eq=False)
class LocalSums:
    """A local statistic as sums over neighbors.

    Parameters
    ----------
    W : scipy.sparse.csr_array, shape (n, n)
    channels : numpy.ndarray, shape (c, n)
        Values that neighbors bring.
    coefficients : numpy.ndarray, shape (c, n)
        What each unit makes of them.
    everyone : bool
        Whether the unit itself is among those drawn from (Gi*, where W has a diagonal),
        so that all n values are random.
    """

    W: sparse.csr_array
    channels: np.ndarray
    coefficients: np.ndarray
    everyone: bool = False

    @property
    def observed(self) -> np.ndarray:
        """T_i (n,)."""
        return sum((a * (self.W @ x) for a, x in zip(self.coefficients, self.channels)), np.zeros(self.W.shape[0]))

    def moments(self, totals: Totals | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Mean and variance (n,) of T_i over all draws, exact for any weights; `totals` if W has not all units."""
        if self.everyone:
            return unconditional_moments(self.W, self.channels, self.coefficients)
        return conditional_moments(self.W, self.channels, self.coefficients, totals)


class Totals(NamedTuple):
    """Of the channels of all units: how many units there are, means (c,) and sums of products of deviations (c, c)."""

    n: int
    mean: np.ndarray
    products: np.ndarray


def row_sums(W: sparse.csr_array) -> tuple[np.ndarray, np.ndarray]:
    """Sums of the weights of each row and of their squares (n,), (n,)."""
    n = W.shape[0]
    rows = np.repeat(np.arange(n), np.diff(W.indptr))
    return np.bincount(rows, W.data, n), np.bincount(rows, W.data**2, n)


def conditional_moments(
    W: sparse.csr_array, channels: np.ndarray, coefficients: np.ndarray, totals: Totals | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Mean and variance (n,) of T_i when its neighbors are drawn from the n - 1 other units.

    With v_j = sum_c a_ci x_cj they are (sum_j w_ij) mean(v) and
    (sum_j w_ij^2 - (sum_j w_ij)^2 / (n - 1)) times the variance of v with divisor n - 2,
    both over j other than i: right for any weights, row-standardized or not.
    """
    sums, squares = row_sums(W)
    n, center = (W.shape[0], channels.mean(axis=1)) if totals is None else totals[:2]
    centered = channels - center[:, None]
    # moments over the others, from those over all: the unit itself taken out
    mean = center[:, None] - centered / (n - 1)
    total = centered @ centered.T if totals is None else totals.products
    expected = sums * (coefficients * mean).sum(axis=0)
    own = (coefficients * centered).sum(axis=0)
    everyone = np.einsum("cn,cd,dn->n", coefficients, total, coefficients)
    spread = without_noise(everyone - own**2 - own**2 / (n - 1), everyone)
    if n < 3:
        return expected, np.full(len(sums), np.nan)
    return expected, without_noise(squares - sums**2 / (n - 1), squares) * spread / (n - 2)


def unconditional_moments(
    W: sparse.csr_array, channels: np.ndarray, coefficients: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Mean and variance (n,) of T_i when all n values are random, that of the unit too."""
    n = W.shape[0]
    sums, squares = row_sums(W)
    centered = channels - channels.mean(axis=1, keepdims=True)
    expected = sums * (coefficients * channels.mean(axis=1, keepdims=True)).sum(axis=0)
    spread = np.einsum("cn,cd,dn->n", coefficients, centered @ centered.T, coefficients)
    return expected, without_noise(squares - sums**2 / n, squares) * spread / (n - 1)


def conditional_null(
    sums: LocalSums,
    inference: str,
    *,
    draws: int = 9_999,
    seed: int = 0,
    needed: np.ndarray | None = None,
    shift: np.ndarray | float = 0.0,
) -> LocalNull:
    """Tails of every T_i by all sets of neighbors or by draws.

    Parameters
    ----------
    sums : LocalSums
    inference : {"auto", "exact", "permutation"}
        ``"auto"`` is exact if no unit has more than a million sets of neighbors.
    draws : int
        Number of draws where not exact.
    seed : int
    needed : numpy.ndarray of bool, shape (n,), optional
        Units to test; the others get NaN, as units without neighbors do.
    shift : float or numpy.ndarray, shape (n,)
        What the statistic adds to T_i, whatever is drawn; it moves `observed` and `mean`.

    Returns
    -------
    LocalNull
        ``upper``, ``lower`` P(T >= observed), P(T <= observed); ``size`` the sets
        enumerated or drawn for each unit.
    """
    counts = np.diff(sums.W.indptr)
    tested = counts > 0 if needed is None else (counts > 0) & needed
    mean, variance = sums.moments()
    observed, mean = sums.observed + shift, mean + shift
    if inference == "auto":
        inference = "exact" if local_exact.is_affordable(sums.W, tested, sums.everyone) else "permutation"
    if inference == "exact":
        upper, lower, size = local_exact.tails(sums.W, sums.channels, sums.coefficients, tested, sums.everyone)
        return LocalNull("exact", observed, mean, variance, upper, lower, size)
    greater, less = conditional_counts(sums, check_draws(draws), seed, tested)
    upper, lower = monte_carlo_p(greater, draws), monte_carlo_p(less, draws)
    upper[~tested] = lower[~tested] = np.nan
    return LocalNull("permutation", observed, mean, variance, upper, lower, np.where(tested, draws, 0), seed)


def shared_draws(n: int, width: int, draws: int, seed: int, first: int = 0) -> np.ndarray:
    """`draws` random lists (draws, width) of distinct units of `n`, keyed by (seed, block of 1,000).

    They are numbered from `first`, a multiple of 1,000.

    Examples
    --------
    >>> lists = shared_draws(50, 4, 3, seed=1)
    >>> lists.shape, len(set(lists[0].tolist()))
    ((3, 4), 4)
    """
    if width * 6 > n or width > 400:
        return np.concatenate([part[:, :width] for part in orders_in_parts(n, draws, seed, first)])
    out = np.empty((draws, width), dtype=np.int64)
    for start in range(0, draws, 1_000):
        part = out[start : start + 1_000]
        rng = stream(seed, (first + start) // 1_000)
        for place, top in enumerate(range(n - width, n)):  # Floyd's algorithm, all lists at once
            drawn = rng.integers(0, top + 1, size=len(part))
            taken = (part[:, :place] == drawn[:, None]).any(axis=1)
            part[:, place] = np.where(taken, top, drawn)
        part[...] = rng.permuted(part, axis=1)  # Floyd's sets are uniform, their order is not
    return out


def conditional_counts(
    sums: LocalSums, draws: int, seed: int, tested: np.ndarray, parts: int | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """How many of `draws` draws have T_i >= and <= observed (n,), zero where not `tested`."""
    W = sums.W
    n, k = W.shape[0], np.diff(W.indptr)
    if not tested.any():
        return np.zeros(n, dtype=np.int64), np.zeros(n, dtype=np.int64)
    width = min(n, int(k[tested].max()) + (0 if sums.everyone else 1))
    equal = local_exact.equal_rows(W)
    target, tie = targets(sums, equal)
    work = partial(_counted, sums, (target, tie), (tested & equal, tested & ~equal), width, seed, parts)
    found = list(map_blocks(work, spans(0, draws, 1_000 if in_pieces() else draws), "permutations", told_inside=True))
    return sum(more for more, _ in found), sum(fewer for _, fewer in found)  # type: ignore[return-value]


def _counted(
    sums: LocalSums, compared: tuple[np.ndarray, np.ndarray], kinds: tuple[np.ndarray, np.ndarray], width: int,
    seed: int, parts: int | None, span: tuple[int, int],
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """The counts of the draws of one span, for units of equal and of unequal weights."""
    start, stop = span
    return counted(sums, compared, kinds, shared_draws(sums.W.shape[0], width, stop - start, seed, start), parts)


def counted(
    sums: LocalSums, compared: tuple[np.ndarray, np.ndarray], kinds: tuple[np.ndarray, np.ndarray],
    lists: np.ndarray, parts: int | None = None,
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """How many of the draws `lists` (m, width) have T_i >= and <= observed (n,): see `targets` and `DrawCounter`."""
    counter = DrawCounter(sums.W, sums.channels, sums.coefficients, *compared, lists, parts, sums.everyone)
    counter.count_equal(np.flatnonzero(kinds[0]))
    counter.count_weighted(np.flatnonzero(kinds[1]))
    return counter.greater, counter.less


def targets(sums: LocalSums, equal: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Observed T_i (n,), of equal rows as if their weights were one, and the tie tolerance."""
    W, n = sums.W, sums.W.shape[0]
    weight = np.ones(n)
    linked = equal & (np.diff(W.indptr) > 0)
    weight[linked] = W.data[W.indptr[:-1][linked]]
    total = np.asarray(W.sum(axis=1)).ravel()
    size = np.abs(sums.coefficients).T @ np.abs(sums.channels).max(axis=1)
    return sums.observed / weight, TIE * np.maximum(size * total / weight, 1e-300)
