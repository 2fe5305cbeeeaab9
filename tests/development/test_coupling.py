"""Coupling coordination: a published table, weights by another program, and the laws that hold for any data."""

from itertools import combinations

import numpy as np
import oracle
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

from gbaspatial import development
from gbaspatial.development.coordination import GRADES, grade_of, modified_degree, original_degree
from gbaspatial.development.indicators import critic_weights, entropy_weights
from gbaspatial.errors import (
    AlignmentError,
    DataError,
    LabelTypeError,
    MissingDataError,
    OptionError,
    UnknownNameError,
)

# Wang et al. (2021), Journal of Natural Resources 36(3) 793-810, table 8; levels from inverting the printed pairs
WANG = pd.read_csv(oracle.find("data/coupling_wang2021.csv"))
RAW = np.array([
    [1.7, 2.9, 7.4], [5.7, 1.8, 4.5], [4.8, 2.3, 6.9], [1.9, 4.1, 5.1],
    [4.4, 5.7, 6.9], [8.7, 3.3, 6.2], [6.6, 3.3, 1.0], [8.8, 3.4, 3.5],
])  # fmt: skip
DATA = pd.DataFrame(RAW, index=pd.Index(list("abcdefgh"), name="city"), columns=["patents", "loans", "teachers"])
DATA["dust"] = [4.0, 1.0, 3.0, 2.5, 0.5, 1.5, 6.0, 2.0]
THREE = {"innovation": ["patents"], "finance": ["loans", "dust"], "universities": ["teachers"]}
YEARS = pd.concat({2001: DATA, 2002: DATA.iloc[::-1].set_axis(DATA.index) * 2}, names=["year"]).swaplevel()


def test_both_degrees_agree_with_the_published_table():
    levels = WANG[["U_low_implied", "U_high_implied"]].to_numpy()
    np.testing.assert_allclose(original_degree(levels), WANG["C_original"], atol=2e-4)  # levels have four digits
    np.testing.assert_allclose(modified_degree(levels), WANG["C_modified"], atol=2e-4)
    assert len(WANG) == 52


def test_weights_agree_with_pymcdm():
    """pymcdm 1.4.0: entropy_weights and critic_weights of the same matrix."""
    np.testing.assert_allclose(entropy_weights(RAW), [0.45647076253053115, 0.19420485493502107, 0.3493243825344478])
    scaled = (RAW - RAW.min(axis=0)) / np.ptp(RAW, axis=0)
    np.testing.assert_allclose(critic_weights(scaled), [0.41459086764291725, 0.25678224175225234, 0.3286268906048304])


@given(levels=st.lists(st.floats(0.01, 1), min_size=2, max_size=6))
def test_degrees_are_what_the_formulas_say(levels):
    u, n = np.array([levels]), len(levels)
    if np.ptp(u) > 0:
        original = n * np.prod(levels) ** (1 / n) / sum(levels)
        apart = sum(abs(a - b) for a, b in combinations(levels, 2)) / (n * (n - 1) / 2)
        modified = np.sqrt((1 - apart) * np.prod([level / max(levels) for level in levels]) ** (1 / (n - 1)))
        assert original_degree(u)[0] == pytest.approx(original)
        assert modified_degree(u)[0] == pytest.approx(modified)
    for degree in (original_degree, modified_degree):
        assert 0 <= degree(u)[0] <= 1 + 1e-12


@pytest.mark.parametrize("n", [2, 3, 4, 7])
@pytest.mark.parametrize("level", [0.0, 1e-200, 0.3, 1.0])
def test_equal_levels_are_fully_coupled_whatever_their_number(n, level):
    """The root for two subsystems, used for three, would give 0.82 or 0.58 here."""
    for degree in (original_degree, modified_degree):
        assert degree(np.full((1, n), level))[0] == 1


def test_a_level_of_zero_breaks_the_coupling():
    for degree in (original_degree, modified_degree):
        assert degree(np.array([[0.0, 0.4, 0.5]]))[0] == 0


def test_by_hand():
    data = pd.DataFrame({"x": [0.0, 1, 4], "y": [10.0, 30, 20]}, index=["a", "b", "c"])
    result = development.coupling(data, {"one": ["x"], "two": ["y"]}, weights="equal")
    assert result.levels.to_numpy().tolist() == [[0, 0], [0.25, 1], [1, 0.5]]
    assert result.development.tolist() == [0, 0.625, 0.75]
    np.testing.assert_allclose(result.degree, [1, np.sqrt(0.25 * 0.25), np.sqrt(0.5 * 0.5)])
    np.testing.assert_allclose(result.coordination, np.sqrt([0, 0.25 * 0.625, 0.5 * 0.75]))
    assert result.grades.tolist() == ["extreme imbalance", "mild imbalance", "primary coordination"]
    original = development.coupling(data, {"one": ["x"], "two": ["y"]}, degree="original")
    np.testing.assert_allclose(original.degree, [1, 2 * 0.5 / 1.25, 2 * np.sqrt(0.5) / 1.5])


