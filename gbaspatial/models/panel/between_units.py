"""I + a B B' of the part between units whose effects are not filtered by B = I - lambda W: arrays only.

The covariance between units is sigma2 (a I + (B'B)^-1), whose inverse is B'(I + a B B')^-1 B. A few units go to a
dense Cholesky decomposition, many to a sparse one that is planned once for all lambda and a.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import linalg, sparse
from scipy.sparse.linalg import splu

from gbaspatial.models.panel.sides import PanelFactor
from gbaspatial.models.solve.factor import Eliminated
from gbaspatial.models.solve.side import Side
from gbaspatial.models.solve.squares import Squared, squared_of
from gbaspatial.sizes import DENSE_PAIRS_LIMIT


@dataclass(frozen=True, slots=True, eq=False)
class Middle:
    """I + a B B' factorized: half of its log-determinant, and `solve` by it.

    `rows` gives rows whose sums of squares are those of z'(I + a B B')^-1 z for the columns z of a matrix (n, q).
    """

    half_log_det: float
    solve: Callable[[np.ndarray], np.ndarray]
    rows: Callable[[np.ndarray], np.ndarray]


def middle_of(W: sparse.csr_array, squared: Squared | None, lam: float, a: float) -> Middle:
    """I + a B B' of W (n, n) at lambda, by its plan if there is one."""
    if W.shape[0] <= DENSE_PAIRS_LIMIT:
        return _dense(W, lam, a)
    found: Any = squared.factor(lam, 1.0, a) if squared is not None else None
    if found is not None:
        return _of_factor(found.log_det() / 2, found.solve)
    B = _matrix(W, lam)
    middle = sparse.csc_array(sparse.eye_array(W.shape[0]) + a * (B @ B.T))
    lu = splu(middle, permc_spec="MMD_AT_PLUS_A", options={"SymmetricMode": True}, diag_pivot_thresh=0.0)
    return _of_factor(0.5 * float(np.log(np.abs(lu.U.diagonal())).sum()), lu.solve)


def plan_of(side: Side, n: int) -> Squared | None:
    """The plan of B B' for the W of all periods; None for a few units, and where dense matrices are as quick."""
    factor = side.factor(0.0) if n > DENSE_PAIRS_LIMIT else None
    one = factor.of_period(0) if isinstance(factor, PanelFactor) else None
    return squared_of(one.pencil) if isinstance(one, Eliminated) else None


def _matrix(W: sparse.csr_array, lam: float) -> sparse.csr_array:
    return sparse.csr_array(sparse.eye_array(W.shape[0], format="csr") - lam * W)


def _dense(W: sparse.csr_array, lam: float, a: float) -> Middle:
    B = _matrix(W, lam)
    L = np.linalg.cholesky(np.eye(B.shape[0]) + a * (B @ B.T).toarray())

    def _rows(image: np.ndarray) -> np.ndarray:
        return np.asarray(np.linalg.qr(linalg.solve_triangular(L, image, lower=True), mode="r"))

    return Middle(float(np.log(np.diag(L)).sum()), lambda right: linalg.cho_solve((L, True), right), _rows)


def _of_factor(half_log_det: float, solve: Callable[[np.ndarray], np.ndarray]) -> Middle:
    def _rows(image: np.ndarray) -> np.ndarray:
        gram = image.T @ solve(image)
        values, vectors = np.linalg.eigh((gram + gram.T) / 2)
        return np.asarray(np.sqrt(np.maximum(values, 0))[:, None] * vectors.T)

    return Middle(half_log_det, solve, _rows)
