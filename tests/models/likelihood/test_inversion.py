"""Tests of every value of rho or lambda: exact for normal errors, with the Monte Carlo error that they print."""

import numpy as np
import pandas as pd
import pytest

from gbaspatial import models
from gbaspatial.models.likelihood.inversion import Inversion, invert
from gbaspatial.models.likelihood.maximum import maximize
from gbaspatial.models.likelihood.problem import log_likelihood, problem
from gbaspatial.models.likelihood.signed_root import noise, signed_roots
from gbaspatial.models.solve.side import side_of
from gbaspatial.weights import Weights

MODELS = {"rho": models.lag, "lambda": models.error}


def ring(n: int = 11) -> Weights:
    W = np.eye(n, k=1) + np.eye(n, k=-1)
    W[0, -1] = W[-1, 0] = W[0, n // 2] = W[n // 2, 0] = 1
    return Weights(W, [f"u{i:02d}" for i in range(n)]).row_standardized()


def eleven(seed: int = 1, n: int = 11) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return pd.DataFrame({"y": rng.standard_normal(n), "x": rng.standard_normal(n)}, index=ring(n).ids)


def dependent(name: str, value: float, n: int = 11, seed: int = 5) -> pd.DataFrame:
    """Data with rho or lambda at a value."""
    data = eleven(seed, n)
    A = np.linalg.inv(np.eye(n) - value * ring(n).sparse.toarray())
    mean, e = 1 + data["x"].to_numpy(), data["y"].to_numpy()
    return data.assign(y=A @ (mean + e) if name == "rho" else mean + A @ e)


# -- what is tested ---------------------------------------------------------------------------
@pytest.mark.parametrize("weights", [None, "v"])
@pytest.mark.parametrize("kind", ["parametric", "residual", "wild"])
@pytest.mark.parametrize("name", MODELS)
def test_signed_roots_are_those_of_refits(name: str, kind: str, weights: str | None) -> None:
    """The samples made and refitted one by one have the roots that the grid reads off, to its few thousandths."""
    data = dependent(name, 0.3).assign(v=1.0 + np.arange(11) % 3)
    model = MODELS[name]("y ~ x", data, ring(), weights=weights)._problem()
    made, value, W = noise(11, 6, 3, kind), 0.25, ring().sparse.toarray()
    seen, null = signed_roots(model, name, made)(value)
    A = np.eye(11) - value * W
    root = np.ones(11) if model.d is None else np.sqrt(model.d)
    X = root[:, None] * (model.X if name == "rho" else A @ model.X)
    basis = np.linalg.qr(X)[0]
    z = root * (A @ model.y)
    fitted = basis @ (basis.T @ z)
    samples = np.linalg.solve(A, (fitted[:, None] + made.errors(z - fitted, basis)) / root[:, None])
    assert samples[:, 0] == pytest.approx(model.y)
    for y, got in zip(samples.T, [seen, *null], strict=True):
        other = model.with_outcome(y)
        best = maximize(other)
        found = best.rho if name == "rho" else best.lam
        held = log_likelihood(other, **{"rho" if name == "rho" else "lam": value})
        exact = np.sign(found - value) * np.sqrt(max(2 * (best.log_likelihood - held), 0.0))
        assert got == pytest.approx(exact, abs=0.02)


@pytest.mark.parametrize("name", ["rho", "lambda"])
def test_signed_roots_of_two_parameters_are_those_of_refits(name: str) -> None:
    model = models.sarar("y ~ x", dependent("rho", 0.3), ring())._problem()
    seen, _ = signed_roots(model, name, noise(11, 3, 1))(0.2)
    best = maximize(model)
    free = np.linspace(-1.3, 0.999, 4001)
    pairs = [(0.2, other) if name == "rho" else (other, 0.2) for other in free]
    held = max(log_likelihood(model, *pair) for pair in pairs)
    found = best.rho if name == "rho" else best.lam
    assert seen == pytest.approx(np.sign(found - 0.2) * np.sqrt(2 * (best.log_likelihood - held)), abs=0.06)


@pytest.mark.parametrize("name", MODELS)
def test_draws_do_not_see_coefficients_scale_or_order(name: str) -> None:
    data, w = dependent(name, 0.4), ring()
    moved = data.assign(
        y=100 * data["y"] + (500 if name == "lambda" else 0) - (300 * data["x"] if name == "lambda" else 0)
    )
    one, two = (MODELS[name]("y ~ x", d, w) for d in (data, moved))
    assert one.pvalues[name] == pytest.approx(two.pvalues[name], abs=1e-9)
    order = np.random.default_rng(3).permutation(11)
    shuffled = Weights(w.sparse.toarray()[np.ix_(order, order)], w.ids[order])
    three = MODELS[name]("y ~ x", data.iloc[order], shuffled)
    assert three.pvalues[name] == pytest.approx(one.pvalues[name], abs=1e-9)
    assert three.conf_int().loc[name].to_numpy() == pytest.approx(one.conf_int().loc[name].to_numpy(), abs=1e-7)


def test_exact_test_and_profile_and_bootstrap_give_the_numbers_of_the_fit() -> None:
    fit = models.lag("y ~ x", dependent("rho", 0.4), ring())
    assert fit.exact_test().p_value == fit.pvalues["rho"]
    assert (fit.profile().lower, fit.profile().upper) == tuple(fit.conf_int().loc["rho"])
    boot = fit.bootstrap(rng=0)
    assert boot.p_values["rho"] == fit.pvalues["rho"]
    assert boot.conf_int().loc["rho"].tolist() == fit.conf_int().loc["rho"].tolist()


# -- intervals --------------------------------------------------------------------------------
def test_interval_by_hand() -> None:
    grid = np.array([0.0, 1.0, 2.0, 3.0])
    found = Inversion(grid, np.array([0.0, 0.1, 0.6, 0.9]), np.array([0.99, 0.9, 0.4, 0.3]), 1.5, (-1.0, 4.0), 99)
    low, high = found.interval(0.9)
    assert (low, high) == (pytest.approx(0.5, abs=1e-4), 4.0)  # nothing above is rejected
    assert found.median_unbiased == pytest.approx(1.8)


@pytest.mark.parametrize("name", MODELS)
def test_interval_holds_what_is_not_rejected(name: str) -> None:
    model = MODELS[name]("y ~ x", dependent(name, 0.5, 25), ring(25))._problem()
    found = invert(model, name, draws=999, seed=4)
    (low, high), wide = found.interval(0.95), found.interval(0.99)
    assert wide[0] <= low <= found.estimate <= high <= wide[1]
    assert low <= found.median_unbiased <= high
    step = 0.01
    for end, away in ((low, -1), (high, 1)):
        if end in found.window:
            continue
        assert found.p_at(end + away * step) <= 0.05 <= found.p_at(end - away * step) + 1e-9
        assert found.p_at(end) == pytest.approx(0.05, abs=0.004)


@pytest.mark.parametrize("name", MODELS)
def test_scatter_over_seeds_is_the_error_that_is_printed(name: str) -> None:
    """p of zero and the lower end over 24 seeds spread as their printed errors say (24 of chi-squared)."""
    model = MODELS[name]("y ~ x", dependent(name, 0.4, 11, 5), ring())._problem()
    runs = [invert(model, name, draws=499, seed=seed) for seed in range(24)]
    ends, p = [run.interval(0.9)[0] for run in runs], [run.p_at(0.0) for run in runs]
    assert min(ends) > runs[0].window[0]
    told_end = np.median([run.end_errors(0.9)[0] for run in runs])
    told_p = np.median([run.p_error(0.0) for run in runs])
    for values, told in ((ends, told_end), (p, told_p)):
        assert 0.6 < np.std(values, ddof=1) / told < 1.5


# -- exactness --------------------------------------------------------------------------------
def _shares(name: str, value: float, w: Weights, samples: int, draws: int, skew: bool = False) -> tuple[float, float]:
    """Shares of simulated samples whose upper, lower tail rejects the true value at 5 %."""
    n = w.n
    rng = np.random.default_rng(20_261_130)
    X = np.column_stack([np.ones(n), rng.standard_normal(n)])
    A = np.linalg.inv(np.eye(n) - value * w.sparse.toarray())
    side = side_of(w)
    hits = np.zeros(2)
    for sample in range(samples):
        e = rng.standard_normal(n)
        y = A @ (X @ [1.0, 1.0] + e) if name == "rho" else X @ [1.0, 1.0] + A @ e
        model = problem(y, X, side if name == "rho" else None, side if name == "lambda" else None)
        seen, null = signed_roots(model, name, noise(n, draws, sample))(value)
        hits += [
            (1 + np.sum(null >= seen - 1e-9)) / (draws + 1) <= 0.05,
            (1 + np.sum(null <= seen + 1e-9)) / (draws + 1) <= 0.05,
        ]
    return hits[0] / samples, hits[1] / samples


@pytest.mark.parametrize("value", [0.0, 0.7])
@pytest.mark.parametrize("name", MODELS)
def test_either_tail_rejects_a_true_value_in_five_percent_of_samples(name: str, value: float) -> None:
    """Exact for normal errors at n = 11: 800 samples, so 5 % shows as 5 ± 2.6 (99.9 %); so do intervals cover."""
    for share in _shares(name, value, ring(), 800, 99):
        assert share == pytest.approx(0.05, abs=0.026)


def test_no_value_is_tested_twice(monkeypatch):
    data, tested = dependent("rho", 0.4), []

    def _noted(*given):
        roots = signed_roots(*given)
        return lambda value: tested.append(value) or roots(value)

    monkeypatch.setattr("gbaspatial.models.likelihood.inversion.signed_roots", _noted)
    found = invert(models.lag("y ~ x", data, ring())._problem(), "rho", draws=199)
    found.interval(0.95)
    assert len(tested) > len(found.grid)
    assert len(set(tested)) == len(tested)
