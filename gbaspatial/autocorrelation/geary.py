"""Geary's C: how far apart are neighbors' values, globally and unit by unit?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from gbaspatial.alignment import align, align_frame
from gbaspatial.autocorrelation.entrance import DRAWING, admitted_values, check_testable, drawn_by, in_unit
from gbaspatial.autocorrelation.global_results import SharedTest
from gbaspatial.autocorrelation.local_moran import quadrants
from gbaspatial.autocorrelation.local_results import Found, Judgement, LocalTest, QuadrantTest, local_result
from gbaspatial.errors import OptionError
from gbaspatial.inference.conditional import LocalSums, conditional_null
from gbaspatial.inference.cross_product import CrossProduct, automatic
from gbaspatial.inference.moments import PairSums, geary_normal_moments
from gbaspatial.inference.null import (
    Alternative,
    Inference,
    LocalNull,
    check_draws,
    check_test,
    normal_local_null,
)
from gbaspatial.inference.ordering import by_label
from gbaspatial.options import public, word
from gbaspatial.progress import shows_progress
from gbaspatial.randomness import Rng, seed_of
from gbaspatial.weights import Weights

_KINDS = ("auto", "exact", "permutation", "normal", "randomization")
_LOCAL_KINDS = ("auto", "exact", "permutation", "randomization")


@dataclass(frozen=True, slots=True, eq=False)
class GearyResult(SharedTest):
    """Geary's C and its test; C below one, a negative `z`, is positive autocorrelation. See `GlobalTest`."""

    _power: ClassVar[str | None] = "geary"


@dataclass(frozen=True, slots=True, eq=False)
class LocalGearyResult(QuadrantTest):
    """Local Geary statistics; small ones are positive association. See `LocalTest`."""


@dataclass(frozen=True, slots=True, eq=False)
class SeveralGearyResult(LocalTest):
    """Local Geary statistics of several variables together; see `LocalTest`."""


@drawn_by(*DRAWING)
@shows_progress
@public
def geary(
    values: pd.Series,
    w: Weights,
    *,
    inference: Inference = "auto",
    alternative: Alternative = "two-sided",
    draws: int = 9_999,
    rng: Rng = None,
    stop_after: int | None = None,
    progress: bool | None = None,
) -> GearyResult:
    """Geary's C of a variable.

    C = (m - 1) / (2 s0) sum_ij w_ij (y_i - y_j)^2 / sum_i z_i^2 with m the number of units with neighbors, as in
    spdep (``adjust.n = TRUE``; esda keeps n). The z-value is (C - E) / sd as in esda; spdep
    turns the sign around. ``alternative="less"`` is therefore the one for positive autocorrelation.

    Parameters
    ----------
    values : pandas.Series, length n
        By unit; matched with W by label, in any order.
    w : Weights
        Used as given.
    inference : {"auto", "exact", "permutation", "normal", "randomization"}
        All orders, random ones, or a normal distribution; by default all orders where they can be listed, then random
        ones.
    alternative : {"two-sided", "greater", "less"}
        Which tail the p-value counts.
    draws : int
        Random orders, or random sets of neighbors of a local statistic.
    rng : int, Generator or None
        Seed of what is drawn; recorded.
    stop_after : int, optional
        Stop once the tail holds this many draws.
    progress : bool, optional
        True tells on standard error how far work over two seconds has come, False never; by default on a terminal.

    Returns
    -------
    GearyResult

    Raises
    ------
    AlignmentError, MissingDataError, DataError
        If values and weights do not cover the same units, or values are missing, not numbers or all equal.

    References
    ----------
    Geary, R. C. (1954). The contiguity ratio and statistical mapping. The Incorporated Statistician 5, 115-145.

    Examples
    --------
    >>> from gbaspatial.weights import from_pairs
    >>> pairs = pd.DataFrame({"focal": list("abcbcd"), "neighbor": list("bcdabc")})
    >>> result = geary(pd.Series({"a": 1.0, "b": 2.0, "c": 4.0, "d": 5.0}), from_pairs(pairs))
    >>> round(result.statistic, 4), round(result.expected, 4)
    (0.3, 1.0)
    """
    check_test(inference, alternative, _KINDS)
    check_draws(draws)
    t = admitted_values(values, w)
    z = t.y - t.y.mean()
    sums = PairSums(t.w.s0, t.w.s1, t.w.s2)
    share = (t.n - 1) / (len(z) - 1)
    statistic = CrossProduct(t.w.sparse, z, (t.n - 1) / (2 * t.w.s0) / float(z @ z), sums, "difference")
    mean, variance = geary_normal_moments(sums, len(z))
    null = statistic.null(
        automatic(len(z), t.y) if inference == "auto" else inference,
        draws=draws,
        seed=seed_of(rng),
        alternative=alternative,
        stop_after=stop_after,
        normal_moments=(share * mean, share**2 * variance),
    )
    return GearyResult("Geary's C", null, alternative, t.n, t.values, t.w)


