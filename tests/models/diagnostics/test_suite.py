"""Specification tests against R and spreg, and what is said of them."""

import re

import numpy as np
import oracle
import pandas as pd
import pytest

from gbaspatial import models
from gbaspatial.errors import OptionError
from gbaspatial.models.diagnostics import lm_tests, specification
from gbaspatial.weights import Weights

SETS = ("columbus", "baltimore", "boston", "ncsids")
COLUMBUS = oracle.data("columbus")
QUEEN = oracle.weights("columbus_poly_queen", COLUMBUS.index).row_standardized()
CRIME = "CRIME ~ INC + HOVAL"


def least_squares(dataset: str) -> tuple[oracle.Case, models.Fit]:
    case = oracle.case(f"ols_lm_tests__{dataset}")
    return case, models.ols(re.search(r"lm\((.*?)\)", case.raw["call"]).group(1), case.data)  # type: ignore[union-attr]


def spatial(capability: str, dataset: str) -> tuple[oracle.Case, models.Fit]:
    estimator = {
        "ml_lag": models.lag,
        "ml_error": models.error,
        "ml_sdm": models.durbin,
        "ml_sdem": models.durbin_error,
    }
    case = oracle.case(f"{capability}__{dataset}")
    formula = re.search(r"\(([^(]*?~.*?),", case.raw["call"]).group(1)  # type: ignore[union-attr]
    return case, estimator[capability](formula, case.data, case.w())


@pytest.mark.parametrize("dataset", SETS)
def test_lagrange_multiplier_tests_equal_spdep(dataset: str) -> None:
    case, fit = least_squares(dataset)
    want = case.expected
    got = fit.diagnostics(case.w()).to_frame()
    names = {"LMerr": "lm_error", "LMlag": "lm_lag", "RLMerr": "robust_lm_error", "RLMlag": "robust_lm_lag",
             "SARMA": "lm_sarma"}  # fmt: skip
    for theirs, ours in names.items():
        row = want["LM"][theirs]
        case.close(got.loc[ours, ["statistic", "df", "p_value"]], [row["statistic"], row["df"], row["p_value"]])
    for name in ("breusch_pagan", "koenker_bassett"):
        row = want[name]
        case.close(
            got.loc[name, ["statistic", "df", "p_value"]], [row["statistic"], row["df"], row["p_value"]], rtol=1e-5
        )
    case.close(got.loc["jarque_bera", ["statistic", "p_value"]], [want["jarque_bera"], want["jarque_bera_p"]])


def test_tests_for_the_durbin_model_equal_spreg() -> None:
    """Values of spreg 1.9 and spdep on the queen of columbus (Koley and Bera's tests are in spreg only)."""
    got = models.ols(CRIME, COLUMBUS).diagnostics(QUEEN).to_frame()["statistic"]
    want = {"lm_error": 5.206214, "lm_lag": 8.897999, "robust_lm_error": 0.043906, "robust_lm_lag": 3.735691,
            "lm_sarma": 8.941905, "moran_residuals": 2.8393, "lm_wx": 6.36081, "lm_sdm": 11.56702,
            "robust_lm_wx": 2.66903, "robust_lm_lag_sdm": 5.20621}  # fmt: skip
    for name, value in want.items():
        assert got[name] == pytest.approx(value, rel=2e-5), name


@pytest.mark.parametrize("dataset", SETS)
@pytest.mark.parametrize("capability", ["ml_lag", "ml_error", "ml_sdm", "ml_sdem"])
def test_tests_of_spatial_fits_equal_spatialreg(capability: str, dataset: str) -> None:
    case, fit = spatial(capability, dataset)
    want = case.expected
    got = fit.diagnostics().to_frame()["statistic"]
    case.close(got["wald"], want["Wald"]["statistic"], rtol=1e-4)
    case.close(got["likelihood_ratio"], want["LR_vs_OLS"]["statistic"], rtol=1e-4)
    # bptest.Sarlm studentizes by default: it is the test that lm calls Koenker-Bassett
    case.close(got["koenker_bassett"], want["breusch_pagan"]["statistic"], rtol=1e-4)
    if "LMtest_resid_autocorr" in want:
        case.close(got["lm_error_residual"], want["LMtest_resid_autocorr"], rtol=1e-4)
    if "Hausman" in want:
        case.close(got["hausman"], want["Hausman"]["statistic"], rtol=1e-3)
    if "common_factor_LR_vs_error" in want:
        case.close(got["common_factor"], want["common_factor_LR_vs_error"]["statistic"], rtol=1e-4)
        case.close(got["likelihood_ratio_wx"], want["LR_sdm_vs_lag"]["statistic"], rtol=1e-4)
    if "LR_sdem_vs_error" in want:
        case.close(got["likelihood_ratio_wx"], want["LR_sdem_vs_error"]["statistic"], rtol=1e-4)


