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
from gbaspatial.sizes import COLUMNS_LIMIT, SQUARES_FROM

if TYPE_CHECKING:
    from gbaspatial.models.solve.supernodes import Plan

_ALL_DIGITS = 1e-6  # of n: below, the difference above loses more than six digits, and all columns are solved for
_BLOCK = 256
_WORTH = 1 / 50  # of n^3: what elimination may cost before dense matrices are as quick


@dataclass(frozen=True, slots=True, eq=False)
class Squared:
    """A A' = I - rho `once` + rho^2 `twice` for A = I - rho W, by its links; `own` (n,) is the diagonal of W W'."""

    plan: Plan
    row: np.ndarray
    once: np.ndarray
    twice: np.ndarray
    own: np.ndarray

    def inverse_trace(self, rho: float) -> float:
        """tr((A A')^-1)."""
        from gbaspatial.models.solve.elimination import eliminate
        from gbaspatial.models.solve.selected_inverse import diagonal_of_inverse

        size = 1 + rho**2 * self.own  # the diagonal of A A', which elimination takes as one
        root = np.sqrt(size)
        links = (rho * self.once - rho**2 * self.twice) / (root[self.row] * root[self.plan.indices])
        upper = np.empty((1, self.plan.block[-1]))
        pivots = eliminate(self.plan, links[None], 1.0, upper)
        return float((diagonal_of_inverse(self.plan, upper[0], upper[0], pivots) / size).sum())


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
    left = squared.inverse_trace(rho) - 2 * inverse_trace(factor) + n
    if left > _ALL_DIGITS * n:
        return left / rho**2
    return _by_columns(factor) if n <= COLUMNS_LIMIT else None


def _by_columns(factor: Eliminated) -> float:
    """The same from all columns of the inverse, one block after the other."""
    n, total = len(factor.pivots), 0.0
    for start in range(0, n, _BLOCK):
        columns = np.arange(start, min(start + _BLOCK, n))
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
    return Squared(plan, row, once, twice, own[order])


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
