"""What ``gbaspatial fit --panel`` reads: units, and their columns by unit and period."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import click

from gbaspatial.cli.inputs import less, table_key, table_rows, the_layer, units_of
from gbaspatial.errors import OptionError, UnknownNameError, some


def long_data(formula: str, effects: str, time: str, unbalanced: str, **where: Any) -> tuple[Any, Any]:
    """The units, and a frame indexed (unit, period) with the columns that formula and effects name.

    With `unbalanced` other than ``"error"`` rows that lack a value are left out, and it is said how many.
    """
    if where["year"] is not None:
        raise OptionError("--panel takes every year; leave --year out.")
    words = list(dict.fromkeys(re.findall(r"[^\W\d]\w*(?!\w|\s*\()", f"{formula} {effects}")))
    if where["table"] is not None:
        units, frame = _own(words, time, **where)
    elif where["data"] == "cities":
        units, frame = _shipped(words, time, **where)
    else:
        raise OptionError("--panel needs years: a --table, or the built-in cities.")
    if unbalanced == "error":
        return units, frame
    whole = frame.dropna()
    if len(whole) < len(frame):
        click.echo(f"note: {len(frame) - len(whole)} of {len(frame)} rows lack a value and are left out.", err=True)
    gone = units.index[~units.index.isin(whole.index.get_level_values(0))]
    if len(gone):
        click.echo(f"note: {some(gone)} have no complete row, left out.", err=True)
    return units.loc[~units.index.isin(gone)], whole


def _shipped(words: list[str], time: str, **where: Any) -> tuple[Any, Any]:
    import gbaspatial as gba

    if time != "year":
        raise OptionError(f"--panel {time}: the built-in cities are by year; write --panel year.")
    known = [name for name in gba.data.variables().index if name in words]
    if not known:
        raise UnknownNameError(f"none of {some(words)} is a shipped variable; see gbaspatial data variables.")
    units = units_of(used=tuple(known), **where)
    panel = gba.load_panel(variables=known)
    panel = panel.loc[panel.index.get_level_values(0).isin(units.index), known]
    for name in [word for word in words if word in units.columns and word not in known]:
        panel[name] = units[name].reindex(panel.index, level=0).to_numpy()
    return units, panel


def _own(words: list[str], time: str, data: str, table: Path, without: tuple[str, ...], **where: Any) -> Any:
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
    parts = {t: gba.data.join(units, rows[named], by=key, time=t)[named] for t in sorted(rows.index.unique(1))}
    frame = pd.concat(parts, names=[time, str(units.index.name)]).swaplevel()
    for name in [word for word in words if word in units.columns and word not in named]:
        frame[name] = units[name].reindex(frame.index, level=0).to_numpy()
    return units, frame
