"""Robust covariances: against R, against what they estimate, and where they do not exist."""

import numpy as np
import oracle
import pandas as pd
import pytest

from gbaspatial import models
from gbaspatial.errors import OptionError
from gbaspatial.models.diagnostics.specification import estimate_of
from gbaspatial.models.likelihood.information import information, quadratics
from gbaspatial.sizes import TRACES_LIMIT
from gbaspatial.weights import Weights

COLUMBUS = oracle.data("columbus")
W = oracle.weights("columbus_W", COLUMBUS.index)
CRIME = "CRIME ~ INC + HOVAL"
PLACES = pd.read_csv(oracle.find("data/columbus_poly_centroids.csv")).set_index("id").set_axis(["x", "y"], axis=1)


@pytest.mark.parametrize("kind", ["HC0", "HC1", "HC3"])
@pytest.mark.parametrize("dataset", ["columbus", "baltimore", "boston", "ncsids"])
def test_equals_sandwich_of_r(dataset: str, kind: str) -> None:
    import re

    case = oracle.case(f"ols_lm_tests__{dataset}")
    fit = models.ols(re.search(r"lm\((.*?)\)", case.raw["call"]).group(1), case.data, covariance=kind)  # type: ignore[union-attr, arg-type]
    case.close(fit.std_errors, case.expected[f"{kind}_se"])
    assert kind in str(fit.summary())


def test_conley_by_its_definition() -> None:
    """Sum over pairs of K_ij x_i e_i e_j x_j', K the Bartlett kernel to the bandwidth."""
    fit = models.ols(CRIME, COLUMBUS, covariance="hac", coordinates=PLACES, bandwidth_km=3.0)
    distance = np.sqrt(np.square(PLACES.to_numpy()[:, None] - PLACES.to_numpy()[None]).sum(axis=-1))
    K = np.maximum(1 - distance / 3.0, 0.0)
    X, e = fit.design.X, fit.residuals.to_numpy()
    bread = np.linalg.inv(X.T @ X)
    want = bread @ (X * e[:, None]).T @ K @ (X * e[:, None]) @ bread
    np.testing.assert_allclose(fit.covariance, want, rtol=1e-10)
    shuffled = models.ols(
        CRIME, COLUMBUS.sample(frac=1, random_state=0), covariance="hac", coordinates=PLACES[::-1], bandwidth_km=3.0
    )
    assert (shuffled.covariance == fit.covariance).all().all()


def test_conley_without_neighbors_is_hc0() -> None:
    tiny = models.ols(CRIME, COLUMBUS, covariance="hac", coordinates=PLACES, bandwidth_km=1e-6)
    plain = models.ols(CRIME, COLUMBUS, covariance="HC0")
    np.testing.assert_allclose(tiny.covariance, plain.covariance, rtol=1e-10)


@pytest.mark.parametrize("estimator", [models.lag, models.error, models.sarar])
def test_sandwich_is_information_when_moments_are_normal(estimator) -> None:  # type: ignore[no-untyped-def]
    """With third moment 0 and fourth 3 s2^2 the variance of the scores is the information."""
    from gbaspatial.models.covariance import _pairs

    fit = estimator(CRIME, COLUMBUS, W)
    model, at = fit._problem(), estimate_of(fit)
    parts = quadratics(model, at)
    s2 = at.sigma2
    C, D = parts.linear, parts.diagonals
    normal = (s2 * C.T @ C + 2 * s2**2 * D.T @ D + _pairs(parts, np.full(fit.n, s2))) / s2**2
    # sigma2 has G = I / (2 s2), which _pairs leaves to the diagonal: its pairs with itself vanish.
    np.testing.assert_allclose(normal, information(model, at)[0], rtol=1e-9, atol=1e-12)


