"""Spatial weights: W is the hypothesis of every spatial analysis."""

from gbaspatial.weights.core import Recipe, Step, Weights, as_weights, from_matrix, from_pairs

__all__ = ["Recipe", "Step", "Weights", "as_weights", "from_matrix", "from_pairs"]
