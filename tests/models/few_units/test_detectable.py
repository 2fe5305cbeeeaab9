"""What could be seen next to the end of the interval of rho, where outcomes outgrow their digits."""

import warnings

import gbaspatial as gba


def test_power_stays_one_where_outcomes_outgrow_their_digits():
    """W of three nearest neighbors has three eigenvalues next to -1/3, so outcomes grow to 3e8 there."""
    cities = gba.load_cities(year=2019)
    w = gba.weights.nearest(cities, k=3).row_standardized()
    fit = gba.models.lag("log(gdp_pc_cny) ~ log(population)", cities, w)
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        power = fit.detectable_effect(draws=99, rng=1).curve["power"]
    assert power.iloc[0] == 1.0
