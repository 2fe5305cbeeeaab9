"""Predictions of panels against the formula, and outcomes drawn from a fit against its predictions."""

import numpy as np
import pandas as pd
import pytest
from test_estimators import made

from gbaspatial import models
from gbaspatial.errors import AlignmentError, GbaWarning, MissingDataError, OptionError
from gbaspatial.weights import Weights

DATA, W = made(9, 6)
NEXT = pd.DataFrame(
    {"x": np.linspace(-1, 1, 9)}, index=pd.MultiIndex.from_product([W.ids[::-1], [2007]], names=["unit", "year"])
)
DENSE = W.sparse.toarray()
FITS = {
    "lag, unit": lambda data: models.panel_lag("y ~ x", data, W),
    "lag, twoway": lambda data: models.panel_lag("y ~ x", data, W, effects="twoway"),
    "Durbin, time": lambda data: models.panel_durbin("y ~ x", data, W, effects="time"),
    "error, unit": lambda data: models.panel_error("y ~ x + z", data, W),
    "SARAR, pooled": lambda data: models.panel_sarar("y ~ x", data, W, effects="pooled"),
    "SLX of a lag in time": lambda data: models.panel_slx("y ~ x + L(x)", data, W),
    "least squares": lambda data: models.panel_ols("y ~ x * C(side)", data, effects="pooled"),
    "random": lambda data: models.panel_lag("y ~ x", data, W, effects="random"),
    "random + time": lambda data: models.panel_error("y ~ x", data, W, effects="random + time"),
    "moments": lambda data: models.panel_lag("y ~ x", data, W, method="gmm"),
    "region by year": lambda data: models.panel_lag("y ~ x", data, W, effects="unit + side:year"),
}
SIDED = DATA.assign(side=np.where(DATA.index.get_level_values(0).isin(W.ids[:4]), "east", "west"))


@pytest.mark.parametrize("name", list(FITS))
def test_the_fitted_rows_given_again_are_predicted_as_they_were(name):
    fit = FITS[name](SIDED)
    if "lag in time" in name:
        with pytest.warns(GbaWarning, match="lags in time are not known: 2001"):
            again = fit.predict(SIDED)
    else:
        again = fit.predict(SIDED)
    pd.testing.assert_series_equal(again, fit.predict(), rtol=1e-8)
    assert list(again.index) == [row for row in SIDED.index if row in set(fit.design.ids)]


@pytest.mark.parametrize("name", list(FITS))
def test_a_constant_on_the_outcome_moves_every_prediction_by_it(name):
    moved = FITS[name](SIDED.assign(y=SIDED["y"] + 5.0))
    np.testing.assert_allclose(moved.predict() - FITS[name](SIDED).predict(), 5.0, atol=2e-4)


def test_in_sample_predictions_are_the_formula_of_each_kind():
    fit = models.panel_lag("y ~ x", DATA, W, effects="twoway")
    total = fit.effects["unit"].reindex(DATA.index, level=0) + fit.effects["time"].reindex(DATA.index, level=1)
    trend = DATA["x"] * fit.params["x"] + total
    pd.testing.assert_series_equal(fit.predict(kind="trend"), trend, check_names=False)
    np.testing.assert_allclose(fit.predict(kind="signal") + fit.residuals, DATA["y"])
    for year in range(2001, 2007):
        one = trend.xs(year, level=1).reindex(W.ids)
        want = np.linalg.solve(np.eye(9) - fit.rho * DENSE, one)
        np.testing.assert_allclose(fit.predict().xs(year, level=1).reindex(W.ids), want, rtol=1e-8)


@pytest.mark.parametrize("effects", ["unit", "twoway"])
def test_a_new_period_keeps_effects_of_units_and_has_a_time_effect_of_zero(effects):
    fit = models.panel_durbin("y ~ x", DATA, W, effects=effects)
    if effects == "twoway":
        with pytest.warns(GbaWarning, match="effect of 2007 is not known: zero is taken"):
            got = fit.predict(NEXT)
        own = fit.effects["unit"]
    else:
        got, own = fit.predict(NEXT), fit.effects
    x = NEXT["x"].xs(2007, level=1).reindex(W.ids).to_numpy()
    eta = x * fit.params["x"] + DENSE @ x * fit.params["W(x)"] + own.reindex(W.ids).to_numpy()
    want = pd.Series(np.linalg.solve(np.eye(9) - fit.rho * DENSE, eta), index=W.ids)
    np.testing.assert_allclose(got, want.reindex(NEXT.index, level=0), rtol=1e-8)
    assert got.index.equals(NEXT.index)


def test_lags_in_time_of_a_new_period_come_from_the_fit():
    fit = models.panel_ols("y ~ x + L(x)", DATA)
    before = DATA["x"].xs(2006, level=1).reindex(W.ids)
    want = fit.params["x"] * NEXT["x"].droplevel(1) + fit.params["L(x)"] * before + fit.effects
    got = fit.predict(NEXT).droplevel(1)
    np.testing.assert_allclose(got, want.reindex(got.index), rtol=1e-10)
    late = NEXT.rename(index={2007: 2009}, level=1)
    with pytest.raises(MissingDataError, match="lags in time of 2009 are not known"):
        fit.predict(late)


