"""Sums of squares of W (I - rho W)^-1 from sparse factors, against dense matrices."""

import numpy as np
import pytest
from graphs import grid
from hypothesis import given, settings, strategies as st

from gbaspatial.models.solve import squares
from gbaspatial.models.solve.factor import sparse_pencil_of
from gbaspatial.weights import Weights


def dense(W: np.ndarray, rho: float) -> float:
    return float(np.square(W @ np.linalg.inv(np.eye(len(W)) - rho * W)).sum())


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10_000), n=st.integers(3, 60), kind=st.integers(0, 2),
    share=st.one_of(st.floats(-0.95, 0.97), st.sampled_from([0.0, 1e-9, -1e-6, 1e-4])),
)  # fmt: skip
def test_squares_are_those_of_the_dense_matrix(seed, n, kind, share):
    """Symmetric, row-standardized from symmetric, one-sided; in one piece or in several."""
    random = np.random.default_rng(seed)
    W = random.uniform(0.1, 1, (n, n)) * (random.uniform(size=(n, n)) < 3 / n)
    W[0, 1] = 0.5
    np.fill_diagonal(W, 0.0)
    W = W if kind == 2 else W + W.T
    W = W / np.maximum(W.sum(axis=1, keepdims=True), 1e-9 + (W.sum(axis=1, keepdims=True) == 0)) if kind == 1 else W
    rho = share / max(np.abs(np.linalg.eigvals(W)).max(), 0.5)
    factor = sparse_pencil_of(Weights(W, [f"u{i}" for i in range(n)])).factor(rho)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(squares, "SQUARES_FROM", 0)
        patch.setattr(squares, "_WORTH", np.inf)
        found = squares.sum_of_squares(factor, rho)
    if found is not None:  # else a factor with pivots, which only reaches for rho beyond the Perron root
        assert found == pytest.approx(dense(W, rho), rel=1e-8)


@pytest.mark.parametrize("rho", [-0.9, -1e-5, 0.0, 1e-7, 0.3, 0.95, 0.998])
def test_both_ways_meet_near_zero_and_near_the_end(rho):
    w = grid(22).row_standardized()
    factor = sparse_pencil_of(w).factor(rho)
    assert squares.sum_of_squares(factor, rho) == pytest.approx(dense(w.sparse.toarray(), rho), rel=1e-9)


def test_a_dense_w_is_left_to_dense_matrices():
    n = 450
    w = Weights((np.ones((n, n)) - np.eye(n)) / (n - 1), [f"u{i}" for i in range(n)])
    assert squares.sum_of_squares(sparse_pencil_of(w).factor(0.5), 0.5) is None


def test_few_units_are_left_to_dense_matrices():
    w = grid(10).row_standardized()
    assert squares.sum_of_squares(sparse_pencil_of(w).factor(0.5), 0.5) is None


def test_a_plan_is_made_once_for_each_w():
    pencil = sparse_pencil_of(grid(21).row_standardized())
    assert squares.squared_of(pencil) is squares.squared_of(pencil)


@pytest.mark.parametrize(("base", "share"), [(0.0, 1.0), (2.5, 0.3)])
@pytest.mark.parametrize("rho", [-0.8, 0.0, 0.4, 0.97])
def test_a_factor_of_the_square_solves_and_knows_its_determinant(rho, base, share):
    w = grid(21).row_standardized()
    n = w.n
    A = np.eye(n) - rho * w.sparse.toarray()
    whole = base * np.eye(n) + share * A @ A.T
    found = squares.squared_of(sparse_pencil_of(w)).factor(rho, base, share)
    right = np.random.default_rng(4).normal(size=(n, 3))
    assert found.log_det() == pytest.approx(np.linalg.slogdet(whole)[1], abs=1e-9)
    assert found.inverse_trace() == pytest.approx(np.trace(np.linalg.inv(whole)), rel=1e-10)
    np.testing.assert_allclose(found.solve(right), np.linalg.solve(whole, right), rtol=1e-9, atol=1e-11)
    np.testing.assert_allclose(found.solve(right[:, 0]), np.linalg.solve(whole, right[:, 0]), rtol=1e-9, atol=1e-11)


def test_what_costs_too_much_is_not_planned(monkeypatch):
    monkeypatch.setattr(squares, "_WORTH", 0.0)
    assert squares.squared_of(sparse_pencil_of(grid(23).row_standardized())) is None
