"""Estimates with their intervals: the forest of a model's effects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gbaspatial.alignment import columns_of
from gbaspatial.errors import DataError
from gbaspatial.figures.fonts import written_names
from gbaspatial.options import public

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLORS = {"direct": "#2C7FB8", "indirect": "#D95F0E", "total": "#333333"}


@public
def forest(result: Any, *, label: str = "") -> Figure:
    """Estimates and intervals, one row each, against zero; filled where the interval leaves zero out.

    Parameters
    ----------
    result : result or DataFrame
        Impacts, coefficients, or any table with columns `estimate, lower, upper`; an index of two levels
        (term, effect) groups the rows.
    label : str
        The title.

    Returns
    -------
    matplotlib.figure.Figure

    Examples
    --------
    >>> frame = pd.DataFrame({"estimate": [1.0, 0.2], "lower": [0.5, -0.3], "upper": [1.5, 0.7]}, index=["a", "b"])
    >>> [text.get_text() for text in forest(frame).axes[0].get_yticklabels()]
    ['a', 'b']
    """
    frame = result if isinstance(result, pd.DataFrame) else result.to_frame()
    with written_names("none"):
        return _forest(frame, label)


def frame_of(frame: pd.DataFrame) -> tuple[float, float]:
    """The two sides of a picture of intervals: all that is finite, zero and a margin lie between them.

    An end that is not finite is drawn to the side, so that it is seen to go on.

    Parameters
    ----------
    frame : pandas.DataFrame
        With columns `estimate, lower, upper`.

    Examples
    --------
    >>> frame_of(pd.DataFrame({"estimate": [1.0], "lower": [-np.inf], "upper": [2.0]}))
    (-0.12, 2.12)
    """
    numbers = frame[["estimate", "lower", "upper"]].to_numpy(dtype=float)
    known = np.append(numbers[np.isfinite(numbers)], 0.0)
    low, high = float(known.min()), float(known.max())
    margin = 0.06 * (high - low) or 1.0
    return low - margin, high + margin


def _forest(frame: pd.DataFrame, label: str) -> Figure:
    from matplotlib.figure import Figure

    columns_of(frame, ["estimate", "lower", "upper"], "effects")
    if frame.empty:
        raise DataError("there is no effect to draw; the table has no rows.")
    figure = Figure(figsize=(6.6, 0.9 + 0.32 * len(frame)), layout="constrained")
    ax = figure.add_subplot()
    place = np.arange(len(frame), dtype=float)
    if frame.index.nlevels > 1:  # a little air between the groups
        place += 0.6 * (pd.factorize(frame.index.get_level_values(0))[0])
    left, right = frame_of(frame)
    for at, (key, row) in zip(place, frame.iterrows(), strict=True):
        color = COLORS.get(str(key[-1]) if isinstance(key, tuple) else str(key), "#333333")
        clear = row["lower"] > 0 or row["upper"] < 0
        ends = [np.maximum(row["lower"], left), np.minimum(row["upper"], right)]
        ax.plot(ends, [at, at], color=color, lw=1.6, solid_capstyle="butt")
        if np.isfinite(row["estimate"]):
            ax.plot(row["estimate"], at, "o", color=color, mfc=color if clear else "white", ms=6)
    ax.axvline(0, color="#999999", lw=0.8, zorder=0)
    ax.set_xlim(left, right)
    ax.set_yticks(place, [_row_name(key) for key in frame.index], fontsize=8)
    ax.set_ylim(place[-1] + 0.6, -0.6)
    ax.set_title(label, fontsize=11, loc="left")
    open_ended = np.isinf(frame[["lower", "upper"]].to_numpy(dtype=float)).any()
    told = "; to the frame: no finite end" if open_ended else ""
    ax.set_xlabel(f"estimate and interval (filled: zero lies outside{told})", fontsize=8)
    ax.tick_params(labelsize=8)
    ax.spines[["top", "right", "left"]].set_visible(False)
    return figure


def _row_name(key: Any) -> str:
    return ", ".join(map(str, key)) if isinstance(key, tuple) else str(key)
