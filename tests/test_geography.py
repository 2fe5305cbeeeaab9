"""Distances, areas, CRS rules, shifted coordinates and the check of a layer."""

import geopandas as gpd
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pyproj
import pytest
from hypothesis import given, settings, strategies as st
from shapely.geometry import MultiPolygon, Point, Polygon, box

import gbaspatial as gba
from gbaspatial import geography
from gbaspatial.errors import AlignmentError, CRSError, DataError, GeometryError, LabelTypeError, OptionError


@pytest.fixture(scope="module")
def cities():
    return gba.load_cities(year=2019, variables="population")


@pytest.fixture(scope="module")
def districts():
    return gba.load_districts(year=None)


def squares(*boxes, names="abcdef"):
    """Boxes in meters of UTM 49N around the middle of the bay."""
    shapes = [box(x0 + 7e5, y0 + 25e5, x1 + 7e5, y1 + 25e5) for x0, y0, x1, y1 in boxes]
    return gpd.GeoDataFrame(geometry=shapes, index=list(names[: len(shapes)]), crs="EPSG:32649")


def test_distance_is_geodesic(cities):
    km = geography.distance_km(cities, points=gba.data.load_points())
    # 105.15 km on the ellipsoid, 105.19 km on a sphere of 6371 km
    assert km.loc["Guangzhou", "Shenzhen"] == pytest.approx(105.147, abs=0.001)
    lon, lat = np.radians([113.25, 114.0683]), np.radians([23.11667, 22.54554])
    half = np.sin(np.diff(lat) / 2) ** 2 + np.cos(lat[0]) * np.cos(lat[1]) * np.sin(np.diff(lon) / 2) ** 2
    sphere = 2 * 6371 * np.arcsin(np.sqrt(half)).item()
    assert km.loc["Guangzhou", "Shenzhen"] == pytest.approx(sphere, rel=0.003)


def test_distance_of_a_known_line():
    # Karney's example of GeographicLib: JFK to LHR is 5551.759 km
    points = gpd.GeoSeries([Point(-73.8, 40.6), Point(-0.5, 51.6)], index=["JFK", "LHR"], crs="EPSG:4326")
    assert geography.distance_km(points).loc["JFK", "LHR"] == pytest.approx(5551.759, abs=0.001)


def test_distance_frame_is_labelled_symmetric_and_ignores_row_order(cities):
    km = geography.distance_km(cities)
    assert km.index.equals(cities.index)
    assert km.columns.equals(cities.index)
    assert (km.to_numpy() == km.to_numpy().T).all()
    assert (np.diag(km) == 0).all()
    for seed in range(4):
        shuffled = geography.distance_km(cities.sample(frac=1, random_state=seed))
        pd.testing.assert_frame_equal(shuffled.loc[km.index, km.columns], km, check_exact=True)
        points = gba.data.load_points().sample(frac=1, random_state=seed)
        given_points = geography.distance_km(cities, points=points)
        assert given_points.loc["Macao", "Hong Kong"] == pytest.approx(65.24, abs=0.2)


def test_planar_distance_needs_metres(cities):
    with pytest.raises(CRSError, match=r"EPSG:4326 \(WGS 84, degree\)"):
        geography.distance_km(cities, metric="planar")
    local = geography.to_metric(cities)
    off = geography.distance_km(local, metric="planar") / geography.distance_km(local) - 1
    assert np.nanmax(np.abs(off.to_numpy())) < 1e-4
    feet = gpd.GeoSeries([Point(0, 0), Point(0, 5280)], crs="EPSG:2229")
    assert geography.distance_km(feet, metric="planar").loc[0, 1] == pytest.approx(1.609347, abs=1e-5)


def test_units_without_crs_or_geometry_are_errors(cities):
    with pytest.raises(GeometryError, match="no geometry column"):
        geography.area_km2(gpd.GeoDataFrame({"x": [1]}))
    bare = cities.set_crs(None, allow_override=True)
    for function in (geography.distance_km, geography.area_km2, geography.check_coverage, geography.metric_crs):
        with pytest.raises(CRSError, match="no CRS"):
            function(bare)
        with pytest.raises(LabelTypeError, match="without geometry"):
            function(pd.DataFrame(cities.drop(columns="geometry")))
    gap = cities.copy()
    gap.loc[["Macao"], "geometry"] = None
    for function in (geography.distance_km, geography.area_km2, geography.representative_points):
        with pytest.raises(GeometryError, match="Macao"):
            function(gap)
    with pytest.raises(AlignmentError, match="Macao"):
        geography.distance_km(pd.concat([cities, cities.tail(1)]))
    with pytest.raises(AlignmentError, match="absent from the points: Macao"):
        geography.distance_km(cities, points=gba.data.load_points().drop("Macao"))
    with pytest.raises(GeometryError, match="must hold points"):
        geography.distance_km(cities, points=cities)
    with pytest.raises(OptionError, match="'geodesic', 'planar'"):
        geography.distance_km(cities, metric="haversine")
    with pytest.raises(GeometryError, match="no rows"):
        geography.metric_crs(cities.head(0))


