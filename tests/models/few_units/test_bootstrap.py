"""Batch refits against one-by-one fits, and inference by simulation: repeatable, and right where it can be known."""

import numpy as np
import oracle
import pandas as pd
import pytest
from scipy import stats

from gbaspatial import models
from gbaspatial.errors import OptionError
from gbaspatial.models.diagnostics import lm_tests
from gbaspatial.models.likelihood.many_outcomes import batch_of
from gbaspatial.models.likelihood.many_refits import refit
from gbaspatial.models.likelihood.many_tests import scores
from gbaspatial.models.likelihood.maximum import maximize
from gbaspatial.models.likelihood.resample import generator, restricted, scaled_innovations
from gbaspatial.models.solve import many_rho as splines
from gbaspatial.weights import Weights

CRIME = "CRIME ~ INC + HOVAL"
COLUMBUS = oracle.data("columbus")
QUEEN = oracle.weights("columbus_poly_queen", COLUMBUS.index)
STYLES = {
    "row": QUEEN.row_standardized(),
    "binary": QUEEN.binary(),
    "knn": oracle.weights("columbus_poly_knn4", COLUMBUS.index),
}
SPATIAL = {"lag": models.lag, "error": models.error, "sarar": models.sarar}


def ring(n: int = 11) -> Weights:
    W = np.eye(n, k=1) + np.eye(n, k=-1)
    W[0, -1] = W[-1, 0] = W[0, 5] = W[5, 0] = 1
    return Weights(W, [f"u{i:02d}" for i in range(n)]).row_standardized()


def eleven(seed: int = 1) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return pd.DataFrame({"y": rng.standard_normal(11), "x": rng.standard_normal(11)}, index=ring().ids)


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("name", SPATIAL)
def test_batch_equals_one_by_one(name: str, style: str) -> None:
    fit = SPATIAL[name](CRIME, COLUMBUS, STYLES[style])
    model = fit._problem()
    rng = np.random.default_rng(2)
    Y = fit.design.y[:, None] + rng.standard_normal((49, 8)) * np.linspace(0, 12, 8)
    found = refit(batch_of(model), Y)
    for place in range(Y.shape[1]):
        one = maximize(model.with_outcome(Y[:, place]))
        assert found.log_likelihood[place] == pytest.approx(one.log_likelihood, abs=1e-9)
        assert [found.rho[place], found.lam[place]] == pytest.approx([one.rho, one.lam], abs=1e-7)
        assert found.beta[:, place] == pytest.approx(one.beta, rel=1e-6, abs=1e-7)
        assert found.sigma2[place] == pytest.approx(one.sigma2, rel=1e-7)


def test_batch_with_observation_weights_and_two_w() -> None:
    weights = pd.Series(np.linspace(0.5, 2, 49), index=COLUMBUS.index)
    fit = models.sarar(CRIME, COLUMBUS, STYLES["row"], error_w=STYLES["knn"], weights=weights)
    found = refit(batch_of(fit._problem()), fit.design.y[:, None])
    assert [found.rho[0], found.lam[0]] == pytest.approx([fit.rho, fit.lambda_], abs=1e-7)
    assert found.beta[:, 0] == pytest.approx(fit.beta, rel=1e-6)
    assert found.log_likelihood[0] == pytest.approx(fit.log_likelihood, abs=1e-9)


@pytest.mark.parametrize("name", SPATIAL)
def test_covariance_is_the_inverse_numerical_hessian(name: str) -> None:
    fit = SPATIAL[name](CRIME, COLUMBUS, STYLES["row"])
    model = fit._problem()
    found = refit(batch_of(model), fit.design.y[:, None], errors=True)
    spatial = [p for p, there in ((3, model.lag), (4, model.error)) if there is not None]
    places = [0, 1, 2, *spatial]
    W = fit.design.weights["W"].sparse.toarray()
    y, X = fit.design.y, fit.design.X
    at = np.array([*found.beta[:, 0], found.rho[0], found.lam[0], np.log(found.sigma2[0])])

    def value(p: np.ndarray) -> float:
        B = np.eye(49) - p[4] * W
        e = B @ (y - p[3] * (W @ y) - X @ p[:3])
        dets = np.linalg.slogdet(np.eye(49) - p[3] * W)[1] + np.linalg.slogdet(B)[1]
        return dets - 49 / 2 * p[5] - e @ e / (2 * np.exp(p[5]))

    free = [*places, 5]
    steps = np.array([1e-2, 1e-3, 1e-3, 1e-4, 1e-4, 1e-4])
    H = np.zeros((len(free), len(free)))
    for a, i in enumerate(free):
        for b, j in enumerate(free):
            di, dj = np.eye(6)[i] * steps[i], np.eye(6)[j] * steps[j]
            H[a, b] = (value(at + di + dj) - value(at + di - dj) - value(at - di + dj) + value(at - di - dj)) / (
                4 * steps[i] * steps[j]
            )
    want = np.linalg.inv(-H)[:-1, :-1]
    got = found.covariance[:, :, 0][np.ix_(places, places)]
    assert np.sqrt(np.diag(got)) == pytest.approx(np.sqrt(np.diag(want)), rel=2e-3)
    assert got == pytest.approx(want, rel=2e-2, abs=2e-3 * float(np.abs(want).max()))


