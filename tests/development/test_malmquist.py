"""Indices of productivity: Coelli's example, distances of another program, closed forms, laws."""

import json

import numpy as np
import oracle
import pandas as pd
import pytest

from gbaspatial.development import hicks_moorsteen, malmquist
from gbaspatial.errors import DataError, LabelTypeError, MissingDataError, OptionError, UnknownNameError

CASE = json.loads(oracle.find("cases/dea_dealib.json").read_text())
IDS = [f"u{i:02d}" for i in range(12)]
YEARS = {
    2001: pd.DataFrame(np.hstack([CASE["inputs"], CASE["outputs"]]), IDS, ["k", "l", "a", "b"]),
    2002: pd.DataFrame(np.hstack([CASE["inputs_later"], CASE["outputs_later"]]), IDS, ["k", "l", "a", "b"]),
}
PANEL = pd.concat(YEARS, names=["year", "city"]).swaplevel()
TWO = {"outputs": ["a", "b"], "inputs": ["k", "l"]}
_Y = [[1, 2, 3, 4, 5], [1, 3, 4, 3, 5], [1, 3, 4, 3, 5]]
_X = [[2, 4, 3, 5, 6], [2, 4, 3, 5, 5], [2, 4, 3, 5, 5]]
_INDEX = pd.MultiIndex.from_product([[1, 2, 3], list("abcde")], names=["year", "firm"])
COELLI = pd.DataFrame({"y": np.ravel(_Y), "x": np.ravel(_X)}, index=_INDEX, dtype=float).swaplevel()


def test_coelli():
    """Coelli (1996), A guide to DEAP version 2.1, example 4: year 2, then geometric means of year 2."""
    found = malmquist(COELLI, outputs="y", inputs="x")
    year = found.changes.xs(2, level="year")
    expected = pd.DataFrame({
        "efficiency_change": [0.750, 1.125, 1, 0.562, 0.900], "technical_change": [1.333] * 5,
        "pure_efficiency_change": [1, 1.222, 1, 0.650, 1], "scale_change": [0.750, 0.920, 1, 0.865, 0.900],
        "productivity_change": [1, 1.5, 1.333, 0.75, 1.2],
    }, index=list("abcde"))  # fmt: skip
    np.testing.assert_allclose(year, expected, atol=6e-4)
    np.testing.assert_allclose(found.by_period().loc[2], [0.844, 1.333, 0.955, 0.883, 1.125], atol=6e-4)
    np.testing.assert_allclose(found.changes.xs(3, level="year"), 1)
    np.testing.assert_allclose(found.by_unit()["productivity_change"], np.sqrt(year["productivity_change"]))
    np.testing.assert_allclose(found.cumulative().xs(3, level="year"), year)
    assert found.scale_change.equals(found.changes["scale_change"])


@pytest.mark.parametrize("orientation", ["output", "input"])
def test_malmquist_from_distances_of_dealib(orientation):
    found = malmquist(PANEL, **TWO, orientation=orientation)
    np.testing.assert_allclose(found.changes, CASE["expected"][f"malmquist {orientation}"], rtol=1e-9)


def test_the_index_is_the_same_in_both_orientations():
    """A peer turns it round for one of them: 0.888 where 1.127 is meant."""
    first, second = (malmquist(PANEL, **TWO, orientation=o) for o in ("output", "input"))
    np.testing.assert_allclose(first.productivity_change, second.productivity_change)


def test_hicks_moorsteen_from_distances_of_dealib():
    np.testing.assert_allclose(hicks_moorsteen(PANEL, **TWO).changes, CASE["expected"]["hicks_moorsteen"], rtol=1e-9)


