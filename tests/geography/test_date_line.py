"""Shapes across 180 degrees come as parts on either side, with the area that they had."""

import geopandas as gpd
import pytest
import shapely
from hypothesis import example, given, settings, strategies as st
from shapely import LineString, Point, Polygon, box

import gbaspatial as gba
from gbaspatial.geography.date_line import in_degrees, move_beside, shorter_way

PACIFIC = "EPSG:3832"  # metres, whole around 150 degrees east


def layer(*shapes, crs=PACIFIC):
    return gpd.GeoDataFrame({"x": range(len(shapes))}, index=[f"u{i}" for i in range(len(shapes))],
                            geometry=list(shapes), crs=crs)  # fmt: skip


@given(west=st.floats(1.0e6, 3.3e6), wide=st.floats(1e5, 2.5e6), south=st.floats(-3e6, 2e6), hole=st.booleans())
@settings(max_examples=60, deadline=None)
@example(west=3228266.0, wide=111319.0, south=0.0, hole=False)  # a degree wide, of which a foot lies beyond
def test_parts_on_either_side_have_the_width_of_the_whole(west, wide, south, hole):
    shape = box(west, south, west + wide, south + 4e5)
    if hole:
        shape = shape.difference(box(west + wide * 0.4, south + 1e5, west + wide * 0.6, south + 2e5))
    (made,) = in_degrees(layer(shape)).geometry
    whole = gpd.GeoSeries([shape], crs=PACIFIC).to_crs("+proj=longlat +lon_0=180 +datum=WGS84").iloc[0]
    assert made.is_valid
    assert -180 <= made.bounds[0] <= made.bounds[2] <= 180
    assert made.area == pytest.approx(whole.area, rel=1e-6)


@pytest.mark.parametrize("ending", ["geojson", "kml"])
def test_files_hold_the_parts(tmp_path, ending):
    across = box(2.6e6, -1.9e6, 3.9e6, -1.7e6)
    line = LineString([(2.6e6, 0), (3.9e6, 0)])
    read = gpd.read_file(gba.export.write(tmp_path / f"x.{ending}", layer(across, line, Point(3.9e6, 0))))
    assert [shape.geom_type for shape in read.geometry] == ["MultiPolygon", "MultiLineString", "Point"]
    widths = [part.bounds[2] - part.bounds[0] for part in read.geometry.iloc[0].geoms]
    assert max(widths) < 10


def test_what_crosses_nothing_stays_as_it_is():
    world = Polygon([(-180, -80), (180, -80), (180, 80), (-180, 80)])
    shapes = layer(world, box(113, 22, 114, 23), crs=4326)
    assert in_degrees(shapes).geometry.geom_equals_exact(shapes.geometry, 0).all()
    (beyond,) = in_degrees(layer(box(179, -1, 182, 1), crs=4326)).geometry
    assert sorted(part.bounds[0] for part in beyond.geoms) == [-180, 179]


def island(west, east, south=0.0):
    return box(west, south, east, south + 1)


@given(
    middle=st.floats(-180, 180),
    west=st.lists(st.floats(-70, 60), min_size=2, max_size=12),
    wide=st.floats(0.5, 8),
)
@settings(max_examples=80, deadline=None)
def test_units_come_together_wherever_the_circle_begins(middle, west, wide):
    """Cut at 180 degrees as files have them, they have the shape and the neighbors of the same units elsewhere."""
    whole = gpd.GeoSeries([island(each, each + wide, k * 0.1) for k, each in enumerate(west)], crs=4326)
    cut = in_degrees(gpd.GeoDataFrame(geometry=whole.translate(xoff=middle), crs=4326))
    made = shorter_way(cut)
    assert made.total_bounds[2] - made.total_bounds[0] == pytest.approx(max(west) + wide - min(west), abs=1e-9)
    turn = round((made.total_bounds[0] - middle - min(west)) / 360) * 360
    moved = made.geometry.translate(xoff=-middle - turn)
    assert shapely.area(moved.symmetric_difference(whole).to_numpy()).max() < 1e-6
    assert set(made.geom_type) == {"Polygon"}  # parts that were cut are joined


def test_the_whole_earth_keeps_its_usual_middle():
    world = gpd.GeoDataFrame(geometry=[island(w, w + 10) for w in range(-180, 180, 20)], crs=4326)
    assert shorter_way(world) is world
    europe = gpd.GeoDataFrame(geometry=[island(-9, 40)], crs=4326)
    assert shorter_way(europe) is europe


def test_a_shape_in_a_projection_is_whole_again():
    across = layer(box(2.6e6, -1.9e6, 3.9e6, -1.7e6), box(2.6e6, -1.6e6, 3.2e6, -1.5e6))
    made = shorter_way(across.to_crs(4326), projected=True)
    assert made.total_bounds[2] - made.total_bounds[0] < 12
    assert made.geometry.is_valid.all()
    assert set(made.geom_type) == {"Polygon"}


def test_what_lies_on_other_units_comes_to_their_side():
    fiji = shorter_way(gpd.GeoDataFrame(geometry=[island(177, 180), island(-180, -178)], crs=4326))
    towns = gpd.GeoDataFrame(geometry=[Point(178.4, 0), Point(-179.5, 0)], crs=4326)
    assert move_beside(towns, fiji).geometry.x.tolist() == [178.4, 180.5]
    islets = gpd.GeoDataFrame(geometry=[Point(-179.5, 0), Point(-179.0, 0)], crs=4326)
    assert move_beside(islets, fiji).geometry.x.tolist() == [180.5, 181.0]
    california = gpd.GeoDataFrame(geometry=[island(-124, -115)], crs=4326)
    assert move_beside(fiji, california).total_bounds.tolist() == [-183, 0, -178, 1]
    assert move_beside(california, california) is california
