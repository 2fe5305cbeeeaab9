"""The confidence distribution of a lag model: its parts where they are known."""

import numpy as np
import oracle
import pytest
from scipy import stats

from gbaspatial import models
from gbaspatial.errors import OptionError
from gbaspatial.models.likelihood.confidence import coefficient_draws, mixture, parameter_draws, quantiles
from gbaspatial.models.likelihood.inversion import Inversion, invert

DATA = oracle.data("columbus")
QUEEN = oracle.weights("columbus_poly_queen", DATA.index).row_standardized()
CRIME = "CRIME ~ INC + HOVAL"


def test_coefficients_without_rho_are_those_of_least_squares() -> None:
    """Given rho = 0 they are t around the least-squares estimate with n - k degrees of freedom."""
    ols = models.ols(CRIME, DATA)
    model = models.lag(CRIME, DATA, QUEEN)._problem()
    drawn = coefficient_draws(model, "rho", np.zeros(40_000), np.random.default_rng(1))
    t = (drawn - ols.beta) / ols.std_errors.to_numpy()
    for column in t.T:
        assert stats.kstest(column, stats.t(46).cdf).pvalue > 1e-3
    assert np.cov(drawn.T) == pytest.approx(ols.covariance.to_numpy() * 46 / 44, rel=0.05, abs=1e-3)


def test_rho_quantiles_follow_the_tails() -> None:
    grid = np.array([0.0, 0.5, 0.9])
    found = Inversion(grid, np.array([0.1, 0.5, 0.8]), np.array([0.9, 0.5, 0.2]), 0.5, (-1.0, 1.0), 9)
    assert quantiles(found, np.array([0.1, 0.3, 0.5, 0.65, 0.99])) == pytest.approx([0.0, 0.25, 0.5, 0.7, 1.0])


def test_draws_repeat_and_stay_inside() -> None:
    model = models.lag(CRIME, DATA, QUEEN)._problem()
    found = invert(model, "rho", draws=199, seed=5)
    one, two = (parameter_draws(model, "rho", found, 99, 5) for _ in range(2))
    assert np.array_equal(one, two)
    assert ((one[:, -1] > QUEEN.interval[0]) & (one[:, -1] < QUEEN.interval[1])).all()


@pytest.mark.parametrize("name", ["rho", "lambda"])
def test_mixture_is_the_distribution_of_the_draws(name: str) -> None:
    """Tails and ends without drawing agree with forty thousand draws; intervals and p-values agree with each other."""
    model = getattr(models, {"rho": "lag", "lambda": "error"}[name])(CRIME, DATA, QUEEN)._problem()
    found = invert(model, name, draws=499, seed=5)
    exact, drawn = mixture(model, name, found), parameter_draws(model, name, found, 40_000, 1)
    low, high = exact.interval(0.95)
    for place in range(3):
        column = drawn[:, place]
        assert [np.mean(column <= low[place]), np.mean(column >= high[place])] == pytest.approx(
            [0.025, 0.025], abs=0.004
        )
        ends = exact.interval(1 - exact.p_values()[place])
        assert min(abs(end[place]) for end in ends) == pytest.approx(0.0, abs=1e-6 * exact.scale[place].mean())
    both = exact.combined(np.array([[0.0, 1.0, 1.0]]))
    assert both.quantile(0.3)[0] == pytest.approx(np.quantile(drawn[:, 1] + drawn[:, 2], 0.3), abs=0.02)


def test_without_spatial_uncertainty_the_mixture_is_least_squares() -> None:
    """At rho = 0 alone it has the ends and p-values of t with n - k degrees of freedom."""
    ols, model = models.ols(CRIME, DATA), models.lag(CRIME, DATA, QUEEN)._problem()
    only = Inversion(np.zeros(3), np.array([0.0, 0.5, 1.0]), np.array([1.0, 0.5, 0.0]), 0.0, (0.0, 0.0), 9)
    found = mixture(model, "rho", only)
    assert found.p_values() == pytest.approx(ols.pvalues.to_numpy(), rel=1e-9)
    assert np.column_stack(found.interval(0.9)) == pytest.approx(ols.conf_int(0.9).to_numpy(), rel=1e-9)


def test_only_for_one_spatial_parameter() -> None:
    with pytest.raises(OptionError, match="either rho or lambda"):
        models.sarar(CRIME, DATA, QUEEN).impacts(method="confidence")


def test_unbounded_intervals_are_shown_as_such() -> None:
    """Where rho = 1 cannot be rejected the impacts have no finite end on one side, and the picture still draws."""
    few = DATA.head(11)
    found = models.lag("CRIME ~ INC", few, QUEEN.subset(few.index)).impacts(draws=199, rng=1)
    assert found.method == "confidence"
    frame = found.to_frame()
    assert frame["estimate"].between(frame["lower"], frame["upper"]).all()
    assert np.isfinite(found.plot().get_xlim()).all()
