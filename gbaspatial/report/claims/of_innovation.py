"""Evidence on innovation: clusters, spillover, education, finance, universities, leading firms, borders."""

from __future__ import annotations

import numpy as np
import pandas as pd

from gbaspatial import autocorrelation, data, development, models, spillover, weights
from gbaspatial.errors import OptionError
from gbaspatial.report.claims.evidence_data import PREFECTURE_YEARS, YEAR, Evidence, quietly
from gbaspatial.report.claims.finding import Finding, Verdict, cannot_tell
from gbaspatial.results import p_text
from gbaspatial.sizes import LEVEL

TEACHERS = "log(patents_granted) ~ log(he_teachers) + log(employment)"
_UNTOLD_ZH = {
    "not_identified": "区间含两端", "no_spillover": "没有溢出可供阻隔", "serial_correlation": "序列相关",
    "level_decides": "取决于水平的原点", "canceled": "被行标准化抵消", "choice_decides": "取决于设定", "refused": "模型不可估",
}  # fmt: skip
SCIENCE = "log(patents_granted) ~ log(fiscal_science_cny) + log(employment)"


def education_holds_back(given: Evidence) -> Finding:
    """C11: patents of the nine on teachers of universities, effects of cities and years."""
    rows = given.nine(["he_teachers", "patents_granted", "employment"], range(2003, YEAR + 1))
    fit = models.panel_durbin(TEACHERS, rows, given.w.subset(given.mainland), effects="twoway")
    own, p, low, high = _row(fit, "log(he_teachers)")
    verdict: Verdict = "cannot tell" if p >= LEVEL else "supported" if own > 0 else "not supported"
    return Finding(
        verdict,
        f"Nine cities, {fit.n_periods} years, effects of both: one per cent more university teachers goes with {own:.2f} "
        f"per cent more patents (95 % interval {low:.2f} to {high:.2f}, p {p_text(p)}); such effects take out what "
        f"changes slowly, as education does.",
        f"九市 {fit.n_periods} 年，控制城市与年份效应：高校教师每增 1%，专利变化 {own:.2f}%（95% 区间 {low:.2f} 至 {high:.2f}，"
        f"p = {p_text(p)}）；固定效应会吸收教育这类变化缓慢的因素。",
        p_value=p,
    )


def clustered_spillover(given: Evidence) -> Finding:
    """C14: patents cluster among prefectures; what rho is left within provinces and years; who drives it."""
    rows, w = given.prefectures
    heads = np.log(rows["patents_granted"] / rows["population"]).xs(YEAR, level="year")
    moran = autocorrelation.moran(heads, w, rng=given.seed)
    bay = given.cities.loc[given.mainland]
    nine = autocorrelation.moran(np.log(bay["patents_per_10k"]), given.w.subset(given.mainland), rng=given.seed)
    twoway, region = given.durbin.rho, given.durbin_by_province.rho
    science = given.nine(["fiscal_science_cny", "patents_granted", "employment"], range(2003, YEAR + 1))
    fit = models.panel_durbin(SCIENCE, science, given.w.subset(given.mainland), effects="twoway")
    own, p, low, high = _row(fit, "log(fiscal_science_cny)")
    across, p_across, low_w, high_w = _row(fit, "W(log(fiscal_science_cny))")
    clustered = moran.p_value < LEVEL and moran.statistic > 0
    # clusters alone are no spillover: money for science has to show among the neighbors, too
    decides = max(float(moran.p_value), p_across) if clustered else float(moran.p_value)
    verdict: Verdict = "not supported" if not clustered else "supported" if across > 0 else "cannot tell"
    return Finding(
        verdict,
        f"Patents per head cluster among {w.n} prefectures (Moran's I {moran.statistic:.2f}, p {p_text(moran.p_value)}); "
        f"nine cities cannot tell (I {nine.statistic:.2f}, p {p_text(nine.p_value)}). Much of it is what a province "
        f"shares: rho is {twoway:.2f} with effects of units and years, {region:.2f} with those of provinces and years. "
        f"In the nine, science money goes with own patents ({own:.2f}, {low:.2f} to {high:.2f}, p {p_text(p)}), not "
        f"visibly with the neighbors' ({across:.2f}, {low_w:.2f} to {high_w:.2f}, p {p_text(p_across)}). Clusters are "
        f"there; that knowledge spills over in them, and who drives it, is not shown.",
        f"人均专利在 {w.n} 个地级市间集聚（莫兰指数 {moran.statistic:.2f}，p = {p_text(moran.p_value)}）；九市无法判断"
        f"（{nine.statistic:.2f}，p = {p_text(nine.p_value)}）。其中很大部分是同省共同因素：控制城市与年份效应时 rho 为 "
        f"{twoway:.2f}，控制省×年份效应时为 {region:.2f}。九市中科技支出与本市专利相关（{own:.2f}，{low:.2f} 至 {high:.2f}，"
        f"p = {p_text(p)}），与邻市专利的关系不明显（{across:.2f}，{low_w:.2f} 至 {high_w:.2f}，p = {p_text(p_across)}）。"
        f"集聚存在；知识是否在其中溢出、由谁推动，尚未显示。",
        p_value=decides,
    )


