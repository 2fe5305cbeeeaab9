"""Equal keys, and pairs of members in a common group: arrays only.

Few keys are sorted by NumPy. For many a compiled hash table is several times quicker, in
time linear in their number; loading the compiler takes almost half a second, once in a
process, so that it must be many more where nothing else has loaded it. Both ways give the
same pairs, and so does every W made of them.
"""

from __future__ import annotations

import sys

import numpy as np
from scipy import sparse

MANY, MANY_LOADED = 300_000, 6_000  # keys, where the compiler is to be loaded and where it is
_NO_PAIRS = np.empty(0, dtype=np.int64)


def numbered(keys: np.ndarray) -> np.ndarray:
    """A number for each distinct row of `keys`.

    Parameters
    ----------
    keys : numpy.ndarray of uint64, shape (m, 2)

    Returns
    -------
    numpy.ndarray of int32, shape (m,)
        Counted from zero, in no order to rely on.

    Examples
    --------
    >>> number = numbered(np.array([[1, 2], [3, 4], [1, 2]], dtype=np.uint64))
    >>> bool(number[0] == number[2]), sorted(set(number.tolist()))
    (True, [0, 1])
    """
    return numbered_by_hash(keys) if are_many(len(keys)) else numbered_by_sorting(keys)


def shared_pairs(group: np.ndarray, member: np.ndarray, n: int) -> np.ndarray:
    """Pairs of different members in a common group.

    Parameters
    ----------
    group : numpy.ndarray of int32, shape (v,)
    member : numpy.ndarray of int32, shape (v,)
        Ascending, below n.
    n : int

    Returns
    -------
    numpy.ndarray
        Each pair once, as the code i * n + j with i < j, sorted.

    Examples
    --------
    >>> group, member = np.array([[0, 1, 0, 1, 1], [0, 0, 1, 1, 2]], dtype=np.int32)
    >>> shared_pairs(group, member, 3).tolist()
    [1, 2, 5]
    """
    if are_many(len(group)):
        return shared_pairs_by_marking(group, member, n)
    return distinct(pairs_in_groups(group, member, n)[0])


def are_many(count: int, loaded: int = MANY_LOADED) -> bool:
    """Whether so many keys are worth compiled loops; `loaded` is the bar where the compiler is there."""
    return count > (loaded if "numba" in sys.modules else MANY)


