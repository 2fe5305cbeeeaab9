"""Moments of differences against plm, by recovery beside rho, and what is refused."""

import numpy as np
import oracle
import pandas as pd
import pytest

from gbaspatial import models
from gbaspatial.errors import OptionError
from gbaspatial.models.panel.difference_moments import differences_of, estimated
from gbaspatial.weights import Weights

CASE = "panel_pgmm__dynamic_made"


def wide():
    """The data, and y and x by period and unit."""
    data = oracle.data("dynamic_made", ["unit", "year"])
    y, x = (data.sort_index(level=[1, 0])[name].to_numpy().reshape(9, 40) for name in ("y", "x"))
    return data, y, x


@pytest.mark.parametrize("effects", ["individual", "twoways"])
@pytest.mark.parametrize("steps", ["onestep", "twosteps"])
def test_estimates_errors_and_tests_equal_plm(effects, steps):
    """One step with errors by unit, two with Windmeijer's; plm's m1 and m2 of one step are not numbers."""
    want = oracle.case(CASE).expected[f"{effects}_{steps}"]
    _, y, x = wide()
    Z = np.stack([y[:-1], x[1:]], axis=2)
    model = differences_of(y[1:], Z, x[1:, :, None], y[:-1, :, None], time=effects == "twoways")
    found = estimated(model, two_steps=steps == "twosteps")
    np.testing.assert_allclose(found.beta[:2], want["estimate"], rtol=1e-8)
    np.testing.assert_allclose(np.sqrt(np.diag(found.covariance))[:2], want["se"], rtol=1e-7)
    assert found.tests["hansen"][0] == pytest.approx(want["hansen"], rel=1e-7)
    for order, z in zip((1, 2), want["ar"], strict=True):
        if z is not None:
            assert found.tests[f"ar{order}"][0] == pytest.approx(z, rel=1e-7)


@pytest.mark.parametrize(("effects", "theirs"), [("unit", "individual_onestep"), ("twoway", "twoways_onestep")])
def test_the_door_gives_the_same(effects, theirs):
    data, _, _ = wide()
    want = oracle.case(CASE).expected[theirs]
    fit = models.panel_ols("y ~ x", data.sample(frac=1, random_state=1), effects=effects, dynamic="y", method="gmm")
    np.testing.assert_allclose(fit.params[["L(y)", "x"]], want["estimate"], rtol=1e-8)
    np.testing.assert_allclose(fit.std_errors[["L(y)", "x"]], want["se"], rtol=1e-7)
    assert list(fit.moments.index) == ["hansen", "ar1", "ar2"]
    assert fit.moments.loc["ar1", "p_value"] < 0.01 < 0.5 < fit.moments.loc["ar2", "p_value"]
    assert fit.stable
    assert fit.half_life()["estimate"] > 0
    assert "Arellano and Bond" in str(fit.summary())


def spatial(seed, n=60, T=8):
    """gamma 0.4, delta 0.1, rho 0.3, b 1 on a ring, after twenty periods of burning in."""
    rng = np.random.default_rng(seed)
    ids = [f"u{i:02d}" for i in range(n)]
    ring = np.eye(n, k=1) + np.eye(n, k=-1) + np.eye(n, k=n - 1) + np.eye(n, k=1 - n)
    w = Weights(ring, ids).row_standardized()
    W = w.sparse.toarray()
    A, mu = np.linalg.inv(np.eye(n) - 0.3 * W), rng.standard_normal(n)
    y, x = np.zeros((T + 20, n)), np.zeros((T + 20, n))
    for t in range(1, T + 20):
        x[t] = 0.5 * x[t - 1] + 0.3 * mu + rng.standard_normal(n)
        y[t] = A @ (0.4 * y[t - 1] + 0.1 * W @ y[t - 1] + x[t] + mu + rng.standard_normal(n))
    index = pd.MultiIndex.from_product([range(2001, 2001 + T), ids], names=["year", "unit"])
    return pd.DataFrame({"y": y[20:].ravel(), "x": x[20:].ravel()}, index=index).swaplevel(), w


def test_lags_in_time_and_space_are_recovered():
    fits = [
        models.panel_lag("y ~ x", *spatial(seed), effects="twoway", dynamic="y + Wy", method="gmm")
        for seed in range(12)
    ]
    found = np.array([fit.params[["L(y)", "W(L(y))", "x", "rho"]] for fit in fits])
    np.testing.assert_allclose(found.mean(axis=0), [0.4, 0.1, 1, 0.3], atol=0.13)
    assert "Windmeijer" in fits[0].covariance_kind
    assert fits[0].impacts(draws=99).frame.notna().all(axis=None)
    plain = models.panel_lag("y ~ x", *spatial(1), effects="unit", dynamic="y", method="gmm")
    assert list(plain.params.index) == ["L(y)", "x", "rho"]
    assert "Before the bias" not in str(plain)
    assert "First step: L(y) = " in str(plain)


def test_what_is_refused():
    data, w = spatial(1, n=12)
    with pytest.raises(OptionError, match="no spatial error|is for panel_ols"):
        models.panel_sarar("y ~ x", data, w, dynamic="y", method="gmm")
    with pytest.raises(OptionError, match="'unit' or 'twoway'"):
        models.panel_lag("y ~ x", data, w, dynamic="y", method="gmm", effects="time")
    with pytest.raises(OptionError, match="12 units cannot carry"):
        models.panel_lag("y ~ x", data, w, dynamic="y + Wy", method="gmm", effects="twoway")
    with pytest.raises(OptionError, match="clustered by unit"):
        models.panel_lag("y ~ x", data, w, dynamic="y", method="gmm", covariance="information")
    with pytest.raises(OptionError, match="own instruments"):
        models.panel_lag("y ~ x", data, w, dynamic="y", method="gmm", endogenous="x", instruments="L(x)")
    short = data[data.index.get_level_values("year") < 2004]
    with pytest.raises(OptionError, match="four periods"):
        models.panel_lag("y ~ x", short, w, dynamic="y", method="gmm")
