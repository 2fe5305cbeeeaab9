"""Files come back as they were: Chinese names, leading zeros, islands; and open with their colors."""

import json
import sqlite3
from contextlib import closing
from xml.etree import ElementTree as ET

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from hypothesis import given, settings, strategies as st
from shapely import Point, box

import gbaspatial as gba
from gbaspatial.errors import (
    CRSError,
    DataError,
    FileFormatError,
    GeometryError,
    OptionError,
    UnknownNameError,
    WritingError,
)
from gbaspatial.export.shapefiles import NAME_BYTES, short_names

CITIES = gba.load_cities(year=2019)
NAMES = ["adcode", "name_zh", "name_zht", "tier", "gdp_pc_cny", "patents_granted"]


@pytest.fixture
def odd():
    """Units with what files like to lose: Chinese names, leading zeros, missing numbers, quotes, an MultiPolygon."""
    return gpd.GeoDataFrame(
        {
            "code": ["001", "020", "300"],
            "城市名称": ["广州市", "佛山'市", '"澳门"'],
            "value": [1.5, np.nan, -3.0],
            "count": [1, 2, 3],
            "open": [True, False, True],
        },
        index=pd.Index(["u1", "u2", "u3"], name="unit"),
        geometry=[box(113, 22, 114, 23), box(114, 22, 115, 23), box(112, 21, 113, 22).union(box(110, 20, 111, 21))],
        crs=4326,
    )


def same(read, given, columns):
    for column in columns:
        expected = given[column].to_numpy()
        found = read[column].to_numpy()
        if pd.api.types.is_float_dtype(given[column]):
            assert np.allclose(found.astype(float), expected, equal_nan=True)
        else:
            assert found.tolist() == expected.tolist()


@pytest.mark.parametrize("ending", ["gpkg", "parquet", "geojson"])
def test_cities_come_back(tmp_path, ending):
    path = gba.export.write(tmp_path / f"bay.{ending}", CITIES)
    read = gba.read_units(path, id="city") if ending != "parquet" else gpd.read_parquet(path)
    read = read.loc[CITIES.index]
    same(read, CITIES, NAMES)
    assert read.crs == CITIES.crs
    assert (read.geometry.hausdorff_distance(CITIES.geometry) < 2e-7).all()  # RFC 7946 turns rings around
    assert read.loc["Macao", "adcode"] == "820000"


def test_a_geopackage_holds_layers_with_chinese_names_and_text_ids(tmp_path, odd):
    path = gba.export.geopackage(tmp_path / "a" / "b.gpkg", {"城市": odd, "cities": CITIES})
    read = gpd.read_file(path, layer="城市")
    same(read, odd, ["code", "城市名称", "value", "count", "open"])
    assert read["unit"].tolist() == ["u1", "u2", "u3"]
    assert [p.name for p in path.parent.iterdir()] == ["b.gpkg"]


def rows_of(path, query, *values):
    with closing(sqlite3.connect(path)) as file:
        return file.execute(query, values).fetchall()


def rules_in(qml):
    """Expression, label and color of each class, from rules or from categories."""
    root = ET.fromstring(qml.split("\n", 1)[1]).find("renderer-v2")
    colors = {s.get("name"): s.find("layer/Option/Option[@name='color']").get("value") for s in root.find("symbols")}
    made = [(rule.get("filter"), rule.get("label"), colors[rule.get("symbol")]) for rule in root.iter("rule")]
    name = '"' + root.get("attr", "").replace('"', '""') + '"'
    for each in root.iter("category"):
        value = each.get("value").replace("'", "''")
        told = f"{name} IS NULL" if each.get("type") == "NULL" else f"{name} = '{value}'"
        made.append((told, each.get("label"), colors[each.get("symbol")]))
    for place, each in enumerate(root.iter("range")):
        lower = f"{name} {'>=' if place == 0 else '>'} {each.get('lower')}"
        made.append((f"{lower} AND {name} <= {each.get('upper')}", each.get("label"), colors[each.get("symbol")]))
    return made


