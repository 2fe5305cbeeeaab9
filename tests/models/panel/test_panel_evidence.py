"""Marginal likelihoods of panels: SDPDmod's from the same parts, laws, and what W says nothing of."""

import numpy as np
import oracle
import pytest
from scipy import integrate, special
from test_estimators import FORMULA, PRODUC, made, states

from gbaspatial import models
from gbaspatial.errors import DataError, OptionError
from gbaspatial.models.likelihood.problem import solution
from gbaspatial.models.panel.panel_evidence import problem_as
from gbaspatial.models.solve.admissible import window
from gbaspatial.weights import Weights

NAMES = {"ols": "ols", "slx": "slx", "sar": "lag", "sem": "error", "sdm": "durbin", "sdem": "durbin_error"}
EFFECTS = {"unit": "individual", "time": "time", "twoway": "twoways"}


def with_a_flat_prior(name, effects):
    """The log marginal likelihood with flat coefficients, whose units decide between models of unlike size."""
    model, _, _ = problem_as(name, FORMULA, PRODUC, states(), effects=effects)
    k = model.X.shape[1]
    d = (model.count - k) / 2
    side = model.lag or model.error

    def _log(value):
        rho, lam = (value, 0.0) if model.lag is not None else (0.0, value)
        X = model.R0[:, 2:] if model.R1 is None else model.R0[:, 2:] - lam * model.R1[:, 2:]
        size = -0.5 * np.linalg.slogdet(X.T @ X)[1]
        jacobian = 0.0 if side is None else side.curve(value)
        return special.gammaln(d) - d * np.log(2 * np.pi) + size + jacobian - d * np.log(solution(model, rho, lam)[1])

    if side is None:
        return _log(0.0)
    low, high = window(side.interval)
    nodes = np.linspace(low, high, 4001)[1:-1]
    logs = np.array([_log(float(v)) for v in nodes])
    return logs.max() + np.log(integrate.trapezoid(np.exp(logs - logs.max()), nodes)) - np.log(high - low)


@pytest.mark.parametrize("effects", list(EFFECTS))
def test_marginal_likelihoods_with_a_flat_prior_are_those_of_sdpdmod(effects):
    expected = oracle.case("panel_bayes_model_probs__produc").expected[EFFECTS[effects]]
    told = dict(zip(expected["models"], expected["log_marginal"], strict=True))
    for name in ("ols", "slx"):
        assert with_a_flat_prior(name, effects) == pytest.approx(told[name], abs=0.1)
    ours = models.posterior_probabilities(FORMULA, PRODUC, states(), effects=effects)
    best = NAMES[told_best(expected)]
    assert ours.idxmax() == best  # its integrals are wrong alike, see below


def as_sdpdmod_integrates(name, effects):
    """Its log marginal likelihood of a spatial model, and the one that it means.

    Over the density f of rho it sums (x[i] + x[i-1]) (f[i] - f[i-1]) / 2, where (f[i] + f[i-1]) (x[i] - x[i-1]) / 2
    would be the area below f, and adds this to a logarithm without taking its own. Effects are taken out before W,
    and the determinant is that of W in every period.
    """
    frame = PRODUC[["lgsp", "lpcap", "lpc", "lemp", "unemp"]].swaplevel().sort_index()
    W = states().subset(frame.index.unique(1)).sparse.toarray()
    n, T = len(W), len(frame) // len(W)
    wide = frame.to_numpy().reshape(T, n, 5)
    wide = wide - wide.mean(axis=0) if effects != "time" else wide
    wide = wide - wide.mean(axis=1, keepdims=True) if effects != "unit" else wide
    if name in ("sdm", "sdem"):
        wide = np.concatenate([wide, W @ wide[..., 1:]], axis=2)
    flat, moved = wide.reshape(n * T, -1), (W @ wide).reshape(n * T, -1)
    absorbed = {"unit": n, "time": T, "twoway": n + T - 1}[effects]
    d = (n * T - flat.shape[1] + 1 - absorbed) / 2
    roots = np.linalg.eigvals(W)
    low, high = 1 / roots.real.min(), 1 / roots.real.max()
    x = np.arange(low + 0.001, high - 0.001, 0.001)
    logs = []
    for value in x:
        target = flat[:, 0] - value * moved[:, 0]
        X = flat[:, 1:] - value * moved[:, 1:] if name in ("sem", "sdem") else flat[:, 1:]
        inner = X.T @ X
        sse = target @ target - (X.T @ target) @ np.linalg.solve(inner, X.T @ target)
        jacobian = T * np.log(1 - value * roots).real.sum()
        logs.append(jacobian - d * np.log(sse) - 0.5 * np.linalg.slogdet(inner)[1])
    f = np.exp(np.array(logs) - max(logs))
    level = special.gammaln(d) - d * np.log(2 * np.pi) - np.log(high - low) + max(logs)
    return level + np.sum((x[1:] + x[:-1]) * np.diff(f)) / 2, level + np.log(np.sum((f[1:] + f[:-1]) * np.diff(x)) / 2)


