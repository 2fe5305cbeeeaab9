"""How ranks move over time, within regions and between neighbors."""

from __future__ import annotations

from dataclasses import dataclass
from math import comb
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gbaspatial.alignment import align_labels, align_panel
from gbaspatial.disparity.neighbors import check_neighbors
from gbaspatial.errors import DataError, some
from gbaspatial.figures.transitions import rank_moves
from gbaspatial.inference.null import check_draws, monte_carlo_p, p_from_tails
from gbaspatial.inference.ordering import by_label
from gbaspatial.inference.permutation import over_orders
from gbaspatial.options import public
from gbaspatial.progress import shows_progress
from gbaspatial.randomness import Rng, seed_of
from gbaspatial.referee import code as _code, second_opinion as _second_opinion
from gbaspatial.results import Result, Table
from gbaspatial.weights import Weights

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, slots=True, eq=False)
class RankMobilityResult(Result):
    """Concordance of ranks between the first and the last period of a panel.

    Parameters
    ----------
    tau, p_value : float
        Kendall's tau-b and its two-sided p-value (exact for few units without ties).
    concordant, discordant : int
        Pairs of units that keep, or change, their order.
    spatial_tau, spatial_expected, spatial_p_value : float
        The same among neighbors, its mean over reassigned units and two-sided
        permutation p-value; NaN without `w`.
    theta : pandas.DataFrame
        By step of time: share of the rank changes that is between the groups (1: the
        groups move as blocks, 0: all changes cancel within groups), and the one-sided
        p-value that groups move more alike than random groups; empty without `groups`.
    local : pandas.DataFrame, length n
        By unit: `tau`, the share of all others with which it keeps its order less the share with which it changes it;
        with `w` the same among its neighbors, `neighbor_tau`, what it is on average for as many others, `expected`, and
        its two-sided `p_value`, exact over all sets of as many others (NaN for units without neighbors).
    ranks : pandas.DataFrame, shape (n, T)
        1 is the highest value; units with the same value share the mean of their ranks.
    values : pandas.DataFrame, shape (n, T)
    groups : pandas.Series or None
    weights : Weights or None
    n : int
        Units.
    draws : int
        Orders enumerated or drawn.
    seed : int or None
        Seed of the draws.
    span : pair
        The first and the last period.
    """

    tau: float
    p_value: float
    concordant: int
    discordant: int
    spatial_tau: float
    spatial_expected: float
    spatial_p_value: float
    theta: pd.DataFrame
    local: pd.DataFrame
    ranks: pd.DataFrame
    n: int
    draws: int
    seed: int | None
    span: tuple[object, object]
    values: pd.DataFrame
    groups: pd.Series | None
    weights: Weights | None

    second_opinion = _second_opinion
    code = _code

    def tables(self) -> tuple[Table, ...]:
        """Tau of all pairs and of neighbors; theta by step."""
        rows = {"all pairs": (self.tau, 0.0, self.p_value)}
        if not np.isnan(self.spatial_tau):
            rows["neighbors"] = (self.spatial_tau, self.spatial_expected, self.spatial_p_value)
        frame = pd.DataFrame.from_dict(rows, orient="index", columns=["tau", "expected", "p_value"]).rename_axis(
            "pairs"
        )
        notes = [f"{self.n} units, {self.span[0]} to {self.span[1]}; {self.concordant} pairs in the same order, "
                 f"{self.discordant} reversed."]  # fmt: skip
        if self.seed is not None:
            notes.append(f"Permutation p-values: {self.draws} draws, seed {self.seed}.")
        top = Table(frame.rename_axis("pairs"), "Rank concordance (Kendall's tau)", tuple(notes))
        local = Table(self.local, "Rank concordance of each unit with the others")
        return (
            (top, local, Table(self.theta, "Rank changes between groups (theta)")) if len(self.theta) else (top, local)
        )

    def plot(self, ax: Axes | None = None) -> Axes:
        """Ranks by period, a line for each unit."""
        return rank_moves(self, ax=ax)


