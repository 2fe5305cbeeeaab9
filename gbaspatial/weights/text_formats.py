"""The file formats of other software for W, as they write them."""

from __future__ import annotations

import re
import struct
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np
import pandas as pd

from gbaspatial.errors import FileFormatError, GbaWarning

if TYPE_CHECKING:
    from gbaspatial.weights.core import Weights

_WORD = re.compile(r'"(?:[^"]|"")*"|\S+')


@dataclass(frozen=True, slots=True, eq=False)
class Links:
    """What a file says: labels (None where it has none), links by place, and what else it tells."""

    ids: list[Any] | None
    focal: np.ndarray
    neighbor: np.ndarray
    weight: np.ndarray
    n: int | None = None
    about: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, ids: list[Any], focal: Any, neighbor: Any, weight: Any, about: dict[str, Any] | None = None) -> Links:
        """Links between the units `ids`, by place."""
        places = (np.asarray(focal, dtype=np.int64), np.asarray(neighbor, dtype=np.int64))
        return cls(ids, *places, np.asarray(weight, dtype=float), len(ids), about or {})

    def named(self, about: dict[str, Any]) -> Links:
        """The same links with the labels that `about` tells."""
        return Links.of(about["ids"], self.focal, self.neighbor, self.weight, about)


class _Names:
    """Numbers labels in the order in which they come."""

    def __init__(self) -> None:
        self.place: dict[Any, int] = {}

    def __call__(self, label: Any) -> int:
        return self.place.setdefault(label, len(self.place))


def _lines(file: Path) -> list[str]:
    raw = file.read_bytes()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("gb18030", errors="replace")
    lines = text.splitlines()
    if not any(line.strip() for line in lines):
        raise FileFormatError(f"{file.name} is empty.")
    return lines


def _words(line: str) -> list[str]:
    return [w[1:-1].replace('""', '"') if w.startswith('"') and len(w) > 1 else w for w in _WORD.findall(line)]


def _quoted(label: Any) -> str:
    text = str(label)
    return '"' + text.replace('"', '""') + '"' if not text or re.search(r'[\s"]', text) else text


def _one_word(name: Any) -> str:
    """The name of the labels in a header, where R knows no quotes."""
    return "_".join(str(name).split()) if name is not None and str(name).strip() else "id"


def _wrong(file: Path, number: int, why: str) -> NoReturn:
    raise FileFormatError(f"{file.name} is not what its ending says: line {number} {why}.")


def _whole(word: str) -> int | None:
    return int(word) if re.fullmatch(r"\d+", word) else None


# -- GAL ------------------------------------------------------------------------------
def read_gal(file: Path, ids: list[str] | None = None) -> Links:
    """GAL of GeoDa, PySAL (which leaves spaces in labels unquoted) and spdep."""
    lines = _lines(file)
    heads, rows, n = _gal_rows(file, lines)
    known = set(heads)
    names = _Names()
    for head in heads:
        names(head)
    focal: list[int] = []
    neighbor: list[int] = []
    for place, (count, words, number) in enumerate(rows):
        labels = words if len(words) == count else _regrouped(words, known, count)
        if labels is None:
            _wrong(file, number, f"should name {count} neighbors, but has {len(words)} words")
        focal.extend([place] * count)
        neighbor.extend(names(label) for label in labels)
    if len(names.place) > n:
        extra = list(names.place)[len(heads) :]
        raise FileFormatError(f"{file.name} names neighbors that have no entry of their own: {', '.join(extra[:5])}.")
    return Links.of(list(names.place), focal, neighbor, np.ones(len(focal)))


def _gal_rows(file: Path, lines: list[str]) -> tuple[list[str], list[tuple[int, list[str], int]], int]:
    head = _words(lines[0])
    n = _whole(head[1] if len(head) >= 4 else head[0]) if head else None
    if n is None:
        _wrong(file, 1, "should say the number of units")
    heads: list[str] = []
    rows: list[tuple[int, list[str], int]] = []
    at = 1
    for _ in range(n):
        while at < len(lines) and not lines[at].strip():
            at += 1
        words = _words(lines[at]) if at < len(lines) else []
        count = _whole(words[-1]) if len(words) > 1 else None
        if count is None:
            _wrong(file, at + 1, f"should name unit {len(heads) + 1} of {n} and its number of neighbors")
        heads.append(" ".join(words[:-1]))
        at += 1
        rows.append((count, _words(lines[at]) if count and at < len(lines) else [], at + 1))
        at += 1 if count or (at < len(lines) and not lines[at].strip()) else 0
    return heads, rows, n


