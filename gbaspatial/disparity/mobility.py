"""Who moves from class to class: Markov chains, and whether the neighbors matter for the move."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gbaspatial.alignment import align_panel, check_periods, check_steps
from gbaspatial.disparity import transition
from gbaspatial.errors import DataError, OptionError, some
from gbaspatial.figures.transitions import transition_matrix
from gbaspatial.options import public
from gbaspatial.referee import code as _code, second_opinion as _second_opinion
from gbaspatial.results import Result, Table

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from gbaspatial.alignment import Label


Classes = int | Sequence[float]


@dataclass(frozen=True, slots=True, eq=False)
class MarkovResult(Result):
    """A Markov chain of k classes, pooled over units and periods.

    Parameters
    ----------
    transitions, probabilities : pandas.DataFrame, shape (k, k)
        Moves counted, and their shares by class of origin.
    steady_state, sojourn : pandas.Series, length k
        Long-run distribution; mean periods spent in a class.
    first_passage : pandas.DataFrame, shape (k, k)
        Mean periods from class to class (diagonal: until the return).
    mobility : pandas.Series
        Prais, determinant, second eigenvalue and Bartholomew indices (0: nobody moves): classes crossed, each counting
        alike, and leaving, weighted by the steady state.
    classes : pandas.DataFrame, shape (n, T)
        The class of each unit in each period.
    cutoffs : pandas.DataFrame
        The cuts between classes by period (one row `pooled` if shared).
    n : int
        Units.
    periods : int
        Periods.
    """

    transitions: pd.DataFrame
    probabilities: pd.DataFrame
    steady_state: pd.Series
    first_passage: pd.DataFrame
    sojourn: pd.Series
    mobility: pd.Series
    classes: pd.DataFrame
    cutoffs: pd.DataFrame
    n: int
    periods: int

    @property
    def chain(self) -> MarkovResult:
        """The chain of all units, as every result of a Markov chain has it: of this one, itself."""
        return self

    second_opinion = _second_opinion
    code = _code

    def tables(self) -> tuple[Table, ...]:
        """Probabilities, first passage times, the long run."""
        moves = int(self.transitions.to_numpy().sum())
        notes = [f"{self.n} units, {self.periods} periods, {moves} moves (staying counts as a move)."]
        empty = self.probabilities.index[self.probabilities.isna().all(axis=1)]
        if len(empty):
            notes.append(f"No unit ever leaves from class {some(empty)}: its row and the long run are not defined.")
        long_run = pd.DataFrame({"steady_state": self.steady_state, "sojourn": self.sojourn})
        return (
            Table(self.probabilities, "Transition probabilities (from row to column)", tuple(notes)),
            Table(self.transitions, "Transitions", formats=dict.fromkeys(self.transitions.columns, ".0f")),
            Table(self.first_passage, "Mean first passage times in periods"),
            Table(long_run, "Long run"),
            Table(self.mobility.to_frame("value"), "Mobility"),
        )

    def plot(self, ax: Axes | None = None) -> Axes:
        """Transition probabilities as a square."""
        return transition_matrix(self, ax=ax)


def chain_of(
    classes: np.ndarray, names: Sequence[Label], ids: pd.Index, periods: pd.Index, cuts: pd.DataFrame
) -> MarkovResult:
    """The chain of `classes` (T, n), numbered from zero in the order of `names`."""
    labels = pd.Index(names, name="class")
    counts = transition.count_transitions(classes, len(labels))
    P = transition.probabilities(counts)

    def _square(matrix: np.ndarray) -> pd.DataFrame:
        return pd.DataFrame(matrix, index=labels.rename("from"), columns=labels.rename("to"))

    return MarkovResult(
        transitions=_square(counts),
        probabilities=_square(P),
        steady_state=pd.Series(transition.steady_state(P), index=labels, name="steady_state"),
        first_passage=_square(transition.first_passage(P)),
        sojourn=pd.Series(transition.sojourn(P), index=labels, name="sojourn"),
        mobility=pd.Series(transition.mobility_indices(P), name="value").rename_axis("index"),
        classes=pd.DataFrame(labels.to_numpy()[classes.T], index=ids, columns=periods),
        cutoffs=cuts,
        n=len(ids),
        periods=len(periods),
    )


def check_classes(classes: Classes, name: str) -> None:
    """An error where `classes` is neither a number of classes nor cuts that rise."""
    if isinstance(classes, (int, np.integer)):
        if not 2 <= classes <= 50:
            raise OptionError(f"{name}={classes!r} is not a number of classes; use 2 to 50, or give the cuts.")
        return
    cuts = np.asarray(classes, dtype=float)
    if cuts.ndim != 1 or not len(cuts) or not (np.isfinite(cuts).all() and (np.diff(cuts) > 0).all()):
        raise OptionError(f"{name}={classes!r} are not cuts between classes; give ascending numbers.")


def cut_into_classes(
    values: np.ndarray, classes: Classes, pooled: bool, periods: pd.Index
) -> tuple[np.ndarray, pd.DataFrame, int]:
    """Classes (T, n) of `values` (T, n), the cuts used and the number of classes."""
    several = values.size if pooled else values.shape[1]
    if isinstance(classes, (int, np.integer)) and classes > several:
        raise DataError(f"{classes} classes are more than the {several} values that are cut into them; use fewer.")
    if not isinstance(classes, (int, np.integer)):
        cuts = np.asarray(classes, dtype=float)
    elif pooled:
        cuts = transition.quantile_cuts(values, int(classes))
    else:
        by_period = [transition.quantile_cuts(row, int(classes)) for row in values]
        found = np.stack([transition.classify(row, c) for row, c in zip(values, by_period, strict=True)])
        return found, pd.DataFrame(by_period, index=periods), int(classes)
    return transition.classify(values, cuts), pd.DataFrame([cuts], index=["pooled"]), len(cuts) + 1


@public
def markov(panel: pd.Series, *, classes: Classes = 5, pooled: bool = False, relative: bool = False) -> MarkovResult:
    """Markov chain of the classes that units of a panel are in.

    Parameters
    ----------
    panel : pandas.Series
        Numbers by unit and period (a balanced panel).
    classes : int or sequence of float
        Number of quantile classes, or the cuts between classes. A value on a cut
        belongs to the class below.
    pooled : bool
        Quantiles of all periods together; by default of each period, so that classes
        are ranks and the shares of the classes do not change.
    relative : bool
        Divide each period by its mean first.

    Returns
    -------
    MarkovResult

    Raises
    ------
    MissingDataError
        If periods are not equally far apart, so that moves are not over the same time.
    DataError
        With fewer than two periods.
    OptionError
        If `classes` are neither a number nor ascending cuts.

    References
    ----------
    Quah, D. (1993). Empirical cross-section dynamics in economic growth. European
    Economic Review 37, 426-434.

    Examples
    --------
    >>> index = pd.MultiIndex.from_product([["a", "b", "c", "d"], [2000, 2001]])
    >>> panel = pd.Series([1.0, 1.0, 2.0, 4.0, 3.0, 3.0, 4.0, 2.0], index=index)
    >>> markov(panel, classes=2).transitions.to_numpy().tolist()
    [[1.0, 1.0], [1.0, 1.0]]
    """
    check_classes(classes, "classes")
    values, periods = align_panel(panel)
    check_periods(periods)
    check_steps(periods)
    if relative:
        values = relative_to_mean(values, periods)
    found, cuts, k = cut_into_classes(values, classes, pooled, periods)
    ids = panel.index.unique(0).sort_values()
    return chain_of(found, range(1, k + 1), ids, periods, cuts)


def relative_to_mean(values: np.ndarray, periods: pd.Index) -> np.ndarray:
    """`values` (T, n) divided by the mean of each period."""
    means = values.mean(axis=1, keepdims=True)
    if (means == 0).any():
        raise DataError(f"relative=True divides by the mean, which is zero in {some(periods[means.ravel() == 0])}.")
    return values / means
