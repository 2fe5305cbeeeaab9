"""Second opinions of fits by regime, without an intercept, and of the rarer models; the code of each, run."""

import shutil

import numpy as np
import pytest
from test_opinions import BINARY, COLUMBUS, FITS, FORMULA, W, models
from written_code import run

from gbaspatial import opinions
from gbaspatial.errors import MissingPackageError, OptionError

DATA = COLUMBUS.assign(side=np.where(COLUMBUS["CP"] > 0, "core", "rim"))
BARE = "CRIME ~ INC + HOVAL - 1"
SPREG = {
    "ols by regime": lambda: models.ols(FORMULA, DATA, regimes="side"),
    "slx by regime": lambda: models.slx(FORMULA, DATA, W, regimes="side"),
    "lag by regime": lambda: models.lag(FORMULA, DATA, W, regimes="side"),
    "durbin by regime": lambda: models.durbin(FORMULA, DATA, W, regimes="side"),
    "durbin by gmm": lambda: models.durbin(FORMULA, DATA, W, method="gmm"),
    "ols without intercept": lambda: models.ols(BARE, DATA),
    "lag without intercept": lambda: models.lag(BARE, DATA, W),
    "error without intercept": lambda: models.error(BARE, DATA, W),
    "error by gmm without intercept": lambda: models.error(BARE, DATA, W, method="gmm"),
}
APART = {
    "error by regime": lambda: models.error(FORMULA, DATA, W, regimes="side"),
    "error by gmm by regime": lambda: models.error(FORMULA, DATA, W, regimes="side", method="gmm"),
    "lag by gmm by regime": lambda: models.lag(FORMULA, DATA, W, regimes="side", method="gmm"),
    "sarar by gmm by regime": lambda: models.sarar(FORMULA, DATA, W, regimes="side", method="gmm"),
}
ONLY_R = {
    "mess": lambda: models.mess(FORMULA, DATA, W),
    "car": lambda: models.car(FORMULA, DATA, BINARY),
    "sma": lambda: models.sma(FORMULA, DATA, W),
    "ppml": lambda: models.ppml(FORMULA, DATA),
    "error by regime": APART["error by regime"],
    "lag by regime": SPREG["lag by regime"],
    "ols by regime": SPREG["ols by regime"],
    "error without intercept": SPREG["error without intercept"],
}


@pytest.mark.parametrize("name", SPREG)
def test_pysal_agrees(name):
    fit = SPREG[name]()
    opinion = fit.second_opinion()
    assert opinion.frame["agree"].all(), opinion
    assert {f"params[{term}]" for term in fit.params.index} <= set(opinion.frame.index)


@pytest.mark.parametrize("name", APART)
def test_where_spreg_splits_after_the_lag_it_is_told(name):
    opinion = APART[name]().second_opinion()
    apart = opinion.frame[~opinion.frame["agree"]]
    assert len(apart)
    assert (apart["why"] != "").all()
    assert "split" in apart["why"].iloc[0]


@pytest.mark.parametrize("name", ONLY_R)
@pytest.mark.skipif(shutil.which("Rscript") is None, reason="R is not installed")
def test_r_agrees(name):
    try:
        opinion = ONLY_R[name]().second_opinion("r")
    except MissingPackageError as error:
        pytest.skip(str(error))
    assert opinion.frame["agree"].all(), opinion
    assert len(opinion.frame) >= 3


@pytest.mark.parametrize("name", [*FITS, *SPREG, *APART])
def test_python_code_gives_what_the_second_opinion_says(name):
    fit = {**FITS, **SPREG, **APART}[name]()
    space = run(fit)
    theirs = fit.second_opinion().frame["theirs"].filter(like="params[")
    assert len(theirs) == len(fit.params)
    np.testing.assert_allclose(np.ravel(space["fit"].betas)[: len(theirs)], theirs, rtol=1e-6)
    if name not in APART:
        ours = fit.params.rename(lambda term: f"params[{term}]")[theirs.index]
        np.testing.assert_allclose(np.ravel(space["fit"].betas)[: len(theirs)], ours, rtol=1e-4)


@pytest.mark.parametrize("make", [
    lambda: models.ppml(FORMULA, DATA, exposure="HOVAL"),
    lambda: models.lag(BARE, DATA, W, method="gmm"),
])  # fmt: skip
def test_what_no_peer_has_is_refused(make):
    fit = make()
    for peer in ("pysal", "r"):
        with pytest.raises(OptionError, match="no counterpart"):
            fit.second_opinion(peer)


def test_a_model_that_no_peer_has_lacks_the_verbs():
    fit = models.rho_by_regime(FORMULA, DATA, W, regimes="side")
    assert not {"second_opinion", "code"} & set(dir(fit))
    with pytest.raises(OptionError, match="no counterpart"):
        opinions.second_opinion(fit)
