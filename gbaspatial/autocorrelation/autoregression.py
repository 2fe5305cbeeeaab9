"""APLE: an estimate of the spatial parameter that Moran's I is not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd
from scipy import linalg, sparse
from scipy.special import ndtr

from gbaspatial.alignment import labelled
from gbaspatial.autocorrelation.entrance import DRAWING, admitted_values, drawn_by
from gbaspatial.autocorrelation.global_results import SharedTest
from gbaspatial.errors import WeightsError
from gbaspatial.inference import exact_distribution as exact
from gbaspatial.inference.null import Alternative, Inference, Null, check_draws, check_test
from gbaspatial.inference.permutation import permutation_null, sampled_null
from gbaspatial.inference.quadratic import both_tails, saddlepoint_deviate
from gbaspatial.inference.reassigned import lagged_statistic
from gbaspatial.options import public
from gbaspatial.progress import shows_progress
from gbaspatial.randomness import Rng, seed_of
from gbaspatial.sizes import DENSE_LIMIT, SHUFFLED_FROM
from gbaspatial.weights import Weights

APLE_INFERENCES = ("auto", "exact", "permutation", "saddlepoint", "imhof")


@dataclass(frozen=True, slots=True, eq=False)
class ApleResult(SharedTest):
    """APLE and its test; see `GlobalTest`."""

    _power: ClassVar[str | None] = "aple"

    @property
    def local(self) -> pd.Series:
        """The contribution of each unit; their mean is the statistic.

        Raises
        ------
        WeightsError
            Above 5,000 units: a dense matrix is decomposed.
        """
        w = self.weights
        if w.n > DENSE_LIMIT:
            raise WeightsError(
                f"local APLE decomposes a dense matrix, refused above {DENSE_LIMIT} units (w has {w.n})."
            )
        y = self.values.reindex(w.ids).to_numpy(float)
        parts = local_aple(y - y.mean(), w.sparse, weights_trace(w.sparse))
        return labelled(parts, w.ids, self.values.index, "local_aple")


@drawn_by(*DRAWING)
@shows_progress
@public
def aple(
    values: pd.Series,
    w: Weights,
    *,
    inference: Inference = "auto",
    alternative: Alternative = "two-sided",
    draws: int = 9_999,
    rng: Rng = None,
    progress: bool | None = None,
) -> ApleResult:
    """Approximate profile-likelihood estimate of rho in a simultaneous autoregression.

    APLE = z'Wz / z'(W'W + tr(W W) / n I) z for deviations z from the mean. It estimates rho better than
    Moran's I does and needs no optimization.

    Parameters
    ----------
    values : pandas.Series, length n
    w : Weights
        Row-standardized as a rule.
    inference : {"auto", "exact", "permutation", "imhof", "saddlepoint"}
        ``"auto"`` is exact for n <= 9 (its denominator changes with the order, so that no
        shortcut holds), else permutation. ``"imhof"`` is exact for normal values.
    alternative : {"two-sided", "greater", "less"}
    draws : int
    rng : int, numpy.random.Generator or None
    progress : bool, optional
        True tells on standard error how far work over two seconds has come, False never; by default on a terminal.

    Returns
    -------
    ApleResult
        `local` has the contribution of each unit. Under imhof and saddlepoint the moments
        of the ratio are not known (NaN).

    References
    ----------
    Li, H., Calder, C. A. and Cressie, N. (2007). Beyond Moran's I: testing for spatial
    dependence based on the spatial autoregressive model. Geographical Analysis 39, 357-375.

    Examples
    --------
    >>> from gbaspatial.weights import from_pairs
    >>> w = from_pairs(pd.DataFrame({"focal": list("abcbcd"), "neighbor": list("bcdabc")})).row_standardized()
    >>> result = aple(pd.Series([1.0, 2, 4, 5], list("abcd")), w)
    >>> round(result.statistic, 4), result.inference
    (0.5714, 'exact')
    """
    check_test(inference, alternative, APLE_INFERENCES)
    t = admitted_values(values, w)
    null = aple_null(
        t.y - t.y.mean(), t.w, inference, draws=check_draws(draws), seed=seed_of(rng), alternative=alternative
    )
    return ApleResult("APLE", null, alternative, t.n, t.values, t.w)


def aple_statistic(z: np.ndarray, W: sparse.csr_array, trace: float) -> float:
    """APLE of deviations `z` (n,) under W (n, n), of which tr(W W) is `trace`."""
    lag = W @ z
    return float((z @ lag) / (lag @ lag + trace / len(z) * (z @ z)))


def local_aple(z: np.ndarray, W: sparse.csr_array, trace: float) -> np.ndarray:
    """The parts (n,) of APLE by unit, whose mean it is: n x_i y_i / x'x of the APLE scatterplot.

    With D = W'W + tr(W W) / n, x = D^1/2 z and y = D^-1/2 (W + W') z / 2.
    """
    n = len(z)
    D = (W.T @ W).toarray() + trace / n * np.eye(n)
    values, vectors = linalg.eigh(D)
    root = np.sqrt(values)
    x = vectors @ (root * (vectors.T @ z))
    y = vectors @ ((vectors.T @ ((W @ z + W.T @ z) / 2)) / root)
    return n * x * y / (x @ x)


def aple_null(z: np.ndarray, w: Weights, inference: str, *, draws: int, seed: int, alternative: str) -> Null:
    """The null of APLE over orders of `z` (n,), or for independent normal values."""
    W, n = w.sparse, w.n
    trace = weights_trace(W)
    if inference == "auto":
        inference = "exact" if n <= exact.MOST_GENERIC else "permutation"
    if inference in ("imhof", "saddlepoint"):
        return _normal_null(aple_statistic(z, W, trace), W, trace, inference)
    constant = trace / n * (z @ z)

    def _values(order: np.ndarray) -> np.ndarray:
        Z = z[order].T
        lag = W @ Z
        return np.einsum("im,im->m", Z, lag) / (np.einsum("im,im->m", lag, lag) + constant)

    if inference == "exact":
        return exact.order_null(_values, n)
    observed = aple_statistic(z, W, trace)
    if n >= SHUFFLED_FROM:
        draw = lagged_statistic(W, z[None], lambda sums: sums[:, 0] / (sums[:, 1] + constant), seed)
        return sampled_null(draw, observed, draws=draws, seed=seed, alternative=alternative)
    return permutation_null(_values, n, observed, draws=draws, seed=seed, alternative=alternative)


def weights_trace(W: sparse.csr_array) -> float:
    """tr(W W), the sum of squared eigenvalues."""
    return float(W.multiply(W.T).sum())


def _normal_null(observed: float, W: sparse.csr_array, trace: float, kind: str) -> Null:
    """P(APLE >= observed) of normal values: the numerator less `observed` times the denominator is positive."""
    n = W.shape[0]
    basis = np.linalg.qr(np.ones((n, 1)), mode="complete")[0][:, 1:]
    dense = W.toarray()
    form = (dense + dense.T) / 2 - observed * (dense.T @ dense + trace / n * np.eye(n))
    weights = np.linalg.eigvalsh(basis.T @ form @ basis)[None, :]
    degrees = np.ones_like(weights)
    if kind == "imhof":
        upper, lower = (float(tail[0]) for tail in both_tails(weights, degrees))
    else:
        deviate = float(saddlepoint_deviate(weights, degrees)[0])
        upper, lower = float(ndtr(-deviate)), float(ndtr(deviate))
    return Null(kind, observed, np.nan, np.nan, upper, lower)
