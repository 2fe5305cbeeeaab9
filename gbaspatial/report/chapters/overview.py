"""Chapter: the eleven cities in the year of the report."""

from __future__ import annotations

import pandas as pd

from gbaspatial import data, figures
from gbaspatial.report.bay import Bay
from gbaspatial.report.chinese import in_chinese, map_in_chinese
from gbaspatial.report.languages import Words
from gbaspatial.report.section import Section
from gbaspatial.results import Table


def chapter(bay: Bay) -> Section:
    """Who the cities are, and how much of the bay each tier holds."""
    table = _cities(bay)
    label = data.variables().loc["gdp_pc_cny"]
    drawn = Words(f"{label['label']}, yuan, {bay.year}", f"{label['label_zh']}（元），{bay.year} 年")
    return Section(
        key="cities",
        title=Words(f"Eleven cities, {bay.year}", f"十一座城市，{bay.year} 年"),
        text=(_money(),),
        findings=(_size(bay),),
        tables={"cities": table},
        tables_zh={
            "cities": in_chinese(table, f"{bay.year} 年各城市", ("- ：无可比口径的公布数据",), names=bay.names_zh)
        },
        figures={"gdp_pc": figures.map_of(bay.cities, "gdp_pc_cny", label=drawn.en)},
        figures_zh={"gdp_pc": map_in_chinese(figures.map_of(bay.cities, "gdp_pc_cny", label=drawn.zh, names="zh"))},
        captions={"gdp_pc": Words(f"Map of the eleven cities: {drawn.en}.", f"十一市地图：{drawn.zh}。")},
        front=("gdp_pc",),
    )


def _money() -> Words:
    return Words(
        "Money of Hong Kong and Macao is converted to yuan at the average exchange rate of the year "
        "(Macao at the legal peg of 1.03 patacas per Hong Kong dollar). Patents are those of China's "
        "patent office, counted for the nine mainland cities; what Hong Kong and Macao file at their own "
        "offices is not comparable and is left out.",
        "香港与澳门的金额按当年平均汇率折算为人民币（澳门按 1.03 澳门元兑 1 港元的法定联系汇率）。专利为国家知识产权局"
        "授权，按内地九市统计；港澳在本地机构登记的专利口径不可比，未计入。",
    )


def _size(bay: Bay) -> Words:
    cities = bay.cities
    people, gdp, level = cities["population"], cities["gdp_cny"], cities["gdp_pc_cny"]
    richest, poorest, ratio = str(level.idxmax()), str(level.idxmin()), level.max() / level.min()
    first = cities["tier"] == 1
    of_people, of_gdp = (values[first].sum() / values.sum() for values in (people, gdp))
    return Words(
        f"In {bay.year} the bay had {people.sum() / 1e6:.1f} million people and a GDP of {gdp.sum() / 1e12:.2f} trillion "
        f"yuan; the {first.sum()} cities of tier 1 held {of_people:.0%} of the people and {of_gdp:.0%} of the GDP. GDP "
        f"per capita in {richest} was {ratio:.1f} times that of {poorest}.",
        f"{bay.year} 年湾区人口 {people.sum() / 1e4:,.0f} 万，GDP {gdp.sum() / 1e12:.2f} 万亿元；第一层级 {first.sum()} 市"
        f"占人口的 {of_people:.0%}、GDP 的 {of_gdp:.0%}。{bay.zh(richest)}的人均 GDP 是{bay.zh(poorest)}的 {ratio:.1f} 倍。",
    )


def _cities(bay: Bay) -> Table:
    cities = bay.cities.sort_values(["tier", "gdp_cny"], ascending=[True, False])
    frame = pd.DataFrame(
        {
            "name": cities["name_zh"],
            "tier": cities["tier"],
            "side": cities["side"],
            "population, million": cities["population"] / 1e6,
            "GDP, billion yuan": cities["gdp_cny"] / 1e9,
            "GDP per capita, yuan": cities["gdp_pc_cny"],
            "patents granted": cities["patents_granted"],
            "patents per 10,000": cities["patents_per_10k"],
        }
    )
    formats = dict.fromkeys(["population, million", "GDP, billion yuan", "patents per 10,000"], ",.1f")
    formats |= dict.fromkeys(["GDP per capita, yuan", "patents granted"], ",.0f")
    return Table(frame, f"The cities in {bay.year}", ("- : not published on a comparable basis",), formats)