@drawn_by(*DRAWING)
@shows_progress
@public
def local_geary(
    values: pd.Series,
    w: Weights,
    *,
    inference: Inference = "auto",
    alternative: Alternative = "two-sided",
    draws: int = 9_999,
    rng: Rng = None,
    ddof: int = 1,
    adjust: str = "bh",
    alpha: float = 0.05,
    progress: bool | None = None,
) -> LocalGearyResult:
    """Local Geary c_i = sum_j w_ij (z_i - z_j)^2, z with unit variance.

    Small values are positive association. A significant unit is HH or LL where it and its neighbors lie
    on one side of the mean and c_i is below its expectation, HL or LH where they
    do not and c_i is above; "undefined" where the two disagree.

    Parameters
    ----------
    values : pandas.Series, length n
    w : Weights
        Used as given. Units without neighbors get NaN and the class "isolate".
    inference : {"auto", "exact", "permutation", "randomization"}
        The unit keeps its value; exact over all sets of neighbors where each unit has at most a million.
    alternative : {"two-sided", "greater", "less"}
    draws : int
    rng : int, Generator or None
    ddof : {0, 1}
        Divisor n - ddof of the variance: 1 as in spdep, 0 as in esda.
    adjust : str
        ``"bh"``, ``"by"``, ``"bonferroni"``, ``"sidak"``, ``"holm"``, ``"by-neighbor"``, ``"none"``.
    alpha : float
        Level of `cluster`.
    progress : bool, optional
        True tells on standard error how far work over two seconds has come, False never; by default on a terminal.

    Returns
    -------
    LocalGearyResult
        Statistics, p-values and `cluster` by unit, in the order of `values`.

    Raises
    ------
    AlignmentError, MissingDataError, DataError
        If values and weights do not cover the same units, or values are missing, not numbers or all equal.

    References
    ----------
    Anselin, L. (1995). Local indicators of spatial association - LISA. Geographical Analysis 27, 93-115.
    Anselin, L. (2019). A local indicator of multivariate spatial association: extending Geary's c. Geographical
    Analysis 51, 133-150.

    Examples
    --------
    >>> from gbaspatial.weights import from_pairs
    >>> pairs = pd.DataFrame({"focal": list("abcbcd"), "neighbor": list("bcdabc")})
    >>> result = local_geary(pd.Series({"a": 1.0, "b": 2.0, "c": 4.0, "d": 5.0}), from_pairs(pairs))
    >>> result.statistic.round(2).tolist()
    [0.3, 1.5, 1.5, 0.3]
    """
    t = admitted_values(values, w)
    z = t.y - t.y.mean()
    z /= np.sqrt(z @ z / (len(z) - _checked_ddof(ddof)))
    null = _null(z[None, :], t.w, inference, alternative, draws, seed_of(rng))
    quadrant = quadrants(z, t.w.sparse)
    below = null.observed < null.mean
    same = np.isin(quadrant, ("HH", "LL"))
    classes = np.where(same == below, quadrant, "undefined")
    return local_result(
        "Local Geary",
        Found(null, classes, {"quadrant": quadrant}),
        t.w,
        t.values,
        Judgement(alternative, adjust, alpha),
        result=LocalGearyResult,
    )


def _checked_ddof(ddof: int) -> int:
    word(ddof, (0, 1), "ddof")
    return ddof


