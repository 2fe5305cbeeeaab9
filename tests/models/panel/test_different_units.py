"""rho and lambda from pairs of different units: the mean of the equations, their solution, errors, refusals."""

import numpy as np
import pytest
from test_estimators import made

from gbaspatial import models
from gbaspatial.errors import OptionError
from gbaspatial.models.likelihood.maximum import maximize
from gbaspatial.models.panel.different_units import covariance_of, equations_of, solved
from gbaspatial.models.panel.fixed_effects import problem_of
from gbaspatial.models.panel.panel_specification import specified
from gbaspatial.models.request import Request

REGIONS = {f"u{i}": "abc"[i % 3] for i in range(12)}


def model_of(effects, sides, n=12, T=4, by_year=False):
    data, w = made(n, T)
    data["region"] = data.index.get_level_values(0).map(REGIONS)
    given = {year: w if year % 2 else made(n, T, seed=9)[1] for year in range(2001, 2001 + T)} if by_year else w
    erred = "error" in sides
    spec = specified(Request("panel_sarar", "y ~ x", data, given, False, {"effects": effects}, "lag" in sides, erred))
    return problem_of(spec.design, spec.w, spec.error_w, spec.effects, True)


def outcome(model, e, rho, lam):
    if model.error is not None:
        e = model.error.factor(lam).solve(e)
    return model.lag.factor(rho).solve(e) if model.lag is not None else e


@pytest.mark.parametrize(
    ("effects", "sides", "by_year"),
    [
        ("unit", "lag", False), ("time", "lag", False), ("twoway", "lag", False), ("twoway", "lag", True),
        ("unit + region:year", "lag", False), ("twoway", "error", False), ("unit", "lag error", False),
        ("twoway", "lag error", False), ("pooled", "lag", False),
    ],
)  # fmt: skip
def test_the_mean_of_the_equations_has_no_unit_in_it(effects, sides, by_year):
    """Every unit's own part, the trace of its block of the quadratic form, is zero: no variance can move the mean."""
    model = model_of(effects, sides, by_year=by_year)
    rho, lam = (0.4 if "lag" in sides else 0.0), (0.3 if "error" in sides else 0.0)
    stack = model.effects.stack
    own = np.zeros((stack.n, len(sides.split())))
    for row in range(stack.rows):
        e = np.zeros(stack.rows)
        e[row] = 1.0
        for sign in (1, -1):
            moved = model.with_outcome(outcome(model, sign * e, rho, lam))
            own[stack.unit[row]] += equations_of(moved).at(rho, lam).values / 2
    np.testing.assert_allclose(own, 0, atol=1e-10)


def test_one_loud_unit_moves_the_likelihood_and_not_the_pairs():
    """Beside both effects the score with one variance has the mean sum_i (s_i^2 - mean) (M G)_ii."""
    model = model_of("twoway", "lag")
    W = model.lag.W.blocks[0].toarray()
    few = W.sum(axis=0).argmin()
    loud = np.ones(12)
    loud[few] = 16.0
    n, T = 12, 4
    lean = (T - 1) * float(((loud - loud.mean()) * np.diag((np.eye(n) - 1 / n) @ W)).sum())
    assert lean > 0.2  # of the score at rho = 0: upward
    point = equations_of(model).at(0.0, 0.0)
    np.testing.assert_allclose(point.overlap.sum(), (n - 1) * (T - 1) - 1, atol=1e-9)
    assert float((point.shares @ point.overlap @ loud)[0]) == pytest.approx(float((point.centers @ loud)[0]), abs=1e-12)


def test_the_solution_is_where_the_equations_are_zero():
    for sides in ("lag", "error", "lag error"):
        model = model_of("twoway", sides)
        point = solved(equations_of(model), maximize(model))
        assert np.abs(point.values).max() < 1e-7 * point.squares.sum()
        few, many = (np.diag(covariance_of(point, few)) for few in (True, False))
        assert (few > 0).all()
        assert (many > 0).all()


def test_with_equal_variances_it_agrees_with_the_likelihood():
    data, w = made(60, 12)
    one, two = (
        models.panel_lag("y ~ x", data, w, effects="twoway", correction=c, covariance=v)
        for c, v in (("lee-yu", "information"), ("pairs", None))
    )
    assert two.correction == "pairs"
    np.testing.assert_allclose(one.params, two.params, atol=0.02)
    np.testing.assert_allclose(one.std_errors, two.std_errors, rtol=0.25)
    assert np.isnan(two.log_likelihood)
    assert f"rho = {one.rho:.4f}" in " ".join(two.notes)


def test_order_of_rows_and_units_of_y_do_not_matter():
    data, w = made()
    one = models.panel_lag("y ~ x", data, w, effects="twoway", correction="pairs")
    two = models.panel_lag("y ~ x", data.sample(frac=1, random_state=3), w, effects="twoway", correction="pairs")
    far = models.panel_lag("y ~ x", data.assign(y=1e3 + 7 * data["y"]), w, effects="twoway", correction="pairs")
    assert one.rho == pytest.approx(two.rho, abs=1e-9) == pytest.approx(far.rho, abs=1e-8)
    assert far.std_errors["rho"] == pytest.approx(one.std_errors["rho"], rel=1e-5)


def test_what_is_refused():
    data, w = made()
    with pytest.raises(OptionError, match="models with rho or lambda"):
        models.panel_ols("y ~ x", data, correction="pairs")
    with pytest.raises(OptionError, match="assumes one variance"):
        models.panel_lag("y ~ x", data, w, correction="pairs", covariance="information")
    with pytest.raises(OptionError, match="needs a balanced panel"):
        models.panel_lag("y ~ x", data.iloc[1:], w, correction="pairs", unbalanced="keep")
    with pytest.raises(OptionError, match="fixed effects or none"):
        models.panel_lag("y ~ x", data, w, correction="pairs", effects="random")
    with pytest.raises(OptionError, match="static fixed effects"):
        models.panel_lag("y ~ x", data, w, correction="pairs", dynamic="y")
    data["pair"] = data.index.get_level_values(0).map({f"u{i}": i // 2 for i in range(12)})
    with pytest.raises(OptionError, match="three units or more"):
        models.panel_lag("y ~ x", data, w, correction="pairs", effects="unit + pair:year")
