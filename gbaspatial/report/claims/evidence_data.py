"""What the tests of claims share: tables, panels and fits, each made once."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import pandas as pd

from gbaspatial import data, development, models, weights
from gbaspatial.errors import CaveatWarning, IslandWarning

if TYPE_CHECKING:
    import geopandas as gpd

    from gbaspatial.development import GrowthResult
    from gbaspatial.models import PanelFit
    from gbaspatial.weights import Weights

T = TypeVar("T")
YEAR = 2023
PREFECTURE_YEARS = range(2010, 2024)
ACCOUNTED = range(2006, 2017)  # after the break of employment in Dongguan, to the last published investment
PATENTS = "log(patents_granted) ~ log(income) + log(population) + log(loans) + log(industry)"


def short_name(name: str) -> str:
    """A Chinese name without the rank of the place.

    Examples
    --------
    >>> short_name("广州市"), short_name("香港特别行政区")
    ('广州', '香港')
    """
    return name.removesuffix("特别行政区").removesuffix("市")


def quietly(load: Callable[..., T], *args: object, **options: object) -> T:
    """What `load` gives; the caveats of the data stand beside the ledger."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CaveatWarning)
        warnings.simplefilter("ignore", IslandWarning)
        return load(*args, **options)


@dataclass(frozen=True)
class Evidence:
    """The shipped data as the claims need them; `seed` is that of every draw."""

    seed: int = 1

    @cached_property
    def cities(self) -> gpd.GeoDataFrame:
        """Eleven cities of the last year."""
        return quietly(data.load_cities, year=YEAR)

    def zh(self, city: str) -> str:
        """The Chinese name of a city, as it stands in a sentence."""
        return short_name(str(self.cities.loc[city, "name_zh"]))

    @cached_property
    def mainland(self) -> pd.Index:
        """The nine mainland cities."""
        return self.cities.index[self.cities["side"] == "mainland"]

    @cached_property
    def panel(self) -> pd.DataFrame:
        """The usual variables by city and year."""
        return quietly(data.load_panel, years=range(2000, YEAR + 1))

    @cached_property
    def bays(self) -> pd.DataFrame:
        """Figures of the four bay areas, each with source and year."""
        return quietly(data.load_bay_areas)

    @cached_property
    def w(self) -> Weights:
        """Borders and open bridges of the cities, row-standardized."""
        return weights.contiguity(self.cities, links=YEAR).row_standardized()

    def nine(self, variables: list[str], years: range) -> pd.DataFrame:
        """Rows of the nine mainland cities in the years in which all of them have all variables."""
        rows = quietly(data.load_panel, variables=variables, years=years, cities=self.mainland).dropna()
        whole = rows.groupby(level="year").size() == len(self.mainland)
        return rows[rows.index.get_level_values("year").isin(whole.index[whole])]

    @cached_property
    def accounts(self) -> GrowthResult:
        """Growth accounting of the nine cities."""
        capital = quietly(data.load_capital_panel, cities=self.mainland)
        stock = development.perpetual_inventory(
            capital["fixed_asset_investment_cny"], deflator=capital["investment_price_index"], depreciation=0.096
        )
        variables = ["gdp_cny", "gdp_growth_index", "employment"]
        rows = quietly(data.load_panel, variables=variables, years=ACCOUNTED, cities=self.mainland)
        later = rows.index.get_level_values("year") > ACCOUNTED[0]
        growth = (rows["gdp_growth_index"] / 100).where(later, 1.0).groupby(level="city").cumprod()
        real = growth * rows["gdp_cny"].groupby(level="city").transform("first")
        return development.growth_accounting(real, stock, rows["employment"], share=0.5)

    @cached_property
    def touching(self) -> Weights:
        """Borders of all prefectures of China: parts of it are W of parts of China."""
        return quietly(weights.contiguity, quietly(data.load_prefectures, area="china"), islands="keep")

    @cached_property
    def prefectures(self) -> tuple[pd.DataFrame, Weights]:
        """The prefectures with all of `PATENTS` in all years and a neighbor among them, and their W."""
        table = quietly(data.load_prefecture_panel, years=PREFECTURE_YEARS)
        table = table.assign(
            income=table["gdp_cny"] / table["population"],
            loans=table["loans_cny"] / table["gdp_cny"],
            industry=table["secondary_value_added_cny"] / table["gdp_cny"],
        ).rename(columns={"province_zh": "province"})
        used = ["patents_granted", "income", "population", "loans", "industry"]
        known = (table[used] > 0).all(axis=1).groupby(level="city").all()
        kept = known.index[known]
        while True:
            w = quietly(self.touching.subset, kept)
            linked = np.asarray(w.sparse.sum(axis=1)).ravel() > 0
            if linked.all():
                return table[table.index.get_level_values("city").isin(kept)], w.row_standardized()
            kept = w.ids[linked]

    @cached_property
    def durbin(self) -> PanelFit:
        """The Durbin panel of patents among prefectures, effects of units and years."""
        rows, w = self.prefectures
        return models.panel_durbin(PATENTS, rows, w, effects="twoway")

    @cached_property
    def durbin_by_province(self) -> PanelFit:
        """The same with effects of units and of each province in each year: shocks that a province shares are out."""
        rows, w = self.prefectures
        return models.panel_durbin(PATENTS, rows, w, effects="unit + province:year")

    def bay_figure(self, variable: str, bay: str, year: int | None = None) -> tuple[float, int]:
        """A figure of a bay area and its year: that of `year`, or the latest."""
        rows = self.bays[(self.bays["variable"] == variable) & (self.bays["bay_area"] == bay)]
        row = rows[rows["year"] == year].iloc[0] if year is not None else rows.sort_values("year").iloc[-1]
        return float(row["value"]), int(row["year"])
