"""Chapter: how unequal the cities are, within and between tiers, over the years."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gbaspatial import disparity, models
from gbaspatial.figures.canvas import axes_of
from gbaspatial.figures.fonts import lettering
from gbaspatial.report.bay import Bay
from gbaspatial.report.chinese import in_chinese
from gbaspatial.report.languages import Language, Words
from gbaspatial.report.section import Section
from gbaspatial.results import Table, p_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LEVEL = 0.05
OTHERS = (2, 3)
ORDINALS_ZH = {2: "二", 3: "三"}


def chapter(bay: Bay) -> Section:
    """Theil's index of GDP per head by year, split by tier, the gap between tiers, and the tiers of the year."""
    by_year, gaps = inequality_by_year(bay.panel), gaps_by_year(bay.panel)
    spread, share = _spread(bay, by_year), _share(bay, by_year)
    means = disparity.mean_by_group(bay.cities["gdp_pc_cny"], bay.cities["tier"])
    theil = Table(by_year, "Inequality of GDP per head, eleven cities", formats={"between share": ".0%"})
    tiers = Table(means, f"GDP per capita by tier, {bay.year}, yuan", formats=_money(means))
    ratios = Table(
        _wide(gaps),
        "GDP per head of a city of tier 2 and 3 against one of tier 1, ratio with its 95 % interval, by year",
        formats=dict.fromkeys(_wide(gaps), ".2f"),
    )
    return Section(
        key="disparity",
        title=Words("Disparities between and within the tiers", "层级之间与层级之内的差距"),
        text=(
            Words(
                "Theil's T compares each city's share of the GDP with its share of the people. It splits without "
                "rest into what lies between the means of the tiers and what lies within them.",
                "泰尔指数比较各市的 GDP 份额与人口份额，可不留余项地分解为层级均值之间与层级之内两部分。",
            ),
        ),
        findings=(share, spread, _ratios(gaps, bay.year)),
        tables={"tier_gap": ratios, "theil_by_year": theil, "tiers": tiers},
        tables_zh={
            "tier_gap": in_chinese(ratios, "第二、三层级一市的人均 GDP 与第一层级之比及 95% 区间，分年份"),
            "theil_by_year": in_chinese(theil, "人均 GDP 的不平等，十一市"),
            "tiers": in_chinese(tiers, f"{bay.year} 年各层级人均 GDP（元）"),
        },
        figures={
            "tier_gap": _bands(gaps, "en"),
            "theil": _areas(by_year, "en"),
        },
        figures_zh={"tier_gap": _bands(gaps, "zh"), "theil": _areas(by_year, "zh")},
        captions={
            "tier_gap": Words(
                "GDP per head of tier 2 and tier 3 against tier 1, year by year, with 95 % intervals of least squares.",
                "第二、三层级人均 GDP 与第一层级之比，逐年，附最小二乘 95% 区间。",
            ),
            "theil": Words(
                "Theil's T of GDP per head by year, between and within the tiers.",
                "人均 GDP 的泰尔指数，层级之间与之内。",
            ),
        },
        brief=(_ratios(gaps, bay.year), spread),
        advice=(_advice(bay, by_year),),
        front=("tier_gap",),
    )


def gaps_by_year(panel: pd.DataFrame) -> pd.DataFrame:
    """GDP per head of tiers 2 and 3 as a ratio to tier 1 with its 95 % interval, by (year, effect): the tier."""
    rows = {}
    for year, frame in panel.groupby(level="year"):
        fit = models.ols("log(gdp_pc_cny) ~ C(tier)", frame.droplevel("year")).tidy()
        for tier in OTHERS:
            rows[int(year), tier] = np.exp(fit.loc[f"C(tier)[T.{tier}]", ["estimate", "lower", "upper"]].astype(float))
    return pd.DataFrame(rows).T.rename_axis(["year", "effect"])


def _ratios(gaps: pd.DataFrame, year: int) -> Words:
    now = {tier: gaps.loc[(year, tier)] for tier in OTHERS}
    unsure = [tier for tier in OTHERS if now[tier]["lower"] < 1 < now[tier]["upper"]]
    lone = ", ".join(map(str, unsure))
    end = {
        0: Words("neither interval holds equality", "两个区间都不含 1（相等）"),
        1: Words(f"the interval of tier {lone} holds equality", f"第 {lone} 层级的区间含 1（相等）"),
        2: Words("both intervals hold equality, for cities of one tier differ much", "两个区间都含 1（相等），因为同一层级内部差异很大"),
    }[len(unsure)]  # fmt: skip
    told = {tier: f"{row['estimate']:.2f}" for tier, row in now.items()}
    spans = {tier: (f"{row['lower']:.2f}", f"{row['upper']:.2f}") for tier, row in now.items()}
    return Words(
        f"In {year} GDP per head of a tier-2 city was {told[2]} times that of a tier-1 city (95 % interval {spans[2][0]} "
        f"to {spans[2][1]}), of a tier-3 city {told[3]} times ({spans[3][0]} to {spans[3][1]}); {end.en}.",
        f"{year} 年，第二层级一市的人均 GDP 是第一层级的 {told[2]} 倍（95% 区间 {spans[2][0]} 至 {spans[2][1]}），"
        f"第三层级为 {told[3]} 倍（{spans[3][0]} 至 {spans[3][1]}）；{end.zh}。",
    )


