"""Inference for few units: profiles, bias, exact tests, influence, detectable effects."""

from itertools import permutations

import numpy as np
import oracle
import pandas as pd
import pytest
from scipy import stats

from gbaspatial import models
from gbaspatial.errors import OptionError, UnknownNameError
from gbaspatial.models.few_units.bias import error_bias, lag_bias
from gbaspatial.models.likelihood.maximum import maximize, rho_given_lambda
from gbaspatial.models.likelihood.problem import log_likelihood
from gbaspatial.weights import Weights

CRIME = "CRIME ~ INC + HOVAL"
COLUMBUS = oracle.data("columbus")
QUEEN = oracle.weights("columbus_poly_queen", COLUMBUS.index).row_standardized()


def ring(n: int) -> Weights:
    W = np.eye(n, k=1) + np.eye(n, k=-1)
    W[0, -1] = W[-1, 0] = W[0, n // 2] = W[n // 2, 0] = 1
    return Weights(W, [f"u{i:02d}" for i in range(n)]).row_standardized()


def sample(n: int, seed: int = 1) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return pd.DataFrame({"y": rng.standard_normal(n), "x": rng.standard_normal(n)}, index=ring(n).ids)


# -- profile ----------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("estimator", "name"),
    [(models.lag, "rho"), (models.error, "lambda"), (models.sarar, "rho"), (models.sarar, "lambda")],
)
def test_profile_interval_is_where_the_ratio_is_chi_squared(estimator, name: str) -> None:
    fit = estimator(CRIME, COLUMBUS, QUEEN)
    found = fit.profile(name, simulate=False)
    model, cut = fit._problem(), stats.chi2.ppf(0.95, 1)

    def ratio(value: float) -> float:
        if fit.model != "sarar":
            at = {"rho": value} if name == "rho" else {"lam": value}
        elif name == "lambda":
            at = {"rho": rho_given_lambda(model, value), "lam": value}
        else:
            free = np.linspace(-1.4, 0.99, 1000)
            return 2 * (fit.log_likelihood - max(log_likelihood(model, value, lam) for lam in free))
        return 2 * (fit.log_likelihood - log_likelihood(model, **at))

    for end in (found.lower, found.upper):
        if abs(end - fit.w.interval[1] if fit.w is not None else end - 1) > 1e-6:
            assert ratio(end) == pytest.approx(cut, abs=2e-3)
    assert found.lower < fit.params[name] < found.upper
    assert (found.curve["ratio"] >= 0).all()
    assert found.curve["log_likelihood"].max() == pytest.approx(fit.log_likelihood, abs=1e-9)


def test_profile_simulated_and_plotted() -> None:
    fit = models.lag("y ~ x", sample(11), ring(11))
    one, two = fit.profile(rng=3, draws=199), fit.profile(rng=3, draws=199)
    assert one.intervals.equals(two.intervals)
    assert list(one.intervals.index) == ["chi-squared", "simulated"]
    low, high = fit.w.interval
    assert low <= one.lower < one.upper <= high
    assert one.plot().get_xlabel() == "rho"
    with pytest.raises(OptionError, match="no parameter 'lambda'"):
        fit.profile("lambda")
    with pytest.raises(AttributeError, match=r"LeastSquaresFit has no profile\(\)"):
        _ = models.ols("y ~ x", sample(11)).profile


# -- bias -------------------------------------------------------------------------------
@pytest.mark.parametrize("name", ["lag", "error"])
def test_bias_is_the_mean_error_of_refits(name: str) -> None:
    """At n = 506 the next order is small, so that 20,000 refits show the first."""
    case = oracle.case("ml_lag__boston")
    fit = getattr(models, name)("lcmedv ~ CRIM + rm2", case.data, case.w())
    exact = fit.bias_correction()
    drawn = fit.bias_correction(method="bootstrap", draws=20_000, rng=1)
    spread = fit.std_errors / np.sqrt(20_000)
    assert ((exact.frame["bias"] - drawn.frame["bias"]).abs() < 4 * spread + 0.06 * exact.frame["bias"].abs()).all()
    term = "rho" if name == "lag" else "lambda"
    assert exact.frame.loc[term, "bias"] < -10 * spread[term]  # and it is there to be seen
    assert exact.corrected[term] == pytest.approx(fit.params[term] - exact.frame.loc[term, "bias"])


