"""What the search for neighbors refuses, and crowds in one place."""

import geopandas as gpd
import layers
import numpy as np
import pytest

from gbaspatial import weights as gw
from gbaspatial.errors import OptionError, WeightsError
from gbaspatial.geography import search

RNG = np.random.default_rng(3)


def cloud(xy, labels=None):
    return gpd.GeoSeries.from_xy(*np.asarray(xy, dtype=float).T, index=labels, crs=2326)


def test_too_many_links_are_refused_before_they_are_sought():
    points = cloud(RNG.uniform(0, 5e5, (100_000, 2)))
    for build in (
        lambda: gw.inverse_distance(points, metric="planar"),
        lambda: gw.exponential_decay(points, scale_km=10, metric="planar"),
        lambda: gw.distance_band(points, threshold_km=1_000, metric="planar"),
        lambda: gw.kernel(points, bandwidth_km=1_000, metric="planar"),
    ):
        with pytest.raises(WeightsError, match=r"9,999,900,000 links, which take 111\.8 GiB.*threshold_km"):
            build()
    with pytest.raises(WeightsError, match="250,000,000 links"):
        gw.nearest(points, k=2_500, metric="planar")


@pytest.mark.parametrize("k", [1, 3])
@pytest.mark.parametrize("metric", ["planar", "geodesic"])
def test_crowds_in_one_place_are_settled_by_label(k, metric):
    xy = np.vstack([np.full((12, 2), 8.1e5), np.full((7, 2), 8.2e5), RNG.uniform(8e5, 8.3e5, (30, 2))])
    points = cloud(xy, RNG.permutation(49))
    want = set()
    for focal, place in points.items():
        near = sorted((round(place.distance(other), 6), label) for label, other in points.items() if label != focal)
        want |= {(focal, label) for _, label in near[:k]}
    assert layers.links(gw.nearest(points, k=k, metric=metric)) == want


def test_the_memory_of_a_crowd_is_linear(monkeypatch):
    asked = []
    first = search._first_of_each_place
    monkeypatch.setattr(search, "_first_of_each_place", lambda *a: asked.append(first(*a)) or asked[-1])
    points = cloud(np.vstack([np.full((5_000, 2), 8e5), RNG.uniform(8e5, 9e5, (500, 2))]))
    assert gw.nearest(points, k=4, metric="planar").n_links == 4 * 5_500
    assert len(asked[0]) == 505  # five of the crowd stand for all


def test_numbers_of_neighbors():
    points = cloud([[8e5, 8e5], [8.1e5, 8e5]])
    with pytest.raises(OptionError, match=r"k=4\.0 must be a whole number"):
        gw.nearest(points, k=4.0)
    with pytest.raises(WeightsError, match="one unit has no neighbors"):
        gw.nearest(points.iloc[:1], k=1)
