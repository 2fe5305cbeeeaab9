"""Curves of log|I - rho W| in rho: exact by eigenvalues or factors, or estimated.

A `Curve` is called with rho and gives the value; `along(rho)` those of many rho; `derivatives(rho)`
gives the first two derivatives, which are -tr(G) and -tr(G^2) for G = W (I - rho W)^-1. A
maximizer may first look at `rough()`, a cheap curve over the whole interval, and then at
`near(rho, reach)`, which is exact around one rho (interpolated: to 1e-7, its second
derivative to 1e-5) at the price of a few factorizations.

====================  ==================================================================
`EigenCurve`          all eigenvalues of W; exact, for n up to a thousand or a dense W
`FactorCurve`         factors of I - rho W, exact at any size that fits the memory
`OverallCurve`        exact at some rho all over the interval, a polynomial between them
`NodeCurve`           exact at some rho around one, a polynomial between them
`LanczosCurve`        stochastic Lanczos quadrature, W similar to a symmetric matrix
`ChebyshevCurve`      Chebyshev polynomials of random probes (Pace and LeSage 2004)
====================  ==================================================================

The last two are estimates: `error(rho)` is their standard error over the probes.
"""

from __future__ import annotations

from functools import cached_property
from typing import Protocol, Self

import numpy as np
from numpy.polynomial.chebyshev import chebval
from scipy import linalg, sparse

from gbaspatial.models.solve.admissible import interval_of, window
from gbaspatial.models.solve.factor import Factor, sparse_pencil_of
from gbaspatial.randomness import LOG_DETERMINANT_PROBES, label_ranks, probes_of
from gbaspatial.weights import Weights

_PROBES = 16
_NODES = 8  # over the whole interval, and around one rho


class Curve(Protocol):
    """log|I - rho W| as a function of rho."""

    kind: str
    exact: bool

    def __call__(self, rho: float) -> float:
        """The value at `rho`."""
        ...

    def along(self, rho: np.ndarray) -> np.ndarray:
        """The values (m,) at `rho` (m,)."""
        ...

    def derivatives(self, rho: float) -> tuple[float, float]:
        """The first and the second derivative."""
        ...

    def error(self, rho: float) -> float:
        """The standard error of a value that random probes estimate, else 0."""
        ...

    def rough(self) -> Curve:
        """A curve over the whole interval that costs little; it may be this one."""
        ...

    def near(self, rho: float, reach: float) -> Curve:
        """A curve that costs little and is as exact within `reach` of `rho`; it may be this one."""
        ...


class _Cheap:
    """A curve that costs next to nothing: it is its own approximation."""

    exact = True

    def along(self: Curve, rho: np.ndarray) -> np.ndarray:
        """The values at several rho (m,), one by one."""
        return np.array([self(float(r)) for r in rho])

    def rough(self) -> Self:
        """A curve over the whole interval that costs little."""
        return self

    def near(self, rho: float, reach: float) -> Self:
        """A curve that costs little and is as exact within `reach` of `rho`."""
        return self

    def error(self, rho: float) -> float:
        """The standard error of a value that random probes estimate."""
        return 0.0


class ZeroCurve(_Cheap):
    """The curve of a model without this spatial parameter."""

    kind = "none"

    def __call__(self, rho: float) -> float:
        """The value at `rho`."""
        return 0.0

    def derivatives(self, rho: float) -> tuple[float, float]:
        """The first and the second derivative."""
        return 0.0, 0.0


class EigenCurve(_Cheap):
    """The sum of log(1 - rho v) over the eigenvalues v (n,) of W (Ord 1975)."""

    kind = "eigen"

    def __init__(self, eigenvalues: np.ndarray) -> None:
        self.values = eigenvalues

    def __call__(self, rho: float) -> float:
        """The value at `rho`."""
        with np.errstate(divide="ignore"):
            return float(np.log(np.abs(1 - rho * self.values)).sum())

    def derivatives(self, rho: float) -> tuple[float, float]:
        """The first and the second derivative."""
        ratio = self.values / (1 - rho * self.values)
        return -float(ratio.sum().real), -float((ratio**2).sum().real)


class FactorCurve:
    """Exact values by the factors of I - rho W; every value is one factorization."""

    exact = True

    def __init__(self, w: Weights) -> None:
        self.interval = interval_of(w)
        self.pencil = sparse_pencil_of(w)
        self.kind = self.pencil.kind

    def __call__(self, rho: float) -> float:
        """The value at `rho`."""
        return float(self.along(np.array([rho]))[0])

    def along(self, rho: np.ndarray) -> np.ndarray:
        """The values (m,) at `rho` (m,)."""
        return self.pencil.log_abs_dets(np.asarray(rho, dtype=float))

    def factor(self, rho: float) -> Factor:
        """The factorization at `rho`, for solving with it."""
        return self.pencil.factor(rho)

    def error(self, rho: float) -> float:
        """The standard error of a value that random probes estimate."""
        return 0.0

    def derivatives(self, rho: float) -> tuple[float, float]:
        """The first and the second derivative."""
        low, high = self.interval
        return self.near(rho, _reach(rho, low, high)).derivatives(rho)

    def rough(self) -> Curve:
        """Through a few exact values over the whole interval."""
        return self._rough

    @cached_property
    def _rough(self) -> Curve:
        return OverallCurve(self, self.interval)

    def near(self, rho: float, reach: float) -> Curve:
        """Exact within `reach` of `rho`."""
        return NodeCurve(self, self.rough(), rho, reach)


