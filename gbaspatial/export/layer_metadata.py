"""What layers are, written into the tables that GeoPackages keep for it, so that every program can tell it."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from gbaspatial.errors import OptionError, UnknownNameError, nearest_names, some
from gbaspatial.export.descriptions import Description, Field, describe, metadata_text
from gbaspatial.export.legend_rules import xml_text
from gbaspatial.options import brief

if TYPE_CHECKING:
    import geopandas as gpd
    import pyproj

# The tables of the extensions "schema" and "metadata" as the standard has them (GeoPackage 1.2, annex F).
_TABLES = """
CREATE TABLE IF NOT EXISTS gpkg_extensions (
    table_name TEXT, column_name TEXT, extension_name TEXT NOT NULL, definition TEXT NOT NULL, scope TEXT NOT NULL,
    CONSTRAINT ge_tce UNIQUE (table_name, column_name, extension_name)
);
CREATE TABLE IF NOT EXISTS gpkg_data_columns (
    table_name TEXT NOT NULL, column_name TEXT NOT NULL, name TEXT, title TEXT, description TEXT, mime_type TEXT,
    constraint_name TEXT, CONSTRAINT pk_gdc PRIMARY KEY (table_name, column_name),
    CONSTRAINT gdc_tn UNIQUE (table_name, name)
);
CREATE TABLE IF NOT EXISTS gpkg_metadata (
    id INTEGER CONSTRAINT m_pk PRIMARY KEY ASC NOT NULL, md_scope TEXT NOT NULL DEFAULT 'dataset',
    md_standard_uri TEXT NOT NULL, mime_type TEXT NOT NULL DEFAULT 'text/xml', metadata TEXT NOT NULL DEFAULT ''
);
CREATE TABLE IF NOT EXISTS gpkg_metadata_reference (
    reference_scope TEXT NOT NULL, table_name TEXT, column_name TEXT, row_id_value INTEGER,
    timestamp DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')), md_file_id INTEGER NOT NULL,
    md_parent_id INTEGER,
    CONSTRAINT crmr_mfi_fk FOREIGN KEY (md_file_id) REFERENCES gpkg_metadata(id),
    CONSTRAINT crmr_mpi_fk FOREIGN KEY (md_parent_id) REFERENCES gpkg_metadata(id)
);
"""
_EXTENSIONS = (
    ("gpkg_data_columns", "gpkg_schema", "http://www.geopackage.org/spec120/#extension_schema"),
    ("gpkg_metadata", "gpkg_metadata", "http://www.geopackage.org/spec120/#extension_metadata"),
    ("gpkg_metadata_reference", "gpkg_metadata", "http://www.geopackage.org/spec120/#extension_metadata"),
)
_READ_BY_QGIS = "http://mrcc.com/qgis.dtd"


def descriptions_of(
    layers: Mapping[str, gpd.GeoDataFrame],
    tables: Mapping[str, gpd.GeoDataFrame],
    written: Mapping[str, str],
    given: Mapping[str, Description] | None,
) -> dict[str, Description]:
    """The description of each layer by the name that it has in the file, with a title and the columns of the file."""
    found = dict(given or {})
    unknown = [name for name in found if name not in layers]
    if unknown:
        raise UnknownNameError(f"there is no layer {some(unknown)} to describe. {nearest_names(unknown[0], layers)}")
    strange = [name for name, each in found.items() if not isinstance(each, Description)]
    if strange:
        value = brief(found[strange[0]])
        raise OptionError(f"descriptions[{strange[0]!r}]={value} is no description; make one by gba.export.describe.")
    made = {}
    titles: set[str] = set()
    for name, frame in layers.items():
        table = tables[written[name]]
        each = (found[name] if name in found else describe(frame)).renamed(table.attrs["written_as"])
        columns = [str(column) for column in table.columns if column != table.geometry.name]
        title = _unlike(xml_text(each.title or written[name]), titles)  # the format wants every title once
        fields = {column: each.fields.get(column, Field(column)) for column in columns}
        made[written[name]] = Description(title, each.abstract, each.attribution, fields)
    return made


def _unlike(name: str, taken: set[str]) -> str:
    number, made = 1, name
    while made.casefold() in taken or made.casefold() == "layer_styles":
        number += 1
        made = f"{name} ({number})"
    taken.add(made.casefold())
    return made


def write_descriptions(path: Path, told: Mapping[str, Description], crs: Mapping[str, pyproj.CRS]) -> None:
    """Write names of fields and metadata of every layer into the GeoPackage at `path`."""
    with closing(sqlite3.connect(path)) as file, file:
        file.executescript(_TABLES)
        file.executemany("INSERT OR IGNORE INTO gpkg_extensions VALUES (?, NULL, ?, ?, 'read-write')", _EXTENSIONS)
        for name, each in told.items():
            _write_fields(file, name, each)
            text = metadata_text(each, crs[name])
            row = file.execute(
                "INSERT INTO gpkg_metadata (md_standard_uri, metadata) VALUES (?, ?)", (_READ_BY_QGIS, text)
            )
            file.execute(
                "INSERT INTO gpkg_metadata_reference (reference_scope, table_name, md_file_id) VALUES ('table', ?, ?)",
                (name, row.lastrowid),
            )


def _write_fields(file: sqlite3.Connection, name: str, each: Description) -> None:
    taken: set[str] = set()
    for column, field in each.fields.items():
        told = _unlike(field.both(), taken)
        file.execute(
            "INSERT INTO gpkg_data_columns (table_name, column_name, name, title, description) VALUES (?, ?, ?, ?, ?)",
            (name, column, told, told, field.unit or None),
        )
