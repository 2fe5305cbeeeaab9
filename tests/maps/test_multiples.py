"""Second maps of a page: small multiples joined in view and selection, and the chooser of two W in a comparison."""

import io
from xml.etree import ElementTree as ET

import browser
import numpy as np
import pandas as pd
import pytest
from small_world import grid_of

import gbaspatial as gba
from gbaspatial import maps
from gbaspatial.figures.classes import classify

CITIES = gba.load_cities(year=2019)
PANEL = gba.load_panel(variables=["gdp_pc_cny", "patents_per_10k"])
CELLS = """
gbaAtlas.first().multiples.panels.map(p => [p.caption.textContent, p.view.set.layers.map(l => l.options.fillColor)])
"""
MET = """
(() => {
  const boxOf = node => node.getBoundingClientRect(), box = boxOf(document.querySelector('.gba-multiples'));
  const meet = b => b.width && b.left < box.right && b.right > box.left && b.top < box.bottom && b.bottom > box.top;
  const others = document.querySelectorAll('.gba-title, .gba-bar, .gba-panel, .gba-slider, .gba-multiples-controls');
  return [...others].filter(node => meet(boxOf(node))).map(node => node.className);
})()
"""
LEAST = """
Math.min(...[...document.querySelectorAll('.gba-panel-map')].map(b => Math.min(b.clientWidth, b.clientHeight)))
"""
CUT = """
(() => {
  const at = document.querySelector('.gba-swipe').getBoundingClientRect().left + 1.5;
  const shown = [...document.querySelectorAll('.gba-name span')].filter(s => s.style.visibility === 'visible');
  const boxes = shown.map(s => s.getBoundingClientRect()), count = test => boxes.filter(test).length;
  return [count(b => b.left < at && b.right > at), count(b => b.left > at), count(b => b.right < at)];
})()
"""


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    near = gba.weights.nearest(CITIES, k=2)
    layers = [
        maps.choropleth("gdp_pc_cny", panel=PANEL),
        maps.choropleth("patents_per_10k", panel=PANEL),
        maps.choropleth("side"),
        maps.links(gba.weights.by_year(CITIES, years=range(2015, 2020)), label="By year"),
        maps.links(near, label="Two nearest"),
    ]
    return maps.atlas(CITIES, layers, title="Bay").save(tmp_path_factory.mktemp("multiples") / "map.html")


@pytest.fixture
def page(path):
    with browser.open_page(path, size=(1200, 800), settle=0.1) as opened:
        yield opened
        assert (opened.requests, opened.errors) == ([], [])


def open_multiples(page):
    page.evaluate("gbaAtlas.first().buttons.multiples.click()")


def test_each_year_has_a_panel_in_the_classes_of_all_years(page):
    page.evaluate("gbaAtlas.first().turn('ownClasses', true)")  # which panels side by side must not follow
    open_multiples(page)
    cells = page.evaluate(CELLS)
    years = [int(caption) for caption, _ in cells]
    known = sorted(PANEL.index.unique(level="year"))
    assert years[0] == known[0]
    assert years[-1] == known[-1]
    assert 6 <= len(years) == len(set(years)) <= 12
    classes = classify(PANEL["gdp_pc_cny"])
    for year, (_, drawn) in zip(years, cells, strict=True):
        values = PANEL["gdp_pc_cny"].xs(year, level="year").reindex(CITIES.index)
        assert drawn == [classes.colors[code] for code in classes.codes(values)]
    assert f"{len(years)} of {len(known)}" in page.evaluate("gbaAtlas.first().multiples.controls.textContent")


def test_panels_of_layers_carry_their_legends_and_follow_the_year(page):
    open_multiples(page)
    page.evaluate("(s => { s.value = 'layers'; s.onchange(); })(document.querySelector('select[id$=\"-multiples\"]'))")
    page.evaluate("gbaAtlas.first().speak('en'); gbaAtlas.first().chooseYear(2010)")
    told = page.evaluate(
        "[...document.querySelectorAll('.gba-cell')].map(c => [c.children[0].textContent, c.children[2].textContent])"
    )
    assert [caption for caption, _ in told] == [
        "GDP per capita 2010",
        "Patents granted per 10,000 persons 2010",
        "Side of the border",
    ]
    assert all(legend for _, legend in told)
    assert "Hong Kong" in told[2][1]


