"""The weights of libpysal, its Graph and its W, as ours."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pandas as pd

from gbaspatial.errors import LabelTypeError
from gbaspatial.weights.diagonal import Diagonal, without_self_links
from gbaspatial.weights.recipe import Recipe

if TYPE_CHECKING:
    from libpysal.graph import Graph
    from libpysal.weights import W

    from gbaspatial.weights.annotations import Standardization, WeightsLike
    from gbaspatial.weights.core import Weights

_STYLES: dict[str, Standardization] = {"R": "row", "B": "binary", "D": "global", "V": "variance_stabilized"}


def adopted(kind: type[Weights], w: WeightsLike, diagonal: Diagonal = "error", what: str = "w") -> Weights:
    """`w` itself where it is a `kind`; else one with the units and links of `w`, a Graph or a W.

    `what` is how an error calls it.

    Raises
    ------
    LabelTypeError
        For anything else.
    WeightsError
        If a unit is linked with itself, unless ``diagonal="drop"``.

    Examples
    --------
    >>> from gbaspatial.weights import Weights
    >>> adopted(Weights, Weights([[0, 1], [1, 0]], "ab").to_libpysal())
    <Weights: 2 units, 2 links; libpysal.weights.W(transform=O)>
    """
    if isinstance(w, kind):
        return w
    theirs, origin = cast("Graph | W", w), type(w).__module__
    if origin.startswith("libpysal.graph"):
        style, ids, name = str(theirs.transformation).upper(), pd.Index(theirs.unique_ids), "libpysal.graph.Graph"
        recipe = Recipe().then(name, transformation=theirs.transformation)
    elif origin.startswith("libpysal."):
        style, ids, name = str(theirs.transform).upper(), pd.Index(list(theirs.id_order)), "libpysal.weights.W"
        recipe = Recipe().then(name, transform=theirs.transform)
    else:
        raise LabelTypeError(
            f"{what} is a {type(w).__name__}; give Weights (from gbaspatial.weights), a libpysal Graph or a libpysal W."
        )
    matrix, dropped = without_self_links(theirs.sparse, ids, diagonal, f"the {name}")
    if dropped:  # the sums of its rows, or of all, are no longer what the style says
        recipe, style = recipe.then("without_diagonal", dropped=dropped), style if style == "B" else "O"
    if style == "D":
        recipe = recipe.then("globally_standardized", total=1.0)
    return kind(matrix, ids, recipe=recipe, standardization=_STYLES.get(style, "none"))
