"""What is shipped: every layer and table with its source, licence, year, CRS, SHA-256 and units."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gbaspatial.data import files
from gbaspatial.options import public

if TYPE_CHECKING:
    import pandas as pd


@public
def catalog() -> pd.DataFrame:
    """Every file that travels with the package.

    Returns
    -------
    pandas.DataFrame
        Index ``name``; columns ``kind`` ("layer" or "table"), ``loader, what, rows, source,
        licence, year, crs, units, sha256``.

    Examples
    --------
    >>> listed = catalog()
    >>> int(listed.loc["gba_cities", "rows"]), listed.loc["gba_cities", "crs"]
    (11, 'EPSG:4326')
    """
    return files.table("catalog").set_index("name").fillna("")


@public
def sources() -> pd.DataFrame:
    """Where the shipped figures come from.

    Returns
    -------
    pandas.DataFrame
        Index ``source_id``; columns ``title, address, address_complete`` (False where the
        address kept is not enough to find the page again), ``licence, note``. In the tables,
        ``S03+S01`` names the two sources of a derived value.

    Examples
    --------
    >>> listed = sources()
    >>> listed.loc["S06", "licence"], bool(listed.loc["S59", "address_complete"])
    ('PDDL', False)
    """
    listed = files.table("sources").set_index("source_id")
    return listed.assign(address=listed["address"].fillna(""))
