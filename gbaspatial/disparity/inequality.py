"""How unequal units are: inequality indices, with Theil's split within and between groups.

Every index takes totals by unit (GDP) and, if given, the population they are shared by:
then it measures inequality of the amount per head, each unit weighing by its people.
Without a population each unit weighs the same and `values` are compared as they are.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, Self

import numpy as np
import pandas as pd

from gbaspatial.alignment import align, align_labels, as_numbers, check_units
from gbaspatial.errors import DataError, OptionError, some
from gbaspatial.options import public
from gbaspatial.referee import code as _code, second_opinion as _second_opinion
from gbaspatial.results import Result, Table

Kind = Literal["T", "L"]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class InequalityResult(Result, float):
    """An index of inequality: a number to reckon with, which tells what it is and tabulates itself.

    Attributes
    ----------
    value : float
        The index; the result itself is this number too.
    name : str
        What the index is called.
    n : int
        Units compared.
    by_head : bool
        Whether a population was given, so that amounts per head are compared.
    values : pandas.Series
        What was compared.
    index : str
        The index in one word, such as ``"gini"``.
    aversion : float
        The parameter of Atkinson's, Kolm's and the generalized entropy index; NaN of others.
    """

    value: float
    name: str
    n: int
    by_head: bool
    values: pd.Series = field(kw_only=True)
    index: str = field(kw_only=True)
    aversion: float = field(default=float("nan"), kw_only=True)

    def __new__(cls, value: float, *_: object, **__: object) -> Self:
        """The number; the dataclass keeps the rest."""
        return float.__new__(cls, value)

    def __format__(self, spec: str) -> str:
        return format(self.value, spec)

    def tables(self) -> tuple[Table, ...]:
        """The index, and how many units it compares."""
        frame = pd.DataFrame({"value": [self.value], "n": [self.n]}, index=pd.Index([self.name], name="index"))
        return (Table(frame, f"Inequality of {self.n} units{self._of_what()}"),)

    def _of_what(self) -> str:
        return ", by head of the population" if self.by_head else ""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class SharedIndex(InequalityResult):
    """An index that other programs have, too; see `InequalityResult`."""

    second_opinion = _second_opinion
    code = _code


def index_kind(by_head: bool) -> type[InequalityResult]:
    """The class of an index that others have of units that weigh the same."""
    return InequalityResult if by_head else SharedIndex


def shares_of(values: pd.Series, population: pd.Series | None) -> tuple[np.ndarray, np.ndarray]:
    """Shares of the total (n,) and of the population (n,), in the order of `values`."""
    if isinstance(values, pd.Series):
        check_units(values.index)
        ids = values.index
    else:
        ids = pd.RangeIndex(0)
    amounts = align(values, ids)
    check_several(len(amounts))
    amounts = _in_unit(amounts)
    if not (amounts != 0).any():
        raise DataError("inequality of nothing is not defined: all amounts are zero.")
    if (amounts < 0).any() or amounts.sum() <= 0:
        raise DataError(f"inequality needs amounts that are not negative; see {some(ids[amounts < 0])}.")
    people = _in_unit(people_of(population, ids))
    return amounts / amounts.sum(), people / people.sum()


def check_several(n: int) -> None:
    """Raise unless there are two units."""
    if n < 2:
        raise DataError("inequality needs at least two units.")


def people_of(population: pd.Series | None, ids: pd.Index) -> np.ndarray:
    """The population (n,) in the order of `ids`, which must be positive; one for each unit without one."""
    if population is None:
        return np.ones(len(ids))
    people = align(population, ids, "population", "values")
    if (people <= 0).any():
        raise DataError(f"the population must be positive, but is not for {some(ids[people <= 0])}.")
    return people


def _in_unit(numbers: np.ndarray) -> np.ndarray:
    """`numbers` divided by the power of two next to the largest: their sum is then a number, whatever their size."""
    return np.ldexp(numbers, -int(np.frexp(np.abs(numbers).max())[1]))


@public
def gini(values: pd.Series, population: pd.Series | None = None, *, corrected: bool = False) -> InequalityResult:
    """Gini coefficient, from 0 (all alike) to 1.

    Parameters
    ----------
    values : pandas.Series, length n
        Amounts by unit (totals, if `population` is given).
    population : pandas.Series, length n, optional
        People by unit.
    corrected : bool
        Multiply by n / (n - 1), so that the largest value is one in a small sample.

    Returns
    -------
    InequalityResult
        From 0 to 1; a number that tabulates itself.

    References
    ----------
    Gini, C. (1912). Variabilità e mutabilità.

    Examples
    --------
    >>> round(gini(pd.Series([1.0, 1.0, 4.0])), 4)
    0.3333
    """
    s, p = shares_of(values, population)
    order = np.argsort(s / p, kind="stable")
    s, p = s[order], p[order]
    before = np.cumsum(s) - s / 2
    value = float(1 - 2 * (p @ before))
    value = value * len(s) / (len(s) - 1) if corrected else value
    name, index = ("Gini, corrected", "gini_corrected") if corrected else ("Gini", "gini")
    return index_kind(population is not None)(value, name, len(s), population is not None, values=values, index=index)


@public
def hoover(values: pd.Series, population: pd.Series | None = None) -> InequalityResult:
    """Hoover (Robin Hood) index: the share of the total that would have to move to make all alike.

    Parameters
    ----------
    values : pandas.Series, length n
        Amounts by unit (totals, if `population` is given).
    population : pandas.Series, length n, optional
        People by unit, for inequality of the amount per head.

    Returns
    -------
    InequalityResult
        From 0 to 1.

    References
    ----------
    Hoover, E. M. (1936). The measurement of industrial localization. Review of Economic
    Statistics 18, 162-171.

    Examples
    --------
    >>> round(hoover(pd.Series([1.0, 1.0, 4.0])), 4)
    0.3333
    """
    s, p = shares_of(values, population)
    moved = float(np.abs(s - p).sum() / 2)
    return index_kind(population is not None)(
        moved, "Hoover", len(s), population is not None, values=values, index="hoover"
    )


@public
def herfindahl(values: pd.Series) -> InequalityResult:
    """Herfindahl-Hirschman index of concentration, the sum of squared shares: from 1/n to 1.

    Parameters
    ----------
    values : pandas.Series, length n
        Amounts by unit, none negative.

    Returns
    -------
    InequalityResult
        From 1/n to 1.

    Examples
    --------
    >>> float(herfindahl(pd.Series([1.0, 1.0, 2.0])))
    0.375
    """
    s, _ = shares_of(values, None)
    name = "Herfindahl-Hirschman"
    return InequalityResult(float(s @ s), name, len(s), by_head=False, values=values, index="herfindahl")


@public
def coefficient_of_variation(
    values: pd.Series, population: pd.Series | None = None, *, ddof: int = 0
) -> InequalityResult:
    """Standard deviation over mean; with a population, Williamson's weighted coefficient.

    Parameters
    ----------
    values : pandas.Series, length n
        Amounts by unit (totals, if `population` is given).
    population : pandas.Series, length n, optional
        People by unit, for inequality of the amount per head.
    ddof : int
        1 for the sample standard deviation (only without `population`).

    Returns
    -------
    InequalityResult
        Zero if all are alike.

    Raises
    ------
    AlignmentError, MissingDataError, DataError
        If values and population do not cover the same units, or are missing or negative.

    References
    ----------
    Williamson, J. G. (1965). Regional inequality and the process of national
    development. Economic Development and Cultural Change 13(4), 1-84.

    Examples
    --------
    >>> round(coefficient_of_variation(pd.Series([1.0, 1.0, 4.0])), 4)
    0.7071
    """
    if ddof not in (0, 1) or (ddof and population is not None):
        raise OptionError(f"ddof={ddof!r} does not fit; use 0, or 1 when no population is given.")
    s, p = shares_of(values, population)
    variance = float(p @ (s / p - 1) ** 2)
    value = float(np.sqrt(variance * len(s) / (len(s) - ddof)))
    name = "coefficient of variation"
    return InequalityResult(value, name, len(s), population is not None, values=values, index="variation")


@public
def atkinson(values: pd.Series, population: pd.Series | None = None, *, epsilon: float = 0.5) -> InequalityResult:
    """Atkinson's index with inequality aversion `epsilon`, from 0 to 1.

    Parameters
    ----------
    values : pandas.Series, length n
        Amounts by unit (totals, if `population` is given).
    population : pandas.Series, length n, optional
        People by unit, for inequality of the amount per head.
    epsilon : float
        Aversion to inequality, positive: the larger, the more the poorest count.

    Returns
    -------
    InequalityResult
        From 0 (all alike) to 1.

    Raises
    ------
    AlignmentError, MissingDataError, DataError
        If values and population do not cover the same units, or are missing or negative.

    References
    ----------
    Atkinson, A. B. (1970). On the measurement of inequality. Journal of Economic Theory
    2, 244-263.

    Examples
    --------
    >>> round(atkinson(pd.Series([1.0, 1.0, 4.0]), epsilon=1), 4)
    0.2063
    """
    if not epsilon > 0:
        raise OptionError(f"epsilon={epsilon!r} must be positive.")
    s, p = shares_of(values, population)
    ratio = s / p
    if epsilon >= 1 and (ratio == 0).any():
        raise DataError("with epsilon of one or more every amount must be positive.")
    if epsilon == 1:
        value = float(1 - np.exp(p @ np.log(ratio)))
    else:
        value = float(1 - (p @ ratio ** (1 - epsilon)) ** (1 / (1 - epsilon)))
    name = f"Atkinson, epsilon {epsilon:g}"
    # equal amounts leave a rounding error of either sign
    return index_kind(population is not None)(
        max(value, 0.0), name, len(s), population is not None, values=values, index="atkinson", aversion=float(epsilon)
    )


@public
def mean_by_group(values: pd.Series, groups: pd.Series) -> pd.DataFrame:
    """Mean, smallest and largest value of each group, with the ratio of its mean to the mean of all units.

    Parameters
    ----------
    values : pandas.Series, length n
        Amounts by unit.
    groups : pandas.Series, length n
        The group of each unit, such as its tier.

    Returns
    -------
    pandas.DataFrame
        One row a group.

    Examples
    --------
    >>> mean_by_group(pd.Series({"a": 3.0, "b": 1.0}), pd.Series({"b": 2, "a": 1}, name="tier"))["ratio"].tolist()
    [1.5, 0.5]
    """
    check_units(values.index)
    numbers = as_numbers(values)
    labels = align_labels(groups, values.index, "groups", "values")
    by = numbers.groupby(pd.Series(labels, index=values.index, name=groups.name or "group"))
    frame = by.agg(["size", "mean", "min", "max"]).rename(columns={"size": "units"})
    frame["ratio"] = frame["mean"] / numbers.mean()
    return frame
