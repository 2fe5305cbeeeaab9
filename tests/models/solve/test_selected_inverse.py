"""Entries of the inverse on the links of W, and the tests that are made from traces of it."""

import numpy as np
import pandas as pd
import pytest
from graphs import grid
from hypothesis import given, settings, strategies as st

from gbaspatial import models
from gbaspatial.models.diagnostics import lm_tests, specification
from gbaspatial.models.likelihood import information
from gbaspatial.models.solve.factor import Eliminated, sparse_pencil_of
from gbaspatial.models.solve.selected_inverse import inverse_on_links
from gbaspatial.weights import Weights


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), n=st.integers(3, 60), kind=st.integers(0, 2), share=st.floats(-0.9, 0.95))
def test_entries_are_those_of_the_dense_inverse(seed, n, kind, share):
    """Symmetric, row-standardized from symmetric, one-sided; in one piece or in several."""
    random = np.random.default_rng(seed)
    W = random.uniform(0.1, 1, (n, n)) * (random.uniform(size=(n, n)) < 3 / n)
    W[0, 1] = 0.5
    np.fill_diagonal(W, 0.0)
    W = W if kind == 2 else W + W.T
    W = W / np.maximum(W.sum(axis=1, keepdims=True), 1e-9 + (W.sum(axis=1, keepdims=True) == 0)) if kind == 1 else W
    w = Weights(W, [f"u{i}" for i in range(n)])
    rho = share / max(np.abs(np.linalg.eigvals(W)).max(), 0.5)
    factor = sparse_pencil_of(w).factor(rho)
    if not isinstance(factor, Eliminated):
        return
    wanted = np.linalg.inv(np.eye(n) - rho * W)
    there = (W != 0) | (W.T != 0) | np.eye(n, dtype=bool)
    np.testing.assert_allclose(inverse_on_links(factor).toarray()[there], wanted[there], rtol=1e-8, atol=1e-10)


@pytest.fixture(scope="module")
def durbin() -> tuple[models.fit.Fit, Weights]:
    w = grid(30).row_standardized()
    random = np.random.default_rng(3)
    x = random.normal(size=w.n)
    y = np.linalg.solve(np.eye(w.n) - 0.6 * w.sparse.toarray(), 1 + x + random.normal(size=w.n))
    return models.durbin("y ~ x", pd.DataFrame({"x": x, "y": y}, index=w.ids), w), w


def test_the_test_of_residuals_is_exact_above_800_units(durbin, monkeypatch):
    fit, w = durbin
    many = specification.error_residual(fit, w)
    assert many.error == 0.0
    monkeypatch.setattr(specification, "TRACES_LIMIT", 10_000)
    monkeypatch.setattr(information, "TRACES_LIMIT", 10_000)
    dense = fit._refit(fit.design.y)
    matrix, _ = information.information(fit._problem(), dense)
    variance = information.inverse(matrix)[fit.k, fit.k]
    cross, _ = specification._cross_trace(w, w, fit.rho)
    e = fit.residuals.reindex(fit.design.ids).to_numpy()
    want = lm_tests.lm_error_residual(e, w.sparse, fit.sigma2, cross, float(variance))
    assert many.statistic == pytest.approx(want.statistic, rel=1e-7)


@pytest.mark.parametrize("rho", [0.0, 1e-9, 5e-5, 2e-4, 0.01, 0.5, -0.5, 0.95])
@pytest.mark.parametrize("other", [False, True])
def test_cross_traces_are_exact_for_all_rho(rho, other, monkeypatch):
    w = grid(12).row_standardized()
    second = w.binary() if other else w
    G = w.sparse.toarray() @ np.linalg.inv(np.eye(w.n) - rho * w.sparse.toarray())
    want = np.sum((second.sparse + second.sparse.T).toarray() * G.T)
    monkeypatch.setattr(specification, "TRACES_LIMIT", 1)
    monkeypatch.setattr(specification, "pencil_of", sparse_pencil_of)
    value, error = specification._cross_trace(w, second, rho)
    assert value == pytest.approx(want, rel=1e-10)
    assert error == 0.0


def test_tests_made_from_probes_carry_their_error(durbin, monkeypatch):
    """Where columns are too many: what the probes miss of the exact statistic is within four of their errors."""
    fit, w = durbin
    exact = specification.spatial_tests(fit, w)
    frame = fit.diagnostics().to_frame()
    assert "probe_error" not in frame.columns
    monkeypatch.setattr(information, "COLUMNS_LIMIT", 10)
    monkeypatch.setattr(specification, "DENSE_LIMIT", 10)
    binary = w.binary()
    probed = specification.spatial_tests(fit, binary)
    want = specification._cross_trace(w, binary, fit.rho)
    assert want[1] > 0
    assert probed["lm_error_residual"].error > 0
    for name in ("wald", "common_factor_wald"):
        assert abs(probed[name].statistic - exact[name].statistic) <= 4 * probed[name].error + 1e-9
    assert "probe_error" in fit.diagnostics(binary).to_frame().columns
