"""Pictures for print: the same maps, diagrams and colors as on screen, drawn by matplotlib.

Every picture takes ``ax=`` and gives back the axes. Without ``ax`` it has a figure of its own that is not pyplot's:
a notebook shows it when it is what a cell gives, `save` writes it, and nothing is left open.

Examples
--------
>>> import gbaspatial as gba
>>> ax = gba.figures.map_of(gba.load_cities(year=2019), "tier", scheme="categorical", label="Tiers")
>>> ax.get_title("left")
'Tiers'
"""

from gbaspatial.errors import door_of
from gbaspatial.figures.contributions import waterfall
from gbaspatial.figures.distances import spillover_decay
from gbaspatial.figures.effects import forest
from gbaspatial.figures.event_times import event_times
from gbaspatial.figures.periods import period_bands, period_line
from gbaspatial.figures.picture_files import save
from gbaspatial.figures.printed_maps import flow_map, map_of, weights_map
from gbaspatial.figures.sensitivity_bars import bounds_by_size
from gbaspatial.figures.spatial_tests import cluster_map, correlogram, power_curve, rose, significance_map
from gbaspatial.figures.transitions import kernel_contours, rank_moves, transition_matrix
from gbaspatial.figures.years import year_line

__all__ = [
    "bounds_by_size",
    "cluster_map",
    "correlogram",
    "event_times",
    "flow_map",
    "forest",
    "kernel_contours",
    "map_of",
    "period_bands",
    "period_line",
    "power_curve",
    "rank_moves",
    "rose",
    "save",
    "significance_map",
    "spillover_decay",
    "transition_matrix",
    "waterfall",
    "weights_map",
    "year_line",
]

_CALLED = {  # by other software, or in the field
    "choropleth": "map_of(units, column)",
    "map": "map_of(units, column)",
}
__getattr__, __dir__ = door_of(__name__, __all__, _CALLED)
