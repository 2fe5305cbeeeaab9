"""`Weights`: laws of standardizations, orders and algebra, and what it refuses."""

import copy
import pickle
import warnings

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from hypothesis import given, settings, strategies as st

from gbaspatial import weights as gw
from gbaspatial.errors import (
    AlignmentError,
    DataError,
    IslandWarning,
    LabelTypeError,
    MissingDataError,
    OptionError,
    UnknownNameError,
    WeightsError,
)
from gbaspatial.weights import Weights, scaling

pytestmark = pytest.mark.filterwarnings("ignore::gbaspatial.errors.IslandWarning")
LABELS = ["Hong Kong", "广州", "0075", "Macao", "x", "y", "z"]
FEW = settings(max_examples=40, deadline=None)


@st.composite
def some_weights(draw, symmetric=False, n=None):
    size = draw(st.integers(2, 7)) if n is None else n
    values = st.sampled_from([0.0, 0.0, 1.0, 0.25, 3.5])
    matrix = np.array(draw(st.lists(values, min_size=size * size, max_size=size * size))).reshape(size, size)
    np.fill_diagonal(matrix, 0)
    return Weights(matrix + matrix.T if symmetric else matrix, LABELS[:size])


def dense(w):
    return w.sparse.toarray()


@FEW
@given(some_weights())
def test_row_sums_are_one_or_zero(w):
    r = w.row_standardized()
    assert np.allclose(r.row_sums, np.where(w.row_sums > 0, 1, 0))
    assert set(r.islands) == set(w.islands)
    assert np.allclose(dense(r.row_standardized()), dense(r))
    same = pd.Series(7.0, index=w.ids)
    assert np.allclose(r.lag(same), np.where(w.row_sums > 0, 7.0, 0.0))


@FEW
@given(some_weights())
def test_scalings_keep_the_links_and_their_sums(w):
    linked = w.n - len(w.islands)
    for styled, total in (
        (w.globally_standardized(), linked),
        (w.globally_standardized(total=1), 1),
        (w.variance_stabilized(), linked),
        (w.binary(), w.n_links),
    ):
        assert styled.n_links == w.n_links
        assert styled.s0 == pytest.approx(total if w.n_links else 0)
    if w.n_links:
        assert min(w.min_max().row_sums.max(), w.min_max().sparse.sum(axis=0).max()) == pytest.approx(1)


@FEW
@given(some_weights(symmetric=True))
def test_symmetric_weights(w):
    assert w.is_symmetric
    assert np.allclose(dense(w), dense(w).T)
    if w.n_links:
        assert w.spectral().interval[1] == pytest.approx(1)
        assert w.row_standardized().similar_symmetric is not None
        assert np.isreal(w.row_standardized().eigenvalues()).all()


@FEW
@given(some_weights(), st.permutations(range(7)))
def test_order_of_units_never_matters(w, order):
    turned = w.subset(w.ids[[i for i in order if i < w.n]])
    y = pd.Series(np.arange(w.n, dtype=float), index=w.ids)
    assert turned.lag(y).equals(w.lag(y))
    assert turned.lag(y.iloc[::-1]).equals(w.lag(y).iloc[::-1])
    assert (turned.s0, turned.s1, turned.s2) == pytest.approx((w.s0, w.s1, w.s2))
    assert w.union(turned).sparse.nnz == w.n_links
    assert np.allclose(dense(w.union(turned, weights="max")), dense(w))


@FEW
@given(some_weights(n=5), st.sets(st.integers(0, 4), min_size=1))
def test_subset_then_standardize_is_standardize_then_subset(w, chosen):
    labels = [LABELS[i] for i in sorted(chosen)]
    for style in ("row_standardized", "binary", "variance_stabilized", "globally_standardized", "min_max"):
        after = getattr(w.subset(labels), style)()
        before = getattr(w, style)().subset(labels)
        assert np.allclose(dense(after), dense(before)), style
        assert after.standardization == before.standardization


