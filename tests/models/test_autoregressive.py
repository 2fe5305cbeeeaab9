"""CAR and SMA models against spatialreg's spautolm, against dense algebra, and by their laws."""

import re

import numpy as np
import oracle
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

import gbaspatial as gba
from gbaspatial.errors import AlignmentError, ConvergenceError, DataError, MissingDataError, OptionError, WeightsError
from gbaspatial.weights import Weights

FUNCTIONS = {"car": gba.models.car, "sma": gba.models.sma}


def formula_of(case: oracle.Case) -> str:
    return re.search(r"\((\w+ ~ [^,]+),", case.raw["call"])[1]


def simulated(n: int = 30, seed: int = 0) -> tuple[pd.DataFrame, Weights]:
    rng = np.random.default_rng(seed)
    ids = pd.Index([f"u{i:02d}" for i in range(n)])
    hops = np.eye(n, k=1) + np.eye(n, k=5)
    w = Weights(hops + hops.T, ids)
    x, e = rng.normal(size=(2, n))
    y = 1 + x + np.linalg.solve(np.linalg.cholesky(np.eye(n) - 0.15 * w.sparse.toarray()).T, e)
    return pd.DataFrame({"y": y, "x": x, "size": rng.uniform(1, 9, n)}, index=ids), w


def dense(
    kind: str, data: pd.DataFrame, w: Weights, lam: float, d: np.ndarray | None = None
) -> tuple[float, np.ndarray]:
    """The concentrated log-likelihood at lambda and b, from the dense covariance."""
    n, W = w.n, w.sparse.toarray()
    d = np.ones(n) if d is None else d
    if kind == "car":
        V = np.linalg.inv(np.diag(np.sqrt(d)) @ (np.eye(n) - lam * W) @ np.diag(np.sqrt(d)))
    else:
        V = (np.eye(n) + lam * W) @ np.diag(1 / d) @ (np.eye(n) + lam * W).T
    X, y = np.column_stack([np.ones(n), data["x"]]), data["y"].to_numpy()
    Q = np.linalg.inv(V)
    b = np.linalg.solve(X.T @ Q @ X, X.T @ Q @ y)
    s2 = (y - X @ b) @ Q @ (y - X @ b) / n
    return float(-n / 2 * np.log(2 * np.pi * s2) - n / 2 - np.linalg.slogdet(V)[1] / 2), b


@pytest.mark.parametrize("dataset", ["columbus", "boston", "ncsids"])
@pytest.mark.parametrize("kind", ["car", "sma"])
def test_is_that_of_spautolm(kind, dataset):
    case = oracle.case(f"spautolm_{kind}__{dataset}")
    want = case.expected
    fit = FUNCTIONS[kind](formula_of(case), case.data, case.w("B" if kind == "car" else "W"))
    case.close(fit.beta, want["estimate"])
    case.close(fit.std_errors[list(fit.terms)], want["se"])
    case.close(fit.lambda_, want["lambda"])
    case.close(fit.log_likelihood, want["logLik"])
    case.close(fit.sigma2, want["sigma2"])
    # spautolm takes the curvature by forward differences, exact to a thousandth
    case.close(fit.std_errors["lambda"], want["lambda_se"], rtol=2e-3)
    assert fit.n_params == fit.k + 2


def test_the_classic_of_cressie():
    case = oracle.case("classic_ncsids_car__ncsids")
    want = case.expected["car"]
    fit = gba.models.car("ft_SID74 ~ ft_NWBIR74", case.data, case.w("B"))
    case.close(fit.beta, want["estimate"])
    case.close(fit.lambda_, want["lambda"])
    case.close(fit.log_likelihood, want["logLik"])