def _regrouped(words: Sequence[str], known: set[str], count: int) -> list[str] | None:
    """`words` as `count` labels of `known`, some of which contain spaces; None if that cannot be."""
    if not words or count <= 0:
        return [] if not words and count == 0 else None
    for size in range(len(words) - count + 1, 0, -1):
        label = " ".join(words[:size])
        if label in known:
            rest = _regrouped(words[size:], known, count - 1)
            if rest is not None:
                return [label, *rest]
    return None


def write_gal(w: Weights, file: Path) -> None:
    """GAL: who neighbors whom, without weights."""
    if (w.sparse.data != 1).any():
        warnings.warn(
            f"GAL holds links and no weights: {file.name} loses them; use .gwt, .csv or .json to keep weights.",
            GbaWarning,
            stacklevel=4,
        )
    labels = [_quoted(label) for label in w.ids]
    lines = [f"0 {w.n} unknown {_one_word(w.ids.name)}"]
    for place, label in enumerate(labels):
        near = w.sparse.indices[w.sparse.indptr[place] : w.sparse.indptr[place + 1]]
        lines += [f"{label} {len(near)}", " ".join(labels[j] for j in near)]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")


# -- GWT ------------------------------------------------------------------------------
def read_gwt(file: Path, ids: list[str] | None = None) -> Links:
    """GWT and KWT of GeoDa, PySAL and spdep: one link a line."""
    lines = _lines(file)
    head = _words(lines[0])
    n = _whole(head[1] if len(head) >= 4 else head[0]) if head else None
    if n is None:
        _wrong(file, 1, "should say the number of units")
    known = set(ids) if ids is not None else set()
    names = _Names()
    focal, neighbor, weight = [], [], []
    for number, line in enumerate(lines[1:], start=2):
        words = _words(line)
        if not words:
            continue
        labels = words[:-1] if len(words) == 3 else _regrouped(words[:-1], known, 2)
        if labels is None:
            _wrong(file, number, "should be focal, neighbor, weight (labels with spaces need ids=)")
        try:
            value = float(words[-1])
        except ValueError:
            _wrong(file, number, f"has the weight {words[-1]!r}, which is not a number")
        if labels[0] == labels[1] and value == 0:
            names(labels[0])
            continue
        focal.append(names(labels[0]))
        neighbor.append(names(labels[1]))
        weight.append(value)
    links = Links.of(list(names.place), focal, neighbor, weight)
    return Links(links.ids, links.focal, links.neighbor, links.weight, n)


def write_gwt(w: Weights, file: Path) -> None:
    """GWT: one link a line, weights to the last bit; islands do not show."""
    labels = [_quoted(label) for label in w.ids]
    pairs = w.sparse.tocoo()
    lines = [f"0 {w.n} unknown {_one_word(w.ids.name)}"]
    for i, j, value in zip(*pairs.coords, pairs.data.tolist(), strict=True):
        lines.append(f"{labels[i]} {labels[j]} {value!r}")
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")


# -- Matrix Market --------------------------------------------------------------------
_OURS = "%gbaspatial "


def read_mtx(file: Path) -> tuple[Links, str | None]:
    """The matrix, without labels, and what `write_mtx` told in comments."""
    from scipy.io import mmread

    _lines(file)
    try:
        matrix = mmread(file).tocoo()
    except (ValueError, AttributeError, OverflowError) as error:
        raise FileFormatError(f"{file.name} is not a sparse Matrix Market file: {error}.") from error
    if matrix.shape[0] != matrix.shape[1]:
        raise FileFormatError(f"{file.name} holds a {matrix.shape[0]} x {matrix.shape[1]} matrix; W is square.")
    kept = "".join(line[len(_OURS) :] for line in _comments(file))
    i, j = np.asarray(matrix.row, dtype=np.int64), np.asarray(matrix.col, dtype=np.int64)
    return Links(None, i, j, np.asarray(matrix.data, dtype=float), matrix.shape[0]), kept or None


def _comments(file: Path) -> Iterator[str]:
    with file.open(encoding="utf-8") as lines:
        for line in lines:
            if not line.startswith("%"):
                return
            if line.startswith(_OURS):
                yield line.rstrip("\n")