def test_panels_move_together_and_choose_together(page):
    open_multiples(page)
    page.evaluate("gbaAtlas.first().multiples.panels[1].view.map.setView([22.5, 113.5], 9, {animate: false}); void 0")
    views = page.evaluate(
        "gbaAtlas.first().multiples.panels.map(p => [p.view.map.getCenter().lat.toFixed(3), p.view.map.getZoom()])"
    )
    assert len({tuple(view) for view in views}) == 1
    assert views[0][1] == 9
    unit = list(CITIES.index).index("Zhongshan")
    spot = page.evaluate(
        "(() => { const v = gbaAtlas.first().multiples.panels[2].view, r = v.box.getBoundingClientRect(),"
        " p = v.map.latLngToContainerPoint(v.set.at[" + str(unit) + "]); return [r.x + p.x, r.y + p.y]; })()"
    )  # fmt: skip
    page.click_at(*spot)
    assert page.evaluate("[...gbaAtlas.first().chosen]") == [unit]
    halos = page.evaluate(f"gbaAtlas.first().multiples.panels.map(p => Number('chosen{unit}' in p.view.halos))")
    assert set(halos) == {1}
    page.move_to(*spot)
    assert page.evaluate("gbaAtlas.first().multiples.panels.every(p => 'hover' in p.view.halos)")


def test_panels_leave_title_tools_layers_and_slider_free(path):
    for size in ((1200, 800), (390, 844)):
        with browser.open_page(path, size=size, settle=0.1) as page:
            open_multiples(page)
            page.wait(0.1)
            met, least = page.evaluate(MET), page.evaluate(LEAST)
        assert met == [], size
        assert least >= 90, size


def test_the_address_the_picture_and_the_close_button_know_the_panels(page, path):
    open_multiples(page)
    page.wait(0.4)
    address = page.evaluate("location.hash")
    assert "multiples=years" in address
    drawing = ET.parse(io.StringIO(page.evaluate("gbaAtlas.drawing()"))).getroot()
    texts = [node.text for node in drawing.iter("{http://www.w3.org/2000/svg}text")]
    panels = page.evaluate("gbaAtlas.first().multiples.panels.map(p => p.caption.textContent)")
    assert set(panels) <= set(texts)
    page.evaluate("[...document.querySelectorAll('.gba-multiples-controls button')].pop().click()")
    assert page.evaluate("[gbaAtlas.first().multiples, gbaAtlas.first().views.length]") == [None, 0]
    page.reload(address)
    assert page.evaluate("gbaAtlas.first().multiples.panels.length") == len(panels)


def test_many_units_get_fewer_panels_and_one_layer_none(tmp_path):
    units = grid_of(90, 90).assign(y=np.arange(8100.0)[::-1])
    made = maps.atlas(units, [maps.choropleth("x"), maps.choropleth("y"), maps.choropleth("x", k=3)], context=False)
    with browser.open_page(made.save(tmp_path / "many.html")) as page:
        open_multiples(page)
        assert page.evaluate("gbaAtlas.first().multiples.panels.length") == 2
        assert "2 of 3" in page.evaluate("gbaAtlas.first().multiples.controls.textContent")
    one = maps.atlas(grid_of(2, 2), maps.choropleth("x"), context=False)
    with browser.open_page(one.save(tmp_path / "one.html")) as page:
        assert page.evaluate("gbaAtlas.first().buttons.multiples.offsetHeight") == 0


PAIRS = """
(() => {
  const a = gbaAtlas.first(), isLink = layer => layer instanceof L.Polyline && layer.options.weight === 12;
  const lines = group => group.getLayers().filter(isLink).length;
  const shown = a.overlays.filter(o => o.shown && o.data.kind === 'links');
  return [shown.map(o => lines(o.group)), a.compare.overlays.map(o => lines(o.group))];
})()
"""


def choose(page, key, value):
    page.evaluate(f"(s => {{ s.value = '{value}'; s.onchange(); }})(document.querySelector('select[id$=\"-{key}\"]'))")


def test_two_w_are_chosen_one_for_each_side(page, path):
    pairs = [PANEL_LINKS[y] for y in (2015, 2019)], len(NEAR)
    page.evaluate("gbaAtlas.first().buttons.compare.click()")
    assert page.evaluate(PAIRS) == [[pairs[0][1]], [pairs[1]]]  # the first W beside the second
    choose(page, "rightweb", 0)
    choose(page, "otheryear", 2015)
    assert page.evaluate(PAIRS) == [[pairs[0][1]], [pairs[0][0]]]  # one W in two years
    choose(page, "leftweb", 1)
    choose(page, "rightweb", -1)
    assert page.evaluate(PAIRS) == [[pairs[1]], []]
    choose(page, "rightweb", 0)
    page.wait(0.4)
    address = page.evaluate("location.hash")
    with browser.open_page(path, settle=0.1) as again:
        again.reload(address)
        assert again.evaluate(PAIRS) == [[pairs[1]], [pairs[0][0]]]
    captions = page.evaluate("[...document.querySelectorAll('.gba-caption')].map(c => c.textContent)")
    assert "Two nearest" in captions[0]
    assert "By year" in captions[1]


