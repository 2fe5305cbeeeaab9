"""Chapter: the bay beside Tokyo's, New York's and San Francisco's, every figure with its year."""

from __future__ import annotations

import pandas as pd

from gbaspatial.report.bay import Bay
from gbaspatial.report.chinese import in_chinese
from gbaspatial.report.claims import of_bays
from gbaspatial.report.languages import Words
from gbaspatial.report.section import Section
from gbaspatial.results import Table

SHOWN = {
    "land_area": Words("Land area", "面积"), "population": Words("Population", "人口"), "gdp": Words("GDP", "GDP"),
    "gdp_per_capita": Words("GDP per head", "人均 GDP"), "gdp_growth_real": Words("Real growth", "实际增速"),
    "tertiary_share": Words("Services", "第三产业"), "container_throughput": Words("Containers", "集装箱吞吐量"),
    "airport_passengers": Words("Airport passengers", "机场旅客"),
    "fortune_global_500_hq": Words("Of the world's 500 largest firms", "财富 500 强总部"),
}  # fmt: skip
UNITS_ZH = {
    "km2": "平方公里", "million": "万", "US$ billion": "亿美元", "US$": "美元", "% of GDP": "占 GDP %", "million TEU": "万标箱",
    "companies": "家",
}  # fmt: skip
MYRIADS = {"million": 100, "US$ billion": 10, "million TEU": 100}  # how many of the Chinese unit the English one is
NAMES = ("GBA", "Tokyo", "New York", "San Francisco")


def chapter(bay: Bay) -> Section:
    """Figures of the four bays, and what they say about size, growth and leading firms."""
    given = bay.evidence
    told = [of_bays.largest_area(given), of_bays.fastest_growth(given), of_bays.few_leading_firms(given)]
    table = Table(_figures(given.bays), "Four bay areas", _NOTES, formats=dict.fromkeys(NAMES, _read))
    return Section(
        key="bays",
        title=Words("Four bay areas", "四大湾区"),
        text=(
            Words(
                "A bay area has no official edge, and sources do not agree on years: each row is one variable in one "
                "year, from the source that its sign names.",
                "湾区没有官方边界，各来源的年份也不一致：每行为一个指标在一个年份的数值，来源以编号注明。",
            ),
        ),
        findings=tuple(Words(found.en, found.zh) for found in told),
        tables={"bay_areas": table},
        tables_zh={"bay_areas": _in_myriads(table)},
    )


_NOTES = ("- : this source has no figure of that year; a bay is drawn as its source draws it",)
_NOTES_ZH = ("- ：该来源没有当年数字；湾区范围依各来源",)


def _read(value: float) -> str:
    """A figure as it is read: whole numbers and thousands have no decimals."""
    if pd.isna(value):
        return "-"
    return f"{value:,.0f}" if abs(value) >= 1000 or value == round(value) else f"{value:,.1f}"


def _in_myriads(table: Table) -> Table:
    """The table in Chinese, which counts people and containers by 万 and money by 亿."""
    frame = table.frame.copy()
    size = frame["unit"].map(MYRIADS).fillna(1)
    # a factor leaves traces beyond the twelfth digit, which would make 7.8 million no whole number of 万
    frame[list(NAMES)] = frame[list(NAMES)].mul(size, axis=0).round(6)
    told = in_chinese(
        Table(frame, table.title, formats=table.formats),
        "四大湾区",
        _NOTES_ZH,
        names={**UNITS_ZH, **dict(SHOWN.values())},
    )
    return Table(told.frame.rename(columns={"单元": "单位"}), told.title, told.notes, told.formats)


def _figures(figures: pd.DataFrame) -> pd.DataFrame:
    """A row for each variable, year and source that has at least two bays, or this one where no row of it has it."""
    rows = figures[figures["variable"].isin(SHOWN)]
    wide = rows.pivot_table(
        index=["variable", "unit", "year", "source_id"], columns="bay_area", values="value", aggfunc="first"
    )
    wide = wide.reindex(columns=list(NAMES))
    two, own = wide.notna().sum(axis=1) >= 2, wide[NAMES[0]].notna()
    kinds = pd.Series([key[:2] for key in wide.index], wide.index)  # variable and unit
    alone = own & kinds.isin(kinds[two]) & ~kinds.isin(kinds[two & own])
    wide = wide[two | alone]
    wide = wide.reindex(list(SHOWN), level="variable").reset_index()
    wide["variable"] = [SHOWN[name].en for name in wide["variable"]]
    return wide.rename(columns={"source_id": "source"}).rename_axis(columns=None)
