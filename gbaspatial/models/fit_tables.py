"""What a `Fit` shows: its terms, the measures of the whole fit, and in words where the inference comes from."""

from __future__ import annotations

import pandas as pd

from gbaspatial.models.fit import METHOD_NAMES, SMALL, TITLES, Fit
from gbaspatial.results import Table

_SUMMARY_DRAWS = 1_999
_SUMMARY_SEED = 0


def tables(fit: Fit) -> tuple[Table, ...]:
    """Coefficients and, in a second table, the measures of the fit."""
    frame, inference = _inference(fit)
    notes = [f"n = {fit.n} units, k = {fit.k} columns of X, {fit.n_params} parameters in AIC and BIC."]
    if fit.w is not None:
        notes.append(f"W: {fit.w.recipe}.")
    if fit.error_w is not None and fit.error_w is not fit.w:
        notes.append(f"W of the error: {fit.error_w.recipe}.")
    notes.extend([inference, *fit.notes])
    numbers = fit.glance().iloc[0].drop(["model", "method"])
    measures = pd.DataFrame({"value": numbers.dropna()}).rename_axis("measure")
    return Table(frame, _title(fit), tuple(notes)), Table(measures)


def tidy(fit: Fit, level: float = 0.95) -> pd.DataFrame:
    """One row per term: `estimate, std_error, statistic, p_value, lower, upper`."""
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


def _inference(fit: Fit) -> tuple[pd.DataFrame, str]:
    """The main table, and in words where its standard errors and p-values come from."""
    asymptotic = fit.covariance_kind.startswith("information")
    if fit.n < SMALL and fit.method == "ml" and asymptotic and not fit.edges and fit.model in TITLES:
        return _small_sample(fit)
    if fit.df is not None:
        distribution = f"t with {fit.df:g} degrees of freedom"
        if fit.n < SMALL:
            distribution += ", exact for normal errors" if fit.covariance_kind == "classical" else ", approximate"
    else:
        distribution = "normal" if fit.n >= SMALL else f"normal, approximate with {fit.n} units"
    return fit.tidy(), f"Standard errors: {fit.covariance_kind}; p-values: {distribution}, two-sided."


def _small_sample(fit: Fit) -> tuple[pd.DataFrame, str]:
    """The main table with inference that holds below `SMALL` units, and what it is."""
    from gbaspatial.models.bootstrap import bootstrap

    result = bootstrap(fit, draws=_SUMMARY_DRAWS, rng=_SUMMARY_SEED)
    frame = pd.DataFrame(
        {
            "estimate": fit.params,
            "bias": result.bias,
            "std_error": result.std_errors,
            "p_value": result.p_values,
        }
    ).join(result.conf_int())
    told = (
        f"Below {SMALL} units by parametric bootstrap ({result.draws} draws, seed {result.seed}): bias, standard "
        f"errors, p-values and 95 % intervals; asymptotic ones are in fit.tidy()."
    )
    return frame.rename_axis("term"), told
