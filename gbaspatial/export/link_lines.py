"""W as a layer of lines: every link an arc of its own, so that both directions of a pair are seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gbaspatial.alignment import places_in
from gbaspatial.options import public
from gbaspatial.weights import as_weights

if TYPE_CHECKING:
    import geopandas as gpd

    from gbaspatial.weights.annotations import WeightsLike

_BULGE = 0.08  # of the length of a link: as far its arc leaves the straight line, to the right of its direction
_STEPS = 12  # pieces of an arc


@public
def links(w: WeightsLike, units: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The links of `w` as lines between points inside the units.

    Parameters
    ----------
    w : Weights, or a libpysal Graph or W
    units : geopandas.GeoDataFrame
        Polygons or points indexed by the labels of `w`; the lines are in their CRS.

    Returns
    -------
    geopandas.GeoDataFrame
        A row a link, indexed by ``link`` such as ``"Macao > Zhuhai"``, with `from` (the unit whose row of W it is),
        `to` (its neighbor), `weight`, and `weight_back`, the weight of the link in return, 0 where there is none. Each
        is an arc to the right of its direction, so that the two of a pair lie side by side.

    Raises
    ------
    AlignmentError
        If a unit of `w` is not among `units`.

    Examples
    --------
    >>> import gbaspatial as gba
    >>> cities = gba.load_cities(year=2019)
    >>> lines = links(gba.weights.contiguity(cities).row_standardized(), cities)
    >>> lines.loc["Macao > Zhuhai", ["weight", "weight_back"]].round(3).to_dict()
    {'weight': 1.0, 'weight_back': 0.333}
    """
    import geopandas as gpd
    import shapely

    from gbaspatial.geography import representative_points

    w = as_weights(w)
    inside = representative_points(units)
    points = np.column_stack([inside.x, inside.y])[places_in(w.ids, units.index, "units")]
    entries = w.sparse.tocoo()
    givers, takers = entries.coords
    back = np.asarray(w.sparse.T.tocsr()[givers, takers]).ravel() if len(givers) else np.zeros(0)
    names = w.ids.astype(str)
    shapes = shapely.linestrings(_arcs(points[givers], points[takers])) if len(givers) else []
    made = gpd.GeoDataFrame(
        {"from": w.ids[givers], "to": w.ids[takers], "weight": entries.data, "weight_back": back},
        index=pd.Index([f"{names[i]} > {names[j]}" for i, j in zip(givers, takers, strict=True)], name="link"),
        geometry=shapes,
        crs=units.crs,
    )
    if units.attrs.get("attribution"):
        made.attrs["attribution"] = units.attrs["attribution"]  # the points are those of its boundaries
    return made


def _arcs(starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """Arcs of parabolas from start to end, shape (links, points, 2)."""
    t = np.linspace(0.0, 1.0, _STEPS + 1)[None, :, None]
    along = ends - starts
    right = np.column_stack([along[:, 1], -along[:, 0]])
    return starts[:, None] + t * along[:, None] + 4.0 * t * (1.0 - t) * _BULGE * right[:, None]
