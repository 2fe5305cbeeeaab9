"""Spillover: how far effects travel, who gives and who receives, what a border holds back, and what would follow."""

from gbaspatial.errors import door_of
from gbaspatial.spillover.border_removal import BorderRemovalResult
from gbaspatial.spillover.flow_dependence import FlowMoranResult
from gbaspatial.spillover.gravity import GravityResult, gravity

__all__ = ["BorderRemovalResult", "FlowMoranResult", "GravityResult", "gravity"]

__getattr__, __dir__ = door_of(__name__, __all__)
