"""Dynamic panels against the published correction, direct algebra, and by recovery."""

import warnings

import numpy as np
import oracle
import pandas as pd
import pytest
from test_estimators import made

from gbaspatial import models
from gbaspatial.errors import ConvergenceError, GbaWarning, OptionError, UnknownNameError
from gbaspatial.weights import Weights

FORMULA = "lgsp ~ lpcap + lpc + lemp + unemp"
PRODUC = oracle.data("produc", ["state", "year"])
TERMS = {"yy(t-1)": "L(lgsp)", "W*yy(t-1)": "W(L(lgsp))"}


def ring(n: int) -> Weights:
    W = np.eye(n, k=1) + np.eye(n, k=-1) + np.eye(n, k=n - 1) + np.eye(n, k=1 - n)
    return Weights(W, [f"u{i:03d}" for i in range(n)]).row_standardized()


def simulated(n, T, gamma=0.5, delta=-0.2, rho=0.4, seed=1):
    rng, w = np.random.default_rng(seed), ring(n)
    W = w.sparse.toarray()
    S = np.linalg.inv(np.eye(n) - rho * W)
    y, rows = np.zeros(n), []
    alpha = rng.standard_normal(n)
    for t in range(T + 30):
        x = rng.standard_normal(n) + 0.3 * alpha
        y = S @ (gamma * y + delta * W @ y + x + alpha + rng.standard_normal(n))
        rows.append(pd.DataFrame({"y": y, "x": x, "unit": w.ids, "year": t}))
    data = pd.concat(rows).query("year >= 29")
    return data.set_index(["unit", "year"]), w


def named(values):
    return {TERMS.get(name, f"W({name[2:]})" if name.startswith("W*") else name): v for name, v in values.items()}


@pytest.mark.parametrize("name", ["sar", "sdm"])
@pytest.mark.parametrize("effects", ["individual", "twoways"])
def test_estimates_equal_sdpdmod_without_its_forced_information(name, effects):
    """Its step takes the information with rows for degrees of freedom, ours rows less effects: T / (T - 1) as long."""
    known = oracle.case("panel_sdpd__produc").raw["expected_recomputed"][f"{name}_{effects}_LY_dynamic"]
    model = models.panel_lag if name == "sar" else models.panel_durbin
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", GbaWarning)
        fit = model(FORMULA, PRODUC, oracle.weights("produc_usaww_W"), dynamic="y + Wy", covariance="information",
                    effects="unit" if effects == "individual" else "twoway")  # fmt: skip
    raw, moved = named(known["raw"]), named(known["bias_corrected"])
    terms = list(raw)
    before = np.array([raw[t][0] for t in terms])
    np.testing.assert_allclose(fit.uncorrected[terms], before, atol=8e-3)  # theirs comes from a grid of rho
    theirs = np.array([moved[t][0] for t in terms]) - before
    ours = (fit.params - fit.uncorrected)[terms].to_numpy()
    T = fit.n_periods
    np.testing.assert_allclose(ours * (T - 1) / T, theirs, atol=4e-3)
    errors = fit.std_errors[terms] * np.sqrt((T - 1) / T)
    np.testing.assert_allclose(errors, [moved[t][1] for t in terms], rtol=0.06)


def test_without_correction_it_is_the_lag_model_with_the_outcome_shifted():
    data, w = simulated(12, 8)
    fit = models.panel_lag("y ~ x", data, w, dynamic="y", correction="none", covariance="information")
    shifted = data.assign(before=data.groupby(level=0)["y"].shift()).dropna()
    want = models.panel_lag("y ~ before + x", shifted, w, correction="none", covariance="information")
    np.testing.assert_allclose(fit.params, want.params, atol=1e-9)
    np.testing.assert_allclose(fit.std_errors, want.std_errors, rtol=1e-7)
    assert "L(x)" in models.panel_lag("y ~ x + L(x)", data, w, dynamic="y").params
    assert models.panel_lag("y ~ x + L(x)", data, w, dynamic="y").n_periods == 8


def test_a_bias_that_was_not_taken_off_is_not_told():
    data, w = simulated(12, 8)
    assert "Before the bias is taken off: L(y)" in str(models.panel_lag("y ~ x", data, w, dynamic="y"))
    assert "Before" not in str(models.panel_lag("y ~ x", data, w, dynamic="y", effects="pooled"))


