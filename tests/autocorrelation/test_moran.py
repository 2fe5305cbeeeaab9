"""Moran, Geary, G and join counts: exact at few units, laws, bad input, what results say."""

from itertools import permutations

import numpy as np
import oracle
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

import gbaspatial as gba
from gbaspatial import autocorrelation as ac
from gbaspatial.errors import AlignmentError, DataError, LabelTypeError, OptionError, WeightsError
from gbaspatial.weights import Weights, from_pairs

COLUMBUS = oracle.data("columbus")["CRIME"]
W = oracle.weights("columbus_W")
UNITS = list("abcdefg")


def few(n=7, seed=0, weighted=True):
    rng = np.random.default_rng(seed)
    matrix = np.where(rng.random((n, n)) < 0.4, rng.random((n, n)) if weighted else 1.0, 0.0)
    np.fill_diagonal(matrix, 0)
    matrix[0, 1] = 1.0
    ids = UNITS[:n]
    return Weights(matrix, ids), pd.Series(np.round(rng.gamma(2, size=n), 1), ids, name="x")


def brute(statistic, y, w):
    values = np.array([statistic(y[list(p)], w) for p in permutations(range(len(y)))])
    return values, statistic(y, w)


def moran_of(y, W):
    z = y - y.mean()
    linked = (W.sum(axis=1) > 0).sum()
    return linked / W.sum() * (z @ W @ z) / (z @ z)


def geary_of(y, W):
    linked = (W.sum(axis=1) > 0).sum()
    return (linked - 1) / (2 * W.sum()) * (W * np.subtract.outer(y, y) ** 2).sum() / ((y - y.mean()) ** 2).sum()


def g_of(y, W):
    return (y @ W @ y) / (y.sum() ** 2 - (y**2).sum())


@pytest.mark.parametrize(("test", "formula"), [(ac.moran, moran_of), (ac.geary, geary_of), (ac.general_g, g_of)])
@pytest.mark.parametrize("n", [5, 7])
def test_exact_is_all_orders_and_moments_are_theirs(test, formula, n):
    w, x = few(n)
    values, observed = brute(formula, x.to_numpy(), w.sparse.toarray())
    exact = test(x, w)
    assert exact.inference == "exact"
    assert exact.draws == len(values)
    assert exact.statistic == pytest.approx(observed)
    upper, lower = np.mean(values >= observed - 1e-9), np.mean(values <= observed + 1e-9)
    assert exact.p_value == pytest.approx(min(1, 2 * min(upper, lower)))
    assert test(x, w, alternative="greater").p_value == pytest.approx(upper)
    assert test(x, w, alternative="less").p_value == pytest.approx(lower)
    formulas = test(x, w, inference="randomization")
    for got in (exact, formulas):
        assert (got.expected, got.variance) == pytest.approx((values.mean(), values.var()))


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("classes", ["aabbccb", "aaabbbb"])
def test_join_counts_over_all_orders(weighted, classes):
    w, _ = few(7, weighted=weighted)
    colors = pd.Series(list(classes), UNITS)
    matrix, codes = w.sparse.toarray(), np.array(list(classes))

    def joins(order, a, b):
        one, other = codes[order] == a, codes[order] == b
        return (one @ matrix @ other + other @ matrix @ one) / 2 / (2 if a == b else 1)

    got = ac.join_count(colors, w)
    assert got.inference == "exact"
    orders = [list(p) for p in permutations(range(7))]
    for pair, row in got.to_frame().iterrows():
        if pair == "different":
            continue
        a, b = pair.split(":")
        values = np.array([joins(order, a, b) for order in orders])
        assert row["count"] == pytest.approx(values[0])
        assert (row["expected"], row["variance"]) == pytest.approx((values.mean(), values.var()))
        upper, lower = np.mean(values >= values[0] - 1e-9), np.mean(values <= values[0] + 1e-9)
        assert row["p_value"] == pytest.approx(min(1, 2 * min(upper, lower)))


