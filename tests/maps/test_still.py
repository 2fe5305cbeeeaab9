"""The figure of an atlas shows the classes, colors and counts that its page shows."""

import warnings

import geopandas as gpd
import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from shapely import Point
from small_world import grid_of

import gbaspatial as gba
from gbaspatial import maps
from gbaspatial.errors import FileFormatError, GbaWarning, OptionError
from gbaspatial.maps.still import still

CITIES = gba.load_cities(year=2019)


def drawn(page, **options):
    told = {"layer": 0, "year": None, "language": "en", **options}
    return still(page._payload, page._sets.frames, *told.values())


def test_colors_counts_and_year_are_those_of_the_page():
    panel = gba.load_panel(variables="gdp_pc_cny")
    w = gba.weights.contiguity(CITIES)
    page = maps.atlas(CITIES, [maps.choropleth("gdp_pc_cny", panel=panel), maps.links(w)], title=("Bay", "湾区"))
    fill = page._payload["fills"][0]
    for year in (2000, 2023):
        ax = drawn(page, year=year)
        at = fill["years"].index(year)
        wanted = [fill["legend"][ord(letter) - 97][0] for letter in fill["codes"][at]]
        units = max((c for c in ax.collections if len(c.get_facecolor()) == len(CITIES)), key=lambda c: c.zorder)
        assert [mpl.colors.to_hex(c) for c in units.get_facecolor()] == [c.lower() for c in wanted]
        texts = [text.get_text() for text in ax.get_legend().get_texts()]
        assert (
            sum(int(text.rpartition("(")[2][:-1]) for text in texts if text.endswith(")") and text[-2].isdigit()) == 11
        )
        assert ax.get_title("left") == f"Bay: GDP per capita, {year}"
        assert "Tianditu" in ax.get_xlabel()
    assert drawn(page, language="zh").get_title("left").startswith("湾区")


def test_a_picture_is_written_without_a_browser(tmp_path):
    page = maps.atlas(grid_of(3, 3), maps.choropleth("x"), context=False)
    assert page.to_png(tmp_path / "a.png", dpi=60).read_bytes()[:4] == b"\x89PNG"
    assert page.to_png(tmp_path / "a.svg").read_bytes()[:5] == b"<?xml"
    assert maps.atlas(grid_of(2, 2)).to_png(tmp_path / "outlines.png", dpi=40).is_file()


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"layer": 3}, OptionError, "layer=3"),
        ({"year": 1999}, OptionError, "has no years"),
        ({"language": "fr"}, OptionError, "language='fr'"),
    ],
)
def test_what_is_not_on_the_page_is_said(tmp_path, options, error, words):
    page = maps.atlas(grid_of(2, 2), maps.choropleth("x"))
    with pytest.raises(error, match=words):
        page.to_png(tmp_path / "x.png", **options)
    with pytest.raises(FileFormatError, match=r"end it in \.png"):
        page.to_png(tmp_path / "x")
    assert np.array(list(tmp_path.iterdir())).size == 0


def legend_of(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


def test_north_flows_points_and_sources_are_told_in_the_language_of_the_picture():
    pairs = pd.DataFrame(
        {
            "giver": ["Shenzhen", "Macao", "Foshan"],
            "receiver": ["Huizhou", "Zhuhai", "Guangzhou"],
            "value": [4.0, -1, 2],
        }
    )
    places = gpd.GeoDataFrame(index=["HKG"], geometry=[Point(113.9, 22.3)], crs=4326)
    layers = [maps.choropleth("tier"), maps.points(places, label=("Airports", "机场")), maps.flows(pairs, top=2)]
    page = maps.atlas(CITIES, layers, title=("Bay", "湾区"), source=("Own survey", "自有调查"))
    ax = drawn(page)
    told = legend_of(ax)
    for words in ("Airports  (1)", "Flows (the largest 2 of 3)", "4 (largest)", "2 (least drawn)"):
        assert words in told
    assert "negative" not in told  # that flow is not among those drawn
    assert len([patch for patch in ax.patches if hasattr(patch, "get_connectionstyle")]) == 2
    assert "N" in [text.get_text() for text in ax.texts]
    assert ax.get_xlabel().startswith("Own survey · Boundaries from")
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        ax = drawn(page, language="zh")
    if not any("lettered in English" in str(each.message) for each in said):
        assert {"机场  (1)", "溢出流 (3 条中最大的 2 条)", "4 (最大)"} <= set(legend_of(ax))
        assert "自有调查 · 界线" in ax.get_xlabel().replace("\n", "")
        assert ax.get_xlabel().replace("\n", "").endswith("非法定界线地图")


def test_tiled_units_and_many_points_are_squares_above_or_below_as_on_the_page():
    units = grid_of(20, 20)
    frame = gpd.GeoDataFrame({"y": [1.0]}, index=["frame"], geometry=[units.union_all()], crs=4326)
    tiled, fill = maps.tiled(units, maps.choropleth("x"), archive="a.pmtiles"), maps.choropleth("y", scheme=[2.0])
    for layers, above in (([fill, tiled], True), ([tiled, fill], False)):
        ax = drawn(maps.atlas(frame, layers, context=False))
        squares = next(each for each in ax.collections if len(each.get_facecolor()) > 400)
        assert (squares.get_zorder() > 2) is above
        assert "x" in legend_of(ax)
    rng = np.random.default_rng(1)
    many = gpd.GeoDataFrame(geometry=gpd.points_from_xy(*(10 + rng.random((2, 6000)))), crs=4326)
    told = legend_of(drawn(maps.atlas(frame, [fill, maps.points(many)], context=False)))
    assert any("6,000 points, counted in squares" in words for words in told)


def test_a_graph_that_the_page_holds_back_is_held_back():
    units = grid_of(15, 15)
    w = gba.weights.contiguity(units)
    ax = drawn(maps.atlas(units, [maps.choropleth("x"), maps.links(w)], context=False))
    assert not any("Weights graph" in words for words in legend_of(ax))
    assert any("Weights graph" in words for words in legend_of(drawn(maps.atlas(units, maps.links(w), context=False))))


def test_letters_that_no_font_has_are_told_once_for_a_picture(tmp_path):
    """Emoji in names: matplotlib tells every letter whenever it measures a text."""
    units = grid_of(2, 2).assign(name_en=["\U0001f3d9 City", "\U0001f3dd", "c", "\U0001f3dd d"])
    page = maps.atlas(units, maps.choropleth("x"), context=False)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        page.to_png(tmp_path / "emoji.png", dpi=40)
    assert [each.category for each in told] == [GbaWarning]
    assert told[0].filename == __file__
    for letter in "\U0001f3d9\U0001f3dd":
        assert str(told[0].message).count(letter) == 1
