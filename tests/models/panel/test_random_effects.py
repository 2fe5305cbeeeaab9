"""Random effects against splm, plm, Elhorst's cigarettes and the dense likelihood with its NT x NT covariance."""

import warnings
from functools import cache

import numpy as np
import oracle
import pandas as pd
import pytest
from scipy import optimize, sparse

from gbaspatial import models
from gbaspatial.errors import DataError, OptionError
from gbaspatial.models.panel import between_units, random_maximum
from gbaspatial.models.panel.random_likelihood import Point, log_likelihood, random_problem, solution
from gbaspatial.models.solve import squares
from gbaspatial.weights import Weights, from_pairs

FORMULA = "lgsp ~ lpcap + lpc + lemp + unemp"
PRODUC = oracle.data("produc", ["state", "year"])
# key of splm: estimator, errors
THEIRS = {
    "re_nospace": ("panel_ols", "baltagi"), "re_lag": ("panel_lag", "baltagi"),
    "re_error_b": ("panel_error", "baltagi"), "re_error_kkp": ("panel_error", "kkp"),
    "re_sarar_b": ("panel_sarar", "baltagi"), "re_sarar_kkp": ("panel_sarar", "kkp"),
    "spreml_srre": ("panel_ols", "ar1"),
}  # fmt: skip


def states() -> Weights:
    return oracle.weights("produc_usaww_W")


def made(n: int = 9, T: int = 5, seed: int = 2, phi: float = 2.0) -> tuple[pd.DataFrame, Weights]:
    rng = np.random.default_rng(seed)
    W = np.eye(n, k=1) + np.eye(n, k=-1) * (1 + rng.random(n)) + np.eye(n, k=n - 1) + np.eye(n, k=1 - n)
    w = Weights(sparse.csr_array(W), [f"u{i}" for i in range(n)]).row_standardized()
    index = pd.MultiIndex.from_product([range(2001, 2001 + T), w.ids], names=["year", "unit"])
    x = rng.standard_normal(n * T) + np.tile(rng.standard_normal(n), T)
    u = np.tile(np.sqrt(phi) * rng.standard_normal(n), T) + rng.standard_normal(n * T)
    y = np.linalg.solve(np.eye(n) - 0.4 * w.sparse.toarray(), (1 + x + u).reshape(T, n).T).T.ravel()
    return pd.DataFrame({"y": y, "x": x}, index=index).swaplevel(), w


def fitted(key, **options):
    name, errors = THEIRS[key]
    return getattr(models, name)(FORMULA, PRODUC, states(), effects="random", errors=errors, covariance="information",
                                 **options)  # fmt: skip


@pytest.mark.parametrize("key", THEIRS)
def test_estimates_and_likelihood_equal_splm(key):
    want = oracle.case("panel_re_ml__produc").expected[key]
    fit = fitted(key)
    np.testing.assert_allclose(fit.params[list(fit.terms)], want["estimate"], atol=1e-5)
    assert fit.log_likelihood == pytest.approx(want["logLik"], abs=1e-6)
    theirs = want["errcomp"]
    if fit.phi > 0:
        assert fit.phi == pytest.approx(theirs["phi"], rel=1e-5)
        assert fit.variances.loc["phi", "std_error"] == pytest.approx(want.get("errcomp_se") if key == "re_lag" or
            key == "re_nospace" else want["errcomp_se"][0], rel=0.03)  # fmt: skip
    if "rho" in theirs:
        assert fit.lambda_ == pytest.approx(theirs["rho"], abs=2e-6)
    if "psi" in theirs:
        assert fit.variances.loc["psi", "estimate"] == pytest.approx(theirs["psi"], abs=1e-6)
        assert "estimated as zero" in " ".join(fit.notes)
    if "arcoef" in want:
        assert fit.rho == pytest.approx(want["arcoef"], abs=2e-6)


