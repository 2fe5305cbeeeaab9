"""Outputs and inputs as data envelopment analysis takes them: by label, none negative, in any unit of measurement."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from gbaspatial.alignment import as_numbers, check_same_units
from gbaspatial.development.indicators import check_rows
from gbaspatial.errors import DataError, LabelTypeError, OptionError, some


def as_table(given: pd.Series | pd.DataFrame, what: str) -> pd.DataFrame:
    """`given` as a frame of floats without negative numbers; each row and each column has something."""
    if isinstance(given, pd.Series):
        given = given.to_frame(what if given.name is None else given.name)
    if not isinstance(given, pd.DataFrame):
        raise LabelTypeError(f"the {what} are a {type(given).__name__}; pass a Series or DataFrame indexed by unit.")
    if not given.shape[1]:
        raise OptionError(f"the {what} have no column; name one at least.")
    check_rows(given.index, what)
    table = pd.DataFrame({name: as_numbers(given[name]) for name in given}, index=given.index)
    check_amounts(table)
    for name, column in table.items():
        if not (column > 0).any():
            raise DataError(f"{name!r} is zero everywhere; leave it out.")
    empty = table.index[(table == 0).all(axis=1)]
    if len(empty):
        raise DataError(f"{some(empty)} have no {what} at all; leave them out.")
    return table


def amounts(outputs: pd.Series | pd.DataFrame, inputs: pd.Series | pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Outputs and inputs with the same units in the same order."""
    y = as_table(outputs, "outputs")
    if y.index.nlevels > 1:
        raise OptionError("the outputs hold periods; take one, e.g. data.xs(2019, level='year'), or use malmquist().")
    x = as_table(inputs, "inputs")
    check_same_units(x.index, y.index, "inputs", "outputs")
    check_dimensions(len(y), y.shape[1], x.shape[1])
    return y, x.reindex(y.index)


def check_dimensions(units: int, outputs: int, inputs: int) -> None:
    """Raise where the frontier would have more dimensions than there are units to carry it."""
    if outputs + inputs >= units:
        raise DataError(
            f"{told_count(outputs, 'output')} and {told_count(inputs, 'input')} need more than "
            f"{outputs + inputs} units; there are {units}: nearly all would be efficient. "
            f"Take fewer columns or more units."
        )


def told_count(number: int, noun: str) -> str:
    """A number of things, in the singular where it is one.

    Examples
    --------
    >>> told_count(1, "output"), told_count(2, "input")
    ('1 output', '2 inputs')
    """
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def dimension_note(units: int, outputs: int, inputs: int, efficient: int) -> str:
    """What the number of units allows: a rule of thumb, and how many are efficient."""
    wanted = max(outputs * inputs, 3 * (outputs + inputs))
    said = f"{efficient} of {units} units are efficient"
    if units < wanted:
        said += f"; {outputs + inputs} columns ask for {wanted} units or more, so that much of this is want of peers"
    return said + "."


def scaled(*tables: np.ndarray) -> list[np.ndarray]:
    """Each table with its columns divided by the power of two next to their largest: any unit of money will do."""
    return [np.ldexp(table, -np.frexp(table.max(axis=0))[1]) for table in tables]


def named(names: str | Sequence[str], what: str) -> list[str]:
    """Column names as a list of one at least."""
    listed = [names] if isinstance(names, str) else list(names)
    if not listed:
        raise OptionError(f"{what}= names no column.")
    return listed


def check_amounts(table: pd.DataFrame) -> None:
    """Raise where an amount is negative."""
    for name, column in table.items():
        if (column < 0).any():
            raise DataError(f"{name!r} is negative for {some(column.index[column < 0])}; amounts must not be.")


def check_sizes(sizes: pd.Series) -> None:
    """Raise where a size is not positive."""
    if (sizes <= 0).any():
        raise DataError(f"the size is not positive for {some(sizes.index[sizes <= 0])}.")
