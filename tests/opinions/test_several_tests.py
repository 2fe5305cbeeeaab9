"""Second opinions of results that hold several tests, and of any W: unlike weights, rows not standardized, islands."""

import shutil

import numpy as np
import pandas as pd
import pytest
from test_mobility_peers import UNEVEN
from test_opinions import BINARY, COLUMBUS, W, Y
from written_code import run

import gbaspatial as gba
from gbaspatial.errors import MissingPackageError, OptionError
from gbaspatial.weights import Weights

auto = gba.autocorrelation
SEVERAL = COLUMBUS[["CRIME", "INC", "HOVAL"]].iloc[::-1]
CITIES = gba.load_cities(year=2019)
WEIGHTS = {"standardized": W, "ones": BINARY, "uneven, with islands": UNEVEN}
R = pytest.mark.skipif(shutil.which("Rscript") is None, reason="R is not installed")


def _by_r(result):
    try:
        return result.second_opinion("r")
    except MissingPackageError as error:
        pytest.skip(str(error))


@pytest.mark.parametrize("w", WEIGHTS.values(), ids=WEIGHTS)
def test_esda_agrees_on_every_pair_of_variables(w):
    result = auto.moran_matrix(SEVERAL, w, draws=99, rng=1)
    opinion = result.second_opinion()
    assert len(opinion.frame) == 9
    assert opinion.frame["agree"].all(), opinion
    np.testing.assert_allclose(run(result)["table"].loc[["y", "x1", "x2"], ["y", "x1", "x2"]], result.statistic)


@R
@pytest.mark.parametrize("w", [W, BINARY], ids=["standardized", "ones"])
def test_spdep_agrees_on_every_pair_of_variables_and_on_one(w):
    assert _by_r(auto.moran_matrix(SEVERAL, w, draws=99, rng=1)).frame["agree"].all()
    assert _by_r(auto.bivariate_moran(COLUMBUS["INC"], Y, w, draws=99, rng=1)).frame["agree"].all()


@pytest.mark.parametrize("w", WEIGHTS.values(), ids=WEIGHTS)
@pytest.mark.parametrize("statistic", ["moran", "geary"])
def test_esda_agrees_on_every_order_of_neighbors(statistic, w):
    result = auto.correlogram(Y, w, orders=4, statistic=statistic, inference="randomization")
    opinion = result.second_opinion()
    assert len(opinion.frame) == (20 if statistic == "moran" else 16)
    assert opinion.frame["agree"].all(), opinion
    if not len(w.islands):
        found = [getattr(test, "I" if statistic == "moran" else "C") for test in run(result)["tests"]]
        np.testing.assert_allclose(found, result.table["statistic"])


@R
@pytest.mark.parametrize("w", [W, UNEVEN], ids=["standardized", "uneven, with islands"])
def test_spdep_finds_the_same_orders_and_moments_unless_units_have_no_neighbors(w):
    opinion = _by_r(auto.correlogram(Y, w, orders=4, inference="randomization"))
    assert opinion.frame.filter(like="statistic[", axis=0)["agree"].all()
    assert opinion.agree
    assert bool(opinion.frame["agree"].all()) == (w is W)


def test_classes_of_distance_are_asked_too():
    result = auto.correlogram_by_distance(CITIES["gdp_pc_cny"], CITIES, breaks_km=[60, 120], inference="randomization")
    opinion = result.second_opinion()
    assert "statistic[60-120]" in opinion.frame.index
    assert opinion.frame["agree"].all(), opinion


def test_the_correlation_with_the_lag_has_no_peer():
    with pytest.raises(OptionError, match="no counterpart"):
        auto.correlogram(Y, W, orders=2, statistic="correlation", rng=1).second_opinion()


def test_a_one_sided_correlogram_compares_no_p_values():
    result = auto.correlogram(Y, W, orders=2, inference="randomization", alternative="greater")
    assert not any(name.startswith("p_value") for name in result.second_opinion().frame.index)


# -- any W ----------------------------------------------------------------------------------
@pytest.mark.parametrize("inference", ["randomization", "normal"])
@pytest.mark.parametrize("test", [auto.moran, auto.geary])
def test_units_without_neighbors_leave_z_as_it_is(test, inference):
    opinion = test(Y, UNEVEN, inference=inference).second_opinion()
    assert opinion.frame["agree"].all(), opinion


def test_moments_with_units_without_neighbors_are_those_over_all_orders():
    """spdep takes the number of the others for n, as if the values of islands were not exchanged."""
    ids = list("abcdef")
    links = np.zeros((6, 6))
    links[:5, :5] = np.eye(5, k=1) + np.eye(5, k=-1)
    w = Weights(links, ids)
    y = pd.Series([3.0, 1, 4, 1, 5, 9], ids)
    assert len(w.islands) == 1
    for test in (auto.moran, auto.geary, auto.general_g):
        assert test(y, w, inference="randomization").expected == pytest.approx(test(y, w, inference="exact").expected)
        assert test(y, w, inference="randomization").variance == pytest.approx(test(y, w, inference="exact").variance)


@R
@pytest.mark.parametrize("test", [auto.moran, auto.geary, auto.general_g])
def test_what_spdep_does_with_units_without_neighbors_is_told(test):
    opinion = _by_r(test(Y, UNEVEN, inference="randomization"))
    assert opinion.agree, opinion
    assert not opinion.frame["agree"].all()
    assert "units without neighbors" in opinion.frame.loc["expected", "why"]


@pytest.mark.parametrize("w", [W, UNEVEN], ids=["standardized", "uneven, with islands"])
def test_esda_takes_every_weight_of_general_g_for_one(w):
    opinion = auto.general_g(Y, w, inference="randomization").second_opinion()
    assert not opinion.frame["agree"].any()
    assert opinion.frame["why"].str.contains("makes every weight one").all()


@pytest.mark.parametrize("w", WEIGHTS.values(), ids=WEIGHTS)
def test_local_geary_agrees_whatever_the_sums_of_rows(w):
    assert auto.local_geary(Y, w, draws=99, rng=1).second_opinion().frame["agree"].all()
    assert auto.multivariate_local_geary(SEVERAL, w, draws=99, rng=1).second_opinion().frame["agree"].all()