def finance_to_technology(given: Evidence) -> Finding:
    """C15: loans to GDP in the Durbin panel of patents among prefectures."""
    fits = {"years": given.durbin, "provinces": given.durbin_by_province}
    rows = {name: _row(fit, "log(loans)") for name, fit in fits.items()}
    own, p, low, high = rows["years"]
    other, p_other, low_other, high_other = rows["provinces"]
    worst = max(p, p_other)
    alike = np.sign(own) == np.sign(other)
    verdict: Verdict = "cannot tell" if worst >= LEVEL or not alike else "supported" if own > 0 else "not supported"
    first, last = PREFECTURE_YEARS[0], PREFECTURE_YEARS[-1]
    return Finding(
        verdict,
        f"{given.durbin.n_units} prefectures, {first}-{last}, effects of units and years: one per cent deeper finance "
        f"(loans to GDP) goes with {own:.2f} per cent more patents ({low:.2f} to {high:.2f}, p {p_text(p)}); with "
        f"effects of provinces in each year {other:.2f} ({low_other:.2f} to {high_other:.2f}, p {p_text(p_other)}). It "
        f"goes with it; who moves whom is not shown. A core of three centers and a payment platform are not in the data.",
        f"{given.durbin.n_units} 个地级市，{first}—{last} 年，控制城市与年份效应：金融深度（贷款/GDP）每增 1%，专利变化 "
        f"{own:.2f}%（{low:.2f} 至 {high:.2f}，p = {p_text(p)}）；控制省×年份效应时为 {other:.2f}%（{low_other:.2f} 至 "
        f"{high_other:.2f}，p = {p_text(p_other)}）。这是相关而非因果。三个金融中心与支付平台不在数据中。",
        p_value=worst,
    )


def universities_and_industry(given: Evidence) -> Finding:
    """C16: coupling of universities, industry and innovation in the nine."""
    rows = given.nine(
        ["he_teachers", "he_students", "secondary_value_added_cny", "employment", "patents_granted"],
        range(2010, YEAR + 1),
    )
    parts = {"universities": ["he_teachers", "he_students"], "industry": ["secondary_value_added_cny", "employment"]}
    found = development.coupling(rows, parts)
    last = rows.index.get_level_values("year").max()
    degree = found.coordination.xs(last, level="year").sort_values()
    return cannot_tell(
        f"Coordination of universities and industry in {last} runs from {degree.iloc[0]:.2f} ({degree.index[0]}) to "
        f"{degree.iloc[-1]:.2f} ({degree.index[-1]}): they are large where the city is large. A degree of coupling "
        f"describes; it cannot say that the interplay drives growth. Joint projects or patents by partner would.",
        f"{last} 年高校与产业的协调度由 {degree.iloc[0]:.2f}（{given.zh(degree.index[0])}）到 {degree.iloc[-1]:.2f}（{given.zh(degree.index[-1])}）："
        f"城市规模大则两者都大。耦合度只是描述，不能说明互动推动增长；需要联合项目或合作专利数据。",
    )


def leading_firms(given: Evidence) -> Finding:
    """C17: leading firms by city."""
    firms = quietly(data.load_firms_universities)
    counts = firms[(firms["kind"] == "fortune_global_500_hq_count") & (firms["year"] == 2024)]
    counts = counts.set_index("city")["value"].astype(int)
    there = counts[counts > 0].sort_values(ascending=False)
    told = ", ".join(f"{city} {count}" for city, count in there.items())
    return cannot_tell(
        f"Seats of the world's 500 largest firms in 2024: {told}, none in the other {int((counts == 0).sum())} cities. "
        f"One cross-section of {int(counts.sum())} firms in {len(there)} cities cannot separate what they carry from the "
        f"size of their city; patents by firm and year would.",
        f"2024 年世界 500 强总部：{'，'.join(f'{given.zh(city)} {count}' for city, count in there.items())}，其余 "
        f"{int((counts == 0).sum())} 市没有。{len(there)} 市 {int(counts.sum())} 家企业的一个截面无法区分企业带动与城市规模；"
        f"需要分企业、分年份的专利。",
    )


