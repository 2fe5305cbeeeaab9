"""A panel as arrays: rows by period and, within a period, in the order of W; W applied within each period."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse


@dataclass(frozen=True, slots=True, eq=False)
class Stack:
    """Unit (m,) and period (m,) of each row, for `n` units and `periods` periods; sorted by period, unit."""

    unit: np.ndarray
    period: np.ndarray
    n: int
    periods: int

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return len(self.unit)

    @property
    def balanced(self) -> bool:
        """Whether each unit is seen in each period."""
        return self.rows == self.n * self.periods

    @property
    def starts(self) -> np.ndarray:
        """The first row of each period, and one past the last row (periods + 1,)."""
        return np.searchsorted(self.period, np.arange(self.periods + 1))

    @property
    def histories(self) -> np.ndarray:
        """How many periods each unit is seen (n,)."""
        return np.bincount(self.unit, minlength=self.n)


def balanced_stack(n: int, periods: int) -> Stack:
    """Every unit in every period.

    Examples
    --------
    >>> balanced_stack(2, 2).unit.tolist()
    [0, 1, 0, 1]
    """
    return Stack(np.tile(np.arange(n), periods), np.repeat(np.arange(periods), n), n, periods)


class Repeated:
    """One W (n, n) for every period of a balanced panel: applied period by period, never laid out as one matrix."""

    def __init__(self, W: sparse.csr_array, periods: int) -> None:
        self.W, self.periods = W, periods
        self.blocks = [W] * periods

    def __matmul__(self, values: np.ndarray) -> np.ndarray:
        flat = values.reshape(len(values), -1)
        n, q = self.W.shape[0], flat.shape[1]
        wide = flat.reshape(self.periods, n, q).transpose(1, 0, 2).reshape(n, self.periods * q)
        out = (self.W @ wide).reshape(n, self.periods, q).transpose(1, 0, 2)
        return np.ascontiguousarray(out).reshape(values.shape)

    @property
    def T(self) -> Repeated:
        """The transpose, period by period."""
        return Repeated(sparse.csr_array(self.W.T), self.periods)


class ByPeriod:
    """A W of its own for each period, over the units seen in it."""

    def __init__(self, blocks: list[sparse.csr_array]) -> None:
        self.blocks = blocks
        self.ends = np.cumsum([0, *(block.shape[0] for block in blocks)])

    def __matmul__(self, values: np.ndarray) -> np.ndarray:
        out = np.empty_like(values, dtype=float)
        for block, start, end in zip(self.blocks, self.ends[:-1], self.ends[1:], strict=True):
            out[start:end] = block @ values[start:end]
        return out

    @property
    def T(self) -> ByPeriod:
        """The transpose, period by period."""
        return ByPeriod([sparse.csr_array(block.T) for block in self.blocks])


Operator = Repeated | ByPeriod
