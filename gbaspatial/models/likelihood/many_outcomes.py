"""The concentrated likelihood of one model for many outcomes at once: arrays only, plain NumPy.

All outcomes share X, the weights and one eigendecomposition of each W. What an outcome y
adds are a few inner products of y, W1 y and X (and of their lags by W2), after which an
evaluation of its concentrated likelihood costs nothing that depends on n but the
log-determinant. The batch is the last axis. Where the likelihood is largest is for
`batch_maximum` to find, and what holds there for `batch_refit` to tell.

For the model of `likelihood`, with B = I - lambda W2 and G(lambda) the 2 x 2 matrix of
inner products of B y and B W1 y after projecting off the columns of B X::

    l(rho, lambda) = f1(rho) + f2(lambda) - n/2 log S,   S = G00 - 2 rho G01 + rho^2 G11
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy import sparse

from gbaspatial.models.likelihood.problem import LOG_2PI, Problem
from gbaspatial.models.solve.many_rho import Spline, spline_of
from gbaspatial.sizes import SMALL_DENSE_LIMIT, SPLINE_LIMIT


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """What all refits share: X (n, k) in an orthonormal basis, its moments by W2, and the two curves."""

    X: np.ndarray
    basis: np.ndarray
    R: np.ndarray
    root: np.ndarray | None
    W1: sparse.csr_array | np.ndarray | None
    W2: sparse.csr_array | np.ndarray | None
    lag: Spline | None
    error: Spline | None
    Q1: np.ndarray
    Q2: np.ndarray
    basis_lag: np.ndarray | None

    @property
    def n(self) -> int:
        """Number of units."""
        return self.X.shape[0]

    @property
    def k(self) -> int:
        """Number of columns of X."""
        return self.X.shape[1]


class Moments(NamedTuple):
    """Inner products by outcome. T (2, 2, m) of (y, W1 y), R (k, 2, m) with X, each by power of lambda.

    `C` (k, 2, m) are the least-squares coefficients that were taken off y and W1 y first.
    """

    T: tuple[np.ndarray, ...]
    R: tuple[np.ndarray, ...]
    C: np.ndarray


def batch_of(model: Problem, center: tuple[float, float] = (0.0, 0.0), reach: float = np.inf) -> Batch:
    """The `Batch` of a likelihood problem; above 2,000 units only spatial parameters near `center` are searched."""
    n = model.n
    root = np.sqrt(model.d) if model.d is not None else None
    W1 = _fast(model.lag.W) if model.lag else None
    W2 = _fast(model.error.W) if model.error else None
    X = np.asarray(model.X, dtype=float)
    basis, R = np.linalg.qr(X if root is None else X * root[:, None])
    k = X.shape[1]
    Q1 = Q2 = np.zeros((k, k))
    lagged = None
    if W2 is not None:
        lagged = W2 @ (basis if root is None else basis / root[:, None])
        lagged = lagged if root is None else lagged * root[:, None]
        Q1, Q2 = basis.T @ lagged + lagged.T @ basis, lagged.T @ lagged
    lag = spline_of(model.lag, n, center[0], reach) if model.lag else None
    if model.error is not None and model.lag is not None and model.error.W is model.lag.W and n <= SPLINE_LIMIT:
        error = lag
    else:
        error = spline_of(model.error, n, center[1], reach) if model.error else None
    return Batch(X, basis, R, root, W1, W2, lag, error, Q1, Q2, lagged)


def _fast(W: sparse.csr_array) -> sparse.csr_array | np.ndarray:
    return W.toarray() if W.shape[0] <= SMALL_DENSE_LIMIT else W


def moments(batch: Batch, Y: np.ndarray) -> Moments:
    """The inner products of the outcomes `Y` (n, m)."""
    m = Y.shape[1]
    U = np.stack([Y, batch.W1 @ Y], axis=1) if batch.W1 is not None else Y[:, None, :]
    if batch.root is not None:
        U = U * batch.root[:, None, None]
    q = U.shape[1]
    flat = U.reshape(batch.n, q * m)
    C = batch.basis.T @ flat
    flat = flat - batch.basis @ C
    C, U = C.reshape(batch.k, q, m), flat.reshape(batch.n, q, m)
    T0 = _gram(U, U)
    if batch.W2 is None:
        return Moments((T0,), (), C)
    assert batch.basis_lag is not None
    V = batch.W2 @ (flat if batch.root is None else flat / batch.root[:, None])
    V = V if batch.root is None else V * batch.root[:, None]
    V3 = V.reshape(batch.n, q, m)
    cross = _gram(U, V3)
    R1 = (batch.basis.T @ V + batch.basis_lag.T @ flat).reshape(batch.k, q, m)
    R2 = (batch.basis_lag.T @ V).reshape(batch.k, q, m)
    return Moments((T0, cross + cross.transpose(1, 0, 2), _gram(V3, V3)), (R1, R2), C)


def _gram(U: np.ndarray, V: np.ndarray) -> np.ndarray:
    """(q, q, m) inner products over the units of `U`, `V` (n, q, m)."""
    q = U.shape[1]
    return np.stack([np.stack([np.einsum("im,im->m", U[:, i], V[:, j]) for j in range(q)]) for i in range(q)])


# -- the residual moments G(lambda) and their slopes --------------------------------------
def solve_all(Q: np.ndarray, R: np.ndarray) -> np.ndarray:
    """Solutions (k, q, m) of the symmetric systems Q (k, k, m) by Cholesky, all m at once."""
    k = len(Q)
    L = np.zeros_like(Q)
    for i in range(k):
        for j in range(i + 1):
            rest = Q[i, j] - sum(L[i, p] * L[j, p] for p in range(j))
            L[i, j] = np.sqrt(np.maximum(rest, 1e-300)) if i == j else rest / L[j, j]
    Z = np.array(R, dtype=float)
    for i in range(k):
        for p in range(i):
            Z[i] -= L[i, p] * Z[p]
        Z[i] /= L[i, i]
    for i in reversed(range(k)):
        for p in range(i + 1, k):
            Z[i] -= L[p, i] * Z[p]
        Z[i] /= L[i, i]
    return Z


class ResidualMoments(NamedTuple):
    """G(lambda) (q, q, m) and its two derivatives, the coefficients C (k, q, m) and theirs, and X'B'BX (k, k, m)."""

    G: np.ndarray
    G1: np.ndarray
    G2: np.ndarray
    C: np.ndarray
    C1: np.ndarray
    Q: np.ndarray


def residual_moments(batch: Batch, have: Moments, lam: np.ndarray) -> ResidualMoments:
    """The moments of what is left of y and W1 y at lambda (m,)."""
    (T0, T1, T2), (R1, R2) = have.T, have.R
    eye = np.eye(batch.k)[:, :, None]
    Q = eye - lam * batch.Q1[:, :, None] + lam**2 * batch.Q2[:, :, None]
    dQ = -batch.Q1[:, :, None] + 2 * lam * batch.Q2[:, :, None]
    R, dR = -lam * R1 + lam**2 * R2, -R1 + 2 * lam * R2  # y and W1 y are already free of X at lambda = 0
    C = solve_all(Q, R)
    gap = dR - np.einsum("ijm,jqm->iqm", dQ, C)
    C1 = solve_all(Q, gap)
    cross = np.einsum("kim,kjm->ijm", dR, C)
    ddQ = 2 * np.einsum("kim,kl,ljm->ijm", C, batch.Q2, C)
    half = 2 * np.einsum("kim,kjm->ijm", R2, C)
    G = T0 - lam * T1 + lam**2 * T2 - np.einsum("kim,kjm->ijm", R, C)
    G1 = -T1 + 2 * lam * T2 - cross - cross.transpose(1, 0, 2) + np.einsum("kim,klm,ljm->ijm", C, dQ, C)
    G2 = 2 * T2 - half - half.transpose(1, 0, 2) + ddQ - 2 * np.einsum("kim,kjm->ijm", gap, C1)
    return ResidualMoments(G, G1, G2, C, C1, Q)


def residual_squares(G: np.ndarray, rho: np.ndarray | float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """S = (1, -rho) G (1, -rho)' and its two derivatives in rho."""
    if len(G) == 1:
        return G[0, 0], np.zeros_like(G[0, 0]), np.zeros_like(G[0, 0])
    off = (G[0, 1] + G[1, 0]) / 2
    return G[0, 0] - 2 * rho * off + rho**2 * G[1, 1], -2 * off + 2 * rho * G[1, 1], 2 * G[1, 1]


