"""Chapter: the cities over the years, the bay among the prefectures of China, and openings of links."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gbaspatial import data, figures
from gbaspatial.figures.spatial_tests import year_line
from gbaspatial.report.bay import Bay
from gbaspatial.report.chapters.among_prefectures import REGIONS_ZH, Prefectures
from gbaspatial.report.chapters.cities_over_years import Convergence, NinePatents
from gbaspatial.report.chapters.links_opened import EDGES, YEARS, Openings
from gbaspatial.report.chinese import in_chinese
from gbaspatial.report.claims.evidence_data import PREFECTURE_YEARS
from gbaspatial.report.languages import Words
from gbaspatial.report.section import Section
from gbaspatial.results import Table

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from gbaspatial.models import PanelFit
    from gbaspatial.report.languages import Language


DRAWS = 199  # for the power of few cities
_SIMPLER = 0.05  # degrees: borders as fine as a page shows them
CELLS_ZH = {
    "unit": "单元", "unit and time": "单元与年份", "unit, province by time": "单元、省份逐年",
    "unit and time, no doubted values": "单元与年份，剔除存疑值", "by year": "逐年", "patents": "专利", "inventions": "发明专利",
    "inventions without 2015": "发明专利（无 2015 年）", "the four cities": "四市", "within 60 km": "60 公里内",
    "60 to 120 km": "60—120 公里",
    **REGIONS_ZH,
}  # fmt: skip
RINGS = {"treated": "the four cities", "0-60 km": "within 60 km", "60-120 km": "60 to 120 km"}


def chapter(bay: Bay) -> Section:
    """Power first; then convergence, patents of the nine, prefectures, openings."""
    growth, nine, many, opened = Convergence(bay), NinePatents(bay), Prefectures(bay), Openings(bay)
    tables = _tables(growth, nine, many, opened)
    titles = _titles_zh(growth)
    names = {**bay.names_zh, **CELLS_ZH, f"as in {growth.years[0]}": f"{growth.years[0]} 年"}
    pictures = {language: _pictures(many, opened, language) for language in ("en", "zh")}
    return Section(
        key="panels",
        title=Words("Over the years, and among the prefectures of China", "历年变化，以及全国地级市之中的湾区"),
        text=_TEXT,
        findings=(
            _power(growth, nine, many),
            growth.found(),
            growth.told_of_samples(),
            nine.found(),
            many.clusters(),
            many.shocks(),
            many.giving_told(),
            opened.found(),
        ),
        tables=tables,
        tables_zh={key: in_chinese(table, *titles[key], names=names) for key, table in tables.items()},
        figures=pictures["en"],
        figures_zh=pictures["zh"],
        captions=_captions(),
    )


_TEXT = (
    Words(
        "Panels follow the same units over years. Effects of units take out what does not change, effects of years what all "
        "share; what is left is whether neighbors move together. W is borders with the bridges open in each year, or as it "
        "was at the start. Below fifty units p-values and intervals exchange or draw the units' whole histories; from fifty "
        "on standard errors are clustered by unit. What could be found at all comes first.",
        "面板跟踪同一批单元的多年数据。单元效应去除不变的因素，年份效应去除共同因素；余下的是邻居是否同步变动。W 为陆界加各年已开通的桥梁，或取"
        "初始年份的 W。单元少于五十个时，p 值与区间通过交换或抽取各单元的整段历史得到；五十个以上用按单元聚类的标准误。先说能发现什么。",
    ),
    Words(
        "Income, loans, industry and patents make each other: none of this is the effect of a policy.",
        "收入、贷款、工业与专利互相影响：以下均不是政策效应。",
    ),
)


def _least(fit: PanelFit, seed: int) -> tuple[str, str]:
    """The smallest positive rho that is found four times out of five."""
    value = fit.detectable_effect(draws=DRAWS, rng=seed).positive
    return (f"from {value:.2f} on", f"{value:.2f} 起") if np.isfinite(value) else ("none below one", "1 以下均不能")


def _power(growth: Convergence, nine: NinePatents, many: Prefectures) -> Words:
    seed = growth.bay.seed
    patents = nine.fits["patents", "unit and time"]
    fits = {
        f"{growth.main.n_units} x {growth.main.n_periods}": _least(growth.main, seed),
        f"{patents.n_units} x {patents.n_periods}": _least(patents, seed),
        f"{many.twoway.n_units} x {many.twoway.n_periods}": _least(many.twoway, seed),
    }
    told = "; ".join(f"{size} {words[0]}" for size, words in fits.items())
    told_zh = "；".join(f"{size} 为 {words[1]}" for size, words in fits.items())
    return Words(
        f"Power first, effects of units and years: a positive rho is found four times out of five (test at 5 %) by units x "
        f"years of {told}. What few cities do not show may well be there.",
        f"先看检验功效（控制单元与年份效应，5% 检验，五次中发现四次）：单元 × 年数能发现的正 rho，{told_zh}。少数城市看不出的，未必不存在。",
    )


def _tables(growth: Convergence, nine: NinePatents, many: Prefectures, opened: Openings) -> dict[str, Table]:
    two = dict.fromkeys(("rho", "rho_lower", "rho_upper", "estimate", "detectable", "log(gdp_pc_cny)"), ".2f")
    # an end beside zero keeps its sign and its digits
    formats = two | dict.fromkeys(("net", "net_lower", "net_upper"), ".4f")
    first, last = growth.years[1], growth.years[-1]
    frames = {
        "panel_growth": (growth.table(), f"Growth of GDP per head, eleven cities, {first} to {last}"),
        "panel_patents": (nine.table(), "Patents of the nine mainland cities by income and people"),
        "panel_prefectures": (many.table(), f"Durbin panel of patents, prefectures, {_span('to')}"),
        "panel_giving": (many.giving, "Who gives, who receives: share of industry, per prefecture"),
        "panel_openings": (opened.table().replace(RINGS), f"Openings and patents, {YEARS[0]} to {YEARS[-1]}"),
    }
    tables = {key: Table(frame, title, _NOTES.get(key, ()), formats=formats) for key, (frame, title) in frames.items()}
    moran = many.moran.table[["statistic", "expected", "p_value", "p_adjusted"]]
    return {**tables, "panel_moran": Table(moran, f"Moran's I of patents per head, {many.w.n} prefectures")}


def _span(to: str) -> str:
    return f"{PREFECTURE_YEARS[0]} {to} {PREFECTURE_YEARS[-1]}"


_NOTES = {
    "panel_growth": (
        "convergence: growth by the logarithm of GDP per head of the year before; 95 % intervals. Without effects of years a "
        "shock of the whole bay counts in the estimate of rho and not in its interval, which can then leave it out.",
    ),
    "panel_giving": ("Per cent of patents for a per cent of the share of industry; net with its 95 % interval.",),
    "panel_openings": (
        f"Logarithm of patents; rings around the four cities, controls beyond {EDGES[-1]} km; p-value among random openings; "
        f"detectable: found four times out of five.",
    ),
}


def _titles_zh(growth: Convergence) -> dict[str, tuple[str, tuple[str, ...]]]:
    first, last = growth.years[1], growth.years[-1]
    return {
        "panel_growth": (
            f"{first}—{last} 年十一市人均 GDP 增长",
            (
                "收敛系数：增长对上年人均 GDP 的对数；95% 区间。不控制年份效应时，全区共同冲击计入 rho 的估计值而不计入其区间，故估计值可在区间之外。",
            ),
        ),
        "panel_patents": ("内地九市专利对收入与人口", ()),
        "panel_prefectures": (f"地级市专利的杜宾面板，{_span('—')} 年".replace(" — ", "—"), ()),
        "panel_giving": (
            "谁给出、谁得到：工业占比，每个地级市",
            ("工业占比变动 1% 时专利变动的 %；净额附 95% 区间。",),
        ),
        "panel_openings": (
            f"开通与专利，{YEARS[0]}—{YEARS[-1]} 年",
            (f"专利的对数；四市周围的圈层，{EDGES[-1]} 公里以外为对照；p 值来自随机开通；可检出：五次中发现四次。",),
        ),
        "panel_moran": ("各地级市人均专利的莫兰指数", ()),
    }


def _pictures(many: Prefectures, opened: Openings, language: Language) -> dict[str, Axes]:
    last, zh = PREFECTURE_YEARS[-1], language == "zh"
    told = f"{last} 年人均专利的聚类" if zh else f"Clusters of patents per head, {last}"
    shapes = data.load_prefectures(area="china")
    shapes = shapes.set_geometry(shapes.geometry.simplify(_SIMPLER))
    clusters = figures.cluster_map(many.local, shapes.loc[many.w.ids], title=told, language=language)
    shapes.drop(many.w.ids).plot(ax=clusters, color="white", edgecolor="#d5d5d5", linewidth=0.4, zorder=0)
    words = ("人均专利：莫兰指数与其 p 值（随机排列，双侧）", "莫兰指数", "期望值") if zh else None
    effects = opened.study.to_frame().rename(index=RINGS, level=0)
    if zh:
        effects = effects.rename(index=CELLS_ZH, level=0)
    return {
        "panel_moran_by_year": year_line(many.moran, words=words),
        "panel_clusters": clusters,
        "panel_openings": figures.event_times(effects, language=language),
    }


def _captions() -> dict[str, Words]:
    last = PREFECTURE_YEARS[-1]
    return {
        "panel_moran_by_year": Words("Moran's I of patents per head among prefectures.", "地级市人均专利的莫兰指数。"),
        "panel_clusters": Words(
            f"Map: clusters of patents per head, {last}, p-values not adjusted; white: data not complete. Not a map for legal boundaries.",
            f"地图：{last} 年人均专利的聚类（未校正 p 值）；白色为数据不全。不作为法定边界依据。",
        ),
        "panel_openings": Words(
            "Patents before and after an opening, by years since, four cities and the rings around them.",
            "开通前后的专利，按距开通年数；四市及其周围圈层。",
        ),
    }