def numbered_by_hash(keys: np.ndarray) -> np.ndarray:
    """`numbered`, compiled."""
    from gbaspatial.weights.touch.corner_loops import number_keys

    bits = (5 * len(keys) // 4).bit_length()  # so that at least a fifth of the slots stays free
    number = np.empty(len(keys), dtype=np.int32)
    number_keys(keys, np.full(1 << bits, -1, dtype=np.int32), np.uint64(64 - bits), number)
    return number


def numbered_by_sorting(keys: np.ndarray) -> np.ndarray:
    """`numbered`, by sorting hashes.

    The place is packed into the low bits of its hash, because sorting numbers is several
    times faster than finding the order that sorts them.
    """
    a, b = keys.T
    bits = np.uint64(len(keys).bit_length())
    mixed = _mixed(a, b)
    packed = (mixed >> bits << bits) | np.arange(len(mixed), dtype=np.uint64)
    packed.sort()
    order = (packed & ((np.uint64(1) << bits) - np.uint64(1))).astype(np.intp)
    new = _steps(a[order]) | _steps(b[order])
    if (new[1:] & ~_steps(packed >> bits)[1:]).any():  # different keys of one hash may lie mixed with each other
        order = np.lexsort((b, a))
        new = _steps(a[order]) | _steps(b[order])
    number = np.empty(len(order), dtype=np.int32)
    number[order] = np.cumsum(new, dtype=np.int32) - np.int32(1)
    return number


def shared_pairs_by_marking(group: np.ndarray, member: np.ndarray, n: int) -> np.ndarray:
    """`shared_pairs`, compiled."""
    from gbaspatial.weights.touch.corner_loops import smaller_partners, turned

    sizes = np.bincount(group)
    latest, seen = np.full(len(sizes), -1, dtype=np.int32), np.full(n, -1, dtype=np.int32)
    out = np.empty(sizes @ (sizes - 1) // 2, dtype=np.int32)  # memory that is not needed is never touched
    end = np.zeros(n, dtype=np.int64)
    smaller = out[: smaller_partners(group, member, latest, np.empty(len(group), dtype=np.int32), seen, end, out)]
    np.maximum.accumulate(end, out=end)  # a member without a group has found nothing
    codes = np.empty(len(smaller), dtype=np.int64)
    turned(smaller, end, np.zeros(n + 1, dtype=np.int64), codes)
    return codes


def pairs_in_groups(group: np.ndarray, member: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of different members in a common group, with repetitions.

    Parameters
    ----------
    group : numpy.ndarray of int, shape (v,)
    member : numpy.ndarray of int, shape (v,)
    n : int
        Members are below n.

    Returns
    -------
    numpy.ndarray, numpy.ndarray
        The pairs as codes i * n + j with i < j, and where in `group` each was found.

    Examples
    --------
    >>> pairs_in_groups(np.array([0, 0, 1, 1]), np.array([2, 0, 0, 1]), 3)[0].tolist()
    [2, 1]
    """
    order = _grouped(group)[1]
    group, member = group[order], member[order].astype(np.int64)
    codes, found = [_NO_PAIRS], [_NO_PAIRS]
    left = np.arange(max(len(group) - 1, 0))
    step = 1
    while len(left):
        left = left[: np.searchsorted(left, len(group) - step)]
        left = left[group[left] == group[left + step]]
        a, b = member[left], member[left + step]
        differ = a != b
        codes.append((np.minimum(a, b) * n + np.maximum(a, b))[differ])
        found.append(order[left[differ]])
        step += 1
    return np.concatenate(codes), np.concatenate(found)


def distinct(codes: np.ndarray) -> np.ndarray:
    """The different `codes`, sorted (sorting beats the hash table of numpy.unique several times here)."""
    if len(codes) < 2:
        return codes
    ordered = np.sort(codes)
    return ordered[_steps(ordered)]


def sums(place: np.ndarray, values: np.ndarray, n: int) -> np.ndarray:
    """Sums (n,) of the `values` (m,) of each place (m,), to the last bit the same in whatever order they come.

    Examples
    --------
    >>> sums(np.array([0, 1, 0]), np.array([0.25, 2.0, 0.5]), 3).tolist()
    [0.75, 2.0, 0.0]
    """
    order = np.argsort(values)
    return np.bincount(place[order], values[order], minlength=n)


def _grouped(group: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where each group starts and what sorts `group` (v,), stably: SciPy's change of format is a counting sort."""
    v, groups = len(group), int(group.max(initial=-1)) + 1
    if v == 0:
        return np.zeros(1, dtype=np.int32), np.empty(0, dtype=np.int32)
    columns = sparse.csc_array((np.ones(v, dtype=np.int8), group, np.arange(v + 1)), shape=(groups, v))
    rows = columns.tocsr()
    return rows.indptr, rows.indices


def _steps(ordered: np.ndarray) -> np.ndarray:
    """Whether each value differs from the one before it; the first one does."""
    new = np.ones(len(ordered), dtype=bool)
    new[1:] = ordered[1:] != ordered[:-1]
    return new


def _mixed(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """A 64-bit hash of pairs; equal pairs are then confirmed by comparison."""
    mixed = a * np.uint64(0x9E3779B97F4A7C15)
    mixed ^= mixed >> np.uint64(32)
    mixed += b * np.uint64(0xC2B2AE3D27D4EB4F)
    mixed ^= mixed >> np.uint64(29)
    mixed *= np.uint64(0x9E3779B97F4A7C15)
    return mixed
