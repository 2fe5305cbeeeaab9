"""The inputs of the report, loaded and built once: cities, panel and the weights compared."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from gbaspatial import data, weights
from gbaspatial.errors import CaveatWarning, UnknownNameError

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from gbaspatial.report.claims.evidence_data import Evidence
    from gbaspatial.weights import Weights

T = TypeVar("T")
FIRST_YEAR, LAST_YEAR = 2000, 2023
PANEL = ("gdp_cny", "gdp_pc_cny", "population", "patents_per_10k")


@dataclass(frozen=True)
class Bay:
    """The eleven cities in one `year`, their panel, and one seed for every draw."""

    year: int
    seed: int

    def __post_init__(self) -> None:
        if not FIRST_YEAR <= self.year <= LAST_YEAR:
            raise UnknownNameError(
                f"there is no complete cross-section of {self.year}; the years are {FIRST_YEAR} to {LAST_YEAR}."
            )

    @cached_property
    def evidence(self) -> Evidence:
        """What the claims, and the chapters on the same data, share."""
        from gbaspatial.report.claims.evidence_data import Evidence

        return Evidence(self.seed)

    @cached_property
    def cities(self) -> gpd.GeoDataFrame:
        """Eleven cities with the statistics of the year."""
        return _told_on_the_page(data.load_cities, year=self.year)

    @cached_property
    def names_zh(self) -> dict[str, str]:
        """The Chinese names by label, as they stand in sentences and tables."""
        from gbaspatial.report.claims.evidence_data import short_name

        return {str(label): short_name(str(name)) for label, name in self.cities["name_zh"].items()}

    def zh(self, city: str) -> str:
        """The Chinese name of a city."""
        return self.names_zh.get(str(city), str(city))

    @cached_property
    def mainland(self) -> gpd.GeoDataFrame:
        """The nine mainland cities, for which patents are counted alike."""
        return self.cities[self.cities["side"] == "mainland"]

    @cached_property
    def panel(self) -> pd.DataFrame:
        """What the report follows over the years."""
        return _told_on_the_page(data.load_panel, variables=PANEL, years=range(FIRST_YEAR, LAST_YEAR + 1))

    @cached_property
    def districts(self) -> gpd.GeoDataFrame:
        """Districts with their latest census figures."""
        return data.load_districts()

    @cached_property
    def weights(self) -> dict[str, Weights]:
        """The hypotheses of contact between the cities that the report compares; the first is the main one."""
        queen = weights.contiguity(self.cities)
        built = {
            "borders and bridges": weights.contiguity(self.cities, links=self.year),
            "borders": queen,
            "4 nearest": weights.nearest(self.cities, k=4),
            "inverse distance": weights.inverse_distance(self.cities),
        }
        standardized = {name: w.row_standardized() for name, w in built.items()}
        # the rows of Hong Kong and Macao have links across a border only: row standardization would undo the friction
        friction = queen.with_friction(self.cities["side"], 0.5)
        return {**standardized, "border friction 0.5": friction.spectral()}

    @property
    def main_name(self) -> str:
        """The name of the main weights among those compared."""
        return next(iter(self.weights))

    @property
    def main_weights(self) -> Weights:
        """Borders plus the bridges and tunnels open in the year, row-standardized."""
        return self.weights[self.main_name]

    @cached_property
    def weights_by_year(self) -> dict[int, Weights]:
        """Borders plus the bridges and tunnels open in each year, row-standardized."""
        years = range(FIRST_YEAR, LAST_YEAR + 1)
        return {year: w.row_standardized() for year, w in weights.by_year(self.cities, years=years).items()}


def _told_on_the_page(load: Callable[..., T], **what: object) -> T:
    """What `load` gives; its caveats stand on the page, in a table of their own."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CaveatWarning)
        return load(**what)
