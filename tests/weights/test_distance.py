"""Distances: geodesic by default, exact neighbors, ties, kernels, and what cannot be measured."""

import geopandas as gpd
import layers
import numpy as np
import pandas as pd
import pytest
import shapely

import gbaspatial as gba
from gbaspatial import weights as gw
from gbaspatial.errors import CRSError, GeometryError, IslandWarning, LabelTypeError, OptionError, WeightsError

CITIES = gba.load_cities(year=2019)
CENTERS = gba.data.load_points()
KM = gba.geography.distance_km(CITIES)


def sphere(n, seed=0):
    rng = np.random.default_rng(seed)
    lon, lat = rng.uniform(-180, 180, n), np.degrees(np.arcsin(rng.uniform(-1, 1, n)))
    return gpd.GeoSeries.from_xy(lon, lat, crs=4326)


def test_geodesic_neighbors_on_the_whole_globe():
    # also across the date line and the poles, where degrees mislead most
    points = sphere(150)
    km = gba.geography.distance_km(points).to_numpy().copy()
    np.fill_diagonal(km, np.inf)
    w = gw.nearest(points, k=6)
    assert (w.sparse.indices.reshape(150, 6) == np.sort(np.argsort(km, axis=1)[:, :6], axis=1)).all()
    for threshold in (900, 4_000, 19_000):
        with pytest.warns(IslandWarning) if (km > threshold).all(axis=1).any() else _nothing():
            assert gw.distance_band(points, threshold_km=threshold).n_links == (km <= threshold).sum()


class _nothing:
    def __enter__(self):
        return self

    def __exit__(self, *args):
        return False


def test_neighbors_in_degrees_are_wrong_for_some_cities():
    # libpysal builds them from degrees without a warning (its KNN of the eleven city centers)
    from libpysal.graph import Graph

    degrees = Graph.build_knn(CENTERS.set_crs(None, allow_override=True).geometry, k=5)
    wrong = layers.links(gw.as_weights(degrees)) ^ layers.links(gw.nearest(CENTERS, k=5))
    right = gba.geography.distance_km(CENTERS).to_numpy().copy()
    np.fill_diagonal(right, np.inf)
    want = {(CENTERS.index[i], CENTERS.index[j]) for i in range(11) for j in np.argsort(right[i])[:5]}
    assert layers.links(gw.nearest(CENTERS, k=5)) == want
    assert {focal for focal, _ in wrong} == {"Huizhou", "Shenzhen", "Zhongshan"}


def test_distances_are_those_of_the_geography_room():
    w = gw.inverse_distance(CITIES, power=2)
    assert w.n_links == 110
    frame = w.to_frame()
    want = [KM.loc[a, b] ** -2 for a, b in zip(frame["focal"], frame["neighbor"], strict=True)]
    assert frame["weight"].to_numpy() == pytest.approx(want, rel=1e-12)
    assert w.is_symmetric
    decay = gw.exponential_decay(CITIES, scale_km=50).to_frame()["weight"]
    assert decay.to_numpy() == pytest.approx(np.exp(-(np.array(want) ** -0.5) / 50), rel=1e-12)


def test_the_smallest_threshold_leaves_no_island():
    w = gw.distance_band(CITIES)
    least = dict(w.recipe.steps[0].options)["threshold_km"]
    assert least == KM.where(KM > 0).min().max()
    assert len(w.islands) == 0
    with pytest.warns(IslandWarning, match=r"leaves none is 102\.44[89] km"):
        assert len(gw.distance_band(CITIES, threshold_km=least * 0.999).islands) == 1
    near = gw.distance_band(CITIES, threshold_km=60, islands="nearest")
    assert len(near.islands) == 0
    with pytest.raises(WeightsError, match="have no neighbors"):
        gw.inverse_distance(CITIES, threshold_km=10, islands="error")


def test_order_of_rows_does_not_matter():
    shuffled = CITIES.sample(frac=1, random_state=2)
    for build in (
        lambda units: gw.nearest(units, k=3),
        lambda units: gw.inverse_distance(units, power=1.5),
        lambda units: gw.kernel(units, function="gaussian", k=4),
        lambda units: gw.delaunay(units),
        lambda units: gw.gabriel(units),
        lambda units: gw.relative_neighbors(units),
    ):
        assert (build(shuffled).subset(CITIES.index).sparse != build(CITIES).sparse).nnz == 0


