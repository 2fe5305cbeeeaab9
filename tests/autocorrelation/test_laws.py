"""Laws for every statistic: scale, the order in which units are listed, no variance, no p-value without a number."""

import warnings

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st
from shapely.geometry import box

import gbaspatial as gba
from gbaspatial import autocorrelation as ac, disparity
from gbaspatial.errors import DataError, GbaError, OptionError, WeightsError
from gbaspatial.inference.null import LocalNull, Null
from gbaspatial.weights import Weights

N = 30
RNG = np.random.default_rng(0)
IDS = [f"u{k:02d}" for k in range(N)]
DATA = pd.DataFrame({"y": RNG.normal(size=N), "x": RNG.normal(size=N), "z": RNG.normal(size=N)}, index=IDS)
CHAIN = Weights(np.eye(N, k=1) + np.eye(N, k=-1), IDS).row_standardized()
ONE_SIDED = {"alternative": "greater"}
DRAWN = {"inference": "permutation", "draws": 99, "rng": 1}


def x_of(y):
    return DATA["x"].loc[y.index]


def panel_of(first, last):
    return pd.concat({2000: first, 2001: last, 2002: first + last}, names=["year", "unit"]).swaplevel().rename("y")


GLOBAL = {
    "moran": lambda y, w, **o: ac.moran(y, w, **o),
    "geary": lambda y, w, **o: ac.geary(y, w, **o),
    "general_g": lambda y, w, **o: ac.general_g(y - y.min(), w, **o),
    "aple": lambda y, w, **o: ac.aple(y, w, **o),
    "lag_correlation": lambda y, w, **o: ac.lag_correlation(y, w, **o),
    "bivariate_moran": lambda y, w, **o: ac.bivariate_moran(y, y * x_of(y).abs(), w, **o),
    "bivariate_moran, second": lambda y, w, **o: ac.bivariate_moran(y, x_of(y), w, reassign="second", **o),
    "lee_l": lambda y, w, **o: ac.lee_l(y, y * x_of(y).abs(), w, **o),
    "differential_moran": lambda y, w, **o: ac.differential_moran(y, y * x_of(y), w, **o),
}
LOCAL = {
    "local_moran": lambda y, w, **o: ac.local_moran(y, w, **o),
    "local_geary": lambda y, w, **o: ac.local_geary(y, w, **o),
    "multivariate_local_geary": lambda y, w, **o: ac.multivariate_local_geary(
        pd.DataFrame({"a": y, "b": y * x_of(y)}), w, **o
    ),
    "local_g": lambda y, w, **o: ac.local_g(y, w, **o),
    "local_g_star": lambda y, w, **o: ac.local_g_star(y, w, **o),
    "bivariate_local_moran": lambda y, w, **o: ac.bivariate_local_moran(y, y * x_of(y), w, **o),
    "local_lee": lambda y, w, **o: ac.local_lee(y, y * x_of(y), w, **o),
    "losh": lambda y, w, **o: ac.losh(y, w, **o),
}
FRAMES = {
    "correlogram": lambda y, w: ac.correlogram(y, w, orders=2, inference="permutation", rng=1).table,
    "moran_matrix": lambda y, w: ac.moran_matrix(pd.DataFrame({"a": y, "b": y * x_of(y)}), w, **DRAWN).p_value,
    "moran_by": lambda y, w: ac.moran_by(panel_of(y, y * x_of(y)), w, **DRAWN).table[["statistic", "z", "p_value"]],
    "emerging_hot_spots": lambda y, w: ac.emerging_hot_spots(panel_of(y, y * x_of(y)), w, **DRAWN).p_value,
    "lisa_transitions": lambda y, w: ac.lisa_transitions(panel_of(y, y * x_of(y)), w, **DRAWN).transitions,
    "spatial_markov": lambda y, w: (
        disparity.spatial_markov(panel_of(y.abs(), y.abs() * x_of(y).abs()), w, classes=3, draws=99, rng=1).tests
    ),
    "rank_mobility": lambda y, w: disparity.rank_mobility(panel_of(y, y * x_of(y)), w, draws=99, rng=1).to_frame(),
    "directional_lisa": lambda y, w: disparity.directional_lisa(y, y * x_of(y), w, draws=99, rng=1).counts,
    "gini": lambda y, w: disparity.gini(y.abs()),
    "gini by head": lambda y, w: disparity.gini(y.abs(), y.abs() * x_of(y).abs()),
    "hoover": lambda y, w: disparity.hoover(y.abs()),
    "herfindahl": lambda y, w: disparity.herfindahl(y.abs()),
    "atkinson": lambda y, w: disparity.atkinson(y.abs(), epsilon=2),
    "coefficient_of_variation": lambda y, w: disparity.coefficient_of_variation(y.abs()),
    "theil": lambda y, w: disparity.theil(y.abs(), groups=x_of(y) > 0).to_frame(),
}
TESTS = {**GLOBAL, **LOCAL}
SCALED = ["statistic", "expected", "z", "p_value"]
FACTORS = [1e-300, 1e-170, 1e-160, 1e-100, 1e100, 1e154, 1e300]


