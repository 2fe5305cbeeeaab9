"""Intervals without an end: which rows of a table of estimates have one, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gbaspatial.errors import some
from gbaspatial.results import number

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gbaspatial.alignment import Label
    from gbaspatial.models.impacts.engine import Engine


def ends_of(frame: pd.DataFrame) -> np.ndarray:
    """Both ends (rows, intervals, 2) of every interval of a table: columns `lower, upper`, or such with a name before.

    Examples
    --------
    >>> frame = pd.DataFrame({"net": [1.0], "net_lower": [-np.inf], "net_upper": [2.0], "estimate": [1.0]})
    >>> ends_of(frame).tolist()
    [[[-inf, 2.0]]]
    """
    names = [str(column).removesuffix("lower") for column in frame.columns if _is_lower(str(column))]
    sides = [frame[[f"{name}{end}" for name in names]].to_numpy(dtype=float) for end in ("lower", "upper")]
    return np.stack(sides, axis=2)


def _is_lower(column: str) -> bool:
    # percents follow from the changes of logarithms, and ranks have ends always
    return column == "lower" or (column.endswith("_lower") and column not in ("percent_lower", "rank_lower"))


def open_rows(frame: pd.DataFrame) -> np.ndarray:
    """The rows (r,) of which some interval lacks an end.

    Examples
    --------
    >>> open_rows(pd.DataFrame({"lower": [0.0, -np.inf], "upper": [1.0, np.inf]})).tolist()
    [False, True]
    """
    return np.asarray(np.isinf(ends_of(frame)).any(axis=(1, 2)))


def nothing_ends(frames: Iterable[pd.DataFrame]) -> bool:
    """Whether no interval of any table has an end, those of exact zeros set aside.

    Examples
    --------
    >>> nothing_ends([pd.DataFrame({"lower": [0.0, -np.inf], "upper": [0.0, np.inf]})])
    True
    """
    both = np.concatenate([ends_of(frame).reshape(-1, 2) for frame in frames])
    moving = both[~(both == 0).all(axis=1) & ~np.isnan(both).all(axis=1)]
    return bool(len(moving)) and not np.isfinite(moving).any()


def open_words(engine: Engine, names: Iterable[Label]) -> tuple[str, ...]:
    """What to say of the estimates `names` whose intervals lack an end; nothing where there is none."""
    told = list(names)
    if not told:
        return ()
    parameter = spatial_parameter(engine)
    value = (
        "" if parameter not in engine.fit.params else f" ({parameter} {number(float(engine.fit.params[parameter]))})"
    )
    return (
        f"Not determined at {engine.known.level:.0%}: {some(told)}. No {parameter} up to the end of what is possible "
        f"can be rejected{value}, so that the data set these no end.",
    )


def spatial_parameter(engine: Engine) -> str:
    """The parameter that may be anything: rho, or without a lag of the outcome lambda."""
    return "rho" if engine.fit.w is not None else "lambda"


def with_open_ends(title: str, frame: pd.DataFrame) -> str:
    """The `title` of a map, with the units of `frame` whose intervals lack an end.

    Examples
    --------
    >>> with_open_ends("Gains", pd.DataFrame({"lower": [0.0, 1.0], "upper": [1.0, np.inf]}, index=["a", "b"]))
    'Gains (not determined: b)'
    """
    rows = open_rows(frame)
    return f"{title} (not determined: {some(frame.index[rows])})" if rows.any() else title
