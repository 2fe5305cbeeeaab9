"""Spatial weights: W is the hypothesis of every spatial analysis."""

from gbaspatial.errors import door_of
from gbaspatial.weights.adoption import as_weights
from gbaspatial.weights.by_period import earlier
from gbaspatial.weights.combination import combine
from gbaspatial.weights.contiguity import borders, contiguity
from gbaspatial.weights.core import Weights
from gbaspatial.weights.distance import distance_band, exponential_decay, inverse_distance, nearest
from gbaspatial.weights.economic import block, economic, travel_time
from gbaspatial.weights.exchange.weight_files import read, write
from gbaspatial.weights.given import from_matrix, from_pairs
from gbaspatial.weights.kernels import kernel
from gbaspatial.weights.openings import by_year
from gbaspatial.weights.proximity import delaunay, gabriel, relative_neighbors
from gbaspatial.weights.recipe import Recipe, Step

__all__ = [
    "Recipe",
    "Step",
    "Weights",
    "as_weights",
    "block",
    "borders",
    "by_year",
    "combine",
    "contiguity",
    "delaunay",
    "distance_band",
    "earlier",
    "economic",
    "exponential_decay",
    "from_matrix",
    "from_pairs",
    "gabriel",
    "inverse_distance",
    "kernel",
    "nearest",
    "read",
    "relative_neighbors",
    "travel_time",
    "write",
]

_CALLED = {  # by other software, or in the field
    "queen": "contiguity(units)",
    "rook": "contiguity(units, criterion='rook')",
    "knn": "nearest(units, k=4)",
    "k_nearest": "nearest(units, k=4)",
    "idw": "inverse_distance(units)",
    "voronoi": "delaunay(units)",
    "gravity": "economic(values, kind='gravity', units=units)",
    "row_standardized": "the verb of a W, w.row_standardized()",
    "lag": "the verb of a W, w.lag(values)",
    "graph": "Weights, or as_weights(graph)",
    "w": "Weights",
}
__getattr__, __dir__ = door_of(__name__, __all__, _CALLED)
