"""Hausman's test between two fits: its definition, its null, its power, and what is refused."""

import numpy as np
import oracle
import pytest
from test_estimators import FORMULA, PRODUC, made, states

from gbaspatial import models
from gbaspatial.errors import OptionError
from gbaspatial.models import hausman


def pair(data, w, make=models.panel_lag, formula="y ~ x", **options):
    return [make(formula, data, w, effects=e, covariance="information", **options) for e in ("unit", "random")]


def with_effects(related, seed):
    """A lag model whose effects of units are related to the regressor, or not."""
    data, w = made(40, 5, seed=seed)
    rng = np.random.default_rng(seed)
    data = data.sort_index(level=[1, 0])
    order = [int(unit[1:]) for unit in data.index.unique(0)]
    x = rng.standard_normal((5, 40)) + rng.standard_normal(40)
    mu = x.mean(axis=0) * related + rng.standard_normal(40)
    W = w.sparse.toarray()[np.ix_(order, order)]
    y = np.linalg.solve(np.eye(40) - 0.4 * W, (x + mu + rng.standard_normal((5, 40))).T).T
    return data.assign(x=x.ravel(), y=y.ravel()), w


def test_it_keeps_its_size_and_sees_related_effects():
    null = np.array([hausman(*pair(*with_effects(0.0, seed))).p_value for seed in range(40)])
    null = null[np.isfinite(null)]
    assert len(null) >= 30
    assert (null < 0.05).sum() <= 7
    assert hausman(*pair(*with_effects(1.5, 1))).p_value < 1e-4


def test_the_statistic_is_the_form_of_its_definition():
    fixed, random = pair(PRODUC, states(), models.panel_error, FORMULA)
    found = hausman(fixed, random)
    terms = list(fixed.terms)
    gap = (fixed.params - random.params)[terms]
    difference = fixed.covariance.loc[terms, terms] - random.covariance.loc[terms, terms]
    assert found.statistic == pytest.approx(float(gap @ np.linalg.inv(difference) @ gap), rel=1e-6)
    assert found.df == 4
    assert np.linalg.eigvalsh(difference).min() > 0


def test_a_difference_that_is_not_positive_definite_is_no_test():
    found = hausman(*pair(PRODUC, states(), models.panel_lag, FORMULA))
    assert np.isnan(found.statistic)
    assert np.isnan(found.p_value)
    assert "not positive definite" in str(found)


@pytest.mark.parametrize(
    ("make", "errors", "key"),
    [(models.panel_lag, "baltagi", "hausman_ML_lag"), (models.panel_error, "kkp", "hausman_ML_error")],
)
def test_what_splm_prints_is_the_absolute_value_of_a_form_that_is_not_positive(make, errors, key):
    """83.08 and 35.16 on Munnell's states are no chi-squared: the variance of the difference has negative roots.

    Three things of splm's sphtest give them: the variance of the fixed effects fit is not corrected for the degrees
    of freedom of the effects, that of the random effects fit of the lag model holds rho fixed, and the absolute value
    is taken of what comes out. With the correction the error models have a difference that is positive definite, and a
    test (27.18); the lag models have none, and Mundlak's form (42.3 on 4) is the one to use.
    """
    fixed = make(FORMULA, PRODUC, states(), effects="unit", covariance="information", correction="none")
    random = make(FORMULA, PRODUC, states(), effects="random", covariance="information", errors=errors)
    terms = list(fixed.terms)
    V = random.covariance.loc[terms, terms]
    if make is models.panel_lag:  # rho held: the part of the errors that it makes is left out
        across = random.covariance.loc[terms, "rho"]
        V = V - np.outer(across, across) / random.covariance.loc["rho", "rho"]
    difference = (fixed.covariance.loc[terms, terms] - V).to_numpy()
    gap = (fixed.params - random.params)[terms].to_numpy()
    theirs = abs(gap @ np.linalg.solve(difference, gap))
    assert theirs == pytest.approx(oracle.case("panel_tests__produc").expected[key]["statistic"], rel=1e-5)
    assert np.linalg.eigvalsh(difference).min() < 0
    assert np.isnan(hausman(fixed, random).statistic)
    corrected = make(FORMULA, PRODUC, states(), effects="unit", covariance="information")
    ours = hausman(corrected, random).statistic
    assert np.isnan(ours) if make is models.panel_lag else ours == pytest.approx(27.1816, abs=1e-3)


def test_what_splm_prints_for_moments_is_no_chi_squared_either():
    """81.85 on 5: within 2SLS with the degrees of freedom of a fit without effects, beside EC2SLS, rho among the terms.

    The difference of the variances has two negative roots as splm takes it, and with the right degrees too.
    """
    options = {"method": "gmm", "covariance": "classical"}
    fixed = models.panel_lag(FORMULA, PRODUC, states(), effects="unit", **options)
    random = models.panel_lag(FORMULA, PRODUC, states(), effects="random", **options)
    terms = [*fixed.terms, "rho"]
    gap = (fixed.params - random.params)[terms].to_numpy()
    V, other = (fit.covariance.loc[terms, terms].to_numpy() for fit in (fixed, random))
    theirs = V * (48 * 16 - 5) / (48 * 17 - 5) - other
    printed = oracle.case("panel_tests__produc").expected["hausman_GM_lag"]["statistic"]
    assert abs(gap @ np.linalg.solve(theirs, gap)) == pytest.approx(printed, rel=1e-6)
    for difference in (theirs, V - other):
        assert (np.linalg.eigvalsh(difference) < 0).sum() == 2
    assert np.isnan(hausman(fixed, random).statistic)


def test_fits_that_cannot_be_compared_are_refused():
    data, w = made(12, 6)
    fixed, random = pair(data, w)
    with pytest.raises(OptionError, match="random has unit effects"):
        hausman(fixed, fixed)
    with pytest.raises(OptionError, match="needs those of units"):
        hausman(random, random)
    with pytest.raises(OptionError, match="covariance='information'"):
        hausman(models.panel_lag("y ~ x", data, w, covariance="cluster"), random)
    with pytest.raises(OptionError, match="different models or data"):
        hausman(fixed, pair(data, w, formula="y ~ z")[1])
