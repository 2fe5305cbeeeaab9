"""LOSH: where values scatter more, or less, around their local mean than elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from scipy import sparse, special

from gbaspatial.autocorrelation.entrance import DRAWING, admitted_values, drawn_by
from gbaspatial.autocorrelation.local_cross import bootstrap_null
from gbaspatial.autocorrelation.local_results import Found, Judgement, LocalTest, local_result
from gbaspatial.errors import DataError, OptionError
from gbaspatial.inference.conditional import LocalSums, conditional_null
from gbaspatial.inference.moments import without_noise
from gbaspatial.inference.null import Alternative, LocalNull, check_draws, check_test
from gbaspatial.options import public, word
from gbaspatial.progress import shows_progress
from gbaspatial.randomness import Rng, seed_of
from gbaspatial.weights import Weights

LoshInference = Literal["auto", "chi-square", "bootstrap", "permutation", "exact"]
KINDS = ("auto", "chi-square", "bootstrap", "permutation", "exact")


@dataclass(frozen=True, slots=True, eq=False)
class LoshResult(LocalTest):
    """Local spatial heteroscedasticity; see `LocalTest`.

    A significant unit has the class "hot" where its neighborhood scatters more than the
    map does on average (H above one), "cold" where it scatters less.
    """

    @property
    def chi_square(self) -> pd.Series:
        """2 H / variance, which is compared with chi-square of 2 / variance degrees of freedom (spdep's Z.Hi)."""
        return (2 * self.frame["statistic"] / self.frame["variance"]).rename("chi_square")

    @property
    def local_mean(self) -> pd.Series:
        """Weighted mean of the neighbors."""
        return self.frame["local_mean"].copy()

    @property
    def local_residual(self) -> pd.Series:
        """|value - local mean| to the power."""
        return self.frame["local_residual"].copy()


@drawn_by(*DRAWING)
@shows_progress
@public
def losh(
    values: pd.Series,
    w: Weights,
    *,
    power: float = 2.0,
    inference: LoshInference = "auto",
    alternative: Alternative = "greater",
    draws: int = 9_999,
    rng: Rng = None,
    adjust: str = "bh",
    alpha: float = 0.05,
    progress: bool | None = None,
) -> LoshResult:
    """Local spatial heteroscedasticity H_i = sum_j w_ij e_j / (mean(e) sum_j w_ij).

    The residual e_j = |y_j - local mean_j| ^ power measures scatter around the mean of the neighbors.

    Parameters
    ----------
    values : pandas.Series, length n
    w : Weights
        Units without neighbors have no local mean: NaN, class "isolate". Where others
        have them as neighbors, the mean residual stands for theirs.
    power : float
        2 compares variances, 1 mean absolute deviations.
    inference : {"auto", "chi-square", "bootstrap", "permutation", "exact"}
        ``"chi-square"``: 2 H / Var with 2 / Var degrees of freedom (for power 2).
        ``"bootstrap"``: residuals of the neighbors drawn from all units with replacement
        (Xu, Mei and Yan 2014). ``"permutation"`` and ``"exact"``: drawn from the other units
        without replacement; all sets. ``"auto"`` is exact where few enough, else
        permutation.
    alternative : {"greater", "less", "two-sided"}
        Greater: more scatter than elsewhere (the only one chi-square is used for in spdep).
    draws : int
    rng : int, numpy.random.Generator or None
    adjust : str
        Which correction for multiple tests `p_adjusted` holds: ``"bh"``, ``"by"``, ``"bonferroni"``, ``"sidak"``,
        ``"holm"``, ``"by-neighbor"`` or ``"none"``.
    alpha : float
        Level of `cluster`.
    progress : bool, optional
        True tells on standard error how far work over two seconds has come, False never; by default on a terminal.

    Returns
    -------
    LoshResult
        With columns `local_mean` and `local_residual`.

    Raises
    ------
    AlignmentError, MissingDataError, DataError
        If values and weights do not cover the same units, or values are missing, not numbers or all equal.

    References
    ----------
    Ord, J. K. and Getis, A. (2012). Local spatial heteroscedasticity (LOSH). Annals of
    Regional Science 48, 529-539. Xu, M., Mei, C.-L. and Yan, N. (2014). A note on the null distribution of the
    local spatial heteroscedasticity (LOSH) statistic. Annals of Regional Science 52, 697-710.

    Examples
    --------
    >>> from gbaspatial.weights import from_pairs
    >>> w = from_pairs(pd.DataFrame({"focal": list("abcbcd"), "neighbor": list("bcdabc")}))
    >>> x = pd.Series({"a": 1.0, "b": 2.0, "c": 4.0, "d": 5.0})
    >>> y = pd.Series({"a": 2.0, "b": 1.0, "c": 5.0, "d": 3.0})
    >>> losh(x, w).statistic.round(3).tolist()
    [0.4, 1.0, 1.0, 0.4]
    """
    word(inference, KINDS, "inference")
    check_test("auto", alternative)
    if not (np.isfinite(power) and power > 0):
        raise OptionError(f"power={power!r} is not a positive number; use 2 for variances, 1 for absolute deviations.")
    if inference == "chi-square" and power != 2:
        raise OptionError("the chi-square distribution is for power=2; use inference='bootstrap' or 'permutation'.")
    t = admitted_values(values, w)
    W, linked = t.w.sparse, t.linked
    sums = W @ np.ones(t.w.n)
    mean, residual = local_residuals(t.y, W, sums, power)
    if not residual[linked].max() > 1e-12 * np.abs(t.y).max() ** power:
        raise DataError("every unit equals the mean of its neighbors, so that nothing scatters.")
    residual = np.where(linked, residual, residual[linked].mean())
    null = _null(W, sums, residual, linked, inference, draws=check_draws(draws), seed=seed_of(rng))
    return local_result(
        "LOSH",
        Found(
            null,
            np.where(null.observed > 1, "hot", "cold"),
            {
                "local_mean": np.ldexp(mean, t.exponent),
                "local_residual": _in_units_of_values(np.where(linked, residual, np.nan), t.exponent, power),
            },
        ),
        t.w,
        t.values,
        Judgement(alternative, adjust, alpha),
        result=LoshResult,
    )


def _in_units_of_values(residual: np.ndarray, exponent: int, power: float) -> np.ndarray:
    """Residuals (n,) of values divided by 2^`exponent`, as of the values themselves."""
    if not -1000 < exponent * power < 1000:
        raise DataError(
            f"values of about 2^{exponent} to the power {power:g} are no numbers; divide the values by a constant."
        )
    return residual * 2.0 ** (exponent * power)


def local_residuals(
    y: np.ndarray, W: sparse.csr_array, sums: np.ndarray, power: float
) -> tuple[np.ndarray, np.ndarray]:
    """Mean of the neighbors (n,) and |y - mean| ^ power (n,), by the row sums of W; NaN and 0 without neighbors."""
    mean = np.divide(W @ y, sums, out=np.full(len(y), np.nan), where=sums > 0)
    return mean, np.where(sums > 0, np.abs(y - np.where(sums > 0, mean, y)) ** power, 0.0)


def losh_variance(residual: np.ndarray, W: sparse.csr_array, sums: np.ndarray, linked: np.ndarray) -> np.ndarray:
    """Variance of H_i (n,) over orders of the residuals (Ord and Getis 2012), by the row sums of W."""
    m = int(linked.sum())
    e = residual[linked]
    squares = sparse.csr_array((W.data * W.data, W.indices, W.indptr), shape=W.shape) @ np.ones(len(sums))
    between = without_noise(m * squares - sums**2, sums**2)
    shape = np.divide(between, sums**2, out=np.full(len(sums), np.nan), where=sums > 0)
    spread = float(without_noise(e @ e / m - e.mean() ** 2, e @ e / m))
    return spread / e.mean() ** 2 / (m - 1) * shape


def _null(
    W: sparse.csr_array,
    sums: np.ndarray,
    residual: np.ndarray,
    linked: np.ndarray,
    inference: str,
    *,
    draws: int,
    seed: int,
) -> LocalNull:
    scale = np.divide(1.0, residual[linked].mean() * sums, out=np.zeros(len(sums)), where=sums > 0)
    variance = losh_variance(residual, W, sums, linked)
    if inference == "chi-square":
        H = scale * (W @ residual)
        with np.errstate(divide="ignore", invalid="ignore"):
            upper = special.chdtrc(2 / variance, 2 * H / variance)
        mean = np.where(linked, 1.0, np.nan)
        return LocalNull("chi-square", H, mean, variance, upper, 1 - upper, np.zeros(len(H), dtype=int))
    if inference == "bootstrap":
        found = bootstrap_null(W, residual, scale, draws=draws, seed=seed)
    else:
        found = conditional_null(LocalSums(W, residual[None, :], scale[None, :]), inference, draws=draws, seed=seed)
    moments = np.where(linked, 1.0, np.nan), variance
    return LocalNull(found.kind, found.observed, *moments, found.upper, found.lower, found.size, found.seed)
