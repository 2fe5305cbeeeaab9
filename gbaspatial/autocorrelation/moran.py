"""Moran's I: is a variable, or what a regression leaves of it, alike among neighbors?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from gbaspatial.alignment import labelled
from gbaspatial.autocorrelation.entrance import DRAWING, Subject, admitted, check_for_residuals, drawn_by, in_unit
from gbaspatial.autocorrelation.global_results import SharedTest
from gbaspatial.autocorrelation.procedure import Procedure
from gbaspatial.figures.null_values import moran_scatter, null_distribution
from gbaspatial.inference import quadratic
from gbaspatial.inference.cross_product import CrossProduct, automatic
from gbaspatial.inference.moments import PairSums, moran_normal_moments, residual_moran_moments
from gbaspatial.inference.null import Alternative, Inference, Null, check_draws, check_test, normal_null
from gbaspatial.options import public, word
from gbaspatial.progress import shows_progress
from gbaspatial.randomness import Rng, seed_of
from gbaspatial.weights import Weights

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from gbaspatial.autocorrelation.entrance import Values

_OF_RESIDUALS = ("auto", "normal", "saddlepoint", "imhof")
_AUTO_IMHOF = 1_000


@dataclass(frozen=True, slots=True, eq=False)
class MoranResult(SharedTest):
    """Moran's I and its test; see `GlobalTest`.

    Attributes
    ----------
    of_residuals : bool
        Whether the values are the residuals of a regression.
    """

    of_residuals: bool = False
    _power: ClassVar[str | None] = "moran"

    def lagged(self) -> pd.DataFrame:
        """Columns `value` (deviation from the mean; of a regression the residual) and `lag`, by unit."""
        w, values = self.weights, self.values.astype(float)
        centered = values if self.of_residuals else values - values.mean()
        lag = labelled(w.sparse @ centered.reindex(w.ids).to_numpy(), w.ids, values.index)
        frame = pd.DataFrame({"value": centered, "lag": lag})
        return frame[~frame.index.isin(w.islands)]

    def scatter(self) -> dict[str, Any]:
        """What the Moran scatterplot shows: the points, the slope of their line, the variable and the title."""
        points = self.lagged()
        slope = _slope(points["value"].to_numpy(), points["lag"].to_numpy())
        title = f"Moran's I = {self.statistic:.3f}, p = {self.p_value:.4f} ({self.inference})"
        return {"points": points, "slope": slope, "variable": self.variable, "title": title}

    def plot(self, ax: Axes | None = None, *, kind: str = "scatter", labels: bool | None = None) -> Axes:
        """The Moran scatterplot (``"scatter"``), or the null distribution (``"null"``).

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Where to draw; a new figure if not given.
        kind : {"scatter", "null"}
        labels : bool, optional
            Whether points carry the names of units; by default up to 30 units.
        """
        if word(kind, ("scatter", "null"), "kind") == "null":
            return null_distribution(self.null, self.name, self.alternative, ax=ax)
        return moran_scatter(**self.scatter(), labels=labels, ax=ax)


def _slope(x: np.ndarray, y: np.ndarray) -> float:
    """Of the least-squares line of `y` (n,) on `x` (n,), for numbers of any size."""
    (x, a), (y, b) = in_unit(x), in_unit(y)
    return float(np.ldexp((x @ (y - y.mean())) / (x @ (x - x.mean())), b - a))


@drawn_by(*DRAWING)
@shows_progress
@public
def moran(
    values: Values,
    w: Weights,
    *,
    inference: Inference = "auto",
    alternative: Alternative = "two-sided",
    draws: int = 9_999,
    rng: Rng = None,
    stop_after: int | None = None,
    progress: bool | None = None,
) -> MoranResult:
    """Moran's I of a variable or of the residuals of a regression.

    I = (m / s0) sum_ij w_ij z_i z_j / sum_i z_i^2, with z the deviations from the mean of all n units
    and m the number of units with neighbors: units without any are left out of m, as
    in spdep (``adjust.n = TRUE``; esda keeps n). Moments are those of this I over all n values.

    Parameters
    ----------
    values : pandas.Series, length n, or a least-squares Fit
        Of a Fit, the residuals are tested given its regressors; with observation weights v
        both are multiplied by sqrt(v). A fit by another method, such as a count model, is refused.
    w : Weights
        Used as given; row-standardize it first if that is wanted.
    inference : str
        ``"auto"``: exact over all orders for n <= 11 (and for two-valued variables with few
        patterns), permutation up to 100,000 units, randomization above; for residuals
        ``"imhof"`` up to 1,000 units, else ``"normal"``. ``"exact"`` goes to n = 12.
        Residuals are not exchangeable, so permutations of them are refused.
    alternative : {"two-sided", "greater", "less"}
        Two-sided is twice the smaller tail, at most one.
    draws : int
        Random orders for ``"permutation"``.
    rng : int, Generator or None
    stop_after : int, optional
        Stop drawing when the tail looked at holds this many draws (Besag and Clifford 1991).
    progress : bool, optional
        True tells on standard error how far work over two seconds has come, False never; by default on a terminal.

    Returns
    -------
    MoranResult

    Raises
    ------
    AlignmentError, LabelTypeError, MissingDataError, DataError, WeightsError, OptionError

    References
    ----------
    Moran, P. A. P. (1950). Notes on continuous stochastic phenomena. Biometrika 37, 17-23.
    Tiefelsdorf, M. and Boots, B. (1995). The exact distribution of Moran's I. Environment and Planning A 27, 985-999.

    Examples
    --------
    >>> from gbaspatial.weights import from_pairs
    >>> pairs = pd.DataFrame({"focal": list("abcbcd"), "neighbor": list("bcdabc")})
    >>> result = moran(pd.Series({"a": 1.0, "b": 2.0, "c": 4.0, "d": 5.0}), from_pairs(pairs))
    >>> round(result.statistic, 4), round(result.p_value, 4), result.inference
    (0.4, 0.1667, 'exact')
    """
    check_test(inference, alternative)
    check_draws(draws)
    t = admitted(values, w)
    seed = seed_of(rng)
    if t.regressors is not None:
        null = _residual_null(t, t.regressors, inference)
    else:
        null = _value_null(t, Procedure(inference, alternative, draws, seed, stop_after))
    return MoranResult("Moran's I", null, alternative, t.n, t.values, t.w, t.regressors is not None)


def _statistic(t: Subject, z: np.ndarray) -> CrossProduct:
    w = t.w
    sums = PairSums(w.s0, w.s1, w.s2)
    return CrossProduct(w.sparse, z, t.n / w.s0 / float(z @ z), sums)


def _value_null(t: Subject, how: Procedure) -> Null:
    z = t.y - t.y.mean()
    statistic, n = _statistic(t, z), len(z)
    share = t.n / n
    mean, variance = moran_normal_moments(statistic.sums, n)
    moments = share * mean, share**2 * variance
    inference = automatic(n, t.y) if how.inference == "auto" else how.inference
    if inference in ("saddlepoint", "imhof"):
        ones = np.ones((n, 1))
        plain = quadratic.moran_null(inference, statistic.observed / share, (mean, variance), t.w.sparse, ones)
        return Null(inference, statistic.observed, *moments, plain.upper, plain.lower)
    return statistic.null(inference, normal_moments=moments, **how.drawing())


def _residual_null(t: Subject, regressors: np.ndarray, inference: str) -> Null:
    check_for_residuals(inference, _OF_RESIDUALS)
    e, n = t.y, len(t.y)
    share = t.n / n
    plain = _statistic(t, e).observed / share
    moments = residual_moran_moments(t.w.sparse, np.linalg.qr(regressors)[0])
    if inference == "auto":
        inference = "imhof" if n <= _AUTO_IMHOF else "normal"
    if inference == "normal":
        null = normal_null("normal", plain, *moments)
    else:
        null = quadratic.moran_null(inference, plain, moments, t.w.sparse, regressors)
    mean, variance = moments
    return Null(inference, share * plain, share * mean, share**2 * variance, null.upper, null.lower)
