"""`Fit`: what every estimator of `gbaspatial.models` returns, with verbs for what one may ask of it.

Structure (for those who write estimators or verbs)
---------------------------------------------------
A `Fit` holds the `Design` (arrays in the order of ``design.ids``), the W of the lag (``w``)
and of the error (``error_w``), ``params`` and ``covariance`` over the same terms: the terms of
X, then ``rho``, then ``lambda`` (whichever the model has; other models may add parameters of
their own, such as ``alpha``). ``residuals`` are the innovations e; ``fitted = y - residuals``;
both are Series in the order of the user's data. `build` makes one from arrays.

``beta``, ``theta`` by regressor: ``fit.design.regressors()`` and ``fit.params``.
The likelihood again: ``fit.problem()`` (arrays, see `likelihood`), ``fit.refit(y)``.
Verbs such as `impacts`, and the tables, live in modules of their own, imported when used.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gbaspatial.errors import OptionError
from gbaspatial.formula import Design, is_intercept
from gbaspatial.results import Result, Table
from gbaspatial.weights import Weights

if TYPE_CHECKING:
    from gbaspatial.models.likelihood.problem import Estimate, Problem
    from gbaspatial.opinions.opinion import Peer, SecondOpinion
    from gbaspatial.opinions.scripts import Language

SPATIAL = ("rho", "lambda")
SMALL = 50
INFERENCES = ("recommended", "asymptotic")
TITLES = {
    "ols": "Least squares", "slx": "Spatial lag of X (SLX)", "lag": "Spatial lag model", "error": "Spatial error model",
    "sarar": "Spatial lag and error model (SARAR)", "durbin": "Spatial Durbin model",
    "durbin_error": "Spatial Durbin error model", "gns": "General nesting spatial model",
}  # fmt: skip
METHOD_NAMES = {"ml": "maximum likelihood", "gmm": "generalized method of moments"}


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

    # -- the likelihood again -------------------------------------------------------------
    def problem(self) -> Problem:
        """The arrays of the likelihood, for evaluating it again."""
        from gbaspatial.models.likelihood.of_design import problem_of

        own = [n for n in self.params.index if n not in self.terms and n not in SPATIAL]
        if own or (self.w is not None and "rho" not in self.params):
            raise OptionError(f"{self.model} has a likelihood of its own ({', '.join(own)}), so this is not to be had.")
        return problem_of(self.design, self.w, self.error_w, self.logdet)

    def refit(self, y: np.ndarray) -> Estimate:
        """The maximum-likelihood estimate for another outcome (n,) in the order of ``design.ids``."""
        from gbaspatial.models.likelihood import problem as likelihood

        return likelihood.maximize(self.problem().with_outcome(y))

    def check_one_rho(self, verb: str) -> None:
        """Raise `OptionError` for a lag model that has another parameter than ``rho``."""
        if self.w is not None and "rho" not in self.params:
            own = [name for name in self.params.index if name not in self.terms]
            raise OptionError(
                f"{verb}() needs a lag model with one rho for all units, and this is {self.model} with "
                f"{', '.join(own)}; fit lag() or durbin() for it."
            )

    # -- verbs that live elsewhere ----------------------------------------------------------
    def impacts(self, **options: Any) -> Any:
        """Direct, indirect and total impacts; see `gbaspatial.models.impacts.engine`."""
        from gbaspatial.models.impacts import engine as impacts

        self.check_one_rho("impacts")
        return impacts.impacts(self, **options)

    def impact_matrix(self, *names: str, **options: Any) -> Any:
        """The unit-by-unit matrix of impacts of a regressor."""
        from gbaspatial.models.impacts import engine as impacts

        self.check_one_rho("impact_matrix")
        return impacts.impact_matrix(self, *names, **options)

    def bootstrap(self, **options: Any) -> Any:
        """Inference by simulation from the fitted model; see `gbaspatial.models.few_units.bootstrap`."""
        from gbaspatial.models.few_units import bootstrap

        return bootstrap.bootstrap(self, **options)

    def profile(self, *names: str, **options: Any) -> Any:
        """The profile likelihood of a spatial parameter, with its interval."""
        from gbaspatial.models.few_units.profile import profile

        return profile(self, *names, **options)

    def influence(self, **options: Any) -> Any:
        """How the estimates change when one unit is left out."""
        from gbaspatial.models.few_units.influence import influence

        return influence(self, **options)

    def bias_correction(self, **options: Any) -> Any:
        """The bias of the estimates, and estimates without it."""
        from gbaspatial.models.few_units.bias import bias_correction

        return bias_correction(self, **options)

    def exact_test(self, **options: Any) -> Any:
        """Test that there is no spatial dependence, exact at any n."""
        from gbaspatial.models.few_units.exact import exact_test

        return exact_test(self, **options)

    def wild_test(self, *terms: str, **options: Any) -> Any:
        """Test that parameters are zero where variances differ from unit to unit, also by place."""
        from gbaspatial.models.few_units.wild import wild_test

        return wild_test(self, *terms, **options)

    def detectable_effect(self, *names: str, **options: Any) -> Any:
        """Power, and the smallest value of a parameter that can be detected."""
        from gbaspatial.models.few_units.detectable import detectable_effect

        return detectable_effect(self, *names, **options)

    def impact_of_change(self, *variables: str, **options: Any) -> Any:
        """What a change of a variable in all its terms does, unit by unit."""
        from gbaspatial.models.impacts import change as impact_change

        return impact_change.impact_of_change(self, *variables, **options)

    def predict(self, *data: Any, **options: Any) -> Any:
        """Predictions in sample and for new units; see `gbaspatial.models.predict`."""
        from gbaspatial.models import predict

        return predict.predict(self, *data, **options)

    def simulate(self, **options: Any) -> Any:
        """Outcomes drawn from the fitted model."""
        from gbaspatial.models import predict

        return predict.simulate_fit(self, **options)

    def diagnostics(self, *w: Any, **options: Any) -> Any:
        """Specification tests; see `gbaspatial.models.diagnostics.suite`."""
        from gbaspatial.models.diagnostics import suite as diagnostics

        self.check_one_rho("diagnostics")
        return diagnostics.diagnostics(self, *w, **options)

    def instrument_tests(self) -> Any:
        """Strength and validity of the instruments of a fit by generalized moments."""
        tests = self.extra.get("instruments")
        if tests is None:
            raise OptionError(f"a {self.model} model by method={self.method!r} uses no instruments.")
        return tests

    def chow(self) -> Any:
        """Chow test that coefficients do not differ between regimes."""
        from gbaspatial.models import regimes

        return regimes.chow(self)

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
    **rest: Any,
) -> Fit:
    """A `Fit` from arrays in the order of ``design.ids``; `covariance` (p, p) in the order of `params`."""
    series = pd.Series(dict(params), name="estimate", dtype=float)
    return Fit(
        model=model,
        method=method,
        design=design,
        params=series,
        covariance=pd.DataFrame(covariance, index=series.index, columns=series.index),
        residuals=design.label(residuals, "residuals"),
        **{"sigma2": float(residuals @ residuals) / design.n, "log_likelihood": float("nan"), **rest},
    )
