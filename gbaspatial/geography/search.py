"""The nearest of many places, and the pairs within a distance: exact, with ties settled by label, in linear memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gbaspatial.errors import OptionError, WeightsError
from gbaspatial.geography.places import Places

if TYPE_CHECKING:
    from scipy.spatial import cKDTree

TIE = 1e-9  # distances that differ by a smaller share are ties
MOST_LINKS = 200_000_000  # of a W that is still built: some 2.4 GB, and several times that on the way
_BYTES_OF_A_LINK = 12
_SLACK_OF_BAND = 1e-12  # a threshold that was measured as a distance includes that distance


def refuse_too_many(links: float, advice: str) -> None:
    """Raise `WeightsError` if W would have more links than memory is likely to hold."""
    if links > MOST_LINKS:
        raise WeightsError(
            f"W would have {links:,.0f} links, which take {links * _BYTES_OF_A_LINK / 2**30:,.1f} GiB, and several "
            f"times that to build; more than {MOST_LINKS:,} are refused: {advice}."
        )


def nearest_places(places: Places, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Places (n, k) of the k nearest neighbors of each unit, and their chords in km (n, k).

    The search is by straight lines through the earth, which order short distances as the
    geodesic does to about one part in 10^9; where the order at k could differ, or is a
    tie, geodesic distances and then labels decide.
    """
    n = places.n
    check_whole(k)
    check_two(places)
    if not 1 <= k < n:
        raise OptionError(f"k={k!r} neighbors cannot be had from {n} units; use 1 <= k <= {n - 1}.")
    refuse_too_many(n * k, "use a smaller k")
    tree = places.tree()
    more = min(k + 2, n)  # the unit itself, and one beyond to see whether k is decided
    columns = np.empty((n, k), dtype=np.int32)
    chords = np.empty((n, k))
    block = max(1, 2_000_000 // more)
    unsettled: list[np.ndarray] = []
    for start in range(0, n, block):
        rows = np.arange(start, min(start + block, n))
        chord, near = tree.query(places.space[rows], k=more, workers=-1 if n > 20_000 else 1)
        own = near == rows[:, None]
        own[~own.any(axis=1), -1] = True  # pushed out by coincident points
        keep = ~own
        near, chord = near[keep].reshape(len(rows), more - 1), chord[keep].reshape(len(rows), more - 1)
        columns[rows], chords[rows] = near[:, :k], chord[:, :k]
        if more - 1 > k:
            close = places.shortest(chord[:, k]) <= places.longest(chord[:, k - 1]) * (1 + TIE)
            unsettled.append(rows[close])
    if unsettled:
        _settle_ties(places, tree, np.concatenate(unsettled), columns, chords)
    return columns, chords


def check_whole(k: int) -> None:
    """Raise `OptionError` unless `k` is a whole number."""
    if not isinstance(k, (int, np.integer)) or isinstance(k, bool):
        raise OptionError(f"k={k!r} must be a whole number, such as k=4.")


def _settle_ties(places: Places, tree: cKDTree, rows: np.ndarray, columns: np.ndarray, chords: np.ndarray) -> None:
    k = columns.shape[1]
    ranks = places.ranks()
    asked = np.arange(places.n)
    if (chords[rows, -1] == 0).any():  # more points in one place than neighbors: their pairs would fill the memory
        asked = _first_of_each_place(places, ranks, k + 1)
        from scipy.spatial import cKDTree

        tree = cKDTree(places.space[asked])
    size = max(1, min(20_000, 2_000_000 // (k + 1)))
    for start in range(0, len(rows), size):
        part = rows[start : start + size]
        reach = places.longest(chords[part, -1]) * (1 + 2 * TIE) + 1e-12
        found = tree.query_ball_point(places.space[part], reach)
        focal = np.repeat(part, [len(f) for f in found])
        near = asked[np.concatenate([np.asarray(f, dtype=np.int64) for f in found])]
        focal, near = focal[near != focal], near[near != focal]
        distance = places.distance_km(focal, near)
        order = np.lexsort((ranks[near], rounded(distance), focal))
        focal, near = focal[order], near[order]
        first = np.searchsorted(focal, part)
        chosen = near[first[:, None] + np.arange(k)]
        columns[part] = chosen
        chords[part] = np.linalg.norm(places.space[chosen] - places.space[part][:, None, :], axis=2)


def _first_of_each_place(places: Places, ranks: np.ndarray, most: int) -> np.ndarray:
    """The units that are among the `most` first ones, by label, of those in the same place (sorted)."""
    order = np.lexsort((ranks, *places.space.T))
    first = np.append(True, (np.diff(places.space[order], axis=0) != 0).any(axis=1))
    start = np.maximum.accumulate(np.where(first, np.arange(places.n), 0))
    return np.sort(order[np.arange(places.n) - start < most])


def rounded(distance: np.ndarray) -> np.ndarray:
    """Distances to nine significant digits, so that ties are equal."""
    size = np.floor(np.log10(np.maximum(distance, 1e-300)))
    unit = 10.0 ** (size - 8)
    return np.where(distance <= 0, 0.0, np.round(distance / unit) * unit)


def check_two(places: Places) -> None:
    """Raise unless there are two units."""
    if places.n < 2:
        raise WeightsError("one unit has no neighbors at any distance.")


def smallest_threshold(places: Places) -> float:
    """The largest distance in km from a unit to its nearest neighbor."""
    check_two(places)
    columns, chords = nearest_places(places, 1)
    far = np.flatnonzero(places.longest(chords[:, 0]) >= places.shortest(chords.max()))
    return float(places.distance_km(far, columns[far, 0]).max())


def pairs_within(places: Places, threshold: float, measured: bool = True) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pairs i < j (m,) within `threshold` km (inclusive), and their distances (m,) if `measured`."""
    _refuse_too_many_pairs(places, threshold)
    if np.isinf(threshold):
        i, j = np.triu_indices(places.n, 1)
    else:
        reach = threshold * (1 + _SLACK_OF_BAND)
        pairs = places.tree().query_pairs(reach, output_type="ndarray")
        i, j = pairs[:, 0], pairs[:, 1]
    if measured:
        distance = places.distance_km(i, j)
        inside = distance <= threshold * (1 + _SLACK_OF_BAND)
        return i[inside], j[inside], distance[inside]
    chord = np.linalg.norm(places.space[i] - places.space[j], axis=1)
    inside = places.longest(chord) <= threshold
    doubtful = np.flatnonzero(~inside & (places.shortest(chord) <= threshold * (1 + _SLACK_OF_BAND)))
    inside[doubtful] = places.distance_km(i[doubtful], j[doubtful]) <= threshold * (1 + _SLACK_OF_BAND)
    return i[inside], j[inside], chord[inside]


def _refuse_too_many_pairs(places: Places, threshold: float) -> None:
    links = places.n * (places.n - 1.0)
    if links > MOST_LINKS and np.isfinite(threshold):
        tree, reach = places.tree(), threshold * (1 + _SLACK_OF_BAND)
        sample = places.space[:: max(1, places.n // 500)]  # counting for all would take as long as the search
        usual = tree.query_ball_point(sample, reach, return_length=True).mean() - 1
        links = float(tree.count_neighbors(tree, reach) - places.n) if 4 * usual * places.n > MOST_LINKS else 0.0
    refuse_too_many(links, "give a (smaller) threshold_km or bandwidth_km, or use nearest(k=)")
