"""The likelihood of every friction of a border, for many outcomes at once: arrays only.

A friction f gives one W, and with it a likelihood of the outcome in which rho (or lambda) is at its best: the largest
over a grid of the admissible interval and the parabola through the best point and its neighbors. The data and all
samples are read by the same function, so that what a grid leaves out is left out of both.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from gbaspatial.models.likelihood.signed_root import lowest
from gbaspatial.models.panel.histories import POINTS, Grid, dense_blocks, resampled, take_out
from gbaspatial.models.panel.less_effects import PanelProblem
from gbaspatial.models.solve.side import Side
from gbaspatial.randomness import stream

FRICTIONS = np.array([0.0, 0.01, *np.arange(1, 26) / 25])  # the second stands for the limit at a border that closes
LIMIT = FRICTIONS[1]
_LEAST = 1e-300
_MANY, _FINE = 1_000, 151  # from so many rows on the likelihood of rho is narrow: points enough for 0.002 of a ratio


class AtFriction:
    """The model at one friction, ready for outcomes (rows, m)."""

    def __init__(self, model: PanelProblem) -> None:
        self.model, self.effects = model, model.effects
        self.side: Side = model.lag if model.lag is not None else model.error  # type: ignore[assignment]
        self.X = take_out(self.effects, model.X)
        self.Q = np.linalg.qr(self.X)[0]

    @cached_property
    def grid(self) -> Grid:
        """The log-determinant over the admissible interval."""
        return Grid(self.side, self.model.count, POINTS if self.model.count < _MANY else _FINE)

    def top(self, Y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The largest log-likelihood (m,), but for a constant that all frictions share, and where it is."""
        weighted = self._lag(Y) if self.model.lag is not None else self._error(Y)
        log_top, place = lowest(np.maximum(weighted * self.grid.factors[:, None], _LEAST))
        return -self.model.count / 2 * log_top, self.grid.value_at(place)

    def without(self, Y: np.ndarray) -> np.ndarray:
        """The log-likelihood (m,) at rho or lambda zero."""
        Z = take_out(self.effects, Y)
        Z = Z - self.Q @ (self.Q.T @ Z)
        return np.asarray(-self.model.count / 2 * np.log(np.maximum(np.einsum("im,im->m", Z, Z), _LEAST)))

    def _lag(self, Y: np.ndarray) -> np.ndarray:
        """Sums of squares (g, m) over the grid."""
        Z, V = take_out(self.effects, Y), take_out(self.effects, self.side.W @ Y)
        Z, V = (part - self.Q @ (self.Q.T @ part) for part in (Z, V))
        squares = np.stack([np.einsum("im,im->m", *pair) for pair in ((Z, Z), (Z, V), (V, V))])
        values = self.grid.values
        return np.asarray(np.stack([np.ones_like(values), -2 * values, values**2], axis=1) @ squares)

    def _error(self, Y: np.ndarray) -> np.ndarray:
        W = self.side.W
        Z, V = take_out(self.effects, Y), take_out(self.effects, W @ Y)
        lagged = take_out(self.effects, W @ self.model.X)
        squares = np.stack([np.einsum("im,im->m", *pair) for pair in ((Z, Z), (Z, V), (V, V))])
        values = self.grid.values
        whole = np.stack([np.ones_like(values), -2 * values, values**2], axis=1) @ squares
        for place, value in enumerate(values):
            basis = np.linalg.qr(self.X - value * lagged)[0]
            whole[place] -= np.square(basis.T @ (Z - value * V)).sum(axis=0)
        return np.asarray(whole)

    def residuals(self, value: float, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """What is left (rows,) of y at this rho or lambda, and the rest of the filtered outcome, effects with it."""
        filtered = y - value * (self.side.W @ y)
        regressors = self.model.X if self.model.lag is not None else self.model.X - value * (self.side.W @ self.model.X)
        left, columns = take_out(self.effects, filtered[:, None])[:, 0], take_out(self.effects, regressors)
        left = left - columns @ np.linalg.lstsq(columns, left, rcond=None)[0]
        return left, filtered - left

    def outcomes(self, value: float, rest: np.ndarray, errors: np.ndarray) -> np.ndarray:
        """Outcomes (rows, m) with these `errors` (rows, m), where the friction and `value` are true."""
        n, periods = self.effects.stack.n, self.effects.stack.periods
        made = (rest[:, None] + errors).reshape(periods, n, -1)
        blocks, eye = dense_blocks(self.side), np.eye(n)
        if all(block is blocks[0] for block in blocks):
            inverse = np.linalg.inv(eye - value * blocks[0])
            return np.asarray(np.matmul(inverse, made).reshape(errors.shape))
        solved = [np.linalg.solve(eye - value * block, now) for block, now in zip(blocks, made, strict=True)]
        return np.asarray(np.stack(solved).reshape(errors.shape))


@dataclass(frozen=True, slots=True, eq=False)
class Profile:
    """Log-likelihoods (frictions, m) with rho at its best, rho itself, and the log-likelihood (m,) at rho zero."""

    values: np.ndarray
    rho: np.ndarray
    without: np.ndarray

    def ratio_at(self, place: int) -> np.ndarray:
        """Twice what the best friction has more than that at `place`, (m,)."""
        return np.maximum(2 * (np.nanmax(self.values, axis=0) - self.values[place]), 0.0)

    @property
    def ratio_without(self) -> np.ndarray:
        """Twice what the best friction and rho have more than rho zero, (m,)."""
        return np.maximum(2 * (np.nanmax(self.values, axis=0) - self.without), 0.0)


def profile_of(models: Sequence[AtFriction | None], Y: np.ndarray) -> Profile:
    """The profile of outcomes `Y` (rows, m); NaN where a friction has no model (a closed border without links)."""
    nothing = np.full(Y.shape[1], np.nan)
    tops = [(nothing, nothing) if model is None else model.top(Y) for model in models]
    without = np.nanmax([nothing if model is None else model.without(Y) for model in models], axis=0)
    return Profile(np.stack([top for top, _ in tops]), np.stack([rho for _, rho in tops]), without)


def interval_of_friction(ratio: np.ndarray, cut: float) -> tuple[float, float]:
    """The least and the largest friction whose `ratio` (frictions,) is below `cut`, by straight lines between points.

    Examples
    --------
    >>> interval_of_friction((FRICTIONS - 0.5) ** 2 * 100, 4.0)
    (0.301, 0.699)
    """
    ratio = np.where(np.isnan(ratio), np.inf, ratio)
    inside = np.flatnonzero(ratio <= cut)
    ends = []
    for place, step in ((inside[0], -1), (inside[-1], 1)):
        beyond = place + step
        end = FRICTIONS[place]
        if 0 <= beyond < len(FRICTIONS) and np.isfinite(ratio[beyond]) and beyond > 0:
            share = (cut - ratio[place]) / (ratio[beyond] - ratio[place])
            end += share * (FRICTIONS[beyond] - FRICTIONS[place])
        ends.append(round(float(end), 10))
    return ends[0], ends[1]


def best_friction(values: np.ndarray) -> float:
    """The friction at the top of a profile (frictions,), by the parabola through the best point and its neighbors."""
    place = int(np.nanargmax(values))
    if place in (0, 1, len(values) - 1):
        return float(FRICTIONS[place])
    x, v = FRICTIONS[place - 1 : place + 2], values[place - 1 : place + 2]
    bend, tilt, _ = np.polyfit(x - x[1], v, 2)
    return float(np.clip(x[1] - tilt / (2 * bend), x[0], x[2])) if bend < 0 else float(x[1])


def errors_like(model: AtFriction, e: np.ndarray, draws: int, seed: int, key: int, ranks: np.ndarray) -> np.ndarray:
    """Errors (rows, draws) like the residuals `e` (rows,).

    Of one period normal, with their variance; of a panel whole residual histories of units drawn with replacement,
    whatever the correlation over time. Random numbers belong to labels: `ranks` (n,).
    """
    effects, k = model.effects, model.Q.shape[1]
    n, periods = effects.stack.n, effects.stack.periods
    free = max(effects.stack.rows - effects.rank - k, 1)
    if periods == 1:
        drawn = stream(seed, key).standard_normal((draws, n)).T[ranks]
        return np.asarray(drawn * np.sqrt(e @ e / free))
    whose = resampled(n, draws, int(stream(seed, key).integers(2**62)), ranks, effects.groups)
    histories = e.reshape(periods, n) * np.sqrt(effects.stack.rows / free)
    return np.asarray(histories[:, whose].reshape(periods * n, draws))
