"""Unit roots of a panel whose units share shocks: Pesaran's CIPS, with p-values simulated for these n and T.

Of every unit a Dickey-Fuller regression with the means over units of all its columns added (they stand for the common
shock); the statistic is the mean of the t of the lagged level. Its distribution is not normal and depends on n, T, the
deterministic part and the lags; tables have few of these, so that random walks of the same size are simulated. Arrays
only.

References
----------
Pesaran, M. H. (2007). A simple panel unit root test in the presence of cross-section dependence. Journal of Applied
Econometrics 22(2), 265-312.
"""

from __future__ import annotations

import numpy as np

from gbaspatial.randomness import UNIT_ROOT_WALKS, stream

PARTS = ("none", "drift", "trend")
DRAWS = 199
MOST_UNITS = 100  # simulated: the mean of more is hardly less spread, because walks share the common part


def cips(values: np.ndarray, lags: int = 1, part: str = "drift") -> np.ndarray:
    """The statistic of `values` (T, n), or (..., T, n) for many panels at once, with `lags` lagged differences.

    Examples
    --------
    >>> walk = np.cumsum(np.random.default_rng(1).standard_normal((30, 8)), axis=0)
    >>> bool(cips(walk) > cips(np.diff(walk, axis=0)))
    True
    """
    y = np.moveaxis(np.asarray(values, dtype=float), -2, -1)  # (..., n, T)
    d = np.diff(y, axis=-1)
    now = d[..., lags:]
    columns = [y[..., lags:-1], *(d[..., lags - j : d.shape[-1] - j] for j in range(1, lags + 1))]
    shared = [np.broadcast_to(c.mean(axis=-2, keepdims=True), c.shape) for c in (now, *columns)]
    fixed = {"none": [], "drift": [np.ones_like(now)]}.get(part)
    if fixed is None:
        fixed = [np.ones_like(now), np.broadcast_to(np.arange(now.shape[-1], dtype=float), now.shape)]
    others = np.stack([*columns[1:], *shared, *fixed], axis=-1)
    Q = np.linalg.qr(others)[0]
    level, change = (c - (Q @ (np.swapaxes(Q, -1, -2) @ c[..., None]))[..., 0] for c in (columns[0], now))
    size = np.square(level).sum(axis=-1)
    slope = (level * change).sum(axis=-1) / size
    left = change - slope[..., None] * level
    df = now.shape[-1] - others.shape[-1] - 1
    t = slope / np.sqrt(np.square(left).sum(axis=-1) / df / size)
    return np.asarray(t.mean(axis=-1))


def least_periods(lags: int = 1, part: str = "drift") -> int:
    """The number of periods from which the regressions of `cips` have two degrees of freedom."""
    columns = 1 + lags + 2 + lags + PARTS.index(part)
    return columns + lags + 1 + 2


def cips_p(statistic: float, n: int, T: int, lags: int = 1, part: str = "drift") -> float:
    """The share of simulated panels of independent random walks whose statistic is as low."""
    units = min(n, MOST_UNITS)
    walks = np.cumsum(stream(UNIT_ROOT_WALKS, units, T).standard_normal((DRAWS, T, units)), axis=1)
    return float((1 + np.count_nonzero(cips(walks, lags, part) <= statistic)) / (DRAWS + 1))
