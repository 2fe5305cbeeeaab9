"""The maximum of the likelihood of random effects, and the variance of the estimates: arrays only.

The likelihood is looked at in the coordinates (rho, lambda, log(1 + a), psi), each over the width of
its interval; a is the variance of a unit's effect over that of its mean without effect, zero at the
border where there are no effects. The information of rho, lambda, phi and psi is the observed one of
the concentrated likelihood; with it goes the expected one of b, which only rho touches.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
from scipy import optimize

from gbaspatial.errors import ConvergenceError
from gbaspatial.models.panel.random_likelihood import (
    Point,
    RandomProblem,
    Reduced,
    curves_of,
    log_likelihood,
    ones_of,
    random_problem,
    reduced,
    solution,
)
from gbaspatial.models.solve.admissible import window
from gbaspatial.models.solve.determinant_curves import Curve
from gbaspatial.sizes import EDGE

LOGS = (0.0, float(np.log(1e9)))  # of 1 + a
SERIAL_WINDOW = (-0.995, 0.9995)
_STARTS = {"rho": (0.1, 0.3, 0.5, 0.65, 0.8, 0.92), "size": (0.005, 0.05, 0.12, 0.25), "psi": (0.2, 0.5, 0.75, 0.97)}
_STEP = 1e-3
_BORDER = 1e-7
_APART = 6e-6  # the cube root of round-off, of points between which slopes are taken


@dataclass(frozen=True, slots=True, eq=False)
class RandomEstimate:
    """Where the likelihood is largest; `names` are the parameters (rho, lambda, phi, psi) that are not at an edge."""

    beta: np.ndarray
    at: Point
    sigma2: float
    log_likelihood: float
    edges: tuple[str, ...]
    names: tuple[str, ...]
    root: np.ndarray


class _Coordinates:
    """Points from and to coordinates between zero and one."""

    def __init__(self, model: RandomProblem) -> None:
        self.model = model
        self.bounds: dict[str, tuple[float, float]] = {}
        if model.lag is not None:
            self.bounds["rho"] = window(model.lag.interval)
        if model.error is not None:
            self.bounds["lam"] = window(model.error.interval)
        self.bounds["size"] = LOGS
        if model.serial:
            self.bounds["psi"] = SERIAL_WINDOW
        self.parts = None if model.serial else reduced(model, 0.0)
        self._plain = self._length(0.0)

    def length(self, psi: float) -> float:
        """The mean squared length of the transformed vector of ones, over the units that are seen."""
        return self._plain if psi == 0 else self._length(psi)

    def _length(self, psi: float) -> float:
        lengths = ones_of(self.model.stack, psi)[1]
        return float(lengths[lengths > 0].mean())

    def point(self, share: np.ndarray) -> Point:
        """The point whose coordinates lie at these shares (p,) of their ranges."""
        values = {
            name: low + (high - low) * float(s)
            for s, (name, (low, high)) in zip(share, self.bounds.items(), strict=True)
        }
        size, psi = values.pop("size"), values.get("psi", 0.0)
        return Point(phi=float(np.expm1(size)) / self.length(psi), **values)

    def share(self, at: Point) -> np.ndarray:
        """At which shares (p,) of their ranges the coordinates of a point lie: the inverse of `point`."""
        size = float(np.log1p(at.phi * self.length(at.psi)))
        values = {"rho": at.rho, "lam": at.lam, "size": size, "psi": at.psi}
        return np.array([(values[name] - low) / (high - low) for name, (low, high) in self.bounds.items()])

    def parts_at(self, at: Point) -> Reduced:
        """The reduced columns, made once where errors are not serially correlated."""
        return self.parts if self.parts is not None else reduced(self.model, at.psi)


def maximize(model: RandomProblem) -> RandomEstimate:
    """The maximum-likelihood estimate, from the best of several starts over all intervals.

    Raises
    ------
    ConvergenceError
        If the likelihood is not finite anywhere, or its maximum is not reached.
    """
    space = _Coordinates(model)
    f, g = (curve.rough() for curve in curves_of(model))
    best = _climbed(space, (f, g), _starts(space, (f, g)))
    exact = curves_of(model)
    if not (f is exact[0] and g is exact[1]):
        best = _climbed_near(space, best)
    at = space.point(best)
    if best[list(space.bounds).index("size")] <= _BORDER:
        at = replace(at, phi=0.0)
    beta, sse, root = solution(model, at, space.parts_at(at))
    edges = tuple(_edges(space, best))
    found = {"rho": model.lag is not None, "lambda": model.error is not None, "phi": at.phi > 0, "psi": model.serial}
    names = tuple(name for name, there in found.items() if there and name not in edges)
    value = log_likelihood(model, at, None, space.parts_at(at))
    return RandomEstimate(beta, at, sse / model.count, value, edges, names, root)


def _edges(space: _Coordinates, share: np.ndarray) -> list[str]:
    called = {"rho": "rho", "lam": "lambda", "psi": "psi"}
    return [
        called[name]
        for name, s in zip(space.bounds, share, strict=True)
        if name in called and min(s, 1 - s) < (EDGE if name != "psi" else 1e-6)
    ]


def _loss(space: _Coordinates, model: RandomProblem, curves: Sequence[Curve]) -> Callable[[np.ndarray], float]:
    def _of(share: np.ndarray) -> float:
        at = space.point(share)
        value = log_likelihood(model, at, curves, space.parts_at(at))
        return -value if np.isfinite(value) else 1e300

    return _of


def _starts(space: _Coordinates, curves: Sequence[Curve]) -> list[np.ndarray]:
    """The best four points of a grid, apart from each other; mu filtered, which costs no factorization."""
    model = space.model
    cheap = replace(model, nested=True) if model.mixed else model
    loss = _loss(_Coordinates(cheap), cheap, curves)
    axes = [_STARTS.get(name, _STARTS["rho"]) for name in space.bounds]
    grid = np.array(list(product(*axes)))
    values = np.array([loss(point) for point in grid])
    if not np.isfinite(values[values < 1e299]).any():
        raise ConvergenceError("the likelihood of the random effects is not finite anywhere on a grid; rescale W or y.")
    found: list[np.ndarray] = []
    for place in np.argsort(values):
        if all((grid[place] != other).sum() > 1 or len(axes) == 1 for other in found):
            found.append(grid[place])
        if len(found) == (4 if not model.mixed else 2):
            break
    return found


def _climbed(
    space: _Coordinates, curves: Sequence[Curve], starts: Sequence[np.ndarray],
    box: Sequence[tuple[float, float]] | None = None,
) -> np.ndarray:  # fmt: skip
    """The best maximum from `starts`: quasi-Newton, then Newton steps."""
    loss = _loss(space, space.model, curves)
    box = box if box is not None else [(0.0, 1.0)] * len(space.bounds)
    found = []
    for start in starts:
        answer = optimize.minimize(
            _sloped(loss), start, jac=True, method="L-BFGS-B", bounds=box, options={"ftol": 1e-13}
        )
        found.append((float(answer.fun), np.clip(answer.x, 0, 1)))
    value, best = min(found, key=lambda pair: pair[0])
    return _polished(loss, best, value)


def _sloped(loss: Callable[[np.ndarray], float]) -> Callable[[np.ndarray], tuple[float, np.ndarray]]:
    """A loss with its slopes, from differences of three points that stay between zero and one."""

    def _of(share: np.ndarray) -> tuple[float, np.ndarray]:
        here, slope = loss(share), np.empty(len(share))
        for place, s in enumerate(share):
            inside = _APART <= s <= 1 - _APART
            moves = (-_APART, _APART) if inside else (_APART, 2 * _APART) if s < 0.5 else (-_APART, -2 * _APART)
            one, two = (loss(_moved(share, np.array([place]), np.array([move]))) for move in moves)
            slope[place] = (two - one) / (2 * _APART) if inside else (4 * one - two - 3 * here) / (2 * moves[0])
        return here, slope

    return _of


def _polished(loss: Callable[[np.ndarray], float], best: np.ndarray, value: float) -> np.ndarray:
    """A few Newton steps among the coordinates that are inside."""
    for _ in range(6):
        inside = np.flatnonzero((best > 1e-5) & (best < 1 - 1e-5))
        if not len(inside):
            return best
        steps = np.minimum(1e-4, 0.1 * np.minimum(best[inside], 1 - best[inside]))
        slope, bend = slopes(lambda move: loss(_moved(best, inside, move)), steps)  # noqa: B023
        try:
            move = -np.linalg.solve(bend, slope)
        except np.linalg.LinAlgError:
            return best
        trial = _moved(best, inside, move)
        if not (np.linalg.eigvalsh(bend).min() > 0 and (trial > 0).all() and (trial < 1).all()):
            return best
        new = loss(trial)
        if not new <= value + 1e-9 * max(abs(value), 1):
            return best
        best, value = trial, new
        if np.abs(move).max() < 1e-10:
            return best
    return best


def _moved(point: np.ndarray, places: np.ndarray, move: np.ndarray) -> np.ndarray:
    out = point.copy()
    out[places] += move
    return out


def slopes(value: Callable[[np.ndarray], float], steps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The gradient (p,) and the matrix of second derivatives (p, p) at zero, from differences.

    Examples
    --------
    >>> slopes(lambda v: float(v[0] ** 2 + 3 * v[0] * v[1]), np.array([0.1, 0.1]))[1].round(9).tolist()
    [[2.0, 3.0], [3.0, 0.0]]
    """
    p = len(steps)
    moves = np.diag(steps)
    center = value(np.zeros(p))
    up = np.array([value(move) for move in moves])
    down = np.array([value(-move) for move in moves])
    gradient = (up - down) / (2 * steps)
    bend = np.diag((up - 2 * center + down) / steps**2)
    for i in range(p):
        for j in range(i):
            ends = [value(s * moves[i] + t * moves[j]) * s * t for s in (1, -1) for t in (1, -1)]
            bend[i, j] = bend[j, i] = sum(ends) / (4 * steps[i] * steps[j])
    return gradient, bend


