"""How the LISA class of each unit develops over the periods of a panel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from gbaspatial.alignment import align_panel, check_periods, periods_of
from gbaspatial.autocorrelation.entrance import DRAWING, admitted_values, drawn_by, draws_for
from gbaspatial.autocorrelation.joint import period_tests
from gbaspatial.autocorrelation.local_moran import local_moran, moran_sums
from gbaspatial.inference.null import Inference
from gbaspatial.inference.ordering import by_label
from gbaspatial.options import public
from gbaspatial.progress import shows_progress, track
from gbaspatial.randomness import Rng, seed_of
from gbaspatial.results import Result, Table
from gbaspatial.weights import Weights
from gbaspatial.weights.by_period import recipes_of, weights_by_period

if TYPE_CHECKING:
    pass


@dataclass(frozen=True, slots=True, eq=False)
class TransitionsResult(Result):
    """How the LISA class of each unit develops.

    Parameters
    ----------
    clusters : pandas.DataFrame, shape (n, T)
        Class of each unit in each period.
    quadrants : pandas.DataFrame, shape (n, T)
        Quadrant of the Moran scatterplot, significant or not.
    transitions : pandas.DataFrame
        Moves from class to class, all periods together.
    p_value : pandas.DataFrame, shape (n, T)
        Of each unit in each period.
    p_adjusted, p_joint : pandas.DataFrame, shape (n, T)
        For the T periods of each unit: by Holm, and by draws in which the other units exchange
        their whole histories (see `gbaspatial.inference.adjust_jointly`). `p_joint` is NaN where
        tests are neither exact nor by permutation.
    any_period : pandas.DataFrame
        By unit, for the question whether it belongs to a cluster in any period: the smallest of
        its `p_adjusted` and `p_joint`, as `p_any_adjusted` and `p_any_joint`.
    alpha : float
        Level up to which a p-value makes a class.
    recipes : tuple of str
        How the weights were made, one for each W.
    inference : str
        How p-values were made.
    seed : int
        Seed of the draws.
    note : str
        Sentences below the tables.
    """

    clusters: pd.DataFrame
    quadrants: pd.DataFrame
    transitions: pd.DataFrame
    p_value: pd.DataFrame
    p_adjusted: pd.DataFrame
    p_joint: pd.DataFrame
    any_period: pd.DataFrame
    alpha: float
    recipes: tuple[str, ...]
    inference: str
    seed: int
    note: str

    def tables(self) -> tuple[Table, ...]:
        """Classes by unit and period, then moves."""
        notes = (f"Local Moran, raw p ≤ {self.alpha:g}, {self.inference}.", *(f"Weights {r}." for r in self.recipes))
        return (
            Table(self.clusters, "LISA class by unit and period", notes),
            Table(self.transitions, "Moves between classes", formats=dict.fromkeys(self.transitions.columns, ".0f")),
            Table(self.quadrants, "Quadrant by unit and period"),
            Table(self.any_period.dropna(axis=1, how="all"), "In a cluster in any period", (self.note,)),
        )


@drawn_by(*DRAWING, "exact")
@shows_progress
@public
def lisa_transitions(
    panel: pd.Series,
    w: Weights | Mapping[Any, Weights],
    *,
    alpha: float = 0.05,
    inference: Inference = "auto",
    draws: int = 9_999,
    rng: Rng = None,
    progress: bool | None = None,
) -> TransitionsResult:
    """LISA class and quadrant of every unit in every period, and the moves between classes.

    Parameters
    ----------
    panel : pandas.Series
        Numbers by unit and period (a balanced panel).
    w : Weights, or mapping from period to Weights
        The same W in every period, or one for each.
    alpha : float
        Level of the (raw, two-sided) p-value below which a unit belongs to a cluster.
    inference : {"auto", "exact", "permutation", "randomization", "normal", "saddlepoint", "imhof"}
        The unit keeps its value: all sets of neighbors, random ones, or a normal distribution with their moments;
        the last three take the values as normal. By default all sets where they can be listed, else random ones.
    draws : int
        Random sets of neighbors in each period.
    rng : int, numpy.random.Generator or None
        Seed of the random sets, the same in every period; recorded.
    progress : bool, optional
        True tells on standard error how far work over two seconds has come, False never; by default on a terminal.

    Returns
    -------
    TransitionsResult
        Its `quadrants` are the states of `gbaspatial.disparity.lisa_markov`.

    Raises
    ------
    AlignmentError, MissingDataError, DataError
        If panel and weights do not cover the same units, a value is missing or no number, or there is one period only.
    OptionError
        If an option is not known.

    References
    ----------
    Rey, S. J. (2001). Spatial empirics for economic growth and convergence. Geographical Analysis 33, 195-214.

    Examples
    --------
    >>> from gbaspatial.weights import from_pairs
    >>> w = from_pairs(pd.DataFrame({"focal": list("abcbcd"), "neighbor": list("bcdabc")}))
    >>> index = pd.MultiIndex.from_product([list("abcd"), [2000, 2001]])
    >>> panel = pd.Series([9.0, 9, 8, 2, 2, 8, 1, 1], index=index, name="y")
    >>> lisa_transitions(panel, w).quadrants[2001].to_dict()
    {'a': 'HL', 'b': 'LH', 'c': 'HL', 'd': 'LH'}
    """
    periods = periods_of(panel)
    check_periods(periods)
    matrices = weights_by_period(w, periods)
    values, _ = align_panel(panel, matrices[0].ids)
    seed, ids = seed_of(rng), matrices[0].ids
    sampling = draws_for(inference, draws=draws, rng=seed)
    found, sums = {}, []
    for period, row, part in track(list(zip(periods, values, matrices, strict=True)), "periods"):
        series = pd.Series(row, index=ids)
        found[period] = local_moran(series, part, inference=inference, alpha=alpha, **sampling)
        t = admitted_values(series, part)
        sums.append(moran_sums(t.w.sparse, t.y - t.y.mean()))
    tests = period_tests(found, sums, by_label(matrices[0]).ids, draws, seed)
    clusters = pd.DataFrame({p: r.cluster for p, r in found.items()}).rename_axis(columns=periods.name)
    quadrants = pd.DataFrame({p: r.quadrant for p, r in found.items()}).rename_axis(columns=periods.name)
    before, after = clusters.iloc[:, :-1].to_numpy().ravel(), clusters.iloc[:, 1:].to_numpy().ravel()
    moves = pd.crosstab(pd.Series(before, name="from"), pd.Series(after, name="to"))
    order = [c for c in ("HH", "LL", "LH", "HL", "not significant", "isolate", "undefined") if c in {*before, *after}]
    return TransitionsResult(
        clusters=clusters,
        quadrants=quadrants,
        transitions=moves.reindex(index=order, columns=order, fill_value=0),
        alpha=alpha,
        recipes=recipes_of(matrices, periods),
        p_value=tests.p_value.rename_axis(columns=periods.name),
        p_adjusted=tests.p_adjusted.rename_axis(columns=periods.name),
        p_joint=tests.p_joint.rename_axis(columns=periods.name),
        any_period=tests.any_period(),
        inference=tests.inference,
        seed=seed,
        note=tests.note,
    )
