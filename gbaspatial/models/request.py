"""What one call of an estimator asks, handed on whole from the door to where it is answered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd


@dataclass(frozen=True, slots=True, eq=False)
class Request:
    """The model `name` of `formula`, `data` and `w`: with rho where `lagged`, with lambda where `erred`.

    `w` and `error_w`, the W of the errors where it is another, are what the user gave; `options` are those by name.
    """

    name: str
    formula: str
    data: pd.DataFrame
    w: Any
    durbin: bool
    options: dict[str, Any]
    lagged: bool = False
    erred: bool = False
    error_w: Any = None
