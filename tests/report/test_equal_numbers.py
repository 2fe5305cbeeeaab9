"""One region beside others of more cities: connected sets, samples that look as they should, honest p-values."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy import sparse, stats

from gbaspatial.report.chapters.equal_numbers import connected_sets, difference_of, moran_as_elsewhere, place_of

RING = (np.roll(np.eye(9), 1, axis=1) + np.roll(np.eye(9), -1, axis=1)) / 2


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 14), st.integers(1, 9), st.floats(0.05, 0.6))
def test_sets_are_connected_and_as_large_as_asked(seed, n, size, share):
    upper = np.triu(np.random.default_rng(seed).random((n, n)) < share, 1)
    links = upper | upper.T
    found = connected_sets(links, size, 12, seed)
    parts = sparse.csgraph.connected_components(links)[1]
    if np.bincount(parts).max() < size:
        assert found == []
    for each in found:
        assert len(np.unique(each)) == size
        assert sparse.csgraph.connected_components(links[np.ix_(each, each)])[0] == 1
    assert [each.tolist() for each in found] == [each.tolist() for each in connected_sets(links, size, 12, seed)]


def test_samples_without_clustering_have_the_mean_of_moran():
    found = moran_as_elsewhere(RING, (0.0, 1e-9), 20_000, seed=3)
    assert found.mean() == pytest.approx(-1 / 8, abs=0.006)


@pytest.mark.parametrize("truth", [-0.5, 0.0, 0.8])
def test_a_region_clustered_alike_is_rejected_as_often_as_said(truth):
    others = moran_as_elsewhere(RING, (truth, 1e-9), 1999, seed=4)
    own = moran_as_elsewhere(RING, (truth, 1e-9), 1000, seed=5)
    share = np.mean([place_of(value, others) <= 0.05 for value in own])
    assert 0.03 <= share <= 0.07


def test_differences_are_those_of_two_samples():
    rng = np.random.default_rng(6)
    one, two = rng.normal(size=9), rng.normal(1, 3, size=40)
    gap, error, p = difference_of(*((x.mean(), stats.sem(x), len(x)) for x in (one, two)))
    known = stats.ttest_ind(one, two, equal_var=False)
    assert p == pytest.approx(known.pvalue)
    assert gap / error == pytest.approx(known.statistic)