def test_another_w_and_other_regressors_of_one_unit_reach_its_neighbors():
    fit = models.panel_lag("y ~ x", DATA, W)
    row = DATA.loc[[("u3", 2004)]]
    changed = fit.predict(row.assign(x=row["x"] + 1)) - fit.predict().loc[row.index]
    inverse = np.linalg.inv(np.eye(9) - fit.rho * DENSE)
    assert changed.iloc[0] == pytest.approx(fit.params["x"] * inverse[3, 3])
    more = Weights(W.sparse + np.eye(9, k=4) + np.eye(9, k=-4), W.ids).row_standardized()
    eta = fit.predict(kind="trend").xs(2004, level=1).reindex(W.ids)
    want = np.linalg.solve(np.eye(9) - fit.rho * more.sparse.toarray(), eta)
    got = fit.predict(DATA, more).xs(2004, level=1).reindex(W.ids)
    np.testing.assert_allclose(got, want, rtol=1e-8)


def test_what_cannot_be_predicted_is_told():
    fit = models.panel_lag("y ~ x", DATA, W)
    with pytest.raises(AlignmentError, match="Hanoi was not fitted, so its effect is not known"):
        fit.predict(NEXT.rename(index={"u3": "Hanoi"}, level=0))
    with pytest.raises(MissingDataError, match="2007 lack u3"):
        fit.predict(NEXT.drop(index="u3", level=0))
    with pytest.raises(OptionError, match="leave out data="):
        fit.predict(NEXT, kind="signal")
    with pytest.raises(OptionError, match="needs the rows"):
        fit.predict(w=W)
    with pytest.raises(OptionError, match="effect of 2007 is not known and holds the level"):
        models.panel_lag("y ~ x", DATA, W, effects="time").predict(NEXT)
    other = W.power(2).row_standardized()
    moving = models.panel_lag("y ~ x", DATA, {year: W if year < 2004 else other for year in range(2001, 2007)})
    with pytest.raises(OptionError, match="that of 2007 is not known; give it as w="):
        moving.predict(NEXT)
    assert moving.predict(NEXT, W).notna().all()
    for effects in ("between", "first-difference"):
        with pytest.raises(OptionError, match="stand for means or differences"):
            models.panel_ols("y ~ x", DATA, effects=effects).predict(NEXT)


# -- outcomes drawn from a fit --------------------------------------------------------------------------
@pytest.mark.parametrize("name", ["lag, twoway", "SARAR, pooled", "random", "region by year"])
def test_the_mean_of_draws_is_the_prediction_and_their_spread_that_of_the_innovations(name):
    fit = FITS[name](SIDED)
    drawn = fit.simulate(draws=2_000, rng=1)
    gap = (drawn.mean(axis=1) - fit.predict()) / (drawn.std(axis=1) / np.sqrt(2_000))
    assert abs(gap).max() < 4.5  # of 54 standard normal values
    assert float((gap**2).mean()) == pytest.approx(1.0, abs=0.6)
    rho, lam = np.nan_to_num(fit.rho), np.nan_to_num(fit.lambda_)
    root = np.linalg.inv(np.eye(9) - rho * DENSE) @ np.linalg.inv(np.eye(9) - lam * DENSE)
    want = np.sqrt(fit.sigma2 * np.diag(root @ root.T))
    got = drawn.xs(2003, level=1).reindex(W.ids).std(axis=1)
    np.testing.assert_allclose(got, want, rtol=0.08)


def test_a_refit_of_what_was_drawn_recovers_rho():
    data, w = made(40, 8, rho=0.5)
    fit = models.panel_lag("y ~ x", data, w, effects="twoway")
    drawn = fit.simulate(draws=20, rng=2)
    found = [models.panel_lag("y ~ x", data.assign(y=drawn[r]), w, effects="twoway").rho for r in drawn]
    assert np.mean(found) == pytest.approx(fit.rho, abs=4 * np.std(found) / np.sqrt(20))


def test_draws_belong_to_labels_and_seeds():
    one = FITS["lag, unit"](DATA).simulate(draws=2, rng=3)
    two = FITS["lag, unit"](DATA.iloc[::-1]).simulate(draws=2, rng=3)
    pd.testing.assert_frame_equal(two.reindex(one.index), one)
    with pytest.raises(OptionError, match="draws=0"):
        FITS["lag, unit"](DATA).simulate(draws=0)
    with pytest.raises(OptionError, match="not errors='ar1'"):
        models.panel_ols("y ~ x", DATA, effects="random", errors="ar1").simulate()
    with pytest.raises(AttributeError, match="without the outcome of the period before"):
        models.panel_ols("y ~ x", DATA, dynamic="y").simulate()
