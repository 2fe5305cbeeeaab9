"""The notes below the tables of fits: a term that rests on one or two units is named, whatever the covariance."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, strategies as st

import gbaspatial as gba
from gbaspatial.models.fit_tables import lonely, lonely_histories
from gbaspatial.weights import Weights

models = gba.models
N = 40
IDS = pd.Index([f"u{k:02d}" for k in range(N)], name="unit")


def ring() -> Weights:
    links = np.roll(np.eye(N), 1, axis=1) + np.roll(np.eye(N), 2, axis=1)
    return Weights(links + links.T, IDS).row_standardized()


def data(members: int) -> pd.DataFrame:
    rng = np.random.default_rng(4)
    frame = pd.DataFrame(rng.normal(size=(N, 2)), columns=["y", "x"], index=IDS)
    frame["count"] = rng.poisson(3.0, N).astype(float)
    frame["few"] = (np.arange(N) < members).astype(float)
    frame["group"] = np.where(np.arange(N) < members, "special", "usual")
    return frame


FITS = {
    "classical": lambda d: models.ols("y ~ x + few", d),
    "HC0": lambda d: models.ols("y ~ x + few", d, covariance="HC0"),
    "HC1": lambda d: models.ols("y ~ x + few", d, covariance="HC1"),
    "lag": lambda d: models.lag("y ~ x + few", d, ring()),
    "lag by moments": lambda d: models.lag("y ~ x + few", d, ring(), method="gmm", covariance="HC0"),
    "sandwich": lambda d: models.error("y ~ x + few", d, ring(), covariance="sandwich"),
    "counts": lambda d: models.ppml("count ~ x + few", d),
}


def notes(fit) -> str:
    return " ".join(fit.tables()[0].notes)


@pytest.mark.parametrize("name", FITS)
@pytest.mark.parametrize("members", [1, 2])
def test_the_table_names_a_term_that_rests_on_one_or_two_units(name, members):
    fit = FITS[name](data(members))
    assert "few: at most 2 units against all others. No test keeps its level" in notes(fit)
    assert ("fit.wild_test()" in notes(fit).partition("few: at most")[2]) == hasattr(fit, "wild_test")
    assert "few: at most 2 units" in " ".join(str(fit.summary()).split())


@pytest.mark.parametrize("name", FITS)
def test_three_units_are_not_named(name):
    assert "at most 2 units" not in notes(FITS[name](data(3)))


def test_the_dummy_of_a_category_and_its_product_are_named():
    told = notes(models.ols("y ~ C(group) + x:few", data(2)))
    assert "C(group)[T.usual], x:few: at most 2 units" in told


def test_who_is_lonely():
    x = np.zeros((9, 4))
    x[:, 0], x[:1, 1], x[:2, 2], x[:3, 3] = 1.0, 5.0, [3.0, 4.0], 1.0
    assert lonely(["Intercept", "one", "two", "three"], x) == ["one", "two"]
    assert lonely(["one"], np.eye(4)[:, :1]) == []  # of four units two are half


# -- terms that rest on one or two units, in every table of coefficients ----------------------
FEW, YEARS = 12, 4
UNITS = IDS[:FEW]
LINE = Weights(np.eye(FEW, k=1) + np.eye(FEW, k=-1), UNITS).row_standardized()
SECTIONS = ("ols", "slx", "lag", "error", "sarar", "durbin", "durbin_error", "gns", "mess", "car", "sma", "ppml", "sur")
PANELS = ("ols", "slx", "lag", "error", "sarar", "durbin", "durbin_error", "gns")


def table_of_a_section(name, term):
    rng = np.random.default_rng(4)
    frame = pd.DataFrame(
        {
            "y": rng.lognormal(size=FEW),
            "z": rng.normal(size=FEW),
            "x": rng.normal(size=FEW),
            "one": np.eye(FEW)[3],
            "half": np.arange(FEW) // 3 % 2 * 1.0,
        },
        UNITS,
    )
    w = LINE.binary() if name in ("car", "sma") else LINE
    if name == "sur":
        return str(models.sur([f"y ~ x + {term}", "z ~ x"], frame, w))
    call = getattr(models, name)
    return str(call(f"y ~ x + {term}", frame, *(() if name in ("ols", "ppml") else (w,))))


@pytest.mark.parametrize("name", SECTIONS)
def test_every_table_names_what_rests_on_one_unit(name):
    assert re.search(r"one(, W\(one\))?: at most 2 units against all others", table_of_a_section(name, "one"))
    assert "at most 2 units" not in table_of_a_section(name, "half")


def table_of_a_panel(name, effects, treated, missing=0):
    rng, index = np.random.default_rng(5), pd.MultiIndex.from_product([range(2001, 2001 + YEARS), UNITS])
    year, unit = (index.get_level_values(k) for k in (0, 1))
    panel = pd.DataFrame({"y": rng.normal(size=len(index)), "x": rng.normal(size=len(index))}, index)
    panel["treated"] = ((year > 2002) & unit.isin(UNITS[list(treated)])) * 1.0
    panel = panel.swaplevel().rename_axis(["unit", "year"]).iloc[missing:]
    call = getattr(models, f"panel_{name}")
    options = {"unbalanced": True} if missing else {}
    w = () if name == "ols" else (LINE,)
    return str(call("y ~ x + treated", panel, *w, effects=effects, **options))


@pytest.mark.parametrize("name", PANELS)
def test_every_table_of_a_panel_names_a_treatment_of_one_or_two_units(name):
    for one_or_two in ([3], [3, 4]):
        table = table_of_a_panel(name, "twoway", one_or_two)
        assert re.search(r"treated(, W\(treated\))?: at most 2 units against all others", table)
    assert "at most 2 units" not in table_of_a_panel(name, "twoway", [3, 5, 7, 9])


@pytest.mark.parametrize("effects", ["pooled", "unit", "random", "twoway"])
def test_whatever_the_effects(effects):
    assert "treated: at most 2 units" in table_of_a_panel("ols", effects, [3])
    assert "treated: at most 2 units" in table_of_a_panel("ols", effects, range(2, 12))  # untreated ones count alike
    assert "at most 2 units" not in table_of_a_panel("ols", effects, range(6))


@given(st.lists(st.sampled_from(range(8)), min_size=1, max_size=7, unique=True), st.booleans(), st.floats(-6, 6))
def test_lonely_histories_do_not_depend_on_scale_and_levels_of_units(treated, level, power):
    unit, period = np.tile(np.arange(8), 3), np.repeat(np.arange(3), 8)
    x = (np.isin(unit, treated) & (period > 0)) * 10.0**power
    expected = ["x"] if min(len(treated), 8 - len(treated)) <= 2 else []
    assert lonely_histories(["x"], x[:, None], unit, period, level) == expected
    shifted = x + np.arange(8.0)[unit] * 10.0**power
    assert lonely_histories(["x"], shifted[:, None], unit, period, False) == expected
