"""How far an effect spills over: by the number of links, and by kilometers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from gbaspatial.alignment import check_same_units
from gbaspatial.errors import OptionError
from gbaspatial.figures import spillover_decay
from gbaspatial.geography import distance_km
from gbaspatial.models.few_units.recommended import SEED
from gbaspatial.models.impacts.average import Quantity
from gbaspatial.models.impacts.engine import COLUMNS, Engine
from gbaspatial.models.impacts.open_ends import open_rows, open_words
from gbaspatial.models.impacts.orders import by_order
from gbaspatial.models.solve.resolvent import Reading
from gbaspatial.options import brief, level_of, public, undrawn, whole
from gbaspatial.randomness import Rng
from gbaspatial.results import Result, Table, number
from gbaspatial.spillover.impact_engine import (
    check_bounded,
    check_known,
    check_spills,
    drawn_values,
    engine_of,
    linked,
    method_words,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

    from gbaspatial.alignment import Label
    from gbaspatial.formula import Regressor
    from gbaspatial.geography.places import Units
    from gbaspatial.models import Fit, PanelFit

_FINE = 400  # steps of distance between which the half-distance is read off
_ABOUT = 8  # bands, where none are given
_NOTHING = 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class DecayResult(Result):
    """Where the spillover of one regressor arrives.

    Attributes
    ----------
    by_distance : pandas.DataFrame
        By band of distance (from, to, in km): `pairs`, what an average unit gives to all others there (`estimate,
        std_error, lower, upper, p_value`), `per_pair`, its `share` of all spillover and the `cumulative` share.
    by_order : pandas.DataFrame
        By number of links travelled: the indirect impact and its `share`; the last row is all beyond.
    half_distance : float
        Kilometers within which half of the spillover arrives; NaN where it changes its sign on the way.
    half_distance_lower, half_distance_upper : float
        Its interval; NaN where the model has no rho, because W alone then sets the distance.
    half_of_pairs : float
        Kilometers within which half of all pairs lie: the half-distance of an effect that knows no distance.
    term : str
    notes : tuple of str
    level : float
        Of the intervals.
    """

    by_distance: pd.DataFrame
    by_order: pd.DataFrame
    half_distance: float
    half_distance_lower: float
    half_distance_upper: float
    half_of_pairs: float
    term: str
    level: float
    notes: tuple[str, ...]

    def to_frame(self) -> pd.DataFrame:
        """The bands of distance."""
        return self.by_distance.copy()

    def tables(self) -> tuple[Table, ...]:
        """By distance, by order, and the distance within which half arrives."""
        half = pd.DataFrame(
            {
                "half_distance_km": [self.half_distance],
                "lower": [self.half_distance_lower],
                "upper": [self.half_distance_upper],
                "half_of_pairs_km": [self.half_of_pairs],
            },
            index=pd.Index([self.term], name="term"),
        )
        return (
            Table(half, f"Within how many kilometers half of the spillover of {self.term} arrives", self.notes),
            Table(self.by_distance, "Spillover by distance: what an average unit gives to all others there"),
            Table(self.by_order, "Spillover by order: how many links of W it travelled"),
        )

    def plot(self, *, ax: Axes | None = None) -> Axes:
        """Spillover by band of distance with its intervals, and the half-distance.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Where to draw; a new figure if not given.

        Returns
        -------
        matplotlib.axes.Axes
        """
        return spillover_decay(self, ax=ax)


@undrawn("method", "delta")
@public
def decay(
    fit: Fit | PanelFit,
    units: Units,
    *,
    term: str | None = None,
    bands: Sequence[float] | None = None,
    orders: int = 4,
    period: Label | None = None,
    method: Literal["auto", "delta", "simulated", "bootstrap", "confidence"] = "auto",
    draws: int = 1999,
    rng: Rng = SEED,
    level: float = 0.95,
) -> DecayResult:
    """How the spillover of a regressor falls with distance and with the number of links.

    Entry (i, j) of the impact matrix is what unit i gains when the regressor rises by one in unit j. Off the
    diagonal it is spillover: summed over all pairs in a band of distance and divided by the number of units, it is
    what an average unit gives to all others there. The bands add up to the indirect impact.

    Parameters
    ----------
    fit : Fit or PanelFit
        With a spatial lag of the outcome, of the regressor, or both.
    units : GeoDataFrame or GeoSeries
        The units of the fit, for distances along the ellipsoid between their representative points.
    term : str, optional
        The regressor; needed where the model has several.
    bands : sequence of float, optional
        Ends of the bands in kilometers, ascending; by default about eight bands of a round width. What lies beyond
        the last end has a band of its own.
    orders : int
        The highest order with a row of its own.
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
    DecayResult

    Raises
    ------
    OptionError
        If the fit has no spillover (no W), the bands do not ascend, or no interval would have an end.
    AlignmentError
        If `units` are not those of the fit.

    References
    ----------
    LeSage, J. and Pace, R. K. (2009). Introduction to Spatial Econometrics. CRC Press, ch. 2.

    Examples
    --------
    >>> import gbaspatial as gba
    >>> cities = gba.load_cities(year=2019)
    >>> w = gba.weights.contiguity(cities, links=2019).row_standardized()
    >>> fit = gba.models.lag("log(gdp_pc_cny) ~ log(employment)", cities, w)
    >>> found = gba.spillover.decay(fit, cities, bands=[50, 100, 200], method="delta")
    >>> bool(np.isclose(found.by_distance["estimate"].sum(), fit.impacts(method="delta").indirect["estimate"].iloc[0]))
    True
    """
    level, orders = level_of(level), whole(orders, "orders", least=1)
    engine = engine_of(fit, period=period, method=method, draws=draws, rng=rng, level=level)
    regressor = engine.regressor(term)
    check_spills(engine, regressor)
    check_known(engine)
    ids = engine.fit.design.ids
    check_same_units(units.index, ids, "units")
    km = distance_km(units).loc[ids, ids].to_numpy()
    other = ~np.eye(len(ids), dtype=bool)
    ends = _ends(bands, float(km.max()))
    by_distance = _by_distance(engine, regressor, km, other, ends)
    by_orders = _by_order(engine, regressor, orders)
    check_bounded(engine, [by_distance, by_orders], "how far it spills over")
    half = _half_distance(engine, regressor, km, other, draws)
    return DecayResult(
        by_distance, by_orders, *half,
        half_of_pairs=float(np.median(km[other])), term=regressor.name, level=level,
        notes=(*_notes(engine, regressor, half), *open_words(engine, _open_parts(by_distance, by_orders))),
    )  # fmt: skip


def _ends(bands: Sequence[float] | None, farthest: float) -> np.ndarray:
    """Ends of the bands (b,), the last of them at or beyond the farthest pair."""
    if bands is None:
        rough = farthest / _ABOUT
        size = 10.0 ** np.floor(np.log10(rough))
        step = size * next(m for m in (1, 2, 5, 10) if m * size >= rough * (1 - 1e-9))
        return step * np.arange(1, int(np.ceil(farthest / step)) + 1)
    try:
        ends = np.empty(0) if isinstance(bands, str) else np.asarray(list(bands), dtype=float)
    except (TypeError, ValueError):
        ends = np.empty(0)
    if not len(ends) or not np.isfinite(ends).all() or (np.diff(ends) <= 0).any() or ends[0] <= 0:
        raise OptionError(f"bands={brief(bands)} must be ends in kilometers, positive and ascending, e.g. [50, 100].")
    return ends if ends[-1] >= farthest else np.append(ends, np.ceil(farthest))


def _quantity(engine: Engine, regressor: Regressor, bands: np.ndarray) -> Quantity:
    """What an average unit gives to all others in each band."""
    found = engine.quantity(regressor, Reading("bands", bands=bands))
    return found.times(1 / engine.fit.n)


def _by_distance(
    engine: Engine, regressor: Regressor, km: np.ndarray, other: np.ndarray, ends: np.ndarray
) -> pd.DataFrame:
    # a distance on an end belongs to the nearer band; the farthest pair is on the last end but for round-off
    place = np.minimum(np.searchsorted(ends, km, side="left"), len(ends) - 1)
    pairs = np.bincount(place[other], minlength=len(ends))
    there = np.flatnonzero(pairs)
    number_of = np.full(len(ends), -1)
    number_of[there] = np.arange(len(there))
    measured = engine.measure(_quantity(engine, regressor, np.where(other, number_of[place], -1)))
    frame = pd.DataFrame({column: np.zeros(len(ends)) for column in COLUMNS})
    frame["p_value"] = np.nan
    for column in COLUMNS:
        frame.loc[there, column] = getattr(measured, column)
    total = float(frame["estimate"].sum())
    frame.insert(0, "pairs", pairs)
    with np.errstate(invalid="ignore", divide="ignore"):
        frame["per_pair"] = frame["estimate"] * engine.fit.n / pairs
    frame["share"] = frame["estimate"] / total + 0.0 if abs(total) > 0 else np.nan  # without a negative zero
    frame["cumulative"] = frame["share"].cumsum()
    starts = np.append(0.0, ends[:-1])
    return frame.set_index(pd.MultiIndex.from_arrays([starts, ends], names=["from_km", "to_km"]))


def _by_order(engine: Engine, regressor: Regressor, orders: int) -> pd.DataFrame:
    frame = by_order(engine, regressor, orders).xs("indirect", level="effect")
    frame = frame.iloc[1:]  # nothing spills over without a link
    total = float(frame["estimate"].sum())
    frame["share"] = frame["estimate"] / total + 0.0 if abs(total) > 0 else np.nan  # without a negative zero
    frame["cumulative"] = frame["share"].cumsum()
    return frame


def _half_distance(
    engine: Engine, regressor: Regressor, km: np.ndarray, other: np.ndarray, draws: int
) -> tuple[float, float, float]:
    """The half-distance and its interval, read off fine steps of distance."""
    steps = np.unique(km[other])
    if len(steps) > 2 * _FINE:  # as fine where links of W are, which carry most of it, as among all pairs
        shares = np.linspace(0, 1, _FINE)
        near = km[other & linked(engine, regressor)]
        steps = np.unique([np.quantile(near, shares), np.quantile(steps, shares)])
    place = np.minimum(np.searchsorted(steps, km * (1 - 1e-12), side="left"), len(steps) - 1)
    quantity = _quantity(engine, regressor, np.where(other, place, -1))
    own = _halves(quantity.values(engine.known.estimate[None], engine.known.rho_place), steps)[0]
    drawn = drawn_values(engine, quantity, draws)
    if drawn is None or np.isnan(own):
        return float(own), np.nan, np.nan
    halves = _halves(drawn, steps)
    # a draw whose spillover changes its sign has no half-distance: it may lie anywhere
    low, high = np.where(np.isnan(halves), 0.0, halves), np.where(np.isnan(halves), np.inf, halves)
    tail = (1 - engine.known.level) / 2
    return float(own), float(np.quantile(low, tail)), float(np.quantile(high, 1 - tail, method="higher"))


def _halves(sums: np.ndarray, steps: np.ndarray) -> np.ndarray:
    """Where half of each row of `sums` (m, q) is reached, (m,); NaN where not all of a row has one sign."""
    total = sums.sum(axis=1, keepdims=True)
    size = np.abs(sums).max(axis=1, keepdims=True)
    steady = (sums * np.sign(total) >= -_NOTHING * size).all(axis=1) & (size[:, 0] > 0)
    reached = np.abs(sums.cumsum(axis=1)) >= 0.5 * np.abs(total) * (1 - 1e-9)
    return np.where(steady, steps[reached.argmax(axis=1)], np.nan)


def _open_parts(by_distance: pd.DataFrame, by_orders: pd.DataFrame) -> list[str]:
    """The bands and orders whose intervals lack an end, in words."""
    bands = [f"{start:g} to {end:g} km" for start, end in by_distance.index[open_rows(by_distance)]]
    return bands + [f"order {order}" for order in by_orders.index[open_rows(by_orders)]]


def _notes(engine: Engine, regressor: Regressor, half: tuple[float, float, float]) -> tuple[str, ...]:
    notes = ["Summed over pairs and divided by the number of units: the bands add up to the indirect impact."]
    notes.append(method_words(engine))
    if np.isnan(half[0]):
        notes.append(
            f"The spillover of {regressor.name} is positive for some pairs and negative for others, so there is no "
            f"distance within which half of it arrives."
        )
    elif engine.known.rho_place is None:
        notes.append("Without rho the half-distance is a property of W, not an estimate: it has no interval.")
    elif not np.isfinite(half[2]):
        notes.append(
            f"The half-distance is not determined: in more than {(1 - engine.known.level) / 2:.1%} of the draws the "
            f"spillover changes its sign (lower end {number(half[1])} km)."
        )
    return tuple(notes)
