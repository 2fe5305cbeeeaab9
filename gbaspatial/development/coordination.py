"""The arithmetic of coupling: levels of subsystems to degree, overall level and coordination. Arrays only."""

from __future__ import annotations

from itertools import combinations

import numpy as np

GRADES = (
    "extreme imbalance", "severe imbalance", "moderate imbalance", "mild imbalance", "near imbalance",
    "bare coordination", "primary coordination", "intermediate coordination", "good coordination",
    "superior coordination",
)  # fmt: skip
"""The ten grades of the coordination degree, from 0-0.1 to 0.9-1."""


def original_degree(levels: np.ndarray) -> np.ndarray:
    """n (U1 ... Un)^(1/n) / (U1 + ... + Un) of each row of `levels` (rows, n); 1 where all levels are the same.

    The geometric over the arithmetic mean: it uses the share of each level in the largest
    only, so that no product of small numbers vanishes.
    """
    largest = levels.max(axis=1)
    share = levels / np.where(largest > 0, largest, 1.0)[:, None]
    geometric = np.prod(share, axis=1) ** (1 / levels.shape[1])
    degree = geometric / np.where(largest > 0, share.mean(axis=1), 1.0)
    return np.where(_alike(levels), 1.0, degree)


def modified_degree(levels: np.ndarray) -> np.ndarray:
    """sqrt([1 - mean |Ui - Uj|] [product of Ui / max U]^(1/(n-1))) of each row of `levels` (rows, n).

    The mean goes over the n (n - 1) / 2 pairs; 1 where all levels are the same.
    """
    n = levels.shape[1]
    largest = levels.max(axis=1)
    share = levels / np.where(largest > 0, largest, 1.0)[:, None]
    apart = np.mean([np.abs(levels[:, i] - levels[:, j]) for i, j in combinations(range(n), 2)], axis=0)
    degree = np.sqrt(np.maximum(1 - apart, 0.0) * np.prod(share, axis=1) ** (1 / (n - 1)))
    return np.where(_alike(levels), 1.0, degree)


def _alike(levels: np.ndarray) -> np.ndarray:
    return np.ptp(levels, axis=1) == 0


def grade_of(coordination: np.ndarray) -> np.ndarray:
    """The number of the grade, 0 to 9, of each coordination degree; a degree on a limit belongs to the grade above.

    Examples
    --------
    >>> grade_of(np.array([0.0, 0.3, 0.1 + 0.2, 0.999, 1.0])).tolist()
    [0, 3, 3, 9, 9]
    """
    tenths = np.floor(np.round(coordination * 10, 9))  # 0.3 may come as 0.29999999999999999
    return np.clip(tenths, 0, 9).astype(int)
