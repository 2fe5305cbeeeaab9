"""Classes of a choropleth: mapclassify's bounds, every value in one class, no data never among them."""

import warnings

import mapclassify
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

import gbaspatial as gba
from gbaspatial.errors import DataError, GbaWarning, OptionError
from gbaspatial.figures.classes import SCHEMES, classify, jenks_caspall
from gbaspatial.figures.palette import CLUSTERS, NO_DATA, RAMPS, ramp

VALUES = gba.load_cities(year=2019)["gdp_pc_cny"]


@pytest.mark.parametrize("k", [2, 4, 5])
@pytest.mark.parametrize(
    ("scheme", "peer"),
    [
        ("quantiles", mapclassify.Quantiles),
        ("equal_interval", mapclassify.EqualInterval),
        ("fisherjenks", mapclassify.FisherJenks),
    ],
)
def test_bounds_and_counts_are_those_of_mapclassify(scheme, peer, k):
    theirs, ours = peer(VALUES.to_numpy(), k=k), classify(VALUES, scheme=scheme, k=k)
    assert ours.upper == pytest.approx(theirs.bins)
    assert np.bincount(ours.codes(VALUES), minlength=k).tolist() == theirs.counts.tolist()


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=40), st.integers(2, 12))
@settings(max_examples=60, deadline=None)
def test_every_value_has_one_class_and_order_is_kept(numbers, k):
    values = pd.Series(numbers)
    classes = classify(values, k=k)
    codes = classes.codes(values)
    assert ((codes >= 0) & (codes < classes.k)).all()
    assert len(classes.colors) == len(classes.labels) == classes.k <= k
    ranked = codes[np.argsort(values.to_numpy(), kind="stable")]
    assert (np.diff(ranked) >= 0).all()


def test_no_data_is_no_class_and_no_ramp_has_its_color():
    values = VALUES.copy()
    values.iloc[3] = np.nan
    assert classify(values).codes(values)[3] == -1
    used = {color.lower() for name in RAMPS for k in range(2, 13) for color in ramp(name, k)}
    assert NO_DATA.color.lower() not in used


def test_own_breaks_and_text():
    own = classify(pd.Series([1.0, 15, 30]), scheme=[10, 20])
    assert own.codes(pd.Series([1.0, 10, 10.1, 20, 30])).tolist() == [0, 0, 1, 1, 2]
    text = classify(pd.Series(["b", "a", None, "b"]))
    assert (text.labels, text.codes(pd.Series(["b", None, "a"])).tolist()) == (("a", "b"), [1, -1, 0])
    tiers = classify(pd.Series([3, 1, 2]), scheme="categorical")
    assert tiers.labels == ("1", "2", "3")


def test_labels_tell_small_and_large_numbers_apart():
    assert classify(pd.Series([0.001, 0.002, 0.0045]), k=2).labels == ("0.00100 – 0.00200", "0.00200 – 0.00450")
    assert classify(pd.Series([1000.0, 250000, 9e6]), k=2).labels == ("1,000 – 250,000", "250,000 – 9,000,000")
    assert classify(pd.Series([5.0, 5.0])).k == 1


def test_the_colors_of_geoda():
    assert {name: swatch.color for name, swatch in CLUSTERS.items()} == {
        "HH": "#FF0000", "LL": "#0000FF", "LH": "#A7ADF9", "HL": "#F4ADA8",
        "not significant": "#EEEEEE", "isolate": "#999999", "undefined": "#464646",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("values", "options", "error", "words"),
    [
        (pd.Series([np.nan, np.nan], name="x"), {}, DataError, "'x' has no value"),
        (pd.Series([1.0, np.inf], name="x"), {}, DataError, "infinite"),
        (pd.Series([1.0, 2.0]), {"k": 1}, OptionError, "from 2 to 12"),
        (pd.Series([1.0, 2.0]), {"scheme": "quantile"}, OptionError, "Did you mean quantiles"),
        (pd.Series([1.0, 2.0]), {"palette": "YlGnBlu"}, OptionError, "Did you mean YlGnBu"),
        (pd.Series(list("abcdefghijklm"), name="x"), {}, DataError, "'x' has 13 different classes .* call the rest"),
        (pd.Series([str(k) for k in range(30)]), {}, DataError, r"the column has 30 .* pd\.to_numeric"),
        (pd.Series(pd.date_range("2020-01-01", periods=30)), {}, DataError, r"column\.dt\.year"),
        (pd.Series(["a", "b"], name="x"), {"scheme": "quantiles"}, DataError, "not numeric"),
        (pd.Series([1.0, 2.0]), {"scheme": [np.nan]}, OptionError, "no finite upper bounds"),
    ],
)
def test_what_cannot_be_classed_is_said(values, options, error, words):
    with pytest.raises(error, match=words):
        classify(values, **options)


