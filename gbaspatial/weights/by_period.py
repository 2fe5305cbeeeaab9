"""Weights that change from period to period: a mapping from period to W."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gbaspatial.alignment import check_same_units
from gbaspatial.errors import LabelTypeError, OptionError, UnknownNameError, WeightsError, some
from gbaspatial.options import public, whole
from gbaspatial.weights.adoption import as_weights
from gbaspatial.weights.core import Weights

if TYPE_CHECKING:
    from gbaspatial.alignment import Label
    from gbaspatial.weights.annotations import WeightsLike


def weights_by_period(w: WeightsLike | Mapping[Any, WeightsLike], periods: pd.Index) -> list[Weights]:
    """One W for each of `periods`, all with the units of the first one in its order.

    Parameters
    ----------
    w : Weights, or mapping from period to Weights
        A single W serves all periods.
    periods : pandas.Index, length T

    Returns
    -------
    list of Weights, length T

    Raises
    ------
    UnknownNameError
        If the mapping lacks a period.
    AlignmentError
        If two W have different units.

    Examples
    --------
    >>> w = Weights([[0, 1], [1, 0]], ["a", "b"])
    >>> len(weights_by_period({2018: w, 2019: w}, pd.Index([2018, 2019])))
    2
    """
    if not isinstance(w, Mapping):
        return [as_weights(w)] * len(periods)
    absent = [period for period in periods if period not in w]
    if absent:
        raise UnknownNameError(f"the weights have no {some(absent)}; give one W for every period of the panel.")
    if not len(periods):
        raise WeightsError("the panel has no period.")
    first = as_weights(w[periods[0]])
    return [first] + [_in_order(as_weights(w[period]), first.ids, period) for period in periods[1:]]


@public
def earlier(w: Mapping[Any, WeightsLike], *, periods: int = 1) -> dict[Label, Weights]:
    """Each period with the W of `periods` before: what made that W cannot answer to this period.

    Parameters
    ----------
    w : mapping from period to Weights
        Such as one made of each year's GDP; periods are whole numbers, such as years.
    periods : int
        How far back.

    Returns
    -------
    dict from period to Weights
        Of the periods whose earlier W is there.

    Raises
    ------
    LabelTypeError, WeightsError, OptionError
        For other keys than whole numbers, no period with a W so much earlier, or fewer periods than one.

    References
    ----------
    Qu, X. and Lee, L. (2015). Estimating a spatial autoregressive model with an endogenous spatial weight matrix.
    Journal of Econometrics 184, 209-232.

    Examples
    --------
    >>> one, two = (Weights([[0, a], [a, 0]], ["a", "b"]) for a in (1, 2))
    >>> earlier({2018: one, 2019: two})[2019] is one
    True
    """
    back = whole(periods, "periods", least=1)
    if not isinstance(w, Mapping):
        raise OptionError("earlier() takes a mapping of periods to W; one W for all periods has none before.")
    strange = [key for key in w if isinstance(key, bool) or not isinstance(key, (int, np.integer))]
    if strange:
        raise LabelTypeError(f"the periods {some(strange)} are not whole numbers, so that none is before another.")
    found = {period: as_weights(w[period - back]) for period in w if period - back in w}
    if not found:
        raise WeightsError(f"no period has a W of {back} before among {some(sorted(w))}; give more periods.")
    return found


def _in_order(w: Weights, ids: pd.Index, period: Label) -> Weights:
    check_same_units(w.ids, ids, f"weights of {period}")
    if w.ids.equals(ids):
        return w
    places = w.ids.get_indexer(ids)
    matrix = w.sparse[places][:, places]
    return Weights(matrix, ids, recipe=w.recipe, standardization=w.standardization, islands=w.island_policy)


def recipes_of(matrices: list[Weights], periods: pd.Index) -> tuple[str, ...]:
    """How the W of each period were made, one sentence a run of periods with the same links and weights.

    Examples
    --------
    >>> w = Weights([[0, 1], [1, 0]], ["a", "b"])
    >>> recipes_of([w, w], pd.Index([2018, 2019]))
    ('(2018 to 2019): matrix',)
    """
    runs: list[list[Any]] = []
    for period, w in zip(periods, matrices, strict=True):
        if runs and _alike(runs[-1][0], w):
            runs[-1][2] = period
        else:
            runs.append([w, period, period])
    spans = [f"({first})" if first == last else f"({first} to {last})" for _, first, last in runs]
    return tuple(f"{span}: {w.recipe}" for span, (w, _, _) in zip(spans, runs, strict=True))


def _alike(one: Weights, other: Weights) -> bool:
    return one is other or (one.n_links == other.n_links and abs(one.sparse - other.sparse).nnz == 0)
