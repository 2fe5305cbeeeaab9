"""The restricted wild bootstrap: against its definition, in size where variances come in blocks, and its door."""

import numpy as np
import pandas as pd
import pytest

from gbaspatial import models
from gbaspatial.errors import OptionError
from gbaspatial.models.few_units.wild import coefficient_roots
from gbaspatial.models.likelihood.maximum import maximize
from gbaspatial.models.likelihood.problem import log_likelihood, problem
from gbaspatial.models.likelihood.signed_root import noise, signed_roots
from gbaspatial.models.solve.side import side_of
from gbaspatial.weights import Weights


def lattice(side: int) -> Weights:
    row, column = np.divmod(np.arange(side**2), side)
    near = np.abs(row[:, None] - row) + np.abs(column[:, None] - column) == 1
    return Weights(near.astype(float), [f"u{i:02d}" for i in range(side**2)]).row_standardized()


W = lattice(5)
RNG = np.random.default_rng(3)
DATA = pd.DataFrame({"x": RNG.standard_normal(25), "z": RNG.standard_normal(25)}, index=W.ids)
DATA["y"] = 1 + DATA["x"] + RNG.standard_normal(25)


def best(y, X, lag, error):
    model = problem(y, X, lag, error)
    if lag is None and error is None:
        return log_likelihood(model, 0.0, 0.0)
    at = maximize(model)
    return at.log_likelihood


@pytest.mark.parametrize("estimator", [models.ols, models.lag, models.error, models.sarar], ids=lambda f: f.__name__)
def test_roots_of_a_coefficient_are_those_of_one_sample_after_the_other(estimator):
    fit = estimator("y ~ x + z", DATA) if estimator is models.ols else estimator("y ~ x + z", DATA, W)
    model = fit._problem()
    signs = np.where(np.random.default_rng(0).random((25, 3)) < 0.5, -1.0, 1.0)
    seen, null = coefficient_roots(model, 2, signs)
    small = np.delete(model.X, 2, axis=1)
    held = problem(model.y, small, model.lag, model.error)
    at = maximize(held) if estimator is not models.ols else None
    rho, lam = (at.rho, at.lam) if at else (0.0, 0.0)
    A = np.eye(25) - rho * (model.lag.W.toarray() if model.lag else 0)
    B = np.eye(25) - lam * (model.error.W.toarray() if model.error else 0)
    X = B @ small
    hat = X @ np.linalg.solve(X.T @ X, X.T)
    z = B @ A @ model.y
    e = (z - hat @ z) / np.sqrt(1 - np.diag(hat))
    outcomes = [model.y, *(np.linalg.solve(A, np.linalg.solve(B, hat @ z + e * s)) for s in signs.T)]
    for root, y in zip([seen, *null], outcomes, strict=True):
        ratio = 2 * (best(y, model.X, model.lag, model.error) - best(y, small, model.lag, model.error))
        assert abs(root) == pytest.approx(np.sqrt(max(ratio, 0)), abs=2e-3)
    assert np.sign(seen) == np.sign(fit.params["z"])


def test_size_holds_where_variances_come_in_blocks_and_rotations_do_not():
    side, scale = side_of(W), np.where(np.arange(25) % 5 < 2, 4.0, 1.0)
    rejected = {"wild": 0, "parametric": 0, "slope": 0}
    samples = 250
    for sample in range(samples):
        rng = np.random.default_rng([5, sample])
        y = 1 + scale * rng.standard_normal(25)
        alone = problem(y, np.ones((25, 1)), side)
        for kind in ("wild", "parametric"):
            seen, null = signed_roots(alone, "rho", noise(25, 199, sample, kind))(0.0)
            rejected[kind] += min((null >= seen).sum() + 1, (null <= seen).sum() + 1) <= 5
        model = problem(y, np.column_stack([np.ones(25), W.sparse @ DATA["x"].to_numpy()]), side)
        seen, null = coefficient_roots(model, 1, noise(25, 199, sample, "wild").numbers)
        rejected["slope"] += min((null >= seen).sum() + 1, (null <= seen).sum() + 1) <= 5
    share = {name: count / samples for name, count in rejected.items()}
    error = np.sqrt(0.05 * 0.95 / samples)
    assert share["wild"] < 0.05 + 2.5 * error
    assert share["slope"] < 0.05 + 2.5 * error
    assert share["parametric"] > share["wild"] + error


def test_the_verb_tests_every_term_and_order_changes_nothing():
    fit = models.lag("y ~ x + z", DATA, W)
    found = fit.wild_test(draws=499)
    assert found.frame.index.tolist() == ["x", "z", "rho"]
    turned = models.lag("y ~ x + z", DATA.iloc[::-1], W.subset(W.ids[::-1])).wild_test(draws=499)
    pd.testing.assert_frame_equal(found.frame, turned.frame, rtol=1e-6)
    boot = fit.bootstrap(kind="wild", rng=0, draws=499)
    assert found.p_values["rho"] == pytest.approx(boot.p_values["rho"])  # the same restricted test of rho = 0
    alone = fit.wild_test("rho", draws=499)
    assert alone.frame.loc["rho"].tolist() == found.frame.loc["rho"].tolist()
    assert "random signs, 499 draws, seed 0, n = 25" in str(found)
    assert (found.frame["p_value"] <= 2 * found.frame[["p_greater", "p_less"]].min(axis=1) + 1e-12).all()


def test_what_has_no_wild_test_is_told():
    fit = models.lag("y ~ x", DATA, W)
    with pytest.raises(OptionError, match="'lambda'"):
        fit.wild_test("lambda")
    with pytest.raises(OptionError, match="draws"):
        fit.wild_test(draws=0)
    with pytest.raises(AttributeError, match=r"no wild_test\(\)"):
        _ = models.lag("y ~ x", DATA, W, method="gmm").wild_test
    with pytest.raises(OptionError, match="cannot be refitted"):
        models.wild_test(models.lag("y ~ x", DATA, W, method="gmm"))
    with pytest.raises(OptionError, match="nothing to test"):
        models.ols("y ~ 1", DATA).wild_test()
    assert models.lag("y ~ 1", DATA, W).wild_test(draws=99).frame.index.tolist() == ["rho"]
    big = lattice(23)
    data = pd.DataFrame({"y": np.random.default_rng(1).standard_normal(529), "x": 1.0 * np.arange(529)}, index=big.ids)
    with pytest.raises(OptionError, match="goes to 500 units"):
        models.lag("y ~ x", data, big).wild_test()


def test_diagnostics_point_to_it():
    assert "fit.wild_test()" in models.ols("y ~ x", DATA).diagnostics(W).text
