"""The quiet background as the page gets it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from gbaspatial.figures.surroundings import surroundings
from gbaspatial.maps.geometry import Shapes, pack_shapes

if TYPE_CHECKING:
    import geopandas as gpd

    from gbaspatial.maps.escape import Payload


def context_payload(units: gpd.GeoDataFrame) -> tuple[Payload | None, list[str]]:
    """Background shapes around WGS84 `units`, and the sources to be named; None where nothing is shipped."""
    found = surroundings(units, far=True)
    if found is None:
        return None, []
    parts: Payload = {"sea": found.land is not None}
    if found.land is not None:
        parts["land"] = _packed(found.land)
    around = found.prefectures
    if around is not None:
        parts |= {"around": _packed(around), "en": list(map(str, around.index)), "zh": list(around["name_zh"])}
    return parts, list(found.sources)


def _packed(layer: gpd.GeoDataFrame) -> Payload:
    geometry = np.asarray(layer.geometry.array, dtype=object)
    anchors = shapely.get_coordinates(shapely.point_on_surface(geometry))
    return pack_shapes(Shapes("polygon", geometry, anchors))