def test_areas_are_those_of_the_layer_table(cities):
    expected = {
        "Guangzhou": 7277, "Shenzhen": 1942, "Zhuhai": 1651, "Foshan": 3795, "Huizhou": 11286, "Dongguan": 2455,
        "Zhongshan": 1757, "Jiangmen": 9378, "Zhaoqing": 14917, "Hong Kong": 1082, "Macao": 25,
    }  # fmt: skip
    assert geography.area_km2(cities).round().astype(int).to_dict() == expected
    pd.testing.assert_series_equal(geography.area_km2(cities), cities["area_km2"], rtol=1e-5)
    pd.testing.assert_series_equal(geography.area_km2(cities.to_crs("EPSG:3857")), cities["area_km2"], rtol=1e-5)


def test_area_is_that_on_the_ellipsoid(cities):
    geod = pyproj.Geod(ellps="WGS84")
    fine = cities.geometry.segmentize(0.002)
    exact = [abs(geod.geometry_area_perimeter(shape)[0]) / 1e6 for shape in fine]
    # straight edges in degrees, in the plane and on the ellipsoid differ by less than this
    assert geography.area_km2(cities).to_numpy() == pytest.approx(exact, rel=1e-4)


def test_areas_points_and_shifts_ignore_row_order(cities):
    moved = geography.shift_layer(cities, source="wgs84", target="gcj02")
    for seed in range(3):
        shuffled = cities.sample(frac=1, random_state=seed)
        assert geography.area_km2(shuffled).index.equals(shuffled.index)
        again = geography.area_km2(shuffled).reindex(cities.index)
        pd.testing.assert_series_equal(again, geography.area_km2(cities), check_exact=True)
        points = geography.representative_points(shuffled).reindex(cities.index)
        assert points.geom_equals(geography.representative_points(cities)).all()
        other = geography.shift_layer(shuffled, source="wgs84", target="gcj02").reindex(cities.index)
        assert other.geometry.geom_equals_exact(moved.geometry, 0).all()


def test_districts_add_up_to_their_cities(cities, districts):
    total = geography.area_km2(districts).groupby(districts["city"]).sum()
    assert total.reindex(cities.index).to_numpy() == pytest.approx(geography.area_km2(cities).to_numpy(), rel=1e-4)


def test_metric_crs_is_local_and_the_same_for_any_order(cities):
    crs = geography.metric_crs(cities)
    assert crs.is_projected
    assert "Lambert Azimuthal Equal Area" in crs.coordinate_operation.method_name
    assert geography.metric_crs(cities.iloc[::-1]).equals(crs)
    assert geography.metric_crs(cities.to_crs("EPSG:4547")).is_projected
    utm = cities.to_crs("EPSG:32649")
    assert geography.to_metric(utm) is utm
    assert geography.to_metric(cities.to_crs("EPSG:3857")).crs.equals(crs)


def test_the_fifteen_edges_of_the_cities_by_geometry(cities):
    touching = cities.geometry.to_numpy()[:, None]
    names = cities.index
    pairs = {
        (names[i], names[j])
        for i in range(len(cities))
        for j in range(i + 1, len(cities))
        if touching[i, 0].intersects(touching[j, 0])
    }
    assert len(pairs) == 15
    assert {"Hong Kong", "Macao", "Zhaoqing"} == {name for name in names if sum(name in pair for pair in pairs) == 1}
    metres = geography.to_metric(cities).geometry
    assert metres["Shenzhen"].intersection(metres["Hong Kong"]).length / 1e3 == pytest.approx(22.9, abs=0.1)
    assert metres["Zhuhai"].intersection(metres["Macao"]).length / 1e3 == pytest.approx(2.4, abs=0.1)


