"""Development: do its parts go together, does it come from quantity or from efficiency, and where is it gathered?"""

from gbaspatial.development.accounting import GrowthBandResult, GrowthResult, growth_accounting
from gbaspatial.development.concentration import (
    EllisonGlaeserResult,
    KrugmanResult,
    LocationQuotientResult,
    ellison_glaeser,
    krugman,
    location_quotient,
)
from gbaspatial.development.coupling import CouplingResult, coupling
from gbaspatial.development.efficiency import DeaBootstrapResult, DeaResult, dea
from gbaspatial.development.inventory import CapitalResult, perpetual_inventory
from gbaspatial.development.malmquist import HicksMoorsteenResult, MalmquistResult, hicks_moorsteen, malmquist
from gbaspatial.development.rank_size import PrimacyResult, RankSizeResult, primacy, rank_size
from gbaspatial.development.robustness import ObstacleResult, SensitivityResult
from gbaspatial.errors import door_of

__all__ = [
    "CapitalResult",
    "CouplingResult",
    "DeaBootstrapResult",
    "DeaResult",
    "EllisonGlaeserResult",
    "GrowthBandResult",
    "GrowthResult",
    "HicksMoorsteenResult",
    "KrugmanResult",
    "LocationQuotientResult",
    "MalmquistResult",
    "ObstacleResult",
    "PrimacyResult",
    "RankSizeResult",
    "SensitivityResult",
    "coupling",
    "dea",
    "ellison_glaeser",
    "growth_accounting",
    "hicks_moorsteen",
    "krugman",
    "location_quotient",
    "malmquist",
    "perpetual_inventory",
    "primacy",
    "rank_size",
]

__getattr__, __dir__ = door_of(__name__, __all__)