@FEW
@given(some_weights(n=5), some_weights(n=5))
def test_set_laws(a, b):
    either, both, only = a.union(b), a.intersection(b), a.difference(b)
    assert either.n_links == a.n_links + b.n_links - both.n_links
    assert both.n_links + only.n_links == a.n_links
    assert np.allclose(dense(both) + dense(only), dense(a))  # weights are kept, not set to one as in libpysal
    assert np.allclose(dense(a.union(b, weights="sum")), dense(a) + dense(b))
    assert np.allclose(dense(a.union(b, weights="max")), np.maximum(dense(a), dense(b)))
    assert np.allclose(dense(a.union(b, weights="first")), np.where(dense(a) > 0, dense(a), dense(b)))
    assert np.allclose(dense(a.hadamard(b)), dense(a) * dense(b))
    assert np.allclose(dense(a.intersection(b, weights="min")), np.minimum(dense(a), dense(b)))
    larger = np.where((dense(a) > 0) & (dense(b) > 0), np.maximum(dense(a), dense(b)), 0)
    assert np.allclose(dense(a.intersection(b, weights="max")), larger)
    assert np.allclose(dense(a.scaled(3)), 3 * dense(a))
    assert str(b.recipe) in str(either.recipe)


@FEW
@given(some_weights(n=5))
def test_symmetrized_and_powers(w):
    m = dense(w)
    for how, want in (
        ("max", np.maximum(m, m.T)),
        ("min", np.minimum(m, m.T)),
        ("sum", m + m.T),
        ("mean", (m + m.T) / 2),
    ):
        assert np.allclose(dense(w.symmetrized(how)), want)
        assert w.symmetrized(how).is_symmetric
    square = m @ m
    np.fill_diagonal(square, 0)
    assert np.allclose(dense(w.power(2)), square)
    assert np.allclose(dense(w.power(1)), m)


@FEW
@given(some_weights(n=6), st.integers(1, 4))
def test_orders_are_shortest_paths(w, k):
    paths = sp.csgraph.shortest_path(w.sparse, unweighted=True)
    assert (dense(w.higher_order(k)) == (paths == k)).all()
    assert (dense(w.higher_order(k, cumulative=True)) == ((paths <= k) & (paths > 0))).all()


@FEW
@given(some_weights(symmetric=True, n=5))
def test_doubly_standardized_or_refused(w):
    try:
        d = w.doubly_standardized()
    except WeightsError:
        assert not scaling.supported(w.sparse)
        return
    linked = (w.row_sums > 0).astype(float)
    assert np.allclose(d.row_sums, linked, atol=1e-9)
    assert np.allclose(d.sparse.sum(axis=0), linked, atol=1e-9)
    assert d.n_links == w.n_links


def test_doubly_standardized_needs_total_support():
    star = Weights([[0, 1, 1], [1, 0, 0], [1, 0, 0]], "abc")
    with pytest.raises(WeightsError, match="only neighbor"):
        star.doubly_standardized()
    ring = Weights([[0, 2, 1], [1, 0, 5], [1, 1, 0]], "abc").doubly_standardized()
    assert np.allclose(ring.row_sums, 1)
    assert ring.subset(["a", "b"]).to_frame()["weight"].tolist() == pytest.approx([1, 1])


def test_weights_cannot_be_changed():
    w = Weights([[0, 1], [1, 0]], "ab")
    with pytest.raises(ValueError, match="read-only"):
        w.sparse.data[0] = 9
    with pytest.raises(AttributeError):
        w.ids = pd.Index(["x", "y"])
    copy = w.to_sparse()
    copy.data[0] = 9
    assert w.s0 == 2
    given = np.array([[0.0, 1.0], [1.0, 0.0]])
    kept = Weights(given, "ab")
    given[0, 1] = 5
    assert kept.s0 == 2


@pytest.mark.parametrize(
    ("matrix", "message"),
    [
        ([[0, np.nan], [1, 0]], "a to b"),
        ([[0, -1], [1, 0]], "a to b"),
        ([[0, np.inf], [1, 0]], "a to b"),
        ([[1, 1], [1, 0]], "cannot neighbor itself.* a;"),
        ([[0, 1, 1], [1, 0, 1], [1, 1, 0]], "3 x 3, but there are 2 ids"),
    ],
)
def test_bad_matrices(matrix, message):
    with pytest.raises(WeightsError, match=message):
        Weights(matrix, ["a", "b"])