def test_representative_points_lie_inside_the_largest_part(cities):
    points = geography.representative_points(cities)
    assert points.within(cities.geometry).all()
    islands = MultiPolygon([box(0, 0, 0.1, 0.1), box(5, 5, 8, 8), box(2, 2, 2.1, 2.1)])
    ring = Polygon(box(0, 0, 9, 9).exterior, [box(1, 1, 8, 8).exterior])
    odd = gpd.GeoSeries([islands, ring], index=["islands", "ring"], crs="EPSG:4326")
    inside = geography.representative_points(odd)
    assert inside["islands"].within(box(5, 5, 8, 8))
    assert inside["ring"].within(ring)
    assert odd["islands"] is islands


def test_gcj02_against_published_values():
    # the examples of the library coordtransform (Beijing), and of eviltransform (Shanghai)
    here = np.array([[116.404, 39.915], [121.5272106, 31.1774276]])
    there = geography.wgs84_to_gcj02(here)
    assert there[0] == pytest.approx([116.41024449916938, 39.91640428150164], abs=1e-9)
    assert there[1] == pytest.approx([121.531541859215, 31.17530398364597], abs=1e-7)
    bd = geography.wgs84_to_bd09(geography.gcj02_to_wgs84(here[:1]))[0]
    assert bd == pytest.approx([116.41036949371029, 39.92133699351021], abs=1e-9)


@settings(max_examples=40, deadline=None)
@given(st.floats(110, 117), st.floats(20, 26))
def test_shifts_round_trip_to_a_nanometre_scale(lon, lat):
    here = np.array([[lon, lat]])
    for there, back in (
        (geography.wgs84_to_gcj02, geography.gcj02_to_wgs84),
        (geography.wgs84_to_bd09, geography.bd09_to_wgs84),
    ):
        assert np.abs(back(there(here)) - here).max() < 2e-13  # 1e-13 degrees are 1e-8 m


def test_the_shift_in_the_bay_is_as_large_as_measured(cities):
    here = geography.lonlat(cities)
    geod = pyproj.Geod(ellps="WGS84")

    def metres(there):
        return geod.inv(here[:, 0], here[:, 1], there[:, 0], there[:, 1])[2]

    assert metres(geography.wgs84_to_gcj02(here)).min() > 540
    assert metres(geography.wgs84_to_gcj02(here)).max() < 655
    assert metres(geography.wgs84_to_bd09(here)) == pytest.approx(1240, abs=130)


def test_a_layer_is_shifted_whole_or_with_exemptions(cities):
    moved = geography.shift_layer(cities, source="wgs84", target="bd09", exempt=cities["side"] != "mainland")
    assert moved.geometry["Macao"].equals(cities.geometry["Macao"])
    assert not moved.geometry["Foshan"].equals(cities.geometry["Foshan"])
    back = geography.shift_layer(moved, source="bd09", exempt=(cities["side"] != "mainland").iloc[::-1])
    assert back.geometry.geom_equals_exact(cities.geometry, 1e-9).all()
    everywhere = geography.shift_layer(cities, source="wgs84", target="gcj02")
    assert not everywhere.geometry["Macao"].equals(cities.geometry["Macao"])
    with pytest.raises(OptionError, match="source"):
        geography.shift_layer(cities, source="gcj02", target="bd09")
    with pytest.raises(AlignmentError):
        geography.shift_layer(cities, source="gcj02", exempt=pd.Series({"Macao": True}))


def test_coordinates_that_are_no_degrees_cannot_be_shifted():
    with pytest.raises(DataError, match="degrees"):
        geography.gcj02_to_wgs84(np.array([[12_600_000.0, 2_600_000.0]]))
    with pytest.raises(DataError, match="shape"):
        geography.wgs84_to_gcj02(np.array([113.0, 22.0]))


def test_the_shipped_layers_have_no_trouble(cities, districts):
    for layer in (cities, districts, gba.load_prefectures()):
        found = geography.check_coverage(layer)
        assert found.ok, found.to_frame()
        assert found.shift == "none"
        assert (found.counts() == 0).all()


def test_holes_within_one_unit_of_the_china_layer_are_no_gaps():
    # two holes of 3.3 km2 together are lagoons within Wanning and within Sansha: no gap between units
    china = gba.load_prefectures(area="china")
    whole = geography.to_metric(china).union_all()
    holes = [Polygon(ring) for part in whole.geoms for ring in part.interiors]
    assert sum(hole.area for hole in holes) / 1e6 == pytest.approx(3.3, abs=0.05)
    assert geography.check_coverage(china, shift=False).ok


