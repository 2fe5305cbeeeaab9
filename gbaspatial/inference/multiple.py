"""Many tests at once: p-values adjusted for how many were made."""

from __future__ import annotations

from typing import Literal

import numpy as np

from gbaspatial.errors import DataError
from gbaspatial.inference.local_exact import TIE
from gbaspatial.inference.null import ALTERNATIVES, Alternative, p_from_tails
from gbaspatial.options import public, word

Adjustment = Literal["bh", "by", "bonferroni", "sidak", "holm", "none"]
_DOUBT = 4.0  # standard errors between two p-values that are called different
ADJUSTMENTS = ("bh", "by", "bonferroni", "sidak", "holm", "none")


@public
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

    Returns
    -------
    numpy.ndarray
        Adjusted p-values in the order given, NaN where p is.

    References
    ----------
    Benjamini, Y. and Hochberg, Y. (1995). Controlling the false discovery rate: a practical and powerful approach to
    multiple testing. Journal of the Royal Statistical Society B 57, 289-300.
    Benjamini, Y. and Yekutieli, D. (2001). The control of the false discovery rate in multiple testing under
    dependency. Annals of Statistics 29, 1165-1188.

    Examples
    --------
    >>> adjust(np.array([0.01, 0.04, np.nan, 0.03]), "bonferroni").round(3).tolist()
    [0.03, 0.12, nan, 0.09]
    """
    word(method, ADJUSTMENTS, "adjust")
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


@public
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

    Returns
    -------
    numpy.ndarray
        Adjusted p-values in the order given, NaN where p is.

    Examples
    --------
    >>> adjust_by_neighbors(np.array([0.01, 0.3]), np.array([2, 4])).round(3).tolist()
    [0.03, 1.0]
    """
    word(method, ADJUSTMENTS, "adjust")
    p, family = np.asarray(p_values, dtype=float), np.asarray(cardinalities) + 1.0
    if method == "none":
        return p.copy()
    if method == "sidak":
        return 1.0 - (1.0 - p) ** family
    if method == "by":
        family = family * np.array([(1.0 / np.arange(1, int(m) + 1)).sum() for m in family])
    return np.minimum(1.0, family * p)


@public
def adjust_jointly(observed: np.ndarray, drawn: np.ndarray, alternative: Alternative = "two-sided") -> np.ndarray:
    """p-values (T,) of several statistics, adjusted for their number by draws that all of them share.

    Step-down min-p: the p-value of the most extreme statistic is compared with the smallest of T p-values in each
    draw, that of the next with the smallest of the T - 1 others, and so on. Where statistics move together (years of
    the same units) the smallest of many is hardly smaller than one alone, so that less is taken off than by Holm;
    where each is like the other nothing is. It controls the chance of any false find, up to the error of the draws.

    Parameters
    ----------
    observed : numpy.ndarray, shape (T,)
        NaN (no test made) stays NaN and is not counted.
    drawn : numpy.ndarray, shape (m, T)
        The statistics under the null: row by row from one and the same draw, such as one order of the units.
    alternative : {"two-sided", "greater", "less"}

    Returns
    -------
    numpy.ndarray, shape (T,)
        Not below (r + 1) / (m + 1) of the statistic alone.

    Raises
    ------
    DataError
        If there are no draws, or they are of another number of statistics.

    References
    ----------
    Westfall, P. H. and Young, S. S. (1993). Resampling-Based Multiple Testing: Examples and Methods for p-Value
    Adjustment. Wiley (step-down min-p).
    Ge, Y., Dudoit, S. and Speed, T. P. (2003). Resampling-based multiple testing for microarray data analysis.
    Test 12, 1-77.

    Examples
    --------
    >>> draws = np.arange(99.0)
    >>> adjust_jointly(np.array([97.5, 97.5]), np.column_stack([draws, draws]), "greater").tolist()
    [0.02, 0.02]
    >>> adjust_jointly(np.array([97.5, 97.5]), np.column_stack([draws, draws[::-1]]), "greater").tolist()
    [0.03, 0.03]
    """
    word(alternative, ALTERNATIVES, "alternative")
    observed, drawn = np.asarray(observed, dtype=float), np.asarray(drawn, dtype=float)
    if drawn.ndim != 2 or len(drawn) == 0 or drawn.shape[1:] != observed.shape:
        raise DataError(
            f"draws of shape {drawn.shape} do not belong to {len(observed)} statistics; give one row per draw and one "
            f"column per statistic."
        )
    return adjust_among(np.vstack([observed, drawn]), alternative)


def adjust_among(values: np.ndarray, alternative: Alternative, *, sampled: bool = True) -> np.ndarray:
    """`adjust_jointly` (T,) of the first row of `values` (m, T), whose rows are all draws, or with it a sample of them.

    A statistic of few values (of few units, of zeros and ones) has p-values that are equal in several columns, but for
    the error of the draws; this error must not decide which is the smaller, so such columns are given the doubt.
    """
    made = np.isfinite(values[0])
    adjusted = np.full(values.shape[1], np.nan)
    if made.any():
        columns = values[:, made].T
        p = np.column_stack([_p_among(column, alternative) for column in columns])
        doubt = np.array([sampled and _is_coarse(column) for column in p.T]) * _DOUBT
        adjusted[made] = _stepped_down(p, p - doubt * np.sqrt(2 * p * (1 - p) / len(p)))
    return adjusted


def _is_coarse(p: np.ndarray) -> bool:
    """Whether p-values (m,) of one statistic are so few that their steps exceed the error of m draws."""
    return len(np.unique(p)) < np.sqrt(len(p) / 2)


def _p_among(values: np.ndarray, alternative: Alternative) -> np.ndarray:
    """The p-value of each of `values` (m,) among all of them; what agrees up to rounding is tied."""
    ordered, m = np.sort(values), len(values)
    tie = TIE * max(float(np.abs(values).max()), 1e-300)
    upper = (m - np.searchsorted(ordered, values - tie, "left")) / m
    lower = np.searchsorted(ordered, values + tie, "right") / m
    return p_from_tails(upper, lower, alternative)


def _stepped_down(p: np.ndarray, least: np.ndarray) -> np.ndarray:
    """Adjusted p-values (T,) of the first row of `p` (m, T), compared with the smallest of each row of `least`."""
    order = np.argsort(p[0], kind="stable")
    smallest = np.minimum.accumulate(least[:, order][:, ::-1], axis=1)[:, ::-1]
    shares = (smallest <= p[0, order] + TIE).mean(axis=0)
    adjusted = np.empty(len(order))
    adjusted[order] = np.maximum.accumulate(shares)
    return adjusted