def test_join_counts_drawn_agree_with_their_moments_and_sum_to_all_joins():
    classes = pd.qcut(COLUMBUS, 3, labels=["low", "middle", "high"])
    w = oracle.weights("columbus_B")
    got = ac.join_count(classes, w, inference="permutation", rng=1)
    assert got.statistic.drop("different").sum() == pytest.approx(w.s0 / 2)
    for null in got.nulls.values():
        assert null.sample.mean() == pytest.approx(null.mean, abs=4 * np.sqrt(null.variance / 9_999))
        assert null.sample.var() == pytest.approx(null.variance, rel=0.1)
    assert got.plot(pair="high:high").get_xlabel() == "joins high:high"


def test_two_levels_are_exact_with_many_units():
    y = pd.Series(0.0, W.ids)
    y.iloc[:3] = 1.0
    got = ac.moran(y, W)
    assert (got.inference, got.draws) == ("exact", 18_424)  # C(49, 3)
    drawn = ac.moran(y, W, inference="permutation", rng=1)
    assert drawn.p_value == pytest.approx(got.p_value, abs=0.01)


@settings(max_examples=20, deadline=None)
@given(shift=st.floats(-100, 100), scale=st.floats(0.01, 100), turn=st.booleans())
def test_shift_and_scale_leave_moran_and_geary_alone(shift, scale, turn):
    changed = COLUMBUS * (-scale if turn else scale) + shift
    for test in (ac.moran, ac.geary, ac.local_moran, ac.local_geary):
        one, other = (test(y, W, inference="permutation", draws=99, rng=1) for y in (COLUMBUS, changed))
        np.testing.assert_allclose(one.statistic, other.statistic, rtol=1e-8, atol=1e-12)
        np.testing.assert_allclose(one.p_value, other.p_value)
    g = [ac.local_g(y - y.min() + 1, W, draws=99, rng=1).z for y in (COLUMBUS, changed)]
    np.testing.assert_allclose(g[0], -g[1] if turn else g[1], rtol=1e-6, atol=1e-9)


TESTS = [
    ac.moran, ac.geary, ac.general_g, ac.local_moran, ac.local_geary, ac.local_g, ac.local_g_star,
    lambda y, w, **options: ac.join_count(y > 35, w, **options),
    lambda y, w, **options: ac.local_join_count((y > 35).astype(int), w, **options),
    lambda y, w, **options: ac.multivariate_local_geary(
        y.to_frame("a").assign(b=y**2) if hasattr(y, "to_frame") else y, w, **options
    ),
]  # fmt: skip


@pytest.mark.parametrize("test", TESTS)
def test_order_of_rows_does_not_matter(test):
    shuffled = COLUMBUS.sample(frac=1, random_state=3)
    before = shuffled.copy()
    one, other = (test(y, W, inference="permutation", draws=199, rng=1) for y in (COLUMBUS, shuffled))
    frame = other.to_frame()
    if len(frame) == 49:
        assert frame.index.equals(shuffled.index)
        frame = frame.loc[COLUMBUS.index]
    pd.testing.assert_frame_equal(one.to_frame(), frame, check_exact=True)
    pd.testing.assert_series_equal(shuffled, before)


@pytest.mark.parametrize("test", TESTS)
def test_new_names_of_units_change_only_the_names(test):
    names = pd.Index([f"county {i:02d}" for i in range(49)])  # in the order of the old ones, which numbers the units
    renamed = Weights(W.sparse, names)
    one = test(COLUMBUS, W, inference="permutation", draws=99, rng=1).to_frame()
    other = test(COLUMBUS.set_axis(names), renamed, inference="permutation", draws=99, rng=1).to_frame()
    pd.testing.assert_frame_equal(one.reset_index(drop=True), other.reset_index(drop=True))


@pytest.mark.parametrize("test", TESTS)
def test_bad_input_is_named(test):
    with pytest.raises(LabelTypeError, match=r"without unit labels|a ndarray|DataFrame"):
        test(COLUMBUS.to_numpy(), W)
    with pytest.raises(AlignmentError, match="absent from the"):
        test(COLUMBUS.iloc[1:], W)
    with pytest.raises(AlignmentError, match="more than one row for"):
        test(pd.concat([COLUMBUS, COLUMBUS.iloc[:1]]), W)
    with pytest.raises(TypeError, match="Weights"):
        test(COLUMBUS, W.sparse)
    for options, told in (
        ({"inference": "bootstrap"}, "inference='bootstrap'"),
        ({"alternative": "both"}, "alternative='both'"),
        ({"draws": 0}, "draws=0"),
        ({"rng": -1}, "rng=-1"),
    ):
        with pytest.raises(OptionError, match=told):
            test(COLUMBUS, W, **{"inference": "permutation", **options})


