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

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from scipy import linalg, optimize, sparse

from gbaspatial.errors import ConvergenceError
from gbaspatial.models.likelihood.identification import check_no_pole, no_maximum
from gbaspatial.models.solve.logdet import Curve, ZeroCurve, window
from gbaspatial.models.solve.origin import Ground
from gbaspatial.models.solve.side import Side
from gbaspatial.sizes import LARGE_FROM

LOG_2PI = float(np.log(2 * np.pi))
_EDGE = 1e-3
_AT_END = 1e-8  # a maximum inside that is nearer to the end has no use


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
    return _value(model, rho, lam, *_curves(model))


def _curves(model: Problem) -> tuple[Curve, Curve]:
    zero: Curve = ZeroCurve()
    return (model.lag.curve if model.lag else zero), (model.error.curve if model.error else zero)


def _value(model: Problem, rho: float, lam: float, f: Curve, g: Curve) -> float:
    sse = solution(model, rho, lam)[1]
    n = model.n
    scale = 0.5 * float(np.log(model.d).sum()) if model.d is not None else 0.0
    with np.errstate(divide="ignore"):
        return float(-n / 2 * (LOG_2PI + 1 + np.log(sse / n)) + f(rho) + g(lam) + scale)


def _gradient(model: Problem, rho: float, lam: float, f: Curve, g: Curve) -> np.ndarray:
    _, sse, slope_rho, slope_lam = solution(model, rho, lam)
    _refuse_exact(model, sse)
    half = -model.n / 2 / sse
    return np.array([half * slope_rho + f.derivatives(rho)[0], half * slope_lam + g.derivatives(lam)[0]])


def maximize(model: Problem) -> Estimate:
    """The maximum-likelihood estimate, searched over the whole admissible interval.

    Raises
    ------
    ConvergenceError
        If there is no maximum inside the interval, or none is found; the message says what was tried.
    """
    f, g = _curves(model)
    rho = lam = 0.0
    _refuse_exact(model, solution(model, rho, lam)[1])
    _refuse_pole(model)
    if model.lag is not None and model.error is not None:
        rho, lam, f, g = _maximum_of_two(model)
    elif model.lag is not None:
        rho, f = _maximum_of_one(model, model.lag, lambda c, r: _value(model, r, 0.0, c, g), _first(model, g))
    elif model.error is not None:
        lam, g = _maximum_of_one(model, model.error, lambda c, r: _value(model, 0.0, r, f, c), _second(model, f))
    beta, sse, _, _ = solution(model, rho, lam)
    _refuse_ends(model, rho, lam)
    edges = [
        name for name, value, side in (("rho", rho, model.lag), ("lambda", lam, model.error)) if _at_edge(value, side)
    ]
    _refuse_exact(model, sse)
    return Estimate(beta, rho, lam, sse / model.n, _value(model, rho, lam, f, g), tuple(edges), f, g)


def _refuse_exact(model: Problem, sse: float) -> None:
    if sse <= 1e-20 * float(model.y @ model.y):
        raise ConvergenceError(
            "the model fits every unit exactly, so its likelihood has no maximum; use fewer regressors."
        )


def _refuse_pole(model: Problem) -> None:
    """Of one parameter: the likelihood must fall towards both ends."""
    zero: Curve = ZeroCurve()
    if model.lag is not None and model.error is None:
        f = model.lag.curve.rough()
        check_no_pole("rho", lambda rho: _value(model, rho, 0.0, f, zero), model.lag.interval)
    elif model.error is not None and model.lag is None:
        g = model.error.curve.rough()
        check_no_pole("lambda", lambda lam: _value(model, 0.0, lam, zero, g), model.error.interval)


def _refuse_ends(model: Problem, rho: float, lam: float) -> None:
    """Of two parameters: the highest point found must not lie at an end that is one of the interval."""
    for name, value, side in (("rho", rho, model.lag), ("lambda", lam, model.error)):
        if side is None or model.lag is None or model.error is None:
            continue
        for end, limit in zip(window(side.interval), side.interval, strict=True):
            if np.isfinite(limit) and abs(value - end) <= _AT_END * np.ptp(window(side.interval)):
                raise no_maximum(name, limit, side.interval)


