"""Panels estimated without each unit, or without each period."""

import numpy as np
import pandas as pd
import pytest
from test_estimators import made

from gbaspatial import models
from gbaspatial.errors import OptionError
from gbaspatial.models.panel.left_out import less

KINDS = {
    "lag, two-way": lambda data, w: models.panel_lag("y ~ x", data, w, effects="twoway"),
    "error, by W": lambda data, w: models.panel_error("y ~ x", data, {"near": w, "far": w.power(2)}, effects="unit"),
    "SARAR": lambda data, w: models.panel_sarar("y ~ x", data, w, error_w=w.union(w.power(2)).row_standardized()),
    "random": lambda data, w: models.panel_ols("y ~ x", data, w, effects="random"),
    "moments": lambda data, w: models.panel_lag("y ~ x", data, w, method="gmm"),
    "dynamic": lambda data, w: models.panel_lag("y ~ x", data, w, dynamic="y"),
    "by year": lambda data, w: models.panel_lag("y ~ x", data, by_year(data, w)),
}


def by_year(data, w):
    years = data.index.get_level_values(1).unique()
    other = w.union(w.power(2)).row_standardized()
    return {year: other if year > years.min() + 2 else w for year in years}


@pytest.mark.parametrize("kind", KINDS)
def test_a_unit_left_out_is_a_fit_of_the_others(kind):
    data, w = made(8, 6)
    estimate = KINDS[kind]
    found = estimate(data, w).influence()
    unit = w.ids[3]
    kept = w.ids[w.ids != unit]
    if kind == "by year":
        given = {year: less(one, unit) for year, one in by_year(data, w).items()}
        alone = models.panel_lag("y ~ x", data.drop(unit, level=0), given)
    elif kind == "error, by W":
        given = {"near": w.subset(kept), "far": w.power(2).subset(kept)}
        alone = models.panel_error("y ~ x", data.drop(unit, level=0), given, effects="unit")
    elif kind == "SARAR":
        other = w.union(w.power(2)).row_standardized().subset(kept)
        alone = models.panel_sarar("y ~ x", data.drop(unit, level=0), w.subset(kept), error_w=other)
    else:
        alone = estimate(data.drop(unit, level=0), w.subset(kept))
    np.testing.assert_allclose(found.estimates.loc[unit], alone.params, rtol=1e-9)
    assert set(found.estimates.index) == set(w.ids)
    assert found.estimates.notna().all(axis=None)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in ("dynamic", "by year")])
def test_a_period_left_out_is_a_fit_of_the_others(kind):
    data, w = made(8, 6)
    estimate = KINDS[kind]
    fit = estimate(data, w)
    found = fit.influence(by="time")
    year = fit.design.periods[2]
    np.testing.assert_allclose(found.estimates.loc[year], estimate(data.drop(year, level=1), w).params, rtol=1e-9)
    assert found.left_out == "period"
    changes = (found.estimates.loc[year] - fit.params) / fit.std_errors
    np.testing.assert_allclose(found.changes.loc[year], changes)


def test_the_order_of_rows_and_units_changes_nothing():
    data, w = made(8, 6)
    one = models.panel_lag("y ~ x", data, w, effects="twoway").influence()
    two = models.panel_lag("y ~ x", data.sample(frac=1, random_state=3), w, effects="twoway").influence()
    np.testing.assert_allclose(one.estimates, two.estimates.loc[one.estimates.index], rtol=1e-8)


def test_what_was_done_to_the_data_after_the_fit_does_not_matter():
    data, w = made(8, 6)
    expected = models.panel_lag("y ~ x", data, w).influence().estimates
    fit = models.panel_lag("y ~ x", data, w)
    data.loc[:, "y"] = 0.0
    pd.testing.assert_frame_equal(fit.influence().estimates, expected)


def test_periods_that_need_the_one_left_out_are_told():
    data, w = made(8, 6)
    found = models.panel_lag("y ~ x + L(x)", data, w).influence(by="time")
    assert any("1 more periods leave with one" in note for note in found.tables()[0].notes)


def test_a_dynamic_model_is_not_estimable_over_a_gap_and_says_so():
    data, w = made(8, 7)
    found = models.panel_lag("y ~ x", data, w, dynamic="y").influence(by="time")
    assert len(found.failed)
    assert found.failed.str.contains("periods equally far apart").any()
    assert found.estimates.loc[found.failed.index].isna().all(axis=None)


def test_the_picture_names_what_was_left_out():
    data, w = made(6, 5)
    fit = models.panel_lag("y ~ x", data, w)
    axes = fit.influence(by="time").plot()
    assert axes.get_xlabel() == "rho without the period"
    assert [line.get_xdata()[0] for line in axes.get_lines() if line.get_label().startswith("with all")] == [fit.rho]
    assert fit.influence().plot("x").get_xlabel() == "x without the unit"


def test_too_many_and_unknown_words_are_refused():
    data, w = made(6, 5)
    fit = models.panel_lag("y ~ x", data, w)
    with pytest.raises(OptionError, match="6 times"):
        fit.influence(most_units=5)
    with pytest.raises(OptionError, match="by="):
        fit.influence(by="year")
