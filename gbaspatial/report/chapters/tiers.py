"""Chapter: lag and error models of the gap between the tiers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gbaspatial import autocorrelation, inference, models, tables
from gbaspatial.report.bay import Bay
from gbaspatial.report.section import Section
from gbaspatial.report.verdicts import agreement, better, choice, spatial_of, without_one
from gbaspatial.results import Table, p_text

if TYPE_CHECKING:
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
    return Section(
        key="tiers",
        title="What separates the tiers",
        title_zh="层级差距的空间模型",
        text=_text(bay),
        findings=(
            _gap(fits["OLS"], bay.year),
            f"Given the tiers, rho of the lag model is {spatial_of(lag)} and lambda of the error model "
            f"{spatial_of(error)}. {agreement(lag, fits['OLS'], w)}",
            f"{better(fits)} {without_one(lag)}",
            _choice(curve, bay),
            _weights(curve),
        ),
        tables={
            "models_tiers": compared.tables()[0],
            "diagnostics_tiers": fits["OLS"].diagnostics(w).tables()[0],
            "impacts_tiers": impacts.tables()[0],
            "over_weights_tiers": curve.tables()[0],
            "rho_by_year": _by_year(bay),
        },
        numbers={"models_tiers": compared.to_frame()},
        figures={"over_weights_tiers": curve.plot(), "impacts_tiers": impacts.plot()},
    )


def _text(bay: Bay) -> tuple[str, ...]:
    return (
        f"The logarithm of GDP per capita in {bay.year} is explained by the tier of the city (tier 1 is the "
        "reference), by least squares and with a spatial lag of the outcome or of the error; the specification curve "
        "asks the same of levels and under other weights.",
        "With eleven cities normal theory is fiction. All p-values and intervals of a model are those of one "
        "inference made for few units, which the notes of the tables name; standard errors from large-sample theory "
        "are not shown. Under border friction the rows of W do not sum to one, so that its rho does not compare with "
        "the others. An interval of an impact without a finite end says that the data cannot exclude a rho of one.",
    )


def _gap(fit: Fit, year: int) -> str:
    gaps = {tier: 1 - float(np.exp(fit.params[f"C(tier)[T.{tier}]"])) for tier in (2, 3)}
    p = {tier: p_text(fit.pvalues[f"C(tier)[T.{tier}]"]) for tier in (2, 3)}
    return (
        f"By least squares GDP per capita of a tier-2 city was {gaps[2]:.0%} below that of a tier-1 city "
        f"in {year} (p = {p[2]}), of a tier-3 city {gaps[3]:.0%} (p = {p[3]})."
    )


def _choice(curve: SpecificationCurve, bay: Bay) -> str:
    names = {"rho of the lag model": "lag", "lambda of the error model": "error"}
    return choice(
        {
            what: (curve.fits["logs", bay.main_name, model], curve.fits["levels", bay.main_name, model])
            for what, model in names.items()
        }
    )


def _weights(curve: SpecificationCurve) -> str:
    frame = curve.frame.loc["logs"]
    rho = frame.xs("lag", level="model")["rho"]
    found = [str(name) for name, p in frame.xs("lag", level="model")["p_value"].items() if p < 0.05]
    (w, model), probability = frame["probability"].idxmax(), frame["probability"].max()
    said = f"It is significant at 5 % under {', '.join(found) or 'none of them'}"
    return (
        f"It hangs on W: over the {len(rho)} weights compared rho of the lag model in logarithms runs from "
        f"{rho.min():.2f} ({rho.idxmin()}) to {rho.max():.2f} ({rho.idxmax()}). {said}. Of the {len(frame)} "
        f"specifications, equally likely before, the data favor the {model} model under {w}, with a posterior "
        f"probability of {probability:.2f} where {1 / len(frame):.2f} says nothing."
    )


def _by_year(bay: Bay) -> Table:
    """Tier gaps and rho of the lag model in every year, with the exact test of the residuals."""
    rows = {}
    for year, frame in bay.panel.groupby(level="year"):
        cities, w = frame.droplevel("year"), bay.weights_by_year[int(year)]
        fit, ols = models.lag(FORMULA, cities, w), models.ols(FORMULA, cities)
        residual: Any = autocorrelation.moran(ols, w)
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
