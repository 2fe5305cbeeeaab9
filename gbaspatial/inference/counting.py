"""Counting, over all units, the shared draws at least as extreme as the observed sums."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy import sparse

from gbaspatial.inference.permutation import in_parts
from gbaspatial.progress import Work

IN_THREADS_FROM = 4_000_000
_BLOCK_CELLS = 1_000_000


class DrawCounter:
    """Counts `greater` and `less` (n,) of the draws `lists` (draws, width) for sums over neighbors.

    Parameters
    ----------
    W : scipy.sparse.csr_array, shape (n, n)
    channels, coefficients : numpy.ndarray, shape (c, n)
        The sums are sum_j w_ij sum_c coefficients[c, i] channels[c, j].
    target, tie : numpy.ndarray, shape (n,)
        Observed sums and how far apart sums still count as equal.
    lists : numpy.ndarray of int, shape (draws, width)
        Distinct units in each row, at least one more than any tested unit has neighbors.
    parts : int, optional
        Threads.
    everyone : bool
        Whether a unit may be drawn as its own neighbor.
    """

    def __init__(
        self,
        W: sparse.csr_array,
        channels: np.ndarray,
        coefficients: np.ndarray,
        target: np.ndarray,
        tie: np.ndarray,
        lists: np.ndarray,
        parts: int | None = None,
        everyone: bool = False,
    ) -> None:
        self.W, self.channels, self.coefficients = W, channels, coefficients
        self.target, self.tie, self.lists, self.parts = target, tie, lists, parts
        self.counts, self.everyone = np.diff(W.indptr), everyone
        self.greater = np.zeros(len(target), dtype=np.int64)
        self.less = np.zeros(len(target), dtype=np.int64)
        if len(channels) == 1:  # a sum is compared up to the sign of its one coefficient
            size = np.abs(coefficients[0])
            size = np.where(size > 0, size, 1.0)
            self.coefficients = np.sign(coefficients)
            self.target, self.tie = target / size, tie / size
        self.prefix = np.zeros((0, 0, 0))
        self.work = Work("units", len(target))

    # -- rows of equal weights: only the sum of the first k values matters ----------------
    def count_equal(self, units: np.ndarray) -> None:
        """Count for `units` whose weights are all one."""
        if not len(units):
            return
        brought = self.channels[:, self.lists]  # (c, draws, width)
        self.prefix = np.ascontiguousarray(np.cumsum(brought, axis=2).transpose(0, 2, 1))
        compiled = len(units) * len(self.lists) >= IN_THREADS_FROM
        with Work("units", len(units)) as self.work:
            for k, group in self._by_count(units):
                sums = self.prefix[:, k - 1, :]
                if len(self.channels) == 1:
                    self._search(np.sort(sums[0]), group)
                elif compiled:
                    self._count_compiled(np.ascontiguousarray(sums), group)
                else:
                    self._count_values(group, lambda block, sums=sums: self.coefficients[:, block].T @ sums)
        if not self.everyone:
            self._replace_equal(units)

    def _search(self, ordered: np.ndarray, units: np.ndarray) -> None:
        sign, draws = self.coefficients[0, units], len(ordered)
        center = self.target[units] * np.where(sign < 0, -1.0, 1.0)
        at_least = draws - np.searchsorted(ordered, center - self.tie[units], side="left")
        at_most = np.searchsorted(ordered, center + self.tie[units], side="right")
        self.greater[units] = np.select([sign > 0, sign < 0], [at_least, at_most], draws)
        self.less[units] = np.select([sign > 0, sign < 0], [at_most, at_least], draws)
        self.work.advance(len(units))

    def _count_compiled(self, sums: np.ndarray, units: np.ndarray) -> None:
        from gbaspatial.inference import loops

        coefficients = np.ascontiguousarray(self.coefficients[:, units].T)
        target, tie = self.target[units], self.tie[units]
        greater, less = np.empty(len(units), dtype=np.int64), np.empty(len(units), dtype=np.int64)

        def _work(start: int, stop: int) -> None:
            span = slice(start, stop)
            loops.linear_counts(sums, coefficients[span], target[span], tie[span], greater[span], less[span])
            self.work.advance(stop - start)

        in_parts(_work, len(units), self.parts)
        self.greater[units], self.less[units] = greater, less

    def _replace_equal(self, units: np.ndarray) -> None:
        """Where a unit is among its own first k, the next of the list stands in for it."""
        draw, _place, own = self._own_entries(units)
        k = self.counts[own]
        a = self.coefficients[:, own]
        was = (a * self.prefix[:, k - 1, draw]).sum(axis=0)
        instead = self.channels[:, self.lists[draw, k]] - self.channels[:, own]
        self._correct(own, was, was + (a * instead).sum(axis=0))

    # -- rows of unequal weights: each place counts for itself ----------------------------
    def count_weighted(self, units: np.ndarray) -> None:
        """Count for `units` with any weights."""
        if not len(units):
            return
        with Work("units", len(units)) as self.work:
            for k, group in self._by_count(units):
                brought = self.channels[:, self.lists[:, :k]]  # (c, draws, k)
                self._count_values(group, lambda block, k=k, brought=brought: self._weighted_values(block, k, brought))
                if not self.everyone:
                    self._replace_weighted(group, k)

    def _weights_of(self, units: np.ndarray, k: int) -> np.ndarray:
        return self.W.data[self.W.indptr[units][:, None] + np.arange(k)]

    def _weighted_values(self, units: np.ndarray, k: int, brought: np.ndarray) -> np.ndarray:
        weights = self._weights_of(units, k)
        values = np.zeros((len(units), len(self.lists)))
        for a, x in zip(self.coefficients[:, units], brought):
            values += a[:, None] * (weights @ x.T)
        return values

    def _replace_weighted(self, units: np.ndarray, k: int) -> None:
        draw, place, own = self._own_entries(units)
        step = max(1, _BLOCK_CELLS // max(k, 1))
        for start in range(0, len(draw), step):
            d, q, j = draw[start : start + step], place[start : start + step], own[start : start + step]
            weights, slots = self._weights_of(j, k), np.arange(k)
            before = self.lists[d[:, None], slots]
            after = self.lists[d[:, None], slots + (slots >= q[:, None])]
            a = self.coefficients[:, j]
            was = sum(c * (weights * x[before]).sum(axis=1) for c, x in zip(a, self.channels))
            now = sum(c * (weights * x[after]).sum(axis=1) for c, x in zip(a, self.channels))
            self._correct(j, np.asarray(was), np.asarray(now))

    # -- common ---------------------------------------------------------------------------
    def _by_count(self, units: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
        order = units[np.argsort(self.counts[units], kind="stable")]
        for group in np.split(order, np.flatnonzero(np.diff(self.counts[order])) + 1):
            yield int(self.counts[group[0]]), group

    def _count_values(self, units: np.ndarray, values_of) -> None:  # type: ignore[no-untyped-def]
        step = max(1, _BLOCK_CELLS // len(self.lists))
        for start in range(0, len(units), step):
            block = units[start : start + step]
            values = values_of(block)
            low, high = self.target[block] - self.tie[block], self.target[block] + self.tie[block]
            self.greater[block] = np.count_nonzero(values >= low[:, None], axis=1)
            self.less[block] = np.count_nonzero(values <= high[:, None], axis=1)
            self.work.advance(len(block))

    def _own_entries(self, units: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Draw, place and unit of every entry of the lists that is one of `units` within its own first k."""
        reach = np.zeros(len(self.counts), dtype=np.int64)
        reach[units] = self.counts[units]
        draw, place = np.nonzero(np.arange(self.lists.shape[1]) < reach[self.lists])
        return draw, place, self.lists[draw, place]

    def _correct(self, units: np.ndarray, was: np.ndarray, now: np.ndarray) -> None:
        low, high = self.target[units] - self.tie[units], self.target[units] + self.tie[units]
        n = len(self.counts)
        more = (now >= low).astype(float) - (was >= low)
        fewer = (now <= high).astype(float) - (was <= high)
        self.greater += np.bincount(units, more, n).astype(np.int64)
        self.less += np.bincount(units, fewer, n).astype(np.int64)
