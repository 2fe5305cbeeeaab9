"""Draws keyed by their number: the same bits however work is split; p-values that cannot exceed one."""

from itertools import permutations

import numpy as np
import pytest
from scipy import sparse

from gbaspatial.inference import permutation, reassigned
from gbaspatial.inference.conditional import LocalSums, conditional_counts, conditional_null, shared_draws
from gbaspatial.inference.cross_product import CrossProduct, upper_links
from gbaspatial.inference.moments import pair_sums
from gbaspatial.inference.null import check_draws, count_interval, p_from_tails
from gbaspatial.inference.permutation import PairSampler, class_draws, permutation_null, sampled_null


def lattice(side, weighted=False):
    n = side * side
    place = np.arange(n).reshape(side, side)
    a = np.concatenate([place[:, :-1].ravel(), place[:-1].ravel()])
    b = np.concatenate([place[:, 1:].ravel(), place[1:].ravel()])
    rows, columns = np.r_[a, b], np.r_[b, a]
    data = np.random.default_rng(0).random(len(rows)) if weighted else np.ones(len(rows))
    return sparse.csr_array((data, (rows, columns)), shape=(n, n))


@pytest.fixture(scope="module")
def values():
    return np.random.default_rng(1).normal(size=400)


@pytest.mark.parametrize("parts", [2, 7])
def test_splitting_global_draws_keeps_every_bit(values, parts):
    sampler = PairSampler(upper_links(lattice(20)), values, np.ones(400))
    whole = sampler.draw(0, 200, seed=5, parts=1)
    assert np.array_equal(whole, sampler.draw(0, 200, seed=5, parts=parts))
    assert np.array_equal(whole, np.concatenate([sampler.draw(s, s + 50, seed=5) for s in range(0, 200, 50)]))
    assert not np.array_equal(whole, sampler.draw(0, 200, seed=6))


@pytest.mark.parametrize("parts", [2, 7])
def test_splitting_class_draws_keeps_every_bit(parts):
    codes = np.random.default_rng(2).integers(0, 3, 400)
    upper = upper_links(lattice(20))
    assert np.array_equal(
        class_draws(upper, codes, 3, 200, seed=5, parts=1), class_draws(upper, codes, 3, 200, seed=5, parts=parts)
    )


@pytest.mark.parametrize("parts", [1, 2, 7])
@pytest.mark.parametrize("weighted", [False, True])
def test_splitting_local_draws_keeps_every_count(values, parts, weighted, monkeypatch):
    monkeypatch.setattr("gbaspatial.inference.counting.IN_THREADS_FROM", 1)  # compiled, in threads
    sums = LocalSums(lattice(20, weighted), np.vstack([values, values**2]), np.vstack([-2 * values, np.ones(400)]))
    every = np.ones(400, dtype=bool)
    whole = conditional_counts(sums, 999, 3, every, parts=parts)
    monkeypatch.undo()
    plain = conditional_counts(sums, 999, 3, every, parts=1)
    assert np.array_equal(whole[0], plain[0])
    assert np.array_equal(whole[1], plain[1])


@pytest.mark.parametrize("n", [20, 60, 400, 1_100])
def test_a_short_run_is_the_beginning_of_a_long_one(n):
    """Whatever the number of draws: it never decides how they are made."""
    W, x = lattice(34)[:n][:, :n], np.random.default_rng(n).normal(size=n)
    product = CrossProduct(W, x, 1.0, pair_sums(W))
    runs = {
        "sums": lambda m: product.null("permutation", draws=m, seed=1).sample,
        "classes": lambda m: class_draws(upper_links(W), (x > 0).astype(int), 2, m, seed=1),
        "any statistic": lambda m: permutation_null(lambda o: x[o][:, 0], n, 1.0, draws=m, seed=1).sample,
        "orders": lambda m: permutation.orders(n, m, seed=1),
        "one by one": lambda m: np.array(permutation.over_orders(lambda order: order[:2], n, m, seed=1)),
    }
    for name, run in runs.items():
        long = run(2_500)
        for draws in (99, 999):
            assert np.array_equal(run(draws), long[:draws]), name


