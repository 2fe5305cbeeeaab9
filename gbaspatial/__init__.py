"""Spatial econometrics and GIS for the Greater Bay Area, and for any other region.

Names are handed on lazily: ``import gbaspatial`` loads no other package, a room is
opened when its first name is used.

Examples
--------
>>> import gbaspatial as gba
>>> cities = gba.load_cities(year=2019)
>>> w = gba.weights.contiguity(cities, links=2019).row_standardized()
>>> w.n
11
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from gbaspatial.errors import no_attribute

if TYPE_CHECKING:
    from gbaspatial import (
        autocorrelation as autocorrelation,
        causal as causal,
        data as data,
        development as development,
        disparity as disparity,
        doctor as doctor,
        errors as errors,
        export as export,
        figures as figures,
        geography as geography,
        inference as inference,
        maps as maps,
        models as models,
        opinions as opinions,
        partitions as partitions,
        report as report,
        spillover as spillover,
        tables as tables,
        weights as weights,
    )
    from gbaspatial.data import (
        load_bay_areas as load_bay_areas,
        load_capital_panel as load_capital_panel,
        load_cities as load_cities,
        load_context as load_context,
        load_districts as load_districts,
        load_firms_universities as load_firms_universities,
        load_links as load_links,
        load_panel as load_panel,
        load_prefecture_panel as load_prefecture_panel,
        load_prefectures as load_prefectures,
        read_panel as read_panel,
        read_units as read_units,
    )
    from gbaspatial.repeated.blocks import compute as compute
    from gbaspatial.saved import read_result as read_result

_ROOMS = (
    "alignment", "autocorrelation", "causal", "data", "development", "disparity", "doctor", "errors", "export",
    "figures", "geography", "inference", "maps", "models", "opinions", "partitions", "randomness", "report", "results",
    "spillover", "tables", "weights",
)  # fmt: skip
_NAMES = dict.fromkeys(
    (
        "load_bay_areas", "load_capital_panel", "load_cities", "load_context", "load_districts",
        "load_firms_universities", "load_links", "load_panel", "load_prefecture_panel", "load_prefectures",
        "read_panel", "read_units",
    ),
    "gbaspatial.data",
)  # fmt: skip
_NAMES |= {"compute": "gbaspatial.repeated.blocks", "read_result": "gbaspatial.saved"}

_ELSEWHERE = {  # what people look for at the first door
    "queen": "gba.weights.contiguity(units)",
    "contiguity": "gba.weights.contiguity(units)",
    "knn": "gba.weights.nearest(units, k=4)",
    "nearest": "gba.weights.nearest(units, k=4)",
    "moran": "gba.autocorrelation.moran(values, w)",
    "local_moran": "gba.autocorrelation.local_moran(values, w)",
    "lisa": "gba.autocorrelation.local_moran(values, w)",
    "ols": "gba.models.ols(formula, data)",
    "lag": "gba.models.lag(formula, data, w)",
    "sar": "gba.models.lag(formula, data, w)",
    "error": "gba.models.error(formula, data, w)",
    "sem": "gba.models.error(formula, data, w)",
    "read_file": "gba.read_units(path, id=column)",
    "read_csv": "gba.read_panel(path, unit=column)",
    "atlas": "gba.maps.atlas(units, layers)",
    "choropleth": "gba.maps.choropleth(column)",
    "esda": "gba.autocorrelation",
    "spreg": "gba.models",
}

__all__ = [*_ROOMS, *_NAMES, "__version__"]


def __getattr__(name: str) -> Any:
    if name in _ROOMS:
        return importlib.import_module(f"gbaspatial.{name}")
    if name in _NAMES:
        return getattr(importlib.import_module(_NAMES[name]), name)
    if name == "__version__":
        from importlib.metadata import version

        return version("gbaspatial")
    raise no_attribute(__name__, name, __all__, _ELSEWHERE)


def __dir__() -> list[str]:
    return sorted(__all__)
