"""What a map can draw, and the quiet background it is drawn on."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np
import shapely

from gbaspatial.alignment import check_units
from gbaspatial.data.load import ATTRIBUTION, ATTRIBUTION_ZH
from gbaspatial.errors import CRSError, DataError, GeometryError, some
from gbaspatial.geography.date_line import shorter_way

if TYPE_CHECKING:
    import geopandas as gpd

LAND_SOURCE = "Land: Natural Earth (public domain)"
NOT_LEGAL = ("Not a map for legal boundaries", "非法定界线地图")
SOURCES_IN_CHINESE = {ATTRIBUTION: ATTRIBUTION_ZH, LAND_SOURCE: "陆地：Natural Earth（公有领域）"}
BAY = (108.0, 19.5, 118.5, 26.5)  # where the finer land reaches
FAR = 4.0  # times the breadth of the units on each side, before the land is that of a map of the world
Box: TypeAlias = tuple[float, float, float, float]
TURNS = (-360.0, 0.0, 360.0)
FAR_DETAIL = 700
DETAIL = 1500  # steps of detail across the view; a background needs no more


class Surroundings(NamedTuple):
    """Land and neighboring prefectures around some units, either where there are such, and whose data they are."""

    land: gpd.GeoDataFrame | None
    prefectures: gpd.GeoDataFrame | None
    sources: tuple[str, ...]


def check_layer(units: object, what: str = "units") -> gpd.GeoDataFrame:
    """`units` in WGS84, run on across 180 degrees where they lie there, or an error that says what cannot be drawn."""
    import geopandas as gpd

    if not isinstance(units, gpd.GeoDataFrame):
        raise GeometryError(
            f"the {what} are a {type(units).__name__} without geometry; pass a GeoDataFrame, e.g. gba.load_cities()."
        )
    if not len(units):
        raise DataError(f"the {what} have no rows, so there is nothing to draw.")
    check_units(units.index, what)
    shapes = units.geometry
    empty = np.asarray(shapes.isna() | shapes.is_empty)
    if empty.any():
        raise GeometryError(f"the geometry of {some(units.index[empty])} is missing or empty; a map cannot place it.")
    # A GeoPackage written without a system is read back with an "undefined" one of plane coordinates.
    if units.crs is None or units.crs.is_engineering:
        raise CRSError(
            f"the {what} have no coordinate reference system, so their place on Earth is unknown; say it with "
            f"units.set_crs(..., allow_override=True), e.g. set_crs('EPSG:4326') for longitude and latitude."
        )
    placed = units.to_crs("EPSG:4326")
    bounds = placed.geometry.bounds.to_numpy()
    outside = ~np.isfinite(bounds).all(axis=1) | (np.abs(bounds[:, [1, 3]]) > 90).any(axis=1)
    outside |= (np.abs(bounds[:, [0, 2]]) > 360).any(axis=1)
    if outside.any():
        raise CRSError(
            f"{some(units.index[outside])} fall outside longitude and latitude when read as {units.crs.name}; "
            f"the coordinate reference system of the {what} is wrong: set the right one with set_crs."
        )
    return shorter_way(placed, projected=not units.crs.is_geographic)


def surroundings(units: gpd.GeoDataFrame, *, far: bool = False) -> Surroundings | None:
    """Shipped layers around WGS84 `units`: prefectures in China, land everywhere; None on the open sea.

    With `far` the land goes on around the earth, in ever less detail: a page can be zoomed out.
    """
    from gbaspatial.data import load_context, load_prefectures

    view = _view(units.total_bounds)
    china = load_prefectures(area="china")
    around = _clipped(_outside(china, units), view)
    land = _clipped(load_context(area="bay" if _within(view, BAY) else "world"), view)
    if around is None and land is None:
        return None
    if far and land is not None:
        land = _with_far_land(land, view, units.total_bounds)
    told = [LAND_SOURCE] if land is not None else []
    told += filter(None, [china.attrs.get("attribution") if around is not None else None])
    return Surroundings(land, around, tuple(told))


def _within(view: tuple[float, ...], bounds: tuple[float, ...]) -> bool:
    return view[0] >= bounds[0] and view[1] >= bounds[1] and view[2] <= bounds[2] and view[3] <= bounds[3]


def _with_far_land(land: gpd.GeoDataFrame, view: Box, bounds: np.ndarray) -> gpd.GeoDataFrame:
    """The land of the view, what lies around it in less detail, and the rest of the earth in the least."""
    import pandas as pd

    from gbaspatial.data import load_context

    world, found, inner = load_context(area="world"), [land], _narrowed(view)
    for reach in (FAR, np.inf):
        outer = _view(bounds, reach)
        west, south, east, north = outer
        rows = max(inner[1], south), min(inner[3], north)
        strips = [
            (west, south, inner[0], north), (inner[2], south, east, north),
            (inner[0], south, inner[2], rows[0]), (inner[0], rows[1], inner[2], north),
        ]  # fmt: skip
        coarse = _coarse(world, max(east - west, north - south) / FAR_DETAIL)
        found += [
            piece
            for strip in strips
            if strip[0] < strip[2] and strip[1] < strip[3] and (piece := _clipped(coarse, strip, 0.0)) is not None
        ]
        inner = _narrowed(outer)
    return pd.concat([piece[[piece.geometry.name]] for piece in found])


def _narrowed(box: Box) -> Box:
    """A little less than the box: what is drawn around it laps over, so that no seam shows."""
    west, south, east, north = box
    return west + 0.005 * (east - west), south, east - 0.005 * (east - west), north


def _coarse(world: gpd.GeoDataFrame, detail: float) -> gpd.GeoDataFrame:
    """The land without what is smaller than `detail` degrees; islets are."""
    bounds = world.bounds.to_numpy()
    large = world[np.maximum(bounds[:, 2] - bounds[:, 0], bounds[:, 3] - bounds[:, 1]) > 4 * detail]
    return large.set_geometry(shapely.simplify(np.asarray(large.geometry.array, dtype=object), detail))


def _view(bounds: np.ndarray, reach: float = 1.0) -> Box:
    """The bounding box with as much again, times `reach`, on each side: room to pan."""
    west, south, east, north = map(float, bounds)
    margin = reach * max(east - west, north - south, 0.2)
    aside = min(margin, max((360.0 - (east - west)) / 2, 0.0))  # once around the earth, not twice
    return west - aside, max(south - margin, -85), east + aside, min(north + margin, 85)


def _outside(prefectures: gpd.GeoDataFrame, units: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Prefectures that no unit lies upon."""
    inside = shapely.point_on_surface(np.asarray(prefectures.geometry.array, dtype=object))
    covered, _ = units.sindex.query(inside, predicate="intersects")
    return prefectures[~np.isin(np.arange(len(prefectures)), covered)]