def _at_edge(value: float, side: Side | None) -> bool:
    if side is None:
        return False
    low, high = window(side.interval)
    return min(value - low, high - value) < _EDGE * (high - low)


def _first(model: Problem, g: Curve) -> Callable[[Curve, float], float]:
    return lambda curve, rho: float(_gradient(model, rho, 0.0, curve, g)[0])


def _second(model: Problem, f: Curve) -> Callable[[Curve, float], float]:
    return lambda curve, lam: float(_gradient(model, 0.0, lam, f, curve)[1])


def _maximum_of_one(
    model: Problem,
    side: Side,
    value: Callable[[Curve, float], float],
    slope: Callable[[Curve, float], float],
) -> tuple[float, Curve]:
    """The best rho over a grid, then where the slope is zero; on exact local curves if the curve is costly."""
    low, high = window(side.interval)
    curve = side.curve.rough()
    start = _grid_maximum(lambda r: value(curve, r), lambda r: slope(curve, r), low, high)
    if curve is side.curve:
        return start, curve
    tried = [start]
    reach = _reach(model) * (high - low)
    for _ in range(12):
        reach = min(reach, 0.2 * min(start - low, high - start))
        curve = side.curve.near(start, reach)
        a, b = max(low, start - reach), min(high, start + reach)
        start, before = _slope_zero(lambda r: slope(curve, r), a, b), start  # noqa: B023
        tried.append(start)
        if abs(start - before) <= 0.6 * reach:
            return start, curve
    raise ConvergenceError(f"the maximum in the interval ({low:.4g}, {high:.4g}) was not reached; tried {tried}.")


def _reach(model: Problem) -> float:
    """How wide a local curve is, as a share of the interval: the first guess is good where n is large."""
    return 0.02 if model.n < LARGE_FROM else 0.008


def _grid_maximum(value: Callable[[float], float], slope: Callable[[float], float], low: float, high: float) -> float:
    """The largest of all local maxima that a grid of 33 Chebyshev points brackets."""
    grid = (low + high) / 2 - (high - low) / 2 * np.cos(np.pi * (np.arange(33) + 0.5) / 33)
    values = np.array([value(r) for r in grid])
    values[~np.isfinite(values)] = -np.inf
    if not np.isfinite(values.max()):
        raise ConvergenceError(f"the likelihood is not finite anywhere in ({low:.6g}, {high:.6g}).")
    padded = np.concatenate([[-np.inf], values, [-np.inf]])
    peaks = np.flatnonzero((padded[1:-1] >= padded[:-2]) & (padded[1:-1] >= padded[2:]) & np.isfinite(values))
    ends = np.concatenate([[low], grid, [high]])
    found = [_slope_zero(slope, ends[p], ends[p + 2]) for p in peaks]
    return max(found, key=value)


def _slope_zero(slope: Callable[[float], float], a: float, b: float) -> float:
    """Where a slope that falls from `a` to `b` is zero; the better end if it does not change sign."""
    left, right = slope(a), slope(b)
    if not left > 0:
        return a
    if not right < 0:
        return b
    return float(optimize.brentq(slope, a, b, xtol=max(1e-13 * (b - a), 1e-300), rtol=1e-13, maxiter=200))


def rho_given_lambda(model: Problem, lam: float) -> float:
    """rho at its best with lambda held: a lag model in y and X filtered by I - lambda W2."""
    assert model.lag is not None
    low, high = window(model.lag.interval)
    curve = model.lag.curve

    def _slope(rho: float) -> float:
        _, sse, by_rho, _ = solution(model, rho, lam)
        return -model.n / 2 / sse * by_rho + curve.derivatives(rho)[0]

    return _slope_zero(_slope, low, high)


