"""Covariance matrices of estimates that hold under heteroskedasticity or spatial correlation.

Least squares: HC0, HC1, HC3 (White 1980; MacKinnon and White 1985) and ``"hac"``, Conley's
(1999) estimator with a kernel over geodesic distance.

Maximum likelihood: ``"sandwich"`` holds for innovations that are independent and alike but
not normal (Lee 2004), ``"HC0"``, ``"HC1"``, ``"HC3"`` for variances that differ by unit. The
score of a spatial parameter is a quadratic form e'Ge, whose variance pairs every unit
with every other one; so the sum goes over pairs and does not depend on the order of units.
Under different variances maximum likelihood itself is inconsistent for rho unless all
G_ii are alike (Lin and Lee 2010): ``method="gmm"`` is the remedy then, and for spatially
correlated innovations.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from gbaspatial.errors import DataError, OptionError, some
from gbaspatial.formula import Design
from gbaspatial.models.instruments.hac import kernel_weights
from gbaspatial.models.likelihood.information import Apart, Quadratics, inverse, quadratics
from gbaspatial.models.likelihood.problem import Estimate, Problem
from gbaspatial.models.solve.origin import taken_back
from gbaspatial.options import word
from gbaspatial.sizes import DENSE_LIMIT

if TYPE_CHECKING:
    import pandas as pd

    from gbaspatial.options import Given


LEAST_SQUARES = ("classical", "HC0", "HC1", "HC3", "hac")
MAXIMUM_LIKELIHOOD = ("information", "sandwich", "HC0", "HC1", "HC3")


def least_squares(
    design: Design, residuals: np.ndarray, kind: str, options: Given, data: pd.DataFrame
) -> tuple[np.ndarray, str]:
    """The covariance (k, k) of least-squares coefficients, and how to call it."""
    word(kind, LEAST_SQUARES, "covariance")
    root = np.sqrt(design.observation_weights) if design.observation_weights is not None else np.ones(design.n)
    X, e = design.X * root[:, None], residuals * root
    n, k = X.shape
    N, R = np.linalg.qr(X)
    if kind == "classical":
        return taken_back(R, np.eye(k)) * float(e @ e) / (n - k), "classical"
    if kind == "hac":
        return _conley(design, N, R, e, options, data)
    if kind == "HC3":
        e = e / (1 - _leverage(X, design.ids))
    scores = N * e[:, None]
    meat = scores.T @ scores * (n / (n - k) if kind == "HC1" else 1.0)
    return taken_back(R, meat), kind


def _leverage(X: np.ndarray, ids: pd.Index) -> np.ndarray:
    leverage = np.square(np.linalg.qr(X)[0]).sum(axis=1)
    if (leverage > 1 - 1e-10).any():
        raise OptionError(
            f"HC3 does not exist: {some(ids[leverage > 1 - 1e-10])} is fitted exactly by a coefficient of its own "
            f"(a factor level with one unit?); use HC1."
        )
    return leverage


def _conley(
    design: Design, N: np.ndarray, R: np.ndarray, e: np.ndarray, options: Given, data: pd.DataFrame
) -> tuple[np.ndarray, str]:
    kernel: Any = options.get("kernel") or "triangular"
    neighbors, bandwidth = options.get("neighbors"), options.get("bandwidth_km")
    coordinates = options.get("coordinates")
    coordinates = data if coordinates is None else coordinates
    K = kernel_weights(coordinates, design.ids, kernel=kernel, neighbors=neighbors, bandwidth_km=bandwidth)
    scores = N * e[:, None]
    meat = scores.T @ (K @ scores)
    matrix = taken_back(R, (meat + meat.T) / 2)
    if (np.diag(matrix) <= 0).any():
        raise DataError(
            f"the {kernel} kernel gives a negative variance of "
            f"{some(t for t, v in zip(design.terms, np.diag(matrix), strict=True) if v <= 0)}; "
            f"use another kernel or fewer neighbors."
        )
    width = f"{bandwidth:g} km" if bandwidth is not None else f"{neighbors or 'n^(1/3)'} nearest neighbors"
    return matrix, f"spatial HAC ({kernel} kernel, bandwidth {width})"


def maximum_likelihood(design: Design, model: Problem, at: Estimate, apart: Apart, kind: str) -> tuple[np.ndarray, str]:
    """The sandwich covariance of maximum-likelihood estimates without sigma2, and how to call it."""
    if kind == "hac":
        raise OptionError(
            "covariance='hac' does not go with maximum likelihood, which is inconsistent when innovations are "
            "spatially correlated; use method='gmm' with covariance='hac', or an error or SARAR model."
        )
    word(kind, MAXIMUM_LIKELIHOOD, "covariance")
    if model.n > DENSE_LIMIT:
        raise OptionError(
            f"the sandwich needs a dense matrix, which is refused above {DENSE_LIMIT} units; use method='gmm'."
        )
    parts = quadratics(model, at)
    parts = replace(parts, linear=parts.linear @ apart.T)  # the scores in the coordinates of `apart`
    meat = _iid_scores(parts, at.sigma2) if kind == "sandwich" else _unequal_scores(parts, at.sigma2, kind, design)
    bread = inverse(apart.matrix)
    told = "QML sandwich (independent, not normal)" if kind == "sandwich" else f"{kind} sandwich"
    return (apart.T @ bread @ meat @ bread @ apart.T.T)[:-1, :-1], told


def _iid_scores(parts: Quadratics, s2: float) -> np.ndarray:
    """Variance of the scores (c'e + e'Ge - s2 tr G) / s2 from the third and fourth moments of e."""
    e = parts.innovations
    third, fourth = np.mean(e**3), np.mean(e**4)
    C, D = parts.linear, parts.diagonals
    linear = s2 * C.T @ C + third * (C.T @ D + D.T @ C) + (fourth - s2**2) * D.T @ D
    return (linear + _pairs(parts, np.full(len(e), s2))) / s2**2


def _unequal_scores(parts: Quadratics, s2: float, kind: str, design: Design) -> np.ndarray:
    """The same with the variance of every unit taken from its own residual."""
    e = parts.innovations
    n, k = len(e), design.k
    if kind == "HC3":
        e = e / (1 - _leverage(parts.linear[:, :k], design.ids))
    if kind == "HC1":
        e = e * np.sqrt(n / (n - k))
    own = parts.linear * e[:, None] + parts.diagonals * (e**2 - s2)[:, None]
    return (own.T @ own + _pairs(parts, e**2)) / s2**2


def _pairs(parts: Quadratics, v: np.ndarray) -> np.ndarray:
    """sum over i != j of Ga_ij (Gb_ij + Gb_ji) v_i v_j for every two parameters a, b."""
    p = parts.linear.shape[1]
    total = np.zeros((p, p))
    for a, Ga in parts.matrices.items():
        for b, Gb in parts.matrices.items():
            both = Ga * (Gb + Gb.T)
            total[a, b] = float(v @ both @ v) - float(np.diag(both) @ v**2)
    return total
