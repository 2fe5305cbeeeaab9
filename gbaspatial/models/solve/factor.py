"""Factorizations of I - rho W, for log-determinants and for solving, at any rho.

What does not depend on rho, the order of elimination and the pattern of the factors, is
found once and kept by a `SparsePencil`. With W >= 0 and |rho| below the inverse of its Perron
root I - rho W is an H-matrix, which can be eliminated without pivoting; so can any rho of the
admissible interval where W is similar to a symmetric matrix. Elsewhere (far below zero, W
not symmetric) SuperLU pivots. A few units go to LAPACK, which has nothing to compile.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol
from weakref import WeakKeyDictionary

import numpy as np
from scipy import linalg, sparse
from scipy.sparse.linalg import spilu, splu

from gbaspatial.errors import WeightsError
from gbaspatial.sizes import SMALL_DENSE_LIMIT
from gbaspatial.weights import Weights

if TYPE_CHECKING:
    from scipy.sparse.linalg import SuperLU

    from gbaspatial.models.solve.supernodes import Plan

_FAR_APART = float(np.log(1e4))


class Factor(Protocol):
    """I - rho W, factorized at one rho."""

    def log_abs_det(self) -> float:
        """log|det(I - rho W)|."""
        ...

    def solve(self, right: np.ndarray, transposed: bool = False) -> np.ndarray:
        """(I - rho W)^-1 `right`, or with the transpose; `right` is (n,) or (n, m)."""
        ...


class Pencil(Protocol):
    """The matrices I - rho W."""

    kind: str

    def log_abs_dets(self, rho: np.ndarray) -> np.ndarray:
        """log|det(I - rho W)| (m,) at `rho` (m,)."""
        ...

    def factor(self, rho: float) -> Factor:
        """The factorization of I - rho W."""
        ...


class SparsePencil:
    """By elimination without pivoting while |rho| < `reach`.

    Where W = R^-1 S R with S symmetric and R diagonal, S is eliminated: half the work.

    Parameters
    ----------
    W : scipy.sparse.csr_array, shape (n, n)
    similarity : tuple of scipy.sparse.csr_array (n, n) and numpy.ndarray (n,), or None
        S and the logarithms of the diagonal of R; not used where these lie far apart, which
        solving would magnify.
    reach : float
        Beyond, SuperLU serves.
    """

    def __init__(
        self, W: sparse.csr_array, similarity: tuple[sparse.csr_array, np.ndarray] | None, reach: float
    ) -> None:
        from gbaspatial.models.solve import elimination

        self._eliminate, self._solve = elimination.eliminate, elimination.solve
        if similarity is not None and np.ptp(similarity[1]) > _FAR_APART:
            similarity = None
        self.W, self.symmetric, self.reach = W, similarity is not None, reach
        self.kind = "sparse Cholesky" if self.symmetric else "sparse LU"
        root = np.exp(similarity[1]) if similarity is not None else np.ones(W.shape[0])
        both = _both_triangles(W) if similarity is None else [similarity[0]]
        self.order, self.plan = planned_order(both[0])
        self.root = root[self.order]
        self._data = np.stack([part[self.order][:, self.order].data for part in both])

    def log_abs_dets(self, rho: np.ndarray) -> np.ndarray:
        """log|det(I - rho W)| (m,) at `rho` (m,)."""
        return np.array([self._log_abs_det(float(r)) for r in rho])

    def _log_abs_det(self, rho: float) -> float:
        if abs(rho) >= self.reach:
            return self._pivoted(rho).log_abs_det()
        return float(np.log(np.abs(self._pivots(rho, np.empty((len(self._data), 0))))).sum())

    def factor(self, rho: float) -> Factor:
        """I - rho W, factorized."""
        if abs(rho) >= self.reach:
            return self._pivoted(rho)
        factors = np.empty((len(self._data), self.plan.block[-1]))
        return Eliminated(self, factors, self._pivots(rho, factors))

    def _pivots(self, rho: float, factors: np.ndarray) -> np.ndarray:
        """The pivots (n,) at `rho`; `factors` are filled unless they are empty."""
        pivots: np.ndarray = self._eliminate(self.plan, self._data, rho, factors)
        if not np.isfinite(pivots).all() or (pivots == 0).any():
            raise _singular(rho)
        return pivots

    def _pivoted(self, rho: float) -> SparsePivoted:
        try:
            return SparsePivoted(splu((sparse.eye_array(self.W.shape[0], format="csr") - rho * self.W).tocsc()))
        except RuntimeError as error:
            raise _singular(rho) from error

    def solve(self, factors: np.ndarray, pivots: np.ndarray, right: np.ndarray, transposed: bool) -> np.ndarray:
        """R^-1 (L D U)^-1 R `right`, or its transpose, the units in their own order."""
        scale = self.root[:, None] if not transposed else 1 / self.root[:, None]
        X = np.array(right.reshape(len(self.root), -1)[self.order] * scale, dtype=float, order="C")
        upper, lower = (factors[0], factors[-1]) if not transposed else (factors[-1], factors[0])
        self._solve(self.plan, lower, upper, pivots, X)
        answer = np.empty_like(X)
        answer[self.order] = X / scale
        return answer.reshape(right.shape)


class DensePencil:
    """By dense LU with pivoting (LAPACK)."""

    kind = "dense LU"

    def __init__(self, W: np.ndarray) -> None:
        self.W, self.eye = W, np.eye(len(W))

    def log_abs_dets(self, rho: np.ndarray) -> np.ndarray:
        """log|det(I - rho W)| (m,) at `rho` (m,)."""
        return np.array([np.linalg.slogdet(self.eye - r * self.W)[1] for r in rho])

    def factor(self, rho: float) -> Factor:
        """I - rho W, factorized."""
        A = self.eye - rho * self.W
        if np.linalg.slogdet(A)[0] == 0:
            raise _singular(rho)
        return Pivoted(*linalg.lu_factor(A))


_pencils: WeakKeyDictionary[Weights, SparsePencil] = WeakKeyDictionary()


def pencil_of(w: Weights) -> Pencil:
    """The pencil that suits the size of `w`."""
    return DensePencil(w.sparse.toarray()) if w.n <= SMALL_DENSE_LIMIT else sparse_pencil_of(w)


def sparse_pencil_of(w: Weights) -> SparsePencil:
    """The sparse pencil of `w`, made once for each W."""
    if w not in _pencils:
        low, high = w.interval
        _pencils[w] = SparsePencil(w.sparse, w.similarity, min(-low, high) if w.similarity is None else max(-low, high))
    return _pencils[w]


@dataclass(frozen=True, slots=True, eq=False)
class Eliminated:
    """U, and L' where it is another (by supernodes), and the pivots D (n,) of I - rho W = L D U."""

    pencil: SparsePencil
    factors: np.ndarray
    pivots: np.ndarray

    def log_abs_det(self) -> float:
        """log|det|: L and U have unit diagonals."""
        return float(np.log(np.abs(self.pivots)).sum())

    def solve(self, right: np.ndarray, transposed: bool = False) -> np.ndarray:
        """(I - rho W)^-1 `right`, or with the transpose."""
        return self.pencil.solve(self.factors, self.pivots, right, transposed)


