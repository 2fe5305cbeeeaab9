"""Adjusted p-values against R's `p.adjust` as published, and against their definitions."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, strategies as st
from scipy import stats

from gbaspatial.errors import DataError, OptionError
from gbaspatial.inference import adjust, adjust_by_neighbors, adjust_jointly
from gbaspatial.inference.multiple import adjust_among
from gbaspatial.inference.permutation import orders

# Benjamini and Hochberg (1995), table 1: fifteen p-values, four rejected at 5 % by their procedure, three by Bonferroni
PUBLISHED = np.array(
    [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1]
)


def test_the_example_of_benjamini_and_hochberg():
    assert (adjust(PUBLISHED, "bh") <= 0.05).sum() == 4
    assert (adjust(PUBLISHED, "bonferroni") <= 0.05).sum() == 3


@given(p=st.lists(st.floats(0, 1, allow_subnormal=False), min_size=1, max_size=20), seed=st.integers(0, 9))
def test_bh_and_by_are_scipys_and_order_does_not_matter(p, seed):
    p = np.array(p)
    np.testing.assert_allclose(adjust(p, "bh"), stats.false_discovery_control(p, method="bh"), atol=1e-300)
    np.testing.assert_allclose(adjust(p, "by"), stats.false_discovery_control(p, method="by"), atol=1e-300)
    order = np.random.default_rng(seed).permutation(len(p))
    for method in ("bh", "by", "holm", "bonferroni", "sidak"):
        adjusted = adjust(p, method)
        np.testing.assert_allclose(adjust(p[order], method), adjusted[order], atol=1e-300)
        assert (adjusted >= p - 1e-15).all()
        assert (adjusted <= 1).all()
    assert (adjust(p, "sidak") <= adjust(p, "bonferroni") + 1e-12).all()
    assert (adjust(p, "holm") <= adjust(p, "bonferroni") + 1e-12).all()


def test_sidak_and_holm_are_their_formulas():
    """Holm (1979): the smallest of m counts m times, the next m - 1 times; Sidak: one of m independent tests."""
    p = np.array([0.02, 0.001, 0.4, 0.011])
    assert adjust(p, "sidak") == pytest.approx(1 - (1 - p) ** 4, rel=1e-12)
    assert adjust(p, "holm") == pytest.approx([0.04, 0.004, 0.4, 0.033], rel=1e-12)
    assert adjust(np.array([1e-20, 0.5]), "sidak")[0] == pytest.approx(2e-20, rel=1e-12)


def test_tests_not_made_do_not_count():
    p = np.array([0.01, np.nan, 0.04])
    assert adjust(p, "bonferroni").tolist()[::2] == [0.02, 0.08]
    assert np.isnan(adjust(p, "bh")[1])
    assert adjust(p, "none").tolist()[::2] == [0.01, 0.04]
    assert adjust(np.array([1.0, 0.0]), "sidak").tolist() == [1.0, 0.0]


def test_by_neighbors_counts_the_neighborhood():
    p, k = np.array([0.01, 0.3]), np.array([2, 4])
    assert adjust_by_neighbors(p, k, "bonferroni").tolist() == [0.03, 1.0]
    assert adjust_by_neighbors(p, k, "sidak") == pytest.approx(1 - (1 - p) ** np.array([3, 5]))
    assert adjust_by_neighbors(p, k, "by")[0] == pytest.approx(0.03 * (1 + 1 / 2 + 1 / 3))
    assert adjust_by_neighbors(p, k, "none").tolist() == p.tolist()


def test_unknown_methods_are_named():
    with pytest.raises(OptionError, match="'bh'"):
        adjust(np.array([0.1]), "fdr")


# -- tests that share their draws -------------------------------------------------------------
def by_definition(observed, drawn):
    """Step-down min-p, one-sided, written out (box 4 of Ge, Dudoit and Speed 2003)."""
    values = np.vstack([observed, drawn])
    p = np.array([[np.mean(values[:, t] >= v) for t, v in enumerate(row)] for row in values])
    order, adjusted = np.argsort(p[0]), np.empty(len(observed))
    for place, t in enumerate(order):
        least = p[:, order[place:]].min(axis=1)
        adjusted[t] = np.mean(least <= p[0, t])
    for before, after in pairwise(order):
        adjusted[after] = max(adjusted[after], adjusted[before])
    return adjusted


@given(seed=st.integers(0, 999), periods=st.integers(1, 5), alternative=st.sampled_from(["greater", "less"]))
def test_joint_p_values_are_those_of_the_definition(seed, periods, alternative):
    rng = np.random.default_rng(seed)
    observed, drawn = rng.normal(size=periods), rng.normal(size=(49, periods))
    sign = 1 if alternative == "greater" else -1
    got = adjust_jointly(sign * observed, sign * drawn, alternative)
    np.testing.assert_allclose(got, by_definition(observed, drawn), atol=1e-12)


@given(seed=st.integers(0, 999), copies=st.integers(1, 6), factor=st.floats(1e-6, 1e6))
def test_the_same_statistic_many_times_counts_once(seed, copies, factor):
    rng = np.random.default_rng(seed)
    drawn, observed = rng.normal(size=(99, 1)), rng.normal(size=1) * 2
    alone = adjust_jointly(observed, drawn)
    upper, lower = (1 + (drawn >= observed).sum()) / 100, (1 + (drawn <= observed).sum()) / 100
    assert alone == pytest.approx([min(1.0, 2 * min(upper, lower))])
    many = adjust_jointly(np.repeat(observed, copies) * factor, np.repeat(drawn, copies, axis=1) * factor)
    assert many == pytest.approx(np.repeat(alone, copies))


def moran_of_years(seed, n=12, years=6, kept=0.95):
    """Moran's I on a ring (years,) of a panel in which units keep what they have, and its values in 199 orders."""
    rng = np.random.default_rng(seed)
    panel = np.sqrt(kept) * rng.normal(size=(n, 1)) + np.sqrt(1 - kept) * rng.normal(size=(n, years))
    z = panel - panel.mean(axis=0)
    order = np.vstack([np.arange(n), orders(n, 199, seed)])
    turned = z[order]
    values = np.einsum("mnt,mnt->mt", turned, np.roll(turned, 1, axis=1)) / (z * z).sum(axis=0)
    return values[0], values[1:]


