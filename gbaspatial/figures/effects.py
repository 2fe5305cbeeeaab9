"""Estimates with their intervals: the one forest of coefficients, impacts and specifications; flows between groups."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pandas as pd

from gbaspatial.alignment import columns_of
from gbaspatial.errors import DataError
from gbaspatial.figures.canvas import axes_of, folded, keep_inside, tidy
from gbaspatial.figures.fonts import Language, written_names
from gbaspatial.options import public

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from gbaspatial.models.impacts.groups import GroupImpacts
    from gbaspatial.models.selection import SpecificationCurve


COLORS = {"direct": "#2C7FB8", "indirect": "#D95F0E", "total": "#333333"}
WORDS = {
    "en": {"measured": "estimate and interval", "filled": "filled: zero lies outside", "arrow": "arrow: no finite end"},
    "zh": {
        "measured": "估计值与区间",
        "filled": "实心：区间不含零",
        "arrow": "箭头：此端无界",
        "direct": "直接效应",
        "indirect": "间接效应",
        "total": "总效应",
    },
}
_ROW, _LINE, _PLOT = 0.32, 0.15, 4.8  # inches: a row, a line of its name, the width of what is drawn
_NAME, _AXIS, _TITLE = 44, 74, 46  # columns of letters at which the texts are folded


@public
def forest(result: Any, *, label: str = "", language: Language = "en", ax: Axes | None = None) -> Axes:
    """Estimates and intervals, one row each, against zero; filled where the interval leaves zero out.

    An end that is not finite is an arrow at the side of the frame. Long names are folded, and the picture is made as
    wide as they need.

    Parameters
    ----------
    result : result or DataFrame
        Impacts, coefficients, or any table with columns `estimate, lower, upper`; an index of two levels
        (term, effect) groups the rows.
    label : str
        The title.
    language : {"en", "zh"}
        Of the words beside the names; English where no Chinese font is installed.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure if not given.

    Returns
    -------
    matplotlib.axes.Axes
        What was drawn in.

    Raises
    ------
    DataError
        The table has no rows.
    UnknownNameError
        A column is missing.

    Examples
    --------
    >>> frame = pd.DataFrame({"estimate": [1.0, 0.2], "lower": [0.5, -0.3], "upper": [1.5, 0.7]}, index=["a", "b"])
    >>> [text.get_text() for text in forest(frame).get_yticklabels()]
    ['a', 'b']
    """
    frame = result if isinstance(result, pd.DataFrame) else result.to_frame()
    columns_of(frame, ["estimate", "lower", "upper"], "effects")
    with written_names(language) as written:
        words = WORDS[written] | getattr(result, "_axis_words", {}).get(written, {})
        names = [_row_name(key, words) for key in frame.index]
        last = [str(key[-1]) if isinstance(key, tuple) else str(key) for key in frame.index]
        return _forest(frame, names, [COLORS.get(each, "#333333") for each in last], words, label, ax)


def specification_curve(result: SpecificationCurve, term: str | None = None, *, ax: Axes | None = None) -> Axes:
    """The spatial parameter, or the total impact of `term`, under each specification, in ascending order.

    Parameters
    ----------
    result : SpecificationCurve
        What `gba.models.over_weights` gives.
    term : str, optional
        A regressor; without it the spatial parameter is drawn.
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
    >>> w = {f"{k} nearest": gba.weights.nearest(cities, k=k).row_standardized() for k in (3, 4)}
    >>> curve = gba.models.over_weights("log(gdp_pc_cny) ~ log(employment)", cities, w)
    >>> len(specification_curve(curve).get_yticklabels())
    2
    """
    frame = result.drawn_part(term)
    names = [" · ".join(map(str, np.atleast_1d(key))) for key in frame.index.tolist()]
    measured = "rho or lambda, 95 % interval" if term is None else f"total impact of {term}, 95 % interval"
    with written_names("en") as written:
        words = WORDS[written] | {"measured": measured}
        return _forest(frame.set_axis(names), names, ["#0b5d7a"] * len(frame), words, "", ax)


def group_flows(result: GroupImpacts, *, ax: Axes | None = None) -> Axes:
    """What groups give one another: a matrix of colors with the values in it.

    Parameters
    ----------
    result : GroupImpacts
        What `fit.impacts().by_group(groups)` gives.
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
    >>> group_flows(fit.impacts(method="delta").by_group(cities["tier"])).get_xlabel()
    'gives'
    """
    frame = result.matrix
    values = frame.to_numpy()
    with written_names("en"):
        ax = axes_of(ax, (1.1 * len(frame) + 2, 0.9 * len(frame) + 1.4))
        size = float(np.abs(values).max()) or 1.0
        ax.imshow(values, cmap="RdBu_r", vmin=-size, vmax=size)
        for (row, column), value in np.ndenumerate(values):
            strong = abs(value) > 0.6 * size
            ax.text(column, row, f"{value:.3g}", ha="center", va="center", color="white" if strong else "black")
        ax.set_xticks(range(len(frame)), [folded(str(c), 14) for c in frame.columns])
        ax.set_yticks(range(len(frame)), [folded(str(c), _NAME) for c in frame.index])
        ax.set(xlabel="gives", ylabel="receives")
        ax.set_title(folded(result.term, _TITLE), fontsize=10)
    return ax


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


def _forest(
    frame: pd.DataFrame, names: Sequence[str], colors: Sequence[str], words: dict[str, str], label: str, ax: Axes | None
) -> Axes:
    if frame.empty:
        raise DataError("there is no effect to draw; the table has no rows.")
    names = [folded(name, _NAME) for name in names]
    places = _places(frame.index, names)
    own = ax is None
    ax = axes_of(ax, (_PLOT + 2, 1.0 + _ROW * (places[-1] + 1)))
    left, right = frame_of(frame)
    for at, color, (lower, estimate, upper) in zip(
        places, colors, frame[["lower", "estimate", "upper"]].to_numpy(dtype=float), strict=True
    ):
        _interval(ax, at, (lower, estimate, upper), (left, right), color)
    ax.axvline(0, color="#999999", lw=0.8, zorder=0)
    ax.set_xlim(left, right)
    ax.set_ylim(places[-1] + 0.6, -0.6)
    ax.set_yticks(places, names, fontsize=8)
    ax.tick_params(axis="x", labelsize=8)
    ax.set_title(folded(label, _TITLE), fontsize=11, loc="left")
    open_ended = np.isinf(frame[["lower", "upper"]].to_numpy(dtype=float)).any()
    told = "; ".join([words["filled"], *([words["arrow"]] if open_ended else [])])
    measured = f"{words['measured']} ({told})"
    ax.set_xlabel(folded(measured, _AXIS) if own else "", fontsize=8)
    tidy(ax, sides=("top", "right", "left"))
    if own:
        _widen(ax)
        return ax
    keep_inside(ax)
    wide = (
        ax.get_window_extent().width / cast("Figure", ax.get_figure(root=True)).dpi
    )  # of axes that gave room to the names
    ax.set_xlabel(folded(measured, max(16, int(_AXIS / _PLOT * wide))))
    keep_inside(ax)
    return ax


def _interval(ax: Axes, at: float, row: tuple[float, float, float], sides: tuple[float, float], color: str) -> None:
    """One row: a line, a dot, and an arrow for an end that is not finite."""
    (lower, estimate, upper), (left, right) = row, sides
    ax.plot([np.maximum(lower, left), np.minimum(upper, right)], [at, at], color=color, lw=1.6, solid_capstyle="butt")
    if lower == -np.inf:
        ax.plot(left, at, "<", color=color, ms=6, mec="none", clip_on=False)
    if upper == np.inf:
        ax.plot(right, at, ">", color=color, ms=6, mec="none", clip_on=False)
    if np.isfinite(estimate):
        clear = lower > 0 or upper < 0
        ax.plot(estimate, at, "o", color=color, mfc=color if clear else "white", ms=6)


def _places(index: pd.Index, names: Sequence[str]) -> np.ndarray:
    """Where each row (n,) stands, in rows from the top: apart by the lines of the names, groups by a little air."""
    need = np.array([max(1.0, (_LINE * (name.count("\n") + 1) + 0.08) / _ROW) for name in names])
    places = np.append(0.0, np.cumsum((need[1:] + need[:-1]) / 2))
    group = pd.factorize(index.get_level_values(0))[0] if index.nlevels > 1 else np.zeros(len(index), dtype=int)
    if (np.diff(group) >= 0).all():
        places += 0.6 * group
    return places


def _widen(ax: Axes) -> None:
    """Make the figure as wide as its names need, so that what is drawn keeps its width."""
    figure = cast("Figure", ax.get_figure(root=True))
    longest = max(text.get_window_extent().width for text in ax.get_yticklabels()) / figure.dpi
    figure.set_size_inches(_PLOT + longest + 0.3, figure.get_size_inches()[1])


def _row_name(key: Any, words: dict[str, str]) -> str:
    parts = [words.get(str(part), str(part)) if at else str(part) for at, part in enumerate(np.atleast_1d(key))]
    return ": ".join(parts)
