"""The matrix exponential model against spatialreg's lagmess, against dense algebra, and by its laws."""

import re

import numpy as np
import oracle
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st
from scipy import linalg, optimize

import gbaspatial as gba
from gbaspatial.errors import AlignmentError, CollinearityError, ConvergenceError, MissingDataError, OptionError
from gbaspatial.models import matrix_exponential as module
from gbaspatial.models.likelihood.exponential import Arrays
from gbaspatial.weights import Weights

DATASETS = ("columbus", "boston", "baltimore", "ncsids")


def formula_of(case: oracle.Case) -> str:
    return re.search(r"\((\w+ ~ [^,]+),", case.raw["call"])[1]


def simulated(n: int = 40, alpha: float = -0.8, seed: int = 1) -> tuple[pd.DataFrame, Weights]:
    """y from a MESS lag model on an asymmetric W that is not row-standardized."""
    rng = np.random.default_rng(seed)
    ids = pd.Index([f"u{i:03d}" for i in range(n)])
    links = (rng.random((n, n)) < 4 / n) * rng.uniform(0.1, 0.5, (n, n))
    np.fill_diagonal(links, 0)
    w = Weights(links, ids)
    x, e = rng.normal(size=(2, n))
    y = linalg.expm(-alpha * links) @ (1 + x + 0.3 * e)
    return pd.DataFrame({"y": y, "x": x, "z": rng.normal(size=n)}, index=ids), w


def dense_log_likelihood(data: pd.DataFrame, w: Weights, model: str, theta: np.ndarray) -> float:
    """The log-likelihood at (b0, b1, alpha, sigma2), from dense matrices."""
    S = linalg.expm(theta[2] * w.sparse.toarray())
    X = np.column_stack([np.ones(w.n), data["x"]])
    e = S @ data["y"].to_numpy() - X @ theta[:2] if model == "lag" else S @ (data["y"].to_numpy() - X @ theta[:2])
    log_det = np.linalg.slogdet(S)[1]
    return float(-w.n / 2 * np.log(2 * np.pi * theta[3]) + log_det - e @ e / (2 * theta[3]))


@pytest.mark.parametrize("dataset", DATASETS)
def test_lag_is_that_of_lagmess(dataset):
    case = oracle.case(f"ml_mess_lag__{dataset}")
    want = case.expected
    fit = gba.models.mess(formula_of(case), case.data, case.w())
    # the optimizer of lagmess stops at 8e-5 from the maximum on ncsids
    case.close(fit.alpha, want["alpha"], rtol=1e-3)
    case.close(fit.beta, want["estimate"], rtol=2e-4)
    case.close(fit.std_errors["alpha"], want["alpha_se"])
    case.close(fit.rho_equivalent, want["rho_equiv"], rtol=1e-3)
    case.close(fit.log_likelihood, want["logLik"])
    assert fit.log_likelihood >= want["logLik"] - 1e-6
    case.close(np.sqrt(fit.sigma2 * fit.n / (fit.n - fit.k)), want["sigma"])
    assert fit.aic == pytest.approx(-2 * want["logLik"] + 2 * (fit.k + 2), rel=1e-6)  # alpha and sigma2 count


@pytest.mark.parametrize("model", ["lag", "error"])
def test_maximum_and_curvature_are_those_of_the_dense_likelihood(model):
    data, w = simulated()
    fit = gba.models.mess("y ~ x", data, w, model=model)
    at = np.array([*fit.params, fit.sigma2])
    assert dense_log_likelihood(data, w, model, at) == pytest.approx(fit.log_likelihood, rel=1e-10)
    slope = optimize.approx_fprime(at, lambda t: dense_log_likelihood(data, w, model, t), 1e-7)
    assert np.abs(slope * np.sqrt(np.append(np.diag(fit.covariance), fit.sigma2**2 * 2 / fit.n))).max() < 1e-3
    steps = 1e-4
    hessian = np.empty((4, 4))
    for i in range(4):
        for j in range(4):
            a, b = steps * np.eye(4)[i], steps * np.eye(4)[j]
            corners = [
                dense_log_likelihood(data, w, model, at + s * a + t * b) * s * t for s in (1, -1) for t in (1, -1)
            ]
            hessian[i, j] = sum(corners) / (4 * steps**2)
    np.testing.assert_allclose(np.linalg.inv(-hessian)[:3, :3], fit.covariance, rtol=1e-3, atol=1e-8)


