"""Capital stocks by the perpetual inventory: what was invested, less what has worn out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import pandas as pd

from gbaspatial.alignment import align, as_numbers, periods_of
from gbaspatial.development.indicators import check_rows
from gbaspatial.errors import DataError, LabelTypeError, MissingDataError, OptionError, some
from gbaspatial.options import number, public
from gbaspatial.results import Result, Table

Initial: TypeAlias = "Literal['steady state'] | float | pd.Series"


@dataclass(frozen=True, slots=True, eq=False)
class CapitalResult(Result):
    """A capital stock at the end of each period.

    Attributes
    ----------
    stock : pandas.Series
        By unit and period, in the prices of the period where the deflator is one.
    investment : pandas.Series
        In the same prices.
    initial : pandas.Series
        The stock before the first period, by unit.
    initial_share : pandas.Series
        The part of each stock that is what is left of the initial one: an assumption, not data.
    depreciation : float
    rule : "steady state", float or pandas.Series
        How the initial stock was found.
    """

    stock: pd.Series
    investment: pd.Series
    initial: pd.Series
    initial_share: pd.Series
    depreciation: float
    rule: Initial

    def with_choices(self, *, depreciation: float | None = None, initial: Initial | None = None) -> CapitalResult:
        """The stock under another rate of depreciation or another initial stock.

        Parameters
        ----------
        depreciation : float, optional
        initial : optional
            By default as before where that was a rule; a given Series is kept.
        """
        rate = self.depreciation if depreciation is None else depreciation
        return perpetual_inventory(
            self.investment, depreciation=rate, initial=self.rule if initial is None else initial
        )

    @property
    def _rule_in_words(self) -> str:
        if isinstance(self.rule, pd.Series):
            return "as given"
        return self.rule if isinstance(self.rule, str) else f"first investment over {self.rule:g}"

    def tables(self) -> tuple[Table, ...]:
        """Stock and the part of it that is assumed, first and last period; the stock by period."""
        wide = self.stock.unstack()  # noqa: PD010
        share = self.initial_share.unstack()  # noqa: PD010
        first, last = wide.columns[0], wide.columns[-1]
        frame = pd.DataFrame({
            "initial": self.initial, first: wide[first], last: wide[last],
            f"assumed {first}": share[first], f"assumed {last}": share[last],
        })  # fmt: skip
        notes = (
            f"Depreciation {self.depreciation:.2%} a year; initial stock: {self._rule_in_words}; end of period; prices "
            f"of the period where the deflator is one.",
            "assumed: the part of a stock that is left of the initial one.",
        )
        return (Table(frame.rename_axis(wide.index.name), "Capital stock by perpetual inventory", notes),)


@public
def perpetual_inventory(
    investment: pd.Series,
    *,
    deflator: pd.Series | None = None,
    depreciation: float = 0.096,
    initial: Initial = "steady state",
) -> CapitalResult:
    """Capital stock K(t) = (1 - depreciation) K(t - 1) + I(t) / deflator(t), at the end of each year.

    Parameters
    ----------
    investment : pandas.Series
        By unit and year, every year from a unit's first to its last.
    deflator : pandas.Series, optional
        Price index of investment, by unit and year or by year; stocks are in prices of the year
        where it is one. Without it investment is taken as real.
    depreciation : float
        A year, between 0 and 1. Zhang, Wu and Zhang (2004) take 9.6 per cent for the provinces of China.
    initial : {"steady state"}, float or pandas.Series
        Stock before the first year: first investment over (g + depreciation), with g the mean
        growth of real investment of the unit (``"steady state"``, Harberger); over a rate that is
        given, such as 0.1; or a Series by unit.

    Returns
    -------
    CapitalResult

    Raises
    ------
    MissingDataError, DataError
        If a year is missing, investment is negative, or a steady state does not exist.
    OptionError
        If depreciation or the initial rate is out of range.

    References
    ----------
    Harberger, A. C. (1978). Perspectives on capital and technology in less-developed
    countries. In: Contemporary Economic Analysis, 15-40. Zhang, J., Wu, G. and Zhang, J.
    (2004). The estimation of China's provincial capital stock: 1952-2000. Economic Research
    Journal 10, 35-44.

    Examples
    --------
    >>> index = pd.MultiIndex.from_product([["a"], [2001, 2002, 2003]], names=["city", "year"])
    >>> stock = perpetual_inventory(pd.Series([10.0, 11.0, 12.1], index=index), depreciation=0.1).stock
    >>> stock.round(2).tolist()
    [55.0, 60.5, 66.55]
    """
    rate = number(depreciation, "depreciation", least=0, most=1, open_ends=True)
    real = _real(investment, deflator)
    wide = real.unstack().sort_index(axis=1)  # noqa: PD010
    _check_years(wide)
    start = _initial(wide, rate, initial)
    first = wide.notna().to_numpy().argmax(axis=1)
    stocks, left = accumulate(wide.to_numpy(), start.to_numpy(), first, rate)
    rows = real.index

    def _long(table: np.ndarray, name: str) -> pd.Series:
        return pd.DataFrame(table, wide.index, wide.columns).stack().reindex(rows).rename(name)

    return CapitalResult(
        stock=_long(stocks, "capital"),
        investment=real,
        initial=start,
        initial_share=_long(np.divide(left, stocks, out=np.zeros_like(left), where=stocks > 0), "initial_share"),
        depreciation=rate,
        rule=initial,
    )


def accumulate(
    investment: np.ndarray, start: np.ndarray, first: np.ndarray, rate: float
) -> tuple[np.ndarray, np.ndarray]:
    """Stocks (n, T) at the end of each year and what is left in them of `start` (n,), from column `first` (n,) on."""
    stocks, left = np.full(investment.shape, np.nan), np.full(investment.shape, np.nan)
    for unit, column in enumerate(first):
        stock = old = start[unit]
        for t in range(column, investment.shape[1]):
            stock, old = (1 - rate) * stock + investment[unit, t], (1 - rate) * old
            stocks[unit, t], left[unit, t] = stock, old
    return stocks, left


def _real(investment: pd.Series, deflator: pd.Series | None) -> pd.Series:
    """Investment in constant prices, none negative."""
    periods_of(investment, "investment")
    check_rows(investment.index, "investment")
    amounts = as_numbers(investment).rename("investment")
    if (amounts < 0).any():
        raise DataError(f"investment is negative for {some(amounts.index[amounts < 0])}.")
    if deflator is None:
        return amounts
    if not isinstance(deflator, pd.Series):
        raise LabelTypeError("deflator= must be a Series by year, or by unit and year.")
    prices = _matched(deflator, amounts) if deflator.index.nlevels == 2 else _by_year(deflator, amounts)
    if (prices <= 0).any():
        raise DataError(f"the deflator is not positive for {some(amounts.index[prices <= 0])}.")
    return amounts / prices


def _matched(deflator: pd.Series, amounts: pd.Series) -> np.ndarray:
    check_rows(deflator.index, "deflator")
    return _deflators(deflator, amounts.index)


def _by_year(deflator: pd.Series, amounts: pd.Series) -> np.ndarray:
    check_rows(deflator.index, "deflator")
    years = amounts.index.get_level_values(1)
    return _deflators(deflator, years)


def _deflators(deflator: pd.Series, wanted: pd.Index) -> np.ndarray:
    """The deflator (m,) for each label that is wanted; raise for those that it lacks."""
    absent = wanted.unique()[~wanted.unique().isin(deflator.index)]
    if len(absent):
        raise MissingDataError(f"the deflator has nothing for {some(absent)}.")
    return as_numbers(deflator.reindex(wanted), "the deflator").to_numpy()


def _check_years(wide: pd.DataFrame) -> None:
    """Raise if a unit has no investment in a year between its first and its last."""
    years = wide.columns
    if not pd.api.types.is_integer_dtype(years):
        raise DataError(f"the periods of the investment are {years.dtype}; write years as whole numbers such as 2019.")
    full = wide.reindex(columns=range(years.min(), years.max() + 1))
    known = full.notna().to_numpy()
    inside = np.maximum.accumulate(known, axis=1) & np.maximum.accumulate(known[:, ::-1], axis=1)[:, ::-1]
    gaps = [f"{full.index[i]} ({full.columns[t]})" for i, t in np.argwhere(inside & ~known)]
    if gaps:
        raise MissingDataError(f"investment is missing for {some(gaps)}; a stock needs every year.")


def _initial(wide: pd.DataFrame, rate: float, initial: Initial) -> pd.Series:
    """The stock before each unit's first year."""
    if isinstance(initial, pd.Series):
        given = pd.Series(align(initial, wide.index, "initial stock", "investment"), wide.index, name="initial")
        if (given < 0).any():
            raise DataError(f"the initial stock is negative for {some(given.index[given < 0])}.")
        return given
    first = wide.bfill(axis=1).iloc[:, 0]
    if not isinstance(initial, str):
        share = number(initial, "initial", least=0, most=1, open_ends=True)
        return (first / share).rename("initial")
    if initial != "steady state":
        raise OptionError(f"initial={initial!r} is not known; use 'steady state', a rate such as 0.1, or a Series.")
    zero = wide.index[(wide <= 0).any(axis=1) | (wide.notna().sum(axis=1) < 2)]
    if len(zero):
        raise DataError(f"no growth of investment, so no steady state, for {some(zero)}: give initial= a rate.")
    growth = np.expm1(np.log(wide).diff(axis=1).mean(axis=1))
    odd = wide.index[growth + rate <= 0]
    if len(odd):
        raise DataError(f"investment shrinks faster than capital wears out for {some(odd)}: give initial= a rate.")
    return (first / (growth + rate)).rename("initial")
