"""Layers go into PostGIS and come back as they were; what the database cannot hold is refused; passwords stay in."""

import traceback

import geopandas as gpd
import numpy as np
import pandas as pd
import postgres
import psycopg
import pytest
import qgis
from click.testing import CliRunner
from shapely import LineString, MultiPolygon, Point, Polygon, box, from_wkt
from sqlalchemy import create_engine
from sqlalchemy.engine import make_url

import gbaspatial as gba
from gbaspatial.cli import main
from gbaspatial.errors import (
    AlignmentError,
    CRSError,
    FileFormatError,
    GbaError,
    GeometryError,
    OptionError,
    UnknownNameError,
    WritingError,
)

CITIES = gba.load_cities(year=2019)


@pytest.fixture(scope="module")
def url():
    with postgres.running() as address:
        yield address


@pytest.fixture
def sql(url):
    address = make_url(url)
    with psycopg.connect(
        host=address.host, port=address.port, user=address.username, password=address.password, dbname="bay",
        autocommit=True,
    ) as connection:  # fmt: skip
        yield lambda query: connection.execute(query)


def odd(name="u"):
    """A first shape that is missing is refused on reading, so it stands in writing tests only."""
    return gpd.GeoDataFrame(
        {
            "code": ["001", "020", "300"], "城市 名": ["广州市", "佛'山", '"澳门"'], "value": [1.5, np.nan, -3.0],
            "big": [2**62, 1, -(2**62)], "open": pd.array([True, None, False], dtype="boolean"),
            "day": pd.to_datetime(["2018-10-24T00:00", None, "2019-01-01T06:30"]), "a%b:c": [1, 2, 3],
        },
        index=pd.Index(["u1", "u2", "u3"], name=name),
        geometry=[box(113, 22, 114, 23), MultiPolygon([box(114, 22, 115, 23), box(0, 0, 1, 1)]), box(112, 21, 113, 22)],
        crs=4326,
    )  # fmt: skip


def test_a_layer_comes_back_with_its_types_names_and_ids(url):
    assert gba.export.postgis(url, {"odd 表": odd()}, replace=True) == ("public.odd 表",)
    back = gba.read_units(url, id="u", table="odd 表")
    given = odd()
    assert back.index.tolist() == ["u1", "u2", "u3"]
    assert back["code"].tolist() == ["001", "020", "300"]
    assert back["城市 名"].tolist() == given["城市 名"].tolist()
    assert back["big"].tolist() == given["big"].tolist()
    assert back["a%b:c"].tolist() == [1, 2, 3]
    assert [None if pd.isna(v) else bool(v) for v in back["open"]] == [True, None, False]
    assert back["value"].isna().tolist() == [False, True, False]
    assert pd.to_datetime(back["day"]).tolist()[::2] == given["day"].tolist()[::2]
    assert back.crs == given.crs
    assert back.geom_type.unique().tolist() == ["MultiPolygon"]  # single ones beside multiple ones
    assert all(a.equals(b) for a, b in zip(back.geometry, given.geometry))


def test_tables_have_keys_comments_an_index_and_a_style(url, sql):
    told = gba.export.describe(CITIES, title="Cities 城市", abstract="Eleven.")
    gba.export.postgis(url, {"cities": CITIES}, styles={"cities": "gdp_pc_cny"}, descriptions={"cities": told},
                       replace=True)  # fmt: skip
    (key,) = sql("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 'cities'::regclass").fetchone()
    assert key == "PRIMARY KEY (city)"
    assert sql("SELECT count(*) FROM pg_indexes WHERE tablename = 'cities' AND indexdef LIKE '%gist%'").fetchone() == (
        1,
    )
    comment = sql("SELECT obj_description('cities'::regclass)").fetchone()[0]
    assert comment.startswith("Cities 城市\nEleven.\nBoundaries from")
    column = sql(
        "SELECT col_description('cities'::regclass, attnum) FROM pg_attribute WHERE attrelid = 'cities'::regclass "
        "AND attname = 'gdp_pc_cny'"
    ).fetchone()
    assert column == ("GDP per capita 人均地区生产总值 (yuan per person)",)
    assert sql("SELECT type, srid FROM geometry_columns WHERE f_table_name = 'cities'").fetchone() in (
        ("MULTIPOLYGON", 4326), ("POLYGON", 4326),
    )  # fmt: skip
    rows = sql(
        "SELECT f_table_name, stylename, useasdefault FROM layer_styles WHERE f_table_name = 'cities'"
    ).fetchall()
    assert rows == [("cities", "gdp_pc_cny", True)]