def numbers_of(result):
    if hasattr(result, "frame"):
        return result.frame[SCALED].loc[IDS]
    return pd.Series({name: getattr(result, name) for name in SCALED})


def same(one, other, **tolerance):
    if isinstance(one, pd.DataFrame):  # words, such as the kind of inference, are the same or not
        words = list(one.select_dtypes(exclude="number").columns)
        pd.testing.assert_frame_equal(one[words], other[words])
        one, other = one.drop(columns=words), other.drop(columns=words)
    np.testing.assert_allclose(
        np.asarray(one, float), np.asarray(other, float), **{"rtol": 1e-9, "atol": 1e-12, **tolerance}
    )


@pytest.mark.parametrize("factor", FACTORS)
@pytest.mark.parametrize("name", TESTS)
def test_a_factor_of_the_values_changes_nothing(name, factor):
    if name == "losh" and not 1e-150 < factor < 1e150:  # shows squares, which are no numbers here
        with pytest.raises(DataError, match="divide the values by a constant"):
            TESTS[name](DATA["y"] * factor, CHAIN, **DRAWN)
        return
    one, other = (numbers_of(TESTS[name](DATA["y"] * f, CHAIN, **DRAWN)) for f in (1.0, factor))
    same(one, other)


@pytest.mark.parametrize("factor", FACTORS)
@pytest.mark.parametrize("name", FRAMES)
def test_a_factor_changes_no_table(name, factor):
    one, other = (FRAMES[name](DATA["y"] * f, CHAIN) for f in (1.0, factor))
    same(one, other, equal_nan=True)


@pytest.mark.parametrize("inference", ["normal", "randomization", "saddlepoint", "imhof"])
@pytest.mark.parametrize("test", [ac.moran, ac.local_moran])
def test_no_formula_sees_the_scale(test, inference):
    one = numbers_of(test(DATA["y"], CHAIN, inference=inference))
    for factor in FACTORS:
        same(one, numbers_of(test(DATA["y"] * factor, CHAIN, inference=inference)))


@given(st.floats(-300, 300))
@settings(max_examples=25, deadline=None)
def test_any_factor_leaves_morans_i_alone(power):
    one, other = (numbers_of(ac.moran(DATA["y"] * f, CHAIN, **DRAWN)) for f in (1.0, 10**power))
    same(one, other)


@pytest.mark.parametrize("factor", [1e-300, 1e-100, 1e-60, 1e60, 1e100, 1e300])
@pytest.mark.parametrize("name", [n for n in TESTS if n != "aple"])  # APLE estimates rho, of the scale of 1 / W
def test_a_factor_of_the_weights_changes_no_p_value_or_is_refused(name, factor):
    one = TESTS[name](DATA["y"], CHAIN, **DRAWN)
    if not 1e-70 < factor < 1e70:
        with pytest.raises(WeightsError, match="row_standardized"):
            TESTS[name](DATA["y"], CHAIN.scaled(factor), **DRAWN)
        return
    other = TESTS[name](DATA["y"], CHAIN.scaled(factor), **DRAWN)
    same(np.asarray(one.p_value), np.asarray(other.p_value))
    same(np.asarray(one.z), np.asarray(other.z), rtol=1e-6)


