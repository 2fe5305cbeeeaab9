"""Pictures for print: the same maps, diagrams and colors as on screen, drawn by matplotlib."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gbaspatial.figures.autocorrelation import (
        cluster_map as cluster_map,
        correlogram as correlogram,
        power_curve as power_curve,
        rose as rose,
        significance_map as significance_map,
        year_line as year_line,
    )

_MODULE_OF = dict.fromkeys(
    ("cluster_map", "correlogram", "power_curve", "rose", "significance_map", "year_line"), "autocorrelation"
)

__all__ = list(_MODULE_OF)


def __getattr__(name: str) -> Any:
    if name in _MODULE_OF:
        return getattr(importlib.import_module(f"gbaspatial.figures.{_MODULE_OF[name]}"), name)
    raise AttributeError(f"module 'gbaspatial.figures' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