@pytest.mark.parametrize("key", ["re_nospace", "re_error_b", "re_error_kkp", "spreml_srre"])
def test_standard_errors_without_a_lag_equal_splm(key):
    want = oracle.case("panel_re_ml__produc").expected[key]
    fit = fitted(key)
    np.testing.assert_allclose(fit.std_errors[list(fit.terms)], want["se"], rtol=1e-5)
    if fit.w is None and fit.error_w is not None:
        assert fit.std_errors["lambda"] == pytest.approx(want["errcomp_se"][-1], rel=1e-3)


def test_standard_errors_with_a_lag_do_not_take_rho_for_known_as_splm_does():
    """splm prints those of b at the estimated rho; they grow where W y moves with X, most for the intercept."""
    want = oracle.case("panel_re_ml__produc").expected["re_lag"]
    fit = fitted("re_lag")
    assert fit.std_errors["rho"] == pytest.approx(want["arcoef_se"], rel=1e-3)
    cleared = fit.covariance.loc[list(fit.terms), list(fit.terms)]
    cross = fit.covariance.loc[list(fit.terms), "rho"].to_numpy()
    given_rho = cleared - np.outer(cross, cross) / fit.covariance.loc["rho", "rho"]
    np.testing.assert_allclose(np.sqrt(np.diag(given_rho)), want["se"], rtol=1e-4)
    assert fit.std_errors["Intercept"] > 1.2 * want["se"][0]


def test_serial_errors_end_higher_than_splm():
    """splm stops at a lower maximum, whose phi is 0.05; the likelihood is nearly flat in phi where psi is near one."""
    want = oracle.case("panel_re_ml__produc").expected["spreml_semsrre"]
    fit = models.panel_error(FORMULA, PRODUC, states(), effects="random", errors="ar1", covariance="information")
    assert fit.log_likelihood > want["logLik"] + 0.1
    np.testing.assert_allclose(fit.params[list(fit.terms)], want["estimate"], atol=0.002)
    model = random_problem(fit.design.y, fit.design.X, fit.design.stack, None, fit._problem.error, nested=False,
                           serial=True)  # fmt: skip
    theirs = want["errcomp"]
    at = Point(lam=theirs["rho"], phi=theirs["phi"], psi=theirs["psi"])
    assert log_likelihood(model, at) == pytest.approx(want["logLik"], abs=1e-5)


def test_swamy_and_arora_are_not_maximum_likelihood():
    """plm takes the variances from within and between residuals; with its variances ours are its coefficients."""
    want = oracle.case("panel_nonspatial__produc").expected["random_swar"]
    fit = models.panel_ols(FORMULA, PRODUC, effects="random")
    model = random_problem(fit.design.y, fit.design.X, fit.design.stack, None, None, nested=False)
    phi = want["sigma2_id"] / want["sigma2_idios"]
    np.testing.assert_allclose(solution(model, Point(phi=phi))[0], want["estimate"], rtol=1e-6)
    assert 1 - 1 / np.sqrt(1 + 17 * phi) == pytest.approx(want["theta"], rel=1e-6)
    assert fit.variances.loc["theta", "estimate"] == pytest.approx(0.892, abs=1e-3)
    assert fit.log_likelihood > log_likelihood(model, Point(phi=phi))


def test_cigarettes_of_elhorst():
    data = oracle.data("cigar", ["state", "year"], dtype={"state": str})
    w = from_pairs(pd.read_csv(oracle.find("data/cigar_usa46_W.csv"), dtype={"focal": str, "neighbor": str}))
    fit = models.panel_durbin(
        "logc ~ logp + logy", data, w, effects="random + time", correction="none", covariance="information"
    )
    want = {"logp": -1.0069, "logy": 0.5933, "W(logp)": 0.0728, "W(logy)": -0.2729, "rho": 0.2295}
    np.testing.assert_allclose(fit.params[list(want)], list(want.values()), atol=6e-5)
    assert fit.log_likelihood == pytest.approx(1555.70, abs=6e-3)
    # the book's phi is the root of the share sigma2 / (T sigma2_unit + sigma2)
    assert 1 - fit.variances.loc["theta", "estimate"] == pytest.approx(0.0869, abs=6e-5)


