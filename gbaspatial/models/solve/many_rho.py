"""The log-determinant for thousands of rho at once, with its first two derivatives: arrays only."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from gbaspatial.models.solve.admissible import window
from gbaspatial.models.solve.determinant_curves import EigenCurve
from gbaspatial.models.solve.side import Side
from gbaspatial.sizes import CELLS_AT_ONCE, SPLINE_LIMIT

_NODES = 32


class Spline(Protocol):
    """log|I - rho W| and its first two derivatives at many rho."""

    low: float
    high: float

    def __call__(self, rho: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]: ...


class EigenSpline:
    """Exact, by the eigenvalues (n,) of W; conjugate pairs are taken once, zeros not at all."""

    def __init__(self, eigenvalues: np.ndarray, interval: tuple[float, float]) -> None:
        self.low, self.high = window(interval)
        values = eigenvalues[np.abs(eigenvalues) > 1e-14 * np.abs(eigenvalues).max(initial=0.0)]
        if np.iscomplexobj(values):
            values = values[values.imag >= 0]
            self.shares = np.where(values.imag > 0, 2.0, 1.0)
        else:
            self.shares = np.ones(len(values))
        self.values = values

    def __call__(self, rho: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        rho = np.asarray(rho, dtype=float)
        flat = rho.ravel()
        out = np.empty((3, flat.size))
        step = max(1, CELLS_AT_ONCE // max(1, len(self.values)))
        for start in range(0, flat.size, step):
            out[:, start : start + step] = self._values(flat[start : start + step])
        return out[0].reshape(rho.shape), out[1].reshape(rho.shape), out[2].reshape(rho.shape)

    def _values(self, rho: np.ndarray) -> np.ndarray:
        gap = 1 - np.multiply.outer(self.values, rho)
        ratio = self.values[:, None] / gap
        first, second = self.shares @ ratio, self.shares @ (ratio * ratio)
        return np.stack([self.shares @ np.log(np.abs(gap)), -first.real, -second.real])


class ChebyshevSpline:
    """Exact values at Chebyshev nodes of a window around `center`, and the polynomial through them."""

    def __init__(self, side: Side, center: float, reach: float) -> None:
        low, high = window(side.interval)
        self.low, self.high = max(low, center - reach), min(high, center + reach)
        nodes = np.cos(np.pi * (np.arange(_NODES) + 0.5) / _NODES)
        values = side.curve.along((self.low + self.high) / 2 + (self.high - self.low) / 2 * nodes)
        fitted = np.polynomial.Chebyshev.fit(nodes, values, _NODES - 1, domain=[-1, 1])
        self.parts = (fitted, fitted.deriv(1), fitted.deriv(2))

    def __call__(self, rho: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        half = (self.high - self.low) / 2
        place = (np.asarray(rho, dtype=float) - (self.low + self.high) / 2) / half
        f, f1, f2 = (part(place) for part in self.parts)
        return f, f1 / half, f2 / half**2


def spline_of(side: Side, n: int, center: float = 0.0, reach: float = np.inf) -> Spline:
    """The log-determinant of `side` for many rho: by eigenvalues up to 2,000 units, else around `center`."""
    if isinstance(side.curve, EigenCurve):
        return EigenSpline(side.curve.values, side.interval)
    if n <= SPLINE_LIMIT:
        from gbaspatial.weights import spectrum

        likeness = spectrum.similarity(side.W)
        return EigenSpline(spectrum.eigenvalues(side.W, None if likeness is None else likeness[0]), side.interval)
    return ChebyshevSpline(side, center, reach)
