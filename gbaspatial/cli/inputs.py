"""What the options of a command mean: a layer with its table, weights, a column."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gbaspatial.errors import MissingFileError, OptionError, UnknownNameError, nearest_names, some
from gbaspatial.filenames import check_page as check_page_name

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from gbaspatial.geography.places import Units
    from gbaspatial.maps.layers import Layer
    from gbaspatial.results import Result
    from gbaspatial.weights import Weights


BUILT_IN = ("cities", "districts", "prefectures")


def check_page(path: Path | None) -> None:
    """Refuse a name for a map that no browser would open."""
    if path is not None:
        check_page_name(path)


def check_clusters(clusters: bool, where: dict[str, object]) -> None:
    """Refuse options of W that nothing would use."""
    context = click.get_current_context()
    given = [name for name in ("weights", "links", "style", "seed") if _was_given(context, name)]
    if given and not clusters:
        raise OptionError(f"--{given[0]} is used by the clusters alone; add --clusters, or leave it out.")


def check_seed(impacts: bool) -> None:
    """Refuse a seed that no impacts would use."""
    if seed_written() and not impacts:
        raise OptionError("--seed is of the draws of impacts; add --impacts, or leave it out.")


def _was_given(context: click.Context, name: str) -> bool:
    return context.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE


def units_of(
    data: str, table: Path | None, without: tuple[str, ...], used: tuple[str, ...] = (), **where: Any
) -> gpd.GeoDataFrame:
    """The layer that DATA names, joined with the table, less the units left out; `used` are columns or formulas."""
    import gbaspatial as gba

    units = the_layer(data, table, used=used, **where)
    if table is None:
        return less(units, None, without, data)[0]
    rows = table_rows(table, where["table_id"] or str(units.index.name), **where)
    units, rows = less(units, rows, without, data)
    return gba.data.join(units, rows, by=table_key(units, rows, data), time=_time(where))


def the_layer(data: str, table: Path | None, **where: Any) -> gpd.GeoDataFrame:
    """The layer that DATA names, before anything is joined or left out."""
    for option in OF_TABLES:
        if table is None and where.get(option) and not (where.get("lon") and option in _OF_POINTS):
            raise OptionError(f"--{option.replace('_', '-')} says how to read a table; name the file with --table.")
    built_in = data in BUILT_IN and not Path(data).exists()
    return _built_in(data, table, **where) if built_in else _own(data, table, **where)


def less(units: Units, rows: pd.DataFrame, without: tuple[str, ...], data: str) -> tuple[Any, Any]:
    """Layer and table without the units left out, which need to be in only one of the two."""
    if not without:
        return units, rows
    labels = set() if rows is None else set(rows.index.get_level_values(0))
    for label in without:
        if label not in units.index and label not in labels:
            several = [part.strip() for part in label.split(",")]
            if len(several) > 1 and all(part in units.index or part in labels for part in several):
                raise UnknownNameError(f"--without {label!r} names several units; write --without once for each.")
            where = "the database" if "://" in data else data
            raise UnknownNameError(f"--without {label!r} is no unit of {where}. {nearest_names(label, units.index)}")
    units = units[~units.index.isin(without)]
    return units, (rows if rows is None else rows[~rows.index.get_level_values(0).isin(without)])


def table_key(units: Units, rows: pd.DataFrame, data: str) -> str | None:
    """The column of a built-in layer that has the ids of the table, codes or Chinese names; None for its index."""
    from gbaspatial.data.joining import bare_name

    labels = set(rows.index.get_level_values(0))
    if data not in BUILT_IN or labels & set(units.index):
        return None
    keys = [key for key in ("adcode", "name_zh", "name_zht") if key in units.columns]
    return max(keys, key=lambda key: len(labels & {bare_name(name) for name in units[key]} | labels & set(units[key])))


_OF_POINTS = ("sheet", "missing", "header", "fill_down", "decimal", "thousands", "percent")
OF_TABLES = ("table_id", "table_time", "sheet", "missing", "header", "fill_down", "decimal", "thousands", "percent")


def _built_in(
    data: str, table: Path | None, year: int | None, table_time: str | None, used: tuple[str, ...], **where: Any
) -> gpd.GeoDataFrame:
    import gbaspatial as gba

    for option in ("unit", "layer", "crs", "repair", "lon", "lat"):
        if where.get(option):
            name = "id" if option == "unit" else option
            raise OptionError(f"--{name} is for a file of your own; leave it out with the built-in {data}.")
    given: dict[str, Any] = {} if year is None or table_time else {"year": year}
    if given and data == "prefectures":
        raise OptionError("the built-in prefectures have no years; leave --year out.")
    loaders: dict[str, Callable[[], object]] = {
        "cities": lambda: gba.load_cities(variables=_variables(used), **given),
        "districts": lambda: gba.load_districts(**given),
        "prefectures": lambda: gba.load_prefectures(area=where.get("area", "guangdong")),
    }
    return loaders[data]()


def _variables(used: tuple[str, ...]) -> list[str] | None:
    """The shipped variables named in `used`, so that only their caveats are told; all main ones if a name is odd."""
    import gbaspatial as gba

    words = {word for text in used for word in re.findall(r"[A-Za-z_]\w*(?!\w|\s*\()", text)}
    known = gba.data.variables().index
    named = [name for name in known if name in words]
    return named if named and words <= {*known, "tier", "side", "area_km2"} else None


def _own(data: str, table: Path | None, unit: str | None, year: int | None, **where: Any) -> gpd.GeoDataFrame:
    import gbaspatial as gba

    if "://" in data:
        return _of_database(data, unit, **where)
    if not Path(data).exists() and not Path(data).suffix:
        hint = nearest_names(data, BUILT_IN)
        raise MissingFileError(f"{data} is neither a file nor one of the built-in layers. {hint}")
    if unit is None and Path(data).exists():
        raise OptionError(f"say with --id which column of {data} identifies a unit.")
    if year is not None and where["table_time"] is None:
        raise OptionError("--year needs --table and --table-time with a file of your own, which has no years.")
    encoding = None if table is not None and _is_csv(table) else where["encoding"]
    if where.get("lon") or where.get("lat"):
        return _points(Path(data), unit or "", table, **where)
    if Path(data).suffix.lower() in (".csv", ".tsv", ".txt", ".xlsx", ".dta"):
        raise OptionError(
            f"{data} is a table without shapes; name its columns of coordinates with --lon and --lat, or give the "
            "layer and name the table with --table."
        )
    return gba.read_units(
        data, id=unit or "", layer=where["layer"], crs=where["crs"], repair=where["repair"], encoding=encoding
    )


def _of_database(data: str, unit: str | None, **where: Any) -> gpd.GeoDataFrame:
    """A table of a database, or a query; its address is never told, for it may hold a password."""
    import gbaspatial as gba

    if unit is None or where["layer"] is None:
        raise OptionError("a database needs --layer, its table or a query, and --id, its column of the units.")
    if where["encoding"] or where.get("lon") or where.get("lat"):
        raise OptionError("--encoding, --lon and --lat are of files; leave them out with a database.")
    return gba.read_units(data, id=unit, table=where["layer"], crs=where["crs"], repair=where["repair"])


def _points(data: Path, unit: str, table: Path | None, **where: Any) -> gpd.GeoDataFrame:
    """A table of points: its rows, at the coordinates of two of its columns."""
    import gbaspatial as gba

    if not (where.get("lon") and where.get("lat")):
        raise OptionError("points need both --lon and --lat, the columns of their coordinates.")
    for option in ("layer", "repair"):
        if where[option]:
            raise OptionError(f"--{option} is for a layer; leave it out with --lon and --lat.")
    alone = where if table is None else where | dict.fromkeys(_OF_POINTS[:1] + _OF_POINTS[2:3] + _OF_POINTS[4:])
    reading = alone | {"table_time": None} | ({} if table is None else {"missing": (), "fill_down": ()})
    rows = table_rows(data, unit, **reading)
    return gba.data.points_from(rows, lon=where["lon"], lat=where["lat"], crs=where["crs"] or "EPSG:4326")


def table_rows(table: Path, key: str, **where: Any) -> pd.DataFrame:
    """The rows of a table by unit and time, read with the options of the command line."""
    import gbaspatial as gba

    return gba.read_panel(
        table,
        unit=key,
        time=where["table_time"],
        missing=where["missing"],
        sheet=where["sheet"] or 0,
        header=where["header"],
        fill_down=where["fill_down"],
        decimal=where["decimal"] or ".",
        thousands=where["thousands"],
        percent=where["percent"],
        encoding=where["encoding"] if _is_csv(table) else None,
    )


def _is_csv(table: Path) -> bool:
    return table.suffix.lower() in (".csv", ".tsv", ".txt")


def _time(where: dict[str, Any]) -> int | None:
    """The year to take from the table, which --table-time makes a panel."""
    if where["table_time"] and where["year"] is None:
        raise OptionError("--table-time needs --year, the year to take from the table.")
    return where["year"] if where["table_time"] else None


def weights_of(units: gpd.GeoDataFrame, weights: str, links: int | None, style: str, **_: object) -> Weights:
    """W of `units` as the option --weights says."""
    import gbaspatial as gba

    kind, sep, number = weights.partition(":")
    if links is not None and kind not in ("queen", "rook"):
        raise OptionError(f"--links adds bridges to borders; use it with --weights queen or rook, not {weights}.")
    if Path(weights).is_file():
        w = gba.weights.read(weights)
    elif kind in ("queen", "rook") and not sep:
        criterion: Any = kind
        w = gba.weights.contiguity(units, criterion=criterion, links=links)
    elif kind == "nearest":
        w = gba.weights.nearest(units, k=_count(number, weights))
    elif kind == "band":
        w = gba.weights.distance_band(units, threshold_km=_amount(number, weights))
    elif kind == "inverse":
        w = gba.weights.inverse_distance(units, power=_amount(number or "1", weights))
    else:
        raise OptionError(
            f"--weights {weights!r} is no file that exists, nor one of queen, rook, nearest:4, band:50, inverse:1."
        )
    if style == "row":
        return w.row_standardized()
    return w.binary() if style == "binary" else w


def _amount(text: str, whole: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise OptionError(
            f"--weights {whole!r} needs a number after the colon, such as nearest:4 or band:50."
        ) from None


def _count(text: str, whole: str) -> int:
    number = _amount(text, whole)
    if not number.is_integer():
        raise OptionError(f"--weights {whole!r} needs a whole number of neighbors, such as nearest:4.")
    return int(number)


def numbers_of(units: gpd.GeoDataFrame, column: str) -> pd.Series:
    """The column of `units`, or an error that says what columns there are."""
    from gbaspatial.alignment import columns_of

    return units[columns_of(units, column)[0]]


def seed_for(inference: str, seed: int, *more: str) -> int | None:
    """`seed` for tests that draw (by ``auto``, ``permutation`` or one of `more`), and wherever --seed was written."""
    return seed if seed_written() or inference in ("auto", "permutation", *more) else None


def seed_written() -> bool:
    """Whether --seed was written."""
    return _was_given(click.get_current_context(), "seed")


def moran_by_year(column: str, inference: str, seed: int, **where: Any) -> Result:
    """Moran's I of each year: of a shipped variable, or of a column of a table by unit and year."""
    import gbaspatial as gba

    how: Any = inference
    units, values = panel_of(column, **where)
    return gba.autocorrelation.moran_by(
        values, weights_of(units, **where), inference=how, rng=seed_for(how, seed, "exact")
    )


