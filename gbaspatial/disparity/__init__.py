"""Disparities: how unequal units are, and how that changes."""

from gbaspatial.disparity.between_groups import BetweenGroupsResult, between_groups
from gbaspatial.disparity.clubs import ClubsResult, convergence_clubs
from gbaspatial.disparity.convergence import BetaConvergenceResult, beta_convergence
from gbaspatial.disparity.directional import RoseResult, directional_lisa
from gbaspatial.disparity.entropy import generalized_entropy, kolm
from gbaspatial.disparity.inequality import (
    InequalityResult,
    atkinson,
    coefficient_of_variation,
    gini,
    herfindahl,
    hoover,
    mean_by_group,
)
from gbaspatial.disparity.lisa import LisaMarkovResult, lisa_markov
from gbaspatial.disparity.mobility import MarkovResult, markov
from gbaspatial.disparity.neighbors import SpatialGiniResult, spatial_gini
from gbaspatial.disparity.ranks import RankMobilityResult, rank_mobility
from gbaspatial.disparity.sigma import SigmaConvergenceResult, TrendResult, sigma_convergence
from gbaspatial.disparity.spatial_chains import SpatialMarkovResult, spatial_markov
from gbaspatial.disparity.stochastic_kernel import StochasticKernelResult, stochastic_kernel
from gbaspatial.disparity.strata import TiersResult, tiers
from gbaspatial.disparity.theil import TheilResult, theil
from gbaspatial.errors import door_of

__all__ = [
    "BetaConvergenceResult",
    "BetweenGroupsResult",
    "ClubsResult",
    "InequalityResult",
    "LisaMarkovResult",
    "MarkovResult",
    "RankMobilityResult",
    "RoseResult",
    "SigmaConvergenceResult",
    "SpatialGiniResult",
    "SpatialMarkovResult",
    "StochasticKernelResult",
    "TheilResult",
    "TiersResult",
    "TrendResult",
    "atkinson",
    "beta_convergence",
    "between_groups",
    "coefficient_of_variation",
    "convergence_clubs",
    "directional_lisa",
    "generalized_entropy",
    "gini",
    "herfindahl",
    "hoover",
    "kolm",
    "lisa_markov",
    "markov",
    "mean_by_group",
    "rank_mobility",
    "sigma_convergence",
    "spatial_gini",
    "spatial_markov",
    "stochastic_kernel",
    "theil",
    "tiers",
]

globals().pop(
    "clubs", None
)  # the module, which who calls `disparity.clubs(...)` does not mean; it is still imported from
_CALLED = {"clubs": "convergence_clubs(panel)", "phillips_sul": "convergence_clubs(panel)"}  # in the field
__getattr__, __dir__ = door_of(__name__, __all__, _CALLED)
