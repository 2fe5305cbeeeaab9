"""The files beside the page: tables, figures, maps, layers and a record of the run."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Sequence
from functools import partial
from importlib import metadata
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from gbaspatial import autocorrelation, data, export, maps
from gbaspatial.report.bay import Bay
from gbaspatial.report.document import FILES, Cover, Pictures, render
from gbaspatial.report.languages import Language
from gbaspatial.report.region import Region
from gbaspatial.report.section import Section
from gbaspatial.results import data_hash
from gbaspatial.sheets import guarded
from gbaspatial.writing import Companion, replace_file, replace_text

if TYPE_CHECKING:
    from gbaspatial.maps.atlas import Atlas


PACKAGES = ("numpy", "scipy", "pandas", "geopandas", "shapely", "pyproj", "libpysal", "esda", "spreg", "folium")


def write_pages(
    sections: Sequence[Section],
    cover: Cover,
    folder: Path,
    languages: Sequence[Language],
    drawn: Pictures,
    atlas: Path | None = None,
) -> list[Path]:
    """A page for each language, with the map at `atlas` in it."""
    inner, both = "" if atlas is None else atlas.read_text(encoding="utf-8"), len(languages) > 1
    return [
        replace_text(folder / FILES[language], render(sections, cover, language, atlas=inner, both=both, drawn=drawn))
        for language in languages
    ]


def write_tables(sections: Sequence[Section], folder: Path) -> list[Path]:
    """Every table as CSV (all digits) and LaTeX."""
    written = []
    numbers = dict(_all(sections, "numbers"))
    for name, table in _all(sections, "tables"):
        csv, tex = folder / f"{name}.csv", folder / f"{name}.tex"
        # with a mark at its beginning, a spreadsheet reads the Chinese names
        frame = numbers.get(name, table.frame)
        replace_file(csv, partial(guarded(frame).to_csv, encoding="utf-8-sig"))
        replace_text(tex, table.to_latex())
        written += [csv, tex]
    return written


def write_figures(sections: Sequence[Section], folder: Path, drawn: Pictures) -> list[Path]:
    """Every figure as SVG and PNG, and beside it what was drawn with Chinese words."""
    chinese = [(f"{name}_zh", ax) for name, ax in _all(sections, "figures_zh")]
    written = []
    for name, ax in (*chinese, *_all(sections, "figures")):
        for path, content in ((folder / f"{name}.svg", drawn.svg(ax)), (folder / f"{name}.png", drawn.png(ax))):
            replace_file(path, partial(_put, content=content))
            written.append(path)
    return written


def _put(half: Path, content: bytes) -> None:
    half.write_bytes(content)


def atlas_of(bay: Bay) -> Atlas:
    """The interactive map: wealth and patents over the years, clusters and the graph of W."""
    lisa = autocorrelation.local_moran(bay.cities["gdp_pc_cny"], bay.main_weights)
    panel = bay.panel[bay.panel.index.get_level_values("year") <= bay.year]  # the map opens on the last year it has
    layers = [
        maps.choropleth("gdp_pc_cny", label=_label("gdp_pc_cny", ", yuan", "（元）"), panel=panel),
        maps.choropleth("patents_per_10k", label=_label("patents_per_10k"), panel=panel),
        maps.clusters(lisa, label=(f"Clusters of GDP per capita, {bay.year}", f"人均 GDP 的聚类，{bay.year} 年")),
        maps.links(bay.main_weights, label=("Who is whose neighbor", "谁与谁相邻")),
    ]
    return maps.atlas(bay.cities, layers, title=(f"The Greater Bay Area, {bay.year}", f"粤港澳大湾区，{bay.year} 年"))


def _label(variable: str, unit: str = "", unit_zh: str = "") -> tuple[str, str]:
    named = data.variables().loc[variable]
    return f"{named['label']}{unit}", f"{named['label_zh']}{unit_zh}"


def write_layers(bay: Bay, path: Path) -> Path:
    """Cities with statistics and clusters, districts and prefectures, in one GeoPackage that opens styled."""
    lisa = autocorrelation.local_moran(bay.cities["gdp_pc_cny"], bay.main_weights)
    layers = {
        "cities": bay.cities,
        "clusters_gdp_pc": lisa.to_gis(bay.cities),
        "districts": bay.districts,
        "prefectures": data.load_prefectures(),
        "links": export.links(bay.main_weights, bay.cities),
    }
    styles = {"cities": "gdp_pc_cny", "districts": "schooling_years", "prefectures": "in_gba", "links": "weight"}
    told = {name: _told(layers[name], words) for name, words in _layer_words(bay.year).items()}
    return export.geopackage(path, layers, styles=styles, descriptions=told)


def write_layout(bay: Bay, path: Path) -> Path:
    """A page for printing the layers in QGIS."""
    return export.qpt(path, bay.cities, description=_told(bay.cities, _layer_words(bay.year)["cities"]))


def _told(layer: object, words: tuple[str, str, str]) -> Any:
    english, chinese, abstract = words
    return export.describe(layer, title=f"{english} {chinese}", abstract=abstract)


def _layer_words(year: int) -> dict[str, tuple[str, str, str]]:
    """English title, Chinese title and abstract of each layer of `write_layers`."""
    return {
        "cities": (
            f"Cities of the Greater Bay Area, {year}", f"粤港澳大湾区城市，{year} 年",
            f"The eleven cities with their statistics of {year}, colored by GDP per capita. 十一座城市及其统计数据。",
        ),
        "clusters_gdp_pc": (
            f"Clusters of GDP per capita, {year}", f"人均地区生产总值的聚类，{year} 年",
            "Local Moran statistics of GDP per capita, colored by cluster. 人均地区生产总值的局部莫兰指数及聚类。",
        ),
        "districts": (
            "Districts and counties", "区县",
            "Districts of the bay area with the census of 2020, colored by years of schooling; without a color where "
            "the census does not tell. 大湾区各区县及 2020 年普查数据，按平均受教育年限着色。",
        ),
        "prefectures": (
            "Prefectures of Guangdong, Hong Kong and Macao", "广东各地级市与香港、澳门",
            "Prefecture-level units around the bay area, and whether they belong to it. 地级单位，以及是否属于大湾区。",
        ),
        "links": (
            f"Neighbors among the cities, {year}", f"城市间的相邻关系，{year} 年",
            "The spatial weights of the report: a line a link, to the right of its direction. 空间权重，每条线为一个方向的联系。",
        ),
    }  # fmt: skip


def atlas_of_region(region: Region) -> Atlas:
    """The interactive map of a region: the outcome, its clusters and the graph of W."""
    lisa = autocorrelation.local_moran(region.values, region.w, rng=region.seed)
    layers = [
        maps.choropleth(region.outcome),
        maps.clusters(lisa, label=(f"Clusters of {region.outcome}", f"{region.outcome} 的聚类")),
        maps.links(region.w, label=("Who is whose neighbor", "谁与谁相邻")),
    ]
    n = len(region.units)
    return maps.atlas(region.units, layers, title=(f"{region.outcome} in {n} units", f"{n} 个单元的 {region.outcome}"))


def write_layers_of(region: Region, path: Path) -> Path:
    """The units of a region with their columns, their clusters and their links, in one GeoPackage that opens styled."""
    lisa = autocorrelation.local_moran(region.values, region.w, rng=region.seed)
    layers = {"units": region.units, "clusters": lisa.to_gis(region.units)}
    styles = {"units": region.outcome}
    if region.w.n_links:
        layers["links"], styles["links"] = export.links(region.w, region.units), "weight"
    words = _layer_words_of(region)
    told = {name: _told(layer, words[name]) for name, layer in layers.items()}
    return export.geopackage(path, layers, styles=styles, descriptions=told)


def write_layout_of(region: Region, path: Path) -> Path:
    """A page for printing the units of a region in QGIS."""
    return export.qpt(path, region.units, description=_told(region.units, _layer_words_of(region)["units"]))


def _layer_words_of(region: Region) -> dict[str, tuple[str, str, str]]:
    """English title, Chinese title and abstract of each layer of `write_layers_of`."""
    outcome, n = region.outcome, len(region.units)
    return {
        "units": (
            f"{outcome} in {n} units", f"{n} 个单元的 {outcome}",
            f"The units with their columns, colored by {outcome}. 各单元及其各列，按 {outcome} 着色。",
        ),
        "clusters": (
            f"Clusters of {outcome}", f"{outcome} 的聚类",
            f"Local Moran statistics of {outcome}, colored by cluster. {outcome} 的局部莫兰指数及聚类。",
        ),
        "links": (
            "Neighbors among the units", "单元间的相邻关系",
            "The spatial weights of the report: a line a link, to the right of its direction. 空间权重，每条线为一个方向的联系。",
        ),
    }  # fmt: skip


def write_record(
    bay: Bay, path: Path, written: Sequence[Path], chapters: Sequence[str] = (), languages: Sequence[Language] = ()
) -> Path:
    """What was run: versions, seed, hashes of the data, recipes of the weights; what was `written` beside it, and all
    that running it again needs."""
    record = {
        **_versions(),
        "chapters": list(chapters),
        "languages": list(languages),
        "year": bay.year,
        "seed": bay.seed,
        "data": {
            "panel": data_hash(bay.panel),
            "files": {str(k): str(v) for k, v in data.catalog()["sha256"].items()},
        },
        "made": {each.relative_to(path.parent).as_posix(): _hash_of(each) for each in written},
        "weights": {name: w.recipe.to_dict() for name, w in bay.weights.items()},
    }
    return replace_text(path, json.dumps(record, indent=2, ensure_ascii=False, default=str) + "\n")


def write_record_of(region: Region, path: Path, written: Sequence[Path]) -> Path:
    """What was run on a region of somebody's own, and what was `written` beside it."""
    table = region.units.drop(columns=region.units.geometry.name)
    record = {
        **_versions(),
        "outcome": region.outcome,
        "groups": region.groups,
        "people": region.people,
        "regressors": list(region.regressors),
        "seed": region.seed,
        "data": data_hash(table),
        "made": {each.relative_to(path.parent).as_posix(): _hash_of(each) for each in written},
        "weights": region.w.recipe.to_dict(),
    }
    return replace_text(path, json.dumps(record, indent=2, ensure_ascii=False, default=str) + "\n")


def _all(sections: Sequence[Section], kind: str) -> list[tuple[str, Any]]:
    return [item for section in sections for item in getattr(section, kind).items()]


def made_before(folder: Path) -> dict[str, Companion]:
    """The files that the report in `folder` says it made: those that nobody changed may go when no longer made."""
    try:
        made = json.loads((folder / "run.json").read_text(encoding="utf-8"))["made"]
        names = {str(name): str(seal) for name, seal in made.items() if _is_inside(str(name))}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {}  # there is no report, or one that does not say what it made: all of it stays
    return {name: Companion(lambda _: True, partial(_is_unchanged, seal=seal)) for name, seal in names.items()}


def _is_inside(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return len(parts) in (1, 2) and not {"..", "/", "."} & set(parts) and "\\" not in name and ":" not in name


def _is_unchanged(path: Path, seal: str) -> bool:
    return path.is_file() and not path.is_symlink() and _hash_of(path) == seal


def _hash_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _versions() -> dict[str, object]:
    """What a record begins with: by which versions it was made."""
    return {
        "gbaspatial": metadata.version("gbaspatial"),
        "python": platform.python_version(),
        "packages": {name: metadata.version(name) for name in PACKAGES},
    }
