"""The admissible interval: closed forms, and sparse methods against dense ones where those are switched off."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

from gbaspatial import weights as gw
from gbaspatial.errors import WeightsError
from gbaspatial.weights import Weights, spectrum

N = 260
_RNG = np.random.default_rng(0)
POINTS = gpd.GeoSeries.from_xy(_RNG.uniform(0, 1e5, N), _RNG.uniform(0, 1e5, N), crs=2326)


def dense(w):
    """1 / the smallest and 1 / the largest real eigenvalue, from all of them."""
    values = (
        np.linalg.eigvals(w.sparse.toarray())
        if w.similar_symmetric is None
        else (np.linalg.eigvalsh(w.similar_symmetric.toarray()))
    )
    real = values[np.abs(np.imag(values)) <= 1e-9 * np.abs(values).max()].real
    return 1 / real.min(), 1 / real.max()


@pytest.mark.filterwarnings("ignore::gbaspatial.errors.IslandWarning")
@pytest.mark.parametrize(
    "build",
    [
        pytest.param(lambda: gw.distance_band(POINTS, threshold_km=6), id="symmetric with islands"),
        pytest.param(lambda: gw.distance_band(POINTS, threshold_km=6).row_standardized(), id="rows with islands"),
        pytest.param(lambda: gw.delaunay(POINTS).row_standardized(), id="similar to a symmetric one"),
        pytest.param(lambda: gw.delaunay(POINTS).variance_stabilized(), id="variance-stabilized"),
        pytest.param(lambda: gw.nearest(POINTS, k=5).row_standardized(), id="asymmetric"),
        pytest.param(lambda: gw.nearest(POINTS, k=1), id="mutual pairs and their followers"),
        pytest.param(lambda: gw.kernel(POINTS, k=8), id="asymmetric with weights"),
    ],
)
def test_sparse_methods_agree_with_dense_ones(build, monkeypatch):
    monkeypatch.setattr(spectrum, "EIGEN_LIMIT", 0)
    w = build()
    low, high = w.interval
    want_low, want_high = dense(w)
    assert (low, high) == pytest.approx((want_low, want_high), rel=1e-4)
    assert low >= want_low * (1 + 1e-9)  # a hair too narrow, never too wide
    assert high <= want_high * (1 + 1e-6)


def test_closed_forms():
    across, down = 40, 30
    path = {n: sp.diags_array([1.0, 1.0], offsets=[-1, 1], shape=(n, n)) for n in (across, down)}
    grid = sp.kron(sp.eye_array(down), path[across]) + sp.kron(path[down], sp.eye_array(across))
    largest = 2 * np.cos(np.pi / (across + 1)) + 2 * np.cos(np.pi / (down + 1))
    assert Weights(grid, range(across * down)).interval == pytest.approx((-1 / largest, 1 / largest), rel=1e-6)
    everyone = Weights(np.ones((6, 6)) - np.eye(6), range(6))
    assert everyone.interval == pytest.approx((-1, 1 / 5))
    assert everyone.spectral().interval[1] == pytest.approx(1)


def test_without_cycles_every_rho_is_admissible():
    # all eigenvalues of an acyclic W are zero; Arnoldi iterations would return enlarged round-off
    for n in (50, 1_500):
        ahead = sp.triu(sp.random_array((n, n), density=6 / n, rng=1), 1)
        w = Weights(ahead, range(n))
        assert w.interval == (-np.inf, np.inf)
        with pytest.raises(WeightsError, match="no positive eigenvalue"):
            w.spectral()
    assert Weights(np.zeros((3, 3)), "abc").interval == (-np.inf, np.inf)


def test_all_eigenvalues_refuse_large_layers():
    w = Weights(sp.csr_array((5_001, 5_001)), range(5_001))
    with pytest.raises(WeightsError, match="5000 units"):
        w.eigenvalues()


def ring(minutes):
    n = len(minutes)
    return sp.csr_array((1 / minutes, (np.arange(n), np.roll(np.arange(n), -1))), shape=(n, n))


@pytest.mark.parametrize("n", [600, 1_001])
def test_uneven_rings_where_iterations_do_not_settle(n):
    # the eigenvalues of a ring lie on a circle, whose radius is the geometric mean of the links
    minutes = np.random.default_rng(n).uniform(5, 100, n)
    mean = np.exp(np.log(minutes).mean())
    w = Weights(ring(minutes), range(n))
    low, high = w.interval
    assert high == pytest.approx(mean, rel=1e-8)
    assert high <= mean * (1 + 1e-12)
    assert -mean * (1 + 1e-12) <= low
    assert w.spectral().interval[1] == pytest.approx(1)


def no_convergence(*args, **kwargs):
    raise spectrum.linalg.ArpackNoConvergence("no convergence", np.array([]), np.array([]))


@pytest.mark.parametrize(
    "build",
    [
        pytest.param(lambda: gw.delaunay(POINTS), id="symmetric"),
        pytest.param(lambda: gw.kernel(POINTS, k=8), id="asymmetric"),
        pytest.param(lambda: gw.nearest(POINTS, k=2), id="several components and their followers"),
        pytest.param(lambda: gw.travel_time(_far_and_near(), decay="exponential", scale_minutes=2), id="uneven"),
    ],
)
def test_bounds_stand_in_where_iterations_do_not_settle(build, monkeypatch):
    w = build()
    want = dense(w)[1]
    assert 1 / spectrum._perron_bound(w.sparse) == pytest.approx(want, rel=1e-8)
    assert 1 / spectrum._perron_bound(w.sparse) <= want * (1 + 1e-11)
    monkeypatch.setattr(spectrum, "EIGEN_LIMIT", 0)
    monkeypatch.setattr(spectrum.linalg, "eigsh", no_convergence)
    monkeypatch.setattr(spectrum.linalg, "eigs", no_convergence)
    low, high = build().interval
    assert high == pytest.approx(want, rel=1e-8)
    assert low >= -high * (1 + 1e-12)


def _far_and_near():
    minutes = np.random.default_rng(7).uniform(1, 60, (40, 40))
    return pd.DataFrame(minutes)
