"""Information and clusters of panels, against the cross-section, dense matrices and probes."""

from types import SimpleNamespace

import numpy as np
import oracle
import pandas as pd
import pytest

from gbaspatial import models
from gbaspatial.models.panel import information_less_effects
from gbaspatial.models.panel.stack import Stack
from gbaspatial.weights import Weights

COLUMBUS = oracle.data("columbus")
W = oracle.weights("columbus_W", COLUMBUS.index)


def one_year(data):
    return data.set_index(pd.MultiIndex.from_product([data.index, [2001]], names=["id", "year"]))


@pytest.mark.parametrize("name", ["lag", "error", "sarar"])
def test_one_period_without_effects_is_the_cross_section(name):
    fit = getattr(models, f"panel_{name}")("CRIME ~ INC + HOVAL", one_year(COLUMBUS), W, effects="pooled")
    want = getattr(models, name)("CRIME ~ INC + HOVAL", COLUMBUS, W)
    np.testing.assert_allclose(fit.params, want.params, rtol=1e-6)
    np.testing.assert_allclose(fit.covariance, want.covariance, rtol=1e-4, atol=1e-8)
    assert fit.log_likelihood == pytest.approx(want.log_likelihood)


@pytest.mark.parametrize("name", ["lag", "error", "sarar"])
def test_clusters_of_one_row_are_the_sandwich_of_the_cross_section(name):
    """49 units: CR3; without one unit the 48 left count 48 / 49. Baltimore's 211: CR1."""
    cases = (("columbus", "CRIME ~ INC + HOVAL", "HC3"), ("baltimore", "PRICE ~ NROOM + AGE", "HC0"))
    for dataset, formula, kind in cases:
        data = oracle.data(dataset)
        w = oracle.weights(f"{dataset}_W", data.index)
        fit = getattr(models, f"panel_{name}")(formula, one_year(data), w, effects="pooled", covariance="cluster")
        want = getattr(models, name)(formula, data, w, covariance=kind).covariance.to_numpy()
        n, p = len(data), len(fit.params)
        factor = (n - 1) / n if kind == "HC3" else n / (n - 1) * (n - 1) / (n - p)
        np.testing.assert_allclose(fit.covariance, want * factor, rtol=2e-4, atol=1e-9 * np.abs(want).max())
        assert fit.df == n - 1


def test_clusters_of_least_squares_sum_scores_by_unit():
    data = oracle.data("produc", ["state", "year"])
    data = pd.concat([data, data.rename(index=lambda s: f"{s} again", level=0)])  # 96 units: CR1
    fit = models.panel_ols("lgsp ~ lpcap + unemp", data, effects="unit", covariance="cluster")
    X = data[["lpcap", "unemp"]] - data[["lpcap", "unemp"]].groupby(level=0).transform("mean")
    scores = X.mul(fit.residuals, axis=0).groupby(level=0).sum().to_numpy()
    bread = np.linalg.inv(X.T @ X)
    n, m = 96, len(data)
    want = n / (n - 1) * (m - 1) / (m - 2) * bread @ (scores.T @ scores) @ bread
    np.testing.assert_allclose(fit.covariance, want, rtol=1e-10)


def test_few_clusters_leave_one_unit_out():
    """CR3 is the jackknife over units about the estimate of all (Bell and McCaffrey 2002)."""
    data = oracle.data("produc", ["state", "year"]).loc[["ALABAMA", "ARIZONA", "IDAHO", "OHIO", "UTAH", "TEXAS"]]
    formula = "lgsp ~ lpcap + unemp"
    fit = models.panel_ols(formula, data, effects="unit", covariance="cluster")
    apart = [models.panel_ols(formula, data.drop(index=unit), effects="unit").params for unit in data.index.unique(0)]
    moves = np.array(apart) - fit.params.to_numpy()
    np.testing.assert_allclose(fit.covariance, 5 / 6 * moves.T @ moves, rtol=1e-8)


@pytest.mark.parametrize("name", ["lag", "error", "sarar"])
@pytest.mark.parametrize("effects", ["unit", "twoway"])
def test_probes_agree_with_exact_traces(name, effects, monkeypatch):
    from test_estimators import made

    data, w = made(60, 8)
    estimator = getattr(models, f"panel_{name}")
    exact = estimator("y ~ x", data, w, effects=effects, covariance="information")
    monkeypatch.setattr(information_less_effects, "PANEL_TRACES_LIMIT", 10)
    probed = estimator("y ~ x", data, w, effects=effects, covariance="information")
    np.testing.assert_allclose(probed.std_errors, exact.std_errors, rtol=0.08)
    assert "traces by probes" in probed.covariance_kind


