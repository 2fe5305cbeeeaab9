"""Where one more does most: the ranking against scenarios one by one, and the frontier between two aims."""

import numpy as np
import pytest

import gbaspatial as gba
from gbaspatial.errors import DataError, GbaWarning, OptionError
from tests import calls


@pytest.mark.parametrize("model", ["slx", "lag", "durbin"])
def test_each_place_is_a_scenario(model):
    fit = calls.fit(model)
    found = gba.spillover.allocate(fit, "price", amount=0.1, groups=calls.KIND, people=calls.PEOPLE, method="delta")
    share = calls.PEOPLE / calls.PEOPLE.sum()
    weak = found.weakest == calls.KIND
    for unit in ("city a", "city g"):
        one = gba.spillover.scenario(fit, {unit: {"price": 0.1}}, kind="add", method="delta", extrapolate=True).units
        assert found.places.loc[("all", unit), "estimate"] == pytest.approx(one["estimate"].mean())
        assert found.places.loc[("weakest", unit), "estimate"] == pytest.approx(one["estimate"][weak].mean())
        assert found.places.loc[("per_head", unit), "estimate"] == pytest.approx((one["estimate"] * share).sum())


def test_ranks_and_their_intervals():
    found = gba.spillover.allocate(calls.fit("durbin"), "price", method="simulated", draws=499)
    frame = found.to_frame()
    assert (np.diff(frame["estimate"]) <= 0).all()
    assert frame["rank"].tolist() == sorted(frame["rank"])
    assert (frame["rank_lower"] <= frame["rank_upper"]).all()
    assert frame["best"].sum() >= 1 - 1e-12


def test_the_frontier_holds_what_no_other_place_beats():
    found = gba.spillover.allocate(calls.fit("durbin"), "price", groups=calls.KIND, method="delta")
    both = {name: found.places.loc[name, "estimate"] for name in ("all", "weakest")}
    for unit in calls.CITIES:
        beaten = any(
            both["all"][o] >= both["all"][unit] and both["weakest"][o] >= both["weakest"][unit]
            and (both["all"][o] > both["all"][unit] or both["weakest"][o] > both["weakest"][unit])
            for o in calls.CITIES
        )  # fmt: skip
        assert (unit in found.frontier.index) == (not beaten)


def test_the_weakest_group_has_the_lowest_mean():
    found = gba.spillover.allocate(calls.fit("slx"), "price", groups=calls.KIND)
    assert found.weakest == calls.INCOME.groupby(calls.KIND).mean().idxmin()


def test_what_is_lacking_is_asked_for():
    fit = calls.fit("slx")
    with pytest.raises(OptionError, match="needs groups="):
        gba.spillover.allocate(fit, "price", aim="weakest")
    with pytest.raises(OptionError, match="needs people="):
        gba.spillover.allocate(fit, "price", aim="per_head")
    with pytest.raises(OptionError, match="changes nothing"):
        gba.spillover.allocate(fit, "price", amount=0)
    with pytest.raises(DataError, match="must be positive"):
        gba.spillover.allocate(fit, "price", people=calls.PEOPLE - 100)


def test_gains_without_an_end_are_named():
    cities = gba.load_cities(year=2023)
    w = gba.weights.nearest(cities, k=3).row_standardized()
    fit = gba.models.lag("log(gdp_pc_cny) ~ log(employment)", cities, w)
    found = gba.spillover.allocate(fit, "employment")
    endless = found.places.loc["all"].query("upper == inf or lower == -inf").index
    assert 0 < len(endless) < len(cities)
    assert any(note.startswith(f"Not determined at 95%: {', '.join(endless[:5])}") for note in found.notes)
    with pytest.warns(GbaWarning, match="undoes the friction"):
        side = gba.spillover.scenario(fit, friction=0.5, groups=cities["side"])
    assert ("Not determined" in str(side.summary())) == bool(np.isinf(side.units[["lower", "upper"]]).any(axis=None))
    sure = gba.spillover.allocate(fit, "employment", method="delta")
    assert not any("Not determined" in note for note in sure.notes)
