"""Chapter: do neighbors resemble each other? Moran's I by year, exact, and who is in a cluster."""

from __future__ import annotations

from math import factorial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gbaspatial import autocorrelation, figures, weights
from gbaspatial.figures.spatial_tests import year_line
from gbaspatial.report.bay import Bay
from gbaspatial.report.chinese import in_chinese, map_in_chinese
from gbaspatial.report.languages import Language, Words
from gbaspatial.report.section import Section
from gbaspatial.results import Table, p_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from gbaspatial.autocorrelation.local_moran import LocalMoranResult
    from gbaspatial.autocorrelation.space_time import ByPeriodResult
    from gbaspatial.results import Result


def chapter(bay: Bay) -> Section:
    """Moran's I of GDP per capita (eleven cities) and of patents per head (nine) in every year, and the clusters."""
    income = bay.panel["gdp_pc_cny"].rename("GDP per capita")
    wealth = autocorrelation.moran_by(income, bay.weights_by_year, rng=bay.seed)
    logs = np.log(income).rename("logarithm of GDP per capita")
    logarithms = autocorrelation.moran_by(logs, bay.weights_by_year, rng=bay.seed)
    alone = income.rename("GDP per capita, land borders alone")
    fixed = autocorrelation.moran_by(alone, bay.weights["borders"], rng=bay.seed)
    mainland = bay.panel[bay.panel["side"] == "mainland"]["patents_per_10k"].rename("Patents per 10,000 persons")
    nine = {year: w.subset(bay.mainland.index) for year, w in bay.weights_by_year.items()}
    patents = autocorrelation.moran_by(mainland, nine, rng=bay.seed)
    lisa = autocorrelation.local_moran(bay.cities["gdp_pc_cny"], bay.main_weights)
    density = _districts(bay)
    drawn = Words(f"Clusters of GDP per capita, {bay.year}", f"人均 GDP 的聚类，{bay.year} 年")
    tables, tables_zh = _tables(bay, wealth, logarithms, fixed, patents, lisa)
    series = (wealth, logarithms, fixed, patents)
    return Section(
        key="autocorrelation",
        title=Words("Do neighbors resemble each other?", "邻居是否相似：空间自相关"),
        text=(_orders(bay), *_TEXT),
        findings=(
            _told(Words("GDP per capita with borders and bridges", "人均 GDP（陆地邻接与桥隧）"), wealth, bay.year),
            _told(
                Words("the logarithm of GDP per capita with borders and bridges", "人均 GDP 的对数（陆地邻接与桥隧）"),
                logarithms,
                bay.year,
            ),
            _told(Words("GDP per capita with land borders alone", "人均 GDP（仅陆地邻接）"), fixed, bay.year),
            _told(Words("patents per head", "人均专利"), patents, bay.year),
            density[0],
        ),
        tables={"moran_by_year": _together(series, "en"), **tables, "moran_density": density[1]},
        tables_zh={
            "moran_by_year": _together(series, "zh"),
            **tables_zh,
            "moran_density": in_chinese(density[1], "人口密度的莫兰指数，区县"),
        },
        numbers={"moran_by_year": _beside(series, _SERIES["en"])},
        aside=_SERIES_FILES,
        figures={
            "moran_gdp_pc_by_year": wealth.plot(),
            "moran_gdp_pc_borders_by_year": fixed.plot(),
            "moran_patents_by_year": patents.plot(),
            "lisa_gdp_pc": figures.map_of(bay.cities, lisa, label=drawn.en, names="both"),
        },
        figures_zh={
            "moran_gdp_pc_by_year": _line_zh(wealth, "人均 GDP（陆地邻接与桥隧）"),
            "moran_gdp_pc_borders_by_year": _line_zh(fixed, "人均 GDP（仅陆地邻接）"),
            "moran_patents_by_year": _line_zh(patents, "每万人专利"),
            "lisa_gdp_pc": map_in_chinese(figures.map_of(bay.cities, lisa, label=drawn.zh, names="zh")),
        },
        captions={
            "moran_gdp_pc_by_year": Words(
                "Moran's I of GDP per capita by year, borders and bridges.",
                "人均 GDP 的莫兰指数，逐年，陆地邻接与桥隧。",
            ),
            "moran_gdp_pc_borders_by_year": Words(
                "Moran's I of GDP per capita by year, land borders alone.", "人均 GDP 的莫兰指数，逐年，仅陆地邻接。"
            ),
            "moran_patents_by_year": Words(
                "Moran's I of patents per 10,000 persons by year, nine mainland cities.",
                "每万人专利的莫兰指数，逐年，内地九市。",
            ),
            "lisa_gdp_pc": Words(f"Map: {drawn.en}.", f"地图：{drawn.zh}。"),
        },
    )


