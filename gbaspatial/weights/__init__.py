"""Spatial weights: W is the hypothesis of every spatial analysis."""

from gbaspatial.weights.algebra import combine
from gbaspatial.weights.contiguity import borders, contiguity
from gbaspatial.weights.core import Weights, as_weights
from gbaspatial.weights.distance import distance_band, exponential_decay, inverse_distance, nearest
from gbaspatial.weights.given import from_matrix, from_pairs
from gbaspatial.weights.recipe import Recipe, Step

__all__ = [
    "Recipe",
    "Step",
    "Weights",
    "as_weights",
    "borders",
    "combine",
    "contiguity",
    "distance_band",
    "exponential_decay",
    "from_matrix",
    "from_pairs",
    "inverse_distance",
    "nearest",
]
