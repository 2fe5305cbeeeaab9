"""What links change in a fitted panel: against the formula, fit.impacts, and what is refused."""

import matplotlib.axes
import numpy as np
import pandas as pd
import pytest
from test_estimators import made

import gbaspatial as gba
from gbaspatial import models
from gbaspatial.errors import OptionError, UnknownNameError
from gbaspatial.models import impact_of_links
from gbaspatial.models.panel.opened_links import classes_around_zero
from gbaspatial.weights import Weights

DATA, W = made(9, 6)
MORE = Weights(W.sparse + np.eye(9, k=4) + np.eye(9, k=-4), W.ids).row_standardized()
BY_YEAR = {year: W if year < 2004 else MORE for year in range(2001, 2007)}


def fitted(durbin=False, effects="unit"):
    return models.panel_lag("y ~ x", DATA, BY_YEAR, durbin=durbin, effects=effects)


def test_the_outcome_after_is_the_prediction_and_the_change_is_the_formula():
    fit = fitted()
    found = impact_of_links(fit, before=2003, after=2006, draws=99)
    last = fit.predict().xs(2006, level=1)
    np.testing.assert_allclose(found.frame["after"], last.reindex(found.frame.index), rtol=1e-9)
    A1, A2 = (np.eye(9) - fit.rho * w.sparse.toarray() for w in (W, MORE))
    want = np.linalg.solve(A1, A2 @ last.reindex(W.ids).to_numpy())
    np.testing.assert_allclose(found.frame["before"].reindex(W.ids), want, rtol=1e-9)
    assert ((found.frame["lower"] <= found.frame["change"]) & (found.frame["change"] <= found.frame["upper"])).all()
    assert (found.frame["links"].reindex(["u0", "u4"]) == [1, 2]).all()


@pytest.mark.parametrize("durbin", [False, True])
def test_impacts_are_those_of_the_fit_in_both_periods(durbin):
    fit = fitted(durbin)
    found = impact_of_links(fit, before=2001, after=2006, draws=99).impacts
    for column, period in (("before", 2001), ("after", 2006)):
        want = fit.impacts(period=period, method="delta").to_frame()["estimate"]
        np.testing.assert_allclose(found[column], want.reindex(found.index), rtol=1e-9)


def test_a_w_that_is_given_is_one_of_a_period():
    fit = fitted()
    one = impact_of_links(fit, before=2001, after=2006, draws=99)
    other = impact_of_links(fit, before=W, after=MORE, draws=99)
    np.testing.assert_allclose(one.frame["change"], other.frame["change"], rtol=1e-9)


def test_spatial_lags_of_regressors_alone_change_too():
    fit = models.panel_slx("y ~ x", DATA, BY_YEAR, effects="unit")
    found = impact_of_links(fit, before=2001, after=2006, draws=99).frame
    x = DATA["x"].xs(2006, level=1).reindex(W.ids)
    want = fit.params["W(x)"] * ((MORE.sparse - W.sparse) @ x.to_numpy())
    np.testing.assert_allclose(found["change"].reindex(W.ids), want, rtol=1e-9)


def test_what_cannot_change_is_refused():
    fit = fitted()
    with pytest.raises(OptionError, match="the same"):
        impact_of_links(fit, before=2001, after=2002)
    with pytest.raises(UnknownNameError, match="no period 1999"):
        impact_of_links(fit, before=1999, after=2002)
    with pytest.raises(OptionError, match="has no W"):
        impact_of_links(models.panel_ols("y ~ x", DATA), before=2001, after=2002)
    with pytest.raises(OptionError, match="made anew"):
        impact_of_links(models.panel_lag("y ~ z + W(x)", DATA, BY_YEAR), before=2001, after=2006)


def test_pictures_are_axes():
    cities = gba.load_cities(year=2019)
    panel = gba.load_panel().loc[:, ["gdp_pc_cny", "employment"]].dropna()
    by_year = gba.weights.by_year(cities, years=range(2000, 2024))
    fit = models.panel_lag("log(gdp_pc_cny) ~ log(employment)", panel, by_year, unbalanced="common")
    drawn = [
        impact_of_links(fit, before=2017, after=2019, draws=99).plot(cities), fit.plot(),
        fit.plot("effects", units=cities), fit.diagnostics().plot(),
    ]  # fmt: skip
    assert all(isinstance(ax, matplotlib.axes.Axes) for ax in drawn)
    with pytest.raises(OptionError, match="give units="):
        fit.plot("effects")
    with pytest.raises(OptionError, match="no effects of units"):
        models.panel_lag("y ~ x", DATA, W, effects="time").plot("effects", units=cities)


def test_predicted_effects_of_random_models_have_a_map_too():
    panel = gba.load_panel().loc[:, ["gdp_pc_cny", "employment"]].dropna()
    cities = gba.load_cities(year=2019)
    fit = models.panel_ols("log(gdp_pc_cny) ~ log(employment)", panel, effects="random", unbalanced="common")
    assert isinstance(fit.plot("effects", units=cities), matplotlib.axes.Axes)


def test_gains_and_losses_have_colors_of_their_own():
    bounds, palette = classes_around_zero(pd.Series([-0.5, 0.1, 0.2, 0.9, 0.0]))
    assert palette == "RdBu_r"
    assert bounds[2] == 0
    np.testing.assert_allclose(bounds, -np.array(bounds[::-1]))
    assert classes_around_zero(pd.Series([-1.0, -2.0, -3.0, -4.0])) == ([-3.0, -2.0], "Blues_r")
