"""Second opinions of what is made of a fit: its tests, its Chow test, its impacts; for any W."""

import shutil

import numpy as np
import pytest
from test_disparity_peers import SIDE
from test_mobility_peers import UNEVEN
from test_opinions import BINARY, COLUMBUS, FORMULA, W
from written_code import run

import gbaspatial as gba
from gbaspatial.errors import MissingPackageError, OptionError

m = gba.models
BY_SIDE = COLUMBUS.assign(side=SIDE)
BARE = "CRIME ~ INC + HOVAL - 1"
R = pytest.mark.skipif(shutil.which("Rscript") is None, reason="R is not installed")
TESTS = {
    "least squares": lambda: m.ols(FORMULA, COLUMBUS).diagnostics(W),
    "least squares, W of ones": lambda: m.ols(FORMULA, COLUMBUS).diagnostics(BINARY),
    "least squares, uneven W": lambda: m.ols(FORMULA, COLUMBUS).diagnostics(UNEVEN),
    "least squares, no W": lambda: m.ols(FORMULA, COLUMBUS).diagnostics(),
    "robust standard errors": lambda: m.ols(FORMULA, COLUMBUS, covariance="HC1").diagnostics(W),
    "no intercept": lambda: m.ols(BARE, COLUMBUS).diagnostics(UNEVEN),
    "an intercept alone": lambda: m.ols("CRIME ~ 1", COLUMBUS).diagnostics(W),
    "slx": lambda: m.slx(FORMULA, COLUMBUS, W).diagnostics(BINARY),
    "regimes": lambda: m.ols(FORMULA, BY_SIDE, regimes="side").diagnostics(W),
    "lag": lambda: m.lag(FORMULA, COLUMBUS, W).diagnostics(),
    "error": lambda: m.error(FORMULA, COLUMBUS, BINARY).diagnostics(),
    "durbin": lambda: m.durbin(FORMULA, COLUMBUS, W).diagnostics(),
    "durbin, uneven W": lambda: m.durbin(FORMULA, COLUMBUS, UNEVEN).diagnostics(),
    "lag by gmm": lambda: m.lag(FORMULA, COLUMBUS, BINARY, method="gmm", covariance="classical").diagnostics(),
}
CHOW = {
    "ols": lambda: m.ols(FORMULA, BY_SIDE, regimes="side").chow(),
    "slx": lambda: m.slx(FORMULA, BY_SIDE, W, regimes="side").chow(),
    "lag": lambda: m.lag(FORMULA, BY_SIDE, W, regimes="side").chow(),
}
IMPACTS = {
    "lag": lambda w: m.lag(FORMULA, COLUMBUS, w).impacts(method="delta"),
    "lag by gmm": lambda w: m.lag(FORMULA, COLUMBUS, w, method="gmm").impacts(method="delta"),
    "no intercept": lambda w: m.lag(BARE, COLUMBUS, w).impacts(method="delta"),
}


def _by_r(result):
    try:
        return result.second_opinion("r")
    except MissingPackageError as error:
        pytest.skip(str(error))


@pytest.mark.parametrize("name", TESTS)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_spreg_agrees_on_the_tests(name):
    result = TESTS[name]()
    opinion = result.second_opinion()
    assert opinion.program == "spreg"
    assert opinion.frame["agree"].all(), opinion
    run(result)


def test_all_tests_that_spreg_has_are_compared():
    compared = set(TESTS["least squares"]().second_opinion().frame.index)
    ours = set(TESTS["least squares"]().frame.index)
    assert ours <= compared
    assert {"vif[INC]", "vif[HOVAL]", "condition_number"} == compared - ours


@R
@pytest.mark.parametrize("name", [n for n in TESTS if n not in ("least squares, no W", "lag by gmm")])
def test_r_agrees_on_the_tests(name):
    opinion = _by_r(TESTS[name]())
    assert opinion.agree, opinion
    islands = "uneven" in name or name == "no intercept"
    apart = opinion.frame.index[~opinion.frame["agree"]]
    assert list(apart) == (["moran_residuals"] if islands and "durbin" not in name else [])


@pytest.mark.parametrize("name", CHOW)
def test_spreg_agrees_on_chow(name):
    result = CHOW[name]()
    opinion = result.second_opinion()
    assert opinion.frame["agree"].all(), opinion
    assert len(opinion.frame) == len(result.frame)
    joint = float(np.ravel(run(result)["tests"].joint)[0])
    by = result.frame.loc["all", "df"] if "df_resid" in result.frame else 1
    assert joint / by == pytest.approx(result.frame.loc["all", "statistic"], rel=1e-4)


def test_chow_of_error_models_differs_for_a_reason():
    opinion = m.error(FORMULA, BY_SIDE, W, regimes="side").chow().second_opinion()
    assert not opinion.frame["agree"].any()
    assert opinion.frame["why"].str.contains("filter the regressors first").all()


@pytest.mark.parametrize("name", IMPACTS)
def test_spreg_agrees_on_impacts_where_rows_sum_to_one(name):
    result = IMPACTS[name](W)
    opinion = result.second_opinion()
    assert len(opinion.frame) == 6
    assert opinion.frame["agree"].all(), opinion
    np.testing.assert_allclose(run(result)["total"], result.total["estimate"], rtol=1e-4)


@R
@pytest.mark.parametrize("w", [W, UNEVEN], ids=["standardized", "uneven, with islands"])
@pytest.mark.parametrize("name", IMPACTS)
def test_r_agrees_on_impacts_or_it_is_told_why_not(name, w):
    opinion = _by_r(IMPACTS[name](w))
    assert opinion.agree, opinion
    assert bool(opinion.frame["agree"].all()) == (w is W)


@R
def test_r_agrees_on_the_impacts_of_durbin_models():
    opinion = _by_r(m.durbin(FORMULA, COLUMBUS, W).impacts(method="delta"))
    assert len(opinion.frame) == 6
    assert opinion.frame["agree"].all(), opinion


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_totals_by_one_over_one_less_rho_are_told():
    opinion = IMPACTS["lag"](BINARY).second_opinion()
    assert opinion.agree
    assert opinion.frame.filter(like="direct[", axis=0).loc[["direct[INC]", "direct[HOVAL]"], "agree"].all()
    assert "only where every row of W sums to one" in opinion.frame.loc["total[INC]", "why"]


@pytest.mark.parametrize("make", [
    lambda: m.ols(FORMULA, COLUMBUS, weights=COLUMBUS["HOVAL"]).diagnostics(W),
    lambda: m.durbin(FORMULA, COLUMBUS, W).impacts(method="delta"),
    lambda: m.sarar(FORMULA, COLUMBUS, W).diagnostics(),
], ids=["observation weights", "durbin", "sarar"])  # fmt: skip
def test_what_spreg_does_not_have_is_refused(make):
    with pytest.raises(OptionError, match="no counterpart"):
        make().second_opinion()


def test_a_wrong_test_of_ours_would_be_seen():
    from dataclasses import replace

    right = TESTS["least squares"]()
    wrong = replace(right, frame=right.frame.assign(statistic=right.frame["statistic"] * 1.001))
    assert not wrong.second_opinion().agree
