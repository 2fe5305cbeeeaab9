"""The figure of an atlas shows the classes, colors and counts that its page shows."""

import matplotlib as mpl
import numpy as np
import pytest
from small_world import grid_of

import gbaspatial as gba
from gbaspatial import maps
from gbaspatial.errors import FileFormatError, OptionError
from gbaspatial.maps.still import still

CITIES = gba.load_cities(year=2019)


def drawn(page, **options):
    told = {"layer": 0, "year": None, "language": "en", **options}
    return still(page._payload, page._sets.frames, page._sets.given, *told.values())


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
        assert sum(int(text.rpartition("(")[2][:-1]) for text in texts) == 11
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
