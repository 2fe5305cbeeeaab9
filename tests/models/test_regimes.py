"""Regimes: Chow tests against spreg, and a rho for each class."""

import numpy as np
import oracle
import pytest

from gbaspatial import models
from gbaspatial.errors import CollinearityError, DataError, OptionError

COLUMBUS = oracle.data("columbus")
W = oracle.weights("columbus_poly_queen", COLUMBUS.index).row_standardized()
CRIME = "CRIME ~ INC + HOVAL"


def arrays() -> tuple[np.ndarray, np.ndarray, list[int]]:
    return COLUMBUS[["CRIME"]].to_numpy(), COLUMBUS[["INC", "HOVAL"]].to_numpy(), COLUMBUS["NSA"].tolist()


def test_chow_equals_spreg() -> None:
    import spreg

    y, X, classes = arrays()
    theirs = spreg.OLS_Regimes(y, X, classes, regime_err_sep=False)
    got = models.ols(CRIME, COLUMBUS, regimes="NSA").chow().to_frame()
    # spreg gives chi-squared statistics; ours are F, which at 43 degrees of freedom is not the same
    assert (got["statistic"] * got["df"])["all"] == pytest.approx(theirs.chow.joint[0], rel=1e-8)
    assert got["statistic"][["Intercept", "INC", "HOVAL"]].to_numpy() == pytest.approx(theirs.chow.regi[:, 0], rel=1e-8)
    assert got.loc["all", "p_value"] > theirs.chow.joint[1] - 1e-3


def test_spatial_chow_equals_spreg() -> None:
    import contextlib
    import io

    import spreg

    y, X, classes = arrays()
    other = W.to_libpysal()
    other.transform = "r"
    with contextlib.redirect_stdout(io.StringIO()):
        theirs = spreg.ML_Lag_Regimes(y, X, classes, w=other, regime_lag_sep=False)
    fit = models.lag(CRIME, COLUMBUS, W, regimes="NSA")
    assert fit.params.to_numpy() == pytest.approx(theirs.betas.ravel(), rel=1e-4)
    assert fit.chow().to_frame().loc["all", "statistic"] == pytest.approx(theirs.chow.joint[0], rel=1e-3)


def test_regimes_of_least_squares_are_separate_fits() -> None:
    fit = models.ols(CRIME, COLUMBUS, regimes="NSA")
    for level in (0, 1):
        part = models.ols(CRIME, COLUMBUS[COLUMBUS["NSA"] == level])
        together = fit.params[[f"NSA[{level}]:{term}" for term in part.terms]]
        assert together.to_numpy() == pytest.approx(part.params.to_numpy(), rel=1e-9)


def test_equal_rhos_are_the_plain_lag_model() -> None:
    """The likelihood with one rho in all classes is that of the lag model, and more freedom never lowers it."""
    from gbaspatial.models.regimes import _log_det

    plain = models.lag(CRIME, COLUMBUS, W)
    fit = models.rho_by_regime(CRIME, COLUMBUS, W, regimes="NSA", coefficients="common")
    own = models.rho_by_regime(CRIME, COLUMBUS, W, regimes="NSA")
    level = models.lag(f"{CRIME} + C(NSA)", COLUMBUS, W)
    assert own.terms == level.terms
    assert own.extra["equal_rho"]["statistic"] == pytest.approx(2 * (own.log_likelihood - level.log_likelihood))
    assert fit.log_likelihood >= plain.log_likelihood
    ratio = fit.extra["equal_rho"]
    assert ratio["statistic"] == pytest.approx(2 * (fit.log_likelihood - plain.log_likelihood), abs=1e-9)
    assert ratio["df"] == 1
    assert _log_det(W.sparse, np.full(49, 0.3)) == pytest.approx(models.log_determinant(W, 0.3), rel=1e-10)
    both = models.rho_by_regime(CRIME, COLUMBUS, W, regimes="NSA", coefficients="regimes")
    assert both.log_likelihood >= fit.log_likelihood
    assert "rho" in both.chow().to_frame().index


def test_rhos_of_regimes_are_recovered() -> None:
    line = np.eye(300, k=1) + np.eye(300, k=-1)
    from gbaspatial.weights import Weights

    w = Weights(line, range(300)).row_standardized()
    rng = np.random.default_rng(0)
    import pandas as pd

    data = pd.DataFrame({"x": rng.normal(size=300), "side": np.repeat(["a", "b"], 150)}, index=range(300))
    rho = np.where(data["side"] == "a", 0.2, 0.7)
    data["y"] = np.linalg.solve(np.eye(300) - rho[:, None] * w.sparse.toarray(), 1 + data["x"] + rng.normal(size=300))
    fit = models.rho_by_regime("y ~ x", data, w, regimes="side")
    gap = (fit.params[["rho[a]", "rho[b]"]] - [0.2, 0.7]) / fit.std_errors[["rho[a]", "rho[b]"]]
    assert np.abs(gap).max() < 3
    assert fit.extra["equal_rho"]["p_value"] < 0.001
    with pytest.raises(AttributeError, match=r"no bootstrap\(\)"):
        _ = fit.bootstrap


def test_impossible_regimes_are_told() -> None:
    with pytest.raises(AttributeError, match=r"no chow\(\): it is for fits with regimes="):
        _ = models.ols(CRIME, COLUMBUS).chow
    with pytest.raises(OptionError, match="has no regimes"):
        models.chow(models.ols(CRIME, COLUMBUS))
    few = COLUMBUS.assign(part=np.where(COLUMBUS.index <= 2, "few", "many"))
    with pytest.raises(OptionError, match="fewer than three units in few"):
        models.rho_by_regime(CRIME, few, W, regimes="part")
    with pytest.raises(CollinearityError, match="part"):
        models.ols(CRIME, few, regimes="part")


def test_classes_may_have_any_name_but_not_any_type() -> None:
    odd = COLUMBUS.assign(part=np.where(COLUMBUS["NSA"] == 1, "b]:c", "a"))
    got = models.ols(CRIME, odd, regimes="part").chow().to_frame()
    want = models.ols(CRIME, COLUMBUS, regimes="NSA").chow().to_frame()
    assert got.index.tolist() == want.index.tolist()
    np.testing.assert_allclose(got["statistic"], want["statistic"])
    one, mixed = COLUMBUS.assign(part="a"), COLUMBUS.assign(part=[1, "a"] * 24 + [1])
    for data, words in ((one, "two classes or more"), (mixed, "several types|mixes kinds")):
        with pytest.raises(DataError, match=words):
            models.ols(CRIME, data, regimes="part")
        with pytest.raises(DataError, match=words):
            models.rho_by_regime(CRIME, data, W, regimes="part")
