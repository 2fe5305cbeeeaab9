"""Draws and seeds are taken by the inferences that draw, and refused by all others."""

import inspect

import numpy as np
import pandas as pd
import pytest

import gbaspatial as gba
from gbaspatial import autocorrelation as ac
from gbaspatial.errors import OptionError

IDS = [f"u{i}" for i in range(8)]
RING = gba.weights.from_pairs(
    pd.DataFrame({"focal": IDS + IDS, "neighbor": IDS[1:] + IDS[:1] + IDS[-1:] + IDS[:-1]})
).row_standardized()
X = pd.Series([1.0, 4, 2, 8, 5, 7, 3, 6], IDS, name="x")
# exact tests of single years and classes are adjusted jointly by the same random orders
DRAWS_FOR_SEQUENCES = {"moran_by", "correlogram", "correlogram_by_distance", "emerging_hot_spots", "lisa_transitions"}


def doors():
    """Every test of the room with an inference and a seed, by introspection."""
    for name in dir(ac):
        found = getattr(ac, name)
        if inspect.isfunction(found) and {"inference", "rng"} <= set(inspect.signature(found).parameters):
            yield name


DOORS = list(doors())


def test_the_doors_are_found():
    assert {"moran", "local_moran", "losh", "moran_by", "correlogram", "gamma", "lag_correlation"} <= set(DOORS)


@pytest.mark.parametrize("inference", ["randomization", "exact", "imhof"])
@pytest.mark.parametrize("option", ["draws", "rng", "stop_after"])
@pytest.mark.parametrize("name", DOORS)
def test_draws_for_an_inference_without_draws_are_refused(name, option, inference):
    test = getattr(ac, name)
    if option not in inspect.signature(test).parameters or (name in DRAWS_FOR_SEQUENCES and inference == "exact"):
        return
    with pytest.raises(OptionError, match=f"^{option}= would not be used here: inference='{inference}' draws nothing"):
        test(X, RING, inference=inference, **{option: 9_999})  # the default of draws, written out, is refused too


@pytest.mark.parametrize("name", ["moran", "geary", "gamma", "local_moran", "local_g_star", "lag_correlation"])
def test_without_draws_every_inference_goes_as_before(name):
    test = getattr(ac, name)
    assert np.isfinite(np.asarray(test(X, RING, inference="exact").p_value, dtype=float)).all()
    assert np.isfinite(np.asarray(test(X, RING, inference="permutation", draws=99, rng=1).p_value, dtype=float)).all()
    assert np.isfinite(np.asarray(test(X, RING, draws=99, rng=1).p_value, dtype=float)).all()


@pytest.mark.parametrize("test", [ac.moran, ac.local_moran])
def test_of_the_residuals_of_a_regression_nothing_is_drawn(test):
    fit = gba.models.ols("x ~ z", X.to_frame().assign(z=np.arange(8.0) ** 2))
    assert np.isfinite(np.asarray(test(fit, RING).p_value, dtype=float)).all()
    with pytest.raises(OptionError, match="^draws=, rng= would not be used here: the residuals of a regression"):
        test(fit, RING, draws=99, rng=1)


def test_tests_of_sequences_and_rates_hand_on_what_is_drawn_only():
    index = pd.MultiIndex.from_product([IDS, [2018, 2019, 2020]], names=["unit", "year"])
    panel = pd.Series(np.random.default_rng(1).normal(size=len(index)), index, name="x")
    assert ac.moran_by(panel, RING, inference="randomization").table["p_value"].notna().all()
    assert ac.moran_by(panel, RING, inference="exact", draws=99, rng=1).draws == 99
    assert ac.emerging_hot_spots(panel, RING, inference="randomization").p_value.notna().all().all()
    assert len(ac.lisa_transitions(panel, RING, inference="exact").to_frame())
    assert ac.correlogram(X, RING, orders=2, inference="randomization").table["p_value"].notna().all()
    people = X * 0 + 100.0
    assert 0 < ac.moran_rates(X, people, RING, inference="randomization").p_value <= 1
    assert ac.local_moran_rates(X, people, RING, inference="randomization").p_value.notna().all()


@pytest.mark.parametrize("n", [11, 60])
def test_hot_spots_over_time_do_not_depend_on_the_order_of_units(n):
    rng = np.random.default_rng(3)
    ids = [f"u{i}" for i in range(n)]
    links = pd.DataFrame([(a, ids[(i + s) % n]) for i, a in enumerate(ids) for s in (-2, -1, 1, 2, 5, -5)])
    w = gba.weights.from_pairs(links.set_axis(["focal", "neighbor"], axis=1)).row_standardized()
    index = pd.MultiIndex.from_product([ids, [2018, 2019, 2020]], names=["unit", "year"])
    panel = pd.Series(rng.normal(size=len(index)), index, name="x")
    options = {"inference": "permutation", "draws": 99, "rng": 1}
    one = ac.emerging_hot_spots(panel, w, **options)
    other = ac.emerging_hot_spots(panel.sample(frac=1, random_state=1), w.subset(rng.permutation(ids)), **options)
    pd.testing.assert_frame_equal(other.p_value.reindex(one.p_value.index), one.p_value)
    pd.testing.assert_frame_equal(other.frame.reindex(one.frame.index), one.frame)
