"""`SurFit`: several equations estimated together, and the tests of what they leave out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import special

from gbaspatial.formula import Design, is_intercept
from gbaspatial.inference.tails import chi_squared_tail
from gbaspatial.models.fit_tables import SMALL, lonely, told_lonely
from gbaspatial.models.likelihood.equation_systems import residuals_of, system_of
from gbaspatial.models.likelihood.several_equations import (
    maximize,
    score_tests,
)
from gbaspatial.options import level_of
from gbaspatial.referee import code as _code, second_opinion as _second_opinion
from gbaspatial.results import Result, Table
from gbaspatial.weights import Weights

SHARED_LIKELIHOODS = ("ols", "slx", "error", "durbin_error")  # which other programs maximize, too


@dataclass(frozen=True, slots=True, eq=False)
class SurFit(Result):
    """A fitted system of spatial equations.

    Attributes
    ----------
    model, method : str
    designs : mapping of str to Design
        By equation.
    w : Weights
    params : pandas.Series
        By (equation, term), `rho` and `lambda` among the terms.
    covariance : pandas.DataFrame
        Of `params`.
    sigma : pandas.DataFrame
        Covariance of the innovations between equations.
    residuals : pandas.DataFrame
        Innovations by unit and equation, in the order of the data.
    log_likelihood : float
        NaN for three-stage least squares.
    edges : tuple of (str, str)
        Spatial parameters at the edge of their interval; they have no standard error.
    notes : tuple of str
    inference : {"recommended", "asymptotic"}
        As asked for; of these models both are normal, approximate below 50 units.
    instrument_lags : {1, 2} or None
        Of three-stage least squares: how far the lags of X go that are instruments.
    divisor : {"n", "n-k"}
        Of three-stage least squares: of the covariances of the two-stage residuals.
    """

    model: str
    method: str
    designs: Mapping[str, Design]
    w: Weights
    params: pd.Series
    covariance: pd.DataFrame
    sigma: pd.DataFrame
    residuals: pd.DataFrame
    log_likelihood: float
    edges: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()
    inference: str = "recommended"
    instrument_lags: int | None = None
    divisor: str = "n"

    @property
    def equations(self) -> tuple[str, ...]:
        """Names of the equations."""
        return tuple(self.designs)

    @property
    def n(self) -> int:
        """Number of units."""
        return self.w.n

    @property
    def n_params(self) -> int:
        """All parameters, the variances and covariances among them."""
        count = len(self.designs)
        return len(self.params) + count * (count + 1) // 2

    @property
    def std_errors(self) -> pd.Series:
        """Standard errors by (equation, term)."""
        with np.errstate(invalid="ignore"):
            return pd.Series(np.sqrt(np.diag(self.covariance)), index=self.params.index, name="std_error")

    @property
    def tvalues(self) -> pd.Series:
        """Estimate over standard error."""
        return (self.params / self.std_errors).rename("t")

    @property
    def pvalues(self) -> pd.Series:
        """Two-sided p-values from the normal distribution."""
        return pd.Series(2 * special.ndtr(-np.abs(self.tvalues)), index=self.params.index, name="p_value")

    def conf_int(self, level: float = 0.95) -> pd.DataFrame:
        """Confidence intervals `lower`, `upper` from the normal distribution."""
        level_of(level)
        width = float(special.ndtri(0.5 + level / 2)) * self.std_errors
        return pd.DataFrame({"lower": self.params - width, "upper": self.params + width})

    @property
    def rho(self) -> pd.Series:
        """rho by equation; empty if the model has none."""
        return self._spatial("rho")

    @property
    def lambda_(self) -> pd.Series:
        """lambda by equation; empty if the model has none."""
        return self._spatial("lambda")

    def _spatial(self, term: str) -> pd.Series:
        there = self.params.index.get_level_values("term") == term
        return self.params[there].droplevel("term").rename(term)

    @property
    def aic(self) -> float:
        """-2 l + 2 `n_params`."""
        return -2 * self.log_likelihood + 2 * self.n_params

    @property
    def bic(self) -> float:
        """-2 l + log(n) `n_params`."""
        return -2 * self.log_likelihood + float(np.log(self.n)) * self.n_params

    @property
    def correlation(self) -> pd.DataFrame:
        """Correlation of the innovations between equations."""
        scale = np.sqrt(np.diag(self.sigma))
        return self.sigma / np.outer(scale, scale)

    @property
    def r_squared(self) -> pd.Series:
        """By equation, 1 - e'e / total sum of squares."""
        shares = {}
        for name, design in self.designs.items():
            y = design.y - design.y.mean() if any(map(is_intercept, design.terms)) else design.y
            shares[name] = 1 - float(np.square(self.residuals[name]).sum()) / float(y @ y)
        return pd.Series(shares, name="r_squared")

    @property
    def fitted(self) -> pd.DataFrame:
        """Outcomes less `residuals`, by equation."""
        outcomes = {name: design.label(design.y, name) for name, design in self.designs.items()}
        return pd.DataFrame(outcomes) - self.residuals

    def tidy(self, level: float = 0.95) -> pd.DataFrame:
        """One row per (equation, term): `estimate, std_error, statistic, p_value, lower, upper`."""
        columns = {
            "estimate": self.params,
            "std_error": self.std_errors,
            "statistic": self.tvalues,
            "p_value": self.pvalues,
        }
        return pd.DataFrame(columns).join(self.conf_int(level))

    def glance(self) -> pd.DataFrame:
        """One row that tells the whole system."""
        row = {
            "model": self.model, "method": self.method, "n": self.n, "equations": len(self.designs),
            "n_params": self.n_params, "log_likelihood": self.log_likelihood, "aic": self.aic, "bic": self.bic,
        }  # fmt: skip
        return pd.DataFrame([row])

    def augment(self) -> pd.DataFrame:
        """The data used, with columns ``fitted[equation]`` and ``residuals[equation]``, in their order."""
        parts = [design.data.reindex(self.residuals.index) for design in self.designs.values()]
        data = pd.concat(parts, axis=1)
        data = data.loc[:, ~data.columns.duplicated()]
        for kind, frame in (("fitted", self.fitted), ("residuals", self.residuals)):
            data = data.join(frame.rename(columns=lambda name, kind=kind: f"{kind}[{name}]"))
        return data

    def lm_tests(self) -> SurTests:
        """LM tests of spatial effects, from the equations without rho and lambda, and of a diagonal Sigma.

        References
        ----------
        Mur, J., Lopez, F. and Herrera, M. (2010). Testing for spatial effects in seemingly
        unrelated regressions. Spatial Economic Analysis 5, 399-440.
        Breusch, T. S. and Pagan, A. R. (1980). The Lagrange multiplier test and its
        applications to model specification. Review of Economic Studies 47, 239-253.
        """
        system, _ = system_of(self.designs, self.w, False, False, whole=True)
        rows = score_tests(system, maximize(system))
        count = len(self.designs)
        if count > 1:
            E = np.column_stack([residuals_of(design) for design in self.designs.values()])
            correlation = E.T @ E / np.sqrt(np.outer((E**2).sum(axis=0), (E**2).sum(axis=0)))
            statistic = self.n * float((np.tril(correlation, -1) ** 2).sum())
            rows["diagonal_sigma"] = (statistic, count * (count - 1) // 2)
        frame = pd.DataFrame.from_dict(rows, orient="index", columns=["statistic", "df"]).rename_axis("test")
        frame["p_value"] = chi_squared_tail(frame["statistic"], frame["df"])
        return SurTests(frame, self.n)

    def tables(self) -> tuple[Table, ...]:
        """Coefficients, Sigma and the fit."""
        frame = pd.DataFrame(
            {
                "estimate": self.params,
                "std_error": self.std_errors,
                "statistic": self.tvalues,
                "p_value": self.pvalues,
            }
        ).join(self.conf_int())
        title = f"Seemingly unrelated equations, {self.model} model by {self.method}: {', '.join(self.equations)}"
        kind = "asymptotic" if self.n >= SMALL else f"approximate with {self.n} units"
        told = f"p-values and intervals: normal, {kind}, two-sided."
        notes = [f"n = {self.n} units, {len(self.designs)} equations.", f"W: {self.w.recipe}.", told, *self.notes]
        for name, design in self.designs.items():
            if found := lonely(design.terms, design.X):
                notes.append(f"{name}, {told_lonely(found)}.")
        fit = {"log_likelihood": self.log_likelihood, "aic": self.aic, "bic": self.bic}
        fit |= {f"r_squared of {name}": value for name, value in self.r_squared.items()}
        measures = pd.DataFrame({"value": pd.Series(fit, dtype=float).dropna()}).rename_axis("measure")
        first = Table(frame, title, tuple(notes), parameters=True)
        return first, Table(self.sigma, "Covariance of the innovations"), Table(measures)


@dataclass(frozen=True, slots=True, eq=False)
class SharedSurFit(SurFit):
    """A system that other programs estimate, too; see `SurFit`."""

    second_opinion = _second_opinion
    code = _code


def sur_kind(model: str, method: str) -> type[SurFit]:
    """The class of a system: whether others have its likelihood, or its three-stage least squares."""
    shared = model == "lag" if method == "3sls" else model in SHARED_LIKELIHOODS
    return SharedSurFit if shared else SurFit


@dataclass(frozen=True, slots=True, eq=False)
class SurTests(Result):
    """LM tests of a system of equations: `tests` has `statistic, df, p_value` by test.

    Attributes
    ----------
    n : int
        Units.
    """

    tests: pd.DataFrame
    n: int

    def tables(self) -> tuple[Table, ...]:
        """One table."""
        return (Table(self.tests, "LM tests of seemingly unrelated equations", (f"n = {self.n} units.",)),)
