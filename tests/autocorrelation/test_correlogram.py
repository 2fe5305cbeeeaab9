"""Correlograms: spdep's numbers, the band, distances, bad input."""

import inspect
import re

import networkx as nx
import numpy as np
import oracle
import pandas as pd
import pytest

import gbaspatial as gba
from gbaspatial import autocorrelation as ac
from gbaspatial.autocorrelation.correlograms import neighbor_orders
from gbaspatial.errors import CRSError, DataError, OptionError, WeightsError
from gbaspatial.weights import from_pairs

DATASETS = ("columbus", "baltimore", "boston", "ncsids")


@pytest.mark.parametrize("dataset", DATASETS)
def test_orders_are_spdeps(dataset):
    case = oracle.case(f"correlogram__{dataset}")
    names = re.findall(r"[A-Za-z_]\w*", case.raw["call"])
    y = case.data[next(n for n in names if n in case.data.columns)]
    want, w = case.expected, case.w("W")
    count = len(want["I"])
    moran = ac.correlogram(y, w, orders=count, inference="randomization").table
    case.close(moran["statistic"], want["I"])
    whole = ac.correlogram(y, w, orders=count, inference="randomization")
    assert set(whole.to_frame()) == set(whole.table), "a column that is left out"
    case.close(moran["expected"], want["I_expectation"])
    case.close(moran["variance"], want["I_variance"])
    geary = ac.correlogram(y, w, orders=len(want["C"]), statistic="geary", inference="randomization").table
    case.close(geary["statistic"], want["C"])
    case.close(geary["expected"], want["C_expectation"])
    case.close(geary["variance"], want["C_variance"])
    links = neighbor_orders(w.sparse, len(want["lag_link_counts"]))
    assert [part.nnz for part in links] == want["lag_link_counts"]


def test_orders_are_shortest_paths():
    graph = nx.random_geometric_graph(30, 0.25, seed=3)
    frame = nx.to_pandas_edgelist(graph.to_directed(), "focal", "neighbor")
    w = from_pairs(frame[["focal", "neighbor"]], ids=range(30))
    paths = dict(nx.all_pairs_shortest_path_length(graph))
    for k, part in enumerate(neighbor_orders(w.sparse, 4), start=1):
        want = {(i, j) for i in paths for j, steps in paths[i].items() if steps == k}
        assert set(zip(*part.nonzero(), strict=True)) == want


def example() -> tuple[pd.Series, pd.DataFrame]:
    districts = gba.load_districts()
    return np.log(districts["population"] / districts["area_km2"]).rename("density"), districts


def test_first_order_is_moran_and_the_band_is_that_of_random_orders():
    y, districts = example()
    w = gba.weights.contiguity(districts).row_standardized()
    got = ac.correlogram(y, w, orders=3, rng=5)
    first = ac.moran(y, w, rng=5)
    assert got.table.loc[1, "statistic"] == pytest.approx(first.statistic)
    assert got.table.loc[1, "p_value"] == first.p_value
    low, high = np.quantile(first.null.sample, [0.025, 0.975])
    assert (got.table.loc[1, "lower"], got.table.loc[1, "upper"]) == pytest.approx((low, high))
    shuffled = ac.correlogram(y.sample(frac=1, random_state=1), w, orders=3, rng=5)
    pd.testing.assert_frame_equal(got.table, shuffled.table)
    assert (got.table["p_adjusted"] >= got.table["p_value"]).all()
    assert "95 % of random orders" in str(got)


@pytest.mark.parametrize("statistic", ["moran", "geary", "correlation"])
def test_the_frame_leaves_out_nothing_of_the_tests_of_its_classes(statistic):
    y, districts = example()
    w = gba.weights.contiguity(districts).row_standardized()
    got = ac.correlogram(y, w, orders=2, statistic=statistic, inference="permutation", rng=5)
    frame = got.to_frame()
    pd.testing.assert_frame_equal(frame, got.table)
    part = gba.weights.Weights(neighbor_orders(w.sparse, 2)[1], w.ids).row_standardized()
    test = {"moran": ac.moran, "geary": ac.geary, "correlation": ac.lag_correlation}[statistic]
    alone = test(y, part, inference="permutation", rng=5)
    for name in ("statistic", "expected", "variance", "z", "p_value", "n", "inference", "draws"):
        assert frame.loc[2, name] == getattr(alone, name), name
    assert tuple(frame.loc[2, ["p_lower", "p_upper"]]) == alone.p_interval
    numbers = {name for name, kind in inspect.getmembers(type(alone)) if isinstance(kind, property)}
    same_in_all = {"seed", "variable", "data_hash", "recipe", "p_interval"}  # told once, or as two columns
    assert numbers - same_in_all <= set(frame.columns)


def test_exact_band_at_eleven_units():
    cities = gba.load_cities(year=2019)
    w = gba.weights.contiguity(cities).row_standardized()
    got = ac.correlogram(np.log(cities["gdp_pc_cny"]), w, orders=2)
    assert got.inference == "exact"
    assert (got.table["lower"] < got.table["expected"]).all()
    assert (got.table["expected"] < got.table["upper"]).all()
    inside = got.table["statistic"].between(got.table["lower"], got.table["upper"])
    assert (inside == (got.table["p_value"] > 0.05)).all()


def test_correlation_with_the_lag():
    """spdep's `corr`, by its definition."""
    case = oracle.case("correlogram__columbus")
    y, w = case.data["CRIME"], case.w("W")
    got = ac.correlogram(y, w, orders=len(case.expected["corr"]), statistic="correlation", rng=1).table
    case.close(got["statistic"], case.expected["corr"])
    assert got["statistic"].abs().max() <= 1


def test_by_distance_is_moran_of_each_band():
    y, districts = example()
    got = ac.correlogram_by_distance(y, districts, breaks_km=[25, 50, 100], inference="randomization")
    km = gba.geography.distance_km(districts)
    band = (km > 25) & (km <= 50)
    want = ac.moran(y, gba.weights.from_matrix(band.astype(float)), inference="randomization")
    assert got.table.loc["25-50", "statistic"] == pytest.approx(want.statistic)
    assert got.table["pairs"].sum() == (np.triu(km.to_numpy() <= 100, 1)).sum()
    classes = ac.correlogram_by_distance(y, districts, breaks_km=4, inference="randomization").table
    assert len(classes) == 4
    assert np.ptp(classes["pairs"]) <= 2
    again = ac.correlogram_by_distance(y, districts.to_crs(32649), breaks_km=[25, 50, 100], inference="randomization")
    np.testing.assert_allclose(again.table["statistic"], got.table["statistic"], atol=0.02)


def test_bad_input_is_told():
    y, districts = example()
    w = gba.weights.contiguity(districts)
    with pytest.raises(OptionError, match="orders=0"):
        ac.correlogram(y, w, orders=0)
    with pytest.raises(WeightsError, match="steps apart"):
        ac.correlogram(y, w, orders=50)
    with pytest.raises(OptionError, match="statistic='I'"):
        ac.correlogram(y, w, statistic="I")
    with pytest.raises(OptionError, match="ascending"):
        ac.correlogram_by_distance(y, districts, breaks_km=[50, 25])
    with pytest.raises(WeightsError, match=r"between 0 and 0\.01 km"):
        ac.correlogram_by_distance(y, districts, breaks_km=[0.01])
    with pytest.raises(CRSError):
        ac.correlogram_by_distance(y, districts.set_crs(None, allow_override=True))
    with pytest.raises(DataError, match="the same"):
        ac.correlogram(y * 0 + 1, w)
