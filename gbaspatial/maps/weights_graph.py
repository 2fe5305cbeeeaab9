"""Links: the graph of spatial weights above the units."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pandas as pd

from gbaspatial.alignment import places_in
from gbaspatial.maps.layers import ByYear, Label, Layer, bilingual, color_of, year_labels, years_of
from gbaspatial.maps.legend_words import recipe_in_words
from gbaspatial.options import public

if TYPE_CHECKING:
    from gbaspatial.maps.escape import Payload
    from gbaspatial.weights.annotations import WeightsLike


@dataclass(frozen=True, slots=True, eq=False, kw_only=True, repr=False)
class Links(Layer):
    """The graph of spatial weights, for one year or several."""

    by_year: ByYear
    color: str
    is_fill: ClassVar[bool] = False

    def payload(self, units: pd.DataFrame) -> Payload:
        """For every year the linked pairs, with what each end gives to the other."""
        return {"label": list(self.label), **_links(self, units.index)}


@public
def links(w: WeightsLike, *, label: Label = None, color: str = "#333333") -> Links:
    """The graph of the spatial weights `w`.

    Each half of a line is as wide as the weight that the unit at its end gives to its neighbor; a link that
    exists one way only ends in an arrow. A mapping of year to weights shows those of the slider's year, or
    of the last year before it.

    Parameters
    ----------
    w : Weights (or a libpysal Graph or W), or mapping of year to these
    label : str or (str, str), optional
        What the layer is called, in English or (English, Chinese).
    color : str
        A color such as ``"#333333"``.

    Returns
    -------
    Links
        A layer for `atlas`.

    Examples
    --------
    >>> from gbaspatial.weights import from_pairs
    >>> links(from_pairs(pd.DataFrame({"focal": ["a"], "neighbor": ["b"], "weight": [1.0]}))).label[0]
    'Weights graph'
    """
    from gbaspatial.weights import as_weights

    by_year = {year: as_weights(each) for year, each in years_of(w).items()}
    return Links(label=bilingual(label, ("Weights graph", "空间权重图")), by_year=by_year, color=color_of(color))


def _links(layer: Links, index: pd.Index) -> Payload:
    widest = max((float(w.sparse.data.max()) for w in layer.by_year.values() if w.sparse.nnz), default=1.0)
    latest = list(layer.by_year.values())[-1]
    return {
        "kind": "links",
        "color": layer.color,
        "years": year_labels(layer.by_year),
        "pairs": [_pairs(w, index, widest) for w in layer.by_year.values()],
        "note": [str(latest.recipe), ""],
        "recipe": list(recipe_in_words(latest.recipe)),
        "largest": widest,
    }


def _pairs(w: WeightsLike, index: pd.Index, widest: float) -> list[list[float]]:
    """Unordered pairs [i, j, weight i gives to j, weight j gives to i], the weights in thousandths of the largest."""
    places = places_in(w.ids, index, "weights")
    entries = w.sparse.tocoo()
    a, b = places[entries.coords[0]], places[entries.coords[1]]
    values = np.rint(1000 * entries.data / widest).astype(int)
    values = np.maximum(values, (entries.data > 0).astype(int))
    forward = a < b
    key = np.where(forward, a, b) * np.int64(len(index)) + np.where(forward, b, a)
    pairs, slot = np.unique(key, return_inverse=True)
    both = np.zeros((len(pairs), 2), dtype=int)
    both[slot, np.where(forward, 0, 1)] = values
    first, second = np.divmod(pairs, len(index))
    return np.column_stack([first, second, both]).tolist()