def test_published_common_factor_test() -> None:
    """Anselin (1988), Columbus: common factor LR 3.974, LM tests of table 12.1's weights."""
    case = oracle.case("classic_anselin1988__oldcol")
    fit = models.durbin(CRIME, case.data, case.w())
    got = fit.diagnostics().to_frame()["statistic"]
    case.close(got["common_factor"], case.expected["common_factor_LR"]["statistic"], rtol=1e-5)


def test_hausman_takes_the_variance_of_least_squares_under_the_error_model() -> None:
    """spatialreg's H A^-1 A^-1 H' lacks a transpose: simulation sides with H A^-1 A^-T H'."""
    case, fit = spatial("ml_error", "columbus")
    rng = np.random.default_rng(0)
    X, W = fit.design.X, fit.error_w.sparse.toarray()  # type: ignore[union-attr]
    inverse = np.linalg.inv(np.eye(49) - fit.lambda_ * W)
    H = np.linalg.solve(X.T @ X, X.T)
    drawn = np.cov(H @ inverse @ rng.normal(size=(49, 100_000)))
    right, theirs = H @ inverse @ inverse.T @ H.T, H @ inverse @ inverse @ H.T
    scale = np.sqrt(np.outer(np.diag(right), np.diag(right)))
    assert np.abs((drawn - right) / scale).max() < 0.012
    assert np.abs((drawn - theirs) / scale).max() > 0.02
    assert np.abs((theirs - theirs.T) / scale).max() > 0.02  # not even a covariance matrix
    frame = fit.diagnostics().to_frame()
    assert frame.loc["hausman_corrected", "statistic"] == pytest.approx(5.166557, rel=1e-5)
    symmetric = models.error(CRIME, case.data, case.w("B")).diagnostics().to_frame()["statistic"]
    assert symmetric["hausman"] == pytest.approx(symmetric["hausman_corrected"], rel=1e-8)


def test_anselin_kelejian_equals_spreg() -> None:
    frame = models.lag(CRIME, COLUMBUS, QUEEN, method="gmm").diagnostics().to_frame()
    assert frame.loc["anselin_kelejian", "statistic"] == pytest.approx(0.017080256, rel=1e-6)
    assert frame.loc["anselin_kelejian", "p_value"] == pytest.approx(0.896019392, rel=1e-6)


def test_wald_common_factor_equals_spreg() -> None:
    import spreg

    fit = models.durbin(CRIME, COLUMBUS, QUEEN)
    order = ["INC", "HOVAL", "W(INC)", "W(HOVAL)", "rho"]
    variance = fit.covariance.loc[order, order].to_numpy()
    beta, theta = fit.params[order[:2]].to_numpy()[:, None], fit.params[order[2:4]].to_numpy()[:, None]
    statistic, p = spreg.diagnostics_sp.comfac_test(fit.rho, beta, theta, variance)
    row = fit.diagnostics().to_frame().loc["common_factor_wald"]
    assert [row["statistic"], row["p_value"]] == pytest.approx([statistic, float(np.squeeze(p))], rel=1e-9)


def test_spatial_breusch_pagan_is_a_score_test() -> None:
    """Its statistic has the mean of a chi-squared variable when the variance is constant."""
    rng = np.random.default_rng(2)
    inverse = np.linalg.inv(np.eye(49) - 0.5 * QUEEN.sparse.toarray())
    values = []
    for _ in range(60):
        data = COLUMBUS.assign(y=inverse @ (COLUMBUS["INC"] + 5 * rng.normal(size=49)))
        fit = models.lag("y ~ INC", data, QUEEN)
        values.append(fit.diagnostics().to_frame().loc["spatial_breusch_pagan", "statistic"])
    assert 0.6 < np.mean(values) < 1.5


