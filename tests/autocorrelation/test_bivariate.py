"""Two variables: spdep's numbers, laws, and what B-defects of the peers would have been."""

import re

import numpy as np
import oracle
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

from gbaspatial import autocorrelation as ac
from gbaspatial.errors import DataError, LabelTypeError, OptionError
from gbaspatial.weights import Weights, from_pairs

DATASETS = ("columbus", "baltimore", "boston", "ncsids")
RANDOM = {"inference": "randomization"}


def two(case: oracle.Case) -> tuple[pd.Series, pd.Series]:
    return tuple(case.data[name] for name in re.search(r"x=([\w.]+),\s*y=([\w.]+)", case.raw["call"]).groups())


@pytest.mark.parametrize("dataset", DATASETS)
def test_global_statistics_are_spdeps(dataset):
    case = oracle.case(f"bivariate__{dataset}")
    x, y = two(case)
    want, w = case.expected, case.w("W")
    lee = ac.lee_l(x, y, w, **RANDOM)
    case.close(lee.statistic, want["lee_L_W"])
    case.close(lee.expected, want["lee_test_W"]["Expectation"])
    case.close(ac.lee_l(x, y, case.w("B"), **RANDOM).statistic, want["lee_L_B"])
    case.close(ac.bivariate_moran(x, y, w, **RANDOM).statistic, want["moran_bv_W"])


@pytest.mark.parametrize("dataset", DATASETS)
def test_local_statistics_are_spdeps(dataset):
    case = oracle.case(f"bivariate__{dataset}")
    x, y = two(case)
    local = ac.local_lee(x, y, case.w("W"), draws=99, rng=1)
    case.close(local.statistic, case.expected["lee_local_W"])
    case = oracle.case(f"local_moran_bv__{dataset}")
    got = ac.bivariate_local_moran(*two(case), case.w("W"), **RANDOM)
    case.close(got.statistic, case.expected["Ibvi"])


def example(n: int = 8, seed: int = 1) -> tuple[pd.Series, pd.Series, Weights]:
    rng = np.random.default_rng(seed)
    ids = pd.Index([f"u{i}" for i in range(n)], name="unit")
    x = pd.Series(rng.normal(size=n), ids, name="x")
    y = pd.Series(x + rng.normal(size=n), ids, name="y")
    links = [(i, (i + step) % n) for i in range(n) for step in (1, 2)]
    pairs = pd.DataFrame([(ids[a], ids[b]) for a, b in links], columns=["focal", "neighbor"])
    return x, y, from_pairs(pairs, ids=ids)


def test_the_same_variable_twice_is_moran_and_lee_is_symmetric():
    x, y, w = example()
    assert ac.bivariate_moran(x, x, w).statistic == pytest.approx(ac.moran(x, w).statistic)
    assert ac.bivariate_moran(x, x, w).p_value == pytest.approx(ac.moran(x, w, inference="exact").p_value)
    assert ac.lee_l(x, y, w).statistic == pytest.approx(ac.lee_l(y, x, w).statistic)
    both = ac.bivariate_local_moran(x, x, w, ddof=0)
    pd.testing.assert_series_equal(both.statistic, ac.local_moran(x, w).statistic, check_names=False)
    pd.testing.assert_series_equal(both.p_value, ac.local_moran(x, w).p_value, check_names=False)


def test_lee_is_the_mean_of_its_local_parts_for_row_standardized_weights():
    x, y, w = example()
    w = w.row_standardized()
    assert ac.local_lee(x, y, w).statistic.mean() == pytest.approx(ac.lee_l(x, y, w).statistic)


@settings(max_examples=10, deadline=None)
@given(st.floats(-5, 5), st.floats(0.1, 10), st.permutations(range(6)))
def test_shift_scale_and_order_change_nothing(shift, scale, order):
    x, y, w = example(6)
    for test in (ac.bivariate_moran, ac.lee_l):
        one, other = test(x, y, w), test((shift + scale * x).iloc[order], y, w)
        assert other.statistic == pytest.approx(one.statistic, abs=1e-9)
        assert other.p_value == pytest.approx(one.p_value)
    local = ac.local_lee(x, (shift + scale * y).iloc[order], w)
    pd.testing.assert_series_equal(local.p_value, ac.local_lee(x, y, w).p_value)


