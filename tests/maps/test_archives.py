"""A PMTiles archive beside the page: what it holds, and how the page reads it by HTTP or from a file that is chosen."""

import http.server
import threading
from functools import partial

import browser
import geopandas as gpd
import numpy as np
import pyogrio
import pytest
from shapely import Point
from small_world import HOSTILE, grid_of

import gbaspatial as gba
from gbaspatial import maps
from gbaspatial.errors import FileFormatError, OptionError
from gbaspatial.maps.archives import squares, zooms

SIDE = 60


def many():
    units = grid_of(SIDE, SIDE, size=0.01)
    return units.assign(name_en=[HOSTILE[i % len(HOSTILE)] + f" {i}" for i in range(len(units))])


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("archive")
    frame = gpd.GeoDataFrame(index=["frame"], geometry=[many().union_all()], crs=4326)
    layer = maps.tiled(many(), maps.choropleth("x", unit="km", label=("Value", "数值")), archive="cells.pmtiles")
    maps.atlas(frame, layer, context=False).save(made / "map.html")
    return made


class Ranges(http.server.SimpleHTTPRequestHandler):
    """A server that answers ranges, as web servers do."""

    asked: list[tuple[int, int]] = []

    def do_GET(self):
        wanted = self.headers.get("Range")
        if wanted is None:
            return super().do_GET()
        first, last = map(int, wanted.removeprefix("bytes=").split("-"))
        with open(self.translate_path(self.path), "rb") as file:
            file.seek(first)
            body = file.read(last - first + 1)
        type(self).asked.append((first, len(body)))
        self.send_response(206)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        return None

    def log_message(self, *_):
        pass


class Whole(Ranges):
    """A server that knows no ranges, as Python's own."""

    def do_GET(self):
        http.server.SimpleHTTPRequestHandler.do_GET(self)


