"""What every test of autocorrelation checks before it computes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from gbaspatial.alignment import align, labelled
from gbaspatial.errors import DataError, OptionError, WeightsError
from gbaspatial.weights import Weights, as_weights


@dataclass(frozen=True, slots=True, eq=False)
class Subject:
    """Aligned values: `y` (n,) in the order of `w.ids`, and of a regression its regressors (n, k)."""

    y: np.ndarray
    w: Weights
    values: pd.Series
    regressors: np.ndarray | None = None

    @property
    def linked(self) -> np.ndarray:
        """Which units have neighbors (n,)."""
        return np.diff(self.w.sparse.indptr) > 0

    @property
    def n(self) -> int:
        """Number of units with neighbors."""
        return int(self.linked.sum())


def admitted(values: Any, w: Any) -> Subject:
    """Align `values`, or the residuals of a regression, with `w`; refuse what has no test.

    Raises
    ------
    DataError
        If all values are equal.
    WeightsError
        If there are fewer than three units, or none has a neighbor.
    """
    w = as_weights(w)
    regressors = None
    if hasattr(values, "residuals") and hasattr(values, "design"):
        fit, values = values, values.residuals.rename(f"residuals of {values.design.formula}")
        regressors = pd.DataFrame(fit.design.X, index=fit.design.ids)
    y = align(values, w.ids)
    check_testable(y, w, str(values.name) if values.name is not None else "the values")
    if regressors is not None:
        _check_least_squares(fit)
        regressors = regressors.reindex(w.ids).to_numpy(dtype=float)
    return Subject(y, w, values.copy(), regressors)


def admitted_values(values: Any, w: Any) -> Subject:
    """`admitted`, of values only: the residuals of a regression are refused."""
    t = admitted(values, w)
    if t.regressors is not None:
        raise OptionError("residuals of a regression are tested by moran(fit, w) and local_moran(fit, w) only.")
    return t


def check_testable(y: np.ndarray, w: Weights, name: str) -> None:
    """Raise unless there are three units, a link, and values that differ."""
    if w.n < 3:
        raise WeightsError(f"a test of autocorrelation needs at least three units; the weights have {w.n}.")
    if not w.n_links:
        raise WeightsError("no unit has a neighbor, so there is no autocorrelation to test; choose other weights.")
    if np.ptp(y) <= 1e-13 * np.abs(y).max(initial=0.0):
        raise DataError(f"'{name}' is the same ({y[0]:g}) for all {len(y)} units; a constant has no autocorrelation.")


def _check_least_squares(fit: Any) -> None:
    if getattr(fit, "w", None) is not None or getattr(fit, "error_w", None) is not None:
        raise OptionError(
            "the tests of residuals are for least squares, whose residuals are those of a model without spatial "
            "terms; pass fit.residuals (a Series) to describe those of a spatial model."
        )


def residual_series(t: Subject, numbers: np.ndarray, name: str) -> pd.Series:
    """`numbers` (n,) in the order of the values of `t`."""
    return labelled(numbers, t.w.ids, t.values.index, name)


tested = admitted
admitted.__test__ = False  # type: ignore[attr-defined]  # its other name looks like a test's
