"""Sums, products and orders of weights: arrays only, and `combine`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
from scipy import sparse

from gbaspatial.errors import AlignmentError, some
from gbaspatial.options import word

if TYPE_CHECKING:
    from gbaspatial.weights.core import Weights

Union = Literal["max", "sum", "first"]
Intersection = Literal["first", "min", "max", "product"]
Symmetry = Literal["max", "mean", "min", "sum"]


def pattern(W: sparse.csr_array) -> sparse.csr_array:
    """Ones where `W` (n, n) has links."""
    ones = W.copy()
    ones.data = np.ones_like(W.data)
    return ones


def union(A: sparse.csr_array, B: sparse.csr_array, weights: Union) -> sparse.csr_array:
    """Links of either; where both have one, the larger weight, their sum, or that of `A`."""
    word(weights, ("max", "sum", "first"), "weights")
    if weights == "max":
        return sparse.csr_array(A.maximum(B))
    return sparse.csr_array(A + B) if weights == "sum" else sparse.csr_array(A + difference(B, A))


def intersection(A: sparse.csr_array, B: sparse.csr_array, weights: Intersection) -> sparse.csr_array:
    """Links of both, with the weight of `A`, the smaller, the larger, or their product."""
    word(weights, ("first", "min", "max", "product"), "weights")
    if weights == "min":
        return sparse.csr_array(A.minimum(B))
    if weights == "product":
        return sparse.csr_array(A.multiply(B))
    mine = sparse.csr_array(A.multiply(pattern(B)))
    return mine if weights == "first" else sparse.csr_array(mine.maximum(B.multiply(pattern(A))))


def difference(A: sparse.csr_array, B: sparse.csr_array) -> sparse.csr_array:
    """Links of `A` that `B` does not have, with their weights."""
    left = sparse.csr_array(A - A.multiply(pattern(B)))
    left.eliminate_zeros()
    return left


def symmetric(W: sparse.csr_array, how: Symmetry) -> sparse.csr_array:
    """`W` and its transpose: the larger weight of the two, their mean, the smaller, or their sum."""
    word(how, ("max", "mean", "min", "sum"), "how")
    if how == "max":
        return sparse.csr_array(W.maximum(W.T))
    if how == "min":
        return sparse.csr_array(W.minimum(W.T))
    return sparse.csr_array((W + W.T) * (0.5 if how == "mean" else 1.0))


def without_diagonal(W: sparse.csr_array) -> sparse.csr_array:
    """`W` with its diagonal set to zero."""
    pairs = W.tocoo()
    off = pairs.coords[0] != pairs.coords[1]
    return sparse.csr_array((pairs.data[off], (pairs.coords[0][off], pairs.coords[1][off])), shape=W.shape)


def order_of(W: sparse.csr_array, k: int, cumulative: bool) -> sparse.csr_array:
    """Ones where the shortest path has exactly `k` links (or at most, if `cumulative`), k >= 2."""
    step = pattern(W)
    seen = sparse.csr_array(step + sparse.eye_array(W.shape[0], format="csr"))
    ring = step
    for _ in range(k - 1):
        reached = pattern(sparse.csr_array(ring @ step))
        ring = difference(reached, seen)
        seen = pattern(sparse.csr_array(seen + ring))
    return without_diagonal(seen) if cumulative else ring


def matched(other: Weights, w: Weights) -> sparse.csr_array:
    """The matrix of `other` in the unit order of `w`; both must cover the same units."""
    if w.ids.equals(other.ids):
        return other.sparse
    if len(w.ids) != len(other.ids) or not other.ids.isin(w.ids).all():
        mine, theirs = w.ids.difference(other.ids, sort=False), other.ids.difference(w.ids, sort=False)
        raise AlignmentError(
            f"the two weights cover different units: only in the first {some(mine) or 'none'}; "
            f"only in the second {some(theirs) or 'none'}. Use w.subset(...) on both."
        )
    places = other.ids.get_indexer(w.ids)
    return sparse.csr_array(other.sparse[places][:, places])
