"""`fit.diagnostics(w)`: specification tests of a fit, with a reading in words.

Which tests there are depends on the fit: Lagrange multiplier tests for least squares, tests
of what a spatial model leaves for spatial fits. Breusch-Pagan and Koenker-Bassett use the
regressors X (as lmtest does; PySAL takes their squares); of spatial fits, e and X filtered
by I - lambda W.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import special

from gbaspatial.formula import in_order, is_intercept, named_weights
from gbaspatial.models.diagnostics import lm_tests as tests
from gbaspatial.models.diagnostics.lm_tests import Score
from gbaspatial.models.diagnostics.specification import spatial_tests
from gbaspatial.models.diagnostics.words import reading
from gbaspatial.models.fit import Fit
from gbaspatial.models.fit_tables import SMALL
from gbaspatial.options import public
from gbaspatial.referee import code as _code, second_opinion as _second_opinion
from gbaspatial.results import Result, Table
from gbaspatial.weights import Weights

if TYPE_CHECKING:
    from gbaspatial.weights.annotations import WeightsGiven

NULLS = {
    "moran_residuals": "no spatial autocorrelation of residuals (z of Moran's I)",
    "lm_error": "no spatial error",
    "lm_lag": "no spatial lag",
    "robust_lm_error": "no spatial error, a lag allowed for",
    "robust_lm_lag": "no spatial lag, an error allowed for",
    "lm_sarma": "neither spatial lag nor error",
    "lm_wx": "no lags of regressors",
    "lm_sdm": "neither spatial lag nor lags of regressors",
    "robust_lm_wx": "no lags of regressors, a spatial lag allowed for",
    "robust_lm_lag_sdm": "no spatial lag, lags of regressors allowed for",
    "lm_slx_error": "neither spatial error nor lags of regressors",
    "lm_error_residual": "no spatial error beside the lag",
    "anselin_kelejian": "no spatial error after instrumental variables",
    "wald": "spatial parameters are zero",
    "likelihood_ratio": "spatial parameters are zero",
    "likelihood_ratio_wx": "coefficients of the lags of regressors are zero",
    "common_factor": "theta = -rho beta: the error model is enough",
    "common_factor_wald": "theta = -rho beta: the error model is enough",
    "hausman": "least squares and error model estimate the same (variance as in spatialreg)",
    "hausman_corrected": "least squares and error model estimate the same",
    "breusch_pagan": "variance does not depend on X, normal e",
    "koenker_bassett": "variance does not depend on X",
    "white": "variance does not depend on X, squares, products",
    "spatial_breusch_pagan": "variance does not depend on X, rho or lambda estimated",
    "jarque_bera": "normal residuals",
}


@dataclass(frozen=True, slots=True, eq=False)
class DiagnosticsResult(Result):
    """Specification tests by name.

    Attributes
    ----------
    frame : pandas.DataFrame
        Rows by test; `statistic`, `df`, `p_value`, `null` (the hypothesis tested); `probe_error`, the
        standard error that random probes leave in a statistic, where any does (above 5,000 units).
    condition_number : float
        Of X with columns of length one (Belsley, Kuh and Welsch 1980); above 30 is a warning.
    vif : pandas.Series
        Variance inflation factors by term.
    sentences : tuple of str
        What the tests say together.
    n : int
        Units.
    formula : str
        Of the model.
    """

    frame: pd.DataFrame
    condition_number: float
    vif: pd.Series
    sentences: tuple[str, ...]
    n: int
    formula: str
    _fit: Fit = field(repr=False)
    _w: Weights | None = field(repr=False)

    second_opinion = _second_opinion
    code = _code

    @property
    def text(self) -> str:
        """What the tests say together, as one paragraph."""
        return " ".join(self.sentences)

    def to_frame(self) -> pd.DataFrame:
        """The tests; see `frame`."""
        return self.frame.copy()

    def tables(self) -> tuple[Table, ...]:
        """The tests, then how the regressors hang together."""
        title = f"Specification tests: {self.formula} (n = {self.n})"
        notes = (*self.sentences, "p-values: chi-squared, asymptotic; of moran_residuals exact for normal residuals.")
        collinear = self.vif.rename("vif").to_frame().rename_axis("term")
        condition = (f"Condition number of X: {self.condition_number:.4g}.",)
        return Table(self.frame, title, notes), Table(collinear, "Collinearity", condition)


@public
def diagnostics(fit: Fit, w: WeightsGiven | None = None) -> DiagnosticsResult:
    """Specification tests of `fit`.

    Parameters
    ----------
    fit : Fit
    w : Weights, optional
        The W of the tests for spatial structure; by default that of the fit. Least squares
        fitted without W has none: without `w` only the tests that need no W are made.

    Returns
    -------
    DiagnosticsResult

    References
    ----------
    Anselin, L., Bera, A., Florax, R. and Yoon, M. (1996). Simple diagnostic tests for spatial
    dependence. Regional Science and Urban Economics 26.
    Koley, M. and Bera, A. (2024). To use, or not to use the spatial Durbin model? Spatial
    Economic Analysis 19.
    Pace, R. K. and LeSage, J. (2008). A spatial Hausman test. Economics Letters 101.

    Examples
    --------
    >>> import numpy as np
    >>> from gbaspatial.models import ols
    >>> chain = Weights(np.eye(6, k=1) + np.eye(6, k=-1), list("abcdef")).row_standardized()
    >>> data = pd.DataFrame({"y": [1.0, 2, 2, 3, 5, 4], "x": [0.0, 2, 1, 2, 4, 3]}, index=list("abcdef"))
    >>> round(float(ols("y ~ x", data).diagnostics(chain).to_frame().loc["lm_lag", "statistic"]), 3)
    2.486
    """
    chosen = _weights(fit, w)
    rows = dict(_rows(fit, chosen))
    frame = pd.DataFrame(
        {
            "statistic": {name: score.statistic for name, (score, _) in rows.items()},
            "df": {name: score.df for name, (score, _) in rows.items()},
            "p_value": {name: p for name, (_, p) in rows.items()},
        }
    )
    errors = {name: score.error for name, (score, _) in rows.items()}
    if any(errors.values()):
        frame["probe_error"] = pd.Series(errors)
    frame["null"] = [NULLS[name] for name in frame.index]
    frame = frame.rename_axis("test")
    return DiagnosticsResult(
        frame=frame,
        condition_number=condition_number(fit.design.X),
        vif=inflation(fit),
        sentences=reading(fit, frame, small=fit.n < SMALL),
        n=fit.n,
        formula=fit.formula,
        _fit=fit,
        _w=chosen,
    )


def _weights(fit: Fit, w: WeightsGiven) -> Weights | None:
    if w is None:
        return fit.w or fit.error_w or fit.design.weights.get("W")
    return in_order(named_weights(w)["W"], fit.design.ids)


def _rows(fit: Fit, w: Weights | None) -> Iterator[tuple[str, tuple[Score, float]]]:
    """All tests that apply, in the order of the table, each with its p-value."""
    e, X = _standardized(fit)
    # The LM tests take e to have one variance: with observation weights they would not hold.
    unweighted = fit.design.observation_weights is None
    if w is not None and fit.method == "ols" and unweighted and w.n_links:
        moran = _moran(fit, w)
        if np.isfinite(moran[0].statistic):  # else W acts on the residuals as a number, and no test can vary
            yield "moran_residuals", moran
            yield from _chi_squared(_least_squares_tests(fit, w))
    if fit.method == "ml":
        yield from _chi_squared(spatial_tests(fit, w))
    if fit.method == "gmm" and w is not None and fit.design.k:
        yield from _chi_squared(_instrumental(fit, w))
    Z = X[:, [not is_intercept(t) for t in fit.terms]] if fit.method == "ols" else X
    if Z.shape[1]:
        yield from _chi_squared(
            {
                "breusch_pagan": tests.breusch_pagan(e, Z),
                "koenker_bassett": tests.koenker_bassett(e, Z),
                "white": tests.white(e, Z),
            }
        )
    yield from _chi_squared({"jarque_bera": tests.jarque_bera(e)})


def _chi_squared(scores: dict[str, Score]) -> Iterator[tuple[str, tuple[Score, float]]]:
    for name, score in scores.items():
        if score.df > 0 and np.isfinite(score.statistic):
            p = float(special.chdtrc(score.df, max(score.statistic, 0.0))) if score.statistic > -1e-8 else np.nan
            yield name, (score, p)


def _standardized(fit: Fit) -> tuple[np.ndarray, np.ndarray]:
    """Innovations and X, filtered by I - lambda W and scaled by observation weights."""
    spec = fit.design
    e = fit.residuals.reindex(spec.ids).to_numpy()
    X = spec.X
    if fit.error_w is not None and np.isfinite(fit.lambda_):
        X = X - fit.lambda_ * (fit.error_w.sparse @ X)
    if spec.observation_weights is not None:
        root = np.sqrt(spec.observation_weights)
        return e * root, X * root[:, None]
    return e, X


def _least_squares_tests(fit: Fit, w: Weights) -> dict[str, Score]:
    spec = fit.design
    y, X = spec.y, spec.X
    unlagged = [
        place
        for place, column in enumerate(spec.columns)
        if column.weights is None and not is_intercept(column.regressor)
    ]
    a = tests.ingredients(y, X, w.sparse, X[:, unlagged])
    wx, sdm, lag, error = tests.lm_wx(a), tests.lm_sdm(a), tests.lm_lag(a), tests.lm_error(a)
    return {
        "lm_error": error,
        "lm_lag": lag,
        "robust_lm_error": tests.robust_lm_error(a),
        "robust_lm_lag": tests.robust_lm_lag(a),
        "lm_sarma": tests.lm_sarma(a),
        "lm_wx": wx,
        "lm_sdm": sdm,
        "robust_lm_wx": Score(sdm.statistic - lag.statistic, wx.df),
        "robust_lm_lag_sdm": Score(sdm.statistic - wx.statistic, 1),
        "lm_slx_error": Score(error.statistic + wx.statistic, wx.df + 1),
    }


def _moran(fit: Fit, w: Weights) -> tuple[Score, float]:
    """The z-value of Moran's I of the residuals; p is exact for normal e (Imhof) up to a thousand units."""
    from gbaspatial.autocorrelation import moran

    test = moran(fit, w)
    return Score(float(test.z), 1), float(test.p_value)


