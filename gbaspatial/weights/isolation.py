"""What becomes of units without neighbors: said once, when W is built."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Literal

import numpy as np
import pandas as pd
from scipy import sparse

from gbaspatial.errors import CRSError, IslandWarning, WeightsError, check_option, some
from gbaspatial.weights.places import Places

Islands = Literal["keep", "error", "nearest"]
ISLANDS = ("keep", "error", "nearest")


def settle(
    matrix: sparse.csr_array, ids: pd.Index, places: Callable[[], Places], policy: Islands, attach: float = 1.0
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
    """
    check_option(policy, ISLANDS, "islands")
    alone = np.flatnonzero(np.diff(sparse.csr_array(matrix).indptr) == 0)
    if len(alone) == 0:
        return matrix
    if policy == "nearest":
        return _attached(matrix, places(), alone, attach)
    told = f"{len(alone)} of {len(ids)} units have no neighbors: {some(ids[alone])}."
    if len(ids) > 1:
        told += _threshold_told(places)
    if policy == "error":
        raise WeightsError(f"{told} Use a wider threshold, links, or islands='keep' or 'nearest'.")
    warnings.warn(f"{told} islands='nearest' links them with their nearest unit.", IslandWarning, stacklevel=4)
    return matrix


def _threshold_told(places: Callable[[], Places]) -> str:
    from gbaspatial.weights.distance import smallest_threshold

    try:
        return f" The smallest distance threshold that leaves none is {smallest_threshold(places()):.6g} km."
    except CRSError:  # shapes without CRS have no distances
        return ""


def _attached(matrix: sparse.csr_array, places: Places, alone: np.ndarray, attach: float) -> sparse.csr_array:
    from gbaspatial.weights.distance import nearest_places

    if places.n < 2:
        raise WeightsError("one unit has no nearest other unit.")
    near = nearest_places(places, 1)[0][alone, 0]
    pairs = np.unique(np.sort(np.column_stack([alone, near]), axis=1), axis=0)
    added = sparse.csr_array((np.full(len(pairs), attach), (pairs[:, 0], pairs[:, 1])), shape=matrix.shape)
    return sparse.csr_array(matrix + added + added.T)