@pytest.mark.slow
def test_qgis_applies_the_style_of_the_table(url, tmp_path):
    qgis.needed()
    units = odd().assign(flag=[True, False, True])
    address = make_url(url)
    columns = {"number": "value", "truth": "flag", "word": "code", "moment": "day"}
    gba.export.postgis(url, dict.fromkeys(columns, units), styles=columns, replace=True)
    source = (
        f"dbname='bay' host={address.host} port={address.port} user='tester' password='{address.password}' "
        "sslmode=disable key='u' srid=4326 checkPrimaryKeyUnicity='1' table=\"public\".\"{}\" (geometry)"
    )
    answers = qgis.ask([{"path": source.format(name), "provider": "postgres"} for name in columns], tmp_path)
    for (name, column), answer in zip(columns.items(), answers, strict=True):
        made = gba.export.style(units, column)
        assert answer["valid"], name
        assert set(answer["counts"]) == {rule.label for rule in made.rules}, name
        assert (answer["without"], sum(answer["counts"].values())) == (0, 3), name
        assert answer["primary_key"] == ["u"]
        assert answer["aliases"]["城市 名"] == "城市 名"


def test_panels_and_queries_are_read_from_a_database(url, sql):
    panel = gba.load_panel(variables="gdp_cny", years=[2019, 2020])
    layer = gpd.GeoDataFrame(panel.join(CITIES[["geometry"]], on="city"), crs=4326)
    gba.export.postgis(url, {"panel": layer}, replace=True)
    assert sql("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 'panel'::regclass").fetchone() == (
        "PRIMARY KEY (city, year)",
    )
    back = gba.read_panel(url, unit="city", time="year", table="panel")
    assert back["gdp_cny"].loc[list(panel.index)].tolist() == panel["gdp_cny"].tolist()
    some = gba.read_panel(
        url, unit="city", table="SELECT city, gdp_cny::numeric AS gdp FROM panel WHERE city LIKE 'M%' AND year = 2019;"
    )
    assert some.index.tolist() == ["Macao"]
    assert some["gdp"].tolist() == [panel.loc[("Macao", 2019), "gdp_cny"]]
    near = gba.read_units(
        url, id="city", table="WITH x AS (SELECT * FROM panel WHERE year = 2020) SELECT city, geometry AS shape FROM x"
    )
    assert len(near) == 11


@pytest.mark.parametrize(
    ("shapes", "kind"),
    [
        ([None, box(0, 0, 1, 1), MultiPolygon([box(1, 1, 2, 2)])], "MULTIPOLYGON"),
        ([None, Point(0, 0), Point(1, 1)], "POINT"),
        ([Point(0, 0), box(0, 0, 1, 1), None], "GEOMETRY"),
        ([LineString([(0, 0), (1, 1)]), Polygon(), LineString([(0, 0), (1, 2)])], "LINESTRING"),
    ],
)
def test_types_of_shapes_are_those_of_the_shapes_that_are_there(url, sql, shapes, kind):
    gba.export.postgis(
        url, {"kinds": gpd.GeoDataFrame({"x": [1, 2, 3]}, index=["a", "b", "c"], geometry=shapes, crs=4326)},
        replace=True,
    )  # fmt: skip
    assert sql("SELECT type FROM geometry_columns WHERE f_table_name = 'kinds'").fetchone() == (kind,)


def test_a_crs_is_what_the_database_says_it_is(url, sql):
    sql("DROP TABLE IF EXISTS own, mixed")
    sql(
        "INSERT INTO spatial_ref_sys SELECT 990001, 'OWN', 1, replace(srtext, 'WGS 84 / UTM zone 49N', 'own'), "
        "proj4text FROM spatial_ref_sys WHERE srid = 32649 ON CONFLICT DO NOTHING"
    )
    sql("CREATE TABLE own AS SELECT 'a' AS id, ST_SetSRID(ST_MakePoint(500000, 2500000), 990001) AS g")
    assert gba.read_units(url, id="id", table="own").crs.to_dict()["zone"] == 49
    sql("CREATE TABLE mixed AS SELECT 'a' AS id, ST_SetSRID(ST_MakePoint(1, 2), 4326) AS g "
        "UNION SELECT 'b', ST_SetSRID(ST_MakePoint(1, 2), 3857)")  # fmt: skip
    with pytest.raises(CRSError, match="several SRIDs, 3857, 4326"):
        gba.read_units(url, id="id", table="mixed")
    laea = CITIES.to_crs("+proj=laea +lat_0=22.8 +lon_0=113.5 +datum=WGS84")
    with pytest.raises(CRSError, match="no SRID"):
        gba.export.postgis(url, {"laea": laea})


