"""Adjusted scores of rho and lambda together, against Lee and Yu's likelihood, dummies, and dense matrices."""

import numpy as np
import pandas as pd
import pytest
from scipy import linalg, sparse
from test_estimators import made
from test_filtered_fit import by_year

from gbaspatial import models
from gbaspatial.errors import ConvergenceError, OptionError
from gbaspatial.models.panel.adjusted_scores import AdjustedScores, apart_of, solved
from gbaspatial.models.panel.filtered_effects import dummies_of
from gbaspatial.models.panel.less_effects import panel_problem
from gbaspatial.models.panel.panel_specification import specified
from gbaspatial.models.panel.sides import panel_side
from gbaspatial.models.request import Request
from gbaspatial.weights import Weights

REGIONS = {f"u{i}": "ab"[i % 2] for i in range(12)}
TERMS = {"unit": "+ C(unit)", "time": "+ C(year)", "twoway": "+ C(unit) + C(year)"}


def scores_of(effects, w, error_w=None, corrected=True, data=None):
    data = made()[0] if data is None else data
    asked = Request("panel_sarar", "y ~ x", data, w, False, {"effects": effects}, lagged=True, erred=True,
                    error_w=error_w)  # fmt: skip
    spec = specified(asked)
    one = panel_side(spec.w, None)
    two = one if spec.error_w is spec.w else panel_side(spec.error_w, None)
    model = panel_problem(spec.design.y, spec.design.X, one, two, spec.effects, corrected=corrected)
    return AdjustedScores(model, sparse.csr_array(dummies_of(spec.effects)), corrected)


@pytest.mark.parametrize("effects", ["unit", "time", "twoway"])
def test_they_are_lee_and_yus_likelihood_where_that_exists(effects):
    data, w = made()
    want = models.panel_sarar("y ~ x", data, w, effects=effects, covariance="information")
    model, at = solved(scores_of(effects, w))
    np.testing.assert_allclose([*at.beta, at.rho, at.lam], want.params, atol=1e-7)
    assert at.sigma2 == pytest.approx(want.sigma2, rel=1e-7)
    errors = np.sqrt(np.diag(apart_of(model, at, True).covariance()))
    np.testing.assert_allclose(errors[:-1], want.std_errors, rtol=1e-5)


def whole(w, year_of):
    return sparse.csr_array(sparse.block_diag([w[t].sparse if isinstance(w, dict) else w.sparse for t in year_of]))


@pytest.mark.parametrize("effects", ["unit", "twoway"])
def test_without_correction_they_are_a_cross_section_with_dummies(effects):
    data, w = by_year()
    error_w = {year: w[4007 - year] for year in w}
    frame = data.reset_index().sort_values(["year", "unit"], key=lambda c: c.map(lambda v: int(str(v).lstrip("u"))))
    frame.index = [f"{u} {t}" for u, t in zip(frame["unit"], frame["year"], strict=True)]
    one, two = (Weights(whole(each, sorted(w)), frame.index) for each in (w, error_w))
    formula = f"y ~ x {TERMS[effects]}"
    want = models.sarar(formula, frame, one, error_w=two, inference="asymptotic")
    got = models.panel_sarar("y ~ x", data, w, error_w=error_w, effects=effects, correction="none",
                             covariance="information")  # fmt: skip
    terms = ["x", "rho", "lambda"]
    np.testing.assert_allclose(got.params[terms], want.params[terms], atol=1e-6)
    np.testing.assert_allclose(got.std_errors[terms], want.std_errors[terms], rtol=1e-4)
    assert got.log_likelihood == pytest.approx(want.log_likelihood, abs=1e-7)
    assert got.sigma2 == pytest.approx(want.sigma2, rel=1e-6)


