"""Null distributions of cross-products of two variables: arrays only.

T = sum_ij p_ij x_i y_j for deviations x, y from their means, where P is W (bivariate
Moran) or W'W (Lee's L). Two nulls are in use and differ whenever x and y are correlated in place:

``"pairs"``   the pairs (x_i, y_i) are reassigned to units together: no spatial order, but
              the correlation in place is kept (Lee 2004);
``"second"``  y alone is reassigned, x stays: neither spatial order nor correlation in
              place (GeoDa, esda, spdep). Where x and y are correlated without any spatial
              order, this null has too small a variance and rejects too often.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
from scipy import sparse

from gbaspatial.autocorrelation.procedure import Procedure
from gbaspatial.inference import exact_distribution as exact
from gbaspatial.inference.moments import linear_moments, without_noise
from gbaspatial.inference.null import Null, normal_null
from gbaspatial.inference.permutation import permutation_null, sampled_null
from gbaspatial.inference.reassigned import lagged_statistic, linear_null, paired_null
from gbaspatial.sizes import SHUFFLED_FROM

Shuffled = Literal["pairs", "second"]
MOST_PAIRS = 11  # 12! orders take a minute: on request only


def linear_cross_null(c: np.ndarray, y: np.ndarray, scale: float, how: Procedure) -> Null:
    """The null of scale * c'y when `y` (n,) alone is reassigned."""
    n, inference = len(y), how.inference
    c = scale * c
    if inference == "auto":
        inference = "exact" if n <= exact.MOST_UNITS else "permutation"
    mean, variance = linear_moments(c, y)
    if inference == "exact":
        return exact.linear_null(c, y)
    if inference == "randomization":
        return normal_null(inference, float(c @ y), mean, variance)
    if n >= SHUFFLED_FROM:
        return linear_null(c, y, float(c @ y), moments=(mean, variance), **how.drawing())
    return permutation_null(
        lambda order: y[order] @ c,
        n,
        float(c @ y),
        moments=(mean, variance),
        **how.drawing(),
    )


def paired_cross_null(
    W: sparse.csr_array,
    x: np.ndarray,
    y: np.ndarray,
    scale: float,
    how: Procedure,
    *,
    lee: bool,
) -> Null:
    """The null of scale * sum_ij p_ij x_i y_j when pairs are reassigned; P is W, or W'W for `lee`."""
    n, inference = len(x), how.inference
    if inference == "auto":
        inference = "exact" if n <= MOST_PAIRS else "permutation"
    of_orders = _lee_values(W, x, y, scale) if lee else _moran_values(W, x, y, scale)
    observed = float(of_orders(np.arange(n)[None, :])[0])
    if inference == "exact":
        exact.check_orders(n)
        P = scale * (W.T @ W if lee else W).toarray()
        return exact.pair_null(without_diagonal(P), np.multiply.outer(x, y))
    mean, variance = paired_moments(W.T @ W if lee else W, x, y)
    moments = scale * mean, scale**2 * variance
    if inference == "randomization":
        return normal_null(inference, observed, *moments)
    if n >= SHUFFLED_FROM and lee:
        draw = lagged_statistic(W, np.stack([x, y]), _twice_lagged(scale), how.seed)
        return sampled_null(draw, observed, moments=moments, **how.drawing())
    if n >= SHUFFLED_FROM:
        return paired_null(scale * W, x, y, observed, moments=moments, **how.drawing())
    return permutation_null(of_orders, n, observed, moments=moments, **how.drawing())


def without_diagonal(P: np.ndarray) -> np.ndarray:
    """A matrix with zero diagonal that gives the same sums with x y' for deviations x, y from their means.

    Since x_i y_i = -sum_(j != i) x_i y_j, a diagonal entry can be moved to its row.

    Examples
    --------
    >>> x = np.array([-1.0, 0.0, 1.0])
    >>> P = np.diag([1.0, 2.0, 3.0])
    >>> float((without_diagonal(P) * np.multiply.outer(x, x)).sum()), float(x @ P @ x)
    (4.0, 4.0)
    """
    moved = P - np.diag(P)[:, None]
    np.fill_diagonal(moved, 0.0)
    return moved


