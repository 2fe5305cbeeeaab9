"""Chapter: the knowledge production function of the nine mainland cities."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from gbaspatial import data, figures, models, tables
from gbaspatial.report.bay import Bay
from gbaspatial.report.chinese import in_chinese, map_in_chinese, rows_in_chinese
from gbaspatial.report.languages import Words
from gbaspatial.report.plain import rows_for_readers
from gbaspatial.report.section import Section
from gbaspatial.report.verdicts import better, spatial_of, without_one
from gbaspatial.results import p_text

if TYPE_CHECKING:
    from gbaspatial.models import Fit

FORMULA = "log(patents_granted) ~ log(employment)"


def chapter(bay: Bay) -> Section:
    """Patents by employment: least squares, lag, error, Durbin, with impacts."""
    nine = bay.mainland
    w = bay.main_weights.subset(nine.index)
    fits = {
        "OLS": models.ols(FORMULA, nine),
        "Lag": models.lag(FORMULA, nine, w),
        "Error": models.error(FORMULA, nine, w),
        "Durbin": models.lag(FORMULA, nine, w, durbin=True),
    }
    impacts = fits["Durbin"].impacts(rng=bay.seed)
    tiers = impacts.by_group(nine["tier"])
    compared = tables.compare(fits, below="p_value")
    tables_ = {
        "models_patents": compared.tables()[0],
        "diagnostics_patents": fits["OLS"].diagnostics(w).tables()[0],
        "impacts_patents": impacts.tables()[0],
        "impacts_patents_by_tier": tiers.tables()[0],
    }
    label = data.variables().loc["patents_per_10k"]
    drawn = Words(f"{label['label']}, {bay.year}", f"{label['label_zh']}，{bay.year} 年")
    finding = _spillover(fits, bay.year).then(better(fits)).then(without_one(fits["Lag"], bay.zh))
    return Section(
        key="innovation",
        title=Words("What makes patents, and whether they spill over", "专利从何而来，是否外溢：知识生产"),
        text=(
            Words(
                "A knowledge production function: the logarithm of patents granted by the logarithm of "
                "employment, for the nine cities whose patents are counted alike. W is that of all eleven "
                "cities, cut to the nine and standardized anew.",
                "知识生产函数：专利授权量的对数对就业的对数，限于专利口径一致的九市。W 取十一市的 W 中九市部分并重新标准化。",
            ),
        ),
        findings=(finding, _giving(tiers.tables()[0].frame)),
        tables=tables_,
        tables_zh={name: in_chinese(table, _TITLES_ZH[name], names=bay.names_zh) for name, table in tables_.items()},
        numbers={"models_patents": compared.to_frame()},
        figures={
            "patents_per_10k": figures.map_of(bay.cities, "patents_per_10k", label=drawn.en, names="both"),
            "impacts_patents": figures.forest(
                rows_for_readers(impacts.to_frame()), label="Impacts on the logarithm of patents"
            ),
        },
        figures_zh={
            "patents_per_10k": map_in_chinese(
                figures.map_of(bay.cities, "patents_per_10k", label=drawn.zh, names="zh")
            ),
            "impacts_patents": figures.forest(
                rows_in_chinese(impacts.to_frame()), label="就业对 log(专利) 的影响", language="zh"
            ),
        },
        captions={
            "patents_per_10k": Words(f"Map: {drawn.en}.", f"地图：{drawn.zh}。"),
            "impacts_patents": Words(
                "Impacts of employment on patents in the Durbin model, with 95 % intervals.",
                "空间杜宾模型中就业对专利的影响，附 95% 区间。",
            ),
        },
    )


_TITLES_ZH = {
    "models_patents": "专利模型比较",
    "diagnostics_patents": "设定检验：log(专利) ~ log(就业)",
    "impacts_patents": "空间杜宾模型的影响：log(专利) ~ log(就业)",
    "impacts_patents_by_tier": "各层级在 log(就业) 上的给出与得到",
}


def _spillover(fits: dict[str, Fit], year: int) -> Words:
    rho, elasticity = spatial_of(fits["Lag"]), fits["OLS"].params["log(employment)"]
    p = p_text(fits["OLS"].pvalues["log(employment)"])
    spills = "has the sign of rho" if rho.significant else "is not established"
    spills_zh = "与 rho 同号" if rho.significant else "未能确立"
    return Words(
        f"Across the nine mainland cities one per cent more employment goes with {elasticity:.2f} per cent more "
        f"patents granted in {year} (least squares, p = {p}). A spillover between neighbors {spills}: rho of the lag "
        f"model is {rho}.",
        f"{year} 年内地九市就业每多 1%，专利授权多 {elasticity:.2f}%（最小二乘，p = {p}）。邻居间的溢出{spills_zh}："
        f"空间滞后模型的 rho 为 {rho.zh}。",
    )


def _giving(groups: pd.DataFrame) -> Words:
    first = groups.loc[1]
    given = first["p_gives_more"] < 0.05
    verdict = "gives significantly more than it receives" if given else "is not shown to give more"
    verdict_zh = "给出显著多于得到" if given else "未显示给出多于得到"
    net, low, high = (f"{first[name]:.2f}" for name in ("net", "net_lower", "net_upper"))
    return Words(
        f"Tier by tier, in the Durbin model tier 1 {verdict} (net impact of employment on patents "
        f"{net}, 95 % interval {low} to {high}).",
        f"分层级看，空间杜宾模型中第一层级{verdict_zh}（就业对专利的净影响 {net}，95% 区间 {low} 至 {high}）。",
    )