def test_ties_are_settled_by_label():
    x, y = np.meshgrid(np.arange(5.0), np.arange(5.0))
    grid = gpd.GeoSeries.from_xy(x.ravel() * 1000, y.ravel() * 1000, crs=2326)
    w = gw.nearest(grid, k=2, metric="planar")
    order = np.random.default_rng(1).permutation(25)
    again = gw.nearest(grid.iloc[order], k=2, metric="planar").subset(grid.index)
    assert (w.sparse != again.sparse).nnz == 0
    assert w.to_frame().query("focal == 12")["neighbor"].tolist() == [7, 11]  # of 7, 11, 13, 17
    same = gpd.GeoSeries.from_xy([113.0] * 6, [22.0] * 6, index=list("fedcba"), crs=4326)
    assert layers.links(gw.nearest(same, k=1)) == {("a", "b"), *((c, "a") for c in "bcdef")}


def test_planar_and_geodesic():
    projected = CITIES.to_crs(2326)
    planar, geodesic = gw.inverse_distance(projected, metric="planar"), gw.inverse_distance(projected)
    assert planar.sparse.data == pytest.approx(geodesic.sparse.data, rel=2e-3)
    feet = projected.to_crs("+proj=tmerc +lat_0=22.31 +lon_0=114.18 +units=us-ft +datum=WGS84")
    assert gw.inverse_distance(feet, metric="planar").s0 == pytest.approx(planar.s0, rel=1e-3)


KERNELS = {"uniform": "uniform", "triangular": "triangular", "quadratic": "quadratic", "quartic": "quartic"}


@pytest.mark.parametrize("ours", [*KERNELS, "gaussian"])
def test_fixed_kernels_equal_libpysal_in_the_plane(ours):
    from libpysal.weights import Kernel

    points = layers.points("columbus_poly")
    xy = np.column_stack([points.x, points.y])
    theirs = Kernel(xy, bandwidth=1.1, fixed=True, function=ours, ids=points.index.tolist(), k=48)
    want = np.zeros((49, 49))
    for i, focal in enumerate(points.index):
        for neighbor, weight in zip(theirs.neighbors[focal], theirs.weights[focal], strict=True):
            want[i, points.index.get_loc(neighbor)] = weight
    np.fill_diagonal(want, 0)  # a unit is not its own neighbor here
    w = gw.kernel(points, function=ours, bandwidth_km=1.1 / layers.METERS, metric="planar")
    assert w.sparse.toarray() == pytest.approx(want, abs=1e-9)
    if ours == "quadratic":
        same = gw.kernel(points, function="epanechnikov", bandwidth_km=1.1 / layers.METERS, metric="planar")
        assert (same.sparse != w.sparse).nnz == 0


def test_a_geodesic_kernel_decays():
    # Graph.build_kernel(metric="haversine", k=3, kernel="gaussian", bandwidth=100) gives .39894 for every pair
    w = gw.kernel(CITIES, function="gaussian", bandwidth_km=110)
    near = KM.loc["Guangzhou", "Foshan"]
    frame = w.to_frame().set_index(["focal", "neighbor"])["weight"]
    want = np.exp(-((near / 110) ** 2) / 2) / np.sqrt(2 * np.pi)
    assert frame["Guangzhou", "Foshan"] == pytest.approx(want)
    assert (w.cardinalities == ((KM > 0) & (KM <= 110)).sum(axis=1)).all()


def test_adaptive_kernels_reach_k_neighbors():
    w = gw.kernel(CITIES, function="triangular", k=4)
    assert (w.cardinalities == 4).all()
    order = np.sort(KM.loc["Macao"].to_numpy())[1:]
    assert w.subset(CITIES.index).to_frame().query("focal == 'Macao'")["weight"].max() == pytest.approx(
        1 - order[0] / order[4]
    )
    assert len(gw.kernel(CITIES).islands) == 0


def test_graphs_on_the_globe_nest():
    points = sphere(80, seed=3).cx[0:120, -60:60]
    triangles, circles, lunes = gw.delaunay(points), gw.gabriel(points), gw.relative_neighbors(points)
    assert layers.links(lunes) < layers.links(circles) < layers.links(triangles)
    assert lunes.n_components == 1
    km = gba.geography.distance_km(points).to_numpy().copy()
    n = len(points)
    want = {
        (points.index[i], points.index[j])
        for i in range(n)
        for j in range(n)
        if i != j and not any(max(km[i, t], km[j, t]) < km[i, j] * (1 - 1e-9) for t in range(n) if t not in (i, j))
    }
    assert layers.links(lunes) == want


