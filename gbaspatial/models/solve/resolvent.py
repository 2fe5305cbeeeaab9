"""Readings of (I - rho W)^-1 M as functions of rho, exact and many rho at once: arrays only.

A reading is linear in the matrix: its trace, its diagonal, left' (...) right for some columns, or the sums of its
entries in some bands. With W = V diag(v) V^-1 every reading is a sum of c_i / (1 - rho v_i), so that one
eigendecomposition gives it, and its slope, for thousands of rho. Where W is too large or too far from diagonalizable,
readings are computed at Chebyshev nodes by sparse solves, more of them until what is left over falls below 1e-9, or
else for every rho. Never a power series, whose terms can vanish long before its sum is reached, and never 1 / (1 -
rho) unless the rows of W sum to one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from gbaspatial.errors import OptionError
from gbaspatial.models.solve.admissible import window
from gbaspatial.models.solve.determinant_curves import EigenCurve
from gbaspatial.models.solve.side import Side
from gbaspatial.randomness import TRACE_PROBES, probes_of
from gbaspatial.sizes import CELLS_AT_ONCE, DENSE_LIMIT, PROBES, RESOLVENT_LIMIT
from gbaspatial.weights import spectrum

_GOOD = 1e-9
_CONDITION = 1e8
_DIRECT_LIMIT = 150
_KEPT = 12_000_000

# rho (m,) -> readings (m, q) and their slopes in rho (m, q)
Reader = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """What is read off a matrix: ``"trace"`` (mean of the diagonal), ``"diagonal"``, ``"pairs"`` or ``"bands"``.

    Pairs are left_q' (.) right_q, column by column of `left`, `right` (n, q). Bands are the sums of the entries
    whose number in `bands` (n, n) is q, for q = 0 to the largest; -1 belongs to none.
    """

    kind: str
    left: np.ndarray | None = None
    right: np.ndarray | None = None
    bands: np.ndarray | None = None

    def masks(self) -> Iterator[np.ndarray]:
        """For each band which entries it has, (n, n)."""
        assert self.bands is not None
        return (self.bands == q for q in range(int(self.bands.max()) + 1))


def average_readings(n: int) -> tuple[Reading, Reading]:
    """The mean of the diagonal and the mean of the row sums."""
    return Reading("trace"), Reading("pairs", np.full((n, 1), 1 / n), np.ones((n, 1)))


def _times(M: sparse.csr_array | None, right: np.ndarray) -> np.ndarray:
    return right if M is None else M @ right


class NoLag:
    """The resolvent of a model without a spatial lag: the identity."""

    def __init__(self, n: int) -> None:
        self.n = n

    def reader(self, M: sparse.csr_array | None, reading: Reading) -> Reader:
        """`reading` of M (None: the identity), whatever rho is."""
        if reading.kind == "pairs":
            assert reading.left is not None
            assert reading.right is not None
            value = np.einsum("iq,iq->q", reading.left, _times(M, reading.right))
        elif reading.kind == "bands":
            value = _banded(np.eye(self.n) if M is None else M.toarray(), reading)
        else:
            diagonal = np.ones(self.n) if M is None else M.diagonal()
            value = diagonal if reading.kind == "diagonal" else np.array([diagonal.mean()])

        def _read(rho: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            return np.tile(value, (len(rho), 1)), np.zeros((len(rho), len(value)))

        return _read


class Spectral:
    """The resolvent by one eigendecomposition of W (n, n)."""

    def __init__(self, values: np.ndarray, V: np.ndarray, inverse: np.ndarray) -> None:
        self.values, self.V, self.inverse = values, V, inverse

    def reader(self, M: sparse.csr_array | None, reading: Reading) -> Reader:
        """`reading` of (I - rho W)^-1 M (None: the identity)."""
        if reading.kind == "pairs":
            assert reading.left is not None
            assert reading.right is not None
            c = (self.V.T @ reading.left) * (self.inverse @ _times(M, reading.right))
        elif reading.kind == "bands":
            right = self.inverse if M is None else self.inverse @ M
            c = np.stack([((self.V.T @ mask) * right).sum(axis=1) for mask in reading.masks()], axis=1)
        else:
            right = self.inverse if M is None else self.inverse @ M
            c = self.V.T * right
            c = c if reading.kind == "diagonal" else c.mean(axis=1, keepdims=True)

        def _read(rho: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            share = 1 / (1 - np.multiply.outer(np.asarray(rho, dtype=float), self.values))
            return (share @ c).real, ((share**2 * self.values) @ c).real

        return _read


class Direct:
    """The resolvent by a dense inverse for every rho: for a small W that cannot be diagonalized well."""

    def __init__(self, W: np.ndarray) -> None:
        self.W, self.n = W, len(W)
        self._last: tuple[np.ndarray, list[tuple[np.ndarray, np.ndarray]]] | None = None

    def _inverses(self, rho: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """(I - rho W)^-1 and its slope in blocks; kept for the next reading at the same rho if small."""
        if self._last is not None and np.array_equal(self._last[0], rho):
            yield from self._last[1]
            return
        kept = []
        step = max(1, CELLS_AT_ONCE // self.n**2)
        for start in range(0, len(rho), step):
            S = np.linalg.inv(np.eye(self.n) - rho[start : start + step, None, None] * self.W)
            block = (S, S @ (self.W @ S))
            yield block
            if len(rho) * self.n**2 <= _KEPT:
                kept.append(block)
        self._last = (rho.copy(), kept) if kept else None

    def reader(self, M: sparse.csr_array | None, reading: Reading) -> Reader:
        """`reading` of (I - rho W)^-1 M (None: the identity)."""

        def _values(S: np.ndarray) -> np.ndarray:
            if reading.kind == "pairs":
                return np.einsum("iq,mij,jq->mq", reading.left, S, _times(M, reading.right), optimize=True)  # type: ignore[arg-type]
            product = S if M is None else S @ M.toarray()
            if reading.kind == "bands":
                return np.stack([product[:, mask].sum(axis=1) for mask in reading.masks()], axis=1)
            diagonal = np.einsum("mii->mi", product)
            return diagonal if reading.kind == "diagonal" else diagonal.mean(axis=1, keepdims=True)

        def _read(rho: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            found = [(_values(S), _values(D)) for S, D in self._inverses(np.asarray(rho, dtype=float))]
            return np.concatenate([v for v, _ in found]), np.concatenate([v for _, v in found])

        return _read


class Nodes:
    """The resolvent by sparse solves at Chebyshev nodes between `low` and `high`, interpolated."""

    def __init__(self, side: Side, low: float, high: float) -> None:
        self.side, self.low, self.high = side, low, high
        self.n = side.W.shape[0]
        sums = np.asarray(side.W.sum(axis=1)).ravel()
        self.row_stochastic = bool(np.allclose(sums, 1.0, rtol=0, atol=1e-12))
        self._factors: dict[float, Any] = {}

    def reader(self, M: sparse.csr_array | None, reading: Reading) -> Reader:
        """`reading` of (I - rho W)^-1 M (None: the identity)."""
        if reading.kind == "trace" and (M is None or M is self.side.W):
            return self._trace(M is None)
        if reading.kind == "pairs" and self.row_stochastic:
            assert reading.left is not None
            assert reading.right is not None
            right = _times(M, reading.right)
            if np.allclose(right, right[:1], rtol=0, atol=1e-12 * max(1.0, float(np.abs(right).max(initial=0.0)))):
                return self._constant(reading.left.sum(axis=0) * right[0])
        return self._interpolated(lambda rho: self._exact(rho, M, reading))

    def _constant(self, value: np.ndarray) -> Reader:
        def _read(rho: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            share = 1 / (1 - np.asarray(rho, dtype=float))[:, None]
            return share * value, share**2 * value

        return _read

    def _trace(self, identity: bool) -> Reader:
        """From the log-determinant f: tr(W A^-1) = -f', tr(A^-1) = n - rho f'."""
        ends = np.array([end for end in self.side.interval if np.isfinite(end)])
        fitted = self._fitted(
            lambda rho: (self.side.curve.along(rho) - np.log(_ends_product(ends, rho)))[:, None], size=self.n
        )
        if fitted is None:
            return self._one_by_one(lambda rho: self._exact(rho, None if identity else self.side.W, Reading("trace")))

        def _read(rho: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            rho = np.asarray(rho, dtype=float)
            gap = 1 / (ends - rho[:, None])
            first = (self._evaluated(fitted, 1, rho) - gap.sum(axis=1, keepdims=True)) / self.n
            second = (self._evaluated(fitted, 2, rho) - (gap**2).sum(axis=1, keepdims=True)) / self.n
            if identity:
                return 1 - rho[:, None] * first, -first - rho[:, None] * second
            return -first, -second

        return _read

    def _factor(self, rho: float) -> Any:
        if rho not in self._factors:
            self._factors[rho] = self.side.factor(rho)
        return self._factors[rho]

    def _exact(self, rho: float, M: sparse.csr_array | None, reading: Reading) -> np.ndarray:
        factor = self._factor(rho)
        if reading.kind == "pairs":
            assert reading.left is not None
            assert reading.right is not None
            return np.einsum("iq,iq->q", reading.left, factor.solve(np.ascontiguousarray(_times(M, reading.right))))
        if reading.kind == "trace" and self.n > DENSE_LIMIT:  # a second W at large n
            V = probes_of(self.side.ranks(), PROBES, TRACE_PROBES)
            return np.array([np.einsum("ip,ip->p", V, factor.solve(_times(M, V))).mean() / self.n])
        if self.n > DENSE_LIMIT:
            raise OptionError(f"impacts by unit need a dense matrix of {self.n} units; this goes to {DENSE_LIMIT}.")
        inverse = factor.solve(np.eye(self.n) if M is None else M.toarray())
        if reading.kind == "bands":
            return _banded(inverse, reading)
        diagonal = np.diag(inverse)
        return diagonal if reading.kind == "diagonal" else np.array([diagonal.mean()])

    def _interpolated(self, exact: Callable[[float], np.ndarray]) -> Reader:
        """Value and slope from exact values at nodes.

        What is interpolated is the reading times (1 - rho/low)(1 - rho/high), the ends of the
        admissible interval being its nearest poles.
        """
        ends = np.array([end for end in self.side.interval if np.isfinite(end)])
        fitted = self._fitted(lambda rho: _stacked(exact, rho) * _ends_product(ends, rho)[:, None], size=1.0)
        if fitted is None:
            return self._one_by_one(exact)

        def _read(rho: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            rho = np.asarray(rho, dtype=float)
            value, slope = (self._evaluated(fitted, order, rho) for order in (0, 1))
            size = _ends_product(ends, rho)[:, None]
            relative = -(1 / (ends - rho[:, None])).sum(axis=1, keepdims=True)
            return value / size, (slope - value * relative) / size

        return _read

    def _one_by_one(self, exact: Callable[[float], np.ndarray]) -> Reader:
        """Slow, but right: every rho by itself, slopes by central differences."""

        def _read(rho: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            rho = np.asarray(rho, dtype=float)
            gap = np.min([np.abs(rho - end) for end in self.side.interval if np.isfinite(end)], axis=0)
            step = 1e-4 * gap
            value, above, below = (_stacked(exact, r) for r in (rho, rho + step, rho - step))
            return value, (above - below) / (2 * step[:, None])

        return _read

    def _fitted(self, exact: Callable[[np.ndarray], np.ndarray], size: float) -> np.ndarray | None:
        """Chebyshev coefficients (count, q), more nodes until the last are small; None if they never are.

        What is below a thousandth of `size` may be round-off: a hub leaves nothing beside its poles.
        """
        center, half = self._scale
        for count in (10, 16, 28, 52, 100):
            nodes = np.cos(np.pi * (np.arange(count) + 0.5) / count)
            fitted = np.polynomial.chebyshev.chebfit(nodes, exact(center + half * nodes), count - 1)
            if np.abs(fitted[-2:]).max() <= _GOOD * max(float(np.abs(fitted).max()), 1e-3 * size):
                return np.asarray(fitted)
        return None

    @property
    def _scale(self) -> tuple[float, float]:
        return (self.low + self.high) / 2, max((self.high - self.low) / 2, 1e-12)

    def _evaluated(self, fitted: np.ndarray, order: int, rho: np.ndarray) -> np.ndarray:
        """The derivative of `order` (m, q) of the polynomial."""
        center, half = self._scale
        part = np.polynomial.chebyshev.chebder(fitted, order) / half**order
        return np.asarray(np.polynomial.chebyshev.chebval((rho - center) / half, part)).T


def _banded(matrix: np.ndarray, reading: Reading) -> np.ndarray:
    """The sum (q,) of the entries of `matrix` (n, n) in each band."""
    return np.array([matrix[mask].sum() for mask in reading.masks()])


def _ends_product(ends: np.ndarray, rho: np.ndarray) -> np.ndarray:
    """(1 - rho/low)(1 - rho/high) (m,): zero where the resolvent has its nearest poles."""
    return np.asarray(np.prod(1 - np.multiply.outer(rho, 1 / ends), axis=-1))


def _stacked(exact: Callable[[float], np.ndarray], rho: np.ndarray) -> np.ndarray:
    """`exact` (m, q) at every `rho` (m,)."""
    return np.stack([exact(float(r)) for r in rho])


Resolvent = NoLag | Spectral | Direct | Nodes


def resolvent_of(side: Side | None, n: int, low: float, high: float) -> Resolvent:
    """The resolvent of W for rho between `low` and `high`."""
    if side is None:
        return NoLag(n)
    if n <= RESOLVENT_LIMIT or isinstance(side.curve, EigenCurve):
        found = spectral(side.W)
        if found is not None:
            return found
        if n <= _DIRECT_LIMIT:
            return Direct(side.W.toarray())
    ends = window(side.interval)
    return Nodes(side, max(low, ends[0]), min(high, ends[1]))


def spectral(W: sparse.csr_array) -> Spectral | None:
    """The eigendecomposition of `W`, or None where its eigenvectors are too close to dependent."""
    likeness = spectrum.similarity(W)
    if likeness is not None:
        symmetric, log_root = likeness
        if np.ptp(log_root) > np.log(_CONDITION):  # a chain with a current: eigenvectors all but dependent
            return None
        values, U = np.linalg.eigh(symmetric.toarray())
        root = np.exp(log_root)
        return Spectral(values, U / root[:, None], U.T * root[None, :])
    values, V = np.linalg.eig(W.toarray())
    if np.linalg.cond(V) > _CONDITION:
        return None
    return Spectral(values, V, np.linalg.inv(V))