def test_tests_of_many_units_are_those_of_dense_algebra() -> None:
    """900 units: sparse factors and blocks of columns instead of inverses."""
    from graphs import grid

    w = grid(30).row_standardized()
    rng = np.random.default_rng(3)
    x = rng.normal(size=w.n)
    inverse = np.linalg.inv(np.eye(w.n) - 0.5 * w.sparse.toarray())
    y = inverse @ (1 + x + inverse @ rng.normal(size=w.n))
    data = pd.DataFrame({"x": x, "y": y}, index=w.ids)
    fit = models.sarar("y ~ x", data, w)
    A, B = (np.eye(w.n) - v * w.sparse.toarray() for v in (fit.rho, fit.lambda_))
    G = B @ w.sparse.toarray() @ np.linalg.inv(A) @ np.linalg.inv(B)
    np.testing.assert_allclose(specification._diagonal(fit, "rho"), np.diag(G), rtol=1e-9)
    G = w.sparse.toarray() @ np.linalg.inv(B)
    np.testing.assert_allclose(specification._diagonal(fit, "lambda"), np.diag(G), rtol=1e-9)
    assert fit.diagnostics().to_frame().loc["spatial_breusch_pagan", "p_value"] > 0.01
    fit = models.error("y ~ x", data, w)
    B, X = np.eye(w.n) - fit.lambda_ * w.sparse.toarray(), fit.design.X
    left = np.linalg.solve(X.T @ X, X.T) @ np.linalg.inv(B)
    variance = fit.sigma2 * (left @ left.T - np.linalg.inv((B @ X).T @ (B @ X)))
    gap = np.linalg.solve(X.T @ X, X.T @ fit.design.y) - fit.beta
    got = fit.diagnostics().to_frame().loc["hausman_corrected", "statistic"]
    assert got == pytest.approx(gap @ np.linalg.solve(variance, gap), rel=1e-8)


def test_tests_hold_for_any_order_and_any_w() -> None:
    near = oracle.weights("columbus_poly_knn4", COLUMBUS.index)
    straight = models.ols(CRIME, COLUMBUS).diagnostics(near).to_frame()
    turned = models.ols(CRIME, COLUMBUS[::-1]).diagnostics(near.subset(near.ids[::-1])).to_frame()
    pd.testing.assert_frame_equal(straight, turned)
    # LM tests do not depend on the scale of W
    double = Weights(2 * near.sparse, near.ids)
    scaled = models.ols(CRIME, COLUMBUS).diagnostics(double).to_frame()
    np.testing.assert_allclose(scaled["statistic"], straight["statistic"], rtol=1e-9)


def test_wx_tests_leave_out_lags_that_are_there_already() -> None:
    fit = models.slx(CRIME, COLUMBUS, QUEEN)
    a = lm_tests.ingredients(fit.design.y, fit.design.X, QUEEN.sparse, fit.design.X[:, 1:3])
    assert lm_tests.lm_wx(a).df == 0
    assert "lm_wx" not in fit.diagnostics().to_frame().index


def test_words_do_not_oversell() -> None:
    text = models.ols(CRIME, COLUMBUS).diagnostics(QUEEN).text
    assert "not proof" in text
    assert "49 units" in text
    noise = COLUMBUS.assign(noise=np.random.default_rng(1).normal(size=49))
    quiet = models.ols("noise ~ INC", noise).diagnostics(QUEEN).text
    assert "neither LM test rejects" in quiet
    assert "no evidence of independence" in quiet
    assert "need diagnostics(w)" in models.ols(CRIME, COLUMBUS).diagnostics().text


def test_collinearity_measures_equal_spreg() -> None:
    import spreg

    theirs = spreg.OLS(COLUMBUS[["CRIME"]].to_numpy(), COLUMBUS[["INC", "HOVAL"]].to_numpy())
    result = models.ols(CRIME, COLUMBUS).diagnostics(QUEEN)
    assert result.condition_number == pytest.approx(spreg.condition_index(theirs), rel=1e-9)
    assert result.vif.to_numpy() == pytest.approx([float(v[0]) for v in spreg.vif(theirs)[1:]], rel=1e-9)
    assert "Condition number" in str(result.summary())


def test_w_must_cover_the_fit() -> None:
    with pytest.raises(OptionError, match="must be the same"):
        models.ols(CRIME, COLUMBUS).diagnostics(QUEEN.subset(QUEEN.ids[:20]))


@pytest.mark.parametrize("n", [3, 4, 8, 11, 60, 61])
@pytest.mark.parametrize("formula", ["y ~ 1", "y ~ x"])
def test_nothing_is_tested_with_a_w_that_cannot_tell(n: int, formula: str) -> None:
    """Complete weights: e'We / e'e is one number whatever the data, so no p-value stands beside it."""
    rng = np.random.default_rng(n)
    ids = [f"u{i}" for i in range(n)]
    data = pd.DataFrame({"y": rng.normal(size=n), "x": rng.normal(size=n)}, index=ids)
    complete = Weights(np.ones((n, n)) - np.eye(n), ids)
    for w in (complete, complete.row_standardized()):
        found = models.ols(formula, data).diagnostics(w)
        assert not [name for name in found.to_frame().index if name.startswith(("moran", "lm_", "robust"))]
        assert "mere number" in str(found)