def test_bad_pairs_and_labels():
    pairs = pd.DataFrame({"focal": ["a", "b"], "neighbor": ["b", "a"], "weight": [1.0, 2.0]})
    assert gw.from_pairs(pairs, ids=["b", "a", "c"]).islands.tolist() == ["c"]
    with pytest.raises(AlignmentError, match="more than one row for a"):
        gw.from_pairs(pairs, ids=["a", "a", "b"])
    with pytest.raises(UnknownNameError, match="not among the ids: b"):
        gw.from_pairs(pairs, ids=["a"])
    with pytest.raises(WeightsError, match="a to b"):
        gw.from_pairs(pd.concat([pairs, pairs.iloc[:1]]))
    with pytest.raises(WeightsError, match="itself"):
        gw.from_pairs(pairs.assign(neighbor=["a", "a"]))
    with pytest.raises(WeightsError, match="not negative"):
        gw.from_pairs(pairs.assign(weight=[-1.0, 1.0]))
    with pytest.raises(WeightsError, match="finite"):
        gw.from_pairs(pairs.assign(weight=[np.nan, 1.0]))
    with pytest.raises(UnknownNameError, match="no column 'neighbor'"):
        gw.from_pairs(pairs.rename(columns={"neighbor": "to"}))
    with pytest.raises(DataError, match="not a number"):
        gw.from_pairs(pairs.assign(weight=["one", "two"]))
    with pytest.raises(LabelTypeError, match="DataFrame"):
        gw.from_pairs([("a", "b")])
    square = pd.DataFrame([[0, 1], [2, 0]], index=["a", "b"], columns=["b", "a"])
    with pytest.raises(WeightsError, match="cannot neighbor itself"):
        gw.from_matrix(square)  # columns are matched by label, so the ones are on the diagonal
    with pytest.raises(WeightsError, match="different units"):
        gw.from_matrix(square.rename(columns={"a": "c"}))
    with pytest.raises(TypeError, match="DataFrame"):
        gw.from_matrix(np.eye(2))
    with pytest.raises(AlignmentError, match="missing labels"):
        Weights(np.zeros((2, 2)), pd.Index(["a", None]))


def test_values_meet_weights_by_label():
    w = Weights([[0, 1, 0], [1, 0, 1], [0, 1, 0]], "abc").row_standardized()
    y = pd.Series({"c": 3.0, "a": 1.0, "b": 2.0}, name="y")
    assert w.lag(y).to_dict() == {"c": 2.0, "a": 2.0, "b": 2.0}
    assert w.lag(y).index.tolist() == ["c", "a", "b"]
    with pytest.raises(LabelTypeError):
        w.lag(y.to_numpy())
    with pytest.raises(AlignmentError, match="absent from the values: b"):
        w.lag(y.drop("b"))
    with pytest.raises(AlignmentError, match="absent from the weights: d"):
        w.lag(pd.concat([y, pd.Series({"d": 1.0})]))
    with pytest.raises(MissingDataError, match="a"):
        w.lag(y.replace(1.0, np.nan))
    with pytest.raises(DataError, match="infinite for a"):
        w.lag(y.replace(1.0, np.inf))
    with pytest.raises(AlignmentError, match="cover different units"):
        w.union(Weights(np.zeros((2, 2)), "ab"))
    with pytest.raises(UnknownNameError, match="no unit d"):
        w.subset(["a", "d"])
    with pytest.raises(AlignmentError, match="more than one row for a"):
        w.subset(["a", "a"])
    with pytest.raises(OptionError, match="at least one unit"):
        w.subset([])


def test_lag_of_islands_is_zero_or_nan_by_a_named_policy():
    w = Weights([[0, 1, 0], [1, 0, 0], [0, 0, 0]], "abc")
    y = pd.Series([1.0, 2.0, 3.0], index=list("abc"))
    assert w.lag(y).tolist() == [2.0, 1.0, 0.0]
    silent = w.with_islands(lag="nan")
    assert np.isnan(silent.row_standardized().subset(["c", "a", "b"]).lag(y)["c"])  # the policy is carried on
    with pytest.raises(OptionError, match="lag='drop' is not known"):
        w.with_islands(lag="drop")


def test_combine_is_a_named_mix():
    a = Weights([[0, 1], [1, 0]], "ab")
    b = Weights([[0, 3], [0, 0]], "ba")
    mix = gw.combine({"roads": a, "sea": b}, shares={"roads": 0.6, "sea": 0.4})
    assert np.allclose(dense(mix), [[0, 0.6], [0.6 + 1.2, 0]])
    assert "0.6 roads" in str(mix.recipe)
    assert gw.combine({"x": a, "y": a}, shares={"x": 0.5, "y": 0.5}).standardization == "row"
    with pytest.raises(OptionError, match="sum to one"):
        gw.combine({"x": a, "y": b}, shares={"x": 0.5, "y": 0.6})
    with pytest.raises(UnknownNameError, match="same names"):
        gw.combine({"x": a}, shares={"y": 1.0})


