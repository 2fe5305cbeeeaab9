"""The text formats of other software for W: GAL, GWT and Matrix Market, as they write them."""

from __future__ import annotations

import codecs
import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from gbaspatial.data.encodings import decode
from gbaspatial.errors import FileFormatError, GbaWarning, outside, some

if TYPE_CHECKING:
    from gbaspatial.alignment import Label
    from gbaspatial.weights.core import Weights

_MOST_WORDS = 20_000  # of a row whose labels have spaces: grouping them takes memory that grows with the square
_UNDERSCORED = "spaces_as_underscores"  # the layer in the header of files whose labels had spaces and no underscores
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
    def of(
        cls,
        ids: list[Any],
        focal: Sequence[int] | np.ndarray,
        neighbor: Sequence[int] | np.ndarray,
        weight: Sequence[float] | np.ndarray,
        about: dict[str, Any] | None = None,
    ) -> Links:
        """Links between the units `ids`, by place."""
        given = np.asarray(focal), np.asarray(neighbor)
        places = given[0].astype(np.int64), given[1].astype(np.int64)
        if any((place != number).any() for place, number in zip(places, given, strict=True)):
            raise FileFormatError("the places of units in it are not whole numbers.")
        return cls(ids, *places, np.asarray(weight, dtype=float), len(ids), about or {})

    def named(self, about: dict[str, Any]) -> Links:
        """The same links with the labels that `about` tells."""
        return Links.of(about["ids"], self.focal, self.neighbor, self.weight, about)


class Names:
    """Numbers labels in the order in which they come."""

    def __init__(self) -> None:
        self.place: dict[Label, int] = {}

    def __call__(self, label: Label) -> int:
        return self.place.setdefault(label, len(self.place))


def lines_of(file: Path) -> list[str]:
    """The lines of a text file, or an error if there are none."""
    return filled_text(file).splitlines()


def filled_text(file: Path) -> str:
    """The text of a file, or an error if nothing stands in it."""
    text = text_of(file)
    if not text.strip():
        raise FileFormatError(f"{file.name} is empty.")
    return text


def without_entry(file: Path, labels: Sequence[Label]) -> FileFormatError:
    """The error of neighbors that are no units of the file."""
    return FileFormatError(f"{file.name} names neighbors that have no entry of their own: {some(labels)}.")


def text_of(file: Path) -> str:
    """The text of a file in UTF-8, UTF-16 or the encoding that fits it best; a guess is told."""
    raw = file.read_bytes()
    if raw[:2] not in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        refuse_nul(raw, file)
    text = decode(raw, file.name, cure="save it as UTF-8")
    if text is None:
        raise FileFormatError(f"{file.name} is text in none of UTF-8, UTF-16, GB18030 and Big5; save it as UTF-8.")
    if "\0" in text:
        raise FileFormatError(f"{file.name} is not text: it holds NUL characters. It may be damaged.")
    return text


def number_of(word: str) -> float:
    """The number that `word` is, or `ValueError`; Python's own ``1_000`` is none.

    Examples
    --------
    >>> number_of("1e-3")
    0.001
    """
    if "_" in word:
        raise ValueError(f"{word!r} is no number")
    return float(word)


def refuse_nul(raw: bytes, file: Path) -> None:
    """Raise `FileFormatError` if a text holds a NUL byte, which parsers of other software do not survive."""
    at = raw.find(b"\0")
    if at >= 0:
        line = raw.count(b"\n", 0, at) + 1
        raise FileFormatError(f"{file.name} is not text: line {line} holds a NUL byte. It may be damaged or cut off.")


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
    return [_quoted(label) for label in _underscored(labels, file)]


def _underscored(labels: list[str], file: Path) -> list[str]:
    """`labels` with ``_`` for each space: no other software reads GAL and GWT with spaces, quoted or not."""
    plain = [re.sub(r"\s", "_", label) for label in labels]
    spaced = [label for label, other in zip(labels, plain, strict=True) if label != other]
    if not spaced:
        return labels
    if len(set(plain)) < len(plain):
        seen: dict[str, str] = {}
        same = [(seen[o], label) for label, o in zip(labels, plain, strict=True) if seen.setdefault(o, label) != label]
        told = [f"{a!r} and {b!r}" for a, b in same]
        raise FileFormatError(
            f"{file.suffix} holds no spaces in labels, and with _ for them {some(told)} are the same; rename one, or "
            f"use .json, .npz, .parquet, .csv or .mtx."
        )
    warnings.warn(
        f"{file.suffix} holds no spaces in labels: {file.name} has _ for them in {some(spaced)}.",
        GbaWarning,
        stacklevel=outside(),
    )
    return plain


def _layer_of(w: Weights) -> str:
    """The layer in the header: it tells `read` to put the spaces back, where that leads to the labels that were."""
    text = [str(label) for label in w.ids]
    spaced = any(" " in label for label in text)
    return _UNDERSCORED if spaced and not any(re.search(r"_|[^\S ]", label) for label in text) else "unknown"


