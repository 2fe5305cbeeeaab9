"""The evidence against integrals that nobody here wrote in closed form, and against laws."""

import numpy as np
import oracle
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st
from scipy import integrate, stats

import gbaspatial as gba
from gbaspatial import models
from gbaspatial.errors import OptionError
from gbaspatial.models.likelihood.marginal import evidence, level_of, log_density
from gbaspatial.models.likelihood.of_design import problem_of

COLUMBUS = oracle.data("columbus")
W = oracle.weights("columbus_W", COLUMBUS.index)
FORMULA = "CRIME ~ INC + HOVAL"


def small():
    """Eight units, so that the joint density of y can be integrated by brute force."""
    ids = COLUMBUS.index[:8]
    return COLUMBUS.loc[ids], W.subset(ids)


def test_density_is_the_integral_over_intercept_and_variance():
    """p(y | rho) = |A| times the normal density of A y with variance s2 (I + g P), over s2 and the mean level.

    The mean level is the intercept times the mean of A^-1 1.
    """
    data, w = small()
    fit = models.lag(FORMULA, data, w)
    n, g, rho = 8, 8.0, 0.3
    A = np.eye(n) - rho * w.sparse.toarray()
    ay = A @ fit.design.y
    X = fit.design.X[:, 1:] - fit.design.X[:, 1:].mean(axis=0)
    V = np.eye(n) + g * X @ np.linalg.inv(X.T @ X) @ X.T
    center, spread = ay.mean(), ay.std()

    def joint(intercept, log_s2):
        s2 = np.exp(log_s2)
        return np.exp(stats.multivariate_normal(np.full(n, intercept), s2 * V).logpdf(ay) + 30)  # p(s2) ds2 = d log s2

    s0 = np.log(spread**2)
    box = [[center - 12 * spread, center + 12 * spread], [s0 - 6, s0 + 8]]
    mass, _ = integrate.nquad(joint, box, opts={"epsabs": 0, "epsrel": 1e-5, "limit": 80})
    want = np.log(mass) - 30 + np.linalg.slogdet(A)[1] + np.log(np.linalg.solve(A, np.ones(n)).mean())
    assert log_density(fit._problem(), rho, 0.0, 0, g, level_of(fit._problem(), 0)) == pytest.approx(want, abs=1e-4)


def test_evidence_is_the_average_of_the_density_over_the_interval():
    fit = models.lag(FORMULA, COLUMBUS, W)
    grid, value = evidence(fit._problem(), 0, 49.0)
    low, high = W.interval
    model = fit._problem()
    level = level_of(model, 0)
    peak = log_density(model, fit.rho, 0.0, 0, 49.0, level)
    mass, _ = integrate.quad(
        lambda r: np.exp(log_density(model, r, 0.0, 0, 49.0, level) - peak), low + 1e-9, high - 1e-9, limit=200
    )
    assert value == pytest.approx(peak + np.log(mass / (high - low)), abs=1e-4)
    assert grid.weights().sum() == pytest.approx(1)


def test_plane_agrees_with_integration_over_the_plane():
    data, w = small()
    fit = models.sarar(FORMULA, data, w)
    result = fit_posterior = models.posterior(fit)
    model = fit._problem()
    low, high = w.interval
    nodes = np.linspace(low, high, 403)[1:-1]
    level = level_of(model, 0)
    logs = np.array([[log_density(model, r, s, 0, 8.0, level) for s in nodes[::4]] for r in nodes[::4]])
    step = (nodes[4] - nodes[0]) ** 2
    want = logs.max() + np.log(np.exp(logs - logs.max()).sum() * step) - 2 * np.log(high - low)
    assert result.log_evidence == pytest.approx(want, abs=0.03)
    assert set(fit_posterior.to_frame().index) == {"rho", "lambda"}


def test_posterior_mean_is_near_the_estimate_where_data_are_many():
    boston = oracle.data("boston")
    w = oracle.weights("boston_W", boston.index)
    fit = models.lag("log(CMEDV) ~ RM + LSTAT + CRIM", boston, w)
    frame = models.posterior(fit).to_frame()
    assert frame.loc["rho", "mean"] == pytest.approx(fit.rho, abs=0.3 * fit.std_errors["rho"])
    assert frame.loc["rho", "sd"] == pytest.approx(fit.std_errors["rho"], rel=0.1)
    assert "posterior density" in models.posterior(fit).plot().get_ylabel()


def test_probabilities_find_the_model_that_made_the_data():
    lon = oracle.data("boston")
    w = oracle.weights("boston_W", lon.index)
    truth = {"Intercept": 1.0, "RM": 1.0, "LSTAT": -0.5}
    y = models.simulate("~ RM + LSTAT", lon, w, params={**truth, "rho": 0.5}, rng=5)[0]
    lag = models.model_probabilities("y ~ RM + LSTAT", lon.assign(y=y), w)
    assert lag.by_model.idxmax() == "lag"
    e = models.simulate("~ RM + LSTAT", lon, w, params={**truth, "lambda": 0.6}, rng=5)[0]
    error = models.model_probabilities("y ~ RM + LSTAT", lon.assign(y=e), w)
    assert error.by_model.idxmax() == "error"
    other = w.power(2).row_standardized() if hasattr(w, "power") else w.binary()
    both = models.model_probabilities("y ~ RM + LSTAT", lon.assign(y=y), {"right": w, "other": other})
    assert both.by_weights.idxmax() == "right"
    assert both.frame["probability"].sum() == pytest.approx(1)


