"""For all readers: axe-core finds nothing, keys reach every unit, what is seen is heard, colors keep their contrast."""

import base64
import importlib.util
import re
from pathlib import Path

import browser
import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import Point
from small_world import grid_of

import gbaspatial as gba
from gbaspatial import maps

CITIES = gba.load_cities(year=2019)
RUN_AXE = """
axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']}).then(found =>
  found.violations.map(v => v.id + ': ' + v.nodes.slice(0, 4).map(n =>
    n.target.join(' ') + ' ' + (n.any[0] || n.all[0] || {}).message).join(' | ')))
"""
UNFOLD = "(() => { for (const name of ['more', 'fold']) document.querySelector('.gba-' + name).click(); })()"


def axe():
    """The text of axe-core, out of the package that carries it."""
    found = importlib.util.find_spec("axe_playwright_python")
    if found is None:
        pytest.skip("axe-core is not there: pip install axe-playwright-python")
    return (Path(found.origin).parent / "axe.min.js").read_text(encoding="utf-8")


def layers():
    panel = gba.load_panel(variables=["gdp_pc_cny", "patents_per_10k"])
    w = gba.weights.contiguity(CITIES, links=2019).row_standardized()
    lisa = gba.autocorrelation.local_moran(np.log(CITIES["gdp_pc_cny"]), w, rng=1)
    flows = pd.DataFrame({"giver": ["Shenzhen", "Macao"], "receiver": ["Macao", "Zhuhai"], "value": [1.0, 2.0]})
    places = gpd.GeoDataFrame({"seats": [72.5]}, geometry=[Point(113.9, 22.3)], index=["Airport"], crs=4326)
    return [
        maps.choropleth("gdp_pc_cny", panel=panel),
        maps.choropleth("patents_per_10k", panel=panel),
        maps.clusters(lisa),
        maps.significance(lisa),
        maps.choropleth("side"),
        maps.links(w),
        maps.flows(flows),
        maps.points(places),
    ]


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    made = maps.atlas(CITIES, layers(), title=("The bay, its wealth and its neighbors", "粤港澳大湾区：财富与邻居"))
    return made.save(tmp_path_factory.mktemp("readers") / "map.html")


@pytest.fixture(scope="module")
def page(path):
    with browser.open_page(path) as opened:
        yield opened
        assert (opened.requests, opened.errors) == ([], [])


STATES = {
    "as opened": "",
    "chinese": "a.speak('zh')",
    "dark": "a.turn('theme', 'dark')",
    "clusters": "a.chooseFill(a.data.fills[2]); a.show(a.overlays[1], true)",
    "clusters, dark": "a.turn('theme', 'dark'); a.chooseFill(a.data.fills[2]); a.show(a.overlays[1], true)",
    "a unit open": "a.sets[0].layers[2].fire('click', {}, true)",
    "table": "a.chosen.add(1); showTab('units')",
    "history": "a.chosen.add(1); showTab('lines')",
    "scatter": "showTab('dots')",
    "description": "showTab('describe')",
    "table, dark": "a.turn('theme', 'dark'); showTab('units')",
    "compare": "document.querySelectorAll('.gba-bar button')[5].click()",
    "small multiples": "document.querySelectorAll('.gba-bar button')[6].click()",
    "multiples of layers, dark": "a.turn('theme', 'dark'); openMultiples('layers')",
    "patterns": "a.turn('patterned', true)",
    "search": "a.searchInput.value = 'zh'; a.searchInput.oninput()",
}


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("size", [(1200, 800), (390, 844)], ids=["desktop", "phone"])
def test_axe_finds_nothing(path, state, size):
    with browser.open_page(path, size=size, settle=0.1) as opened:
        opened.evaluate(
            "(() => { const a = gbaAtlas.first(); const showTab = tab => { a.tab = tab; "
            "document.querySelectorAll('.gba-bar button')[4].click(); }; const openMultiples = by => { "
            "a.buttons.multiples.click(); a.multiples.by = by; a.refresh(); }; " + STATES[state] + "; })()"
        )
        if size[0] < 640:
            opened.evaluate(UNFOLD)
        opened.wait(0.2)
        opened.evaluate(axe() + "; void 0")
        assert opened.evaluate(RUN_AXE) == []
        assert (opened.requests, opened.errors) == ([], [])


