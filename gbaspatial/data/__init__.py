"""Data: what is shipped (boundaries, statistics, sources, caveats) and a user's own files."""

from gbaspatial.data.capital import load_capital_panel
from gbaspatial.data.catalog import catalog, sources
from gbaspatial.data.caveats import caveats, check_caveats
from gbaspatial.data.headers import long
from gbaspatial.data.joining import join
from gbaspatial.data.load import (
    ATTRIBUTION,
    load_cities,
    load_context,
    load_districts,
    load_panel,
    load_points,
    load_prefectures,
)
from gbaspatial.data.located import points_from
from gbaspatial.data.panels import read_panel
from gbaspatial.data.prefectures import (
    load_prefecture_panel,
    prefecture_suspects,
    prefecture_variables,
)
from gbaspatial.data.read import read_units
from gbaspatial.data.schema import city_table, variables
from gbaspatial.data.shipped_tables import (
    load_bay_areas,
    load_exchange_rates,
    load_firms_universities,
    load_industry_structure,
    load_invention_grants,
    load_links,
    load_rail_minutes,
    load_second_values,
    load_travel_times,
    load_values,
)
from gbaspatial.data.volumes import load_gdp
from gbaspatial.errors import door_of

__all__ = [
    "ATTRIBUTION",
    "catalog",
    "caveats",
    "check_caveats",
    "city_table",
    "join",
    "load_bay_areas",
    "load_capital_panel",
    "load_cities",
    "load_context",
    "load_districts",
    "load_exchange_rates",
    "load_firms_universities",
    "load_gdp",
    "load_industry_structure",
    "load_invention_grants",
    "load_links",
    "load_panel",
    "load_points",
    "load_prefecture_panel",
    "load_prefectures",
    "load_rail_minutes",
    "load_second_values",
    "load_travel_times",
    "load_values",
    "long",
    "points_from",
    "prefecture_suspects",
    "prefecture_variables",
    "read_panel",
    "read_units",
    "sources",
    "variables",
]

__getattr__, __dir__ = door_of(__name__, __all__)
