"""Estimators of panels against plm, splm, Elhorst's cigarettes, dummies and explicit transformations."""

import warnings

import numpy as np
import oracle
import pandas as pd
import pytest
from scipy import linalg, sparse

from gbaspatial import models
from gbaspatial.errors import CollinearityError, ConvergenceError, DataError, OptionError, WeightsError
from gbaspatial.weights import Weights, from_pairs

PRODUC = oracle.data("produc", ["state", "year"])
FORMULA = "lgsp ~ lpcap + lpc + lemp + unemp"
THEIRS = {"unit": "individual", "time": "time", "twoway": "twoways"}
MODEL = {"lag": models.panel_lag, "error": models.panel_error, "sarar": models.panel_sarar}


def states() -> Weights:
    return oracle.weights("produc_usaww_W")


def cigarettes() -> tuple[pd.DataFrame, Weights]:
    data = oracle.data("cigar", ["state", "year"], dtype={"state": str})
    pairs = pd.read_csv(oracle.find("data/cigar_usa46_W.csv"), dtype={"focal": str, "neighbor": str})
    return data, from_pairs(pairs)


def made(n: int = 12, T: int = 6, rho: float = 0.4, seed: int = 1) -> tuple[pd.DataFrame, Weights]:
    """A panel on a ring with unequal weights, with effects of both kinds."""
    rng = np.random.default_rng(seed)
    W = np.eye(n, k=1) + np.eye(n, k=-1) * (1 + rng.random(n)) + np.eye(n, k=n - 1) + np.eye(n, k=1 - n)
    w = Weights(sparse.csr_array(W), [f"u{i}" for i in range(n)]).row_standardized()
    index = pd.MultiIndex.from_product([range(2001, 2001 + T), w.ids], names=["year", "unit"])
    x = rng.standard_normal(n * T) + np.tile(rng.standard_normal(n), T)
    e = rng.standard_normal(n * T)
    mean = x + np.tile(rng.standard_normal(n), T) + np.repeat(rng.standard_normal(T), n) + 0.5 * e
    y = np.linalg.solve(np.eye(n) - rho * w.sparse.toarray(), mean.reshape(T, n).T).T.ravel()
    z = rng.standard_normal(n * T)
    return pd.DataFrame({"y": y, "x": x, "z": z}, index=index).swaplevel().sample(frac=1, random_state=seed), w


def dummies(data: pd.DataFrame, w, effects: str, regressors: str = "x", **options) -> models.Fit:
    """The same model as a cross-section of all rows with a dummy for every effect and W as one block matrix."""
    frame = data.reset_index().sort_values(["year", "unit"])
    frame.index = [f"{u} {t}" for u, t in zip(frame["unit"], frame["year"], strict=True)]
    blocks = []
    for year, part in frame.groupby("year"):
        now = w[year] if isinstance(w, dict) else w
        blocks.append((now if len(part) == now.n else now.subset(part["unit"])).subset(part["unit"]).sparse)
    whole = Weights(sparse.csr_array(sparse.block_diag(blocks)), frame.index)
    terms = {"unit": "+ C(unit)", "time": "+ C(year)", "twoway": "+ C(unit) + C(year)", "pooled": ""}[effects]
    return models.lag(f"y ~ {regressors} {terms}", frame, whole, inference="asymptotic", **options)


@pytest.mark.parametrize("effects", ["pooled", "unit", "time", "twoway"])
def test_least_squares_equal_plm(effects):
    case = oracle.case("panel_nonspatial__produc")
    want = case.expected[{"pooled": "pooling"}.get(effects, f"within_{THEIRS.get(effects)}")]
    fit = models.panel_ols(FORMULA, PRODUC, effects=effects, covariance="classical")
    case.close(fit.params, want["estimate"])
    case.close(fit.std_errors, want["se"])
    assert fit.df_resid == want["df_resid"]
    case.close(fit.residuals @ fit.residuals, want["ssr"])