def dense(scores, rho, lam):
    """A, B, G1, G2, M and y, X of all rows."""
    model = scores.model
    W1, W2 = (sparse.block_diag(side.W.blocks).toarray() for side in (model.lag, model.error))
    one = np.eye(len(W1))
    A, B = one - rho * W1, one - lam * W2
    D = scores.D.toarray()
    Q = linalg.orth(B @ D)
    G1, G2 = B @ W1 @ np.linalg.inv(A) @ np.linalg.inv(B), W2 @ np.linalg.inv(B)
    return A, B, W1, G1, G2, one - Q @ Q.T, D


@pytest.mark.parametrize("effects", ["unit", "twoway"])
def test_the_scores_are_those_of_dense_matrices_and_slopes_of_their_sums(effects):
    _, w = by_year()
    scores = scores_of(effects, made()[1], error_w=w)
    y, X = scores.model.y, scores.model.X

    def _sse(rho, lam):
        A, B, _, _, _, M, _ = dense(scores, rho, lam)
        Z = M @ B @ np.column_stack([A @ y, X])
        e = Z[:, 0] - Z[:, 1:] @ np.linalg.lstsq(Z[:, 1:], Z[:, 0], rcond=None)[0]
        return e @ e, e

    def _half_log(lam):  # log|B| - log|D'B'B D| / 2
        _, B, _, _, _, _, D = dense(scores, 0.0, lam)
        return np.linalg.slogdet(B)[1] - np.linalg.slogdet(D.T @ B.T @ B @ D)[1] / 2

    for rho, lam in ((0.3, -0.2), (-0.4, 0.5), (0.0, 0.0)):
        _, B, W1, G1, G2, M, _ = dense(scores, rho, lam)
        sse, e = _sse(rho, lam)
        s2 = sse / scores.count
        want = [e @ B @ W1 @ y / s2 - np.trace(M @ G1), e @ G2 @ e / s2 - np.trace(M @ G2)]
        got = scores.equations(rho, lam)
        np.testing.assert_allclose(got, want, atol=1e-7)
        step = 1e-5
        by_rho = -scores.count / 2 * np.log(_sse(rho + step, lam)[0] / _sse(rho - step, lam)[0]) / (2 * step)
        by_lam = -scores.count / 2 * np.log(_sse(rho, lam + step)[0] / _sse(rho, lam - step)[0]) / (2 * step)
        by_lam += (_half_log(lam + step) - _half_log(lam - step)) / (2 * step)
        np.testing.assert_allclose([by_rho - np.trace(M @ G1), by_lam], got, atol=1e-4)


def mean_equations(scores, theta, truth, mean, spread):
    """The mean of the equations at `theta` = (beta, rho, lambda, s2) where y is its `mean` and `spread` times e."""
    *beta, rho, lam, s2 = theta
    _, B, W1, G1, G2, M, _ = dense(scores, rho, lam)
    A = dense(scores, rho, 0.0)[0]
    e_mean, e_spread = M @ B @ (A @ mean - scores.model.X @ np.array(beta)), M @ B @ A @ spread
    lag_mean, lag_spread = B @ W1 @ mean, B @ W1 @ spread
    s0 = truth[-1]
    return np.array([
        *(scores.model.X.T @ B.T @ e_mean / s2),
        (e_mean @ lag_mean + s0 * np.sum(e_spread * lag_spread)) / s2 - np.trace(M @ G1),
        (e_mean @ G2 @ e_mean + s0 * np.sum(e_spread * (G2 @ e_spread))) / s2 - np.trace(M @ G2),
        (e_mean @ e_mean + s0 * np.sum(e_spread**2)) / (2 * s2**2) - scores.count / (2 * s2),
    ])  # fmt: skip


