"""Data envelopment analysis: Coelli's example, another program, closed forms, and the bootstrap."""

import json

import numpy as np
import oracle
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st
from scipy.optimize import linprog

from gbaspatial.development import dea
from gbaspatial.development.frontier import Technology, radial
from gbaspatial.development.smoothing import bandwidth_of, drawn_distances
from gbaspatial.errors import AlignmentError, DataError, LabelTypeError, MissingDataError, OptionError

CASE = json.loads(oracle.find("cases/dea_dealib.json").read_text())
IDS = [f"u{i:02d}" for i in range(12)]
INPUTS = pd.DataFrame(CASE["inputs"], IDS, ["k", "l"])
OUTPUTS = pd.DataFrame(CASE["outputs"], IDS, ["a", "b"])
# Coelli (1996), A guide to DEAP version 2.1, example 4, years 1 and 2
COELLI = {
    1: ([1, 2, 3, 4, 5], [2, 4, 3, 5, 6], [0.5, 0.5, 1, 0.8, 0.833], [1, 0.545, 1, 0.923, 1]),
    2: ([1, 3, 4, 3, 5], [2, 4, 3, 5, 5], [0.375, 0.563, 1, 0.45, 0.75], [1, 0.667, 1, 0.6, 1]),
}


@pytest.mark.parametrize("year", COELLI)
def test_coelli(year):
    y, x, constant, variable = COELLI[year]
    y, x = pd.Series(y, index=list("abcde"), name="y"), pd.Series(x, index=list("abcde"), name="x")
    np.testing.assert_allclose(dea(y, x).efficiency, constant, atol=6e-4)
    np.testing.assert_allclose(dea(y, x, returns="variable").efficiency, variable, atol=6e-4)


@pytest.mark.parametrize("name", [n for n in CASE["expected"] if n.endswith(("radial", "super"))])
def test_dealib(name):
    returns, orientation, measure = name.split()
    found = dea(OUTPUTS, INPUTS, returns=returns, orientation=orientation, measure=measure)
    expected = np.array(CASE["expected"][name], dtype=float)
    np.testing.assert_allclose(found.efficiency, expected, rtol=1e-9)
    assert (found.status == "infeasible").tolist() == np.isnan(expected).tolist()


def test_what_is_infeasible_is_said():
    """dealib gives numbers for three of these five: here it is shown that no combination of the others reaches them."""
    for orientation, sign, table, lost in (("output", 1, INPUTS, [3, 10, 11]), ("input", -1, OUTPUTS, [8, 9])):
        found = dea(OUTPUTS, INPUTS, returns="variable", orientation=orientation, measure="super")
        assert np.flatnonzero(found.status == "infeasible").tolist() == lost
        assert found.efficiency.iloc[lost].isna().all()
        assert f"Infeasible for {', '.join(IDS[k] for k in lost)}" in str(found.summary())
        for k in lost:
            others = table.drop(index=IDS[k]).to_numpy().T
            reach = linprog(np.zeros(11), sign * others, sign * table.iloc[k], np.ones((1, 11)), [1], method="highs-ds")
            assert reach.status == 2


def slacks_by_dinkelbach(k, returns):
    """The fractional program itself, by steps on its ratio (no transformation of Charnes and Cooper)."""
    X, Y = INPUTS.to_numpy(), OUTPUTS.to_numpy()
    A = np.block([[X.T, np.eye(2), np.zeros((2, 2))], [Y.T, np.zeros((2, 2)), -np.eye(2)]])
    b = np.concatenate([X[k], Y[k]])
    if returns == "variable":
        A, b = np.vstack([A, [1.0] * 12 + [0] * 4]), np.append(b, 1)
    ratio = 1.0
    for _ in range(60):
        cost = np.concatenate([np.zeros(12), -1 / 2 / X[k], -ratio / 2 / Y[k]])
        z = linprog(cost, A_eq=A, b_eq=b).x[12:]
        ratio = (1 - (z[:2] / X[k]).mean()) / (1 + (z[2:] / Y[k]).mean())
    return ratio


@pytest.mark.parametrize("returns", ["constant", "variable"])
def test_slacks_based_measure(returns):
    found = dea(OUTPUTS, INPUTS, returns=returns, orientation="both", measure="slacks").efficiency
    np.testing.assert_allclose(found, [slacks_by_dinkelbach(k, returns) for k in range(12)], rtol=1e-9)
    one_sided = [dea(OUTPUTS, INPUTS, returns=returns, orientation=o, measure="slacks") for o in ("output", "input")]
    for side in one_sided:
        assert (found <= side.efficiency + 1e-9).all()
        radial_one = dea(OUTPUTS, INPUTS, returns=returns, orientation=side.orientation).efficiency
        assert (side.efficiency <= radial_one + 1e-9).all()


