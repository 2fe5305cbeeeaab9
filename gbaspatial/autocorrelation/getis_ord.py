"""Getis and Ord's G: do high (or low) values gather, globally and unit by unit?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd
from scipy import sparse

from gbaspatial.autocorrelation.entrance import DRAWING, Subject, admitted_values, drawn_by
from gbaspatial.autocorrelation.global_results import SharedTest
from gbaspatial.autocorrelation.local_results import Found, Judgement, LocalTest, local_result
from gbaspatial.autocorrelation.procedure import Procedure
from gbaspatial.errors import DataError, OptionError, some
from gbaspatial.inference.conditional import LocalSums, conditional_null
from gbaspatial.inference.cross_product import CrossProduct, automatic
from gbaspatial.inference.moments import PairSums
from gbaspatial.inference.null import (
    Alternative,
    Inference,
    check_draws,
    check_test,
    normal_local_null,
    normal_null,
)
from gbaspatial.options import public
from gbaspatial.progress import shows_progress
from gbaspatial.randomness import Rng, seed_of
from gbaspatial.results import Table
from gbaspatial.weights import Weights

_KINDS = ("auto", "exact", "permutation", "randomization")


@dataclass(frozen=True, slots=True, eq=False)
class GeneralGResult(SharedTest):
    """General G and its test: above its expectation high values gather, below it low ones. See `GlobalTest`."""

    _power: ClassVar[str | None] = "general_g"


@dataclass(frozen=True, slots=True, eq=False)
class LocalGResult(LocalTest):
    """Local G statistics; `cluster` is hot, cold, not significant, isolate or undefined. See `LocalTest`."""

    def tables(self) -> tuple[Table, ...]:
        """The statistic by unit, and for which the ratio is not defined."""
        table, *rest = LocalTest.tables(self)
        undefined = self.frame.index[self.frame["statistic"].isna() & self.frame["p_value"].notna()]
        if not len(undefined):
            return (table, *rest)
        note = f"The sum of values is not positive for {some(undefined)}: z and p without the ratio."
        return (Table(table.frame, table.title, (note, *table.notes), table.formats), *rest)


@drawn_by(*DRAWING)
@shows_progress
@public
def general_g(
    values: pd.Series,
    w: Weights,
    *,
    corrected: bool = True,
    inference: Inference = "auto",
    alternative: Alternative = "two-sided",
    draws: int = 9_999,
    rng: Rng = None,
    stop_after: int | None = None,
    progress: bool | None = None,
) -> GeneralGResult:
    """Getis and Ord's general G = sum_ij w_ij x_i x_j / sum_{i != j} x_i x_j.

    Units without neighbors stay in the denominator and among the orders, as in esda.

    Parameters
    ----------
    values : pandas.Series, length n
        With a natural origin: none negative.
    w : Weights
        Used as given; binary ones are usual.
    corrected : bool
        Whether the variance over all orders is right; False gives the formula as printed in 1992, whose term B1
        has s1 where it should have 2 s1 (spdep's ``B1correct``; for comparison with older
        software, with ``inference="randomization"``).
    inference : {"auto", "exact", "permutation", "randomization"}
        All orders, random ones, or a normal distribution with the moments over all orders.
    alternative : {"two-sided", "greater", "less"}
    draws : int
    rng : int, Generator or None
    stop_after : int, optional
    progress : bool, optional
        True tells on standard error how far work over two seconds has come, False never; by default on a terminal.

    Returns
    -------
    GeneralGResult

    Raises
    ------
    DataError
        If a value is negative, or fewer than two are positive.
    OptionError
        If ``corrected=False`` is asked of another inference than randomization.

    References
    ----------
    Getis, A. and Ord, J. K. (1992). The analysis of spatial association by use of distance statistics. Geographical
    Analysis 24, 189-206; erratum 25, 276.

    Examples
    --------
    >>> from gbaspatial.weights import from_pairs
    >>> pairs = pd.DataFrame({"focal": list("abcbcd"), "neighbor": list("bcdabc")})
    >>> result = general_g(pd.Series({"a": 1.0, "b": 2.0, "c": 4.0, "d": 5.0}), from_pairs(pairs))
    >>> round(result.statistic, 4), round(result.expected, 4)
    (0.6122, 0.5)
    """
    check_test(inference, alternative, _KINDS)
    check_draws(draws)
    t = admitted_values(values, w)
    if (t.y < 0).any():
        raise DataError(
            f"general G needs values with a natural origin, but {some(t.w.ids[t.y < 0])} are negative; use moran."
        )
    x = t.y
    total = float(x.sum() ** 2 - x @ x)
    if total <= 0:
        raise DataError("general G needs at least two positive values.")
    statistic = CrossProduct(t.w.sparse, x, 1 / total, PairSums(t.w.s0, t.w.s1, t.w.s2))
    kind = automatic(len(x), x) if inference == "auto" else inference
    if not corrected:
        if kind != "randomization":
            raise OptionError("corrected=False is a formula of the variance; use it with inference='randomization'.")
        mean = statistic.moments()[0]
        null = normal_null("randomization", statistic.observed, mean, _variance_of_1992(statistic, mean))
    else:
        null = statistic.null(kind, draws=draws, seed=seed_of(rng), alternative=alternative, stop_after=stop_after)
    return GeneralGResult("General G", null, alternative, t.n, t.values, t.w)


def _variance_of_1992(statistic: CrossProduct, mean: float) -> float:
    """The variance of G as printed by Getis and Ord (1992)."""
    x, n = statistic.x, len(statistic.x)
    s0, s1, s2 = statistic.sums
    b0 = (n**2 - 3 * n + 3) * s1 - n * s2 + 3 * s0**2
    b1 = -((n**2 - n) * s1 - 2 * n * s2 + 3 * s0**2)
    b2 = -(2 * n * s1 - (n + 3) * s2 + 6 * s0**2)
    b3 = 4 * (n - 1) * s1 - 2 * (n + 1) * s2 + 8 * s0**2
    b4 = s1 - s2 + s0**2
    m1, m2, m3, m4 = (float((x**power).sum()) for power in (1, 2, 3, 4))
    square = b0 * m2**2 + b1 * m4 + b2 * m1**2 * m2 + b3 * m1 * m3 + b4 * m1**4
    falling = n * (n - 1) * (n - 2) * (n - 3)
    return square / ((m1**2 - m2) ** 2 * falling) - mean**2


@drawn_by(*DRAWING)
@shows_progress
@public
def local_g(
    values: pd.Series,
    w: Weights,
    *,
    inference: Inference = "auto",
    alternative: Alternative = "two-sided",
    draws: int = 9_999,
    rng: Rng = None,
    adjust: str = "bh",
    alpha: float = 0.05,
    progress: bool | None = None,
) -> LocalGResult:
    """Getis and Ord's G_i = sum_j w_ij x_j / sum_{j != i} x_j, the unit itself left out.

    Expectation, variance and z are those of Ord and Getis (1995), right for any weights: z does not change when
    a row of W is multiplied (esda's does).

    Parameters
    ----------
    values : pandas.Series, length n
        Numbers of any sign. Where their sum is not positive, as of residuals and growth rates, or is no more than
        rounding, the ratio is not defined: `statistic`, `expected` and `variance` are NaN, while z and p-values,
        which do not depend on the denominator, are given (of the numerator sum_j w_ij x_j).
    w : Weights
        Used as given. Units without neighbors get NaN and the class "isolate".
    inference : {"auto", "exact", "permutation", "randomization"}
        As for `local_moran`: the unit keeps its value.
    alternative : {"two-sided", "greater", "less"}
    draws : int
    rng : int, Generator or None
    adjust : str
    alpha : float
        Level of `cluster`: "hot" above the expectation, "cold" below.
    progress : bool, optional
        True tells on standard error how far work over two seconds has come, False never; by default on a terminal.

    Returns
    -------
    LocalGResult

    References
    ----------
    Ord, J. K. and Getis, A. (1995). Local spatial autocorrelation statistics: distributional issues and an
    application. Geographical Analysis 27, 286-306.

    Examples
    --------
    >>> from gbaspatial.weights import from_pairs
    >>> pairs = pd.DataFrame({"focal": list("abcbcd"), "neighbor": list("bcdabc")})
    >>> result = local_g(pd.Series({"a": 1.0, "b": 2.0, "c": 4.0, "d": 5.0}), from_pairs(pairs))
    >>> result.z.round(2).tolist()
    [-1.34, -0.98, 0.98, 1.34]
    """
    t = admitted_values(values, w)
    total = _denominator(t.y, t.y.sum() - t.y)
    sums = LocalSums(t.w.sparse, t.y[None, :], _coefficients(total))
    return _local("Local G", t, sums, total, _procedure(inference, alternative, draws, rng), adjust, alpha)


@drawn_by(*DRAWING)
@shows_progress
@public
def local_g_star(
    values: pd.Series,
    w: Weights,
    *,
    inference: Inference = "auto",
    alternative: Alternative = "two-sided",
    draws: int = 9_999,
    rng: Rng = None,
    adjust: str = "bh",
    alpha: float = 0.05,
    progress: bool | None = None,
) -> LocalGResult:
    """Getis and Ord's G_i* = sum_j w_ij x_j / sum_j x_j, the unit itself among its neighbors.

    The weight of the unit on itself is the mean of its row; where rows sum to one they are divided by the
    new sum. All n values are random under the null, that of the unit too, so that z and
    exact or permutation p-values speak of the same thing (esda and GeoDa hold the unit's value fixed
    in permutations, which is the test of `local_g`).

    Parameters
    ----------
    values : pandas.Series, length n
        Numbers of any sign; where their sum is not positive the ratio is NaN, z and p-values are given.
    w : Weights
        The unit itself is added with the mean weight of its row. Units without neighbors get NaN and the class
        "isolate".
    inference : {"auto", "exact", "permutation", "randomization"}
        The unit keeps its value: all sets of neighbors, random ones, or a normal distribution with their moments.
    alternative : {"two-sided", "greater", "less"}
        Which tail the p-value counts.
    draws : int
        Random orders, or random sets of neighbors of a local statistic.
    rng : int, Generator or None
        Seed of what is drawn; recorded.
    adjust : str
        Which correction for multiple tests `p_adjusted` holds: ``"bh"``, ``"by"``, ``"bonferroni"``, ``"sidak"``,
        ``"holm"``, ``"by-neighbor"`` or ``"none"``.
    alpha : float
        Level of `cluster`.
    progress : bool, optional
        True tells on standard error how far work over two seconds has come, False never; by default on a terminal.

    Returns
    -------
    LocalGResult

    References
    ----------
    Ord, J. K. and Getis, A. (1995). Local spatial autocorrelation statistics: distributional issues and an
    application. Geographical Analysis 27, 286-306.

    Examples
    --------
    >>> from gbaspatial.weights import from_pairs
    >>> pairs = pd.DataFrame({"focal": list("abcbcd"), "neighbor": list("bcdabc")})
    >>> result = local_g_star(pd.Series({"a": 1.0, "b": 2.0, "c": 4.0, "d": 5.0}), from_pairs(pairs))
    >>> result.z.round(2).tolist()
    [-1.64, -1.26, 1.26, 1.64]
    """
    t = admitted_values(values, w)
    sums, total = star_sums(t)
    return _local("Local G*", t, sums, total, _procedure(inference, alternative, draws, rng), adjust, alpha)


def star_sums(t: Subject) -> tuple[LocalSums, np.ndarray]:
    """Gi* as sums over neighbors and the unit itself, and what they were divided by (n,)."""
    total = _denominator(t.y, np.full(len(t.y), t.y.sum()))
    return LocalSums(with_self(t.w), t.y[None, :], _coefficients(total), everyone=True), total


def with_self(w: Weights) -> sparse.csr_array:
    """W (n, n) with the mean weight of each row on its diagonal, rows that sum to one divided by the new sum."""
    counts = np.diff(w.sparse.indptr)
    own = np.divide(w.row_sums, counts, out=np.zeros(w.n), where=counts > 0)
    sums_to_one = np.allclose(w.row_sums[counts > 0], 1.0, rtol=0, atol=1e-12)
    shrink = counts / (counts + 1.0) if sums_to_one else np.ones(w.n)
    widened = sparse.csr_array(w.sparse + sparse.diags_array(own))
    widened.data *= np.repeat(shrink, np.diff(widened.indptr))
    widened.sort_indices()
    return widened


def _denominator(y: np.ndarray, total: np.ndarray) -> np.ndarray:
    """Sums of values (n,) that local G divides by; NaN where they are not positive, or are rounding alone."""
    rounding = len(y) * np.finfo(float).eps * np.abs(y).sum()
    return np.where(total > rounding, total, np.nan)


def _coefficients(total: np.ndarray) -> np.ndarray:
    """What sums over neighbors are multiplied by (1, n): any positive number gives the same z and p-value."""
    return np.where(np.isnan(total), 1.0, 1 / total)[None, :]


def _procedure(inference: str, alternative: Alternative, draws: int, rng: Rng) -> Procedure:
    """What the doors of both local statistics take, checked."""
    check_test(inference, alternative, _KINDS)
    return Procedure(inference, alternative, check_draws(draws), seed_of(rng))


def _local(
    name: str,
    t: Subject,
    sums: LocalSums,
    total: np.ndarray,
    how: Procedure,
    adjust: str,
    alpha: float,
) -> LocalGResult:
    if how.inference == "randomization":
        null = normal_local_null("randomization", sums.observed, *sums.moments())
    else:
        null = conditional_null(sums, how.inference, draws=how.draws, seed=how.seed, needed=t.linked)
    classes = np.where(null.observed > null.mean, "hot", "cold")
    found = local_result(
        name, Found(null, classes), t.w, t.values, Judgement(how.alternative, adjust, alpha), result=LocalGResult
    )
    undefined = found.frame.index.isin(t.w.ids[np.isnan(total)])
    found.frame.loc[undefined, ["statistic", "expected", "variance"]] = np.nan
    return found
