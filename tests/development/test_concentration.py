"""Location quotients, Krugman's and Ellison and Glaeser's indices: by hand, laws, and a simulated dartboard."""

import numpy as np
import pandas as pd
import pytest

from gbaspatial.development import ellison_glaeser, krugman, location_quotient
from gbaspatial.development.concentration import dartboard
from gbaspatial.errors import AlignmentError, DataError, LabelTypeError, MissingDataError

AMOUNTS = pd.DataFrame({"food": [10.0, 30, 5], "steel": [20.0, 10, 0], "chips": [10.0, 10, 5]}, index=["a", "b", "c"])


def test_location_quotients_by_hand():
    found = location_quotient(AMOUNTS)
    assert found.quotients.loc["a"].tolist() == pytest.approx([0.25 / 0.45, 0.5 / 0.3, 0.25 / 0.25])
    assert found.quotients.loc["c", "steel"] == 0
    weights = AMOUNTS.sum(axis=1) / AMOUNTS.to_numpy().sum()
    np.testing.assert_allclose(found.quotients.T @ weights, 1)  # the mean over units is one
    assert found.strongest()["sector"].tolist() == ["steel", "food", "chips"]
    other = location_quotient(AMOUNTS, reference=pd.Series({"chips": 1.0, "steel": 1, "food": 2}))
    assert other.quotients.loc["a"].tolist() == pytest.approx([0.5, 2, 1])


def test_krugman_by_hand():
    found = krugman(AMOUNTS)
    assert found.pairs.loc["a", "b"] == pytest.approx(0.35 + 0.3 + 0.05)
    assert found.specialization["a"] == pytest.approx(abs(0.25 - 35 / 60) + abs(0.5 - 10 / 60) + abs(0.25 - 15 / 60))
    alike = pd.DataFrame({"x": [1.0, 2], "y": [3.0, 6]}, index=["a", "b"])
    assert krugman(alike).specialization.tolist() == pytest.approx([0, 0])
    apart = pd.DataFrame({"x": [1.0, 0], "y": [0.0, 6]}, index=["a", "b"])
    assert krugman(apart).specialization.tolist() == [2, 2]


@pytest.mark.parametrize("factor", [1e-9, 1e9, 1e300])
def test_unit_of_money_and_order_do_not_matter(factor):
    order = ["c", "a", "b"]
    other = AMOUNTS.loc[order, ["chips", "food", "steel"]] * factor
    pd.testing.assert_frame_equal(
        location_quotient(other).quotients, location_quotient(AMOUNTS).quotients.loc[order, ["chips", "food", "steel"]]
    )
    pd.testing.assert_series_equal(krugman(other).specialization, krugman(AMOUNTS).specialization.loc[order])


def test_ellison_glaeser_is_what_the_formula_says():
    rng = np.random.default_rng(3)
    n = 60
    plants = pd.DataFrame(
        {"size": rng.lognormal(size=n), "unit": rng.choice(list("abcd"), n), "sector": rng.choice(list("xyz"), n)}
    )
    found = ellison_glaeser(plants["size"], plants["unit"], plants["sector"].sample(frac=1, random_state=1)).by_sector
    x = plants.groupby("unit")["size"].sum() / plants["size"].sum()
    for sector, own in plants.groupby("sector"):
        s = (own.groupby("unit")["size"].sum() / own["size"].sum()).reindex(x.index, fill_value=0)
        G, H = ((s - x) ** 2).sum(), ((own["size"] / own["size"].sum()) ** 2).sum()
        expected = (G - (1 - (x**2).sum()) * H) / ((1 - (x**2).sum()) * (1 - H))
        assert found.loc[sector, "gamma"] == pytest.approx(expected)
        assert found.loc[sector, "plants"] == len(own)


def test_plants_thrown_at_random_have_gamma_zero_and_z_of_one():
    rng = np.random.default_rng(5)
    x = np.array([0.5, 0.3, 0.15, 0.05])
    size = rng.lognormal(size=30)
    thrown = [dartboard(size, rng.choice(4, 30, p=x), x) for _ in range(4000)]
    assert np.mean([t["gamma"] for t in thrown]) == pytest.approx(0, abs=0.004)
    z = np.array([t["z"] for t in thrown])
    assert z.mean() == pytest.approx(0, abs=0.06)
    assert z.std() == pytest.approx(1, abs=0.06)


def test_one_plant_says_nothing():
    found = ellison_glaeser(pd.Series([1.0, 2, 3]), pd.Series(["a", "b", "b"]), pd.Series(["x", "y", "y"])).by_sector
    assert np.isnan(found.loc["x", "gamma"])
    assert np.isnan(found.loc["x", "z"])


def test_bad_input_is_told():
    with pytest.raises(LabelTypeError, match="ndarray"):
        location_quotient(AMOUNTS.to_numpy())
    with pytest.raises(DataError, match="'food' is negative for a"):
        krugman(AMOUNTS * [-1, 1, 1])
    with pytest.raises(DataError, match="the sector steel has nothing at all"):
        location_quotient(AMOUNTS * [1, 0, 1])
    with pytest.raises(DataError, match="the unit c has nothing at all"):
        location_quotient(AMOUNTS.mul([1, 1, 0], axis=0))
    with pytest.raises(MissingDataError, match="for c"):
        krugman(AMOUNTS.where(AMOUNTS["steel"] > 0))
    with pytest.raises(DataError, match="one only"):
        krugman(AMOUNTS.iloc[:1])
    with pytest.raises(AlignmentError, match="chips"):
        location_quotient(AMOUNTS, reference=pd.Series({"food": 1.0, "steel": 1.0}))
    with pytest.raises(DataError, match="reference has nothing of steel"):
        location_quotient(AMOUNTS, reference=pd.Series({"food": 1.0, "steel": 0.0, "chips": 1.0}))
    ones = pd.Series([1.0, 1, 1])
    with pytest.raises(DataError, match="two units"):
        ellison_glaeser(ones, pd.Series(list("aaa")), pd.Series(list("xyy")))
    with pytest.raises(DataError, match="size is not positive for 1"):
        ellison_glaeser(pd.Series([1.0, 0, 1]), pd.Series(list("abb")), pd.Series(list("xyy")))
