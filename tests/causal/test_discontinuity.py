"""Jumps at a border: against rdrobust, and what is said of too few units."""

import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import gbaspatial as gba
from gbaspatial.causal.discontinuity import _jump, signed_distance_km
from gbaspatial.errors import DataError, GeometryError, OptionError

REFERENCE = json.loads((Path(__file__).parents[1] / "reference" / "causal_designs.json").read_text())["rdrobust"]


def _units(gap=0.0):
    boxes = [
        shapely.box(x / 50 + gap * (x >= 0), j / 50, (x + 1) / 50 + gap * (x >= 0), (j + 1) / 50)
        for x in range(-10, 10)
        for j in range(4)
    ]
    units = gpd.GeoDataFrame(geometry=boxes, crs=4326, index=[f"unit {i}" for i in range(80)])
    side = pd.Series(["west"] * 40 + ["east"] * 40, index=units.index)
    return units, side


@pytest.mark.parametrize(("kernel", "degree", "h", "expected"), REFERENCE["fits"])
def test_jumps_are_those_of_rdrobust(kernel, degree, h, expected):
    found = _jump(np.array(REFERENCE["y"]), np.array(REFERENCE["d"]), h, 0.0, kernel, degree)
    assert found["estimate"] == pytest.approx(expected, abs=1e-10)


def test_a_known_jump_is_found_beside_a_slope():
    units, side = _units()
    d = signed_distance_km(units, (side == "east").to_numpy(), None)
    rng = np.random.default_rng(0)
    values = pd.Series(1.5 * (d > 0) + 0.1 * d + rng.normal(0, 0.05, 80), index=units.index, name="income")
    found = gba.causal.border_discontinuity(values, units, side, beyond="east")
    assert found.frame["lower"].iloc[0] < 1.5 < found.frame["upper"].iloc[0]
    other = gba.causal.border_discontinuity(values, units, side, beyond="west", bandwidth_km=found.bandwidth_km)
    assert other.frame["estimate"].iloc[0] == pytest.approx(-found.frame["estimate"].iloc[0])
    assert len(found.sensitivity(donuts=(0.0, 2.0))) == 10


def test_distances_are_geodesic_and_take_any_projection():
    units, side = _units()
    there = (side == "east").to_numpy()
    d = signed_distance_km(units, there, None)
    assert d[40] == pytest.approx(1.1132, abs=0.002)  # half of a fiftieth of a degree at the equator
    np.testing.assert_allclose(signed_distance_km(units.to_crs(3857), there, None), d, atol=1e-3)


def test_sides_apart_need_a_line():
    units, side = _units(gap=0.1)
    values = pd.Series(np.arange(80.0), index=units.index)
    with pytest.raises(GeometryError, match="no line in common"):
        gba.causal.border_discontinuity(values, units, side)
    line = shapely.LineString([(0.05, -1), (0.05, 1)])
    assert (
        gba.causal.border_discontinuity(values, units, side, line=line, bandwidth_km=20.0).frame["units_before"].iloc[0]
    )


def test_what_cannot_be_estimated_is_said():
    units, side = _units()
    values = pd.Series(np.arange(80.0), index=units.index)
    with pytest.raises(DataError, match="on a side|on each side"):
        gba.causal.border_discontinuity(values, units, side, bandwidth_km=1.2)
    with pytest.raises(DataError, match="two sides"):
        gba.causal.border_discontinuity(values, units, side.replace("east", "west"))
    with pytest.raises(OptionError, match="is no side"):
        gba.causal.border_discontinuity(values, units, side, beyond="north")
    with pytest.raises(OptionError, match="rdrobust"):
        gba.causal.border_discontinuity(values, units, side, bandwidth_km="best")


def test_outlines_that_differ_by_round_off_are_one_line():
    """Tenths of a degree do not add up exactly; half a millimetre is no gap between districts."""
    boxes = [
        shapely.box(113 + 0.1 * i, 22 + 0.1 * j, 113.1 + 0.1 * i, 22.1 + 0.1 * j) for i in range(6) for j in range(4)
    ]
    units = gpd.GeoDataFrame(geometry=boxes, crs=4326)
    there = np.arange(24) >= 12
    assert (np.abs(signed_distance_km(units, there, None)) < 35).all()


@pytest.mark.parametrize("degree", [1, 2])
def test_a_bandwidth_of_its_own_choice_can_be_estimated_with(degree):
    """Rows of equal cells lie at few different distances: the narrowest bandwidths hold too few of them."""
    boxes = [
        shapely.box(i, j, i + 10_000, j + 10_000) for i in range(0, 100_000, 10_000) for j in range(0, 60_000, 10_000)
    ]
    units = gpd.GeoDataFrame(geometry=boxes, crs=32650, index=[f"c{i}" for i in range(60)])
    side = pd.Series(["west"] * 30 + ["east"] * 30, units.index)
    for seed in range(4):
        values = pd.Series(np.random.default_rng(seed).normal(size=60) + 3 * (side == "east"), units.index)
        found = gba.causal.border_discontinuity(values, units, side, beyond="east", degree=degree)
        assert np.isfinite(found.frame.loc["east", ["estimate", "std_error"]].astype(float)).all()
        assert found.bandwidth_km > 15.1 + 10 * (degree - 1)
