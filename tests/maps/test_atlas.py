"""The atlas as its reader sees it: numbers, classes, legends, years, links, popups, search and picture."""

import base64
import io

import browser
import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import Point, box
from small_world import grid_of

import gbaspatial as gba
from gbaspatial import maps
from gbaspatial.errors import AlignmentError, DataError, OptionError, UnknownNameError
from gbaspatial.figures.palette import CLUSTERS, NO_DATA
from gbaspatial.weights import from_pairs

CITIES = gba.load_cities(year=2019)
CLASSES = list(CLUSTERS)
TIP = """
i => {
  const set = gbaAtlas.first().sets[0], layer = set.layers[i];
  layer.fire('mouseover', {latlng: set.group.getBounds().getCenter()}, true);
  return set.group.getTooltip()._content(layer).textContent;
}
"""
OVERLAPS = """
(() => {
  const shown = [...document.querySelectorAll('.gba-name span')].filter(s => s.style.visibility === 'visible');
  const boxes = shown.map(s => s.getBoundingClientRect());
  const meet = (a, b) => a.left < b.right && a.right > b.left && a.top < b.bottom && a.bottom > b.top;
  const number = boxes.flatMap((a, i) => boxes.slice(i + 1).filter(b => meet(a, b))).length;
  return [number, boxes.length, getComputedStyle(shown[0]).whiteSpace];
})()
"""


def pairs_of(rows):
    return from_pairs(pd.DataFrame(rows, columns=["focal", "neighbor", "weight"]))


def flow_of(receiver, value):
    return pd.DataFrame({"giver": ["Macao"], "receiver": [receiver], "value": [value]})


def codes_by_unit(fill, index, at=0):
    return dict(zip(index, [fill["legend"][ord(letter) - 97][1] for letter in fill["codes"][at]], strict=True))


@pytest.fixture(scope="module")
def lisa():
    values = [CLASSES[i % 7] for i in range(11)]
    p = np.where(np.array(values) == "isolate", np.nan, [0.00005, 0.0005, 0.005, 0.03, 0.2, 1, 1, 0.05, 0.01, 0.4, 0.5])
    return pd.DataFrame({"cluster": values, "p_value": p, "p_adjusted": np.minimum(1, p * 11)}, index=CITIES.index)


def test_values_meet_units_by_label_and_not_by_row(lisa):
    for layer in (maps.clusters(lisa.iloc[::-1]), maps.clusters(lisa["cluster"].sample(frac=1, random_state=1))):
        named = codes_by_unit(layer.payload(CITIES), CITIES.index)
        assert named == {city: CLUSTERS[lisa.loc[city, "cluster"]].english for city in CITIES.index}


def test_hot_and_cold_have_their_own_classes(lisa):
    spots = pd.Series(["hot", "cold", "isolate"], index=["Macao", "Foshan", "Zhuhai"])
    for layer in (maps.hotspots(spots), maps.clusters(spots)):
        fill = layer.payload(CITIES)
        named = codes_by_unit(fill, CITIES.index)
        assert (named["Macao"], named["Foshan"], named["Zhuhai"]) == ("Hot spot", "Cold spot", "No neighbors")
        assert named["Huizhou"] == "Not in the analysis"
        assert [row[0] for row in fill["legend"][:2]] == ["#FF0000", "#0000FF"]


def test_significance_steps_are_those_of_geoda(lisa):
    named = codes_by_unit(maps.significance(lisa).payload(CITIES), CITIES.index)
    assert list(named.values()) == [
        "p ≤ 0.0001", "p ≤ 0.001", "p ≤ 0.01", "p ≤ 0.05", "Not significant", "No neighbors", "Not significant",
        "p ≤ 0.05", "p ≤ 0.01", "Not significant", "Not significant",
    ]  # fmt: skip
    adjusted = codes_by_unit(maps.significance(lisa, adjusted=True).payload(CITIES), CITIES.index)
    assert list(adjusted.values()).count("Not significant") > list(named.values()).count("Not significant")


