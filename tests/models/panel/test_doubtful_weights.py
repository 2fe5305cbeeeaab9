"""Warnings on the W of a panel, and input that says nothing."""

import numpy as np
import pandas as pd
import pytest
from test_estimators import made

import gbaspatial as gba
from gbaspatial import models
from gbaspatial.errors import DataError, EndogeneityWarning, LabelTypeError, OptionError, WeightsError
from gbaspatial.weights import Weights


def economic(data, year, column="x"):
    values = data.xs(year, level=1)[column]
    with pytest.warns(EndogeneityWarning):
        return gba.weights.economic(values.rename(column), floor=0.05).row_standardized()


def test_a_w_made_of_the_model_is_warned_of_and_its_lag_offered():
    data, w = made()
    by = {year: economic(data, year) for year in range(2001, 2007)}
    with pytest.warns(EndogeneityWarning, match=r"made of x, which the model holds too.*gba.weights.earlier"):
        fit = models.panel_lag("y ~ x", data, by)
    assert "made of x" in " ".join(fit.notes)
    with pytest.warns(EndogeneityWarning, match="before the first period"):
        models.panel_lag("y ~ x", data, by[2001])
    before = gba.weights.earlier(by)
    later = data[data.index.get_level_values(1) > 2001]
    with pytest.warns(EndogeneityWarning):
        lagged = models.panel_lag("y ~ x", later, before)
    assert np.isfinite(lagged.rho)
    assert "made of" not in " ".join(models.panel_lag("y ~ z", data, w).notes)


def test_earlier_goes_by_the_value_of_time():
    one, two, three = (Weights([[0, a], [a, 0]], ["a", "b"]) for a in (1, 2, 3))
    by = {2001: one, 2002: two, 2004: three}
    assert gba.weights.earlier(by) == {2002: one}
    assert gba.weights.earlier(by, periods=2) == {2004: two}
    with pytest.raises(WeightsError, match="no period has a W of 5 before"):
        gba.weights.earlier(by, periods=5)
    with pytest.raises(OptionError, match="mapping"):
        gba.weights.earlier(one)
    with pytest.raises(LabelTypeError, match="whole numbers"):
        gba.weights.earlier({"2001": one})


def test_units_without_neighbors_are_named_with_their_periods():
    data, w = made()
    cut = w.sparse.toarray()
    cut[[3]], cut[:, [3]] = 0, 0
    alone = Weights(cut, list(w.ids)).row_standardized()
    fit = models.panel_lag("y ~ x", data, dict.fromkeys(range(2001, 2007), w) | {2003: alone})
    assert f"zero then: {w.ids[3]} (2003)." in " ".join(fit.notes)
    assert f"zero then: {w.ids[3]} (always)." in " ".join(models.panel_lag("y ~ x", data, alone).notes)
    assert "zero then" not in " ".join(models.panel_lag("y ~ x", data, w).notes)


def test_effects_of_units_need_periods_and_an_outcome_that_varies():
    data, w = made()
    with pytest.raises(DataError, match=r"two periods or more, and there is one \(2001\)"):
        models.panel_lag("y ~ x", data[data.index.get_level_values(1) == 2001], w)
    still = data.assign(y=data.groupby(level=0)["y"].transform("mean"))
    with pytest.raises(DataError, match="y does not vary over time within any unit"):
        models.panel_lag("y ~ x", still, w)
    gap = data[data.index.get_level_values(1) != 2003]
    with pytest.raises(OptionError, match="before 2004 there is a gap"):
        models.panel_lag("y ~ x", gap, w, dynamic="y")
    assert isinstance(pd.Series(models.panel_lag("y ~ x", gap, w).params), pd.Series)
