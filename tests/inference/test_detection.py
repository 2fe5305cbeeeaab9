"""Power: against simulation, against laws, and the sentence below small tests."""

import warnings
from pathlib import Path

import numpy as np
import oracle
import pandas as pd
import pytest

import gbaspatial as gba
from gbaspatial import inference
from gbaspatial.errors import IslandWarning, OptionError, WeightsError
from gbaspatial.inference import rejection
from gbaspatial.weights import Weights, from_pairs


def ring(n: int) -> Weights:
    one = pd.DataFrame({"focal": range(n), "neighbor": [(i + 1) % n for i in range(n)]})
    return from_pairs(pd.concat([one, one.rename(columns={"focal": "neighbor", "neighbor": "focal"})]))


def lopsided() -> Weights:
    """Eleven units, a star and a tail: asymmetric when row-standardized."""
    pairs = [(0, j) for j in range(1, 7)] + [(6, 7), (7, 8), (8, 9), (9, 10), (1, 2)]
    both = pairs + [(b, a) for a, b in pairs]
    return from_pairs(pd.DataFrame(both, columns=["focal", "neighbor"])).row_standardized()


def ratios(statistic: str, Y: np.ndarray, W: np.ndarray) -> np.ndarray:
    """The statistics from their definitions."""
    Z = Y - Y.mean(axis=1, keepdims=True)
    if statistic == "geary":
        apart = (Y[:, :, None] - Y[:, None, :]) ** 2
        return np.einsum("mij,ij->m", apart, W) / (Z * Z).sum(axis=1)
    lag = Z @ W.T
    if statistic == "moran":
        return (lag * Z).sum(axis=1) / (Z * Z).sum(axis=1)
    return (lag * Z).sum(axis=1) / ((lag**2).sum(axis=1) + np.trace(W @ W) / len(W) * (Z * Z).sum(axis=1))


@pytest.mark.parametrize("process", ["sar", "sma"])
@pytest.mark.parametrize("statistic", ["moran", "geary", "aple"])
def test_power_agrees_with_simulation(statistic, process):
    w, m = lopsided(), 20_000
    W = w.sparse.toarray()
    E = np.random.default_rng(0).standard_normal((m, w.n))
    low, high = np.quantile(ratios(statistic, E, W), [0.025, 0.975])
    grid = [-0.5, 0.6]
    got = inference.power(statistic, w, rho=grid, process=process).curve
    for rho in grid:
        A = np.linalg.inv(np.eye(w.n) - rho * W) if process == "sar" else np.eye(w.n) + rho * W
        drawn = ratios(statistic, E @ A.T, W)
        rejected = np.mean((drawn < low) | (drawn > high))
        assert got[rho] == pytest.approx(rejected, abs=0.02)


@pytest.mark.parametrize("alternative", ["two-sided", "greater", "less"])
@pytest.mark.parametrize("statistic", ["moran", "geary", "aple"])
def test_power_at_zero_is_the_level(statistic, alternative):
    got = inference.power(statistic, lopsided(), rho=[0.0], alternative=alternative, alpha=0.1)
    assert got.curve[0.0] == pytest.approx(0.1, abs=1e-8)


def test_one_sided_power_is_on_its_side():
    w = ring(14).row_standardized()
    for statistic in ("moran", "geary", "join_count"):
        sides = ("less", "greater") if statistic == "geary" else ("greater", "less")
        up, down = (inference.power(statistic, w, rho=[0.7], alternative=side).curve.iloc[0] for side in sides)
        assert up > 0.1 > 0.05 >= down
    negative = inference.power("moran", w, rho=[-0.7], alternative="less").curve.iloc[0]
    assert negative > 0.5


def test_moran_and_geary_are_one_test_on_a_regular_graph():
    w = ring(11).row_standardized()
    moran, geary = (inference.power(s, w, rho=[0.3, 0.6]).curve for s in ("moran", "geary"))
    np.testing.assert_allclose(moran, geary, atol=1e-9)


def test_power_grows_with_n_and_rho():
    small, large = (inference.power("moran", ring(n).row_standardized()) for n in (11, 30))
    assert large.detectable < small.detectable < 1
    positive = small.curve[small.curve.index >= 0]
    assert positive.is_monotonic_increasing
    again = inference.power("moran", ring(11).row_standardized(), rho=[small.detectable]).curve.iloc[0]
    assert again == pytest.approx(0.8, abs=0.005)
    assert "80 %" in str(small)


