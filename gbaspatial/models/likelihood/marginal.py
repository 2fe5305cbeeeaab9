"""The marginal likelihood of a spatial parameter, coefficients and variance integrated out: arrays only.

Priors (LeSage and Pace 2009, chapters 5 and 6; Zellner 1986):

* flat on the mean level that the intercept makes, alpha times the mean of (I - rho W)^-1 1, and
  variance p(sigma2) ~ 1 / sigma2 (both are common to all models compared). Flat on alpha itself
  would leave a factor 1 - rho in the density of a lag model with a row-standardized W, and
  weights that say nothing of rho would pull it down;
* coefficients N(0, g sigma2 (X*'X*)^-1), X* the regressors as the model filters them, the
  intercept taken out; g = n is the information of one unit;
* rho (or lambda) uniform over the admissible interval of its W.

What is left is one number for each value of the spatial parameter, so that a posterior needs
no simulation: it is evaluated on a grid and summed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import special

from gbaspatial.models.likelihood.problem import Problem
from gbaspatial.models.solve.admissible import window
from gbaspatial.models.solve.resolvent import average_readings, resolvent_of
from gbaspatial.models.solve.side import Side

COARSE, FINE = 65, 401
_DEPTH = 40.0  # parts of the density below exp(-40) of its peak carry nothing


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """A density on a grid: nodes `at` (m,), normalized `density` (m,), log of its integral."""

    at: np.ndarray
    density: np.ndarray
    log_evidence: float

    def weights(self) -> np.ndarray:
        """Probability (m,) that each node stands for (trapezoid rule)."""
        return self.density * trapezoid(self.at)


def trapezoid(at: np.ndarray) -> np.ndarray:
    """Weights (m,) of the trapezoid rule on nodes `at` (m,)."""
    steps = np.diff(at)
    return np.concatenate([steps, [0.0]]) / 2 + np.concatenate([[0.0], steps]) / 2


# rho -> log of the mean of (I - rho W)^-1 1
Level = Callable[[float], float]


def level_of(model: Problem, intercept: int | None) -> Level:
    """How far a unit of the intercept moves the mean level of y, in logarithms: zero without a lag or an intercept.

    -log(1 - rho) where the rows of W sum to one.
    """
    if model.lag is None or intercept is None:
        return lambda rho: 0.0
    sums = np.asarray(model.lag.W.sum(axis=1)).ravel()
    if np.ptp(sums) <= 1e-12 * np.abs(sums).max():
        common = float(sums.mean())
        return lambda rho: -float(np.log(abs(1 - rho * common)))
    return _uneven_level(model.lag, model.n)


def _uneven_level(side: Side, n: int) -> Level:
    low, high = window(side.interval)
    read = resolvent_of(side, n, low, high).reader(None, average_readings(n)[1])
    return lambda rho: float(np.log(np.abs(read(np.array([rho]))[0][0, 0])))


def log_density(model: Problem, rho: float, lam: float, intercept: int | None, g: float, level: Level) -> float:
    """log p(y | rho, lambda) with coefficients and variance integrated out, the prior of rho left out."""
    assert model.R0 is not None
    A = model.R0 if model.R1 is None else model.R0 - lam * model.R1
    target, X = A[:, 0] - rho * A[:, 1], A[:, 2:]
    n = model.n
    flat = 0.0
    if intercept is None:
        target = target + X @ model.grounded(rho)
    else:
        one = X[:, intercept]
        size = float(one @ one)
        target = target - one * (one @ target) / size
        X = np.delete(X, intercept, axis=1)
        X = X - np.outer(one, one @ X) / size
        flat, n = -0.5 * np.log(size), n - 1
    total = float(target @ target)
    left = total
    if X.shape[1]:
        Q, _ = np.linalg.qr(X)
        explained = Q.T @ target
        left = total - float(explained @ explained)
    jacobian = (model.lag.curve(rho) if model.lag else 0.0) + (model.error.curve(lam) if model.error else 0.0)
    scale = 0.5 * float(np.log(model.d).sum()) if model.d is not None else 0.0
    constant = special.gammaln(n / 2) - n / 2 * np.log(np.pi) + level(rho)
    shrunk = (total + g * max(left, 0.0)) / (1 + g)
    return float(constant + jacobian + scale + flat - X.shape[1] / 2 * np.log1p(g) - n / 2 * np.log(shrunk))


def evidence(model: Problem, intercept: int | None, g: float, level: Level | None = None) -> tuple[Grid | None, float]:
    """The posterior of the one spatial parameter (None without one), and the log marginal likelihood."""
    side, level = model.lag or model.error, level_of(model, intercept) if level is None else level
    if side is None:
        return None, log_density(model, 0.0, 0.0, intercept, g, level)

    def _value(at: float) -> float:
        rho, lam = (at, 0.0) if model.lag else (0.0, at)
        return log_density(model, rho, lam, intercept, g, level)

    low, high = window(side.interval)
    grid = on_grid(_value, low, high)
    return grid, grid.log_evidence - float(np.log(high - low))


def on_grid(value: Callable[[float], float], low: float, high: float) -> Grid:
    """The density exp(value) over (low, high): a coarse grid finds where it lives, a fine one sums it there."""
    for _ in range(3):
        nodes = (low + high) / 2 - (high - low) / 2 * np.cos(np.pi * (np.arange(COARSE) + 0.5) / COARSE)
        logs = np.array([value(node) for node in nodes])
        kept = np.flatnonzero(logs > logs.max() - _DEPTH)
        low = low if kept[0] == 0 else float(nodes[kept[0] - 1])
        high = high if kept[-1] == COARSE - 1 else float(nodes[kept[-1] + 1])
        if len(kept) > COARSE / 4:
            break
    nodes = np.linspace(low, high, FINE)
    logs = np.array([value(node) for node in nodes])
    peak = logs.max()
    mass = float((np.exp(logs - peak) * trapezoid(nodes)).sum())
    return Grid(nodes, np.exp(logs - peak) / mass, float(peak + np.log(mass)))
