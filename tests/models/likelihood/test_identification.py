"""No information is said, not fitted: complete weights, complete groups, poles, and searches that were cut."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

import gbaspatial as gba
from gbaspatial import models
from gbaspatial.errors import ConvergenceError
from gbaspatial.models.likelihood.identification import acts_as_number, check_no_pole, cut_note
from gbaspatial.weights import Weights


def groups(sizes: list[int], seed: int = 0) -> tuple[pd.DataFrame, Weights]:
    """Complete groups of these sizes, and data with the group of each unit."""
    n, random = sum(sizes), np.random.default_rng(seed)
    member = np.repeat(np.arange(len(sizes)), sizes)
    W = (member[:, None] == member).astype(float) - np.eye(n)
    ids = pd.Index([f"u{i:02d}" for i in range(n)], name="unit")
    frame = pd.DataFrame({name: random.normal(size=n) for name in ("y", "y2", "x", "z", "q")}, index=ids)
    frame["v"] = random.uniform(1, 3, n)
    frame["g"] = member.astype(str)
    return frame, Weights(W, ids)


ESTIMATORS = {
    "lag": models.lag,
    "error": models.error,
    "sarar": models.sarar,
    "gmm lag": lambda *a: models.lag(*a, method="gmm"),
    "gmm error": lambda *a: models.error(*a, method="gmm"),
    "gmm kp98": lambda *a: models.error(*a, method="gmm", moments="kp98"),
    "gmm sarar": lambda *a: models.sarar(*a, method="gmm"),
    "mess": models.mess,
    "mess error": lambda *a: models.mess(*a, model="error"),
    "sma": models.sma,
    "sur": lambda f, d, w: models.sur([f, f.replace("y ~", "y2 ~")], d, w, model="lag"),
    "sur error": lambda f, d, w: models.sur([f, f.replace("y ~", "y2 ~")], d, w, model="error"),
    "sur 3sls": lambda f, d, w: models.sur([f, f.replace("y ~", "y2 ~")], d, w, model="lag", method="3sls"),
    "weighted lag": lambda *a: models.lag(*a, weights="v"),
    "weighted error": lambda *a: models.error(*a, weights="v"),
}


@pytest.mark.parametrize("name", ESTIMATORS)
@pytest.mark.parametrize(("sizes", "formula"), [([12], "y ~ x"), ([6, 6, 6], "y ~ x + C(g)"), ([9], "y ~ 1")])
def test_complete_weights_are_refused_with_the_reason(name, sizes, formula):
    data, w = groups(sizes)
    with pytest.raises(ConvergenceError, match="cannot tell"):
        ESTIMATORS[name](formula, data, w.row_standardized())


def test_complete_binary_weights_say_nothing_of_a_conditional_autoregression():
    data, w = groups([10])
    with pytest.raises(ConvergenceError, match="cannot tell lambda"):
        models.car("y ~ x", data, w)


def test_rho_of_classes_needs_weights_that_tell():
    data, w = groups([12])
    with pytest.raises(ConvergenceError, match="cannot tell rho"):
        models.rho_by_regime("y ~ x", data.assign(side=["a", "b"] * 6), w.row_standardized(), regimes="side")


def test_the_band_that_holds_all_cities_is_refused():
    cities = gba.load_cities(year=2023)
    w = gba.weights.distance_band(cities, threshold_km=500).row_standardized()
    with pytest.raises(ConvergenceError, match="no maximum inside the admissible interval"):
        models.lag("log(gdp_pc_cny) ~ C(tier)", cities, w)


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    size=st.integers(3, 7),
    count=st.integers(1, 3),
    scale=st.floats(1e-6, 1e6),
    weighted=st.booleans(),
)
def test_the_number_is_found_where_there_is_one_and_nowhere_else(seed, size, count, scale, weighted):
    """Groups of one size with an intercept for each: -scale / (size - 1); one link less: none."""
    data, w = groups([size] * count, seed)
    member = pd.get_dummies(data["g"]).to_numpy(dtype=float)
    X = np.column_stack([member, data["x"]])
    d = data["v"].to_numpy() if weighted else None
    W = w.row_standardized().sparse * scale
    assert acts_as_number(X, W, d) == pytest.approx(-scale / (size - 1))
    less = W.toarray()
    less[0, 1] = 0.0
    if len(X) - X.shape[1] > 1:  # what is left must have two directions
        assert acts_as_number(X, type(W)(less), d) is None


@pytest.mark.parametrize("name", ["lag", "error"])
def test_groups_of_several_sizes_tell(name):
    """Lee (2007): the sizes of the groups identify the parameter beside an intercept for each group."""
    data, w = groups([4, 6, 8])
    fit = ESTIMATORS[name]("y ~ x + C(g)", data, w.row_standardized())
    low, high = fit.w.interval if fit.w is not None else fit.error_w.interval
    assert low < fit.params.iloc[-1] < high
    assert not fit.edges


@pytest.mark.parametrize("name", ["error", "sarar"])
def test_a_pole_is_refused(name):
    """As many columns as groups: at lambda = -5 the filtered columns span all that is left of y."""
    data, w = groups([6, 6, 6])
    with pytest.raises(ConvergenceError, match="rises without bound as lambda tends to -5"):
        ESTIMATORS[name]("y ~ x + z + q", data, w.row_standardized())


def test_a_likelihood_that_falls_to_both_ends_has_no_pole():
    check_no_pole("rho", lambda r: float(np.log(1 - r) + np.log(1 + r)), (-1.0, 1.0))
    with pytest.raises(ConvergenceError, match="rho tends to 1"):
        check_no_pole("rho", lambda r: float(-np.log(1 - r) + np.log(1 + r)), (-1.0, 1.0))


def ring(n: int = 9) -> tuple[pd.DataFrame, Weights]:
    """A directed ring of odd length: no negative real eigenvalue, so rho has no lower end."""
    random = np.random.default_rng(3)
    W = np.zeros((n, n))
    W[np.arange(n), (np.arange(n) + 1) % n] = 1
    ids = [f"u{i}" for i in range(n)]
    return pd.DataFrame({"y": random.normal(size=n), "x": random.normal(size=n)}, index=ids), Weights(W, ids)


def test_a_search_that_was_cut_is_told_as_a_cut():
    data, w = ring()
    fit = models.lag("y ~ x", data, w)
    assert "no lower end" in str(fit.summary())
    assert "down to -4" in str(fit.profile(simulate=False).summary())
    assert "down to -4" in str(models.posterior(fit).summary())
    data, w = groups([4, 5])
    assert "no lower end" not in str(models.lag("y ~ x", data, w.row_standardized()).summary())


def test_an_estimate_at_the_cut_is_no_maximum():
    data, w = ring()
    A = np.eye(9) + 40 * w.sparse.toarray()
    told = models.lag("y ~ x", data.assign(y=np.linalg.solve(A, data["y"] + 1000 * data["x"])), w)
    assert told.edges == ("rho",)
    assert any("search was cut" in note and "not its maximum" in note for note in told.notes)


def test_words_of_a_cut():
    assert cut_note("rho", (-2.0, 1.0)) is None
    assert "no upper end" in cut_note("rho", (-2.0, np.inf))
    assert "from -10 to 10" in cut_note("rho", (-np.inf, np.inf))
