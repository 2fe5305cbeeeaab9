"""What fills share: values in the order of the units, the legend, and one letter per unit that points to its row."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gbaspatial.alignment import check_units
from gbaspatial.errors import AlignmentError, some
from gbaspatial.figures.palette import Swatch

if TYPE_CHECKING:
    from gbaspatial.maps.escape import Payload


MOST_DECIMALS = 9  # one more than `figures.classes` writes before it turns to powers of ten
LETTERS = "abcdefghijklmnopqrstuvwxyz"


def on_units(values: pd.Series, index: pd.Index, what: str) -> pd.Series:
    """`values` in the order of the map's units; NaN where a unit has none; unknown units are an error."""
    check_units(values.index, what)
    extra = values.index.difference(index, sort=False)
    if len(extra):
        kinds = ""
        if values.index.inferred_type != index.inferred_type:
            kinds = f" (labels are {values.index.inferred_type} there, {index.inferred_type} on the map)"
        raise AlignmentError(
            f"the {what} hold units that the map does not have: {some(extra)}{kinds}; "
            f"use the units' ids as index, or keep the map's units with .loc[units.index]."
        )
    return values.reindex(index)


def rounded(values: pd.Series, digits: int = 6) -> list[float | None]:
    """The numbers with as many decimals as a tooltip shows; whole where it writes powers of ten."""
    numbers = values.to_numpy(dtype=float, na_value=np.nan)
    if digits <= MOST_DECIMALS:
        plain = np.abs(numbers) < 1e15  # rounding multiplies first, which ends beyond the largest number
        numbers = np.where(plain, np.round(np.where(plain, numbers, 0), digits), numbers)
    return [None if v != v else int(v) if abs(v) < 1e15 and v == int(v) else v for v in numbers.tolist()]


def legend_and_codes(legend: list[Swatch], codes: list[np.ndarray], missing: Swatch) -> Payload:
    """Legend rows, and one letter per unit and year that points to its row; the missing come last."""
    if any((each < 0).any() for each in codes):
        legend = [*legend, missing]
    letters = np.array(list(LETTERS[: len(legend)]))
    return {
        "legend": [list(swatch) for swatch in legend],
        "codes": ["".join(letters[np.where(each < 0, len(legend) - 1, each)]) for each in codes],
    }
