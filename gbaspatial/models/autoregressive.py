"""Conditional autoregressive (CAR) and spatial moving average (SMA) errors, by maximum likelihood.

Both are regressions y = X b + u with another covariance of u than the error model has::

    CAR   sigma2 [D^1/2 (I - lambda W) D^1/2]^-1       W symmetric
    SMA   sigma2 (I + lambda W) D^-1 (I + lambda W)'   u = (I + lambda W) e

D holds observation weights. In a CAR the mean of u_i given all others is lambda sum_j
w_ij sqrt(D_j / D_i) u_j (Cressie 1993), so W must be symmetric; a row-standardized W will do
if it is so by the observation weights (D W symmetric), as with D the number of neighbors.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from gbaspatial.errors import ConvergenceError, OptionError, WeightsError
from gbaspatial.formula import Design, design as read_design
from gbaspatial.models.factor import pencil_of
from gbaspatial.models.fit import build
from gbaspatial.models.identification import check_informed
from gbaspatial.models.likelihood import LOG_2PI
from gbaspatial.models.logdet import window
from gbaspatial.models.special import SpecialFit, as_kind, at_edge, curvature, highest
from gbaspatial.weights import Weights


@dataclass(frozen=True, slots=True, eq=False)
class Point:
    """The likelihood at one lambda, the rest at its best: `beta` (k,), `spread` = (X'QX)^-1, whitened `sse`."""

    beta: np.ndarray
    spread: np.ndarray
    sse: float
    log_likelihood: float


def car(
    formula: str,
    data: pd.DataFrame,
    w: Any,
    *,
    durbin: bool = False,
    weights: pd.Series | str | None = None,
    regimes: str | None = None,
) -> SpecialFit:
    """Regression with conditional autoregressive errors.

    Parameters
    ----------
    formula : str
    data : pandas.DataFrame
        One row per unit, indexed by unit.
    w : Weights
        A symmetric W, such as a binary contiguity; or one that the observation weights make
        symmetric.
    durbin : bool
        Adds the lag of every regressor.
    weights : pandas.Series or str, optional
        Observation weights, such as populations: the conditional variance is sigma2 / weight.
    regimes : str, optional
        A column of classes; every coefficient is estimated by class.

    Returns
    -------
    SpecialFit
        With ``lambda``; its standard error from the curvature of the log-likelihood.
        `residuals` are y - X b, `sigma2` is the conditional variance.

    Raises
    ------
    WeightsError
        If no symmetric precision matrix belongs to W and the weights.

    References
    ----------
    Besag, J. (1974). Spatial interaction and the statistical analysis of lattice systems.
    Journal of the Royal Statistical Society B 36, 192-236.
    Cressie, N. (1993). Statistics for Spatial Data. Wiley, section 6.6.

    Examples
    --------
    >>> from gbaspatial.weights import Weights
    >>> chain = Weights(np.eye(6, k=1) + np.eye(6, k=-1), list("abcdef"))
    >>> data = pd.DataFrame({"y": [1.0, 2, 2, 3, 5, 4], "x": [0.0, 2, 1, 2, 4, 3]}, index=list("abcdef"))
    >>> car("y ~ x", data, chain).model
    'car'
    """
    design = read_design(formula, data, w, durbin=durbin, weights=weights, regimes=regimes)
    first = design.weights["W"]
    scaled = _symmetric(first, design.observation_weights)
    return _estimate("car", design, first, _car(design, scaled), window(scaled.interval))


def sma(
    formula: str,
    data: pd.DataFrame,
    w: Any,
    *,
    durbin: bool = False,
    weights: pd.Series | str | None = None,
    regimes: str | None = None,
) -> SpecialFit:
    """Regression with spatial moving average errors u = (I + lambda W) e.

    A shock reaches the neighbors and no further, unlike in the error model. Arguments as
    `car`, but W may be any; `residuals` are the innovations e.

    With an intercept and a row-standardized W the likelihood has a pole at lambda = -1, as
    that of a moving average in time has at a unit root: the intercept can fit exactly the one
    direction whose variance vanishes. The estimate is the highest maximum inside the interval.

    References
    ----------
    Haining, R. P. (1978). The moving average model for spatial interaction. Transactions of
    the Institute of British Geographers 3, 202-225.

    Examples
    --------
    >>> from gbaspatial.weights import Weights
    >>> chain = Weights(np.eye(12, k=1) + np.eye(12, k=-1), list("abcdefghijkl")).row_standardized()
    >>> y = pd.Series([4.0, 5, 5, 3, 1, 0, 1, 4, 6, 5, 2, 1], index=chain.ids)
    >>> round(sma("y ~ 1", y.to_frame("y"), chain).lambda_, 3)
    0.921
    """
    design = read_design(formula, data, w, durbin=durbin, weights=weights, regimes=regimes)
    first = design.weights["W"]
    low, high = window(first.interval)
    return _estimate("sma", design, first, _sma(design, first), (-high, -low))


def _estimate(
    model: str, design: Design, w: Weights, point: Callable[[float], Point], interval: tuple[float, float]
) -> SpecialFit:
    if design.k + 2 > design.n:
        raise OptionError(f"{design.n} units cannot carry {design.k} coefficients, a spatial parameter and a variance.")

    check_informed("lambda", design.X, w.sparse, design.observation_weights)

    def _value(lam: float) -> float:
        return point(lam).log_likelihood

    low, high = interval
    lam = highest(_value, low, high, inside=model == "sma")
    best = point(lam)
    if best.sse <= 1e-20 * float(design.y @ design.y):
        raise ConvergenceError(
            "the model fits every unit exactly: its likelihood has no maximum; use fewer regressors."
        )
    sigma2 = best.sse / design.n
    covariance = np.zeros((design.k + 1, design.k + 1))
    covariance[:-1, :-1] = sigma2 * best.spread
    edges: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    if at_edge(lam, low, high):
        edges = ("lambda",)
        notes = (
            f"lambda = {lam:.6g} lies at the edge of its admissible interval ({low:.6g}, {high:.6g}): "
            f"normal theory fails there and no standard error is given.",
        )
        covariance[-1, :] = covariance[:, -1] = np.nan
    else:
        covariance[-1, -1] = -1 / curvature(_value, lam, 1e-3 * min(lam - low, high - lam, 1.0))
    u = design.y - design.X @ best.beta
    residuals = u if model == "car" else pencil_of(w).factor(-lam).solve(u)
    params = {**dict(zip(design.terms, best.beta, strict=True)), "lambda": lam}
    fit = build(
        model=model, method="ml", design=design, params=params,
        covariance=covariance, residuals=residuals, sigma2=sigma2, log_likelihood=best.log_likelihood, error_w=w,
        covariance_kind="coefficients by generalized least squares, lambda by the curvature of the log-likelihood",
        edges=edges, notes=notes, logdet=pencil_of(w).kind,
    )  # fmt: skip
    return as_kind(SpecialFit, fit)


# -- arrays -----------------------------------------------------------------------------------
def _point(n: int, A: np.ndarray, b: np.ndarray, yy: float, log_det: float) -> Point:
    """From A = X'QX, b = X'Qy, yy = y'Qy and log_det = log|Q|."""
    beta = np.linalg.solve(A, b)
    sse = float(yy - b @ beta)
    with np.errstate(divide="ignore", invalid="ignore"):
        value = -n / 2 * (LOG_2PI + 1 + np.log(sse / n)) + log_det / 2
    return Point(beta, np.linalg.inv(A), sse, float(value) if sse > 0 else -np.inf)


def _car(design: Design, scaled: Weights) -> Callable[[float], Point]:
    """The likelihood of Q = D^1/2 (I - lambda S) D^1/2, S the symmetric matrix `scaled`."""
    d = np.ones(design.n) if design.observation_weights is None else design.observation_weights
    Z = np.column_stack([design.X, design.y]) * np.sqrt(d)[:, None]
    plain, lagged = Z.T @ Z, Z.T @ (scaled.sparse @ Z)
    scale, pencil = float(np.log(d).sum()), pencil_of(scaled)

    def _at(lam: float) -> Point:
        G = plain - lam * lagged
        log_det = float(pencil.log_abs_dets(np.array([lam]))[0]) + scale
        return _point(design.n, G[:-1, :-1], G[:-1, -1], G[-1, -1], log_det)

    return _at


def _sma(design: Design, w: Weights) -> Callable[[float], Point]:
    """The likelihood of Q = (I + lambda W)^-T D (I + lambda W)^-1."""
    d = np.ones(design.n) if design.observation_weights is None else design.observation_weights
    root = np.sqrt(d)[:, None]
    Z = np.column_stack([design.X, design.y])
    scale, pencil = float(np.log(d).sum()), pencil_of(w)

    def _at(lam: float) -> Point:
        factor = pencil.factor(-lam)
        filtered = root * factor.solve(Z)
        G = filtered.T @ filtered
        return _point(design.n, G[:-1, :-1], G[:-1, -1], G[-1, -1], scale - 2 * factor.log_abs_det())

    return _at


def _symmetric(w: Weights, d: np.ndarray | None) -> Weights:
    """The symmetric S with D^1/2 (I - lambda S) D^1/2 the precision, or an error."""
    if w.is_symmetric:
        return w
    if d is not None:
        root = sparse.diags_array(np.sqrt(d))
        inverse = sparse.diags_array(1 / np.sqrt(d))
        scaled = Weights(root @ w.sparse @ inverse, w.ids)
        if scaled.is_symmetric:
            return scaled
    raise WeightsError(
        "a CAR model needs a symmetric W, or observation weights d with d_i w_ij = d_j w_ji; use w.binary(), or for a "
        "row-standardized W weights= the row sums it had. (sma and error take any W.)"
    )
