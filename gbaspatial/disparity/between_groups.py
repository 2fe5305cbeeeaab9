"""Is more of the inequality between groups than by chance? A permutation test, exact for few units."""

from __future__ import annotations

from dataclasses import dataclass
from math import factorial, prod
from typing import Literal

import numpy as np
import pandas as pd

from gbaspatial.alignment import align_labels
from gbaspatial.disparity.agreement import ways_to_give_out
from gbaspatial.disparity.inequality import shares_of
from gbaspatial.disparity.theil import theil
from gbaspatial.errors import DataError
from gbaspatial.inference.null import check_draws, monte_carlo_p
from gbaspatial.inference.permutation import orders
from gbaspatial.options import level_of, public, word
from gbaspatial.progress import shows_progress, track
from gbaspatial.randomness import GROUP_RESAMPLES, Rng, seed_of, stream
from gbaspatial.results import Result, Table, p_text
from gbaspatial.sizes import GROUP_WAYS_LIMIT, TIE_OF_SHARES, TOLD_PARTS


@dataclass(frozen=True, slots=True, eq=False)
class BetweenGroupsResult(Result):
    """The share of inequality that lies between groups.

    Attributes
    ----------
    share : float
        Of the total index, 0 to 1.
    expected : float
        Its mean over all ways to give out the same groups: above zero, and the more so the more groups there are.
    p_value : float
        The share of ways with as much between the groups; exact, or by random ways.
    lower, upper : float
        Bootstrap interval of the share: units drawn anew within their group.
    total, between : float
    inference : str
        ``"exact"`` or ``"permutation"``.
    draws, seed : int
    kind : str
        Which index.
    n : int
        Units.
    level : float
        Of the interval.
    smallest : int
        Units in the smallest group.
    """

    share: float
    expected: float
    p_value: float
    lower: float
    upper: float
    total: float
    between: float
    kind: str
    n: int
    inference: str
    draws: int
    seed: int
    level: float
    smallest: int

    def tables(self) -> tuple[Table, ...]:
        """The share with its interval and its test."""
        columns = ("total", "between", "share", "lower", "upper", "expected", "p_value")
        frame = pd.DataFrame({name: [getattr(self, name)] for name in columns}, index=[f"Theil {self.kind}"])
        how = "all ways" if self.inference == "exact" else f"{self.draws:,} random ways, seed {self.seed}"
        notes = [f"{self.inference}: {how} to give out the same groups; p {p_text(self.p_value)}, one-sided."]
        notes.append(f"{self.level:.0%} interval: {self.draws:,} samples of units within their groups.")
        if self.smallest < 5:
            notes.append(f"The smallest group has {self.smallest} units: too few for the interval to be trusted.")
        return (Table(frame.rename_axis("index"), f"Inequality between groups of {self.n} units", tuple(notes)),)


