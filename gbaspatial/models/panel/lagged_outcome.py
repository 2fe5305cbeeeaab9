"""The outcome of the period before among the regressors of a panel."""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gbaspatial.errors import DataError, GbaWarning, OptionError, some
from gbaspatial.formula.regressors import Column
from gbaspatial.models.panel.frame import PanelDesign, kept_rows, read_panel
from gbaspatial.models.panel.panel_rows import time_numbers

if TYPE_CHECKING:
    from gbaspatial.weights.annotations import WeightsGiven

DYNAMICS = ("y", "y + Wy")


def with_lagged_outcome(
    design: PanelDesign, formula: str, data: pd.DataFrame, w: WeightsGiven, dynamic: str, unbalanced: str = "error"
) -> PanelDesign:
    """The design with the outcome of the period before and, for ``"y + Wy"``, its spatial lag as first columns.

    Raises
    ------
    OptionError, DataError
        For gaps, or a W that is needed and not there.
    """
    if not design.stack.balanced or len(set(np.diff(time_numbers(design.periods)).tolist())) > 1:
        raise OptionError(_uneven(design))
    if dynamic == "y + Wy" and "W" not in design.weights:
        raise OptionError("dynamic='y + Wy' needs weights: give a W, such as gba.weights.contiguity(data).")
    # the first periods that lags of regressors leave out still know the outcome
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", GbaWarning)  # the units that "common" leaves out were told of before
        whole = read_panel(f"{formula.partition('~')[0]} ~ 1", data, w, unbalanced=unbalanced)
    rows = design.ids.isin(whole.ids)
    if whole.stack.n != design.stack.n or not rows.all():
        raise OptionError("a dynamic model needs a balanced panel; use the units that are there in all periods.")
    step = int(np.gcd.reduce(np.diff(time_numbers(whole.periods)))) if whole.stack.periods > 1 else 1
    index = pd.MultiIndex.from_arrays([whole.units[whole.stack.unit], time_numbers(whole.periods)[whole.stack.period]])
    before = pd.MultiIndex.from_arrays(
        [design.units[design.stack.unit], time_numbers(design.periods)[design.stack.period] - step]
    )
    places = index.get_indexer(before)
    inside = places >= 0
    known = np.unique(design.stack.period[inside])
    if len(known) < 2:
        raise DataError("a dynamic model needs three periods or more.")
    lags = {f"L({design.response})": whole.y[places[inside]]}
    if dynamic == "y + Wy":
        lags[f"W(L({design.response}))"] = (whole.weights["W"].sparse @ whole.y)[places[inside]]
    stack = replace(
        design.stack, unit=design.stack.unit[inside], period=design.stack.period[inside] - known[0], periods=len(known)
    )
    ids = design.ids[inside]
    made = kept_rows(design, ids, stack, design.periods[known])
    columns = tuple(Column(name, name, lagged=True) for name in lags)
    return replace(
        made, y=design.y[inside], X=np.column_stack([*lags.values(), design.X[inside]]),
        terms=(*lags, *design.terms), columns=(*columns, *design.columns), data=design.data[inside],
        index=design.index[design.index.isin(ids)],
        observation_weights=None if design.observation_weights is None else design.observation_weights[inside],
    )  # fmt: skip


def _uneven(design: PanelDesign) -> str:
    """Why a panel has no period before for some rows."""
    times = time_numbers(design.periods)
    step = int(np.diff(times).min()) if len(times) > 1 else 1
    after = design.periods[1:][np.diff(times) > step]
    if not len(after):
        return (
            "a dynamic model needs every unit in every period, so unbalanced='keep' is not for it: a gap takes the row "
            "after it too, and neither the bias correction in 1 / T nor the moments with the lag of W y are known for "
            "histories of unlike length; fill in the rows, or use unbalanced='common'."
        )
    return (
        f"a dynamic model needs periods equally far apart, and before {some(after)} there is a gap; fill in the "
        f"periods, or take those on one side of it."
    )