def _moran_values(
    W: sparse.csr_array, x: np.ndarray, y: np.ndarray, scale: float
) -> Callable[[np.ndarray], np.ndarray]:
    return lambda order: scale * np.einsum("mi,im->m", x[order], W @ y[order].T)


def _lee_values(W: sparse.csr_array, x: np.ndarray, y: np.ndarray, scale: float) -> Callable[[np.ndarray], np.ndarray]:
    return lambda order: scale * np.einsum("im,im->m", W @ x[order].T, W @ y[order].T)


def _twice_lagged(scale: float) -> Callable[[np.ndarray], np.ndarray]:
    return lambda sums: scale * sums[:, 1]


def paired_moments(P: sparse.csr_array, x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """Mean and variance of sum_ij p_ij x_o(i) y_o(j) over all orders o, for any P, with its diagonal.

    Parameters
    ----------
    P : scipy.sparse.csr_array, shape (n, n)
    x, y : numpy.ndarray, shape (n,)
        Deviations from their means.

    Notes
    -----
    The products of two terms are sorted by which of their four indices coincide, as in
    Cliff and Ord (1981, ch. 2), without their assumption of symmetry.
    """
    n = len(x)
    d = P.diagonal()
    off = sparse.csr_array(P - sparse.diags_array(d))
    xy = x * y
    a = _pattern_sums(
        same=float((off.data**2).sum()),
        swap=float(off.multiply(off.T).sum()),
        out=np.asarray(off.sum(axis=1)).ravel(),
        into=np.asarray(off.sum(axis=0)).ravel(),
    )
    b = _pattern_sums(same=float((x @ x) * (y @ y) - xy @ xy), swap=float(xy.sum() ** 2 - xy @ xy), out=-xy, into=-xy)
    counts = np.array([n * (n - 1), n * (n - 1), *[n * (n - 1) * (n - 2)] * 3, n * (n - 1) * (n - 2) * (n - 3)])
    square = float(np.divide(a * b, counts, out=np.zeros(6), where=counts > 0).sum())
    total, total_b = float(off.sum()), -float(xy.sum())
    mean_off, mean_on = total * total_b / (n * (n - 1)), d.sum() * xy.sum() / n
    on = linear_moments(d, xy)[1]
    touching = float(d @ (np.asarray(off.sum(axis=1)).ravel() + np.asarray(off.sum(axis=0)).ravel()))
    touching_b = -2 * float(xy @ xy)
    apart = (d.sum() * total - touching) * (xy.sum() * total_b - touching_b)
    # E[on * off]: the unit of the diagonal term is one of the pair, or a third one
    both = _by_sides(d, off, xy) / (n * (n - 1)) + (apart / (n * (n - 1) * (n - 2)) if n > 2 else 0.0)
    variance = square - mean_off**2 + on + 2 * (both - mean_on * mean_off)
    size = np.abs(np.divide(a * b, counts, out=np.zeros(6), where=counts > 0)).sum() + on
    return float(mean_on + mean_off), float(without_noise(variance, size))


def _by_sides(d: np.ndarray, off: sparse.csr_array, xy: np.ndarray) -> float:
    out, into = np.asarray(off.sum(axis=1)).ravel(), np.asarray(off.sum(axis=0)).ravel()
    return float((d @ out + d @ into) * (-xy @ xy))


def _pattern_sums(same: float, swap: float, out: np.ndarray, into: np.ndarray) -> np.ndarray:
    """Sums of m_ij m_kl by pattern: both alike, swapped, common row, common column, chained (twice), apart."""
    rows, columns = float(out @ out) - same, float(into @ into) - same
    chained = 2 * (float(out @ into) - swap)
    rest = float(out.sum()) ** 2 - same - swap - rows - columns - chained
    # a chain i = l and a chain j = k are equally many; their product needs each once
    return np.array([same, swap, rows, columns, chained / np.sqrt(2), rest])
