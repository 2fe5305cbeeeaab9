"""rho and lambda from pairs of different units alone: arrays only.

The score of rho is a quadratic form e'K e less its mean. With one sigma2 for all units that mean is sigma2 tr K. Where
units differ in variance, it is not: beside effects of time the units' own parts of K do not vanish (M G with M the
projection off both effects has the diagonal -w.i / N, w.i a column sum of W), and a unit that is loud and seldom a
neighbor lifts rho. Here the mean is sum_i gamma_i c_i instead, with c_i the part of unit i in tr K and gamma_i its
own variance. The gamma solve

    H gamma = S,    S_i = sum_t e_it^2,    H_ij = sum_ts R_it,js^2,

R the projection off effects and regressors, so that both sides have the same mean whatever the variances, and, up to
the regressors, whatever the correlation of a unit with itself over time. What is left are pairs of different units:
independent units are all that the equation asks for. Only unit by unit matrices are made.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from scipy import linalg, optimize

from gbaspatial.errors import ConvergenceError, OptionError
from gbaspatial.models.likelihood.problem import Estimate
from gbaspatial.models.panel.information_less_effects import filtered, products, sums_by_unit, without_unit_of
from gbaspatial.models.panel.less_effects import PanelProblem
from gbaspatial.models.panel.stack import Stack
from gbaspatial.models.solve.admissible import window
from gbaspatial.sizes import CHEBYSHEV_POINTS, PANEL_TRACES_LIMIT

_SINGULAR = 1e-8


@dataclass(frozen=True, eq=False)
class Equations:
    """The equations of a balanced panel whose effects have the product form P (time) times J (units)."""

    model: PanelProblem
    projection: np.ndarray = field(repr=False)

    @property
    def stack(self) -> Stack:
        """Unit and period of each row."""
        stack: Stack = self.model.effects.stack
        return stack

    @property
    def keep(self) -> float:
        """The diagonal of P: what effects of units leave of a period."""
        return 1 - 1 / self.stack.periods if self.model.effects.unit else 1.0

    def less(self, values: np.ndarray) -> np.ndarray:
        """`values` less the effects."""
        return np.asarray(self.model.effects.take_out(values))

    def at(self, rho: float, lam: float) -> Point:
        """Everything at one rho and lambda."""
        return Point(self, rho, lam)


@dataclass(frozen=True, eq=False)
class Point:
    """The equations at one rho and lambda, the coefficients concentrated out."""

    equations: Equations
    rho: float
    lam: float

    @property
    def model(self) -> PanelProblem:
        """The model that is looked at."""
        return self.equations.model

    @cached_property
    def X(self) -> np.ndarray:
        """Regressors filtered and less the effects (m, k)."""
        return self.equations.less(filtered(self.model, self.lam, self.model.X))

    @cached_property
    def factors(self) -> tuple[np.ndarray, np.ndarray]:
        """Q (m, k) and R (k, k) of `X`."""
        Q, R = np.linalg.qr(self.X)
        return Q, R

    @cached_property
    def beta(self) -> np.ndarray:
        """Coefficients (k,)."""
        Q, R = self.factors
        y = self.model.y
        if self.model.lag is not None:
            y = y - self.rho * (self.model.lag.W @ y)
        return linalg.solve_triangular(R, Q.T @ self.equations.less(filtered(self.model, self.lam, y)))

    @cached_property
    def u(self) -> np.ndarray:
        """A y - X b (m,)."""
        y, model = self.model.y, self.model
        lagged = self.rho * (model.lag.W @ y) if model.lag is not None else 0.0
        return np.asarray(y - lagged - model.X @ self.beta)

    @cached_property
    def e(self) -> np.ndarray:
        """Innovations less effects and regressors (m,)."""
        return self.equations.less(filtered(self.model, self.lam, self.u))

    @cached_property
    def overlap(self) -> np.ndarray:
        """H (n, n): how much of each unit's squares every unit's variance makes."""
        stack, (Q, _) = self.equations.stack, self.factors
        T, n, k = stack.periods, stack.n, Q.shape[1]
        J = self.equations.projection
        by_unit = Q.reshape(T, n, k).transpose(1, 0, 2)
        cross = np.einsum("itk,jtk->ij", by_unit, by_unit)
        squares = np.einsum("itk,itl->ikl", by_unit, by_unit).reshape(n, k * k)
        return np.asarray(T * self.equations.keep * J**2 - 2 * J * cross + squares @ squares.T)

    @cached_property
    def images(self) -> list[np.ndarray]:
        """W1 y and W2 u, filtered as the residuals are and less the effects (m,), of the sides there are."""
        model, found = self.model, []
        if model.lag is not None:
            found.append(self.equations.less(filtered(model, self.lam, model.lag.W @ model.y)))
        if model.error is not None:
            found.append(self.equations.less(model.error.W @ self.u))
        return found

    @cached_property
    def kernels(self) -> list[list[np.ndarray]]:
        """J G (n, n) of each period, once for each different W, for the sides there are."""
        model = self.model
        at = Estimate(self.beta, self.rho, self.lam, 1.0, np.nan, (), None, None)  # type: ignore[arg-type]
        sides = [side for side in (model.lag, model.error) if side is not None]
        known: dict[tuple[int, ...], list[np.ndarray]] = {}
        out: list[list[np.ndarray]] = [[] for _ in sides]
        for t in range(self.equations.stack.periods):
            key = tuple(id(side.W.blocks[t]) for side in sides)
            if key not in known:
                both = [G for G in products(model, at, t) if G is not None]
                known[key] = [self.equations.projection @ G for G in both]
            for place, JG in enumerate(known[key]):
                out[place].append(JG)
        return out

    @cached_property
    def centers(self) -> np.ndarray:
        """c (s, n): the part of each unit in the mean of each equation."""
        stack, (Q, R) = self.equations.stack, self.factors
        keep, T, n = self.equations.keep, stack.periods, stack.n
        found = []
        for place, blocks in enumerate(self.kernels):
            own = keep * sum(np.diag(JG) for JG in blocks)
            by_period = Q.reshape(T, n, -1)
            for t, JG in enumerate(blocks):  # Q lies in the span that the effects leave, so Q'G is Q'J G
                own = own - np.einsum("ik,ik->i", by_period[t], JG.T @ by_period[t])
            if self.model.error is not None and place == len(self.kernels) - 1 and Q.shape[1]:
                lagged = self.equations.less(self.model.error.W @ self.model.X)
                lagged = lagged - Q @ (Q.T @ lagged)
                own = (
                    own
                    - sums_by_unit(
                        np.sum(linalg.solve_triangular(R, lagged.T, trans="T").T * Q, axis=1)[:, None], stack.unit, n
                    )[:, 0]
                )
            found.append(own)
        return np.array(found)

    @cached_property
    def shares(self) -> np.ndarray:
        """a (s, n): what the squares of each unit are multiplied by to be the mean of each equation."""
        return np.asarray(np.linalg.solve(self.overlap.T, self.centers.T).T)

    @cached_property
    def squares(self) -> np.ndarray:
        """S (n,)."""
        return sums_by_unit((self.e**2)[:, None], self.equations.stack.unit, self.equations.stack.n)[:, 0]

    @property
    def values(self) -> np.ndarray:
        """The equations (s,), zero at the estimate."""
        return np.array([float(image @ self.e) for image in self.images]) - self.shares @ self.squares

    @property
    def variances(self) -> np.ndarray:
        """The variance (n,) of each unit's innovations."""
        return np.asarray(np.linalg.solve(self.overlap, self.squares))


