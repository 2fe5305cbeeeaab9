"""The rows of a legend, and how each is told to programs: as an expression of QGIS, as literals of OGC."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from gbaspatial.export.names import without_controls

OUTLINE = "#5A5A5A"


class Rule(NamedTuple):
    """One row of a legend: which values, what it is called, its color.

    `above` and `upto` bound numbers, `value` is a class; all None means no data.
    """

    label: str
    color: str
    value: Any = None
    above: float | None = None
    upto: float | None = None


def xml_text(value: object) -> str:
    """Without the control characters that XML cannot hold."""
    return "".join(ch if ch in "\t\n" else without_controls(ch, "\N{REPLACEMENT CHARACTER}") for ch in str(value))


def holds(rule: Rule, value: Any) -> bool:
    """Whether `value` is of the class of `rule`.

    Examples
    --------
    >>> holds(Rule("low", "#FFFFFF", upto=3.0), 3.0), holds(Rule("no data", "#C9C9C9"), None)
    (True, True)
    """
    if rule.value is not None:
        return not pd.isna(value) and bool(value == rule.value)
    if rule.above is None and rule.upto is None:
        return bool(pd.isna(value))
    return (
        not pd.isna(value) and (rule.above is None or value > rule.above) and (rule.upto is None or value <= rule.upto)
    )


def expression(column: str, rule: Rule) -> str:
    """The rule in the expression language of QGIS."""
    name = quoted(column)
    if rule.value is not None:
        return _equals(name, rule.value)
    parts = []
    if rule.above is not None and np.isfinite(rule.above):
        parts.append(f"{name} > {decimal(rule.above)}")
    if rule.upto is not None and np.isfinite(rule.upto):
        parts.append(f"{name} <= {decimal(rule.upto)}")
    if not parts:
        return f"{name} IS NOT NULL" if rule.above is not None else f"{name} IS NULL"
    return " AND ".join(parts)


def quoted(column: str) -> str:
    """The name of a column as expressions write it."""
    return '"' + column.replace('"', '""') + '"'


def _equals(name: str, value: object) -> str:
    """The test for one value, in words that QGIS and OGR both understand: QGIS asks both."""
    if isinstance(value, (bool, np.bool_)):
        return name if value else f"NOT {name}"
    if isinstance(value, (date, np.datetime64)):
        return f"to_datetime({name}) = to_datetime('{pd.Timestamp(value).isoformat()}')"
    if isinstance(value, (int, float, np.number)):
        return f"{name} = {decimal(value)}"
    return f"{name} = '" + str(value).replace("'", "''") + "'"


def decimal(value: float | np.number) -> str:
    """The shortest decimal that reads back as `value`."""
    return str(int(value)) if float(value).is_integer() and abs(float(value)) < 1e15 else repr(float(value))


def literal(value: object) -> str:
    """`value` as a literal of OGC filters."""
    if isinstance(value, (bool, np.bool_)):
        return "true" if value else "false"
    if isinstance(value, (int, float, np.number)):
        return decimal(value)
    if isinstance(value, date) and not isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, (date, np.datetime64)):
        return pd.Timestamp(value).isoformat(timespec="milliseconds")  # as QGIS compares times with texts
    return str(value)
