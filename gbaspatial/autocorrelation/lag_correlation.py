"""The correlation of values with their spatial lag."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from gbaspatial.autocorrelation.entrance import DRAWING, admitted_values, drawn_by
from gbaspatial.autocorrelation.global_results import GlobalTest
from gbaspatial.inference import exact_distribution as exact
from gbaspatial.inference.null import Alternative, Inference, check_draws, check_test
from gbaspatial.inference.permutation import permutation_null
from gbaspatial.options import public
from gbaspatial.progress import shows_progress
from gbaspatial.randomness import Rng, seed_of
from gbaspatial.weights import Weights


@dataclass(frozen=True, slots=True, eq=False)
class LagCorrelationResult(GlobalTest):
    """Correlation of values with their spatial lags, and its test; see `GlobalTest`."""


@drawn_by(*DRAWING)
@shows_progress
@public
def lag_correlation(
    values: pd.Series,
    w: Weights,
    *,
    inference: Inference = "auto",
    alternative: Alternative = "two-sided",
    draws: int = 9_999,
    rng: Rng = None,
    progress: bool | None = None,
) -> LagCorrelationResult:
    """Pearson's correlation of values with the lags of their neighbors, over units that have neighbors.

    Unlike Moran's I it lies between -1 and 1 for any W, and does not estimate a slope.

    Parameters
    ----------
    values : pandas.Series, length n
    w : Weights
    inference : {"auto", "exact", "permutation"}
        ``"auto"`` is exact for n <= 9, else permutation.
    alternative : {"two-sided", "greater", "less"}
        Which tail the p-value counts.
    draws : int
        Random orders, or random sets of neighbors of a local statistic.
    rng : int, Generator or None
        Seed of what is drawn; recorded.
    progress : bool, optional
        True tells on standard error how far work over two seconds has come, False never; by default on a terminal.

    Returns
    -------
    LagCorrelationResult
        The correlation of the values with their spatial lag.

    Examples
    --------
    >>> from gbaspatial.weights import from_pairs
    >>> w = from_pairs(pd.DataFrame({"focal": list("abcbcd"), "neighbor": list("bcdabc")}))
    >>> x = pd.Series({"a": 1.0, "b": 2.0, "c": 4.0, "d": 5.0})
    >>> y = pd.Series({"a": 2.0, "b": 1.0, "c": 5.0, "d": 3.0})
    >>> round(lag_correlation(x, w, draws=99, rng=1).statistic, 3)
    0.949
    """
    check_test(inference, alternative, ("auto", "exact", "permutation"))
    t = admitted_values(values, w)
    y, W, linked = t.y - t.y.mean(), t.w.sparse, t.linked

    def _correlation(order: np.ndarray) -> np.ndarray:
        own, lag = y[order][:, linked], (W @ y[order].T).T[:, linked]
        own, lag = own - own.mean(axis=1, keepdims=True), lag - lag.mean(axis=1, keepdims=True)
        size = np.sqrt((own**2).sum(axis=1) * (lag**2).sum(axis=1))
        return np.divide((own * lag).sum(axis=1), size, out=np.zeros(len(size)), where=size > 0)

    n = len(y)
    if inference == "auto":
        inference = "exact" if n <= exact.MOST_GENERIC else "permutation"
    if inference == "exact":
        null = exact.order_null(_correlation, n)
    else:
        observed = float(_correlation(np.arange(n)[None, :])[0])
        options: dict[str, Any] = {"draws": check_draws(draws), "seed": seed_of(rng)}
        null = permutation_null(_correlation, n, observed, alternative=alternative, **options)
    return LagCorrelationResult("Correlation with the lag", null, alternative, t.n, t.values, t.w)
