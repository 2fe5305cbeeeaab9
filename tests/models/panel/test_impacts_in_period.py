"""Impacts of panels: those of the cross-section of a named period."""

import numpy as np
import pytest
from test_estimators import made

from gbaspatial import models
from gbaspatial.errors import OptionError, UnknownNameError


def test_impacts_come_from_the_matrix_of_the_period():
    data, w = made()
    by = {year: w if year < 2004 else w.power(2).row_standardized() for year in range(2001, 2007)}
    fit = models.panel_durbin("y ~ x", data, by, effects="unit")
    for year in (2002, 2005):
        found = fit.impacts(period=year, method="delta")
        W = by[year].sparse.toarray()
        eye = np.eye(12)
        S = np.linalg.solve(eye - fit.rho * W, fit.params["x"] * eye + fit.params["W(x)"] * W)
        assert found.direct.loc["x", "estimate"] == pytest.approx(np.trace(S) / 12)
        assert found.total.loc["x", "estimate"] == pytest.approx(S.sum() / 12)
        np.testing.assert_allclose(found.matrix("x").loc[w.ids, w.ids], S, atol=1e-12)
    with pytest.raises(OptionError, match="changes over time, so name the period"):
        fit.impacts()
    with pytest.raises(UnknownNameError, match="no period 1999"):
        fit.impacts(period=1999)


def test_without_a_spatial_lag_impacts_are_the_coefficients():
    data, w = made()
    fit = models.panel_slx("y ~ x", data, w, effects="twoway", covariance="classical")
    found = fit.impacts()
    assert found.method == "delta"
    assert found.direct.loc["x", "estimate"] == pytest.approx(fit.params["x"])
    assert found.direct.loc["x", "std_error"] == pytest.approx(fit.std_errors["x"])


def test_draws_use_the_covariance_of_the_fit():
    data, w = made()
    fit = models.panel_lag("y ~ x", data, w, effects="unit", covariance="cluster")
    drawn, delta = fit.impacts(rng=1), fit.impacts(method="delta")
    assert drawn.method == "simulated"
    assert drawn.total.loc["x", "std_error"] == pytest.approx(delta.total.loc["x", "std_error"], rel=0.25)
    with pytest.raises(OptionError, match="method='bootstrap' is not known"):
        fit.impacts(method="bootstrap")