def _orders(bay: Bay) -> Words:
    every, fewer = factorial(len(bay.cities)), factorial(len(bay.mainland))
    return Words(
        f"Moran's I is positive where neighbors resemble each other and negative where they differ. With eleven "
        f"cities the test compares the observed value with those of all {every:,} orders of the cities ({fewer:,} "
        f"for nine): the p-values are exact, two-sided, and rest on no approximation.",
        f"莫兰指数为正表示邻居相似，为负表示相异。十一市时，检验把观测值与城市的全部 {every:,} 种排列（九市 {fewer:,} 种）"
        f"相比：p 值为双侧精确值，不依赖任何近似。",
    )


_TEXT = (
    Words(
        "Bridges enter W in the year they open, so W itself changes: beside it stands the test with land borders "
        "alone in all years. A p-value is for one year. For the number of years it is adjusted twice: by Holm, as if "
        "each year were new, and jointly, the cities in the same order in all years: years that are alike count once.",
        "桥梁在开通当年进入 W，因此 W 本身在变：旁边列出各年仅用陆地邻接的检验。一个 p 值只属于一年。按年份个数校正两次：Holm 法"
        "视每年为新的检验；联合法令各年城市次序相同，相似的年份只计一次。",
    ),
    Words(
        "Levels are led by the richest cities; the same is asked of logarithms.",
        "水平值由最富的城市主导；因此对对数也作同样检验。",
    ),
    Words(
        "The districts (population density from the census) show what more units can tell.",
        "区县（普查人口密度）说明更多单元能告诉我们什么。",
    ),
)


def _line_zh(result: ByPeriodResult, what: str) -> Axes:
    return year_line(result, words=(f"{what}：莫兰指数与其 p 值（精确，双侧）", "莫兰指数", "期望值"))


def _tables(
    bay: Bay,
    wealth: ByPeriodResult,
    logarithms: ByPeriodResult,
    fixed: ByPeriodResult,
    patents: ByPeriodResult,
    lisa: LocalMoranResult,
) -> tuple[dict[str, Table], dict[str, Table]]:
    made = {
        "moran_gdp_pc": (wealth, "Moran's I of GDP per capita by year, borders and bridges", "人均 GDP 的莫兰指数，逐年，陆地邻接与桥隧"),
        "moran_log_gdp_pc": (
            logarithms,
            "Moran's I of the logarithm of GDP per capita by year, borders and bridges",
            "人均 GDP 对数的莫兰指数，逐年，陆地邻接与桥隧",
        ),
        "moran_gdp_pc_borders": (
            fixed, "Moran's I of GDP per capita by year, land borders alone", "人均 GDP 的莫兰指数，逐年，仅陆地邻接",
        ),
        "moran_patents": (
            patents,
            "Moran's I of patents per 10,000 persons by year, nine mainland cities",
            "每万人专利的莫兰指数，逐年，内地九市",
        ),
        "local_moran_gdp_pc": (
            lisa, f"Local Moran's I of GDP per capita, {bay.year}", f"人均 GDP 的局部莫兰指数，{bay.year} 年",
        ),
    }  # fmt: skip
    tables = {name: _titled(result, title) for name, (result, title, _) in made.items()}
    return tables, {name: in_chinese(tables[name], zh, names=bay.names_zh) for name, (_, _, zh) in made.items()}


_SERIES_FILES = ("moran_gdp_pc", "moran_log_gdp_pc", "moran_gdp_pc_borders", "moran_patents")
_SERIES: dict[Language, tuple[str, ...]] = {
    "en": ("GDP per head", "its logarithm", "land borders alone", "patents per 10,000, nine cities"),
    "zh": ("人均 GDP", "其对数", "仅陆地邻接", "每万人专利（九市）"),
}


