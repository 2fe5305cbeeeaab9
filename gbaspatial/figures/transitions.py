"""Who moves: the stochastic kernel, transition probabilities, ranks over the years."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gbaspatial.figures.canvas import FAINT, INK, SIGNAL, axes_of, tidy
from gbaspatial.figures.fonts import written_names
from gbaspatial.options import public

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_LEVELS = (0.05, 0.1, 0.2, 0.4, 0.6, 0.8)  # of the highest density
_LINES = 60  # ranks that the eye can follow; of more only those at both ends are named


@written_names("en")
@public
def kernel_contours(result: Any, *, label: str = "", ax: Axes | None = None) -> Axes:
    """The stochastic kernel as contours, its ridge, and the line on which nothing changes.

    Parameters
    ----------
    result : StochasticKernelResult
        What `gba.disparity.stochastic_kernel` gives.
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
    >>> panel = gba.load_panel(variables="gdp_pc_cny", years=[2010, 2019])["gdp_pc_cny"]
    >>> kernel_contours(gba.disparity.stochastic_kernel(panel)).get_xlabel()
    'relative to all, at the start'
    """
    ax = axes_of(ax, (5.2, 4.8))
    at = result.density.index.to_numpy()
    density = result.density.to_numpy()
    top = float(np.nanmax(density))
    ax.contourf(at, at, density.T, levels=[top * share for share in (*_LEVELS, 1.0)], cmap="Blues")
    ax.plot([at[0], at[-1]], [at[0], at[-1]], color=FAINT, lw=1, ls="--")
    ax.plot(at, result.median.to_numpy(), color=SIGNAL, lw=1.6)
    if result.step is None:
        ax.axhline(1, color=FAINT, lw=0.8)
        words = "relative to all", "relative to the neighbors"
    else:
        later = "a period later" if result.step == 1 else f"{result.step} periods later"
        words = "relative to all, at the start", later
    reach = result.start.index[result.start > result.start.max() * 1e-3]
    ax.set_xlim(reach.min(), reach.max())
    ax.set_ylim(reach.min(), reach.max())
    ax.set_xlabel(words[0])
    ax.set_ylabel(words[1])
    ax.set_title(label or "Dashed: nothing changes; red: the median", fontsize=10)
    tidy(ax)
    return ax


@written_names("en")
@public
def transition_matrix(result: Any, *, label: str = "", ax: Axes | None = None) -> Axes:
    """Transition probabilities as a square, from row to column, with the numbers.

    Parameters
    ----------
    result : MarkovResult or LisaMarkovResult
        What `gba.disparity.markov` or `gba.disparity.lisa_markov` gives.
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
    >>> panel = gba.load_panel(variables="gdp_pc_cny", years=range(2010, 2020))["gdp_pc_cny"]
    >>> len(transition_matrix(gba.disparity.markov(panel, classes=3)).texts)
    9
    """
    frame = result.probabilities
    P = frame.to_numpy()
    ax = axes_of(ax, (4.6, 4.2))
    ax.imshow(np.nan_to_num(P), cmap="Blues", vmin=0, vmax=1)
    for (row, column), share in np.ndenumerate(P):
        told = "–" if np.isnan(share) else f"{share:.2f}"
        ax.text(column, row, told, ha="center", va="center", fontsize=9, color="white" if share > 0.55 else INK)
    ax.set_xticks(range(len(P)), [str(name) for name in frame.columns])
    ax.set_yticks(range(len(P)), [str(name) for name in frame.index])
    ax.set_xlabel("to")
    ax.set_ylabel("from")
    ax.set_title(label)
    tidy(ax, sides=("top", "right", "left", "bottom"))
    return ax


@written_names("en")
@public
def rank_moves(result: Any, *, label: str = "", ax: Axes | None = None) -> Axes:
    """Ranks by period, a line for each unit; red where its order among its neighbors stands out from chance.

    Parameters
    ----------
    result : RankMobilityResult
        What `gba.disparity.rank_mobility` gives.
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
    >>> panel = gba.load_panel(variables="gdp_pc_cny", years=[2010, 2015, 2019])["gdp_pc_cny"]
    >>> len(rank_moves(gba.disparity.rank_mobility(panel)).lines)
    11
    """
    ranks = result.ranks
    ax = axes_of(ax, (7.0, 4.6))
    periods = np.arange(ranks.shape[1])
    signal = set(result.local.index[result.local["p_value"] <= 0.05]) if "p_value" in result.local else set()
    for unit, row in zip(ranks.index, ranks.to_numpy(), strict=True):
        ax.plot(periods, row, color=SIGNAL if unit in signal else "#7F9DB9", lw=1.4, marker="o", ms=2.5)
    if len(ranks) <= _LINES:
        size = 9 if len(ranks) <= 20 else 6
        ax.set_yticks(ranks.iloc[:, 0], [str(unit) for unit in ranks.index], fontsize=size)
        right = ax.secondary_yaxis("right")
        right.set_yticks(ranks.iloc[:, -1], [str(unit) for unit in ranks.index], fontsize=size)
    shown = np.arange(0, len(periods), -(-len(periods) // 8))  # evenly apart, so that no two run into one another
    ax.set_xticks(shown, [str(ranks.columns[at]) for at in shown])
    ax.invert_yaxis()
    ax.set_title(label or "Ranks, the highest value on top", fontsize=10)
    tidy(ax)
    return ax
