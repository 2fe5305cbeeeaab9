"""The Gaussian likelihood of every spatial cross-section model here, concentrated: arrays only.

One model contains the others::

    y = rho W1 y + X b + u,   u = lambda W2 u + e,   e ~ N(0, sigma2 D^-1)

without W1 it is the error model, without W2 the lag model, without both least squares;
Durbin models have the lags W X among the columns of X. D holds observation weights. The
log-likelihood keeps all constants::

    l = -n/2 log(2 pi sigma2) + log|I - rho W1| + log|I - lambda W2| + sum(log D)/2 - e'De / (2 sigma2)

`Problem` holds the arrays, reduced once by a QR decomposition, so that an evaluation costs
O(k^3) whatever n is. `maximize(problem)` gives an `Estimate`; `problem.with_outcome(y)`
makes a refit cheap. The variance of an estimate is in `information`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy import linalg, sparse

from gbaspatial.errors import ConvergenceError
from gbaspatial.models.solve.determinant_curves import Curve, ZeroCurve
from gbaspatial.models.solve.origin import Ground
from gbaspatial.models.solve.side import Side

LOG_2PI = float(np.log(2 * np.pi))


@dataclass(frozen=True, slots=True, eq=False)
class Straight:
    """Without an error process: coefficients of y and of W1 y on X, and the inner products of what is left."""

    b0: np.ndarray
    b1: np.ndarray
    g00: float
    g01: float
    g11: float

    @classmethod
    def of(cls, R: np.ndarray, ground: np.ndarray | None = None) -> Straight:
        """From the columns [y, W1 y, X] as `R` (r, 2 + k), their coefficients moved by `ground` (k, 2)."""
        Q, T = np.linalg.qr(R[:, 2:])
        both = np.linalg.solve(T, Q.T @ R[:, :2])
        rest = R[:, :2] - R[:, 2:] @ both
        g = rest.T @ rest
        if ground is not None:
            both = both + ground
        return cls(both[:, 0], both[:, 1], float(g[0, 0]), float(g[0, 1]), float(g[1, 1]))


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """Arrays of one model: `y` (n,), `X` (n, k), the sides of rho and lambda, observation weights `d` (n,).

    `R0`, `R1`, `straight`, the `level` of y and its `ground` (k, 2) are what `reduced` makes of them.
    """

    y: np.ndarray
    X: np.ndarray
    lag: Side | None = None
    error: Side | None = None
    d: np.ndarray | None = None
    R0: np.ndarray | None = None
    R1: np.ndarray | None = None
    straight: Straight | None = None
    level: float = 0.0
    ground: np.ndarray | None = None

    @property
    def n(self) -> int:
        """Number of units."""
        return len(self.y)

    @property
    def leveled(self) -> np.ndarray:
        """y (n,) without its `level`: what tests of rho and lambda need of it, with all digits."""
        return self.y - self.level

    def grounded(self, rho: float | np.ndarray) -> np.ndarray:
        """Coefficients (..., k) of the `level` of y that `R0` does without, where I - `rho` (...) W1 filters y."""
        shape = (*np.shape(rho), self.X.shape[1])
        if self.ground is None:
            return np.zeros(shape)
        return np.asarray(self.ground[:, 0] - np.multiply.outer(rho, self.ground[:, 1])).reshape(shape)

    def with_outcome(self, y: np.ndarray) -> Problem:
        """The same model for another outcome."""
        return reduced(replace(self, y=np.asarray(y, dtype=float)))


@dataclass(frozen=True, slots=True, eq=False)
class Estimate:
    """Where the likelihood is largest. `edges` names spatial parameters at an end of their interval."""

    beta: np.ndarray
    rho: float
    lam: float
    sigma2: float
    log_likelihood: float
    edges: tuple[str, ...]
    lag_curve: Curve
    error_curve: Curve


def problem(
    y: np.ndarray,
    X: np.ndarray,
    lag: Side | None = None,
    error: Side | None = None,
    d: np.ndarray | None = None,
) -> Problem:
    """The `Problem` of these arrays, reduced."""
    return reduced(Problem(np.asarray(y, float), np.asarray(X, float), lag, error, d))


def reduced(model: Problem) -> Problem:
    """`model` with R0, R1: [y, W1 y, X] and its lag by W2 in the coordinates of their QR decomposition.

    Sums of squares of combinations of these columns are those of R0 - lambda R1. The mean of y is left out where
    the model can do without it: far from zero it would cost the digits by which a flat likelihood is climbed.
    """
    level, ground = _ground(model)
    y = model.y - level
    wy = model.lag.W @ y if model.lag else np.zeros_like(y)
    Z = np.column_stack([y, wy, model.X])
    q = Z.shape[1]
    if model.error is not None:
        Z = np.hstack([Z, model.error.W @ Z])
    if model.d is not None:
        Z = Z * np.sqrt(model.d)[:, None]
    R: np.ndarray = np.asarray(np.linalg.qr(Z, mode="r")) if Z.shape[0] > Z.shape[1] else Z
    if model.error is not None:
        return replace(model, R0=R[:, :q], R1=R[:, q:], straight=None, level=level, ground=ground)
    return replace(model, R0=R, R1=None, straight=Straight.of(R, ground), level=level, ground=ground)


def _ground(model: Problem) -> tuple[float, np.ndarray | None]:
    """The mean of y that goes to the coefficients alone, and its share (k, 2) of those of y and of W1 y; else zero."""
    Q, R = np.linalg.qr(model.X)
    n = len(model.y)
    own = Ground.of(model.y, Q, model.lag.W if model.lag is not None else sparse.csr_array((n, n)))
    if own.m == 0.0:
        return 0.0, None
    constant = (np.ptp(model.X, axis=0) == 0.0) & (model.X[0] != 0.0)
    if constant.any():  # without round-off in the other coefficients, which the level would enlarge
        place = int(np.argmax(constant))
        one = np.eye(len(R))[place] / model.X[0, place]
    else:
        one = linalg.solve_triangular(R, own.q[:, 0])
    return own.m, own.m * np.column_stack([one, own.s * one])


def solution(model: Problem, rho: float, lam: float) -> tuple[np.ndarray, float, float, float]:
    """beta (k,), the sum of squares, and its slopes in rho and lambda (beta follows)."""
    if (s := model.straight) is not None:
        sse = s.g00 - 2 * rho * s.g01 + rho**2 * s.g11
        return s.b0 - rho * s.b1, max(sse, 0.0), 2 * (rho * s.g11 - s.g01), 0.0
    assert model.R0 is not None
    assert model.R1 is not None
    A = model.R0 - lam * model.R1
    target, X = A[:, 0] - rho * A[:, 1], A[:, 2:]
    Q, R = np.linalg.qr(X)
    beta = np.linalg.solve(R, Q.T @ target)
    residual = target - X @ beta
    slope_rho = -2 * float(residual @ A[:, 1])
    B = model.R1
    slope_lam = -2 * float(residual @ (B[:, 0] - rho * B[:, 1] - B[:, 2:] @ beta))
    return beta + model.grounded(rho), float(residual @ residual), slope_rho, slope_lam


def log_likelihood(model: Problem, rho: float = 0.0, lam: float = 0.0) -> float:
    """The concentrated log-likelihood at given spatial parameters, exact."""
    return value_at(model, rho, lam, *curves_at(model))


def curves_at(model: Problem) -> tuple[Curve, Curve]:
    """The log-determinants of the lag and of the error, zero where the model has none."""
    zero: Curve = ZeroCurve()
    return (model.lag.curve if model.lag else zero), (model.error.curve if model.error else zero)


def value_at(model: Problem, rho: float, lam: float, f: Curve, g: Curve) -> float:
    """The log-likelihood at rho and lambda, their log-determinants read from `f` and `g`."""
    sse = solution(model, rho, lam)[1]
    n = model.n
    scale = 0.5 * float(np.log(model.d).sum()) if model.d is not None else 0.0
    with np.errstate(divide="ignore"):
        return float(-n / 2 * (LOG_2PI + 1 + np.log(sse / n)) + f(rho) + g(lam) + scale)


def gradient_at(model: Problem, rho: float, lam: float, f: Curve, g: Curve) -> np.ndarray:
    """The derivatives of the log-likelihood by rho and by lambda."""
    _, sse, slope_rho, slope_lam = solution(model, rho, lam)
    refuse_exact(model, sse)
    half = -model.n / 2 / sse
    return np.array([half * slope_rho + f.derivatives(rho)[0], half * slope_lam + g.derivatives(lam)[0]])


def refuse_exact(model: Problem, sse: float) -> None:
    """An error where the regressors explain the outcome without error: its likelihood has no maximum."""
    if sse <= 1e-20 * float(model.y @ model.y):
        raise ConvergenceError(
            "the model fits every unit exactly, so its likelihood has no maximum; use fewer regressors."
        )
