"""Weights that are not on the map: minutes, economic gaps and gravity, groups, bridges by year."""

import numpy as np
import pandas as pd
import pytest

import gbaspatial as gba
from gbaspatial import weights as gw
from gbaspatial.errors import (
    AlignmentError,
    DataError,
    EndogeneityWarning,
    IslandWarning,
    LabelTypeError,
    OptionError,
    UnknownNameError,
    WeightsError,
)

CITIES = gba.load_cities(year=2019)
MINUTES = pd.DataFrame(
    [[0, 14, 46], [18, 0, 35], [50, 35, 0]],
    index=["Hong Kong", "Shenzhen", "Guangzhou"],
    columns=["Hong Kong", "Shenzhen", "Guangzhou"],
    dtype=float,
)


def weight(w, focal, neighbor):
    return w.to_frame().set_index(["focal", "neighbor"])["weight"][focal, neighbor]


def test_travel_times_keep_their_direction():
    w = gw.travel_time(MINUTES)
    assert weight(w, "Hong Kong", "Shenzhen") == pytest.approx(1 / 14)
    assert weight(w, "Shenzhen", "Hong Kong") == pytest.approx(1 / 18)
    assert not w.is_symmetric
    assert gw.travel_time(MINUTES, symmetrize="mean").is_symmetric
    assert gw.travel_time(MINUTES, threshold_minutes=35, decay="binary").n_links == 4
    decayed = gw.travel_time(MINUTES, decay="exponential", scale_minutes=20)
    assert weight(decayed, "Guangzhou", "Hong Kong") == pytest.approx(np.exp(-50 / 20))
    pairs = MINUTES.stack().rename("minutes").rename_axis(["origin", "destination"]).reset_index()
    pairs = pairs[pairs["origin"] != pairs["destination"]]
    with pytest.warns(IslandWarning, match="no travel time for Macao"):
        again = gw.travel_time(pairs, ids=[*MINUTES.index, "Macao"])
    assert np.allclose(again.subset(w.ids).sparse.toarray(), w.sparse.toarray())
    assert again.islands.tolist() == ["Macao"]
    no_train = MINUTES.copy()
    no_train.loc["Hong Kong", "Guangzhou"] = np.nan
    assert gw.travel_time(no_train).n_links == 5


def test_bad_travel_times():
    with pytest.raises(DataError, match=r"Hong Kong to Shenzhen \(0\)"):
        gw.travel_time(MINUTES.replace(14, 0))
    with pytest.raises(DataError, match="Hong Kong to Shenzhen"):
        gw.travel_time(MINUTES.replace(14, -3), decay="binary")
    with pytest.raises(WeightsError, match="neither square"):
        gw.travel_time(MINUTES.rename(columns={"Guangzhou": "Canton"}))
    with pytest.raises(OptionError, match="scale_minutes"):
        gw.travel_time(MINUTES, decay="exponential")
    with pytest.raises(OptionError, match="scale_minutes"):
        gw.travel_time(MINUTES, scale_minutes=3)
    with pytest.raises(LabelTypeError):
        gw.travel_time(MINUTES.to_numpy())
    pairs = pd.DataFrame({"origin": ["a", "a"], "destination": ["b", "b"], "minutes": [1.0, 2.0]})
    with pytest.raises(WeightsError, match="more than once: a to b"):
        gw.travel_time(pairs)
    with pytest.raises(UnknownNameError, match="not among the ids: b"):
        gw.travel_time(pairs.iloc[:1], ids=["a"])
    with pytest.raises(WeightsError, match="itself"):
        gw.travel_time(pairs.iloc[:1].assign(destination="a"))


def test_economic_weights_warn_of_endogeneity():
    gdp = CITIES["gdp_cny"]
    with pytest.warns(EndogeneityWarning, match="gdp_cny"):
        gap = gw.economic(gdp)
    a, b = "Macao", "Guangzhou"
    assert weight(gap, a, b) == pytest.approx(1 / abs(gdp[a] - gdp[b]))
    with pytest.warns(EndogeneityWarning):
        pull = gw.economic(gdp, kind="gravity", units=CITIES, power=2)
    km = gba.geography.distance_km(CITIES)
    assert weight(pull, a, b) == pytest.approx(gdp[a] * gdp[b] / km.loc[a, b] ** 2)
    assert pull.is_symmetric
    with pytest.warns(EndogeneityWarning), pytest.warns(IslandWarning, match="Jiangmen, Zhaoqing"):
        near = gw.economic(gdp.iloc[::-1], units=CITIES, threshold_km=60)
    assert set(near.ids) == set(CITIES.index)
    assert near.n_links == ((km > 0) & (km <= 60)).to_numpy().sum()


