"""The chapter on the years of a region of one's own: power first, rho under effects, Moran's I year by year."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gbaspatial import autocorrelation, models
from gbaspatial.alignment import columns_of
from gbaspatial.errors import GbaError, some
from gbaspatial.report.chinese import in_chinese
from gbaspatial.report.languages import Words
from gbaspatial.report.section import Section
from gbaspatial.report.verdicts import spatial_of
from gbaspatial.results import Table, p_text
from gbaspatial.sizes import LEVEL

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from gbaspatial.alignment import Label
    from gbaspatial.autocorrelation.space_time import ByPeriodResult
    from gbaspatial.models import PanelFit
    from gbaspatial.report.region import Region
    from gbaspatial.weights import Weights

_FEWEST_YEARS = 3  # that effects of units and years leave something to explain
_MANY = 300  # units from which orders and samples are fewer: they see far more than needed
_EFFECTS = {"unit": Words("units", "单元"), "twoway": Words("units and years", "单元与年份")}
_OUTSIDE = {
    "unit": Words(
        "With effects of units alone the estimate lies outside its interval, which comes from moving whole histories "
        "between units: what all units share over time moves the estimate. Read the row with effects of years.",
        "只控制单元效应时，估计值落在其区间之外（区间由各单元的整段历史互换而得）：各单元共有的时间变化会移动估计值。请看含年份效应的一行。",
    ),
    "twoway": Words(
        "With effects of units and years the estimate lies outside its interval: with so few units the two follow "
        "different rules. Read the interval.",
        "控制单元与年份效应时，估计值落在其区间之外：单元如此之少，两者依据的规则不同。请看区间。",
    ),
}
"""rho is the maximum of a likelihood, its interval is tested by moving histories: the two can part."""
_CELLS_ZH = {words.en: words.zh for words in _EFFECTS.values()}


def panel_section(region: Region, w: Weights) -> tuple[Section | None, list[Words]]:
    """The chapter, or None, and why it or a part of it was left out."""
    if region.panel is None:
        return None, [Words("No years: no panel was given.", "没有历年一章：未给出面板。")]
    if region.outcome not in region.panel:
        told = Words(
            f"No years: the panel has no column {region.outcome}.", f"没有历年一章：面板没有 {region.outcome} 一列。"
        )
        return None, [told]
    rows, dropped = whole_years(region)
    years = rows.index.unique(1)
    if len(years) < 2:
        told = Words(
            f"No years: all units have {region.outcome} in {'one year' if len(years) else 'no year'} only.",
            f"没有历年一章：所有单元都有 {region.outcome} 的年份只有 {len(years)} 个。",
        )
        return None, [told]
    fits, left = _fits(region, rows, w)
    draws = 999 if len(region.units) >= _MANY else 9_999
    moran = autocorrelation.moran_by(rows["outcome"].rename(region.outcome), w, draws=draws, rng=region.seed)
    tables = {"panel_moran": _moran_table(moran, region)} | ({"panel": _table(fits, region)} if fits else {})
    notes_zh = {
        "panel_moran": ("联合 p 值：按全部年份校正，各年单元次序相同。",),
        "panel": tuple(note.zh for note in _notes(fits, region)),
    }
    titles = {"panel_moran": f"逐年的莫兰指数：{region.outcome}", "panel": f"{region.outcome} 的面板模型"}
    findings = [*_of_fits(fits, region), _by_year(moran, region)]
    return Section(
        key="panel",
        title=Words("Over the years", "历年变化"),
        text=(*_gaps(dropped), _MEANING) if fits else tuple(_gaps(dropped)),
        findings=tuple(findings),
        brief=(findings[-2],) if fits else (),
        tables=tables,
        tables_zh={name: in_chinese(table, titles[name], notes_zh[name], _CELLS_ZH) for name, table in tables.items()},
        figures={"panel_moran": moran.plot()},
        figures_zh={"panel_moran": _line_zh(moran, region)},
        captions={
            "panel_moran": Words(
                f"Moran's I of {region.outcome} by year.", f"{region.outcome} 的莫兰指数，逐年。"
            )
        },
    ), left  # fmt: skip


def whole_years(region: Region) -> tuple[pd.DataFrame, list[Label]]:
    """Outcome and regressors under short names in the years in which every unit has all of them; the other years."""
    assert region.panel is not None
    there = [name for name in region.regressors if name in region.panel]
    columns_of(region.panel, [region.outcome, *there], "panel")
    short = {region.outcome: "outcome", **{name: f"x{place}" for place, name in enumerate(there, 1)}}
    rows = region.panel[list(short)].rename(columns=short).astype(float)
    rows = rows[rows.index.get_level_values(0).isin(region.units.index)].dropna()
    count = rows.groupby(level=1).size()
    whole = count.index[count == len(region.units)]
    dropped = [year for year in sorted(region.panel.index.unique(1)) if year not in whole]
    rows = rows[rows.index.get_level_values(1).isin(whole)].sort_index(level=[1, 0], sort_remaining=False)
    return rows, dropped


def _fits(region: Region, rows: pd.DataFrame, w: Weights) -> tuple[dict[str, PanelFit], list[Words]]:
    """Lag models with effects of units, and of units and years; or the reason that there are none."""
    if rows.index.unique(1).size < _FEWEST_YEARS:
        count = rows.index.unique(1).size
        return {}, [
            Words(f"No panel model: {count} whole years are too few.", f"没有面板模型：完整年份只有 {count} 个。")
        ]
    formula = "outcome ~ " + (" + ".join(name for name in rows if name != "outcome") or "1")
    try:
        return {kind: models.panel_lag(formula, rows, w, effects=kind) for kind in _EFFECTS}, []  # type: ignore[arg-type]
    except GbaError as refused:
        return {}, [Words(f"No panel model: {refused}", f"没有面板模型，原因（英文原文）：{refused}")]


_MEANING = Words(
    "Effects of units take out what does not change, effects of years what all units share; rho is what is left of a "
    "link between neighbors.",
    "单元效应去除不变的因素，年份效应去除共同因素；rho 是余下的邻居联系。",
)


def _gaps(dropped: list[Label]) -> list[Words]:
    if not dropped:
        return []
    return [
        Words(
            f"Left out, for some units have no value there: {some(dropped)}.",
            f"因部分单元缺值而略去的年份：{some(dropped)}。",
        )
    ]


def _of_fits(fits: dict[str, PanelFit], region: Region) -> list[Words]:
    if not fits:
        return []
    both, alone = fits["twoway"], spatial_of(fits["unit"])
    rho = spatial_of(both)
    draws = 199 if len(region.units) >= _MANY else 999
    least = both.detectable_effect(draws=draws, rng=region.seed).positive
    seen = (
        Words(f"from {least:.2f} on", f"{least:.2f} 起") if np.isfinite(least) else Words("at no value", "任何值都不能")
    )
    said = (
        Words("are not shown to move together", "未显示同步变动")
        if not rho.significant
        else Words("move together", "同步变动")
        if rho.estimate > 0
        else Words("move against each other", "反向变动")
    )
    power = Words(
        f"Power first: with {both.n_units} units and {both.n_periods} years, effects of both taken out, a positive rho is "
        f"found four times out of five {seen.en}.",
        f"先看检验功效：{both.n_units} 个单元、{both.n_periods} 年，控制单元与年份效应后，五次中能发现四次的正 rho 为 {seen.zh}。",
    )
    found = Words(
        f"Over {both.n_periods} years neighbors {said.en}: rho of {region.outcome} is {rho} with effects of units and years, "
        f"{alone.estimate:.2f} (p = {p_text(alone.p_value)}) with those of units alone.",
        f"{both.n_periods} 年间邻居{said.zh}：控制单元与年份效应时 {region.outcome} 的 rho 为 {rho.zh}，只控制单元效应时为 "
        f"{alone.estimate:.2f}（p = {p_text(alone.p_value)}）。",
    )
    return [power, found]


def _table(fits: dict[str, PanelFit], region: Region) -> Table:
    rows = {}
    for kind, fit in fits.items():
        rho = spatial_of(fit)
        rows[_EFFECTS[kind].en] = {
            "units": fit.n_units,
            "years": fit.n_periods,
            "rho": rho.estimate,
            "p_rho": rho.p_value,
            "rho_lower": rho.lower,
            "rho_upper": rho.upper,
        }
    frame = pd.DataFrame.from_dict(rows, orient="index").rename_axis("effects")
    formats = dict.fromkeys(("rho", "rho_lower", "rho_upper"), ".2f")
    return Table(frame, f"Panel lag models of {region.outcome}", tuple(n.en for n in _notes(fits, region)), formats)


def _notes(fits: dict[str, PanelFit], region: Region) -> list[Words]:
    """What the intervals are given, and which estimates lie outside of theirs, with the reason."""
    names = ", ".join(name for name in region.regressors if region.panel is not None and name in region.panel)
    given = Words(
        f"95 % intervals; {f'given {names}' if names else 'nothing else given'}.",
        f"95% 区间；{f'给定 {names}' if names else '不含其他变量'}。",
    )
    rhos = {kind: spatial_of(fit) for kind, fit in fits.items()}
    return [given, *(_OUTSIDE[kind] for kind, rho in rhos.items() if not rho.lower <= rho.estimate <= rho.upper)]


def _moran_table(moran: ByPeriodResult, region: Region) -> Table:
    frame = moran.table[["statistic", "p_value", "p_joint"]]
    notes = ("p_joint: adjusted for all years, the units in the same order in each.",)
    return Table(frame, f"Moran's I of {region.outcome} by year", notes)


def _by_year(moran: ByPeriodResult, region: Region) -> Words:
    frame = moran.table
    low, high, years = frame["statistic"].min(), frame["statistic"].max(), len(frame)
    one, joint = (int((frame[name] < LEVEL).sum()) for name in ("p_value", "p_joint"))
    return Words(
        f"Moran's I of {region.outcome} lies between {low:.3f} and {high:.3f} in {years} years; it is significant at 5 % in "
        f"{one or 'none'} of them, adjusted for their number in {joint or 'none'}.",
        f"{years} 年间 {region.outcome} 的莫兰指数在 {low:.3f} 与 {high:.3f} 之间；在 5% 水平显著的有 {one} 年，按年份个数校正后为 {joint} 年。",
    )


def _line_zh(moran: ByPeriodResult, region: Region) -> Axes:
    from gbaspatial.figures.spatial_tests import year_line

    return year_line(moran, words=(f"{region.outcome}：莫兰指数与其 p 值", "莫兰指数", "期望值"))
