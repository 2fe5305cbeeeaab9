"""Emerging hot spots: how the Gi* of each unit develops over the periods of a panel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gbaspatial.alignment import align_panel, periods_of
from gbaspatial.autocorrelation.entrance import DRAWING, admitted_values, drawn_by, draws_for
from gbaspatial.autocorrelation.getis_ord import local_g_star, star_sums
from gbaspatial.autocorrelation.joint import PeriodTests, period_tests
from gbaspatial.errors import DataError, some
from gbaspatial.inference.null import Inference
from gbaspatial.inference.ordering import by_label
from gbaspatial.options import probability, public
from gbaspatial.progress import shows_progress, track
from gbaspatial.randomness import Rng, seed_of
from gbaspatial.results import Result, Table
from gbaspatial.weights import Weights
from gbaspatial.weights.by_period import recipes_of, weights_by_period

if TYPE_CHECKING:
    pass


PATTERNS = (
    "new", "consecutive", "intensifying", "persistent", "diminishing", "sporadic", "oscillating", "historical",
)  # fmt: skip


def mann_kendall(series: np.ndarray) -> tuple[float, float]:
    """Kendall's tau-b of values (T,) with time, and its two-sided p-value.

    The p-value is exact for few values without ties, else normal with the variance for
    ties; NaN without at least three values that differ.

    References
    ----------
    Mann, H. B. (1945). Nonparametric tests against trend. Econometrica 13, 245-259.

    Examples
    --------
    >>> tau, p = mann_kendall(np.array([1.0, 2.0, 4.0, 5.0]))
    >>> tau, round(p, 4)
    (1.0, 0.0833)
    """
    known = ~np.isnan(series)
    values = series[known]
    if len(values) < 3 or np.ptp(values) == 0:
        return np.nan, np.nan
    from scipy import stats  # a second to load, so only where it is used

    result = stats.kendalltau(np.flatnonzero(known), values)
    return float(result.statistic), float(result.pvalue)


def pattern(state: np.ndarray, trend: float, trend_p: float, alpha: float = 0.05) -> str:
    """The pattern of states (T,) of a unit: 1 hot, -1 cold, 0 neither.

    Of a unit that is hot in the last period (for cold spots alike):

    ============  ===================================================================
    new           never before
    consecutive   an unbroken run of at least two periods to the end, never before,
                  less than nine tenths of all periods
    intensifying  nine tenths of the periods, z-scores with a significant trend away
                  from zero
    diminishing   nine tenths, a significant trend toward zero
    persistent    nine tenths, no trend
    oscillating   less than nine tenths, and cold in some other period
    sporadic      less than nine tenths, never cold
    ============  ===================================================================

    Of one that is neither in the last period: historical (nine tenths of the periods),
    sporadic (some, never the other kind), else no pattern.

    Examples
    --------
    >>> pattern(np.array([0, 0, 0, 1]), 0.0, 1.0), pattern(np.array([1, 1, 1, 1]), 0.9, 0.01)
    ('new hot spot', 'intensifying hot spot')
    >>> pattern(np.array([-1, 0, -1, 1]), 0.0, 1.0), pattern(np.array([0, 0, 0, 0]), 0.0, 1.0)
    ('oscillating hot spot', 'no pattern')
    """
    if not state.any():
        return "no pattern"
    last = int(state[-1])
    if last == 0:
        for sign, name in ((1, "hot"), (-1, "cold")):
            if (state == sign).mean() >= 0.9:
                return f"historical {name} spot"
        both = (state == 1).any() and (state == -1).any()
        sign = 1 if (state == 1).any() else -1
        return "no pattern" if both else f"sporadic {'hot' if sign > 0 else 'cold'} spot"
    kind = "hot spot" if last > 0 else "cold spot"
    return f"{_present(state == last, state == -last, last * trend, trend_p, alpha)} {kind}"


def _present(mine: np.ndarray, other: np.ndarray, trend: float, trend_p: float, alpha: float) -> str:
    """The pattern of a spot that is there in the last period; `trend` counts away from zero."""
    share = mine.mean()
    if mine.sum() == 1 and not other.any():
        return "new"
    run = len(mine) - (np.flatnonzero(~mine)[-1] + 1 if not mine.all() else 0)
    if share >= 0.9:
        if trend_p <= alpha:
            return "intensifying" if trend > 0 else "diminishing"
        return "persistent"
    if run > 1 and not mine[:-run].any() and not other.any():
        return "consecutive"
    return "oscillating" if other.any() else "sporadic"


@dataclass(frozen=True, slots=True, eq=False)
class HotSpotsResult(Result):
    """Gi* of every unit in every period, its trend, and the pattern of both.

    Parameters
    ----------
    frame : pandas.DataFrame
        By unit: `pattern`, `hot` and `cold` (numbers of periods), `trend` (tau of
        Mann-Kendall of the z-scores), `p_value` of the trend; and for the question whether the
        unit is a spot in any period, the smallest of its `p_adjusted` and `p_joint`:
        `p_any_adjusted`, `p_any_joint`.
    z, p_value : pandas.DataFrame, shape (n, T)
        Of Gi* in each period.
    p_adjusted, p_joint : pandas.DataFrame, shape (n, T)
        For the T periods of each unit: by Holm, and by draws in which units exchange their
        whole histories (see `gbaspatial.inference.adjust_jointly`). `p_joint` is NaN where
        tests are neither exact nor by permutation.
    alpha : float
        Level up to which a p-value makes a class.
    name : str
        What the values are called.
    inference : str
        How p-values were made.
    recipes : tuple of str
        How the weights were made, one for each W.
    seed : int
        Seed of the draws.
    note : str
        What a reader must know.
    """

    frame: pd.DataFrame
    z: pd.DataFrame
    p_value: pd.DataFrame
    p_adjusted: pd.DataFrame
    p_joint: pd.DataFrame
    alpha: float
    name: str
    inference: str
    recipes: tuple[str, ...]
    seed: int
    note: str

    @property
    def pattern(self) -> pd.Series:
        """The pattern of each unit."""
        return self.frame["pattern"].copy()

    def tables(self) -> tuple[Table, ...]:
        """Pattern and trend by unit."""
        notes = (
            f"Gi* in each period, two-sided p ≤ {self.alpha:g}, {self.inference}; trend: Mann-Kendall of its z-scores.",
            "Each period is compared with itself: hot means high among the units of that period.",
            self.note,
            *(f"Weights {recipe}." for recipe in self.recipes),
        )
        shown = self.frame.dropna(axis=1, how="all")
        return (Table(shown, f"Emerging hot spots of {self.name}", notes),)


@drawn_by(*DRAWING, "exact")
@shows_progress
@public
def emerging_hot_spots(
    panel: pd.Series,
    w: Weights | Mapping[Any, Weights],
    *,
    alpha: float = 0.05,
    inference: Inference = "auto",
    draws: int = 9_999,
    rng: Rng = None,
    progress: bool | None = None,
) -> HotSpotsResult:
    """Hot and cold spots of each period (Gi*), and how they develop.

    Parameters
    ----------
    panel : pandas.Series
        Numbers by unit and period (a balanced panel), at least three periods.
    w : Weights, or mapping from period to Weights
        The same W in every period, or one for each.
    alpha : float
        Level of the spots (raw p-values) and of the trend.
    inference : {"auto", "exact", "permutation", "randomization"}
        The unit keeps its value: all sets of neighbors, random ones, or a normal distribution with their moments; by
        default all sets where they can be listed, else random ones.
    draws : int
        Random sets of neighbors in each period.
    rng : int, numpy.random.Generator or None
        Seed of the random sets, the same in every period; recorded.
    progress : bool, optional
        True tells on standard error how far work over two seconds has come, False never; by default on a terminal.

    Returns
    -------
    HotSpotsResult

    Raises
    ------
    AlignmentError, MissingDataError, DataError
        If panel and weights do not cover the same units, a value is missing or no number, or there are fewer than
        three periods.
    OptionError
        If `alpha` is not between 0 and 1, or another option is not known.

    References
    ----------
    Getis, A. and Ord, J. K. (1992). The analysis of spatial association by use of distance statistics. Geographical
    Analysis 24, 189-206. Mann, H. B. (1945). Nonparametric tests against trend. Econometrica 13, 245-259.

    Examples
    --------
    >>> from gbaspatial.weights import from_pairs
    >>> w = from_pairs(pd.DataFrame({"focal": list("abcbcd"), "neighbor": list("bcdabc")}))
    >>> index = pd.MultiIndex.from_product([list("abcd"), [2000, 2001, 2002]])
    >>> panel = pd.Series([9.0, 9, 9, 8, 8, 9, 2, 3, 2, 1, 1, 1], index=index, name="y")
    >>> emerging_hot_spots(panel, w, alpha=0.2, inference="randomization").frame["hot"].to_dict()
    {'a': 3, 'b': 0, 'c': 0, 'd': 0}
    """
    probability(alpha, "alpha")
    periods = periods_of(panel)
    if len(periods) < 3:
        raise DataError(f"a trend needs at least three periods; the panel has {some(periods)} only.")
    matrices = weights_by_period(w, periods)
    ids = matrices[0].ids
    values, _ = align_panel(panel, ids)
    seed = seed_of(rng)
    sampling = draws_for(inference, draws=draws, rng=seed)
    found, sums = {}, []
    for period, row, part in track(list(zip(periods, values, matrices, strict=True)), "periods"):
        series = pd.Series(row, index=ids)
        found[period] = local_g_star(series, part, inference=inference, **sampling)
        sums.append(star_sums(admitted_values(series, part))[0])
    tests = period_tests(found, sums, by_label(matrices[0]).ids, draws, seed)
    z = pd.DataFrame({period: each.z for period, each in found.items()}).rename_axis(columns=periods.name)
    return HotSpotsResult(
        frame=_developments(z, tests, alpha),
        z=z,
        p_value=tests.p_value.rename_axis(columns=periods.name),
        p_adjusted=tests.p_adjusted.rename_axis(columns=periods.name),
        p_joint=tests.p_joint.rename_axis(columns=periods.name),
        alpha=alpha,
        name=str(panel.name),
        inference=tests.inference,
        recipes=recipes_of(matrices, periods),
        seed=seed,
        note=tests.note,
    )


def _developments(z: pd.DataFrame, tests: PeriodTests, alpha: float) -> pd.DataFrame:
    """Pattern, hot and cold periods, and the trend by unit, of Gi* by unit and period (n, T)."""
    p_value = tests.p_value
    state = np.where(p_value <= alpha, np.sign(z), 0).astype(int)
    trends = [mann_kendall(row) for row in z.to_numpy()]
    untested = p_value.isna().all(axis=1).to_numpy()
    patterns = [
        "isolate" if lone else pattern(row, tau, p, alpha)
        for row, (tau, p), lone in zip(state, trends, untested, strict=True)
    ]
    return pd.DataFrame(
        {
            "pattern": patterns,
            "hot": (state == 1).sum(axis=1),
            "cold": (state == -1).sum(axis=1),
            "trend": [tau for tau, _ in trends],
            "p_value": [p for _, p in trends],
        },
        index=z.index,
    ).join(tests.any_period())