@pytest.mark.parametrize("effects", ["unit", "twoway"])
def test_information_is_minus_the_curvature(effects):
    """At the truth of many draws the observed curvature of the likelihood of rho is near the expected one."""
    from test_estimators import made

    from gbaspatial.models.likelihood.problem import log_likelihood

    data, w = made(40, 12)
    fit = models.panel_lag("y ~ x", data, w, effects=effects, covariance="information")
    h = 1e-4
    values = [log_likelihood(fit._problem, fit.rho + step) for step in (-h, 0.0, h)]
    curvature = -(values[0] - 2 * values[1] + values[2]) / h**2
    assert fit.std_errors["rho"] == pytest.approx(curvature**-0.5, rel=0.08)


@pytest.mark.parametrize("name", ["lag", "error"])
@pytest.mark.parametrize("effects", ["pooled", "unit", "time", "twoway", "unit + region:year"])
@pytest.mark.parametrize("correction", ["lee-yu", "none"])
def test_sparse_factors_give_the_traces_of_dense_matrices(name, effects, correction, monkeypatch):
    """tr(G'M G) from the factors of (I - rho W)(I - rho W)' is that of G itself; regions hold whole pieces of W."""
    data, w = regions(440, 3)
    monkeypatch.setattr(information_less_effects, "PANEL_TRACES_LIMIT", 0)  # probes would show
    options = {"effects": effects, "correction": correction, "covariance": "information"}
    sparse = getattr(models, f"panel_{name}")("y ~ x", data, w, **options)
    assert "probes" not in sparse.covariance_kind
    monkeypatch.setattr(information_less_effects, "PANEL_TRACES_LIMIT", 10_000)
    monkeypatch.setattr(information_less_effects, "sum_of_squares", lambda factor, value: None)
    dense = getattr(models, f"panel_{name}")("y ~ x", data, w, **options)
    np.testing.assert_allclose(sparse.covariance, dense.covariance, rtol=1e-9)


def regions(n, periods):
    """Two regions without a link between them, so that W keeps effects of each of them in each year."""
    random = np.random.default_rng(7)
    half = np.diag(np.ones(n // 2 - 1), 1) + np.diag(np.ones(n // 2 - 5), 5)
    links = np.kron(np.eye(2), half + half.T)
    ids = [f"u{i:03d}" for i in range(n)]
    w = Weights(links, ids).row_standardized()
    index = pd.MultiIndex.from_product([ids, range(2000, 2000 + periods)], names=["unit", "year"])
    data = pd.DataFrame({"x": random.normal(size=n * periods)}, index=index)
    data["region"] = np.repeat(np.repeat(["a", "b"], n // 2), periods)
    solve = np.linalg.inv(np.eye(n) - 0.4 * w.sparse.toarray())
    wide = data["x"].to_numpy().reshape(n, periods) + random.normal(size=(n, periods)) + random.normal(size=(n, 1))
    return data.assign(y=(solve @ wide).ravel()), w


@pytest.mark.parametrize("name", ["lag", "sarar"])
def test_clusters_are_the_same_by_sparse_factors_and_by_dense_solves(name, monkeypatch):
    data, w = regions(440, 3)
    sparse = getattr(models, f"panel_{name}")("y ~ x", data, w, covariance="cluster")
    monkeypatch.setattr(information_less_effects, "_FEW_ENTRIES", 0.0)
    dense = getattr(models, f"panel_{name}")("y ~ x", data, w, covariance="cluster")
    np.testing.assert_allclose(sparse.covariance, dense.covariance, rtol=1e-9)


def test_runs_of_periods_share_their_weights_and_their_units():
    """Five periods, the first unit not seen in the fourth, another W from the third on."""
    unit = np.array([0, 1, 2] * 3 + [1, 2] + [0, 1, 2])
    period = np.repeat(np.arange(5), [3, 3, 3, 2, 3])
    one, two, three = object(), object(), object()
    side = SimpleNamespace(W=SimpleNamespace(blocks=[one, one, two, three, two]))
    stack = Stack(unit, period, 3, 5)
    assert list(information_less_effects.runs([side], stack)) == [(0, 2), (2, 3), (3, 4), (4, 5)]
    moved = Stack(np.array([0, 1, 0, 2, 1, 2]), np.repeat(np.arange(3), 2), 3, 3)
    side = SimpleNamespace(W=SimpleNamespace(blocks=[one, one, one]))
    assert list(information_less_effects.runs([side], moved)) == [(0, 1), (1, 2), (2, 3)]


def test_pairs_of_a_run_are_the_sum_over_its_periods():
    data, w = regions(20, 6)
    fit = models.panel_lag("y ~ x", data, w, covariance="cluster")
    by_year = {year: Weights(w.sparse.copy(), w.ids).row_standardized() for year in range(2000, 2006)}
    apart = models.panel_lag("y ~ x", data, by_year, covariance="cluster", correction="lee-yu")
    np.testing.assert_allclose(apart.covariance, fit.covariance, rtol=1e-6)