@pytest.mark.parametrize("returns", ["constant", "variable", "non-increasing"])
def test_with_one_input_and_one_output_it_is_the_ratio(returns):
    found = hicks_moorsteen(PANEL, outputs="a", inputs="k", returns=returns)
    growth = YEARS[2002] / YEARS[2001]
    np.testing.assert_allclose(found.output_change, growth["a"])
    np.testing.assert_allclose(found.input_change, growth["k"])
    np.testing.assert_allclose(found.productivity_change, growth["a"] / growth["k"])
    constant = malmquist(PANEL, outputs="a", inputs="k")
    np.testing.assert_allclose(constant.productivity_change, growth["a"] / growth["k"])


def test_all_outputs_by_a_tenth_more_is_productivity_by_a_tenth_more():
    later = YEARS[2001] * [1, 1, 1.1, 1.1]
    panel = pd.concat({2001: YEARS[2001], 2002: later}, names=["year", "city"]).swaplevel()
    for index in (malmquist, hicks_moorsteen):
        np.testing.assert_allclose(index(panel, **TWO).productivity_change, 1.1)
    np.testing.assert_allclose(malmquist(panel, **TWO).technical_change, 1.1)


def test_order_and_money_do_not_matter():
    mixed = PANEL.sample(frac=1, random_state=1) * [1e9, 1, 1e-9, 1]
    for index in (malmquist, hicks_moorsteen):
        first, second = index(PANEL, **TWO).changes, index(mixed, **TWO).changes
        pd.testing.assert_frame_equal(second.reindex(first.index), first, rtol=1e-8)
        assert second.index.unique(0).tolist() == mixed.index.unique(0).tolist()


def test_jumps_that_look_like_technical_change_are_named():
    x = np.tile([1.0, 1.02, 1.8, 1.84, 1.88], 4)
    index = pd.MultiIndex.from_product([["Dongguan", "b", "c", "d"], range(2001, 2006)], names=["city", "year"])
    panel = pd.DataFrame({"labor": np.where(index.get_level_values(0) == "Dongguan", x, 1.0), "gdp": 1.0}, index=index)
    found = malmquist(panel, outputs="gdp", inputs="labor")
    assert found.jumps["change_pct"].round(1).to_dict() == {("Dongguan", 2003, "labor"): 76.5}
    assert "labor of Dongguan in 2003 (+76 %)" in str(found.summary())
    assert "Jumps" not in str(
        malmquist(
            panel.drop("Dongguan")
            .assign(labor=1.0)
            .pipe(lambda d: pd.concat([d, d.rename(index={"b": "e"}).loc[["e"]]])),
            outputs="gdp",
            inputs="labor",
        ).summary()
    )


def test_missing_periods_are_told():
    index = COELLI.index.set_levels([2001, 2002, 2005], level="year")
    text = str(malmquist(COELLI.set_axis(index), outputs="y", inputs="x").summary())
    assert "Changes over 1, 3 years stand side by side" in text


def test_bad_input_is_told():
    one = {"outputs": "y", "inputs": "x"}
    with pytest.raises(LabelTypeError, match="Series"):
        malmquist(COELLI["y"], **one)
    with pytest.raises(LabelTypeError, match="1 index level"):
        malmquist(COELLI.xs(1, level="year"), **one)
    with pytest.raises(UnknownNameError, match="no column 'z'"):
        malmquist(COELLI, outputs="z", inputs="x")
    with pytest.raises(OptionError, match="inputs= names no column"):
        malmquist(COELLI, outputs="y", inputs=[])
    for index in (malmquist, hicks_moorsteen):
        with pytest.raises(OptionError, match="y is named twice"):
            index(COELLI, outputs="y", inputs="y")
    with pytest.raises(MissingDataError, match=r"no row for b \(2\)"):
        malmquist(COELLI.drop(index=("b", 2)), **one)
    with pytest.raises(MissingDataError, match="'x' is missing"):
        malmquist(COELLI.assign(x=COELLI["x"].where(COELLI.index != ("b", 2))), **one)
    with pytest.raises(DataError, match="two periods"):
        malmquist(COELLI.loc[(slice(None), 1), :], **one)
    with pytest.raises(DataError, match="'y' is negative"):
        hicks_moorsteen(-COELLI, **one)
