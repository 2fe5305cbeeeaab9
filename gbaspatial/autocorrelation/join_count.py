"""Join counts: do units of one class lie side by side, globally for each pair of classes and unit by unit?"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations_with_replacement
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from gbaspatial.alignment import align, align_labels
from gbaspatial.autocorrelation.entrance import DRAWING, check_size, check_testable, check_three, drawn_by
from gbaspatial.errors import DataError, OptionError, UnknownNameError, WeightsError, some
from gbaspatial.figures.null_values import null_distribution
from gbaspatial.inference.cross_product import upper_links
from gbaspatial.inference.detection import power_note
from gbaspatial.inference.moments import PairSums, permutation_moments
from gbaspatial.inference.null import Alternative, Inference, Null, check_draws, check_test, normal_null
from gbaspatial.inference.ordering import by_label
from gbaspatial.inference.patterns import class_patterns, count_patterns, joined_weights
from gbaspatial.inference.permutation import class_draws, sampled_null
from gbaspatial.options import public
from gbaspatial.progress import shows_progress
from gbaspatial.randomness import Rng, seed_of
from gbaspatial.referee import code as _code, second_opinion as _second_opinion
from gbaspatial.results import Result, Table
from gbaspatial.weights import Weights

if TYPE_CHECKING:
    from matplotlib.axes import Axes


_KINDS = ("auto", "exact", "permutation", "randomization")
_MOST_PATTERNS = 500_000
_MOST_CLASSES = 50
Kind = Literal["bivariate", "colocation"]


@dataclass(frozen=True, slots=True, eq=False)
class JoinCountResult(Result):
    """Join counts by pair of classes and their tests.

    Attributes
    ----------
    frame : pandas.DataFrame
        By `pair` (``"a:a"``, ``"a:b"``, ..., ``"different"``): `count`, `expected`, `variance`, `z`, `p_value`.
    nulls : dict of Null
        The null distribution of each pair.
    alternative : str
        Against which the tests are.
    n : int
        Units.
    values : pandas.Series
        What was tested, in the order given.
    weights : Weights
    """

    frame: pd.DataFrame
    nulls: dict[str, Null]
    alternative: str
    n: int
    values: pd.Series
    weights: Weights

    @property
    def statistic(self) -> pd.Series:
        """Counts by pair."""
        return self.frame["count"].rename("statistic")

    @property
    def expected(self) -> pd.Series:
        """Their means over all orders."""
        return self.frame["expected"].copy()

    @property
    def variance(self) -> pd.Series:
        """Their variances over all orders."""
        return self.frame["variance"].copy()

    @property
    def z(self) -> pd.Series:
        """(count - expected) / standard deviation."""
        return self.frame["z"].copy()

    @property
    def p_value(self) -> pd.Series:
        """p-values by pair against `alternative`."""
        return self.frame["p_value"].copy()

    @property
    def inference(self) -> str:
        """How the p-values were made."""
        return next(iter(self.nulls.values())).kind

    @property
    def draws(self) -> int:
        """Orders enumerated or drawn."""
        return next(iter(self.nulls.values())).size

    @property
    def seed(self) -> int | None:
        """The seed of the draws."""
        return next(iter(self.nulls.values())).seed

    second_opinion = _second_opinion
    code = _code

    def tables(self) -> tuple[Table, ...]:
        """Counts by pair."""
        power = power_note(self.weights.sparse, statistic="join_count", alternative=self.alternative)  # type: ignore[arg-type]
        notes = (
            f"Joins are half the sum of weights between the classes; p-value: {self.alternative}, {self.inference}.",
            *([f"{power} (Two classes of equal size.)"] if power else []),
            f"Weights: {self.weights.recipe}.",
        )
        return (Table(self.frame, f"Join counts of {self.values.name}", notes),)

    def plot(self, ax: Axes | None = None, *, pair: str | None = None) -> Axes:
        """The null distribution of one `pair` (by default the first) with its count.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Where to draw; a new figure if not given.
        pair : str, optional
            A key of `nulls`: two classes, as the table names them.
        """
        name = next(iter(self.nulls)) if pair is None else pair
        if name not in self.nulls:
            raise UnknownNameError(f"there is no pair {name!r}; there are {some(self.nulls)}.")
        return null_distribution(self.nulls[name], f"joins {name}", self.alternative, ax=ax)


@drawn_by(*DRAWING)
@shows_progress
@public
def join_count(
    values: pd.Series,
    w: Weights,
    *,
    inference: Inference = "auto",
    alternative: Alternative = "two-sided",
    draws: int = 9_999,
    rng: Rng = None,
    progress: bool | None = None,
) -> JoinCountResult:
    """Join counts of classes: BB, BW and WW for two of them, every pair for more.

    A count is half the sum of w_ij over i and j in the two classes, in either order. Moments are those over all
    orders of the classes (sampling without replacement, spdep's nonfree sampling); the row
    "different" counts all joins of unlike classes. Units without neighbors keep their class
    and take part in the orders.

    Parameters
    ----------
    values : pandas.Series, length n
        Classes: text, booleans, integers, categories.
    w : Weights
        Used as given; binary ones give counts.
    inference : {"auto", "exact", "permutation", "randomization"}
        ``"auto"`` is exact where there are at most 500,000 distinct patterns, else permutation.
    alternative : {"two-sided", "greater", "less"}
    draws : int
    rng : int, Generator or None
    progress : bool, optional
        True tells on standard error how far work over two seconds has come, False never; by default on a terminal.

    Returns
    -------
    JoinCountResult

    References
    ----------
    Cliff, A. D. and Ord, J. K. (1981). Spatial Processes. Pion, ch. 1-2.

    Examples
    --------
    >>> from gbaspatial.weights import from_pairs
    >>> pairs = pd.DataFrame({"focal": list("abcbcd"), "neighbor": list("bcdabc")})
    >>> result = join_count(pd.Series({"a": "x", "b": "x", "c": "y", "d": "y"}), from_pairs(pairs))
    >>> result.to_frame()["count"].to_dict()
    {'x:x': 1.0, 'x:y': 1.0, 'y:y': 1.0, 'different': 1.0}
    """
    check_test(inference, alternative, _KINDS)
    check_draws(draws)
    w = by_label(w)
    codes, classes = classes_in_order(values, w)
    pairs = list(combinations_with_replacement(range(len(classes)), 2))
    names = [f"{classes[a]}:{classes[b]}" for a, b in pairs] + ["different"]
    sizes = np.bincount(codes)
    moments = [_moments(w, sizes, a, b) for a, b in pairs] + [_moments_of_different(w, sizes)]
    upper = upper_links(w.sparse)
    observed = _by_pair(joined_weights(upper, codes[None, :], len(classes)), pairs)[0]
    if inference == "auto":
        inference = "exact" if count_patterns(sizes) <= _MOST_PATTERNS else "permutation"
    seed = seed_of(rng)
    every = _all_counts(inference, upper, codes, sizes, draws, seed)
    nulls = {}
    for place, (name, moment) in enumerate(zip(names, moments)):
        if every is None:
            nulls[name] = normal_null("randomization", observed[place], *moment)
            continue
        nulls[name] = _sampled(inference, _by_pair(every, pairs)[:, place], observed[place], moment, seed)
    frame = pd.DataFrame(
        {
            "count": observed,
            "expected": [null.mean for null in nulls.values()],
            "variance": [null.variance for null in nulls.values()],
            "z": [null.z for null in nulls.values()],
            "p_value": [null.p_value(alternative) for null in nulls.values()],
        },
        index=pd.Index(names, name="pair"),
    )
    return JoinCountResult(frame, nulls, alternative, w.n, values.copy(), w)


def classes_in_order(values: pd.Series, w: Weights) -> tuple[np.ndarray, list[object]]:
    """Codes (n,) and the classes in order."""
    labels = align_labels(values, w.ids, "classes")
    check_three(w)
    if not w.n_links:
        raise WeightsError("no unit has a neighbor, so there are no joins to count; choose other weights.")
    check_size(w)
    try:
        classes, codes = np.unique(labels, return_inverse=True)
    except TypeError:  # mixed types have no order but that of their texts
        classes, codes = np.unique(labels.astype(str), return_inverse=True)
    if len(classes) < 2:
        raise DataError(f"all {w.n} units are of the class {classes[0]!r}; join counts compare at least two.")
    if len(classes) > _MOST_CLASSES:
        raise DataError(f"there are {len(classes)} classes; join counts go to {_MOST_CLASSES}: group them first.")
    return codes, list(classes)


def _moments(w: Weights, sizes: np.ndarray, a: int, b: int) -> tuple[float, float]:
    one, other = float(sizes[a]), float(sizes[b])
    if a == b:
        values = PairSums(one * (one - 1), 2 * one * (one - 1), 4 * one * (one - 1) ** 2)
    else:
        values = PairSums(2 * one * other, 4 * one * other, 4 * one * other * (one + other))
    return _halved(w, values)


def _moments_of_different(w: Weights, sizes: np.ndarray) -> tuple[float, float]:
    n = float(sizes.sum())
    unlike = n**2 - float((sizes**2).sum())
    return _halved(w, PairSums(unlike, 2 * unlike, float((4 * sizes * (n - sizes) ** 2).sum())))


def _halved(w: Weights, values: PairSums) -> tuple[float, float]:
    mean, variance = permutation_moments(PairSums(w.s0, w.s1, w.s2), values, w.n)
    return mean / 2, variance / 4


def _all_counts(
    inference: str, upper: object, codes: np.ndarray, sizes: np.ndarray, draws: int, seed: int
) -> np.ndarray | None:
    """Weights by pair of classes (m, classes, classes) for all patterns or draws; None for a formula."""
    if inference == "randomization":
        return None
    if inference == "permutation":
        return class_draws(upper, codes, len(sizes), draws, seed)  # type: ignore[arg-type]
    if count_patterns(sizes) > _MOST_PATTERNS:
        raise OptionError(
            f"inference='exact' lists all patterns of the classes, of which there are {count_patterns(sizes):.3g}; "
            f"use inference='permutation'."
        )
    parts = [joined_weights(upper, part, len(sizes)) for part in class_patterns(sizes)]  # type: ignore[arg-type]
    return np.concatenate(parts)


def _by_pair(joined: np.ndarray, pairs: list[tuple[int, int]]) -> np.ndarray:
    """Joins (m, pairs + 1) from weights by class of i and of j over links i < j of W + W' (m, classes, classes)."""
    both = (joined + joined.transpose(0, 2, 1)) / 2
    columns = [both[:, a, b] * (0.5 if a == b else 1.0) for a, b in pairs]
    different = sum((c for c, (a, b) in zip(columns, pairs) if a != b), np.zeros(len(joined)))
    return np.column_stack([*columns, different])


def _sampled(kind: str, sample: np.ndarray, observed: float, moments: tuple[float, float], seed: int) -> Null:
    if kind == "permutation":
        return sampled_null(
            lambda start, stop: sample[start:stop], observed, draws=len(sample), seed=seed, moments=moments
        )
    tie = 1e-10 * max(abs(observed), float(np.abs(sample).max()), 1e-300)
    above, below = np.mean(sample >= observed - tie), np.mean(sample <= observed + tie)
    return Null("exact", observed, *moments, float(above), float(below), len(sample), sample=sample)


def zero_one(values: pd.Series, w: Weights, what: str) -> np.ndarray:
    """Values that are 0 or 1, aligned.

    Raises
    ------
    DataError
        If another is among them.
    """
    x = align(values, w.ids, what)
    wrong = ~np.isin(x, (0.0, 1.0))
    if wrong.any():
        raise DataError(
            f"local join counts are of 0 and 1, but {what} are neither for {some(w.ids[wrong])}; "
            f"compare first, e.g. values > values.median()."
        )
    check_testable(x, w, what)
    return x