# -- breaks of one's own --------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("values", "options", "error", "words"),
    [
        ([1.0, -1.7e308], {}, DataError, "beyond 1e306"),
        ([1 + 2j, 3 + 1j], {}, DataError, "complex numbers"),
        ([[1], [2]], {"scheme": "categorical"}, DataError, "no categories"),
        ([1.0, 2.5], {"palette": 5}, OptionError, "must be text"),
    ],
)
def test_strange_values_and_options_get_a_sentence(values, options, error, words):
    with pytest.raises(error, match=words):
        classify(pd.Series(values, name="v"), **options)


@given(st.lists(st.floats(1e-300, 1e300), min_size=1, max_size=6, unique=True).map(sorted))
@settings(max_examples=200, deadline=None)
def test_no_bound_of_ones_own_reads_as_zero(breaks):
    bounds = [float(f"{b:.12g}") for b in breaks]
    if len(set(bounds)) == len(bounds):
        labels = classify(pd.Series([1.0, 2.5]), scheme=bounds).labels
        assert len(set(labels)) == len(labels)
        assert all(float(label.split(" – ")[-1].strip("≤> ").replace(",", "")) > 0 for label in labels)


def test_huge_whole_numbers_are_no_categories():
    assert classify(pd.Series([1.5e300, 2.5e300, 4e300])).labels == ("1.50e+300", "2.50e+300", "4.00e+300")


@pytest.mark.parametrize("data", [[1.0, 15, 30], [1.0, 2], [100.0], [12.0, 13], [10.0, 20]])
def test_own_breaks_keep_their_classes_and_colors_whatever_the_data(data):
    values = pd.Series(data)
    own, other = classify(values, scheme=[10, 20]), classify(pd.Series([0.0, 1e9]), scheme=[10, 20])
    assert own.labels == other.labels == ("≤ 10", "10 – 20", "> 20")
    assert own.colors == other.colors
    assert own.codes(values).tolist() == np.searchsorted([10, 20], data, side="left").tolist()


@pytest.mark.parametrize(
    ("breaks", "words"),
    [
        (range(12), "12 breaks, which make 13 classes"),
        (range(40), "40 breaks"),
        ([10, 10, 20], "does not ascend"),
        ([20, 10], "does not ascend"),
        ([], "no finite upper bounds"),
        ([1, np.inf], "no finite upper bounds"),
        (["a"], "no finite upper bounds"),
        (7, "no finite upper bounds"),
    ],
)
def test_own_breaks_that_cannot_be_drawn_are_refused(breaks, words):
    with pytest.raises(OptionError, match=words):
        classify(pd.Series(np.arange(100.0)), scheme=breaks)


def test_eleven_breaks_are_twelve_classes():
    own = classify(pd.Series(np.arange(100.0)), scheme=list(range(0, 110, 10)))
    assert own.k == 12
    assert np.bincount(own.codes(pd.Series(np.arange(100.0)))).sum() == 100


# -- every scheme ---------------------------------------------------------------------------------------------------
EVERY = [scheme for scheme in SCHEMES if scheme != "categorical"]
TIED = {
    "constant": [5.0] * 9,
    "two": [1.0, 2.0] * 5,
    "ties": [1.0] * 20 + [2.0, 3, 4, 5, 6, 7],
    "zeros": [0.0] * 50 + [1.0, 7, 7.5, 100, 1e6, 2e6, 3e6],
    "skewed": list(np.exp(np.arange(30.0))),
    "one of each end": [0.0] * 10 + [1.0] + [2.0] * 10 + [3.0, 4.0, 5.0, 6.0],
}


@pytest.mark.filterwarnings("ignore::gbaspatial.errors.GbaWarning")
@pytest.mark.parametrize("scheme", EVERY)
@pytest.mark.parametrize("data", TIED)
@pytest.mark.parametrize("k", [2, 5, 12])
def test_every_scheme_classes_ties(scheme, data, k):
    values = pd.Series(TIED[data], name="x")
    made = classify(values, scheme=scheme, k=k)
    codes = made.codes(values)
    assert ((codes >= 0) & (codes < made.k)).all()
    assert len(set(made.labels)) == made.k == len(made.colors)
    assert (np.diff(made.upper) > 0).all()


@pytest.mark.parametrize("scheme", EVERY)
def test_few_values_get_one_sentence_in_every_scheme(scheme):
    with pytest.warns(GbaWarning, match=r"'x' has one value only, fewer than the 5 classes asked for; each is a class"):
        one = classify(pd.Series([5.5] * 4, name="x"), scheme=scheme)
    assert one.labels == ("5.50",)
    with pytest.warns(GbaWarning, match="'x' has 3 different values only"):
        three = classify(pd.Series([5.5, 1.5, 2.5, 1.5], name="x"), scheme=scheme)
    assert three.labels == ("1.50", "2.50", "5.50")
    assert three.codes(pd.Series([5.5, 1.5, 2.5])).tolist() == [2, 0, 1]


