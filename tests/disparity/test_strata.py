"""Tiers against every possible grouping, mapclassify, and all ways to give them out."""

from itertools import combinations, permutations

import mapclassify
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

from gbaspatial.disparity import tiers
from gbaspatial.disparity.agreement import adjusted_rand
from gbaspatial.errors import DataError, OptionError

LETTERS = list("abcdefghijk")
X = pd.Series([20.1, 19.0, 7.2, 8.1, 3.0, 2.5, 2.2, 1.9, 1.5, 6.6, 2.9], LETTERS, name="gdp")
PAPER = pd.Series([1, 1, 2, 2, 3, 3, 3, 3, 3, 2, 3], LETTERS)


@given(st.lists(st.integers(0, 30), min_size=4, max_size=9).filter(lambda v: len(set(v)) >= 3))
@settings(max_examples=40, deadline=None)
def test_no_other_cuts_leave_less_within(numbers):
    x = np.sort(np.array(numbers, float))
    found = tiers(pd.Series(x, range(len(x))), 3)

    def within(cuts):
        return sum(((part - part.mean()) ** 2).sum() for part in np.split(x, cuts))

    least = min(within(cuts) for cuts in combinations(range(1, len(x)), 2))
    total = ((x - x.mean()) ** 2).sum()
    assert found.explained == pytest.approx(1 - least / total, abs=1e-9)
    assert (np.diff(found.tiers) <= 0).all()


def test_cuts_agree_with_mapclassify():
    theirs = mapclassify.FisherJenks(X.to_numpy(), k=3).yb
    assert (3 - theirs == tiers(X).tiers).all()
    assert tiers(X).tiers.tolist() == PAPER.tolist()
    heads = mapclassify.HeadTailBreaks(X.to_numpy())
    assert tiers(X, 2, method="head_tail").table.loc[1, "lowest"] > heads.bins[0]


def test_agreement_is_exact_over_all_ways():
    result = tiers(X, given=PAPER.iloc[::-1])
    assert (result.adjusted_rand, result.inference) == (1.0, "exact")
    assert len(result.null) == 4620  # 11! / (2! 3! 6!)
    assert result.expected == pytest.approx(0, abs=1e-12)
    assert result.p_value == pytest.approx(1 / 4620)


def test_exact_p_value_is_that_of_all_orders():
    x, labels = X[:6], PAPER.iloc[[0, 2, 1, 3, 4, 5]].set_axis(LETTERS[:6])
    result = tiers(x, given=labels)
    every = [adjusted_rand(result.tiers.to_numpy(), np.array(order)) for order in permutations(labels)]
    assert result.adjusted_rand == pytest.approx(adjusted_rand(result.tiers.to_numpy(), labels.to_numpy()))
    assert result.p_value == pytest.approx(np.mean(np.array(every) >= result.adjusted_rand - 1e-9))


def test_many_units_are_drawn():
    x = pd.Series(np.random.default_rng(1).normal(size=60))
    labels = pd.Series(np.repeat([1, 2, 3], 20))
    result = tiers(x, given=labels, draws=999, rng=3)
    assert result.inference == "permutation"
    assert result.p_value > 0.01
    assert abs(result.expected) < 0.01
    assert tiers(x, given=labels, draws=999, rng=3).p_value == result.p_value


def test_adjusted_rand_of_hubert_and_arabie():
    first, second = np.repeat([1, 2, 3], [4, 2, 3]), np.array([1, 1, 1, 2, 2, 2, 3, 3, 1])
    pairs = list(combinations(range(9), 2))
    a = np.array([first[i] == first[j] for i, j in pairs])
    b = np.array([second[i] == second[j] for i, j in pairs])
    chance = a.sum() * b.sum() / len(pairs)
    known = ((a & b).sum() - chance) / ((a.sum() + b.sum()) / 2 - chance)
    assert adjusted_rand(first, second) == pytest.approx(known)


def test_several_variables_by_k_means():
    frame = pd.DataFrame({"gdp": X, "patents": X**1.1 * 1e6})
    result = tiers(frame, method="k_means", rng=1)
    assert result.tiers.tolist() == PAPER.tolist()
    shuffled = tiers(frame.sample(frac=1, random_state=1), method="k_means", rng=1)
    assert (shuffled.tiers.reindex(X.index) == result.tiers).all()


def test_scale_and_order_change_nothing():
    other = tiers(X.sample(frac=1, random_state=4) * 1e200, given=PAPER)
    assert (other.tiers.reindex(X.index) == tiers(X).tiers).all()


@pytest.mark.parametrize(
    ("call", "error", "told"),
    [
        (lambda: tiers(X * 0), DataError, "gdp"),
        (lambda: tiers(X[:0]), DataError, "0 units"),
        (lambda: tiers(X.round(-1), 5), DataError, "different values"),
        (lambda: tiers(-X, method="head_tail"), DataError, "tail"),
        (lambda: tiers(X.to_frame().assign(z=X), method="fisher_jenks"), OptionError, "k_means"),
        (lambda: tiers(X, 1), OptionError, "k=1"),
        (lambda: tiers(X, given=PAPER * 0), DataError, "given"),
    ],
)
def test_bad_input_is_told(call, error, told):
    with pytest.raises(error, match=told):
        call()