@shows_progress
@public
def rank_mobility(
    panel: pd.Series,
    w: Weights | None = None,
    *,
    groups: pd.Series | None = None,
    draws: int = 999,
    rng: Rng = None,
    progress: bool | None = None,
) -> RankMobilityResult:
    """Kendall's tau between first and last period, among neighbors too, and of each unit; theta between groups.

    Parameters
    ----------
    panel : pandas.Series
        Numbers by unit and period (a balanced panel).
    w : Weights, optional
        Neighbors (only the links count, in either direction).
    groups : pandas.Series, optional
        A class of each unit, such as its tier.
    draws : int
        Random reassignments of units for the p-values of spatial tau and theta.
    rng : int, numpy.random.Generator or None
    progress : bool, optional
        True tells on standard error how far work over two seconds has come, False never; by default on a terminal.

    Returns
    -------
    RankMobilityResult

    Raises
    ------
    AlignmentError, MissingDataError
        If panel, weights and groups do not cover the same units, or a value is missing.
    DataError
        With fewer than two units, periods or groups, or where all units have the same value in the first or last
        period.

    References
    ----------
    Rey, S. J. (2004). Spatial dependence in the evolution of regional income distributions. In Getis, A., Mur, J. and
    Zoller, H. G. (eds.), Spatial Econometrics and Spatial Statistics, 194-213. Palgrave Macmillan. Rey, S. J. (2016).
    Space-time patterns of rank concordance: local indicators of mobility association. Annals of the AAG 106, 788-803.

    Examples
    --------
    >>> index = pd.MultiIndex.from_product([["a", "b", "c"], [2000, 2001]])
    >>> rank_mobility(pd.Series([1.0, 1.0, 2.0, 3.0, 3.0, 2.0], index=index)).concordant
    2
    """
    w = by_label(w) if w is not None else None
    ids = w.ids if w is not None else None
    values, periods = align_panel(panel, ids)
    if len(periods) < 2 or values.shape[1] < 2:
        raise DataError(f"rank mobility needs at least two units and two periods; periods: {some(periods)}.")
    draws = check_draws(draws)
    seed = seed_of(rng) if w is not None or groups is not None else None
    first, last = values[0], values[-1]
    for row, period in ((first, periods[0]), (last, periods[-1])):
        if np.ptp(row) == 0:
            raise DataError(f"all units have the same value in {period}; ranks need values that differ.")
    tau = _kendall(first, last)
    signs = (np.sign(np.subtract.outer(values, values)) for values in (first, last))
    agree = np.multiply(*signs)[np.triu_indices(len(first), 1)]
    near = _spatial_tau(first, last, w, seed, draws) if w is not None and seed is not None else (np.nan,) * 3
    units = panel.index.unique(0).sort_values() if ids is None else ids
    member = None if groups is None else align_labels(groups, units, "groups", "values")
    return RankMobilityResult(
        tau=float(tau.statistic),
        p_value=float(tau.pvalue),
        concordant=int((agree > 0).sum()),
        discordant=int((agree < 0).sum()),
        spatial_tau=near[0],
        spatial_expected=near[1],
        spatial_p_value=near[2],
        theta=_theta(values, member, periods, seed, draws)
        if member is not None and seed is not None
        else pd.DataFrame(),
        local=_local(first, last, units, w),
        ranks=pd.DataFrame(_ranks(-values).T, units, periods),
        n=values.shape[1],
        draws=draws,
        seed=seed,
        span=(periods[0], periods[-1]),
        values=pd.DataFrame(values.T, units, periods),
        groups=None if member is None else pd.Series(member, units, name="group"),
        weights=w,
    )


def neighbor_tau(first: np.ndarray, last: np.ndarray, a: np.ndarray, b: np.ndarray) -> float:
    """Tau-b over the pairs of units (a, b)."""
    dx, dy = np.sign(first[a] - first[b]), np.sign(last[a] - last[b])
    untied = np.sqrt((dx != 0).sum() * (dy != 0).sum())
    return float((dx * dy).sum() / untied) if untied else np.nan


