"""Map patterns of W and the selection of those that free residuals of spatial autocorrelation: arrays only."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import sparse

from gbaspatial.inference.moments import residual_moran_moments
from gbaspatial.models.counts import poisson

_ZERO = 1e-9


def eigenvectors_off(S: sparse.csr_array, X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Eigenvalues, falling, and eigenvectors (n, n - k) of M S M within the space orthogonal to `X` (n, k)."""
    space = np.linalg.qr(X, mode="complete")[0][:, X.shape[1] :]
    values, inner = np.linalg.eigh(space.T @ (S @ space))
    vectors = space @ inner[:, ::-1]
    largest = vectors[np.abs(vectors).argmax(axis=0), np.arange(vectors.shape[1])]
    return values[::-1], vectors * np.sign(largest)


def moran_z(values: np.ndarray, squares: np.ndarray, scale: float) -> tuple[float, float]:
    """Residual Moran's I and its z from eigenvalues and squared loadings of what is left; scale = n / S0.

    In the basis of the eigenvectors of M S M, I = scale * sum(v g^2) / sum(g^2), and its
    moments over normal errors are those of the eigenvalues (Tiefelsdorf and Boots 1995).
    """
    q = len(values)
    statistic = scale * float(values @ squares / squares.sum())
    mean = scale * float(values.mean())
    variance = scale**2 * 2 * float(q * (values**2).sum() - values.sum() ** 2) / (q**2 * (q + 2))
    return statistic, (statistic - mean) / np.sqrt(variance)


Steps = list[tuple[int, float, float]]  # which eigenvector (-1 at the start), Moran's I and its z


def linear_steps(
    values: np.ndarray, vectors: np.ndarray, y: np.ndarray, scale: float, tolerance: float, most: int
) -> Steps:
    """Each step removes the eigenvector that brings z closest to zero, of those with the sign of the first z."""
    squares = (vectors.T @ y) ** 2
    left = np.ones(len(values), dtype=bool)
    statistic, z = moran_z(values, squares, scale)
    none = _ZERO * np.abs(values).max()  # W may have any scale
    usable = values > none if z > 0 else values < -none
    steps: Steps = [(-1, statistic, z)]
    while abs(z) >= tolerance and len(steps) <= most:
        trials = []
        for place in np.flatnonzero(left & usable):
            left[place] = False
            trials.append((int(place), *moran_z(values[left], squares[left], scale)))
            left[place] = True
        best = min(trials, key=lambda trial: abs(trial[2]), default=None)
        if best is None or abs(best[2]) >= abs(z):
            break
        left[best[0]] = False
        z = best[2]
        steps.append(best)
    return steps


def poisson_steps(
    y: np.ndarray,
    X: np.ndarray,
    log_exposure: np.ndarray,
    S: sparse.csr_array,
    pairs: tuple[np.ndarray, np.ndarray],
    tolerance: float,
    most: int,
) -> Steps:
    """Each step adds the eigenvector with the largest score statistic, until z is small or falls no more.

    `pairs` are the eigenvalues and eigenvectors of S off the mean; only those whose Moran's I
    is more than a quarter of the extreme one of the same sign as the first z are used.
    """
    values, vectors = pairs
    mu, statistic, z = _poisson_moran(y, X, log_exposure, S)
    usable = values > 0.25 * values[0] if z > 0 else values < 0.25 * values[-1]
    steps: Steps = [(-1, statistic, z)]
    sign = np.sign(z)
    while sign * z >= tolerance and len(steps) <= most:
        taken = {place for place, _, _ in steps}
        free = [int(place) for place in np.flatnonzero(usable) if place not in taken]
        if not free:
            break
        best = max(free, key=_score(y, mu, X, vectors))
        X = np.column_stack([X, vectors[:, best]])
        mu, statistic, new = _poisson_moran(y, X, log_exposure, S)
        if abs(new) >= abs(z):
            break
        z = new
        steps.append((best, statistic, z))
    return steps


def _score(y: np.ndarray, mu: np.ndarray, X: np.ndarray, vectors: np.ndarray) -> Callable[[int], float]:
    """The score statistic of one more regressor in a Poisson regression."""
    root = np.sqrt(mu)
    basis = np.linalg.qr(root[:, None] * X)[0]

    def _statistic(place: int) -> float:
        v = root * vectors[:, place]
        v = v - basis @ (basis.T @ v)
        return float((vectors[:, place] @ (y - mu)) ** 2 / (v @ v))

    return _statistic


def _poisson_moran(
    y: np.ndarray, X: np.ndarray, log_exposure: np.ndarray, S: sparse.csr_array
) -> tuple[np.ndarray, float, float]:
    """Means (n,) of a Poisson regression, Moran's I of its Pearson residuals and its z."""
    mu = poisson(y, X, log_exposure)[1]
    residuals = (y - mu) / np.sqrt(mu)
    basis = np.linalg.qr(np.sqrt(mu)[:, None] * X)[0]
    mean, variance = residual_moran_moments(S, basis)
    statistic = len(y) / float(S.sum()) * float(residuals @ (S @ residuals) / (residuals @ residuals))
    return mu, statistic, (statistic - mean) / np.sqrt(variance)
