"""The main job: every file is there, the page opens without a request, and its numbers are those of the API."""

import json

import geopandas as gpd
import pandas as pd
import pytest
from browser import open_page

import gbaspatial as gba
from gbaspatial.errors import DataError, UnknownNameError, WritingError
from gbaspatial.report import write_report

YEAR = 2019


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    written = write_report(folder, year=YEAR, seed=7)
    return folder, written


def test_every_file_is_there_and_not_empty(out):
    folder, written = out
    assert written[0] == folder / "report.html"
    assert all(path.stat().st_size for path in written)
    there = {path for path in folder.rglob("*") if path.is_file()}
    assert there == set(written)
    kinds = {path.relative_to(folder).parts[0] + path.suffix for path in written}
    assert kinds >= {
        "tables.csv", "tables.tex", "figures.svg", "figures.png", "maps.html", "gba.gpkg.gpkg", "run.json.json",
    }  # fmt: skip


def test_numbers_are_those_of_the_api(out):
    folder, _ = out
    cities = gba.load_cities(year=YEAR)
    w = gba.weights.contiguity(cities, links=YEAR).row_standardized()
    by_year = pd.read_csv(folder / "tables" / "moran_gdp_pc.csv").set_index("year")
    moran = gba.autocorrelation.moran(cities["gdp_pc_cny"], w)
    assert by_year.loc[YEAR, "statistic"] == pytest.approx(moran.statistic)
    assert by_year.loc[YEAR, "p_value"] == pytest.approx(moran.p_value)
    theil = gba.disparity.theil(cities["gdp_cny"], cities["population"], groups=cities["tier"])
    table = pd.read_csv(folder / "tables" / "theil_by_year.csv").set_index("year")
    assert table.loc[YEAR, "between"] == pytest.approx(theil.between)
    fit = gba.models.lag("log(gdp_pc_cny) ~ C(tier)", cities, w)
    models = pd.read_csv(folder / "tables" / "models_tiers.csv").set_index("log(gdp_pc_cny)")
    assert float(models.loc["rho", "Lag"].rstrip("*")) == pytest.approx(fit.rho, abs=1e-4)


def test_the_page_opens_anywhere(out):
    folder, _ = out
    with open_page(folder / "report.html") as page:
        assert page.requests == []
        assert page.errors == []
        text = page.evaluate("document.body.innerText")
        moran = pd.read_csv(folder / "tables" / "moran_gdp_pc.csv").set_index("year").loc[YEAR, "statistic"]
        assert f"{moran:.3f}" in text
        assert "广州市" in text
        assert "Not a map for legal boundaries" in text
        assert page.evaluate("[...document.images].every(i => i.complete && i.naturalWidth > 0)")
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        assert page.evaluate("document.querySelector('iframe').contentDocument.querySelectorAll('path').length") > 10


def test_the_record_says_what_was_run(out):
    folder, _ = out
    record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    assert record["seed"] == 7
    assert record["year"] == YEAR
    assert record["weights"]["4 nearest"][0]["k"] == 4
    assert record["packages"]["numpy"]
    layers = gpd.list_layers(folder / "gba.gpkg")["name"].tolist()
    assert {"cities", "districts", "clusters_gdp_pc"} <= set(layers)
    assert (
        gpd.read_file(folder / "gba.gpkg", layer="cities").set_index("city").loc["Macao", "name_zh"] == "澳门特别行政区"
    )


def test_bad_input_is_told(tmp_path):
    with pytest.raises(UnknownNameError, match="2000 to 2023"):
        write_report(tmp_path, year=1990)
    (tmp_path / "file").write_text("x")
    with pytest.raises(WritingError, match="is a file"):
        write_report(tmp_path / "file")


@pytest.mark.parametrize("stopped", [KeyboardInterrupt, DataError])
def test_a_report_that_is_stopped_leaves_the_old_one(tmp_path, monkeypatch, stopped):
    def stop(_):
        raise stopped

    monkeypatch.setattr("gbaspatial.report.chapters.CHAPTERS", [stop])
    (tmp_path / "report.html").write_text("old")
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(stopped):
        write_report(tmp_path, year=YEAR)
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"report.html": "old", "mine.txt": "mine"}
