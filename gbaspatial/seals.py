"""Seals of files that the program made, by which it knows its own before it replaces them."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

_SEAL = "<!-- made by gbaspatial for {}, sha256:{} -->\n"


def sealed(text: str, layer: str = "") -> str:
    """The text of an XML file with a seal at its end, by which `is_ours` knows that nobody changed it.

    `layer` is the name of the file that it was written with, or nothing where it was written alone.

    Examples
    --------
    >>> sealed("<a/>").splitlines()[0]
    '<a/>'
    """
    body = text.rstrip("\n") + "\n"
    return body + _seal(body, layer)


def is_ours(path: Path, layer: str | None = None) -> bool:
    """Whether `path` is a sealed file as it was written: neither of somebody else nor changed by hand.

    With `layer`, whether it was written for that file.
    """
    try:
        text = path.read_bytes().decode("utf-8").replace("\r\n", "\n")
    except (OSError, UnicodeDecodeError):
        return False
    body, _, _ = text.rpartition("<!-- made by gbaspatial")
    name = re.search(r" for (.*), sha256:[0-9a-f]{64} -->\n$", text)
    if not body or name is None or text != body + _SEAL.format(name[1], hashlib.sha256(body.encode()).hexdigest()):
        return False
    return layer is None or text == body + _seal(body, layer)


def _seal(body: str, layer: str) -> str:
    # a comment of XML holds no two hyphens, and no control characters
    name = re.sub(r"[^\w. ]", "_", layer)
    return _SEAL.format(name, hashlib.sha256(body.encode()).hexdigest())
