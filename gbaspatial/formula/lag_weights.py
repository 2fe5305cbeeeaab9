"""The weights that a formula may name, as in ``W(x)``: each under its name, all over the same units."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from gbaspatial.errors import OptionError
from gbaspatial.formula.magnitude import check_weights_magnitude
from gbaspatial.formula.vocabulary import FUNCTIONS
from gbaspatial.weights import Weights, as_weights
from gbaspatial.weights.adoption import as_weights_called

if TYPE_CHECKING:
    from gbaspatial.weights.annotations import WeightsGiven


def named_weights(w: WeightsGiven) -> dict[str, Weights]:
    """`w` as a mapping of names to `Weights`; one W alone is named ``W``, the first of a mapping is too."""
    if w is None:
        return {}
    if not isinstance(w, Mapping):
        alone = {"W": as_weights(w)}
        check_weights_magnitude(alone)
        return alone
    if not w:
        raise OptionError("no weights were given; give a W, or a mapping of names to W.")
    named = {str(name): as_weights_called(matrix, f"w[{name!r}]") for name, matrix in w.items()}
    for name in named:
        check_lag_name(name)
    check_weights_magnitude(named)
    first_name, first = next(iter(named.items()))
    for name, matrix in named.items():
        if len(matrix.ids) != len(first.ids) or not matrix.ids.isin(first.ids).all():
            raise OptionError(f"the weights {first_name!r} and {name!r} cover different units; use w.subset(ids).")
    return {"W": first, **named} if "W" not in named else named


def check_lag_name(name: str) -> None:
    """Raise `OptionError` unless a W may be named so in a formula."""
    if not name.isidentifier():
        raise OptionError(f"{name!r} cannot name a W in a formula; use letters, digits and underscores.")
    if name in FUNCTIONS and name != "Q":
        raise OptionError(f"{name!r} cannot name a W in a formula, where it is a function; choose another name.")


def in_order(w: Weights, ids: pd.Index) -> Weights:
    """`w` with its units in the order of `ids`; the weights stay what they are.

    Raises
    ------
    OptionError
        If the units are not the same.
    """
    if w.ids.equals(ids):
        return w
    places = w.ids.get_indexer(ids)
    if w.n != len(ids) or (places < 0).any():
        raise OptionError(
            f"the weights cover {w.n} units and the model {len(ids)}, and they must be the same; use w.subset(ids)."
        )
    matrix = w.sparse[places][:, places]
    return Weights(matrix, ids, recipe=w.recipe, standardization=w.standardization, islands=w.island_policy)
