"""Many outcomes at once give what each gives by itself."""

import numpy as np
import pytest
from test_estimators import made

from gbaspatial import models
from gbaspatial.models.panel.many_panels import ManyPanels

MODELS = {"ols": models.panel_slx, "lag": models.panel_lag, "error": models.panel_error}


@pytest.mark.parametrize("effects", ["pooled", "unit", "twoway"])
@pytest.mark.parametrize("name", list(MODELS))
def test_estimates_and_standard_errors_equal_those_of_fits(name, effects):
    data, w = made(9, 5)
    fits, outcomes = [], []
    for seed in range(4):
        one = data.assign(y=data["y"] + np.random.default_rng(seed).standard_normal(len(data)))
        fits.append(MODELS[name]("y ~ x + z", one, w, effects=effects, covariance="information"))
        outcomes.append(fits[-1].design.y)
    found = ManyPanels(fits[0]._problem)(np.column_stack(outcomes))
    for place, fit in enumerate(fits):
        np.testing.assert_allclose(found.params[:, place], fit.params, atol=2e-4)
        np.testing.assert_allclose(found.std_errors[:, place], fit.std_errors, rtol=1e-2)


def test_w_by_year_too():
    data, w = made(9, 6)
    from gbaspatial.weights import Weights

    years = sorted(data.index.unique(1))
    other = Weights(w.sparse @ w.sparse - np.diag((w.sparse @ w.sparse).diagonal()), w.ids).row_standardized()
    changing = {year: w if year < years[3] else other for year in years}
    fit = models.panel_lag("y ~ x", data, changing, effects="twoway", covariance="information")
    found = ManyPanels(fit._problem)(fit._problem.y[:, None])
    np.testing.assert_allclose(found.params[:, 0], fit.params, atol=2e-4)
    np.testing.assert_allclose(found.std_errors[:, 0], fit.std_errors, rtol=1e-2)


def test_likelihood_ratios_of_two_models_are_comparable():
    data, w = made(9, 5)
    whole = models.panel_lag("y ~ x + z", data, w, effects="twoway")
    part = models.panel_lag("y ~ x", data, w, effects="twoway")
    ratio = [ManyPanels(fit._problem)(fit._problem.y[:, None]).log_likelihood[0] for fit in (whole, part)]
    assert ratio[0] - ratio[1] == pytest.approx(whole.log_likelihood - part.log_likelihood, abs=1e-4)


@pytest.mark.parametrize("effects", ["pooled", "unit", "twoway"])
@pytest.mark.parametrize("other", [False, True])
def test_both_parameters_too(effects, other):
    data, w = made(9, 12)
    more = {"error_w": w.union(w.power(2)).row_standardized()} if other else {}
    fits, outcomes = [], []
    for seed in range(4):
        one = data.assign(y=data["y"] + 0.3 * np.random.default_rng(seed).standard_normal(len(data)))
        fits.append(models.panel_sarar("y ~ x + z", one, w, effects=effects, covariance="information", **more))
        outcomes.append(fits[-1].design.y)
    found = ManyPanels(fits[0]._problem)(np.column_stack(outcomes))
    for place, fit in enumerate(fits):
        np.testing.assert_allclose(found.params[:, place], fit.params, atol=1e-4)
        np.testing.assert_allclose(found.std_errors[:, place], fit.std_errors, rtol=0.06)
        gap = found.log_likelihood[place] - found.log_likelihood[0]
        assert gap == pytest.approx(fit.log_likelihood - fits[0].log_likelihood, abs=1e-6)
