"""Spatial seemingly unrelated equations against spsur and spreg, against single equations, and by their laws."""

import contextlib
import io
import re
import warnings

import numpy as np
import oracle
import pandas as pd
import pytest

import gbaspatial as gba
from gbaspatial.errors import AlignmentError, CollinearityError, FormulaError, MissingDataError, OptionError
from gbaspatial.models.likelihood import several_equations as arrays
from gbaspatial.weights import Weights

SPC = {"WAGE83": "WAGE83 ~ UN83 + NMR83 + SMSA", "WAGE81": "WAGE81 ~ UN80 + NMR80 + SMSA"}
MODELS = {"sim": "ols", "slm": "lag", "sem": "error", "sdm": "durbin", "slx": "slx", "sarar": "sarar"}


def simulated(n: int = 40, seed: int = 3) -> tuple[pd.DataFrame, Weights]:
    rng = np.random.default_rng(seed)
    ids = pd.Index([f"u{i:02d}" for i in range(n)])
    hops = np.eye(n, k=1) + np.eye(n, k=3)
    w = Weights(hops + hops.T, ids).row_standardized()
    x, z = rng.normal(size=(2, n))
    e = rng.normal(size=(n, 2)) @ np.linalg.cholesky(np.array([[1.0, 0.6], [0.6, 1.0]])).T
    W = w.sparse.toarray()
    y1 = np.linalg.solve(np.eye(n) - 0.3 * W, 1 + x + e[:, 0])
    y2 = np.linalg.solve(np.eye(n) - 0.5 * W, 2 - z + e[:, 1])
    return pd.DataFrame({"y1": y1, "y2": y2, "x": x, "z": z}, index=ids), w


FORMULAS = {"y1": "y1 ~ x", "y2": "y2 ~ z"}


def as_system(data: pd.DataFrame, w: Weights, model: str, formulas: dict[str, str]) -> arrays.System:
    designs = gba.models.sur(formulas, data, w, model="slx" if model in ("slx", "sdm") else "ols").designs
    lagged, erred = model in ("slm", "sdm", "sarar"), model in ("sem", "sarar")
    return arrays.System(
        tuple(d.y for d in designs.values()), tuple(d.X for d in designs.values()), w, lagged=lagged, erred=erred
    )


def at_reference(system: arrays.System, want: dict) -> arrays.Solution:
    """The solution that spsur gives, with its Sigma, which is over n - 1."""
    estimate, deltas = np.array(want["estimate"]), want["deltas"] or [0.0, 0.0]
    k = system.Xs[0].shape[1]
    rho = np.array(deltas[:2]) if system.lagged else np.zeros(2)
    lam = np.array(deltas[-2:]) if system.erred else np.zeros(2)
    W, betas = system.w.sparse, (estimate[:k], estimate[k:])
    u = [y - r * (W @ y) - X @ b for y, X, r, b in zip(system.ys, system.Xs, rho, betas, strict=True)]
    E = np.column_stack([v - s * (W @ v) for v, s in zip(u, lam, strict=True)])
    return arrays.Solution(betas, rho, lam, E, np.array(want["Sigma"]), float("nan"))


# -- against other software ---------------------------------------------------------------
@pytest.mark.parametrize("model", sorted(MODELS))
def test_likelihood_is_above_that_of_spsur(model):
    # spsur's optimizer stops early (its sim is at 111.2007; the optimum, which spreg reaches too, is 111.4055)
    case = oracle.case("sur_ml__spc")
    want = case.expected[model]
    fit = gba.models.sur(SPC, case.data, case.w(), model=MODELS[model])
    assert fit.log_likelihood >= want["logLik"] - 1e-6
    assert fit.log_likelihood <= want["logLik"] + 0.7
    if model == "sim":
        assert fit.log_likelihood == pytest.approx(111.40552624, abs=1e-7)
    if want["deltas"]:
        spatial = np.concatenate([fit.rho, fit.lambda_])
        np.testing.assert_allclose(spatial, want["deltas"], atol=0.05)