def test_bad_economic_weights():
    same = pd.Series({"a": 1.0, "b": 1.0, "c": 3.0}, name="x")
    with pytest.raises(WeightsError, match="equal for a and b"):
        gw.economic(same)
    with pytest.warns(EndogeneityWarning):
        assert weight(gw.economic(same, floor=0.5), "a", "b") == 2
    with pytest.raises(OptionError, match="needs distances"):
        gw.economic(same, kind="gravity")
    with pytest.raises(DataError, match="positive masses.* Macao"):
        gw.economic(CITIES["gdp_cny"].where(CITIES.index != "Macao", 0), kind="gravity", units=CITIES)
    with pytest.raises(AlignmentError):
        gw.economic(CITIES["gdp_cny"].drop("Macao"), kind="gravity", units=CITIES)
    with pytest.raises(LabelTypeError):
        gw.economic(np.array([1.0, 2.0]))


def test_blocks():
    w = gw.block(CITIES["tier"])
    sizes = CITIES["tier"].map(CITIES["tier"].value_counts())
    assert (w.cardinalities == sizes - 1).all()
    assert w.n_components == 3
    assert "block(by=tier)" in str(w.recipe)
    with pytest.raises(LabelTypeError):
        gw.block([1, 1, 2])


OPENINGS = {  # year before, year of opening, pair
    ("Hong Kong", "Zhuhai"): 2018,
    ("Hong Kong", "Macao"): 2018,
    ("Shenzhen", "Zhongshan"): 2024,
}


def test_bridges_open_by_the_end_of_their_year():
    years = gw.by_year(CITIES, range(2010, 2025))
    for (a, b), year in OPENINGS.items():
        for t, w in years.items():
            linked = not w.to_frame().query("focal == @a and neighbor == @b").empty
            assert linked == (t >= year), (a, b, t)
    assert years[2017].n_links == 30
    # the Nansha Bridge (2019) joins Guangzhou and Dongguan, which share a border already
    assert years[2019].n_links == years[2018].n_links
    assert "open by 2018-12-31" in str(years[2018].recipe)


def test_railways_are_added_on_request():
    years = gw.by_year(CITIES, [2010, 2011, 2017, 2018], kinds=None)
    has = {t: set(w.to_frame()[["focal", "neighbor"]].itertuples(index=False, name=None)) for t, w in years.items()}
    assert [("Guangzhou", "Shenzhen") in has[t] for t in years] == [False, True, True, True]
    assert [("Hong Kong", "Guangzhou") in has[t] for t in years] == [False, False, False, True]


def test_own_links_by_year():
    table = pd.DataFrame({"focal": ["Macao"], "neighbor": ["Hong Kong"], "opened": ["2018-10-24"]})
    years = gw.by_year(CITIES, [2017, 2018], links=table)
    assert [w.n_links for w in years.values()] == [30, 32]
    with pytest.raises(UnknownNameError, match="no column opened"):
        gw.by_year(CITIES, [2018], links=table.drop(columns="opened"))
    with pytest.raises(OptionError, match="begin with a year"):
        gw.by_year(CITIES, [2018], links=table.assign(opened="Oct 2018"))
    with pytest.raises(OptionError, match="at least one year"):
        gw.by_year(CITIES, [])


def test_a_mapping_of_years_serves_panels():
    from gbaspatial.weights.by_period import weights_by_period

    years = gw.by_year(CITIES, [2017, 2018])
    assert [w.n_links for w in weights_by_period(years, pd.Index([2017, 2018]))] == [30, 34]


def test_units_that_a_threshold_leaves_alone_are_told():
    with pytest.warns(IslandWarning, match="1 of 3 units have no neighbors: Guangzhou.*leaves none is 35") as told:
        w = gw.travel_time(MINUTES, threshold_minutes=20)
    assert told[0].filename == __file__
    assert w.islands.tolist() == ["Guangzhou"]
    with pytest.raises(WeightsError, match="have no neighbors: Guangzhou"):
        gw.travel_time(MINUTES, threshold_minutes=20, islands="error")
    near = gw.travel_time(MINUTES, threshold_minutes=20, islands="nearest")
    assert weight(near, "Guangzhou", "Shenzhen") == pytest.approx(1 / 35)
    assert weight(near, "Shenzhen", "Guangzhou") == pytest.approx(1 / 35)
    assert near.n_links == 4
    assert "islands(policy=nearest)" in str(near.recipe)
    gdp = CITIES["gdp_cny"]
    for kind in ("gravity", "inverse_gap"):
        with pytest.warns(IslandWarning, match="2 of 11 units"), pytest.warns(EndogeneityWarning):
            gw.economic(gdp, kind=kind, units=CITIES, threshold_km=60)
        with pytest.raises(WeightsError, match="2 of 11 units"), pytest.warns(EndogeneityWarning):
            gw.economic(gdp, kind=kind, units=CITIES, threshold_km=60, islands="error")
        with pytest.warns(EndogeneityWarning):
            linked = gw.economic(gdp, kind=kind, units=CITIES, threshold_km=60, islands="nearest")
        with pytest.warns(EndogeneityWarning):
            all_ = gw.economic(gdp, kind=kind, units=CITIES)
        assert len(linked.islands) == 0
        frame = linked.to_frame()
        assert frame["weight"].tolist() == [
            weight(all_, a, b) for a, b in zip(frame["focal"], frame["neighbor"], strict=True)
        ]
    for build in (lambda: gw.travel_time(MINUTES, islands="drop"), lambda: gw.economic(gdp, islands="drop")):
        with pytest.raises(OptionError, match="islands"):
            build()


