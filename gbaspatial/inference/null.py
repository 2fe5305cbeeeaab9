"""The one vocabulary of tests: which null distribution, which alternative, which p-value.

A statistic is compared with what it would be without spatial association. `Null` is that
comparison for one statistic, `LocalNull` for one statistic per unit. However it was
made, a null holds the probabilities of both tails, and p-values follow from these in one
place:

==================  =====================================================================
inference           null distribution
==================  =====================================================================
``"exact"``         every order of the values (global) or every set of neighbors (local)
``"permutation"``   a random sample of these: p = (r + 1) / (m + 1)
``"randomization"`` normal, with mean and variance over all orders
``"normal"``        normal, with mean and variance for normally distributed values
``"saddlepoint"``   saddlepoint approximation for normally distributed values
``"imhof"``         exact for normally distributed values (numerical inversion)
==================  =====================================================================

``"auto"`` is exact where that is affordable, else permutation. The two-sided p-value is
twice the smaller tail and never above one. A statistic that is the same for every order (each unit a
neighbor of each other, say) has the variance zero, no z-value (NaN) and p = 1, by every inference; one that is not
a finite number has no p-value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from scipy import special

from gbaspatial.errors import OptionError
from gbaspatial.options import public_methods, whole, word

Inference = Literal["auto", "exact", "permutation", "normal", "randomization", "saddlepoint", "imhof"]
Alternative = Literal["two-sided", "greater", "less"]

INFERENCES = ("auto", "exact", "permutation", "normal", "randomization", "saddlepoint", "imhof")
ALTERNATIVES = ("two-sided", "greater", "less")
MOST_DRAWS = 10_000_000


def check_draws(draws: int) -> int:
    """`draws` as an integer between 1 and ten million, or `OptionError`."""
    return whole(draws, "draws", least=1, most=MOST_DRAWS)


def check_draws_of_interval(draws: int, level: float) -> int:
    """`draws` as `check_draws`, and enough for quantiles at both ends of an interval of `level`.

    Examples
    --------
    >>> check_draws_of_interval(39, 0.95)
    39
    """
    draws = check_draws(draws)
    least = int(np.ceil(round(2 / (1 - level), 6))) - 1
    if draws < least:
        raise OptionError(
            f"draws={draws} is too few for intervals of {level:.4g}, whose ends are quantiles of the draws: they need "
            f"{least:,} at the very least; use 999 or more."
        )
    return draws


def check_test(inference: str, alternative: str, allowed: Iterable[str] = INFERENCES) -> None:
    """Raise `OptionError` unless both words are known and `inference` is among `allowed`."""
    word(inference, allowed, "inference")
    word(alternative, ALTERNATIVES, "alternative")


def p_from_tails(upper: np.ndarray | float, lower: np.ndarray | float, alternative: str) -> np.ndarray:
    """The p-value from P(T >= t) and P(T <= t): twice the smaller, at most one, if two-sided.

    Examples
    --------
    >>> float(p_from_tails(0.02, 0.99, "two-sided")), float(p_from_tails(0.6, 0.7, "two-sided"))
    (0.04, 1.0)
    """
    if alternative == "greater":
        return np.asarray(upper, dtype=float)
    if alternative == "less":
        return np.asarray(lower, dtype=float)
    return np.minimum(1.0, 2.0 * np.minimum(upper, lower))


def monte_carlo_p(count: np.ndarray | int, draws: np.ndarray | int) -> np.ndarray:
    """(r + 1) / (m + 1) for r of m draws at least as extreme as the observed value."""
    return (np.asarray(count, dtype=float) + 1.0) / (np.asarray(draws, dtype=float) + 1.0)


def count_interval(count: int, draws: int, level: float, stopped: bool = False) -> tuple[float, float]:
    """Exact confidence interval (Clopper-Pearson) of the probability behind `count` of `draws`.

    With `stopped`, drawing ended at the `count`-th success, so that the number of draws
    is random and the count is not (negative binomial).

    Examples
    --------
    >>> low, high = count_interval(50, 999, 0.95)
    >>> round(low, 4), round(high, 4)
    (0.0374, 0.0655)
    """
    tail = (1 - level) / 2
    low = 0.0 if count == 0 else float(special.betaincinv(count, draws - count + 1, tail))
    rest = draws - count
    high = 1.0 if rest == 0 else float(special.betaincinv(count + (0 if stopped else 1), rest, 1 - tail))
    return low, high


@dataclass(eq=False)
class Bars:
    """The histogram of an exact distribution, counted when it is first asked for: tests do without.

    Parameters
    ----------
    edges : numpy.ndarray, shape (b + 1,)
    count : callable
        Gives the counts (b,).
    """

    edges: np.ndarray
    count: Callable[[], np.ndarray]

    @cached_property
    def counts(self) -> np.ndarray:
        """How many orders fall between two edges (b,)."""
        return self.count()


@public_methods
@dataclass(frozen=True, slots=True, eq=False)
class Null:
    """Where an observed statistic falls in its null distribution.

    Parameters
    ----------
    kind : str
        The inference that made it (never ``"auto"``).
    observed : float
        The statistic.
    mean, variance : float
        Moments under the null: of all orders for exact, permutation and randomization,
        of normal values for the others.
    upper, lower : float
        P(T >= observed) and P(T <= observed), both with the observed value in them.
    size : int
        Number of orders enumerated or drawn; 0 if analytic.
    seed : int, optional
        The seed of the draws.
    stopped : bool
        Whether drawing stopped early, as asked.
    sample : numpy.ndarray, optional
        The statistic of each draw (m,), in order of drawing.
    bars : Bars, optional
        Histogram of an exact distribution.
    """

    kind: str
    observed: float
    mean: float
    variance: float
    upper: float
    lower: float
    size: int = 0
    seed: int | None = None
    stopped: bool = False
    sample: np.ndarray | None = None
    bars: Bars | None = None

    @property
    def z(self) -> float:
        """(observed - mean) / standard deviation, NaN without variance."""
        return (self.observed - self.mean) / float(np.sqrt(self.variance)) if self.variance > 0 else float("nan")

    def p_value(self, alternative: Alternative = "two-sided") -> float:
        """The p-value against `alternative`; NaN if the statistic is not a finite number."""
        if not np.isfinite(self.observed):
            return float("nan")
        return float(p_from_tails(self.upper, self.lower, alternative))

    def interval(self, alternative: Alternative = "two-sided", level: float = 0.95) -> tuple[float, float]:
        """Confidence interval of a Monte Carlo p-value; of other kinds the p-value twice.

        Parameters
        ----------
        alternative : {"two-sided", "greater", "less"}
            Which tail the p-value counts.
        level : float
            Of confidence, between 0 and 1.
        """
        p = self.p_value(alternative)
        if self.kind != "permutation" or np.isnan(p):
            return p, p
        tail = {"greater": self.upper, "less": self.lower}.get(alternative, min(self.upper, self.lower))
        count = round(tail * self.size) if self.stopped else round(tail * (self.size + 1)) - 1
        low, high = count_interval(count, self.size, level, self.stopped)
        twice = 2.0 if alternative == "two-sided" else 1.0
        return min(1.0, twice * low), min(1.0, twice * high)

    def quantile(self, share: float | Iterable[float]) -> np.ndarray:
        """The value below which `share` of the null distribution lies (to a bin width if exact)."""
        wanted = np.asarray(share, dtype=float)
        if self.variance == 0:
            return np.full_like(wanted, self.mean)
        if self.sample is not None:
            return np.quantile(self.sample, wanted)
        if self.bars is not None:
            cumulated = np.concatenate([[0.0], np.cumsum(self.bars.counts)]) / self.bars.counts.sum()
            return np.interp(wanted, cumulated, self.bars.edges)
        return self.mean + np.sqrt(self.variance) * special.ndtri(wanted)

    def histogram(self, bins: int = 40) -> tuple[np.ndarray, np.ndarray]:
        """Heights (`bins`,) of the density of the null distribution and edges (`bins` + 1,)."""
        if self.sample is not None:
            return np.histogram(self.sample, bins=bins, density=True)
        if self.bars is not None:
            return _coarser(self.bars.edges, self.bars.counts, bins)
        if self.variance == 0:  # all of it lies at the mean
            return np.array([1.0]), np.array([self.mean - 0.5, self.mean + 0.5])
        edges = self.mean + np.sqrt(self.variance) * np.linspace(-4, 4, bins + 1)
        middle = (edges[1:] + edges[:-1]) / 2
        return np.exp(-((middle - self.mean) ** 2) / (2 * self.variance)) / np.sqrt(2 * np.pi * self.variance), edges


def _coarser(edges: np.ndarray, counts: np.ndarray, bins: int) -> tuple[np.ndarray, np.ndarray]:
    """A fine histogram gathered into `bins` bins over the range that occurs."""
    occupied = np.flatnonzero(counts)
    first, last = occupied[0], occupied[-1]
    wide = np.linspace(edges[first], edges[last + 1], bins + 1)
    middle = (edges[:-1] + edges[1:]) / 2
    heights, _ = np.histogram(middle, bins=wide, weights=counts, density=True)
    return heights, wide


@public_methods
@dataclass(frozen=True, slots=True, eq=False)
class LocalNull:
    """`Null` for one statistic per unit: arrays (n,), NaN for units without neighbors."""

    kind: str
    observed: np.ndarray
    mean: np.ndarray
    variance: np.ndarray
    upper: np.ndarray
    lower: np.ndarray
    size: np.ndarray
    seed: int | None = None

    @property
    def z(self) -> np.ndarray:
        """(observed - mean) / standard deviation, NaN without variance."""
        spread = np.sqrt(np.where(self.variance > 0, self.variance, np.nan))
        return (self.observed - self.mean) / spread

    def p_value(self, alternative: Alternative = "two-sided") -> np.ndarray:
        """The p-values (n,) against `alternative`; NaN where the statistic is not a finite number."""
        return np.where(np.isfinite(self.observed), p_from_tails(self.upper, self.lower, alternative), np.nan)


def normal_null(kind: str, observed: float, mean: float, variance: float) -> Null:
    """A normal null distribution with these moments; without variance all of it lies at its mean, and p is one.

    Examples
    --------
    >>> round(normal_null("normal", 1.96, 0.0, 1.0).p_value(), 3)
    0.05
    """
    if not variance > 0:
        tail = 1.0 if variance == 0 else np.nan
        return Null(kind, observed, mean, variance, tail, tail)
    z = (observed - mean) / np.sqrt(variance)
    return Null(kind, observed, mean, variance, float(special.ndtr(-z)), float(special.ndtr(z)))


def normal_local_null(kind: str, observed: np.ndarray, mean: np.ndarray, variance: np.ndarray) -> LocalNull:
    """Normal null distributions with moments by unit (n,)."""
    z = (observed - mean) / np.sqrt(np.where(variance > 0, variance, np.nan))
    upper, lower = (np.where(variance == 0, 1.0, special.ndtr(sign * z)) for sign in (-1, 1))
    return LocalNull(kind, observed, mean, variance, upper, lower, np.zeros(len(z), dtype=int))
