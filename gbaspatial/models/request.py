"""What one call of an estimator asks, handed on whole from the door to where it is answered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypedDict

import pandas as pd

from gbaspatial.models.fitted import Inference

if TYPE_CHECKING:
    from gbaspatial.geography.places import Units
    from gbaspatial.weights.annotations import WeightsGiven


@dataclass(frozen=True, slots=True, eq=False)
class Request:
    """The model `name` of `formula`, `data` and `w`: with rho where `lagged`, with lambda where `erred`.

    `w` and `error_w`, the W of the errors where it is another, are what the user gave; `options` are those by name.
    A `whole` model needs the regressors of every row, whatever the rest.
    """

    name: str
    formula: str
    data: pd.DataFrame
    w: WeightsGiven | None
    durbin: bool
    options: dict[str, Any]
    lagged: bool = False
    erred: bool = False
    error_w: WeightsGiven | None = None
    whole: bool = False


KERNEL_OPTIONS = ("kernel", "neighbors", "bandwidth_km", "coordinates")


Covariance = Literal["classical", "information", "sandwich", "HC0", "HC1", "HC3", "hac"]


class Options(TypedDict, total=False):
    """Options that the estimators share.

    weights : column or Series of observation weights (variance sigma2 / weight);
    regimes : column of classes; covariance, kernel, neighbors, bandwidth_km, coordinates :
    kind of standard errors; logdet : how log|I - rho W| is computed; inference : where
    p-values and intervals come from (``"recommended"`` or ``"asymptotic"``).
    """

    weights: pd.Series | str | None
    regimes: str | None
    covariance: Covariance | None
    kernel: str
    neighbors: int
    bandwidth_km: float
    coordinates: Units | pd.DataFrame
    logdet: str
    inference: Inference
