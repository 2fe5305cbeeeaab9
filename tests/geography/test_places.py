"""Where units are: coordinates that are no numbers, maps that are not to scale, the far side of the globe."""

import geopandas as gpd
import numpy as np
import pytest
import shapely

from gbaspatial import weights as gw
from gbaspatial.errors import CRSError, GeometryError
from gbaspatial.geography.places import places_of


@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")  # of shapely, in the making of such a ring
def test_coordinates_that_are_no_numbers_are_named():
    for x in (np.nan, np.inf, -np.inf):
        points = gpd.GeoSeries(
            [shapely.Point(113, 22), shapely.Point(x, 22), shapely.Point(114, 22)], list("abc"), 4326
        )
        with pytest.raises(GeometryError, match="missing or infinite for b;"):
            gw.nearest(points, k=1)
        ring = shapely.polygons([(0, 0), (1, 0), (x, 1), (0, 1), (0, 0)])
        for build in (gw.contiguity, gw.borders, gw.gabriel):
            with pytest.raises(GeometryError, match="missing or infinite for q;"):
                build(gpd.GeoSeries([shapely.box(0, 0, 1, 1), ring], index=["p", "q"], crs=2326))


@pytest.mark.parametrize("crs", [3857, 3395, "+proj=merc", "+proj=merc +towgs84=0,0,0", "+proj=webmerc", 3832])
def test_mercator_maps_have_no_planar_distances(crs):
    points = gpd.GeoSeries.from_xy([0, 1e5, 3e5], [0, 0, 0], crs=crs)
    with pytest.raises(CRSError, match="Mercator"):
        gw.nearest(points, k=1, metric="planar")
    assert gw.nearest(points, k=1).n_links == 3


@pytest.mark.parametrize("crs", [2326, 32650, "+proj=omerc +lat_0=4 +lonc=115 +alpha=53 +datum=WGS84"])
def test_transverse_and_oblique_mercator_keep_meters(crs):
    points = gpd.GeoSeries.from_xy([8e5, 9e5, 11e5], [8e5, 8e5, 8e5], crs=crs)
    assert gw.nearest(points, k=1, metric="planar").n_links == 3


def test_bands_agree_with_distances_on_the_far_side_of_the_globe():
    points = gpd.GeoSeries.from_xy([0, 180], [0, 0], crs=4326)  # 20,003.9 km apart
    for threshold, links in ((19_950, 0), (20_003.8, 0), (20_004, 2)):
        builders = (gw.distance_band, gw.inverse_distance)
        if links == 0:
            with pytest.warns(UserWarning, match="no neighbors"):
                found = [build(points, threshold_km=threshold).n_links for build in builders]
        else:
            found = [build(points, threshold_km=threshold).n_links for build in builders]
        assert found == [links, links]


def test_straight_lines_bound_distances_on_the_whole_globe():
    rng = np.random.default_rng(5)
    lon, lat = rng.uniform(-180, 180, 4_000), np.degrees(np.arcsin(rng.uniform(-1, 1, 4_000)))
    off = rng.normal(0, 0.3, (2, 2_000))
    lon[2_000:] = (lon[:2_000] + 360 + off[0]) % 360 - 180  # half of the pairs are nearly opposite
    lat[2_000:] = np.clip(-lat[:2_000] + off[1], -90, 90)
    places = places_of(gpd.GeoSeries.from_xy(lon, lat, crs=4326))
    for shift in (1, 2_000):
        i = np.arange(2_000)
        j = (i + shift) % 4_000
        distance, chord = places.distance_km(i, j), np.linalg.norm(places.space[i] - places.space[j], axis=1)
        assert (places.longest(chord) >= distance).all()
        assert (places.shortest(chord) <= distance).all()