def test_effects_of_units_equal_plm():
    want = oracle.case("panel_nonspatial__produc").expected["fixed_effects_individual_head"]
    got = models.panel_ols(FORMULA, PRODUC, effects="unit").effects
    np.testing.assert_allclose(got.iloc[: len(want)], want, rtol=1e-10)


@pytest.mark.parametrize("correction", ["none", "lee-yu"])
@pytest.mark.parametrize("model", ["lag", "error", "sarar"])
def test_unit_effects_equal_splm(model, correction):
    case = oracle.case("panel_fe_ml__produc")
    key = f"{model}_individual" + ("_LeeYu" if correction == "lee-yu" else "")
    want = case.expected[key]
    fit = MODEL[model](FORMULA, PRODUC, states(), effects="unit", correction=correction, covariance="information")
    order = [*(name for name in ("rho", "lambda") if name in fit.params), *fit.terms]
    np.testing.assert_allclose(fit.params[order], want["estimate"], atol=1e-7)
    np.testing.assert_allclose(fit.std_errors[order], want["se"], rtol=1e-6)
    assert fit.sigma2 == pytest.approx(want["sigma2"], rel=1e-7)
    exact = case.raw["expected_recomputed"]["values"].get(f"{key}_transform" if correction == "lee-yu" else key)
    if exact is not None:
        assert fit.log_likelihood == pytest.approx(exact["logLik"], abs=1e-6)


@pytest.mark.parametrize("correction", ["none", "lee-yu"])
def test_the_durbin_model_with_unit_effects_equals_splm(correction):
    key = "sdm_individual" + ("_LeeYu" if correction == "lee-yu" else "")
    want = oracle.case("panel_fe_sdm__produc").expected[key]
    fit = models.panel_durbin(
        FORMULA, PRODUC, states(), effects="unit", correction=correction, covariance="information"
    )
    got = fit.params[["rho", *fit.terms]]
    np.testing.assert_allclose(got, want["estimate"], atol=1e-6)
    np.testing.assert_allclose(fit.std_errors[["rho", *fit.terms]], want["se"], rtol=1e-5)
    if "impacts_exact" in want:
        impacts = fit.impacts(method="delta")
        for effect in ("direct", "indirect", "total"):
            np.testing.assert_allclose(getattr(impacts, effect)["estimate"], want["impacts_exact"][effect], atol=1e-6)


def demeaned_first(data, w, formula_columns, effects):
    """rho as splm computes it: effects out of y and X first, W after, and nothing taken out of W y again."""
    y, X = data[formula_columns[0]], data[formula_columns[1:]]

    def _out(v):
        v = v.astype(float)
        if effects == "twoway":
            v = v - v.groupby(level=0).transform("mean")
        return v - v.groupby(level=1).transform("mean")

    frame = pd.concat([_out(y), _out(X)], axis=1).swaplevel().sort_index()
    T, n = frame.index.unique(0).size, w.n
    W = w.subset(frame.index.unique(1)).sparse.toarray()
    values = frame.to_numpy()
    lagged = (values[:, 0].reshape(T, n) @ W.T).ravel()
    roots = np.linalg.eigvals(W)

    def _negative(rho):
        target = values[:, 0] - rho * lagged
        e = target - values[:, 1:] @ np.linalg.lstsq(values[:, 1:], target, rcond=None)[0]
        return n * T / 2 * np.log(e @ e) - T * np.log(1 - rho * roots).real.sum()

    from scipy import optimize

    return optimize.minimize_scalar(_negative, bounds=(-0.9, 0.9), method="bounded", options={"xatol": 1e-9}).x


