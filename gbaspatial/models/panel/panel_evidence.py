"""How probable the data of a panel make each model and each W: marginal likelihoods less the effects.

Coefficients and variance are integrated out as for a cross-section (`likelihood.marginal`), of the outcome less its
effects: with the transformation of Lee and Yu the effects have a flat prior on the levels of the outcome that they
make, and with a W that says nothing beside them (complete, with effects of time) the posterior of rho is its prior.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from gbaspatial.errors import ConvergenceError, DataError, OptionError
from gbaspatial.formula import is_intercept
from gbaspatial.models.bayes import (
    MODELS,
    ModelProbabilities,
    Posterior,
    comparison_of,
    posterior_of,
    prior_size,
)
from gbaspatial.models.likelihood.marginal import Grid, Level, evidence
from gbaspatial.models.panel.fixed_effects import problem_of
from gbaspatial.models.panel.less_effects import PanelProblem
from gbaspatial.models.panel.panel_specification import specified
from gbaspatial.models.panel.period_weights import given_weights
from gbaspatial.models.panel.unknown_regressors import same_equations, unknown_rows
from gbaspatial.models.request import Request
from gbaspatial.options import public, word

if TYPE_CHECKING:
    from gbaspatial.weights.annotations import WeightsGiven

LAGGED = ("lag", "durbin", "sarar", "gns")
ERRED = ("error", "durbin_error", "sarar", "gns")
DURBIN = ("slx", "durbin", "durbin_error", "gns")


@public
def posterior_probabilities(
    formula: str,
    data: pd.DataFrame,
    w: WeightsGiven,
    *,
    effects: str = "unit",
    models: Sequence[str] = ("ols", *MODELS),
    g: float | None = None,
    unbalanced: Literal["error", "common", "keep"] = "error",
) -> pd.Series:
    """Posterior probabilities of panel models, each equally likely before the data.

    Parameters
    ----------
    formula : str
        Without lags in space: the models add ``W(x)`` of every regressor where they have it.
    data : pandas.DataFrame
        Indexed by unit and time.
    w : Weights, mapping of period to Weights, or mapping of name to either
        One W, or several to compare under their names.
    effects : str
        Fixed effects or none: ``"unit"``, ``"time"``, ``"twoway"``, ``"pooled"``, ``"unit + region:year"``.
    models : sequence of {"ols", "slx", "lag", "error", "durbin", "durbin_error"}
        What is compared.
    g : float, optional
        Of Zellner's prior of the coefficients; rows less effects by default (the information of one row).
    unbalanced : {"error", "common", "keep"}
        What to do with rows that are not there.

    Returns
    -------
    pandas.Series
        By model; by (weights, model) where several W are compared. `model_probabilities` has the marginal likelihoods.

    Raises
    ------
    OptionError
        If a model is not known, effects are not fixed, or `g` is not positive.
    FormulaError, AlignmentError, MissingDataError, DataError
        For input that cannot be used.

    References
    ----------
    LeSage, J. (2014). Spatial econometric panel data model specification: a Bayesian approach. Spatial Statistics 9,
    122-145.

    Examples
    --------
    >>> import gbaspatial as gba
    >>> panel = gba.load_panel().loc[:, ["gdp_pc_cny", "employment"]].dropna()
    >>> w = gba.weights.contiguity(gba.load_cities(year=2019), links=2019).row_standardized()
    >>> found = gba.models.posterior_probabilities(
    ...     "log(gdp_pc_cny) ~ log(employment)", panel, w, effects="twoway", unbalanced="common")
    >>> found.index.tolist(), round(float(found.sum()), 10)
    (['ols', 'slx', 'lag', 'error', 'durbin', 'durbin_error'], 1.0)
    """
    found = panel_model_probabilities(formula, data, w, effects=effects, models=models, g=g, unbalanced=unbalanced)
    series = found.frame["probability"]
    return series if len(series.index.unique(0)) > 1 else series.droplevel(0)


@public
def panel_model_probabilities(
    formula: str,
    data: pd.DataFrame,
    w: WeightsGiven,
    *,
    effects: str = "unit",
    models: Sequence[str] = ("ols", *MODELS),
    g: float | None = None,
    unbalanced: Literal["error", "common", "keep"] = "error",
) -> ModelProbabilities:
    """The same with marginal likelihoods and posteriors: what `model_probabilities` gives for a panel.

    Parameters
    ----------
    formula : str
        Without lags in space: the models add ``W(x)`` of every regressor where they have it.
    data : pandas.DataFrame
        Indexed by unit and time.
    w : Weights, mapping of period to Weights, or mapping of name to either
        One W, or several to compare under their names.
    effects : str
        Fixed effects or none, such as ``"twoway"``.
    models : sequence of {"ols", "slx", "lag", "error", "durbin", "durbin_error"}
        What is compared.
    g : float, optional
        Of Zellner's prior of the coefficients; rows less effects by default.
    unbalanced : {"error", "common", "keep"}
        What to do with rows that are not there.

    Returns
    -------
    ModelProbabilities
        One row for each model and W: `log_evidence`, `probability`, and the posterior of rho or lambda.

    Raises
    ------
    OptionError
        If a model is not known, effects are not fixed, or `g` is not positive.
    FormulaError, AlignmentError, MissingDataError, DataError
        For input that cannot be used.

    References
    ----------
    LeSage, J. (2014). Spatial econometric panel data model specification: a Bayesian approach. Spatial Statistics 9,
    122-145.

    Examples
    --------
    >>> import gbaspatial as gba
    >>> panel = gba.load_panel().loc[:, ["gdp_pc_cny", "employment"]].dropna()
    >>> w = gba.weights.contiguity(gba.load_cities(year=2019), links=2019).row_standardized()
    >>> found = gba.models.panel_model_probabilities(
    ...     "log(gdp_pc_cny) ~ log(employment)", panel, w, models=("ols", "lag"), unbalanced="common")
    >>> found.frame.columns.tolist()
    ['log_evidence', 'probability', 'mean', 'lower', 'upper']
    """
    for name in models:
        word(name, ("ols", *MODELS), "models")
    named = by_name(w)
    if not models:
        raise DataError("there is nothing to compare: give at least one model.")
    rows: dict[tuple[str, str], tuple[Grid | None, float]] = {}
    uninformed = []
    rows_used, size, unknown = 0, 0.0, []
    for label, one in named.items():
        for name in models:
            model, intercept, informed = problem_as(name, formula, data, one, effects=effects, unbalanced=unbalanced)
            size, rows_used = prior_size(g, model.n), len(model.y)
            unknown.append(unknown_rows(model.effects))
            _check_rows(unknown)
            rows[label, name] = evidence(model, intercept, size, level_of_panel(model, intercept))
            if not informed:
                uninformed.append(label)
    return comparison_of(rows, rows_used, size, uninformed)


def _check_rows(unknown: list[np.ndarray | None]) -> None:
    """Raise where models lack regressors in different rows: they explain different outcomes then."""
    if not same_equations(unknown):
        counts = sorted({0 if mask is None else int(mask.sum()) for mask in unknown})
        raise OptionError(
            f"models of different rows cannot be compared: regressors, or their lags in space, are not known for "
            f"{' or '.join(map(str, counts))} rows, by model and W; compare models without W(x), or fill in the rows."
        )


def by_name(w: WeightsGiven) -> dict[str, WeightsGiven]:
    """Each W under its name; a single one, or one by period, is W."""
    named = isinstance(w, Mapping) and all(isinstance(key, str) for key in w)
    if w is None or (isinstance(w, Mapping) and not w):
        raise DataError("there is nothing to compare: give at least one W.")
    if not named:
        return {"W": given_weights(w)["W"]}
    assert isinstance(w, Mapping)
    return {str(name): given_weights(one, f"w[{name!r}]")["W"] for name, one in w.items()}


def problem_as(
    name: str, formula: str, data: pd.DataFrame, w: WeightsGiven | None, **options: object
) -> tuple[PanelProblem, int | None, bool]:
    """The likelihood of a panel as the model `name`, the place of its intercept, and whether W tells anything."""
    lagged, erred, durbin = name in LAGGED, name in ERRED, name in DURBIN
    informed = True
    try:
        given = specified(Request(f"panel_{name}", formula, data, w, durbin, dict(options), lagged, erred))
    except ConvergenceError:
        informed = False
        given = specified(Request("panel_slx", formula, data, w, durbin, dict(options)))
    if given.kind.random is not None or given.kind.rows is not None or given.kind.common:
        raise OptionError(f"posterior probabilities are of fixed effects or none, not of effects={given.kind.name!r}.")
    one = given.design.weights["W"]
    model = problem_of(given.design, one if lagged else None, one if erred else None, given.effects, True)
    places = [place for place, term in enumerate(given.design.terms) if is_intercept(term)]
    return model, places[0] if places else None, informed


def level_of_panel(model: PanelProblem, intercept: int | None) -> Level:
    """How far a unit of the intercept moves the mean level of y, in logarithms: zero without a lag or an intercept."""
    if model.lag is None or intercept is None:
        return lambda rho: 0.0
    lag, one = model.lag, np.ones(len(model.y))
    sums = lag.W @ one
    if np.ptp(sums) <= 1e-12 * np.abs(sums).max():
        common = float(sums.mean())
        return lambda rho: -float(np.log(abs(1 - rho * common)))
    return lambda rho: float(np.log(abs(lag.factor(rho).solve(one).mean())))


def posterior_of_panel(model: PanelProblem, intercept: int | None, g: float | None = None) -> Posterior:
    """The posterior of rho, lambda or both of a panel's likelihood."""
    return posterior_of(model, intercept, prior_size(g, model.n), level_of_panel(model, intercept))
