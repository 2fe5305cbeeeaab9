"""One side of a model: a W with its log-determinant curve, admissible interval and factors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from gbaspatial.models.solve.admissible import interval_of
from gbaspatial.models.solve.determinant_curves import Curve, FactorCurve
from gbaspatial.models.solve.factor import Factor, pencil_of
from gbaspatial.models.solve.logdet import curve_of
from gbaspatial.randomness import label_ranks
from gbaspatial.weights import Weights


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """One spatial parameter: its W (n, n), log-determinant curve, admissible interval, and I - rho W factorized.

    `ranks()` (n,) tells where each unit stands among the sorted labels: random numbers belong to labels.
    """

    W: sparse.csr_array
    curve: Curve
    interval: tuple[float, float]
    factor: Callable[[float], Factor]
    ranks: Callable[[], np.ndarray]


def side_of(w: Weights, logdet: str = "auto") -> Side:
    """W with its log-determinant curve and interval."""
    known = {
        "none": "auto", "sparse LU": "sparse", "sparse Cholesky": "sparse", "stochastic Lanczos": "lanczos",
        "Chebyshev": "chebyshev",
    }  # fmt: skip
    curve = curve_of(w, known.get(logdet, logdet))  # type: ignore[arg-type]
    factor = curve.factor if isinstance(curve, FactorCurve) else lambda rho: pencil_of(w).factor(rho)
    return Side(w.sparse, curve, interval_of(w), factor, lambda: label_ranks(w.ids))
