"""Data: what is shipped (boundaries, statistics, sources, caveats) and a user's own files."""

from gbaspatial.data.catalog import catalog as catalog, sources as sources
from gbaspatial.data.caveats import caveats as caveats, check_caveats as check_caveats
from gbaspatial.data.joining import join as join
from gbaspatial.data.load import (
    ATTRIBUTION as ATTRIBUTION,
    load_cities as load_cities,
    load_context as load_context,
    load_districts as load_districts,
    load_panel as load_panel,
    load_points as load_points,
    load_prefectures as load_prefectures,
)
from gbaspatial.data.panels import read_panel as read_panel
from gbaspatial.data.read import read_units as read_units
from gbaspatial.data.schema import city_table as city_table, variables as variables
from gbaspatial.data.tables import (
    load_bay_areas as load_bay_areas,
    load_exchange_rates as load_exchange_rates,
    load_firms_universities as load_firms_universities,
    load_links as load_links,
    load_second_values as load_second_values,
    load_travel_times as load_travel_times,
    load_values as load_values,
)