def test_both_ways_of_drawing_have_the_moments_of_all_orders(values):
    W = lattice(20, weighted=True)
    product = CrossProduct(W, values, 1.0, pair_sums(W), "difference")
    mean, variance = product.moments()
    sampler = PairSampler(upper_links(W), values, product._alone())
    for compiled in (True, False):
        both = sampler.draw(0, 4_000, 1, compiled=compiled)
        sample = both[:, 1] - 2 * both[:, 0]
        assert abs(sample.mean() - mean) < 4 * np.sqrt(variance / 4_000)
        assert sample.var() == pytest.approx(variance, rel=0.12)


def test_every_order_of_four_is_as_likely():
    from gbaspatial.inference import loops

    out = np.empty((24_000, 4), dtype=np.int64)
    loops.orders_drawn(permutation.key_of(3), 0, 24_000, out)
    for drawn in (out, permutation.orders(4, 24_000, seed=3)):
        _, counts = np.unique(drawn @ [1, 10, 100, 1000], return_counts=True)
        assert len(counts) == 24
        assert ((counts - 1_000) ** 2 / 1_000).sum() < 55  # chi-square, 23 degrees of freedom, p = 0.0002


@pytest.mark.parametrize(("n", "width"), [(7, 7), (30, 4), (500, 12)])
def test_shared_lists_are_distinct_and_even(n, width):
    lists = shared_draws(n, width, 3_000, seed=1)
    assert all(len(set(row)) == width for row in lists.tolist())
    for place in (0, width - 1):
        counts = np.bincount(lists[:, place], minlength=n)
        expected = 3_000 / n
        assert ((counts - expected) ** 2 / expected).sum() < n + 5 * np.sqrt(2 * n) + 10


def test_units_are_never_their_own_neighbors():
    """With two other values, the statistic of a unit can only be one of these (B12's cousin)."""
    W = sparse.csr_array(np.array([[0.0, 1, 0], [0, 0, 1], [1, 0, 0]]))
    x = np.array([100.0, 1.0, 2.0])
    null = conditional_null(LocalSums(W, x[None, :], np.ones((1, 3))), "permutation", draws=4_000, seed=1)
    assert null.upper[0] == 1.0  # observed 1; the draws are 1 and 2, not 100
    assert null.lower[0] == pytest.approx(0.5, abs=0.04)


def test_two_sided_p_is_never_above_one_and_counts_the_observed_value():
    """B15: the usual doubling of (r + 1) / (m + 1) gives 1.95 for nineteen ties."""
    null = sampled_null(lambda start, stop: np.full(stop - start, 5.0), 5.0, draws=19, seed=0)
    assert (null.upper, null.lower, null.p_value()) == (1.0, 1.0, 1.0)
    rare = sampled_null(lambda start, stop: np.zeros(stop - start), 5.0, draws=19, seed=0)
    assert rare.p_value("greater") == 1 / 20
    assert rare.p_value() == 2 / 20
    assert rare.p_value("less") == 1.0
    assert p_from_tails(0.9, 0.8, "two-sided") == 1.0


def test_interval_of_a_monte_carlo_p_holds_the_exact_one():
    x = np.arange(7.0)
    sums = np.array([x @ np.array(p) for p in permutations(x)])
    observed = float(x @ x[[1, 0, 3, 2, 4, 5, 6]])
    exact = np.mean(sums >= observed)
    held = 0
    for seed in range(40):
        null = permutation_null(lambda order: x[order] @ x, 7, observed, draws=499, seed=seed)
        low, high = null.interval("greater")
        held += low <= exact <= high
    assert held >= 35
    assert count_interval(0, 99, 0.95)[0] == 0.0
    assert count_interval(99, 99, 0.95)[1] == 1.0


