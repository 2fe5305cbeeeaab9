"""Markov chains, rank mobility and the rose against giddy 2.3.8, and laws."""

import numpy as np
import oracle
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

from gbaspatial.autocorrelation import moran_by
from gbaspatial.disparity import directional_lisa, lisa_markov, markov, rank_mobility, spatial_markov, transition
from gbaspatial.disparity.lisa import independent_moves
from gbaspatial.errors import AlignmentError, DataError, LabelTypeError, MissingDataError, OptionError, UnknownNameError
from gbaspatial.weights import Weights, from_pairs

MARKOV = oracle.case("markov_classic__usincome")
SPATIAL = oracle.case("spatial_markov__usincome")
LISA = oracle.case("lisa_markov__usincome")
RANKS = oracle.case("rank_mobility__usincome")
ROSE = oracle.case("directional_lisa__usincome")


def _income() -> pd.Series:
    wide = pd.read_csv(oracle.find("data/usincome.csv"))
    wide.index = pd.RangeIndex(1, len(wide) + 1, name="state")
    years = wide[[c for c in wide if c.startswith("Y")]].rename(columns=lambda c: int(c[1:])).reset_index()
    return (
        years.melt("state", var_name="year", value_name="income").set_index(["state", "year"])["income"].astype(float)
    )


INCOME = _income()
STATES = oracle.weights("usincome_states48_W", pd.RangeIndex(1, 49, name="state"))
WIDE = INCOME.unstack("year")  # noqa: PD010


def test_markov_agrees_with_giddy():
    got, want = markov(INCOME, classes=5), MARKOV.expected
    MARKOV.close(got.transitions, want["transitions"])
    MARKOV.close(got.transitions, MARKOV.raw["published"]["transitions"])
    MARKOV.close(got.probabilities, want["p"])
    MARKOV.close(got.steady_state, want["steady_state"])
    MARKOV.close(got.first_passage, want["fmpt"])
    MARKOV.close(got.sojourn, want["sojourn"])
    MARKOV.close(got.mobility["prais"], want["shorrock1"])
    MARKOV.close(1 - got.mobility["determinant"], 1 - want["det_D"])
    MARKOV.close(got.mobility["second_eigenvalue"], want["L2"])
    MARKOV.close(got.mobility["bartholomew"], want["B2"])
    peer = pytest.importorskip("giddy.mobility").markov_mobility
    P, pi = got.probabilities.to_numpy(), got.steady_state.to_numpy()
    assert got.mobility["bartholomew_leaving"] == pytest.approx(peer(P, measure="B1", ini=pi), rel=1e-12)
    MARKOV.close(got.classes.iloc[:, 0] - 1, want["classes_first_period"])
    MARKOV.close(got.classes.iloc[:, -1] - 1, want["classes_last_period"])


def test_spatial_markov_agrees_with_giddy():
    got, want = spatial_markov(INCOME, STATES, classes=5, draws=None), SPATIAL.expected
    SPATIAL.close(got.chain.cutoffs.iloc[0], want["cutoffs"])
    SPATIAL.close(got.lag_cutoffs.iloc[0], want["lag_cutoffs"])
    SPATIAL.close(got.chain.probabilities, want["p"])
    SPATIAL.close(got.transitions.to_numpy().reshape(5, 5, 5), want["T"])
    SPATIAL.close(got.steady_state, want["S"])
    SPATIAL.close(got.first_passage.to_numpy().reshape(5, 5, 5), want["F"])
    SPATIAL.close(got.tests["statistic"], [want["Q"], want["LR"]])
    assert (got.tests["df"] == want["dof_hom"]).all()
    SPATIAL.close(got.tests.loc["likelihood_ratio", "p_value"], want["LR_p"], rtol=1e-3)
    SPATIAL.close(got.by_lag[["statistic", "p_value", "df"]], want["chi2"])
    assert got.tests.loc["pearson", "statistic"] == pytest.approx(SPATIAL.raw["published"]["Q"], abs=5e-4)


def test_spatial_markov_permutation_repeats_and_is_more_careful():
    a, b = (spatial_markov(INCOME, STATES, classes=3, draws=39, rng=1) for _ in range(2))
    pd.testing.assert_frame_equal(a.tests, b.tests)
    # histories are persistent, so that chi-square (p = 1e-10) overstates what 48 states can tell
    assert (a.tests["p_permutation"] > a.tests["p_value"]).all()
    assert (a.tests["p_permutation"] * 40 % 1 < 1e-9).all()
    assert "seed 1" in str(a)


