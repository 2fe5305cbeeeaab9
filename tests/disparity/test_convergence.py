"""Beta and sigma convergence against R, and against what must hold."""

import numpy as np
import oracle
import pandas as pd
import pytest

from gbaspatial import disparity
from gbaspatial.errors import DataError, OptionError
from gbaspatial.weights import Weights

CASE = oracle.case("convergence_beta_sigma__usincome")
INCOME = pd.read_csv(oracle.find("data/usincome.csv")).set_index("Name")
WIDE = INCOME[[f"Y{year}" for year in range(1929, 2010)]].astype(float)
PANEL = WIDE.set_axis(range(1929, 2010), axis=1).rename_axis(columns="year").stack()


def _ring(ids: pd.Index) -> Weights:
    eye = np.eye(len(ids))
    return Weights(np.roll(eye, 1, 0) + np.roll(eye, -1, 0), ids).row_standardized()


def test_beta_agrees_with_r():
    fit, known = disparity.beta_convergence(PANEL), CASE.expected["lm_growth_on_log_initial"]
    CASE.close(fit.params[["Intercept", "log_initial"]], known["estimate"])
    CASE.close(fit.std_errors, known["se"])
    CASE.close(fit.r_squared, known["r2"])
    CASE.close(fit.speed, CASE.expected["implied_speed_beta"])
    CASE.close(fit.half_life, CASE.expected["half_life"])


def test_speed_of_nonlinear_least_squares_agrees_with_r():
    fit, known = disparity.beta_convergence(PANEL, method="nls"), CASE.expected["nls_barro_sala_i_martin"]
    CASE.close([fit.params["Intercept"], fit.speed, fit.speed_std_error], [known["a"], known["b"], known["se_b"]])
    low, high = fit.speed_interval()
    assert low + high == pytest.approx(2 * fit.speed)
    low, high = disparity.beta_convergence(PANEL).speed_interval()
    assert low < fit.speed < high
    assert low + high != pytest.approx(2 * fit.speed)


def test_sigma_agrees_with_r():
    result = disparity.sigma_convergence(PANEL, covariance="classical")
    CASE.close(result.to_frame()["sd_log"], CASE.expected["sigma_sd_log_by_year"])
    CASE.close(result.to_frame()["cv"], CASE.expected["sigma_cv_by_year"])
    CASE.close(result.trend.params, CASE.expected["sigma_trend"]["estimate"])
    CASE.close(result.trend.std_errors, CASE.expected["sigma_trend"]["se"])


def test_errors_of_the_trend_follow_newey_and_west():
    result = disparity.sigma_convergence(PANEL, lags=3)
    X = np.column_stack([np.ones(81), np.arange(1929.0, 2010)])
    y = result.to_frame()["sd_log"].to_numpy()
    scores = X * (y - X @ np.linalg.lstsq(X, y)[0])[:, None]
    kernel = np.clip(1 - np.abs(np.subtract.outer(np.arange(81), np.arange(81))) / 4, 0, None)
    bread = np.linalg.inv(X.T @ X)
    known = np.sqrt(np.diag(bread @ scores.T @ kernel @ scores @ bread) * 81 / 79)
    assert result.trend.std_errors.to_numpy() == pytest.approx(known, rel=1e-5)
    assert (result.trend.std_errors > 1.3 * result.trend.classical_std_errors).all()


@pytest.mark.parametrize("spatial", ["lag", "error"])
def test_a_spatial_form_is_the_model_of_growth(spatial):
    from gbaspatial import models

    w = _ring(WIDE.index)
    fit = disparity.beta_convergence(PANEL, w, spatial=spatial)
    frame = pd.DataFrame({"g": np.log(WIDE["Y2009"] / WIDE["Y1929"]) / 80, "x": np.log(WIDE["Y1929"])})
    known = getattr(models, spatial)("g ~ x", frame, w)
    assert fit.params.to_numpy() == pytest.approx(known.params.to_numpy(), rel=1e-6)
    assert fit.std_errors.to_numpy() == pytest.approx(known.std_errors.to_numpy(), rel=1e-6)
    assert fit.params.index[:2].tolist() == ["Intercept", "log_initial"]


def test_units_that_close_the_gap_at_a_known_speed():
    start = pd.Series([1.0, 2.0, 5.0, 9.0, 3.0], list("abcde"))
    goal = pd.Series([0.1, 0.3, 0.2, 0.5, 0.0], list("abcde"), name="goal")
    end = np.exp(np.log(start) * np.exp(-0.03 * 20) + goal)
    panel = pd.DataFrame({2000: start, 2020: end}).stack()
    fit = disparity.beta_convergence(panel, controls=goal.to_frame())
    assert fit.speed == pytest.approx(0.03)
    assert fit.params["goal"] == pytest.approx(1 / 20)


def test_money_and_order_change_no_speed():
    one = disparity.beta_convergence(PANEL)
    other = disparity.beta_convergence(PANEL.sample(frac=1, random_state=1) * 7.1)
    assert one.speed == pytest.approx(other.speed)
    sigma = disparity.sigma_convergence(PANEL * 1e-3).to_frame()
    assert np.allclose(sigma, disparity.sigma_convergence(PANEL).to_frame())


def test_units_that_part_have_no_half_life():
    panel = pd.DataFrame({0: [1.0, 2.0, 3.0], 1: [1.0, 3.0, 7.0]}, list("abc")).stack()
    fit = disparity.beta_convergence(panel)
    assert fit.speed < 0
    assert fit.half_life == np.inf
    leap = pd.DataFrame({0: [1.0, 2.0, 3.0], 1: [3.0, 2.0, 1.0]}, list("abc")).stack()
    assert np.isnan(disparity.beta_convergence(leap).speed)


SMALL = pd.DataFrame({0: [1.0, 2.0, 3.0], 1: [1.0, 3.0, 7.0]}, list("abc")).stack()


@pytest.mark.parametrize(
    ("call", "error", "told"),
    [
        (lambda: disparity.beta_convergence(SMALL - 1), DataError, r"a \(0\)"),
        (lambda: disparity.sigma_convergence(-SMALL), DataError, "positive"),
        (lambda: disparity.beta_convergence(SMALL, spatial="lag"), OptionError, "spatial"),
        (lambda: disparity.beta_convergence(SMALL, _ring(pd.Index(list("abc"))), method="nls"), OptionError, "nls"),
        (lambda: disparity.beta_convergence(SMALL.rename(index=str)), DataError, "numbers"),
        (lambda: disparity.beta_convergence(SMALL * 0 + 1), DataError, "same value"),
        (lambda: disparity.sigma_convergence(SMALL, lags=5), OptionError, "lags"),
        (lambda: disparity.sigma_convergence(SMALL, covariance="classical", lags=1), OptionError, "hac"),
    ],
)
def test_bad_input_is_told(call, error, told):
    with pytest.raises(error, match=told):
        call()
