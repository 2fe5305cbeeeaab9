"""A GeoPackage looked at before GDAL opens it: a database can hold views without end and tables of other files."""

from __future__ import annotations

import re
import sqlite3
import time
from pathlib import Path

from gbaspatial.data.door import LARGEST_TEXT, reason
from gbaspatial.errors import FileFormatError

_PATIENCE = 5.0  # seconds for counting what a view gives; a layer of millions of rows takes one
_INDEXES = ("rtree", "fts3", "fts4", "fts5")


def check_package(file: Path) -> None:
    """Refuse a database that is damaged, has tables of other files, or views that give more than can be held."""
    address = f"{file.resolve().as_uri()}?mode=ro"
    try:
        base = sqlite3.connect(address, uri=True)
        try:
            _check(base, file)
        finally:
            base.close()
    except sqlite3.Error as error:
        raise FileFormatError(
            f"{file.name} cannot be read as a GeoPackage ({reason(error)}); it is damaged, or not closed yet."
        ) from error


def _check(base: sqlite3.Connection, file: Path) -> None:
    stop = time.monotonic() + _PATIENCE
    base.set_progress_handler(lambda: int(time.monotonic() > stop), 10_000)
    base.text_factory = bytes
    base.execute("PRAGMA trusted_schema = OFF")
    schema = [tuple((cell or b"").decode("utf-8", "replace") for cell in row)
              for row in base.execute("SELECT type, name, sql FROM sqlite_master")]  # fmt: skip
    for kind, name, sql in schema:
        module = re.match(r"CREATE\s+VIRTUAL\s+TABLE\b.*?\bUSING\s+([\w\"]+)", sql, re.IGNORECASE | re.DOTALL)
        if module and module[1].strip('"').lower() not in _INDEXES:
            raise FileFormatError(
                f"{file.name} holds the table {name!r}, which reads other files ({module[1]}); it is not opened."
            )
        computed = re.search(r"\bGENERATED\s+ALWAYS\b|\bAS\s*\(", sql, re.IGNORECASE)
        if kind == "view" or (kind == "table" and computed):
            if name.lower().startswith("gpkg_"):
                raise FileFormatError(f"{file.name} has {name} as a view, which no GeoPackage has; it is not opened.")
            _measure(base, name, file)


def _measure(base: sqlite3.Connection, name: str, file: Path) -> None:
    """Refuse a view that gives more than can be held, or that does not end."""
    quoted = name.replace('"', '""')
    told = f"the view {name!r} of {file.name} gives more than can be read; save it as a table of its own."
    try:
        columns = [row[1].decode("utf-8", "replace") for row in base.execute(f'PRAGMA table_xinfo("{quoted}")')]
        sizes = " + ".join('coalesce(length("{}"), 0)'.format(column.replace('"', '""')) for column in columns) or "0"
        total = 0
        for (size,) in base.execute(f'SELECT {sizes} FROM "{quoted}"'):
            total += 8 * len(columns) + int(size)
            if total > LARGEST_TEXT:
                raise FileFormatError(told)
    except sqlite3.OperationalError as error:
        if "interrupted" in str(error):
            raise FileFormatError(told) from error
        # functions of GDAL or SpatiaLite that plain SQLite does not know
        raise FileFormatError(
            f"the view {name!r} of {file.name} cannot be looked at ({reason(error)}); save it as a table of its own."
        ) from error
