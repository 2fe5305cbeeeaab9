"""Moran's I of normally distributed values: exact tails (Imhof) and saddlepoint approximations.

I is a ratio of quadratic forms in least-squares residuals e = M y. With normal y,
P(I >= c) is the probability that a weighted sum of independent chi-squares with one
degree of freedom is positive; the weights are the eigenvalues of M U M in the residual
space, less c, where U is the symmetric part of W scaled as I wants.

References
----------
Bivand, R., Mueller, W. G. and Reder, M. (2009). Computational Statistics & Data Analysis 53, 2859-2872.
Imhof, J. P. (1961). Biometrika 48, 419-426.
Tiefelsdorf, M. (2002). Geographical Analysis 34, 187-206.
Tiefelsdorf, M. and Boots, B. (1995). Environment and Planning A 27, 985-999.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse, special

from gbaspatial.errors import WeightsError
from gbaspatial.inference.null import LocalNull, Null
from gbaspatial.sizes import DENSE_LIMIT

_BLOCK = 2_000
_ROUND_OFF = 1e-11
_SMALL = 0.03  # below it the series of arctan and log1p have converged to rounding after six terms


def positive_tail(weights: np.ndarray, degrees: np.ndarray) -> np.ndarray:
    """P(sum_j weights_j chi2(degrees_j) > 0) for each row of `weights` and `degrees` (m, r).

    Examples
    --------
    >>> round(float(positive_tail(np.array([[1.0, -1.0]]), np.ones((1, 2)))[0]), 12)
    0.5
    """
    return np.clip(0.5 + _above_half(weights, degrees), 0.0, 1.0)


def both_tails(weights: np.ndarray, degrees: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """`positive_tail` of `weights` (m, r) and of their negatives, by one integral: (m,) and (m,).

    Examples
    --------
    >>> [tail.round(12).tolist() for tail in both_tails(np.array([[1.0, -1.0]]), np.ones((1, 2)))]
    [[0.5], [0.5]]
    """
    above = _above_half(weights, degrees)
    return np.clip(0.5 + above, 0.0, 1.0), np.clip(0.5 - above, 0.0, 1.0)


def _above_half(weights: np.ndarray, degrees: np.ndarray) -> np.ndarray:
    """Imhof's integral (m,), by how much the probability is above one half.

    In the logarithm of its variable it is analytic in a strip and falls off exponentially at both ends, so that the
    trapezoidal rule converges to rounding.
    """
    size = (degrees * np.abs(weights)).sum(axis=1)
    low = np.log(2e-17 / size)
    high = _far_end(weights, degrees)
    step = min(0.12, 1.03 / np.sqrt(float(degrees.sum(axis=1).max())))
    points = int(np.ceil(np.max(high - low) / step)) + 1
    width = (high - low) / (points - 1)
    largest = np.abs(weights).max(axis=1)
    small = int(np.clip(((np.log(_SMALL / largest) - low) / width).min(), 0, points))
    total = np.zeros(len(weights))
    if small:
        angle, damping = _near_zero(weights, degrees, largest, np.exp(low[:, None] + width[:, None] * np.arange(small)))
        total += (np.sin(angle) * np.exp(-damping)).sum(axis=1)
    per_chunk = max(1, 4_000_000 // max(weights.size, 1))
    for first in range(small, points, per_chunk):
        place = np.arange(first, min(first + per_chunk, points))
        u = np.exp(low[:, None] + width[:, None] * place)
        scaled = weights[:, None, :] * u[:, :, None]
        angle = 0.5 * np.einsum("mpr,mr->mp", np.arctan(scaled), degrees)
        damping = 0.25 * np.einsum("mpr,mr->mp", np.log1p(scaled**2), degrees)
        total += (np.sin(angle) * np.exp(-damping)).sum(axis=1)
    return total * width / np.pi


def _near_zero(
    weights: np.ndarray, degrees: np.ndarray, largest: np.ndarray, u: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Half the sum of arctan(weights u) and a quarter of that of log1p((weights u)^2), for each of `u` (m, p).

    By their series in powers of u, most of which is so near zero that sums over the weights are needed once.
    """
    scaled, x = weights / largest[:, None], u * largest[:, None]
    sums = [(degrees * scaled**power).sum(axis=1)[:, None] for power in range(1, 13)]
    square, angle, damping = x * x, np.zeros_like(x), np.zeros_like(x)
    for half in range(5, -1, -1):  # the smallest first
        sign = -1.0 if half % 2 else 1.0
        angle = angle * square + sign * sums[2 * half] / (2 * half + 1)
        damping = damping * square + sign * sums[2 * half + 1] / (half + 1)
    return 0.5 * angle * x, 0.25 * damping * square


