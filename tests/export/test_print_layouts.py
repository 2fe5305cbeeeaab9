"""Print layouts: what QGIS makes of the template, and what is refused."""

from xml.etree import ElementTree as ET

import geopandas as gpd
import numpy as np
import pytest
import qgis
from shapely import Point, box

import gbaspatial as gba
from gbaspatial.errors import DataError, FileFormatError, OptionError
from gbaspatial.export.print_layouts import NOT_LEGAL, PAGE_MM


def texts(path):
    return {item.get("id"): item.get("labelText") for item in ET.parse(path).iter("LayoutItem")}


def test_qgis_opens_the_template_and_prints_map_legend_scale_north_and_sources(tmp_path):
    qgis.needed()
    cities = gba.load_cities(year=2019)
    told = gba.export.describe(cities, title="Cities 城市", abstract="Eleven cities.")
    layer = gba.export.geopackage(tmp_path / "bay.gpkg", {"bay": cities}, styles={"bay": "gdp_pc_cny"})
    page = gba.export.qpt(tmp_path / "bay.qpt", cities, description=told)
    (answer,) = qgis.ask([{"layout": str(page), "layers": [f"{layer}|layername=bay"], "size": [1188, 840]}], tmp_path)
    assert answer["whole"]
    assert answer["true_crs"]
    assert answer["north_valid"]
    assert set(answer["places"]) == {"title", "map", "legend", "scale", "north", "legal", "sources"}
    assert answer["texts"]["title"] == "Cities 城市"
    assert answer["texts"]["legal"] == NOT_LEGAL
    assert "Eleven cities." in answer["texts"]["sources"]
    assert "Tianditu" in answer["texts"]["sources"]
    assert answer["legend"] == ["layer"]
    for name, (left, top, wide, high) in answer["places"].items():
        assert left >= 0, name
        assert top >= 0, name
        assert left + wide <= PAGE_MM[0], name
        assert top + high <= PAGE_MM[1], name
    # 2 x 50 km at 1:2.19 million are 45.6 mm, and some for the label at the right end
    assert (answer["bar_km"], answer["bar_label"]) == (100, "km")
    assert answer["bar_mm"] == pytest.approx(100e6 / answer["scale"], abs=12)
    painted = {rule.color.upper() for rule in gba.export.style(cities, "gdp_pc_cny").rules}
    shares = {color: answer["colors"].get(color, 0) / (1188 * 840) for color in painted}
    assert min(shares.values()) > 0.001
    on_page = 205 * 165 / (PAGE_MM[0] * PAGE_MM[1])
    land = gba.geography.area_km2(cities).sum() * 1e12 / answer["scale"] ** 2 / (205 * 165)  # of the map
    assert sum(shares.values()) == pytest.approx(land * on_page, rel=0.12)  # outlines and names take some


@pytest.mark.parametrize("crs", [4326, 32649, 3857])
def test_the_map_holds_all_units_in_its_own_proportions(tmp_path, crs):
    units = gpd.GeoDataFrame(
        {"x": [1, 2]}, index=["a", "b"], geometry=[box(113, 22, 113.1, 24), box(113.1, 22, 113.2, 22.5)], crs=4326
    ).to_crs(crs)
    page = gba.export.qpt(tmp_path / "a.qpt", units)
    extent = next(ET.parse(page).iter("Extent")).attrib
    left, low, right, high = (float(extent[name]) for name in ("xmin", "ymin", "xmax", "ymax"))
    assert (right - left) / (high - low) == pytest.approx(205 / 165)
    inside = units.to_crs(gba.geography.metric_crs(units)).total_bounds
    assert (np.array([left, low]) < inside[:2]).all()
    assert (np.array([right, high]) > inside[2:]).all()
    assert high - low == pytest.approx((inside[3] - inside[1]) * 1.08)


def test_one_point_has_a_map_too(tmp_path):
    units = gpd.GeoDataFrame({"x": [1]}, index=["a"], geometry=[Point(113, 22)], crs=4326)
    assert "Extent" in gba.export.qpt(tmp_path / "a.qpt", units).read_text(encoding="utf-8")


def test_words_are_words_and_no_expressions(tmp_path):
    cities = gba.load_cities(year=2019)
    told = gba.export.describe(cities, title="<b>[% 1 + 1 %]\x00 & co", attribution="[%env('HOME')%]")
    shown = texts(gba.export.qpt(tmp_path / "a.qpt", cities, description=told))
    assert "[%" not in shown["title"] + shown["sources"]
    assert "1 + 1" in shown["title"]


def test_without_a_title_it_is_the_name_of_the_file(tmp_path):
    assert texts(gba.export.qpt(tmp_path / "湾区.qpt", gba.load_cities(year=2019)))["title"] == "湾区"


def test_what_makes_no_layout_is_refused(tmp_path):
    cities = gba.load_cities(year=2019)
    with pytest.raises(FileFormatError, match=r"end it in \.qpt"):
        gba.export.qpt(tmp_path / "a.qml", cities)
    with pytest.raises(OptionError, match="make one by"):
        gba.export.qpt(tmp_path / "a.qpt", cities, description="Cities")
    empty = gpd.GeoDataFrame({"x": [1]}, index=["a"], geometry=[None], crs=4326)
    with pytest.raises((DataError, gba.errors.GeometryError)):
        gba.export.qpt(tmp_path / "a.qpt", empty)
    assert not list(tmp_path.iterdir())