# -- against the covariance of all rows, and laws ------------------------------------------------------
def dense(data, w, kind, *, rho=False, errors="baltagi"):
    """The log-likelihood as a function of (rho, lambda, phi, psi), with an NT x NT covariance."""
    frame = data.swaplevel().sort_index()
    years, y = frame.index.unique(0), frame["y"].to_numpy()
    X = np.column_stack([np.ones(len(y)), frame["x"]])
    n, T = w.n, len(years)
    position = np.array([w.ids.get_loc(u) for u in frame.index.get_level_values(1)])
    period = years.get_indexer(frame.index.get_level_values(0))
    here = position + n * period
    W = w.sparse.toarray()

    def _value(r, lam, phi, psi):
        times = psi ** np.abs(np.arange(T)[:, None] - np.arange(T)) / (1 - psi**2) if psi else np.eye(T)
        B = np.linalg.inv(np.eye(n) - lam * W)
        if errors == "kkp":
            V = np.kron(times + phi, B @ B.T)
        else:
            V = np.kron(times, B @ B.T) + phi * np.kron(np.ones((T, T)), np.eye(n))
        V = V[np.ix_(here, here)]
        A = np.eye(len(y)) - r * np.kron(np.eye(T), W)[np.ix_(here, here)]
        z, L = A @ y, np.linalg.cholesky(V)
        Z = np.linalg.solve(L, np.column_stack([z, X]))
        e = Z[:, 0] - Z[:, 1:] @ np.linalg.lstsq(Z[:, 1:], Z[:, 0], rcond=None)[0]
        s2 = e @ e / len(y)
        return (-len(y) / 2 * (np.log(2 * np.pi * s2) + 1) - np.log(np.diag(L)).sum()
                + np.linalg.slogdet(A)[1])  # fmt: skip

    return _value


@pytest.mark.parametrize("errors", ["baltagi", "kkp", "ar1"])
@pytest.mark.parametrize("name", ["panel_ols", "panel_lag", "panel_error", "panel_sarar"])
def test_it_is_the_maximum_of_the_dense_likelihood(name, errors):
    data, w = made()
    fit = getattr(models, name)("y ~ x", data, w, effects="random", errors=errors, covariance="information")
    value = dense(data, w, name, errors=errors)
    psi = fit.variances["estimate"].get("psi", 0.0)
    at = np.array([0.0 if np.isnan(v) else v for v in (fit.rho, fit.lambda_, fit.phi, psi)])
    assert fit.log_likelihood == pytest.approx(value(*at), abs=1e-8)
    free = [place for place, there in enumerate((fit.w is not None, fit.error_w is not None, fit.phi > 0, bool(psi)))
            if there]  # fmt: skip
    for place in free:
        step = np.zeros(4)
        step[place] = 1e-3 * (1 + at[place])
        sides = value(*(at + step)), value(*(at - step))
        assert max(sides) < fit.log_likelihood
        # flat at the top: the slope is less than a thousandth of what a step costs
        assert abs(sides[0] - sides[1]) < 0.02 * (2 * fit.log_likelihood - sum(sides))


