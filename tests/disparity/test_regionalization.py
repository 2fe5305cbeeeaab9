"""Tiers that lie together, against every way to cut a line or a small grid, and pygeoda's trees."""

import json
import subprocess
import sys
from itertools import combinations, product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st
from scipy.sparse import csgraph

import gbaspatial as gba
from gbaspatial.disparity import tiers
from gbaspatial.errors import AlignmentError, DataError, MissingPackageError, OptionError
from gbaspatial.weights import Weights, from_pairs

pytest.importorskip("spopt")


def grid(rows, columns):
    """Cells of a grid that share an edge, named by row and column."""
    cells = [f"r{i}c{j}" for i in range(rows) for j in range(columns)]
    at = np.array(list(product(range(rows), range(columns))))
    apart = np.abs(at[:, None] - at[None, :]).sum(axis=2)
    return Weights((apart == 1).astype(float), cells)


def lies_together(found, w):
    W = w.sparse
    groups = [np.flatnonzero(found.reindex(w.ids) == tier) for tier in found.unique()]
    return all(csgraph.connected_components(W[places][:, places], directed=False)[0] == 1 for places in groups)


def line(values):
    names = [f"u{i:02}" for i in range(len(values))]
    w = from_pairs(pd.DataFrame({"focal": names[:-1], "neighbor": names[1:]}), ids=names)
    return pd.Series(np.asarray(values, float), names, name="x"), w


@given(st.lists(st.integers(0, 40), min_size=4, max_size=12).filter(lambda v: len(set(v)) >= 3))
@settings(max_examples=40, deadline=None)
def test_two_tiers_on_a_line_are_its_best_cut(numbers):
    x, w = line(numbers)
    y = x.to_numpy()
    left = [sum(((part - part.mean()) ** 2).sum() for part in np.split(y, [cut])) for cut in range(1, len(y))]
    found = tiers(x, 2, method="skater", w=w)
    assert found.explained == pytest.approx(1 - min(left) / ((y - y.mean()) ** 2).sum(), abs=1e-6)
    assert lies_together(found.tiers, w.symmetrized())


def test_equal_neighbors_are_no_cut():
    x, w = line([5, 5, 5, 1, 1, 1, 1])
    assert tiers(x, 2, method="skater", w=w).tiers.tolist() == [1, 1, 1, 2, 2, 2, 2]


@pytest.mark.parametrize("method", ["skater", "max_p"])
def test_blocks_of_a_grid_are_found(method):
    w = grid(3, 6)
    level = pd.Series([9.0, 9, 5, 5, 1, 1] * 3, w.ids)
    x = level + pd.Series(np.random.default_rng(2).normal(0, 0.05, w.n), w.ids)
    truth = level.map({9.0: 1, 5.0: 2, 1.0: 3})
    found = tiers(x, 3, method=method, w=w, floor=5, given=truth, rng=1, draws=999)
    assert (found.tiers == truth).all()
    assert found.adjusted_rand == 1
    assert found.p_value == pytest.approx(0.001)


def test_max_p_is_the_most_there_can_be():
    """Against every partition of a grid of twelve cells into tiers of three and more that lie together."""
    w = grid(3, 4)
    x = pd.Series(np.random.default_rng(4).normal(size=12), w.ids)
    found = tiers(x, 4, method="max_p", w=w, floor=3, rng=1)
    y = x.to_numpy()

    def apart(groups):
        return sum(np.abs(np.subtract.outer(y[list(g)], y[list(g)])).sum() for g in groups)

    def partitions(left):
        if not left:
            yield []
            return
        first, rest = left[0], left[1:]
        for others in combinations(rest, 2):
            block = [first, *others]
            if csgraph.connected_components(w.sparse[block][:, block])[0] == 1:
                for more in partitions([i for i in rest if i not in others]):
                    yield [block, *more]

    best = min(partitions(list(range(12))), key=apart)
    groups = [np.flatnonzero(found.tiers == tier) for tier in range(1, 5)]
    assert [len(group) for group in groups] == [3, 3, 3, 3]
    assert lies_together(found.tiers, w)
    assert apart(groups) <= apart(best) * 1.25  # a heuristic: near the best, never better
    assert apart(groups) >= apart(best) - 1e-9