@dataclass(frozen=True, slots=True, eq=False)
class Pivoted:
    """A dense LU with pivoting, as LAPACK leaves it."""

    lu: np.ndarray
    swaps: np.ndarray

    def log_abs_det(self) -> float:
        """log|det|: L has a unit diagonal."""
        return float(np.log(np.abs(np.diag(self.lu))).sum())

    def solve(self, right: np.ndarray, transposed: bool = False) -> np.ndarray:
        """(I - rho W)^-1 `right`, or with the transpose."""
        return np.asarray(linalg.lu_solve((self.lu, self.swaps), right, trans=int(transposed)))


@dataclass(frozen=True, slots=True, eq=False)
class SparsePivoted:
    """A sparse LU with pivoting (SuperLU)."""

    lu: SuperLU

    def log_abs_det(self) -> float:
        """log|det|: L has a unit diagonal."""
        return float(np.log(np.abs(self.lu.U.diagonal())).sum())

    def solve(self, right: np.ndarray, transposed: bool = False) -> np.ndarray:
        """(I - rho W)^-1 `right`, or with the transpose."""
        return np.asarray(self.lu.solve(np.ascontiguousarray(right, dtype=float), trans="T" if transposed else "N"))


def fill_reducing_order(S: sparse.csr_array) -> np.ndarray:
    """A minimum-degree order (n,) of the units of `S` (n, n), whose pattern is symmetric."""
    # An incomplete factorization that drops everything costs little and leaves its order behind.
    size = float(S.sum(axis=1).max(initial=0.0))
    likeness = (sparse.eye_array(S.shape[0]) - 0.5 / max(size, 1.0) * S).tocsc()
    loose = spilu(
        likeness, drop_tol=1.0, fill_factor=1, permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0,
        options={"SymmetricMode": True},
    )  # fmt: skip
    return np.argsort(loose.perm_c)


def planned_order(S: sparse.csr_array) -> tuple[np.ndarray, Plan]:
    """An order (n,) of the units of `S` (n, n), whose pattern is symmetric, that keeps its factors sparse; the plan."""
    from gbaspatial.models.solve import supernodes

    order = fill_reducing_order(S)
    tree, _ = supernodes.ancestry(*_pattern(S[order][:, order]))
    order = order[supernodes.postorder(tree)]
    return order, supernodes.planned(*_pattern(S[order][:, order]))


def _both_triangles(W: sparse.csr_array) -> list[sparse.csr_array]:
    """W and its transpose, both on the links that either of them has."""
    back = sparse.csr_array(W.T)
    links = sparse.csr_array(W + back)
    links.data = np.zeros_like(links.data)
    return [on_links(part, links) for part in (W, back)]


def on_links(part: sparse.csr_array, links: sparse.csr_array) -> sparse.csr_array:
    """`part` with explicit zeros at all `links`."""
    n = links.shape[0]
    rows, columns = (np.repeat(np.arange(n), np.diff(m.indptr)) for m in (part, links))
    full = links.copy()
    full.sort_indices()
    full.data[np.searchsorted(columns * n + full.indices, rows * n + part.indices)] = part.data
    return full


def _pattern(S: sparse.csr_array) -> tuple[np.ndarray, np.ndarray]:
    return S.indptr.astype(np.int32), S.indices.astype(np.int32)


def _singular(rho: float) -> WeightsError:
    return WeightsError(f"I - rho W is singular near rho = {rho:.6g}; choose rho inside w.interval.")
