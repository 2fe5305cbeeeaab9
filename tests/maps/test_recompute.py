"""What the page computes anew agrees with Python: clusters at any level, classes of a year; the address keeps it."""

import base64
import io
import re
from xml.etree import ElementTree as ET

import browser
import numpy as np
import pandas as pd
import pytest
from small_world import HOSTILE, grid_of

import gbaspatial as gba
from gbaspatial import maps
from gbaspatial.figures.classes import classify
from gbaspatial.figures.palette import CLUSTERS

DISTRICTS = gba.load_districts()
CITIES = gba.load_cities(year=2019)


@pytest.fixture(scope="module")
def lisa():
    w = gba.weights.contiguity(DISTRICTS).row_standardized()
    density = np.log(DISTRICTS["population"] / DISTRICTS["area_km2"]).rename("density")
    return gba.autocorrelation.local_moran(density, w, rng=1)


@pytest.fixture(scope="module")
def clusters(tmp_path_factory, lisa):
    made = maps.atlas(DISTRICTS, maps.clusters(lisa), context=False)
    with browser.open_page(made.save(tmp_path_factory.mktemp("lisa") / "map.html")) as opened:
        yield opened
        assert (opened.requests, opened.errors) == ([], [])


@pytest.mark.parametrize("adjusted", [False, True])
@pytest.mark.parametrize("level", [0.001, 0.01, 0.05, 0.1])
def test_clusters_at_any_level_are_those_of_python(clusters, lisa, level, adjusted):
    clusters.evaluate(f"gbaAtlas.first().turn('adjusted', {str(adjusted).lower()})")
    clusters.evaluate(f"gbaAtlas.first().turn('level', {level})")
    drawn = clusters.evaluate("gbaAtlas.first().sets[0].layers.map(l => l.legendRow[0][l.legendRow[1]][1])")
    expected = lisa.clusters(level, adjusted=adjusted)
    assert drawn == [CLUSTERS[name].english for name in expected]
    rows = clusters.evaluate(
        "[...document.querySelectorAll('.gba-legend .gba-row')]"
        ".map(r => [...r.children].slice(1).map(c => c.textContent))"
    )
    counts = expected.value_counts()
    assert {text.split(" ")[0]: int(count) for text, count in rows if text.startswith("High-High")} == {
        "High-High": counts.get("HH", 0)
    }
    colored = {name for name, p in zip(expected, lisa.p_adjusted if adjusted else lisa.p_value) if p > level}
    assert colored <= {"not significant"}


def test_the_level_is_chosen_by_hand_and_told(clusters):
    clusters.evaluate("gbaAtlas.first().turn('adjusted', false); gbaAtlas.first().speak('en')")
    clusters.evaluate("(s => { s.value = '0.01'; s.onchange(); })(document.querySelector('select[id$=\"-level\"]'))")
    assert clusters.evaluate("gbaAtlas.first().level") == 0.01
    assert "p ≤ 0.01." in clusters.evaluate("document.querySelector('.gba-live').textContent")


def test_classes_of_each_year_are_those_of_that_year_alone(tmp_path):
    panel = gba.load_panel(variables="gdp_pc_cny")
    made = maps.atlas(CITIES, maps.choropleth("gdp_pc_cny", panel=panel, k=4))
    with browser.open_page(made.save(tmp_path / "map.html")) as page:
        page.evaluate("gbaAtlas.first().turn('ownClasses', true)")
        for year in (2000, 2012, 2023):
            page.evaluate(f"gbaAtlas.first().chooseYear({year})")
            values = panel["gdp_pc_cny"].xs(year, level="year").reindex(CITIES.index)
            classes = classify(values, k=4)
            drawn = page.evaluate(
                "gbaAtlas.first().sets[0].layers.map(l => l.legendRow[0][l.legendRow[1]].slice(0, 2))"
            )
            assert drawn == [[classes.colors[c], classes.labels[c]] for c in classes.codes(values)]
        page.evaluate("gbaAtlas.first().turn('ownClasses', false)")
        labels = page.evaluate("gbaAtlas.first().sets[0].layers.map(l => l.legendRow[0][l.legendRow[1]][1])")
        fixed = classify(panel["gdp_pc_cny"], k=4)
        assert labels == [fixed.labels[c] for c in fixed.codes(values)]


def test_own_breaks_have_no_switch():
    panel = gba.load_panel(variables="gdp_pc_cny")
    assert "own" not in maps.choropleth("gdp_pc_cny", panel=panel, scheme=[50_000, 100_000]).payload(CITIES)


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    panel = gba.load_panel(variables=["gdp_pc_cny", "patents_per_10k"])
    flows = pd.DataFrame({"giver": ["Shenzhen", "Macao", "Foshan"], "receiver": ["Macao", "Zhuhai", "Shenzhen"],
                          "value": [1.0, 2.0, 4.0]})  # fmt: skip
    layers = [
        maps.choropleth("gdp_pc_cny", panel=panel),
        maps.choropleth("patents_per_10k", panel=panel),
        maps.flows(flows),
    ]
    return maps.atlas(CITIES, layers, title=("The bay", "大湾区")).save(tmp_path_factory.mktemp("address") / "map.html")