KEYS = {"ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39, "ArrowDown": 40, "Home": 36, "End": 35, "PageDown": 34}
FOCUSED = "document.activeElement.getAttribute('aria-label') || ''"


def focus_map(page):
    page.evaluate("(() => { const a = gbaAtlas.first(); a.map.closePopup(); a.chooseFill(a.data.fills[0]); "
                  "a.speak('en'); a.chooseYear(2019); a.map.fire('viewreset'); "
                  "document.querySelector('.leaflet-overlay-pane path[tabindex=\"0\"]').focus(); })()")  # fmt: skip


def test_the_map_is_one_tab_stop_and_names_each_unit_with_value_class_and_rank(page):
    focus_map(page)
    stops = page.evaluate("document.querySelectorAll('.leaflet-map-pane [tabindex=\"0\"]').length")
    told = page.evaluate(
        "[...document.querySelectorAll('.leaflet-overlay-pane path')].map(p => p.getAttribute('aria-label'))"
    )
    assert stops == 1
    assert len(told) == len(CITIES)
    ranks = CITIES["gdp_pc_cny"].rank(ascending=False).astype(int)
    for city, words in zip(CITIES.index, told, strict=True):
        start, value = words.split(" yuan per person, class ")[0].split(" 2019: ")
        assert start == f"{city}, GDP per capita"
        assert float(value.replace(",", "")) == pytest.approx(CITIES.loc[city, "gdp_pc_cny"], abs=0.06)
        assert words.endswith(f"rank {ranks[city]} of 11")


def test_arrow_keys_reach_every_unit_and_go_where_they_point(page):
    focus_map(page)
    at = dict(zip(CITIES.index, CITIES.geometry.representative_point(), strict=True))
    seen, frontier, ways = set(), [0], {}
    names = list(CITIES.index)
    while frontier:
        unit = frontier.pop()
        seen.add(unit)
        for key in ("ArrowLeft", "ArrowUp", "ArrowRight", "ArrowDown"):
            page.evaluate(f"gbaAtlas.first().sets[0].layers[{unit}].getElement().focus()")
            page.press(key, KEYS[key])
            there = page.evaluate("gbaAtlas.first().current")
            ways[unit, key] = there
            if there not in seen and there not in frontier:
                frontier.append(there)
    assert seen == set(range(len(names)))
    for (unit, key), there in ways.items():
        if there != unit:
            a, b = at[names[unit]], at[names[there]]
            assert {"ArrowLeft": b.x < a.x, "ArrowRight": b.x > a.x, "ArrowUp": b.y > a.y, "ArrowDown": b.y < a.y}[key]


def test_keys_go_by_rank_open_choose_and_come_back(page):
    focus_map(page)
    order = CITIES["gdp_pc_cny"].sort_values(ascending=False).index
    page.press("Home", 36)
    assert page.evaluate(FOCUSED).startswith(order[0])
    page.press("PageDown", 34)
    assert page.evaluate(FOCUSED).startswith(order[1])
    page.press("End", 35)
    assert page.evaluate(FOCUSED).startswith(order[-1])
    page.press("Enter", 13)
    assert page.evaluate("document.activeElement.getAttribute('role')") == "dialog"
    assert page.evaluate(FOCUSED) == order[-1]
    page.press("Escape", 27)
    assert page.evaluate(FOCUSED).startswith(order[-1])
    page.press(" ", 32)
    assert page.evaluate(FOCUSED).endswith("Chosen")
    page.press(" ", 32)
    assert page.evaluate("gbaAtlas.first().chosen.size") == 0


def test_the_focus_is_a_halo_of_two_rings_and_no_rectangle(page):
    focus_map(page)
    rings = page.evaluate(
        "[...document.querySelectorAll('.leaflet-gba-halo-pane path')].map(p => p.getAttribute('stroke'))"
    )
    assert rings == ["#ffffff", "#0b3d91"]
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "none"
    page.evaluate("document.activeElement.blur()")
    assert page.evaluate("document.querySelectorAll('.leaflet-gba-halo-pane path').length") == 0


def test_on_a_canvas_a_live_region_says_the_same(tmp_path):
    units = grid_of(60, 60)
    with browser.open_page(maps.atlas(units, maps.choropleth("x")).save(tmp_path / "map.html")) as opened:
        opened.evaluate("gbaAtlas.first().speak('en')")
        opened.evaluate("document.querySelector('.leaflet-map-pane').focus()")
        opened.press("ArrowRight", 39)
        assert opened.evaluate("document.querySelector('.gba-live').textContent").startswith("u1, x: 1, class")
        opened.press("ArrowUp", 38)
        assert opened.evaluate("document.querySelector('.gba-live').textContent").endswith("rank 3539 of 3600")
        opened.evaluate(axe() + "; void 0")
        assert opened.evaluate(RUN_AXE) == []


def test_the_description_says_the_numbers_in_both_languages(page):
    focus_map(page)
    english, chinese = page.evaluate("[0, 1].map(zh => gbaAtlas.describe(zh))")
    values = CITIES["gdp_pc_cny"]
    high, low = values.idxmax(), values.idxmin()
    assert f"Highest: {high} ({values.max():,.0f})" in english
    assert f"lowest: {low} ({values.min():,.0f}); median {values.median():,.0f} yuan per person of 11 units" in english
    assert f"最高：{CITIES.loc[high, 'name_zh']} ({values.max():,.0f})" in chinese
    x = CITIES.geometry.representative_point()
    design = np.column_stack([np.ones(11), x.x, x.y])
    fitted = design @ np.linalg.lstsq(design, values, rcond=None)[0]
    share = 1 - ((values - fitted) ** 2).sum() / ((values - values.mean()) ** 2).sum()
    assert (f"a plane carries {100 * share:.0f} %" in english) == (share >= 0.25)


def test_the_table_sorts_filters_and_marks_the_map(page):
    focus_map(page)
    page.evaluate("document.querySelectorAll('.gba-bar button')[4].click()")
    rows = "[...document.querySelectorAll('.gba-table tbody tr')].map(r => r.querySelector('th').textContent)"
    values = CITIES["gdp_pc_cny"]
    assert page.evaluate(rows) == list(values.sort_values(ascending=False).index)
    page.click("[id$='-sort-value']")
    assert page.evaluate(rows) == list(values.sort_values().index)
    assert page.evaluate("document.querySelector('[aria-sort=ascending]').textContent") == "Value ▲"
    page.evaluate("(() => { const i = document.querySelector('[id$=\"-filter\"]'); i.focus(); "
                  "i.value = '> 150000'; i.oninput(); })()")  # fmt: skip
    rich = sorted(values.index[values > 150000])
    assert sorted(page.evaluate(rows)) == rich
    bright = page.evaluate("(s => s.layers.filter(l => l.options.fillOpacity > 0.5).map(l => s.ids[l.unit]).sort())"
                           "(gbaAtlas.first().sets[0])")  # fmt: skip
    assert bright == rich
    assert page.evaluate("document.activeElement.id.endsWith('-filter')")  # writing on is possible
    page.evaluate("(() => { const i = document.querySelector('[id$=\"-filter\"]'); i.value = ''; i.oninput(); })()")
    page.click(".gba-table tbody input")
    assert page.evaluate("gbaAtlas.first().chosen.size") == 1
    page.evaluate("gbaAtlas.first().chosen.clear(); document.querySelector('.gba-tabs button[aria-label]').click()")


def test_a_name_is_composed_letter_by_letter_in_the_filter(page):
    """Chinese is typed as a composition, which ends where its field is made anew."""
    focus_map(page)
    page.evaluate("document.querySelectorAll('.gba-bar button')[4].click()")
    page.click("[id$='-filter']")
    for letters in ("f", "fo", "fos"):
        page.command("Input.imeSetComposition", text=letters, selectionStart=len(letters), selectionEnd=len(letters))
    assert page.evaluate("document.activeElement.value") == "fos"
    page.command("Input.insertText", text="佛山")
    page.wait(0.1)
    assert page.evaluate("document.activeElement.value") == "佛山"
    assert page.evaluate("[...document.querySelectorAll('.gba-table tbody th')].map(r => r.textContent)") == ["Foshan"]
    page.evaluate("document.querySelector('.gba-tabs button[aria-label]').click()")


def test_the_history_is_as_wide_as_a_phone_and_tells_whom_it_leaves_out(path):
    with browser.open_page(path, size=(390, 844), settle=0.1) as opened:
        opened.evaluate("(a => { for (let i = 0; i < 9; i++) a.choose(i); a.speak('en'); a.tab = 'lines'; "
                        "a.buttons.table.click(); })(gbaAtlas.first())")  # fmt: skip
        drawn = "(s => [s.getBoundingClientRect().width, +s.getAttribute('width')])"
        shown, made = opened.evaluate(drawn + "(document.querySelector('.gba-lines svg'))")
        assert shown == pytest.approx(made, rel=0.05)  # letters keep their size
        assert opened.evaluate("document.querySelector('.gba-page').innerText").startswith("8 of 9 chosen units")


CONTRASTS = """
(() => {
  const style = getComputedStyle(document.querySelector('.gba')), color = name => style.getPropertyValue(name).trim();
  const part = v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  const at = (c, k) => part(parseInt(c.slice(k, k + 2), 16) / 255);
  const light = c => 0.2126 * at(c, 1) + 0.7152 * at(c, 3) + 0.0722 * at(c, 5);
  const ratio = (a, b) => {
    const [x, y] = [light(color(a)), light(color(b))];
    return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
  };
  return PAIRS.map(([a, b]) => ratio(a, b));
})()
"""
TEXT = [("--ink", "--ground"), ("--quiet", "--ground"), ("--ink", "--hover"), ("--quiet", "--hover"),
        ("--far", "--land"), ("--accent", "--ground")]  # fmt: skip
CONTROLS = [("--line", "--ground"), ("--accent", "--ground"), ("--accent", "--hover"), ("--accent", "--sea")]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_keeps_four_and_a_half_to_one_and_controls_three(page, theme):
    page.evaluate(f"gbaAtlas.first().turn('theme', '{theme}')")
    for pairs, least in ((TEXT, 4.5), (CONTROLS, 3.0)):
        listed = str([list(pair) for pair in pairs])
        for pair, ratio in zip(pairs, page.evaluate(CONTRASTS.replace("PAIRS", listed)), strict=True):
            assert ratio >= least, (theme, pair, ratio)
    page.evaluate("gbaAtlas.first().turn('theme', 'auto')")


def test_every_outline_keeps_three_to_one_against_the_fill_it_surrounds(page):
    strokes = page.evaluate("""
      (a => a.data.fills.flatMap(fill => {
        a.chooseFill(fill);
        return a.sets[fill.set].layers.map(l => [l.options.color, l.legendRow && l.legendRow[0][l.legendRow[1]][0]]);
      }))(gbaAtlas.first())
    """)

    def light(color):
        parts = np.array([int(color[k : k + 2], 16) / 255 for k in (1, 3, 5)])
        return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4) @ [0.2126, 0.7152, 0.0722]

    for stroke, fill in {(a, b) for a, b in strokes if b}:
        high, low = sorted([light(stroke), light(fill)], reverse=True)
        assert (high + 0.05) / (low + 0.05) >= 2.98, (stroke, fill)


