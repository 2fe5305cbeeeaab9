"""Exact null distributions against brute force, and their moments against the formulas."""

import subprocess
import sys
from itertools import combinations, permutations

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy import sparse

from gbaspatial.errors import OptionError
from gbaspatial.inference import exact_distribution as exact, local_exact, moments
from gbaspatial.inference.conditional import LocalSums, conditional_null
from gbaspatial.inference.patterns import class_patterns, count_patterns


def random_weights(rng, n, equal):
    A = (rng.random((n, n)) < 0.5) * (1.0 if equal else rng.random((n, n)))
    np.fill_diagonal(A, 0.0)
    A[0, 1] = A[0, 1] or 1.0
    return A


def comparisons(rng, n, kind):
    x = np.round(rng.normal(size=n), 1 if kind == "ties" else 6)
    return {
        "product": np.multiply.outer(x, x),
        "ties": np.multiply.outer(x, x),
        "difference": np.subtract.outer(x, x) ** 2,
        "any": rng.normal(size=(n, n)),
    }[kind]


@pytest.mark.parametrize("n", [2, 3, 4, 5, 6, 7, 8])
@pytest.mark.parametrize("kind", ["product", "ties", "difference", "any"])
def test_all_orders_of_a_cross_product(n, kind):
    rng = np.random.default_rng(n)
    A, B = random_weights(rng, n, equal=False), comparisons(rng, n, kind)
    np.fill_diagonal(B, 0.0)
    orders = np.array(list(permutations(range(n))))
    values = np.einsum("ij,mij->m", A, B[orders[:, :, None], orders[:, None, :]])
    null = exact.pair_null(A, B)
    assert null.size == len(orders)
    assert null.observed == pytest.approx(values[0])
    assert null.mean == pytest.approx(values.mean())
    assert null.variance == pytest.approx(values.var(), abs=1e-12)
    assert null.upper == np.mean(values >= values[0] - 1e-9)
    assert null.lower == np.mean(values <= values[0] + 1e-9)
    if n >= 5:
        width = null.bars.edges[1] - null.bars.edges[0]
        shares = np.array([0.1, 0.5, 0.9])
        ours = null.quantile(shares)
        for share, found in zip(shares, ours):
            assert np.mean(values <= found + width) >= share - 1e-9
            assert np.mean(values < found - width) <= share + 1e-9


def test_eleven_units_take_all_39_916_800_orders():
    rng = np.random.default_rng(0)
    n = 11
    A = random_weights(rng, n, equal=True)
    x = rng.normal(size=n)
    null = exact.pair_null(A, np.multiply.outer(x, x))
    assert null.size == 39_916_800 == null.bars.counts.sum()
    mean, variance = moments.permutation_moments(moments.pair_sums(A), moments.product_sums(x), n)
    assert null.mean == pytest.approx(mean, rel=1e-10)
    assert null.variance == pytest.approx(variance, rel=1e-10)


def test_compiled_orders_are_those_of_numpy(monkeypatch):
    rng = np.random.default_rng(1)
    A, B = random_weights(rng, 11, equal=False), rng.normal(size=(11, 11))
    monkeypatch.setattr(exact, "_is_compiled", lambda n: n >= exact._COMPILED_UNITS)
    compiled = exact.pair_null(A, B)
    assert compiled.bars.counts.sum() == compiled.size
    exact._known_null.cache_clear()
    monkeypatch.setattr(exact, "_COMPILED_UNITS", 12)
    plain = exact.pair_null(A, B)
    assert (compiled.upper, compiled.lower, compiled.size) == (plain.upper, plain.lower, plain.size)
    assert (compiled.mean, compiled.variance) == pytest.approx((plain.mean, plain.variance), rel=1e-12)
    assert (
        np.abs(compiled.bars.counts - plain.bars.counts).sum() <= 10
    )  # a value at the edge of a bin may round to either


