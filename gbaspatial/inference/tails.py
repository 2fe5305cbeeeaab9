"""Upper tails of test statistics that are never negative: arrays only, and scipy.stats need not be loaded for them.

Round-off may leave a statistic a hair below zero; its tail is then one, not undefined.
"""

from __future__ import annotations

import numpy as np
from scipy import special


def chi_squared_tail(statistic: float | np.ndarray, df: float | np.ndarray) -> np.ndarray:
    """P(chi-squared with `df` degrees of freedom > `statistic`), element by element; NaN stays NaN.

    Examples
    --------
    >>> round(float(chi_squared_tail(3.841458820694124, 1)), 12), float(chi_squared_tail(-1e-15, 1))
    (0.05, 1.0)
    """
    return special.chdtrc(df, np.maximum(statistic, 0.0))


def f_tail(statistic: float | np.ndarray, above: float, below: float) -> np.ndarray:
    """P(F with `above` and `below` degrees of freedom > `statistic`), element by element; NaN stays NaN.

    Examples
    --------
    >>> round(float(f_tail(4.3512435, 1, 20)), 7), float(f_tail(-1e-15, 1, 20))
    (0.05, 1.0)
    """
    return special.fdtrc(above, below, np.maximum(statistic, 0.0))
