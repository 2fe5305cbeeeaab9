"""Layers as tables of PostGIS: keys, comments, a spatial index, and the styles that QGIS applies."""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from gbaspatial.data.databases import checked_name, connected, quoted_name
from gbaspatial.errors import AlignmentError, CRSError, DataError, GeometryError, WritingError, import_extra, some
from gbaspatial.export.descriptions import Description
from gbaspatial.export.frames import flat
from gbaspatial.export.geopackages import Styles, style_of, styles_by_layer
from gbaspatial.export.layer_metadata import descriptions_of
from gbaspatial.export.styles import Style
from gbaspatial.options import flag, public

if TYPE_CHECKING:
    import geopandas as gpd
    import pyproj

    from gbaspatial.data.databases import Address

_MULTI = {"Point": "MULTIPOINT", "LineString": "MULTILINESTRING", "Polygon": "MULTIPOLYGON"}
_DIMENSIONS = {"": 2, "Z": 3, "M": 3, "ZM": 4}

# As QGIS makes it; it looks for its rows in every database that it opens.
_STYLES = """
CREATE TABLE IF NOT EXISTS public.layer_styles (
    id SERIAL PRIMARY KEY, f_table_catalog varchar, f_table_schema varchar, f_table_name varchar,
    f_geometry_column varchar, styleName text, styleQML xml, styleSLD xml, useAsDefault boolean, description text,
    owner varchar(63) DEFAULT CURRENT_USER, ui xml, update_time timestamp DEFAULT CURRENT_TIMESTAMP, type varchar
)
"""
_FORGET = """
DELETE FROM public.layer_styles
WHERE f_table_catalog = current_database() AND f_table_schema = :schema AND f_table_name = :name
"""
_REMEMBER = """
INSERT INTO public.layer_styles (f_table_catalog, f_table_schema, f_table_name, f_geometry_column, styleName, styleQML,
    styleSLD, useAsDefault, description)
VALUES (current_database(), :schema, :name, 'geometry', :style, XMLPARSE(DOCUMENT :qml), XMLPARSE(DOCUMENT :sld), true,
    :description)
"""


@public
def postgis(
    url: Address,
    layers: Mapping[str, gpd.GeoDataFrame],
    *,
    styles: Styles | None = None,
    descriptions: Mapping[str, Description] | None = None,
    schema: str = "public",
    replace: bool = False,
) -> tuple[str, ...]:
    """Write `layers` as tables of a PostGIS database, all of them or none (extra ``postgis``).

    The unit ids are the primary key; tables and columns get comments, shapes a spatial index, and the table
    ``layer_styles`` the styles that QGIS applies. Single shapes among multiple ones become multiple.

    Parameters
    ----------
    url : str or sqlalchemy.URL
        ``"postgresql://user:password@host:port/database"``; no error tells the password.
    layers : mapping of str to GeoDataFrame
        By the name of its table, of at most 63 bytes. The CRS of a layer must have a number in the database.
    styles, descriptions : mapping, optional
        By layer, as in `geopackage`.
    schema : str
        Where the tables go; it must be there.
    replace : bool
        Put the tables in the place of those that have their names; without it these are an error.

    Returns
    -------
    tuple of str
        The tables, with their schema.

    Raises
    ------
    CRSError
        If the database has no SRID for a layer.
    AlignmentError
        If an id occurs twice, or is missing.
    WritingError
        If a table is there already.
    FileFormatError
        If the database refuses.

    Examples
    --------
    >>> import gbaspatial as gba
    >>> cities = gba.load_cities(year=2019)
    >>> made = gba.export.postgis("postgresql://me@localhost/bay", {"cities": cities})  # doctest: +SKIP
    """
    replace = flag(replace, "replace")
    checked_name(schema, "the schema")
    if not isinstance(layers, Mapping) or not layers:
        raise DataError('give the layers by the names of their tables, such as {"cities": cities}.')
    wanted = styles_by_layer(styles, layers)
    tables = {checked_name(name, "the table"): flat(frame, f"layer {name!r}") for name, frame in layers.items()}
    for table in tables.values():
        for column in table.columns:
            checked_name(column, "the column")
    told = descriptions_of(layers, tables, {name: name for name in layers}, descriptions)
    made = {name: style_of(table, wanted, name) for name, table in tables.items()}
    keys = {name: [str(column) for column in tables[name].columns[: frame.index.nlevels]]
            for name, frame in layers.items()}  # fmt: skip
    for name, table in tables.items():
        _check_keys(table, keys[name], name)
    with connected(url, writing=True) as connection:
        for name, table in tables.items():
            _make_room(connection, schema, name, replace)
            srid = _srid_of(connection, table.crs, name)
            _fill(connection, schema, name, table, keys[name], srid, told[name])
            _remember(connection, schema, name, made[name], told[name])
    return tuple(f"{schema}.{name}" for name in tables)


def _check_keys(table: pd.DataFrame, keys: list[str], name: str) -> None:
    ids = table[keys]
    if ids.isna().any(axis=None) or ids.duplicated().any():
        bad = ids[ids.isna().any(axis=1) | ids.duplicated()].astype(str).agg(" ".join, axis=1)
        raise AlignmentError(
            f"the layer {name!r} has ids that are missing or occur twice, so they are no primary key: {some(bad)}."
        )


def _make_room(connection: Any, schema: str, name: str, replace: bool) -> None:
    sql = import_extra("sqlalchemy", extra="postgis").text
    target = f"{quoted_name(schema)}.{quoted_name(name)}"
    (there,) = connection.execute(sql("SELECT to_regclass(:target)"), {"target": target}).fetchone()
    if there is None:
        return
    if not replace:
        raise WritingError(f"the table {schema}.{name} is there already; write to another, or say replace=True.")
    connection.exec_driver_sql(f"DROP TABLE {target.replace('%', '%%')}")