def test_less_motion_is_kept_and_dark_follows_the_reader(path):
    with browser.open_page(path, settle=0.1) as opened:
        wishes = [
            {"name": "prefers-reduced-motion", "value": "reduce"},
            {"name": "prefers-color-scheme", "value": "dark"},
        ]
        opened.command("Emulation.setEmulatedMedia", features=wishes)
        opened.command("Page.reload")
        opened.wait(0.8)
        assert opened.evaluate("gbaAtlas.first().map._zoomAnimated") is False
        assert (
            opened.evaluate("getComputedStyle(document.querySelector('.gba-panel')).backgroundColor")
            == "rgb(31, 35, 40)"
        )


def test_at_twice_the_size_nothing_is_lost(path):
    with browser.open_page(path, size=(640, 400), settle=0.1) as opened:  # 1280 by 800 at 200 %
        assert opened.evaluate("[document.documentElement.scrollWidth, document.documentElement.scrollHeight]") == [
            640,
            400,
        ]
        opened.evaluate("document.querySelector('.gba-fold').click()")
        box = opened.evaluate("(r => [r.top, r.bottom])(document.querySelector('.gba-panel').getBoundingClientRect())")
        assert box[0] >= 0
        assert box[1] <= 400
        assert opened.evaluate("(p => p.scrollHeight > p.clientHeight ? getComputedStyle(p).overflowY : 'auto')"
                               "(document.querySelector('.gba-panel'))") == "auto"  # fmt: skip


