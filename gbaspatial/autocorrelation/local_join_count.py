"""Local join counts: around which units of a class others of it stand."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from gbaspatial.autocorrelation.entrance import DRAWING, drawn_by
from gbaspatial.autocorrelation.join_count import Kind, zero_one
from gbaspatial.autocorrelation.local_results import Found, Judgement, LocalTest, local_result
from gbaspatial.errors import OptionError
from gbaspatial.inference.conditional import LocalSums, conditional_null
from gbaspatial.inference.null import Alternative, Inference, LocalNull, check_draws, check_test
from gbaspatial.inference.ordering import by_label
from gbaspatial.options import public, word
from gbaspatial.progress import shows_progress
from gbaspatial.randomness import Rng, seed_of
from gbaspatial.weights import Weights


@dataclass(frozen=True, slots=True, eq=False)
class LocalJoinCountResult(LocalTest):
    """Local join counts; `cluster` is HH where the count is significantly high. See `LocalTest`."""


@drawn_by(*DRAWING)
@shows_progress
@public
def local_join_count(
    values: pd.Series,
    w: Weights,
    *,
    other: pd.Series | None = None,
    kind: Kind | None = None,
    inference: Inference = "auto",
    alternative: Alternative = "two-sided",
    draws: int = 9_999,
    rng: Rng = None,
    adjust: str = "bh",
    alpha: float = 0.05,
    progress: bool | None = None,
) -> LocalJoinCountResult:
    """Local join counts of a 0/1 variable x (Anselin and Li 2019).

    Univariate: x_i sum_j w_ij x_j. With `other` z, ``"bivariate"`` counts neighbors with z around units with x,
    x_i (1 - z_i) sum_j w_ij z_j (1 - x_j), and ``"colocation"`` counts x_i z_i sum_j w_ij x_j z_j.

    Parameters
    ----------
    values : pandas.Series of 0 and 1 (or booleans), length n
    w : Weights
        Used as given; binary ones give counts.
    other : pandas.Series of 0 and 1, optional
    kind : {"bivariate", "colocation"}, optional
        By default colocation if any unit has both, else bivariate.
    inference : {"auto", "exact", "permutation"}
        The unit keeps its values. Units that cannot count (x_i = 0) have the statistic 0, no p-value and
        the class "undefined"; those without neighbors are isolates.
    alternative : {"two-sided", "greater", "less"}
    draws : int
    rng : int, Generator or None
    adjust : str
    alpha : float
    progress : bool, optional
        True tells on standard error how far work over two seconds has come, False never; by default on a terminal.

    Returns
    -------
    LocalJoinCountResult

    Raises
    ------
    DataError
        If values are other than zero and one.

    References
    ----------
    Anselin, L. and Li, X. (2019). Operational local join count statistics for cluster detection. Journal of
    Geographical Systems 21, 189-210.

    Examples
    --------
    >>> from gbaspatial.weights import from_pairs
    >>> pairs = pd.DataFrame({"focal": list("abcbcd"), "neighbor": list("bcdabc")})
    >>> local_join_count(pd.Series({"a": 1, "b": 1, "c": 0, "d": 1}), from_pairs(pairs)).statistic.tolist()
    [1.0, 1.0, 0.0, 0.0]
    """
    check_test(inference, alternative, ("auto", "exact", "permutation"))
    check_draws(draws)
    w = by_label(w)
    x = zero_one(values, w, "values")
    own, brought, data = x, x, values.to_frame("values" if values.name is None else values.name)
    name = "Local join count"
    if other is not None:
        z = zero_one(other, w, "other")
        both = x * z
        kind = kind or ("colocation" if both.any() else "bivariate")
        word(kind, ("bivariate", "colocation"), "kind")
        own, brought = (both, both) if kind == "colocation" else (x * (1 - z), z * (1 - x))
        name = f"Local join count ({kind})"
        data = data.assign(**{"other" if other.name is None else str(other.name): other})
    elif kind is not None:
        raise OptionError(f"kind={kind!r} needs a second variable; give other=.")
    sums = LocalSums(w.sparse, brought[None, :], own[None, :])
    null = conditional_null(sums, inference, draws=draws, seed=seed_of(rng), needed=own > 0)
    classes = np.where(null.observed > null.mean, "HH", "HL")
    return local_result(
        name,
        Found(_without_others(null, own > 0), classes),
        w,
        data,
        Judgement(alternative, adjust, alpha),
        result=LocalJoinCountResult,
    )


def _without_others(null: LocalNull, counted: np.ndarray) -> LocalNull:
    """No expectation where the unit itself cannot count."""
    mean, variance = np.where(counted, null.mean, np.nan), np.where(counted, null.variance, np.nan)
    return LocalNull(null.kind, null.observed, mean, variance, null.upper, null.lower, null.size, null.seed)