class OverallCurve(_Cheap):
    """A polynomial through exact values all over the admissible interval.

    It is one in t, rho = middle + half sin(pi t / 2), of what remains without the two nearest
    poles: the spectrum of a large W reaches up to the ends, and this substitution smooths
    what that does to the curve there.
    """

    def __init__(self, exact: FactorCurve, interval: tuple[float, float]) -> None:
        self.kind = exact.kind
        self.poles = EigenCurve(np.array([1 / end for end in interval if np.isfinite(end)]))
        low, high = window(interval)
        self.middle, self.half = (low + high) / 2, (high - low) / 2 * (1 + 1e-9)  # the ends stay inside
        t = np.cos(np.pi * (np.arange(_NODES) + 0.5) / _NODES)
        rho = self.middle + self.half * np.sin(np.pi / 2 * t)
        fitted = np.polynomial.Chebyshev.fit(t, exact.along(rho) - self.poles.along(rho), _NODES - 1, domain=[-1, 1])
        self._parts = [fitted.deriv(order).coef for order in range(3)]

    def __call__(self, rho: float) -> float:
        """The value at `rho`."""
        t = 2 / np.pi * np.arcsin((rho - self.middle) / self.half)
        return self.poles(rho) + float(chebval(t, self._parts[0]))

    def derivatives(self, rho: float) -> tuple[float, float]:
        """The first and the second derivative."""
        place = (rho - self.middle) / self.half
        t = 2 / np.pi * np.arcsin(place)
        speed = np.pi / 2 * np.sqrt(1 - place**2) * self.half  # of rho in t
        turn = -((np.pi / 2) ** 2) * place * self.half
        slope = float(chebval(t, self._parts[1])) / speed
        bend = (float(chebval(t, self._parts[2])) - slope * turn) / speed**2
        first, second = self.poles.derivatives(rho)
        return first + slope, second + bend


class NodeCurve(_Cheap):
    """A smooth curve `base` plus a polynomial through what it misses at Chebyshev nodes within `reach` of `center`."""

    def __init__(self, exact: FactorCurve, base: Curve, center: float, reach: float) -> None:
        self.kind, self.base, self.center, self.reach = exact.kind, base, center, reach
        nodes = np.cos(np.pi * (np.arange(_NODES) + 0.5) / _NODES)
        gap = exact.along(center + reach * nodes) - base.along(center + reach * nodes)
        fitted = np.polynomial.Chebyshev.fit(nodes, gap, _NODES - 1, domain=[-1, 1])
        self._parts = [fitted.deriv(order).coef for order in range(3)]

    def __call__(self, rho: float) -> float:
        """The value at `rho`."""
        return self.base(rho) + float(chebval((rho - self.center) / self.reach, self._parts[0]))

    def derivatives(self, rho: float) -> tuple[float, float]:
        """The first and the second derivative."""
        first, second = self.base.derivatives(rho)
        place = (rho - self.center) / self.reach
        return (
            first + float(chebval(place, self._parts[1])) / self.reach,
            second + float(chebval(place, self._parts[2])) / self.reach**2,
        )


class LanczosCurve(_Cheap):
    """Stochastic Lanczos quadrature on the symmetric S that is similar to W (Ubaru, Chen and Saad 2017).

    The traces of S and S^2 are exact: what the quadrature misses of them is put right.
    """

    kind = "stochastic Lanczos"
    exact = False

    def __init__(self, S: sparse.csr_array, ranks: np.ndarray, probes: int = _PROBES, steps: int = 30) -> None:
        nodes, shares = lanczos_quadrature(S, probes_of(ranks, probes, LOG_DETERMINANT_PROBES, 1), steps)
        self.nodes, self.shares = nodes, shares  # (probes, steps) each
        self.first = -(shares * nodes).sum(axis=1)
        self.second = float((S.data**2).sum()) - (shares * nodes**2).sum(axis=1)

    def _by_probe(self, rho: float) -> np.ndarray:
        value = (self.shares * np.log1p(-rho * self.nodes)).sum(axis=1)
        return value - rho * self.first - rho**2 / 2 * self.second

    def __call__(self, rho: float) -> float:
        """The value at `rho`."""
        return float(self._by_probe(rho).mean())

    def error(self, rho: float) -> float:
        """The standard error of a value that random probes estimate."""
        return float(self._by_probe(rho).std(ddof=1) / np.sqrt(len(self.first)))

    def derivatives(self, rho: float) -> tuple[float, float]:
        """The first and the second derivative."""
        ratio = self.nodes / (1 - rho * self.nodes)
        first = -(self.shares * ratio).sum(axis=1) - self.first - rho * self.second
        second = -(self.shares * ratio**2).sum(axis=1) - self.second
        return float(first.mean()), float(second.mean())


