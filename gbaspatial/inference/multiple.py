"""Many tests at once: p-values adjusted for how many were made."""

from __future__ import annotations

from typing import Literal

import numpy as np

from gbaspatial.errors import check_option

Adjustment = Literal["bh", "by", "bonferroni", "sidak", "holm", "none"]
ADJUSTMENTS = ("bh", "by", "bonferroni", "sidak", "holm", "none")


def adjust(p_values: np.ndarray, method: Adjustment = "bh") -> np.ndarray:
    """Adjusted p-values (n,): below `alpha` where the test is rejected at `alpha` for all n together.

    Parameters
    ----------
    p_values : numpy.ndarray, shape (n,)
        NaN (no test made) stays NaN and is not counted.
    method : str
        ``"bh"`` false discovery rate (Benjamini and Hochberg 1995), ``"by"`` the same
        under any dependence (Benjamini and Yekutieli 2001), ``"bonferroni"``,
        ``"sidak"``, ``"holm"``, ``"none"``.

    References
    ----------
    Benjamini, Y. and Hochberg, Y. (1995). Journal of the Royal Statistical Society B 57, 289-300.
    Benjamini, Y. and Yekutieli, D. (2001). Annals of Statistics 29, 1165-1188.

    Examples
    --------
    >>> adjust(np.array([0.01, 0.04, np.nan, 0.03]), "bonferroni").round(3).tolist()
    [0.03, 0.12, nan, 0.09]
    """
    check_option(method, ADJUSTMENTS, "adjust")
    p = np.asarray(p_values, dtype=float)
    adjusted = np.full(p.shape, np.nan)
    made = ~np.isnan(p)
    if made.any():
        adjusted[made] = _adjusted(p[made], method)
    return adjusted


def _adjusted(p: np.ndarray, method: str) -> np.ndarray:
    m = len(p)
    if method == "none":
        return p.copy()
    if method == "bonferroni":
        return np.minimum(1.0, m * p)
    if method == "sidak":
        return -np.expm1(m * np.log1p(-np.minimum(p, 1.0), where=p < 1, out=np.full(m, -np.inf)))
    order = np.argsort(p, kind="stable")
    ranks = np.arange(1, m + 1)
    adjusted = np.empty(m)
    if method == "holm":
        adjusted[order] = np.maximum.accumulate(np.minimum(1.0, (m - ranks + 1) * p[order]))
        return adjusted
    penalty = (1.0 / ranks).sum() if method == "by" else 1.0
    stepped = penalty * m / ranks * p[order]
    adjusted[order] = np.minimum(1.0, np.minimum.accumulate(stepped[::-1])[::-1])
    return adjusted


def adjust_by_neighbors(p_values: np.ndarray, cardinalities: np.ndarray, method: Adjustment = "holm") -> np.ndarray:
    """Each p-value adjusted as one of (number of neighbors + 1) tests, as spdep's `p.adjustSP`.

    The tests that overlap with that of a unit are those of its neighbors and its own.

    Parameters
    ----------
    p_values, cardinalities : numpy.ndarray, shape (n,)
    method : str
        As in `adjust`. A step-down or step-up method has only the p-value of the unit
        itself here, taken as the smallest of its family, so that ``"holm"``, ``"bh"`` and
        ``"bonferroni"`` agree.

    Examples
    --------
    >>> adjust_by_neighbors(np.array([0.01, 0.3]), np.array([2, 4])).round(3).tolist()
    [0.03, 1.0]
    """
    check_option(method, ADJUSTMENTS, "adjust")
    p, family = np.asarray(p_values, dtype=float), np.asarray(cardinalities) + 1.0
    if method == "none":
        return p.copy()
    if method == "sidak":
        return 1.0 - (1.0 - p) ** family
    if method == "by":
        family = family * np.array([(1.0 / np.arange(1, int(m) + 1)).sum() for m in family])
    return np.minimum(1.0, family * p)
