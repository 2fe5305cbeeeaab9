"""The land of the world is where land is, on both sides of 180 degrees and at the poles, and nowhere else."""

import numpy as np
import pytest
from shapely import Point

import gbaspatial as gba

LAND = {
    "Moscow": (37.6, 55.75), "Vorkuta": (64.0, 67.5), "Putorana": (90.0, 68.0), "Verkhoyansk": (133.4, 67.5),
    "Chukotka, east of 180": (-172.0, 66.5), "Chukotka, west of 180": (175.0, 67.0), "Wrangel, west": (-179.5, 71.2),
    "Wrangel, east": (179.3, 71.2), "Taveuni": (-179.97, -16.85), "Viti Levu": (178.0, -17.8), "South Pole": (0, -89.9),
    "Vostok": (106.8, -78.5), "Greenland": (-40.0, 72.0), "Cairo": (31.2, 30.0), "Guangzhou": (113.3, 23.3),
    "Alice Springs": (133.9, -23.7), "Manaus": (-60.0, -3.5),
}  # fmt: skip
SEA = {
    "Atlantic, on the polar circle": (-25.0, 67.0), "Denmark Strait": (-27.0, 67.0), "Hudson Bay": (-85.0, 59.0),
    "Pacific": (-150.0, 0.0), "Bering Sea": (-178.0, 58.0), "East Siberian Sea": (165.0, 73.0),
    "Barents Sea": (40.0, 73.0), "Drake Passage": (-65.0, -59.0), "South China Sea": (115.0, 15.0),
    "Labrador Sea": (-55.0, 57.0), "Baffin Bay": (-65.0, 73.0),
}  # fmt: skip


@pytest.fixture(scope="module")
def land():
    return gba.load_context(area="world")


def test_places_on_land_and_at_sea_are_there(land):
    whole = land.geometry.union_all()
    assert [name for name, place in LAND.items() if not whole.contains(Point(place))] == []
    assert [name for name, place in SEA.items() if whole.contains(Point(place))] == []


def test_the_area_is_that_of_the_continents(land):
    # 148.94 million km2 of land (CIA World Factbook, World: Geography); islands under 20 km2 are left out here
    assert land["area_km2"].sum() == pytest.approx(148.94e6, rel=0.02)
    assert land.geometry.is_valid.all()


def test_no_part_reaches_around_the_earth_but_antarctica(land):
    wide = land.geometry.bounds.eval("maxx - minx") > 300
    assert (land.geometry.bounds[wide]["miny"] <= -89.9).all()
    assert np.isclose(land.geometry.total_bounds, (-180, -90, 180, 83.6), atol=0.1).all()
