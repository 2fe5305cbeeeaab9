"""Names of files that can be copied to every system: Windows reserves some, and some letters."""

from __future__ import annotations

import os
import re
import warnings
from pathlib import Path

from gbaspatial.errors import FileFormatError, GbaWarning, OptionError, outside
from gbaspatial.options import path_of

_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])\s*(\..*)?", re.DOTALL)
_LETTERS = re.compile(r'[<>:"|?*\\\x00-\x1f]')


def fault_of(name: str) -> str | None:
    """Why Windows does not take `name` (of a file or folder, without its place), or None where it does.

    References
    ----------
    Microsoft. Naming Files, Paths, and Namespaces. Win32 documentation: reserved names and characters.

    Examples
    --------
    >>> fault_of("bay.gpkg")
    >>> fault_of("con.csv")
    "'CON' is a device there"
    >>> fault_of("growth: 2010-2020?.csv")
    "':' is no letter of a name there"
    >>> fault_of("bay.")
    'a dot or a space at the end is cut off there'
    """
    reserved = _RESERVED.fullmatch(name)
    if reserved:
        return f"{reserved[1].upper()!r} is a device there"
    letter = _LETTERS.search(name)
    if letter:
        return f"{letter[0]!r} is no letter of a name there"
    if name.endswith((".", " ")):
        return "a dot or a space at the end is cut off there"
    return None


def file_of(value: object, name: str = "path") -> Path:
    """`value` as the path of a file to write, or one sentence where it names a folder and so has no ending.

    Raises
    ------
    FileFormatError
        If it is a folder that is there, or is written as one: ``.``, ``..``, ``maps/``.
    OptionError
        If it is empty, or no path.

    Examples
    --------
    >>> file_of("maps/bay.gpkg").name
    'bay.gpkg'
    >>> file_of("maps/")
    Traceback (most recent call last):
    gbaspatial.errors.FileFormatError: 'maps/' is a folder; name a file in it, or another one.
    """
    target = path_of(value, name)
    written = os.fspath(value) if isinstance(value, (str, os.PathLike)) else ""
    if target.name in ("", "..") or str(written).endswith(("/", os.sep)) or target.is_dir():
        raise FileFormatError(f"{str(written)!r} is a folder; name a file in it, or another one.")
    return target


def check_page(path: Path) -> None:
    """Raise unless `path` ends as the name of a page that a browser opens."""
    if path.suffix.lower() not in (".html", ".htm"):
        raise FileFormatError(f"{path.name} does not end in .html; a map is written as one HTML page.")


def check_portable(name: str) -> None:
    """Warn that a file of this `name` cannot be copied to Windows; on Windows it is an `OptionError`.

    There the writer would seem to succeed: ``nul.csv`` is a device, and ``a:b.csv`` a hidden part of the file ``a``.

    Examples
    --------
    >>> check_portable("bay.gpkg")
    """
    fault = fault_of(name)
    if fault is None:
        return
    if os.name == "nt":
        raise OptionError(f"{name!r} is no name of a file on Windows: {fault}; choose another.")
    warnings.warn(
        f"{name!r} is no name of a file on Windows ({fault}), so the file cannot be copied there; choose another.",
        GbaWarning,
        stacklevel=outside(),
    )
