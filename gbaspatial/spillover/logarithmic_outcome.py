"""Changes of an outcome that is a logarithm, in per cent."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gbaspatial.results import number

if TYPE_CHECKING:
    from gbaspatial.models.impacts.engine import Engine

_BASES = {"log": np.e, "log10": 10.0, "log2": 2.0}
_LOGARITHM = re.compile(r"(?:np\.)?(log|log10|log2)\((?:[^()]|\((?:[^()])*\))*\)")
_PERCENT = {"percent": "estimate", "percent_lower": "lower", "percent_upper": "upper"}


def base_of(response: str) -> float | None:
    """The base of an outcome that is a logarithm as a whole; None of any other."""
    found = _LOGARITHM.fullmatch(response.replace(" ", ""))
    return None if found is None else _BASES[found[1]]


def with_percent(engine: Engine, frame: pd.DataFrame) -> pd.DataFrame:
    """A table of changes, with the same in per cent where the outcome is a logarithm."""
    base = base_of(engine.fit.design.response)
    if base is None:
        return frame
    with np.errstate(over="ignore"):
        return frame.assign(**{name: 100 * np.expm1(np.log(base) * frame[column]) for name, column in _PERCENT.items()})


def all_together(engine: Engine, groups: pd.DataFrame) -> tuple[str, ...]:
    """The change of all units in per cent, where the outcome is a logarithm: nobody reads points of one."""
    if "percent" not in groups:
        return ()
    change, lower, upper = (number(float(groups[name].iloc[-1])) for name in _PERCENT)
    return (
        f"All units together: {change} % ({engine.known.level:.0%} interval {lower} % to {upper} %); the columns "
        f"percent say so of each row, estimate is in points of {engine.fit.design.response}.",
    )