@pytest.mark.parametrize("model", ["lag", "error"])
def test_alpha_of_zero_gives_least_squares(model):
    data, w = simulated()
    arrays = Arrays(data["y"].to_numpy(), np.column_stack([np.ones(40), data["x"]]), w.sparse, np.ones(40))
    ols = gba.models.ols("y ~ x", data)
    beta, e = (lambda at: (at.beta, at.e))(getattr(arrays, model)(0.0))
    np.testing.assert_allclose(beta, ols.params, rtol=1e-10)
    np.testing.assert_allclose(e, ols.residuals, atol=1e-10)
    fit = gba.models.mess("y ~ x", data, w, model=model)
    assert fit.log_likelihood >= ols.log_likelihood


@pytest.mark.parametrize("model", ["lag", "error"])
def test_likelihood_is_above_a_grid(model):
    data, w = simulated()
    fit = gba.models.mess("y ~ x", data, w, model=model)
    arrays = Arrays(data["y"].to_numpy(), np.column_stack([np.ones(40), data["x"]]), w.sparse, np.ones(40))
    sums = arrays.lag_sums if model == "lag" else arrays.error_sums

    def sse(alpha):
        return sums(alpha)[0]

    assert fit.sigma2 * fit.n <= min(sse(a) for a in np.linspace(-3, 3, 121)) + 1e-10


def test_impacts_are_those_of_the_dense_exponential():
    data, w = simulated()
    for subject, told in ((w, "W"), (w.row_standardized(), "row")):
        fit = gba.models.mess("y ~ x + z", data, subject, durbin=True)
        inverse = linalg.expm(-fit.alpha * subject.sparse.toarray())
        impacts = fit.impacts()
        for term in ("x", "z"):
            effect = inverse @ (fit.params[term] * np.eye(w.n) + fit.params[f"W({term})"] * subject.sparse.toarray())
            assert impacts.direct.loc[term, "estimate"] == pytest.approx(np.trace(effect) / w.n), told
            assert impacts.total.loc[term, "estimate"] == pytest.approx(effect.sum() / w.n), told
        parts = impacts.direct["estimate"] + impacts.indirect["estimate"]
        pd.testing.assert_series_equal(parts, impacts.total["estimate"])


def test_delta_method_is_that_of_numerical_slopes():
    data, w = simulated()
    fit = gba.models.mess("y ~ x", data, w)

    def effects(theta):
        inverse = linalg.expm(-theta[2] * w.sparse.toarray())
        return np.array([np.trace(inverse), inverse.sum(), inverse.sum() - np.trace(inverse)]) * theta[1] / w.n

    slopes = optimize.approx_fprime(fit.params.to_numpy(), effects, 1e-6)
    want = np.sqrt(np.diag(slopes @ fit.covariance.to_numpy() @ slopes.T))
    impacts = fit.impacts()
    got = [frame.loc["x", "std_error"] for frame in (impacts.direct, impacts.total, impacts.indirect)]
    np.testing.assert_allclose(got, want, rtol=1e-4)


def test_impacts_by_probes_agree_with_exact_ones(monkeypatch):
    data, w = simulated(200)
    fit = gba.models.mess("y ~ x + W(x)", data, w)
    exact = fit.impacts()
    monkeypatch.setattr(module, "DENSE_LIMIT", 100)
    rough = fit.impacts()
    assert "random probes" in rough.note
    assert rough.direct.loc["x", "estimate"] == pytest.approx(exact.direct.loc["x", "estimate"], rel=0.02)
    assert rough.total.loc["x", "estimate"] == pytest.approx(exact.total.loc["x", "estimate"], rel=1e-10)


