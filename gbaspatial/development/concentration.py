"""Where sectors gather and units specialize: location quotients, Krugman's index, Ellison and Glaeser's."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd

from gbaspatial.alignment import align, align_labels, as_numbers, check_units
from gbaspatial.development.quantities import check_amounts, check_sizes
from gbaspatial.errors import DataError, GbaWarning, LabelTypeError, some
from gbaspatial.options import public
from gbaspatial.results import Result, Table


@dataclass(frozen=True, slots=True, eq=False)
class LocationQuotientResult(Result):
    """Shares of sectors in units over their shares in the reference.

    Attributes
    ----------
    quotients : pandas.DataFrame
        By unit (row) and sector: above one, the sector weighs more here than in the reference.
    shares : pandas.DataFrame
        Share of each sector in its unit.
    reference : pandas.Series
        Share of each sector in the reference.
    """

    quotients: pd.DataFrame
    shares: pd.DataFrame
    reference: pd.Series

    def strongest(self) -> pd.DataFrame:
        """The sector with the highest quotient of each unit."""
        return pd.DataFrame({
            "sector": self.quotients.idxmax(axis=1), "quotient": self.quotients.max(axis=1),
        })  # fmt: skip

    def tables(self) -> tuple[Table, ...]:
        """Quotients by unit; the strongest sector of each."""
        note = "Share of the sector in the unit over its share in the reference; one: alike."
        return (Table(self.quotients, "Location quotients", (note,)), Table(self.strongest(), "Strongest sector"))


@public
def location_quotient(amounts: pd.DataFrame, *, reference: pd.Series | None = None) -> LocationQuotientResult:
    """Location quotients: the share of a sector in a unit over its share in the reference area.

    Parameters
    ----------
    amounts : pandas.DataFrame
        Employment or value added by unit (row) and sector (column), none negative: amounts, not
        shares. Shares times the total of the unit are amounts.
    reference : pandas.Series, optional
        Amounts by sector in a larger area; by default the sum of the units.

    Returns
    -------
    LocationQuotientResult

    Raises
    ------
    AlignmentError, MissingDataError, DataError
        If amounts are missing, negative or zero for a whole unit or sector, or are shares that do not add up.

    References
    ----------
    Isard, W. (1960). Methods of Regional Analysis: an Introduction to Regional Science.

    Examples
    --------
    >>> amounts = pd.DataFrame({"food": [1.0, 3], "steel": [3.0, 1]}, index=["a", "b"])
    >>> location_quotient(amounts).quotients.to_numpy().tolist()
    [[0.5, 1.5], [1.5, 0.5]]
    """
    table = _amounts(amounts)
    shares = table.div(table.sum(axis=1), axis=0)
    whole = table.sum() if reference is None else _reference(reference, table.columns)
    base = whole / whole.sum()
    return LocationQuotientResult(shares / base, shares, base.rename("share"))


@dataclass(frozen=True, slots=True, eq=False)
class KrugmanResult(Result):
    """How far the sectors of units differ, from 0 (the same structure) to 2 (no sector in common).

    Attributes
    ----------
    specialization : pandas.Series
        Of each unit against all the others together.
    pairs : pandas.DataFrame
        Between each two units.
    """

    specialization: pd.Series
    pairs: pd.DataFrame

    def tables(self) -> tuple[Table, ...]:
        """Against the others; between pairs."""
        note = "Sum over sectors of the absolute difference of shares: half of it would have to change its sector."
        first = Table(self.specialization.to_frame(), "Krugman's index of specialization, against the others", (note,))
        return (first, Table(self.pairs, "Between pairs"))


@public
def krugman(amounts: pd.DataFrame) -> KrugmanResult:
    """Krugman's index of specialization: the sum over sectors of absolute differences of shares.

    Parameters
    ----------
    amounts : pandas.DataFrame
        Employment or value added by unit (row) and sector (column), none negative.

    Returns
    -------
    KrugmanResult

    Raises
    ------
    MissingDataError, DataError
        If amounts are missing, negative or zero for a whole unit or sector, are shares that do not add up, or there is
        one unit.

    References
    ----------
    Krugman, P. (1991). Geography and Trade. MIT Press.

    Examples
    --------
    >>> amounts = pd.DataFrame({"food": [1.0, 3], "steel": [3.0, 1]}, index=["a", "b"])
    >>> krugman(amounts).specialization.tolist()
    [1.0, 1.0]
    """
    table = _amounts(amounts)
    if len(table) < 2:
        raise DataError("specialization is told against other units; there is one only.")
    if table.shape[1] < 2:
        raise DataError(f"the amounts have one sector, {table.columns[0]}, so that all units are alike; give several.")
    numbers = table.to_numpy()
    shares = numbers / numbers.sum(axis=1, keepdims=True)
    others = numbers.sum(axis=0) - numbers
    against = np.abs(shares - others / others.sum(axis=1, keepdims=True)).sum(axis=1)
    pairs = np.abs(shares[:, None, :] - shares[None, :, :]).sum(axis=2)
    return KrugmanResult(
        pd.Series(against, table.index, name="krugman"), pd.DataFrame(pairs, table.index, list(table.index))
    )


def _amounts(amounts: pd.DataFrame) -> pd.DataFrame:
    """A table of amounts, none negative, no row and no column empty."""
    if not isinstance(amounts, pd.DataFrame):
        raise LabelTypeError(f"the amounts are a {type(amounts).__name__}; pass a DataFrame of units and sectors.")
    check_units(amounts.index, "amounts")
    check_units(amounts.columns, "sectors")
    if amounts.empty:
        raise DataError("the amounts are empty; give at least one unit and one sector.")
    table = pd.DataFrame({name: as_numbers(amounts[name]) for name in amounts}, index=amounts.index)
    table = table / max(
        float(np.abs(table.to_numpy()).max()), np.finfo(float).tiny
    )  # sums of huge numbers stay numbers
    check_amounts(table)
    _check_shares(amounts)
    for what, empty in (("sector", table.columns[table.sum() == 0]), ("unit", table.index[table.sum(axis=1) == 0])):
        if len(empty):
            raise DataError(f"the {what} {some(empty)} has nothing at all; leave it out.")
    return table


_SHARES = 0.05  # rows that sum to one or a hundred so nearly are meant as shares
_ROUNDED = 0.002  # what rounding of shares leaves


def _check_shares(amounts: pd.DataFrame) -> None:
    """Raise where rows are shares that do not add up; warn where they are shares that do."""
    sums = amounts.sum(axis=1).astype(float)
    for whole in (1.0, 100.0):
        off = (sums / whole - 1).abs()
        if len(sums) < 2 or (off > _SHARES).any():
            continue
        odd = off.index[off > _ROUNDED]
        if len(odd):
            raise DataError(
                f"rows look like shares, but do not add up to {whole:g}: {some(odd)}; give amounts, such as shares "
                f"times the total of the unit."
            )
        warnings.warn(
            f"each row adds up to {whole:g}: shares, not amounts, so that a small unit counts as much as a large one "
            f"in the sum of the units; multiply each by the total of its unit.",
            GbaWarning,
            stacklevel=5,
        )


def _reference(reference: pd.Series, sectors: pd.Index) -> pd.Series:
    found = pd.Series(align(reference, sectors, "reference", "amounts"), sectors)
    if (found <= 0).any():
        raise DataError(f"the reference has nothing of {some(sectors[found <= 0])}; its share is divided by.")
    return found


@dataclass(frozen=True, slots=True, eq=False)
class EllisonGlaeserResult(Result):
    """Concentration of sectors beyond that of all activity and of their plants.

    Attributes
    ----------
    by_sector : pandas.DataFrame
        `plants`; `raw` G, the sum of squared differences of shares; `herfindahl` H of the plants' sizes; `gamma`; and
        `z` of G against plants thrown at random.
    """

    by_sector: pd.DataFrame

    def tables(self) -> tuple[Table, ...]:
        """The index by sector."""
        note = "gamma: 0 as if plants chose at random, above 0.05 highly concentrated (Ellison and Glaeser)."
        return (Table(self.by_sector, "Ellison and Glaeser's index", (note,)),)


@public
def ellison_glaeser(size: pd.Series, unit: pd.Series, sector: pd.Series) -> EllisonGlaeserResult:
    """Ellison and Glaeser's index of geographic concentration, from sizes of plants.

    gamma = (G - (1 - sum x^2) H) / ((1 - sum x^2) (1 - H)) with G = sum (s - x)^2 over units, s the
    units' shares of the sector, x of all plants, H the Herfindahl index of the sizes of its plants.

    Parameters
    ----------
    size : pandas.Series
        Employment of each plant, positive, by plant.
    unit, sector : pandas.Series
        Where each plant stands and what it makes, by plant.

    Returns
    -------
    EllisonGlaeserResult

    Raises
    ------
    AlignmentError, MissingDataError, DataError
        If the three cover different plants, a size is not positive, or there is one unit or one sector only.

    References
    ----------
    Ellison, G. and Glaeser, E. L. (1997). Geographic concentration in U.S. manufacturing
    industries: a dartboard approach. Journal of Political Economy 105(5), 889-927.

    Examples
    --------
    >>> plants = pd.DataFrame({"size": [1.0, 1, 1, 1], "unit": list("aabb"), "sector": list("xxyy")})
    >>> ellison_glaeser(plants["size"], plants["unit"], plants["sector"]).by_sector["gamma"].tolist()
    [1.0, 1.0]
    """
    if not isinstance(size, pd.Series):
        raise LabelTypeError(f"the sizes are a {type(size).__name__}; pass a Series by plant.")
    check_units(size.index, "sizes")
    if len(size) < 2:
        raise DataError(f"concentration needs two plants at least; there are {len(size)}.")
    numbers = align(size, size.index, "sizes")
    check_sizes(pd.Series(numbers, size.index))
    numbers = numbers / numbers.max()
    units, _ = pd.factorize(align_labels(unit, size.index, "units", "sizes"), sort=True)
    sectors, names = pd.factorize(align_labels(sector, size.index, "sectors", "sizes"), sort=True)
    if units.max() == 0:
        raise DataError("concentration needs plants in two units at least.")
    if sectors.max() == 0:
        raise DataError("all plants are of one sector, which is compared with itself; give all sectors.")
    everywhere = np.bincount(units, numbers) / numbers.sum()
    rows = [dartboard(numbers[sectors == k], units[sectors == k], everywhere) for k in range(len(names))]
    frame = pd.DataFrame(rows, index=pd.Index(names, name="sector"))
    return EllisonGlaeserResult(frame)


def dartboard(size: np.ndarray, unit: np.ndarray, x: np.ndarray) -> dict[str, float]:
    """G, H, gamma and z of one sector's plants, with `x` (n,) the shares of all activity by unit."""
    z = size / size.sum()
    s = np.bincount(unit, z, minlength=len(x))
    raw, H = float(((s - x) ** 2).sum()), float((z**2).sum())
    x2, x3 = float((x**2).sum()), float((x**3).sum())
    expected = (1 - x2) * H
    variance = 2 * (H**2 * (x2 - 2 * x3 + x2**2) - float((z**4).sum()) * (x2 - 4 * x3 + 3 * x2**2))
    alone = 1 - H < 1e-12  # one plant is wherever it is: nothing can be said
    return {
        "plants": len(size),
        "raw": raw,
        "herfindahl": H,
        "gamma": np.nan if alone else (raw - expected) / ((1 - x2) * (1 - H)),
        "z": np.nan if alone or variance <= 1e-15 else (raw - expected) / np.sqrt(variance),
    }
