"""From the columns that a formula writes to all columns of X: Durbin lags, regimes, and what each column is."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from gbaspatial.errors import OptionError
from gbaspatial.weights import Weights

INTERCEPT = "Intercept"


@dataclass(frozen=True, slots=True)
class Column:
    """What one column of X is: the lag of `regressor` by the W named `weights`, or (None) itself."""

    name: str
    regressor: str
    weights: str | None = None


def is_intercept(term: str) -> bool:
    """Whether `term` is the intercept, or that of one regime."""
    return term == INTERCEPT or term.endswith(f":{INTERCEPT}")


def complete(
    X: np.ndarray,
    terms: tuple[str, ...],
    frame: pd.DataFrame,
    lags: Mapping[str, Weights],
    durbin: bool,
    regimes: str | None,
    learned: pd.DataFrame,
) -> tuple[np.ndarray, tuple[str, ...], tuple[Column, ...]]:
    """Adds the lags of a Durbin model and splits by regime; says what each column is."""
    if durbin:
        X, terms = _durbin(X, terms, lags)
    columns = tuple(_column(term, terms, lags) for term in terms)
    if regimes is None:
        return X, terms, columns
    levels = sorted(learned[regimes].unique())
    member = [(frame[regimes] == level).to_numpy() for level in levels]
    parts = np.concatenate([X * inside[:, None] for inside in member], axis=1)
    split = tuple(
        Column(f"{regimes}[{v}]:{c.name}", f"{regimes}[{v}]:{c.regressor}", c.weights) for v in levels for c in columns
    )
    return parts, tuple(c.name for c in split), split


def _durbin(X: np.ndarray, terms: tuple[str, ...], lags: Mapping[str, Weights]) -> tuple[np.ndarray, tuple[str, ...]]:
    if not lags:
        raise OptionError("durbin=True needs weights: the lags W(x) are added with them.")
    new = [
        place
        for place, term in enumerate(terms)
        if not is_intercept(term) and not names_lag(term, lags) and f"W({term})" not in terms
    ]
    added = lags["W"].sparse @ X[:, new]
    return np.hstack([X, added]), (*terms, *(f"W({terms[place]})" for place in new))


def names_lag(term: str, lags: Mapping[str, Weights]) -> bool:
    """Whether `term` holds a spatial lag by one of the weights."""
    return any(re.search(rf"\b{re.escape(name)}\(", term) for name in lags)


def _column(term: str, terms: Sequence[str], lags: Mapping[str, Weights]) -> Column:
    match = re.fullmatch(r"(\w+)\((.*)\)", term)
    if match and match.group(1) in lags and _balanced(match.group(2)):
        return Column(term, match.group(2), match.group(1))
    return Column(term, term)


def _balanced(text: str) -> bool:
    depth = 0
    for character in text:
        depth += (character == "(") - (character == ")")
        if depth < 0:
            return False
    return depth == 0
