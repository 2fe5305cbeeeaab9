"""A test of every value of rho (or lambda) by samples where it is true, and the interval of those not rejected.

At n = 11 the estimate of rho is biased and its likelihood ratio is far from chi-squared; how
far depends on rho. So each value is tested by the signed root of its ratio among samples where
it is true: rotations of its residuals, exact for normal errors (`signed_root`). Both tails
count alike, which takes the bias of the estimate out of the interval. A grid brackets the ends
of an interval, bisection finds them, all with the same draws. Arrays only.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from scipy import optimize

from gbaspatial.inference.null import monte_carlo_p
from gbaspatial.models.likelihood.many_outcomes import batch_of, log_likelihood, moments
from gbaspatial.models.likelihood.many_refits import refit
from gbaspatial.models.likelihood.maximum import rho_given_lambda
from gbaspatial.models.likelihood.problem import Problem, log_likelihood as exact
from gbaspatial.models.likelihood.resample import Kind, held
from gbaspatial.models.likelihood.signed_root import Roots, noise, signed_roots
from gbaspatial.models.solve.admissible import window
from gbaspatial.progress import track
from gbaspatial.results import number, p_text
from gbaspatial.sizes import TIE_OF_STATISTICS

POINTS = 25
_HOPELESS = 25.0
_FINE = 2e-5
_HOPELESS_RATIO, _FIRST, _LAST_TAIL = 250.0, 12, 0.003  # where ratios may be far too large: see `invert_roots`


@dataclass(frozen=True, slots=True, eq=False)
class Inversion:
    """Tests of the values `grid` (g,) of one spatial parameter, and of any other by `roots`.

    `above` and `below` are the shares of `draws` samples whose signed root is at least, at
    most that of the data. Without `roots` values between those of the grid are interpolated.
    """

    grid: np.ndarray
    above: np.ndarray
    below: np.ndarray
    estimate: float
    window: tuple[float, float]
    draws: int
    roots: Roots | None = None
    known: dict[float, tuple[float, float]] = field(default_factory=dict)

    def tails(self, value: float) -> tuple[float, float]:
        """Both tails at `value`."""
        if self.roots is None:
            return float(np.interp(value, self.grid, self.above)), float(np.interp(value, self.grid, self.below))
        if value not in self.known:
            self.known[value] = _tails(self.roots, value)
        return self.known[value]

    @property
    def p_values(self) -> np.ndarray:
        """Two-sided, equal tails (g,)."""
        return np.minimum(1.0, 2 * np.minimum(self.above, self.below))

    def p_at(self, value: float) -> float:
        """The two-sided p-value of `value`, by all draws."""
        return min(1.0, 2 * min(self.tails(value)))

    def p_error(self, value: float) -> float:
        """The Monte Carlo error (standard deviation) of `p_at`."""
        tail = min(self.tails(value))
        return 2 * float(np.sqrt(tail * (1 - min(tail, 1.0)) / self.draws))

    def interval(self, level: float) -> tuple[float, float]:
        """The values that neither tail rejects at (1 - `level`) / 2; an end of the window where none is rejected."""
        tail = (1 - level) / 2
        # `above` grows with the value tested, `below` falls
        return self._end(0, self.grid[::-1], self.above[::-1], tail), self._end(1, self.grid, self.below, tail)

    def end_errors(self, level: float) -> tuple[float, float]:
        """The Monte Carlo errors (standard deviations) of the ends; 0 for an end of the window."""
        tail = (1 - level) / 2
        spread = float(np.sqrt(tail * (1 - tail) / self.draws))
        return tuple(self._end_error(side, end, spread) for side, end in enumerate(self.interval(level)))  # type: ignore[return-value]

    @property
    def median_unbiased(self) -> float:
        """The value for which the estimate found is the median one."""
        gap = self.above - self.below
        if gap[0] >= 0:
            return self.window[0]
        if gap[-1] <= 0:
            return self.window[1]
        place = int(np.flatnonzero(gap < 0)[-1])
        share = -gap[place] / (gap[place + 1] - gap[place])
        return float(self.grid[place] + share * (self.grid[place + 1] - self.grid[place]))

    def told_errors(self, name: str, level: float) -> str:
        """The Monte Carlo errors of the p-value of no dependence and of the ends at this `level`, in a sentence."""
        p, error = self.p_at(0.0), self.p_error(0.0)
        ends = zip(("lower", "upper"), self.interval(level), self.end_errors(level), strict=True)
        limits = [round(value, 6) for value in self.window]
        parts = [
            f"{side} end at the limit {number(limits[place])} (nothing up to it is rejected)"
            if value in self.window
            else f"{side} end {number(value)} ± {number(spread)}"
            for place, (side, value, spread) in enumerate(ends)
        ]
        return f"Monte Carlo error of {name}: p {p_text(p)} ± {number(error)}; {'; '.join(parts)}."

    def _end(self, side: int, values: np.ndarray, tails: np.ndarray, level: float) -> float:
        """Going outward, the last place where the tail falls through `level`."""
        level -= TIE_OF_STATISTICS  # a tail that equals the level does not reject
        inside = np.flatnonzero(tails >= level)
        if len(inside) == 0:
            return float(values[0])
        last = int(inside[-1])
        if last == len(values) - 1:
            return float(self.window[side])
        width = self.window[1] - self.window[0]
        a, b = float(values[last]), float(values[last + 1])
        return float(optimize.brentq(lambda v: self.tails(v)[side] - level, a, b, xtol=_FINE * width))

    def _end_error(self, side: int, end: float, spread: float) -> float:
        """The spread of a tail over its slope at `end`, taken over a stretch in which it changes by some spreads."""
        low, high = self.window
        if end in (low, high):
            return 0.0
        near, step = 0.0, 0.01 * (high - low)
        for _ in range(3):
            a, b = max(low, end - step), min(high, end + step)
            near = abs(self.tails(b)[side] - self.tails(a)[side]) / (b - a)
            if near == 0.0:
                step *= 4
                continue
            wanted = 3 * spread / near
            if 0.5 * step <= wanted <= 2 * step:
                break
            step = float(np.clip(wanted, 1e-4 * (high - low), 0.1 * (high - low)))
        return spread / near if near else float("inf")


def invert(
    model: Problem,
    name: str,
    *,
    draws: int = 9999,
    seed: int = 0,
    kind: Kind = "parametric",
    points: int = POINTS,
    ranks: np.ndarray | None = None,
) -> Inversion:
    """Test every value of a grid over the whole interval, finer around the estimate.

    Parameters
    ----------
    model : Problem
        With one spatial parameter, or with both.
    name : str
        ``"rho"`` or ``"lambda"``.
    draws : int
        Samples, the same for every value.
    seed : int
    kind : str
        ``"parametric"`` turns residuals (exact with one spatial parameter and normal errors).
    points : int
        Values tried.
    ranks : numpy.ndarray, optional
        Where each unit stands among the sorted labels, for draws that do not depend on the order.
    """
    full = batch_of(model)
    side = model.lag if name == "rho" else model.error
    assert side is not None
    ends = window(side.interval)
    found = refit(full, model.leveled[:, None])
    estimate = float(found.rho[0] if name == "rho" else found.lam[0])
    low, high = _plausible(model, name, ends, float(found.log_likelihood[0]))
    grid = _grid(low, high, estimate, points)
    roots = signed_roots(model, name, noise(model.n, draws, seed, kind, ranks))
    known = {float(value): _tails(roots, float(value)) for value in track(grid, f"values of {name}")}
    above, below = np.array([known[value] for value in grid.tolist()]).T
    return Inversion(grid, above, below, estimate, ends, draws, roots, known)  # ends are looked for between the known


def invert_roots(
    roots: Roots,
    estimate: float,
    interval: tuple[float, float],
    ratios: Callable[[np.ndarray], np.ndarray],
    draws: int,
    points: int = POINTS,
) -> Inversion:
    """The same from `roots` of any kind of samples, at zero and the points of a grid; between these interpolated.

    `ratios` are the likelihood ratios of the data at values (g,). They say where to look first; errors that are
    correlated over time make them far too large, so that the samples say where tails end.
    """
    ends = window(interval)
    tried = np.linspace(*ends, 202)[1:-1]
    low, high = _within(tried, ratios(tried) < _HOPELESS_RATIO, ends)
    first = _grid(low, high, estimate, _FIRST)
    known = {float(value): _tails(roots, float(value)) for value in first}
    alive = np.array([min(known[float(value)]) > _LAST_TAIL for value in first])
    grid = np.union1d(_grid(*_within(first, alive, (low, high)), estimate, points), [0.0])
    known |= {float(value): _tails(roots, float(value)) for value in grid if float(value) not in known}
    every = np.array(sorted(known))
    above, below = np.array([known[value] for value in every.tolist()]).T
    return Inversion(every, above, below, estimate, ends, draws)


def _within(values: np.ndarray, inside: np.ndarray, ends: tuple[float, float]) -> tuple[float, float]:
    """The stretch of `values` (g,) that is `inside`, one value wider on each side; all between `ends` where none is."""
    near = np.flatnonzero(inside)
    if len(near) == 0:
        return ends
    padded = np.concatenate([[ends[0]], values, [ends[1]]])
    return float(padded[near[0]]), float(padded[near[-1] + 2])


def _tails(roots: Roots, value: float) -> tuple[float, float]:
    seen, null = roots(value)
    return (
        float(monte_carlo_p(int((null >= seen - TIE_OF_STATISTICS).sum()), len(null))),
        float(monte_carlo_p(int((null <= seen + TIE_OF_STATISTICS).sum()), len(null))),
    )


def _plausible(model: Problem, name: str, ends: tuple[float, float], top: float) -> tuple[float, float]:
    """The part of the interval whose values have a likelihood ratio below `_HOPELESS`: the grid is spent there."""
    one = (model.lag is None) != (model.error is None)
    tried = np.linspace(*ends, 202 if one else 42)[1:-1]
    return _within(tried, 2 * (top - _profile(model, name, tried)) < _HOPELESS, ends)


def _profile(model: Problem, name: str, tried: np.ndarray) -> np.ndarray:
    """The profile log-likelihood of the data at the values `tried` (g,)."""
    full = batch_of(model)
    if (model.lag is None) != (model.error is None):
        have = moments(full, np.repeat(model.leveled[:, None], len(tried), axis=1))
        zero = np.zeros(len(tried))
        return log_likelihood(full, have, *((tried, zero) if name == "rho" else (zero, tried)))
    if name == "rho":
        return np.array([held(model, full, rho=float(v))(model.leveled[:, None])[0] for v in tried])
    return np.array([exact(model, rho_given_lambda(model, float(v)), float(v)) for v in tried])


def _grid(low: float, high: float, estimate: float, points: int) -> np.ndarray:
    """Values that crowd at the estimate and at both ends."""
    shape = 0.5 - 0.5 * np.cos(np.pi * (np.arange(points // 2) + 0.5) / (points // 2))
    left, right = low + (estimate - low) * shape, estimate + (high - estimate) * shape
    return np.concatenate([left, [estimate], right])
