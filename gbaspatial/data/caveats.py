"""What is known to be wrong, broken or not comparable in the shipped statistics, as data and as warnings."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from typing import TYPE_CHECKING

from gbaspatial.data import files
from gbaspatial.data.schema import chosen_cities, chosen_variables
from gbaspatial.errors import CaveatWarning, outside, some
from gbaspatial.options import public

if TYPE_CHECKING:
    import pandas as pd

_told: set[str] = set()


@public
def caveats(
    variable: str | Iterable[str] | None = None,
    *,
    years: int | Iterable[int] | None = None,
    cities: str | Iterable[str] | None = None,
) -> pd.DataFrame:
    """Known defects of the shipped statistics.

    Parameters
    ----------
    variable : str or list of str, optional
        Keep the caveats of these variables; by default all.
    years : int or iterable of int, optional
        Keep the caveats that touch one of these years.
    cities : str or list of str, optional
        Keep the caveats that touch one of these cities.

    Returns
    -------
    pandas.DataFrame
        Columns ``variable, cities`` (separated by semicolons; empty for all),
        ``first_year, last_year, severity, text``. The severity is "note" (to know),
        "break" (do not compare across it), "suspect" or "error"; all but notes
        also give a `CaveatWarning` when the years are loaded.

    Raises
    ------
    UnknownNameError
        For a variable that does not exist.

    Examples
    --------
    >>> found = caveats("employment", years=range(2003, 2006), cities="Dongguan")
    >>> found.loc[found["severity"] == "break", "text"].item()[:36]
    'employment of Dongguan jumps by 77 %'
    """
    found = files.table("caveats")
    found["cities"] = found["cities"].fillna("")
    if variable is not None:
        found = found[found["variable"].isin(chosen_variables(variable))]
    if years is not None:
        wanted = [years] if isinstance(years, int) else list(years)
        touched = [
            any(a <= y <= b for y in wanted) for a, b in zip(found["first_year"], found["last_year"], strict=True)
        ]
        found = found.loc[touched]
    if cities is not None:
        places = set(chosen_cities(cities))
        found = found.loc[[not text or bool(places & set(text.split(";"))) for text in found["cities"]]]
    return found.reset_index(drop=True)


@public
def check_caveats(
    variables: str | Iterable[str],
    years: int | Iterable[int] | None = None,
    *,
    cities: str | Iterable[str] | None = None,
    stacklevel: int | None = None,
) -> pd.DataFrame:
    """Warn, once a session for each caveat, if `variables` have known breaks or errors in `years`.

    For analyses of the shipped data; names that are not shipped variables are passed over.

    Parameters
    ----------
    variables : str or iterable of str
        Names of columns, such as those of a formula.
    years : int or iterable of int, optional
        Look for caveats that touch one of these years; by default any.
    cities : str or iterable of str, optional
        Look for caveats that touch one of these cities; by default any.
    stacklevel : int, optional
        Not used any more: the warning points at the caller by itself.

    Returns
    -------
    pandas.DataFrame
        The caveats that apply, notes left out.

    Warns
    -----
    CaveatWarning
        One sentence that names the variables and years and where to read more.

    Examples
    --------
    >>> len(check_caveats("population", range(2000, 2024)))
    0
    """
    if stacklevel is not None:
        warnings.warn(
            "stacklevel= is not needed: the warning of caveats points at the caller by itself; the option goes.",
            DeprecationWarning,
            stacklevel=outside(),
        )
    names = [variables] if isinstance(variables, str) else list(variables)
    known = set(chosen_variables("all"))
    found = caveats([n for n in names if n in known] or None, years=years, cities=cities)
    found = found[found["variable"].isin(names) & (found["severity"] != "note")]
    new = found[~found["text"].isin(_told)]
    if len(new):
        _told.update(new["text"])
        parts = []
        for name, rows in new.groupby("variable", sort=False):
            parts.append(f"{name} ({some(_spans(rows['first_year'], rows['last_year']))})")
        warnings.warn(
            f"known breaks or errors in {some(parts, 8)}; read gba.data.caveats({new['variable'].iloc[0]!r}).",
            CaveatWarning,
            stacklevel=outside(),
        )
    return found


def _spans(first: Iterable[int], last: Iterable[int]) -> list[str]:
    """Years from pairs of first and last, joined where they touch."""
    years = sorted({year for a, b in zip(first, last, strict=True) for year in range(a, b + 1)})
    starts = [year for year in years if year - 1 not in years]
    ends = [year for year in years if year + 1 not in years]
    return [f"{a}" if a == b else f"{a}-{b}" for a, b in zip(starts, ends, strict=True)]