@pytest.mark.parametrize("effects", ["time", "twoway"])
def test_time_effects_are_taken_out_after_w_and_not_before_as_splm_does(effects):
    """W of centered y is not centered unless the columns of W sum to one too; splm leaves the rest of it in."""
    w = states()
    want = oracle.case("panel_fe_ml__produc").expected[f"lag_{THEIRS[effects]}"]
    columns = ["lgsp", "lpcap", "lpc", "lemp", "unemp"]
    assert demeaned_first(PRODUC, w, columns, effects) == pytest.approx(want["estimate"][0], abs=1e-5)
    fit = models.panel_lag(FORMULA, PRODUC, w, effects=effects, correction="none")
    assert fit.log_likelihood > want["logLik"]  # the maximum of the exact likelihood is higher
    assert 1e-6 < abs(fit.rho - want["estimate"][0]) < 1e-3


def transformed(data, w, columns):
    """rho, sigma2 and log-likelihood of Lee and Yu: orthonormal contrasts of time and units applied to all columns."""
    frame = data[columns].swaplevel().sort_index()
    T, n = frame.index.unique(0).size, w.n
    W = w.subset(frame.index.unique(1)).sparse.toarray()
    FT, FN = linalg.helmert(T), linalg.helmert(n)

    def _moved(v):
        return (FT @ v.reshape(T, n) @ FN.T).ravel()

    y = frame.iloc[:, 0].to_numpy()
    X = np.column_stack([_moved(x) for x in frame.iloc[:, 1:].to_numpy().T])
    ys, Wys = _moved(y), _moved((y.reshape(T, n) @ W.T).ravel())
    roots = np.linalg.eigvals(FN @ W @ FN.T)
    m = (n - 1) * (T - 1)

    def _negative(rho):
        e = ys - rho * Wys
        e = e - X @ np.linalg.lstsq(X, e, rcond=None)[0]
        s2 = e @ e / m
        return m / 2 * (np.log(2 * np.pi * s2) + 1) - (T - 1) * np.log(1 - rho * roots).real.sum()

    from scipy import optimize

    found = optimize.minimize_scalar(_negative, bounds=(-0.9, 0.9), method="bounded", options={"xatol": 1e-10})
    return found.x, -found.fun


def test_two_way_effects_are_the_transformation_of_lee_and_yu():
    data, w = made()
    fit = models.panel_lag("y ~ x", data, w, effects="twoway")
    rho, value = transformed(data, w, ["y", "x"])
    assert fit.rho == pytest.approx(rho, abs=1e-7)
    assert fit.log_likelihood == pytest.approx(value, abs=1e-9)


@pytest.mark.parametrize("effects", ["pooled", "unit", "time", "twoway"])
@pytest.mark.parametrize("kind", ["balanced", "by year", "unbalanced"])
def test_without_correction_it_is_the_likelihood_with_dummies(effects, kind):
    data, w = made(8, 5)
    options = {}
    if kind == "by year":
        other = Weights(w.sparse.T.tocsr(), w.ids).row_standardized()
        w = {year: w if year < 2003 else other for year in range(2001, 2006)}
    if kind == "unbalanced":
        data, options = data.drop(index=[("u3", 2002), ("u5", 2004), ("u5", 2005)]), {"unbalanced": "keep"}
    fit = models.panel_lag("y ~ x", data, w, effects=effects, correction="none", covariance="information", **options)
    want = dummies(data, w, effects)
    assert fit.rho == pytest.approx(want.rho, abs=1e-7)
    assert fit.params["x"] == pytest.approx(want.params["x"], abs=1e-7)
    assert fit.log_likelihood == pytest.approx(want.log_likelihood, abs=1e-8)
    assert fit.n_params == want.n_params
    np.testing.assert_allclose(fit.std_errors[["x", "rho"]], want.std_errors[["x", "rho"]], rtol=1e-5)