def test_styles_are_where_qgis_looks_for_them(tmp_path):
    clusters = CITIES.assign(
        cluster=["HH", "LL", "LH", "HL", "not significant", "isolate", None, "HH", "HH", "LL", "LL"]
    )
    path = gba.export.geopackage(
        tmp_path / "bay.gpkg", {"lisa": clusters, "cities": CITIES, "plain": CITIES}, styles={"cities": "gdp_pc_cny"}
    )
    table = rows_of(path, "SELECT f_table_name, f_geometry_column, useAsDefault, styleQML, styleSLD FROM layer_styles")
    assert [row[0] for row in table] == ["lisa", "cities", "plain"]
    for name, shape, default, qml, sld in table:
        assert rows_of(path, "SELECT column_name FROM gpkg_geometry_columns WHERE table_name = ?", name) == [(shape,)]
        assert default == 1
        ET.fromstring(sld.split("\n", 1)[1])
        # The rules are SQL as well: together they hold every unit exactly once.
        counts = [rows_of(path, f"SELECT count(*) FROM {name} WHERE {rule}")[0][0] for rule, _, _ in rules_in(qml)]
        assert name == "plain" or sum(counts) == 11
    colors = {rule: color for rule, _, color in rules_in(table[0][3])}
    assert colors["\"cluster\" = 'HH'"] == "255,0,0,255"
    assert colors["\"cluster\" = 'LH'"] == "167,173,249,255"
    types = {row[2] for row in rows_of(path, "PRAGMA table_info(layer_styles)")}
    assert "TEXT" in types
    assert not any("VARCHAR" in kind for kind in types)
    assert list(pyogrio.list_layers(path)[:, 0]) == ["lisa", "cities", "plain", "layer_styles"]


def test_a_style_survives_names_with_quotes_and_markup(tmp_path):
    hostile = ["it's", 'say "x"', "<b>&amp;</b>", "]]>", "a\x07b", "{% raw %}"]
    units = gpd.GeoDataFrame(
        {"na'm\"e": hostile}, index=[f"u{i}" for i in range(6)], geometry=[Point(i, 0) for i in range(6)], crs=4326
    )
    path = gba.export.geopackage(tmp_path / "x.gpkg", {"x": units}, styles={"x": "na'm\"e"})
    ((qml,),) = rows_of(path, "SELECT styleQML FROM layer_styles")
    counts = [rows_of(path, f"SELECT count(*) FROM x WHERE {rule}")[0][0] for rule, _, _ in rules_in(qml)]
    assert sorted(counts) == [0, 1, 1, 1, 1, 1]  # the bell, which XML cannot hold


def test_qml_and_sld_tell_the_same_classes(tmp_path):
    made = gba.export.style(CITIES, "gdp_pc_cny", k=3)
    sld = ET.parse(gba.export.sld(tmp_path / "x.sld", made)).getroot()
    qml = rules_in(gba.export.qml(tmp_path / "x.qml", made).read_text(encoding="utf-8"))
    shapes = list(sld.iter("{http://www.opengis.net/se}PolygonSymbolizer"))
    fills = [e.text for shape in shapes for e in shape.iter() if e.get("name") == "fill"]
    assert fills == [rule.color for rule in made.rules]
    classes, _ = sld.iter("{http://www.opengis.net/se}FeatureTypeStyle")
    names = [e.find("{http://www.opengis.net/se}Name").text for e in classes]
    assert names == [label for _, label, _ in qml]
    assert len(qml) == 3


@pytest.mark.parametrize("shape", [Point(0, 0), Point(0, 0).buffer(1), Point(0, 0).buffer(1).boundary])
def test_styles_fit_the_geometry(shape):
    units = gpd.GeoDataFrame({"x": [1.0]}, index=["a"], geometry=[shape], crs=4326)
    made = gba.export.style(units, "x")
    symbolizer = {0: "PointSymbolizer", 2: "PolygonSymbolizer", 1: "LineSymbolizer"}[int(shapely.get_dimensions(shape))]
    assert symbolizer in made.to_sld()


