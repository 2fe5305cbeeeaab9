"""Global statistics as cross products: scale times sum_ij w_ij b_ij of weights and comparisons of values.

Moran's I and Getis and Ord's G compare by products b_ij = x_i x_j, Geary's C by squared
differences. One class gives the observed value, its moments over all orders, and its null
distribution by every kind of inference.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np
from scipy import sparse

from gbaspatial.inference import exact_distribution as exact
from gbaspatial.inference.moments import PairSums, difference_sums, permutation_moments, product_sums
from gbaspatial.inference.null import Null, normal_null
from gbaspatial.inference.permutation import PairSampler, sampled_null
from gbaspatial.repeated.blocks import map_blocks, spans
from gbaspatial.sizes import COMPILED_FROM, LISTED_FROM

AUTO_PERMUTATION = 100_000
_CELLS = 20_000_000  # values drawn between two looks at the clock


def upper_links(W: sparse.csr_array) -> sparse.csr_array:
    """The strict upper triangle of W + W', which is all a quadratic form sees of W."""
    n = W.shape[0]
    if n >= LISTED_FROM:
        return sparse.csr_array(sparse.triu(W + W.T, 1, format="csr"))
    dense = W.toarray()
    folded = np.triu(dense + dense.T, 1)
    rows, columns = np.nonzero(folded)
    starts = np.searchsorted(rows, np.arange(n + 1))
    return sparse.csr_array((folded[rows, columns], columns.astype(np.int32), starts.astype(np.int32)), shape=(n, n))


@dataclass(frozen=True, slots=True, eq=False)
class CrossProduct:
    """scale * sum_ij w_ij b_ij.

    Parameters
    ----------
    W : scipy.sparse.csr_array, shape (n, n)
    x : numpy.ndarray, shape (n,)
    scale : float
    sums : PairSums
        Of W.
    kind : {"product", "difference"}
        b_ij = x_i x_j, or (x_i - x_j)^2.
    """

    W: sparse.csr_array
    x: np.ndarray
    scale: float
    sums: PairSums
    kind: Literal["product", "difference"] = "product"

    @property
    def observed(self) -> float:
        """The statistic."""
        x = self.x
        product = float(x @ (self.W @ x))
        if self.kind == "product":
            return self.scale * product
        return self.scale * (float(self._alone() @ (x * x)) - 2 * product)

    def _alone(self) -> np.ndarray:
        """What multiplies x_i^2 in a sum of squared differences: row sum plus column sum (n,)."""
        return np.asarray(self.W.sum(axis=1)).ravel() + np.asarray(self.W.sum(axis=0)).ravel()

    def moments(self) -> tuple[float, float]:
        """Mean and variance over all orders of the values."""
        values = product_sums(self.x) if self.kind == "product" else difference_sums(self.x)
        mean, variance = permutation_moments(self.sums, values, len(self.x))
        return self.scale * mean, self.scale**2 * variance

    def null(
        self,
        inference: str,
        *,
        draws: int,
        seed: int,
        alternative: str = "two-sided",
        stop_after: int | None = None,
        normal_moments: tuple[float, float] | None = None,
    ) -> Null:
        """The null distribution by ``"exact"``, ``"permutation"``, ``"randomization"`` or ``"normal"``."""
        if inference == "exact":
            return self._exact()
        if inference == "normal":
            assert normal_moments is not None
            return normal_null("normal", self.observed, *normal_moments)
        if inference == "randomization":
            return normal_null("randomization", self.observed, *self.moments())
        difference = self.kind == "difference"
        sampler = PairSampler(upper_links(self.W), self.x, self._alone() if difference else None)
        compiled = len(self.x) >= COMPILED_FROM
        work = partial(_sums_of, sampler, seed, compiled)
        # draws are keyed, so that cuts change nothing: one by one where loops are compiled, else by a thousand
        step = max(1, _CELLS // len(self.x)) if compiled else max(1, _CELLS // (1_000 * len(self.x))) * 1_000

        def _draw(start: int, stop: int) -> np.ndarray:
            both = np.concatenate(list(map_blocks(work, spans(start, stop, step), "permutations")))
            return self.scale * (both[:, 1] - 2 * both[:, 0] if difference else both[:, 0])

        return sampled_null(
            _draw,
            self.observed,
            draws=draws,
            seed=seed,
            moments=self.moments(),
            stop_after=stop_after,
            alternative=alternative,
        )

    def _exact(self) -> Null:
        n, ones = len(self.x), exact.is_two_class(self.x)
        if ones is None:
            exact.check_orders(n)
        A = self.scale * self.W.toarray()
        x = self.x
        B = np.multiply.outer(x, x) if self.kind == "product" else np.subtract.outer(x, x) ** 2
        return exact.pair_null(A, B) if ones is None else exact.two_class_null(A, B, ones)


def _sums_of(sampler: PairSampler, seed: int, compiled: bool, span: tuple[int, int]) -> np.ndarray:
    return sampler.draw(*span, seed, compiled=compiled)


def automatic(n: int, x: np.ndarray) -> str:
    """What ``"auto"`` means for a global statistic of `x` (n,): exact, permutation or, above 100,000, randomization."""
    if n <= exact.AUTO_UNITS or exact.is_two_class(x) is not None:
        return "exact"
    return "permutation" if n <= AUTO_PERMUTATION else "randomization"
