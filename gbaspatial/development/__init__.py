"""Development: do its parts go together, does it come from quantity or from efficiency, and where is it gathered?"""

from gbaspatial.development.coupling import CouplingResult, coupling
from gbaspatial.development.robustness import ObstacleResult, SensitivityResult
from gbaspatial.errors import door_of

__all__ = [
    "CouplingResult",
    "ObstacleResult",
    "SensitivityResult",
    "coupling",
]

__getattr__, __dir__ = door_of(__name__, __all__)
