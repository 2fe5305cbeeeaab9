"""What the shipped tables are made of: cities, variables, years, and the words for what is not there."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING

from gbaspatial.data.files import table
from gbaspatial.errors import OptionError, UnknownNameError, nearest_names
from gbaspatial.options import public

if TYPE_CHECKING:
    import pandas as pd

CITY_COLUMNS = ["adcode", "name_zh", "name_zht", "tier", "side"]
FIRST_YEAR, LAST_YEAR = 1999, 2024
PANEL_YEARS = range(2000, 2024)
"""The years in which all eleven cities have GDP, population and employment."""


@public
def city_table() -> pd.DataFrame:
    """The eleven cities: codes, names, tier, side and currency, indexed by English name.

    Returns
    -------
    pandas.DataFrame
        One row a city.

    Examples
    --------
    >>> city_table().loc["Macao", ["adcode", "side"]].tolist()
    ['820000', 'Macao']
    """
    return table("cities").set_index("city")


@cache
def _variables() -> pd.DataFrame:
    return table("variables").set_index("variable")


@public
def variables() -> pd.DataFrame:
    """Every variable of the city panel: label, unit, what it is, where it comes from, years and cities covered.

    Returns
    -------
    pandas.DataFrame
        Index ``variable``; columns ``label, label_zh, unit, default, description, origin,
        first_year, last_year, cities, values``.

    Examples
    --------
    >>> from gbaspatial.data import variables
    >>> variables().loc["gdp_cny", "unit"]
    'yuan'
    """
    return _variables().copy()


def chosen_variables(names: str | Iterable[str] | None) -> list[str]:
    """`names` as a list of known variables; None stands for the default set, "all" for every one."""
    known = _variables()
    if names is None:
        return known.index[known["default"].astype(bool)].tolist()
    if isinstance(names, str):
        if names == "all":
            return known.index.tolist()
        names = [names]
    wanted = list(dict.fromkeys(names))
    for name in wanted:
        if name not in known.index:
            raise UnknownNameError(f"there is no variable {name!r}. {nearest_names(name, known.index)}")
    check_chosen(wanted)
    return wanted


def check_chosen(variables: list[str]) -> None:
    """Raise if no variable is chosen at all."""
    if not variables:
        raise OptionError("variables=[] names no variable; leave it out for the default set, or use 'all'.")


def chosen_years(years: int | Iterable[int] | None, first: int, last: int, what: str = "the panel") -> list[int]:
    """`years` as a sorted list within `first` and `last`, or an error that says which years exist."""
    chosen = PANEL_YEARS if years is None else years
    wanted = list(chosen) if isinstance(chosen, Iterable) and not isinstance(chosen, str) else [chosen]
    if not wanted:
        raise OptionError("years is empty; leave it out for all years.")
    for year in wanted:
        if isinstance(year, bool) or not hasattr(year, "__index__"):
            raise OptionError(f"years={year!r} is not a year; use integers such as 2019.")
        if not first <= year <= last:
            raise UnknownNameError(f"{what} has no year {year}; there are {first} to {last}.")
    return sorted({int(year) for year in wanted})


def chosen_cities(cities: str | Iterable[str] | None) -> list[str]:
    """`cities` as a list of known names; None stands for all eleven."""
    known = city_table().index
    if cities is None:
        return known.tolist()
    wanted = [cities] if isinstance(cities, str) else list(dict.fromkeys(cities))
    for city in wanted:
        if city not in known:
            raise UnknownNameError(f"there is no city {city!r}. {nearest_names(city, known)}")
    return wanted