def test_difference_of_evidence_approaches_that_of_bic():
    boston = oracle.data("boston")
    w = oracle.weights("boston_W", boston.index)
    formula = "log(CMEDV) ~ RM + LSTAT"
    frame = models.model_probabilities(formula, boston, w, models=("ols", "lag")).frame
    gap = frame.loc[("W", "lag"), "log_evidence"] - frame.loc[("W", "ols"), "log_evidence"]
    bic = models.ols(formula, boston).bic - models.lag(formula, boston, w).bic
    assert gap == pytest.approx(bic / 2, rel=0.06)


def test_scale_of_y_and_order_of_rows_do_not_matter():
    first = models.model_probabilities(FORMULA, COLUMBUS, W)
    scaled = models.model_probabilities(FORMULA, COLUMBUS.assign(CRIME=10 * COLUMBUS["CRIME"])[::-1], W)
    np.testing.assert_allclose(first.frame["probability"], scaled.frame["probability"], rtol=1e-6)


def test_bad_input_is_told():
    with pytest.raises(OptionError, match="no spatial parameter"):
        models.posterior(models.ols(FORMULA, COLUMBUS))
    with pytest.raises(OptionError, match="models='sdm'"):
        models.model_probabilities(FORMULA, COLUMBUS, W, models=["sdm"])
    with pytest.raises(OptionError, match="g=-1"):
        models.model_probabilities(FORMULA, COLUMBUS, W, g=-1)


def complete(n: int, seed: int) -> tuple[pd.DataFrame, gba.weights.Weights]:
    random = np.random.default_rng(seed)
    ids = [f"u{i}" for i in range(n)]
    frame = pd.DataFrame({"y": random.normal(size=n), "x": random.normal(size=n)}, index=ids)
    return frame, gba.weights.Weights(np.ones((n, n)) - np.eye(n), ids)


@settings(max_examples=15, deadline=None)
@given(n=st.integers(5, 20), seed=st.integers(0, 10_000), model=st.sampled_from(["lag", "error"]))
def test_weights_that_say_nothing_leave_the_prior_as_it_is(n, seed, model):
    """With complete weights and an intercept the evidence is that of least squares, and the posterior is uniform."""
    data, w = complete(n, seed)
    result = models.model_probabilities("y ~ x", data, w.row_standardized(), models=("ols", model))
    frame = result.frame.droplevel("weights")
    assert frame.loc[model, "log_evidence"] == pytest.approx(frame.loc["ols", "log_evidence"], abs=1e-6)
    low, high = w.row_standardized().interval
    assert frame.loc[model, "mean"] == pytest.approx((low + high) / 2, abs=1e-3 * (high - low))
    assert result.uninformed == ("W",)
    assert "say nothing" in str(result.summary())


def test_complete_weights_are_not_the_likelier_ones():
    cities = gba.load_cities(year=2023)
    near = gba.weights.contiguity(cities, links=2023).row_standardized()
    named = {"near": near, "complete": gba.weights.nearest(cities, k=10).row_standardized()}
    curve = models.over_weights("log(gdp_pc_cny) ~ C(tier)", cities, named, models=("lag", "sarar"), rng=1)
    odds = curve.frame["probability"].groupby(level="weights").sum()
    assert odds["complete"] < odds["near"]
    assert curve.uninformed == ("complete",)
    assert curve.frame.xs("complete", level="weights")["rho"].isna().all()
    assert "say nothing" in str(curve.summary())
    assert curve.totals.index.get_level_values("weights").unique().tolist() == ["near"]
    alone = models.over_weights("log(gdp_pc_cny) ~ C(tier)", cities, {"complete": named["complete"]})
    assert alone.totals.empty
    assert alone.frame["probability"].tolist() == [1.0]


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), n=st.integers(4, 30), share=st.floats(-0.95, 0.95), kind=st.integers(0, 2))
def test_the_level_is_the_mean_of_the_multiplier(seed, n, share, kind):
    """Any W: symmetric, one-sided or row-standardized."""
    random = np.random.default_rng(seed)
    W = random.uniform(0.1, 1, (n, n)) * (random.uniform(size=(n, n)) < 0.5)
    W[np.arange(n), (np.arange(n) + 1) % n] = 0.5
    np.fill_diagonal(W, 0.0)
    W = [W + W.T, W, W / W.sum(axis=1, keepdims=True)][kind]
    ids = [f"u{i}" for i in range(n)]
    w = gba.weights.Weights(W, ids)
    data = pd.DataFrame({"y": random.normal(size=n)}, index=ids)
    model = problem_of(gba.formula.design("y ~ 1", data, w), w, None)
    low, high = w.interval
    rho = share * (high if share > 0 or not np.isfinite(low) else -low)
    want = np.log(abs(np.linalg.solve(np.eye(n) - rho * W, np.ones(n)).mean()))
    assert level_of(model, 0)(rho) == pytest.approx(want, abs=1e-7)
    assert level_of(model, None)(rho) == 0.0


@settings(max_examples=10, deadline=None)
@given(scale=st.floats(1e-6, 1e6), shift=st.floats(-1e3, 1e3), model=st.sampled_from(["lag", "durbin", "error"]))
def test_units_of_w_and_the_origin_of_y_do_not_matter(scale, shift, model):
    """Flat on the mean level: neither W times a number nor y plus a number changes what is probable."""
    times = gba.weights.Weights(W.sparse * scale, W.ids)
    moved = COLUMBUS.assign(CRIME=COLUMBUS["CRIME"] + shift)
    one = models.model_probabilities(FORMULA, COLUMBUS, W, models=("ols", model)).frame
    two = models.model_probabilities(FORMULA, moved, times, models=("ols", model)).frame
    np.testing.assert_allclose(two["probability"], one["probability"], atol=1e-5)
