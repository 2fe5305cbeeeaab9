"""Profiles of a border's friction: how much the likelihood of each value lacks to the best one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gbaspatial.figures.canvas import FAINT, axes_of, folded, keep_inside, tidy
from gbaspatial.figures.fonts import written_names

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_HIGHEST = 12.0  # of the ratio: what lies beyond flattens the rest
COLORS = ("#0b5d7a", "#d95f0e", "#5e3c99", "#1b7837", "#8c510a", "#c51b7d", "#4d4d4d", "#2c7fb8")
STYLES = ("-", "--", ":", "-.")


def friction_profiles(ratio: pd.Series, cut: float, *, ax: Axes | None = None) -> Axes:
    """A line for each cell of a scan; frictions below the `cut` are in its interval.

    Parameters
    ----------
    ratio : pandas.Series
        Twice the fall of the log-likelihood from its top, by cell and, last, friction.
    cut : float
        The quantile that the interval ends at.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure if not given.

    Examples
    --------
    >>> index = pd.MultiIndex.from_product([["row"], [0.0, 0.5, 1.0]])
    >>> friction_profiles(pd.Series([3.0, 0.0, 1.0], index=index), 3.84).get_xlabel()
    'friction (0: closed, 1: no border)'
    """
    own = ax is None
    ax = axes_of(ax, (6.4, 4.2))
    top = min(_HIGHEST, max(1.5 * cut, float(np.nanmax(ratio.to_numpy()))))
    with written_names("en"):
        groups = ratio.groupby(level=list(range(ratio.index.nlevels - 1)), sort=False)
        for place, (name, line) in enumerate(groups):
            label = " · ".join(map(str, name)) if isinstance(name, tuple) else str(name)
            x, y = line.index.get_level_values(-1).to_numpy(dtype=float), line.to_numpy()
            color, style = COLORS[place % len(COLORS)], STYLES[(place // len(COLORS)) % len(STYLES)]
            ax.plot(x[1:], y[1:], style, color=color, label=folded(label, 40), linewidth=1.4)
            closed = np.clip(y[:1], 0.0, top)  # it may lie apart, and higher: then it stands at the frame
            ax.plot(x[:1], closed, "o", color=color, markersize=4, clip_on=False)
        ax.axhline(cut, color=FAINT, linewidth=1)
        ax.set(xlim=(0, 1), ylim=(top, 0), xlabel="friction (0: closed, 1: no border)", ylabel="likelihood ratio")
        ax.legend(frameon=False, fontsize=8)
    tidy(ax)
    if not own:
        keep_inside(ax)
    return ax
