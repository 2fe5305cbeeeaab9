"""GDP of the eleven cities as money of each year, in constant prices, and at price levels of one's own."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

from gbaspatial.data.capital import load_capital_panel
from gbaspatial.data.load import load_panel
from gbaspatial.data.schema import PANEL_YEARS, chosen_cities, chosen_years
from gbaspatial.errors import DataError, OptionError, UnknownNameError, some
from gbaspatial.options import public, word

if TYPE_CHECKING:
    import pandas as pd

Prices = Literal["nominal", "real", "ppp", "real ppp"]
_WITH_LEVELS = ("ppp", "real ppp")
_CONSTANT = ("real", "real ppp")


@public
def load_gdp(
    *,
    prices: Prices = "nominal",
    base_year: int = PANEL_YEARS[-1],
    price_level: pd.Series | None = None,
    years: int | Iterable[int] | None = None,
    cities: str | Iterable[str] | None = None,
) -> pd.DataFrame:
    """GDP, people and GDP per head by city and year, in the prices asked for.

    Parameters
    ----------
    prices : {"nominal", "real", "ppp", "real ppp"}
        ``"nominal"`` is yuan of each year at market rates. ``"real"`` is the GDP of `base_year` carried to other years
        by the published growth of volumes, so that neither prices nor exchange rates move it. ``"ppp"`` divides by
        `price_level`.
    base_year : int
        Whose prices and exchange rates are kept (``"real"`` and ``"real ppp"``).
    price_level : pandas.Series, optional
        For ``"ppp"``: what a basket costs in each city in yuan at market rates, against any common measure, by city.
        None is shipped: no purchasing power parities of the three economies are among the data.
    years : int or iterable of int, optional
        By default 2000 to 2023.
    cities : str or list of str, optional
        By default all eleven.

    Returns
    -------
    pandas.DataFrame
        Index (``city``, ``year``); ``tier, side, gdp, gdp_pc, population``.

    Raises
    ------
    OptionError
        Where purchasing power is asked for without price levels, or price levels are given and not used.
    DataError
        Where a price level is missing or not positive.
    UnknownNameError
        For a year or city that does not exist.

    Notes
    -----
    Growth of volumes: ``gdp_growth_index`` of the nine mainland cities, ``gdp_real_growth_pct`` of Hong Kong and Macao.
    GDP per head keeps the published denominators: it is ``gdp_pc_cny`` times real over nominal GDP.

    Examples
    --------
    >>> real = load_gdp(prices="real", base_year=2010)
    >>> nominal = load_gdp()
    >>> bool((real["gdp"] / nominal["gdp"]).xs(2010, level="year").round(9).eq(1).all())
    True
    """
    word(prices, get_args(Prices), "prices")
    if base_year not in PANEL_YEARS:
        raise UnknownNameError(f"base_year={base_year} is not among {PANEL_YEARS[0]} to {PANEL_YEARS[-1]}.")
    wanted = chosen_years(PANEL_YEARS if years is None else years, PANEL_YEARS[0], PANEL_YEARS[-1])
    places = chosen_cities(cities)
    panel = load_panel(variables=["gdp_cny", "gdp_pc_cny", "population"], years=PANEL_YEARS, cities=places)
    found = panel.rename(columns={"gdp_cny": "gdp", "gdp_pc_cny": "gdp_pc"})
    if prices in _CONSTANT:
        real = _volumes(found["gdp"], base_year, places)
        found["gdp_pc"] *= real / found["gdp"]
        found["gdp"] = real
    levels = _levels(price_level, prices, places)
    if levels is not None:
        by_row = levels.loc[found.index.get_level_values("city")].to_numpy()
        found[["gdp", "gdp_pc"]] = found[["gdp", "gdp_pc"]].div(by_row, axis=0)
    return found[found.index.get_level_values("year").isin(wanted)]


def _volumes(nominal: pd.Series, base_year: int, places: list[str]) -> pd.Series:
    """GDP in prices of the base year: its money, carried forward and back by the growth of volumes."""
    mainland = load_panel(variables="gdp_growth_index", years=PANEL_YEARS, cities=places)["gdp_growth_index"] / 100
    others = load_capital_panel(variables="gdp_real_growth_pct", years=PANEL_YEARS, cities=places)
    growth = mainland.fillna(1 + others["gdp_real_growth_pct"].reindex(mainland.index) / 100)
    steps = np.log(growth).where(growth.index.get_level_values("year") > PANEL_YEARS[0], 0.0)
    path = steps.groupby(level="city").cumsum()
    base = (np.log(nominal) - path).xs(base_year, level="year")
    kept: pd.Series = np.exp(path + base.loc[path.index.get_level_values("city")].to_numpy())
    return kept.rename(nominal.name)


def _levels(price_level: pd.Series | None, prices: str, places: list[str]) -> pd.Series | None:
    import pandas as pd

    if prices not in _WITH_LEVELS:
        if price_level is not None:
            raise OptionError(f"price_level= is not used with prices={prices!r}; ask for 'ppp' or 'real ppp'.")
        return None
    if price_level is None:
        raise OptionError(
            "purchasing power needs price_level=, a Series by city: no purchasing power parities are among the data."
        )
    if not isinstance(price_level, pd.Series):
        raise OptionError("price_level= is a Series of numbers by city.")
    levels = price_level.reindex(places).astype(float)
    wrong = levels.index[~(np.isfinite(levels) & (levels > 0))]
    if len(wrong):
        raise DataError(f"price_level has no positive number for {some(wrong)}.")
    return levels