def test_a_first_test_of_eleven_units_loads_no_compiler():
    code = (
        "import sys, numpy as np; from gbaspatial.inference import exact_distribution as e; A = np.eye(11, k=1);"
        "null = e.pair_null(A + A.T, np.multiply.outer(np.arange(11.0), np.arange(11.0)));"
        "assert null.size == 39_916_800; print('numba' in sys.modules, [e._is_compiled(n) for n in (10, 11, 12)], "
        "[e._is_compiled(11) for _ in range(e._PLAIN_TESTS)])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    few = [False] * (exact._PLAIN_TESTS - 2)
    assert done.stdout.strip() == f"False [False, False, True] {[*few, True, True]}"


def test_more_than_twelve_units_are_refused():
    with pytest.raises(OptionError, match="12 units"):
        exact.pair_null(np.zeros((13, 13)), np.zeros((13, 13)))
    with pytest.raises(OptionError, match="13 units"):
        exact.linear_null(np.zeros(14), np.zeros(14))
    with pytest.raises(OptionError, match="9 units"):
        exact.order_null(lambda orders: orders[:, 0], 10)


@settings(max_examples=15, deadline=None)
@given(n=st.integers(4, 8), ones=st.integers(1, 3), seed=st.integers(0, 99))
def test_two_levels_need_only_their_patterns(n, ones, seed):
    rng = np.random.default_rng(seed)
    A = random_weights(rng, n, equal=False)
    x = np.zeros(n)
    x[rng.choice(n, ones, replace=False)] = 2.5
    for B in (np.multiply.outer(x, x), np.subtract.outer(x, x) ** 2):
        short, long = exact.two_class_null(A, B, x > 0), exact.pair_null(A, B)
        assert short.upper == pytest.approx(long.upper)
        assert short.lower == pytest.approx(long.lower)
        assert short.mean == pytest.approx(long.mean)
        assert short.variance == pytest.approx(long.variance, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("n", [3, 5, 8])
def test_all_orders_of_a_linear_statistic(n):
    rng = np.random.default_rng(n)
    a, x = np.round(rng.normal(size=n), 1), np.round(rng.normal(size=n), 1)
    values = np.array([a @ x[list(p)] for p in permutations(range(n))])
    null = exact.linear_null(a, x)
    assert null.upper == pytest.approx(np.mean(values >= values[0] - 1e-9))
    assert null.lower == pytest.approx(np.mean(values <= values[0] + 1e-9))
    assert (null.mean, null.variance) == pytest.approx((values.mean(), values.var()))


def test_all_orders_of_any_statistic():
    x = np.array([3.0, 1.0, 2.0, 5.0, 4.0])
    null = exact.order_null(lambda orders: np.abs(np.diff(x[orders], axis=1)).max(axis=1), 5)
    values = np.array([np.abs(np.diff(x[list(p)])).max() for p in permutations(range(5))])
    assert null.size == 120
    assert null.upper == np.mean(values >= values[0])
    assert null.mean == pytest.approx(values.mean())


@pytest.mark.parametrize("equal", [True, False])
@pytest.mark.parametrize("everyone", [False, True])
@pytest.mark.parametrize("n", [5, 6, 7, 8])
def test_all_sets_of_neighbors(n, equal, everyone):
    """Local statistics of two channels: every ordered draw of k of the other values, listed."""
    rng = np.random.default_rng(n)
    W = random_weights(rng, n, equal)
    W[2] = 0.0
    channels, coefficients = np.round(rng.normal(size=(2, n)), 1), np.round(rng.normal(size=(2, n)), 1)
    if everyone:
        W[np.arange(n), np.arange(n)] = np.where(W.sum(axis=1) > 0, W.max(axis=1), 0)
    null = conditional_null(LocalSums(sparse.csr_array(W), channels, coefficients, everyone), "exact")
    for i in range(n):
        weights = W[i][W[i] > 0]
        if not len(weights):
            assert np.isnan(null.upper[i])
            continue
        brought = coefficients[:, i] @ channels
        others = brought if everyone else np.delete(brought, i)
        values = np.array([weights @ np.array(p) for p in permutations(others, len(weights))])
        observed = W[i] @ brought
        assert null.observed[i] == pytest.approx(observed)
        assert null.upper[i] == pytest.approx(np.mean(values >= observed - 1e-9))
        assert null.lower[i] == pytest.approx(np.mean(values <= observed + 1e-9))
        assert null.mean[i] == pytest.approx(values.mean(), abs=1e-12)
        assert null.variance[i] == pytest.approx(values.var(), abs=1e-12)


@settings(max_examples=30, deadline=None)
@given(m=st.integers(2, 12), seed=st.integers(0, 999), data=st.data())
def test_counting_by_halves_counts_all_subsets(m, seed, data):
    k = data.draw(st.integers(1, m))
    values = np.round(np.random.default_rng(seed).normal(size=m), 1)
    sums = np.array([values[list(c)].sum() for c in combinations(range(m), k)])
    target = float(sums[0])
    counted = local_exact.count_subsets(values, k, target, 1e-9)
    assert counted == (np.sum(sums >= target - 1e-9), np.sum(sums <= target + 1e-9))


def test_patterns_are_distinct_and_all():
    sizes = np.array([2, 1, 3])
    patterns = np.concatenate(list(class_patterns(sizes)))
    assert len(patterns) == count_patterns(sizes) == 60
    assert len(np.unique(patterns, axis=0)) == 60
    assert (np.sort(patterns, axis=1) == [0, 0, 1, 2, 2, 2]).all()


def test_affordable_means_about_a_million_sets():
    def ring(n, k):
        rows = np.repeat(np.arange(n), k)
        columns = (rows + np.tile(np.arange(1, k + 1), n)) % n
        return sparse.csr_array((np.ones(n * k), (rows, columns)), shape=(n, n))

    every = lambda n: np.ones(n, dtype=bool)  # noqa: E731
    assert local_exact.is_affordable(ring(11, 10), every(11))
    assert local_exact.is_affordable(ring(69, 4), every(69))
    assert not local_exact.is_affordable(ring(69, 5), every(69))
    weights = ring(11, 10)
    weights.data[:] = np.random.default_rng(0).random(110)
    assert local_exact.is_affordable(weights, every(11))  # 10! assignments of unequal weights


def test_histograms_counted_with_the_tails_are_those_counted_later(monkeypatch):
    rng = np.random.default_rng(3)
    A, B = rng.random((7, 7)), rng.normal(size=(7, 7))
    exact._known_null.cache_clear()
    later = exact.pair_null(A, B)
    exact._known_null.cache_clear()
    with exact.histograms():
        at_once = exact.pair_null(A, B)
    assert np.array_equal(at_once.bars.counts, later.bars.counts)
    monkeypatch.setattr(exact, "_counts_of", None)  # nobody counts again
    assert at_once.quantile([0.025, 0.975]) == pytest.approx(later.quantile([0.025, 0.975]), abs=0)
    assert (at_once.upper, at_once.lower) == (later.upper, later.lower)