def test_units_without_a_value_are_grey_and_counted():
    fill = maps.choropleth("patents_granted").payload(CITIES)
    named = codes_by_unit(fill, CITIES.index)
    assert {city for city, name in named.items() if name == "No data"} == {"Hong Kong", "Macao"}
    assert fill["legend"][-1][0] == NO_DATA.color
    assert fill["values"][0][list(CITIES.index).index("Macao")] is None


@pytest.mark.parametrize("power", [-310, -300, -160, -100, -99, -20, -9, -4, 0, 9, 16, 160, 305])
def test_values_of_any_size_reach_the_page(power):
    units = grid_of(1, 5).assign(v=np.array([1.0, 1.5, 0.0, -2.0, 4.25]) * 10.0**power)
    fill = maps.choropleth("v", k=3).payload(units)
    read = np.array(fill["values"][0], dtype=float)
    assert np.abs(read - units["v"]).max() <= 2e-3 * np.abs(units["v"]).max()


def test_the_smallest_and_the_largest_lie_on_one_map():
    units = grid_of(1, 4).assign(v=[1e-160, 2e-160, 1.0, 1.5e305])
    assert maps.choropleth("v", k=4).payload(units)["values"][0] == [1e-160, 2e-160, 1, 1.5e305]


def test_classes_are_the_same_in_all_years():
    panel = gba.load_panel(variables="gdp_pc_cny")
    fill = maps.choropleth("gdp_pc_cny", panel=panel, k=4).payload(CITIES)
    assert fill["years"] == sorted(panel.index.get_level_values("year").unique())
    upper = np.quantile(panel["gdp_pc_cny"].dropna(), [0.25, 0.5, 0.75])
    for at, year in enumerate(fill["years"]):
        for city, letter in zip(CITIES.index, fill["codes"][at], strict=True):
            value = panel["gdp_pc_cny"].get((city, year), np.nan)
            assert ord(letter) - 97 == (4 if np.isnan(value) else int((value > upper).sum()))


def test_each_half_of_a_link_is_as_wide_as_what_its_end_gives():
    index = pd.Index(["a", "b", "c"])
    w = pairs_of([("a", "b", 1.0), ("b", "a", 0.5), ("c", "b", 0.25)])
    made = maps.links(w).payload(pd.DataFrame(index=index))
    assert made["pairs"] == [[[0, 1, 1000, 500], [1, 2, 0, 250]]]
    assert made["largest"] == 1.0
    assert maps.links(w).payload(pd.DataFrame(index=index[::-1]))["pairs"] == [[[0, 1, 250, 0], [1, 2, 500, 1000]]]


def test_the_largest_flows_are_drawn_and_the_rest_counted():
    frame = pd.DataFrame({"giver": list("abca"), "receiver": list("bcaa"), "value": [1.0, -5.0, 2.0, 99.0]})
    made = maps.flows(frame, top=2).payload(pd.DataFrame(index=pd.Index(list("abc"))))
    assert (made["flows"], made["of"], made["negative"]) == ([[1, 2, -5.0], [2, 0, 2.0]], 3, True)


@pytest.fixture(scope="module")
def page(tmp_path_factory, lisa):
    panel = gba.load_panel(variables="gdp_pc_cny")
    links = {
        2010: pairs_of([("Shenzhen", "Hong Kong", 1.0)]),
        2018: pairs_of([("Zhuhai", "Hong Kong", 1), ("Macao", "Zhuhai", 2)]),
    }
    places = gpd.GeoDataFrame({"seats": [72.5]}, geometry=[Point(113.9, 22.3)], index=["Airport"], crs=4326)
    layers = [
        maps.choropleth("gdp_pc_cny", panel=panel, label=("GDP per capita", "人均生产总值"), unit="CNY"),
        maps.clusters(lisa),
        maps.choropleth("population").on(gba.load_districts()),
        maps.links(links),
        maps.flows(pd.DataFrame({"giver": ["Shenzhen"], "receiver": ["Macao"], "value": [1.0]})),
        maps.points(places),
    ]
    made = maps.atlas(CITIES, layers, title=("The bay", "大湾区"))
    with browser.open_page(made.save(tmp_path_factory.mktemp("atlas") / "map.html")) as opened:
        yield opened
        assert (opened.requests, opened.errors) == ([], [])


