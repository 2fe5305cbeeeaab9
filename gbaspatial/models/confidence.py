"""Draws from the confidence distribution of a lag model's parameters: for intervals of what depends on rho.

Given rho, (I - rho W) y = X b + e is a classical regression, and b has its exact t
distribution. The confidence distribution of rho is the curve of its simulated one-sided tests
(`inversion`). Drawing rho from the second and b from the first gives intervals of impacts that
keep their level at n = 11, where the delta method, normal draws and the studentized bootstrap
do not (docs/small-samples.md). Where no value of rho up to the end of the admissible interval
can be rejected, some draws lie at that end, and the impacts of these are unbounded: so are the
intervals then. Arrays only.

References
----------
Schweder, T. and Hjort, N. (2016). Confidence, Likelihood, Probability. Cambridge.
"""

from __future__ import annotations

import numpy as np

from gbaspatial.models.inversion import Inversion, invert
from gbaspatial.models.likelihood import Problem
from gbaspatial.randomness import stream

POINTS = 21


def confidence_draws(model: Problem, draws: int, seed: int) -> np.ndarray:
    """Draws (draws, k + 1) of (beta, rho).

    Parameters
    ----------
    model : Problem
        With rho only.
    draws : int
        Also the number of samples at each of 21 values of rho, at most 999.
    seed : int
    """
    found = invert(model, "rho", draws=min(draws, 999), seed=seed, points=POINTS)
    rng = stream(seed, 41)
    rho = rho_draws(found, rng.random(draws))
    return np.column_stack([coefficient_draws(model, rho, rng), rho])


def rho_draws(found: Inversion, probability: np.ndarray) -> np.ndarray:
    """Quantiles of the confidence distribution of rho at `probability` (m,)."""
    share = np.maximum.accumulate(found.above / (found.above + found.below))
    low, high = found.window
    values = np.concatenate([[low], found.grid, [high]])
    reached = np.concatenate([[share[0]], share, [share[-1]]])
    return np.interp(probability, reached, values, left=low, right=high)


def coefficient_draws(model: Problem, rho: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """beta (m, k) given each of `rho` (m,): around its estimate, t with n - k degrees of freedom."""
    assert model.lag is not None
    n, k = model.X.shape
    root = np.ones(n) if model.d is None else np.sqrt(model.d)
    Q, R = np.linalg.qr(model.X * root[:, None])
    U = np.column_stack([model.y, model.lag.W @ model.y]) * root[:, None]
    C = Q.T @ U
    E = U - Q @ C
    G = E.T @ E
    sse = G[0, 0] - 2 * rho * G[0, 1] + rho**2 * G[1, 1]
    scale = np.sqrt(sse / rng.chisquare(n - k, len(rho)))
    turned = C[:, :1] - C[:, 1:] * rho + rng.standard_normal((len(rho), k)).T * scale
    return np.linalg.solve(R, turned).T