def test_grades_begin_at_their_limits():
    assert [GRADES[g] for g in grade_of(np.arange(10) / 10)] == list(GRADES)
    assert grade_of(np.array([0.1 * 3, 0.7 - 0.1 - 0.3, 1.0])).tolist() == [3, 3, 9]


@settings(max_examples=25)
@given(
    order=st.permutations(range(8)),
    slope=st.sampled_from([1e-9, 0.5, 1e9, 1e300]),
    weights=st.sampled_from(["entropy", "critic", "equal"]),
    degree=st.sampled_from(["modified", "original"]),
)
def test_neither_the_order_of_rows_nor_the_unit_of_an_indicator_matters(order, slope, weights, degree):
    base = development.coupling(DATA, THREE, weights=weights, degree=degree)
    other = DATA.iloc[list(order)].assign(patents=lambda d: d["patents"] * slope)
    result = development.coupling(other, THREE, weights=weights, degree=degree)
    assert result.coordination.index.equals(other.index)
    pd.testing.assert_series_equal(result.coordination.reindex(DATA.index), base.coordination)
    pd.testing.assert_series_equal(result.weights, base.weights)


def test_less_is_better_is_the_same_as_more_of_the_opposite():
    first = development.coupling(DATA, THREE, negative=["dust"])
    second = development.coupling(DATA.assign(dust=-DATA["dust"]), THREE)
    pd.testing.assert_series_equal(first.coordination, second.coordination)


def test_given_weights_and_importance():
    w = pd.Series({"dust": 3.0, "loans": 1.0, "patents": 7.0, "teachers": 2.0})
    result = development.coupling(
        DATA, THREE, weights=w, importance=pd.Series({"finance": 2, "innovation": 1, "universities": 1})
    )
    assert result.weights["finance"].to_dict() == {"loans": 0.25, "dust": 0.75}
    expected = result.levels["finance"] / 2 + result.levels["innovation"] / 4 + result.levels["universities"] / 4
    pd.testing.assert_series_equal(result.development, expected, check_names=False)
    found = result.sensitivity()
    assert found.variants.loc["given weights", "mean_change"] == 0
    assert found.variants.loc["without finance", "mean_change"] > 0
    one = development.coupling(DATA, THREE, importance=pd.Series({"finance": 1, "innovation": 0, "universities": 0}))
    assert "importance= is zero for all of innovation" in one.sensitivity().refused["without finance"]


def test_compared_within_a_period_growth_is_gone():
    groups = {"innovation": ["patents"], "universities": ["teachers"]}
    pooled, within = (development.coupling(YEARS, groups, scale=s) for s in ("pooled", "by period"))
    assert pooled.by_period()["mean"].diff().iloc[1] > 0.1
    assert within.by_period()["mean"].diff().iloc[1] == pytest.approx(0, abs=1e-12)
    assert "growth over time is not in these numbers" in str(within.summary())
    assert "growth over time" not in str(pooled.summary())
    np.testing.assert_allclose(
        within.coordination.xs(2001, level="year"),
        development.coupling(DATA, groups, weights=within.weights.droplevel(0)).coordination,
    )


def test_what_is_zero_by_the_scale_is_told():
    result = development.coupling(DATA, THREE)
    assert result.coordination["g"] == 0
    assert result.coordination.index[result.coordination == 0].tolist() == ["a", "g"]  # fewest patents, fewest teachers
    assert "innovation, universities is zero for a, g" in str(result.summary())
    lifted = development.coupling(DATA, THREE, margin=0.01)
    assert (lifted.coordination > 0).all()
    assert "is zero for" not in str(lifted.summary())


def test_obstacles_sum_to_all_that_is_missing():
    result = development.coupling(DATA, THREE)
    found = result.obstacles()
    np.testing.assert_allclose(found.by_indicator.sum(axis=1), 100)
    np.testing.assert_allclose(found.by_subsystem.sum(axis=1), 100)
    by_hand = (1 - result.scaled.loc["a"]) * [1, *result.weights["finance"], 1]
    np.testing.assert_allclose(found.by_indicator.loc["a"], 100 * by_hand / by_hand.sum())
    assert found.main["a"] == by_hand.idxmax()
    best = pd.DataFrame({"x": [0.0, 1], "y": [0.0, 1]}, index=["a", "b"])
    full = development.coupling(best, {"one": ["x"], "two": ["y"]}).obstacles()
    assert full.main.tolist() == ["x", "none"]
    assert full.by_indicator.loc["b"].isna().all()


