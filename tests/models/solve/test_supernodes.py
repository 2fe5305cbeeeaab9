"""The plan of an elimination: its tree and fill against dense elimination, its supernodes against their laws."""

import numpy as np
import pytest
from graphs import grid
from hypothesis import given, strategies as st
from scipy import sparse

from gbaspatial.models.solve import supernodes


def pattern(A: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    csr = sparse.csr_array(A)
    csr.sort_indices()
    return csr.indptr.astype(np.int32), csr.indices.astype(np.int32)


def filled(A: np.ndarray) -> np.ndarray:
    """Which entries of the factor L (lower, unit diagonal included) are not zero, by dense elimination."""
    links = (A != 0) | np.eye(len(A), dtype=bool)
    for k in range(len(A)):
        below = np.flatnonzero(links[k + 1 :, k]) + k + 1
        links[np.ix_(below, below)] = True
    return np.tril(links)


def postordered(A: np.ndarray) -> np.ndarray:
    order = supernodes.postorder(supernodes.ancestry(*pattern(A))[0])
    assert sorted(order) == list(range(len(A)))
    return A[np.ix_(order, order)]


@given(seed=st.integers(0, 10_000), n=st.integers(1, 30), links=st.floats(0.0, 4.0))
def test_the_plan_holds_the_fill_of_dense_elimination(seed: int, n: int, links: float) -> None:
    rng = np.random.default_rng(seed)
    A = np.triu(rng.random((n, n)) < links / n, 1).astype(float)
    A = postordered(A + A.T)
    L = filled(A)
    parent, count = supernodes.ancestry(*pattern(A))
    assert count.tolist() == L.sum(axis=0).tolist()
    for j in range(n):
        below = np.flatnonzero(L[j + 1 :, j])
        assert parent[j] == (below[0] + j + 1 if len(below) else -1)
    plan = supernodes.planned(*pattern(A))
    assert plan.first[0] == 0
    assert plan.first[-1] == n
    stack = highest = 0
    waiting: list[int] = []
    for k in range(len(plan.first) - 1):
        rows, own = plan.rows[plan.start[k] : plan.start[k + 1]], range(plan.first[k], plan.first[k + 1])
        assert rows[: len(own)].tolist() == list(own)
        assert (np.diff(rows) > 0).all()
        for j in own:  # nothing that elimination fills is left out
            assert set(np.flatnonzero(L[:, j])) <= set(rows[rows >= j])
        for _ in range(plan.children[k]):
            child = waiting.pop()
            below = plan.rows[plan.start[child] + plan.first[child + 1] - plan.first[child] : plan.start[child + 1]]
            assert set(below) <= set(rows)
            stack -= len(below) ** 2
        if len(rows) > len(own):
            waiting.append(k)
            stack += (len(rows) - len(own)) ** 2
        highest = max(highest, stack)
        assert plan.block[k + 1] - plan.block[k] == len(rows) * len(own)
        assert plan.front >= len(rows) ** 2
    assert not waiting
    assert plan.stack == highest


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5])
def test_merging_stores_no_more_zeros_than_allowed(share: float) -> None:
    A = postordered(grid(14).sparse.toarray())
    parent, count = supernodes.ancestry(*pattern(A))
    first = supernodes.supernodes(parent, count, 1, share)
    start, rows, above = supernodes.structure(*pattern(A), parent, count, first)
    L = filled(A)
    for k in range(len(first) - 1):
        own, inside = np.arange(first[k], first[k + 1]), rows[start[k] : start[k + 1]]
        entries = sum((inside >= j).sum() for j in own)
        assert entries - L[:, own].sum() <= share * entries
        assert above[k] == -1 or above[k] > k
