"""Shapes across 180 degrees come as parts on either side, with the area that they had."""

import geopandas as gpd
import pytest
from hypothesis import given, settings, strategies as st
from shapely import LineString, Point, Polygon, box

import gbaspatial as gba
from gbaspatial.export.date_line import in_degrees

PACIFIC = "EPSG:3832"  # metres, whole around 150 degrees east


def layer(*shapes, crs=PACIFIC):
    return gpd.GeoDataFrame({"x": range(len(shapes))}, index=[f"u{i}" for i in range(len(shapes))],
                            geometry=list(shapes), crs=crs)  # fmt: skip


@given(west=st.floats(1.0e6, 3.3e6), wide=st.floats(1e5, 2.5e6), south=st.floats(-3e6, 2e6), hole=st.booleans())
@settings(max_examples=60, deadline=None)
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
