"""Spatial models of a cross-section: least squares, lag, error and their family.

>>> import gbaspatial as gba
>>> callable(gba.models.lag)
True
"""

from __future__ import annotations

import importlib
from typing import Any

_HOME = {
    "ols": "regression", "slx": "regression", "lag": "regression", "error": "regression", "sarar": "regression",
    "durbin": "regression", "durbin_error": "regression", "gns": "regression",
    "Fit": "fit", "log_determinant": "logdet", "simulate": "predict", "posterior": "bayes", "model_probabilities": "bayes",
}  # fmt: skip

__all__ = sorted(_HOME)


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(importlib.import_module(f"gbaspatial.models.{_HOME[name]}"), name)
    raise AttributeError(f"module 'gbaspatial.models' has no attribute {name!r}")


def __dir__() -> list[str]:
    return list(__all__)
