"""Neither the origin of the outcome, the scale of W nor the order of rows changes what a panel tells."""

import numpy as np
import pandas as pd
import pytest

from gbaspatial import models
from gbaspatial.errors import DataError, WeightsError
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
    others = {"panel_effects", "panel_model_probabilities", "panel_over_weights"}
    assert {n for n in models.__all__ if n.startswith("panel_")} - others == set(NAMES)
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


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("factor", [1e-300, 1e-160, 1e-90, 1e90, 1e160, 1e300])
def test_a_unit_whose_squares_are_no_numbers_is_refused(name, factor):
    with pytest.raises(DataError, match="^y: values are so (large|small)"):
        fitted(name, DATA.assign(y=factor * DATA["y"]))
    with pytest.raises(DataError, match="^x: values are so (large|small)"):
        fitted(name, DATA.assign(x=factor * DATA["x"]))
    with pytest.raises(WeightsError, match="largest weight"):
        fitted(name, w=Weights(factor * W.sparse, IDS))
    with pytest.raises(WeightsError, match="largest weight of W in 2001"):
        fitted(name, w={t: Weights((factor if t == 2001 else 1) * W.sparse, IDS) for t in range(2000, 2000 + T)})


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("y", "x", "w"), [(1e-49, 1, 1), (1e49, 1, 1), (1, 1e-49, 1), (1, 1e49, 1), (1, 1, 1e28)])
def test_the_ratio_to_the_error_is_the_same_up_to_the_largest_units(name, y, x, w):
    one, two = fitted(name), fitted(name, DATA.assign(y=y * DATA["y"], x=x * DATA["x"]), Weights(w * W.sparse, IDS))
    np.testing.assert_allclose(two.params / two.std_errors, one.params / one.std_errors, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_regressors_of_very_different_units_do_not_hide_each_other(name):
    data = DATA.assign(z=_RANDOM.normal(size=len(DATA)))

    def _fit(data):
        return getattr(models, name)("y ~ x + z", data, W, effects="unit")

    one, two = _fit(data), _fit(data.assign(x=1e13 * data["x"], z=1e-4 * data["z"]))
    np.testing.assert_allclose(two.params / two.std_errors, one.params / one.std_errors, rtol=1e-6)
