"""Adjusted p-values against R's `p.adjust` as published, and against their definitions."""

import numpy as np
import pytest
from hypothesis import given, strategies as st
from scipy import stats

from gbaspatial.errors import OptionError
from gbaspatial.inference import adjust, adjust_by_neighbors

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
