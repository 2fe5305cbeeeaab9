"""Maps for print: choropleth, clusters, the graph of weights, flows."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from gbaspatial.alignment import columns_of, places_in
from gbaspatial.errors import AlignmentError, DataError, UnknownNameError, nearest_names, some
from gbaspatial.figures.canvas import axes_of
from gbaspatial.figures.classes import classify
from gbaspatial.figures.fonts import letters_untold, written_names
from gbaspatial.figures.map_furniture import (
    GIVES,
    INK,
    NAMES,
    TAKES_AWAY,
    Names,
    arrow_width,
    flow_keys,
    put_legend,
    put_scale_and_north,
    put_sources,
    swatch_keys,
)
from gbaspatial.figures.palette import BORDER, CLUSTERS, HOTSPOTS, LAND, NO_DATA, SEA, Swatch
from gbaspatial.figures.surroundings import SOURCES_IN_CHINESE, check_layer, surroundings
from gbaspatial.figures.written_places import write_names
from gbaspatial.options import public, word

if TYPE_CHECKING:
    import geopandas as gpd
    from matplotlib.axes import Axes
    from scipy import sparse

    from gbaspatial.weights.annotations import WeightsLike
    from gbaspatial.weights.core import Weights

MOST_NAMES = 80


@public
def map_of(
    units: gpd.GeoDataFrame,
    what: object,
    *,
    label: str = "",
    scheme: str | Sequence[float] | None = None,
    k: int = 5,
    palette: str = "YlGnBu",
    names: Names = "en",
    ax: Axes | None = None,
) -> Axes:
    """A map of a variable, or of the classes of a local test, with legend, scale and sources.

    Parameters
    ----------
    units : GeoDataFrame
        In any coordinate reference system.
    what : str, Series or result
        A column of `units`; or classes by unit (``"HH"``, ``"LL"``..., ``"hot"``, ``"cold"``...), as a Series or a
        result with a column `cluster`, drawn in the colors of GeoDa.
    label : str
        The title.
    scheme : str or sequence of float, optional
        ``"quantiles"`` (the default for numbers), ``"equal_interval"``, any scheme of mapclassify,
        ``"categorical"`` (the default for text), or the upper bounds of the classes.
    k : int
        How many classes.
    palette : str
        The colors from low to high.
    names : {"en", "zh", "both", "none"}
        Names on the map. Without a font that has Chinese characters they are English, and a warning says so once.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure if not given.

    Returns
    -------
    matplotlib.axes.Axes
        What was drawn in.

    Examples
    --------
    >>> import gbaspatial as gba
    >>> ax = gba.figures.map_of(gba.load_cities(year=2019), "gdp_pc_cny", label="GDP per capita, CNY")
    >>> ax.get_title("left")
    'GDP per capita, CNY'
    """
    word(names, NAMES, "names")
    frame = check_layer(units)
    rows = _column_rows(frame, what, scheme, k, palette) if isinstance(what, str) else _class_rows(frame, what)
    with written_names(names) as written:
        ax = begin_map(frame, sources_of(units), written, ax)
        fill_map(ax, frame, [swatch.color for swatch, _ in rows[1]])
        finish_map(ax, frame, written, label)
        put_legend(ax, swatch_keys(rows[0], written))
    return ax


@public
def weights_map(
    units: gpd.GeoDataFrame, w: WeightsLike, *, label: str = "", names: Names = "en", ax: Axes | None = None
) -> Axes:
    """The graph of the spatial weights: each half of a line is as wide as the weight its end gives.

    Parameters
    ----------
    units : GeoDataFrame
        In any coordinate reference system.
    w : Weights (or a libpysal Graph or W)
        Its units must be on the map.
    label : str
        The title; by default the recipe of the weights.
    names : {"en", "zh", "both", "none"}
        Names on the map.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure if not given.

    Returns
    -------
    matplotlib.axes.Axes
        What was drawn in.

    Examples
    --------
    >>> import gbaspatial as gba
    >>> cities = gba.load_cities()
    >>> ax = gba.figures.weights_map(cities, gba.weights.contiguity(cities))
    >>> len(ax.collections[-1].get_segments())
    30
    """
    from gbaspatial.weights import as_weights

    word(names, NAMES, "names")
    frame, weights = check_layer(units), as_weights(w)
    places = _places(frame, weights.ids, "weights")
    entries = weights.sparse.tocoo()
    start, end = places[entries.coords[0]], places[entries.coords[1]]
    halves = np.stack([start, (start + end) / 2], axis=1)
    widths = 0.7 + 1.9 * entries.data / max(entries.data.max(initial=0), 1e-300)
    with written_names(names) as written:
        ax = begin_map(frame, sources_of(units), written, ax)
        fill_map(ax, frame, ["#FFFFFF"] * len(frame))
        from matplotlib.collections import LineCollection

        ax.scatter(places[:, 0], places[:, 1], s=14, color="white", edgecolor=INK, lw=0.9, zorder=5)
        ax.add_collection(
            LineCollection(list(halves), linewidths=widths, colors=INK, alpha=0.8, zorder=4, capstyle="butt")
        )
        _one_way(ax, weights, start, end, entries)
        finish_map(ax, frame, written, label or str(weights.recipe), lift=9)
    return ax


def _one_way(ax: Axes, weights: Weights, start: np.ndarray, end: np.ndarray, entries: sparse.coo_array) -> None:
    """An arrow where a link has no counterpart."""
    back = weights.sparse.T.tocsr()
    alone = np.asarray(back[entries.coords[0], entries.coords[1]]).ravel() == 0
    style = {"arrowstyle": "-|>", "color": INK, "lw": 0.8, "shrinkA": 0, "shrinkB": 7}
    for a, b in zip(start[alone], end[alone], strict=True):
        ax.annotate("", tuple(b), tuple(a), arrowprops=style, zorder=4)


@public
def flow_map(
    units: gpd.GeoDataFrame,
    flows: Any,
    *,
    label: str = "",
    top: int = 30,
    names: Names = "en",
    ax: Axes | None = None,
) -> Axes:
    """Arrows from giver to receiver, as wide as the value.

    Parameters
    ----------
    units : GeoDataFrame
        In any coordinate reference system.
    flows : DataFrame or impacts
        Columns `giver`, `receiver`, `value`, or a result whose ``flows()`` has them.
    label : str
        The title.
    top : int
        How many of the largest are drawn; a line below says how many there are.
    names : {"en", "zh", "both", "none"}
        Names on the map.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure if not given.

    Returns
    -------
    matplotlib.axes.Axes
        What was drawn in.

    Raises
    ------
    UnknownNameError
        If the flows lack a column, or name a unit that is not there.
    DataError
        If the flows hold no pair of different units, a value that is not finite, or nothing but zeros.
    OptionError
        If `names` is not known.

    Examples
    --------
    >>> import pandas as pd, gbaspatial as gba
    >>> flows = pd.DataFrame({"giver": ["Shenzhen"], "receiver": ["Huizhou"], "value": [1.0]})
    >>> len(gba.figures.flow_map(gba.load_cities(), flows).patches)
    1
    """
    word(names, NAMES, "names")
    flows = flows.flows() if hasattr(flows, "flows") else flows
    for column in ("giver", "receiver", "value"):
        if column not in flows.columns:
            raise UnknownNameError(f"the flows have no column {column!r}. {nearest_names(column, flows.columns)}")
    between = flows[flows["giver"] != flows["receiver"]]
    value = between["value"].astype(float)
    if value.empty or not np.isfinite(value).all() or not value.any():
        raise DataError(
            "the flows hold no pair of different units, a value that is not finite, or nothing but zeros; correct them."
        )
    frame = check_layer(units)
    shown = between.loc[value.abs().sort_values(ascending=False, kind="stable").index[:top]]
    starts, ends = (_places(frame, pd.Index(shown[c]), "flows") for c in ("giver", "receiver"))
    size = shown["value"].abs().to_numpy(float) / value.abs().max()
    with written_names(names) as written:
        ax = begin_map(frame, sources_of(units), written, ax)
        fill_map(ax, frame, ["#FFFFFF"] * len(frame))
        for a, b, wide, each in zip(starts[::-1], ends[::-1], size[::-1], shown["value"].iloc[::-1], strict=True):
            draw_arrow(ax, a, b, wide, GIVES if each >= 0 else TAKES_AWAY)
        rest = f"the largest {len(shown)} of {len(between)}" if len(shown) < len(between) else ""
        finish_map(ax, frame, written, label, note=rest)
        put_legend(ax, flow_keys(shown["value"].tolist(), written))
    return ax


def draw_arrow(ax: Axes, start: np.ndarray, end: np.ndarray, size: float, color: str) -> None:
    """An arrow of a `size` between 0 and 1."""
    from matplotlib.patches import FancyArrowPatch

    width, strength = arrow_width(size)
    ax.add_patch(
        FancyArrowPatch(
            tuple(start),
            tuple(end),
            connectionstyle="arc3,rad=0.18",
            arrowstyle="-|>",
            shrinkA=3,
            shrinkB=3,
            mutation_scale=6 + 8 * size,
            lw=width,
            color=color,
            alpha=strength,
            zorder=4,
        )
    )


def _places(frame: gpd.GeoDataFrame, labels: pd.Index, what: str) -> np.ndarray:
    """A point inside the unit of each label."""
    at = places_in(labels, frame.index, what)
    return shapely.get_coordinates(shapely.point_on_surface(np.asarray(frame.geometry.array, dtype=object)))[at]


Rows = tuple[list[tuple[Swatch, int]], list[tuple[Swatch, int]]]


def _column_rows(
    frame: gpd.GeoDataFrame, column: str, scheme: str | Sequence[float] | None, k: int, palette: str
) -> Rows:
    """Legend rows with counts, and the row of each unit."""
    columns_of(frame, column, "units")
    if column == "cluster" and set(frame[column].dropna()) <= {*CLUSTERS, *HOTSPOTS}:
        return _class_rows(frame, frame[column])
    classes = classify(frame[column], scheme=scheme, k=k, palette=palette)
    swatches = [Swatch(color, text, text) for color, text in zip(classes.colors, classes.labels, strict=True)]
    return _counted(swatches, classes.codes(frame[column]))


def _class_rows(frame: gpd.GeoDataFrame, what: Any) -> Rows:
    values = what if isinstance(what, pd.Series) else what.to_frame()["cluster"]
    lost = values.index.difference(frame.index)
    if len(lost):
        raise AlignmentError(f"the classes name units that the map does not have: {some(lost)}; keep the map's units.")
    values = values.reindex(frame.index).astype(object)
    seen = set(values.dropna())
    known = next((each for each in (CLUSTERS, HOTSPOTS) if seen <= set(each)), None)
    if known is None:
        raise DataError(
            f"{some(sorted(map(str, seen - set(CLUSTERS))))} is no class of a local test; pass a column name."
        )
    rows, by_unit = _counted(list(known.values()), pd.Categorical(values, categories=list(known)).codes.astype(int))
    rare = {known["isolate"], known["undefined"]}
    return [row for row in rows if row[1] or row[0] not in rare], by_unit


def _counted(swatches: list[Swatch], codes: np.ndarray) -> Rows:
    rows = [(swatch, int((codes == number).sum())) for number, swatch in enumerate(swatches)]
    missing = (NO_DATA, int((codes < 0).sum()))
    by_unit = [rows[code] if code >= 0 else missing for code in codes]
    return (rows if missing[1] == 0 else [*rows, missing]), by_unit


def begin_map(
    frame: gpd.GeoDataFrame,
    sources: list[tuple[str, str]],
    written: Names,
    ax: Axes | None = None,
    *,
    around: bool = True,
) -> Axes:
    """Axes in degrees with a true aspect at the middle latitude, the surroundings drawn, the sources named."""
    west, south, east, north = frame.total_bounds
    margin = 0.04 * max(east - west, north - south, 0.01)
    stretch = 1 / np.cos(np.radians(np.clip((south + north) / 2, -80, 80)))
    wide = 7.2
    high = wide * (north - south + 2 * margin) * stretch / (east - west + 2 * margin)
    ax = axes_of(ax, (wide, float(np.clip(high, 3.5, 9.0)) + 0.6))
    found = surroundings(frame) if around else None
    ax.set_facecolor(SEA if found is not None and found.land is not None else "#FAFAF8")
    if found is not None:
        if found.land is not None:
            found.land.plot(ax=ax, color=LAND, lw=0, zorder=0)
        if found.prefectures is not None:
            found.prefectures.plot(ax=ax, color=LAND, edgecolor="#C4BFB4", lw=0.5, zorder=1)
        sources = [*sources, *((text, SOURCES_IN_CHINESE.get(text, "")) for text in found.sources)]
    ax.set(xlim=(west - margin, east + margin), ylim=(south - margin, north + margin), xticks=[], yticks=[])
    ax.set_aspect(float(stretch))
    ax.spines[:].set(color="#B8B8B8", lw=0.6)
    put_sources(ax, sources, written)
    return ax


def sources_of(units: gpd.GeoDataFrame) -> list[tuple[str, str]]:
    """Whose data the units are, in English and Chinese, where they carry it."""
    own = units.attrs.get("attribution")
    return [(own, SOURCES_IN_CHINESE.get(own, ""))] if own else []


def fill_map(ax: Axes, frame: gpd.GeoDataFrame, colors: list[str]) -> None:
    """Draw the units in their `colors`; the view stays."""
    limits = ax.get_xlim(), ax.get_ylim()
    aspect = ax.get_aspect()
    label = ax.get_xlabel()
    frame.plot(ax=ax, color=colors, edgecolor=BORDER, lw=0.5, markersize=28, zorder=2, aspect=None)
    ax.set(xlim=limits[0], ylim=limits[1], ylabel="")  # geopandas names the axis of degrees
    ax.set_xlabel(label, loc="left")
    ax.set_aspect(aspect)


def finish_map(ax: Axes, frame: gpd.GeoDataFrame, written: Names, label: str, lift: float = 0, note: str = "") -> None:
    """Write title and names, and draw scale and north."""
    lines = textwrap.wrap(label, 88)
    ax.set_title("\n".join(lines), fontsize=11 if len(label) < 64 else 8, loc="left")
    if note:
        ax.set_title(note, fontsize=7.5, loc="right", color="#666666")
    put_scale_and_north(ax)
    if written != "none" and len(frame) <= MOST_NAMES:
        with letters_untold():
            write_names(ax, frame, written, lift)
