"""Spatial autocorrelation: global and local tests that know their units by name.

Examples
--------
>>> import gbaspatial as gba
>>> callable(gba.autocorrelation.moran)
True
"""

from __future__ import annotations

# Not lazy: a submodule that is loaded later would hide the function of the same name.
from gbaspatial.autocorrelation.autoregression import aple
from gbaspatial.autocorrelation.bivariate import bivariate_local_moran, bivariate_moran
from gbaspatial.autocorrelation.cluster_moves import lisa_transitions
from gbaspatial.autocorrelation.correlograms import correlogram, correlogram_by_distance
from gbaspatial.autocorrelation.dispersion import losh
from gbaspatial.autocorrelation.gamma import gamma
from gbaspatial.autocorrelation.geary import geary, local_geary, multivariate_local_geary
from gbaspatial.autocorrelation.getis_ord import general_g, local_g, local_g_star
from gbaspatial.autocorrelation.global_results import GlobalTest
from gbaspatial.autocorrelation.hot_spots import emerging_hot_spots
from gbaspatial.autocorrelation.join_count import join_count
from gbaspatial.autocorrelation.lag_correlation import lag_correlation
from gbaspatial.autocorrelation.lee import lee_l, local_lee
from gbaspatial.autocorrelation.local_join_count import local_join_count
from gbaspatial.autocorrelation.local_moran import local_moran
from gbaspatial.autocorrelation.local_results import LocalTest
from gbaspatial.autocorrelation.matrix import moran_matrix
from gbaspatial.autocorrelation.moran import moran
from gbaspatial.autocorrelation.rates import empirical_bayes_rates, local_moran_rates, moran_rates, rate_probabilities
from gbaspatial.autocorrelation.space_time import (
    differential_local_moran,
    differential_moran,
    moran_by,
    space_time_moran,
)
from gbaspatial.errors import door_of

__all__ = [
    "GlobalTest",
    "LocalTest",
    "aple",
    "bivariate_local_moran",
    "bivariate_moran",
    "correlogram",
    "correlogram_by_distance",
    "differential_local_moran",
    "differential_moran",
    "emerging_hot_spots",
    "empirical_bayes_rates",
    "gamma",
    "geary",
    "general_g",
    "join_count",
    "lag_correlation",
    "lee_l",
    "lisa_transitions",
    "local_g",
    "local_g_star",
    "local_geary",
    "local_join_count",
    "local_lee",
    "local_moran",
    "local_moran_rates",
    "losh",
    "moran",
    "moran_by",
    "moran_matrix",
    "moran_rates",
    "multivariate_local_geary",
    "rate_probabilities",
    "space_time_moran",
]

_CALLED = {  # by other software, or in the field
    "lisa": "local_moran(values, w)",
    "moran_local": "local_moran(values, w)",
    "moran_bv": "bivariate_moran(x, y, w)",
    "hotspots": "local_g_star(values, w) or emerging_hot_spots",
    "join_counts": "join_count(values, w)",
}
__getattr__, __dir__ = door_of(__name__, __all__, _CALLED)
