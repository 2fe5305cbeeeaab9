"""Conditional null distributions of local statistics that are not one sum over neighbors: arrays only."""

from __future__ import annotations

from math import comb, perm

import numpy as np
from scipy import sparse

from gbaspatial.errors import OptionError
from gbaspatial.inference.conditional import shared_draws
from gbaspatial.inference.local_exact import MOST_ORDERS, MOST_SETS, TIE, arrangements, equal_rows, subsets
from gbaspatial.inference.null import LocalNull, monte_carlo_p
from gbaspatial.progress import track
from gbaspatial.randomness import stream
from gbaspatial.sizes import SHUFFLED_FROM


def product_null(
    W: sparse.csr_array, x: np.ndarray, y: np.ndarray, scale: float, inference: str, *, draws: int, seed: int
) -> LocalNull:
    """The null of scale * (sum_j w_ij x_j)(sum_j w_ij y_j): the neighbors' pairs are drawn from the other units.

    Parameters
    ----------
    W : scipy.sparse.csr_array, shape (n, n)
    x, y : numpy.ndarray, shape (n,)
    scale : float
    inference : {"auto", "exact", "permutation"}
        ``"auto"`` is exact if all rows have equal weights and few sets of neighbors.
    draws, seed : int

    Returns
    -------
    LocalNull
    """
    n, k = W.shape[0], np.diff(W.indptr)
    equal = equal_rows(W)
    ways = [comb(n - 1, int(m)) if e else perm(n - 1, int(m)) for m, e in zip(k[k > 0], equal[k > 0])]
    if inference == "auto":
        inference = "exact" if sum(ways) <= MOST_SETS else "permutation"
    if inference == "exact" and max(ways, default=0) > MOST_ORDERS:
        raise OptionError(f"{max(ways)} sets of neighbors are too many to list; use inference='permutation'.")
    observed = scale * (W @ x) * (W @ y)
    mean, variance, upper, lower = (np.full(n, np.nan) for _ in range(4))
    size = np.zeros(n, dtype=np.int64)
    lists = shared_draws(n, min(n, int(k.max(initial=0)) + 1), draws, seed) if inference == "permutation" else None
    drawn = _compiled_products if n >= SHUFFLED_FROM else _products
    for i in track(np.flatnonzero(k), "units"):
        weights = W.data[W.indptr[i] : W.indptr[i + 1]]
        if lists is None:
            others = np.delete(np.arange(n), i)
            sets = others[(subsets if equal[i] else arrangements)(n - 1, int(k[i]))]
            values = scale * (x[sets] @ weights) * (y[sets] @ weights)
        else:
            values = scale * drawn(lists, weights, int(i), x, y)
        tie = TIE * max(float(np.abs(values).max()), abs(observed[i]), 1e-300)
        above, below = (values >= observed[i] - tie).sum(), (values <= observed[i] + tie).sum()
        size[i] = len(values)
        mean[i], spread = values.mean(), values.var()
        variance[i] = 0.0 if spread <= tie**2 else spread
        exact = lists is None
        upper[i] = above / size[i] if exact else monte_carlo_p(above, draws)
        lower[i] = below / size[i] if exact else monte_carlo_p(below, draws)
    observed[k == 0] = np.nan
    return LocalNull(inference, observed, mean, variance, upper, lower, size, seed if lists is not None else None)


def _products(lists: np.ndarray, weights: np.ndarray, i: int, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """(sum_j w_j x_j)(sum_j w_j y_j) (draws,) of the first units other than `i` of each list."""
    sets = _without(lists, i)[:, : len(weights)]
    return (x[sets] @ weights) * (y[sets] @ weights)


def _compiled_products(lists: np.ndarray, weights: np.ndarray, i: int, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The same by a compiled loop, which copies no list."""
    from gbaspatial.inference import loops

    out = np.empty(len(lists))
    loops.local_products(lists, weights, i, x, y, out)
    return out


def _without(lists: np.ndarray, i: int) -> np.ndarray:
    """`lists` (draws, width) of distinct units with `i`, or else the last unit, left out of each."""
    draws, width = lists.shape
    keep = lists != i
    keep[keep.all(axis=1), -1] = False
    return lists[keep].reshape(draws, width - 1)


def bootstrap_null(
    W: sparse.csr_array, values: np.ndarray, coefficients: np.ndarray, *, draws: int, seed: int
) -> LocalNull:
    """The null of c_i sum_j w_ij v_j when neighbors' values are drawn from all n with replacement.

    Every unit has a stream of its own, keyed by (seed, unit).
    """
    n, k = W.shape[0], np.diff(W.indptr)
    observed = coefficients * (W @ values)
    sums = np.asarray(W.sum(axis=1)).ravel()
    squares = np.asarray(W.multiply(W).sum(axis=1)).ravel()
    upper, lower = np.full(n, np.nan), np.full(n, np.nan)
    for i in track(np.flatnonzero(k), "units"):
        weights = W.data[W.indptr[i] : W.indptr[i + 1]]
        drawn = coefficients[i] * (values[stream(seed, int(i)).integers(0, n, size=(draws, k[i]))] @ weights)
        tie = TIE * max(float(np.abs(drawn).max()), abs(observed[i]), 1e-300)
        upper[i] = monte_carlo_p((drawn >= observed[i] - tie).sum(), draws)
        lower[i] = monte_carlo_p((drawn <= observed[i] + tie).sum(), draws)
    linked = np.where(k > 0, 1.0, np.nan)
    mean = coefficients * sums * values.mean() * linked
    variance = coefficients**2 * squares * values.var() * linked
    return LocalNull("bootstrap", observed * linked, mean, variance, upper, lower, np.where(k > 0, draws, 0), seed)
