"""What whole residual histories of units tell of the other parameters once one has a value: arrays only.

Given a value of rho (or lambda) the model is a regression with effects. Its coefficients are spread as those of samples
in which each unit has the residual history of a unit drawn with replacement, each over its own standard deviation.
Taken over the quantiles of the confidence distribution of rho (see `histories`), these are draws of all parameters
together: of coefficients, and of impacts, which depend on both.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gbaspatial.models.likelihood.problem import solution
from gbaspatial.models.likelihood.signed_root import Roots
from gbaspatial.models.panel.histories import take_out
from gbaspatial.models.panel.information_less_effects import filtered
from gbaspatial.models.panel.less_effects import PanelProblem
from gbaspatial.models.panel.plane import Plane


def regression_given(model: PanelProblem, rho: float, lam: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """beta (k,), residuals (rows,) and regressors (rows, k), filtered and less the effects."""
    left = model.y if model.lag is None else model.y - rho * (model.lag.W @ model.y)
    z, X = (take_out(model.effects, filtered(model, lam, part)) for part in (left, model.X))
    beta = np.linalg.lstsq(X, z, rcond=None)[0]
    return beta, z - X @ beta, X


def history_draws(model: PanelProblem, at: Sequence[tuple[float, float]], given: np.ndarray) -> np.ndarray:
    """Draws (2 m, k) of the coefficients at the values `at` of (rho, lambda), as many of each.

    `given` (n, m) says whose history each unit gets; each sample counts with both signs.
    """
    stack = model.effects.stack
    found = []
    for (rho, lam), who in zip(at, np.array_split(given, len(at), axis=1), strict=True):
        beta, e, X = regression_given(model, rho, lam)
        Q, R = np.linalg.qr(X)
        moved = take_out(model.effects, e.reshape(stack.periods, stack.n)[:, who].reshape(stack.rows, -1))
        inner = Q.T @ moved
        left = np.sqrt(np.maximum(np.square(moved).sum(axis=0) - np.square(inner).sum(axis=0), 1e-300))
        step = np.linalg.solve(R, inner * (np.linalg.norm(e) / left))
        found.append(np.concatenate([beta[:, None] + step, beta[:, None] - step], axis=1).T)
    return np.concatenate(found)


def plane_roots(plane: Plane, name: str, given: np.ndarray) -> Roots:
    """As `histories.history_roots` for a model with rho and lambda: the other one is estimated where one is tested."""
    model, stack = plane.model, plane.model.effects.stack
    assert model.lag is not None
    assert model.error is not None
    lag, error = model.lag, model.error

    def _roots(value: float) -> tuple[float, np.ndarray]:
        rho, lam = plane.given_one(name, value)
        beta = solution(model, rho, lam)[0]
        u = model.y - rho * (lag.W @ model.y) - model.X @ beta
        e = take_out(model.effects, filtered(model, lam, u))
        A, B = lag.factor(rho), error.factor(lam)
        eta = u + model.X @ beta - B.solve(e)
        by = e.reshape(stack.periods, stack.n)
        moved = np.concatenate([by[:, :, None], by[:, given]], axis=2).reshape(len(e), -1)
        every = plane.roots(A.solve(eta[:, None] + B.solve(moved)), name, value)
        return float(every[0]), every[1:]

    return _roots