def test_all_tables_are_written_or_none(url, sql):
    sql("DROP TABLE IF EXISTS first, second")
    sql("CREATE TABLE second (x int)")
    with pytest.raises(WritingError, match="public.second is there already"):
        gba.export.postgis(url, {"first": odd(), "second": odd()})
    assert sql("SELECT to_regclass('first')").fetchone() == (None,)
    assert gba.export.postgis(url, {"first": odd(), "second": odd()}, replace=True)[1] == "public.second"


@pytest.mark.parametrize(
    ("act", "error", "words"),
    [
        (lambda u: gba.read_units(u, id="u"), OptionError, "say which table"),
        (lambda u: gba.read_units(u, id="u", table="citie"), UnknownNameError, "Did you mean cities"),
        (lambda u: gba.read_units(u, id="u", table="SELECT 1 AS a, 2 AS a"), OptionError, "several columns called a"),
        (lambda u: gba.read_units(u, id="u", table="SELECT 'x' AS u"), FileFormatError, "without geometry"),
        (lambda u: gba.read_panel(u, unit="u", table="SELECT x FROM nowhere"), FileFormatError, "does not do this"),
        (lambda u: gba.read_panel(u, unit="u", table="SELECT 1; DROP TABLE cities"), FileFormatError, "does not do"),
        (lambda u: gba.read_panel("mysql://a@b/c", unit="u", table="t"), GbaError, "its address must be"),
        (lambda u: gba.export.postgis(u, {"广" * 22: odd()}), OptionError, "63 bytes"),
        (
            lambda u: gba.export.postgis(u, {"x": odd().set_axis(["a", "a", "b"])}),
            AlignmentError,
            "occur twice, so they are no primary key: a",
        ),
        (lambda u: gba.export.postgis(u, {"x": odd()}, schema="nowhere"), FileFormatError, "nowhere"),
    ],
)
def test_what_a_database_cannot_do_is_said(url, act, error, words):
    gba.export.postgis(url, {"cities": CITIES}, replace=True)
    with pytest.raises(error, match=words) as told:
        act(url)
    assert postgres.PASSWORD not in str(told.value)


def test_a_query_cannot_write(url, sql):
    sql("CREATE TABLE kept AS SELECT 1 AS x")
    with pytest.raises(FileFormatError, match="data-modifying"):
        gba.read_panel(url, unit="x", table="WITH gone AS (DELETE FROM kept RETURNING x) SELECT x FROM gone")
    for end in ("", "COMMIT; "):
        with pytest.raises(FileFormatError, match="read-only"):
            gba.read_panel(
                url, unit="x", table=f"SELECT x FROM kept) AS a; {end}DELETE FROM kept; SELECT * FROM (SELECT 1"
            )
    assert sql("SELECT count(*) FROM kept").fetchone() == (1,)


@pytest.mark.parametrize(
    "change",
    [
        {"password": "wr@ng/%secret"}, {"database": "nowhere"}, {"port": 1}, {"username": "nobody"},
        {"drivername": "postgresql+psycopg2"}, {"drivername": "postgres"},
    ],
)  # fmt: skip
def test_no_password_is_told(url, change, capfd):
    address = make_url(url).set(**change)
    secrets = {address.password, address.render_as_string(hide_password=False), "wr%40ng", "%25secret"}
    for given in (address, address.render_as_string(hide_password=False)):
        try:
            gba.read_panel(given, unit="city", table="nowhere at all")
        except GbaError as error:
            said = "".join(traceback.format_exception(error)) + str(error.__context__ or "")
        captured = capfd.readouterr()
        shown = [line for line in said.splitlines() if "change = " not in line]
        assert not any(secret in text for secret in secrets for text in (*shown, captured.out, captured.err))


