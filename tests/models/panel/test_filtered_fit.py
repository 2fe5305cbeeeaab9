"""Observation weights, and error models whose effects W does not map onto themselves, against dummies and algebra."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from test_estimators import made

from gbaspatial import models
from gbaspatial.errors import AlignmentError, DataError, LabelTypeError, OptionError
from gbaspatial.models.panel.filtered_effects import basis_of, maximize_restricted, restricted
from gbaspatial.models.panel.fixed_effects import problem_of
from gbaspatial.models.panel.panel_specification import specified
from gbaspatial.models.request import Request
from gbaspatial.weights import Weights

MAKE = {"ols": models.panel_ols, "lag": models.panel_lag, "error": models.panel_error}
TERMS = {"unit": "+ C(unit)", "time": "+ C(year)", "twoway": "+ C(unit) + C(year)", "pooled": ""}


def weighted(n=12, T=6):
    data, w = made(n, T)
    rng = np.random.default_rng(4)
    return data.assign(v=rng.uniform(0.2, 4, size=len(data))), w


def dummies(data, w, effects, name, **options):
    """The same model as a cross-section of all rows with a dummy for every effect and W as one block matrix."""
    frame = data.reset_index().sort_values(["year", "unit"])
    frame.index = [f"{u} {t}" for u, t in zip(frame["unit"], frame["year"], strict=True)]
    blocks = []
    for year, part in frame.groupby("year"):
        now = w[year] if isinstance(w, dict) else w
        blocks.append(now.subset(part["unit"]).sparse)
    whole = Weights(sparse.csr_array(sparse.block_diag(blocks)), frame.index)
    make = {"ols": models.ols, "lag": models.lag, "error": models.error}[name]
    return make(f"y ~ x {TERMS[effects]}", frame, whole, inference="asymptotic", **options)


@pytest.mark.parametrize("effects", TERMS)
@pytest.mark.parametrize("name", MAKE)
def test_weights_equal_those_of_a_cross_section_with_dummies(name, effects):
    data, w = weighted()
    want = dummies(data, w, effects, name, weights="v")
    kind = "classical" if name == "ols" else "information"
    got = MAKE[name]("y ~ x", data, w, effects=effects, weights="v", correction="none", covariance=kind)
    terms = [term for term in ("x", "rho", "lambda") if term in got.params]
    np.testing.assert_allclose(got.params[terms], want.params[terms], atol=1e-6)
    if name == "ols":
        np.testing.assert_allclose(got.std_errors[terms], want.std_errors[terms], rtol=1e-6)
        return
    assert got.log_likelihood == pytest.approx(want.log_likelihood, abs=1e-6)
    assert got.sigma2 == pytest.approx(want.sigma2, rel=1e-6)
    np.testing.assert_allclose(got.std_errors[terms], want.std_errors[terms], rtol=2e-4)


@pytest.mark.parametrize("effects", TERMS)
@pytest.mark.parametrize("name", MAKE)
def test_equal_weights_change_nothing(name, effects):
    data, w = weighted()
    kind = "classical" if name == "ols" else "information"
    plain = MAKE[name]("y ~ x", data, w, effects=effects, covariance=kind)
    equal = MAKE[name]("y ~ x", data.assign(v=3.0), w, effects=effects, weights="v", covariance=kind)
    np.testing.assert_allclose(equal.params, plain.params, atol=1e-7)
    np.testing.assert_allclose(equal.std_errors, plain.std_errors, rtol=1e-5)
    np.testing.assert_allclose(equal.residuals, plain.residuals, atol=1e-7)
    assert equal.sigma2 == pytest.approx(3 * plain.sigma2, rel=1e-7)
    np.testing.assert_allclose(equal.predict(), plain.predict(), atol=1e-6)
    one, two = (fit.simulate(draws=3, rng=1) for fit in (equal, plain))
    np.testing.assert_allclose(one, two, atol=1e-6)
    if effects != "pooled":
        np.testing.assert_allclose(equal.effects, plain.effects, atol=1e-6)


def by_year(n=12, T=6):
    data, w = made(n, T)
    other = made(n, T, seed=5)[1]
    return data, {year: w if year < 2004 else other for year in range(2001, 2001 + T)}


@pytest.mark.parametrize("effects", ["unit", "twoway", "unit + region:year"])
def test_an_error_with_w_by_year_is_that_with_dummies(effects):
    data, w = by_year()
    data["region"] = data.index.get_level_values(0).map({f"u{i}": "ab"[i % 2] for i in range(12)})
    got = models.panel_error("y ~ x", data, w, effects=effects, correction="none", covariance="information")
    if effects == "unit + region:year":
        assert got.absorbed == 12 + 12 - 2
        return
    want = dummies(data, w, effects, "error")
    assert got.lambda_ == pytest.approx(want.lambda_, abs=1e-6)
    assert got.params["x"] == pytest.approx(want.params["x"], abs=1e-7)
    assert got.log_likelihood == pytest.approx(want.log_likelihood, abs=1e-6)
    np.testing.assert_allclose(got.std_errors, want.std_errors[["x", "lambda"]], rtol=2e-4)


def test_gaps_beside_an_error():
    data, w = made()
    short = data.drop([("u3", 2002), ("u7", 2005)])
    got = models.panel_error("y ~ x", short, w, effects="twoway", correction="none", unbalanced="keep")
    want = dummies(short, w, "twoway", "error")
    assert got.lambda_ == pytest.approx(want.lambda_, abs=1e-6)
    assert got.log_likelihood == pytest.approx(want.log_likelihood, abs=1e-6)


def problem(effects="twoway", w=None):
    data, plain = made()
    spec = specified(Request("panel_error", "y ~ x", data, plain if w is None else w, False, {"effects": effects},
                              erred=True))  # fmt: skip
    return spec, problem_of(spec.design, None, spec.error_w, spec.effects, True)


def test_the_restricted_likelihood_is_lee_and_yus_where_that_exists():
    data, w = made()
    spec, _ = problem()
    plain = models.panel_error("y ~ x", data, w, effects="twoway", covariance="information")
    bare = problem_of(spec.design, None, spec.error_w, spec.effects, False)  # the whole log-determinant
    _, at = maximize_restricted(bare, basis_of(spec.effects), True)
    assert at.lam == pytest.approx(plain.lambda_, abs=1e-8)
    assert at.sigma2 == pytest.approx(plain.sigma2, rel=1e-8)


def test_its_slope_is_the_adjusted_score():
    """e'G e / s2 - tr(M G) at any lambda, by dense matrices."""
    _, w = by_year()
    spec, _ = problem(w=w)
    model = problem_of(spec.design, None, spec.error_w, spec.effects, False)
    likelihood = restricted(model, basis_of(spec.effects), True)
    W = sparse.block_diag(model.error.W.blocks).toarray()
    D = basis_of(spec.effects)
    for lam in (-0.4, 0.2, 0.7):
        b, sse, _, slope = likelihood.solved(lam)
        B = np.eye(len(W)) - lam * W
        G = W @ np.linalg.inv(B)
        Q = np.linalg.qr(B @ D)[0]
        M = np.eye(len(W)) - Q @ Q.T
        e = M @ B @ (model.y - model.X @ b)
        df = len(W) - D.shape[1]
        assert e @ e == pytest.approx(sse, rel=1e-9)
        assert slope == pytest.approx(df * (e @ G @ e) / (e @ e) - np.trace(M @ G), abs=1e-7)
        step = 1e-5
        ends = [likelihood.solved(lam + s)[2] for s in (step, -step)]
        assert (ends[0] - ends[1]) / (2 * step) == pytest.approx(slope, abs=1e-4)


