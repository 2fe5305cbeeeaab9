"""A real notebook, run by Jupyter: what each cell shows, how often, and how large."""

import nbclient
import nbformat
import pytest

SETUP = """
import warnings; warnings.simplefilter("ignore")
import geopandas as gpd, numpy as np, pandas as pd, gbaspatial as gba
cities = gba.load_cities(year=2019)
w = gba.weights.contiguity(cities, links=2019).row_standardized()
y = np.log(cities["gdp_pc_cny"])
lisa = gba.autocorrelation.local_moran(y, w, rng=1)
fit = gba.models.lag("log(gdp_pc_cny) ~ C(tier)", cities, w)
page = gba.maps.atlas(cities, gba.maps.choropleth("gdp_pc_cny"))
many = gpd.GeoDataFrame(index=pd.RangeIndex(2000, name="id").astype(str), crs=4326,
    geometry=gpd.points_from_xy(113 + np.arange(2000) % 50 / 50, 22 + np.arange(2000) // 50 / 50))
long = gba.autocorrelation.local_g(pd.Series(np.arange(2000.0), many.index, name="x"), gba.weights.nearest(many, k=4),
    inference="randomization")
"""
PICTURES = (
    "lisa.plot(cities)", "gba.figures.map_of(cities, 'gdp_pc_cny')", "w.plot(cities)", "fit.impacts(rng=1).plot()",
    "%matplotlib inline\nlisa.plot(cities)",
)  # fmt: skip
TABLES = ("fit", "fit.summary()", "lisa", "gba.autocorrelation.moran(y, w)", "gba.tables.compare({'lag': fit})", "w")
QUIET = ("ax = lisa.plot(cities)", "shown = gba.figures.map_of(cities, 'gdp_pc_cny')")
GIVEN = (
    "import matplotlib.pyplot as plt\nfigure, ax = plt.subplots()\nax = gba.figures.map_of(cities, 'gdp_pc_cny', ax=ax)"
)


@pytest.fixture(scope="module")
def outputs():
    """What each cell shows: a list of kinds of data by size, for each output."""
    cells = [SETUP, *PICTURES, *TABLES, *QUIET, GIVEN, "page", "long", "plt.get_fignums()"]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    nbclient.NotebookClient(notebook, timeout=300).execute()
    return {cell.source: [dict(one.get("data", {})) for one in cell.outputs] for cell in notebook.cells}


@pytest.mark.slow
def test_a_picture_shows_itself_once_and_a_kept_one_not_at_all(outputs):
    for cell in PICTURES:
        (one,) = outputs[cell]
        assert len(one["image/png"]) > 5_000, cell
        assert "text/html" not in one
    for cell in QUIET:
        assert outputs[cell] == [], cell
    (drawn,) = outputs[GIVEN]  # pyplot's own figure is shown by pyplot
    assert "image/png" in drawn
    assert outputs["plt.get_fignums()"][0]["text/plain"] == "[]"


@pytest.mark.slow
def test_a_result_shows_one_table_that_looks_the_same_elsewhere(outputs):
    for cell in TABLES:
        (one,) = outputs[cell]
        assert set(one) == {"text/plain", "text/html"}, cell
        assert "<table" in one["text/html"]
        assert "style=" in one["text/html"]


@pytest.mark.slow
def test_an_atlas_is_one_page_and_one_line(outputs):
    (one,) = outputs["page"]
    assert one["text/html"].count("<iframe") == 1
    assert one["text/plain"].startswith("<Atlas: 11 units")
    assert len(one["text/plain"]) < 120


@pytest.mark.slow
def test_a_result_of_two_thousand_units_stays_small(outputs):
    (one,) = outputs["long"]
    assert len(one["text/html"]) < 60_000
    assert one["text/plain"].count("\n") < 60