def test_weighted_car_has_a_symmetric_precision_where_spautolm_has_none():
    # spautolm(family="CAR", weights=) uses D (I - lambda W), which is symmetric for no W here and so no precision
    # matrix; its b solves X'QX b = X'Q'y. Both are shown; ours is the valid model, and its likelihood is higher.
    case = oracle.case("classic_ncsids_car__ncsids")
    want = case.expected["car_weighted"]
    data, w = case.data, case.w("B")
    X = np.column_stack([np.ones(len(data)), data["ft_NWBIR74"]])
    Q = np.diag(data["BIR74"]) @ (np.eye(w.n) - want["lambda"] * w.sparse.toarray())
    assert np.abs(Q - Q.T).max() > 1
    theirs = np.linalg.solve(X.T @ Q @ X, X.T @ Q.T @ data["ft_SID74"])
    np.testing.assert_allclose(theirs, want["estimate"], rtol=1e-6)
    fit = gba.models.car("ft_SID74 ~ ft_NWBIR74", data, w, weights="BIR74")
    frame = data[["ft_SID74", "ft_NWBIR74"]].set_axis(["y", "x"], axis=1)
    value, b = dense("car", frame, w, fit.lambda_, data["BIR74"].to_numpy(float))
    assert fit.log_likelihood == pytest.approx(value, rel=1e-9)
    np.testing.assert_allclose(fit.beta, b, rtol=1e-8)
    assert fit.log_likelihood > want["logLik"]


@pytest.mark.parametrize("kind", ["car", "sma"])
@pytest.mark.parametrize("weighted", [False, True])
def test_likelihood_is_the_dense_one_and_above_a_grid(kind, weighted):
    data, w = simulated()
    d = data["size"].to_numpy() if weighted else None
    fit = FUNCTIONS[kind]("y ~ x", data, w, weights="size" if weighted else None)
    value, b = dense(kind, data, w, fit.lambda_, d)
    assert fit.log_likelihood == pytest.approx(value, rel=1e-9)
    np.testing.assert_allclose(fit.beta, b, rtol=1e-8)
    low, high = w.interval if kind == "car" else (-w.interval[1], -w.interval[0])
    inner = np.linspace(low, high, 203)[10:-10]
    assert fit.log_likelihood >= max(dense(kind, data, w, lam, d)[0] for lam in inner) - 1e-9


@pytest.mark.parametrize("kind", ["car", "sma"])
def test_without_links_it_is_least_squares(kind):
    data, w = simulated()
    ols = gba.models.ols("y ~ x", data)
    value, b = dense(kind, data, w, 0.0)
    assert value == pytest.approx(ols.log_likelihood)
    np.testing.assert_allclose(b, ols.params)
    assert FUNCTIONS[kind]("y ~ x", data, w).log_likelihood >= ols.log_likelihood


def test_row_standardized_car_with_the_number_of_neighbors_as_weights_is_the_intrinsic_family():
    # D (I - lambda D^-1 B) = D - lambda B
    data, w = simulated()
    counts = w.cardinalities.astype(float)
    fit = gba.models.car("y ~ x", data, w.row_standardized(), weights=counts)
    X, y = np.column_stack([np.ones(w.n), data["x"]]), data["y"].to_numpy()
    Q = np.diag(counts) - fit.lambda_ * w.sparse.toarray()
    np.testing.assert_allclose(fit.beta, np.linalg.solve(X.T @ Q @ X, X.T @ Q @ y), rtol=1e-8)


def test_residuals_are_what_the_docstring_says():
    data, w = simulated()
    car, sma = gba.models.car("y ~ x", data, w), gba.models.sma("y ~ x", data, w)
    np.testing.assert_allclose(car.residuals, data["y"] - car.params["Intercept"] - car.params["x"] * data["x"])
    u = data["y"] - sma.params["Intercept"] - sma.params["x"] * data["x"]
    np.testing.assert_allclose(sma.residuals + sma.lambda_ * w.lag(sma.residuals), u)
    assert sma.sigma2 == pytest.approx(float(np.square(sma.residuals).mean()))


def test_pole_of_the_moving_average_is_not_taken_for_a_maximum():
    chain = Weights(np.eye(12, k=1) + np.eye(12, k=-1), list("abcdefghijkl")).row_standardized()
    y = np.array([4.0, 5, 5, 3, 1, 0, 1, 4, 6, 5, 2, 1])
    data = pd.DataFrame({"y": y, "x": np.cos(np.arange(12))}, index=chain.ids)
    heights = [dense("sma", data, chain, -1 + gap)[0] for gap in (1e-4, 1e-5, 1e-6)]
    np.testing.assert_allclose(np.diff(heights), np.log(10), rtol=0.05)  # -log(1 + lambda): it grows without end
    fit = gba.models.sma("y ~ x", data, chain)
    assert fit.lambda_ > 0
    assert np.isfinite(fit.std_errors["lambda"])


