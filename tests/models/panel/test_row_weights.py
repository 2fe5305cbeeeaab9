"""Weights beside random effects, between units and by moments: against the same by hand, and laws."""

import numpy as np
import pandas as pd
import pytest
from test_estimators import made

import gbaspatial as gba
from gbaspatial import models
from gbaspatial.errors import OptionError

DATA, W = made(14, 6)
V = pd.Series(np.random.default_rng(3).uniform(0.3, 4, 14), W.ids)
ROOT = pd.Series(np.sqrt(V.reindex(DATA.index.get_level_values(0)).to_numpy()), DATA.index)
SCALED = DATA.assign(y=DATA["y"] * ROOT, x=DATA["x"] * ROOT, c=ROOT)


def scaled_w():
    """S W S^-1, S the diagonal matrix of the units' roots."""
    root = np.sqrt(V.reindex(W.ids).to_numpy())
    return gba.weights.Weights(root[:, None] * W.sparse.toarray() / root[None, :], W.ids)


@pytest.mark.parametrize(
    ("make", "options"),
    [(models.panel_lag, {}), (models.panel_error, {"errors": "kkp"}), (models.panel_error, {"errors": "baltagi"}),
     (models.panel_sarar, {}), (models.panel_lag, {"errors": "ar1"})],
)  # fmt: skip
def test_random_effects_by_unit_are_those_of_scaled_rows(make, options):
    got = make("y ~ x", DATA, W, effects="random", weights=V, **options)
    want = make("y ~ c + x - 1", SCALED, scaled_w(), effects="random", **options)
    np.testing.assert_allclose(got.params, want.params, atol=1e-9)
    np.testing.assert_allclose(got.std_errors, want.std_errors, rtol=1e-7)
    assert got.log_likelihood == pytest.approx(want.log_likelihood + np.log(ROOT).sum())
    np.testing.assert_allclose(got.residuals * ROOT, want.residuals, atol=1e-9)
    np.testing.assert_allclose(got.effects * np.sqrt(V).reindex(got.effects.index), want.effects, atol=1e-9)
    np.testing.assert_allclose(got.predict() * ROOT, want.predict(), atol=1e-9)
    assert "Weighted by unit" in str(got.summary())


def test_effects_of_time_beside_weighted_random_ones_are_columns():
    got = models.panel_lag("y ~ x", DATA, W, effects="random + time", weights=V, correction="none")
    years = sorted(DATA.index.unique(1))
    dummies = {f"d{year}": ROOT.where(DATA.index.get_level_values(1) == year, 0.0) for year in years}
    formula = f"y ~ x + {' + '.join(dummies)} - 1"
    want = models.panel_lag(formula, SCALED.assign(**dummies), scaled_w(), effects="random")
    assert got.rho == pytest.approx(want.rho, abs=1e-8)
    assert got.params["x"] == pytest.approx(want.params["x"], abs=1e-8)
    of_time = got.effects["time" if "time" in got.effects.index.get_level_values(0) else DATA.index.names[1]]
    gap = np.diff(of_time.reindex(years).to_numpy())
    np.testing.assert_allclose(gap, np.diff(want.params[list(dummies)].to_numpy()), atol=1e-7)


@pytest.mark.parametrize("options", [{"effects": "random"}, {"effects": "unit", "method": "gmm"}])
def test_equal_weights_change_nothing_but_the_variance(options):
    plain = models.panel_lag("y ~ x", DATA, W, **options)
    equal = models.panel_lag("y ~ x", DATA, W, weights=V * 0 + 5.0, **options)
    np.testing.assert_allclose(equal.params, plain.params, atol=1e-9)
    np.testing.assert_allclose(equal.std_errors, plain.std_errors, rtol=1e-6)
    assert equal.sigma2 == pytest.approx(5 * plain.sigma2)


def test_weights_between_units_are_weighted_least_squares_of_means():
    fit = models.panel_ols("y ~ x", DATA, effects="between", weights=V)
    means = DATA[["y", "x"]].groupby(level=0).mean().reindex(V.index)
    X = np.column_stack([np.ones(14), means["x"]])
    want = np.linalg.solve(X.T @ (V.to_numpy()[:, None] * X), X.T @ (V * means["y"]).to_numpy())
    np.testing.assert_allclose(fit.params, want, rtol=1e-9)


def test_weighted_moments_are_two_stage_least_squares_of_scaled_rows_and_dummies():
    by_row = pd.Series(np.random.default_rng(5).uniform(0.3, 4, len(DATA)), DATA.index)
    fit = models.panel_lag("y ~ x", DATA, W, effects="twoway", method="gmm", weights=by_row, covariance="classical")
    wide = DATA.sort_index(level=[1, 0])
    order = wide.index
    lag = np.kron(np.eye(6), W.sparse.toarray())
    place = [W.ids.get_loc(unit) + 14 * (year - order.get_level_values(1).min()) for unit, year in order]
    lag = lag[np.ix_(place, place)]
    D = pd.get_dummies(order.get_level_values(0)).to_numpy(float)
    D = np.column_stack([D, pd.get_dummies(order.get_level_values(1)).to_numpy(float)[:, 1:]])
    x, y, s = wide["x"].to_numpy(), wide["y"].to_numpy(), np.sqrt(by_row.reindex(order).to_numpy())[:, None]
    Z, H = s * np.column_stack([x, lag @ y, D]), s * np.column_stack([x, lag @ x, lag @ lag @ x, D])
    P = H @ np.linalg.lstsq(H, Z, rcond=None)[0]
    b = np.linalg.solve(P.T @ Z, P.T @ (s[:, 0] * y))
    np.testing.assert_allclose(fit.params, b[:2], rtol=1e-8)
    residuals = y - np.column_stack([x, lag @ y, D]) @ b
    np.testing.assert_allclose(fit.residuals.reindex(order), residuals, atol=1e-8)
    assert fit.sigma2 == pytest.approx(float((s[:, 0] * residuals) @ (s[:, 0] * residuals)) / fit.df_resid)


def test_weights_that_change_over_time_are_refused_by_name_where_they_belong_to_units():
    changing = ROOT.copy()
    changing.iloc[0] += 1
    for effects in ("random", "between", "mundlak"):
        with pytest.raises(OptionError, match=f"{DATA.index[0][0]} changes over time"):
            models.panel_ols("y ~ x", DATA, effects=effects, weights=changing)