def _null(z: np.ndarray, w: Weights, inference: str, alternative: str, draws: int, seed: int) -> LocalNull:
    """Tails of the mean over variables of sum_j w_ij (z_i - z_j)^2, for standardized `z` (variables, n)."""
    check_test(inference, alternative, _LOCAL_KINDS)
    check_draws(draws)
    count = len(z)
    channels = np.vstack([z, (z**2).sum(axis=0)])
    coefficients = np.vstack([-2 * z, np.ones(z.shape[1])]) / count
    sums = LocalSums(w.sparse, channels, coefficients)
    constant = w.row_sums * (z**2).sum(axis=0) / count
    if inference == "randomization":
        mean, variance = sums.moments()
        return normal_local_null("randomization", sums.observed + constant, mean + constant, variance)
    return conditional_null(sums, inference, draws=draws, seed=seed, shift=constant)


@drawn_by(*DRAWING)
@shows_progress
@public
def multivariate_local_geary(
    data: pd.DataFrame,
    w: Weights,
    *,
    inference: Inference = "auto",
    alternative: Alternative = "two-sided",
    draws: int = 9_999,
    rng: Rng = None,
    ddof: int = 1,
    adjust: str = "bh",
    alpha: float = 0.05,
    progress: bool | None = None,
) -> SeveralGearyResult:
    """Local Geary of several variables at once: the mean of their local statistics (Anselin 2019).

    Rows are permuted whole, so that the variables keep their relation. A significant unit is HH (LL) where
    the statistic is below its expectation and every variable lies above (below) its mean
    for the unit and for its neighbors; "undefined" otherwise.

    Parameters
    ----------
    data : pandas.DataFrame, shape (n, variables)
        All columns are used.
    w : Weights
    inference : {"auto", "exact", "permutation", "randomization"}
        The unit keeps its value: all sets of neighbors, random ones, or a normal distribution with their moments.
    alternative : {"two-sided", "greater", "less"}
        Which tail the p-value counts.
    draws : int
        Random orders, or random sets of neighbors of a local statistic.
    rng : int, Generator or None
        Seed of what is drawn; recorded.
    ddof : {0, 1}
        Divisor n - ddof of the variances: 1 as in spdep, 0 as in esda.
    adjust : str
        Which correction for multiple tests `p_adjusted` holds: ``"bh"``, ``"by"``, ``"bonferroni"``, ``"sidak"``,
        ``"holm"``, ``"by-neighbor"`` or ``"none"``.
    alpha : float
        Level of `cluster`.
    progress : bool, optional
        True tells on standard error how far work over two seconds has come, False never; by default on a terminal.

    Returns
    -------
    SeveralGearyResult
        Statistics, p-values and `cluster` by unit, in the order of `data`.

    Raises
    ------
    AlignmentError, MissingDataError, DataError
        If values and weights do not cover the same units, or values are missing, not numbers or all equal.
    OptionError
        If the data have no columns.

    References
    ----------
    Anselin, L. (2019). A local indicator of multivariate spatial association: extending Geary's c. Geographical
    Analysis 51, 133-150.

    Examples
    --------
    >>> from gbaspatial.weights import from_pairs
    >>> pairs = pd.DataFrame({"focal": list("abcbcd"), "neighbor": list("bcdabc")})
    >>> data = pd.DataFrame({"x": [1.0, 2, 4, 5], "y": [2.0, 2, 3, 5]}, index=list("abcd"))
    >>> multivariate_local_geary(data, from_pairs(pairs)).inference
    'exact'
    """
    w = by_label(w)
    aligned = align_frame(data, w.ids)
    if aligned.shape[1] == 0:
        raise OptionError("the data have no columns; give at least one variable.")
    rows = []
    for name in aligned.columns:
        y = align(aligned[name], w.ids, f"'{name}'")
        check_testable(y, w, str(name))
        y = in_unit(y)[0]
        z = y - y.mean()
        rows.append(z / np.sqrt(z @ z / (len(z) - _checked_ddof(ddof))))
    z = np.array(rows)
    null = _null(z, w, inference, alternative, draws, seed_of(rng))
    each = np.array([quadrants(row, w.sparse) for row in z])
    classes = np.where((each == each[0]).all(axis=0) & np.isin(each[0], ("HH", "LL")), each[0], "undefined")
    classes = np.where(null.observed < null.mean, classes, "undefined")
    return local_result(
        "Multivariate local Geary",
        Found(null, classes),
        w,
        data,
        Judgement(alternative, adjust, alpha),
        result=SeveralGearyResult,
    )
