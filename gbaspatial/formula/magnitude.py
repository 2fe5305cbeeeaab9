"""How large and how small numbers may be, so that every sum of squares and of products that a model forms is a number.

A double holds 1e-308 to 1e308. Instruments are lags of lags of lags, moments square them once more: with
variables between 1e-50 and 1e50 and weights between 1e-30 and 1e30 all of these stay within. Beyond, squares
vanish or overflow, and standard errors of zero would follow without a word.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import numpy as np

from gbaspatial.errors import DataError, WeightsError, some
from gbaspatial.weights import Weights

LARGEST = 1e50
LARGEST_WEIGHT = 1e30


def check_finite(columns: Iterable[tuple[str, np.ndarray]], told: Callable[[np.ndarray], Iterable[object]]) -> None:
    """Raise where a value is no finite number; `told` names the units of a mask (n,)."""
    for name, values in columns:
        bad = ~np.isfinite(values)
        if bad.any():
            raise DataError(
                f"{name} is not a finite number for {some(told(bad))}; a logarithm of zero or of a negative "
                f"value is the usual cause: leave these rows out, take the values as they are or log1p() of them, or "
                f"fit counts with gba.models.ppml."
            )


def check_magnitude(columns: Iterable[tuple[str, np.ndarray]]) -> None:
    """Raise `DataError` if the largest value of a named column (n,) is beyond `LARGEST` or below its inverse.

    Examples
    --------
    >>> check_magnitude([("y", np.array([0.0, 1e-9]))])
    """
    for name, values in columns:
        largest = float(np.abs(values).max(initial=0.0))
        if largest and not 1 / LARGEST <= largest <= LARGEST:
            far = "large" if largest > 1 else "small"
            raise DataError(
                f"{name}: values are so {far} (up to {largest:.3g}) that squares are no numbers; "
                f"change the unit, such as by dividing by {largest:.0e}."
            )


def check_weights_magnitude(weights: Mapping[str, Weights]) -> None:
    """Raise `WeightsError` if the largest weight of a W is beyond `LARGEST_WEIGHT` or below its inverse."""
    for name, w in weights.items():
        largest = float(np.abs(w.sparse.data).max(initial=0.0))
        if largest and not 1 / LARGEST_WEIGHT <= largest <= LARGEST_WEIGHT:
            raise WeightsError(
                f"the largest weight of {name} is {largest:.3g}, and squares of its lags of lags are no numbers; "
                f"standardize first, by w.row_standardized() or w.spectral()."
            )