def test_classes_by_year_equal_dummies():
    data, _ = made(9, 5)
    data["region"] = data.index.get_level_values(0).str[1:].astype(int) % 3
    fit = models.panel_ols("y ~ x", data, effects="unit + region:year")
    frame = data.reset_index()
    cells = frame["region"].astype(str) + "-" + frame["year"].astype(str)
    D = pd.get_dummies(frame["unit"]).join(pd.get_dummies(cells))
    Z = np.column_stack([frame["x"], D.to_numpy(float)])
    assert fit.params["x"] == pytest.approx(np.linalg.lstsq(Z, frame["y"], rcond=None)[0][0], abs=1e-10)
    assert fit.absorbed == np.linalg.matrix_rank(D.to_numpy(float))
    assert fit.effects.loc["region by time"].size == 15


@pytest.mark.parametrize("effects", ["unit", "twoway"])
def test_adjusted_score_and_transformation_agree_where_both_exist(effects):
    """A W by year whose years are all the same takes the other way through the code."""
    data, w = made()
    copies = {year: Weights(w.sparse.copy(), w.ids) for year in range(2001, 2007)}
    one = models.panel_lag("y ~ x", data, w, effects=effects, covariance="information")
    two = models.panel_lag("y ~ x", data, copies, effects=effects, covariance="information")
    np.testing.assert_allclose(two.params, one.params, atol=1e-9)
    np.testing.assert_allclose(two.std_errors, one.std_errors, rtol=1e-8)
    assert two.sigma2 == pytest.approx(one.sigma2)


def test_keeping_a_balanced_panel_changes_no_bit():
    data, w = made()
    one = models.panel_lag("y ~ x", data, w, effects="twoway")
    two = models.panel_lag("y ~ x", data, w, effects="twoway", unbalanced="keep")
    assert (one.params == two.params).all()
    assert (one.covariance == two.covariance).all(axis=None)


def test_cigarettes_of_elhorst():
    data, w = cigarettes()
    options = {"effects": "twoway", "covariance": "information"}
    fit = models.panel_durbin("logc ~ logp + logy", data, w, correction="none", **options)
    want = {"logp": -1.0025, "logy": 0.6007, "W(logp)": 0.0565, "W(logy)": -0.2950, "rho": 0.2292}
    np.testing.assert_allclose(fit.params, list(want.values()), atol=6e-5)
    assert fit.sigma2 == pytest.approx(0.00498, abs=6e-6)
    assert fit.log_likelihood == pytest.approx(1691.54, abs=6e-3)
    # the book's corrected values leave the mean of W y in; ours are the transformed likelihood at its maximum
    corrected = models.panel_durbin("logc ~ logp + logy", data, w, **options)
    lagged = data.assign(**{f"W{c}": _lag(data[c], w) for c in ("logp", "logy")})
    rho, value = transformed(lagged, w, ["logc", "logp", "logy", "Wlogp", "Wlogy"])
    assert corrected.rho == pytest.approx(rho, abs=1e-7)
    assert corrected.log_likelihood == pytest.approx(value, abs=1e-8)
    assert corrected.rho == pytest.approx(0.2688, abs=4e-3)


def _lag(column, w):
    return (
        pd.concat(
            {
                year: pd.Series(w.sparse @ part.droplevel(1).loc[w.ids].to_numpy(), w.ids)
                for year, part in column.groupby(level=1)
            }
        )
        .swaplevel()
        .reindex(column.index)
    )


@pytest.mark.parametrize("name", ["panel_slx", "panel_lag", "panel_error", "panel_sarar", "panel_durbin",
                                  "panel_durbin_error", "panel_gns"])  # fmt: skip
def test_order_of_rows_changes_nothing(name):
    data, w = made(12, 8)
    one = getattr(models, name)("y ~ x", data, w, effects="twoway")
    two = getattr(models, name)("y ~ x", data.sort_index(), w, effects="twoway")
    np.testing.assert_array_equal(one.params, two.params)
    pd.testing.assert_series_equal(one.residuals.sort_index(), two.residuals.sort_index())
    assert one.residuals.index.equals(data.index)
    assert one.fitted.add(one.residuals).sub(data["y"]).abs().max() < 1e-12