def test_a_copied_address_brings_back_what_was_seen(path):
    steps = """
      (a => { a.chooseFill(a.data.fills[1]); a.chooseYear(2010); a.speak('en'); a.turn('theme', 'dark'); a.choose(3);
        a.turn('ownClasses', true); a.show(a.overlays[0], false); a.note = 'see #3 & <b>this</b>';
        document.querySelectorAll('.gba-bar button')[5].click();
        a.map.setView([22.5, 113.5], 9, {animate: false}); })(gbaAtlas.first())
    """
    state = """
      (a => [a.fill.label[0], a.year, a.language, a.theme, [...a.chosen], a.ownClasses, a.overlays.map(o => o.shown),
        a.note, a.compare && [a.compare.fill.label[0], a.compare.year], a.map.getZoom(),
        a.map.getCenter().lat.toFixed(3)])(gbaAtlas.first())
    """
    with browser.open_page(path) as page:
        page.evaluate(steps)
        page.wait(0.6)
        before, address = page.evaluate(state), page.evaluate("location.hash")
        assert "layer=" in address
        assert "year=2010" in address
        page.command("Page.navigate", url="about:blank")
        page.wait(0.2)
        page.command("Page.navigate", url=path.resolve().as_uri() + address)
        page.wait(1.0)
        assert page.evaluate(state) == before
        assert page.errors == []


@pytest.mark.parametrize("name", HOSTILE)
def test_an_address_runs_nothing_and_what_it_does_not_know_it_passes_over(path, name):
    from urllib.parse import quote

    with browser.open_page(path, settle=0.1) as page:
        page.command("Page.navigate", url="about:blank")
        fields = "&".join(
            f"{key}={quote(name)}" for key in ("layer", "year", "note", "unit", "view", "with", "lang", "tab")
        )
        page.command("Page.navigate", url=path.resolve().as_uri() + "#tab=describe&" + fields)
        page.wait(0.6)
        page.evaluate("document.querySelectorAll('.gba-bar button')[4].click()")
        assert (page.dialogs, page.errors) == ([], [])
        assert page.evaluate("gbaAtlas.first().fill.label[0]") == "GDP per capita"
        assert page.evaluate("gbaAtlas.first().note") == name


def test_flows_obey_size_and_direction(path):
    with browser.open_page(path) as page:
        page.evaluate("gbaAtlas.first().show(gbaAtlas.first().overlays[0], true)")
        shown = "gbaAtlas.first().overlays[0].arrows.length"
        assert page.evaluate(shown) == 3
        page.evaluate("(r => { r.value = 1; r.oninput(); })(document.querySelector('input[id$=\"-least0\"]'))")
        assert page.evaluate(shown) == 2
        at = list(CITIES.index).index("Shenzhen")
        page.evaluate(f"gbaAtlas.first().choose({at})")
        for way, expected in (("gives", 0), ("receives", 1), ("all", 2)):
            page.evaluate(
                f"(s => {{ s.value = '{way}'; s.onchange(); }})(document.querySelector('select[id$=\"-way0\"]'))"
            )
            assert page.evaluate(shown) == expected, way
        assert page.errors == []


def test_two_maps_move_together_and_show_their_own_years(path):
    with browser.open_page(path) as page:
        page.evaluate("document.querySelectorAll('.gba-bar button')[5].click()")
        page.evaluate("void gbaAtlas.first().map.setView([22.6, 113.2], 9, {animate: false})")
        apart = "(a => [a.map, a.compare.map].map(m => m.latLngToContainerPoint([22.6, 113.2])))(gbaAtlas.first())"
        one, other = ([p["x"], p["y"]] for p in page.evaluate(apart))
        assert one == pytest.approx(other, abs=1.5)
        colors = page.evaluate(
            "(a => [a.sets[0], a.compare.set].map(s => s.layers.map(l => l.options.fillColor)))(gbaAtlas.first())"
        )
        panel = gba.load_panel(variables="gdp_pc_cny")["gdp_pc_cny"]
        classes = classify(panel)
        for drawn, year in zip(colors, (2023, 2000), strict=True):
            assert drawn == [
                classes.colors[c] for c in classes.codes(panel.xs(year, level="year").reindex(CITIES.index))
            ]
        left = page.evaluate("document.querySelector('.gba-swipe').getBoundingClientRect().x")
        page.evaluate("(r => { r.value = 80; r.oninput(); })(document.querySelector('.gba-swipe-range'))")
        assert page.evaluate("document.querySelector('.gba-swipe').getBoundingClientRect().x") > left + 200
        page.evaluate(
            "(s => { s.value = 'side'; s.onchange(); })(document.querySelector('.gba-compare-controls > select'))"
        )
        place = """
          (a => {
            const p = [a.map, a.compare.map].map(m => m.latLngToContainerPoint([22.6, 113.2]));
            return [p[1].x - p[0].x, p[1].y - p[0].y];
          })(gbaAtlas.first())"""
        assert page.evaluate(place) == pytest.approx([0, 0], abs=3)  # but for the border between
        page.evaluate("document.querySelectorAll('.gba-bar button')[5].click()")
        assert page.evaluate("document.querySelectorAll('.gba-compare, .gba-swipe').length") == 0
        assert (page.requests, page.errors) == ([], [])


