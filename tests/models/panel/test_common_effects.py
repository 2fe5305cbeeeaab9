"""Common correlated effects against regressions with the means of each unit, and by recovery."""

import numpy as np
import pandas as pd
import pytest

from gbaspatial import models
from gbaspatial.errors import DataError, OptionError
from gbaspatial.weights import Weights


def made(n=14, T=12, seed=1):
    rng = np.random.default_rng(seed)
    ids = [f"u{i:02d}" for i in range(n)]
    w = Weights(np.eye(n, k=1) + np.eye(n, k=-1), ids).row_standardized()
    factor = np.cumsum(rng.standard_normal(T))
    one, two = 1 + rng.standard_normal(n), 1 + rng.standard_normal(n)
    x = np.outer(one, factor) + rng.standard_normal((n, T))
    y = 0.7 * x + np.outer(two + one, factor) + rng.standard_normal((n, 1)) + rng.standard_normal((n, T))
    index = pd.MultiIndex.from_product([ids, range(2001, 2001 + T)], names=["unit", "year"])
    return pd.DataFrame({"y": y.ravel(), "x": x.ravel()}, index=index), w


def test_it_is_least_squares_beside_means_with_coefficients_by_unit():
    data, _ = made()
    fit = models.panel_ols("y ~ x", data, effects="common", covariance="classical")
    means = data.groupby(level=1).transform("mean")
    unit = pd.get_dummies(data.index.get_level_values(0)).to_numpy(float)
    Z = np.column_stack([data["x"], unit, unit * means[["y"]].to_numpy(), unit * means[["x"]].to_numpy()])
    b, sse, rank, _ = np.linalg.lstsq(Z, data["y"], rcond=None)
    assert fit.params["x"] == pytest.approx(b[0], abs=1e-9)
    assert fit.absorbed == rank - 1
    sigma2 = float(sse[0]) / (len(data) - rank)
    assert fit.sigma2 == pytest.approx(sigma2, rel=1e-9)
    assert fit.std_errors["x"] == pytest.approx(np.sqrt(sigma2 * np.linalg.inv(Z.T @ Z)[0, 0]), rel=1e-7)


def test_shocks_in_different_measure_bias_two_way_effects_but_not_these():
    found, two_way = [], []
    for seed in range(20):
        data, _ = made(seed=seed)
        found.append(models.panel_ols("y ~ x", data, effects="common").params["x"])
        two_way.append(models.panel_ols("y ~ x", data, effects="twoway", covariance="classical").params["x"])
    assert abs(np.mean(found) - 0.7) < 0.05
    assert abs(np.mean(two_way) - 0.7) > 0.3


def test_lags_in_space_and_order_and_words():
    data, w = made()
    one = models.panel_slx("y ~ x", data, w, effects="common")
    two = models.panel_slx("y ~ x", data.sample(frac=1, random_state=1), w, effects="common")
    pd.testing.assert_series_equal(one.params, two.params)
    assert list(one.params.index) == ["x", "W(x)"]
    assert one.covariance_code == "cluster"
    assert "common correlated effects" in str(one.summary())


def spilled(seed, n=20, T=20, rho=0.4):
    """A lag model on a ring with a shock whose measure in the units is like that of their neighbors."""
    rng = np.random.default_rng(seed)
    ids = [f"u{i:02d}" for i in range(n)]
    ring = np.eye(n, k=1) + np.eye(n, k=-1) + np.eye(n, k=n - 1) + np.eye(n, k=1 - n)
    w = Weights(ring, ids).row_standardized()
    wave, shock = np.cos(2 * np.pi * np.arange(n) / n), rng.standard_normal(T)
    x = np.outer(0.5 + 0.7 * wave, shock) + rng.standard_normal((n, T))
    mean = x + np.outer(1 + wave, shock) + rng.standard_normal((n, T)) + rng.standard_normal((n, 1))
    y = np.linalg.solve(np.eye(n) - rho * w.sparse.toarray(), mean)
    index = pd.MultiIndex.from_product([ids, range(2001, 2001 + T)], names=["unit", "year"])
    return pd.DataFrame({"y": y.ravel(), "x": x.ravel()}, index=index), w


def test_rho_beside_shared_shocks_is_recovered_where_two_way_effects_take_them_for_spillovers():
    fits = [models.panel_lag("y ~ x", *spilled(seed), effects="common") for seed in range(20)]
    assert abs(np.mean([fit.rho for fit in fits]) - 0.4) < 0.04
    assert abs(np.mean([fit.params["x"] for fit in fits]) - 1) < 0.04
    two_way = [models.panel_lag("y ~ x", *spilled(seed), effects="twoway", covariance="information").rho
               for seed in range(5)]  # fmt: skip
    assert np.mean(two_way) > 0.52
    assert fits[0].covariance_code == "cluster"
    assert fits[0].impacts().total.notna().all(axis=None)


@pytest.mark.parametrize("by_year", [False, True])
def test_the_score_of_rho_has_lost_the_means_over_units_too(by_year):
    """The slope of the curve is -tr(M G), M off the factors over time times that off the mean over units, dense."""
    data, w = spilled(1, n=8, T=9)
    chain = Weights(np.eye(8, k=1) + np.eye(8, k=-1), w.ids).row_standardized()
    given = {year: w if year < 2006 else chain for year in range(2001, 2010)}
    fit = models.panel_lag("y ~ x", data, given if by_year else w, effects="common")
    n, T = 8, 9
    F = np.column_stack([np.ones(T), data.groupby(level=1).mean().to_numpy()])
    P = np.eye(T) - F @ np.linalg.pinv(F)
    M = np.kron(P, np.eye(n) - 1 / n)
    G = np.zeros((n * T, n * T))
    for t, block in enumerate(fit._problem.lag.W.blocks):
        part = slice(n * t, n * (t + 1))
        G[part, part] = block.toarray() @ np.linalg.inv(np.eye(n) - 0.3 * block.toarray())
    assert fit._problem.lag.curve.derivatives(0.3)[0] == pytest.approx(-np.trace(M @ G), abs=1e-9)
    assert fit.absorbed == n * T - round(np.trace(M))


def test_what_is_refused():
    data, w = made()
    with pytest.raises(OptionError, match="not for panel_error: an error process"):
        models.panel_error("y ~ x", data, w, effects="common")
    with pytest.raises(OptionError, match="not for correction='none'"):
        models.panel_lag("y ~ x", data, w, effects="common", correction="none")
    with pytest.raises(OptionError, match="balanced"):
        models.panel_ols("y ~ x", data.iloc[1:], effects="common", unbalanced="keep")
    with pytest.raises(DataError, match="cannot carry"):
        models.panel_ols("y ~ x", data[data.index.get_level_values(1) < 2004], effects="common")
    with pytest.raises(OptionError, match="fixed effects"):
        models.panel_ols("y ~ x", data, effects="common", dynamic="y")