def write_mtx(w: Weights, file: Path, about: str) -> None:
    """Matrix Market, with labels and recipe in comments (which other software skips)."""
    pairs = w.sparse.tocoo()
    told = [_OURS + about[start : start + 900] for start in range(0, len(about), 900)]  # lines end at 1024 there
    head = ["%%MatrixMarket matrix coordinate real general", *told, f"{w.n} {w.n} {w.n_links}"]
    rows = [f"{i + 1} {j + 1} {v!r}" for i, j, v in zip(*pairs.coords, pairs.data.tolist(), strict=True)]
    file.write_text("\n".join([*head, *rows]) + "\n", encoding="utf-8")


# -- Stata ----------------------------------------------------------------------------
def read_stata(file: Path, ids: list[str] | None = None) -> Links:
    """The text of Stata's ``spmatrix export`` and ``spmat export`` (matrix, or list of neighbors)."""
    lines = [line.split() for line in _lines(file) if line.strip()]
    n = _whole(lines[0][0])
    if n is None or len(lines) != n + 1:
        _wrong(file, 1, f"should say the number of units, with one line for each below (there are {len(lines) - 1})")
    try:
        first = [float(line[0]) for line in lines[1:]]
        labels = [int(value) for value in first]
        rows = [[float(value) for value in line[1:]] for line in lines[1:]]
    except ValueError as error:
        raise FileFormatError(f"{file.name} holds something that is not a number: {error}.") from error
    place = {label: at for at, label in enumerate(labels)}
    if all(len(row) == n and row[at] == 0 for at, row in enumerate(rows)):
        matrix = np.array(rows)
        focal, neighbor = np.nonzero(matrix)
        weight = matrix[focal, neighbor]
    else:
        near = [[int(value) for value in row] for row in rows]
        unknown = {label for row in near for label in row} - set(place)
        if unknown:
            raise FileFormatError(f"{file.name} names neighbors that have no line of their own: {sorted(unknown)[:5]}.")
        focal = np.repeat(np.arange(n), [len(row) for row in near])
        neighbor = np.array([place[label] for row in near for label in row], dtype=np.int64)
        weight = np.ones(len(focal))
    names: list[Any] = list(labels)
    beside = _ids_file(file)
    if beside.exists():
        table = pd.read_csv(beside, dtype={"id": str}, keep_default_na=False).set_index("_ID")["id"]
        names = table.reindex(labels).tolist()
    return Links.of(names, focal, neighbor, weight)


def write_stata(w: Weights, file: Path) -> None:
    """The text of ``spmatrix import``: n, then id and row of each unit; other labels beside, as numbers need be."""
    labels = w.ids.tolist()
    beside = _ids_file(file)
    if all(isinstance(label, int) for label in labels):
        numbers = labels
        beside.unlink(missing_ok=True)
    else:
        plain = all(re.fullmatch(r"[1-9]\d{0,14}", str(label)) for label in labels)
        numbers = [int(label) for label in labels] if plain else list(range(1, w.n + 1))
        pd.DataFrame({"_ID": numbers, "id": [str(label) for label in labels]}).to_csv(beside, index=False)
    with file.open("w", encoding="utf-8") as out:
        out.write(f"{w.n}\n")
        for place, number in enumerate(numbers):
            row = w.sparse[[place]].toarray().ravel().tolist()
            out.write(" ".join([str(number), *(repr(v) if v else "0" for v in row)]) + "\n")


def _ids_file(file: Path) -> Path:
    return file.with_name(f"{file.stem}.ids.csv")


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
    names = _Names()
    focal: list[int] = []
    neighbor: list[int] = []
    weight: list[float] = []
    try:
        n, _ = struct.unpack_from("<2l", raw, end + 1)
        at = end + 9
        for _ in range(n):
            unit, count = struct.unpack_from("<2l", raw, at)
            at += 8
            place = names(unit)
            if count == 0:
                continue
            near = struct.unpack_from(f"<{count}l", raw, at)
            at += 4 * count
            size = 1 if fixed else count
            values = struct.unpack_from(f"<{size}d", raw, at)
            at += 8 * size + 8  # the sum of the row before standardization follows
            focal += [place] * count
            neighbor += [names(label) for label in near]
            weight += list(values) * count if fixed else list(values)
    except struct.error as error:
        raise FileFormatError(f"{file.name} ends in the middle of an entry: {error}.") from error
    return Links.of(list(names.place), focal, neighbor, weight)
