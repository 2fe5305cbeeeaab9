"""`Fit`: what every estimator of `gbaspatial.models` returns: numbers and tables.

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

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import pandas as pd

from gbaspatial.errors import nearest_names
from gbaspatial.formula import Design, is_intercept
from gbaspatial.models.likelihood.of_design import problem_of
from gbaspatial.models.likelihood.problem import Problem
from gbaspatial.results import Result, Table
from gbaspatial.weights import Weights

if TYPE_CHECKING:
    from gbaspatial.opinions.opinion import Peer, SecondOpinion
    from gbaspatial.opinions.scripts import Language

F = TypeVar("F", bound="Fit")
SPATIAL = ("rho", "lambda")
SMALL = 50
INFERENCES = ("recommended", "asymptotic")
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


BELONG = {  # verbs that some fits have, and to which
    "impacts": "models whose coefficients are not all there is: least squares, lag and error models, MESS",
    "impact_matrix": "least squares and models with one rho or lambda",
    "impact_of_change": "least squares and models with one rho or lambda",
    "predict": "all models but those that hold no classes",
    "simulate": "least squares, lag and error models",
    "diagnostics": "least squares and models with one rho or lambda",
    "problem": "models by maximum likelihood or least squares",
    "refit": "models by maximum likelihood or least squares",
    "bootstrap": "models by maximum likelihood or least squares",
    "wild_test": "models by maximum likelihood or least squares",
    "influence": "models by maximum likelihood or least squares",
    "detectable_effect": "models by maximum likelihood or least squares",
    "profile": "models with rho or lambda by maximum likelihood",
    "bias_correction": "models with rho or lambda by maximum likelihood",
    "exact_test": "models with rho or lambda by maximum likelihood",
    "instrument_tests": "models by generalized moments that use instruments",
    "chow": "fits with regimes=",
}


def absent(kind: type, name: str) -> str:
    """The sentence for a name that a fit of this `kind` has not."""
    if name in BELONG:
        there = [verb for verb in BELONG if hasattr(kind, verb)]
        told = ", ".join(there) or "its tables"
        return f"a {kind.__name__} has no {name}(): it is for {BELONG[name]}. It has {told}."
    if name.startswith("__"):
        return name
    return f"a {kind.__name__} has no {name!r}. {nearest_names(name, [n for n in dir(kind) if not n.startswith('_')])}"


@dataclass(frozen=True, slots=True, eq=False)
class Fit(Result):
    """An estimated model.

    Attributes
    ----------
    model, method : str
        Such as ``"lag"`` and ``"ml"``.
    params : pandas.Series
        Coefficients by term, ``rho`` and ``lambda`` among them.
    covariance : pandas.DataFrame
        Their covariance matrix; ``covariance_kind`` says which.
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
    """

    model: str
    method: str
    design: Design
    params: pd.Series
    covariance: pd.DataFrame
    sigma2: float
    log_likelihood: float
    residuals: pd.Series
    w: Weights | None = None
    error_w: Weights | None = None
    covariance_kind: str = "information"
    df: float | None = None
    logdet: str = "none"
    edges: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)
    inference: str = "recommended"
    made: dict[str, Any] = field(default_factory=dict, init=False)  # what was computed once: begins anew in a copy

    # -- what was estimated -----------------------------------------------------------
    @property
    def formula(self) -> str:
        """The formula as it was given."""
        return self.design.formula

    @property
    def response(self) -> str:
        """The name of the outcome."""
        return self.design.response

    @property
    def terms(self) -> tuple[str, ...]:
        """The terms of X."""
        return self.design.terms

    @property
    def n(self) -> int:
        """Number of units."""
        return self.design.n

    @property
    def k(self) -> int:
        """Number of columns of X."""
        return self.design.k

    @property
    def n_params(self) -> int:
        """All parameters, the variance and the spatial ones among them."""
        return len(self.params) + 1

    @property
    def beta(self) -> np.ndarray:
        """Coefficients (k,) of the columns of X."""
        return self.params[list(self.terms)].to_numpy()

    @property
    def rho(self) -> float:
        """Coefficient of W y; NaN if the model has none."""
        return float(self.params.get("rho", np.nan))

    @property
    def lambda_(self) -> float:
        """Coefficient of W u; NaN if the model has none."""
        return float(self.params.get("lambda", np.nan))

    @property
    def outcome(self) -> pd.Series:
        """The outcome, in the order of the data."""
        return self.design.label(self.design.y, self.response)

    @property
    def fitted(self) -> pd.Series:
        """The outcome less the residuals."""
        return (self.outcome - self.residuals).rename("fitted")

    @property
    def std_errors(self) -> pd.Series:
        """Asymptotic standard errors by term, at any number of units; `covariance_kind` says of which kind."""
        with np.errstate(invalid="ignore"):
            return pd.Series(np.sqrt(np.diag(self.covariance)), index=self.params.index, name="std_error")

    @property
    def tvalues(self) -> pd.Series:
        """Estimate over asymptotic standard error (z where `df` is None)."""
        return (self.params / self.std_errors).rename("t")

    @property
    def pvalues(self) -> pd.Series:
        """Two-sided p-values by term, by the `inference` of the fit."""
        from gbaspatial.models.few_units import recommended as few_units

        return few_units.p_values(self)

    def conf_int(self, level: float = 0.95, *, inference: str | None = None) -> pd.DataFrame:
        """Confidence intervals `lower`, `upper` by term, by the same inference as `pvalues` or by the one named."""
        from gbaspatial.models.few_units import recommended as few_units

        return few_units.conf_int(few_units.with_inference(self, inference), level)

    # -- how well it fits ---------------------------------------------------------------
    @property
    def aic(self) -> float:
        """-2 l + 2 `n_params`."""
        return -2 * self.log_likelihood + 2 * self.n_params

    @property
    def bic(self) -> float:
        """-2 l + log(n) `n_params`."""
        return -2 * self.log_likelihood + float(np.log(self.n)) * self.n_params

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

    # -- what it has not --------------------------------------------------------------------
    if not TYPE_CHECKING:  # a type checker knows what is there

        def __getattr__(self, name):
            """Only for names that are not there: of a verb of other fits, why this one has it not."""
            raise AttributeError(absent(type(self), name))

    # -- what others say --------------------------------------------------------------------
    def second_opinion(self, peer: Peer = "pysal") -> SecondOpinion:
        """The same by PySAL, or by R, on the same data and W, side by side; see `gba.opinions.second_opinion`."""
        from gbaspatial.opinions import second_opinion

        return second_opinion(self, peer)

    def code(self, language: Language) -> str:
        """The same in another language ("pysal", "r", "stata"), ready to run; see `gba.opinions.code`."""
        from gbaspatial.opinions import code

        return code(self, language)

    # -- tables -----------------------------------------------------------------------------
    def tidy(self, level: float = 0.95, *, inference: str | None = None) -> pd.DataFrame:
        """One row per term: `estimate, std_error, statistic, p_value, lower, upper` (second and third asymptotic)."""
        from gbaspatial.models import fit_tables
        from gbaspatial.models.few_units import recommended as few_units

        return fit_tables.tidy(few_units.with_inference(self, inference), level)

    def glance(self) -> pd.DataFrame:
        """One row that tells the whole fit."""
        from gbaspatial.models import fit_tables

        return fit_tables.glance(self)

    def augment(self) -> pd.DataFrame:
        """The data used with columns `fitted` and `residuals`, in their order."""
        return self.design.data.reindex(self.design.index).assign(fitted=self.fitted, residuals=self.residuals)

    def tables(self) -> tuple[Table, ...]:
        """Coefficients and, in a second table, the fit.

        Below 50 units a spatial model by maximum likelihood has its rho or lambda tested at every
        value, with a fixed seed, which takes a fraction of a second; a note names the inference.
        """
        from gbaspatial.models import fit_tables

        return fit_tables.tables(self)


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
    return problem_of(fit.design, fit.w, fit.error_w, fit.logdet)
