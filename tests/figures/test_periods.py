"""Statistics and estimates by period."""

import numpy as np
import pandas as pd
import pytest

from gbaspatial.errors import DataError
from gbaspatial.figures import period_bands, period_line


def test_a_line_shows_every_period_and_what_is_expected():
    values = pd.Series([0.1, np.nan, 0.3], index=pd.Index([2001, 2002, 2003], name="year"), name="moran")
    ax = period_line(values, expected=-0.1, label="title")
    np.testing.assert_allclose(ax.get_lines()[0].get_ydata(), values)
    assert [text.get_text() for text in ax.get_xticklabels()] == ["2001", "2002", "2003"]
    assert ax.get_xlabel() == "year"
    assert "-0.100" in ax.get_legend().get_texts()[0].get_text()


def test_many_periods_have_a_dozen_names():
    ax = period_line(pd.Series(np.arange(50.0), index=range(1970, 2020), name="x"))
    assert len(ax.get_xticklabels()) <= 12


def test_bands_hold_the_estimates():
    index = pd.MultiIndex.from_product([[2001, 2002], ["direct", "total"]])
    frame = pd.DataFrame({"estimate": [1.0, 2, 3, 4], "lower": [0.0, 1, 2, 3], "upper": [2.0, 3, 4, 5]}, index=index)
    ax = period_bands(frame)
    np.testing.assert_allclose(ax.get_lines()[1].get_ydata(), [2, 4])
    assert len(ax.collections) == 2


def test_open_ends_run_to_the_frame():
    index = pd.MultiIndex.from_product([[2019, 2020], ["direct", "total"]])
    frame = pd.DataFrame({"estimate": [1.0, 2, 1, 3], "lower": [0.5, -np.inf, 0.5, 1], "upper": 4.0}, index=index)
    ax = period_bands(frame)
    low, high = ax.get_ylim()
    assert low < 0.5
    assert high > 4.0
    bottoms = [band.get_paths()[0].vertices[:, 1].min() for band in ax.collections]
    assert bottoms[1] == pytest.approx(low)
    assert bottoms[0] == pytest.approx(0.5)


def test_nothing_is_not_drawn():
    with pytest.raises(DataError, match="no value"):
        period_line(pd.Series(dtype=float))
    with pytest.raises(DataError, match="empty"):
        period_bands(pd.DataFrame(columns=["estimate", "lower", "upper"]))
