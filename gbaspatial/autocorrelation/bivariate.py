"""Two variables in space: bivariate Moran and its local form, and what statistics of two variables share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gbaspatial.alignment import align, align_frame
from gbaspatial.autocorrelation.cross import Shuffled, linear_cross_null, paired_cross_null
from gbaspatial.autocorrelation.entrance import DRAWING, admitted_values, check_testable, drawn_by, in_unit
from gbaspatial.autocorrelation.global_results import GlobalTest, SharedTest
from gbaspatial.autocorrelation.local_moran import LocalMoranResult, crossed
from gbaspatial.autocorrelation.local_results import Found, Judgement, local_result
from gbaspatial.autocorrelation.procedure import Procedure
from gbaspatial.errors import LabelTypeError, OptionError
from gbaspatial.inference.conditional import LocalSums, conditional_null
from gbaspatial.inference.null import Alternative, Inference, check_draws, check_test, normal_local_null
from gbaspatial.options import public, word
from gbaspatial.progress import shows_progress
from gbaspatial.randomness import Rng, seed_of
from gbaspatial.results import Table
from gbaspatial.weights import Weights

if TYPE_CHECKING:
    from gbaspatial.autocorrelation.entrance import Subject
    from gbaspatial.weights.annotations import WeightsLike

KINDS = ("auto", "exact", "permutation", "randomization")
REASSIGNED = {
    "pairs": "Null: the pairs of values are reassigned to units together (correlation in place is kept).",
    "second": "Null: the second variable alone is reassigned (no spatial order and no correlation in place).",
}


@dataclass(frozen=True, slots=True, eq=False)
class CrossResult(SharedTest):
    """A statistic of two variables and its test; see `GlobalTest`.

    Attributes
    ----------
    other : pandas.Series
        The second variable.
    reassign : {"pairs", "second"}
        What the null reassigns to units.
    """

    other: pd.Series
    reassign: str

    @property
    def variable(self) -> str:
        """Both variables."""
        return f"{self.values.name} and {self.other.name}"

    def tables(self) -> tuple[Table, ...]:
        """Statistic, moments and p-value, and what the null is."""
        table, *rest = GlobalTest.tables(self)
        notes = (REASSIGNED[self.reassign], *table.notes)
        return (Table(table.frame, table.title, notes, table.formats), *rest)


def two_admitted(values: pd.Series, other: pd.Series, w: WeightsLike) -> tuple[Subject, np.ndarray, np.ndarray]:
    """Aligned first variable, deviations of both from their means."""
    t = admitted_values(values, w)
    y = align(other, t.w.ids, "other values")
    check_testable(y, t.w, str(other.name) if other.name is not None else "the other values")
    y = in_unit(y)[0]
    return t, t.y - t.y.mean(), y - y.mean()


@drawn_by(*DRAWING)
@shows_progress
@public
def bivariate_moran(
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
) -> CrossResult:
    """Bivariate Moran's I: association of a variable with the neighbors' values of another.

    I = (m / s0) sum_ij w_ij x_i y_j / sqrt(sum x^2 sum y^2) for deviations x, y from their means
    and m units with neighbors, so that it is Moran's I where both are the same. For
    row-standardized weights without islands it is that of spdep and esda.

    Parameters
    ----------
    values, other : pandas.Series, length n
        The variable in place, and the one of the neighbors.
    w : Weights
        Used as given.
    reassign : {"pairs", "second"}
        The null: both variables are reassigned together, or `other` alone, as GeoDa, esda
        and spdep do (see Notes).
    inference : {"auto", "exact", "permutation", "randomization"}
        ``"auto"`` is exact for n <= 12 (11 for pairs), else permutation.
    alternative : {"two-sided", "greater", "less"}
    draws : int
        Random orders for ``"permutation"``.
    rng : int, numpy.random.Generator or None
    progress : bool, optional
        True tells on standard error how far work over two seconds has come, False never; by default on a terminal.

    Returns
    -------
    CrossResult

    Notes
    -----
    Reassigning one variable breaks the correlation r of both in place. Where neither has
    a spatial order, I then varies up to 1 + r^2 times as much as that null says, so that
    the test at 5 % rejects up to 17 % of the time; with pairs it keeps its level.

    References
    ----------
    Wartenberg, D. (1985). Multivariate spatial correlation. Geographical Analysis 17, 263-283.

    Examples
    --------
    >>> from gbaspatial.weights import from_pairs
    >>> w = from_pairs(pd.DataFrame({"focal": list("abcbcd"), "neighbor": list("bcdabc")}))
    >>> x, y = pd.Series([1.0, 2, 4, 5], list("abcd")), pd.Series([2.0, 2, 3, 5], list("abcd"))
    >>> round(bivariate_moran(x, y, w).statistic, 4)
    0.3443
    """
    check_test(inference, alternative, KINDS)
    word(reassign, REASSIGNED, "reassign")
    how = Procedure(inference, alternative, check_draws(draws), seed_of(rng))
    t, x, y = two_admitted(values, other, w)
    W = t.w.sparse
    scale = t.n / t.w.s0 / float(np.sqrt((x @ x) * (y @ y)))
    if reassign == "second":
        null = linear_cross_null(W.T @ x, y, scale, how)
    else:
        null = paired_cross_null(W, x, y, scale, how, lee=False)
    return CrossResult("Bivariate Moran's I", null, alternative, t.n, t.values, t.w, other.copy(), reassign)


@drawn_by(*DRAWING)
@shows_progress
@public
def bivariate_local_moran(
    values: pd.Series,
    other: pd.Series,
    w: Weights,
    *,
    inference: Inference = "auto",
    alternative: Alternative = "two-sided",
    draws: int = 9_999,
    rng: Rng = None,
    ddof: int = 1,
    adjust: str = "bh",
    alpha: float = 0.05,
    progress: bool | None = None,
) -> LocalMoranResult:
    """Bivariate local Moran I_i = x_i sum_j w_ij y_j, both in units of their standard deviations.

    Parameters
    ----------
    values, other : pandas.Series, length n
        The variable in place, and the one of the neighbors.
    w : Weights
        Used as given. Units without neighbors get NaN and the class "isolate".
    inference : {"auto", "exact", "permutation", "randomization"}
        The unit keeps its values; the neighbors' are drawn from all other units.
    alternative : {"two-sided", "greater", "less"}
        Which tail the p-value counts.
    draws : int
        Random orders, or random sets of neighbors of a local statistic.
    rng : int, Generator or None
        Seed of what is drawn; recorded.
    ddof : {0, 1}
        Divisor n - ddof of both variances: 1 as in spdep, 0 as in esda.
    adjust : str
        Which correction for multiple tests `p_adjusted` holds: ``"bh"``, ``"by"``, ``"bonferroni"``, ``"sidak"``,
        ``"holm"``, ``"by-neighbor"`` or ``"none"``.
    alpha : float
        Level of `cluster`.
    progress : bool, optional
        True tells on standard error how far work over two seconds has come, False never; by default on a terminal.

    Returns
    -------
    LocalMoranResult
        `quadrant` tells the unit by `values`, its neighbors by `other`.

    References
    ----------
    Anselin, L., Syabri, I. and Smirnov, O. (2002). Visualizing multivariate spatial
    correlation with dynamically linked windows.

    Examples
    --------
    >>> from gbaspatial.weights import from_pairs
    >>> w = from_pairs(pd.DataFrame({"focal": list("abcbcd"), "neighbor": list("bcdabc")}))
    >>> x = pd.Series({"a": 1.0, "b": 2.0, "c": 4.0, "d": 5.0})
    >>> y = pd.Series({"a": 2.0, "b": 1.0, "c": 5.0, "d": 3.0})
    >>> bivariate_local_moran(x, y, w, draws=99, rng=1).statistic.round(3).tolist()
    [1.122, -0.481, -0.481, 1.443]
    """
    check_test(inference, alternative, KINDS)
    word(ddof, (0, 1), "ddof")
    t, x, y = two_admitted(values, other, w)
    scale = (len(x) - ddof) / float(np.sqrt((x @ x) * (y @ y)))
    sums = LocalSums(t.w.sparse, y[None, :], (scale * x)[None, :])
    if inference == "randomization":
        null = normal_local_null("randomization", sums.observed, *sums.moments())
    else:
        null = conditional_null(sums, inference, draws=check_draws(draws), seed=seed_of(rng))
    quadrant = crossed(x, t.w.sparse @ y)
    return local_result(
        "Bivariate local Moran",
        Found(null, quadrant, {"quadrant": np.where(t.linked, quadrant, "isolate")}),
        t.w,
        side_by_side(values, other),
        Judgement(alternative, adjust, alpha),
        result=LocalMoranResult,
    )


def side_by_side(values: pd.Series, other: pd.Series) -> pd.DataFrame:
    """Both variables in the order of the first, as columns of different names."""
    names = [str(values.name or "values"), str(other.name or "other")]
    if names[0] == names[1]:
        names[1] = f"{names[1]} (other)"
    return pd.DataFrame({names[0]: values, names[1]: other.reindex(values.index)})


def aligned_columns(data: pd.DataFrame, w: Weights) -> tuple[list[str], np.ndarray]:
    """Names and standardized columns (variables, n) of `data` in the order of `w`, or a clear error."""
    if not isinstance(data, pd.DataFrame):
        raise LabelTypeError(f"the data are a {type(data).__name__}; give a DataFrame with one column a variable.")
    aligned = align_frame(data, w.ids)
    names = [c for c in aligned.columns if c != "geometry"]
    if len(names) < 2:
        raise OptionError(f"a matrix needs at least two variables; the data have {len(names)}.")
    rows = []
    for name in names:
        y = align(aligned[name], w.ids, f"'{name}'")
        check_testable(y, w, str(name))
        y = in_unit(y)[0]
        rows.append((y - y.mean()) / y.std())
    return names, np.array(rows)