def legend(page):
    rows = page.evaluate(
        "[...document.querySelectorAll('.gba-panel .gba-row')].map(r => [...r.children].map(c => c.textContent))"
    )
    return [row[1:] for row in rows]


def test_the_legend_follows_the_layer_and_the_year(page):
    page.evaluate("gbaAtlas.first().chooseFill(gbaAtlas.first().data.fills[0])")
    now = [int(row[1]) for row in legend(page)[:5]]
    assert sum(now) == 11
    page.evaluate("gbaAtlas.first().chooseYear(2000)")
    then = [int(row[1]) for row in legend(page)[:5]]
    assert sum(then) == 11
    assert then[0] > now[0]
    page.evaluate("gbaAtlas.first().chooseFill(gbaAtlas.first().data.fills[1])")
    assert ["High-High 高-高", "2"] in legend(page)


def test_the_slider_plays_and_names_the_year(page):
    page.evaluate("gbaAtlas.first().chooseFill(gbaAtlas.first().data.fills[0])")
    page.evaluate("gbaAtlas.first().chooseYear(2001)")
    assert page.evaluate("document.querySelector('.gba-year').textContent") == "2001"
    page.click(".gba-play")
    page.wait(1.2)
    page.click(".gba-play")
    year = int(page.evaluate("document.querySelector('.gba-year').textContent"))
    assert year >= 2002
    page.wait(1.1)
    assert page.evaluate("gbaAtlas.first().year") == year


SLIDER = """
(() => {
  const r = document.querySelector('.gba-slider input').getBoundingClientRect();
  return [r.x, r.y + r.height / 2, r.width];
})()
"""
SHOWN = """
[gbaAtlas.first().year, +document.querySelector('.gba-year').textContent,
 gbaAtlas.first().years[+document.querySelector('.gba-slider input').value], gbaAtlas.first().timer]
"""


def shown_year(page):
    """The year of the map, which its label and its slider must tell too, at rest."""
    year, label, knob, timer = page.evaluate(SHOWN)
    assert year == label == knob
    assert timer is None
    return year


@pytest.fixture
def slider(page):
    page.evaluate("gbaAtlas.first().chooseFill(gbaAtlas.first().data.fills[0])")
    page.evaluate("gbaAtlas.first().chooseYear(2010)")
    left, middle, wide = page.evaluate(SLIDER)
    years = page.evaluate("gbaAtlas.first().years")

    def place(share):
        return left + 8 + share * (wide - 16), middle

    return years, place


def test_a_click_on_the_slider_chooses_the_year(page, slider):
    years, place = slider
    counts = []
    for share in (0.0, 0.5, 1.0):
        page.click_at(*place(share))
        assert abs(years.index(shown_year(page)) - share * (len(years) - 1)) <= 1
        counts.append([int(row[1]) for row in legend(page)[:5]])
    assert counts[0] != counts[1] != counts[2]  # the map follows, not the label alone


def test_a_drag_of_the_slider_chooses_the_year_and_leaves_the_map(page, slider):
    years, place = slider
    page.click_at(*place(0.0))
    center = page.evaluate("String(gbaAtlas.first().map.getCenter())")
    page.drag(place(0.0), place(1.0))
    assert shown_year(page) == years[-1]
    page.drag(place(1.0), place(0.0))
    assert shown_year(page) == years[0]
    assert page.evaluate("String(gbaAtlas.first().map.getCenter())") == center


def test_keys_choose_the_year(page, slider):
    years, place = slider
    page.click_at(*place(0.5))
    at = years.index(shown_year(page))
    center = page.evaluate("String(gbaAtlas.first().map.getCenter())")
    for key, code, expected in (
        ("ArrowRight", 39, at + 1), ("ArrowLeft", 37, at), ("ArrowUp", 38, at + 1), ("ArrowDown", 40, at),
        ("Home", 36, 0), ("End", 35, len(years) - 1),
    ):  # fmt: skip
        page.press(key, code)
        assert shown_year(page) == years[expected], key
    assert page.evaluate("String(gbaAtlas.first().map.getCenter())") == center


def test_a_hand_on_the_slider_stops_the_play_where_it_points(page, slider):
    years, place = slider
    page.click(".gba-play")
    page.click_at(*place(0.0))
    page.wait(1.1)
    assert shown_year(page) == years[0]


