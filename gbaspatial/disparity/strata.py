"""Tiers that data show, and how far they are those that somebody gave."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import factorial, prod
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
from scipy.cluster.vq import kmeans2

from gbaspatial.alignment import align, align_frame, align_labels, check_units
from gbaspatial.disparity.agreement import adjusted_rand, ways_to_give_out
from gbaspatial.disparity.regionalization import check_floor, check_parts, most_regions, pruned_tree
from gbaspatial.errors import DataError, OptionError, some
from gbaspatial.inference.null import check_draws, monte_carlo_p
from gbaspatial.inference.ordering import by_label
from gbaspatial.inference.permutation import orders
from gbaspatial.options import public, unused, whole
from gbaspatial.progress import shows_progress, track
from gbaspatial.randomness import Rng, seed_of, stream
from gbaspatial.referee import code as _code, second_opinion as _second_opinion
from gbaspatial.results import Result, Table
from gbaspatial.sizes import GROUP_WAYS_LIMIT, TOLD_PARTS
from gbaspatial.weights import Weights

if TYPE_CHECKING:
    from gbaspatial.weights.annotations import WeightsLike

Method = Literal["fisher_jenks", "head_tail", "k_means", "max_p", "skater"]
_TOGETHER = ("max_p", "skater")  # tiers that lie together by W
_SEVERAL = ("k_means", *_TOGETHER)  # of several variables
_STARTS = 50
_TIE = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class TiersResult(Result):
    """Tiers found in data, from 1, the highest.

    Attributes
    ----------
    tiers : pandas.Series, length n
    table : pandas.DataFrame
        By tier: `units`, and the mean, lowest and highest value (the mean of each variable for several).
    explained : float
        Share of the variance that is between tiers.
    adjusted_rand, expected, p_value : float
        Agreement with the tiers given (one: the same groups; zero: as by chance), its mean over all ways to give the
        same tiers to the units, and the share of ways that agree at least as well. NaN without tiers given.
    null : numpy.ndarray
        The agreement in each of these ways.
    inference : str
        "exact" over all ways, or "permutation" over draws of them; "none" without tiers given.
    cross : pandas.DataFrame
        Units by tier found and tier given.
    values : pandas.DataFrame, shape (n, p)
        What was grouped.
    weights : Weights or None
        Of tiers that lie together.
    method : str
        How they were found.
    k : int
        Tiers.
    draws : int
        Draws of tiers at random.
    seed : int or None
        Seed of the draws.
    n : int
        Units.
    recipe : str or None
        How the weights were made, of tiers that hang together.
    """

    tiers: pd.Series
    table: pd.DataFrame
    explained: float
    adjusted_rand: float
    expected: float
    p_value: float
    null: np.ndarray
    inference: str
    cross: pd.DataFrame
    method: str
    k: int
    draws: int
    seed: int | None
    n: int
    recipe: str | None = None
    values: pd.DataFrame = field(default_factory=pd.DataFrame)
    weights: Weights | None = None

    second_opinion = _second_opinion
    code = _code

    def tables(self) -> tuple[Table, ...]:
        """The tiers, and how they cross with those given."""
        notes = [f"{self.n} units, {self.method}; {100 * self.explained:.1f} % of the variance is between tiers."]
        if len(self.table) < self.k:
            notes.append(f"The data show {len(self.table)} tiers of the {self.k} asked for.")
        if self.recipe is not None:
            notes.append(f"Tiers lie together by {self.recipe}; a search that does not promise the best there is.")
        first = Table(self.table, "Tiers", tuple(notes))
        units = Table(self.tiers.to_frame(), "Tier by unit")
        if self.inference == "none":
            return first, units
        how = "all ways" if self.inference == "exact" else f"{self.draws} draws, seed {self.seed}"
        told = (
            f"Adjusted Rand index {self.adjusted_rand:.3f} (by chance {self.expected:.3f}, 95 % of ways at most "
            f"{np.quantile(self.null, 0.95):.3f}); p {self.p_value:.4g} ({how}, greater)."
        )
        return first, Table(self.cross, "Tiers found (rows) and given (columns)", (told,)), units


@shows_progress
@public
def tiers(
    values: pd.Series | pd.DataFrame,
    k: int = 3,
    *,
    method: Method = "fisher_jenks",
    w: WeightsLike | None = None,
    floor: int | None = None,
    given: pd.Series | None = None,
    draws: int = 9999,
    rng: Rng = None,
    progress: bool | None = None,
) -> TiersResult:
    """Group units into tiers by their values, and compare with tiers given.

    Parameters
    ----------
    values : pandas.Series or pandas.DataFrame, length n
        One variable, or several for "k_means", "max_p" and "skater" (each is divided by its standard deviation).
    k : int
        Number of tiers; for "head_tail" and "max_p" the most there may be.
    method : {"fisher_jenks", "head_tail", "k_means", "max_p", "skater"}
        "fisher_jenks": least squares within tiers, exactly. "head_tail": split at the mean, and the part above it
        again, as long as it is the smaller part. "k_means": least squares of several variables, the best of fifty
        starts; of one variable that is "fisher_jenks". The other two find tiers that lie together by `w`, through
        spopt, and neither promises the best there is. "skater": the spanning tree of least differences, cut where most
        squares go. "max_p": as many tiers of `floor` units as there can be, then units exchanged until they are alike.
    w : Weights, optional
        For "max_p" and "skater": who is linked, in either direction; every unit must be reached from every other.
    floor : int, optional
        For "max_p" and "skater": the fewest units of a tier. By default 1 for "skater", and for "max_p" the fewest that
        leave at most `k` tiers.
    given : pandas.Series, length n, optional
        Tiers to compare with.
    draws : int
        Used where there are more than 50,000 ways to give out the tiers; else all are looked at.
    rng : int, numpy.random.Generator or None
    progress : bool, optional
        Whether to say how far long work has come; by default on a terminal only.

    Returns
    -------
    TiersResult

    Raises
    ------
    DataError
        If there are fewer different values than tiers, "head_tail" finds no smaller part above the mean, or units are
        not reached by `w`.
    OptionError
        If several variables come with "fisher_jenks" or "head_tail", "max_p" or "skater" come without `w`, or tiers of
        `floor` units are not to be had.
    MissingPackageError
        If spopt is not installed: ``pip install 'gbaspatial[regions]'``.

    References
    ----------
    Fisher, W. D. (1958). On grouping for maximum homogeneity. Journal of the American Statistical Association 53,
    789-798. Jiang, B. (2013). Head/tail breaks: a new classification scheme for data with a heavy-tailed distribution.
    The Professional Geographer 65(3), 482-494. Hubert, L. and Arabie, P. (1985). Comparing partitions. Journal of
    Classification 2, 193-218. Assuncao, R. M., Neves, M. C., Camara, G. and da Costa Freitas, C. (2006). Efficient
    regionalization techniques for socio-economic geographical units using minimum spanning trees. International Journal
    of Geographical Information Science 20, 797-811. Duque, J. C., Anselin, L. and Rey, S. J. (2012). The max-p-regions
    problem. Journal of Regional Science 52, 397-419.

    Examples
    --------
    >>> gdp = pd.Series([9.0, 8.0, 2.0, 1.5, 5.0], list("abcde"))
    >>> found = tiers(gdp, given=pd.Series([1, 1, 3, 3, 2], gdp.index))
    >>> found.tiers.tolist(), found.adjusted_rand, round(found.p_value, 4)
    ([1, 1, 3, 3, 2], 1.0, 0.0667)
    """
    k = whole(k, "k", least=2)
    check_draws(draws)
    check_units(values.index)
    near = _near(w, floor, method)
    ids = values.index.sort_values() if near is None else near.ids
    frame = _frame_of(values, ids, method)
    seed = seed_of(rng)
    scaled = _scaled(frame, k)
    found = _found(scaled, k, method, seed) if near is None else _together(scaled, k, method, seed, near, floor)
    agreement = _agreement(
        found, None if given is None else align_labels(given, ids, "given tiers", "values"), draws, seed
    )
    named = pd.Series(found, ids, name="tier")
    within = sum(((scaled[found == tier] - scaled[found == tier].mean(axis=0)) ** 2).sum() for tier in np.unique(found))
    return TiersResult(
        tiers=named.reindex(values.index),
        table=_table(frame, named),
        explained=float(1 - within / ((scaled - scaled.mean(axis=0)) ** 2).sum()),
        cross=pd.DataFrame()
        if given is None
        else pd.crosstab(named, align_labels(given, ids, "given tiers", "values"), colnames=["given"]),
        method=method,
        k=k,
        n=len(ids),
        recipe=None if near is None else str(near.recipe),
        values=frame,
        weights=near,
        **agreement,
    )


def _near(w: WeightsLike | None, floor: int | None, method: str) -> Weights | None:
    """W of a method whose tiers lie together, by label; None of the others."""
    if method not in _TOGETHER:
        unused({"w": w, "floor": floor}, f"they belong to {some([f'method={name!r}' for name in _TOGETHER])}")
        return None
    if w is None:
        raise OptionError(f"method={method!r} finds tiers that lie together; give it the W that says what does, as w=.")
    near = by_label(w)
    check_parts(near)
    return near


def _frame_of(values: pd.Series | pd.DataFrame, ids: pd.Index, method: str) -> pd.DataFrame:
    """`values` in the order of `ids`, as a frame."""
    if isinstance(values, pd.Series):
        return pd.DataFrame({values.name or "value": align(values, ids)}, ids)
    if values.shape[1] > 1 and method not in _SEVERAL:
        raise OptionError(f'method="{method}" is for one variable; use method="k_means" for several.')
    return align_frame(values, ids).astype(float)


def _scaled(frame: pd.DataFrame, k: int) -> np.ndarray:
    """The variables (n, p) with mean zero and standard deviation one."""
    if len(frame) < k:
        raise DataError(f"{len(frame)} units do not make {k} tiers; use a smaller k.")
    flat = frame.columns[np.ptp(frame.to_numpy(), axis=0) == 0]
    if len(flat):
        raise DataError(f"{some(flat)} has the same value for all units, which makes no tiers; leave it out.")
    different = len(np.unique(frame.to_numpy(), axis=0))
    if different < k:
        raise DataError(f"{different} different values do not make {k} tiers; use a smaller k.")
    x = frame.to_numpy() / np.abs(frame.to_numpy()).max(axis=0)
    return (x - x.mean(axis=0)) / x.std(axis=0)


def _found(x: np.ndarray, k: int, method: str, seed: int) -> np.ndarray:
    """The tier (n,) of each row of `x` (n, p), 1 is the highest by the mean of the variables."""
    if method == "head_tail":
        groups = _head_tail(x[:, 0], k)
    elif x.shape[1] == 1:
        groups = _fisher_jenks(x[:, 0], k)
    else:
        groups = _k_means(x, k, seed)
    return _from_the_top(groups, x)


def _together(x: np.ndarray, k: int, method: str, seed: int, w: Weights, floor: int | None) -> np.ndarray:
    """The tier (n,) of each row of `x` (n, p), of units that lie together."""
    least = 1 if method == "skater" else w.n // (k + 1) + 1
    least = least if floor is None else whole(floor, "floor", least=1)
    check_floor(least, k, w.n, method)
    found = pruned_tree(x, w, k, least) if method == "skater" else most_regions(x, w, least, seed)
    return _from_the_top(found, x)


def _from_the_top(groups: np.ndarray, x: np.ndarray) -> np.ndarray:
    """`groups` (n,) numbered from 1, the highest by the mean of the variables."""
    level = np.array([x[groups == group].mean() for group in range(groups.max() + 1)])
    return (np.argsort(np.argsort(-level, kind="stable")) + 1)[groups]


def _fisher_jenks(x: np.ndarray, k: int) -> np.ndarray:
    """Groups (n,) from 0, the lowest, with least squares within them: dynamic programming over different values."""
    different, place, count = np.unique(x, return_inverse=True, return_counts=True)
    weight, first, second = (np.r_[0, np.cumsum(count * different**power)] for power in (0, 1, 2))
    m = len(different)
    stop, start = np.arange(1, m + 1)[:, None], np.arange(m)[None, :]
    with np.errstate(divide="ignore", invalid="ignore"):
        squares = second[stop] - second[start] - (first[stop] - first[start]) ** 2 / (weight[stop] - weight[start])
    cost = np.where(start < stop, np.maximum(squares, 0), np.inf)  # of a group from `start` to before `stop`
    best, begins = cost[:, 0], []
    for _ in range(k - 1):
        total = np.r_[np.inf, best[:-1]][None, :] + cost
        begins.append(total.argmin(axis=1))
        best = total.min(axis=1)
    groups, end = np.zeros(m, dtype=int), m
    for group in range(k - 1, 0, -1):
        begin = int(begins[group - 1][end - 1])
        groups[begin:end] = group
        end = begin
    return groups[place]


def _head_tail(x: np.ndarray, k: int) -> np.ndarray:
    """Groups (n,) from 0, the tail."""
    groups = np.zeros(len(x), dtype=int)
    inside = np.ones(len(x), dtype=bool)
    for group in range(1, k):
        head = inside & (x > x[inside].mean())
        if not head.any() or head.sum() > inside.sum() / 2:
            break
        groups[head] = group
        inside = head
    if not groups.any():
        raise DataError('more than half of the units are above the mean: no heavy tail; use method="fisher_jenks".')
    return groups


def _k_means(x: np.ndarray, k: int, seed: int) -> np.ndarray:
    """Groups (n,) from 0: the least squares of fifty starts."""
    best, least = None, np.inf
    for start in range(_STARTS):
        _, groups = kmeans2(x, k, minit="++", iter=100, missing="warn", rng=stream(seed, start))
        if len(np.unique(groups)) < k:
            continue
        within = sum(((x[groups == g] - x[groups == g].mean(axis=0)) ** 2).sum() for g in range(k))
        if within < least * (1 - _TIE):
            best, least = groups, within
    if best is None:
        raise DataError(f"no start led to {k} tiers that all have units; use a smaller k.")
    return best


def _table(frame: pd.DataFrame, named: pd.Series) -> pd.DataFrame:
    """What each tier holds."""
    by = frame.groupby(named)
    units = by.size().rename("units").to_frame()
    if frame.shape[1] > 1:
        return units.join(by.mean().add_prefix("mean "))
    column = by[frame.columns[0]]
    return units.assign(mean=column.mean(), lowest=column.min(), highest=column.max())


def _agreement(found: np.ndarray, given: np.ndarray | None, draws: int, seed: int) -> dict[str, Any]:
    """The adjusted Rand index, and its null distribution over ways to give out the same tiers."""
    if given is None:
        blank = dict.fromkeys(("adjusted_rand", "expected", "p_value"), np.nan)
        return {**blank, "null": np.empty(0), "inference": "none", "draws": 0, "seed": seed}
    labels, codes = np.unique(given, return_inverse=True)
    if len(labels) in (1, len(codes)):
        raise DataError("the tiers given are one, or one for each unit, so that there is nothing to agree on.")
    sizes = np.bincount(codes)
    exact = factorial(len(codes)) // prod(factorial(int(size)) for size in sizes) <= GROUP_WAYS_LIMIT
    ways = ways_to_give_out(sizes.tolist(), len(codes)) if exact else codes[orders(len(codes), draws, seed)]
    observed = adjusted_rand(found, codes)
    parts = track(np.array_split(ways, min(len(ways), TOLD_PARTS)), "ways to give out the tiers")
    null = np.concatenate([_rand_of_all(found, part) for part in parts])
    at_least = int((null >= observed - _TIE).sum())
    return {
        "adjusted_rand": observed,
        "expected": float(null.mean()),
        "p_value": at_least / len(null) if exact else float(monte_carlo_p(at_least, draws)),
        "null": null,
        "inference": "exact" if exact else "permutation",
        "draws": 0 if exact else draws,
        "seed": seed,
    }


def _rand_of_all(found: np.ndarray, ways: np.ndarray) -> np.ndarray:
    """The adjusted Rand index of `found` (n,) with each row of `ways` (m, n)."""
    inside = (found[:, None] == np.unique(found)).astype(float)
    cells = np.stack([(ways == group).astype(float) @ inside for group in range(ways.max() + 1)])
    both = (cells * (cells - 1) / 2).sum(axis=(0, 2))
    rows, columns = inside.sum(axis=0), np.bincount(ways[0]).astype(float)
    a, b = ((sizes * (sizes - 1) / 2).sum() for sizes in (rows, columns))
    expected = a * b / (len(found) * (len(found) - 1) / 2)
    most = (a + b) / 2
    return np.ones(len(ways)) if most == expected else (both - expected) / (most - expected)
