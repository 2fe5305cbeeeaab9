"""Spatial autocorrelation: global and local tests that know their units by name.

Examples
--------
>>> import gbaspatial as gba
>>> callable(gba.autocorrelation.moran)
True
"""

from __future__ import annotations

# Not lazy: a submodule that is loaded later would hide the function of the same name.
from gbaspatial.autocorrelation.geary import geary, local_geary, multivariate_local_geary
from gbaspatial.autocorrelation.getis_ord import general_g, local_g, local_g_star
from gbaspatial.autocorrelation.join_count import join_count, local_join_count
from gbaspatial.autocorrelation.local_moran import local_moran
from gbaspatial.autocorrelation.moran import moran
from gbaspatial.autocorrelation.results import GlobalTest, LocalTest

__all__ = [
    "GlobalTest",
    "LocalTest",
    "geary",
    "general_g",
    "join_count",
    "local_g",
    "local_g_star",
    "local_geary",
    "local_join_count",
    "local_moran",
    "moran",
    "multivariate_local_geary",
]