def test_their_mean_is_zero_and_the_variance_is_that_of_estimating_equations():
    """H by differences of the mean, V from the forms themselves; both with dense matrices."""
    _, w = by_year()
    scores = scores_of("twoway", w)
    model, at = solved(scores)
    truth = np.array([*at.beta, at.rho, at.lam, at.sigma2])
    A, B, W1, G1, G2, M, D = dense(scores, at.rho, at.lam)
    spread = np.linalg.inv(A) @ np.linalg.inv(B)
    left = A @ model.y - model.X @ at.beta
    a = np.linalg.lstsq(B @ D, B @ left, rcond=None)[0]
    mean = np.linalg.solve(A, model.X @ at.beta + D @ a)
    np.testing.assert_allclose(mean_equations(scores, truth, truth, mean, spread), 0, atol=1e-8)
    H = np.empty((4, 4))
    for place in range(4):
        step = np.zeros(4)
        step[place] = 1e-5
        ends = [mean_equations(scores, truth + sign * step, truth, mean, spread) for sign in (1, -1)]
        H[:, place] = -(ends[0] - ends[1]) / 2e-5
    s2 = at.sigma2
    linear = [model.X[:, 0] @ B.T @ M / s2, M @ B @ W1 @ mean / s2, np.zeros(len(B)), np.zeros(len(B))]
    forms = [np.zeros_like(B), M @ G1 / s2, M @ G2 @ M / s2, M / (2 * s2**2)]
    forms = [(one + one.T) / 2 for one in forms]
    V = np.array([[s2 * linear[i] @ linear[j] + 2 * s2**2 * np.sum(forms[i] * forms[j]) for j in range(4)]
                  for i in range(4)])  # fmt: skip
    want = np.linalg.inv(H) @ V @ np.linalg.inv(H).T
    np.testing.assert_allclose(apart_of(model, at, True).covariance(), want, rtol=1e-4, atol=1e-9)


@pytest.mark.parametrize("effects", ["unit", "time", "twoway", "unit + region:year"])
def test_every_verb_of_the_fit_stands(effects):
    data, w = by_year()
    data["region"] = data.index.get_level_values(0).map(REGIONS)
    fit = models.panel_gns("y ~ x", data, w, error_w=made()[1], effects=effects)
    assert np.isfinite(fit.std_errors).all()
    assert np.isnan(fit.log_likelihood)  # no likelihood has these slopes
    assert "no slopes of one likelihood" in str(fit.summary())
    assert "Without the correction: rho = " in str(fit.summary())
    assert fit.predict().notna().all()
    assert fit.simulate(draws=2, rng=1).notna().all().all()
    assert np.isfinite(fit.impacts(period=2003).total.loc["x", "estimate"])
    shuffled = models.panel_gns("y ~ x", data.sample(frac=1, random_state=3), w, error_w=made()[1], effects=effects)
    np.testing.assert_allclose(shuffled.params, fit.params, atol=1e-7)
    np.testing.assert_allclose(shuffled.std_errors, fit.std_errors, rtol=1e-5)


def test_gaps_and_weights():
    data, w = made()
    short = data.drop([("u3", 2002), ("u7", 2005)])
    gaps = models.panel_sarar("y ~ x", short, w, effects="twoway", unbalanced="keep")
    assert np.isfinite(gaps.std_errors).all()
    assert gaps.absorbed == 17
    even = models.panel_sarar("y ~ x", data.assign(v=3.0), w, effects="twoway", weights="v", covariance="information")
    plain = models.panel_sarar("y ~ x", data, w, effects="twoway", covariance="information")
    np.testing.assert_allclose(even.params, plain.params, atol=1e-7)
    np.testing.assert_allclose(even.std_errors, plain.std_errors, rtol=1e-5)
    assert even.sigma2 == pytest.approx(3 * plain.sigma2, rel=1e-7)


def test_what_has_no_adjusted_scores_is_refused():
    data, w = by_year()
    for options in ({"effects": "random + time"}, {"correction": "pairs"}, {"effects": "twoway", "method": "gmm"}):
        with pytest.raises(OptionError, match="maps the effects onto themselves"):
            models.panel_sarar("y ~ x", data, w, **options)
    exact = data.assign(y=2 * data["x"])
    with pytest.raises(ConvergenceError, match="explain every row exactly"):
        models.panel_sarar("y ~ x", exact, w, effects="twoway")


