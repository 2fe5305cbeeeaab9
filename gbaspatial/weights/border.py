"""Border friction: a link across a legal or customs border counts for less."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pandas as pd
from scipy import sparse

from gbaspatial.alignment import align_labels
from gbaspatial.errors import OptionError, UnknownNameError, nearest_names, some

if TYPE_CHECKING:
    pass


Friction: TypeAlias = "float | Mapping[Any, float] | pd.DataFrame"  # one number, or by pair of groups


def slowed(
    W: sparse.csr_array, ids: pd.Index, groups: pd.Series, friction: Friction
) -> tuple[sparse.csr_array, pd.Index]:
    """`W` (n, n) with links across `groups` multiplied by `friction`, and those within a group if it says so.

    Also the units whose links all have one factor other than one: dividing their row by its sum undoes it.
    """
    codes, names = pd.factorize(align_labels(groups, ids))
    if isinstance(groups.dtype, pd.CategoricalDtype):  # of part of the units: a side may have none left
        names = [*names, *(name for name in groups.dtype.categories if name not in set(names))]
    table = friction_matrix(friction, [str(n) if not isinstance(n, str) else n for n in names], names)
    rows = np.repeat(np.arange(len(ids)), np.diff(W.indptr))
    factors = table[codes[rows], codes[W.indices]]
    absent = np.isnan(factors)
    if absent.any():
        pairs = {f"{names[codes[r]]} to {names[codes[c]]}" for r, c in zip(rows[absent], W.indices[absent])}
        raise UnknownNameError(f"no friction is given for links from {some(sorted(pairs))}; add these pairs.")
    slow = W.copy()
    slow.data = W.data * factors
    least, most = np.full(len(ids), np.inf), np.full(len(ids), -np.inf)
    open_ = factors > 0  # a closed border leaves no link that could be scaled back
    np.minimum.at(least, rows[open_], factors[open_])
    np.maximum.at(most, rows[open_], factors[open_])
    return slow, ids[(least == most) & (most != 1)]


def friction_matrix(friction: Friction, shown: list[str], names: np.ndarray) -> np.ndarray:
    """The factor from group to group (g, g): one within a group if no pair says otherwise, NaN where no pair is given.

    Parameters
    ----------
    friction : float, mapping or DataFrame
        A number for all borders; ``{(from, to): number}``, where ``(a, a)`` is a friction
        within the group; or a square table, of which the diagonal is not read.
    shown : list of str
        How the groups are called in an error.
    names : sequence
        The groups.

    Raises
    ------
    OptionError
        If a factor is negative or not finite, or `friction` is of another kind.
    UnknownNameError
        If a pair names a group that no unit has; categories of categorical groups may have none.
    """
    known = list(names)
    table = np.full((len(known), len(known)), np.nan)
    np.fill_diagonal(table, 1.0)
    if isinstance(friction, pd.DataFrame):
        pairs = {(a, b): friction.loc[a, b] for a in friction.index for b in friction.columns if a != b}
    elif isinstance(friction, Mapping):
        pairs = dict(friction)
    elif isinstance(friction, pd.Series):
        raise OptionError("friction is a Series; give a mapping of pairs, friction.to_dict(), or a square DataFrame.")
    else:
        table[~np.eye(len(known), dtype=bool)] = _factor(friction, "friction")
        pairs = {}
    for pair, value in pairs.items():
        if not (isinstance(pair, tuple) and len(pair) == 2):
            raise OptionError(f"friction has the key {pair!r}; give pairs of groups, e.g. ('mainland', 'Macao').")
        for name in pair:
            if name not in known:
                raise UnknownNameError(
                    f"friction names the group {name!r}, which no unit has. {nearest_names(name, shown)} Categorical "
                    f"groups may have categories without units."
                )
        a, b = known.index(pair[0]), known.index(pair[1])
        table[a, b] = _factor(value, f"friction from {pair[0]} to {pair[1]}")
        if (pair[1], pair[0]) not in pairs:
            table[b, a] = table[a, b]
    return table


def _factor(value: Any, what: str) -> float:
    try:
        factor = float(value)
    except (TypeError, ValueError):
        factor = np.nan
    if not (np.isfinite(factor) and factor >= 0):
        raise OptionError(f"{what} is {value!r}; it must be a number, zero or more (1 means no border).")
    return factor
