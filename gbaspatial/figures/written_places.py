"""Names of units on a printed map: folded, inside the frame, none on another, beside units that are too small."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from gbaspatial.figures.canvas import folded

if TYPE_CHECKING:
    import geopandas as gpd
    from matplotlib.axes import Axes
    from matplotlib.text import Annotation
    from matplotlib.transforms import Bbox

    from gbaspatial.figures.map_furniture import Names

_COLUMNS, _LINES = 20, 3  # of a name: what is longer ends in an ellipsis
_SIZES = ((15, 9.0), (40, 8.0))  # up to so many units, letters of so many points
_SMALL = 7.5
_APART = 3  # dots between two names
_LED = 9  # points between a unit and its name from which a line leads to it


def name_on_map(name: str) -> str:
    """`name` in at most three short lines; white space of all kinds is a space.

    Examples
    --------
    >>> name_on_map("Macao"), name_on_map("a\\tb")
    ('Macao', 'a b')
    >>> name_on_map("Ili Kazakh Autonomous Prefecture")
    'Ili Kazakh\\nAutonomous\\nPrefecture'
    """
    text = " ".join(name.split())
    lines = folded(text, _COLUMNS).split("\n")
    evenly = min(
        (folded(text, columns).split("\n") for columns in range(6, _COLUMNS + 1)),
        key=lambda tried: (len(tried) != len(lines), max(map(len, tried))),
    )
    if len(evenly) <= _LINES:
        return "\n".join(evenly)
    return "\n".join([*lines[: _LINES - 1], lines[_LINES - 1][: -1 if len(lines[_LINES - 1]) > 1 else None] + "…"])


def write_names(ax: Axes, frame: gpd.GeoDataFrame, written: Names, lift: float) -> None:
    """Larger units first; a name that would lie on another or leave the frame moves a little or is left out."""
    shapes = np.asarray(frame.geometry.array, dtype=object)
    places = shapely.get_coordinates(shapely.point_on_surface(shapes))
    corners = shapely.bounds(shapes)
    size = next((points for most, points in _SIZES if len(frame) <= most), _SMALL)
    texts = _texts(frame, written)
    figure = ax.figure
    figure.canvas.draw()
    taken: list[Bbox] = [text.get_window_extent() for text in ax.texts]
    for at in np.argsort(-shapely.area(shapes), kind="stable"):
        text = _written(ax, texts[at], tuple(places[at]), size)
        low, high = ax.transData.transform(corners[at].reshape(2, 2)) * 72 / figure.dpi
        _settle(ax, text, high - low, lift, taken)


def _texts(frame: gpd.GeoDataFrame, written: Names) -> list[str]:
    english = (frame["name_en"] if "name_en" in frame.columns else frame.index.to_series()).astype(str)
    chinese = (frame["name_zh"] if "name_zh" in frame.columns else english).fillna("").astype(str)
    if written == "both":
        return [f"{name_on_map(one)}\n{name_on_map(two)}" for one, two in zip(english, chinese, strict=True)]
    return [name_on_map(one) for one in (chinese if written == "zh" else english)]


def _written(ax: Axes, words: str, place: tuple[float, float], size: float) -> Annotation:
    from matplotlib.patheffects import withStroke

    return ax.annotate(
        words, place, (0, 0), textcoords="offset points", ha="center", va="center", fontsize=size, color="#111111",
        zorder=7, path_effects=[withStroke(linewidth=2, foreground="white")], annotation_clip=True, linespacing=1.05,
    )  # fmt: skip


def _settle(ax: Axes, text: Annotation, unit: np.ndarray, lift: float, taken: list[Bbox]) -> None:
    """The first place that is free and inside the frame; without one the name goes."""
    figure = ax.figure
    dots = figure.dpi / 72
    frame = ax.get_window_extent()
    own = text.get_window_extent()
    name = np.array([own.width, own.height]) / dots
    for right, up in _offsets(name, unit, lift):
        text.set_position((right, up))
        own = text.get_window_extent()
        inward = max(0, frame.x0 + 2 - own.x0) - max(0, own.x1 - frame.x1 + 2)
        text.set_position((right + inward / dots, up))
        own = text.get_window_extent()
        inside = frame.x0 <= own.x0 and own.x1 <= frame.x1 and frame.y0 <= own.y0 and own.y1 <= frame.y1
        box = own.padded(_APART)
        if inside and not any(box.overlaps(other) for other in taken):
            taken.append(box)
            _lead(ax, text, own, dots)
            return
    text.remove()


def _lead(ax: Axes, text: Annotation, own: Bbox, dots: float) -> None:
    """A thin line from a unit to its name, where the name stands apart from it."""
    start = ax.transData.transform(text.xy)
    end = np.clip(start, (own.x0, own.y0), (own.x1, own.y1))
    if np.hypot(*(end - start)) > _LED * dots:
        (x0, y0), (x1, y1) = ax.transData.inverted().transform([start, end])
        ax.plot([x0, x1], [y0, y1], color="#555555", lw=0.5, zorder=6.5)


def _offsets(name: np.ndarray, unit: np.ndarray, lift: float) -> list[tuple[float, float]]:
    """Where a name may stand from its unit, in points, best first: within it, or beside a unit that is smaller."""
    beside = float(name[0] / 2 + min(unit[0] / 2, 12) + 4)
    near = [(0.0, lift), (0.0, lift + 12), (0.0, lift - 12)]
    sides = [(beside, 0.0), (-beside, 0.0)]
    slanted = [(side, up) for up in (-14.0, 14.0) for side in (beside, -beside)]
    far = [(0.0, lift + 22), (0.0, lift - 22)]
    if not lift and unit.max() and (unit < name / 2).any():
        return [*sides, *slanted, *near, *far]
    return [*near, *far, *sides, *slanted]
