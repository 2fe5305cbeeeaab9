"""Chapter: the eleven cities in the year of the report."""

from __future__ import annotations

import pandas as pd

from gbaspatial import figures
from gbaspatial.report.bay import Bay
from gbaspatial.report.section import Section
from gbaspatial.results import Table


def chapter(bay: Bay) -> Section:
    """Who the cities are, and how much of the bay each tier holds."""
    cities = bay.cities
    people, gdp = cities["population"], cities["gdp_cny"]
    richest, poorest = cities["gdp_pc_cny"].idxmax(), cities["gdp_pc_cny"].idxmin()
    ratio = cities["gdp_pc_cny"].max() / cities["gdp_pc_cny"].min()
    first = cities["tier"] == 1
    finding = (
        f"In {bay.year} the bay had {people.sum() / 1e6:.1f} million people and a GDP of "
        f"{gdp.sum() / 1e12:.2f} trillion yuan; the three cities of tier 1 held "
        f"{people[first].sum() / people.sum():.0%} of the people and {gdp[first].sum() / gdp.sum():.0%} "
        f"of the GDP. GDP per capita in {richest} was {ratio:.1f} times that of {poorest}."
    )
    text = (
        "Money of Hong Kong and Macao is converted to yuan at the average exchange rate of the year "
        "(Macao at the legal peg of 1.03 patacas per Hong Kong dollar). Patents are those of China's "
        "patent office, counted for the nine mainland cities; what Hong Kong and Macao file at their own "
        "offices is not comparable and is left out.",
    )
    return Section(
        key="cities",
        title=f"Eleven cities, {bay.year}",
        title_zh="十一座城市",
        text=text,
        findings=(finding,),
        tables={"cities": _cities(bay)},
        figures={
            "gdp_pc": figures.map_of(cities, "gdp_pc_cny", label=f"GDP per capita, yuan, {bay.year}", names="both")
        },
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
