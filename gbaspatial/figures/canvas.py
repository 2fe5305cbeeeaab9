"""Where a picture is drawn: in the axes that are given, or in a figure of its own that pyplot does not know of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from gbaspatial.errors import OptionError
from gbaspatial.figures.fonts import stand_by
from gbaspatial.typesetting import display_width as width_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

INK, FAINT, SIGNAL = "#333333", "#B8B8B8", "#B2182B"
_HINTED = 1.08  # letters of few dots are wider: a picture may be saved at fewer dots per inch than it is measured at
_LEAST = 0.3  # of the width or height of axes that make room for their labels


def axes_of(ax: Axes | None, size: tuple[float, float] = (6.0, 4.0), *, polar: bool = False) -> Axes:
    """`ax`, or without one the axes of a new figure of `size` inches.

    The new figure is not pyplot's: none is left open behind the caller, and the current one stays the current one.
    A notebook shows the axes when they are what a cell gives.

    Parameters
    ----------
    ax : matplotlib.axes.Axes or None
    size : tuple of float
        Width and height.
    polar : bool
        Angles and lengths instead of x and y.

    Examples
    --------
    >>> axes_of(None, (3, 2)).figure.get_size_inches().tolist()
    [3.0, 2.0]
    """
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from gbaspatial.figures.notebook import Picture, PolarPicture

    if ax is None:
        figure = Figure(figsize=size, layout="constrained")
        return figure.add_subplot(axes_class=PolarPicture if polar else Picture)
    if not isinstance(ax, Axes):
        raise OptionError(f"ax is a {type(ax).__name__}; give matplotlib axes, such as plt.subplots()[1], or None.")
    if polar and ax.name != "polar":
        raise OptionError("this picture needs polar axes; make them with projection='polar'.")
    stand_by(ax)
    return ax


def panels_of(
    ax: Axes | np.ndarray | None, count: int, *, columns: int = 1, size: tuple[float, float] = (3.2, 2.4)
) -> np.ndarray:
    """As many axes as there are panels: those given as a sequence, or those of a new figure.

    Parameters
    ----------
    ax : sequence of matplotlib.axes.Axes, or None
        Axes alone do for one panel.
    count, columns : int
        Panels, and how many stand beside one another.
    size : tuple of float
        Inches of each.
    """
    from matplotlib.figure import Figure

    from gbaspatial.figures.notebook import Picture

    if ax is not None:
        given = list(np.ravel(np.asarray(ax, dtype=object)))
        if len(given) != count:
            raise OptionError(f"the picture has {count} panels and ax {len(given)} axes; give one for each, or None.")
        return np.array([axes_of(one) for one in given], dtype=object)
    columns = min(columns, count)
    rows = -(-count // columns)
    figure = Figure(figsize=(size[0] * columns, size[1] * rows), layout="constrained")
    made = [figure.add_subplot(rows, columns, at + 1, axes_class=Picture) for at in range(count)]
    return np.array(made, dtype=object)


def tidy(ax: Axes, *, sides: Sequence[str] = ("top", "right")) -> None:
    """Take away the lines at `sides` of the frame."""
    ax.spines[list(sides)].set_visible(False)
    ax.tick_params(colors=INK)


def folded(text: str, columns: int) -> str:
    """`text` in lines of at most `columns`, a Chinese character counting for two; words stay whole where they fit.

    Examples
    --------
    >>> folded("one two three", 7)
    'one two\\nthree'
    >>> folded("粤港澳大湾区", 6)
    '粤港澳\\n大湾区'
    """
    lines = [""]
    for word in text.split(" "):
        joined = f"{lines[-1]} {word}" if lines[-1] else word
        if width_of(joined) <= columns:
            lines[-1] = joined
            continue
        lines += [""] if lines[-1] else []
        for letter in word:  # a word longer than a line, or one of a script that has no spaces
            if width_of(lines[-1] + letter) > columns:
                lines.append("")
            lines[-1] += letter
    return "\n".join(lines)


def keep_inside(ax: Axes) -> None:
    """Draw `ax` in so far that its labels lie inside the figure, where no layout of the figure sees to it."""
    figure = ax.get_figure(root=True)
    if figure is None or figure.get_layout_engine() is not None:
        return
    for size in (None, 7, 6, 5, 4):
        if size is not None:
            ax.tick_params(axis="y", labelsize=size)
            ax.xaxis.label.set_fontsize(size)
        box, room, place = ax.get_tightbbox(), figure.bbox, ax.get_position()
        if box is None:
            return
        own = ax.get_window_extent()
        labels = np.array([own.x0 - box.x0, own.y0 - box.y0, box.x1 - own.x1, box.y1 - own.y1]).clip(min=0)
        free = np.array([own.x0, own.y0, room.width - own.x1, room.height - own.y1])
        over = (_HINTED * labels - free).clip(min=0)
        left, low, right, high = over / np.array([room.width, room.height] * 2)
        wide, tall = place.width - left - right, place.height - low - high
        if wide >= _LEAST * place.width and tall >= _LEAST * place.height:
            break
    if over.any() and wide > 0 and tall > 0:
        ax.set_position((place.x0 + left, place.y0 + low, wide, tall))
