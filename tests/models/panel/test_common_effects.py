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


def test_what_is_refused():
    data, w = made()
    with pytest.raises(OptionError, match="panel_ols and panel_slx"):
        models.panel_lag("y ~ x", data, w, effects="common")
    with pytest.raises(OptionError, match="balanced"):
        models.panel_ols("y ~ x", data.iloc[1:], effects="common", unbalanced="keep")
    with pytest.raises(DataError, match="cannot carry"):
        models.panel_ols("y ~ x", data[data.index.get_level_values(1) < 2004], effects="common")
    with pytest.raises(OptionError, match="fixed effects"):
        models.panel_ols("y ~ x", data, effects="common", dynamic="y")