def undirected(w):
    frame = w.to_frame()
    return {frozenset(pair) for pair in zip(frame["focal"], frame["neighbor"], strict=True)}


NEAR = undirected(gba.weights.nearest(CITIES, k=2))
PANEL_LINKS = {y: len(undirected(w)) for y, w in gba.weights.by_year(CITIES, years=(2015, 2019)).items()}


def test_a_comparison_of_layers_without_years_takes_the_years_of_w(page):
    page.evaluate(
        "gbaAtlas.first().chooseFill(gbaAtlas.first().data.fills[2]); gbaAtlas.first().buttons.compare.click()"
    )
    choose(page, "rightweb", 0)
    choose(page, "otheryear", 2016)
    assert page.evaluate("gbaAtlas.first().compare.year") == 2016
    assert "2016" in page.evaluate("document.querySelectorAll('.gba-caption')[1].textContent")


def test_names_stand_on_both_maps_and_none_is_cut_by_the_divider(page):
    page.evaluate("gbaAtlas.first().buttons.compare.click()")
    page.wait(0.2)
    cut = page.evaluate(CUT)
    assert cut[0] == 0
    assert min(cut[1:]) > 0


def test_a_graph_of_hundreds_of_links_waits_until_it_is_asked_for(tmp_path):
    units = grid_of(20, 20)
    w = gba.weights.contiguity(units)
    with browser.open_page(
        maps.atlas(units, [maps.choropleth("x"), maps.links(w)], context=False).save(tmp_path / "m.html")
    ) as page:
        assert page.evaluate("gbaAtlas.first().overlays[0].shown") is False
    with browser.open_page(maps.atlas(units, maps.links(w), context=False).save(tmp_path / "n.html")) as page:
        assert page.evaluate("gbaAtlas.first().overlays[0].shown") is True


def test_the_w_of_a_test_is_told_in_words(tmp_path):
    w = gba.weights.contiguity(CITIES, links=2019).row_standardized()
    lisa = gba.autocorrelation.local_moran(pd.Series(np.log(CITIES["gdp_pc_cny"])), w, rng=1)
    fill = maps.clusters(lisa).payload(CITIES)
    assert fill["recipe"][0].startswith("units that touch")
    assert "桥梁" in fill["recipe"][1]
    assert fill["recipe_in_full"] == str(w.recipe)
    assert fill["test"]["how"][0] == "Benjamini-Hochberg"


def ground(page):
    """The color of the sea in all maps of the page, each color once."""
    return page.evaluate("""
      [...new Set([...document.querySelectorAll('.gba')].map(n =>
        getComputedStyle(n).getPropertyValue('--sea').trim()))]
    """)


@pytest.mark.parametrize("name", ["compare", "multiples"])
def test_further_maps_are_dark_where_the_page_is_and_light_on_paper(path, name):
    with browser.open_page(path, settle=0.1) as opened:
        opened.evaluate(f"(a => {{ a.turn('theme', 'dark'); a.buttons.{name}.click(); }})(gbaAtlas.first())")
        dark = ground(opened)
        opened.evaluate("window.dispatchEvent(new Event('beforeprint'))")
        light = ground(opened)
        patterned = "document.querySelectorAll('.gba .gba path[fill^=\"url(\"]').length"
        assert opened.evaluate(patterned) > 0
        opened.evaluate("window.dispatchEvent(new Event('afterprint'))")
        assert (dark, light, ground(opened)) == (["#16222c"], ["#dce9f2"], ["#16222c"])
        assert opened.evaluate(patterned) == 0
        assert opened.errors == []


def test_on_a_phone_the_choosers_of_a_comparison_cover_neither_scale_nor_sources(tmp_path):
    layers = [maps.choropleth("side"), maps.links(gba.weights.nearest(CITIES, k=2))]
    made = maps.atlas(CITIES, layers).save(tmp_path / "map.html")
    with browser.open_page(made, size=(390, 844), settle=0.1) as opened:
        opened.evaluate("gbaAtlas.first().buttons.compare.click()")
        foot, corner = opened.evaluate("""
          [document.querySelector('.gba-compare-controls').getBoundingClientRect().bottom,
           document.querySelector('.gba-north').getBoundingClientRect().top]
        """)
        assert opened.evaluate("gbaAtlas.first().slider.box.offsetHeight") == 0
        assert foot <= corner
