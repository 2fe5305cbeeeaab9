"""Several equations: spreg says the same, and the code that is written for it runs and gives the same numbers."""

import numpy as np
import pandas as pd
import pytest
from written_code import run

import gbaspatial as gba
from gbaspatial.errors import OptionError
from gbaspatial.weights import Weights

FORMULAS = {"first: y": "y1 ~ x", "second": "y2 ~ z + x"}


def simulated(n: int = 40, seed: int = 3) -> tuple[pd.DataFrame, Weights]:
    rng = np.random.default_rng(seed)
    ids = pd.Index([f"u{i:02d}" for i in range(n)])
    hops = np.eye(n, k=1) + np.eye(n, k=3)
    w = Weights(hops + hops.T, ids).row_standardized()
    x, z = rng.normal(size=(2, n))
    e = rng.normal(size=(n, 2)) @ np.linalg.cholesky(np.array([[1.0, 0.6], [0.6, 1.0]])).T
    W = w.sparse.toarray()
    y1 = np.linalg.solve(np.eye(n) - 0.3 * W, 1 + x + e[:, 0])
    y2 = np.linalg.solve(np.eye(n) - 0.5 * W, 2 - z + e[:, 1])
    return pd.DataFrame({"y1": y1, "y2": y2, "x": x, "z": z}, index=ids).iloc[::-1], w


DATA, W = simulated()
ASKED = (
    {"model": "ols"},
    {"model": "slx"},
    {"model": "error"},
    {"model": "durbin_error"},
    {"model": "lag", "method": "3sls"},
    {"model": "lag", "method": "3sls", "instrument_lags": 1},
)


@pytest.mark.parametrize("options", ASKED, ids=str)
def test_spreg_gives_the_same(options):
    fit = gba.models.sur(FORMULAS, DATA, W, **options)
    opinion = fit.second_opinion()
    assert opinion.frame["agree"].all(), opinion
    assert len(opinion.frame.filter(like="params[", axis=0)) == len(fit.params)
    assert len(opinion.frame.filter(like="sigma[", axis=0)) == 4


@pytest.mark.parametrize("options", ASKED, ids=str)
def test_the_code_runs_and_gives_our_numbers(options):
    fit = gba.models.sur(FORMULAS, DATA, W, **options)
    space = run(fit)
    found = space["fit"]
    betas = np.concatenate([np.ravel(b) for b in (found.b3SLS if fit.method == "3sls" else found.bSUR).values()])
    np.testing.assert_allclose(betas, fit.params.drop("lambda", level="term", errors="ignore"), rtol=1e-4)


@pytest.mark.parametrize(
    "options",
    [{"model": "lag"}, {"model": "sarar"}, {"model": "lag", "method": "3sls", "df": "n-k"}],
    ids=str,
)
def test_what_spreg_has_not_is_refused(options):
    fit = gba.models.sur(FORMULAS, DATA, W, **options)
    ask, write = gba.opinions.second_opinion, gba.opinions.code
    for asked in (lambda: ask(fit), lambda: ask(fit, "r"), lambda: write(fit, "pysal")):
        with pytest.raises(OptionError, match="no counterpart"):
            asked()
