"""How far an effect spills over: sums that must hold, and a chain on which all is known."""

import numpy as np
import pandas as pd
import pytest

import gbaspatial as gba
from gbaspatial.errors import OptionError
from tests import calls


@pytest.fixture(scope="module")
def cities():
    return gba.load_cities(year=2019)


@pytest.fixture(scope="module")
def fits(cities):
    w = gba.weights.contiguity(cities, links=2019).row_standardized()
    return {m: getattr(gba.models, m)("log(gdp_pc_cny) ~ log(employment)", cities, w) for m in ("lag", "slx", "durbin")}


@pytest.mark.parametrize("model", ["lag", "slx", "durbin"])
@pytest.mark.parametrize("bands", [None, [30], [50, 100, 150], [1000]])
def test_bands_and_orders_add_up_to_the_indirect_impact(cities, fits, model, bands):
    found = gba.spillover.decay(fits[model], cities, bands=bands, method="delta")
    indirect = fits[model].impacts(method="delta").indirect["estimate"].iloc[0]
    assert found.by_distance["estimate"].sum() == pytest.approx(indirect, rel=1e-9)
    assert found.by_order["estimate"].sum() == pytest.approx(indirect, rel=1e-9)
    assert found.by_distance["pairs"].sum() == 110
    assert found.by_distance["cumulative"].iloc[-1] == pytest.approx(1)


@pytest.mark.parametrize("model", ["lag", "durbin"])
def test_each_band_is_the_sum_of_the_impact_matrix_there(cities, fits, model):
    found = gba.spillover.decay(fits[model], cities, bands=[60, 120], method="simulated", draws=99)
    S = fits[model].impacts(method="delta").matrix()
    km = gba.geography.distance_km(cities).loc[S.index, S.columns].to_numpy()
    for (start, end), row in found.by_distance.iterrows():
        there = (km > start) & (km <= end)
        assert row["estimate"] == pytest.approx(S.to_numpy()[there].sum() / 11, rel=1e-9)
        assert row["per_pair"] == pytest.approx(S.to_numpy()[there].mean(), rel=1e-9)


def test_a_nearer_w_has_a_shorter_half_distance(cities):
    halves = []
    for scale in (10.0, 60.0, 1e5):
        w = gba.weights.exponential_decay(cities, scale_km=scale).row_standardized()
        fit = gba.models.slx("log(gdp_pc_cny) ~ log(employment)", cities, w)
        found = gba.spillover.decay(fit, cities)
        halves.append(found.half_distance)
        assert np.isnan(found.half_distance_lower)
        assert "a property of W" in " ".join(found.notes)
    assert halves[0] < halves[1] < halves[2]
    assert halves[2] == pytest.approx(found.half_of_pairs, rel=0.05)  # weights that know no distance


def test_half_of_the_spillover_lies_within_the_half_distance(cities, fits):
    found = gba.spillover.decay(fits["lag"], cities, method="simulated", draws=199)
    S = fits["lag"].impacts(method="delta").matrix()
    km = gba.geography.distance_km(cities).loc[S.index, S.columns].to_numpy()
    off = ~np.eye(11, dtype=bool)
    share = S.to_numpy()[off & (km <= found.half_distance * (1 + 1e-9))].sum() / S.to_numpy()[off].sum()
    before = S.to_numpy()[off & (km < found.half_distance * (1 - 1e-9))].sum() / S.to_numpy()[off].sum()
    assert before < 0.5 <= share + 1e-9
    assert found.half_distance_lower <= found.half_distance <= found.half_distance_upper


def test_spillover_of_both_signs_has_no_half_distance():
    units = calls.UNITS
    near = gba.weights.contiguity(units, criterion="rook").row_standardized()
    far = gba.weights.nearest(units, k=9).row_standardized()
    x = calls.PRICE
    y = 2 * near.lag(x) - 3 * far.lag(x) + 0.01 * calls.GROWTH
    lags = {"W": near, "F": far}
    fit = gba.models.ols("y ~ price + W(price) + F(price)", pd.DataFrame({"y": y, "price": x}), lags)
    found = gba.spillover.decay(fit, units)
    assert fit.params["W(price)"] > 0 > fit.params["F(price)"]
    assert np.isnan(found.half_distance)
    assert "positive for some pairs and negative for others" in " ".join(found.notes)


def test_order_and_labels_do_not_matter(cities, fits):
    one = gba.spillover.decay(fits["durbin"], cities, method="delta")
    two = gba.spillover.decay(fits["durbin"], cities.iloc[::-1], method="delta")
    pd.testing.assert_frame_equal(one.by_distance, two.by_distance, rtol=1e-9)


def test_what_cannot_spill_over_is_refused(cities, fits):
    ols = gba.models.ols("log(gdp_pc_cny) ~ log(employment)", cities)
    with pytest.raises(OptionError, match="has no spillover in this model"):
        gba.spillover.decay(ols, cities)
    with pytest.raises(OptionError, match="positive and ascending"):
        gba.spillover.decay(fits["slx"], cities, bands=[100, 50])
    with pytest.raises(gba.errors.AlignmentError):
        gba.spillover.decay(fits["slx"], cities.iloc[1:])
    with pytest.raises(OptionError, match="is for panels"):
        gba.spillover.decay(fits["slx"], cities, period=2019)


def test_of_a_panel_by_period():
    fit = gba.models.panel_durbin("income ~ price", calls.LONG_DATA, calls.W, effects="unit")
    found = gba.spillover.decay(fit, calls.UNITS, period=2002, draws=99)
    indirect = fit.impacts(period=2002, method="delta").indirect["estimate"].iloc[0]
    assert found.by_distance["estimate"].sum() == pytest.approx(indirect, rel=1e-9)
