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
    [("bsk_lmh", "bsk_LMH"), ("bsk_lm1", "bsk_LM1"), ("bsk_lm2", "bsk_LM2"), ("bsk_clm_lambda", "bsk_CLMlambda"),
     ("bsk_clm_mu", "bsk_CLMmu"), ("bsjk_j", "bsjk_J")],
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
