"""The spatial Gini against PySAL's inequality 1.1.2, and laws."""

import numpy as np
import oracle
import pandas as pd
import pytest

from gbaspatial.disparity import gini, spatial_gini
from gbaspatial.errors import DataError
from gbaspatial.weights import Weights

STATES = oracle.weights("usincome_states48_W", pd.RangeIndex(1, 49, name="state"))
INCOME = pd.read_csv(oracle.find("data/usincome.csv"))["Y2009"].astype(float).set_axis(STATES.ids)
CASE = oracle.case("spatial_gini__usincome")
RESULT = spatial_gini(INCOME, STATES, rng=1)


def test_parts_agree_with_pysal():
    CASE.close(
        [RESULT.statistic, RESULT.neighbors_sum, RESULT.others_sum], [CASE.expected[k] for k in ("g", "wg", "wcg")]
    )
    CASE.close(RESULT.others_share * RESULT.statistic, CASE.expected["pwg"])  # that name is of the others' part


def test_parts_add_up_and_only_links_count():
    assert RESULT.neighbors_share + RESULT.others_share == pytest.approx(1)
    assert RESULT.statistic == gini(INCOME)
    binary = Weights((STATES.sparse > 0).astype(float), STATES.ids)
    other = spatial_gini(INCOME * 1e250, binary, rng=1)
    assert (other.neighbors_share, other.p_value) == pytest.approx((RESULT.neighbors_share, RESULT.p_value))


def test_neighbors_in_america_are_alike():
    less = spatial_gini(INCOME, STATES, alternative="less", rng=1)
    assert less.p_value < 0.05
    assert RESULT.neighbors_share < RESULT.expected_share


def test_p_value_is_the_share_of_orders():
    path = Weights(np.eye(4, k=1) + np.eye(4, k=-1), list("abcd"))
    x = pd.Series([1.0, 2.0, 3.0, 4.0], list("abcd"))
    # of 24 orders the two that run up or down have the least difference between neighbors
    assert spatial_gini(x, path, alternative="less", draws=9999, rng=1).p_value == pytest.approx(2 / 24, abs=0.01)


def test_bad_input_is_told():
    with pytest.raises(DataError, match="same amount"):
        spatial_gini(INCOME * 0 + 1, STATES)
    with pytest.raises(DataError, match="no link"):
        spatial_gini(pd.Series([1.0, 2.0], list("ab")), Weights(np.zeros((2, 2)), list("ab")))
    with pytest.raises(DataError, match="negative"):
        spatial_gini(-INCOME, STATES)