class ChebyshevCurve(_Cheap):
    """Chebyshev expansion of log(1 - rho w), w the real spectrum of W mapped to [-1, 1] (Pace and LeSage 2004).

    Traces of the first two powers are exact, those of higher ones are estimated by probes.
    A W with complex eigenvalues is served too, but less well near the ends of the interval.
    """

    kind = "Chebyshev"
    exact = False

    def __init__(self, w: Weights, degree: int = 40, probes: int = _PROBES) -> None:
        ends = [1 / end if np.isfinite(end) else 0.0 for end in w.interval]
        self.middle, self.half = sum(ends) / 2, (ends[1] - ends[0]) / 2 or 1.0  # of the real spectrum
        matrix = w.similar_symmetric if w.similar_symmetric is not None else w.sparse
        signs = probes_of(label_ranks(w.ids), probes, LOG_DETERMINANT_PROBES, 2)
        self.traces = _chebyshev_traces(matrix, self.middle, self.half, degree, signs)  # (probes, degree + 1)
        self.degree, self.interval = degree, w.interval

    def _coefficients(self, rho: float) -> np.ndarray:
        points = np.cos(np.pi * (np.arange(4 * self.degree) + 0.5) / (4 * self.degree))
        values = np.log1p(-rho * (self.middle + self.half * points))
        waves = np.cos(np.arange(self.degree + 1)[:, None] * np.arccos(points)[None, :])
        coefficients = 2 / len(points) * waves @ values
        coefficients[0] /= 2
        return coefficients

    def __call__(self, rho: float) -> float:
        """The value at `rho`."""
        return float((self.traces @ self._coefficients(rho)).mean())

    def error(self, rho: float) -> float:
        """The standard error of a value that random probes estimate."""
        return float((self.traces @ self._coefficients(rho)).std(ddof=1) / np.sqrt(len(self.traces)))

    def derivatives(self, rho: float) -> tuple[float, float]:
        """The first and the second derivative."""
        step = 1e-4 * min(1 / self.half, *(abs(rho - end) for end in self.interval))
        below, here, above = self(rho - step), self(rho), self(rho + step)
        return (above - below) / (2 * step), (above - 2 * here + below) / step**2


def lanczos_quadrature(S: sparse.csr_array, signs: np.ndarray, steps: int) -> tuple[np.ndarray, np.ndarray]:
    """Nodes and weights (probes, steps) with tr f(S) = mean over probes `signs` (n, probes) of weighted f(nodes)."""
    n, probes = signs.shape
    steps = min(steps, n)
    V = signs / np.sqrt(n)
    before, beta = np.zeros_like(V), np.zeros(probes)
    diagonal, beside = np.zeros((steps, probes)), np.zeros((steps, probes))
    for step in range(steps):
        Y = S @ V
        alpha = np.einsum("ij,ij->j", V, Y)
        Y -= alpha * V
        Y -= beta * before
        beta = np.sqrt(np.einsum("ij,ij->j", Y, Y))
        diagonal[step], beside[step] = alpha, beta
        Y /= np.maximum(beta, 1e-300)
        before, V = V, Y
    nodes, shares = np.empty((probes, steps)), np.empty((probes, steps))
    for probe in range(probes):
        t, u = linalg.eigh_tridiagonal(diagonal[:, probe], beside[:-1, probe])
        nodes[probe], shares[probe] = t, n * u[0] ** 2
    return nodes, shares


def _chebyshev_traces(
    matrix: sparse.csr_array, middle: float, half: float, degree: int, signs: np.ndarray
) -> np.ndarray:
    """tr T_k((W - middle I) / half) by probe of `signs` (n, probes) and k (probes, degree + 1)."""
    n, probes = signs.shape

    def _scaled(V: np.ndarray) -> np.ndarray:
        return (matrix @ V - middle * V) / half

    V = signs
    T0, T1 = V, _scaled(V)
    traces = np.empty((probes, degree + 1))
    traces[:, 0], traces[:, 1] = n, -n * middle / half
    for order in range(2, degree + 1):
        T0, T1 = T1, 2 * _scaled(T1) - T0
        traces[:, order] = np.einsum("ij,ij->j", V, T1)
    square = (float(matrix.multiply(matrix.T).sum()) + n * middle**2) / half**2
    traces[:, 2] = 2 * square - n
    return traces


def _reach(rho: float, low: float, high: float) -> float:
    """How far around `rho` a local curve may extend: a little of the interval, and not near its end."""
    ends = [abs(rho - end) for end in (low, high) if np.isfinite(end)]
    span = high - low if np.isfinite(high - low) else 2 * min(ends, default=1.0)
    return min(0.01 * span, 0.2 * min(ends, default=1.0))