@pytest.mark.parametrize("test", [ac.moran, ac.geary, ac.general_g, ac.local_moran, ac.local_geary, ac.local_g])
def test_numbers_that_cannot_be_tested(test):
    with pytest.raises(DataError, match="infinite for 1"):
        test(COLUMBUS.replace(COLUMBUS.iloc[0], np.inf), W)
    with pytest.raises(DataError, match="not a number for 1"):
        test(COLUMBUS.astype(object).where(COLUMBUS.index != 1, "none"), W)
    with pytest.raises(WeightsError, match="no unit has a neighbor"):
        test(COLUMBUS, Weights(W.sparse * 0, W.ids))
    with pytest.raises(WeightsError, match="at least three units"):
        test(pd.Series([1.0, 2.0], ["a", "b"]), Weights([[0, 1], [1, 0]], ["a", "b"]))


def test_join_counts_refuse_what_is_not_classes():
    with pytest.raises(DataError, match="all 49 units are of the class"):
        ac.join_count(COLUMBUS * 0, W)
    with pytest.raises(DataError, match="neither for"):
        ac.local_join_count(COLUMBUS, W)
    with pytest.raises(OptionError, match="give other="):
        ac.local_join_count((COLUMBUS > 30).astype(int), W, kind="colocation")
    with pytest.raises(DataError, match="natural origin"):
        ac.general_g(COLUMBUS - 30, W)
    with pytest.raises(OptionError, match="12 units"):
        ac.moran(COLUMBUS, W, inference="exact")
    many = Weights(1 - np.eye(49), W.ids)
    assert (ac.local_moran(COLUMBUS, many, inference="exact").p_value == 1).all()  # all others: one set
    many = Weights(np.triu(np.ones((49, 49)), 1), W.ids)
    with pytest.raises(OptionError, match="too many; use inference='permutation'"):
        ac.local_moran(COLUMBUS, many, inference="exact")


def test_what_a_result_says():
    got = ac.moran(COLUMBUS, W, inference="permutation", draws=999, rng=3)
    text = str(got)
    assert "CRIME" in text
    assert "two-sided, 999 random orders, seed 3" in text
    assert "Monte Carlo 95 % interval" in text
    assert got.p_interval[0] < got.p_value < got.p_interval[1]
    assert got.to_frame().loc["CRIME", "statistic"] == got.statistic
    assert got.data_hash == ac.moran(COLUMBUS.iloc[::-1], W, inference="normal").data_hash
    assert "<table" in got._repr_html_()
    local = ac.local_moran(COLUMBUS, W, draws=999, rng=3)
    assert "p_adjusted: bh, 49 tests" in str(local)
    assert set(local.cluster) <= {"HH", "LL", "HL", "LH", "not significant"}
    assert (local.clusters(0.2, adjusted=True) != "not significant").sum() <= (
        local.clusters(0.2) != "not significant"
    ).sum()
    assert (local.adjusted("by") >= local.p_adjusted - 1e-15).all()


def test_pictures():
    got = ac.moran(COLUMBUS, W, inference="permutation", draws=99, rng=1)
    scatter = got.plot()
    assert {t.get_text() for t in scatter.texts} == {"HH", "LH", "LL", "HL"}
    slope = np.polyfit(*got.lagged().to_numpy().T, 1)[0]
    assert slope == pytest.approx(got.statistic)  # the line of the scatterplot, W row-standardized
    drawn = scatter.lines[-1].get_xydata()
    assert (drawn[1, 1] - drawn[0, 1]) / (drawn[1, 0] - drawn[0, 0]) == pytest.approx(slope)
    w, x = few()
    labelled = ac.moran(x, w).plot()
    assert {t.get_text() for t in labelled.texts} >= set(x.index)
    assert "observed" in ac.moran(x, w).plot(kind="null").get_legend_handles_labels()[1][1]
    assert ac.geary(x, w).plot().get_xlabel() == "Geary's C"
    assert ac.local_moran(x, w).plot().get_title().startswith("Local Moran")
    with pytest.raises(OptionError, match="kind='map'"):
        got.plot(kind="map")