def _maximum_of_two(model: Problem) -> tuple[float, float, Curve, Curve]:
    """rho and lambda from the best of several starts over the grid of both intervals."""
    assert model.lag is not None
    assert model.error is not None
    one, two = window(model.lag.interval), window(model.error.interval)
    f, g = model.lag.curve.rough(), model.error.curve.rough()
    best = _climb(model, f, g, one, two, _starts(model, f, g, one, two))
    if f is model.lag.curve and g is model.error.curve:
        return best[0], best[1], f, g
    for _ in range(12):
        reaches = [
            min(_reach(model) * (b - a), 0.2 * min(v - a, b - v)) for v, (a, b) in zip(best, (one, two), strict=True)
        ]
        f, g = model.lag.curve.near(best[0], reaches[0]), model.error.curve.near(best[1], reaches[1])
        boxes = [(v - r, v + r) for v, r in zip(best, reaches, strict=True)]
        before, best = best, _climb(model, f, g, boxes[0], boxes[1], [best])
        if all(abs(x - y) <= 0.6 * r for x, y, r in zip(best, before, reaches, strict=True)):
            return best[0], best[1], f, g
    raise ConvergenceError(f"no maximum over rho and lambda was reached; the last point tried is {best}.")


def _starts(
    model: Problem, f: Curve, g: Curve, one: tuple[float, float], two: tuple[float, float]
) -> list[tuple[float, float]]:
    """The local maxima of the likelihood on a 13 x 13 grid, best first, at most six."""
    shape = 0.5 - 0.5 * np.cos(np.pi * (np.arange(13) + 0.5) / 13)
    rhos, lams = (a + (b - a) * shape for a, b in (one, two))
    values = np.array([[_value(model, r, s, f, g) for s in lams] for r in rhos])
    padded = np.pad(np.where(np.isfinite(values), values, -np.inf), 1, constant_values=-np.inf)
    around = np.max([padded[i : i + 13, j : j + 13] for i in range(3) for j in range(3) if (i, j) != (1, 1)], axis=0)
    places = np.argwhere((values >= around) & np.isfinite(values))
    peaks = sorted(places.tolist(), key=lambda p: -values[p[0], p[1]])[:6]
    if not peaks:
        raise ConvergenceError("the likelihood is not finite anywhere on a grid over rho and lambda.")
    return [(float(rhos[i]), float(lams[j])) for i, j in peaks]


def _climb(
    model: Problem,
    f: Curve,
    g: Curve,
    one: tuple[float, float],
    two: tuple[float, float],
    starts: list[tuple[float, float]],
) -> tuple[float, float]:
    """The best local maximum from `starts` within the box: quasi-Newton, then Newton on the gradient."""

    width = np.array([one[1] - one[0], two[1] - two[0]])  # W may have any scale

    def _loss(share: np.ndarray) -> tuple[float, np.ndarray]:
        at = share * width
        return -_value(model, at[0], at[1], f, g), -_gradient(model, at[0], at[1], f, g) * width

    found = []
    bounds = [(low / size, high / size) for (low, high), size in zip((one, two), width, strict=True)]
    for start in starts:
        answer = optimize.minimize(
            _loss, np.asarray(start) / width, jac=True, method="L-BFGS-B", bounds=bounds, options={"ftol": 1e-14}
        )
        if np.isfinite(answer.fun):
            found.append((float(answer.fun), np.asarray(answer.x, dtype=float) * width))
    if not found:
        raise ConvergenceError(f"no finite maximum over rho and lambda was found from the starts {starts}.")
    at = min(found, key=lambda pair: pair[0])[1]
    for _ in range(20):  # Newton to full precision; the Hessian by differences of the exact gradient
        slope = _gradient(model, at[0], at[1], f, g)
        steps = 1e-5 * width
        hessian = np.empty((2, 2))
        for axis in range(2):
            shift = np.zeros(2)
            shift[axis] = steps[axis]
            above, below = at + shift, at - shift
            hessian[axis] = (
                _gradient(model, above[0], above[1], f, g) - _gradient(model, below[0], below[1], f, g)
            ) / (2 * steps[axis])
        if not np.all(np.isfinite(hessian)) or np.linalg.eigvalsh((hessian + hessian.T) / 2).max() >= 0:
            break
        move = -np.linalg.solve((hessian + hessian.T) / 2, slope)
        new = at + move
        inside = one[0] < new[0] < one[1] and two[0] < new[1] < two[1]
        if not inside or _value(model, new[0], new[1], f, g) < _value(model, at[0], at[1], f, g) - 1e-9:
            break
        at = new
        if np.abs(move / width).max() < 1e-11:
            break
    return float(at[0]), float(at[1])
