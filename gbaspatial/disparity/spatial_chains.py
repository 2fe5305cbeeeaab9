"""Spatial Markov chains: transitions of regions by the class of their neighbors."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
from scipy import sparse

from gbaspatial.alignment import align_panel, check_periods, check_steps
from gbaspatial.disparity import transition
from gbaspatial.disparity.mobility import (
    Classes,
    MarkovResult,
    chain_of,
    check_classes,
    cut_into_classes,
    relative_to_mean,
)
from gbaspatial.errors import DataError, some
from gbaspatial.inference.null import check_draws
from gbaspatial.inference.ordering import by_label
from gbaspatial.inference.permutation import over_orders
from gbaspatial.inference.tails import chi_squared_tail
from gbaspatial.options import public
from gbaspatial.progress import shows_progress
from gbaspatial.randomness import Rng, seed_of
from gbaspatial.referee import code as _code, second_opinion as _second_opinion
from gbaspatial.results import Result, Table
from gbaspatial.weights import Weights


@dataclass(frozen=True, slots=True, eq=False)
class SpatialMarkovResult(Result):
    """A Markov chain for each class of neighbors, and tests that these are the same chain.

    Parameters
    ----------
    chain : MarkovResult
        The chain that ignores neighbors.
    transitions, probabilities, first_passage : pandas.DataFrame, shape (m k, k)
        By class of the neighbors (`lag`) and class of origin (`from`); those of one class of
        neighbors are ``.loc[lag]``, shaped as those of `chain`.
    steady_state, sojourn : pandas.DataFrame, shape (m, k)
        NaN where a conditional chain has no or several long-run distributions.
    mobility : pandas.DataFrame, shape (m, 4)
    tests : pandas.DataFrame
        Rows `pearson` (Q) and `likelihood_ratio` (LR) of homogeneity: `statistic`,
        `df`, `p_value` (chi-square) and `p_permutation`.
    by_lag : pandas.DataFrame
        Each conditional chain against the overall one: `statistic`, `df`, `p_value`.
    lag_cutoffs : pandas.DataFrame
    values : pandas.DataFrame, shape (n, T)
        What was cut into classes: relative to the mean of each period, where that was asked for.
    weights : Weights
    recipe : str
        How the weights were made.
    draws : int
        Orders enumerated or drawn.
    seed : int or None
        Seed of the draws.
    n : int
        Units.
    """

    chain: MarkovResult
    transitions: pd.DataFrame
    probabilities: pd.DataFrame
    steady_state: pd.DataFrame
    first_passage: pd.DataFrame
    sojourn: pd.DataFrame
    mobility: pd.DataFrame
    tests: pd.DataFrame
    by_lag: pd.DataFrame
    lag_cutoffs: pd.DataFrame
    recipe: str
    draws: int
    seed: int | None
    n: int
    values: pd.DataFrame
    weights: Weights

    second_opinion = _second_opinion
    code = _code

    @property
    def classes(self) -> pd.DataFrame:
        """The class (n, T) of each unit in each period."""
        return self.chain.classes

    @property
    def cutoffs(self) -> pd.DataFrame:
        """The cuts between classes of the values; those of the neighbors are `lag_cutoffs`."""
        return self.chain.cutoffs

    @property
    def periods(self) -> int:
        """How many periods the panel has."""
        return self.chain.periods

    @property
    def overall(self) -> MarkovResult:
        """The older name of `chain`; it warns, and goes with the next version."""
        warnings.warn("overall is called chain, as everywhere; the older name goes.", DeprecationWarning, stacklevel=2)
        return self.chain

    def tables(self) -> tuple[Table, ...]:
        """Tests, conditional probabilities, conditional long run."""
        cells = self.transitions.to_numpy()
        few = int(((cells.sum(axis=1) > 0) & (cells.sum(axis=1) < 5)).sum())
        notes = [f"{self.n} units; weights: {self.recipe}."]
        if few:
            notes.append(f"{few} rows have fewer than five moves: trust p_permutation rather than chi-square.")
        if self.seed is not None:
            notes.append(f"p_permutation: whole histories reassigned to units, {self.draws} draws, seed {self.seed}.")
        return (
            Table(self.tests, "Do the neighbors matter? (homogeneity of the conditional chains)", tuple(notes)),
            Table(self.by_lag, "Conditional chain against the overall one, by class of neighbors"),
            Table(self.probabilities, "Transition probabilities by class of neighbors"),
            Table(self.steady_state, "Long run by class of neighbors"),
        )


@shows_progress
@public
def spatial_markov(
    panel: pd.Series,
    w: Weights,
    *,
    classes: Classes = 5,
    lag_classes: Classes | None = None,
    relative: bool = True,
    draws: int | None = 999,
    rng: Rng = None,
    progress: bool | None = None,
) -> SpatialMarkovResult:
    """Transitions conditional on the class of the neighbors, with quantiles pooled over all periods.

    Parameters
    ----------
    panel : pandas.Series
        Numbers by unit and period (a balanced panel).
    w : Weights
        Row-standardized, so that the lag is on the scale of the values. Without islands.
    classes, lag_classes : int or sequence of float
        Quantile classes or cuts of values, and of their spatial lags (by default as
        many as `classes`).
    relative : bool
        Divide each period by its mean first.
    draws : int or None
        Permutations of whole histories over units for the tests, which stay right with
        few moves in a cell; None for chi-square only.
    rng : int, numpy.random.Generator or None
    progress : bool, optional
        True tells on standard error how far work over two seconds has come, False never; by default on a terminal.

    Returns
    -------
    SpatialMarkovResult

    Raises
    ------
    MissingDataError
        If periods are not equally far apart, so that moves are not over the same time.
    DataError
        With fewer than two periods, or islands in `w`.

    References
    ----------
    Rey, S. J. (2001). Spatial empirics for economic growth and convergence.
    Geographical Analysis 33, 195-214. Bickenbach, F. and Bode, E. (2003). Evaluating the
    Markov property in studies of economic convergence. International Regional Science
    Review 26, 363-392.

    Examples
    --------
    >>> from gbaspatial.weights import from_pairs
    >>> w = from_pairs(pd.DataFrame({"focal": list("abcbcd"), "neighbor": list("bcdabc")})).row_standardized()
    >>> index = pd.MultiIndex.from_product([list("abcd"), [2000, 2001]])
    >>> panel = pd.Series([9.0, 9, 8, 2, 2, 8, 1, 1], index=index)
    >>> found = spatial_markov(panel, w, classes=2, draws=None)
    >>> int(found.overall.transitions.to_numpy().sum()), list(found.tests.index)
    (4, ['pearson', 'likelihood_ratio'])
    """
    w = by_label(w)
    lag_classes = classes if lag_classes is None else lag_classes
    check_classes(classes, "classes")
    check_classes(lag_classes, "lag_classes")
    values, periods = align_panel(panel, w.ids)
    check_periods(periods)
    check_steps(periods)
    refuse_islands(w, "a class of neighbors")
    if relative:
        values = relative_to_mean(values, periods)
    found, cuts, k = cut_into_classes(values, classes, True, periods)
    given, lag_cuts, m = cut_into_classes((w.sparse @ values.T).T, lag_classes, True, periods)
    counts = transition.count_conditional(found, given, k, m)
    seed = None if draws is None else seed_of(rng)
    tests = _homogeneity_tests(counts)
    if draws is not None and seed is not None:
        recut = int(lag_classes) if isinstance(lag_classes, (int, np.integer)) else lag_cuts.to_numpy()[0]
        permuted = partial(_permuted_homogeneity, values, found, w.sparse, recut)
        sample = np.array(over_orders(permuted, w.n, check_draws(draws), seed))
        at_least = (sample >= tests["statistic"].to_numpy() * (1 - 1e-12)).sum(axis=0)
        tests["p_permutation"] = (at_least + 1) / (draws + 1)
    return SpatialMarkovResult(
        chain=chain_of(found, range(1, k + 1), w.ids, periods, cuts),
        tests=tests,
        lag_cutoffs=lag_cuts,
        recipe=str(w.recipe),
        draws=draws or 0,
        seed=seed,
        n=w.n,
        values=pd.DataFrame(values.T, w.ids, periods),
        weights=w,
        **_conditional_frames(counts),
    )


def refuse_islands(w: Weights, what: str) -> None:
    """Raise if a unit has no neighbors, so that it has no `what`."""
    if len(w.islands):
        raise DataError(
            f"{some(w.islands)} have no neighbors, so {what} does not exist for them; "
            f"link them, or leave them out of the data and of w yourself."
        )


def _permuted_homogeneity(
    values: np.ndarray, found: np.ndarray, W: sparse.csr_array, lag_classes: int | np.ndarray, order: np.ndarray
) -> tuple[float, float]:
    moved = values[:, order]
    lags = (W @ moved.T).T
    cuts = transition.quantile_cuts(lags, lag_classes) if isinstance(lag_classes, int) else lag_classes
    k = int(found.max()) + 1
    counts = transition.count_conditional(found[:, order], transition.classify(lags, cuts), k, len(cuts) + 1)
    return transition.homogeneity(counts)[:2]


def _homogeneity_tests(counts: np.ndarray) -> pd.DataFrame:
    q, lr, df = transition.homogeneity(counts)
    index = pd.Index(["pearson", "likelihood_ratio"], name="test")
    frame = pd.DataFrame({"statistic": [q, lr], "df": df}, index=index)
    frame["p_value"] = chi_squared_tail(frame["statistic"], df) if df > 0 else np.nan
    return frame


def _conditional_frames(counts: np.ndarray) -> dict[str, pd.DataFrame]:
    m, k, _ = counts.shape
    origins, names = pd.RangeIndex(1, k + 1), pd.RangeIndex(1, k + 1, name="to")
    lags = pd.RangeIndex(1, m + 1, name="lag")
    rows = pd.MultiIndex.from_product([lags, origins], names=["lag", "from"])
    by_class = origins.rename("class")
    P = transition.probabilities(counts)
    pooled = counts.sum(axis=0)
    tests = pd.DataFrame(
        [transition.chi_square(part, pooled) for part in counts], index=lags, columns=["statistic", "p_value", "df"]
    )
    return {
        "transitions": pd.DataFrame(counts.reshape(m * k, k), index=rows, columns=names),
        "probabilities": pd.DataFrame(P.reshape(m * k, k), index=rows, columns=names),
        "steady_state": pd.DataFrame([transition.steady_state(p) for p in P], index=lags, columns=by_class),
        "sojourn": pd.DataFrame([transition.sojourn(p) for p in P], index=lags, columns=by_class),
        "mobility": pd.DataFrame([transition.mobility_indices(p) for p in P], index=lags).rename_axis(columns="index"),
        "first_passage": pd.DataFrame(
            np.stack([transition.first_passage(p) for p in P]).reshape(m * k, k), index=rows, columns=names
        ),
        "by_lag": tests[["statistic", "df", "p_value"]],
    }
