"""Pictures of autocorrelation show the numbers of the result, in the colors and words of its classes."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex

import gbaspatial as gba
from gbaspatial.errors import AlignmentError, OptionError
from gbaspatial.figures import fonts, spatial_tests as pictures
from gbaspatial.figures.palette import CLUSTERS, ISOLATE

CITIES = gba.load_cities(year=2019)
W = gba.weights.contiguity(CITIES, links=2019).row_standardized()
Y = np.log(CITIES["gdp_pc_cny"]).rename("log GDP per capita")


@pytest.fixture(autouse=True)
def _closed():
    yield
    plt.close("all")


def written(ax) -> str:
    return " ".join(text.get_text() for text in ax.figure.findobj(plt.Text))


def test_correlogram_shows_statistic_band_and_significance():
    result = gba.autocorrelation.correlogram(Y, W, orders=2, inference="permutation", rng=1)
    ax = result.plot()
    line = next(part for part in ax.lines if len(part.get_ydata()) == 2 and part.get_linestyle() == "-")
    np.testing.assert_allclose(line.get_ydata(), result.table["statistic"])
    band = ax.collections[0].get_paths()[0].vertices[:, 1]
    assert band.min() == pytest.approx(result.table["lower"].min())
    assert band.max() == pytest.approx(result.table["upper"].max())
    assert "95 % of random orders" in written(ax)
    assert ax.get_xlabel() == "order of neighbors"
    near = gba.autocorrelation.correlogram_by_distance(Y, CITIES, breaks_km=3, inference="permutation", rng=1)
    assert near.plot().get_xlabel() == "distance (km)"


def test_year_line_writes_every_p_value():
    panel = gba.load_panel(variables="population", years=range(2015, 2020))["population"]
    result = gba.autocorrelation.moran_by(panel, W, inference="permutation", draws=199, rng=1)
    ax = result.plot()
    told = [text.get_text() for text in ax.texts]
    assert told == [f"{p:.3f}".lstrip("0") if p < 1 else "1" for p in result.table["p_value"]]
    assert "population" in ax.get_title()


def test_rose_has_a_bar_for_every_sector_and_needs_polar_axes():
    first = Y + np.random.default_rng(0).normal(size=len(Y))
    result = gba.disparity.directional_lisa(first.rename("x"), Y, W, sectors=8, draws=99, rng=1)
    ax = result.plot()
    heights = [bar.get_height() for bar in ax.patches]
    assert heights == result.counts["count"].tolist()
    with pytest.raises(OptionError, match="polar"):
        result.plot(ax=plt.subplots()[1])


def test_power_curve_marks_the_smallest_rho_detected():
    result = gba.inference.power("moran", gba.weights.contiguity(CITIES).row_standardized())
    ax = result.plot()
    assert f"{result.detectable:.2f}" in written(ax)
    np.testing.assert_allclose(ax.lines[0].get_ydata(), result.curve)


def colors_of(ax) -> list[str]:
    return [to_hex(color) for color in ax.collections[0].get_facecolor()]


def test_cluster_map_has_the_colors_of_the_classes_in_the_order_of_units():
    result = gba.autocorrelation.local_moran(Y, W, alpha=0.3)
    shuffled = CITIES.sample(frac=1, random_state=1)
    ax = pictures.cluster_map(result, shuffled, title="LISA")
    parts = [CLUSTERS[c].color.lower() for c in result.cluster]
    assert colors_of(ax) == parts
    assert {t.get_text() for t in ax.get_legend().get_texts()} == {CLUSTERS[c].english for c in result.cluster}
    assert ax.get_title() == "LISA"
    with pytest.raises(AlignmentError, match="Macao"):
        pictures.cluster_map(result, CITIES.drop("Macao"))


def test_significance_map_shows_p_and_isolates():
    frame = W.to_frame()
    lonely = gba.weights.from_pairs(frame[(frame["focal"] != "Macao") & (frame["neighbor"] != "Macao")], ids=W.ids)
    result = gba.autocorrelation.local_moran(Y, lonely)
    ax = pictures.significance_map(result, CITIES)
    assert colors_of(ax)[result.p_value.index.get_loc("Macao")] == ISOLATE.color.lower()
    adjusted = pictures.significance_map(result, CITIES, adjusted=True)
    want = [pictures.significance_of(p).color.lower() for p in result.p_adjusted]
    assert colors_of(adjusted) == want


def test_legends_fall_back_to_english_without_a_chinese_font(monkeypatch):
    result = gba.autocorrelation.local_moran(Y, W)
    monkeypatch.setattr(fonts, "chinese_font", lambda: None)
    ax = pictures.cluster_map(result, CITIES, language="zh")
    assert {t.get_text() for t in ax.get_legend().get_texts()} <= {s.english for s in CLUSTERS.values()}
    with pytest.raises(OptionError, match="language='fr'"):
        pictures.cluster_map(result, CITIES, language="fr")


@pytest.mark.skipif(fonts.chinese_font() is None, reason="no font with Chinese characters is installed")
def test_legends_in_chinese():
    ax = pictures.cluster_map(gba.autocorrelation.local_moran(Y, W), CITIES, language="zh")
    assert "不显著" in written(ax)


def test_patterns_are_text_and_pictures_accept_axes():
    ax = plt.subplots()[1]
    result = gba.autocorrelation.correlogram(Y, W, orders=1, inference="randomization")
    assert result.plot(ax=ax) is ax
    assert isinstance(result.table, pd.DataFrame)
