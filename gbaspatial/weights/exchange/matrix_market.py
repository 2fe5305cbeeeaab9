"""Matrix Market files of W: entries with their places, or whole columns."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from gbaspatial.errors import FileFormatError
from gbaspatial.weights.exchange.text_formats import Links, is_number, lines_of, number_of, whole, wrong

if TYPE_CHECKING:
    from gbaspatial.weights.core import Weights


_OURS = "%gbaspatial "

_KINDS = ("real", "double", "integer", "pattern", "complex")

_SYMMETRIES = ("general", "symmetric", "skew-symmetric", "hermitian")

_MOST_EMPTY = 100_000  # units of a matrix beyond a hundred for each of its entries


def read_mtx(file: Path) -> tuple[Links, str | None]:
    """The matrix, without labels, and what `write_mtx` told in comments.

    Read here and not by SciPy, whose parser ends the process on a damaged file.
    """
    lines = lines_of(file)
    head = lines[0].lower().split()
    if len(head) != 5 or head[0] != "%%matrixmarket" or head[1] != "matrix" or head[2] not in ("coordinate", "array"):
        wrong(file, 1, "should say '%%MatrixMarket matrix coordinate real general', as Matrix Market files do")
    if head[3] not in _KINDS or head[4] not in _SYMMETRIES:
        wrong(file, 1, f"says {head[3]} and {head[4]}, which is no Matrix Market file")
    if head[3] == "complex":
        raise FileFormatError(f"{file.name} holds complex numbers; weights are real.")
    kept = "".join(line[len(_OURS) :] for line in lines if line.startswith(_OURS))
    body = [(number, line) for number, line in enumerate(lines, 1) if line.strip() and line[0] != "%"]
    if not body:
        wrong(file, len(lines), "should be followed by the size of the matrix")
    n, entries = _mtx_size(file, *body[0], head[2] == "coordinate")
    read = _mtx_coordinates if head[2] == "coordinate" else _mtx_array
    i, j, values = read(file, body[1:], n, entries, head)
    i, j, values = _mtx_mirrored(i, j, values, head[4])
    return Links(None, i, j, values, n), kept or None


def _mtx_size(file: Path, number: int, line: str, coordinate: bool) -> tuple[int, int]:
    """Number of units, and of entries, as the line of sizes says."""
    sizes = [whole(word) for word in line.split()]
    if len(sizes) != (3 if coordinate else 2) or None in sizes:
        wrong(file, number, f"should be the {'three' if coordinate else 'two'} sizes of the matrix")
    rows, columns, *rest = [size or 0 for size in sizes]
    if rows != columns:
        raise FileFormatError(f"{file.name} holds a {rows} x {columns} matrix; W is square.")
    entries = rest[0] if coordinate else rows * columns
    if rows > 100 * entries + _MOST_EMPTY:
        raise FileFormatError(f"{file.name} says {rows} units but only {entries} entries; its line {number} is wrong.")
    return rows, entries


def _mtx_numbers(file: Path, body: list[tuple[int, str]], columns: int) -> np.ndarray:
    """The numbers of all lines (m, columns), or an error about the first line that is otherwise."""
    for number, line in body:
        count = len(line.split())
        if count != columns:
            wrong(file, number, f"should have {columns} numbers, but has {count} words")
    words = (word for _, line in body for word in line.split())
    try:
        return np.fromiter(map(number_of, words), dtype=float, count=columns * len(body)).reshape(len(body), columns)
    except ValueError:
        for number, line in body:
            for word in line.split():
                if not is_number(word):
                    wrong(file, number, f"has {word[:40]!r}, which is not a number")
        raise


def _mtx_coordinates(
    file: Path, body: list[tuple[int, str]], n: int, entries: int, head: list[str]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    if len(body) != entries:
        raise FileFormatError(f"{file.name} says {entries} entries but has {len(body)}; it may be cut off.")
    numbers = _mtx_numbers(file, body, 2 if head[3] == "pattern" else 3)
    places = numbers[:, :2]
    if not ((places == np.floor(places)) & (places >= 1) & (places <= n)).all():
        odd = int(np.flatnonzero(~((places == np.floor(places)) & (places >= 1) & (places <= n)).all(axis=1))[0])
        wrong(file, body[odd][0], f"names a place that is not among 1 to {n}")
    i, j = (places.astype(np.int64) - 1).T
    return i, j, np.ones(entries) if head[3] == "pattern" else numbers[:, 2].copy()


def _mtx_array(
    file: Path, body: list[tuple[int, str]], n: int, entries: int, head: list[str]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The entries by columns; of a symmetric matrix those from the diagonal down, or below it."""
    below = {"general": -n, "symmetric": 0, "hermitian": 0}.get(head[4], 1)
    stored = n * n if head[4] == "general" else n * (n + 1) // 2 if below == 0 else n * (n - 1) // 2
    if len(body) != stored:
        raise FileFormatError(f"{file.name} says {n} x {n}, which are {stored} numbers, but has {len(body)}.")
    values = _mtx_numbers(file, body, 1)[:, 0]
    column, row = np.nonzero(np.triu(np.ones((n, n), dtype=bool), k=below))
    there = values != 0
    return row[there], column[there], values[there]


def _mtx_mirrored(
    i: np.ndarray, j: np.ndarray, values: np.ndarray, symmetry: str
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Both halves of a matrix of which the file holds one."""
    if symmetry == "general":
        return i, j, values
    off = i != j
    sign = -1.0 if symmetry == "skew-symmetric" else 1.0
    return np.append(i, j[off]), np.append(j, i[off]), np.append(values, sign * values[off])


def write_mtx(w: Weights, file: Path, about: str) -> None:
    """Matrix Market, with labels and recipe in comments (which other software skips)."""
    pairs = w.sparse.tocoo()
    told = [_OURS + about[start : start + 900] for start in range(0, len(about), 900)]  # lines end at 1024 there
    head = ["%%MatrixMarket matrix coordinate real general", *told, f"{w.n} {w.n} {w.n_links}"]
    rows = [f"{i + 1} {j + 1} {v!r}" for i, j, v in zip(*pairs.coords, pairs.data.tolist(), strict=True)]
    file.write_text("\n".join([*head, *rows]) + "\n", encoding="utf-8")
