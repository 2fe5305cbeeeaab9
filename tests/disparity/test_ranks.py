"""Concordance of each unit against giddy, and its p-value against every set of neighbors."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

from gbaspatial.disparity import markov, rank_mobility
from gbaspatial.disparity.ranks import _drawn_tail
from gbaspatial.weights import Weights, from_pairs

rank = pytest.importorskip("giddy.rank")
LETTERS = list("abcdefgh")
PAIRS = pd.DataFrame({"focal": list("aabbccddeffgg"), "neighbor": list("bcadaebfcdgfc")})
W = from_pairs(PAIRS, ids=LETTERS)
VALUES = np.array([[3.0, 1, 4, 1, 5, 9, 2, 6], [2, 7, 1, 8, 2, 8, 1, 8], [1, 6, 1, 8, 0, 3, 3, 9]])
INDEX = pd.MultiIndex.from_product([LETTERS, [2000, 2001, 2002]], names=["unit", "year"])
PANEL = pd.Series(VALUES.T.ravel(), INDEX)


def test_local_concordance_is_that_of_giddy():
    got = rank_mobility(PANEL, W, draws=9, rng=1).local
    np.testing.assert_allclose(got["tau"], rank.Tau_Local(VALUES[0], VALUES[-1]).tau_local)
    linked = W.ids[W.cardinalities > 0]
    places = {unit: i for i, unit in enumerate(LETTERS)}
    neighbors = {places[u]: [places[v] for v in W.neighbors(u)] for u in LETTERS}
    for unit in linked:
        signs = [
            np.sign((VALUES[0][places[unit]] - VALUES[0][j]) * (VALUES[-1][places[unit]] - VALUES[-1][j]))
            for j in neighbors[places[unit]]
        ]
        assert got.loc[unit, "neighbor_tau"] == pytest.approx(np.mean(signs))
    assert got.loc["h"].isna().tolist() == [False, True, True, True]


def test_neighbor_concordance_and_its_p_value_are_those_of_giddy():
    rng = np.random.default_rng(2)
    units = [f"u{i:02}" for i in range(30)]
    ring = from_pairs(
        pd.DataFrame({"focal": units * 4, "neighbor": [units[(i + s) % 30] for s in (1, -1, 2, -2) for i in range(30)]})
    )
    x = rng.normal(size=30)
    y = 0.4 * x + rng.normal(size=30)
    panel = pd.Series(np.c_[x, y].ravel(), pd.MultiIndex.from_product([units, [0, 1]]))
    got = rank_mobility(panel, ring, draws=9, rng=1).local
    np.random.seed(1)  # noqa: NPY002
    theirs = rank.Tau_Local_Neighbor(x, y, Weights(ring.sparse, range(30)).to_libpysal(), permutations=999)
    np.testing.assert_allclose(got["neighbor_tau"], theirs.tau_ln)
    smaller_tail = theirs.tau_ln_pvalues  # one-sided
    np.testing.assert_allclose(got["p_value"], np.minimum(1, 2 * smaller_tail), atol=0.07)


@given(st.lists(st.integers(-1, 1), min_size=3, max_size=9), st.integers(1, 3), st.data())
@settings(max_examples=60, deadline=None)
def test_the_p_value_counts_every_set(others, k, data):
    total = data.draw(st.integers(-k, k))
    sums = np.array([sum(chosen) for chosen in combinations(others, k)])
    known = min(1.0, 2 * min((sums >= total).mean(), (sums <= total).mean()))
    assert _drawn_tail(np.array(others), total, k) == pytest.approx(known)


def test_ranks_run_from_the_highest():
    got = rank_mobility(PANEL).ranks
    assert got.loc["f", 2000] == 1
    assert got.loc["h", 2002] == 1
    assert (got.sum() == 36).all()
    assert list(rank_mobility(PANEL).local.columns) == ["tau"]


def test_as_many_classes_as_units_are_the_chain_of_full_ranks():
    values = np.random.default_rng(5).normal(size=(9, 8))
    panel = pd.Series(values.T.ravel(), pd.MultiIndex.from_product([LETTERS, range(9)]))
    theirs = pytest.importorskip("giddy.markov").FullRank_Markov(values.T, summary=False)
    got = markov(panel, classes=8)
    turned = got.transitions.to_numpy()[::-1, ::-1]  # giddy's first rank is the highest value
    np.testing.assert_array_equal(turned, theirs.transitions)
