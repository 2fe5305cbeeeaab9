"""From the columns that a formula writes to all columns of X: Durbin lags, regimes, and what each column is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gbaspatial.errors import DataError, FormulaError, OptionError, some
from gbaspatial.formula.mentions import lags_of, names_of
from gbaspatial.weights import Weights

if TYPE_CHECKING:
    from formulaic import ModelSpec
    from formulaic.parser.types import Factor

    from gbaspatial.alignment import Label


INTERCEPT = "Intercept"


@dataclass(frozen=True, slots=True)
class Column:
    """What one column of X is: the lag of `regressor` by the W named `weights`, or (None) itself.

    `lagged` tells whether a spatial lag stands anywhere in it, as in ``log(W(x))``; `base` is
    what a lag of a lag, as ``W(W(x))``, is in the end taken of.
    """

    name: str
    regressor: str
    weights: str | None = None
    lagged: bool = False
    base: str | None = None


def is_intercept(term: str) -> bool:
    """Whether `term` is the intercept, or that of one regime."""
    return term == INTERCEPT or term.endswith(f":{INTERCEPT}")


def written(spec: ModelSpec, lags: Mapping[str, Weights]) -> tuple[Column, ...]:
    """The columns that a formula writes, read from its terms: names of levels may hold anything.

    The lag of a dummy is named like any other lag, ``W(C(tier)[T.2])``.
    """
    own = _same_as_first(lags)
    return tuple(_column(str(name), term.term.factors, lags, own) for term in spec.structure for name in term.columns)


def _column(name: str, factors: tuple[Factor, ...], lags: Mapping[str, Weights], own: frozenset[str]) -> Column:
    coded = [factor.expr for factor in factors if factor.eval_method.value == "python"]
    lagged = any(names_of(code).called & set(lags) for code in coded)
    if not lagged or len(factors) != 1 or not name.startswith(coded[0]):
        return Column(name, name, lagged=lagged)
    path, base = lags_of(coded[0], lags)
    if not path:
        return Column(name, name, lagged=True)
    base = inner = base + name[len(coded[0]) :]
    for w in reversed(path[1:]):
        inner = f"{w}({inner})"
    quoted = inner.startswith("`") and inner.find("`", 1) == len(inner) - 1  # a column named `a b` is the term a b
    regressor = inner.strip("`") if quoted else inner
    weights = "W" if path[0] in own else path[0]
    return Column(f"{path[0]}({inner})", regressor, weights, lagged=True, base=base if path[1:] else None)


def _same_as_first(lags: Mapping[str, Weights]) -> frozenset[str]:
    """The names under which the model's own W goes: the first of a mapping is also ``W``."""
    return frozenset(name for name, w in lags.items() if w is lags["W"] or _equal(w, lags["W"]))


def _equal(one: Weights, two: Weights) -> bool:
    if not (isinstance(one, Weights) and isinstance(two, Weights)):  # those of a panel are one object or they differ
        return False
    same = one.ids.equals(two.ids) and one.sparse.nnz == two.sparse.nnz
    return same and (one.sparse != two.sparse).nnz == 0


def complete(
    X: np.ndarray,
    columns: tuple[Column, ...],
    frame: pd.DataFrame,
    lags: Mapping[str, Weights],
    durbin: bool,
    regimes: str | None,
    learned: pd.DataFrame,
) -> tuple[np.ndarray, tuple[Column, ...]]:
    """Adds the lags of a Durbin model and splits by regime; says what each column is."""
    if durbin:
        X, columns = _durbin(X, columns, lags)
    if regimes is None:
        return X, columns
    levels = classes_of(learned[regimes], regimes)
    unknown = [level for level in pd.unique(frame[regimes]) if level not in levels]
    if unknown:
        raise DataError(f"{regimes} is {some(unknown)}, which the model does not know; it knows {some(levels)}.")
    member = [(frame[regimes] == level).to_numpy() for level in levels]
    parts = np.concatenate([X * inside[:, None] for inside in member], axis=1)
    split = tuple(
        replace(c, name=f"{regimes}[{v}]:{c.name}", regressor=f"{regimes}[{v}]:{c.regressor}")
        for v in levels
        for c in columns
    )
    return parts, split


def classes_of(labels: pd.Series, name: str) -> list[Label]:
    """The classes of a column of regimes, in order.

    Raises
    ------
    DataError
        If they cannot be put in order, or all units are in one class.

    Examples
    --------
    >>> classes_of(pd.Series(["b", "a", "b"]), "side")
    ['a', 'b']
    """
    found = list(pd.unique(labels))
    try:
        levels = sorted(found)
    except TypeError as error:
        kinds = sorted({type(level).__name__ for level in found})
        raise DataError(
            f"the regimes {name!r} are of several types ({', '.join(kinds)}) and have no order: {some(found)}; make "
            f"them all text with data[{name!r}].astype(str)."
        ) from error
    if len(levels) < 2:
        raise DataError(f"the regimes {name!r} are {some(levels)} for every unit; two classes or more are needed.")
    return levels


def _durbin(
    X: np.ndarray, columns: tuple[Column, ...], lags: Mapping[str, Weights]
) -> tuple[np.ndarray, tuple[Column, ...]]:
    if not lags:
        raise OptionError("durbin=True needs weights: the lags W(x) are added with them.")
    there = {column.regressor for column in columns if column.weights == "W"}
    new = [
        place
        for place, column in enumerate(columns)
        if not is_intercept(column.name) and not column.lagged and column.name not in there
    ]
    added = lags["W"].sparse @ X[:, new]
    named = [Column(f"W({columns[p].name})", columns[p].name, "W", lagged=True) for p in new]
    for column in named:
        if column.name in {other.name for other in columns}:  # a column of the data is called so
            raise named_twice(column.name)
    return np.hstack([X, added]), (*columns, *named)


def named_twice(name: str) -> FormulaError:
    """The error of two columns of X with one name."""
    return FormulaError(f"two columns of the model are named {name!r}; rename one in the data.")
