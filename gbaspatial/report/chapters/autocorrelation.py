"""Chapter: do neighbors resemble each other? Moran's I by year, exact, and who is in a cluster."""

from __future__ import annotations

from typing import Any

import numpy as np

from gbaspatial import autocorrelation, figures
from gbaspatial.report.bay import Bay
from gbaspatial.report.section import Section
from gbaspatial.results import Table, p_text


def chapter(bay: Bay) -> Section:
    """Moran's I of GDP per capita (eleven cities) and of patents per head (nine) in every year, and the clusters."""
    income = bay.panel["gdp_pc_cny"].rename("GDP per capita")
    wealth = autocorrelation.moran_by(income, bay.weights_by_year, rng=bay.seed)
    logs = np.log(income).rename("logarithm of GDP per capita")
    logarithms = autocorrelation.moran_by(logs, bay.weights_by_year, rng=bay.seed)
    alone = income.rename("GDP per capita, land borders alone")
    fixed = autocorrelation.moran_by(alone, bay.weights["borders"], rng=bay.seed)
    mainland = bay.panel[bay.panel["side"] == "mainland"]["patents_per_10k"].rename("Patents per 10,000 persons")
    nine = {year: w.subset(bay.mainland.index) for year, w in bay.weights_by_year.items()}
    patents = autocorrelation.moran_by(mainland, nine, rng=bay.seed)
    lisa = autocorrelation.local_moran(bay.cities["gdp_pc_cny"], bay.main_weights)
    density = _districts(bay)
    text = (
        "Moran's I is positive where neighbors resemble each other and negative where they differ. With eleven "
        "cities the test compares the observed value with those of all 39,916,800 orders of the cities (362,880 "
        "for nine): the p-values are exact, two-sided, and rest on no approximation.",
        "Bridges enter W in the year they open, so W itself changes: beside it stands the test with land borders "
        "alone in all years. A p-value is for one year. For the number of years it is adjusted twice: by Holm, as if "
        "each year were new, and jointly, the cities in the same order in all years: years that are alike count once.",
        "Levels are led by the richest cities; the same is asked of logarithms.",
        "The districts (population density from the census) show what more units can tell.",
    )
    return Section(
        key="autocorrelation",
        title="Do neighbors resemble each other?",
        title_zh="空间自相关",
        text=text,
        findings=(
            _told("GDP per capita with borders and bridges", wealth, bay.year),
            _told("the logarithm of GDP per capita with borders and bridges", logarithms, bay.year),
            _told("GDP per capita with land borders alone", fixed, bay.year),
            _told("patents per head", patents, bay.year),
            density[0],
        ),
        tables={
            "moran_gdp_pc": _titled(wealth, "Moran's I of GDP per capita by year, borders and bridges"),
            "moran_log_gdp_pc": _titled(
                logarithms, "Moran's I of the logarithm of GDP per capita by year, borders and bridges"
            ),
            "moran_gdp_pc_borders": _titled(fixed, "Moran's I of GDP per capita by year, land borders alone"),
            "moran_patents": _titled(patents, "Moran's I of patents per 10,000 persons by year, nine mainland cities"),
            "local_moran_gdp_pc": _titled(lisa, f"Local Moran's I of GDP per capita, {bay.year}"),
            "moran_density": density[1],
        },
        figures={
            "moran_gdp_pc_by_year": wealth.plot(),
            "moran_gdp_pc_borders_by_year": fixed.plot(),
            "moran_patents_by_year": patents.plot(),
            "lisa_gdp_pc": figures.map_of(
                bay.cities, lisa, label=f"Clusters of GDP per capita, {bay.year}", names="both"
            ),
        },
    )


def _told(what: str, result: Any, year: int) -> str:
    frame = result.table
    now, low, high = frame.loc[year], frame["statistic"].min(), frame["statistic"].max()
    significant, holm, joint = ((frame[name] < 0.05).sum() or "none" for name in ("p_value", "p_adjusted", "p_joint"))
    return (
        f"Moran's I of {what} ({result.n} cities) was {now['statistic']:.3f} in {year} (exact p = "
        f"{p_text(now['p_value'])}), and between {low:.3f} and {high:.3f} since {frame.index[0]}; it is significant "
        f"at 5 % in {significant} of {len(frame)} years, adjusted for their number in {joint} (jointly; by Holm in "
        f"{holm}). The smallest adjusted p-value is {p_text(frame['p_joint'].min())}."
    )


def _districts(bay: Bay) -> tuple[str, Table]:
    from gbaspatial import weights

    districts = bay.districts
    density = (districts["population"] / districts["area_km2"]).rename("density")
    w = weights.contiguity(districts).row_standardized()
    result = autocorrelation.moran(density, w, rng=bay.seed)
    sentence = (
        f"Population density of the {result.n} districts is clustered: Moran's I is {result.statistic:.3f} "
        f"(permutation p = {p_text(result.p_value)})."
        if result.p_value < 0.05
        else f"Population density of the {result.n} districts shows no clustering (I = {result.statistic:.3f})."
    )
    return sentence, _titled(result, "Moran's I of population density, districts")


def _titled(result: Any, title: str) -> Table:
    table = result.tables()[0]
    return Table(table.frame, title, table.notes, table.formats)