@pytest.mark.parametrize("model", ["sim", "slm", "sem", "sdm", "slx"])
def test_information_at_the_numbers_of_spsur_gives_its_standard_errors(model):
    # sarar is left out: spsur's standard errors of it (0.283 for rho, where the information has 0.580) are not
    # those of the information at its own estimates
    case = oracle.case("sur_ml__spc")
    want = case.expected[model]
    system = as_system(case.data, case.w(), model, SPC)
    matrix, spread = arrays.information(system, at_reference(system, want))
    assert spread == 0
    errors = np.sqrt(np.diag(np.linalg.inv(matrix)))[:-3]
    k = system.Xs[0].shape[1]
    spatial = np.arange(len(errors)) % (k + system.lagged + system.erred) >= k
    np.testing.assert_allclose(errors[~spatial], want["se"], rtol=1e-3)
    if want["deltas"]:
        np.testing.assert_allclose(errors[spatial], want["deltas_se"], rtol=1e-2)


@pytest.mark.parametrize(("key", "model"), [("slm", "lag"), ("sdm", "durbin")])
def test_three_stage_is_that_of_spsur(key, model):
    case = oracle.case("sur_3sls__spc")
    want = case.expected[key]
    fit = gba.models.sur(SPC, case.data, case.w(), model=model, method="3sls")
    is_rho = fit.params.index.get_level_values("term") == "rho"
    case.close(fit.params[~is_rho], want["estimate"])
    case.close(fit.rho, want["deltas"])
    scale = np.sqrt(fit.n / (fit.n - 1))  # spsur takes Sigma over n - 1
    errors = fit.std_errors.to_numpy() * scale
    case.close(errors[~is_rho], want["se"])
    case.close(errors[is_rho], want["deltas_se"])
    case.close(fit.sigma * scale**2, want["Sigma"])
    assert np.isnan(fit.log_likelihood)


def test_score_tests_are_those_of_spsur_at_its_estimates():
    # lmtestspsur stops after one step of generalized least squares, with Sigma of least squares over n - 1;
    # our public tests are at the maximum of the likelihood
    wanted = {row["method"]: row["statistic"] for row in oracle.case("sur_lm_tests__spc").expected}
    case = oracle.case("sur_ml__spc")
    system = as_system(case.data, case.w(), "sim", SPC)
    ols = [np.linalg.lstsq(X, y, rcond=None)[0] for X, y in zip(system.Xs, system.ys, strict=True)]
    E = np.column_stack([y - X @ b for y, X, b in zip(system.ys, system.Xs, ols, strict=True)])
    Sigma = E.T @ E / (system.n - 1)
    b = arrays.weighted(arrays._cross(system.Xs, system.ys), np.linalg.inv(Sigma))[0]
    betas = (b[:4], b[4:])
    E = np.column_stack([y - X @ v for y, X, v in zip(system.ys, system.Xs, betas, strict=True)])
    at = arrays.Solution(betas, np.zeros(2), np.zeros(2), E, Sigma, float("nan"))
    got = arrays.score_tests(system, at)
    for ours, theirs in {
        "lm_lag": "LM-SUR-SLM", "lm_error": "LM-SUR-SEM", "robust_lm_lag": "LM*-SUR-SLM",
        "robust_lm_error": "LM*-SUR-SEM", "lm_sarma": "LM-SUR-SARAR",
    }.items():  # fmt: skip
        assert got[ours][0] == pytest.approx(wanted[theirs], rel=1e-4), ours


def spreg_fit(name: str, data: pd.DataFrame, w: Weights, **options: object) -> object:
    import spreg

    ys = {r: data[[f"y{r + 1}"]].to_numpy() for r in range(2)}
    Xs = {r: np.column_stack([np.ones(w.n), data[v]]) for r, v in enumerate("xz")}
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if name == "SURlagIV":
            Xs = {r: X[:, 1:] for r, X in Xs.items()}
        return getattr(spreg.sur if name == "BaseSUR" else spreg, name)(ys, Xs, **options)


