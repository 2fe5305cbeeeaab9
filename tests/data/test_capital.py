"""The shipped figures of capital: what is there, what is not, and that independent figures agree."""

import pandas as pd
import pytest

import gbaspatial as gba
from gbaspatial.errors import UnknownNameError

MAINLAND = gba.data.city_table().query("side == 'mainland'").index


def test_investment_of_the_nine_cities_is_whole_and_ends_in_2016():
    panel = gba.load_capital_panel(years=range(1990, 2025))["fixed_asset_investment_cny"].unstack("year")  # noqa: PD010
    assert panel.loc[MAINLAND, range(1997, 2017)].notna().all(axis=None)
    assert panel.drop(columns=range(1997, 2017)).isna().all(axis=None)
    assert panel.loc[["Hong Kong", "Macao"]].isna().all(axis=None)
    assert panel.loc["Shenzhen", 2015] * 1.2 == pytest.approx(395.8e9, rel=1e-4)  # the published target for 2016


def test_prices_begin_at_one_and_capital_formation_meets_its_constant_prices():
    prices = gba.load_capital_panel(variables="investment_price_index", years=[1997, 2007])["investment_price_index"]
    assert (prices.loc[MAINLAND].xs(1997, level="year") == 1).all()
    assert prices[("Zhuhai", 2007)] == prices[("Foshan", 2007)]
    both = gba.load_capital_panel(years=2022, cities=["Hong Kong", "Macao"])
    ratio = both["capital_formation_local"] / both["capital_formation_constant_local"]
    assert ratio.tolist() == pytest.approx([1.0, 1.005], abs=1e-3)


def test_what_is_not_there_is_told():
    with pytest.raises(UnknownNameError, match="no variable 'investment' of capital"):
        gba.load_capital_panel(variables="investment")
    with pytest.raises(UnknownNameError, match="the capital panel has no year 1970; there are 1980 to 2024"):
        gba.load_capital_panel(years=1970)
    assert isinstance(gba.data.sources().loc["C01", "licence"], str)
    assert pd.Index(["C01", "C02", "C03", "C04", "C05"]).isin(gba.data.sources().index).all()
