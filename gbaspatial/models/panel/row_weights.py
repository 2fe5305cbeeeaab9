"""Observation weights of the rows of a panel, matched by unit and time."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from gbaspatial.errors import AlignmentError, DataError, LabelTypeError, some
from gbaspatial.formula.magnitude import check_magnitude
from gbaspatial.formula.reading import known_column


def observation_weights(weights: Any, data: pd.DataFrame, index: pd.MultiIndex) -> np.ndarray | None:
    """The weight (rows,) of each row of the data, from a column, a Series by row, or one by unit.

    Raises
    ------
    AlignmentError, DataError, LabelTypeError
        For rows without a weight, and weights that are not positive numbers.
    """
    if weights is None:
        return None
    if isinstance(weights, str):
        found = data[known_column(weights, data)]
    elif not isinstance(weights, pd.Series):
        raise LabelTypeError(f"weights= is a {type(weights).__name__}; give a column, or a Series by unit and time.")
    else:
        if weights.index.has_duplicates:
            raise AlignmentError(f"weights= has {some(weights.index[weights.index.duplicated()])} more than once.")
        by_unit = weights.index.nlevels == 1
        found = weights.reindex(index.get_level_values(0) if by_unit else index)
    numbers = pd.to_numeric(found, errors="coerce").to_numpy(dtype=float)
    bad = ~np.isfinite(numbers) | (numbers <= 0)
    if bad.any():
        rows = [f"{unit} ({time})" for unit, time in index[bad]]
        raise DataError(f"the observation weights are not positive numbers for {some(rows)}.")
    check_magnitude([("the observation weights", numbers)])
    return numbers
