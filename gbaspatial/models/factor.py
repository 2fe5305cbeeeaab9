"""Sparse LU factorizations of I - rho W, for log-determinants and for solving."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import splu

from gbaspatial.errors import WeightsError
from gbaspatial.weights import Weights

_SYMMETRIC = {"permc_spec": "NATURAL", "diag_pivot_thresh": 0.0, "options": {"SymmetricMode": True}}


def fill_reducing_order(w: Weights) -> np.ndarray | None:
    """A minimum-degree order of the units if I - rho W needs no pivoting (W similar to a symmetric matrix)."""
    if w.similar_symmetric is None:
        return None
    from scipy.sparse.linalg import spilu

    # An incomplete factorization that drops everything costs little and leaves its order behind.
    pattern = (sparse.eye_array(w.n) - 0.5 / max(w.row_sums.max(initial=1.0), 1.0) * w.sparse).tocsc()
    loose = spilu(
        pattern, drop_tol=1.0, fill_factor=1, permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0,
        options={"SymmetricMode": True},
    )  # fmt: skip
    return np.argsort(loose.perm_c)


@dataclass(frozen=True, slots=True, eq=False)
class Factor:
    """A sparse LU of I - rho W whose rows and columns may stand in `order` (n,)."""

    lu: Any
    order: np.ndarray | None

    def log_abs_det(self) -> float:
        """log|det|: L has a unit diagonal."""
        return float(np.log(np.abs(self.lu.U.diagonal())).sum())

    def solve(self, right: np.ndarray, transposed: bool = False) -> np.ndarray:
        """(I - rho W)^-1 `right`, or with the transpose; `right` is (n,) or (n, m)."""
        trans = "T" if transposed else "N"
        if self.order is None:
            return self.lu.solve(right, trans=trans)
        answer = np.empty_like(right, dtype=float)
        answer[self.order] = self.lu.solve(np.ascontiguousarray(right[self.order], dtype=float), trans=trans)
        return answer


def factorized(w: Weights, rho: float, order: np.ndarray | None = None) -> Factor:
    """The sparse LU (SuperLU) of I - rho W, rows and columns in `order` if one is given."""
    A = (sparse.eye_array(w.n, format="csr") - rho * w.sparse).tocsc()
    try:
        lu = splu(A) if order is None else splu(A[:, order][order], **_SYMMETRIC)
    except RuntimeError as error:
        raise WeightsError(f"I - rho W is singular at rho = {rho:.6g}; choose rho inside w.interval.") from error
    return Factor(lu, order)


class Cholesky:
    """log|I - rho W| by CHOLMOD on the similar symmetric matrix, analyzed once: about twice as fast as SuperLU.

    Used where scikit-sparse (extra ``fast``) is installed; see `cholesky_of`.
    """

    def __init__(self, S: sparse.csr_array, analyze: Any) -> None:
        self._matrix = sparse.csc_matrix(sparse.eye_array(S.shape[0], format="csc") + sparse.csc_array(S))
        self._matrix.sort_indices()
        columns = np.repeat(np.arange(S.shape[0]), np.diff(self._matrix.indptr))
        self._diagonal = self._matrix.indices == columns
        self._off = np.where(self._diagonal, 0.0, self._matrix.data)
        self._factor = analyze(self._at(0.5 / max(float(np.abs(S).sum(axis=1).max(initial=0.0)), 1.0)))

    def _at(self, rho: float) -> Any:
        self._matrix.data = np.where(self._diagonal, 1.0, -rho * self._off)
        return self._matrix

    def log_abs_det(self, rho: float) -> float:
        """log det(I - rho W) inside the admissible interval, where the matrix is positive definite."""
        self._factor.cholesky_inplace(self._at(rho))
        return float(self._factor.logdet())


def cholesky_of(w: Weights) -> Cholesky | None:
    """CHOLMOD for `w`, or None without scikit-sparse or where no symmetric matrix is similar to W."""
    try:
        from sksparse.cholmod import analyze
    except ImportError:
        return None
    return None if w.similar_symmetric is None else Cholesky(w.similar_symmetric, analyze)
