"""Map pages against folium, side by side in one run: time to make, bytes, and what a browser needs to open them.

    python benchmarks/maps.py            # 3,000 polygons against folium.Choropleth; 50,000 opened in Chromium
    python benchmarks/maps.py --peer     # folium.Choropleth for the 50,000 as well (about a minute)

The layers are Voronoi cells with six corners on average, so that names and values weigh as much as
shapes do; on administrative borders with many vertices the difference in size is larger.
"""

from __future__ import annotations

import argparse
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
from gbaspatial.maps.page import asset

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
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
    ours(units.iloc[:10], folder / "warm.html")
    mine, page = timed(lambda: ours(units, folder / f"ours-{n}.html"), repeats)
    print(f"{n:>7,} polygons  gbaspatial         {mine:7.3f} s  {page.stat().st_size / 1e6:6.2f} MB  {opened(page)}")
    if peer:
        other, its_page = timed(lambda: theirs(units, folder / f"folium-{n}.html"), repeats)
        times, bytes_ = other / mine, its_page.stat().st_size / page.stat().st_size
        print(
            f"{'':>7} {'':9} folium.Choropleth  {other:7.3f} s  {its_page.stat().st_size / 1e6:6.2f} MB  "
            "needs the internet"
        )
        scripts = sum(len(asset(name)) for name in ("leaflet.js", "leaflet.css", "atlas.js", "atlas.css"))
        data = its_page.stat().st_size / (page.stat().st_size - scripts)
        print(
            f"{'':>7} {'':9} ratio              {times:7.1f}    {bytes_:6.1f}     {data:.1f} without the scripts inside"
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
