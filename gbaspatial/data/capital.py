"""What is known of capital: investment of the nine mainland cities, formation in Hong Kong and Macao, prices."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from gbaspatial.data import files
from gbaspatial.data.schema import chosen_cities, chosen_years
from gbaspatial.errors import UnknownNameError, nearest_names
from gbaspatial.options import public

if TYPE_CHECKING:
    import pandas as pd

CAPITAL_YEARS = range(1980, 2025)


@public
def load_capital_panel(
    *,
    variables: str | Iterable[str] | None = None,
    years: int | Iterable[int] | None = None,
    cities: str | Iterable[str] | None = None,
) -> pd.DataFrame:
    """Investment, capital formation and its prices by city and year, for own capital stocks.

    What was not published is NaN. For the nine mainland cities investment in fixed assets ends in 2016: any stock
    beyond is an assumption, and none is shipped.

    - ``fixed_asset_investment_cny``: nine cities, 1997-2016. Not capital formation: land and
      existing assets are in it. From 2011 without projects below five million yuan and rural
      households. Huizhou 2003 (+118 %) and 2006, and Dongguan 2003 (+67 %) are suspect.
    - ``real_estate_investment_cny``: nine cities, 2007-2016.
    - ``investment_price_index``: nine cities, 1997-2017, 1997 = 1; one index of Guangdong for all.
    - ``capital_formation_local``: Hong Kong and Macao, 2000-2023, their own money.
    - ``capital_formation_constant_local``: the same in prices of 2022, 1980-2024.
    - ``gdp_real_growth_pct``: Hong Kong and Macao (the nine: ``gdp_growth_index`` of `load_panel`).
    - ``pwt_capital_stock_usd2017, pwt_depreciation, pwt_labor_share, pwt_tfp, pwt_employment``:
      Hong Kong and Macao, 1980-2019, Penn World Table 10.01: a check of own stocks.

    Parameters
    ----------
    variables : str or list of str, optional
        By default all of these.
    years : int or iterable of int, optional
        Within 1980 to 2024; by default 1997 to 2016.
    cities : str or list of str, optional
        By default all eleven.

    Returns
    -------
    pandas.DataFrame
        Index (``city``, ``year``), one column a variable.

    Raises
    ------
    UnknownNameError
        For a variable, year or city that does not exist.

    Examples
    --------
    >>> capital = load_capital_panel(cities="Shenzhen", variables="fixed_asset_investment_cny")
    >>> float(capital.loc[("Shenzhen", 2015), "fixed_asset_investment_cny"])
    329830760000.0
    """
    import pandas as pd

    long = files.table("capital")
    known = list(dict.fromkeys(long["variable"]))
    names = known if variables is None else [variables] if isinstance(variables, str) else list(variables)
    for name in names:
        if name not in known:
            raise UnknownNameError(f"there is no variable {name!r} of capital. {nearest_names(name, known)}")
    wanted = chosen_years(
        range(1997, 2017) if years is None else years, CAPITAL_YEARS[0], CAPITAL_YEARS[-1], "the capital panel"
    )
    index = pd.MultiIndex.from_product([chosen_cities(cities), wanted], names=["city", "year"])
    wide = long.set_index(["city", "year", "variable"])["value"].unstack("variable")  # noqa: PD010
    wide = wide.reindex(index=index, columns=names).astype(float)
    wide.columns.name = None
    return wide
