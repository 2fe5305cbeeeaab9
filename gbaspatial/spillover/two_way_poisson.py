"""Poisson regression whose effects of origins and of destinations are taken out: arrays only.

Every round of reweighted least squares projects the regressors off both sets of dummies at once, by one system of
the size of the destinations, so that no dummy is ever a column.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import sparse, special

from gbaspatial.errors import ConvergenceError
from gbaspatial.sizes import SETTLED

_ROUNDS = 200
_STEP = 1e-8  # the shortest share of a step that is tried
_FLOOR = 1e-280
_EXACT = 1e-3  # a flow that is fitted exactly has no residual to divide


@dataclass(frozen=True, eq=False)
class TwoWay:
    """Where each of m flows begins and ends: `origin` and `destination` (m,) count places from zero."""

    origin: np.ndarray
    destination: np.ndarray

    @cached_property
    def incidence(self) -> tuple[sparse.csr_array, sparse.csr_array]:
        """Rows of ones (places, m): sums over the flows of an origin, and of a destination."""
        m = len(self.origin)
        return tuple(
            sparse.csr_array((np.ones(m), (codes, np.arange(m))), shape=(int(codes.max()) + 1, m))
            for codes in (self.origin, self.destination)
        )  # type: ignore[return-value]

    @property
    def rank(self) -> int:
        """How many effects are free: places less the sets of places that no flow connects."""
        from scipy.sparse.csgraph import connected_components

        first, second = self.incidence
        table = sparse.csr_array(first @ second.T)
        both = sparse.block_array([[None, table], [table.T, None]])
        return int(both.shape[0] - connected_components(both, directed=False)[0])

    def among(self, kept: np.ndarray) -> TwoWay:
        """The flows of `kept` (m,), with the places that are left counted anew."""
        return TwoWay(*(np.unique(codes[kept], return_inverse=True)[1] for codes in (self.origin, self.destination)))

    def less(self, Z: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """`Z` (m, p) less its projection, weighted by `weights` (m,), on both sets of effects."""
        first, second = self.incidence
        rows, columns = first @ weights, second @ weights
        table = (first * weights) @ second.T
        ways = table.toarray() / np.sqrt(rows)[:, None] / np.sqrt(columns)[None, :]
        sums = [(first @ (weights[:, None] * Z)) / np.sqrt(rows)[:, None]]
        sums.append((second @ (weights[:, None] * Z)) / np.sqrt(columns)[:, None] - ways.T @ sums[0])
        inner = np.eye(len(columns)) - ways.T @ ways  # its zero eigenvalues: the level that both sets share
        values, vectors = np.linalg.eigh(inner)
        some = values > 1e-11
        after = vectors[:, some] @ ((vectors[:, some].T @ sums[1]) / values[some, None])
        before = sums[0] - ways @ after
        return np.asarray(
            Z - (before / np.sqrt(rows)[:, None])[self.origin] - (after / np.sqrt(columns)[:, None])[self.destination]
        )

    def leverage(self, weights: np.ndarray) -> np.ndarray:
        """What part (m,) of each flow the effects alone fit, weighted by `weights` (m,)."""
        first, second = self.incidence
        table = ((first * weights) @ second.T).toarray()
        normal = np.block([[np.diag(table.sum(axis=1)), table], [table.T, np.diag(table.sum(axis=0))]])
        scale = 1 / np.sqrt(np.diag(normal))
        inverse = np.linalg.pinv(normal * scale[:, None] * scale, rcond=1e-11, hermitian=True) * scale[:, None] * scale
        one, two = self.origin, self.destination + first.shape[0]
        return np.asarray(weights * (inverse[one, one] + inverse[two, two] + 2 * inverse[one, two]))


@dataclass(frozen=True, slots=True, eq=False)
class FittedFlows:
    """Coefficients `beta` (k,), means `mu` (m,), and the regressors `left` (m, k) less the effects, weighted by mu."""

    beta: np.ndarray
    mu: np.ndarray
    left: np.ndarray


def poisson_two_way(y: np.ndarray, X: np.ndarray, ways: TwoWay) -> FittedFlows:
    """The Poisson likelihood of flows `y` (m,) at its top.

    Every origin and every destination must have a flow above zero.

    Raises
    ------
    ConvergenceError
        If the deviance does not settle.

    Examples
    --------
    >>> ways = TwoWay(np.repeat([0, 1, 2], 3), np.tile([0, 1, 2], 3))
    >>> apart = (ways.origin != ways.destination).astype(float)[:, None]
    >>> fit = poisson_two_way(np.array([8.0, 2, 1, 2, 8, 4, 1, 4, 8]), apart, ways)
    >>> np.bincount(ways.origin, fit.mu).round(6).tolist()
    [11.0, 14.0, 13.0]
    """
    level = float(y.mean())
    y = y / level
    middle, size = X.mean(axis=0), X.std(axis=0)
    scaled = (X - middle) / np.where(size > 0, size, 1.0)
    mu = (y + 1.0) / 2
    eta, loss = np.log(mu), np.inf
    for first in (True, *[False] * _ROUNDS):
        target = eta + (y - mu) / mu
        left = ways.less(np.column_stack([target, scaled]), mu)
        root = np.sqrt(mu)[:, None]
        beta = np.linalg.lstsq(root * left[:, 1:], root[:, 0] * left[:, 0], rcond=1e-12)[0]
        new = target - (left[:, 0] - left[:, 1:] @ beta)
        for share in (1.0,) if first else _shares():
            trial = np.clip(eta + share * (new - eta), -600, 600)
            mu = np.maximum(np.exp(trial), _FLOOR)
            now = float((mu - special.xlogy(y, mu)).sum())
            if now <= loss + 1e-13 * abs(loss):
                break
        moved, eta, loss = float(np.abs(trial - eta)[mu > 1e-9].max(initial=0.0)), trial, now
        if moved < SETTLED or (share < 1 and moved < 1e-8):
            break
    else:
        raise ConvergenceError(f"Poisson regression of the flows did not settle in {_ROUNDS} rounds ({moved:.2g}).")
    mu = mu * level
    return FittedFlows(beta / np.where(size > 0, size, 1.0), mu, ways.less(X - middle, mu))


def _shares() -> Iterator[float]:
    share = 1.0
    while share > _STEP:
        yield share
        share /= 2


def sandwich_of_flows(y: np.ndarray, fit: FittedFlows, ways: TwoWay, kind: str, clusters: np.ndarray) -> np.ndarray:
    """The covariance (k, k) of coefficients.

    ``"classical"`` is the inverse information; ``"robust"`` takes each flow for itself; ``"HC3"`` divides its residual
    by what no effect and no regressor fits of it; ``"cluster"`` sums the scores within `clusters` (m,).
    """
    bread = np.linalg.inv(fit.left.T @ (fit.mu[:, None] * fit.left))
    if kind == "classical":
        return np.asarray(bread)
    e = y - fit.mu
    if kind == "HC3":
        own = fit.mu * np.einsum("mi,ij,mj->m", fit.left, bread, fit.left)
        e = e / np.maximum(1 - ways.leverage(fit.mu) - own, _EXACT)
    scores = fit.left * e[:, None]
    if kind == "cluster":
        scores = np.column_stack([np.bincount(clusters, column) for column in scores.T])
    count = len(scores)
    factor = 1.0 if kind == "HC3" else count / (count - 1)
    return np.asarray(factor * bread @ (scores.T @ scores) @ bread)
