"""How much of inequality stands between neighbors: the spatial Gini."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from gbaspatial.alignment import align
from gbaspatial.disparity.inequality import gini
from gbaspatial.errors import DataError
from gbaspatial.inference.null import check_draws, monte_carlo_p, p_from_tails
from gbaspatial.inference.ordering import by_label
from gbaspatial.inference.permutation import over_orders
from gbaspatial.options import public
from gbaspatial.progress import shows_progress
from gbaspatial.randomness import Rng, seed_of
from gbaspatial.referee import code as _code, second_opinion as _second_opinion
from gbaspatial.results import Result, Table
from gbaspatial.sizes import TIE_OF_SHARES
from gbaspatial.weights import Weights


@dataclass(frozen=True, slots=True, eq=False)
class SpatialGiniResult(Result):
    """The Gini coefficient, and the differences between neighbors and between others.

    Attributes
    ----------
    statistic : float
        The Gini coefficient.
    neighbors_sum, others_sum : float
        Sum of absolute differences over ordered pairs of neighbors, and over all others.
    neighbors_share, others_share : float
        Their shares of all differences.
    expected_share : float
        Share of the pairs that are neighbors: what `neighbors_share` is on average if values are spread at random.
    p_value : float
        Permutation p-value of `neighbors_share`.
    alternative : str
        "less": neighbors differ less than they would at random.
    values : pandas.Series
    weights : Weights
    recipe : str
        How the weights were made.
    draws : int
        Orders enumerated or drawn.
    seed : int
        Seed of the draws.
    n : int
        Units.
    """

    statistic: float
    neighbors_sum: float
    others_sum: float
    neighbors_share: float
    others_share: float
    expected_share: float
    p_value: float
    alternative: str
    recipe: str
    draws: int
    seed: int
    n: int
    values: pd.Series
    weights: Weights

    second_opinion = _second_opinion
    code = _code

    def tables(self) -> tuple[Table, ...]:
        """Both parts."""
        frame = pd.DataFrame(
            {
                "differences": [self.neighbors_sum, self.others_sum],
                "share": [self.neighbors_share, self.others_share],
                "expected_share": [self.expected_share, 1 - self.expected_share],
                "of_gini": [self.neighbors_share * self.statistic, self.others_share * self.statistic],
            },
            index=pd.Index(["neighbors", "others"], name="pairs"),
        )
        notes = (
            f"Gini {self.statistic:.4f}; {self.n} units; weights: {self.recipe} (only who is linked counts).",
            f"p {self.p_value:.4g} ({self.alternative}; {self.draws} draws, seed {self.seed}).",
        )
        return (Table(frame, "Spatial Gini", notes),)


@shows_progress
@public
def spatial_gini(
    values: pd.Series,
    w: Weights,
    *,
    alternative: Literal["two-sided", "greater", "less"] = "two-sided",
    draws: int = 999,
    rng: Rng = None,
    progress: bool | None = None,
) -> SpatialGiniResult:
    """The Gini coefficient split into differences between neighbors and between all others.

    Parameters
    ----------
    values : pandas.Series, length n
        Amounts by unit, none negative.
    w : Weights
        Only its links count, not their sizes.
    alternative : {"two-sided", "greater", "less"}
        Of the share of neighbors; "less" is clustering.
    draws : int
        Random reassignments of the values to units.
    rng : int, numpy.random.Generator or None
    progress : bool, optional
        True tells on standard error how far work over two seconds has come, False never; by default on a terminal.

    Returns
    -------
    SpatialGiniResult

    Raises
    ------
    DataError
        If an amount is negative, all are alike, or `w` has no link.

    References
    ----------
    Rey, S. J. and Smith, R. J. (2013). A spatial decomposition of the Gini coefficient. Letters in Spatial and
    Resource Sciences 6, 55-70.

    Examples
    --------
    >>> from gbaspatial.weights import from_pairs
    >>> w = from_pairs(pd.DataFrame({"focal": list("abcd"), "neighbor": list("badc")}))
    >>> result = spatial_gini(pd.Series([1.0, 1.0, 3.0, 4.0], list("abcd")), w, draws=99, rng=1)
    >>> round(result.statistic, 4), result.neighbors_sum, result.others_sum
    (0.3056, 2.0, 20.0)
    """
    w = by_label(w)
    x = align(values, w.ids)
    statistic = float(gini(pd.Series(x, w.ids)))
    draws, seed = check_draws(draws), seed_of(rng)
    a, b = w.sparse.nonzero()
    check_neighbors(w)
    x = np.ldexp(x, -(scale := int(np.frexp(np.abs(x).max())[1])))
    total = 2 * statistic * len(x) * float(x.sum())
    if np.ptp(x) == 0:
        raise DataError("all units have the same amount; there are no differences to split.")
    near = float(np.abs(x[a] - x[b]).sum())
    sample = np.array(over_orders(lambda order: np.abs(x[order[a]] - x[order[b]]).sum(), w.n, draws, seed))
    tie = TIE_OF_SHARES * total
    p = p_from_tails(
        monte_carlo_p((sample >= near - tie).sum(), draws),
        monte_carlo_p((sample <= near + tie).sum(), draws),
        alternative,
    )
    back = 2.0**scale
    return SpatialGiniResult(
        statistic=statistic,
        neighbors_sum=near * back,
        others_sum=max(total - near, 0.0) * back,
        neighbors_share=near / total,
        others_share=max(1 - near / total, 0.0),
        expected_share=len(a) / (w.n * (w.n - 1)),
        p_value=float(p),
        alternative=alternative,
        recipe=str(w.recipe),
        draws=draws,
        seed=seed,
        n=w.n,
        values=values,
        weights=w,
    )


def check_neighbors(w: Weights) -> None:
    """Raise if no unit has a neighbor."""
    if not w.n_links:
        raise DataError("w has no link, so that there are no neighbors to compare.")
