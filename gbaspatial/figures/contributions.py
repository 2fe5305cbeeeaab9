"""What a total consists of: contributions one after another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gbaspatial.errors import DataError
from gbaspatial.figures.canvas import FAINT, INK, axes_of, folded, keep_inside, tidy
from gbaspatial.figures.fonts import written_names
from gbaspatial.options import public

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_COLORS = {"own": "#2C7FB8", "spillover": "#D95F0E", "total": "#333333"}


@written_names("en")
@public
def waterfall(result: Any, *, label: str = "", ax: Axes | None = None) -> Axes:
    """Contributions one after another, from nothing to the total; of a scenario the total has its interval below.

    An end of the interval that is not finite is an arrow at the side of the frame.

    Parameters
    ----------
    result : ScenarioResult or Series
        What `gba.spillover.scenario` gives, or a Series indexed (part, name).
    label : str
        The title.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure if not given.

    Returns
    -------
    matplotlib.axes.Axes
        What was drawn in.

    Raises
    ------
    DataError
        If there is no contribution.

    Examples
    --------
    >>> import pandas as pd
    >>> index = pd.MultiIndex.from_tuples([("own", "Foshan"), ("spillover", "tier 2")])
    >>> [text.get_text() for text in waterfall(pd.Series([1.0, 0.5], index)).get_yticklabels()]
    ['own: Foshan', 'spillover: tier 2', 'total']
    """
    parts = result.parts() if hasattr(result, "parts") else result
    if not len(parts):
        raise DataError("there is no contribution to draw.")
    values = parts.to_numpy(dtype=float)
    ends = values.cumsum()
    starts = np.append(0.0, ends[:-1])
    names = [folded(f"{part}: {name}", 44) for part, name in parts.index] + ["total"]
    ax = axes_of(ax, (6.6, 0.34 * len(names) + 1.2))
    places = np.arange(len(names))
    colors = [_COLORS.get(str(part), "#7570B3") for part, _ in parts.index]
    ax.barh(places[:-1], values, left=starts, color=colors, height=0.7)
    ax.barh(places[-1:], ends[-1:], color=_COLORS["total"], height=0.7)
    for place, end in enumerate(ends):  # to where the next one begins
        ax.plot([end, end], [place - 0.35, place + 1.35], color=FAINT, lw=0.8, zorder=0)
    for place, (start, value) in enumerate(zip([*starts, 0.0], [*values, ends[-1]], strict=True)):
        ax.annotate(
            f"{value:+.3g}", (max(start, start + value), place), xytext=(4, 0), textcoords="offset points",
            va="center", fontsize=8, color=INK,
        )  # fmt: skip
    ax.axvline(0, color=INK, lw=0.8)
    ax.set_yticks(places, names)
    ax.invert_yaxis()
    ax.margins(x=0.12)
    measured = "contribution to the change of all units together"
    if hasattr(result, "groups"):
        both = tuple(float(result.groups[end].iloc[-1]) for end in ("lower", "upper"))
        _total_interval(ax, places[-1] + 0.45, *both)
        told = ", arrow: no finite end" if np.isinf(both).any() else ""
        measured = folded(f"{measured} (line below the total: its interval{told})", 70)
    ax.set_xlabel(measured)
    ax.set_title(label)
    tidy(ax)
    keep_inside(ax)
    return ax


def _total_interval(ax: Axes, at: float, lower: float, upper: float) -> None:
    """The interval of the total, below its bar."""
    if np.isnan(lower) or np.isnan(upper):
        return
    known = [end for end in (lower, upper) if np.isfinite(end)]
    left, right = ax.get_xlim()
    left, right = min([left, *known]), max([right, *known])
    margin = 0.04 * (right - left)
    left, right = left - margin * (lower <= left), right + margin * (upper >= right)
    ax.set_xlim(left, right)
    ax.plot([max(lower, left), min(upper, right)], [at, at], color=INK, lw=1.4, solid_capstyle="butt")
    for end, side, shape in ((lower, left, "<"), (upper, right, ">")):
        if np.isinf(end):
            ax.plot(side, at, shape, color=INK, ms=6, mec="none", clip_on=False)
