"""Covariance matrices of estimates that hold under heteroskedasticity or spatial correlation.

HC0, HC1, HC3 (White 1980; MacKinnon and White 1985) and, with ``"hac"``, Conley's (1999)
estimator with a kernel over geodesic distance, for least squares; the sandwich for maximum
likelihood.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from gbaspatial.errors import check_option
from gbaspatial.formula import Design
from gbaspatial.models.likelihood import Estimate, Problem

KINDS = ("classical", "HC0", "HC1", "HC3", "hac")


def least_squares(
    design: Design, residuals: np.ndarray, kind: str, options: Mapping[str, Any], data: Any
) -> tuple[np.ndarray, str]:
    """The covariance (k, k) of least-squares coefficients, and how to call it."""
    check_option(kind, KINDS, "covariance")
    root = np.sqrt(design.observation_weights) if design.observation_weights is not None else np.ones(design.n)
    X, e = design.X * root[:, None], residuals * root
    n, k = X.shape
    bread = np.linalg.inv(X.T @ X)
    if kind == "classical":
        return bread * float(e @ e) / (n - k), "classical"
    scores = X * e[:, None]
    if kind == "HC3":
        leverage = np.einsum("ij,jk,ik->i", X, bread, X)
        scores = scores / (1 - leverage)[:, None]
    meat = scores.T @ scores * (n / (n - k) if kind == "HC1" else 1.0)
    return bread @ meat @ bread, kind


def maximum_likelihood(
    design: Design,
    model: Problem,
    at: Estimate,
    information: np.ndarray,
    kind: str,
    options: Mapping[str, Any],
    data: Any,
) -> tuple[np.ndarray, str]:
    """The sandwich covariance of maximum-likelihood estimates without sigma2, and how to call it."""
    check_option(kind, ("information",), "covariance")
    return np.linalg.inv(information)[:-1, :-1], kind
