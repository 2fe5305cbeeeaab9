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
from gbaspatial.sizes import LEVEL

if TYPE_CHECKING:
    from matplotlib.axes import Axes

OTHERS = (2, 3)
ORDINALS_ZH = {2: "二", 3: "三"}


def chapter(bay: Bay) -> Section:
    """Theil's index of GDP per head by year, split by tier, the gap between tiers, and the tiers of the year."""
    by_year, gaps = inequality_by_year(bay.panel), gaps_by_year(bay.panel)
    spread, share = _spread(bay), _share(bay, by_year)
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
        findings=(share, spread, _ratios(gaps, bay.panel, bay.year)),
        tables={"tier_gap": ratios, "theil_by_year": theil, "tiers": tiers},
        tables_zh={
            "tier_gap": in_chinese(ratios, "第二、三层级城市的人均 GDP 与第一层级之比及 95% 区间，分年份"),
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
        brief=(_ratios(gaps, bay.panel, bay.year), spread),
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


def _ratios(gaps: pd.DataFrame, panel: pd.DataFrame, year: int) -> Words:
    """The typical city of tiers 2 and 3 against that of tier 1; Macao, of tier 3 and rich, is told apart."""
    now = {tier: gaps.loc[(year, tier)] for tier in OTHERS}
    others = panel.xs(year, level="year").drop(index="Macao")
    apart = models.ols("log(gdp_pc_cny) ~ C(tier)", others).tidy().loc["C(tier)[T.3]"]
    now[0] = np.exp(apart[["estimate", "lower", "upper"]].astype(float))
    told = {key: f"{row['estimate']:.0%}" for key, row in now.items()}
    spans = {key: (f"{row['lower']:.0%}", f"{row['upper']:.0%}") for key, row in now.items()}
    end, apart_end = _equality(now), _excluded(now[0])
    return Words(
        f"In {year} the typical tier-2 city had {told[2]} of the GDP per head of the typical tier-1 city (95 % interval "
        f"{spans[2][0]} to {spans[2][1]}), the typical tier-3 city {told[3]} ({spans[3][0]} to {spans[3][1]}){end.en}; without "
        f"Macao, which is counted in tier 3, it had {told[0]} ({spans[0][0]} to {spans[0][1]}){apart_end.en}.",
        f"{year} 年，第二层级城市的人均 GDP 为第一层级的 {told[2]}（几何平均，95% 区间 {spans[2][0]}—{spans[2][1]}），第三层级为 "
        f"{told[3]}（{spans[3][0]}—{spans[3][1]}）{end.zh}；剔除归入第三层级的澳门，则为 {told[0]}（{spans[0][0]}—{spans[0][1]}）"
        f"{apart_end.zh}。",
    )


def _equality(now: dict[int, pd.Series]) -> Words:
    """Whether the intervals of the tiers hold equality."""
    unsure = [tier for tier in OTHERS if now[tier]["lower"] < 1 < now[tier]["upper"]]
    lone = ", ".join(map(str, unsure))
    return {
        0: Words("", ""),
        1: Words(f", where equality of tier {lone} is not excluded", f"，不能排除第 {lone} 层级与第一层级相等"),
        2: Words(", so that equal tiers are not excluded", "，尚不能排除各层级相等"),
    }[len(unsure)]


def _excluded(apart: pd.Series) -> Words:
    if apart["lower"] < 1 < apart["upper"]:
        return Words("", "")
    return Words(", so that equality is excluded", "，即可排除")


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


def _spread(bay: Bay) -> Words:
    """Whether the cities draw nearer, all eleven and the nine of the mainland alone."""
    nine = bay.panel[bay.panel["side"] == "mainland"]
    said, numbers = _trend(bay.panel["gdp_pc_cny"])
    said_nine, numbers_nine = _trend(nine["gdp_pc_cny"])
    return Words(
        f"Differences in GDP per head between the eleven cities {said.en} (standard deviation of logarithms {numbers.en}); "
        f"among the nine mainland cities alone they {said_nine.en} ({numbers_nine.en}).",
        f"十一市人均 GDP 的差异{said.zh}（对数标准差 {numbers.zh}）；仅看内地九市，差异{said_nine.zh}（{numbers_nine.zh}）。",
    )


def _trend(values: pd.Series) -> tuple[Words, Words]:
    """What the spread of logarithms does, and its first value, its last one and its trend."""
    found = disparity.sigma_convergence(values)
    assert found.trend is not None  # of some years
    spread, slope = found.to_frame()["sd_log"], float(found.trend.params["year"])
    error, p = float(found.trend.std_errors["year"]), float(found.trend.pvalues["year"])
    start, end, told = spread.index[0], spread.index[-1], f"p = {p_text(p)}".replace("= <", "< ")
    said = (
        Words("show no established trend", "没有确立的趋势")
        if p >= LEVEL
        else Words("have narrowed", "在缩小")
        if slope < 0
        else Words("have widened", "在扩大")
    )
    first, last = f"{spread.iloc[0]:.2f}", f"{spread.iloc[-1]:.2f}"
    return said, Words(
        f"{first} in {start}, {last} in {end}; {slope:+.4f} a year with a standard error of {error:.4f}, {told}",
        f"{start} 年为 {first}，{end} 年为 {last}；每年 {slope:+.4f}，标准误 {error:.4f}，{told}",
    )


def _advice(bay: Bay, by_year: pd.DataFrame) -> Words:
    """Where the inequality lies, with Hong Kong and Macao and without."""
    rows = bay.mainland
    nine = disparity.theil(rows["gdp_cny"], rows["population"], groups=rows["tier"]).between_share
    assert nine is not None  # there are groups
    eleven = float(by_year.loc[bay.year, "between share"])
    aim = (
        Words("Aim at single cities rather than at tiers", "政策宜落到具体城市，而非层级")
        if max(eleven, nine) < 0.5
        else Words("Aim at the gap between the tiers", "政策宜着眼于层级之间的差距")
        if min(eleven, nine) >= 0.5
        else Words("Say which cities are meant, not only which tier", "政策宜说明针对哪些城市，而不只是哪个层级")
    )
    return Words(
        f"{aim.en}: of the inequality of GDP per head in {bay.year} {eleven:.0%} lies between the tiers among the eleven "
        f"cities, {nine:.0%} among the nine of the mainland.",
        f"{aim.zh}：{bay.year} 年人均 GDP 的不平等中，层级之间的部分在十一市占 {eleven:.0%}，在内地九市占 {nine:.0%}。",
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
        axes.set_yscale("log")  # half and double are equally far
        axes.set_yticks(_RATIOS, [f"{ratio:g}" for ratio in _RATIOS])
        axes.minorticks_off()
        axes.set_title(_BANDS.of(written), loc="left", fontsize=10)
        axes.set(xlim=(gaps.index[0][0], gaps.index[-1][0]))
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(frameon=False, loc="upper right")
    return axes


_RATIOS = (0.05, 0.1, 0.25, 0.5, 1, 2)
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
