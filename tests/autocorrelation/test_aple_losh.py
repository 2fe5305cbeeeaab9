"""APLE and LOSH: R's numbers, brute force, simulation."""

import re

import numpy as np
import oracle
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

from gbaspatial import autocorrelation as ac
from gbaspatial.autocorrelation import autoregression
from gbaspatial.errors import DataError, OptionError
from gbaspatial.inference import exact_distribution as exact
from gbaspatial.weights import Weights, from_pairs

DATASETS = ("columbus", "baltimore", "boston", "ncsids")


def first_variable(case: oracle.Case) -> pd.Series:
    names = re.findall(r"[A-Za-z_]\w*", case.raw["call"])
    return case.data[next(n for n in names if n in case.data.columns and n != "x")]


def small(n: int = 7, seed: int = 0) -> tuple[pd.Series, Weights]:
    rng = np.random.default_rng(seed)
    ids = pd.Index([f"u{i}" for i in range(n)])
    links = [(i, (i + step) % n) for i in range(n) for step in (1, 2)]
    pairs = pd.DataFrame([(ids[a], ids[b]) for a, b in links], columns=["focal", "neighbor"])
    return pd.Series(rng.normal(size=n), ids, name="y"), from_pairs(pairs, ids=ids).row_standardized()


@pytest.mark.parametrize("dataset", DATASETS)
def test_aple_is_spatialregs(dataset):
    case = oracle.case(f"aple__{dataset}")
    y, w = first_variable(case), case.w("W")
    got = ac.aple(y, w, draws=1, rng=1)
    case.close(got.statistic, case.expected["aple"])
    case.close(got.local, case.expected["localAple"])
    assert got.local.mean() == pytest.approx(got.statistic)


def test_aple_over_all_orders_and_drawn():
    y, w = small()
    got = ac.aple(y, w)
    z = (y - y.mean()).to_numpy()
    trace = np.trace((w.sparse @ w.sparse).toarray())
    brute = exact.order_null(lambda o: np.array([autoregression.aple_statistic(z[p], w.sparse, trace) for p in o]), 7)
    assert got.inference == "exact"
    assert (got.null.upper, got.null.lower) == pytest.approx((brute.upper, brute.lower))
    drawn = ac.aple(y, w, inference="permutation", draws=4_999, rng=2)
    assert drawn.p_value == pytest.approx(got.p_value, abs=0.03)


@pytest.mark.parametrize("inference", ["imhof", "saddlepoint"])
def test_aple_of_normal_values_against_simulation(inference):
    y, w = small(9, 3)
    got = ac.aple(y, w, inference=inference, alternative="greater")
    trace = np.trace((w.sparse @ w.sparse).toarray())
    Z = np.random.default_rng(1).normal(size=(20_000, 9))
    Z -= Z.mean(axis=1, keepdims=True)
    lag = Z @ w.sparse.toarray().T
    drawn = (Z * lag).sum(axis=1) / ((lag**2).sum(axis=1) + trace / 9 * (Z**2).sum(axis=1))
    assert got.p_value == pytest.approx((drawn >= got.statistic).mean(), abs=0.015)


def test_aple_estimates_rho_better_than_moran_does():
    side, rho = 12, 0.5
    cells = [(r, c) for r in range(side) for c in range(side)]
    links = [((r, c), (r + a, c + b)) for r, c in cells for a, b in ((0, 1), (1, 0)) if r + a < side and c + b < side]
    number = {cell: place for place, cell in enumerate(cells)}
    pairs = [(number[a], number[b]) for a, b in links]
    w = from_pairs(pd.DataFrame(pairs + [p[::-1] for p in pairs], columns=["focal", "neighbor"])).row_standardized()
    A = np.linalg.inv(np.eye(w.n) - rho * w.sparse.toarray())
    samples = [pd.Series(A @ e, w.ids) for e in np.random.default_rng(0).normal(size=(60, w.n))]
    aple = np.mean([ac.aple(y, w, inference="permutation", draws=1, rng=1).statistic for y in samples])
    moran = np.mean([ac.moran(y, w, inference="normal").statistic for y in samples])
    assert abs(aple - rho) < 0.05 < 0.1 < abs(moran - rho)