def test_outcome_is_effects_and_regressors_and_residuals():
    data, w = made()
    fit = models.panel_lag("y ~ x", data, w, effects="twoway")
    unit, time = fit.effects.loc["unit"], fit.effects.loc["time"]
    total = data["x"] * fit.params["x"] + fit.rho * _lag(data["y"], w) + fit.residuals
    total += unit.loc[data.index.get_level_values(0)].to_numpy() + time.loc[data.index.get_level_values(1)].to_numpy()
    np.testing.assert_allclose(total, data["y"], atol=1e-10)
    assert time.mean() == pytest.approx(0, abs=1e-12)
    mean = fit.predict()
    rest = data["y"] - mean
    np.testing.assert_allclose(rest - fit.rho * _lag(rest, w), fit.residuals, atol=1e-10)


def test_summary_tells_effects_weights_correction_and_serial_correlation():
    data, w = made()
    text = str(models.panel_lag("y ~ x", data, w, effects="twoway").summary())
    for words in ("unit and time effects (17 absorbed)", "12 units in 6 periods (2001 to 2006)", "Lee and Yu",
                  "Serial correlation", "Without the correction: rho =", "W:"):  # fmt: skip
        assert words in text.replace("\n", " ")


def test_serial_correlation_makes_clusters_the_default():
    data, w = made(12, 8)
    drift = pd.Series(np.random.default_rng(3).standard_normal(len(data)), index=data.sort_index().index)
    rough = data.assign(y=data["y"] + 5 * drift.groupby(level=0).cumsum().reindex(data.index))
    fit = models.panel_lag("y ~ x", rough, w, effects="unit")
    assert fit.serial_correlation > 0.3
    assert fit.covariance_kind.startswith("clustered by unit (12 clusters")
    assert fit.df == 11
    assert models.panel_lag("y ~ x", data, w, effects="unit").covariance_kind == "information matrix"


def test_periods_are_told_as_whole_numbers_and_one_as_one():
    data, w = made()
    floats = data.set_index(data.index.set_levels(data.index.levels[1].astype(float), level=1))
    assert "in 6 periods (2001 to 2006)" in str(models.panel_lag("y ~ x", floats, w, effects="time"))
    assert "12 units in 1 period (2006)" in str(models.panel_ols("y ~ x", data, effects="between"))


# -- what is refused ---------------------------------------------------------------------------
def test_regressors_that_effects_absorb_are_named():
    data, w = made()
    data["area"] = data.index.get_level_values(0).str[1:].astype(float)
    with pytest.raises(CollinearityError, match=r"unit effects absorb area.*area:year"):
        models.panel_lag("y ~ x + area", data, w, effects="unit")
    fit = models.panel_lag("y ~ x + area:year", data, w, effects="unit")
    assert "area:year" in fit.params
    with pytest.raises(CollinearityError, match="absorb year"):
        models.panel_ols("y ~ x + year", data, effects="time")


@pytest.mark.parametrize("effects", ["time", "twoway"])
def test_what_only_time_moves_is_not_to_be_multiplied_with_time(effects):
    data, w = made()
    data["price"] = data.index.get_level_values(1).astype(float) ** 2
    with pytest.raises(CollinearityError, match=r"absorb price.*with a variable that differs between units\.$"):
        models.panel_lag("y ~ x + price", data, w, effects=effects)
    data["area"] = data.index.get_level_values(0).str[1:].astype(float)
    assert "price:area" in models.panel_lag("y ~ x + price:area", data, w, effects=effects).params
    with pytest.raises(DataError, match="price does not differ between units in any period"):
        models.panel_lag("price ~ x", data, w, effects=effects)