@given(st.lists(st.integers(0, 4), min_size=3, max_size=60), st.integers(2, 6))
@settings(max_examples=150, deadline=2_000)
def test_jenks_caspall_ends_on_any_ties(numbers, k):
    values = np.array(numbers, dtype=float)
    bounds = jenks_caspall(values, k)
    assert bounds.max() == values.max()
    assert set(bounds) <= set(values)


@pytest.mark.parametrize("k", [2, 3, 5, 7])
def test_jenks_caspall_is_that_of_mapclassify(k):
    theirs = mapclassify.JenksCaspall(VALUES.to_numpy(), k=k)
    assert jenks_caspall(VALUES.to_numpy(), k) == pytest.approx(theirs.bins)


@pytest.mark.parametrize(("scheme", "size"), [("fisherjenkssampled", 1_200), ("naturalbreaks", 60)])
def test_schemes_that_sample_are_seeded_and_leave_the_stream_of_others_alone(scheme, size):
    values = pd.Series(np.random.default_rng(4).lognormal(size=size))
    np.random.seed(1)  # noqa: NPY002
    one = classify(values, scheme=scheme)
    drawn = np.random.random()  # noqa: NPY002
    np.random.seed(2)  # noqa: NPY002
    other = classify(values, scheme=scheme)
    assert one.upper.tolist() == other.upper.tolist()
    np.random.seed(1)  # noqa: NPY002
    assert drawn == np.random.random()  # noqa: NPY002


@pytest.mark.parametrize("factor", [1e-300, 1e-30, 1e-12, 1e-8, 1e8, 1e30, 1e250])
@pytest.mark.parametrize("scheme", ["quantiles", "equal_interval", "fisherjenks", "jenkscaspall", "stdmean"])
def test_no_scale_hides_the_classes(scheme, factor):
    values = pd.Series([1.0, 2.5, 3.7, 8.2, 9.9, 15.5, 21.3])
    one, other = classify(values, scheme=scheme), classify(values * factor, scheme=scheme)
    assert other.codes(values * factor).tolist() == one.codes(values).tolist()
    assert len(set(other.labels)) == other.k
    assert not any(label.startswith("0.00000") for label in other.labels)


# -- whole numbers --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("dtype", [int, float, "Int64", np.int8])
def test_few_whole_numbers_are_categories_in_their_order(dtype):
    tier = pd.Series([3, 1, 2, 2], name="tier").astype(dtype)
    made = classify(tier)
    assert made.labels == ("1", "2", "3")
    assert made.codes(tier).tolist() == [2, 0, 1, 1]
    assert made.colors == ramp("YlGnBu", 3)
    assert all(type(category) is int for category in made.categories)
    assert classify(pd.Series(range(6))).scheme == "quantiles"


@pytest.mark.parametrize("scheme", [5, True, "quantile5", [], [2, 1], ["a"], float("nan"), {"a": 1}, list(range(40))])
def test_a_scheme_that_can_be_none_is_refused_when_the_layer_is_made(scheme):
    with pytest.raises(OptionError, match="scheme"):
        gba.maps.choropleth("x", scheme=scheme)


KINDS = pd.Series(pd.Categorical(["low", "high", "low", "medium"], ["low", "medium", "high", "none"], ordered=True))


def test_ordered_categories_keep_their_order_and_have_the_colors_of_a_ramp():
    made = classify(KINDS, palette="Reds")
    assert made.labels == ("low", "medium", "high")
    assert made.colors == ramp("Reds", 3)
    assert made.codes(KINDS).tolist() == [0, 2, 0, 1]
    assert classify(KINDS.cat.as_unordered()).labels == made.labels


@pytest.mark.parametrize("time", ["00:00", "09:30"])
def test_days_are_called_without_a_time(time):
    values = pd.Series(pd.to_datetime([f"2018-10-24T{time}", f"2018-10-25T{time}", None]))
    shown = "" if time == "00:00" else f" {time}:00"
    for each in (values, values.astype(object), values.dt.tz_localize("UTC").dt.tz_localize(None)):
        assert classify(each).labels == (f"2018-10-24{shown}", f"2018-10-25{shown}")


def test_a_class_of_texts_without_a_letter_has_a_name_that_is_seen():
    values = pd.Series(["", " ", "   ", "\t", "port"])
    labels = classify(values).labels
    assert len(set(labels)) == 5
    assert all(label.strip() for label in labels)
    assert labels[0] == "(empty text)"


def test_whole_numbers_that_fall_together_are_told():
    with pytest.warns(GbaWarning, match="1 of 3 different ones fall together"):
        classify(pd.Series([2**53, 2**53 + 1, 2**53 + 2], name="code"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        classify(pd.Series([2**60, 2**61, 2**62]))