def _interval(lower: float, upper: float) -> tuple[str, str]:
    """An interval in English and Chinese; one without ends says that the data bound nothing."""
    if np.isinf(lower) and np.isinf(upper):
        return "which the data do not bound on either side at 95 %", "95% 水平下数据对其上下都没有界限"
    low, high = _end(lower, "no lower end"), _end(upper, "no upper end")
    return f"95 % interval {low} to {high}", f"95% 区间 {_end(lower, '无下界')} 至 {_end(upper, '无上界')}"


def _across(fit: models.Fit, given: Evidence) -> tuple[pd.DataFrame, str, str]:
    """What pairs pass on within sides and across, and the interval of the difference in English and Chinese."""
    try:
        border = spillover.balance(fit, groups=given.cities["side"], rng=given.seed).border
        assert border is not None
        row = border.loc["difference"]
    except OptionError:  # no interval has an end: the estimate alone is told, and that the data do not bound it
        border = spillover.balance(fit, groups=given.cities["side"], method="delta").border
        assert border is not None
        return border, *_interval(-np.inf, np.inf)
    span, span_zh = _interval(row["lower"], row["upper"])
    p = p_text(float(row["p_value"]))
    return border, f"{span}, p {p}", f"{span_zh}，p = {p}"


def borders_hold_back(given: Evidence) -> Finding:
    """C12: is the friction of the two borders identified, and is less passed on across them than within?"""
    formula = "log(gdp_pc_cny) ~ log(employment)"
    fit = models.lag(formula, given.cities, given.w)
    border, span, span_zh = _across(fit, given)
    scan = spillover.border_friction(
        formula, given.cities, weights.contiguity(given.cities, links=YEAR), groups=given.cities["side"], draws=199,
        rng=given.seed,
    )  # fmt: skip
    identified = scan.verdict in ("open", "closed", "partly_open")
    scan_zh = "可由数据识别" if identified else f"数据无法识别（{_UNTOLD_ZH.get(scan.verdict, scan.verdict)}）"
    estimate = border.loc["difference", "estimate"]
    pairs = border.loc["across", ["linked", "pairs"]].astype(int) // 2  # contiguity counts each pair both ways
    return cannot_tell(
        f"What an average pair passes on across a border less within one (lag model of GDP per head, {YEAR}): "
        f"{estimate:.2f}, {span}; and W itself says how "
        f"many pairs touch ({pairs['linked']} of {pairs['pairs']} "
        f"across). {scan.sentence} Flows of people, money and knowledge across and within would decide.",
        f"平均一对城市跨界传递与界内传递之差（{YEAR} 年人均 GDP 滞后模型）：{estimate:.2f}，{span_zh}；"
        f"而相邻关系本身由 W 设定（跨界 "
        f"{pairs['pairs']} 对中 {pairs['linked']} 对相邻）。边界摩擦{scan_zh}。需要跨界与界内的"
        f"人员、资金与知识流量。",
    )


def schooling_systems(given: Evidence) -> Finding:
    """C18: nothing shipped speaks of it."""
    return cannot_tell(
        "Nothing shipped speaks of cooperation between universities and firms under two systems; joint degrees, "
        "recognized credits and contracts by pair of cities and year, before and after a reform, would.",
        "所附数据不涉及两种制度下的校企合作；需要按城市对与年份的联合学位、学分互认与合同，并有改革前后的对照。",
    )


def near_and_alike(given: Evidence) -> Finding:
    """C20: does likeness fall with distance among the cities?"""
    near = autocorrelation.moran(np.log(given.cities["gdp_pc_cny"]), given.w, rng=given.seed)
    return cannot_tell(
        f"Moran's I of GDP per head between neighbors {near.statistic:.2f}, p {p_text(near.p_value)}: neighbors are alike "
        f"in income, or not, for many reasons. No measure of culture or of its change is shipped; dialects, surveys of "
        f"trust or kinship by pair of cities would be needed.",
        f"相邻城市人均 GDP 的莫兰指数 {near.statistic:.2f}，p = {p_text(near.p_value)}：相邻城市收入相近与否有多种原因。"
        f"没有文化及其变化的度量；需要按城市对的方言、信任或宗族联系数据。",
    )


def _row(fit: models.PanelFit, term: str) -> tuple[float, float, float, float]:
    row: pd.Series = fit.tidy().loc[term]
    return tuple(float(row[name]) for name in ("estimate", "p_value", "lower", "upper"))  # type: ignore[return-value]


def _end(value: float, open_end: str) -> str:
    return f"{value:.2f}" if np.isfinite(value) else open_end
