"""Predictions against spatialreg where it has them, and against the conditional mean of the normal where not."""

import numpy as np
import oracle
import pandas as pd
import pytest
from hypothesis import assume, given, settings, strategies as st

from gbaspatial import models
from gbaspatial.errors import AlignmentError, OptionError, UnknownNameError
from gbaspatial.weights import Weights

COLUMBUS = oracle.data("columbus")
W = oracle.weights("columbus_W", COLUMBUS.index)
B = oracle.weights("columbus_B", COLUMBUS.index)
FORMULA = "CRIME ~ INC + HOVAL"


def dense(w):
    return w.sparse.toarray()


@pytest.fixture(scope="module")
def lag():
    return models.lag(FORMULA, COLUMBUS, W)


@pytest.mark.parametrize(("kind", "key"), [("signal", "pred_TS_head"), ("corrected", "pred_TC_head")])
@pytest.mark.parametrize("name", ["columbus", "boston", "baltimore", "ncsids"])
def test_in_sample_agrees_with_spatialreg(kind, key, name):
    case = oracle.case(f"ml_lag__{name}")
    if key not in case.expected:
        pytest.skip("the reference has no predictions for this data set")
    call = case.raw["call"]
    formula = call[call.index("(") + 1 : call.index(", lw")]
    fit = models.lag(formula, case.data, case.w())
    case.close(fit.predict(kind=kind).to_numpy()[:10], case.expected[key], rtol=1e-4)


def test_best_is_the_conditional_mean(lag):
    """BP of unit i is E(y_i | the others) of the joint normal, worked out densely."""
    A = np.eye(49) - lag.rho * dense(W)
    variance = np.linalg.inv(A.T @ A)
    mean = np.linalg.solve(A, lag.design.X @ lag.beta)
    r = lag.design.y - mean
    best, near = lag.predict(kind="best"), lag.predict(kind="neighbors")
    for i in (0, 7, 48):
        for kind, others in (("best", np.arange(49) != i), ("near", dense(W)[i] + dense(W)[:, i] > 0)):
            want = mean[i] + variance[i, others] @ np.linalg.solve(variance[np.ix_(others, others)], r[others])
            assert (best if kind == "best" else near).iloc[i] == pytest.approx(want)


def test_new_units_get_the_conditional_mean_given_the_fitted_ones():
    new = COLUMBUS.index[[3, 20, 41]]
    old = COLUMBUS.index.difference(new)
    fit = models.lag(FORMULA, COLUMBUS.loc[old], W.subset(old))
    X = np.column_stack([np.ones(49), COLUMBUS[["INC", "HOVAL"]]])
    A = np.eye(49) - fit.rho * dense(W)
    variance, mean = np.linalg.inv(A.T @ A), np.linalg.solve(A, X @ fit.beta)
    o, s = COLUMBUS.index.isin(new), COLUMBUS.index.isin(old)
    r = (COLUMBUS["CRIME"].to_numpy() - mean)[s]
    want = mean[o] + variance[np.ix_(o, s)] @ np.linalg.solve(variance[np.ix_(s, s)], r)
    unseen = COLUMBUS.loc[new, ["HOVAL", "INC"]]
    np.testing.assert_allclose(fit.predict(unseen, W, kind="best"), want)
    np.testing.assert_allclose(fit.predict(unseen, W, kind="corrected"), mean[o])
    shuffled = fit.predict(unseen[::-1], W, kind="best")
    assert shuffled.index.tolist() == new[::-1].tolist()
    np.testing.assert_allclose(shuffled.reindex(new), want)
    j = s & ((dense(W)[o] + dense(W)[:, o].T).sum(axis=0) > 0)
    rj = (COLUMBUS["CRIME"].to_numpy() - mean)[j]
    near = mean[o] + variance[np.ix_(o, j)] @ np.linalg.solve(variance[np.ix_(j, j)], rj)
    np.testing.assert_allclose(fit.predict(unseen, W, kind="neighbors"), near)


def test_a_changed_w_and_changed_values():
    fit = models.lag(FORMULA, COLUMBUS, W, durbin=True)
    np.testing.assert_allclose(fit.predict(), fit.predict(w=W))
    cut = W.to_frame()
    cut = cut[~((cut["focal"] == 1) & (cut["neighbor"] == 2))]
    from gbaspatial.weights import from_pairs

    other = from_pairs(cut, ids=COLUMBUS.index).row_standardized()
    X = np.column_stack([np.ones(49), COLUMBUS[["INC", "HOVAL"]]])
    X = np.hstack([X, dense(other) @ X[:, 1:]])
    want = np.linalg.solve(np.eye(49) - fit.rho * dense(other), X @ fit.beta)
    np.testing.assert_allclose(fit.predict(w=other), want)
    more = COLUMBUS.assign(INC=COLUMBUS["INC"] + 1.0)
    change = fit.predict(more) - fit.predict()
    gain = (fit.params["INC"] + fit.params["W(INC)"]) / (1 - fit.rho)
    np.testing.assert_allclose(change, gain)


