"""Points: places such as cities' centers, universities or airports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import pandas as pd

from gbaspatial.errors import UnknownNameError, nearest_names
from gbaspatial.figures.surroundings import check_layer
from gbaspatial.maps.geometry import display_shapes, pack_points
from gbaspatial.maps.layers import Label, Layer, bilingual, color_of
from gbaspatial.options import public

if TYPE_CHECKING:
    import geopandas as gpd

SCALE = 1e5
MOST_COLUMNS = 12


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Points(Layer):
    """Places such as cities' centers, universities or airports."""

    frame: gpd.GeoDataFrame
    name: str | None
    color: str
    is_fill: ClassVar[bool] = False
    is_of_units: ClassVar[bool] = False

    def payload(self, units: pd.DataFrame) -> dict[str, Any]:
        """Places, names and what the popups tell; the points lie where they lie, whatever the `units`."""
        return _points(self)


@public
def points(frame: gpd.GeoDataFrame, *, name: str | None = None, label: Label = None, color: str = "#B10026") -> Points:
    """Places as dots, with their columns in the popup.

    Parameters
    ----------
    frame : GeoDataFrame
        Points in any coordinate reference system.
    name : str, optional
        The column that names a point; by default the index.
    label : str or (str, str), optional
        What the layer is called, in English or (English, Chinese).
    color : str
        A color such as ``"#B10026"``.

    Returns
    -------
    Points
        A layer for `atlas`.

    Raises
    ------
    UnknownNameError
        If `name` is no column.
    OptionError
        If `color` is no color.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import Point
    >>> points(gpd.GeoDataFrame(index=["HKG"], geometry=[Point(113.9, 22.3)], crs=4326)).color
    '#B10026'
    """
    if name is not None and name not in frame.columns:
        raise UnknownNameError(f"the points have no column {name!r}. {nearest_names(name, frame.columns)}")
    return Points(label=bilingual(label, ("Points", "地点")), frame=frame, name=name, color=color_of(color))


def _points(layer: Points) -> dict[str, Any]:
    """The JSON object of a layer of points."""
    frame = check_layer(layer.frame, "points")
    shapes = display_shapes(frame, what="points")
    names = frame.index if layer.name is None else frame[layer.name]
    columns = [c for c in frame.columns if c not in (layer.name, frame.geometry.name)][:MOST_COLUMNS]
    return {
        "kind": "points",
        "label": list(layer.label),
        "color": layer.color,
        "years": None,
        "at": pack_points(shapes.anchors, SCALE),
        "scale": SCALE,
        "names": [str(name) for name in names],
        "about": [[[str(c), _shown(v)] for c, v in zip(columns, row)] for row in _rows(frame, columns)],
        "note": ["", ""],
    }


def _rows(frame: pd.DataFrame, columns: list[str]) -> list[tuple[Any, ...]]:
    return list(frame[columns].itertuples(index=False, name=None)) if columns else [()] * len(frame)


def _shown(value: Any) -> str:
    return "" if pd.isna(value) else f"{value:,.6g}" if isinstance(value, float) else str(value)