MEETING = """
(() => {
  const box = node => node.getBoundingClientRect(), a = gbaAtlas.first(), view = box(document.querySelector('.gba'));
  const parts = '.gba-title, .gba-panel, .leaflet-control-zoom, .gba-more, .gba-slider, .leaflet-control-attribution';
  const shown = [...document.querySelectorAll(parts)].filter(n => box(n).width > 0);
  const meet = (p, q) => p.left < q.right - 1 && p.right > q.left + 1 && p.top < q.bottom - 1 && p.bottom > q.top + 1;
  const pairs = shown.flatMap((n, k) =>
    shown.slice(k + 1).filter(m => meet(box(n), box(m))).map(m => n.className + ' on ' + m.className));
  const unit = a.sets[0].layers.map(l => box(l.getElement()));
  const covered = shown.filter(n => unit.some(u => meet(u, box(n)))).map(n => n.className);
  const small = [...document.querySelectorAll('.gba button, .gba .leaflet-bar a, .gba input[type=range]')]
    .filter(n => box(n).width > 0 && (box(n).height < 44 || box(n).width < 44)).map(n => n.className + n.textContent);
  return [pairs, covered, small, view.width];
})()
"""


@pytest.mark.parametrize("language", ["en", "zh", "both"])
def test_on_a_phone_nothing_covers_the_title_or_the_map_and_fingers_find_targets(path, language):
    with browser.open_page(path, size=(390, 844), settle=0.1) as opened:
        opened.evaluate(f"gbaAtlas.first().speak('{language}')")
        pairs, covered, small, width = opened.evaluate(MEETING)
        assert (pairs, covered, small, width) == ([], [], [], 390)
        opened.evaluate("document.querySelector('.gba-fold').click()")
        assert [p for p in opened.evaluate(MEETING)[0] if "gba-title" in p] == []