def _far_end(weights: np.ndarray, degrees: np.ndarray) -> np.ndarray:
    """Where the integrand has fallen to e^-40, in the logarithm of its variable (m,)."""
    low = -np.log(np.abs(weights).max(axis=1))
    high = low + 100.0
    for _ in range(60):
        short = _damping(weights, degrees, high) < 40
        if not short.any():
            break
        high = np.where(short, high + 100.0, high)
    for _ in range(20):
        middle = (low + high) / 2
        enough = _damping(weights, degrees, middle) >= 40
        low, high = np.where(enough, low, middle), np.where(enough, middle, high)
    return high


def _damping(weights: np.ndarray, degrees: np.ndarray, log_u: np.ndarray) -> np.ndarray:
    with np.errstate(divide="ignore"):
        doubled = 2 * (np.log(np.abs(weights)) + log_u[:, None])
    return 0.25 * (degrees * np.logaddexp(0.0, doubled)).sum(axis=1)


def saddlepoint_deviate(weights: np.ndarray, degrees: np.ndarray) -> np.ndarray:
    """The modified signed root r* (m,): P(sum_j weights_j chi2(degrees_j) > 0) is about Phi(-r*).

    Infinite where all weights have one sign.

    Examples
    --------
    >>> saddlepoint_deviate(np.array([[1.0, -1.0]]), np.ones((1, 2))).tolist()
    [0.0]
    """
    most, least = weights.max(axis=1), weights.min(axis=1)
    two_sided = (most > 0) & (least < 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        low, high = np.where(two_sided, 0.5 / least, 0.0), np.where(two_sided, 0.5 / most, 0.0)
    for _ in range(120):
        omega = (low + high) / 2
        slope = (degrees * weights / (1 - 2 * omega[:, None] * weights)).sum(axis=1)
        low, high = np.where(slope < 0, omega, low), np.where(slope < 0, high, omega)
    omega = (low + high) / 2
    change = -2 * omega[:, None] * weights
    shrunk = 1 + change
    with np.errstate(divide="ignore", invalid="ignore"):
        root = np.sign(omega) * np.sqrt(np.maximum((degrees * np.log1p(change)).sum(axis=1), 0.0))
        slope_root = omega * np.sqrt(2 * (degrees * (weights / shrunk) ** 2).sum(axis=1))
        refined = root + np.log(slope_root / root) / root
    second, third = 2 * (degrees * weights**2).sum(axis=1), 8 * (degrees * weights**3).sum(axis=1)
    near_mean = root + third / (6 * second**1.5)  # the limit, where the refinement is 0 / 0
    deviate = np.where(np.abs(root) < 1e-5, near_mean, refined)
    return np.where(two_sided, deviate, np.where(most > 0, -np.inf, np.inf))


def residual_eigenvalues(W: sparse.csr_array, regressors: np.ndarray) -> np.ndarray:
    """Eigenvalues (n - k,) of (n / s0) M U M in the residual space of `regressors` (n, k)."""
    n = W.shape[0]
    if n > DENSE_LIMIT:
        raise WeightsError(
            f"the exact normal and saddlepoint tests need all eigenvalues, which are refused above {DENSE_LIMIT} "
            f"units (W has {n}); use inference='normal'."
        )
    basis = np.linalg.qr(regressors)[0]
    form = (sparse.csr_array(W + W.T) * (0.5 * n / W.sum())).toarray()
    beyond = 2 * float(np.abs(form).sum(axis=1).max())  # M U M has k zeros more: they are moved above all others
    lagged = form @ basis
    inner = basis.T @ lagged + beyond * np.eye(basis.shape[1])
    form -= lagged @ basis.T
    form -= basis @ (lagged.T - inner @ basis.T)
    return np.linalg.eigvalsh(form)[: n - basis.shape[1]]


def moran_null(
    kind: str, observed: float, moments: tuple[float, float], W: sparse.csr_array, regressors: np.ndarray
) -> Null:
    """The null of Moran's I of residuals on `regressors` (n, k) for normal errors: ``"imhof"`` or ``"saddlepoint"``."""
    eigenvalues = residual_eigenvalues(W, regressors)
    weights = (eigenvalues - observed)[None, :]
    if np.abs(weights).max() <= _ROUND_OFF * max(float(np.abs(eigenvalues).max()), 1.0):  # I cannot be another number
        return Null(kind, observed, *moments, 1.0, 1.0)
    degrees = np.ones_like(weights)
    if kind == "imhof":
        upper, lower = (float(tail[0]) for tail in both_tails(weights, degrees))
    else:
        deviate = float(saddlepoint_deviate(weights, degrees)[0])
        upper, lower = float(special.ndtr(-deviate)), float(special.ndtr(deviate))
    return Null(kind, observed, *moments, upper, lower)


def local_residual_forms(W: sparse.csr_array, basis: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The two non-zero eigenvalues (n,), (n,) of the form e_i sum_j w_ij e_j of residuals, for each unit.

    Parameters
    ----------
    basis : numpy.ndarray, shape (n, k)
        Orthonormal columns that span the regressors.
    """
    lagged = W @ basis
    inner = -(basis * lagged).sum(axis=1)
    one = np.sqrt(np.maximum(1 - (basis**2).sum(axis=1), 0.0))
    squares = np.asarray(W.multiply(W).sum(axis=1)).ravel()
    other = np.sqrt(np.maximum(squares - (lagged**2).sum(axis=1), 0.0))
    return (inner + one * other) / 2, (inner - one * other) / 2


def local_residual_moments(high: np.ndarray, low: np.ndarray, free: int) -> tuple[np.ndarray, np.ndarray]:
    """Mean and variance (n,) of a local form over e'e with `free` = n - k degrees of freedom."""
    mean = (high + low) / free
    variance = 2 * (free * (high**2 + low**2) - (high + low) ** 2) / (free**2 * (free + 2))
    return mean, variance


def local_moran_null(
    kind: str, observed: np.ndarray, W: sparse.csr_array, basis: np.ndarray, scale: float, tested: np.ndarray
) -> LocalNull:
    """The nulls of scale * e_i sum_j w_ij e_j / e'e for normal errors: imhof, saddlepoint or normal.

    Parameters
    ----------
    observed : numpy.ndarray, shape (n,)
    basis : numpy.ndarray, shape (n, k)
        Orthonormal columns that span the regressors.
    scale : float
        n, or what the local statistic multiplies with.
    tested : numpy.ndarray of bool, shape (n,)
    """
    n, k = basis.shape
    high, low = (scale * value for value in local_residual_forms(W, basis))
    mean, variance = local_residual_moments(high, low, n - k)
    fixed = variance <= _ROUND_OFF * mean**2  # the statistic cannot be another number: one residual is free, or none
    variance = np.where(fixed, 0.0, variance)
    upper, lower = (np.where(tested & fixed, 1.0, np.nan) for _ in range(2))
    units = np.flatnonzero(tested & ~fixed)
    for start in range(0, len(units), _BLOCK):
        block = units[start : start + _BLOCK]
        c = observed[block]
        weights = np.column_stack([high[block] - c, low[block] - c, -c])
        degrees = np.broadcast_to(np.array([1.0, 1.0, float(n - k - 2)]), weights.shape)
        if kind == "imhof":
            upper[block], lower[block] = both_tails(weights, degrees)
            continue
        if kind == "saddlepoint":
            deviate = saddlepoint_deviate(weights, degrees)
        else:
            deviate = (c - mean[block]) / np.sqrt(variance[block])
        upper[block], lower[block] = special.ndtr(-deviate), special.ndtr(deviate)
    return LocalNull(kind, observed, mean, variance, upper, lower, np.zeros(n, dtype=int))
