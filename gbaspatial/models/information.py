"""The expected information matrix of the spatial likelihood, and its inverse: arrays only.

With e = D^1/2 (I - lambda W2)(y - rho W1 y - X b) / sigma, and in the same coordinates
``G1 = D^1/2 B W1 A^-1 B^-1 D^-1/2`` and ``G2 = D^1/2 W2 B^-1 D^-1/2`` (A = I - rho W1,
B = I - lambda W2), the entries are traces of products of G1 and G2 (Anselin 1988, ch. 6).
W enters as it is, never as the similar symmetric matrix: tr(G'G) is not invariant
under similarity (a known error of other programs).

Up to `EXACT_LIMIT` units the matrices are inverted and the traces are exact. Above, tr(G)
and tr(G^2) come from the log-determinant curve and the rest from random probes, whose
relative standard error is returned.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gbaspatial.models.likelihood import Estimate, Problem
from gbaspatial.randomness import stream

EXACT_LIMIT = 800
_PROBES = 8
_FEW_PROBES = 4  # their error falls with n too
_LARGE = 20_000
_MORE_PROBES = 64  # where G is far from symmetric
_GOOD = 5e-4


@dataclass(frozen=True, slots=True, eq=False)
class Traces:
    """tr(Gi), tr(Gi^2), tr(Gi'Gj), tr(G1 G2), G1 applied to the mean, relative error of the probes."""

    first: np.ndarray
    square: np.ndarray
    gram: np.ndarray
    cross: float
    mean: np.ndarray
    error: float


def information(model: Problem, at: Estimate) -> tuple[np.ndarray, float]:
    """Information of (beta, rho, lambda, sigma2), those that the model has, and the error of its traces."""
    sides = [s for s in (model.lag, model.error) if s is not None]
    X = _filtered(model, at.lam, model.X)
    k, s, s2, n = X.shape[1], len(sides), at.sigma2, model.n
    matrix = np.zeros((k + s + 1, k + s + 1))
    matrix[:k, :k] = X.T @ X / s2
    matrix[-1, -1] = n / (2 * s2**2)
    if not sides:
        return matrix, 0.0
    traces = _exact(model, at) if n <= EXACT_LIMIT else _probed(model, at)
    places = {"rho": k, "lambda": k + s - 1}
    present = [(i, places[name]) for i, name in enumerate(("rho", "lambda")) if (model.lag, model.error)[i] is not None]
    for i, place in present:
        matrix[place, place] = traces.square[i] + traces.gram[i, i]
        matrix[place, -1] = matrix[-1, place] = traces.first[i] / s2
    if model.lag is not None:
        matrix[k, k] += traces.mean @ traces.mean / s2
        matrix[:k, k] = matrix[k, :k] = X.T @ traces.mean / s2
    if s == 2:
        matrix[k, k + 1] = matrix[k + 1, k] = traces.gram[0, 1] + traces.cross
    return matrix, traces.error


def inverse(matrix: np.ndarray) -> np.ndarray:
    """The inverse of an information matrix, scaled first; NaN where it is not positive definite."""
    with np.errstate(invalid="ignore", divide="ignore"):
        scale = 1 / np.sqrt(np.diag(matrix))
    scaled = matrix * scale[:, None] * scale[None, :]
    if not np.all(np.isfinite(scaled)) or np.linalg.eigvalsh(scaled).min() <= 1e-13:
        return np.full_like(matrix, np.nan)
    return np.linalg.inv(scaled) * scale[:, None] * scale[None, :]


def _filtered(model: Problem, lam: float, values: np.ndarray) -> np.ndarray:
    """D^1/2 (I - lambda W2) `values`."""
    if model.error is not None:
        values = values - lam * (model.error.W @ values)
    if model.d is None:
        return values
    root = np.sqrt(model.d)
    return values * (root if values.ndim == 1 else root[:, None])


@dataclass(frozen=True, slots=True, eq=False)
class Quadratics:
    """The scores as (c'e + e'Ge - s2 tr G) / s2, by parameter in the order of the information matrix.

    `linear` (n, p) holds c, `diagonals` (n, p) the diagonal of G, `matrices` G itself where it
    is not zero or diagonal, `innovations` (n,) e in the same coordinates.
    """

    linear: np.ndarray
    diagonals: np.ndarray
    matrices: dict[int, np.ndarray]
    innovations: np.ndarray


def quadratics(model: Problem, at: Estimate) -> Quadratics:
    """The scores of a fit; needs dense matrices."""
    n, k = model.X.shape
    s = (model.lag is not None) + (model.error is not None)
    G1, G2, mean = _products(model, at)
    linear, diagonals = np.zeros((n, k + s + 1)), np.zeros((n, k + s + 1))
    linear[:, :k] = _filtered(model, at.lam, model.X)
    diagonals[:, -1] = 1 / (2 * at.sigma2)
    matrices = {}
    if model.lag is not None:
        linear[:, k], diagonals[:, k], matrices[k] = mean, np.diag(G1), G1
    if model.error is not None:
        diagonals[:, k + s - 1], matrices[k + s - 1] = np.diag(G2), G2
    lagged = at.rho * (model.lag.W @ model.y) if model.lag is not None else 0.0
    e = _filtered(model, at.lam, model.y - lagged - model.X @ at.beta)
    return Quadratics(linear, diagonals, matrices, e)


def _products(model: Problem, at: Estimate) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """G1, G2 (n, n), zero where the model has no such side, and G1 applied to the mean (n,)."""
    n = model.n
    root = np.sqrt(model.d) if model.d is not None else np.ones(n)
    eye = np.eye(n)
    G1 = G2 = np.zeros((0, 0))
    mean = np.zeros(n)
    if model.error is not None:
        W2 = model.error.W.toarray()
        B = eye - at.lam * W2
        inverse_B = np.linalg.inv(B)
        G2 = root[:, None] * (W2 @ inverse_B) / root[None, :]
    if model.lag is not None:
        W1 = model.lag.W.toarray()
        plain = W1 @ np.linalg.inv(eye - at.rho * W1)
        mean = _filtered(model, at.lam, plain @ (model.X @ at.beta))
        G1 = plain if model.error is None else B @ plain @ inverse_B
        G1 = root[:, None] * G1 / root[None, :]
    return G1, G2, mean


def _exact(model: Problem, at: Estimate) -> Traces:
    G1, G2, mean = _products(model, at)
    both = (G1, G2)
    two = G1.size and G2.size
    cross = float(np.sum(G1 * G2)) if two else 0.0
    return Traces(
        first=np.array([np.trace(G) for G in both]),
        square=np.array([np.sum(G * G.T) for G in both]),
        gram=np.array([[np.sum(G1 * G1), cross], [cross, np.sum(G2 * G2)]]),
        cross=float(np.sum(G1 * G2.T)) if two else 0.0,
        mean=mean,
        error=0.0,
    )


def _probed(model: Problem, at: Estimate) -> Traces:
    """Traces from the curves and from probes v: tr(G'H) is the mean of (G v)'(H v)."""
    few = _probes(model, at, _PROBES if model.n < _LARGE else _FEW_PROBES)
    return few if few.error <= _GOOD else _probes(model, at, _MORE_PROBES)


def _probes(model: Problem, at: Estimate, count: int) -> Traces:
    root = np.sqrt(model.d) if model.d is not None else np.ones(model.n)
    V = stream(20_240_301).integers(0, 2, (model.n, count)) * 2.0 - 1
    B = model.error.factor(at.lam) if model.error is not None else None
    first, square, gram = np.zeros(2), np.zeros(2), np.zeros((2, 2))
    mean, error = np.zeros(model.n), 0.0
    images, transposed = [V, V], [V, V]
    inner, outer = V / root[:, None], V * root[:, None]
    if model.error is not None and B is not None:
        first[1], square[1] = (-slope for slope in at.error_curve.derivatives(at.lam))
        images[1] = root[:, None] * (model.error.W @ B.solve(inner))
        transposed[1] = B.solve(model.error.W.T @ outer, transposed=True) / root[:, None]
        inner, outer = B.solve(inner), outer - at.lam * (model.error.W.T @ outer)
    if model.lag is not None:
        A = model.lag.factor(at.rho)
        first[0], square[0] = (-slope for slope in at.lag_curve.derivatives(at.rho))
        images[0] = _filtered(model, at.lam, model.lag.W @ A.solve(inner))
        back = A.solve(model.lag.W.T @ outer, transposed=True)
        transposed[0] = (B.solve(back, transposed=True) if B is not None else back) / root[:, None]
        mean = _filtered(model, at.lam, model.lag.W @ A.solve(model.X @ at.beta))
    for i, side in enumerate((model.lag, model.error)):
        if side is None:
            continue
        # tr(G'G) = tr(G^2) + |G - G'|^2 / 2: the first is known, the second small, so probes err little.
        half = np.square(images[i] - transposed[i]).sum(axis=0) / 2
        gram[i, i] = square[i] + half.mean()
        error = max(error, float(half.std(ddof=1) / np.sqrt(count) / (square[i] + gram[i, i])))
    gram[0, 1] = gram[1, 0] = float(np.mean(np.sum(images[0] * images[1], axis=0)))
    cross = float(np.mean(np.sum(transposed[0] * images[1], axis=0)))
    return Traces(first, square, gram, cross, mean, error)
