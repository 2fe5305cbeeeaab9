"""The formats of other software for W whose units are numbers: Stata's text and ArcGIS' SWM."""

from __future__ import annotations

import hashlib
import re
import struct
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gbaspatial.errors import FileFormatError, some
from gbaspatial.weights.exchange.text_formats import (
    Links,
    Names,
    is_number,
    lines_of,
    number_of,
    whole,
    without_entry,
    wrong,
)
from gbaspatial.writing import Companion

if TYPE_CHECKING:
    from gbaspatial.weights.core import Weights


# -- Stata ----------------------------------------------------------------------------
def read_stata(file: Path, ids: list[str] | None = None) -> Links:
    """The text of Stata's ``spmatrix export`` and ``spmat export`` (matrix, or list of neighbors)."""
    lines = [line.split() for line in lines_of(file) if line.strip()]
    n = whole(lines[0][0])
    if n is None or len(lines) != n + 1:
        wrong(file, 1, f"should say the number of units, with one line for each below (there are {len(lines) - 1})")
    try:
        labels = [_id(line[0]) for line in lines[1:]]
        if all(len(line) == n + 1 for line in lines[1:]):
            matrix = np.array([[number_of(word) for word in line[1:]] for line in lines[1:]]).reshape(n, n)
            focal, neighbor = np.nonzero(matrix)
            weight = matrix[focal, neighbor]
        else:
            near = [[_id(word) for word in line[1:]] for line in lines[1:]]
            focal, neighbor = _listed(file, labels, near)
            weight = np.ones(len(focal))
    except ValueError as error:
        if isinstance(error, FileFormatError):
            raise
        odd = next((word for line in lines for word in line if not is_number(word)), None)
        why = f"{odd[:40]!r} is none" if odd else str(error)
        raise FileFormatError(f"{file.name} must hold numbers only, and {why}.") from error
    return Links.of(_labels_beside(file, labels, lines), focal, neighbor, weight)


def _id(word: str) -> int:
    """A unit's number in full; a float keeps no more than 15 digits of it."""
    if re.fullmatch(r"[+-]?[0-9]{1,300}", word):
        return int(word)
    number = number_of(word)
    if not number.is_integer():
        raise ValueError(f"the id {word} is not whole")
    return int(number)


def _listed(file: Path, labels: list[int], near: list[list[int]]) -> tuple[np.ndarray, np.ndarray]:
    place = {label: at for at, label in enumerate(labels)}
    unknown = {label for row in near for label in row} - set(place)
    if unknown:
        raise FileFormatError(f"{file.name} names neighbors that have no line of their own: {some(sorted(unknown))}.")
    focal = np.repeat(np.arange(len(labels)), [len(row) for row in near])
    return focal, np.array([place[label] for row in near for label in row], dtype=np.int64)


def write_stata(w: Weights, file: Path) -> None:
    """The text of ``spmatrix import``: n, then id and row of each unit; other labels beside, as numbers need be."""
    labels = w.ids.tolist()
    integers = all(isinstance(label, int) for label in labels)
    plain = integers or all(re.fullmatch(r"[1-9]\d{0,14}", str(label)) for label in labels)
    numbers = [int(label) for label in labels] if plain else list(range(1, w.n + 1))
    mark = _Mark()
    with file.open("w", encoding="utf-8") as out:
        out.write(mark.of(f"{w.n}") + "\n")
        for place, number in enumerate(numbers):
            row = w.sparse[[place]].toarray().ravel().tolist()
            out.write(mark.of(" ".join([str(number), *(repr(v) if v else "0" for v in row)])) + "\n")
    if not integers:
        table = pd.DataFrame({"_ID": numbers, "id": [str(label) for label in labels], "of": ""})
        table.loc[0, "of"] = mark.told()
        table.to_csv(_ids_file(file), index=False)


class _Mark:
    """A mark of what a text says, by which the labels beside it know their file."""

    def __init__(self) -> None:
        self._digest = hashlib.sha256()

    def of(self, line: str) -> str:
        """The line as it is, counted into the mark."""
        self._digest.update(line.encode() + b"\n")
        return line

    def told(self) -> str:
        """The mark of all lines so far, as it is written."""
        return "sha256:" + self._digest.hexdigest()


