"""Kernels of an adaptive bandwidth where distances are tied, and bandwidths that do not exist."""

import geopandas as gpd
import layers
import numpy as np
import pytest

from gbaspatial import weights as gw
from gbaspatial.errors import OptionError, WeightsError
from gbaspatial.weights.kernels import KERNELS

RNG = np.random.default_rng(2)


def plane(x, y, labels=None):
    return gpd.GeoSeries.from_xy(np.asarray(x) * 1000.0, np.asarray(y) * 1000.0, index=labels, crs=2326)


X, Y = np.meshgrid(np.arange(3), np.arange(3))
GRID = plane(X.ravel(), Y.ravel())


@pytest.mark.parametrize("function", KERNELS)
@pytest.mark.parametrize("k", [1, 2, 3, 5, 7])
def test_the_k_nearest_have_positive_weights_also_under_ties(function, k):
    w = gw.kernel(GRID, function=function, k=k, metric="planar")
    assert (w.cardinalities == k).all()
    assert layers.links(w) == layers.links(gw.nearest(GRID, k=k, metric="planar"))
    for _ in range(10):
        again = gw.kernel(GRID.iloc[RNG.permutation(9)], function=function, k=k, metric="planar")
        assert (again.subset(GRID.index).sparse != w.sparse).nnz == 0


def test_a_tied_bandwidth_is_the_next_larger_distance():
    frame = gw.kernel(GRID, k=2, metric="planar").to_frame().set_index(["focal", "neighbor"])["weight"]
    assert frame[0, 1] == pytest.approx(1 - 1 / np.sqrt(2))  # the third nearest of a corner is not tied
    assert frame[4, 1] == pytest.approx(1 - 1 / np.sqrt(2))  # the next larger one of the middle: a corner
    triangle = plane([0, 1, 0.5], [0, 0, np.sqrt(3) / 2])
    assert gw.kernel(triangle, k=1, metric="planar").sparse.data == pytest.approx(np.full(3, 0.5))  # none is farther
    crowd = plane([0] * 300 + [3, 7], [0] * 302)
    w = gw.kernel(crowd, function="quartic", k=2, metric="planar")
    assert (w.cardinalities == 2).all()
    assert w.sparse[[0], [1]] == pytest.approx(15 / 16)  # the next larger distance is 3 km, their own zero


def test_bandwidths_that_do_not_exist():
    with pytest.raises(WeightsError, match=r"every unit coincides with another one \(a, b\).*give bandwidth_km"):
        gw.kernel(plane([1, 1], [1, 1], ["a", "b"]))
    with pytest.raises(OptionError, match="islands"):
        gw.kernel(GRID, k=2, metric="planar", islands="drop")
    with pytest.raises(OptionError, match="2 units have none"):
        gw.kernel(plane([0, 1], [0, 0]), k=1)
    with pytest.raises(OptionError, match="k=2.5 must be a whole number"):
        gw.kernel(GRID, k=2.5)