def slopes(batch: Batch, have: Moments, rho: np.ndarray, lam: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Gradient (2, m) and Hessian (2, 2, m) of the concentrated log-likelihood; zero for absent parameters."""
    n, m = batch.n, have.T[0].shape[-1]
    gradient, hessian = np.zeros((2, m)), np.zeros((2, 2, m))
    if batch.error is None:
        G = have.T[0]
        S, Sr, Srr = residual_squares(G, rho)
        Sl = Sll = Srl = np.zeros(m)
    else:
        here = residual_moments(batch, have, lam)
        S, Sr, Srr = residual_squares(here.G, rho)
        Sl, Srl, _ = residual_squares(here.G1, rho)
        Sll = residual_squares(here.G2, rho)[0]
        _, f1, f2 = batch.error(lam)
        gradient[1], hessian[1, 1] = f1 - n / 2 * Sl / S, f2 - n / 2 * (Sll / S - (Sl / S) ** 2)
    if batch.lag is not None:
        _, f1, f2 = batch.lag(rho)
        gradient[0], hessian[0, 0] = f1 - n / 2 * Sr / S, f2 - n / 2 * (Srr / S - (Sr / S) ** 2)
        if batch.error is not None:
            hessian[0, 1] = hessian[1, 0] = -n / 2 * (Srl / S - Sr * Sl / S**2)
    return gradient, hessian


def sum_of_squares(batch: Batch, have: Moments, rho: np.ndarray, lam: np.ndarray) -> np.ndarray:
    """S (m,) at given spatial parameters."""
    G = have.T[0] if batch.error is None else residual_moments(batch, have, lam).G
    return residual_squares(G, rho)[0]


def log_likelihood(batch: Batch, have: Moments, rho: np.ndarray, lam: np.ndarray) -> np.ndarray:
    """The concentrated log-likelihood (m,) at given spatial parameters, with all constants."""
    return likelihood_of(batch, sum_of_squares(batch, have, rho, lam), rho, lam)


def likelihood_of(batch: Batch, S: np.ndarray, rho: np.ndarray, lam: np.ndarray) -> np.ndarray:
    """The concentrated log-likelihood (m,) where the sums of squares are `S`."""
    scale = float(np.log(batch.root).sum()) if batch.root is not None else 0.0
    value = -batch.n / 2 * (LOG_2PI + 1 + np.log(S / batch.n)) + scale
    if batch.lag is not None:
        value = value + batch.lag(rho)[0]
    return value + batch.error(lam)[0] if batch.error is not None else value