def _labels_beside(file: Path, numbers: list[int], lines: list[list[str]]) -> list[Any]:
    """The labels that `write_stata` put beside the file, or its numbers where there are none."""
    beside = _ids_file(file)
    if not beside.exists():
        return list(numbers)
    try:
        table = pd.read_csv(beside, dtype=str, keep_default_na=False, encoding="utf-8")
    except ValueError:  # empty, not UTF-8, not a table
        table = pd.DataFrame()
    fits = {"_ID", "id"} <= set(table.columns) and table["_ID"].tolist() == [str(number) for number in numbers]
    if fits and "of" in table.columns:
        mark = _Mark()
        for words in lines:
            mark.of(" ".join(words))
        fits = table.loc[0, "of"] == mark.told()
    if not fits:
        raise FileFormatError(
            f"{beside.name} beside {file.name} holds the labels of another file, or {file.name} was changed since; "
            f"remove {beside.name} to read the units by their numbers."
        )
    return table["id"].tolist()


def _ids_file(file: Path) -> Path:
    return file.with_name(f"{file.stem}.ids.csv")


def companions(file: Path) -> dict[str, Companion]:
    """The file of labels that belongs to a text for Stata, with the test whether `write_stata` made it."""
    made = Companion(_is_of_write_stata, _is_of_write_stata)
    return {_ids_file(file).name: made} if file.suffix.lower() == ".txt" else {}


def _is_of_write_stata(beside: Path) -> bool:
    try:
        content = beside.read_bytes()
    except OSError:
        return False
    return content.startswith(b"_ID,id,of") and b",sha256:" in content


# -- ArcGIS ---------------------------------------------------------------------------
def read_swm(file: Path, ids: list[str] | None = None) -> Links:
    """ArcGIS spatial weights matrix, versions before and since 10.1."""
    raw = file.read_bytes()
    end = raw.find(b"\n")
    if end < 0:
        raise FileFormatError(f"{file.name} is not an ArcGIS spatial weights matrix: it has no header line.")
    head = raw[:end].decode("utf-8", errors="replace")
    fields = dict(part.split("@", 1) for part in head.strip().split(";") if "@" in part)
    fixed = fields.get("FIXEDWEIGHTS", "").strip().upper() == "TRUE"
    faults: list[Exception] = []
    # ArcGIS writes no sum of the row after a unit without neighbors, libpysal does: only one of both fills the file
    for sums_of_islands in (False, True):
        try:
            return _entries(file, raw[end + 1 :], fixed, sums_of_islands)
        except (struct.error, FileFormatError) as error:
            faults.append(error)
    if isinstance(faults[0], FileFormatError):
        raise faults[0]
    raise FileFormatError(f"{file.name} ends in the middle of an entry: {faults[0]}.") from faults[0]


def _entries(file: Path, body: bytes, fixed: bool, sums_of_islands: bool) -> Links:
    n, _ = struct.unpack_from("<2l", body, 0)
    if n < 1:
        raise FileFormatError(f"{file.name} says {n} units; it needs at least one.")
    if 8 * n > len(body):
        raise FileFormatError(f"{file.name} ends in the middle of an entry: it is too short for the {n} units it says.")
    at = 8
    names = Names()
    heads: set[int] = set()
    focal: list[int] = []
    neighbor: list[int] = []
    weight: list[float] = []
    for _ in range(n):
        unit, count = struct.unpack_from("<2l", body, at)
        if count < 0 or unit in heads:
            why = f"{count} neighbors" if count < 0 else "a second entry"
            raise FileFormatError(f"{file.name} is not an ArcGIS spatial weights matrix: unit {unit} has {why}.")
        heads.add(unit)
        at += 8
        place = names(unit)
        if count == 0:
            at += 8 if sums_of_islands else 0
            continue
        near = struct.unpack_from(f"<{count}l", body, at)
        at += 4 * count
        size = 1 if fixed else count
        values = struct.unpack_from(f"<{size}d", body, at)
        at += 8 * size + 8  # the sum of the row before standardization follows
        focal += [place] * count
        neighbor += [names(label) for label in near]
        weight += list(values) * count if fixed else list(values)
    if at > len(body):
        raise struct.error(f"{at - len(body)} bytes are missing")
    if at < len(body):
        raise FileFormatError(f"{file.name} has {len(body) - at} bytes after the {n} units of which its header speaks.")
    if unknown := [label for label in names.place if label not in heads]:
        raise without_entry(file, unknown)
    return Links.of(list(names.place), focal, neighbor, weight)
