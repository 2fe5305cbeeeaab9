"""The estimators against R's spatialreg, against published tables, and the laws they obey."""

import contextlib
import io
import re

import hypothesis.strategies as st
import numpy as np
import oracle
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings

from gbaspatial import models
from gbaspatial.errors import (
    AlignmentError,
    CollinearityError,
    ConvergenceError,
    DataError,
    FormulaError,
    LabelTypeError,
    MissingDataError,
    OptionError,
    WeightsError,
)
from gbaspatial.weights import Weights

SETS = ("columbus", "baltimore", "boston", "ncsids")
ESTIMATORS = {
    "ml_lag": models.lag,
    "ml_error": models.error,
    "ml_sac": models.sarar,
    "ml_sdm": models.durbin,
    "ml_sdem": models.durbin_error,
    "ml_gns": models.gns,
    "slx": models.slx,
}
COLUMBUS = oracle.data("columbus")
QUEEN = oracle.weights("columbus_poly_queen", COLUMBUS.index)
W = QUEEN.row_standardized()
CRIME = "CRIME ~ INC + HOVAL"


def formula_of(case: oracle.Case) -> str:
    return re.search(r"\(([^(]*?~.*?),", case.raw["call"] + ",").group(1).rstrip(")")


@pytest.mark.parametrize("dataset", SETS)
@pytest.mark.parametrize("capability", ESTIMATORS)
def test_equals_spatialreg(capability: str, dataset: str) -> None:
    case = oracle.case(f"{capability}__{dataset}")
    want = case.expected
    fit = ESTIMATORS[capability](formula_of(case), case.data, case.w())
    two = capability in ("ml_sac", "ml_gns")  # a numerical optimizer over two parameters: tolerances of the case
    k = len(want["names"])
    case.close(fit.params[:k], want["estimate"], rtol=1e-3 if two else 6e-5, atol=1e-4 if two else 1e-6)
    case.close(fit.std_errors[:k], want["se"], rtol=1e-2 if two else 1e-4)
    assert fit.log_likelihood >= want["logLik"] - 1e-4
    case.close(fit.log_likelihood, want["logLik"], atol=1e-4)
    for name, got in (("rho", fit.rho), ("lambda", fit.lambda_), ("sigma2", fit.sigma2)):
        if name in want:
            case.close(got, want[name], rtol=1e-3 if two else 2e-5)
    for name in ("rho", "lambda"):
        if f"{name}_se" in want:
            case.close(fit.std_errors[name], want[f"{name}_se"], rtol=1e-2 if two else 1e-4)
    if "AIC" in want:
        assert fit.n_params == want["n_params"]
        case.close([fit.aic, fit.bic], [want["AIC"], want["BIC"]])
    if "fitted_head" in want:
        case.close(fit.fitted.head(10), want["fitted_head"])
        case.close(fit.residuals.head(10), want["resid_head"], atol=1e-4)


@pytest.mark.parametrize("dataset", SETS)
def test_least_squares_equals_lm(dataset: str) -> None:
    case = oracle.case(f"ols_lm_tests__{dataset}")
    want = case.expected
    fit = models.ols(re.search(r"lm\((.*?)\)", case.raw["call"]).group(1), case.data)
    case.close(fit.params, want["estimate"])
    case.close(fit.std_errors, want["se"])
    case.close(fit.tvalues, want["t"])
    case.close(fit.pvalues, want["p"], rtol=1e-5)
    case.close([fit.sigma2, fit.r_squared, fit.adj_r_squared], [want["sigma2_n_minus_k"], want["r2"], want["adj_r2"]])
    case.close([fit.log_likelihood, fit.aic, fit.bic], [want["logLik"], want["AIC"], want["BIC"]])


def test_published_columbus() -> None:
    """Anselin (1988), chapter 12."""
    case = oracle.case("classic_anselin1988__oldcol")
    data, w = case.data, case.w()
    for name, fit in (("lag", models.lag(CRIME, data, w)), ("error", models.error(CRIME, data, w)),
                      ("sdm", models.durbin(CRIME, data, w))):  # fmt: skip
        want = case.expected[name]
        case.close(fit.params[: len(want["estimate"])], want["estimate"], rtol=1e-5)
        case.close(fit.std_errors[: len(want["se"])], want["se"], rtol=1e-4)
        case.close([fit.log_likelihood, fit.aic, fit.sigma2], [want["logLik"], want["AIC"], want["sigma2"]])
    assert models.lag(CRIME, data, w).rho == pytest.approx(0.431, abs=5e-4)
    assert models.error(CRIME, data, w).lambda_ == pytest.approx(0.562, abs=5e-4)


