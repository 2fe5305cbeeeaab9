"""Inference for every statistic, arrays only: exact, permutation, moments, saddlepoint, many tests at once.

A room for the numeric side. What users meet is in `gbaspatial.autocorrelation`; its
functions align their data and call these.

Modules
-------
null
    The vocabulary (`Inference`, `Alternative`), `Null` and `LocalNull`, p-values.
moments
    Mean and variance over all orders and under normality.
exact
    All n! orders: `pair_null` for sum_ij a_ij b_ij over joint orders (Moran, Geary, G,
    join counts, Mantel), `linear_null` for sum_i a_i x_i (bivariate), `order_null` for
    any statistic up to n = 9.
permutation
    Monte Carlo over orders, keyed by (seed, draw): `permutation_null`.
reassigned
    The same for sums over links and units of many units, by compiled loops.
conditional
    Local statistics with the unit held fixed: `conditional_null`, exact or drawn.
quadratic
    Saddlepoint and Imhof tails of a ratio of quadratic forms of normal values.
multiple
    Adjusted p-values: of many tests, and of tests that share their draws.
detection
    What a test can see: `power`, and the sentence below small tests, `power_note`.
rejection
    The chance that a test rejects, by rho: an integral or a simulation.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from gbaspatial.errors import no_attribute

if TYPE_CHECKING:
    from gbaspatial.inference.detection import (
        PowerResult as PowerResult,
        power as power,
        power_note as power_note,
    )
    from gbaspatial.inference.multiple import (
        adjust as adjust,
        adjust_by_neighbors as adjust_by_neighbors,
        adjust_jointly as adjust_jointly,
    )
    from gbaspatial.inference.null import LocalNull as LocalNull, Null as Null

_NAMES = {
    "LocalNull": "null",
    "Null": "null",
    "PowerResult": "detection",
    "adjust": "multiple",
    "adjust_by_neighbors": "multiple",
    "adjust_jointly": "multiple",
    "power": "detection",
    "power_note": "detection",
}

__all__ = list(_NAMES)


def __getattr__(name: str) -> Any:
    if name in _NAMES:
        return getattr(importlib.import_module(f"gbaspatial.inference.{_NAMES[name]}"), name)
    raise no_attribute(__name__, name, __all__)


def __dir__() -> list[str]:
    return sorted(__all__)
