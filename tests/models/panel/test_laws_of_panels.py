"""Neither the origin of the outcome, the scale of W nor the order of rows changes what a panel tells."""

import numpy as np
import pandas as pd
import pytest

from gbaspatial import models
from gbaspatial.weights import Weights

N, T = 12, 5
IDS = [f"u{i:02d}" for i in range(N)]
W = Weights(np.eye(N, k=1) + np.eye(N, k=-1), IDS).row_standardized()
_RANDOM = np.random.default_rng(4)
_INDEX = pd.MultiIndex.from_product([IDS, range(2000, 2000 + T)], names=["city", "year"])
DATA = pd.DataFrame(_RANDOM.normal(size=(N * T, 2)), index=_INDEX, columns=["y", "x"])
DATA["y"] += DATA["x"] + np.repeat(_RANDOM.normal(size=N), T)
NAMES = ("panel_ols", "panel_slx", "panel_lag", "panel_error", "panel_sarar", "panel_durbin", "panel_durbin_error",
         "panel_gns")  # fmt: skip


def fitted(name, data=DATA, w=W):
    return getattr(models, name)("y ~ x", data, w, effects="unit")


@pytest.mark.parametrize("name", NAMES)
def test_every_panel_estimator_is_here_and_the_origin_changes_nothing(name):
    assert {n for n in models.__all__ if n.startswith("panel_")} == set(NAMES)
    one, two = fitted(name), fitted(name, DATA.assign(y=DATA["y"] + 1e3))
    pd.testing.assert_series_equal(one.params, two.params, rtol=1e-6, atol=1e-7)
    pd.testing.assert_series_equal(one.std_errors, two.std_errors, rtol=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_the_order_of_rows_changes_nothing(name):
    one, two = fitted(name), fitted(name, DATA.sample(frac=1, random_state=2))
    pd.testing.assert_series_equal(one.params, two.params, rtol=1e-9)


@pytest.mark.parametrize("name", [n for n in NAMES if n != "panel_ols"])
def test_the_scale_of_w_moves_spatial_parameters_only(name):
    one, two = fitted(name), fitted(name, w=Weights(4.0 * W.sparse, IDS))
    for term in one.params.index:
        spatial = term in ("rho", "lambda") or term.startswith("W(")
        assert two.params[term] * (4.0 if spatial else 1.0) == pytest.approx(one.params[term], rel=1e-6, abs=1e-8)
