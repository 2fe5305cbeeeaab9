"""Two-stage least squares with its covariances and the tests of its instruments: arrays only."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import linalg, sparse

from gbaspatial.inference.tails import chi_squared_tail, f_tail
from gbaspatial.models.solve.origin import taken_back

DEPENDENT = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class TwoStage:
    """Coefficients `delta` (p,), `residuals` (n,), projected regressors Zhat = `N` `R`, `bread` = (Zhat'Zhat)^-1.

    `y` (n,) and `Z` (n, p) are what was regressed, `Q` (n, q) an orthonormal basis of the
    span of the instruments, `N` (n, p) one of Zhat and `R` (p, p) triangular: variances are
    made in the coordinates of N, where a column far from zero costs no digits.
    """

    y: np.ndarray
    Z: np.ndarray
    Q: np.ndarray
    delta: np.ndarray
    residuals: np.ndarray
    N: np.ndarray
    R: np.ndarray
    bread: np.ndarray

    @property
    def Zhat(self) -> np.ndarray:
        """The regressors (n, p) projected on the instruments."""
        return self.N @ self.R

    @property
    def influence(self) -> np.ndarray:
        """Zhat (Zhat'Zhat)^-1 (n, p): how the coefficients move with the residual of a unit."""
        return np.asarray(linalg.solve_triangular(self.R, self.N.T).T)


def basis(H: np.ndarray) -> np.ndarray:
    """An orthonormal basis (n, q) of the columns of `H` (n, q), which are independent."""
    return np.linalg.qr(H / np.linalg.norm(H, axis=0))[0]


def two_stage(y: np.ndarray, Z: np.ndarray, Q: np.ndarray) -> TwoStage:
    """Regress `y` (n,) on `Z` (n, p) by instruments with the `basis` `Q` (n, q), q >= p; that of Z: least squares.

    References
    ----------
    Kelejian, H. H. and Prucha, I. R. (1998). A generalized spatial two-stage least squares
    procedure. Journal of Real Estate Finance and Economics 17, 99-121.
    """
    A = Q.T @ Z
    inner, R = np.linalg.qr(A)
    delta = linalg.solve_triangular(R, inner.T @ (Q.T @ y))
    inverse = np.linalg.inv(R)  # what elimination makes of a triangle is the triangle; LAPACK's own way wakes threads
    return TwoStage(y, Z, Q, delta, y - Z @ delta, Q @ inner, R, inverse @ inverse.T)


def lagged_columns(base: np.ndarray, W: sparse.csr_array, lags: int, sums: np.ndarray | None = None) -> np.ndarray:
    """[base, W base, ..., W^lags base]: instruments for W y; columns of `base` (n, m) that do not vary are not lagged.

    W 1 is again a constant where W is row-standardized: then columns are taken off their mean beside
    a constant, which changes no span and keeps their digits. In a Durbin model W X is among the
    columns of X already, so that what W X and W^2 X add is W^2 X and W^3 X. `sums` (n,) are those of
    the rows of W, where they are known.
    """
    varies = np.ptp(base, axis=0) > 0
    sums = np.asarray(W.sum(axis=1)).ravel() if sums is None else sums
    if (~varies & (base[:1] != 0).ravel()).any() and np.ptp(sums) <= 1e-12 * np.abs(sums).max():
        base = np.where(varies, base - base.mean(axis=0), base)
    block = base[:, varies]
    blocks = [base]
    for _ in range(lags):
        block = W @ block
        blocks.append(block)
    return np.hstack(blocks)


def independent_columns(H: np.ndarray) -> list[int]:
    """Places of the columns of `H` (n, q) that do not depend linearly on columns before them."""
    return orthogonalized(H)[0]


def orthogonalized(H: np.ndarray) -> tuple[list[int], np.ndarray]:
    """`independent_columns` of `H` (n, q), and an orthonormal basis (n, r) of the span of these r columns."""
    size = np.sqrt(np.einsum("ij,ij->j", H, H))
    kept: list[int] = []
    found = np.empty((H.shape[0], min(H.shape)), order="F")
    for place in np.flatnonzero(size):
        rest, known = H[:, place] / size[place], found[:, : len(kept)]
        for _ in range(2):  # twice is enough for orthogonality to machine precision
            rest = rest - known @ (known.T @ rest)
        length = np.linalg.norm(rest)
        if length > DEPENDENT and len(kept) < H.shape[0]:
            found[:, len(kept)] = rest / length
            kept.append(int(place))
    return kept, found[:, : len(kept)]


# -- covariances ------------------------------------------------------------------------
def classic_covariance(fit: TwoStage, df: int) -> tuple[np.ndarray, float]:
    """sigma2 (Zhat'Zhat)^-1 and sigma2 = u'u / df."""
    sigma2 = float(fit.residuals @ fit.residuals / df)
    return sigma2 * fit.bread, sigma2


def robust_covariance(fit: TwoStage, kind: str) -> np.ndarray:
    """The sandwich (p, p) under heteroskedasticity: HC0, HC1 or HC3 (White 1980; MacKinnon and White 1985)."""
    n, p = fit.N.shape
    squared = fit.residuals**2
    if kind == "HC3":
        squared = squared / (1 - np.square(fit.N).sum(axis=1)) ** 2
    scale = n / (n - p) if kind == "HC1" else 1.0
    return scale * taken_back(fit.R, fit.N.T @ (squared[:, None] * fit.N))


def hac_covariance(fit: TwoStage, K: sparse.csr_array) -> np.ndarray:
    """The spatial HAC sandwich (p, p) of Kelejian and Prucha (2007) with kernel weights `K` (n, n), K_ii = 1.

    References
    ----------
    Kelejian, H. H. and Prucha, I. R. (2007). HAC estimation in a spatial framework.
    Journal of Econometrics 140, 131-154.
    """
    score = fit.residuals[:, None] * fit.N
    meat = score.T @ (K @ score)
    return taken_back(fit.R, (meat + meat.T) / 2)


# -- instruments ------------------------------------------------------------------------
@dataclass(frozen=True, slots=True, eq=False)
class FirstStage:
    """By endogenous regressor: `f` of the excluded instruments, `partial_r2`, `p_value`; `cragg_donald` for all."""

    f: np.ndarray
    partial_r2: np.ndarray
    p_value: np.ndarray
    df: tuple[int, int]
    cragg_donald: float


def first_stage(endogenous: np.ndarray, X: np.ndarray, Q: np.ndarray) -> FirstStage:
    """How strong are instruments with the `basis` `Q` (n, q), `X` (n, k) among them, for the `endogenous` (n, m)?

    References
    ----------
    Staiger, D. and Stock, J. H. (1997). Instrumental variables regression with weak
    instruments. Econometrica 65, 557-586.
    Cragg, J. G. and Donald, S. G. (1993). Testing identifiability and specification in
    instrumental variable models. Econometric Theory 9, 222-240.
    """
    n, q = Q.shape
    excluded = q - X.shape[1]
    inside, found = basis(Q.T @ X), Q.T @ endogenous  # X in the coordinates of Q, which spans it
    gained = found - inside @ (inside.T @ found)  # what the instruments explain beyond X, at right angles to the rest
    long = endogenous - Q @ found
    signal, left = gained.T @ gained, long.T @ long
    inner = np.diag(left)
    outer = inner + np.diag(signal)
    df = (excluded, n - q)
    f = np.diag(signal) / df[0] / (inner / df[1])
    noise = left / df[1]
    smallest = float(linalg.eigh(signal, noise, eigvals_only=True)[0]) / excluded
    return FirstStage(f, 1 - inner / outer, f_tail(f, df[0], df[1]), df, smallest)


def sargan(fit: TwoStage) -> tuple[float, int, float]:
    """Sargan's test of overidentifying instruments: statistic n u'P_H u / u'u, degrees of freedom, p-value."""
    u = fit.residuals
    projected = fit.Q.T @ u
    statistic = float(len(u) * (projected @ projected) / (u @ u))
    df = fit.Q.shape[1] - len(fit.delta)
    return statistic, df, float(chi_squared_tail(statistic, df)) if df else float("nan")


def hansen(fit: TwoStage, K: sparse.csr_array | None = None) -> tuple[float, int, float]:
    """Hansen's J of two-step GMM, robust to heteroskedasticity (or, with `K`, to spatial correlation).

    NaN where the kernel weights `K` (n, n) give no positive definite covariance of the moments.

    References
    ----------
    Hansen, L. P. (1982). Large sample properties of generalized method of moments
    estimators. Econometrica 50, 1029-1054.
    """
    score = fit.residuals[:, None] * fit.Q
    S = score.T @ (score if K is None else K @ score)
    df = fit.Q.shape[1] - len(fit.delta)
    try:
        factor = linalg.cho_factor((S + S.T) / 2)
    except linalg.LinAlgError:  # a kernel such as Epanechnikov's need not give a covariance matrix
        return float("nan"), df, float("nan")
    A, b = fit.Q.T @ fit.Z, fit.Q.T @ fit.y
    delta = np.linalg.solve(A.T @ linalg.cho_solve(factor, A), A.T @ linalg.cho_solve(factor, b))
    moment = b - A @ delta
    statistic = float(moment @ linalg.cho_solve(factor, moment))
    return statistic, df, float(chi_squared_tail(statistic, df)) if df else float("nan")