def _climbed_near(space: _Coordinates, best: np.ndarray) -> np.ndarray:
    """On curves that are exact around the maximum."""
    for _ in range(12):
        at = space.point(best)
        box, near = [(0.0, 1.0)] * len(best), []
        for name, value, curve in zip(("rho", "lam"), (at.rho, at.lam), curves_of(space.model), strict=True):
            if name not in space.bounds:
                near.append(curve)
                continue
            place, (low, high) = list(space.bounds).index(name), space.bounds[name]
            reach = min(0.02 * (high - low), 0.2 * min(value - low, high - value))
            near.append(curve.near(value, reach))
            room = reach / (high - low)
            box[place] = (max(best[place] - room, 0.0), min(best[place] + room, 1.0))
        before, best = best, _climbed(space, near, [best], box)
        if all(
            high - low == 1 or abs(a - b) <= 0.3 * (high - low)
            for a, b, (low, high) in zip(best, before, box, strict=True)
        ):
            return best
    raise ConvergenceError("the maximum of the likelihood of the random effects was not reached; rescale W or y.")


# -- the variance of the estimates ----------------------------------------------------------------
@dataclass(frozen=True, slots=True, eq=False)
class Spread:
    """The observed information of `names` (p, p), concentrated, and how b follows them (k, p)."""

    names: tuple[str, ...]
    matrix: np.ndarray
    follow: np.ndarray


