"""Rows whose outcome is known and whose regressors are not: dummies of rows, dense scores, and what is refused."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from test_estimators import made

from gbaspatial import models, opinions
from gbaspatial.errors import DataError, MissingDataError, OptionError
from gbaspatial.models.panel.frame import read_panel
from gbaspatial.models.panel.unknown_regressors import EffectsBesideRows
from gbaspatial.tables import compare
from gbaspatial.weights import Weights

GONE = [("u3", 2002), ("u7", 2005), ("u0", 2005)]
TERMS = {"pooled": "", "unit": "+ C(unit)", "time": "+ C(year)", "twoway": "+ C(unit) + C(year)"}


def holed(n=12, T=6):
    data, w = made(n, T)
    data.loc[GONE, "x"] = np.nan
    return data, w


@pytest.mark.filterwarnings("ignore::gbaspatial.errors.SmallSampleWarning")
@pytest.mark.parametrize("effects", TERMS)
def test_they_are_rows_with_a_dummy_each(effects):
    data, w = holed()
    frame = data.drop(("u5", 2003)).reset_index().sort_values(["year", "unit"])  # one row is not there at all
    frame.index = [f"{u} {t}" for u, t in zip(frame["unit"], frame["year"], strict=True)]
    blocks = [w.subset(part["unit"]).sparse for _, part in frame.groupby("year")]
    whole = Weights(sparse.csr_array(sparse.block_diag(blocks)), frame.index)
    rows = [f"{unit} {year}" for unit, year in GONE]
    frame = frame.assign(x=frame["x"].fillna(0), **{f"d{k}": (frame.index == row) * 1.0 for k, row in enumerate(rows)})
    want = models.lag(f"y ~ x {TERMS[effects]} + d0 + d1 + d2", frame, whole, inference="asymptotic")
    got = models.panel_lag("y ~ x", data.drop(("u5", 2003)), w, effects=effects, unbalanced="keep", correction="none",
                           covariance="information")  # fmt: skip
    np.testing.assert_allclose(got.params[["x", "rho"]], want.params[["x", "rho"]], atol=1e-7)
    np.testing.assert_allclose(got.std_errors[["x", "rho"]], want.std_errors[["x", "rho"]], rtol=1e-4)
    assert got.log_likelihood == pytest.approx(want.log_likelihood, abs=1e-7)


def test_least_squares_are_those_of_the_other_rows():
    data, w = holed()
    got = models.panel_ols("y ~ x", data, w, unbalanced="keep", covariance="classical")
    want = models.panel_ols("y ~ x", data.drop(GONE), w, unbalanced="keep", covariance="classical")
    np.testing.assert_allclose(got.params, want.params, rtol=1e-10)
    np.testing.assert_allclose(got.std_errors, want.std_errors, rtol=1e-10)
    np.testing.assert_allclose(got.effects, want.effects, rtol=1e-8)
    assert got.residuals.isna().sum() == 3
    assert got.serial_correlation == pytest.approx(want.serial_correlation)


def test_the_adjusted_score_is_that_of_dense_matrices():
    data, w = holed()
    fit = models.panel_lag("y ~ x", data, w, effects="twoway", unbalanced="keep", covariance="information")
    effects, model = fit._problem.effects, fit._problem
    assert isinstance(effects, EffectsBesideRows)
    assert effects.rank == 17 + 3
    W = sparse.block_diag(model.lag.W.blocks).toarray()
    M = effects.take_out(np.eye(len(W)))
    np.testing.assert_allclose(M @ M, M, atol=1e-12)
    assert np.trace(M) == pytest.approx(len(W) - 20)
    A = np.eye(len(W)) - fit.rho * W
    e = M @ (A @ model.y - model.X @ fit.beta)
    score = e @ W @ model.y / fit.sigma2 - np.trace(M @ W @ np.linalg.inv(A))
    assert score == pytest.approx(0, abs=1e-5)
    assert fit.sigma2 == pytest.approx(e @ e / (len(W) - 20))


def test_the_outcome_stays_in_the_lag_of_its_neighbors_and_that_is_told():
    data, w = holed()
    fit = models.panel_lag("y ~ x", data, w, unbalanced="keep")
    told = str(fit.summary())
    assert "not known for 3 of 72 rows (u3 (2002), u0 (2005), u7 (2005))" in told
    assert "their outcome stays in W y of their neighbors" in told
    assert all(one.n == 12 for one in fit.w.by_period)
    assert fit.predict().notna().all()
    assert fit.fitted.isna().sum() == 3
    assert np.isfinite(fit.impacts(period=2005).total.loc["x", "estimate"])
    mixed = models.panel_lag("y ~ x", data.sample(frac=1, random_state=4), w, unbalanced="keep")
    np.testing.assert_allclose(mixed.params, fit.params, atol=1e-9)
    durbin = models.panel_durbin("y ~ x", data, w, unbalanced="keep")  # W(x) of their neighbors is not known either
    assert durbin.residuals.isna().sum() == 9


def test_a_unit_without_any_regressor_has_no_effect_that_is_known():
    data, w = made()
    data.loc[data.index.get_level_values(0) == "u4", "x"] = np.nan
    data.loc[data.index.get_level_values(1) == 2006, "x"] = np.nan
    fit = models.panel_lag("y ~ x", data, w, effects="twoway", unbalanced="keep")
    assert fit.effects.isna().sum() == 2
    assert np.isnan(fit.effects["unit", "u4"])
    assert np.isnan(fit.effects["time", 2006])


def test_rho_is_right_where_leaving_the_rows_out_is_not():
    """Every third row lacks x and is loud: without these outcomes W y of the others is not theirs."""
    n, T, rho = 16, 8, 0.5
    w = made(n, T)[1]
    W = np.eye(n) - rho * w.sparse.toarray()
    rng = np.random.default_rng(5)
    index = pd.MultiIndex.from_product([range(T), w.ids], names=["year", "unit"])
    unknown = np.arange(n * T) % 3 == 0
    kept, dropped = [], []
    for _ in range(40):
        x = rng.standard_normal(n * T)
        e = rng.standard_normal(n * T) * np.where(unknown, 3.0, 1.0)
        mean = x + np.tile(rng.standard_normal(n), T) + e
        y = np.linalg.solve(W, mean.reshape(T, n).T).T.ravel()
        data = pd.DataFrame({"y": y, "x": np.where(unknown, np.nan, x)}, index=index).swaplevel()
        options = {"effects": "unit", "unbalanced": "keep", "covariance": "information"}
        kept.append(models.panel_lag("y ~ x", data, w, **options).rho)
        dropped.append(models.panel_lag("y ~ x", data.dropna(), w, **options).rho)
    assert abs(np.mean(kept) - rho) < 3 * np.std(kept) / np.sqrt(40)
    assert abs(np.mean(dropped) - rho) > 0.1


def test_what_needs_every_regressor_is_refused():
    data, w = holed()
    refused = [
        (models.panel_lag, "y ~ x", {}), (models.panel_error, "y ~ x", {"unbalanced": "keep"}),
        (models.panel_lag, "y ~ I(x > 0)", {"unbalanced": "keep"}),
        (models.panel_lag, "y ~ x", {"unbalanced": "keep", "effects": "random"}),
        (models.panel_lag, "y ~ x", {"unbalanced": "keep", "method": "gmm"}),
        (models.panel_lag, "y ~ x", {"unbalanced": "keep", "dynamic": "y"}),
    ]  # fmt: skip
    for estimator, formula, options in refused:
        with pytest.raises(MissingDataError, match=r"'x' is missing for u3 \(2002\)"):
            estimator(formula, data, w, **options)
    with pytest.raises(MissingDataError, match="'y' is missing for u1"):
        models.panel_lag("y ~ x", data.assign(y=data["y"].where(data.index != ("u1", 2001))), w, unbalanced="keep")
    with pytest.raises(MissingDataError, match="known together in no row"):
        read_panel("y ~ x", data.assign(x=np.nan), w, unbalanced="keep", takes_gaps=True)
    fit = models.panel_lag("y ~ x", data, w, unbalanced="keep")
    with pytest.raises(OptionError, match="regressors are not known for 3 of 72"):
        fit.diagnostics()
    with pytest.raises(AttributeError, match="and rows without regressors"):
        fit.bootstrap()
    for verb in ("second_opinion", "code", "bootstrap", "wild_test"):
        assert verb not in dir(fit)


@pytest.mark.parametrize("effects", ["pooled", "unit", "twoway", "unit + region:year"])
@pytest.mark.parametrize("n", [12, 60])
def test_clusters_count_the_rows_and_units_that_have_an_equation(effects, n):
    data, _ = made(n)
    data["region"] = data.index.get_level_values(0).str[-1].astype(int) % 3
    data.loc[GONE, "x"] = np.nan
    data.loc[data.index.get_level_values(0) == "u4", "x"] = np.nan
    fits = [
        models.panel_ols("y ~ x", each, effects=effects, unbalanced="keep", covariance="cluster")
        for each in (data, data.dropna())
    ]
    np.testing.assert_allclose(*[fit.std_errors for fit in fits], rtol=1e-10)
    np.testing.assert_allclose(*[fit.tidy()["p_value"] for fit in fits], rtol=1e-8)
    assert all(f"({n - 1} clusters" in fit.covariance_kind for fit in fits)


def test_new_periods_and_filled_rows_are_predicted():
    data, w = holed()
    new = data.loc[(slice(None), [2006]), ["x"]].rename(index={2006: 2007}, level=1)
    fit = models.panel_lag("y ~ x", data, w, unbalanced="keep")
    A = np.eye(12) - fit.rho * w.sparse.toarray()
    own = fit.beta[0] * new["x"].droplevel(1).reindex(w.ids) + fit.effects.reindex(w.ids)
    np.testing.assert_allclose(fit.predict(new).droplevel(1).reindex(w.ids), np.linalg.solve(A, own), rtol=1e-9)
    filled = made()[0][["x"]]
    full = fit.predict(filled)
    assert full.notna().all()
    there = [row for row in data.index if row[1] not in (2002, 2005)]
    np.testing.assert_allclose(full[there], fit.predict()[there], rtol=1e-9)
    earlier = models.panel_lag("y ~ L(x)", data, w, unbalanced="keep")
    with pytest.raises(MissingDataError, match="cannot be predicted: a regressor"):
        earlier.predict(data.loc[(slice(None), [2003]), ["x"]])


def test_likelihoods_of_different_rows_are_not_compared():
    data, w = holed()
    options = {"effects": "unit", "unbalanced": "keep"}
    lag, durbin = (one("y ~ x", data, w, **options) for one in (models.panel_lag, models.panel_durbin))
    fewer = models.panel_lag("y ~ x", data.dropna(), w, **options)
    other = models.panel_lag("y ~ x", data, w, unbalanced="keep", effects="twoway")
    for fits, same in (([lag, durbin], False), ([lag, fewer], False), ([lag, other], True)):
        assert compare({str(place): fit for place, fit in enumerate(fits)}).same_data == same
    curve = models.over_weights("y ~ x", data, {"ring": w}, models=("lag", "durbin"), **options)
    assert curve.frame[["log_likelihood", "aic", "probability"]].isna().all(axis=None)
    assert "not known for 3 or 9 rows" in str(curve)
    curve = models.over_weights("y ~ x", data, {"ring": w, "other": made(seed=2)[1]}, **options)
    assert curve.frame["probability"].sum() == pytest.approx(1)
    found = models.posterior_probabilities("y ~ x", data, w, models=("ols", "lag"), **options)
    assert found.sum() == pytest.approx(1)
    with pytest.raises(OptionError, match="not known for 3 or 9 rows, by model and W"):
        models.posterior_probabilities("y ~ x", data, w, models=("lag", "durbin"), **options)


def test_what_may_stay_is_told_where_it_may():
    data, w = holed()
    counts = data.assign(count=np.arange(len(data)) % 4)
    with pytest.raises(MissingDataError, match="unbalanced='keep': these rows then have no equation"):
        models.panel_durbin("y ~ x", data, w, unbalanced="common")
    for call in (
        lambda: models.panel_error("y ~ x", data, w),
        lambda: models.ppml("count ~ x", counts, w, effects="unit"),
        lambda: models.ppml("count ~ x", counts, w, effects="unit", unbalanced="keep"),
    ):
        with pytest.raises(MissingDataError, match=r"'x' is missing for u3 \(2002\), .*; fill it in, or drop these"):
            call()
    lacking = data.assign(region=np.where(np.arange(len(data)) < 2, None, "a"))
    with pytest.raises(DataError, match=r"'region' is missing for u\d+ \(\d+\), u\d+ \(\d+\), so its effects"):
        models.panel_ols("y ~ z", lacking, effects="unit + region:year")
    fit = models.panel_lag("y ~ x", data, w, unbalanced="keep")
    with pytest.raises(OptionError, match="panel_lag with effects='unit', rows without regressors"):
        opinions.second_opinion(fit)