@pytest.mark.parametrize(("name", "options"), [("sar", {}), ("sar_weighted", {"weights": "BIR74"})])
def test_published_sids_with_observation_weights(name: str, options: dict[str, str]) -> None:
    case = oracle.case("classic_ncsids_car__ncsids")
    want = case.expected[name]
    fit = models.error("ft_SID74 ~ ft_NWBIR74", case.data, case.w("B"), **options)
    case.close(fit.beta, want["estimate"])
    case.close(fit.std_errors[:2], want["se"])
    case.close([fit.lambda_, fit.log_likelihood, fit.sigma2], [want["lambda"], want["logLik"], want["sigma2"]])


@pytest.mark.parametrize("dataset", ["columbus", "boston", "ncsids"])
def test_equals_spautolm(dataset: str) -> None:
    case = oracle.case(f"spautolm_sar__{dataset}")
    want = case.expected
    fit = models.error(formula_of(case), case.data, case.w())
    # lambda_se of spautolm is from the curvature of the concentrated likelihood: another estimate, not compared.
    case.close(fit.beta, want["estimate"])
    case.close(fit.std_errors[:-1], want["se"])
    case.close([fit.lambda_, fit.log_likelihood, fit.sigma2], [want["lambda"], want["logLik"], want["sigma2"]])


# -- values of spatialreg for which other programs are wrong ------------------------------
@pytest.mark.parametrize(
    ("fit", "rho", "error", "value"),
    [
        (models.lag(CRIME, COLUMBUS, W), 0.4233254, 0.1195104, -182.673972),
        (models.error(CRIME, COLUMBUS, W), 0.5467530, 0.1380508, -183.749428),
        (models.lag(CRIME, COLUMBUS, QUEEN), 0.0485317, 0.0143094, -181.710933),
        (models.error(CRIME, COLUMBUS, QUEEN), 0.1211682, 0.0223346, -182.555363),
        (
            models.lag(CRIME, COLUMBUS, oracle.weights("columbus_poly_knn4", COLUMBUS.index).row_standardized()),
            0.4631516, 0.1056678, -179.634605,
        ),
    ],
)  # fmt: skip
def test_any_style_of_w(fit: models.Fit, rho: float, error: float, value: float) -> None:
    """spreg's method='ord' gives .0509 (.1576) and .1611 for the binary W and .12175, .14277 as standard
    errors for the row-standardized one: it puts the similar symmetric matrix into tr(G'G), which similarity
    does not keep, and row-standardizes the caller's W on the way."""
    name = "rho" if "rho" in fit.params else "lambda"
    assert fit.params[name] == pytest.approx(rho, abs=1e-6)
    assert fit.std_errors[name] == pytest.approx(error, abs=1e-6)
    assert fit.log_likelihood == pytest.approx(value, abs=1e-5)


def test_inverse_distance_is_searched_in_its_own_interval() -> None:
    """spreg searches (-1, 1): it raises for the lag and returns lambda = -0.236 with logll nan for the error."""
    points = pd.read_csv(oracle.find("data/columbus_poly_centroids.csv")).set_index("id").to_numpy()
    distance = np.sqrt(np.square(points[:, None] - points[None]).sum(axis=-1))
    np.fill_diagonal(distance, np.inf)
    w = Weights(1 / distance, COLUMBUS.index)
    assert w.interval == pytest.approx((-0.121, 0.0226), abs=5e-4)
    lag, error = models.lag(CRIME, COLUMBUS, w), models.error(CRIME, COLUMBUS, w)
    assert (lag.rho, lag.log_likelihood) == pytest.approx((0.01585425, -175.81964), abs=1e-5)
    assert (error.lambda_, error.log_likelihood) == pytest.approx((0.02161487, -177.99384), abs=1e-5)


def test_sarar_and_durbin_of_the_queen() -> None:
    fit = models.sarar(CRIME, COLUMBUS, W)
    assert [fit.rho, fit.lambda_, fit.log_likelihood] == pytest.approx([0.36937425, 0.14641699, -182.555024], abs=1e-6)
    assert models.durbin(CRIME, COLUMBUS, W).rho == pytest.approx(0.40346262, abs=1e-7)


