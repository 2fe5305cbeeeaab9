"""Event studies and honest bounds: against another program, closed forms and laws."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import gbaspatial as gba
from gbaspatial.causal.honest_bounds import _Estimates, _relative, _smooth
from gbaspatial.errors import DataError, OptionError

REFERENCE = json.loads((Path(__file__).parents[1] / "reference" / "causal_designs.json").read_text())


def _panel(effect=2.0, drift=0.0, seed=2, n=30, treated=6, start=5, periods=9):
    rng = np.random.default_rng(seed)
    index = pd.MultiIndex.from_product([range(n), range(periods)], names=["unit", "year"])
    unit, year = index.get_level_values(0), index.get_level_values(1)
    y = rng.normal(size=n)[unit] + rng.normal(size=periods)[year] + rng.normal(0, 0.3, n * periods)
    y = y + (unit < treated) * (effect * (year >= start) + drift * year)
    return pd.DataFrame({"y": y}, index=index), list(range(treated)), start


def test_one_date_is_a_difference_of_means():
    data, treated, start = _panel()
    found = gba.causal.event_study("y ~ 1", data, treated=treated, time=start)
    wide = data.reset_index().pivot_table(index="unit", columns="year", values="y")
    gap = wide.iloc[:6].mean() - wide.iloc[6:].mean()
    expected = gap - gap[start - 1]
    for k in range(-start, 4):
        assert found.frame.loc[("treated", k), "estimate"] == pytest.approx(expected[start + k], abs=1e-10)
    assert found.base == -1
    assert np.isnan(found.frame.loc[("treated", -1), "std_error"])


def test_groups_with_their_own_dates_are_averaged_by_their_size():
    data, _, _ = _panel(effect=0.0)
    start = pd.Series(np.nan, index=range(30))
    start[:4], start[4:6] = 4, 6
    unit, year = data.index.get_level_values(0), data.index.get_level_values(1)
    data["y"] += np.where(unit < 4, 1.0, 4.0) * (year >= start.reindex(unit).to_numpy())
    found = gba.causal.event_study("y ~ 1", data, treated=start)
    one = gba.causal.event_study("y ~ 1", data[~unit.isin([4, 5])], treated=start.drop([4, 5]))
    two = gba.causal.event_study("y ~ 1", data[unit > 3], treated=start[4:])
    at = ("treated", 1)
    expected = (4 * one.frame.loc[at, "estimate"] + 2 * two.frame.loc[at, "estimate"]) / 6
    assert found.frame.loc[at, "estimate"] == pytest.approx(expected, abs=1e-9)


def test_a_unit_touched_before_it_is_treated_has_its_base_before_both():
    index = pd.MultiIndex.from_product([list("abcdef"), range(6)], names=["unit", "year"])
    unit, year = index.get_level_values(0), index.get_level_values(1)
    y = 3.0 * (unit == "a") * (year >= 2) + (unit == "b") * (1.0 * (year >= 2) * (year < 4) + 5.0 * (year >= 4))
    data = pd.DataFrame({"y": np.asarray(y, dtype=float)}, index=index)
    links = pd.DataFrame({"focal": list("abcdef"), "neighbor": list("badcfe"), "weight": 1.0})
    w = gba.weights.from_pairs(links)
    start = pd.Series({"a": 2.0, "b": 4.0, "c": np.nan, "d": np.nan, "e": np.nan, "f": np.nan})
    found = gba.causal.event_study("y ~ 1", data, treated=start, w=w)
    effects = found.frame["estimate"]
    assert effects[("1 step away", 0)] == pytest.approx(1.0)
    assert effects[("treated", 0)] == pytest.approx((3 + 5) / 2)
    assert effects[("treated", 3)] == pytest.approx(3.0)


def test_the_leads_show_a_steady_drift_and_the_base_is_before_anticipation():
    data, treated, start = _panel(drift=0.5)
    found = gba.causal.event_study("y ~ 1", data, treated=treated, time=start, anticipation=1)
    assert found.base == -2
    assert found.pretest.loc["treated", "leads"] == 3
    assert found.pretest.loc["treated", "p_value"] < 0.01


def test_the_size_of_the_test_of_leads_is_near_its_level():
    rejected = []
    for seed in range(200):
        data, treated, start = _panel(effect=0.0, seed=seed, n=40, treated=15, start=3, periods=5)
        found = gba.causal.event_study("y ~ 1", data, treated=treated, time=start)
        rejected.append(found.pretest.loc["treated", "p_value"] < 0.05)
    assert 0.01 <= np.mean(rejected) <= 0.12  # 0.05, three Monte Carlo errors and what 15 units cost


def test_without_clean_units_or_base_nothing_is_estimated():
    data, _, start = _panel()
    with pytest.raises(DataError, match="no unit is never treated, so there is nothing"):
        gba.causal.event_study("y ~ 1", data, treated=list(range(30)), time=start)
    dates = pd.Series(np.nan, index=range(30))
    dates[0] = 5
    gappy = data.drop((0, 4))
    with pytest.raises(DataError, match=r"0 \(treated from 5\) have no row 1 period before"):
        gba.causal.event_study("y ~ 1", gappy, treated=dates, unbalanced="keep")


@pytest.mark.parametrize("case", REFERENCE["honest"])
def test_shortest_intervals_are_those_of_another_program(case):
    n, m = case["npre"], case["npost"]
    at = _Estimates(
        np.arange(-n, 0) - 1, np.arange(m), -1, np.array(case["b"]), np.array(case["V"]), np.array(case["l"])
    )
    for size, expected in zip((0.0, 0.05, 0.2), case["flci"], strict=True):
        np.testing.assert_allclose(_smooth(at, size, 0.95)[2:], expected, atol=2e-5)


def test_no_deviation_is_the_plain_interval_and_more_is_wider():
    data, treated, start = _panel()
    study = gba.causal.event_study("y ~ 1", data, treated=treated, time=start)
    bounds = study.honest_bounds(event_time=0)
    plain = study.frame.loc[("treated", 0), ["lower", "upper"]]
    assert tuple(bounds.frame.loc[0.0, ["lower", "upper"]]) == pytest.approx(tuple(plain))
    width = bounds.frame["upper"] - bounds.frame["lower"]
    assert (np.diff(width) > 0).all()
    assert bounds.breakdown in bounds.frame.index


def test_relative_bounds_cover_where_the_drift_is_as_large_as_stated():
    """After the base the drift doubles the largest one before it; the interval for size 2 must hold the effect."""
    rng = np.random.default_rng(5)
    drift = np.array([-0.2, -0.1, 0.2, 0.4])  # at -3, -2, 0, 1: steps of 0.1 before, 0.2 after
    truth = np.array([0, 0, 1.0, 1.0]) + drift
    A = rng.normal(size=(4, 8))
    V = 0.01 * A @ A.T
    weights = np.array([0.5, 0.5])
    held = []
    for b in rng.multivariate_normal(truth, V, size=400):
        at = _Estimates(np.array([-3, -2]), np.array([0, 1]), -1, b, V, weights)
        low, high = _relative(at, 2.0, 0.95)[2:]
        held.append(low <= 1.0 <= high)
    assert np.mean(held) >= 0.95 - 3 * np.sqrt(0.95 * 0.05 / 400)


def test_honest_bounds_say_what_they_need():
    data, treated, _ = _panel()
    early = gba.causal.event_study("y ~ 1", data, treated=treated, time=1)
    with pytest.raises(DataError, match="before the base"):
        early.honest_bounds()
    study = gba.causal.event_study("y ~ 1", data, treated=treated, time=5)
    with pytest.raises(OptionError, match="event_time=9"):
        study.honest_bounds(event_time=9)
    with pytest.raises(OptionError, match="ascend"):
        study.honest_bounds(sizes=[1, 0])


def test_the_picture_has_a_mark_for_every_time():
    data, treated, start = _panel()
    axes = gba.causal.event_study("y ~ 1", data, treated=treated, time=start).plot()
    assert sum(len(line.get_xdata()) for line in axes.lines if line.get_marker() == "o") == 9


def test_few_treated_units_do_not_make_the_test_of_leads_reject():
    """Five treated of sixty, no effect: an F test with 59 degrees of freedom rejects in a third of samples."""
    joint, largest = [], []
    for seed in range(60):
        data, treated, start = _panel(effect=0.0, seed=seed, n=60, treated=5, start=5, periods=8)
        found = gba.causal.event_study("y ~ 1", data, treated=treated, time=start).pretest.loc["treated"]
        joint.append(found["p_value"] < 0.05)
        largest.append(found["p_largest"] < 0.05)
    assert np.mean(joint) < 0.12
    assert np.mean(largest) < 0.12


def test_of_one_date_errors_and_degrees_are_welchs():
    data, treated, start = _panel(n=40, treated=5)
    row = gba.causal.event_study("y ~ 1", data, treated=treated, time=start).frame.loc[("treated", 2)]
    wide = data.reset_index().pivot_table(index="unit", columns="year", values="y")
    gap = wide[start + 2] - wide[start - 1]
    one, two = gap[:5], gap[5:]
    assert row["std_error"] == pytest.approx(np.sqrt(one.var() / 5 + two.var() / 35), rel=1e-9)
    equal = (1 / 5 + 1 / 35) ** 2 / ((1 / 5) ** 2 / 4 + (1 / 35) ** 2 / 34)  # Satterthwaite's of equal variances
    assert row["df"] == pytest.approx(equal, rel=1e-9)
    width = stats.t.ppf(0.975, equal) * row["std_error"]
    assert (row["lower"], row["upper"]) == pytest.approx((row["estimate"] - width, row["estimate"] + width))


def test_units_that_are_alone_at_their_date_are_compared_with_each_other():
    """Four units, each with a date of its own: by cells their residuals are zero, and only clean units seem to vary."""
    data, _, _ = _panel(effect=0.0, n=40, treated=0)
    noisy = np.asarray(data.index.get_level_values(0) < 4)
    data["y"] += noisy * np.random.default_rng(1).normal(0, 2.0, len(data))
    start = pd.Series([4.0, 5.0, 6.0, 7.0, *[np.nan] * 36])
    found = gba.causal.event_study("y ~ 1", data, treated=start).frame.loc[("treated", 0)]
    assert found["units"] == 4
    assert found["df"] < 6
    assert found["std_error"] > 0.7  # 2 sqrt(2) / sqrt(4) is 1.4, the clean units' part about 0.05


def test_intervals_of_few_treated_units_cover():
    """Three treated of sixty: with a t of 59 degrees of freedom an interval by clusters covers 82 %."""
    covered, smooth = [], []
    for seed in range(150):
        data, treated, start = _panel(effect=0.0, seed=seed, n=60, treated=3, start=4, periods=7)
        study = gba.causal.event_study("y ~ 1", data, treated=treated, time=start)
        row = study.frame.loc[("treated", 0)]
        covered.append(row["lower"] <= 0 <= row["upper"])
        low, high = study.honest_bounds(kind="smoothness", sizes=[0.0]).frame.loc[0.0, ["lower", "upper"]]
        smooth.append(low <= 0 <= high)
    assert np.mean(covered) > 0.95 - 3 * np.sqrt(0.05 * 0.95 / 150)
    assert np.mean(smooth) > 0.95 - 3 * np.sqrt(0.05 * 0.95 / 150)


def test_an_unbalanced_panel_has_errors_near_those_of_the_whole():
    data, treated, start = _panel(n=40, treated=8)
    whole = gba.causal.event_study("y ~ 1", data, treated=treated, time=start).frame
    part = data.drop([(35, 0), (36, 8), (20, 3)])
    found = gba.causal.event_study("y ~ 1", part, treated=treated, time=start, unbalanced="keep").frame
    told = found.loc[("treated", 1), ["std_error", "df"]]
    np.testing.assert_allclose(told, whole.loc[("treated", 1), ["std_error", "df"]], rtol=0.1)


def test_bounds_of_two_treated_units_warn_and_of_less_than_one_degree_are_refused():
    data, _, start = _panel()
    study = gba.causal.event_study("y ~ 1", data, treated=[0, 1], time=start)
    assert "normal errors of equal variance only" in str(study.honest_bounds().summary())
    alone = gba.causal.event_study("y ~ 1", data, treated=[0], time=start)
    with pytest.raises(DataError, match=r"event times -5, -4, .* have no standard error \(one unit alone\)"):
        alone.honest_bounds()
    poor = replace(study, frame=study.frame.assign(df=0.5))
    with pytest.raises(DataError, match="less than one degree of freedom"):
        poor.honest_bounds()


def test_the_picture_of_bounds_shows_every_size_with_zero_and_the_estimate():
    data, treated, start = _panel()
    bounds = gba.causal.event_study("y ~ 1", data, treated=treated, time=start).honest_bounds(sizes=[0, 0.5, 1])
    axes = bounds.plot()
    ends = [segment[:, 1] for segment in axes.collections[0].get_segments()]
    np.testing.assert_allclose(ends, bounds.frame[["lower", "upper"]])
    assert [text.get_text() for text in axes.get_xticklabels()] == ["0", "0.5", "1"]
    assert {0.0, bounds.estimate} == {line.get_ydata()[0] for line in axes.get_lines()}


def test_more_leads_than_treated_units_have_no_joint_test():
    data, treated, start = _panel(effect=0.0, seed=1, n=30, treated=3, start=6, periods=8)
    found = gba.causal.event_study("y ~ 1", data, treated=treated, time=start).pretest.loc["treated"]
    assert np.isnan(found["p_value"])
    assert 0 < found["p_largest"] <= 1