@pytest.mark.parametrize("symmetrize", [None, "max", "mean", "min", "sum"])
@pytest.mark.parametrize("seed", range(4))
def test_the_told_minutes_leave_no_unit_alone(symmetrize, seed):
    rng = np.random.default_rng(seed)
    minutes = rng.lognormal(3, 1, (12, 12))
    minutes[rng.random((12, 12)) < 0.4] = np.nan
    minutes[np.arange(12), (np.arange(12) + 1) % 12] = minutes[(np.arange(12) + 1) % 12, np.arange(12)] = 80.0
    table = pd.DataFrame(minutes)
    with pytest.warns(IslandWarning, match="12 of 12 units") as told:
        w = gw.travel_time(table, threshold_minutes=1e-3, symmetrize=symmetrize)
    assert len(w.islands) == 12
    least = float(str(told[0].message).split("leaves none is ")[1].split(". ")[0])
    assert len(gw.travel_time(table, threshold_minutes=least, symmetrize=symmetrize, islands="error").islands) == 0
    with pytest.warns(IslandWarning):
        gw.travel_time(table, threshold_minutes=least * (1 - 2e-5), symmetrize=symmetrize)
    near = gw.travel_time(table, threshold_minutes=1e-3, symmetrize=symmetrize, islands="nearest")
    assert len(near.islands) == 0


def test_units_without_any_travel_time():
    pairs = pd.DataFrame({"origin": ["a", "b"], "destination": ["b", "a"], "minutes": [3.0, 4.0]})
    with pytest.warns(IslandWarning, match="no travel time for c, whatever the threshold"):
        assert gw.travel_time(pairs, ids=["a", "b", "c"], islands="nearest").islands.tolist() == ["c"]
    with pytest.warns(IslandWarning, match="have no neighbors: b"):  # W has no links from it
        gw.travel_time(pairs.iloc[:1])
    assert gw.travel_time(pairs.iloc[:1], symmetrize="max").n_links == 2


def test_ids_order_and_choose_from_a_square_table():
    order = ["Guangzhou", "Hong Kong"]
    w = gw.travel_time(MINUTES, ids=order)
    assert w.ids.tolist() == order
    assert weight(w, "Hong Kong", "Guangzhou") == pytest.approx(1 / 46)
    with pytest.raises(UnknownNameError, match="do not have: Hongkong. Did you mean Hong Kong"):
        gw.travel_time(MINUTES, ids=["Hongkong"])
    with pytest.raises(AlignmentError, match="more than one row"):
        gw.travel_time(MINUTES, ids=["Hong Kong", "Hong Kong"])


def test_travel_times_that_are_text_and_options_that_do_not_apply():
    text = MINUTES.astype(object)
    text.loc["Hong Kong", "Guangzhou"] = "n/a"
    with pytest.raises(DataError, match=r"not numbers for Hong Kong to Guangzhou \('n/a'\)"):
        gw.travel_time(text)
    pairs = pd.DataFrame({"origin": ["a", "b"], "destination": ["b", "a"], "minutes": ["3", "soon"]})
    with pytest.raises(DataError, match=r"not numbers for b to a \('soon'\)"):
        gw.travel_time(pairs)
    mixed = pd.DataFrame({"origin": ["a", 1], "destination": [1, "a"], "minutes": [3.0, 4.0]})
    with pytest.raises(LabelTypeError, match="several types .int, str.*give ids"):
        gw.travel_time(mixed)
    assert gw.travel_time(mixed, ids=[1, "a"]).n_links == 2
    for decay, more in (("binary", {}), ("exponential", {"scale_minutes": 9})):
        with pytest.raises(OptionError, match="power=-3 is of decay='inverse' only"):
            gw.travel_time(MINUTES, decay=decay, power=-3, **more)
    with pytest.raises(WeightsError, match="power=400"):
        gw.travel_time(MINUTES / 1000, power=400)


def test_weights_that_memory_cannot_hold():
    many = pd.Series(np.arange(100_000.0), name="x")
    with pytest.raises(WeightsError, match="9,999,900,000 links.*give units and threshold_km"):
        gw.economic(many)
    with pytest.raises(WeightsError, match="9,999,900,000 links.*the largest group has 100,000 units"):
        gw.block(many * 0)
    assert gw.block(many // 2).n_links == 100_000


@pytest.mark.filterwarnings("ignore::gbaspatial.errors.EndogeneityWarning")
def test_names_that_are_dates_are_told_as_text():
    for name in (pd.Period("2019", "Y"), pd.Timestamp("2019-01-01"), 2019):
        gap = gw.economic(pd.Series({"a": 1.0, "b": 2.0}, name=name))
        assert gap.recipe.to_dict()[0]["variable"] == str(name)
        same = gw.block(pd.Series({"a": 1, "b": 1}, name=name))
        assert same.recipe.to_dict()[0]["by"] == str(name)
    assert gw.economic(pd.Series({"a": 1.0, "b": 2.0})).recipe.to_dict()[0]["variable"] is None
