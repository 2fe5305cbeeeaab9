"""Spatial models of a cross-section: least squares, lag, error and their family.

>>> import gbaspatial as gba
>>> callable(gba.models.lag)
True
"""

from __future__ import annotations

import importlib
from typing import Any

_NAMES = {
    "regression": ("ols", "slx", "lag", "error", "sarar", "durbin", "durbin_error", "gns"),
    "fit": ("Fit",),
    "small_sample": ("bias_correction", "exact_test", "detectable_effect"),
    "impact_change": ("impact_of_change",),
    "logdet": ("log_determinant",),
    "regimes": ("rho_by_regime", "chow"),
    "predict": ("simulate",),
    "bayes": ("posterior", "model_probabilities"),
    "selection": ("over_weights",),
    "matrix_exponential": ("mess",),
    "autoregressive": ("car", "sma"),
    "seemingly_unrelated": ("sur",),
    "filtering": ("moran_eigenvectors", "spatial_filter"),
    "counts": ("ppml",),
}
_HOME = {name: module for module, names in _NAMES.items() for name in names}

__all__ = sorted(_HOME)


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(importlib.import_module(f"gbaspatial.models.{_HOME[name]}"), name)
    raise AttributeError(f"module 'gbaspatial.models' has no attribute {name!r}")


def __dir__() -> list[str]:
    return list(__all__)
