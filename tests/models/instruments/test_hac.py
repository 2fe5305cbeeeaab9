"""Kernel weights over distance: shapes, geodesic distance, ties, bad input."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from pyproj import Geod

from gbaspatial.errors import AlignmentError, DataError, LabelTypeError, MissingDataError, OptionError
from gbaspatial.models.instruments.hac import SHAPES, kernel_weights

RNG = np.random.default_rng(3)
UNITS = pd.Index([f"u{i:02d}" for i in range(30)])
LONLAT = pd.DataFrame({"lon": RNG.uniform(112, 115, 30), "lat": RNG.uniform(21.5, 24, 30)}, index=UNITS)


def brute(kernel: str, neighbors: int) -> np.ndarray:
    """K from all geodesic distances."""
    n, geod = len(LONLAT), Geod(ellps="WGS84")
    K = np.eye(n)
    for i in range(n):
        d = np.array([geod.inv(*LONLAT.iloc[i], *LONLAT.iloc[j])[2] for j in range(n)])
        h = np.sort(d)[neighbors]
        inside = (d < h) & (np.arange(n) != i)
        K[i, inside] = SHAPES[kernel](d[inside] / h)
    return K


@pytest.mark.parametrize("kernel", sorted(SHAPES))
def test_kernel_is_that_of_all_geodesic_distances(kernel):
    K = kernel_weights(LONLAT, UNITS, kernel=kernel, neighbors=7)
    np.testing.assert_allclose(K.toarray(), brute(kernel, 7), atol=1e-12)


@pytest.mark.parametrize("kernel", sorted(SHAPES))
def test_shapes_are_one_at_zero_and_bounded(kernel):
    z = np.linspace(0, 1, 101)
    values = SHAPES[kernel](z)
    assert values[0] == 1
    assert np.all(np.abs(values) <= 1 + 1e-12)


def test_parzen_and_triangular_values():
    # Andrews (1991), Econometrica 59, eq. 2.7: Parzen at 1/2 is 1/4
    assert SHAPES["parzen"](np.array([0.5]))[0] == pytest.approx(0.25)
    assert SHAPES["triangular"](np.array([0.25]))[0] == pytest.approx(0.75)


def test_shuffled_coordinates_and_geometries_change_nothing():
    K = kernel_weights(LONLAT, UNITS, neighbors=5).toarray()
    shuffled = LONLAT.sample(frac=1, random_state=1)
    np.testing.assert_array_equal(kernel_weights(shuffled, UNITS, neighbors=5).toarray(), K)
    points = gpd.GeoDataFrame(
        geometry=gpd.points_from_xy(shuffled["lon"], shuffled["lat"], crs=4326), index=shuffled.index
    )
    np.testing.assert_allclose(kernel_weights(points, UNITS, neighbors=5).toarray(), K, atol=1e-12)
    projected = points.to_crs(32649)
    np.testing.assert_allclose(kernel_weights(projected, UNITS, neighbors=5).toarray(), K, atol=1e-6)


def test_one_bandwidth_for_all():
    K = kernel_weights(LONLAT, UNITS, bandwidth_km=60).toarray()
    assert np.array_equal(K, K.T)
    i, j = 0, 1 + int(np.argmax(K[0, 1:]))
    km = Geod(ellps="WGS84").inv(*LONLAT.iloc[i], *LONLAT.iloc[j])[2] / 1000
    assert K[i, j] == pytest.approx(max(0, 1 - km / 60))


def test_ties_do_not_depend_on_the_order_of_rows():
    side = [(float(i), float(j)) for i in range(5) for j in range(5)]
    grid = pd.DataFrame(side, columns=["x", "y"], index=[f"g{i}" for i in range(25)])
    order = grid.sample(frac=1, random_state=2).index
    K = pd.DataFrame(kernel_weights(grid, grid.index, neighbors=6, kernel="uniform").toarray(), grid.index, grid.index)
    turned = pd.DataFrame(kernel_weights(grid, order, neighbors=6, kernel="uniform").toarray(), order, order)
    pd.testing.assert_frame_equal(turned.loc[grid.index, grid.index], K)


@pytest.mark.parametrize(
    ("coordinates", "options", "error", "words"),
    [
        (LONLAT, {"neighbors": 1}, OptionError, "from 2 to 29"),
        (LONLAT, {"neighbors": 30}, OptionError, "from 2 to 29"),
        (LONLAT, {"neighbors": 3, "bandwidth_km": 10.0}, OptionError, "not both"),
        (LONLAT, {"bandwidth_km": -1.0}, OptionError, "above 0"),
        (LONLAT, {"kernel": "gauss"}, OptionError, "kernel"),
        (LONLAT.to_numpy(), {}, LabelTypeError, "coordinates="),
        (None, {}, LabelTypeError, "coordinates="),
        (LONLAT.iloc[:-1], {}, AlignmentError, "u29"),
        (LONLAT.assign(lat=np.nan), {}, MissingDataError, "missing"),
        (LONLAT.assign(lat=100.0), {}, DataError, "degrees"),
        (LONLAT.rename(columns={"lon": "a"}).assign(b=1.0), {}, DataError, "lon and lat"),
        (LONLAT.assign(lon=113.0, lat=22.0), {"neighbors": 4}, DataError, "share one place"),
    ],
)
def test_bad_coordinates(coordinates, options, error, words):
    with pytest.raises(error, match=words):
        kernel_weights(coordinates, UNITS, **options)
