"""Eigenvalues of W and the admissible interval of the spatial parameter: arrays only."""

from __future__ import annotations

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph, linalg

from gbaspatial.errors import WeightsError
from gbaspatial.randomness import LANCZOS_START
from gbaspatial.sizes import DENSE_LIMIT, EIGEN_LIMIT as EIGEN_LIMIT

_LOOSE_ABOVE = 10_000  # more units: the last digits would take Lanczos minutes
_REAL = 1e-9
_ROUNDS = 200


def similarity(W: sparse.csr_array) -> tuple[sparse.csr_array, np.ndarray] | None:
    """The symmetric S similar to `W` (n, n) and log r (n,), R = diag(r), W = R^-1 S R; None where W has no such S.

    With d_i w_ij = d_j w_ji for some positive d and r = d^1/2, R W R^-1 is symmetric and has
    the entries sqrt(w_ij w_ji). d is read along a spanning forest and checked on every link
    (Kolmogorov's criterion), in time linear in links.
    """
    back = sparse.csr_array(W.T)
    back.sort_indices()
    if back.nnz != W.nnz or (back.indptr != W.indptr).any() or (back.indices != W.indices).any():
        return None
    n = W.shape[0]
    rows = np.repeat(np.arange(n), np.diff(W.indptr))
    step = np.log(W.data) - np.log(back.data)  # log d_j - log d_i along the link i -> j
    log_d = _forest_potential(W, step)
    if np.abs(log_d[W.indices] - log_d[rows] - step).max(initial=0.0) > 1e-9:
        return None
    symmetric = sparse.csr_array((np.sqrt(W.data * back.data), W.indices.copy(), W.indptr.copy()), shape=W.shape)
    return symmetric, (log_d - log_d.mean()) / 2


def _forest_potential(W: sparse.csr_array, step: np.ndarray) -> np.ndarray:
    """Sum of `step` along the tree path from the root of each component to each node."""
    n = W.shape[0]
    count, label = csgraph.connected_components(W, directed=False)
    roots = np.zeros(count, dtype=np.int64)
    roots[label[::-1]] = np.arange(n)[::-1]
    hub = sparse.coo_array((np.ones(count), (np.full(count, n), roots)), shape=(n + 1, n + 1))
    padded = sparse.csr_array((np.ones(W.nnz), W.indices, np.append(W.indptr, W.nnz)), shape=(n + 1, n + 1))
    _, parent = csgraph.breadth_first_order(padded + hub.tocsr(), n, directed=True)
    parent = parent.astype(np.int64)
    parent[n] = n
    keys = np.repeat(np.arange(n), np.diff(W.indptr)) * (n + 1) + W.indices
    child = np.flatnonzero(parent[:n] != n)
    gain = np.zeros(n + 1)
    gain[child] = step[np.searchsorted(keys, parent[child] * (n + 1) + child)]
    while (parent != n).any():  # pointer doubling: log2(depth) rounds
        gain = gain + gain[parent]
        parent = parent[parent]
    return gain[:n]


def eigenvalues(W: sparse.csr_array, symmetric: sparse.csr_array | None) -> np.ndarray:
    """All eigenvalues (n,) of `W`: real and ascending if `symmetric` is given, else complex or real."""
    if W.shape[0] > DENSE_LIMIT:
        raise WeightsError(
            f"all eigenvalues of W need a dense matrix, which is refused above {DENSE_LIMIT} units "
            f"(W has {W.shape[0]}); w.interval and the sparse log-determinants work at any size."
        )
    if symmetric is not None:
        return np.linalg.eigvalsh(symmetric.toarray())
    values = np.linalg.eigvals(W.toarray())
    scale = np.abs(values).max(initial=1.0)
    return np.sort(values.real) if np.abs(values.imag).max(initial=0.0) <= _REAL * scale else values


def admissible_interval(
    W: sparse.csr_array, symmetric: sparse.csr_array | None, values: np.ndarray | None = None
) -> tuple[float, float]:
    """(1 / smallest, 1 / largest) real eigenvalue of `W`, infinite where there is none of that sign.

    `values` are all eigenvalues; without them the two ends are sought one by one.
    """
    if W.nnz == 0:
        return -np.inf, np.inf
    low, high = _ends(W, symmetric, values)
    return (1 / low if low < 0 else -np.inf), (1 / high if high > 0 else np.inf)


def _extremes_of(values: np.ndarray) -> tuple[float, float]:
    """The smallest and the largest real one of all eigenvalues, zero if there is none of that sign."""
    size = np.abs(values).max(initial=0.0)
    real = values[np.abs(np.imag(values)) <= _REAL * max(size, 1e-300)].real
    real = np.where(np.abs(real) <= 1e-12 * size, 0.0, real)
    return float(real.min(initial=0.0)), float(real.max(initial=0.0))


def _ends(W: sparse.csr_array, symmetric: sparse.csr_array | None, values: np.ndarray | None) -> tuple[float, float]:
    cyclic = W if symmetric is not None else _within_cycles(W)
    if cyclic.nnz == 0:
        return 0.0, 0.0
    if cyclic.nnz == W.nnz:
        return _extremes_of(values) if values is not None else _extremes(W, symmetric, None)
    likeness = similarity(cyclic)
    part = None if likeness is None else likeness[0]
    if cyclic.shape[0] <= EIGEN_LIMIT:
        return _extremes_of(eigenvalues(cyclic, part))
    return _extremes(cyclic, part, _common_sum(W))


