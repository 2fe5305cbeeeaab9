"""Links as they open, and a W for each year."""

import warnings

import geopandas as gpd
import layers
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import box

import gbaspatial as gba
from gbaspatial import weights as gw
from gbaspatial.errors import IslandWarning, OptionError, WeightsError

CITIES = gba.load_cities(year=2019)
BAY = gpd.GeoSeries(
    {"a": box(0, 0, 1_000, 1_000), "b": box(1_000, 0, 2_000, 1_000), "far": box(9_000, 0, 9_500, 500)}, crs=2326
)
BRIDGE = pd.DataFrame({"focal": ["a"], "neighbor": ["far"], "opened": [2018]})


def test_islands_are_those_that_no_link_of_the_year_joins():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for policy in ("keep", "error", "nearest"):
            w = gw.by_year(BAY, [2019], links=BRIDGE, islands=policy)[2019]
            assert layers.links(w) == {("a", "b"), ("b", "a"), ("a", "far"), ("far", "a")}
    with pytest.raises(WeightsError, match="1 of 3 units have no neighbors in 2017: far"):
        gw.by_year(BAY, [2019, 2017], links=BRIDGE, islands="error")
    with pytest.warns(IslandWarning, match="no neighbors in 2016, 2017: far") as told:
        years = gw.by_year(BAY, [2016, 2017, 2018], links=BRIDGE)
    assert len(told) == 1
    assert [len(w.islands) for w in years.values()] == [1, 1, 0]
    near = gw.by_year(BAY, [2017, 2018], links=BRIDGE, islands="nearest")
    assert ("b", "far") in layers.links(near[2017])
    assert ("b", "far") not in layers.links(near[2018])
    assert str(near[2017].recipe).endswith("islands(policy=nearest)")


def test_kinds_of_links():
    rail = gw.by_year(CITIES, [2024], kinds="rail")[2024]
    assert layers.links(rail) == layers.links(gw.by_year(CITIES, [2024], kinds=("rail",))[2024])
    assert ("Guangzhou", "Shenzhen") in layers.links(rail)
    for wrong in ("railway", ("railway",), ("rail", "ferry")):
        with pytest.raises(OptionError, match="bridge, tunnel, rail"):
            gw.by_year(CITIES, [2024], kinds=wrong)
    ferry = BRIDGE.assign(kind="ferry")
    with pytest.raises(OptionError, match="of kind bridge or tunnel, but of kind ferry"):
        gw.by_year(BAY, [2019], links=ferry)
    for kinds in ("ferry", None):
        assert gw.by_year(BAY, [2019], links=ferry, kinds=kinds)[2019].n_links == 4


def test_years_are_whole():
    one = gw.by_year(CITIES, 2019)
    assert list(one) == list(gw.by_year(CITIES, np.array([2019]))) == [2019]
    for wrong in ([2018.7], ["2018"], "2018", [True], [float("nan")]):
        with pytest.raises(OptionError, match="whole numbers such as 2019"):
            gw.by_year(CITIES, wrong)
    opened = BRIDGE.drop(columns="opened")
    for wrong in (np.nan, 2018.5, "soon"):
        with pytest.raises(OptionError, match="opened_year must be a whole year such as 2018, but is not so in row 0"):
            gw.by_year(BAY, [2019], links=opened.assign(opened_year=wrong))
    assert gw.by_year(BAY, [2019], links=opened.assign(opened_year=2018.0))[2019].n_links == 4