@settings(max_examples=30, deadline=None)
@given(
    sizes=st.lists(st.floats(-9, 9), min_size=4, max_size=12),
    orientation=st.sampled_from(["output", "input"]),
    money=st.sampled_from([1e-9, 1.0, 1e9, 1e200]),
)
def test_one_input_and_one_output_have_a_closed_form_whatever_the_sizes(sizes, orientation, money):
    """Efficiency is the ratio y / x over the largest: also for a village of 1e-9 beside a city of 1e9."""
    x = 10.0 ** np.array(sizes)
    ratio = 0.2 + 0.8 * np.linspace(0, 1, len(sizes)) ** 2
    index = [f"u{k}" for k in range(len(sizes))]
    y = pd.Series(x * ratio, index)
    found = dea(y * money, pd.Series(x, index), orientation=orientation).efficiency
    np.testing.assert_allclose(found, ratio / ratio.max(), rtol=1e-7)


@settings(max_examples=20, deadline=None)
@given(
    order=st.permutations(range(12)),
    returns=st.sampled_from(["constant", "variable"]),
    money=st.sampled_from([1e-9, 1e9]),
)
def test_neither_order_nor_unit_of_money_matters(order, returns, money):
    base = dea(OUTPUTS, INPUTS, returns=returns)
    rows = list(order)
    found = dea(OUTPUTS.iloc[rows] * [money, 1], INPUTS.assign(k=INPUTS["k"] * money), returns=returns)
    assert found.efficiency.index.equals(OUTPUTS.index[rows])
    pd.testing.assert_series_equal(found.efficiency.reindex(IDS), base.efficiency, rtol=1e-7)


def test_units_moved_by_factor_and_slacks_are_efficient():
    for orientation in ("output", "input"):
        found = dea(OUTPUTS, INPUTS, returns="variable", orientation=orientation)
        e, slacks = found.efficiency, found.slacks
        x = INPUTS.mul(e, axis=0) if orientation == "input" else INPUTS
        y = OUTPUTS.div(e, axis=0) if orientation == "output" else OUTPUTS
        reached = found.weights @ INPUTS, found.weights @ OUTPUTS
        np.testing.assert_allclose(reached[0], x - slacks[["k", "l"]], atol=1e-7)
        np.testing.assert_allclose(reached[1], y + slacks[["a", "b"]], atol=1e-7)
        np.testing.assert_allclose(found.weights.sum(axis=1), 1)
        assert (slacks >= 0).all(axis=None)
    assert found.weights.loc["u01", "u01"] == pytest.approx(1)


def test_zeros_that_may_be():
    y = pd.DataFrame({"a": [1.0, 2, 3, 0], "b": [0.0, 1, 1, 4]}, list("wxyz"))
    x = pd.Series([1.0, 1, 2, 2], list("wxyz"), name="x")
    found = dea(y, x)
    assert found.efficiency.tolist() == pytest.approx([0.5, 1, 0.75 + 0, 1])
    with pytest.raises(DataError, match="zero for w, z"):
        dea(y, x, measure="slacks")


def test_many_efficient_units_are_told():
    text = str(dea(OUTPUTS.iloc[:6], INPUTS.iloc[:6], returns="variable").summary())
    assert "6 units are efficient; 4 columns ask for 12 units or more" in text
    assert "ask for" not in str(dea(OUTPUTS, INPUTS, returns="variable").summary())


# -- bootstrap --------------------------------------------------------------------------
def test_bootstrap_stays_between_zero_and_the_estimate():
    for orientation in ("output", "input"):
        found = dea(OUTPUTS["a"], INPUTS, orientation=orientation).bootstrap(draws=100, rng=3)
        assert (found.lower > 0).all()
        assert (found.lower <= found.upper).all()
        assert (found.upper <= found.efficiency + 1e-9).all()
        assert (found.corrected < found.efficiency).all()
        assert (found.corrected > 0).all()
        np.testing.assert_allclose(1 / found.corrected, 2 / found.efficiency - found.distances.mean())
        assert (found.distances <= 1 / found.efficiency + 1e-9).all(axis=None), "the drawn frontier lies inside"