def test_friction_by_number_and_by_table():
    side = pd.Series({"Macao": "M", "Hong Kong": "H", "Shenzhen": "C", "Zhuhai": "C"}, name="side")
    w = Weights(np.ones((4, 4)) - np.eye(4), ["Shenzhen", "Zhuhai", "Hong Kong", "Macao"])
    half = w.with_friction(side, 0.5)
    frame = half.to_frame().set_index(["focal", "neighbor"])["weight"]
    assert frame["Shenzhen", "Zhuhai"] == 1
    assert frame["Shenzhen", "Hong Kong"] == 0.5
    assert "friction=0.5" in str(half.recipe)
    table = {("C", "H"): 0.7, ("H", "C"): 0.6, ("C", "M"): 0.5, ("H", "M"): 0.0}
    frame = w.with_friction(side, table).to_frame().set_index(["focal", "neighbor"])["weight"]
    assert frame["Zhuhai", "Hong Kong"] == 0.7
    assert frame["Hong Kong", "Zhuhai"] == 0.6
    assert frame["Macao", "Zhuhai"] == 0.5  # the reverse pair is taken where it is not given
    assert ("Hong Kong", "Macao") not in frame.index  # closed
    square = pd.DataFrame(0.25, index=["C", "H", "M"], columns=["C", "H", "M"])
    assert w.with_friction(side, square).s0 == pytest.approx(2 + 10 * 0.25)
    row = w.row_standardized().with_friction(side, 0.5).row_standardized()
    assert np.allclose(dense(row), dense(half.row_standardized()))
    with pytest.raises(OptionError, match="zero or more"):
        w.with_friction(side, -0.5)
    with pytest.raises(UnknownNameError, match="H to M"):
        w.with_friction(side, {("C", "H"): 1, ("C", "M"): 1})
    with pytest.raises(UnknownNameError, match="no unit has"):
        w.with_friction(side, {("C", "Hongkong"): 1})
    with pytest.raises(OptionError, match="pairs of groups"):
        w.with_friction(side, {"C": 1})
    with pytest.raises(AlignmentError):
        w.with_friction(side.drop("Macao"), 0.5)


def test_weights_travel_to_other_processes():
    import pickle

    w = Weights([[0, 2, 0], [1, 0, 0], [0, 0, 0]], ["Hong Kong", "澳门", "0075"]).row_standardized()
    back = pickle.loads(pickle.dumps(w))
    assert back.ids.equals(w.ids)
    assert (back.sparse != w.sparse).nnz == 0
    assert (back.recipe, back.standardization) == (w.recipe, "row")


def test_libpysal_and_networkx_and_back():
    w = Weights([[0, 2, 0], [1, 0, 0], [0, 0, 0]], ["Hong Kong", "澳门", "0075"])
    for other in (w.to_graph(), w.to_libpysal()):
        back = gw.as_weights(other).subset(w.ids)
        assert np.allclose(dense(back), dense(w))
    graph = w.to_networkx()
    assert graph.is_directed()
    assert graph.edges["Hong Kong", "澳门"]["weight"] == 2
    assert set(graph.nodes) == set(w.ids)
    assert not w.symmetrized().to_networkx().is_directed()
    pysal = w.to_libpysal()
    pysal.transform = "r"
    assert gw.as_weights(pysal).standardization == "row"
    with pytest.raises(TypeError, match="Graph"):
        gw.as_weights(dense(w))


def test_what_a_w_tells():
    w = Weights([[0, 1, 0], [1, 0, 0], [0, 0, 0]], ["<b>", "b", "c"]).row_standardized()
    assert repr(w) == "<Weights: 3 units, 2 links, 1 islands, row; matrix -> row_standardized>"
    text = str(w.describe())
    for told in ("islands", "c", "components", "2", "-1.0000", "Recipe: matrix -> row_standardized"):
        assert told in text
    assert "<table" in w._repr_html_()
    assert "<b>" not in Weights(np.zeros((1, 1)), ["<b>"])._repr_html_()
    assert w.density == pytest.approx(2 / 6)
    assert len(w) == 3


