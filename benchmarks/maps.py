"""Map pages against folium, side by side in one run: time to make, bytes, and what a browser needs to open them.

    python benchmarks/maps.py            # 3,000 polygons against folium and explore(); 50,000 panned in Chromium
    python benchmarks/maps.py --peer     # folium.Choropleth for the 50,000 as well (about a minute)

The layers are Voronoi cells with six corners on average, so that names and values weigh as much as
shapes do; on administrative borders with many vertices the difference in size is larger.
"""

from __future__ import annotations

import argparse
import importlib.util
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import folium
import geopandas as gpd
import numpy as np
import shapely

import gbaspatial as gba
from gbaspatial.maps.packaged_assets import PACKED, asset, packed

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
STYLES = ("leaflet.css", "atlas.css")
WEST, SOUTH, EAST, NORTH = 111.3, 21.5, 115.3, 24.5


def cells(n: int) -> gpd.GeoDataFrame:
    """`n` Voronoi cells over the bay with a random value each."""
    rng = np.random.default_rng(n)
    frame = shapely.box(WEST, SOUTH, EAST, NORTH)
    places = shapely.multipoints(rng.random((n, 2)) * [EAST - WEST, NORTH - SOUTH] + [WEST, SOUTH])
    shapes = shapely.intersection(shapely.get_parts(shapely.voronoi_polygons(places, extend_to=frame)), frame)
    return gpd.GeoDataFrame({"value": rng.random(n)}, index=[f"u{i}" for i in range(n)], geometry=shapes, crs=4326)


def ours(units: gpd.GeoDataFrame, path: Path) -> Path:
    """The page of this package, without the background that folium does not draw."""
    return gba.maps.atlas(units, gba.maps.choropleth("value"), context=False).save(path)


def theirs(units: gpd.GeoDataFrame, path: Path) -> Path:
    """The page of folium."""
    table = units.rename_axis("unit").reset_index()
    page = folium.Map(tiles=None)
    options = {"columns": ["unit", "value"], "key_on": "feature.properties.unit", "bins": 5}
    folium.Choropleth(table, data=table, **options).add_to(page)
    page.save(path)
    return path


def explored(units: gpd.GeoDataFrame, path: Path) -> Path:
    """The page of geopandas' explore()."""
    units.explore(column="value", scheme="quantiles", k=5, tiles=None).save(path)
    return path


def on_the_card(units: gpd.GeoDataFrame, path: Path) -> Path:
    """The page of lonboard, which draws on the graphics card; its script comes from the internet."""
    from lonboard import Map, SolidPolygonLayer
    from lonboard.colormap import apply_continuous_cmap
    from matplotlib import colormaps

    colors = apply_continuous_cmap(units["value"].to_numpy(), colormaps["YlGnBu"])
    Map(SolidPolygonLayer.from_geopandas(units, get_fill_color=colors)).to_html(str(path))
    return path


def without_network(path: Path) -> Path:
    """A page of folium with Leaflet put inside and all else that it would load left out, so that it opens here."""
    text = path.read_text(encoding="utf-8")
    style = f"<style>{asset('leaflet.css')}</style>"
    text = re.sub(r'<link rel="stylesheet" href="[^"]*leaflet\.css"/>', lambda _: style, text)
    text = re.sub(
        r'<script src="[^"]*/leaflet\.js"></script>', lambda _: f"<script>{asset('leaflet.js')}</script>", text
    )
    text = re.sub(r'<script src="http[^"]*"></script>|<link[^>]*href="http[^"]*"[^>]*>', "", text)
    made = path.with_name("inside-" + path.name)
    made.write_text(text, encoding="utf-8")
    return made


MAP = "(window.gbaAtlas ? gbaAtlas.first().map : window[Object.keys(window).find(k => k.startsWith('map_'))])"