def test_the_step_is_the_covariance_times_traces():
    data, w = simulated(15, 9)
    for effects in ("unit", "twoway"):
        fit = models.panel_lag("y ~ x", data, w, dynamic="y + Wy", effects=effects, covariance="information")
        at = fit.uncorrected
        gamma, delta, rho = at["L(y)"], at["W(L(y))"], at["rho"]
        W, eye = w.sparse.toarray(), np.eye(15)
        K = np.linalg.inv((1 - gamma) * eye - (rho + delta) * W)
        G = W @ np.linalg.inv(eye - rho * W)
        J = eye - 1 / 15 if effects == "twoway" else eye
        traces = [np.trace(J @ K), np.trace(J @ W @ K), 0.0, np.trace(J @ G @ (gamma * eye + delta * W) @ K)]
        static = models.panel_lag("y ~ before + lag + x", _with_lags(data, w), w, effects=effects,
                                  covariance="information")  # fmt: skip
        step = static.covariance.to_numpy() @ traces
        np.testing.assert_allclose(fit.params - at, step, rtol=1e-6)


def _with_lags(data, w):
    before = data.groupby(level=0)["y"].shift()
    frame = data.assign(before=before).dropna()
    lags = {t: w.lag(part.droplevel("year")) for t, part in frame["before"].groupby(level="year")}
    return frame.assign(lag=[lags[t][u] for u, t in frame.index])


def test_impacts_and_impulses_are_those_of_the_matrices():
    data, w = simulated(12, 15)
    fit = models.panel_durbin("y ~ x", data, w, dynamic="y + Wy", covariance="information")
    gamma, delta, rho = (fit.params[t] for t in ("L(y)", "W(L(y))", "rho"))
    b, theta = fit.params["x"], fit.params["W(x)"]
    W, eye = w.sparse.toarray(), np.eye(12)
    found = fit.impacts(draws=199).frame
    for run, A in (("short", eye - rho * W), ("long", (1 - gamma) * eye - (rho + delta) * W)):
        S = np.linalg.solve(A, b * eye + theta * W)
        want = np.trace(S) / 12, (S.sum() - np.trace(S)) / 12, S.sum() / 12
        got = [found.loc[(run, effect, "x"), "estimate"] for effect in ("direct", "indirect", "total")]
        np.testing.assert_allclose(got, want, rtol=1e-10)
    assert (found["lower"] < found["estimate"]).all()
    assert (found["upper"] > found["estimate"]).all()
    response = fit.impulse("u003", periods=200)
    S = np.linalg.inv(eye - rho * W)
    A = S @ (gamma * eye + delta * W)
    np.testing.assert_allclose(response.loc[2], (A @ A @ S)[:, 3], atol=1e-12)
    total = np.linalg.inv((1 - gamma) * eye - (rho + delta) * W)[:, 3]
    np.testing.assert_allclose(response.sum(), total, atol=1e-6)
    np.testing.assert_allclose(np.sort(np.abs(np.linalg.eigvals(A))), np.sort(np.abs(fit.roots)), atol=1e-10)
    life = fit.half_life(draws=199)
    assert np.abs(fit.roots).max() ** life["estimate"] == pytest.approx(0.5)
    assert life["lower"] <= life["estimate"] <= life["upper"]


def test_both_runs_have_impacts_by_unit_by_group_and_by_order():
    data, w = simulated(12, 15)
    fit = models.panel_durbin("y ~ x", data, w, dynamic="y + Wy", covariance="information")
    gamma, delta, rho, b, theta = (fit.params[t] for t in ("L(y)", "W(L(y))", "rho", "x", "W(x)"))
    W, eye = w.sparse.toarray(), np.eye(12)
    found = fit.impacts(draws=199)
    tier = pd.Series(np.where(np.arange(12) < 5, "core", "rim"), index=w.ids)
    for run, A in ((found.short, eye - rho * W), (found.long, (1 - gamma) * eye - (rho + delta) * W)):
        S = np.linalg.solve(A, b * eye + theta * W)
        np.testing.assert_allclose(run.matrix("x").loc[w.ids, w.ids], S, rtol=1e-9)
        gives = run.by_unit("x")["gives"].reindex(w.ids)
        np.testing.assert_allclose(gives, S.sum(axis=0) - np.diag(S), rtol=1e-9)
        flows = run.by_group(tier, term="x").flows["estimate"]
        core = (tier == "core").to_numpy()
        assert flows["core", "rim"] == pytest.approx(S[np.ix_(~core, core)].sum(axis=1).mean())
        total = run.by_order(3, term="x")["estimate"].xs("total", level="effect")
        assert total.sum() == pytest.approx(S.sum() / 12)
    a, r = b / (1 - gamma), (rho + delta) / (1 - gamma)
    second = found.long.by_order(3, term="x").loc[("2", "total"), "estimate"]
    assert second == pytest.approx((r**2 * a + r * theta / (1 - gamma)) * (W @ W).sum() / 12)
    assert "Short run" in found.short.notes[0]
    assert "Long run" in found.long.notes[0]


