"""The text formats of other software for W: GAL, GWT and Matrix Market, as they write them."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np
from scipy import sparse

from gbaspatial.errors import FileFormatError, GbaWarning, some

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
        given = np.asarray(focal), np.asarray(neighbor)
        places = given[0].astype(np.int64), given[1].astype(np.int64)
        if any((place != told).any() for place, told in zip(places, given, strict=True)):
            raise ValueError("places of units must be whole numbers")
        return cls(ids, *places, np.asarray(weight, dtype=float), len(ids), about or {})

    def named(self, about: dict[str, Any]) -> Links:
        """The same links with the labels that `about` tells."""
        return Links.of(about["ids"], self.focal, self.neighbor, self.weight, about)


class Names:
    """Numbers labels in the order in which they come."""

    def __init__(self) -> None:
        self.place: dict[Any, int] = {}

    def __call__(self, label: Any) -> int:
        return self.place.setdefault(label, len(self.place))


def lines_of(file: Path) -> list[str]:
    """The lines of a text file in UTF-8 or GB18030, or an error if there are none."""
    raw = file.read_bytes()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("gb18030", errors="replace")
    lines = text.splitlines()
    if not any(line.strip() for line in lines):
        raise FileFormatError(f"{file.name} is empty.")
    return lines


def _n_of(file: Path, line: str) -> int:
    """The number of units in the header of GAL and GWT: ``n``, or ``0 n layer key``."""
    head = _words(line)
    flagged = len(head) >= 4 and whole(head[0]) is not None  # GeoDa writes the flag 0, old files of libpysal 1
    n = whole(head[0]) if len(head) == 1 else whole(head[1]) if flagged else None
    if n is None:
        wrong(file, 1, "should say the number of units n, as 'n' or as '0 n layer key'")
    return n


def _labels_of(w: Weights, file: Path) -> list[str]:
    """The labels of `w` as GAL and GWT quote them; one with a line break could not be read again."""
    labels = [str(label) for label in w.ids]
    broken = [repr(label) for label in labels if label and label.splitlines() != [label]]
    if broken:
        raise FileFormatError(
            f"{file.suffix} holds no labels with line breaks, as in {some(broken)}; use .json, .npz, .parquet or .mtx."
        )
    return [_quoted(label) for label in labels]


def _words(line: str) -> list[str]:
    return [w[1:-1].replace('""', '"') if w.startswith('"') and len(w) > 1 else w for w in _WORD.findall(line)]


def _quoted(label: Any) -> str:
    text = str(label)
    return '"' + text.replace('"', '""') + '"' if not text or re.search(r'[\s"]', text) else text


def _one_word(name: Any) -> str:
    """The name of the labels in a header, where R knows no quotes."""
    return "_".join(str(name).split()) if name is not None and str(name).strip() else "id"


def wrong(file: Path, number: int, why: str) -> NoReturn:
    """Raise `FileFormatError` about a line."""
    raise FileFormatError(f"{file.name} is not what its ending says: line {number} {why}.")


def whole(word: str) -> int | None:
    """The number that `word` is, or None if it is no whole number."""
    return int(word) if re.fullmatch(r"\d+", word) else None


# -- GAL ------------------------------------------------------------------------------
def read_gal(file: Path, ids: list[str] | None = None) -> Links:
    """GAL of GeoDa, PySAL (which leaves spaces in labels unquoted) and spdep."""
    lines = lines_of(file)
    heads, rows, n = _gal_rows(file, lines)
    known = set(heads)
    names = Names()
    for head in heads:
        names(head)
    focal: list[int] = []
    neighbor: list[int] = []
    for place, (count, words, number) in enumerate(rows):
        labels = words if len(words) == count else _regrouped(words, known, count)
        if labels is None:
            wrong(file, number, f"should name {count} neighbors, but has {len(words)} words")
        focal.extend([place] * count)
        neighbor.extend(names(label) for label in labels)
    if len(names.place) > n:
        extra = list(names.place)[len(heads) :]
        raise FileFormatError(f"{file.name} names neighbors that have no entry of their own: {', '.join(extra[:5])}.")
    return Links.of(list(names.place), focal, neighbor, np.ones(len(focal)))


def _gal_rows(file: Path, lines: list[str]) -> tuple[list[str], list[tuple[int, list[str], int]], int]:
    n = _n_of(file, lines[0])
    heads: list[str] = []
    rows: list[tuple[int, list[str], int]] = []
    at = 1
    while True:
        while at < len(lines) and not lines[at].strip():
            at += 1
        if at == len(lines) and len(heads) >= n:
            break
        words = _words(lines[at]) if at < len(lines) else []
        count = whole(words[-1]) if len(words) > 1 else None
        if count is None and len(heads) >= n:
            wrong(file, at + 1, f"comes after the {n} units of which the header speaks")
        if count is None:
            wrong(file, at + 1, f"should name unit {len(heads) + 1} of {n} and its number of neighbors")
        heads.append(" ".join(words[:-1]))
        at += 1
        rows.append((count, _words(lines[at]) if count and at < len(lines) else [], at + 1))
        at += 1 if count or (at < len(lines) and not lines[at].strip()) else 0
    if len(heads) > n:
        raise FileFormatError(f"{file.name} says {n} units but has entries for {len(heads)}; correct its first line.")
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
    labels = _labels_of(w, file)
    lines = [f"0 {w.n} unknown {_one_word(w.ids.name)}"]
    for place, label in enumerate(labels):
        near = w.sparse.indices[w.sparse.indptr[place] : w.sparse.indptr[place + 1]]
        lines += [f"{label} {len(near)}", " ".join(labels[j] for j in near)]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")


# -- GWT ------------------------------------------------------------------------------
def read_gwt(file: Path, ids: list[str] | None = None) -> Links:
    """GWT and KWT of GeoDa, PySAL and spdep: one link a line."""
    lines = lines_of(file)
    n = _n_of(file, lines[0])
    known = set(ids) if ids is not None else set()
    names = Names()
    focal, neighbor, weight = [], [], []
    for number, line in enumerate(lines[1:], start=2):
        words = _words(line)
        if not words:
            continue
        labels = words[:-1] if len(words) == 3 else _regrouped(words[:-1], known, 2)
        if labels is None:
            wrong(file, number, "should be focal, neighbor, weight (labels with spaces need ids=)")
        try:
            value = float(words[-1])
        except ValueError:
            wrong(file, number, f"has the weight {words[-1]!r}, which is not a number")
        if labels[0] == labels[1] and value == 0:
            names(labels[0])
            continue
        focal.append(names(labels[0]))
        neighbor.append(names(labels[1]))
        weight.append(value)
    if len(names.place) > n:
        raise FileFormatError(f"{file.name} says {n} units but names {len(names.place)}; correct its first line.")
    links = Links.of(list(names.place), focal, neighbor, weight)
    return Links(links.ids, links.focal, links.neighbor, links.weight, n)


def write_gwt(w: Weights, file: Path) -> None:
    """GWT: one link a line, weights to the last bit; islands do not show."""
    labels = _labels_of(w, file)
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

    lines_of(file)
    try:
        matrix = sparse.coo_array(mmread(file))
    except (ValueError, TypeError, OverflowError) as error:
        raise FileFormatError(f"{file.name} is not a Matrix Market file: {error}.") from error
    if matrix.dtype.kind == "c":
        raise FileFormatError(f"{file.name} holds complex numbers; weights are real.")
    if matrix.shape[0] != matrix.shape[1]:
        raise FileFormatError(f"{file.name} holds a {matrix.shape[0]} x {matrix.shape[1]} matrix; W is square.")
    kept = "".join(line[len(_OURS) :] for line in _comments(file))
    i, j = (np.asarray(places, dtype=np.int64) for places in matrix.coords)
    return Links(None, i, j, np.asarray(matrix.data, dtype=float), matrix.shape[0]), kept or None


def _comments(file: Path) -> Iterator[str]:
    with file.open(encoding="utf-8", errors="replace") as lines:
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
