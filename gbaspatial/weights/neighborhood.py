"""The verbs of a W that ask who neighbors whom: the spatial lag, the neighbors of a unit and their weights."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from pandas.errors import InvalidIndexError

from gbaspatial.alignment import align, labelled
from gbaspatial.errors import UnknownNameError, nearest_names

if TYPE_CHECKING:
    from gbaspatial.alignment import Label
    from gbaspatial.weights.core import Weights


def lag(w: Weights, values: pd.Series) -> pd.Series:
    """The spatial lag W y, matched by label.

    Parameters
    ----------
    values : pandas.Series, length n

    Returns
    -------
    pandas.Series
        In the order of `values`; islands follow the island policy.

    Examples
    --------
    >>> from gbaspatial.weights import Weights
    >>> w = Weights([[0, 1], [1, 0]], ["a", "b"])
    >>> w.lag(pd.Series({"b": 2.0, "a": 1.0}, name="x")).to_dict()
    {'b': 1.0, 'a': 2.0}
    """
    numbers = align(values, w._ids)
    lagged = w._sparse @ numbers
    if w._island_policy == "nan":
        lagged[np.diff(w._sparse.indptr) == 0] = np.nan
    return labelled(lagged, w._ids, values.index, values.name)


def weights_of(w: Weights, unit: Label) -> pd.Series:
    """The weights of the neighbors of `unit`, labelled by neighbor, in the order of the units: ``w[unit]``.

    Raises
    ------
    UnknownNameError
        If W has no such unit; near names are told.

    Examples
    --------
    >>> from gbaspatial.weights import Weights
    >>> w = Weights([[0, 1, 0], [1, 0, 1], [0, 1, 0]], ["a", "b", "c"]).row_standardized()
    >>> w["b"].to_dict(), "b" in w
    ({'a': 0.5, 'c': 0.5}, True)
    """
    place = _place_of(w, unit)
    part = slice(*w._sparse.indptr[place : place + 2])
    found = pd.Series(w._sparse.data[part].copy(), w._ids[w._sparse.indices[part]], name=unit)
    return found.iloc[np.argsort(w._sparse.indices[part], kind="stable")]


def neighbors(w: Weights, unit: Label) -> pd.Index:
    """The labels of the neighbors of `unit`, in the order of the units; none for an island.

    Raises
    ------
    UnknownNameError
        If W has no such unit; near names are told.

    Examples
    --------
    >>> from gbaspatial.weights import Weights
    >>> Weights([[0, 1], [1, 0]], ["a", "b"]).neighbors("b").tolist()
    ['a']
    """
    return weights_of(w, unit).index


def _place_of(w: Weights, unit: Label) -> int:
    try:
        place = w._ids.get_loc(unit)
    except (KeyError, TypeError, InvalidIndexError):
        raise UnknownNameError(f"W has no unit {unit!r}. {nearest_names(unit, w._ids)}") from None
    return int(place)
