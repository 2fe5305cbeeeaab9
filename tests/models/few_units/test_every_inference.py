"""Every estimator takes `inference=`, and its table names the kind."""

import inspect

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import gbaspatial as gba
from gbaspatial.errors import OptionError

CITIES = gba.load_cities(year=2019)
CITIES = CITIES.assign(half=np.where(np.arange(len(CITIES)) % 2, "a", "b"), count=CITIES["tier"] * 3)
W = gba.weights.contiguity(CITIES, links=2019).row_standardized()
PLAIN = "log(gdp_pc_cny) ~ log(population)"
FAMILY = ("ols", "slx", "lag", "error", "sarar", "durbin", "durbin_error", "gns", "mess", "sma", "car")
CALLS = {
    **{name: (PLAIN, {}) for name in (*FAMILY, "spatial_filter")},
    "ppml": ("count ~ log(population)", {}), "rho_by_regime": (PLAIN, {"regimes": "half"}),
    "sur": ([PLAIN, "log(employment) ~ C(tier)"], {"model": "lag"}),
}  # fmt: skip
OTHERS = {"over_weights", "simulate", "model_probabilities", "posterior_probabilities"}  # not one model's estimator


def fitted(name, **options):
    formula, more = CALLS[name]
    w = W.binary() if name == "car" else W
    return getattr(gba.models, name)(formula, CITIES, w, **more, **options)


def test_every_estimator_of_a_cross_section_is_here():
    found = {
        name
        for name in gba.models.__all__
        if inspect.isfunction(function := getattr(gba.models, name))
        and next(iter(inspect.signature(function).parameters)) in ("formula", "formulas")
    }
    assert {name for name in found if not name.startswith("panel_")} - OTHERS == set(CALLS)


@pytest.mark.filterwarnings("ignore::gbaspatial.errors.GbaWarning")
@pytest.mark.parametrize("name", CALLS)
def test_asymptotic_is_normal_or_t_and_told(name):
    fit = fitted(name, inference="asymptotic")
    assert any("p-values and intervals: " in note for table in fit.tables() for note in table.notes)
    one = fit.fit if name == "spatial_filter" else fit
    assert one.inference == "asymptotic"
    frame = one.tidy()
    z, df = (frame["estimate"] / frame["std_error"]).abs(), getattr(one, "df", None)
    expected = 2 * (stats.norm.sf(z) if df is None else stats.t.sf(z, df))
    np.testing.assert_allclose(frame["p_value"], expected, rtol=1e-8)
    assert isinstance(frame, pd.DataFrame)


@pytest.mark.parametrize("name", CALLS)
def test_another_word_is_refused(name):
    with pytest.raises(OptionError, match="inference='bayes'"):
        fitted(name, inference="bayes")