def panned(path: Path, steps: int = 40) -> str:
    """Milliseconds of script, style and layout a frame while a mouse drags the map; paint is not counted."""
    import browser

    if browser.find_chromium() is None:
        return "not panned: no Chromium"
    with browser.open_page(path, timeout=600, settle=1) as page:
        page.command("Performance.enable")

        def spent() -> float:
            metrics = {each["name"]: each["value"] for each in page.command("Performance.getMetrics")["metrics"]}
            return metrics["ScriptDuration"] + metrics["LayoutDuration"] + metrics["RecalcStyleDuration"]

        places = page.evaluate(f"{MAP}.getSize().x"), page.evaluate(f"{MAP}.getSize().y")
        x, y = places[0] / 2 + 150, places[1] / 2
        mouse = {"button": "left", "buttons": 1}
        page.command("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)
        page.command("Input.dispatchMouseEvent", type="mousePressed", x=x, y=y, clickCount=1, **mouse)
        frames = []
        for step in range(1, steps + 1):
            before = spent()
            page.command("Input.dispatchMouseEvent", type="mouseMoved", x=x - 6 * step, y=y + 2 * step, **mouse)
            page.evaluate("new Promise(done => requestAnimationFrame(() => done()))")
            frames.append(1000 * (spent() - before))
        before = spent()
        page.command(
            "Input.dispatchMouseEvent", type="mouseReleased", x=x - 6 * steps, y=y + 2 * steps, clickCount=1, **mouse
        )
        page.wait(1)
        after = 1000 * (spent() - before)
    usual, rare = statistics.median(frames), np.quantile(frames, 0.95)
    return f"pan {usual:.1f} ms a frame (95 %: {rare:.1f}), {after:.0f} ms after it"


def timed(work: Callable[[], Path], repeats: int) -> tuple[float, Path]:
    """Median seconds of `repeats` runs, and what the last one made."""
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        path = work()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds), path


def opened(path: Path) -> str:
    """How a browser takes the page."""
    import browser

    if browser.find_chromium() is None:
        return "not opened: no Chromium"
    with browser.open_page(path, timeout=300) as page:
        drawn = page.evaluate("gbaAtlas.first().sets[0].layers.length")
        start = time.perf_counter()
        page.evaluate("gbaAtlas.first().chooseFill(null); new Promise(requestAnimationFrame)")
        restyled = time.perf_counter() - start
        trouble = f", requests {page.requests}, errors {page.errors}" if page.requests or page.errors else ""
        return f"opens in {page.load_seconds:.2f} s, {drawn:,} shapes, changes its layer in {restyled:.2f} s{trouble}"


def compare(n: int, folder: Path, repeats: int, peer: bool) -> None:
    """One line per maker, and the ratios."""
    units = cells(n)
    vertices = int(shapely.get_num_coordinates(units.geometry.array).sum())
    ours(units.iloc[:10], folder / "warm.html")
    mine, page = timed(lambda: ours(units, folder / f"ours-{n}.html"), repeats)
    size = page.stat().st_size
    print(f"{n:>7,} polygons  gbaspatial         {mine:7.3f} s  {size / 1e6:6.2f} MB  {opened(page)}")
    print(f"{'':>7} {'':9} {size / vertices:.1f} bytes a vertex, {panned(page)}")
    makers = {"folium.Choropleth": theirs, "explore()": explored}
    if importlib.util.find_spec("lonboard"):
        makers["lonboard"] = on_the_card
    elif peer:
        print(f"{'':>7} {'':9} lonboard           is not installed here, so it was not measured: pip install lonboard")
    for name, maker in makers.items() if peer else ():
        other, its_page = timed(
            lambda maker=maker, name=name: maker(units, folder / f"{name[:7]}-{n}.html"), min(repeats, 2)
        )
        its_size = its_page.stat().st_size
        print(f"{'':>7} {'':9} {name:17}  {other:7.3f} s  {its_size / 1e6:6.2f} MB  needs the internet")
        told = "not panned: needs the internet" if maker is on_the_card else panned(without_network(its_page))
        scripts = sum(len(packed(name)[0]) for name in PACKED) + sum(len(asset(name)) for name in STYLES)
        print(
            f"{'':>7} {'':9} ratio              {other / mine:7.1f}    {its_size / size:6.1f}     "
            f"{its_size / (size - scripts):.1f} without the scripts inside; {told}"
        )


def main() -> None:
    """Run the comparison."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peer", action="store_true", help="also time folium.Choropleth on 50,000 polygons")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        compare(3_000, Path(folder), 5, True)
        compare(50_000, Path(folder), 1, arguments.peer)


if __name__ == "__main__":
    main()