def test_a_tooltip_and_a_popup_tell_the_year_s_value(page):
    page.evaluate("gbaAtlas.first().chooseFill(gbaAtlas.first().data.fills[0])")
    page.evaluate("gbaAtlas.first().chooseYear(2019)")
    value = f"{CITIES.loc['Guangzhou', 'gdp_pc_cny']:,.0f} CNY"
    at = list(CITIES.index).index("Guangzhou")
    tip = page.evaluate(f"({TIP})({at})")
    assert tip == f"Guangzhou {CITIES.loc['Guangzhou', 'name_zh']}GDP per capita 人均生产总值 2019: {value}"
    page.evaluate(f"(() => {{ const s = gbaAtlas.first().sets[0]; s.layers[{at}].fire('click', {{}}, true); }})()")
    page.wait(0.3)
    card = page.evaluate("[...document.querySelectorAll('.gba-card')].pop().textContent")
    assert value in card
    assert page.evaluate("document.querySelectorAll('.gba-history path').length") == 1


@pytest.mark.parametrize(("power", "shown"), [(-120, "1.5e-120"), (-12, "1.5e-12"), (-3, "0.0015"), (300, "1.5e+300")])
def test_popups_write_values_of_any_size_as_the_legend_does(tmp_path, power, shown):
    panel = pd.concat(
        {year: grid_of(1, 3)["x"].map({0.0: 1.5, 1.0: 2.5, 2.0: 4.0}) * 10.0**power for year in (2019, 2020)}
    ).rename("v")
    panel = panel.rename_axis(["year", "unit"]).swaplevel().to_frame()
    made = maps.atlas(grid_of(1, 3), [maps.choropleth("v", panel=panel, k=3)])
    with browser.open_page(made.save(tmp_path / "map.html")) as opened:
        assert opened.evaluate(f"({TIP})(0)").endswith(f": {shown}")
        opened.evaluate("(() => { const s = gbaAtlas.first().sets[0]; s.layers[0].fire('click', {}, true); })()")
        opened.wait(0.3)
        assert shown in opened.evaluate("[...document.querySelectorAll('.gba-card')].pop().textContent")
        assert opened.errors == []


def test_links_are_those_open_by_the_year(page):
    page.evaluate("gbaAtlas.first().chooseFill(gbaAtlas.first().data.fills[0])")
    linked = {}
    for year in (2005, 2012, 2019):
        page.evaluate(f"gbaAtlas.first().chooseYear({year})")
        words = page.evaluate(
            "[...document.querySelectorAll('.gba-panel .gba-quiet')].map(e => e.textContent).join('|')"
        )
        linked[year] = words.split(" linked pairs")[0].split("|")[-1]
    assert linked == {2005: "0", 2012: "2010: 1", 2019: "2018: 2"}


def test_search_finds_both_languages_and_opens_the_unit(page):
    for typed, found in (("珠", "Zhuhai"), ("macao", "Macao"), ("東莞", "Dongguan"), ("huiz", "Huizhou")):
        page.evaluate(
            f"(() => {{ const i = document.querySelector('.gba-search input'); i.value = '{typed}'; i.oninput(); }})()"
        )
        assert found in page.evaluate("document.querySelector('.gba-search li').textContent")
        page.click(".gba-search li")
        page.wait(0.3)
        assert found in page.evaluate("[...document.querySelectorAll('.gba-card h3')].pop().textContent")
    page.evaluate("(() => { const i = document.querySelector('.gba-search input'); i.value = 'zzz'; i.oninput(); })()")
    assert "未找到" in page.evaluate("document.querySelector('.gba-search li').textContent")


def test_another_set_of_units_has_its_own_shapes(page):
    page.evaluate("gbaAtlas.first().chooseFill(gbaAtlas.first().data.fills[2])")
    assert page.evaluate("gbaAtlas.first().sets.map(s => s.layers.length)") == [11, 69]
    assert page.evaluate("gbaAtlas.first().sets.map(s => gbaAtlas.first().map.hasLayer(s.group))") == [False, True]
    page.evaluate("gbaAtlas.first().chooseFill(null)")
    assert page.evaluate("gbaAtlas.first().sets.map(s => gbaAtlas.first().map.hasLayer(s.group))") == [True, False]


