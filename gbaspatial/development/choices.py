"""The choices that a coupling rests on, read and held against the data's names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

import pandas as pd

from gbaspatial.alignment import as_numbers, check_units
from gbaspatial.errors import OptionError, UnknownNameError, nearest_names, some
from gbaspatial.options import brief, word

Degree = Literal["modified", "original"]
Scale = Literal["pooled", "by period"]
Weighting: TypeAlias = "Literal['entropy', 'critic', 'equal'] | pd.Series"

_COLUMNS = ("development", "degree", "coordination", "grade")


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """The choices that a coupling rests on, each of which moves its numbers.

    Parameters
    ----------
    subsystems : dict of str to tuple of str
        The indicators of each subsystem.
    negative : frozenset of str
        Indicators where less is better.
    weights : str or pandas.Series
        How indicators are weighted within their subsystem.
    importance : pandas.Series
        Weight of each subsystem in the overall level; sums to one.
    degree : {"modified", "original"}
    scale : {"pooled", "by period"}
    margin : float
        Indicators run from `margin` to 1 - `margin`.
    """

    subsystems: dict[str, tuple[str, ...]]
    negative: frozenset[str]
    weights: Weighting
    importance: pd.Series
    degree: Degree
    scale: Scale
    margin: float

    @property
    def indicators(self) -> list[str]:
        """All indicators, subsystem by subsystem."""
        return [name for names in self.subsystems.values() for name in names]

    def without(self, subsystem: str) -> Plan:
        """The same choices for the other subsystems, which must have some importance."""
        kept = {name: names for name, names in self.subsystems.items() if name != subsystem}
        weights = self.weights
        if isinstance(weights, pd.Series):
            weights = weights.drop(list(self.subsystems[subsystem]))
        left = shares_of(self.importance.drop(subsystem), "importance")
        return replace(self, subsystems=kept, weights=weights, importance=left)


def subsystems_of(subsystems: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    """The indicators of each subsystem, two subsystems at least; no indicator stands in two."""
    if not isinstance(subsystems, Mapping):
        raise OptionError("subsystems= must be a mapping, e.g. {'innovation': ['patents'], 'finance': ['loans']}.")
    groups = {name: (names,) if isinstance(names, str) else tuple(names) for name, names in subsystems.items()}
    if len(groups) < 2:
        raise OptionError(f"coupling needs at least two subsystems; there is {some(groups) or 'none'} only.")
    empty = [name for name, names in groups.items() if not names]
    if empty:
        raise OptionError(f"the subsystem {some(empty)} has no indicator; name at least one column.")
    taken = [name for name in groups if not isinstance(name, str) or name in _COLUMNS]
    if taken:
        raise OptionError(f"a subsystem cannot be called {taken[0]!r}, as a column of the result is; rename it.")
    every = [name for names in groups.values() for name in names]
    twice = sorted({str(name) for name in every if every.count(name) > 1})
    if twice:
        raise OptionError(f"{some(twice)} would count twice; let an indicator stand in one subsystem only.")
    return groups


def negative_of(negative: Sequence[str], groups: Mapping[str, tuple[str, ...]]) -> frozenset[str]:
    """The indicators where less is better, each known."""
    names = [negative] if isinstance(negative, str) else list(negative)
    known = [name for one in groups.values() for name in one]
    for name in names:
        if name not in known:
            raise UnknownNameError(f"negative= names {name!r}, which is no indicator. {nearest_names(name, known)}")
    return frozenset(names)


def importance_of(importance: pd.Series | Mapping[str, float] | None, names: list[str]) -> pd.Series:
    """The weight of each subsystem, summing to one."""
    if importance is None:
        return pd.Series(1 / len(names), index=names)
    return shares_of(given_weights(importance, names, "importance"), "importance")


def weighting_of(weights: object, methods: Iterable[str]) -> Weighting:
    """A method of weighting by name, or the weights that were given by indicator."""
    if isinstance(weights, Mapping):
        return pd.Series(dict(weights))
    if isinstance(weights, (pd.Series, str)):
        return weights if isinstance(weights, pd.Series) else word(weights, methods, "weights")
    raise OptionError(
        f"weights={brief(weights)} must be one of {', '.join(map(repr, methods))}, or a Series or mapping with a "
        f"weight for each indicator."
    )


def given_weights(given: pd.Series | Mapping[str, float], names: list[str], what: str) -> pd.Series:
    """Weights that were given, in the order of `names`: each known, none negative."""
    if isinstance(given, Mapping):
        given = pd.Series(dict(given))
    if not isinstance(given, pd.Series):
        raise OptionError(f"{what}= must be a Series by name: {some(names)}.")
    check_units(given.index, f"names of {what}=")
    strange = [name for name in given.index if name not in names]
    if strange:
        raise UnknownNameError(f"{what}= names {strange[0]!r}, which is not there. {nearest_names(strange[0], names)}")
    absent = [name for name in names if name not in given.index]
    if absent:
        raise UnknownNameError(f"{what}= has nothing for {some(absent)}; give each a weight, if need be zero.")
    numbers = as_numbers(given, f"{what}=").reindex(names)
    if (numbers < 0).any():
        raise OptionError(f"{what}= is negative for {some(numbers.index[numbers < 0])}; list it in negative= instead.")
    return numbers


def shares_of(numbers: pd.Series, what: str) -> pd.Series:
    """`numbers`, none negative, divided by their sum."""
    if not numbers.max() > 0:
        raise OptionError(f"{what}= is zero for all of {some(numbers.index)}; one at least must count.")
    numbers = numbers / numbers.max()
    return numbers / numbers.sum()