def test_the_bias_of_dummies_is_gone():
    """Effects of units and years, W by year: sigma2 and lambda lean with dummies, and not with adjusted scores."""
    n, T, rho, lam = 16, 4, 0.4, 0.3
    rng = np.random.default_rng(8)
    given = [made(n, T, seed=seed)[1] for seed in range(T)]
    w, error_w = dict(enumerate(given)), dict(enumerate(given[1:] + given[:1]))
    index = pd.MultiIndex.from_product([range(T), given[0].ids], names=["year", "unit"])
    x, mu = rng.standard_normal((T, n)), rng.standard_normal(n)
    found: dict[str, list[list[float]]] = {"lee-yu": [], "none": []}
    for _ in range(40):
        rows = []
        for t in range(T):
            one, two = (np.eye(n) - value * each[t].sparse.toarray() for value, each in ((rho, w), (lam, error_w)))
            rows.append(np.linalg.solve(one, x[t] + mu + t + np.linalg.solve(two, rng.standard_normal(n))))
        data = pd.DataFrame({"y": np.ravel(rows), "x": x.ravel()}, index=index).swaplevel()
        for correction, kept in found.items():
            fit = models.panel_sarar("y ~ x", data, w, error_w=error_w, effects="twoway", correction=correction,
                                     covariance="information")  # fmt: skip
            kept.append([fit.rho, fit.lambda_, fit.sigma2])
    bias = {name: np.mean(kept, axis=0) - [rho, lam, 1] for name, kept in found.items()}
    error = np.std(found["lee-yu"], axis=0) / np.sqrt(40)
    assert (np.abs(bias["lee-yu"]) < 3 * error).all(), bias
    assert bias["none"][2] < -0.2, bias


def of_nearest(seed, k, n=20, years=6, rho=0.4, lam=0.3):
    """A panel over the `k` nearest of random points that move every second year, one W by year for lag and error."""
    rng = np.random.default_rng(seed)
    ids, mu, x, y, ws = [f"u{i}" for i in range(n)], rng.normal(size=n), [], [], {}
    for year in range(years):
        if year % 2 == 0:
            points = rng.uniform(size=(n, 2))
            apart = ((points[:, None] - points[None]) ** 2).sum(axis=-1)
            np.fill_diagonal(apart, np.inf)
            W = np.zeros((n, n))
            W[np.arange(n)[:, None], np.argsort(apart, axis=1)[:, :k]] = 1 / k
        ws[year] = Weights(sparse.csr_array(W), ids)
        x.append(rng.normal(size=n))
        u = np.linalg.solve(np.eye(n) - lam * W, rng.normal(size=n))
        y.append(np.linalg.solve(np.eye(n) - rho * W, x[-1] + mu + u))
    index = pd.MultiIndex.from_product([range(years), ids], names=["year", "unit"])
    return pd.DataFrame({"y": np.ravel(y), "x": np.ravel(x)}, index=index).swaplevel(), ws


@pytest.mark.parametrize("seed", [27, 59])
def test_a_root_away_from_the_best_rho_for_each_lambda_is_found(seed):
    data, ws = of_nearest(seed, 10)
    fit = models.panel_sarar("y ~ x", data, ws, effects="twoway", inference="asymptotic")
    scores = scores_of("twoway", ws, data=data)
    at = np.array([fit.rho, fit.lambda_])
    np.testing.assert_allclose(scores.equations(*at), 0, atol=1e-6)
    steps = 1e-5 * np.eye(2)
    slopes = np.column_stack([scores.equations(*(at + one)) - scores.equations(*(at - one)) for one in steps])
    assert np.all(np.linalg.eigvals(slopes).real < 0)  # no saddle
    assert np.hypot(*(at - [0.4, 0.3])) < 0.7


def test_scores_that_are_zero_only_outside_the_intervals_are_refused():
    data, ws = of_nearest(38, 10)
    with pytest.raises(ConvergenceError, match="no point was found where the adjusted scores"):
        models.panel_sarar("y ~ x", data, ws, effects="twoway")