def test_bad_input():
    points = CENTERS.geometry
    for k in (0, 11, 2.0, True):
        with pytest.raises(OptionError, match="k="):
            gw.nearest(points, k=k)
    with pytest.raises(OptionError, match="beyond the k nearest"):
        gw.kernel(points, k=10)
    with pytest.raises(OptionError, match="not both"):
        gw.kernel(points, k=3, bandwidth_km=10)
    with pytest.raises(OptionError, match="function"):
        gw.kernel(points, function="cosine")
    for bad in (0, -5, np.nan, "far"):
        with pytest.raises(OptionError, match="threshold_km"):
            gw.distance_band(points, threshold_km=bad)
    with pytest.raises(CRSError, match="no CRS"):
        gw.nearest(gpd.GeoSeries(points.to_numpy(), index=points.index), k=1)
    with pytest.raises(CRSError, match="EPSG:4326"):
        gw.nearest(points, k=1, metric="planar")
    with pytest.raises(CRSError, match="Web Mercator"):
        gw.nearest(points.to_crs(3857), k=1, metric="planar")
    assert gw.nearest(points.to_crs(3857), k=1).n_links == 11
    with pytest.raises(CRSError, match="out of range"):
        gw.nearest(gpd.GeoSeries.from_xy([830_000, 831_000], [820_000, 821_000], crs=4326), k=1)
    with pytest.raises(OptionError, match="metric"):
        gw.nearest(points, k=1, metric="euclidean")
    twice = gpd.GeoSeries.from_xy([113, 113, 114], [22, 22, 23], index=["p", "q", "r"], crs=4326)
    with pytest.raises(WeightsError, match="coincide: p and q; give floor_km"):
        gw.inverse_distance(twice)
    floored = gw.inverse_distance(twice, floor_km=0.5).to_frame().set_index(["focal", "neighbor"])["weight"]
    assert floored["p", "q"] == 2
    with pytest.raises(GeometryError, match="coincide: p, q"):
        gw.delaunay(twice)
    with pytest.raises(GeometryError, match="in a line"):
        gw.delaunay(gpd.GeoSeries.from_xy([0, 1, 2], [0, 0, 0], crs=2326), metric="planar")
    with pytest.raises(GeometryError, match="missing or empty for q"):
        gw.nearest(gpd.GeoSeries([shapely.Point(1, 1), None, shapely.Point(2, 2)], index=list("pqr"), crs=4326), k=1)
    with pytest.raises(LabelTypeError, match="GeoDataFrame"):
        gw.nearest(pd.DataFrame({"x": [1, 2]}), k=1)
    with pytest.raises(WeightsError, match="one unit"):
        gw.distance_band(points.iloc[:1])


@pytest.mark.parametrize(
    ("build", "decay"),
    [
        (lambda p: gw.inverse_distance(p, power=2, threshold_km=20, islands="nearest"), lambda km: km**-2),
        (
            lambda p: gw.exponential_decay(p, scale_km=50, threshold_km=20, islands="nearest"),
            lambda km: np.exp(-km / 50),
        ),
    ],
)
def test_a_link_added_for_an_island_weighs_as_its_distance_says(build, decay):
    points = gpd.GeoSeries.from_xy([113, 113.1, 114, 120], [22] * 4, index=list("abcd"), crs=4326)
    km = gba.geography.distance_km(points)
    frame = build(points).to_frame()
    assert set(frame["focal"]) == set("abcd")
    want = [decay(km.loc[a, b]) for a, b in zip(frame["focal"], frame["neighbor"], strict=True)]
    assert frame["weight"].to_numpy() == pytest.approx(want, rel=1e-12)


def test_weights_beyond_the_range_of_numbers():
    points = gpd.GeoSeries.from_xy([0, 1, 1e5], [0, 0, 0], crs=2326)
    with pytest.raises(WeightsError, match="power=400 .*the smallest distance is 0.001.*smaller power"):
        gw.inverse_distance(points, power=400, metric="planar")
    with pytest.warns(IslandWarning, match="1 of 3 units"):  # exp(-100,000) is zero, and no link
        assert gw.exponential_decay(points, scale_km=1e-3, metric="planar").n_links == 2
