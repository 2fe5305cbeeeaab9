"""What splm and SDPDmod print beside what is here, number by number: equal, or different for a reason shown here."""

import numpy as np
import oracle
import pytest
from scipy import optimize
from test_estimators import FORMULA, PRODUC, THEIRS, states

from gbaspatial import models

COLUMNS = ["lgsp", "lpcap", "lpc", "lemp", "unemp"]
MODEL = {
    "lag": models.panel_lag, "error": models.panel_error, "sdm": models.panel_durbin, "sdem": models.panel_durbin_error,
}  # fmt: skip
CASE = {name: "panel_fe_ml__produc" if name in ("lag", "error") else "panel_fe_sdm__produc" for name in MODEL}
N, T = 48, 17


def by_period(values, W):
    return np.stack([W @ one for one in values])


def effects_out_first(model, effects):
    """The spatial parameter of splm: effects out of the columns, then W, and nothing taken out of W y again."""
    w = states()
    frame = PRODUC[COLUMNS].swaplevel().sort_index()
    wide = frame.to_numpy().reshape(T, N, 5)
    W = w.subset(frame.index.unique(1)).sparse.toarray()
    if model in ("sdm", "sdem"):
        wide = np.concatenate([wide, by_period(wide[..., 1:], W)], axis=2)

    def _out(v):
        v = v - v.mean(axis=0) if effects == "twoway" else v
        return v - v.mean(axis=1, keepdims=True)

    wide = _out(wide)
    lagged = by_period(wide, W)
    roots = np.linalg.eigvals(W)

    def _negative(value):
        moved = wide.copy()
        at = slice(None) if model in ("error", "sdem") else slice(0, 1)
        moved[..., at] -= value * lagged[..., at]
        flat = moved.reshape(N * T, -1)
        e = flat[:, 0] - flat[:, 1:] @ np.linalg.lstsq(flat[:, 1:], flat[:, 0], rcond=None)[0]
        return N * T / 2 * np.log(e @ e) - T * np.log(1 - value * roots).real.sum()

    return optimize.minimize_scalar(_negative, bounds=(-0.9, 0.9), method="bounded", options={"xatol": 1e-9}).x


@pytest.mark.parametrize("effects", ["time", "twoway"])
@pytest.mark.parametrize("model", list(MODEL))
def test_splm_takes_effects_of_time_out_before_w(model, effects):
    """W of centered columns keeps a mean; less that mean, which effects of time stand for, the likelihood is higher."""
    case = oracle.case(CASE[model])
    key = f"{model}_{THEIRS[effects]}"
    theirs = case.expected[key]["estimate"][0]
    assert effects_out_first(model, effects) == pytest.approx(theirs, abs=2e-5)
    fit = MODEL[model](FORMULA, PRODUC, states(), effects=effects, correction="none")
    assert fit.log_likelihood > case.raw["expected_recomputed"]["values"][key]["logLik"] + 1e-4
    assert 1e-6 < abs(fit.params.iloc[-1] - theirs) < 0.025


@pytest.mark.parametrize("effects", ["time", "twoway"])
@pytest.mark.parametrize("model", list(MODEL))
def test_splm_corrects_sigma2_and_leaves_rho(model, effects):
    """Its LeeYu=TRUE keeps the spatial parameter, and with both effects multiplies sigma2 by T / (T + 1).

    The transformation of Lee and Yu moves rho: of columns that had effects taken out first to what is recomputed here.
    """
    case = oracle.case(CASE[model])
    raw, moved = (case.expected[f"{model}_{THEIRS[effects]}{end}"] for end in ("", "_LeeYu"))
    assert moved["estimate"][0] == pytest.approx(raw["estimate"][0], abs=1e-4)
    factor = N / (N - 1) if effects == "time" else T / (T + 1)
    assert moved["sigma2"] / raw["sigma2"] == pytest.approx(factor, rel=1e-4)
    fit = MODEL[model](FORMULA, PRODUC, states(), effects=effects)
    transformed = case.raw["expected_recomputed"]["values"][f"{model}_{THEIRS[effects]}_LeeYu_transform"]
    assert fit.log_likelihood > transformed["logLik"] + 1e-4
    ours, theirs = fit.params.iloc[-1], moved["estimate"][0]
    assert abs(ours - transformed["spatial"]) < abs(ours - theirs)


@pytest.mark.parametrize("effects", ["time", "twoway"])
def test_rho_and_lambda_together_move_as_each_alone_does(effects):
    want = oracle.case("panel_fe_ml__produc").expected[f"sarar_{THEIRS[effects]}"]["estimate"][:2]
    fit = models.panel_sarar(FORMULA, PRODUC, states(), effects=effects, correction="none")
    got = fit.params[["rho", "lambda"]]
    np.testing.assert_allclose(got, want, atol=7e-3)
    assert np.abs(got - want).max() > 1e-3
    corrected = models.panel_sarar(FORMULA, PRODUC, states(), effects=effects)
    assert corrected.lambda_ > got["lambda"] + 0.04  # which splm's LeeYu=TRUE leaves where it is
    kept = oracle.case("panel_fe_ml__produc").expected[f"sarar_{THEIRS[effects]}_LeeYu"]["estimate"][:2]
    np.testing.assert_allclose(kept, want, atol=1e-4)


