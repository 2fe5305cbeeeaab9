"""The options that the estimators of panels share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypedDict

import pandas as pd

if TYPE_CHECKING:
    from gbaspatial.geography.places import Units


class PanelOptions(TypedDict, total=False):
    """Options that the estimators of panels share.

    effects : ``"unit"`` (default), ``"time"``, ``"twoway"``, ``"pooled"``, or such as ``"unit + region:year"``
    (effects of each class of the column region in each year); ``"random"``, ``"mundlak"`` (random, with the means of
    units among the regressors), ``"random + time"``; of least squares ``"between"``, ``"first-difference"`` and
    ``"common"`` (common correlated effects);
    correction : ``"lee-yu"``, ``"none"``, or ``"pairs"`` (rho and lambda from pairs of different units alone, for units
    whose variances differ; see docs/panels.md);
    covariance : ``"information"`` (``"classical"`` of least squares) or ``"cluster"`` (by unit; below fifty units
    of leaving a unit out); by default clusters where residuals are serially correlated above 0.3; for least squares
    also ``"driscoll-kraay"`` (`lags`) or ``"hac"`` (`lags`, `coordinates` of the units, `kernel`, `neighbors` or
    `bandwidth_km`); a covariance that is named leaves p-values and intervals to t or normal;
    inference : ``"recommended"`` (default; below fifty units from the units' whole histories) or ``"asymptotic"``;
    errors : of random effects, ``"baltagi"`` (default), ``"kkp"`` (the effects are filtered by lambda too) or
    ``"ar1"`` (innovations are correlated over time);
    dynamic : of least squares and lag models, ``"y"`` (the outcome of the period before is a regressor) or
    ``"y + Wy"`` (its spatial lag too): a `DynamicFit`;
    method : ``"ml"`` or ``"gmm"`` (two-stage least squares and moments, of fixed and random effects; with ``dynamic``
    moments of differences), with
    ``endogenous`` and ``instruments``, right sides of formulas, and ``instrument_lags`` (2: W X and W^2 X for W y);
    unbalanced : ``"error"``, ``"common"`` (units that are there in all periods) or ``"keep"``;
    weights : observation weights, a column or a Series by row or by unit (variance sigma2 / weight); beside random
        effects and between units by unit, for effects or means too;
    regimes : column of classes, which may change over time: every coefficient by class (`chow` tests that they agree).
    """

    effects: str
    errors: Literal["baltagi", "kkp", "ar1"] | None
    dynamic: Literal["y", "y + Wy"] | None
    method: Literal["ml", "gmm"]
    endogenous: str | None
    instruments: str | None
    instrument_lags: Literal[1, 2]
    correction: Literal["lee-yu", "none", "pairs"]
    covariance: Literal["classical", "information", "cluster", "driscoll-kraay", "hac"] | None
    unbalanced: Literal["error", "common", "keep"]
    weights: pd.Series | str | None
    regimes: str | None
    lags: int | None
    coordinates: Units | pd.DataFrame | None
    kernel: str
    neighbors: int | None
    bandwidth_km: float | None
    inference: Literal["recommended", "asymptotic"]