def test_plots():
    import geopandas as gpd
    import matplotlib.pyplot as plt

    points = gpd.GeoSeries.from_xy([113, 114, 115], [22, 22.5, 23], index=list("abc"), crs=4326)
    w = Weights([[0, 1, 0], [1, 0, 0], [0, 0, 0]], "abc")
    ax = w.plot(points.iloc[::-1])
    drawn = [np.sort(part, axis=0).tolist() for part in ax.collections[0].get_segments()]
    assert drawn == [[[113, 22], [114, 22.5]]] * 2  # by label, whatever the order of the units
    assert w.plot().get_xlabel() == "neighbor"
    with pytest.raises(AlignmentError):
        w.plot(points.drop("a"))
    plt.close("all")


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda w: pickle.loads(pickle.dumps(w))])
def test_copies_and_pickles_are_as_immutable_as_the_original(again):
    w = Weights([[0, 1], [2, 0]], ["a", "b"]).row_standardized()
    _ = w.interval, w.row_sums  # what is kept for later travels along
    same = again(w)
    assert same.ids.equals(w.ids)
    assert same.recipe == w.recipe
    assert (same.sparse != w.sparse).nnz == 0
    for part in (same.sparse.data, same.sparse.indices, same.sparse.indptr, w.row_sums, w.eigenvalues()):
        with pytest.raises(ValueError, match="read-only"):
            part[0] = 1


@pytest.mark.parametrize(
    "change",
    [
        lambda w: w.sparse.setdiag(9.0),
        lambda w: setattr(w.sparse, "data", np.zeros(4)),
        lambda w: w.sparse.__setitem__((0, 1), 9.0),
        lambda w: w.sparse.resize(2, 2),
        lambda w: w.similar_symmetric.data.fill(0),
        lambda w: w.similarity[1].fill(0),
        lambda w: w.row_sums.fill(0),
        lambda w: w.eigenvalues().fill(0),
        lambda w: setattr(w, "s0", 5),
        lambda w: setattr(w, "interval", (0, 0)),
        lambda w: setattr(w, "new", 3),
        lambda w: delattr(w, "_sparse"),
    ],
)
@pytest.mark.parametrize("made", [lambda w: w, copy.copy, copy.deepcopy, lambda w: pickle.loads(pickle.dumps(w))])
def test_nothing_in_a_w_can_be_changed(change, made):
    first = Weights([[0, 1, 1], [1, 0, 0], [1, 0, 0]], ["a", "b", "c"]).row_standardized()
    matrix, interval, sums = first.sparse.toarray(), first.interval, first.row_sums.copy()
    values, similar = first.eigenvalues().copy(), first.similar_symmetric.toarray()
    w = made(first)
    with pytest.raises((AttributeError, ValueError)):
        change(w)
    for each in (w, first):
        assert (each.sparse.toarray() == matrix).all()
        assert (each.similar_symmetric.toarray() == similar).all()
        assert (each.row_sums == sums).all()
        assert (each.eigenvalues() == values).all()
        assert (each.interval, each.s0) == (interval, 3.0)


def test_what_a_w_shows_is_the_readers_to_change():
    w = Weights([[0, 1], [0, 0]], ["a", "b"])
    counts, parts = w.cardinalities, w.components
    counts.iloc[0] = parts.iloc[0] = 99
    w.ids.name = w.islands.name = w.cardinalities.index.name = "x"
    assert w.cardinalities.tolist() == [1, 0]
    assert w.components.tolist() == [0, 0]
    assert w.ids.name is w.islands.name is w.cardinalities.index.name is None
    assert w.sparse is w.sparse  # told apart by identity where models share a W
    assert w.ids is w.ids
    for result in (w.sparse @ w.sparse, w.sparse + w.sparse, w.sparse[[1, 0]], w.sparse.copy(), w.sparse * 2):
        assert type(result) is sp.csr_array


def test_matrices_that_are_none():
    for matrix in ([["a", "b"], ["c", "d"]], [[0, 1], [1]], [[0, 1j], [1, 0]], [0, 1], [[0, "x"], [1, 0]], None):
        with pytest.raises(WeightsError, match="table of real numbers"):
            Weights(matrix, ["a", "b"])
    with pytest.raises(WeightsError, match="real numbers"):
        Weights(sp.csr_array([[0, 1j], [1, 0]]), ["a", "b"])
    with pytest.raises(WeightsError, match="no units"):
        Weights([], [])


