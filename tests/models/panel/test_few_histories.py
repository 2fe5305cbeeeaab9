"""The recommended inference of a panel of few units: its laws, where it applies, and its size in two cells."""

import importlib.util
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from test_estimators import made

from gbaspatial import models
from gbaspatial.errors import OptionError
from gbaspatial.models.panel import few_histories, histories
from gbaspatial.models.panel.history_draws import history_draws, plane_roots
from gbaspatial.models.panel.plane import Plane
from gbaspatial.models.panel.stack import balanced_stack
from gbaspatial.models.panel.within import effects_of

BENCHMARKS = Path(__file__).parents[3] / "benchmarks"


@pytest.fixture(autouse=True)
def fewer_draws(monkeypatch):
    monkeypatch.setattr(few_histories, "DRAWS", 99)


def shuffled(data, seed):
    return data.sample(frac=1, random_state=seed)


@pytest.mark.parametrize("make", [models.panel_lag, models.panel_error, models.panel_slx, models.panel_sarar])
def test_neither_the_order_of_rows_nor_of_units_changes_p_values_and_intervals(make):
    data, w = made(8, 5)
    one = make("y ~ x", data, w, effects="twoway")
    other = make("y ~ x", shuffled(data, 3), w.subset(w.ids[::-1]), effects="twoway")
    np.testing.assert_allclose(one.pvalues, other.pvalues, atol=1e-9)
    np.testing.assert_allclose(one.conf_int(), other.conf_int(), atol=1e-6)


def test_p_and_interval_of_rho_agree_and_are_made_once():
    data, w = made(8, 6, rho=0.6)
    fit = models.panel_lag("y ~ x", data, w, effects="twoway")
    low, high = fit.conf_int().loc["rho"]
    assert (fit.pvalues["rho"] <= 0.05) == (low > 0 or high < 0)
    assert fit._few_units() is fit._few_units()
    assert low < fit.rho < high
    assert "residual histories" in fit._few_units().told()
    assert "recommended" not in str(models.panel_lag("y ~ x", data, w, covariance="cluster").summary())


def test_where_it_does_not_apply_p_values_are_t_or_normal():
    data, w = made(8, 6)
    asked = models.panel_lag("y ~ x", data, w, covariance="cluster")
    kept = models.panel_lag("y ~ x", data.iloc[1:], w, unbalanced="keep")
    drawn = models.panel_lag("y ~ x", data, w, effects="random")
    many = models.panel_lag("y ~ x", *made(50, 3))
    for fit in (asked, kept, drawn, many):
        assert fit._few_units() is None
    assert models.panel_lag("y ~ x", data, w).tidy(inference="asymptotic")["p_value"].notna().all()


def test_the_signed_root_at_zero_is_that_of_the_likelihoods():
    data, w = made(8, 6)
    fit = models.panel_lag("y ~ x", data, w, effects="twoway")
    plain = models.panel_ols("y ~ x", data, effects="twoway")
    given = histories.orders(8, 5, 0, np.arange(8))
    seen, null = histories.history_roots(fit._problem, given)(0.0)
    m = fit._problem.count
    low = -m / 2 * np.log(float(plain.residuals @ plain.residuals) / m) - m / 2 * (np.log(2 * np.pi) + 1)
    assert seen == pytest.approx(np.sign(fit.rho) * np.sqrt(2 * (fit.log_likelihood - low)), abs=1e-3)
    assert len(null) == 5


