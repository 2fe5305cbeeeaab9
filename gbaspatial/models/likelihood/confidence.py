"""The confidence distribution of a model with rho or lambda, and of its coefficients.

Given rho, (I - rho W) y = X b + e is a classical regression, and b has its exact t
distribution; given lambda so has it in the filtered regression. The confidence distribution of
rho or lambda is the curve of its one-sided tests (`inversion`). So b has a mixture of t
distributions, which gives its p-values and intervals (`Mixture`); draws of rho from its curve
and of b from the t gives intervals of impacts that keep their level at n = 11, where the delta
method, normal draws and the studentized bootstrap do not (docs/small-samples.md). Where no value
of rho up to the end of the admissible interval can be rejected, some draws lie at that end, and
the impacts of these are unbounded: so are the intervals then. Arrays only.

References
----------
Schweder, T. and Hjort, N. (2016). Confidence, Likelihood, Probability. Cambridge.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import optimize, special

from gbaspatial.models.likelihood.inversion import Inversion
from gbaspatial.models.likelihood.problem import Problem
from gbaspatial.randomness import CONFIDENCE_DRAWS, stream
from gbaspatial.sizes import UNBOUNDED

QUANTILES = 500


@dataclass(frozen=True, slots=True, eq=False)
class Mixture:
    """Equal shares of q multivariate t distributions of k quantities.

    Attributes
    ----------
    center : numpy.ndarray, shape (k, q)
    variance : numpy.ndarray, shape (k, k, q)
    df : int
    """

    center: np.ndarray
    variance: np.ndarray
    df: int

    @property
    def scale(self) -> np.ndarray:
        """(k, q)."""
        return np.asarray(np.sqrt(np.einsum("iim->im", self.variance)))

    def combined(self, C: np.ndarray) -> Mixture:
        """That of the combinations `C` (c, k) of the quantities."""
        return Mixture(C @ self.center, np.einsum("ai,ijm,bj->abm", C, self.variance, C), self.df)

    def at_most_zero(self) -> np.ndarray:
        """The probabilities (k,) of at most zero."""
        return np.asarray(special.stdtr(self.df, -self.center / self.scale).mean(axis=1))

    def p_values(self) -> np.ndarray:
        """Two-sided, equal tails (k,)."""
        at_least = special.stdtr(self.df, self.center / self.scale).mean(axis=1)
        return np.minimum(1.0, 2 * np.minimum(self.at_most_zero(), at_least))

    def interval(self, level: float) -> tuple[np.ndarray, np.ndarray]:
        """Ends (k,) that leave (1 - `level`) / 2 on either side; infinite where the limit of the other parameter is.

        At the limit of lambda an intercept is not identified (its column vanishes when filtered).
        """
        tail = (1 - level) / 2
        return self.quantile(tail), self.quantile(1 - tail)

    def quantile(self, p: float) -> np.ndarray:
        """The `p` quantiles (k,)."""
        scale = self.scale
        return np.array([self._quantile(p, self.center[i], scale[i]) for i in range(len(scale))])

    def _quantile(self, p: float, center: np.ndarray, scale: np.ndarray) -> float:
        limit = UNBOUNDED * float(np.min(np.abs(center) + scale))
        each = center + special.stdtrit(self.df, p) * scale
        a, b = float(each.min()), float(each.max())
        if b - a <= 1e-14 * max(abs(a), abs(b)):
            return a
        gap = 1e-9 * (b - a)

        def _excess(x: float) -> float:
            return float(np.mean(special.stdtr(self.df, (x - center) / scale))) - p

        found = float(optimize.brentq(_excess, a - gap, b + gap, xtol=1e-14 * limit))
        return float(np.copysign(np.inf, found)) if abs(found) > limit else found


def mixture(model: Problem, name: str, found: Inversion) -> Mixture:
    """The distribution of the coefficients of a model with `name` only, over the quantiles of its confidence curve."""
    spatial = quantiles(found, (np.arange(QUANTILES) + 0.5) / QUANTILES)
    beta, root = coefficients_given(model, name, spatial)
    return Mixture(beta.T, np.einsum("mip,mjp->ijm", root, root), model.n - model.X.shape[1])


def parameter_draws(model: Problem, name: str, found: Inversion, draws: int, seed: int) -> np.ndarray:
    """Draws (draws, k + 1) of (beta, `name`) from the curve `found` and the t distributions given it."""
    rng = stream(seed, CONFIDENCE_DRAWS)
    spatial = quantiles(found, rng.random(draws))
    return np.column_stack([coefficient_draws(model, name, spatial, rng), spatial])


def quantiles(found: Inversion, probability: np.ndarray) -> np.ndarray:
    """Quantiles of the confidence distribution of rho or lambda at `probability` (m,)."""
    share = np.maximum.accumulate(found.above / (found.above + found.below))
    low, high = found.window
    values = np.concatenate([[low], found.grid, [high]])
    reached = np.concatenate([[share[0]], share, [share[-1]]])
    return np.interp(probability, reached, values, left=low, right=high)


def coefficient_draws(model: Problem, name: str, spatial: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """beta (m, k) given each of `spatial` (m,): around its estimate, t with n - k degrees of freedom."""
    n, k = model.X.shape
    beta, root = coefficients_given(model, name, spatial)
    wide = np.sqrt((n - k) / rng.chisquare(n - k, len(spatial)))
    turned = np.einsum("mij,mj->mi", root, rng.standard_normal((len(spatial), k)))
    return beta + turned * wide[:, None]


def coefficients_given(model: Problem, name: str, spatial: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """beta (m, k) at each of `spatial` (m,), and roots (m, k, k) of their covariances (divisor n - k)."""
    n, k = model.X.shape
    side = model.lag if name == "rho" else model.error
    assert side is not None
    scale = np.ones(n) if model.d is None else np.sqrt(model.d)
    y, Wy = scale * model.leveled, scale * (side.W @ model.leveled)
    z = y - spatial[:, None] * Wy
    X = (scale[:, None] * model.X)[None]
    if name == "lambda":
        X = X - spatial[:, None, None] * (scale[:, None] * (side.W @ model.X))
    Q, R = np.linalg.qr(X)
    inner = np.einsum("mik,mi->mk", np.broadcast_to(Q, (len(z), n, k)), z)
    fitted = np.einsum("mik,mk->mi", np.broadcast_to(Q, (len(z), n, k)), inner)
    s = np.sqrt(np.square(z - fitted).sum(axis=1) / (n - k))
    inverse = np.broadcast_to(np.linalg.inv(R), (len(z), k, k))
    beta = np.einsum("mij,mj->mi", inverse, inner)
    beta = beta + model.grounded(spatial if name == "rho" else np.zeros_like(spatial))
    return beta, inverse * s[:, None, None]
