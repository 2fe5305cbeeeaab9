"""Intervals as a reader sees them: against zero, and to the frame where they have no end."""

import itertools
import warnings

import calls
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

import gbaspatial as gba
from gbaspatial.figures import fonts
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
    ax = forest(frame)
    left, right = ax.get_xlim()
    assert left < 0 < right
    shown = drawn_of(ax)[0]
    assert shown == (lower if np.isfinite(lower) else left, upper if np.isfinite(upper) else right)
    assert ("no finite end" in ax.get_xlabel().replace("\n", " ")) == (ends != "closed")
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


LONG = [
    "a regressor whose name goes on: log(gross domestic product per head in yuan)",
    "x",
    "人均国内生产总值（按当年价格）",
]
ROWS = pd.MultiIndex.from_product([LONG, ["direct", "indirect", "total"]])
IMPACTS = pd.DataFrame(
    {"estimate": 1.0, "lower": [-np.inf, 0.5, -1.0] * 3, "upper": [2.0, np.inf, 3.0] * 3}, index=ROWS
)


def test_open_ends_are_arrows_at_the_sides():
    ax = forest(IMPACTS)
    left, right = ax.get_xlim()
    arrows = [(line.get_marker(), line.get_xdata()[0]) for line in ax.lines if line.get_marker() in "<>"]
    assert arrows == [("<", left), (">", right)] * 3


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("size", [None, (5.0, 4.0), (6.4, 4.8)])
@pytest.mark.parametrize("dpi", [60, 80, 100, 200])
def test_no_label_is_cut_and_every_letter_is_there(language, size, dpi):
    ax = Figure(figsize=size).add_subplot() if size else None
    with warnings.catch_warnings():
        if fonts.chinese_font() is not None:
            warnings.simplefilter("error")  # matplotlib warns of a glyph that is missing
        ax = forest(IMPACTS, language=language, ax=ax)
        ax.figure.set_dpi(dpi)  # what saving does
        ax.figure.draw_without_rendering()
    whole = ax.figure.bbox
    texts = [*ax.get_yticklabels(), ax.xaxis.label]
    for box in (text.get_window_extent() for text in texts):
        assert box.x0 >= -1
        assert box.x1 <= whole.width + 1
        assert box.y0 >= -1
    if size is None:
        boxes = [text.get_window_extent() for text in ax.get_yticklabels()]
        assert not any(a.overlaps(b) for a, b in itertools.pairwise(boxes))
    words = {"en": "indirect", "zh": "间接效应"}[language if fonts.chinese_font() else "en"]
    assert words in texts[4].get_text()


def test_impacts_draw_the_same_forest_either_way():
    found = calls.fit().impacts(method="delta")
    one, two = found.plot(), gba.figures.forest(found)
    assert one.get_xlabel() == two.get_xlabel()
    assert "impact on income, 95% intervals, delta" in one.get_xlabel().replace("\n", " ")
    assert [t.get_text() for t in one.get_yticklabels()] == [t.get_text() for t in two.get_yticklabels()]
    assert [line.get_xydata().tolist() for line in one.lines] == [line.get_xydata().tolist() for line in two.lines]
