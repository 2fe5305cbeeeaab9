"""Causal designs: differences in differences with touched neighbors, event studies, borders, shift-shares."""

from gbaspatial.causal.differences import DifferenceInDifferences, difference_in_differences
from gbaspatial.causal.discontinuity import BorderDiscontinuity, border_discontinuity
from gbaspatial.causal.event_study import EventStudy, event_study
from gbaspatial.causal.honest_bounds import HonestBounds
from gbaspatial.causal.placebo import PlaceboResult
from gbaspatial.causal.shift_share import ShiftShare, shift_share
from gbaspatial.errors import door_of

__all__ = [
    "BorderDiscontinuity",
    "DifferenceInDifferences",
    "EventStudy",
    "HonestBounds",
    "PlaceboResult",
    "ShiftShare",
    "border_discontinuity",
    "difference_in_differences",
    "event_study",
    "shift_share",
]

__getattr__, __dir__ = door_of(__name__, __all__)
