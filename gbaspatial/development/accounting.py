"""Growth accounting: how much of growth is more capital and labor, how much is efficiency."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import TypeAlias, cast

import numpy as np
import pandas as pd

from gbaspatial.alignment import align, as_numbers, check_same_units, periods_of
from gbaspatial.development.indicators import check_rows
from gbaspatial.development.inventory import CapitalResult, Initial
from gbaspatial.development.jumps import jump_note, jumps_of
from gbaspatial.errors import AlignmentError, DataError, MissingDataError, OptionError, some
from gbaspatial.options import number, public
from gbaspatial.results import Result, Table

Share: TypeAlias = "float | pd.Series"


@dataclass(frozen=True, slots=True, eq=False)
class GrowthResult(Result):
    """Growth of output split into capital, labor and total factor productivity.

    Attributes
    ----------
    contributions : pandas.DataFrame
        By unit and later period, in log points: `output`, `capital` (share times growth of capital), `labor`, and
        `tfp`, the rest (Solow's residual). The last three sum to the first.
    tfp : pandas.Series
        Level of total factor productivity, 1 in each unit's first period.
    jumps : pandas.DataFrame
        Output, capital or labor that jump, which the residual takes for efficiency.
    data : pandas.DataFrame
        Output, capital, labor and the capital share by unit and period.
    inventory : CapitalResult or None
        The capital stock as it was given, if it was made by `perpetual_inventory`.
    """

    contributions: pd.DataFrame
    tfp: pd.Series
    jumps: pd.DataFrame
    data: pd.DataFrame
    inventory: CapitalResult | None

    def by_unit(self) -> pd.DataFrame:
        """Mean growth a year in per cent (log points), by unit: output, its parts, and the part of tfp in growth.

        ``tfp_without_jumps`` leaves out the periods in which output, capital or labor jump.
        """
        frame = 100 * self.contributions.groupby(level=0, sort=False).mean()
        frame["tfp_share"] = np.where(frame["output"].abs() > 1e-9, frame["tfp"] / frame["output"], np.nan)
        jumped = self.contributions.index.isin(self.jumps.index.droplevel("variable"))
        calm = 100 * self.contributions["tfp"][~jumped].groupby(level=0, sort=False).mean()
        return frame.assign(tfp_without_jumps=calm.reindex(frame.index))

    def by_period(self) -> pd.DataFrame:
        """Mean growth in per cent (log points) over the units, by later period."""
        return 100 * self.contributions.groupby(level=1).mean()

    def sensitivity(
        self,
        *,
        share: Sequence[float] = (0.4, 0.5, 0.6),
        depreciation: Sequence[float] = (0.05, 0.096, 0.12),
        initial: Sequence[float | str] = ("steady state", 0.1, 0.2),
    ) -> GrowthBandResult:
        """Mean growth of tfp under other shares of capital, rates of depreciation and initial stocks, as a band.

        Depreciation and initial stock are varied where capital was given as a result of `perpetual_inventory`.

        Parameters
        ----------
        share : list of float
            Capital's share of income.
        depreciation : list of float
        initial : list of float or "steady state"
        """
        return _band(self, list(share), list(depreciation), list(initial))

    def tables(self) -> tuple[Table, ...]:
        """Means by unit and period; all contributions."""
        by_unit = self.by_unit()
        notes = [
            "Per cent a year (log points): output = capital + labor + tfp. tfp is a residual: it holds errors of "
            "measurement, idle capacity and whatever else is not counted.",
            *jump_note(self.jumps),
        ]
        if self.inventory is not None:
            share = self.inventory.initial_share.reindex(self.data.index)
            early = share[share > 0.5]
            if len(early):
                notes.append(
                    f"Until {early.index.get_level_values(1).max()} more than half of a stock is the initial one, an "
                    f"assumption; sensitivity() gives the band."
                )
        main = Table(by_unit, "Sources of growth by unit, means a year", tuple(notes))
        return (main, Table(self.by_period(), "By later period"), Table(self.contributions, "Log points"))


@dataclass(frozen=True, slots=True, eq=False)
class GrowthBandResult(Result):
    """How far growth of productivity hangs on what is assumed.

    Attributes
    ----------
    band : pandas.DataFrame
        By unit, per cent a year: `tfp` as chosen, `lower`, `upper` over all combinations, and the lowest and highest
        part of tfp in growth.
    combinations : pandas.DataFrame
        Mean growth of tfp of each unit (row) under each combination.
    refused : dict of str to str
        Stocks that these data do not allow, and why.
    """

    band: pd.DataFrame
    combinations: pd.DataFrame
    refused: dict[str, str]

    def tables(self) -> tuple[Table, ...]:
        """The band by unit."""
        notes = (
            f"{self.combinations.shape[1]} combinations; a band whose ends differ in sign leaves the sign open.",
            *(f"Not possible: {name} ({why})" for name, why in self.refused.items()),
        )
        return (Table(self.band, "Growth of total factor productivity, per cent a year", notes),)


@public
def growth_accounting(
    output: pd.Series,
    capital: pd.Series | CapitalResult,
    labor: pd.Series,
    *,
    share: Share = 0.5,
) -> GrowthResult:
    """Growth of output split into capital, labor and total factor productivity (Solow's residual).

    d ln A = d ln Y - s d ln K - (1 - s) d ln L, between neighboring years, with the mean share of both
    (Törnqvist).

    Parameters
    ----------
    output : pandas.Series
        By unit and year, in constant prices, positive.
    capital : pandas.Series or CapitalResult
        Of the same units and years; an inventory may hold more.
    labor : pandas.Series
    share : float or pandas.Series
        Capital's share of income, 0 to 1: one number, by unit, or by unit and year.

    Returns
    -------
    GrowthResult

    Raises
    ------
    AlignmentError, MissingDataError, DataError
        If the three do not cover the same units and years, a year is missing in between, or a
        value is not positive.

    References
    ----------
    Solow, R. M. (1957). Technical change and the aggregate production function. Review of
    Economics and Statistics 39(3), 312-320.

    Examples
    --------
    >>> index = pd.MultiIndex.from_product([["a"], [2001, 2002]], names=["city", "year"])
    >>> y, k, l = (pd.Series([1.0, g], index=index) for g in (1.1, 1.08, 1.02))
    >>> growth_accounting(y, k, l, share=0.4).contributions.mul(100).round(2).values.tolist()
    [[9.53, 3.08, 1.19, 5.26]]
    """
    inventory = capital if isinstance(capital, CapitalResult) else None
    data = _gathered(output, capital.stock if isinstance(capital, CapitalResult) else capital, labor, inventory)
    data["share"] = _share(share, data.index)
    contributions = _contributions(data)
    level = contributions["tfp"].groupby(level=0, sort=False).cumsum()
    return GrowthResult(
        contributions=contributions,
        tfp=np.exp(level.reindex(data.index).fillna(0.0)).rename("tfp"),
        jumps=jumps_of(data[["output", "capital", "labor"]]),
        data=data,
        inventory=inventory,
    )


def _gathered(output: pd.Series, capital: pd.Series, labor: pd.Series, inventory: CapitalResult | None) -> pd.DataFrame:
    """Output, capital and labor in the rows of output."""
    periods_of(output, "output")
    check_rows(output.index, "output")
    if inventory is not None:
        absent = output.index[~output.index.isin(capital.index)]
        if len(absent):
            raise AlignmentError(
                f"the capital stock has nothing for {some(absent)}; nothing is assumed beyond the last investment: "
                f"leave these rows out of output and labor."
            )
        capital = capital.reindex(output.index)
    columns = {"output": output}
    for name, values in (("capital", capital), ("labor", labor)):
        periods_of(values, name)
        if not values.index.equals(output.index):
            _same_rows(values.index, output.index, name)
        columns[name] = values.reindex(output.index)
    data = pd.DataFrame({name: as_numbers(values, name) for name, values in columns.items()})
    for name, column in data.items():
        if (column <= 0).any():
            raise DataError(
                f"{name} is not positive for {some(data.index[column <= 0])}; its logarithm does not exist."
            )
    _check_neighbors(data.index)
    return data


def _same_rows(index: pd.Index, rows: pd.Index, what: str) -> None:
    check_rows(index, what)
    absent, extra = rows.difference(index, sort=False), index.difference(rows, sort=False)
    if len(absent) or len(extra):
        told = [f"absent from {what}: {some(absent)}"] if len(absent) else []
        told += [f"absent from output: {some(extra)}"] if len(extra) else []
        raise AlignmentError(f"{what} and output cover different units and years ({'; '.join(told)}).")


def _check_neighbors(index: pd.Index) -> None:
    """Raise unless each unit has two years or more, without a gap."""
    units, years = index.get_level_values(0), index.get_level_values(1)
    if not pd.api.types.is_integer_dtype(years):
        raise DataError(f"the periods are {years.dtype}; write years as whole numbers such as 2019.")
    for unit, own in pd.Series(years, index=range(len(index))).groupby(np.asarray(units, dtype=object), sort=False):
        if len(own) < 2:
            raise DataError(f"{unit} has one year only; growth needs two.")
        missing = sorted(set(range(own.min(), own.max() + 1)) - set(own))
        if missing:
            raise MissingDataError(f"{unit} has no row for {some(missing)}; growth is from year to year.")


def _share(share: Share, index: pd.Index) -> np.ndarray:
    if not isinstance(share, pd.Series):
        return np.full(len(index), number(share, "share", least=0, most=1))
    if share.index.nlevels == 2:
        _same_rows(share.index, index, "share")
        found = as_numbers(share.reindex(index), "share").to_numpy()
    else:
        units = index.unique(0)
        check_same_units(share.index, units, "share", "output")
        by_unit = pd.Series(align(share, units, "share", "output"), units)
        found = by_unit.reindex(index.get_level_values(0)).to_numpy()
    if ((found < 0) | (found > 1)).any():
        raise OptionError("share= must lie between 0 and 1 for every unit.")
    return found


def _contributions(data: pd.DataFrame) -> pd.DataFrame:
    """Contributions to growth in log points, in the order of `data`, without the first year of each unit."""
    ordered = data.sort_index(level=1, sort_remaining=False)
    groups = ordered.index.get_level_values(0)
    growth = np.log(ordered[["output", "capital", "labor"]]).groupby(groups).diff()
    before = ordered["share"].groupby(groups).shift()
    mean = (ordered["share"] + before) / 2
    frame = pd.DataFrame({
        "output": growth["output"], "capital": mean * growth["capital"], "labor": (1 - mean) * growth["labor"],
    })  # fmt: skip
    frame["tfp"] = frame["output"] - frame["capital"] - frame["labor"]
    kept = frame.dropna()
    order = data.index[data.index.isin(kept.index)]
    frame = kept.reindex(order)
    return frame.reindex(_by_unit_then_year(order))


def _by_unit_then_year(index: pd.Index) -> pd.Index:
    """The rows unit by unit, in the order of the units, years ascending."""
    place = pd.factorize(index.get_level_values(0))[0]
    return index[np.lexsort((index.get_level_values(1), place))]


def _band(result: GrowthResult, shares: list[float], rates: list[float], starts: list[float | str]) -> GrowthBandResult:
    stocks, refused = _stocks(result, rates, starts)
    found = {
        ", ".join([f"share {share:g}", *([name] if name else [])]): _mean_tfp(result.data, share, stock)
        for share in shares
        for name, stock in stocks.items()
    }
    combinations = pd.DataFrame(found)
    means = result.by_unit()
    low, high = combinations.min(axis=1), combinations.max(axis=1)
    band = pd.DataFrame({"tfp": means["tfp"], "lower": low, "upper": high})
    band["lowest_share"], band["highest_share"] = low / means["output"], high / means["output"]
    return GrowthBandResult(band, combinations, refused)


def _stocks(
    result: GrowthResult, rates: list[float], starts: list[float | str]
) -> tuple[dict[str, pd.Series], dict[str, str]]:
    """Capital under each choice, by its name, and the choices that the data do not allow, with the reason."""
    if result.inventory is None:
        return {"": result.data["capital"]}, {}
    stocks, refused = {}, {}
    for rate, start in product(rates, starts):
        name, initial = f"depreciation {rate:g}, initial {start}", cast("Initial", start)
        try:
            stock = result.inventory.with_choices(depreciation=rate, initial=initial).stock
        except DataError as error:
            refused[name] = str(error)
            continue
        stocks[name] = stock.reindex(result.data.index)
    if not stocks:
        raise DataError(f"no choice gives a stock: {next(iter(refused.values()))}")
    return stocks, refused


def _mean_tfp(data: pd.DataFrame, share: float, capital: pd.Series) -> pd.Series:
    """Mean growth of tfp by unit in per cent."""
    changed = data.assign(share=number(share, "share", least=0, most=1), capital=capital)
    return 100 * _contributions(changed)["tfp"].groupby(level=0, sort=False).mean()
