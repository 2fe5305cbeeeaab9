"""Effects taken out of a panel: of units, of periods, of groups of units by period; arrays only.

The projection M off the span D of all effects is exact, balanced or not: the units are
eliminated, the cells that are left (a period, or a group in a period) are solved for.
Subtracting both means and adding the grand mean would be right for a balanced panel only.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import linalg, sparse

from gbaspatial.models.panel.stack import Stack


@dataclass(frozen=True, eq=False)
class Effects:
    """Effects of units (`unit`), and of the cells (m,) that vary over time, numbered from 0; None for none.

    `groups` (n,) tells that the cells are these groups of units in each period (periods: all zero);
    `group_labels` (n,) how they are called.
    """

    stack: Stack
    unit: bool = False
    cells: np.ndarray | None = None
    groups: np.ndarray | None = None
    group_labels: np.ndarray | None = None

    @property
    def separable(self) -> bool:
        """Whether M is a projection over time times a projection over units."""
        return self.stack.balanced and (self.cells is None or self.groups is not None)

    @property
    def equations(self) -> np.ndarray:
        """How many rows of each unit (n,) have an equation."""
        return self.stack.histories

    @cached_property
    def _cell_count(self) -> int:
        return 0 if self.cells is None else int(self.cells.max()) + 1

    @cached_property
    def rank(self) -> int:
        """The number of effects that can be told apart."""
        s = self.stack
        if self.cells is None:
            return int((s.histories > 0).sum()) if self.unit else 0
        if not self.unit:
            return int(np.unique(self.cells).size)
        links = sparse.coo_array(
            (np.ones(s.rows), (s.unit, s.n + self.cells)), shape=(s.n + self._cell_count,) * 2
        ).tocsr()
        _, label = sparse.csgraph.connected_components(links, directed=False)
        used = np.union1d(s.unit, s.n + self.cells)
        return int(len(used) - np.unique(label[used]).size)

    def take_out(self, values: np.ndarray) -> np.ndarray:
        """M `values` (m,) or (m, q)."""
        flat = values.reshape(len(values), -1).astype(float)
        if self.cells is None:
            out = self._without_units(flat) if self.unit else flat
        elif not self.unit:
            out = flat - _means(flat, self.cells, self._cell_count)[self.cells]
        elif self.separable:
            part = self._without_units(flat)
            out = part - _means(part, self.cells, self._cell_count)[self.cells]
        else:
            out = self._without_both(flat)
        return out.reshape(values.shape)

    def fitted(self, values: np.ndarray) -> np.ndarray:
        """What the effects explain of `values`: their projection on D."""
        return values - self.take_out(values)

    def split(self, total: np.ndarray) -> tuple[np.ndarray | None, np.ndarray | None]:
        """The effects of units (n,) and of cells that sum to `total` (m,); beside units, cells have mean zero."""
        s = self.stack
        if self.cells is None:
            return (_means(total[:, None], s.unit, s.n)[:, 0], None) if self.unit else (None, None)
        if not self.unit:
            return None, _means(total[:, None], self.cells, self._cell_count)[:, 0]
        D, inverse = self._normal
        cells = np.asarray(inverse @ (D.T @ self._without_units(total[:, None])))[:, 0]
        cells = cells - cells.mean()
        return _means((total - cells[self.cells])[:, None], s.unit, s.n)[:, 0], cells

    def _without_units(self, flat: np.ndarray) -> np.ndarray:
        if not self.unit:
            return flat
        return flat - _means(flat, self.stack.unit, self.stack.n)[self.stack.unit]

    @cached_property
    def _normal(self) -> tuple[sparse.csr_array, np.ndarray]:
        """The cells' dummies less their unit means, and the pseudo-inverse of their normal matrix."""
        s, C = self.stack, self._cell_count
        assert self.cells is not None
        U = sparse.csr_array((np.ones(s.rows), (np.arange(s.rows), s.unit)), shape=(s.rows, s.n))
        D = sparse.csr_array((np.ones(s.rows), (np.arange(s.rows), self.cells)), shape=(s.rows, C))
        cross = (U.T @ D).tocsr()
        seen = np.maximum(s.histories, 1)
        normal = np.asarray((D.T @ D - cross.T @ sparse.diags_array(1 / seen) @ cross).todense())
        return D, np.asarray(linalg.pinvh(normal))

    def _without_both(self, flat: np.ndarray) -> np.ndarray:
        D, inverse = self._normal
        part = self._without_units(flat)
        effects = inverse @ (D.T @ part)
        return self._without_units(flat - effects[self.cells])

    def share_in_period(self, period: int) -> np.ndarray:
        """The diagonal block (n_t, n_t) of the projection on D for one period; dense."""
        s = self.stack
        start, end = s.starts[period], s.starts[period + 1]
        unit = np.zeros((s.rows, end - start))
        unit[np.arange(start, end), np.arange(end - start)] = 1.0
        return unit[start:end] - self.take_out(unit)[start:end]


def _means(flat: np.ndarray, codes: np.ndarray, count: int) -> np.ndarray:
    """Means (count, q) of the rows of each code."""
    size = np.maximum(np.bincount(codes, minlength=count), 1)
    total = np.zeros((count, flat.shape[1]))
    for column in range(flat.shape[1]):
        total[:, column] = np.bincount(codes, weights=flat[:, column], minlength=count)
    return total / size[:, None]


def effects_of(stack: Stack, *, unit: bool, time: bool, groups: np.ndarray | None = None) -> Effects:
    """Unit effects, time effects or, with `groups` (n,), effects of each group in each period.

    Examples
    --------
    >>> from gbaspatial.models.panel.stack import balanced_stack
    >>> two_way = effects_of(balanced_stack(3, 2), unit=True, time=True)
    >>> two_way.rank, two_way.take_out(np.array([1.0, 2, 3, 2, 3, 4])).round(12).tolist()
    (4, [0.0, 0.0, 0.0, 0.0, 0.0, 0.0])
    """
    if groups is not None:
        _, codes = np.unique(groups, return_inverse=True)
        cells = codes[stack.unit] + (codes.max() + 1) * stack.period
        _, cells = np.unique(cells, return_inverse=True)
        return Effects(stack, unit, cells, codes, np.asarray(groups))
    if time:
        return Effects(stack, unit, stack.period.copy(), np.zeros(stack.n, dtype=int))
    return Effects(stack, unit)
