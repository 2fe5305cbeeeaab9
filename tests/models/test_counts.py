"""Poisson pseudo-maximum likelihood against R's glm, closed forms and its laws."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st
from scipy import optimize

import gbaspatial as gba
from gbaspatial.errors import (
    AlignmentError,
    CollinearityError,
    ConvergenceError,
    DataError,
    LabelTypeError,
    MissingDataError,
    OptionError,
    UnknownNameError,
)
from gbaspatial.models.instruments.hac import kernel_weights


def simulated(n: int = 80, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    x, size = rng.normal(size=n), rng.uniform(1, 20, n)
    y = rng.poisson(size * np.exp(0.2 + 0.5 * x))
    ids = [f"u{i:02d}" for i in range(n)]
    return pd.DataFrame(
        {"y": y, "x": x, "size": size, "lon": 113 + rng.random(n), "lat": 22 + rng.random(n)}, index=ids
    )


def test_is_that_of_glm_on_the_example_of_dobson():
    # Dobson (1990), p. 93, as in the help page of R's glm
    data = pd.DataFrame(
        {
            "counts": [18, 17, 15, 20, 10, 20, 25, 13, 12],
            "outcome": list("123123123"),
            "treatment": list("111222333"),
        },
        index=list("abcdefghi"),
    )
    fit = gba.models.ppml("counts ~ outcome + treatment", data, covariance="classical")
    np.testing.assert_allclose(fit.params, [3.045, -0.4543, -0.2930, 0, 0], atol=5e-4)
    np.testing.assert_allclose(fit.std_errors, [0.1709, 0.2022, 0.1927, 0.2000, 0.2000], atol=5e-5)
    assert fit.deviance == pytest.approx(5.1291, abs=5e-5)
    assert fit.null_deviance == pytest.approx(10.5814, abs=5e-5)
    assert fit.aic == pytest.approx(56.76, abs=5e-3)


def test_maximum_is_that_of_a_general_optimizer():
    data = simulated()
    fit = gba.models.ppml("y ~ x", data, exposure="size")
    X, offset = np.column_stack([np.ones(80), data["x"]]), np.log(data["size"].to_numpy())

    def loss(b):
        eta = X @ b + offset
        return np.exp(eta).sum() - data["y"] @ eta

    best = optimize.minimize(loss, np.zeros(2), method="BFGS", options={"gtol": 1e-9}).x
    np.testing.assert_allclose(fit.params, best, rtol=1e-6)
    np.testing.assert_allclose(X.T @ fit.residuals, 0, atol=1e-8)  # the moments that define it


def test_groups_have_their_means_and_robust_errors_in_closed_form():
    data = simulated().assign(g=np.repeat(["a", "b"], 40))
    fit = gba.models.ppml("y ~ 0 + C(g)", data, covariance="HC0")
    for level in "ab":
        y = data.loc[data["g"] == level, "y"]
        assert fit.params[f"C(g)[{level}]"] == pytest.approx(np.log(y.mean()))
        assert fit.std_errors[f"C(g)[{level}]"] == pytest.approx(np.sqrt(((y - y.mean()) ** 2).sum()) / y.sum())
    hc1 = gba.models.ppml("y ~ 0 + C(g)", data)
    np.testing.assert_allclose(hc1.covariance, fit.covariance * 80 / 78)
    # HC3: each residual over 1 - 1/40
    hc3 = gba.models.ppml("y ~ 0 + C(g)", data, covariance="HC3")
    np.testing.assert_allclose(hc3.covariance, fit.covariance * (40 / 39) ** 2)


def test_hac_is_the_kernel_sum_of_scores():
    data = simulated()
    fit = gba.models.ppml("y ~ x", data, covariance="hac", coordinates=data, neighbors=6, kernel="parzen")
    K = kernel_weights(data, data.index, neighbors=6, kernel="parzen").toarray()
    X, mu = np.column_stack([np.ones(80), data["x"]]), fit.fitted.to_numpy()
    scores, bread = X * fit.residuals.to_numpy()[:, None], np.linalg.inv(X.T @ (mu[:, None] * X))
    np.testing.assert_allclose(fit.covariance, bread @ scores.T @ (K + K.T) @ scores @ bread / 2, rtol=1e-10)
    shapes = gpd.GeoDataFrame(data, geometry=gpd.points_from_xy(data["lon"], data["lat"], crs=4326))
    same = gba.models.ppml("y ~ x", shapes, covariance="hac", neighbors=6, kernel="parzen")
    np.testing.assert_allclose(same.covariance, fit.covariance, rtol=1e-8)


def test_outcome_need_not_be_an_integer_and_scale_moves_only_the_intercept():
    data = simulated()
    fit, scaled = gba.models.ppml("y ~ x", data), gba.models.ppml("y ~ x", data.assign(y=0.37 * data["y"]))
    assert scaled.params["x"] == pytest.approx(fit.params["x"], rel=1e-8)
    assert scaled.params["Intercept"] == pytest.approx(fit.params["Intercept"] + np.log(0.37), rel=1e-8)
    np.testing.assert_allclose(scaled.covariance, fit.covariance, rtol=1e-6)  # robust to the scale of the variance


@settings(max_examples=10, deadline=None)
@given(order=st.permutations(range(80)), scale=st.floats(0.01, 100))
def test_order_and_scale(order, scale):
    data = simulated()
    fit, other = gba.models.ppml("y ~ x", data), gba.models.ppml("y ~ x", data.iloc[order])
    pd.testing.assert_series_equal(fit.params, other.params, check_exact=True)
    pd.testing.assert_series_equal(fit.residuals.iloc[order], other.residuals, check_exact=True)
    third = gba.models.ppml("y ~ x", data.assign(x=scale * data["x"]))
    assert third.params["x"] * scale == pytest.approx(fit.params["x"], rel=1e-6)


def test_dispersion_tells_counts_from_what_varies_more():
    data = simulated(400, seed=3)
    assert gba.models.ppml("y ~ x", data, exposure="size").dispersion == pytest.approx(1, abs=0.25)
    wild = data.assign(y=data["y"] * np.random.default_rng(1).choice([0, 3], 400))
    fit = gba.models.ppml("y ~ x", wild, exposure="size")
    assert fit.dispersion > 3
    assert any("dispersion" in note for note in fit.notes)
    classical = gba.models.ppml("y ~ x", wild, exposure="size", covariance="classical")
    assert fit.std_errors["x"] > 1.5 * classical.std_errors["x"]


def test_predict():
    data = simulated()
    fit = gba.models.ppml("y ~ x", data, exposure="size")
    pd.testing.assert_series_equal(fit.predict(), fit.fitted)
    np.testing.assert_allclose(fit.predict(data.iloc[:5]), fit.fitted.iloc[:5])
    new = pd.DataFrame({"x": [0.0, 1.0], "size": [1.0, 2.0]}, index=["p", "q"])
    ratio = fit.predict(new)["q"] / fit.predict(new)["p"]
    assert ratio == pytest.approx(2 * np.exp(fit.params["x"]))
    with pytest.raises(OptionError, match="no option"):
        fit.predict(new, kind="mean")
    with pytest.raises(AttributeError, match=r"PoissonFit has no impacts\(\)"):
        _ = fit.impacts


@pytest.mark.parametrize(
    ("change", "options", "error", "words"),
    [
        (lambda d: d.assign(y=d["y"].where(d.index != "u05", -1)), {}, DataError, "negative for u05"),
        (lambda d: d.assign(y=d["y"].where(d.index != "u05")), {}, MissingDataError, "u05"),
        (lambda d: d.assign(size=d["size"].where(d.index != "u05", 0.0)), {"exposure": "size"}, DataError, "u05"),
        (lambda d: d, {"exposure": "sise"}, UnknownNameError, "Did you mean size"),
        (lambda d: d, {"covariance": "robust"}, OptionError, "covariance"),
        (lambda d: d, {"neighbors": 4}, OptionError, "hac"),
        (lambda d: d, {"covariance": "hac", "neighbours": 4}, OptionError, "Did you mean neighbors"),
        (lambda d: d, {"covariance": "hac"}, LabelTypeError, "coordinates"),
        (lambda d: d.assign(y=0), {}, DataError, "constant"),
        (lambda d: d.assign(x=1.0), {}, CollinearityError, "x"),
        (lambda d: d.assign(x=(d["y"] > 3) * 1.0, y=d["y"].where(d["y"] > 3, 0)), {}, ConvergenceError, "separate"),
        (lambda d: pd.concat([d, d.iloc[:1]]), {}, AlignmentError, "u00"),
    ],
)
def test_bad_input(change, options, error, words):
    with pytest.raises(error, match=words):
        gba.models.ppml("y ~ x", change(simulated()), **options)


def test_a_change_is_told_on_the_scale_of_the_outcome() -> None:
    data = simulated()
    fit = gba.models.ppml("y ~ x", data, exposure="size")
    found = fit.impact_of_change("x", add=0.5).average
    moved = data.assign(x=data["x"] + 0.5)
    assert found.loc["direct", "estimate"] == pytest.approx(float((fit.predict(moved) - fit.predict()).mean()))
    assert found.loc["indirect", "estimate"] == 0.0

    def _effect(b: np.ndarray) -> float:
        mean = data["size"] * np.exp(b[0] + b[1] * data["x"])
        return float((mean * (np.exp(0.5 * b[1]) - 1)).mean())

    slope = optimize.approx_fprime(fit.beta, _effect, 1e-7)
    error = np.sqrt(slope @ fit.covariance.to_numpy() @ slope)
    assert found.loc["total", "std_error"] == pytest.approx(error, rel=1e-4)


def test_predictions_use_the_weights_that_are_given():
    """By position or by name; and none that the formula has no use for."""
    n, random = 20, np.random.default_rng(0)
    ids = [f"u{i:02d}" for i in range(n)]
    one = gba.weights.Weights(np.eye(n, k=1) + np.eye(n, k=-1), ids).row_standardized()
    two = gba.weights.Weights(np.eye(n, k=2) + np.eye(n, k=-2), ids).row_standardized()
    data = pd.DataFrame({"y": random.poisson(3, n), "x": random.normal(size=n)}, index=ids)
    fit = gba.models.ppml("y ~ x + W(x)", data, one)
    lagged = two.sparse @ data["x"].to_numpy()
    wanted = np.exp(np.column_stack([np.ones(n), data["x"], lagged]) @ fit.params.to_numpy())
    for got in (fit.predict(data, two), fit.predict(data, w=two), fit.predict(w=two)):
        np.testing.assert_allclose(got, wanted)
    assert not np.allclose(wanted, fit.fitted)
    with pytest.raises(OptionError, match="no use for w"):
        gba.models.ppml("y ~ x", data).predict(data, two)
