"""Tails of quadratic forms against closed forms, simulation and each other."""

import numpy as np
import pytest
from scipy import sparse, stats

from gbaspatial.errors import WeightsError
from gbaspatial.inference import quadratic
from gbaspatial.inference.moments import residual_moran_moments


def tail(weights, degrees):
    return float(quadratic.positive_tail(np.array([weights], float), np.array([degrees], float))[0])


@pytest.mark.parametrize(("m", "n", "c"), [(1, 1, 2.0), (2, 5, 0.5), (10, 3, 1.7), (300, 400, 1.1)])
def test_two_weights_are_an_f_distribution(m, n, c):
    """P(chi2_m / m > c chi2_n / n) is a tail of F."""
    assert tail([1 / m, -c / n], [m, n]) == pytest.approx(stats.f.sf(c, m, n), abs=1e-12)


def test_weights_of_one_sign_are_certain():
    assert tail([1.0, 0.5], [1, 2]) == pytest.approx(1.0, abs=1e-12)
    assert tail([-1.0, -0.5], [1, 2]) == pytest.approx(0.0, abs=1e-12)
    assert quadratic.saddlepoint_deviate(np.array([[1.0, 0.5]]), np.ones((1, 2)))[0] == -np.inf


def test_very_different_weights():
    """1e-6 chi2_3 against chi2_1: F(1, 3) far in its lower tail."""
    assert tail([1.0, -1e-6], [1, 3]) == pytest.approx(stats.f.sf(3e-6, 1, 3), abs=1e-12)


def test_repeating_a_weight_is_a_degree_of_freedom():
    assert tail([0.7, -0.2, -0.2, -0.2], [1, 1, 1, 1]) == pytest.approx(tail([0.7, -0.2], [1, 3]), abs=1e-13)


def test_moran_of_normal_values_against_simulation():
    rng = np.random.default_rng(0)
    n = 15
    W = sparse.csr_array(np.triu(rng.random((n, n)) < 0.3, 1).astype(float))
    W = sparse.csr_array(W + W.T)
    X = np.column_stack([np.ones(n), rng.normal(size=n)])
    M = np.eye(n) - X @ np.linalg.pinv(X)
    e = rng.normal(size=(200_000, n)) @ M
    I = n / W.sum() * ((e @ W.toarray()) * e).sum(axis=1) / (e * e).sum(axis=1)  # noqa: E741
    moments = residual_moran_moments(W, np.linalg.qr(X)[0])
    assert moments == pytest.approx((I.mean(), I.var()), rel=0.02, abs=0.002)
    for c in np.quantile(I, [0.02, 0.3, 0.9, 0.99]):
        exact = quadratic.moran_null("imhof", c, moments, W, X)
        near = quadratic.moran_null("saddlepoint", c, moments, W, X)
        share = np.mean(c <= I)
        assert exact.upper == pytest.approx(share, abs=5 * np.sqrt(share * (1 - share) / 200_000))
        assert exact.upper + exact.lower == pytest.approx(1, abs=1e-12)
        assert near.upper == pytest.approx(exact.upper, rel=0.05)


def test_saddlepoint_is_smooth_through_the_mean():
    eigenvalues = np.array([0.9, 0.3, -0.2, -0.5, 0.1, -0.6])
    grid = np.array([-1e-3, -1e-5, -1e-6, 0.0, 1e-6, 1e-5, 1e-3])
    weights = (eigenvalues - eigenvalues.mean())[None, :] - grid[:, None]
    deviates = quadratic.saddlepoint_deviate(weights, np.ones_like(weights))
    slopes = np.diff(deviates) / np.diff(grid)
    assert (slopes > 0).all()
    assert np.ptp(np.interp(0.0, grid, deviates) - deviates[2:5]) < 1e-5