def equations_of(model: PanelProblem) -> Equations:
    """The equations of `model`.

    Raises
    ------
    OptionError
        Where the effects have no product form, leave too little of a class to tell its units apart, or for too
        many units.
    """
    effects, stack = model.effects, model.effects.stack
    if not effects.separable or not stack.balanced:
        raise OptionError(
            "correction='pairs' needs a balanced panel with effects of units, time or classes by time; fill in the "
            "rows, use unbalanced='common', or correction='lee-yu'."
        )
    if stack.n > PANEL_TRACES_LIMIT:
        raise OptionError(
            f"correction='pairs' inverts I - rho W whole, which is refused above {PANEL_TRACES_LIMIT:,} units "
            f"(here {stack.n:,}); use correction='lee-yu'."
        )
    J = np.eye(stack.n)
    if effects.groups is not None:
        member = (effects.groups[:, None] == effects.groups[None, :]).astype(float)
        J = J - member / member.sum(axis=1, keepdims=True)
    if np.linalg.eigvalsh(J**2).min() < _SINGULAR:
        raise OptionError(
            "correction='pairs' needs three units or more that share an effect of time (of each class, for effects of "
            "classes by time): the variances of two cannot be told apart; use larger classes, or correction='lee-yu'."
        )
    return Equations(model, J)


