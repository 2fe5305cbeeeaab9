"""`Fit`: what every estimator of a cross-section returns: numbers and tables.

Structure (for those who write estimators or verbs)
---------------------------------------------------
A `Fit` holds the `Design` (arrays in the order of ``design.ids``), the W of the lag (``w``)
and of the error (``error_w``), ``params`` and ``covariance`` over the same terms: the terms of
X, then ``rho``, then ``lambda`` (whichever the model has; other models may add parameters of
their own, such as ``alpha``). ``residuals`` are the innovations e; ``fitted = y - residuals``;
both are Series in the order of the user's data. `build` makes one from arrays.

``beta``, ``theta`` by regressor: ``fit.design.regressors()`` and ``fit.params``.
The verbs (`impacts`, `predict`, `bootstrap`...) belong to the classes of `spatial_fit`: a fit has those
that apply to it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, TypeVar

import numpy as np
import pandas as pd

from gbaspatial.formula import Design, is_intercept
from gbaspatial.models.fit_tables import lonely, told_lonely
from gbaspatial.models.fitted import Fitted
from gbaspatial.models.likelihood.of_design import problem_of
from gbaspatial.models.likelihood.problem import Problem
from gbaspatial.weights import Weights

F = TypeVar("F", bound="Fit")
SPATIAL = ("rho", "lambda")
TITLES = {
    "ols": "Least squares", "slx": "Spatial lag of X (SLX)", "lag": "Spatial lag model", "error": "Spatial error model",
    "sarar": "Spatial lag and error model (SARAR)", "durbin": "Spatial Durbin model",
    "durbin_error": "Spatial Durbin error model", "gns": "General nesting spatial model",
    "mess": "Matrix exponential spatial lag model (MESS)",
    "mess_error": "Matrix exponential spatial error model (MESS)",
    "car": "Conditional autoregressive model (CAR)", "sma": "Spatial moving average model (SMA)",
    "ppml": "Poisson regression", "filter": "Least squares with Moran eigenvectors (spatial filter)",
}  # fmt: skip
METHOD_NAMES = {"ml": "maximum likelihood", "gmm": "generalized method of moments"}


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Fit(Fitted):
    """An estimated model.

    Attributes
    ----------
    model, method : str
        Such as ``"lag"`` and ``"ml"``.
    params : pandas.Series
        Coefficients by term, ``rho`` and ``lambda`` among them.
    covariance : pandas.DataFrame
        Their covariance matrix; ``covariance_kind`` says which in words, ``covariance_code`` in one:
        ``"classical"``, ``"information"``, ``"HC0"``, ``"HC1"``, ``"HC3"``, ``"hac"``, ``"sandwich"``,
        ``"cluster"``, ``"gls"``, ``"homoskedastic"``, ``"heteroskedastic"``, ``"kp98"``.
    sigma2 : float
        Variance of the innovations: e'e / n by maximum likelihood, e'e / (n - k) by least squares.
    log_likelihood : float
        With all constants; NaN where the estimator has none.
    residuals, fitted : pandas.Series
        Innovations e, and y - e, in the order of the data.
    n, k : int
        Units, and columns of X (intercept included).
    n_params : int
        Everything estimated: coefficients, spatial parameters and the variance.
    df : float or None
        Degrees of freedom of the t distribution; None means normal.
    edges : tuple of str
        Spatial parameters that lie at the edge of their interval: they have no standard error.
    notes : tuple of str
        What a reader must know.
    extra : mapping
        What only this estimator has.
    inference : {"recommended", "asymptotic"}
        Where `pvalues`, `conf_int` and all tables come from: the inference recommended for this
        kind of fit and number of units (see docs/inference.md), or normal theory.
    selected : bool
        Whether the regressors were selected by these data, so that no distribution is exact.
    w : Weights or None
        W of the lag, and of X where there is no lag.
    error_w : Weights or None
        W of the error.
    """

    method: str
    design: Design
    w: Weights | None = None
    error_w: Weights | None = None
    _logdet: str = "none"
    extra: Mapping[str, Any] = field(default_factory=dict)
    _estimator: Callable[..., Fit] | None = None  # (formula, data, w, **options), for the same on other units

    _older: ClassVar[Mapping[str, str]] = {
        name: f"_{name}" for name in ("made", "logdet", "estimator", "problem", "refit")
    }

    # -- how well it fits ---------------------------------------------------------------
    @property
    def r_squared(self) -> float:
        """1 - e'De / total sum of squares (D: observation weights): of spatial models a pseudo R2."""
        y, d = self.design.y, self.design.observation_weights
        d = np.ones(self.n) if d is None else d
        e = self.residuals.reindex(self.design.ids).to_numpy()
        centered = y - d @ y / d.sum() if any(map(is_intercept, self.terms)) else y
        return 1 - float(d @ e**2) / float(d @ centered**2)

    @property
    def adj_r_squared(self) -> float:
        """`r_squared` corrected for the number of columns of X."""
        constant = any(map(is_intercept, self.terms))
        return 1 - (1 - self.r_squared) * (self.n - constant) / (self.n - self.k)

    # -- tables -----------------------------------------------------------------------------
    @property
    def heading(self) -> str:
        """The model in words, how it was estimated, and its formula: the title of its tables."""
        how = "" if self.method == "ols" else f" by {METHOD_NAMES.get(self.method, self.method)}"
        return f"{TITLES.get(self.model, self.model)}{how}: {self.formula}"

    def _about(self) -> list[str]:
        notes = [f"n = {self.n} units, k = {self.k} columns of X, {self.n_params} parameters in AIC and BIC."]
        if self.w is not None:
            notes.append(f"W: {self.w.recipe}.")
        if self.error_w is not None and self.error_w is not self.w:
            notes.append(f"W of the error: {self.error_w.recipe}.")
        if found := lonely(self.terms, self.design.X):
            wild = ", fit.wild_test() in 5 to 20 %" if self._refits else ""
            notes.append(
                f"{told_lonely(found)}; at 5 % the p-value of a fit rejected a true zero in 32 to 70 % of "
                f"samples{wild} (docs/small-samples.md)."
            )
        return notes

    def glance(self) -> pd.DataFrame:
        """One row that tells the whole fit."""
        row = {
            "model": self.model, "method": self.method, "n": self.n, "k": self.k, "n_params": self.n_params,
            "rho": self.rho, "lambda": self.lambda_, "sigma2": self.sigma2, "log_likelihood": self.log_likelihood,
            "aic": self.aic, "bic": self.bic, "r_squared": self.r_squared, "adj_r_squared": self.adj_r_squared,
        }  # fmt: skip
        return pd.DataFrame([row])


def build(
    *,
    model: str,
    method: str,
    design: Design,
    params: Mapping[str, float],
    covariance: np.ndarray,
    residuals: np.ndarray,
    kind: type[F],
    **rest: Any,
) -> F:
    """A fit of this `kind` from arrays in the order of ``design.ids``; `covariance` (p, p) in the order of `params`."""
    series = pd.Series(dict(params), name="estimate", dtype=float)
    return kind(
        model=model,
        method=method,
        design=design,
        params=series,
        covariance=pd.DataFrame(covariance, index=series.index, columns=series.index),
        residuals=design.label(residuals, "residuals"),
        **{"sigma2": float(residuals @ residuals) / design.n, "log_likelihood": float("nan"), **rest},
    )


def problem_again(fit: Fit) -> Problem:
    """The arrays of the Gaussian likelihood behind `fit`, for evaluating it again.

    Parameters
    ----------
    fit : Fit
        Of the lag and error family, or by least squares.

    Returns
    -------
    Problem
    """
    return problem_of(fit.design, fit.w, fit.error_w, fit._logdet)
