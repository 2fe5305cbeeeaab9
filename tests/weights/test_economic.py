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
    with pytest.warns(EndogeneityWarning):
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
