"""Chapter: lag and error models of the gap between the tiers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gbaspatial import autocorrelation, figures, inference, models, tables
from gbaspatial.report.bay import Bay
from gbaspatial.report.chinese import CELLS, in_chinese, rows_in_chinese
from gbaspatial.report.languages import Words
from gbaspatial.report.plain import rows_for_readers
from gbaspatial.report.section import Section
from gbaspatial.report.verdicts import WEAK, agreement, better, choice, spatial_of, without_one
from gbaspatial.results import Table, p_text
from gbaspatial.sizes import LEVEL

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from gbaspatial.autocorrelation.moran import MoranResult
    from gbaspatial.models import Fit
    from gbaspatial.models.selection import SpecificationCurve

FORMULA = "log(gdp_pc_cny) ~ C(tier)"
OUTCOMES = {"logs": FORMULA, "levels": "gdp_pc_cny ~ C(tier)"}


def chapter(bay: Bay) -> Section:
    """GDP per capita by tier: least squares, lag, error; several W, logs and levels; who gives to whom."""
    cities, w = bay.cities, bay.main_weights
    curve = models.over_weights(OUTCOMES, cities, bay.weights, models=("lag", "error"), rng=bay.seed)
    lag, error = (curve.fits["logs", bay.main_name, model] for model in ("lag", "error"))
    fits = {"OLS": models.ols(FORMULA, cities), "Lag": lag, "Error": error}
    impacts = lag.impacts(rng=bay.seed)
    compared = tables.compare(fits, below="p_value")
    tables_ = {
        "models_tiers": compared.tables()[0],
        "diagnostics_tiers": fits["OLS"].diagnostics(w).tables()[0],
        "impacts_tiers": impacts.tables()[0],
        "over_weights_tiers": curve.tables()[0],
        "rho_by_year": _by_year(bay),
    }
    return Section(
        key="tiers",
        title=Words("What separates the tiers", "什么区分各层级：空间模型"),
        text=_text(bay),
        findings=(
            _gap(fits["OLS"], bay.year),
            _parameters(lag, error).then(agreement(lag, fits["OLS"], w)),
            better(fits).then(without_one(lag, bay.zh)),
            _choice(curve, bay),
            _weights(curve),
        ),
        tables=tables_,
        tables_zh={
            name: in_chinese(table, _TITLES_ZH[name], _notes_zh(table) if name == "rho_by_year" else None)
            for name, table in tables_.items()
        },
        numbers={"models_tiers": compared.to_frame()},
        figures={
            "over_weights_tiers": curve.plot(),
            "impacts_tiers": figures.forest(
                rows_for_readers(impacts.to_frame()), label="Impacts on the logarithm of GDP per head"
            ),
        },
        figures_zh={
            "over_weights_tiers": _curve_zh(curve),
            "impacts_tiers": figures.forest(
                rows_in_chinese(impacts.to_frame()), label="层级对 log(人均 GDP) 的影响", language="zh"
            ),
        },
        captions={
            "over_weights_tiers": Words(
                "rho or lambda of every specification, with its 95 % interval.", "各设定的 rho 或 lambda，附 95% 区间。"
            ),
            "impacts_tiers": Words(
                "Impacts of the tier on GDP per capita in the lag model, with 95 % intervals.",
                "空间滞后模型中层级对人均 GDP 的影响，附 95% 区间。",
            ),
        },
        brief=(_established(lag, curve, bay),),
        advice=(_advice(lag, bay),),
        unknown=(_who_is_near(curve),),
    )


def _curve_zh(curve: SpecificationCurve) -> Axes:
    rows = rows_in_chinese(curve.drawn_part())
    return figures.forest(rows.set_axis([" · ".join(key) for key in rows.index]), label="rho 或 lambda", language="zh")


_TITLES_ZH = {
    "models_tiers": "模型比较",
    "diagnostics_tiers": "设定检验：log(人均 GDP) ~ 层级",
    "impacts_tiers": "空间滞后模型的影响：log(人均 GDP) ~ 层级",
    "over_weights_tiers": "设定曲线",
    "rho_by_year": "逐年的空间滞后模型与最小二乘残差的莫兰指数",
}


def _notes_zh(table: Table) -> tuple[str, ...]:
    return (
        "p 值：最小二乘残差的莫兰指数，误差正态时精确，仅就一年。",
        f"校正 p 值：对 {len(table.frame)} 个年份用 Holm 法（残差不能在各年取相同次序）。",
    )


def _text(bay: Bay) -> tuple[Words, ...]:
    return (
        Words(
            f"The logarithm of GDP per capita in {bay.year} is explained by the tier of the city (tier 1 is the "
            "reference), by least squares and with a spatial lag of the outcome or of the error; the specification "
            "curve asks the same of levels and under other weights.",
            f"以城市层级（第一层级为基准）解释 {bay.year} 年人均 GDP 的对数，用最小二乘，以及带因变量或误差空间滞后的模型；"
            "设定曲线对水平值和其他权重提出同样的问题。",
        ),
        Words(
            "With eleven cities normal theory is fiction. All p-values and intervals of a model are those of one "
            "inference made for few units, which the notes of the tables name; standard errors from large-sample "
            "theory are not shown. Under border friction the rows of W do not sum to one, so that its rho does not "
            "compare with the others. An interval of an impact without a finite end says that the data cannot exclude "
            "a rho of one.",
            "只有十一个城市，正态大样本理论不成立。模型的所有 p 值与区间都来自同一种为少数单元设计的推断，见表注；不列大样本"
            "标准误。有边界摩擦时 W 的行和不为一，其 rho 不可与其他比较。影响的区间没有有限端点，表示数据不能排除 rho 等于 1。",
        ),
    )


def _gap(fit: Fit, year: int) -> Words:
    gaps = {tier: 1 - float(np.exp(fit.params[f"C(tier)[T.{tier}]"])) for tier in (2, 3)}
    p = {tier: p_text(fit.pvalues[f"C(tier)[T.{tier}]"]) for tier in (2, 3)}
    way = {tier: ("below", "低") if gap >= 0 else ("above", "高") for tier, gap in gaps.items()}
    return Words(
        f"By least squares GDP per capita of a tier-2 city was {abs(gaps[2]):.0%} {way[2][0]} that of a tier-1 city "
        f"in {year} (p = {p[2]}), of a tier-3 city {abs(gaps[3]):.0%} {way[3][0]} it (p = {p[3]}).",
        f"按最小二乘，{year} 年第二层级城市的人均 GDP 比第一层级{way[2][1]} {abs(gaps[2]):.0%}（p = {p[2]}），"
        f"第三层级{way[3][1]} {abs(gaps[3]):.0%}（p = {p[3]}）。",
    )


def _parameters(lag: Fit, error: Fit) -> Words:
    rho, lambda_ = spatial_of(lag), spatial_of(error)
    return Words(
        f"Given the tiers, rho of the lag model is {rho} and lambda of the error model {lambda_}.",
        f"给定层级，空间滞后模型的 rho 为 {rho.zh}，空间误差模型的 lambda 为 {lambda_.zh}。",
    )


def _established(lag: Fit, curve: SpecificationCurve, bay: Bay) -> Words:
    """For page one: whether neighbors move together whichever W is taken and whichever city is left out."""
    rho, p = spatial_of(lag), curve.frame.loc["logs"].xs("lag", level="model")["p_value"]
    values = lag.influence().estimates["rho"].dropna()
    low, city = float(values.min()), str(values.idxmin())
    seen, count = int((p < LEVEL).sum()), len(p)
    settled = rho.significant and seen == count and low >= WEAK
    said = (
        Words("Given the tiers, neighbors resemble each other more than chance", "给定层级，相邻城市的相似超出偶然")
        if settled
        else Words("Whether one city carries its neighbors along is not settled", "一座城市能否带动邻市，尚无定论")
    )
    main, main_zh = bay.main_name, CELLS.get(bay.main_name, bay.main_name)
    return Words(
        f"{said.en} in {bay.year}: given the tiers, rho of the lag model is {rho} with {main}, where 0 is no link between "
        f"neighbors; it is significant under {seen} of {count} definitions of neighbors, and {low:.2f} without {city}.",
        f"{bay.year} 年，{said.zh}：给定层级，以{main_zh}界定邻市时空间滞后模型的 rho 为 {rho.zh}，0 表示邻市之间没有联系；"
        f"{count} 种邻市界定中有 {seen} 种显著，剔除{bay.zh(city)}后为 {low:.2f}。",
    )


def _advice(lag: Fit, bay: Bay) -> Words:
    rho = spatial_of(lag)
    values = lag.influence().estimates["rho"].dropna()
    city = str(values.idxmin())
    if rho.significant and rho.estimate > 0 and values.min() >= WEAK:
        return Words(
            f"Plan for neighbors together: their likeness stands whichever city is left out (rho at least "
            f"{values.min():.2f}, without {city}).",
            f"宜将相邻城市一并规划：无论剔除哪个城市，相邻城市的相似都成立（rho 至少 {values.min():.2f}，剔除{bay.zh(city)}时）。",
        )
    return Words(
        f"Do not count on spillover alone to lift the outer cities: rho, {rho.estimate:.2f} with all of them, is "
        f"{values.min():.2f} without {city}.",
        f"不宜只靠溢出带动外围城市：rho 以全部城市计为 {rho.estimate:.2f}，剔除{bay.zh(city)}后为 {values.min():.2f}。",
    )


def _choice(curve: SpecificationCurve, bay: Bay) -> Words:
    names = {
        Words("rho of the lag model", "空间滞后模型的 rho "): "lag",
        Words("lambda of the error model", "空间误差模型的 lambda "): "error",
    }
    return choice(
        {
            what: (curve.fits["logs", bay.main_name, model], curve.fits["levels", bay.main_name, model])
            for what, model in names.items()
        }
    )


def _weights(curve: SpecificationCurve) -> Words:
    frame = curve.frame.loc["logs"]
    lags = frame.xs("lag", level="model")
    rho = lags["rho"]
    found = [str(name) for name, p in lags["p_value"].items() if p < 0.05]
    (w, model), probability = frame["probability"].idxmax(), frame["probability"].max()
    low, high = str(rho.idxmin()), str(rho.idxmax())
    even = 1 / len(frame)
    return Words(
        f"The answer hangs on W: over the {len(rho)} weights compared rho of the lag model in logarithms runs from "
        f"{rho.min():.2f} ({low}) to {rho.max():.2f} ({high}). It is significant at 5 % under "
        f"{', '.join(found) or 'none of them'}. Of the {len(frame)} specifications, equally likely before, the data favor "
        f"the {model} model under {w}, with a posterior probability of {probability:.2f} where {even:.2f} says nothing.",
        f"结果取决于 W：在所比较的 {len(rho)} 种权重下，对数空间滞后模型的 rho 由 {rho.min():.2f}（{CELLS.get(low, low)}）到 "
        f"{rho.max():.2f}（{CELLS.get(high, high)}）；在 5% 水平显著的："
        f"{'、'.join(CELLS.get(name, name) for name in found) or '无'}。{len(frame)} 个先验等可能的设定中，数据偏向"
        f"{CELLS.get(str(w), str(w))}下的{CELLS.get(str(model), str(model))}模型，后验概率 {probability:.2f}（{even:.2f} 表示毫无信息）。",
    )


def _who_is_near(curve: SpecificationCurve) -> Words:
    """For page one: how far rho moves with the definition of neighbors."""
    rho = curve.frame.loc["logs"].xs("lag", level="model")["rho"]
    low, high = str(rho.idxmin()), str(rho.idxmax())
    return Words(
        f"Who counts as a neighbor: rho runs from {rho.min():.2f} ({low}) to {rho.max():.2f} ({high}) over {len(rho)} "
        "definitions, and no data here say which is right.",
        f"谁算邻市：在 {len(rho)} 种界定下 rho 由 {rho.min():.2f}（{CELLS.get(low, low)}）到 {rho.max():.2f}"
        f"（{CELLS.get(high, high)}），现有数据无从判断哪一种正确。",
    )


def _by_year(bay: Bay) -> Table:
    """Tier gaps and rho of the lag model in every year, with the exact test of the residuals."""
    rows = {}
    for year, frame in bay.panel.groupby(level="year"):
        cities, w = frame.droplevel("year"), bay.weights_by_year[int(year)]
        fit, ols = models.lag(FORMULA, cities, w), models.ols(FORMULA, cities)
        residual: MoranResult = autocorrelation.moran(ols, w)
        rows[year] = {
            "tier 2": fit.params["C(tier)[T.2]"],
            "tier 3": fit.params["C(tier)[T.3]"],
            "rho": fit.rho,
            "residual Moran's I": residual.statistic,
            "p_value": residual.p_value,
        }
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("year")
    table["p_adjusted"] = inference.adjust(table["p_value"].to_numpy(), "holm")
    notes = (
        "p_value: of Moran's I of the least-squares residuals, exact for normal errors, one year alone.",
        f"p_adjusted: Holm over {len(table)} years (residuals cannot be put in the same orders in all years).",
    )
    return Table(table, "Lag model by year, and Moran's I of the least-squares residuals", notes)
