"""Effects by time since an event, with their intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gbaspatial.alignment import columns_of
from gbaspatial.figures.canvas import axes_of
from gbaspatial.figures.fonts import Language, written_names
from gbaspatial.options import public

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_COLORS = ("#2C7FB8", "#D95F0E", "#31A354", "#756BB1", "#636363")
_WORDS = {
    "en": {"time": "periods since the treatment", "effect": "effect", "alone": "without an interval"},
    "zh": {"time": "距处理的期数", "effect": "效应", "alone": "无区间"},
}


@public
def event_times(result: Any, *, language: Language = "en", ax: Axes | None = None) -> Axes:
    """Effects by event time, a color for each term; the base is an open mark on zero, a cross has no interval.

    Parameters
    ----------
    result : EventStudy or DataFrame
        Or any table indexed by term and event time with columns `estimate, lower, upper`.
    language : {"en", "zh"}
        Of the words beside the names; English where no Chinese font is installed.
    ax : matplotlib.axes.Axes, optional

    Returns
    -------
    matplotlib.axes.Axes

    Examples
    --------
    >>> index = pd.MultiIndex.from_product([["treated"], [-2, -1, 0]], names=["term", "event_time"])
    >>> frame = pd.DataFrame({"estimate": [0.1, 0, 2], "lower": [-1, 0, 1], "upper": [1, 0, 3]}, index=index)
    >>> event_times(frame).get_xlabel()
    'periods since the treatment'
    """
    frame = result if isinstance(result, pd.DataFrame) else result.to_frame()
    columns_of(frame, ["estimate", "lower", "upper"], "effects")
    with written_names(language) as written:
        return _drawn(frame, _WORDS[written], axes_of(ax, (6.6, 4.0)))


def _drawn(frame: pd.DataFrame, words: dict[str, str], ax: Axes) -> Axes:
    terms = list(frame.index.get_level_values(0).unique())
    without = False
    for k, term in enumerate(terms):
        part = frame.loc[term]
        x = part.index.to_numpy(dtype=float) + (k - (len(terms) - 1) / 2) * 0.16
        color = _COLORS[k % len(_COLORS)]
        estimate, lower, upper = (part[c].to_numpy(dtype=float) for c in ("estimate", "lower", "upper"))
        base = (lower == upper) & (estimate == 0)
        alone = ~base & ~(np.isfinite(lower) & np.isfinite(upper))
        ax.vlines(x[~alone], lower[~alone], upper[~alone], color=color, lw=1.6)
        ax.plot(x[~base & ~alone], estimate[~base & ~alone], "o", color=color, ms=5, label=str(term))
        ax.plot(x[base], estimate[base], "o", mfc="white", mec=color, ms=5)
        ax.plot(x[alone], estimate[alone], "x", color=color, ms=5)
        without |= bool(alone.any())
    ax.axhline(0, color="#999999", lw=0.8, zorder=0)
    ax.axvline(-0.5, color="#999999", lw=0.8, ls=":", zorder=0)
    ax.set_xlabel(words["time"])
    ax.set_ylabel(words["effect"])
    times = np.unique(frame.index.get_level_values(1))
    if len(times) <= 24:
        ax.set_xticks(times)
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    if without:
        ax.plot([], [], "x", color="#555555", ms=5, label=words["alone"])
    if len(terms) > 1 or without:
        ax.legend(frameon=False, loc="lower left", bbox_to_anchor=(0, 1), ncol=len(terms) + without)
    return ax
