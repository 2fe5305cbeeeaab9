"""The overlays of an atlas in a figure, each with the rows of the legend that it asks for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import shapely

from gbaspatial.figures.map_furniture import (
    GIVES,
    INK,
    TAKES_AWAY,
    Names,
    flow_keys,
    in_language,
    line_key,
    swatch_keys,
)
from gbaspatial.figures.palette import BORDER, CLUSTERS, HOTSPOTS, Swatch
from gbaspatial.figures.printed_maps import draw_arrow
from gbaspatial.maps.geometry import unpack_integers

if TYPE_CHECKING:
    import geopandas as gpd
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

    from gbaspatial.maps.escape import Payload

    Draw: TypeAlias = Callable[[Axes, Payload, gpd.GeoDataFrame, object, int, Names], list[Artist]]

ALWAYS = ("points", "bins", "tiles")
MOST_LINKS = 300  # a page that has a fill keeps larger graphs until they are asked for
SHADES = ("#fde0c5", "#facba6", "#f4a582", "#d6604d", "#b2182b", "#67001f")
MIDDLE_GRID = 1
RARE = {known[kind] for known in (CLUSTERS, HOTSPOTS) for kind in ("isolate", "undefined")}


def classes_shown(
    swatches: list[Swatch], counts: Sequence[int] | np.ndarray, only_those: bool = False
) -> list[tuple[Swatch, int]]:
    """The rows of a legend: what no unit is in is left out where it is an exception, or `only_those` that occur."""
    rows = [(swatch, int(count)) for swatch, count in zip(swatches, counts, strict=True)]
    return [row for row in rows if row[1] or (not only_those and row[0] not in RARE)]


def is_shown_at_first(payload: Payload, overlay: Payload) -> bool:
    """Whether the page shows the overlay when it is opened: all that are no lines, and the first that is."""
    if overlay["kind"] in ALWAYS:
        return True
    first = next(each for each in payload["overlays"] if each["kind"] not in ALWAYS)
    large = overlay["kind"] == "links" and len(overlay["pairs"][-1]) > MOST_LINKS
    return overlay is first and not (payload["fills"] and large)


def _places(frame: gpd.GeoDataFrame) -> np.ndarray:
    return shapely.get_coordinates(shapely.point_on_surface(np.asarray(frame.geometry.array, dtype=object)))


def _links(ax: Axes, overlay: Payload, frame: gpd.GeoDataFrame, year: object, _: int, written: Names) -> list[Artist]:
    """The graph of W of the year, or of the last year before it; none where there is no graph yet."""
    from matplotlib.collections import LineCollection

    years = overlay["years"]
    open_by = [k for k, y in enumerate(years or [None]) if years is None or year is None or y <= year]  # type: ignore[operator]
    pairs = np.array(overlay["pairs"][open_by[-1]]) if open_by else np.empty((0, 4))
    if not len(pairs):
        return []
    places = _places(frame)
    a, b = places[pairs[:, 0].astype(int)], places[pairs[:, 1].astype(int)]
    halves = [*np.stack([a, (a + b) / 2], axis=1), *np.stack([(a + b) / 2, b], axis=1)]
    widths = 0.5 + 2.0 * np.concatenate([pairs[:, 2], pairs[:, 3]]) / 1000
    ax.add_collection(LineCollection(halves, linewidths=widths, colors=overlay["color"], alpha=0.75, zorder=4))
    ends = places[np.unique(pairs[:, :2].astype(int))]
    ax.scatter(ends[:, 0], ends[:, 1], s=10, color="white", edgecolor=BORDER, zorder=5)
    what = in_language(("width: weight given to the neighbor", "线宽：给予邻居的权重"), written)
    return [line_key(f"{in_language(overlay['label'], written)} ({what})", overlay["color"], 2.0, 0.75)]


def _flows(ax: Axes, overlay: Payload, frame: gpd.GeoDataFrame, _: object, __: int, written: Names) -> list[Artist]:
    """Arrows from givers to receivers, the largest last."""
    places, values = _places(frame), [flow[2] for flow in overlay["flows"]]
    most = max(map(abs, values))
    for giver, receiver, value in reversed(overlay["flows"]):
        draw_arrow(ax, places[giver], places[receiver], abs(value) / most, TAKES_AWAY if value < 0 else GIVES)
    drawn, of = len(values), overlay["of"]
    rest = in_language((f"the largest {drawn} of {of}", f"{of} 条中最大的 {drawn} 条"), written) if drawn < of else ""
    label = in_language(overlay["label"], written) + (f" ({rest})" if rest else "")
    return [line_key(label, INK, 0), *flow_keys(values, written)]


def _points(ax: Axes, overlay: Payload, _: object, __: object, ___: int, written: Names) -> list[Artist]:
    """Dots where the places lie."""
    x, y = np.cumsum(unpack_integers(overlay["at"]).reshape(-1, 2), axis=0).T / overlay["scale"]
    made = ax.scatter(x, y, s=20, color=overlay["color"], edgecolor="white", lw=0.7, zorder=5)
    made.set_label(f"{in_language(overlay['label'], written)}  ({len(x):,})")
    return [made]


def _bins(ax: Axes, overlay: Payload, _: object, __: object, ___: int, written: Names) -> list[Artist]:
    """Squares of a middle size, in equal steps of the logarithm of their counts, as on the page."""
    grid = overlay["grids"][MIDDLE_GRID]
    cells, counts = np.cumsum(unpack_integers(grid["cells"])), unpack_integers(grid["counts"])
    most = int(counts.max())
    shades = np.minimum(len(SHADES) - 1, (len(SHADES) * np.log(counts) / np.log(most + 1)).astype(int))
    _squares(ax, {**overlay, **grid}, cells, [SHADES[shade] for shade in shades], zorder=2.5, alpha=0.85)
    rows = []
    for shade in np.unique(shades):
        low, high = int(counts[shades == shade].min()), int(counts[shades == shade].max())
        told = f"{low:,}" if low == high else f"{low:,} – {high:,}"
        rows.append((Swatch(SHADES[shade], told, told), int((shades == shade).sum())))
    what = in_language(
        (f"{overlay['of']:,} points, counted in squares", f"{overlay['of']:,} 个点，按方格计数"), written
    )
    return [line_key(f"{in_language(overlay['label'], written)}: {what}", INK, 0), *swatch_keys(rows, written)]


def _tiles(ax: Axes, overlay: Payload, _: object, __: object, layer: int, written: Names) -> list[Artist]:
    """The squares of the wide view, above a fill that was listed before."""
    cells = np.cumsum(unpack_integers(overlay["cells"]))
    colors = [overlay["legend"][ord(letter) - ord("a")][0] for letter in overlay["classes"]]
    _squares(ax, overlay, cells, colors, zorder=2.4 if 0 <= layer < overlay["after"] else 1.5, alpha=1.0)
    shown = classes_shown([Swatch(*row) for row in overlay["legend"]], overlay["counts"])
    return [line_key(in_language(overlay["label"], written), INK, 0), *swatch_keys(shown, written)]


def _squares(ax: Axes, grid: Payload, cells: np.ndarray, colors: list[str], zorder: float, alpha: float) -> None:
    from matplotlib.collections import PolyCollection

    row, column = np.divmod(cells, grid["across"])
    x, y, size = grid["west"] + column * grid["size"], grid["south"] + row * grid["size"], grid["size"]
    corners = np.stack(
        [np.stack([x + dx * size, y + dy * size], axis=1) for dx, dy in ((0, 0), (1, 0), (1, 1), (0, 1))]
    )
    ax.add_collection(
        PolyCollection(
            list(corners.transpose(1, 0, 2)), facecolors=colors, edgecolors="none", zorder=zorder, alpha=alpha
        )
    )


DRAWN: dict[str, Draw] = {"links": _links, "flows": _flows, "points": _points, "bins": _bins, "tiles": _tiles}
