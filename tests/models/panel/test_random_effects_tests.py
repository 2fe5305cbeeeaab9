"""Baltagi, Song, Koh and others against splm, dense matrices, likelihood ratios and their null."""

import numpy as np
import oracle
import pytest
from test_estimators import FORMULA, PRODUC, made, states

from gbaspatial import models
from gbaspatial.models.panel import random_effects_tests as tests

CASE = oracle.case("panel_tests__produc")


@pytest.fixture(scope="module")
def found():
    return models.panel_ols(FORMULA, PRODUC, states(), effects="pooled").diagnostics().frame


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [("bsk_lmh", "bsk_LMH"), ("bsk_lm1", "bsk_LM1"), ("bsk_lm2", "bsk_LM2"), ("bsk_slm1", "bsk_SLM1"),
     ("bsk_clm_lambda", "bsk_CLMlambda"), ("bsk_clm_mu", "bsk_CLMmu"), ("bsjk_j", "bsjk_J")],
)  # fmt: skip
def test_statistics_equal_splm(found, ours, theirs):
    assert found.loc[ours, "statistic"] == pytest.approx(CASE.expected[theirs]["statistic"], rel=2e-6)


def test_conditional_tests_of_three_follow_the_likelihood_ratio_and_not_splm(found):
    """splm's estimates of the restricted models are not at their maximum: with effects and serial correlation the log-
    likelihood of its full model is 2022.850, and 2023.013 here; its C.1 says 0.26 where twice the ratio is 288."""
    pooled = _pooled()
    top = {free: _top(pooled, free) for free in (("mu", "rho"), ("rho", "lambda"), ("mu", "rho", "lambda"))}
    re_ml = oracle.case("panel_re_ml__produc").expected
    assert top[("mu", "rho")] == pytest.approx(re_ml["spreml_srre"]["logLik"], abs=1e-3)
    assert top[("mu", "rho", "lambda")] > re_ml["spreml_semsrre"]["logLik"]
    no_lambda = 2 * (top[("mu", "rho", "lambda")] - top[("mu", "rho")])
    no_mu = 2 * (top[("mu", "rho", "lambda")] - top[("rho", "lambda")])
    assert no_lambda > 280
    assert found.loc["bsjk_c_1", "statistic"] > 280
    assert CASE.expected["bsjk_C.1"]["statistic"] < 1
    assert no_mu < 1
    assert found.loc["bsjk_c_3", "statistic"] < 1
    assert CASE.expected["bsjk_C.3"]["statistic"] > 20


def test_the_standardized_test_of_lambda_takes_the_symmetric_part_of_w_and_splm_w_itself(found):
    """u'Wu is u'Su, S = (W + W')/2, whose variance has tr(SMSM); with tr(WMWM) in its place comes what splm prints."""
    pooled, T, n = _pooled(), 17, 48
    X, u = pooled.X.reshape(T * n, -1), pooled.residuals.ravel()
    M = np.eye(T * n) - X @ np.linalg.pinv(X)
    W = np.kron(np.eye(T), pooled.W)

    def value(D):
        DM, df = D @ M, T * n - 5
        mean, twice = np.trace(DM) / df, float((DM * DM.T).sum())
        spread = np.sqrt(2 * (df * twice - np.trace(DM) ** 2) / (df**2 * (df + 2)))
        return (u @ W @ u / (u @ u) - mean) / spread

    assert value(W) == pytest.approx(CASE.expected["bsk_SLM2"]["statistic"], rel=1e-7)
    assert found.loc["bsk_slm2", "statistic"] == pytest.approx(value((W + W.T) / 2), rel=1e-9)
    assert found.loc["bsk_slm2", "statistic"] == pytest.approx(11.84674, abs=1e-5)


def test_standardized_tests_keep_their_level_where_the_plain_ones_do_not():
    """Five regressors that last for whole histories take much of the units' variance: lm1 is then far from normal."""
    rng = np.random.default_rng(3)
    _, w = made(12, 4)
    X = np.concatenate([np.ones((5, 12, 1)), np.broadcast_to(rng.standard_normal((12, 5)), (5, 12, 5))], axis=2)
    plain, exact = [], []
    for _ in range(400):
        pooled = tests.Pooled(rng.standard_normal((5, 12)), X, w.sparse.toarray())
        u = pooled.residuals
        plain.append(np.sqrt(12 * 5 / 8) * ((u.sum(axis=0) ** 2).sum() / (u**2).sum() - 1))
        exact.append(tests._standardized(pooled, u))
    assert np.mean(plain) < -0.5
    np.testing.assert_allclose(np.mean(exact, axis=0), 0, atol=3 / np.sqrt(400))
    np.testing.assert_allclose(np.std(exact, axis=0), 1, atol=0.12)


