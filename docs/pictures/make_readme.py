"""Makes the picture of the README: the atlas of 2023 in headless Chromium.

python docs/pictures/make_readme.py
"""

from __future__ import annotations

import sys
import tempfile
import warnings
from pathlib import Path

import gbaspatial as gba

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "tests"))
YEAR = 2023


def main() -> None:
    """GDP per capita with the graph of W on top; the clusters are the next layer."""
    import browser
    from PIL import Image

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", gba.errors.CaveatWarning)
        cities = gba.load_cities(year=YEAR)
    w = gba.weights.contiguity(cities, links=YEAR).row_standardized()
    lisa = gba.autocorrelation.local_moran(cities["gdp_pc_cny"], w)
    wealth = gba.maps.choropleth("gdp_pc_cny", label=("GDP per capita", "人均地区生产总值"), unit="yuan · 元")
    page = gba.maps.atlas(
        cities, [wealth, gba.maps.clusters(lisa), gba.maps.links(w)], title=(f"Greater Bay Area {YEAR}", "粤港澳大湾区")
    )
    with (
        tempfile.TemporaryDirectory() as folder,
        browser.open_page(page.save(Path(folder) / "map.html"), size=(1200, 760), settle=0.8) as tab,
    ):
        raw = Path(folder) / "raw.png"
        tab.screenshot(raw)
        if tab.requests or tab.errors:
            raise SystemExit(f"the page asked for {tab.requests} and told {tab.errors}")
        Image.open(raw).convert("RGB").quantize(256).save(HERE / "readme.png", optimize=True)


if __name__ == "__main__":
    main()
