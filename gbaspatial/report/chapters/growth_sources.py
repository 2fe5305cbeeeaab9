"""Chapter: how much of growth was capital and labor, and how much productivity."""

from __future__ import annotations

import pandas as pd

from gbaspatial import autocorrelation, development
from gbaspatial.report.bay import Bay
from gbaspatial.report.chinese import in_chinese
from gbaspatial.report.claims.evidence_data import ACCOUNTED
from gbaspatial.report.languages import Words, listed, listed_zh
from gbaspatial.report.section import Section
from gbaspatial.results import Table, p_text

FIRST, LAST = ACCOUNTED[0], ACCOUNTED[-1]


def chapter(bay: Bay) -> Section:
    """Growth accounting of the nine mainland cities with its band, Malmquist's index beside it, and neighbors."""
    accounts = bay.evidence.accounts
    band = accounts.sensitivity().to_frame()
    shown = accounts.by_unit()[["output", "capital", "labor", "tfp", "tfp_share"]]
    shown = shown.join(band[["lowest_share", "highest_share"]])
    rows = accounts.data[["output", "capital", "labor"]]
    malmquist = development.malmquist(rows, outputs="output", inputs=["capital", "labor"]).by_unit()
    shown["malmquist"] = malmquist["productivity_change"]
    shares = ("tfp_share", "lowest_share", "highest_share")
    table = Table(
        shown,
        f"Growth of the nine mainland cities, % a year, {FIRST} to {LAST}, and its sources",
        _NOTES,
        formats=dict.fromkeys(shares, ".0%") | dict.fromkeys(("output", "capital", "labor", "tfp"), ".1f"),
    )
    title_zh = f"内地九市 {FIRST}—{LAST} 年的增长（每年 %）及其来源"
    return Section(
        key="productivity",
        title=Words("Quantity or efficiency?", "数量还是效率：全要素生产率"),
        text=_TEXT,
        findings=(_share(bay, shown), _frontier(bay, shown), _neighbors(bay, shown["tfp"])),
        tables={"productivity": table},
        tables_zh={"productivity": in_chinese(table, title_zh, _NOTES_ZH, names=bay.names_zh)},
    )


_TEXT = (
    Words(
        f"Growth accounting with half of income to capital, {FIRST} (after the break of employment in Dongguan) to {LAST} "
        "(the last published investment; nothing later is invented). Capital is made by perpetual inventory from investment "
        "in fixed assets, land purchases among it.",
        f"增长核算，资本收入份额取一半；{FIRST} 年（东莞就业断点之后）至 {LAST} 年（最后一次公布投资；之后不作推算）。资本由含土地购置的"
        "固定资产投资按永续盘存法得到。",
    ),
)
_NOTES = (
    "productivity: of all factors together, its growth; lowest and highest share: over shares of capital, depreciation and first "
    "stocks.",
    "Malmquist: mean change a year of productivity against the frontier of the nine (1: none).",
)
_NOTES_ZH = (
    "全要素生产率为其增速；最低与最高占比：对资本份额、折旧率与初始存量的各种假设。",
    "曼奎斯特：相对九市前沿的生产率年均变化（1 表示不变）。",
)


def _share(bay: Bay, shown: pd.DataFrame) -> Words:
    share, highest = shown["tfp_share"], shown["highest_share"]
    most, city = highest.max(), str(highest.idxmax())
    low, high = str(share.idxmin()), str(share.idxmax())
    return Words(
        f"Productivity made {share.min():.0%} ({low}) to {share.max():.0%} ({high}) of growth; under the kindest assumptions "
        f"at most {most:.0%} ({city}).",
        f"生产率贡献了增长的 {share.min():.0%}（{bay.zh(low)}）至 {share.max():.0%}（{bay.zh(high)}）；在最有利的假设下最多 {most:.0%}"
        f"（{bay.zh(city)}）。",
    )


def _frontier(bay: Bay, shown: pd.DataFrame) -> Words:
    change = shown["malmquist"]
    behind = [str(city) for city in change.index[change < 1]]
    told = listed(behind) or "none"
    told_zh = listed_zh([bay.zh(city) for city in behind]) or "无"
    return Words(
        f"Against the frontier of the nine productivity changed by {change.min() - 1:+.1%} to {change.max() - 1:+.1%} a year; "
        f"it fell in: {told}. Nine cities and three dimensions leave a frontier that few units hold up.",
        f"相对九市前沿，生产率每年变化 {change.min() - 1:+.1%} 至 {change.max() - 1:+.1%}；下降的有：{told_zh}。九市三维，前沿由少数城市支撑。",
    )


def _neighbors(bay: Bay, growth: pd.Series) -> Words:
    test = autocorrelation.moran(growth, bay.evidence.w.subset(growth.index), rng=bay.seed)
    number, p = f"{test.statistic:.2f}", p_text(test.p_value)
    said = (
        Words("Neighbors do not visibly share the growth of productivity", "看不出邻居分享生产率增长")
        if test.p_value >= 0.05
        else Words("Neighbors share the growth of productivity", "邻居分享生产率增长")
        if test.statistic > 0
        else Words("Neighbors differ in the growth of productivity", "邻居的生产率增长相异")
    )
    return Words(
        f"{said.en}: Moran's I {number} (exact p = {p}, {test.n} cities).",
        f"{said.zh}：莫兰指数 {number}（精确 p = {p}，{test.n} 市）。",
    )