def layers_by_year(
    columns: tuple[str, ...], scheme: str | None, classes: int, **where: object
) -> tuple[gpd.GeoDataFrame, list[Layer]]:
    """The units, and a layer of each column with its values of every year."""
    import gbaspatial as gba

    layers: list[Layer] = []
    layer_units = []
    for column in columns:
        units, values = panel_of(column, **where)
        layer_units.append(units)
        layers.append(gba.maps.choropleth(column, scheme=scheme, k=classes, panel=values.to_frame()))
    largest = max(layer_units, key=len)
    return largest, layers


def panel_of(column: str, **where: Any) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """The units, and a column of theirs by unit and year: of a table, or of the shipped cities."""
    if where["year"] is not None:
        raise OptionError("--by year takes every year; leave --year out.")
    if where["table"] is not None:
        return _own_panel(column, **where)
    if where["data"] == "cities":
        return _shipped_panel(column, **where)
    raise OptionError("--by year needs years: a --table with --table-time, or the built-in cities.")


def names_of(text: str, known: tuple[str, ...], option: str) -> list[str]:
    """The names that an option gives by commas, each one of `known`, none twice."""
    names = list(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
    if not names:
        raise OptionError(f"--{option} names none; give some of {', '.join(known)}, by commas.")
    for name in names:
        if name not in known:
            raise UnknownNameError(f"--{option} {name!r} is none of {', '.join(known)}. {nearest_names(name, known)}")
    return names


def _shipped_panel(column: str, **where: Any) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """The built-in cities that have the variable, and its values by city and year."""
    import gbaspatial as gba

    panel = gba.load_panel(variables=column).dropna(subset=[column])
    cities = units_of(**where)
    has_values = cities.index.isin(panel.index.get_level_values("city"))
    if not has_values.all():
        click.echo(f"note: {column} has no values for {some(cities.index[~has_values])}, left out.", err=True)
    present = cities.loc[has_values]
    return present, panel.loc[panel.index.get_level_values("city").isin(present.index), column]


def _own_panel(
    column: str, data: str, table: Path, without: tuple[str, ...], **where: Any
) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """The layer, and the column of its table by unit and year, matched by id."""
    import pandas as pd

    import gbaspatial as gba
    from gbaspatial.alignment import columns_of

    if not where["table_time"]:
        raise OptionError("--by year needs --table-time, the column of the table that holds the year.")
    units = the_layer(data, table, used=(), **where)
    rows = table_rows(table, where["table_id"] or str(units.index.name), **where)
    columns_of(rows, column, "table")
    units, rows = less(units, rows, without, data)
    key = table_key(units, rows, data)
    years = sorted(rows.index.unique(1))
    parts = {year: gba.data.join(units, rows[[column]], by=key, time=year)[column] for year in years}
    values = pd.concat(parts, names=[str(where["table_time"]), str(units.index.name)]).swaplevel().rename(column)
    return units, values
