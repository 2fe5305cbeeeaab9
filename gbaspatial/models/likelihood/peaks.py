"""Where a function of one number is largest: for likelihoods that have a form of their own."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import optimize

from gbaspatial.errors import ConvergenceError
from gbaspatial.sizes import EDGE


def highest(
    value: Callable[[float], float],
    slope: Callable[[float], float],
    low: float,
    high: float,
    *,
    points: int = 41,
    inside: bool = False,
) -> float:
    """Where `value` (a function of one number) is largest in (low, high): all peaks of a grid, each refined.

    A zero of its `slope` is found to all digits, where the largest value would be flat to half of
    them: so the answer depends neither on the order of the units nor on the scale of W. With
    `inside` a peak at an end counts only if there is no other: for likelihoods that have a pole
    there.

    Raises
    ------
    ConvergenceError
        If the function is finite nowhere.
    """
    grid = (low + high) / 2 - (high - low) / 2 * np.cos(np.pi * (np.arange(points) + 0.5) / points)
    heights = np.array([value(x) for x in grid])
    heights[~np.isfinite(heights)] = -np.inf
    if not np.isfinite(heights.max()):
        raise ConvergenceError(f"the likelihood is finite nowhere in ({low:.6g}, {high:.6g}).")
    padded = np.concatenate([[-np.inf], heights, [-np.inf]])
    peaks = np.flatnonzero((heights >= padded[:-2]) & (heights >= padded[2:]) & np.isfinite(heights))
    if inside and ((peaks > 0) & (peaks < points - 1)).any():
        peaks = peaks[(peaks > 0) & (peaks < points - 1)]
    ends = np.concatenate([[low], grid, [high]])
    best = [level(slope, ends[p], ends[p + 2]) for p in peaks]
    return max(best, key=value)


def level(slope: Callable[[float], float], low: float, high: float) -> float:
    """Where a `slope` that falls from `low` to `high` is zero; the better end if it does not change sign."""
    if not slope(low) > 0:
        return float(low)
    if not slope(high) < 0:
        return float(high)
    return float(optimize.brentq(slope, low, high, xtol=max(1e-15 * (high - low), 1e-300), rtol=1e-14, maxiter=300))


def at_edge(value: float, low: float, high: float) -> bool:
    """Whether `value` lies within a thousandth of an end of (low, high)."""
    return min(value - low, high - value) < EDGE * (high - low)