def solved(equations: Equations, start: Estimate) -> Point:
    """Where the equations are zero, nearest to `start`.

    Raises
    ------
    ConvergenceError
        If they are zero nowhere in the interval.
    """
    model = equations.model
    if model.lag is not None and model.error is not None:
        return _both(equations, start)
    side = model.lag or model.error
    assert side is not None
    low, high = window(side.interval)

    def _value(at: float) -> float:
        point = equations.at(at, 0.0) if model.lag is not None else equations.at(0.0, at)
        return float(point.values[0])

    grid = (low + high) / 2 - (high - low) / 2 * np.cos(np.pi * (np.arange(CHEBYSHEV_POINTS) + 0.5) / CHEBYSHEV_POINTS)
    values = np.array([_value(at) for at in grid])
    falls = np.flatnonzero((values[:-1] > 0) & (values[1:] <= 0))
    name = "rho" if model.lag is not None else "lambda"
    if not len(falls):
        raise ConvergenceError(
            f"the pairs of different units have no {name} in ({low:.4g}, {high:.4g}): use correction='lee-yu', more "
            f"periods, or another W."
        )
    first = start.rho if model.lag is not None else start.lam
    near = falls[np.argmin(np.abs((grid[falls] + grid[falls + 1]) / 2 - first))]
    root = optimize.brentq(_value, grid[near], grid[near + 1], xtol=1e-12, rtol=1e-13)
    return equations.at(root, 0.0) if model.lag is not None else equations.at(0.0, root)


def _both(equations: Equations, start: Estimate) -> Point:
    model = equations.model
    assert model.lag is not None
    assert model.error is not None
    ends = np.array([window(model.lag.interval), window(model.error.interval)])
    size = float(equations.at(0.0, 0.0).squares.sum())

    def _values(at: np.ndarray) -> np.ndarray:
        inside = np.clip(at, ends[:, 0], ends[:, 1])
        return equations.at(*inside).values / size + 10 * (inside - at)

    for first in ((start.rho, start.lam), (0.0, 0.0), (start.rho, 0.0), (0.0, start.lam)):
        found = optimize.root(_values, np.array(first), method="hybr", options={"xtol": 1e-11})
        inside = bool(((found.x > ends[:, 0]) & (found.x < ends[:, 1])).all())
        if inside and np.abs(_values(found.x)).max() < 1e-8:
            return equations.at(*found.x)
    raise ConvergenceError(
        "the pairs of different units have no rho and lambda together in their intervals: fit one of them "
        "(panel_lag or panel_error), or use correction='lee-yu'."
    )


