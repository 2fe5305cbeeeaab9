"""The moments of a spatial error of a panel, within units and between them: arrays only.

Of innovations e = u - lambda W u, and of e = W e beside them, projected within or between units:

    e'e / df = s2      (W e)'(W e) / df = s2 tr(W'W) / n      (W e)'e / df = 0

with the variance of innovations and df = n (T - 1) within, and with T times the variance of the effects more and
df = n between (Kapoor, Kelejian and Prucha 2007). The first three alone give lambda beside fixed effects; all six,
weighted by their covariance under normality, beside random ones.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import optimize, sparse

_TIGHT = {"xtol": 1e-14, "ftol": 1e-14, "gtol": 1e-14}


@dataclass(frozen=True, slots=True)
class Part:
    """Squares and products over df of u, W u, W W u: `a` u'u, `b` (Wu)'Wu, `c` (WWu)'WWu, `d` u'Wu, `e`, `f` u'WWu."""

    a: float
    b: float
    c: float
    d: float
    e: float
    f: float
    trace: float

    def moments(self, lam: float, s2: float) -> np.ndarray:
        """The three moments less their means."""
        first = self.a - 2 * lam * self.d + lam**2 * self.b - s2
        second = self.b - 2 * lam * self.e + lam**2 * self.c - s2 * self.trace
        third = self.d - lam * (self.f + self.b) + lam**2 * self.e
        return np.array([first, second, third])

    def square(self, lam: float) -> float:
        """e'e / df."""
        return self.a - 2 * lam * self.d + lam**2 * self.b


def part_of_residuals(u: np.ndarray, u1: np.ndarray, u2: np.ndarray, df: float, trace: float) -> Part:
    """The part of projected u, W u and W W u (m,); `trace` is tr(W'W) / n."""
    a, b, c, d, e, f = (float(value) / df for value in (u @ u, u1 @ u1, u2 @ u2, u @ u1, u1 @ u2, u @ u2))
    return Part(a, b, c, d, e, f, trace)


def lambda_within(within: Part, low: float, high: float) -> tuple[float, float]:
    """lambda in (low, high) and s2 from the three moments of one part, from the best of several starts."""

    def _moments(values: np.ndarray) -> np.ndarray:
        return within.moments(values[0], values[1] * within.a) / within.a

    found = [
        optimize.least_squares(_moments, [start, 1.0], bounds=([low, 0], [high, np.inf]), **_TIGHT)
        for start in np.linspace(low, high, 9)[1:-1]
    ]
    best = min(found, key=lambda one: one.cost).x
    return float(best[0]), float(best[1]) * within.a


def lambda_of_both(
    within: Part, between: Part, W: sparse.csr_array, periods: int, low: float, high: float
) -> tuple[float, float, float]:
    """lambda, and the variances within and between units, from all six moments weighted.

    The weights are the inverse of the covariance of the moments under normality, at the estimates of the first three
    within and of e'e between.
    """
    lam, own = lambda_within(within, low, high)
    across = between.square(lam)
    root = np.linalg.cholesky(np.linalg.inv(_traces(W))).T

    def _moments(values: np.ndarray) -> np.ndarray:
        one = within.moments(values[0], values[1] * own) * np.sqrt(periods - 1) / own
        two = between.moments(values[0], values[2] * across) / across
        return np.concatenate([root @ one, root @ two])

    bounds = ([low, 0, 0], [high, np.inf, np.inf])
    starts = [lam, *np.linspace(low, high, 6)[1:-1]]
    found = [optimize.least_squares(_moments, [start, 1.0, 1.0], bounds=bounds, **_TIGHT) for start in starts]
    best = min(found, key=lambda one: one.cost).x
    return float(best[0]), float(best[1]) * own, float(best[2]) * across


def _traces(W: sparse.csr_array) -> np.ndarray:
    """The covariance (3, 3) of the three moments under normality, times n over 1."""
    n = W.shape[0]
    gram, both = (W.T @ W).tocsr(), (W.T + W).tocsr()
    first, third = float(gram.trace()), float(gram.multiply(both).sum())
    second, last = float(gram.multiply(gram).sum()), float(W.multiply(W.T).sum()) + float(gram.trace())
    return np.array([[2 * n, 2 * first, 0.0], [2 * first, 2 * second, third], [0.0, third, last]]) / n
