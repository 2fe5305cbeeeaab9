"""A table's columns added to spatial units, by id."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from gbaspatial.data.columns import check_unique
from gbaspatial.errors import AlignmentError, LabelTypeError, OptionError, UnknownNameError, nearest_names, some

if TYPE_CHECKING:
    import geopandas as gpd


def join(
    units: gpd.GeoDataFrame, table: pd.DataFrame, *, by: str | None = None, time: int | None = None
) -> gpd.GeoDataFrame:
    """The columns of `table` added to `units`, row by row of the same id.

    Parameters
    ----------
    units : GeoDataFrame
        Indexed by unit.
    table : DataFrame
        Indexed by unit, or by (unit, year) together with `time`.
    by : str, optional
        A column of `units` whose values are the ids of `table` (e.g. ``"adcode"``).
    time : int, optional
        The year to take from a panel.

    Returns
    -------
    GeoDataFrame
        In the order and with the index of `units`.

    Raises
    ------
    AlignmentError
        If the ids are not the same set; up to five of each side are named.
    UnknownNameError
        If the year or the column `by` does not exist.

    Examples
    --------
    >>> import gbaspatial as gba
    >>> cities = gba.load_cities(year=2019, variables="population")
    >>> extra = pd.DataFrame({"x": range(11)}, index=cities["adcode"].sort_values())
    >>> int(gba.data.join(cities, extra, by="adcode").loc["Macao", "x"])
    10
    """
    import geopandas as gpd

    if not isinstance(units, gpd.GeoDataFrame):
        raise LabelTypeError(f"the units are a {type(units).__name__}; pass a GeoDataFrame, and the table after it.")
    if not isinstance(table, pd.DataFrame):
        raise LabelTypeError(f"the table is a {type(table).__name__}; pass a DataFrame indexed by unit id.")
    table = _one_year(table, time)
    if by is not None and by not in units.columns:
        raise UnknownNameError(f"the units have no column {by!r}. {nearest_names(by, units.columns)}")
    keys = units.index if by is None else pd.Index(units[by])
    for index, what in ((keys, "units"), (table.index, "table")):
        check_unique(index, f"the {what}", "keep one row per unit")
    absent, extra = keys.difference(table.index, sort=False), table.index.difference(keys, sort=False)
    if len(absent) or len(extra):
        raise AlignmentError(_mismatch(keys, table.index, absent, extra))
    both = [c for c in table.columns if c in units.columns]
    if both:
        raise AlignmentError(f"units and table both have the columns {some(both)}; rename or drop them on one side.")
    added = table.reindex(keys).set_axis(units.index)
    geometry = units.geometry.name
    joined = pd.concat([units.drop(columns=geometry), added], axis=1)
    joined[geometry] = units.geometry
    return gpd.GeoDataFrame(joined, geometry=geometry, crs=units.crs)


def _one_year(table: pd.DataFrame, time: int | None) -> pd.DataFrame:
    if table.index.nlevels == 1:
        if time is not None:
            raise OptionError(f"time={time} was given, but the table has one row per unit and no years.")
        return table
    years = sorted(table.index.get_level_values(1).unique())
    if time is None:
        raise OptionError(f"the table is a panel of the years {some(years)}; say which one with time=.")
    if time not in years:
        raise UnknownNameError(f"the table has no year {time}; there are {some(years, 12)}.")
    return table.xs(time, level=1)


def _mismatch(keys: pd.Index, index: pd.Index, absent: pd.Index, extra: pd.Index) -> str:
    parts = []
    if len(absent):
        parts.append(f"without a row in the table: {some(absent)}")
    if len(extra):
        parts.append(f"only in the table: {some(extra)}")
    cure = "Correct the ids, or choose the common rows yourself."
    bare = {str(key).lstrip("0") for key in absent}
    if len(extra) and bare == {str(key).lstrip("0") for key in extra}:
        lengths = {what: sum(len(str(label)) for label in ids) for what, ids in (("table", extra), ("units", absent))}
        side = min(lengths, key=lengths.__getitem__)
        cure = f"The ids of the {side} have lost their leading zeros: keep them there as text."
    elif len(absent) == len(keys) and len(index):
        cure = f"No id is shared (e.g. {keys[0]!r} against {index[0]!r}): name the id column with by=."
    return f"units and table do not match ({'; '.join(parts)}). {cure}"