def test_chebyshev_spline_equals_eigenvalues() -> None:
    model = models.lag(CRIME, COLUMBUS, STYLES["row"])._problem()
    exact = splines.spline_of(model.lag, 49)
    near = splines.ChebyshevSpline(model.lag, 0.4, 0.3)
    rho = np.linspace(0.15, 0.65, 5)
    for got, want in zip(near(rho), exact(rho), strict=True):
        assert got == pytest.approx(want, rel=1e-7, abs=1e-7)


def test_scores_equal_single_tests() -> None:
    W, X, y = STYLES["knn"].sparse, np.column_stack([np.ones(49), COLUMBUS["INC"]]), COLUMBUS["CRIME"].to_numpy()
    a = lm_tests.ingredients(y, X, W, X[:, 1:])
    want = [f(a).statistic for f in (lm_tests.lm_error, lm_tests.lm_lag, lm_tests.robust_lm_error,
                                     lm_tests.robust_lm_lag, lm_tests.lm_sarma)]  # fmt: skip
    assert scores(np.column_stack([y, y]), X, W)[:, 1] == pytest.approx(want)


def test_repeats_bit_for_bit_and_extends() -> None:
    fit = models.lag("y ~ x", eleven(), ring())
    one, two = fit.bootstrap(draws=1500, rng=7), fit.bootstrap(draws=1500, rng=7)
    assert one.replicates.equals(two.replicates)
    assert one.conf_int().equals(two.conf_int())
    few = fit.bootstrap(draws=999, rng=7)
    np.testing.assert_allclose(few.replicates, one.replicates.head(999), rtol=1e-12)  # BLAS rounds by block width
    assert not fit.bootstrap(draws=999, rng=8).replicates.equals(few.replicates)
    assert one.seed == 7


def test_shuffled_rows_change_no_bit() -> None:
    one = models.error("y ~ x", eleven(), ring()).bootstrap(draws=200, rng=1)
    two = models.error("y ~ x", eleven().iloc[::-1], ring()).bootstrap(draws=200, rng=1)
    assert one.to_frame().equals(two.to_frame())


def test_least_squares_bootstrap_is_the_t_distribution() -> None:
    """The studentized parametric bootstrap of least squares draws from t with n - k degrees of freedom."""
    fit = models.ols("y ~ x", eleven())
    boot = fit.bootstrap(draws=40_000, rng=1)
    half = (boot.conf_int().loc["x", "upper"] - boot.conf_int().loc["x", "lower"]) / 2
    exact = fit.conf_int().loc["x"]
    assert half == pytest.approx((exact["upper"] - exact["lower"]) / 2, rel=0.03)
    assert boot.p_values["x"] == pytest.approx(fit.pvalues["x"], abs=0.01)
    assert boot.std_errors["x"] == pytest.approx(fit.std_errors["x"], rel=0.03)


@pytest.mark.parametrize("kind", ["parametric", "residual", "wild"])
def test_drawn_outcomes_have_the_mean_and_variance_of_the_model(kind: str) -> None:
    fit = models.sarar(CRIME, COLUMBUS, STYLES["row"])
    source = generator(fit._problem(), 3, kind)
    Y = np.concatenate(source.each(np.copy, 4000), axis=1)
    W = STYLES["row"].sparse.toarray()
    A, B = (np.linalg.inv(np.eye(49) - value * W) for value in (fit.rho, fit.lambda_))
    mean = A @ fit.design.X @ fit.beta
    sd = np.sqrt(fit.sigma2 * 49 / 46 * np.square(A @ B).sum(axis=1))
    assert np.abs(Y.mean(axis=1) - mean).max() < 4 * sd.max() / np.sqrt(4000)
    if kind == "parametric":
        assert Y.std(axis=1) == pytest.approx(sd, rel=0.06)


