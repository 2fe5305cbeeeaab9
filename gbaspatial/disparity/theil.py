"""Theil's indices, which split into what lies between groups and within them."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from gbaspatial.alignment import align_labels
from gbaspatial.disparity.inequality import InequalityResult, Kind, shares_of
from gbaspatial.errors import DataError, some
from gbaspatial.options import public, word
from gbaspatial.referee import code as _code, second_opinion as _second_opinion
from gbaspatial.results import Table


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class TheilResult(InequalityResult):
    """Theil's index and, if groups were given, its two parts.

    Attributes
    ----------
    total : float
        The index; the result itself is this number too, as `value` is.
    between, within : float or None
        Inequality between the groups' means, and inside the groups; they sum to `total`.
    by_group : pandas.DataFrame or None
        By group: units, share of the amount, share of the people, its own index and its
        contribution to `within`.
    groups : pandas.Series or None
        The group of each unit, as given.
    kind : str
        ``"T"`` (weights by shares of the amount) or ``"L"`` (mean log deviation).
    """

    between: float | None
    within: float | None
    by_group: pd.DataFrame | None
    kind: Kind
    groups: pd.Series | None = field(default=None, kw_only=True)

    @property
    def total(self) -> float:
        """Inequality of all units."""
        return self.value

    @property
    def between_share(self) -> float | None:
        """The part of inequality that is between groups, 0 to 1."""
        return None if self.between is None else (self.between / self.total if self.total else 0.0)

    def tables(self) -> tuple[Table, ...]:
        """Total, between and within; then the groups."""
        parts = {"total": self.total, "between": self.between, "within": self.within}
        rows = {name: value for name, value in parts.items() if value is not None}
        frame = pd.DataFrame({"theil": pd.Series(rows, dtype=float)}).rename_axis("part")
        frame["share"] = frame["theil"] / self.total if self.total else 0.0
        title = f"Theil {self.kind}: inequality of {self.n} units"
        alone = self.by_group is not None and len(self.by_group) == 1
        notes = ("There is one group only, so that nothing can be between groups.",) if alone else ()
        first = Table(frame, title, notes)
        return (first,) if self.by_group is None else (first, Table(self.by_group, "By group"))


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class SharedTheil(TheilResult):
    """Theil's T of units that weigh the same, which other programs have, too; see `TheilResult`."""

    second_opinion = _second_opinion
    code = _code


@public
def theil(
    values: pd.Series,
    population: pd.Series | None = None,
    *,
    groups: pd.Series | None = None,
    kind: Kind = "T",
) -> TheilResult:
    """Theil's index of inequality, split between and within groups.

    Parameters
    ----------
    values : pandas.Series, length n
        Amounts by unit, such as GDP.
    population : pandas.Series, length n, optional
        People by unit: inequality of the amount per head.
    groups : pandas.Series, length n, optional
        The group of each unit, such as its tier.
    kind : {"T", "L"}
        Theil's T, sum of s ln(s / p), or L, sum of p ln(p / s) (mean log deviation).

    Returns
    -------
    TheilResult

    Raises
    ------
    AlignmentError, MissingDataError, DataError
        If values and population do not cover the same units, or are missing or negative.

    References
    ----------
    Theil, H. (1967). Economics and Information Theory. Shorrocks, A. F. (1980). The class
    of additively decomposable inequality measures. Econometrica 48, 613-625.

    Examples
    --------
    >>> gdp = pd.Series({"a": 4.0, "b": 2.0, "c": 1.0, "d": 1.0})
    >>> tier = pd.Series({"a": 1, "b": 1, "c": 2, "d": 2})
    >>> result = theil(gdp, groups=tier)
    >>> round(result.total, 4), round(result.between + result.within, 4)
    (0.1733, 0.1733)
    """
    word(kind, ("T", "L"), "kind")
    s, p = shares_of(values, population)
    if kind == "L" and (s == 0).any():
        raise DataError(f"Theil's L needs positive amounts, but they are zero for {some(values.index[s == 0])}.")
    of = SharedTheil if kind == "T" and population is None else TheilResult
    total, index = _theil(s, p, kind), "theil" if kind == "T" else "theil_l"
    if groups is None:
        alone = (None, None, None)
        return of(total, f"Theil {kind}", len(s), population is not None, *alone, kind, values=values, index=index)
    labels = align_labels(groups, values.index, "groups", "values")
    rows = {label: _group_row(s, p, labels == label, kind) for label in pd.unique(np.sort(labels))}
    frame = pd.DataFrame.from_dict(rows, orient="index").rename_axis(groups.name or "group")
    within = float(frame["contribution"].sum())
    shares = frame["amount_share"].to_numpy(), frame["population_share"].to_numpy()
    between = _theil(*shares, kind) if len(frame) > 1 else 0.0
    parts = (between, within, frame.astype({"units": int}))
    return of(
        total, f"Theil {kind}", len(s), population is not None, *parts, kind, values=values, index=index, groups=groups
    )


def _theil(s: np.ndarray, p: np.ndarray, kind: Kind) -> float:
    """Theil's T or L of shares `s` of the amount and `p` of the people; 0 ln 0 is 0."""
    a, b = (s, p) if kind == "T" else (p, s)
    held = a > 0
    return float((a[held] * np.log(a[held] / b[held])).sum())


def _group_row(s: np.ndarray, p: np.ndarray, inside: np.ndarray, kind: Kind) -> dict[str, float]:
    amount, people = float(s[inside].sum()), float(p[inside].sum())
    own = _theil(s[inside] / amount, p[inside] / people, kind) if amount > 0 else 0.0
    weight = amount if kind == "T" else people
    return {
        "units": int(inside.sum()),
        "amount_share": amount,
        "population_share": people,
        "theil": own,
        "contribution": weight * own,
    }
