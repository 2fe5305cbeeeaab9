"""The view of an atlas as a figure, drawn without a browser: the same classes, colors, names, lines and legends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from gbaspatial.errors import OptionError, some
from gbaspatial.figures.fonts import written_names
from gbaspatial.figures.map_furniture import Names, in_language, line_key, put_legend, swatch_keys
from gbaspatial.figures.palette import Swatch
from gbaspatial.figures.printed_maps import begin_map, fill_map, finish_map
from gbaspatial.maps.fills import LETTERS
from gbaspatial.maps.still_overlays import DRAWN, classes_shown, is_shown_at_first
from gbaspatial.options import whole, word

if TYPE_CHECKING:
    import geopandas as gpd
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

    from gbaspatial.maps.escape import Payload


def still(
    payload: Payload,
    frames: list[gpd.GeoDataFrame],
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
    shown = None if fill is None or fill["years"] is None else fill["years"][at]
    with written_names(language) as written:
        sources = [(pair[0], pair[1]) for pair in payload["sources"]]
        ax = begin_map(frame, sources, written, around=payload["context"] is not None)
        keys = _fill_in(ax, frame, fill, at, written, clear=any(o["kind"] == "tiles" for o in payload["overlays"]))
        for overlay in payload["overlays"]:
            if is_shown_at_first(payload, overlay):
                place = None if "set" not in overlay else frames[overlay["set"]]
                keys += DRAWN[overlay["kind"]](ax, overlay, place, shown, layer if fill is not None else -1, written)
        finish_map(ax, frame, written, _title(payload, fill, shown, written))
        put_legend(ax, keys)
    return ax


def _title(payload: Payload, fill: Payload | None, year: object, written: Names) -> str:
    title = in_language(payload["title"], written)
    if fill is None:
        return title
    when = "" if year is None else f", {year}"
    return ": ".join(filter(None, (title, in_language(fill["label"], written) + when)))


def _fill_in(
    ax: Axes, frame: gpd.GeoDataFrame, fill: Payload | None, at: int, written: Names, *, clear: bool
) -> list[Artist]:
    """Color the units; give the legend back."""
    if fill is None:
        fill_map(ax, frame, ["none" if clear else "#FFFFFF"] * len(frame))  # what is tiled lies beneath mere outlines
        return []
    codes = np.array([LETTERS.index(letter) for letter in fill["codes"][at]])
    swatches = [Swatch(*row) for row in fill["legend"]]
    fill_map(ax, frame, [swatches[code].color for code in codes])
    unit = in_language(fill["unit"], written)
    rows = classes_shown(swatches, np.bincount(codes, minlength=len(swatches)), fill["kind"] == "bivariate")
    return ([line_key(unit, "none", 0)] if unit else []) + swatch_keys(rows, written)


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