def test_lisa_markov_agrees_with_giddy():
    got, want = lisa_markov(INCOME, STATES), LISA.expected
    LISA.close(got.transitions, want["transitions"])
    LISA.close(got.probabilities, want["p"])
    LISA.close(got.steady_state, want["steady_state"])
    assert got.df == LISA.raw["published"]["dof"]
    with pytest.warns(DeprecationWarning, match="df"):
        assert got.dof == got.df
    assert "LISA Markov" in str(got)


def test_expected_lisa_moves_are_counted_over_time():
    """giddy 2.3.8 turns the panel first and then takes means over time and moves from state to state."""
    got = lisa_markov(INCOME, STATES)
    y = WIDE.to_numpy()
    lag = STATES.sparse @ y
    turned = [(part / y.mean(axis=1, keepdims=True) >= 1) for part in (y, lag)]
    theirs = independent_moves(*turned, got.transitions.to_numpy())
    LISA.close(theirs, LISA.expected["expected_t"])
    own = y > y.mean(axis=0)
    stays = (own[:, :-1] & own[:, 1:]).sum() / own[:, :-1].sum()
    near = lag > y.mean(axis=0)
    near_stays = (near[:, :-1] & near[:, 1:]).sum() / near[:, :-1].sum()
    assert got.expected.loc["HH", "HH"] == pytest.approx(got.transitions.loc["HH"].sum() * stays * near_stays)
    assert got.statistic < 100 < LISA.expected["chi_2"][0]


CHAINS = {
    "markov": lambda panel: markov(panel, classes=3),
    "spatial_markov": lambda panel: spatial_markov(panel, STATES, classes=3, draws=None),
    "lisa_markov": lambda panel: lisa_markov(panel, STATES),
}


@pytest.mark.parametrize("chain", CHAINS)
def test_all_chains_hand_out_their_matrices_in_one_way(chain):
    got = CHAINS[chain](INCOME)
    names = got.chain.probabilities.index
    for name in ("transitions", "probabilities", "first_passage"):
        whole = getattr(got, name)
        assert whole.index.names[-1] == "from"
        assert whole.columns.equals(names)
        assert whole.columns.name == "to"
        parts = [whole] if whole.index.nlevels == 1 else [part.droplevel(0) for _, part in whole.groupby(level=0)]
        assert all(part.index.equals(names) for part in parts)
    for name in ("steady_state", "sojourn", "mobility"):
        part = getattr(got, name)
        part = part.loc[1] if isinstance(part, pd.DataFrame) else part
        assert part.index.equals(getattr(got.chain, name).index)
        assert part.index.name == getattr(got.chain, name).index.name
    assert got.classes.shape == (got.n, got.periods) == (48, 81)


def test_the_older_name_of_the_chain_warns():
    got = CHAINS["spatial_markov"](INCOME)
    with pytest.warns(DeprecationWarning, match="chain"):
        assert got.overall is got.chain


def test_conditional_chains_add_up_to_the_chain():
    got = CHAINS["spatial_markov"](INCOME)
    pd.testing.assert_frame_equal(got.transitions.groupby(level="from").sum(), got.chain.transitions)
    stays = np.diag(got.probabilities.loc[2])
    np.testing.assert_array_equal(got.sojourn.loc[2], 1 / (1 - stays))
    prais = (3 - stays.sum()) / 2
    assert got.mobility.loc[2, "prais"] == pytest.approx(prais)


PANEL_STATISTICS = {
    **CHAINS,
    "rank_mobility": lambda panel: rank_mobility(panel, STATES, draws=9, rng=1),
    "moran_by": lambda panel: moran_by(panel, STATES, inference="randomization"),
}


@pytest.mark.parametrize("statistic", PANEL_STATISTICS)
def test_panels_are_taken_in_one_way(statistic):
    """By label, whatever the order of the rows; never a wide table, never a unit too few."""
    some = INCOME[INCOME.index.get_level_values(1) >= 2000]
    of = PANEL_STATISTICS[statistic]
    shuffled = some.sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(of(some).to_frame(), of(shuffled).to_frame())
    with pytest.raises(LabelTypeError, match=r"stack\(\)"):
        of(WIDE)
    with pytest.raises(MissingDataError, match="no row for"):
        of(some.iloc[1:])
    with pytest.raises(AlignmentError, match="more than one row"):
        of(pd.concat([some, some.iloc[:1]]))


def test_rank_mobility_agrees_with_giddy():
    regions = pd.Series(RANKS.expected["regimes"], index=WIDE.index)
    got, want = rank_mobility(INCOME, STATES, groups=regions, draws=99, rng=3), RANKS.expected
    RANKS.close([got.tau, got.concordant, got.discordant], [want[k] for k in ("tau", "concordant", "discordant")])
    RANKS.close(got.spatial_tau, want["spatial_tau"])
    RANKS.close(got.theta["theta"], want["theta"])
    assert 0 < got.spatial_p_value <= 1
    assert got.theta["p_value"].between(0, 1).all()
    assert got.p_value == pytest.approx(want["tau_p"], rel=0.02)  # giddy: normal without the correction for ties


