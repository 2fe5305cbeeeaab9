"""Score (Lagrange multiplier) tests for spatial structure, from least-squares residuals: arrays only.

Every function returns (statistic, degrees of freedom); the reference distribution is
chi-squared. With s2 = e'e / n, T = tr(W'W + W W) and nJ = |M W X b|^2 / s2 + T, where M
projects off the columns of X (Anselin 1988; Anselin, Bera, Florax and Yoon 1996; Koley
and Bera 2024). They hold for any W, symmetric or not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy import sparse


class Score(NamedTuple):
    """A chi-squared statistic, its degrees of freedom, and the standard error that random probes leave in it."""

    statistic: float
    df: int
    error: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Ingredients:
    """What the tests share: scores of lambda and rho over s2, T, nJ, and the parts of the lags W X."""

    error: float
    lag: float
    trace: float
    nj: float
    WX: np.ndarray
    wxb: np.ndarray
    residuals: np.ndarray
    s2: float
    basis: np.ndarray


def ingredients(y: np.ndarray, X: np.ndarray, W: sparse.csr_array, lagged: np.ndarray) -> Ingredients:
    """From the outcome `y` (n,), `X` (n, k), `W` (n, n) and the columns `lagged` (n, m) whose lags may be missing."""
    basis = np.linalg.qr(X)[0]
    fitted = basis @ (basis.T @ y)
    e = y - fitted
    s2 = float(e @ e) / len(y)
    wxb = _off(basis, W @ fitted)
    raw = W @ lagged
    WX = _off(basis, raw)
    new = np.linalg.norm(WX, axis=0) > 1e-9 * np.linalg.norm(raw, axis=0)  # the others are among the columns of X
    both = W + W.T
    trace = float(both.multiply(both).sum()) / 2
    return Ingredients(
        error=float(e @ (W @ e)) / s2,
        lag=float(e @ (W @ y)) / s2,
        trace=trace,
        nj=float(wxb @ wxb) / s2 + trace,
        WX=WX[:, new],
        wxb=wxb,
        residuals=e,
        s2=s2,
        basis=basis,
    )


def _off(basis: np.ndarray, values: np.ndarray) -> np.ndarray:
    return values - basis @ (basis.T @ values)


def lm_error(a: Ingredients) -> Score:
    """Against a spatial error (Burridge 1980)."""
    return Score(a.error**2 / a.trace, 1)


def lm_lag(a: Ingredients) -> Score:
    """Against a spatial lag (Anselin 1988)."""
    return Score(a.lag**2 / a.nj, 1)


def robust_lm_error(a: Ingredients) -> Score:
    """Against a spatial error where a lag may be present; NaN where the two cannot be told apart."""
    spread = a.trace * (1 - a.trace / a.nj)
    if spread <= 1e-10 * a.trace:
        return Score(np.nan, 1)
    return Score((a.error - a.trace / a.nj * a.lag) ** 2 / spread, 1)


def robust_lm_lag(a: Ingredients) -> Score:
    """Against a spatial lag where an error may be present; NaN where the two cannot be told apart."""
    spread = a.nj - a.trace
    if spread <= 1e-10 * a.trace:
        return Score(np.nan, 1)
    return Score((a.lag - a.error) ** 2 / spread, 1)


def lm_sarma(a: Ingredients) -> Score:
    """Against lag and error together."""
    return Score(lm_error(a).statistic + robust_lm_lag(a).statistic, 2)


def _independent(columns: np.ndarray) -> np.ndarray:
    """An orthonormal basis of `columns` (n, m); zero columns wide where they vanish."""
    if columns.shape[1] == 0:
        return columns
    scale = np.linalg.norm(columns, axis=0)
    kept = columns[:, scale > 1e-9 * max(scale.max(initial=0.0), 1e-300)]
    U, s, _ = np.linalg.svd(kept / np.linalg.norm(kept, axis=0), full_matrices=False)
    return U[:, s > 1e-8 * s.max(initial=0.0)]


def lm_wx(a: Ingredients) -> Score:
    """Against lags of the regressors: the least-squares test that they add nothing, with s2 of the null."""
    U = _independent(a.WX)
    return Score(float(np.square(U.T @ a.residuals).sum()) / a.s2, U.shape[1])


def lm_sdm(a: Ingredients) -> Score:
    """Against a spatial lag and lags of the regressors together (Koley and Bera 2024)."""
    U = _independent(a.WX)
    part = U.T @ a.residuals
    across = U.T @ a.wxb
    score = a.lag - float(across @ part) / a.s2
    spread = a.nj - float(across @ across) / a.s2
    return Score(float(part @ part) / a.s2 + score**2 / spread, U.shape[1] + 1)


def lm_error_residual(e: np.ndarray, W2: sparse.csr_array, s2: float, cross: float, rho_variance: float) -> Score:
    """Against an error process left in a lag model (Anselin 1988, 106).

    `cross` is tr((W2 + W2') W1 A^-1), `rho_variance` the estimated variance of rho.
    """
    both = W2 + W2.T
    trace = float(both.multiply(both).sum()) / 2
    spread = trace - cross**2 * rho_variance
    score = float(e @ (W2 @ e)) / s2
    return Score(score**2 / spread if spread > 0 else np.nan, 1)


def breusch_pagan(e: np.ndarray, Z: np.ndarray) -> Score:
    """Against a variance that depends on the columns of `Z` (n, m), for normal e (Breusch and Pagan 1979)."""
    squares = e**2 / np.mean(e**2)
    basis = _with_constant(Z)
    explained = float(np.square(basis.T @ (squares - squares.mean())).sum())
    return Score(explained / 2, basis.shape[1] - 1)


def koenker_bassett(e: np.ndarray, Z: np.ndarray) -> Score:
    """The studentized Breusch-Pagan test, right for e that are not normal (Koenker and Bassett 1982)."""
    squares = e**2 - np.mean(e**2)
    basis = _with_constant(Z)
    total = float(squares @ squares)
    explained = float(np.square(basis.T @ squares).sum())
    return Score(len(e) * explained / total if total > 0 else np.nan, basis.shape[1] - 1)


def white(e: np.ndarray, X: np.ndarray) -> Score:
    """The studentized test on regressors, their squares and cross products (White 1980)."""
    places = [(i, j) for i in range(X.shape[1]) for j in range(i, X.shape[1])]
    products = np.column_stack([X, *(X[:, i] * X[:, j] for i, j in places)])
    return koenker_bassett(e, products) if _with_constant(products).shape[1] < len(e) else Score(np.nan, 0)


def _with_constant(Z: np.ndarray) -> np.ndarray:
    """An orthonormal basis of a constant and the columns of `Z`."""
    n = len(Z)
    centered = Z - Z.mean(axis=0)
    return np.column_stack([np.full(n, 1 / np.sqrt(n)), _independent(centered)])


def jarque_bera(e: np.ndarray) -> Score:
    """Against e that are not normal, from skewness and kurtosis (Jarque and Bera 1980)."""
    z = e - e.mean()
    m2 = np.mean(z**2)
    skewness, kurtosis = np.mean(z**3) / m2**1.5, np.mean(z**4) / m2**2
    return Score(float(len(e) / 6 * (skewness**2 + (kurtosis - 3) ** 2 / 4)), 2)


def anselin_kelejian(e: np.ndarray, Z: np.ndarray, W: sparse.csr_array, spread: np.ndarray) -> Score:
    """Against a spatial error left after instrumental variables (Anselin and Kelejian 1997).

    `Z` (n, p) are the regressors with W y and the endogenous ones, `spread` (p, p) the
    covariance of their coefficients over the residual variance.
    """
    both = W + W.T
    trace = float(both.multiply(both).sum()) / 2
    s2 = float(e @ e) / len(e)
    cross = e @ (W @ Z)
    variance = trace + 4 / s2 * float(cross @ spread @ cross)
    return Score((float(e @ (W @ e)) / s2) ** 2 / variance, 1)
