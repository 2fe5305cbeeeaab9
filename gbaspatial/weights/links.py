"""Bridges, tunnels and railways that join what water parts, and a W for each year as they open."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

import numpy as np
import pandas as pd

from gbaspatial.errors import OptionError, UnknownNameError, WeightsError, nearest_names, some
from gbaspatial.weights.core import Weights
from gbaspatial.weights.isolation import Islands

CROSSINGS = ("bridge", "tunnel")
_ENDS = (("focal", "neighbor"), ("city_a", "city_b"), ("district_a", "district_b"), ("unit_a", "unit_b"))


def link_pairs(
    links: int | pd.DataFrame, ids: pd.Index, kinds: Iterable[str] | None = CROSSINGS
) -> tuple[np.ndarray, np.ndarray, str]:
    """Places (m,) and (m,) of the units that `links` join, each pair once, and how a recipe calls them.

    Parameters
    ----------
    links : int or pandas.DataFrame
        A year (the shipped links opened on or before 31 December of that year), or a
        table with two columns of unit ids.
    ids : pandas.Index
        The units of the W.
    kinds : iterable of str, optional
        Keep these kinds only, where the table has a column `kind`; None keeps all.
    """
    if isinstance(links, pd.DataFrame):
        table, told = links, f"{len(links)} given"
    elif isinstance(links, (int, np.integer)) and not isinstance(links, bool):
        table, told = _shipped(int(links), ids), f"open by {links}-12-31"
    else:
        raise OptionError(f"links={links!r} must be a year such as 2019, or a table of pairs of units.")
    if kinds is not None and "kind" in table.columns:
        table = table[table["kind"].isin(list(kinds))]
    first, second = _ends(table)
    i, j = ids.get_indexer(table[first]), ids.get_indexer(table[second])
    absent = (i < 0) | (j < 0)
    if absent.any() and isinstance(links, pd.DataFrame):
        both = pd.concat([table.loc[i < 0, first], table.loc[j < 0, second]])
        name = both.iloc[0]
        raise UnknownNameError(
            f"the links name units that are not in the layer: {some(both.unique())}. {nearest_names(name, ids)}"
        )
    i, j = i[~absent], j[~absent]
    same = i == j
    if same.any():
        raise WeightsError(f"a link joins a unit with itself: {some(ids[i[same]].unique())}; give two different units.")
    pairs = np.unique(np.sort(np.column_stack([i, j]), axis=1), axis=0)
    return pairs[:, 0], pairs[:, 1], told


def _ends(table: pd.DataFrame) -> tuple[str, str]:
    for first, second in _ENDS:
        if first in table.columns and second in table.columns:
            return first, second
    named = " or ".join(f"{a}, {b}" for a, b in _ENDS)
    raise UnknownNameError(f"the links have no two columns of units; name them {named}. There are: {some(table)}.")


def _shipped(year: int, ids: pd.Index) -> pd.DataFrame:
    """The shipped links open by the end of `year`, between cities or districts, whichever the units are."""
    from gbaspatial.data import load_links

    matched = {}
    levels: tuple[Literal["city", "district"], ...] = ("city", "district")
    for level in levels:  # Macao, Dongguan and Zhongshan are both
        ends = load_links(level=level)[[f"{level}_a", f"{level}_b"]]
        matched[level] = (int(ends.isin(ids).all(axis=1).sum()), int(ends.isin(ids).to_numpy().sum()))
    level = max(matched, key=lambda name: matched[name])
    if matched[level] == (0, 0):
        raise OptionError(
            f"links={year} means the shipped bridges and tunnels between cities or districts of the bay area, but the "
            f"units have other labels ({some(ids)}); index the units by English name, or give a table of links."
        )
    return load_links(year=year, level=level)


def by_year(
    units: Any,
    years: Iterable[int],
    *,
    links: pd.DataFrame | None = None,
    kinds: Iterable[str] | None = CROSSINGS,
    criterion: Literal["queen", "rook"] = "queen",
    tolerance_m: float | None = None,
    islands: Islands = "keep",
) -> dict[int, Weights]:
    """A contiguity W for each year, with the links that are open by its end.

    A link is in the W of a year if it opened on or before 31 December of that year: the
    Hong Kong-Zhuhai-Macao Bridge (24 October 2018) is in the W of 2018, the
    Shenzhen-Zhongshan Link (30 June 2024) in that of 2024 and not in that of 2023. For
    another convention, pass ``links`` with your own ``opened_year``.

    Parameters
    ----------
    units : GeoDataFrame or GeoSeries, n rows
        Polygons indexed by unit id.
    years : iterable of int
    links : pandas.DataFrame, optional
        Columns ``focal, neighbor`` (or ``city_a, city_b``) and ``opened_year`` or ``opened``
        (a date, or a year); by default the shipped ones (`gba.data.load_links`).
    kinds : iterable of str, optional
        Which kinds to add, where the links have a column ``kind``: by default bridges and
        tunnels; ``("bridge", "tunnel", "rail")`` or None adds the railways (Guangzhou-Shenzhen
        2011, Express Rail Link to Hong Kong 23 September 2018).
    criterion, tolerance_m, islands
        As for `contiguity`.

    Returns
    -------
    dict of int to Weights
        Not standardized: ``{year: w.row_standardized() for year, w in ....items()}``.

    Examples
    --------
    >>> import gbaspatial as gba
    >>> cities = gba.load_cities(year=2019)
    >>> {year: w.n_links // 2 for year, w in by_year(cities, [2017, 2018, 2024]).items()}
    {2017: 15, 2018: 17, 2024: 18}
    """
    from gbaspatial.weights.contiguity import contiguity
    from gbaspatial.weights.given import from_places

    base = contiguity(units, criterion=criterion, tolerance_m=tolerance_m, islands=islands)
    chosen = [int(year) for year in years]
    if not chosen:
        raise OptionError("years is empty; give at least one year.")
    table = _shipped(max(chosen), base.ids) if links is None else links
    opened = _opened_years(table)
    weights = {}
    for year in chosen:
        i, j, _ = link_pairs(table[opened <= year], base.ids, kinds)
        added = from_places(i, j, base.ids, "links", which=f"open by {year}-12-31", kinds=kinds)
        weights[year] = base.union(added)
    return weights


def _opened_years(table: pd.DataFrame) -> pd.Series:
    if "opened_year" in table.columns:
        return table["opened_year"].astype(int)
    if "opened" not in table.columns:
        raise UnknownNameError(f"the links have no column opened or opened_year. There are: {some(table)}.")
    text = table["opened"].astype(str).str.slice(0, 4)
    wrong = ~text.str.fullmatch(r"\d{4}")
    if wrong.any():
        raise OptionError(
            f"opened must begin with a year, as in 2018-10-24, but not so in {some(table['opened'][wrong])}."
        )
    return text.astype(int)