def test_languages_change_names_and_words(page):
    page.evaluate("gbaAtlas.first().chooseFill(gbaAtlas.first().data.fills[1])")
    seen = {}
    for language in ("en", "zh", "both"):
        page.evaluate(f"gbaAtlas.first().speak('{language}')")
        seen[language] = page.evaluate(
            "[document.querySelector('.gba-title').textContent, document.querySelector('.gba-head h2').textContent]"
        )
    assert seen == {"en": ["The bay", "Layers"], "zh": ["大湾区", "图层"], "both": ["The bay 大湾区", "Layers 图层"]}


def test_names_do_not_lie_on_one_another(page):
    page.evaluate("gbaAtlas.first().fitUnits()")
    page.wait(0.5)
    number, shown, wrapping = page.evaluate(OVERLAPS)
    assert number == 0
    assert shown >= 10
    assert wrapping == "nowrap"


def test_the_picture_has_the_colors_of_the_classes(page):
    from PIL import Image

    page.evaluate("gbaAtlas.first().chooseFill(gbaAtlas.first().data.fills[1])")
    content = base64.b64decode(page.evaluate("gbaAtlas.picture(2)").split(",")[1])
    picture = Image.open(io.BytesIO(content)).convert("RGB")
    assert picture.size == (2400, 1600)
    seen = {color for _, color in picture.getcolors(2**24)}
    for name in ("HH", "LL", "LH", "HL"):  # the legend holds them pure
        assert tuple(bytes.fromhex(CLUSTERS[name].color[1:])) in seen


def test_the_page_holds_on_a_narrow_screen(page):
    page.resize(400, 700)
    page.wait(0.3)
    assert page.evaluate("document.documentElement.scrollWidth") <= 400
    page.resize(1200, 800)


@pytest.mark.parametrize(
    ("layer", "error", "words"),
    [
        (lambda: maps.choropleth("gdp_per_cny"), UnknownNameError, "Did you mean gdp_pc_cny"),
        (lambda: maps.choropleth("gdp", panel=gba.load_panel(variables="gdp_cny")), UnknownNameError, "panel have no"),
        (lambda: maps.clusters(pd.Series({"Peking": "HH"})), AlignmentError, "map does not have: Peking"),
        (lambda: maps.clusters(pd.Series({440100: "HH"})), AlignmentError, "integer there, string on"),
        (lambda: maps.clusters(pd.Series({"Macao": "High"})), DataError, "High is not a class"),
        (lambda: maps.significance(pd.Series({"Macao": 1.4})), DataError, "p-value of Macao lies outside"),
        (lambda: maps.clusters(CITIES), UnknownNameError, "no column 'cluster'"),
        (lambda: maps.clusters(np.ones(11)), OptionError, "has no table by unit"),
        (lambda: maps.clusters({}), DataError, "mapping of years is empty"),
        (lambda: maps.links(pairs_of([("Peking", "Macao", 1.0)])), AlignmentError, "weights name units .* Peking"),
        (lambda: maps.flows(CITIES), UnknownNameError, "no column giver"),
        (lambda: maps.flows(flow_of("Zhuhai", np.nan)), DataError, "Macao to Zhuhai"),
        (lambda: maps.flows(flow_of("Macao", 1.0)), DataError, "inside its own unit"),
        (lambda: maps.flows(flow_of("Zhuhai", 1.0).iloc[:0]), DataError, "the flows have no rows"),
        (lambda: maps.flows(flow_of("Zhuhai", 0.0)), DataError, "to another is zero"),
        (lambda: maps.choropleth("gdp_cny", panel=CITIES), OptionError, "indexed by"),
        (lambda: maps.points(CITIES, name="nom"), UnknownNameError, "no column 'nom'"),
        (lambda: maps.links(pairs_of([("Zhuhai", "Macao", 1.0)]), color="red"), OptionError, "#B10026"),
        (lambda: maps.diverging("side"), DataError, "'side' holds no numbers"),
    ],
)  # fmt: skip
def test_what_cannot_be_drawn_is_said(layer, error, words):
    with pytest.raises(error, match=words):
        maps.atlas(CITIES, layer())


