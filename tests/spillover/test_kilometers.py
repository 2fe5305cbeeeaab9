"""Kilometers of a border: closed forms under both kinds of decay, and nothing where W does not say."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

import gbaspatial as gba
from gbaspatial.spillover.kilometers import kilometers_of

TOWNS = gpd.GeoSeries.from_xy([0, 30_000, 0, 30_000], [0, 0, 40_000, 40_000], index=list("abcd"), crs="EPSG:32649")
SIDE = pd.Series(list("xxyy"), index=list("abcd"))  # links across: 40, 50, 50 and 40 km


def test_exponential_decay_adds_the_same_length_to_every_link():
    w = gba.weights.exponential_decay(TOWNS, scale_km=25, metric="planar")
    assert kilometers_of(0.4, w, SIDE) == pytest.approx(25 * np.log(1 / 0.4))
    links = w.with_friction(SIDE, 0.4).to_frame().set_index(["focal", "neighbor"])["weight"]
    assert links["a", "c"] == pytest.approx(np.exp(-(40 + kilometers_of(0.4, w, SIDE)) / 25))


@pytest.mark.parametrize("power", [1, 2])
def test_inverse_distance_stretches_the_median_link(power):
    w = gba.weights.inverse_distance(TOWNS, power=power, metric="planar")
    extra = kilometers_of(0.25, w, SIDE)
    assert (45 + extra) ** -power == pytest.approx(0.25 * 45.0**-power, rel=0.02)


def test_nothing_is_told_where_w_does_not_decay_or_nothing_is_known():
    w = gba.weights.inverse_distance(TOWNS, metric="planar")
    assert np.isnan(kilometers_of(np.nan, w, SIDE))
    assert kilometers_of(0.0, w, SIDE) == np.inf  # a closed border is farther than any distance
    assert np.isnan(kilometers_of(-0.1, w, SIDE))
    assert np.isnan(kilometers_of(0.5, w.row_standardized(), SIDE))
    assert np.isnan(kilometers_of(0.5, w.binary(), SIDE))
    assert kilometers_of(1.0, w, SIDE) == 0
