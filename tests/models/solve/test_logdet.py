"""Log-determinants against R and against each other; intervals at every size."""

import gc
import weakref

import numpy as np
import oracle
import pytest
from graphs import grid, nearest

from gbaspatial.errors import OptionError, WeightsError
from gbaspatial.models import log_determinant
from gbaspatial.models.solve.determinant_curves import EigenCurve, FactorCurve, NodeCurve, OverallCurve
from gbaspatial.models.solve.logdet import curve_of
from gbaspatial.weights import Weights

EXACT = ("auto", "eigen", "sparse")


@pytest.mark.parametrize("method", EXACT)
@pytest.mark.parametrize("dataset", ["columbus", "baltimore", "boston", "ncsids"])
def test_equals_r(dataset: str, method: str) -> None:
    case = oracle.case(f"logdet__{dataset}")
    w, want = case.w(), case.expected
    got = [log_determinant(w, rho, method=method) for rho in want["rho"]]
    case.close(got, want["logdet_eigen"], rtol=1e-6, atol=1e-7)
    case.close([w.interval[0]], [want["interval_lower"]])


@pytest.mark.parametrize("method", ["chebyshev", "lanczos"])
@pytest.mark.parametrize("rho", [-0.8, -0.3, 0.2, 0.6, 0.9])
def test_estimates_are_within_their_error(method: str, rho: float) -> None:
    w = grid(40).row_standardized()
    curve = curve_of(w, method)  # type: ignore[arg-type]
    exact = log_determinant(w, rho, method="sparse")
    assert 0 < curve.error(rho) < 0.05 * abs(exact) + 1e-3
    assert abs(curve(rho) - exact) < 4 * curve.error(rho) + 1e-6 * abs(exact)


@pytest.mark.parametrize("w", [grid(12), grid(12).row_standardized(), nearest(150)], ids=["binary", "row", "knn"])
@pytest.mark.parametrize("share", [-0.7, -0.2, 0.3, 0.9])
def test_methods_agree_for_any_w(w: Weights, share: float) -> None:
    rho = share * (w.interval[1] if share > 0 else -max(w.interval[0], -10 * w.interval[1]))
    want = np.linalg.slogdet(np.eye(w.n) - rho * w.sparse.toarray())[1]
    for method in EXACT:
        assert log_determinant(w, rho, method=method) == pytest.approx(want, abs=1e-9)  # type: ignore[arg-type]


@pytest.mark.parametrize("w", [grid(20).row_standardized(), nearest(400)], ids=["row", "knn"])
def test_derivatives_are_traces(w: Weights) -> None:
    rho = 0.55
    G = w.sparse @ np.linalg.inv(np.eye(w.n) - rho * w.sparse.toarray())
    want = (-np.trace(G), -np.sum(G * G.T))
    assert EigenCurve(w.eigenvalues()).derivatives(rho) == pytest.approx(want, rel=1e-9)
    local = FactorCurve(w).near(rho, 0.02)
    assert isinstance(local, NodeCurve)
    assert local.derivatives(rho) == pytest.approx(want, rel=1e-4)
    assert local(rho + 0.013) == pytest.approx(log_determinant(w, rho + 0.013), abs=1e-6)


@pytest.mark.parametrize("w", [grid(30), grid(30).row_standardized()], ids=["binary", "row"])
def test_the_curve_over_the_whole_interval_is_near_everywhere(w: Weights) -> None:
    """Good enough to start from: its slope is zero within a hundredth of the interval of where it should be."""
    rough, exact = FactorCurve(w).rough(), EigenCurve(w.eigenvalues())
    assert isinstance(rough, OverallCurve)
    low, high = w.interval
    for share in (0.01, 0.2, 0.5, 0.8, 0.95, 0.99):
        rho = low + share * (high - low)
        slope, bend = exact.derivatives(rho)
        assert abs((rough.derivatives(rho)[0] - slope) / bend) < 0.01 * (high - low)
        assert rough(rho) == pytest.approx(exact(rho), abs=2e-3 * w.n)
        step = 1e-4 * (high - low) * min(share, 1 - share)
        numeric = (rough.derivatives(rho + step)[0] - rough.derivatives(rho - step)[0]) / (2 * step)
        assert rough.derivatives(rho)[1] == pytest.approx(numeric, rel=1e-4)
    middle = (low + high) / 2
    assert rough.derivatives(middle)[0] == pytest.approx((rough(middle + 1e-6) - rough(middle - 1e-6)) / 2e-6, abs=1e-3)


def test_a_curve_near_a_rho_is_exact_to_what_it_promises() -> None:
    w = grid(40).row_standardized()
    exact, curve = EigenCurve(w.eigenvalues()), FactorCurve(w)
    for rho in (-0.6, 0.3, 0.6, 0.9):
        near = curve.near(rho, min(0.04, 0.2 * (1 - abs(rho))))
        for other in (rho - 0.01, rho, rho + 0.012):
            assert near(other) == pytest.approx(exact(other), abs=1e-7)
            assert near.derivatives(other) == pytest.approx(exact.derivatives(other), rel=1e-5)


def test_interval_of_a_large_w_is_that_of_its_eigenvalues() -> None:
    """Above 1,000 units the interval comes from Lanczos; its lower end may be a hair too narrow, never too wide."""
    for w in (grid(34), grid(34).row_standardized(), nearest(1_200)):
        values = np.linalg.eigvals(w.sparse.toarray())
        real = values[np.abs(values.imag) < 1e-9].real
        low, high = w.interval
        assert high == pytest.approx(1 / real.max(), rel=1e-5)
        assert low == pytest.approx(1 / real.min(), rel=5e-3)
        assert low >= 1 / real.min() * (1 + 1e-9)


def test_loose_ends_are_on_the_safe_side(monkeypatch: pytest.MonkeyPatch) -> None:
    """At a hundred thousand units Lanczos stops early; its residual keeps the interval inside the true one."""
    from gbaspatial.weights import spectrum

    monkeypatch.setattr(spectrum, "_LOOSE_ABOVE", 0)
    queen = np.kron(np.tri(30, k=1) - np.tri(30, k=-2), np.tri(30, k=1) - np.tri(30, k=-2)) - np.eye(900)
    for w in (Weights(queen, range(900)), Weights(queen, range(900)).row_standardized()):
        values = np.linalg.eigvalsh(w.similar_symmetric.toarray())  # type: ignore[union-attr]
        low, high = w.interval
        assert 1 / values.min() <= low <= 0.98 / values.min()
        assert 0.9999 / values.max() <= high <= (1 + 1e-12) / values.max()


def test_large_weights_never_become_dense() -> None:
    w = grid(80).row_standardized()
    assert isinstance(curve_of(w), FactorCurve)
    with pytest.raises(WeightsError, match="refused above 5000 units"):
        curve_of(w, "eigen")


def test_bad_requests_are_told() -> None:
    w = grid(4)
    with pytest.raises(OptionError, match="admissible interval"):
        log_determinant(w, 0.5)
    with pytest.raises(OptionError, match="method='lu' is not known"):
        log_determinant(w, 0.1, method="lu")  # type: ignore[arg-type]
    with pytest.raises(OptionError, match="similar to a symmetric"):
        log_determinant(nearest(30), 0.1, method="lanczos")


def test_a_curve_is_kept_as_long_as_its_weights() -> None:
    w = grid(30).row_standardized()
    curve = curve_of(w)
    assert curve_of(w) is curve
    assert curve_of(grid(30).row_standardized()) is not curve
    watched = weakref.ref(w)
    del w, curve
    gc.collect()
    assert watched() is None
