"""`Subject`: what a second opinion is asked about, in the terms that any program understands."""

from __future__ import annotations

from dataclasses import dataclass, field

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

    @property
    def n(self) -> int:
        """Number of units."""
        return len(self.outcome)
