"""Second opinions of indices of inequality and of Markov chains: inequality and giddy agree, or it is told why not."""

import numpy as np
import pandas as pd
import pytest
from test_opinions import BINARY, COLUMBUS, W, Y
from written_code import run

import gbaspatial as gba
from gbaspatial.errors import OptionError

d = gba.disparity
SIDE = (COLUMBUS["CP"] > 0).map({True: "core", False: "rim"}).rename("side")
RANDOM = np.random.default_rng(5)
WIDE = pd.DataFrame(
    {year: Y * np.exp(RANDOM.normal(0, 0.1 * (year - 2000), len(Y))) for year in range(2001, 2008)}, index=Y.index
).rename_axis(columns="year")
PANEL = WIDE.stack().rename("crime")
MADE = {
    "gini": lambda: d.gini(Y),
    "theil": lambda: d.theil(Y),
    "theil by group": lambda: d.theil(Y, groups=SIDE),
    "atkinson": lambda: d.atkinson(Y, epsilon=0.7),
    "hoover": lambda: d.hoover(Y),
    "spatial_gini": lambda: d.spatial_gini(Y, BINARY, draws=9, rng=1),
    "markov": lambda: d.markov(PANEL, classes=4),
}
NUMBER = {"gini": "g", "theil": "T", "theil by group": "T", "atkinson": "A", "hoover": "distance", "spatial_gini": "g"}


@pytest.mark.parametrize("name", MADE)
def test_pysal_agrees(name):
    opinion = MADE[name]().second_opinion()
    assert opinion.frame["agree"].all(), opinion
    assert opinion.program in ("inequality", "giddy")


def test_the_parts_of_theil_and_the_sums_of_gini_are_compared():
    assert list(MADE["theil by group"]().second_opinion().frame.index) == ["statistic", "between", "within"]
    assert len(MADE["spatial_gini"]().second_opinion().frame) == 3


def test_moves_of_quadrants_agree_and_their_test_differs_for_a_reason():
    opinion = d.lisa_markov(PANEL, W).second_opinion()
    counts = opinion.frame.filter(like="count[", axis=0)
    assert len(counts) == 16
    assert counts["agree"].all()
    assert opinion.agree
    assert "turns the panel first" in opinion.frame.loc["statistic", "why"]


@pytest.mark.parametrize("make", [
    lambda: d.gini(Y, COLUMBUS["HOVAL"]),
    lambda: d.gini(Y, corrected=True),
    lambda: d.theil(Y, kind="L"),
    lambda: d.herfindahl(Y),
    lambda: d.coefficient_of_variation(Y),
    lambda: d.lisa_markov(PANEL, dict.fromkeys(range(2001, 2008), W) | {2005: BINARY}),
])  # fmt: skip
def test_what_pysal_does_not_have_is_refused(make):
    with pytest.raises(OptionError, match="no counterpart"):
        gba.opinions.second_opinion(make())


@pytest.mark.parametrize("name", MADE)
def test_python_code_gives_our_number(name):
    result = MADE[name]()
    space = run(result)
    if name == "markov":
        np.testing.assert_allclose(space["test"].p, result.probabilities, atol=1e-12)
    else:
        ours = result.statistic if name == "spatial_gini" else float(result)
        assert float(np.ravel(getattr(space["test"], NUMBER[name]))[0]) == pytest.approx(ours, rel=1e-9)


def test_python_code_of_quadrants_counts_the_same_moves():
    result = d.lisa_markov(PANEL, W)
    space = run(result)
    assert space["test"].transitions.sum() == result.transitions.to_numpy().sum()
