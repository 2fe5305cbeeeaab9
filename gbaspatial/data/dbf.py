"""The texts of a shapefile's table, decoded record by record and field by field.

GDAL takes one encoding for all, from a .cpg file that is often absent, empty or wrong, and says nothing when
Chinese comes out as Latin-1; and a value that was cut at the width of its field ends in half a character.
"""

from __future__ import annotations

import codecs
import unicodedata
import warnings
from dataclasses import dataclass
from pathlib import Path

from gbaspatial.data.encodings import CLEAR, GUESSES, NAMES, guess, tell, usual
from gbaspatial.errors import FileFormatError, ReadingWarning, outside, some

RAW = "ISO-8859-1"
"""Read in this encoding, every byte is one character, and nothing is lost before we decode."""

_MOST_TEXTS = 20_000  # enough to tell two encodings apart
_LANGUAGES = {0x4D: "gb18030", 0x7A: "gb18030", 0x78: "big5hkscs", 0x79: "big5hkscs"}

_CODE_PAGES = {
    **dict.fromkeys(("936", "gbk", "gb2312", "cp936"), "gb18030"),
    **dict.fromkeys(("950", "big5", "cp950"), "big5hkscs"),
    "65001": "utf-8",
    "1252": "cp1252",
    "88591": "latin-1",
}
"""What .cpg files say, and the encoding that holds it whole."""


@dataclass(frozen=True, slots=True)
class DbfTable:
    """What the header of a .dbf file says: records, their width, the fields (name, type, offset, width)."""

    records: int
    start: int
    width: int
    language: int
    fields: tuple[tuple[bytes, bytes, int, int], ...]


def header_of(content: bytes, name: str) -> DbfTable:
    """The header of a .dbf file, checked against the size of the file."""
    if len(content) < 33:
        raise FileFormatError(f"{name} is cut short: it has no header; copy the shapefile again.")
    records = int.from_bytes(content[4:8], "little")
    start, width = int.from_bytes(content[8:10], "little"), int.from_bytes(content[10:12], "little")
    if start < 33 or start > len(content) or width < 1:
        raise FileFormatError(f"{name} is damaged: its header says that it is {start} bytes long; copy it again.")
    if start + records * width > len(content) + width:
        raise FileFormatError(
            f"{name} is cut short: its header says {records} records of {width} bytes, but the file has "
            f"{len(content)} bytes; copy it again."
        )
    fields, offset = [], 1
    for at in range(32, start - 1, 32):
        piece = content[at : at + 32]
        if piece[:1] in (b"\r", b"") or len(piece) < 32:
            break
        size = piece[16] + (256 * piece[17] if piece[11:12] == b"C" else 0)
        fields.append((piece[:11].split(b"\0")[0], piece[11:12], offset, size))
        offset += size
    if offset > width:
        raise FileFormatError(f"{name} is damaged: its fields are wider than its records; copy it again.")
    return DbfTable(records, start, width, content[29], tuple(fields))


def encoding_of(table: Path, code_page: Path | None) -> str:
    """The encoding of the texts of `table`: what `code_page` says if it fits, else UTF-8, else the best guess.

    Many encodings fit any bytes, so one that is said counts only where its reading is not plainly another's.

    Warns
    -----
    ReadingWarning
        Where the encoding is a guess that is not clear, or another than the one that is said.
    """
    content = table.read_bytes()
    header = header_of(content, table.name)
    texts = _texts(content, header)
    if all(text.isascii() for text in texts):
        return "utf-8"
    said = _said(code_page)
    whole = [_uncut(text) for text in texts]
    if said and all(fits(text, said) for text in texts):
        other = _plainly_other(texts, whole, said)
        if other is not None:
            tell(other, _read(whole, other), table.name, said=NAMES.get(said, said))
        else:
            _tell_of_controls(_read(whole, said), table.name, NAMES.get(said, said))
        return other or said
    if all(fits(text, "utf-8") for text in texts):
        return "utf-8"
    found = guess(whole, _LANGUAGES.get(header.language))
    if found is None:
        tried = ", ".join(NAMES[encoding] for encoding in GUESSES)
        raise FileFormatError(
            f"the texts of {table.name} are neither UTF-8 nor usual in {tried}; say their encoding with encoding=."
        )
    tell(found, _read(whole, found), table.name)
    return found


