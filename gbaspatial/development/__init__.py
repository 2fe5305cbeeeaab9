"""Development: do its parts go together, does it come from quantity or from efficiency, and where is it gathered?"""

from gbaspatial.development.accounting import GrowthBandResult, GrowthResult, growth_accounting
from gbaspatial.development.coupling import CouplingResult, coupling
from gbaspatial.development.efficiency import DeaBootstrapResult, DeaResult, dea
from gbaspatial.development.inventory import CapitalResult, perpetual_inventory
from gbaspatial.development.malmquist import HicksMoorsteenResult, MalmquistResult, hicks_moorsteen, malmquist
from gbaspatial.development.robustness import ObstacleResult, SensitivityResult
from gbaspatial.errors import door_of

__all__ = [
    "CapitalResult",
    "CouplingResult",
    "DeaBootstrapResult",
    "DeaResult",
    "GrowthBandResult",
    "GrowthResult",
    "HicksMoorsteenResult",
    "MalmquistResult",
    "ObstacleResult",
    "SensitivityResult",
    "coupling",
    "dea",
    "growth_accounting",
    "hicks_moorsteen",
    "malmquist",
    "perpetual_inventory",
]

__getattr__, __dir__ = door_of(__name__, __all__)
