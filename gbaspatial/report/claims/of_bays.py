"""Evidence from the table of the four bay areas: each figure with its year, its source and its definition."""

from __future__ import annotations

import pandas as pd

from gbaspatial.report.claims.evidence_data import Evidence
from gbaspatial.report.claims.finding import Finding, Verdict, cannot_tell

OTHERS = ("San Francisco", "New York", "Tokyo")
PAPER = 2020  # about its year: later counts do not decide what it says of its own time
_ZH = {"GBA": "粤港澳", "San Francisco": "旧金山", "New York": "纽约", "Tokyo": "东京"}


def world_output(given: Evidence) -> Finding:
    """C3: the share of bay economies in the output of the world."""
    return cannot_tell(
        "No table of the world's output by bay is shipped, and no source was found for the figure; an atlas of gridded "
        "output within a stated distance of harbors would decide.",
        "未附世界各湾区产出的数据，也未找到该数字的来源；需要按到港口距离划定的网格产出数据才能判断。",
    )


def tokyo_share(given: Evidence) -> Finding:
    """C4: Tokyo's share in Japan, and what the others lead in."""
    value, year = given.bay_figure("gdp", "Tokyo", 2015)
    return cannot_tell(
        f"Tokyo's bay made US$ {value:,.1f} billion in {year} (source {_source(given, 'gdp', 'Tokyo', 2015)}), but the "
        f"output of Japan is not in the shipped table, nor are finance in New York and technology in San Francisco.",
        f"东京湾区 {year} 年产出为 {10 * value:,.0f} 亿美元（来源 {_source(given, 'gdp', 'Tokyo', 2015)}），但所附的表中没有"
        f"日本总产出，也没有纽约的金融与旧金山的科技。",
    )


def fastest_growth(given: Evidence) -> Finding:
    """C5: real growth of the bay above that of the three others; their years differ, so it is computed for theirs."""
    rows = given.nine(["gdp_cny", "gdp_growth_index"], range(2014, 2018))
    own = {}
    for year in (2015, 2016):
        before = rows["gdp_cny"].xs(year - 1, level="year")
        index = rows["gdp_growth_index"].xs(year, level="year")
        own[year] = float((index * before).sum() / before.sum() - 100)
    theirs = {bay: given.bay_figure("gdp_growth_real", bay) for bay in OTHERS}
    table, at = given.bay_figure("gdp_growth_real", "GBA")
    above = all(own.get(year, table) > value for value, year in theirs.values()) and table > max(
        value for value, _ in theirs.values()
    )
    told = ", ".join(f"{bay} {value:.1f} % ({year})" for bay, (value, year) in theirs.items())
    told_zh = "，".join(f"{_ZH[bay]} {value:.1f}%（{year}）" for bay, (value, year) in theirs.items())
    nine = ", ".join(f"{value:.1f} % ({year})" for year, value in own.items())
    nine_zh = "，".join(f"{value:.1f}%（{year}）" for year, value in own.items())
    return Finding(
        "supported" if above else "not supported",
        f"Real growth of the bay {table:.1f} % ({at}), against {told}; the nine mainland cities in the years of the "
        f"others: {nine}. One year each, before 2018: no trend.",
        f"湾区实际增速 {table:.1f}%（{at}），其他：{told_zh}；九市在相同年份：{nine_zh}。各为一年，且在 2018 年以前，不代表趋势。",
    )


def largest_area(given: Evidence) -> Finding:
    """C6: the area of the bay against the sum of the others, by each definition of Tokyo's."""
    rows = given.bays[given.bays["variable"] == "land_area"]
    sums = {}
    for year, part in rows.groupby("year"):
        area = part.set_index("bay_area")["value"]
        if set(OTHERS) <= set(area.index) and "GBA" in area.index:
            sums[year] = (float(area["GBA"]), float(area[list(OTHERS)].sum()), float(area["Tokyo"]))
    larger = [own > others for own, others, _ in sums.values()]
    verdict: Verdict = "supported" if all(larger) else "not supported" if not any(larger) else "cannot tell"
    told = "; ".join(
        f"{own:,.0f} against {others:,.0f} km2 with Tokyo at {tokyo:,.0f}" for own, others, tokyo in sums.values()
    )
    told_zh = "；".join(
        f"{own:,.0f} 对 {others:,.0f} 平方公里（东京按 {tokyo:,.0f}）" for own, others, tokyo in sums.values()
    )
    return Finding(
        verdict,
        f"{told}: whether it exceeds the three together hangs on where Tokyo's bay ends.",
        f"{told_zh}：是否超过三者之和，取决于东京湾区的范围。",
    )


def largest_market(given: Evidence) -> Finding:
    """C7: people."""
    values = {bay: given.bay_figure("population", bay) for bay in ("GBA", *OTHERS)}
    first = max(values, key=lambda bay: values[bay][0])
    told = ", ".join(f"{bay} {value:.1f} ({year})" for bay, (value, year) in values.items())
    told_zh = "，".join(f"{_ZH[bay]} {100 * value:,.0f}（{year}）" for bay, (value, year) in values.items())
    per_head, year = given.bay_figure("gdp_per_capita", "GBA")
    return Finding(
        "supported" if first == "GBA" else "not supported",
        f"Millions of people: {told}. The bay has the most; at US$ {per_head:,.0f} a head ({year}) its market is not the "
        f"richest.",
        f"人口（万人）：{told_zh}。粤港澳最多；但人均 GDP {per_head:,.0f} 美元（{year}），并非最富裕的市场。",
    )


