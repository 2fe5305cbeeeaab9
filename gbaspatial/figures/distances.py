"""Effects by distance: what falls off with kilometers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gbaspatial.alignment import columns_of
from gbaspatial.figures.canvas import FAINT, INK, SIGNAL, axes_of, folded, tidy
from gbaspatial.figures.fonts import written_names
from gbaspatial.options import public

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from gbaspatial.spillover.decay import DecayResult


@written_names("en")
@public
def spillover_decay(result: DecayResult, *, label: str = "", ax: Axes | None = None) -> Axes:
    """Spillover by band of distance as bars with their intervals, and the distance within which half arrives.

    An end that is not finite is an arrow at the side of the frame.

    Parameters
    ----------
    result : DecayResult
        What `gba.spillover.decay` gives.
    label : str
        The title.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure if not given.

    Returns
    -------
    matplotlib.axes.Axes
        What was drawn in.

    Examples
    --------
    >>> import gbaspatial as gba
    >>> cities = gba.load_cities(year=2019)
    >>> fit = gba.models.slx("log(gdp_pc_cny) ~ log(employment)", cities, gba.weights.contiguity(cities))
    >>> spillover_decay(gba.spillover.decay(fit, cities)).get_xlabel()
    'distance, km'
    """
    frame = result.to_frame()
    columns_of(frame, ["estimate", "lower", "upper"], "bands")
    start, end = (frame.index.get_level_values(level).to_numpy(dtype=float) for level in (0, 1))
    value, low, high = (frame[column].to_numpy(dtype=float) for column in ("estimate", "lower", "upper"))
    ax = axes_of(ax, (6.6, 4.0))
    middle, width = (start + end) / 2, (end - start) * 0.92
    ax.bar(middle, value, width, color="#A6CEE3", edgecolor="none")
    finite = np.isfinite(low) & np.isfinite(high)
    ax.vlines(middle[finite], low[finite], high[finite], color=INK, lw=1.2)
    seen = np.r_[0.0, value, low[finite], high[finite]]
    least, most = float(seen.min()), float(seen.max())
    margin = 0.12 * (most - least or 1.0)
    sides = (least - margin, most + margin)
    for place in np.flatnonzero(~finite & ~np.isnan(low) & ~np.isnan(high)):
        ax.vlines(middle[place], max(low[place], sides[0]), min(high[place], sides[1]), color=INK, lw=1.2)
        for end, side, shape in ((low[place], sides[0], "v"), (high[place], sides[1], "^")):
            if np.isinf(end):  # an arrow at the side of the frame: it goes on
                ax.plot(middle[place], side, shape, color=INK, ms=6, mec="none", clip_on=False)
    ax.set_ylim(*sides)
    ax.axhline(0, color=FAINT, lw=0.8)
    if np.isfinite(result.half_distance):
        ax.axvline(result.half_distance, color=SIGNAL, lw=1.2, ls="--")
        ax.annotate(
            f"half within {result.half_distance:.0f} km", (result.half_distance, 1), xycoords=("data", "axes fraction"),
            xytext=(4, -4), textcoords="offset points", va="top", color=SIGNAL, fontsize=9,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.0},
        )  # fmt: skip
    ax.set_xlabel("distance, km" + (" (arrow: no finite end)" if np.isinf([low, high]).any() else ""))
    ax.set_ylabel(folded(f"given to all others there, per unit of {result.term}", 40))
    ax.set_title(label)
    tidy(ax)
    return ax