SHUFFLED = CHAIN.subset(DATA.sample(frac=1, random_state=5).index)


@pytest.mark.parametrize("name", TESTS)
def test_how_units_were_listed_changes_no_draw(name):
    assert not SHUFFLED.ids.equals(CHAIN.ids)
    one = TESTS[name](DATA["y"], CHAIN, **DRAWN)
    other = TESTS[name](DATA["y"].reindex(SHUFFLED.ids), SHUFFLED, **DRAWN)
    same(numbers_of(one), numbers_of(other), rtol=0, atol=0)
    if name in LOCAL:
        assert other.frame.index.equals(SHUFFLED.ids)
        assert other.cluster.loc[IDS].tolist() == one.cluster.loc[IDS].tolist()


@pytest.mark.parametrize("name", [n for n in FRAMES if n not in ("lisa_transitions",)])
def test_how_units_were_listed_changes_no_table(name):
    one, other = FRAMES[name](DATA["y"], CHAIN), FRAMES[name](DATA["y"].reindex(SHUFFLED.ids), SHUFFLED)
    if isinstance(one, pd.DataFrame) and set(one.index) == set(IDS):
        other = other.loc[one.index]
    same(one, other, rtol=1e-12, atol=1e-14, equal_nan=True)


def test_join_counts_do_not_see_the_order_either():
    classes = (DATA["y"] > 0).map({True: "high", False: "low"})
    one = ac.join_count(classes, CHAIN, **DRAWN).frame
    pd.testing.assert_frame_equal(one, ac.join_count(classes, SHUFFLED, **DRAWN).frame)
    binary = (DATA["y"] > 0).astype(int)
    few = ac.local_join_count(binary, CHAIN, **DRAWN).frame
    pd.testing.assert_frame_equal(few, ac.local_join_count(binary, SHUFFLED, **DRAWN).frame)