def test_directional_lisa_agrees_with_giddy():
    """The reference ran on binary weights: giddy's SpatialTau had set the caller's W to "b" before."""
    relative, binary = WIDE / WIDE.mean(), STATES.binary()
    got, want = directional_lisa(relative[1929], relative[2009], binary, sectors=4, draws=99, rng=1), ROSE.expected
    ROSE.close(got.counts["count"], want["counts"])
    ROSE.close(got.angle, want["theta"])
    ROSE.close(got.length, want["r"])
    ROSE.close(np.radians([*got.counts["from_degrees"], 360.0]), want["cuts"])
    assert got.counts.loc[1, "p_value"] <= 0.05
    shuffled = relative[2009].sample(frac=1, random_state=0)
    again = directional_lisa(relative[1929], shuffled, binary, sectors=4, draws=99, rng=1)
    pd.testing.assert_frame_equal(got.counts, again.counts)


def test_islands_have_no_direction():
    w = from_pairs(pd.DataFrame({"focal": ["a", "b"], "neighbor": ["b", "a"]}), ids=["a", "b", "c"])
    first, last = pd.Series([1.0, 2, 3], list("abc")), pd.Series([2.0, 1, 5], list("abc"))
    got = directional_lisa(first, last, w, draws=9, rng=1)
    assert np.isnan(got.angle["c"])
    assert got.sector["c"] == 0
    assert got.counts["count"].sum() == 2


@settings(max_examples=15, deadline=None)
@given(st.lists(st.lists(st.integers(1, 9), min_size=3, max_size=3), min_size=3, max_size=3))
def test_steady_state_and_passage_obey_their_definitions(rows):
    P = np.array(rows, dtype=float)
    P /= P.sum(axis=1, keepdims=True)
    pi, M = transition.steady_state(P), transition.first_passage(P)
    np.testing.assert_allclose(pi @ P, pi, atol=1e-12)
    np.testing.assert_allclose(np.diag(M), 1 / pi)
    off = M - np.diag(np.diag(M))
    np.testing.assert_allclose(M, 1 + P @ off)


def test_chains_that_never_return_say_so():
    absorbing = np.array([[0.5, 0.5, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    assert np.isnan(transition.steady_state(absorbing)).all()  # two closed classes: no single long run
    M = transition.first_passage(absorbing)
    assert M[0, 1] == pytest.approx(2.0)
    assert np.isinf(M[1, 0])
    assert np.isinf(M[0, 0])
    assert M[1, 1] == 1.0


def test_shuffled_rows_change_nothing():
    shuffled = INCOME.sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(markov(shuffled).probabilities, markov(INCOME).probabilities)
    pd.testing.assert_frame_equal(lisa_markov(shuffled, STATES).transitions, lisa_markov(INCOME, STATES).transitions)


def test_a_mapping_of_weights_is_used_year_by_year():
    years = WIDE.columns
    same = lisa_markov(INCOME, dict.fromkeys(years, STATES))
    pd.testing.assert_frame_equal(same.transitions, lisa_markov(INCOME, STATES).transitions)
    with pytest.raises(UnknownNameError, match="no 2009"):
        lisa_markov(INCOME, dict.fromkeys(years[:-1], STATES))


def test_bad_input_is_told():
    with pytest.raises(LabelTypeError, match="index level"):
        markov(WIDE[1929])
    with pytest.raises(MissingDataError, match=r"no row for 1 \(1929\)"):
        markov(INCOME.iloc[1:])
    with pytest.raises(AlignmentError, match="more than one row"):
        markov(pd.concat([INCOME, INCOME.iloc[:1]]))
    with pytest.raises(AlignmentError, match="swaplevel"):
        lisa_markov(
            INCOME.rename_axis(["a", "b"]).swaplevel(), STATES.subset(range(1, 49))
        ) if False else spatial_markov(pd.Series(INCOME.to_numpy(), index=INCOME.index.swaplevel()), STATES)
    with pytest.raises(OptionError, match="classes=1"):
        markov(INCOME, classes=1)
    with pytest.raises(OptionError, match="ascending"):
        markov(INCOME, classes=[2.0, 1.0])
    with pytest.raises(DataError, match="two periods"):
        markov(INCOME[INCOME.index.get_level_values(1) == 1929])
    islands = Weights(np.zeros((48, 48)), STATES.ids)
    with pytest.raises(DataError, match="no neighbors"):
        spatial_markov(INCOME, islands)
    with pytest.raises(OptionError, match="draws=0"):
        rank_mobility(INCOME, STATES, draws=0)