def _spatial_tau(first: np.ndarray, last: np.ndarray, w: Weights, seed: int, draws: int) -> tuple[float, float, float]:
    links = (w.sparse + w.sparse.T).tocoo()
    a, b = links.coords
    a, b = a[a < b], b[a < b]
    check_neighbors(w)
    observed = neighbor_tau(first, last, a, b)
    if np.isnan(observed):  # no pair of neighbors is untied in both periods: there is nothing to test
        return np.nan, np.nan, np.nan
    sample = np.array(over_orders(lambda o: neighbor_tau(first[o], last[o], a, b), len(first), draws, seed))
    undefined = np.isnan(sample)  # counted in both tails, so that ties never make a p-value smaller
    upper = monte_carlo_p(((sample >= observed - 1e-12) | undefined).sum(), draws)
    lower = monte_carlo_p(((sample <= observed + 1e-12) | undefined).sum(), draws)
    return observed, float(sample[~undefined].mean()), float(p_from_tails(upper, lower, "two-sided"))


def _ranks(values: np.ndarray) -> np.ndarray:
    """Ranks of `values` (T, n) in each period, from 1, the lowest."""
    from scipy import stats  # a second to load, so only where it is used

    return np.asarray(stats.rankdata(values, axis=1))


def _local(first: np.ndarray, last: np.ndarray, units: pd.Index, w: Weights | None) -> pd.DataFrame:
    """Concordance of each unit with all others and, with `w`, with its neighbors."""
    signs = (np.sign(np.subtract.outer(values, values)) for values in (first, last))
    agree = np.multiply(*signs)
    with_all = agree.sum(axis=1) / (len(first) - 1)
    frame = pd.DataFrame({"tau": with_all}, index=units)
    if w is None:
        return frame
    rows = np.split(w.sparse.indices, w.sparse.indptr[1:-1])
    near = np.array([agree[i, row].mean() if len(row) else np.nan for i, row in enumerate(rows)])
    p = [_drawn_tail(np.delete(agree[i], i), int(agree[i, row].sum()), len(row)) for i, row in enumerate(rows)]
    return frame.assign(neighbor_tau=near, expected=np.where(np.isnan(near), np.nan, with_all), p_value=p)


def _drawn_tail(others: np.ndarray, total: int, k: int) -> float:
    """Two-sided p of the sum `total` of `k` of `others` (-1, 0 or 1), over all ways to take as many."""
    if k == 0:
        return np.nan
    same, changed = int((others > 0).sum()), int((others < 0).sum())
    tied, every = len(others) - same - changed, comb(len(others), k)
    ways = {
        (up, down): comb(same, up) * comb(changed, down) * comb(tied, k - up - down)
        for up in range(min(same, k) + 1)
        for down in range(min(changed, k - up) + 1)
    }
    upper = sum(count for (up, down), count in ways.items() if up - down >= total) / every
    lower = sum(count for (up, down), count in ways.items() if up - down <= total) / every
    return float(p_from_tails(upper, lower, "two-sided"))


def _kendall(first: np.ndarray, last: np.ndarray) -> Any:
    """Kendall's tau b of two vectors (n,), with its p-value."""
    from scipy import stats  # a second to load, so only where it is used

    return stats.kendalltau(first, last)


def _theta(values: np.ndarray, groups: np.ndarray, periods: pd.Index, seed: int, draws: int) -> pd.DataFrame:
    steps = np.diff(_ranks(values), axis=0)
    codes = pd.factorize(groups, sort=True)[0]
    if codes.max() == 0:
        raise DataError("all units are of one group, whose rank changes always sum to zero; leave groups= out.")
    total = np.abs(steps).sum(axis=1)
    if (total == 0).any():
        total = np.where(total == 0, np.nan, total)
    membership = np.eye(codes.max() + 1)[codes]

    def _share(order: np.ndarray | slice) -> np.ndarray:
        return np.abs(steps[:, order] @ membership).sum(axis=1) / total

    observed = _share(slice(None))
    count = sum(over_orders(lambda order: (_share(order) >= observed - 1e-12).astype(int), len(codes), draws, seed))
    p_value = np.where(np.isnan(observed), np.nan, monte_carlo_p(np.asarray(count), draws))
    return pd.DataFrame({"theta": observed, "p_value": p_value}, index=periods[1:].rename("to"))
