"""The projection off both sets of effects against dummies, and separation against its definition."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from gbaspatial.spillover.separation import separated, without_total
from gbaspatial.spillover.two_way_poisson import TwoWay


def ways_of(rng, n=5, m=4, share=0.8):
    full = np.argwhere(rng.random((n, m)) < share)
    return TwoWay(*(np.unique(column, return_inverse=True)[1] for column in full.T))


@given(seed=st.integers(0, 10**6), spread=st.floats(0, 6))
@settings(max_examples=40, deadline=None)
def test_the_projection_is_that_of_dummies(seed, spread):
    rng = np.random.default_rng(seed)
    ways = ways_of(rng)
    m = len(ways.origin)
    Z, weights = rng.normal(size=(m, 2)), np.exp(spread * rng.normal(size=m))
    D = np.hstack([part.toarray().T for part in ways.incidence])
    root = np.sqrt(weights)[:, None]
    expected = Z - D @ np.linalg.lstsq(root * D, root * Z, rcond=None)[0]
    assert root * ways.less(Z, weights) == pytest.approx(root * expected, abs=1e-6 * np.abs(root * Z).max())
    assert ways.rank == np.linalg.matrix_rank(D)


@given(seed=st.integers(0, 10**6))
@settings(max_examples=25, deadline=None)
def test_separated_zeros_are_those_that_a_direction_shows(seed):
    rng = np.random.default_rng(seed)
    ways = ways_of(rng)
    m = len(ways.origin)
    y = rng.poisson(1.0, m).astype(float)
    x = (rng.random((m, 1)) < 0.3).astype(float)
    gone = separated(y, x, ways)
    assert not gone[y > 0].any()
    D = np.hstack([x, *(part.toarray().T for part in ways.incidence)])
    positive = D[y > 0]
    null = np.linalg.svd(positive)[2][np.linalg.matrix_rank(positive) :] if len(positive) else np.eye(D.shape[1])
    for direction in [*null, *-null]:  # any direction that is flat where something flows, and rises nowhere wrongly
        rise = D[y == 0] @ direction
        if (rise > -1e-10).all():
            assert gone[np.flatnonzero(y == 0)[rise > 1e-6]].all()
    assert gone[without_total(y, ways)].all()