def test_local_forms_have_two_eigenvalues():
    rng = np.random.default_rng(3)
    n = 9
    dense = rng.random((n, n)) * (rng.random((n, n)) < 0.4)
    np.fill_diagonal(dense, 0)
    X = np.column_stack([np.ones(n), rng.normal(size=n)])
    basis = np.linalg.qr(X)[0]
    M = np.eye(n) - basis @ basis.T
    high, low = quadratic.local_residual_forms(sparse.csr_array(dense), basis)
    for i in range(n):
        star = np.zeros((n, n))
        star[i] = dense[i]
        values = np.linalg.eigvalsh(M @ (star + star.T) / 2 @ M)
        assert (high[i], low[i]) == pytest.approx((values.max(), values.min()), abs=1e-10)


def test_large_weights_are_refused_with_a_way_out():
    W = sparse.csr_array((np.ones(1), ([0], [1])), shape=(6_000, 6_000))
    with pytest.raises(WeightsError, match="inference='normal'"):
        quadratic.residual_eigenvalues(W, np.ones((6_000, 1)))


@pytest.mark.parametrize("kind", ["imhof", "saddlepoint"])
@pytest.mark.parametrize("n", [3, 4, 5, 8, 11, 60, 61])
def test_a_statistic_that_cannot_vary_rejects_nothing(n, kind):
    """Complete weights act on residuals as a number, and one free residual has one I: p is 1, never round-off."""
    rng = np.random.default_rng(n)
    complete = sparse.csr_array(np.ones((n, n)) - np.eye(n))
    for scale in (1.0, 1 / (n - 1)):
        X = np.column_stack([np.ones(n), rng.normal(size=n)])
        e = rng.normal(size=n)
        e -= X @ np.linalg.lstsq(X, e, rcond=None)[0]
        observed = float(n / (n * (n - 1)) * (e @ (complete @ e)) / (e @ e))
        null = quadratic.moran_null(kind, observed, (observed, 0.0), scale * complete, X)
        assert (null.upper, null.lower, null.p_value()) == (1.0, 1.0, 1.0)


def test_a_local_statistic_of_one_free_residual_rejects_nothing():
    rng = np.random.default_rng(1)
    W = sparse.csr_array(np.ones((3, 3)) - np.eye(3))
    basis = np.linalg.qr(np.column_stack([np.ones(3), rng.normal(size=3)]))[0]
    null = quadratic.local_moran_null("imhof", np.zeros(3), W, basis, 3.0, np.ones(3, dtype=bool))
    assert (null.upper == 1).all()
    assert (null.lower == 1).all()
    assert np.isnan(null.z).all()


@pytest.mark.parametrize("function", [quadratic.positive_tail, quadratic.saddlepoint_deviate])
def test_rows_do_not_meet(function):
    """Sums of unlike weights and degrees, of one sign and of both, are together what each is alone."""
    rng = np.random.default_rng(5)
    weights = np.vstack([rng.normal(size=(6, 3)) * [[1e-6], [1], [1], [50], [1], [1e4]], [[1, 2, 3], [-1, 0, -2]]])
    degrees = rng.integers(1, 200, size=weights.shape).astype(float)
    alone = [function(weights[[row]], degrees[[row]])[0] for row in range(len(weights))]
    assert function(weights, degrees) == pytest.approx(alone, abs=1e-12)


def test_integrals_in_pieces_are_whole():
    """Many sums at once go through the integral piece by piece."""
    c = np.linspace(0.2, 4, 3_000)
    weights = np.column_stack([np.full_like(c, 1 / 30), -c / 20])
    degrees = np.broadcast_to([30.0, 20.0], weights.shape)
    assert quadratic.positive_tail(weights, degrees) == pytest.approx(stats.f.sf(c, 30, 20), abs=1e-12)


def _local():
    """Residuals on two regressors, W that is not symmetric, and its forms as matrices (n, n, n)."""
    rng = np.random.default_rng(7)
    n = 12
    dense = rng.random((n, n)) * (rng.random((n, n)) < 0.4)
    np.fill_diagonal(dense, 0)
    basis = np.linalg.qr(np.column_stack([np.ones(n), rng.normal(size=n)]))[0]
    M = np.eye(n) - basis @ basis.T
    stars = np.zeros((n, n, n))
    stars[np.arange(n), np.arange(n)] = dense
    forms = n * M @ (stars + stars.transpose(0, 2, 1)) / 2 @ M
    return sparse.csr_array(dense), basis, M, forms, rng


