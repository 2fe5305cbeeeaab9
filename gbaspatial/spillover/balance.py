"""Who gives and who receives: spillover by unit, by group, and across a border against within it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from gbaspatial.alignment import align_labels
from gbaspatial.errors import DataError
from gbaspatial.figures import flow_map, forest
from gbaspatial.models.few_units.recommended import SEED
from gbaspatial.models.impacts.average import mixed
from gbaspatial.models.impacts.engine import COLUMNS, Engine, unit_balance
from gbaspatial.models.impacts.groups import by_group
from gbaspatial.models.impacts.open_ends import open_rows, open_words, with_open_ends
from gbaspatial.models.solve.resolvent import Reading
from gbaspatial.options import level_of, public, undrawn
from gbaspatial.randomness import Rng
from gbaspatial.results import Result, Table
from gbaspatial.spillover.impact_engine import check_bounded, check_known, check_spills, engine_of, linked, method_words

if TYPE_CHECKING:
    import geopandas as gpd
    from matplotlib.axes import Axes

    from gbaspatial.alignment import Label
    from gbaspatial.formula import Regressor
    from gbaspatial.geography.places import Units
    from gbaspatial.models import Fit, PanelFit
    from gbaspatial.models.impacts.groups import GroupImpacts


@dataclass(frozen=True, slots=True, eq=False)
class BalanceResult(Result):
    """What each unit, and each group, gives to others and receives from them.

    Attributes
    ----------
    units : pandas.DataFrame
        By unit: `own` (what it does to itself), `gives`, `receives`, `net`, the last three with their ends.
    flows : pandas.DataFrame
        From unit to unit: `giver, receiver, value`, strongest first.
    groups : GroupImpacts or None
        The same between groups; its `balance` and `flows`.
    border : pandas.DataFrame or None
        What an average pair of units passes on `within` groups and `across` their border, and the `difference`;
        `pairs, linked` (pairs with a link in W), `estimate, std_error, lower, upper, p_value`.
    term, notes
    """

    units: pd.DataFrame
    flows: pd.DataFrame
    groups: GroupImpacts | None
    border: pd.DataFrame | None
    term: str
    notes: tuple[str, ...]

    def to_frame(self) -> pd.DataFrame:
        """The units."""
        return self.units.copy()

    def tables(self) -> tuple[Table, ...]:
        """Units, then groups and the border."""
        found = [Table(self.units, f"What units give and receive of {self.term}", self.notes)]
        if self.groups is not None:
            found += self.groups.tables()
        if self.border is not None:
            found.append(
                Table(
                    self.border,
                    "What an average pair of units passes on, within groups and across",
                    formats=dict.fromkeys(("pairs", "linked"), ".0f"),
                )
            )
        return tuple(found)

    def to_gis(self, units: Units) -> gpd.GeoDataFrame:
        """The shapes of the `units` with `own, gives, receives, net`.

        Parameters
        ----------
        units : GeoDataFrame
            The units of the fit, in any order.
        """
        return units[["geometry"]].join(self.units)

    def plot(self, units: Units | None = None, *, top: int = 30, ax: Axes | None = None) -> Axes:
        """The strongest flows between units as arrows on a map, or without `units` what each gives net of what it gets.

        Parameters
        ----------
        units : GeoDataFrame, optional
            The units of the fit. Without them a row for each unit, with its interval.
        top : int
            How many of the largest flows are drawn.
        ax : matplotlib.axes.Axes, optional
            Where to draw; a new figure if not given.

        Returns
        -------
        matplotlib.axes.Axes
        """
        if units is None:
            return forest(_net(self.units), label=f"Gives less receives: {self.term}", ax=ax)
        label = with_open_ends(f"Spillover of {self.term}", self.units)
        return flow_map(units, self.flows, label=label, top=top, ax=ax)


def _net(units: pd.DataFrame) -> pd.DataFrame:
    """What each unit gives less what it receives, as a forest draws it."""
    return units[["net", "net_lower", "net_upper"]].set_axis(["estimate", "lower", "upper"], axis=1)


@undrawn("method", "delta")
@public
def balance(
    fit: Fit | PanelFit,
    *,
    groups: pd.Series | None = None,
    term: str | None = None,
    period: Label | None = None,
    method: Literal["auto", "delta", "simulated", "bootstrap", "confidence"] = "auto",
    draws: int = 1999,
    rng: Rng = SEED,
    level: float = 0.95,
) -> BalanceResult:
    """Who gives and who receives of a regressor's spillover: unit by unit, group by group, across a border or within.

    Parameters
    ----------
    fit : Fit or PanelFit
        With a spatial lag of the outcome, of the regressor, or both.
    groups : pandas.Series, optional
        The tier, the side of a border or another group of each unit, matched by label.
    term : str, optional
        The regressor; needed where the model has several.
    period : optional
        Of a panel: the period whose W is meant.
    method : {"auto", "delta", "simulated", "bootstrap", "confidence"}
        Of the intervals, as in ``fit.impacts()``.
    draws : int
    rng : int, Generator or None
        Seed; recorded.
    level : float
        Of the intervals.

    Returns
    -------
    BalanceResult

    Raises
    ------
    OptionError
        If the fit has no spillover, or no interval would have an end, because the data do not bound rho.
    AlignmentError, DataError
        If `groups` are not of the units of the fit, or are all the same.

    Notes
    -----
    Giving and receiving are what W and the estimates make of them: with a W given beforehand, a unit with many
    neighbors gives much because W says so. It is no measurement of who learned from whom.

    References
    ----------
    LeSage, J. and Pace, R. K. (2009). Introduction to Spatial Econometrics. CRC Press, ch. 2.

    Examples
    --------
    >>> import gbaspatial as gba
    >>> cities = gba.load_cities(year=2019)
    >>> w = gba.weights.contiguity(cities, links=2019).row_standardized()
    >>> fit = gba.models.lag("log(gdp_pc_cny) ~ log(employment)", cities, w)
    >>> found = gba.spillover.balance(fit, groups=cities["side"], method="delta")
    >>> found.border.index.tolist()
    ['within', 'across', 'difference']
    """
    engine = engine_of(fit, period=period, method=method, draws=draws, rng=rng, level=level_of(level))
    regressor = engine.regressor(term)
    check_spills(engine, regressor)
    check_known(engine)
    grouped = border = None
    if groups is not None:
        grouped = by_group(engine, regressor, groups)
        border = _border(engine, regressor, align_labels(groups, engine.fit.design.ids, "groups", "fit"))
    notes: tuple[str, ...] = (
        "Giving and receiving follow from W and the estimates; they are no measurement of who learned from whom.",
        method_words(engine),
    )
    units = unit_balance(engine, regressor).reindex(engine.fit.design.index)
    shown = [units, *([] if border is None else [border])]
    check_bounded(engine, shown, "who gives and who receives")
    open_ones = [str(name) for frame in shown for name in frame.index[open_rows(frame)]]
    notes = (*notes, *open_words(engine, open_ones))
    return BalanceResult(units, _flows(engine, regressor), grouped, border, regressor.name, notes)


def _flows(engine: Engine, regressor: Regressor) -> pd.DataFrame:
    design = engine.fit.design
    S = engine.matrix(regressor)
    np.fill_diagonal(S, np.nan)
    receiver, giver = np.nonzero(~np.isnan(S))
    frame = pd.DataFrame({"giver": design.ids[giver], "receiver": design.ids[receiver], "value": S[receiver, giver]})
    order = frame["value"].abs().sort_values(ascending=False, kind="stable").index
    return frame.loc[order].reset_index(drop=True)


def _border(engine: Engine, regressor: Regressor, classes: np.ndarray) -> pd.DataFrame:
    """What an average pair passes on within groups (band 0) and across (band 1)."""
    same = classes[:, None] == classes[None, :]
    bands = np.where(same, 0, 1)
    np.fill_diagonal(bands, -1)
    pairs = np.array([(bands == 0).sum(), (bands == 1).sum()])
    if not pairs[0]:
        raise DataError("every unit is a group of its own, so no pair lies within one; give coarser groups.")
    within, across = (
        engine.quantity(regressor, Reading("bands", bands=np.where(bands == k, 0, -1))).times(1 / pairs[k])
        for k in (0, 1)
    )
    rows = [engine.measure(each) for each in (within, across, mixed(across, within))]
    frame = pd.DataFrame(
        {column: [float(getattr(found, column)[0]) for found in rows] for column in COLUMNS},
        index=pd.Index(["within", "across", "difference"], name="pairs of units"),
    )
    there = linked(engine, regressor)
    frame.insert(0, "pairs", [*pairs, np.nan])
    frame.insert(1, "linked", [*(int((there & (bands == k)).sum()) for k in (0, 1)), np.nan])
    return frame