def covariance_of(point: Point, few: bool) -> np.ndarray:
    """The covariance (k + s, k + s) of the coefficients and spatial parameters, for independent units.

    Linear parts are summed by unit; what is quadratic has pairs of different units alone. With `few` residuals are
    those of leaving a unit out (CR3).
    """
    stack = point.equations.stack
    n, k, s = stack.n, point.X.shape[1], len(point.images)
    e = without_unit_of(point.X, point.e, stack.unit, n) if few else point.e
    Q, R = point.factors
    own = np.zeros((n, k + s))
    own[:, :k] = sums_by_unit(point.X * e[:, None], stack.unit, n)
    linear, pairs = _linear(point), [_pairs(point, place, e) for place in range(s)]
    for place, part in enumerate(linear):
        if part is not None:
            own[:, k + place] = sums_by_unit((part * e)[:, None], stack.unit, n)[:, 0]
    lift = _lift(point, Q, R)
    own = own @ lift.T
    meat = own.T @ own
    across = lift[:, k:]
    between = np.array([[float(np.sum(a * b)) / 2 for b in pairs] for a in pairs])
    meat = meat + across @ between @ across.T
    factor = (n - 1) / n if few else n / (n - 1)
    return np.asarray(factor * meat)


def _linear(point: Point) -> list[np.ndarray | None]:
    """What multiplies the innovations linearly: the mean of W1 y less effects and regressors; none of lambda."""
    model, found = point.model, []
    if model.lag is not None:
        eta = point.u + model.X @ point.beta
        noise = point.e if model.error is None else model.error.factor(point.lam).solve(point.e)
        mean = filtered(model, point.lam, model.lag.W @ model.lag.factor(point.rho).solve(eta - noise))
        mean = point.equations.less(mean)
        Q = point.factors[0]
        found.append(mean - Q @ (Q.T @ mean))
    return [*found, *([None] if model.error is not None else [])]


def _pairs(point: Point, place: int, e: np.ndarray) -> np.ndarray:
    """q_ij + q_ji (n, n) of one equation, q_ij = sum_t e_it K_ij e_jt, without the diagonal."""
    stack, J = point.equations.stack, point.equations.projection
    own = J @ (point.shares[place][:, None] * J)
    wide, total = e.reshape(stack.periods, stack.n), np.zeros((stack.n, stack.n))
    for t, JG in enumerate(point.kernels[place]):
        total += wide[t][:, None] * (JG - own) * wide[t][None, :]
    both = total + total.T
    np.fill_diagonal(both, 0.0)
    return both


def _lift(point: Point, Q: np.ndarray, R: np.ndarray) -> np.ndarray:
    """From scores to the estimate: (X'X)^-1 for the coefficients, which follow the spatial parameters."""
    k, s = Q.shape[1], len(point.images)
    inner = np.linalg.inv(-_slopes(point))
    follow = np.column_stack([linalg.solve_triangular(R, Q.T @ part) for part in point.images])
    lift = np.zeros((k + s, k + s))
    root = linalg.solve_triangular(R, np.eye(k))
    lift[:k, :k] = root @ root.T
    lift[k:, k:] = inner
    lift[:k, k:] = -follow @ inner
    return lift


def _slopes(point: Point) -> np.ndarray:
    """The derivatives (s, s) of the equations, by central differences."""
    model, s = point.model, len(point.images)
    at = [value for value, side in ((point.rho, model.lag), (point.lam, model.error)) if side is not None]
    found = np.zeros((s, s))
    sides = [side for side in (model.lag, model.error) if side is not None]
    for place, side in enumerate(sides):
        low, high = window(side.interval)
        step = min(1e-4 * (high - low), 0.1 * min(high - at[place], at[place] - low))
        ends = []
        for sign in (1, -1):
            moved = [value + sign * step * (i == place) for i, value in enumerate(at)]
            pair = iter(moved)
            rho = next(pair) if model.lag is not None else 0.0
            lam = next(pair) if model.error is not None else 0.0
            ends.append(point.equations.at(rho, lam).values)
        found[:, place] = (ends[0] - ends[1]) / (2 * step)
    return found
