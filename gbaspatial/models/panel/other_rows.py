"""The rows of the between and the first-difference estimator: means by unit, and differences over time."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from gbaspatial.errors import DataError, OptionError, some
from gbaspatial.formula import is_intercept
from gbaspatial.models.panel.frame import PanelDesign, kept_rows
from gbaspatial.models.panel.panel_rows import time_numbers
from gbaspatial.models.panel.row_weights import weights_of_units
from gbaspatial.models.panel.stack import Stack


def rows_between(design: PanelDesign) -> PanelDesign:
    """One row for each unit, the means of its rows; as that of the last period.

    Raises
    ------
    OptionError
        If a W changes over time, so that means of its lags belong to no W.
    """
    changing = [name for name, w in design.weights.items() if not w.constant]
    if changing:
        raise OptionError(
            f"effects='between' needs one W for all periods of a balanced panel; {some(changing)} changes."
        )
    stack = design.stack
    counts = stack.histories[:, None]
    sums = np.zeros((stack.n, design.k + 1))
    np.add.at(sums, stack.unit, np.column_stack([design.y, design.X]))
    means = sums / counts
    last = pd.MultiIndex.from_product([design.units, design.periods[-1:]], names=design.ids.names)
    one = Stack(np.arange(stack.n), np.zeros(stack.n, dtype=int), stack.n, 1)
    weights = design.observation_weights
    if weights is not None:
        weights = weights_of_units(weights, stack, design.units, "effects='between'")
    data = design.data.groupby(level=0, sort=False).last().reindex(design.units).set_axis(last)
    first, end = design.periods[0], design.periods[-1]
    return replace(
        kept_rows(design, last, one, design.periods[-1:]), y=means[:, 0], X=means[:, 1:], data=data, index=last,
        observation_weights=weights,
        notes=(*design.notes, f"Means by unit over {first} to {end}, one row each, named by the last period."),
    )  # fmt: skip


def rows_of_differences(design: PanelDesign) -> PanelDesign:
    """Differences from the period before, by the value of time; the intercept stays and is a trend."""
    times = time_numbers(design.periods)
    if len(times) < 2:
        raise DataError("first differences need two periods or more.")
    step = int(np.gcd.reduce(np.diff(times)))
    time = times[design.stack.period]
    index = pd.MultiIndex.from_arrays([design.stack.unit, time])
    before = index.get_indexer(pd.MultiIndex.from_arrays([design.stack.unit, time - step]))
    there = before >= 0
    y = design.y[there] - design.y[before[there]]
    X = design.X[there] - design.X[before[there]]
    X[:, [is_intercept(term) for term in design.terms]] = 1.0
    period, unit = design.stack.period[there], design.stack.unit[there]
    periods, period = np.unique(period, return_inverse=True)
    units, unit = np.unique(unit, return_inverse=True)
    stack = Stack(unit, period, len(units), len(periods))
    ids = design.ids[there]
    gone = int((~there).sum()) - int((design.stack.period == 0).sum())
    note = f"Differences leave out {gone} rows whose period before has none." if gone else ""
    made = kept_rows(replace(design, units=design.units[units]), ids, stack, design.periods[periods])
    return replace(
        made, y=y, X=X, data=design.data[there], index=design.index[design.index.isin(ids)],
        notes=(*design.notes, *([note] if note else [])),
    )  # fmt: skip
