"""Where the shipped files are: inside an installed wheel, or beside the package in a checkout."""

from __future__ import annotations

import hashlib
import os
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from gbaspatial.errors import MissingFileError, UnknownNameError, nearest_names
from gbaspatial.options import brief, path_of

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

_PACKAGE = Path(__file__).resolve().parents[1]


@cache
def layers_folder() -> Path:
    """The folder of the boundary layers.

    A wheel holds it as ``gbaspatial/shapefiles``; a checkout has ``shapefiles`` beside
    the package.

    Raises
    ------
    MissingFileError
        If neither folder exists.

    Examples
    --------
    >>> (layers_folder() / "gba_cities.gpkg").is_file()
    True
    """
    places = (_PACKAGE / "shapefiles", _PACKAGE.parent / "shapefiles")
    for place in places:
        if (place / "gba_cities.gpkg").is_file():
            return place
    raise MissingFileError(
        f"the boundary layers are neither in {places[0]} nor in {places[1]}; install gbaspatial again from its wheel."
    )


def layer_path(name: str) -> Path:
    """The GeoPackage of the shipped layer `name`, such as ``"gba_cities"``."""
    path = layers_folder() / f"{name}.gpkg"
    if not path.is_file():
        known = sorted(p.stem for p in layers_folder().glob("*.gpkg"))
        raise UnknownNameError(f"no shipped layer is called {name!r}. {nearest_names(name, known)}")
    return path


def table_path(name: str) -> Path:
    """The CSV file of the shipped table `name`, such as ``"panel"``; a large one is compressed (``.csv.xz``)."""
    folder = _PACKAGE / "data" / "statistics"
    for path in (folder / f"{name}.csv", folder / f"{name}.csv.xz"):
        if path.is_file():
            return path
    raise UnknownNameError(f"no shipped table is called {name!r}. {nearest_names(name, table_names())}")


def table_names() -> list[str]:
    """The names of all shipped tables."""
    return sorted(path.name.partition(".")[0] for path in (_PACKAGE / "data" / "statistics").glob("*.csv*"))


@cache
def _table(name: str) -> pd.DataFrame:
    import pandas as pd

    text = {
        "adcode": "str",
        "opened": "str",
        "district_a": "str",
        "district_b": "str",
        "period": "str",
        "sha256": "str",
    }
    frame = pd.read_csv(table_path(name), dtype=text)
    for column in ("note", "district_a", "district_b", "period"):
        if column in frame:
            frame[column] = frame[column].fillna("")
    return frame


def table(name: str) -> pd.DataFrame:
    """A copy of the shipped table `name`; codes are text, so leading zeros stay."""
    return _table(name).copy()


@cache
def _layer(name: str) -> gpd.GeoDataFrame:
    import geopandas as gpd

    return gpd.read_file(layer_path(name))


def layer(name: str) -> gpd.GeoDataFrame:
    """A copy of the shipped layer `name`."""
    return _layer(name).copy()


def sha256(path: Path) -> str:
    """The SHA-256 of a file as hexadecimal digits."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def existing(path: str | Path, *, folders: str | None = None) -> Path:
    """The path of a user's file, or an error that names what is there instead; never an address elsewhere.

    With `folders`, a folder will do that holds files with this ending, also in folders of its own.
    """
    if not isinstance(path, (str, os.PathLike)):
        path_of(path)  # refuses it
    if not isinstance(os.fspath(path), str) or "\0" in str(path):
        raise MissingFileError(f"{brief(path)} is not the path of a file.")
    if _ELSEWHERE.match(str(path)):
        raise MissingFileError(f"{brief(str(path))} is an address, not a file; download it, and name the file.")
    try:
        return _existing(Path(path).expanduser(), folders)
    except (OSError, RuntimeError) as error:  # too long a name, no home folder, a folder that may not be looked into
        if isinstance(error, MissingFileError):
            raise
        told = (getattr(error, "strerror", None) or str(error)).lower()
        raise MissingFileError(f"the file {brief(str(path))} cannot be looked at ({told}).") from error


_ELSEWHERE = re.compile(r"(?i)/vsi|\\\\" + ("|//" if os.name == "nt" else "") + r"|[a-z][a-z0-9+.-]+:[\\/]")
"""Addresses that GDAL and others would open elsewhere: virtual file systems, schemes, folders of other machines."""


def _existing(found: Path, folders: str | None) -> Path:
    if found.is_file() or (found.is_dir() and found.suffix == ".gdb"):
        return found
    if folders is not None and found.is_dir() and next(found.rglob(f"*{folders}"), None) is not None:
        return found
    if found.is_dir():
        raise MissingFileError(f"{found} is a folder, not a file; name the file in it.")
    if not found.parent.is_dir():
        raise MissingFileError(f"there is no file {found}: the folder {found.parent} does not exist.")
    names = [p.name for p in found.parent.iterdir() if p.is_file()]
    raise MissingFileError(f"there is no file {found}. {nearest_names(found.name, names)}")