def served(folder, kind):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(kind, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


NEAR = "gbaAtlas.first().map.setView([50.3, 10.3], {zoom}, {{animate: false}}); void 0"
COLOR = """
((lat, lon) => {
  const a = gbaAtlas.first(), root = a.root.getBoundingClientRect(), p = a.map.latLngToContainerPoint([lat, lon]);
  const x = root.left + p.x, y = root.top + p.y;
  for (const { el, current } of Object.values(a.overlays[0].grid._tiles)) {
    const r = el.getBoundingClientRect();
    if (!current || x < r.left || x >= r.right || y < r.top || y >= r.bottom) continue;
    const at = [(x - r.left) / r.width * el.width, (y - r.top) / r.height * el.height];
    const data = el.getContext('2d').getImageData(...at.map(Math.floor), 1, 1).data;
    return '#' + [...data.slice(0, 3)].map(c => c.toString(16).padStart(2, '0')).join('').toUpperCase();
  }
  return null;
})(%s, %s)
"""


def misplaced(page, zoom):
    """Units about the middle of the view whose place has not the color of their class, of those that are in sight."""
    page.evaluate(NEAR.format(zoom=zoom))
    page.wait(0.6)
    units, seen, wrong = many(), 0, []
    payload = maps.choropleth("x").payload(units)
    for row, column in ((30, 30), (29, 31), (35, 28), (30, 26), (33, 33)):
        i = SIDE * row + column
        place = units.geometry.iloc[i].centroid
        color = page.evaluate(COLOR % (place.y, place.x))
        seen += color is not None
        if color not in (None, payload["legend"][ord(payload["codes"][0][i]) - 97][0].upper()):
            wrong.append((row, column, color))
    assert seen >= 2
    return wrong


def test_the_archive_holds_every_unit_at_its_finest_level_with_name_class_and_value(folder):
    coarse, finest = zooms(many())
    info = pyogrio.read_info(folder / "cells.pmtiles")["dataset_metadata"]
    assert (int(info["minzoom"]), int(info["maxzoom"])) == (coarse, finest)
    read = pyogrio.read_dataframe(folder / "cells.pmtiles").drop_duplicates("unit").set_index("unit")
    units = many().set_index("name_en")
    assert set(read.index) == set(units.index)
    assert (read["value"].sort_index() == units["x"].sort_index()).all()
    payload = maps.choropleth("x").payload(many())
    codes = dict(zip(units.index, [ord(letter) - 97 for letter in payload["codes"][0]], strict=True))
    assert {name: int(code) for name, code in read["code"].items()} == codes


@pytest.mark.parametrize("kind", [Ranges, Whole], ids=["ranges", "whole"])
def test_a_page_on_a_server_draws_the_tiles_and_opens_a_unit(folder, kind):
    server, Ranges.asked = served(folder, kind), []
    try:
        with browser.open_page(f"http://127.0.0.1:{server.server_port}/map.html") as page:
            wide = page.evaluate("[Boolean(gbaAtlas.first().overlays[0].archive), gbaAtlas.first().overlays[0].near]")
            assert wide[0] is True
            coarse, finest = zooms(many())
            assert [misplaced(page, zoom) for zoom in (coarse + 0.5, finest, finest + 2.25)] == [[], [], []]
            width, height = page.evaluate("(s => [s.x, s.y])(gbaAtlas.first().map.getSize())")
            page.click_at(width / 2, height / 2)
            page.wait(0.3)
            told = page.evaluate("document.querySelector('.gba-card').textContent")
            units = many()
            under = units[units.contains(Point(10.3 + 1e-9, 50.3 + 1e-9)) | units.intersects(Point(10.3, 50.3))]
            assert any(name in told for name in under["name_en"])
            assert {request.rsplit("/", 1)[1] for request in page.requests} == {"cells.pmtiles"}
            assert (page.errors, page.dialogs) == ([], [])
        if kind is Ranges:
            assert Ranges.asked
            assert sum(length for _, length in Ranges.asked) > 0
    finally:
        server.shutdown()
        server.server_close()


def test_a_page_that_is_a_file_says_so_shows_squares_and_takes_the_archive_by_hand(folder):
    with browser.open_page(folder / "map.html") as page:
        told = page.evaluate("document.querySelector('.gba-panel').textContent")
        assert "may not read cells.pmtiles beside it" in told
        assert "3,600 units" in told
        assert page.evaluate("gbaAtlas.first().overlays[0].group.getLayers().length") == 5  # a list of squares a class
        root = page.command("DOM.getDocument", depth=0)["root"]["nodeId"]
        found = page.command("DOM.querySelector", nodeId=root, selector="input[type=file]")["nodeId"]
        page.command("DOM.setFileInputFiles", nodeId=found, files=[str(folder / "cells.pmtiles")])
        assert misplaced(page, zooms(many())[1] + 2) == []
        assert "<image" in page.evaluate("gbaAtlas.drawing()")
        assert "may not read" not in page.evaluate("document.querySelector('.gba-panel').textContent")
        assert (page.requests, page.errors, page.dialogs) == ([], [], [])


@pytest.mark.parametrize("last", ["tiled", "fill"])
def test_a_tiled_layer_lies_above_the_fills_before_it_and_below_those_after(tmp_path, last):
    """Pixels of the screen: of the squares of a wide view, and of the tiles near by."""
    units, under = many(), gpd.GeoDataFrame({"y": [1.0]}, index=["frame"], geometry=[many().union_all()], crs=4326)
    one = maps.tiled(
        units.assign(x=1.0), maps.choropleth("x", scheme=[2.0, 3.0], palette="Reds"), archive="cells.pmtiles"
    )
    layers = [maps.choropleth("y", scheme=[2.0, 3.0], palette="Blues"), one]
    page = maps.atlas(under, layers if last == "tiled" else layers[::-1], context=False)
    wanted = (page._payload["overlays"][0] if last == "tiled" else page._payload["fills"][0])["legend"][0][0]
    page.save(tmp_path / "map.html")
    server = served(tmp_path, Ranges)
    with browser.open_page(f"http://127.0.0.1:{server.server_port}/map.html", size=(900, 700)) as tab:
        tab.evaluate("gbaAtlas.first().show(gbaAtlas.first().names, false)")
        for zoom in (zooms(units)[0] - 1, zooms(units)[1]):
            tab.evaluate(NEAR.format(zoom=zoom))
            tab.wait(0.6)
            assert pixel(tab, tmp_path, 50.253, 10.276) == wanted.upper()
            assert wanted.lower() in tab.evaluate("gbaAtlas.drawing()").lower()
        assert tab.evaluate("gbaAtlas.first().chooseFill(null), gbaAtlas.first().sets[0].base.fillOpacity") == 0
        assert pixel(tab, tmp_path, 50.253, 10.276) == page._payload["overlays"][0]["legend"][0][0].upper()
        assert tab.errors == []
    server.shutdown()
    server.server_close()


def pixel(tab, folder, lat, lon):
    from PIL import Image

    at = tab.evaluate(
        f"((a, p) => (box => [box.x + p.x, box.y + p.y])(a.root.getBoundingClientRect()))"
        f"(gbaAtlas.first(), gbaAtlas.first().map.latLngToContainerPoint([{lat}, {lon}]))"
    )
    tab.screenshot(folder / "seen.png")
    with Image.open(folder / "seen.png") as seen:
        return "#{:02X}{:02X}{:02X}".format(*seen.convert("RGB").getpixel((round(at[0]), round(at[1]))))


def test_what_is_no_archive_is_told(folder, tmp_path):
    wrong = tmp_path / "wrong.pmtiles"
    wrong.write_bytes(b"not an archive" * 10)
    with browser.open_page(folder / "map.html") as page:
        root = page.command("DOM.getDocument", depth=0)["root"]["nodeId"]
        found = page.command("DOM.querySelector", nodeId=root, selector="input[type=file]")["nodeId"]
        page.command("DOM.setFileInputFiles", nodeId=found, files=[str(wrong)])
        page.wait(0.3)
        assert "cells.pmtiles cannot be read" in page.evaluate("document.querySelector('.gba-panel').textContent")
        assert page.errors == []


def test_points_are_tiled_too_and_without_values(tmp_path):
    rng = np.random.default_rng(1)
    places = gpd.GeoDataFrame(
        {"kind": rng.choice(["a", "b"], 5000)}, geometry=gpd.points_from_xy(*rng.random((2, 5000))), crs=4326
    )
    frame = gpd.GeoDataFrame(geometry=[Point(0.5, 0.5).buffer(1)], crs=4326)
    page = maps.atlas(frame, maps.tiled(places, maps.choropleth("kind"), archive="p.pmtiles"), context=False)
    page.save(tmp_path / "deep" / "map.html")
    read = pyogrio.read_dataframe(tmp_path / "deep" / "p.pmtiles")
    assert len(read) >= len(places)
    assert "value" not in read.columns


def test_squares_take_the_most_frequent_class_whatever_the_order():
    rng = np.random.default_rng(3)
    places, codes = rng.random((500, 2)) * 3, rng.integers(0, 4, 500)
    shuffled = rng.permutation(500)
    bounds = np.array([0.0, 0.0, 3.0, 3.0])
    assert squares(places, codes, bounds) == squares(places[shuffled], codes[shuffled], bounds)
    assert squares(np.zeros((3, 2)), np.array([3, 1, 1]), bounds)["classes"] == "b"


def test_squares_cover_units_that_are_larger_than_they_are():
    units = grid_of(3, 5, size=1.0)
    told = maps.tiled(units, maps.choropleth("x", scheme=[4.0, 9.0]), archive="a.pmtiles").payload(units)
    covered = len(told["classes"]) * told["size"] ** 2
    assert covered == pytest.approx(units.union_all().area, rel=0.02)
    assert np.unique(list(told["classes"]), return_counts=True)[1] == pytest.approx(
        [len(told["classes"]) / 3] * 3, rel=0.02
    )


@pytest.mark.parametrize("archive", ["cells.zip", "folder/cells.pmtiles", "../cells.pmtiles", ""])
def test_an_archive_has_a_plain_name(archive):
    with pytest.raises(FileFormatError):
        maps.tiled(grid_of(2, 2), maps.choropleth("x"), archive=archive)


def test_what_cannot_be_tiled_is_said():
    units = grid_of(2, 2)
    with pytest.raises(OptionError, match="no fill"):
        maps.tiled(units, maps.links(gba.weights.contiguity(units)), archive="a.pmtiles")
    with pytest.raises(OptionError, match="one year and one variable"):
        maps.tiled(units.assign(y=[2.0, 1, 4, 3]), maps.bivariate("x", "y", k=2), archive="a.pmtiles")


def test_only_a_page_with_an_archive_may_ask_its_server(folder):
    assert "connect-src 'self'" in (folder / "map.html").read_text(encoding="utf-8")
    assert "connect-src" not in maps.atlas(grid_of(2, 2), maps.choropleth("x"), context=False).to_html()
