"""A region of somebody's own for the report: its layer with its table, in one year and over all of them."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

from gbaspatial.cli.inputs import OF_TABLES, table_rows, the_layer, units_of
from gbaspatial.errors import OptionError

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd


class Years(TypedDict, total=False):
    """The year of the units, and the table of all years; neither where no column of years was named."""

    year: int
    panel: pd.DataFrame


class Columns(TypedDict):
    """The other columns that the report uses."""

    groups: str | None
    people: str | None
    regressors: tuple[str, ...]


def region_of(
    units: Path,
    unit: str | None,
    panel: Path | None,
    time: str | None,
    outcome: str | None,
    year: int | None,
    **named: str | None,
) -> tuple[gpd.GeoDataFrame, str, Years]:
    """The units of somebody's own region with their table, the outcome of the report on them, and their years."""
    if outcome is None:
        raise OptionError("say with --outcome which column the report is about.")
    if time is not None and panel is None:
        raise OptionError("--time names a column of a table; name the file with --panel.")
    where: dict[str, Any] = dict.fromkeys(("layer", "crs", "repair", "lon", "lat", *OF_TABLES, "encoding"))
    where |= {"unit": unit, "year": year, "table_time": time, "missing": (), "fill_down": ()}
    if panel is None or time is None:
        return units_of(str(units), panel, (), **where), outcome, {}
    wanted = [outcome, *columns_for(**named)["regressors"]]
    return _with_years(str(units), panel, outcome, wanted, **where)


def _with_years(
    data: str, panel: Path, outcome: str, wanted: list[str], year: int | None, **where: object
) -> tuple[gpd.GeoDataFrame, str, Years]:
    """The units in one year, by default the newest in which all have what is `wanted`, and all years of their table."""
    import gbaspatial as gba

    layer = the_layer(data, panel, used=(), year=year, **where)
    rows = table_rows(panel, str(layer.index.name), **where)
    if year is None:
        there = rows[[name for name in wanted if name in rows]].dropna()
        count = there.groupby(level=1).size()
        whole = count.index[count == len(layer)]
        year = max(whole) if len(whole) else max(rows.index.unique(1))
    key = "row of the table"
    joined = gba.data.join(layer, rows.assign(**{key: rows.index.get_level_values(0)}), time=year)
    names = dict(zip(joined[key], joined.index, strict=True))  # the table may write a unit's name without its rank
    return joined.drop(columns=key), outcome, {"year": year, "panel": rows.rename(index=names, level=0)}


def columns_for(groups: str | None, people: str | None, regressors: str | None, **_: object) -> Columns:
    """The other columns that the report on a region uses."""
    named = tuple(name.strip() for name in (regressors or "").split(",") if name.strip())
    return {"groups": groups, "people": people, "regressors": named}


def only_id_of(layer: Path) -> str | None:
    """The column of texts of a layer that are all different, where there is one only: it names the units."""
    import geopandas as gpd
    import pandas as pd

    if not layer.exists():
        return None
    with suppress(OSError, ValueError, RuntimeError):  # a layer that cannot be read is told of where it is read
        frame = gpd.read_file(layer, ignore_geometry=True)
        texts = [name for name in frame if pd.api.types.is_string_dtype(frame[name]) and frame[name].notna().all()]
        found = [str(name) for name in texts if frame[name].is_unique]
        return found[0] if len(found) == 1 else None
    return None