def _clipped(layer: gpd.GeoDataFrame, view: Box, tolerance: float | None = None) -> gpd.GeoDataFrame | None:
    """What of the layer lies in the view, also where the view runs on across 180 degrees."""
    import pandas as pd

    west, south, east, north = view
    detail = max(east - west, north - south) / DETAIL
    found = []
    for turn in TURNS:
        near = _clipped_here(
            layer, (west - turn, south, east - turn, north), detail if tolerance is None else tolerance
        )
        if near is not None:
            found.append(near if turn == 0 else near.set_geometry(near.geometry.translate(xoff=turn)))
    return pd.concat(found) if len(found) > 1 else found[0] if found else None


def _clipped_here(layer: gpd.GeoDataFrame, view: Box, tolerance: float) -> gpd.GeoDataFrame | None:
    near = layer.iloc[layer.sindex.intersection(view)]
    if not len(near):
        return None
    geometry = np.asarray(near.geometry.array, dtype=object)
    if len(geometry) > 1 and tolerance:
        geometry = shapely.coverage_simplify(geometry, tolerance)
    cut = shapely.clip_by_rect(geometry, *view)
    near = near.set_geometry(cut)
    near = near[np.isin(shapely.get_type_id(cut), [3, 6]) & ~shapely.is_empty(cut)]
    return near if len(near) else None
