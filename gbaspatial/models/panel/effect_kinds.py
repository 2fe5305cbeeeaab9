"""Which effects a panel model has: words such as ``"twoway"`` or ``"unit + region:year"``."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from gbaspatial.alignment import told_labels
from gbaspatial.errors import DataError, OptionError, UnknownNameError, nearest_names, some
from gbaspatial.models.panel.common_effects import common_effects
from gbaspatial.models.panel.frame import PanelDesign
from gbaspatial.models.panel.within import Effects, effects_of
from gbaspatial.options import brief

NAMED = {"pooled": (), "unit": ("unit",), "time": ("time",), "twoway": ("unit", "time")}
RANDOM = ("random", "mundlak")
ROWS = ("between", "first-difference")
COMMON = "common"


@dataclass(frozen=True, slots=True)
class Kind:
    """Fixed effects of units, of time, or of the classes of the column `groups` in each period.

    `random` is ``"random"`` or ``"mundlak"`` where units have random effects; `rows` ``"between"`` or
    ``"first-difference"`` where other rows than those of the panel are used; `common` tells of common correlated ones.
    """

    name: str
    unit: bool
    time: bool
    groups: str | None = None
    random: str | None = None
    rows: str | None = None
    common: bool = False

    @property
    def told(self) -> str:
        """In words, for tables and errors."""
        if self.common:
            return "common correlated"
        if self.rows is not None:
            return f"no ({self.rows} rows)"
        parts = [f"{self.random} unit"] if self.random is not None else []
        parts += ["unit"] * self.unit + (["time"] if self.time and self.groups is None else [])
        parts += [f"{self.groups} by time"] if self.groups is not None else []
        return " and ".join(parts) if parts else "no"


def kind_of(effects: str, time_name: object = None) -> Kind:
    """The `Kind` that is written.

    Raises
    ------
    OptionError
        If it cannot be read.

    Examples
    --------
    >>> kind_of("twoway").told
    'unit and time'
    >>> kind_of("unit + region:year", "year").groups
    'region'
    >>> kind_of("random + time").told
    'random unit and time'
    """
    if not isinstance(effects, str):
        raise OptionError(f"effects={brief(effects)} must be text, such as 'unit' or 'twoway'.")
    if effects == COMMON:
        return Kind(effects, False, False, common=True)
    if effects in ROWS:
        return Kind(effects, False, False, rows=effects)
    if effects in NAMED:
        parts: tuple[str, ...] = NAMED[effects]
    else:
        parts = tuple(part.strip() for part in effects.split("+"))
    plain = [part for part in parts if ":" not in part]
    crossed = [part.split(":") for part in parts if ":" in part]
    of_units = [part for part in plain if part in ("unit", *RANDOM)]
    bad = set(plain) - {"unit", "time", *RANDOM} or len(set(parts)) < len(parts) or len(of_units) > 1
    if bad or len(crossed) > 1 or any(len(pair) != 2 or not all(pair) for pair in crossed):
        known = ", ".join(repr(name) for name in (*NAMED, *RANDOM, *ROWS, COMMON))
        raise OptionError(
            f"effects={brief(effects)} is not known; use one of {known}, 'random + time', or 'unit + region:time' "
            f"with a column of the data in place of region."
        )
    groups = None
    if crossed:
        first, second = (part.strip() for part in crossed[0])
        if second not in ("time", time_name):
            raise OptionError(
                f"effects={brief(effects)}: {second!r} is not the time of the panel ({time_name}); write "
                f"'{first}:time'."
            )
        groups = first
    random = next((part for part in plain if part in RANDOM), None)
    return Kind(effects, "unit" in plain, "time" in plain, groups, random)


def effects_for(kind: Kind, design: PanelDesign, data: pd.DataFrame, *, lagged: bool = False) -> Effects:
    """The projection off the effects of `kind`; the classes of its groups come from `data`; `lagged` beside rho."""
    if kind.common:
        return common_effects(design, lagged)
    groups = None if kind.groups is None else groups_of(kind.groups, design, data)
    return effects_of(design.stack, unit=kind.unit, time=kind.time, groups=groups)


def groups_of(name: str, design: PanelDesign, data: pd.DataFrame) -> np.ndarray:
    """The class (n,) of each unit in the column `name`, which must not change over time."""
    if name not in data.columns:
        raise UnknownNameError(f"the data have no column {name!r} for effects. {nearest_names(name, data.columns)}")
    column = data[name].reindex(design.ids)
    if column.isna().any():
        rows = told_labels(column.index[column.isna()])
        raise DataError(f"{name!r} is missing for {some(rows)}, so its effects are not known.")
    first = column.groupby(design.stack.unit).first()
    changed = np.unique(design.stack.unit[(column.to_numpy() != first.loc[design.stack.unit].to_numpy())])
    if len(changed):
        raise DataError(
            f"{name!r} changes over time for {some(design.units[changed])}; the groups of effects must stay the same."
        )
    return np.asarray(first.reindex(np.arange(design.stack.n)).to_numpy())
