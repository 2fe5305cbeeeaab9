"""A W for each year, with the bridges, tunnels and railways that are open by its end."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from gbaspatial.errors import OptionError, UnknownNameError, some
from gbaspatial.options import public, word
from gbaspatial.weights.contiguity import settled, touching
from gbaspatial.weights.core import Weights
from gbaspatial.weights.given import from_places
from gbaspatial.weights.isolation import ISLANDS, Islands
from gbaspatial.weights.links import CROSSINGS, KINDS, link_pairs, shipped_links
from gbaspatial.weights.square_table import is_number

if TYPE_CHECKING:
    from gbaspatial.alignment import Label
    from gbaspatial.geography.places import Units


@public
def by_year(
    units: Units,
    years: int | Iterable[int],
    *,
    links: pd.DataFrame | None = None,
    kinds: str | Iterable[str] | None = CROSSINGS,
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
    years : int or iterable of int
        Whole years.
    links : pandas.DataFrame, optional
        Columns ``focal, neighbor`` (or ``city_a, city_b``) and ``opened_year`` or ``opened``
        (a date, or a year); by default the shipped ones (`gba.data.load_links`).
    kinds : str or iterable of str, optional
        Which kinds to add (others are left out), where the links have a column ``kind``: by default bridges and
        tunnels; ``("bridge", "tunnel", "rail")`` or None adds the railways (Guangzhou-Shenzhen
        2011, Express Rail Link to Hong Kong 23 September 2018).
    criterion : {"queen", "rook"}
        Whether a common point makes neighbors, or only a common border.
    tolerance_m : float, optional
        Units so far apart, in meters, still touch; by default only round-off, about a millimeter.
    islands : {"keep", "error", "nearest"}
        What happens to a unit that has no neighbor when the links of its year are there: it stays so, it is an error,
        or it is linked to the nearest unit.

    Returns
    -------
    dict of int to Weights
        Not standardized: ``{year: w.row_standardized() for year, w in ....items()}``.

    Raises
    ------
    OptionError
        If an option is not known, `years` holds no whole years, or `links` is no table.
    UnknownNameError, DataError
        If the links name units that are not there, or lack a column or a date of opening.
    WeightsError
        If a unit has no neighbor and ``islands="error"``.

    Examples
    --------
    >>> import gbaspatial as gba
    >>> cities = gba.load_cities(year=2019)
    >>> {year: w.n_links // 2 for year, w in by_year(cities, [2017, 2018, 2024]).items()}
    {2017: 15, 2018: 17, 2024: 18}
    """
    chosen = _whole_years(years)
    word(islands, ISLANDS, "islands")
    if links is not None and not isinstance(links, pd.DataFrame):
        raise OptionError(f"links is a {type(links).__name__}; give a table of pairs of units, or leave it out.")
    wanted = [kinds] if isinstance(kinds, str) else None if kinds is None else list(kinds)
    shapes, half, recipe = touching(units, criterion, tolerance_m)
    base = Weights(half + half.T, shapes.index, recipe=recipe)
    table = _of_kinds(shipped_links(max(chosen), base.ids) if links is None else links, wanted, links is not None)
    opened = _opened_years(table)
    weights = {}
    alone: dict[tuple[Label, ...], list[int]] = {}
    for year in chosen:
        i, j, _ = link_pairs(table[opened <= year], base.ids)
        w = base.union(from_places(i, j, base.ids, "links", which=f"open by {year}-12-31", kinds=wanted))
        if islands != "keep":
            matrix = settled(w.sparse, shapes, islands, f" in {year}")
            w = Weights(matrix, w.ids, recipe=w.recipe.then("islands", policy=islands))
        alone.setdefault(tuple(w.islands), []).append(year)
        weights[year] = w
    for same in alone.values():  # told once for all years with the same islands
        settled(weights[same[0]].sparse, shapes, "keep", f" in {some(same)}")
    return weights


def _whole_years(years: int | Iterable[int]) -> list[int]:
    given = [years] if isinstance(years, (str, int, float, np.number)) else list(years)
    if not given:
        raise OptionError("years is empty; give at least one year.")
    odd = [year for year in given if not is_number(year) or year != int(year)]
    if odd:
        raise OptionError(f"years must be whole numbers such as 2019, but are not: {some(map(repr, odd))}.")
    return [int(year) for year in given]


def _of_kinds(table: pd.DataFrame, kinds: list[str] | None, given: bool) -> pd.DataFrame:
    """The links of these `kinds`; those of a table that is `given` must be some."""
    if kinds is None or "kind" not in table.columns:
        return table
    known = list(dict.fromkeys([*KINDS, *table["kind"].dropna()]))
    odd = [kind for kind in kinds if kind not in known]
    if odd or not kinds:
        raise OptionError(
            f"kinds={some(odd) or 'nothing'!r} is no kind of link; use some of {', '.join(map(str, known))}."
        )
    kept = table[table["kind"].isin(kinds)]
    if given and len(table) and not len(kept):
        raise OptionError(
            f"none of the given links is of kind {' or '.join(kinds)}, but of kind {some(table['kind'].unique())}; "
            f"name these in kinds=, or use kinds=None for all."
        )
    return kept


def _opened_years(table: pd.DataFrame) -> pd.Series:
    if "opened_year" in table.columns:
        years = pd.to_numeric(table["opened_year"], errors="coerce")
        odd = ~np.isfinite(years) | (years != np.floor(years))
        if odd.any():
            raise OptionError(
                f"opened_year must be a whole year such as 2018, but is not so in row {some(table.index[odd])}."
            )
        return years.astype(int)
    if "opened" not in table.columns:
        raise UnknownNameError(f"the links have no column opened or opened_year. There are: {some(table)}.")
    text = table["opened"].astype(str).str.slice(0, 4)
    wrong = ~text.str.fullmatch(r"\d{4}")
    if wrong.any():
        raise OptionError(
            f"opened must begin with a year, as in 2018-10-24, but not so in {some(table['opened'][wrong])}."
        )
    return text.astype(int)
