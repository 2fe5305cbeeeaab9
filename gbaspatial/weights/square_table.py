"""What a W is made from: a square table of numbers that are finite, not negative, and zero on the diagonal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
import scipy.sparse as sp

from gbaspatial.errors import AlignmentError, WeightsError, some
from gbaspatial.weights.frozen import frozen

Matrix: TypeAlias = "sp.sparray | sp.spmatrix | np.ndarray | pd.DataFrame | Sequence[Sequence[float]]"  # a square table


def _as_csr(matrix: Any, ids: pd.Index) -> sp.csr_array:
    """A copy of `matrix` as a CSR array of floats."""
    if isinstance(matrix, pd.DataFrame):
        matrix = _frame_in_order(matrix, ids)
    try:
        table = matrix if sp.issparse(matrix) else np.asarray(matrix)
        if table.dtype.kind in "biufO" and table.ndim == 2:
            return sp.csr_array(table, dtype=float, copy=True)
    except (TypeError, ValueError) as error:  # rows of unequal length, or text among objects
        raise WeightsError(f"the matrix is no square table of real numbers: {error}.") from error
    raise WeightsError(
        f"the matrix must be a square table of real numbers, but has {table.ndim} dimension(s) of type {table.dtype}."
    )


def _frame_in_order(matrix: pd.DataFrame, ids: pd.Index) -> np.ndarray:
    """The numbers of a frame whose rows and columns are the units `ids`, in their order."""
    for labels, what in ((matrix.index, "rows"), (matrix.columns, "columns")):
        if len(labels) != len(ids) or not labels.is_unique or not labels.isin(ids).all():
            raise AlignmentError(
                f"the {what} of the frame are labelled {some(labels)}, which are not the ids {some(ids)}; label both "
                f"alike, or give the bare numbers, frame.to_numpy(), if they are in the order of the ids."
            )
    return matrix.reindex(index=ids, columns=ids).to_numpy()


def checked_matrix(matrix: Matrix, ids: pd.Index) -> sp.csr_array:
    """`matrix` as a read-only CSR array without zeros, or an error that names the units at fault."""
    csr = _as_csr(matrix, ids)
    if csr.shape != (len(ids), len(ids)):
        raise WeightsError(f"the matrix is {csr.shape[0]} x {csr.shape[1]}, but there are {len(ids)} ids.")
    csr.sum_duplicates()
    bad = ~np.isfinite(csr.data) | (csr.data < 0)
    if bad.any():
        rows = np.repeat(np.arange(len(ids)), np.diff(csr.indptr))[bad]
        pairs = [f"{ids[r]} to {ids[c]} ({v})" for r, c, v in zip(rows, csr.indices[bad], csr.data[bad], strict=True)]
        raise WeightsError(f"weights must be finite and not negative, but are not for {some(pairs)}.")
    selfed = csr.diagonal() != 0
    if selfed.any():
        raise WeightsError(
            f"a unit cannot neighbor itself, but the diagonal is not zero for {some(ids[selfed])}; set it to zero."
        )
    csr.eliminate_zeros()
    csr.sort_indices()
    return frozen(csr)


def is_number(value: Any) -> bool:
    """Whether `value` is a finite real number, and no truth value.

    Examples
    --------
    >>> [is_number(value) for value in (2, 0.5, True, "2", float("nan"))]
    [True, True, False, False, False]
    """
    real = isinstance(value, (int, float, np.number)) and not isinstance(value, (bool, complex))
    return real and bool(np.isfinite(value))