@pytest.mark.parametrize("kind", ["unbalanced", "by year"])
@pytest.mark.parametrize("name", ["panel_ols", "panel_lag", "panel_error"])
def test_gaps_and_a_changing_w(name, kind):
    data, w = made(8, 4)
    options = {"effects": "random", "errors": "kkp" if name == "panel_error" else None, "covariance": "information"}
    if kind == "by year":
        given = {year: Weights(w.sparse.copy(), w.ids) for year in range(2001, 2005)}
        one = getattr(models, name)("y ~ x", data, w, **options)
        two = getattr(models, name)("y ~ x", data, given, **options)
        np.testing.assert_allclose(two.params, one.params, atol=1e-8)
        np.testing.assert_allclose(two.std_errors, one.std_errors, rtol=1e-6)
        return
    data = data.drop(index=[("u3", 2002), ("u5", 2003), ("u5", 2004)])
    fit = getattr(models, name)("y ~ x", data, w, unbalanced="keep", **options)
    if name == "panel_ols":
        value = dense(data, w, name)
        best = optimize.minimize_scalar(lambda s: -value(0, 0, np.exp(s), 0), bounds=(-3, 4), method="bounded",
                                        options={"xatol": 1e-9})  # fmt: skip
        assert fit.phi == pytest.approx(np.exp(best.x), rel=1e-5)
        assert fit.log_likelihood == pytest.approx(-best.fun, abs=1e-9)
    assert np.isfinite(fit.std_errors).all()


def test_no_variance_of_units_is_told_and_equals_pooled():
    rng = np.random.default_rng(0)
    data, w = made(9, 5)
    data["y"] = data["x"] + rng.standard_normal(len(data))
    data["y"] -= data["y"].groupby(level=0).transform("mean") - data["x"].groupby(level=0).transform("mean")
    for name in ("panel_lag", "panel_error"):
        fit = getattr(models, name)("y ~ x", data, w, effects="random", covariance="information")
        pooled = getattr(models, name)("y ~ x", data, w, effects="pooled", covariance="information")
        assert fit.phi == 0
        assert "estimated as zero" in " ".join(fit.notes)
        np.testing.assert_allclose(fit.params, pooled.params, atol=1e-6)
        assert fit.log_likelihood == pytest.approx(pooled.log_likelihood, abs=1e-8)


def test_mundlak_means_give_the_coefficients_within():
    """With the means of units among the regressors, those of the regressors are the ones of fixed effects."""
    data, _ = made()
    data["z"] = data["x"] ** 2
    fit = models.panel_ols("y ~ x + z", data, effects="mundlak")
    within = models.panel_ols("y ~ x + z", data, effects="unit")
    np.testing.assert_allclose(fit.params[["x", "z"]], within.params[["x", "z"]], rtol=1e-8)
    assert list(fit.terms) == ["Intercept", "x", "z", "mean(x)", "mean(z)"]
    assert "Hausman test in auxiliary form" in " ".join(fit.notes)
    data["area"] = data.index.get_level_values(0).str[1:].astype(float)
    assert "mean(area)" not in models.panel_ols("y ~ x + area", data, effects="mundlak").params


def test_mundlak_durbin_has_means_of_lags_too():
    data, w = made()
    fit = models.panel_durbin("y ~ x", data, w, effects="mundlak")
    assert list(fit.params.index) == ["Intercept", "x", "W(x)", "mean(x)", "mean(W(x))", "rho"]


@pytest.mark.parametrize("few", [True, False])
def test_clusters_of_least_squares_are_those_of_the_transformed_rows(few):
    data, _ = made(60 if not few else 12, 4)
    fit = models.panel_ols("y ~ x", data, effects="random", covariance="cluster")
    theta = fit.variances.loc["theta", "estimate"]
    frame = data.assign(one=1.0)
    less = frame - theta * frame.groupby(level=0).transform("mean")
    X, y = less[["one", "x"]].to_numpy(), less["y"].to_numpy()
    bread = np.linalg.inv(X.T @ X)
    codes = data.index.get_level_values(0)
    e = y - X @ bread @ X.T @ y
    meat, n = np.zeros((2, 2)), codes.nunique()
    for unit in codes.unique():
        rows = codes == unit
        inside = X[rows]
        own = e[rows]
        if few:
            own = np.linalg.solve(np.eye(len(own)) - inside @ bread @ inside.T, own)
        meat += np.outer(inside.T @ own, inside.T @ own)
    factor = (n - 1) / n if few else n / (n - 1) * (len(y) - 1) / (len(y) - 3)
    np.testing.assert_allclose(fit.covariance, factor * bread @ meat @ bread, rtol=1e-6)
    assert fit.df == n - 1