def test_iterated_sur_is_that_of_spreg():
    data, w = simulated()
    peer = spreg_fit("BaseSUR", data, w, iter=True, maxiter=500, epsilon=1e-12)
    fit = gba.models.sur(FORMULAS, data, w, model="ols")
    np.testing.assert_allclose(fit.params, np.concatenate([peer.bSUR[0], peer.bSUR[1]])[:, 0], rtol=1e-6)
    np.testing.assert_allclose(fit.sigma, peer.sig, rtol=1e-6)
    np.testing.assert_allclose(fit.std_errors, np.sqrt(np.diag(peer.varb)), rtol=1e-6)


# -- laws ---------------------------------------------------------------------------------
@pytest.mark.parametrize("model", ["lag", "error", "sarar"])
def test_one_equation_is_the_single_model(model):
    data, w = simulated()
    fit = gba.models.sur({"one": "y1 ~ x"}, data, w, model=model)
    single = getattr(gba.models, model)("y1 ~ x", data, w)
    np.testing.assert_allclose(fit.params, single.params, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(fit.std_errors, single.std_errors, rtol=1e-5)
    assert fit.log_likelihood == pytest.approx(single.log_likelihood, rel=1e-9)
    assert fit.aic == pytest.approx(single.aic, rel=1e-9)
    assert fit.sigma.iloc[0, 0] == pytest.approx(single.sigma2, rel=1e-5)


def test_one_equation_by_three_stage_is_two_stage():
    data, w = simulated()
    fit = gba.models.sur(["y1 ~ x"], data, w, method="3sls")
    single = gba.models.lag("y1 ~ x", data, w, method="gmm", df="n")
    np.testing.assert_allclose(fit.params, single.params, rtol=1e-9)
    np.testing.assert_allclose(fit.std_errors, single.std_errors, rtol=1e-9)


@pytest.mark.parametrize("dataset", ["columbus", "boston", "baltimore", "ncsids"])
def test_score_tests_of_one_equation_are_those_of_spdep(dataset):
    case = oracle.case(f"ols_lm_tests__{dataset}")
    formula = re.search(r"\(?(\w+ ~ [^,)]+)", case.raw["call"])[1]
    tests = gba.models.sur([formula], case.data, case.w(), model="ols").lm_tests().tests["statistic"]
    names = {"lm_error": "LMerr", "lm_lag": "LMlag", "robust_lm_error": "RLMerr", "robust_lm_lag": "RLMlag"}
    for ours, theirs in (names | {"lm_sarma": "SARMA"}).items():
        case.close(tests[ours], case.expected["LM"][theirs]["statistic"])


def test_same_regressors_give_least_squares_by_equation():
    # Zellner (1962): with the same X in every equation generalized least squares is least squares
    data, w = simulated()
    fit = gba.models.sur(["y1 ~ x + z", "y2 ~ x + z"], data, w, model="ols")
    for name in ("y1", "y2"):
        np.testing.assert_allclose(fit.params[name], gba.models.ols(f"{name} ~ x + z", data).params, rtol=1e-8)


def test_likelihoods_are_nested_and_above_a_grid():
    data, w = simulated()
    height = {m: gba.models.sur(FORMULAS, data, w, model=m).log_likelihood for m in ("ols", "lag", "error", "sarar")}
    assert height["ols"] <= min(height["lag"], height["error"])
    assert max(height["lag"], height["error"]) <= height["sarar"] + 1e-8
    system = as_system(data, w, "slm", FORMULAS)
    filtered = arrays._Filtered(system, arrays.curve_of(w))
    grid = np.linspace(-0.9, 0.9, 13)
    values = [filtered.at(np.array([a, b]), np.zeros(2))[0].log_likelihood for a in grid for b in grid]
    assert height["lag"] >= max(values)


def test_slopes_are_those_of_the_likelihood():
    data, w = simulated()
    system = as_system(data, w, "sarar", FORMULAS)
    filtered = arrays._Filtered(system, arrays.curve_of(w))
    rho, lam, step = np.array([0.2, -0.3]), np.array([0.1, 0.4]), 1e-5
    _, slope_rho, slope_lam = filtered.at(rho, lam)
    for g in range(2):
        move = step * np.eye(2)[g]
        rise = filtered.at(rho + move, lam)[0].log_likelihood - filtered.at(rho - move, lam)[0].log_likelihood
        assert rise / (2 * step) == pytest.approx(slope_rho[g], rel=1e-5)
        rise = filtered.at(rho, lam + move)[0].log_likelihood - filtered.at(rho, lam - move)[0].log_likelihood
        assert rise / (2 * step) == pytest.approx(slope_lam[g], rel=1e-5)


def test_information_is_the_variance_of_the_score():
    # two SARAR equations: the score by differences of a dense likelihood, over 4,000 samples
    data, w = simulated(15)
    W, n, rng = w.sparse.toarray(), 15, np.random.default_rng(0)
    Xs = [np.column_stack([np.ones(n), data[v]]) for v in "xz"]
    truth = np.array([1.0, 1.0, 0.3, -0.4, 2.0, -1.0, 0.5, 0.2, 1.0, 0.6, 1.3])
    Sigma = np.array([[1.0, 0.6], [0.6, 1.3]])
    e = rng.normal(size=(4000, n, 2)) @ np.linalg.cholesky(Sigma).T
    inverse = lambda r: np.linalg.inv(np.eye(n) - r * W)  # noqa: E731
    places = (slice(0, 4), slice(4, 8))
    ys = [
        (e[:, :, g] @ inverse(truth[p][3]).T + Xs[g] @ truth[p][:2]) @ inverse(truth[p][2]).T
        for g, p in enumerate(places)
    ]

    def value(theta: np.ndarray) -> np.ndarray:
        S = np.array([[theta[8], theta[9]], [theta[9], theta[10]]])
        E, total = [], -n / 2 * np.linalg.slogdet(S)[1]
        for g, p in enumerate(places):
            b, r, s = theta[p][:2], theta[p][2], theta[p][3]
            E.append((ys[g] @ (np.eye(n) - r * W).T - Xs[g] @ b) @ (np.eye(n) - s * W).T)
            total += np.linalg.slogdet(np.eye(n) - r * W)[1] + np.linalg.slogdet(np.eye(n) - s * W)[1]
        both = np.stack(E, axis=-1)
        return total - np.einsum("rng,gh,rnh->r", both, np.linalg.inv(S), both) / 2

    steps = 1e-5 * np.eye(11)
    scores = np.column_stack([(value(truth + h) - value(truth - h)) / 2e-5 for h in steps])
    assert np.abs(scores.mean(axis=0) / scores.std(axis=0)).max() < 4 / np.sqrt(4000)
    system = arrays.System((ys[0][0], ys[1][0]), tuple(Xs), w, lagged=True, erred=True)
    at = arrays.Solution((truth[:2], truth[4:6]), truth[[2, 6]], truth[[3, 7]], e[0], Sigma, 0.0)
    matrix = arrays.information(system, at)[0]
    scale = np.sqrt(np.diag(matrix))
    gap = np.cov(scores.T) / np.outer(scale, scale) - matrix / np.outer(scale, scale)
    assert np.abs(gap).max() < 0.1  # the variances of 4,000 draws have standard errors of about 0.03


def test_information_by_probes_agrees_with_the_exact_one(monkeypatch):
    data, w = simulated(300)
    exact = gba.models.sur(FORMULAS, data, w, model="sarar")
    monkeypatch.setattr(arrays, "EQUATIONS_LIMIT", 100)
    rough = gba.models.sur(FORMULAS, data, w, model="sarar")
    np.testing.assert_allclose(rough.std_errors, exact.std_errors, rtol=0.1)
    assert any("probes" in note for note in rough.notes)


def test_order_labels_and_scale():
    data, w = simulated()
    fit = gba.models.sur(FORMULAS, data, w)
    shuffled = gba.models.sur(FORMULAS, data.sample(frac=1, random_state=1), w)
    pd.testing.assert_series_equal(fit.params, shuffled.params, check_exact=True)
    pd.testing.assert_frame_equal(fit.residuals, shuffled.residuals.loc[data.index], check_exact=True)
    turned = gba.models.sur(FORMULAS, data, w.subset(w.ids[::-1]))
    np.testing.assert_allclose(turned.params, fit.params, rtol=1e-5, atol=1e-7)
    swapped = gba.models.sur(dict(reversed(FORMULAS.items())), data, w)
    np.testing.assert_allclose(swapped.params[fit.params.index], fit.params, rtol=1e-5, atol=1e-7)
    scaled = gba.models.sur(FORMULAS, data.assign(x=10 * data["x"]), w)
    assert 10 * scaled.params["y1", "x"] == pytest.approx(fit.params["y1", "x"], rel=1e-5)


def test_result_shows_itself():
    data, w = simulated()
    fit = gba.models.sur(FORMULAS, data, w)
    assert "rho" in str(fit)
    assert fit.n_params == 9
    assert fit.correlation.iloc[0, 0] == pytest.approx(1)
    assert (fit.conf_int()["lower"] < fit.params).all()
    tests = fit.lm_tests()
    assert "diagonal_sigma" in tests.tests.index
    e = [gba.models.ols(f, data).residuals for f in FORMULAS.values()]
    r = float(e[0] @ e[1] / np.sqrt((e[0] @ e[0]) * (e[1] @ e[1])))
    assert tests.tests.loc["diagonal_sigma", "statistic"] == pytest.approx(40 * r**2)


def test_bad_input():
    data, w = simulated()
    with pytest.raises(OptionError, match="list such as"):
        gba.models.sur("y1 ~ x", data, w)
    with pytest.raises(OptionError, match="called 'y1'"):
        gba.models.sur(["y1 ~ x", "y1 ~ z"], data, w)
    with pytest.raises(OptionError, match="model="):
        gba.models.sur(FORMULAS, data, w, model="sar")
    with pytest.raises(OptionError, match="method='ml'"):
        gba.models.sur(FORMULAS, data, w, model="error", method="3sls")
    with pytest.raises(OptionError, match="instruments"):
        gba.models.sur(["y1 ~ 1", "y2 ~ z"], data, w, method="3sls")
    with pytest.raises(MissingDataError, match="u07"):
        gba.models.sur(FORMULAS, data.assign(x=data["x"].mask(data.index == "u07")), w)
    with pytest.raises(AlignmentError):
        gba.models.sur(FORMULAS, data.iloc[1:], w)
    with pytest.raises(CollinearityError):
        gba.models.sur(["y1 ~ x + x2", "y2 ~ z"], data.assign(x2=3 * data["x"]), w)
    with pytest.raises(FormulaError):
        gba.models.sur(["y1 ~ xx", "y2 ~ z"], data, w)
    few = data.iloc[:5]
    with pytest.raises(OptionError, match="cannot carry"):
        gba.models.sur(FORMULAS, few, w.subset(few.index))


def test_sparse_determinants_give_the_single_model():
    side = 24  # 576 units: more than are served by eigenvalues
    line = np.eye(side, k=1) + np.eye(side, k=-1)
    grid = Weights(np.kron(line, np.eye(side)) + np.kron(np.eye(side), line), range(side**2)).row_standardized()
    rng = np.random.default_rng(0)
    x, e = rng.normal(size=(2, side**2))
    data = pd.DataFrame({"x": x, "y": x + e + 0.4 * (grid.sparse @ (x + e))}, index=grid.ids)
    fit, single = gba.models.sur(["y ~ x"], data, grid), gba.models.lag("y ~ x", data, grid, logdet="sparse")
    assert fit.rho["y"] == pytest.approx(single.rho, abs=1e-6)
    assert fit.log_likelihood == pytest.approx(single.log_likelihood, abs=1e-5)
    np.testing.assert_allclose(fit.std_errors, single.std_errors, rtol=1e-4)


def test_tables_for_machines():
    data, w = simulated()
    fit = gba.models.sur(FORMULAS, data, w, model="lag")
    tidy = fit.tidy()
    assert tidy.index.equals(fit.params.index)
    assert list(tidy.columns) == ["estimate", "std_error", "statistic", "p_value", "lower", "upper"]
    assert fit.glance().loc[0, "aic"] == fit.aic
    augmented = fit.augment()
    assert augmented.index.equals(data.index)
    assert (augmented["fitted[y2]"] + augmented["residuals[y2]"]).to_numpy() == pytest.approx(data["y2"].to_numpy())
    with pytest.raises(gba.errors.OptionError, match="SurFit"):
        gba.tables.compare({"system": fit})
