"""Makes the pictures of docs/maps.md: pages in headless Chromium, figures by matplotlib.

python docs/pictures/make_maps.py
"""

from __future__ import annotations

import sys
import tempfile
import warnings
from pathlib import Path

import numpy as np
import pandas as pd

import gbaspatial as gba

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "tests"))
YEAR = 2019


def shot(page: gba.maps.Atlas, name: str, steps: str = "", size: tuple[int, int] = (1180, 760)) -> None:
    """A picture of `page` after JavaScript `steps` on its handle `a`."""
    import browser
    from PIL import Image

    with (
        tempfile.TemporaryDirectory() as folder,
        browser.open_page(page.save(Path(folder) / "map.html"), size=size) as tab,
    ):
        if steps:
            tab.evaluate(f"(() => {{ const a = gbaAtlas.first(); {steps} }})()")
            tab.wait(0.5)
        raw = Path(folder) / "raw.png"
        tab.screenshot(raw)
        Image.open(raw).convert("RGB").save(HERE / f"{name}.png", optimize=True)
        if tab.requests or tab.errors:
            raise SystemExit(f"{name}: requests {tab.requests}, errors {tab.errors}")


def main() -> None:
    """All of them."""
    cities, districts = gba.load_cities(year=YEAR), gba.load_districts()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", gba.errors.CaveatWarning)
        panel = gba.load_panel(variables=["gdp_pc_cny", "patents_per_10k"])
    w = gba.weights.contiguity(cities, links=YEAR).row_standardized()
    density = np.log(districts["population"] / districts["area_km2"]).rename("log density")
    near = gba.weights.contiguity(districts).row_standardized()
    lisa = gba.autocorrelation.local_moran(density, near, rng=1)
    shares = pd.DataFrame(w.sparse.toarray(), index=w.ids, columns=w.ids).stack().rename_axis(["receiver", "giver"])
    flows = shares[shares > 0].rename("value").reset_index()
    wealth = gba.maps.choropleth("gdp_pc_cny", panel=panel)
    shot(
        gba.maps.atlas(cities, [wealth, gba.maps.choropleth("patents_per_10k", panel=panel), gba.maps.links(w)],
                       title=("Greater Bay Area", "粤港澳大湾区")),
        "atlas",
        f"a.chooseYear({YEAR}); a.sets[0].layers[1].fire('click', {{}}, true);",
    )  # fmt: skip
    shot(
        gba.maps.atlas(cities, [wealth, gba.maps.choropleth("patents_per_10k", panel=panel)], title="Year by year"),
        "multiples",
        "a.speak('en'); a.buttons.multiples.click(); a.choose(4);",
    )
    shot(
        gba.maps.atlas(districts, [gba.maps.clusters(lisa), gba.maps.significance(lisa), gba.maps.links(near)],
                       title=("Population density of the districts", "区县人口密度")),
        "clusters",
        "a.show(a.overlays[0], false); a.speak('zh');",
    )  # fmt: skip
    shares_of_w = gba.maps.flows(flows, label="Shares of W")
    tiers = gba.maps.choropleth("tier", scheme="categorical")
    shot(gba.maps.atlas(cities, [tiers, shares_of_w], title="Who gives, who receives"), "flows")
    picture = gba.figures.map_of(cities, "gdp_pc_cny", label=f"GDP per capita {YEAR}, yuan", names="both")
    gba.figures.save(picture, HERE / "print.png", dpi=110)
    gba.figures.save(gba.figures.weights_map(cities, w), HERE / "print_weights.png", dpi=110)


if __name__ == "__main__":
    main()
