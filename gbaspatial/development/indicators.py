"""From columns to indicators on one scale, and their weights: arrays in, arrays out, but for the door at the top."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from gbaspatial.alignment import as_numbers, check_units, columns_of
from gbaspatial.errors import AlignmentError, DataError, LabelTypeError, some


def check_rows(index: pd.Index, what: str = "data") -> None:
    """Raise unless `index` has one row a unit, or one row a unit and period."""
    if index.nlevels == 1:
        check_units(index, what)
        return
    if index.nlevels > 2:
        raise AlignmentError(f"the index of the {what} has {index.nlevels} levels; use unit, or unit and period.")
    if not index.is_unique:
        twice = index[index.duplicated()].unique()
        raise AlignmentError(f"the {what} have more than one row for {some(twice)}; keep one row per unit and period.")


def columns_as_numbers(data: pd.DataFrame, names: Sequence[str], what: str = "data") -> np.ndarray:
    """The columns `names` of `data` as floats (n, k); what is missing or no number is named by column and rows."""
    if not isinstance(data, pd.DataFrame):
        raise LabelTypeError(
            f"the {what} are a {type(data).__name__}; pass a DataFrame indexed by unit, or by unit and period."
        )
    check_rows(data.index, what)
    columns_of(data, names, what)
    if len(data) < 2:
        raise DataError(f"the {what} have {len(data)} row; indicators are compared over two rows or more.")
    return np.column_stack([as_numbers(data[name]).to_numpy(float) for name in names])


def on_one_scale(raw: np.ndarray, negative: np.ndarray, margin: float, blocks: np.ndarray) -> np.ndarray:
    """Each column of `raw` (n, k) from its smallest to its largest value within a block of rows: margin to 1 - margin.

    Parameters
    ----------
    raw : numpy.ndarray, shape (n, k)
    negative : numpy.ndarray of bool, shape (k,)
        Columns where less is better: they are turned round.
    margin : float
    blocks : numpy.ndarray of int, shape (n,)
        Rows with the same number are compared with each other.

    Returns
    -------
    numpy.ndarray, shape (n, k)
        NaN where a column is constant within a block (see `constant_in`).
    """
    scaled = np.ldexp(raw, -np.frexp(np.abs(raw).max(axis=0))[1] - 1)  # differences of huge numbers stay numbers
    found = np.full(raw.shape, np.nan)
    for block in np.unique(blocks):
        rows = blocks == block
        low, high = scaled[rows].min(axis=0), scaled[rows].max(axis=0)
        spread = np.where(high > low, high - low, np.nan)
        share = (scaled[rows] - low) / spread
        found[rows] = margin + (1 - 2 * margin) * np.where(negative, 1 - share, share)
    return found


def constant_in(scaled: np.ndarray, blocks: np.ndarray) -> list[tuple[int, int]]:
    """Pairs of column and block where `on_one_scale` found nothing to compare."""
    rows, columns = np.nonzero(np.isnan(scaled))
    return sorted({(int(column), int(blocks[row])) for row, column in zip(rows, columns, strict=True)})


def entropy_weights(x: np.ndarray) -> np.ndarray:
    """Entropy weights (k,) of the columns of `x` (n, k), which are not negative: the more uneven, the heavier.

    With p the shares of the rows in a column, the weight follows 1 + sum p ln p / ln n.

    References
    ----------
    Shannon, C. E. (1948). A mathematical theory of communication. Bell System Technical
    Journal 27, 379-423. Zou, Z., Yun, Y. and Sun, J. (2006). Entropy method for
    determination of weight of evaluating indicators in fuzzy synthetic evaluation for
    water quality assessment. Journal of Environmental Sciences 18, 1020-1023.

    Examples
    --------
    >>> entropy_weights(np.array([[1.0, 0.0], [1.0, 1.0]])).round(6).tolist()
    [0.0, 1.0]
    """
    p = x / x.sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.where(p > 0, p * np.log(p), 0.0)
    unevenness = np.maximum(1 + terms.sum(axis=0) / np.log(len(x)), 0.0)
    return unevenness / unevenness.sum()


def critic_weights(x: np.ndarray) -> np.ndarray:
    """CRITIC weights (k,) of the columns of `x` (n, k): standard deviation times sum of (1 - correlation).

    NaN where every column says the same (all correlations are one).

    References
    ----------
    Diakoulaki, D., Mavrotas, G. and Papayannakis, L. (1995). Determining objective
    weights in multiple criteria problems: the CRITIC method. Computers and Operations
    Research 22, 763-770.

    Examples
    --------
    >>> critic_weights(np.array([[0.0, 0.0], [0.5, 1.0], [1.0, 0.0]])).round(4).tolist()
    [0.4641, 0.5359]
    """
    if x.shape[1] == 1:
        return np.ones(1)
    conflict = (1 - np.corrcoef(x, rowvar=False)).sum(axis=0)
    conflict[conflict < 1e-12] = 0.0  # what is left of zero by rounding
    information = x.std(axis=0) * conflict
    total = information.sum()
    return information / total if total > 0 else np.full(x.shape[1], np.nan)


def equal_weights(x: np.ndarray) -> np.ndarray:
    """The same weight for each column of `x` (n, k).

    Examples
    --------
    >>> equal_weights(np.ones((3, 4))).tolist()
    [0.25, 0.25, 0.25, 0.25]
    """
    return np.full(x.shape[1], 1 / x.shape[1])