def test_sensitivity_holds_every_choice():
    result = development.coupling(YEARS, THREE)
    found = result.sensitivity()
    assert found.combinations.shape == (16, 3 * 2 * 2 * 2)
    interval = found.interval
    assert ((interval["lower"] <= interval["coordination"]) & (interval["coordination"] <= interval["upper"])).all()
    assert ((interval["best_rank"] <= interval["rank"]) & (interval["rank"] <= interval["worst_rank"])).all()
    direct = development.coupling(YEARS, THREE, weights="critic", degree="original", scale="by period", margin=0.01)
    np.testing.assert_allclose(found.combinations["critic, original, by period, 0.01"], direct.coordination)
    assert found.variants.loc["entropy weights", "mean_change"] == 0
    assert found.variants.loc["original degree", "mean_change"] > 0
    without = development.coupling(YEARS, {k: v for k, v in THREE.items() if k != "finance"})
    np.testing.assert_allclose(
        found.variants.loc["without finance", "largest_change"],
        (without.coordination - result.coordination).abs().max(),
    )
    assert found.leaders.loc[2001, "without finance"] == without.coordination.xs(2001, level="year").idxmax()


def test_a_choice_that_the_data_do_not_allow_is_told():
    data = DATA.assign(double=2 * DATA["loans"])
    groups = {"innovation": ["patents"], "finance": ["loans", "double"]}
    found = development.coupling(data, groups).sensitivity()
    assert "finance are perfectly correlated" in found.refused["critic weights"]
    assert "critic weights" in str(found.summary())
    assert found.combinations.shape == (8, 2 * 2 * 2)
    with pytest.raises(DataError, match="finance are perfectly correlated"):
        development.coupling(data, groups, weights="critic")


def test_bad_input_is_told():
    couple = development.coupling
    two = {"one": ["patents"], "two": ["loans"]}
    with pytest.raises(LabelTypeError, match="ndarray"):
        couple(RAW, two)
    with pytest.raises(DataError, match=r"loans is the same for all rows"):
        couple(DATA.assign(loans=3.0), two)
    with pytest.raises(DataError, match=r"loans \(2002\) is the same"):
        couple(
            YEARS.assign(loans=YEARS["loans"].where(YEARS.index.get_level_values(1) == 2001, 1.0)),
            two,
            scale="by period",
        )
    with pytest.raises(MissingDataError, match=r"loans.*c"):
        couple(DATA.assign(loans=DATA["loans"].where(DATA.index != "c")), two)
    with pytest.raises(UnknownNameError, match="Did you mean loans"):
        couple(DATA, {"one": ["patents"], "two": ["loan"]})
    with pytest.raises(AlignmentError, match="more than one row for a"):
        couple(pd.concat([DATA, DATA[:1]]), two)
    with pytest.raises(AlignmentError, match="more than one row for"):
        couple(pd.concat([YEARS, YEARS[:1]]), two)
    with pytest.raises(OptionError, match="at least two subsystems; there is one only"):
        couple(DATA, {"one": ["patents"]})
    with pytest.raises(OptionError, match="patents would count twice"):
        couple(DATA, {"one": ["patents"], "two": ["loans", "patents"]})
    with pytest.raises(OptionError, match="two has no indicator"):
        couple(DATA, {"one": ["patents"], "two": []})
    with pytest.raises(OptionError, match="degree"):
        couple(DATA, {"degree": ["patents"], "two": ["loans"]})
    with pytest.raises(UnknownNameError, match="negative= names 'dust'"):
        couple(DATA, two, negative=["dust"])
    with pytest.raises(UnknownNameError, match="has nothing for loans"):
        couple(DATA, two, weights=pd.Series({"patents": 1.0}))
    with pytest.raises(OptionError, match="negative for loans"):
        couple(DATA, two, weights=pd.Series({"patents": 1.0, "loans": -1}))
    with pytest.raises(OptionError, match="weights='entrpy'"):
        couple(DATA, two, weights="entrpy")
    with pytest.raises(OptionError, match="margin=0.5"):
        couple(DATA, two, margin=0.5)
    with pytest.raises(OptionError, match="indexed by unit and period"):
        couple(DATA, two, scale="by period")
    with pytest.raises(DataError, match="have no periods"):
        couple(DATA, two).by_period()


@pytest.mark.parametrize("door", ["weights", "importance"])
def test_weights_may_be_a_mapping(door):
    data = pd.DataFrame({"a": [1.0, 2, 4], "b": [3.0, 1, 2], "c": [1.0, 5, 2]}, index=list("xyz"))
    parts = {"one": ["a"], "two": ["b", "c"]}
    given = {"a": 1.0, "b": 3.0, "c": 1.0} if door == "weights" else {"one": 1.0, "two": 3.0}
    found = development.coupling(data, parts, **{door: given})
    series = development.coupling(data, parts, **{door: pd.Series(given)})
    pd.testing.assert_series_equal(found.coordination, series.coordination)


@pytest.mark.parametrize("weights", [[1, 2], 0.3, None, ("entropy",)])
def test_weights_that_are_neither_a_word_nor_named_say_what_they_may_be(weights):
    data = pd.DataFrame({"a": [1.0, 2, 4], "b": [3.0, 1, 2]}, index=list("xyz"))
    with pytest.raises(OptionError, match="or a Series or mapping with a weight for each indicator"):
        development.coupling(data, {"one": ["a"], "two": ["b"]}, weights=weights)
