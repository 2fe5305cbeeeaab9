"""Local tests of several periods: against all orders written out, and as often wrong as they say."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy import sparse

from gbaspatial.inference.conditional import LocalSums
from gbaspatial.inference.local_joint import joint_local_p, others

N = 6


def ring(n: int, own: float = 0.0) -> sparse.csr_array:
    return sparse.csr_array(np.roll(np.eye(n), 1, axis=1) + np.roll(np.eye(n), -1, axis=1) + own * np.eye(n))


def sums_of(Y: np.ndarray, everyone: bool) -> list[LocalSums]:
    """Gi* (ones as coefficients) or local Moran of each row of `Y` (T, n) on a ring."""
    if everyone:
        return [LocalSums(ring(Y.shape[1], 1.0), y[None, :], np.ones((1, Y.shape[1])), everyone=True) for y in Y]
    return [LocalSums(ring(Y.shape[1]), z[None, :], z[None, :]) for z in Y - Y.mean(axis=1, keepdims=True)]


def by_all_orders(Y: np.ndarray, unit: int, everyone: bool) -> np.ndarray:
    """Step-down min-p (T,) of one unit over all orders of the histories, two-sided, written out."""
    n = Y.shape[1]
    free = [k for k in range(n) if everyone or k != unit]
    drawn = []
    for order in permutations(free):
        place = np.arange(n)
        place[free] = order
        drawn.append(
            [(s.coefficients[:, unit] @ s.channels)[place] @ s.W[[unit]].toarray()[0] for s in sums_of(Y, everyone)]
        )
    values = np.round(np.array(drawn), 9)  # the first is the order as it is
    upper = np.array([[np.mean(values[:, t] >= v) for t, v in enumerate(row)] for row in values])
    lower = np.array([[np.mean(values[:, t] <= v) for t, v in enumerate(row)] for row in values])
    p = np.minimum(1, 2 * np.minimum(upper, lower))
    adjusted, order = np.empty(len(Y)), np.argsort(p[0], kind="stable")
    for step, t in enumerate(order):
        adjusted[t] = np.mean(p[:, order[step:]].min(axis=1) <= p[0, t] + 1e-12)
        if step:
            adjusted[t] = max(adjusted[t], adjusted[order[step - 1]])
    return adjusted


@pytest.mark.parametrize("everyone", [True, False])
@pytest.mark.parametrize("seed", [0, 1])
def test_it_is_the_min_p_over_all_orders_of_the_histories(everyone, seed):
    rng = np.random.default_rng(seed)
    Y = rng.normal(size=(1, N)) + 0.7 * rng.normal(size=(3, N))
    got = joint_local_p(sums_of(Y, everyone), 9_999, seed=3)
    for unit in (0, 4):
        np.testing.assert_allclose(got[unit], by_all_orders(Y, unit, everyone), atol=0.02)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 99), everyone=st.booleans(), periods=st.integers(2, 4))
def test_periods_alike_count_once_and_others_more(seed, everyone, periods):
    Y = np.random.default_rng(seed).normal(size=(periods, 9))
    alone = joint_local_p(sums_of(Y[:1], everyone), 199, seed)[:, 0]
    alike = joint_local_p(sums_of(np.repeat(Y[:1], periods, axis=0), everyone), 199, seed)
    np.testing.assert_allclose(alike, np.repeat(alone[:, None], periods, axis=1))
    every = joint_local_p(sums_of(Y, everyone), 199, seed)
    assert (every[:, 0] >= alone - 1e-12).all()
    assert ((every >= 1 / 200 - 1e-12) & (every <= 1)).all()


@pytest.mark.parametrize(("everyone", "n"), [(True, 14), (False, 24)])  # both have some 300 lists
def test_histories_that_mean_nothing_are_rejected_as_often_as_said(everyone, n):
    rng, finds = np.random.default_rng(8), []
    for sample in range(300):
        Y = np.cumsum(rng.normal(size=(5, n)), axis=0)  # random walks: years are much alike
        finds.append(joint_local_p(sums_of(Y, everyone), 99, seed=sample)[0].min() <= 0.05)
    assert 0.01 <= np.mean(finds) <= 0.09  # a true 0.05 has a standard error of 0.013


def test_neighbors_that_change_share_their_draws_and_lone_units_have_none():
    n = 9
    later = ring(n).toarray()
    later[0] = 0  # the unit loses its neighbors
    later[3, 7] = 1
    y = np.random.default_rng(1).normal(size=n)
    y -= y.mean()
    parts = [LocalSums(W, y[None, :], y[None, :]) for W in (ring(n), sparse.csr_array(later))]
    p = joint_local_p(parts, 499, seed=2)
    assert np.isnan(p[0, 1])
    np.testing.assert_allclose(p[1, 0], p[1, 1])  # the same neighbors in both: one test
    assert np.isfinite(p[0, 0])
    assert np.isfinite(p[1:]).all()


def test_others_leave_out_the_unit_only():
    lists = np.array([np.random.default_rng(k).permutation(7)[:4] for k in range(50)])
    found = others(lists, 2, 3)
    assert not (found == 2).any()
    for row, kept in zip(lists, found, strict=True):
        assert kept.tolist() == [u for u in row if u != 2][:3]


def test_what_is_the_same_for_every_draw_is_no_find():
    complete = sparse.csr_array(np.ones((8, 8)))
    y = np.random.default_rng(3).normal(size=(2, 8)) * 1e200
    parts = [LocalSums(complete, (row - row.mean())[None, :], np.ones((1, 8)), everyone=True) for row in y]
    assert (joint_local_p(parts, 99, seed=1) == 1).all()


def wide(n: int, k: int, alone: int) -> sparse.csr_array:
    """Each unit is next to the k that follow it on a circle; the unit `alone` is next to none."""
    W = sum(np.roll(np.eye(n), step, axis=1) for step in range(1, k + 1))
    W[alone] = 0
    return sparse.csr_array(W)


@pytest.mark.parametrize("alternative", ["greater", "less", "two-sided"])
@pytest.mark.parametrize("everyone", [True, False])
def test_sampled_lists_hold_the_own_value_only_where_all_are_exchanged(everyone, alternative):
    """Too many lists to write out (60 choose 6): against draws made here, with one value that would stand out."""
    rng, n, k, unit, alone = np.random.default_rng(11), 60, 6, 20, 5
    y = rng.normal(size=n)
    y[unit] = 9.0  # a list with it is among the largest
    y[unit + 1] = 2.5
    W = wide(n, k, alone)
    got = joint_local_p([LocalSums(W, y[None, :], np.ones((1, n)), everyone=everyone)], 4_999, 1, alternative)
    free = np.arange(n) if everyone else np.delete(np.arange(n), unit)
    drawn = np.array([y[rng.choice(free, k, replace=False)].sum() for _ in range(20_000)])
    observed = float((W @ y)[unit])
    upper, lower = np.mean(drawn >= observed), np.mean(drawn <= observed)
    right = {"greater": upper, "less": lower, "two-sided": min(1.0, 2 * min(upper, lower))}[alternative]
    assert got[unit, 0] == pytest.approx(right, abs=0.03)
    assert np.isnan(got[alone]).all()
    assert np.isfinite(np.delete(got, alone, axis=0)).all()


def test_one_seed_is_one_answer():
    y = np.random.default_rng(1).normal(size=60)
    sums = [LocalSums(wide(60, 6, 5), y[None, :], y[None, :])]
    first, again, other = (joint_local_p(sums, 199, seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert (np.nan_to_num(first) != np.nan_to_num(other)).any()
