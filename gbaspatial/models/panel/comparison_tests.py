"""Tests that set one panel estimate against another: Hausman and its other forms, common factor, likelihood ratios."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gbaspatial.inference.tails import chi_squared_tail, f_tail
from gbaspatial.models.diagnostics.lm_tests import Score
from gbaspatial.models.fit_tables import SMALL
from gbaspatial.models.likelihood.maximum import maximize
from gbaspatial.models.panel.less_effects import PanelProblem, panel_problem
from gbaspatial.models.panel.sides import leaves_effects, panel_side
from gbaspatial.models.panel.stack import Stack
from gbaspatial.models.panel.within import Effects, effects_of
from gbaspatial.sizes import POSITIVE_ABOVE

if TYPE_CHECKING:
    from gbaspatial.models.panel.panel_fit import PanelFit


# -- serial correlation ---------------------------------------------------------------------------
def wooldridge(e: np.ndarray) -> tuple[float, str, float]:
    """F test that errors behind within residuals `e` (T, n) are not serially correlated: lag slope = -1 / (T - 1).

    Its variance is made of one sum a unit. Below fifty units F is multiplied by (n - 1) / n and has n - 1 degrees of
    freedom; with those of the rows it rejects independent errors in 41, 18 and 11 % of samples of 2, 5 and 11 units.

    References
    ----------
    Wooldridge, J. M. (2010). Econometric Analysis of Cross Section and Panel Data, section 10.5.4. MIT Press.
    """
    T, n = e.shape
    now, before = e[1:], e[:-1]
    centered = before - before.mean()
    slope = float((centered * now).sum() / (centered**2).sum())
    left = now - now.mean() - slope * centered
    scores = (centered * left).sum(axis=0)
    variance = float(scores @ scores) / float((centered**2).sum()) ** 2
    F, df = (slope + 1 / (T - 1)) ** 2 / variance, n * (T - 1) - 2
    if n < SMALL:
        F, df = F * (n - 1) / n, n - 1
    return float(F), f"1, {df}", float(f_tail(F, 1, df))


# -- fixed or random ------------------------------------------------------------------------------
def hausman_tests(y: np.ndarray, X: np.ndarray, stack: Stack) -> dict[str, tuple[float, int, float]]:
    """Are effects of units unrelated to the regressors (m, k, none constant within units)? Balanced panels.

    `hausman` compares within estimates with those of random effects (Swamy and Arora) and is NaN where the
    difference of variances is not positive definite; `hausman_auxiliary` adds the within columns to the random
    effects regression (Mundlak's form), `hausman_clustered` the same with variances clustered by unit: these two
    always exist.

    References
    ----------
    Hausman, J. A. (1978). Specification tests in econometrics. Econometrica 46(6), 1251-1271.
    Mundlak, Y. (1978). On the pooling of time series and cross section data. Econometrica 46(1), 69-85.
    """
    k = X.shape[1]
    gap, difference, z, Z, Xw = swamy_arora(y, X, stack)
    found: dict[str, tuple[float, int, float]] = {"hausman": (np.nan, k, np.nan)}
    if np.linalg.eigvalsh(_scaled(difference)).min() > POSITIVE_ABOVE:
        value = float(gap @ np.linalg.solve(difference, gap))
        found["hausman"] = (value, k, float(chi_squared_tail(value, k)))
    return found | _auxiliary(z, np.column_stack([Z, Xw]), k, stack)


def swamy_arora(
    y: np.ndarray, X: np.ndarray, stack: Stack
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Within less random effects estimates (k,), of their variances too (k, k), and the data transformed."""
    m, k, T, n = len(y), X.shape[1], stack.periods, stack.n
    means = effects_of(stack, unit=True, time=False)
    Xw, yw = means.take_out(X), means.take_out(y)
    inverse = np.linalg.inv(Xw.T @ Xw)
    within = inverse @ (Xw.T @ yw)
    s2 = float(np.square(yw - Xw @ within).sum()) / (m - n - k)
    Xb = np.column_stack([np.ones(n), X.reshape(T, n, k).mean(axis=0)])
    yb = y.reshape(T, n).mean(axis=0)
    left = yb - Xb @ np.linalg.lstsq(Xb, yb, rcond=None)[0]
    one = T * float(left @ left) / (n - k - 1)
    keep = np.sqrt(min(s2 / one, 1.0))
    Z = np.column_stack([np.full(m, keep), Xw + keep * (X - Xw)])
    z = yw + keep * (y - yw)
    bread = np.linalg.inv(Z.T @ Z)
    random = bread @ (Z.T @ z)
    scale = float(np.square(z - Z @ random).sum()) / (m - k - 1)
    return within - random[1:], inverse * s2 - bread[1:, 1:] * scale, z, Z, Xw


def _scaled(matrix: np.ndarray) -> np.ndarray:
    """With ones (of either sign) on the diagonal, so that units of measurement do not decide."""
    size = np.sqrt(np.abs(np.diag(matrix)))
    return np.asarray(matrix / np.outer(size, size))


def _auxiliary(z: np.ndarray, Z: np.ndarray, k: int, stack: Stack) -> dict[str, tuple[float, int, float]]:
    bread = np.linalg.inv(Z.T @ Z)
    beta = bread @ (Z.T @ z)
    e = z - Z @ beta
    plain = bread * float(e @ e) / (len(z) - Z.shape[1])
    scores = np.stack([np.bincount(stack.unit, weights=column * e, minlength=stack.n) for column in Z.T])
    robust = bread @ (scores @ scores.T) @ bread
    found = {}
    for name, variance in (("hausman_auxiliary", plain), ("hausman_clustered", robust)):
        value = float(beta[-k:] @ np.linalg.solve(variance[-k:, -k:], beta[-k:]))
        found[name] = (value, k, float(chi_squared_tail(value, k)))
    return found


# -- lag or error, and how much either matters ------------------------------------------------------
def common_factor(fit: PanelFit) -> Score | None:
    """Wald test that a Durbin model is an error model: theta + rho beta = 0 for each regressor with a lag in space."""
    terms = list(fit.params.index)
    pairs = [(term, f"W({term})") for term in fit.terms if f"W({term})" in terms]
    if "rho" not in terms or not pairs:
        return None
    gaps = np.array([fit.params[lagged] + fit.rho * fit.params[term] for term, lagged in pairs])
    slope = np.zeros((len(pairs), len(terms)))
    for row, (term, lagged) in enumerate(pairs):
        slope[row, terms.index(term)], slope[row, terms.index(lagged)] = fit.rho, 1.0
        slope[row, terms.index("rho")] = fit.params[term]
    variance = slope @ fit.covariance.to_numpy() @ slope.T
    if not np.isfinite(variance).all():
        return None
    return Score(float(gaps @ np.linalg.solve(variance, gaps)), len(pairs))


def likelihood_ratios(fit: PanelFit) -> dict[str, Score]:
    """Of rho, of lambda and of the effects, each against the same model without it.

    Ratios of effects compare likelihoods with a dummy for each effect, without correction.
    """
    found: dict[str, Score] = {}
    model = fit._problem
    if type(model) is not PanelProblem:  # random effects, dynamic models and moments have other likelihoods, or none
        return found
    for name, lag, error in (("lr_rho", None, model.error), ("lr_lambda", model.lag, None)):
        if (model.lag if name == "lr_rho" else model.error) is not None:
            part = panel_problem(model.y, model.X, lag, error, model.effects, corrected=fit.correction == "lee-yu")
            found[name] = Score(max(2 * (fit.log_likelihood - maximize(part).log_likelihood), 0.0), 1)
    own = model.effects
    if own.cells is not None and fit.kind.groups is not None:
        return found
    for name, there, other in (
        ("lr_unit_effects", own.unit, effects_of(own.stack, unit=False, time=own.cells is not None)),
        ("lr_time_effects", own.cells is not None, effects_of(own.stack, unit=own.unit, time=False)),
    ):
        sides = [one for one in (fit.w, fit.error_w) if one is not None]
        if there and (fit.error_w is None or all(leaves_effects(one, other) for one in sides)):
            ratio = 2 * (_with_dummies(fit, own) - _with_dummies(fit, other))
            found[name] = Score(max(ratio, 0.0), own.rank - max(other.rank, 1))
    return found


def _with_dummies(fit: PanelFit, effects: Effects) -> float:
    """The largest log-likelihood with a dummy for every effect, or with an intercept where there are none."""
    X = fit.design.X
    if effects.rank == 0:
        X = np.column_stack([np.ones(len(X)), X])
    one = panel_side(fit.w, None) if fit.w is not None else None
    two = one if fit.error_w is fit.w else panel_side(fit.error_w, None) if fit.error_w is not None else None
    return maximize(panel_problem(fit.design.y, X, one, two, effects, corrected=False)).log_likelihood
