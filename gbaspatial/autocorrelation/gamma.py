"""The Gamma index: do near units have like values, by whatever measure of likeness?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import pandas as pd
from scipy import sparse

from gbaspatial.autocorrelation.entrance import DRAWING, admitted_values, drawn_by
from gbaspatial.autocorrelation.global_results import SharedTest
from gbaspatial.autocorrelation.procedure import Procedure
from gbaspatial.errors import DataError
from gbaspatial.inference import exact_distribution as exact
from gbaspatial.inference.cross_product import CrossProduct, automatic, upper_links
from gbaspatial.inference.moments import PairSums, permutation_moments
from gbaspatial.inference.null import Alternative, Inference, Null, check_draws, check_test, normal_null
from gbaspatial.inference.permutation import permutation_null
from gbaspatial.options import public, word
from gbaspatial.progress import shows_progress
from gbaspatial.randomness import Rng, seed_of
from gbaspatial.weights import Weights

Measure = Literal["product", "squared", "absolute"]

_KINDS = ("auto", "exact", "permutation", "randomization")
_LARGEST = 400  # variances are squares of the index: 2^800 leaves room for sums over many units
_COMPARED_AT_ONCE = 20_000_000  # comparisons held at once: 160 MB


@dataclass(frozen=True, slots=True, eq=False)
class GammaResult(SharedTest):
    """The Gamma index and its test; of differences, a small one is positive autocorrelation. See `GlobalTest`.

    Attributes
    ----------
    measure : {"product", "squared", "absolute"}
        How the values of two units are compared.
    """

    measure: str


@drawn_by(*DRAWING)
@shows_progress
@public
def gamma(
    values: pd.Series,
    w: Weights,
    measure: Measure = "product",
    *,
    inference: Inference = "auto",
    alternative: Alternative = "two-sided",
    draws: int = 9_999,
    rng: Rng = None,
    stop_after: int | None = None,
    progress: bool | None = None,
) -> GammaResult:
    """The Gamma index sum_ij w_ij b_ij: weights against a comparison b_ij of the values of two units.

    The general cross product of which Moran's I, Geary's C and the join counts are kinds. It is not standardized:
    it has the units of the weights times those of the comparison, and only its test compares between variables.

    Parameters
    ----------
    values : pandas.Series, length n
        Compared as they are; pass ``(y - y.mean()) / y.std(ddof=0)`` for standardized ones.
    w : Weights
        Used as given.
    measure : {"product", "squared", "absolute"}
        b_ij = y_i y_j, (y_i - y_j)^2 or abs(y_i - y_j). Neighbors alike make the first large, the others small.
    inference : {"auto", "exact", "permutation", "randomization"}
        All orders of the values, random ones, or a normal distribution with the moments over all orders; by default
        all orders where they can be listed, then random ones, and above 100,000 units the normal distribution.
    alternative : {"two-sided", "greater", "less"}
        Which tail the p-value counts.
    draws : int
        Random orders.
    rng : int, Generator or None
        Seed of the random orders; recorded.
    stop_after : int, optional
        Stop once the tail holds this many draws (Besag and Clifford 1991).
    progress : bool, optional
        True tells on standard error how far work over two seconds has come, False never; by default on a terminal.

    Returns
    -------
    GammaResult

    Raises
    ------
    AlignmentError, MissingDataError, DataError
        If values and weights do not cover the same units, or values are missing, not numbers, all equal, or so large
        that the variance of the index is no number.
    WeightsError
        If no unit has a neighbor, or there are fewer than three units.
    OptionError
        If an option is not known, or the orders are too many for ``inference="exact"``.

    References
    ----------
    Hubert, L. J., Golledge, R. G. and Costanzo, C. M. (1981). Generalized procedures for evaluating spatial
    autocorrelation. Geographical Analysis 13, 224-233.

    Examples
    --------
    >>> from gbaspatial.weights import from_pairs
    >>> pairs = pd.DataFrame({"focal": list("abcbcd"), "neighbor": list("bcdabc")})
    >>> y = pd.Series({"a": 1.0, "b": 2.0, "c": 4.0, "d": 5.0})
    >>> gamma(y, from_pairs(pairs)).statistic, gamma(y, from_pairs(pairs), "absolute").statistic
    (60.0, 8.0)
    """
    word(measure, get_args(Measure), "measure")
    check_test(inference, alternative, _KINDS)
    check_draws(draws)
    t = admitted_values(values, w)
    size = _size_of(t.exponent * (1 if measure == "absolute" else 2))
    made = automatic(len(t.y), t.y) if inference == "auto" else inference
    how = Procedure(made, alternative, draws, seed_of(rng), stop_after)
    if measure == "absolute":
        null = _absolute_null(t.w, t.y, size, how)
    else:
        sums = PairSums(t.w.s0, t.w.s1, t.w.s2)
        kind: Literal["product", "difference"] = "product" if measure == "product" else "difference"
        null = CrossProduct(t.w.sparse, t.y, size, sums, kind).null(made, **how.drawing())
    return GammaResult(f"Gamma index ({measure})", null, alternative, t.n, t.values, t.w, measure)


def _size_of(exponent: int) -> float:
    """2^exponent, by which the index of values in their unit is multiplied; its square must be a number too."""
    if abs(exponent) > _LARGEST:
        raise DataError(
            "the values are so large or so small that the variance of the index is no number; it is not standardized, "
            "so change the unit of the values, such as by (y - y.mean()) / y.std()."
        )
    return 2.0**exponent


def _absolute_null(w: Weights, x: np.ndarray, size: float, how: Procedure) -> Null:
    """The null distribution of `size` * sum_ij w_ij |x_i - x_j|, which is no product of two vectors."""
    n, U = len(x), upper_links(w.sparse)
    observed = size * float(absolute_differences(U, x, np.arange(n)[None, :])[0])
    mean, variance = permutation_moments(PairSums(w.s0, w.s1, w.s2), absolute_sums(x), n)
    moments = size * mean, size**2 * variance
    if how.inference == "randomization":
        return normal_null("randomization", observed, *moments)
    if how.inference == "permutation":
        return permutation_null(
            lambda order: size * absolute_differences(U, x, order), n, observed, moments=moments, **how.drawing()
        )
    ones = exact.is_two_class(x)
    if ones is None:
        exact.check_orders(n)
    A, B = size * w.sparse.toarray(), np.abs(np.subtract.outer(x, x))
    return exact.pair_null(A, B) if ones is None else exact.two_class_null(A, B, ones)


def absolute_sums(x: np.ndarray) -> PairSums:
    """The sums of b_ij = |x_i - x_j| for values `x` (n,), by sorting and not by all pairs.

    Examples
    --------
    >>> from gbaspatial.inference.moments import pair_sums
    >>> x = np.array([3.0, 1.0, 7.0])
    >>> absolute_sums(x) == pair_sums(np.abs(np.subtract.outer(x, x)))
    True
    """
    z, n = np.sort(x - x.mean()), len(x)
    below = np.cumsum(z) - z
    row = z * np.arange(n) - below + (z.sum() - below - z) - z * np.arange(n)[::-1]
    return PairSums(float(row.sum()), float(4 * n * (z @ z) - 4 * z.sum() ** 2), float(4 * (row @ row)))


def absolute_differences(upper: sparse.csr_array, x: np.ndarray, order: np.ndarray) -> np.ndarray:
    """sum_ij u_ij |x_o(i) - x_o(j)| (m,) over the links i < j of `upper` (n, n), for each order o of (m, n)."""
    links = upper.tocoo()
    rows, columns = links.coords
    step = max(1, _COMPARED_AT_ONCE // max(len(rows), 1))
    parts = (x[order[start : start + step]] for start in range(0, len(order), step))
    return np.concatenate([np.abs(X[:, rows] - X[:, columns]) @ links.data for X in parts])
