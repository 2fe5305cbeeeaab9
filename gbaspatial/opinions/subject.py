"""`Subject`: what a second opinion is asked about, in the terms that any program understands."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from gbaspatial.weights import Weights


@dataclass(frozen=True, slots=True, eq=False)
class PanelShape:
    """Rows of a panel, by period and unit: codes (m,), labels, and what is done with the effects.

    `errors` are those of random effects; `own_errors` tells of standard errors that no other program has.
    """

    unit: np.ndarray
    period: np.ndarray
    units: pd.Index
    periods: pd.Index
    corrected: bool
    errors: str | None
    own_errors: bool


@dataclass(frozen=True, slots=True, eq=False)
class Subject:
    """A result in the terms that any program understands.

    Attributes
    ----------
    kind : str
        Such as ``"moran"``, ``"local_g_star"``, ``"lag"``.
    method : str
        Of a fit ``"ols"``, ``"ml"`` or ``"gmm"``; of a panel its effects; of a test the kind of its null.
    outcome : pandas.Series
        The values tested or explained, in the order of the ids.
    columns : pandas.DataFrame
        Regressors without the intercept, or the second variable; same order.
    w, error_w : Weights or None
    ours : dict
        Our numbers by quantity.
    title : str
    intercept : bool
    plain : bool
        Whether other programs can hold the model: no observation weights, one W, a usual covariance.
    terms : tuple of str
        The names of the columns.
    panel : PanelShape or None
    regimes : int
        How many classes have coefficients of their own: `columns` are as many blocks; 0 without.
    of : Subject or None
        The model whose tests or impacts are asked about.
    own_errors : bool
        Whether the standard errors of a cross-section are robust ones of our own, which are not compared.
    """

    kind: str
    method: str
    outcome: pd.Series
    columns: pd.DataFrame
    w: Weights | None
    ours: dict[str, float]
    title: str
    error_w: Weights | None = None
    intercept: bool = True
    plain: bool = True
    terms: tuple[str, ...] = field(default=())
    panel: PanelShape | None = None
    regimes: int = 0
    of: Subject | None = None
    own_errors: bool = False

    @property
    def n(self) -> int:
        """Number of units."""
        return len(self.outcome)


UNBIASED = "ddof=1"  # a local Moran of which the variance is over n - 1
NORMAL = ("normal", "saddlepoint", "imhof")  # inference that takes values as normal, and so the moments


def libpysal_w(w: Weights | None) -> Any:
    """W as libpysal has it: a copy that the peer may change, as given, never standardized in passing."""
    assert w is not None
    # units by number: Geary_Local puts its answer in the order of sorted ids, whatever the order of the values
    matrix = Weights(w.sparse, range(w.n)).to_libpysal()
    matrix.transform = "O"
    return matrix


def row_sums(subject: Subject) -> np.ndarray:
    """The sums (n,) of the rows of W."""
    assert subject.w is not None
    return np.asarray(subject.w.sparse.sum(axis=1), dtype=float).ravel()


def numbered(columns: pd.DataFrame) -> pd.DataFrame:
    """`columns` by the names x1, x2, ..., as scripts call them."""
    return columns.set_axis([f"x{number}" for number in range(1, 1 + columns.shape[1])], axis=1)


def by_unit(subject: Subject, *, linked: bool = False, **columns: object) -> dict[str, float]:
    """Numbers of the peer by quantity and unit; `linked` where it gives none of units without neighbors."""
    ids = subject.outcome.index
    if linked and subject.w is not None:
        ids = ids[~ids.isin(subject.w.islands)]
    return {
        f"{name}[{unit}]": float(value)
        for name, values in columns.items()
        for unit, value in zip(ids, np.asarray(values, dtype=float).ravel(), strict=True)
    }