@pytest.mark.parametrize("dataset", DATASETS)
def test_losh_is_spdeps(dataset):
    case = oracle.case(f"losh__{dataset}")
    y, want = first_variable(case), case.expected
    got = ac.losh(y, case.w("W"), inference="chi-square")
    case.close(got.statistic, want["Hi"])
    case.close(got.expected, want["E_Hi"])
    case.close(got.variance, want["Var_Hi"])
    case.close(got.chi_square, want["Z_Hi"])
    case.close(got.local_mean, want["x_bar_i"])
    case.close(got.local_residual, want["ei"])
    case.close(got.p_value, want["cs_p"])
    binary = ac.losh(y, case.w("B"), inference="chi-square")
    case.close(binary.statistic, want["Hi_B"])
    case.close(binary.variance, want["Var_Hi_B"])
    case.close(ac.losh(y, case.w("W"), power=1, draws=99, rng=1).statistic, want["Hi_a1"])


def test_losh_over_all_sets_of_neighbors():
    from itertools import combinations

    y, w = small()
    got = ac.losh(y, w, inference="exact")
    e = got.local_residual.to_numpy()
    for i in range(len(y)):
        others = np.delete(np.arange(7), i)
        values = np.array([e[list(c)].mean() / e.mean() for c in combinations(others, 2)])
        assert got.p_value.iloc[i] == pytest.approx((values >= got.statistic.iloc[i] - 1e-12).mean())


def test_bootstrap_of_losh_repeats_and_finds_scatter():
    """B16: esda's LOSH takes no seed and gives chi-square only."""
    rng = np.random.default_rng(2)
    ids = pd.RangeIndex(60)
    line = [(i, i + k) for k in (1, 2) for i in range(60 - k)]
    pairs = pd.DataFrame(line + [(b, a) for a, b in line], columns=["focal", "neighbor"])
    y = pd.Series(rng.normal(size=60) * np.where(ids < 30, 0.1, 3.0), ids, name="y")
    one, two = (ac.losh(y, from_pairs(pairs), inference="bootstrap", draws=499, rng=3) for _ in range(2))
    pd.testing.assert_frame_equal(one.to_frame(), two.to_frame())
    assert one.p_value.iloc[:25].min() > 0.2
    assert (one.cluster.iloc[35:] == "hot").sum() >= 3
    assert "bootstrap samples" in str(one)


@settings(max_examples=10, deadline=None)
@given(st.floats(-100, 100), st.floats(0.1, 10), st.permutations(range(7)))
def test_shift_scale_and_order_change_nothing(shift, scale, order):
    y, w = small()
    moved = (shift + scale * y).iloc[order]
    assert ac.aple(moved, w).p_value == pytest.approx(ac.aple(y, w).p_value)
    one, other = ac.losh(y, w), ac.losh(moved, w)
    assert other.p_value.index.equals(moved.index)
    pd.testing.assert_series_equal(one.p_value, other.p_value.reindex(y.index))


def test_islands_and_bad_options():
    y, w = small()
    lonely = from_pairs(w.binary().to_frame().query("focal != 'u2' and neighbor != 'u2'"), ids=w.ids)
    for inference in ("chi-square", "bootstrap", "exact"):
        frame = ac.losh(y, lonely, inference=inference, rng=1 if inference == "bootstrap" else None).to_frame()
        assert frame.loc["u2", ["statistic", "p_value", "local_mean"]].isna().all()
        assert frame.loc["u2", "cluster"] == "isolate"
    with pytest.raises(OptionError, match="power=0"):
        ac.losh(y, w, power=0)
    with pytest.raises(OptionError, match="power=2"):
        ac.losh(y, w, power=1, inference="chi-square")
    with pytest.raises(OptionError, match="inference='normal'"):
        ac.losh(y, w, inference="normal")
    with pytest.raises(DataError, match="same"):
        ac.losh(y * 0 + 1, w)
    with pytest.raises(OptionError, match="randomization"):
        ac.aple(y, w, inference="randomization")
