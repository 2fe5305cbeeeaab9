"""Units on both sides of 180 degrees: one map of them, not of the whole earth."""

import browser
import geopandas as gpd
import numpy as np
import pytest
from shapely import MultiPolygon, Point, box

from gbaspatial import maps
from gbaspatial.maps.still import still

FIJI = {
    "Viti Levu": box(177.2, -18.3, 178.7, -17.3),
    "Vanua Levu": MultiPolygon([box(178.5, -17, 180, -16.1), box(-180, -17, -179.9, -16.1)]),
    "Taveuni": box(-179.9, -17, -179.7, -16.6),
    "Lau": box(-179.2, -19, -178.2, -17),
}
CHUKOTKA = {
    "Anadyr": box(170, 62, 180, 67),
    "Providensky": box(-180, 64, -172, 66),
    "Chukotsky": box(-180, 66, -170, 68),
}
PACIFIC = {
    "Palau": Point(134.5, 7.5),
    "Fiji": Point(178, -17.8),
    "Samoa": Point(-172, -13.8),
    "Tahiti": Point(-149.4, -17.6),
}


def layer(shapes):
    return gpd.GeoDataFrame(
        {"x": np.arange(len(shapes)) + 1.0}, index=list(shapes), geometry=list(shapes.values()), crs=4326
    )


@pytest.mark.parametrize(("shapes", "wide"), [(FIJI, 4.6), (CHUKOTKA, 20), (PACIFIC, 76.1)])
def test_the_view_takes_the_shorter_way(tmp_path, shapes, wide):
    towns = gpd.GeoDataFrame(index=["town"], geometry=[Point(-178.7, -17.5)], crs=4326)
    page = maps.atlas(layer(shapes), [maps.choropleth("x"), maps.points(towns)])
    page.save(tmp_path / "map.html")
    ax = still(page._payload, page._sets.frames, 0, None, "en")
    west, east = ax.get_xlim()
    assert wide < east - west < 1.2 * wide
    with browser.open_page(tmp_path / "map.html", size=(1100, 800)) as tab:
        seen = tab.evaluate(
            "(a => { const b = a.map.getBounds(), g = a.sets[0].group.getBounds(); return [b.getEast() - b.getWest(), "
            "g.getEast() - g.getWest(), a.overlays[0].group.getLayers()[0].getLatLng().lng, "
            "document.querySelectorAll('.gba-land-shape').length]; })(gbaAtlas.first())"
        )
        assert seen[1] == pytest.approx(wide, abs=0.01)
        assert seen[0] < 8 * wide
        assert seen[2] == pytest.approx(181.3)
        assert seen[3] > 0  # land is drawn beyond 180 degrees too
        tab.evaluate("gbaAtlas.first().sets[0].layers[2].fire('click', {}, true); void 0")
        assert list(shapes)[2] in tab.evaluate("document.querySelector('.gba-card').textContent")
        assert (tab.requests, tab.errors) == ([], [])


def test_a_projected_layer_is_whole_too():
    across = layer({"a": box(2.9e6, -1.9e6, 3.9e6, -1.7e6), "b": box(2.9e6, -1.7e6, 3.2e6, -1.6e6)})
    page = maps.atlas(across.set_crs(3832, allow_override=True), maps.choropleth("x"))
    bounds = page._sets.frames[0].total_bounds
    assert bounds[2] - bounds[0] < 10


def test_land_is_drawn_on_both_sides():
    from gbaspatial.figures.surroundings import check_layer, surroundings

    land = surroundings(check_layer(layer(CHUKOTKA))).land
    assert land.total_bounds[2] > 185
    assert land.total_bounds[0] > 140


@pytest.mark.parametrize("shapes", [FIJI, {"Kansas": box(-100, 37, -95, 40)}])
def test_a_page_that_is_zoomed_out_shows_the_earth_once(shapes):
    """Beyond the detailed land lay open sea, also where the next country begins."""
    from gbaspatial.figures.surroundings import check_layer, surroundings

    units = check_layer(layer(shapes))
    land = surroundings(units, far=True).land
    west, _, east, _ = land.total_bounds
    assert 340 < east - west <= 360 + 1e-9
    middle = (units.total_bounds[0] + units.total_bounds[2]) / 2
    assert abs((west + east) / 2 - middle) < 10
    whole = land.union_all()
    for lon, lat in ((-74.5, 41.5), (2.5, 48), (113, 24), (135, -25), (-60, -10)):
        assert any(whole.covers(Point(lon + turn, lat)) for turn in (-360, 0, 360))
    assert not any(whole.covers(Point(lon, 40)) for lon in (-40, 320))


def test_an_archive_across_180_degrees_is_cut_there(tmp_path):
    import pyogrio

    units = layer(FIJI)
    page = maps.atlas(units, maps.tiled(units, maps.choropleth("x"), archive="fiji.pmtiles"))
    squares = page._payload["overlays"][0]
    assert squares["size"] * 150 == pytest.approx(4.6, rel=0.01)
    page.save(tmp_path / "map.html")
    read = pyogrio.read_dataframe(tmp_path / "fiji.pmtiles")
    assert set(read["unit"]) == set(FIJI)
    assert np.abs(read.to_crs(4326).total_bounds[[0, 2]]).max() <= 180.1