def test_draws_without_a_long_run_have_no_bound_wherever_they_are_read():
    data, w = simulated(12, 8, gamma=0.9, delta=0.0, rho=0.05, seed=2)
    fit = models.panel_lag("y ~ x", data, w, dynamic="y")
    found = fit.impacts(draws=999)
    assert fit.stable
    assert found.unstable > 100
    assert np.isinf(found.frame.loc["long", ["lower", "upper"]].to_numpy()).all()
    assert np.isfinite(found.frame.loc["short"].to_numpy()).all()
    assert np.isinf(found.long.by_unit("x")[["gives_lower", "gives_upper"]].to_numpy()).all()


def test_least_squares_have_a_long_run_too():
    data, w = simulated(12, 15)
    plain = models.panel_ols("y ~ x", data, dynamic="y").impacts(draws=99)
    fit = models.panel_ols("y ~ x", data, dynamic="y")
    assert plain.frame.loc[("long", "total", "x"), "estimate"] == pytest.approx(
        fit.params["x"] / (1 - fit.params["L(y)"])
    )
    assert plain.frame.loc[("long", "indirect", "x"), "estimate"] == pytest.approx(0, abs=1e-12)
    both = models.panel_ols("y ~ x", data, w, dynamic="y + Wy")
    gamma, delta, b = (both.params[t] for t in ("L(y)", "W(L(y))", "x"))
    S = np.linalg.inv((1 - gamma) * np.eye(12) - delta * w.sparse.toarray()) * b
    got = both.impacts(draws=99)
    np.testing.assert_allclose(got.long.matrix("x").loc[w.ids, w.ids], S, rtol=1e-9)
    np.testing.assert_allclose(got.short.matrix("x").loc[w.ids, w.ids], b * np.eye(12), atol=1e-12)


def test_a_long_run_is_refused_where_there_is_none():
    data, w = simulated(12, 8, gamma=1.0, delta=0.0, rho=0.3)
    data["y"] += 0.05 * np.exp(0.5 * (data.index.get_level_values("year") - 29))
    fit = models.panel_lag("y ~ x", data, w, dynamic="y", correction="none", effects="pooled")
    assert not fit.stable
    found = fit.impacts(draws=99)
    assert list(found.frame.index.unique(0)) == ["short"]
    assert found.short.by_unit("x").notna().all().all()
    with pytest.raises(ConvergenceError, match="no long run"):
        _ = found.long
    with pytest.raises(ConvergenceError, match="not stable"):
        fit.half_life()
    assert "no long run" in " ".join(fit.notes)


def test_few_periods_are_warned_of_and_gaps_refused():
    data, w = simulated(30, 4)
    with pytest.warns(GbaWarning, match=r"N / T\^3"):
        fit = models.panel_lag("y ~ x", data, w, dynamic="y")
    assert fit.ratio == pytest.approx(30 / 4**3)
    with pytest.raises(OptionError, match="balanced"):
        models.panel_lag("y ~ x", data.iloc[1:], w, dynamic="y", unbalanced="keep")
    with pytest.raises(OptionError, match="fixed effects"):
        models.panel_lag("y ~ x", data, w, dynamic="y", effects="random")
    with pytest.raises(OptionError, match="not for panel_error"):
        models.panel_error("y ~ x", data, w, dynamic="y")
    with pytest.raises(OptionError, match="needs weights"):
        models.panel_ols("y ~ x", data, dynamic="y + Wy")
    with pytest.raises(UnknownNameError, match="no unit"):
        fit.impulse("nowhere")


def test_order_of_rows_changes_nothing():
    data, w = simulated(12, 8)
    one = models.panel_lag("y ~ x", data, w, dynamic="y + Wy")
    two = models.panel_lag("y ~ x", data.sample(frac=1, random_state=1), w, dynamic="y + Wy")
    pd.testing.assert_series_equal(one.params, two.params)
    assert one.impacts(draws=99).frame.equals(two.impacts(draws=99).frame)


