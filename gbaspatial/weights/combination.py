"""A mix of several W, each a hypothesis, by shares."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy import sparse

from gbaspatial.errors import OptionError, UnknownNameError, WeightsError, some
from gbaspatial.options import public
from gbaspatial.weights.adoption import as_weights
from gbaspatial.weights.algebra import matched
from gbaspatial.weights.annotations import Standardization
from gbaspatial.weights.core import Weights
from gbaspatial.weights.recipe import Recipe


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
