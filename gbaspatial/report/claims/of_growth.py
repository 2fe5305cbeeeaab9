"""Evidence on growth and efficiency, on tiers, and on the gaps between cities."""

from __future__ import annotations

import numpy as np

from gbaspatial import data, development, disparity, inference
from gbaspatial.report.claims.evidence_data import ACCOUNTED, YEAR, Evidence
from gbaspatial.report.claims.finding import Finding, Verdict, cannot_tell
from gbaspatial.results import p_text
from gbaspatial.sizes import LEVEL

TIER_YEARS = (2000, 2010, YEAR)


def quantity_or_efficiency(given: Evidence) -> Finding:
    """C1: was growth one of quantity? The share of total factor productivity, under every assumption tried."""
    accounts = given.accounts
    shares = accounts.by_unit()["tfp_share"]
    band = accounts.sensitivity().to_frame()
    highest, city = float(band["highest_share"].max()), band["highest_share"].idxmax()
    first, last = ACCOUNTED[0], ACCOUNTED[-1]
    verdict: Verdict = "supported" if highest < 0.5 else "cannot tell"
    return Finding(
        verdict,
        f"{first} to {last}, total factor productivity made {shares.min():.0%} ({shares.idxmin()}) to {shares.max():.0%} "
        f"({shares.idxmax()}) of the growth of the nine mainland cities; over all assumptions on shares, depreciation "
        f"and the first stock at most {highest:.0%} ({city}). Growth was one of quantity; that it must turn is a goal, "
        f"no finding.",
        f"{first}—{last} 年，九市增长中全要素生产率的贡献为 {shares.min():.0%}（{given.zh(shares.idxmin())}）至 {shares.max():.0%}"
        f"（{given.zh(shares.idxmax())}）；在所有关于份额、折旧与初始存量的假设下最高为 {highest:.0%}（{given.zh(city)}）。增长以要素投入为主；"
        f"“必须转变”是目标而非检验结果。",
    )


def three_tiers(given: Evidence) -> Finding:
    """C2: do the data give the paper's three tiers, by level of development (GDP per head) and by size (GDP)?"""
    tests = {
        (variable, year): disparity.tiers(given.panel[variable].xs(year, level="year"), 3, given=given.cities["tier"])
        for variable in ("gdp_pc_cny", "gdp_cny")
        for year in TIER_YEARS
    }
    adjusted = inference.adjust(np.array([test.p_value for test in tests.values()]), "holm")
    p = dict(zip(tests, adjusted.tolist(), strict=True))
    level = {year: tests["gdp_pc_cny", year].adjusted_rand for year in TIER_YEARS}
    size = {year: tests["gdp_cny", year].adjusted_rand for year in TIER_YEARS}
    least = min(p["gdp_pc_cny", year] for year in TIER_YEARS)
    told = "; ".join(f"{year}: {level[year]:.2f}, {size[year]:.2f}" for year in TIER_YEARS)
    told_zh = "；".join(f"{year} 年 {level[year]:.2f} 与 {size[year]:.2f}" for year in TIER_YEARS)
    verdict: Verdict = "supported" if least < LEVEL else "not supported"
    sized = [year for year in TIER_YEARS if p["gdp_cny", year] < LEVEL]
    years = ", ".join(map(str, sized)) or "no year"
    return Finding(
        verdict,
        f"Agreement with three groups found in the data (adjusted Rand: 1 the same, 0 chance), by GDP per head and by "
        f"GDP: {told}. By level of development the tiers are not there (smallest p {p_text(least)}, adjusted for six "
        f"tests); they are tiers of size (GDP, significant in {years}).",
        f"与数据中三组的一致性（调整兰德指数：1 为相同，0 为随机），按人均 GDP 与按 GDP：{told_zh}。按发展水平看不出三层"
        f"（六次检验校正后最小 p = {p_text(least)}）；它们是规模的层级（GDP 显著的年份：{'、'.join(map(str, sized)) or '无'}）。",
        p_value=least if verdict == "supported" else None,
    )


