"""A test of every value of rho (or lambda) by its simulated likelihood ratio, and the interval of those not rejected.

At n = 11 the estimate of rho is biased and its likelihood ratio is far from chi-squared; how
far depends on rho. So the signed root of the ratio is simulated at each value of a grid, from
the model that fits best with rho held there (Hansen 1999, the grid bootstrap; nearly exact for
normal errors). Both tails count alike, which takes the bias of the estimate out of the
interval. All values share their random numbers, so that the tails are smooth. Arrays only.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gbaspatial.inference.null import monte_carlo_p
from gbaspatial.models.batch import Batch, batch_of
from gbaspatial.models.batch_refit import refit
from gbaspatial.models.likelihood import Problem, window
from gbaspatial.models.resample import Kind, generator, held

POINTS = 25
_TIE = 1e-9
_HOPELESS = 25.0


@dataclass(frozen=True, slots=True, eq=False)
class Inversion:
    """Tests of the values `grid` (g,) of one spatial parameter: likelihood ratios, tails of their signed roots."""

    grid: np.ndarray
    statistic: np.ndarray
    above: np.ndarray
    below: np.ndarray
    estimate: float
    window: tuple[float, float]

    @property
    def p_values(self) -> np.ndarray:
        """Two-sided, equal tails (g,)."""
        return np.minimum(1.0, 2 * np.minimum(self.above, self.below))

    def interval(self, level: float) -> tuple[float, float]:
        """The values that neither tail rejects at (1 - `level`) / 2; an end of the window where none is rejected."""
        tail = (1 - level) / 2
        # `above` grows with the value tested, `below` falls
        low = _crossing(self.grid[::-1], self.above[::-1], tail, self.window[0])
        return low, _crossing(self.grid, self.below, tail, self.window[1])

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

    def p_at(self, value: float) -> float:
        """The two-sided p-value of `value`, between the grid's."""
        return float(np.interp(value, self.grid, self.p_values))


def _crossing(values: np.ndarray, tails: np.ndarray, level: float, end: float) -> float:
    """Going outward, the last place where the tail falls through `level`."""
    inside = np.flatnonzero(tails >= level)
    if len(inside) == 0:
        return float(values[0])
    last = int(inside[-1])
    if last == len(values) - 1:
        return float(end)
    share = (tails[last] - level) / (tails[last] - tails[last + 1])
    return float(values[last] + share * (values[last + 1] - values[last]))


def signed_roots(
    model: Problem, full: Batch, name: str, value: float, draws: int, seed: int, kind: Kind = "parametric"
) -> tuple[float, np.ndarray]:
    """Signed root of the likelihood ratio of `name` = `value` in the data, and in `draws` samples where it is true."""
    rho = value if name == "rho" else None
    lam = value if name == "lambda" else None
    best = held(model, full, rho, lam)

    def _roots(Y: np.ndarray) -> np.ndarray:
        found = refit(full, Y)
        ratio = np.maximum(2 * (found.log_likelihood - best(Y)), 0.0)
        return np.sign((found.rho if name == "rho" else found.lam) - value) * np.sqrt(ratio)

    source = generator(model, seed, kind, 1, rho, lam)
    drawn = np.concatenate([_roots(Y) for Y in source.outcomes(draws)])
    return float(_roots(model.y[:, None])[0]), drawn


def invert(
    model: Problem, name: str, *, draws: int = 999, seed: int = 0, kind: Kind = "parametric", points: int = POINTS
) -> Inversion:
    """Test every value of a grid over the whole interval, finer around the estimate.

    Parameters
    ----------
    model : Problem
        With one spatial parameter, or with both and `name` = "rho".
    name : str
        ``"rho"`` or ``"lambda"``.
    draws : int
        Samples per value.
    seed : int
    kind : str
        Of the errors.
    points : int
        Values tried.
    """
    full = batch_of(model)
    side = model.lag if name == "rho" else model.error
    assert side is not None
    ends = window(side.interval)
    found = refit(full, model.y[:, None])
    estimate = float(found.rho[0] if name == "rho" else found.lam[0])
    low, high = _plausible(model, full, name, ends, float(found.log_likelihood[0]))
    grid = _grid(low, high, estimate, points)
    pairs = [signed_roots(model, full, name, float(v), draws, seed, kind) for v in grid]
    statistic = np.array([observed**2 for observed, _ in pairs])
    above = np.array([monte_carlo_p(int((null >= seen - _TIE).sum()), draws) for seen, null in pairs])
    below = np.array([monte_carlo_p(int((null <= seen + _TIE).sum()), draws) for seen, null in pairs])
    return Inversion(grid, statistic, above, below, estimate, ends)


def _plausible(model: Problem, full: Batch, name: str, ends: tuple[float, float], top: float) -> tuple[float, float]:
    """The part of the interval whose values have a likelihood ratio below `_HOPELESS`: the grid is spent there."""
    tried = np.linspace(*ends, 202)[1:-1]
    values = [held(model, full, **{"rho" if name == "rho" else "lam": float(v)})(model.y[:, None])[0] for v in tried]
    near = np.flatnonzero(2 * (top - np.array(values)) < _HOPELESS)
    if len(near) == 0:
        return ends
    padded = np.concatenate([[ends[0]], tried, [ends[1]]])
    return float(padded[near[0]]), float(padded[near[-1] + 2])


def _grid(low: float, high: float, estimate: float, points: int) -> np.ndarray:
    """Values that crowd at the estimate and at both ends."""
    shape = 0.5 - 0.5 * np.cos(np.pi * (np.arange(points // 2) + 0.5) / (points // 2))
    left, right = low + (estimate - low) * shape, estimate + (high - estimate) * shape
    return np.concatenate([left, [estimate], right])
