"""Spillover: how far effects travel, who gives and who receives, what a border holds back, and what would follow."""

from gbaspatial.errors import door_of
from gbaspatial.spillover.allocation import AllocationResult, allocate
from gbaspatial.spillover.balance import BalanceResult, balance
from gbaspatial.spillover.border_removal import BorderRemovalResult
from gbaspatial.spillover.decay import DecayResult, decay
from gbaspatial.spillover.flow_dependence import FlowMoranResult
from gbaspatial.spillover.friction import FrictionScan, border_friction
from gbaspatial.spillover.gravity import GravityResult, gravity
from gbaspatial.spillover.scenario import ScenarioResult, scenario

__all__ = [
    "AllocationResult",
    "BalanceResult",
    "BorderRemovalResult",
    "DecayResult",
    "FlowMoranResult",
    "FrictionScan",
    "GravityResult",
    "ScenarioResult",
    "allocate",
    "balance",
    "border_friction",
    "decay",
    "gravity",
    "scenario",
]

__getattr__, __dir__ = door_of(__name__, __all__)
