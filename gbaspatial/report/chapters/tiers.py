"""Chapter: lag and error models of the gap between the tiers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from gbaspatial import autocorrelation, models, tables
from gbaspatial.report.bay import Bay
from gbaspatial.report.section import Section, large_sample
from gbaspatial.results import Table, p_text

FORMULA = "log(gdp_pc_cny) ~ C(tier)"


def chapter(bay: Bay) -> Section:
    """GDP per capita by tier: least squares, lag, error; several W; who gives to whom."""
    cities, w = bay.cities, bay.main_weights
    fits = {
        "OLS": models.ols(FORMULA, cities),
        "Lag": models.lag(FORMULA, cities, w),
        "Error": models.error(FORMULA, cities, w),
    }
    residual = autocorrelation.moran(fits["OLS"], w)
    boot = fits["Lag"].bootstrap(rng=bay.seed)
    impacts = fits["Lag"].impacts(rng=bay.seed)
    curve = models.over_weights(FORMULA, cities, bay.weights)
    return Section(
        key="tiers",
        title="What separates the tiers",
        title_zh="层级差距的空间模型",
        text=_text(bay),
        findings=(_gap(fits["OLS"], bay.year), _spill(fits["Lag"], boot, residual, curve)),
        tables={
            "models_tiers": large_sample(tables.compare(fits, below="p_value")),
            "diagnostics_tiers": fits["OLS"].diagnostics(w).tables()[0],
            "bootstrap_tiers": boot.tables()[0],
            "impacts_tiers": impacts.tables()[0],
            "over_weights_tiers": curve.tables()[0],
            "rho_by_year": _by_year(bay),
        },
        figures={"over_weights_tiers": curve.plot().figure, "impacts_tiers": impacts.plot().figure},
    )


def _text(bay: Bay) -> tuple[str, ...]:
    return (
        f"The logarithm of GDP per capita in {bay.year} is explained by the tier of the city (tier 1 is the "
        "reference), by least squares and with a spatial lag of the outcome or of the error.",
        "An interval of an impact without a finite end says that the data cannot exclude a rho of one.",
        "With eleven cities standard errors from large-sample theory are fiction: the bootstrap table beside "
        "them simulates the fitted model and is what should be read.",
    )


def _gap(fit: Any, year: int) -> str:
    gaps = {tier: 1 - float(np.exp(fit.params[f"C(tier)[T.{tier}]"])) for tier in (2, 3)}
    p = {tier: p_text(fit.pvalues[f"C(tier)[T.{tier}]"]) for tier in (2, 3)}
    return (
        f"By least squares GDP per capita of a tier-2 city was {gaps[2]:.0%} below that of a tier-1 city "
        f"in {year} (p = {p[2]}), of a tier-3 city {gaps[3]:.0%} (p = {p[3]})."
    )


def _spill(lag: Any, boot: Any, residual: Any, curve: Any) -> str:
    row, rho = boot.to_frame().loc["rho"], curve.to_frame()["rho"]
    return (
        f"Given the tiers, the residuals of least squares have a Moran's I of {residual.statistic:.3f} (p = "
        f"{p_text(residual.p_value)}), and the lag model a rho of {lag.rho:.2f} (bootstrap p = "
        f"{p_text(row['p_value'])}, "
        f"95 % interval {row['lower']:.2f} to {row['upper']:.2f}). It hangs on W: over the {len(rho)} weights compared "
        f"rho runs from {rho.min():.2f} ({rho.idxmin()}) to {rho.max():.2f} ({rho.idxmax()})."
    )


def _by_year(bay: Bay) -> Table:
    """Tier gaps and rho of the lag model in every year, with the exact test of the residuals."""
    rows = {}
    for year, frame in bay.panel.groupby(level="year"):
        cities, w = frame.droplevel("year"), bay.weights_by_year[int(year)]
        fit, ols = models.lag(FORMULA, cities, w), models.ols(FORMULA, cities)
        rows[year] = {
            "tier 2": fit.params["C(tier)[T.2]"],
            "tier 3": fit.params["C(tier)[T.3]"],
            "rho": fit.rho,
            "residual Moran's I": autocorrelation.moran(ols, w).statistic,
            "p_value": autocorrelation.moran(ols, w).p_value,
        }
    frame = pd.DataFrame.from_dict(rows, orient="index").rename_axis("year")
    return Table(frame, "Lag model by year, and Moran's I of the least-squares residuals")