def test_clusters_of_a_lag_without_effects_are_those_of_pooled():
    """At phi = 0 the scores are those of the pooled model; information observed here, expected there."""
    rng = np.random.default_rng(3)
    data, w = made(60, 6)
    data["y"] = data["x"] + rng.standard_normal(len(data))
    data["y"] -= data["y"].groupby(level=0).transform("mean") - data["x"].groupby(level=0).transform("mean")
    one = models.panel_lag("y ~ x", data, w, effects="random", covariance="cluster")
    two = models.panel_lag("y ~ x", data, w, effects="pooled", covariance="cluster")
    assert one.phi == 0
    np.testing.assert_allclose(one.std_errors, two.std_errors, rtol=0.05)


@pytest.mark.parametrize("name", ["panel_ols", "panel_slx", "panel_lag", "panel_error", "panel_sarar", "panel_durbin"])
def test_order_of_rows_and_origin_and_parts(name):
    data, w = made(12, 6)
    one = getattr(models, name)("y ~ x", data, w, effects="random", covariance="information")
    two = getattr(models, name)("y ~ x", data.sample(frac=1, random_state=1), w, effects="random",
                                covariance="information")  # fmt: skip
    pd.testing.assert_series_equal(one.params, two.params)
    far = getattr(models, name)("y ~ x", data.assign(y=data["y"] + 1e3), w, effects="random", covariance="information")
    np.testing.assert_allclose(far.params.drop("Intercept"), one.params.drop("Intercept"), atol=1e-5)
    assert far.phi == pytest.approx(one.phi, rel=1e-3)
    # outcome = mean given the effects + what innovations spread
    rest = (data["y"] - one.predict()).reindex(one.design.ids).to_numpy()
    if one._problem.lag is not None:
        rest = rest - one.rho * (one._problem.lag.W @ rest)
    if one._problem.error is not None:
        rest = rest - one.lambda_ * (one._problem.error.W @ rest)
    np.testing.assert_allclose(rest, one.residuals.reindex(one.design.ids), atol=1e-10)


def test_predicted_effects_are_the_conditional_mean():
    """phi (1 x I)' V^-1 u with the dense covariance, for all three kinds of errors."""
    data, w = made()
    for errors in ("baltagi", "kkp", "ar1"):
        fit = models.panel_error("y ~ x", data, w, effects="random", errors=errors, covariance="information")
        n, T, phi = w.n, 5, fit.phi
        psi = fit.variances["estimate"].get("psi", 0.0)
        times = psi ** np.abs(np.arange(T)[:, None] - np.arange(T)) / (1 - psi**2) if psi else np.eye(T)
        B = np.linalg.inv(np.eye(n) - fit.lambda_ * w.sparse.toarray())
        own = np.kron(np.ones((1, T)), np.eye(n) if errors != "kkp" else B.T)
        V = phi * np.kron(np.ones((T, T)), np.eye(n) if errors != "kkp" else B @ B.T) + np.kron(times, B @ B.T)
        u = fit.design.y - fit.design.X @ fit.beta
        np.testing.assert_allclose(fit.effects, phi * own @ np.linalg.solve(V, u), atol=1e-9)


def test_random_effects_and_classes_by_year_equal_dummies():
    data, w = made(9, 4)
    data["region"] = data.index.get_level_values(0).str[1:].astype(int) % 3
    fit = models.panel_lag("y ~ x", data, w, effects="random + region:year", correction="none")
    years = data.index.get_level_values(1).astype(str)
    data["cell"] = data["region"].astype(str) + "-" + years
    want = models.panel_lag("y ~ x + C(cell)", data, w, effects="random")
    assert fit.params["x"] == pytest.approx(want.params["x"], abs=1e-7)
    assert fit.rho == pytest.approx(want.rho, abs=1e-7)
    assert fit.log_likelihood == pytest.approx(want.log_likelihood, abs=1e-8)
    assert fit.n_params == want.n_params
    corrected = models.panel_lag("y ~ x", data, w, effects="random + region:year")
    assert corrected.sigma2 > fit.sigma2


