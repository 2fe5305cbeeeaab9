"""One question of a panel under every W, model and outcome: the specification curve."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gbaspatial.errors import ConvergenceError, OptionError
from gbaspatial.models.bayes import probabilities
from gbaspatial.models.fit import SPATIAL
from gbaspatial.models.fitted import with_inference
from gbaspatial.models.likelihood.marginal import evidence
from gbaspatial.models.panel import estimators, panel_durbin_models as durbin_models
from gbaspatial.models.panel.panel_evidence import (
    by_name,
    level_of_panel,
    posterior_of_panel,
    problem_as,
)
from gbaspatial.models.panel.unknown_regressors import same_equations
from gbaspatial.models.selection import ESTIMATORS, SpecificationCurve, check_compared, formulas_by_name
from gbaspatial.models.solve.admissible import window
from gbaspatial.options import public, word
from gbaspatial.randomness import Rng, seed_of
from gbaspatial.repeated.blocks import map_blocks

if TYPE_CHECKING:
    from gbaspatial.alignment import Label
    from gbaspatial.models.panel.panel_fit import PanelFit
    from gbaspatial.weights.annotations import WeightsGiven

MISSING = ("rho", "lambda", "p_value", "log_likelihood", "aic")

_PANELS = {
    "lag": estimators.panel_lag,
    "error": estimators.panel_error,
    "durbin": durbin_models.panel_durbin,
    "durbin_error": durbin_models.panel_durbin_error,
    "slx": estimators.panel_slx,
    "sarar": estimators.panel_sarar,
    "gns": durbin_models.panel_gns,
}


@public
def panel_over_weights(
    formula: str | Sequence[str] | Mapping[str, str],
    data: pd.DataFrame,
    weights: Mapping[str, WeightsGiven],
    *,
    models: Sequence[str] = ("lag",),
    period: Label = None,
    rng: Rng = 0,
    inference: str | None = None,
    **options: Any,
) -> SpecificationCurve:
    """Fit the same question of a panel under several W, models and outcomes; `over_weights` does so for a panel.

    Parameters
    ----------
    formula : str, sequence of str or mapping of str to str
        One formula, or several.
    data : pandas.DataFrame
        Indexed by unit and time.
    weights : mapping of str to Weights, or to a mapping of period to Weights
        The hypotheses of contact, each under its name.
    models : sequence of {"lag", "error", "durbin", "durbin_error", "slx", "sarar", "gns"}
        Where a model has no rho or lambda it is NaN; where there are both the interval is that of rho.
    period : optional
        Whose W the impacts are made of; the last one by default.
    rng : int, Generator or None
        Of the draws of the impacts.
    inference : {"recommended", "asymptotic"}, optional
        Where p-values and intervals come from; recommended if not given.
    **options
        Of the estimators (`PanelOptions`): ``effects``, ``covariance``, ``unbalanced`` and so on, but ``dynamic``.

    Returns
    -------
    SpecificationCurve
        With posterior probabilities where effects are fixed or none.

    Raises
    ------
    OptionError, DataError
        If a model or option is not known, or there is nothing to compare.

    References
    ----------
    LeSage, J., Pace, R. K. (2014). The biggest myth in spatial econometrics. Econometrics 2(4), 217-249.

    Examples
    --------
    >>> import gbaspatial as gba
    >>> panel = gba.load_panel().loc[:, ["gdp_pc_cny", "employment"]].dropna()
    >>> cities = gba.load_cities(year=2019)
    >>> w = {"bridges": gba.weights.contiguity(cities, links=2019).row_standardized(),
    ...      "3 nearest": gba.weights.nearest(cities, k=3).row_standardized()}
    >>> curve = panel_over_weights("log(gdp_pc_cny) ~ log(employment)", panel, w, effects="twoway", unbalanced="common")
    >>> curve.to_frame().index.tolist()
    ['bridges', '3 nearest']
    """
    for name in models:
        word(name, ESTIMATORS, "models")
    if isinstance(weights, Mapping) and not all(isinstance(key, str) for key in weights):
        raise OptionError("over_weights of panels takes W by name, and periods within: give names that are text.")
    check_compared(weights, models)
    if options.get("dynamic") is not None:
        raise OptionError("over_weights compares models without the outcome of the period before; leave out dynamic=.")
    formulas, named, seed = formulas_by_name(formula), by_name(weights), seed_of(rng)
    asked = [(outcome, name, model) for outcome in formulas for name in named for model in models]

    def _of(key: tuple[str, str, str]) -> tuple[PanelFit | None, dict[str, float], pd.DataFrame | None]:
        text, w, model = formulas[key[0]], named[key[1]], key[2]
        try:
            fit = _PANELS[model](text, data, w, **options)
        except ConvergenceError:
            return None, _prior_row(model, text, data, w, options), None
        fit = with_inference(fit, inference)
        return fit, _row(fit, model, text, data, w, options), _total(fit, period, seed)

    found = dict(zip(asked, map_blocks(_of, asked, "models"), strict=True))
    fits: dict[tuple[str, str, str], Any] = {key: fit for key, (fit, _, _) in found.items() if fit is not None}
    rows = {key: row for key, (_, row, _) in found.items()}
    totals = {key: total for key, (_, _, total) in found.items() if total is not None}
    uninformed = [name for (_, name, _), (fit, _, _) in found.items() if fit is None]
    index = pd.MultiIndex.from_tuples(list(rows), names=["outcome", "weights", "model"])
    frame = pd.DataFrame(list(rows.values()), index=index)
    notes = _without_likelihoods(frame, fits, formulas)
    parts = [frame.loc[[outcome], "log_evidence"].to_numpy() for outcome in formulas]
    frame["probability"] = np.concatenate([probabilities(part) for part in parts])
    return SpecificationCurve(
        frame.drop(columns="log_evidence"), _joined(totals, index), fits, seed, tuple(dict.fromkeys(uninformed)), notes
    )


def _without_likelihoods(frame: pd.DataFrame, fits: Mapping[Any, PanelFit], outcomes: Iterable[str]) -> tuple[str, ...]:
    """Leave out likelihoods of one outcome whose models lack regressors in different rows, and tell so."""
    told: dict[str, None] = {}
    for outcome in outcomes:
        unknown = [fit.design.unknown for key, fit in fits.items() if key[0] == outcome]
        if not same_equations(unknown):
            frame.loc[[outcome], ["log_likelihood", "aic", "log_evidence"]] = np.nan
            counts = sorted({0 if mask is None else int(mask.sum()) for mask in unknown})
            told[
                f"Regressors, or their lags in space, are not known for {' or '.join(map(str, counts))} rows, by model "
                f"and W: likelihoods of different rows do not compare and are left out."
            ] = None
    return tuple(told)


def _row(
    fit: PanelFit, model: str, formula: str, data: pd.DataFrame, w: WeightsGiven, options: dict[str, object]
) -> dict[str, float]:
    spatial = next((name for name in SPATIAL if name in fit.params.index), None)
    known = pd.Series({"p_value": np.nan, "lower": np.nan, "upper": np.nan})
    if spatial is not None:
        known = fit.tidy().loc[spatial]
    return {
        "rho": fit.rho, "lambda": fit.lambda_, "p_value": known["p_value"], "lower": known["lower"],
        "upper": known["upper"], "log_likelihood": fit.log_likelihood, "aic": fit.aic,
        "log_evidence": _log_evidence(fit, model, formula, data, w, options),
    }  # fmt: skip


def _shared(options: dict[str, object]) -> dict[str, Any]:
    return {name: options[name] for name in ("effects", "unbalanced") if name in options}


def _log_evidence(
    fit: PanelFit, model: str, formula: str, data: pd.DataFrame, w: WeightsGiven, options: dict[str, object]
) -> float:
    """Of the outcome less its effects; NaN where effects are random, or other rows are used."""
    if fit.kind.random is not None or fit.kind.rows is not None or fit.kind.common:
        return float("nan")
    asked, intercept, _ = problem_as(model, formula, data, w, **_shared(options))
    if asked.lag is None and asked.error is None:
        return evidence(asked, intercept, float(asked.n), level_of_panel(asked, intercept))[1]
    return posterior_of_panel(asked, intercept).log_evidence


def _prior_row(
    model: str, formula: str, data: pd.DataFrame, w: WeightsGiven, options: dict[str, object]
) -> dict[str, float]:
    """The row of a model whose likelihood has no maximum: no estimate, and an interval that excludes nothing."""
    asked, intercept, _ = problem_as(model, formula, data, w, **_shared(options))
    side = asked.lag if asked.lag is not None else asked.error
    assert side is not None
    low, high = window(side.interval)
    value = posterior_of_panel(asked, intercept).log_evidence
    return {**dict.fromkeys(MISSING, np.nan), "lower": low, "upper": high, "log_evidence": value}


def _total(fit: PanelFit, period: Label, seed: int) -> pd.DataFrame:
    """The total impacts with the W of `period`."""
    drawn: dict[str, Any] = {} if fit.w is None else {"rng": seed}
    place = fit.design.periods[-1] if period is None else period
    return fit.impacts(period=place, **drawn).total


def _joined(totals: Mapping[tuple[str, str, str], pd.DataFrame], index: pd.MultiIndex) -> pd.DataFrame:
    names = [*index.names, "term"]
    if not totals:
        empty = pd.MultiIndex.from_arrays([[]] * len(names), names=names)
        return pd.DataFrame(columns=["estimate", "std_error", "lower", "upper", "p_value"], index=empty, dtype=float)
    return pd.concat(dict(totals), names=names)
