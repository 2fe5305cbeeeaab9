"""Local statistics of several periods at once: the histories of the units are exchanged, whole.

Whatever is drawn for the neighbors of a unit is drawn in every period alike, so that what persists in the values
persists in the draws. The smallest of T p-values of a unit is then compared with what it is by chance (step-down
min-p, `multiple.adjust_among`); periods that are alike count once. Arrays only.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import comb, perm

import numpy as np

from gbaspatial.inference.conditional import LocalSums, shared_draws
from gbaspatial.inference.local_exact import TIE, arrangements, subsets
from gbaspatial.inference.multiple import adjust_among
from gbaspatial.inference.null import Alternative, check_draws
from gbaspatial.progress import track

_MOST_LISTS = 60_000  # listing them takes about as long as 9,999 draws


def joint_local_p(
    periods: Sequence[LocalSums], draws: int, seed: int, alternative: Alternative = "two-sided"
) -> np.ndarray:
    """p-values (n, T) of local statistics, adjusted for the T periods of each unit; exact where lists are few.

    Parameters
    ----------
    periods : sequence of LocalSums
        Of the same n units in the same order, one a period.
    draws, seed : int
        Random lists of units, the same in all periods.
    alternative : {"two-sided", "greater", "less"}

    Returns
    -------
    numpy.ndarray, shape (n, T)
        NaN where a unit has no neighbors in a period (or none but itself).

    References
    ----------
    Westfall, P. H. and Young, S. S. (1993). Resampling-Based Multiple Testing: Examples and Methods for p-Value
    Adjustment. Wiley (step-down min-p).

    Examples
    --------
    >>> from scipy import sparse
    >>> ring = sparse.csr_array(np.roll(np.eye(9), 1, axis=1) + np.roll(np.eye(9), -1, axis=1))
    >>> x = np.array([[9.0, 8, 7, 1, 2, 3, 1, 2, 3]])
    >>> alike = [LocalSums(ring, x, np.ones((1, 9)))] * 2
    >>> joint_local_p(alike[:1], 999, 1)[1].round(3).tolist(), joint_local_p(alike, 999, 1)[1].round(3).tolist()
    ([0.071], [0.071, 0.071])
    """
    reach = [_reach(periods, unit) for unit in range(periods[0].W.shape[0])]
    everyone = periods[0].everyone
    n, width = len(reach), max(len(units) for units in reach) + (0 if everyone else 1)
    lists = shared_draws(n, min(n, width), check_draws(draws), seed)
    p = np.full((n, len(periods)), np.nan)
    for unit in track(range(n), "units"):
        units = reach[unit]
        if len(units) == 0:
            continue
        drawn = _every_list(periods, unit, units)
        sampled = drawn is None
        if drawn is None:
            drawn = lists[:, : len(units)] if everyone else others(lists, unit, len(units))
        values = np.column_stack([_observed_and_drawn(sums, unit, units, drawn) for sums in periods])
        p[unit] = adjust_among(values, alternative, sampled=sampled)
    return p


def _every_list(periods: Sequence[LocalSums], unit: int, reach: np.ndarray) -> np.ndarray | None:
    """Every list of units (m, k) that can take the places of `reach`, but `reach` itself; None if they are too many."""
    n, k = periods[0].W.shape[0], len(reach)
    free = np.arange(n) if periods[0].everyone else np.delete(np.arange(n), unit)
    alike = all(_is_even(sums, unit, k) for sums in periods)  # then the order within a list does not matter
    if (comb if alike else perm)(len(free), k) > _MOST_LISTS:
        return None
    lists = free[(subsets if alike else arrangements)(len(free), k)]
    return lists[(lists != reach).any(axis=1)]


def _is_even(sums: LocalSums, unit: int, k: int) -> bool:
    """Whether `unit` has `k` neighbors of equal weight, or none."""
    weights = sums.W.data[sums.W.indptr[unit] : sums.W.indptr[unit + 1]]
    return len(weights) == 0 or (len(weights) == k and bool(np.ptp(weights) <= 1e-12 * np.abs(weights).max()))


def _reach(periods: Sequence[LocalSums], unit: int) -> np.ndarray:
    """The neighbors of `unit` in any period, sorted."""
    rows = [sums.W.indices[sums.W.indptr[unit] : sums.W.indptr[unit + 1]] for sums in periods]
    return np.unique(np.concatenate(rows))


def others(lists: np.ndarray, unit: int, width: int) -> np.ndarray:
    """The first `width` units of each of `lists` (m, at least width + 1) that are not `unit`.

    Examples
    --------
    >>> others(np.array([[0, 1, 2], [2, 1, 0], [1, 2, 0]]), 1, 2).tolist()
    [[0, 2], [2, 0], [2, 0]]
    """
    passed = np.cumsum(lists[:, :width] == unit, axis=1)
    return np.take_along_axis(lists, np.arange(width) + passed, axis=1)


def _observed_and_drawn(sums: LocalSums, unit: int, reach: np.ndarray, drawn: np.ndarray) -> np.ndarray:
    """The statistic of `unit`, and behind it (m + 1,) that when each row of `drawn` takes the places of `reach`."""
    start, stop = sums.W.indptr[unit], sums.W.indptr[unit + 1]
    if start == stop:
        return np.full(len(drawn) + 1, np.nan)
    weights = np.zeros(len(reach))
    weights[np.searchsorted(reach, sums.W.indices[start:stop])] = sums.W.data[start:stop]
    values = sums.coefficients[:, unit] @ sums.channels
    found = np.append(values[reach] @ weights, values[drawn] @ weights)
    tie = TIE * float(np.abs(values).max() * np.abs(weights).sum())
    return np.where(np.abs(found - found[0]) <= tie, found[0], found)
