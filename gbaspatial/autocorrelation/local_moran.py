"""Local Moran: which units are alike, or unlike, their neighbors?"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from scipy import sparse

from gbaspatial.autocorrelation.entrance import DRAWING, Subject, admitted, check_for_residuals, drawn_by, in_unit
from gbaspatial.autocorrelation.local_results import Found, Judgement, QuadrantTest, local_result
from gbaspatial.autocorrelation.moran import MoranResult
from gbaspatial.figures.null_values import moran_scatter
from gbaspatial.inference import quadratic
from gbaspatial.inference.conditional import LocalSums, conditional_null
from gbaspatial.inference.moments import without_noise
from gbaspatial.inference.null import (
    Alternative,
    Inference,
    LocalNull,
    Null,
    check_draws,
    check_test,
    normal_local_null,
)
from gbaspatial.options import public, word
from gbaspatial.progress import shows_progress
from gbaspatial.randomness import Rng, seed_of
from gbaspatial.weights import Weights

if TYPE_CHECKING:
    import geopandas as gpd
    from matplotlib.axes import Axes

    from gbaspatial.autocorrelation.entrance import Values

Moments = Literal["conditional", "total"]


@dataclass(frozen=True, slots=True, eq=False)
class LocalMoranResult(QuadrantTest):
    """Local Moran statistics with quadrants and classes; see `LocalTest`.

    Attributes
    ----------
    of_residuals : bool
        Whether the values are the residuals of a regression.
    """

    of_residuals: bool = False

    def scatter(self) -> dict[str, Any]:
        """What the Moran scatterplot shows: the points, the slope of their line, the variable and the title."""
        values = self.values.iloc[:, 0]
        centered = values if self.of_residuals else values - values.mean()
        z = in_unit(centered.reindex(self.weights.ids).to_numpy(float))[0]
        island = self.weights.cardinalities.to_numpy() == 0
        total = float((~island).sum() / self.weights.s0 * (z @ (self.weights.sparse @ z)) / (z @ z))
        null = Null("randomization", total, np.nan, np.nan, np.nan, np.nan)
        whole = MoranResult("Moran's I", null, self.alternative, self.n, values, self.weights, self.of_residuals)
        return whole.scatter() | {"title": f"{self.name} of {self.variable}: I = {total:.3f}"}

    def plot(self, units: gpd.GeoDataFrame | None = None, ax: Axes | None = None) -> Axes:
        """A map of the classes of `units`; without `units` the Moran scatterplot.

        Parameters
        ----------
        units : GeoDataFrame, optional
            The units of the test.
        ax : matplotlib.axes.Axes, optional
            Where to draw; a new figure if not given.
        """
        return moran_scatter(**self.scatter(), ax=ax) if units is None else QuadrantTest.plot(self, units, ax)


def quadrants(z: np.ndarray, W: sparse.csr_array) -> np.ndarray:
    """HH, LL, LH or HL (n,): deviation of the unit, then the lag of its neighbors; zero counts as low."""
    return crossed(z, W @ z)


def crossed(x: np.ndarray, lag: np.ndarray) -> np.ndarray:
    """HH, LL, LH or HL (n,) of a unit's deviation and a lag; zero counts as low."""
    return np.array(["LL", "LH", "HL", "HH"], dtype=object)[2 * (x > 0) + (lag > 0)]


