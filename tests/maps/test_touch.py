"""A finger on the map: tap, drag, pinch with two, in the page as a phone shows it."""

import browser
import pytest

import gbaspatial as gba
from gbaspatial import maps

CITIES = gba.load_cities(year=2019)
VIEW = "[gbaAtlas.first().map.getCenter().lat, gbaAtlas.first().map.getCenter().lng, gbaAtlas.first().map.getZoom()]"

TOO_SMALL = """
(() => {
  const all = document.querySelectorAll('button, select, input, summary, label.gba-choice, .leaflet-bar a');
  const seen = r => r.width && r.bottom > 0 && r.top < innerHeight;
  return [...all].filter(node => {
    const r = (node.closest('label') || node).getBoundingClientRect();
    if (!seen(r) || node.closest('.gba-hidden')) return false;
    if (node.matches('.gba-swipe-range')) return false;  // its knob is one of 44 px
    return (node.matches('input[type=range]') ? r.height : Math.min(r.width, r.height)) < 44;
  }).map(node => node.outerHTML.slice(0, 80));
})()
"""


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    panel = gba.load_panel(variables="gdp_pc_cny")
    layers = [maps.choropleth("gdp_pc_cny", panel=panel), maps.choropleth("side")]
    return maps.atlas(CITIES, layers, title=("Bay", "湾区")).save(tmp_path_factory.mktemp("touch") / "map.html")


@pytest.fixture
def page(path):
    with browser.open_page(path, size=(390, 844), touch=True) as opened:
        yield opened
        assert (opened.requests, opened.errors) == ([], [])


def place_of(page, i):
    return page.evaluate(
        f"(a => {{ const p = a.map.latLngToContainerPoint(a.sets[0].at[{i}]); return [p.x, p.y]; }})(gbaAtlas.first())"
    )


def line(start, end, steps=6):
    return [tuple(a + (b - a) * k / steps for a, b in zip(start, end, strict=True)) for k in range(steps + 1)]


def middle(page, selector):
    box = f"document.querySelector('{selector}').getBoundingClientRect()"
    return page.evaluate(f"(r => [r.x + r.width / 2, r.y + r.height / 2])({box})")


def test_a_tap_opens_the_card_of_the_unit_below_the_title(page):
    zhaoqing = list(CITIES.index).index("Zhaoqing")
    page.touch([tuple(place_of(page, zhaoqing))])
    assert "Zhaoqing" in page.evaluate("document.querySelector('.gba-card h3').textContent")
    page.wait(0.5)
    card, title, panel = (
        page.evaluate(
            f"(r => [r.left, r.top, r.right, r.bottom])(document.querySelector('{name}').getBoundingClientRect())"
        )
        for name in (".leaflet-popup-content-wrapper", ".gba-title", ".gba-panel")
    )
    assert card[1] >= max(title[3], panel[3]) - 1
    assert card[0] >= 0
    assert card[2] <= 390
    page.touch([tuple(middle(page, "a.leaflet-popup-close-button"))])
    assert page.evaluate("document.querySelector('.gba-card')") is None


def test_a_finger_drags_the_map_and_two_pinch_it(page):
    before = page.evaluate(VIEW)
    page.touch(line((200, 600), (120, 560), 10))
    page.wait(0.6)
    dragged = page.evaluate(VIEW)
    assert dragged[1] > before[1]
    assert dragged[0] < before[0]
    assert dragged[2] == before[2]
    page.touch(line((180, 420), (110, 420), 10), line((210, 420), (280, 420), 10))
    page.wait(0.6)
    assert page.evaluate(VIEW)[2] > dragged[2]
    assert page.evaluate("document.querySelector('.gba-card')") is None  # a drag is no tap


def test_a_finger_reaches_tools_layers_slider_and_play(page):
    page.touch([tuple(middle(page, ".gba-more"))])
    assert page.evaluate("getComputedStyle(document.querySelector('.gba-bar')).display") == "flex"
    page.touch([tuple(middle(page, ".gba-bar button:nth-child(7)"))])
    assert page.evaluate("gbaAtlas.first().multiples.panels.length") > 1
    before = page.evaluate("gbaAtlas.first().multiples.panels[0].view.map.getCenter().lng")
    x, y = middle(page, ".gba-panel-map")
    page.touch(line((x, y), (x - 40, y), 8))
    page.wait(0.5)
    centers = page.evaluate("gbaAtlas.first().multiples.panels.map(p => p.view.map.getCenter().lng.toFixed(4))")
    assert len(set(centers)) == 1
    assert float(centers[0]) > before
    page.touch([tuple(middle(page, ".gba-multiples-controls button"))])
    page.touch([tuple(middle(page, ".gba-fold"))])
    page.touch([tuple(middle(page, "input[id$=fill1]"))])
    assert page.evaluate("gbaAtlas.first().fill.label[0]") == "Side of the border"
    page.touch([tuple(middle(page, "input[id$=fill0]"))])
    page.touch([tuple(middle(page, ".gba-fold"))])
    left, top = page.evaluate(
        "(r => [r.left + 2, r.y + r.height / 2])(document.querySelector('.gba-slider input').getBoundingClientRect())"
    )
    page.touch([(left, top)])
    assert page.evaluate("gbaAtlas.first().year") == 2000
    page.touch([tuple(middle(page, ".gba-play"))])
    assert page.evaluate("gbaAtlas.first().timer !== null")
    page.touch([tuple(middle(page, ".gba-play"))])
    assert page.evaluate("gbaAtlas.first().timer") is None


def test_every_control_on_the_phone_is_large_enough_for_a_finger(page):
    assert page.evaluate(TOO_SMALL) == []
    for opened in ("fold", "more"):
        page.evaluate(f"document.querySelector('.gba-{opened}').click()")
        assert page.evaluate(TOO_SMALL) == []
    page.evaluate("document.querySelector('.gba-fold').click(); gbaAtlas.first().buttons.compare.click()")
    assert page.evaluate(TOO_SMALL) == []
