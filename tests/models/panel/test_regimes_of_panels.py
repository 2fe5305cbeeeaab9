"""Coefficients by class in panels: products in a formula, classes that change over time, Chow's test, predictions."""

import numpy as np
import pytest
from test_estimators import made

from gbaspatial import models
from gbaspatial.errors import OptionError, UnknownNameError


def classed():
    data, w = made()
    unit = data.index.get_level_values(0).str[1:].astype(int)
    year = data.index.get_level_values(1)
    return data.assign(side=np.where(unit % 2, "b", "a"), era=np.where(year > 2003, "late", "early")), w


@pytest.mark.parametrize("effects", ["pooled", "unit", "twoway", "random"])
@pytest.mark.parametrize("make", [models.panel_slx, models.panel_lag, models.panel_error])
def test_it_is_the_product_with_the_class(make, effects):
    data, w = classed()
    extra = {"durbin": False} if make is models.panel_slx else {}
    plain = "y ~ C(side) + C(side):x - 1" if effects in ("pooled", "random") else "y ~ C(side):x - 1"
    one = make("y ~ x", data, w, effects=effects, regimes="side", **extra)
    two = make(plain, data, w, effects=effects, **extra)
    for level in "ab":
        other = next(term for term in two.params.index if f"[{level}]" in term and term.endswith("x"))
        assert one.params[f"side[{level}]:x"] == pytest.approx(two.params[other], abs=1e-6)
    for name in ("rho", "lambda"):
        if name in one.params:
            assert one.params[name] == pytest.approx(two.params[name], abs=1e-6)


def test_classes_that_change_over_time_keep_what_effects_do_not_absorb():
    data, w = classed()
    unit = models.panel_lag("y ~ x", data, w, effects="unit", regimes="era")
    assert list(unit.params.index) == ["era[early]:x", "era[late]:Intercept", "era[late]:x", "rho"]
    both = models.panel_lag("y ~ x", data, w, effects="twoway", regimes="era")
    assert list(both.params.index) == ["era[early]:x", "era[late]:x", "rho"]
    same = models.panel_lag("y ~ C(era) + C(era):x", data, w, effects="unit")
    assert unit.rho == pytest.approx(same.rho, abs=1e-8)


def test_chow_is_the_wald_test_of_the_difference():
    data, w = classed()
    fit = models.panel_lag("y ~ x", data, w, effects="twoway", regimes="side", covariance="information")
    found = fit.chow().to_frame()
    gap = fit.params["side[b]:x"] - fit.params["side[a]:x"]
    V = fit.covariance.loc[["side[a]:x", "side[b]:x"], ["side[a]:x", "side[b]:x"]].to_numpy()
    assert found.loc["x", "statistic"] == pytest.approx(gap**2 / (V[0, 0] + V[1, 1] - 2 * V[0, 1]), rel=1e-9)
    assert list(found.index) == ["x", "all"]
    assert not hasattr(models.panel_lag("y ~ x", data, w, effects="twoway"), "chow")
    dynamic = models.panel_lag("y ~ x", data, w, effects="twoway", regimes="side", dynamic="y")
    assert dynamic.params.index[0] == "L(y)"
    assert list(models.chow(dynamic).to_frame().index) == ["x", "all"]


def test_predictions_take_the_class_of_their_row():
    data, w = classed()
    fit = models.panel_lag("y ~ x", data, w, effects="unit", regimes="side")
    again = fit.predict(data, w)
    np.testing.assert_allclose(again, fit.predict().loc[again.index], atol=1e-8)
    assert set(fit.impacts().total.index) == {"side[a]:x", "side[b]:x"}


def test_weights_and_regimes_go_together():
    data, w = classed()
    data["v"] = np.random.default_rng(1).uniform(1, 3, len(data))
    one = models.panel_lag("y ~ x", data, w, effects="twoway", regimes="side", weights="v")
    two = models.panel_lag("y ~ C(side):x - 1", data, w, effects="twoway", weights="v")
    assert one.rho == pytest.approx(two.rho, abs=1e-8)


def test_what_is_refused():
    data, w = classed()
    with pytest.raises(UnknownNameError, match="sied"):
        models.panel_lag("y ~ x", data, w, regimes="sied")
    with pytest.raises(OptionError, match="cannot split"):
        models.panel_ols("y ~ x", data, effects="first-difference", regimes="side")
    with pytest.raises(OptionError, match="cannot split endogenous"):
        models.panel_lag("y ~ x", data, w, method="gmm", endogenous="z", instruments="L(z)", regimes="side")
