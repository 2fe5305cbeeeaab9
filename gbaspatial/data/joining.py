"""A table's columns added to spatial units, by id."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import pandas as pd

from gbaspatial.alignment import no_column
from gbaspatial.data.columns import check_unique
from gbaspatial.errors import (
    AlignmentError,
    LabelTypeError,
    OptionError,
    ReadingWarning,
    UnknownNameError,
    outside,
    some,
)
from gbaspatial.options import public

if TYPE_CHECKING:
    import geopandas as gpd


@public
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
        In the order and with the index of `units`. A column that both have with the same values is there once.

    Raises
    ------
    AlignmentError
        If the ids are not the same set, up to five of each side are named; or if a column of both differs.
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
        raise no_column(by, units, "units")
    keys = units.index if by is None else pd.Index(units[by])
    for index, what in ((keys, "units"), (table.index, "table")):
        check_unique(index, f"the {what}", "keep one row per unit")
    absent, extra = keys.difference(table.index, sort=False), table.index.difference(keys, sort=False)
    short = _by_bare_names(absent, extra)
    if short and len(short) == len(absent) == len(extra):
        table = table.rename(index=short)
        absent, extra = absent[:0], extra[:0]
    if len(absent) or len(extra):
        raise AlignmentError(_mismatch(keys, table.index, absent, extra))
    added = table.reindex(keys).set_axis(units.index)
    both = [column for column in added.columns if column in units.columns]
    differ = [column for column in both if not _same(units[column], added[column])]
    if differ:
        raise AlignmentError(
            f"units and table both have the columns {some(differ)}, with other values; rename or drop them on one side."
        )
    added = added.drop(columns=both)
    geometry = units.geometry.name
    joined = pd.concat([units.drop(columns=geometry), added], axis=1)
    joined[geometry] = units.geometry
    return gpd.GeoDataFrame(joined, geometry=geometry, crs=units.crs)


def _same(one: pd.Series, other: pd.Series) -> bool:
    """Whether two columns in one order hold the same values or gaps, whatever their types."""
    return bool(((one.astype(object) == other.astype(object)) | (one.isna() & other.isna())).all())


_KINDS = (
    "特别行政区", "特別行政區", "自治州", "自治县", "自治縣", "自治区", "自治區", "地区", "地區", "新区", "新區",
    "林区", "林區", "市", "省", "县", "縣", "区", "區", "盟", "旗", "州",
)  # fmt: skip


def bare_name(name: object) -> str:
    """A Chinese place name without the word for its kind: 广州 for 广州市; other names as they are.

    Examples
    --------
    >>> bare_name("广州市"), bare_name("香港特别行政区"), bare_name("沙市"), bare_name("Macao")
    ('广州', '香港', '沙市', 'Macao')
    """
    text = str(name).strip()
    kind = next((kind for kind in _KINDS if text.endswith(kind) and len(text) - len(kind) >= 2), "")
    return text.removesuffix(kind)


def _by_bare_names(absent: pd.Index, extra: pd.Index) -> dict[object, object]:
    """Ids of the table by those of the units that are the same place, where only the word for its kind differs."""
    if not len(absent) or len(absent) != len(extra):
        return {}
    places: dict[str, list[object]] = {}
    for label in absent:
        places.setdefault(bare_name(label), []).append(label)
    found = {label: places.get(bare_name(label), []) for label in extra}
    if not all(len(labels) == 1 for labels in found.values()):
        return {}
    matched = {label: labels[0] for label, labels in found.items()}
    if len(set(matched.values())) < len(matched):
        return {}
    shown = some(f"{label} as {unit}" for label, unit in matched.items())
    told = f"names of the table were matched without the word for the kind of place: {shown}."
    warnings.warn(told, ReadingWarning, stacklevel=outside())
    return matched


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
