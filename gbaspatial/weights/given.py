"""Weights from numbers that someone else has made: a table of links, or a square table."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import sparse

from gbaspatial.alignment import check_units
from gbaspatial.errors import DataError, LabelTypeError, UnknownNameError, WeightsError, nearest_names, some
from gbaspatial.options import public
from gbaspatial.weights.core import Weights
from gbaspatial.weights.recipe import Recipe

if TYPE_CHECKING:
    from gbaspatial.alignment import Label


@public
def from_pairs(pairs: pd.DataFrame, *, ids: Iterable[Label] | None = None) -> Weights:
    """W from a frame of links.

    Parameters
    ----------
    pairs : pandas.DataFrame
        Columns `focal`, `neighbor` and, if not all links weigh one, `weight`.
    ids : iterable, optional
        All units in the wanted order, islands among them; by default the sorted units
        that occur.

    Returns
    -------
    Weights
        Not standardized.

    Raises
    ------
    UnknownNameError
        If `focal` or `neighbor` is no column, or a unit is not among `ids`.
    WeightsError
        If a link stands twice, or weights are negative or no finite numbers.

    Examples
    --------
    >>> from_pairs(pd.DataFrame({"focal": ["a", "b"], "neighbor": ["b", "a"]})).n_links
    2
    """
    if not isinstance(pairs, pd.DataFrame):
        raise LabelTypeError(f"the pairs are a {type(pairs).__name__}; give a DataFrame with columns focal, neighbor.")
    for column in ("focal", "neighbor"):
        if column not in pairs.columns:
            raise UnknownNameError(f"the pairs have no column {column!r}. {nearest_names(column, pairs.columns)}")
    occurring = pd.Index(pd.concat([pairs["focal"], pairs["neighbor"]]).unique())
    index = _sorted(occurring) if ids is None else pd.Index(list(ids))
    check_units(index, "ids")
    twice = pairs.duplicated(["focal", "neighbor"])
    if twice.any():
        told = [f"{a} to {b}" for a, b in pairs.loc[twice, ["focal", "neighbor"]].itertuples(index=False)]
        raise WeightsError(f"these links occur more than once: {some(told)}; keep one row a link.")
    unknown = occurring.difference(index, sort=False)
    if len(unknown):
        kinds = occurring.inferred_type, index.inferred_type
        why = f" The labels are {kinds[0]} in the pairs, {kinds[1]} in the ids." if kinds[0] != kinds[1] else ""
        raise UnknownNameError(f"the pairs name units that are not among the ids: {some(unknown)}.{why}")
    weight = _numbers(pairs["weight"].to_numpy(), "weight") if "weight" in pairs.columns else np.ones(len(pairs))
    rows, columns = index.get_indexer(pairs["focal"]), index.get_indexer(pairs["neighbor"])
    selfed = (rows == columns) & (weight != 0)
    if selfed.any():
        raise WeightsError(
            f"a unit cannot neighbor itself, but these are paired with themselves: {some(index[rows[selfed]])}; "
            f"remove these pairs."
        )
    matrix = sparse.coo_array((weight, (rows, columns)), shape=(len(index), len(index)))
    return Weights(matrix, index, recipe=Recipe().then("pairs"))


def _sorted(labels: pd.Index) -> pd.Index:
    try:
        return labels.sort_values()
    except TypeError as error:
        kinds = sorted({type(label).__name__ for label in labels})
        raise DataError(
            f"the pairs hold labels of several types, {' and '.join(kinds)}, which have no order; "
            f"make them one type, or give ids= in the wanted order."
        ) from error


@public
def from_matrix(matrix: pd.DataFrame) -> Weights:
    """W from a labelled square frame (rows: focal, columns: neighbor).

    Parameters
    ----------
    matrix : pandas.DataFrame, shape (n, n)
        Rows are focal units, columns their neighbors, under the same labels.

    Returns
    -------
    Weights
        With the units in the order of the rows.

    Raises
    ------
    WeightsError
        If rows and columns name different units, or weights are negative or no finite numbers.

    Examples
    --------
    >>> from_matrix(pd.DataFrame([[0, 2], [1, 0]], index=["a", "b"], columns=["a", "b"])).s0
    3.0
    """
    if not isinstance(matrix, pd.DataFrame):
        raise LabelTypeError(
            f"the matrix is a {type(matrix).__name__}; give a DataFrame with units as index and columns."
        )
    check_units(matrix.index, "matrix rows")
    if set(matrix.index) != set(matrix.columns):
        raise WeightsError("rows and columns of the matrix name different units; label both with the same ids.")
    values = _numbers(matrix.loc[:, list(matrix.index)].to_numpy(), "matrix")
    return Weights(values, matrix.index, recipe=Recipe().then("matrix"))


def _numbers(values: np.ndarray, what: str) -> np.ndarray:
    try:
        return values.astype(float)
    except (TypeError, ValueError) as error:
        raise DataError(f"the {what} holds something that is not a number: {error}.") from error


def from_places(i: np.ndarray, j: np.ndarray, ids: pd.Index, step: str, **options: object) -> Weights:
    """Symmetric W of weight one from pairs of places `i`, `j` (m,) in `ids`, each pair given once."""
    half = sparse.csr_array((np.ones(len(i)), (i, j)), shape=(len(ids), len(ids)))
    return Weights(half + half.T, ids, recipe=Recipe().then(step, **options))
