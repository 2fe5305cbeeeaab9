"""The exact distribution of a statistic over all n! orders of its values.

Positions are cut into a prefix and a suffix of six. For each choice of the values that go
to the prefix, the statistic of every prefix order with every suffix order is one small
matrix product, in plain NumPy: it is there at once, for up to ten units. The 39,916,800 orders
of eleven units take an eighth of a second so, and a little less in a compiled loop, which adds up three
parts for each order: it serves where the compiler is loaded, or many tests are made. Both ways
give the same tails; mean and variance agree to round-off.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import combinations, count, islice, permutations
from math import comb, factorial

import numpy as np

from gbaspatial.errors import OptionError
from gbaspatial.inference.local_exact import TIE, arrangements, count_assignments, subsets
from gbaspatial.inference.moments import linear_moments
from gbaspatial.inference.null import Bars, Null
from gbaspatial.inference.permutation import threads
from gbaspatial.progress import Work

AUTO_UNITS = 11
MOST_UNITS = 12
MOST_GENERIC = 9
MOST_LINEAR = 13
MOST_PATTERNS = 2_000_000
_BINS = 16_384
_SUFFIX = 6
_ROWS = 8
_VALUES = 20_000  # taken in together
_KNOWN = 256  # nulls kept: two small matrices each
_COMPILED_UNITS = 11
_PLAIN_TESTS = 12  # of eleven units, before loading the compiler pays: half a second, or two the first time ever
_CHUNK = 40


@dataclass(slots=True)
class _Tally:
    """Running tails and moments of the values of all orders, and their histogram where it is asked for."""

    observed: float
    tie: float
    low: float
    high: float
    at_least: int = 0
    at_most: int = 0
    size: int = 0
    total: float = 0.0
    squares: float = 0.0
    counts: np.ndarray | None = None

    def add(self, values: np.ndarray) -> None:
        """Take in the statistic of some orders; `values` is used up."""
        values -= self.observed
        self.add_less(values)

    def add_less(self, values: np.ndarray) -> None:
        """The same of values less the observed one."""
        away = values.reshape(-1)
        self.at_least += int(np.count_nonzero(away >= -self.tie))
        self.at_most += int(np.count_nonzero(away <= self.tie))
        self.size += away.size
        self.total += float(away.sum())
        self.squares += float(np.einsum("i,i->", away, away))  # BLAS would start threads, which wait for each other
        if self.counts is None:
            return
        away *= _BINS / (self.high - self.low)
        away += (self.observed - self.low) * _BINS / (self.high - self.low)
        np.fmax(np.fmin(away, _BINS - 1, out=away), 0, out=away)  # quicker before than after the cast
        places = away.astype(np.intp)
        self.counts += np.bincount(places, minlength=_BINS)

    def null(self, count: Callable[[], np.ndarray]) -> Null:
        """What has been taken in, as a null distribution; `count` makes its histogram when somebody asks for it."""
        shift = self.total / self.size
        variance = max(self.squares / self.size - shift**2, 0.0)
        return Null(
            kind="exact",
            observed=self.observed,
            mean=self.observed + shift,
            variance=0.0 if np.sqrt(variance) <= self.tie else variance,
            upper=self.at_least / self.size,
            lower=self.at_most / self.size,
            size=self.size,
            bars=Bars(np.linspace(self.low, self.high, _BINS + 1), count),
        )


def check_orders(n: int) -> None:
    """Raise if `n` units have more orders than can be listed."""
    if n > MOST_UNITS:
        raise OptionError(
            f"inference='exact' lists all orders of the values, which goes to {MOST_UNITS} units (there are {n}); use "
            f"inference='permutation'."
        )


def pair_null(A: np.ndarray, B: np.ndarray) -> Null:
    """The exact distribution of T = sum_ij a_ij b_p(i)p(j) over all orders p; observed is p = identity.

    Parameters
    ----------
    A, B : numpy.ndarray, shape (n, n)
        Weights, scaled as the statistic wants, and comparisons of values; n is at most
        12 (12 takes some seconds). Diagonals do not count.

    Returns
    -------
    Null
        `mean` and `variance` are sums over all orders, not formulas.

    Examples
    --------
    >>> A = np.array([[0, 1, 0], [1, 0, 1], [0, 1, 0]])
    >>> x = np.array([1.0, 2.0, 4.0])
    >>> null = pair_null(A, np.multiply.outer(x, x))
    >>> null.size, round(null.mean, 6), null.observed, round(null.upper, 6)
    (6, 18.666667, 20.0, 0.666667)
    """
    n = len(A)
    check_orders(n)
    A, B = np.array(A, dtype=float), np.array(B, dtype=float)
    np.fill_diagonal(A, 0.0)
    np.fill_diagonal(B, 0.0)
    return _known_null(n, A.tobytes(), B.tobytes())


_counting: ContextVar[bool] = ContextVar("_counting", default=False)


@lru_cache(_KNOWN)
def _known_null(n: int, weights: bytes, values: bytes) -> Null:
    """The null of two matrices: years in which neither changed, or chapters that ask the same, are counted once."""
    A, B = (np.frombuffer(part).reshape(n, n) for part in (weights, values))
    tally = _all_orders(A, B, counted=_counting.get())
    null = tally.null(partial(_counts_of, A, B))
    if null.bars is not None and tally.counts is not None:
        null.bars.counts = tally.counts
    return null


@contextmanager
def histograms() -> Iterator[None]:
    """Let tests of all orders count their histograms with their tails, for who asks for quantiles of each anyway.

    Examples
    --------
    >>> A, x = np.diag(np.ones(2), 1), np.array([1.0, 2.0, 4.0])
    >>> with histograms():
    ...     null = pair_null(A, np.multiply.outer(x, x))
    >>> int(null.bars.counts.sum())
    6
    """
    token = _counting.set(True)
    try:
        yield
    finally:
        _counting.reset(token)


def _counts_of(A: np.ndarray, B: np.ndarray) -> np.ndarray:
    """The histogram over all orders, which tails and moments do without."""
    counts = _all_orders(A, B, counted=True).counts
    assert counts is not None
    return counts


def _all_orders(A: np.ndarray, B: np.ndarray, counted: bool = False) -> _Tally:
    n, tally = len(A), _tally(A, B)
    if counted:
        tally.counts = np.zeros(_BINS, dtype=np.int64)
    with Work("orders", factorial(n)) as work:
        if _is_compiled(n):
            _tally_all(tally, A, B, work)
        else:
            for away in _pair_values(A, B, tally.observed):
                work.advance(away.size)
                tally.add_less(away)
    return tally


_listed = count()  # tests of eleven units that this process has made


def _is_compiled(n: int) -> bool:
    """Whether so many units take the compiled loop, which a first test need not wait for."""
    if n != _COMPILED_UNITS or "numba" in sys.modules:
        return n >= _COMPILED_UNITS
    return next(_listed) >= _PLAIN_TESTS


def _tally_all(tally: _Tally, A: np.ndarray, B: np.ndarray, work: Work) -> None:
    """Take in all orders of eleven units and more."""
    from gbaspatial.inference.order_loops import tally_orders  # loads numba

    n = len(A)
    r = n - _SUFFIX
    every, front, back = subsets(n, r), arrangements(r, r), _halves()
    limits = np.array([tally.observed, tally.tie, tally.low, _BINS / (tally.high - tally.low)])
    counted = tally.counts is not None

    def _part(some: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        counts = np.zeros(_BINS if counted else 0, dtype=np.int64)
        tails, sums = np.zeros(2, dtype=np.int64), np.zeros(2)
        tally_orders(A, B, some, front, back, limits, counts, tails, sums)
        work.advance(len(some) * len(front) * len(back))
        return counts, tails, sums

    parts = [every[start : start + _CHUNK] for start in range(0, len(every), _CHUNK)]
    with ThreadPoolExecutor(threads()) as pool:  # the loop lets other threads run
        counts, tails, sums = (np.sum(found, axis=0) for found in zip(*pool.map(_part, parts), strict=True))
    if tally.counts is not None:
        tally.counts += counts
    tally.at_least, tally.at_most, tally.size = int(tails[0]), int(tails[1]), factorial(n)
    tally.total, tally.squares = float(sums[0]), float(sums[1])


def _halves() -> np.ndarray:
    """The 720 orders of six (720, 6): for each of 20 sets the 6 orders of its three, with the 6 orders of the rest."""
    return np.array(
        [
            first + last
            for chosen in combinations(range(_SUFFIX), 3)
            for first in permutations(chosen)
            for last in permutations([t for t in range(_SUFFIX) if t not in chosen])
        ]
    )


def _tally(A: np.ndarray, B: np.ndarray) -> _Tally:
    """A tally whose range holds every order: products of entries sorted alike and oppositely."""
    off = ~np.eye(len(A), dtype=bool)
    a, b = np.sort(A[off]), np.sort(B[off])
    low, high = float(a @ b[::-1]), float(a @ b)
    tie = TIE * (float(np.abs(A).sum() * np.abs(B).max(initial=0.0)) or 1.0)
    return _Tally(float((A * B).sum()), tie, low - tie, high + tie)


def _pair_values(A: np.ndarray, B: np.ndarray, observed: float) -> Iterator[np.ndarray]:
    """T less `observed` of all orders, prefix by suffix orders, in an array that the next ones write over."""
    n = len(A)
    s = min(_SUFFIX, (n + 1) // 2)
    r = n - s
    front, back, chosen = arrangements(r, r), arrangements(s, s), subsets(n, r)
    rest = np.nonzero((np.arange(n) != chosen[:, :, None]).all(axis=1))[1].reshape(-1, s)
    # of the positions that hold the u-th value: what its place in the prefix weighs with each place of the suffix
    place = np.argsort(front, axis=1)
    links = np.concatenate([A[:r, r:][place], A[r:, :r].T[place]], axis=1).transpose(0, 2, 1).reshape(-1, 2 * r)
    early, late = _within(A[:r, :r], B, front, chosen) - observed, _within(A[r:, r:], B, back, rest)
    values = np.empty((max(_ROWS, _VALUES // len(back)) + _ROWS, len(back)))
    placed = np.zeros((s * s + 2, len(back)))
    for q in range(s):
        placed[q * s + back[:, q], np.arange(len(back))] = 1.0
    placed[-2] = 1.0
    factor, full = np.ones((len(front), s * s + 2)), 0
    for some, others, base, added in zip(chosen, rest, early, late, strict=True):
        pairs = np.concatenate([B[some[:, None], others], B[others[:, None], some].T])
        factor[:, : s * s] = (links @ pairs).reshape(len(front), s * s)
        factor[:, -2], placed[-1] = base, added
        # a few rows at a time stay in cache, and below the size where BLAS starts threads
        for start in range(0, len(front), _ROWS):
            rows = factor[start : start + _ROWS]
            np.matmul(rows, placed, out=values[full : full + len(rows)])
            full += len(rows)
            if full > len(values) - _ROWS:  # several sets together: a call of NumPy has its price
                yield values[:full]
                full = 0
    yield values[:full]


def _within(A: np.ndarray, B: np.ndarray, orders: np.ndarray, sets: np.ndarray) -> np.ndarray:
    """sum_ij a_ij b_o(i)o(j) (c, m) over the values of each of `sets` (c, k), in each of `orders` (m, k)."""
    k = len(A)
    place = np.argsort(orders, axis=1)
    weights = A[place[:, :, None], place[:, None, :]].reshape(len(orders), k * k).T
    values = B[sets[:, :, None], sets[:, None, :]].reshape(len(sets), k * k)
    parts = [values[start : start + _ROWS] @ weights for start in range(0, len(values), _ROWS)]
    return np.concatenate(parts)  # few rows at a time: BLAS would start threads, which wait for each other


def two_class_null(A: np.ndarray, B: np.ndarray, ones: np.ndarray) -> Null:
    """`pair_null` where values take two levels only: all C(n, m) patterns stand for all n! orders.

    Parameters
    ----------
    A, B : numpy.ndarray, shape (n, n)
        As for `pair_null`; b_ij depends on the levels of i and j only.
    ones : numpy.ndarray of bool, shape (n,)
        The units on the second level.
    """
    A = np.array(A, dtype=float)
    np.fill_diagonal(A, 0.0)
    return _all_patterns(A, B, ones).null(partial(_pattern_counts, A, B, ones))


def _pattern_counts(A: np.ndarray, B: np.ndarray, ones: np.ndarray) -> np.ndarray:
    counts = _all_patterns(A, B, ones, counted=True).counts
    assert counts is not None
    return counts


def _all_patterns(A: np.ndarray, B: np.ndarray, ones: np.ndarray, counted: bool = False) -> _Tally:
    n, m = len(A), int(ones.sum())
    yes, no = np.flatnonzero(ones), np.flatnonzero(~ones)

    def _level(one: np.ndarray, other: np.ndarray) -> float:
        pairs = [(i, j) for i in one[:2] for j in other[:2] if i != j]
        return float(B[pairs[0]]) if pairs else 0.0

    b11, b10, b01, b00 = _level(yes, yes), _level(yes, no), _level(no, yes), _level(no, no)
    tally = _tally(A, np.where(np.eye(n, dtype=bool), 0.0, B))
    if counted:
        tally.counts = np.zeros(_BINS, dtype=np.int64)
    out, into, total = A.sum(axis=1), A.sum(axis=0), A.sum()
    for patterns in _patterns(n, m):
        inner = np.einsum("ij,ij->i", patterns @ A, patterns)
        leaving, entering = patterns @ out - inner, patterns @ into - inner
        tally.add(b11 * inner + b10 * leaving + b01 * entering + b00 * (total - inner - leaving - entering))
    return tally


def _patterns(n: int, m: int) -> Iterator[np.ndarray]:
    """All 0/1 vectors of length n with m ones, in chunks."""
    every = combinations(range(n), m)
    while chunk := list(islice(every, 20_000)):
        patterns = np.zeros((len(chunk), n))
        patterns[np.arange(len(chunk))[:, None], np.array(chunk, dtype=np.intp).reshape(len(chunk), m)] = 1.0
        yield patterns


def is_two_class(values: np.ndarray) -> np.ndarray | None:
    """Which of `values` (n,) are on the higher of two levels if their patterns can all be listed, else None."""
    levels = np.unique(values)
    if len(levels) != 2:
        return None
    ones = values == levels[1]
    return ones if comb(len(values), int(ones.sum())) <= MOST_PATTERNS else None


def linear_null(a: np.ndarray, x: np.ndarray) -> Null:
    """The exact distribution of sum_i a_i x_p(i) over all orders p of `x` (n,), n at most 13.

    Examples
    --------
    >>> null = linear_null(np.array([1.0, 2.0, 3.0]), np.array([1.0, 2.0, 3.0]))
    >>> null.observed, null.size, round(null.upper, 4), null.lower
    (14.0, 6, 0.1667, 1.0)
    """
    n = len(x)
    if n > MOST_LINEAR:
        raise OptionError(f"all orders of {n} units are too many; exact inference goes to {MOST_LINEAR} units here.")
    observed = float(a @ x)
    tie = TIE * max(float(np.abs(a).sum() * np.abs(x).max(initial=0.0)), 1e-300)
    at_least, at_most = count_assignments(np.asarray(a, float), np.asarray(x, float), observed, tie)
    mean, variance = linear_moments(a, x)
    variance = 0.0 if variance <= tie**2 else variance
    size = factorial(n)
    return Null("exact", observed, mean, variance, at_least / size, at_most / size, size)


def order_null(statistic: Callable[[np.ndarray], np.ndarray], n: int) -> Null:
    """The exact distribution of any statistic over all orders of `n` units, n at most 9.

    Parameters
    ----------
    statistic : callable
        Takes orders (m, n) of integers and gives values (m,). The first order is the
        identity: its value is the observed one.
    n : int

    Examples
    --------
    >>> order_null(lambda orders: orders[:, 0] * 1.0, 3).upper
    1.0
    """
    if n > MOST_GENERIC:
        raise OptionError(f"all orders of {n} units are too many for this statistic; it goes to {MOST_GENERIC} units.")
    every = permutations(range(n))
    values = []
    while chunk := list(islice(every, 50_000)):
        values.append(np.asarray(statistic(np.array(chunk, dtype=np.intp)), dtype=float))
    sample = np.concatenate(values)
    observed = float(sample[0])
    tie = TIE * max(float(np.abs(sample).max()), 1e-300)
    upper, lower = float(np.mean(sample >= observed - tie)), float(np.mean(sample <= observed + tie))
    variance = float(sample.var())
    variance = 0.0 if variance <= tie**2 else variance
    return Null("exact", observed, float(sample.mean()), variance, upper, lower, len(sample), sample=sample)
