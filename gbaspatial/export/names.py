"""Names of layers and columns that files take; what had to change is told."""

from __future__ import annotations

import string
import unicodedata
import warnings
from collections.abc import Callable, Iterable

from gbaspatial.errors import GbaWarning, outside, some

_FORBIDDEN = ("Cc", "Cs")  # control characters and halves of characters: neither XML nor databases hold them
_KEPT_BY_FILES = frozenset({"fid", "ogc_fid", "geom", "geometry"})
_KEPT_BY_GEOPACKAGES = ("gpkg", "sqlite_", "rtree_")
_NO_BEGINNING = tuple(string.punctuation.replace("_", ""))  # GDAL makes no layer whose name begins so


def column_names(columns: Iterable[str], what: str) -> list[str]:
    """A name for each column that GeoPackage, GeoJSON and KML take: no two alike in any case, none that they keep.

    Examples
    --------
    >>> column_names(["city", "gdp"], "layer")
    ['city', 'gdp']
    """
    return _told(list(columns), f"the {what} has columns", lambda name: name.casefold() not in _KEPT_BY_FILES)


def layer_names(layers: Iterable[str]) -> list[str]:
    """A name for each layer that a GeoPackage takes.

    Examples
    --------
    >>> layer_names(["cities", "城市"])
    ['cities', '城市']
    """
    return _told(
        [str(name) for name in layers],
        "there are layers",
        lambda name: (
            name.casefold() != "layer_styles"
            and not name.casefold().startswith(_KEPT_BY_GEOPACKAGES)
            and not name.startswith(_NO_BEGINNING)
        ),
    )


def without_controls(text: str, instead: str = "_") -> str:
    """`text` without characters that XML and databases cannot hold.

    Examples
    --------
    >>> without_controls("a\\x00b")
    'a_b'
    """
    return "".join(instead if unicodedata.category(ch) in _FORBIDDEN or ch in "\ufffe\uffff" else ch for ch in text)


def _told(names: list[str], whose: str, free: Callable[[str], bool]) -> list[str]:
    made = _valid(names, free)
    changed = [f"{old!r} as {new!r}" for old, new in zip(names, made, strict=True) if old != new]
    if changed:
        warnings.warn(
            f"{whose} whose names files do not take or do not tell apart; they are written with others: "
            f"{some(changed)}.",
            GbaWarning,
            stacklevel=outside(),
        )
    return made


def _valid(names: list[str], free: Callable[[str], bool]) -> list[str]:
    """Each name, or where it cannot be the nearest that can."""
    taken: set[str] = set()
    first = []
    for name in names:  # names that can stay do so, whatever comes before them
        stays = name == without_controls(name).strip() != "" and free(name) and name.casefold() not in taken
        first.append(stays)
        if stays:
            taken.add(name.casefold())
    return [name if stays else _other(name, free, taken) for name, stays in zip(names, first, strict=True)]


def _other(name: str, free: Callable[[str], bool], taken: set[str]) -> str:
    base = without_controls(name).strip() or "unnamed"
    if not (free(base) or free(f"{base}_2")):
        base = f"x_{base}"
    made, number = base, 1
    while made.casefold() in taken or not free(made):
        number += 1
        made = f"{base}_{number}"
    taken.add(made.casefold())
    return made
