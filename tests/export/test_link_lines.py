"""W as lines: every weight is there once, the ends are the units, and the two directions lie apart."""

import geopandas as gpd
import numpy as np
import pytest
from shapely import Point

import gbaspatial as gba
from gbaspatial.errors import AlignmentError
from gbaspatial.weights import Weights

CITIES = gba.load_cities(year=2019)
W = gba.weights.contiguity(CITIES, links=2019).row_standardized()


def test_every_link_is_a_line_with_its_weights():
    lines = gba.export.links(W, CITIES)
    assert len(lines) == W.n_links
    assert lines.crs == CITIES.crs
    for line in lines.itertuples():
        origin, neighbor = line[1], line[2]
        assert line.weight == W[origin][neighbor]
        assert line.weight_back == W[neighbor][origin]
        ends = [Point(line.geometry.coords[place]) for place in (0, -1)]
        assert ends[0].within(CITIES.geometry[origin])
        assert ends[1].within(CITIES.geometry[neighbor])


def test_both_directions_are_seen_and_one_way_links_have_no_way_back():
    points = gpd.GeoDataFrame(geometry=gpd.points_from_xy([0, 2, 5], [0, 0, 1]), index=["a", "b", "c"], crs=32650)
    lines = gba.export.links(Weights([[0, 1, 0], [2, 0, 0], [0, 3, 0]], ["a", "b", "c"]), points)
    there, back = lines.geometry["a > b"], lines.geometry["b > a"]
    assert there.interpolate(0.5, normalized=True).y == pytest.approx(-back.interpolate(0.5, normalized=True).y)
    assert there.interpolate(0.5, normalized=True).y < 0  # to the right of its direction
    assert lines.loc["c > b", ["weight", "weight_back"]].tolist() == [3.0, 0.0]


def test_no_links_and_other_units():
    empty = gba.export.links(Weights(np.zeros((2, 2)), ["a", "b"]), CITIES.iloc[:2].set_axis(["a", "b"]))
    assert len(empty) == 0
    with pytest.raises(AlignmentError):
        gba.export.links(W, CITIES.iloc[1:])


def test_the_layer_is_written_and_read_back(tmp_path):
    lines = gba.export.links(W, CITIES)
    gba.export.geopackage(tmp_path / "w.gpkg", {"links": lines}, styles={"links": "weight"})
    back = gpd.read_file(tmp_path / "w.gpkg", layer="links").set_index("link")
    np.testing.assert_allclose(back["weight"].reindex(lines.index), lines["weight"])
    assert set(back.geom_type) <= {"LineString", "MultiLineString"}