def spread_of(model: RandomProblem, at: RandomEstimate) -> Spread:
    """The curvature of the concentrated likelihood, extrapolated from two sizes of steps."""
    names = at.names
    follow = np.zeros((len(at.beta), len(names)))
    if not names:
        return Spread((), np.zeros((0, 0)), follow)
    space = _Coordinates(model)
    sizes = np.array([_size(space, at.at, name) for name in names])
    reach = dict(zip(names, 3 * _STEP * sizes, strict=True))
    values = {"rho": at.at.rho, "lambda": at.at.lam}
    curves = [
        curve.near(values[name], reach[name]) if name in reach else curve
        for name, curve in zip(values, curves_of(model), strict=True)
    ]

    def _value(move: np.ndarray) -> float:
        point = _shifted(at.at, names, move)
        return -log_likelihood(model, point, curves, space.parts_at(point))

    fine, rough = (slopes(_value, _STEP * sizes * factor)[1] for factor in (1.0, 2.0))
    if "rho" in names:
        follow[:, names.index("rho")] = -mean_on_columns(model, at)
    return Spread(names, (4 * fine - rough) / 3, follow)


def mean_on_columns(model: RandomProblem, at: RandomEstimate) -> np.ndarray:
    """The coefficients (k,) of the mean of W1 y on X, by the generalized least squares of the estimate."""
    assert model.lag is not None
    mean = model.lag.W @ model.lag.factor(at.at.rho).solve(model.X @ at.beta)
    other = random_problem(mean, model.X, model.stack, None, model.error, nested=model.nested, serial=model.serial)
    return solution(other, replace(at.at, rho=0.0))[0]


def _size(space: _Coordinates, at: Point, name: str) -> float:
    """A size of steps that stays inside."""
    if name == "phi":
        return at.phi + 1 / space.length(at.psi) if at.phi > 4 * _STEP / space.length(at.psi) else at.phi
    low, high = space.bounds[{"lambda": "lam"}.get(name, name)]
    value = {"rho": at.rho, "lambda": at.lam, "psi": at.psi}[name]
    return 2 * min(value - low, high - value, (high - low) / 4)


def _shifted(at: Point, names: Sequence[str], move: np.ndarray) -> Point:
    values = dict(zip(names, move, strict=True))
    return Point(
        at.rho + values.get("rho", 0.0), at.lam + values.get("lambda", 0.0), at.phi + values.get("phi", 0.0),
        at.psi + values.get("psi", 0.0),
    )  # fmt: skip


def covariance(at: RandomEstimate, spread: Spread) -> np.ndarray:
    """The covariance (k + p, k + p) of b and the parameters of `spread`."""
    k, p = len(at.beta), len(spread.names)
    inner = inverse_of(spread.matrix)
    follow = spread.follow
    out = np.zeros((k + p, k + p))
    out[:k, :k] = at.sigma2 * at.root @ at.root.T + follow @ inner @ follow.T
    out[:k, k:] = follow @ inner
    out[k:, :k] = out[:k, k:].T
    out[k:, k:] = inner
    return out


def inverse_of(matrix: np.ndarray) -> np.ndarray:
    """The inverse of a curvature; NaN where it is not that of a maximum."""
    if not len(matrix):
        return matrix
    scale = np.sqrt(np.abs(np.diag(matrix)))
    scaled = matrix / np.outer(scale, scale)
    if not np.isfinite(scaled).all() or np.linalg.eigvalsh(scaled).min() <= 1e-10:
        return np.full_like(matrix, np.nan)
    return np.asarray(np.linalg.inv(scaled) / np.outer(scale, scale))