def test_order_of_units_does_not_matter():
    w = lopsided()
    turned = w.subset(w.ids[::-1])
    for statistic in ("moran", "aple"):
        one, other = (inference.power(statistic, v, rho=[0.4]).curve.iloc[0] for v in (w, turned))
        assert one == pytest.approx(other, abs=1e-10)


def test_simulated_join_counts_keep_their_level():
    null = inference.power("join_count", ring(12), rho=[0.0], draws=2_000).curve.iloc[0]
    assert null <= 0.06
    assert inference.power("general_g", ring(20), rho=[0.45], draws=2_000).curve.iloc[0] > 0.2


def test_the_note_is_short_true_and_only_below_fifty():
    w = ring(11).row_standardized()
    note = inference.power_note(w.sparse)
    got = inference.power("moran", w, rho=[0.6])
    assert f"{100 * got.curve[0.6]:.0f} % at rho = 0.6" in note
    assert f"rho = {got.detectable:.2f}" in note
    assert inference.power_note(ring(50).sparse) == ""
    assert inference.power_note(Weights(np.zeros((9, 9)), range(9)).sparse) == ""


def test_asymmetric_weights_of_the_reference_data():
    w = oracle.case("moran_geary__baltimore").w("W")
    with pytest.warns(IslandWarning, match="41"):
        w = w.subset(w.ids[:90])
    assert not w.is_symmetric
    got = inference.power("moran", w, rho=[0.0, 0.4])
    assert got.curve[0.0] == pytest.approx(0.05, abs=1e-4)
    assert got.curve[0.4] > 0.5


def test_saddlepoint_power_of_many_units_is_that_of_the_integral(monkeypatch):
    w = ring(64).row_standardized()
    quick = inference.power("moran", w, rho=[0.0, 0.2, 0.4], alternative="greater").curve
    monkeypatch.setattr(rejection, "MOST_INTEGRATED", 100)
    slow = inference.power("moran", w, rho=[0.0, 0.2, 0.4], alternative="greater").curve
    np.testing.assert_allclose(quick, slow, atol=1e-3)


def test_the_table_of_the_documentation_is_what_runs():
    text = (Path(__file__).parents[2] / "docs" / "inference.md").read_text(encoding="utf-8")
    cities, districts = gba.load_cities(year=2019), gba.load_districts()
    rows = {
        "queen and the links open in 2019": gba.weights.contiguity(cities, links=2019),
        "queen only": gba.weights.contiguity(cities),
        "four nearest": gba.weights.nearest(cities, k=4),
        "inverse distance": gba.weights.inverse_distance(cities),
        "queen, 69 districts": gba.weights.contiguity(districts),
    }
    for name, w in rows.items():
        cells = next(line for line in text.splitlines() if line.startswith(f"| {name} |")).split("|")[2:-1]
        result = inference.power("moran", w.row_standardized(), rho=[0.3, 0.5, 0.7, 0.9])
        assert int(cells[0]) == w.n
        told = [float(cell.replace("%", "")) for cell in cells[1:5]]
        np.testing.assert_allclose(told, 100 * result.curve, atol=0.51)
        least = np.nan if "no" in cells[5] else float(cells[5])
        np.testing.assert_allclose(least, result.detectable, atol=0.006)


@pytest.mark.parametrize(
    ("change", "error", "told"),
    [
        ({"rho": [1.5]}, OptionError, "between"),
        ({"rho": []}, OptionError, "between"),
        ({"alpha": 1.2}, OptionError, "alpha=1.2"),
        ({"process": "car"}, OptionError, "process='car'"),
        ({"alternative": "two.sided"}, OptionError, "alternative"),
    ],
)
def test_bad_options_are_told(change, error, told):
    with pytest.raises(error, match=told):
        inference.power("moran", lopsided(), **change)


def test_bad_weights_are_told():
    with pytest.raises(WeightsError, match="4 to 1000 units; w has 3"):
        inference.power("moran", ring(3))
    with pytest.raises(WeightsError, match="no link"):
        inference.power("moran", Weights(np.zeros((5, 5)), range(5)))
    with pytest.raises(OptionError, match="statistic='I'"):
        inference.power("I", ring(5))


def test_no_warning_of_numpy_where_every_unit_is_a_neighbor_of_every_other():
    ids = [f"u{i}" for i in range(9)]
    pairs = pd.DataFrame([(a, b) for a in ids for b in ids if a != b], columns=["focal", "neighbor"])
    w = from_pairs(pairs).row_standardized()
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        curve = inference.power("general_g", w, rho=[0.0, 0.9, 0.999999], draws=200).curve
    assert ((curve >= 0) & (curve <= 1)).all()
