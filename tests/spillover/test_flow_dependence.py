"""Network autocorrelation of residual flows, and eigenvectors that take it up."""

import numpy as np
import pandas as pd
import pytest
from test_gravity import UNITS, flows

from gbaspatial.errors import AlignmentError, WeightsError
from gbaspatial.spillover import gravity
from gbaspatial.weights import Weights

CHAIN = Weights(np.eye(12, k=1) + np.eye(12, k=-1), list("abcdefghijkl")).row_standardized()
TABLE = flows(3, list("abcdefghijkl"), b=(-0.3, -0.5))


def dense_moran(fit, w, first, second):
    """Moran's I of the Pearson residuals by the Kronecker product of two matrices."""
    n = len(w.ids)
    W = w.sparse.toarray()
    full = pd.MultiIndex.from_product([w.ids, w.ids])
    e = ((fit.outcome - fit.fitted) / np.sqrt(fit.fitted)).reindex(full).to_numpy()
    K = np.kron(W if first else np.eye(n), W if second else np.eye(n))
    return len(e) / K.sum() * (e @ K @ e) / (e @ e)


def patterned(seed=0):
    """Flows with a pattern that neighbors of both ends share."""
    rng = np.random.default_rng(seed)
    n = len(CHAIN.ids)
    A = np.linalg.inv(np.eye(n) - 0.85 * CHAIN.sparse.toarray())
    shock = A @ rng.normal(size=(n, n)) @ A.T
    eta = np.log(TABLE["trade"] + 5) + 0.8 * shock.ravel() / shock.std()
    return TABLE.assign(trade=rng.poisson(np.exp(eta)).astype(float))


def test_statistics_are_those_of_kronecker_products():
    fit = gravity(TABLE, "trade ~ log(km)")
    found = fit.moran(CHAIN, draws=99).statistic
    for name, (first, second) in {"origin": (1, 0), "destination": (0, 1), "both": (1, 1)}.items():
        assert found[name] == pytest.approx(dense_moran(fit, CHAIN, first, second), abs=1e-12)


def test_the_level_of_the_test():
    fits = [gravity(flows(seed, list(CHAIN.ids)), "trade ~ log(km)") for seed in range(80)]
    p = [fit.moran(CHAIN, draws=99).p_value for fit in fits]
    rejected = (pd.DataFrame(p) <= 0.1).mean()
    assert rejected.between(0.02, 0.2).all()


def test_a_shared_pattern_is_found_and_taken_up():
    table = patterned()
    plain = gravity(table, "trade ~ log(km)")
    freed = gravity(table, "trade ~ log(km)", filter_w=CHAIN)
    assert plain.moran(CHAIN).p_value["both"] < 0.01
    assert freed.moran(CHAIN).p_value["both"] > 0.05
    assert list(freed.params.index[2:]) == list(freed.filters.columns)
    assert freed.filters.index.equals(table.index)
    assert "eigenvectors of W x W" in str(freed.summary())
    assert freed.selected
    assert freed.deviance < plain.deviance


def test_nothing_is_added_where_nothing_is_left():
    freed = gravity(TABLE, "trade ~ log(km)", filter_w=CHAIN)
    plain = gravity(TABLE, "trade ~ log(km)")
    if abs(plain.moran(CHAIN, draws=999).z["both"]) < 1:
        assert freed.filters.shape[1] == 0
    assert freed.params["border"] == pytest.approx(plain.params["border"], abs=0.3)


def test_signs_are_drawn_by_label():
    mixed = TABLE.sample(frac=1, random_state=1)
    one, two = (gravity(table, "trade ~ log(km)").moran(CHAIN, draws=99, rng=4) for table in (TABLE, mixed))
    assert one.p_value.equals(two.p_value)
    assert one.statistic.to_numpy() == pytest.approx(two.statistic.to_numpy(), abs=1e-12)


def test_w_of_other_units_or_without_links_is_refused():
    fit = gravity(TABLE, "trade ~ log(km)")
    with pytest.raises(AlignmentError, match="cover different units"):
        fit.moran(Weights(np.eye(6, k=1) + np.eye(6, k=-1), UNITS))
    with pytest.raises(AlignmentError, match="cover different units"):
        gravity(TABLE, "trade ~ log(km)", filter_w=Weights(np.eye(6, k=1) + np.eye(6, k=-1), UNITS))
    with pytest.raises(WeightsError, match="no two flows are neighbors"):
        fit.moran(Weights(np.zeros((12, 12)), list("abcdefghijkl")))
