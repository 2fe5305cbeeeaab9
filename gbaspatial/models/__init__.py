"""Spatial models of a cross-section: least squares, lag, error and their family.

>>> import gbaspatial as gba
>>> callable(gba.models.lag)
True
"""

from __future__ import annotations

import importlib
from typing import Any

from gbaspatial.errors import no_attribute

_NAMES = {
    "regression": ("ols", "slx", "lag", "error", "sarar"),
    "durbin_models": ("durbin", "durbin_error", "gns"),
    "fit": ("Fit",),
    "few_units.bias": ("bias_correction",),
    "few_units.exact": ("exact_test",),
    "few_units.wild": ("wild_test",),
    "few_units.detectable": ("detectable_effect",),
    "impacts.change": ("impact_of_change",),
    "solve.logdet": ("log_determinant",),
    "regimes": ("rho_by_regime",),
    "diagnostics.chow": ("chow",),
    "simulation": ("simulate",),
    "bayes": ("posterior", "model_probabilities"),
    "selection": ("over_weights",),
    "matrix_exponential": ("mess",),
    "autoregressive": ("car", "sma"),
    "seemingly_unrelated": ("sur",),
    "filtering": ("moran_eigenvectors", "spatial_filter"),
    "counts": ("ppml",),
    "panel.estimators": (
        "panel_ols",
        "panel_slx",
        "panel_lag",
        "panel_error",
        "panel_sarar",
    ),
    "panel.panel_durbin_models": ("panel_durbin", "panel_durbin_error", "panel_gns"),
    "panel.panel_fit": ("PanelFit",),
    "panel.panel_evidence": ("panel_model_probabilities", "posterior_probabilities"),
    "panel.weights_compared": ("panel_over_weights",),
    "panel.hausman": ("hausman",),
    "panel.opened_links": ("impact_of_links",),
    "panel.shared_shocks": ("panel_effects",),
}
_HOME = {name: module for module, names in _NAMES.items() for name in names}

_CALLED = {  # by other software, or in the field
    "sar": "lag(formula, data, w)",
    "slm": "lag(formula, data, w)",
    "lagsarlm": "lag(formula, data, w)",
    "ml_lag": "lag(formula, data, w)",
    "gm_lag": "lag(formula, data, w, method='gmm')",
    "sem": "error(formula, data, w)",
    "errorsarlm": "error(formula, data, w)",
    "ml_error": "error(formula, data, w)",
    "sac": "sarar(formula, data, w)",
    "sacsarlm": "sarar(formula, data, w)",
    "sdm": "durbin(formula, data, w)",
    "sdem": "durbin_error(formula, data, w)",
    "glm": "ppml(formula, data) for counts, ols(formula, data) else",
}

__all__ = sorted(_HOME)


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(importlib.import_module(f"gbaspatial.models.{_HOME[name]}"), name)
    raise no_attribute(__name__, name, __all__, _CALLED)


def __dir__() -> list[str]:
    return list(__all__)
