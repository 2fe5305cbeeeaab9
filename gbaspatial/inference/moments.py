"""Mean and variance of spatial statistics: over all orders of the values, and for normal values.

Every global statistic here is a cross product sum_ij a_ij b_ij of weights `a` and
comparisons `b` of values with zero diagonals, one of them symmetric. Over all orders its
first two moments depend on three sums of each matrix only (Mantel 1967; Cliff and Ord
1981, ch. 2): s0 the sum of all entries, s1 half the sum of (m_ij + m_ji)^2, s2 the sum of
squared (row sum + column sum).

References
----------
Cliff, A. D. and Ord, J. K. (1981). Spatial Processes. Pion.
Mantel, N. (1967). Cancer Research 27, 209-220.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import sparse

_NOISE = 1e-13


def without_noise(variance: float | np.ndarray, size: float | np.ndarray) -> np.ndarray:
    """`variance`, or exactly zero where it is no more than rounding of terms of this `size`.

    A statistic that is the same for every order has the variance zero, and then no z-value, by every formula alike.

    Examples
    --------
    >>> without_noise(np.array([1e-17, 0.5, -1e-18]), 1.0).tolist()
    [0.0, 0.5, 0.0]
    """
    return np.where(variance <= _NOISE * np.abs(size), 0.0, variance)


class PairSums(NamedTuple):
    """The three sums of a matrix with zero diagonal that moments depend on."""

    s0: float
    s1: float
    s2: float


def pair_sums(matrix: np.ndarray | sparse.csr_array) -> PairSums:
    """The sums of a square `matrix` (n, n), whose diagonal is taken as zero.

    Examples
    --------
    >>> pair_sums(np.array([[0.0, 1.0], [3.0, 0.0]]))
    PairSums(s0=4.0, s1=16.0, s2=32.0)
    """
    both = matrix + matrix.T
    if sparse.issparse(both):
        both = sparse.csr_array(both)
        both.setdiag(0.0)
        totals = np.asarray(both.sum(axis=1)).ravel()
        squares = float((both.data**2).sum())
    else:
        both = np.array(both, dtype=float)
        np.fill_diagonal(both, 0.0)
        totals, squares = both.sum(axis=1), float((both**2).sum())
    return PairSums(float(totals.sum() / 2), squares / 2, float((totals**2).sum()))


def product_sums(x: np.ndarray) -> PairSums:
    """The sums of b_ij = x_i x_j for values `x` (n,)."""
    p1, p2, p3, p4 = x.sum(), (x**2).sum(), (x**3).sum(), (x**4).sum()
    s2 = 4 * (p1**2 * p2 - 2 * p1 * p3 + p4)
    return PairSums(float(p1**2 - p2), float(2 * (p2**2 - p4)), float(s2))


def difference_sums(x: np.ndarray) -> PairSums:
    """The sums of b_ij = (x_i - x_j)^2 for values `x` (n,)."""
    z = x - x.mean()
    n, p2, p3, p4 = len(z), (z**2).sum(), (z**3).sum(), (z**4).sum()
    s1 = 2 * (2 * n * p4 + 6 * p2**2 - 8 * z.sum() * p3)
    return PairSums(float(2 * n * p2), float(s1), float(4 * (n**2 * p4 + 3 * n * p2**2)))


def permutation_moments(weights: PairSums, values: PairSums, n: int) -> tuple[float, float]:
    """Mean and variance of sum_ij a_ij b_ij over all n! joint orders of the rows and columns of b.

    Parameters
    ----------
    weights, values : PairSums
        Of a and of b, one of which is symmetric.
    n : int
        At least two.

    Examples
    --------
    >>> permutation_moments(PairSums(4, 4, 24), PairSums(2, 6, 14), 3)[0]
    1.3333333333333333
    """
    if n < 2:
        return np.nan, np.nan
    a, b = weights, values
    mean = a.s0 * b.s0 / (n * (n - 1))
    terms = [a.s1 * b.s1 / (2 * n * (n - 1))]
    if n > 2:
        terms.append((a.s2 - 2 * a.s1) * (b.s2 - 2 * b.s1) / (4 * n * (n - 1) * (n - 2)))
    if n > 3:
        rest_a, rest_b = a.s0**2 + a.s1 - a.s2, b.s0**2 + b.s1 - b.s2
        terms.append(rest_a * rest_b / (n * (n - 1) * (n - 2) * (n - 3)))
    return float(mean), float(without_noise(sum(terms) - mean**2, sum(map(abs, terms))))


def linear_moments(a: np.ndarray, x: np.ndarray) -> tuple[float, float]:
    """Mean and variance of sum_i a_i x_i over all orders of `x` (n,)."""
    n = len(x)
    if n < 2:
        return np.nan, np.nan
    spread = ((a - a.mean()) ** 2).sum() * ((x - x.mean()) ** 2).sum() / (n - 1)
    return float(a.sum() * x.mean()), float(spread)


def moran_normal_moments(weights: PairSums, n: int) -> tuple[float, float]:
    """Mean and variance of Moran's I of n independent normal values (Cliff and Ord 1981, 44)."""
    s0, s1, s2 = weights
    mean = -1.0 / (n - 1)
    square = (n**2 * s1 - n * s2 + 3 * s0**2) / (s0**2 * (n**2 - 1))
    return mean, float(without_noise(square - mean**2, 3 / (n**2 - 1) + n**2 * s1 / (s0**2 * (n**2 - 1))))


def geary_normal_moments(weights: PairSums, n: int) -> tuple[float, float]:
    """Mean and variance of Geary's C of n independent normal values (Cliff and Ord 1981, 44)."""
    s0, s1, s2 = weights
    variance = ((2 * s1 + s2) * (n - 1) - 4 * s0**2) / (2 * (n + 1) * s0**2)
    return 1.0, float(without_noise(variance, 2 / (n + 1)))


def residual_moran_moments(W: sparse.csr_array, basis: np.ndarray) -> tuple[float, float]:
    """Mean and variance of Moran's I of least-squares residuals (Cliff and Ord 1981, 202).

    Parameters
    ----------
    W : scipy.sparse.csr_array, shape (n, n)
    basis : numpy.ndarray, shape (n, k)
        Orthonormal columns that span the regressors (Q of a QR decomposition).
    """
    n, k = basis.shape
    symmetric = sparse.csr_array(W + W.T)
    symmetric.data *= 0.5
    lagged = symmetric @ basis
    inner = basis.T @ lagged
    first = -float(np.trace(inner))
    # tr(M S M S) of the projector M = I - Q Q', without forming an n x n matrix
    second = float((symmetric.data**2).sum()) - 2 * float((lagged**2).sum()) + float((inner**2).sum())
    scale = n / float(symmetric.sum())
    mean = scale * first / max(n - k, 1)
    if n == k:
        return np.nan, np.nan
    square = scale**2 * (2 * second + first**2) / ((n - k) * (n - k + 2))
    return mean, float(without_noise(square - mean**2, square))
