"""Covariances of random effects clustered by unit: arrays only.

The scores are those of the likelihood, each unit's own part and, for rho and lambda, whose scores are
quadratic forms, that of every pair of units (see `gbaspatial.models.panel.information_less_effects`).
"""

from __future__ import annotations

import numpy as np

from gbaspatial.models.panel.information_less_effects import Parts, products, runs, without_unit
from gbaspatial.models.panel.random_likelihood import RandomProblem, by_unit
from gbaspatial.models.panel.random_maximum import RandomEstimate, Spread, inverse_of


def clustered(model: RandomProblem, at: RandomEstimate, spread: Spread, few: bool) -> np.ndarray:
    """The covariance (k + p, k + p) of b and the parameters of `spread`; with `few` of leaving a unit out (CR3)."""
    stack, k, names, s2 = model.stack, len(at.beta), spread.names, at.sigma2
    left, e, X = _residuals(model, at, few)
    own = np.zeros((stack.n, k + len(names)))
    own[:, :k] = by_unit(X * left[:, None], stack)
    lengths = stack.histories.astype(float)
    of_sigma2 = (by_unit(left * e, stack)[:, 0] - s2 * lengths * model.count / stack.rows) / (2 * s2)
    pairs = _pairs(model, at, left, e)
    if "rho" in names:
        assert model.lag is not None
        mean = _filtered(model, at, model.lag.W @ model.lag.factor(at.at.rho).solve(model.X @ at.beta))
        own[:, k + names.index("rho")] = by_unit(mean * left, stack)[:, 0]
    if "phi" in names:
        share = lengths / (1 + lengths * at.at.phi)
        means = by_unit(e, stack)[:, 0] / np.maximum(lengths, 1)
        place = k + names.index("phi")
        own[:, place] = (share**2 * means**2 - s2 * share * model.units / stack.n) / 2
        own[:, place] -= s2 * float(share.sum()) * model.units / stack.n / model.count * of_sigma2
    for name, (Q, center) in pairs.items():
        place = k + names.index(name)
        own[:, place] += np.diag(Q) - s2 * center
        own[:, place] -= 2 * s2 * float(center.sum()) / model.count * of_sigma2
    own[:, k:] += own[:, :k] @ spread.follow
    meat = own.T @ own
    for a, (Qa, _) in pairs.items():
        for b, (Qb, _) in pairs.items():
            both = Qa * (Qb + Qb.T)
            meat[k + names.index(a), k + names.index(b)] += float(both.sum() - np.trace(both))
    inner = inverse_of(spread.matrix)
    bread = np.zeros_like(meat)
    bread[:k, :k] = s2 * at.root @ at.root.T
    bread[:k, k:] = spread.follow @ inner
    bread[k:, k:] = inner
    n, m = stack.n, stack.rows
    factor = (n - 1) / n if few else n / (n - 1) * (m - 1) / max(m - k - len(names), 1)
    return np.asarray(factor * bread @ (meat / s2**2) @ bread.T)


def _filtered(model: RandomProblem, at: RandomEstimate, values: np.ndarray) -> np.ndarray:
    return values if model.error is None else values - at.at.lam * (model.error.W @ values)


def _residuals(model: RandomProblem, at: RandomEstimate, few: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """V^-1 e, e and X, all filtered; e of each unit from the regression that leaves it out, if `few`."""
    stack = model.stack
    u = model.y - model.X @ at.beta
    if model.lag is not None:
        u = u - at.at.rho * (model.lag.W @ model.y)
    e, X = _filtered(model, at, u), _filtered(model, at, model.X)
    lengths = np.maximum(stack.histories, 1)
    root = 1 / np.sqrt(1 + lengths * at.at.phi)  # 1 - theta
    if few:
        less = e - (1 - root[stack.unit]) * _mean(e, model)
        X_less = X - (1 - root[stack.unit])[:, None] * (by_unit(X, stack) / lengths[:, None])[stack.unit]
        less = without_unit(Parts(X_less, None, less, less), stack.unit, stack.n)
        e = less + (1 / root[stack.unit] - 1) * _mean(less, model)
    return e - (1 - root[stack.unit] ** 2) * _mean(e, model), e, X


def _mean(values: np.ndarray, model: RandomProblem) -> np.ndarray:
    stack = model.stack
    return np.asarray((by_unit(values, stack)[:, 0] / np.maximum(stack.histories, 1))[stack.unit])


def _pairs(
    model: RandomProblem, at: RandomEstimate, left: np.ndarray, e: np.ndarray
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """By spatial parameter q (n, n), the sum over periods of left_i G_ij e_j, and the diagonal of G by unit (n,)."""
    stack = model.stack
    sides = {"rho": model.lag, "lambda": model.error}
    names = [name for name in at.names if sides.get(name) is not None]
    found = {name: (np.zeros((stack.n, stack.n)), np.zeros(stack.n)) for name in names}
    if not names:
        return found
    for first, end in runs([side for side in sides.values() if side is not None], stack):
        rows = slice(stack.starts[first], stack.starts[end])
        unit = stack.unit[stack.starts[first] : stack.starts[first + 1]]
        moments = left[rows].reshape(end - first, -1).T @ e[rows].reshape(end - first, -1)
        made = products(model, at.at, first)  # type: ignore[arg-type]
        for name in names:
            G = made[0 if name == "rho" else 1]
            assert G is not None
            found[name][0][np.ix_(unit, unit)] += G * moments
            found[name][1][unit] += (end - first) * np.diag(G)
    return found
