"""Who is treated from which period on, and who lies near the treated: rings by distance or by steps over W."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy import sparse

from gbaspatial.alignment import check_same_units, check_units
from gbaspatial.errors import AlignmentError, DataError, LabelTypeError, OptionError, UnknownNameError, some
from gbaspatial.geography import distance_km
from gbaspatial.models.panel.frame import PanelDesign
from gbaspatial.models.panel.panel_rows import time_numbers
from gbaspatial.options import brief, number, whole
from gbaspatial.weights import as_weights

if TYPE_CHECKING:
    from gbaspatial.alignment import Label
    from gbaspatial.weights.annotations import WeightsLike


Treated: TypeAlias = "pd.Series | Iterable[Label] | str"  # when each unit starts, which units start, or a column of it
Near: TypeAlias = (
    "tuple[WeightsLike | None, pd.DataFrame | pd.Series | None, Edges | None]"  # W or distances, and rings
)
Edges: TypeAlias = "Iterable[float] | float"  # of rings, in kilometers or in steps of W

NEVER = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True, eq=False)
class Rings:
    """How near is near: `steps` (n, n) over links, or `km` (n, n), in rings with their `names` and outer `edges`.

    `apart` holds the distance from each unit (row) to each unit (column); infinite where none leads there.
    """

    apart: np.ndarray
    edges: tuple[float, ...]
    names: tuple[str, ...]

    def of(self, sources: np.ndarray) -> np.ndarray:
        """The ring (n,) of each unit around the nearest of `sources` (n,) of bool: 1, 2, ..., 0 for none of them."""
        if not self.edges or not sources.any():
            return np.zeros(len(sources), dtype=int)
        nearest = self.apart[:, sources].min(axis=1)
        ring = np.searchsorted(np.asarray(self.edges), nearest, side="left") + 1
        return np.where(sources | (ring > len(self.edges)), 0, ring)


def no_rings(n: int) -> Rings:
    """No unit is near enough to be touched."""
    return Rings(np.zeros((n, 0)), (), ())


def rings_of(units: pd.Index, w: WeightsLike, distance: pd.DataFrame | pd.Series | None, rings: Edges | None) -> Rings:
    """The rings that were asked for, over `units` in their order.

    Parameters
    ----------
    units : pandas.Index
    w : Weights, optional
        Whose links are counted in steps; `rings` then is how many.
    distance : GeoDataFrame or DataFrame, optional
        Shapes (geodesic km between representative points) or a table of km from unit to unit; `rings` then are
        the outer edges in km.
    rings : int or sequence of float
    """
    if w is not None and distance is not None:
        raise OptionError("both w= and distance= were given; rings go by steps over W, or by kilometers.")
    if w is None and distance is None:
        if rings is not None:
            raise OptionError("rings= needs w= (steps over its links) or distance= (kilometers).")
        return no_rings(len(units))
    if w is not None:
        count = whole(1 if rings is None else rings, "rings", least=1)
        names = tuple(f"{k} step{'s' * (k > 1)} away" for k in range(1, count + 1))
        return Rings(_steps(w, units, count), tuple(range(1, count + 1)), names)
    edges = _edges(rings)
    starts = (0.0, *edges[:-1])
    names = tuple(f"{a:g}-{b:g} km" for a, b in zip(starts, edges, strict=True))
    return Rings(_kilometers(distance, units), edges, names)


def rings_among(units: pd.Index, treated: Treated, data: pd.DataFrame, near: Near) -> Rings:
    """The rings of `units`; those of the data that lack periods and so left lie between them, but may not be treated.

    A treated unit that left would still touch its neighbors, which then would count as untouched.
    """
    w, distance, edges = near
    out = data.index.unique(level=0).difference(units, sort=False)
    if w is not None and len(out) and not as_weights(w).ids.isin(out).any():
        out = out[:0]
    if isinstance(distance, (pd.DataFrame, pd.Series)) and len(out) and not distance.index.isin(out).any():
        out = out[:0]
    lost = treated_among(data.index.unique(level=0).difference(units, sort=False), treated, data)
    if len(lost) and (w is not None or distance is not None):
        raise DataError(
            f"unbalanced='common' leaves out {some(lost)}, which the treatment reaches: units near would count as "
            f"untouched; use unbalanced='keep', or leave out periods."
        )
    found = rings_of(units.append(out), w, distance, edges)
    kept = slice(len(units))
    return replace(found, apart=found.apart[kept, kept])


def _edges(rings: Edges | None) -> tuple[float, ...]:
    if rings is None or isinstance(rings, str) or not np.iterable(rings):
        raise OptionError(f"rings={brief(rings)} must list the outer edges of the rings in km, such as [50, 100].")
    edges = tuple(number(edge, "rings") for edge in rings)
    if not edges or any(b <= a for a, b in zip((0.0, *edges[:-1]), edges, strict=True)):
        raise OptionError(f"rings={brief(rings)} must be positive and ascend, such as [50, 100].")
    return edges


def _steps(w: WeightsLike, units: pd.Index, most: int) -> np.ndarray:
    """Steps (n, n) over the links of W, up to `most`; infinite beyond."""
    w = as_weights(w)
    check_same_units(units, w.ids, "data")
    places = w.ids.get_indexer(units)
    links = sparse.csr_array(w.sparse[places][:, places] != 0).astype(float)
    return sparse.csgraph.dijkstra(links, unweighted=True, directed=True, limit=most)


def _kilometers(distance: pd.DataFrame | pd.Series, units: pd.Index) -> np.ndarray:
    if isinstance(distance, (gpd.GeoDataFrame, gpd.GeoSeries)):
        check_units(distance.index, "distance")
        absent = units.difference(distance.index, sort=False)
        if len(absent):
            raise AlignmentError(f"distance= has no shape for {some(absent)}; give one for every unit of the data.")
        return np.asarray(distance_km(distance.loc[units]), dtype=float)
    if not isinstance(distance, pd.DataFrame):
        raise LabelTypeError(
            f"distance= is a {type(distance).__name__}; pass the units' shapes (GeoDataFrame), or a DataFrame of km."
        )
    check_same_units(distance.index, units, "distance", "data")
    check_same_units(distance.columns, units, "distance", "data")
    km = distance.loc[units, units].to_numpy(dtype=float)
    wrong = ~(np.isfinite(km) & (km >= 0)) & ~np.eye(len(km), dtype=bool)
    if wrong.any():
        pairs = [f"{units[i]} to {units[j]} ({km[i, j]:g})" for i, j in np.argwhere(wrong)]
        raise DataError(f"distance= must hold finite kilometers from zero between all units, but not: {some(pairs)}.")
    return km


# -- who is treated ------------------------------------------------------------------------
def starts_of(treated: Treated, time: Label | None, design: PanelDesign, data: pd.DataFrame) -> np.ndarray:
    """The first treated period of each unit (n,), numbered as the design's periods; `NEVER` for the untreated.

    Periods before the first one are -1: treated before the data begin.
    """
    numbers = time_numbers(design.periods)
    if isinstance(treated, str):
        _no_time(time, "the column says when")
        return _from_status(treated, design, data)
    if not isinstance(treated, pd.Series):
        return _from_list(treated, time, design, data, numbers)
    _check_dates(treated.index, design.units, data)
    series = treated.reindex(design.units)
    if series.dropna().isin([True, False]).all() and not series.isna().any():
        chosen = series.astype(bool).to_numpy()
        return np.where(chosen, _place(_one_time(time), numbers), NEVER)
    _no_time(time, "treated= already holds the first treated period of each unit")
    known = series.notna().to_numpy()
    when = np.full(len(series), NEVER)
    when[known] = [_place(value, numbers) for value in time_numbers(pd.Index(series[known]), "the time in treated=")]
    return when


def _no_time(time: Label | None, because: str) -> None:
    if time is not None:
        raise OptionError(f"time= would not be used here: {because}.")


def _one_time(time: Label | None) -> int:
    if time is None:
        raise OptionError("treated= says who, not when; give the first treated period as time=.")
    return int(time_numbers(pd.Index([time]), "time=")[0])


def _place(when: int, numbers: np.ndarray) -> int:
    """The number of the period in which a treatment that begins at time `when` is first seen; -1 for before all."""
    if when <= numbers[0]:
        return -1
    place = int(np.searchsorted(numbers, when))
    return NEVER if place == len(numbers) else place


def treated_among(units: pd.Index, treated: Treated, data: pd.DataFrame) -> pd.Index:
    """Those of `units` of the data that are ever treated, by a `treated` that `starts_of` has read."""
    if isinstance(treated, str):
        status = data[treated].groupby(level=0).max()
        return units[(status.reindex(units) == 1).to_numpy()]
    if not isinstance(treated, pd.Series):
        return units[units.isin(list(treated))]
    given = treated.reindex(units)
    yes = given.eq(True) if treated.dropna().isin([True, False]).all() else given.notna()
    return units[yes.to_numpy(dtype=bool)]


def _check_known(named: pd.Index, units: pd.Index) -> None:
    """Raise unless the data have every unit that `treated` names."""
    extra = named.difference(units, sort=False)
    if len(extra):
        raise UnknownNameError(f"treated= names {some(extra)}, which the data do not have.")


def _check_dates(index: pd.Index, units: pd.Index, data: pd.DataFrame) -> None:
    """Raise unless a Series of dates has all `units` once, and none that the data do not have."""
    check_units(index, "treated")
    _check_known(index, data.index.unique(level=0))
    absent = units.difference(index, sort=False)
    if len(absent):
        raise AlignmentError(
            f"treated= has no entry for {some(absent)}; give every unit its first treated period, and a missing value "
            f"where it is never treated, such as treated.reindex(units)."
        )


def _from_list(
    treated: Treated, time: Label | None, design: PanelDesign, data: pd.DataFrame, numbers: np.ndarray
) -> np.ndarray:
    if not isinstance(treated, (list, tuple, set, frozenset, pd.Index)):
        raise LabelTypeError(
            f"treated= is a {type(treated).__name__}; pass a list of units with time=, a Series with the first "
            f"treated period of each unit (missing for never), or the name of a 0/1 column."
        )
    wanted = pd.Index(list(treated))
    _check_known(wanted, data.index.unique(level=0))
    return np.where(design.units.isin(wanted), _place(_one_time(time), numbers), NEVER)


def _from_status(column: str, design: PanelDesign, data: pd.DataFrame) -> np.ndarray:
    """From a 0/1 column by row: the first period with 1; it must not go back."""
    if column not in data.columns:
        raise UnknownNameError(f"treated={column!r} is no column of the data.")
    status = pd.to_numeric(data[column].reindex(design.ids), errors="coerce").to_numpy(dtype=float)
    if not np.isin(status, (0.0, 1.0)).all():
        raise DataError(f"the column {column!r} must be 0 or 1 in every row; it says who is treated then.")
    s = design.stack
    wide = np.full((s.periods, s.n), np.nan)
    wide[s.period, s.unit] = status
    begun = np.nan_to_num(wide).cumsum(axis=0) > 0
    back = (begun & (wide == 0)).any(axis=0)
    if back.any():
        raise DataError(
            f"{column!r} goes back to 0 after 1 for {some(design.units[back])}; treatments that end are not "
            f"covered: leave out the rows after the end, or these units."
        )
    first = np.where(begun.any(axis=0), begun.argmax(axis=0), NEVER)
    return np.where(first == 0, -1, first)


def ring_by_period(starts: np.ndarray, rings: Rings, periods: int) -> np.ndarray:
    """The ring (periods, n) of every unit around those treated by then; 0 for none and for the treated."""
    out = np.zeros((periods, len(starts)), dtype=int)
    last = None
    for period in range(periods):
        sources = starts <= period
        if last is None or not np.array_equal(sources, last):
            ring = rings.of(sources)
            last = sources
        out[period] = ring
    return out


def first_exposure(starts: np.ndarray, rings: Rings, periods: int) -> tuple[np.ndarray, np.ndarray]:
    """When (n,) each unit first lies in a ring, before it is treated itself, and in which one (n,); `NEVER` and 0."""
    by_period = ring_by_period(starts, rings, periods)
    ever = by_period > 0
    when = np.where(ever.any(axis=0), ever.argmax(axis=0), NEVER)
    ring = by_period[np.minimum(when, periods - 1), np.arange(len(starts))]
    before = ring_before(starts, rings)
    return np.where(before > 0, -1, when), np.where(when == NEVER, 0, ring)


def ring_before(starts: np.ndarray, rings: Rings) -> np.ndarray:
    """The ring (n,) of each unit around those treated before the data begin."""
    return rings.of(starts < 0)
