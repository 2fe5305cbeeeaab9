"""Development: do its parts go together, does it come from quantity or from efficiency, and where is it gathered?"""

from gbaspatial.development.coupling import CouplingResult, coupling
from gbaspatial.development.efficiency import DeaBootstrapResult, DeaResult, dea
from gbaspatial.development.malmquist import HicksMoorsteenResult, MalmquistResult, hicks_moorsteen, malmquist
from gbaspatial.development.robustness import ObstacleResult, SensitivityResult
from gbaspatial.errors import door_of

__all__ = [
    "CouplingResult",
    "DeaBootstrapResult",
    "DeaResult",
    "HicksMoorsteenResult",
    "MalmquistResult",
    "ObstacleResult",
    "SensitivityResult",
    "coupling",
    "dea",
    "hicks_moorsteen",
    "malmquist",
]

__getattr__, __dir__ = door_of(__name__, __all__)
