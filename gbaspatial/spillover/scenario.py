"""What would follow: changed regressors, an opened link or a lower friction, carried through a fitted model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
import pandas as pd

from gbaspatial.alignment import align_labels
from gbaspatial.errors import DataError, OptionError, some
from gbaspatial.figures import map_of, waterfall
from gbaspatial.models.few_units.recommended import SEED
from gbaspatial.models.impacts.average import Quantity, mixed
from gbaspatial.models.impacts.engine import COLUMNS, Engine
from gbaspatial.models.impacts.open_ends import open_rows, open_words, with_open_ends
from gbaspatial.models.solve.resolvent import Reading
from gbaspatial.options import level_of, public, undrawn
from gbaspatial.randomness import Rng
from gbaspatial.results import Result, Table
from gbaspatial.spillover.changed_data import Changed, changed_data, matrix_of, outside_words
from gbaspatial.spillover.impact_engine import check_bounded, check_known, engine_of, method_words
from gbaspatial.spillover.logarithmic_outcome import all_together, base_of, with_percent
from gbaspatial.spillover.scenario_weights import admissible, lag_is_main, newly_cut, resolvent_under, scenario_weights
from gbaspatial.weights import Weights

if TYPE_CHECKING:
    import geopandas as gpd
    from matplotlib.axes import Axes

    from gbaspatial.alignment import Label
    from gbaspatial.geography.places import Units
    from gbaspatial.models import Fit, PanelFit
    from gbaspatial.models.solve.resolvent import Reader
    from gbaspatial.weights.annotations import WeightsGiven


@dataclass(frozen=True, slots=True, eq=False)
class ScenarioResult(Result):
    """What a scenario changes.

    Attributes
    ----------
    units : pandas.DataFrame
        By unit: the change of the outcome, `estimate, std_error, lower, upper, p_value`, of which `own` comes through
        the unit's own regressors and `spillover` from elsewhere; where the outcome is a logarithm also `percent` with
        its ends.
    groups : pandas.DataFrame
        The same for each group and for all units together (means over units; where the outcome is a logarithm, of
        units as their levels weigh).
    changes : pandas.DataFrame
        What was changed: `unit, variable, before, after`.
    links : int
        How many links the W of the scenario has more than that of the fit.
    notes : tuple of str
    title : str
        Of the table.
    """

    units: pd.DataFrame
    groups: pd.DataFrame
    changes: pd.DataFrame
    links: int
    title: str
    notes: tuple[str, ...]
    _engine: Engine
    _quantity: Quantity
    _members: np.ndarray

    _older: ClassVar[Mapping[str, str]] = {name: f"_{name}" for name in ("engine", "quantity", "members")}

    def to_frame(self) -> pd.DataFrame:
        """The units."""
        return self.units.copy()

    def tables(self) -> tuple[Table, ...]:
        """All units together and by group, unit by unit, and what was changed."""
        return (
            Table(self.groups, self.title, self.notes),
            Table(self.units, "Unit by unit"),
            *([Table(self.changes, "What is changed")] if len(self.changes) else []),
        )

    def parts(self) -> pd.Series:
        """What the change of all units together consists of: own changes by unit, spillover by group.

        Returns
        -------
        pandas.Series
            Indexed (part, name); the values add up to the row ``"all"`` of `groups`.
        """
        fit = self._engine.fit
        frame = self.units[["own", "spillover"]].reindex(fit.design.ids)
        weighed = frame.mul(self._members[:, -1], axis=0)
        own = weighed["own"][weighed["own"] != 0]
        found = {("own", unit): value for unit, value in own.items()}
        names, place = list(self.groups.index[:-1]), (self._members[:, :-1] > 0)
        if not names:
            names, place = ["all"], np.ones((fit.n, 1), dtype=bool)
        for number_of, name in enumerate(names):
            found["spillover", name] = float(weighed["spillover"].to_numpy()[place[:, number_of]].sum())
        index = pd.MultiIndex.from_tuples(list(found), names=["part", "name"])
        return pd.Series(list(found.values()), index=index, name="change")

    def to_gis(self, units: Units) -> gpd.GeoDataFrame:
        """The shapes of the `units` with what changes there.

        Parameters
        ----------
        units : GeoDataFrame
            The units of the fit, in any order.
        """
        return units[["geometry"]].join(self.units)

    def versus(self, other: ScenarioResult) -> pd.DataFrame:
        """This scenario less another of the same fit: the difference for each group and for all, with its interval.

        Parameters
        ----------
        other : ScenarioResult
            With the same groups.

        Returns
        -------
        pandas.DataFrame
            `estimate, std_error, lower, upper, p_value`, which know that both share the errors of one fit.

        Raises
        ------
        OptionError
            If the scenarios are of different fits, or of different groups.
        """
        same = self._engine.fit.design.fingerprint == other._engine.fit.design.fingerprint
        if not same or not self._engine.fit.params.equals(other._engine.fit.params):
            raise OptionError("both scenarios must be of one fit; scenario() it twice.")
        if not self.groups.index.equals(other.groups.index):
            raise OptionError("both scenarios must have the same groups=.")
        gap = mixed(_grouped(self._quantity, self._members), _grouped(other._quantity, other._members))
        return _frame(self._engine, gap, self.groups.index)

    def plot(self, units: Units | None = None, *, ax: Axes | None = None) -> Axes:
        """The change of each unit on a map, or without `units` as a waterfall from the own changes to the total.

        Parameters
        ----------
        units : GeoDataFrame, optional
            The units of the fit.
        ax : matplotlib.axes.Axes, optional
            Where to draw; a new figure if not given.

        Returns
        -------
        matplotlib.axes.Axes
        """
        if units is None:
            return waterfall(self, ax=ax)
        label = with_open_ends(self.title, self.units)
        return map_of(units.join(self.units["estimate"]), "estimate", label=label, ax=ax)


@undrawn("method", "delta")
@public
def scenario(
    fit: Fit | PanelFit,
    change: Mapping[Any, Mapping[str, float]] | pd.DataFrame | None = None,
    *,
    kind: Literal["factor", "add", "set"] = "factor",
    w: WeightsGiven | None = None,
    friction: float | None = None,
    groups: pd.Series | None = None,
    extrapolate: bool = False,
    period: Label | None = None,
    method: Literal["auto", "delta", "simulated", "bootstrap", "confidence"] = "auto",
    draws: int = 1999,
    rng: Rng = SEED,
    level: float = 0.95,
) -> ScenarioResult:
    """What a fitted model says would follow in each unit and group, if nothing but the scenario changed.

    With the regressors X1 and the weights W1 of the scenario, the outcome becomes
    y + (I - rho W1)^-1 [rho (W1 - W) y + (X1 - X) b]: disturbances and effects stay as they are, and without any
    change there is none. Every term that a variable enters counts (logarithms, products, lags).

    Parameters
    ----------
    fit : Fit or PanelFit
    change : mapping of unit to mapping of variable to number, or DataFrame
        Such as ``{"Shenzhen": {"fiscal_science_cny": 1.10}}``; a DataFrame of units and variables leaves what is
        missing as it is.
    kind : {"factor", "add", "set"}
        Whether the numbers multiply the variable, are added to it, or replace it.
    w : Weights, optional
        Another W: a bridge opens. It stands for the W of the lag of the outcome and of lagged regressors, and has its
        rows standardized where that has.
    friction : float, optional
        Instead of `w`: the weight that links between different `groups` keep, as in ``w.with_friction``, relative to
        what they have in the W of the fit, row-standardized anew if that was: from 0, a closed border, to 1, the W of
        the fit. If that has a friction of its own, such as 0.5, up to 2, which takes the border away.
    groups : pandas.Series, optional
        A group (tier, side) of each unit.
    extrapolate : bool
        Values outside the range of the data are refused, unless True.
    period : optional
        Of a panel: the period whose regressors and W are meant; the last if not given.
    method : {"auto", "delta", "simulated", "bootstrap", "confidence"}
        Of the intervals, as in ``fit.impacts()``: they carry the errors of estimation.
    draws : int
    rng : int, Generator or None
        Seed; recorded.
    level : float
        Of the intervals.

    Returns
    -------
    ScenarioResult

    Raises
    ------
    OptionError
        If nothing is changed, the model lacks a variable, a value lies outside the data, or the data say nothing
        about rho, so that no end of an interval would be finite.
    DataError
        If the formula is not defined for a value.

    Notes
    -----
    It is what a model says, no experiment: the estimates must be causal for the scenario to be a forecast.

    References
    ----------
    LeSage, J. and Pace, R. K. (2009). Introduction to Spatial Econometrics. CRC Press, ch. 2.

    Examples
    --------
    >>> import gbaspatial as gba
    >>> cities = gba.load_cities(year=2019)
    >>> w = gba.weights.contiguity(cities, links=2019).row_standardized()
    >>> fit = gba.models.slx("log(gdp_pc_cny) ~ log(employment)", cities, w)
    >>> found = gba.spillover.scenario(fit, {"Foshan": {"employment": 1.10}}, groups=cities["tier"])
    >>> found.groups.index.tolist()
    [1, 2, 3, 'all']
    """
    engine = engine_of(fit, period=period, method=method, draws=draws, rng=rng, level=level_of(level))
    section = engine.fit
    lags, links = scenario_weights(engine, w, friction, groups)
    changed = changed_data(section, change, kind, fit.design.data, lags, matrix_of(fit, period))
    outside = outside_words(changed)
    if outside and not extrapolate:
        raise OptionError(f"{outside} Choose values inside, or pass extrapolate=True and say so.")
    cut = newly_cut(section.design.weights, lags)
    if len(cut) and not extrapolate:
        raise OptionError(
            f"the scenario leaves {some(cut)} without links: what comes from neighbors would fall to zero there, which "
            f"moves the level and is no spillover. Keep a link, or pass extrapolate=True and say so."
        )
    if change is None and links is None:
        raise OptionError("nothing is changed; give change=, w= or friction=.")
    main = lags.get("W")
    W1 = section.w if section.w is None or main is None or not lag_is_main(engine) else main
    quantity = _quantity(engine, changed.steps, W1)
    check_known(engine)
    moved = engine if W1 is section.w else admissible(engine, W1)
    members, names = _members(section, groups)
    units = _units(moved, quantity, changed.steps)
    grouped = with_percent(moved, _frame(moved, _grouped(quantity, members), names))
    check_bounded(moved, [units], "what would follow")
    return ScenarioResult(
        units=units,
        groups=grouped,
        changes=changed.told,
        links=links or 0,
        title=f"What a scenario changes: {section.formula}",
        notes=(
            *all_together(moved, grouped),
            *_notes(moved, outside, cut, changed, links),
            *open_words(moved, units.index[open_rows(units)]),
        ),
        _engine=moved,
        _quantity=quantity,
        _members=members,
    )


def _quantity(engine: Engine, steps: np.ndarray, W1: Weights | None) -> Quantity:
    """The change of the outcome of every unit, as readings of (I - rho W1)^-1."""
    fit, n = engine.fit, engine.fit.n
    eye = np.eye(n)
    used = np.flatnonzero((steps != 0).any(axis=0))
    resolvent = engine.resolvent if W1 is fit.w else resolvent_under(engine, W1)
    places = [int(k) for k in used]
    readers = [resolvent.reader(None, Reading("pairs", eye, np.tile(steps[:, [k]], (1, n)))) for k in used]
    if W1 is not fit.w and fit.w is not None and W1 is not None:
        gap = (W1.sparse - fit.w.sparse) @ fit.design.y
        assert engine.known.rho_place is not None
        places.append(engine.known.rho_place)
        readers.append(resolvent.reader(None, Reading("pairs", eye, np.tile(gap[:, None], (1, n)))))
    if not readers:
        raise DataError("the scenario changes no term of the model: every value is what it was.")
    return Quantity(tuple(places), tuple(readers))


def _members(fit: Fit, groups: pd.Series | None) -> tuple[np.ndarray, pd.Index]:
    """Weights (n, g + 1) of units in each group and in all, and the names."""
    classes = np.zeros(fit.n) if groups is None else align_labels(groups, fit.design.ids, "groups", "fit")
    names: list[Label] = (
        [] if groups is None else list(pd.unique(pd.Series(classes).sort_values(key=lambda x: x.astype(str))))
    )
    base = base_of(fit.design.response)
    size = np.ones(fit.n) if base is None else base ** (fit.design.y - fit.design.y.max())
    columns = [np.where(classes == name, size, 0.0) for name in names] + [size]
    members = np.stack([column / column.sum() for column in columns], axis=1)
    label = "group" if groups is None or groups.name is None else groups.name
    return members, pd.Index([*names, "all"], name=label, dtype=object)


def _grouped(quantity: Quantity, members: np.ndarray) -> Quantity:
    """The weighted means (g,) of a quantity of all units."""

    def _mean(reader: Reader) -> Reader:
        def _read(rho: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            value, slope = reader(rho)
            return value @ members, slope @ members

        return _read

    return Quantity(quantity.places, tuple(map(_mean, quantity.readers)))


def _frame(engine: Engine, quantity: Quantity, index: pd.Index) -> pd.DataFrame:
    found = engine.measure(quantity)
    return pd.DataFrame({column: getattr(found, column) for column in COLUMNS}, index=index)


def _units(engine: Engine, quantity: Quantity, steps: np.ndarray) -> pd.DataFrame:
    fit = engine.fit
    frame = _frame(engine, quantity, fit.design.ids)
    plain = np.array([column.weights is None for column in fit.design.columns])
    frame["own"] = steps[:, plain] @ fit.beta[plain]
    frame["spillover"] = frame["estimate"] - frame["own"]
    return with_percent(engine, frame).reindex(fit.design.index)


def _notes(engine: Engine, outside: str, cut: pd.Index, changed: Changed, links: int | None) -> tuple[str, ...]:
    notes = [
        "What the fitted model says if nothing but the scenario changes: no forecast, unless its estimates are causal.",
        method_words(engine),
    ]
    if base_of(engine.fit.design.response) is not None:
        notes.append("Groups and all: changes of the logarithm, each unit as its level weighs (first order).")
    if links is not None:
        notes.append(f"Another W, with {links:+d} links; disturbances and effects stay as they were.")
    if outside:
        notes.append(f"Extrapolated: {outside}")
    if len(cut):
        notes.append(f"Extrapolated: without any link in the scenario, and so at another level: {some(cut)}.")
    if changed.leverage > 1:
        notes.append(
            f"The combination of values is {changed.leverage:.1f} times as far from the center of the data as any unit "
            f"is, where linearity is assumed, not seen."
        )
    return tuple(notes)
