"""W that are hard to compute with: currents, hubs, one W on both sides, any scale, wide intervals, exact fits."""

import numpy as np
import pandas as pd
import pytest
from graphs import grid, nearest
from scipy import sparse

from gbaspatial import models
from gbaspatial.errors import ConvergenceError, OptionError
from gbaspatial.models import log_determinant
from gbaspatial.models.likelihood import information
from gbaspatial.models.solve.factor import pencil_of
from gbaspatial.weights import Weights


def river(n: int) -> Weights:
    """A chain whose links downstream weigh four times those upstream: similar to a symmetric matrix far from it."""
    return Weights(
        sparse.diags_array([np.full(n - 1, 0.2), np.full(n - 1, 0.8)], offsets=[-1, 1]), range(n)
    ).row_standardized()


def sample(w: Weights, rho: float = 0.5, lam: float = 0.0, seed: int = 0, slope: float = 1.0) -> pd.DataFrame:
    rng, W = np.random.default_rng(seed), w.sparse.toarray()
    x, e = rng.normal(size=(2, w.n))
    u = np.linalg.solve(np.eye(w.n) - lam * W, e)
    return pd.DataFrame({"x": x, "y": np.linalg.solve(np.eye(w.n) - rho * W, 1 + slope * x + u)}, index=w.ids)


@pytest.mark.parametrize("n", [60, 100, 450, 900])
def test_impacts_along_a_current_sum_over_the_matrix(n: int) -> None:
    """Its eigenvectors all but depend on each other: neither they nor the scaling may enter an answer."""
    w = river(n)
    fit = models.lag("y ~ x", sample(w), w)
    found, matrix = fit.impacts(method="delta"), fit.impacts(method="delta").matrix().to_numpy()
    assert found.total.loc["x", "estimate"] == pytest.approx(matrix.sum() / n, rel=1e-6)
    assert found.direct.loc["x", "estimate"] == pytest.approx(np.trace(matrix) / n, rel=1e-6)


def test_a_long_current_is_solved_without_overflow() -> None:
    w = river(4_000)
    right = np.random.default_rng(0).normal(size=w.n)
    answer = pencil_of(w).factor(0.5).solve(right)
    np.testing.assert_allclose(answer - 0.5 * (w.sparse @ answer), right, atol=1e-10)
    rng = np.random.default_rng(1)
    data = pd.DataFrame({"x": rng.normal(size=w.n)}, index=w.ids)
    data["y"] = pencil_of(w).factor(0.5).solve((1 + data["x"] + rng.normal(size=w.n)).to_numpy())
    fit = models.lag("y ~ x", data, w)
    assert fit.rho == pytest.approx(0.5, abs=0.05)
    assert fit.std_errors.notna().all()


@pytest.mark.parametrize("other", [False, True], ids=["one W", "two W"])
@pytest.mark.parametrize("slope", [0.1, 1.0])
def test_standard_errors_of_two_parameters_above_the_exact_limit(monkeypatch, other: bool, slope: float) -> None:  # type: ignore[no-untyped-def]
    """rho and lambda speak for each other, so that the traces between them must be right to more digits than others."""
    w = grid(30).row_standardized()
    second = Weights(nearest(900).sparse, w.ids) if other else None
    data = sample(w, 0.4, 0.3, 11, slope)
    for estimator in (models.sarar, models.gns):
        monkeypatch.setattr(information, "TRACES_LIMIT", 800)
        fit = estimator("y ~ x", data, w, error_w=second)
        monkeypatch.setattr(information, "TRACES_LIMIT", 10_000)
        exact = estimator("y ~ x", data, w, error_w=second)
        np.testing.assert_allclose(fit.std_errors, exact.std_errors, rtol=2e-3)


def test_a_hub_has_the_standard_errors_of_all_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    star = np.zeros((900, 900))
    star[0, 1:] = star[1:, 0] = 1
    w = Weights(star, range(900)).row_standardized()
    data = sample(w, 0.4, 0.3)
    fit = models.sarar("y ~ x", data, w)
    monkeypatch.setattr(information, "TRACES_LIMIT", 10_000)
    np.testing.assert_allclose(fit.std_errors, models.sarar("y ~ x", data, w).std_errors, rtol=1e-6)


