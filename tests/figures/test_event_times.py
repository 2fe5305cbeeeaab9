"""Effects by event time."""

import numpy as np
import pandas as pd

from gbaspatial.figures import event_times


def frame_of(rows):
    index = pd.MultiIndex.from_tuples([row[:2] for row in rows], names=["term", "event_time"])
    return pd.DataFrame([row[2:] for row in rows], index=index, columns=["estimate", "lower", "upper"])


def test_a_base_is_open_and_what_has_no_interval_is_a_cross_that_the_legend_tells():
    ax = event_times(frame_of([
        ("treated", -2, 0.1, -1.0, 1.0), ("treated", -1, 0.0, 0.0, 0.0), ("treated", 0, 2.0, np.nan, np.nan),
    ]))  # fmt: skip
    drawn = [line for line in ax.get_lines() if len(line.get_xdata())]
    marks = {line.get_marker(): line for line in drawn if line.get_marker() in ("o", "x")}
    np.testing.assert_allclose(marks["x"].get_ydata(), [2.0])
    np.testing.assert_allclose(marks["o"].get_ydata(), [0.0])
    assert marks["o"].get_markerfacecolor() == "white"
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["treated", "without an interval"]


def test_one_term_with_all_intervals_needs_no_legend():
    ax = event_times(frame_of([("treated", -1, 0.0, 0.0, 0.0), ("treated", 0, 2.0, 1.0, 3.0)]))
    assert ax.get_legend() is None
