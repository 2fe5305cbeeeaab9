"""Sums over links and units for values in random orders, by compiled loops that hold one order at a time.

All shuffle as `orders` does from `SHUFFLED_FROM` units on: whichever statistic is asked for, draw number d sees the
same order, and memory grows with the units, never with units times draws.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from scipy import sparse

from gbaspatial.inference.null import Null
from gbaspatial.inference.permutation import in_parts, key_of, sampled_null
from gbaspatial.repeated.blocks import map_blocks, spans


def paired_draws(P: sparse.csr_array, x: np.ndarray, y: np.ndarray, seed: int, span: tuple[int, int]) -> np.ndarray:
    """sum_ij p_ij x_i y_j (m,) for the draws of `span`: in the orders of `orders`, from `SHUFFLED_FROM` units on.

    Examples
    --------
    >>> from gbaspatial.inference.permutation import orders
    >>> ring = sparse.csr_array(np.roll(np.eye(1_200), 1, axis=1))
    >>> x, y = np.arange(1_200.0), np.arange(1_200.0) ** 0.5
    >>> order = orders(1_200, 2, seed=1)
    >>> bool(np.allclose(paired_draws(ring, x, y, 1, (0, 2)), [x[o] @ (ring @ y[o]) for o in order]))
    True
    """
    from gbaspatial.inference import loops

    start, stop = span
    out, key = np.empty(stop - start), key_of(seed)
    rows, columns = np.repeat(np.arange(len(x), dtype=np.int32), np.diff(P.indptr)), P.indices.astype(np.int32)

    def _work(first: int, last: int) -> None:
        loops.paired_draws(rows, columns, P.data, x, y, key, start + first, start + last, out[first:last])

    in_parts(_work, stop - start)
    return out


def paired_null(
    P: sparse.csr_array, x: np.ndarray, y: np.ndarray, observed: float, *, seed: int, **drawing: Any
) -> Null:
    """`sampled_null` of sum_ij p_ij x_i y_j over reassigned pairs, by a compiled loop over links; options as there."""
    work = partial(drawn_in_blocks, partial(paired_draws, P, x, y, seed), len(x))
    return sampled_null(work, observed, seed=seed, **drawing)


def linear_null(c: np.ndarray, y: np.ndarray, observed: float, *, seed: int, **drawing: Any) -> Null:
    """`sampled_null` of sum_i c_i y_i over reassignments of `y`, by a compiled loop; options as there."""
    work = partial(drawn_in_blocks, partial(linear_draws, c, y, seed), len(y))
    return sampled_null(work, observed, seed=seed, **drawing)


def linear_draws(c: np.ndarray, y: np.ndarray, seed: int, span: tuple[int, int]) -> np.ndarray:
    """sum_i c_i y_i (m,) for the draws of `span`: in the orders of `orders`, from `SHUFFLED_FROM` units on.

    Examples
    --------
    >>> from gbaspatial.inference.permutation import orders
    >>> c, y = np.arange(1_200.0), np.arange(1_200.0) ** 0.5
    >>> order = orders(1_200, 2, seed=1)
    >>> bool(np.allclose(linear_draws(c, y, 1, (0, 2)), y[order] @ c))
    True
    """
    from gbaspatial.inference import loops

    start, stop = span
    out, key = np.empty(stop - start), key_of(seed)

    def _work(first: int, last: int) -> None:
        loops.linear_draws(c, y, key, start + first, start + last, out[first:last])

    in_parts(_work, stop - start)
    return out


def matrix_draws(W: sparse.csr_array, Z: np.ndarray, seed: int, span: tuple[int, int]) -> np.ndarray:
    """sum_ij w_ij z_ui z_vj (m, V, V) of all pairs of variables, for the draws of `span`: in the orders of `orders`.

    From `SHUFFLED_FROM` units on.

    Examples
    --------
    >>> from gbaspatial.inference.permutation import orders
    >>> ring = sparse.csr_array(np.roll(np.eye(1_200), 1, axis=1))
    >>> Z = np.stack([np.arange(1_200.0), np.arange(1_200.0) ** 0.5])
    >>> z = Z[:, orders(1_200, 1, seed=1)[0]]
    >>> bool(np.allclose(matrix_draws(ring, Z, 1, (0, 1))[0], z @ (ring @ z.T)))
    True
    """
    from gbaspatial.inference import loops

    start, stop = span
    out, key = np.empty((stop - start, len(Z), len(Z))), key_of(seed)

    def _work(first: int, last: int) -> None:
        loops.matrix_draws(W.indptr, W.indices, W.data, Z, key, start + first, start + last, out[first:last])

    in_parts(_work, stop - start)
    return out


def lagged_draws(W: sparse.csr_array, Z: np.ndarray, seed: int, span: tuple[int, int]) -> np.ndarray:
    """sum_i x_i (W y)_i and sum_i (W x)_i (W y)_i (m, 2) for the draws of `span`, x and y reassigned together.

    In the orders of `orders`, from `SHUFFLED_FROM` units on. x and y are the first and the last row of `Z`: the same
    one if it has one only.

    Examples
    --------
    >>> from gbaspatial.inference.permutation import orders
    >>> ring = sparse.csr_array(np.roll(np.eye(1_200), 1, axis=1))
    >>> Z = np.stack([np.arange(1_200.0), np.arange(1_200.0) ** 0.5])
    >>> x, y = Z[:, orders(1_200, 1, seed=1)[0]]
    >>> bool(np.allclose(lagged_draws(ring, Z, 1, (0, 1))[0], [x @ (ring @ y), (ring @ x) @ (ring @ y)]))
    True
    """
    from gbaspatial.inference import loops

    start, stop = span
    out, key, Z = np.empty((stop - start, 2)), key_of(seed), np.ascontiguousarray(Z)

    def _work(first: int, last: int) -> None:
        loops.lagged_draws(W.indptr, W.indices, W.data, Z, key, start + first, start + last, out[first:last])

    in_parts(_work, stop - start)
    return out


def lagged_statistic(
    W: sparse.csr_array, Z: np.ndarray, statistic: Callable[[np.ndarray], np.ndarray], seed: int
) -> Callable[[int, int], np.ndarray]:
    """What `sampled_null` draws from: what `statistic` makes (m,) of the sums (m, 2) of `lagged_draws`."""
    work = partial(drawn_in_blocks, partial(lagged_draws, W, Z, seed), Z.shape[1])
    return lambda start, stop: statistic(work(start, stop))


def drawn_in_blocks(work: Callable[[tuple[int, int]], np.ndarray], n: int, start: int, stop: int) -> np.ndarray:
    """The draws `start` to `stop` of `work`, block by block: shown, spread over workers and kept as blocks are."""
    step = max(1, 20_000_000 // n)
    return np.concatenate(list(map_blocks(work, spans(start, stop, step), "permutations")))