def _srid_of(connection: Any, crs: pyproj.CRS, name: str) -> int:
    """The number of the CRS in this database; a layer without one would lie nowhere."""
    sql = import_extra("sqlalchemy", extra="postgis").text
    authority = crs.to_authority()
    if authority is not None:
        query = "SELECT srid FROM spatial_ref_sys WHERE upper(auth_name) = :name AND auth_srid::text = :number"
        row = connection.execute(sql(query), {"name": authority[0], "number": authority[1]}).fetchone()
        if row is not None:
            return int(row[0])
    raise CRSError(
        f"the layer {name!r} is in {crs.name!r}, for which the database has no SRID; bring it into one that it has, "
        f"such as to_crs('EPSG:4326')."
    )


def _fill(
    connection: Any, schema: str, name: str, table: gpd.GeoDataFrame, keys: list[str], srid: int, told: Description
) -> None:
    alchemy = import_extra("sqlalchemy", extra="postgis")
    spatial = import_extra("geoalchemy2", extra="postgis")
    shapes, kind = _promoted(table.geometry, name)
    columns = [
        alchemy.Column(
            column, _type_of(alchemy, table[column]), primary_key=column in keys, autoincrement=False,
            comment=told.fields[column].both(),
        )
        for column in told.fields
    ]  # fmt: skip
    dimension = _DIMENSIONS[kind.partition(" ")[2]]
    shape = spatial.Geometry(kind.replace(" ", ""), srid=srid, dimension=dimension, spatial_index=False)
    about = "\n".join(text for text in (told.title, told.abstract, told.attribution) if text)
    target = alchemy.Table(
        name, alchemy.MetaData(), *columns, alchemy.Column("geometry", shape), schema=schema, comment=about
    )
    target.create(connection)
    cells = {column: _cells(table[column]) for column in told.fields}
    written = [None if each is None else spatial.WKBElement(shapely.to_wkb(each), srid=srid) for each in shapes]
    rows = [dict(zip([*cells, "geometry"], row, strict=True)) for row in zip(*cells.values(), written, strict=True)]
    if rows:
        connection.execute(target.insert(), rows)
    place = f"{quoted_name(schema)}.{quoted_name(name)}".replace("%", "%%")
    connection.exec_driver_sql(f"CREATE INDEX ON {place} USING gist (geometry)")


def _promoted(shapes: gpd.GeoSeries, name: str) -> tuple[list[shapely.Geometry], str]:
    """Shapes of one type where they can be, and the type with its dimensions, such as ``POINT`` or ``POLYGON Z``.

    Single ones become multiple beside such, flat ones get the height 0 beside high ones; missing ones tell nothing.
    """
    given = [None if shape is None or shape.is_empty else shape for shape in shapes]
    known = [shape for shape in given if shape is not None]
    measured = {bool(shape.has_m) for shape in known}
    if len(measured) > 1:
        raise GeometryError(f"the layer {name!r} has shapes with measures (M) beside others; give all of them or none.")
    high = any(shape.has_z for shape in known)
    if high:  # those that are high already stay: GEOS takes the height of measured ones away
        given = [shape if shape is None or shape.has_z else shapely.force_3d(shape) for shape in given]
    dimensions = "Z" * high + "M" * (True in measured)
    kinds = {shape.geom_type for shape in known}
    single = {kind.removeprefix("Multi") for kind in kinds}
    if len(single) != 1 or not single <= set(_MULTI):
        return given, f"GEOMETRY {dimensions}".strip()
    (base,) = single
    if kinds == {base}:
        return given, f"{base.upper()} {dimensions}".strip()
    several = {"Point": shapely.multipoints, "LineString": shapely.multilinestrings, "Polygon": shapely.multipolygons}
    made = [shape if shape is None or shape.geom_type != base else several[base]([shape]) for shape in given]
    return made, f"{_MULTI[base]} {dimensions}".strip()


def _type_of(alchemy: ModuleType, column: pd.Series) -> object:
    kind = column.dtype
    if pd.api.types.is_bool_dtype(kind):
        return alchemy.Boolean()
    if pd.api.types.is_integer_dtype(kind):
        return alchemy.Numeric(20, 0) if str(kind).lower() == "uint64" else alchemy.BigInteger()
    if pd.api.types.is_float_dtype(kind):
        return alchemy.Double()
    if pd.api.types.is_datetime64_any_dtype(kind):
        return alchemy.DateTime(timezone=getattr(kind, "tz", None) is not None)
    return alchemy.Text()


def _cells(column: pd.Series) -> list[object]:
    """Plain values of Python; what is missing is NULL, in columns of numbers too."""
    values = column.astype(object).tolist()
    text = not (pd.api.types.is_numeric_dtype(column.dtype) or pd.api.types.is_datetime64_any_dtype(column.dtype))
    plain = [value.item() if isinstance(value, np.generic) else value for value in values]
    return [None if pd.isna(value) else str(value) if text else value for value in plain]


def _remember(connection: Any, schema: str, name: str, style: Style | None, told: Description) -> None:
    sql = import_extra("sqlalchemy", extra="postgis").text
    connection.execute(sql(_STYLES))
    connection.execute(sql(_FORGET), {"schema": schema, "name": name})
    if style is None:
        return
    connection.execute(
        sql(_REMEMBER),
        {"schema": schema, "name": name, "style": style.column or name, "qml": style.to_qml(told),
         "sld": style.to_sld(name), "description": told.title},
    )  # fmt: skip
