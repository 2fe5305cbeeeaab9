"""Chapter: the knowledge production function of the nine mainland cities."""

from __future__ import annotations

import pandas as pd

from gbaspatial import figures, models, tables
from gbaspatial.report.bay import Bay
from gbaspatial.report.section import Section
from gbaspatial.report.verdicts import better, spatial_of, without_one
from gbaspatial.results import p_text

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
    rho, elasticity = spatial_of(fits["Lag"]), fits["OLS"].params["log(employment)"]
    spills = "has the sign of rho" if rho.significant else "is not established"
    finding = (
        f"Across the nine mainland cities one per cent more employment goes with {elasticity:.2f} per cent more "
        f"patents granted in {bay.year} (least squares, p = {p_text(fits['OLS'].pvalues['log(employment)'])}). A "
        f"spillover between neighbors {spills}: rho of the lag model is {rho}. {better(fits)} "
        f"{without_one(fits['Lag'])}"
    )
    return Section(
        key="innovation",
        title="What makes patents, and whether they spill over",
        title_zh="知识生产与溢出",
        text=(
            "A knowledge production function: the logarithm of patents granted by the logarithm of "
            "employment, for the nine cities whose patents are counted alike. W is that of all eleven "
            "cities, cut to the nine and standardized anew.",
        ),
        findings=(finding, _giving(tiers.tables()[0].frame)),
        tables={
            "models_patents": compared.tables()[0],
            "diagnostics_patents": fits["OLS"].diagnostics(w).tables()[0],
            "impacts_patents": impacts.tables()[0],
            "impacts_patents_by_tier": tiers.tables()[0],
        },
        numbers={"models_patents": compared.to_frame()},
        figures={
            "patents_per_10k": figures.map_of(
                bay.cities, "patents_per_10k", label=f"Patents granted per 10,000 persons, {bay.year}", names="both"
            ),
            "impacts_patents": impacts.plot(),
        },
    )


def _giving(groups: pd.DataFrame) -> str:
    first = groups.loc[1]
    verdict = (
        "gives significantly more than it receives" if first["p_gives_more"] < 0.05 else "is not shown to give more"
    )
    return (
        f"Tier by tier, in the Durbin model tier 1 {verdict} (net impact of employment on patents "
        f"{first['net']:.2f}, 95 % interval {first['net_lower']:.2f} to {first['net_upper']:.2f})."
    )
