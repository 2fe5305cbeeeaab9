"""The door: values meet weights by label, and what does not fit is told in one sentence."""

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, strategies as st

import gbaspatial as gba
from gbaspatial import alignment
from gbaspatial.errors import AlignmentError, DataError, LabelTypeError, MissingDataError, UnknownNameError

IDS = pd.Index(["Foshan", "Macao", "Huizhou", "Zhuhai"], name="city")
VALUES = pd.Series([1.0, 2.0, 3.0, 4.0], index=IDS, name="gdp")


@given(order=st.permutations(range(4)))
def test_order_of_rows_never_matters(order):
    shuffled = VALUES.iloc[order]
    assert alignment.align(shuffled, IDS).tolist() == [1.0, 2.0, 3.0, 4.0]
    back = alignment.labelled(alignment.align(shuffled, IDS), IDS, shuffled.index, "gdp")
    pd.testing.assert_series_equal(back, shuffled)


def test_a_bare_array_is_refused():
    with pytest.raises(LabelTypeError, match="bare ndarray without unit labels"):
        alignment.align(VALUES.to_numpy(), IDS)
    with pytest.raises(TypeError, match="choose one column"):
        alignment.align(VALUES.to_frame(), IDS)


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        (lambda v: v.drop("Macao"), AlignmentError, "absent from the values: Macao"),
        (lambda v: pd.concat([v, pd.Series({"Tokyo": 1.0})]), AlignmentError, "absent from the weights: Tokyo"),
        (lambda v: pd.concat([v, v[:1]]), AlignmentError, "more than one row for Foshan"),
        (lambda v: v.rename({"Macao": None}), AlignmentError, "missing labels in row 2"),
        (lambda v: v.set_axis(range(4)), AlignmentError, "integer on one side, string on the other|is the id column"),
        (lambda v: v.replace(2.0, np.nan), MissingDataError, "'gdp' is missing for Macao"),
        (lambda v: v.replace(2.0, np.inf), DataError, "'gdp' is infinite for Macao"),
        (lambda v: v.astype(object).replace(2.0, "2.O"), DataError, r"not a number for Macao \('2.O'\)"),
    ],
)
def test_what_does_not_fit_is_named(change, error, words):
    before = VALUES.copy()
    with pytest.raises(error, match=words):
        alignment.align(change(VALUES), IDS)
    pd.testing.assert_series_equal(VALUES, before)


def test_at_most_five_units_are_named():
    with pytest.raises(AlignmentError, match=r"absent from the values: 4, 5, 6, 7, 8 and 3 more"):
        alignment.align(pd.Series(1.0, index=range(4)), pd.RangeIndex(12))


def test_labels_and_frames_align_too():
    groups = pd.Series(["a", "b", "c", "d"], index=IDS)
    assert alignment.align_labels(groups[::-1], IDS).tolist() == ["a", "b", "c", "d"]
    assert alignment.align_frame(VALUES.to_frame()[::-1], IDS).index.tolist() == IDS.tolist()
    with pytest.raises(MissingDataError, match="Zhuhai"):
        alignment.align_labels(groups.replace("d", None), IDS)
    with pytest.raises(LabelTypeError, match="DataFrame"):
        alignment.align_frame(VALUES, IDS)


def test_unknown_columns_get_a_hint():
    with pytest.raises(UnknownNameError, match="no column 'gpd'. Did you mean gdp"):
        alignment.columns_of(VALUES.to_frame(), "gpd")


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (VALUES + 1j, r"'gdp' holds complex numbers \(complex128\)"),
        ((VALUES + 1j).astype(object), r"'gdp' is complex for Foshan .*Zhuhai .*object"),
        (pd.Series(pd.date_range("2019", periods=4), IDS, name="gdp"), r"holds times \(datetime64"),
        (pd.Series(pd.date_range("2019", periods=4, tz="UTC"), IDS, name="gdp"), r"holds times \(datetime64"),
        (pd.Series(pd.to_timedelta([1, 2, 3, None], "D"), IDS, name="gdp"), r"holds times \(timedelta64"),
        (pd.Series(pd.period_range("2019", periods=4, freq="Y"), IDS, name="gdp"), r"holds times \(period"),
        (VALUES.astype(object).replace(2.0, pd.Timestamp("2019")), "is a time for Macao"),
    ],
)
def test_times_and_complex_numbers_are_refused(values, words):
    with pytest.raises(DataError, match=words):
        alignment.as_numbers(values)


def test_truth_values_and_whole_numbers_stay_numbers():
    assert alignment.as_numbers(pd.Series([True, False])).tolist() == [1.0, 0.0]
    assert alignment.as_numbers(pd.Series([1, 2.5], dtype=object)).tolist() == [1.0, 2.5]
    with pytest.raises(MissingDataError):
        alignment.as_numbers(pd.Series([1, None, pd.NaT], dtype=object))


@pytest.mark.parametrize("kind", [Fraction, Decimal, int, np.float32])
def test_numbers_of_every_kind_are_read_alike_by_formulas_and_statistics(kind):
    ids = [f"u{i}" for i in range(8)]
    pairs = pd.DataFrame({"focal": ids + ids, "neighbor": ids[1:] + ids[:1] + ids[-1:] + ids[:-1]})
    plain = pd.Series([1.0, 4, 2, 8, 5, 7, 3, 6], ids, name="x")
    values = pd.Series([kind(int(v)) for v in plain], ids, dtype=object, name="x")
    w = gba.weights.from_pairs(pairs)
    assert alignment.as_numbers(values).tolist() == plain.tolist()
    assert gba.autocorrelation.moran(values, w).p_value == gba.autocorrelation.moran(plain, w).p_value
    frame, doubles = values.to_frame().assign(y=plain**2), plain.to_frame().assign(y=plain**2)
    assert gba.models.ols("y ~ x", frame).params.equals(gba.models.ols("y ~ x", doubles).params)


AMOUNTS = pd.Series([1.0, 2.0, 4.0, 3.0], list("abcd"), name="x")


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (lambda other: gba.development.dea(AMOUNTS, other), "the inputs and the outputs cover different units"),
        (lambda other: gba.disparity.gini(AMOUNTS, other), "the population and the values cover"),
        (lambda other: gba.disparity.theil(AMOUNTS, groups=other.map(str)), "the groups and the values cover"),
        (lambda other: gba.disparity.tiers(AMOUNTS, k=2, given=other.map(str)), "the given tiers and the values cover"),
    ],
)
def test_where_no_weights_are_given_nobody_talks_of_them(ask, said):
    other = pd.Series([1.0, 2.0, 3.0, 5.0], list("abce"))
    with pytest.raises(AlignmentError, match=said) as told:
        ask(other)
    assert "absent from" in str(told.value)
    assert "weights" not in str(told.value)
    assert "w.subset" not in str(told.value)