def _share(bay: Bay, by_year: pd.DataFrame) -> Words:
    now, first, start = by_year.loc[bay.year], by_year.iloc[0], by_year.index[0]
    if bay.year == start:
        return Words(
            f"Inequality of GDP per head between the eleven cities (Theil's T) was {now['theil']:.3f} in {start}; "
            f"{now['between share']:.0%} of it lay between the tiers.",
            f"{start} 年十一市人均 GDP 的不平等（泰尔指数）为 {now['theil']:.3f}，其中 {now['between share']:.0%} 在层级之间。",
        )
    return Words(
        f"Inequality of GDP per head between the eleven cities (Theil's T) went from {first['theil']:.3f} in {start} to "
        f"{now['theil']:.3f} in {bay.year}; {now['between share']:.0%} of it lies between the tiers, against "
        f"{first['between share']:.0%} then.",
        f"十一市人均 GDP 的不平等（泰尔指数）由 {start} 年的 {first['theil']:.3f} 变为 {bay.year} 年的 {now['theil']:.3f}；"
        f"其中 {now['between share']:.0%} 在层级之间，当初为 {first['between share']:.0%}。",
    )


def _spread(bay: Bay, by_year: pd.DataFrame) -> Words:
    trend = disparity.sigma_convergence(bay.panel["gdp_pc_cny"]).trend
    assert trend is not None  # of 24 years
    slope, p = float(trend.params["year"]), float(trend.pvalues["year"])
    told = f"p = {p_text(p)}".replace("= <", "< ")
    start, end = by_year.index[0], by_year.index[-1]
    said = (
        Words("shows no established trend", "没有确立的趋势")
        if p >= LEVEL
        else Words("shrinks", "在缩小")
        if slope < 0
        else Words("grows", "在扩大")
    )
    return Words(
        f"The spread of GDP per head between the cities (standard deviation of logarithms) {said.en}: by {slope:+.4f} a "
        f"year from {start} to {end} ({told}).",
        f"城市间人均 GDP 的离散度（对数标准差）{said.zh}：{start}—{end} 年每年 {slope:+.4f}（{told}）。",
    )


def _advice(bay: Bay, by_year: pd.DataFrame) -> Words:
    share = by_year.loc[bay.year, "between share"]
    if share < 0.5:
        return Words(
            f"Aim at cities, not at tiers: {1 - share:.0%} of the inequality lies within the tiers.",
            f"着眼于具体城市而非层级：不平等的 {1 - share:.0%} 在层级之内。",
        )
    return Words(
        f"Aim at the gap between the tiers: {share:.0%} of the inequality lies there.",
        f"着眼于层级之间的差距：不平等的 {share:.0%} 在层级之间。",
    )


def inequality_by_year(panel: pd.DataFrame) -> pd.DataFrame:
    """Theil's T and its parts, and the Gini coefficient, of GDP per head in each year of `panel`."""
    rows = {}
    for year, frame in panel.groupby(level="year"):
        cities = frame.droplevel("year")
        result = disparity.theil(cities["gdp_cny"], cities["population"], groups=cities["tier"])
        rows[year] = {
            "theil": result.total,
            "between": result.between,
            "within": result.within,
            "between share": result.between_share,
            "gini": disparity.gini(cities["gdp_cny"], cities["population"]),
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("year")


def _money(means: pd.DataFrame) -> dict[str, str]:
    return {name: ",.0f" for name in ("mean", "min", "max") if name in means} | {"ratio": ".2f"}


def _wide(gaps: pd.DataFrame) -> pd.DataFrame:
    """A row for each year: the ratio of each tier and the ends of its interval."""
    parts = {
        f"tier {tier}" + ("" if what == "estimate" else f", {what}"): gaps.xs(tier, level="effect")[what]
        for tier in OTHERS
        for what in ("estimate", "lower", "upper")
    }
    return pd.DataFrame(parts)


def _bands(gaps: pd.DataFrame, language: Language) -> Axes:
    """The ratio of each tier to tier 1 over the years; the ends of its interval are the thin lines."""
    with lettering(language) as written:
        axes = axes_of(None, (7, 4.4))
        for tier, color in zip(OTHERS, ("#0b5d7a", "#c2571a"), strict=True):
            rows = gaps.xs(tier, level="effect")
            name = Words(f"tier {tier}", f"第{ORDINALS_ZH[tier]}层级").of(written)
            axes.plot(rows.index, rows["estimate"], color=color, linewidth=2.2, label=name)
            axes.fill_between(rows.index, rows["lower"], rows["upper"], color=color, alpha=0.1, linewidth=0)
            for end in ("lower", "upper"):
                axes.plot(rows.index, rows[end], color=color, linewidth=0.8, linestyle="--")
        axes.axhline(1, color="#1d2733", linewidth=1)
        axes.set_title(_BANDS.of(written), loc="left", fontsize=10)
        axes.set(xlim=(gaps.index[0][0], gaps.index[-1][0]), ylim=(0, None))
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(frameon=False, loc="upper right")
    return axes


_BANDS = Words(
    "GDP per head against tier 1 (1: equal); dashed: 95 % interval",
    "人均 GDP 与第一层级之比（1：相等）；虚线：95% 区间",
)


def _areas(by_year: pd.DataFrame, language: Language) -> Axes:
    """Theil's T, stacked from its two parts."""
    with lettering(language) as written:
        axes = axes_of(None, (7, 3.4))
        years = by_year.index.to_numpy()
        labels = [Words("between tiers", "层级之间").of(written), Words("within tiers", "层级之内").of(written)]
        axes.stackplot(years, by_year["between"], by_year["within"], labels=labels, colors=["#0b5d7a", "#9cc3cf"])
        name = Words("Theil's T", "泰尔指数").of(written)
        axes.set(ylabel=name, xlim=(years.min(), years.max()), ylim=(0, None))
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(frameon=False, loc="upper right")
    return axes