def test_error_models():
    fit = models.error(FORMULA, COLUMBUS, W)
    signal = fit.design.X @ fit.beta
    np.testing.assert_allclose(fit.predict(), signal)
    u = fit.design.y - signal
    np.testing.assert_allclose(fit.predict(kind="signal"), signal + fit.lambda_ * (dense(W) @ u))
    np.testing.assert_allclose(fit.predict(kind="signal"), fit.fitted.reindex(W.ids))
    both = models.sarar(FORMULA, COLUMBUS, W, error_w=B)
    np.testing.assert_allclose(both.predict(kind="signal"), both.fitted.reindex(W.ids))


def test_least_squares_predicts_without_weights():
    fit = models.ols(FORMULA, COLUMBUS)
    np.testing.assert_allclose(fit.predict(), fit.fitted)
    row = pd.DataFrame({"INC": [10.0], "HOVAL": [20.0]}, index=["new"])
    assert fit.predict(row)["new"] == pytest.approx(fit.params @ [1, 10, 20])


def test_draws_have_the_moments_of_the_model(lag):
    draws = lag.simulate(draws=4000, rng=3)
    A = np.eye(49) - lag.rho * dense(W)
    mean = np.linalg.solve(A, lag.design.X @ lag.beta)
    sd = np.sqrt(lag.sigma2 * np.diag(np.linalg.inv(A.T @ A)))
    assert np.abs((draws.mean(axis=1).to_numpy() - mean) / sd).max() < 4.5 / np.sqrt(4000)
    assert np.abs(draws.std(axis=1).to_numpy() / sd - 1).max() < 0.06
    pd.testing.assert_frame_equal(lag.simulate(draws=3, rng=3), draws[[0, 1, 2]])


def test_a_given_model_can_be_recovered():
    truth = {"Intercept": 5.0, "INC": 2.0, "HOVAL": 0.0, "rho": 0.5}
    y = models.simulate("~ INC + HOVAL", COLUMBUS[::-1], W, params=truth, sigma2=0.01, rng=1)
    assert y.index.equals(COLUMBUS.index[::-1])
    fit = models.lag("y ~ INC + HOVAL", COLUMBUS.assign(y=y[0]), W)
    assert fit.rho == pytest.approx(0.5, abs=0.02)
    assert fit.params["INC"] == pytest.approx(2.0, abs=0.05)


def test_bad_input_is_told(lag):
    with pytest.raises(OptionError, match="kind"):
        lag.predict(kind="TS")
    with pytest.raises(OptionError, match="observed outcomes"):
        lag.predict(COLUMBUS.iloc[:3], kind="best")
    with pytest.raises(AlignmentError, match="new unit|absent from the weights: 99"):
        lag.predict(pd.DataFrame({"INC": [1.0], "HOVAL": [2.0]}, index=[99]))
    with pytest.raises(UnknownNameError, match="no parameter 'RHO'"):
        models.simulate("~ INC", COLUMBUS, W, params={"Intercept": 0, "INC": 1, "RHO": 1})
    with pytest.raises(OptionError, match="no value for INC"):
        models.simulate("~ INC", COLUMBUS, W, params={"Intercept": 0})
    with pytest.raises(OptionError, match="outside the admissible interval"):
        models.simulate("~ INC", COLUMBUS, W, params={"Intercept": 0, "INC": 1, "rho": 1.2})


def test_rho_of_each_class_reaches_predictions_and_draws():
    fit = models.rho_by_regime(FORMULA, COLUMBUS, W, regimes="NSA", coefficients="regimes")
    ids = fit.design.ids
    rho = np.array([fit.params[f"rho[{level}]"] for level in COLUMBUS.loc[ids, "NSA"]])
    A = np.eye(fit.n) - rho[:, None] * dense(W if W.ids.equals(ids) else W.subset(ids))
    mean = pd.Series(np.linalg.solve(A, fit.design.X @ fit.beta), index=ids)
    assert fit.predict().to_numpy() == pytest.approx(mean.reindex(COLUMBUS.index).to_numpy())
    draws = fit.simulate(draws=4_000, rng=1)
    assert draws.mean(axis=1).to_numpy() == pytest.approx(fit.predict().to_numpy(), abs=0.15 * float(fit.outcome.std()))


