"""How much inequality lies between groups: against all ways written out, and where nothing or all lies between."""

from itertools import permutations

import numpy as np
import pandas as pd
import pytest

import gbaspatial as gba
from gbaspatial import disparity
from gbaspatial.errors import DataError

INCOME = pd.Series([9.0, 8.0, 3.0, 2.0, 1.0, 4.0], index=list("abcdef"))
SIDE = pd.Series(list("xxyyyx"), index=list("abcdef"))


@pytest.mark.parametrize("kind", ["T", "L"])
def test_against_all_orders_written_out(kind):
    found = disparity.between_groups(INCOME, SIDE, kind=kind, draws=99)
    own = disparity.theil(INCOME, groups=SIDE, kind=kind).between_share
    null = [
        disparity.theil(INCOME, groups=pd.Series(list(order), SIDE.index), kind=kind).between_share
        for order in permutations(SIDE)
    ]
    assert found.share == pytest.approx(own)
    assert found.p_value == pytest.approx(np.mean(np.array(null) >= own - 1e-12))
    assert found.expected == pytest.approx(np.mean(null))
    assert found.inference == "exact"


def test_order_does_not_matter_and_draws_are_by_seed():
    one = disparity.between_groups(INCOME, SIDE, draws=199, rng=3)
    two = disparity.between_groups(INCOME.iloc[::-1], SIDE, draws=199, rng=3)
    assert one.share == pytest.approx(two.share)
    assert one.p_value == two.p_value
    assert one.lower <= one.share <= one.upper


def test_many_units_by_random_ways():
    rng = np.random.default_rng(1)
    groups = pd.Series(np.repeat(list("abc"), 20))
    alike = disparity.between_groups(pd.Series(rng.lognormal(size=60)), groups, draws=499, rng=1)
    apart = disparity.between_groups(pd.Series(rng.lognormal(size=60) * np.repeat([1, 5, 25], 20)), groups, draws=499)
    assert alike.inference == "permutation"
    assert alike.p_value > 0.05 > apart.p_value


def test_tiers_of_the_bay():
    cities = gba.load_cities(year=2019)
    found = disparity.between_groups(cities["gdp_cny"], cities["tier"], cities["population"], draws=199)
    assert found.inference == "exact"
    assert "too few for the interval" in str(found)


def test_bad_groups_are_refused():
    with pytest.raises(DataError, match="one for each unit"):
        disparity.between_groups(INCOME, pd.Series(INCOME.index, INCOME.index))
    with pytest.raises(DataError, match="all units are alike"):
        disparity.between_groups(INCOME * 0 + 1, SIDE)


@pytest.mark.parametrize("kind", ["T", "L"])
def test_nothing_is_between_one_group(kind):
    found = disparity.theil(INCOME * 0.3, groups=pd.Series("bay", SIDE.index), kind=kind)
    assert (found.between, found.between_share) == (0.0, 0.0)
    assert found.within == pytest.approx(found.total)
