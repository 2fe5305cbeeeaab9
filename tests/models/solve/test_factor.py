"""Factors of I - rho W against dense algebra, R's eigenvalues and SuperLU."""

import numpy as np
import oracle
import pytest
from graphs import grid, nearest
from hypothesis import given, strategies as st
from scipy.sparse.linalg import splu

from gbaspatial import models
from gbaspatial.errors import WeightsError
from gbaspatial.models.solve.factor import (
    DensePencil,
    Eliminated,
    SparsePencil,
    SparsePivoted,
    pencil_of,
    sparse_pencil_of,
)
from gbaspatial.weights import Weights


def weights_of(seed: int, n: int, symmetric: bool) -> Weights:
    """A random W, or W = R^-1 S R with S symmetric; islands and several components are among them."""
    rng = np.random.default_rng(seed)
    S = rng.random((n, n)) * (rng.random((n, n)) < 2.5 / n)
    if symmetric:
        S = np.triu(S, 1) + np.triu(S, 1).T
    r = np.exp(rng.normal(size=n))
    return Weights((S - np.diag(np.diag(S))) * r[None, :] / r[:, None], range(n))


@pytest.mark.filterwarnings("ignore::gbaspatial.errors.IslandWarning")
@given(seed=st.integers(0, 10_000), n=st.integers(2, 40), share=st.floats(0.02, 0.98), symmetric=st.booleans())
def test_a_pencil_is_what_dense_algebra_says(seed: int, n: int, share: float, symmetric: bool) -> None:
    w = weights_of(seed, n, symmetric)
    low, high = (max(-3.0, w.interval[0]), min(3.0, w.interval[1]))
    rho = low + share * (high - low)
    A = np.eye(n) - rho * w.sparse.toarray()
    pencil = sparse_pencil_of(w)
    assert pencil.symmetric or not symmetric
    several = np.array([rho, 0.0, rho / 2, -rho / 7])
    want = [np.linalg.slogdet(np.eye(n) - r * w.sparse.toarray())[1] for r in several]
    np.testing.assert_allclose(pencil.log_abs_dets(several), want, atol=1e-9)
    factor = pencil.factor(rho)
    assert factor.log_abs_det() == pytest.approx(want[0], abs=1e-9)
    right = np.random.default_rng(seed).normal(size=(n, 3))
    size = np.linalg.cond(A, 1)
    np.testing.assert_allclose(A @ factor.solve(right), right, atol=1e-9 * size)
    np.testing.assert_allclose(A.T @ factor.solve(right, transposed=True), right, atol=1e-9 * size)
    np.testing.assert_allclose(factor.solve(right[:, 0]), factor.solve(right)[:, 0], rtol=1e-9, atol=1e-9 * size)
    assert np.array_equal(right, np.random.default_rng(seed).normal(size=(n, 3)))  # not changed in place


@pytest.mark.parametrize("name", ["columbus_W", "columbus_B", "boston_W", "ncsids_W", "ncsids_B", "baltimore_W"])
def test_every_oracle_w_has_the_log_determinants_of_its_eigenvalues(name: str) -> None:
    w = oracle.weights(name, oracle.data(name.split("_")[0]).index)
    pencil, (low, high) = sparse_pencil_of(w), w.interval
    assert pencil.symmetric == (name != "baltimore_W")  # 4 nearest
    low = max(low, -4 * high)
    rho = low + np.array([0.02, 0.3, 0.5, 0.9, 0.98]) * (high - low)
    want = np.log(np.abs(1 - rho[:, None] * w.eigenvalues())).sum(axis=1)
    np.testing.assert_allclose(pencil.log_abs_dets(rho), want, atol=1e-9)


def test_far_below_zero_an_asymmetric_w_is_pivoted() -> None:
    w = nearest(120)
    low, high = w.interval
    assert low < -1.1 * high
    assert isinstance(sparse_pencil_of(w).factor(0.99), Eliminated)
    assert isinstance(sparse_pencil_of(w).factor(-1.05), SparsePivoted)
    for rho in (-0.999, -1.001, low * 0.99):
        assert sparse_pencil_of(w).log_abs_dets(np.array([rho]))[0] == pytest.approx(
            np.linalg.slogdet(np.eye(120) - rho * w.sparse.toarray())[1], abs=1e-9
        )


@pytest.mark.parametrize("w", [grid(60).row_standardized(), nearest(2_000)], ids=["grid", "nearest"])
def test_large_factors_are_those_of_superlu(w: Weights) -> None:
    from scipy import sparse

    lu = splu((sparse.eye_array(w.n) - 0.7 * w.sparse).tocsc())
    factor = sparse_pencil_of(w).factor(0.7)
    assert factor.log_abs_det() == pytest.approx(np.log(np.abs(lu.U.diagonal())).sum(), abs=1e-9)
    right = np.random.default_rng(0).normal(size=w.n)
    np.testing.assert_allclose(factor.solve(right), lu.solve(right), rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(factor.solve(right, transposed=True), lu.solve(right, trans="T"), rtol=1e-9, atol=1e-12)


def test_a_singular_matrix_is_told() -> None:
    two = Weights([[0, 1], [1, 0]], ["a", "b"])
    for pencil in (sparse_pencil_of(two), SparsePencil(two.sparse, None, 0.5), DensePencil(two.sparse.toarray())):
        with pytest.raises(WeightsError, match="singular near rho = 1"):
            pencil.factor(1.0)


def test_few_units_are_factorized_densely() -> None:
    """So that nothing is compiled for them."""
    w = nearest(60)
    dense, sparse = pencil_of(w), sparse_pencil_of(w)
    assert isinstance(dense, DensePencil)
    rho = np.array([-0.9, 0.0, 0.7])
    np.testing.assert_allclose(dense.log_abs_dets(rho), sparse.log_abs_dets(rho), atol=1e-10)
    right = np.random.default_rng(0).normal(size=(60, 2))
    for transposed in (False, True):
        one, two = (pencil.factor(0.7).solve(right, transposed) for pencil in (dense, sparse))
        np.testing.assert_allclose(one, two, rtol=1e-9)
    assert dense.factor(0.7).log_abs_det() == pytest.approx(sparse.factor(0.7).log_abs_det(), abs=1e-10)
    assert isinstance(pencil_of(nearest(300)), SparsePencil)


def test_estimates_do_not_depend_on_the_elimination(monkeypatch: pytest.MonkeyPatch) -> None:
    boston = oracle.data("boston")
    w = oracle.weights("boston_W", boston.index)
    ours = models.lag("log(CMEDV) ~ RM + LSTAT", boston, w, logdet="sparse")
    monkeypatch.setattr(
        "gbaspatial.models.solve.determinant_curves.sparse_pencil_of", lambda w: SparsePencil(w.sparse, None, 0.0)
    )
    superlu = models.lag("log(CMEDV) ~ RM + LSTAT", boston, w, logdet="sparse")
    np.testing.assert_allclose(ours.params, superlu.params, rtol=1e-9)
    np.testing.assert_allclose(ours.std_errors, superlu.std_errors, rtol=1e-7)
