"""Panels over time: a statistic by period, and estimates with their intervals by period."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gbaspatial.errors import DataError
from gbaspatial.figures.canvas import axes_of, folded, tidy
from gbaspatial.figures.effects import COLORS
from gbaspatial.options import public

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@public
def period_line(values: pd.Series, *, expected: float | None = None, label: str = "", ax: Axes | None = None) -> Axes:
    """A statistic by period, beside what is expected of it.

    Parameters
    ----------
    values : pandas.Series
        By period; missing values leave a gap.
    expected : float, optional
        A dashed line.
    label : str
        The title.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default on a new figure.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    DataError
        If there is nothing to draw.

    Examples
    --------
    >>> ax = period_line(pd.Series([0.2, 0.3], index=[2019, 2020], name="moran"), expected=-0.1)
    >>> ax.get_ylabel()
    'moran'
    """
    if values.dropna().empty:
        raise DataError("there is no value to draw; the diagnostics have none without W.")
    ax = axes_of(ax)
    places = np.arange(len(values))
    ax.plot(places, values.to_numpy(dtype=float), marker="o", markersize=4, color="#2166AC")
    _draw_zero(ax)
    if expected is not None:
        ax.axhline(expected, color="#777777", linestyle="--", linewidth=0.9, label=f"expected {expected:.3f}")
        ax.legend(frameon=False)
    _name_periods(ax, values.index)
    ax.set_ylabel(str(values.name))
    ax.set_title(folded(label, 60))
    tidy(ax)
    return ax


@public
def period_bands(frame: pd.DataFrame, *, label: str = "", measured: str = "", ax: Axes | None = None) -> Axes:
    """Estimates by period with their intervals as bands, one line for each effect; open ends run to the frame.

    Parameters
    ----------
    frame : pandas.DataFrame
        Indexed (period, effect), with columns `estimate, lower, upper`.
    label : str
        The title.
    measured : str
        What the axis measures.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default on a new figure.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    DataError
        If there is nothing to draw.

    Examples
    --------
    >>> index = pd.MultiIndex.from_product([[2019, 2020], ["direct", "total"]])
    >>> frame = pd.DataFrame({"estimate": [1.0, 2, 1, 3], "lower": 0.5, "upper": 4.0}, index=index)
    >>> [line.get_label() for line in period_bands(frame).get_lines()]
    ['direct', 'total']
    """
    if frame.empty:
        raise DataError("there is no estimate to draw; the frame is empty.")
    ax = axes_of(ax)
    periods = frame.index.unique(0)
    places = np.arange(len(periods))
    ends = frame[["estimate", "lower", "upper"]].to_numpy(dtype=float)
    finite = ends[np.isfinite(ends)]
    margin = 0.05 * (float(np.ptp(finite)) or 1.0)
    frame_of = (float(finite.min()) - margin, float(finite.max()) + margin)
    for effect in frame.index.unique(1):
        part = frame.xs(effect, level=1).reindex(periods)
        color = COLORS.get(effect, "#333333")
        ax.plot(places, part["estimate"], marker="o", markersize=4, color=color, label=str(effect))
        low, high = part["lower"].clip(lower=frame_of[0]), part["upper"].clip(upper=frame_of[1])
        ax.fill_between(places, low, high, color=color, alpha=0.15, linewidth=0)
    if not np.isfinite(ends).all():
        ax.set_ylim(*frame_of)
    _draw_zero(ax)
    effects = len(frame.index.unique(1))
    ax.legend(frameon=False, loc="lower left", bbox_to_anchor=(0, 1), ncol=effects, borderaxespad=0.2)
    _name_periods(ax, periods)
    ax.set_ylabel(measured)
    ax.set_title(label, pad=24)
    tidy(ax)
    return ax


def _draw_zero(ax: Axes) -> None:
    """A thin line at zero where the axis has it."""
    low, high = ax.get_ylim()
    if low < 0 < high:
        ax.axhline(0, color="#999999", linewidth=0.8, zorder=0)


def _name_periods(ax: Axes, periods: pd.Index) -> None:
    """At most a dozen names along the axis."""
    step = max(1, -(-len(periods) // 12))
    shown = np.arange(0, len(periods), step)
    ax.set_xticks(shown, [str(periods[place]) for place in shown])
    if periods.name is not None:
        ax.set_xlabel(str(periods.name))
