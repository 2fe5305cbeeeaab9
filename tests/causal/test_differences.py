"""Difference in differences with rings: against another program, two-way least squares, and laws."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

import gbaspatial as gba
from gbaspatial.causal.imputation import averages
from gbaspatial.errors import AlignmentError, DataError, GbaWarning, LabelTypeError, OptionError, UnknownNameError


def _staggered():
    """Forty units in eight periods, seven treated from two dates on, with an effect of 2."""
    rng = np.random.default_rng(1)
    lon, lat = rng.uniform(112, 114, 40), rng.uniform(22, 24, 40)
    start = np.zeros(40, int)
    start[:4], start[4:7] = 2004, 2006
    y = rng.normal(0, 1, 40)[:, None] + rng.normal(0, 1, 8)[None] + rng.normal(0, 0.5, (40, 8))
    years = np.arange(2000, 2008)
    y[:7] += 2.0 * (years >= start[:7, None])
    index = pd.MultiIndex.from_product([range(40), years], names=["unit", "year"])
    a, b = np.radians(lat), np.radians(lon)
    h = np.sin((a[:, None] - a) / 2) ** 2 + np.cos(a[:, None]) * np.cos(a) * np.sin((b[:, None] - b) / 2) ** 2
    km = pd.DataFrame(2 * 6371.0 * np.arcsin(np.sqrt(h)))
    treated = pd.Series(np.where(start > 0, start, np.nan))
    return pd.DataFrame({"y": y.ravel()}, index=index), treated, km


def _fit(**options):
    data, treated, km = _staggered()
    return gba.causal.difference_in_differences("y ~ 1", data, treated=treated, distance=km, rings=[25, 50], **options)


def test_the_effects_are_those_of_another_program():
    # diff-diff 3.13.0: SpilloverDiD(rings=[0, 25, 50], cluster="unit"), printed to four digits
    np.testing.assert_allclose(_fit().params, [2.1811, 0.0389, 0.0531], atol=5e-5)


def test_the_errors_carry_the_first_stage():
    """The scores are the derivatives of the estimates by the weight of a unit in both stages.

    diff-diff 3.13.0 prints 0.0934, 0.1475 and 0.1001 where these give 0.0953, 0.1470 and 0.0998.
    """
    setting = _fit()._setting
    s, mark = setting.stack, setting.marks()[0]
    D = np.stack([mark == k for k in (1, 2, 3)], axis=1).astype(float)
    clean = mark == 0
    Z = np.zeros((s.rows, s.n + s.periods - 1))
    Z[np.arange(s.rows), s.unit] = 1
    for t in range(1, s.periods):
        Z[s.period == t, s.n + t - 1] = 1

    def weighted(v):
        root = np.sqrt(v[s.unit][clean])
        gamma = np.linalg.lstsq(Z[clean] * root[:, None], setting.y[clean] * root, rcond=None)[0]
        heavy = D * v[s.unit][:, None]
        return heavy.T @ (setting.y - Z @ gamma) / heavy.sum(axis=0)

    moves = np.eye(s.n) * 1e-5
    derivative = np.array([(weighted(1 + m) - weighted(1 - m)) / 2e-5 for m in moves])
    found = averages(s, setting.y, setting.X, D, clean)
    np.testing.assert_allclose(found.scores, derivative, atol=1e-8)
    np.testing.assert_allclose(found.covariance, 40 / 39 * derivative.T @ derivative, rtol=1e-5)


def test_one_date_is_two_way_least_squares():
    data, _, _ = _staggered()
    chosen = [0, 1, 2, 3]
    found = gba.causal.difference_in_differences("y ~ 1", data, treated=chosen, time=2004)
    unit, year = data.index.get_level_values(0), data.index.get_level_values(1)
    status = data.assign(d=(unit.isin(chosen) & (year >= 2004)).astype(float))
    twoway = gba.models.panel_ols("y ~ d", status, effects="twoway")
    assert found.params["treated"] == pytest.approx(twoway.params["d"], abs=1e-10)


def test_every_way_to_say_who_is_treated_is_one():
    data, treated, _ = _staggered()
    by_dates = gba.causal.difference_in_differences("y ~ 1", data, treated=treated.where(treated == 2004))
    by_list = gba.causal.difference_in_differences("y ~ 1", data, treated=[0, 1, 2, 3], time=2004)
    by_truth = gba.causal.difference_in_differences("y ~ 1", data, treated=treated == 2004, time=2004)
    unit, year = data.index.get_level_values(0), data.index.get_level_values(1)
    with_column = data.assign(d=((unit < 4) & (year >= 2004)).astype(int))
    by_column = gba.causal.difference_in_differences("y ~ 1", with_column, treated="d")
    for other in (by_list, by_truth, by_column):
        pd.testing.assert_frame_equal(by_dates.frame, other.frame)


@settings(max_examples=10)
@given(st.integers(0, 10_000))
def test_order_units_effects_and_levels_change_nothing(seed):
    data, treated, km = _staggered()
    rng = np.random.default_rng(seed)
    first = _fit()
    unit, year = data.index.get_level_values(0), data.index.get_level_values(1)
    moved = data + 1e6 + rng.normal(size=40)[unit][:, None] + rng.normal(size=8)[year - 2000][:, None]
    order = rng.permutation(len(data))
    again = gba.causal.difference_in_differences(
        "y ~ 1", moved.iloc[order], treated=treated.sample(frac=1, random_state=seed), distance=km, rings=[25, 50]
    )
    np.testing.assert_allclose(again.frame.to_numpy(), first.frame.to_numpy(), rtol=1e-6, atol=1e-8)


def test_spillover_left_out_of_the_rings_biases_the_effect():
    """Neighbors that gain 1 hide half of an effect of 2 unless they have their ring."""
    ring = pd.Index(range(12))
    links = pd.DataFrame(
        [(i, (i + d) % 12, 1.0) for i in ring for d in (-1, 1)], columns=["focal", "neighbor", "weight"]
    )
    w = gba.weights.from_pairs(links)
    index = pd.MultiIndex.from_product([ring, [0, 1]], names=["unit", "year"])
    after = index.get_level_values(1) == 1
    unit = index.get_level_values(0)
    y = 0.5 * unit + 3.0 * after + after * (2.0 * (unit == 0) + 1.0 * unit.isin([1, 11]))
    data = pd.DataFrame({"y": y}, index=index)
    plain = gba.causal.difference_in_differences("y ~ 1", data, treated=[0], time=1)
    rings = gba.causal.difference_in_differences("y ~ 1", data, treated=[0], time=1, w=w, rings=1)
    assert plain.params["treated"] == pytest.approx(2 - 2 / 11)
    np.testing.assert_allclose(rings.params, [2.0, 1.0], atol=1e-10)


def test_anticipation_is_a_term_of_its_own():
    data, treated, _ = _staggered()
    found = gba.causal.difference_in_differences("y ~ 1", data, treated=treated, anticipation=1)
    assert list(found.frame.index) == ["treated", "anticipation"]
    assert found.frame.loc["anticipation", "rows"] == 7


def test_units_treated_from_the_beginning_are_left_out_by_name():
    data, treated, _ = _staggered()
    treated[5] = 1999
    with pytest.warns(GbaWarning, match=r"Left out.*: 5 "):
        found = gba.causal.difference_in_differences("y ~ 1", data, treated=treated)
    assert found.n_units == 39
    without = gba.causal.difference_in_differences("y ~ 1", data.drop(5, level=0), treated=treated.drop(5))
    pd.testing.assert_frame_equal(found.frame, without.frame)


@pytest.mark.parametrize(
    ("options", "kind", "words"),
    [
        ({"treated": ["nowhere"], "time": 2004}, UnknownNameError, "nowhere"),
        ({"treated": [1]}, OptionError, "time="),
        ({"treated": [1], "time": 2030}, DataError, "no unit is treated by 2007"),
        ({"treated": [1], "time": 2004, "rings": [10]}, OptionError, "distance="),
        ({"treated": pd.Series({1: 2004.0})}, AlignmentError, "units"),
        ({"treated": "d"}, DataError, "goes back to 0"),
        ({"treated": "none"}, UnknownNameError, "no column"),
        ({"treated": list(range(40)), "time": 2004}, DataError, "no unit is untreated, so nothing"),
        ({"treated": [1], "time": 2004, "anticipation": -1}, OptionError, "anticipation"),
    ],
)
def test_what_does_not_fit_is_a_sentence(options, kind, words):
    data, _, _ = _staggered()
    data["d"] = [0, 1, 0, 1, 1, 1, 1, 1] * 40
    with pytest.raises(kind, match=words):
        gba.causal.difference_in_differences("y ~ 1", data, **options)


def test_covariates_that_effects_absorb_are_named():
    data, treated, _ = _staggered()
    data["size"] = data.index.get_level_values(0) * 2.0
    with pytest.raises(DataError, match="size"):
        gba.causal.difference_in_differences("y ~ size", data, treated=treated)


def test_all_placebo_treatments_are_gone_through_and_tell_of_chance():
    data, _, _ = _staggered()
    few = data.loc[list(range(8))]
    found = gba.causal.difference_in_differences("y ~ 1", few, treated=[0, 1], time=2004)
    placebo = found.placebo()
    assert placebo.exact
    assert placebo.frame.loc["treated", "placebos"] == 28
    values = placebo.placebos["treated"].abs()
    assert placebo.frame.loc["treated", "p_value"] == (values >= abs(found.params["treated"]) - 1e-9).mean()


def test_placebos_are_the_same_for_any_order_of_rows_and_a_seed():
    data, treated, km = _staggered()
    first = _fit().placebo(rng=3, draws=19)
    order = np.random.default_rng(0).permutation(len(data))
    again = gba.causal.difference_in_differences(
        "y ~ 1", data.iloc[order], treated=treated, distance=km, rings=[25, 50]
    ).placebo(rng=3, draws=19)
    np.testing.assert_allclose(first.placebos, again.placebos, atol=1e-10)


def test_placebo_dates_use_rows_before_the_treatment_only():
    data, treated, _ = _staggered()
    first = gba.causal.difference_in_differences("y ~ 1", data, treated=treated).placebo(over="dates")
    unit, year = data.index.get_level_values(0), data.index.get_level_values(1)
    changed = data["y"].where(~((unit < 7) & (year >= treated.reindex(unit).to_numpy())), 1e3)
    again = gba.causal.difference_in_differences("y ~ 1", changed.to_frame(), treated=treated).placebo(over="dates")
    np.testing.assert_allclose(first.placebos, again.placebos, atol=1e-9)


def test_a_single_unit_has_no_standard_error_and_still_a_placebo():
    data, _, _ = _staggered()
    found = gba.causal.difference_in_differences("y ~ 1", data, treated=[0], time=2004)
    assert np.isnan(found.std_errors["treated"])
    assert "own chance" in str(found)
    assert found.placebo().frame.loc["treated", "placebos"] == 40


def test_without_rings_none_are_assumed():
    data, _, _ = _staggered()
    found = str(gba.causal.difference_in_differences("y ~ 1", data, treated=[0], time=2004))
    assert "no unit is touched by the treatment of another" in " ".join(found.split())
    assert "rings" not in found


def test_placebos_too_few_for_five_percent_are_told():
    data, _, _ = _staggered()
    result = gba.causal.difference_in_differences("y ~ 1", data.loc[:8], treated=[0], time=2004)
    assert "treated: no p-value below 0.11 is possible" in " ".join(str(result.placebo()).split())
    found = result.placebo(over="dates")
    least = 1 / (found.frame.loc["treated", "placebos"] + 1)
    assert f"treated: no p-value below {least:.2g} is possible" in " ".join(str(found).split())
    many = gba.causal.difference_in_differences("y ~ 1", data, treated=[0], time=2004)
    assert "no p-value below" not in str(many.placebo())


def test_the_smallest_effect_that_placebos_would_tell_is_told_four_times_of_five():
    index = pd.MultiIndex.from_product([[f"u{i:02d}" for i in range(40)], range(2001, 2009)], names=["city", "year"])
    data = pd.DataFrame({"y": np.random.default_rng(3).standard_normal(320)}, index=index)
    result = gba.causal.difference_in_differences("y ~ 1", data, treated=["u03", "u07", "u20"], time=2005)
    found = result.placebo(draws=199, rng=1)
    size = found.frame.loc["treated", "detectable"]
    there = found.placebos["treated"].to_numpy()
    critical = np.quantile(np.abs(there), 0.95, method="higher")
    assert np.mean(np.abs(there + size) > critical) == pytest.approx(0.8, abs=0.02)
    assert result.placebo(over="dates").frame["detectable"].isna().all()
    assert result.placebo(by="t", draws=99, rng=1).frame["detectable"].isna().all()


def test_dates_of_other_units_are_told_without_weights():
    data, _, _ = _staggered()
    with pytest.raises(UnknownNameError, match="treated= names q, which the data do not have"):
        gba.causal.difference_in_differences("y ~ 1", data, treated=pd.Series({"q": 2004}))
    with pytest.raises(AlignmentError, match="no entry for 1, .*a missing value where it is never treated"):
        gba.causal.difference_in_differences("y ~ 1", data, treated=pd.Series({0: 2004}))


def test_rings_without_units_are_told():
    data, treated, km = _staggered()
    for call in (gba.causal.difference_in_differences, gba.causal.event_study):
        one = call("y ~ 1", data, treated=treated, distance=km, rings=[0.001, 50])
        assert (
            "No unit without treatment lies at 0-0.001 km from a treated one, so there is no effect on it." in one.notes
        )
        none = call("y ~ 1", data, treated=treated, distance=km, rings=[0.001])
        assert any("so none is taken to be touched" in note for note in none.notes)
        full = call("y ~ 1", data, treated=treated, distance=km, rings=[25, 50])
        assert not any("No unit without treatment" in note for note in full.notes)


@pytest.mark.parametrize("wrong", [np.nan, -1.0, np.inf])
def test_distances_that_are_none_are_named_by_pair(wrong):
    data, treated, km = _staggered()
    km.iloc[3, 8] = wrong
    with pytest.raises(DataError, match=r"but not: 3 to 8 \((nan|-1|inf)\)"):
        gba.causal.difference_in_differences("y ~ 1", data, treated=treated, distance=km, rings=[25])


def test_dates_of_treatment_as_text_are_not_called_the_time_of_the_panel():
    data, treated, _ = _staggered()
    with pytest.raises(LabelTypeError, match=r"^the time in treated= \(2004"):
        gba.causal.difference_in_differences("y ~ 1", data, treated=treated.map("{:.0f}".format, na_action="ignore"))
    with pytest.raises(LabelTypeError, match=r"^time= \(2004\)"):
        gba.causal.difference_in_differences("y ~ 1", data, treated=[0, 1], time="2004")


DESIGNS = [gba.causal.difference_in_differences, gba.causal.event_study]


@pytest.mark.parametrize("design", DESIGNS)
def test_who_lacks_periods_leaves_and_may_still_be_named(design):
    data, treated, _ = _staggered()
    short = data.drop([(2, 2001), (20, 2005)])
    rest = data.drop([2, 20], level=0)
    want = design("y ~ 1", rest, treated=treated.drop([2, 20])).frame
    column = short.assign(begun=[float(year >= treated[unit]) for unit, year in short.index])
    with pytest.warns(GbaWarning, match="Left out, because they lack periods: 2, 20"):
        pd.testing.assert_frame_equal(design("y ~ 1", short, treated=treated, unbalanced="common").frame, want)
    with pytest.warns(GbaWarning, match="lack periods"):
        pd.testing.assert_frame_equal(design("y ~ 1", column, treated="begun", unbalanced="common").frame, want)
    who = [0, 1, 2, 3]
    with pytest.warns(GbaWarning, match="lack periods"):
        got = design("y ~ 1", short, treated=who, time=2004, unbalanced="common").frame
    pd.testing.assert_frame_equal(got, design("y ~ 1", rest, treated=[u for u in who if u != 2], time=2004).frame)


@pytest.mark.parametrize("design", DESIGNS)
def test_who_lacks_periods_lies_between_the_others_and_may_not_be_treated(design):
    data, treated, km = _staggered()
    short = data.drop([(20, 2005)])
    want = design("y ~ 1", data.drop(20, level=0), treated=treated.drop(20), distance=km.drop(20).drop(columns=20),
                  rings=[25, 50])  # fmt: skip
    with pytest.warns(GbaWarning, match="lack periods"):
        got = design("y ~ 1", short, treated=treated, distance=km, rings=[25, 50], unbalanced="common")
    pd.testing.assert_frame_equal(got.frame, want.frame)
    with (
        pytest.warns(GbaWarning),
        pytest.raises(DataError, match="leaves out 2, which the treatment reaches: units near"),
    ):
        design("y ~ 1", data.drop([(2, 2001)]), treated=treated, distance=km, rings=[25, 50], unbalanced="common")
    for given_ in (treated.notna(), [0, 1, 2, 3]):
        with pytest.warns(GbaWarning), pytest.raises(DataError, match="use unbalanced='keep', or leave out periods"):
            design("y ~ 1", data.drop([(2, 2001)]), treated=given_, time=2004, distance=km, rings=[25, 50],
                   unbalanced="common")  # fmt: skip


def test_steps_lead_through_who_lacks_periods():
    chain = np.eye(40, k=1) + np.eye(40, k=-1)
    w = gba.weights.from_matrix(pd.DataFrame(chain, range(40), range(40)))
    data, treated, _ = _staggered()
    only = treated.where(treated.index == 0)
    with pytest.warns(GbaWarning, match="Left out, because they lack periods: 1 "):
        got = gba.causal.difference_in_differences(
            "y ~ 1", data.drop([(1, 2001)]), treated=only, w=w, rings=2, unbalanced="common"
        )
    assert list(got.params.index) == ["treated", "2 steps away"]


@pytest.mark.parametrize("design", DESIGNS)
def test_rings_are_blamed_only_where_there_are_some(design):
    data, _, km = _staggered()
    everyone = list(range(40))
    with pytest.raises(DataError, match="no unit is (never treated|untreated), so") as told:
        design("y ~ 1", data, treated=everyone, time=2004)
    assert "ring" not in str(told.value)
    with pytest.raises(DataError, match="touched.*use fewer or narrower rings"):
        design("y ~ 1", data, treated=everyone, time=2004, distance=km, rings=[10])
