"""Second opinions of tiers: mapclassify, scikit-learn and R group as we do, or it is told why not."""

import shutil

import numpy as np
import pandas as pd
import pytest
from test_opinions import COLUMBUS, W, Y
from written_code import run

import gbaspatial as gba
from gbaspatial.errors import MissingPackageError, OptionError

tiers = gba.disparity.tiers
SEVERAL = COLUMBUS[["CRIME", "INC", "HOVAL"]]
EVEN = pd.Series(np.arange(12.0), [f"u{i:02d}" for i in range(12)], name="x")
MADE = {
    "fisher_jenks": lambda: tiers(Y, 3),
    "with ties": lambda: tiers(Y.round(-1), 4),
    "k_means of one variable": lambda: tiers(COLUMBUS["HOVAL"], 4, method="k_means"),
    "k_means": lambda: tiers(SEVERAL, 4, method="k_means", rng=1),
    "head_tail": lambda: tiers(COLUMBUS["HOVAL"], 4, method="head_tail"),
}
PROGRAMS = {"k_means": "scikit-learn"}


@pytest.mark.parametrize("name", MADE)
def test_pysal_agrees(name):
    opinion = MADE[name]().second_opinion()
    assert opinion.frame["agree"].all(), opinion
    assert len(opinion.frame) == 1 + len(Y)
    assert opinion.program == PROGRAMS.get(name, "mapclassify")


def _by_r(result):
    try:
        return result.second_opinion("r")
    except MissingPackageError as error:
        pytest.skip(str(error))


@pytest.mark.parametrize("name", [name for name in MADE if name != "head_tail"])
@pytest.mark.skipif(shutil.which("Rscript") is None, reason="R is not installed")
def test_r_agrees(name):
    opinion = _by_r(MADE[name]())
    assert opinion.frame["agree"].all(), opinion


def test_values_of_a_high_level_are_grouped_best_here():
    """mapclassify sums their squares in single precision; the level does not matter to least squares."""
    high = tiers(Y + 1e6, 3)
    assert high.explained == pytest.approx(tiers(Y, 3).explained, rel=1e-9)
    opinion = high.second_opinion()
    assert opinion.agree
    assert opinion.frame.loc["explained", "difference"] > 0.01
    assert "single precision" in opinion.frame.loc["explained", "why"]


@pytest.mark.skipif(shutil.which("Rscript") is None, reason="R is not installed")
def test_r_groups_values_of_a_high_level_as_we_do():
    assert _by_r(tiers(Y + 1e6, 3)).frame["agree"].all()


def test_groupings_that_are_as_good_as_each_other_are_told():
    opinion = tiers(EVEN, 5).second_opinion()
    apart = opinion.frame[~opinion.frame["agree"]]
    assert opinion.agree
    assert len(apart)
    assert all(name.startswith("tier[") for name in apart.index)
    assert apart["why"].str.contains("as good as each other").all()


def test_a_wrong_tier_of_ours_would_be_seen():
    from dataclasses import replace

    right = tiers(Y, 3)
    wrong = replace(right, tiers=right.tiers.where(right.tiers.index != "tract 3", 3), explained=right.explained * 0.9)
    assert not wrong.second_opinion().agree


@pytest.mark.parametrize("method", ["skater", "max_p"])
def test_tiers_that_spopt_found_itself_have_nobody_else_to_ask(method):
    found = tiers(COLUMBUS[["CRIME"]], 3, method=method, w=W, rng=1)
    for asked in (found.second_opinion, lambda: found.second_opinion("r")):
        with pytest.raises(OptionError, match="found by spopt"):
            asked()
    with pytest.raises(OptionError, match="no counterpart"):
        found.code("pysal")


@pytest.mark.parametrize("name", MADE)
def test_python_code_groups_the_same_units(name):
    result = MADE[name]()
    space = run(result)
    together = pd.crosstab(np.asarray(space["groups"]), result.tiers.reindex(result.values.index).to_numpy())
    assert ((together > 0).sum() == 1).all()
    assert len(together) == len(result.table)
