"""Chapter: how unequal the cities are, within and between tiers, over the years."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from gbaspatial import disparity
from gbaspatial.figures.canvas import axes_of
from gbaspatial.report.bay import Bay
from gbaspatial.report.section import Section
from gbaspatial.results import Table

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def chapter(bay: Bay) -> Section:
    """Theil's index of GDP per head by year, split by tier, and the tiers of the year."""
    by_year = inequality_by_year(bay.panel)
    now, first = by_year.loc[bay.year], by_year.iloc[0]
    finding = (
        f"Inequality of GDP per head between the eleven cities (Theil's T) went from {first['theil']:.3f} "
        f"in {by_year.index[0]} to {now['theil']:.3f} in {bay.year}; {now['between share']:.0%} of it "
        f"lies between the tiers, against {first['between share']:.0%} then."
    )
    tiers = disparity.mean_by_group(bay.cities["gdp_pc_cny"], bay.cities["tier"])
    text = (
        "Theil's T compares each city's share of the GDP with its share of the people. It splits without "
        "rest into what lies between the means of the tiers and what lies within them.",
    )
    return Section(
        key="disparity",
        title="Disparities between and within the tiers",
        title_zh="层级差距",
        text=text,
        findings=(finding,),
        tables={
            "theil_by_year": Table(by_year, "Inequality of GDP per head, eleven cities"),
            "tiers": Table(tiers, f"GDP per capita by tier, {bay.year}, yuan"),
        },
        figures={"theil": _lines(by_year)},
    )


def inequality_by_year(panel: pd.DataFrame) -> pd.DataFrame:
    """Theil's T and its parts, and the Gini coefficient, of GDP per head in each year of `panel`."""
    rows = {}
    for year, frame in panel.groupby(level="year"):
        cities = frame.droplevel("year")
        result = disparity.theil(cities["gdp_cny"], cities["population"], groups=cities["tier"])
        rows[year] = {
            "theil": result.total,
            "between": result.between,
            "within": result.within,
            "between share": result.between_share,
            "gini": disparity.gini(cities["gdp_cny"], cities["population"]),
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("year")


def _lines(by_year: pd.DataFrame) -> Axes:
    axes = axes_of(None, (7, 3.4))
    years = by_year.index.to_numpy()
    axes.stackplot(
        years,
        by_year["between"],
        by_year["within"],
        labels=["between tiers", "within tiers"],
        colors=["#0b5d7a", "#9cc3cf"],
    )
    axes.set(ylabel="Theil's T", xlim=(years.min(), years.max()), ylim=(0, None))
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, loc="upper right")
    return axes