def test_rho_and_lambda_beside_effects_that_w_moves():
    data, w = made()
    uneven = Weights(w.sparse * np.arange(1, 13)[:, None], w.ids)
    assert np.isfinite(models.panel_sarar("y ~ x", data, uneven, effects="time").std_errors).all()
    short = data.drop(index=[("u1", 2001)])
    assert np.isfinite(models.panel_sarar("y ~ x", short, w, effects="unit", unbalanced="keep").std_errors).all()
    assert np.isfinite(models.panel_sarar("y ~ 1", data, uneven, effects="time").std_errors).all()
    assert np.isfinite(models.panel_error("y ~ x", data, uneven, effects="unit").lambda_)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"effects": "random walk"}, "effects='random walk' is not known"),
        ({"effects": "unit + region:month"}, "is not the time of the panel"),
        ({"effects": 3}, "must be text"),
        ({"correction": "leeyu"}, "correction='leeyu' is not known"),
        ({"covariance": "HC3"}, "covariance='HC3' is not known"),
        ({"unbalanced": "drop"}, "unbalanced='drop' is not known"),
        ({"effect": "unit"}, "no option 'effect'"),
    ],
)
def test_unknown_options_are_refused(options, words):
    data, w = made()
    with pytest.raises(OptionError, match=words):
        models.panel_lag("y ~ x", data, w, **options)


def test_weights_that_say_nothing_are_refused():
    data, w = made()
    complete = Weights(1 - np.eye(12), w.ids).row_standardized()
    with pytest.raises(ConvergenceError, match="cannot tell rho"):
        models.panel_lag("y ~ x", data, complete, effects="twoway")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        empty = Weights(sparse.csr_array((12, 12)), w.ids)
    with pytest.raises(WeightsError, match="no links"):
        models.panel_lag("y ~ x", data, empty, effects="unit")
    with pytest.raises(OptionError, match="needs weights"):
        models.panel_lag("y ~ x", data, None)


def test_the_correction_takes_the_bias_of_sigma2_away():
    """sigma2 by maximum likelihood is (T - 1)(n - 1) / (T n) of what it should be."""
    rhos, sigmas, plain = [], [], []
    for seed in range(60):
        data, w = made(12, 4, seed=seed)
        fit = models.panel_lag("y ~ x", data, w, effects="twoway", covariance="information")
        rhos.append(fit.rho)
        sigmas.append(fit.sigma2)
        plain.append(
            models.panel_lag("y ~ x", data, w, effects="twoway", correction="none", covariance="information").sigma2
        )
    assert abs(np.mean(rhos) - 0.4) < 3 * np.std(rhos) / np.sqrt(60) + 0.03
    assert np.mean(sigmas) == pytest.approx(0.25, abs=3 * np.std(sigmas) / np.sqrt(60) + 0.012)
    assert np.mean(plain) < 0.2


@pytest.mark.parametrize("effects", ["unit", "time", "twoway"])
def test_rho_is_estimable_beside_effects_alone(effects):
    """Without any regressor, too: the likelihood with dummies is that of a cross-section of all rows."""
    data, w = made()
    one, other = dummies(data, w, effects, "1"), models.panel_lag("y ~ 1", data, w, effects=effects, correction="none")
    assert list(other.params.index) == ["rho"]
    assert other.rho == pytest.approx(one.rho, abs=1e-7)
    assert other.log_likelihood == pytest.approx(one.log_likelihood, abs=1e-7)
    assert other.std_errors["rho"] == pytest.approx(one.std_errors["rho"], rel=1e-5)


@pytest.mark.parametrize("covariance", ["information", "cluster"])
@pytest.mark.parametrize("make", [models.panel_lag, models.panel_error, models.panel_sarar])
def test_effects_alone_leave_every_verb_standing(make, covariance):
    data, w = made()
    fit = make("y ~ 1", data, w, effects="unit", covariance=covariance)
    assert np.isfinite(fit.std_errors).all()
    assert fit.k == 0
    assert fit.predict().notna().all()
    assert np.isfinite(fit.bootstrap(draws=99).to_frame()["std_error"]).all() or make is models.panel_sarar


def test_least_squares_need_a_regressor():
    data, w = made()
    with pytest.raises(CollinearityError, match="nothing to estimate"):
        models.panel_ols("y ~ 1", data, w, effects="unit")
