"""What ``gbaspatial fit --panel`` reads: units, and their columns by unit and period."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gbaspatial.cli.inputs import less, table_key, table_rows, the_layer, units_of
from gbaspatial.errors import OptionError, UnknownNameError, some

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd


_THERE = "\x00there"  # no column of a file has this name
SHIPPED = {"cities": "gbaspatial data variables", "prefectures": "gba.data.prefecture_variables()"}


def long_data(
    formula: str, effects: str, time: str, unbalanced: str, years: str | None = None, **where: Any
) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """The units, and a frame indexed (unit, period) with the columns that formula and effects name.

    `years` such as ``"2010-2021"`` takes a part of the periods. With `unbalanced` other than ``"error"`` rows that lack
    a value are left out, and it is said how many.
    """
    if where["year"] is not None:
        raise OptionError("--panel takes every year; leave --year out, or take a part with --years 2010-2021.")
    span = span_of(years)
    words = list(dict.fromkeys(re.findall(r"[^\W\d]\w*(?!\w|\s*\()", f"{formula} {effects}")))
    if where["table"] is not None:
        units, frame = _own(words, time, **where)
    elif where["data"] in SHIPPED:
        units, frame = _shipped(words, time, span, **where)
    else:
        raise OptionError("--panel needs years: a --table, or the built-in cities or prefectures.")
    frame = _within(frame, span)
    if unbalanced == "error":
        return units, frame
    whole = frame.dropna()
    if len(whole) < len(frame):
        click.echo(f"note: {len(frame) - len(whole)} of {len(frame)} rows lack a value and are left out.", err=True)
    gone = units.index[~units.index.isin(whole.index.get_level_values(0))]
    if len(gone):
        click.echo(f"note: {some(gone)} have no complete row, left out.", err=True)
    return units.loc[~units.index.isin(gone)], whole


def span_of(years: str | None) -> tuple[int, int] | None:
    """The first and the last year of ``"2010-2021"``, or of one year; None for all.

    Examples
    --------
    >>> span_of("2010-2021")
    (2010, 2021)
    """
    if years is None:
        return None
    found = re.fullmatch(r"\s*(\d+)\s*(?:[-–:]\s*(\d+)\s*)?", years)
    if found is None or (found[2] is not None and int(found[2]) < int(found[1])):
        raise OptionError(f"--years {years!r} is no span of years; write the first and the last, such as 2010-2021.")
    return int(found[1]), int(found[2] or found[1])


def _within(frame: pd.DataFrame, span: tuple[int, int] | None) -> pd.DataFrame:
    """The rows of the years of `span`."""
    if span is None:
        return frame
    times = frame.index.get_level_values(1)
    inside = frame[(times >= span[0]) & (times <= span[1])]
    if not len(inside):
        raise OptionError(f"--years {span[0]}-{span[1]}: the data have {some(sorted(set(times)), 40)}.")
    return inside


def _shipped(
    words: list[str], time: str, span: tuple[int, int] | None, **where: Any
) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    import gbaspatial as gba

    data = where["data"]
    if time != "year":
        raise OptionError(f"--panel {time}: the built-in {data} are by year; write --panel year.")
    table = gba.data.variables() if data == "cities" else gba.data.prefecture_variables()
    known = [name for name in table.index if name in words]
    if not known:
        raise UnknownNameError(f"none of {some(words)} is a shipped variable of the {data}; see {SHIPPED[data]}.")
    units, panel = _cities(known, **where) if data == "cities" else _prefectures(known, span, **where)
    for name in [word for word in words if word in units.columns and word not in known]:
        panel[name] = units[name].reindex(panel.index, level=0).to_numpy()
    return units, panel


def _cities(known: list[str], **where: Any) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    import gbaspatial as gba

    units = units_of(used=tuple(known), **where)
    panel = gba.load_panel(variables=known)
    return units, panel.loc[panel.index.get_level_values(0).isin(units.index), known]


def _prefectures(known: list[str], span: tuple[int, int] | None, **where: Any) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """The prefectures of China that have statistics, and their variables by year."""
    import gbaspatial as gba

    units = units_of(used=tuple(known), area="china", **where)
    first, last = span if span is not None else (None, None)
    years = None if first is None or last is None else range(first, last + 1)
    panel = gba.load_prefecture_panel(variables=known, years=years)
    there = panel.index.get_level_values(0)
    units = units.loc[units.index.isin(there)]
    return units, panel.loc[there.isin(units.index), known]


def _own(words: list[str], time: str, data: str, table: Path, without: tuple[str, ...], **where: Any) -> pd.DataFrame:
    import pandas as pd

    import gbaspatial as gba

    where = {**where, "table_time": where["table_time"] or time}
    units = the_layer(data, table, used=(), **where)
    rows = table_rows(table, where["table_id"] or str(units.index.name), **where)
    units, rows = less(units, rows, without, data)
    named = [word for word in words if word in rows.columns]
    if not named:
        raise UnknownNameError(f"the table has none of {some(words)}; it has {some(rows.columns, 20)}.")
    key = table_key(units, rows, data)
    times = sorted(rows.index.unique(1))
    # every unit must be in the table, and not in every year: gaps are for the estimator to tell, or to leave out
    whole = pd.MultiIndex.from_product([rows.index.unique(0), times], names=rows.index.names)
    filled = rows[named].assign(**{_THERE: True}).reindex(whole)
    parts = {t: gba.data.join(units, filled, by=key, time=t)[[*named, _THERE]] for t in times}
    frame = pd.concat(parts, names=[time, str(units.index.name)]).swaplevel()
    frame = frame[frame[_THERE].notna()].drop(columns=_THERE)
    for name in [word for word in words if word in units.columns and word not in named]:
        frame[name] = units[name].reindex(frame.index, level=0).to_numpy()
    return units, frame
