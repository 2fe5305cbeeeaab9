"""Rows of a panel whose outcome is known and whose regressors are not: they stay in W y, their equations drop out.

Such a row has a mean that nothing tells, as if it had a dummy of its own: its error is zero, whatever its variance, and
the determinant is that of W among all rows whose outcome is known, because outcomes answer to each other both ways.
What the dummies take out of the trace the adjusted score knows, as it does of all effects. Conditioning on these
outcomes instead, with the determinant of the other rows alone, would take them for given, and they are not.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from gbaspatial.models.panel.stack import Stack
from gbaspatial.models.panel.within import Effects

_OVER_ROWS = re.compile(r"[<>]|==|!=|\b(?:C|center|scale|standardize|poly|bs|cr|cs|cc)\s*\(")


@dataclass(frozen=True, eq=False)
class EffectsBesideRows(Effects):
    """Effects of the rows that are `inside` (m,), and a dummy for every other row."""

    inside: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=bool), repr=False)

    @cached_property
    def _inner(self) -> Effects:
        s, cells = self.stack, self.cells
        stack = Stack(s.unit[self.inside], s.period[self.inside], s.n, s.periods)
        return Effects(stack, self.unit, None if cells is None else cells[self.inside])

    @property
    def equations(self) -> np.ndarray:
        """How many rows of each unit (n,) have an equation."""
        return self._inner.stack.histories

    @property
    def separable(self) -> bool:
        """Whether M is a projection over time times a projection over units: never, beside dummies of single rows."""
        return False

    @cached_property
    def rank(self) -> int:
        """The number of effects and dummies that can be told apart."""
        return self._inner.rank + int((~self.inside).sum())

    def take_out(self, values: np.ndarray) -> np.ndarray:
        """M `values` (m,) or (m, q)."""
        out = np.zeros(values.shape)
        out[self.inside] = self._inner.take_out(values[self.inside])
        return out

    def split(self, total: np.ndarray) -> tuple[np.ndarray | None, np.ndarray | None]:
        """The effects of units (n,) and of cells that sum to `total` (m,); NaN where no row tells."""
        by_unit, by_cell = self._inner.split(total[self.inside])
        if by_unit is not None:
            by_unit = np.where(self._inner.stack.histories > 0, by_unit, np.nan)
        if by_cell is not None:
            assert self.cells is not None
            count = np.bincount(self.cells[self.inside], minlength=int(self.cells.max()) + 1)
            by_cell = np.where(count > 0, np.pad(by_cell, (0, len(count) - len(by_cell))), np.nan)
        return by_unit, by_cell


def beside_rows(effects: Effects, unknown: np.ndarray | None) -> Effects:
    """`effects` with a dummy for every row that is `unknown` (m,)."""
    if unknown is None:
        return effects
    return EffectsBesideRows(
        effects.stack, effects.unit, effects.cells, effects.groups, effects.group_labels, ~unknown
    )  # fmt: skip


def known_rows(effects: Effects) -> np.ndarray | slice:
    """The rows that have an equation."""
    return effects.inside if isinstance(effects, EffectsBesideRows) else slice(None)


def unknown_rows(effects: Effects) -> np.ndarray | None:
    """The rows (m,) that have no equation; None for none."""
    return ~effects.inside if isinstance(effects, EffectsBesideRows) else None


def same_equations(unknown: Sequence[np.ndarray | None]) -> bool:
    """Whether models of the same rows lack the same of them, each `unknown` (m,) or None for none.

    Examples
    --------
    >>> same_equations([None, None]), same_equations([None, np.array([False, True])])
    (True, False)
    """
    return len({None if mask is None else mask.tobytes() for mask in unknown}) <= 1


def may_be_unknown(formula: str, frame: pd.DataFrame, outcome: list[str]) -> list[str]:
    """Columns whose missing values reach all that is made of them: numbers, in a formula without comparisons.

    Comparisons, classes, and transforms that look at all rows would turn a missing value into a known one.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"y": [1.0], "x": [2.0], "z": ["a"]})
    >>> may_be_unknown("y ~ log(x) + z", frame, ["y"]), may_be_unknown("y ~ I(x > 1)", frame, ["y"])
    (['x'], [])
    """
    if _OVER_ROWS.search(formula.partition("~")[2]):
        return []
    return [str(name) for name in frame.select_dtypes("number").columns if name not in outcome]


def gaps_of(frame: pd.DataFrame, names: list[str]) -> dict[str, np.ndarray]:
    """Where (rows,) the columns `names` have no value, of those that lack one."""
    missing = {name: frame[name].isna().to_numpy() for name in names}
    return {name: mask for name, mask in missing.items() if mask.any()}


def without_gaps(frame: pd.DataFrame, empty: dict[str, np.ndarray]) -> pd.DataFrame:
    """`frame` with a number where a value is `empty`, so that the kind of its column can be read."""
    return frame.assign(**{name: frame[name].fillna(0) for name in empty}) if empty else frame


def with_gaps(frame: pd.DataFrame, empty: dict[str, np.ndarray]) -> pd.DataFrame:
    """`frame` with NaN where a value is `empty`."""
    return (
        frame.assign(**{name: frame[name].astype(float).mask(mask) for name, mask in empty.items()}) if empty else frame
    )
