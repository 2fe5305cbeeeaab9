"""Bridges, tunnels and railways that join what water parts, and a W for each year as they open."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd

from gbaspatial.errors import OptionError, UnknownNameError, WeightsError, nearest_names, some

CROSSINGS = ("bridge", "tunnel")
KINDS = (*CROSSINGS, "rail")  # of the shipped links
_ENDS = (("focal", "neighbor"), ("city_a", "city_b"), ("district_a", "district_b"), ("unit_a", "unit_b"))


def link_pairs(links: int | pd.DataFrame, ids: pd.Index) -> tuple[np.ndarray, np.ndarray, str]:
    """Places (m,) and (m,) of the units that `links` join, each pair once, and how a recipe calls them.

    Parameters
    ----------
    links : int or pandas.DataFrame
        A year (the shipped bridges and tunnels opened on or before 31 December of that
        year), or a table with two columns of unit ids, used whole.
    ids : pandas.Index
        The units of the W.
    """
    if isinstance(links, pd.DataFrame):
        table, told = links, f"{len(links)} given"
    elif isinstance(links, (int, np.integer)) and not isinstance(links, bool):
        shipped = shipped_links(int(links), ids)
        table, told = shipped[shipped["kind"].isin(CROSSINGS)], f"open by {links}-12-31"
    else:
        raise OptionError(f"links={links!r} must be a year such as 2019, or a table of pairs of units.")
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


def shipped_links(year: int, ids: pd.Index) -> pd.DataFrame:
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
