"""Second opinions of spatial Markov chains, ranks and directions of moves: giddy agrees, or it is told why not."""

import numpy as np
import pandas as pd
import pytest
from test_disparity_peers import PANEL, SIDE, WIDE
from test_opinions import BINARY, W
from written_code import run

import gbaspatial as gba
from gbaspatial.errors import OptionError
from gbaspatial.weights import Weights

d = gba.disparity
TIED = (PANEL / 10).round(0)
_LINKS = BINARY.sparse.toarray()
_LINKS[3] = _LINKS[:, 3] = _LINKS[7] = 0.0  # an island, and a unit that has no neighbors and is one
_LINKS[10, 12] = 2.5
UNEVEN = Weights(_LINKS, BINARY.ids)  # directed, of unlike weights
FIRST, LAST = WIDE[2001], WIDE[2007]
MADE = {
    "spatial_markov": lambda: d.spatial_markov(PANEL, W, draws=None),
    "other classes of neighbors": lambda: d.spatial_markov(PANEL, W, classes=3, lag_classes=4, draws=9, rng=1),
    "whole numbers, W of ones": lambda: d.spatial_markov(PANEL.round(0), BINARY, classes=3, relative=False, draws=None),
    "rank_mobility": lambda: d.rank_mobility(PANEL),
    "ranks with ties": lambda: d.rank_mobility(TIED, W, groups=SIDE, draws=9, rng=1),
    "ranks, uneven W": lambda: d.rank_mobility(TIED, UNEVEN, groups=SIDE, draws=9, rng=1),
    "directional_lisa": lambda: d.directional_lisa(FIRST, LAST, W, draws=9, rng=1),
    "twelve sectors": lambda: d.directional_lisa(FIRST, LAST, W, sectors=12, draws=9, rng=1),
}


@pytest.mark.parametrize("name", MADE)
def test_giddy_agrees(name):
    opinion = MADE[name]().second_opinion()
    assert opinion.frame["agree"].all(), opinion
    assert opinion.program == "giddy"


def test_every_number_that_both_define_is_compared():
    chain = MADE["spatial_markov"]().second_opinion().frame.index
    assert sum(name.startswith("count[") for name in chain) == 125
    assert {"Q", "LR", "df", "by_lag[5]"} <= set(chain)
    ranks = MADE["ranks, uneven W"]().second_opinion().frame.index
    assert sum(name.startswith("local_neighbor_tau[") for name in ranks) == len(FIRST) - 2
    assert {"tau", "spatial_tau", "concordant", "theta[2007]"} <= set(ranks)


def test_a_class_from_which_nobody_moved_has_no_degree_of_freedom():
    found = d.spatial_markov(PANEL, W, classes=[0.001, 0.5, 1.0], lag_classes=[0.3, 5.0], draws=None)
    opinion = found.second_opinion()
    apart = opinion.frame[~opinion.frame["agree"]]
    assert list(apart.index) == ["df"]
    assert "nobody ever moved" in apart.loc["df", "why"]


def test_a_value_on_a_cut_is_in_the_class_below_whatever_the_rounding():
    """Quantiles of whole numbers are values themselves; lags of thirds lie beside them by rounding."""
    rng = np.random.default_rng(11)
    rows = pd.MultiIndex.from_product([BINARY.ids, range(2000, 2006)])
    panel = pd.Series(rng.integers(1, 7, len(rows)).astype(float), rows, name="x")
    for k in (2, 3, 4, 5):
        opinion = d.spatial_markov(panel, W, classes=k, relative=False, draws=None).second_opinion()
        assert opinion.frame["agree"].all(), opinion


def test_units_that_did_not_move_or_have_no_neighbors_are_told():
    last = LAST.copy()
    last.iloc[20:26] = FIRST.iloc[20:26]
    opinion = d.directional_lisa(FIRST, last, UNEVEN, draws=9, rng=1).second_opinion()
    apart = opinion.frame[~opinion.frame["agree"]]
    assert opinion.agree
    assert len(apart)
    assert all(name.startswith("count[") for name in apart.index)
    assert apart["why"].str.contains("did not move").all()
    assert not any(f"[{unit}]" in name for name in opinion.frame.index for unit in UNEVEN.islands)


def test_all_moves_are_found_whatever_the_number_of_sectors():
    for sectors in (2, 3, 5, 6, 9, 12, 24, 49, 360):  # numpy.arange gives giddy a sector too many for some
        opinion = d.directional_lisa(FIRST, LAST, W, sectors=sectors, draws=9, rng=1).second_opinion()
        assert opinion.frame["agree"].all(), opinion
        assert opinion.frame.filter(like="count[", axis=0)["theirs"].sum() == len(FIRST)


def test_r_has_none_of_these():
    for name in ("spatial_markov", "rank_mobility", "directional_lisa"):
        with pytest.raises(OptionError, match="no counterpart"):
            MADE[name]().second_opinion("r")


@pytest.mark.parametrize("name", ["spatial_markov", "whole numbers, W of ones"])
def test_python_code_counts_the_same_moves(name):
    result = MADE[name]()
    found = run(result)["test"]
    np.testing.assert_allclose(found.T.reshape(-1, found.k), result.transitions)
    assert pytest.approx(result.tests.loc["pearson", "statistic"], rel=1e-9) == found.Q


@pytest.mark.parametrize("name", ["rank_mobility", "ranks with ties", "ranks, uneven W"])
def test_python_code_of_ranks_gives_our_taus(name):
    result = MADE[name]()
    space = run(result)
    assert space["test"].tau == pytest.approx(result.tau)
    np.testing.assert_allclose(space["local"].tau_local, result.local["tau"], atol=1e-12)
    if result.weights is not None:
        assert space["near"].tau_spatial == pytest.approx(result.spatial_tau)
        np.testing.assert_allclose(np.ravel(space["theta"].theta), result.theta["theta"])
        if not len(result.weights.islands):
            np.testing.assert_allclose(space["near_each"].tau_ln, result.local["neighbor_tau"], atol=1e-12)


def test_python_code_of_the_rose_counts_the_same_moves():
    result = MADE["directional_lisa"]()
    np.testing.assert_array_equal(run(result)["test"].counts, result.counts["count"])
