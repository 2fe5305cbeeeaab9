"""Overlays as the page gets them: links of a weights graph, flows, points."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from gbaspatial.errors import AlignmentError, DataError, some
from gbaspatial.figures.surroundings import check_layer
from gbaspatial.maps.geometry import display_shapes, pack_points
from gbaspatial.maps.layers import Flows, Links, Points

SCALE = 1e5
MOST_COLUMNS = 12


def overlay_payload(layer: Any, index: pd.Index) -> dict[str, Any]:
    """The JSON object of an overlay whose ends are units of `index`."""
    made = _links(layer, index) if isinstance(layer, Links) else _flows(layer, index)
    return {"label": list(layer.label), **made}


def _positions(labels: Any, index: pd.Index, what: str) -> np.ndarray:
    """Where each label stands in `index`."""
    places = index.get_indexer(labels)
    if (places < 0).any():
        lost = pd.Index(labels)[places < 0].unique()
        raise AlignmentError(f"the {what} name units that the map does not have: {some(lost)}; keep the map's units.")
    return places


def _links(layer: Links, index: pd.Index) -> dict[str, Any]:
    widest = max((float(w.sparse.data.max()) for w in layer.by_year.values() if w.sparse.nnz), default=1.0)
    years = list(layer.by_year)
    return {
        "kind": "links",
        "color": layer.color,
        "years": None if years == [None] else [int(y) if isinstance(y, (int, np.integer)) else str(y) for y in years],
        "pairs": [_pairs(w, index, widest) for w in layer.by_year.values()],
        "note": [str(layer.by_year[years[-1]].recipe), ""],
        "largest": widest,
    }


def _pairs(w: Any, index: pd.Index, widest: float) -> list[list[float]]:
    """Unordered pairs [i, j, weight i gives to j, weight j gives to i], the weights in thousandths of the largest."""
    places = _positions(w.ids, index, "weights")
    entries = w.sparse.tocoo()
    a, b = places[entries.coords[0]], places[entries.coords[1]]
    values = np.rint(1000 * entries.data / widest).astype(int)
    values = np.maximum(values, (entries.data > 0).astype(int))
    forward = a < b
    key = np.where(forward, a, b) * np.int64(len(index)) + np.where(forward, b, a)
    pairs, slot = np.unique(key, return_inverse=True)
    both = np.zeros((len(pairs), 2), dtype=int)
    both[slot, np.where(forward, 0, 1)] = values
    first, second = np.divmod(pairs, len(index))
    return np.column_stack([first, second, both]).tolist()


def _flows(layer: Flows, index: pd.Index) -> dict[str, Any]:
    frame = layer.frame
    giver = _positions(frame["giver"], index, "flows")
    receiver = _positions(frame["receiver"], index, "flows")
    value = frame["value"].to_numpy(dtype=float)
    between = giver != receiver  # what a unit gives to itself has no arc
    giver, receiver, value = giver[between], receiver[between], value[between]
    if not len(value):
        raise DataError("every flow stays inside its own unit, so there is no arc to draw.")
    largest = np.argsort(-np.abs(value), kind="stable")[: layer.top]
    shown = (giver[largest], receiver[largest], value[largest])
    return {
        "kind": "flows",
        "years": None,
        "flows": [[int(a), int(b), float(f"{v:.6g}")] for a, b, v in zip(*shown, strict=True)],
        "of": len(value),
        "negative": bool((shown[2] < 0).any()),
        "note": ["", ""],
    }


def points_payload(layer: Points) -> dict[str, Any]:
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