@drawn_by(*DRAWING)
@shows_progress
@public
def local_moran(
    values: Values,
    w: Weights,
    *,
    inference: Inference = "auto",
    alternative: Alternative = "two-sided",
    draws: int = 9_999,
    rng: Rng = None,
    moments: Moments = "conditional",
    ddof: int = 0,
    adjust: str = "bh",
    alpha: float = 0.05,
    progress: bool | None = None,
) -> LocalMoranResult:
    """Local Moran I_i = z_i sum_j w_ij z_j / m2 of a variable or of the residuals of a regression.

    Parameters
    ----------
    values : pandas.Series, length n, or a least-squares Fit
        Of a Fit, the residuals are tested given its regressors (``"imhof"``,
        ``"saddlepoint"``, ``"normal"``; auto is imhof), both times sqrt(v) with observation weights v.
    w : Weights
        Used as given. Units without neighbors get NaN and the class "isolate"; they stay in n,
        as in spdep and esda.
    inference : str
        ``"auto"``: exact over all sets of neighbors where no unit has more than a million
        (always for n <= 11), else permutation. The unit keeps its value in both. ``"randomization"`` is
        normal with `moments`; ``"normal"``, ``"saddlepoint"`` and ``"imhof"`` take the values as normal.
    alternative : {"two-sided", "greater", "less"}
    draws : int
        Random sets, shared by all units.
    rng : int, Generator or None
    moments : {"conditional", "total"}
        Of `expected`, `variance` and `z`: given the unit's value (Sokal 1998), or with all values random
        (Anselin 1995). Exact and permutation are conditional.
    ddof : {0, 1}
        m2 = sum z^2 / (n - ddof): 0 as in spdep, 1 as in GeoDa and esda. Moments follow, z does not change.
    adjust : str
        ``"bh"``, ``"by"``, ``"bonferroni"``, ``"sidak"``, ``"holm"``, ``"by-neighbor"``, ``"none"``.
    alpha : float
        Level of `cluster`.
    progress : bool, optional
        True tells on standard error how far work over two seconds has come, False never; by default on a terminal.

    Returns
    -------
    LocalMoranResult
        `to_frame()` by unit, `cluster`, `p_adjusted`, `clusters(alpha, adjusted=True)`.

    References
    ----------
    Anselin, L. (1995). Local indicators of spatial association - LISA. Geographical Analysis 27, 93-115.
    Sokal, R. R., Oden, N. L. and Thomson, B. A. (1998). Local spatial autocorrelation in a biological model.
    Geographical Analysis 30, 331-354.
    Tiefelsdorf, M. (2002). The saddlepoint approximation of Moran's I's and local Moran's Ii's reference
    distributions and their numerical evaluation. Geographical Analysis 34, 187-206.
    Bivand, R., Mueller, W. G. and Reder, M. (2009). Power calculations for global and local Moran's I. Computational
    Statistics & Data Analysis 53, 2859-2872.

    Examples
    --------
    >>> import pandas as pd
    >>> from gbaspatial.weights import from_pairs
    >>> pairs = pd.DataFrame({"focal": list("abcbcd"), "neighbor": list("bcdabc")})
    >>> lisa = local_moran(pd.Series({"a": 1.0, "b": 2.0, "c": 4.0, "d": 5.0}), from_pairs(pairs))
    >>> lisa.statistic.round(2).tolist(), lisa.inference
    ([0.8, 0.4, 0.4, 0.8], 'exact')
    """
    check_test(inference, alternative)
    check_draws(draws)
    word(moments, ("conditional", "total"), "moments")
    word(ddof, (0, 1), "ddof")
    t = admitted(values, w)
    z = t.y if t.regressors is not None else t.y - t.y.mean()
    scale = (len(z) - ddof) / float(z @ z)
    if t.regressors is not None:
        null = _normal_null(t, z, scale, t.regressors, "imhof" if inference == "auto" else inference)
    elif inference in ("normal", "saddlepoint", "imhof"):
        null = _normal_null(t, z, scale, np.ones((len(z), 1)), inference)
    else:
        null = _permuted_null(t, z, scale, inference, moments, draws, seed_of(rng))
    quadrant = quadrants(z, t.w.sparse)
    return local_result(
        "Local Moran",
        Found(null, quadrant, {"quadrant": np.where(t.linked, quadrant, "isolate")}),
        t.w,
        t.values,
        Judgement(alternative, adjust, alpha),
        result=functools.partial(LocalMoranResult, of_residuals=t.regressors is not None),
    )


def _permuted_null(
    t: Subject, z: np.ndarray, scale: float, inference: str, moments: str, draws: int, seed: int
) -> LocalNull:
    sums = moran_sums(t.w.sparse, z, scale)
    conditional = moments == "conditional"
    if inference == "randomization":
        mean, variance = sums.moments() if conditional else total_moments(t.w.sparse, z, scale)
        return normal_local_null("randomization", sums.observed, mean, variance)
    null = conditional_null(sums, inference, draws=draws, seed=seed)
    if conditional:
        return null
    mean, variance = total_moments(t.w.sparse, z, scale)
    return LocalNull(null.kind, null.observed, mean, variance, null.upper, null.lower, null.size, null.seed)


def moran_sums(W: sparse.csr_array, z: np.ndarray, scale: float = 1.0) -> LocalSums:
    """Local Moran scale * z_i sum_j w_ij z_j of the deviations `z` (n,) as sums over neighbors."""
    return LocalSums(W, z[None, :], (scale * z)[None, :])


def total_moments(W: sparse.csr_array, z: np.ndarray, scale: float) -> tuple[np.ndarray, np.ndarray]:
    """Mean and variance (n,) of scale * z_i sum_j w_ij z_j over all orders of the deviations `z` (Anselin 1995)."""
    n = len(z)
    sums = np.asarray(W.sum(axis=1)).ravel()
    squares = np.asarray(W.multiply(W).sum(axis=1)).ravel()
    second = float(z @ z) / n
    kurtosis = float((z**4).sum()) / n / second**2
    mean = -sums / (n - 1)
    pairs = (2 * kurtosis - n) / ((n - 1) * (n - 2)) if n > 2 else 0.0
    terms = squares * (n - kurtosis) / (n - 1), (sums**2 - squares) * pairs
    variance = without_noise(terms[0] + terms[1] - mean**2, np.abs(terms[0]) + np.abs(terms[1]))
    return scale * second * mean, (scale * second) ** 2 * variance


def _normal_null(t: Subject, e: np.ndarray, scale: float, regressors: np.ndarray, inference: str) -> LocalNull:
    check_for_residuals(inference, ("normal", "saddlepoint", "imhof"))
    observed = scale * e * (t.w.sparse @ e)
    basis = np.linalg.qr(regressors)[0]
    return quadratic.local_moran_null(inference, observed, t.w.sparse, basis, scale * float(e @ e), t.linked)
