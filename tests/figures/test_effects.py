"""Intervals as a reader sees them: against zero, and to the frame where they have no end."""

import numpy as np
import pandas as pd
import pytest

import gbaspatial as gba
from gbaspatial.figures.effects import forest, frame_of

ENDS = {
    "both open": (-np.inf, np.inf),
    "left open": (-np.inf, 2.0),
    "right open": (0.5, np.inf),
    "closed": (0.5, 2.0),
}


def drawn_of(ax):
    """(left, right) of the first line of each row."""
    return [tuple(map(float, line.get_xdata())) for line in ax.get_lines() if len(line.get_xdata()) == 2]


@pytest.mark.parametrize("ends", ENDS)
@pytest.mark.parametrize("estimate", [1.0, np.inf, np.nan])
def test_open_ends_run_to_the_frame(ends, estimate):
    lower, upper = ENDS[ends]
    frame = pd.DataFrame({"estimate": [estimate, 1.2], "lower": [lower, 1.0], "upper": [upper, 1.5]}, index=["a", "b"])
    ax = forest(frame).axes[0]
    left, right = ax.get_xlim()
    assert left < 0 < right
    shown = drawn_of(ax)[0]
    assert shown == (lower if np.isfinite(lower) else left, upper if np.isfinite(upper) else right)
    assert ("no finite end" in ax.get_xlabel()) == (ends != "closed")
    ax.figure.canvas.draw()


def test_the_frame_holds_what_is_finite_and_zero():
    frame = pd.DataFrame({"estimate": [5.0], "lower": [-np.inf], "upper": [np.nan]})
    left, right = frame_of(frame)
    assert left < 0 < 5 < right
    assert frame_of(frame * np.nan) == (-1.0, 1.0)


def test_impacts_without_a_finite_end_do_not_seem_to_leave_zero_out():
    cities = gba.load_cities(year=2023)
    w = gba.weights.contiguity(cities, links=2023).row_standardized()
    impacts = gba.models.lag("log(gdp_pc_cny) ~ log(employment)", cities, w).impacts(rng=1)
    frame = impacts.to_frame()
    ax = impacts.plot()
    left, right = ax.get_xlim()
    assert left < 0 < right
    for (lower, upper), shown in zip(frame[["lower", "upper"]].to_numpy(), drawn_of(ax), strict=False):
        assert shown == (pytest.approx(max(lower, left)), pytest.approx(min(upper, right)))