@pytest.mark.parametrize("effects", list(EFFECTS))
@pytest.mark.parametrize("name", ["sar", "sdm", "sem", "sdem"])
def test_sdpdmod_adds_an_integral_without_its_logarithm(name, effects):
    """What it prints for spatial models is reproduced to all digits, and 2 to 4 above the logarithm of the integral."""
    expected = oracle.case("panel_bayes_model_probs__produc").expected[EFFECTS[effects]]
    told = dict(zip(expected["models"], expected["log_marginal"], strict=True))[name]
    printed, meant = as_sdpdmod_integrates(name, effects)
    assert printed == pytest.approx(told, abs=1e-6)
    assert 2 < printed - meant < 4.5


def told_best(expected):
    return expected["models"][int(np.argmax(expected["prob"]))]


def test_one_period_without_effects_is_a_cross_section():
    data, w = made(12, 3)
    one = data.xs(2002, level=1, drop_level=False)
    alone = models.model_probabilities("y ~ x + z", one.droplevel(1), w, models=("ols", "lag", "error", "durbin"))
    found = models.model_probabilities("y ~ x + z", one, w, models=("ols", "lag", "error", "durbin"), effects="pooled")
    np.testing.assert_allclose(found.frame, alone.frame, rtol=1e-7)


@pytest.mark.parametrize("effects", ["unit", "time", "twoway", "pooled"])
def test_neither_units_of_measurement_nor_order_matter(effects):
    data, w = made(9, 6)
    one = models.posterior_probabilities("y ~ x + z", data, w, effects=effects)
    moved = data.assign(y=1e4 * data["y"], x=1e-3 * data["x"]).sample(frac=1, random_state=2)
    other = models.posterior_probabilities("y ~ x + z", moved, w.subset(w.ids[::-1]), effects=effects)
    np.testing.assert_allclose(one, other, rtol=1e-6)
    assert one.sum() == pytest.approx(1)
    assert one.index.tolist() == ["ols", "slx", "lag", "error", "durbin", "durbin_error"]


def test_complete_weights_with_effects_of_time_say_nothing():
    """W acts as a number: the posterior of rho is its prior, and the evidence that of least squares."""
    data, w = made(9, 6)
    complete = Weights(np.ones((9, 9)) - np.eye(9), w.ids).row_standardized()
    found = models.model_probabilities("y ~ x", data, complete, effects="twoway", models=("ols", "lag", "error"))
    evidence = found.frame["log_evidence"].to_numpy()
    np.testing.assert_allclose(evidence, evidence[0], atol=1e-6)
    lag = found.frame.loc[("W", "lag")]
    assert lag["mean"] == pytest.approx((-8 + 1) / 2, abs=1e-3)  # the middle of the admissible interval
    assert found.uninformed == ("W",)
    told = models.model_probabilities("y ~ x", data, complete, effects="unit", models=("ols", "lag"))
    assert told.uninformed == ()


def test_the_model_that_made_the_data_is_found():
    data, w = made(40, 8, rho=0.5)
    assert models.posterior_probabilities("y ~ x + z", data, w, effects="twoway").idxmax() == "lag"


def test_several_weights_have_names_of_any_kind_and_may_change_over_time():
    data, w = made(9, 6)
    other = w.union(w.power(2)).row_standardized()
    by_year = {year: w if year < 2004 else other for year in range(2001, 2007)}
    found = models.posterior_probabilities("y ~ x", data, {"2 steps": other, "by year": by_year}, models=("lag", "slx"))
    assert found.index.names == ["weights", "model"]
    assert found.index.unique(0).tolist() == ["2 steps", "by year"]
    single = models.posterior_probabilities("y ~ x", data, by_year, models=("lag", "slx"))
    assert single.index.tolist() == ["lag", "slx"]


def test_what_has_no_answer_is_refused():
    data, w = made(9, 6)
    with pytest.raises(OptionError, match="fixed effects or none"):
        models.posterior_probabilities("y ~ x", data, w, effects="random")
    with pytest.raises(OptionError, match="models="):
        models.posterior_probabilities("y ~ x", data, w, models=("lagg",))
    with pytest.raises(DataError, match="at least one W"):
        models.posterior_probabilities("y ~ x", data, {})
    with pytest.raises(OptionError, match="cross-section"):
        models.model_probabilities("y ~ x", data.xs(2002, level=1), w, effects="unit")
    with pytest.raises(OptionError, match="positive"):
        models.posterior_probabilities("y ~ x", data, w, g=-1)
