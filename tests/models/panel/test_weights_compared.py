"""Panels under several W, models and outcomes."""

import matplotlib.axes
import numpy as np
import pytest
from test_estimators import made

from gbaspatial import models
from gbaspatial.errors import DataError, OptionError
from gbaspatial.weights import Weights

DATA, W = made(9, 6)
FAR = W.union(W.power(2)).row_standardized()
BY_YEAR = {year: W if year < 2004 else FAR for year in range(2001, 2007)}
NAMES = ("lag", "error", "slx", "durbin")


def curve(**options):
    return models.over_weights("y ~ x", DATA, {"near": W, "2 steps": FAR}, models=NAMES, **options)


def test_rows_are_those_of_fits_and_probabilities_those_of_models():
    found = curve(effects="twoway")
    assert len(found.frame) == 8
    for (_, name, model), row in found.frame.iterrows():
        fit = getattr(models, f"panel_{model}")("y ~ x", DATA, W if name == "near" else FAR, effects="twoway")
        spatial = fit.params.get("rho", fit.params.get("lambda"))
        if spatial is not None:
            assert found.spatial.loc[("y", name, model)] == pytest.approx(spatial)
            np.testing.assert_allclose(row[["lower", "upper"]].to_numpy(float), fit.conf_int().iloc[-1], rtol=1e-9)
        total = fit.impacts().total.loc["x"]
        np.testing.assert_allclose(found.totals.loc[("y", name, model, "x")], total, rtol=1e-9)
    probable = models.posterior_probabilities(
        "y ~ x", DATA, {"near": W, "2 steps": FAR}, effects="twoway", models=NAMES
    )
    np.testing.assert_allclose(found.frame["probability"], probable, rtol=1e-9)
    assert "rows" in found.tables()[0].notes[0]
    assert isinstance(found.plot(), matplotlib.axes.Axes)
    assert isinstance(found.plot("x"), matplotlib.axes.Axes)


def test_a_w_by_year_takes_its_last_period_or_the_one_named():
    weights = {"fixed": FAR, "opened": BY_YEAR}
    last = models.over_weights("y ~ x", DATA, weights)
    first = models.over_weights("y ~ x", DATA, weights, period=2001)
    fit = models.panel_lag("y ~ x", DATA, BY_YEAR)
    key = ("y", "opened", "lag", "x")
    for found, period in ((last, 2006), (first, 2001)):
        assert found.totals.loc[key, "estimate"] == pytest.approx(fit.impacts(period=period).total.loc["x", "estimate"])


def test_both_parameters_and_several_outcomes():
    found = models.over_weights({"plain": "y ~ x", "more": "y ~ x + z"}, DATA, {"near": W}, models=("sarar", "lag"))
    assert found.frame.xs("plain")["probability"].sum() == pytest.approx(1)
    assert found.frame.xs("more")["probability"].sum() == pytest.approx(1)


def test_random_effects_have_no_probability():
    found = models.over_weights("y ~ x", DATA, {"near": W}, effects="random")
    assert found.frame["probability"].isna().all()
    assert found.frame["rho"].notna().all()


def test_weights_that_say_nothing_are_told():
    complete = Weights(np.ones((9, 9)) - np.eye(9), W.ids).row_standardized()
    found = models.over_weights("y ~ x", DATA, {"near": W, "complete": complete}, effects="twoway")
    assert found.uninformed == ("complete",)
    assert np.isnan(found.frame.loc[("y", "complete", "lag"), "rho"])
    assert found.frame["probability"].sum() == pytest.approx(1)


def test_what_cannot_be_compared_is_refused():
    for given, error, told in (
        ({"weights": W}, OptionError, "mapping of names"),
        ({"weights": {}}, DataError, "at least one W"),
        ({"weights": {"near": W}, "dynamic": "y"}, OptionError, "leave out dynamic="),
        ({"weights": {"near": W}, "effect": "unit"}, OptionError, "effect"),
    ):
        with pytest.raises(error, match=told):
            models.over_weights("y ~ x", DATA, **given)
    with pytest.raises(OptionError, match="cross-section"):
        models.over_weights("y ~ x", DATA.xs(2002, level=1), {"near": W}, effects="unit")