def test_observation_weights_are_repeated_units():
    # twins that share a value and have no links of their own: a weight of two is two of them
    data, _ = simulated(20)
    n = 20
    block = np.zeros((n, n))
    block[:10, :10] = np.eye(10, k=1) + np.eye(10, k=-1)
    w = Weights(block, data.index)
    heavy = pd.Series(np.r_[np.ones(10), np.full(10, 2.0)], index=data.index)
    copies = data.iloc[10:].set_axis([f"copy{i}" for i in range(10)])
    double = Weights(np.pad(block, (0, 10)), data.index.append(copies.index))
    one = gba.models.mess("y ~ x", data, w, weights=heavy)
    two = gba.models.mess("y ~ x", pd.concat([data, copies]), double)
    np.testing.assert_allclose(one.params, two.params, rtol=1e-5)


@settings(max_examples=6, deadline=None)
@given(order=st.permutations(range(40)))
def test_shuffled_rows_change_no_bit(order):
    data, w = simulated()
    one, two = gba.models.mess("y ~ x", data, w), gba.models.mess("y ~ x", data.iloc[order], w)
    pd.testing.assert_series_equal(one.params, two.params, check_exact=True)
    pd.testing.assert_frame_equal(one.covariance, two.covariance, check_exact=True)


@settings(max_examples=6, deadline=None)
@given(scale=st.floats(0.01, 100))
def test_scaling(scale):
    data, w = simulated()
    one = gba.models.mess("y ~ x", data, w)
    two = gba.models.mess("y ~ x", data.assign(x=scale * data["x"]), w)
    assert two.alpha == pytest.approx(one.alpha, rel=1e-6)
    assert two.params["x"] * scale == pytest.approx(one.params["x"], rel=1e-6)
    half = Weights(0.5 * w.sparse, w.ids)
    assert gba.models.mess("y ~ x", data, half).alpha == pytest.approx(2 * one.alpha, rel=1e-6)


def test_alpha_is_recovered():
    found = [gba.models.mess("y ~ x", *simulated(80, seed=s)) for s in range(40)]
    miss = np.array([(fit.alpha + 0.8) / fit.std_errors["alpha"] for fit in found])
    assert abs(miss.mean()) < 0.5
    assert 0.85 < np.mean(np.abs(miss) < 1.96) < 1


@pytest.mark.parametrize("model", ["lag", "error"])
def test_robust_errors_are_right_where_variances_differ(model):
    # Debarsy, Jin and Lee (2015): MESS stays consistent; only the robust standard errors have the right size
    n, rng = 100, np.random.default_rng(8)
    line = np.eye(n, k=1) + np.eye(n, k=4)
    W = Weights(line + line.T, range(n)).row_standardized().sparse
    x = rng.normal(size=n)
    spread = np.where(np.arange(n) % 4 == 0, 3.0, 0.3)
    inverse = linalg.expm(0.6 * W.toarray())
    X = np.column_stack([np.ones(n), x])
    known, robust, plain = [], [], []
    for _ in range(150):
        e = spread * rng.normal(size=n)
        y = inverse @ (1 + x + e) if model == "lag" else 1 + x + inverse @ e
        arrays = Arrays(y, X, W, np.ones(n))
        sums = arrays.lag_sums if model == "lag" else arrays.error_sums
        sse = lambda alpha: sums(alpha)[0]  # noqa: B023, E731
        alpha = optimize.minimize_scalar(sse, bounds=(-2, 1), method="bounded", options={"xatol": 1e-5}).x
        at = arrays.lag(alpha) if model == "lag" else arrays.error(alpha)
        known.append([*at.beta, alpha])
        robust.append(np.diag(arrays.sandwich(model, alpha, at)))
        plain.append(at.e @ at.e / n * np.diag(arrays.inverse_hessian(at)))
    miss = np.abs(np.array(known) - [1, 1, -0.6])
    covered = (miss < 1.96 * np.sqrt(robust)).mean(axis=0)
    assert (covered > 0.87).all()
    assert (covered < 0.99).all()
    assert np.abs((miss < 1.96 * np.sqrt(plain)).mean(axis=0) - 0.95).max() > np.abs(covered - 0.95).max()