@pytest.mark.slow
@pytest.mark.parametrize("effects", ["unit", "twoway"])
def test_the_correction_takes_most_of_the_bias(effects):
    """N = 25, T = 12: the bias of the lag's coefficient is less than a third."""
    found, plain = [], []
    for seed in range(120):
        data, w = simulated(25, 12, seed=seed)
        fit = models.panel_lag("y ~ x", data, w, dynamic="y + Wy", effects=effects, covariance="information")
        found.append(fit.params[["L(y)", "W(L(y))", "rho", "x"]])
        plain.append(fit.uncorrected[["L(y)", "W(L(y))", "rho", "x"]])
    truth = np.array([0.5, -0.2, 0.4, 1.0])
    bias, before = np.mean(found, axis=0) - truth, np.mean(plain, axis=0) - truth
    assert abs(bias[0]) < abs(before[0]) / 3
    assert abs(bias[2]) < 0.015
    assert abs(bias[3]) < 0.02


def test_the_w_of_a_named_period_stays_in_the_long_run():
    data, w = made(10, 9)
    other = w.union(w.power(2)).row_standardized()
    by_year = {year: w if year < 2005 else other for year in range(2001, 2010)}
    fit = models.panel_lag("y ~ x", data, by_year, effects="unit", dynamic="y")
    with pytest.raises(OptionError, match="period=2009"):
        fit.impacts()
    with pytest.raises(UnknownNameError, match="no period 1999"):
        fit.impacts(period=1999)
    gamma, rho, b = fit.params["L(y)"], fit.rho, fit.params["x"]
    for period, one in ((2003, w), (2009, other)):
        W = one.sparse.toarray()
        found = fit.impacts(period=period, draws=99).frame["estimate"]
        for run, S in (("short", np.eye(10) - rho * W), ("long", (1 - gamma) * np.eye(10) - rho * W)):
            total = float(np.linalg.solve(S, b * np.ones(10)).mean())
            assert found[run, "total", "x"] == pytest.approx(total)
    assert fit.plot() is not None
    assert fit.impulse("u0", period=2003).shape == (11, 10)
    assert fit.half_life(period=2009, draws=99)["estimate"] > 0


def test_links_change_a_dynamic_model_with_its_past_as_it_was():
    data, w = made(10, 9)
    other = w.union(w.power(2)).row_standardized()
    by_year = {year: w if year < 2005 else other for year in range(2001, 2010)}
    fit = models.panel_lag("y ~ x", data, by_year, effects="unit", dynamic="y + Wy")
    found = models.impact_of_links(fit, before=2003, after=2009, draws=99)
    assert found.impacts.index.unique(0).tolist() == ["x"]
    assert any("period before stays" in note for note in found.notes)
    W1, W2 = w.sparse.toarray(), other.sparse.toarray()
    past = data.xs(2008, level=1)["y"].reindex(w.ids).to_numpy()
    after = np.linalg.solve(np.eye(10) - fit.rho * W2, np.eye(10))
    level = np.linalg.solve(after, found.frame["after"].reindex(w.ids).to_numpy())
    moved = level + fit.params["W(L(y))"] * (W1 - W2) @ past
    want = np.linalg.solve(np.eye(10) - fit.rho * W1, moved)
    np.testing.assert_allclose(found.frame["before"].reindex(w.ids), want, rtol=1e-8)


@pytest.mark.filterwarnings("ignore::gbaspatial.errors.GbaWarning")
@pytest.mark.parametrize("options", [{}, {"method": "gmm"}])
@pytest.mark.parametrize("dynamic", ["y", "y + Wy"])
def test_gaps_leave_units_out_and_are_not_kept(dynamic, options):
    data, w = made(40, 8)
    short = data.drop([("u3", 2002), ("u7", 2001)])
    left = [unit for unit in w.ids if unit not in ("u3", "u7")]
    got = models.panel_ols("y ~ x", short, w, dynamic=dynamic, unbalanced="common", **options)
    whole = data[data.index.get_level_values(0).isin(left)]
    want = models.panel_ols("y ~ x", whole, w.subset(left), dynamic=dynamic, **options)
    np.testing.assert_allclose(got.params, want.params, rtol=1e-8)
    np.testing.assert_allclose(got.std_errors, want.std_errors, rtol=1e-6)
    with pytest.raises(OptionError, match="unbalanced='keep' is not for it: a gap takes the row after it"):
        models.panel_ols("y ~ x", short, w, dynamic=dynamic, unbalanced="keep", **options)