@pytest.mark.parametrize(("texts", "kind"), [
    (["POINT Z (113 22 5)", "POINT Z (114 22 6)"], "POINT"),
    (["POINT Z (113 22 5)", "POINT (114 22)"], "POINT"),
    (["POINT M (113 22 5)", "POINT M (114 22 6)"], "POINTM"),
    (["POINT ZM (113 22 5 1)", "POINT ZM (114 22 6 2)"], "POINT"),
    (["POLYGON Z ((0 0 1, 1 0 1, 1 1 1, 0 0 1))", "MULTIPOLYGON (((2 0, 3 0, 3 1, 2 0)))"], "MULTIPOLYGON"),
    (["LINESTRING Z (0 0 1, 1 0 1)", "POINT (3 3)"], "GEOMETRY"),
])  # fmt: skip
def test_heights_and_measures_come_back(url, sql, texts, kind):
    shapes = [from_wkt(text) for text in texts]
    layer = gpd.GeoDataFrame({"v": [1, 2]}, index=pd.Index(["a", "b"], name="id"), geometry=shapes, crs=4326)
    gba.export.postgis(url, {"high": layer}, replace=True)
    assert sql("SELECT type FROM geometry_columns WHERE f_table_name = 'high'").fetchone() == (kind,)
    back = gba.read_units(url, id="id", table="high").geometry
    assert back.iloc[0].has_z == shapes[0].has_z
    assert back.iloc[0].has_m == shapes[0].has_m
    for given, read in zip(shapes, back, strict=True):
        assert given.normalize().equals_exact(read.geoms[0] if hasattr(read, "geoms") else read, 0) or (
            given.equals(read) and read.has_z
        )


def test_measures_beside_none_and_curves_are_told(url, sql):
    shapes = [from_wkt("POINT M (113 22 5)"), Point(1, 2)]
    layer = gpd.GeoDataFrame({"v": [1, 2]}, index=pd.Index(["a", "b"], name="id"), geometry=shapes, crs=4326)
    with pytest.raises(GeometryError, match="'road' has shapes with measures"):
        gba.export.postgis(url, {"road": layer}, replace=True)
    sql("DROP TABLE IF EXISTS curves")
    sql("CREATE TABLE curves AS SELECT 'a' AS id, ST_GeomFromText('CIRCULARSTRING(0 0,1 1,2 0)', 4326) AS \"Bögen\"")
    with pytest.raises(GeometryError, match="curved shapes in Bögen"):
        gba.read_units(url, id="id", table="curves")
    straight = 'SELECT id, ST_CurveToLine("Bögen") AS shape FROM curves'
    assert gba.read_units(url, id="id", table=straight).geom_type.tolist() == ["LineString"]


def test_an_engine_is_an_address(url):
    engine = create_engine(make_url(url).set(drivername="postgresql+psycopg"))
    gba.export.postgis(engine, {"by engine": CITIES}, replace=True)
    assert len(gba.read_units(engine, id="city", table="by engine")) == 11
    assert len(gba.read_panel(engine, unit="city", table="by engine")) == 11


def test_commands_read_a_database_and_tell_no_password(url):
    gba.export.postgis(url, {"cities of 2019": CITIES}, replace=True)
    base = ["moran", url, "--id", "city", "--column", "gdp_pc_cny", "--inference", "normal", "--format", "csv"]
    done = CliRunner().invoke(main, [*base, "--layer", "cities of 2019"])
    assert done.exit_code == 0, done.output
    w = gba.weights.contiguity(CITIES).row_standardized()
    test = gba.autocorrelation.moran(CITIES["gdp_pc_cny"], w, inference="normal")
    assert float(done.stdout.splitlines()[1].split(",")[1]) == pytest.approx(test.statistic)
    secrets = {postgres.PASSWORD, make_url(url).render_as_string(hide_password=False), "%25rd"}
    wrong = [[*base], [*base, "--layer", "nowhere"], ["moran", url, "--column", "x"], ["map", "cities", "--column", "a",
             "--out", url], ["moran", "cities", "--column", "gdp_pc_cny", "--table", url], [*base, "--encoding", "gbk"],
             [*base, "--layer", "cities of 2019", "--without", "x"], ["export", url, "--out", "a.gpkg"],
             ["report", "--units", url, "--outcome", "x"]]  # fmt: skip
    for words in wrong:
        told = CliRunner().invoke(main, words)
        assert told.exit_code == 2
        assert told.output.startswith("error: ")
        assert not any(secret in told.output for secret in secrets), words[:1]
