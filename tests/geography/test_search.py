"""What the search for neighbors refuses, and crowds in one place."""

import geopandas as gpd
import layers
import numpy as np
import pytest

from gbaspatial import weights as gw
from gbaspatial.errors import OptionError, WeightsError
from gbaspatial.geography import search
from gbaspatial.geography.places import places_of

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


def brute(places):
    """Every pair i < j and its distance in km, by the geodesic or the plane."""
    i, j = np.triu_indices(places.n, 1)
    return i, j, places.distance_km(i, j)


@pytest.mark.parametrize("metric", ["planar", "geodesic"])
@pytest.mark.parametrize("measured", [True, False])
def test_pairs_within_are_those_of_every_distance(metric, measured):
    """At a threshold that is a distance itself, just below it, without neighbors, and without end."""
    points = cloud(RNG.uniform(8e5, 9e5, (60, 2)))
    places = places_of(points, metric)
    i, j, distance = brute(places)
    middle = np.sort(distance)[300]
    for threshold in (middle, middle * (1 - 1e-9), distance.min() / 2, np.inf):
        got = search.pairs_within(places, threshold, measured)
        inside = distance <= threshold * (1 + 1e-12)
        assert {frozenset(pair) for pair in zip(got[0].tolist(), got[1].tolist())} == {
            frozenset(pair) for pair in zip(i[inside].tolist(), j[inside].tolist())
        }
        if measured:
            assert np.sort(got[2]) == pytest.approx(np.sort(distance[inside]), rel=1e-12)


@pytest.mark.parametrize("metric", ["planar", "geodesic"])
def test_the_smallest_threshold_leaves_nobody_alone(metric):
    places = places_of(cloud(RNG.uniform(8e5, 9e5, (80, 2))), metric)
    i, j, distance = brute(places)
    nearest = np.full(places.n, np.inf)
    np.minimum.at(nearest, i, distance)
    np.minimum.at(nearest, j, distance)
    assert search.smallest_threshold(places) == pytest.approx(nearest.max(), rel=1e-12)


def test_distances_are_ties_at_nine_digits():
    assert search.rounded(np.array([0.0, 1234.567891234, 0.001234567891234])).tolist() == pytest.approx(
        [0.0, 1234.56789, 0.00123456789], rel=1e-15, abs=0
    )
