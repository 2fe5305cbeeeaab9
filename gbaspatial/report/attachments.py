"""The files beside the page: tables, figures, maps, layers and a record of the run."""

from __future__ import annotations

import json
import platform
from collections.abc import Sequence
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import Any

from gbaspatial import autocorrelation, data, export, maps
from gbaspatial.figures.files import save
from gbaspatial.report.bay import Bay
from gbaspatial.report.section import Section
from gbaspatial.results import data_hash
from gbaspatial.sheets import guarded
from gbaspatial.writing import replace_file, replace_text

PACKAGES = ("numpy", "scipy", "pandas", "geopandas", "shapely", "pyproj", "libpysal", "esda", "spreg", "folium")


def write_tables(sections: Sequence[Section], folder: Path) -> list[Path]:
    """Every table as CSV (all digits) and LaTeX."""
    written = []
    for name, table in _all(sections, "tables"):
        csv, tex = folder / f"{name}.csv", folder / f"{name}.tex"
        # with a mark at its beginning, a spreadsheet reads the Chinese names
        replace_file(csv, partial(guarded(table.frame).to_csv, encoding="utf-8-sig"))
        replace_text(tex, table.to_latex())
        written += [csv, tex]
    return written


def write_figures(sections: Sequence[Section], folder: Path) -> list[Path]:
    """Every figure as SVG and PNG."""
    written = []
    for name, figure in _all(sections, "figures"):
        written += save(figure, folder / name)
    return written


def atlas_of(bay: Bay) -> Any:
    """The interactive map: wealth and patents over the years, clusters and the graph of W."""
    lisa = autocorrelation.local_moran(bay.cities["gdp_pc_cny"], bay.main_weights)
    layers = [
        maps.choropleth("gdp_pc_cny", label="GDP per capita, yuan", panel=bay.panel),
        maps.choropleth("patents_per_10k", label="Patents granted per 10,000 persons", panel=bay.panel),
        maps.clusters(lisa, label=f"Clusters of GDP per capita, {bay.year}"),
        maps.links(bay.main_weights, label="Who is whose neighbor"),
    ]
    return maps.atlas(bay.cities, layers, title=f"The Greater Bay Area, {bay.year}")


def write_layers(bay: Bay, path: Path) -> Path:
    """Cities with statistics and clusters, districts, and links, in one GeoPackage."""
    lisa = autocorrelation.local_moran(bay.cities["gdp_pc_cny"], bay.main_weights)
    layers = {
        "cities": bay.cities,
        "clusters_gdp_pc": lisa.to_gis(bay.cities),
        "districts": bay.districts,
        "prefectures": data.load_prefectures(),
    }
    export.geopackage(path, layers)
    return path


def write_record(bay: Bay, path: Path) -> Path:
    """What was run: versions, seed, hashes of the data, recipes of the weights."""
    record = {
        "gbaspatial": metadata.version("gbaspatial"),
        "python": platform.python_version(),
        "packages": {name: metadata.version(name) for name in PACKAGES},
        "year": bay.year,
        "seed": bay.seed,
        "data": {
            "panel": data_hash(bay.panel),
            "files": {str(k): str(v) for k, v in data.catalog()["sha256"].items()},
        },
        "weights": {name: w.recipe.to_dict() for name, w in bay.weights.items()},
    }
    return replace_text(path, json.dumps(record, indent=2, ensure_ascii=False, default=str) + "\n")


def _all(sections: Sequence[Section], kind: str) -> list[tuple[str, Any]]:
    return [item for section in sections for item in getattr(section, kind).items()]