@shows_progress
@public
def between_groups(
    values: pd.Series,
    groups: pd.Series,
    population: pd.Series | None = None,
    *,
    kind: Literal["T", "L"] = "T",
    draws: int = 9_999,
    rng: Rng = 0,
    level: float = 0.95,
    progress: bool | None = None,
) -> BetweenGroupsResult:
    """Test whether more of the inequality lies between groups (tiers, sides of a border) than by chance.

    Parameters
    ----------
    values : pandas.Series, length n
        Amounts by unit (totals, if `population` is given).
    groups : pandas.Series, length n
        The group of each unit.
    population : pandas.Series, length n, optional
        People by unit, for inequality of the amount per head.
    kind : {"T", "L"}
        Theil's index.
    draws : int
        Random ways to give out the groups, where there are too many to list; and samples of the bootstrap.
    rng : int, Generator or None
        Seed; recorded.
    level : float
        Of the interval.
    progress : bool, optional
        True tells on standard error how far work over two seconds has come, False never; by default on a terminal.

    Returns
    -------
    BetweenGroupsResult

    Raises
    ------
    AlignmentError, MissingDataError, DataError
        If groups or people do not cover the units, or there is one group, or one for each unit.

    References
    ----------
    Shorrocks, A. F. and Wan, G. (2005). Spatial decomposition of inequality. Journal of Economic Geography 5(1), 59-81.

    Examples
    --------
    >>> income = pd.Series([9.0, 8.0, 3.0, 2.0, 1.0], index=list("abcde"))
    >>> side = pd.Series(list("xxyyy"), index=list("abcde"))
    >>> found = between_groups(income, side, draws=99)
    >>> round(found.p_value, 2), found.inference
    (0.1, 'exact')
    """
    word(kind, ("T", "L"), "kind")
    draws, seed, level = check_draws(draws), seed_of(rng), level_of(level)
    own = theil(values, population, groups=groups, kind=kind)
    s, p = shares_of(values, population)
    labels, codes = np.unique(align_labels(groups, values.index, "groups", "values"), return_inverse=True)
    if len(labels) in (1, len(codes)):
        raise DataError("the groups are one, or one for each unit, so that there is nothing between or within them.")
    if own.total == 0:
        raise DataError("all units are alike, so that there is no inequality to lie between groups.")
    sizes = np.bincount(codes)
    exact = factorial(len(codes)) // prod(factorial(int(size)) for size in sizes) <= GROUP_WAYS_LIMIT
    ways = ways_to_give_out(sizes.tolist(), len(codes)) if exact else codes[orders(len(codes), draws, seed)]
    parts = track(np.array_split(ways, min(len(ways), TOLD_PARTS)), "ways to give out the groups")
    null = np.concatenate([_between(s, p, part, kind) for part in parts]) / own.total
    assert own.between is not None
    share = own.between / own.total
    at_least = int((null >= share - TIE_OF_SHARES).sum())
    tail = (1 - level) / 2
    low, high = np.nanquantile(_resampled(s, p, codes, kind, draws, seed), [tail, 1 - tail])
    return BetweenGroupsResult(
        share=share, expected=float(null.mean()),
        p_value=at_least / len(null) if exact else float(monte_carlo_p(at_least, draws)),
        lower=float(low), upper=float(high), total=own.total, between=own.between, kind=kind, n=len(codes),
        inference="exact" if exact else "permutation", draws=draws, seed=seed, level=level, smallest=int(sizes.min()),
    )  # fmt: skip


def _between(s: np.ndarray, p: np.ndarray, ways: np.ndarray, kind: str) -> np.ndarray:
    """Theil's index between the groups of each way (m, n)."""
    total = np.zeros(len(ways))
    for group in range(int(ways.max()) + 1):
        inside = (ways == group).astype(float)
        a, b = (inside @ s, inside @ p) if kind == "T" else (inside @ p, inside @ s)
        with np.errstate(divide="ignore", invalid="ignore"):
            total += np.where(a > 0, a * np.log(a / b), 0.0)
    return total


def _resampled(s: np.ndarray, p: np.ndarray, codes: np.ndarray, kind: str, draws: int, seed: int) -> np.ndarray:
    """The share between groups (draws,) of samples of units within groups; NaN where one has no inequality."""
    picks = np.empty((draws, len(codes)), dtype=int)
    for group in range(int(codes.max()) + 1):
        inside = np.flatnonzero(codes == group)
        rng = stream(seed, GROUP_RESAMPLES, group)
        picks[:, inside] = inside[rng.integers(0, len(inside), (draws, len(inside)))]
    S, P = s[picks], p[picks]
    S, P = S / S.sum(axis=1, keepdims=True), P / P.sum(axis=1, keepdims=True)
    a, b = (S, P) if kind == "T" else (P, S)
    with np.errstate(divide="ignore", invalid="ignore"):
        total = np.where(a > 0, a * np.log(a / b), 0.0).sum(axis=1)
        between = np.zeros(draws)
        for group in range(int(codes.max()) + 1):
            one, two = a[:, codes == group].sum(axis=1), b[:, codes == group].sum(axis=1)
            between += np.where(one > 0, one * np.log(one / two), 0.0)
        return np.where(total > TIE_OF_SHARES, between / total, np.nan)
