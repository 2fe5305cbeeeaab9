"""Bootstraps of panels that move whole blocks of residuals."""

import numpy as np
import pytest
from test_estimators import made

from gbaspatial import models
from gbaspatial.errors import OptionError
from gbaspatial.models.panel.block_bootstrap import _moved
from gbaspatial.models.panel.information_less_effects import parts_of


def parts(fit):
    return parts_of(fit._problem, fit._estimate())


@pytest.mark.parametrize("by", ["unit", "time"])
@pytest.mark.parametrize("kind", ["residual", "wild"])
def test_each_kind_gives_intervals_and_ignores_order(kind, by):
    data, w = made(8, 6)
    found = [
        models.panel_lag("y ~ x", one, w, effects="twoway").bootstrap(draws=99, kind=kind, by=by, rng=1)
        for one in (data, data.sample(frac=1, random_state=4))
    ]
    np.testing.assert_allclose(found[0].conf_int(), found[1].conf_int(), atol=1e-9)
    frame = found[0].to_frame()
    assert list(frame.columns) == ["estimate", "std_error", "bias", "p_value", "lower", "upper"]
    assert (frame["lower"] < frame["estimate"]).all()
    assert ((frame["p_value"] > 0) & (frame["p_value"] <= 1)).all()


def test_blocks_are_whole():
    data, w = made(6, 4)
    fit = models.panel_lag("y ~ x", data, w, effects="twoway")
    e = parts(fit).e.reshape(4, 6) * np.sqrt(fit.n / fit.df_resid)
    moved = _moved(fit, parts(fit), "residual", "unit", 7, 1).reshape(4, 6, 7)
    for column in moved.transpose(2, 1, 0).reshape(-1, 4):
        assert np.isclose(column, e.T).all(axis=1).any()
    years = _moved(fit, parts(fit), "residual", "time", 7, 1).reshape(4, 6, 7)
    for row in years.transpose(2, 0, 1).reshape(-1, 6):
        assert np.isclose(row, e).all(axis=1).any()
    wild = _moved(fit, parts(fit), "wild", "time", 7, 1).reshape(4, 6, 7)
    np.testing.assert_allclose(np.abs(wild), np.repeat(np.abs(e)[:, :, None], 7, axis=2))


def test_standard_errors_see_serial_correlation_and_unlike_variances():
    """Where the regressor and the errors are persistent, the spread by unit is far above the classical one."""
    rng = np.random.default_rng(3)
    data, _ = made(12, 20)
    data = data.sort_index(level=[1, 0])
    for name in ("x", "y"):
        walk = np.zeros((20, 12))
        for t in range(1, 20):
            walk[t] = 0.9 * walk[t - 1] + rng.standard_normal(12)
        data[name] = walk.ravel()
    fit = models.panel_ols("y ~ x", data, effects="unit", covariance="classical")
    for kind in ("residual", "wild"):
        spread = fit.bootstrap(draws=199, kind=kind, rng=1).std_errors["x"]
        assert spread > 1.5 * fit.std_errors["x"]


def test_both_parameters_are_estimated_together():
    data, w = made(7, 5)
    found = models.panel_sarar("y ~ x", data, w, effects="unit").bootstrap(draws=39, rng=1)
    assert list(found.replicates.columns) == ["x", "rho", "lambda"]
    low, high = found.windows["rho"]
    assert low <= found.conf_int().loc["rho", "lower"] <= found.conf_int().loc["rho", "upper"] <= high


def test_what_cannot_move_is_refused():
    data, w = made(8, 5)
    with pytest.raises(OptionError, match="balanced"):
        models.panel_lag("y ~ x", data.iloc[1:], w, unbalanced="keep").bootstrap()
    with pytest.raises(OptionError, match="by="):
        models.panel_lag("y ~ x", data, w).bootstrap(by="year")
    with pytest.raises(OptionError, match="200 units"):
        models.panel_lag("y ~ x", *made(201, 3)).bootstrap()
