"""Specification tests of panels against splm, plm and Elhorst's cigarettes."""

import calls
import numpy as np
import oracle
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st
from test_estimators import FORMULA, PRODUC, cigarettes, made, states

from gbaspatial import models
from gbaspatial.errors import GbaError, OptionError
from gbaspatial.models.panel.panel_tests import serial_correlation
from gbaspatial.weights import Weights

THEIRS = {"pooled": "pooling", "unit": "within", "time": "time", "twoway": "twoways"}
LM = {"lm_lag": "lml", "lm_error": "lme", "robust_lm_lag": "rlml", "robust_lm_error": "rlme"}


@pytest.mark.parametrize("effects", list(THEIRS))
def test_lagrange_multipliers_equal_splm(effects):
    case = oracle.case("panel_tests__produc")
    got = models.panel_ols(FORMULA, PRODUC, states(), effects=effects).diagnostics().to_frame()
    for ours, theirs in LM.items():
        want = case.expected[f"slm_{THEIRS[effects]}_{theirs}"]
        case.close(got.loc[ours, ["statistic", "df", "p_value"]], [want["statistic"], want["df"], want["p_value"]])


@pytest.mark.parametrize(
    ("effects", "want"),
    [
        ("pooled", (66.47, 153.04, 58.26, 144.84)),
        ("unit", (136.43, 255.71, 29.51, 148.80)),
        ("time", (44.04, 62.86, 0.33, 19.15)),
        ("twoway", (46.90, 54.65, 1.16, 8.91)),
    ],
)
def test_cigarettes_of_elhorst(effects, want):
    data, w = cigarettes()
    got = models.panel_ols("logc ~ logp + logy", data, w, effects=effects).diagnostics().frame["statistic"]
    np.testing.assert_allclose(got[list(LM)], want, atol=6e-3)
    if effects == "twoway":
        np.testing.assert_allclose(got[["lr_unit_effects", "lr_time_effects"]], (2315.7, 473.1), atol=6e-2)


def test_tests_of_effects_and_of_dependence_equal_plm():
    want = oracle.case("panel_nonspatial__produc").expected
    unit = models.panel_ols(FORMULA, PRODUC, states(), effects="unit").diagnostics().frame
    assert unit.loc["f_unit", "statistic"] == pytest.approx(want["F_individual"]["statistic"], rel=1e-9)
    assert unit.loc["f_unit", "df"] == "47, 764"
    assert unit.loc["pesaran_cd", "statistic"] == pytest.approx(want["pesaran_cd_within"]["statistic"], rel=1e-9)
    local = want["local_cd_within_contig"]["statistic"]
    assert unit.loc["local_pesaran_cd", "statistic"] == pytest.approx(local, rel=1e-9)
    assert unit.loc["scaled_lm", "statistic"] == pytest.approx(81.68967, abs=1e-5)  # plm, bias-corrected
    pooled = models.panel_ols(FORMULA, PRODUC, effects="pooled").diagnostics().frame
    assert pooled.loc["lm_effects", "statistic"] == pytest.approx(want["BP_lm_individual"]["statistic"], rel=1e-9)


def test_dependence_after_effects_of_time_has_a_number_and_no_p_value():
    fit = models.panel_ols(FORMULA, PRODUC, effects="twoway")
    frame = fit.diagnostics().frame
    assert frame.loc["pesaran_cd", "statistic"] == pytest.approx(-1.557853, abs=1e-6)  # plm
    assert np.isnan(frame.loc["pesaran_cd", "p_value"])
    assert 0 < frame.loc["weighted_cd", "p_value"] <= 1
    assert any("Juodis and Reese" in note for note in fit.diagnostics().notes)


def test_independent_residuals_after_effects_of_time_have_a_negative_cd_and_an_honest_weighted_one():
    found = [
        models.panel_ols("z ~ x", made(20, 12, seed=s)[0], effects="twoway").diagnostics().frame for s in range(60)
    ]
    cd = [frame.loc["pesaran_cd", "statistic"] for frame in found]
    assert np.mean(cd) == pytest.approx(-np.sqrt(12 / 2), abs=0.35)
    p = np.array([frame.loc["weighted_cd", "p_value"] for frame in found])
    assert (p < 0.05).mean() <= 0.15


