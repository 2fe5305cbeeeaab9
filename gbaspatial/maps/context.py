"""The quiet background: land and neighboring prefectures around the units, from shipped layers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gbaspatial.maps.geometry import Shapes, pack_shapes

if TYPE_CHECKING:
    import geopandas as gpd

LAND_SOURCE = "Land: Natural Earth (public domain)"
DETAIL = 1500  # steps of detail across the view; a background needs no more


def context_payload(units: gpd.GeoDataFrame) -> tuple[dict[str, Any] | None, list[str]]:
    """Background shapes around WGS84 `units`, and the sources to be named; None where nothing is shipped."""
    from gbaspatial.data import load_context, load_prefectures

    view = _view(units.total_bounds)
    land = _clipped(load_context(), view)
    china = load_prefectures(area="china")
    around = _clipped(_outside(china, units), view)
    if around is None:
        return None, []
    sources = [LAND_SOURCE] if land is not None else []
    parts: dict[str, Any] = {"sea": land is not None}
    if land is not None:
        parts["land"] = _packed(land)
    parts |= {"around": _packed(around), "en": list(map(str, around.index)), "zh": list(around["name_zh"])}
    return parts, [*sources, *filter(None, [china.attrs.get("attribution")])]


def _view(bounds: np.ndarray) -> tuple[float, float, float, float]:
    """The bounding box with as much again on each side: room to pan."""
    west, south, east, north = bounds
    margin = max(east - west, north - south, 0.2)
    return west - margin, max(south - margin, -85), east + margin, min(north + margin, 85)


def _outside(prefectures: gpd.GeoDataFrame, units: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Prefectures that no unit lies upon."""
    inside = shapely.point_on_surface(np.asarray(prefectures.geometry.array, dtype=object))
    covered, _ = units.sindex.query(inside, predicate="intersects")
    return prefectures[~np.isin(np.arange(len(prefectures)), covered)]


def _clipped(layer: gpd.GeoDataFrame, view: tuple[float, float, float, float]) -> gpd.GeoDataFrame | None:
    near = layer.iloc[layer.sindex.intersection(view)]
    if not len(near):
        return None
    geometry = np.asarray(near.geometry.array, dtype=object)
    if len(geometry) > 1:
        tolerance = max(view[2] - view[0], view[3] - view[1]) / DETAIL
        geometry = shapely.coverage_simplify(geometry, tolerance)
    cut = shapely.clip_by_rect(geometry, *view)
    near = near.set_geometry(cut)
    near = near[np.isin(shapely.get_type_id(cut), [3, 6]) & ~shapely.is_empty(cut)]
    return near if len(near) else None


def _packed(layer: gpd.GeoDataFrame) -> dict[str, Any]:
    geometry = np.asarray(layer.geometry.array, dtype=object)
    anchors = shapely.get_coordinates(shapely.point_on_surface(geometry))
    return pack_shapes(Shapes("polygon", geometry, anchors))