def test_layers_of_one_name_are_told_apart():
    panel = gba.load_panel(variables="population")
    w = gba.weights.contiguity(CITIES)
    lisa = gba.autocorrelation.local_moran(CITIES["gdp_pc_cny"], w, rng=1)
    layers = [
        maps.choropleth("gdp_pc_cny"), maps.diverging("gdp_pc_cny", center=1e5), maps.choropleth("gdp_pc_cny", k=3),
        maps.choropleth("gdp_pc_cny", k=3, palette="Reds"), maps.choropleth("population", panel=panel),
        maps.clusters(lisa), maps.clusters(lisa), maps.links(w), maps.links(gba.weights.nearest(CITIES, k=2)),
    ]  # fmt: skip
    payload = maps.atlas(CITIES, layers)._payload
    told = [each["label"] for each in payload["fills"] + payload["overlays"]]
    assert told[0] == ["GDP per capita (5 classes, quantiles)", "人均地区生产总值（分位数，5 级）"]
    assert told[1][0] == "GDP per capita (classes of equal reach on both sides of 100000)"
    assert [each[0] for each in told[2:4]] == [f"GDP per capita (3 classes, quantiles) ({k})" for k in (1, 2)]
    assert told[4][0] == "Population"  # nothing to tell it from
    assert told[8][0] == "Weights graph (the 2 nearest units)"
    assert len({tuple(each) for each in told}) == len(told)


def test_many_units_are_drawn_on_a_canvas_with_their_links(tmp_path):
    from PIL import Image

    side = 80
    units = grid_of(side, side, size=0.01)
    at = np.arange(side * side)
    right = at[at % side < side - 1]
    pairs = pd.DataFrame({"focal": units.index[right], "neighbor": units.index[right + 1], "weight": 1.0})
    layers = [maps.choropleth("x", k=4), maps.links(from_pairs(pairs, ids=units.index))]
    with browser.open_page(maps.atlas(units, layers).save(tmp_path / "map.html"), size=(900, 700)) as opened:
        assert (opened.requests, opened.errors) == ([], [])
        assert opened.evaluate("document.querySelectorAll('.leaflet-overlay-pane canvas').length") == 1
        assert opened.evaluate("document.querySelectorAll('path.leaflet-interactive').length") == 0
        opened.move_to(300, 350)
        assert opened.evaluate("document.querySelector('.leaflet-tooltip b').textContent").startswith("u")
        opened.evaluate("void gbaAtlas.first().show(gbaAtlas.first().overlays[0], false)")
        seen = Image.open(io.BytesIO(opened.screenshot())).convert("RGB").crop((60, 60, 600, 650)).getcolors(2**24)
        assert max(seen)[0] < 540 * 590 * 0.5  # several classes, not one blank sheet


def test_units_may_be_points(tmp_path):
    places = gba.data.load_points().assign(size=range(11))
    with browser.open_page(maps.atlas(places, maps.choropleth("size")).save(tmp_path / "map.html")) as opened:
        assert (opened.requests, opened.errors) == ([], [])
        assert opened.evaluate("gbaAtlas.first().sets[0].layers.filter(l => l.getRadius).length") == 11
        opened.evaluate("void gbaAtlas.first().sets[0].layers[0].fire('click', {}, true)")
        assert opened.evaluate("document.querySelectorAll('.gba-card').length") == 1
        assert opened.evaluate("gbaAtlas.picture(1).length") > 1000


def test_impacts_of_a_model_are_flows():
    class Impacts:
        def flows(self):
            return flow_of("Zhuhai", 2.0)

    assert maps.flows(Impacts()).payload(CITIES)["of"] == 1


FRAME = """
(() => {
  const plot = document.querySelector('.gba-scatter'), box = plot.getBoundingClientRect();
  plot.setPointerCapture = () => {};
  const send = (kind, x, y) => plot.dispatchEvent(new PointerEvent(kind, {
    clientX: box.x + x * box.width, clientY: box.y + y * box.height, pointerId: 1, bubbles: true}));
  send('pointerdown', 0.5, 0.02); send('pointermove', 0.99, 0.45); send('pointerup', 0.99, 0.45);
  const a = gbaAtlas.first(), set = a.sets[0];
  const chosen = a.selected ? [...a.selected].map(i => set.ids[i]).sort() : null;
  const bright = set.layers.filter(l => l.options.fillOpacity > 0.5).map(l => set.ids[l.unit]).sort();
  send('pointerdown', 0.01, 0.05); send('pointerup', 0.01, 0.05);
  return [chosen, bright, a.selected];
})()
"""


