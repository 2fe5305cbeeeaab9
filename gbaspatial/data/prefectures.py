"""The statistics of 298 prefecture-level units of mainland China by year: the many units beside the eleven cities."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from typing import TYPE_CHECKING

from gbaspatial.data import files
from gbaspatial.data.load import load_prefectures
from gbaspatial.data.schema import check_chosen, chosen_years
from gbaspatial.errors import CaveatWarning, UnknownNameError, nearest_names, outside, some
from gbaspatial.options import public

if TYPE_CHECKING:
    import pandas as pd

FIRST_YEAR, LAST_YEAR = 2000, 2023
_told: set[str] = set()


@public
def load_prefecture_panel(
    *, variables: str | Iterable[str] | None = None, years: int | Iterable[int] | None = None
) -> pd.DataFrame:
    """The statistics of 298 prefecture-level units of mainland China by year.

    Hong Kong and Macao are not among them: other offices, other statistics. What was not
    published is NaN; nothing is interpolated, and units keep the boundaries of their day,
    so that a change of boundaries is a step. Values with a reason to doubt them stay in,
    are warned of once, and are listed by `prefecture_suspects`.

    Parameters
    ----------
    variables : str or list of str, optional
        Names as in ``gba.data.prefecture_variables()``; ``"all"`` gives every one. By
        default the main ones (patents granted, GDP, sectors, population, loans, deposits).
    years : int or iterable of int, optional
        Within 2000 to 2023, the default. 2010 to 2021 are the years in which 276 units
        are complete in the main variables; GDP of 2001 to 2004 is of another vintage.

    Returns
    -------
    pandas.DataFrame
        Index (``city``, ``year``) with the labels of ``load_prefectures(area="china")``;
        columns ``adcode, province_zh, in_gba`` and the variables, in yuan, persons,
        patents, km2, tonnes.

    Raises
    ------
    UnknownNameError
        For a variable or year that does not exist.

    Warns
    -----
    CaveatWarning
        Once per variable, if suspect values fall into the years asked for.

    Examples
    --------
    >>> panel = load_prefecture_panel(variables="patents_granted", years=range(2010, 2022))
    >>> panel.shape
    (3576, 4)
    """
    import pandas as pd

    names = _chosen(variables)
    wanted = chosen_years(range(FIRST_YEAR, LAST_YEAR + 1) if years is None else years, FIRST_YEAR, LAST_YEAR)
    _warn_of_suspects(names, wanted)
    table = files.table("prefectures")
    table = table[table["year"].isin(wanted)]
    about = _labels().loc[table["adcode"]]
    numbers = table[names].astype(float)
    index = pd.MultiIndex.from_arrays([about["city"], table["year"]], names=["city", "year"])
    first = about.reset_index()[["adcode", "province_zh", "in_gba"]]
    return pd.concat([first.set_axis(index), numbers.set_axis(index)], axis=1).sort_index(
        level="city", sort_remaining=True
    )


@public
def prefecture_suspects(
    variables: str | Iterable[str] | None = None, *, years: int | Iterable[int] | None = None
) -> pd.DataFrame:
    """The values of the prefecture panel that there is a reason to doubt.

    Of a spike all its years are listed, not only its ends. A finding is told with and
    without these units.

    Parameters
    ----------
    variables : str or list of str, optional
        Keep those of these variables; by default all.
    years : int or iterable of int, optional
        Keep those of these years.

    Returns
    -------
    pandas.DataFrame
        Columns ``city, year, variable, value, reason``.

    Raises
    ------
    UnknownNameError
        For a variable or year that does not exist.

    Examples
    --------
    >>> doubted = prefecture_suspects("loans_cny", years=range(2010, 2022))
    >>> sorted(set(doubted["city"]))[:2]
    ['Chaozhou', 'Danzhou']
    """
    found = files.table("prefecture_suspects")
    if variables is not None:
        found = found[found["variable"].isin(_chosen(variables))]
    if years is not None:
        found = found[found["year"].isin(chosen_years(years, FIRST_YEAR, LAST_YEAR))]
    found.insert(0, "city", _labels()["city"].reindex(found["adcode"]).to_numpy())
    return found.drop(columns="adcode").reset_index(drop=True)


@public
def prefecture_variables() -> pd.DataFrame:
    """Every variable of the prefecture panel: label, unit, what it is, where it comes from, years and units covered.

    Returns
    -------
    pandas.DataFrame
        Index ``variable``; columns ``label, label_zh, unit, default, description, origin,
        first_year, last_year, units, values``.

    Examples
    --------
    >>> prefecture_variables().loc["gdp_cny", "unit"]
    'yuan'
    """
    return files.table("prefecture_variables").set_index("variable")


def _labels() -> pd.DataFrame:
    """The label `city` of each unit as in `load_prefectures`, by adcode."""
    units = load_prefectures(area="china").drop(columns="geometry")
    return units.reset_index().set_index("adcode")[["city", "province_zh", "in_gba"]]


def _chosen(names: str | Iterable[str] | None) -> list[str]:
    known = prefecture_variables()
    if names is None:
        return known.index[known["default"].astype(bool)].tolist()
    if isinstance(names, str):
        names = known.index.tolist() if names == "all" else [names]
    wanted = list(dict.fromkeys(names))
    for name in wanted:
        if name not in known.index:
            raise UnknownNameError(f"the prefecture panel has no {name!r}. {nearest_names(name, known.index)}")
    check_chosen(wanted)
    return wanted


def _warn_of_suspects(names: list[str], years: list[int]) -> None:
    """Warn, once a session for each variable, of suspect values in `years`."""
    doubted = prefecture_suspects(names, years=years)
    doubted = doubted[~doubted["variable"].isin(_told)]
    if doubted.empty:
        return
    _told.update(doubted["variable"])
    told = [
        f"{len(rows)} of {name} ({some(rows['city'].unique(), 3)})"
        for name, rows in doubted.groupby("variable", sort=False)
    ]
    warnings.warn(
        f"there are values with a reason to doubt them: {some(told, 8)}; they stay in, "
        f"see gba.data.prefecture_suspects() and show findings with and without these units.",
        CaveatWarning,
        stacklevel=outside(),
    )