def test_the_drawing_is_svg_with_the_same_colors_names_and_sources(path):
    from PIL import Image

    with browser.open_page(path) as page:
        page.evaluate("gbaAtlas.first().speak('both')")
        text = page.evaluate("gbaAtlas.drawing()")
        picture = Image.open(io.BytesIO(base64.b64decode(page.evaluate("gbaAtlas.picture(1)").split(",")[1]))).convert(
            "RGB"
        )
        page.evaluate("gbaAtlas.first().turn('patterned', true)")
        patterned = page.evaluate("gbaAtlas.drawing()")
    tree = ET.fromstring(text)
    words = [each.text for each in tree.iter("{http://www.w3.org/2000/svg}text")]
    assert "The bay 大湾区, 2023" in words
    assert any("Tianditu" in each for each in words)
    assert any("Guangzhou" in each for each in words)
    fills = {each.get("fill") for each in tree.iter("{http://www.w3.org/2000/svg}path")}
    panel = gba.load_panel(variables="gdp_pc_cny")["gdp_pc_cny"]
    classes = classify(panel)
    shown = {classes.colors[c] for c in classes.codes(panel.xs(2023, level="year"))}
    assert shown <= fills
    assert {tuple(bytes.fromhex(c[1:])) for c in shown} <= {color for _, color in picture.getcolors(2**24)}
    assert "<script" not in text
    assert len(re.findall(r"<pattern ", patterned)) >= 2


def test_hostile_names_stay_text_in_the_drawing(tmp_path):
    units = grid_of(2, 4, index=list(HOSTILE))
    with browser.open_page(maps.atlas(units, maps.choropleth("x"), title=HOSTILE[0]).save(tmp_path / "m.html")) as page:
        tree = ET.fromstring(page.evaluate("gbaAtlas.drawing()"))
    tags = {each.tag.rpartition("}")[2] for each in tree.iter()}
    assert tags <= {"svg", "defs", "pattern", "rect", "path", "text"}
    assert any(HOSTILE[0] in (each.text or "") for each in tree.iter())


def test_an_address_changed_in_the_open_page_is_followed_and_the_way_back_too(path):
    """A bookmark of the page that is open loads nothing anew."""
    state = """
      (a => [a.fill.label[0], a.year, a.language, a.theme, a.note, [...a.chosen], a.compare && a.compare.year,
        Boolean(a.multiples), a.drawer.hidden, a.overlays.map(o => o.shown)])(gbaAtlas.first())
    """
    with browser.open_page(path, settle=0.1) as page:
        page.evaluate("""
          (a => { a.chooseYear(2010); a.speak('zh'); a.turn('theme', 'dark'); a.choose(3); a.turn('note', '看');
            a.show(a.overlays[0], false); a.buttons.compare.click(); })(gbaAtlas.first())
        """)
        page.wait(0.5)
        before = page.evaluate(state)
        page.evaluate("location.hash = '#year=2005&lang=en&note=hi&multiples=years'")
        page.wait(0.5)
        wanted = [before[0], 2005, "en", "auto", "hi", [], None, True, True, [True]]
        assert page.evaluate(state) == wanted
        page.evaluate("location.hash = '#a-chapter-of-a-page-around-the-map'")
        page.wait(0.3)
        assert page.evaluate(state) == wanted
        page.evaluate("history.go(-2)")
        page.wait(0.5)
        assert page.evaluate(state) == before
        assert page.errors == []


@pytest.mark.parametrize("part", ["with=map,2000", "with=length", "with=,2000", "with=99", "view=,,"])
def test_a_broken_address_leaves_the_page_whole(path, part):
    with browser.open_page(path, settle=0.1) as page:
        home = page.evaluate("gbaAtlas.first().map.getZoom()")
        page.reload(part)
        assert page.evaluate("(a => [a.compare, a.map.getZoom()])(gbaAtlas.first())") == [None, home]
        assert page.errors == []


@pytest.mark.parametrize("tab", ["units", "lines", "describe"])
def test_scale_and_sources_stand_above_the_table_that_an_address_opens(path, tab):
    gap = """
      ['.leaflet-control-attribution', '.gba-slider', '.gba-north'].map(name =>
        document.querySelector('.gba-drawer').getBoundingClientRect().top
        - document.querySelector(name).getBoundingClientRect().bottom)
    """
    with browser.open_page(path, settle=0.1) as page:
        page.reload(f"tab={tab}")
        assert min(page.evaluate(gap)) >= -1
        page.click("[id$='-tab-units']")  # a page of another height
        assert min(page.evaluate(gap)) >= -1
