"""No warning of numpy reaches a user: what it would say is either refused in a sentence or of no consequence."""

from __future__ import annotations

import warnings
from contextlib import suppress

import calls
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

import gbaspatial as gba
from gbaspatial.errors import GbaError, GbaWarning
from gbaspatial.weights import Weights


def links(kind: str, n: int) -> np.ndarray:
    line = np.eye(n, k=1) + np.eye(n, k=-1)
    star = np.zeros((n, n))
    star[0, 1:] = star[1:, 0] = 1
    lone = line * (np.arange(n) > 0)[:, None] * (np.arange(n) > 0)
    ring = line + np.eye(n, k=n - 1) + np.eye(n, k=1 - n)
    return {"line": line, "star": star, "ring": ring, "one way": np.roll(np.eye(n), 1, axis=1), "island": lone}[kind]


KINDS = ("line", "star", "ring", "one way", "island")


@pytest.fixture(autouse=True)
def numpy_raises():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", GbaWarning)
        warnings.simplefilter("error", RuntimeWarning)
        yield


@pytest.mark.parametrize("name", sorted(set(calls.CALLS) - calls.LONG))
def test_every_public_function_and_its_table_are_quiet(name):
    args, options = calls.CALLS[name]()
    str(calls.function(name)(*args, **options))


@pytest.mark.parametrize("row", [True, False])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("model", ["lag", "error"])
def test_power_is_quiet_up_to_both_ends_of_the_interval(model, kind, row):
    for n, scale in ((6, 1.0), (11, 1e-6), (16, 1e6)):
        ids = [f"u{k:02d}" for k in range(n)]
        w = Weights(links(kind, n) * scale, ids)
        data = pd.DataFrame(np.random.default_rng(n).normal(size=(n, 2)), ids, ["y", "x"])
        try:
            fit = getattr(gba.models, model)("y ~ x", data, w.row_standardized() if row else w)
        except GbaError:  # nothing to fit, said in a sentence
            continue
        found = fit.detectable_effect("rho" if model == "lag" else "lambda", draws=49)
        assert found.curve["power"].between(0, 1).all()


@settings(max_examples=40, deadline=None)
@given(
    kind=st.sampled_from(KINDS),
    n=st.integers(4, 14),
    seed=st.integers(0, 99),
    power=st.sampled_from([-150, -8, 0, 8, 150]),
    whole=st.booleans(),
    test=st.sampled_from(["moran", "geary", "general_g", "local_moran", "local_g", "local_g_star", "local_geary"]),
    inference=st.sampled_from(["auto", "randomization", "permutation"]),
)
def test_tests_of_hard_values_are_quiet(kind, n, seed, power, whole, test, inference):
    ids = [f"u{k:02d}" for k in range(n)]
    y = np.random.default_rng(seed).lognormal(size=n)
    y = pd.Series((np.round(y) if whole else y) * 10.0**power, ids, name="y")
    options = {"draws": 19, "rng": 1} if inference == "permutation" else {}
    with suppress(GbaError):
        str(getattr(gba.autocorrelation, test)(y, Weights(links(kind, n), ids), inference=inference, **options))


@settings(max_examples=40, deadline=None)
@given(
    kind=st.sampled_from(KINDS),
    n=st.integers(4, 14),
    seed=st.integers(0, 99),
    formula=st.sampled_from(["y ~ x", "y ~ 1", "y ~ x + one"]),
    model=st.sampled_from(["lag", "error", "sarar", "durbin", "mess", "car", "sma", "ols", "ppml", "spatial_filter"]),
    factor=st.sampled_from([1e-9, 1.0, 1e9]),
)
def test_fits_of_few_units_are_quiet(kind, n, seed, formula, model, factor):
    ids = [f"u{k:02d}" for k in range(n)]
    rng = np.random.default_rng(seed)
    data = pd.DataFrame({"y": rng.lognormal(size=n) * factor, "x": rng.normal(size=n), "one": np.eye(n)[0]}, ids)
    w = Weights(links(kind, n), ids)
    given_w = () if model in ("ols", "ppml") else (w if model in ("car", "sma") else w.row_standardized(),)
    with suppress(GbaError):
        str(getattr(gba.models, model)(formula, data, *given_w))
