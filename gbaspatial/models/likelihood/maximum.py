"""The maximum of a likelihood: over one spatial parameter, over two, and where there is none."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import optimize

from gbaspatial.errors import ConvergenceError
from gbaspatial.models.likelihood.identification import check_no_pole, no_maximum
from gbaspatial.models.likelihood.problem import (
    Estimate,
    Problem,
    curves_at,
    gradient_at,
    refuse_exact,
    solution,
    value_at,
)
from gbaspatial.models.solve.admissible import window
from gbaspatial.models.solve.determinant_curves import Curve, ZeroCurve
from gbaspatial.models.solve.side import Side
from gbaspatial.sizes import EDGE, LARGE_FROM

_AT_END = 1e-8  # a maximum inside that is nearer to the end has no use


def maximize(model: Problem) -> Estimate:
    """The maximum-likelihood estimate, searched over the whole admissible interval.

    Raises
    ------
    ConvergenceError
        If there is no maximum inside the interval, or none is found; the message says what was tried.
    """
    f, g = curves_at(model)
    rho = lam = 0.0
    refuse_exact(model, solution(model, rho, lam)[1])
    _refuse_pole(model)
    if model.lag is not None and model.error is not None:
        rho, lam, f, g = _maximum_of_two(model)
    elif model.lag is not None:
        rho, f = _maximum_of_one(model, model.lag, lambda c, r: value_at(model, r, 0.0, c, g), _first(model, g))
    elif model.error is not None:
        lam, g = _maximum_of_one(model, model.error, lambda c, r: value_at(model, 0.0, r, f, c), _second(model, f))
    beta, sse, _, _ = solution(model, rho, lam)
    _refuse_ends(model, rho, lam)
    edges = [
        name for name, value, side in (("rho", rho, model.lag), ("lambda", lam, model.error)) if _at_edge(value, side)
    ]
    refuse_exact(model, sse)
    return Estimate(beta, rho, lam, sse / model.n, value_at(model, rho, lam, f, g), tuple(edges), f, g)


def _refuse_pole(model: Problem) -> None:
    """Of one parameter: the likelihood must fall towards both ends."""
    zero: Curve = ZeroCurve()
    if model.lag is not None and model.error is None:
        f = model.lag.curve.rough()
        check_no_pole("rho", lambda rho: value_at(model, rho, 0.0, f, zero), model.lag.interval)
    elif model.error is not None and model.lag is None:
        g = model.error.curve.rough()
        check_no_pole("lambda", lambda lam: value_at(model, 0.0, lam, zero, g), model.error.interval)


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
    return min(value - low, high - value) < EDGE * (high - low)


def _first(model: Problem, g: Curve) -> Callable[[Curve, float], float]:
    return lambda curve, rho: float(gradient_at(model, rho, 0.0, curve, g)[0])


def _second(model: Problem, f: Curve) -> Callable[[Curve, float], float]:
    return lambda curve, lam: float(gradient_at(model, 0.0, lam, f, curve)[1])


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
    values = np.array([[value_at(model, r, s, f, g) for s in lams] for r in rhos])
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
        return -value_at(model, at[0], at[1], f, g), -gradient_at(model, at[0], at[1], f, g) * width

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
        slope = gradient_at(model, at[0], at[1], f, g)
        steps = 1e-5 * width
        hessian = np.empty((2, 2))
        for axis in range(2):
            shift = np.zeros(2)
            shift[axis] = steps[axis]
            above, below = at + shift, at - shift
            hessian[axis] = (
                gradient_at(model, above[0], above[1], f, g) - gradient_at(model, below[0], below[1], f, g)
            ) / (2 * steps[axis])
        if not np.all(np.isfinite(hessian)) or np.linalg.eigvalsh((hessian + hessian.T) / 2).max() >= 0:
            break
        move = -np.linalg.solve((hessian + hessian.T) / 2, slope)
        new = at + move
        inside = one[0] < new[0] < one[1] and two[0] < new[1] < two[1]
        if not inside or value_at(model, new[0], new[1], f, g) < value_at(model, at[0], at[1], f, g) - 1e-9:
            break
        at = new
        if np.abs(move / width).max() < 1e-11:
            break
    return float(at[0]), float(at[1])