@pytest.mark.parametrize("make", [models.panel_slx, models.panel_lag, models.panel_error, models.panel_sarar])
def test_impacts_share_the_inference_of_the_table(make):
    """What is a coefficient has its interval and p-value, to the last digit."""
    data, w = made(8, 6)
    fit = make("y ~ x + z", data, w, effects="twoway")
    found = fit.impacts()
    assert found.method == "confidence"
    if fit.w is None:
        for term in ("x", "z"):
            np.testing.assert_allclose(found.direct.loc[term, ["lower", "upper"]], fit.conf_int().loc[term], rtol=1e-12)
            assert found.direct.loc[term, "p_value"] == pytest.approx(fit.pvalues[term])
    else:
        draws = fit._few_units().draws_of(["x", "rho"])
        totals = draws[:, 0] / (1 - draws[:, 1])
        inside = np.quantile(totals, [0.025, 0.975])
        finite = np.isfinite(found.total.loc["x", ["lower", "upper"]].to_numpy(float))
        np.testing.assert_allclose(found.total.loc["x", ["lower", "upper"]].to_numpy(float)[finite], inside[finite])
    assert str(len(fit._few_units().coefficients) // 1000) in found.tables()[0].notes[0]


def test_the_scale_of_the_outcome_scales_intervals_and_leaves_p_values():
    data, w = made(8, 6)
    one = models.panel_lag("y ~ x", data, w, effects="twoway")
    other = models.panel_lag("y ~ x", data.assign(y=1e6 * data["y"]), w, effects="twoway")
    np.testing.assert_allclose(other.conf_int().loc["x"], 1e6 * one.conf_int().loc["x"], rtol=1e-6)
    np.testing.assert_allclose(other.conf_int().loc["rho"], one.conf_int().loc["rho"], atol=1e-6)
    np.testing.assert_allclose(other.pvalues, one.pvalues, atol=1e-9)


def test_a_parameter_at_the_edge_of_its_interval_has_inference_too():
    data, w = made(8, 5)
    fit = models.panel_lag("y ~ x", data, w)
    at_edge = replace(fit, edges=("rho",))
    assert at_edge.conf_int().notna().all(axis=None)


def test_impacts_by_histories_need_a_panel_whose_histories_can_move():
    data, w = made(8, 6)
    fit = models.panel_lag("y ~ x", data.iloc[1:], w, unbalanced="keep")
    with pytest.raises(OptionError, match="balanced panels"):
        fit.impacts(period=2005, method="confidence")
    many = models.panel_lag("y ~ x", *made(50, 3))
    assert many.impacts().method == "simulated"
    assert many.impacts(method="confidence", draws=400, rng=1).method == "confidence"


@pytest.mark.parametrize("name", ["rho", "lambda"])
def test_with_both_parameters_the_signed_root_at_zero_is_that_of_the_likelihoods(name):
    data, w = made(8, 6)
    fit = models.panel_sarar("y ~ x", data, w, effects="twoway")
    less = models.panel_error if name == "rho" else models.panel_lag
    other = less("y ~ x", data, w, effects="twoway")
    seen, null = plane_roots(Plane(fit._problem), name, np.arange(8)[:, None])(0.0)
    ratio = 2 * (fit.log_likelihood - other.log_likelihood)
    assert seen == pytest.approx(np.sign(fit.params[name]) * np.sqrt(ratio), abs=5e-3)
    assert null[0] == pytest.approx(seen, abs=1e-6)


def test_histories_that_stay_give_the_coefficients():
    data, w = made(8, 6)
    for make in (models.panel_slx, models.panel_lag, models.panel_error):
        fit = make("y ~ x", data, w, effects="twoway")
        rho, lam = (0.0 if np.isnan(v) else v for v in (fit.rho, fit.lambda_))
        drawn = history_draws(fit._problem, [(rho, lam)], np.arange(8)[:, None])
        np.testing.assert_allclose(drawn, np.tile(fit.beta, (2, 1)), atol=1e-6)


def test_draws_of_coefficients_are_as_wide_as_the_classical_standard_error_where_that_is_right():
    data, _ = made(40, 6)
    fit = models.panel_ols("y ~ z", data, effects="twoway")
    spread = fit._few_units().coefficients.std(axis=0)[0]
    assert spread == pytest.approx(fit.std_errors["z"], rel=0.2)


def test_samples_in_which_nobody_moves_are_the_data():
    data, w = made(7, 5)
    for make in (models.panel_lag, models.panel_error):
        fit = make("y ~ x", data, w, effects="twoway")
        seen, null = histories.history_roots(fit._problem, np.arange(7)[:, None])(0.2)
        assert null[0] == pytest.approx(seen, abs=1e-9)


def test_orders_are_orders_and_stay_within_groups():
    groups = np.array([0, 1, 0, 1, 1, 0])
    found = histories.orders(6, 50, 1, np.arange(6), groups)
    assert (np.sort(found, axis=0) == np.arange(6)[:, None]).all()
    assert (groups[found] == groups[:, None]).all()
    assert len({tuple(column) for column in found.T}) > 10
    again = histories.resampled(6, 50, 1, np.arange(6), groups)
    assert (groups[again] == groups[:, None]).all()


def test_effects_are_taken_out_of_many_columns_at_once():
    values = np.random.default_rng(1).standard_normal((12, 3))
    for unit, time in ((True, True), (True, False), (False, True), (False, False)):
        effects = effects_of(balanced_stack(4, 3), unit=unit, time=time)
        np.testing.assert_allclose(histories.take_out(effects, values), effects.take_out(values), atol=1e-12)


def script_of(name):
    spec = importlib.util.spec_from_file_location(name, BENCHMARKS / f"{name}.py")
    script = importlib.util.module_from_spec(spec)
    sys.modules[name] = script
    spec.loader.exec_module(script)
    return script


def told_on_the_page(cell):
    page = (BENCHMARKS.parent / "docs" / "small-samples.md").read_text(encoding="utf-8")
    row = next(line for line in page.splitlines() if line.startswith(f"| {cell.name} |"))
    return [text.split("±") for text in row.split("|")[5:-1]]


@pytest.mark.slow
@pytest.mark.parametrize("number", [0, 6])
def test_two_cells_of_the_page_hold_within_monte_carlo_error(number):
    script = script_of("panel_samples")
    cell, samples = script.CELLS[number], 60
    found = 100 * script.coverage(cell, samples)
    told = np.array([float(parts[0]) for parts in told_on_the_page(cell)])
    error = np.sqrt(np.maximum(told * (100 - told), 300) * (1 / samples + 1 / script.SAMPLES))
    np.testing.assert_array_less(np.abs(found - told), 3.5 * error)


@pytest.mark.slow
@pytest.mark.parametrize("number", [1, 20])
def test_two_cells_of_recovery_hold_within_monte_carlo_error(number):
    script = script_of("panel_recovery")
    cell, samples = script.CELLS[number], 40
    found, spread = script.recovered(cell, samples)
    told = told_on_the_page(cell)
    bias, error = np.array([[float(text) for text in parts] for parts in told[:5]]).T
    np.testing.assert_array_less(np.abs(found[:5] - bias), 4 * np.hypot(spread[:5], error + 0.0005))
    for value, (text,) in zip(100 * found[5:], told[5:], strict=True):
        if np.isnan(value):
            assert text.strip() == "-"
            continue
        share = float(text)
        wide = np.sqrt(max(share * (100 - share), 300) * (1 / samples + 1 / script.SAMPLES[cell.n]))
        assert abs(value - share) < 3.5 * wide


def test_an_estimate_outside_its_interval_is_told():
    data, w = made(n=12, T=8)
    shared = data.assign(y=data["y"] + 5.0 * data.index.get_level_values(1).to_numpy())
    fit = models.panel_lag("y ~ x", shared, w, effects="unit")
    ends = fit.conf_int().loc["rho"]
    assert not ends["lower"] <= fit.rho <= ends["upper"]
    assert f"The estimate of rho, {fit.rho:.4f}, lies outside its interval: what all units share" in str(fit)
    assert "lies outside" not in str(models.panel_lag("y ~ x", shared, w, effects="twoway"))


def test_one_unit_has_no_histories_to_draw_and_no_clusters():
    data, _ = made()
    one = data.loc[["u1"]].assign(y=lambda d: np.cumsum(d["y"]))
    for effects in ("unit", "pooled", "first-difference"):
        fit = models.panel_ols("y ~ x", one, effects=effects)
        assert fit._few_units() is None
        assert fit.std_errors["x"] > 0
        assert "cluster" not in fit.covariance_kind
        with pytest.raises(OptionError, match=r"clusters by unit need two units or more, and there is one \(u1\)"):
            models.panel_ols("y ~ x", one, effects=effects, covariance="cluster")
