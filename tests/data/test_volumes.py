"""GDP in the prices asked for: growth of volumes alone moves real GDP, price levels divide, and bad input is told."""

import numpy as np
import pandas as pd
import pytest

import gbaspatial as gba
from gbaspatial.data.load import load_panel
from gbaspatial.errors import DataError, OptionError, UnknownNameError

LEVELS = pd.Series(1.0, index=gba.data.city_table().index)


@pytest.mark.parametrize("base_year", [2000, 2010, 2023])
def test_real_gdp_grows_as_published(base_year):
    real = gba.data.load_gdp(prices="real", base_year=base_year)["gdp"].unstack("city")  # noqa: PD010
    growth = real.pct_change().dropna() * 100
    index = load_panel(variables="gdp_growth_index", years=range(2001, 2024))["gdp_growth_index"].unstack("city")  # noqa: PD010
    other = gba.load_capital_panel(variables="gdp_real_growth_pct", years=range(2001, 2024))["gdp_real_growth_pct"]
    other = other.unstack("city")  # noqa: PD010
    for city in ("Shenzhen", "Zhaoqing"):
        assert growth[city].to_numpy() == pytest.approx(index[city].to_numpy() - 100)
    for city in ("Hong Kong", "Macao"):
        assert growth[city].to_numpy() == pytest.approx(other[city].to_numpy())


def test_nominal_is_what_the_panel_has():
    panel = load_panel(variables=["gdp_cny", "gdp_pc_cny"], years=range(2000, 2024))
    found = gba.data.load_gdp()
    assert found["gdp"].tolist() == panel["gdp_cny"].tolist()
    assert found["gdp_pc"].tolist() == panel["gdp_pc_cny"].tolist()


def test_price_levels_divide_money_and_not_people():
    levels = LEVELS.mask(LEVELS.index == "Macao", 2.0)
    plain, found = gba.data.load_gdp(), gba.data.load_gdp(prices="ppp", price_level=levels)
    ratio = (plain["gdp_pc"] / found["gdp_pc"]).groupby(level="city").mean()
    assert ratio.to_dict() == pytest.approx(levels[ratio.index].to_dict())
    assert found["population"].tolist() == plain["population"].tolist()
    both = gba.data.load_gdp(prices="real ppp", price_level=levels)
    assert np.allclose(
        both["gdp"] * levels[both.index.get_level_values("city")].to_numpy(), gba.data.load_gdp(prices="real")["gdp"]
    )


def test_some_years_and_cities():
    found = gba.data.load_gdp(prices="real", years=[2005, 2006], cities=["Macao", "Foshan"])
    assert len(found) == 4
    every = gba.data.load_gdp(prices="real")["gdp"]
    assert found["gdp"].tolist() == pytest.approx(every.loc[found.index].tolist())


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"prices": "ppp"}, OptionError, "needs price_level="),
        ({"price_level": LEVELS}, OptionError, "is not used with prices='nominal'"),
        ({"prices": "ppp", "price_level": LEVELS.drop("Macao")}, DataError, "no positive number for Macao"),
        ({"prices": "ppp", "price_level": -LEVELS}, DataError, "no positive number"),
        ({"prices": "ppp", "price_level": 2.0}, OptionError, "Series of numbers by city"),
        ({"prices": "dear"}, OptionError, "prices='dear'"),
        ({"prices": "real", "base_year": 1990}, UnknownNameError, "base_year=1990 is not among 2000 to 2023"),
        ({"years": 1990}, UnknownNameError, "1990"),
    ],
)
def test_bad_input_is_told(options, error, words):
    with pytest.raises(error, match=words):
        gba.data.load_gdp(**options)
