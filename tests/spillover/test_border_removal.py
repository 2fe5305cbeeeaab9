"""Removing a border: published changes of exports, margins that stay, and units that the model does not describe."""

import numpy as np
import pytest
from test_gravity import FIT, SMALL

from gbaspatial.errors import OptionError
from gbaspatial.spillover import gravity

PUBLISHED = {
    "ARG": 65.524, "CAN": 80.825, "CHN": 175.496, "DEU": 133.389, "HKG": 1457.10, "JPN": 220.795, "USA": 359.982,
}  # fmt: skip


def test_the_published_changes_of_exports():
    found = FIT.without_border(draws=0).exports["change"]
    for country, change in PUBLISHED.items():  # printed from an iteration that stopped earlier
        assert found[country] == pytest.approx(change, rel=2e-5)


def test_output_and_expenditure_stay():
    flows = FIT.without_border(draws=0).flows
    for level in (0, 1):
        sums = flows.groupby(level=level).sum()
        assert sums["after"].to_numpy() == pytest.approx(sums["before"].to_numpy(), rel=1e-8)


def test_a_border_of_zero_changes_nothing_and_one_of_any_size_is_undone():
    fit = gravity(SMALL, "trade ~ log(km)")
    free = fit.without_border(draws=0)
    assert (free.exports["change"] > 0).all()
    assert (free.within["change"] < 0).all()
    abroad = SMALL.index.get_level_values(0) != SMALL.index.get_level_values(1)
    walled = SMALL.assign(trade=SMALL["trade"] * np.where(abroad, 0.5, 1.0))
    assert gravity(walled, "trade ~ log(km)").params["border"] < fit.params["border"]


def test_intervals_repeat_by_seed_and_hold_the_estimate():
    fit = gravity(SMALL, "trade ~ log(km)")
    one, two, other = (fit.without_border(draws=60, rng=rng).exports for rng in (1, 1, 2))
    assert one.equals(two)
    assert not one.equals(other)
    assert ((one["lower"] < one["change"]) & (one["change"] < one["upper"])).all()


def test_re_exports_are_named():
    told = str(FIT.without_border(draws=0).summary())
    assert "HKG" in told
    assert "re-exports" in told
    assert "re-exports" not in str(gravity(SMALL, "trade ~ log(km)").without_border(draws=0).summary())


def test_a_model_without_border_is_refused():
    with pytest.raises(OptionError, match="no term 'border'"):
        gravity(SMALL, "trade ~ log(km)", border=False).without_border()


def test_the_picture_has_a_row_for_each_unit():
    ax = gravity(SMALL, "trade ~ log(km)").without_border(draws=19).plot()
    assert [text.get_text() for text in ax.get_yticklabels()] == list("abcdef")
