"""The likelihood of the matrix exponential specification: least squares of exp(alpha W) y, searched over alpha."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import linalg, sparse
from scipy.sparse.linalg import expm_multiply

from gbaspatial.models.likelihood.identification import check_settled, endless
from gbaspatial.models.likelihood.peaks import highest
from gbaspatial.models.solve.origin import PERFECT, refuse_perfect, taken_back
from gbaspatial.weights import Weights

_REACH = 3.0  # the first window of alpha, in units of 1 / largest row sum


@dataclass(frozen=True, slots=True, eq=False)
class Solved:
    """At one alpha: `beta` (k,), weighted innovations `e` (n,), X = Q R weighted, and half the curvature of e'e.

    In the coordinates (c - `cross` alpha, alpha), c = R b, that curvature is diagonal: ones, and `bend`.
    So nothing cancels where a column is far from zero.
    """

    beta: np.ndarray
    e: np.ndarray
    Q: np.ndarray
    R: np.ndarray
    cross: np.ndarray
    bend: float

    def taken_back(self, cc: np.ndarray, ca: np.ndarray, aa: float) -> np.ndarray:
        """The covariance (k + 1, k + 1) of (b, alpha) from the variance of the slopes, `aa` over `bend` already."""
        k = len(self.R)
        C = np.block([[cc, ca[:, None] / self.bend], [ca[None, :] / self.bend, np.array([[aa / self.bend]])]])
        T = np.eye(k + 1)
        T[:k, k] = self.cross
        return taken_back(self.R, T @ C @ T.T)


@dataclass(frozen=True, slots=True, eq=False)
class Arrays:
    """y (n,), X (n, k), W (n, n) and the roots (n,) of observation weights."""

    y: np.ndarray
    X: np.ndarray
    W: sparse.csr_array
    root: np.ndarray

    def _regression(self, target: np.ndarray, X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        Q, R = np.linalg.qr(self.root[:, None] * X)
        target = self.root * target
        beta = np.linalg.solve(R, Q.T @ target)
        return beta, target - Q @ (Q.T @ target)

    def lag_sums(self, alpha: float) -> tuple[float, float, float]:
        """e'e of the lag model at its best b, half its slope in alpha, and the squares of exp(alpha W) y."""
        moved = expm(self.W, alpha, self.y)
        e = self._regression(moved, self.X)[1]
        return float(e @ e), float(e @ (self.root * (self.W @ moved))), _size(self.root, moved)

    def error_sums(self, alpha: float) -> tuple[float, float, float]:
        """As `lag_sums`, for the error model."""
        Z = expm(self.W, alpha, np.column_stack([self.y, self.X]))
        beta, e = self._regression(Z[:, 0], Z[:, 1:])
        once = self.root * (self.W @ (Z[:, 0] - Z[:, 1:] @ beta))
        return float(e @ e), float(e @ once), _size(self.root, Z[:, 0])

    def lag(self, alpha: float) -> Solved:
        """The lag model at its best b."""
        moved = expm(self.W, alpha, self.y)
        beta, e = self._regression(moved, self.X)
        once = self.W @ moved
        return self._solved(beta, e, self.X, once, self.W @ once, np.zeros_like(self.X))

    def error(self, alpha: float) -> Solved:
        """The error model at its best b."""
        Z = expm(self.W, alpha, np.column_stack([self.y, self.X]))
        beta, e = self._regression(Z[:, 0], Z[:, 1:])
        once = self.W @ (Z[:, 0] - Z[:, 1:] @ beta)
        return self._solved(beta, e, Z[:, 1:], once, self.W @ once, self.W @ Z[:, 1:])

    def _solved(
        self, beta: np.ndarray, e: np.ndarray, X: np.ndarray, once: np.ndarray, twice: np.ndarray, slope: np.ndarray
    ) -> Solved:
        """From de/db = -X, de/dalpha = `once`, d2e/dalpha2 = `twice`, d2e/dbdalpha = -`slope`."""
        Q, R = np.linalg.qr(self.root[:, None] * X)
        once, twice = self.root * once, self.root * twice
        inner = linalg.solve_triangular(R, (self.root[:, None] * slope).T @ e, trans=1)
        along = Q.T @ once
        across = once - Q @ along  # (across'across - inner'inner) would cancel if along'along were subtracted here
        bend = float(across @ across + e @ twice - inner @ inner - 2 * inner @ along)
        return Solved(beta, e, Q, R, along + inner, bend)

    def inverse_hessian(self, at: Solved) -> np.ndarray:
        """The inverse (k + 1, k + 1) of half the second derivatives of e'e in (b, alpha)."""
        return at.taken_back(np.eye(len(at.R)), np.zeros(len(at.R)), 1.0)

    def sandwich(self, model: str, alpha: float, at: Solved) -> np.ndarray:
        """The covariance (k + 1, k + 1) of (b, alpha) where the variance e_i^2 of a unit is its own.

        The slope of e'e / 2 in alpha is e'W(Xb + e) for the lag model and e'We for the error
        model: a quadratic form, whose variance pairs every unit with every other one.
        """
        e, squared = at.e, at.e**2
        shift = np.zeros_like(e)
        if model == "lag":
            shift = self.root * (self.W @ (self.X @ at.beta))
            shift = shift - at.Q @ at.cross  # in coordinates where b and alpha do not speak for each other
        else:
            shift = -at.Q @ at.cross
        scaled = sparse.diags_array(self.root) @ self.W @ sparse.diags_array(1 / self.root)
        own = float(squared @ shift**2) + float(squared @ (scaled.multiply(scaled + scaled.T) @ squared))
        return at.taken_back(at.Q.T @ (squared[:, None] * at.Q), -at.Q.T @ (squared * shift), own / at.bend)


def _size(root: np.ndarray, values: np.ndarray) -> float:
    """The weighted sum of squares of `values` off their mean."""
    return float(np.square(root * (values - values.mean())).sum())


def expm(W: sparse.csr_array, alpha: float, values: np.ndarray) -> np.ndarray:
    """exp(alpha W) `values`, without the exponential itself."""
    return np.asarray(expm_multiply(alpha * W, values, traceA=0.0))


def search_alpha(sums: Callable[[float], tuple[float, float, float]], w: Weights) -> float:
    """The alpha of the least sum of squares, in a window that widens until the minimum lies inside."""
    unit = sums(0.0)[0]

    def _value(alpha: float) -> float:
        return -float(np.log(max(sums(alpha)[0] / unit, 1e-300)))

    near = reach = _REACH / float(abs(w.sparse).sum(axis=1).max())
    for _ in range(5):
        best = highest(_value, lambda alpha: -sums(alpha)[1], -reach, reach, points=25)
        sse, _, size = sums(best)
        if abs(best) <= near:
            refuse_perfect(sse, size)
        elif not sse > PERFECT * size:
            break
        if abs(best) < 0.98 * reach:
            check_settled("alpha", lambda alpha: sums(alpha)[0], best, near)
            return best
        reach *= 2
    raise endless("alpha", best)
