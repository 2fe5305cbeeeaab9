"""Generalized moments of a spatial error process, and generalized two-stage least squares: arrays only.

The model is y = Z delta + u, u = lambda W u + e, where Z may hold the spatial lag of y and
other endogenous regressors, with instruments H. The moments are quadratic in lambda, so
their weighted sum of squares is a polynomial of degree four: its smallest value in the
admissible interval is found exactly, from the roots of its derivative.

====================  ==========================================================================
``kp98``              three moments, sigma2 among them, without weights (Kelejian and Prucha
                      1998, 1999); lambda has no standard error
``homoskedastic``     two moments, weighted (Drukker, Egger and Prucha 2013)
``heteroskedastic``   two moments that hold under unknown heteroskedasticity (Kelejian and
                      Prucha 2010; Arraiz, Drukker, Kelejian and Prucha 2010)
====================  ==========================================================================

References
----------
Kelejian, H. H. and Prucha, I. R. (1999). A generalized moments estimator for the
autoregressive parameter in a spatial model. International Economic Review 40, 509-533.
Kelejian, H. H. and Prucha, I. R. (2010). Specification and estimation of spatial
autoregressive models with autoregressive and heteroskedastic disturbances. Journal of
Econometrics 157, 53-67.
Arraiz, I., Drukker, D. M., Kelejian, H. H. and Prucha, I. R. (2010). A spatial Cliff-Ord-type
model with heteroskedastic innovations. Journal of Regional Science 50, 592-614.
Drukker, D. M., Egger, P. and Prucha, I. R. (2013). On two-step estimation of a spatial
autoregressive model with autoregressive disturbances and endogenous regressors.
Econometric Reviews 32, 686-733.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.polynomial import Polynomial
from scipy import linalg, sparse

from gbaspatial.errors import ConvergenceError
from gbaspatial.models.instruments.two_stage import TwoStage, basis, two_stage
from gbaspatial.sizes import EDGE

Moments = Literal["kp98", "homoskedastic", "heteroskedastic"]
MOMENTS = ("kp98", "homoskedastic", "heteroskedastic")
_DEPENDENT = 1e-7


@dataclass(frozen=True, slots=True, eq=False)
class Generalized:
    """`delta` (p,), `lam`, their `covariance` (p + 1, p + 1; NaN for lambda under kp98), `u` (n,), `innovations` (n,).

    `stage` is the last two-stage fit, on filtered variables; `at_edge` tells that lambda is
    at an end of its interval.
    """

    delta: np.ndarray
    lam: float
    covariance: np.ndarray
    u: np.ndarray
    innovations: np.ndarray
    sigma2: float
    stage: TwoStage
    at_edge: bool


def generalized_two_stage(
    y: np.ndarray,
    Z: np.ndarray,
    Q: np.ndarray | None,
    W: sparse.csr_array,
    interval: tuple[float, float],
    kind: Moments,
    df: int,
    scale: float = 1.0,
) -> Generalized:
    """Estimate y = Z delta + u, u = lambda W u + e by moments of `kind`.

    `Q` (n, q) is the `basis` of the instruments; None means that Z is exogenous. The moments are
    weighed against each other as those of W / `scale`, so that lambda moves with the scale of W only.
    """
    at = _of_unit_scale(y, Z, Q, sparse.csr_array(W / scale), (interval[0] * scale, interval[1] * scale), kind, df)
    covariance = np.array(at.covariance)
    covariance[-1, :] /= scale
    covariance[:, -1] /= scale
    return replace(at, lam=at.lam / scale, covariance=covariance)


def _of_unit_scale(
    y: np.ndarray,
    Z: np.ndarray,
    Q: np.ndarray | None,
    W: sparse.csr_array,
    interval: tuple[float, float],
    kind: Moments,
    df: int,
) -> Generalized:
    """`generalized_two_stage` for a W of the scale one."""
    first = two_stage(y, Z, basis(Z) if Q is None else Q)
    shapes = None if kind == "kp98" else quadratic_forms(W, kind)
    start = smallest(
        kp98_moments(first.residuals, W) if shapes is None else moments(first.residuals, W, shapes), interval
    )
    lagged, lagged_y = W @ Z, W @ y
    filtered = Z - start * lagged
    check_filtered(start, Z, filtered, Q)
    second = two_stage(y - start * lagged_y, filtered, basis(filtered) if Q is None else Q)
    u = y - Z @ second.delta
    if shapes is None:
        e = second.residuals
        sigma2 = float(e @ e / df)
        covariance = np.full((Z.shape[1] + 1, Z.shape[1] + 1), np.nan)
        covariance[:-1, :-1] = sigma2 * second.bread
        return Generalized(second.delta, start, covariance, u, e, sigma2, second, near_edge(start, interval))
    polynomials = moments(u, W, shapes)
    parts = joint_parts(u - start * (W @ u), filtered, Q, shapes, kind)
    check_moments(parts.psi, u - start * (W @ u), shapes)
    lam = smallest(polynomials, interval, np.linalg.inv(parts.psi))
    e = u - lam * (W @ u)
    check_filtered(lam, Z, Z - lam * lagged, Q)
    parts = joint_parts(e, Z - lam * lagged, Q, shapes, kind)
    check_moments(parts.psi, e, shapes)
    slope = np.array([p.deriv()(lam) for p in polynomials])
    covariance = joint_covariance(parts, slope) / df
    return Generalized(second.delta, lam, covariance, u, e, float(e @ e / df), second, near_edge(lam, interval))


def check_filtered(lam: float, Z: np.ndarray, filtered: np.ndarray, Q: np.ndarray | None) -> None:
    """Raise `ConvergenceError` where (I - lambda W) Z (n, p), projected on the instruments, is no basis any more.

    It is compared with Z itself, whose columns may lie far from zero and so near the intercept.
    """
    plain, known = (Z, filtered) if Q is None else (Q.T @ Z, Q.T @ filtered)
    if _apart(known) < _DEPENDENT * _apart(plain):
        raise ConvergenceError(
            f"the moments lead to lambda = {lam:.6g}, where I - lambda W makes the regressors linearly dependent, so "
            f"that they have no coefficients; use method='ml', other weights or fewer regressors."
        )


def _apart(columns: np.ndarray) -> float:
    """The smallest singular value of `columns` scaled to length one: 0 where they are linearly dependent."""
    size = np.linalg.norm(columns, axis=0)
    return float(np.linalg.svd(columns / size, compute_uv=False)[-1]) if size.min() > 0 else 0.0


def check_moments(psi: np.ndarray, e: np.ndarray, shapes: list[sparse.csr_array]) -> None:
    """Raise `ConvergenceError` where the covariance `psi` (2, 2) of the moments of `e` (n,) is singular."""
    size = np.array([(e @ e) ** 2 * A.multiply(A).sum() for A in shapes]) / len(e) ** 3
    own = np.diag(psi)
    told = bool((own > 1e-12 * size).all())
    told = (
        told and (psi[0, 1] / np.sqrt(own[0]) / np.sqrt(own[1])) ** 2 < 1 - 1e-9
    )  # a product may be below all numbers
    if not told:
        raise ConvergenceError(
            "the two moments of lambda say nothing or one and the same, for W'W beside its diagonal is nothing (no two "
            "units share a neighbor, as in a directed ring) or a multiple of W + W' (complete groups of one size), or "
            "the regressors leave too little; use method='ml', moments='kp98' or other weights."
        )


def near_edge(value: float, interval: tuple[float, float]) -> bool:
    """Whether `value` is at an end of `interval`, to a thousandth of the way there from zero, or beyond."""
    low, high = bounded(interval)
    return not low * (1 - EDGE) < value < high * (1 - EDGE)


def inside_any(value: float, row_sums: np.ndarray) -> bool:
    """Whether `value` is inside the interval of every W >= 0 with these row sums (n,), whatever its eigenvalues.

    None is larger in size than the largest row sum, so that the interval holds everything below its inverse.
    """
    return abs(value) * float(row_sums.max(initial=0.0)) < 1 - EDGE


# -- moments ----------------------------------------------------------------------------
def quadratic_forms(W: sparse.csr_array, kind: Moments) -> list[sparse.csr_array]:
    """The symmetric A1, A2 (n, n) with E e'A e = 0: from W'W without its diagonal (or its mean), and (W + W')/2."""
    n = W.shape[0]
    square = sparse.csr_array(W.T @ W)
    if kind == "heteroskedastic":
        A1 = square - sparse.diags_array(square.diagonal())
    else:
        mean = float(square.diagonal().sum() / n)
        A1 = (square - mean * sparse.eye_array(n)) / (1 + mean**2)
    return [sparse.csr_array(A1), sparse.csr_array((W + W.T) / 2)]


def moments(u: np.ndarray, W: sparse.csr_array, shapes: list[sparse.csr_array]) -> list[Polynomial]:
    """By A in `shapes`: e'A e / n for e = u - lambda W u, as a polynomial in lambda."""
    n, lagged = len(u), W @ u
    found = []
    for A in shapes:
        Au = A @ u
        found.append(Polynomial([u @ Au / n, -2 * (lagged @ Au) / n, lagged @ (A @ lagged) / n]))
    return found


def kp98_moments(u: np.ndarray, W: sparse.csr_array) -> list[Polynomial]:
    """The three moments of Kelejian and Prucha (1999) with sigma2 projected out: two polynomials in lambda."""
    n, once = len(u), W @ u
    twice = W @ once
    share = float((W.data**2).sum() / n)  # tr(W'W) / n

    def _product(a: np.ndarray, la: np.ndarray, b: np.ndarray, lb: np.ndarray) -> Polynomial:
        return Polynomial([a @ b / n, -(a @ lb + la @ b) / n, la @ lb / n])

    variance, lag_variance = _product(u, once, u, once), _product(once, twice, once, twice)
    cross = _product(u, once, once, twice)
    # sigma2 enters as (1, share, 0); what is orthogonal to it has the basis (share, -1, 0) / norm and (0, 0, 1)
    return [(share * variance - lag_variance) / np.hypot(1, share), cross]


def bounded(interval: tuple[float, float]) -> tuple[float, float]:
    """A finite interval: an infinite end is replaced by four times the other, or by ten."""
    low, high = interval
    if not np.isfinite(low) and not np.isfinite(high):
        return -10.0, 10.0
    return (low if np.isfinite(low) else -4 * high), (high if np.isfinite(high) else -4 * low)


def smallest(polynomials: list[Polynomial], interval: tuple[float, float], weight: np.ndarray | None = None) -> float:
    """Where in `interval` the quadratic form of the moments with the matrix `weight` is smallest."""
    low, high = bounded(interval)
    hair = 1e-9 * (high - low)
    weight = np.eye(len(polynomials)) if weight is None else weight
    loss = Polynomial([0.0])
    for i, one in enumerate(polynomials):
        for j, two in enumerate(polynomials):
            loss = loss + float(weight[i, j]) * one * two
    turning = loss.deriv().roots()
    real = turning[np.abs(turning.imag) <= 1e-8 * (1 + np.abs(turning))].real
    candidates = np.concatenate([[low + hair, high - hair], real[(real > low) & (real < high)]])
    return float(candidates[np.argmin(loss(candidates))])


# -- variances --------------------------------------------------------------------------
@dataclass(frozen=True, slots=True, eq=False)
class Parts:
    """Covariances of the moments: of lambda's `psi` (2, 2), of delta's `dd` (p, p), between them `dl` (p, 2)."""

    psi: np.ndarray
    dd: np.ndarray
    dl: np.ndarray


def joint_parts(
    e: np.ndarray, filtered: np.ndarray, Q: np.ndarray | None, shapes: list[sparse.csr_array], kind: Moments
) -> Parts:
    """The blocks of the joint covariance, times n, from the innovations `e` (n,) and filtered regressors (n, p)."""
    n = len(e)
    if Q is None:  # with exogenous regressors the residuals of delta do not move the moments
        N, R = np.linalg.qr(filtered)
        T = n * np.asarray(linalg.solve_triangular(R, N.T).T)
        a = np.zeros((n, len(shapes)))
    else:
        stage = two_stage(e, filtered, Q)
        T = n * stage.influence
        # T times -2 / n filtered' A e, by way of filtered R^-1: columns far from zero enter once, not squared
        bare = linalg.solve_triangular(stage.R, filtered.T, trans="T")
        a = stage.N @ np.column_stack([-2 * (bare @ (A @ e)) for A in shapes])
    squared = e**2 if kind == "heteroskedastic" else np.full(n, e @ e / n)
    psi = np.array([[2 * squared @ (A.multiply(B) @ squared) for B in shapes] for A in shapes])
    psi = psi + a.T @ (squared[:, None] * a)
    dl = T.T @ (squared[:, None] * a)
    if kind != "heteroskedastic":
        third, fourth = float((e**3).mean()), float((e**4).mean())
        diagonals = np.column_stack([A.diagonal() for A in shapes])
        excess = fourth - 3 * squared[0] ** 2
        psi = psi + excess * diagonals.T @ diagonals + third * (a.T @ diagonals + diagonals.T @ a)
        dl = dl + third * T.T @ diagonals
    return Parts(psi / n, T.T @ (squared[:, None] * T) / n, dl / n)


def joint_covariance(parts: Parts, slope: np.ndarray) -> np.ndarray:
    """n times the covariance (p + 1, p + 1) of delta and lambda; `slope` (2,) is that of the moments in lambda."""
    weighted = np.linalg.solve(parts.psi, slope)
    lam = 1 / float(slope @ weighted)
    cross = parts.dl @ weighted * lam
    return np.block([[parts.dd, -cross[:, None]], [-cross[None, :], np.array([[lam]])]])