def test_robust_option():
    data, w = simulated()
    one, two = gba.models.mess("y ~ x", data, w), gba.models.mess("y ~ x", data, w, covariance="HC0")
    pd.testing.assert_series_equal(one.params, two.params)
    assert two.covariance_kind == "HC0"
    assert (one.std_errors != two.std_errors).all()
    with pytest.raises(OptionError, match="covariance="):
        gba.models.mess("y ~ x", data, w, covariance="HC3")
    with pytest.raises(OptionError, match="Did you mean weights"):
        gba.models.mess("y ~ x", data, w, weight="x")


def test_what_does_not_apply_is_refused():
    data, w = simulated()
    fit = gba.models.mess("y ~ x", data, w)
    for verb in ("bootstrap", "diagnostics", "profile", "influence", "simulate", "chow"):
        assert verb not in dir(fit)
        with pytest.raises(AttributeError, match=rf"no {verb}\(\): it is for .* It has impacts, predict"):
            getattr(fit, verb)
    with pytest.raises(AttributeError, match=r"no impacts\(\)"):  # nothing spills over
        _ = gba.models.mess("y ~ x", data, w, model="error").impacts
    with pytest.raises(OptionError, match="level"):
        fit.impacts(level=95)
    assert "alpha" in str(fit)
    assert "indirect" in str(fit.impacts())


def test_bad_input():
    data, w = simulated()
    with pytest.raises(OptionError, match="model="):
        gba.models.mess("y ~ x", data, w, model="sar")
    with pytest.raises(OptionError, match="no links"):
        gba.models.mess("y ~ x", data, Weights(np.zeros((40, 40)), w.ids))
    with pytest.raises(MissingDataError, match="u002"):
        gba.models.mess("y ~ x", data.assign(x=data["x"].mask(data.index == "u002")), w)
    with pytest.raises(AlignmentError):
        gba.models.mess("y ~ x", data.iloc[:-1], w)
    with pytest.raises(CollinearityError, match="z2"):
        gba.models.mess("y ~ z + z2", data.assign(z2=2 * data["z"]), w)
    few = data.iloc[:4]
    with pytest.raises(OptionError, match="cannot carry"):
        gba.models.mess("y ~ x + z", few, w.subset(few.index))


def test_a_change_is_refused_by_name() -> None:
    ids = [f"u{i}" for i in range(12)]
    w = Weights(np.eye(12, k=1) + np.eye(12, k=-1), ids).row_standardized()
    data = pd.DataFrame(np.random.default_rng(0).normal(size=(12, 2)), index=ids, columns=["y", "x"])
    with pytest.raises(AttributeError, match="impact_of_change.*one rho"):
        _ = gba.models.mess("y ~ x", data, w).impact_of_change


@pytest.mark.parametrize("model", ["lag", "error"])
def test_predictions_are_the_mean_given_x(model: str) -> None:
    data, w = simulated()
    fit = gba.models.mess("y ~ x", data, w, model=model)
    trend = fit.predict(kind="trend")
    assert trend.to_numpy() == pytest.approx(fit.params["Intercept"] + fit.params["x"] * data["x"].to_numpy())
    mean = trend.loc[list(w.ids)]
    if model == "lag":
        mean[:] = linalg.expm(-fit.alpha * w.sparse.toarray()) @ mean.to_numpy()
    assert fit.predict().to_numpy() == pytest.approx(mean.loc[data.index].to_numpy())
    with pytest.raises(OptionError, match="kind='best'"):
        fit.predict(kind="best")


def test_an_unbounded_likelihood_is_refused():
    # four units, three parameters of the mean: some alpha lets the error model fit every unit
    chain = Weights(np.eye(4, k=1) + np.eye(4, k=-1), list("abcd"))
    data = pd.DataFrame({"y": [1.0, 3, 2, 5], "x": [0.0, 1, 3, 2]}, index=chain.ids)
    with pytest.raises(ConvergenceError, match="unbounded|falls"):
        gba.models.mess("y ~ x", data, chain, model="error")
    with pytest.raises(ConvergenceError, match="exactly"):
        gba.models.mess("y ~ x", data.assign(y=2 * data["x"] + 1e5), chain)