def _together(series: tuple[ByPeriodResult, ...], language: Language) -> Table:
    """All series side by side: Moran's I with its joint p-value, year by year."""
    names = _SERIES[language]
    whole = _beside(series, names)
    cells = {name: [f"{i:.3f} ({p_text(p)})" for i, p in whole[name].itertuples(index=False)] for name in names}
    frame = pd.DataFrame(cells, index=whole.index.rename({"en": "year", "zh": "年份"}[language]))
    files = ", ".join(f"tables/{name}.csv" for name in _SERIES_FILES)
    title, *notes = {
        "en": (
            "Moran's I by year, with its joint p-value",
            f"In brackets p, adjusted for {len(frame)} years jointly; the third column is GDP per head again.",
            f"Exact p of each year, that of Holm, links and W: {files}.",
        ),
        "zh": (
            "逐年的莫兰指数及其联合 p 值",
            f"括号内为按 {len(frame)} 个年份联合校正的 p 值；第三列仍为人均 GDP。",
            f"各年精确 p 值、Holm 法 p 值、联系数与 W：{files}。",
        ),
    }[language]
    return Table(frame, title, tuple(notes))


def _beside(series: tuple[ByPeriodResult, ...], names: tuple[str, ...]) -> pd.DataFrame:
    """The statistic and the joint p-value of each series, by year."""
    parts = [result.table[["statistic", "p_joint"]] for result in series]
    return pd.concat(dict(zip(names, parts, strict=True)), axis=1)


def _told(what: Words, result: ByPeriodResult, year: int) -> Words:
    frame = result.table
    now, low, high = frame.loc[year], frame["statistic"].min(), frame["statistic"].max()
    counts = {name: int((frame[name] < 0.05).sum()) for name in ("p_value", "p_adjusted", "p_joint")}
    one, holm, joint = (count or "none" for count in counts.values())
    same = counts["p_adjusted"] == counts["p_joint"]
    adjusted = f"in {joint}, jointly or by Holm" if same else f"jointly in {joint}, by Holm in {holm}"
    adjusted_zh = (
        f"为 {counts['p_joint']} 年（联合法与 Holm 法相同）"
        if same
        else f"联合法为 {counts['p_joint']} 年、Holm 法为 {counts['p_adjusted']} 年"
    )
    least, start, years = p_text(frame["p_joint"].min()), frame.index[0], len(frame)
    return Words(
        f"Moran's I of {what.en} ({result.n} cities) was {now['statistic']:.3f} in {year} (exact p = "
        f"{p_text(now['p_value'])}), and between {low:.3f} and {high:.3f} since {start}; it is significant "
        f"at 5 % in {one} of {years} years, adjusted for their number {adjusted}. The smallest jointly adjusted "
        f"p-value is {least}.",
        f"{what.zh}的莫兰指数（{result.n} 市）{year} 年为 {now['statistic']:.3f}（精确 p = {p_text(now['p_value'])}），"
        f"{start} 年以来在 {low:.3f} 与 {high:.3f} 之间；{years} 年中有 {counts['p_value']} 年在 5% 水平显著，按年份个数校正后"
        f"{adjusted_zh}。最小的联合校正 p 值为 {least}。",
    )


def _districts(bay: Bay) -> tuple[Words, Table]:
    districts = bay.districts
    density = (districts["population"] / districts["area_km2"]).rename("density")
    w = weights.contiguity(districts).row_standardized()
    result = autocorrelation.moran(density, w, rng=bay.seed)
    number, p = f"{result.statistic:.3f}", p_text(result.p_value)
    sentence = (
        Words(
            f"Population density of the {result.n} districts is clustered: Moran's I is {number} (permutation p = {p}).",
            f"{result.n} 个区县的人口密度呈聚集：莫兰指数为 {number}（置换 p = {p}）。",
        )
        if result.p_value < 0.05
        else Words(
            f"Population density of the {result.n} districts shows no clustering (I = {number}, p = {p}).",
            f"{result.n} 个区县的人口密度未见聚集（莫兰指数 {number}，p = {p}）。",
        )
    )
    return sentence, _titled(result, "Moran's I of population density, districts")


def _titled(result: Result, title: str) -> Table:
    table = result.tables()[0]
    return Table(table.frame, title, table.notes, table.formats)
