"""Flows between units as a long table: read by label, with the border that they cross."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from gbaspatial.alignment import align_labels
from gbaspatial.errors import (
    AlignmentError,
    CollinearityError,
    DataError,
    FormulaError,
    LabelTypeError,
    MissingDataError,
    OptionError,
    UnknownNameError,
    nearest_names,
    some,
)
from gbaspatial.formula import design as read_design, is_intercept
from gbaspatial.results import data_hash
from gbaspatial.spillover.two_way_poisson import TwoWay

BORDER = "border"
_ABSORBED = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class FlowDesign:
    """The numbers of a gravity model, in the order of the sorted pairs.

    Attributes
    ----------
    formula, response, terms
        As written, the border with it; the intercept is absorbed and not a term.
    y, X : numpy.ndarray, shapes (m,) and (m, k)
    pairs, index : pandas.MultiIndex
        Origin and destination of the rows of X, and of the rows as they were given.
    data : pandas.DataFrame
        The columns used, by pair.
    units : pandas.Index
        All origins and destinations, sorted.
    ways : TwoWay
        The places of each flow among the units.
    abroad : numpy.ndarray of bool, shape (m,)
        Which flows cross the border.
    groups : numpy.ndarray or None
        The side of each unit; None where each unit is a side of its own.
    """

    formula: str
    response: str
    terms: tuple[str, ...]
    y: np.ndarray
    X: np.ndarray
    pairs: pd.MultiIndex
    index: pd.MultiIndex
    data: pd.DataFrame
    units: pd.Index
    ways: TwoWay
    abroad: np.ndarray
    groups: np.ndarray | None

    @property
    def n(self) -> int:
        """Number of flows."""
        return len(self.y)

    @property
    def k(self) -> int:
        """Number of columns of X."""
        return len(self.terms)

    @property
    def fingerprint(self) -> str:
        """A hash of the data used, the same for any order of rows."""
        return data_hash(self.data, self.formula)

    def label(self, numbers: np.ndarray, name: object = None) -> pd.Series:
        """`numbers` (m,) in the order of the pairs as a Series in the order of the flows as given."""
        return pd.Series(numbers, index=self.pairs, name=name).reindex(self.index)

    def names(self, rows: np.ndarray) -> list[str]:
        """The flows of `rows` in words."""
        return [f"{origin} to {destination}" for origin, destination in self.pairs[rows]]


def read_flows(
    flows: pd.DataFrame, formula: str, origin: str, destination: str, groups: pd.Series | None, border: bool
) -> FlowDesign:
    """The design of a gravity model.

    Raises
    ------
    LabelTypeError, UnknownNameError, AlignmentError, MissingDataError, DataError, FormulaError, CollinearityError
        For flows that cannot be used; nothing is dropped.
    """
    flow = formula.partition("~")[0].strip() if isinstance(formula, str) else ""
    if flow.startswith(("log(", "log1p(", "log2(", "log10(")):
        raise FormulaError(
            f"the formula explains {flow}, but E y = exp(X b) takes the logarithm already; give the flows as they are, "
            f"zeros among them."
        )
    pairs, columns = _pairs(flows, origin, destination)
    units = _sorted(pd.Index(pairs.get_level_values(0)).append(pd.Index(pairs.get_level_values(1))).unique())
    places = [units.get_indexer(pairs.get_level_values(level)) for level in (0, 1)]
    sides = None if groups is None else align_labels(groups, units, "groups", "flows")
    abroad = places[0] != places[1] if sides is None else sides[places[0]] != sides[places[1]]
    if border:
        if BORDER in columns:
            raise OptionError(
                f"the flows have a column {BORDER!r}, which is the name of the border; rename it, or put it into the "
                f"formula and leave the other out with border=False."
            )
        _check_border(abroad, "group" if sides is not None else "unit")
        columns, formula = columns.assign(**{BORDER: abroad.astype(float)}), f"{formula} + {BORDER}"
    names = pd.Index([f"{one} to {two}" for one, two in pairs])
    if not names.is_unique:
        names = pd.Index([f"{one!r} to {two!r}" for one, two in pairs])
    read = read_design(formula, columns.set_axis(names), None)
    order = names.get_indexer(read.ids)
    if (read.y < 0).any():
        raise DataError(f"{read.response} is negative for {some(read.ids[read.y < 0])}; flows cannot be.")
    kept = [place for place, term in enumerate(read.terms) if not is_intercept(term)]
    if not kept:
        raise FormulaError("the formula has no regressor, and border=False leaves none; write such as 'trade ~ x'.")
    return FlowDesign(
        formula=formula, response=read.response, terms=tuple(read.terms[place] for place in kept), y=read.y,
        X=read.X[:, kept], pairs=pairs[order], index=pairs, data=read.data.set_axis(pairs[order]), units=units,
        ways=TwoWay(places[0][order], places[1][order]), abroad=abroad[order], groups=sides,
    )  # fmt: skip


def _pairs(flows: pd.DataFrame, origin: str, destination: str) -> tuple[pd.MultiIndex, pd.DataFrame]:
    """Origin and destination of each row, and the columns beside them."""
    if not isinstance(flows, pd.DataFrame):
        raise LabelTypeError(
            f"the flows are a {type(flows).__name__}; pass a DataFrame with one row per origin and destination."
        )
    flows = pd.DataFrame(flows)
    named = [name for name in (origin, destination) if name in flows.columns]
    if len(named) == 2 and origin != destination:
        pairs = pd.MultiIndex.from_frame(flows[[origin, destination]])
        columns = flows.drop(columns=[origin, destination])
    elif flows.index.nlevels == 2 and not named:
        pairs, columns = pd.MultiIndex.from_tuples(list(flows.index), names=flows.index.names), flows
    elif origin == destination:
        raise OptionError(f"origin and destination are both {origin!r}; name two columns.")
    else:
        absent = next(name for name in (origin, destination) if name not in flows.columns)
        raise UnknownNameError(
            f"the flows have no column {absent!r}. {nearest_names(absent, flows.columns)} Name the columns by origin= "
            f"and destination=, or index the flows by both."
        )
    if not len(pairs):
        raise DataError("the flows have no rows, so there is nothing to estimate from.")
    missing = np.array([any(pd.isna(label) for label in pair) for pair in pairs])
    if missing.any():
        raise MissingDataError(f"origin or destination is missing in row {some(np.flatnonzero(missing) + 1)}.")
    if pairs.has_duplicates:
        twice = pairs[pairs.duplicated()].unique()
        raise AlignmentError(
            f"the flows have more than one row for {some(f'{a} to {b}' for a, b in twice)}; keep one row per origin "
            f"and destination, such as those of one year."
        )
    return pairs, columns


def _sorted(labels: pd.Index) -> pd.Index:
    try:
        return labels.sort_values()
    except TypeError:
        return labels[np.argsort(labels.map(str), kind="stable")]


def _check_border(abroad: np.ndarray, what: str) -> None:
    if abroad.all():
        raise DataError(
            f"every flow crosses the border, so that it cannot be told from the effects: a border needs flows within "
            f"regions. Add the flows within each {what}, give coarser groups=, or leave it out with border=False."
        )
    if not abroad.any():
        raise DataError("no flow crosses the border; give flows between groups=, or leave it out with border=False.")


def check_estimable(design: FlowDesign, kept: np.ndarray, ways: TwoWay) -> None:
    """Raise `CollinearityError` for terms that the effects of the `kept` (m,) flows absorb, or that depend on others.

    A variable of one importer, such as its income, is the same for all flows that end there.
    """
    X = design.X[kept]
    X = X - X.mean(axis=0)
    size = np.sqrt(np.square(X).sum(axis=0))
    left = ways.less(X / np.where(size > 0, size, 1.0), np.ones(len(X)))
    gone = np.square(left).sum(axis=0) < _ABSORBED**2
    if gone.any():
        place = int(np.argmax(gone))
        raise CollinearityError(_told_absorbed(design.terms[place], X[:, place], ways, some(_named(design, gone))))
    values = np.linalg.svd(left / np.sqrt(np.square(left).sum(axis=0)), compute_uv=False)
    if values[-1] < 1e-8 * values[0]:
        vector = np.linalg.svd(left, full_matrices=False)[2][-1]
        parts = [term for term, share in zip(design.terms, np.abs(vector), strict=True) if share > 1e-6]
        raise CollinearityError(f"{some(parts)} depend on each other once the effects are out; leave one of them out.")


def _named(design: FlowDesign, which: np.ndarray) -> list[str]:
    return [term for term, gone in zip(design.terms, which, strict=True) if gone]


def _told_absorbed(term: str, x: np.ndarray, ways: TwoWay, names: str) -> str:
    if term == BORDER:
        return (
            "the border cannot be told from the effects: a border needs flows within regions, of places that also "
            "have flows across it. Add them, or leave it out with border=False."
        )
    which = "the effects of origins and destinations together"
    for codes, what in ((ways.origin, "origin"), (ways.destination, "destination")):
        count = np.bincount(codes)
        means = np.bincount(codes, x) / np.maximum(count, 1)
        if np.abs(x - means[codes]).max() <= 1e-9 * np.abs(x).max(initial=0.0):
            which = f"the effects of the {what}s: it is the same for all flows of one {what}"
    return f"{names} cannot be estimated: absorbed by {which}. Leave it out, or use its product with a pair's variable."
