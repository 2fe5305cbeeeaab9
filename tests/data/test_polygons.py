"""Shapes and coordinates of a layer: swapped axes, wrong CRS, repairs that keep polygons."""

import geopandas as gpd
import pytest
from shapely.geometry import LineString, Point, Polygon, box

import gbaspatial as gba
from gbaspatial.errors import CRSError, GeometryError


def layer(*shapes, crs="EPSG:4326"):
    return gpd.GeoDataFrame({"code": [f"u{i}" for i in range(len(shapes))]}, geometry=list(shapes), crs=crs)


def test_latitudes_beyond_the_pole_are_refused(tmp_path):
    layer(box(22, 113, 23, 114), box(23, 113, 24, 114)).to_file(tmp_path / "s.gpkg")
    with pytest.raises(CRSError, match="latitudes reach 114; are x and y swapped"):
        gba.read_units(tmp_path / "s.gpkg", id="code")
    layer(box(22, 113, 23, 114)).to_file(tmp_path / "a.geojson")
    with pytest.raises(CRSError, match="swapped"):
        gba.read_units(tmp_path / "a.geojson", id="code", crs="gcj02")


def test_the_advice_about_a_wrong_crs_leads_out(tmp_path):
    """A file that calls metres degrees: what the error advises is taken, and what it refuses is not advised."""
    path = tmp_path / "m.gpkg"
    metres = layer(box(500_000, 2_500_000, 501_000, 2_501_000), crs="EPSG:4547")
    metres.set_crs("EPSG:4326", allow_override=True).to_file(path)
    with pytest.raises(CRSError, match="say the right CRS with crs="):
        gba.read_units(path, id="code")
    assert gba.read_units(path, id="code", crs="EPSG:4547").crs.to_epsg() == 4547
    bare = tmp_path / "bare.shp"
    metres.to_file(bare)
    bare.with_suffix(".prj").unlink()
    with pytest.raises(CRSError, match="crs='EPSG:4547'"):
        gba.read_units(bare, id="code")
    with pytest.raises(CRSError, match="must be another one"):
        gba.read_units(bare, id="code", crs="EPSG:4326")


@pytest.mark.parametrize("crs", ["", "klingon", 7.5, {"a": 1}, object(), ["x"], b"\0", "EPSG:99999999999999999999"])
def test_what_is_no_crs_is_told(tmp_path, crs):
    layer(box(0, 0, 1, 1)).to_file(tmp_path / "a.gpkg")
    with pytest.raises(CRSError, match="no known CRS"):
        gba.read_units(tmp_path / "a.gpkg", id="code", crs=crs)


def test_repaired_polygons_are_polygons(tmp_path):
    bow = Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])
    spike = Polygon([(2, 0), (3, 0), (3, 1), (3, 5), (3, 1), (2, 1)])  # a line stands out of it
    layer(bow, spike, box(5, 0, 6, 1)).to_file(tmp_path / "b.gpkg")
    read = gba.read_units(tmp_path / "b.gpkg", id="code", repair="make_valid")
    assert set(read.geom_type) <= {"Polygon", "MultiPolygon"}
    assert read.is_valid.all()
    assert read.area.tolist() == pytest.approx([0.5, 1, 1])


def test_a_polygon_without_area_cannot_be_repaired(tmp_path):
    flat = Polygon([(0, 0), (1, 1), (2, 2), (0, 0)])
    layer(flat, box(5, 0, 6, 1)).to_file(tmp_path / "b.gpkg")
    with pytest.raises(GeometryError, match="u0 .*no area left"):
        gba.read_units(tmp_path / "b.gpkg", id="code", repair="make_valid")


def test_points_and_lines_are_read_as_they_are(tmp_path):
    layer(Point(113, 22), LineString([(0, 0), (1, 1)])).to_file(tmp_path / "p.gpkg")
    assert gba.read_units(tmp_path / "p.gpkg", id="code", repair="make_valid").geom_type.tolist() == [
        "Point",
        "LineString",
    ]
