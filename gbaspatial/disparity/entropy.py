"""Inequality with a parameter: generalized entropy, which holds both of Theil's indices, and Kolm's absolute index."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
from scipy import special

from gbaspatial.alignment import as_numbers, check_units
from gbaspatial.disparity.inequality import InequalityResult, check_several, people_of, shares_of
from gbaspatial.errors import DataError, GbaWarning, OptionError, some
from gbaspatial.options import number, public

_ALL_BUT_THE_LOWEST = 100.0  # aversion times what the lowest value lacks to the mean


@public
def generalized_entropy(
    values: pd.Series, population: pd.Series | None = None, *, alpha: float = 2.0
) -> InequalityResult:
    """Generalized entropy: the larger `alpha`, the more the rich units weigh.

    GE(alpha) = sum of p [(s / p)^alpha - 1] / [alpha (alpha - 1)] with shares s of the amount and p of the people;
    alpha 1 is Theil's T, alpha 0 his L, alpha 2 half the squared coefficient of variation.

    Parameters
    ----------
    values : pandas.Series, length n
        Amounts by unit (totals, if `population` is given).
    population : pandas.Series, length n, optional
        People by unit, for inequality of the amount per head.
    alpha : float

    Returns
    -------
    InequalityResult
        Zero if all are alike.

    Raises
    ------
    AlignmentError, MissingDataError, DataError
        If values and population do not cover the same units, are missing or negative; or zero where alpha is at most
        zero.

    References
    ----------
    Shorrocks, A. F. (1980). The class of additively decomposable inequality measures. Econometrica 48(3), 613-625.

    Examples
    --------
    >>> round(generalized_entropy(pd.Series([1.0, 1.0, 4.0]), alpha=2), 4)
    0.25
    """
    number(alpha, "alpha")
    s, p = shares_of(values, population)
    ratio = s / p
    if alpha <= 0 and (ratio == 0).any():
        raise DataError(
            f"alpha={alpha:g} needs positive amounts, but they are zero for {some(values.index[ratio == 0])}."
        )
    if alpha == 0:
        value = float(-(p @ np.log(ratio)))
    elif alpha == 1:
        value = float(special.xlogy(s, ratio).sum())
    else:
        value = float(p @ (ratio**alpha - 1) / (alpha * (alpha - 1)))
    if not np.isfinite(value):
        raise OptionError(f"alpha={alpha:g} is so far from zero that the index is no number; choose one nearer.")
    name = f"generalized entropy, alpha {alpha:g}"
    return InequalityResult(
        max(value, 0.0), name, len(s), population is not None, values=values, index="entropy", aversion=float(alpha)
    )


@public
def kolm(values: pd.Series, population: pd.Series | None = None, *, aversion: float = 1.0) -> InequalityResult:
    """Kolm's absolute index: log of the mean of exp(aversion (mean - x)), over the aversion.

    It has the unit of the values and stays the same if everybody gets the same amount more, not if everybody gets
    twice as much: the aversion has the inverse unit, so it must fit the size of the values.

    Parameters
    ----------
    values : pandas.Series, length n
        Amounts by unit (totals, if `population` is given).
    population : pandas.Series, length n, optional
        People by unit, for inequality of the amount per head.
    aversion : float
        Positive: the larger, the more the poorest count; towards zero half the variance times it.

    Returns
    -------
    InequalityResult
        In the unit of the values; zero if all are alike.

    Raises
    ------
    AlignmentError, MissingDataError, DataError
        If values and population do not cover the same units, are missing, or people are not positive.

    References
    ----------
    Kolm, S.-C. (1976). Unequal inequalities I. Journal of Economic Theory 12(3), 416-442.

    Examples
    --------
    >>> round(kolm(pd.Series([1.0, 1.0, 4.0])), 4)
    0.6191
    """
    if not number(aversion, "aversion") > 0:
        raise OptionError(f"aversion={aversion!r} must be positive.")
    check_units(values.index)
    x = as_numbers(values).to_numpy(dtype=float)
    check_several(len(x))
    people = people_of(population, values.index)
    heads = x if population is None else x / people
    share = people / people.sum()
    gap = aversion * (share @ heads - heads)
    if not np.isfinite(gap).all():
        raise OptionError(f"aversion={aversion:g} times the values is no number; measure them in a larger unit.")
    if gap.max() > _ALL_BUT_THE_LOWEST:
        warnings.warn(
            f"Kolm's aversion of {aversion:g} is large for these values: the index is little else than the mean less "
            f"the lowest value; try {1 / float(heads.std() or 1):.2g} or so.",
            GbaWarning, stacklevel=5,
        )  # fmt: skip
    value = float(special.logsumexp(gap, b=share)) / aversion
    name = f"Kolm, aversion {aversion:g}"
    return InequalityResult(
        max(value, 0.0), name, len(x), population is not None, values=values, index="kolm", aversion=float(aversion)
    )