def test_layers_for_a_gis():
    import geopandas as gpd
    from shapely.geometry import box

    w, x = few()
    units = gpd.GeoDataFrame({"z": 1}, geometry=[box(i, 0, i + 1, 1) for i in range(7)], index=UNITS, crs=4326)
    local = ac.local_moran(x, w)
    layer = local.to_gis(units.iloc[::-1])
    assert isinstance(layer, gpd.GeoDataFrame)
    assert list(layer.index) == UNITS[::-1]
    assert layer.loc["c", "cluster"] == local.cluster["c"]
    assert layer["local_z"].to_dict() == pytest.approx(local.z.to_dict(), nan_ok=True)
    assert (layer["z"] == 1).all()
    assert local.plot(units).get_title() == "Local Moran of x"
    with pytest.raises(AlignmentError, match="absent from the units"):
        local.to_gis(units.iloc[1:])
    with pytest.raises(LabelTypeError, match="GeoDataFrame"):
        local.to_gis(pd.DataFrame(index=UNITS))


def test_residuals_are_not_permuted():
    class Design:
        formula, ids, X = "y ~ x", W.ids, np.column_stack([np.ones(49), np.arange(49.0)])

    class Fit:
        design = Design
        residuals = COLUMBUS - COLUMBUS.mean()

    for test in (ac.moran, ac.local_moran):
        with pytest.raises(OptionError, match="not exchangeable"):
            test(Fit(), W, inference="permutation")
    with pytest.raises(OptionError, match="moran"):
        ac.geary(Fit(), W)
    Fit.w = W
    with pytest.raises(OptionError, match="least squares"):
        ac.moran(Fit(), W)


def test_a_libpysal_graph_is_as_good():
    pairs = from_pairs(W.to_frame())
    assert ac.moran(COLUMBUS, pairs.to_graph(), inference="normal").z == pytest.approx(
        ac.moran(COLUMBUS, W, inference="normal").z
    )


def test_neighbor_weights_that_differ_within_rows():
    """Draws of general weights have the conditional moments, and their p agree with the exact ones."""
    w, x = few(7, weighted=True)
    for test in (ac.local_moran, ac.local_geary, ac.local_g, ac.local_g_star):
        exact, drawn = test(x, w), test(x, w, inference="permutation", draws=20_000, rng=1)
        assert exact.inference == "exact"
        np.testing.assert_allclose(drawn.null.upper, exact.null.upper, atol=0.02)
        np.testing.assert_allclose(drawn.null.lower, exact.null.lower, atol=0.02)


def test_local_moran_of_a_weighted_regression_is_that_of_its_definition():
    """The residuals times the root of the weights, and p by draws of normal errors, projected off sqrt(v) X."""
    rng = np.random.default_rng(4)
    ids = W.ids
    n = len(ids)
    data = pd.DataFrame({"x": rng.normal(size=n), "v": rng.uniform(0.2, 3, n)}, index=ids)
    data["y"] = data["x"] + rng.normal(size=n) / np.sqrt(data["v"])
    fit = gba.models.ols("y ~ x", data, weights=data["v"])
    found = ac.local_moran(fit, W, inference="imhof")
    root = np.sqrt(data["v"].to_numpy())
    Q = np.linalg.qr(np.column_stack([np.ones(n), data["x"]]) * root[:, None])[0]
    e, dense = root * data["y"].to_numpy(), W.sparse.toarray()
    e -= Q @ (Q.T @ e)
    observed = e * (dense @ e) / (e @ e / n)
    np.testing.assert_allclose(found.statistic.loc[ids], observed, rtol=1e-9)
    drawn = rng.normal(size=(40_000, n))
    drawn -= drawn @ Q @ Q.T
    sums = drawn * (drawn @ dense.T) / (drawn**2).mean(axis=1, keepdims=True)
    upper = (sums >= observed).mean(axis=0)
    np.testing.assert_allclose(found.p_value.loc[ids], 2 * np.minimum(upper, 1 - upper), atol=0.02)
