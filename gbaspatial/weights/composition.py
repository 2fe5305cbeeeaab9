"""The verbs of a W that make another of its links: orders, sums and products of two W, friction at borders."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd
import scipy.sparse as sp

from gbaspatial.errors import OptionError
from gbaspatial.options import whole
from gbaspatial.weights import algebra, scaling
from gbaspatial.weights.border import slowed
from gbaspatial.weights.derivation import like, of_two
from gbaspatial.weights.square_table import is_number

if TYPE_CHECKING:
    from gbaspatial.weights.annotations import WeightsLike
    from gbaspatial.weights.border import Friction
    from gbaspatial.weights.core import Weights


def symmetrized(w: Weights, how: algebra.Symmetry = "max") -> Weights:
    """W and its transpose put together: the larger weight of each pair, their mean, the smaller, or their sum.

    Parameters
    ----------
    how : {"max", "mean", "min", "sum"}
        What a pair gets of its two weights.
    """
    return like(w, algebra.symmetric(w._sparse, how), "symmetrized", "none", how=how)


def power(w: Weights, k: int) -> Weights:
    """The matrix power W^k with its diagonal set to zero: walks of k links to other units.

    Parameters
    ----------
    k : int
        At least 1.
    """
    _check_order(k, 1)
    result = w._sparse
    for _ in range(k - 1):
        result = sp.csr_array(result @ w._sparse)
    return like(w, algebra.without_diagonal(result), "power", "none" if k > 1 else None, k=k)


def higher_order(w: Weights, k: int, *, cumulative: bool = False) -> Weights:
    """Neighbors of order `k`: those whose shortest path has k links (at most k, if `cumulative`); weight 1.

    Parameters
    ----------
    k : int
        The number of links, at least 1.
    cumulative : bool
        Take all shorter paths too.

    Examples
    --------
    >>> from gbaspatial.weights import Weights
    >>> line = Weights([[0, 1, 0], [1, 0, 1], [0, 1, 0]], ["a", "b", "c"])
    >>> line.higher_order(2).to_frame()[["focal", "neighbor"]].values.tolist()
    [['a', 'c'], ['c', 'a']]
    """
    _check_order(k, 1)
    matrix = algebra.pattern(w._sparse) if k == 1 else algebra.order_of(w._sparse, k, cumulative)
    return like(w, matrix, "higher_order", "binary", k=k, cumulative=cumulative or None)


def union(w: Weights, other: WeightsLike, *, weights: algebra.Union = "max") -> Weights:
    """Links of either W, matched by label, with their weights.

    Parameters
    ----------
    other : Weights, or a libpysal Graph or W
        Over the same units, in any order.
    weights : {"max", "sum", "first"}
        Where both have a link: the larger weight, their sum, or that of this W.

    Raises
    ------
    AlignmentError
        If the units differ.

    Examples
    --------
    >>> from gbaspatial.weights import Weights
    >>> a, b = Weights([[0, 2], [0, 0]], "xy"), Weights([[0, 3], [1, 0]], "yx")
    >>> a.union(b).to_frame().values.tolist()
    [['x', 'y', 2.0], ['y', 'x', 3.0]]
    """
    return of_two(w, "union", other, algebra.union, weights)


def intersection(w: Weights, other: WeightsLike, *, weights: algebra.Intersection = "first") -> Weights:
    """Links of both W, with the weight of this one, the smaller, the larger, or their product.

    Parameters
    ----------
    other : Weights, or a libpysal Graph or W
        Over the same units, in any order.
    weights : {"first", "min", "max", "product"}
        The weight of a link that both have: that of this W, the smaller, the larger, or the product.
    """
    return of_two(w, "intersection", other, algebra.intersection, weights)


def difference(w: Weights, other: WeightsLike) -> Weights:
    """Links of this W that `other` does not have, with their weights.

    Parameters
    ----------
    other : Weights, or a libpysal Graph or W
        Over the same units, in any order.
    """
    return of_two(w, "difference", other, algebra.difference)


def hadamard(w: Weights, other: WeightsLike) -> Weights:
    """The product of both W, link by link.

    Parameters
    ----------
    other : Weights, or a libpysal Graph or W
        Over the same units, in any order.
    """
    return of_two(w, "hadamard", other, algebra.intersection, "product")


def scaled(w: Weights, factor: float) -> Weights:
    """W multiplied by a positive number.

    Parameters
    ----------
    factor : float
        Above zero.
    """
    if not (is_number(factor) and factor > 0):
        raise OptionError(f"factor={factor!r} must be a positive number.")
    return like(w, scaling.times(w._sparse, float(factor)), "scaled", "none", factor=float(factor))


def with_friction(w: Weights, groups: pd.Series, friction: Friction) -> Weights:
    """Links across groups multiplied by `friction`: a number, or a table of pairs. See `border.friction_matrix`.

    Parameters
    ----------
    groups : pandas.Series
        The group of each unit, such as ``cities["side"]``, matched by label.
    friction : float, mapping or DataFrame
        One number for every border; or ``{("mainland", "Hong Kong"): 0.5, ...}``, which
        holds both ways unless the reverse pair is given too, and a pair of one group with
        itself for links within it; or a square frame with groups as index (from) and
        columns (to), whose diagonal is not read. Zero closes a border.

    Returns
    -------
    Weights
        Not standardized. Standardizing rows keeps friction only where a unit has links of
        different friction: where all cross a border (Hong Kong and Macao by land), it is undone,
        and a warning says so. ``.spectral()`` and ``.min_max()`` keep it everywhere.

    Raises
    ------
    OptionError
        If a number is negative or not finite.
    UnknownNameError
        If a pair of groups between which there are links is not given, or is unknown.

    Examples
    --------
    >>> from gbaspatial.weights import Weights
    >>> w = Weights([[0, 1, 1], [1, 0, 1], [1, 1, 0]], ["a", "b", "c"])
    >>> side = pd.Series({"c": "east", "a": "west", "b": "west"})
    >>> w.with_friction(side, 0.5).to_frame()["weight"].tolist()
    [1.0, 0.5, 1.0, 0.5, 0.5, 0.5]
    """
    matrix, evened = slowed(w._sparse, w._ids, groups, friction)
    by = {"by": groups.name if groups.name is not None else "groups"}
    made = like(w, matrix, "with_friction", "none", friction=_told_friction(friction), **by)
    made.__dict__["_evened"] = evened
    return made


def _check_order(k: int, least: int) -> None:
    whole(k, "k", least=least)


def _told_friction(friction: Friction) -> float | dict[str, float]:
    if isinstance(friction, pd.DataFrame):
        return {f"{a} to {b}": float(friction.loc[a, b]) for a in friction.index for b in friction.columns if a != b}
    if isinstance(friction, Mapping):
        return {" to ".join(map(str, pair)): float(value) for pair, value in friction.items()}
    return float(friction)