def test_stopping_early_gives_the_same_answer_sooner():
    x = np.random.default_rng(4).normal(size=30)
    statistic = lambda order: x[order] @ np.arange(30)  # noqa: E731
    observed = float(np.median(statistic(permutation.orders(30, 1_000, seed=9))))
    full = permutation_null(statistic, 30, observed, draws=5_000, seed=1)
    early = permutation_null(statistic, 30, observed, draws=5_000, seed=1, stop_after=20)
    assert early.stopped
    assert 40 <= early.size < 120
    assert np.array_equal(early.sample, full.sample[: early.size])
    assert min(early.upper, early.lower) == 20 / early.size  # h / l at the draw that completed the rarer tail
    low, high = early.interval()
    assert low <= full.p_value() <= high
    far = permutation_null(statistic, 30, 1e9, draws=2_000, seed=1, stop_after=20, alternative="greater")
    assert not far.stopped
    assert far.upper == 1 / 2_001
    one_sided = permutation_null(statistic, 30, 1e9, draws=2_000, seed=1, stop_after=20, alternative="less")
    assert (one_sided.stopped, one_sided.size, one_sided.lower) == (True, 20, 1.0)


@pytest.mark.parametrize("draws", [0, -1, 10_000_001, 9.5, True, "999"])
def test_numbers_of_draws_that_make_no_sense(draws):
    with pytest.raises(ValueError, match="from 1 to 10,000,000"):
        check_draws(draws)


@pytest.mark.parametrize("work", ["exact", "permutation", "any statistic"])
def test_long_work_is_told_on_a_terminal_and_nowhere_else(work, monkeypatch):
    import io

    from gbaspatial import progress
    from gbaspatial.inference.exact_distribution import pair_null
    from gbaspatial.inference.permutation import permutation_null

    class Terminal(io.StringIO):
        def isatty(self):
            return True

    class Clock:  # an hour goes by between two looks
        now = 0.0

        @classmethod
        def monotonic(cls):
            cls.now += 3600
            return cls.now

    x = np.arange(8.0)
    calls = {
        "exact": lambda: pair_null(np.ones((8, 8)), np.multiply.outer(x, x)),
        "permutation": lambda: permutation_null(lambda o: x[o] @ x, 8, 1.0, draws=99, seed=1),
        "any statistic": lambda: permutation_null(lambda o: x[o][:, 0], 8, 1.0, draws=999, seed=1),
    }
    monkeypatch.setattr(progress, "time", Clock)
    for stream, told in ((Terminal(), True), (io.StringIO(), False)):
        monkeypatch.setattr(progress.sys, "stderr", stream)
        calls[work]()
        assert (" s left" in stream.getvalue()) is told


@pytest.mark.parametrize("parts", ["1", "2"])
def test_pairs_in_the_compiled_loop_are_those_of_the_orders(parts, monkeypatch):
    """The same orders, so that either way of summing gives the same numbers to rounding."""
    monkeypatch.setenv("NUMBA_NUM_THREADS", parts)
    W, (x, y) = lattice(34, weighted=True), np.random.default_rng(1).normal(size=(2, 1_156))
    order = permutation.orders(1_156, 1_300, seed=4)
    expected = np.einsum("mi,im->m", x[order], W @ y[order].T)
    whole = reassigned.paired_draws(W, x, y, 4, (0, 1_300))
    np.testing.assert_allclose(whole, expected, rtol=1e-10, atol=1e-9)
    assert np.array_equal(reassigned.paired_draws(W, x, y, 4, (700, 1_300)), whole[700:])


def test_threads_follow_the_environment(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    assert permutation.threads() == 1
    monkeypatch.delenv("OMP_NUM_THREADS")
    there = permutation.threads()
    for told, expected in (("1", 1), ("0", 1), ("9999", there), ("many", there), ("", there)):
        monkeypatch.setenv("NUMBA_NUM_THREADS", told)
        monkeypatch.setattr("os.environ", {**__import__("os").environ, "OMP_NUM_THREADS": ""})
        assert permutation.threads() == expected, told
