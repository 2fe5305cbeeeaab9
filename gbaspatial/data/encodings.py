"""Which encoding a text is in: UTF-8 where it fits, else the one whose characters are the most usual."""

from __future__ import annotations

import codecs
import unicodedata
import warnings
from collections.abc import Iterable
from functools import cache

from gbaspatial.errors import OptionError, ReadingWarning, outside

GUESSES = ("gb18030", "big5hkscs", "cp1252")
"""Encodings tried where UTF-8 does not fit, in the order in which they win a draw."""

NAMES = {"gb18030": "GB18030", "big5hkscs": "Big5", "cp1252": "Latin-1", "utf-8": "UTF-8", "utf-16": "UTF-16"}

_MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
CLEAR = 0.7  # share of usual characters above which GB18030, which fits nearly any bytes, is taken without a word
_SAMPLE = 20_000  # characters enough to tell two encodings apart


def check_encoding(encoding: str | None) -> None:
    """Raise `OptionError` for an encoding that nobody knows, or that is none of texts.

    Examples
    --------
    >>> check_encoding("big5")
    """
    try:
        "".encode(encoding or "utf-8")
        codecs.lookup(encoding or "utf-8")
    except (LookupError, TypeError, ValueError):
        raise OptionError(f"encoding={encoding!r} is not known; use e.g. 'utf-8', 'gb18030' or 'big5'.") from None


def decode(content: bytes, name: str, cure: str = "say its encoding with encoding=") -> str | None:
    """`content` as text in the encoding that fits it best, or None where none does.

    Parameters
    ----------
    content : bytes
    name : str
        Of the file.
    cure : str
        What to do where the guess is wrong.

    Warns
    -----
    ReadingWarning
        Where the encoding is a guess: not UTF-8, and not clearly GB18030.

    Examples
    --------
    >>> decode("广州市".encode("gb18030"), "t.csv")
    '广州市'
    """
    for mark, encoding in _MARKS.items():
        if content.startswith(mark):
            return content.decode(encoding, errors="strict") if _fits(content, encoding) else None
    if _fits(content, "utf-8"):
        text = content.decode("utf-8")
        tell_lost(text, name)
        return text
    best = guess([content])
    if best is None:
        return None
    text = content.decode(best)
    tell(best, text, name, cure)
    return text


def guess(pieces: Iterable[bytes], first: str | None = None) -> str | None:
    """The encoding whose reading of all `pieces` has the most usual characters; `first` wins a draw."""
    some = [piece for piece in pieces if not piece.isascii()]
    order = dict.fromkeys([*([first] if first in GUESSES else []), *GUESSES])
    shares = {encoding: _share(some, encoding) for encoding in order}
    known = {encoding: share for encoding, share in shares.items() if share is not None}
    if not known:
        return None
    best = max(known, key=known.__getitem__)
    return best if known[best] > 0 else None


def tell(
    encoding: str, text: str, name: str, cure: str = "say its encoding with encoding=", said: str | None = None
) -> None:
    """Warn that `text` was read by a guess, unless it is clearly GB18030, or other than it is `said` to be."""
    if said is None and encoding == "gb18030" and usual(text, encoding) >= CLEAR:
        return
    shown = next((word for word in text.split() if not word.isascii()), "")[:20]
    wrong = "not UTF-8" if said is None else f"said to be in {said}"
    warnings.warn(
        f"{name} is {wrong}; it was read as {NAMES[encoding]}, which fits best ({shown!r}); "
        f"if its texts look strange, {cure}.",
        ReadingWarning,
        stacklevel=outside(),
    )


def tell_lost(text: str, name: str) -> None:
    """Warn of characters that whoever wrote the file could not write: each is a replacement, which nothing undoes."""
    if (place := text.find("\ufffd")) < 0:
        return
    around = " ".join(text[max(0, place - 8) : place + 9].split())
    warnings.warn(
        f"{name} has characters that were lost when it was written, such as in {around!r}; export it again as UTF-8.",
        ReadingWarning,
        stacklevel=outside(),
    )


def usual(text: str, encoding: str) -> float:
    """The share of usual characters among those of `text` that are not ASCII.

    Examples
    --------
    >>> usual("香港", "big5hkscs"), usual("\\ue000", "gb18030")
    (1.0, 0.0)
    """
    known = _usual_characters(encoding)
    strange = [c for c in text if ord(c) > 127][:_SAMPLE]
    if not strange:
        return 1.0
    if encoding == "cp1252":
        return _letters_in_words(text)
    return sum(c in known for c in strange) / len(strange)


def _fits(content: bytes, encoding: str) -> bool:
    try:
        content.decode(encoding)
    except UnicodeError:
        return False
    return True


def _share(pieces: list[bytes], encoding: str) -> float | None:
    try:
        text = "\n".join(piece.decode(encoding) for piece in pieces)
    except UnicodeError:
        return None
    return usual(text, encoding)


def _letters_in_words(text: str) -> float:
    """Share of accented letters that stand alone beside plain letters, as in Zürich, among all that is not ASCII."""
    good = total = 0
    for before, c, after in zip(f" {text}", text, f"{text[1:]} "):
        if ord(c) <= 127:
            continue
        total += 1
        beside = [other for other in (before, after) if other.isascii() and other.isalpha()]
        alone = not any(ord(other) > 127 for other in (before, after))
        good += bool(alone and beside and unicodedata.category(c).startswith("L") and c != "ÿ")
    return good / total if total else 1.0


@cache
def _usual_characters(encoding: str) -> frozenset[str]:
    """The first level of GB 2312 or of Big5 (the characters in common use), with kana, Greek and punctuation."""
    if encoding == "cp1252":
        return frozenset()
    if encoding == "big5hkscs":
        rows, cells, codec = range(0xA4, 0xC7), [*range(0x40, 0x7F), *range(0xA1, 0xFF)], "big5"
    else:
        rows, cells, codec = range(0xB0, 0xD8), [*range(0xA1, 0xFF)], "gb2312"
    hanzi = (bytes([row, cell]).decode(codec, "ignore") for row in rows for cell in cells)
    marks = "，。、；：？！（）《》“”‘’—…·％．　【】「」『』０１２３４５６７８９"
    return frozenset(c for c in hanzi if c) | frozenset(marks) | _RARE_BUT_LOCAL


# names of places in and around the bay area that are on no first level
_RARE_BUT_LOCAL = frozenset("圳莞禺岗塱濠氹凼埗涌鲗屿笃埔滘龙澳龍灣區縣島")
