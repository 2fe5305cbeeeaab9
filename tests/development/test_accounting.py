"""Growth accounting: what a known production function gives back, laws, and what is named or refused."""

import numpy as np
import pandas as pd
import pytest

from gbaspatial.development import growth_accounting, perpetual_inventory
from gbaspatial.errors import AlignmentError, DataError, MissingDataError, OptionError

INDEX = pd.MultiIndex.from_product([list("abc"), range(2001, 2009)], names=["city", "year"])
_rng = np.random.default_rng(4)
CAPITAL = pd.Series(np.exp(_rng.normal(0.08, 0.02, (3, 8)).cumsum(axis=1)).ravel(), INDEX)
LABOR = pd.Series(np.exp(_rng.normal(0.02, 0.01, (3, 8)).cumsum(axis=1)).ravel(), INDEX)
TFP = pd.Series(np.exp(np.outer([0.01, 0.02, 0.03], np.arange(8))).ravel(), INDEX)
OUTPUT = TFP * CAPITAL**0.4 * LABOR**0.6


def test_a_known_production_function_is_found_again():
    found = growth_accounting(OUTPUT, CAPITAL, LABOR, share=0.4)
    np.testing.assert_allclose(found.by_unit()["tfp"], [1, 2, 3])
    np.testing.assert_allclose(found.tfp, TFP)
    parts = found.contributions
    np.testing.assert_allclose(parts[["capital", "labor", "tfp"]].sum(axis=1), parts["output"])
    np.testing.assert_allclose(found.by_unit()["tfp_share"], found.by_unit()["tfp"] / found.by_unit()["output"])


def test_shares_by_unit_and_by_year():
    by_unit = pd.Series({"c": 0.4, "b": 0.4, "a": 0.4})
    by_year = pd.Series(0.4, index=INDEX).sample(frac=1, random_state=1)
    expected = growth_accounting(OUTPUT, CAPITAL, LABOR, share=0.4).contributions
    for share in (by_unit, by_year):
        pd.testing.assert_frame_equal(growth_accounting(OUTPUT, CAPITAL, LABOR, share=share).contributions, expected)
    moving = pd.Series(np.linspace(0.3, 0.5, 24), index=INDEX)
    found = growth_accounting(OUTPUT, CAPITAL, LABOR, share=moving).contributions.loc[("a", 2002)]
    growth = np.log(CAPITAL[("a", 2002)] / CAPITAL[("a", 2001)])
    assert found["capital"] == pytest.approx((moving.iloc[0] + moving.iloc[1]) / 2 * growth)


def test_order_and_units_of_measurement_do_not_matter():
    order = INDEX[_rng.permutation(24)]
    mixed = growth_accounting(OUTPUT[order] * 1e9, CAPITAL * 1e4, LABOR[::-1] / 1e4)
    base = growth_accounting(OUTPUT, CAPITAL, LABOR)
    pd.testing.assert_frame_equal(mixed.contributions.reindex(base.contributions.index), base.contributions)
    assert mixed.tfp.index.equals(order)


def test_jumps_are_named_and_left_out_beside():
    labor = LABOR * np.where((INDEX.get_level_values(0) == "b") & (INDEX.get_level_values(1) >= 2004), 1.7, 1.0)
    found = growth_accounting(OUTPUT, CAPITAL, labor, share=0.4)
    assert found.jumps.index.tolist() == [("b", 2004, "labor")]
    assert "labor of b in 2004 (+7" in str(found.summary())
    assert found.by_unit().loc["b", "tfp"] == pytest.approx(2 - 100 * 0.6 * np.log(1.7) / 7)
    assert found.by_unit().loc["b", "tfp_without_jumps"] == pytest.approx(2)


def test_the_band_holds_every_choice():
    stock = perpetual_inventory(CAPITAL, depreciation=0.08, initial=0.1)
    rows = INDEX[INDEX.get_level_values(1) > 2002]
    found = growth_accounting(OUTPUT[rows], stock, LABOR[rows], share=0.5)
    band = found.sensitivity(share=[0.3, 0.5], depreciation=[0.05, 0.08], initial=[0.1, "steady state"])
    assert band.combinations.shape == (3, 8)
    assert ((band.band["lower"] <= band.band["tfp"]) & (band.band["tfp"] <= band.band["upper"])).all()
    np.testing.assert_allclose(band.combinations["share 0.5, depreciation 0.08, initial 0.1"], found.by_unit()["tfp"])
    other = growth_accounting(OUTPUT[rows], perpetual_inventory(CAPITAL, depreciation=0.05), LABOR[rows], share=0.3)
    np.testing.assert_allclose(
        band.combinations["share 0.3, depreciation 0.05, initial steady state"], other.by_unit()["tfp"]
    )
    assert "more than half of a stock is the initial one" in str(found.summary())
    falling = pd.Series(np.where(INDEX.get_level_values(0) == "b", 0.5 ** np.arange(24), CAPITAL), INDEX)
    part = growth_accounting(OUTPUT, perpetual_inventory(falling, initial=0.1), LABOR).sensitivity(depreciation=[0.1])
    assert "shrinks faster than capital wears out for b" in part.refused["depreciation 0.1, initial steady state"]
    assert part.combinations.shape == (3, 3 * 2)
    assert "Not possible: depreciation 0.1, initial steady state" in str(part.summary())
    bare = growth_accounting(OUTPUT, CAPITAL, LABOR).sensitivity(share=[0.4, 0.5])
    assert bare.combinations.columns.tolist() == ["share 0.4", "share 0.5"]


def test_bad_input_is_told():
    with pytest.raises(AlignmentError, match=r"absent from labor: c \(2008\)"):
        growth_accounting(OUTPUT, CAPITAL, LABOR.iloc[:-1])
    with pytest.raises(AlignmentError, match="nothing is assumed beyond the last investment"):
        growth_accounting(OUTPUT, perpetual_inventory(CAPITAL.drop([("c", 2008)])), LABOR)
    gap = INDEX.drop([("b", 2004)])
    with pytest.raises(MissingDataError, match="b has no row for 2004"):
        growth_accounting(OUTPUT[gap], CAPITAL[gap], LABOR[gap])
    with pytest.raises(DataError, match="capital is not positive"):
        growth_accounting(OUTPUT, CAPITAL * 0, LABOR)
    with pytest.raises(OptionError, match="share=1.5"):
        growth_accounting(OUTPUT, CAPITAL, LABOR, share=1.5)
    with pytest.raises(OptionError, match="between 0 and 1 for every unit"):
        growth_accounting(OUTPUT, CAPITAL, LABOR, share=pd.Series({"a": 0.4, "b": 0.4, "c": 4}))
    one = INDEX[INDEX.get_level_values(1) == 2001]
    with pytest.raises(DataError, match="a has one year only"):
        growth_accounting(OUTPUT[one], CAPITAL[one], LABOR[one])
