"""Second opinions of the specification tests of panels: spreg and plm agree, or it is told why not."""

import shutil

import numpy as np
import pytest
from test_panel_opinions import DATA, UNITS, W
from written_code import run

import gbaspatial as gba
from gbaspatial.errors import MissingPackageError, OptionError
from gbaspatial.weights import Weights

_LINKS = W.sparse.toarray() * 3.0
_LINKS[2] = _LINKS[:, 2] = 0.0
UNEVEN = Weights(_LINKS, W.ids)  # rows of no one sum, and an island
FIXED = ("pooled", "unit", "time", "twoway")
R = pytest.mark.skipif(shutil.which("Rscript") is None, reason="R is not installed")


def _tests(effects, w=W, data=DATA, **options):
    return gba.models.panel_ols("y ~ x + z", data, w, effects=effects, covariance="classical", **options).diagnostics()


def _by_r(result):
    try:
        return result.second_opinion("r")
    except MissingPackageError as error:
        pytest.skip(str(error))


@pytest.mark.parametrize("w", [W, UNEVEN], ids=["standardized", "uneven, with an island"])
@pytest.mark.parametrize("effects", FIXED)
def test_spreg_agrees_on_lag_and_error(effects, w):
    result = _tests(effects, w)
    opinion = result.second_opinion()
    assert opinion.agree, opinion
    apart = set(opinion.frame.index[~opinion.frame["agree"]])
    by_time = {"lm_lag", "robust_lm_lag", "robust_lm_error"} if effects in ("time", "twoway") else set()
    assert apart == by_time
    assert ("bsk_lm1" in opinion.frame.index) == (effects == "pooled")
    space = run(result)
    assert space["tests"].lme[0] == pytest.approx(result.frame.loc["lm_error", "statistic"], rel=1e-9)
    assert space["tests"].lml[0] == pytest.approx(opinion.frame.loc["lm_lag", "theirs"], rel=1e-9)


def test_dummies_of_time_change_nothing_where_columns_sum_to_one():
    ring = np.roll(np.eye(12), 1, axis=1) + np.roll(np.eye(12), -1, axis=1)
    opinion = _tests("twoway", Weights(ring / 2, UNITS)).second_opinion()
    assert opinion.frame["agree"].all(), opinion


@R
@pytest.mark.parametrize("w", [W, UNEVEN], ids=["standardized", "uneven, with an island"])
@pytest.mark.parametrize("effects", FIXED)
def test_plm_agrees(effects, w):
    opinion = _by_r(_tests(effects, w))
    assert opinion.frame["agree"].all(), opinion
    wanted = {"pooled": {"lm_effects"}, "unit": {"f_unit", "hausman", "wooldridge"}, "twoway": {"f_unit"}}
    assert wanted.get(effects, set()) | {"pesaran_cd", "scaled_lm", "local_pesaran_cd"} <= set(opinion.frame.index)


@R
def test_plm_agrees_on_unbalanced_panels():
    holes = DATA.drop(index=[(UNITS[0], 2001), (UNITS[3], 2007), (UNITS[3], 2006)])
    result = gba.models.panel_ols("y ~ x + z", holes, effects="unit", covariance="classical", unbalanced="keep")
    opinion = _by_r(result.diagnostics())
    assert "f_unit" in opinion.frame.index
    assert opinion.frame["agree"].all(), opinion


def test_without_w_spreg_has_nothing_to_say():
    with pytest.raises(OptionError, match="no counterpart"):
        gba.models.panel_ols("y ~ x + z", DATA, effects="unit").diagnostics().second_opinion()


def test_tests_of_spatial_panels_have_no_peer():
    result = gba.models.panel_lag("y ~ x + z", DATA, W, effects="unit").diagnostics()
    for peer in ("pysal", "r"):
        with pytest.raises(OptionError, match="no counterpart"):
            result.second_opinion(peer)


def test_impacts_and_chow_of_panels_have_no_peer():
    fit = gba.models.panel_lag("y ~ x + z", DATA, W, effects="unit")
    with pytest.raises(OptionError, match="no counterpart"):
        fit.impacts(method="delta").second_opinion()