def _instrumental(fit: Fit, w: Weights) -> dict[str, Score]:
    """Anselin and Kelejian's test for a lag model by two-stage least squares with its classical covariance."""
    names = [*fit.terms, "rho"]
    if (
        fit.w is None
        or fit.error_w is not None
        or list(fit.params.index) != names
        or fit.covariance_code != "classical"
    ):
        return {}
    spec = fit.design
    Z = np.column_stack([spec.X, fit.w.sparse @ spec.y])
    e = fit.residuals.reindex(spec.ids).to_numpy()
    return {"anselin_kelejian": tests.anselin_kelejian(e, Z, w.sparse, fit.covariance.to_numpy() / fit.sigma2)}


def condition_number(X: np.ndarray) -> float:
    """Largest over smallest singular value of `X` (n, k) with columns scaled to length one."""
    values = np.linalg.svd(X / np.linalg.norm(X, axis=0), compute_uv=False)
    return float(values[0] / values[-1])


def inflation(fit: Fit) -> pd.Series:
    """Variance inflation factor 1 / (1 - R2_j) of every regressor on the others."""
    X, found = fit.design.X, {}
    for place, term in enumerate(fit.terms):
        if is_intercept(term):
            continue
        x, others = X[:, place], np.delete(X, place, axis=1)
        basis = np.linalg.qr(others)[0]
        rest = x - basis @ (basis.T @ x)
        centered = x - x.mean() if any(map(is_intercept, fit.terms)) else x
        found[term] = float(centered @ centered) / float(rest @ rest)
    return pd.Series(found, name="vif", dtype=float)