def _within_cycles(W: sparse.csr_array) -> sparse.csr_array:
    """The links of `W` that lie on a cycle, among their units only: the others leave every eigenvalue alone.

    W is block triangular by strongly connected components, so its eigenvalues are those
    of the blocks; a unit on no cycle adds a zero. Without this, Arnoldi iterations on an
    acyclic W (all eigenvalues zero) return round-off enlarged by non-normality.
    """
    _, label = csgraph.connected_components(W, connection="strong")
    rows = np.repeat(np.arange(W.shape[0]), np.diff(W.indptr))
    inside = label[rows] == label[W.indices]
    if inside.all():
        return W
    links = (W.data[inside], (rows[inside], W.indices[inside]))
    units = np.flatnonzero(np.bincount(label)[label] > 1)
    return sparse.csr_array(sparse.csr_array(links, shape=W.shape)[units][:, units])


def _extremes(W: sparse.csr_array, symmetric: sparse.csr_array | None, known: float | None) -> tuple[float, float]:
    high = _largest(W, symmetric) if known is None else known
    return _smallest(W, symmetric, high), high


def _largest(W: sparse.csr_array, symmetric: sparse.csr_array | None) -> float:
    """The largest eigenvalue (Perron): exact where all rows sum to the same number, else a close upper bound."""
    common = _common_sum(W, islands=symmetric is not None)
    if common is not None:
        return common
    start = np.random.default_rng(LANCZOS_START).random(W.shape[0])
    try:
        if symmetric is not None:
            value, vector = linalg.eigsh(symmetric, k=1, which="LA", v0=start, tol=1e-6)
            return float(value[0] + np.linalg.norm(symmetric @ vector[:, 0] - value[0] * vector[:, 0]))
        return float(linalg.eigs(W, k=1, which="LR", v0=start, return_eigenvectors=False)[0].real)
    except linalg.ArpackError:  # long rings, say, whose eigenvalues crowd on a circle
        return _perron_bound(W if symmetric is None else symmetric)


def _perron_bound(W: sparse.csr_array) -> float:
    """An upper bound of the largest eigenvalue, in practice to nine digits (Noda's iteration).

    The largest row sum is an upper bound, and the smallest one of a strongly connected component a
    lower bound (Collatz and Wielandt); neither eigenvalues nor this change where W is scaled to
    X^-1 W X with a positive diagonal X. Inverse iteration shifted by the upper bound gives
    an X that is positive, and lowers the bound in every step. W is scaled each time, since the
    whole X may be beyond the range of numbers: on a long ring of uneven links.
    """
    n = W.shape[0]
    count, label = csgraph.connected_components(W, connection="strong")
    rows = np.repeat(np.arange(n), np.diff(W.indptr))
    scaled, bound = W.copy(), np.inf
    for _ in range(_ROUNDS):
        sums = np.asarray(scaled.sum(axis=1)).ravel()
        low = np.full(count, np.inf)
        np.minimum.at(low, label, sums)
        before, bound = bound, min(bound, float(sums.max()))
        if bound - low.max() <= 1e-9 * bound or not bound < before:
            break
        try:
            x = linalg.splu(sparse.csc_array(bound * sparse.eye_array(n) - scaled)).solve(np.ones(n))
        except RuntimeError:  # singular: the bound is the eigenvalue
            break
        if not (np.isfinite(x).all() and (x > 0).all()):  # the same, but for round-off
            break
        scaled.data = scaled.data * (x[scaled.indices] / x[rows])
    return bound * (1 + 1e-12)


def _common_sum(W: sparse.csr_array, islands: bool = False) -> float | None:
    """The sum of every row, if it is the same for all (for all but islands): then the Perron root."""
    sums = np.asarray(W.sum(axis=1)).ravel()
    linked = np.diff(W.indptr) > 0
    if np.ptp(sums[linked]) <= 1e-12 * sums.max() and (linked.all() or islands):
        return float(sums.max())
    return None


def _smallest(W: sparse.csr_array, symmetric: sparse.csr_array | None, high: float) -> float:
    """The smallest real eigenvalue, or a lower bound of it: an interval a hair too narrow does no harm."""
    n = W.shape[0]
    if symmetric is not None and _is_bipartite(W):
        return -high  # the spectrum of a bipartite graph is symmetric around zero
    start = np.random.default_rng(LANCZOS_START).random(n)
    if symmetric is not None:
        # Ritz value less the norm of its residual: the last digits would take Lanczos minutes at n = 100,000.
        tolerance = 1e-8 if n <= _LOOSE_ABOVE else 1e-3
        try:
            value, vector = linalg.eigsh(symmetric, k=1, which="SA", v0=start, tol=tolerance, maxiter=20 * n)
        except linalg.ArpackError:
            return -high
        error = np.linalg.norm(symmetric @ vector[:, 0] - value[0] * vector[:, 0])
        return float(max(value[0] - error, -high))
    tolerance = 1e-6 if n <= _LOOSE_ABOVE else 1e-4
    for k in (6, 40):  # the leftmost few may all be complex
        try:
            few = linalg.eigs(W, k=k, which="SR", v0=start, return_eigenvectors=False, tol=tolerance, maxiter=300)
        except linalg.ArpackError:
            break
        real = few[np.abs(few.imag) <= _REAL * abs(high)].real
        if real.size:
            return float(real.min(initial=0.0))
    return -high  # no eigenvalue is larger in size than the Perron root


def _is_bipartite(W: sparse.csr_array) -> bool:
    """Whether the units fall into two sets with links only between them (every component does)."""
    count = csgraph.connected_components(W, directed=False)[0]
    double = sparse.block_array([[None, W], [W, None]], format="csr")
    lonely = int((np.diff(W.indptr) == 0).sum())  # an island is two components of the double cover
    return int(csgraph.connected_components(double, directed=False)[0]) == 2 * (count - lonely) + 2 * lonely