def test_bootstrap_does_not_depend_on_the_order_of_rows():
    first = dea(OUTPUTS["a"], INPUTS).bootstrap(draws=100, rng=3)
    second = dea(OUTPUTS["a"].iloc[::-1], INPUTS).bootstrap(draws=100, rng=3)
    pd.testing.assert_series_equal(first.lower, second.lower[IDS])
    assert second.lower.index.tolist() == IDS[::-1]
    longer = dea(OUTPUTS["a"], INPUTS).bootstrap(draws=120, rng=3)
    pd.testing.assert_frame_equal(longer.distances.iloc[:100], first.distances)


def test_drawn_distances_have_the_spread_of_the_density():
    distance = np.array([1.0, 1.0, 1.3, 1.6, 1.1, 2.0, 1.4])
    away = np.array([1.3, 1.6, 1.1, 2.0, 1.4])
    reflected = np.concatenate([away, 2 - away])
    low, high = np.quantile(reflected, [0.25, 0.75])
    width = 1.06 * min(reflected.std(ddof=1), (high - low) / 1.349) * 10**-0.2
    width *= (10 / 7) ** 0.2 * distance.std(ddof=1) / reflected.std(ddof=1)
    assert bandwidth_of(distance) == pytest.approx(width)
    many = 1 + np.abs(np.random.default_rng(2).normal(0, 0.4, 400))
    draws = np.concatenate([drawn_distances(many, 0.1, np.random.default_rng(s)) for s in range(50)])
    assert draws.min() >= 1
    assert draws.mean() == pytest.approx(many.mean(), abs=0.02)
    assert draws.std() == pytest.approx(many.std(), rel=0.06)  # folding at one takes some away


def test_the_correction_brings_efficiency_nearer_to_the_truth():
    """Frontier y = sqrt(x), known efficiency: the estimate is too high, the corrected one less so (8 samples)."""
    before, after = [], []
    for sample in range(8):
        rng = np.random.default_rng([5, sample])
        x, truth = rng.uniform(1, 9, 25), np.exp(-np.abs(rng.normal(0, 0.3, 25)))
        index = [f"u{k:02d}" for k in range(25)]
        found = dea(pd.Series(np.sqrt(x) * truth, index), pd.Series(x, index), returns="variable").bootstrap(
            draws=100, rng=1
        )
        before.append((found.efficiency - truth).mean())
        after.append((found.corrected - truth).mean())
    assert np.mean(before) > 0.02
    assert abs(np.mean(after)) < 0.6 * np.mean(before)


def test_bad_input_is_told():
    y, x = OUTPUTS["a"], INPUTS["k"]
    with pytest.raises(LabelTypeError, match="ndarray"):
        dea(y.to_numpy(), x)
    with pytest.raises(AlignmentError, match="u11"):
        dea(y, x.iloc[:-1])
    with pytest.raises(MissingDataError, match="u03"):
        dea(y, x.mask(x.index == "u03"))
    with pytest.raises(DataError, match="negative for u03"):
        dea(y, x.mask(x.index == "u03", -1.0))
    with pytest.raises(DataError, match="'k' is zero everywhere"):
        dea(y, x * 0)
    with pytest.raises(DataError, match="u03 have no inputs at all"):
        dea(y, x.mask(x.index == "u03", 0.0))
    with pytest.raises(DataError, match="2 outputs and 2 inputs need more than 4 units; there are 4"):
        dea(OUTPUTS.iloc[:4], INPUTS.iloc[:4])
    with pytest.raises(OptionError, match="needs measure='slacks'"):
        dea(y, x, orientation="both")
    with pytest.raises(OptionError, match="bootstrap is for measure='radial'"):
        dea(y, x, measure="super").bootstrap()
    with pytest.raises(OptionError, match="draws=5"):
        dea(y, x).bootstrap(draws=5)
    with pytest.raises(DataError, match="off the frontier; a bootstrap needs two"):
        dea(OUTPUTS.iloc[:5], INPUTS.iloc[:5], returns="variable").bootstrap()
    two_years = pd.concat({1: y, 2: y}).swaplevel()
    with pytest.raises(OptionError, match="use malmquist"):
        dea(two_years, two_years)


def test_an_infeasible_unit_leaves_the_others_alone():
    technology = Technology(np.array([[1.0], [2.0]]), np.array([[1.0], [3.0]]), "variable")
    found = radial(technology, np.array([[0.5], [2.0]]), np.array([[1.0], [1.5]]), "output")
    assert np.isnan(found[0])
    assert found[1] == pytest.approx(2)


def test_one_output_is_said_in_the_singular():
    one = pd.DataFrame({"y": [1.0, 2.0]}, index=["a", "b"])
    with pytest.raises(DataError, match="1 output and 1 input need more than 2 units"):
        dea(one["y"], one["y"])
