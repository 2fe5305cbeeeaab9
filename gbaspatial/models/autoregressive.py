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
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import sparse

from gbaspatial.errors import ConvergenceError, WeightsError
from gbaspatial.formula import Design, design as read_design
from gbaspatial.models.fit import build
from gbaspatial.models.fitted import Inference
from gbaspatial.models.likelihood.identification import check_carried, check_informed, no_maximum
from gbaspatial.models.likelihood.peaks import at_edge, highest, level
from gbaspatial.models.likelihood.problem import LOG_2PI
from gbaspatial.models.solve.determinant_curves import Curve
from gbaspatial.models.solve.factor import pencil_of
from gbaspatial.models.solve.logdet import curve_of
from gbaspatial.models.solve.origin import Centered, refuse_perfect, span_of
from gbaspatial.models.spatial_fit import ErrorProcessFit
from gbaspatial.options import flag, public
from gbaspatial.weights import Weights

if TYPE_CHECKING:
    from gbaspatial.weights.annotations import WeightsGiven


@public
def car(
    formula: str,
    data: pd.DataFrame,
    w: WeightsGiven,
    *,
    durbin: bool = False,
    weights: pd.Series | str | None = None,
    regimes: str | None = None,
    inference: Inference = "recommended",
) -> ErrorProcessFit:
    """Regression with conditional autoregressive errors.

    Parameters
    ----------
    formula : str
        ``"y ~ x"``; ``W(x)`` is the spatial lag of a regressor.
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
    inference : {"recommended", "asymptotic"}
        Where p-values and intervals come from; of this estimator both are normal, approximate below 50 units.

    Returns
    -------
    ErrorProcessFit
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
    design = read_design(formula, data, w, durbin=flag(durbin, "durbin"), weights=weights, regimes=regimes)
    first = design.weights["W"]
    scaled = _symmetric(first, design.observation_weights)
    return _estimate("car", design, first, _car(design, scaled), span_of(scaled), inference)


@public
def sma(
    formula: str,
    data: pd.DataFrame,
    w: WeightsGiven,
    *,
    durbin: bool = False,
    weights: pd.Series | str | None = None,
    regimes: str | None = None,
    inference: Inference = "recommended",
) -> ErrorProcessFit:
    """Regression with spatial moving average errors u = (I + lambda W) e.

    A shock reaches the neighbors and no further, unlike in the error model.

    With an intercept and a row-standardized W the likelihood has a pole at lambda = -1, as
    that of a moving average in time has at a unit root: the intercept can fit exactly the one
    direction whose variance vanishes. The estimate is the highest maximum inside the interval.

    Parameters
    ----------
    formula : str
        ``"y ~ x"``; ``W(x)`` is the spatial lag of a regressor.
    data : pandas.DataFrame
        One row per unit, indexed by unit.
    w : Weights
        Any W, symmetric or not; used as given.
    durbin : bool
        Adds the lag of every regressor.
    weights : pandas.Series or str, optional
        Observation weights: the variance of an innovation is sigma2 / weight.
    regimes : str, optional
        A column of classes; every coefficient is estimated by class.
    inference : {"recommended", "asymptotic"}
        Where p-values and intervals come from; of this estimator both are normal, approximate below 50 units.

    Returns
    -------
    ErrorProcessFit
        With ``lambda_``; `residuals` are the innovations e.

    Raises
    ------
    FormulaError, AlignmentError, MissingDataError, DataError
        For input that cannot be used; nothing is dropped.
    ConvergenceError
        If the likelihood has no maximum inside the interval.

    References
    ----------
    Haining, R. P. (1978). The moving average model for spatial interaction. Transactions of the Institute of British
    Geographers 3, 202-225.

    Examples
    --------
    >>> from gbaspatial.weights import Weights
    >>> chain = Weights(np.eye(12, k=1) + np.eye(12, k=-1), list("abcdefghijkl")).row_standardized()
    >>> y = pd.Series([4.0, 5, 5, 3, 1, 0, 1, 4, 6, 5, 2, 1], index=chain.ids)
    >>> round(sma("y ~ 1", y.to_frame("y"), chain).lambda_, 3)
    0.921
    """
    design = read_design(formula, data, w, durbin=flag(durbin, "durbin"), weights=weights, regimes=regimes)
    first = design.weights["W"]
    low, high = span_of(first)
    return _estimate("sma", design, first, _sma(design, first), (-high, -low), inference)


def _estimate(
    model: str, design: Design, w: Weights, lik: _Likelihood, interval: tuple[float, float], inference: str
) -> ErrorProcessFit:
    check_carried(design.n, design.k)
    check_informed("lambda", design.X, w.sparse, design.observation_weights)
    if lik.origin.exact:
        refuse_perfect(0.0, 1.0)
    low, high = interval
    lam, curve = lik.maximum(low, high, inside=model == "sma")
    edge = at_edge(lam, low, high)
    if edge:
        lik.refuse_unbounded(curve, lam, low, high)
    best = lik.sums(lam)
    sigma2 = best.sse / design.n
    covariance = np.zeros((design.k + 1, design.k + 1))
    covariance[:-1, :-1] = sigma2 * best.spread
    covariance = lik.origin.covariance(covariance)
    notes: tuple[str, ...] = ()
    if edge:
        notes = (
            f"lambda = {lam:.6g} lies at the edge of its admissible interval ({low:.6g}, {high:.6g}): "
            f"normal theory fails there and no standard error is given.",
        )
        covariance[-1, :] = covariance[:, -1] = np.nan
    else:
        covariance[-1, -1] = -1 / lik.bend(curve, lam)
    beta = lik.origin.coefficients(best.c)
    u = lik.origin.rest - lik.origin.Q @ best.c
    residuals = u if model == "car" else pencil_of(w).factor(-lam).solve(u)
    return build(
        kind=ErrorProcessFit,
        model=model, method="ml", design=design, params={**dict(zip(design.terms, beta, strict=True)), "lambda": lam},
        covariance=covariance, residuals=residuals, sigma2=sigma2, log_likelihood=lik.value(lik.curve, lam), error_w=w,
        covariance_kind="coefficients by generalized least squares, lambda by the curvature of the log-likelihood",
        covariance_code="gls", edges=("lambda",) if edge else (), notes=notes, _logdet=pencil_of(w).kind,
        inference=inference,
    )  # fmt: skip


# -- arrays -----------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True, eq=False)
class Sums:
    """At one lambda: `c` (k,), `spread` = (Q'VQ)^-1 (k, k), whitened `sse` with its first two slopes in lambda."""

    c: np.ndarray
    spread: np.ndarray
    sse: float
    slope: float
    bend: float


@dataclass(frozen=True, slots=True, eq=False)
class _Likelihood:
    """l = -n/2 log(sse / n) + `share` f(`sign` lambda) + constants, f = log|I - lambda W| the `curve`.

    Written in the coordinates of `origin`, so that nothing cancels where a column is far from zero; its
    slopes are those of the algebra, not differences.
    """

    origin: Centered
    sums: Callable[[float], Sums]
    curve: Curve
    share: float
    sign: int
    log_weights: float

    def value(self, curve: Curve, lam: float) -> float:
        """The log-likelihood."""
        n, sse = len(self.origin.rest), self.sums(lam).sse
        if not sse > 0:
            return -np.inf
        constant = -n / 2 * (LOG_2PI + 1 + np.log(sse / n)) + self.log_weights / 2
        return float(constant + self.share * curve(self.sign * lam))

    def slope(self, curve: Curve, lam: float) -> float:
        """Its first derivative."""
        at = self.sums(lam)
        inner = self.share * self.sign * curve.derivatives(self.sign * lam)[0]
        return -len(self.origin.rest) / 2 * at.slope / at.sse + inner

    def bend(self, curve: Curve, lam: float) -> float:
        """Its second derivative."""
        at = self.sums(lam)
        inner = self.share * curve.derivatives(self.sign * lam)[1]
        return -len(self.origin.rest) / 2 * (at.bend / at.sse - (at.slope / at.sse) ** 2) + inner

    def maximum(self, low: float, high: float, *, inside: bool) -> tuple[float, Curve]:
        """lambda, and the curve that is exact there: a rough one finds the neighborhood where exact ones are costly."""
        curve = self.curve.rough()
        lam = highest(partial(self.value, curve), partial(self.slope, curve), low, high, inside=inside)
        for _ in range(12):
            if curve is self.curve or at_edge(lam, low, high):
                return lam, curve
            reach = min(0.01 * (high - low), 0.2 * min(lam - low, high - lam))
            curve = self.curve.near(self.sign * lam, reach)
            before, lam = lam, level(partial(self.slope, curve), lam - reach, lam + reach)
            if abs(lam - before) <= 0.6 * reach:
                return lam, curve
        raise ConvergenceError(f"the maximum over lambda in ({low:.4g}, {high:.4g}) was not reached; last was {lam:g}.")

    def refuse_unbounded(self, curve: Curve, lam: float, low: float, high: float) -> None:
        """Raise `ConvergenceError` if the likelihood still grows, as a logarithm does, at the end next to `lam`."""
        end, into = (low, 1) if lam - low < high - lam else (high, -1)
        near, far = (self.value(curve, end + into * share * (high - low)) for share in (1e-8, 1e-5))
        if near > far + 1:
            raise no_maximum("lambda", end, (low, high))


def _car(design: Design, scaled: Weights) -> _Likelihood:
    """The likelihood of the precision D^1/2 (I - lambda S) D^1/2, S the symmetric matrix `scaled`."""
    d = np.ones(design.n) if design.observation_weights is None else design.observation_weights
    origin = Centered.of(design.y, design.X)
    Z = np.column_stack([origin.Q, origin.rest]) * np.sqrt(d)[:, None]
    plain, lagged = Z.T @ Z, Z.T @ (scaled.sparse @ Z)

    def _at(lam: float) -> Sums:
        G = plain - lam * lagged
        spread = np.linalg.inv(G[:-1, :-1])
        c = np.linalg.solve(G[:-1, :-1], G[:-1, -1])
        v = np.append(-c, 1.0)
        turn = (lagged @ v)[:-1]  # Q'Sr: how the slopes of b move with lambda
        return Sums(c, spread, float(v @ G @ v), -float(v @ lagged @ v), -2 * float(turn @ spread @ turn))

    return _Likelihood(origin, _at, curve_of(scaled), 0.5, 1, float(np.log(d).sum()))


def _sma(design: Design, w: Weights) -> _Likelihood:
    """The likelihood of the precision B^-T D B^-1, B = I + lambda W."""
    d = np.ones(design.n) if design.observation_weights is None else design.observation_weights
    root = np.sqrt(d)[:, None]
    origin = Centered.of(design.y, design.X)
    Z = np.column_stack([origin.Q, origin.rest])
    pencil = pencil_of(w)

    def _at(lam: float) -> Sums:
        factor = pencil.factor(-lam)
        moved = factor.solve(Z)
        once = -factor.solve(w.sparse @ moved)  # d(B^-1 Z) / d lambda
        twice = -2 * factor.solve(w.sparse @ once)
        moved, once, twice = root * moved, root * once, root * twice
        inner, R = np.linalg.qr(moved[:, :-1])
        c = np.linalg.solve(R, inner.T @ moved[:, -1])
        v = np.append(-c, 1.0)
        e, e1, e2 = moved @ v, once @ v, twice @ v
        half = np.linalg.inv(R)
        turn = half.T @ (once[:, :-1].T @ e + moved[:, :-1].T @ e1)
        bend = 2 * float(e1 @ e1 + e @ e2 - turn @ turn)
        return Sums(c, half @ half.T, float(e @ e), 2 * float(e @ e1), bend)

    return _Likelihood(origin, _at, curve_of(w), -1.0, -1, float(np.log(d).sum()))


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
