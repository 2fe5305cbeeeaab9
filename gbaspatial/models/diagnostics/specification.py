"""Tests of a spatial fit by maximum likelihood against simpler and richer ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from scipy import sparse

from gbaspatial.formula import Design, is_intercept
from gbaspatial.models.diagnostics.lm_tests import Score, lm_error_residual
from gbaspatial.models.fit import SPATIAL, Fit, problem_again
from gbaspatial.models.likelihood.information import information, information_apart
from gbaspatial.models.likelihood.maximum import maximize
from gbaspatial.models.likelihood.of_design import problem_of
from gbaspatial.models.likelihood.problem import Estimate, log_likelihood, problem, solution
from gbaspatial.models.solve.factor import Eliminated, Factor, pencil_of
from gbaspatial.randomness import TRACE_PROBES, label_ranks, probes_of
from gbaspatial.sizes import DENSE_LIMIT, TRACES_LIMIT
from gbaspatial.weights import Weights

_BLOCK, _PROBES = 256, 256
_SERIES = 1e-4  # of the nearer end of the interval: three terms miss 1e-12 there


def spatial_tests(fit: Fit, w: Weights | None) -> dict[str, Score]:
    """Wald, likelihood ratio, and what else applies to the kind of model."""
    found = {"wald": wald(fit), "likelihood_ratio": likelihood_ratio(fit)}
    lags = any(c.weights is not None for c in fit.design.columns)
    if lags:
        found["likelihood_ratio_wx"] = _without_lags(fit)
    if fit.w is not None and fit.error_w is None:
        found["lm_error_residual"] = error_residual(fit, w or fit.w)
        if lags and _is_durbin(fit.design):
            found["common_factor"] = common_factor(fit)
            found["common_factor_wald"] = common_factor_wald(fit)
    if fit.w is None and fit.error_w is not None:
        found["hausman"], found["hausman_corrected"] = hausman(fit)
    if fit.n <= DENSE_LIMIT and not fit.edges:
        found["spatial_breusch_pagan"] = spatial_breusch_pagan(fit)
    return found


def wald(fit: Fit) -> Score:
    """All spatial parameters zero, by their covariance; NaN at the edge of the interval."""
    names = [name for name in SPATIAL if name in fit.params.index]
    values = fit.params[names].to_numpy()
    if not np.all(np.isfinite(fit.covariance.loc[names, names].to_numpy())):
        return Score(np.nan, len(names))
    places = [list(fit.params.index).index(name) for name in names]
    return _with_error(fit, lambda C: float(values @ np.linalg.solve(C[np.ix_(places, places)], values)), len(names))


def _with_error(fit: Fit, statistic: Callable[[np.ndarray], float], df: int) -> Score:
    """A statistic of the covariance with the error that the probes of that leave in it."""
    covariance, rough = _covariance(fit)
    value = statistic(covariance)
    return Score(value, df, abs(statistic(rough) - value) if rough is not None else 0.0)


def likelihood_ratio(fit: Fit) -> Score:
    """All spatial parameters zero, against least squares on the same X."""
    spec = fit.design
    plain = log_likelihood(problem(spec.y, spec.X, d=spec.observation_weights))
    names = [name for name in SPATIAL if name in fit.params.index]
    return Score(2 * (fit.log_likelihood - plain), len(names))


def keep(design: Design, wanted: list[int]) -> Design:
    """`design` with only the columns at the places `wanted`."""
    return replace(
        design,
        X=design.X[:, wanted],
        terms=tuple(design.terms[i] for i in wanted),
        columns=tuple(design.columns[i] for i in wanted),
    )


def _unlagged(design: Design) -> list[int]:
    return [place for place, column in enumerate(design.columns) if column.weights is None]


def _is_durbin(design: Design) -> bool:
    """Whether every regressor has its lag by W, as the common factor test needs."""
    return all(r.beta is not None and "W" in r.theta for r in design.regressors())


def _restricted(fit: Fit, w: Weights | None, error_w: Weights | None) -> float:

    return maximize(problem_of(keep(fit.design, _unlagged(fit.design)), w, error_w, fit._logdet)).log_likelihood


def _without_lags(fit: Fit) -> Score:
    wanted = _unlagged(fit.design)
    if not wanted:
        return Score(np.nan, 0)
    return Score(2 * (fit.log_likelihood - _restricted(fit, fit.w, fit.error_w)), fit.k - len(wanted))


def common_factor(fit: Fit) -> Score:
    """theta = -rho beta by the likelihood ratio against the error model (Burridge 1981)."""
    df = sum(1 for column in fit.design.columns if column.weights is not None)
    return Score(2 * (fit.log_likelihood - _restricted(fit, None, fit.w)), df)


def common_factor_wald(fit: Fit) -> Score:
    """theta = -rho beta by a Wald test (Anselin 1988, 226)."""
    regressors = fit.design.regressors()
    beta = np.array([fit.beta[r.beta] for r in regressors if r.beta is not None])
    theta = np.array([fit.beta[r.theta["W"]] for r in regressors])
    slopes = np.zeros((len(regressors), len(fit.params)))
    for row, r in enumerate(regressors):
        slopes[row, r.beta] = fit.rho
        slopes[row, r.theta["W"]] = 1.0
        slopes[row, fit.k] = beta[row]
    gap = theta + fit.rho * beta
    if not np.all(np.isfinite(slopes @ fit.covariance.to_numpy() @ slopes.T)):
        return Score(np.nan, len(gap))
    return _with_error(fit, lambda C: float(gap @ np.linalg.solve(slopes @ C @ slopes.T, gap)), len(gap))


def error_residual(fit: Fit, w: Weights) -> Score:
    """The score test for an error process left in a lag model.

    The variance of its score is a difference of traces, which magnifies what errs in them; they
    are exact up to 5,000 units, and tr((W + W') W A^-1) for the W of the lag at any size.
    """
    assert fit.w is not None
    e = fit.residuals.reindex(fit.design.ids).to_numpy()
    cross, spread = _cross_trace(fit.w, w, fit.rho)

    def _statistic(variance: np.ndarray, trace: float = cross) -> float:
        return lm_error_residual(e, w.sparse, fit.sigma2, trace, float(variance[fit.k, fit.k])).statistic

    covariance, rough = _covariance(fit)
    by_trace = _statistic(covariance, cross + spread) - _statistic(covariance) if spread else 0.0
    by_variance = _statistic(rough) - _statistic(covariance) if rough is not None else 0.0
    return Score(_statistic(covariance), 1, float(np.hypot(by_trace, by_variance)))


def _covariance(fit: Fit) -> tuple[np.ndarray, np.ndarray | None]:
    """The covariance for tests, exact where that can be had; and one as far off as its probes err, None where exact."""
    kept = fit.covariance.to_numpy()
    if fit.n <= TRACES_LIMIT or fit.edges:
        return kept, None
    model, at = problem_again(fit), estimate_of(fit)
    apart = information_apart(model, at)
    if not apart.error or not np.allclose(np.diag(apart.covariance())[:-1], np.diag(kept), rtol=1e-4, atol=0):
        return kept, None  # a sandwich has no probes
    apart = information_apart(model, at, exact=True)
    if not apart.error:
        return apart.covariance()[:-1, :-1], None
    rough = apart.matrix.copy()
    for place in range(fit.k, len(rough) - 1):
        rough[place, place] *= 1 + apart.error
    return apart.covariance()[:-1, :-1], replace(apart, matrix=rough).covariance()[:-1, :-1]


def _cross_trace(w: Weights, other: Weights, rho: float) -> tuple[float, float]:
    """tr((W2 + W2') W1 A^-1), A = I - rho W1, and the standard error that probes leave in it."""
    W1, W2, n = w.sparse, other.sparse, w.n
    both = W2 + W2.T
    if n <= TRACES_LIMIT:
        G = W1 @ np.linalg.inv(np.eye(n) - rho * W1.toarray())
        return float(np.sum(both.toarray() * G.T)), 0.0
    if abs(rho) < _SERIES * min(abs(end) for end in w.interval):  # where 1 / rho would magnify round-off
        first = sparse.csr_array(both @ W1)
        second = sparse.csr_array(W1 @ W1)
        parts = (first.trace(), first.multiply(W1.T).sum(), first.multiply(second.T).sum())
        return float(sum(rho**power * part for power, part in enumerate(parts))), 0.0
    factor = pencil_of(w).factor(rho)
    if other is w and isinstance(factor, Eliminated):
        from gbaspatial.models.solve.selected_inverse import inverse_on_links  # numba, for a large W only

        return float(both.multiply(inverse_on_links(factor)).sum()) / rho, 0.0  # W A^-1 = (A^-1 - I) / rho
    if n <= DENSE_LIMIT:
        return _trace_by_columns(both, W1, factor), 0.0
    V = probes_of(label_ranks(w.ids), _PROBES, TRACE_PROBES)
    by_probe = np.sum((both @ V) * (W1 @ factor.solve(V)), axis=0)
    return float(by_probe.mean()), float(by_probe.std(ddof=1) / np.sqrt(_PROBES))


def _trace_by_columns(both: sparse.csr_array, W: sparse.csr_array, factor: Factor) -> float:
    total, n = 0.0, W.shape[0]
    for start in range(0, n, _BLOCK):
        place = np.arange(start, min(start + _BLOCK, n))
        columns = np.zeros((n, len(place)))
        columns[place, place - start] = 1.0
        total += float(np.sum(both[:, place].toarray() * (W @ factor.solve(columns))))
    return total


def hausman(fit: Fit) -> tuple[Score, Score]:
    """Least squares against the error model, as spatialreg computes it and as it should be.

    Under the error model the variance of least squares is s2 H A^-1 A^-T H' with
    H = (X'X)^-1 X'. spatialreg 1.2 leaves out the transpose (H A^-1 A^-1 H'), which is the
    same for symmetric W only. Both are given: the first to compare with published
    tables, the second to read. A difference of variances that is not positive definite
    gives a statistic that means nothing; the second is NaN then.
    """
    assert fit.error_w is not None
    spec = fit.design
    root = np.sqrt(spec.observation_weights) if spec.observation_weights is not None else np.ones(fit.n)
    A = pencil_of(fit.error_w).factor(fit.lambda_)
    H = np.linalg.solve(spec.X.T @ spec.X, spec.X.T)
    gap = H @ spec.y - fit.beta
    filtered = root[:, None] * (spec.X - fit.lambda_ * (fit.error_w.sparse @ spec.X))
    efficient = np.linalg.inv(filtered.T @ filtered)
    before, after = A.solve(H.T, transposed=True), A.solve(H.T)  # (H A^-1)' and A^-1 H'
    plain = fit.sigma2 * (before.T @ after - efficient)
    half = before / root[:, None]
    right = fit.sigma2 * (half.T @ half - efficient)
    found = []
    for variance, needs_sign in ((plain, False), (right, True)):
        positive = np.linalg.eigvalsh((variance + variance.T) / 2).min() > 0
        statistic = float(gap @ np.linalg.solve(variance, gap)) if positive or not needs_sign else np.nan
        found.append(Score(statistic, fit.k))
    return found[0], found[1]


def spatial_breusch_pagan(fit: Fit) -> Score:
    """The score test for a variance that depends on X, with the spatial parameters estimated.

    The score of the variance is not orthogonal to that of rho and lambda (their
    covariance is sum z_i G_ii), which the plain Breusch-Pagan test overlooks (Anselin 1988, 121).
    """
    model = problem_again(fit)
    spec = fit.design
    Z = spec.X[:, [not is_intercept(t) for t in fit.terms]]
    if not Z.shape[1]:
        return Score(np.nan, 0)
    at = estimate_of(fit)
    matrix, _ = information(model, at, exact=True)
    e = fit.residuals.reindex(spec.ids).to_numpy()
    if spec.observation_weights is not None:
        e = e * np.sqrt(spec.observation_weights)
    scale = np.abs(Z).max(axis=0)
    Z = Z / scale
    score = Z.T @ (e**2 / fit.sigma2 - 1) / 2
    across = np.zeros((Z.shape[1], matrix.shape[0]))
    across[:, -1] = Z.sum(axis=0) / (2 * fit.sigma2)
    for name, W in (("rho", fit.w), ("lambda", fit.error_w)):
        if W is not None:
            place = list(fit.params.index).index(name)
            across[:, place] = Z.T @ _diagonal(fit, name)
    spread = Z.T @ Z / 2 - across @ np.linalg.solve(matrix, across.T)
    return Score(float(score @ np.linalg.lstsq(spread, score, rcond=1e-10)[0]), Z.shape[1])


def _diagonal(fit: Fit, name: str) -> np.ndarray:
    """The diagonal (n,) of G1 = B W1 A^-1 B^-1 (for rho) or of G2 = W2 B^-1 (for lambda), by blocks of columns."""
    A = pencil_of(fit.w).factor(fit.rho) if fit.w is not None else None
    B = pencil_of(fit.error_w).factor(fit.lambda_) if fit.error_w is not None else None
    found = np.empty(fit.n)
    for start in range(0, fit.n, _BLOCK):
        place = np.arange(start, min(start + _BLOCK, fit.n))
        columns = np.zeros((fit.n, len(place)))
        columns[place, place - start] = 1.0
        columns = B.solve(columns) if B is not None else columns
        if name == "lambda":
            columns = fit.error_w.sparse @ columns  # type: ignore[union-attr]
        else:
            columns = fit.w.sparse @ A.solve(columns)  # type: ignore[union-attr]
            columns = columns if fit.error_w is None else columns - fit.lambda_ * (fit.error_w.sparse @ columns)
        found[place] = columns[place, place - start]
    return found


def estimate_of(fit: Fit) -> Estimate:
    """The `Estimate` that stands behind `fit`, without searching again."""
    model = problem_again(fit)
    rho = fit.rho if fit.w is not None else 0.0
    lam = fit.lambda_ if fit.error_w is not None else 0.0
    beta, sse, _, _ = solution(model, rho, lam)
    zero_curve = model.lag.curve if model.lag else model.error.curve  # type: ignore[union-attr]
    return Estimate(
        beta, rho, lam, sse / fit.n, fit.log_likelihood, fit.edges,
        zero_curve, model.error.curve if model.error else zero_curve,
    )  # fmt: skip