def test_spatial_fits_have_the_tests_that_apply():
    data, w = made()
    found = models.panel_lag("y ~ x", data, w, effects="twoway").diagnostics()
    assert list(found.frame.index) == [
        "lr_rho", "lr_unit_effects", "lr_time_effects", "wooldridge", "pesaran_cd", "weighted_cd", "scaled_lm",
        "local_pesaran_cd", "exponent",
    ]  # fmt: skip
    assert list(found.moran.index) == list(range(2001, 2007))
    other = models.panel_ols("y ~ x", data, effects="unit").diagnostics(w)
    assert "lm_lag" in other.frame.index


def test_a_fit_with_weights_has_no_tests_for_rows_that_weigh_alike():

    data = calls.LONG_DATA.assign(sure=1.0 + (calls.LONG_DATA["price"] > 5))
    fit = models.panel_ols("income ~ price", data, calls.W, effects="unit", weights="sure")
    with pytest.raises(OptionError, match="fit it without weights="):
        fit.diagnostics()


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 9999), units=st.integers(1, 6), kept=st.floats(0.2, 1), shuffled=st.booleans())
def test_serial_correlation_pairs_rows_by_unit_and_time(seed, units, kept, shuffled):
    """Rows in any order, with gaps, times before zero: each row beside that of its unit a period before."""
    random = np.random.default_rng(seed)
    pairs = pd.MultiIndex.from_product([range(-3, 5), range(units)], names=["time", "unit"])
    pairs = pairs[random.uniform(size=len(pairs)) < kept]
    if len(pairs) < 2:
        return
    pairs = pairs[random.permutation(len(pairs))] if shuffled else pairs
    e = pd.Series(random.normal(size=len(pairs)), index=pairs)
    before = e.rename(index=lambda t: t + 1, level=0)
    both = pd.concat([e, before], axis=1, join="inner").to_numpy()
    want = both[:, 0] @ both[:, 1] / np.sqrt((both[:, 0] ** 2).sum() * (both[:, 1] ** 2).sum()) if len(both) else np.nan
    time, unit = (pairs.get_level_values(name).to_numpy() for name in ("time", "unit"))
    found = serial_correlation(e.to_numpy(), unit, time)
    np.testing.assert_allclose(found, want, rtol=1e-9)


def _line(n, periods):
    """`n` units in a row, each linked with the next, with noise for an outcome and a regressor."""
    units, rng = list("abcdefgh"[:n]), np.random.default_rng(5)
    links = np.eye(n, k=1) + np.eye(n, k=-1)
    index = pd.MultiIndex.from_product([units, range(2000, 2000 + periods)], names=["unit", "year"])
    data = pd.DataFrame(rng.standard_normal((n * periods, 2)), index=index, columns=["y", "x"])
    return data, Weights(links, units).row_standardized() if n > 1 else Weights(links, units)


@pytest.mark.parametrize(("n", "periods"), [(1, 8), (2, 2), (2, 8), (3, 2), (3, 8), (8, 1)])
def test_few_units_or_periods_are_refused_or_answered_whole(n, periods):
    data, w = _line(n, periods)
    made = 0
    for name in ("panel_ols", "panel_gns"):
        for effects in ("pooled", "unit", "time", "twoway", "random"):
            try:
                fit = getattr(models, name)("y ~ x", data, w, effects=effects)
            except GbaError:
                continue
            made += 1
            found = fit.diagnostics()
            assert list(found.frame.columns) == ["statistic", "df", "p_value", "null"]
            assert len(found.frame) or "too few" in found.notes[0]
            if np.isnan(np.diag(fit.covariance)).all():
                assert any("no standard error" in note.lower() for note in fit.notes), (name, effects)
            assert str(found.summary())
    assert made


def test_one_unit_has_no_effect_to_be_unlike():
    data, _ = _line(1, 8)
    found = models.panel_ols("y ~ x", data, effects="unit").diagnostics().frame
    assert not {"f_unit", "lr_unit_effects"} & set(found.index)
