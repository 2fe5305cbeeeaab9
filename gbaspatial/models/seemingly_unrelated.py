"""Spatial seemingly unrelated regressions (SUR): several outcomes of the same units, with correlated errors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
from scipy import linalg, stats

from gbaspatial.errors import OptionError
from gbaspatial.formula import Design, design as read_design, is_intercept
from gbaspatial.models.fit_tables import SMALL, lonely, told_lonely
from gbaspatial.models.fitted import Inference
from gbaspatial.models.instruments import two_stage as iv
from gbaspatial.models.likelihood.identification import check_informed
from gbaspatial.models.likelihood.peaks import at_edge
from gbaspatial.models.likelihood.several_equations import (
    Solution,
    System,
    covariance,
    maximize,
    score_tests,
    three_stage,
)
from gbaspatial.models.solve.origin import Centered, Ground, least_squares, refuse_perfect, span_of
from gbaspatial.options import level_of, public, renamed, unused, word
from gbaspatial.results import Result, Table
from gbaspatial.weights import Weights

if TYPE_CHECKING:
    from gbaspatial.weights.core import WeightsGiven

Model = Literal["ols", "slx", "lag", "error", "durbin", "durbin_error", "sarar", "gns"]
MODELS: dict[str, tuple[bool, bool, bool]] = {  # lag of y, spatial error, lags of X
    "ols": (False, False, False), "slx": (False, False, True), "lag": (True, False, False),
    "error": (False, True, False), "durbin": (True, False, True), "durbin_error": (False, True, True),
    "sarar": (True, True, False), "gns": (True, True, True),
}  # fmt: skip


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
        return pd.Series(2 * stats.norm.sf(np.abs(self.tvalues)), index=self.params.index, name="p_value")

    def conf_int(self, level: float = 0.95) -> pd.DataFrame:
        """Confidence intervals `lower`, `upper` from the normal distribution."""
        level_of(level)
        width = float(stats.norm.ppf(0.5 + level / 2)) * self.std_errors
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
        system, _ = _system(self.designs, self.w, False, False, whole=True)
        rows = score_tests(system, maximize(system))
        count = len(self.designs)
        if count > 1:
            E = np.column_stack([_least_squares(design) for design in self.designs.values()])
            correlation = E.T @ E / np.sqrt(np.outer((E**2).sum(axis=0), (E**2).sum(axis=0)))
            statistic = self.n * float((np.tril(correlation, -1) ** 2).sum())
            rows["diagonal_sigma"] = (statistic, count * (count - 1) // 2)
        frame = pd.DataFrame.from_dict(rows, orient="index", columns=["statistic", "df"]).rename_axis("test")
        frame["p_value"] = stats.chi2.sf(frame["statistic"], frame["df"])
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
        return Table(frame, title, tuple(notes)), Table(self.sigma, "Covariance of the innovations"), Table(measures)


@dataclass(frozen=True, slots=True, eq=False)
class SurTests(Result):
    """LM tests of a system of equations: `tests` has `statistic, df, p_value` by test."""

    tests: pd.DataFrame
    n: int

    def tables(self) -> tuple[Table, ...]:
        """One table."""
        return (Table(self.tests, "LM tests of seemingly unrelated equations", (f"n = {self.n} units.",)),)


@public
def sur(
    formulas: Mapping[str, str] | Sequence[str],
    data: pd.DataFrame,
    w: WeightsGiven,
    *,
    model: Model = "lag",
    method: Literal["ml", "3sls"] = "ml",
    instrument_lags: Literal[1, 2] | None = None,
    df: Literal["n", "n-k"] | None = None,
    degrees_of_freedom: Literal["n", "n-k"] | None = None,
    inference: Inference = "recommended",
) -> SurFit:
    """Several spatial equations of the same units whose errors are correlated.

    Parameters
    ----------
    formulas : sequence of str, or mapping of str to str
        One formula an equation; equations are called by their outcomes, or by the keys.
    data : pandas.DataFrame
        One row per unit, indexed by unit.
    w : Weights
        One W for all equations.
    model : {"ols", "slx", "lag", "error", "durbin", "durbin_error", "sarar", "gns"}
        What every equation has; rho and lambda differ by equation.
    method : {"ml", "3sls"}
        Maximum likelihood, or three-stage least squares (models with a lag and no error).
    instrument_lags : {1, 2}
        3SLS: W X, or (by default) W X and W^2 X as instruments for W y.
    df : {"n", "n-k"}
        3SLS: divisor of the covariances of the two-stage residuals, by default ``"n"``.
    degrees_of_freedom : {"n", "n-k"}
        The older name of `df`.
    inference : {"recommended", "asymptotic"}
        Where p-values and intervals come from; of this estimator both are normal, approximate below 50 units.

    Returns
    -------
    SurFit
        `params`, `sigma`, `lm_tests()`.

    Raises
    ------
    OptionError
        If two equations have one name, or the method cannot estimate the model.
    ConvergenceError
        If the likelihood has no maximum that can be reached.

    References
    ----------
    Zellner, A. (1962). An efficient method of estimating seemingly unrelated regressions.
    JASA 57, 348-368.
    Anselin, L. (1988). Spatial Econometrics: Methods and Models. Kluwer, chapter 10.
    Lopez, F. A., Mur, J. and Angulo, A. (2014). Spatial model selection strategies in a SUR
    framework. Annals of Regional Science 53, 197-220.

    Examples
    --------
    >>> from gbaspatial.weights import Weights
    >>> chain = Weights(np.eye(8, k=1) + np.eye(8, k=-1), list("abcdefgh")).row_standardized()
    >>> data = pd.DataFrame({"y": [1.0, 2, 2, 3, 5, 4, 4, 2], "z": [2.0, 1, 3, 3, 2, 5, 1, 0],
    ...                      "x": [0.0, 2, 1, 2, 4, 3, 1, 1]}, index=list("abcdefgh"))
    >>> sur(["y ~ x", "z ~ x"], data, chain, model="ols").params.round(3).tolist()
    [1.391, 0.848, 1.326, 0.457]
    """
    word(model, MODELS, "model")
    df = renamed({"df": df, "degrees_of_freedom": degrees_of_freedom}, "degrees_of_freedom", "df")["df"]
    if word(method, ("ml", "3sls"), "method") == "ml":
        unused({"instrument_lags": instrument_lags, "df": df}, "they belong to method='3sls'")
    lagged, erred, durbin = MODELS[model]
    designs = _designs(formulas, data, w, durbin)
    first = next(iter(designs.values())).weights["W"]
    system, origins = _system(designs, first, lagged, erred)
    for name, design in designs.items():
        if lagged or erred:
            check_informed(f"{'rho' if lagged else 'lambda'} of {name}", design.X, first.sparse)
    if method == "3sls":
        if not lagged or erred:
            raise OptionError("method='3sls' estimates the models 'lag' and 'durbin'; use method='ml' for others.")
        solution, matrix = _three_stage(designs, system, instrument_lags or 2, df or "n")
        solution, matrix = origins.taken_back(system, solution, matrix)
        return _wrap(model, method, designs, first, system, solution, matrix, (), inference)
    solution = maximize(system)
    matrix, spread = covariance(system, solution)
    notes = (f"Standard errors by random probes (relative error of traces {spread:.1e}).",) if spread else ()
    solution, matrix = origins.taken_back(system, solution, matrix)
    return _wrap(model, method, designs, first, system, solution, matrix, notes, inference)


# -- reading and wrapping -------------------------------------------------------------------------
def _designs(formulas: Any, data: pd.DataFrame, w: WeightsGiven, durbin: bool) -> dict[str, Design]:
    if isinstance(formulas, str) or not isinstance(formulas, (Mapping, Sequence)) or len(formulas) == 0:
        raise OptionError("formulas must be a list such as ['y ~ x', 'z ~ x'], or a mapping of names to formulas.")
    pairs = list(formulas.items()) if isinstance(formulas, Mapping) else [(None, text) for text in formulas]
    found: dict[str, Design] = {}
    for name, text in pairs:
        design = read_design(text, data, w, durbin=durbin)
        key = design.response if name is None else str(name)
        if key in found:
            raise OptionError(f"two equations are called {key!r}; give a mapping of names to formulas.")
        found[key] = design
    return found


@dataclass(frozen=True, slots=True, eq=False)
class _Origins:
    """The coordinates of every equation and the `units` (G,) of its outcome: residual standard deviations."""

    centered: tuple[Centered, ...]
    units: np.ndarray
    grounds: tuple[Ground, ...]

    def system(self, w: Weights, lagged: bool, erred: bool, whole: bool) -> System:
        """The equations in these coordinates; where `whole` the outcome keeps its mean, which (I - rho W) moves."""
        outcomes = [
            one.Q @ (one.R @ one.b0) + one.rest - ground.m if whole else one.rest
            for one, ground in zip(self.centered, self.grounds, strict=True)
        ]
        ys = tuple(y / unit for y, unit in zip(outcomes, self.units, strict=True))
        return System(ys, tuple(one.Q for one in self.centered), w, lagged, erred)

    def _lifted(self, g: int, c: np.ndarray, C: np.ndarray, rho: float, start: int) -> tuple[np.ndarray, np.ndarray]:
        """`c` of equation `g`, whose parameters begin at `start`, and `C` with the level of the outcome back."""
        ground, k = self.grounds[g], len(c)
        level = ground.m / self.units[g] * ground.q[:, 0]
        T = np.eye(len(C))
        T[start : start + k, start + k] = -level * ground.s
        return c + level * (1 - rho * ground.s), T @ C @ T.T

    def taken_back(self, system: System, at: Solution, C: np.ndarray) -> tuple[Solution, np.ndarray]:
        """The solution and its covariance in the units of the data."""
        betas, blocks, place = [], [], 0
        for g, (one, unit, c) in enumerate(zip(self.centered, self.units, at.betas, strict=True)):
            if system.lagged:
                c, C = self._lifted(g, c, C, float(at.rho[g]), place)
            place += len(c) + int(system.lagged) + int(system.erred)
            inverse = unit * linalg.solve_triangular(one.R, np.eye(len(one.R)))
            betas.append(inverse @ c + (0.0 if system.lagged else one.b0))
            blocks += [inverse, *([np.eye(1)] * (int(system.lagged) + int(system.erred)))]
        J = linalg.block_diag(*blocks)
        likelihood = at.log_likelihood - system.n * float(np.log(self.units).sum())
        Sigma = at.Sigma * np.outer(self.units, self.units)
        return Solution(tuple(betas), at.rho, at.lam, at.E * self.units, Sigma, likelihood), J @ C @ J.T


def _system(
    designs: Mapping[str, Design], w: Weights, lagged: bool, erred: bool, *, whole: bool = False
) -> tuple[System, _Origins]:
    largest = max(design.k for design in designs.values()) + int(lagged) + int(erred)
    if largest + len(designs) >= w.n:
        raise OptionError(f"{w.n} units cannot carry {len(designs)} equations with up to {largest} coefficients.")
    centered = tuple(Centered.of(design.y, design.X) for design in designs.values())
    if any(one.exact for one in centered):
        refuse_perfect(0.0, 1.0)
    units = np.array([np.sqrt(one.rest @ one.rest / w.n) for one in centered])
    grounds = (Ground.of(d.y, one.Q, w.sparse) for d, one in zip(designs.values(), centered, strict=True))
    origins = _Origins(centered, units, tuple(grounds))
    return origins.system(w, lagged, erred, whole or lagged), origins


def _least_squares(design: Design) -> np.ndarray:
    return design.y - design.X @ least_squares(design.X, design.y)


def _three_stage(designs: Mapping[str, Design], system: System, lags: int, degrees: str) -> tuple[Solution, np.ndarray]:
    word(lags, (1, 2), "instrument_lags")
    word(degrees, ("n", "n-k"), "df")
    instruments = []
    for name, design in designs.items():
        H = iv.lagged_columns(design.X, system.w.sparse, lags)
        H = H[:, iv.independent_columns(H)]
        if not design.k < H.shape[1] < design.n:
            raise OptionError(
                f"equation {name!r} has {H.shape[1]} instruments for {design.k + 1} coefficients and {design.n} units; "
                f"it needs at least as many as coefficients and fewer than units."
            )
        instruments.append(H)
    df = [design.n - (design.k + 1 if degrees == "n-k" else 0) for design in designs.values()]
    return three_stage(system, instruments, df)


def _wrap(
    model: str,
    method: str,
    designs: Mapping[str, Design],
    w: Weights,
    system: System,
    at: Solution,
    covariance: np.ndarray,
    notes: tuple[str, ...],
    inference: str,
) -> SurFit:
    params: dict[tuple[str, str], float] = {}
    edges = []
    low, high = span_of(w)
    for g, (name, design) in enumerate(designs.items()):
        params |= {(name, term): value for term, value in zip(design.terms, at.betas[g], strict=True)}
        for term, values, there in (("rho", at.rho, system.lagged), ("lambda", at.lam, system.erred)):
            if there:
                params[name, term] = float(values[g])
                if at_edge(float(values[g]), low, high):
                    edges.append((name, term))
    index = pd.MultiIndex.from_tuples(params, names=["equation", "term"])
    matrix = pd.DataFrame(covariance, index=index, columns=index)
    for edge in edges:
        matrix.loc[edge, :] = np.nan
        matrix.loc[:, edge] = np.nan
        told = f"{edge[1]} of {edge[0]} = {params[edge]:.6g} lies at or beyond the edge of its admissible interval"
        notes = (*notes, f"{told} ({low:.6g}, {high:.6g}): no standard error is given.")
    if not edges and not np.all(np.isfinite(covariance)):
        notes = (*notes, "The information matrix is singular: these data do not tell all parameters apart.")
    names = list(designs)
    residuals = pd.DataFrame(at.E, index=w.ids, columns=names).reindex(next(iter(designs.values())).index)
    return SurFit(
        model=model, method=method, designs=dict(designs), w=w,
        params=pd.Series(list(params.values()), index=index, name="estimate"), covariance=matrix,
        sigma=pd.DataFrame(at.Sigma, index=names, columns=names), residuals=residuals,
        log_likelihood=at.log_likelihood, edges=tuple(edges), notes=notes,
        inference=inference,
    )  # fmt: skip
