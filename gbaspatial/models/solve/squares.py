"""The sum of squares of all entries of G = W (I - rho W)^-1, exact, from sparse factors: arrays only.

With A = I - rho W, G = (A^-1 - I) / rho, so that

    tr(G'G) = (tr((A A')^-1) - 2 tr(A^-1) + n) / rho^2.

A A' is sparse, symmetric and positive definite whatever W and rho are: it is eliminated without
pivoting, and of both inverses only the diagonals are needed, which the factors give (Takahashi, Fagan
and Chin 1973; see `selected_inverse`). No matrix of all pairs of units is made.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np
from scipy import sparse

from gbaspatial.models.solve.factor import Eliminated, Factor, SparsePencil, on_links, planned_order
from gbaspatial.sizes import COLUMNS_AT_ONCE, COLUMNS_LIMIT, SQUARES_FROM

if TYPE_CHECKING:
    from gbaspatial.models.solve.supernodes import Plan

_ALL_DIGITS = 1e-6  # of n: below, the difference above loses more than six digits, and all columns are solved for
_WORTH = 1 / 50  # of n^3: what elimination may cost before dense matrices are as quick


@dataclass(frozen=True, slots=True, eq=False)
class Squared:
    """A A' = I - rho `once` + rho^2 `twice` for A = I - rho W, by its links; `own` (n,) is the diagonal of W W'.

    The links stand as `plan` has them: `row` (nnz,) of each, units in the `order` (n,).
    """

    plan: Plan
    order: np.ndarray
    row: np.ndarray
    once: np.ndarray
    twice: np.ndarray
    own: np.ndarray

    def factor(self, rho: float, base: float = 0.0, share: float = 1.0) -> SquaredFactor:
        """`base` I + `share` A A', positive definite, factorized."""
        from gbaspatial.models.solve.elimination import eliminate

        size = base + share * (1 + rho**2 * self.own)  # the diagonal, which elimination takes as one
        root = np.sqrt(size)
        links = share * (rho * self.once - rho**2 * self.twice) / (root[self.row] * root[self.plan.indices])
        upper = np.empty((1, self.plan.block[-1]))
        return SquaredFactor(self, size, upper[0], eliminate(self.plan, links[None], 1.0, upper))


@dataclass(frozen=True, slots=True, eq=False)
class SquaredFactor:
    """R U' D U R, with R the root of `size` (n,), U in `upper` by supernodes, and the `pivots` D (n,)."""

    squared: Squared
    size: np.ndarray
    upper: np.ndarray
    pivots: np.ndarray

    def log_det(self) -> float:
        """The log-determinant."""
        return float(np.log(self.size).sum() + np.log(self.pivots).sum())

    def inverse_trace(self) -> float:
        """The trace of the inverse."""
        from gbaspatial.models.solve.selected_inverse import diagonal_of_inverse

        inverse = diagonal_of_inverse(self.squared.plan, self.upper, self.upper, self.pivots)
        return float((inverse / self.size).sum())

    def solve(self, right: np.ndarray) -> np.ndarray:
        """The inverse times `right` (n,) or (n, q)."""
        from gbaspatial.models.solve.elimination import solve

        order, root = self.squared.order, np.sqrt(self.size)[:, None]
        X = np.ascontiguousarray(right.reshape(len(order), -1)[order] / root, dtype=float)
        solve(self.squared.plan, self.upper, self.upper, self.pivots, X)
        answer = np.empty_like(X)
        answer[order] = X / root
        return answer.reshape(right.shape)


_known: WeakKeyDictionary[SparsePencil, Squared | None] = WeakKeyDictionary()


def squared_of(pencil: SparsePencil) -> Squared | None:
    """The planned A A' of a pencil, made once; None where a dense matrix is as quick."""
    if pencil not in _known:
        most = _WORTH * float(len(pencil.root)) ** 3
        made = _planned(pencil.W) if _cost(pencil.plan) <= most else None
        _known[pencil] = made if made is not None and _cost(made.plan) <= most else None
    return _known[pencil]


def sum_of_squares(factor: Factor, rho: float) -> float | None:
    """tr(G'G) of G = W (I - rho W)^-1 from the `factor` of I - rho W; None where a dense matrix is as quick."""
    if not isinstance(factor, Eliminated) or len(factor.pivots) < SQUARES_FROM:
        return None
    from gbaspatial.models.solve.selected_inverse import inverse_trace

    n, squared = len(factor.pivots), squared_of(factor.pencil)
    if squared is None:
        return None
    left = squared.factor(rho).inverse_trace() - 2 * inverse_trace(factor) + n
    if left > _ALL_DIGITS * n:
        return left / rho**2
    return _by_columns(factor) if n <= COLUMNS_LIMIT else None


def _by_columns(factor: Eliminated) -> float:
    """The same from all columns of the inverse, one block after the other."""
    n, total = len(factor.pivots), 0.0
    for start in range(0, n, COLUMNS_AT_ONCE):
        columns = np.arange(start, min(start + COLUMNS_AT_ONCE, n))
        unit = np.zeros((n, len(columns)))
        unit[columns, columns - start] = 1.0
        total += float(np.square(factor.pencil.W @ factor.solve(unit)).sum())
    return total


def _planned(W: sparse.csr_array) -> Squared:
    """A A' of `W` (n, n), its units in an order that keeps the factors sparse."""
    back = sparse.csr_array(W.T)
    once, twice = sparse.csr_array(W + back), sparse.csr_array(W @ back)
    own = twice.diagonal()
    links = _links_of(W)
    order, plan = planned_order(links)
    links.data = np.zeros_like(links.data)
    once, twice = (on_links(part, links)[order][:, order].data for part in (once, twice))
    row = np.repeat(np.arange(len(order)), np.diff(plan.indptr))
    return Squared(plan, order, row, once, twice, own[order])


def _links_of(W: sparse.csr_array) -> sparse.csr_array:
    """Positive numbers where A A' may have entries, whatever rho is."""
    there = W.copy()
    there.data = np.ones_like(there.data)
    back = sparse.csr_array(there.T)
    links = sparse.csr_array(there + back + there @ back)
    links.sort_indices()
    return links


def _cost(plan: Plan) -> float:
    """Multiplications of an elimination by `plan`."""
    height = np.diff(plan.start).astype(float)
    return float((np.diff(plan.first) * height**2).sum())
