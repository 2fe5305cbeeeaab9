"""Sums, products and orders of weights: arrays only, and `combine`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd
from scipy import sparse

from gbaspatial.errors import AlignmentError, OptionError, UnknownNameError, WeightsError, some
from gbaspatial.options import public, word

if TYPE_CHECKING:
    from gbaspatial.weights.core import Standardization, Weights

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


@public
def combine(weights: Mapping[str, Weights], *, shares: Mapping[str, float]) -> Weights:
    """A convex mix of several W, matched by label: the sum of share times W.

    Parameters
    ----------
    weights : mapping of name to Weights
        At least one; all over the same units.
    shares : mapping of name to float, or Series by name
        The same names; not negative, summing to one.

    Returns
    -------
    Weights
        In the unit order of the first. A mix of row-standardized W without islands is
        row-standardized itself, and its `subset` is scaled as a whole: where the mix of the
        subsets is wanted, take the subsets first. What the lag of islands is
        (`Weights.with_islands`) is carried over.

    Raises
    ------
    OptionError
        If shares are negative or do not sum to one, or if `weights` or `shares` have no names.
    WeightsError
        If the lag of islands is missing in some of the W and zero in others.
    UnknownNameError
        If names differ.

    Examples
    --------
    >>> from gbaspatial.weights import from_pairs
    >>> import pandas as pd
    >>> road = from_pairs(pd.DataFrame({"focal": ["a", "b"], "neighbor": ["b", "a"]}))
    >>> sea = from_pairs(pd.DataFrame({"focal": ["a"], "neighbor": ["b"]}), ids=["b", "a"])
    >>> combine({"road": road, "sea": sea}, shares={"road": 0.75, "sea": 0.25}).to_frame()["weight"].tolist()
    [1.0, 0.75]
    """
    from gbaspatial.weights.core import Weights, as_weights
    from gbaspatial.weights.recipe import Recipe

    if not isinstance(weights, Mapping):
        raise OptionError(f"weights is a {type(weights).__name__}; give W by name, such as {{'road': w, 'sea': v}}.")
    if not isinstance(shares, (Mapping, pd.Series)):
        raise OptionError(f"shares is a {type(shares).__name__}; give numbers by name, such as {{'road': 0.7, ...}}.")
    shares = dict(shares)
    if set(weights) != set(shares) or not weights:
        raise UnknownNameError(
            f"weights and shares must have the same names, but have {some(weights)} and {some(shares)}."
        )
    portions = np.array([float(shares[name]) for name in weights])
    if not (np.isfinite(portions).all() and (portions >= 0).all() and abs(portions.sum() - 1) < 1e-9):
        raise OptionError(f"the shares must not be negative and must sum to one; they are {shares}.")
    members = [as_weights(w) for w in weights.values()]
    first = members[0]
    lags = {name: member.island_policy for name, member in zip(weights, members, strict=True)}
    if len(set(lags.values())) > 1:
        told = ", ".join(f"{lag} in {name}" for name, lag in lags.items())
        raise WeightsError(f"the lag of islands differs ({told}); choose one by with_islands(lag=...) on each W.")
    total = sparse.csr_array(first.sparse.shape)
    for portion, member in zip(portions, members, strict=True):
        total = sparse.csr_array(total + portion * matched(member, first))
    stochastic = all(member.is_row_stochastic for member in members)
    recipe = Recipe().then(
        "combine", **{f"{p:g} {name}": m.recipe for p, name, m in zip(portions, weights, members, strict=True)}
    )
    style: Standardization = "row" if stochastic else "none"
    return Weights(total, first.ids, recipe=recipe, standardization=style, islands=first.island_policy)


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
