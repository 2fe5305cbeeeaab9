"""Laws of every estimator: where a variable starts, in which unit it is, how W is scaled, in which order units stand.

The estimators are found in `gba.models`: one that is not listed here, and is not named as another kind of
function, fails the suite.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import numpy as np
import pandas as pd
import pytest

import gbaspatial as gba
from gbaspatial.errors import DataError, OptionError, WeightsError
from gbaspatial.weights import Weights

pytestmark = pytest.mark.slow  # minutes: every estimator by every law

models = gba.models
OTHERS = {  # not estimators of a formula: tests, tools, and what starts from a fit or from several W
    "Fit", "bias_correction", "chow", "detectable_effect", "exact_test", "impact_of_change", "log_determinant",
    "model_probabilities", "moran_eigenvectors", "over_weights", "posterior", "simulate", "wild_test", "PanelFit",
    "posterior_probabilities", "panel_model_probabilities", "panel_over_weights",
    "impact_of_links", "panel_effects", "hausman",
    # panels: their laws are in panel/test_laws_of_panels.py
    "panel_ols", "panel_slx", "panel_lag", "panel_error", "panel_sarar", "panel_durbin", "panel_durbin_error",
    "panel_gns",
}  # fmt: skip
SPATIAL = ("rho", "lambda", "alpha")


@dataclass(frozen=True)
class Case:
    """An estimator with options; `formula`; the `kind` of W; and which laws its likelihood has."""

    name: str
    options: dict[str, Any]
    formula: str = "y ~ x + z"
    w: str = "row"
    y_shifts: bool = True
    y_scales: bool = True

    def __str__(self) -> str:
        told = ",".join(f"{k}={v if isinstance(v, (str, int)) else '...'}" for k, v in self.options.items())
        return f"{self.name}({told}){'' if self.w == 'row' else ' ' + self.w}"

    def fit(self, data: pd.DataFrame, w: Weights) -> Any:
        options = {k: v(data) if callable(v) else v for k, v in self.options.items()}
        formula = ["y ~ x + z", "y2 ~ x"] if self.name == "sur" else self.formula
        fit = getattr(models, self.name)(formula, data, w, **options)
        return fit.fit if self.name == "spatial_filter" else fit


def places(data: pd.DataFrame) -> pd.DataFrame:
    return data[["lon", "lat"]]


FAMILY = ("lag", "error", "sarar", "durbin", "durbin_error", "gns")
CASES = [
    *(Case(name, options) for name in ("ols", "slx") for options in (
        {}, {"covariance": "HC0"}, {"covariance": "HC3"}, {"weights": "size"}, {"regimes": "g"},
        {"covariance": "hac", "coordinates": places, "neighbors": 6})),
    *(Case(name, {"method": "ml"}) for name in FAMILY),
    *(Case(name, {"method": "ml"}, w="binary", y_shifts=name == "error") for name in FAMILY if "durbin" not in name),
    *(Case(name, {}, w="river", y_shifts=name == "error") for name in ("lag", "error", "sarar")),
    Case("mess", {}, w="river", y_shifts=False), Case("sma", {}, w="river"),
    *(Case(name, options) for name in ("lag", "error", "sarar") for options in (
        {"covariance": "HC0"}, {"covariance": "sandwich"}, {"weights": "size"}, {"regimes": "g"})),
    *(Case(name, {"method": "gmm"}) for name in FAMILY),
    *(Case("error", {"method": "gmm", "moments": m}, w=w) for m in ("kp98", "homoskedastic", "heteroskedastic")
      for w in ("row", "binary")),
    Case("sarar", {"method": "gmm", "moments": "homoskedastic"}), Case("sarar", {"method": "gmm", "moments": "kp98"}),
    *(Case("lag", {"method": "gmm", **options}) for options in (
        {"covariance": "HC0"}, {"covariance": "HC3"}, {"regimes": "g"}, {"instrument_lags": 1},
        {"covariance": "hac", "coordinates": places, "neighbors": 6})),
    Case("mess", {}), Case("mess", {"covariance": "HC0"}), Case("mess", {"durbin": True}),
    Case("mess", {}, w="binary", y_shifts=False), Case("mess", {"weights": "size"}),
    Case("mess", {"model": "error"}), Case("mess", {"model": "error", "covariance": "HC0"}),
    Case("mess", {"model": "error"}, w="binary"),
    Case("car", {}, w="binary"), Case("car", {"weights": "size"}, w="binary"),
    Case("car", {"regimes": "g"}, w="binary"),
    Case("sma", {}), Case("sma", {}, w="binary"), Case("sma", {"weights": "size"}),
    *(Case("sur", {"model": m}) for m in ("ols", "slx", "lag", "error", "sarar", "durbin", "durbin_error", "gns")),
    Case("sur", {"model": "error"}, w="binary"),
    Case("sur", {"model": "lag", "method": "3sls"}), Case("sur", {"model": "durbin", "method": "3sls"}),
    *(Case("ppml", options, formula="count ~ x + z", y_shifts=False, y_scales=False) for options in (
        {}, {"covariance": "classical"}, {"covariance": "HC3"}, {"exposure": "size"},
        {"covariance": "hac", "coordinates": places, "neighbors": 6})),
    Case("rho_by_regime", {"regimes": "g"}), Case("rho_by_regime", {"regimes": "g", "coefficients": "regimes"}),
    Case("rho_by_regime", {"regimes": "g", "durbin": True}),
    Case("rho_by_regime", {"regimes": "g", "coefficients": "common"}, y_shifts=False),
    Case("spatial_filter", {}),
    Case("spatial_filter", {"model": "poisson"}, formula="count ~ x + z", y_shifts=False, y_scales=False),
]  # fmt: skip
every = pytest.mark.parametrize("case", CASES, ids=str)


def world(n: int = 49) -> tuple[pd.DataFrame, dict[str, Weights]]:
    rng = np.random.default_rng(20)
    ids = pd.Index([f"u{k:02d}" for k in range(n)], name="unit")
    points = rng.uniform(0, 2, size=(n, 2))
    far = np.linalg.norm(points[:, None] - points[None], axis=2) + 9 * np.eye(n)
    links = np.zeros((n, n))
    for row, near in enumerate(np.argsort(far, axis=1)[:, :4]):
        links[row, near] = links[near, row] = 1.0
    row = links / links.sum(axis=1, keepdims=True)
    x, z, e, f = rng.normal(size=(4, n))
    y = np.linalg.solve(np.eye(n) - 0.4 * row, 1 + x - 0.5 * z + e)
    y2 = np.linalg.solve(np.eye(n) - 0.3 * row, 2 - x + 0.6 * e + f)
    data = pd.DataFrame({"y": y, "y2": y2, "x": x, "z": z}, index=ids)
    data["count"] = rng.poisson(np.exp(1 + 0.4 * x + 0.2 * y)).astype(float)
    data["size"] = rng.uniform(1, 3, n)
    data["g"] = np.where(points[:, 0] > 1, "east", "west")
    data["lon"], data["lat"] = 113 + points[:, 0], 22 + points[:, 1]
    river = np.triu(links * rng.uniform(0.2, 0.6, size=(n, n)))  # downstream only: no cycle, so no end of the interval
    return data, {"row": Weights(row, ids), "binary": Weights(links, ids), "river": Weights(river, ids)}


DATA, WS = world()
FITS: dict[str, Any] = {}


def at_rest(case: Case) -> Any:
    """The fit of the data as they are, made once."""
    key = str(case)
    if key not in FITS:
        FITS[key] = case.fit(DATA, WS[case.w])
    return FITS[key]


def term_of(label: Any) -> str:
    return str(label[-1] if isinstance(label, tuple) else label)


def is_spatial(label: Any) -> bool:
    return term_of(label).partition("[")[0] in SPATIAL


def moves_with_origin(label: Any) -> bool:
    """Intercepts, of a class too."""
    term = term_of(label)
    return term.endswith("Intercept") or term.startswith("C(g)")


def agree(
    one: Any,
    two: Any,
    tolerance: float,
    factor: Callable[[Any], float] = lambda label: 1.0,
    *,
    intercepts: bool = True,
    shift: float = 0.0,
) -> None:
    """Coefficients, standard errors and p-values of `two` are those of `one`, times `factor` of the term."""
    assert list(one.params.index) == list(two.params.index)
    labels = [label for label in one.params.index if intercepts or not moves_with_origin(label)]
    factors = np.array([factor(label) for label in labels])
    errors = one.std_errors[labels].to_numpy()
    size = np.where(np.isfinite(errors), errors, np.abs(one.params[labels].to_numpy()))
    gap = np.abs(two.params[labels].to_numpy() / factors - one.params[labels].to_numpy())
    assert np.max(gap / size) < tolerance, dict(zip(labels, gap / size, strict=True))
    np.testing.assert_allclose(two.std_errors[labels].to_numpy() / factors, errors, rtol=tolerance)
    np.testing.assert_allclose(two.pvalues[labels].to_numpy(), one.pvalues[labels].to_numpy(), rtol=100 * tolerance)
    if np.isfinite(one.log_likelihood):
        assert two.log_likelihood - shift == pytest.approx(one.log_likelihood, rel=tolerance, abs=tolerance)


def test_every_estimator_is_here():
    known = {case.name for case in CASES} | OTHERS
    assert known == set(models.__all__), known ^ set(models.__all__)


@every
@pytest.mark.parametrize("far", [1e3, -1e6])
def test_the_origin_of_a_regressor_moves_the_intercept_only(case, far):
    if case.w == "binary" and case.name == "gns":
        pytest.skip("W x moves with W 1, which is no constant where the rows of W have different sums")
    two = case.fit(DATA.assign(x=DATA["x"] + far), WS[case.w])
    agree(at_rest(case), two, 1e-6 if case.name == "rho_by_regime" else 1e-7, intercepts=False)


@every
@pytest.mark.parametrize("far", [1e3, -1e6])
def test_the_origin_of_the_outcome_moves_the_intercept_only(case, far):
    if not case.y_shifts:
        pytest.skip("W 1 is no constant, or counts have an origin, or the classes share an intercept")
    two = case.fit(DATA.assign(y=DATA["y"] + far), WS[case.w])
    agree(at_rest(case), two, 1e-6 if case.name == "rho_by_regime" else 1e-7, intercepts=False)


@pytest.mark.parametrize("moments", ["kp98", "homoskedastic", "heteroskedastic"])
@pytest.mark.parametrize("name", ["error", "sarar", "durbin_error", "gns"])
@pytest.mark.parametrize("far", [1e5, 1e7])
def test_moments_of_errors_take_a_regressor_far_from_zero(name, moments, far):
    """A ring, whose lambda is near enough to zero that filtered regressors are as near the intercept as plain ones."""
    # at an end of the interval of lambda the filter leaves nothing of the intercept, which no digit then holds
    rng, n = np.random.default_rng(5 if name == "gns" else 3), 60
    ids = [f"u{k:02d}" for k in range(n)]
    ring = Weights(np.roll(np.eye(n), 1, axis=0) + np.roll(np.eye(n), -1, axis=0), ids).row_standardized()
    x, z, e = rng.normal(size=(3, n))
    y = np.linalg.solve(np.eye(n) - 0.4 * ring.sparse.toarray(), 1 + x + e)
    near = pd.DataFrame({"y": y, "x": x, "z": z}, index=ids)
    one, two = (
        getattr(models, name)("y ~ x + z", data, ring, method="gmm", moments=moments)
        for data in (near, near.assign(x=near["x"] + far))
    )
    assert abs(one.lambda_) < 0.9
    np.testing.assert_allclose(two.params.drop("Intercept"), one.params.drop("Intercept"), rtol=1e-6)


def simulated(fit: Any) -> pd.Series:
    """Every p-value of `fit` that is counted among refits, without that of the intercept."""
    boot = fit.bootstrap(draws=199, rng=1)
    found = {"refits": boot.p_values.drop("Intercept"), "tests": boot.tests["p_bootstrap"]}
    found["wild"] = fit.wild_test(draws=199, rng=1).p_values
    exact = fit.exact_test(draws=199, rng=1)
    found["exact"] = pd.Series({"p": exact.p_value, "p_ratio": exact.p_ratio})
    return pd.concat({**found, "own": fit.pvalues.drop("Intercept")})


@cache
def simulated_at_rest(name: str) -> pd.Series:
    """The same of the data whose outcome was not moved, made once."""
    y = np.round(DATA["y"] * 2.0**20) / 2.0**20
    return simulated(getattr(models, name)("y ~ x + z", DATA.assign(y=y), WS["row"]))


@pytest.mark.parametrize("name", FAMILY)
@pytest.mark.parametrize("far", [-(2.0**20), 2.0**26])
def test_no_digit_of_a_simulated_p_depends_on_the_level_of_the_outcome(name, far):
    y = np.round(DATA["y"] * 2.0**20) / 2.0**20  # so that adding the level loses nothing
    assert ((y + far) - far == y).all()
    moved = getattr(models, name)("y ~ x + z", DATA.assign(y=y + far), WS["row"])
    pd.testing.assert_series_equal(simulated_at_rest(name), simulated(moved), rtol=0, atol=1e-9)


@every
@pytest.mark.parametrize("c", [1e-12, 0.37, 1e12])
def test_the_scale_of_w_moves_the_spatial_parameter_only(case, c):
    one, w = at_rest(case), WS[case.w]

    def _factor(label: Any) -> float:
        return 1 / c if is_spatial(label) or "W(" in term_of(label) else 1.0

    agree(one, case.fit(DATA, Weights(c * w.sparse, w.ids)), 1e-8, _factor)


@every
@pytest.mark.parametrize("c", [1e-9, 3.7, 1e9])
def test_the_unit_of_a_regressor_moves_its_coefficients_only(case, c):
    def _factor(label: Any) -> float:
        return 1 / c if term_of(label).rpartition(":")[2] in ("x", "W(x)") else 1.0

    agree(at_rest(case), case.fit(DATA.assign(x=c * DATA["x"]), WS[case.w]), 1e-8, _factor)


@every
@pytest.mark.parametrize("c", [1e-9, 3.7, 1e9])
def test_the_unit_of_the_outcome_moves_all_coefficients(case, c):
    if not case.y_scales:
        pytest.skip("counts have a unit")

    def _factor(label: Any) -> float:
        return 1.0 if is_spatial(label) or (isinstance(label, tuple) and label[0] == "y2") else c

    two = case.fit(DATA.assign(y=c * DATA["y"]), WS[case.w])
    agree(at_rest(case), two, 1e-8, _factor, shift=-len(DATA) * np.log(c))


def at_a_scale(case: Case, what: str, factor: float) -> Any:
    """The fit with the outcome, a regressor or W in another unit."""
    if what == "w":
        return case.fit(DATA, Weights(factor * WS[case.w].sparse, WS[case.w].ids))
    columns = ["y", "y2", "count"] if what == "y" else ["x"]
    return case.fit(DATA.assign(**{name: factor * DATA[name] for name in columns}), WS[case.w])


@every
@pytest.mark.parametrize(("what", "factor"), [("y", 1e-49), ("x", 1e49), ("w", 1e28)])
def test_the_ratio_to_the_error_is_the_same_up_to_the_largest_units(case, what, factor):
    if what == "y" and not case.y_scales:
        pytest.skip("counts have a unit")
    one, two = at_rest(case), at_a_scale(case, what, factor)
    np.testing.assert_allclose(two.params / two.std_errors, one.params / one.std_errors, rtol=1e-5, atol=1e-6)


@every
@pytest.mark.parametrize("what", ["y", "x", "w"])
def test_a_unit_whose_squares_are_no_numbers_is_refused(case, what):
    for factor in (1e-300, 1e-160, 1e-90, 1e154, 1e300):
        with pytest.raises((DataError, WeightsError), match="no numbers"):
            at_a_scale(case, what, factor)


def test_observation_weights_whose_squares_are_no_numbers_are_refused():
    for factor in (1e-160, 1e160):
        with pytest.raises(DataError, match="^the observation weights: values are so"):
            models.ols("y ~ x", DATA.assign(size=factor * DATA["size"]), weights="size")


@every
def test_the_order_of_units_moves_nothing(case):
    order = np.random.default_rng(5).permutation(len(DATA))
    turned = Weights(WS[case.w].sparse.toarray()[np.ix_(order, order)], WS[case.w].ids[order])
    agree(at_rest(case), case.fit(DATA.iloc[order], turned), 1e-9)


@pytest.mark.parametrize("far", [0.0, 1e4, 1e5, 1e7])
def test_a_conditional_autoregression_far_from_zero(far):
    n, rng = 60, np.random.default_rng(3)
    ids = [f"u{k:02d}" for k in range(n)]
    ring = np.roll(np.eye(n), 1, axis=1) + np.roll(np.eye(n), -1, axis=1)
    w, x = Weights(ring, ids), rng.normal(size=n)
    y = np.linalg.solve(np.eye(n) - 0.2 * ring, 1 + x + rng.normal(size=n))
    fit = models.car("y ~ x", pd.DataFrame({"y": y + far, "x": x}, index=ids), w)
    assert fit.pvalues["lambda"] == pytest.approx(3.7758267e-07, rel=1e-6)


@pytest.mark.parametrize("scaled", [False, True])
def test_an_exponential_model_of_a_gravity_matrix(scaled):
    cities = gba.load_cities(year=2019)
    w = gba.weights.economic(cities["gdp_cny"], kind="gravity", units=cities)
    fit = models.mess("log(gdp_pc_cny) ~ log(population)", cities, w.spectral() if scaled else w)
    assert fit.log_likelihood == pytest.approx(-2.19424397, abs=1e-6)


FITTED = partial(models.lag, "y ~ x", DATA, WS["row"])
IGNORED: dict[str, Callable[[], Any]] = {
    "a word for a flag": partial(FITTED, durbin="no"),
    "a word for a flag, gmm": partial(FITTED, durbin="no", method="gmm"),
    "a word for a flag, car": partial(models.car, "y ~ x", DATA, WS["binary"], durbin="no"),
    "a word for a flag, mess": partial(models.mess, "y ~ x", DATA, WS["row"], durbin=1),
    "a word for a flag, slx": partial(models.slx, "y ~ x", DATA, WS["row"], durbin="no"),
    "a word for a flag, by regime": partial(models.rho_by_regime, "y ~ x", DATA, WS["row"], regimes="g", durbin="no"),
    "a kernel without hac": partial(models.ols, "y ~ x", DATA, kernel="uniform"),
    "neighbors without hac": partial(FITTED, neighbors=5),
    "a kernel without hac, gmm": partial(FITTED, method="gmm", kernel="uniform"),
    "a kernel without hac, counts": partial(models.ppml, "count ~ x", DATA, kernel="uniform"),
    "a log-determinant of least squares": partial(models.ols, "y ~ x", DATA, logdet="eigen"),
    "an unknown log-determinant": partial(FITTED, logdet="nonsense"),
    "instruments of an error model": partial(models.error, "y ~ x", DATA, WS["row"], method="gmm", instrument_lags=1),
    "instruments of a likelihood": partial(models.sur, ["y ~ x", "y2 ~ x"], DATA, WS["row"], instrument_lags=2),
    "an unknown option": partial(FITTED, wieghts="size"),
    "an unknown option, car": partial(models.car, "y ~ x", DATA, WS["binary"], wieghts="size"),
    "an unknown option, sur": partial(models.sur, ["y ~ x", "y2 ~ x"], DATA, WS["row"], metod="ml"),
    "an unknown option, filter": partial(models.spatial_filter, "y ~ x", DATA, WS["row"], wieght="size"),
    "a level that is none": lambda: models.mess("y ~ x", DATA, WS["row"]).impacts(level="nonsense"),
    "a level that is none, sur": lambda: at_rest(Case("sur", {"model": "lag"})).conf_int("nonsense"),
    "a bandwidth that is none": partial(
        models.ols, "y ~ x", DATA, covariance="hac", coordinates=places(DATA), bandwidth_km="wide"
    ),
    "a number of neighbors that is none": partial(
        models.ols, "y ~ x", DATA, covariance="hac", coordinates=places(DATA), neighbors=2.5
    ),
    "a tolerance that is none": partial(models.spatial_filter, "y ~ x", DATA, WS["row"], tolerance="small"),
}


@pytest.mark.parametrize("call", IGNORED.values(), ids=IGNORED.keys())
def test_an_option_that_would_not_be_used_is_refused(call):
    with pytest.raises(OptionError):
        call()
