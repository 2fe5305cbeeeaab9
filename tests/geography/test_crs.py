"""One rule says where lengths are lengths: measured in every CRS, and asked by everything that measures."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely
from hypothesis import given, settings, strategies as st
from shapely.geometry import MultiPolygon, Point, box

import gbaspatial as gba
from gbaspatial import geography
from gbaspatial.errors import CRSError, DataError, OptionError
from gbaspatial.geography.geodesy import largest_parts
from gbaspatial.geography.true_length import TRUE_WITHIN, is_true_to_length, length_error

UNTRUE = (
    "EPSG:3857", "EPSG:900913", "EPSG:3785", "EPSG:3395", "ESRI:102100", "EPSG:3832", "EPSG:4087", "EPSG:32662",
    "+proj=merc +datum=WGS84", "+proj=merc +datum=WGS84 +units=us-ft", "+proj=robin", "+proj=moll", "+proj=cea",
    "EPSG:32633", "EPSG:6933",
)  # fmt: skip
TRUE = (
    "EPSG:32649",
    "EPSG:32650",
    "EPSG:2326",
    "EPSG:4547",
    "EPSG:4526",
    "EPSG:8433",
    "+proj=tmerc +lon_0=114 +units=us-ft",
)
TOWNS = gpd.GeoSeries.from_xy([113.25, 114.07, 113.55], [23.12, 22.55, 22.19], index=["GZ", "SZ", "MO"], crs=4326)
MEASURES = {
    "distance_km": lambda units: geography.distance_km(units, metric="planar"),
    "nearest": lambda units: gba.weights.nearest(units, k=1, metric="planar"),
    "distance_band": lambda units: gba.weights.distance_band(units, threshold_km=50, metric="planar"),
    "inverse_distance": lambda units: gba.weights.inverse_distance(units, metric="planar"),
    "exponential_decay": lambda units: gba.weights.exponential_decay(units, scale_km=50, metric="planar"),
    "kernel": lambda units: gba.weights.kernel(units, bandwidth_km=90, metric="planar"),
    "delaunay": lambda units: gba.weights.delaunay(units, metric="planar"),
    "gabriel": lambda units: gba.weights.gabriel(units, metric="planar"),
    "relative_neighbors": lambda units: gba.weights.relative_neighbors(units, metric="planar"),
    "tolerance": lambda units: gba.weights.contiguity(units, tolerance_m=5),
    "shared_border": lambda units: gba.weights.contiguity(units, weight="shared_border"),
    "borders": gba.weights.borders,
}  # fmt: skip


def blocks(west, south, size=0.1, n=3):
    """A row of boxes in degrees that touch."""
    shapes = [box(west + i * size, south, west + (i + 1) * size, south + size) for i in range(n)]
    return gpd.GeoSeries(shapes, index=[f"b{i}" for i in range(n)], crs=4326)


def test_the_rule_is_what_scale_factors_say():
    for code in (*UNTRUE, *TRUE):
        local = TOWNS.to_crs(code)
        factors = pyproj.Proj(local.crs).get_factors(*np.array(TOWNS.get_coordinates()).T)
        worst = np.abs(np.concatenate([factors.tissot_semimajor, factors.tissot_semiminor]) - 1).max()
        if (
            "ft" not in code
            and local.crs.geodetic_crs.ellipsoid.name == "WGS 84"
            and "Pseudo" not in local.crs.to_wkt()
        ):
            assert length_error(local) == pytest.approx(worst, rel=0.05, abs=2e-4), code
        assert is_true_to_length(local) == (code in TRUE), code


@pytest.mark.parametrize("code", UNTRUE)
@pytest.mark.parametrize("measure", MEASURES)
def test_nothing_measures_where_lengths_are_not_true(code, measure):
    units = blocks(113.2, 23.0).to_crs(code)
    if measure in ("delaunay", "gabriel", "relative_neighbors", "nearest"):
        units = TOWNS.to_crs(code)
    with pytest.raises(CRSError) as told:
        MEASURES[measure](units)
    assert "to_metric(units)" in str(told.value)
    MEASURES[measure](geography.to_metric(units))  # the advice leads on, not back


@pytest.mark.parametrize("code", TRUE)
def test_national_grids_measure(code):
    km = geography.distance_km(TOWNS.to_crs(code), metric="planar")
    assert km.loc["GZ", "SZ"] == pytest.approx(105.21, rel=0.005)
    assert gba.weights.borders(blocks(113.2, 23.0).to_crs(code))["border_km"].tolist() == pytest.approx(
        [11.07] * 2, rel=0.01
    )


def test_mercator_says_what_it_is():
    points = gpd.GeoSeries.from_xy([113.25, 114.07], [23.12, 22.55], index=["GZ", "SZ"], crs=4326)
    for code in ("EPSG:3857", "EPSG:900913", "EPSG:3395"):
        with pytest.raises(CRSError, match="Mercator"):
            geography.distance_km(points.to_crs(code), metric="planar")
        assert geography.distance_km(points.to_crs(code)).iloc[0, 1] == pytest.approx(105.21, abs=0.005)


@settings(max_examples=30, deadline=None)
@given(st.floats(-179, 179), st.floats(-70, 70), st.sampled_from(["EPSG:3857", "EPSG:4087", "EPSG:32649", "EPSG:4326"]))
def test_what_to_metric_gives_can_be_measured_in(lon, lat, code):
    points = gpd.GeoSeries.from_xy(
        [lon, lon + 0.4, lon + 0.1], [lat, lat + 0.1, lat - 0.3], index=list("abc"), crs=4326
    )
    local = geography.to_metric(points.to_crs(code) if code != "EPSG:32649" or abs(lon - 111) < 3 else points)
    planar = geography.distance_km(local, metric="planar").to_numpy()
    true = geography.distance_km(points).to_numpy()
    assert planar == pytest.approx(true, rel=TRUE_WITHIN)


def test_where_no_map_is_true_only_geodesic_distances_are_advised():
    far = gpd.GeoSeries.from_xy([-74, 114, 0], [40.7, 22.3, 51.5], index=["NY", "HK", "LON"], crs=4326)
    for units in (far, far.to_crs(3857), geography.to_metric(far)):
        with pytest.raises(CRSError, match="use metric='geodesic'") as told:
            geography.distance_km(units, metric="planar")
        assert "to_metric" not in str(told.value)


def test_geocentric_coordinates_are_no_map():
    x, y, z = pyproj.Transformer.from_crs(4326, 4978, always_xy=True).transform(
        [113.25, 114.07], [23.12, 22.55], [0, 0]
    )
    points = gpd.GeoSeries(gpd.points_from_xy(x, y, z), index=["GZ", "SZ"], crs=4978)
    for measure in (
        geography.distance_km, geography.area_km2, geography.to_metric, geography.lonlat,
        lambda units: geography.distance_km(units, metric="planar"), lambda units: gba.weights.nearest(units, k=1),
    ):  # fmt: skip
        with pytest.raises(CRSError, match="center of the earth"):
            measure(points)


def test_coordinates_that_are_no_places_of_their_crs_are_named():
    points = gpd.GeoSeries.from_xy([5e5, 1e12], [25e5, 25e5], index=["here", "nowhere"], crs="EPSG:2326")
    for measure in (geography.distance_km, geography.metric_crs, lambda units: gba.weights.nearest(units, k=1)):
        with pytest.raises(CRSError, match="nowhere"):
            measure(points)


@pytest.mark.parametrize(
    "measure",
    [
        geography.distance_km, geography.area_km2, geography.lonlat, geography.metric_crs, geography.to_metric,
        geography.representative_points, geography.check_coverage, lambda g: geography.shift_layer(g, source="gcj02"),
        gba.weights.contiguity, gba.weights.borders, lambda g: gba.weights.nearest(g, k=1), gba.weights.distance_band,
        gba.weights.inverse_distance, gba.weights.kernel, gba.weights.gabriel,
    ],
)  # fmt: skip
def test_a_latitude_beyond_the_pole_is_refused_at_every_door(measure):
    swapped = gpd.GeoDataFrame(
        {"code": ["a", "b"]}, geometry=[box(22, 113, 23, 114), box(23, 113, 24, 114)], index=["a", "b"], crs=4326
    )
    with pytest.raises(CRSError, match=r"latitude 114 in a, b.*Are x and y swapped\?"):
        measure(swapped)


def test_a_file_with_swapped_coordinates_is_refused(tmp_path):
    swapped = gpd.GeoDataFrame({"code": ["a", "b"]}, geometry=[box(22, 113, 23, 114), box(23, 113, 24, 114)], crs=4326)
    swapped.to_file(tmp_path / "s.gpkg")
    with pytest.raises(CRSError, match=r"s\.gpkg is said to be in EPSG:4326.*are x and y swapped\?"):
        gba.read_units(tmp_path / "s.gpkg", id="code")


def test_the_poles_themselves_are_places():
    points = gpd.GeoSeries.from_xy([0, 0, 90], [90, -90, 0], index=["north", "south", "east"], crs=4326)
    assert geography.distance_km(points).loc["north", "south"] == pytest.approx(20_003.93, abs=0.01)


# -- 180 degrees -----------------------------------------------------------------------------
FIJI = gpd.GeoSeries(
    {
        "Viti Levu": box(177.3, -18.3, 178.7, -17.3),
        "Taveuni": box(179.8, -17, 180, -16.7),
        "Lau": box(-180, -17, -178.5, -16.7),
    },
    crs=4326,
)


def test_layers_across_180_degrees_are_centered_on_themselves():
    assert "lon_0=179.4" in geography.metric_crs(FIJI).to_proj4()
    assert "lon_0=179.4" in geography.metric_crs(FIJI.iloc[::-1]).to_proj4()
    whole = gpd.GeoSeries([MultiPolygon(list(FIJI))], index=["Fiji"], crs=4326)
    assert geography.metric_crs(whole).equals(geography.metric_crs(FIJI))
    local = FIJI.to_crs(geography.metric_crs(FIJI))
    assert geography.metric_crs(local.to_crs("EPSG:3832")).equals(geography.metric_crs(FIJI))
    one = gpd.GeoSeries([shapely.union_all(local.iloc[1:].to_numpy(), grid_size=0.001)], index=["east"], crs=local.crs)
    lon = float(dict(p.split("=") for p in geography.metric_crs(one).to_proj4().split() if "=" in p)["+lon_0"])
    assert lon == pytest.approx((179.8 + 181.5) / 2 - 360, abs=0.02)


def test_shapes_on_both_sides_of_180_degrees_meet_in_meters():
    links = gba.weights.contiguity(geography.to_metric(FIJI))
    assert links.to_frame()[["focal", "neighbor"]].values.tolist() == [["Taveuni", "Lau"], ["Lau", "Taveuni"]]
    planar, true = geography.distance_km(geography.to_metric(FIJI), metric="planar"), geography.distance_km(FIJI)
    assert planar.to_numpy() == pytest.approx(true.to_numpy(), rel=1e-3)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 100), st.floats(0.1, 30)), min_size=1, max_size=6), st.integers(-180, 180))
def test_turning_the_globe_turns_the_middle(spans, turn):
    def center(shift):
        def boxes():
            for start, width in spans:
                west = (round(start, 3) + shift + 180) % 360 - 180
                east = west + round(width, 3)
                if east <= 180:
                    yield box(west, 10, east, 20)
                else:
                    yield MultiPolygon([box(west, 10, 180, 20), box(-180, 10, east - 360, 20)])

        return float(geography.metric_crs(gpd.GeoSeries(list(boxes()), crs=4326)).to_dict()["lon_0"])

    there = (center(turn) - center(0) - turn + 180) % 360 - 180
    assert abs(there) < 0.021


# -- areas ------------------------------------------------------------------------------------
@settings(max_examples=40, deadline=None)
@given(st.floats(-170, 120), st.floats(-75, 45), st.floats(0.1, 50), st.floats(0.1, 30))
def test_areas_of_boxes_are_those_of_the_ellipsoid(west, south, width, height):
    shape = gpd.GeoSeries([box(west, south, west + width, south + height)], index=["a"], crs=4326)
    # between two parallels, in closed form (Snyder 1987, equation 3-12)
    e = np.sqrt(0.00669437999014)

    def q(lat):
        s = np.sin(np.radians(lat))
        return (1 - e**2) * (s / (1 - (e * s) ** 2) + np.arctanh(e * s) / e)

    true = 6378.137**2 / 2 * np.radians(width) * (q(south + height) - q(south))
    assert geography.area_km2(shape)["a"] == pytest.approx(true, rel=5e-6)


def test_areas_do_not_depend_on_the_crs_or_on_corners_along_straight_edges():
    coarse = gpd.GeoSeries({"a": box(100, 20, 130, 50), "b": box(90, 10, 91, 11)}, crs=4326)
    fine = coarse.segmentize(0.05)
    assert geography.area_km2(coarse).to_numpy() == pytest.approx(geography.area_km2(fine).to_numpy(), rel=1e-5)
    for code in ("EPSG:3857", "EPSG:4087"):  # where boxes of degrees are boxes
        other = geography.area_km2(coarse.to_crs(code)).to_numpy()
        assert other == pytest.approx(geography.area_km2(coarse).to_numpy(), rel=1e-4)


def test_the_largest_part_is_the_one_with_the_most_square_kilometers():
    north, south = box(100, 60, 101.5, 61), box(100, 0, 101, 1)
    assert north.area > south.area  # in square degrees
    for order in ([north, south], [south, north]):
        units = gpd.GeoSeries([MultiPolygon(order)], index=["u"], crs=4326)
        assert geography.representative_points(units)["u"].within(south)
        assert largest_parts(units.to_crs(3857)).to_crs(4326)["u"].centroid.within(south)
    alone = gpd.GeoSeries([Point(1, 2), north], index=["p", "q"], crs=4326)
    assert largest_parts(alone).geom_equals(alone).all()


def test_coverage_measures_overlaps_of_mercator_in_square_kilometers():
    two = gpd.GeoSeries({"a": box(113.0, 23.0, 113.2, 23.2), "b": box(113.15, 23.0, 113.4, 23.2)}, crs=4326)
    common = geography.area_km2(gpd.GeoSeries([box(113.15, 23.0, 113.2, 23.2)], crs=4326)).iloc[0]
    for code in ("EPSG:3857", "EPSG:900913", "EPSG:3395", "ESRI:102100", "EPSG:4087", "EPSG:4326", "EPSG:32649"):
        found = geography.check_coverage(two.to_crs(code), shift=False).to_frame()
        assert found["area_km2"].item() == pytest.approx(common, rel=5e-3), code


# -- options ----------------------------------------------------------------------------------
@pytest.mark.parametrize("value", ["True", "False", "", 2, -1, 0.5, "0"])
def test_only_truth_values_exempt_from_a_shift(value):
    units = gpd.GeoDataFrame(geometry=[Point(113.25, 23.1), Point(114.1, 22.3)], index=["GZ", "HK"], crs=4326)
    with pytest.raises(DataError, match="True or False"):
        geography.shift_layer(units, source="gcj02", exempt=pd.Series([value, value], index=units.index))


@pytest.mark.parametrize("dtype", [bool, int, float, "boolean", "Int64", object])
def test_truth_values_of_every_dtype_exempt_from_a_shift(dtype):
    units = gpd.GeoDataFrame(geometry=[Point(113.25, 23.1), Point(114.1, 22.3)], index=["GZ", "HK"], crs=4326)
    moved = geography.shift_layer(units, source="gcj02", exempt=pd.Series([1, 0], index=["HK", "GZ"]).astype(dtype))
    assert moved.geometry["HK"].equals(units.geometry["HK"])
    meters = units.to_crs(32649).geometry["GZ"].distance(moved.to_crs(32649).geometry["GZ"])
    assert meters == pytest.approx(600, abs=30)


@pytest.mark.parametrize(
    "call",
    [
        lambda u: geography.check_coverage(u, sliver_m="50"),
        lambda u: geography.check_coverage(u, sliver_m=True),
        lambda u: geography.check_coverage(u, smallest_m2=-1),
        lambda u: geography.check_coverage(u, shift="no"),
        lambda u: geography.distance_km(u, metric=None),
        lambda u: geography.distance_km(u, metric=["planar"]),
        lambda u: geography.shift_layer(u, source=["gcj02"]),
        lambda u: geography.shift_layer(u, source="gcj02", target="bd09"),
    ],
)
def test_options_of_the_wrong_kind_are_refused(call):
    with pytest.raises(OptionError):
        call(blocks(113, 22))