def test_a_shapefile_can_be_read_back_with_its_dictionary(tmp_path):
    """B28: geopandas cuts innovation_output_total and _share to innovation and innovati_1."""
    units = CITIES.rename(columns={"name_zh": "城市名称", "patents_granted": "innovation_output_total"})
    units = units.assign(innovation_output_share=0.5, is_core=True)
    path = gba.export.shapefile(tmp_path / "bay.shp", units, style="gdp_pc_cny")
    assert (tmp_path / "bay.cpg").read_text().strip().upper() == "UTF-8"
    read = gpd.read_file(path)
    assert all(name.isascii() and len(name) <= NAME_BYTES for name in read.columns)
    fields = pd.read_csv(tmp_path / "bay_fields.csv", dtype=str, encoding="utf-8-sig").set_index("field")["column"]
    back = read.rename(columns=fields).set_index("city").loc[units.index]
    same(back, units, ["adcode", "城市名称", "name_zht", "innovation_output_total", "innovation_output_share"])
    assert back["is_core"].tolist() == [1] * 11
    assert "gdp_pc_cny" in (tmp_path / "bay.qml").read_text(encoding="utf-8")
    assert (tmp_path / "bay.sld").exists()


@given(st.lists(st.text(min_size=1, max_size=24), unique_by=str.casefold, max_size=30))
@settings(max_examples=80, deadline=None)
def test_short_names_are_short_ascii_and_unlike(columns):
    names = short_names(columns)
    assert list(names) == columns
    assert all(name.isascii() and 1 <= len(name) <= NAME_BYTES for name in names.values())
    assert len({name.casefold() for name in names.values()}) == len(columns)


def test_geojson_follows_rfc_7946(tmp_path):
    far = CITIES.to_crs("EPSG:4547")
    document = json.loads(gba.export.geojson(tmp_path / "bay.geojson", far).read_text(encoding="utf-8"))
    assert "crs" not in document
    x, y = np.array(document["features"][0]["geometry"]["coordinates"][0]).reshape(-1, 2).mean(axis=0)
    assert (113 < x < 114.1, 22.5 < y < 24) == (True, True)
    assert document["features"][0]["properties"]["adcode"] == "440100"
    assert document["features"][0]["properties"]["name_zh"] == "广州市"


def test_kml_keeps_names_and_leading_zeros_as_text(tmp_path, odd):
    text = gba.export.kml(tmp_path / "x.kml", odd, name="城市名称").read_text(encoding="utf-8")
    assert "<name>广州市</name>" in text
    assert ">001<" in text
    assert ".half" not in text


def test_csv_opens_in_spreadsheets_and_reads_back(tmp_path, odd):
    path = gba.export.csv(tmp_path / "x.csv", odd, geometry="point")
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    read = pd.read_csv(path, dtype={"code": str})
    assert read["code"].tolist() == ["001", "020", "300"]
    assert read["城市名称"].tolist() == odd["城市名称"].tolist()
    inside = [shape.contains(Point(x, y)) for shape, x, y in zip(odd.geometry, read["longitude"], read["latitude"])]
    assert inside == [True, True, True]
    assert "MULTIPOLYGON" in gba.export.csv(tmp_path / "y.csv", odd, geometry="wkt").read_text(encoding="utf-8-sig")


def test_the_order_of_rows_is_kept_and_the_input_is_not_changed(tmp_path):
    before = CITIES.copy(deep=True)
    shuffled = CITIES.sample(frac=1, random_state=3)
    path = gba.export.geopackage(tmp_path / "x.gpkg", {"x": shuffled}, styles={"x": "tier"})
    assert gpd.read_file(path)["city"].tolist() == shuffled.index.tolist()
    pd.testing.assert_frame_equal(pd.DataFrame(CITIES), pd.DataFrame(before))


