"""The standardizations of W: arrays only; every function gives a new matrix and leaves rows of islands at zero."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from gbaspatial.errors import WeightsError
from gbaspatial.sizes import EIGEN_LIMIT

_ROUNDS = 10_000
_CLOSE = 1e-12


def scaled_rows(W: sparse.csr_array, factors: np.ndarray) -> sparse.csr_array:
    """`W` (n, n) with row i multiplied by factors[i]."""
    scaled = W.copy()
    scaled.data = W.data * np.repeat(factors, np.diff(W.indptr))
    return scaled


def sums(W: sparse.csr_array, axis: int) -> np.ndarray:
    """Row sums (axis 1) or column sums (axis 0), shape (n,)."""
    return np.asarray(W.sum(axis=axis)).ravel()


def linked(W: sparse.csr_array) -> int:
    """Number of units with neighbors."""
    return int((np.diff(W.indptr) > 0).sum())


def _reciprocal(values: np.ndarray) -> np.ndarray:
    return np.divide(1.0, values, out=np.zeros_like(values), where=values != 0)


def by_row(W: sparse.csr_array) -> sparse.csr_array:
    """Every row divided by its sum."""
    return scaled_rows(W, _reciprocal(sums(W, 1)))


def by_total(W: sparse.csr_array, total: float) -> sparse.csr_array:
    """All weights divided by one number, so that they sum to `total`."""
    return _times(W, total / W.sum() if W.nnz else 1.0)


def by_largest_sum(W: sparse.csr_array) -> sparse.csr_array:
    """Divided by the smaller of the largest row sum and the largest column sum."""
    largest = min(sums(W, 1).max(initial=0.0), sums(W, 0).max(initial=0.0))
    return _times(W, 1 / largest if largest > 0 else 1.0)


def by_root_of_squares(W: sparse.csr_array) -> sparse.csr_array:
    """Rows divided by the root of their sum of squares, then all by one number so that they sum to n."""
    rows = scaled_rows(W, _reciprocal(np.sqrt(sums(W.multiply(W).tocsr(), 1))))
    return by_total(rows, float(linked(W)))


def times(W: sparse.csr_array, factor: float) -> sparse.csr_array:
    """`W` multiplied by a number."""
    return _times(W, factor)


def _times(W: sparse.csr_array, factor: float) -> sparse.csr_array:
    scaled = W.copy()
    scaled.data = W.data * factor
    return scaled


def false_claim(style: str, W: sparse.csr_array, total: float | None = None, *, spectrum: bool = False) -> str | None:
    """Why `W` (n, n) is not standardized as `style` says, or None if it is so.

    Parameters
    ----------
    style : str
    W : scipy.sparse.csr_array, shape (n, n)
    total : float, optional
        What all weights sum to under ``"global"``; by default the number of units with neighbors, or one.
    spectrum : bool
        Whether the largest eigenvalue is computed, which takes time in large W.
    """
    if style == "none" or W.nnz == 0:
        return None
    there = np.diff(W.indptr) > 0
    rows, columns = sums(W, 1), sums(W, 0)
    if style == "binary":
        return None if (W.data == 1).all() else "not all weights are one"
    if style in ("row", "doubly"):
        return _not_one(rows[there], "row") or (_not_one(columns[columns > 0], "column") if style == "doubly" else None)
    if style == "min_max":
        return _not_one(np.array([min(rows.max(), columns.max())]), "largest row or column")
    if style == "global":
        goals = [linked(W)] if total is None else [total]
        off = min(abs(W.sum() / goal - 1) for goal in goals)
        return None if off < _CLAIMED else f"its weights sum to {W.sum():.6g}, not to {goals[0]:.6g}"
    if style == "variance_stabilized":
        roots = np.sqrt(sums(sparse.csr_array(W.multiply(W)), 1))[there]
        even = roots.max() - roots.min() < _CLAIMED * roots.max() and abs(W.sum() / linked(W) - 1) < _CLAIMED
        return None if even else "its rows have different sums of squares, or do not sum to the number of units"
    if style == "spectral" and spectrum:
        from gbaspatial.weights.spectrum import admissible_interval, eigenvalues, similarity

        found = similarity(W)
        symmetric = None if found is None else found[0]
        values = eigenvalues(W, symmetric) if W.shape[0] <= EIGEN_LIMIT else None
        largest = 1 / admissible_interval(W, symmetric, values)[1]
        return None if abs(largest - 1) < 1e-6 else f"its largest eigenvalue is {largest:.6g}, not 1"
    return None


_CLAIMED = 1e-8  # by which sums may miss one: numbers that were written in full, not rounded to a few digits


def _not_one(values: np.ndarray, what: str) -> str | None:
    off = values[np.abs(values - 1) > _CLAIMED]
    return None if not len(off) else f"its {what} sums are not one (e.g. {off[0]:.6g})"


def by_row_and_column(W: sparse.csr_array) -> sparse.csr_array:
    """D1 W D2 with all row and column sums one (Sinkhorn 1964).

    Raises
    ------
    WeightsError
        If the pattern of links allows no such scaling.
    """
    back = sparse.csr_array(W.T)
    outs, ins = np.diff(W.indptr) > 0, np.diff(back.indptr) > 0
    if (outs != ins).any() or not supported(W):
        raise WeightsError(
            "no scaling makes all row and column sums one, because some links lie on no set of links that gives "
            "every unit exactly one neighbor in and one out (a unit that is the only neighbor of another one "
            "cannot have further neighbors); use row_standardized(), spectral() or min_max()."
        )
    rows = outs.astype(float)
    for _ in range(_ROUNDS):
        columns = _reciprocal(back @ rows)
        ahead = W @ columns
        if np.abs(rows * ahead - outs).max(initial=0.0) < _CLOSE:
            break
        rows = _reciprocal(ahead)
    else:
        raise WeightsError(
            f"the row and column sums did not settle at one in {_ROUNDS} rounds; use row_standardized()."
        )
    scaled = scaled_rows(W, rows)
    scaled.data = scaled.data * columns[W.indices]
    return scaled


def supported(W: sparse.csr_array) -> bool:
    """Whether every link lies on a permutation of the linked units (total support).

    A matrix with a perfect matching has total support when, with the matching on its
    diagonal, every link stays within a strongly connected component.
    """
    units = np.flatnonzero(np.diff(W.indptr) > 0)
    inner = sparse.csr_array(W[units][:, units])
    if inner.nnz == 0:
        return True
    match = sparse.csgraph.maximum_bipartite_matching(sparse.csr_matrix(inner), perm_type="column")
    if (match < 0).any():
        return False
    order = np.empty(len(units), dtype=np.int64)
    order[match] = np.arange(len(units))  # the row matched with each column
    rows = np.repeat(np.arange(len(units)), np.diff(inner.indptr))
    turned = sparse.csr_array((np.ones(inner.nnz), (rows, order[inner.indices])), shape=inner.shape)
    _, label = sparse.csgraph.connected_components(turned, connection="strong")
    return bool((label[rows] == label[order[inner.indices]]).all())