@pytest.mark.parametrize("correction", ["none", "lee-yu"])
def test_the_durbin_error_model_with_unit_effects_equals_splm(correction):
    want = oracle.case(CASE["sdem"]).expected["sdem_individual" + ("_LeeYu" if correction == "lee-yu" else "")]
    fit = models.panel_durbin_error(FORMULA, PRODUC, states(), correction=correction, covariance="information")
    names = ["lambda", *fit.terms]
    np.testing.assert_allclose(fit.params[names], want["estimate"], atol=1e-6)
    np.testing.assert_allclose(fit.std_errors[names], want["se"], rtol=1e-5)
    assert fit.sigma2 == pytest.approx(want["sigma2"], rel=1e-6)


@pytest.mark.parametrize("model", ["lag", "error"])
def test_without_effects_it_is_splm_pooled(model):
    want = oracle.case("panel_re_ml__produc").expected[f"pool_{model}"]
    fit = MODEL[model](FORMULA, PRODUC, states(), effects="pooled", covariance="information")
    np.testing.assert_allclose(fit.params[list(fit.terms)], want["estimate"], atol=2e-5)
    spatial = want["arcoef"] if model == "lag" else want["errcomp"]["rho"]
    assert fit.params.iloc[-1] == pytest.approx(spatial, abs=1e-5)
    assert fit.log_likelihood == pytest.approx(want["logLik"], abs=1e-6)
    if model == "error":
        np.testing.assert_allclose(fit.std_errors[list(fit.terms)], want["se"], rtol=1e-4)
    else:  # beside a lag splm takes rho for known
        assert (fit.std_errors[list(fit.terms)] > 0.9999 * np.array(want["se"])).all()


def test_two_stage_least_squares_between_units_are_those_of_their_means():
    want = oracle.case("panel_gm__produc").expected["lag_b2sls"]
    fit = models.lag(FORMULA, PRODUC[COLUMNS].groupby(level=0).mean(), states(), method="gmm")
    names = ["rho", *fit.terms]
    np.testing.assert_allclose(fit.params[names], want["estimate"], atol=1e-7)
    np.testing.assert_allclose(fit.std_errors[names], want["se"], rtol=1e-6)


@pytest.mark.parametrize("model", ["error", "sarar"])
def test_three_moments_for_two_parameters_have_no_use_for_weights_in_splm(model):
    """What it prints for moments="weights" and "fullweights" within units is what it prints for "initial"."""
    case = oracle.case("panel_gm__produc").expected
    for moments in ("weights", "fullweights"):
        np.testing.assert_allclose(
            case[f"{model}_within_{moments}"]["estimate"], case[f"{model}_within_initial"]["estimate"], atol=1e-9
        )


@pytest.mark.parametrize("moments", ["initial", "weights"])
@pytest.mark.parametrize("model", ["error", "sarar"])
def test_random_effects_by_all_six_moments_are_near_those_by_the_first_three(model, moments):
    """splm's other choices take lambda from the three moments within units alone; all six are here (fullweights)."""
    want = oracle.case("panel_gm__produc").expected[f"{model}_random_{moments}"]
    make = models.panel_error if model == "error" else models.panel_sarar
    fit = make(FORMULA, PRODUC, states(), effects="random", method="gmm", covariance="classical")
    names = [{"lambda": "rho", "(Intercept)": "Intercept"}.get(name, name) for name in want["names"]]
    apart = np.abs(fit.params[names].to_numpy() - np.array(want["estimate"])) / np.array(want["se"])
    assert apart.max() < 0.12
    assert 1e-3 < abs(fit.lambda_ - want["rho_sigmas"][0]) < 0.02


STATIC = [
    (name, effects, how)
    for name in ("sar", "sdm") for effects, how in (("individual", "raw"), ("individual", "LY"), ("time", "raw"),
                                                    ("twoways", "raw"), ("twoways", "LY"))
    if (name, effects, how) != ("sdm", "twoways", "LY")
]  # fmt: skip


@pytest.mark.parametrize(("name", "effects", "how"), STATIC)
def test_static_models_equal_sdpdmod_within_its_grid_of_rho(name, effects, how):
    want = oracle.case("panel_sdpd__produc").expected[f"{name}_{effects}_{how}_static"]
    make = models.panel_lag if name == "sar" else models.panel_durbin
    ours = {"individual": "unit", "twoways": "twoway"}.get(effects, effects)
    fit = make(FORMULA, PRODUC, states(), effects=ours, correction="none" if how == "raw" else "lee-yu")
    likely = effects_out_first({"sar": "lag"}.get(name, name), "time") if effects == "time" else fit.rho  # as splm's
    assert want["rho"] == pytest.approx(likely, abs=5e-3)
    apart = (
        np.abs(fit.params[list(fit.terms)].to_numpy() - np.array(want["estimate"]))
        / fit.std_errors[list(fit.terms)].to_numpy()
    )
    assert apart.max() < 0.25
