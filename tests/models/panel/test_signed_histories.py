"""Wild bootstrap tests of panels: laws, refusals, and size where residuals are correlated and variances differ."""

import warnings

import numpy as np
import pandas as pd
import pytest
from test_estimators import made

from gbaspatial import models
from gbaspatial.errors import OptionError
from gbaspatial.models.panel.signed_histories import signs_of

MODELS = {
    "ols": models.panel_ols, "slx": models.panel_slx, "lag": models.panel_lag, "error": models.panel_error,
    "sarar": models.panel_sarar,
}  # fmt: skip


@pytest.mark.parametrize("name", list(MODELS))
def test_every_term_is_tested_and_the_order_of_rows_and_units_changes_nothing(name):
    data, w = made(8, 6)
    one = MODELS[name]("y ~ x + z", data, w, effects="twoway").wild_test(draws=99, rng=1)
    shuffled, turned = data.sample(frac=1, random_state=3), w.subset(w.ids[::-1])
    other = MODELS[name]("y ~ x + z", shuffled, turned, effects="twoway").wild_test(draws=99, rng=1)
    np.testing.assert_allclose(one.frame, other.frame, atol=1e-4)
    assert one.frame.index.tolist() == MODELS[name]("y ~ x + z", data, w, effects="twoway").params.index.tolist()
    assert one.p_values["x"] == one.p_values.min()


def test_the_root_is_that_of_the_likelihood_ratio():
    data, w = made(8, 6)
    whole = models.panel_lag("y ~ x + z", data, w, effects="twoway")
    part = models.panel_lag("y ~ x", data, w, effects="twoway")
    none = models.panel_ols("y ~ x + z", data, effects="twoway")
    found = whole.wild_test(draws=99).frame["root"]
    ratio = 2 * (whole.log_likelihood - part.log_likelihood)
    assert found["z"] == pytest.approx(np.sign(whole.params["z"]) * np.sqrt(ratio), abs=1e-3)
    m = whole._problem.count
    low = -m / 2 * np.log(float(none.residuals @ none.residuals) / m) - m / 2 * (np.log(2 * np.pi) + 1)
    want = np.sign(whole.rho) * np.sqrt(2 * (whole.log_likelihood - low))
    assert found["rho"] == pytest.approx(want, abs=1e-3)


def test_with_few_units_all_patterns_of_signs_are_taken_and_nothing_is_random():
    signs = signs_of(4, 99, 0, np.arange(4))
    assert len({tuple(column) for column in signs.T}) == 15
    assert not (signs == 1).all(axis=0).any()
    data, w = made(6, 5)
    fit = models.panel_lag("y ~ x", data, w)
    one, two = fit.wild_test(rng=1), fit.wild_test(rng=2)
    np.testing.assert_array_equal(one.frame, two.frame)
    assert any("all 64 patterns" in note for note in one.tables()[0].notes)
    assert "whole residual histories" in one.tables()[0].notes[0]


def test_a_single_regressor_can_be_tested_because_effects_stay():
    data, _ = made(8, 6)
    assert models.panel_ols("y ~ x", data, effects="twoway").wild_test(draws=99).p_values["x"] < 0.05


def test_what_cannot_be_tested_is_refused():
    data, w = made(8, 6)
    with pytest.raises(OptionError, match="term="):
        models.panel_lag("y ~ x", data, w).wild_test("gone")
    with pytest.raises(AttributeError, match="fixed effects or none"):
        models.panel_lag("y ~ x", data, w, effects="random").wild_test()
    with pytest.raises(OptionError, match="balanced"):
        models.panel_lag("y ~ x", data.iloc[1:], w, unbalanced="keep").wild_test()


@pytest.mark.slow
def test_a_true_zero_is_rejected_about_as_often_as_it_says():
    """Persistent errors whose spread differs fivefold between the units; 200 samples, three standard errors."""
    _, w = made(11, 8)
    rejected = np.zeros(2)
    for seed in range(200):
        rng = np.random.default_rng(seed)
        e, x = np.zeros((38, 11)), np.zeros((38, 11))
        for t in range(1, 38):
            e[t] = 0.6 * e[t - 1] + rng.standard_normal(11) * np.linspace(0.4, 2, 11)
            x[t] = 0.7 * x[t - 1] + rng.standard_normal(11)
        index = pd.MultiIndex.from_product([range(2001, 2009), w.ids], names=["year", "unit"])
        data = pd.DataFrame({"y": e[30:].ravel(), "x": x[30:].ravel()}, index=index).swaplevel()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            fit = models.panel_lag("y ~ x", data, w, effects="unit")
        rejected += fit.wild_test(draws=199, rng=seed).p_values[["x", "rho"]] <= 0.05
    assert (rejected / 200 < 0.05 + 3 * 0.0154).all()
