"""Which boxes meet which others, by a raster: arrays only."""

from __future__ import annotations

import numpy as np
import shapely

_CELLS_A_BOX = 6  # of the raster, at most, on average: boxes much larger than most others are left to a tree
_FINEST = 4096


def meeting(one: np.ndarray, other: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of boxes that have a point in common, each once.

    Parameters
    ----------
    one, other : numpy.ndarray, shape (m, 4) and (k, 4)
        Least x and y, largest x and y.

    Returns
    -------
    numpy.ndarray, numpy.ndarray
        Places in `one` and in `other`.

    Examples
    --------
    >>> boxes = np.array([[0.0, 0, 1, 1], [1, 1, 2, 2], [3, 3, 4, 4]])
    >>> sorted(zip(*(part.tolist() for part in meeting(boxes, boxes))))
    [(0, 0), (0, 1), (1, 0), (1, 1), (2, 2)]
    """
    if len(one) == 0 or len(other) == 0:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    low, side, scale = _raster(one, other)
    first, second = (_cells(boxes, low, side, scale) for boxes in (one, other))
    if _covered(first) + _covered(second) > _CELLS_A_BOX * (len(one) + len(other)):
        return _by_tree(one, other)
    return _in_common_cells(one, other, first, second, side)


def _raster(one: np.ndarray, other: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Where the raster begins, its number of columns and rows, and cells a unit: a cell is about as large as a box."""
    low = np.minimum(one[:, :2].min(axis=0), other[:, :2].min(axis=0))
    high = np.maximum(one[:, 2:].max(axis=0), other[:, 2:].max(axis=0))
    usual = (other[:, 2:] - other[:, :2]).mean(axis=0) + (one[:, 2:] - one[:, :2]).mean(axis=0)
    width = np.maximum(high - low, 1e-100)
    side = np.clip(width / np.maximum(usual, 1e-100), 1, _FINEST).astype(np.int64)
    return low, side, side / width


def _cells(boxes: np.ndarray, low: np.ndarray, side: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """Column and row of the first and of the last cell of each box (m, 4); never falls where a coordinate grows."""
    corners = boxes.reshape(-1, 2, 2)
    return np.clip((corners - low) * scale, 0, side - 1).astype(np.int64).reshape(-1, 4)


def _covered(cells: np.ndarray) -> int:
    return int(((cells[:, 2] - cells[:, 0] + 1) * (cells[:, 3] - cells[:, 1] + 1)).sum())


def _spread(cells: np.ndarray, rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Each box and each of the cells that it covers, as column * rows + row."""
    wide, tall = cells[:, 2] - cells[:, 0] + 1, cells[:, 3] - cells[:, 1] + 1
    count = wide * tall
    box = np.repeat(np.arange(len(cells)), count)
    step = np.arange(len(box)) - np.repeat(np.cumsum(count) - count, count)
    column, row = np.divmod(step, tall[box])
    return box, (cells[box, 0] + column) * rows + cells[box, 1] + row


def _in_common_cells(
    one: np.ndarray, other: np.ndarray, first: np.ndarray, second: np.ndarray, side: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    box, cell = _spread(second, int(side[1]))
    order = np.argsort(cell, kind="stable")
    box, cell = box[order], cell[order]
    asked, wanted = _spread(first, int(side[1]))
    begin = np.searchsorted(cell, wanted)
    count = np.searchsorted(cell, wanted, side="right") - begin
    place = np.repeat(np.arange(len(asked)), count)
    met = box[np.arange(len(place)) - np.repeat(np.cumsum(count) - count, count) + begin[place]]
    hit = asked[place]
    # of the cells that both cover, the first one tells of the pair
    corner = np.maximum(first[hit, 0], second[met, 0]) * side[1] + np.maximum(first[hit, 1], second[met, 1])
    a, b = one[hit], other[met]
    kept = (corner == wanted[place]) & (a[:, :2] <= b[:, 2:]).all(axis=1) & (b[:, :2] <= a[:, 2:]).all(axis=1)
    return hit[kept], met[kept]


def _by_tree(one: np.ndarray, other: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    tree = shapely.STRtree(shapely.linestrings(other.reshape(-1, 2, 2)))  # a tree keeps bounds only
    hit, met = tree.query(shapely.linestrings(one.reshape(-1, 2, 2)))
    return hit, met