def test_overlaps_gaps_and_slivers_are_measured():
    units = squares((0, 0, 1000, 1000), (900, 0, 2000, 1000), (2020, 0, 3000, 1000))
    found = geography.check_coverage(units, sliver_m=50).to_frame()
    overlap = found[found["kind"] == "overlap"]
    assert overlap["units"].tolist() == ["a; b"]
    assert overlap["area_km2"].item() == pytest.approx(0.1)
    slit = found[found["kind"] == "sliver"]
    assert slit["units"].tolist() == ["b; c"]
    assert slit["area_km2"].item() == pytest.approx(0.02, rel=0.01)
    assert slit["width_m"].item() == pytest.approx(19.6, abs=0.3)
    assert len(found) == 2


def test_a_hole_between_units_is_a_gap_and_a_lake_within_one_is_not():
    ring = squares((0, 0, 3000, 1000), (0, 2000, 3000, 3000), (0, 1000, 1000, 2000), (2000, 1000, 3000, 2000))
    found = geography.check_coverage(ring).to_frame()
    assert found[["kind", "units", "detail"]].values.tolist() == [["gap", "a; b; c; d", "gap"]]
    assert found["area_km2"].item() == pytest.approx(1.0)
    whole = gpd.GeoDataFrame(geometry=[ring.union_all(), box(7e5 - 1000, 25e5, 7e5, 25e5 + 1000)], crs=ring.crs)
    assert geography.check_coverage(whole).ok


def test_invalid_empty_missing_and_double_shapes_are_named():
    units = squares(*[(i * 1000, 0, (i + 1) * 1000, 1000) for i in range(4)], (0, 0, 1000, 1000), (0, 0, 1, 1))
    units.loc["b", "geometry"] = Polygon([(7.01e5, 25e5), (7.02e5, 25.01e5), (7.02e5, 25e5), (7.01e5, 25.01e5)])
    units.loc["c", "geometry"] = Polygon()
    units.loc[["d"], "geometry"] = None
    units = units.drop("f")
    found = geography.check_coverage(units)
    assert found.to_frame().set_index("kind")["units"].to_dict() == {
        "missing": "d", "empty": "c", "invalid": "b", "duplicate": "a; e"
    }  # fmt: skip
    assert found.n == 5
    assert not found.ok
    assert "Self-intersection" in str(found)
    assert found.to_gis().crs.to_epsg() == 4326


def test_a_shifted_layer_is_suspected_and_an_unshifted_one_is_not(cities, districts):
    for datum in ("gcj02", "bd09"):
        moved = geography.shift_layer(districts, source="wgs84", target=datum)
        found = geography.check_coverage(moved)
        assert found.shift == datum
        assert found.counts()["shifted"] == 1
        assert f"crs='{datum}'" in found.to_frame()["detail"].iloc[-1]
    # a copy that is merely displaced by 600 m the other way is not taken for GCJ-02
    displaced = districts.set_geometry(districts.geometry.translate(-0.004, 0.004))
    assert geography.check_coverage(displaced).shift == "none"
    elsewhere = gpd.GeoDataFrame(geometry=[box(10, 50, 11, 51)], crs="EPSG:4326")
    assert geography.check_coverage(elsewhere).shift == "not checked"


def test_coverage_ignores_row_order(districts):
    broken = districts.copy()
    broken.loc["Nansha", "geometry"] = broken.geometry["Nansha"].buffer(0.01)
    first = geography.check_coverage(broken).to_frame().set_index("units")["area_km2"]
    other = geography.check_coverage(broken.sample(frac=1, random_state=5)).to_frame()
    other["units"] = ["; ".join(sorted(text.split("; "))) for text in other["units"]]
    first.index = ["; ".join(sorted(text.split("; "))) for text in first.index]
    assert len(first) >= 2
    assert sorted(first.index) == sorted(other["units"])
    np.testing.assert_allclose(np.sort(first), np.sort(other["area_km2"]), rtol=1e-9)


def test_coverage_draws_a_map_and_refuses_what_has_no_area(cities):
    units = squares((0, 0, 1000, 1000), (900, 0, 2000, 1000))
    axes = geography.check_coverage(units).plot()
    assert "overlap (1)" in axes.get_legend_handles_labels()[1]
    plt.close(axes.figure)
    with pytest.raises(GeometryError, match="no polygon"):
        geography.check_coverage(gba.data.load_points())
    with pytest.raises(OptionError, match="sliver_m"):
        geography.check_coverage(cities, sliver_m=-1)
