"""Weights in the order of their labels, so that what is drawn does not depend on how units were listed."""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np

from gbaspatial.randomness import label_order
from gbaspatial.weights import Weights, as_weights

if TYPE_CHECKING:
    from gbaspatial.weights.annotations import WeightsLike

_KEPT: WeakKeyDictionary[Weights, Weights] = WeakKeyDictionary()  # panels and maps ask again and again


def by_label(w: WeightsLike) -> Weights:
    """`w` as `Weights` whose units stand in `label_order`; itself where they do already.

    Examples
    --------
    >>> w = Weights([[0, 1, 0], [1, 0, 2], [0, 2, 0]], ["b", "c", "a"])
    >>> by_label(w).ids.tolist(), by_label(w).sparse.toarray().tolist()
    (['a', 'b', 'c'], [[0.0, 0.0, 2.0], [0.0, 0.0, 1.0], [2.0, 1.0, 0.0]])
    """
    w = as_weights(w)
    if w in _KEPT:
        return _KEPT[w]
    ordered = _reordered(w)
    if ordered is not w:  # else the value would keep its own key alive
        _KEPT[w] = ordered
    return ordered


def _reordered(w: Weights) -> Weights:
    places = label_order(w.ids)
    if (places == np.arange(w.n)).all():
        return w
    return Weights(
        w.sparse[places][:, places],
        w.ids[places],
        recipe=w.recipe,
        standardization=w.standardization,
        islands=w.island_policy,
    )
