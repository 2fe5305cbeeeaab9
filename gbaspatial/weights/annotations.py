"""What may be given as a W, how one may be scaled, and what its lag gives islands: words for annotations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

    from libpysal.graph import Graph
    from libpysal.weights import W

    from gbaspatial.weights.core import Weights

Standardization = Literal["none", "row", "binary", "spectral", "min_max", "variance_stabilized", "doubly", "global"]
IslandLag = Literal["nan", "zero"]

WeightsLike: TypeAlias = "Weights | Graph | W"  # one W, ours or that of libpysal; `as_weights` reads it
WeightsGiven: TypeAlias = "WeightsLike | Mapping[Any, Any]"
# or several: by period, by the name that a formula uses, or by both