def test_errors_of_lambda_are_those_of_the_restricted_information():
    _, w = by_year()
    spec, _ = problem(w=w)
    fit = models.panel_error("y ~ x", made()[0], w, effects="twoway", covariance="information")
    W = sparse.block_diag([w[year].subset(spec.design.units).sparse for year in range(2001, 2007)]).toarray()
    B = np.eye(len(W)) - fit.lambda_ * W
    G, Q = W @ np.linalg.inv(B), np.linalg.qr(B @ basis_of(spec.effects))[0]
    M = np.eye(len(W)) - Q @ Q.T
    df = len(W) - Q.shape[1]
    one = np.trace(M @ G @ M @ G) + np.trace(M @ G @ M @ G.T) - 2 * np.trace(M @ G) ** 2 / df
    assert fit.std_errors["lambda"] == pytest.approx(one**-0.5, rel=1e-6)


def test_every_verb_that_there_is_stands():
    data, w = by_year()
    fit = models.panel_error("y ~ x", data, w, effects="twoway", covariance="cluster")
    assert np.isfinite(fit.std_errors).all()
    assert fit.predict().notna().all()
    assert fit.impacts(period=2003).total.loc["x", "estimate"] == pytest.approx(fit.params["x"])
    mixed = models.panel_error("y ~ x", data.sample(frac=1, random_state=2), w, effects="twoway", covariance="cluster")
    np.testing.assert_allclose(mixed.params, fit.params, atol=1e-8)
    assert "Without the correction: lambda = " in str(fit.summary())
    pooled = models.panel_sarar("y ~ x", data, made()[1], error_w=w, effects="pooled")
    assert {"rho", "lambda"} <= set(pooled.params.index)


def test_what_weights_may_be():
    data, w = weighted()
    by_row = models.panel_lag("y ~ x", data, w, weights=data["v"].sample(frac=1, random_state=1))
    by_name = models.panel_lag("y ~ x", data, w, weights="v")
    np.testing.assert_allclose(by_row.params, by_name.params, atol=1e-12)
    units = pd.Series(np.linspace(1, 3, 12), index=[f"u{i}" for i in range(12)])
    spread = units.reindex(data.index.get_level_values(0)).to_numpy()
    one = models.panel_lag("y ~ x", data, w, weights=units)
    two = models.panel_lag("y ~ x", data.assign(v=spread), w, weights="v")
    np.testing.assert_allclose(one.params, two.params, atol=1e-12)
    with pytest.raises(DataError, match="not positive numbers for"):
        models.panel_lag("y ~ x", data.assign(v=-1.0), w, weights="v")
    with pytest.raises(DataError, match="not positive numbers for u3"):
        models.panel_lag("y ~ x", data, w, weights=units.drop("u3"))
    with pytest.raises(LabelTypeError, match="Series"):
        models.panel_lag("y ~ x", data, w, weights=np.ones(72))
    with pytest.raises(AlignmentError, match="more than once"):
        models.panel_lag("y ~ x", data, w, weights=pd.concat([units, units]))
    moments = {"effects": "random", "method": "gmm"}
    for other in (moments, {"dynamic": "y"}, {"effects": "common"}, {"correction": "pairs"}):
        with pytest.raises(OptionError, match="weights= is not for .* nobody has defined others"):
            models.panel_lag("y ~ x", data, w, weights="v", **other)
    with pytest.raises(OptionError, match="method='gmm' with an error process"):
        models.panel_error("y ~ x", data, w, weights="v", method="gmm")
    with pytest.raises(OptionError, match="effects='first-difference'"):
        models.panel_ols("y ~ x", data, effects="first-difference", weights="v")