def test_what_is_refused():
    data, w = made()
    with pytest.raises(OptionError, match="option of random effects"):
        models.panel_lag("y ~ x", data, w, effects="unit", errors="kkp")
    short = data.drop(index=[("u1", 2001)])
    with pytest.raises(OptionError, match="errors='kkp'"):
        models.panel_error("y ~ x", short, w, effects="random", unbalanced="keep")
    with pytest.raises(OptionError, match="balanced"):
        models.panel_ols("y ~ x", short, effects="random", errors="ar1", unbalanced="keep")
    with pytest.raises(OptionError, match="falls apart by unit"):
        models.panel_error("y ~ x", data, w, effects="random", covariance="cluster")
    with pytest.raises(DataError, match="two periods"):
        models.panel_ols("y ~ x", data[data.index.get_level_values(1) == 2001], effects="random")
    with pytest.raises(OptionError, match="is not known"):
        models.panel_ols("y ~ x", data, effects="random + unit")


def test_summary_and_impacts_and_diagnostics():
    data, w = made()
    fit = models.panel_durbin("y ~ x", data, w, effects="random")
    text = str(fit.summary())
    for words in ("Variances of effects and innovations", "theta", "phi", "random unit effects"):
        assert words in text
    assert np.isfinite(fit.impacts(method="delta").total["estimate"]).all()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert "lm_lag" not in models.panel_ols("y ~ x", data, w, effects="random").diagnostics().frame.index


@cache
def dense_fit(name):
    """By dense matrices, with its data and options."""
    data, w = made(100, 4)
    options = {"effects": "random", "covariance": "information"}
    return getattr(models, name)("y ~ x", data, w, **options), data, w, options


@pytest.mark.parametrize("name", ["panel_error", "panel_sarar"])
@pytest.mark.parametrize("way", ["planned", "pivoted"])
def test_many_units_by_sparse_factors_are_the_dense_likelihood(name, way, monkeypatch):
    """I + a B B' of effects that lambda does not filter: planned once, or by SuperLU where a plan is not worth it."""
    dense, data, w, options = dense_fit(name)
    monkeypatch.setattr(between_units, "DENSE_PAIRS_LIMIT", 0)
    monkeypatch.setattr(squares, "_WORTH", np.inf if way == "planned" else 0.0)
    again = Weights(w.sparse.copy(), w.ids)  # its plans are not known yet
    sparse_fit = getattr(models, name)("y ~ x", data, again, **options)
    np.testing.assert_allclose(sparse_fit.params, dense.params, atol=1e-8)
    np.testing.assert_allclose(sparse_fit.std_errors, dense.std_errors, rtol=1e-7)
    np.testing.assert_allclose(sparse_fit.effects, dense.effects, atol=1e-8)
    assert sparse_fit.log_likelihood == pytest.approx(dense.log_likelihood, abs=1e-8)


@pytest.mark.parametrize("place", [0.0, 1e-9, 0.3, 1 - 1e-9, 1.0])
def test_slopes_near_the_border_stay_inside(place):
    seen = []

    def _loss(share):
        seen.append(share.copy())
        return float(np.exp(share[0]) * share[1] ** 2)

    value, slope = random_maximum._sloped(_loss)(np.array([place, 0.4]))
    assert value == pytest.approx(np.exp(place) * 0.16)
    np.testing.assert_allclose(slope, [np.exp(place) * 0.16, np.exp(place) * 0.8], rtol=1e-6)
    assert np.min(seen) >= 0
    assert np.max(seen) <= 1