def logistics(given: Evidence) -> Finding:
    """C8: containers, passengers and freight by air."""
    names = {
        "container_throughput": ("million TEU", "万标准箱"),
        "airport_passengers": ("million passengers", "万人次"),
        "air_freight": ("million t of air freight", "万吨航空货运"),
    }
    firsts = []
    parts, parts_zh = [], []
    for variable, (unit, unit_zh) in names.items():
        values = {bay: given.bay_figure(variable, bay)[0] for bay in ("GBA", *OTHERS)}
        firsts.append(str(pd.Series(values).idxmax()))
        rest = max(value for bay, value in values.items() if bay != "GBA")
        parts.append(f"{values['GBA']:.1f} {unit} against at most {rest:.1f}")
        parts_zh.append(f"{100 * values['GBA']:,.0f} {unit_zh}，其他湾区最多 {100 * rest:,.0f}")
    most = set(firsts) == {"GBA"}
    said = ("That is the largest volume among four bays", "这是四个湾区中最大的运量") if most else (
        "That is not the largest volume among four bays", "这不是四个湾区中最大的运量",
    )  # fmt: skip
    return Finding(
        "cannot tell" if most else "not supported",
        f"About 2017: {'; '.join(parts)}. {said[0]}; quality, times and costs, the links between the cities and the rest of "
        f"the world (other Chinese ports among it) are not in the table.",
        f"约 2017 年：{'；'.join(parts_zh)}。{said[1]}；质量、时间与成本、城市间的联系以及世界其他地区（包括中国其他港口）不在表中。",
    )


def few_services(given: Evidence) -> Finding:
    """C9: the share of services."""
    values = {bay: given.bay_figure("tertiary_share", bay) for bay in ("GBA", *OTHERS)}
    own = values["GBA"][0]
    lowest = min(value for bay, (value, _) in values.items() if bay != "GBA")
    share = given.nine(["tertiary_value_added_cny", "gdp_cny"], range(2016, 2018)).xs(2017, level="year")
    nine = 100 * share["tertiary_value_added_cny"].sum() / share["gdp_cny"].sum()
    told = ", ".join(f"{bay} {value:.1f} %" for bay, (value, _) in values.items())
    told_zh = "，".join(f"{_ZH[bay]} {value:.1f}%" for bay, (value, _) in values.items())
    return Finding(
        "supported" if own < lowest else "not supported",
        f"Services in {values['GBA'][1]}: {told}. The bay has the lowest share, {lowest - own:.1f} points below the next; "
        f"about 60 per cent is rather the nine mainland cities ({nine:.1f} %).",
        f"{values['GBA'][1]} 年服务业占比：{told_zh}。湾区最低，比次低者低 {lowest - own:.1f} 个百分点；“约 60%”更接近"
        f"内地九市（{nine:.1f}%）。",
    )


def few_leading_firms(given: Evidence) -> Finding:
    """C10: firms among the world's 500 largest by revenue; counts that begin after the paper do not decide."""
    values = {bay: given.bay_figure("fortune_global_500_hq", bay, 2021)[0] for bay in ("GBA", *OTHERS)}
    fewer = all(values["GBA"] < values[bay] for bay in OTHERS)
    last, year = given.bay_figure("fortune_global_500_hq", "GBA")
    every = given.bays[(given.bays["variable"] == "fortune_global_500_hq") & (given.bays["bay_area"] == "GBA")]
    first = int(every["year"].min())
    seen = ", ".join(f"{int(v)} ({y})" for y, v in every.sort_values("year")[["year", "value"]].itertuples(index=False))
    told = ", ".join(f"{bay} {value:.0f}" for bay, value in values.items())
    told_zh = "，".join(f"{_ZH[bay]} {value:.0f}" for bay, value in values.items())
    after, after_zh = (", after the paper", "，晚于该文") if first > PAPER else ("", "")
    seen_zh = seen.replace(" (", "（").replace(")", "）").replace(", ", "、")
    return Finding(
        "cannot tell" if first > PAPER else "supported" if fewer else "not supported",
        f"No source was found for 17 in any year. The shipped counts begin in {first}{after}: the bay had {seen}. In "
        f"2021: {told}; so {'fewer than each' if fewer else 'not fewer than all'} of the others ({last:.0f} in {year}).",
        f"未找到任何年份为 17 家的来源。所附数字始于 {first} 年{after_zh}：粤港澳为 {seen_zh}。2021 年：{told_zh}；"
        f"{'少于其他各湾区' if fewer else '并不少于所有其他湾区'}（{year} 年 {last:.0f} 家）。",
    )


def _source(given: Evidence, variable: str, bay: str, year: int) -> str:
    rows: pd.DataFrame = given.bays
    found = rows[(rows["variable"] == variable) & (rows["bay_area"] == bay) & (rows["year"] == year)]
    return str(found["source_id"].iloc[0])
