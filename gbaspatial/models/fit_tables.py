"""What a `Fit` shows: its terms, the measures of the whole fit, and in words where the inference comes from."""

from __future__ import annotations

import pandas as pd

from gbaspatial.models.few_units import recommended as few_units
from gbaspatial.models.fit import METHOD_NAMES, TITLES, Fit
from gbaspatial.results import Table


def tables(fit: Fit) -> tuple[Table, ...]:
    """Coefficients and, in a second table, the measures of the fit."""
    notes = [f"n = {fit.n} units, k = {fit.k} columns of X, {fit.n_params} parameters in AIC and BIC."]
    if fit.w is not None:
        notes.append(f"W: {fit.w.recipe}.")
    if fit.error_w is not None and fit.error_w is not fit.w:
        notes.append(f"W of the error: {fit.error_w.recipe}.")
    notes.extend([*few_units.told(fit), *fit.notes])
    numbers = fit.glance().iloc[0].drop(["model", "method"])
    measures = pd.DataFrame({"value": numbers.dropna()}).rename_axis("measure")
    return Table(fit.tidy(), _title(fit), tuple(notes)), Table(measures)


def tidy(fit: Fit, level: float = 0.95) -> pd.DataFrame:
    """One row per term: `estimate, std_error, statistic, p_value, lower, upper`, by the inference of the fit."""
    frame = pd.DataFrame(
        {
            "estimate": fit.params,
            "std_error": fit.std_errors,
            "statistic": fit.tvalues,
            "p_value": fit.pvalues,
        }
    ).join(fit.conf_int(level))
    return frame.rename_axis("term")


def glance(fit: Fit) -> pd.DataFrame:
    """One row that tells the whole fit."""
    row = {
        "model": fit.model, "method": fit.method, "n": fit.n, "k": fit.k, "n_params": fit.n_params,
        "rho": fit.rho, "lambda": fit.lambda_, "sigma2": fit.sigma2, "log_likelihood": fit.log_likelihood,
        "aic": fit.aic, "bic": fit.bic, "r_squared": fit.r_squared,
        "adj_r_squared": fit.adj_r_squared,
    }  # fmt: skip
    return pd.DataFrame([row])


def _title(fit: Fit) -> str:
    name = TITLES.get(fit.model, fit.model)
    how = "" if fit.method == "ols" else f" by {METHOD_NAMES.get(fit.method, fit.method)}"
    return f"{name}{how}: {fit.formula}"
