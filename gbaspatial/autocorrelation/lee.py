"""Lee's L: how two variables go together in space, of all units and unit by unit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from gbaspatial.autocorrelation.bivariate import KINDS, REASSIGNED, CrossResult, side_by_side, two_admitted
from gbaspatial.autocorrelation.cross import Shuffled, linear_cross_null, paired_cross_null
from gbaspatial.autocorrelation.entrance import DRAWING, drawn_by
from gbaspatial.autocorrelation.local_cross import product_null
from gbaspatial.autocorrelation.local_moran import crossed
from gbaspatial.autocorrelation.local_results import Found, Judgement, QuadrantTest, local_result
from gbaspatial.autocorrelation.procedure import Procedure
from gbaspatial.inference.null import Alternative, Inference, check_draws, check_test
from gbaspatial.options import public, word
from gbaspatial.progress import shows_progress
from gbaspatial.randomness import Rng, seed_of
from gbaspatial.weights import Weights


@dataclass(frozen=True, slots=True, eq=False)
class LeeResult(CrossResult):
    """Lee's L and its test; see `CrossResult` of `bivariate_moran` for the attributes."""


@dataclass(frozen=True, slots=True, eq=False)
class LocalLeeResult(QuadrantTest):
    """Local Lee statistics: products of the lags of two variables; see `LocalTest`."""


@drawn_by(*DRAWING)
@shows_progress
@public
def lee_l(
    values: pd.Series,
    other: pd.Series,
    w: Weights,
    *,
    reassign: Shuffled = "pairs",
    inference: Inference = "auto",
    alternative: Alternative = "two-sided",
    draws: int = 9_999,
    rng: Rng = None,
    progress: bool | None = None,
) -> LeeResult:
    """Lee's L: correlation of two variables as both look smoothed over neighbors.

    L = n / sum_i (sum_j w_ij)^2 * sum_i (W x)_i (W y)_i / sqrt(sum x^2 sum y^2), symmetric in x and y.

    Parameters
    ----------
    values, other : pandas.Series, length n
    w : Weights
        Used as given; units without neighbors add nothing and are counted in n.
    reassign : {"pairs", "second"}
        The null: pairs are reassigned together (Lee 2004), or `other` alone.
    inference : str
        All orders (``"exact"``), random ones (``"permutation"``) or moments over all orders (``"randomization"``);
        ``"auto"`` takes the most exact that can be computed.
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
    LeeResult

    Notes
    -----
    The variance over all orders is exact. `lee.test` of spdep 1.2-7 has the same
    expectation, but a variance that simulation does not confirm.

    References
    ----------
    Lee, S.-I. (2001). Developing a bivariate spatial association measure: an integration of Pearson's r and Moran's
    I. Journal of Geographical Systems 3, 369-385.
    Lee, S.-I. (2004). A generalized significance testing method for global measures of spatial association: an
    extension of the Mantel test. Environment and Planning A 36, 1687-1703.

    Examples
    --------
    >>> from gbaspatial.weights import from_pairs
    >>> w = from_pairs(pd.DataFrame({"focal": list("abcbcd"), "neighbor": list("bcdabc")}))
    >>> x = pd.Series({"a": 1.0, "b": 2.0, "c": 4.0, "d": 5.0})
    >>> y = pd.Series({"a": 2.0, "b": 1.0, "c": 5.0, "d": 3.0})
    >>> round(lee_l(x, y, w).statistic, 3)
    0.043
    """
    check_test(inference, alternative, KINDS)
    word(reassign, REASSIGNED, "reassign")
    how = Procedure(inference, alternative, check_draws(draws), seed_of(rng))
    t, x, y = two_admitted(values, other, w)
    W = t.w.sparse
    scale = _lee_scale(t.w, x, y)
    if reassign == "second":
        null = linear_cross_null(W.T @ (W @ x), y, scale, how)
    else:
        null = paired_cross_null(W, x, y, scale, how, lee=True)
    return LeeResult("Lee's L", null, alternative, t.n, t.values, t.w, other.copy(), reassign)


def _lee_scale(w: Weights, x: np.ndarray, y: np.ndarray) -> float:
    return float(w.n / (w.row_sums**2).sum() / np.sqrt((x @ x) * (y @ y)))


@drawn_by(*DRAWING)
@shows_progress
@public
def local_lee(
    values: pd.Series,
    other: pd.Series,
    w: Weights,
    *,
    inference: Inference = "auto",
    alternative: Alternative = "two-sided",
    draws: int = 9_999,
    rng: Rng = None,
    adjust: str = "bh",
    alpha: float = 0.05,
    progress: bool | None = None,
) -> LocalLeeResult:
    """Local Lee L_i = n (W x)_i (W y)_i / sqrt(sum x^2 sum y^2): where both smoothed variables agree.

    Parameters
    ----------
    values, other : pandas.Series, length n
    w : Weights
        Used as given. Units without neighbors get NaN and the class "isolate".
    inference : {"auto", "exact", "permutation"}
        The pairs of the neighbors are drawn from all other units.
    alternative : {"two-sided", "greater", "less"}
        Which tail the p-value counts.
    draws : int
        Random orders, or random sets of neighbors of a local statistic.
    rng : int, Generator or None
        Seed of what is drawn; recorded.
    adjust : str
        Which correction for multiple tests `p_adjusted` holds: ``"bh"``, ``"by"``, ``"bonferroni"``, ``"sidak"``,
        ``"holm"``, ``"by-neighbor"`` or ``"none"``.
    alpha : float
        Level of `cluster`.
    progress : bool, optional
        True tells on standard error how far work over two seconds has come, False never; by default on a terminal.

    Returns
    -------
    LocalLeeResult
        Classes tell the neighbors' mean of `values`, then that of `other`.

    References
    ----------
    Lee, S.-I. (2001). Developing a bivariate spatial association measure: an integration of Pearson's r and Moran's
    I. Journal of Geographical Systems 3, 369-385.

    Examples
    --------
    >>> from gbaspatial.weights import from_pairs
    >>> w = from_pairs(pd.DataFrame({"focal": list("abcbcd"), "neighbor": list("bcdabc")}))
    >>> x = pd.Series({"a": 1.0, "b": 2.0, "c": 4.0, "d": 5.0})
    >>> y = pd.Series({"a": 2.0, "b": 1.0, "c": 5.0, "d": 3.0})
    >>> local_lee(x, y, w, draws=99, rng=1).statistic.round(3).tolist()
    [0.748, -0.641, -0.641, 0.962]
    """
    check_test(inference, alternative, ("auto", "exact", "permutation"))
    t, x, y = two_admitted(values, other, w)
    scale = len(x) / float(np.sqrt((x @ x) * (y @ y)))
    null = product_null(t.w.sparse, x, y, scale, inference, draws=check_draws(draws), seed=seed_of(rng))
    quadrant = crossed(t.w.sparse @ x, t.w.sparse @ y)
    return local_result(
        "Local Lee",
        Found(null, quadrant, {"quadrant": np.where(t.linked, quadrant, "isolate")}),
        t.w,
        side_by_side(values, other),
        Judgement(alternative, adjust, alpha),
        result=LocalLeeResult,
    )
