"""A fit has the verbs that apply to it, and no other: each that it shows answers, with its own signature."""

import inspect

import numpy as np
import oracle
import pandas as pd
import pytest

from gbaspatial import models
from gbaspatial.errors import OptionError
from gbaspatial.models.fitted import BELONG
from gbaspatial.weights import from_pairs

DATA = oracle.data("columbus").assign(people=lambda d: d["HOVAL"].round())
BINARY = from_pairs(pd.read_csv(oracle.find("data/columbus_B.csv")), ids=DATA.index)
W = BINARY.row_standardized()
FORMULA = "CRIME ~ INC"
FITS = {
    "ols": lambda: models.ols(FORMULA, DATA),
    "ols by regime": lambda: models.ols(FORMULA, DATA, regimes="NSA"),
    "slx": lambda: models.slx(FORMULA, DATA, W),
    "lag": lambda: models.lag(FORMULA, DATA, W),
    "lag by regime": lambda: models.lag(FORMULA, DATA, W, regimes="NSA"),
    "durbin": lambda: models.durbin(FORMULA, DATA, W),
    "error": lambda: models.error(FORMULA, DATA, W),
    "durbin_error": lambda: models.durbin_error(FORMULA, DATA, W),
    "lag by gmm": lambda: models.lag(FORMULA, DATA, W, method="gmm"),
    "error by gmm": lambda: models.error(FORMULA, DATA, W, method="gmm"),
    "mess": lambda: models.mess(FORMULA, DATA, W),
    "mess error": lambda: models.mess(FORMULA, DATA, W, model="error"),
    "car": lambda: models.car(FORMULA, DATA, BINARY),
    "sma": lambda: models.sma(FORMULA, DATA, W),
    "ppml": lambda: models.ppml("people ~ INC", DATA),
    "rho by regime": lambda: models.rho_by_regime(FORMULA, DATA, W, regimes="NSA"),
}
CALLS = {  # what a verb needs to answer quickly
    "impact_of_change": {"variable": "INC"},
    "bootstrap": {"draws": 39, "rng": 1},
    "wild_test": {"draws": 19, "rng": 1},
    "exact_test": {"draws": 19},
    "profile": {"simulate": False},
    "detectable_effect": {"draws": 19},
}
IN_R_ONLY = ("mess", "car", "sma", "ppml")


@pytest.mark.parametrize("name", FITS)
def test_every_verb_that_a_fit_shows_answers(name):
    fit = FITS[name]()
    shown = [verb for verb in BELONG if verb in dir(fit)]
    assert shown
    for verb in shown:
        options = dict(CALLS.get(verb, {}))
        if verb == "impact_matrix":
            options["term"] = fit.design.regressors()[0].name
        if verb == "detectable_effect" and not {"rho", "lambda"} & set(fit.params.index):
            with pytest.raises(OptionError, match="neither rho nor lambda; name one of its terms"):
                fit.detectable_effect()
            options["name"] = fit.params.index[-1]
        if verb == "code":
            options["language"] = "r" if name in IN_R_ONLY else "pysal"
        if verb == "second_opinion" and name in IN_R_ONLY:
            with pytest.raises(OptionError, match=r"second_opinion\('r'\) asks another program"):
                fit.second_opinion()
            continue
        assert getattr(fit, verb)(**options) is not None, verb


@pytest.mark.parametrize("name", FITS)
def test_what_a_fit_has_not_is_told_with_what_it_has(name):
    fit = FITS[name]()
    for verb in set(BELONG) - set(dir(fit)):
        with pytest.raises(AttributeError, match=rf"has no {verb}\(\): it is for .* It has"):
            getattr(fit, verb)


def test_signatures_are_those_of_the_functions():
    fit = FITS["lag"]()
    assert list(inspect.signature(fit.impacts).parameters) == ["method", "draws", "rng", "level"]
    assert "kind" in inspect.signature(fit.predict).parameters
    assert "Direct, indirect" in inspect.getdoc(fit.impacts)


def test_spatial_verbs_come_with_their_models_only():
    assert not hasattr(FITS["ols"](), "profile")
    assert not hasattr(FITS["ols"](), "chow")
    assert hasattr(FITS["ols by regime"](), "chow")
    assert not hasattr(FITS["lag by gmm"](), "bootstrap")
    assert hasattr(FITS["lag by gmm"](), "instrument_tests")
    assert np.isfinite(FITS["lag"]()._problem().with_outcome(DATA["CRIME"].to_numpy()).n)