def _spaced(links: Links, header: str) -> Links:
    """`links` with the spaces put back that `write_gal` and `write_gwt` made underscores."""
    if links.ids is None or _UNDERSCORED not in header.split()[2:3]:
        return links
    ids = [label.replace("_", " ") for label in links.ids]
    return Links(ids, links.focal, links.neighbor, links.weight, links.n, links.about)


def _words(line: str) -> list[str]:
    return [w[1:-1].replace('""', '"') if w.startswith('"') and len(w) > 1 else w for w in _WORD.findall(line)]


def _quoted(label: str) -> str:
    text = str(label)
    return '"' + text.replace('"', '""') + '"' if not text or text.startswith('"') else text


def _one_word(name: Label | None) -> str:
    """The name of the labels in a header, where R knows no quotes."""
    return "_".join(str(name).split()) if name is not None and str(name).strip() else "id"


def wrong(file: Path, number: int, why: str) -> NoReturn:
    """Raise `FileFormatError` about a line."""
    raise FileFormatError(f"{file.name} is not what its ending says: line {number} {why}.")


def whole(word: str) -> int | None:
    """The number that `word` is, or None if it is no whole number."""
    return int(word) if re.fullmatch(r"[0-9]{1,18}", word) else None


# -- GAL ------------------------------------------------------------------------------
def read_gal(file: Path, ids: list[str] | None = None) -> Links:
    """GAL of GeoDa, PySAL (which leaves spaces in labels unquoted) and spdep."""
    lines = lines_of(file)
    heads, rows, n = _gal_rows(file, lines)
    known = set(heads)
    longest = max((len(head.split(" ")) for head in heads), default=1)
    names = Names()
    for head in heads:
        names(head)
    focal: list[int] = []
    neighbor: list[int] = []
    for place, (count, words, number) in enumerate(rows):
        labels = words if len(words) == count else _regrouped(words, known, count, longest)
        if labels is None:
            wrong(file, number, f"should name {count} neighbors, but has {len(words)} words")
        focal.extend([place] * count)
        neighbor.extend(names(label) for label in labels)
    if len(names.place) > n:
        extra = list(names.place)[len(heads) :]
        raise without_entry(file, extra)
    return _spaced(Links.of(list(names.place), focal, neighbor, np.ones(len(focal))), lines[0])


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


def _regrouped(words: Sequence[str], known: set[str], count: int, longest: int) -> list[str] | None:
    """`words` as `count` labels of `known`, some of which contain spaces; None if that cannot be.

    From the end, `counts[at]` tells by its bits into how many labels the words from `at` on can
    be grouped; then the longest label that leaves a way is taken each time.
    """
    n = len(words)
    if not 0 < count <= n or n > _MOST_WORDS:
        return [] if n == count == 0 else None
    ends: list[list[int]] = []
    counts = [0] * n + [1]
    for at in range(n - 1, -1, -1):
        sizes = [size for size in range(1, min(longest, n - at) + 1) if " ".join(words[at : at + size]) in known]
        ends.append([at + size for size in reversed(sizes)])
        for size in sizes:
            counts[at] |= counts[at + size] << 1
    ends.reverse()
    labels, at = [], 0
    for left in range(count - 1, -1, -1):
        end = next((end for end in ends[at] if counts[end] >> left & 1), None) if at < n else None
        if end is None:
            return None
        labels.append(" ".join(words[at:end]))
        at = end
    return labels


def write_gal(w: Weights, file: Path) -> None:
    """GAL: who neighbors whom, without weights."""
    if (w.sparse.data != 1).any():
        warnings.warn(
            f"GAL holds links and no weights: {file.name} loses them; use .gwt, .csv or .json to keep weights.",
            GbaWarning,
            stacklevel=outside(),
        )
    labels = _labels_of(w, file)
    lines = [f"0 {w.n} {_layer_of(w)} {_one_word(w.ids.name)}"]
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
        labels = words[:-1] if len(words) == 3 else _regrouped(words[:-1], known, 2, len(words))
        if labels is None:
            wrong(file, number, "should be focal, neighbor, weight (labels with spaces need ids=)")
        try:
            value = number_of(words[-1])
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
    return _spaced(Links(links.ids, links.focal, links.neighbor, links.weight, n), lines[0])


def write_gwt(w: Weights, file: Path) -> None:
    """GWT: one link a line, weights to the last bit; islands do not show."""
    labels = _labels_of(w, file)
    pairs = w.sparse.tocoo()
    lines = [f"0 {w.n} {_layer_of(w)} {_one_word(w.ids.name)}"]
    for i, j, value in zip(*pairs.coords, pairs.data.tolist(), strict=True):
        lines.append(f"{labels[i]} {labels[j]} {value!r}")
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")


def is_number(word: str) -> bool:
    """Whether `number_of` takes `word`.

    Examples
    --------
    >>> is_number("1e-3"), is_number("1_000")
    (True, False)
    """
    try:
        number_of(word)
    except ValueError:
        return False
    return True