def test_bias_does_not_depend_on_units() -> None:
    """Scaling y scales the bias of coefficients and leaves that of rho; the error model's coefficients have none."""
    W, X = ring(12).sparse.toarray(), np.column_stack([np.ones(12), np.arange(12.0)])
    b = np.array([1.0, 2.0])
    one, two = lag_bias(W, X, b, 0.3, 2.0), lag_bias(W, X, 10 * b, 0.3, 200.0)
    assert two == pytest.approx(one * np.array([10, 10, 1, 100]), rel=1e-9)
    assert error_bias(W, X, 0.3, 2.0)[:2] == pytest.approx([0, 0], abs=1e-12)
    assert error_bias(W, X, 0.3, 200.0)[2] == pytest.approx(error_bias(W, X, 0.3, 2.0)[2], rel=1e-9)


def test_bias_where_it_is_not_known() -> None:
    fit = models.sarar(CRIME, COLUMBUS, QUEEN)
    with pytest.raises(OptionError, match="one spatial parameter"):
        fit.bias_correction()
    found = fit.bias_correction(method="bootstrap", draws=300)
    low, high = fit.w.interval
    assert low < found.corrected["rho"] < high


# -- exact tests --------------------------------------------------------------------------
def test_permutation_test_over_all_orders() -> None:
    fit = models.error("y ~ 1", sample(6), ring(6))
    found = fit.exact_test(method="permutation")
    assert (found.inference, found.draws) == ("exact", 720)
    model = fit._problem()
    ratios = []
    for order in permutations(range(6)):
        other = model.with_outcome(model.y[list(order)])
        ratios.append(2 * (maximize(other).log_likelihood - log_likelihood(other)))
    assert found.p_ratio == pytest.approx(np.mean(np.array(ratios) >= found.statistic - 1e-7), abs=1e-12)
    assert found.statistic == pytest.approx(ratios[0], abs=1e-9)
    assert "exact." in found.note


def test_rotation_test_does_not_see_coefficients_or_scale() -> None:
    data, w = sample(11), ring(11)
    one = models.error("y ~ x", data, w).exact_test(draws=499, rng=2)
    moved = data.assign(y=100 * data["y"] + 5 - 3 * data["x"])
    two = models.error("y ~ x", moved, w).exact_test(draws=499, rng=2)
    assert one.p_value == pytest.approx(two.p_value)
    assert one.p_greater + one.p_less == pytest.approx(1 + 1 / 500, abs=1e-9)


def test_rotation_test_has_its_size() -> None:
    """Of 200 samples without dependence about 5 % are rejected, where chi-squared rejects more."""
    w, n = ring(11), 11
    rng = np.random.default_rng(9)
    data = sample(n)
    p = []
    for _ in range(200):
        fit = models.lag("y ~ x", data.assign(y=1 + data["x"] + rng.standard_normal(n)), w)
        p.append(fit.exact_test(draws=59, rng=int(rng.integers(1e9))).p_value)
    assert 0.02 <= np.mean(np.array(p) <= 0.05) <= 0.09
    assert np.mean(np.array(p) <= 0.5) == pytest.approx(0.5, abs=0.11)


def test_exact_test_needs_a_spatial_parameter() -> None:
    with pytest.raises(OptionError, match="no spatial parameter"):
        models.exact_test(models.ols("y ~ x", sample(11)))
    both = models.sarar("y ~ x", sample(11), ring(11)).exact_test(draws=99)
    assert np.isnan(both.p_greater)
    assert both.p_value == both.p_ratio