def test_the_scatterplot_and_the_map_are_linked(tmp_path):
    """Dots framed in the upper right quadrant are the units that stay bright; the line's slope is Moran's I."""
    w = gba.weights.contiguity(CITIES, links=2019).row_standardized()
    y = np.log(CITIES["gdp_pc_cny"])
    result = gba.autocorrelation.local_moran(y, w, rng=1)
    layer = maps.clusters(result)
    plot = layer.payload(CITIES.iloc[::-1])["scatter"][0]
    z = (y - y.mean()) / y.std(ddof=0)
    assert plot["x"] == pytest.approx(z.iloc[::-1].tolist(), abs=1e-4)
    moran = gba.autocorrelation.moran(y, w, inference="normal").statistic
    assert np.dot(plot["x"], plot["y"]) / np.dot(plot["x"], plot["x"]) == pytest.approx(moran, abs=1e-4)
    both_high = sorted(city for city in CITIES.index if z[city] > 0 and w.lag(z)[city] > 0)
    with browser.open_page(maps.atlas(CITIES, layer).save(tmp_path / "map.html")) as opened:
        assert f"slope 斜率 {moran:.3f}" in opened.evaluate("document.querySelector('.gba-scatter').textContent")
        chosen, bright, after = opened.evaluate(FRAME)
        assert (opened.requests, opened.errors) == ([], [])
    assert set(both_high) <= set(chosen)
    assert bright == chosen
    assert after is None


def test_shipped_variables_know_their_names():
    fill = maps.choropleth("gdp_pc_cny").payload(CITIES)
    assert (fill["label"][0], fill["unit"]) == ("GDP per capita", ["yuan per person", "元/人"])
    stranger = grid_of(1, 2).assign(gdp_pc_cny=[1.0, 2.0])
    assert maps.choropleth("gdp_pc_cny").payload(stranger)["label"] == ["gdp pc cny", ""]


def test_names_come_from_the_columns_one_says():
    units = grid_of(1, 2).assign(name_en=["A", "B"], nom=["É", "Ü"])
    with pytest.raises(UnknownNameError, match="no column 'noms'"):
        maps.atlas(units, label="noms")
    for names, expected in ((None, "A"), ("nom", "É"), (("nom", "name_en"), "É")):
        assert f'"en":["{expected}"' in maps.atlas(units, label=names).to_html()


def test_each_kind_of_layer_stands_in_one_file_with_its_payload():
    kinds = {kind.__qualname__: kind for kind in maps.Layer.__subclasses__()}  # slots make each class twice
    assert len({kind.__module__ for kind in kinds.values()}) == len(kinds) >= 5
    assert all("payload" in vars(kind) for kind in kinds.values())


@pytest.mark.parametrize("size", [(1400, 900), (1000, 700)])
def test_the_slider_lies_below_the_units(tmp_path, size):
    shapes = [box(i % 3 * 0.1, i // 3 * 0.1, i % 3 * 0.1 + 0.1, i // 3 * 0.1 + 0.1) for i in range(18)]  # a tall region
    units = gpd.GeoDataFrame(index=pd.Index([f"u{i}" for i in range(18)], name="code"), geometry=shapes, crs=4326)
    rows = pd.MultiIndex.from_product([units.index, [2018, 2019]])
    layer = maps.choropleth("x", panel=pd.DataFrame({"x": np.arange(36.0)}, index=rows))
    path = maps.atlas(units, [layer]).save(tmp_path / "tall.html")
    with browser.open_page(path, size=size) as page:
        foot = page.evaluate("document.querySelector('.gba-slider').getBoundingClientRect().top")
        low = page.evaluate(
            "Math.max(...[...document.querySelectorAll('path.leaflet-interactive')]"
            ".map(unit => unit.getBoundingClientRect().bottom))"
        )
        assert size[1] / 2 < low <= foot
