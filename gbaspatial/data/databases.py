"""Tables and layers of a PostgreSQL database, with PostGIS where there are shapes; passwords are never told."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from types import ModuleType
from typing import TYPE_CHECKING, Any, TypeAlias, TypeGuard

import pandas as pd

from gbaspatial.data.door import reason
from gbaspatial.errors import (
    CRSError,
    FileFormatError,
    GbaError,
    GeometryError,
    OptionError,
    UnknownNameError,
    import_extra,
    nearest_names,
    some,
)
from gbaspatial.options import brief

if TYPE_CHECKING:
    import geopandas as gpd
    from sqlalchemy import URL
    from sqlalchemy.engine import Connection, Engine

    from gbaspatial.geography.crs import CrsLike

Address: TypeAlias = "str | URL | Engine"  # of a database

LONGEST_NAME = 63
"""Bytes of a name in PostgreSQL: longer ones are cut there without a word, and may then be those of another."""

_DATABASE = re.compile(r"(?i)(postgres(ql)?|postgis|mysql|mariadb|sqlite|mssql|oracle|duckdb)(\+[a-z0-9]+)?://")
_POSTGRES = re.compile(r"(?i)postgres(ql)?(\+[a-z0-9]+)?")
_QUERY = re.compile(r"(?is)\s*(select|with)\b")
_DRIVER = "postgresql+psycopg"


def is_database(source: object) -> TypeGuard[Address]:
    """Whether `source` is the address of a database: text, or a URL or an engine of SQLAlchemy.

    Examples
    --------
    >>> is_database("postgresql://me@localhost/bay"), is_database("bay.gpkg")
    (True, False)
    """
    if type(source).__module__.split(".")[0] == "sqlalchemy":
        source = getattr(source, "url", source)
    text = source if isinstance(source, str) else str(getattr(source, "drivername", "")) + "://"
    return bool(_DATABASE.match(text)) and not hasattr(source, "columns")


@contextmanager
def connected(url: Address, *, writing: bool = False) -> Iterator[Connection]:
    """A connection in one transaction, which is undone after an error; without `writing` the database lets none write.

    Raises
    ------
    OptionError
        If the address cannot be read, or is of another database.
    FileFormatError
        If the database says no; its words are told without the password.
    """
    alchemy = import_extra("sqlalchemy", extra="postgis")
    import_extra("psycopg", extra="postgis")
    address = _address(alchemy, url)
    engine = alchemy.create_engine(address, poolclass=alchemy.pool.NullPool)
    try:
        with engine.connect().execution_options(postgresql_readonly=not writing) as connection, connection.begin():
            if not writing:  # nor in a later transaction, if a query ends this one
                connection.exec_driver_sql("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY")
            yield connection
    except GbaError:
        raise
    except alchemy.exc.SQLAlchemyError as error:
        said = reason(getattr(error, "orig", None) or error)
        # no chain: the words of other errors hold the whole address
        raise FileFormatError(
            f"the database {name_of(url)} does not do this ({_without_password(said, address)})."
        ) from None
    finally:
        engine.dispose()


def _address(alchemy: ModuleType, url: Address) -> Any:
    """The address for the driver that we have, whatever SQLAlchemy takes `postgresql://` for."""
    try:
        address = alchemy.engine.make_url(getattr(url, "url", url))
    except Exception:  # of SQLAlchemy, whose words hold the address
        address = None
    if address is None or not _POSTGRES.fullmatch(address.drivername):
        raise OptionError(
            "PostgreSQL is the database that is read and written; its address must be "
            "postgresql://user:password@host:port/database, with %-signs for special characters in the password."
        ) from None
    return address.set(drivername=_DRIVER)


def name_of(url: Address) -> str:
    """The database as it may be told: without user and password."""
    address = import_extra("sqlalchemy", extra="postgis").engine.make_url(getattr(url, "url", url))
    return f"{address.database or 'of the user'} on {address.host or 'this machine'}"


def _without_password(said: str, address: Any) -> str:
    secret = address.password
    for text in {str(secret), address.render_as_string(hide_password=False)} if secret else ():
        said = said.replace(text, "***")
    return said


def checked_name(name: object, what: str) -> str:
    """`name` where PostgreSQL keeps all of it."""
    if not isinstance(name, str) or not name or "\0" in name:
        raise OptionError(f"{what} {brief(name)} is no name; give a text.")
    if len(name.encode("utf-8")) > LONGEST_NAME:
        raise OptionError(
            f"{what} {brief(name)} is longer than the {LONGEST_NAME} bytes that PostgreSQL keeps; shorten it."
        )
    return name


def quoted_name(name: str) -> str:
    """`name` as SQL writes it, whatever stands in it."""
    return '"' + name.replace('"', '""') + '"'


def read_database(url: Address, table: str | None) -> tuple[pd.DataFrame | gpd.GeoDataFrame, str]:
    """The rows of a table (``"name"`` or ``"schema.name"``) or a query, with geometry if there is; and what to call it.

    The shapes are in the CRS of their SRID, as the database itself says what that is.
    """
    if not isinstance(table, str) or not table.strip():
        raise OptionError('say which table, or a query, with table="name" or table="SELECT ...".')
    is_query = bool(_QUERY.match(table))
    with connected(url) as connection:
        query = table.strip().rstrip(";") if is_query else f"SELECT * FROM {_found(connection, table)}"
        frame = _rows(connection, query)
        where = "the query" if is_query else f"the table {table}"
        shapes = [column for column in frame.columns if column in frame.attrs["shapes"]]
        if len(shapes) > 1:
            raise OptionError(f"{where} has several columns of shapes, {some(shapes)}; choose one by a query.")
        return (_layer(connection, frame, shapes[0], where) if shapes else frame), where


def _found(connection: Connection, table: str) -> str:
    """The table as SQL names it; dots part schema and name only where no table has the dot in its name."""
    known = _execute(
        connection,
        "SELECT n.nspname, c.relname, pg_table_is_visible(c.oid) FROM pg_class c JOIN pg_namespace n ON "
        "n.oid = c.relnamespace WHERE c.relkind IN ('r', 'v', 'm', 'p', 'f') AND n.nspname NOT IN "
        "('pg_catalog', 'information_schema')",
    ).fetchall()
    for schema, name, visible in known:
        if table == f"{schema}.{name}" or (visible and table == name):
            return f"{quoted_name(schema)}.{quoted_name(name)}"
    names = [name if visible else f"{schema}.{name}" for schema, name, visible in known]
    raise UnknownNameError(f"the database has no table {table!r}. {nearest_names(table, names)}")


def _execute(connection: Connection, query: str) -> pd.DataFrame:
    return connection.execution_options(no_parameters=True).exec_driver_sql(query)


def _rows(connection: Connection, query: str) -> pd.DataFrame:
    """All rows; shapes as WKB with their SRID, their columns in the attribute ``shapes``."""
    inner = f"SELECT * FROM ({query}\n) AS given"
    described = _execute(connection, f"{inner} LIMIT 0").cursor.description
    columns = [each.name for each in described]
    twice = [name for name in dict.fromkeys(columns) if columns.count(name) > 1]
    if twice:
        raise OptionError(f"the query has several columns called {some(twice)}; name them apart with AS.")
    kinds = dict(_execute(connection, "SELECT oid::bigint, typname FROM pg_type").fetchall())
    shapes = [each.name for each in described if kinds.get(each.type_code) in ("geometry", "geography")]
    chosen = ", ".join(
        f"ST_AsEWKB({quoted_name(name)}::geometry) AS {quoted_name(name)}" if name in shapes else quoted_name(name)
        for name in columns
    )
    found = _execute(connection, f"SELECT {chosen} FROM ({query}\n) AS given").fetchall()
    frame = pd.DataFrame({name: _column([row[place] for row in found]) for place, name in enumerate(columns)})
    frame.attrs["shapes"] = shapes
    return frame


def _column(values: list[object]) -> pd.Series:
    plain = [float(value) if isinstance(value, Decimal) else value for value in values]
    return pd.Series(plain, dtype=object).infer_objects()


def _layer(connection: Connection, frame: pd.DataFrame, column: str, where: str) -> gpd.GeoDataFrame:
    """`frame` with its shapes, in the CRS that the first of them and all others have."""
    import geopandas as gpd
    import shapely

    try:
        shapes = shapely.from_wkb([None if value is None else bytes(value) for value in frame[column]])
    except NotImplementedError:  # of GEOS, whose shapes have straight edges
        raise GeometryError(
            f"{where} has curved shapes in {column}, which no layer here can hold; choose "
            f"ST_CurveToLine({quoted_name(column)}) by a query."
        ) from None
    known = shapes[~shapely.is_missing(shapes)]
    numbers = sorted(set(shapely.get_srid(known).tolist()))
    if len(numbers) > 1:
        raise CRSError(
            f"{where} has shapes of several SRIDs, {some(numbers)}; bring them into one with ST_Transform in a query."
        )
    crs = _crs_of(connection, numbers[0], where) if numbers and numbers[0] else None
    plain = pd.DataFrame(frame.drop(columns=column))
    plain.attrs = {}
    return gpd.GeoDataFrame(plain, geometry=gpd.GeoSeries(shapely.set_srid(shapes, 0), crs=crs))


def _crs_of(connection: Connection, srid: int, where: str) -> CrsLike | None:
    """The CRS that the database knows under `srid`: not every number is one of EPSG."""
    import pyproj

    query = f"SELECT auth_name, auth_srid, srtext FROM spatial_ref_sys WHERE srid = {int(srid)}"
    row = _execute(connection, query).fetchone()
    tried = [] if row is None else [f"{row[0]}:{row[1]}" if row[0] else None, row[2]]
    for said in filter(None, tried):
        try:
            return pyproj.CRS.from_user_input(said)
        except pyproj.exceptions.CRSError:
            continue
    raise CRSError(f"{where} has the SRID {srid}, which the table spatial_ref_sys does not explain; correct it there.")