def test_the_chance_of_any_false_find_is_five_percent_where_years_are_alike():
    found = [(adjust_jointly(*part).min(), part) for part in map(moran_of_years, range(600))]
    joint = np.mean([least <= 0.05 for least, _ in found])
    holm = np.mean([adjust(np.concatenate([adjust_jointly(o[[t]], d[:, [t]]) for t in range(6)]), "holm").min() <= 0.05
                    for _, (o, d) in found])  # fmt: skip
    assert 0.025 <= joint <= 0.075  # 600 panels: 0.05 plus or minus 2.8 standard errors
    assert holm < joint - 0.01


@pytest.mark.parametrize("sampled", [True, False])
def test_steps_of_few_values_are_in_doubt_in_samples_only(sampled):
    """A statistic of two values beside one of many: where steps are coarse, near p-values of samples are one.

    Written out: p less four standard errors of a difference, sqrt(2 p (1 - p) / m), of columns with fewer than
    sqrt(m / 2) values.
    """
    rng = np.random.default_rng(2)
    m = 1_001
    values = np.column_stack([rng.integers(0, 2, m), rng.normal(size=m)]).astype(float)
    values[0] = 1.0, 1.7
    p = np.column_stack([(column[:, None] <= column[None, :]).mean(axis=1) for column in values.T])
    least = p.copy()
    if sampled:
        least[:, 0] -= 4 * np.sqrt(2 * p[:, 0] * (1 - p[:, 0]) / m)
    first, second = np.argsort(p[0])
    smallest = np.mean(least.min(axis=1) <= p[0, first])
    right = {first: smallest, second: max(smallest, np.mean(least[:, second] <= p[0, second]))}
    got = adjust_among(values, "greater", sampled=sampled)
    assert got == pytest.approx([right[0], right[1]], abs=1e-12)


def test_tiny_statistics_are_not_tied():
    drawn = np.linspace(0, 1e-12, 99)
    assert adjust_jointly(np.array([2e-12]), drawn[:, None], "greater").tolist() == [0.01]


def test_joint_p_values_tell_what_they_need():
    assert np.isnan(adjust_jointly(np.array([1.0, np.nan]), np.zeros((9, 2)))[1])
    for wrong in (np.zeros((0, 2)), np.zeros((9, 3)), np.zeros(9)):
        with pytest.raises(DataError, match="one column per statistic"):
            adjust_jointly(np.array([1.0, 2.0]), wrong)
    with pytest.raises(OptionError, match="two-sided"):
        adjust_jointly(np.zeros(1), np.zeros((9, 1)), "both")
