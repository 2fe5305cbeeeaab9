"""LISA Markov: do units and their neighbors move between high and low together?"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gbaspatial.alignment import align_panel, check_periods, check_steps, periods_of
from gbaspatial.disparity import transition
from gbaspatial.disparity.mobility import MarkovResult, chain_of
from gbaspatial.disparity.spatial_chains import refuse_islands
from gbaspatial.figures.transitions import transition_matrix
from gbaspatial.options import public
from gbaspatial.referee import code as _code, second_opinion as _second_opinion
from gbaspatial.results import Result, Table
from gbaspatial.weights import Weights
from gbaspatial.weights.by_period import recipes_of, weights_by_period

if TYPE_CHECKING:
    from matplotlib.axes import Axes


LISA_CLASSES = ("HH", "LH", "LL", "HL")


@dataclass(frozen=True, slots=True, eq=False)
class LisaMarkovResult(Result):
    """Moves between the quadrants of the Moran scatterplot, and whether own and neighbors' moves are independent.

    Attributes
    ----------
    chain : MarkovResult
        The chain of the quadrants.
    expected : pandas.DataFrame
        Moves if unit and neighbors moved independently.
    statistic : float
        Chi-squared, of observed against `expected` moves.
    df : int
        Its degrees of freedom.
    p_value : float
        That unit and neighbors move independently.
    recipe : str
        How the weights were made.
    values : pandas.DataFrame
        By unit and period, as given.
    weights : Weights or None
    """

    chain: MarkovResult
    expected: pd.DataFrame
    statistic: float
    df: int
    p_value: float
    recipe: str
    values: pd.DataFrame
    weights: Weights | None

    second_opinion = _second_opinion
    code = _code

    @property
    def dof(self) -> int:
        """The older name of `df`; it warns, and goes with the next version."""
        warnings.warn("dof is called df, as everywhere; the older name goes.", DeprecationWarning, stacklevel=2)
        return self.df

    @property
    def transitions(self) -> pd.DataFrame:
        """Moves from quadrant to quadrant."""
        return self.chain.transitions

    @property
    def probabilities(self) -> pd.DataFrame:
        """Shares of moves by quadrant of origin."""
        return self.chain.probabilities

    @property
    def steady_state(self) -> pd.Series:
        """Long-run distribution over the quadrants."""
        return self.chain.steady_state

    @property
    def first_passage(self) -> pd.DataFrame:
        """Mean periods from quadrant to quadrant (diagonal: until the return)."""
        return self.chain.first_passage

    @property
    def sojourn(self) -> pd.Series:
        """Mean periods spent in a quadrant."""
        return self.chain.sojourn

    @property
    def mobility(self) -> pd.Series:
        """Prais, determinant, second eigenvalue and the two Bartholomew indices of the chain."""
        return self.chain.mobility

    @property
    def classes(self) -> pd.DataFrame:
        """The quadrant (n, T) of each unit in each period."""
        return self.chain.classes

    @property
    def n(self) -> int:
        """How many units moved."""
        return self.chain.n

    @property
    def periods(self) -> int:
        """How many periods the panel has."""
        return self.chain.periods

    def tables(self) -> tuple[Table, ...]:
        """The test, then the tables of the chain."""
        test = pd.DataFrame(
            {"statistic": [self.statistic], "df": [self.df], "p_value": [self.p_value]},
            index=pd.Index(["independence of own and neighbors' moves"], name="test"),
        )
        notes = (f"Weights {self.recipe}.", "Chi-square; with few moves in a cell its p-value is a rough guide.")
        return (Table(test, "LISA Markov", notes), *self.chain.tables())

    def plot(self, ax: Axes | None = None) -> Axes:
        """Transition probabilities between the quadrants as a square."""
        return transition_matrix(self, ax=ax)


@public
def lisa_markov(panel: pd.Series, w: Weights | Mapping[Any, Weights]) -> LisaMarkovResult:
    """Markov chain of the quadrants HH, LH, LL, HL of the Moran scatterplot.

    Parameters
    ----------
    panel : pandas.Series
        Numbers by unit and period (a balanced panel).
    w : Weights, or mapping from period to Weights
        The same W in every period, or one for each. Without islands.

    Returns
    -------
    LisaMarkovResult
        The test compares the moves with those expected if the unit and its neighbors
        moved independently of each other.

    Raises
    ------
    AlignmentError, MissingDataError, DataError
        If panel and weights do not cover the same units, a value is missing or no number, there is one period only, or
        a unit has no neighbor.

    References
    ----------
    Rey, S. J. (2001). Spatial empirics for economic growth and convergence.
    Geographical Analysis 33, 195-214.

    Examples
    --------
    >>> from gbaspatial.weights import from_pairs
    >>> w = from_pairs(pd.DataFrame({"focal": list("abcbcd"), "neighbor": list("bcdabc")})).row_standardized()
    >>> index = pd.MultiIndex.from_product([list("abcd"), [2000, 2001]])
    >>> panel = pd.Series([9.0, 9, 8, 2, 2, 8, 1, 1], index=index)
    >>> int(lisa_markov(panel, w).transitions.to_numpy().sum())
    4
    """
    periods = periods_of(panel)
    check_periods(periods)
    check_steps(periods)
    matrices = weights_by_period(w, periods)
    ids = matrices[0].ids
    values, _ = align_panel(panel, ids)
    for each in {id(part): part for part in matrices}.values():
        refuse_islands(each, "a quadrant")
    z = values - values.mean(axis=1, keepdims=True)
    z_lags = np.stack([part.sparse @ row for part, row in zip(matrices, z, strict=True)])
    quadrant = np.select([(z > 0) & (z_lags > 0), (z <= 0) & (z_lags > 0), (z <= 0) & (z_lags <= 0)], [0, 1, 2], 3)
    chain = chain_of(quadrant, LISA_CLASSES, ids, periods, pd.DataFrame())
    expected = independent_moves(z > 0, z_lags > 0, chain.transitions.to_numpy())
    statistic, p, df = transition.chi_square(chain.transitions.to_numpy(), expected)
    return LisaMarkovResult(
        chain=chain,
        expected=pd.DataFrame(expected, index=chain.transitions.index, columns=chain.transitions.columns),
        statistic=statistic,
        df=df,
        p_value=p,
        recipe="; ".join(recipes_of(matrices, periods)),
        values=pd.DataFrame(values.T, ids, periods),
        weights=matrices[0] if len({id(part) for part in matrices}) == 1 else None,
    )


def independent_moves(own_high: np.ndarray, near_high: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Expected moves (4, 4) in the order of LISA_CLASSES if own and neighbors' chains (T, n) were independent."""
    own = transition.probabilities(transition.count_transitions((~own_high).astype(int), 2))
    near = transition.probabilities(transition.count_transitions((~near_high).astype(int), 2))
    joint = np.nan_to_num(np.kron(own, near))  # in the order HH, HL, LH, LL (own, neighbors)
    places = [0, 2, 3, 1]
    return counts.sum(axis=1, keepdims=True) * joint[np.ix_(places, places)]