def test_sandwich_covers_errors_that_are_not_normal() -> None:
    """The spread of rho over samples with skewed errors is what the sandwich says, on average."""
    rng = np.random.default_rng(1)
    inverse = np.linalg.inv(np.eye(49) - 0.4 * W.sparse.toarray())
    x = rng.normal(size=49)
    estimates, sandwiches = [], []
    for _ in range(150):
        e = rng.exponential(size=49) - 1
        data = pd.DataFrame({"y": inverse @ (1 + x + e), "x": x}, index=COLUMBUS.index)
        fit = models.lag("y ~ x", data, W, covariance="sandwich")
        estimates.append(fit.rho)
        sandwiches.append(fit.std_errors["rho"])
    assert np.mean(sandwiches) == pytest.approx(np.std(estimates), rel=0.2)


def test_robust_covariance_changes_nothing_else() -> None:
    plain, robust = models.sarar(CRIME, COLUMBUS, W), models.sarar(CRIME, COLUMBUS, W, covariance="HC1")
    assert (plain.params == robust.params).all()
    assert not np.allclose(plain.covariance, robust.covariance)


def test_relabelling_does_not_change_a_robust_covariance() -> None:
    turned = Weights(W.sparse[::-1][:, ::-1], W.ids[::-1])
    one, two = (models.lag(CRIME, COLUMBUS, w, covariance="HC0") for w in (W, turned))
    np.testing.assert_allclose(one.covariance, two.covariance, rtol=1e-6)


def test_probes_give_the_information_of_exact_traces() -> None:
    """Above TRACES_LIMIT units tr(G'G) is from probes; the standard errors stay within the error stated."""
    from gbaspatial.models.likelihood import information as module

    side = 30
    line = np.eye(side, k=1) + np.eye(side, k=-1)
    w = Weights(np.kron(line, np.eye(side)) + np.kron(np.eye(side), line), range(side**2)).row_standardized()
    assert w.n > TRACES_LIMIT
    rng = np.random.default_rng(0)
    x = rng.normal(size=w.n)
    y = np.linalg.solve(np.eye(w.n) - 0.5 * w.sparse.toarray(), 1 + x + rng.normal(size=w.n))
    data = pd.DataFrame({"y": y, "x": x}, index=w.ids)
    for estimator in (models.lag, models.error, models.sarar):
        fit = estimator("y ~ x", data, w)
        assert "probes" in fit.covariance_kind
        model, at = fit._problem(), fit._refit(fit.design.y)
        exact = module._exact(model, at)
        probed = module._probed(model, at, columns=False)
        np.testing.assert_allclose(probed.first, exact.first, rtol=1e-4, atol=1e-9)
        np.testing.assert_allclose(probed.square, exact.square, rtol=1e-3)
        np.testing.assert_allclose(np.diag(probed.gram), np.diag(exact.gram), rtol=1e-3)
        np.testing.assert_allclose(probed.mean, exact.mean, atol=1e-9)


def test_impossible_covariances_are_told() -> None:
    with pytest.raises(OptionError, match="does not go with maximum likelihood"):
        models.lag(CRIME, COLUMBUS, W, covariance="hac", coordinates=PLACES)
    with pytest.raises(OptionError, match="covariance"):
        models.ols(CRIME, COLUMBUS, covariance="HC9")  # type: ignore[arg-type]
    lonely = COLUMBUS.assign(side=np.where(COLUMBUS.index == 3, "one", "many"))
    with pytest.warns(UserWarning, match="3 alone"), pytest.raises(OptionError, match="HC3 does not exist: 3"):
        models.ols("CRIME ~ INC + side", lonely, covariance="HC3")


@pytest.mark.parametrize("gap", [1e-6, 1e-7, 1e-8, 1e-9])
def test_standard_errors_of_all_but_collinear_columns(gap):
    # x2 = 2 x + 1 + gap e spans what e spans: the standard error of x2 is that of e over gap
    rng = np.random.default_rng(3)
    frame = pd.DataFrame(rng.normal(size=(30, 3)), columns=["y", "x", "e"])
    frame["x2"] = 2 * frame["x"] + 1 + gap * frame["e"]
    frame["e"] = (frame["x2"] - 2 * frame["x"] - 1) / gap  # as rounded
    truth = models.ols("y ~ x + e", frame).std_errors["e"] / gap
    assert models.ols("y ~ x + x2", frame).std_errors["x2"] == pytest.approx(truth, rel=1e-4)
