"""A statistic against what chance gives, and the scatterplot that it is the slope of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gbaspatial.figures.canvas import axes_of, folded, tidy
from gbaspatial.figures.fonts import written_names

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_NAMED = 30
_CORNERS = {"HH": (0.98, 0.97), "LH": (0.02, 0.97), "LL": (0.02, 0.03), "HL": (0.98, 0.03)}
_QUADRANTS = np.array(["#2C7BB6", "#A7ADF9", "#F4ADA8", "#D7191C"])  # LL, LH, HL, HH


def null_distribution(null: Any, name: str, alternative: str = "two-sided", *, ax: Axes | None = None) -> Axes:
    """The reference distribution of a statistic with the observed value and its mean.

    Parameters
    ----------
    null : Null
        Of `gbaspatial.inference`.
    name : str
        The statistic.
    alternative : str
        Of the p-value in the legend.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure if not given.
    """
    heights, edges = null.histogram()
    p = null.p_value(alternative)
    with written_names("en"):
        ax = axes_of(ax)
        ax.stairs(heights, edges, fill=True, color="#C9CDD2")
        ax.axvline(null.mean, color="#777777", linestyle=":", label=f"expected {null.mean:.3f}")
        ax.axvline(null.observed, color="#B2182B", label=f"observed {null.observed:.3f}, p = {p:.4f}")
        ax.set(xlabel=name, ylabel="density under the null")
        tidy(ax)
        ax.legend(frameon=False)
    return ax


def moran_scatter(
    points: pd.DataFrame,
    *,
    slope: float,
    variable: str,
    title: str = "",
    labels: bool | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Deviations and their spatial lags, the four quadrants, and the line whose slope is I for row-standardized W.

    Parameters
    ----------
    points : pandas.DataFrame
        Columns `value` and `lag`, by unit.
    slope : float
        Of the line of `lag` on `value`.
    variable, title : str
        What is on the axis of x; what stands above.
    labels : bool, optional
        Whether points carry the names of units; by default up to 30 units.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure if not given.
    """
    x, y = points["value"].to_numpy(), points["lag"].to_numpy()
    with written_names("en"):
        ax = axes_of(ax, (6.0, 5.0))
        ax.axhline(0, color="#999999", linewidth=0.8)
        ax.axvline(0, color="#999999", linewidth=0.8)
        ax.scatter(x, y, c=list(_QUADRANTS[2 * (x > 0) + (y > 0)]), edgecolor="white", linewidth=0.6, s=36, zorder=3)
        span = np.array([x.min(), x.max()])
        ax.plot(span, y.mean() + slope * (span - x.mean()), color="#333333")
        for name, (right, top) in _CORNERS.items():
            across, up = "right" if right > 0.5 else "left", "top" if top > 0.5 else "bottom"
            ax.text(right, top, name, transform=ax.transAxes, color="#666666", ha=across, va=up)
        if labels or (labels is None and len(points) <= MOST_NAMED):
            for unit, a, b in zip(points.index, x, y, strict=True):
                ax.annotate(str(unit), (a, b), xytext=(4, 3), textcoords="offset points", fontsize=8)
        ax.set(xlabel=folded(f"{variable} (deviation from the mean)", 70), ylabel="spatial lag")
        ax.set_title(title, fontsize=10)
        tidy(ax)
    return ax