def test_chebyshev_serves_the_whole_interval() -> None:
    """Sixty complete groups of ten: rho may go down to -9, far beyond -1."""
    group = np.ones((10, 10)) - np.eye(10)
    w = Weights(sparse.block_diag([group] * 60), range(600)).row_standardized()
    assert w.interval == pytest.approx((-9, 1))
    for rho in (-7.0, -5.0, -1.3, 0.5, 0.9):
        exact = log_determinant(w, rho, method="eigen")
        assert log_determinant(w, rho, method="chebyshev") == pytest.approx(exact, rel=0.03)
    data = sample(w, -5.0)
    exact, estimate = (models.lag("y ~ x", data, w, logdet=kind) for kind in ("eigen", "chebyshev"))
    assert estimate.rho == pytest.approx(exact.rho, abs=0.3)
    assert np.isfinite(estimate.log_likelihood)


@pytest.mark.parametrize("scale", [1e-8, 1e8, 1e12])
@pytest.mark.parametrize("kind", ["sparse", "eigen"])
def test_the_scale_of_w_scales_rho_only(scale: float, kind: str) -> None:
    w = grid(6).row_standardized()
    data = sample(w, 0.4, 0.2)
    for estimator in (models.lag, models.error, models.sarar):
        plain = estimator("y ~ x", data, w, logdet=kind).params
        scaled = estimator("y ~ x", data, w.scaled(scale), logdet=kind).params
        spatial = plain.index.intersection(["rho", "lambda"])
        np.testing.assert_allclose(scaled[spatial] * scale, plain[spatial], rtol=1e-5)
        np.testing.assert_allclose(scaled[["Intercept", "x"]], plain[["Intercept", "x"]], rtol=1e-5)


def test_an_exact_fit_is_told() -> None:
    w = grid(5).row_standardized()
    x = np.random.default_rng(0).normal(size=25)
    y = np.linalg.solve(np.eye(25) - 0.5 * w.sparse.toarray(), 1 + 2 * x)
    with pytest.raises(ConvergenceError, match="fits every unit exactly"):
        models.lag("y ~ x", pd.DataFrame({"x": x, "y": y}, index=w.ids), w)


def test_impacts_need_a_covariance() -> None:
    """A rho beyond its interval has none: the error says so and what to do."""
    w = grid(5).row_standardized()
    rng = np.random.default_rng(3)
    trend = np.linalg.eigh(w.similar_symmetric.toarray())[1][:, -1]  # type: ignore[union-attr]
    data = pd.DataFrame({"x": rng.normal(size=25)}, index=w.ids)
    data["y"] = 40 * trend + 0.1 * data["x"] + rng.normal(size=25) * 0.05
    for seed in range(40):
        data["x"] = np.random.default_rng(seed).normal(size=25)
        fit = models.lag("y ~ x", data, w, method="gmm")
        if "rho" in fit.edges:
            with pytest.raises(OptionError, match="beyond the edge of its interval"):
                fit.impacts()
            return
    pytest.fail("no sample had rho beyond its interval")


def test_impacts_of_a_hub_are_interpolated_and_right(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beside the poles of a star nothing is left but round-off, which must not be taken for a function."""
    from gbaspatial.models.solve.resolvent import Nodes

    star = np.zeros((900, 900))
    star[0, 1:] = star[1:, 0] = 1
    w = Weights(star, range(900)).row_standardized()
    monkeypatch.setattr(Nodes, "_one_by_one", lambda self, exact: pytest.fail("computed one by one"))
    fit = models.lag("y ~ x", sample(w, 0.4), w)
    direct = np.trace(np.linalg.inv(np.eye(900) - fit.rho * w.sparse.toarray())) / 900 * fit.params["x"]
    assert fit.impacts(method="delta").direct.loc["x", "estimate"] == pytest.approx(direct, rel=1e-9)