def test_classes_that_the_fit_does_not_keep_are_told():
    kept = models.rho_by_regime(FORMULA, COLUMBUS, W, regimes="NSA")  # an intercept by class keeps them
    assert kept.predict(COLUMBUS, W).to_numpy() == pytest.approx(kept.predict().to_numpy())
    fit = models.rho_by_regime(FORMULA, COLUMBUS, W, regimes="NSA", coefficients="common")
    assert fit.predict(kind="trend").to_numpy() == pytest.approx(
        (fit.design.label(fit.design.X @ fit.beta, "trend")).to_numpy()
    )
    for verb in (fit.predict, fit.simulate):
        with pytest.raises(OptionError, match="classes 'NSA'"):
            verb()
    for verb in ("impacts", "impact_matrix", "diagnostics", "impact_of_change"):
        assert not hasattr(fit, verb)


def test_an_explosive_process_has_no_predictions_but_its_trend(lag):
    import dataclasses

    wild = dataclasses.replace(lag, params=lag.params.where(lag.params.index != "rho", 1.2), edges=("rho",))
    for verb in (
        wild.predict,
        wild.simulate,
        lambda: wild.predict(kind="best"),
        lambda: wild.predict(kind="neighbors"),
    ):
        with pytest.raises(OptionError, match="outside the admissible interval"):
            verb()
    assert np.isfinite(wild.predict(kind="trend")).all()
    assert np.isfinite(wild.predict(kind="signal")).all()


@pytest.mark.parametrize(("theirs", "ours"), [("BPN", "neighbors"), ("TC", "corrected"), ("BPW", "best")])
def test_names_of_the_paper_are_translated(lag, theirs, ours):
    with pytest.raises(OptionError, match=f"{theirs}.*{ours}"):
        lag.predict(kind=theirs)


def line(n: int, seed: int) -> tuple[pd.DataFrame, Weights]:
    """A line of units, each linked with the next ones."""
    random = np.random.default_rng(seed)
    ids = [f"u{i:02d}" for i in range(n)]
    W = Weights(np.eye(n, k=1) + np.eye(n, k=-1), ids)
    x = random.normal(size=n)
    y = np.linalg.solve(np.eye(n) - 0.5 * W.row_standardized().sparse.toarray(), 1 + x + random.normal(size=n) * 0.5)
    return pd.DataFrame({"y": y, "x": x}, index=ids), W


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 1_000),
    model=st.sampled_from(["ols", "slx", "lag", "error", "durbin", "durbin_error", "sarar", "gns", "lag gmm"]),
    kind=st.sampled_from(["signal", "corrected", "best", "neighbors"]),
    new=st.sets(st.integers(1, 38), min_size=1, max_size=3),
    sample=st.booleans(),
)
def test_a_hundred_more_of_y_is_a_hundred_more_of_every_prediction(seed, model, kind, new, sample):
    """With row-standardized W and an intercept; or a refusal: an unknown outcome is never taken as zero."""
    data, W = line(40, seed)
    w, name = W.row_standardized(), model.split()[0]
    options = {"method": "gmm"} if model.endswith("gmm") else {}
    out = [f"u{i:02d}" for i in sorted(new)]
    kept = data.index if sample else data.index.difference(out)
    assume(sample or (not {i + 2 for i in new} & new and 1 not in new and 38 not in new))  # no islands among the fitted
    found = []
    for shift in (0, 100):
        part = data.assign(y=data["y"] + shift).loc[kept]
        own = () if model == "ols" else (W.subset(kept).row_standardized(),)
        fit = getattr(models, name)("y ~ x", part, *own, **options)
        try:
            more = () if sample else (data.loc[out],) if model == "ols" else (data.loc[out], w)
            found.append(fit.predict(*more, kind=kind).to_numpy())
        except OptionError as error:
            found.append(str(error))
    if isinstance(found[0], str):
        assert isinstance(found[1], str)
        assert "not known" in found[0] or "outside the admissible interval" in found[0]
    else:
        np.testing.assert_allclose(found[1] - found[0], 100, atol=1e-4)


def test_the_signal_of_a_new_unit_takes_no_unknown_outcome():
    data, W = line(40, 0)
    w, ids = W.row_standardized(), list(data.index)
    for model, new, refused in (("lag", ids[20:22], True), ("lag", [ids[20]], False), ("sarar", [ids[20]], True)):
        kept = data.index.difference(new)
        fit = getattr(models, model)("y ~ x", data.loc[kept], W.subset(kept).row_standardized())
        if refused:
            with pytest.raises(OptionError, match=f"kind='signal' of {new[0]}"):
                fit.predict(data.loc[new], w, kind="signal")
        else:
            wanted = fit.params["Intercept"] + fit.params["x"] * data.loc[new[0], "x"]
            wanted += fit.rho * (data["y"].iloc[19] + data["y"].iloc[21]) / 2
            assert fit.predict(data.loc[new], w, kind="signal").iloc[0] == pytest.approx(wanted)
