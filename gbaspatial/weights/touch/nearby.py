"""Polygons that come near a few others, found without a tree of all of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import shapely

_FINEST = 1024


@dataclass(frozen=True, slots=True, eq=False)
class Nearby:
    """A tree of some of n polygons, that answers with their numbers among all.

    Attributes
    ----------
    number : numpy.ndarray of int
        Which polygons these are.
    tree : shapely.STRtree
    """

    number: np.ndarray
    tree: shapely.STRtree

    def query(self, shapes: np.ndarray, predicate: str | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Places in `shapes`, and the polygon that each of them meets."""
        place, found = self.tree.query(shapes, predicate=predicate)
        return place, self.number[found]


def boxes_near(bounds: np.ndarray, chosen: np.ndarray, room: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """Which boxes may meet one of the `chosen`; some that do not may be among them, none that does is left out.

    The chosen boxes are drawn on a raster, whose sums over rectangles then answer for every box.

    Parameters
    ----------
    bounds : numpy.ndarray, shape (n, 4)
        Least x and y, largest x and y.
    chosen : numpy.ndarray of int, shape (m,)
    room : callable
        Gives what is added around boxes (m, 4) in x and in y (m, 2).

    Returns
    -------
    numpy.ndarray of int
        Numbers of boxes, sorted, the chosen ones among them.

    Examples
    --------
    >>> bounds = np.array([[i, 0, i + 1, 1] for i in range(100)], dtype=float)  # boxes in a row
    >>> near = boxes_near(bounds, np.array([0]), lambda boxes: np.full((len(boxes), 2), 0.1))
    >>> {0, 1} <= set(near.tolist()), len(near) < 20
    (True, True)
    """
    n = len(bounds)
    if 2 * len(chosen) > n:
        return np.arange(n)
    columns = np.ascontiguousarray(bounds.T)
    low, high = columns[:2].min(axis=1), columns[2:].max(axis=1)
    side = min(int(np.sqrt(n)) // 2 + 1, _FINEST)  # some four boxes a cell
    scale = side / np.maximum(high - low, 1e-100)

    def _cells(values: np.ndarray, axis: int) -> np.ndarray:  # never falls where a coordinate grows
        return np.clip((values - low[axis]) * scale[axis], 0, side - 1).astype(np.int64)

    around = room(bounds[chosen]).T
    west, south = (_cells(columns[axis, chosen] - around[axis], axis) for axis in (0, 1))
    east, north = (_cells(columns[2 + axis, chosen] + around[axis], axis) for axis in (0, 1))
    drawn = np.zeros((side + 1, side + 1), dtype=np.int64)
    for column, row, step in ((west, south, 1), (east + 1, south, -1), (west, north + 1, -1), (east + 1, north + 1, 1)):
        np.add.at(drawn, (column, row), step)
    covered = np.cumsum(np.cumsum(drawn, axis=0), axis=1)[:side, :side] > 0
    total = np.zeros((side + 1, side + 1), dtype=np.int64)
    total[1:, 1:] = np.cumsum(np.cumsum(covered, axis=0), axis=1)
    west, south, east, north = (_cells(values, k % 2) for k, values in enumerate(columns))
    inside = total[east + 1, north + 1] - total[west, north + 1] - total[east + 1, south] + total[west, south]
    return np.flatnonzero(inside > 0)
