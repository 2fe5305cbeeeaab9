"""Many units and very many points: fewer vertices in a wide view, points in squares, a word where it is too much."""

import importlib
import warnings

import browser
import geopandas as gpd
import numpy as np
import pytest
from small_world import grid_of
from test_geometry import unpack

import gbaspatial as gba
from gbaspatial import maps
from gbaspatial.errors import GbaWarning
from gbaspatial.maps.points import GRIDS, binned

DRAWN = "gbaAtlas.first().sets[0].layers.reduce((s, l) => s + l._rings.reduce((a, r) => a + r.length, 0), 0)"


def test_a_wide_view_draws_fewer_vertices_and_a_near_one_all(tmp_path):
    china = gba.load_prefectures(area="china")
    with browser.open_page(maps.atlas(china, maps.choropleth("area_km2")).save(tmp_path / "map.html")) as page:
        page.evaluate("void gbaAtlas.first().map.setView([33, 105], 3, {animate: false})")
        wide = page.evaluate(DRAWN)
        page.evaluate("void gbaAtlas.first().map.setView([33, 105], 4, {animate: false})")
        middle = page.evaluate(DRAWN)
        page.evaluate("void gbaAtlas.first().map.setView([33, 105], 7, {animate: false})")
        assert wide < 0.6 * middle
        assert page.evaluate("gbaAtlas.first().map.gbaDetail") == 0
        assert (page.requests, page.errors) == ([], [])


def test_squares_count_every_point_once():
    places = np.random.default_rng(1).normal(size=(20_000, 2))
    made = binned(places)
    for grid, across in zip(made["grids"], GRIDS, strict=True):
        counts, cells = np.array(unpack(grid["counts"])), np.cumsum(unpack(grid["cells"]))
        assert counts.sum() == len(places)
        assert (counts > 0).all()
        size = grid["size"]
        column = np.floor((places[:, 0] - made["west"]) / size)
        row = np.floor((places[:, 1] - made["south"]) / size)
        assert set(cells) == set((row * (across + 1) + column).astype(int))


def test_very_many_points_are_a_page_that_opens(tmp_path):
    places = np.random.default_rng(1).normal([113.5, 22.6], 0.3, size=(200_000, 2))
    frame = gpd.GeoDataFrame(geometry=gpd.points_from_xy(*places.T), crs=4326)
    path = maps.atlas(gba.load_cities(), maps.points(frame)).save(tmp_path / "map.html")
    assert path.stat().st_size < 1_000_000
    with browser.open_page(path) as page:
        assert "200,000 points, counted in squares" in page.evaluate("document.querySelector('.gba-panel').textContent")
        before = page.evaluate("gbaAtlas.first().overlays[0].at")
        page.evaluate("void gbaAtlas.first().map.setView([22.6, 113.5], 12, {animate: false})")
        assert page.evaluate("gbaAtlas.first().overlays[0].at") > before
        assert (page.requests, page.errors) == ([], [])


def test_too_many_units_are_told_what_to_do(monkeypatch):
    monkeypatch.setattr(importlib.import_module("gbaspatial.maps.atlas"), "ATLAS_LIMIT", 3)
    with pytest.warns(GbaWarning, match="4 units on one page are slow to pan; put them beside it, gba.maps.tiled"):
        maps.atlas(grid_of(2, 2))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        maps.atlas(grid_of(1, 3))
