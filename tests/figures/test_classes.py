"""Classes of a choropleth: mapclassify's bounds, every value in one class, no data never among them."""

import mapclassify
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

import gbaspatial as gba
from gbaspatial.errors import DataError, OptionError
from gbaspatial.figures.classes import classify
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
        (pd.Series([1.0, 2.0]), {"k": 1}, OptionError, "use 2 to 12"),
        (pd.Series([1.0, 2.0]), {"scheme": "quantile"}, OptionError, "Did you mean quantiles"),
        (pd.Series([1.0, 2.0]), {"palette": "YlGnBlu"}, OptionError, "Did you mean YlGnBu"),
        (pd.Series(list("abcdefghijklm")), {}, DataError, "13 different classes"),
        (pd.Series(["a", "b"], name="x"), {"scheme": "quantiles"}, DataError, "not numeric"),
        (pd.Series([1.0, 2.0]), {"scheme": [np.nan]}, OptionError, "no finite upper bounds"),
    ],
)
def test_what_cannot_be_classed_is_said(values, options, error, words):
    with pytest.raises(error, match=words):
        classify(values, **options)
