"""What must work where only the wheel is installed: python -I smoke.py, in an empty folder.

Numbers, commands and files are those that the tests hold; here it is seen that nothing was left out of the wheel.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from importlib.metadata import files, metadata, version
from pathlib import Path


def same(name: str, found: float, right: float, tolerance: float = 1e-6) -> None:
    """Print `found`, and end where it is another number."""
    print(f"{name:32} {found:.8g}")
    if abs(found - right) > tolerance * max(1.0, abs(right)):
        raise SystemExit(f"{name} is {found!r}, not {right!r}.")


def numbers() -> None:
    """Data, W, a test, a model, inequality."""
    import numpy as np
    import pandas as pd

    import gbaspatial as gba

    cities = gba.load_cities(year=2019)
    w = gba.weights.contiguity(cities, links=2019).row_standardized()
    y = np.log(cities["gdp_pc_cny"])
    same("links of W", w.n_links, 34)
    moran = gba.autocorrelation.moran(y, w)
    same("Moran's I", moran.statistic, 0.36537828)
    same("its exact p-value", moran.p_value, 0.044978656)
    fit = gba.models.lag("log(gdp_pc_cny) ~ log(employment)", cities, w, inference="asymptotic")
    z, x, A = y.reindex(w.ids).to_numpy(), np.log(cities["employment"]).reindex(w.ids).to_numpy(), w.sparse.toarray()
    X = np.column_stack([np.ones(len(x)), x])
    same("rho: the slope is zero there", slope(fit.rho, z, X, A), 0.0, 1e-3)
    same("districts", len(gba.load_districts(year=2020)), 69)
    same("prefectures", gba.load_prefecture_panel(years=[2015]).index.unique("city").size, 298)
    assert isinstance(fit.impacts(rng=1).to_frame(), pd.DataFrame)


def slope(rho: float, y, X, W) -> float:
    """The slope of the concentrated log-likelihood of a lag model at `rho`, by the dense formula."""
    import numpy as np

    def height(r: float) -> float:
        e = (y - r * W @ y) - X @ np.linalg.lstsq(X, y - r * W @ y, rcond=None)[0]
        return np.linalg.slogdet(np.eye(len(y)) - r * W)[1] - len(y) / 2 * np.log(e @ e)

    return float((height(rho + 1e-5) - height(rho - 1e-5)) / 2e-5)


def written(folder: Path) -> None:
    """A map, a layer, a picture, a table."""
    import matplotlib as mpl

    mpl.use("Agg")
    import gbaspatial as gba

    cities = gba.load_cities(year=2019)
    gba.maps.atlas(cities, [gba.maps.choropleth("gdp_pc_cny")]).save(folder / "map.html")
    gba.export.geopackage(folder / "bay.gpkg", {"cities": cities})
    same("units read back", len(gba.read_units(folder / "bay.gpkg", id="city")), 11)
    gba.figures.save(gba.figures.map_of(cities, "gdp_pc_cny"), folder / "map.png")
    (folder / "table.tex").write_text(gba.models.ols("gdp_cny ~ population", cities).to_latex(), encoding="utf-8")
    for name in ("map.html", "bay.gpkg", "map.png", "table.tex"):
        assert (folder / name).stat().st_size > 500, name


def commands(folder: Path) -> None:
    """The commands of the command line."""
    program = [sys.executable, "-I", "-m", "gbaspatial.cli"]
    for words in (["doctor"], ["moran", "cities", "--column", "gdp_pc_cny"], ["data", "sources"]):
        done = subprocess.run([*program, *words], cwd=folder, capture_output=True, text=True)
        print("gbaspatial", *words, "->", done.returncode)
        if done.returncode:
            raise SystemExit(done.stdout + done.stderr)


def whole() -> None:
    """The wheel has its types, its licences and its version, and nothing is imported from a clone."""
    import gbaspatial

    place = Path(gbaspatial.__file__).resolve()
    assert "site-packages" in place.parts, f"{place} is no installation"
    assert (place.parent / "py.typed").exists()
    assert gbaspatial.__version__ == version("gbaspatial") == metadata("gbaspatial")["Version"]
    assert any("licenses" in str(path) for path in files("gbaspatial") or [])


if __name__ == "__main__":
    print("Python", sys.version.split()[0], "gbaspatial", version("gbaspatial"))
    whole()
    numbers()
    with tempfile.TemporaryDirectory() as made:
        written(Path(made))
        commands(Path(made))
    print("all is there")
