"""Emerging hot spots: how the Gi* of each unit develops over the periods of a panel."""

from __future__ import annotations

import numpy as np
from scipy import stats

PATTERNS = (
    "new", "consecutive", "intensifying", "persistent", "diminishing", "sporadic", "oscillating", "historical",
)  # fmt: skip


def mann_kendall(series: np.ndarray) -> tuple[float, float]:
    """Kendall's tau-b of values (T,) with time, and its two-sided p-value.

    The p-value is exact for few values without ties, else normal with the variance for
    ties; NaN without at least three values that differ.

    References
    ----------
    Mann, H. B. (1945). Nonparametric tests against trend. Econometrica 13, 245-259.

    Examples
    --------
    >>> tau, p = mann_kendall(np.array([1.0, 2.0, 4.0, 5.0]))
    >>> tau, round(p, 4)
    (1.0, 0.0833)
    """
    known = ~np.isnan(series)
    values = series[known]
    if len(values) < 3 or np.ptp(values) == 0:
        return np.nan, np.nan
    result = stats.kendalltau(np.flatnonzero(known), values)
    return float(result.statistic), float(result.pvalue)


def pattern(state: np.ndarray, trend: float, trend_p: float, alpha: float = 0.05) -> str:
    """The pattern of states (T,) of a unit: 1 hot, -1 cold, 0 neither.

    The rules are those of ArcGIS: nine tenths of the periods make a lasting spot, which a
    trend of its z-scores calls intensifying or diminishing.

    Examples
    --------
    >>> pattern(np.array([0, 0, 0, 1]), 0.0, 1.0), pattern(np.array([1, 1, 1, 1]), 0.9, 0.01)
    ('new hot spot', 'intensifying hot spot')
    >>> pattern(np.array([-1, 0, -1, 1]), 0.0, 1.0), pattern(np.array([0, 0, 0, 0]), 0.0, 1.0)
    ('oscillating hot spot', 'no pattern')
    """
    if not state.any():
        return "no pattern"
    last = int(state[-1])
    if last == 0:
        for sign, name in ((1, "hot"), (-1, "cold")):
            if (state == sign).mean() >= 0.9:
                return f"historical {name} spot"
        both = (state == 1).any() and (state == -1).any()
        sign = 1 if (state == 1).any() else -1
        return "no pattern" if both else f"sporadic {'hot' if sign > 0 else 'cold'} spot"
    kind = "hot spot" if last > 0 else "cold spot"
    return f"{_present(state == last, state == -last, last * trend, trend_p, alpha)} {kind}"


def _present(mine: np.ndarray, other: np.ndarray, trend: float, trend_p: float, alpha: float) -> str:
    """The pattern of a spot that is there in the last period; `trend` counts away from zero."""
    share = mine.mean()
    if mine.sum() == 1 and not other.any():
        return "new"
    run = len(mine) - (np.flatnonzero(~mine)[-1] + 1 if not mine.all() else 0)
    if share >= 0.9:
        if trend_p <= alpha:
            return "intensifying" if trend > 0 else "diminishing"
        return "persistent"
    if run > 1 and not mine[:-run].any() and not other.any():
        return "consecutive"
    return "oscillating" if other.any() else "sporadic"
