"""The expected information matrix of the spatial likelihood, and its inverse: arrays only.

With e = D^1/2 (I - lambda W2)(y - rho W1 y - X b) / sigma, and in the same coordinates
``G1 = D^1/2 B W1 A^-1 B^-1 D^-1/2`` and ``G2 = D^1/2 W2 B^-1 D^-1/2`` (A = I - rho W1,
B = I - lambda W2), the entries are traces of products of G1 and G2 (Anselin 1988, ch. 6).
W enters as it is, never as the similar symmetric matrix: tr(G'G) is not invariant
under similarity (a known error of other programs).

Up to `TRACES_LIMIT` units the matrices are inverted and the traces are exact. Above, tr(G)
and tr(G^2), and tr(G1 G2) where both sides have one W, come from the log-determinant curves
and the rest from random probes, whose relative standard error is returned; where they err
too much, solves for all columns, up to 5,000 units, make the traces exact again.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gbaspatial.models.likelihood.problem import Estimate, Problem
from gbaspatial.models.solve.factor import Factor
from gbaspatial.models.solve.origin import least_squares
from gbaspatial.randomness import INFORMATION_PROBES, probes_of
from gbaspatial.sizes import COLUMNS_AT_ONCE, COLUMNS_LIMIT, LARGE_FROM, TRACES_LIMIT

_PROBES = 8
_FEW_PROBES = 4  # their error falls with n too
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


@dataclass(frozen=True, slots=True, eq=False)
class Apart:
    """The information `matrix` of (beta + h rho, rho, lambda, sigma2), with h the regression on X of the mean of W y.

    There beta and rho do not speak for each other, and no digit is lost where y is far from zero. `T` takes
    these coordinates to (beta, rho, lambda, sigma2); `error` is that of the traces. Of estimating equations that are
    no slopes of a likelihood `matrix` holds their mean slopes, and `meat` their variance.
    """

    matrix: np.ndarray
    T: np.ndarray
    error: float
    meat: np.ndarray | None = None

    def covariance(self) -> np.ndarray:
        """The covariance (p, p) of (beta, rho, lambda, sigma2)."""
        return self.T @ self.sandwich(self.meat) @ self.T.T

    def sandwich(self, meat: np.ndarray | None) -> np.ndarray:
        """The covariance (p, p) in the own coordinates, with the variance `meat` of the scores."""
        bread = inverse(self.matrix) if self.meat is None else inverse_of_slopes(self.matrix)
        return bread if meat is None else np.asarray(bread @ meat @ bread.T)


def information(model: Problem, at: Estimate, *, exact: bool = False) -> tuple[np.ndarray, float]:
    """Information of (beta, rho, lambda, sigma2), those that the model has, and the error of its traces.

    With `exact` there is no error up to 5,000 units, at the price of a solve for every unit.
    """
    apart = information_apart(model, at, exact=exact)
    back = 2 * np.eye(len(apart.T)) - apart.T  # the inverse of T
    return back.T @ apart.matrix @ back, apart.error


def information_apart(model: Problem, at: Estimate, *, exact: bool = False) -> Apart:
    """The information where beta and rho do not speak for each other."""
    sides = [s for s in (model.lag, model.error) if s is not None]
    X = _filtered(model, at.lam, model.X)
    k, s, s2, n = X.shape[1], len(sides), at.sigma2, model.n
    matrix = np.zeros((k + s + 1, k + s + 1))
    matrix[:k, :k] = X.T @ X / s2
    matrix[-1, -1] = n / (2 * s2**2)
    T = np.eye(len(matrix))
    if not sides:
        return Apart(matrix, T, 0.0)
    traces = _exact(model, at) if n <= TRACES_LIMIT else _probed(model, at, exact and n <= COLUMNS_LIMIT)
    places = {"rho": k, "lambda": k + s - 1}
    present = [(i, places[name]) for i, name in enumerate(("rho", "lambda")) if (model.lag, model.error)[i] is not None]
    for i, place in present:
        matrix[place, place] = traces.square[i] + traces.gram[i, i]
        matrix[place, -1] = matrix[-1, place] = traces.first[i] / s2
    if model.lag is not None:
        h = least_squares(X, traces.mean)
        left = traces.mean - X @ h
        matrix[k, k] += left @ left / s2
        T[:k, k] = -h
    if s == 2:
        matrix[k, k + 1] = matrix[k + 1, k] = traces.gram[0, 1] + traces.cross
    return Apart(matrix, T, traces.error)


def inverse(matrix: np.ndarray) -> np.ndarray:
    """The inverse of an information matrix, scaled first; NaN where it is not positive definite."""
    with np.errstate(invalid="ignore", divide="ignore"):
        scale = 1 / np.sqrt(np.diag(matrix))
    scaled = matrix * scale[:, None] * scale[None, :]
    if not np.all(np.isfinite(scaled)) or np.linalg.eigvalsh(scaled).min() <= 1e-13:
        return np.full_like(matrix, np.nan)
    return np.linalg.inv(scaled) * scale[:, None] * scale[None, :]


def inverse_of_slopes(matrix: np.ndarray) -> np.ndarray:
    """The inverse of mean slopes of estimating equations, scaled first; NaN where they cannot be told apart."""
    with np.errstate(invalid="ignore", divide="ignore"):
        scale = 1 / np.sqrt(np.diag(matrix))
    scaled = matrix * scale[:, None] * scale[None, :]
    if not np.all(np.isfinite(scaled)) or np.linalg.svd(scaled, compute_uv=False).min() <= 1e-13:
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


def _probed(model: Problem, at: Estimate, columns: bool) -> Traces:
    """Traces from the curves and from probes, more of them, and all columns in the end, where few err too much."""
    factors = [side.factor(value) if side else None for side, value in ((model.lag, at.rho), (model.error, at.lam))]
    found, side = None, model.lag or model.error
    ranks = side.ranks() if side is not None else np.arange(model.n)
    for count in () if columns else (_PROBES if model.n < LARGE_FROM else _FEW_PROBES, _MORE_PROBES):
        V = probes_of(ranks, count, INFORMATION_PROBES)
        found = _traces(model, at, factors, _readings(model, at, factors, V))
        if found.error <= _GOOD:
            return found
    if model.n > COLUMNS_LIMIT:
        assert found is not None
        return found
    total = np.zeros(4)
    for start in range(0, model.n, COLUMNS_AT_ONCE):
        place = np.arange(start, min(start + COLUMNS_AT_ONCE, model.n))
        V = np.zeros((model.n, len(place)))
        V[place, place - start] = 1.0
        total += _readings(model, at, factors, V).sum(axis=1)
    return _traces(model, at, factors, np.repeat(total[:, None], 2, axis=1))  # exact: no spread over probes


def _readings(model: Problem, at: Estimate, factors: list[Factor | None], V: np.ndarray) -> np.ndarray:
    """By column v of `V` (4, p): half of |(G1 - G1')v|^2, of their product, of |(G2 - G2')v|^2; and v'(G1 - G2)^2 v.

    These are small where G is all but symmetric and G1 all but G2, so that probes of them err
    little; the traces that they are taken from or added to are known.
    """
    A, B = factors
    root = np.sqrt(model.d) if model.d is not None else np.ones(model.n)
    images, transposed = [np.zeros_like(V)] * 2, [np.zeros_like(V)] * 2
    inner, outer = V / root[:, None], V * root[:, None]
    if model.error is not None and B is not None:
        images[1] = root[:, None] * (model.error.W @ B.solve(inner))
        transposed[1] = B.solve(model.error.W.T @ outer, transposed=True) / root[:, None]
        inner, outer = B.solve(inner), outer - at.lam * (model.error.W.T @ outer)
    if model.lag is not None and A is not None:
        images[0] = _filtered(model, at.lam, model.lag.W @ A.solve(inner))
        back = A.solve(model.lag.W.T @ outer, transposed=True)
        transposed[0] = (B.solve(back, transposed=True) if B is not None else back) / root[:, None]
    skew = [image - turned for image, turned in zip(images, transposed, strict=True)]
    apart = np.einsum("ip,ip->p", transposed[0] - transposed[1], images[0] - images[1])
    one, both, two = (np.einsum("ip,ip->p", skew[i], skew[j]) / 2 for i, j in ((0, 0), (0, 1), (1, 1)))
    return np.stack([one, both, two, apart])


def _traces(model: Problem, at: Estimate, factors: list[Factor | None], readings: np.ndarray) -> Traces:
    """The traces from what the curves know and the `readings` (4, p) of p probes."""
    first, square, gram = np.zeros(2), np.zeros(2), np.zeros((2, 2))
    mean, cross, spread = np.zeros(model.n), 0.0, readings.std(axis=1, ddof=1) / np.sqrt(readings.shape[1])
    one, both, two, apart = readings.mean(axis=1)
    for i, (side, value, curve) in enumerate(
        ((model.lag, at.rho, at.lag_curve), (model.error, at.lam, at.error_curve))
    ):
        if side is not None:
            first[i], square[i] = (-slope for slope in curve.derivatives(value))
            # tr(G'G) = tr(G^2) + |G - G'|^2 / 2
            gram[i, i] = square[i] + (one, two)[i]
    own = square + np.diag(gram)
    errors = [spread[(0, 2)[i]] / own[i] for i, side in enumerate((model.lag, model.error)) if side is not None]
    if model.lag is not None:
        A = factors[0]
        assert A is not None
        mean = _filtered(model, at.lam, model.lag.W @ A.solve(model.X @ at.beta))
    if model.lag is not None and model.error is not None:
        exact = _common_cross(model, at)
        cross = exact if exact is not None else (square.sum() - apart) / 2
        gram[0, 1] = gram[1, 0] = cross + both
        rough = spread[1] + (spread[3] if exact is None else 0.0)
        # what matters is what is left of the block when rho and lambda speak for each other
        left = own[0] * own[1] - (gram[0, 1] + cross) ** 2
        errors.append(rough * np.sqrt(own[0] * own[1]) / max(left, 1e-300))
    return Traces(first, square, gram, float(cross), mean, float(max(errors)))


def _common_cross(model: Problem, at: Estimate) -> float | None:
    """tr(G1 G2) where both sides have one W: (tr G1 - tr G2) / (rho - lambda); None where they have two."""
    assert model.lag is not None
    assert model.error is not None
    if model.lag.W is not model.error.W:
        return None
    low, high = model.lag.interval
    room = min(abs(value - end) for value in (at.rho, at.lam) for end in (low, high))
    if abs(at.rho - at.lam) > 1e-2 * min(room, 1 / max(abs(at.rho), abs(at.lam), 1e-300)):
        slopes = at.lag_curve.derivatives(at.rho)[0] - at.error_curve.derivatives(at.lam)[0]
        return float(-slopes / (at.rho - at.lam))
    return None
