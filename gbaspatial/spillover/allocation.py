"""Where one more unit of something does most: for all, for the weakest group, per head."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from gbaspatial.alignment import align, align_labels
from gbaspatial.errors import DataError, OptionError, some
from gbaspatial.figures import forest
from gbaspatial.models.few_units.recommended import SEED
from gbaspatial.models.impacts.average import Quantity
from gbaspatial.models.impacts.change import check_evaluated
from gbaspatial.models.impacts.engine import COLUMNS, Engine
from gbaspatial.models.impacts.open_ends import open_rows, open_words
from gbaspatial.models.solve.resolvent import Reading
from gbaspatial.options import level_of, number as number_of, public, undrawn
from gbaspatial.randomness import Rng
from gbaspatial.results import Result, Table
from gbaspatial.spillover.changed_data import Matrix, changed_data, matrix_of
from gbaspatial.spillover.impact_engine import check_bounded, check_known, engine_of, method_words
from gbaspatial.spillover.logarithmic_outcome import base_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from gbaspatial.alignment import Label
    from gbaspatial.models import Fit, PanelFit

AIMS = ("all", "weakest", "per_head")


@dataclass(frozen=True, slots=True, eq=False)
class AllocationResult(Result):
    """Every unit as the place of one more, ranked.

    Attributes
    ----------
    places : pandas.DataFrame
        By (aim, unit): what all units gain on average, what the weakest group gains, or what a head gains, if the
        unit gets one more: `estimate, std_error, lower, upper, p_value`, its `rank`, the ends `rank_lower,
        rank_upper` of it, and `best`, the share of draws in which no other place does more (missing where the
        intervals come from no draws).
    frontier : pandas.DataFrame
        Places of which no other does more for all *and* for the weakest group, by what they do for all.
    aim : str
        By which aim the table is sorted.
    weakest : object
        The name of the weakest group; None without groups.
    notes : tuple of str
    variable : str
        The regressor that is allocated.
    """

    places: pd.DataFrame
    frontier: pd.DataFrame
    aim: str
    weakest: Label
    variable: str
    notes: tuple[str, ...]

    def to_frame(self) -> pd.DataFrame:
        """The places by the aim that was named, best first."""
        return self.places.loc[self.aim].copy()

    def tables(self) -> tuple[Table, ...]:
        """The ranking by the aim, and the frontier between both aims."""
        title = f"Where more of {self.variable} does most ({self.aim})"
        found = [Table(self.to_frame(), title, self.notes)]
        if len(self.frontier):
            title = f"Frontier between all and the weakest group ({self.weakest})"
            found.append(Table(self.frontier, title, self._frontier_notes()))
        return tuple(found)

    def _frontier_notes(self) -> tuple[str, ...]:
        """Which places of the frontier stand there by their estimate alone."""
        frames = [self.places.loc[name].reindex(self.frontier.index) for name in ("all", "weakest")]
        lost = np.logical_or(*map(open_rows, frames))
        if not lost.any():
            return ()
        return (f"By their estimates alone, because their intervals have no end: {some(self.frontier.index[lost])}.",)

    def plot(self, *, label: str = "", ax: Axes | None = None) -> Axes:
        """The places with their intervals, best first.

        Parameters
        ----------
        label : str
            The title.
        ax : matplotlib.axes.Axes, optional
            Where to draw; a new figure if not given.

        Returns
        -------
        matplotlib.axes.Axes
        """
        return forest(self.to_frame(), label=label, ax=ax)


@undrawn("method", "delta")
@public
def allocate(
    fit: Fit | PanelFit,
    variable: str,
    *,
    amount: float = 1.0,
    kind: Literal["add", "factor"] = "add",
    aim: Literal["all", "weakest", "per_head"] = "all",
    groups: pd.Series | None = None,
    people: pd.Series | None = None,
    period: Label | None = None,
    method: Literal["auto", "delta", "simulated", "bootstrap", "confidence"] = "auto",
    draws: int = 1999,
    rng: Rng = SEED,
    level: float = 0.95,
) -> AllocationResult:
    """In which unit one more of a variable does most, by a fitted model, and how sure the ranking is.

    Each unit in turn gets `amount` more; the outcome of every unit follows from the model, through all terms that
    the variable enters and all links of W.

    Parameters
    ----------
    fit : Fit or PanelFit
        Up to 500 units.
    variable : str
        A column of the data that is a number.
    amount : float
        How much more, or with ``kind="factor"`` how many times as much.
    kind : {"add", "factor"}
        The same amount for every unit, or the same growth.
    aim : {"all", "weakest", "per_head"}
        What the ranking is by: the mean of the outcome over all units, over the weakest group, or over all people.
    groups : pandas.Series, optional
        Needed for the weakest group, which is the one with the lowest mean of the outcome, and for the frontier.
    people : pandas.Series, optional
        Persons by unit; needed for ``"per_head"``.
    period : optional
        Of a panel: the period whose regressors and W are meant.
    method : {"auto", "delta", "simulated", "bootstrap", "confidence"}
        Of the intervals, as in ``fit.impacts()``.
    draws : int
    rng : int, Generator or None
        Seed; recorded.
    level : float
        Of the intervals.

    Returns
    -------
    AllocationResult

    Raises
    ------
    OptionError
        If an aim lacks its `groups` or `people`, the model lacks the variable, or says nothing about rho.
    DataError
        If people are not positive, or the formula is not defined for a value.

    Notes
    -----
    A gain is measured on the scale of the outcome in the formula: for a logarithm, in its points. The ranking holds
    for small amounts if the estimates are causal.

    References
    ----------
    LeSage, J. and Pace, R. K. (2009). Introduction to Spatial Econometrics. CRC Press, ch. 2.

    Examples
    --------
    >>> import gbaspatial as gba
    >>> cities = gba.load_cities(year=2019)
    >>> w = gba.weights.contiguity(cities, links=2019).row_standardized()
    >>> fit = gba.models.slx("gdp_pc_cny ~ log(employment)", cities, w)
    >>> found = gba.spillover.allocate(fit, "employment", amount=1.01, kind="factor", groups=cities["tier"])
    >>> found.places.index.get_level_values("aim").unique().tolist()
    ['all', 'weakest']
    """
    number_of(amount, "amount")
    if (kind == "add" and amount == 0) or (kind == "factor" and amount == 1):
        raise OptionError(f"amount={amount!r} changes nothing.")
    engine = engine_of(fit, period=period, method=method, draws=draws, rng=rng, level=level_of(level))
    check_known(engine)
    aims, weakest = _aims(engine, groups, people)
    if aim not in aims:
        raise OptionError(f"aim={aim!r} needs {'groups=' if aim == 'weakest' else 'people='}.")
    steps, outside = _steps(engine, variable, kind, amount, matrix_of(fit, period))
    if len(outside) == len(steps):
        raise OptionError(
            f"amount={amount:g} takes {variable} outside the data in every unit, so that nothing was seen like it; "
            f"give less, such as {0.01 * _spread(engine, variable):.3g} with kind='add'."
        )
    frames = {name: _places(engine, steps, left) for name, left in aims.items()}
    check_bounded(engine, frames.values(), "where more does most")
    frames = {name: frame.sort_values("rank", kind="stable") for name, frame in frames.items()}
    places = pd.concat(frames, names=["aim", engine.fit.design.ids.name or "unit"])
    notes = (
        *_notes(engine, variable, kind, amount),
        *_outside_notes(variable, outside),
        *open_words(engine, _undetermined(frames, aim)),
    )
    return AllocationResult(places, _frontier(frames), aim, weakest, variable, notes)


def _undetermined(frames: dict[str, pd.DataFrame], aim: str) -> list[str]:
    """Places whose gain lacks an end: by the aim of the table, and by the others with their name."""
    own = [str(unit) for unit in frames[aim].index[open_rows(frames[aim])]]
    others = {name: frame.index[open_rows(frame)] for name, frame in frames.items() if name != aim}
    return own + [f"{unit} ({name})" for name, units in others.items() for unit in units if str(unit) not in own]


def _aims(engine: Engine, groups: pd.Series | None, people: pd.Series | None) -> tuple[dict[str, np.ndarray], Label]:
    """Weights (n,) of the outcomes of units under each aim, and the weakest group."""
    fit = engine.fit
    found, weakest = {"all": np.full(fit.n, 1 / fit.n)}, None
    if groups is not None:
        classes = align_labels(groups, fit.design.ids, "groups", "fit")
        mean = pd.Series(fit.design.y).groupby(np.asarray(classes)).mean()
        if len(mean) < 2:
            raise DataError(f"all units are in the group {mean.index[0]!r}; the weakest of several is meant.")
        weakest = mean.idxmin()
        member = np.asarray(classes) == weakest
        found["weakest"] = member / member.sum()
    if people is not None:
        counted = align(people, fit.design.ids)
        if (counted <= 0).any():
            raise DataError(f"people must be positive; they are not in {some(fit.design.ids[counted <= 0])}.")
        found["per_head"] = counted / counted.sum()
    return found, weakest


def _spread(engine: Engine, variable: str) -> float:
    column = engine.fit.design.data[variable]
    return float(column.max() - column.min())


def _outside_notes(variable: str, outside: list[Label]) -> tuple[str, ...]:
    if not outside:
        return ()
    return (f"Extrapolated: with more of it, {variable} lies outside the data in {some(outside)}.",)


def _steps(engine: Engine, variable: str, kind: str, amount: float, matrix: Matrix) -> tuple[np.ndarray, list[Label]]:
    """Changes of X (places, n, k) when one unit after the other gets more, and the units that then lie outside."""
    fit = engine.fit
    check_evaluated(fit.n)
    lags, data = fit.design.weights, fit.design.data
    each = {unit: changed_data(fit, {unit: {variable: amount}}, kind, data, lags, matrix) for unit in fit.design.ids}
    return np.stack([one.steps for one in each.values()]), [unit for unit, one in each.items() if one.ranges]


def _places(engine: Engine, steps: np.ndarray, left: np.ndarray) -> pd.DataFrame:
    """For each place what the aim gains (places,), ranked."""
    fit = engine.fit
    used = np.flatnonzero((steps != 0).any(axis=(0, 1)))
    lefts = np.tile(left[:, None], (1, len(steps)))
    readers = tuple(
        engine.resolvent.reader(None, Reading("pairs", lefts, np.ascontiguousarray(steps[:, :, k].T))) for k in used
    )
    quantity = Quantity(tuple(int(k) for k in used), readers)
    found = engine.measure(quantity)
    frame = pd.DataFrame({column: getattr(found, column) for column in COLUMNS}, index=fit.design.ids)
    frame["rank"] = frame["estimate"].rank(ascending=False, method="min").astype(int)
    low = high = best = np.full(len(frame), np.nan)
    drawn = engine.known.draws
    if drawn is not None:
        values = quantity.values(drawn, engine.known.rho_place)
        ranks = (values[:, None, :] > values[:, :, None]).sum(axis=2) + 1
        tail = (1 - engine.known.level) / 2
        low, high = np.quantile(ranks, [tail, 1 - tail], axis=0, method="nearest")
        best = (ranks == 1).mean(axis=0)
    return frame.assign(rank_lower=low, rank_upper=high, best=best)


def _frontier(frames: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Places that no other beats in both aims."""
    if "weakest" not in frames:
        return pd.DataFrame(columns=["all", "weakest"])
    both = pd.DataFrame({name: frames[name]["estimate"] for name in ("all", "weakest")})
    value = both.to_numpy()
    at_least = (value[:, None, :] >= value[None, :, :]).all(axis=2)
    beaten = (at_least & (value[:, None, :] > value[None, :, :]).any(axis=2)).any(axis=0)
    return both[~beaten].sort_values("all", ascending=False)


def _notes(engine: Engine, variable: str, kind: str, amount: float) -> tuple[str, ...]:
    points = ", of which 0.01 is about one per cent" if base_of(engine.fit.design.response) == math.e else ""
    how = f"{amount:+g}" if kind == "add" else f"times {amount:g}"
    notes = [
        f"Each unit in turn gets {variable} {how}; gains on the scale of {engine.fit.design.response}{points}.",
        method_words(engine),
    ]
    if engine.known.draws is None:
        notes.append("Ranks have no interval here: method='simulated' draws the parameters, and with them the ranks.")
    return tuple(notes)
