"""The log-determinant log|I - rho W| as a curve in rho: exact by eigenvalues or sparse LU, or estimated.

A `Curve` is called with rho and gives the value; `derivatives(rho)` gives the first two
derivatives, which are -tr(G) and -tr(G^2) for G = W (I - rho W)^-1. A maximizer may first
look at `rough()`, a cheap curve over the whole interval, and then at `near(rho, reach)`,
which is exact around one rho (interpolated: to 1e-7, its second derivative to 1e-5) at the
price of three to six factorizations.

====================  ==================================================================
`EigenCurve`          all eigenvalues of W; exact, for n up to a thousand or a dense W
`FactorCurve`         sparse LU of I - rho W, exact at any size that fits the memory
`LanczosCurve`        stochastic Lanczos quadrature, W similar to a symmetric matrix
`ChebyshevCurve`      Chebyshev polynomials of random probes (Pace and LeSage 2004)
====================  ==================================================================

The last two are estimates: `error(rho)` is their standard error over the probes.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any, Literal, Protocol

import numpy as np
from scipy import linalg, sparse

from gbaspatial.errors import OptionError, check_option
from gbaspatial.models.factor import Factor, cholesky_of, factorized, fill_reducing_order
from gbaspatial.randomness import stream
from gbaspatial.weights import Weights, as_weights

Method = Literal["auto", "eigen", "sparse", "chebyshev", "lanczos"]
METHODS = ("auto", "eigen", "sparse", "chebyshev", "lanczos")
EIGEN_LIMIT = 500
DENSE_LIMIT = 5_000
_PROBES = 16
_NODES = ((5_000, 6), (20_000, 4), (float("inf"), 3))  # by size: factorizations cost little where n is small
_SEED = 20_240_229  # probes are part of the method, not of the user's randomness


class Curve(Protocol):
    """log|I - rho W| as a function of rho."""

    kind: str
    exact: bool

    def __call__(self, rho: float) -> float: ...

    def derivatives(self, rho: float) -> tuple[float, float]: ...

    def error(self, rho: float) -> float: ...

    def rough(self) -> Curve: ...

    def near(self, rho: float, reach: float) -> Curve: ...


class _Cheap:
    """A curve that costs next to nothing: it is its own approximation."""

    exact = True

    def rough(self) -> Any:
        return self

    def near(self, rho: float, reach: float) -> Any:
        return self

    def error(self, rho: float) -> float:
        return 0.0


class ZeroCurve(_Cheap):
    """The curve of a model without this spatial parameter."""

    kind = "none"

    def __call__(self, rho: float) -> float:
        return 0.0

    def derivatives(self, rho: float) -> tuple[float, float]:
        return 0.0, 0.0


class EigenCurve(_Cheap):
    """The sum of log(1 - rho v) over the eigenvalues v (n,) of W (Ord 1975)."""

    kind = "eigen"

    def __init__(self, eigenvalues: np.ndarray) -> None:
        self.values = eigenvalues

    def __call__(self, rho: float) -> float:
        with np.errstate(divide="ignore"):
            return float(np.log(np.abs(1 - rho * self.values)).sum())

    def derivatives(self, rho: float) -> tuple[float, float]:
        ratio = self.values / (1 - rho * self.values)
        return -float(ratio.sum().real), -float((ratio**2).sum().real)


class FactorCurve:
    """Exact values by a sparse LU of I - rho W; every value is one factorization."""

    kind = "sparse LU"
    exact = True

    def __init__(self, w: Weights) -> None:
        self.w = w
        self._cholesky = cholesky_of(w)
        self._rough: Curve | None = None

    def __call__(self, rho: float) -> float:
        if self._cholesky is not None:
            low, high = self.w.interval
            if low < rho < high:
                return self._cholesky.log_abs_det(rho)
        return self.factor(rho).log_abs_det()

    @cached_property
    def _order(self) -> np.ndarray | None:
        return fill_reducing_order(self.w)

    def factor(self, rho: float) -> Factor:
        """The factorization at `rho`, for solving with it."""
        return factorized(self.w, rho, self._order)

    def error(self, rho: float) -> float:
        return 0.0

    def derivatives(self, rho: float) -> tuple[float, float]:
        low, high = self.w.interval
        return self.near(rho, _reach(rho, low, high)).derivatives(rho)

    def rough(self) -> Curve:
        if self._rough is None:
            self._rough = estimated(self.w)
        return self._rough

    def near(self, rho: float, reach: float) -> Curve:
        count = next(nodes for limit, nodes in _NODES if self.w.n < limit)
        return LocalCurve(self, self.rough(), rho, reach, count)


class LocalCurve(_Cheap):
    """An exact curve around `center`: a smooth estimate plus a polynomial through what it misses at a few nodes.

    The estimate errs less the larger n is, so fewer nodes are as good there.
    """

    kind = "sparse LU"

    def __init__(self, exact: Curve, base: Curve, center: float, reach: float, count: int = 4) -> None:
        self.base, self.center, self.reach = base, center, reach
        nodes = np.cos(np.pi * (2 * np.arange(count) + 1) / (2 * count))
        gap = np.array([exact(center + reach * t) - base(center + reach * t) for t in nodes])
        self.gap = np.polynomial.Chebyshev.fit(nodes, gap, count - 1, domain=[-1, 1])

    def __call__(self, rho: float) -> float:
        return self.base(rho) + float(self.gap((rho - self.center) / self.reach))

    def derivatives(self, rho: float) -> tuple[float, float]:
        first, second = self.base.derivatives(rho)
        place = (rho - self.center) / self.reach
        return (
            first + float(self.gap.deriv(1)(place)) / self.reach,
            second + float(self.gap.deriv(2)(place)) / self.reach**2,
        )


class LanczosCurve(_Cheap):
    """Stochastic Lanczos quadrature on the symmetric S that is similar to W (Ubaru, Chen and Saad 2017).

    The traces of S and S^2 are exact: what the quadrature misses of them is put right.
    """

    kind = "stochastic Lanczos"
    exact = False

    def __init__(self, S: sparse.csr_array, probes: int = _PROBES, steps: int = 30) -> None:
        nodes, shares = lanczos_quadrature(S, probes, steps)
        self.nodes, self.shares = nodes, shares  # (probes, steps) each
        self.first = -(shares * nodes).sum(axis=1)
        self.second = float((S.data**2).sum()) - (shares * nodes**2).sum(axis=1)

    def _by_probe(self, rho: float) -> np.ndarray:
        value = (self.shares * np.log1p(-rho * self.nodes)).sum(axis=1)
        return value - rho * self.first - rho**2 / 2 * self.second

    def __call__(self, rho: float) -> float:
        return float(self._by_probe(rho).mean())

    def error(self, rho: float) -> float:
        return float(self._by_probe(rho).std(ddof=1) / np.sqrt(len(self.first)))

    def derivatives(self, rho: float) -> tuple[float, float]:
        ratio = self.nodes / (1 - rho * self.nodes)
        first = -(self.shares * ratio).sum(axis=1) - self.first - rho * self.second
        second = -(self.shares * ratio**2).sum(axis=1) - self.second
        return float(first.mean()), float(second.mean())


class ChebyshevCurve(_Cheap):
    """Chebyshev expansion of log(1 - rho w), w the spectrum of W scaled to [-1, 1] (Pace and LeSage 2004).

    Traces of the first two powers are exact, those of higher ones are estimated by probes.
    A W with complex eigenvalues is served too, but less well near the ends of the interval.
    """

    kind = "Chebyshev"
    exact = False

    def __init__(self, w: Weights, degree: int = 40, probes: int = _PROBES) -> None:
        low, high = w.interval
        self.scale = max(1 / high if np.isfinite(high) else 0.0, -1 / low if np.isfinite(low) else 0.0) or 1.0
        matrix = w.similar_symmetric if w.similar_symmetric is not None else w.sparse
        self.traces = _chebyshev_traces(matrix, self.scale, degree, probes)  # (probes, degree + 1)
        self.degree = degree

    def _coefficients(self, rho: float) -> np.ndarray:
        points = np.cos(np.pi * (np.arange(4 * self.degree) + 0.5) / (4 * self.degree))
        values = np.log1p(-rho * self.scale * points)
        waves = np.cos(np.arange(self.degree + 1)[:, None] * np.arccos(points)[None, :])
        coefficients = 2 / len(points) * waves @ values
        coefficients[0] /= 2
        return coefficients

    def __call__(self, rho: float) -> float:
        return float((self.traces @ self._coefficients(rho)).mean())

    def error(self, rho: float) -> float:
        return float((self.traces @ self._coefficients(rho)).std(ddof=1) / np.sqrt(len(self.traces)))

    def derivatives(self, rho: float) -> tuple[float, float]:
        step = 1e-4 * (1 / self.scale - abs(rho))
        below, here, above = self(rho - step), self(rho), self(rho + step)
        return (above - below) / (2 * step), (above - 2 * here + below) / step**2


def lanczos_quadrature(S: sparse.csr_array, probes: int, steps: int) -> tuple[np.ndarray, np.ndarray]:
    """Nodes and weights (probes, steps) with tr f(S) = mean over probes of sum of weights f(nodes)."""
    n = S.shape[0]
    steps = min(steps, n)
    V = stream(_SEED, 1).integers(0, 2, (n, probes)) * 2.0 - 1
    V /= np.sqrt(n)
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


def _chebyshev_traces(matrix: sparse.csr_array, scale: float, degree: int, probes: int) -> np.ndarray:
    n = matrix.shape[0]
    scaled = matrix / scale
    V = stream(_SEED, 2).integers(0, 2, (n, probes)) * 2.0 - 1
    T0, T1 = V, scaled @ V
    traces = np.empty((probes, degree + 1))
    traces[:, 0], traces[:, 1] = n, 0.0
    for order in range(2, degree + 1):
        T0, T1 = T1, 2 * (scaled @ T1) - T0
        traces[:, order] = np.einsum("ij,ij->j", V, T1)
    traces[:, 2] = 2 * float((scaled.multiply(scaled.T)).sum()) - n
    return traces


def _reach(rho: float, low: float, high: float) -> float:
    """How far around `rho` a local curve may extend: a little of the interval, and not near its end."""
    ends = [abs(rho - end) for end in (low, high) if np.isfinite(end)]
    span = high - low if np.isfinite(high - low) else 2 * min(ends, default=1.0)
    return min(0.01 * span, 0.2 * min(ends, default=1.0))


# -- choosing ---------------------------------------------------------------------------
def estimated(w: Weights) -> Curve:
    """The stochastic curve that fits W."""
    return LanczosCurve(w.similar_symmetric) if w.similar_symmetric is not None else ChebyshevCurve(w)


def curve_of(w: Weights, method: Method = "auto") -> Curve:
    """The log-determinant curve of `w`, by size and shape unless `method` says how.

    Exact by eigenvalues for small or dense W, exact by sparse LU otherwise.
    """
    check_option(method, METHODS, "logdet")
    if method == "auto":
        dense = w.n <= DENSE_LIMIT and w.density > 0.1
        method = "eigen" if w.n <= EIGEN_LIMIT or dense else "sparse"
    if method == "eigen":
        return EigenCurve(w.eigenvalues())
    if method == "sparse":
        return FactorCurve(w)
    if method == "lanczos":
        if w.similar_symmetric is None:
            raise OptionError(
                "logdet='lanczos' needs a W that is similar to a symmetric matrix, as a row-standardized symmetric "
                "graph is; use 'sparse' or 'chebyshev' for this W."
            )
        return LanczosCurve(w.similar_symmetric)
    return ChebyshevCurve(w)


def log_determinant(w: Any, rho: float, *, method: Method = "auto") -> float:
    """log|I - rho W|.

    Parameters
    ----------
    w : Weights
    rho : float
        Inside the admissible interval ``w.interval``.
    method : {"auto", "eigen", "sparse", "chebyshev", "lanczos"}
        The last two are stochastic estimates; `logdet.curve_of(w, method).error(rho)`
        is their standard error.

    Raises
    ------
    OptionError
        If `rho` is outside the interval.

    References
    ----------
    Ord, K. (1975). Estimation methods for models of spatial interaction. JASA 70.
    Pace, R. K. and LeSage, J. (2004). Chebyshev approximation of log-determinants of
    spatial weight matrices. Computational Statistics & Data Analysis 45.

    Examples
    --------
    >>> from gbaspatial.weights import Weights
    >>> round(log_determinant(Weights([[0, 1], [1, 0]], ["a", "b"]), 0.5), 6)
    -0.287682
    """
    w = as_weights(w)
    low, high = w.interval
    if not low < rho < high:
        raise OptionError(
            f"rho={rho} is outside the admissible interval ({low:.6g}, {high:.6g}) of this W, "
            f"where I - rho W stays invertible."
        )
    return curve_of(w, method)(float(rho))
