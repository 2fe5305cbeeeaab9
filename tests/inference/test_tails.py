"""Tails against scipy.stats, and where it need not be loaded."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, strategies as st
from scipy import stats

from gbaspatial.inference.tails import chi_squared_tail, f_tail


@given(st.floats(-1e-3, 1e3), st.integers(1, 300), st.integers(1, 300))
def test_tails_are_those_of_scipy(value, one, two):
    assert float(chi_squared_tail(value, one)) == stats.chi2.sf(value, one)
    assert float(f_tail(value, one, two)) == stats.f.sf(value, one, two)


def test_what_is_not_known_stays_so_and_infinity_has_no_tail():
    np.testing.assert_array_equal(chi_squared_tail(np.array([np.nan, np.inf, 0.0]), 3), [np.nan, 0.0, 1.0])
    np.testing.assert_array_equal(f_tail(np.array([np.nan, np.inf, 0.0]), 3, 4), [np.nan, 0.0, 1.0])


@pytest.mark.parametrize("rooms", ["models, models.panel_lag", "disparity, disparity.theil", "development"])
def test_a_room_opens_without_the_second_of_scipy_stats(rooms):
    reached = "; ".join(f"gbaspatial.{room}" for room in rooms.split(", "))
    code = f"import sys, gbaspatial; {reached}; sys.exit('scipy.stats' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
