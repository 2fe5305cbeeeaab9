"""Kilometers to which a border is equivalent, where W decays with distance."""

from __future__ import annotations

import numpy as np
import pandas as pd

from gbaspatial.weights import Weights


def kilometers_of(friction: float, w: Weights, sides: pd.Series) -> float:
    """How much farther apart the friction puts units across the border: NaN where W does not say, inf if it is closed.

    Under exp(-d / s) a link across counts as if it were s log(1 / f) longer, whatever its length; under d^-p its length
    is stretched by f^(-1/p), which is told for the median link that crosses. W must be as its builder gave it.

    Examples
    --------
    >>> import geopandas as gpd
    >>> import gbaspatial as gba
    >>> towns = gpd.GeoSeries.from_xy([113.2, 114.0, 113.5], [23.1, 22.5, 22.2], index=list("abc"), crs="EPSG:4326")
    >>> w = gba.weights.exponential_decay(towns, scale_km=50)
    >>> round(kilometers_of(0.5, w, pd.Series(list("xxy"), index=list("abc"))), 2)
    34.66
    """
    if not np.isfinite(friction) or friction < 0 or len(w.recipe.steps) != 1:
        return float("nan")
    step = w.recipe.steps[0]
    options = dict(step.options)
    if friction == 0 and step.name in ("exponential_decay", "inverse_distance"):
        return float("inf")
    if step.name == "exponential_decay":
        return float(-float(options["scale_km"]) * np.log(friction))
    if step.name == "inverse_distance":
        power = float(options["power"])
        return float(_median_crossing_km(w, sides, power) * (friction ** (-1 / power) - 1))
    return float("nan")


def _median_crossing_km(w: Weights, sides: pd.Series, power: float) -> float:
    codes = pd.factorize(sides.reindex(w.ids))[0]
    rows = np.repeat(np.arange(w.n), np.diff(w.sparse.indptr))
    across = codes[rows] != codes[w.sparse.indices]
    return float(np.median(w.sparse.data[across] ** (-1 / power)))
