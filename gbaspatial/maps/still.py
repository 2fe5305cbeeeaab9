"""The view of an atlas as a figure, drawn without a browser: the same classes, colors, names and lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from gbaspatial.errors import OptionError, some
from gbaspatial.figures.palette import BORDER, Swatch
from gbaspatial.figures.printed_maps import Names, classed_map
from gbaspatial.maps.fills import LETTERS
from gbaspatial.options import whole, word

if TYPE_CHECKING:
    import geopandas as gpd
    from matplotlib.axes import Axes

    from gbaspatial.maps.escape import Payload

FLOW, NEGATIVE = "#d95f0e", "#542788"


def still(
    payload: Payload,
    frames: list[gpd.GeoDataFrame],
    given: list[gpd.GeoDataFrame],
    layer: int,
    year: int | str | None,
    language: Literal["en", "zh", "both"],
) -> Axes:
    """The axes of a figure of one fill of the `payload`, with the overlays that the page shows at first."""
    word(language, ("en", "zh", "both"), "language")
    fill = _fill_of(payload, layer)
    at = _year_of(fill, year)
    number = 0 if fill is None else fill["set"]
    frame = _named(frames[number], payload["sets"][number])
    names: Names = language
    title = _say(payload["title"], language)
    if fill is not None:
        when = "" if fill["years"] is None else f", {fill['years'][at]}"
        title = ": ".join(filter(None, (title, _say(fill["label"], language) + when)))
    note = "" if fill is None else _say(fill["unit"], language)
    ax = classed_map(frame, given[number], _rows(fill, at, len(frame)), title, names, note)
    for overlay in payload["overlays"][:1]:
        _overlay(ax, overlay, frames, None if fill is None or fill["years"] is None else fill["years"][at])
    return ax


def _say(pair: list[str], language: str) -> str:
    english, chinese = pair[0], pair[1] if len(pair) > 1 else ""
    if not chinese or not english or language == "en":
        return english or chinese
    return chinese if language == "zh" else f"{english} {chinese}"


def _fill_of(payload: Payload, layer: int) -> Payload | None:
    fills = payload["fills"]
    if not fills and layer == 0:
        return None
    return fills[whole(layer, "layer", least=0, most=len(fills) - 1)]


def _year_of(fill: Payload | None, year: int | str | None) -> int:
    years = None if fill is None else fill["years"]
    if years is None:
        if year is not None:
            raise OptionError(f"the layer has no years, so year={year!r} is none of them; leave year out.")
        return 0
    if year is None:
        return len(years) - 1
    if year not in years:
        raise OptionError(f"year={year!r} is not among the years of the layer: {some(years)}.")
    return years.index(year)


def _named(frame: gpd.GeoDataFrame, told: Payload) -> gpd.GeoDataFrame:
    """The units with the names that the page writes."""
    english = told["en"] or told["ids"]
    return frame.assign(name_en=english, name_zh=told["zh"] or english)


def _rows(fill: Payload | None, at: int, n: int) -> tuple[list[tuple[Swatch, int]], list[tuple[Swatch, int]]]:
    """Legend rows with counts, and the row of each unit, from the letters of the page."""
    if fill is None:
        return [], [(Swatch("#FFFFFF", "", ""), n)] * n
    codes = np.array([LETTERS.index(letter) for letter in fill["codes"][at]])
    swatches = [Swatch(*row) for row in fill["legend"]]
    rows = [(swatch, int((codes == k).sum())) for k, swatch in enumerate(swatches)]
    rare = ("Undefined", "No neighbors")
    shown = [row for row in rows if row[1] or (fill["kind"] != "bivariate" and row[0].english not in rare)]
    return shown, [rows[code] for code in codes]


def _overlay(ax: Axes, overlay: Payload, frames: list[gpd.GeoDataFrame], year: int | str | None) -> None:
    """The graph of W, the flows or the points above the units; none where the year has no graph yet."""
    import shapely
    from matplotlib.collections import LineCollection
    from matplotlib.patches import FancyArrowPatch

    if overlay["kind"] not in ("links", "flows"):
        return
    geometry = np.asarray(frames[overlay["set"]].geometry.array, dtype=object)
    places = shapely.get_coordinates(shapely.point_on_surface(geometry))
    if overlay["kind"] == "links":
        years = overlay["years"]
        open_by = [k for k, y in enumerate(years or [None]) if years is None or year is None or y <= year]
        pairs = np.array(overlay["pairs"][open_by[-1]]) if open_by else np.empty((0, 4))
        if not len(pairs):
            return
        a, b = places[pairs[:, 0].astype(int)], places[pairs[:, 1].astype(int)]
        halves = [*np.stack([a, (a + b) / 2], axis=1), *np.stack([(a + b) / 2, b], axis=1)]
        widths = 0.5 + 2.0 * np.concatenate([pairs[:, 2], pairs[:, 3]]) / 1000
        ax.add_collection(LineCollection(halves, linewidths=widths, colors=overlay["color"], alpha=0.75, zorder=4))
        ends = places[np.unique(pairs[:, :2].astype(int))]
        ax.scatter(ends[:, 0], ends[:, 1], s=10, color="white", edgecolor=BORDER, zorder=5)
        return
    most = max(abs(flow[2]) for flow in overlay["flows"])
    for giver, receiver, value in reversed(overlay["flows"]):
        size, color = abs(value) / most, NEGATIVE if value < 0 else FLOW
        ax.add_patch(
            FancyArrowPatch(
                tuple(places[giver]), tuple(places[receiver]), connectionstyle="arc3,rad=0.18", arrowstyle="-|>",
                mutation_scale=6 + 8 * size, lw=0.5 + 3.5 * size, color=color, alpha=0.45 + 0.4 * size, zorder=4,
            )
        )  # fmt: skip