def test_every_parameter_counts_in_aic() -> None:
    """spreg's ML_Error does not count lambda, so its AIC favors the error model by two."""
    lag, error = models.lag(CRIME, COLUMBUS, W), models.error(CRIME, COLUMBUS, W)
    assert lag.n_params == error.n_params == 5
    assert (lag.aic, error.aic) == pytest.approx((375.347944, 377.498856), abs=1e-5)
    assert models.ols(CRIME, COLUMBUS).n_params == 4
    assert models.gns(CRIME, COLUMBUS, W).n_params == 8


def test_prints_nothing() -> None:
    """spreg prints the name of the class at every fit."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        models.lag(CRIME, COLUMBUS, W)
    assert out.getvalue() == ""


# -- laws ----------------------------------------------------------------------------------
@settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck))
@given(order=st.permutations(list(COLUMBUS.index)))
def test_row_order_changes_no_bit(order: list[int]) -> None:
    """Shuffled rows move rho from .4233 to .0835 in spreg, without a word."""
    for estimator in (models.ols, models.lag, models.error, models.durbin):
        straight, shuffled = (estimator(CRIME, data, W) for data in (COLUMBUS, COLUMBUS.loc[order]))
        assert (straight.params == shuffled.params).all()
        assert (straight.covariance == shuffled.covariance).all().all()
        assert shuffled.residuals.index.tolist() == order
        assert (shuffled.residuals.sort_index() == straight.residuals.sort_index()).all()


@settings(max_examples=5, deadline=None)
@given(scale=st.floats(0.01, 100), shift=st.floats(-50, 50))
def test_scale_of_a_regressor_goes_into_its_coefficient(scale: float, shift: float) -> None:
    plain = models.lag(CRIME, COLUMBUS, W)
    moved = models.lag(CRIME, COLUMBUS.assign(INC=COLUMBUS["INC"] * scale + shift), W)
    assert moved.params["INC"] * scale == pytest.approx(plain.params["INC"], rel=1e-7)
    assert [moved.rho, moved.log_likelihood] == pytest.approx([plain.rho, plain.log_likelihood], rel=1e-7)


def test_relabelling_units_changes_nothing() -> None:
    names = {unit: f"unit {99 - unit}" for unit in COLUMBUS.index}
    renamed = Weights(W.sparse, [names[u] for u in W.ids])
    one, two = models.sarar(CRIME, COLUMBUS, W), models.sarar(CRIME, COLUMBUS.rename(index=names), renamed)
    assert two.params.to_numpy() == pytest.approx(one.params.to_numpy(), rel=1e-9)


@pytest.mark.parametrize("estimator", [models.lag, models.error, models.sarar, models.durbin])
def test_likelihood_is_highest_at_the_estimate(estimator) -> None:  # type: ignore[no-untyped-def]
    from gbaspatial.models.likelihood.problem import log_likelihood

    fit = estimator(CRIME, COLUMBUS, W)
    model = fit._problem()
    low, high = W.interval
    for rho in np.linspace(low, high, 30)[1:-1] if fit.w is not None else [0.0]:
        for lam in np.linspace(low, high, 30)[1:-1] if fit.error_w is not None else [0.0]:
            assert log_likelihood(model, rho, lam) <= fit.log_likelihood + 1e-9
    assert 2 * (fit.log_likelihood - models.ols(fit.formula, COLUMBUS, W).log_likelihood) >= 0


def test_without_links_all_models_are_least_squares() -> None:
    from gbaspatial.models.likelihood.problem import solution

    fit, plain = models.lag(CRIME, COLUMBUS, W), models.ols(CRIME, COLUMBUS)
    beta, _, _, _ = solution(fit._problem(), 0.0, 0.0)
    assert beta == pytest.approx(plain.beta, rel=1e-10)


def test_lag_and_error_can_have_different_weights() -> None:
    near = oracle.weights("columbus_poly_knn4", COLUMBUS.index).row_standardized()
    fit = models.sarar(CRIME, COLUMBUS, W, error_w=near)
    again = models.sarar(CRIME, COLUMBUS, W.subset(W.ids[::-1]), error_w=near)
    assert again.params.to_numpy() == pytest.approx(fit.params.to_numpy(), rel=1e-8)
    assert fit.log_likelihood > models.lag(CRIME, COLUMBUS, W).log_likelihood
    assert fit.log_likelihood > models.error(CRIME, COLUMBUS, near).log_likelihood


def test_two_parameters_are_searched_from_many_starts() -> None:
    """A likelihood with two peaks: the better one is found, whichever is nearer to zero."""
    from gbaspatial.models.likelihood.problem import log_likelihood

    rng = np.random.default_rng(3)
    data = COLUMBUS.assign(noise=rng.normal(size=49))
    for seed in range(4):
        data["noise"] = np.random.default_rng(seed).normal(size=49)
        fit = models.sarar("noise ~ 1", data, W)
        model = fit._problem()
        grid = np.linspace(*W.interval, 80)[1:-1]
        best = max(log_likelihood(model, r, s) for r in grid for s in grid)
        assert fit.log_likelihood >= best - 1e-9


# -- bad input -------------------------------------------------------------------------------
def test_bad_input_is_named() -> None:
    twice = COLUMBUS.assign(DOUBLE=2 * COLUMBUS["INC"] + COLUMBUS["HOVAL"])
    with pytest.raises(CollinearityError, match="DOUBLE"):  # spreg gives betas with SE nan, or 'Singular matrix'
        models.lag("CRIME ~ INC + HOVAL + DOUBLE", twice, W)
    with pytest.raises(CollinearityError, match="49 units"):
        models.lag("CRIME ~ C(POLYID)", COLUMBUS, W)
    with pytest.raises(AlignmentError, match="absent from the data: 1"):
        models.lag(CRIME, COLUMBUS.drop(1), W)
    with pytest.raises(MissingDataError, match="INC.*5"):
        models.lag(CRIME, COLUMBUS.assign(INC=COLUMBUS["INC"].where(COLUMBUS.index != 5)), W)
    with pytest.raises(DataError, match="every unit"):
        models.lag("CRIME ~ INC", COLUMBUS.assign(CRIME=1.0), W)
    with pytest.raises(LabelTypeError):
        models.lag(CRIME, COLUMBUS.to_numpy(), W)  # type: ignore[arg-type]
    with pytest.raises(OptionError, match="Did you mean covariance"):
        models.lag(CRIME, COLUMBUS, W, covariances="HC0")
    with pytest.raises(OptionError, match="method"):
        models.lag(CRIME, COLUMBUS, W, method="mle")  # type: ignore[arg-type]
    with pytest.raises(OptionError, match="logdet"):
        models.lag(CRIME, COLUMBUS, W, logdet="lu")
    with pytest.raises(TypeError, match="Weights"):
        models.lag(CRIME, COLUMBUS, np.eye(49))
    with pytest.raises(OptionError, match="must be the same"):
        models.sarar(CRIME, COLUMBUS.loc[:40], W.subset(range(1, 41)), error_w=W)
    with pytest.raises(OptionError, match="needs weights"):
        models.lag(CRIME, COLUMBUS, None)
    with pytest.raises(WeightsError, match="no links"):
        models.lag(CRIME, COLUMBUS, Weights(np.zeros((49, 49)), COLUMBUS.index))
    with pytest.raises(OptionError, match="4 units cannot carry"):
        models.lag("CRIME ~ INC + HOVAL", COLUMBUS.loc[:4], W.subset(range(1, 5)))


def test_a_perfect_fit_is_an_error_not_a_nan() -> None:
    exact = COLUMBUS.assign(CRIME=3 + 2 * COLUMBUS["INC"])
    with pytest.raises(ConvergenceError, match="fits every unit exactly"):
        models.error("CRIME ~ INC", exact, W)


def test_edge_of_the_interval_has_no_normal_standard_error() -> None:
    ids = list(range(8))
    w = Weights(np.eye(8, k=1) + np.eye(8, k=-1), ids).row_standardized()
    trend = pd.DataFrame({"y": np.cos(np.pi * np.arange(8)) + 1e-6 * np.sin(np.arange(8) * 7.0)}, index=ids)
    fit = models.error("y ~ 1", trend, w)
    assert fit.edges == ("lambda",)
    assert np.isnan(fit.std_errors["lambda"])
    assert 0 < fit.pvalues["lambda"] <= 1  # tested all the same, for the test needs no standard error
    assert "edge" in str(fit.summary())
    assert "nan" not in str(fit.summary())


def test_islands_are_units_without_a_lag() -> None:
    pairs = W.to_frame()
    pairs = pairs[(pairs["focal"] != 1) & (pairs["neighbor"] != 1)]
    from gbaspatial.weights import from_pairs

    cut = from_pairs(pairs[["focal", "neighbor"]], ids=COLUMBUS.index).row_standardized()
    fit = models.lag(CRIME, COLUMBUS, cut)
    assert list(cut.islands) == [1]
    assert np.isfinite(fit.std_errors).all()
    assert fit.fitted[1] == pytest.approx(fit.beta @ [1, COLUMBUS.loc[1, "INC"], COLUMBUS.loc[1, "HOVAL"]])


def test_inputs_are_not_changed() -> None:
    before, matrix = COLUMBUS.copy(), W.sparse.toarray()
    models.durbin(CRIME, COLUMBUS, W)
    pd.testing.assert_frame_equal(COLUMBUS, before)
    assert (W.sparse.toarray() == matrix).all()


def test_tables_of_a_fit() -> None:
    fit = models.durbin(CRIME, COLUMBUS, W, inference="asymptotic")
    tidy = fit.tidy()
    assert list(tidy.columns) == ["estimate", "std_error", "statistic", "p_value", "lower", "upper"]
    assert list(tidy.index) == ["Intercept", "INC", "HOVAL", "W(INC)", "W(HOVAL)", "rho"]
    interval = fit.conf_int(0.9)
    assert (interval["upper"] - fit.params).to_numpy() == pytest.approx(1.6448536 * fit.std_errors.to_numpy())
    assert fit.glance().loc[0, "aic"] == fit.aic
    assert (fit.augment()["fitted"] + fit.residuals).to_numpy() == pytest.approx(COLUMBUS["CRIME"].to_numpy())
    assert "n = 49" in str(fit)
    assert "k = 5" in str(fit)
    assert "<table" in fit._repr_html_()
    assert r"\toprule" in fit.to_latex()


def test_refit_equals_a_fit_of_the_other_outcome() -> None:
    fit = models.sarar(CRIME, COLUMBUS, W)
    other = COLUMBUS["CRIME"].to_numpy()[::-1].copy()
    again = models.sarar(CRIME, COLUMBUS.assign(CRIME=other), W)
    refit = fit._refit(other)
    assert [refit.rho, refit.lam] == pytest.approx([again.rho, again.lambda_], abs=1e-9)


def test_kind_of_inference_is_printed() -> None:
    cities = COLUMBUS.loc[:25]
    w = W.subset(cities.index)
    fit = models.lag(CRIME, cities, w)
    text = str(fit.summary())
    assert "recommended below 50 units: every value of rho tested (9,999 rotations of residuals, seed 0" in text
    assert "std_error, statistic: asymptotic (information matrix)" in text
    assert text == str(models.lag(CRIME, cities, w).summary())
    assert "exact for normal errors" in str(models.ols(CRIME, cities).summary())
    for options in ({"method": "gmm"}, {"inference": "asymptotic"}, {"covariance": "HC1"}):
        assert "approximate with 25 units" in str(models.lag(CRIME, cities, w, **options).summary())
    assert "HC1" in str(models.lag(CRIME, cities, w, covariance="HC1").summary())
    with pytest.raises(OptionError, match="inference='bootstrap'"):
        models.lag(CRIME, cities, w, inference="bootstrap")


def test_r_squared_with_weights_is_the_weighted_one() -> None:
    """As R's summary(lm(..., weights=)): 1 - sum v e^2 / sum v (y - weighted mean)^2; equal weights change nothing."""
    v = 1.0 + np.arange(49) % 5
    fit = models.ols(CRIME, COLUMBUS.iloc[::-1], weights=pd.Series(v, index=COLUMBUS.index))
    y = COLUMBUS["CRIME"].to_numpy()
    e = fit.residuals.reindex(COLUMBUS.index).to_numpy()
    assert fit.r_squared == pytest.approx(1 - v @ e**2 / (v @ (y - v @ y / v.sum()) ** 2), rel=1e-12)
    same = models.ols(CRIME, COLUMBUS, weights=pd.Series(3.0, index=COLUMBUS.index))
    assert same.r_squared == pytest.approx(models.ols(CRIME, COLUMBUS).r_squared, rel=1e-12)


@pytest.mark.parametrize("method", ["ml", "gmm"])
def test_a_regressor_cannot_be_named_like_the_spatial_parameter(method) -> None:
    data = COLUMBUS.assign(rho=COLUMBUS["INC"], **{"lambda": COLUMBUS["INC"]})
    with pytest.raises(FormulaError, match="'rho' has the name .* rename the column"):
        models.lag("CRIME ~ rho + HOVAL", data, W, method=method)
    with pytest.raises(FormulaError, match="'lambda' has the name"):
        models.error("CRIME ~ lambda + HOVAL", data, W, method=method)
    with pytest.raises(FormulaError, match="'rho' has the name"):  # of which fit.rho would be the coefficient
        models.error("CRIME ~ rho + HOVAL", data, W, method=method)
    assert models.error("CRIME ~ I(rho) + HOVAL", data, W, method=method).params["I(rho)"] != 0