def test_arguments_that_are_of_another_kind():
    w = Weights([[0, 1, 1], [1, 0, 0], [1, 0, 0]], ["Macao", "b", "c"])
    with pytest.raises(OptionError, match=r"give a list of units, such as \['Macao'\]"):
        w.subset("Macao")
    for mask in ([True, False, True], np.array([True, False, False]), pd.Series([True, True, False], index=w.ids)):
        with pytest.raises(OptionError, match="those of a mask"):
            w.subset(mask)
    for factor in (True, "2", None, np.inf):
        with pytest.raises(OptionError, match="must be a (positive )?number"):
            w.scaled(factor)


def test_a_mix_carries_what_its_members_agree_on():
    w = Weights([[0, 1, 0], [1, 0, 0], [0, 0, 0]], ["a", "b", "c"])
    named = {"one": w, "two": w.scaled(3)}
    mix = gw.combine(named, shares=pd.Series({"two": 0.5, "one": 0.5}))
    assert mix.to_frame()["weight"].tolist() == [2.0, 2.0]
    blank = {name: each.with_islands(lag="nan") for name, each in named.items()}
    assert gw.combine(blank, shares={"one": 0.5, "two": 0.5}).island_policy == "nan"
    with pytest.raises(WeightsError, match="nan in one, zero in two"):
        gw.combine({"one": blank["one"], "two": w}, shares={"one": 0.5, "two": 0.5})
    with pytest.raises(OptionError, match="shares is a list"):
        gw.combine(named, shares=[0.5, 0.5])
    with pytest.raises(OptionError, match="weights is a list"):
        gw.combine([w, w], shares=[0.5, 0.5])


@pytest.mark.parametrize("seed", range(20))
def test_a_threshold_is_never_told_smaller_than_it_is(seed):
    points = gpd.GeoSeries.from_xy(*np.random.default_rng(seed).uniform(0, 1e5, (2, 9)), crs=2326)
    with pytest.warns(IslandWarning) as told:
        gw.distance_band(points, threshold_km=0.001)
    least = str(told[0].message).split("leaves none is ")[1].split(" km")[0]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        gw.distance_band(points, threshold_km=float(least), islands="error")
        shown = str(gw.distance_band(points).recipe).split("threshold_km=")[1].split(",")[0].rstrip(")")
        gw.distance_band(points, threshold_km=float(shown), islands="error")


def test_a_unit_is_asked_for_its_neighbors():
    """The rows of the matrix, by label; W reads as a mapping of units to their neighbors."""
    dense = np.array([[0, 2, 0, 1], [0, 0, 0, 0], [3, 0, 0, 0], [0, 1, 1, 0]], dtype=float)
    w = Weights(dense, ["Hong Kong", "Macao", ("a", 1), 7])
    for place, unit in enumerate(w):
        row = w[unit].reindex(w.ids, fill_value=0.0)
        np.testing.assert_array_equal(row, dense[place])
        assert list(w.neighbors(unit)) == [w.ids[j] for j in np.flatnonzero(dense[place])]
        assert unit in w
    assert w.neighbors("Macao").empty
    assert "Mcao" not in w
    with pytest.raises(UnknownNameError, match="W has no unit 'Mcao'. Did you mean Macao?"):
        w["Mcao"]
    for strange in (["Macao"], slice(2), None, 1.5):
        with pytest.raises(UnknownNameError, match="W has no unit"):
            w.neighbors(strange)
    mine = w["Hong Kong"]
    mine.iloc[0] = 9.0
    assert w["Hong Kong"].iloc[0] == 2.0


def test_a_name_that_a_w_has_not_is_answered_with_what_is_near():
    w = gw.Weights([[0, 1], [1, 0]], ["a", "b"])
    for asked, there in {
        "neighbours": "neighbors",
        "row_standardised": "row_standardized",
        "transform": "row_standardized()",
        "full": "sparse.toarray()",
    }.items():
        with pytest.raises(AttributeError, match=rf"a W has no '{asked}'\. .*{there[:9]}"):
            getattr(w, asked)
    assert not hasattr(w, "__array__")
    assert copy.deepcopy(w).ids.tolist() == pickle.loads(pickle.dumps(w)).ids.tolist() == ["a", "b"]


def test_a_w_without_labels_is_refused_by_name():
    with pytest.raises(OptionError, match=r"Weights\(\) missing 1 required positional argument: 'ids'"):
        gw.Weights([[0, 1], [1, 0]])
    with pytest.raises(OptionError, match=r"Weights\(\) has no option 'standardisation'.*standardization"):
        gw.Weights([[0, 1], [1, 0]], ["a", "b"], standardisation="row")
