"""What becomes of units without neighbors: said once, when W is built."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd
from scipy import sparse

from gbaspatial.errors import CRSError, IslandWarning, WeightsError, outside, some
from gbaspatial.geography.places import Places
from gbaspatial.geography.search import nearest_places, smallest_threshold
from gbaspatial.options import word
from gbaspatial.weights.annotations import IslandLag
from gbaspatial.weights.recipe import rounded_up

if TYPE_CHECKING:
    from gbaspatial.weights.core import Weights

Islands = Literal["keep", "error", "nearest"]
ISLANDS = ("keep", "error", "nearest")


def settle(
    matrix: sparse.csr_array,
    ids: pd.Index,
    places: Callable[[], Places],
    policy: Islands,
    attach: float = 1.0,
    *,
    advice: str | None = None,
    when: str = "",
) -> sparse.csr_array:
    """`matrix` (n, n) with its islands kept, refused, or linked both ways with their nearest unit.

    Parameters
    ----------
    matrix : scipy.sparse.csr_array, shape (n, n)
    ids : pandas.Index, length n
    places : callable
        Gives the points of the units; asked only where an island must be described or linked.
    policy : {"keep", "error", "nearest"}
    attach : float
        Weight of a link that is added.
    advice : str, optional
        What would join the islands; by default the distance threshold that leaves none, and ``"nearest"``.
    when : str
        Of which W of several this is told, such as ``" in 2019"``.
    """
    word(policy, ISLANDS, "islands")
    alone = np.flatnonzero(np.diff(sparse.csr_array(matrix).indptr) == 0)
    if len(alone) == 0:
        return matrix
    if policy == "nearest":
        return _attached(matrix, places(), alone, attach)
    told = f"{len(alone)} of {len(ids)} units have no neighbors{when}: {some(ids[alone])}."
    cure = "There is no other unit."
    if len(ids) > 1:  # one unit has no distances
        cure = advice or f"{_threshold_told(places)}islands='nearest' links them with their nearest unit."
    if policy == "error":
        raise WeightsError(f"{told} {cure} Or islands='keep' accepts them.")
    warnings.warn(f"{told} {cure}", IslandWarning, stacklevel=outside())
    return matrix


def tell_new_islands(new: pd.Index, what: str, policy: str | None) -> None:
    """Warn of the units `new`, which lost all neighbors in a W made from another, or refuse them.

    Parameters
    ----------
    new : pandas.Index
    what : str
        The W they are in, as in ``the subset``.
    policy : str or None
        The policy for islands with which the first W was built.

    Raises
    ------
    WeightsError
        If the policy is ``"error"``.
    """
    if len(new) == 0:
        return
    told = f"{len(new)} units of {what} have no neighbors in it: {some(new)}"
    if policy == "error":
        raise WeightsError(f"{told}; this W was built with islands='error'. Leave them out, or build W anew.")
    if policy == "nearest":
        told += "; islands='nearest', with which W was built, cannot be applied again without the shapes: build W anew"
    warnings.warn(f"{told}.", IslandWarning, stacklevel=outside())


def with_islands(w: Weights, *, lag: IslandLag) -> Weights:
    """The same W whose `lag` gives islands NaN or zero; the choice is carried on."""
    return type(w)(
        w._sparse,
        w._ids,
        recipe=w._recipe.then("with_islands", lag=lag),
        standardization=w._standardization,
        islands=lag,
    )


def _threshold_told(places: Callable[[], Places]) -> str:
    try:
        return f"The smallest distance threshold that leaves none is {rounded_up(smallest_threshold(places()))} km. "
    except CRSError:  # shapes without CRS have no distances
        return ""


def _attached(matrix: sparse.csr_array, places: Places, alone: np.ndarray, attach: float) -> sparse.csr_array:
    if places.n < 2:
        raise WeightsError("one unit has no nearest other unit; use islands='keep'.")
    near = nearest_places(places, 1)[0][alone, 0]
    pairs = np.unique(np.sort(np.column_stack([alone, near]), axis=1), axis=0)
    added = sparse.csr_array((np.full(len(pairs), attach), (pairs[:, 0], pairs[:, 1])), shape=matrix.shape)
    return sparse.csr_array(matrix + added + added.T)
