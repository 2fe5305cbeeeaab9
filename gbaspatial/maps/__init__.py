"""Interactive maps: folium pages in one file that open anywhere and ask the network for nothing.

Examples
--------
>>> import gbaspatial as gba
>>> cities = gba.load_cities(year=2019)
>>> page = gba.maps.atlas(cities, [gba.maps.choropleth("gdp_pc_cny", unit="CNY")], title="GDP per capita, 2019")
>>> page.get_name().startswith("map_")
True
"""

from gbaspatial.errors import door_of
from gbaspatial.maps.archives import tiled
from gbaspatial.maps.atlas import Atlas, atlas
from gbaspatial.maps.choropleth import choropleth, diverging
from gbaspatial.maps.escape import safe_text
from gbaspatial.maps.flows import flows
from gbaspatial.maps.layers import Layer
from gbaspatial.maps.local_outcomes import clusters, hotspots, significance
from gbaspatial.maps.points import points
from gbaspatial.maps.two_variables import bivariate
from gbaspatial.maps.weights_graph import links

__all__ = [
    "Atlas",
    "Layer",
    "atlas",
    "bivariate",
    "choropleth",
    "clusters",
    "diverging",
    "flows",
    "hotspots",
    "links",
    "points",
    "safe_text",
    "significance",
    "tiled",
]

_CALLED = {  # by other software, or in the field
    "map": "atlas(units, layers)",
    "hot_spots": "hotspots",
}
__getattr__, __dir__ = door_of(__name__, __all__, _CALLED)
