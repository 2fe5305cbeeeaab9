"""One shuffle for every statistic: compiled loops are the statistic in the orders that `orders` gives."""

import esda
import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from gbaspatial import autocorrelation as ac
from gbaspatial.autocorrelation import cross, local_cross
from gbaspatial.autocorrelation.autoregression import aple_statistic, weights_trace
from gbaspatial.inference import permutation, reassigned
from gbaspatial.inference.conditional import shared_draws
from gbaspatial.inference.permutation import orders
from gbaspatial.weights import Weights, from_pairs

DRAWN = {"inference": "permutation", "draws": 299, "rng": 4}


def grid(side: int, *, weighted: bool) -> Weights:
    """Rook neighbors on a square of `side` by `side` units, the last of which has none."""
    place = np.arange(side * side).reshape(side, side)
    a = np.r_[place[:, :-1].ravel(), place[:-1].ravel()]
    b = np.r_[place[:, 1:].ravel(), place[1:].ravel()]
    pairs = pd.DataFrame({"focal": np.r_[a, b], "neighbor": np.r_[b, a]})
    pairs = pairs[(pairs < side * side - 1).all(axis=1)]
    if weighted:
        pairs["weight"] = np.random.default_rng(side).random(len(pairs)) + 0.1
    w = from_pairs(pairs, ids=range(side * side))
    return w if weighted else w.row_standardized()


@pytest.fixture(scope="module", params=[(32, True), (33, False)], ids=["even", "odd"])
def data(request) -> tuple[Weights, pd.DataFrame]:
    side, weighted = request.param
    w = grid(side, weighted=weighted)
    x, y = np.random.default_rng(side).normal(size=(2, w.n))
    return w, pd.DataFrame({"x": x + 3.0, "y": x + y}, w.ids)


@pytest.mark.parametrize("parts", [1, 2])
def test_lags_are_those_of_the_orders_however_draws_are_split(data, parts, monkeypatch):
    monkeypatch.setattr(permutation, "threads", lambda: parts)
    w, table = data
    W, Z = w.sparse, table.to_numpy().T
    order = orders(w.n, 40, seed=3)
    X, Y = (z[order].T for z in Z)
    both = reassigned.lagged_draws(W, Z, 3, (0, 40))
    np.testing.assert_allclose(both[:, 0], np.einsum("im,im->m", X, W @ Y), rtol=1e-10, atol=1e-9)
    np.testing.assert_allclose(both[:, 1], np.einsum("im,im->m", W @ X, W @ Y), rtol=1e-10, atol=1e-9)
    assert np.array_equal(reassigned.lagged_draws(W, Z, 3, (7, 40)), both[7:])
    alone = reassigned.lagged_draws(W, Z[:1], 3, (0, 40))
    assert np.array_equal(alone, reassigned.lagged_draws(W, Z[[0, 0]], 3, (0, 40)))


def test_lee_is_drawn_as_by_blocks_of_orders(data):
    w, table = data
    got = ac.lee_l(table["x"], table["y"], w, **DRAWN)
    x, y = (table - table.mean()).to_numpy().T
    scale = w.n / (w.row_sums**2).sum() / np.sqrt((x @ x) * (y @ y))
    blocks = cross._lee_values(w.sparse, x, y, scale)(orders(w.n, 299, 4))
    np.testing.assert_allclose(got.null.sample, blocks, rtol=1e-9, atol=1e-14)
    tails = [(tail.sum() + 1) / 300 for tail in (blocks >= got.statistic, blocks <= got.statistic)]
    assert got.p_value == pytest.approx(min(2 * min(tails), 1.0))


def test_aple_is_drawn_as_by_blocks_of_orders(data):
    w, table = data
    got = ac.aple(table["y"], w, **DRAWN)
    z, trace = (table["y"] - table["y"].mean()).to_numpy(), weights_trace(w.sparse)
    blocks = [aple_statistic(z[order], w.sparse, trace) for order in orders(w.n, 299, 4)]
    np.testing.assert_allclose(got.null.sample, blocks, rtol=1e-9, atol=1e-14)
    assert got.statistic == pytest.approx(aple_statistic(z, w.sparse, trace), rel=1e-12)


def test_local_lee_is_drawn_as_by_blocks_of_orders(data, monkeypatch):
    w, table = data
    compiled = ac.local_lee(table["x"], table["y"], w, **DRAWN)
    monkeypatch.setattr(local_cross, "SHUFFLED_FROM", w.n + 1)
    blocks = ac.local_lee(table["x"], table["y"], w, **DRAWN)
    pd.testing.assert_series_equal(compiled.p_value, blocks.p_value)
    pd.testing.assert_series_equal(compiled.z, blocks.z, rtol=1e-9)
    assert compiled.p_value.notna().sum() == w.n - 1


@pytest.mark.parametrize("width", [2, 5])
def test_products_of_lists_leave_the_unit_out(width):
    """Also where the unit is first, last or nowhere in its list."""
    n, rng = 12, np.random.default_rng(width)
    lists, (x, y) = shared_draws(n, width, 500, seed=1), rng.normal(size=(2, n))
    weights = rng.random(width - 1)
    for unit in range(n):
        kept = [[j for j in row if j != unit][: width - 1] for row in lists.tolist()]
        wanted = [(weights @ x[row]) * (weights @ y[row]) for row in kept]
        for way in (local_cross._products, local_cross._compiled_products):
            np.testing.assert_allclose(way(lists, weights, unit, x, y), wanted, rtol=1e-10, atol=1e-12)


def test_lee_agrees_with_esda():
    """The same statistic, and the same spread of random orders to Monte Carlo error."""
    w = grid(32, weighted=False).subset(range(1_023)).row_standardized()
    x, y = np.random.default_rng(5).normal(size=(2, w.n))
    y += 0.5 * x
    theirs = esda.Spatial_Pearson(connectivity=sparse.csr_matrix(w.sparse), permutations=999)
    theirs.fit(x[:, None], y[:, None])
    ours = ac.lee_l(pd.Series(x, w.ids), pd.Series(y, w.ids), w, inference="permutation", draws=999, rng=1)
    assert ours.statistic == pytest.approx(theirs.association_[0, 1], rel=1e-10)
    np.testing.assert_allclose(ours.null.sample.std(), theirs.reference_distribution_[:, 0, 1].std(), rtol=0.2)
