"""Disparities: how unequal units are, and how that changes."""

from gbaspatial.disparity.inequality import (
    TheilResult,
    atkinson,
    coefficient_of_variation,
    gini,
    herfindahl,
    hoover,
    mean_by_group,
    theil,
)

__all__ = [
    "TheilResult",
    "atkinson",
    "coefficient_of_variation",
    "gini",
    "herfindahl",
    "hoover",
    "mean_by_group",
    "theil",
]