# -- influence ------------------------------------------------------------------------------
def test_influence_is_the_fit_without_the_unit() -> None:
    fit = models.lag(CRIME, COLUMBUS, QUEEN)
    some = COLUMBUS.head(14)
    w = QUEEN.subset(some.index)
    fit = models.durbin(CRIME, some.iloc[::-1], w)
    found = fit.influence()
    for unit in (some.index[0], some.index[7]):
        kept = some.drop(unit)
        other = models.durbin(CRIME, kept, w.subset(kept.index))
        assert found.estimates.loc[unit].to_numpy() == pytest.approx(other.params.to_numpy(), rel=1e-8)
    assert list(found.estimates.index) == list(some.index[::-1])
    change = (found.estimates - fit.params) / fit.std_errors
    assert found.largest.to_numpy() == pytest.approx(change.abs().max(axis=1).to_numpy())
    assert found.plot().get_xlabel() == "rho without the unit"


def test_influence_where_a_level_hangs_on_one_unit() -> None:
    data = sample(11).assign(zone=["a"] * 5 + ["b"] * 5 + ["c"])
    fit = models.ols("y ~ x + C(zone)", data)
    found = fit.influence()
    assert found.estimates.loc["u10", "C(zone)[T.c]"] != found.estimates.loc["u10", "C(zone)[T.c]"]
    assert found.estimates.drop("u10").notna().all(axis=None)


# -- detectable effects -------------------------------------------------------------------------
def test_detectable_coefficient_of_least_squares_is_that_of_the_noncentral_t() -> None:
    fit = models.ols("y ~ x", sample(11))
    found = fit.detectable_effect("x", draws=20_000, rng=1)
    null = models.ols("y ~ 1", sample(11))
    x = sample(11)["x"].to_numpy()
    se = np.sqrt(null.sigma2 / np.square(x - x.mean()).sum())
    cut = stats.t.ppf(0.975, 9)
    for effect, power in found.curve.iloc[::4].itertuples(index=False):
        if abs(effect / se) > 8:  # all but sure; SciPy's noncentral t gives NaN there
            continue
        exact = stats.nct.sf(cut, 9, effect / se) + stats.nct.cdf(-cut, 9, effect / se)
        assert power == pytest.approx(exact, abs=0.015)
    assert found.positive == pytest.approx(-found.negative, rel=0.03)


def test_detectable_rho() -> None:
    fit = models.lag("y ~ x", sample(11), ring(11))
    found = fit.detectable_effect(draws=400, rng=1)
    near = found.curve.iloc[(found.curve["effect"].abs()).argmin()]
    assert near["power"] < 0.2
    assert found.curve["power"].iloc[0] > 0.5
    assert "n = 11" in found.sentence
    assert found.plot().get_ylabel() == "power"
    assert found.curve.equals(fit.detectable_effect(draws=400, rng=1).curve)
    with pytest.raises(UnknownNameError, match="Did you mean rho"):
        fit.detectable_effect("roh")
    with pytest.raises(OptionError, match="target=80"):
        fit.detectable_effect(target=80)


def test_influence_on_many_units_is_asked_for() -> None:
    import warnings

    import gbaspatial as gba
    from gbaspatial.weights import Weights

    ids = [f"u{i}" for i in range(12)]
    w = Weights(np.eye(12, k=1) + np.eye(12, k=-1), ids).row_standardized()
    data = pd.DataFrame(np.random.default_rng(0).normal(size=(12, 2)), index=ids, columns=["y", "x"])
    fit = gba.models.lag("y ~ x", data, w)
    with pytest.raises(gba.errors.OptionError, match="12 times.*most_units=12"):
        fit.influence(most_units=11)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(fit.influence().estimates) == 12  # without u1, u0 is an island: not told by a warning each time
