"""The verbs of a W that standardize it, and `subset`, which standardizes anew."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gbaspatial import options
from gbaspatial.alignment import check_units
from gbaspatial.errors import OptionError, UnknownNameError, WeightsError, nearest_names, some
from gbaspatial.weights import algebra, scaling
from gbaspatial.weights.derivation import like, policy_built_with, tell_friction_undone
from gbaspatial.weights.isolation import tell_new_islands

if TYPE_CHECKING:
    from gbaspatial.alignment import Label
    from gbaspatial.weights.core import Weights


def row_standardized(w: Weights) -> Weights:
    """W with every row divided by its sum (style W of spdep); rows of islands stay zero.

    Warns of units whose friction (`with_friction`) this undoes, because all of their links cross a border.
    """
    tell_friction_undone(w, "row_standardized")
    return like(w, scaling.by_row(w._sparse), "row_standardized", "row")


def binary(w: Weights) -> Weights:
    """W with every link set to one (style B)."""
    return like(w, algebra.pattern(w._sparse), "binary", "binary")


def spectral(w: Weights) -> Weights:
    """W divided by its largest eigenvalue, so that rho < 1 is admissible (Kelejian and Prucha 2010)."""
    largest = 1 / w.interval[1]
    if largest <= 0:
        raise WeightsError("W has no positive eigenvalue to divide by (it has no cycle of links).")
    return like(w, scaling.times(w._sparse, 1 / largest), "spectral", "spectral")


def min_max(w: Weights) -> Weights:
    """W divided by the smaller of its largest row sum and column sum (Kelejian and Prucha 2010)."""
    return like(w, scaling.by_largest_sum(w._sparse), "min_max", "min_max")


def variance_stabilized(w: Weights) -> Weights:
    """Rows divided by the root of their sum of squares, then scaled to sum to n (style S, Tiefelsdorf et al. 1999).

    n counts units with neighbors.
    """
    tell_friction_undone(w, "variance_stabilized")
    return like(w, scaling.by_root_of_squares(w._sparse), "variance_stabilized", "variance_stabilized")


def doubly_standardized(w: Weights) -> Weights:
    """W scaled so that all rows and all columns sum to one (Sinkhorn 1964).

    Raises
    ------
    WeightsError
        If the pattern of links allows none, e.g. where a unit with several neighbors
        is the only neighbor of another one.
    """
    tell_friction_undone(w, "doubly_standardized")
    return like(w, scaling.by_row_and_column(w._sparse), "doubly_standardized", "doubly")


def globally_standardized(w: Weights, *, total: float | None = None) -> Weights:
    """All weights divided by one number, so that they sum to `total`.

    By default to the number of units with neighbors (style C of spdep); ``total=1`` is
    its style U.

    Parameters
    ----------
    total : float, optional
        What all weights sum to, above zero.
    """
    if total is not None:
        total = options.number(total, "total", least=0, open_ends=True)
    goal = float(max(scaling.linked(w._sparse), 1)) if total is None else total
    return like(w, scaling.by_total(w._sparse, goal), "globally_standardized", "global", total=total)


def subset(w: Weights, labels: Iterable[Label]) -> Weights:
    """W among `labels` only, in their order; a standardized W is standardized anew.

    A W from `combine` is scaled as a whole: the subset of a mix of row-standardized W is
    not the mix of their subsets, each of which would be scaled by itself.

    Parameters
    ----------
    labels : iterable of labels
        Units of W; no mask.

    Raises
    ------
    UnknownNameError
        If a label is not a unit of W.
    OptionError
        If `labels` is a single label, or a mask of True and False.

    Examples
    --------
    >>> from gbaspatial.weights import Weights
    >>> w = Weights([[0, 1, 1], [1, 0, 0], [1, 0, 0]], ["a", "b", "c"]).row_standardized()
    >>> w.subset(["a", "b"]).to_frame()["weight"].tolist()
    [1.0, 1.0]
    """
    if np.isscalar(labels) or not isinstance(labels, Iterable):
        raise OptionError(f"labels={labels!r} is a single value; give a list of units, such as [{labels!r}].")
    chosen: pd.Index = labels if isinstance(labels, pd.Index) else pd.Index(list(labels))
    if chosen.inferred_type == "boolean" and w._ids.inferred_type != "boolean":
        raise OptionError("labels are True and False, where units are needed; give those of a mask, w.ids[mask].")
    check_units(chosen, "labels")
    if len(chosen) == 0:
        raise OptionError("labels is empty; name at least one unit.")
    places = w._ids.get_indexer(chosen)
    if (places < 0).any():
        unknown = chosen[places < 0]
        raise UnknownNameError(f"the weights have no unit {some(unknown)}. {nearest_names(unknown[0], w._ids)}")
    part = type(w)(
        w._sparse[places][:, places],
        chosen.rename(w._ids.name),
        recipe=w._recipe.then("subset", n=len(chosen)),
        standardization=w._standardization if w._standardization == "binary" else "none",
        islands=w._island_policy,
    )
    lost = part.islands.difference(w.islands, sort=False)
    tell_new_islands(lost, "the subset", policy_built_with(w))
    # scalings of rows and columns are undone by the same scaling of the part
    anew = {
        "row": part.row_standardized,
        "spectral": part.spectral,
        "min_max": part.min_max,
        "variance_stabilized": part.variance_stabilized,
        "doubly": part.doubly_standardized,
        "global": lambda: part.globally_standardized(total=w._recipe.total()),
    }
    return anew[w._standardization]() if w._standardization in anew else part