def test_the_conditional_test_of_serial_correlation_is_the_score_at_the_restricted_maximum_and_not_splm(found):
    """491.18 by dense matrices: slope of the likelihood, information by traces; splm prints 445.67."""
    pooled = _pooled()
    at = tests._restricted(pooled, ["mu", "lambda"])
    s2, T, n = tests._estimated(pooled, at)[1], 17, 48
    u = (tests._estimated(pooled, at)[0] @ at.vectors.T).ravel()
    B = np.eye(n) - at.lam * pooled.W
    S = np.linalg.inv(B.T @ B)
    slope_S = S @ (pooled.W.T @ B + B.T @ pooled.W) @ S
    J, one = np.ones((T, T)), np.eye(T)
    near = np.eye(T, k=1) + np.eye(T, k=-1)  # the slope of the correlations at rho = 0
    whole = np.linalg.inv(s2 * (np.kron(one, S) + at.phi * np.kron(J, np.eye(n))))
    slopes = [np.kron(one, S) + at.phi * np.kron(J, np.eye(n)), s2 * np.kron(J, np.eye(n)), s2 * np.kron(near, S),
              s2 * np.kron(one, slope_S)]  # fmt: skip
    parts = [whole @ slope for slope in slopes]
    info = np.array([[float((a * b.T).sum()) / 2 for b in parts] for a in parts])
    z = whole @ u
    score = (z @ slopes[2] @ z - np.trace(parts[2])) / 2
    right = score**2 * np.linalg.inv(info)[2, 2]
    assert found.loc["bsjk_c_2", "statistic"] == pytest.approx(right, rel=1e-5)
    assert right == pytest.approx(491.175, abs=0.01)
    assert CASE.expected["bsjk_C.2"]["statistic"] == pytest.approx(445.67, abs=0.01)


def _pooled():
    frame = PRODUC.swaplevel().sort_index()
    T, n = 17, 48
    X = np.column_stack([np.ones(len(frame)), frame[["lpcap", "lpc", "lemp", "unemp"]]]).reshape(T, n, 5)
    w = states().subset(sorted(frame.index.unique(1)))
    return tests.Pooled(frame["lgsp"].to_numpy().reshape(T, n), X, w.sparse.toarray())


def _top(pooled, free):
    at = tests._restricted(pooled, list(free))
    s2, m = tests._estimated(pooled, at)[1], pooled.y.size
    return -m / 2 * (np.log(2 * np.pi) + 1 + np.log(s2)) - at.log_determinant / 2


def test_scores_and_information_equal_those_of_dense_matrices():
    rng = np.random.default_rng(1)
    n, T, eye = 5, 4, np.eye(4)
    W = rng.random((n, n)) * (1 - np.eye(n))
    W /= W.sum(axis=1, keepdims=True)

    def dense(s2, mu, rho, lam):
        V = rho ** np.abs(np.subtract.outer(np.arange(T), np.arange(T))) / (1 - rho**2)
        B = np.eye(n) - lam * W
        return s2 * (np.kron(V, np.linalg.inv(B.T @ B)) + mu * np.kron(np.ones((T, T)), np.eye(n)))

    at, step = np.array([1.3, 0.7, 0.4, 0.3]), 1e-6
    r = rng.standard_normal((T, n))

    def likelihood(values):
        whole = dense(*values)
        return -(np.linalg.slogdet(whole)[1] + r.ravel() @ np.linalg.solve(whole, r.ravel())) / 2

    unit = np.array([at[0], 1, 1, 1])  # the score of sigma2 is in its own scale
    score = [(likelihood(at + step * e) - likelihood(at - step * e)) / (2 * step) for e in eye]
    slopes = [(dense(*(at + step * e)) - dense(*(at - step * e))) / (2 * step) for e in eye]
    inverse = np.linalg.inv(dense(*at))
    info = [[np.trace(inverse @ a @ inverse @ b) / 2 for a in slopes] for b in slopes]
    place = tests.structure(W, T, *at[1:])
    ours = tests._scores(W, place, r @ place.vectors, at[0], ("sigma2", "mu", "rho", "lambda"))
    np.testing.assert_allclose(ours[0], score * unit, atol=1e-7)
    np.testing.assert_allclose(ours[1], info * np.outer(unit, unit), rtol=1e-6)


def test_the_joint_test_has_the_mixture_under_the_null():
    rng = np.random.default_rng(2)
    _, w = made(20, 4)
    W = w.sparse.toarray()
    X = np.concatenate([np.ones((6, 20, 1)), rng.standard_normal((6, 20, 1))], axis=2)
    found = []
    for _ in range(400):
        pooled = tests.Pooled(rng.standard_normal((6, 20)), X, W)
        u = pooled.residuals
        total = (u**2).sum()
        lm1 = np.sqrt(20 * 6 / 10) * ((u.sum(axis=0) ** 2).sum() / total - 1)
        lm2 = np.sqrt(400 * 6 / ((W * W).sum() + (W * W.T).sum())) * (u * (u @ W.T)).sum() / total
        found.append(tests.mixture(max(lm1, 0.0) ** 2 + lm2**2, 2))
    assert np.mean(np.array(found) < 0.05) == pytest.approx(0.05, abs=0.033)
    assert np.mean(np.array(found) < 0.5) == pytest.approx(0.5, abs=0.08)


def test_they_are_only_where_they_apply():
    data, w = made()
    assert "bsk_lmh" not in models.panel_ols("y ~ x", data, effects="unit").diagnostics(w).frame.index
    assert "bsk_lmh" not in models.panel_ols("y ~ x", data, effects="pooled").diagnostics().frame.index
    assert "bsk_lmh" in models.panel_ols("y ~ x", data, effects="pooled").diagnostics(w).frame.index
