"""Points: places such as cities' centers, universities or airports."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pandas as pd

from gbaspatial.errors import UnknownNameError, nearest_names
from gbaspatial.figures.surroundings import check_layer
from gbaspatial.geography.date_line import move_beside
from gbaspatial.maps.geometry import display_shapes, pack_integers, pack_points
from gbaspatial.maps.layers import Label, Layer, bilingual, color_of
from gbaspatial.options import public
from gbaspatial.sizes import POINTS_LIMIT
from gbaspatial.typesetting import moments

if TYPE_CHECKING:
    import geopandas as gpd

    from gbaspatial.maps.escape import Payload

SCALE = 1e5
GRIDS = (60, 200, 600)  # squares across, from the widest view to the nearest
MOST_COLUMNS = 12


@dataclass(frozen=True, slots=True, eq=False, kw_only=True, repr=False)
class Points(Layer):
    """Places such as cities' centers, universities or airports."""

    frame: gpd.GeoDataFrame
    name: str | None
    color: str
    is_fill: ClassVar[bool] = False
    is_of_units: ClassVar[bool] = False

    def payload(self, units: pd.DataFrame) -> Payload:
        """Places, names and what the popups tell; across 180 degrees they lie on the side of the `units`."""
        return _points(self, units)


@public
def points(frame: gpd.GeoDataFrame, *, name: str | None = None, label: Label = None, color: str = "#B10026") -> Points:
    """Places as dots, with their columns in the popup; more than 5,000 are counted in squares, finer ones nearer by.

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


def _points(layer: Points, units: pd.DataFrame) -> Payload:
    """The JSON object of a layer of points."""
    frame = move_beside(check_layer(layer.frame, "points"), units)
    shapes = display_shapes(frame, what="points")
    if len(frame) > POINTS_LIMIT:
        return {"kind": "bins", "label": list(layer.label), "years": None, "note": ["", ""], **binned(shapes.anchors)}
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


def _rows(frame: pd.DataFrame, columns: list[str]) -> list[tuple[object, ...]]:
    return list(zip(*[_cells(frame[column]) for column in columns], strict=True)) if columns else [()] * len(frame)


def _cells(column: pd.Series) -> Sequence[object]:
    """The cells of a column, moments of one kind as texts."""
    known = column.dropna()
    if not (len(known) and known.map(lambda value: isinstance(value, date)).all()):
        return column.tolist()
    texts = iter(moments(list(known)))
    return [None if gap else next(texts) for gap in column.isna()]


def _shown(value: object) -> str:
    return "" if pd.isna(value) else f"{value:,.6g}" if isinstance(value, float) else str(value)


def binned(places: np.ndarray) -> Payload:
    """Places (n, 2) in degrees counted in squares of three sizes; squares without any are not written.

    Examples
    --------
    >>> made = binned(np.array([[0.0, 0.0], [0.0, 0.0], [1.0, 1.0]]))
    >>> made["of"], [len(grid["counts"]) for grid in made["grids"]]
    (3, [2, 2, 2])
    """
    (west, south), (east, north) = places.min(axis=0), places.max(axis=0)
    span = max(east - west, north - south, 1e-6)
    grids = []
    for across in GRIDS:
        size = span / across * (1 + 1e-9)
        column, row = np.floor((places - [west, south]) / size).astype(np.int64).T
        cells, counts = np.unique(row * (across + 1) + column, return_counts=True)
        steps = pack_integers(np.diff(cells, prepend=0))
        grids.append({"across": across + 1, "size": size, "cells": steps, "counts": pack_integers(counts)})
    return {"west": float(west), "south": float(south), "of": len(places), "grids": grids}
