"""Directional LISA: where units and their neighbors move together, as a rose."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import sparse

from gbaspatial.alignment import align, labelled
from gbaspatial.errors import DataError, some
from gbaspatial.figures.spatial_tests import rose
from gbaspatial.inference.null import check_draws, check_test, monte_carlo_p, p_from_tails
from gbaspatial.inference.ordering import by_label
from gbaspatial.inference.permutation import over_orders
from gbaspatial.options import public, whole
from gbaspatial.progress import shows_progress
from gbaspatial.randomness import Rng, seed_of
from gbaspatial.referee import code as _code, second_opinion as _second_opinion
from gbaspatial.results import Result, Table
from gbaspatial.weights import Weights

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, slots=True, eq=False)
class RoseResult(Result):
    """Moves in the Moran scatterplot between two dates, by direction.

    Parameters
    ----------
    angle : pandas.Series, length n
        Direction of the move in radians from -pi to pi: 0 is own growth, pi / 2 growth
        of the neighbors. NaN for islands and for units that did not move.
    length : pandas.Series, length n
        Length of the move.
    sector : pandas.Series, length n
        The sector of the move, from 1; 0 where `angle` is NaN.
    counts : pandas.DataFrame
        By sector: `from_degrees`, `to_degrees`, `count`, `expected`, `p_value`.
    step : pandas.Series, length n
        The move of each unit.
    weights : Weights
    alternative : str
        Against which the tests are.
    recipe : str
        How the weights were made.
    draws : int
        Orders enumerated or drawn.
    seed : int
        Seed of the draws.
    n : int
        Units.
    """

    angle: pd.Series
    length: pd.Series
    sector: pd.Series
    counts: pd.DataFrame
    alternative: str
    recipe: str
    draws: int
    seed: int
    n: int
    step: pd.Series
    weights: Weights

    second_opinion = _second_opinion
    code = _code

    def tables(self) -> tuple[Table, ...]:
        """Counts by sector; moves by unit."""
        notes = (
            f"{self.n} units; weights: {self.recipe}.",
            f"0-90 degrees: the unit and its neighbors gain; p-values {self.alternative}, {self.draws} draws, "
            f"seed {self.seed}.",
        )
        units = pd.DataFrame({"angle_degrees": np.degrees(self.angle), "length": self.length, "sector": self.sector})
        counts = Table(self.counts, "Directional LISA", notes, formats={"from_degrees": ".0f", "to_degrees": ".0f"})
        return (counts, Table(units, "Moves by unit"))

    def plot(self, ax: Axes | None = None) -> Axes:
        """The rose: counts by sector beside what is expected."""
        return rose(self, ax=ax)


@shows_progress
@public
def directional_lisa(
    first: pd.Series,
    last: pd.Series,
    w: Weights,
    *,
    sectors: int = 8,
    alternative: str = "two-sided",
    draws: int = 999,
    rng: Rng = None,
    progress: bool | None = None,
) -> RoseResult:
    """Directions in which units move in the Moran scatterplot from `first` to `last`.

    Parameters
    ----------
    first, last : pandas.Series, length n
        Values at two dates, best relative to the mean of each date.
    w : Weights
        Row-standardized.
    sectors : int
        Number of equal sectors, counter-clockwise from own growth.
    alternative : {"two-sided", "greater", "less"}
        Of the number of moves in each sector.
    draws : int
        Random reassignments of the moves to units.
    rng : int, numpy.random.Generator or None
    progress : bool, optional
        True tells on standard error how far work over two seconds has come, False never; by default on a terminal.

    Returns
    -------
    RoseResult

    Raises
    ------
    AlignmentError, MissingDataError
        If values and weights do not cover the same units, or a value is missing.
    DataError
        If no unit moved, or none has a neighbor.
    OptionError
        If there are not 2 to 360 sectors, or another option is not known.

    References
    ----------
    Rey, S. J., Murray, A. T. and Anselin, L. (2011). Visualizing regional income
    distribution dynamics. Letters in Spatial and Resource Sciences 4, 81-90.

    Examples
    --------
    >>> from gbaspatial.weights import from_pairs
    >>> w = from_pairs(pd.DataFrame({"focal": ["a", "b", "c"], "neighbor": ["b", "c", "a"]}))
    >>> before, after = pd.Series([1.0, 1, 1], list("abc")), pd.Series([2.0, 3, 1.5], list("abc"))
    >>> directional_lisa(before, after, w, sectors=4, draws=9, rng=1).counts["count"].tolist()
    [3, 0, 0, 0]
    """
    w = by_label(w)
    check_test("permutation", alternative)
    sectors = whole(sectors, "sectors", least=2, most=360)
    draws, seed = check_draws(draws), seed_of(rng)
    step = align(last, w.ids, "last values") - align(first, w.ids, "first values")
    if not step.any():
        raise DataError("no unit moved between the two dates.")
    linked = w.cardinalities.to_numpy() > 0
    if not linked.any():
        raise DataError(f"no unit has neighbors: {some(w.islands)}.")
    angle = _angles(step, w.sparse, linked)
    observed = _counts(angle, sectors)
    W = w.sparse
    sample = np.stack(over_orders(lambda o: _counts(_angles(step[o], W, linked), sectors), w.n, draws, seed))
    return RoseResult(
        angle=labelled(angle, w.ids, first.index, "angle"),
        length=labelled(np.where(linked, np.hypot(step, w.sparse @ step), np.nan), w.ids, first.index, "length"),
        sector=labelled(_sector(angle, sectors) + 1, w.ids, first.index, "sector"),
        counts=_by_sector(observed, sample, alternative),
        alternative=alternative,
        recipe=str(w.recipe),
        draws=draws,
        seed=seed,
        n=w.n,
        step=labelled(step, w.ids, first.index, "step"),
        weights=w,
    )


def _by_sector(observed: np.ndarray, sample: np.ndarray, alternative: str) -> pd.DataFrame:
    """Moves `observed` by sector (s,) beside those of random reassignments, `sample` (draws, s)."""
    draws, sectors = sample.shape
    cuts = np.linspace(0, 360, sectors + 1)
    p_value = p_from_tails(
        monte_carlo_p((sample >= observed).sum(axis=0), draws),
        monte_carlo_p((sample <= observed).sum(axis=0), draws),
        alternative,
    )
    return pd.DataFrame(
        {
            "from_degrees": cuts[:-1],
            "to_degrees": cuts[1:],
            "count": observed,
            "expected": sample.mean(axis=0),
            "p_value": p_value,
        },
        index=pd.RangeIndex(1, sectors + 1, name="sector"),
    )


def _angles(step: np.ndarray, W: sparse.csr_array, linked: np.ndarray) -> np.ndarray:
    """Direction (n,) of each unit's move, NaN where there is none."""
    near = W @ step
    return np.where(linked & ((step != 0) | (near != 0)), np.arctan2(near, step), np.nan)


def _sector(angle: np.ndarray, sectors: int) -> np.ndarray:
    """Sector 0 to sectors - 1 of each angle, -1 where it is NaN."""
    known = ~np.isnan(angle)
    found = np.full(len(angle), -1)
    found[known] = (np.mod(angle[known], 2 * np.pi) / (2 * np.pi) * sectors).astype(int) % sectors
    return found


def _counts(angle: np.ndarray, sectors: int) -> np.ndarray:
    found = _sector(angle, sectors)
    return np.bincount(found[found >= 0], minlength=sectors)
