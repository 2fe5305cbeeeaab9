"""Defects measured in the peers (esda 2.8.2), each with the right number here."""

import numpy as np
import oracle
import pandas as pd
import pytest

from gbaspatial import autocorrelation as ac
from gbaspatial.errors import DataError, MissingDataError
from gbaspatial.weights import Weights

COLUMBUS = oracle.data("columbus")["CRIME"]
W = oracle.weights("columbus_W")
B = oracle.weights("columbus_B")
TESTS = [ac.moran, ac.geary, ac.general_g, ac.local_moran, ac.local_geary, ac.local_g, ac.local_g_star]


@pytest.mark.parametrize("test", TESTS)
def test_b10_the_weights_given_are_not_changed(test):
    """esda sets `w.transform` of the caller's weights."""
    w = W.to_libpysal()
    before, transform = w.sparse.toarray().copy(), w.transform
    test(COLUMBUS.rename(index=str).set_axis(W.ids), w)
    assert (w.sparse.toarray() == before).all()
    assert w.transform == transform


@pytest.mark.parametrize("test", TESTS)
def test_b11_missing_and_constant_values_are_refused(test):
    """esda reports a variable with NaN, or a constant, as significant (I = nan, p = 0.01)."""
    with pytest.raises(MissingDataError, match="'CRIME' is missing for 7"):
        test(COLUMBUS.mask(COLUMBUS.index == 7), W)
    with pytest.raises(DataError, match="is the same"):
        test(COLUMBUS * 0 + 3.0, W)


def with_island():
    matrix = B.to_sparse().tolil()
    matrix[4, :] = 0
    matrix[:, 4] = 0
    return Weights(matrix.tocsr(), B.ids)


@pytest.mark.parametrize("test", [ac.local_moran, ac.local_geary, ac.local_g, ac.local_g_star])
@pytest.mark.parametrize("inference", ["permutation", "randomization"])
def test_b12_islands_have_no_p_value(test, inference):
    """esda gives a unit without neighbors I = -0.0, p = 0.01 and the class LL."""
    got = test(
        COLUMBUS, with_island(), inference=inference, **({"draws": 99, "rng": 1} if inference == "permutation" else {})
    )
    row = got.to_frame().loc[B.ids[4]]
    assert np.isnan([row["statistic"], row["p_value"], row["p_adjusted"], row["z"]]).all()
    assert row["cluster"] == "isolate"
    others = got.to_frame().drop(B.ids[4])
    assert others["p_value"].notna().all()
    assert "isolate" not in set(others["cluster"])


def test_b12_islands_are_left_out_of_n_as_in_spdep():
    w = with_island()
    z = COLUMBUS - COLUMBUS.mean()
    moran, geary = ac.moran(COLUMBUS, w, inference="normal"), ac.geary(COLUMBUS, w, inference="normal")
    cross = float(z @ (w.sparse @ z.to_numpy()))
    assert moran.n == 48
    assert moran.statistic == pytest.approx(48 / w.s0 * cross / float(z @ z))
    y = COLUMBUS.to_numpy()
    apart = float((w.sparse.toarray() * np.subtract.outer(y, y) ** 2).sum())
    assert geary.statistic == pytest.approx(47 / (2 * w.s0) * apart / float(z @ z))
    for got in (moran, geary):  # moments are those of this statistic over all orders
        test = ac.moran if got is moran else ac.geary
        sample = test(COLUMBUS, w, inference="permutation", draws=20_000, rng=1)
        assert sample.null.sample.mean() == pytest.approx(sample.expected, abs=4 * np.sqrt(sample.variance / 20_000))
        assert got.expected == pytest.approx(sample.expected)


@pytest.mark.parametrize("test", [ac.local_g, ac.local_g_star])
def test_b13_local_g_does_not_depend_on_row_standardization(test):
    """esda's z under row-standardized W is 0.44 of its size (-0.656 for the first unit, spdep -0.938)."""
    row, binary = (test(COLUMBUS, w, inference="randomization") for w in (W, B))
    np.testing.assert_allclose(row.z, binary.z, rtol=1e-10)
    uneven = Weights(B.sparse.multiply(np.arange(1, 50)[:, None]), B.ids)
    np.testing.assert_allclose(test(COLUMBUS, uneven, inference="randomization").z, binary.z, rtol=1e-10)
    if test is ac.local_g:
        assert row.z.iloc[0] == pytest.approx(-0.93780765, abs=1e-7)
        drawn = test(COLUMBUS, W, inference="permutation", draws=9_999, rng=1).p_value
        assert np.corrcoef(drawn, row.p_value)[0, 1] > 0.98


def test_b14_the_size_of_a_test_at_5_percent_is_5_percent():
    """A folded one-sided p-value, esda's p_sim, rejects 8.8 % of null samples."""
    rng = np.random.default_rng(0)
    rejected = [
        ac.moran(pd.Series(rng.normal(size=49), W.ids), W, inference="permutation", draws=199, rng=i).p_value <= 0.05
        for i in range(400)
    ]
    assert 0.02 < np.mean(rejected) < 0.075
    local = np.mean(
        [
            (ac.local_moran(pd.Series(rng.normal(size=49), W.ids), W, draws=199, rng=i).p_value <= 0.05).mean()
            for i in range(20)
        ]
    )
    assert 0.02 < local < 0.07


def test_b15_two_sided_p_values_are_at_most_one():
    y = pd.Series(np.r_[np.ones(48), 9.0], W.ids)
    for test in (ac.local_moran, ac.local_geary, ac.local_g):
        p = test(y, B, inference="permutation", draws=19, rng=1).p_value
        assert (p <= 1).all()
        assert (p >= 1 / 20).all()


@pytest.mark.parametrize(
    "test",
    [
        ac.moran, ac.geary, ac.general_g, ac.local_moran, ac.local_geary, ac.local_g, ac.local_g_star,
        lambda y, w, **options: ac.join_count(y > y.median(), w, **options),
        lambda y, w, **options: ac.local_join_count((y > y.median()).astype(int), w, **options),
    ],
)  # fmt: skip
def test_b16_a_seed_is_kept(test):
    """esda ignores the seed of Geary_Local and Join_Counts_Local, and takes none for global tests."""

    noise = COLUMBUS.sample(frac=1, random_state=0).set_axis(W.ids)

    def p(rng):
        return np.atleast_1d(test(noise, W, inference="permutation", draws=199, rng=rng).p_value)

    np.testing.assert_array_equal(p(5), p(5))
    np.testing.assert_array_equal(p(np.random.default_rng(5)), p(np.random.default_rng(5)))
    assert any((p(5) != p(other)).any() for other in (6, 7, 8))
    assert test(COLUMBUS, W, inference="permutation", draws=199, rng=5).seed == 5
