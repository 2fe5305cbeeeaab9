"""Whether residuals of different units are correlated, from the correlations of all pairs: arrays, then a table.

After effects of time the residuals of a period sum to zero, so Pesaran's CD is set by the variances of the units
and not by their correlation (Juodis and Reese 2022). Their remedy gives every unit a random sign. Here units are
scaled by their own standard deviation (as xtcd2 does), not by that of all, so that the size holds where variances
differ; given the data the statistic has mean zero and the variance of the scaled LM statistic, hence power only
where correlations are large, whatever their sign. Its size at 5 %, simulated: 5 from fifty units on, whatever the
number of periods and the variances; 7 at nine units and eight periods, 9 to 12 at nine and 24 (benchmarks in
docs/panels.md), because what effects of time leave correlated does not vanish with more periods.
"""

from __future__ import annotations

import numpy as np
from scipy import special

from gbaspatial.randomness import PAIR_SIGNS, label_order, stream

_CONSTANT = 1e-12
_SIZE, _TUNING = 0.1, 0.5  # of the exponent: those of its authors


def correlations(e: np.ndarray) -> np.ndarray | None:
    """The correlations (n, n) of residuals (T, n) over time; None where a unit's residuals do not vary.

    Examples
    --------
    >>> correlations(np.array([[1.0, 2], [2, 4], [0, 0]])).round(3).tolist()
    [[1.0, 1.0], [1.0, 1.0]]
    """
    centered = e - e.mean(axis=0)
    size = np.linalg.norm(centered, axis=0)
    if (size <= _CONSTANT * size.max()).any():
        return None
    scaled = centered / size
    return np.asarray(scaled.T @ scaled)


def pesaran_cd(R: np.ndarray, T: int) -> float:
    """Pesaran's CD (2021): the sum of all correlations, scaled."""
    n = len(R)
    return float(np.sqrt(T / (n * (n - 1) / 2)) * (R.sum() - n) / 2)


def weighted_cd(R: np.ndarray, T: int, labels: object) -> float:
    """CD of units with random signs (Juodis and Reese 2022), the sign of a unit belonging to its label."""
    n = len(R)
    signs = np.empty(n)
    signs[label_order(labels)] = stream(PAIR_SIGNS, n).integers(0, 2, n) * 2.0 - 1  # type: ignore[arg-type]
    return pesaran_cd(signs[:, None] * R * signs[None, :], T)


def scaled_lm(R: np.ndarray, T: int, *, unit_effects: bool) -> float:
    """The sum of squared correlations, scaled; corrected for effects of units (Baltagi, Feng and Kao 2012)."""
    n = len(R)
    pairs = n * (n - 1) / 2
    found = (T * (np.square(R).sum() - n) / 2 - pairs) / np.sqrt(2 * pairs)
    return float(found - (n / (2 * (T - 1)) if unit_effects else 0.0))


def local_cd(R: np.ndarray, T: int, linked: np.ndarray) -> float:
    """CD over the pairs that are `linked` (n, n)."""
    count = linked.sum() / 2
    return float(np.sqrt(T / count) * (R * linked).sum() / 2)


def exponent(R: np.ndarray, T: int) -> float:
    """The exponent of cross-section dependence of residuals, from the correlations that are significant.

    log of the sum of the significant correlations (of a unit with itself too) over 2 log n: 1/2 where none is,
    1 where a common factor reaches all units. NaN where negative ones prevail.

    References
    ----------
    Bailey, N., Kapetanios, G. and Pesaran, M. H. (2019). Exponent of cross-sectional dependence for residuals.
    Sankhya B 81, 46-102.

    Examples
    --------
    >>> exponent(np.eye(4), 20), exponent(np.ones((4, 4)), 20)
    (0.5, 1.0)
    """
    n = len(R)
    bound = -special.ndtri(_SIZE / (2 * n**_TUNING)) / np.sqrt(T)
    total = float((R * (np.abs(R) > bound)).sum())
    return float(np.log(total) / (2 * np.log(n))) if total > 0 else float("nan")


def two_sided(z: float) -> float:
    """The two-sided p-value of a standard normal statistic."""
    return float(2 * special.ndtr(-abs(z)))
