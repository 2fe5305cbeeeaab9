"""Hausman, Wooldridge, common factor and likelihood ratios of panels against plm and against fits."""

import numpy as np
import oracle
import pytest
from scipy import stats
from test_estimators import FORMULA, PRODUC, made

from gbaspatial import models
from gbaspatial.models.panel import comparison_tests as tests
from gbaspatial.models.panel.comparison_tests import wooldridge

PLM = oracle.case("panel_more_tests__produc").expected


def unit_fit():
    return models.panel_ols(FORMULA, PRODUC, effects="unit")


def test_hausman_is_refused_where_its_variance_is_not_positive_definite():
    """plm prints 9.5254, the absolute value of a form whose matrix has a negative eigenvalue."""
    design = unit_fit().design
    gap, difference, *_ = tests.swamy_arora(design.y, design.X, design.stack)
    theirs = oracle.case("panel_nonspatial__produc").expected["hausman"]["statistic"]
    assert abs(gap @ np.linalg.solve(difference, gap)) == pytest.approx(theirs, rel=1e-6)
    assert np.linalg.eigvalsh(tests._scaled(difference)).min() < 0
    diagnostics = unit_fit().diagnostics()
    assert np.isnan(diagnostics.frame.loc["hausman", ["statistic", "p_value"]].astype(float)).all()
    assert any("not positive definite" in note for note in diagnostics.notes)


def test_hausman_where_it_exists_keeps_its_size():
    rng, p = np.random.default_rng(1), []
    for seed in range(200):
        data, _ = made(30, 5, seed=seed)
        data["y"] = data["x"] + rng.standard_normal(len(data)) + data.groupby(level=0)["z"].transform("first")
        p.append(models.panel_ols("y ~ x", data, effects="unit").diagnostics().frame.loc["hausman", "p_value"])
    p = np.array(p)[np.isfinite(np.array(p, dtype=float))].astype(float)
    assert len(p) > 150
    assert np.mean(p < 0.05) == pytest.approx(0.05, abs=0.055)


@pytest.mark.parametrize(
    ("name", "key"),
    [("hausman_auxiliary", "hausman_aux"), ("hausman_clustered", "hausman_aux_hc")],
)
def test_statistics_equal_plm(name, key):
    got = unit_fit().diagnostics().frame.loc[name]
    assert got["statistic"] == pytest.approx(PLM[key]["statistic"], rel=1e-7)
    assert got["p_value"] == pytest.approx(PLM[key]["p"], rel=1e-6)


def test_wooldridge_is_plms_with_the_degrees_of_freedom_of_its_clusters():
    got = unit_fit().diagnostics().frame.loc["wooldridge"]
    assert got["statistic"] == pytest.approx(PLM["pwartest"]["statistic"] * 47 / 48, rel=1e-7)
    assert got["df"] == "1, 47"
    assert got["p_value"] == pytest.approx(stats.f.sf(got["statistic"], 1, 47), rel=1e-9)


@pytest.mark.parametrize("n", [2, 3, 11])
def test_wooldridge_keeps_its_size_with_few_units(n):
    """With degrees of freedom by row 41, 25 and 11 % of independent samples are rejected at 5 %."""
    rng, rejected = np.random.default_rng(1), 0
    for _ in range(600):
        e = rng.standard_normal((24, n))
        rejected += wooldridge(e - e.mean(axis=0))[2] < 0.05
    assert rejected / 600 < 0.085


def test_likelihood_ratios_are_those_of_fits():
    data, w = made(10, 6)
    fit = models.panel_lag("y ~ x", data, w, effects="twoway", correction="none")
    found = fit.diagnostics().frame["statistic"]
    plain = models.panel_slx("y ~ x", data, w, durbin=False, effects="twoway", correction="none")
    assert found["lr_rho"] == pytest.approx(2 * (fit.log_likelihood - plain.log_likelihood), rel=1e-6)
    for name, effects in (("lr_unit_effects", "time"), ("lr_time_effects", "unit")):
        other = models.panel_lag("y ~ x", data, w, effects=effects, correction="none")
        assert found[name] == pytest.approx(2 * (fit.log_likelihood - other.log_likelihood), rel=1e-6)


def test_common_factor_is_the_wald_test_of_its_definition():
    data, w = made(10, 6)
    fit = models.panel_durbin("y ~ x + z", data, w, effects="twoway")
    row = fit.diagnostics().frame.loc["common_factor"]
    assert row["df"] == 2
    terms = ["x", "W(x)", "rho"]
    one = models.panel_durbin("y ~ x", data, w, effects="twoway")
    slope = np.array([one.rho, 1.0, one.params["x"]])
    want = (one.params["W(x)"] + one.rho * one.params["x"]) ** 2 / (slope @ one.covariance.loc[terms, terms] @ slope)
    assert one.diagnostics().frame.loc["common_factor", "statistic"] == pytest.approx(want)
    assert "common_factor" not in models.panel_lag("y ~ x", data, w).diagnostics().frame.index


def test_a_lag_model_is_no_error_model():
    data, w = made(40, 10, rho=0.5)
    fit = models.panel_durbin("y ~ x", data, w, effects="unit")
    assert fit.diagnostics().frame.loc["common_factor", "p_value"] < 0.01


def test_other_kinds_of_fits_have_no_ratios_of_a_likelihood_that_is_not_theirs():
    data, w = made(12, 12)
    for options in ({"effects": "random"}, {"method": "gmm"}, {"effects": "twoway", "dynamic": "y"}):
        found = models.panel_lag("y ~ x", data, w, **options).diagnostics(w).frame.index
        assert not any(name.startswith("lr_") for name in found)
    for effects in ("between", "first-difference"):
        found = models.panel_ols("y ~ x", data, effects=effects).diagnostics(w).frame.index
        assert not {"bsk_lmh", "hausman", "lm_effects"} & set(found)
