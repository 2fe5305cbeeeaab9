"""Panels by generalized moments against splm and direct algebra."""

import numpy as np
import oracle
import pandas as pd
import pytest

from gbaspatial import models
from gbaspatial.errors import OptionError
from gbaspatial.weights import Weights

FORMULA = "lgsp ~ lpcap + lpc + lemp + unemp"
PRODUC = oracle.data("produc", ["state", "year"])
THEIRS = {
    "lag_w2sls": models.panel_lag, "error_within_initial": models.panel_error,
    "sarar_within_initial": models.panel_sarar,
}  # fmt: skip


@pytest.mark.parametrize("key", THEIRS)
def test_estimates_equal_splm_and_errors_count_the_effects(key):
    """splm divides by rows less coefficients, though effects were taken out; SARAR has sigma2 of the moments."""
    want = oracle.case("panel_gm__produc").expected[key]
    fit = THEIRS[key](FORMULA, PRODUC, oracle.weights("produc_usaww_W"), method="gmm", covariance="classical")
    names = ["rho" if name == "lambda" else name for name in want["names"]]
    np.testing.assert_allclose(fit.params[names], want["estimate"], atol=2e-6)
    p = len(names)
    factor = np.sqrt((816 - p) / (816 - 48 - p))
    if key == "sarar_within_initial":
        factor = np.sqrt(fit.sigma2 / want["rho_sigmas"][1])
    np.testing.assert_allclose(fit.std_errors[names], np.array(want["se"]) * factor, rtol=2e-4)
    if "rho_sigmas" in want:
        assert fit.lambda_ == pytest.approx(want["rho_sigmas"][0], abs=1e-6)
        assert np.isnan(fit.std_errors["lambda"])
    assert np.isnan(fit.log_likelihood)


def made(n=20, T=6, seed=1):
    rng = np.random.default_rng(seed)
    W = np.eye(n, k=1) + np.eye(n, k=-1) + np.eye(n, k=n - 1) + np.eye(n, k=1 - n)
    w = Weights(W, [f"u{i:02d}" for i in range(n)]).row_standardized()
    index = pd.MultiIndex.from_product([range(2001, 2001 + T), w.ids], names=["year", "unit"])
    z, x, e = rng.standard_normal((3, n * T))
    price = z + 0.8 * e + 0.3 * rng.standard_normal(n * T)
    mean = x + price + e + np.tile(rng.standard_normal(n), T)
    y = np.linalg.solve(np.eye(n) - 0.4 * w.sparse.toarray(), mean.reshape(T, n).T).T.ravel()
    return pd.DataFrame({"y": y, "x": x, "price": price, "z": z}, index=index).swaplevel(), w


def test_endogenous_regressors_are_instrumented():
    data, w = made()
    fit = models.panel_lag(
        "y ~ x", data, w, method="gmm", endogenous="price", instruments="z", covariance="classical", effects="twoway"
    )
    naive = models.panel_lag("y ~ x + price", data, w, effects="twoway")
    assert abs(fit.params["price"] - 1) < 0.15 < naive.params["price"] - 1
    # the same by projections
    frame = data.swaplevel().sort_index()
    W = w.sparse.toarray()

    def _out(v):
        wide = v.reshape(6, 20)
        return (wide - wide.mean(0) - wide.mean(1, keepdims=True) + wide.mean()).ravel()

    def _lag(v):
        return (v.reshape(6, 20) @ W.T).ravel()

    y, x, price, z = (frame[c].to_numpy() for c in ("y", "x", "price", "z"))
    H = np.column_stack([_out(v) for v in (x, z, _lag(x), _lag(z), _lag(_lag(x)), _lag(_lag(z)))])
    Z = np.column_stack([_out(v) for v in (x, price, _lag(y))])
    P = H @ np.linalg.solve(H.T @ H, H.T)
    want = np.linalg.solve(Z.T @ P @ Z, Z.T @ P @ _out(y))
    np.testing.assert_allclose(fit.params, want, atol=1e-9)
    assert list(fit.instruments.first_stage.index) == ["price", "W y"]
    assert "Sargan" in " ".join(fit.notes)


def test_clusters_equal_the_sums_by_unit():
    data, w = made()
    fit = models.panel_ols("y ~ x", data, w, method="gmm", endogenous="price", instruments="z", covariance="cluster")
    frame = data.copy()
    less = frame - frame.groupby(level=0).transform("mean")
    Z, H = less[["x", "price"]].to_numpy(), less[["x", "z"]].to_numpy()
    b = np.linalg.solve(H.T @ Z, H.T @ less["y"].to_numpy())
    np.testing.assert_allclose(fit.params, b, atol=1e-10)
    u = less["y"].to_numpy() - Z @ b
    sums = pd.DataFrame(H * u[:, None]).groupby(data.index.get_level_values(0)).sum().to_numpy()
    A = np.linalg.inv(H.T @ Z)
    factor = 20 / 19 * (120 - 1) / (120 - 2)
    np.testing.assert_allclose(fit.covariance, factor * A @ sums.T @ sums @ A.T, rtol=1e-8)


def test_without_anything_to_instrument_it_is_least_squares():
    data, w = made()
    one = models.panel_ols("y ~ x + z", data, w, method="gmm", covariance="classical", effects="twoway")
    two = models.panel_ols("y ~ x + z", data, w, covariance="classical", effects="twoway")
    np.testing.assert_allclose(one.params, two.params, atol=1e-12)
    np.testing.assert_allclose(one.std_errors, two.std_errors, rtol=1e-10)
    assert one.instruments is None
    mixed = models.panel_ols("y ~ x + z", data.sample(frac=1, random_state=1), w, method="gmm",
                             covariance="classical", effects="twoway")  # fmt: skip
    np.testing.assert_allclose(mixed.params, one.params, atol=1e-12)


def test_what_is_refused():
    data, w = made()
    with pytest.raises(OptionError, match="needs instruments"):
        models.panel_lag("y ~ x", data, w, method="gmm", endogenous="price")
    with pytest.raises(OptionError, match="belongs to method='gmm'"):
        models.panel_lag("y ~ x", data, w, endogenous="price", instruments="z")
    with pytest.raises(OptionError, match="at once"):
        models.panel_lag("y ~ x", data, w, method="gmm", endogenous="price", instruments="price + z")
    with pytest.raises(OptionError, match="units or time"):
        models.panel_ols("y ~ x", data, w, method="gmm", effects="between")
    with pytest.raises(OptionError, match="reach back further"):
        models.panel_ols("y ~ x", data, w, method="gmm", endogenous="price", instruments="L(z)")