def test_a_likelihood_without_a_maximum_but_the_pole_is_refused():
    chain = Weights(np.eye(6, k=1) + np.eye(6, k=-1), list("abcdef")).row_standardized()
    data = pd.DataFrame({"y": [1.0, 2, 2, 3, 5, 4], "x": [0.0, 2, 1, 2, 4, 3]}, index=list("abcdef"))
    heights = [dense("sma", data, chain, -1 + gap)[0] for gap in (1e-4, 1e-5, 1e-6)]
    np.testing.assert_allclose(np.diff(heights), np.log(10), rtol=0.05)
    with pytest.raises(ConvergenceError, match="rises without bound"):
        gba.models.sma("y ~ x", data, chain)


@pytest.mark.parametrize("kind", ["car", "sma"])
@pytest.mark.parametrize("far", [0.0, 1e6])
def test_a_perfect_fit_is_refused(kind, far):
    data, w = simulated()
    with pytest.raises(ConvergenceError, match="exactly"):
        FUNCTIONS[kind]("y ~ x", data.assign(y=far + 2 * data["x"]), w)


@pytest.mark.parametrize("kind", ["car", "sma"])
@settings(max_examples=5, deadline=None)
@given(order=st.permutations(range(30)), scale=st.floats(0.01, 100))
def test_order_and_scale(kind, order, scale):
    data, w = simulated()
    one, two = FUNCTIONS[kind]("y ~ x", data, w), FUNCTIONS[kind]("y ~ x", data.iloc[order], w)
    pd.testing.assert_series_equal(one.params, two.params, check_exact=True)
    three = FUNCTIONS[kind]("y ~ x", data.assign(x=scale * data["x"]), w)
    assert three.params["x"] * scale == pytest.approx(one.params["x"], rel=1e-5)
    assert three.lambda_ == pytest.approx(one.lambda_, abs=1e-5)


@pytest.mark.parametrize("kind", ["car", "sma"])
def test_bad_input(kind):
    data, w = simulated()
    estimate = FUNCTIONS[kind]
    with pytest.raises(MissingDataError, match="u03"):
        estimate("y ~ x", data.assign(y=data["y"].mask(data.index == "u03")), w)
    with pytest.raises(AlignmentError, match="u29"):
        estimate("y ~ x", data.iloc[:-1], w)
    with pytest.raises(DataError, match="positive"):
        estimate("y ~ x", data.assign(size=0.0), w, weights="size")
    few = data.iloc[:3]
    with pytest.raises(OptionError, match="cannot carry"):
        estimate("y ~ x", few, w.subset(few.index))
    with pytest.raises(AttributeError, match=r"no impacts\(\)"):
        _ = estimate("y ~ x", data, w).impacts


def test_car_needs_a_symmetric_w():
    data, w = simulated()
    with pytest.raises(WeightsError, match=r"w\.binary"):
        gba.models.car("y ~ x", data, w.row_standardized())
    with pytest.raises(WeightsError, match="symmetric"):
        gba.models.car("y ~ x", data, w.row_standardized(), weights="size")


@pytest.mark.parametrize("name", ["car", "sma"])
def test_predictions_are_the_trend(name: str) -> None:
    ids = [f"u{i:02d}" for i in range(20)]
    w = Weights(np.eye(20, k=1) + np.eye(20, k=-1), ids)
    data = pd.DataFrame(np.random.default_rng(0).normal(size=(20, 2)), index=ids, columns=["y", "x"])
    fit = getattr(gba.models, name)("y ~ x", data, w)
    want = fit.params["Intercept"] + fit.params["x"] * data["x"]
    assert fit.predict().to_numpy() == pytest.approx(want.to_numpy())
    assert fit.predict(data.iloc[:3]).to_numpy() == pytest.approx(want.iloc[:3].to_numpy())
