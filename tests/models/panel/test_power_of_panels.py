"""What a panel can find: power by histories and by the standard error, against simulation and against each other."""

import numpy as np
import pytest
from test_estimators import made

from gbaspatial import models
from gbaspatial.errors import OptionError, UnknownNameError


def test_the_power_is_the_size_at_zero_and_grows():
    data, w = made()
    found = models.panel_lag("y ~ x", data, w, effects="twoway").detectable_effect(draws=299, rng=1)
    curve = found.curve.set_index("effect")["power"]
    assert found.negative < 0 < found.positive < 1
    near = curve[np.abs(curve.index) < 0.2]
    assert near.min() < 0.4
    assert curve[curve.index > 0].iloc[-1] == 1.0
    assert "finds rho with probability 80%" in found.sentence
    assert found.to_frame().columns.tolist() == ["power"]


def test_both_ways_agree_where_both_are_right():
    """At forty units with independent normal errors: the estimate is nearly normal."""
    data, w = made(40, 8, rho=0.0)
    fit = models.panel_lag("y ~ x", data, w, effects="twoway", covariance="information")
    by_histories = fit.detectable_effect(draws=499)
    normal = (1.959964 + 0.841621) * fit.std_errors["rho"]
    assert by_histories.positive == pytest.approx(normal, rel=0.3)
    assert by_histories.negative == pytest.approx(-normal, rel=0.4)


def test_many_units_and_coefficients_go_by_the_standard_error():
    data, w = made(55, 6)
    fit = models.panel_lag("y ~ x", data, w, effects="unit", covariance="information")
    for name in ("rho", "x"):
        found = fit.detectable_effect(name)
        assert found.positive == pytest.approx(2.8016 * fit.std_errors[name], rel=0.01)
        assert found.negative == pytest.approx(-found.positive)
        assert "standard error of the fit" in found.how


def test_order_and_errors():
    data, w = made()
    one, two = (models.panel_error("y ~ x", d, w, effects="unit") for d in (data, data.sample(frac=1, random_state=4)))
    assert one.detectable_effect("lambda", draws=99).positive == two.detectable_effect("lambda", draws=99).positive
    assert one.detectable_effect(draws=99).positive == one.detectable_effect("lambda", draws=99).positive
    with pytest.raises(UnknownNameError, match="no parameter 'rho'"):
        one.detectable_effect("rho")
    with pytest.raises(OptionError, match="neither rho nor lambda; name one of its terms: x"):
        models.panel_ols("y ~ x", data, effects="unit").detectable_effect()
    with pytest.raises(OptionError, match="target"):
        one.detectable_effect("lambda", target=2)
