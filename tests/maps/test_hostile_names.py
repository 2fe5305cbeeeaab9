"""Names are input and can carry code: in every place where one lands, it is shown and never run.

geopandas' explore() raises TemplateSyntaxError on two of these names, and folium runs others
in tooltips, popups and layer names.
"""

import json
import re

import browser
import folium
import geopandas as gpd
import pandas as pd
import pytest
from shapely import Point
from small_world import HOSTILE, grid_of

from gbaspatial import maps
from gbaspatial.autocorrelation import local_moran
from gbaspatial.maps.escape import safe_json, safe_text
from gbaspatial.weights import from_pairs


def hostile_atlas():
    units = grid_of(2, 4, index=list(HOSTILE)).assign(name_zh=HOSTILE[::-1], kind=HOSTILE)
    years = pd.MultiIndex.from_product([units.index, [2001, 2002, 2003]])
    panel = pd.DataFrame({HOSTILE[0]: range(24)}, index=years, dtype=float)
    ring = pd.DataFrame({"focal": HOSTILE, "neighbor": HOSTILE[1:] + HOSTILE[:1], "weight": 1.0})
    w = from_pairs(ring)
    flows = pd.DataFrame({"giver": HOSTILE, "receiver": HOSTILE[::-1], "value": range(8)})
    places = gpd.GeoDataFrame({HOSTILE[1]: HOSTILE}, geometry=[Point(10.1, 50.1)] * 8, index=HOSTILE, crs=4326)
    layers = [
        maps.choropleth(HOSTILE[0], panel=panel, label=(HOSTILE[1], HOSTILE[2]), unit=HOSTILE[3], k=3),
        maps.choropleth("kind", label=HOSTILE[4]),
        maps.clusters(local_moran(units["x"], w, inference="permutation", draws=99, rng=1), label=HOSTILE[5]),
        maps.links(w, label=HOSTILE[6]),
        maps.flows(flows, label=HOSTILE[7]),
        maps.points(places, label=HOSTILE[0]),
    ]
    page = maps.atlas(units, layers, title=(HOSTILE[1], HOSTILE[0]), source=" ".join(HOSTILE))
    group = folium.FeatureGroup(name=safe_text(HOSTILE[0] + HOSTILE[2])).add_to(page)
    for name in HOSTILE:
        where = folium.CircleMarker([50.05, 10.05], tooltip=safe_text(name), popup=folium.Popup(safe_text(name)))
        where.add_to(group)
    folium.LayerControl().add_to(page)
    return page


EVERYTHING = """
(async () => {
  const a = gbaAtlas.first(), wait = () => new Promise(done => setTimeout(done, 60)), seen = [];
  for (const fill of [...a.data.fills, null]) for (const language of ['both', 'en', 'zh']) {
    a.chooseFill(fill); a.speak(language);
    for (const overlay of a.overlays) a.show(overlay, true);
    await wait();
  }
  a.speak('both'); a.chooseFill(a.data.fills[0]);
  for (const set of a.sets) for (const layer of set.layers) {
    layer.fire('mouseover', {latlng: set.group.getBounds().getCenter()}, true); await wait();
    layer.fire('click', {latlng: set.group.getBounds().getCenter()}, true); await wait();
    seen.push([...document.querySelectorAll('.leaflet-popup h3')].pop().textContent);
  }
  const rest = [];
  a.map.eachLayer(layer => { if (layer.getTooltip && (layer.getTooltip() || layer.getPopup())) rest.push(layer); });
  for (const layer of rest) {
    if (layer.getTooltip()) { layer.openTooltip(a.sets[0].at[0]); await wait(); layer.closeTooltip(); }
    if (layer.getPopup()) { layer.openPopup(a.sets[0].at[0]); await wait(); }
  }
  const box = document.querySelector('.gba-search input');
  for (const id of a.sets[0].ids) { box.value = id; box.oninput(); await wait(); }
  gbaAtlas.picture(1);
  return [seen, document.querySelectorAll('[onerror], [onload], svg[onload], script[src]').length, document.title];
})()
"""


@pytest.mark.parametrize("with_policy", [True, False], ids=["as-saved", "without-the-content-policy"])
def test_none_of_the_eight_names_runs(tmp_path, with_policy):
    text = hostile_atlas().to_html()
    if not with_policy:  # the policy is a second wall; the first must hold alone
        text, removed = re.subn(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", text)
        assert removed == 1
    path = tmp_path / "map.html"
    path.write_text(text, encoding="utf-8")
    with browser.open_page(path) as page:
        names, loose, title = page.evaluate(EVERYTHING)
        assert (page.dialogs, page.requests, page.errors) == ([], [], [])
    assert names == [f"{a} {b}" for a, b in zip(HOSTILE, HOSTILE[::-1], strict=True)]
    assert loose == 0
    assert title == HOSTILE[1]


def test_the_same_names_do_run_when_folium_gets_them_raw(tmp_path):
    """The test above can fail: without `safe_text`, and without the policy, folium's tooltip runs the name."""
    page = maps.atlas(grid_of(1, 1))
    folium.CircleMarker([50.05, 10.05], tooltip=folium.Tooltip(HOSTILE[0], permanent=True)).add_to(page)
    path = tmp_path / "map.html"
    path.write_text(re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", page.to_html()), encoding="utf-8")
    with browser.open_page(path) as opened:
        assert opened.dialogs == ["1"]
    page.save(path)
    with browser.open_page(path) as opened:  # the policy alone stops it
        assert opened.dialogs == []


def test_a_page_with_template_signs_renders():
    """B26: '{% raw' and '{{{' in data end geopandas' explore() with a TemplateSyntaxError."""
    text = hostile_atlas().to_html()
    block = re.search(r'<script type="application/json" id="[^"]+">(.*?)</script>', text, re.DOTALL).group(1)
    assert json.loads(block)["sets"][0]["ids"] == list(HOSTILE)


@pytest.mark.parametrize("name", HOSTILE)
def test_json_cannot_leave_its_script_element(name):
    written = safe_json({"name": name})
    assert json.loads(written)["name"] == name
    assert not set("<>&\u2028\u2029") & set(written)


@pytest.mark.parametrize("name", HOSTILE)
def test_safe_text_reads_back_as_it_was_and_holds_no_sign_of_any_language(name):
    import html

    written = safe_text(name)
    assert html.unescape(written) == name
    assert not set("<>\"'`$\\{}%") & set(written)
