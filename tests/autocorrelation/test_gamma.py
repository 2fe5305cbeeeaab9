"""The Gamma index: against esda, against all orders, and as what Moran's I and Geary's C are made of."""

from itertools import permutations

import numpy as np
import oracle
import pandas as pd
import pytest

from gbaspatial import autocorrelation as ac
from gbaspatial.autocorrelation.gamma import absolute_sums
from gbaspatial.errors import DataError, OptionError
from gbaspatial.inference.moments import pair_sums
from gbaspatial.weights import Weights

COLUMBUS = oracle.data("columbus")
_PAIRS = pd.read_csv(oracle.find("data/columbus_B.csv"))
LINKS = np.zeros((len(COLUMBUS), len(COLUMBUS)))
LINKS[COLUMBUS.index.get_indexer(_PAIRS["focal"]), COLUMBUS.index.get_indexer(_PAIRS["neighbor"])] = 1.0
W = Weights(LINKS, list(COLUMBUS.index)).row_standardized()
Y = COLUMBUS["CRIME"]
COMPARED = {
    "product": lambda x: np.multiply.outer(x, x),
    "squared": lambda x: np.subtract.outer(x, x) ** 2,
    "absolute": lambda x: np.abs(np.subtract.outer(x, x)),
}
MEASURES = list(COMPARED)


@pytest.mark.parametrize("standardize", [False, True])
@pytest.mark.parametrize(("measure", "theirs"), [("product", "c"), ("squared", "s"), ("absolute", "a")])
def test_the_index_is_that_of_esda(measure, theirs, standardize):
    esda = pytest.importorskip("esda")
    other = esda.Gamma(Y.to_numpy(), W.to_libpysal(), operation=theirs, standardize=standardize, permutations=0)
    y = (Y - Y.mean()) / Y.std(ddof=0) if standardize else Y
    assert ac.gamma(y, W, measure, inference="randomization").statistic == pytest.approx(other.g, rel=1e-12)


@pytest.mark.parametrize("measure", MEASURES)
def test_moments_and_exact_p_are_those_of_all_orders(measure):
    rng = np.random.default_rng(5)
    A = rng.random((6, 6)) * (rng.random((6, 6)) < 0.6)
    np.fill_diagonal(A, 0)
    w, y = Weights(A, list("abcdef")), pd.Series([1.0, -2, 4, 0.5, 7, 3], index=list("abcdef"))
    B = COMPARED[measure](y.to_numpy())
    all_orders = np.array([(A * B[np.ix_(p, p)]).sum() for p in permutations(range(6))])
    found, normal = ac.gamma(y, w, measure), ac.gamma(y, w, measure, inference="randomization")
    assert found.inference == "exact"
    assert found.statistic == pytest.approx((A * B).sum())
    for one in (found, normal):
        assert one.expected == pytest.approx(all_orders.mean())
        assert one.variance == pytest.approx(all_orders.var())
    upper = (all_orders >= (A * B).sum() * (1 - 1e-12)).mean()
    assert ac.gamma(y, w, measure, alternative="greater").p_value == pytest.approx(upper)


@pytest.mark.parametrize("measure", MEASURES)
def test_random_orders_agree_with_the_moments_over_all(measure):
    drawn = ac.gamma(Y, W, measure, inference="permutation", draws=4999, rng=3)
    assert drawn.null.sample.mean() == pytest.approx(drawn.expected, abs=5 * np.sqrt(drawn.variance / 4999))
    assert drawn.null.sample.var() == pytest.approx(drawn.variance, rel=0.15)
    assert drawn.seed == 3


def test_moran_and_geary_are_kinds_of_it():
    """The same random orders, so the same p-values to the digit."""
    drawn = {"inference": "permutation", "draws": 999, "rng": 1}
    assert ac.gamma(Y - Y.mean(), W, **drawn).p_value == ac.moran(Y, W, **drawn).p_value
    assert ac.gamma(Y, W, "squared", **drawn).p_value == ac.geary(Y, W, **drawn).p_value


def test_sums_of_absolute_differences_by_sorting_are_those_of_all_pairs():
    x = np.random.default_rng(0).normal(size=40).round(1)  # with ties
    np.testing.assert_allclose(absolute_sums(x), pair_sums(COMPARED["absolute"](x)), rtol=1e-12)


def test_two_classes_are_exact_at_any_n_and_all_orders_are_too_many_else():
    high = (Y.nlargest(4).min() < Y).astype(float)
    assert ac.gamma(high, W, "absolute").inference == "exact"
    with pytest.raises(OptionError, match="all orders"):
        ac.gamma(Y, W, "absolute", inference="exact")
    with pytest.raises(OptionError, match="measure"):
        ac.gamma(Y, W, "cubed")


@pytest.mark.parametrize("measure", MEASURES)
def test_values_too_large_for_their_variance_are_told(measure):
    assert np.isfinite(ac.gamma(Y * 1e50, W, measure, inference="randomization").variance)
    with pytest.raises(DataError, match="change the unit"):
        ac.gamma(Y * 1e200, W, measure)
