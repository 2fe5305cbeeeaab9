"""Bounds of an effect by the size of what is allowed for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gbaspatial.alignment import columns_of
from gbaspatial.figures.canvas import axes_of, tidy
from gbaspatial.figures.fonts import Language, written_names
from gbaspatial.options import public

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_INTERVAL, _IDENTIFIED = "#2C7FB8", "#D95F0E"
_WORDS = {
    "en": {
        "size": "size of the deviations allowed for", "effect": "effect", "interval": "confidence interval",
        "identified": "if estimates were exact", "estimate": "estimate",
    },
    "zh": {
        "size": "所允许偏离的大小", "effect": "效应", "interval": "置信区间", "identified": "假如估计无误差",
        "estimate": "估计值",
    },
}  # fmt: skip


@public
def bounds_by_size(result: Any, *, language: Language = "en", ax: Axes | None = None) -> Axes:
    """Intervals of an effect by the size of the deviations allowed for: how much the conclusion bears.

    Parameters
    ----------
    result : HonestBounds or DataFrame
        Or any table indexed by size with columns `lower, upper, identified_lower, identified_upper`.
    language : {"en", "zh"}
        Of the words; English where no Chinese font is installed.
    ax : matplotlib.axes.Axes, optional

    Returns
    -------
    matplotlib.axes.Axes

    Examples
    --------
    >>> names = ["lower", "upper", "identified_lower", "identified_upper"]
    >>> frame = pd.DataFrame([[0.2, 1.0, 0.6, 0.6], [-0.3, 1.5, 0.1, 1.1]], index=[0.0, 1.0], columns=names)
    >>> bounds_by_size(frame).get_xlabel()
    'size of the deviations allowed for'
    """
    frame = result if isinstance(result, pd.DataFrame) else result.to_frame()
    columns_of(frame, ["lower", "upper", "identified_lower", "identified_upper"], "bounds")
    with written_names(language) as written:
        words, ax = _WORDS[written], axes_of(ax, (5.6, 3.8))
        place = np.arange(len(frame))
        ax.axhline(0, color="#999999", lw=0.8, zorder=0)
        ax.vlines(place, frame["lower"], frame["upper"], color=_INTERVAL, lw=1.8, label=words["interval"])
        exact = frame["identified_lower"], frame["identified_upper"]
        ax.vlines(place, *exact, color=_IDENTIFIED, lw=6, alpha=0.6, label=words["identified"])
        if hasattr(result, "estimate"):
            ax.axhline(result.estimate, color="#333333", lw=0.8, ls=":", label=words["estimate"])
        ax.set_xticks(place, [f"{size:.3g}" for size in frame.index])
        ax.set_xlim(-0.6, len(frame) - 0.4)
        ax.set_xlabel(words["size"])
        ax.set_ylabel(words["effect"])
        ax.legend(frameon=False, fontsize="small", loc="lower left", bbox_to_anchor=(0, 1), ncol=3)
        tidy(ax)
    return ax
