"""Years in one call, changes, transitions, emerging hot spots."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

import gbaspatial as gba
from gbaspatial import autocorrelation as ac
from gbaspatial.autocorrelation.hot_spots import mann_kendall, pattern
from gbaspatial.errors import AlignmentError, DataError, LabelTypeError, MissingDataError, OptionError, UnknownNameError
from gbaspatial.weights import Weights, from_pairs

IDS = pd.Index([f"u{i}" for i in range(8)], name="city")
YEARS = pd.Index([2017, 2018, 2019, 2020], name="year")


def ring(step: int = 1) -> Weights:
    links = [(IDS[i], IDS[(i + s) % 8]) for i in range(8) for s in (step, -step)]
    return from_pairs(pd.DataFrame(links, columns=["focal", "neighbor"]), ids=IDS).row_standardized()


def panel(seed: int = 0) -> pd.Series:
    index = pd.MultiIndex.from_product([IDS, YEARS])
    return pd.Series(np.random.default_rng(seed).lognormal(size=len(index)), index, name="income")


def year_of(data: pd.Series, year: int) -> pd.Series:
    return data.xs(year, level="year")


def test_each_year_is_the_single_test():
    data, w = panel(), ring()
    got = ac.moran_by(data, w, inference="permutation", draws=199, rng=3)
    for year in YEARS:
        single = ac.moran(year_of(data, year), w, inference="permutation", draws=199, rng=3)
        row = got.table.loc[year]
        assert (row["statistic"], row["p_value"]) == (pytest.approx(single.statistic), single.p_value)
        assert got[year].p_value == single.p_value
    assert (got.table["p_adjusted"] >= got.table["p_value"]).all()
    geary = ac.moran_by(data, w, statistic="geary").table
    assert geary.loc[2018, "statistic"] == pytest.approx(ac.geary(year_of(data, 2018), w).statistic)


@pytest.mark.parametrize("statistic", ["moran", "geary"])
@pytest.mark.parametrize("inference", ["exact", "permutation"])
def test_years_alike_count_once(statistic, inference):
    w = ring()
    one = year_of(panel(4), 2017)
    alike = pd.concat(dict.fromkeys(YEARS, one), names=["year", "city"]).swaplevel().rename("income")
    got = ac.moran_by(alike, w, statistic=statistic, inference=inference, draws=1_999, rng=1).table
    assert got["p_joint"].eq(got["p_joint"].iloc[0]).all()
    if inference == "permutation":
        pd.testing.assert_series_equal(got["p_joint"], got["p_value"], check_names=False)
    else:  # drawn, beside an exact p-value: three standard errors
        p = got["p_value"].iloc[0]
        assert p <= got["p_joint"].iloc[0] <= p + 3 * 2 * np.sqrt(p / 2 / 2_000)
    assert (got["p_adjusted"] > got["p_joint"]).all()


def test_joint_p_values_take_no_heed_of_the_order_of_units_and_say_what_they_are():
    data, w = panel(), ring()
    turned = ac.moran_by(data.sample(frac=1, random_state=1), w.subset(IDS[::-1]), rng=2)
    got = ac.moran_by(data, w, rng=2)
    pd.testing.assert_frame_equal(got.table, turned.table)
    assert (got.table["p_joint"] >= got.table["p_value"]).all()
    assert "p_joint by 9,999 orders of the units, the same in all periods" in str(got)
    quick = ac.moran_by(data, w, inference="randomization")
    assert quick.table["p_joint"].isna().all()
    assert "for p_joint use inference='permutation'" in str(quick)


def test_weights_may_change_from_year_to_year_in_any_order_of_units():
    data, near, far = panel(), ring(1), ring(3)
    turned = far.subset(IDS[::-1])
    got = ac.moran_by(data, {2017: near, 2018: near, 2019: far, 2020: turned})
    assert got.table.loc[2019, "statistic"] == pytest.approx(ac.moran(year_of(data, 2019), far).statistic)
    assert got.table.loc[2020, "statistic"] == pytest.approx(ac.moran(year_of(data, 2020), far).statistic)
    told = str(got)
    assert "Weights (2017 to 2018)" in told
    assert "Power at n = 8" in told
    with pytest.raises(UnknownNameError, match="no 2020"):
        ac.moran_by(data, dict.fromkeys(YEARS[:3], near))
    with pytest.raises(AlignmentError, match="weights of 2018"):
        ac.moran_by(data, {**dict.fromkeys(YEARS, near), 2018: near.subset(IDS[:5])})


def test_shuffled_panels_change_nothing():
    data, w = panel(), ring()
    shuffled = data.sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(ac.moran_by(data, w, rng=1).table, ac.moran_by(shuffled, w, rng=1).table)
    pd.testing.assert_frame_equal(ac.lisa_transitions(data, w).clusters, ac.lisa_transitions(shuffled, w).clusters)


@pytest.mark.parametrize(
    "function", [ac.moran_by, ac.lisa_transitions, ac.emerging_hot_spots], ids=lambda f: f.__name__
)
def test_bad_panels_are_told(function):
    data, w = panel(), ring()
    with pytest.raises(MissingDataError, match=r"no row for u0 \(2017\)"):
        function(data.iloc[1:], w)
    with pytest.raises(MissingDataError, match="missing for"):
        function(data.where(data != data.iloc[4]), w)
    with pytest.raises(AlignmentError, match="more than one row"):
        function(pd.concat([data, data.iloc[:1]]), w)
    with pytest.raises(AlignmentError, match="swaplevel"):
        function(data.swaplevel(), w)
    with pytest.raises(AlignmentError, match="absent from the panel: u0"):
        function(data.drop("u0"), w)
    with pytest.raises(LabelTypeError):
        function(data.to_numpy(), w)
    constant = data.where(data.index.get_level_values("year") != 2018, 1.0)
    with pytest.raises(DataError, match="same"):
        function(constant, w)


def test_changes_and_lags_in_time():
    data, w = panel(), ring()
    first, last = year_of(data, 2017), year_of(data, 2020)
    change = (last - first).rename("change of income")
    assert ac.differential_moran(first, last, w).p_value == ac.moran(change, w).p_value
    pd.testing.assert_frame_equal(
        ac.differential_local_moran(first, last, w).to_frame(), ac.local_moran(change, w).to_frame()
    )
    shuffled = ac.differential_moran(first.iloc[::-1], last, w)
    assert shuffled.statistic == pytest.approx(ac.moran(change, w).statistic)
    later = ac.space_time_moran(first, last, w)
    assert later.statistic == pytest.approx(ac.bivariate_moran(last, first, w).statistic)


def test_transitions_count_the_moves_between_classes():
    data, w = panel(2), ring()
    got = ac.lisa_transitions(data, w, alpha=0.5)
    assert got.clusters.shape == (8, 4)
    for year in YEARS:
        lisa = ac.local_moran(year_of(data, year), w, alpha=0.5)
        pd.testing.assert_series_equal(got.clusters[year], lisa.cluster, check_names=False)
        pd.testing.assert_series_equal(got.quadrants[year], lisa.quadrant, check_names=False)
    assert got.transitions.to_numpy().sum() == 8 * 3
    a, b = got.transitions.index[0], got.transitions.columns[-1]
    moves = sum(((got.clusters[t] == a) & (got.clusters[u] == b)).sum() for t, u in pairwise(YEARS))
    assert got.transitions.loc[a, b] == moves
    quadrants = gba.disparity.lisa_markov(data, w).chain.classes
    pd.testing.assert_frame_equal(quadrants, got.quadrants, check_dtype=False)


@pytest.mark.parametrize(
    ("states", "trend", "p", "told"),
    [
        ([0, 0, 0, 0], 0.0, 1.0, "no pattern"),
        ([0, 0, 0, 1], 0.9, 0.01, "new hot spot"),
        ([0, 0, -1, -1], 0.0, 1.0, "consecutive cold spot"),
        ([1, 1, 1, 1], 0.8, 0.01, "intensifying hot spot"),
        ([-1, -1, -1, -1], -0.8, 0.01, "intensifying cold spot"),
        ([1, 1, 1, 1], -0.8, 0.01, "diminishing hot spot"),
        ([1, 1, 1, 1], 0.8, 0.2, "persistent hot spot"),
        ([1, 0, 1, 1], 0.0, 1.0, "sporadic hot spot"),
        ([1, 0, 1, 0], 0.0, 1.0, "sporadic hot spot"),
        ([-1, 0, 1, 1], 0.0, 1.0, "oscillating hot spot"),
        ([1, 0, -1, 0], 0.0, 1.0, "no pattern"),
        ([1] * 19 + [0], 0.0, 1.0, "historical hot spot"),
        ([0] + [-1] * 19, 0.0, 1.0, "persistent cold spot"),
    ],
)
def test_patterns_of_hot_spots(states, trend, p, told):
    assert pattern(np.array(states), trend, p) == told


def test_mann_kendall_is_exact_for_few_values():
    from itertools import permutations

    x = np.array([1.0, 3.0, 2.0, 5.0, 4.0])

    def s(values):
        return sum(np.sign(values[j] - values[i]) for i in range(5) for j in range(i + 1, 5))

    tau, p = mann_kendall(x)
    every = np.array([s(order) for order in permutations(x)])
    assert tau == pytest.approx(s(x) / 10)
    assert p == pytest.approx((np.abs(every) >= abs(s(x))).mean())
    assert np.isnan(mann_kendall(np.ones(5))).all()


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(-5, 5), min_size=4, max_size=9), st.floats(0.1, 5))
def test_trend_turns_with_time_and_ignores_scale(values, scale):
    x = np.array(values, dtype=float)
    tau, p = mann_kendall(x)
    np.testing.assert_allclose(mann_kendall(x[::-1]), (-tau, p), atol=1e-12)
    np.testing.assert_allclose(mann_kendall(scale * x), (tau, p), atol=1e-12)


def test_emerging_hot_spots_find_the_hot_corner():
    districts = gba.load_districts()
    w = gba.weights.contiguity(districts)
    level = np.log(districts["population"] / districts["area_km2"])
    rng = np.random.default_rng(0)
    wide = pd.DataFrame({year: level + 0.05 * rng.normal(size=len(level)) for year in range(2015, 2021)})
    long = wide.rename_axis(columns="year").reset_index().melt("district", var_name="year")
    data = long.set_index(["district", "year"])["value"]
    got = ac.emerging_hot_spots(data, w, draws=499, rng=1)
    year = ac.local_g_star(wide[2018].rename("x"), w, draws=499, rng=1)
    pd.testing.assert_series_equal(got.z[2018].reindex(wide.index), year.z, check_names=False)
    assert got.pattern.str.contains("hot").any()
    assert got.pattern.str.contains("cold").any()
    hot = got.pattern.str.contains("persistent hot|intensifying hot")
    assert level.reindex(hot.index)[hot].mean() > level.mean() + 1
    assert (got.frame["hot"] + got.frame["cold"] <= 6).all()
    assert "Mann-Kendall" in str(got)


def test_isolates_have_no_pattern_and_options_are_told():
    data = panel()
    w = from_pairs(ring().to_frame().query("focal != 'u0' and neighbor != 'u0'")[["focal", "neighbor"]], ids=IDS)
    got = ac.lisa_transitions(data, w)
    assert (got.clusters.loc["u0"] == "isolate").all()
    with pytest.raises(OptionError, match="alpha=2"):
        ac.emerging_hot_spots(data, w, alpha=2)
    with pytest.raises(DataError, match="three periods"):
        ac.emerging_hot_spots(data[data.index.get_level_values("year") < 2019], w)
    with pytest.raises(DataError, match="two periods"):
        ac.lisa_transitions(data[data.index.get_level_values("year") == 2019], w)
    with pytest.raises(OptionError, match="statistic='general_g'"):
        ac.moran_by(data, w, statistic="general_g")


@pytest.mark.parametrize("factor", [1e-300, 1e-154, 1e154, 1e300])
def test_a_factor_of_both_years_leaves_space_time_moran_alone(factor):
    w, data = ring(), panel(6)
    first, last = year_of(data, 2017), year_of(data, 2019)
    one = ac.space_time_moran(first, last, w, draws=99, rng=1)
    other = ac.space_time_moran(first * factor, last * factor, w, draws=99, rng=1)
    assert (other.statistic, other.z) == (pytest.approx(one.statistic), pytest.approx(one.z))
    assert other.p_value == one.p_value
