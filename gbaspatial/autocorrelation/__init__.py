"""Spatial autocorrelation: global and local tests that know their units by name.

Examples
--------
>>> import gbaspatial as gba
>>> sorted(gba.autocorrelation.__all__)[:2]
['GlobalTest', 'LocalTest']
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gbaspatial.autocorrelation.geary import (
        geary as geary,
        local_geary as local_geary,
        multivariate_local_geary as multivariate_local_geary,
    )
    from gbaspatial.autocorrelation.getis_ord import (
        general_g as general_g,
        local_g as local_g,
        local_g_star as local_g_star,
    )
    from gbaspatial.autocorrelation.join_count import join_count as join_count, local_join_count as local_join_count
    from gbaspatial.autocorrelation.local_moran import local_moran as local_moran
    from gbaspatial.autocorrelation.moran import moran as moran
    from gbaspatial.autocorrelation.results import GlobalTest as GlobalTest, LocalTest as LocalTest

_MODULE_OF = {
    "GlobalTest": "results",
    "LocalTest": "results",
    "general_g": "getis_ord",
    "geary": "geary",
    "join_count": "join_count",
    "local_g": "getis_ord",
    "local_g_star": "getis_ord",
    "local_geary": "geary",
    "local_join_count": "join_count",
    "local_moran": "local_moran",
    "moran": "moran",
    "multivariate_local_geary": "geary",
}

__all__ = list(_MODULE_OF)


def __getattr__(name: str) -> Any:
    if name in _MODULE_OF:
        return getattr(importlib.import_module(f"gbaspatial.autocorrelation.{_MODULE_OF[name]}"), name)
    raise AttributeError(f"module 'gbaspatial.autocorrelation' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