def test_a_panel_has_unit_and_year_as_columns(tmp_path):
    panel = gba.load_panel(variables="gdp_cny", years=[2019, 2020])
    layer = gpd.GeoDataFrame(panel.join(CITIES[["geometry"]], on="city"), crs=4326)
    read = gpd.read_file(gba.export.geopackage(tmp_path / "x.gpkg", {"panel": layer}))
    assert read[["city", "year"]].to_numpy().tolist() == [list(label) for label in panel.index]


def test_a_file_that_cannot_be_finished_leaves_the_old_one(tmp_path, odd):
    path = gba.export.write(tmp_path / "x.gpkg", odd)
    before = path.read_bytes()
    with pytest.raises(DataError):
        gba.export.geopackage(path, {"x": odd.assign(things=[[1], [2], [3]])})
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["x.gpkg"]


@pytest.mark.parametrize(
    ("act", "error", "words"),
    [
        (lambda u, p: gba.export.geopackage(p, {}), DataError, "no layer to write"),
        (lambda u, p: gba.export.geopackage(p, {"a": u}, styles={"b": "x"}), UnknownNameError, "no layer b to style"),
        (lambda u, p: gba.export.geopackage(p, {"a": u}, styles={"a": "valu"}), UnknownNameError, "Did you mean value"),
        (lambda u, p: gba.export.geopackage(p, {"a": u.set_crs(None, allow_override=True)}), CRSError, "'a' has no"),
        (lambda u, p: gba.export.geopackage(p, {"a": pd.DataFrame(u)}), GeometryError, "without geometry"),
        (lambda u, p: gba.export.geopackage(p, {"a": u.assign(unit=1)}), DataError, "both called unit"),
        (lambda u, p: gba.export.shapefile(p, u), FileFormatError, "does not end in .shp"),
        (lambda u, p: gba.export.shapefile(p.with_suffix(".shp"), u.assign(t="广" * 85)), DataError, "254 bytes"),
        (lambda u, p: gba.export.write(p.with_suffix(".mif"), u), FileFormatError, "ends in none of"),
        (lambda u, p: gba.export.kml(p, u, name="nom"), UnknownNameError, "no column 'nom'"),
        (lambda u, p: gba.export.csv(p, u, geometry="svg"), OptionError, "geometry"),
    ],
)
def test_what_cannot_be_written_is_said(tmp_path, odd, act, error, words):
    with pytest.raises(error, match=words):
        act(odd, tmp_path / "x.gpkg")


def test_geoparquet_names_the_extra(tmp_path, odd, monkeypatch):
    """B29: without pyarrow the error names the cure."""
    import builtins

    real = builtins.__import__

    def without(name, *rest, **more):
        if name.split(".")[0] == "pyarrow":
            raise ImportError(name)
        return real(name, *rest, **more)

    monkeypatch.setattr("importlib.import_module", lambda name, *_: without(name))
    with pytest.raises(ImportError, match="parquet"):
        gba.export.geoparquet(tmp_path / "x.parquet", odd)


@pytest.mark.parametrize("ending", ["gpkg", "shp", "geojson", "kml", "csv", "parquet"])
def test_columns_that_are_numbers_are_written_in_every_format(tmp_path, ending):
    frame = gpd.GeoDataFrame({1: [2.0, 3.0]}, geometry=[Point(0, 0), Point(1, 1)], crs=4326, index=["a", "b"])
    assert gba.export.write(tmp_path / f"x.{ending}", frame).is_file()


def test_an_error_names_the_file_that_was_asked_for(tmp_path, monkeypatch):
    pytest.importorskip("pyarrow")
    frame = gpd.GeoDataFrame({"v": [2.0]}, geometry=[Point(0, 0)], crs=4326, index=["a"])

    def full(self, path, **options):
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr(gpd.GeoDataFrame, "to_parquet", full)
    with pytest.raises(WritingError) as told:
        gba.export.write(tmp_path / "x.parquet", frame)
    assert "half" not in str(told.value)
    assert "x.parquet was not written: the disk is full" in str(told.value)