def cities_too_unequal(given: Evidence) -> Finding:
    """C13: how unequal, between whom, and does it shrink? With and without Macao and Hong Kong."""
    panel = given.panel
    spans, trends = {}, {}
    for name, cities in {"eleven": given.cities.index, "nine": given.mainland}.items():
        rows = panel[panel.index.get_level_values("city").isin(cities)]
        theil = {
            year: disparity.theil(x["gdp_cny"], x["population"], groups=x["tier"])
            for year, x in ((y, rows.xs(y, level="year")) for y in (2000, YEAR))
        }
        spans[name] = {year: (found.total, found.between_share) for year, found in theil.items()}
        trend = disparity.sigma_convergence(rows["gdp_pc_cny"]).trend
        assert trend is not None  # of 24 years
        trends[name] = trend
    (then, _), (now, between) = spans["eleven"][2000], spans["eleven"][YEAR]
    (then9, _), (now9, between9) = spans["nine"][2000], spans["nine"][YEAR]
    p = max(float(trend.pvalues.iloc[-1]) for trend in trends.values())
    slope = {name: float(trend.params.iloc[-1]) for name, trend in trends.items()}
    shrinking = all(value < 0 for value in slope.values()) and p < LEVEL
    words = ("they shrink", "差距在缩小") if shrinking else ("no trend is established for both", "两者的趋势均未确立")
    return Finding(
        "cannot tell",
        f"Theil's T of GDP per head went from {then:.3f} to {now:.3f} among eleven cities and from {then9:.3f} to "
        f"{now9:.3f} among the nine ({2000}-{YEAR}); {between:.0%} and {between9:.0%} of it lie between the tiers. The "
        f"spread of logarithms moves by {slope['eleven']:+.4f} and {slope['nine']:+.4f} a year (larger p "
        f"{_told(p)}): {words[0]}. That the gaps take wholeness from the bay is not measured by them.",
        f"人均 GDP 的泰尔指数（{2000}—{YEAR}）：十一市由 {then:.3f} 到 {now:.3f}，九市由 {then9:.3f} 到 {now9:.3f}；层级间"
        f"分别占 {between:.0%} 与 {between9:.0%}。对数离散度每年变化 {slope['eleven']:+.4f} 与 {slope['nine']:+.4f}"
        f"（较大的 p {_told(p)}）：{words[1]}。差距是否使湾区缺乏整体性，这些指标并未度量。",
        p_value=None,
    )


def specialized_sides(given: Evidence) -> Finding:
    """C19: what the nine make: branches of industry in 2018, and manufacturing in the economy."""
    shares = data.load_industry_structure().select_dtypes(float)
    gdp = given.panel["gdp_cny"].xs(2018, level="year").reindex(shares.index)
    amounts = shares.mul(gdp, axis=0)
    electronics = development.location_quotient(amounts).quotients["electronics"].sort_values(ascending=False)
    krugman = development.krugman(amounts).specialization.sort_values()
    secondary = given.panel["secondary_share_pct"].xs(2018, level="year").reindex(shares.index).sort_values()
    first, second, low, high = electronics.index[0], electronics.index[1], krugman.index[0], krugman.index[-1]
    least, most = secondary.index[0], secondary.index[-1]
    return cannot_tell(
        f"Industry of 2018 in {shares.shape[1]} branches: electronics weigh most in {first} (location quotient "
        f"{electronics.iloc[0]:.2f}; {second} {electronics.iloc[1]:.2f}); specialization (Krugman) runs from "
        f"{krugman.iloc[0]:.2f} ({low}) to {krugman.iloc[-1]:.2f} ({high}), and the secondary sector from "
        f"{secondary.iloc[0]:.0f} % of GDP ({least}) to {secondary.iloc[-1]:.0f} % ({most}). Finance of Hong Kong, chains "
        f"between cities and how leading firms compete are not in these data.",
        f"2018 年工业 {shares.shape[1]} 个行业：电子业在{given.zh(first)}最集中（区位商 {electronics.iloc[0]:.2f}；"
        f"{given.zh(second)} {electronics.iloc[1]:.2f}）；专业化指数（克鲁格曼）由 {krugman.iloc[0]:.2f}（{given.zh(low)}）到 "
        f"{krugman.iloc[-1]:.2f}（{given.zh(high)}），第二产业占 GDP 由 {secondary.iloc[0]:.0f}%（{given.zh(least)}）到 "
        f"{secondary.iloc[-1]:.0f}%（{given.zh(most)}）。香港金融、城市间价值链与龙头企业竞争力不在数据中。",
    )


def _told(p: float) -> str:
    return f"= {p_text(p)}".replace("= <", "< ")