def test_moments_of_local_forms_are_traces():
    """Of a ratio of forms in r = n - k free normal values: tr A / r and 2 (r tr A A - (tr A)^2) / (r^2 (r + 2))."""
    W, basis, _, forms, _ = _local()
    n, r = len(forms), len(forms) - basis.shape[1]
    null = quadratic.local_moran_null("normal", np.zeros(n), W, basis, n, np.ones(n, dtype=bool))
    traces, squares = (np.trace(A, axis1=1, axis2=2) for A in (forms, forms @ forms))
    assert null.mean == pytest.approx(traces / r, rel=1e-10)
    assert null.variance == pytest.approx(2 * (r * squares - traces**2) / (r**2 * (r + 2)), rel=1e-10)


@pytest.mark.parametrize(("kind", "near"), [("imhof", 0.006), ("saddlepoint", 0.04), ("normal", 0.12)])
def test_local_tails_against_simulation(kind, near, monkeypatch):
    """At values of either tail; units that are not tested have no tail, and blocks of units leave no seam."""
    monkeypatch.setattr(quadratic, "_BLOCK", 5)
    W, basis, M, forms, rng = _local()
    n = len(forms)
    e = rng.normal(size=(100_000, n)) @ M
    drawn = np.einsum("di,uij,dj->du", e, forms, e, optimize=True) / np.square(e).sum(axis=1)[:, None]
    tested = np.arange(n) != 4
    for share in (0.1, 0.5, 0.95):
        at = np.quantile(drawn, share, axis=0)
        null = quadratic.local_moran_null(kind, at, W, basis, n, tested)
        assert np.isnan(null.upper[4])
        assert np.isnan(null.lower[4])
        assert null.upper[tested] == pytest.approx(1 - share, abs=near)
        assert (null.upper + null.lower)[tested] == pytest.approx(1, abs=1e-9)


@pytest.mark.parametrize("scale", [1e-9, 1.0, 1e9])
@pytest.mark.parametrize("count", [1, 3, 60])
def test_the_series_near_zero_is_that_of_the_functions(count, scale):
    rng = np.random.default_rng(count)
    weights, degrees = scale * rng.normal(size=(4, count)), rng.integers(1, 4, size=(4, count)).astype(float)
    largest = np.abs(weights).max(axis=1)
    u = np.geomspace(1e-12, quadratic._SMALL, 50) / largest[:, None]
    angle, damping = quadratic._near_zero(weights, degrees, largest, u)
    scaled = weights[:, None, :] * u[:, :, None]
    size = (degrees[:, None, :] * np.abs(scaled)).sum(axis=2)
    assert (np.abs(angle - 0.5 * (np.arctan(scaled) * degrees[:, None, :]).sum(axis=2)) <= 1e-15 * size).all()
    assert (np.abs(damping - 0.25 * (np.log1p(scaled**2) * degrees[:, None, :]).sum(axis=2)) <= 1e-15 * size).all()


def test_both_tails_are_those_of_the_weights_and_of_their_negatives():
    rng = np.random.default_rng(1)
    weights, degrees = rng.normal(size=(5, 20)), rng.integers(1, 4, size=(5, 20)).astype(float)
    upper, lower = quadratic.both_tails(weights, degrees)
    assert upper.tolist() == quadratic.positive_tail(weights, degrees).tolist()
    assert lower.tolist() == quadratic.positive_tail(-weights, degrees).tolist()


@pytest.mark.parametrize("columns", [1, 3])
def test_eigenvalues_are_those_in_the_residual_space(columns):
    rng = np.random.default_rng(columns)
    links = rng.random((30, 30)) < 0.2
    W = sparse.csr_array(np.where(links | links.T, rng.random((30, 30)), 0.0))
    X = np.column_stack([np.ones(30), rng.normal(size=(30, columns - 1))])
    basis = np.linalg.qr(X, mode="complete")[0][:, columns:]
    form = 30 / W.sum() * (W + W.T).toarray() / 2
    expected = np.linalg.eigvalsh(basis.T @ form @ basis)
    np.testing.assert_allclose(quadratic.residual_eigenvalues(W, X), expected, atol=1e-12)