def check_asked(table: Path, encoding: str) -> None:
    """Raise `FileFormatError` unless all texts of `table` can be read in the `encoding` that was asked for."""
    content = table.read_bytes()
    texts = _texts(content, header_of(content, table.name))
    broken = [text.decode(encoding, "replace") for text in texts if not fits(text, encoding)]
    if broken:
        raise FileFormatError(
            f"the texts of {table.name} are not in the encoding {encoding!r} ({some(broken, 2)}); leave encoding= out, "
            f"or name another."
        )


def _tell_of_controls(text: str, name: str, said: str) -> None:
    """Warn of control characters, which are in no text: what a .cpg file says is wrong, though any bytes fit it."""
    strange = [word for word in text.split(" ") if any(unicodedata.category(letter) == "Cc" for letter in word)]
    if strange:
        warnings.warn(
            f"{name} is said to be in {said}, but read so its texts hold control characters ({strange[0][:20]!r}); say "
            f"its encoding with encoding=.",
            ReadingWarning,
            stacklevel=outside(),
        )


def _plainly_other(texts: list[bytes], whole: list[bytes], said: str) -> str | None:
    """The encoding that `texts` are plainly in although another is `said`, or None: mostly .cpg files are right."""
    if said == "utf-8" or said not in (*GUESSES, "iso8859-1") or usual(_read(whole, said), _judged_as(said)) >= CLEAR:
        return None
    if all(fits(text, "utf-8") for text in texts):
        return "utf-8"
    found = guess(whole)
    if found in (None, _judged_as(said)) or usual(_read(whole, str(found)), str(found)) < CLEAR:
        return None
    return found


def _judged_as(encoding: str) -> str:
    return "cp1252" if encoding == "iso8859-1" else encoding


def _read(texts: list[bytes], encoding: str) -> str:
    decoder = codecs.getincrementaldecoder(encoding)  # which leaves out half a character at an end
    return " ".join(decoder("replace").decode(text, final=False) for text in texts if not text.isascii())


def fits(text: bytes, encoding: str) -> bool:
    """Whether `text` can be read in `encoding`, but for a character cut at its end."""
    try:
        codecs.getincrementaldecoder(encoding)().decode(text, final=False)
    except UnicodeError:
        return False
    return True


def recoded(value: object, encoding: str) -> object:
    """A text that was read byte by byte, decoded; half a character at its end is left out.

    Examples
    --------
    >>> recoded("广州市".encode("gbk")[:-1].decode("latin-1"), "gb18030")
    '广州'
    """
    if not isinstance(value, str) or value.isascii():
        return value
    decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
    return decoder.decode(value.encode("latin-1"), final=False)


def _texts(content: bytes, header: DbfTable) -> list[bytes]:
    """The distinct texts of the records, and the names of the fields."""
    found = dict.fromkeys(name for name, _, _, _ in header.fields)
    places = [(offset, size) for _, kind, offset, size in header.fields if kind == b"C"]
    for record in range(header.records):
        at = header.start + record * header.width
        for offset, size in places:
            found[content[at + offset : at + offset + size].rstrip(b" \0").split(b"\0")[0]] = None
        if len(found) > _MOST_TEXTS:
            break
    return list(found)


def _uncut(text: bytes) -> bytes:
    """`text` less a last byte that may be half a character."""
    for cut in (text, text[:-1], text[:-2], text[:-3]):
        for encoding in GUESSES[:2]:
            try:
                cut.decode(encoding)
            except UnicodeError:
                continue
            return cut
    return text


def _said(code_page: Path | None) -> str | None:
    """The encoding that a .cpg file names, or None where it is empty or names none."""
    if code_page is None:
        return None
    word = code_page.read_bytes()[:64].decode("ascii", "ignore").strip().lower()
    word = word.removeprefix("ansi ").removeprefix("oem ").replace(" ", "")
    word = _CODE_PAGES.get(word, f"cp{word}" if word.isdigit() else word)
    try:
        return codecs.lookup(word).name if word else None
    except (LookupError, ValueError):
        return None
