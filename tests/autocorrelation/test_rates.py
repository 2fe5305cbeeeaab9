"""Rates: spdep's empirical Bayes numbers, and tests that allow for unequal variances."""

import numpy as np
import oracle
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

from gbaspatial import autocorrelation as ac
from gbaspatial.errors import AlignmentError, DataError, LabelTypeError, MissingDataError
from gbaspatial.weights import from_pairs

CASE = oracle.case("eb_moran_rates__ncsids")
DEATHS, BIRTHS = CASE.data["SID74"], CASE.data["BIR74"]
W = CASE.w("W")


def test_global_empirical_bayes_is_spdeps():
    got, want = ac.empirical_bayes_rates(DEATHS, BIRTHS), CASE.expected
    CASE.close(got.raw, want["EBest_raw"])
    CASE.close(got.estimate, want["EBest_estmm"])
    assert got.between_variance == pytest.approx(want["EBest_a"], rel=1e-9)


def test_local_empirical_bayes_is_spdeps():
    got = ac.empirical_bayes_rates(DEATHS, BIRTHS, CASE.w("B"))
    CASE.close(got.estimate, CASE.expected["EBlocal_est"])
    shuffled = ac.empirical_bayes_rates(DEATHS.sample(frac=1, random_state=1), BIRTHS, W)
    pd.testing.assert_series_equal(shuffled.estimate.reindex(DEATHS.index), got.estimate)


def test_probability_maps_are_spdeps():
    got, want = ac.rate_probabilities(DEATHS, BIRTHS), CASE.expected
    CASE.close(got["expected"], want["probmap_expCount"])
    CASE.close(got["relative_risk"], want["probmap_relRisk"])
    CASE.close(got["cumulative"], want["probmap_pmap"])
    CASE.close(got["tail"], want["choynowski_pmap"])
    assert (got["expected"] > DEATHS).tolist() == want["choynowski_type_lower"]


def test_moran_of_rates_is_spdeps():
    got, want = ac.moran_rates(DEATHS, BIRTHS, W, draws=9_999, rng=1), CASE.expected
    CASE.close(got.statistic, want["EBI_moran"])
    assert got.null.sample.mean() == pytest.approx(want["sim_mean"], abs=0.005)
    assert got.null.sample.std() == pytest.approx(want["sim_sd"], rel=0.05)
    one_sided = ac.moran_rates(DEATHS, BIRTHS, W, alternative="greater", draws=9_999, rng=1)
    assert one_sided.p_value == pytest.approx(want["sim_p_value"], abs=0.0006)


def test_local_moran_of_rates_sums_to_the_global_one():
    local, whole = ac.local_moran_rates(DEATHS, BIRTHS, W, draws=99, rng=1), ac.moran_rates(DEATHS, BIRTHS, W, rng=1)
    linked = W.cardinalities > 0
    assert local.statistic[linked].sum() / W.s0 * linked.sum() / len(DEATHS) == pytest.approx(whole.statistic)
    again = ac.local_moran_rates(DEATHS, BIRTHS, W, draws=99, rng=1)
    pd.testing.assert_frame_equal(local.to_frame(), again.to_frame())  # B16: esda's Moran_Rate takes no seed


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 50), st.integers(1, 5_000)), min_size=3, max_size=8))
def test_estimates_lie_between_the_raw_rate_and_the_mean(cells):
    events = pd.Series([float(min(e, n)) for e, n in cells])
    people = pd.Series([float(n) for _, n in cells])
    if not events.any():
        return
    got = ac.empirical_bayes_rates(events, people)
    low, high = np.minimum(got.raw, got.mean), np.maximum(got.raw, got.mean)
    assert ((got.estimate >= low - 1e-12) & (got.estimate <= high + 1e-12)).all()
    assert got.between_variance >= 0


def test_unequal_populations_do_not_look_like_association():
    """All true rates equal; small units neighbor each other: the plain test rejects more than this one."""
    n, rng = 60, np.random.default_rng(1)
    ids = pd.RangeIndex(n)
    people = pd.Series(np.where(ids < 20, 60.0, 20_000.0), ids)
    ring = [(i, (i + 1) % n) for i in range(n)] + [((i + 1) % n, i) for i in range(n)]
    w = from_pairs(pd.DataFrame(ring, columns=["focal", "neighbor"]), ids=ids).row_standardized()
    rejected = 0
    for _ in range(300):
        events = pd.Series(rng.binomial(people.astype(int), 0.05).astype(float), ids)
        rejected += ac.moran_rates(events, people, w, inference="randomization").p_value <= 0.05
    assert rejected / 300 <= 0.085


@pytest.mark.parametrize(
    ("change", "error", "told"),
    [
        (lambda e, n: (e, n.mask(n.index == 7, 0.0)), DataError, "zero or negative for 7"),
        (lambda e, n: (e, n.mask(n.index == 7, -5.0)), DataError, "zero or negative for 7"),
        (lambda e, n: (e.mask(e.index == 3, -1.0), n), DataError, "negative for 3"),
        (lambda e, n: (e * 0, n), DataError, "no unit has an event"),
        (lambda e, n: (e.mask(e.index == 3), n), MissingDataError, "missing for 3"),
        (lambda e, n: (e, n.iloc[1:]), AlignmentError, "absent from the at-risk population: 1"),
        (lambda e, n: (e, n.to_numpy()), LabelTypeError, "at-risk population are a bare ndarray"),
    ],
)
@pytest.mark.parametrize("function", [ac.moran_rates, ac.local_moran_rates, ac.empirical_bayes_rates])
def test_bad_rates_are_told(function, change, error, told):
    with pytest.raises(error, match=told):
        function(*change(DEATHS.astype(float), BIRTHS.astype(float)), W)


def test_equal_rates_are_a_constant():
    with pytest.raises(DataError, match="same rate"):
        ac.moran_rates(BIRTHS / 100, BIRTHS.astype(float), W)
    with pytest.raises(LabelTypeError, match="bare"):
        ac.empirical_bayes_rates(DEATHS.to_numpy(), BIRTHS)
    assert "Overall rate" in str(ac.empirical_bayes_rates(DEATHS, BIRTHS))
    assert "neighborhood" in str(ac.empirical_bayes_rates(DEATHS, BIRTHS, W))
