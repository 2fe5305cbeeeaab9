"""Generalized entropy and Kolm's index: the special cases and the laws that tell them from others."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, strategies as st

from gbaspatial import disparity
from gbaspatial.errors import DataError, OptionError

AMOUNTS = st.lists(st.floats(0.1, 100), min_size=3, max_size=12)


@given(AMOUNTS)
def test_special_cases_of_generalized_entropy(values):
    x = pd.Series(values)
    assert disparity.generalized_entropy(x, alpha=1) == pytest.approx(disparity.theil(x), abs=1e-12)
    assert disparity.generalized_entropy(x, alpha=0) == pytest.approx(disparity.theil(x, kind="L"), abs=1e-12)
    cv = disparity.coefficient_of_variation(x)
    assert disparity.generalized_entropy(x, alpha=2) == pytest.approx(cv**2 / 2, abs=1e-12)
    near = disparity.generalized_entropy(x, alpha=1 + 1e-5)
    assert near == pytest.approx(disparity.theil(x), abs=1e-3)


@given(AMOUNTS, st.floats(0.01, 2), st.floats(-50, 50))
def test_kolm_is_absolute_and_entropy_relative(values, aversion, more):
    x = pd.Series(values)
    own = disparity.kolm(x, aversion=aversion)
    assert disparity.kolm(x + more, aversion=aversion) == pytest.approx(own, abs=1e-8)
    assert disparity.kolm(x * 2, aversion=aversion / 2) == pytest.approx(2 * own, abs=1e-8)
    entropy = disparity.generalized_entropy(x, alpha=0.5)
    assert disparity.generalized_entropy(x * 3, alpha=0.5) == pytest.approx(entropy, abs=1e-12)


def test_a_population_weighs():
    amount, people = pd.Series([6.0, 4.0]), pd.Series([3.0, 1.0])
    spread = pd.Series([2.0, 2.0, 2.0, 4.0])
    assert disparity.kolm(amount, people) == pytest.approx(disparity.kolm(spread))
    assert disparity.generalized_entropy(amount, people) == pytest.approx(disparity.generalized_entropy(spread))


def test_what_cannot_be_measured_is_refused():
    with pytest.raises(DataError, match="needs positive amounts"):
        disparity.generalized_entropy(pd.Series([0.0, 1.0], ["a", "b"]), alpha=0)
    with pytest.raises(OptionError, match="must be positive"):
        disparity.kolm(pd.Series([1.0, 2.0]), aversion=0)
    assert np.isfinite(float(disparity.kolm(pd.Series([1e6, 2e6]))))
