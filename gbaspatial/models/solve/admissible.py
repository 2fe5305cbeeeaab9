"""The interval of rho where I - rho W stays invertible, and the part of it that is searched."""

from __future__ import annotations

import numpy as np

from gbaspatial.weights import Weights


# -- choosing ---------------------------------------------------------------------------
class Interval(tuple[float, float]):
    """An admissible interval, and how far from zero (`reach`) a search goes where it has neither end."""

    reach: float

    def __new__(cls, low: float, high: float, reach: float) -> Interval:
        made = super().__new__(cls, (low, high))
        made.reach = reach
        return made

    def __getnewargs__(self) -> tuple[float, float, float]:  # type: ignore[override]
        return self[0], self[1], self.reach


def interval_of(w: Weights) -> Interval:
    """The admissible interval of W; where W has no cycle every number is admissible, and ten over its size is far."""
    largest = float(np.asarray(abs(w.sparse).sum(axis=1)).max(initial=0.0))
    return Interval(*w.interval, 10.0 / (largest or 1.0))


def window(interval: tuple[float, float]) -> tuple[float, float]:
    """The part of an admissible interval that is searched: finite, a hair inside."""
    low, high = interval
    if not np.isfinite(low) and not np.isfinite(high):
        reach = interval.reach if isinstance(interval, Interval) else 10.0
        return -reach, reach
    low = -4 * high if not np.isfinite(low) else low
    high = -4 * low if not np.isfinite(high) else high
    hair = 1e-9 * (high - low)
    return low + hair, high - hair
