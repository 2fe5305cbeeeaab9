"""`Fitted`: what fits of cross-sections (`Fit`) and of panels (`PanelFit`) have in common.

A class of fits adds its own ``glance``, its ``heading`` and what it has to tell (``_about``). Where its
recommended inference is neither t nor normal it gives ``_few_units``; p-values, intervals, tables and
the words below them follow.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Sized
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Literal, Protocol, TypeVar

import numpy as np
import pandas as pd
from scipy import special

from gbaspatial.errors import nearest_names
from gbaspatial.models import fit_tables
from gbaspatial.options import level_of, word
from gbaspatial.results import Result, Table

F = TypeVar("F", bound="Fitted")
Inference = Literal["recommended", "asymptotic"]
INFERENCES = ("recommended", "asymptotic")
_MAY_LACK = ("w", "error_w", "extra", "rho", "lambda_", "log_likelihood", "aic", "bic")


class Designed(Protocol):
    """What a fit asks of its design: names, sizes, the outcome, and labels for arrays."""

    @property
    def formula(self) -> str:
        """The formula as it was given."""
        ...

    @property
    def response(self) -> str:
        """The outcome by its term."""
        ...

    @property
    def terms(self) -> tuple[str, ...]:
        """The columns of X by name (k,)."""
        ...

    @property
    def y(self) -> np.ndarray:
        """The outcome (n,), in the order of the ids."""
        ...

    @property
    def n(self) -> int:
        """How many observations there are."""
        ...

    @property
    def k(self) -> int:
        """How many columns X has."""
        ...

    @property
    def index(self) -> pd.Index:
        """The labels of the data, in their order."""
        ...

    @property
    def data(self) -> pd.DataFrame:
        """The data as they were given."""
        ...

    def label(self, numbers: np.ndarray, name: object = None) -> pd.Series:
        """Numbers (n,) in the order of the ids as a Series in the order of the data."""
        ...


class FewUnitsInference(Protocol):
    """Inference that is neither t nor normal: p-values and intervals by term, and how they were found in words."""

    def p_values(self) -> pd.Series:
        """Two-sided p-values by term."""
        ...

    def conf_int(self, level: float) -> pd.DataFrame:
        """Intervals by term, `lower` and `upper`."""
        ...

    def told(self) -> str:
        """How they were found, in words."""
        ...

    def told_errors(self, level: float) -> Sequence[str]:
        """Notes on the Monte Carlo errors of p-values and intervals."""
        ...


BELONG = {  # verbs that some fits have, and to which
    "impacts": "models whose coefficients are not all there is: least squares, lag and error models, MESS",
    "impact_matrix": "least squares and models with one rho or lambda",
    "impact_of_change": "least squares and models with one rho or lambda",
    "predict": "all models but those that hold no classes",
    "simulate": "least squares, lag and error models",
    "diagnostics": "least squares and models with one rho or lambda",
    "bootstrap": "models by maximum likelihood or least squares",
    "wild_test": "models by maximum likelihood or least squares",
    "influence": "models by maximum likelihood or least squares",
    "detectable_effect": "models by maximum likelihood or least squares",
    "profile": "models with rho or lambda by maximum likelihood",
    "bias_correction": "models with rho or lambda by maximum likelihood",
    "exact_test": "models with rho or lambda by maximum likelihood",
    "instrument_tests": "models by generalized moments that use instruments",
    "chow": "fits with regimes=",
    "second_opinion": "models that PySAL or R has, too",
    "code": "models that PySAL, R or Stata has, too",
}


def absent(kind: type, name: str, belong: Mapping[str, str] = BELONG) -> str:
    """The sentence for a name that a fit of this `kind` has not; `belong` says which verb is for what."""
    if name in belong:
        there = [verb for verb in belong if callable(getattr(kind, verb, None))]
        told = ", ".join(there) or "its tables"
        return f"a {kind.__name__} has no {name}(): it is for {belong[name]}. It has {told}."
    if name.startswith("__"):
        return name
    return f"a {kind.__name__} has no {name!r}. {nearest_names(name, [n for n in dir(kind) if not n.startswith('_')])}"


def _is_nothing(value: object) -> bool:
    return value is None or (
        np.isnan(value) if isinstance(value, float) else isinstance(value, Sized) and not len(value)
    )


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Fitted(Result):
    """Coefficients with their covariance, residuals and likelihood.

    Attributes
    ----------
    model : str
        Such as ``"lag"``.
    design : Design
        The formula read: its terms, the columns of X, the outcome, labels.
    params, covariance : pandas.Series, pandas.DataFrame
        Coefficients by term, and their covariance matrix.
    covariance_kind, covariance_code : str
        Which covariance, in words and in one word.
    sigma2, log_likelihood : float
        Variance of the innovations, and the log-likelihood; NaN where there is none.
    residuals : pandas.Series
        In the order of the data.
    df : float or None
        Degrees of freedom of the t distribution; None means normal.
    edges : tuple of str
        Parameters at the edge of their interval, which have no standard error.
    notes : tuple of str
        What a reader must know.
    inference : {"recommended", "asymptotic"}
        Where p-values and intervals come from.
    selected : bool
        Whether the regressors were selected by these data, so that no distribution is exact.
    """

    model: str
    design: Designed
    params: pd.Series
    covariance: pd.DataFrame
    sigma2: float
    log_likelihood: float
    residuals: pd.Series
    covariance_kind: str = "information"
    covariance_code: str = "information"
    df: float | None = None
    edges: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    inference: str = "recommended"
    selected: bool = False
    _made: dict[str, Any] = field(default_factory=dict, init=False)  # what was computed once: begins anew in a copy

    _older: ClassVar[Mapping[str, str]] = {"made": "_made"}
    _refits: ClassVar[bool] = False  # whether its Gaussian likelihood can be evaluated again, for other outcomes
    _exponential: ClassVar[bool] = False  # whether the mean of y is exp(X b)

    # -- what was estimated -----------------------------------------------------------
    def __dir__(self) -> list[str]:
        """What completion shows: without the W, rho or likelihood that this fit has not."""
        without = {name for name in _MAY_LACK if _is_nothing(getattr(self, name, None))}
        return sorted(set(object.__dir__(self)) - without)

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
        """The terms of X; an intercept that effects absorb is not among them."""
        return self.design.terms

    @property
    def n(self) -> int:
        """Number of observations: units, and in panels units in periods."""
        return self.design.n

    @property
    def n_units(self) -> int:
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
        found = self._few_units()
        if found is not None:
            return found.p_values()
        size = np.abs(self.tvalues.to_numpy())
        tail = special.ndtr(-size) if self.df is None else special.stdtr(self.df, -size)
        return pd.Series(2 * tail, index=self.params.index, name="p_value")

    def conf_int(self, level: float = 0.95, *, inference: str | None = None) -> pd.DataFrame:
        """Confidence intervals `lower`, `upper` by term, by the same inference as `pvalues` or by the one named.

        Parameters
        ----------
        level : float
            Of confidence, between 0 and 1.
        inference : {"recommended", "asymptotic"}, optional
            The one for few units where the model has it, or the normal or t distribution; by default that of the fit.
        """
        level, found = level_of(level), with_inference(self, inference)._few_units()
        if found is not None:
            return found.conf_int(level)
        tail = 0.5 + level / 2
        width = float(special.ndtri(tail) if self.df is None else special.stdtrit(self.df, tail)) * self.std_errors
        return pd.DataFrame({"lower": self.params - width, "upper": self.params + width})

    def _few_units(self) -> FewUnitsInference | None:
        """The recommended inference where it is neither t nor normal; None where it is one of those."""
        return None

    # -- how well it fits ---------------------------------------------------------------
    @property
    def aic(self) -> float:
        """-2 l + 2 `n_params`."""
        return -2 * self.log_likelihood + 2 * self.n_params

    @property
    def bic(self) -> float:
        """-2 l + log(n) `n_params`."""
        return -2 * self.log_likelihood + float(np.log(self.n)) * self.n_params

    @classmethod
    def _absent(cls, name: str) -> str:
        return absent(cls, name)

    # -- tables -----------------------------------------------------------------------------
    @property
    def heading(self) -> str:
        """The model in words, and its formula: the title of its tables."""
        return f"{self.model}: {self.formula}"

    def _about(self) -> list[str]:
        """Sentences on the sample and the W, below the table."""
        return []

    def tidy(self, level: float = 0.95, *, inference: str | None = None) -> pd.DataFrame:
        """One row per term: `estimate, std_error, statistic, p_value, lower, upper` (second and third asymptotic).

        Parameters
        ----------
        level : float
            Of confidence, between 0 and 1.
        inference : {"recommended", "asymptotic"}, optional
            The one for few units where the model has it, or the normal or t distribution; by default that of the fit.
        """
        return fit_tables.tidy(with_inference(self, inference), level)

    def glance(self) -> pd.DataFrame:
        """One row that tells the whole fit."""
        return pd.DataFrame([{"model": self.model, "n": self.n, "k": self.k, "sigma2": self.sigma2}])

    def augment(self) -> pd.DataFrame:
        """The data used with columns `fitted` and `residuals`, in their order."""
        return self.design.data.reindex(self.design.index).assign(fitted=self.fitted, residuals=self.residuals)

    def tables(self) -> tuple[Table, ...]:
        """Coefficients and, in a second table, the fit.

        Below 50 units a spatial model by maximum likelihood has its rho or lambda tested at every
        value, with a fixed seed, which takes a fraction of a second; a note names the inference.
        """
        return fit_tables.tables(self, self._about())


def with_inference(fit: F, inference: str | None) -> F:
    """`fit` with its p-values and intervals by `inference`; None leaves it as it is."""
    if inference is None or word(inference, INFERENCES, "inference") == fit.inference:
        return fit
    return replace(fit, inference=inference)