def test_paper_has_patterns_and_sources_and_no_controls_and_the_screen_comes_back(path):
    with browser.open_page(path) as opened:
        before = opened.evaluate("[gbaAtlas.first().map.getZoom(), gbaAtlas.first().patterned]")
        opened.evaluate("window.dispatchEvent(new Event('beforeprint'))")
        opened.command("Emulation.setEmulatedMedia", media="print")
        fills = opened.evaluate("gbaAtlas.first().sets[0].layers.map(l => l.options.fillColor)")
        assert any(fill.startswith("url(#") for fill in fills)
        shown = "(n => getComputedStyle(document.querySelector(n)).display)"
        gone = [".leaflet-control-zoom", ".gba-bar", ".gba-search", ".gba-play"]
        assert [opened.evaluate(f"{shown}('{name}')") for name in gone] == ["none"] * 4
        assert "Tianditu" in opened.evaluate("document.querySelector('.leaflet-control-attribution').innerText")
        opened.command("Emulation.setEmulatedMedia", media="")
        opened.evaluate("window.dispatchEvent(new Event('afterprint'))")
        assert opened.evaluate("[gbaAtlas.first().map.getZoom(), gbaAtlas.first().patterned]") == before
        sheet = base64.b64decode(opened.command("Page.printToPDF", preferCSSPageSize=True)["data"])
        assert len(re.findall(rb"/Type /Page\b", sheet)) == 1
        assert (opened.requests, opened.errors) == ([], [])


def test_a_canvas_prints_without_white_paper_over_the_background(tmp_path):
    made = maps.atlas(grid_of(60, 60), maps.choropleth("x"), context=False).save(tmp_path / "canvas.html")
    canvases = """
    [...document.querySelectorAll('.leaflet-overlay-pane canvas')].filter(c => c.style.display !== 'none').map(c => {
      const data = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
      let clear = 0, full = 0;
      for (let k = 3; k < data.length; k += 4) { clear += data[k] === 0; full += data[k] === 255; }
      return [clear > 1000, full > 1000];
    })
    """
    count = "document.querySelectorAll('.leaflet-overlay-pane canvas').length"
    with browser.open_page(made) as opened:
        before = opened.evaluate(count)
        opened.evaluate("window.dispatchEvent(new Event('beforeprint'))")
        # The printed canvas is a copy that was never cleared: what is cleared prints white.
        assert (opened.evaluate(count), opened.evaluate(canvases)) == (2 * before, [[True, True]] * before)
        opened.evaluate("window.dispatchEvent(new Event('afterprint'))")
        assert (opened.evaluate(count), opened.evaluate(canvases)) == (before, [[True, True]] * before)
        assert (opened.requests, opened.errors) == ([], [])
