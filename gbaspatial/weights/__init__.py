"""Spatial weights: W is the hypothesis of every spatial analysis."""

from gbaspatial.weights.contiguity import borders, contiguity
from gbaspatial.weights.core import Recipe, Step, Weights, as_weights, from_matrix, from_pairs
from gbaspatial.weights.distance import distance_band, exponential_decay, inverse_distance, nearest

__all__ = [
    "Recipe",
    "Step",
    "Weights",
    "as_weights",
    "borders",
    "contiguity",
    "distance_band",
    "exponential_decay",
    "from_matrix",
    "from_pairs",
    "inverse_distance",
    "nearest",
]
