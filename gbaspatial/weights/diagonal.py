"""Links of units with themselves, which kernel weights of other software have and a W has not."""

from __future__ import annotations

import warnings
from typing import Literal

import numpy as np
import pandas as pd
from scipy import sparse

from gbaspatial.errors import GbaWarning, WeightsError, outside, some
from gbaspatial.options import word

Diagonal = Literal["error", "drop"]


def without_self_links(
    matrix: sparse.sparray, ids: pd.Index, diagonal: Diagonal, what: str
) -> tuple[sparse.sparray, int]:
    """`matrix` (n, n) without its diagonal, and how many links that left out, which a warning tells.

    Raises
    ------
    WeightsError
        If there are any, unless `diagonal` is ``"drop"``.

    Examples
    --------
    >>> without_self_links(sparse.csr_array([[0.0, 1.0], [1.0, 0.0]]), pd.Index(["a", "b"]), "error", "w.gwt")[1]
    0
    """
    word(diagonal, ("error", "drop"), "diagonal")
    pairs = sparse.coo_array(matrix)
    i, j = pairs.coords
    selfed = (i == j) & (pairs.data != 0)
    if not selfed.any():
        return matrix, 0
    n = int(selfed.sum())
    units = some(ids[np.sort(i[selfed])])
    if diagonal == "error":
        raise WeightsError(
            f"a unit cannot neighbor itself, but {what} links {n} of {len(ids)} units with themselves, as kernels do: "
            f"{units}; diagonal='drop' leaves these links out."
        )
    warnings.warn(
        f"left out of {what}: the links of {n} units with themselves ({units}).", GbaWarning, stacklevel=outside()
    )
    kept = i != j
    return sparse.coo_array((pairs.data[kept], (i[kept], j[kept])), shape=pairs.shape), n
