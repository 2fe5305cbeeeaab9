"""Observation weights of the rows of a panel, matched by unit and time."""

from __future__ import annotations

import numpy as np
import pandas as pd

from gbaspatial.errors import AlignmentError, DataError, LabelTypeError, OptionError, some
from gbaspatial.formula.magnitude import check_magnitude
from gbaspatial.formula.reading import known_column
from gbaspatial.models.panel.stack import Stack

_SAME = 1e-12  # of a weight: its digits in another row


def weights_of_units(weights: np.ndarray, stack: Stack, units: pd.Index, what: str) -> np.ndarray:
    """The weight (n,) of each unit, the same in all of its rows.

    Raises
    ------
    OptionError
        For units whose weight changes over time.
    """
    first = np.zeros(stack.n)
    first[stack.unit[::-1]] = weights[::-1]
    changing = units[np.unique(stack.unit[np.abs(weights - first[stack.unit]) > _SAME * first[stack.unit]])]
    if len(changing):
        raise OptionError(
            f"weights= beside {what} belong to units, whose effects or means they weigh; that of {some(changing)} "
            f"changes over time. Give one weight for each unit, such as its mean."
        )
    return first


def observation_weights(weights: pd.Series | str | None, data: pd.DataFrame, index: pd.MultiIndex) -> np.ndarray | None:
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
