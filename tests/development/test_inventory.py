"""Capital stocks: closed forms, an independent stock, and what is refused."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, strategies as st

import gbaspatial as gba
from gbaspatial.development import perpetual_inventory
from gbaspatial.errors import DataError, MissingDataError, OptionError

INDEX = pd.MultiIndex.from_product([["a", "b"], range(2001, 2006)], names=["city", "year"])
INVESTED = pd.Series([10.0, 11, 13, 12, 15, 2, 3, 2, 4, 5], index=INDEX, name="invested")


@given(growth=st.floats(0.0, 0.3), rate=st.floats(0.02, 0.3))
def test_in_a_steady_state_the_stock_grows_as_investment_does(growth, rate):
    invested = pd.Series(5 * (1 + growth) ** np.arange(5), index=INDEX[:5])
    stock = perpetual_inventory(invested, depreciation=rate).stock
    np.testing.assert_allclose(stock, 5 * (1 + growth) ** np.arange(1, 6) / (growth + rate))


def test_by_hand_with_a_rate_and_with_a_given_stock():
    found = perpetual_inventory(INVESTED, depreciation=0.1, initial=0.2)
    assert found.initial.to_dict() == {"a": 50.0, "b": 10.0}
    assert found.stock.loc["a"].tolist() == pytest.approx([55, 60.5, 67.45, 72.705, 80.4345])
    np.testing.assert_allclose(found.initial_share.loc["a"], 50 * 0.9 ** np.arange(1, 6) / found.stock.loc["a"])
    none = perpetual_inventory(INVESTED, depreciation=0.1, initial=pd.Series({"b": 0.0, "a": 0.0}))
    assert none.stock[("b", 2002)] == pytest.approx(2 * 0.9 + 3)
    assert (none.initial_share == 0).all()


def test_deflators_by_year_and_by_row():
    prices = pd.Series([1.0, 1.1, 1.2, 1.3, 1.4], index=range(2001, 2006))
    by_row = pd.Series(np.tile(prices, 2), index=INDEX).sample(frac=1, random_state=1)
    first = perpetual_inventory(INVESTED, deflator=prices, initial=0.1)
    pd.testing.assert_series_equal(first.stock, perpetual_inventory(INVESTED, deflator=by_row, initial=0.1).stock)
    np.testing.assert_allclose(first.investment, INVESTED / np.tile(prices, 2))


def test_order_of_rows_and_first_years_that_differ():
    shuffled = INVESTED.sample(frac=1, random_state=2)
    found = perpetual_inventory(shuffled, initial=0.1).stock
    assert found.index.equals(shuffled.index)
    pd.testing.assert_series_equal(found.reindex(INDEX), perpetual_inventory(INVESTED, initial=0.1).stock)
    later = perpetual_inventory(INVESTED.drop([("a", 2001)]), initial=0.1)
    assert later.initial["a"] == 110
    assert later.stock.loc["b"].tolist() == found.reindex(INDEX).loc["b"].tolist()


def test_other_choices_keep_the_rest():
    found = perpetual_inventory(INVESTED, depreciation=0.1, initial=0.2)
    expected = perpetual_inventory(INVESTED, depreciation=0.05, initial=0.2)
    pd.testing.assert_series_equal(found.with_choices(depreciation=0.05).stock, expected.stock)
    pd.testing.assert_series_equal(
        found.with_choices(initial="steady state").stock, perpetual_inventory(INVESTED, depreciation=0.1).stock
    )


def test_growth_of_own_stocks_follows_the_penn_world_table():
    """Hong Kong and Macao, 1991-2019: capital formation of the World Bank against stocks made by others."""
    for city, least in (("Hong Kong", 0.9), ("Macao", 0.99)):
        data = gba.load_capital_panel(years=range(1980, 2020), cities=city)
        formation = data["capital_formation_constant_local"].dropna()
        stock = perpetual_inventory(formation, depreciation=float(data["pwt_depreciation"].mean())).stock
        both = pd.DataFrame({"own": stock, "theirs": data["pwt_capital_stock_usd2017"]}).loc[city]
        own, theirs = np.log(both).diff().loc[1991:].T.to_numpy()
        assert np.corrcoef(own, theirs)[0, 1] > least
        assert own.mean() == pytest.approx(theirs.mean(), abs=0.008)


def test_bad_input_is_told():
    with pytest.raises(MissingDataError, match=r"investment is missing for a \(2003\)"):
        perpetual_inventory(INVESTED.drop([("a", 2003)]))
    with pytest.raises(DataError, match="negative for"):
        perpetual_inventory(-INVESTED)
    with pytest.raises(OptionError, match="depreciation=1.2"):
        perpetual_inventory(INVESTED, depreciation=1.2)
    with pytest.raises(OptionError, match="initial='zero' is not known"):
        perpetual_inventory(INVESTED, initial="zero")
    with pytest.raises(OptionError, match="initial=2"):
        perpetual_inventory(INVESTED, initial=2)
    with pytest.raises(DataError, match="no steady state, for a"):
        perpetual_inventory(INVESTED.where(INVESTED.index != ("a", 2002), 0.0))
    falling = pd.Series([100.0, 60, 30, 20, 10, 1, 2, 3, 4, 5], index=INDEX)
    with pytest.raises(DataError, match="shrinks faster than capital wears out for a"):
        perpetual_inventory(falling)
    with pytest.raises(MissingDataError, match="deflator has nothing for 2005"):
        perpetual_inventory(INVESTED, deflator=pd.Series(1.0, index=range(2001, 2005)))
    with pytest.raises(DataError, match="deflator is not positive"):
        perpetual_inventory(INVESTED, deflator=pd.Series(0.0, index=range(2001, 2006)))
