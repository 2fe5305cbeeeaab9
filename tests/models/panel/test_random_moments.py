"""Random effects by generalized moments against splm, plm, a recovery, and refusals."""

import numpy as np
import oracle
import pytest
from test_estimators import FORMULA, PRODUC, made, states

from gbaspatial import models
from gbaspatial.errors import OptionError
from gbaspatial.models.panel.kapoor_moments import lambda_of_both, part_of_residuals


@pytest.mark.parametrize(
    ("key", "make"),
    [
        ("error_random_fullweights", models.panel_error), ("sarar_random_fullweights", models.panel_sarar),
        ("lag_ec2sls", models.panel_lag),
    ],
)  # fmt: skip
def test_estimates_and_errors_equal_splm(key, make):
    """splm takes the variance of the moments for standard errors where there is lambda; here it is that of the rows."""
    want = oracle.case("panel_gm__produc").expected[key]
    fit = make(FORMULA, PRODUC, states(), effects="random", method="gmm", covariance="classical")
    names = [{"lambda": "rho", "(Intercept)": "Intercept"}.get(name, name) for name in want["names"]]
    np.testing.assert_allclose(fit.params[names], want["estimate"], atol=1e-6)
    ratio = fit.std_errors[names] / want["se"]
    np.testing.assert_allclose(ratio, ratio.iloc[0], rtol=1e-5)
    if key == "lag_ec2sls":
        np.testing.assert_allclose(ratio, 1, rtol=1e-5)
        return
    lam, own, between, theta = want["rho_sigmas"]
    assert fit.lambda_ == pytest.approx(lam, abs=1e-6)
    assert fit.variances.loc["theta", "estimate"] == pytest.approx(theta, abs=1e-6)
    assert fit.sigma2 == pytest.approx(own, rel=1e-5)
    assert fit.variances.loc["phi", "estimate"] == pytest.approx((between - own) / (17 * own), rel=1e-5)


def test_without_anything_spatial_it_is_swamy_and_arora():
    want = oracle.case("panel_nonspatial__produc").expected["random_swar"]
    fit = models.panel_ols(FORMULA, PRODUC, effects="random", method="gmm", covariance="classical")
    np.testing.assert_allclose(fit.params, want["estimate"], atol=1e-9)
    np.testing.assert_allclose(fit.std_errors, want["se"], rtol=1e-8)


def drawn(seed, n=60, T=8):
    data, w = made(n, T, seed=seed)
    rng = np.random.default_rng(seed)
    order = data.sort_index(level=[1, 0]).index
    W = w.subset([unit for unit, year in order if year == 2001]).sparse.toarray()
    e = rng.standard_normal((T, n)) + 1.5 * rng.standard_normal(n)
    x = rng.standard_normal((T, n))
    u = np.linalg.solve(np.eye(n) - 0.5 * W, e.T).T
    y = np.linalg.solve(np.eye(n) - 0.3 * W, (1 + x + u).T).T
    return data.loc[order].assign(y=y.ravel(), x=x.ravel()), w


def test_the_moments_recover_what_made_the_data():
    fits = [models.panel_sarar("y ~ x", *drawn(seed), effects="random", method="gmm") for seed in range(8)]
    params = np.mean([fit.params[["x", "rho", "lambda"]] for fit in fits], axis=0)
    np.testing.assert_allclose(params, [1, 0.3, 0.5], atol=0.05)
    shares = [fit.variances.loc["phi", "estimate"] for fit in fits]
    assert np.median(shares) == pytest.approx(2.25, rel=0.3)
    assert "weak between units" in " ".join(fits[int(np.argmax(shares))].notes)  # means of x hardly tell W y
    assert fits[0].predict().notna().all()


def test_the_moments_are_zero_on_average_at_the_truth():
    """Both parts, at lambda and both variances: means of many draws within three of their errors."""
    rng = np.random.default_rng(3)
    _, w = made(12, 4)
    W, n, T, lam = w.sparse, 12, 4, 0.4
    inverse = np.linalg.inv(np.eye(n) - lam * W.toarray())
    trace = float((W.toarray() ** 2).sum()) / n
    found = []
    for _ in range(400):
        e = rng.standard_normal((T, n)) + rng.standard_normal(n)
        u = e @ inverse.T
        u1 = u @ W.toarray().T
        u2 = u1 @ W.toarray().T
        both = []
        for df, s2, take in ((n * (T - 1), 1.0, 0), (n, 1.0 + T, 1)):
            parts = [(v - v.mean(axis=0), np.tile(v.mean(axis=0), (T, 1)))[take].ravel() for v in (u, u1, u2)]
            both.append(part_of_residuals(*parts, df, trace).moments(lam, s2))
        found.append(np.concatenate(both))
    found = np.array(found)
    assert (np.abs(found.mean(axis=0)) < 3.5 * found.std(axis=0) / 20).all()
    whole = lambda_of_both(
        part_of_residuals(*(v.ravel() - np.tile(v.mean(axis=0), T) for v in (u, u1, u2)), n * (T - 1), trace),
        part_of_residuals(*(np.tile(v.mean(axis=0), T) for v in (u, u1, u2)), n, trace), W, T, -0.99, 0.99,
    )  # fmt: skip
    assert -0.99 < whole[0] < 0.99
    assert min(whole[1:]) > 0


def test_order_of_rows_does_not_matter():
    data, w = drawn(1, 20, 5)
    one = models.panel_sarar("y ~ x", data, w, effects="random", method="gmm")
    two = models.panel_sarar("y ~ x", data.sample(frac=1, random_state=1), w, effects="random", method="gmm")
    np.testing.assert_allclose(one.params, two.params, atol=1e-8)
    np.testing.assert_allclose(one.residuals.loc[two.residuals.index], two.residuals, atol=1e-8)


def test_what_is_refused():
    data, w = made()
    with pytest.raises(OptionError, match=r"C\(year\)"):
        models.panel_lag("y ~ x", data, w, method="gmm", effects="random + time")
    with pytest.raises(OptionError, match="errors='kkp'"):
        models.panel_error("y ~ x", data, w, method="gmm", effects="random", errors="baltagi")
    with pytest.raises(OptionError, match="balanced panel"):
        models.panel_lag("y ~ x", data.iloc[1:], w, method="gmm", effects="random", unbalanced="keep")
    by = dict.fromkeys(range(2001, 2006), w) | {2006: made(seed=5)[1]}
    with pytest.raises(OptionError, match="one W for all periods"):
        models.panel_lag("y ~ x", data, by, method="gmm", effects="random")