def test_reassigning_one_variable_rejects_too_often():
    """GeoDa, esda and spdep shuffle y alone: with x and y correlated in place that is not a test at 5 %."""
    n, rng = 30, np.random.default_rng(5)
    ids = pd.RangeIndex(n)
    ring = [(i, (i + 1) % n) for i in range(n)] + [((i + 1) % n, i) for i in range(n)]
    w = from_pairs(pd.DataFrame(ring, columns=["focal", "neighbor"]), ids=ids)
    rejected = {"pairs": 0, "second": 0}
    for _ in range(400):
        x = rng.normal(size=n)
        both = pd.Series(x, ids, name="x"), pd.Series(x + 0.1 * rng.normal(size=n), ids, name="y")
        for reassign in rejected:
            rejected[reassign] += ac.bivariate_moran(*both, w, reassign=reassign, **RANDOM).p_value <= 0.05
    assert 0.02 <= rejected["pairs"] / 400 <= 0.085
    assert 0.11 <= rejected["second"] / 400 <= 0.23


def test_a_result_names_its_null():
    x, y, w = example()
    assert "reassigned to units together" in str(ac.bivariate_moran(x, y, w))
    assert "second variable alone" in str(ac.bivariate_moran(x, y, w, reassign="second"))


@pytest.mark.parametrize("test", [ac.bivariate_moran, ac.lee_l, ac.bivariate_local_moran, ac.local_lee])
def test_b16_a_seed_is_kept(test):
    """esda: Moran_BV and Spatial_Pearson take no seed at all; two runs differ."""
    x, y, w = example(20)
    one, two = (test(x, y, w, inference="permutation", draws=99, rng=4) for _ in range(2))
    pd.testing.assert_frame_equal(one.to_frame(), two.to_frame())
    assert one.seed == 4


def test_b11_b12_missing_values_are_refused_and_islands_not_tested():
    """esda gives NaN an I of nan with p = 0.01 and an isolate p = 0.01 in class LL."""
    x, y, w = example()
    with pytest.raises(ValueError, match="missing for u3"):
        ac.lee_l(x, y.mask(y.index == "u3"), w)
    with pytest.raises(DataError, match="'y' is the same"):
        ac.bivariate_moran(x, y * 0, w)
    lonely = from_pairs(w.to_frame().query("focal != 'u3' and neighbor != 'u3'"), ids=w.ids)
    for test in (ac.local_lee, ac.bivariate_local_moran):
        frame = test(x, y, lonely).to_frame()
        assert frame.loc["u3", "cluster"] == "isolate"
        assert frame.loc["u3", ["statistic", "p_value", "p_adjusted"]].isna().all()
        assert frame["p_value"].drop("u3").notna().all()
    assert ac.bivariate_moran(x, y, lonely).n == 7


def test_matrix_of_variables():
    x, y, w = example()
    data = pd.DataFrame({"x": x, "y": y, "z": x * y})
    got = ac.moran_matrix(data.sample(frac=1, random_state=1), w)
    assert got.statistic.loc["x", "y"] == pytest.approx(ac.bivariate_moran(x, y, w).statistic)
    assert got.p_value.loc["y", "z"] == pytest.approx(ac.bivariate_moran(y, x * y, w).p_value)
    assert got.p_value.loc["x", "x"] == pytest.approx(ac.moran(x, w).p_value)
    assert got.overall.kind == "exact"
    assert got.overall.observed == pytest.approx(np.diag(got.statistic).mean())
    assert (got.p_adjusted >= got.p_value).to_numpy().all()
    assert "All variables together" in str(got)
    drawn = ac.moran_matrix(data, w, inference="permutation", draws=1_999, rng=2)
    assert drawn.overall.p_value() == pytest.approx(got.overall.p_value(), abs=0.05)
    assert drawn.overall.variance == pytest.approx(got.overall.variance)
    assert drawn.overall.sample.var() == pytest.approx(got.overall.variance, rel=0.15)
    with pytest.raises(OptionError, match="at least two variables"):
        ac.moran_matrix(data[["x"]], w)
    with pytest.raises(LabelTypeError, match="DataFrame"):
        ac.moran_matrix(x, w)


def test_options_are_told():
    x, y, w = example()
    with pytest.raises(OptionError, match="reassign='first'"):
        ac.lee_l(x, y, w, reassign="first")
    with pytest.raises(OptionError, match="inference='normal'"):
        ac.bivariate_moran(x, y, w, inference="normal")
    with pytest.raises(OptionError, match="draws=0"):
        ac.local_lee(x, y, w, draws=0)
