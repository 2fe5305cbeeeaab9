"""Frames of GeoPandas, pandas and DuckDB, and folders of Parquet files, are read as files are."""

import geopandas as gpd
import pandas as pd
import pytest

import gbaspatial as gba
from gbaspatial.errors import CRSError, DataError, FileFormatError, MissingFileError, OptionError, UnknownNameError

CITIES = gba.load_cities(year=2019)


def as_wkb(frame=CITIES):
    return pd.DataFrame(frame.drop(columns="geometry")).assign(geometry=frame.geometry.to_wkb())


@pytest.mark.parametrize("given", [CITIES, CITIES.reset_index(), as_wkb(), as_wkb().reset_index()])
def test_units_come_from_frames(given):
    before = given.copy(deep=True)
    known = isinstance(given, gpd.GeoDataFrame)
    units = gba.read_units(given, id="city", crs=None if known else "EPSG:4326")
    assert units.index.tolist() == CITIES.index.tolist()
    assert units.crs == CITIES.crs
    assert units.geometry.geom_equals(CITIES.geometry).all()
    pd.testing.assert_frame_equal(pd.DataFrame(given), pd.DataFrame(before))


def test_units_and_panels_come_from_duckdb():
    duckdb = pytest.importorskip("duckdb")
    cities = as_wkb().reset_index()
    relation = duckdb.sql("SELECT city, adcode, gdp_pc_cny, geometry FROM cities WHERE gdp_pc_cny > 1e5")
    units = gba.read_units(relation, id="city", crs="EPSG:4326")
    assert set(units.index) == set(CITIES.index[CITIES["gdp_pc_cny"] > 1e5])
    assert len(cities) == 11
    flat = gba.load_panel(variables="gdp_cny", years=[2019, 2020]).reset_index()
    panel = gba.read_panel(duckdb.sql("SELECT * FROM flat WHERE city = 'Macao'"), unit="city", time="year")
    assert panel["gdp_cny"].tolist() == flat.loc[flat["city"] == "Macao", "gdp_cny"].tolist()


@pytest.mark.parametrize("partitioned", [False, True])
def test_a_folder_of_parquet_files_is_one_layer(tmp_path, partitioned):
    for side, part in CITIES.groupby("side"):
        folder = tmp_path / (f"side={side}" if partitioned else "")
        folder.mkdir(exist_ok=True)
        part = part.drop(columns="side") if partitioned else part
        gba.export.geoparquet(folder / f"{side}.parquet", part)
    (tmp_path / "_SUCCESS").touch()
    flat = tmp_path
    for file in flat.rglob("*.parquet"):  # ids as a column, as others write them
        gpd.read_parquet(file).reset_index().to_parquet(file)
    units = gba.read_units(tmp_path, id="city")
    assert units.loc[CITIES.index, "adcode"].tolist() == CITIES["adcode"].tolist()
    assert units.loc["Macao", "side"] == CITIES.loc["Macao", "side"]
    assert gba.read_panel(tmp_path, unit="city").loc["Macao", "tier"] == CITIES.loc["Macao", "tier"]


def test_what_does_not_fit_together_is_said(tmp_path):
    gba.export.geoparquet(tmp_path / "a.parquet", CITIES.iloc[:5].reset_index())
    gba.export.geoparquet(tmp_path / "b.parquet", CITIES.iloc[5:].reset_index().to_crs(4547))
    with pytest.raises(CRSError, match="several coordinate reference systems"):
        gba.read_units(tmp_path, id="city")
    gba.export.geoparquet(tmp_path / "b.parquet", CITIES.iloc[5:][["tier", "geometry"]].reset_index())
    with pytest.raises(FileFormatError, match="different columns, such as b.parquet"):
        gba.read_units(tmp_path, id="city")
    (tmp_path / "empty").mkdir()
    with pytest.raises(MissingFileError, match="is a folder"):
        gba.read_units(tmp_path / "empty", id="city")


@pytest.mark.parametrize(
    ("act", "error", "words"),
    [
        (lambda: gba.read_units(as_wkb(), id="city"), CRSError, "the frame does not say its CRS"),
        (lambda: gba.read_units(CITIES, id="citi"), UnknownNameError, "the frame has no column 'citi'"),
        (lambda: gba.read_units(CITIES, id="city", layer="x"), OptionError, "layer= would not be used"),
        (lambda: gba.read_units("a.gpkg", id="city", table="x"), OptionError, "table= would not be used"),
        (lambda: gba.read_units(pd.DataFrame({"city": ["a"]}), id="city"), FileFormatError, "without geometry"),
        (lambda: gba.read_panel(CITIES, unit="city", sheet="x"), OptionError, "sheet= would not be used"),
        (lambda: gba.read_panel(CITIES.assign(city=1), unit="city"), DataError, "both called city"),
        (lambda: gba.read_panel(5, unit="city"), OptionError, "must be the path of a file"),
    ],
)
def test_what_is_no_frame_of_units_is_said(act, error, words):
    with pytest.raises(error, match=words):
        act()


def test_durations_and_periods_are_no_numbers():
    days = pd.to_timedelta(["1 day", None, "2 days"])
    frame = pd.DataFrame({
        "id": list("abc"), "span": days, "mixed": [*days.to_pytimedelta()[:1], None, days[2]],
        "year": pd.period_range("2019", periods=3, freq="Y"), "bin": pd.interval_range(0, 3), "v": [1, 2, 3],
    })  # fmt: skip
    back = gba.read_panel(frame, unit="id")
    assert back["v"].tolist() == [1, 2, 3]
    assert back["span"].dropna().tolist() == [days[0], days[2]]
    assert back["mixed"].dropna().tolist() == [days[0], days[2]]
    assert back["year"].tolist() == frame["year"].tolist()
    assert back["bin"].tolist() == frame["bin"].tolist()
