"""Pictures of the parameters of a fit: refits, likelihood, posterior, power, and estimates without one unit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gbaspatial.figures.canvas import FAINT, SIGNAL, axes_of, folded, keep_inside, panels_of, tidy
from gbaspatial.figures.fonts import written_names

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from gbaspatial.models.few_units.bootstrap import BootstrapResult


BLUE = "#2166AC"
_HIGHEST_RATIO = 15.0  # of the likelihood ratio: what lies beyond says nothing and flattens the rest


def replicates(result: BootstrapResult, *, columns: int = 3, ax: Axes | np.ndarray | None = None) -> np.ndarray:
    """Histograms of the refits of a bootstrap, a panel for each term, with the estimate and the interval.

    Parameters
    ----------
    result : BootstrapResult
    columns : int
        Panels beside one another.
    ax : sequence of matplotlib.axes.Axes, optional
        One for each term; a new figure if not given.
    """
    terms, interval = list(result.estimates.index), result.conf_int()
    panels = panels_of(ax, len(terms), columns=columns)
    with written_names("en"):
        for term, panel in zip(terms, panels, strict=True):
            panel.hist(result.replicates[term].dropna(), bins=60, color="#9db4c8")
            panel.axvline(result.estimates[term], color=SIGNAL)
            for end in interval.loc[term]:
                panel.axvline(end, color="#404040", linestyle="--", linewidth=0.8)
            panel.set_title(folded(str(term), 30), fontsize=9)
    return panels


@written_names("en")
def likelihood_profile(result: Any, *, ax: Axes | None = None) -> Axes:
    """The profile log-likelihood over the admissible interval, with its cut and its intervals."""
    ax = axes_of(ax, (6.0, 3.6))
    shown = result.curve[result.curve["ratio"] < _HIGHEST_RATIO]
    ax.plot(shown["value"], shown["log_likelihood"], color=BLUE)
    ax.axhline(result.cut, color="#888888", linewidth=0.8)
    ax.axvline(result.estimate, color=SIGNAL, linewidth=1)
    for (kind, row), style in zip(result.intervals.iterrows(), ("--", ":"), strict=False):
        for label, end in ((kind, row["lower"]), (None, row["upper"])):
            ax.axvline(end, color="#404040", linestyle=style, linewidth=1, label=label)
    ax.set(xlabel=result.name, ylabel="profile log-likelihood")
    ax.legend(frameon=False, fontsize=8)
    tidy(ax)
    return ax


def without_units(result: Any, term: str | None = None, *, ax: Axes | None = None) -> Axes:
    """Estimates of `term` without each unit (or period) in turn, in ascending order, and a line where it is with all.

    Parameters
    ----------
    result : InfluenceResult
    term : str, optional
        By default the spatial parameter, or else the last term.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure if not given.
    """
    name = result.drawn_term(term)
    values = result.estimates[name].sort_values()
    own = ax is None
    with written_names("en"):
        ax = axes_of(ax, (6.0, 0.26 * len(values) + 1))
        if result.full is not None:
            ax.axvline(result.full[name], color=SIGNAL, linewidth=1, label=f"with all: {result.full[name]:.3g}")
            ax.legend(frameon=False, fontsize=8, loc="lower left", bbox_to_anchor=(0, 1), borderaxespad=0)
        ax.plot(values, range(len(values)), "o", color=BLUE)
        ax.set_yticks(range(len(values)), [folded(str(unit), 40) for unit in values.index])
        ax.set_xlabel(folded(f"{name} without the {result.left_out}", 60))
    tidy(ax)
    if not own:
        keep_inside(ax)
    return ax


@written_names("en")
def detected_effects(result: Any, *, ax: Axes | None = None) -> Axes:
    """Power over the size of an effect, with the target and the smallest effects that reach it."""
    ax = axes_of(ax, (6.0, 3.4))
    ax.plot(result.curve["effect"], result.curve["power"], color=BLUE)
    ax.axhline(result.target, color="#888888", linewidth=0.8)
    for end in (result.negative, result.positive):
        if np.isfinite(end):
            ax.axvline(end, color=SIGNAL, linestyle="--", linewidth=1)
    ax.set(xlabel=result.name, ylabel="power", ylim=(0, 1.02))
    tidy(ax)
    return ax


@written_names("en")
def posterior_density(result: Any, *, ax: Axes | None = None) -> Axes:
    """The posterior density of each spatial parameter."""
    ax = axes_of(ax, (6.0, 3.4))
    for name, grid in result.grids.items():
        ax.plot(grid.at, grid.density, label=name)
    ax.axvline(0, color=FAINT, linewidth=0.8)
    ax.set(xlabel="value", ylabel="posterior density", ylim=(0, None))
    ax.legend(frameon=False)
    tidy(ax)
    return ax