@pytest.mark.parametrize(
    "labels", [range(N), [(k // 6, k % 6) for k in range(N)], [k if k % 2 else f"{k}" for k in range(N)]]
)
def test_any_labels_have_an_order(labels):
    ids = pd.Index(list(labels), tupleize_cols=False)
    w = Weights(CHAIN.sparse, ids)
    y = DATA["y"].set_axis(ids)
    places = np.random.default_rng(2).permutation(N)
    other = Weights(CHAIN.sparse[places][:, places], ids[places])
    assert ac.moran(y, w, **DRAWN).p_value == ac.moran(y, other, **DRAWN).p_value
    assert str(ac.moran(y, w, **DRAWN)) == str(ac.moran(y, other, **DRAWN))
    assert len(str(ac.local_moran(y, w, **DRAWN))) > 100


def square(n):
    return gpd.GeoSeries({f"u{i}": box(i % 2, i // 2, i % 2 + 1, i // 2 + 1) for i in range(n)}, crs=2326)


@pytest.mark.parametrize("n", range(4, 9))
@pytest.mark.parametrize("name", TESTS)
def test_printing_never_fails_where_all_are_neighbors(name, n):
    ids = IDS[:n]
    w = Weights(np.ones((n, n)) - np.eye(n), ids)
    assert "Weights" in str(TESTS[name](DATA["y"].loc[ids] + 9, w, rng=1))
    assert "Weights" in str(TESTS[name](DATA["y"].loc[ids] + 9, w.row_standardized(), rng=1, **ONE_SIDED))


def test_four_squares_that_all_touch():
    g = square(4)
    found = ac.moran(pd.Series([1.0, 2, 4, 3], index=g.index, name="v"), gba.weights.contiguity(g))
    assert found.statistic == pytest.approx(-1 / 3)
    assert found.p_value == 1
    assert np.isnan(found.z)
    assert "Power at n = 4" in str(found)


COMPLETE = Weights(np.ones((N, N)) - np.eye(N), IDS)
KINDS = {
    "moran": ("permutation", "randomization", "normal"),
    "geary": ("permutation", "randomization", "normal"),
    "general_g": ("permutation", "randomization"),
    "aple": ("permutation",),
    "lag_correlation": ("permutation",),
    "bivariate_moran": ("permutation", "randomization"),
    "local_moran": ("permutation", "randomization"),
    "local_geary": ("permutation", "randomization"),
    "local_g": ("permutation", "randomization"),
    "bivariate_local_moran": ("permutation", "randomization"),
    "local_lee": ("permutation",),
}


@pytest.mark.parametrize("standardized", [False, True])
@pytest.mark.parametrize(("name", "inference"), [(n, k) for n, kinds in KINDS.items() for k in kinds])
def test_what_cannot_vary_has_no_z_and_the_p_value_one(name, inference, standardized):
    w = COMPLETE.row_standardized() if standardized else COMPLETE
    found = TESTS[name](
        DATA["y"] + 9, w, inference=inference, **({"draws": 99, "rng": 1} if inference == "permutation" else {})
    )
    assert (np.asarray(found.variance) == 0).all()
    assert np.isnan(np.asarray(found.z)).all()
    assert (np.asarray(found.p_value) == 1).all()


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("alternative", ["two-sided", "greater", "less"])
def test_what_is_no_number_has_no_p_value(value, alternative):
    null = Null("permutation", value, 0.0, 1.0, 0.001, 0.001, 999)
    assert np.isnan(null.p_value(alternative))
    assert np.isnan(null.interval(alternative)).all()
    one = np.ones(1)
    assert np.isnan(LocalNull("exact", value * one, one, one, 0.01 * one, one, one).p_value(alternative)).all()


# -- regressions ----------------------------------------------------------------------------------------------------
def weighted():
    data = DATA.assign(v=[1.0, 40.0, 9.0] * 10)
    root = np.sqrt(data["v"].to_numpy())
    X, y = np.column_stack([np.ones(N), data["x"]]) * root[:, None], data["y"].to_numpy() * root
    return data, X, y - X @ np.linalg.lstsq(X, y, rcond=None)[0]


@pytest.mark.parametrize("inference", ["imhof", "normal", "saddlepoint"])
def test_a_weighted_regression_is_tested_by_its_weighted_residuals(inference):
    data, X, e = weighted()
    found = ac.moran(gba.models.ols("y ~ x", data, weights="v"), CHAIN, inference=inference)
    assert found.statistic == pytest.approx(float(e @ (CHAIN.sparse @ e) / (e @ e)))
    assert found.statistic == pytest.approx(0.0537, abs=5e-5)
    by_hand = data.assign(y=data["y"] * np.sqrt(data["v"]), one=X[:, 0], x=X[:, 1])
    same_test = ac.moran(gba.models.ols("y ~ one + x - 1", by_hand), CHAIN, inference=inference)
    assert found.p_value == pytest.approx(same_test.p_value, rel=1e-8)
    local, by_hand_local = (
        ac.local_moran(fit, CHAIN, inference=inference)
        for fit in (gba.models.ols("y ~ x", data, weights="v"), gba.models.ols("y ~ one + x - 1", by_hand))
    )
    same(local.statistic, by_hand_local.statistic)
    same(local.p_value, by_hand_local.p_value, rtol=1e-8)


def test_equal_weights_change_nothing():
    one = ac.moran(gba.models.ols("y ~ x", DATA), CHAIN)
    other = ac.moran(gba.models.ols("y ~ x", DATA.assign(v=4.0), weights="v"), CHAIN)
    assert other.statistic == pytest.approx(one.statistic)
    assert other.p_value == pytest.approx(one.p_value)


def test_the_test_of_weighted_residuals_keeps_its_level():
    rng = np.random.default_rng(7)
    rejected = 0
    v = pd.Series(rng.choice([1.0, 100.0], N), IDS)
    for _ in range(400):
        data = DATA.assign(y=DATA["x"] + rng.normal(size=N) / np.sqrt(v.to_numpy()), v=v)
        rejected += ac.moran(gba.models.ols("y ~ x", data, weights="v"), CHAIN).p_value <= 0.05
    assert 6 <= rejected <= 38  # 400 draws at 5 %: four standard errors


def test_the_scatterplot_of_residuals_has_the_slope_of_the_test():
    data, _, e = weighted()
    found = ac.moran(gba.models.ols("y ~ x", data, weights="v"), CHAIN)
    points = found.lagged()
    same(points["value"], e)
    found.plot()
    ac.local_moran(gba.models.ols("y ~ x", data, weights="v"), CHAIN).plot()
    ac.moran(DATA["y"] * 1e300, CHAIN, **DRAWN).plot()


def test_other_fits_are_refused_with_the_reason():
    counts = gba.models.ppml("n ~ x", DATA.assign(n=np.arange(N) % 5))
    for test in (ac.moran, ac.local_moran):
        with pytest.raises(OptionError, match="variance from unit to unit"):
            test(counts, CHAIN)
    with pytest.raises(OptionError, match="without spatial"):
        ac.moran(gba.models.lag("y ~ x", DATA, CHAIN), CHAIN)


@pytest.mark.parametrize("name", [n for n in TESTS if n not in ("moran", "local_moran")])
def test_no_other_statistic_takes_a_fit_for_values(name):
    fit = gba.models.ols("y ~ x", DATA)
    tests = {**vars(ac)}
    test = tests.get(name.split(",")[0])
    arguments = {"bivariate_moran": 2, "lee_l": 2, "bivariate_local_moran": 2, "local_lee": 2, "differential_moran": 2}
    given = [fit, *([DATA["x"]] * (arguments.get(name.split(",")[0], 1) - 1))]
    with pytest.raises(GbaError):
        test(*given, CHAIN)


# -- Getis and Ord --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("test", [ac.local_g, ac.local_g_star])
@pytest.mark.parametrize("inference", ["permutation", "randomization"])
def test_values_that_sum_to_zero_have_z_and_p_without_the_ratio(test, inference):
    g = gpd.GeoSeries({f"u{i:02d}": box(i % 6, i // 6, i % 6 + 1, i // 6 + 1) for i in range(36)}, crs=2326)
    w, y = gba.weights.contiguity(g), pd.Series(np.random.default_rng(1).normal(size=36), index=g.index)
    score = (y - y.mean()) / y.std()
    drawn = {"draws": 199, "rng": 1} if inference == "permutation" else {}
    options = {"inference": inference, **drawn}
    right, found, minus = (test(v, w, **options) for v in (y + 10, score, -score))
    same(found.z, right.z, rtol=1e-7)
    same(minus.z, -right.z, rtol=1e-7)
    same(found.p_value, right.p_value, rtol=1e-9)
    assert found.cluster.equals(right.cluster)
    if test is ac.local_g_star:
        assert found.statistic.isna().all()
        assert found.expected.isna().all()
        assert found.variance.isna().all()
        assert "without the ratio" in str(found)


def test_general_g_says_what_it_needs():
    with pytest.raises(DataError, match="negative"):
        ac.general_g(DATA["y"], CHAIN)


def test_ranks_without_untied_neighbors_have_no_p_value():
    links = np.kron(np.eye(2), np.ones((2, 2))) - np.eye(4)
    w = Weights(links, list("abcd"))
    first, last = pd.Series([1.0, 1, 2, 2], list("abcd")), pd.Series([1.0, 2, 3, 3], list("abcd"))
    panel = pd.concat({0: first, 1: last}, names=["year", "unit"]).swaplevel()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = disparity.rank_mobility(panel, w, draws=99, rng=1)
    assert np.isnan(found.spatial_tau)
    assert np.isnan(found.spatial_p_value)
