"""The confidence distribution of a lag model: its parts where they are known."""

import numpy as np
import oracle
import pytest
from scipy import stats

from gbaspatial import models
from gbaspatial.errors import OptionError
from gbaspatial.models.confidence import coefficient_draws, confidence_draws, rho_draws
from gbaspatial.models.inversion import Inversion

DATA = oracle.data("columbus")
QUEEN = oracle.weights("columbus_poly_queen", DATA.index).row_standardized()
CRIME = "CRIME ~ INC + HOVAL"


def test_coefficients_without_rho_are_those_of_least_squares() -> None:
    """Given rho = 0 they are t around the least-squares estimate with n - k degrees of freedom."""
    ols = models.ols(CRIME, DATA)
    model = models.lag(CRIME, DATA, QUEEN).problem()
    drawn = coefficient_draws(model, np.zeros(40_000), np.random.default_rng(1))
    t = (drawn - ols.beta) / ols.std_errors.to_numpy()
    for column in t.T:
        assert stats.kstest(column, stats.t(46).cdf).pvalue > 1e-3
    assert np.cov(drawn.T) == pytest.approx(ols.covariance.to_numpy() * 46 / 44, rel=0.05, abs=1e-3)


def test_rho_quantiles_follow_the_tails() -> None:
    grid = np.array([0.0, 0.5, 0.9])
    found = Inversion(grid, np.zeros(3), np.array([0.1, 0.5, 0.8]), np.array([0.9, 0.5, 0.2]), 0.5, (-1.0, 1.0))
    assert rho_draws(found, np.array([0.1, 0.3, 0.5, 0.65, 0.99])) == pytest.approx([0.0, 0.25, 0.5, 0.7, 1.0])


def test_draws_repeat_and_stay_inside() -> None:
    model = models.lag(CRIME, DATA, QUEEN).problem()
    one, two = confidence_draws(model, 99, 5), confidence_draws(model, 99, 5)
    assert np.array_equal(one, two)
    assert ((one[:, -1] > QUEEN.interval[0]) & (one[:, -1] < QUEEN.interval[1])).all()


def test_only_for_rho_alone() -> None:
    with pytest.raises(OptionError, match="rho only"):
        models.sarar(CRIME, DATA, QUEEN).impacts(method="confidence")


def test_unbounded_intervals_are_shown_as_such() -> None:
    """Where rho = 1 cannot be rejected the impacts have no finite end on one side, and the picture still draws."""
    few = DATA.head(11)
    found = models.lag("CRIME ~ INC", few, QUEEN.subset(few.index)).impacts(draws=199, rng=1)
    assert found.method == "confidence"
    frame = found.to_frame()
    assert frame["estimate"].between(frame["lower"], frame["upper"]).all()
    assert np.isfinite(found.plot().get_xlim()).all()