# pygeoda is C++ underneath and may end the process, so it works in one of its own.
PYGEODA = """
import json, sys
import geopandas as gpd, numpy as np, pygeoda, shapely
rows, columns, k, values = json.loads(sys.argv[1])
cells = [shapely.box(j, rows - i, j + 1, rows - i + 1) for i in range(rows) for j in range(columns)]
layer = pygeoda.open(gpd.GeoDataFrame({"x": values}, geometry=cells))
print(json.dumps(pygeoda.skater(k, pygeoda.rook_weights(layer), layer[["x"]])["Clusters"]))
"""


@pytest.mark.parametrize("k", [2, 3, 5])
def test_trees_are_those_of_pygeoda(k):
    pytest.importorskip("pygeoda")
    rows, columns = 6, 8
    w = grid(rows, columns)
    x = pd.Series(np.random.default_rng(9).normal(size=w.n), w.ids)
    told = json.dumps([rows, columns, k, x.tolist()])
    done = subprocess.run([sys.executable, "-c", PYGEODA, told], capture_output=True, text=True)
    if done.returncode < 0:
        pytest.skip("pygeoda ended the process")
    theirs = np.array(json.loads(done.stdout))
    found = tiers(x, k, method="skater", w=w, given=pd.Series(theirs, w.ids), draws=99, rng=1)
    assert found.adjusted_rand == pytest.approx(1)


@pytest.mark.parametrize("method", ["skater", "max_p"])
def test_order_and_scale_change_nothing_and_nothing_is_changed(method):
    cities = gba.load_cities(year=2019)
    w = gba.weights.contiguity(cities, links=2019)
    frame = cities[["gdp_cny", "population"]]
    state = np.random.get_state()[1].copy()  # noqa: NPY002
    found = tiers(frame, 3, method=method, w=w, rng=1)
    assert (np.random.get_state()[1] == state).all()  # noqa: NPY002
    mixed = frame.sample(frac=1, random_state=5) * [1e-9, 1e6]
    other = tiers(mixed, 3, method=method, w=w.subset(mixed.index).row_standardized(), rng=1)
    assert (other.tiers.reindex(frame.index) == found.tiers).all()
    assert lies_together(found.tiers, w)
    assert found.table.index[0] == 1
    assert len(found.table) <= 3


def test_tiers_of_the_cities_that_lie_together():
    """Hong Kong and Shenzhen touch, Guangzhou lies apart from them: no such tiers are those of the paper."""
    cities = gba.load_cities(year=2019)
    w = gba.weights.contiguity(cities, links=2019)
    found = tiers(cities["gdp_cny"], 3, method="skater", w=w, given=cities["tier"])
    assert set(found.tiers.index[found.tiers == 1]) == {"Hong Kong", "Shenzhen"}
    assert found.inference == "exact"
    assert "contiguity" in str(found)
    assert tiers(cities["gdp_cny"], 3, given=cities["tier"]).adjusted_rand == pytest.approx(1)
    assert found.adjusted_rand == pytest.approx(0.357, abs=5e-4)


X, W = line([9.0, 8, 2, 1.5, 5, 3])


@pytest.mark.parametrize(
    ("options", "error", "told"),
    [
        ({"method": "skater"}, OptionError, "as w="),
        ({"w": W}, OptionError, "w= would not be used"),
        ({"floor": 2}, OptionError, "floor= would not be used"),
        ({"method": "skater", "w": W, "floor": 3}, OptionError, "6 units do not make 3 tiers of 3"),
        ({"method": "max_p", "w": W, "floor": 1}, OptionError, "use k=6, or floor=2"),
        ({"method": "max_p", "w": W, "floor": 4}, OptionError, "no two tiers"),
        ({"method": "max_p", "w": W, "floor": 0}, OptionError, "floor"),
        ({"method": "skater", "w": W.subset(X.index[1:])}, AlignmentError, "u00"),
        ({"method": "skater", "w": from_pairs(W.to_frame().iloc[1:], ids=X.index)}, DataError, "u00"),
    ],
)
def test_bad_input_is_told(options, error, told):
    with pytest.raises(error, match=told):
        tiers(X, 3, **options)


def test_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "spopt.region", None)
    with pytest.raises(MissingPackageError, match=r"gbaspatial\[regions\]"):
        tiers(X, 2, method="skater", w=W)