def test_innovations_keep_their_size() -> None:
    fit = models.lag(CRIME, COLUMBUS, STYLES["row"])
    e = scaled_innovations(fit._problem(), fit.beta, fit.rho, 0.0)
    assert e.mean() == pytest.approx(0, abs=1e-10)
    assert e @ e == pytest.approx(49 * fit.sigma2 * 49 / 46)


def test_restricted_fit_is_the_nested_model() -> None:
    fit = models.sarar(CRIME, COLUMBUS, STYLES["row"])
    beta, rho, lam = restricted(fit._problem(), 0.0, None)
    error = models.error(CRIME, COLUMBUS, STYLES["row"])
    assert (rho, lam) == (0.0, pytest.approx(error.lambda_, abs=1e-7))
    assert beta == pytest.approx(error.beta, rel=1e-6)
    _, rho, _ = restricted(fit._problem(), 0.3, None)
    assert rho == 0.3
    with pytest.raises(OptionError, match="zero only"):
        restricted(fit._problem(), None, 0.3)


def test_ratio_tests_are_those_of_the_fits() -> None:
    w = STYLES["row"]
    lag, error, both, ols = models.lag, models.error, models.sarar, models.ols
    boot = both(CRIME, COLUMBUS, w).bootstrap(draws=99, rng=1)
    top = both(CRIME, COLUMBUS, w).log_likelihood
    want = {
        "lr_rho": error(CRIME, COLUMBUS, w),
        "lr_lambda": lag(CRIME, COLUMBUS, w),
        "lr_rho_lambda": ols(CRIME, COLUMBUS),
    }
    for name, null in want.items():
        statistic = boot.tests.loc[name, "statistic"]
        assert statistic == pytest.approx(2 * (top - null.log_likelihood), abs=1e-6)
        df = boot.tests.loc[name, "df"]
        assert boot.tests.loc[name, "p_asymptotic"] == pytest.approx(stats.chi2.sf(statistic, df))
    assert (boot.tests["p_bootstrap"] >= 0.01).all()


def test_intervals_stay_in_the_admissible_interval() -> None:
    fit = models.sarar("y ~ x", eleven(), ring())
    boot = fit.bootstrap(draws=400, rng=1)
    low, high = fit.w.interval
    for name in ("rho", "lambda"):
        for kind in ("recommended", "percentile", "basic", "studentized"):
            row = boot.conf_int(kind=kind).loc[name]
            assert low <= row["lower"] <= row["upper"] <= high
    assert set(boot.windows) == {"rho", "lambda"}


def test_tables_and_picture() -> None:
    boot = models.lag("y ~ x", eleven(), ring()).bootstrap(draws=200, rng=1)
    assert list(boot.to_frame().columns) == ["estimate", "bias", "std_error", "p_value", "lower", "upper"]
    assert "seed 1" in str(boot)
    assert len(boot.plot()) == 3


def test_bad_input() -> None:
    fit = models.lag("y ~ x", eleven(), ring())
    with pytest.raises(OptionError, match="kind='pairs'"):
        fit.bootstrap(kind="pairs")
    with pytest.raises(OptionError, match="draws=0"):
        fit.bootstrap(draws=0)
    with pytest.raises(OptionError, match="they need 199 at the very least"):
        fit.bootstrap(draws=198, level=0.99)
    with pytest.raises(AttributeError, match=r"InstrumentFit has no bootstrap\(\): it is for models by maximum"):
        _ = models.lag(CRIME, COLUMBUS, STYLES["row"], method="gmm").bootstrap
    with pytest.raises(OptionError, match="level"):
        fit.bootstrap(draws=99).conf_int(2.0)


@pytest.mark.parametrize("draws", [1, 38])
def test_too_few_draws_have_no_interval(draws: int) -> None:
    with pytest.raises(OptionError, match=f"draws={draws} is too few"):
        models.lag("y ~ x", eleven(), ring()).bootstrap(draws=draws)
